/* Named parameters of a network, in four flat arrays: values, gradients and
 * both Adam moments. Several graphs may use one store (train, encode,
 * decode), and one parameter may stand in several places of a graph. */
#ifndef NN_PARAMS_H
#define NN_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARAM_RANK_MAX = 4 };

enum init_kind {
    INIT_ZERO,
    INIT_ONE,
    INIT_GLOROT, /* uniform, limit sqrt(6 / (fan_in + fan_out)); fans = channels x taps (Glorot and Bengio 2010) */
    INIT_FAN_IN  /* uniform, limit 1 / sqrt(fan_in), as PyTorch's convolutions */
};

/* A gradient that is left as a product: as a rows x cols matrix it is
 * g[i][j] = sum over k < rank of u[k ldu + i] v[k ldv + j]. */
struct outer {
    int rank, rows, cols, ldu, ldv;
    const float *u, *v;
};

struct param {
    char *name;
    int rank;
    int64_t shape[PARAM_RANK_MAX];
    size_t offset, count; /* place in the flat arrays, in floats */
    enum init_kind init;
    bool trainable; /* statistics are not */
    float pace;     /* times the learning rate; 1 unless somebody sets it */
    bool factored;  /* gradient is in outer, not in the flat array */
    struct outer outer;
};

struct params {
    struct param **list; /* in order of creation */
    size_t count;
    size_t total;                  /* floats in each flat array, gaps included (64-byte alignment) */
    float *theta;                  /* values; NULL before params_seal */
    float *grad, *adam_m, *adam_v; /* NULL unless sealed for training */
    int *first_task;               /* for the optimizer: count + 1 places, NULL unless sealed for training */
    bool sealed;
};

struct params *params_new(void);
void params_free(struct params *p);

/* The parameter of that name and shape, made when missing, unless the store is sealed. Values
 * of convolutions are [out, in, tap], of transposed ones [in, out, tap]. */
struct param *params_get(struct params *p, const char *name, int rank, const int64_t *shape, enum init_kind init,
                         bool trainable);
struct param *params_find(const struct params *p, const char *name);
/* Its values, once the store is sealed; NULL: there is none. */
float *params_values(const struct params *p, const char *name);

/* Lays out the flat arrays and draws the initial values: the i-th parameter
 * from stream i of the seed. After this no parameter can be added. A second
 * call adds what training needs if the first did not. */
void params_seal(struct params *p, uint64_t seed, bool training);

/* The same without drawing values: for those who fill them in. */
void params_reserve(struct params *p);

/* Number of trainable values, without gaps. */
int64_t params_trainable(const struct params *p);

#endif

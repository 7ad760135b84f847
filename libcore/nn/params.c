/* The flat arrays behind a network's named parameters. */
#include "nn/params.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

enum { ALIGN_FLOATS = 16 };

struct params *params_new(void)
{
    return mem_zero(1, sizeof(struct params));
}

void params_free(struct params *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i]->name);
        free(p->list[i]);
    }
    free(p->list);
    free(p->theta);
    free(p->grad);
    free(p->adam_m);
    free(p->adam_v);
    free(p->first_task);
    free(p);
}

struct param *params_find(const struct params *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (!strcmp(p->list[i]->name, name))
            return p->list[i];
    return NULL;
}

float *params_values(const struct params *p, const char *name)
{
    const struct param *q = params_find(p, name);

    return q ? p->theta + q->offset : NULL;
}

struct param *params_get(struct params *p, const char *name, int rank, const int64_t *shape, enum init_kind init,
                         bool trainable)
{
    struct param *q = params_find(p, name);
    size_t count = 1;

    assert(rank >= 1 && rank <= PARAM_RANK_MAX);
    if (q) {
        assert(q->rank == rank && !memcmp(q->shape, shape, (size_t)rank * sizeof *shape));
        return q;
    }
    assert(!p->sealed);
    p->list = mem_grow(p->list, p->count + 1, sizeof *p->list);
    q = p->list[p->count++] = mem_zero(1, sizeof *q);
    q->name = mem_text(name);
    q->rank = rank;
    for (int i = 0; i < rank; i++) {
        q->shape[i] = shape[i];
        count *= (size_t)shape[i];
    }
    q->offset = p->total;
    q->count = count;
    q->init = init;
    q->trainable = trainable;
    q->pace = 1;
    p->total += (count + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    return q;
}

static void param_draw(const struct param *q, float *x, uint64_t seed, uint64_t stream)
{
    double taps = 1, fan_in, fan_out, limit;
    struct rng r;

    if (q->init == INIT_ZERO || q->init == INIT_ONE) {
        for (size_t i = 0; i < q->count; i++)
            x[i] = q->init == INIT_ONE;
        return;
    }
    for (int i = 2; i < q->rank; i++)
        taps *= (double)q->shape[i];
    fan_out = (double)q->shape[0] * taps;
    fan_in = (q->rank > 1 ? (double)q->shape[1] : 1) * taps;
    limit = q->init == INIT_GLOROT ? sqrt(6 / (fan_in + fan_out)) : 1 / sqrt(fan_in);
    r = rng_new(seed, stream);
    for (size_t i = 0; i < q->count; i++)
        x[i] = (float)((2 * (rng_word(&r) * 0x1p-32) - 1) * limit);
}

void params_reserve(struct params *p)
{
    if (!p->sealed)
        p->theta = mem_buffer(p->total * sizeof *p->theta); /* every value is drawn or read; gaps are never looked at */
    p->sealed = true;
}

void params_seal(struct params *p, uint64_t seed, bool training)
{
    if (!p->sealed) {
        params_reserve(p);
        for (size_t i = 0; i < p->count; i++)
            param_draw(p->list[i], p->theta + p->list[i]->offset, seed, i);
    }
    if (training && !p->grad) {
        p->grad = mem_floats(p->total);
        p->adam_m = mem_floats(p->total);
        p->adam_v = mem_floats(p->total);
        p->first_task = mem_zero(p->count + 1, sizeof *p->first_task);
    }
}

int64_t params_trainable(const struct params *p)
{
    int64_t n = 0;

    for (size_t i = 0; i < p->count; i++)
        if (p->list[i]->trainable)
            n += (int64_t)p->list[i]->count;
    return n;
}

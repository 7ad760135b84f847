/* A network as a static graph. Nodes are made in forward order by the
 * builders below and in layers.h; net_plan lays out all memory; then
 * net_forward and net_backward allocate nothing.
 *
 * Activations are [batch, channels, time] or [batch, rows, values], the batch
 * being whatever net_set_batch said, up to the graph's capacity. Parameters are nodes too
 * (see params.h). A node has a gradient only where somebody wants it.
 *
 * Shapes that do not go together are a caller's mistake: sizes that come from
 * outside are checked before a network is built of them. */
#ifndef NN_NET_H
#define NN_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pool.h"
#include "nn/params.h"

enum { NODE_INPUTS_MAX = 4 };

struct net;
struct node;

/* A kind of layer. */
struct op {
    const char *name;
    void (*forward)(struct node *n);  /* y = f(in) */
    void (*backward)(struct node *n); /* dy of each input that has one, see node_grad */
};

struct node {
    struct net *net;
    const struct op *op;
    const char *name; /* inputs and parameters; otherwise the op's name */
    int index;
    int shape[3]; /* [batch capacity, channels, time], or rows and values; parameters: their own,
                                          missing ones 1 */
    bool batched; /* shape[0] is a capacity: use node_batch */
    int inputs;
    struct node *in[NODE_INPUTS_MAX];
    bool add[NODE_INPUTS_MAX]; /* backward adds to in[i]->dy instead of setting it */
    struct param *param;       /* parameters only */
    float *y, *dy;             /* dy NULL: nobody wants it */
    void *conf;                /* the op's own, released by the net */
    size_t work_floats;        /* scratch that keeps its content from forward to backward */
    float *work;
    bool wants;  /* it depends on a parameter, or on an input for which this was set before it was used */
    bool active; /* it has a gradient; set by net_plan */
    bool is_loss;
    float loss_weight;
    int users; /* nodes that read this one */
};

/* A graph over the parameters of store, for up to batch clips at once. pool
 * may be NULL. The store must outlive the graph. */
struct net *net_new(struct params *store, int batch, struct pool *pool);
void net_free(struct net *net);

/* ---- what graphs are made of ---- */

/* An input [batch, channels, time], or of rows [batch, rows, values]; the caller fills node->y before net_forward. */
struct node *net_input(struct net *net, const char *name, int channels, int time);

/* A parameter of the store; the same name gives the same node. */
struct node *net_param(struct net *net, const char *name, int rank, const int64_t *shape, enum init_kind init);

/* The same, named "prefix/name". */
struct node *net_param_of(struct net *net, const char *prefix, const char *name, int rank, const int64_t *shape,
                          enum init_kind init);

/* A stored value that is not trained (running statistics). */
struct node *net_statistic(struct net *net, const char *name, int rank, const int64_t *shape, enum init_kind init);

/* Adds weight x node (one value, the mean over the batch) to what is minimised. */
void net_loss(struct node *node, float weight);

/* ---- running ---- */

/* Lays out memory. training: gradients and moments as well. Seals the store
 * with seed if nobody has. */
void net_plan(struct net *net, uint64_t seed, bool training);

void net_set_batch(struct net *net, int batch); /* 1..capacity */
void net_forward(struct net *net);
void net_backward(struct net *net);           /* after net_forward: all gradients of the weighted loss */
double net_loss_value(const struct net *net); /* weighted sum of the losses of the last net_forward */

/* ---- for those who write layers ---- */

struct node *net_add_node(struct net *net, const struct op *op, int inputs, struct node *const *in, int channels,
                          int time, size_t conf_size);
/* The same for a loss: one value for the whole batch. */
struct node *net_add_scalar(struct net *net, const struct op *op, int inputs, struct node *const *in, size_t conf_size);
struct pool *net_pool(const struct net *net);

/* Number of clips now in a batched node, shape[0] of others. */
int node_batch(const struct node *n);
/* Number of values now in the node: batch x channels x time. */
size_t node_count(const struct node *n);
/* Where backward puts the gradient of input i: NULL when unwanted. Set it if
 * !n->add[i], else add to it. Inputs in ascending order. */
float *node_grad(const struct node *n, int i);

/* Cuts count items into tasks of at most grain items (the same cut for any
 * number of threads) and calls work(arg, first, last) for each. */
void net_parallel(const struct net *net, size_t count, size_t grain, void (*work)(void *arg, size_t first, size_t last),
                  void *arg);

#endif

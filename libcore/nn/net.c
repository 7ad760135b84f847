/* Building, planning and running graphs of layers. */
#include "nn/net.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

struct net {
    struct params *store;
    struct pool *pool;
    struct node **nodes;
    int count;
    int capacity, batch;
    bool planned, training;
    float *arena; /* y and dy of all nodes, and their work */
};

enum { ALIGN_FLOATS = 16 };

static size_t aligned(size_t floats)
{
    return (floats + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

struct net *net_new(struct params *store, int batch, struct pool *pool)
{
    struct net *net = mem_zero(1, sizeof *net);

    assert(batch >= 1);
    net->store = store;
    net->pool = pool;
    net->capacity = net->batch = batch;
    return net;
}

void net_free(struct net *net)
{
    if (!net)
        return;
    for (int i = 0; i < net->count; i++) {
        free(net->nodes[i]->conf);
        free(net->nodes[i]);
    }
    free(net->nodes);
    free(net->arena);
    free(net);
}

static struct node *node_new(struct net *net, const char *name, int a, int b, int c)
{
    struct node *n = mem_zero(1, sizeof *n);

    assert(!net->planned);
    net->nodes = mem_grow(net->nodes, (size_t)net->count + 1, sizeof *net->nodes);
    n->net = net;
    n->name = name;
    n->index = net->count;
    n->shape[0] = a;
    n->shape[1] = b;
    n->shape[2] = c;
    net->nodes[net->count++] = n;
    return n;
}

struct node *net_input(struct net *net, const char *name, int channels, int time)
{
    struct node *n = node_new(net, name, net->capacity, channels, time);

    assert(channels >= 1 && time >= 1);
    n->batched = true;
    return n;
}

static struct node *stored(struct net *net, const char *name, int rank, const int64_t *shape, enum init_kind init,
                           bool trainable)
{
    struct param *q = params_get(net->store, name, rank, shape, init, trainable);
    struct node *n;

    for (int i = 0; i < net->count; i++)
        if (net->nodes[i]->param == q)
            return net->nodes[i];
    n = node_new(net, q->name, (int)shape[0], rank > 1 ? (int)shape[1] : 1, rank > 2 ? (int)shape[2] : 1);
    n->param = q;
    n->wants = trainable;
    return n;
}

struct node *net_param(struct net *net, const char *name, int rank, const int64_t *shape, enum init_kind init)
{
    return stored(net, name, rank, shape, init, true);
}

struct node *net_param_of(struct net *net, const char *prefix, const char *name, int rank, const int64_t *shape,
                          enum init_kind init)
{
    char full[64];

    snprintf(full, sizeof full, "%s/%s", prefix, name);
    return net_param(net, full, rank, shape, init);
}

struct node *net_statistic(struct net *net, const char *name, int rank, const int64_t *shape, enum init_kind init)
{
    return stored(net, name, rank, shape, init, false);
}

struct node *net_add_node(struct net *net, const struct op *op, int inputs, struct node *const *in, int channels,
                          int time, size_t conf_size)
{
    struct node *n;

    assert(inputs >= 1 && inputs <= NODE_INPUTS_MAX);
    for (int i = 0; i < inputs; i++)
        assert(in[i]->net == net);
    assert(channels >= 1 && time >= 1);
    n = node_new(net, op->name, net->capacity, channels, time);
    n->op = op;
    n->batched = true;
    n->inputs = inputs;
    for (int i = 0; i < inputs; i++) {
        n->in[i] = in[i];
        n->wants |= in[i]->wants;
        in[i]->users++;
    }
    n->conf = conf_size ? mem_zero(1, conf_size) : NULL;
    return n;
}

struct node *net_add_scalar(struct net *net, const struct op *op, int inputs, struct node *const *in, size_t conf_size)
{
    struct node *n = net_add_node(net, op, inputs, in, 1, 1, conf_size);

    n->batched = false;
    n->shape[0] = 1;
    return n;
}

void net_loss(struct node *node, float weight)
{
    assert(node->shape[1] == 1 && node->shape[2] == 1 && !node->batched);
    node->is_loss = true;
    node->loss_weight = weight;
}

/* Which nodes a gradient flows through, and who sets and who adds. */
static void plan_gradients(struct net *net)
{
    bool *reached = mem_zero((size_t)net->count, sizeof *reached);
    bool *written = mem_zero((size_t)net->count, sizeof *written);

    for (int i = net->count - 1; i >= 0; i--) {
        struct node *n = net->nodes[i];

        reached[i] |= n->is_loss;
        n->active = reached[i] && n->wants;
        if (!n->active)
            continue;
        if (n->is_loss)
            written[i] = true;
        for (int j = 0; j < n->inputs; j++)
            if (n->in[j]->wants) {
                reached[n->in[j]->index] = true;
                n->add[j] = written[n->in[j]->index];
                written[n->in[j]->index] = true;
            }
    }
    free(written);
    free(reached);
}

/* Gives each node its places in the arena, if there is one; returns how many floats that takes. */
static size_t lay_out(struct net *net, float *arena)
{
    size_t place = 0;

    for (int i = 0; i < net->count; i++) {
        struct node *n = net->nodes[i];
        size_t size = aligned((size_t)n->shape[0] * (size_t)n->shape[1] * (size_t)n->shape[2]);

        if (n->param) {
            n->y = net->store->theta + n->param->offset;
            n->dy = n->active ? net->store->grad + n->param->offset : NULL;
        } else {
            n->y = arena ? arena + place : NULL;
            place += size;
            n->dy = arena && n->active ? arena + place : NULL;
            place += n->active ? size : 0;
        }
        n->work = arena ? arena + place : NULL;
        place += aligned(n->work_floats);
    }
    return place;
}

void net_plan(struct net *net, uint64_t seed, bool training)
{
    assert(!net->planned);
    params_seal(net->store, seed, training);
    net->training = training;
    if (training)
        plan_gradients(net);
    net->arena = mem_floats(lay_out(net, NULL));
    lay_out(net, net->arena);
    net->planned = true;
}

void net_set_batch(struct net *net, int batch)
{
    assert(batch >= 1 && batch <= net->capacity);
    net->batch = batch;
}

void net_forward(struct net *net)
{
    assert(net->planned);
    for (int i = 0; i < net->count; i++)
        if (net->nodes[i]->op)
            net->nodes[i]->op->forward(net->nodes[i]);
}

void net_backward(struct net *net)
{
    assert(net->planned && net->training);
    for (int i = net->count - 1; i >= 0; i--) {
        struct node *n = net->nodes[i];

        if (n->is_loss && n->dy)
            n->dy[0] = n->loss_weight;
        if (n->active && n->op)
            n->op->backward(n);
    }
}

double net_loss_value(const struct net *net)
{
    double sum = 0;

    for (int i = 0; i < net->count; i++)
        if (net->nodes[i]->is_loss)
            sum += (double)net->nodes[i]->loss_weight * (double)net->nodes[i]->y[0];
    return sum;
}

struct pool *net_pool(const struct net *net)
{
    return net->pool;
}

int node_batch(const struct node *n)
{
    return n->batched ? n->net->batch : n->shape[0];
}

size_t node_count(const struct node *n)
{
    return (size_t)node_batch(n) * (size_t)n->shape[1] * (size_t)n->shape[2];
}

float *node_grad(const struct node *n, int i)
{
    return n->in[i]->dy;
}

struct cut {
    size_t count, grain;
    void (*work)(void *arg, size_t first, size_t last);
    void *arg;
};

static void cut_run(void *arg, int task, int worker)
{
    const struct cut *c = arg;
    size_t first = (size_t)task * c->grain;
    size_t last = first + c->grain < c->count ? first + c->grain : c->count;

    (void)worker;
    c->work(c->arg, first, last);
}

void net_parallel(const struct net *net, size_t count, size_t grain, void (*work)(void *arg, size_t first, size_t last),
                  void *arg)
{
    struct cut c = {count, grain, work, arg};

    if (count > 0)
        pool_run(net->pool, (int)((count + grain - 1) / grain), cut_run, &c);
}

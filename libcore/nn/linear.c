/* Layers over rows: x is [batch, rows, values], each row through one matrix,
 * and rows beside the ones before them. Together they are a causal convolution
 * whose products are matrix products as they come. */
#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/kernel.h"
#include "base/linalg.h"
#include "nn/layers.h"

/* A product is cut into tiles, each the work of one task. */
enum { TILE_ROWS = 128, TILE_COLS = 256, ACROSS = 4 };

/* c [rows, cols] = a b, a [rows, depth] or, where ta, its transpose, and so b. */
struct product {
    bool ta, tb;
    int rows, cols, depth;
    const float *a, *b;
    const float *bias; /* [cols] to begin with, or NULL */
    float *c;
    bool add; /* to what is there */
};

static int tiles_of(int count, int tile)
{
    return (count + tile - 1) / tile;
}

/* Rows of a tile: twice as many where there are ACROSS, to pack less often. */
static int height_of(const struct product *p)
{
    return tiles_of(p->cols, TILE_COLS) >= ACROSS ? 2 * TILE_ROWS : TILE_ROWS;
}

static void product_tile(void *arg, int task, int worker)
{
    const struct product *p = arg;
    int tiles = tiles_of(p->cols, TILE_COLS), height = height_of(p);
    int row = task / tiles * height, col = task % tiles * TILE_COLS;
    int rows = p->rows - row < height ? p->rows - row : height;
    int cols = p->cols - col < TILE_COLS ? p->cols - col : TILE_COLS;
    int lda = p->ta ? p->rows : p->depth, ldb = p->tb ? p->depth : p->cols;
    float *c = p->c + (size_t)row * (size_t)p->cols + col;

    (void)worker;
    for (int i = 0; p->bias && i < rows; i++)
        memcpy(c + (size_t)i * (size_t)p->cols, p->bias + col, (size_t)cols * sizeof *c);
    gemm(p->ta, p->tb, rows, cols, p->depth, p->a + (p->ta ? (size_t)row : (size_t)row * (size_t)lda), lda,
         p->b + (p->tb ? (size_t)col * (size_t)ldb : (size_t)col), ldb, p->add || p->bias ? 1 : 0, c, p->cols);
}

static void product_run(const struct node *n, struct product p)
{
    pool_run(net_pool(n->net), tiles_of(p.cols, TILE_COLS) * tiles_of(p.rows, height_of(&p)), product_tile, &p);
}

/* ---- y = x w' + b ---- */

static int rows_of(const struct node *n)
{
    return node_batch(n) * n->shape[1];
}

static void linear_forward(struct node *n)
{
    int in = n->in[0]->shape[2], out = n->shape[2];

    product_run(n, (struct product){false, true, rows_of(n), out, in, n->in[0]->y, n->in[1]->y,
                                    n->inputs > 2 ? n->in[2]->y : NULL, n->y, false});
}

KERNEL(add_row, (const float *restrict x, size_t n, float *restrict sum), (x, n, sum))
{
    for (size_t i = 0; i < n; i++)
        sum[i] += x[i];
}

static void linear_backward(struct node *n)
{
    int in = n->in[0]->shape[2], out = n->shape[2], rows = rows_of(n);
    float *dx = node_grad(n, 0), *dw = node_grad(n, 1), *db = n->inputs > 2 ? node_grad(n, 2) : NULL;

    if (dx)
        product_run(n, (struct product){false, false, rows, in, out, n->dy, n->in[1]->y, NULL, dx, n->add[0]});
    if (dw)
        product_run(n, (struct product){true, false, out, in, rows, n->dy, n->in[0]->y, NULL, dw, n->add[1]});
    if (!db)
        return;
    if (!n->add[2])
        memset(db, 0, (size_t)out * sizeof *db);
    for (int r = 0; r < rows; r++)
        add_row(n->dy + (size_t)r * (size_t)out, (size_t)out, db);
}

/* A model's head can ask for more than an int holds. */
static int64_t values_of(const struct node *n)
{
    return (int64_t)n->shape[0] * n->shape[1] * n->shape[2];
}

struct node *net_linear(struct net *net, struct node *x, struct node *w, struct node *b)
{
    static const struct op op = {"linear", linear_forward, linear_backward};
    int64_t in = x->shape[2], out = values_of(w) / in;

    assert(values_of(w) % in == 0 && out <= INT_MAX && (!b || values_of(b) == out));
    return net_add_node(net, &op, b ? 3 : 2, (struct node *[]){x, w, b}, x->shape[1], (int)out, 0);
}

/* ---- rows beside each other ---- */

struct past {
    int taps, lag;
};

/* Row t of a clip into row t + shift at place k of the result, or back. */
static void past_copy(const struct node *n, size_t clip, int k, bool back)
{
    const struct past *p = n->conf;
    int rows = n->shape[1], values = n->in[0]->shape[2], shift = p->lag + p->taps - 1 - k;
    size_t wide = (size_t)n->shape[2], count = (size_t)values;
    size_t x = clip * (size_t)rows * count, y = clip * (size_t)rows * wide + (size_t)k * count;

    for (int t = 0; t < rows; t++) {
        size_t from = x + (size_t)(t - shift) * count, to = y + (size_t)t * wide;

        if (t < shift && !back)
            memset(n->y + to, 0, count * sizeof *n->y);
        else if (t >= shift && !back)
            memcpy(n->y + to, n->in[0]->y + from, count * sizeof *n->y);
        else if (t >= shift)
            add_row(n->dy + to, count, node_grad(n, 0) + from);
    }
}

static void past_forward(struct node *n)
{
    const struct past *p = n->conf;

    for (int b = 0; b < node_batch(n); b++)
        for (int k = 0; k < p->taps; k++)
            past_copy(n, (size_t)b, k, false);
}

static void past_backward(struct node *n)
{
    const struct past *p = n->conf;
    float *dx = node_grad(n, 0);

    if (!dx)
        return;
    if (!n->add[0])
        memset(dx, 0, node_count(n->in[0]) * sizeof *dx);
    for (int b = 0; b < node_batch(n); b++)
        for (int k = 0; k < p->taps; k++)
            past_copy(n, (size_t)b, k, true);
}

struct node *net_past(struct net *net, struct node *x, int taps, int lag)
{
    static const struct op op = {"past", past_forward, past_backward};
    struct node *n = net_add_node(net, &op, 1, &x, x->shape[1], taps * x->shape[2], sizeof(struct past));

    assert(taps >= 1 && lag >= 0);
    *(struct past *)n->conf = (struct past){taps, lag};
    return n;
}

/* ---- rows of two beside each other ---- */

static void beside_forward(struct node *n)
{
    size_t a = (size_t)n->in[0]->shape[2], b = (size_t)n->in[1]->shape[2];

    for (size_t r = 0; r < (size_t)rows_of(n); r++) {
        memcpy(n->y + r * (a + b), n->in[0]->y + r * a, a * sizeof *n->y);
        memcpy(n->y + r * (a + b) + a, n->in[1]->y + r * b, b * sizeof *n->y);
    }
}

static void beside_backward(struct node *n)
{
    size_t first = 0;

    for (int i = 0; i < 2; first += (size_t)n->in[i++]->shape[2]) {
        size_t count = (size_t)n->in[i]->shape[2];
        float *dx = node_grad(n, i);

        if (dx && !n->add[i])
            memset(dx, 0, node_count(n->in[i]) * sizeof *dx);
        for (size_t r = 0; dx && r < (size_t)rows_of(n); r++)
            add_row(n->dy + r * (size_t)n->shape[2] + first, count, dx + r * count);
    }
}

struct node *net_beside(struct net *net, struct node *a, struct node *b)
{
    static const struct op op = {"beside", beside_forward, beside_backward};

    assert(a->shape[1] == b->shape[1]);
    return net_add_node(net, &op, 2, (struct node *[]){a, b}, a->shape[1], a->shape[2] + b->shape[2], 0);
}

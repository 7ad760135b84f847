/* Convolutions of stride 1: one small product in registers, ROWS x COLUMNS, for
 * all three products of a layer. A value is always summed in the same order,
 * however the work is cut. */
#include "nn/direct.h"

#include <string.h>

#include "base/kernel.h"

enum { ROWS = 8, COLUMNS = 32, CHUNK = 128, WEIGHT_ROWS = 32 };

/* c[r][j] = sum over p < outer, q < inner of
 *     a[r row + p outer_a + q inner_a] b[p outer_b + q inner_b + j] */
struct sum {
    const float *a, *b;
    size_t row, outer_a, outer_b;
    ptrdiff_t inner_a, inner_b;
    int outer, inner;
};

#if defined __x86_64__

typedef float vector16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float vector8 __attribute__((vector_size(32), aligned(4), may_alias));

#define UNROLLED(i, count) _Pragma("GCC unroll 8") for (int i = 0; i < (count); i++)

/* The body for R rows and N vectors of a type, from a row and column on: all sums stay in registers. */
#define SUM_BODY(V, R, N, first_row, first_column) \
    V acc[R][N]; \
    const float *a = s->a + (size_t)(first_row) * s->row, *b = s->b + (first_column); \
    UNROLLED(r, R) UNROLLED(n, N) acc[r][n] = (V){0}; \
    for (int p = 0; p < s->outer; p++, a += s->outer_a, b += s->outer_b) { \
        const float *at = a, *from = b; \
        for (int q = 0; q < s->inner; q++, at += s->inner_a, from += s->inner_b) { \
            V v[N]; \
            UNROLLED(n, N) v[n] = ((const V *)from)[n]; \
            UNROLLED(r, R) UNROLLED(n, N) acc[r][n] += at[(size_t)r * s->row] * v[n]; \
        } \
    } \
    UNROLLED(r, R) UNROLLED(n, N) \
        ((V *)(c + (size_t)((first_row) + r) * COLUMNS + (first_column)))[n] = acc[r][n];

__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,prefer-vector-width=512")))
static void sum_512(const struct sum *s, float *c)
{
    SUM_BODY(vector16, ROWS, 2, 0, 0)
}

__attribute__((target("avx2,fma"))) static void sum_256(const struct sum *s, float *c)
{
    for (int i = 0; i < ROWS; i += 4)
        for (int j = 0; j < COLUMNS; j += 16) {
            SUM_BODY(vector8, 4, 2, i, j)
        }
}

static void sum_tile(const struct sum *s, float *c)
{
    if (kernel_level() == 2)
        sum_512(s, c);
    else
        sum_256(s, c);
}

bool direct_fits(const struct geometry *g)
{
    return kernel_level() > 0 && g->stride == 1 && g->cs >= ROWS && g->cl >= ROWS && g->ts >= COLUMNS / 2 &&
           g->tl >= COLUMNS / 2;
}

#else

static void sum_tile(const struct sum *s, float *c)
{
    (void)s;
    (void)c;
}

bool direct_fits(const struct geometry *g)
{
    (void)g;
    return false;
}

#endif

/* ---- down and up: out[row][t] = sum over channels and taps of w in[channel][t + shift] ---- */

struct pass {
    const struct node *n;
    const float *in, *w, *bias;
    float *out;
    bool add;
    int rows, time;              /* of out */
    int channels, length;        /* of in */
    int taps, step, shift;       /* tap k is at shift + k step */
    size_t row, channel;         /* from one weight to that of the next row, of the next channel */
};

static int lowest(const struct pass *p)
{
    int last = p->shift + (p->taps - 1) * p->step;

    return p->shift < last ? p->shift : last;
}

static int span(int taps, int step)
{
    return (taps - 1) * (step < 0 ? -step : step);
}

static int chunks(int time)
{
    return (time + CHUNK - 1) / CHUNK;
}

static size_t padded(int taps, int dilation)
{
    return (size_t)((CHUNK + span(taps, dilation) + 15) / 16 * 16 + 16);
}

/* What a chunk of out needs of in, zeros beyond its ends: rows of the given pitch. */
static void pad(const struct pass *p, const float *in, int from, int count, float *to, size_t pitch)
{
    int left = from < 0 ? -from : 0, right = from + count > p->length ? from + count - p->length : 0, inside;

    if (left > count)
        left = count;
    if (right > count - left)
        right = count - left;
    inside = count - left - right;
    for (int c = 0; c < p->channels; c++, to += pitch) {
        for (int i = 0; i < left; i++)
            to[i] = 0;
        memcpy(to + left, in + (ptrdiff_t)c * p->length + from + left, (size_t)inside * sizeof *to);
        for (int i = left + inside; i < count; i++)
            to[i] = 0;
    }
}

KERNEL(store, (float *restrict to, const float *restrict c, int count, bool add, float bias),
       (to, c, count, add, bias))
{
    if (add)
        for (int j = 0; j < count; j++)
            to[j] += c[j] + bias;
    else
        for (int j = 0; j < count; j++)
            to[j] = c[j] + bias;
}

static void pass_chunk(void *arg, int task, int worker)
{
    const struct pass *p = arg;
    int clip = task / chunks(p->time), first = task % chunks(p->time) * CHUNK;
    int reach = span(p->taps, p->step);
    int count = p->time - first < CHUNK ? p->time - first : CHUNK;
    int tiles = (count + COLUMNS - 1) / COLUMNS;
    const float *in = p->in + (size_t)clip * (size_t)p->channels * (size_t)p->length;
    float *out = p->out + (size_t)clip * (size_t)p->rows * (size_t)p->time + first;
    struct sum s = {.row = p->row, .outer = p->channels, .outer_a = p->channel,
                    .inner = p->taps, .inner_a = 1, .inner_b = p->step};
    float c[ROWS * COLUMNS] __attribute__((aligned(64)));

    if (p->taps == 1 && p->shift == 0 && count == tiles * COLUMNS && p->length == p->time) {
        in += first;
        s.outer_b = (size_t)p->length;
    } else {
        float *scratch = node_scratch(p->n, worker);

        s.outer_b = padded(p->taps, p->step < 0 ? -p->step : p->step);
        pad(p, in, first + lowest(p), tiles * COLUMNS + reach, scratch, s.outer_b);
        in = scratch + p->shift - lowest(p);
    }
    if (p->taps == 1) {
        s.inner = p->channels;
        s.inner_a = (ptrdiff_t)p->channel;
        s.inner_b = (ptrdiff_t)s.outer_b;
        s.outer = 1;
    }
    for (int j = 0; j < tiles; j++)
        for (int r = 0; r < p->rows; r += ROWS) {
            int begin = r + ROWS <= p->rows ? r : p->rows - ROWS;   /* the last tile may do some rows again */
            int width = count - j * COLUMNS < COLUMNS ? count - j * COLUMNS : COLUMNS;

            s.a = p->w + (size_t)begin * p->row;
            s.b = in + j * COLUMNS;
            sum_tile(&s, c);
            for (int i = r - begin; i < ROWS; i++)
                store(out + (size_t)(begin + i) * (size_t)p->time + j * COLUMNS, c + i * COLUMNS, width,
                      p->add, p->bias ? p->bias[begin + i] : 0);
        }
}

void direct_down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct pass p = {.n = n, .in = l, .w = n->in[1]->y, .bias = bias, .out = s, .add = add, .rows = g->cs,
                     .time = g->ts, .channels = g->cl, .length = g->tl, .taps = g->taps, .step = g->dilation,
                     .shift = -g->pad, .row = (size_t)(g->cl * g->taps), .channel = (size_t)g->taps};

    pool_run(net_pool(n->net), node_batch(n) * chunks(p.time), pass_chunk, &p);
}

void direct_up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct pass p = {.n = n, .in = s, .w = n->in[1]->y, .bias = bias, .out = l, .add = add, .rows = g->cl,
                     .time = g->tl, .channels = g->cs, .length = g->ts, .taps = g->taps, .step = -g->dilation,
                     .shift = g->pad, .row = (size_t)g->taps, .channel = (size_t)(g->cl * g->taps)};

    pool_run(net_pool(n->net), node_batch(n) * chunks(p.time), pass_chunk, &p);
}

/* ---- weight: dw[row][channel][k] = sum over clips and t of s[row][t] l[channel][t + shift] ---- */

struct gradient {
    struct node *n;
    const struct geometry *g;
    const float *s, *l;
    float *dw;
    bool add;
};

static int panels(const struct geometry *g)
{
    return (g->cl + COLUMNS - 1) / COLUMNS;
}

/* Times of l that taps meet, those beyond its ends among them. */
static size_t times(const struct geometry *g)
{
    return (size_t)(g->ts + span(g->taps, g->dilation));
}

typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t places __attribute__((vector_size(32)));

/* to[t][c] = from[c][t], 8 x 8 */
KERNEL_INLINE void turn_block(const float *from, size_t pitch, float *to)
{
    eight a[8], b[8];

    for (int i = 0; i < 8; i++)
        a[i] = *(const eight *)(from + (size_t)i * pitch);
    for (int i = 0; i < 8; i += 2) {
        b[i] = __builtin_shuffle(a[i], a[i + 1], (places){0, 8, 1, 9, 4, 12, 5, 13});
        b[i + 1] = __builtin_shuffle(a[i], a[i + 1], (places){2, 10, 3, 11, 6, 14, 7, 15});
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            a[i + 2 * j] = __builtin_shuffle(b[i + j], b[i + j + 2], (places){0, 1, 8, 9, 4, 5, 12, 13});
            a[i + 2 * j + 1]=
                __builtin_shuffle(b[i + j], b[i + j + 2], (places){2, 3, 10, 11, 6, 7, 14, 15});
        }
    for (int i = 0; i < 4; i++) {
        *(eight *)(to + i * COLUMNS) = __builtin_shuffle(a[i], a[i + 4], (places){0, 1, 2, 3, 8, 9, 10, 11});
        *(eight *)(to + (i + 4) * COLUMNS) =
            __builtin_shuffle(a[i], a[i + 4], (places){4, 5, 6, 7, 12, 13, 14, 15});
    }
}

KERNEL(turn, (const float *restrict from, size_t pitch, int channels, int count, float *restrict to),
       (from, pitch, channels, count, to))
{
    int t = 0, whole = channels / 8 * 8;

    for (; t + 8 <= count; t += 8) {
        for (int c = 0; c < whole; c += 8)
            turn_block(from + (size_t)c * pitch + t, pitch, to + (size_t)t * COLUMNS + c);
        for (int i = 0; i < 8; i++)
            for (int c = whole; c < COLUMNS; c++)
                to[(t + i) * COLUMNS + c] = c < channels ? from[(size_t)c * pitch + (size_t)(t + i)] : 0;
    }
    for (; t < count; t++)
        for (int c = 0; c < COLUMNS; c++)
            to[t * COLUMNS + c] = c < channels ? from[(size_t)c * pitch + (size_t)t] : 0;
}

/* One panel of one clip: l with time and channels exchanged, [times, COLUMNS]. */
static void turn_panel(void *arg, int task, int worker)
{
    const struct gradient *d = arg;
    const struct geometry *g = d->g;
    int clip = task / panels(g), panel = task % panels(g), first = panel * COLUMNS;
    int channels = g->cl - first < COLUMNS ? g->cl - first : COLUMNS;
    int from = -g->pad, all = (int)times(g), left = from < 0 ? -from : 0, right;
    float *to = d->n->work + (size_t)task * times(g) * COLUMNS;
    const float *l = d->l + ((size_t)clip * (size_t)g->cl + (size_t)first) * (size_t)g->tl;

    (void)worker;
    if (left > all)
        left = all;
    right = from + all > g->tl ? from + all - g->tl : 0;
    if (right > all - left)
        right = all - left;
    memset(to, 0, (size_t)left * COLUMNS * sizeof *to);
    turn(l + from + left, (size_t)g->tl, channels, all - left - right, to + (size_t)left * COLUMNS);
    memset(to + (size_t)(all - right) * COLUMNS, 0, (size_t)right * COLUMNS * sizeof *to);
}

static void put(float *restrict to, size_t taps, const float *restrict c, int count, bool add)
{
    if (add)
        for (size_t j = 0; j < (size_t)count; j++)
            to[j * taps] += c[j];
    else
        for (size_t j = 0; j < (size_t)count; j++)
            to[j * taps] = c[j];
}

static void gradient_rows(void *arg, int task, int worker)
{
    const struct gradient *d = arg;
    const struct geometry *g = d->g;
    int from = task * WEIGHT_ROWS, to = from + WEIGHT_ROWS < g->cs ? from + WEIGHT_ROWS : g->cs;
    size_t panel = times(g) * COLUMNS, taps = (size_t)g->taps, channels = (size_t)g->cl;
    struct sum s = {.row = (size_t)g->ts, .outer = node_batch(d->n), .inner = g->ts, .inner_a = 1,
                    .outer_a = (size_t)g->cs * (size_t)g->ts,
                    .outer_b = panel * (size_t)panels(g), .inner_b = COLUMNS};
    float c[ROWS * COLUMNS] __attribute__((aligned(64)));

    (void)worker;
    for (int q = 0; q < panels(g); q++)
        for (int k = 0; k < g->taps; k++)
            for (int r = from; r < to; r += ROWS) {
                int begin = r + ROWS <= g->cs ? r : g->cs - ROWS;
                int columns = g->cl - q * COLUMNS < COLUMNS ? g->cl - q * COLUMNS : COLUMNS;

                s.a = d->s + (size_t)begin * (size_t)g->ts;
                s.b = d->n->work + (size_t)q * panel + (size_t)(k * g->dilation) * COLUMNS;
                sum_tile(&s, c);
                for (int i = r - begin; i < ROWS; i++)
                    put(d->dw + ((size_t)(begin + i) * channels + (size_t)(q * COLUMNS)) * taps + (size_t)k,
                        taps, c + i * COLUMNS, columns, d->add);
            }
}

void direct_weight(struct node *n, const float *s, const float *l, float *dw, bool add)
{
    const struct geometry *g = n->conf;
    struct gradient d = {n, g, s, l, dw, add};

    pool_run(net_pool(n->net), node_batch(n) * panels(g), turn_panel, &d);
    pool_run(net_pool(n->net), (g->cs + WEIGHT_ROWS - 1) / WEIGHT_ROWS, gradient_rows, &d);
}

void direct_plan(struct node *n, const struct geometry *g)
{
    int most = g->cs > g->cl ? g->cs : g->cl;

    n->work_floats = (size_t)n->shape[0] * (size_t)panels(g) * times(g) * COLUMNS;
    n->worker_floats = (size_t)most * padded(g->taps, g->dilation) + COLUMNS;
}

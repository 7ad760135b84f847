/* Clouds of points and the figures that compare two of them. */
#include "measure/point_set.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "base/sort.h"
#include "measure/distances.h"

enum { DRAWS = 200, HALVINGS = 50, DRAW_STREAM = 1000, HALVING_STREAM };

struct point_set *point_set_new(int dims, uint64_t seed, uint64_t stream)
{
    struct point_set *c = mem_zero(1, sizeof *c);

    c->dims = dims;
    c->all = moments_new(dims);
    c->rows = mem_alloc((size_t)CLOUD_KEPT * (size_t)dims * sizeof *c->rows);
    c->owner = mem_alloc(CLOUD_KEPT * sizeof *c->owner);
    c->rng = rng_new(seed, stream);
    return c;
}

void point_set_free(struct point_set *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++)
        moments_free(c->clips[i]);
    free(c->clips);
    free(c->owners);
    moments_free(c->all);
    free(c->rows);
    free(c->owner);
    free(c->radius);
    free(c->who);
    free(c);
}

/* Each of the points seen so far is among those kept with equal chance (Vitter's algorithm R). */
static void row_offer(struct point_set *c, const float *row, int64_t owner)
{
    uint64_t place = c->seen < CLOUD_KEPT ? c->seen : rng_below(&c->rng, c->seen + 1);

    c->seen++;
    if (place >= CLOUD_KEPT)
        return;
    memcpy(c->rows + place * (size_t)c->dims, row, (size_t)c->dims * sizeof *row);
    c->owner[place] = owner;
    if (c->kept < CLOUD_KEPT)
        c->kept++;
}

void point_set_add(struct point_set *c, const float *rows, int64_t count, int64_t owner)
{
    struct moments *m;

    if (count == 0)
        return;
    c->clips = mem_more(c->clips, c->count, sizeof *c->clips);
    c->owners = mem_more(c->owners, c->count, sizeof *c->owners);
    c->owners[c->count] = owner;
    m = c->clips[c->count++] = moments_new(c->dims);
    moments_add(m, rows, count, (size_t)c->dims);
    moments_merge(c->all, m);
    for (int64_t i = 0; i < count; i++)
        row_offer(c, rows + i * c->dims, owner);
}

static bool one_owner(const struct point_set *c)
{
    for (size_t i = 1; i < c->kept; i++)
        if (c->owner[i] != c->owner[0])
            return false;
    return true;
}

double point_set_spread(const struct point_set *c)
{
    const struct moments *m = c->all;
    double trace = 0;

    for (int i = 0; i < c->dims; i++)
        trace += (m->outer[i * c->dims + i] - m->sum[i] * m->sum[i] / m->count) / fmax(1, m->count - 1);
    return c->seen > 0 ? 2 * trace : NAN;
}

/* Squared distances of all pairs [a->kept, b->kept], to be freed. */
static float *distances(const struct point_set *a, const struct point_set *b)
{
    float *d = mem_alloc(a->kept * b->kept * sizeof *d);

    pairs_squared((struct rows){a->rows, NULL, a->kept}, (struct rows){b->rows, NULL, b->kept}, (size_t)a->dims, d);
    return d;
}

enum { LANES = 16 };

/* Sum of the kernel over a row of squared distances, and how many that are, but of those that are a point's own. */
KERNEL(row_alike,
       (const float *d, size_t n, const int *who, int own, float scale, double *restrict sum, double *restrict pairs),
       (d, n, who, own, scale, sum, pairs))
{
    float some[LANES] = {0};
    int count[LANES] = {0};
    size_t j = 0;

    for (; j + LANES <= n; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            some[l] += who[j + l] != own ? kernel_exp(-d[j + l] * scale) : 0;
            count[l] += who[j + l] != own;
        }
    for (; j < n; j++) {
        *sum += who[j] != own ? kernel_exp(-d[j] * scale) : 0;
        *pairs += who[j] != own;
    }
    for (size_t l = 0; l < LANES; l++) {
        *sum += some[l];
        *pairs += count[l];
    }
}

/* Mean of the kernel over all pairs of rows of distances d [a->kept, b->kept]; within one cloud when b is a. */
static double kernel_mean(const struct point_set *a, const struct point_set *b, const float *d, double spread)
{
    double sum = 0, pairs = 0;

    for (size_t i = 0; spread > 0 && i < a->kept; i++)
        row_alike(d + i * b->kept, b->kept, b->who, a == b ? b->who[i] : -1, (float)(1 / (2 * spread)), &sum, &pairs);
    return sum / pairs; /* NaN of none */
}

/* Squared distance of point i to its CLOUD_NEIGHBOURS-th nearest, NaN when it has fewer; d [kept] to all. */
static float ball_radius(const struct point_set *c, size_t i, const float *d)
{
    float nearest[CLOUD_NEIGHBOURS];
    size_t n = 0;

    for (size_t j = 0; j < c->kept; j++) {
        size_t at;

        if (c->who[j] == c->who[i] || (n == CLOUD_NEIGHBOURS && d[j] >= nearest[n - 1]))
            continue;
        at = n < CLOUD_NEIGHBOURS ? n++ : n - 1;
        for (; at > 0 && nearest[at - 1] > d[j]; at--)
            nearest[at] = nearest[at - 1];
        nearest[at] = d[j];
    }
    return n == CLOUD_NEIGHBOURS ? nearest[n - 1] : NAN;
}

/* Numbers for the owners: those of the first of their points; of one owner each point has its own. */
static void owners_number(struct point_set *c)
{
    bool lone = one_owner(c);

    for (size_t i = 0; i < c->kept; i++) {
        size_t first = lone ? i : 0;

        while (c->owner[first] != c->owner[i])
            first++;
        c->who[i] = (int)first;
    }
}

void point_set_settle(struct point_set *c, double spread)
{
    float *d = distances(c, c);

    c->radius = mem_grow(c->radius, c->kept, sizeof *c->radius);
    c->who = mem_grow(c->who, c->kept, sizeof *c->who);
    owners_number(c);
    for (size_t i = 0; i < c->kept; i++)
        c->radius[i] = ball_radius(c, i, d + i * c->kept);
    c->alike = kernel_mean(c, c, d, spread);
    free(d);
}

enum { IN_OTHER = 1, HOLDS_OTHER = 2 };

/* The lesser of the shares of marks that have one bit and the other. */
static double lesser_share(const char *marks, size_t n)
{
    size_t in = 0, holds = 0;

    for (size_t i = 0; i < n; i++) {
        in += (marks[i] & IN_OTHER) != 0;
        holds += (marks[i] & HOLDS_OTHER) != 0;
    }
    return (double)(in < holds ? in : holds) / (double)n;
}

struct point_match point_set_match(const struct point_set *real, const struct point_set *c, double spread)
{
    struct point_match m = {.precision = NAN, .recall = NAN};
    float *d = distances(real, c);
    char *real_marks = mem_zero(real->kept, 1), *marks = mem_zero(c->kept, 1);

    assert(real != c && real->dims == c->dims && real->radius && c->radius);
    m.mmd = real->alike + c->alike - 2 * kernel_mean(real, c, d, spread);
    for (size_t i = 0; i < real->kept; i++)
        for (size_t j = 0; j < c->kept; j++) {
            float distance = d[i * c->kept + j];
            bool in_real = distance <= real->radius[i], in_other = distance <= c->radius[j];

            marks[j] |= (char)(in_real * IN_OTHER | in_other * HOLDS_OTHER);
            real_marks[i] |= (char)(in_other * IN_OTHER | in_real * HOLDS_OTHER);
        }
    if (real->kept > CLOUD_NEIGHBOURS && c->kept > CLOUD_NEIGHBOURS) {
        m.precision = lesser_share(marks, c->kept);
        m.recall = lesser_share(real_marks, real->kept);
    }
    free(d);
    free(real_marks);
    free(marks);
    return m;
}

void point_set_interval(const struct point_set *c, const struct point_set *real, uint64_t seed, double *low,
                        double *high)
{
    struct rng r = rng_new(seed, DRAW_STREAM);
    struct moments *m = moments_new(c->dims);
    double draws[DRAWS], shift;

    *low = *high = NAN;
    for (int i = 0; c->count >= 3 && i < DRAWS; i++) {
        moments_clear(m);
        for (size_t j = 0; j < c->count; j++)
            moments_merge(m, c->clips[rng_below(&r, c->count)]);
        draws[i] = moments_frechet(real->all, m);
    }
    moments_free(m);
    if (c->count < 3)
        return;
    sort_doubles(draws, DRAWS);
    shift = moments_frechet(real->all, c->all) - (draws[DRAWS / 2 - 1] + draws[DRAWS / 2]) / 2;
    *low = fmax(0, draws[DRAWS / 40 - 1] + shift);
    *high = draws[DRAWS - DRAWS / 40] + shift;
}

/* Owners in the order of clips go to one side and the other in turn: order [count] becomes the clips of the first, then
 * those of the second. Returns how many the first are. */
static size_t halve(const struct point_set *c, size_t *order)
{
    size_t *second = mem_zero(c->count, sizeof *second), first = 0, rest = 0, owners = 0;
    bool *side = mem_zero(c->count, sizeof *side);

    for (size_t i = 0; i < c->count; i++) {
        size_t like = 0;

        while (c->owners[order[like]] != c->owners[order[i]])
            like++;
        side[i] = like < i ? side[like] : owners++ % 2 == 1;
    }
    for (size_t i = 0; i < c->count; i++)
        if (side[i])
            second[rest++] = order[i];
        else
            order[first++] = order[i];
    memcpy(order + first, second, rest * sizeof *second);
    free(second);
    free(side);
    return first;
}

static void clips_take(struct moments *m, const struct point_set *c, const size_t *order, size_t count)
{
    moments_clear(m);
    for (size_t i = 0; i < count; i++)
        moments_merge(m, c->clips[order[i]]);
}

double point_set_relative(const struct point_set *real, const struct point_set *c, uint64_t seed)
{
    struct rng r = rng_new(seed, HALVING_STREAM);
    struct moments *half[3]; /* of real, of real, of c */
    size_t *order = mem_alloc((real->count + 1) * sizeof *order), *other = mem_alloc((c->count + 1) * sizeof *other);
    double to_c = 0, to_real = 0;

    for (int k = 0; k < 3; k++)
        half[k] = moments_new(real->dims);
    for (size_t i = 0; i < real->count; i++)
        order[i] = i;
    for (size_t i = 0; i < c->count; i++)
        other[i] = i;
    for (int i = 0; i < HALVINGS; i++) {
        size_t first, some;

        rng_shuffle(&r, order, real->count);
        rng_shuffle(&r, other, c->count);
        first = halve(real, order);
        some = real->count - first < c->count ? real->count - first : c->count;
        if (some == 0)
            break;
        clips_take(half[0], real, order, first);
        clips_take(half[1], real, order + first, some);
        clips_take(half[2], c, other, some);
        to_real += moments_frechet(half[0], half[1]);
        to_c += moments_frechet(half[0], half[2]);
    }
    for (int k = 0; k < 3; k++)
        moments_free(half[k]);
    free(order);
    free(other);
    return to_c / to_real; /* NaN of none */
}

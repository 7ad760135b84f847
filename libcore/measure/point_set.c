/* Clouds of points and the figures that compare two of them. */
#include "measure/point_set.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sort.h"
#include "measure/distances.h"

enum { DRAWS = 200, DRAW_STREAM = 1000 };

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
    moments_free(c->all);
    free(c->rows);
    free(c->owner);
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

/* Whether points i and j of a cloud make a pair; lone: it has one owner. */
static bool is_pair(const struct point_set *c, bool lone, size_t i, size_t j)
{
    return lone ? i != j : c->owner[i] != c->owner[j];
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

    pairs_squared(a->rows, a->kept, b->rows, b->kept, (size_t)a->dims, d);
    return d;
}

/* Mean of the kernel over all pairs of a and b; within one cloud when b is a. */
static double kernel_mean(const struct point_set *a, const struct point_set *b, double spread)
{
    float *d = distances(a, b);
    bool lone = one_owner(a);
    double sum = 0, pairs = 0;

    for (size_t i = 0; i < a->kept; i++)
        for (size_t j = 0; j < b->kept; j++)
            if (a != b || is_pair(a, lone, i, j)) {
                sum += exp(-d[i * b->kept + j] / (2 * spread));
                pairs++;
            }
    free(d);
    return sum / pairs; /* NaN of none */
}

double point_set_mmd(const struct point_set *a, const struct point_set *b, double spread)
{
    assert(a != b && a->dims == b->dims);
    if (!(spread > 0))
        return NAN;
    return kernel_mean(a, a, spread) + kernel_mean(b, b, spread) - 2 * kernel_mean(a, b, spread);
}

/* Squared distance of point i to its CLOUD_NEIGHBOURS-th nearest, NaN when it has fewer; d [kept] to all. */
static float ball_radius(const struct point_set *c, bool lone, size_t i, const float *d)
{
    float nearest[CLOUD_NEIGHBOURS];
    size_t n = 0;

    for (size_t j = 0; j < c->kept; j++) {
        size_t at;

        if (!is_pair(c, lone, i, j) || (n == CLOUD_NEIGHBOURS && d[j] >= nearest[n - 1]))
            continue;
        at = n < CLOUD_NEIGHBOURS ? n++ : n - 1;
        for (; at > 0 && nearest[at - 1] > d[j]; at--)
            nearest[at] = nearest[at - 1];
        nearest[at] = d[j];
    }
    return n == CLOUD_NEIGHBOURS ? nearest[n - 1] : NAN;
}

/* Squared radius of each ball of a cloud, NaN for those that have none. */
static float *ball_radii(const struct point_set *c)
{
    float *radius = mem_alloc(c->kept * sizeof *radius), *d = distances(c, c);
    bool lone = one_owner(c);

    for (size_t i = 0; i < c->kept; i++)
        radius[i] = ball_radius(c, lone, i, d + i * c->kept);
    free(d);
    return radius;
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

void point_set_match(const struct point_set *real, const struct point_set *c, double *precision, double *recall)
{
    float *radius[] = {ball_radii(real), ball_radii(c)}, *d = distances(real, c);
    char *real_marks = mem_zero(real->kept, 1), *marks = mem_zero(c->kept, 1);

    assert(real->dims == c->dims);
    for (size_t i = 0; i < real->kept; i++)
        for (size_t j = 0; j < c->kept; j++) {
            float distance = d[i * c->kept + j];
            bool in_real = distance <= radius[0][i], in_other = distance <= radius[1][j];

            marks[j] |= (char)(in_real * IN_OTHER | in_other * HOLDS_OTHER);
            real_marks[i] |= (char)(in_other * IN_OTHER | in_real * HOLDS_OTHER);
        }
    *precision = *recall = NAN;
    if (real->kept > CLOUD_NEIGHBOURS && c->kept > CLOUD_NEIGHBOURS) {
        *precision = lesser_share(marks, c->kept);
        *recall = lesser_share(real_marks, real->kept);
    }
    free(d);
    free(real_marks);
    free(marks);
    free(radius[0]);
    free(radius[1]);
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

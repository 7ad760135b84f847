/* Moments, spaces, distances and clouds of points against their formulas, written out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sort.h"
#include "check.h"
#include "measure/copies.h"
#include "measure/distances.h"
#include "measure/moments.h"
#include "measure/point_set.h"
#include "measure/space.h"

static void near(const char *what, double got, double want, double slack)
{
    check(isnan(want) ? isnan(got) : fabs(got - want) <= slack * fmax(1, fabs(want)), "%s: %.9g, by its formula %.9g",
          what, got, want);
}

static float *drawn(size_t count, uint64_t seed)
{
    float *x = mem_floats(count);
    struct rng r = rng_new(seed, 0);

    rng_normal(&r, x, count);
    return x;
}

static double squared(const float *a, const float *b, size_t dims)
{
    double sum = 0;

    for (size_t k = 0; k < dims; k++)
        sum += pow((double)a[k] - (double)b[k], 2);
    return sum;
}

/* ---- distances and moments ---- */

static void pairs(void)
{
    enum { M = 5, N = 7, DIMS = 11 };
    float *a = drawn(M * DIMS, 1), *b = drawn(N * DIMS, 2), out[M * N];
    double worst = 0;

    memcpy(b, a, DIMS * sizeof *b);
    pairs_squared((struct rows){a, NULL, M}, (struct rows){b, NULL, N}, DIMS, out);
    for (int i = 0; i < M * N; i++)
        worst = fmax(worst, fabs((double)out[i] - squared(a + i / N * DIMS, b + i % N * DIMS, DIMS)));
    check(worst < 1e-4 && out[0] >= 0 && out[0] < 1e-5f, "distances of all pairs, %g off", worst);
    out[0] = out[1] = -1;
    pairs_squared((struct rows){a, NULL, 0}, (struct rows){b, NULL, N}, DIMS, out);
    check(out[0] < 0, "none of no rows");
    pairs_squared((struct rows){a, NULL, 1}, (struct rows){b + DIMS, NULL, 1}, DIMS, out);
    check(fabs((double)out[0] - squared(a, b + DIMS, DIMS)) < 1e-4 && out[1] < 0, "one of one row: %g", (double)out[0]);
    free(a);
    free(b);
}

/* More rows than go into one product, a stride apart. */
static void moments_of_rows(void)
{
    enum { ROWS = 300, DIMS = 3, STRIDE = 5, MORE = 20 };
    float *x = drawn((ROWS + MORE) * STRIDE, 3);
    struct moments *m = moments_new(DIMS), *n = moments_new(DIMS);
    double mean[DIMS], c[DIMS * DIMS], direct[DIMS] = {0};

    moments_add(m, x, ROWS, STRIDE);
    moments_add(n, x + ROWS * STRIDE, MORE, STRIDE);
    moments_merge(m, n);
    moments_mean(m, mean);
    moments_covariance(m, c);
    for (int i = 0; i < ROWS + MORE; i++)
        for (int k = 0; k < DIMS; k++)
            direct[k] += (double)x[i * STRIDE + k] / (ROWS + MORE);
    for (int j = 0; j < DIMS; j++) {
        near("mean", mean[j], direct[j], 1e-6);
        for (int k = 0; k < DIMS; k++) {
            double sum = 0;

            for (int i = 0; i < ROWS + MORE; i++)
                sum += ((double)x[i * STRIDE + j] - direct[j]) * ((double)x[i * STRIDE + k] - direct[k]);
            near("covariance", c[j * DIMS + k], sum / (ROWS + MORE - 1), 1e-5);
        }
    }
    moments_clear(m);
    moments_add(m, x, 1, STRIDE);
    moments_mean(m, mean);
    moments_covariance(m, c);
    check(mean[0] == (double)x[0] && m->count == 1 && fabs(c[0]) < 1e-6,
          "one row has itself as mean, and no covariance");
    moments_free(m);
    moments_free(n);
    free(x);
}

/* Those of 101 points in two dimensions. */
static struct moments *normal(const double mean[2], const double variance[2], double covariance)
{
    struct moments *m = moments_new(2);

    m->count = 101;
    for (int i = 0; i < 2; i++) {
        m->sum[i] = mean[i] * m->count;
        m->outer[3 * i] = variance[i] * 100 + mean[i] * mean[i] * m->count;
    }
    m->outer[1] = covariance * 100 + mean[0] * mean[1] * m->count;
    return m;
}

/* In two dimensions tr(M^1/2) is sqrt(tr M + 2 sqrt(det M)), and M = S^1/2 T S^1/2 has trace and determinant of S T. */
static void frechet(void)
{
    struct moments *a = normal((double[]){1, 2}, (double[]){4, 1}, 0.5),
                   *b = normal((double[]){-1, 3}, (double[]){2, 9}, -1.5);
    double trace = 4 * 2 + 2 * 0.5 * -1.5 + 1 * 9, det = (4 * 1 - 0.5 * 0.5) * (2 * 9 - 1.5 * 1.5);
    double want = 4 + 1 + 4 + 1 + 2 + 9 - 2 * sqrt(trace + 2 * sqrt(det));

    near("Frechet distance", moments_frechet(a, b), want, 1e-9);
    near("the other way round", moments_frechet(b, a), want, 1e-9);
    near("from itself", moments_frechet(a, a), 0, 1e-9);
    moments_free(a);
    moments_free(b);
}

/* ---- spaces ---- */

/* Rows that vary in two directions by 3 and 1, and by .1 in the rest; learnt one every STRIDE floats. */
static void space(void)
{
    enum { DIMS = 6, KEPT = 2, ROWS = 600, STRIDE = 7, WIDTH = KEPT + 1 };
    float *x = drawn(ROWS * STRIDE, 4), out[ROWS * WIDTH], narrow[ROWS * KEPT];
    struct space *s = space_new(DIMS, KEPT, NULL), *few = space_new(DIMS, KEPT, NULL);
    double mean[DIMS] = {0}, all = 0, kept = 0, worst = 0, rest = 0;

    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < DIMS; k++) {
            float *v = &x[i * STRIDE + k];

            *v = 5 + (k == 1 ? 3 * *v : k == 4 ? *v : 0.1f * *v);
            mean[k] += (double)*v / ROWS;
        }
    space_learn(few, x, KEPT, STRIDE);
    check(space_fit(few) < 0 && strstr(error_text(), "2, over 2"), "too few rows: %s", error_text());
    space_rows(few, x, 2, STRIDE, narrow, KEPT);
    check(narrow[0] == 0 && narrow[3] == 0, "before it is fitted a space is one point");
    space_learn(s, x, ROWS, STRIDE);
    check(space_fit(s) == 0, "enough rows");
    space_rows(s, x, ROWS, STRIDE, out, WIDTH);
    space_rows(s, x, ROWS, STRIDE, narrow, KEPT);
    for (int i = 0; i < ROWS; i++) {
        double in = 0, square = 0;

        for (int k = 0; k < DIMS; k++)
            square += pow((double)x[i * STRIDE + k] - mean[k], 2);
        for (int k = 0; k < KEPT; k++) {
            in += (double)out[i * WIDTH + k] * (double)out[i * WIDTH + k];
            worst = fmax(worst, fabs((double)out[i * WIDTH + k] - (double)narrow[i * KEPT + k]));
        }
        all += square / (ROWS - 1);
        kept += in / (ROWS - 1);
        rest = fmax(rest, fabs(sqrt(in + pow((double)out[i * WIDTH + KEPT], 2)) - sqrt(square)));
        worst = fmax(worst, fabs(fabs((double)out[i * WIDTH]) - fabs((double)x[i * STRIDE + 1] - mean[1])) - 0.05);
        worst = fmax(worst, fabs(fabs((double)out[i * WIDTH + 1]) - fabs((double)x[i * STRIDE + 4] - mean[4])) - 0.25);
    }
    check(worst <= 0, "the most varying direction goes first, %g off", worst);
    check(rest < 1e-3, "what a place leaves is at right angles to it, %g off", rest);
    near("share of the variance", space_explained(s), kept / all, 1e-4);
    space_free(s);
    space_free(few);
    free(x);
}

/* ---- clouds ---- */

enum { DIMS = 3, ALL = 60 };

/* Points of three owners, or one, in two clips of the first owner. */
static struct point_set *cloud(const float *x, int owners)
{
    struct point_set *c = point_set_new(DIMS, 1, 0);

    for (int i = 0; i < ALL; i += ALL / 4)
        point_set_add(c, x + i * DIMS, ALL / 4, owners == 1 ? 7 : i * 4 / ALL % owners);
    return c;
}

static bool counts(int owners, int i, int j)
{
    return owners == 1 ? i != j : i * 4 / ALL % owners != j * 4 / ALL % owners;
}

static double kernel_mean(const float *a, const float *b, int owners, double spread)
{
    double sum = 0, n = 0;

    for (int i = 0; i < ALL; i++)
        for (int j = 0; j < ALL; j++)
            if (a != b || counts(owners, i, j)) {
                sum += exp(-squared(a + i * DIMS, b + j * DIMS, DIMS) / (2 * spread));
                n++;
            }
    return sum / n;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Squared distance of a point to its fifth nearest. */
static double radius(const float *x, int owners, int i)
{
    double d[ALL];
    int n = 0;

    for (int j = 0; j < ALL; j++)
        if (counts(owners, i, j))
            d[n++] = squared(x + i * DIMS, x + j * DIMS, DIMS);
    qsort(d, (size_t)n, sizeof *d, by_size);
    return d[4];
}

/* The lesser share of the points of a that lie in a ball of b, and whose ball holds a point of b. */
static double matched(const float *a, int owners_a, const float *b, int owners_b)
{
    double in = 0, holds = 0;

    for (int i = 0; i < ALL; i++) {
        bool is_in = false, does_hold = false;

        for (int j = 0; j < ALL; j++) {
            double d = squared(a + i * DIMS, b + j * DIMS, DIMS);

            is_in |= d <= radius(b, owners_b, j);
            does_hold |= d <= radius(a, owners_a, i);
        }
        in += is_in;
        holds += does_hold;
    }
    return fmin(in, holds) / ALL;
}

static struct point_match match(struct point_set *real, struct point_set *c, double spread)
{
    point_set_settle(real, spread);
    point_set_settle(c, spread);
    return point_set_match(real, c, spread);
}

static void clouds(void)
{
    float *x = drawn(ALL * DIMS, 5), *y = drawn(ALL * DIMS, 6);
    struct point_set *real = cloud(x, 3), *other, *small = point_set_new(DIMS, 1, 0);
    double spread = 0;
    struct point_match m;

    for (int i = 0; i < ALL * DIMS; i++)
        y[i] = 0.8f * y[i] + (i % 3 == 0 ? 0.7f : 0);
    other = cloud(y, 1);
    for (int i = 0; i < ALL; i++)
        for (int j = 0; j < ALL; j++)
            spread += squared(x + i * DIMS, x + j * DIMS, DIMS) / (ALL * (ALL - 1));
    near("spread", point_set_spread(real), spread, 1e-5);
    m = match(real, other, 0.5);
    near("MMD", m.mmd, kernel_mean(x, x, 3, 0.5) + kernel_mean(y, y, 1, 0.5) - 2 * kernel_mean(x, y, 0, 0.5), 1e-6);
    near("precision", m.precision, matched(y, 1, x, 3), 1e-9);
    near("recall", m.recall, matched(x, 3, y, 1), 1e-9);
    check(m.precision != m.recall && m.precision < 1 && m.recall < 1, "which are not alike: %g, %g", m.precision,
          m.recall);
    check(isnan(point_set_spread(small)), "a cloud of nothing has no spread");
    point_set_add(small, x, 1, 1);
    near("one of a point", point_set_spread(small), 0, 1e-6);
    point_set_add(small, x + 3, 4, 1);
    m = match(small, other, 0.5);
    check(isnan(m.precision) && isnan(m.recall), "five points are too few for balls");
    check(isnan(match(real, other, 0).mmd), "and no spread gives no kernel");
    point_set_add(small, x + 15, 1, 1);
    m = match(small, other, 0.5);
    check(isfinite(m.precision) && isfinite(m.recall), "six are enough");
    point_set_free(real);
    point_set_free(other);
    point_set_free(small);
    free(x);
    free(y);
}

/* A ball has its edge: of 0 to 5 and 10 to 15 only 5 and 10 are as near as their fifth nearest. */
static void edges(void)
{
    struct point_set *a = point_set_new(1, 1, 0), *b = point_set_new(1, 1, 1);
    float x[6], y[6];
    struct point_match m;

    for (int i = 0; i < 6; i++) {
        x[i] = (float)i;
        y[i] = (float)(10 + i);
    }
    point_set_add(a, x, 6, 1);
    point_set_add(b, y, 6, 1);
    m = match(a, b, 1);
    near("precision of an edge", m.precision, 1.0 / 6, 1e-9);
    near("recall of an edge", m.recall, 1.0 / 6, 1e-9);
    point_set_free(a);
    point_set_free(b);
}

/* Of all points seen so many are kept, each with the same chance. */
static void sampled(void)
{
    enum { SEEN = 10 * CLOUD_KEPT };
    struct point_set *c = point_set_new(1, 3, 4);
    double sum = 0, late = 0;

    for (int i = 0; i < SEEN; i += 4) {
        float x[4] = {(float)i, (float)(i + 1), (float)(i + 2), (float)(i + 3)};

        point_set_add(c, x, 4, i);
    }
    for (size_t i = 0; i < c->kept; i++) {
        sum += (double)c->rows[i] / CLOUD_KEPT;
        late += c->rows[i] >= SEEN - CLOUD_KEPT;
        if (c->owner[i] != (int64_t)c->rows[i] / 4 * 4)
            late = NAN;
    }
    check(c->kept == CLOUD_KEPT && c->seen == SEEN && c->all->count == SEEN, "all are counted, %zu are kept", c->kept);
    check(fabs(sum / SEEN - 0.5) < 0.03 && fabs(late / CLOUD_KEPT - 0.1) < 0.03,
          "of all ages, with their owners: mean %g, late %g", sum, late / CLOUD_KEPT);
    point_set_free(c);
}

/* Clips of points that are each somewhere else, beside a cloud at 0; so many that draws of them differ. */
static void interval(void)
{
    enum { CLIPS = 12 };
    float real[20] = {0}, x[20];
    struct point_set *r = point_set_new(1, 1, 0), *c = point_set_new(1, 1, 1);
    struct rng draws = rng_new(9, 1000);
    struct moments *m = moments_new(1);
    double d[200], low, high, shift;

    point_set_add(r, real, 20, 1);
    for (int clip = 0; clip < CLIPS; clip++) {
        point_set_interval(c, r, 9, &low, &high);
        check(!isnan(low) == (clip >= 3) && !isnan(high) == (clip >= 3), "an interval of %d clips", clip);
        for (int i = 0; i < 20; i++)
            x[i] = (float)(3 + clip * clip + (i % 2 ? 0.1 : -0.1));
        point_set_add(c, x, 20, clip);
    }
    for (int i = 0; i < 200; i++) {
        moments_clear(m);
        for (int j = 0; j < CLIPS; j++)
            moments_merge(m, c->clips[rng_below(&draws, CLIPS)]);
        d[i] = moments_frechet(r->all, m);
    }
    sort_doubles(d, 200);
    shift = moments_frechet(r->all, c->all) - (d[99] + d[100]) / 2;
    point_set_interval(c, r, 9, &low, &high);
    near("low end", low, d[4] + shift, 1e-9);
    near("high end", high, d[195] + shift, 1e-9);
    moments_free(m);
    point_set_free(r);
    point_set_free(c);
}

static void clips_at(struct point_set *s, float at, int64_t owner)
{
    float x[] = {at - 0.1f, at + 0.1f};

    for (int clip = 0; clip < 3; clip++)
        point_set_add(s, x, 2, owner);
}

/* Two tracks, which are the halves whatever is drawn, and clips between them. */
static void relative(void)
{
    struct point_set *r = point_set_new(1, 1, 0), *c = point_set_new(1, 1, 1);

    clips_at(r, 0, 1);
    clips_at(c, 5, 1);
    check(isnan(point_set_relative(r, c, 9)), "one track is not halved");
    clips_at(r, 10, 2);
    near("half as far, squared", point_set_relative(r, c, 9), 0.25, 1e-6);
    point_set_free(c);
    c = point_set_new(1, 1, 1);
    check(isnan(point_set_relative(r, c, 9)), "no clips");
    point_set_free(r);
    point_set_free(c);
}

/* ---- the nearest windows ---- */

/* Two maps, one too short for a window; a clip whose windows are compared with all of theirs, one by one. */
static void nearest(void)
{
    enum { BANK = 200, CLIP = 350, SPAN = (WINDOW_FRAMES - 1) * WINDOW_STEP + 1 };
    float *a = drawn(BANK * MEL_BANDS, 20), *b = drawn((SPAN - 1) * MEL_BANDS, 21), *c = drawn(CLIP * MEL_BANDS, 22);
    float *d = drawn(SPAN * MEL_BANDS, 23);
    struct map maps[] = {{NULL, a, BANK, 0, {0}}, {NULL, b, SPAN - 1, 0, {0}}, {NULL, d, SPAN, 1, {0}}};
    struct maps bank = {3, maps};
    struct space *space = space_new(WINDOW_DIMS, PHRASE_DIMS, NULL);
    struct copies *copies;
    double distance[CLIP];
    int64_t count, all;

    for (int i = 0; i < 2; i++) {
        float *windows = windows_take(i ? c : a, i ? CLIP : BANK, 1, &all);

        space_learn(space, windows, all, WINDOW_DIMS);
        free(windows);
    }
    check(space_fit(space) == 0, "a space of windows");
    /* the third one is that of the short map's, a little off; the second is a's at an odd place, so none of the bank's */
    memcpy(c + 2 * QUERY_HOP * MEL_BANDS, d, SPAN * MEL_BANDS * sizeof *c);
    for (int i = 0; i < SPAN * MEL_BANDS; i++)
        c[2 * QUERY_HOP * MEL_BANDS + i] += 0.5f;
    copies = copies_new(&bank, space, NULL);
    count = copies_nearest(copies, &(struct map){.data = c, .frames = CLIP}, distance);
    check(count == 3, "%lld windows", (long long)count);
    for (int64_t q = 0; q < count; q++) {
        double least = INFINITY;

        for (int m = 0; m < 3; m++)
            for (int64_t at = 0; at + SPAN <= maps[m].frames; at += COPIES_HOP) {
                double sum = 0;

                for (int64_t j = 0; j < WINDOW_FRAMES; j++)
                    sum += squared(maps[m].data + (at + j * WINDOW_STEP) * MEL_BANDS,
                                   c + (q * QUERY_HOP + j * WINDOW_STEP) * MEL_BANDS, MEL_BANDS);
                least = fmin(least, sqrt(sum / WINDOW_DIMS));
            }
        near("nearest window", distance[q], least, 1e-5);
    }
    near("that of the shortest map", distance[2], 0.5, 1e-5);
    copies_free(copies);
    bank.count = 0;
    copies = copies_new(&bank, space, NULL);
    check(copies_nearest(copies, &(struct map){.data = c, .frames = CLIP}, distance) == 3 && isinf(distance[0]),
          "an empty bank is far away");
    copies_free(copies);
    space_free(space);
    free(a);
    free(b);
    free(c);
    free(d);
}

int main(void)
{
    pairs();
    moments_of_rows();
    frechet();
    space();
    clouds();
    edges();
    sampled();
    interval();
    relative();
    nearest();
    return check_done();
}

/* A shrunken linear discriminant, cross-validated. */
#include "measure/tell_apart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"
#include "base/mem.h"
#include "base/rng.h"

enum { FOLDS = 10, DIVISIONS = 4, STREAM_FOLDS = 30000 };

static const double shrink = 0.4;

struct rows {
    size_t first, count, dims; /* rows of the first set, of both */
    double *x;                 /* [count, dims] */
    size_t *order;             /* in folds: every FOLDS-th is one */
};

/* Missing values become the mean of the others, 0 of none. */
static void missing_fill(struct rows *r)
{
    for (size_t k = 0; k < r->dims; k++) {
        double sum = 0, known = 0;

        for (size_t i = 0; i < r->count; i++)
            if (!isnan(r->x[i * r->dims + k])) {
                sum += r->x[i * r->dims + k];
                known++;
            }
        for (size_t i = 0; i < r->count; i++)
            if (isnan(r->x[i * r->dims + k]))
                r->x[i * r->dims + k] = known > 0 ? sum / known : 0;
    }
}

/* Mean [dims] of set 0, 1 or, 2, both, without a fold; returns how many that are. */
static double mean_without(const struct rows *r, size_t fold, int set, double *mean)
{
    double n = 0;

    memset(mean, 0, r->dims * sizeof *mean);
    for (size_t i = 0; i < r->count; i++) {
        size_t row = r->order[i];

        if (i % FOLDS == fold || (set < 2 && (row >= r->first) != set))
            continue;
        n++;
        for (size_t k = 0; k < r->dims; k++)
            mean[k] += r->x[row * r->dims + k];
    }
    for (size_t k = 0; k < r->dims; k++)
        mean[k] /= n;
    return n;
}

/* Weights [dims + 1] of the discriminant, learnt without a fold; the last is that of all rows' mean. -1: none. */
static int weights_learn(const struct rows *r, size_t fold, double *w)
{
    size_t n = r->dims;
    double *mean[3], count[3], *s = mem_zero(n * n, sizeof *s), *spread = mem_zero(n, sizeof *spread);
    int status;

    for (int set = 0; set < 3; set++) {
        mean[set] = mem_zero(n, sizeof **mean);
        count[set] = mean_without(r, fold, set, mean[set]);
    }
    for (size_t i = 0; i < r->count; i++) {
        const double *x = r->x + r->order[i] * n;
        int set = r->order[i] >= r->first;

        if (i % FOLDS == fold)
            continue;
        for (size_t j = 0; j < n; j++) {
            spread[j] += (x[j] - mean[2][j]) * (x[j] - mean[2][j]) / count[2];
            for (size_t k = 0; k < n; k++)
                s[j * n + k] += (x[j] - mean[set][j]) * (x[k] - mean[set][k]) / (2 * (count[set] - 1));
        }
    }
    for (size_t j = 0; j < n; j++)
        spread[j] = sqrt(spread[j]) + 1e-9;
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < n; k++)
            s[j * n + k] = (1 - shrink) * s[j * n + k] / (spread[j] * spread[k]) + (j == k ? shrink : 0);
        w[j] = (mean[0][j] - mean[1][j]) / spread[j];
    }
    status = solve_positive((int)n, 1, s, w);
    w[n] = 0;
    for (size_t j = 0; j < n; j++) {
        w[j] /= spread[j];
        w[n] += w[j] * mean[2][j];
    }
    for (int set = 0; set < 3; set++)
        free(mean[set]);
    free(s);
    free(spread);
    return status;
}

/* Share of the pairs in which a row of the first set scores more, a tie half. */
static double area(const double *score, size_t first, size_t count)
{
    double more = 0;

    for (size_t i = 0; i < first; i++)
        for (size_t j = first; j < count; j++)
            more += score[i] > score[j] ? 1 : score[i] < score[j] ? 0 : 0.5;
    return more / ((double)first * (double)(count - first));
}

/* Every row judged by what was learnt without its fold. */
static int folds_judge(const struct rows *r, double *w, double *score)
{
    for (size_t fold = 0; fold < FOLDS; fold++) {
        if (weights_learn(r, fold, w) < 0)
            return -1;
        for (size_t i = fold; i < r->count; i += FOLDS) {
            score[r->order[i]] = -w[r->dims];
            for (size_t k = 0; k < r->dims; k++)
                score[r->order[i]] += w[k] * r->x[r->order[i] * r->dims + k];
        }
    }
    return 0;
}

double tell_apart(const double *a, size_t m, const double *b, size_t n, size_t dims, uint64_t seed)
{
    struct rows r = {m, m + n, dims, mem_alloc((m + n) * dims * sizeof(double)), mem_zero(m + n, sizeof(size_t))};
    double *score = mem_zero(m + n, sizeof *score), *w = mem_zero(dims + 1, sizeof *w), sum = 0;
    struct rng rng = rng_new(seed, STREAM_FOLDS);

    if (m < TELL_ROWS_LEAST || n < TELL_ROWS_LEAST)
        sum = NAN;
    for (size_t i = 0; i < m * dims; i++)
        r.x[i] = a[i];
    for (size_t i = 0; i < n * dims; i++)
        r.x[m * dims + i] = b[i];
    missing_fill(&r);
    for (size_t i = 0; i < r.count; i++)
        r.order[i] = i;
    for (int d = 0; !isnan(sum) && d < DIVISIONS; d++) {
        rng_shuffle(&rng, r.order, r.count);
        sum += folds_judge(&r, w, score) < 0 ? NAN : area(score, m, r.count) / DIVISIONS;
    }
    free(r.x);
    free(r.order);
    free(score);
    free(w);
    return sum;
}

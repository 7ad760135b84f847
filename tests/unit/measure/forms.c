/* Sets of forms, and the classifier that tells them apart, against their formulas written out. */
#include "measure/forms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/sort.h"
#include "check.h"
#include "measure/passage.h"
#include "measure/tell_apart.h"

static void near(const char *what, double got, double want)
{
    check(isnan(want) ? isnan(got) : fabs(got - want) < 1e-9 * fmax(1, fabs(want)), "%s: %.9g, by its formula %.9g",
          what, got, want);
}

/* ---- the classifier, of rows of two values ---- */

enum { M = 23, N = 14, ROWS = M + N };

struct learnt {
    double w[2], at; /* weights, and the score of the mean of all */
};

/* From the rows whose places in the order are not those of the fold. */
static struct learnt learn(double x[ROWS][2], const size_t *order, size_t fold)
{
    double n[2] = {0}, mean[2][2] = {{0}}, all[2] = {0}, square[2] = {0}, s[2][2] = {{0}}, sd[2], d[2], det;
    struct learnt l;

    for (size_t i = 0; i < ROWS; i++)
        for (int k = 0; k < 2 && i % 10 != fold; k++) {
            n[order[i] >= M] += 0.5;
            mean[order[i] >= M][k] += x[order[i]][k];
            all[k] += x[order[i]][k];
        }
    for (int k = 0; k < 2; k++) {
        mean[0][k] /= n[0];
        mean[1][k] /= n[1];
        all[k] /= n[0] + n[1];
    }
    for (size_t i = 0; i < ROWS; i++) {
        size_t row = order[i], set = row >= M;

        for (int j = 0; j < 2 && i % 10 != fold; j++) {
            square[j] += pow(x[row][j] - all[j], 2) / (n[0] + n[1]);
            for (int k = 0; k < 2; k++)
                s[j][k] += (x[row][j] - mean[set][j]) * (x[row][k] - mean[set][k]) / (n[set] - 1) / 2;
        }
    }
    for (int k = 0; k < 2; k++) {
        sd[k] = sqrt(square[k]);
        d[k] = (mean[0][k] - mean[1][k]) / sd[k];
    }
    for (int j = 0; j < 2; j++)
        for (int k = 0; k < 2; k++)
            s[j][k] = 0.6 * s[j][k] / sd[j] / sd[k] + (j == k ? 0.4 : 0);
    det = s[0][0] * s[1][1] - s[0][1] * s[1][0];
    l.w[0] = (s[1][1] * d[0] - s[0][1] * d[1]) / det / sd[0];
    l.w[1] = (s[0][0] * d[1] - s[1][0] * d[0]) / det / sd[1];
    l.at = l.w[0] * all[0] + l.w[1] * all[1];
    return l;
}

static double area(double x[ROWS][2], uint64_t seed)
{
    struct rng r = rng_new(seed, 30000);
    size_t order[ROWS];
    double score[ROWS], sum = 0;

    for (size_t i = 0; i < ROWS; i++)
        order[i] = i;
    for (int division = 0; division < 4; division++) {
        rng_shuffle(&r, order, ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            struct learnt l = learn(x, order, i % 10);

            score[order[i]] = l.w[0] * x[order[i]][0] + l.w[1] * x[order[i]][1] - l.at;
        }
        for (int i = 0; i < M; i++)
            for (int j = M; j < ROWS; j++)
                sum += (score[i] > score[j] ? 1 : score[i] < score[j] ? 0 : 0.5) / (M * N * 4);
    }
    return sum;
}

static void apart(void)
{
    double x[ROWS][2], sum = 0, got;
    struct rng r = rng_new(3, 0);

    for (int i = 0; i < ROWS; i++) {
        x[i][0] = rng_uniform(&r) * 3 + (i < M ? 1 : 0);
        x[i][1] = rng_uniform(&r) - 0.3 * x[i][0];
    }
    near("the area", tell_apart(x[0], M, x[M], N, 2, 5), area(x, 5));
    check(tell_apart(x[0], M, x[M], N, 2, 6) != area(x, 5), "another seed has other folds: %g", area(x, 5));
    for (int i = 0; i < ROWS; i++)
        sum += i == 4 || i == 30 ? 0 : x[i][1] / (ROWS - 2);
    x[4][1] = x[30][1] = NAN;
    got = tell_apart(x[0], M, x[M], N, 2, 5);
    x[4][1] = x[30][1] = sum;
    near("a missing value is the mean of the others", got, area(x, 5));
    for (int i = 0; i < ROWS; i++)
        x[i][1] = NAN;
    got = tell_apart(x[0], M, x[M], N, 2, 5);
    for (int i = 0; i < ROWS; i++)
        x[i][1] = 0;
    near("of none it is 0", got, tell_apart(x[0], M, x[M], N, 2, 5));
    for (int i = 0; i < ROWS; i++)
        x[i][0] = 1;
    near("rows that are all the same", tell_apart(x[0], M, x[M], N, 2, 5), 0.5);
    check(isnan(tell_apart(x[0], 9, x[9], N, 2, 5)) && isnan(tell_apart(x[0], N, x[N], 9, 2, 5)), "nine are too few");
    check(!isnan(tell_apart(x[0], 10, x[10], 10, 2, 5)), "ten are enough");
}

/* ---- sets ---- */

enum { CLIPS = 22, HELD = 12, LOCAL = FORM_MEASURES - 10 };

/* A row of values, some of which are not known. */
static struct form_row row_of(struct rng *r, double shift)
{
    struct form_row row;

    for (int i = 0; i < FORM_MEASURES; i++)
        row.value[i] = rng_uniform(r) + (i % 3 == 0 ? shift : 0);
    row.value[FORM_KEY32] = rng_below(r, 3) ? row.value[FORM_KEY32] : NAN;
    row.passage = 1 + (double)rng_below(r, 40) / 4;
    return row;
}

/* Those of up to 8 beats: not of 4 and 8 bars, not what returns, not keys 16 and 32 apart. */
static bool is_local(int i)
{
    return i != FORM_BAR4_M && i != FORM_BAR8_M && i != FORM_BAR4_H && i != FORM_BAR8_H && i != FORM_RETURN_M &&
           i != FORM_RETURN_H && i != FORM_TEX4 && i != FORM_TEX8 && i != FORM_KEY16 && i != FORM_KEY32;
}

static double auc(const struct form_row *a, size_t m, const struct form_row *b, size_t n, bool all)
{
    size_t dims = all ? FORM_MEASURES : LOCAL, x = 0;
    double *values = mem_zero((m + n) * dims, sizeof *values), result;

    for (size_t r = 0; r < m + n; r++)
        for (int i = 0; i < FORM_MEASURES; i++)
            if (all || is_local(i))
                values[x++] = r < m ? a[r].value[i] : b[r - m].value[i];
    result = tell_apart(values, m, values + m * dims, n, dims, 8);
    free(values);
    return result;
}

static void figures(struct forms_figures f, const struct form_row *clips, size_t n)
{
    double passages[CLIPS + HELD];

    check(f.clips == (int64_t)n, "%lld clips", (long long)f.clips);
    for (int i = 0; i < FORM_MEASURES; i++) {
        double sum = 0, known = 0;

        for (size_t r = 0; r < n; r++)
            if (!isnan(clips[r].value[i])) {
                sum += clips[r].value[i];
                known++;
            }
        near("a mean", f.mean[i], known > 0 ? sum / known : NAN);
    }
    for (size_t r = 0; r < n; r++)
        passages[r] = clips[r].passage;
    sort_doubles(passages, n);
    near("the median of passages", f.passage, (passages[(n - 1) / 2] + passages[n / 2]) / 2);
    near("the longest", f.passage_most, passages[n - 1]);
}

/* Rows that are given: of clips, and of those held out, with a reference that has none. */
static void given(void)
{
    struct maps none = {0};
    struct forms *f = forms_new(&none, 8, NULL);
    struct form_row clips[CLIPS], held[HELD], too_short;
    struct rng r = rng_new(12, 0);

    too_short = row_of(&r, 0);
    too_short.value[FORM_RETURN_M] = NAN;
    forms_add(f, FORMS_CLIPS, &too_short);
    check(forms_figures(f, FORMS_CLIPS).clips == 0 && isnan(forms_figures(f, FORMS_CLIPS).passage_most) &&
              isnan(forms_figures(f, FORMS_CLIPS).mean[0]),
          "a clip under 8 bars is none");
    for (int i = 0; i < CLIPS; i++) {
        clips[i] = row_of(&r, 0.4);
        forms_add(f, FORMS_CLIPS, &clips[i]);
    }
    for (int i = 0; i < HELD; i++) {
        check(isnan(forms_figures(f, FORMS_CLIPS).auc_form) == (i < 10), "%d held out", i);
        held[i] = row_of(&r, 0);
        forms_add(f, FORMS_HELD_OUT, &held[i]);
    }
    figures(forms_figures(f, FORMS_CLIPS), clips, CLIPS);
    figures(forms_figures(f, FORMS_HELD_OUT), held, HELD);
    near("told by all measures", forms_figures(f, FORMS_CLIPS).auc_form, auc(held, HELD, clips, CLIPS, true));
    near("told by the local ones", forms_figures(f, FORMS_CLIPS).auc_local, auc(held, HELD, clips, CLIPS, false));
    check(isnan(forms_figures(f, FORMS_HELD_OUT).auc_form), "held-out ones have nothing to be told from");
    forms_free(f);
}

enum { BEATS = 34, FEW = 20 };

/* Of a reference: three clips repeat 12 beats of one of the other half, 12 of one of their own, 30 of one of their own. */
static void maps_fill(struct map *maps, struct rng *r)
{
    for (int i = 0; i <= CLIPS; i++) {
        int beats = i < CLIPS ? BEATS : FEW; /* the last one is too short to count, not to be followed */
        struct form *f = &maps[i].form;

        maps[i].half = i % 2;
        *f = (struct form){beats, mem_floats((size_t)beats * FORM_SOUND), mem_floats((size_t)beats * FORM_BAR),
                           mem_floats((size_t)beats * CHROMA), NULL};
        rng_normal(r, f->sound, (size_t)beats * FORM_SOUND);
        for (int k = 0; k < beats * FORM_SOUND; k++)
            f->sound[k] *= 30; /* no bar is near another by chance */
        rng_normal(r, f->onset, (size_t)beats * FORM_BAR);
        rng_normal(r, f->harmony, (size_t)beats * CHROMA);
        if (i == 3 || i == 20)
            memcpy(f->sound, maps[i == 3 ? 2 : 18].form.sound, 12 * FORM_SOUND * sizeof(float));
        if (i == 9)
            memcpy(f->sound, maps[7].form.sound, 30 * FORM_SOUND * sizeof(float));
    }
}

/* Halves of a reference, the second one against the first, whose clips it follows. */
static void halves(void)
{
    struct map maps[CLIPS + 1] = {0};
    struct maps reference = {CLIPS + 1, maps};
    const struct form *all[CLIPS + 1];
    struct form_row rows[2][CLIPS / 2], both[CLIPS], clips[CLIPS];
    struct forms *f;
    struct rng r = rng_new(13, 0);
    struct forms_figures h;

    maps_fill(maps, &r);
    f = forms_new(&reference, 8, NULL);
    for (int i = 0; i < CLIPS; i++)
        rows[i % 2][i / 2] = forms_look(f, &maps[i].form);
    h = forms_figures(f, FORMS_HALVES);
    check(h.clips == CLIPS, "%lld clips of the reference", (long long)h.clips);
    near("the longest passage follows the first half", h.passage_most, 3.75); /* bars that begin in it */
    near("told by all measures", h.auc_form, auc(rows[1], CLIPS / 2, rows[0], CLIPS / 2, true));
    near("told by the local ones", h.auc_local, auc(rows[1], CLIPS / 2, rows[0], CLIPS / 2, false));
    for (int i = 0; i < FORM_MEASURES; i++) {
        double sum = 0, n = 0;

        for (size_t k = 0; k < CLIPS; k++) {
            double v = rows[k % 2][k / 2].value[i];

            sum += isnan(v) ? 0 : v;
            n += !isnan(v);
        }
        near("a mean of both", h.mean[i], n > 0 ? sum / n : NAN);
    }
    for (int i = 0; i < CLIPS; i++) {
        clips[i] = row_of(&r, 0.2);
        forms_add(f, FORMS_CLIPS, &clips[i]);
        memcpy(&both[i], i < CLIPS / 2 ? &rows[0][i] : &rows[1][i - CLIPS / 2], sizeof *both);
    }
    near("with none held out, clips are told from the reference", forms_figures(f, FORMS_CLIPS).auc_form,
         auc(both, CLIPS, clips, CLIPS, true));
    for (int i = 0; i < HELD; i++)
        forms_add(f, FORMS_HELD_OUT, &clips[i]);
    near("and held-out ones are", forms_figures(f, FORMS_HELD_OUT).auc_local, auc(both, CLIPS, clips, HELD, false));
    for (int i = 0; i <= CLIPS; i++)
        all[i] = &maps[i].form;
    near("a clip follows any of the reference", forms_look(f, &maps[4].form).passage,
         passage_longest(&maps[4].form, all, CLIPS + 1));
    forms_free(f);
    for (int i = 0; i <= CLIPS; i++)
        form_free(&maps[i].form);
}

int main(void)
{
    apart();
    given();
    halves();
    return check_done();
}

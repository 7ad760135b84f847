/* Form: what returns in tunes that were put together bar by bar, who is followed, and what a classifier tells apart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "measure/form.h"
#include "measure/forms.h"
#include "measure/melmap.h"
#include "measure/passage.h"
#include "measure/tell_apart.h"

enum { RATE = 3000, BEAT = RATE / 2, BAR = FORM_BAR * BEAT };

/* A bar of its own for each number: four chords of three tones, drawn by number and seed, that die away; every beat begins
 * with the same knock. */
static void bar_write(float *x, int number, uint64_t seed)
{
    struct rng r = rng_new(seed, (uint64_t)number);

    for (int beat = 0; beat < FORM_BAR; beat++) {
        double hertz[3], length = 0.05 + 0.4 * rng_uniform(&r);

        for (int k = 0; k < 3; k++)
            hertz[k] = 110 * exp2((double)rng_below(&r, 36) / 12);
        for (int i = 0; i < BEAT; i++) {
            double t = (double)i / RATE, sum = 0.3 * sin(i * i) * exp(-t / 0.01);

            for (int k = 0; k < 3; k++)
                sum += 0.1 * sin(2 * M_PI * hertz[k] * t) * exp(-t / length);
            x[beat * BEAT + i] += (float)sum;
        }
    }
}

/* Bars by number; a little noise, so that none is quite the same. */
static struct map tune(const int *bars, int count, uint64_t seed)
{
    struct melmap *m = melmap_new(RATE);
    int64_t n = (int64_t)count * BAR;
    float *x = mem_zero((size_t)n, sizeof *x);
    struct rng r = rng_new(seed, 1000);
    struct map map;

    rng_normal(&r, x, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        x[i] *= 1e-3f;
    for (int b = 0; b < count; b++)
        bar_write(x + (int64_t)b * BAR, bars[b], seed);
    map = map_make(m, "tune", x, 1, n, &(struct tempo){.period = 0.5});
    melmap_free(m);
    free(x);
    return map;
}

/* AABA of phrases of four bars returns, at 4 bars more than beside them; other bars everywhere do not. */
static void returns(void)
{
    static const int aaba[] = {1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4};
    static const int shuffled[] = {5, 1, 3, 2, 4, 1, 8, 4, 2, 3, 6, 1, 7, 4, 3, 2};
    static const int other[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    const int *bars[] = {aaba, shuffled, other};
    double v[3][FORM_ALONE];

    for (int i = 0; i < 3; i++) {
        struct map m = tune(bars[i], 16, 1);

        check(m.form.beats == 64, "64 beats: %d", m.form.beats);
        form_measure(&m.form, v[i]);
        map_free(&m);
    }
    check(v[0][FORM_RETURN_M] > 0.95 && v[0][FORM_RETURN_H] > 0.95, "AABA returns: %g, %g", v[0][FORM_RETURN_M],
          v[0][FORM_RETURN_H]);
    check(v[1][FORM_RETURN_M] < 0.8 && v[2][FORM_RETURN_M] < 0.4, "shuffled %g, none %g", v[1][FORM_RETURN_M],
          v[2][FORM_RETURN_M]);
    check(v[1][FORM_RETURN_H] < 0.8 && v[2][FORM_RETURN_H] < 0.4, "harmony: shuffled %g, none %g", v[1][FORM_RETURN_H],
          v[2][FORM_RETURN_H]);
    check(v[0][FORM_BAR4_M] > 0.3 && v[0][FORM_BAR4_H] > 0.2, "alike at 4 bars: %g, %g", v[0][FORM_BAR4_M],
          v[0][FORM_BAR4_H]);
    check(fabs(v[2][FORM_BAR4_M]) < 0.1 && fabs(v[2][FORM_BAR1_M]) < 0.1, "not where nothing returns: %g, %g",
          v[2][FORM_BAR4_M], v[2][FORM_BAR1_M]);
}

/* A beat twice as long or half is the same beat; a clip under 8 bars has no form. */
static void beats(void)
{
    static const int bars[] = {1, 2, 3, 4, 1, 2, 3, 4};
    struct map m = tune(bars, 8, 1), few = tune(bars, 7, 1);
    struct melmap *mel = melmap_new(RATE);
    float *x = mem_zero(16 * BAR, sizeof *x);
    double value[FORM_ALONE];

    form_measure(&m.form, value);
    check(isfinite(value[FORM_RETURN_M]) && isnan(value[FORM_BAR8_M]), "8 bars return, but none is 8 bars apart");
    form_measure(&few.form, value);
    check(isnan(value[FORM_RETURN_M]) && isnan(value[FORM_STEP]), "7 bars have no form");
    map_free(&m);
    map_free(&few);
    m = map_make(mel, "silence", x, 1, 16 * BAR, &(struct tempo){.period = 0.5});
    form_measure(&m.form, value);
    check(m.form.beats == 64 && isnan(value[FORM_BAR1_M]) && isnan(value[FORM_RETURN_M]) && isnan(value[FORM_RETURN_H]),
          "nor has silence: %g, %g, %g", value[FORM_BAR1_M], value[FORM_RETURN_M], value[FORM_RETURN_H]);
    map_free(&m);
    for (int i = 0; i < 4; i++) {
        static const double periods[] = {0.5, 1, 0.25, 0};

        m = map_make(mel, "beats", x, 1, 4 * BAR, &(struct tempo){.period = periods[i]});
        check(m.form.beats == 16, "a beat of %g s: %d", periods[i], m.form.beats);
        map_free(&m);
    }
    m = map_make(mel, "beats", x, 1, 4 * BAR, &(struct tempo){.period = 0.5, .phase = 0.7});
    check(m.form.beats == 15, "the first one is a little in: %d", m.form.beats);
    map_free(&m);
    melmap_free(mel);
    free(x);
}

/* Of a clip that quotes another, the passage is as long as what it quotes. */
static void passage(void)
{
    static const int theirs[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, own[] = {21, 22, 23, 24, 25, 26, 27, 28, 29, 30};
    static const int quoting[] = {31, 32, 33, 4, 5, 6, 7, 8, 34, 35}, turned[] = {31, 8, 7, 6, 5, 4, 32, 33, 34, 35};
    struct map a = tune(theirs, 10, 1), b = tune(own, 10, 1), c = tune(quoting, 10, 1), d = tune(turned, 10, 1);
    const struct form *forms[] = {&b.form, &a.form};
    double longest = passage_longest(&c.form, forms, 2), backwards = passage_longest(&d.form, forms, 2);

    check(longest >= 5 && longest <= 6.5, "five bars are quoted: %g", longest);
    check(backwards < 3, "backwards it is bar by bar: %g", backwards);
    check(isnan(passage_longest(&c.form, forms, 0)), "there is none to follow");
    check(passage_longest(&a.form, forms, 2) == 10, "itself it follows all along");
    map_free(&a);
    map_free(&b);
    map_free(&c);
    map_free(&d);
}

static double area(double shift, size_t n)
{
    enum { DIMS = 6 };
    struct rng r = rng_new(3, 0);
    double *x = mem_zero(2 * n * DIMS, sizeof *x), auc;

    for (size_t i = 0; i < 2 * n * DIMS; i++)
        x[i] = rng_uniform(&r) + (i >= n * DIMS && i % DIMS == 2 ? shift : 0);
    x[7] = NAN; /* counts as the mean of the others */
    auc = tell_apart(x, n, x + n * DIMS, n, DIMS, 1);
    free(x);
    return auc;
}

static void apart(void)
{
    check(fabs(area(0, 100) - 0.5) < 0.15, "alike: %g", area(0, 100));
    check(area(0.3, 100) > 0.7 && area(0.3, 100) < 0.95, "a little apart: %g", area(0.3, 100));
    check(area(2, 100) > 0.99, "apart: %g", area(2, 100));
    check(isnan(area(2, TELL_ROWS_LEAST - 1)), "too few rows");
}

/* Sets of tunes: halves of one are alike, those without form are told by it, and all by what they play. */
static void sets(void)
{
    enum { CLIPS = 24 };
    struct map maps[CLIPS];
    struct maps reference = {CLIPS, maps};
    struct forms *f;
    struct forms_figures halves, clips, held;

    for (int i = 0; i < CLIPS; i++) {
        static const int bars[] = {1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 3, 4};

        maps[i] = tune(bars, 12, 100 + (uint64_t)i);
        maps[i].half = i % 2;
    }
    f = forms_new(&reference, 1, NULL);
    for (int i = 0; i < CLIPS; i++) {
        static const int without[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                         some[] = {1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 3, 4};
        struct map m = tune(without, 12, 200 + (uint64_t)i), h = tune(some, 12, 300 + (uint64_t)i);
        struct form_row row = forms_look(f, &m.form), real = forms_look(f, &h.form);

        forms_add(f, FORMS_CLIPS, &row);
        forms_add(f, FORMS_HELD_OUT, &real);
        map_free(&m);
        map_free(&h);
    }
    halves = forms_figures(f, FORMS_HALVES);
    clips = forms_figures(f, FORMS_CLIPS);
    held = forms_figures(f, FORMS_HELD_OUT);
    check(halves.clips == CLIPS && clips.clips == CLIPS, "all have form");
    check(halves.auc_form < 0.75 && held.auc_form < 0.8, "real ones are alike: %g, %g", halves.auc_form, held.auc_form);
    check(clips.auc_form > 0.98, "those that do not return are told: %g", clips.auc_form);
    check(held.mean[FORM_RETURN_M] > 0.8 && clips.mean[FORM_RETURN_M] < 0.5, "by this: %g, %g",
          held.mean[FORM_RETURN_M], clips.mean[FORM_RETURN_M]);
    check(fabs(held.mean[FORM_KEY8] / clips.mean[FORM_KEY8] - 1) < 0.5 && held.mean[FORM_KEY8] > 0.1,
          "not by their chords: %g, %g", held.mean[FORM_KEY8], clips.mean[FORM_KEY8]);
    check(held.mean[FORM_INSTR] > 0.5 && held.mean[FORM_INSTR] <= log(24), "clusters: %g", held.mean[FORM_INSTR]);
    check(clips.passage >= 1 && clips.passage <= clips.passage_most && clips.passage_most < 4,
          "followed: %g, at most %g", clips.passage, clips.passage_most);
    forms_free(f);
    for (int i = 0; i < CLIPS; i++)
        map_free(&maps[i]);
}

int main(void)
{
    returns();
    beats();
    passage();
    apart();
    sets();
    return check_done();
}

/* Measures of form against their formulas, written out, of forms whose values are drawn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/sort.h"
#include "check.h"
#include "measure/form.h"
#include "measure/form_space.h"
#include "measure/passage.h"

static struct form form_new(int beats)
{
    struct form f = {beats, mem_floats((size_t)beats * FORM_SOUND), mem_floats((size_t)beats * FORM_BAR),
                     mem_floats((size_t)beats * CHROMA), NULL};

    memset(f.sound, 0, (size_t)beats * FORM_SOUND * sizeof *f.sound);
    memset(f.onset, 0, (size_t)beats * FORM_BAR * sizeof *f.onset);
    memset(f.harmony, 0, (size_t)beats * CHROMA * sizeof *f.harmony);
    return f;
}

static struct form drawn(int beats, uint64_t seed)
{
    struct form f = form_new(beats);
    struct rng r = rng_new(seed, 0);

    rng_normal(&r, f.sound, (size_t)beats * FORM_SOUND);
    rng_normal(&r, f.onset, (size_t)beats * FORM_BAR);
    rng_normal(&r, f.harmony, (size_t)beats * CHROMA);
    return f;
}

/* Beats from..from+count-1 come again lag beats later. */
static void repeat(struct form *f, int from, int count, int lag)
{
    memcpy(f->sound + (from + lag) * FORM_SOUND, f->sound + from * FORM_SOUND,
           (size_t)count * FORM_SOUND * sizeof *f->sound);
    memcpy(f->harmony + (from + lag) * CHROMA, f->harmony + from * CHROMA, (size_t)count * CHROMA * sizeof *f->sound);
}

/* ---- what returns ---- */

static double cosine(const float *x, int n, int dims, int i, int j)
{
    double ij = 0, ii = 0, jj = 0;

    for (int k = 0; k < dims; k++) {
        double mean = 0, a, b;

        for (int t = 0; t < n; t++)
            mean += (double)x[t * dims + k] / n;
        a = (double)x[i * dims + k] - mean;
        b = (double)x[j * dims + k] - mean;
        ij += a * b;
        ii += a * a;
        jj += b * b;
    }
    return ij / sqrt(ii * jj);
}

static double mean_at(const float *x, int n, int dims, int lag)
{
    double sum = 0;

    for (int i = 0; i + lag < n; i++)
        sum += cosine(x, n, dims, i, i + lag);
    return sum / (n - lag);
}

/* At lag l less the mean of those beside it that over 4 pairs have; NaN: it has not itself. */
static double beside(const float *x, int n, int dims, int l)
{
    double sum = 0, count = 0;

    for (int lag = l - 2; lag <= l + 2; lag++)
        if (lag != l && n - lag > 4) {
            sum += mean_at(x, n, dims, lag);
            count++;
        }
    return n - l > 4 ? mean_at(x, n, dims, l) - sum / count : NAN;
}

static double return_of(const float *x, int n, int dims)
{
    double best = -1;

    for (int lag = 16; lag < n; lag++)
        for (int from = 0; from + lag + 16 <= n; from++) {
            double sum = 0;

            for (int i = from; i < from + 16; i++)
                sum += cosine(x, n, dims, i, i + lag) / 16;
            best = fmax(best, sum);
        }
    return best;
}

static void same(const char *what, double got, double want)
{
    check(isnan(want) ? isnan(got) : fabs(got - want) < 2e-5 * fmax(0.1, fabs(want)), "%s: %.7g, by its formula %.7g",
          what, got, want);
}

static void returning(struct form f)
{
    static const char *const names[] = {"1 bar", "2 bars", "4 bars", "8 bars"};
    double v[FORM_ALONE];

    form_measure(&f, v);
    for (int i = 0; i < 4; i++) {
        same(names[i], v[FORM_BAR1_M + i], beside(f.sound, f.beats, FORM_SOUND, 4 << i));
        same(names[i], v[FORM_BAR1_H + i], beside(f.harmony, f.beats, CHROMA, 4 << i));
    }
    same("return of sound", v[FORM_RETURN_M], return_of(f.sound, f.beats, FORM_SOUND));
    same("return of harmony", v[FORM_RETURN_H], return_of(f.harmony, f.beats, CHROMA));
    form_free(&f);
}

static void returns(void)
{
    struct form f;

    returning(drawn(37, 1)); /* 34 apart are too few, 33 not */
    f = drawn(38, 2);
    repeat(&f, 0, 16, 16); /* the first window at the least lag */
    returning(f);
    f = drawn(38, 3);
    repeat(&f, 0, 16, 22); /* the only one at the greatest */
    returning(f);
    f = drawn(38, 4);
    repeat(&f, 4, 16, 18); /* the last one at another */
    returning(f);
    returning(drawn(32, 5));
}

/* ---- joins ---- */

static double level_of(const struct form *f, int beat, int band)
{
    double sum = 0;

    for (int q = 0; q < 4; q++)
        sum += (double)f->sound[beat * FORM_SOUND + q * FORM_BANDS + band] / 4;
    return sum;
}

static double onset_of(const struct form *f, int beat)
{
    const float *o = f->onset + beat * FORM_BAR;

    return ((double)o[0] + (double)o[1] + (double)o[2] + (double)o[3]) / 4;
}

static void joins(void)
{
    enum { N = 33 };
    struct form f = drawn(N, 6);
    double v[FORM_ALONE], step[N - 1], sum = 0, level = 0, dense1 = 0, dense4 = 0, over = 0, within = 0;

    for (int b = 0; b < N; b++) {
        double square = 0, change = 0;

        for (int k = 0; k < FORM_BANDS; k++) {
            const float *x = f.sound + b * FORM_SOUND + k;

            within += pow((double)x[80] - (double)x[40], 2) / N;
            if (b == 0)
                continue;
            square += pow(level_of(&f, b, k) - level_of(&f, b - 1, k), 2) / FORM_BANDS;
            change += (level_of(&f, b, k) - level_of(&f, b - 1, k)) / FORM_BANDS;
            over += pow((double)x[0] - (double)x[-40], 2) / (N - 1);
        }
        if (b == 0)
            continue;
        step[b - 1] = sqrt(square);
        sum += sqrt(square) / (N - 1);
        level += fabs(change) / (N - 1);
        dense1 += fabs(onset_of(&f, b) - onset_of(&f, b - 1)) / (N - 1);
        if (b >= 4)
            dense4 += fabs(onset_of(&f, b) - onset_of(&f, b - 4)) / (N - 4);
    }
    form_measure(&f, v);
    same("step", v[FORM_STEP], sum);
    same("step95", v[FORM_STEP95], sort_quantile(step, N - 1, 0.95));
    same("level1", v[FORM_LEVEL1], level);
    same("dens1", v[FORM_DENS1], dense1);
    same("dens4", v[FORM_DENS4], dense4);
    same("edge", v[FORM_EDGE], sqrt(over / within));
    for (int i = 0; i < N * FORM_SOUND; i++)
        f.sound[i] *= 0.001f;
    form_measure(&f, v);
    same("edge of what hardly changes", v[FORM_EDGE], sqrt(over / within));
    for (int i = 0; i < N * FORM_SOUND; i++)
        f.sound[i] = (float)(i / FORM_SOUND % 2);
    form_measure(&f, v);
    check(isnan(v[FORM_EDGE]), "nor has what changes only from beat to beat one that could be told: %g", v[FORM_EDGE]);
    memset(f.sound, 0, N * FORM_SOUND * sizeof *f.sound);
    form_measure(&f, v);
    check(v[FORM_STEP] <= 0 && isnan(v[FORM_EDGE]), "what does not change has no edge");
    form_free(&f);
    f = drawn(31, 1);
    form_measure(&f, v);
    check(isnan(v[FORM_STEP]) && isnan(v[FORM_RETURN_M]), "31 beats are too few");
    form_free(&f);
}

/* ---- beside a set ---- */

enum { SET = 12, BEATS = 40, BARS = BEATS - 3, VALUES = FORM_BANDS + FORM_BAR };

/* Sound and onsets of three kinds of change, so that twelve components have all; harmonies about one of the clip. */
static struct form moving(uint64_t seed)
{
    struct form f = form_new(BEATS);
    struct rng r = rng_new(seed, 1), same_for_all = rng_new(1, 2);
    float by[3 * VALUES], u[3], about[CHROMA];

    rng_normal(&same_for_all, by, 3 * VALUES);
    rng_normal(&r, f.harmony, BEATS * CHROMA);
    rng_normal(&r, about, CHROMA);
    for (int b = 0; b < BEATS; b++) {
        rng_normal(&r, u, 3);
        for (int q = 0; q < FORM_BAR; q++) {
            for (int k = 0; k < FORM_BANDS; k++)
                for (int a = 0; a < 3; a++)
                    f.sound[b * FORM_SOUND + q * FORM_BANDS + k] += (float)(1 + q) * u[a] * by[a * VALUES + k];
            for (int a = 0; a < 3; a++)
                f.onset[b * FORM_BAR + q] += u[a] * by[a * VALUES + FORM_BANDS + q];
        }
        for (int k = 0; k < CHROMA; k++)
            f.harmony[b * CHROMA + k] += about[k];
    }
    return f;
}

/* Value i of the texture of the bar from beat b on. */
static double texture(const struct form *f, int b, int i)
{
    double sum = 0;

    for (int j = b; j < b + 4; j++)
        sum += i < FORM_BANDS ? level_of(f, j, i) / 4 : (double)f->onset[j * FORM_BAR + i - FORM_BANDS] / 4;
    return sum;
}

static double key(const struct form *f, int b, int k)
{
    double sum = 0;

    for (int j = b; j < b + 8; j++)
        sum += (double)f->harmony[j * CHROMA + k] / 8;
    return sum;
}

/* Mean over bars and values of the squared change, over twice the variance in every other bar of the set. */
static double texture_moves(const struct form *set, const struct form *f, int lag)
{
    double all = 0;

    for (int i = 0; i < VALUES; i++) {
        double n = 0, sum = 0, square = 0, moves = 0;

        for (int c = 0; c < SET; c++)
            for (int b = 0; b < BARS; b += 2) {
                double x = texture(&set[c], b, i);

                n++;
                sum += x;
                square += x * x;
            }
        for (int b = 0; b + lag < BARS; b++)
            moves += pow(texture(f, b + lag, i) - texture(f, b, i), 2) / (BARS - lag);
        all += moves / ((square - sum * sum / n) / (n - 1)) / (2 * VALUES);
    }
    return all;
}

static double keys_between(const struct form *x, const struct form *y)
{
    double sum = 0, n = 0;

    for (int a = 0; a + 8 <= BEATS; a += 8)
        for (int b = 0; b + 8 <= BEATS; b += 8, n++)
            for (int k = 0; k < CHROMA; k++)
                sum += pow(key(x, a, k) - key(y, b, k), 2);
    return sum / n;
}

static double key_moves(const struct form *set, const struct form *f, int lag)
{
    double far = 0, moves = 0, n = 0;

    for (int c = 0; c < SET; c++)
        for (int d = 0; d < SET; d++)
            far += c != d ? keys_between(&set[c], &set[d]) / (SET * (SET - 1)) : 0;
    for (int b = 0; b + lag + 8 <= BEATS; b++, n++)
        for (int k = 0; k < CHROMA; k++)
            moves += pow(key(f, b + lag, k) - key(f, b, k), 2);
    return moves / n / far;
}

static void space(void)
{
    struct form set[SET], other = moving(100), few = drawn(31, 9);
    const struct form *forms[SET + 1] = {&few};
    struct form_space *s;
    double v[FORM_MEASURES];

    for (int i = 0; i < SET; i++) {
        set[i] = moving(10 + (uint64_t)i);
        forms[i + 1] = &set[i];
    }
    s = form_space_new(forms, SET + 1, 1);
    check(s != NULL, "a set of %d clips, and one that is too short", SET);
    form_space_measure(s, &other, v);
    same("tex1", v[FORM_TEX1], texture_moves(set, &other, 4));
    same("tex2", v[FORM_TEX2], texture_moves(set, &other, 8));
    same("tex4", v[FORM_TEX4], texture_moves(set, &other, 16));
    same("tex8", v[FORM_TEX8], texture_moves(set, &other, 32));
    same("key8", v[FORM_KEY8], key_moves(set, &other, 8));
    same("key16", v[FORM_KEY16], key_moves(set, &other, 16));
    check(isnan(v[FORM_KEY32]), "keys 32 beats apart are too few");
    form_space_measure(s, &few, v);
    check(isnan(v[FORM_TEX1]) && isnan(v[FORM_INSTR]), "and so is all of a clip of 31 beats");
    form_space_free(s);
    check(!form_space_new(forms, 2, 1), "one clip has no distance of keys");
    form_space_measure(NULL, &other, v);
    check(isnan(v[FORM_TEX1]), "without a set there is none");
    for (int i = 0; i < SET; i++)
        form_free(&set[i]);
    form_free(&other);
    form_free(&few);
}

/* One of two spectra, or what lies between them, at a level. */
static void play(struct form *f, int beat, double other, float level)
{
    for (int i = 0; i < FORM_SOUND; i++)
        f->sound[beat * FORM_SOUND + i] = level + (float)(i % 2 ? 10 * other : 10 * (1 - other));
}

/* A clip that goes over from one instrument of a set to the other. */
static void instruments(void)
{
    enum { CLIPS = 6, FROM = 20, SECOND = FROM - 1 }; /* from which bar on the second has more of it */
    struct form set[CLIPS], f = drawn(BEATS, 50);
    const struct form *forms[CLIPS];
    const double share = (double)SECOND / BARS;
    struct form_space *s;
    double v[FORM_MEASURES];

    for (int i = 0; i < CLIPS; i++) {
        set[i] = drawn(BEATS, 40 + (uint64_t)i);
        forms[i] = &set[i];
        for (int b = 0; b < BEATS; b++)
            play(&set[i], b, i % 2, (float)(i - b));
    }
    s = form_space_new(forms, CLIPS, 1);
    /* bars from 17 on have .075, .325, .575, .825 of the second and then all of it */
    for (int b = 0; b < BEATS; b++)
        play(&f, b, b < FROM ? 0 : b == FROM ? 0.3 : 1, (float)(3 * b));
    form_space_measure(s, &f, v);
    same("entropy of two instruments", v[FORM_INSTR], -share * log(share) - (1 - share) * log(1 - share));
    same("bars unlike the one before", v[FORM_SWITCH], 4.0 / (BARS - 4));
    form_space_measure(s, &set[1], v);
    check(v[FORM_INSTR] <= 0 && v[FORM_SWITCH] <= 0, "one instrument has no entropy");
    form_space_free(s);
    form_free(&f);
    for (int i = 0; i < CLIPS; i++)
        form_free(&set[i]);
}

/* ---- passages ---- */

/* .25 dB is near, more is not: then the longest run is that of the bars after. */
static void near(void)
{
    static const double db[] = {0, 0.24, 0.26}, bars[] = {6, 6, 3.75};
    struct form a = drawn(24, 60), b = drawn(24, 61), f = form_new(24), tiny = drawn(3, 62), bar = drawn(4, 63);
    const struct form *forms[] = {&tiny, &a, &b};

    for (int i = 0; i < 3; i++) {
        /* f is a but for the bar from beat 8 on, which is in b as it is: in a that far from it */
        memcpy(f.sound, a.sound, 24 * FORM_SOUND * sizeof *f.sound);
        for (int k = 0; k < 4 * FORM_SOUND; k++)
            f.sound[8 * FORM_SOUND + k] += (float)db[i];
        memcpy(b.sound + 3 * FORM_SOUND, f.sound + 8 * FORM_SOUND, 4 * FORM_SOUND * sizeof *f.sound);
        same("a passage", passage_longest(&f, forms, 3), bars[i]);
    }
    check(passage_longest(&bar, forms, 3) == 1, "a bar follows for a bar");
    forms[0] = &bar;
    check(passage_longest(&f, forms, 1) >= 1, "and can be followed");
    forms[0] = &tiny;
    check(isnan(passage_longest(&tiny, forms, 3)) && isnan(passage_longest(&f, forms, 1)), "under a bar there is none");
    form_free(&a);
    form_free(&b);
    form_free(&f);
    form_free(&tiny);
    form_free(&bar);
}

int main(void)
{
    returns();
    joins();
    space();
    instruments();
    near();
    return check_done();
}

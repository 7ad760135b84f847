/* Clips against real ones: gathers what the figures need, one clip at a time. */
#include "measure/compare.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sort.h"
#include "dsp/fft.h"
#include "measure/melfd.h"
#include "measure/copies.h"
#include "measure/point_set.h"
#include "measure/phrase.h"

enum { SURROGATES_MOST = 40, SURROGATE_SAMPLES_MOST = 1 << 24 };

static const double spread_least = 1e-6; /* dB^2; less is rounding */

/* random streams of the seed */
enum { STREAM_REFERENCE = 1, STREAM_HALF, STREAM_SET = 10, STREAM_NOISE = 100, STREAM_PHASE = 10000 };

/* What is compared: patches and windows of some clips. */
struct set {
    struct point_set *patches;
    struct moments *windows;
};

struct distances {
    size_t count, room;
    double *values;
};

struct compare {
    uint64_t seed;
    struct melmap *mel;
    struct melfd *space;
    struct phrase *phrase;
    bool fitted, phrases;           /* phrases: there were enough windows */
    struct maps real, noise, phase; /* these two before the fit */
    struct set reference, half[2], sets[COMPARE_SETS];
    struct distances near[COMPARE_HELD_OUT + 1]; /* of clips and held-out ones */
    double copy_distance;                        /* below it a window is a copy; NaN: unknown */
    double spread;
};

static struct set set_new(uint64_t seed, uint64_t stream)
{
    return (struct set){point_set_new(MELFD_DIMS, seed, stream), moments_new(PHRASE_DIMS)};
}

static void set_free(struct set *s)
{
    point_set_free(s->patches);
    moments_free(s->windows);
}

struct compare *compare_new(double rate, uint64_t seed)
{
    struct compare *c = mem_zero(1, sizeof *c);

    c->seed = seed;
    c->mel = melmap_new(rate);
    c->space = melfd_new();
    c->phrase = phrase_new();
    c->reference = set_new(seed, STREAM_REFERENCE);
    for (unsigned i = 0; i < 2; i++)
        c->half[i] = set_new(seed, STREAM_HALF + i);
    for (unsigned i = 0; i < COMPARE_SETS; i++)
        c->sets[i] = set_new(seed, STREAM_SET + i);
    c->copy_distance = NAN;
    return c;
}

static void maps_free(struct maps *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->maps[i].track);
        free(m->maps[i].data);
    }
    free(m->maps);
    *m = (struct maps){0};
}

void compare_free(struct compare *c)
{
    if (!c)
        return;
    melmap_free(c->mel);
    melfd_free(c->space);
    phrase_free(c->phrase);
    maps_free(&c->real);
    maps_free(&c->noise);
    maps_free(&c->phase);
    set_free(&c->reference);
    for (int i = 0; i < 2; i++)
        set_free(&c->half[i]);
    for (int i = 0; i < COMPARE_SETS; i++)
        set_free(&c->sets[i]);
    for (int i = 0; i <= COMPARE_HELD_OUT; i++)
        free(c->near[i].values);
    free(c);
}

double compare_rate(const struct compare *c)
{
    return melmap_rate(c->mel);
}

double compare_explained(const struct compare *c)
{
    return melfd_explained(c->space);
}

static struct map map_make(struct compare *c, const char *track, const float *x, int64_t channels, int64_t samples)
{
    struct map m = {mem_text(track), NULL, melmap_frames(c->mel, samples), 0};

    m.data = mem_alloc((size_t)m.frames * MEL_BANDS * sizeof *m.data);
    melmap_make(c->mel, x, channels, samples, m.data);
    return m;
}

static void maps_append(struct maps *all, struct map m)
{
    all->maps = mem_more(all->maps, all->count, sizeof *all->maps);
    all->maps[all->count++] = m;
}

/* ---- the reference ---- */

/* The samples of x with the phases of their Fourier transform drawn at random, in place: the same spectrum and level, no
 * events (Theiler et al. 1992). */
static void phases_draw(float *x, int n, struct rng *r)
{
    struct fft *f = fft_new(n);
    float *in = mem_floats((size_t)n), *spectrum = mem_floats(2 * (size_t)fft_bins(f));

    memcpy(in, x, (size_t)n * sizeof *x);
    fft_forward(f, in, spectrum);
    for (int k = 1; 2 * k < n; k++) { /* the ends of the spectrum are real and stay */
        double phase = 2 * M_PI * rng_uniform(r), re = spectrum[2 * k], im = spectrum[2 * k + 1];

        spectrum[2 * k] = (float)(re * cos(phase) - im * sin(phase));
        spectrum[2 * k + 1] = (float)(re * sin(phase) + im * cos(phase));
    }
    fft_inverse(f, spectrum, in);
    for (int i = 0; i < n; i++)
        x[i] = in[i] / (float)n;
    free(in);
    free(spectrum);
    fft_free(f);
}

/* The ceilings that belong to a clip of the reference: its mix with random phases, and noise. */
static void surrogates_make(struct compare *c, const char *track, const float *x, int64_t channels, int64_t samples)
{
    uint64_t number = c->phase.count;
    struct rng noise = rng_new(c->seed, STREAM_NOISE + number), phase = rng_new(c->seed, STREAM_PHASE + number);
    int64_t n = samples < SURROGATE_SAMPLES_MOST ? samples : SURROGATE_SAMPLES_MOST;
    float *y = mem_zero((size_t)n, sizeof *y);

    for (int64_t ch = 0; ch < channels; ch++)
        for (int64_t i = 0; i < n; i++)
            y[i] += x[ch * samples + i];
    phases_draw(y, (int)n, &phase);
    maps_append(&c->phase, map_make(c, track, y, 1, n));
    rng_normal(&noise, y, (size_t)n);
    maps_append(&c->noise, map_make(c, track, y, 1, n));
    free(y);
}

void compare_reference(struct compare *c, const char *track, const float *x, int64_t channels, int64_t samples)
{
    struct map m = map_make(c, track, x, channels, samples);

    assert(!c->fitted);
    melfd_learn(c->space, m.data, m.frames);
    maps_append(&c->real, m);
    if (c->phase.count < SURROGATES_MOST)
        surrogates_make(c, track, x, channels, samples);
}

/* A number for a track: FNV-1a of its name. */
static int64_t track_number(const char *track)
{
    uint64_t h = 14695981039346656037u;

    for (; *track; track++)
        h = (h ^ (unsigned char)*track) * 1099511628211u;
    return (int64_t)(h >> 1);
}

static void patches_add(const struct compare *c, struct set *set, const struct map *m)
{
    int64_t patches = patch_count(m->frames);
    float *rows = mem_alloc((size_t)patches * MELFD_DIMS * sizeof *rows);

    melfd_project(c->space, m->data, m->frames, rows);
    point_set_add(set->patches, rows, patches, track_number(m->track));
    free(rows);
}

/* The same of a smoothed map. */
static void windows_add(const struct compare *c, struct set *set, const struct map *m)
{
    if (c->phrases)
        phrase_project(c->phrase, m->data, m->frames, set->windows);
}

static void map_smooth(struct map *m)
{
    m->frames = window_smooth(m->data, m->frames);
}

static int by_track(const void *a, const void *b)
{
    struct map *const *x = a, *const *y = b;

    return strcmp((*x)->track, (*y)->track);
}

/* Every other track, by name, goes to each half. */
static void halves_fill(struct compare *c)
{
    struct map **sorted = mem_zero(c->real.count, sizeof *sorted);
    int half = 0;

    for (size_t i = 0; i < c->real.count; i++)
        sorted[i] = &c->real.maps[i];
    qsort(sorted, c->real.count, sizeof *sorted, by_track);
    for (size_t i = 0; i < c->real.count; i++) {
        if (i > 0 && strcmp(sorted[i]->track, sorted[i - 1]->track) != 0)
            half = !half;
        sorted[i]->half = half;
        patches_add(c, &c->half[half], sorted[i]);
    }
    free(sorted);
}

/* The windows of the reference, whose maps get smoothed. */
static void phrases_fit(struct compare *c)
{
    for (size_t i = 0; i < c->real.count; i++) {
        map_smooth(&c->real.maps[i]);
        phrase_learn(c->phrase, c->real.maps[i].data, c->real.maps[i].frames);
    }
    c->phrases = phrase_fit(c->phrase) == 0;
    for (size_t i = 0; i < c->real.count; i++) {
        windows_add(c, &c->reference, &c->real.maps[i]);
        windows_add(c, &c->half[c->real.maps[i].half], &c->real.maps[i]);
    }
}

static void set_fill(struct compare *c, enum compare_set set, struct maps *maps)
{
    for (size_t i = 0; i < maps->count; i++) {
        patches_add(c, &c->sets[set], &maps->maps[i]);
        map_smooth(&maps->maps[i]);
        windows_add(c, &c->sets[set], &maps->maps[i]);
    }
}

int compare_fit(struct compare *c)
{
    assert(!c->fitted);
    if (melfd_fit(c->space) < 0)
        return -1;
    for (size_t i = 0; i < c->real.count; i++)
        patches_add(c, &c->reference, &c->real.maps[i]);
    c->spread = point_set_spread(c->reference.patches);
    if (!(c->spread > spread_least))
        return error_set("all of it sounds the same: nothing to compare with");
    halves_fill(c);
    phrases_fit(c);
    set_fill(c, COMPARE_PHASE, &c->phase);
    set_fill(c, COMPARE_NOISE, &c->noise);
    maps_free(&c->phase);
    maps_free(&c->noise);
    c->fitted = true;
    return 0;
}

/* ---- clips ---- */

static struct compare_near near_of(const struct compare *c, double *x, size_t n)
{
    struct compare_near near = {(int64_t)n, NAN, NAN};
    size_t copied = 0;

    for (size_t i = 0; i < n; i++)
        copied += x[i] < c->copy_distance;
    if (n > 0 && !isnan(c->copy_distance))
        near.copied = (double)copied / (double)n;
    near.median = sort_quantile(x, n, 0.5);
    return near;
}

static struct compare_near clip_add(struct compare *c, enum compare_set set, const char *track, const float *x,
                                    int64_t channels, int64_t samples)
{
    struct map m = map_make(c, track, x, channels, samples);
    struct distances *all = &c->near[set];
    double *distance = mem_alloc((size_t)m.frames * sizeof *distance);
    struct compare_near near;
    size_t n;

    assert(c->fitted);
    patches_add(c, &c->sets[set], &m);
    map_smooth(&m);
    windows_add(c, &c->sets[set], &m);
    n = (size_t)copies_nearest(&c->real, &m, distance);
    if (all->count + n > all->room) {
        all->room = 2 * (all->count + n);
        all->values = mem_grow(all->values, all->room, sizeof *all->values);
    }
    if (n > 0)
        memcpy(all->values + all->count, distance, n * sizeof *distance);
    all->count += n;
    near = near_of(c, distance, n);
    free(distance);
    free(m.track);
    free(m.data);
    return near;
}

void compare_held_out(struct compare *c, const char *track, const float *x, int64_t channels, int64_t samples)
{
    clip_add(c, COMPARE_HELD_OUT, track, x, channels, samples);
}

struct compare_near compare_clip(struct compare *c, const char *track, const float *x, int64_t channels,
                                 int64_t samples)
{
    struct distances *held = &c->near[COMPARE_HELD_OUT];

    if (isnan(c->copy_distance)) /* all held out are in */
        c->copy_distance = sort_quantile(held->values, held->count, 0.01);
    return clip_add(c, COMPARE_CLIPS, track, x, channels, samples);
}

/* ---- figures ---- */

struct compare_figures compare_figures(const struct compare *c, enum compare_set set)
{
    const struct set *sets[2] = {set == COMPARE_HALVES ? &c->half[0] : &c->reference,
                                 set == COMPARE_HALVES ? &c->half[1] : &c->sets[set]};
    const struct point_set *real = sets[0]->patches, *other = sets[1]->patches;
    struct compare_figures f = {
        .fd = NAN,
        .fdl = NAN,
        .low = NAN,
        .high = NAN,
        .mmd = NAN,
        .precision = NAN,
        .recall = NAN,
        .clips = (int64_t)other->count,
        .patches = (int64_t)other->seen,
    };

    assert(c->fitted);
    if (real->kept == 0 || other->seen < 2)
        return f;
    f.fd = moments_frechet(real->all, other->all);
    if (sets[0]->windows->count > 1 && sets[1]->windows->count > 1)
        f.fdl = moments_frechet(sets[0]->windows, sets[1]->windows);
    if (set == COMPARE_CLIPS)
        point_set_interval(other, real, c->seed, &f.low, &f.high);
    f.mmd = point_set_mmd(real, other, c->spread);
    point_set_match(real, other, &f.precision, &f.recall);
    return f;
}

struct compare_near compare_near_all(const struct compare *c, enum compare_set set)
{
    const struct distances *all = &c->near[set];
    double *copy = mem_alloc(all->count * sizeof *copy);
    struct compare_near near;

    assert(set == COMPARE_CLIPS || set == COMPARE_HELD_OUT);
    if (all->count > 0)
        memcpy(copy, all->values, all->count * sizeof *copy);
    near = near_of(c, copy, all->count);
    free(copy);
    return near;
}

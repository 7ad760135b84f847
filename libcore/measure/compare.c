/* Clips against real ones: gathers what the figures need, one clip after the other. */
#include "measure/compare.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/kernel.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/sort.h"
#include "dsp/fft.h"
#include "measure/copies.h"
#include "measure/point_set.h"
#include "measure/space.h"

enum { MELFD_DIMS = 48, PHRASE_HOP = 23 }; /* this: frames between windows, about .5 s */
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
    size_t count;
    double *values;
};

/* Plans of a thread: for maps, for Fourier transforms of all samples of a clip. */
struct plans {
    struct melmap *mel;
    struct fft *fft;
    int samples;
};

struct compare {
    uint64_t seed;
    struct pool *pool;
    struct plans *plans;            /* of each worker */
    struct space *space, *phrase;   /* of patches, of windows */
    bool fitted, phrases;           /* phrases: there were enough windows */
    struct maps real, noise, phase; /* these two before the fit */
    struct forms *forms;
    struct copies *copies;
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

struct compare *compare_new(double rate, uint64_t seed, struct pool *pool)
{
    struct compare *c = mem_zero(1, sizeof *c);

    c->seed = seed;
    c->pool = pool;
    c->plans = mem_zero((size_t)pool_threads(pool), sizeof *c->plans);
    for (int i = 0; i < pool_threads(pool); i++)
        c->plans[i].mel = melmap_new(rate);
    c->space = space_new(PATCH_DIMS, MELFD_DIMS, NULL); /* which learns while others are at work */
    c->phrase = space_new(WINDOW_DIMS, PHRASE_DIMS, pool);
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
    for (size_t i = 0; i < m->count; i++)
        map_free(&m->maps[i]);
    free(m->maps);
    *m = (struct maps){0};
}

void compare_free(struct compare *c)
{
    if (!c)
        return;
    for (int i = 0; i < pool_threads(c->pool); i++) {
        melmap_free(c->plans[i].mel);
        fft_free(c->plans[i].fft);
    }
    free(c->plans);
    forms_free(c->forms);
    copies_free(c->copies);
    space_free(c->space);
    space_free(c->phrase);
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
    return melmap_rate(c->plans[0].mel);
}

double compare_explained(const struct compare *c)
{
    return space_explained(c->space);
}

static void maps_append(struct maps *all, struct map m)
{
    all->maps = mem_more(all->maps, all->count, sizeof *all->maps);
    all->maps[all->count++] = m;
}

/* ---- the reference ---- */

/* Turns bins 1 to n - 1 of a spectrum to where normal deviates [2 n] point. */
KERNEL(bins_turn, (float *restrict spectrum, const float *restrict deviates, int n), (spectrum, deviates, n))
{
    for (int k = 1; k < n; k++) {
        float a = deviates[2 * k], b = deviates[2 * k + 1], scale = 1 / sqrtf(a * a + b * b + 1e-30f);
        float re = spectrum[2 * k] * scale, im = spectrum[2 * k + 1] * scale;

        spectrum[2 * k] = re * a - im * b;
        spectrum[2 * k + 1] = re * b + im * a;
    }
}

/* The samples of x with the phases of their Fourier transform drawn at random, in place: the same spectrum and level, no
 * events (Theiler et al. 1992). */
static void phases_draw(struct plans *p, float *x, int n, struct rng *r)
{
    size_t half = ((size_t)n + 1) / 2; /* the ends of the spectrum are real and stay */
    float *spectrum = mem_floats((size_t)n + 2), *deviates = mem_alloc(2 * half * sizeof *deviates);

    if (p->samples != n) {
        fft_free(p->fft);
        p->fft = fft_new(n);
        p->samples = n;
    }
    fft_forward(p->fft, x, spectrum);
    rng_normal(r, deviates, 2 * half);
    bins_turn(spectrum, deviates, (int)half);
    fft_inverse(p->fft, spectrum, x);
    for (int i = 0; i < n; i++)
        x[i] /= (float)n;
    free(spectrum);
    free(deviates);
}

/* The ceilings that belong to a clip of the reference: its mix with random phases, and noise. */
static void surrogates_make(const struct compare *c, struct compare_clip *clip, struct plans *p)
{
    uint64_t number = (uint64_t)clip->number;
    struct rng noise = rng_new(c->seed, STREAM_NOISE + number), phase = rng_new(c->seed, STREAM_PHASE + number);
    int64_t n = clip->samples < SURROGATE_SAMPLES_MOST ? clip->samples : SURROGATE_SAMPLES_MOST;
    float *y = mem_floats((size_t)n);

    for (int64_t ch = 0; ch < clip->channels; ch++)
        for (int64_t i = 0; i < n; i++)
            y[i] += clip->x[ch * clip->samples + i];
    phases_draw(p, y, (int)n, &phase);
    clip->phase = map_make(p->mel, clip->map.track, y, 1, n, NULL);
    rng_normal(&noise, y, (size_t)n);
    clip->noise = map_make(p->mel, clip->map.track, y, 1, n, NULL);
    free(y);
}

static void reference_take(struct compare *c, struct compare_clip *clip)
{
    assert(!c->fitted && clip->number == (int64_t)c->real.count);
    if (clip->number < SURROGATES_MOST) {
        maps_append(&c->phase, clip->phase);
        maps_append(&c->noise, clip->noise);
    }
    space_learn(c->space, clip->map.data, patch_count(clip->map.frames), PATCH_STRIDE * MEL_BANDS);
    maps_append(&c->real, clip->map);
}

/* A number for a track: FNV-1a of its name. */
static int64_t track_number(const char *track)
{
    uint64_t h = 14695981039346656037u;

    for (; *track; track++)
        h = (h ^ (unsigned char)*track) * 1099511628211u;
    return (int64_t)(h >> 1);
}

/* The patches of a map, which gets smoothed, in their space; its windows in theirs, if there is one. */
static struct compare_rows patches_of(const struct compare *c, struct map *m)
{
    int64_t count = patch_count(m->frames);
    float *x = mem_alloc((size_t)count * MELFD_DIMS * sizeof *x);

    space_rows(c->space, m->data, count, PATCH_STRIDE * MEL_BANDS, x, MELFD_DIMS);
    m->frames = window_smooth(m->data, m->frames);
    return (struct compare_rows){x, count};
}

static struct compare_rows windows_of(const struct compare *c, struct map *m)
{
    int64_t count;
    float *windows = windows_take(m->data, m->frames, PHRASE_HOP, &count);
    float *x = mem_alloc((size_t)count * PHRASE_DIMS * sizeof *x);

    space_rows(c->phrase, windows, count, WINDOW_DIMS, x, PHRASE_DIMS);
    free(windows);
    return (struct compare_rows){x, c->phrases ? count : 0};
}

struct rows_job {
    const struct compare *c;
    const struct maps *maps;
    struct compare_rows (*of)(const struct compare *c, struct map *m);
    struct compare_rows *rows;
};

static void rows_make(void *arg, int task, int worker)
{
    struct rows_job *j = arg;

    (void)worker;
    j->rows[task] = j->of(j->c, &j->maps->maps[task]);
}

/* Of each map, to be freed by rows_free. */
static struct compare_rows *rows_of(const struct compare *c, const struct maps *maps,
                                    struct compare_rows (*of)(const struct compare *c, struct map *m))
{
    struct rows_job job = {c, maps, of, mem_zero(maps->count, sizeof *job.rows)};

    pool_run(c->pool, (int)maps->count, rows_make, &job);
    return job.rows;
}

static void rows_free(struct compare_rows *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(rows[i].x);
    free(rows);
}

static void patches_add(struct set *set, const struct compare_rows *r, const struct map *m)
{
    point_set_add(set->patches, r->x, r->count, track_number(m->track));
}

static void windows_add(struct set *set, const struct compare_rows *r)
{
    moments_add(set->windows, r->x, r->count, PHRASE_DIMS);
}

static int by_track(const void *a, const void *b)
{
    struct map *const *x = a, *const *y = b;

    return strcmp((*x)->track, (*y)->track);
}

/* Every other track, by name, goes to each half. */
static void halves_fill(struct compare *c, const struct compare_rows *patches)
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
        patches_add(&c->half[half], &patches[sorted[i] - c->real.maps], sorted[i]);
    }
    free(sorted);
}

static void phrases_learn(struct compare *c)
{
    for (size_t i = 0; i < c->real.count; i++) {
        int64_t count;
        float *windows = windows_take(c->real.maps[i].data, c->real.maps[i].frames, PHRASE_HOP, &count);

        space_learn(c->phrase, windows, count, WINDOW_DIMS);
        free(windows);
    }
    c->phrases = space_fit(c->phrase) == 0;
}

/* Those of the reference go to its halves, too, and settle the space of windows. */
static void set_fill(struct compare *c, struct set *set, const struct maps *maps)
{
    struct compare_rows *rows = rows_of(c, maps, patches_of);
    bool real = maps == &c->real;

    for (size_t i = 0; i < maps->count; i++)
        patches_add(set, &rows[i], &maps->maps[i]);
    if (real) {
        halves_fill(c, rows);
        phrases_learn(c);
    }
    rows_free(rows, maps->count);
    rows = rows_of(c, maps, windows_of);
    for (size_t i = 0; i < maps->count; i++) {
        windows_add(set, &rows[i]);
        if (real)
            windows_add(&c->half[maps->maps[i].half], &rows[i]);
    }
    rows_free(rows, maps->count);
}

int compare_fit(struct compare *c)
{
    assert(!c->fitted);
    if (space_fit(c->space) < 0)
        return error_prefix("too little sound to compare with, 5 seconds are needed: patches");
    set_fill(c, &c->reference, &c->real);
    c->spread = point_set_spread(c->reference.patches);
    if (!(c->spread > spread_least))
        return error_set("all of it sounds the same: nothing to compare with");
    set_fill(c, &c->sets[COMPARE_PHASE], &c->phase);
    set_fill(c, &c->sets[COMPARE_NOISE], &c->noise);
    maps_free(&c->phase);
    maps_free(&c->noise);
    c->copies = copies_new(&c->real, c->phrase, c->pool);
    c->forms = forms_new(&c->real, c->seed, c->pool);
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

void compare_look(const struct compare *c, enum compare_set set, struct compare_clip *clip, int worker)
{
    struct map *m = &clip->map;

    if (set == COMPARE_HALVES) {
        if (clip->number < SURROGATES_MOST)
            surrogates_make(c, clip, &c->plans[worker]);
        return;
    }
    assert(c->fitted);
    clip->patches = patches_of(c, m);
    clip->windows = windows_of(c, m);
    clip->distance = mem_alloc((size_t)(m->frames + 1) * sizeof *clip->distance);
    clip->distances = (size_t)copies_nearest(c->copies, m, clip->distance);
    clip->form = forms_look(c->forms, &m->form);
}

void compare_take(struct compare *c, enum compare_set set, struct compare_clip *clip)
{
    struct distances *all = &c->near[set], *held = &c->near[COMPARE_HELD_OUT];

    if (set == COMPARE_HALVES) {
        reference_take(c, clip);
        return;
    }
    if (set == COMPARE_CLIPS && isnan(c->copy_distance)) /* all held out are in */
        c->copy_distance = sort_quantile(held->values, held->count, 0.01);
    patches_add(&c->sets[set], &clip->patches, &clip->map);
    windows_add(&c->sets[set], &clip->windows);
    forms_add(c->forms, set == COMPARE_CLIPS ? FORMS_CLIPS : FORMS_HELD_OUT, &clip->form);
    all->values = mem_grow(all->values, all->count + clip->distances, sizeof *all->values);
    memcpy(all->values + all->count, clip->distance, clip->distances * sizeof *clip->distance);
    all->count += clip->distances;
    clip->near = near_of(c, clip->distance, clip->distances);
    free(clip->patches.x);
    free(clip->windows.x);
    free(clip->distance);
    map_free(&clip->map);
}

/* ---- figures ---- */

static struct compare_figures figures_of(const struct compare *c, enum compare_set set)
{
    const struct set *sets[2] = {set == COMPARE_HALVES ? &c->half[0] : &c->reference,
                                 set == COMPARE_HALVES ? &c->half[1] : &c->sets[set]};
    const struct point_set *real = sets[0]->patches, *other = sets[1]->patches;
    struct point_match match;
    struct compare_figures f = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, (int64_t)other->count, (int64_t)other->seen};

    assert(c->fitted);
    if (real->kept == 0 || other->seen < 2)
        return f;
    f.fd = moments_frechet(real->all, other->all);
    if (sets[0]->windows->count > 1 && sets[1]->windows->count > 1)
        f.fdl = moments_frechet(sets[0]->windows, sets[1]->windows);
    if (set == COMPARE_CLIPS)
        point_set_interval(other, real, c->seed, &f.low, &f.high);
    match = point_set_match(real, other, c->spread);
    f.mmd = match.mmd;
    f.precision = match.precision;
    f.recall = match.recall;
    return f;
}

struct figures_job {
    const struct compare *c;
    struct compare_figures *figures;
};

static void cloud_settle(void *arg, int task, int worker)
{
    const struct compare *c = arg;

    (void)worker;
    if (task == COMPARE_HALVES)
        point_set_settle(c->reference.patches, c->spread);
    else if (task < COMPARE_SETS)
        point_set_settle(c->sets[task].patches, c->spread);
    else
        point_set_settle(c->half[task - COMPARE_SETS].patches, c->spread);
}

static void set_figures(void *arg, int task, int worker)
{
    struct figures_job *j = arg;

    (void)worker;
    j->figures[task] = figures_of(j->c, (enum compare_set)task);
}

void compare_figures(struct compare *c, struct compare_figures figures[COMPARE_SETS])
{
    struct figures_job job = {c, figures};

    pool_run(c->pool, COMPARE_SETS + 2, cloud_settle, c);
    pool_run(c->pool, COMPARE_SETS, set_figures, &job);
}

double compare_relative(const struct compare *c, enum compare_set set)
{
    return point_set_relative(c->reference.patches, c->sets[set].patches, c->seed);
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

struct forms_figures compare_forms(const struct compare *c, enum forms_set set)
{
    return forms_figures(c->forms, set);
}

/* Fast Griffin-Lim as a pipeline: each iteration is a stage that works a few
 * frames behind the one before it.
 *
 * An iteration turns magnitudes and phases into a signal and takes the phases
 * of its transform (Griffin and Lim 1984); the signal is pushed on in the
 * direction in which it moves (Perraudin, Balazs and Søndergaard 2013). The
 * push is linear, so it is made on the signal instead of on the spectrum.
 *
 * A frame of the next iteration needs all frames of this one that overlap it,
 * the last of which is lag frames further on. Each step hands two frames
 * through all stages, stage by stage, each lag frames behind the one before; a
 * stage keeps a ring of about two frames of its signal. Frames centred before
 * the signal are the exception: what they see by reflection is not there yet
 * when their turn comes, so they follow together as soon as it is. The result
 * is that of whole-clip Griffin-Lim, at any length of clip.
 *
 * Two real frames are one complex signal: a transform each way per pair. */
#include "dsp/vocoder.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/phase.h"
#include "dsp/reflect.h"
#include "dsp/vocoder_kernels.h"
#include "dsp/window.h"

/* Sums of squared windows less than this are taken for it: the ends of a window alone are not blown up. */
static const float overlap_least = 0.05f;

/* The signal of one iteration, and what the next transform is taken of; sample t in place t % ring. */
struct stage {
    float *signal, *ahead;
    int64_t cleared;              /* samples before this one have at least begun, */
    int64_t done;                 /* and before this one have all their frames */
    bool early;                   /* the early frames are in */
};

struct vocoder {
    int fft, bins;
    struct vocoder_how how;
    struct fft_complex *transform;
    struct phase *phase;
    float *window, *square;       /* [fft] */
    float *z, *spectrum, *mirror; /* [2 fft]: two frames as one complex signal, its transform */
    float *turns;                 /* [bins] */
    struct stage *stage;          /* [iterations + 1]: the last one makes the sound */

    /* of the clip; frames are counted from the first one that reaches into it */
    struct grid grid;
    int64_t samples, frames, known, step;
    int64_t skip, skipped;        /* frames of the grid before that one, and how many of them have come */
    int64_t early;                /* frames centred before sample 0 */
    int64_t reach;                /* samples that they see */
    int64_t origin;               /* samples before this one are seen by no frame */
    int64_t lag, kept, ring, long_ring;
    float *magnitude;             /* [kept + 1][bins]: the frames that some stage still needs, and silence */
    float *overlap;               /* [long_ring]: sums of squared windows, then what scales a sample */
    int64_t room_kept, room_ring, room_long;

    float *ready;                 /* samples that wait to be taken */
    size_t taken, filled, room;
};

struct vocoder_how vocoder_defaults(void)
{
    return (struct vocoder_how){
        .start = VOCODER_GRADIENT, .iterations = 32, .momentum = 0.99f, .seed = 123,
    };
}

/* ---- making ---- */

struct vocoder *vocoder_new(int fft, struct vocoder_how how)
{
    struct vocoder *v = mem_zero(1, sizeof *v);
    size_t n = (size_t)fft;

    assert(fft >= 16 && fft % 16 == 0 && how.iterations >= 0);
    v->fft = fft;
    v->bins = fft / 2 + 1;
    v->how = how;
    v->transform = fft_complex_new(fft);
    v->phase = phase_new(fft, how.start);
    v->window = mem_floats(n);
    v->square = mem_floats(n);
    window_fill(WINDOW_HANN, v->window, fft);
    for (int i = 0; i < fft; i++)
        v->square[i] = v->window[i] * v->window[i];
    v->z = mem_floats(2 * n + 2 * FFT_ALIGN_FLOATS);
    v->spectrum = mem_floats(2 * n);
    v->mirror = mem_floats(n + 2);
    v->turns = mem_floats((size_t)v->bins);
    v->stage = mem_zero((size_t)how.iterations + 1, sizeof *v->stage);
    return v;
}

static void rings_free(struct vocoder *v)
{
    for (int i = 0; i <= v->how.iterations; i++) {
        free(v->stage[i].signal);
        free(v->stage[i].ahead);
    }
    free(v->magnitude);
    free(v->overlap);
}

void vocoder_free(struct vocoder *v)
{
    if (!v)
        return;
    rings_free(v);
    fft_complex_free(v->transform);
    phase_free(v->phase);
    free(v->window);
    free(v->square);
    free(v->stage);
    free(v->z);
    free(v->spectrum);
    free(v->mirror);
    free(v->turns);
    free(v->ready);
    free(v);
}

/* ---- a clip ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t centre(const struct vocoder *v, int64_t frame)
{
    return grid_at(v->grid, v->skip + frame);
}

/* Which frames there are. */
static void frames_begin(struct vocoder *v)
{
    int64_t all = grid_frames(v->grid, v->samples);
    double before = floor((-v->fft / 2 - v->grid.first) / v->grid.step) - 1;

    v->skip = before > 0 ? (int64_t)before : 0;
    while (v->skip < all && grid_at(v->grid, v->skip) + v->fft / 2 <= 0)
        v->skip++;
    v->frames = all - v->skip;
    v->known = v->skipped = v->step = v->early = 0;
    while (v->early < v->frames && centre(v, v->early) < 0)
        v->early++;
    v->reach = least(v->fft / 2 + 1 - (v->early > 0 ? centre(v, 0) : 0), v->samples);
    v->origin = v->samples;
    if (v->frames > 0 && centre(v, 0) - v->fft / 2 >= v->samples)
        v->frames = 0;
    if (v->frames > 0)   /* the nearest that one sees, by reflection at the end too */
        v->origin = least(centre(v, 0), 2 * v->samples - centre(v, 0)) - v->fft / 2 - 2;
    v->origin = v->origin > 0 ? v->origin : 0;
}

/* Rings for a step: a stage holds its signal from where the next one has all its frames to the end of
 * the frames that come in; magnitudes wait for the last stage. */
static void rings_begin(struct vocoder *v)
{
    int64_t hop = (int64_t)ceil(v->grid.step), stages = v->how.iterations + 1;

    v->lag = (int64_t)ceil(v->fft / v->grid.step) - 1;
    v->lag = v->lag > 1 ? v->lag : 1;
    v->ring = v->fft + (v->lag + 3) * hop + 8;
    v->long_ring = v->ring + v->fft + stages * v->lag * hop;
    v->kept = (stages + 1) * v->lag + 10;
    if (v->ring > v->room_ring || v->long_ring > v->room_long || v->kept > v->room_kept) {
        rings_free(v);
        v->room_ring = v->ring;
        v->room_long = v->long_ring;
        v->room_kept = v->kept;
        for (int i = 0; i < stages; i++) {
            v->stage[i].signal = mem_floats((size_t)v->ring);
            v->stage[i].ahead = mem_floats((size_t)v->ring);
        }
        v->overlap = mem_floats((size_t)v->long_ring);
        v->magnitude = mem_floats((size_t)(v->kept + 1) * (size_t)v->bins);
    }
    for (int i = 0; i < stages; i++) {
        v->stage[i].cleared = v->stage[i].done = v->origin;
        v->stage[i].early = i == 0 || v->early == 0;
    }
    memset(v->magnitude, 0, (size_t)v->bins * sizeof *v->magnitude);
    memset(v->magnitude + (size_t)v->kept * (size_t)v->bins, 0, (size_t)v->bins * sizeof *v->magnitude);
}

/* ---- one step ---- */

/* Of a frame, silence if it comes before first. */
static const float *magnitude_from(const struct vocoder *v, int64_t frame, int64_t first)
{
    int64_t row = frame >= first && frame < v->frames ? frame % v->kept : v->kept;

    assert(row == v->kept || (frame < v->known && frame + v->kept >= v->known));
    return v->magnitude + (size_t)row * (size_t)v->bins;
}

static const float *magnitude_of(const struct vocoder *v, int64_t frame)
{
    return magnitude_from(v, frame, 0);
}

/* mirror[k] = spectrum[-k], k = 0 .. fft / 2 */
static void mirror_take(struct vocoder *v)
{
    memcpy(v->mirror, v->spectrum, 2 * sizeof(float));
    reverse((const whole *)(const void *)(v->spectrum + v->fft), (whole *)(void *)(v->mirror + 2),
            v->bins - 1);
}

/* and back, but for the two bins that are their own mirror images */
static void mirror_put(struct vocoder *v)
{
    reverse((const whole *)(const void *)(v->mirror + 2), (whole *)(void *)(v->spectrum + 2 * v->bins),
            v->fft - v->bins);
}

/* Phases and spectrum of one frame; beyond the end, silence. */
static void frame_start(struct vocoder *v, int64_t frame, float *z)
{
    const float *now = magnitude_of(v, frame);

    if (frame < v->frames)
        phase_next(v->phase, magnitude_of(v, reflect(frame - 1, v->frames)), now,
                   magnitude_of(v, reflect(frame + 1, v->frames)), v->turns);
    polar(now, v->turns, z, v->bins);
    z[1] = z[2 * v->bins - 1] = 0;   /* the first and the last bin of a real signal are real */
}

static void spectrum_start(struct vocoder *v, int64_t f)
{
    float *a = v->z, *b = v->z + v->fft + FFT_ALIGN_FLOATS;

    frame_start(v, f, a);
    frame_start(v, f + 1, b);
    combine(a, b, v->spectrum, v->mirror, v->bins);
    mirror_put(v);
}

static void clear(struct vocoder *v, int i, int64_t end)
{
    struct stage *s = &v->stage[i];
    int64_t count;

    for (end = least(end, v->samples); s->cleared < end; s->cleared += count) {
        int64_t at = s->cleared % v->ring, long_at = s->cleared % v->long_ring;

        count = least(end - s->cleared, v->ring - at);
        if (i == 0) {
            count = least(count, v->long_ring - long_at);
            memset(v->overlap + long_at, 0, (size_t)count * sizeof(float));
        }
        memset(s->signal + at, 0, (size_t)count * sizeof(float));
    }
}

/* Adds every other value of z, a frame, to a stage. */
static void frame_add(struct vocoder *v, int i, int64_t frame, const float *z)
{
    int64_t begin = centre(v, frame) - v->fft / 2, end = begin + v->fft, count;

    clear(v, i, end);
    end = least(end, v->samples);
    for (int64_t t = begin > 0 ? begin : 0; t < end; t += count) {
        int64_t at = t % v->ring, long_at = t % v->long_ring;

        count = least(end - t, v->ring - at);
        if (i == 0) {
            count = least(count, v->long_ring - long_at);
            square_add(v->square + (t - begin), v->overlap + long_at, (int)count);
        }
        overlap_add(z + 2 * (t - begin), v->window + (t - begin), v->stage[i].signal + at, (int)count);
    }
}

/* The signal of a stage from the spectrum of frames f, f + 1, those of them from first on. */
static void signal_add(struct vocoder *v, int i, int64_t f, int64_t first)
{
    if (f + 1 < first || f >= v->frames)
        return;
    fft_complex_inverse(v->transform, v->spectrum, v->z);
    if (f >= first)
        frame_add(v, i, f, v->z);
    if (f + 1 < v->frames)
        frame_add(v, i, f + 1, v->z + 1);
}

/* x NULL: silence */
static void emit(struct vocoder *v, const float *x, size_t count)
{
    if (count == 0)
        return;
    if (v->filled + count > v->room && v->taken > 0) {
        memmove(v->ready, v->ready + v->taken, (v->filled - v->taken) * sizeof *v->ready);
        v->filled -= v->taken;
        v->taken = 0;
    }
    if (v->filled + count > v->room) {
        v->room = 2 * (v->filled + count);
        v->ready = mem_grow(v->ready, v->room, sizeof *v->ready);
    }
    if (x)
        memcpy(v->ready + v->filled, x, count * sizeof *x);
    else
        memset(v->ready + v->filled, 0, count * sizeof *x);
    v->filled += count;
}

/* After frames f, f + 1: brings the samples that have all their frames now to scale and pushes them on. */
static void complete(struct vocoder *v, int i, int64_t f)
{
    struct stage *s = &v->stage[i];
    int64_t end = v->samples, count;

    if (f + 2 < v->frames)
        end = f + 2 > 0 && s->early ? centre(v, f + 2) - v->fft / 2 : 0;
    end = least(end, v->samples);
    clear(v, i, end);
    assert(v->stage[i > 0 ? i - 1 : 0].cleared - s->done <= v->ring);
    assert(v->stage[0].cleared - s->done <= v->long_ring);
    for (; s->done < end; s->done += count) {
        int64_t at = s->done % v->ring, long_at = s->done % v->long_ring;
        float *x = s->signal + at;

        count = least(least(end - s->done, v->ring - at), v->long_ring - long_at);
        if (i == 0)
            invert(v->overlap + long_at, overlap_least, 1 / (float)v->fft, (int)count);
        bring_to_scale(x, v->overlap + long_at, (int)count);
        if (i < v->how.iterations)
            push_on(x, i > 0 ? v->stage[i - 1].signal + at : x, v->how.momentum, s->ahead + at, (int)count);
        else
            emit(v, x, (size_t)count);
    }
}

/* One frame to every other value of z. */
static void frame_take(const struct vocoder *v, const float *ring, int64_t begin, float *z)
{
    for (int t = 0; t < v->fft; t++)
        z[2 * t] = v->window[t] * ring[reflect(begin + t, v->samples) % v->ring];
}

static void pair_take(const struct vocoder *v, const float *ring, int64_t a, int64_t b)
{
    int64_t count;

    for (int64_t t = 0; t < v->fft; t += count) {
        int64_t at = (a + t) % v->ring, bt = (b + t) % v->ring;

        count = least(least(v->fft - t, v->ring - at), v->ring - bt);
        frame_pair(v->window + t, ring + at, ring + bt, v->z + 2 * t, (int)count);
    }
}

/* Frames g, g + 1 of the next iteration, those of them from first on. */
static void spectrum_next(struct vocoder *v, int i, int64_t g, int64_t first)
{
    const float *ring = v->stage[i].ahead;
    int64_t a = centre(v, g) - v->fft / 2, b = centre(v, g + 1) - v->fft / 2;

    if (g + 1 < first || g >= v->frames)
        return;
    if (g >= first && a >= 0 && g + 1 < v->frames && b + v->fft <= v->samples) {
        pair_take(v, ring, a, b);
    } else {
        memset(v->z, 0, 2 * (size_t)v->fft * sizeof *v->z);
        if (g >= first)
            frame_take(v, ring, a, v->z);
        if (g + 1 < v->frames)
            frame_take(v, ring, b, v->z + 1);
    }
    fft_complex_forward(v->transform, v->z, v->spectrum);
    mirror_take(v);
    project(v->spectrum, v->mirror, magnitude_from(v, g, first), magnitude_of(v, g + 1), v->bins);
    mirror_put(v);
}

/* The early frames of the next iteration, once there is all that they see. */
static void early_next(struct vocoder *v, int i)
{
    if (v->stage[i + 1].early || v->stage[i].done < v->reach)
        return;
    for (int64_t g = 0; g < v->early; g += 2) {
        int64_t pair = g + 1 < v->early ? g : g - 1;   /* the odd one out as a second one */

        spectrum_next(v, i, pair, g);
        signal_add(v, i + 1, pair, g);
    }
    v->stage[i + 1].early = true;
}

static void step(struct vocoder *v)
{
    int64_t f = 2 * v->step++;

    if (f < v->frames)
        spectrum_start(v, f);
    for (int i = 0; i <= v->how.iterations; i++, f -= v->lag) {
        signal_add(v, i, f, i > 0 ? v->early : 0);
        complete(v, i, f);
        if (i == v->how.iterations)
            break;
        early_next(v, i);
        spectrum_next(v, i, f - v->lag, v->early);
    }
}

static int64_t steps_all(const struct vocoder *v)
{
    return (v->frames + v->lag * v->how.iterations + 1) / 2 + 1;
}

static void advance(struct vocoder *v)
{
    while (v->step < steps_all(v)) {
        if (v->known < least(2 * v->step + 3, v->frames))
            return;
        step(v);
    }
}

/* ---- frames in, samples out ---- */

void vocoder_begin(struct vocoder *v, struct grid grid, int64_t samples)
{
    assert(samples >= 1 && grid.step >= 1);
    v->grid = grid;
    v->samples = samples;
    v->taken = v->filled = 0;
    frames_begin(v);
    rings_begin(v);
    phase_begin(v->phase, grid, v->skip, v->how.seed);
    emit(v, NULL, (size_t)v->origin);
    advance(v);
}

void vocoder_push(struct vocoder *v, const float *magnitude, int frames)
{
    for (int t = 0; t < frames && v->known < v->frames; t++) {
        memcpy(v->magnitude + (size_t)(v->known % v->kept) * (size_t)v->bins,
               magnitude + (size_t)t * (size_t)v->bins, (size_t)v->bins * sizeof(float));
        if (v->skipped < v->skip) {   /* the next one takes its place */
            v->skipped++;
            continue;
        }
        v->known++;
        advance(v);
    }
}

void vocoder_end(struct vocoder *v)
{
    float *last = mem_floats((size_t)v->bins);

    memcpy(last, v->magnitude + (size_t)((v->known > 0 ? v->known - 1 : 0) % v->kept) * (size_t)v->bins,
           (size_t)v->bins * sizeof *last);
    while (v->known < v->frames)
        vocoder_push(v, last, 1);
    free(last);
}

size_t vocoder_pull(struct vocoder *v, float *x, size_t most)
{
    size_t count = v->filled - v->taken < most ? v->filled - v->taken : most;

    if (count == 0)
        return 0;
    memcpy(x, v->ready + v->taken, count * sizeof *x);
    v->taken += count;
    if (v->taken == v->filled)
        v->taken = v->filled = 0;
    return count;
}

void vocoder_run(int fft, struct vocoder_how how, struct grid grid, const float *magnitude, int frames,
                 float *x, int64_t samples)
{
    struct vocoder *v = vocoder_new(fft, how);
    size_t done;

    vocoder_begin(v, grid, samples);
    vocoder_push(v, magnitude, frames);
    vocoder_end(v);
    done = vocoder_pull(v, x, (size_t)samples);
    assert(done == (size_t)samples);
    (void)done;
    vocoder_free(v);
}

/* Fast Griffin-Lim as a pipeline: each iteration is a stage that works a few
 * frames behind the one before it.
 *
 * An iteration turns magnitudes and phases into a signal and takes the phases
 * of its transform (Griffin and Lim 1984); the signal is pushed on in the
 * direction in which it moves (Perraudin, Balazs and Søndergaard 2013), which
 * is as good on the signal as on the spectrum. What is over full scale is cut.
 *
 * A frame of the next iteration needs all frames of this one that overlap it,
 * the last of which is lag frames further on. Each step hands two frames
 * through all stages, stage by stage, each lag frames behind the one before; a
 * stage keeps a ring of about two frames of its signal. The result is that of
 * whole-clip Griffin-Lim, at any length of clip.
 *
 * Around the clip the signal is free. The first frames come before it too, in
 * reverse: so phases have settled when it begins.
 *
 * Two real frames are one complex signal: a transform each way per pair. */
#include "dsp/vocoder.h"

#include <assert.h>
#include <math.h>
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

/* Frames that are put before a clip; what part of a transform it fades in and out: 1.5 ms of 93 and half of that. */
enum { LEAD = 4, FADE_IN = 64, FADE_OUT = 128 };

/* As many frames as a clip has before its end is known. */
static const int64_t endless = INT64_MAX / 4;

/* The signal of one iteration, and what the next transform is taken of; sample t in place t % ring. */
struct stage {
    float *signal, *ahead;
    int64_t cleared; /* samples before this one have at least begun, */
    int64_t done;    /* and before this one have all their frames */
};

struct vocoder {
    int fft, bins;
    struct vocoder_how how;
    struct fft *transform;
    struct phase *phase;
    float *window, *square;       /* [fft] */
    float *z, *spectrum, *mirror; /* [2 fft]: two frames as one complex signal, its transform */
    float *turns;                 /* [bins] */
    struct stage *stage;          /* [iterations + 1]: the last one makes the sound */

    /* of the clip; frames are counted from the first one that is put before it, samples from its first */
    struct grid grid;
    int64_t frames, known, step;
    int64_t skip, came; /* frames of the grid that do not reach into the clip, and how many have come */
    int64_t shift;      /* where sample 0 of the clip is */
    int64_t end;        /* of the last frame, once it is known */
    int64_t given;      /* samples of the clip that have come out */
    float *lead;        /* [LEAD + 1][bins]: the first frames, till there are enough */
    int64_t lag, kept, ring, long_ring;
    float *magnitude; /* [kept + 1][bins]: the frames that some stage still needs, and silence */
    float *overlap;   /* [long_ring]: sums of squared windows, then what scales a sample */
    int64_t room_kept, room_ring, room_long;

    float *ready; /* samples that wait to be taken */
    size_t taken, filled, room;
};

struct vocoder_how vocoder_defaults(void)
{
    return (struct vocoder_how){
        .iterations = 8,
        .most = 1,
        .momentum = 0.99f,
        .seed = 123,
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
    v->phase = phase_new(fft);
    v->window = mem_floats(n);
    v->square = mem_floats(n);
    window_hann(v->window, fft);
    for (int i = 0; i < fft; i++)
        v->square[i] = v->window[i] * v->window[i];
    v->z = mem_floats(2 * n + 2 * FFT_ALIGN_FLOATS);
    v->spectrum = mem_floats(2 * n);
    v->mirror = mem_floats(n + 2);
    v->turns = mem_floats((size_t)v->bins);
    v->lead = mem_floats((LEAD + 1) * (size_t)v->bins);
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
    fft_free(v->transform);
    phase_free(v->phase);
    free(v->window);
    free(v->square);
    free(v->stage);
    free(v->z);
    free(v->spectrum);
    free(v->mirror);
    free(v->turns);
    free(v->lead);
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
    return grid_at(v->grid, v->skip + frame - LEAD) + v->shift;
}

/* Where the first frame stands that reaches into the clip, and what is before it. */
static void frames_begin(struct vocoder *v)
{
    int64_t unseen;
    double before = floor((-v->fft / 2 - v->grid.first) / v->grid.step) - 1;

    v->skip = before > 0 ? (int64_t)before : 0;
    while (grid_at(v->grid, v->skip) + v->fft / 2 <= 0)
        v->skip++;
    v->frames = endless;
    v->came = v->known = v->step = 0;
    v->shift = v->fft / 2 - grid_at(v->grid, v->skip - LEAD);
    unseen = grid_at(v->grid, v->skip) - v->fft / 2 + 1;
    v->given = unseen > 0 ? unseen : 0;
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
        v->stage[i].cleared = v->stage[i].done = 0;
    }
    memset(v->magnitude, 0, (size_t)v->bins * sizeof *v->magnitude);
    memset(v->magnitude + (size_t)v->kept * (size_t)v->bins, 0, (size_t)v->bins * sizeof *v->magnitude);
}

/* ---- one step ---- */

/* Of a frame, silence before the first and beyond the last. */
static const float *magnitude_of(const struct vocoder *v, int64_t frame)
{
    int64_t row = frame >= 0 && frame < v->frames ? frame % v->kept : v->kept;

    assert(row == v->kept || (frame < v->known && frame + v->kept >= v->known));
    return v->magnitude + (size_t)row * (size_t)v->bins;
}

/* mirror[k] = spectrum[-k], k = 0 .. fft / 2 */
static void mirror_take(struct vocoder *v)
{
    memcpy(v->mirror, v->spectrum, 2 * sizeof(float));
    reverse((const whole *)(const void *)(v->spectrum + v->fft), (whole *)(void *)(v->mirror + 2), v->bins - 1);
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
    z[1] = z[2 * v->bins - 1] = 0; /* the first and the last bin of a real signal are real */
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

    for (; s->cleared < end; s->cleared += count) {
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
    for (int64_t t = begin; t < end; t += count) {
        int64_t at = t % v->ring, long_at = t % v->long_ring;

        count = least(end - t, v->ring - at);
        if (i == 0) {
            count = least(count, v->long_ring - long_at);
            square_add(v->square + (t - begin), v->overlap + long_at, (int)count);
        }
        overlap_add(z + 2 * (t - begin), v->window + (t - begin), v->stage[i].signal + at, (int)count);
    }
}

/* The signal of a stage from the spectrum of frames f, f + 1. */
static void signal_add(struct vocoder *v, int i, int64_t f)
{
    if (f + 1 < 0 || f >= v->frames)
        return;
    fft_complex_inverse(v->transform, v->spectrum, v->z);
    if (f >= 0)
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

/* Phases are found for what magnitudes show, so a clip may begin and end anywhere in a wave, even where its
 * sound begins from nothing: the step is rounded off. count samples, of which the one at most is at full level. */
static void fade(float *x, int64_t at, int64_t count, int64_t most, int64_t by)
{
    for (int64_t i = 0; i < count; i++, at += by)
        if (at < most)
            x[i] *= ((float)at + 0.5f) / (float)most;
}

int vocoder_fade(int fft)
{
    return fft / FADE_OUT;
}

/* What is of the clip of count samples from place at on. */
static void give(struct vocoder *v, const float *x, int64_t at, int64_t count)
{
    int64_t from = v->given + v->shift - at;

    count -= from;
    if (from < 0 || count <= 0)
        return;
    emit(v, x + from, (size_t)count);
    fade(v->ready + v->filled - count, v->given, count, v->fft / FADE_IN, 1);
    v->given += count;
}

/* After frames f, f + 1: brings the samples that have all their frames now to scale and pushes them on. */
static void complete(struct vocoder *v, int i, int64_t f)
{
    struct stage *s = &v->stage[i];
    int64_t end = f + 2 < v->frames ? centre(v, f + 2 > 0 ? f + 2 : 0) - v->fft / 2 : v->end, count;

    clear(v, i, end);
    assert(v->stage[i > 0 ? i - 1 : 0].cleared - s->done <= v->ring);
    assert(v->stage[0].cleared - s->done <= v->long_ring);
    for (; s->done < end; s->done += count) {
        int64_t at = s->done % v->ring, long_at = s->done % v->long_ring;
        float *x = s->signal + at;

        count = least(least(end - s->done, v->ring - at), v->long_ring - long_at);
        if (i == 0)
            invert(v->overlap + long_at, overlap_least, 1 / (float)v->fft, (int)count);
        bring_to_scale(x, v->overlap + long_at, i < v->how.iterations ? v->how.most : INFINITY, (int)count);
        if (i < v->how.iterations)
            push_on(x, i > 0 ? v->stage[i - 1].signal + at : x, v->how.momentum, s->ahead + at, (int)count);
        else
            give(v, x, s->done, count);
    }
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

/* Frames g, g + 1 of the next iteration. */
static void spectrum_next(struct vocoder *v, int i, int64_t g)
{
    int64_t a = g < 0 ? 0 : g, b = g + 1 < v->frames ? g + 1 : g; /* one that is not there is scaled to silence */

    if (g + 1 < 0 || g >= v->frames)
        return;
    pair_take(v, v->stage[i].ahead, centre(v, a) - v->fft / 2, centre(v, b) - v->fft / 2);
    fft_complex_forward(v->transform, v->z, v->spectrum);
    mirror_take(v);
    project(v->spectrum, v->mirror, magnitude_of(v, g), magnitude_of(v, g + 1), v->bins);
    mirror_put(v);
}

static void step(struct vocoder *v)
{
    int64_t f = 2 * v->step++;

    if (f < v->frames)
        spectrum_start(v, f);
    for (int i = 0; i <= v->how.iterations; i++, f -= v->lag) {
        signal_add(v, i, f);
        complete(v, i, f);
        if (i < v->how.iterations)
            spectrum_next(v, i, f - v->lag);
    }
}

static void advance(struct vocoder *v)
{
    while (v->step < (v->frames + v->lag * v->how.iterations + 1) / 2 + 1) {
        if (v->known < least(2 * v->step + 3, v->frames))
            return;
        step(v);
    }
}

/* ---- frames in, samples out ---- */

void vocoder_begin(struct vocoder *v, struct grid grid)
{
    assert(grid.step >= 1);
    v->grid = grid;
    v->taken = v->filled = 0;
    frames_begin(v);
    rings_begin(v);
    phase_begin(v->phase, grid, v->skip - LEAD, v->how.seed);
    emit(v, NULL, (size_t)v->given);
}

static void take(struct vocoder *v, const float *magnitude)
{
    memcpy(v->magnitude + (size_t)(v->known % v->kept) * (size_t)v->bins, magnitude, (size_t)v->bins * sizeof(float));
    v->known++;
    advance(v);
}

/* The first frames, count of them, in reverse and then as they are. */
static void lead_in(struct vocoder *v, int64_t count)
{
    for (int64_t i = -LEAD; i < count; i++)
        take(v, v->lead + (size_t)least(llabs(i), count - 1) * (size_t)v->bins);
}

void vocoder_push(struct vocoder *v, const float *magnitude, int frames)
{
    for (int t = 0; t < frames; t++, magnitude += v->bins) {
        int64_t frame = v->came++ - v->skip;

        if (frame > LEAD)
            take(v, magnitude);
        else if (frame >= 0)
            memcpy(v->lead + (size_t)frame * (size_t)v->bins, magnitude, (size_t)v->bins * sizeof *v->lead);
        if (frame == LEAD)
            lead_in(v, LEAD + 1);
    }
}

/* The last frame that came, silence where none did. */
static const float *last_frame(const struct vocoder *v)
{
    int64_t frame = v->came - v->skip - 1;

    return frame < 0 || frame >= LEAD ? magnitude_of(v, v->known - 1) : v->lead + (size_t)frame * (size_t)v->bins;
}

void vocoder_end(struct vocoder *v, int64_t samples)
{
    int64_t most = vocoder_fade(v->fft), all = grid_frames(v->grid, samples);

    while (v->came < all)
        vocoder_push(v, last_frame(v), 1);
    if (v->known == 0 && v->came > v->skip)
        lead_in(v, v->came - v->skip);
    v->frames = v->known;
    if (v->frames > 0) {
        v->end = centre(v, v->frames - 1) + v->fft / 2;
        advance(v);
    }
    if (v->given < samples)
        emit(v, NULL, (size_t)(samples - v->given)); /* what the last frame does not reach */
    else
        v->filled -= (size_t)(v->given - samples);
    assert(v->filled >= v->taken && samples >= 1);
    v->given = samples;
    most = least(most, (int64_t)(v->filled - v->taken));
    fade(v->ready + v->filled - most, most - 1, most, vocoder_fade(v->fft), -1);
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

/* Fast Griffin-Lim as a pipeline: each iteration is a stage that works a few
 * frames behind the one before it.
 *
 * An iteration turns magnitudes and phases into a signal and takes the phases
 * of its transform (Griffin and Lim 1984); the signal is pushed on in the
 * direction in which it moves (Perraudin, Balazs and Søndergaard 2013). The
 * push is linear, so it is made on the signal instead of on the spectrum.
 *
 * Frame f covers four slots of hop samples, f - 2 .. f + 1, so frame f of the
 * next iteration needs frames up to f + 3 of this one. Each step hands two
 * frames through all stages, stage by stage, each three frames behind the one
 * before; a stage keeps a ring of eight slots of its signal. The result is
 * that of whole-clip Griffin-Lim, at any length of clip.
 *
 * Two real frames are one complex signal: a transform each way per pair. */
#include "dsp/vocoder.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/phase.h"
#include "dsp/reflect.h"
#include "dsp/window.h"

enum { OVERLAP = 4, BACK = OVERLAP / 2, SLOTS = 8, LAG = OVERLAP - 1, ALL_FRAMES = (1 << OVERLAP) - 1 };

/* The signal of one iteration, and what the next transform is taken of; slot s in place s % SLOTS. */
struct stage {
    float *signal, *ahead;
};

struct vocoder {
    int fft, hop, bins, look;
    struct vocoder_how how;
    struct fft_complex *transform;
    struct phase *phase;
    float *window, *synthesis;    /* [fft]; the second divided by the overlap of squares and by fft */
    float *edge;                  /* [16][hop]: correction where frames are missing, by which are there */
    struct stage *stage;          /* [iterations + 1]: the last one makes the sound */
    float *z, *spectrum, *mirror; /* [2 fft]: two frames as one complex signal, its transform */
    float *turns;                 /* [bins] */
    float *magnitude;             /* [kept][bins]: the frames that some stage still needs */
    int kept;

    int64_t samples, frames, known, step;
    float *ready;                 /* samples that wait to be taken */
    size_t taken, filled, room;
};

struct vocoder_how vocoder_defaults(void)
{
    return (struct vocoder_how){
        .start = VOCODER_GRADIENT, .iterations = 32, .momentum = 0.99f, .seed = 123,
    };
}

/* ---- kernels ---- */

/* z = m e^(2 pi i turns): polynomials on an eighth of a turn to each side, coefficients from
 * the Cephes library (Moshier 1989). */
KERNEL(polar, (const float *restrict m, const float *restrict turns, float *restrict z, int n),
       (m, turns, z, n))
{
    const float magic = 12582912.0f;   /* 1.5 x 2^23: adding it rounds to an integer */

    for (int k = 0; k < n; k++) {
        float quarter = (4 * turns[k] + magic) - magic;
        float x = 6.28318530718f * (turns[k] - 0.25f * quarter), x2 = x * x;
        float s = ((-1.9515295891e-4f * x2 + 8.3321608736e-3f) * x2 - 1.6666654611e-1f) * x2 * x + x;
        float c = ((2.4433157118e-5f * x2 - 1.3887316255e-3f) * x2 + 4.1666645683e-2f) * x2 * x2 -
                  0.5f * x2 + 1;
        int32_t q = (int32_t)quarter;
        float re = q & 1 ? s : c, im = q & 1 ? c : s;

        z[2 * k] = m[k] * ((q + 1) & 2 ? -re : re);
        z[2 * k + 1] = m[k] * (q & 2 ? -im : im);
    }
}

/* The spectrum of a + i b from those of real signals a and b: first half z, mirrored second half y. */
KERNEL(combine, (const float *restrict a, const float *restrict b, float *restrict z, float *restrict y,
                 int n), (a, b, z, y, n))
{
    for (int k = 0; k < n; k++) {
        z[2 * k] = a[2 * k] - b[2 * k + 1];
        z[2 * k + 1] = a[2 * k + 1] + b[2 * k];
        y[2 * k] = a[2 * k] + b[2 * k + 1];
        y[2 * k + 1] = b[2 * k] - a[2 * k + 1];
    }
}

/* A complex value as a whole, wherever it stands. */
typedef uint64_t __attribute__((may_alias)) whole;

/* y[k] = x[n - 1 - k] */
KERNEL(reverse, (const whole *restrict x, whole *restrict y, int n), (x, y, n))
{
    for (int k = 0; k < n; k++)
        y[k] = x[n - 1 - k];
}

/* Takes the spectra of a and b apart, scales each to its magnitudes, and combines them again. */
KERNEL(project, (float *restrict z, float *restrict y, const float *restrict ma, const float *restrict mb,
                 int bins), (z, y, ma, mb, bins))
{
    for (int k = 0; k < bins; k++) {
        float zr = z[2 * k], zi = z[2 * k + 1], yr = y[2 * k], yi = y[2 * k + 1];
        float ar = zr + yr, ai = zi - yi, br = zi + yi, bi = yr - zr;
        float sa = ma[k] / sqrtf(ar * ar + ai * ai + 1e-30f);
        float sb = mb[k] / sqrtf(br * br + bi * bi + 1e-30f);

        ar *= sa;
        ai *= sa;
        br *= sb;
        bi *= sb;
        z[2 * k] = ar - bi;
        z[2 * k + 1] = ai + br;
        y[2 * k] = ar + bi;
        y[2 * k + 1] = br - ai;
    }
}

/* Adds two frames a + i b = z to the slots from the first of a to the last of b; the last two are new. */
KERNEL(overlap_add, (const float *restrict z, const float *restrict w, float *restrict s0, float *restrict s1,
                     float *restrict s2, float *restrict s3, float *restrict s4, int hop),
       (z, w, s0, s1, s2, s3, s4, hop))
{
    const float *z1 = z + 2 * hop, *z2 = z1 + 2 * hop, *z3 = z2 + 2 * hop;
    const float *w1 = w + hop, *w2 = w1 + hop, *w3 = w2 + hop;

    for (int t = 0; t < hop; t++) {
        s0[t] += w[t] * z[2 * t];
        s1[t] += w1[t] * z1[2 * t] + w[t] * z[2 * t + 1];
        s2[t] += w2[t] * z2[2 * t] + w1[t] * z1[2 * t + 1];
        s3[t] = w3[t] * z3[2 * t] + w2[t] * z2[2 * t + 1];
        s4[t] = w3[t] * z3[2 * t + 1];
    }
}

/* A quarter of two frames as one complex signal. */
KERNEL(frame_pair, (const float *restrict w, const float *restrict a, const float *restrict b,
                    float *restrict z, int hop), (w, a, b, z, hop))
{
    for (int t = 0; t < hop; t++) {
        z[2 * t] = w[t] * a[t];
        z[2 * t + 1] = w[t] * b[t];
    }
}

/* ahead = now + momentum (now - before) */
KERNEL(push_on, (const float *restrict now, const float *restrict before, float momentum,
                 float *restrict ahead, int hop), (now, before, momentum, ahead, hop))
{
    for (int t = 0; t < hop; t++)
        ahead[t] = now[t] + momentum * (now[t] - before[t]);
}

/* ---- making ---- */

static void edges_fill(struct vocoder *v)
{
    for (int mask = 1; mask <= ALL_FRAMES; mask++)
        for (int t = 0; t < v->hop; t++) {
            double there = 0, all = 0;

            for (int q = 0; q < OVERLAP; q++) {
                double w = (double)v->window[q * v->hop + t];

                all += w * w;
                there += mask >> q & 1 ? w * w : 0;
            }
            v->edge[mask * v->hop + t] = there > 1e-6 ? (float)(all / there) : 0;
        }
}

struct vocoder *vocoder_new(int fft, struct vocoder_how how)
{
    struct vocoder *v = mem_zero(1, sizeof *v);
    size_t n = (size_t)fft;

    assert(fft >= 16 && fft % 16 == 0 && how.iterations >= 0);
    v->fft = fft;
    v->hop = fft / OVERLAP;
    v->bins = fft / 2 + 1;
    v->how = how;
    v->look = how.start == VOCODER_GRADIENT;
    v->transform = fft_complex_new(fft);
    v->phase = phase_new(fft, how.start);
    v->window = mem_floats(n);
    v->synthesis = mem_floats(n);
    window_fill(WINDOW_HANN, v->window, fft);
    for (int i = 0; i < fft; i++)   /* squares of a Hann window add up to 3 / 8 of it */
        v->synthesis[i] = v->window[i] * (float)(1.0 / (fft * 0.375 * OVERLAP));
    v->edge = mem_floats((ALL_FRAMES + 1) * (size_t)v->hop);
    edges_fill(v);
    v->stage = mem_zero((size_t)how.iterations + 1, sizeof *v->stage);
    for (int i = 0; i <= how.iterations; i++) {
        v->stage[i].signal = mem_floats(SLOTS * (size_t)v->hop);
        v->stage[i].ahead = mem_floats(SLOTS * (size_t)v->hop);
    }
    v->z = mem_floats(2 * n + 2 * FFT_ALIGN_FLOATS);
    v->spectrum = mem_floats(2 * n);
    v->mirror = mem_floats(n + 2);
    v->turns = mem_floats((size_t)v->bins);
    v->kept = LAG * how.iterations + 6;
    v->magnitude = mem_floats((size_t)(v->kept + 1) * (size_t)v->bins);   /* the last one stays zero */
    return v;
}

void vocoder_free(struct vocoder *v)
{
    if (!v)
        return;
    for (int i = 0; i <= v->how.iterations; i++) {
        free(v->stage[i].signal);
        free(v->stage[i].ahead);
    }
    fft_complex_free(v->transform);
    phase_free(v->phase);
    free(v->window);
    free(v->synthesis);
    free(v->edge);
    free(v->stage);
    free(v->z);
    free(v->spectrum);
    free(v->mirror);
    free(v->turns);
    free(v->magnitude);
    free(v->ready);
    free(v);
}

void vocoder_begin(struct vocoder *v, int64_t samples)
{
    size_t ring = SLOTS * (size_t)v->hop * sizeof(float);

    assert(samples >= 1);
    v->samples = samples;
    v->frames = 1 + samples / v->hop;
    v->known = v->step = 0;
    v->taken = v->filled = 0;
    for (int i = 0; i <= v->how.iterations; i++) {
        memset(v->stage[i].signal, 0, ring);
        memset(v->stage[i].ahead, 0, ring);
    }
    phase_begin(v->phase, v->how.seed);
}

/* ---- one step ---- */

static float *slot(const struct vocoder *v, float *ring, int64_t s)
{
    return ring + (size_t)(s & (SLOTS - 1)) * (size_t)v->hop;
}

static const float *magnitude_of(const struct vocoder *v, int64_t frame)
{
    int64_t row = frame >= 0 && frame < v->frames ? frame % v->kept : v->kept;

    return v->magnitude + (size_t)row * (size_t)v->bins;
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

/* Continues the signal by reflection into places from .. end - 1. */
static void continue_signal(const struct vocoder *v, float *ring, int64_t from, int64_t end)
{
    int64_t size = (int64_t)SLOTS * v->hop;

    for (int64_t t = from; t < end; t++)
        ring[(t + size) % size] = ring[reflect(t, v->samples) % size];
}

/* Slots f - 2 and f - 1 have all their frames: brings them to scale and pushes them on. */
static void slots_complete(struct vocoder *v, int i, int64_t f)
{
    for (int64_t s = f - 2; s < f; s++) {
        float *x = slot(v, v->stage[i].signal, s);
        int mask = 0;

        if (s < 0 || s >= v->frames)
            continue;
        for (int q = 0; q < OVERLAP; q++)   /* part q of a frame lies on the slot if it is frame s + 2 - q */
            mask |= (s + BACK - q >= 0 && s + BACK - q < v->frames) << q;
        if (mask != ALL_FRAMES)
            for (int t = 0; t < v->hop; t++)
                x[t] *= v->edge[mask * v->hop + t];
        if (i < v->how.iterations)
            push_on(x, i > 0 ? slot(v, v->stage[i - 1].signal, s) : x, v->how.momentum,
                    slot(v, v->stage[i].ahead, s), v->hop);
    }
}

static void emit(struct vocoder *v, int64_t f)
{
    for (int64_t s = f - 2; s < f; s++) {
        int64_t count = v->samples - s * v->hop;

        if (s < 0 || count <= 0)
            continue;
        if (count > v->hop)
            count = v->hop;
        if (v->filled + (size_t)count > v->room && v->taken > 0) {
            memmove(v->ready, v->ready + v->taken, (v->filled - v->taken) * sizeof *v->ready);
            v->filled -= v->taken;
            v->taken = 0;
        }
        if (v->filled + (size_t)count > v->room) {
            v->room = 2 * (v->filled + (size_t)count);
            v->ready = mem_grow(v->ready, v->room, sizeof *v->ready);
        }
        memcpy(v->ready + v->filled, slot(v, v->stage[v->how.iterations].signal, s),
               (size_t)count * sizeof *v->ready);
        v->filled += (size_t)count;
    }
}

/* The signal of a stage from the spectrum of frames f, f + 1. */
static void signal_add(struct vocoder *v, float *ring, int64_t f)
{
    fft_complex_inverse(v->transform, v->spectrum, v->z);
    overlap_add(v->z, v->synthesis, slot(v, ring, f - 2), slot(v, ring, f - 1), slot(v, ring, f),
                slot(v, ring, f + 1), slot(v, ring, f + 2), v->hop);
}

/* Frames g, g + 1 of the next iteration. */
static void spectrum_next(struct vocoder *v, float *ring, int64_t g)
{
    int64_t last = v->frames - LAG > -1 ? v->frames - LAG : -1;   /* from here on all samples are there */

    if (g == -1 || g == 0)
        continue_signal(v, ring, -BACK * (int64_t)v->hop, 0);
    if (g == last || g == last + 1)
        continue_signal(v, ring, v->samples, (v->frames + 1) * v->hop);
    for (int q = 0; q < OVERLAP; q++)
        frame_pair(v->window + q * v->hop, slot(v, ring, g - BACK + q), slot(v, ring, g - BACK + q + 1),
                   v->z + 2 * q * v->hop, v->hop);
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
    for (int i = 0; i <= v->how.iterations; i++, f -= LAG) {
        int there = f + 1 >= 0 && f < v->frames;

        if (there)
            signal_add(v, v->stage[i].signal, f);
        slots_complete(v, i, f);
        if (i == v->how.iterations)
            emit(v, f);
        else if (f - LAG + 1 >= 0 && f - LAG < v->frames)
            spectrum_next(v, v->stage[i].ahead, f - LAG);
    }
}

static int64_t steps_all(const struct vocoder *v)
{
    return (v->frames + LAG * v->how.iterations + 1) / 2 + 1;
}

static void advance(struct vocoder *v)
{
    while (v->step < steps_all(v)) {
        int64_t needed = 2 * v->step + 2 + v->look;

        if (v->known < (needed < v->frames ? needed : v->frames))
            return;
        step(v);
    }
}

/* ---- frames in, samples out ---- */

void vocoder_push(struct vocoder *v, const float *magnitude, int frames)
{
    for (int t = 0; t < frames && v->known < v->frames; t++) {
        memcpy(v->magnitude + (size_t)(v->known % v->kept) * (size_t)v->bins,
               magnitude + (size_t)t * (size_t)v->bins, (size_t)v->bins * sizeof(float));
        v->known++;
        advance(v);
    }
}

void vocoder_end(struct vocoder *v)
{
    float *last;

    if (v->known == v->frames)
        return;
    last = mem_floats((size_t)v->bins);
    if (v->known > 0)
        memcpy(last, magnitude_of(v, v->known - 1), (size_t)v->bins * sizeof *last);
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

void vocoder_run(int fft, struct vocoder_how how, const float *magnitude, int frames, float *x,
                 int64_t samples)
{
    struct vocoder *v = vocoder_new(fft, how);
    size_t done;

    vocoder_begin(v, samples);
    vocoder_push(v, magnitude, frames);
    vocoder_end(v);
    done = vocoder_pull(v, x, (size_t)samples);
    assert(done == (size_t)samples);
    (void)done;
    vocoder_free(v);
}

/* Phases integrated along their gradient, from a first frame drawn at random.
 *
 * For a window like a Gaussian the gradient of the phase follows from the log
 * magnitudes s (Portnoff 1979). In turns, with k bins, t frames whose middles
 * are the samples p[t], phases taken there, and the Gaussian
 * exp(-pi x^2 / gamma) that is nearest to the window:
 *
 *     per sample   k / fft + fft / gamma (s[k + 1, t] - s[k - 1, t]) / (4 pi)
 *     per bin      -gamma / fft (s[k, t + 1] - s[k, t - 1]) / (2 pi (p[t + 1] - p[t - 1]))
 *
 * The phase of a bin comes from the frame before or from a neighbour in its
 * own frame, along the path whose weakest bin is strongest (Průša and
 * Søndergaard, "Real-time spectrogram inversion using phase gradient heap
 * integration", 2016). Within a frame such a path runs one way, so two sweeps
 * find what their heap finds. */
#include "dsp/phase.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "base/rng.h"

/* gamma of a Hann window over fft^2 (Průša, Balazs and Søndergaard 2017) */
static const double spread = 0.25645;

static const float nothing = -1e30f;

/* Each bin on a way adds this to its level: of ways that are alike, as in a click, that along the frame is taken on every
 * processor, and rounding does not choose. */
static const float tie = 1e-5f;

/* Bins this far under the loudest of the frame are as good as silent. */
static const float silent = 1e-5f;

struct phase {
    int fft, bins;
    uint64_t seed;
    struct grid grid;
    int64_t frame, first;
    float *room;                  /* of all below */
    int64_t hop;                  /* whole samples of a step */
    float *whole[3];              /* turns of each bin, less whole ones, over hop - 1, hop, hop + 1 */
    float *turns;                 /* of the frame before */
    float *past, *now, *next;     /* log magnitudes */
    float *off, *before_off;      /* how many bins off a bin's own its frequency is: now, in the frame before */
    float *step;                  /* [bins + 1] turns from bin to bin */
    float *ahead;                 /* turns by way of the frame before */
    float *up, *down;             /* turns reached from below, from above */
    float *up_along, *down_along; /* 1 where they were reached along the frame */
    float *up_level, *down_level; /* the weakest level on the way there */
};

struct phase *phase_new(int fft)
{
    struct phase *p = mem_zero(1, sizeof *p);
    float **rows[] = {&p->whole[0], &p->whole[1], &p->whole[2],   &p->turns,    &p->past,      &p->now,
                      &p->next,     &p->off,      &p->before_off, &p->step,     &p->ahead,     &p->up,
                      &p->down,     &p->up_along, &p->down_along, &p->up_level, &p->down_level};

    assert(fft >= 4 && fft % 4 == 0);
    p->fft = fft;
    p->bins = fft / 2 + 1;
    p->room = mem_floats(sizeof rows / sizeof *rows * ((size_t)p->bins + 1));
    for (int i = 0; i < (int)(sizeof rows / sizeof *rows); i++)
        *rows[i] = p->room + i * (p->bins + 1);
    return p;
}

void phase_free(struct phase *p)
{
    if (!p)
        return;
    free(p->room);
    free(p);
}

void phase_begin(struct phase *p, struct grid grid, int64_t first, uint64_t seed)
{
    p->seed = seed;
    p->grid = grid;
    p->frame = p->first = first;
    p->hop = (int64_t)floor(grid.step);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < p->bins; k++)
            p->whole[i][k] = (float)((p->hop + i - 1) % p->fft * k % p->fft) / (float)p->fft;
}

static void draw(const struct phase *p, float *turns)
{
    struct rng r = rng_new(p->seed, (uint64_t)p->frame);

    for (int k = 0; k < p->bins; k++)
        turns[k] = (float)rng_word(&r) * 0x1p-32f;
}

KERNEL(levels, (const float *restrict magnitude, float least, float *restrict level, int n),
       (magnitude, least, level, n))
{
    for (int k = 0; k < n; k++)
        level[k] = kernel_log(magnitude[k] > least ? magnitude[k] : least);
}

/* Between the bins beside a peak the shape of the Hann window itself is used instead of the
 * Gaussian: a tone d bins off has e^(s[k + 1] - s[k - 1]) = (1 + d) (2 + d) / ((1 - d) (2 - d)),
 * here solved for d within 5e-4. */
KERNEL(offs, (const float *restrict now, float *restrict off, int n), (now, off, n))
{
    off[0] = 0;
    for (int k = 1; k < n - 1; k++) {
        float rise = now[k + 1] - now[k - 1], square = rise * rise;

        square = square < 2.6f ? square : 2.6f;
        off[k] = rise * (0.333333f - 0.00872f * square);
    }
    off[n - 1] = 0;
}

/* step [n + 1]: turns from bin k - 1 to bin k, the mean of the slopes of the two; 0 at both ends */
KERNEL(steps, (const float *restrict past, const float *restrict next, float c, float *restrict step, int n),
       (past, next, c, step, n))
{
    for (int k = 1; k < n; k++)
        step[k] = c * (past[k - 1] - next[k - 1] + past[k] - next[k]);
}

/* Turns by way of the frame before; part: what half the distance is of a transform. */
KERNEL(go_ahead,
       (const float *restrict turns, const float *restrict whole, const float *restrict before,
        const float *restrict off, float part, float *restrict ahead, int n),
       (turns, whole, before, off, part, ahead, n))
{
    for (int k = 0; k < n; k++)
        ahead[k] = turns[k] + whole[k] + part * (before[k] + off[k]);
}

/* Silence hands no phase on. */
KERNEL(hush, (const float *restrict magnitude, float least, float *restrict level, int n), (magnitude, least, level, n))
{
    for (int k = 0; k < n; k++)
        level[k] = magnitude[k] > least ? level[k] : nothing;
}

/* The weakest level on the best way to each bin from below and from above; from, now [n]: levels of
 * the frame before and of this one. Both sweeps at once, to keep the processor busy. */
KERNEL(sweep_levels,
       (const float *restrict from, const float *restrict now, float *restrict up, float *restrict down, int n),
       (from, now, up, down, n))
{
    float u = from[0], d = from[n - 1];

    up[0] = u;
    down[n - 1] = d;
    for (int k = 1, i = n - 2; k < n; k++, i--) {
        u = u + tie < now[k - 1] ? u + tie : now[k - 1];
        d = d + tie < now[i + 1] ? d + tie : now[i + 1];
        u = u > from[k] ? u : from[k];
        d = d > from[i] ? d : from[i];
        up[k] = u;
        down[i] = d;
    }
}

/* A way that came along its frame has its neighbour's turns and a step, any other those of the frame
 * before and their advance: turns = along x neighbour's + part. by: 1 for ways from below, -1 from above. */
KERNEL(sweep_parts,
       (const float *restrict from, const float *restrict level, const float *restrict ahead,
        const float *restrict step, float by, float *restrict part, float *restrict along, int n),
       (from, level, ahead, step, by, part, along, n))
{
    for (int k = 0; k < n; k++) {
        along[k] = level[k] > from[k] ? 1 : 0;
        part[k] = level[k] > from[k] ? by * step[k] : ahead[k];
    }
}

/* part becomes turns. */
KERNEL(sweep_turns,
       (float *restrict up_part, const float *restrict up_along, float *restrict down_part,
        const float *restrict down_along, int n),
       (up_part, up_along, down_part, down_along, n))
{
    float u = 0, d = 0;

    for (int k = 0, i = n - 1; k < n; k++, i--) {
        u = up_along[k] * u + up_part[k];
        d = down_along[i] * d + down_part[i];
        up_part[k] = u;
        down_part[i] = d;
    }
}

KERNEL(join,
       (const float *restrict up, const float *restrict down, const float *restrict up_level,
        const float *restrict down_level, float *restrict kept, float *restrict turns, int n),
       (up, down, up_level, down_level, kept, turns, n))
{
    const float magic = 12582912.0f; /* 1.5 x 2^23: adding it rounds to an integer */

    for (int k = 0; k < n; k++) {
        float t = up_level[k] >= down_level[k] ? up[k] : down[k];

        kept[k] = t - ((t + magic) - magic);
        turns[k] = kept[k] + (float)(k & 1) * 0.5f; /* from the middle of the frame to its first sample */
    }
}

void phase_next(struct phase *p, const float *before, const float *now, const float *after, float *turns)
{
    float least, *spare = p->before_off;
    int64_t here = grid_at(p->grid, p->frame), after_that = grid_at(p->grid, p->frame + 1);
    int64_t back = p->frame > p->first ? grid_at(p->grid, p->frame - 1) : here - p->hop;
    double slope = spread * p->fft / (4 * M_PI * (double)(after_that - back));
    int top = 0;

    for (int k = 1; k < p->bins; k++)
        if (now[k] > now[top])
            top = k;
    least = now[top] * silent > 1e-30f ? now[top] * silent : 1e-30f;
    levels(before, least, p->past, p->bins);
    levels(now, least, p->now, p->bins);
    levels(after, least, p->next, p->bins);
    p->before_off = p->off;
    p->off = spare;
    offs(p->now, p->off, p->bins);
    steps(p->past, p->next, (float)slope, p->step, p->bins);
    if (p->frame == p->first) {
        draw(p, p->turns);
        memcpy(p->before_off, p->off, (size_t)p->bins * sizeof *p->off);
    }
    go_ahead(p->turns, p->whole[here - back - p->hop + 1], p->before_off, p->off,
             0.5f * (float)(here - back) / (float)p->fft, p->ahead, p->bins);
    hush(before, p->frame > p->first ? least : INFINITY, p->past, p->bins);
    if (p->past[top] < p->now[top] + logf(silent)) /* a frame out of silence begins at its loudest bin */
        p->past[top] = p->now[top] + logf(silent);
    sweep_levels(p->past, p->now, p->up_level, p->down_level, p->bins);
    sweep_parts(p->past, p->up_level, p->ahead, p->step, 1, p->up, p->up_along, p->bins);
    sweep_parts(p->past, p->down_level, p->ahead, p->step + 1, -1, p->down, p->down_along, p->bins);
    sweep_turns(p->up, p->up_along, p->down, p->down_along, p->bins);
    join(p->up, p->down, p->up_level, p->down_level, p->turns, turns, p->bins);
    p->frame++;
}

/* side = inverse transform of (lean + i spread) times the transform of the mono
 * sound, Hann window before and after, overlapped and added, over the sum of
 * squared windows. With the side a quarter of a turn off, |mono + side| and
 * |mono - side| are alike: no level is lost or shifted by it. */
#include "dsp/pan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/reflect.h"
#include "dsp/window.h"

/* Sums of squared windows less than this are taken for it, as in the vocoder. */
static const float overlap_least = 0.05f;

struct pan {
    int fft, bins;
    struct fft *transform;
    float *window, *frame; /* [fft] */
    float *spectrum;
    float *sum, *squares; /* [fft] of frames and of their windows, from sample at on */
    float *kept;          /* [room, 2, bins]: frames first .. pushed - 1 */
    int64_t room, first, pushed;
    float *mono, *side; /* [long_room]: samples from .. have - 1, of the side as far as at */
    int64_t long_room, from, have, taken;

    struct grid grid;
    int64_t next, at;
};

struct pan *pan_new(int fft)
{
    struct pan *p = mem_zero(1, sizeof *p);
    size_t n = (size_t)fft;

    p->fft = fft;
    p->bins = fft / 2 + 1;
    p->transform = fft_new(fft);
    p->window = mem_floats(n);
    window_hann(p->window, fft);
    p->frame = mem_floats(n);
    p->spectrum = mem_floats(n + 2);
    p->sum = mem_floats(n);
    p->squares = mem_floats(n);
    return p;
}

void pan_free(struct pan *p)
{
    if (!p)
        return;
    fft_free(p->transform);
    free(p->window);
    free(p->frame);
    free(p->spectrum);
    free(p->sum);
    free(p->squares);
    free(p->kept);
    free(p->mono);
    free(p->side);
    free(p);
}

void pan_begin(struct pan *p, struct grid grid)
{
    assert(grid.step >= 1);
    p->grid = grid;
    p->first = p->pushed = p->next = p->at = p->from = p->have = p->taken = 0;
    memset(p->sum, 0, (size_t)p->fft * sizeof *p->sum);
    memset(p->squares, 0, (size_t)p->fft * sizeof *p->squares);
}

/* ---- frames in ---- */

/* Room for one more; frames that are done go, but for the last one. */
static void make_room(struct pan *p)
{
    int64_t from = p->next < p->pushed ? p->next : p->pushed - 1;

    if (p->pushed - p->first < p->room)
        return;
    if (from > p->first) {
        memmove(p->kept, p->kept + (from - p->first) * 2 * p->bins,
                (size_t)(p->pushed - from) * 2 * (size_t)p->bins * sizeof *p->kept);
        p->first = from;
    }
    if (p->pushed - p->first == p->room) {
        p->room = 2 * p->room + 16;
        p->kept = mem_grow(p->kept, (size_t)p->room * 2 * (size_t)p->bins, sizeof *p->kept);
    }
}

void pan_push(struct pan *p, const float *side)
{
    make_room(p);
    memcpy(p->kept + (p->pushed - p->first) * 2 * p->bins, side, 2 * (size_t)p->bins * sizeof *side);
    p->pushed++;
}

/* ---- sound out ---- */

/* Samples before that one have all their frames. */
static void complete(struct pan *p, int64_t before)
{
    int64_t end = before < p->have ? before : p->have, done = end - p->at < p->fft ? end - p->at : p->fft;
    size_t left;

    if (done <= 0)
        return;
    left = (size_t)(p->fft - done);
    for (int64_t t = p->at; t < end; t++) {
        int64_t i = t - p->at;
        float squares = i < p->fft ? p->squares[i] : 0;

        p->side[t - p->from] =
            i < p->fft ? p->sum[i] / ((squares > overlap_least ? squares : overlap_least) * (float)p->fft) : 0;
    }
    memmove(p->sum, p->sum + done, left * sizeof *p->sum);
    memmove(p->squares, p->squares + done, left * sizeof *p->squares);
    memset(p->sum + left, 0, (size_t)done * sizeof *p->sum);
    memset(p->squares + left, 0, (size_t)done * sizeof *p->squares);
    p->at = end;
}

KERNEL(lead, (float *restrict z, const float *restrict lean, const float *restrict spread, int bins),
       (z, lean, spread, bins))
{
    for (int k = 0; k < bins; k++) {
        float re = z[2 * k], im = z[2 * k + 1];

        z[2 * k] = lean[k] * re - spread[k] * im;
        z[2 * k + 1] = lean[k] * im + spread[k] * re;
    }
}

/* The next frame of side, which begins at that sample. */
static void add_frame(struct pan *p, int64_t begin)
{
    int64_t row = p->next < p->pushed ? p->next : p->pushed - 1;
    const float *lean = p->kept + (row - p->first) * 2 * p->bins;

    if (p->pushed == 0 || begin + p->fft <= 0 || begin >= p->have)
        return;
    complete(p, begin);
    for (int i = 0; i < p->fft; i++)
        p->frame[i] = p->window[i] * p->mono[reflect(begin + i, p->have) - p->from];
    fft_forward(p->transform, p->frame, p->spectrum);
    lead(p->spectrum, lean, lean + p->bins, p->bins);
    fft_inverse(p->transform, p->spectrum, p->frame);
    for (int64_t i = begin < 0 ? -begin : 0, at = begin - p->at; i < p->fft; i++) {
        p->sum[at + i] += p->window[i] * p->frame[i];
        p->squares[at + i] += p->window[i] * p->window[i];
    }
}

static int64_t begin_of(const struct pan *p, int64_t frame)
{
    return grid_at(p->grid, frame) - p->fft / 2;
}

/* Room for count more samples; what was taken goes, but for the last: at the end of the clip a frame whose middle is there
 * sees one sample before its own by reflection. */
static void make_long_room(struct pan *p, int64_t count)
{
    int64_t unseen = p->taken - 1, kept;

    if (p->have - p->from + count > p->long_room && unseen > p->from) {
        kept = p->have - unseen;
        memmove(p->mono, p->mono + (unseen - p->from), (size_t)kept * sizeof *p->mono);
        memmove(p->side, p->side + (unseen - p->from), (size_t)kept * sizeof *p->side);
        p->from = unseen;
    }
    if (p->have - p->from + count > p->long_room) {
        p->long_room = 2 * (p->have - p->from + count);
        p->mono = mem_grow(p->mono, (size_t)p->long_room, sizeof *p->mono);
        p->side = mem_grow(p->side, (size_t)p->long_room, sizeof *p->side);
    }
}

void pan_put(struct pan *p, const float *x, int64_t count)
{
    if (count == 0)
        return;
    make_long_room(p, count);
    memcpy(p->mono + (p->have - p->from), x, (size_t)count * sizeof *x);
    p->have += count;
    for (; p->next < p->pushed; p->next++) {
        int64_t begin = begin_of(p, p->next);

        if (begin + p->fft > p->have || -begin >= p->have)
            break;
        add_frame(p, begin);
    }
    complete(p, begin_of(p, p->next));
}

void pan_end(struct pan *p)
{
    for (int64_t frames = grid_frames(p->grid, p->have); p->next < frames; p->next++)
        add_frame(p, begin_of(p, p->next));
    complete(p, p->have);
}

int64_t pan_pull(struct pan *p, float *left, float *right)
{
    int64_t count = p->at - p->taken;

    for (int64_t i = 0; i < count; i++) {
        float mono = p->mono[p->taken - p->from + i], side = p->side[p->taken - p->from + i];

        left[i] = mono + side;
        right[i] = mono - side;
    }
    p->taken += count;
    return count;
}

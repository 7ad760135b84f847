/* Panels: PANEL channels of a signal, their samples at one time side by side;
 * and the small product, held in registers, that all direct layers are made of. */
#ifndef NN_PANEL_H
#define NN_PANEL_H

#include <stdbool.h>
#include <stddef.h>

enum { PANEL = 32, SUM_ROWS = 8, MOST_TAPS = 16 };

/* c[r][j] = sum over p < outer, q < inner of
 *     a[r row + p outer_a + q inner_a] b[p outer_b + q inner_b + j]
 * for PANEL values of j, always in that order; rows of c are pitch apart. */
struct sum {
    const float *a, *b;
    size_t row, outer_a, outer_b;
    ptrdiff_t inner_a, inner_b;
    int outer, inner;
    size_t pitch;
};

/* Whether this machine has what sum_tile and the others here are written for. */
bool panel_possible(void);

/* 1 to SUM_ROWS rows of c. */
void sum_tile(const struct sum *s, int rows, float *c);

/* Any number of rows, in tiles as equal as can be. */
void sum_tiles(struct sum s, int rows, float *c);

static inline int panel_count(int channels)
{
    return (channels + PANEL - 1) / PANEL;
}

/* to[c taps + k] = from[k step + c], added to what to holds when add; at most MOST_TAPS taps. */
void panel_interleave(const float *from, size_t step, int taps, int count, bool add, float *to);

/* to[t][c] = from[c][t]: count rows of PANEL channels, those that there are not being 0. */
void panel_turn(const float *from, size_t pitch, int channels, int count, float *to);

/* The same of a signal [channels, length]: times first .. first + count - 1, with 0 beyond its ends. */
void panel_turn_part(const float *from, int length, int channels, int first, int count, float *to);

/* to[c][t] = from[t][c] + bias[c], added to what to holds when add; bias may be NULL. */
void panel_return(const float *from, int channels, int count, bool add, const float *bias, float *to, size_t pitch);

#endif

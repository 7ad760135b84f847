/* Panels and the product in registers. A value is always summed in the same
 * order, however many rows are summed at once. */
#include "nn/panel.h"

#include <string.h>

#include "base/kernel.h"

enum { STRETCH = 64 };

/* ---- the product ---- */

#if defined __x86_64__

typedef float vector16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float vector8 __attribute__((vector_size(32), aligned(4), may_alias));

#define WIDE __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,prefer-vector-width=512")))
#define NARROW __attribute__((target("avx2,fma")))
#define UNROLLED(i, count) _Pragma("GCC unroll 8") for (int i = 0; i < (count); i++)

/* The body for R rows and N vectors of a type, from a row and column on: all sums stay in registers. */
#define SUM_BODY(V, R, N, first_row, first_column) \
    V acc[R][N]; \
    const float *a = s->a + (size_t)(first_row) * s->row, *b = s->b + (first_column); \
    UNROLLED(r, R) UNROLLED(n, N) acc[r][n] = (V){0}; \
    for (int p = 0; p < s->outer; p++, a += s->outer_a, b += s->outer_b) { \
        const float *at = a, *from = b; \
        for (int q = 0; q < s->inner; q++, at += s->inner_a, from += s->inner_b) { \
            V v[N]; \
            UNROLLED(n, N) v[n] = ((const V *)from)[n]; \
            UNROLLED(r, R) UNROLLED(n, N) acc[r][n] += at[(size_t)r * s->row] * v[n]; \
        } \
    } \
    UNROLLED(r, R) UNROLLED(n, N) \
        ((V *)(c + (size_t)((first_row) + r) * s->pitch + (first_column)))[n] = acc[r][n];

#define SUM_WIDE(R) \
    WIDE static void sum_wide_##R(const struct sum *s, float *c) { SUM_BODY(vector16, R, 2, 0, 0) }
#define SUM_NARROW(R) \
    NARROW static void sum_narrow_##R(const struct sum *s, int row, float *c) \
    { \
        for (int j = 0; j < PANEL; j += 16) { \
            SUM_BODY(vector8, R, 2, row, j) \
        } \
    }

SUM_WIDE(1) SUM_WIDE(2) SUM_WIDE(3) SUM_WIDE(4) SUM_WIDE(5) SUM_WIDE(6) SUM_WIDE(7) SUM_WIDE(8)
SUM_NARROW(1) SUM_NARROW(2) SUM_NARROW(3) SUM_NARROW(4)

bool panel_possible(void)
{
    return kernel_level() > 0;
}

void sum_tile(const struct sum *s, int rows, float *c)
{
    static void (*const wide[])(const struct sum *s, float *c) = {
        sum_wide_1, sum_wide_2, sum_wide_3, sum_wide_4, sum_wide_5, sum_wide_6, sum_wide_7, sum_wide_8,
    };
    static void (*const narrow[])(const struct sum *s, int row, float *c) = {
        sum_narrow_1, sum_narrow_2, sum_narrow_3, sum_narrow_4,
    };

    if (kernel_level() == 2)
        wide[rows - 1](s, c);
    else
        for (int r = 0; r < rows; r += 4)
            narrow[rows - r < 4 ? rows - r - 1 : 3](s, r, c);
}

#else

bool panel_possible(void)
{
    return false;
}

void sum_tile(const struct sum *s, int rows, float *c)
{
    (void)s;
    (void)rows;
    (void)c;
}

#endif

void sum_tiles(struct sum s, int rows, float *c)
{
    int tiles = (rows + SUM_ROWS - 1) / SUM_ROWS;
    const float *a = s.a;

    for (int i = 0; i < tiles; i++) {
        int first = rows * i / tiles, last = rows * (i + 1) / tiles;

        s.a = a + (size_t)first * s.row;
        sum_tile(&s, last - first, c + (size_t)first * s.pitch);
    }
}

/* ---- turning ---- */

typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t places __attribute__((vector_size(32)));

/* a, 8 x 8, mirrored at its diagonal. */
KERNEL_INLINE void block_mirror(eight a[8])
{
    eight b[8];

    for (int i = 0; i < 8; i += 2) {
        b[i] = __builtin_shuffle(a[i], a[i + 1], (places){0, 8, 1, 9, 4, 12, 5, 13});
        b[i + 1] = __builtin_shuffle(a[i], a[i + 1], (places){2, 10, 3, 11, 6, 14, 7, 15});
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            a[i + 2 * j] = __builtin_shuffle(b[i + j], b[i + j + 2], (places){0, 1, 8, 9, 4, 5, 12, 13});
            a[i + 2 * j + 1] = __builtin_shuffle(b[i + j], b[i + j + 2], (places){2, 3, 10, 11, 6, 7, 14, 15});
        }
    for (int i = 0; i < 4; i++) {
        b[i] = __builtin_shuffle(a[i], a[i + 4], (places){0, 1, 2, 3, 8, 9, 10, 11});
        b[i + 4] = __builtin_shuffle(a[i], a[i + 4], (places){4, 5, 6, 7, 12, 13, 14, 15});
    }
    for (int i = 0; i < 8; i++)
        a[i] = b[i];
}

/* Eight channels after one another, a stretch of times that stays in the nearest cache. */
KERNEL(turn, (const float *restrict from, size_t pitch, int channels, int count, float *restrict to),
       (from, pitch, channels, count, to))
{
    int whole = channels / 8 * 8, times = count / 8 * 8;

    for (int first = 0; first < times; first += STRETCH) {
        int last = times - first < STRETCH ? times : first + STRETCH;

        for (int c = 0; c < whole; c += 8)
            for (int t = first; t < last; t += 8) {
                eight a[8];

                for (int i = 0; i < 8; i++)
                    a[i] = *(const eight *)(from + (size_t)(c + i) * pitch + t);
                if (t % 16 == 0)   /* what comes next is seldom near */
                    for (int i = 8; i < 16; i++)
                        __builtin_prefetch(from + (size_t)(c + i) * pitch + t);
                block_mirror(a);
                for (int i = 0; i < 8; i++)
                    *(eight *)(to + (size_t)(t + i) * PANEL + c) = a[i];
            }
    }
    if (whole < PANEL)
        for (int t = 0; t < times; t++)
            for (int c = whole; c < PANEL; c++)
                to[t * PANEL + c] = c < channels ? from[(size_t)c * pitch + (size_t)t] : 0;
    for (int t = times; t < count; t++)
        for (int c = 0; c < PANEL; c++)
            to[t * PANEL + c] = c < channels ? from[(size_t)c * pitch + (size_t)t] : 0;
}

void panel_turn(const float *from, size_t pitch, int channels, int count, float *to)
{
    turn(from, pitch, channels, count, to);
}

void panel_turn_part(const float *from, int length, int channels, int first, int count, float *to)
{
    int left = first < 0 ? -first : 0, right = first + count > length ? first + count - length : 0;

    if (left > count)
        left = count;
    if (right > count - left)
        right = count - left;
    memset(to, 0, (size_t)left * PANEL * sizeof *to);
    if (left + right < count)
        turn(from + first + left, (size_t)length, channels, count - left - right, to + (size_t)left * PANEL);
    memset(to + (size_t)(count - right) * PANEL, 0, (size_t)right * PANEL * sizeof *to);
}

KERNEL(turn_back, (const float *restrict from, int channels, int count, bool add, const float *bias,
                   float *restrict to, size_t pitch), (from, channels, count, add, bias, to, pitch))
{
    int whole = channels / 8 * 8, times = count / 8 * 8;

    for (int c = 0; c < whole; c += 8)
        for (int t = 0; t < times; t += 8) {
            eight a[8];

            for (int i = 0; i < 8; i++)
                a[i] = *(const eight *)(from + (size_t)(t + i) * PANEL + c);
            block_mirror(a);
            for (int i = 0; i < 8; i++) {
                eight *at = (eight *)(to + (size_t)(c + i) * pitch + t);

                a[i] += bias ? bias[c + i] : 0;
                if (add)
                    a[i] += *at;
                *at = a[i];
            }
        }
    for (int c = 0; c < channels; c++)
        for (int t = c < whole ? times : 0; t < count; t++) {
            float *at = to + (size_t)c * pitch + t, value = from[t * PANEL + c] + (bias ? bias[c] : 0);

            *at = add ? value + *at : value;
        }
}

void panel_return(const float *from, int channels, int count, bool add, const float *bias, float *to, size_t pitch)
{
    turn_back(from, channels, count, add, bias, to, pitch);
}

/* ---- interleaving ---- */

/* Eight at a time: of each block of 8 x 8, taps columns are wanted, the others
 * are written over by what follows. */
KERNEL(interleave, (const float *restrict from, size_t step, int taps, int count, float *restrict to),
       (from, step, taps, count, to))
{
    int c = 0;

    for (; c + 16 <= count && taps <= 8; c += 8) {
        eight a[8];

        for (int k = 0; k < 8; k++)
            a[k] = k < taps ? *(const eight *)(from + (size_t)k * step + c) : (eight){0};
        block_mirror(a);
        for (int i = 0; i < 8; i++)
            *(eight *)(to + (c + i) * taps) = a[i];
    }
    for (; c < count; c++)
        for (int k = 0; k < taps; k++)
            to[c * taps + k] = from[(size_t)k * step + (size_t)c];
}

KERNEL(add_to, (const float *restrict from, size_t count, float *restrict to), (from, count, to))
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

void panel_interleave(const float *from, size_t step, int taps, int count, bool add, float *to)
{
    float part[PANEL * MOST_TAPS];

    if (!add) {
        interleave(from, step, taps, count, to);
        return;
    }
    for (int c = 0; c < count; c += PANEL) {
        int some = count - c < PANEL ? count - c : PANEL;

        interleave(from + c, step, taps, some, part);
        add_to(part, (size_t)(some * taps), to + (size_t)c * (size_t)taps);
    }
}

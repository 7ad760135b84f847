/* The guided prior's choices against the same sums written out: the blocks that cost least, what is repeated, the clip that
 * comes after the guide. */
#include "model/guided.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "model/guided_bank.h"

static double squares(const float *x, const float *y, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    return sum;
}

/* What has been played, and the texture owed. */
struct slow {
    const struct guided *g;
    int64_t row[BLOCKS + 16], made[BLOCKS + 16];
    double owed[D];
};

static double slow_alike(const struct slow *s, int64_t i, int64_t j)
{
    float like[2][LENGTH * D + CHROMA];

    blocks_like(&bank, s->row[i], like[0]);
    blocks_like(&bank, s->row[j], like[1]);
    return s->row[i] == s->row[j] ? 1 : blocks_alike(&bank, like[0], like[1]);
}

/* Where what is played from place i on was played before, whole bars earlier. */
static int64_t slow_repeat(const struct slow *s, int64_t i)
{
    double most = 0.35;
    int64_t best = -1;

    for (int64_t j = i % BAR; j <= i - BAR; j += BAR) {
        double mean = 0;

        for (int k = 0; k < 4; k++)
            mean += slow_alike(s, i + k, j + k) / 4;
        if (mean > most) {
            most = mean;
            best = j;
        }
    }
    return best;
}

static double slow_cost(const struct slow *s, int64_t i, int64_t repeat, int64_t j)
{
    enum { SIZE = LENGTH * D };
    const struct guided *g = s->g;
    int64_t unit = g->how.unit, lags[] = {BAR, 2 * BAR, 4 * BAR, 8 * BAR, i - repeat}, c = bank.clip[j];
    double cost, texture = 0;

    if (c == bank.clip[s->row[i]] || j < bank.first[c] + 2 || j + unit >= bank.first[c + 1] ||
        (i > 0 && j == s->made[i - 1] + 1))
        return INFINITY;
    cost = (squares(bank.weighted + (j - 2) * SIZE, past, SIZE) +
            squares(bank.weighted + (j - 1) * SIZE, past + SIZE, SIZE)) /
           (double)g->far.context;
    for (int64_t k = 0; k < unit; k++)
        cost += g->how.follow / (double)unit *
                squares(bank.harmony + (j + k) * CHROMA, bank.harmony + s->row[i + k] * CHROMA, CHROMA) /
                (double)g->far.harmony;
    for (int l = 0; l < D; l++) {
        double lacks = (double)bank.texture[s->row[i] * D + l] + s->owed[l] - (double)bank.texture[j * D + l];

        texture += lacks * lacks;
    }
    cost += 3 * texture / (double)g->far.texture;
    for (int l = 0; l < 5; l++) {
        bool twice = l == 4 && repeat < 0;

        for (int o = 0; o < l; o++)
            twice |= lags[o] == lags[l];
        for (int64_t k = 0; k < unit && k < lags[l] && lags[l] <= i && !twice; k++) {
            double like = slow_alike(s, i + k, i + k - lags[l]);

            if (like > 0.05)
                cost += like / ((double)unit * (double)g->far.block) *
                        squares(bank.weighted + (j + k) * SIZE, bank.weighted + s->made[i + k - lags[l]] * SIZE, SIZE);
        }
    }
    return cost;
}

/* The block of which so many cost less. */
static int64_t slow_choice(const struct slow *s, int64_t i, int64_t repeat, int rank)
{
    static double cost[CLIPS * BLOCKS];

    for (int64_t j = 0; j < bank.count; j++)
        cost[j] = slow_cost(s, i, repeat, j);
    for (int64_t j = 0; j < bank.count; j++) {
        int less = 0;

        for (int64_t o = 0; o < bank.count; o++)
            less += cost[o] < cost[j];
        if (less == rank)
            return j;
    }
    return -1;
}

/* Follows the walk, choosing as it should; how many blocks are others. */
static int slow_differs(const struct guided *g, uint64_t seed, int64_t count, int *repeats)
{
    struct slow s = {.g = g};
    struct guided_walk *w = guided_begin(g, &bank, 2 * BLOCKS + 1, count);
    struct rng r = rng_new(seed, 1);
    int wrong = 0;

    for (int64_t i = 0; i < count + 4; i++)
        s.row[i] = guided_row(w, i);
    for (int64_t i = 0; i < count; i++) {
        double place = rng_uniform(&r), vary = rng_uniform(&r);
        int64_t repeat, unit = g->how.unit;

        rng_normal(&r, past, sizeof past / sizeof *past);
        if (i % unit == 0) {
            repeat = slow_repeat(&s, i);
            *repeats += repeat >= 0 && vary >= g->how.vary;
            if (repeat < 0 || vary < g->how.vary)
                s.made[i] = slow_choice(&s, i, repeat, (int)(place * (double)g->how.nearest));
            for (int64_t k = 0; k < unit; k++)
                s.made[i + k] = repeat >= 0 && vary >= g->how.vary ? s.made[repeat + k] : s.made[i] + k;
            for (int l = 0; l < D; l++)
                s.owed[l] =
                    0.9 * s.owed[l] + (double)bank.texture[s.row[i] * D + l] - (double)bank.texture[s.made[i] * D + l];
        }
        wrong += guided_next(w, i, past, place, vary) != s.made[i];
    }
    guided_end(w);
    return wrong;
}

static void test_choices(void)
{
    struct guided_how how = guided_defaults();
    int repeats = 0;

    check(fabs(how.follow - 2) + fabs(how.vary - 0.3) < 1e-9 && how.unit == 2 && how.nearest == 24 && how.bars == 8 &&
              !how.form,
          "the defaults of cv-sample(1)");

    for (int unit = 1; unit <= 6; unit++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            struct guided g = {&bank, blocks_far(&bank), guided_defaults()};
            int wrong;

            g.how.unit = unit;
            g.how.vary = seed == 2 ? 1 : 0.3;
            g.how.form = seed == 1 ? "AAB" : NULL;
            g.how.bars = 2;
            wrong = slow_differs(&g, seed, 36, &repeats);
            check(wrong == 0, "units of %d, %d: %d blocks are not those that cost least", unit, (int)seed, wrong);
        }
    check(repeats > 10, "%d units are repeated", repeats);
}

/* The other clip is the one whose means are nearest, of latents and of harmony. */
static void test_other(void)
{
    enum { SIZE = LENGTH * D, WIDE = SIZE + CHROMA };
    struct guided g = {&bank, blocks_far(&bank), guided_defaults()};

    for (int64_t guide = 0; guide < CLIPS; guide++) {
        struct guided_walk *w = guided_begin(&g, &bank, guide * BLOCKS, 3 * BLOCKS);
        const float *of = bank.mean + guide * WIDE;
        double least = INFINITY;
        int64_t nearest = -1, other = guide;

        for (int64_t c = 0; c < CLIPS; c++) {
            const float *mean = bank.mean + c * WIDE;
            double far = squares(of, mean, SIZE) / (double)g.far.block +
                         squares(of + SIZE, mean + SIZE, CHROMA) / (double)g.far.harmony;

            if (c != guide && far < least) {
                least = far;
                nearest = c;
            }
        }
        for (int64_t i = 0; i < 3 * BLOCKS && other == guide; i++)
            other = bank.clip[guided_row(w, i)];
        check(other == nearest, "after clip %d comes %d, the nearest is %d", (int)guide, (int)other, (int)nearest);
        guided_end(w);
    }
}

/* The second section is the stretch that is farthest from the first in harmony, less for what they share. */
static void test_sections(void)
{
    enum { BARS = 2, SECTION = BAR * BARS };
    struct guided g = {&bank, blocks_far(&bank), guided_defaults()};

    g.how.form = "AB";
    g.how.bars = BARS;
    for (int64_t guide = 0; guide < CLIPS; guide++) {
        int64_t first = bank.first[guide], from = first + bank.bar[guide].first + BAR, best = -1;
        struct guided_walk *w = guided_begin(&g, &bank, from, 2 * SECTION);
        double most = -1;

        for (int64_t at = first + bank.bar[guide].first; at + SECTION <= bank.first[guide + 1]; at += BAR) {
            int64_t off = at > from ? at - from : from - at;
            double shared = off < SECTION ? (double)(SECTION - off) / SECTION : 0;
            double far = squares(bank.harmony + at * CHROMA, bank.harmony + from * CHROMA, SECTION * CHROMA);

            if (far * (1 - shared) > most) {
                most = far * (1 - shared);
                best = at;
            }
        }
        check(guided_row(w, SECTION) == best, "section B of clip %d: block %d, expected %d", (int)guide,
              (int)guided_row(w, SECTION), (int)best);
        guided_end(w);
    }
}

int main(void)
{
    make_bank(0.6f);
    test_choices();
    test_other();
    test_sections();
    blocks_free(&bank);
    return check_done();
}

/* The guided prior's row, and what is played by it: other clips than the one followed, whole units, and what returns where
 * the guide does. */
#include "model/guided.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "model/guided_bank.h"

/* Blocks played in a clip of count that follows clip 2 from its block 3 on. */
static struct guided_walk *play(const struct guided *g, int64_t count, int64_t *made, int64_t *row)
{
    struct guided_walk *w = guided_begin(g, &bank, 2 * BLOCKS + 3, count);
    struct rng r = rng_new(7, 0);

    for (int64_t i = 0; i < count; i++) {
        made[i] = guided_next(w, i, past, rng_uniform(&r), rng_uniform(&r));
        row[i] = guided_row(w, i);
    }
    return w;
}

static void test_form(void)
{
    enum { BARS = 2, SECTION = 4 * BARS, COUNT = 6 * SECTION };
    int64_t made[COUNT], row[COUNT];
    struct guided g = {&bank, blocks_far(&bank), guided_defaults()};
    bool rows = true, played = true;
    int varied = 0;

    g.how.form = "AAB";
    g.how.bars = BARS;
    g.how.vary = 0;
    guided_end(play(&g, COUNT, made, row));
    for (int i = 0; i < SECTION; i++) {
        rows &= row[i] == row[SECTION + i] && row[i] == row[3 * SECTION + i] &&
                row[2 * SECTION + i] == row[5 * SECTION + i];
        rows &= row[i] != row[2 * SECTION + i];
        played &= made[i] == made[SECTION + i] && made[i] == made[4 * SECTION + i];
        played &= made[2 * SECTION + i] == made[5 * SECTION + i];
    }
    check(rows, "the row is A A B A A B");
    check(played, "and so is what is played");
    check(memcmp(made, made + 2 * SECTION, SECTION * sizeof *made) != 0, "B is not A");
    g.how.vary = 1;
    guided_end(play(&g, COUNT, made, row));
    for (int i = 0; i < SECTION; i++)
        varied += made[i] != made[SECTION + i];
    check(varied > SECTION / 2, "unless all of it is varied: %d of %d", varied, SECTION);
}

/* Of blocks that follow from block 3 of clip 2. */
static bool bars_go_on(const int64_t *row, int count)
{
    bool all = true;

    for (int i = 0; i < count; i++)
        all &= blocks_place(&bank, row[i]) == (1 + i) % BAR;
    return all;
}

/* In the guide, and where it has no room for two. */
static void test_sections(void)
{
    enum { BARS = 6, SECTION = BAR * BARS, COUNT = 3 * SECTION };
    int64_t made[COUNT], row[COUNT];
    struct guided g = {&bank, blocks_far(&bank), guided_defaults()};

    check(blocks_place(&bank, 2 * BLOCKS + 3) == 1 && blocks_place(&bank, 2 * BLOCKS + 2) == 0, "a place in the bar");
    g.how.form = "ABC";
    g.how.bars = 2;
    guided_end(play(&g, COUNT, made, row));
    check(bank.clip[row[2 * BAR]] == 2 && bank.clip[row[4 * BAR]] == 2, "short sections of the guide");
    check(bars_go_on(row, COUNT), "stand at the same place of their bars");
    g.how.bars = BARS;
    guided_end(play(&g, COUNT, made, row));
    check(bank.clip[row[0]] == 2 && bank.clip[row[SECTION]] != 2 && bank.clip[row[2 * SECTION]] != 2 &&
              bank.clip[row[SECTION]] != bank.clip[row[2 * SECTION]],
          "a clip for each long section");
    check(bars_go_on(row, COUNT), "at the same place of its bars");
    g.how.bars = BLOCKS / BAR + 2;
    guided_end(play(&g, COUNT, made, row));
    check(bars_go_on(row, COUNT), "and in one that is longer than its clip");
}

/* A clip in three: sections are of such bars, what returns too, and the other clip is in three. */
static void test_three(void)
{
    enum { THREE = 3, OTHER = 0, BARS = 5, SECTION = THREE * BARS, COUNT = 4 * SECTION };
    int64_t made[COUNT], row[COUNT];
    struct guided g = {&bank, blocks_far(&bank), guided_defaults()};
    struct bar was[CLIPS];
    bool again = true, places = true;

    memcpy(was, bank.bar, sizeof was);
    bank.bar[2] = (struct bar){THREE, 0};
    bank.bar[OTHER] = (struct bar){THREE, 1};
    g.how.form = "ABCAB";
    g.how.bars = BARS;
    g.how.vary = 0;
    g.how.unit = 1;
    guided_end(play(&g, COUNT, made, row));
    for (int i = 0; i < SECTION; i++)
        again &= row[3 * SECTION + i] == row[i] && made[3 * SECTION + i] == made[i];
    for (int i = 0; i < COUNT; i++)
        places &= blocks_place(&bank, row[i]) == i % THREE;
    check(again, "sections of bars of three return");
    check(bank.clip[row[SECTION]] == 2 && bank.clip[row[2 * SECTION]] == OTHER,
          "where there is no room for one more, of a "
          "clip in three");
    check(places, "and all are at the same place of their bars");
    g.how.form = "AB";
    g.how.bars = BLOCKS / THREE / 2;
    guided_end(play(&g, COUNT, made, row));
    check(bank.clip[row[BLOCKS / 2]] == 2, "a clip has room for what fills it");
    memcpy(bank.bar, was, sizeof was);
}

/* Longer than the guide: clips, A A B A. What returns is whole bars away. */
static void test_long(void)
{
    enum { COUNT = 4 * BLOCKS, FIRST = BLOCKS - 3, LAG = BLOCKS / BAR * BAR };
    int64_t made[COUNT], row[COUNT];
    struct guided g = {&bank, blocks_far(&bank), guided_defaults()};
    bool guide = true, again = true;
    int last = 0;

    g.how.vary = 0;
    guided_end(play(&g, COUNT, made, row));
    for (int i = 0; i < FIRST - 1; i++) { /* a unit goes beyond */
        guide &= row[i] == 2 * BLOCKS + 3 + i && row[LAG + i] == row[i];
        again &= made[LAG + i] == made[i];
    }
    check(guide && row[FIRST - 1] == 3 * BLOCKS - 1, "the guide to its end and over again");
    check(again, "and what was played");
    check(bank.clip[row[LAG + FIRST]] != 2, "then another clip");
    for (int i = 0; i < COUNT; i++)
        last = bank.clip[row[i]] == 2 ? i : last;
    check(last > 3 * LAG, "then the guide");
    check(bars_go_on(row, COUNT), "and bars go on, whatever the clip");
}

/* A guide shorter than a bar is followed over and over. */
static void test_few(void)
{
    enum { FEW = 3, COUNT = 20 };
    int64_t first[] = {0, FEW};
    struct blocks few = bank;
    struct guided g = {&bank, blocks_far(&bank), guided_defaults()};

    few.first = first;
    few.clips = 1;
    few.count = FEW;
    check(blocks_at_place(&few, 0, FEW) == 0, "its blocks are never beyond its end");
    if (blocks_at_place(&few, 0, FEW) >= FEW)
        return;
    for (int sections = 0; sections < 2; sections++) {
        struct guided_walk *w;
        bool all = true;

        g.how.form = sections ? "AB" : NULL;
        w = guided_begin(&g, &few, 0, COUNT);
        for (int i = 0; i < COUNT; i++)
            all &= guided_row(w, i) == i % FEW;
        check(all, "%d blocks %s sections", FEW, sections ? "with" : "without");
        guided_end(w);
    }
}

/* A unit that is longer than the way back to what it repeats. */
static void test_long_units(void)
{
    enum { COUNT = 4 * BAR };
    int64_t made[COUNT], row[COUNT];
    struct guided g = {&bank, blocks_far(&bank), guided_defaults()};
    bool again = true;

    g.how.form = "ABB";
    g.how.bars = 1;
    g.how.unit = 2 * BAR;
    g.how.vary = 0;
    guided_end(play(&g, COUNT, made, row));
    for (int i = 2 * BAR; i < COUNT; i++)
        again &= made[i] == made[i - BAR];
    check(again, "a unit longer than a bar repeats the bar before, all of it");
}

/* Without end: the row of a clip that is long, in rings; what lies as far back as is looked returns. */
static void test_endless(void)
{
    enum { LONG = 1024, COUNT = 2 * LONG };
    static float z[(LONG + BLOCKS) * LENGTH * D];
    static float ones[D] = {1, 1, 1, 1};
    struct listening by = {.weight = ones, .chroma = chroma_new(3000, 512, 0)};
    size_t bins = (size_t)chroma_bins(by.chroma);
    struct rng r = rng_new(3, 0), u = rng_new(7, 0);
    struct blocks b;
    struct guided g;
    struct guided_walk *w;
    static int64_t made[COUNT];
    int64_t wrong = 0, again = 0;

    by.level = mem_zero(bins * D, sizeof(float));
    by.rest = mem_zero(bins, sizeof(float));
    rng_normal(&r, z, sizeof z / sizeof *z);
    blocks_make(&b, D, LENGTH, z, (int64_t[]){LONG * LENGTH, BLOCKS * LENGTH}, 2, &by, true);
    g = (struct guided){&b, blocks_far(&b), guided_defaults()};
    g.how.vary = 0;
    g.how.unit = GUIDED_UNIT_MOST;
    w = guided_begin(&g, &b, 0, INT64_MAX);
    for (int64_t i = 0; i < COUNT; i++) {
        made[i] = guided_next(w, i, past, rng_uniform(&u), rng_uniform(&u));
        wrong += guided_row(w, i) != i % LONG;
        again += i >= LONG && made[i] == made[i - LONG];
    }
    check(wrong == 0, "the guide, and once more: %lld places are not", (long long)wrong);
    check(again == LONG, "what was played 1024 places before returns: %lld times", (long long)again);
    guided_end(w);
    blocks_free(&b);
    free(by.level);
    free(by.rest);
    chroma_free(by.chroma);
}

int main(void)
{
    make_bank(0);
    test_endless();
    test_form();
    test_sections();
    test_three();
    test_long();
    test_long_units();
    test_few();
    blocks_free(&bank);
    return check_done();
}

/* comp.c: the comping instrument: voicings that move as little as they can, in rhythms that leave room. */
#include "compose.h"

#include <stdlib.h>
#include <string.h>

enum { VOICES = 5, NEVER = 1000000 };

struct comper_state {
    struct clip *clip;
    struct dice *dice;
    int low, high, notes, last[VOICES], last_n;
    bool drop2, four;
};

/* a bar in eighths: x short, o held as long as the dashes go */
static const char *const sparse[] = {
    "........", "x.......", "...o--..", ".......x", "o-------",
    "..x.....", "...x....", "o--.....", ".....o--", "........",
};
static const char *const medium[] = {
    "o--x....", "x..x....", "...x...x", ".x..x...", ".x...o--", "..x...x.", "o-....x.",
    "x..o----", ".o--..x.", "...o---x", "..x..x..", ".x.....x", "o----x..",
};
static const char *const dense[] = {
    "x..x..x.", ".x.x..x.", "x..x.x..", ".x..x..x", "x.xx..x.", "o--x..x.", ".xx..x.x", "..x.x..x", "x..xo---",
};
static const char *const pads[] = {
    "o-------", "o-------", "o--o----", "o---o---", ".o------", "o--x..x.", "...o----",
};

static int spread(const int *v, int n, const struct comper_state *s)
{
    int cost = 0;

    for (int i = 0; i < n; i++) {
        int to = s->last_n ? s->last[i < s->last_n ? i : s->last_n - 1] : (s->low + s->high) / 2;

        cost += 2 * abs(v[i] - to);
        if (v[i] < s->low || v[i] > s->high)
            cost += 40;
        if (i > 0 && v[i] - v[i - 1] == 1 && (i == n - 1 || v[i] < 53))
            cost += 12; /* no half tone on top, nor down in the mud */
    }
    return cost + abs(v[0] + v[n - 1] - s->low - s->high) / 2;
}

static int by_pitch(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* of all inversions in all octaves, close or with the second voice dropped, the nearest to the last chord */
static int find_voicing(struct comper_state *s, struct chord chord, int *voicing)
{
    int interval[4], n = chord_voicing(chord, s->dice, s->notes, interval), best = NEVER;

    for (int turn = 0; turn < n; turn++) {
        for (int base = 36; base < 84; base += 12) {
            int v[4], cost;

            for (int i = 0; i < n; i++) {
                int k = (i + turn) % n;

                v[i] = base + (chord.root + interval[k]) % 12;
                while (i > 0 && v[i] <= v[i - 1])
                    v[i] += 12;
            }
            if (s->drop2 && n == 4) {
                v[2] -= 12;
                qsort(v, 4, sizeof *v, by_pitch);
            }
            cost = spread(v, n, s) + dice_range(s->dice, 0, 5);
            if (cost < best) {
                best = cost;
                memcpy(voicing, v, sizeof v);
            }
        }
    }
    memcpy(s->last, voicing, (size_t)n * sizeof *voicing);
    s->last_n = n;
    return n;
}

static void play_chord(struct comper_state *s, int step, int length, int velocity)
{
    struct clip *c = s->clip;
    /* an offbeat before a new chord takes the new chord already */
    struct chord chord = clip_chord(c, step % BEAT ? step + 6 : step);
    int voicing[4], n = find_voicing(s, chord, voicing), roll = dice_range(s->dice, 0, s->notes > 3 ? 5 : 9);
    int tick = clip_tick(step, c->swing) + dice_bell(s->dice, 8);

    for (int i = 0; i < n; i++)
        score_note(c->score, TRACK_COMP, tick + i * roll, length - i * roll, voicing[i],
                   velocity + (i == n - 1 ? 5 : 0) + dice_bell(s->dice, 4));
}

/* the guitar's four to the bar: short chops, the second and fourth a little stronger */
static void play_four(struct comper_state *s, int bar, int velocity)
{
    for (int b = 0; b < BEATS; b++) {
        int length = TICKS * dice_range(s->dice, 38, 55) / 100;

        play_chord(s, bar * BAR + b * BEAT, length, velocity + (b % 2 ? 4 : -6));
    }
}

static void play_pattern(struct comper_state *s, int bar, const char *pattern, int velocity, bool listen)
{
    struct clip *c = s->clip;
    int k;

    for (int i = 0; i < 8; i++) {
        int step = bar * BAR + i * 6, length;

        if (pattern[i] != 'x' && pattern[i] != 'o')
            continue;
        if (listen && c->bar[bar].sung[i / 2])
            continue;
        for (k = i + 1; k < 8 && pattern[k] == '-'; k++)
            ;
        length = clip_tick(bar * BAR + k * 6, c->swing) - clip_tick(step, c->swing);
        if (pattern[i] == 'x')
            length = TICKS * dice_range(s->dice, 16, 36) / 100;
        play_chord(s, step, length * 96 / 100, velocity + (step % BEAT ? 4 : 0) + dice_bell(s->dice, 7));
    }
}

static const char *choose_pattern(struct comper_state *s, const struct bar *bar)
{
    int sung = bar->sung[0] + bar->sung[1] + bar->sung[2] + bar->sung[3];
    int busy = bar->energy / 2 + 12 * (BEATS - sung) + dice_range(s->dice, -20, 20);

    if ((s->clip->comper == COMP_ORGAN && dice_chance(s->dice, 650)) ||
        (bar->bass == TIME_TWO && dice_chance(s->dice, 300)))
        return DICE_PICK(s->dice, pads);
    if (s->clip->tempo > 1900)
        busy -= 15;
    if (busy < 22)
        return DICE_PICK(s->dice, sparse);
    if (busy < 62)
        return DICE_PICK(s->dice, medium);
    return DICE_PICK(s->dice, dense);
}

static void play_bar(struct comper_state *s, int number, const char *riff)
{
    struct clip *c = s->clip;
    const struct bar *bar = &c->bar[number];
    int velocity = 52 + bar->energy / 4;

    if (bar->bass == TIME_STOP)
        play_chord(s, number * BAR, TICKS * 6 / 10, velocity + 16);
    else if (s->four && !c->trio)
        play_four(s, number, velocity);
    else
        play_pattern(s, number, riff && dice_chance(s->dice, 700) ? riff : choose_pattern(s, bar), velocity,
                     c->trio && c->comper != COMP_PIANO);
}

void comp_play(struct clip *c)
{
    struct dice r;
    struct comper_state s = {.clip = c, .dice = &r, .low = 50, .high = 74, .notes = 4};
    const char *riff = NULL;
    bool one_hand;
    if (c->comper == COMP_NONE)
        return;
    dice_start(&r, c->seed, c->index, PART_COMP);
    s.four = c->comper == COMP_GUITAR && dice_chance(&r, c->drums ? 350 : 800);
    s.notes = c->comper == COMP_GUITAR || c->comper == COMP_VIBES ? (dice_chance(&r, 500) ? 3 : 4)
              : dice_chance(&r, 200)                              ? 3
                                                                  : 4;
    s.drop2 = c->comper == COMP_GUITAR || dice_chance(&r, 350);
    if (c->comper == COMP_GUITAR)
        s.high = 71;
    for (int bar = 0; bar < c->bars; bar++) {
        if (!c->bar[bar].comp || c->bar[bar].pickup)
            continue;
        if (c->bar[bar].top) /* some sections get a figure that stays */
            riff = dice_chance(&r, 250) ? DICE_PICK(&r, medium) : NULL;
        one_hand = c->trio || c->bar[bar].lead == LEAD_COMPER;
        s.high = one_hand ? 67 : c->comper == COMP_GUITAR ? 71 : 74;
        s.low = one_hand ? 47 : 50;
        play_bar(&s, bar, riff);
    }
}

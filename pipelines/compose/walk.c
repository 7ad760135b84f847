/* walk.c: the bass: walks in four, plays in two, holds a pedal, marks stop time. */
#include "compose.h"

enum { LOW = 28, HIGH = 55, CENTRE = 40, NEVER = 100000 };

static const struct line_taste taste = {
    .leap = {30, 1, 0, 4, 6, 5, 16, 8, 18, 20, 26, 34, 14},
    .beyond = 12,
    .turn = 2,
    .resolve = 60,
};

static int step_to(int from, int to)
{
    return ((to - from) % 12 + 12) % 12;
}

/* a beat of the walk: the root where a chord starts, a leading tone before the next, chord tones between */
static void slot_for(const struct clip *c, struct dice *r, int step, int wish, struct line_slot *s)
{
    struct chord now = clip_chord(c, step), before = clip_chord(c, step - BEAT);
    struct chord next = clip_chord(c, step + BEAT);
    bool first = step % BAR == 0 || !chord_same(now, before);
    bool fresh = !chord_same(now, clip_chord(c, step - BAR)) || step % (2 * BAR) == 0;
    bool leads = !chord_same(now, next) || (step / BEAT) % BEATS == BEATS - 1;
    for (int i = 0; i < LINE_SPAN; i++) {
        int p = LINE_LOW + i, degree = step_to(now.root, p), cost;
        int near = step_to(next.root, p);

        s->outside[i] = !chord_is(SCALE, now, p);
        if (p < LOW || p > HIGH) {
            s->cost[i] = NEVER;
            continue;
        }
        if (first)
            cost = degree == 0 ? 0 : chord_is(TONE, now, p) && degree != 2 && degree != 1 ? (fresh ? 26 : 8) : 70;
        else if (leads)
            cost = near == 1 || near == 11   ? 2
                   : near == 7               ? 7
                   : near == 2 || near == 10 ? 5
                   : chord_is(TONE, now, p)  ? 9
                   : chord_is(SCALE, now, p) ? 14
                                             : 40;
        else
            cost = degree == 0 ? 6 : chord_is(TONE, now, p) ? 0 : chord_is(SCALE, now, p) ? 4 : 14;
        cost += (p > wish ? p - wish : wish - p) / 2 + (p > 50 ? 3 * (p - 50) : 0);
        s->cost[i] = cost + dice_range(r, 0, 9);
    }
}

static void play(const struct clip *c, struct dice *r, int step, int length, int pitch, int velocity)
{
    int tick = clip_tick(step, c->swing) + dice_bell(r, 9);

    velocity += c->bar[step / BAR].energy / 5 + dice_bell(r, 8);
    score_note(c->score, TRACK_BASS, tick, length, pitch, velocity);
}

static void play_ornament(const struct clip *c, struct dice *r, int step, int pitch)
{
    int ahead = clip_tick(step, c->swing);

    if (dice_chance(r, 500)) { /* a skip: the second eighth, damped */
        play(c, r, step + 6, TICKS / 6, pitch, 52);
    } else { /* a drop: two damped triplets down to the open strings */
        score_note(c->score, TRACK_BASS, ahead + TICKS / 3, TICKS / 8, pitch, 50);
        pitch -= pitch > 40 ? 7 : 0;
        score_note(c->score, TRACK_BASS, ahead + 2 * TICKS / 3, TICKS / 8, pitch, 56);
    }
}

static void play_two(const struct clip *c, struct dice *r, int step, const int *pitch)
{
    int in_bar = (step / BEAT) % BEATS;

    if (in_bar == 0)
        play(c, r, step, TICKS * 17 / 10, pitch[0], 84);
    else if (in_bar == 2)
        play(c, r, step, TICKS * 16 / 10, pitch[0], 78);
    else if (in_bar == 3 && dice_chance(r, 300))
        play(c, r, step, TICKS * 8 / 10, pitch[0], 74);
    else if (in_bar == 1 && dice_chance(r, 120))
        play(c, r, step + 6, TICKS / 3, pitch[1], 62);
}

static void play_beat(const struct clip *c, struct dice *r, int step, const int *pitch, int legato)
{
    const struct bar *bar = &c->bar[step / BAR];
    int in_bar = (step / BEAT) % BEATS;

    switch (bar->bass) {
    case TIME_FOUR:
        if (bar->lead == LEAD_BASS)
            break;
        play(c, r, step, TICKS * legato / 100, pitch[0], in_bar % 2 ? 84 : 79);
        if (dice_chance(r, c->tempo > 1900 ? 25 : 70))
            play_ornament(c, r, step, pitch[0]);
        break;
    case TIME_TWO:
        if (bar->lead != LEAD_BASS)
            play_two(c, r, step, pitch);
        break;
    case TIME_STOP:
        if (in_bar == 0)
            play(c, r, step, TICKS * 7 / 10, pitch[0], 98);
        break;
    case TIME_PEDAL: { /* the fifth of the key, below everything */
        int pedal = LOW + step_to(LOW, c->tune.home + 7);

        if (in_bar % 2 == 0)
            play(c, r, step, TICKS * 12 / 10, pedal, 82);
        else if (dice_chance(r, 400))
            play(c, r, step + 6, TICKS / 3, pedal, 68);
        break;
    }
    case TIME_NONE:
        break;
    }
}

void walk_play(struct clip *c)
{
    static struct line_slot slots[LINE_SLOTS];
    static int pitch[LINE_SLOTS + 1];
    struct dice r;
    int beats = c->bars * BEATS, done, from = 0, wish = CENTRE, legato;

    if (!c->bass)
        return;
    dice_start(&r, c->seed, c->index, PART_WALK);
    legato = dice_range(&r, 82, 98);
    for (done = 0; done < beats; done += LINE_SLOTS) {
        int n = beats - done < LINE_SLOTS ? beats - done : LINE_SLOTS;

        for (int i = 0; i < n; i++) {
            if (i % (2 * BEATS) == 0)
                wish = CENTRE + dice_range(&r, -7, 8);
            slot_for(c, &r, (done + i) * BEAT, wish, &slots[i]);
        }
        line_solve(slots, n, from, &taste, pitch);
        from = pitch[n] = pitch[n - 1];
        for (int i = 0; i < n; i++)
            play_beat(c, &r, (done + i) * BEAT, pitch + i, legato);
    }
}

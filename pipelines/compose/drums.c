/* drums.c: the drummer: ride or brushes, hi-hat on two and four, comments of kick and snare, fills, solos. */
#include "compose.h"

enum { KICK = 36, STICK = 37, SNARE = 38, SLAP = 39, SWIRL = 40, TOM_LOW = 41, TOM_MID = 45, TOM_HIGH = 48 };
enum { HAT = 42, PEDAL = 44, HAT_OPEN = 46, CRASH = 49, RIDE = 51, BELL = 53, RIDE2 = 59 };

struct drummer {
    struct clip *clip;
    struct dice *dice;
    int cymbal, level;
    bool hat_time, feather, cross;
};

/* skins are louder than cymbals of the same velocity */
static int trim(int drum)
{
    if (drum == KICK || drum == TOM_LOW || drum == TOM_MID || drum == TOM_HIGH)
        return -16;
    return drum == SNARE || drum == CRASH ? -8 : 0;
}

static void hit(const struct drummer *d, int step, int drum, int velocity)
{
    int tick = clip_tick(step, d->clip->swing) + dice_bell(d->dice, 5);

    velocity += trim(drum) + (d->clip->brushes ? 29 : 22) + d->level + dice_bell(d->dice, 7);
    score_note(d->clip->score, TRACK_DRUMS, tick, TICKS / 4, drum, velocity);
}

/* one bar of the ride in eighths; the first is the one that everybody knows */
static const char *ride_pattern(const struct drummer *d)
{
    static const char *const patterns[] = {
        "x.xxx.xx", "x.x.x.xx", "x.xxx.x.", "x.x.x.x.", "xxx.xxx.", "x.xxxxx.",
    };
    int slow[] = {66, 10, 10, 4, 5, 5}, fast[] = {40, 24, 16, 16, 2, 2};

    return patterns[dice_weighted(d->dice, d->clip->tempo > 1850 ? fast : slow, 6)];
}

static void play_sticks(const struct drummer *d, int bar, const char *pattern)
{
    for (int i = 0; i < 8; i++) {
        int step = bar * BAR + i * 6, accent = i % 4 == 2 ? 9 : i % 2 ? -14 : 0;

        if (pattern[i] != 'x')
            continue;
        if (d->hat_time) /* on the hi-hat: open on one and three, closed on two and four */
            hit(d, step, i % 4 == 0 ? HAT_OPEN : HAT, 62 + accent - (i % 4 == 0 ? 8 : 0));
        else
            hit(d, step, d->cymbal, 68 + accent);
    }
}

static void play_brushes(const struct drummer *d, int bar, const char *pattern)
{
    for (int i = 0; i < 8; i++)
        if (pattern[i] == 'x')
            hit(d, bar * BAR + i * 6, i % 4 == 2 ? SLAP : SNARE, i % 2 ? 48 : i % 4 == 2 ? 70 : 58);
    if (d->clip->tempo < 1700) /* the other hand stirs */
        for (int i = 0; i < 2; i++)
            hit(d, bar * BAR + i * 2 * BEAT, SWIRL, 54);
}

static void play_feet(const struct drummer *d, int bar)
{
    for (int b = 0; b < BEATS; b++) {
        if (b % 2)
            hit(d, bar * BAR + b * BEAT, PEDAL, 66);
        if (d->feather || (b % 2 == 0 && dice_chance(d->dice, 250)))
            hit(d, bar * BAR + b * BEAT, KICK, 34);
    }
}

/* the left hand and the bass drum talk with the soloist, more when it is hot and when nobody sings */
static void play_comments(const struct drummer *d, int bar)
{
    static const char *const figures[] = {
        /* s snare, S strong, k kick */
        ".......s", "...s....", ".s......", "...s...k", ".s.s....", "...k....", ".......k",
        ".s..s..k", "...s.s..", ".k.....s", "..s..s..", "...S...S", ".....s.s", "s..s..k.",
    };
    const struct bar *b = &d->clip->bar[bar];
    int quiet = !b->sung[2] + !b->sung[3];
    const char *f;

    if (!dice_chance(d->dice, 150 + b->energy * 6 + quiet * 120))
        return;
    f = DICE_PICK(d->dice, figures);
    for (int i = 0; i < 8; i++) {
        if (f[i] == 's' || f[i] == 'S')
            hit(d, bar * BAR + i * 6, SNARE, (f[i] == 'S' ? 66 : 34) + b->energy / 5 + dice_range(d->dice, -6, 10));
        else if (f[i] == 'k')
            hit(d, bar * BAR + i * 6, KICK, 54 + b->energy / 4);
    }
}

/* from beat `from` to the end of the bar: triplets, eighths or sixteenths going round the drums */
static void play_fill(const struct drummer *d, int bar, int from, int velocity)
{
    static const int around[] = {SNARE, SNARE, TOM_HIGH, TOM_MID, TOM_LOW, SNARE};
    int slow = d->clip->tempo < 1300;
    int each = dice_chance(d->dice, 550) ? 4 : slow && dice_chance(d->dice, 500) ? 3 : 6, drum = 0, what;

    for (int step = from * BEAT; step < BAR; step += each) {
        if (dice_chance(d->dice, 350) && drum < 5)
            drum++;
        if (dice_chance(d->dice, 200))
            continue;
        what = dice_chance(d->dice, 100) ? KICK : around[drum];
        hit(d, bar * BAR + step, what, velocity + (step % BEAT == 0 ? 8 : 0) + dice_bell(d->dice, 14));
    }
}

/* four bars alone: each beat a figure, repeated now and then so that it says something; the hi-hat goes on */
static void play_alone(const struct drummer *d, int bar, bool again)
{
    static const char *const figures[] = {"x...x...x...", "x.....x.....", "x...........", "......x.....",
                                          "x..x..x..x..", "x.......x...", "............", "x.....x..x.."};
    static const int voices[] = {SNARE, SNARE, SNARE, TOM_HIGH, TOM_HIGH, TOM_MID, TOM_LOW, KICK};
    static int shape[BEATS], voice[BEATS]; /* filled at every first bar of a pair */
    int drum;

    for (int b = 0; b < BEATS; b++) {
        if (!again || b == BEATS - 1) {
            shape[b] = dice_range(d->dice, 0, d->clip->tempo < 1400 ? 7 : 3);
            voice[b] = dice_range(d->dice, 0, 7);
        }
        for (int i = 0; i < BEAT; i++) {
            if (figures[shape[b]][i] != 'x')
                continue;
            drum = dice_chance(d->dice, 800) ? voices[voice[b]] : voices[dice_range(d->dice, 0, 7)];
            hit(d, bar * BAR + b * BEAT + i, drum, (i == 0 ? 72 : 62) + dice_bell(d->dice, 16));
        }
        if (b % 2)
            hit(d, bar * BAR + b * BEAT, PEDAL, 66);
        if (dice_chance(d->dice, 300))
            hit(d, bar * BAR + b * BEAT, KICK, 56);
    }
}

static void play_time(struct drummer *d, int bar)
{
    struct clip *c = d->clip;
    const struct bar *b = &c->bar[bar];
    bool next_alone = bar + 1 < c->bars && c->bar[bar + 1].lead == LEAD_DRUMS;
    bool fills = b->last && !next_alone && dice_chance(d->dice, 300 + 4 * b->energy);
    int fill = fills ? dice_range(d->dice, 1, 3) : BEATS;

    if (b->bass == TIME_STOP) {
        hit(d, bar * BAR, c->brushes ? SLAP : SNARE, 74);
        hit(d, bar * BAR, KICK, 70);
        return;
    }
    if (b->top && dice_chance(d->dice, b->energy * 9)) {
        hit(d, bar * BAR, CRASH, 56 + b->energy / 5);
        hit(d, bar * BAR, KICK, 66);
    }
    if (c->brushes) {
        play_brushes(d, bar, ride_pattern(d));
    } else {
        play_sticks(d, bar, ride_pattern(d));
        play_comments(d, bar);
        if (d->cross)
            hit(d, bar * BAR + 3 * BEAT, STICK, 58);
    }
    play_feet(d, bar);
    if (fill < BEATS)
        play_fill(d, bar, fill, (c->brushes ? 44 : 50) + b->energy / 4);
}

void drums_play(struct clip *c)
{
    struct dice r;
    struct drummer d = {.clip = c, .dice = &r};
    int alone = 0;

    if (!c->drums)
        return;
    dice_start(&r, c->seed, c->index, PART_DRUMS);
    d.cymbal = dice_chance(&r, 700) ? RIDE : dice_chance(&r, 800) ? RIDE2 : BELL;
    d.level = dice_range(&r, -6, 10);
    d.feather = dice_chance(&r, 450);
    d.cross = c->tempo < 1500 && dice_chance(&r, 300);
    for (int bar = 0; bar < c->bars; bar++) {
        const struct bar *b = &c->bar[bar];

        if (b->top)
            d.hat_time = (b->lead == LEAD_HEAD || b->lead == LEAD_BASS) && dice_chance(&r, 350);
        if (b->pickup && dice_chance(&r, 600))
            play_fill(&d, bar, 2, 58);
        else if (b->lead == LEAD_DRUMS)
            play_alone(&d, bar, alone++ % 2 == 1);
        else if (b->drums)
            play_time(&d, bar);
        if (b->lead != LEAD_DRUMS)
            alone = 0;
    }
}

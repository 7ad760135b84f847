/* plan.c: decides what kind of clip it is: tune, key, tempo, players, and who leads in which bar. */
#include "compose.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct voice voices[] = {
    {"tenor sax", 66, 46, 75, true, 119},    {"alto sax", 65, 52, 81, true, 106},
    {"trumpet", 56, 55, 82, true, 118},      {"muted trumpet", 59, 55, 82, true, 123},
    {"vibes", 11, 55, 86, false, 84},        {"piano", 0, 58, 90, false, 119},
    {"guitar", 26, 50, 79, false, 104},      {"clarinet", 71, 53, 84, true, 114},
    {"trombone", 57, 44, 70, true, 117},     {"flute", 73, 61, 90, true, 104},
    {"baritone sax", 67, 38, 66, true, 117},
};
static const int voice_weights[] = {24, 20, 20, 8, 12, 20, 16, 5, 6, 4, 3};
enum { VOICES = sizeof voices / sizeof *voices, VIBES = 4, PIANO = 5, GUITAR = 6 };

const struct voice comper_voices[] = {
    [COMP_NONE] = {"", 0, 0, 0, false, 0},
    [COMP_PIANO] = {"piano", 0, 60, 90, false, 96},
    [COMP_GUITAR] = {"guitar", 26, 50, 79, false, 74},
    [COMP_VIBES] = {"vibes", 11, 57, 86, false, 60},
    [COMP_ORGAN] = {"organ", 17, 58, 86, false, 78},
    [COMP_RHODES] = {"electric piano", 4, 58, 86, false, 66},
};
static const int comper_weights[] = {5, 50, 18, 8, 9, 8};
enum { COMPERS = sizeof comper_weights / sizeof *comper_weights };

static const char *const key_names[] = {"C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"};

/* eighths are long-short when slow, nearly 2.2 : 1, and nearly even when fast */
static int swing_for(int tempo, struct dice *r)
{
    int s = 690 - (tempo - 900) * 120 / 1300;

    return s + dice_bell(r, 22);
}

int clip_tick(int step, int swing)
{
    int beat = step >= 0 ? step / BEAT : -((BEAT - 1 - step) / BEAT), in = step - beat * BEAT;
    int ticks = in * TICKS / BEAT;

    if (in == 6)
        ticks = swing * TICKS / 1000;
    else if (in == 3)
        ticks = swing * TICKS / 2000;
    else if (in == 9)
        ticks = (1000 + swing) * TICKS / 2000;
    return beat * TICKS + ticks;
}

static void choose_players(struct clip *c, struct dice *r)
{
    int first = dice_weighted(r, voice_weights, VOICES), second;

    c->comper = (enum comper)dice_weighted(r, comper_weights, COMPERS);
    c->drums = dice_chance(r, 900);
    c->bass = !c->drums || dice_chance(r, 970);
    if (!c->bass && c->comper == COMP_NONE)
        c->comper = COMP_PIANO;
    c->brushes = c->drums && dice_chance(r, c->tempo < 1400 ? 350 : 160);
    c->lead[0] = &voices[first];
    second = dice_weighted(r, voice_weights, VOICES);
    c->lead[1] = dice_chance(r, 350) && second != first ? &voices[second] : NULL;
    /* one player cannot be two: a pianist who leads comps with the left hand, and has a trio */
    c->trio = (first == PIANO && c->comper == COMP_PIANO) || (first == GUITAR && c->comper == COMP_GUITAR) ||
              (first == VIBES && c->comper == COMP_VIBES);
    if (c->lead[1] && c->lead[1]->program == comper_voices[c->comper].program && c->comper != COMP_NONE)
        c->lead[1] = NULL;
}

/* ---- who leads in which bar */

enum layout { SOLO, HEAD_ONLY, HEAD_SOLO, CHASE, RELAY, FOURS, RHYTHM_FIRST, BASS_FEATURE, COMP_FEATURE, LAYOUTS };

static enum lead comp_lead(const struct clip *c)
{
    return c->comper == COMP_NONE || c->trio ? LEAD_FIRST : LEAD_COMPER;
}

static enum lead lead_for(const struct clip *c, enum layout layout, int section, int sections)
{
    switch (layout) {
    case HEAD_ONLY:
        return LEAD_HEAD;
    case HEAD_SOLO:
        return section < (sections + 1) / 2 ? LEAD_HEAD : LEAD_FIRST;
    case CHASE:
        return section % 2 ? (c->lead[1] ? LEAD_SECOND : comp_lead(c)) : LEAD_FIRST;
    case RELAY:
        return section < (sections + 1) / 2 ? LEAD_FIRST : c->lead[1] ? LEAD_SECOND : comp_lead(c);
    case FOURS:
        return section % 2 ? (c->drums ? LEAD_DRUMS : LEAD_BASS) : LEAD_FIRST;
    case RHYTHM_FIRST:
        return section == 0 && sections > 1 ? LEAD_NONE : LEAD_FIRST;
    case BASS_FEATURE:
        return c->bass && section < (sections > 3 ? 2 : 1) ? LEAD_BASS : LEAD_FIRST;
    case COMP_FEATURE:
        return section % 3 == 2 || (sections < 3 && section == sections - 1) ? LEAD_FIRST : comp_lead(c);
    default:
        return LEAD_FIRST;
    }
}

/* keyboards accompany their own solo with the left hand */
static bool one_hand_is_free(enum comper c)
{
    return c == COMP_PIANO || c == COMP_ORGAN || c == COMP_RHODES;
}

static void choose_leads(struct clip *c, struct dice *r, int first_bar)
{
    static const int one[LAYOUTS] = {36, 8, 16, 7, 6, 8, 7, 5, 7}, two[LAYOUTS] = {0, 18, 25, 27, 30};
    enum layout layout = (enum layout)dice_weighted(r, c->lead[1] ? two : one, LAYOUTS);
    bool two_feel_head = dice_chance(r, 500), stop_time = layout == SOLO && dice_chance(r, 100);
    int unit = layout == CHASE || layout == FOURS || layout == RELAY ? 4 : c->tune.section;
    int sections, energy = dice_range(r, 25, 75), slope = dice_range(r, -10, 30);

    if (c->bars - first_bar < 2 * unit)
        unit = 4;
    sections = (c->bars - first_bar + unit - 1) / unit;
    for (int i = first_bar; i < c->bars; i++) {
        struct bar *b = &c->bar[i];
        int section = (i - first_bar) / unit;
        int swell = energy + slope * (i - first_bar) / (c->bars - first_bar);

        b->lead = lead_for(c, layout, section, sections);
        b->bass = TIME_FOUR;
        b->energy = swell + dice_bell(r, 12);
        if (b->lead == LEAD_HEAD && two_feel_head && c->tempo < 1900)
            b->bass = TIME_TWO;
        if (stop_time && section == 0)
            b->bass = TIME_STOP;
        if (b->lead == LEAD_DRUMS)
            b->bass = TIME_NONE;
        b->comp = b->lead != LEAD_DRUMS && (b->lead != LEAD_COMPER || one_hand_is_free(c->comper));
        b->drums = true;
    }
}

/* the bars before the form starts; returns how many */
static int choose_intro(struct clip *c, struct dice *r)
{
    enum { NOTHING, PICKUP, DRUMS, VAMP, BASS, PEDAL, KINDS };
    static const int weights[KINDS] = {52, 22, 7, 8, 5, 6};
    int kind = dice_weighted(r, weights, KINDS), bars = 0;

    if ((kind == DRUMS && !c->drums) || ((kind == BASS || kind == PEDAL) && !c->bass) ||
        (kind == VAMP && c->comper == COMP_NONE))
        kind = PICKUP;
    if (kind == NOTHING)
        return 0;
    bars = kind == PICKUP ? 1 : kind == DRUMS ? dice_range(r, 1, 2) * 2 : dice_chance(r, 300) ? 2 : 4;
    for (int i = 0; i < bars; i++) {
        struct bar *b = &c->bar[i];

        b->lead = kind == DRUMS ? LEAD_DRUMS : kind == BASS ? LEAD_BASS : LEAD_NONE;
        b->comp = kind == VAMP || kind == PEDAL;
        b->bass = kind == PEDAL ? TIME_PEDAL : kind == VAMP ? TIME_TWO : TIME_NONE;
        b->drums = kind == DRUMS || kind == VAMP || (kind == PEDAL && i > 0);
        b->pickup = kind == PICKUP;
        b->energy = dice_range(r, 30, 60);
    }
    return bars;
}

static void mark_sections(struct clip *c)
{
    for (int i = 0; i < c->bars; i++) {
        int at = ((i + c->bar0) % c->tune.bars + c->tune.bars) % c->tune.bars;

        c->bar[i].top = at % c->tune.section == 0;
        c->bar[i].last = at % c->tune.section == c->tune.section - 1;
        if (c->bar[i].energy < 5)
            c->bar[i].energy = 5;
        if (c->bar[i].energy > 100)
            c->bar[i].energy = 100;
    }
}

static void seat(struct clip *c, int track, const struct voice *v, int louder, int room, int pan)
{
    score_track(c->score, track, v->name, v->program, v->level + louder, room, pan);
}

static void set_up_tracks(struct clip *c, struct dice *r)
{
    static const int rooms[] = {8, 24, 40, 60, 80};
    int room = DICE_PICK(r, rooms), wide = dice_range(r, 0, 18);
    int bass = dice_chance(r, 880) ? 32 : dice_chance(r, 500) ? 33 : 35, kit = dice_chance(r, 600) ? 32 : 0;

    if (c->bass)
        score_track(c->score, TRACK_BASS, "bass", bass, dice_range(r, 84, 102), room / 2, 64);
    if (c->comper != COMP_NONE)
        seat(c, TRACK_COMP, &comper_voices[c->comper], dice_range(r, -10, 8), room, 64 - wide);
    seat(c, TRACK_LEAD, c->lead[0], dice_range(r, -10, 6), room + 10, 64 + wide / 2);
    if (c->lead[1])
        seat(c, TRACK_LEAD2, c->lead[1], dice_range(r, -12, 4), room + 10, 64 + wide);
    if (c->drums)
        score_track(c->score, TRACK_DRUMS, c->brushes ? "drums, brushes" : "drums", c->brushes ? 40 : kit,
                    dice_range(r, 104, 127), room, 64);
}

void plan_clip(struct clip *c, uint64_t seed, unsigned index, int seconds)
{
    static const int low[] = {900, 1200, 1500, 1850}, high[] = {1199, 1499, 1849, 2200};
    static const int weights[] = {24, 30, 28, 18};
    struct dice r;
    int range, first_bar;

    memset(c, 0, sizeof *c);
    dice_start(&r, seed, index, PART_PLAN);
    c->seed = seed;
    c->index = index;
    range = dice_weighted(&r, weights, 4);
    c->tempo = dice_range(&r, low[range], high[range]);
    c->us_per_beat = (int)((600000000 + c->tempo / 2) / c->tempo);
    c->swing = swing_for(c->tempo, &r);
    c->lag = dice_range(&r, 0, 26) * c->tempo / 1500;
    tune_choose(&c->tune, &r, dice_range(&r, 0, 11));
    choose_players(c, &r);

    /* 4 bars are the longest intro, one more for the end */
    c->end = (int)(((int64_t)seconds * 1000000 + 250000) * TICKS / c->us_per_beat);
    c->bars = c->end / (BEATS * TICKS) + 2;
    c->bar = mem_zero((size_t)c->bars + 4, sizeof *c->bar);
    first_bar = choose_intro(c, &r);
    if (c->bars < first_bar + 1)
        c->bars = first_bar + 1;
    c->bar0 = -first_bar;
    if (dice_chance(&r, first_bar ? 200 : 650))
        c->bar0 += dice_range(&r, 0, c->tune.bars / c->tune.section - 1) * c->tune.section;
    /* part of the clips are cut from the middle of a piece: they begin anywhere in a bar */
    if (first_bar && c->bar[0].pickup)
        c->start = dice_range(&r, 1, 2) * TICKS + TICKS / 2;
    else if (!first_bar && dice_chance(&r, 300))
        c->start = dice_range(&r, 0, 4 * TICKS - 1);
    else
        c->start = -TICKS / 20;
    c->end += c->start;
    choose_leads(c, &r, first_bar);
    mark_sections(c);
    c->score = score_new();
    set_up_tracks(c, &r);
}

void plan_describe(const struct clip *c, char *text, size_t size)
{
    const char *second = c->lead[1] ? c->lead[1]->name : "", *with = c->trio ? "" : comper_voices[c->comper].name;

    snprintf(text, size, "%s in %s%s, %d.%d bpm, %s%s%s%s%s%s%s%s", c->tune.name, key_names[c->tune.home],
             c->tune.minor ? " (minor)" : "", c->tempo / 10, c->tempo % 10, c->lead[0]->name, *second ? " and " : "",
             second, *with ? ", " : "", with, c->bass ? ", bass" : "", c->drums ? ", drums" : "",
             c->brushes ? " (brushes)" : "");
}

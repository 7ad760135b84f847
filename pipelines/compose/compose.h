/* compose.h: what the composer's parts share: musical time, chance, harmony, plans, scores. */
#ifndef COMPOSE_H
#define COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Musical time is counted in steps: 12 to a beat, so that 6 is an eighth, 4 a triplet, 3 a sixteenth.
 * MIDI time is counted in ticks: 480 to a beat. Everything is in integers, and no expression draws from the
 * dice twice (C does not say which draw comes first), so that a seed writes the same bytes everywhere. */
enum { BEAT = 12, BEATS = 4, BAR = BEAT * BEATS, TICKS = 480 };

/* ---- dice.c: chance; every part of a clip draws from its own generator */
struct dice {
    uint64_t state;
};
void dice_start(struct dice *r, uint64_t seed, uint64_t clip, uint64_t part);
uint32_t dice_next(struct dice *r);
int dice_range(struct dice *r, int low, int high); /* low..high, both included */
bool dice_chance(struct dice *r, int permille);
int dice_bell(struct dice *r, int width); /* -width..width, mostly near 0 */
#define DICE_PICK(r, list) (list)[dice_range(r, 0, (int)(sizeof(list) / sizeof *(list)) - 1)] /* one of an array */
int dice_weighted(struct dice *r, const int *weights, int count); /* an index, as often as its weight says */

/* ---- smf.c: notes and controllers of several tracks, and the standard MIDI file of them */
enum { TRACK_BASS, TRACK_COMP, TRACK_LEAD, TRACK_LEAD2, TRACK_DRUMS, TRACK_COUNT };
struct score;
struct score *score_new(void);
void score_free(struct score *s);
void score_track(struct score *s, int track, const char *name, int program, int volume, int reverb, int pan);
void score_note(struct score *s, int track, int tick, int length, int pitch, int velocity);
void score_control(struct score *s, int track, int tick, int controller, int value);
void score_bend(struct score *s, int track, int tick, int cents); /* -200..200 */
/* writes what sounds from tick `start` to tick `end` to f, in which it seeks */
void score_write(const struct score *s, FILE *f, const char *title, int us_per_beat, int start, int end);

/* ---- harmony.c: chords, the forms, what may be played over them */
enum quality { MAJ7, MAJ6, MIN7, MIN6, DOM7, ALT7, LYD7, HALFDIM, DIM7, QUALITIES };
struct chord {
    int root; /* pitch class, 0 = C */
    enum quality quality;
};
enum { FORM_BARS = 64 };
struct tune {
    const char *name;
    int bars, section; /* length, and the length of its sections, in bars */
    int home;          /* the pitch class of its tonic */
    bool blues, minor;
    struct chord beat[FORM_BARS * BEATS];
};
void tune_choose(struct tune *t, struct dice *r, int key); /* transposed by key half tones */
bool chord_same(struct chord a, struct chord b);
/* whether what the pitch is to the chord is one of these letters */
bool chord_is(const char *letters, struct chord c, int pitch);
#define TONE "gtT" /* and the ninth where it is at home */
#define GUIDE "g"  /* third and seventh: what tells the chord */
#define SCALE "gtTsa"
#define AVOID "Ta" /* in the scale, but not to be leaned on */
int chord_voicing(struct chord c, struct dice *r, int notes, int *intervals); /* above the root; how many */

/* ---- line.c: the cheapest melodic line through a row of slots */
enum { LINE_LOW = 24, LINE_SPAN = 76, LINE_SLOTS = 128 };
struct line_slot {
    int cost[LINE_SPAN];     /* of every pitch from LINE_LOW */
    bool outside[LINE_SPAN]; /* must be left by a small step */
};
struct line_taste {
    int leap[13]; /* cost of an interval of 0..12 half tones */
    int beyond;   /* of each half tone more */
    int turn;     /* of changing direction after a step */
    int resolve;  /* of leaving an outside pitch by more than a whole tone */
};
void line_solve(const struct line_slot *slots, int count, int from, const struct line_taste *taste, int *pitches);

/* ---- plan.c: who plays what when */
struct voice {
    const char *name;
    int program, low, high;
    bool wind; /* can bend and swell, plays one note at a time, breathes */
    int level;
};
enum comper { COMP_NONE, COMP_PIANO, COMP_GUITAR, COMP_VIBES, COMP_ORGAN, COMP_RHODES };
enum lead { LEAD_NONE, LEAD_FIRST, LEAD_SECOND, LEAD_HEAD, LEAD_COMPER, LEAD_BASS, LEAD_DRUMS };
enum time_feel { TIME_NONE, TIME_TWO, TIME_FOUR, TIME_STOP, TIME_PEDAL };
struct bar {
    enum lead lead;
    enum time_feel bass;
    bool comp, drums;
    bool top;         /* a section starts here */
    bool last;        /* a section ends here */
    bool pickup;      /* only the second half is heard: whoever starts next leads in */
    int energy;       /* 0..100 */
    bool sung[BEATS]; /* the lead plays in this beat: the others listen */
};
struct clip {
    uint64_t seed;
    unsigned index;
    int tempo, us_per_beat; /* tempo in tenths of a beat per minute */
    int swing;              /* where the second eighth falls, in thousandths of a beat */
    int lag;                /* ticks by which the soloist lays back */
    struct tune tune;
    int bar0; /* the bar of the form where bar 0 of the clip is; may be negative */
    int bars;
    struct bar *bar;
    int start, end; /* ticks */
    enum comper comper;
    const struct voice *lead[2];
    bool drums, bass, brushes, trio; /* trio: the comping instrument is the soloist too */
    struct score *score;
};
int clip_tick(int step, int swing);
struct chord clip_chord(const struct clip *c, int step); /* what sounds there */
void plan_clip(struct clip *c, uint64_t seed, unsigned index, int seconds);
void plan_describe(const struct clip *c, char *text, size_t size);
extern const struct voice comper_voices[]; /* by enum comper */

/* ---- the players; each writes its own tracks, solo_play before the others because they listen to it */
enum { PART_PLAN = 1, PART_SOLO, PART_WALK, PART_COMP, PART_DRUMS };
void solo_play(struct clip *c);
void walk_play(struct clip *c);
void comp_play(struct clip *c);
void drums_play(struct clip *c);

#endif

/* harmony.c: the forms, as charts in C, and for each kind of chord its tones, its scale and its voicings. */
#include "compose.h"

#include <assert.h>
#include <string.h>

/* ---- kinds of chords */

/* Of the twelve half tones over the root: t belongs to the chord, g too and tells which it is, s is in its scale; T and a
 * are t and s, but not to be leaned on. Voicings are without the root, which is the bass player's. */
static const struct {
    const char *suffix, *tones;
    int voicing[2][4];
} kinds[QUALITIES] = {
    [MAJ7] = {"maj7", "t.t.ga.t.s.g", {{4, 7, 11, 14}, {4, 9, 11, 14}}},
    [MAJ6] = {"6", "t.t.ga.t.g.s", {{4, 7, 9, 14}, {4, 7, 9, 12}}},
    [MIN7] = {"m7", "t.tg.s.t.ag.", {{3, 7, 10, 14}, {3, 7, 10, 12}}},
    [MIN6] = {"m6", "t.tg.a.t.g.s", {{3, 7, 9, 14}, {3, 7, 9, 12}}},
    [DOM7] = {"7", "T.t.ga.t.sg.", {{4, 9, 10, 14}, {4, 7, 10, 14}}},
    [ALT7] = {"7b9", "Tt.sg.s.t.g.", {{4, 8, 10, 13}, {4, 8, 10, 15}}},
    [LYD7] = {"7#11", "T.t.g.ts.sg.", {{4, 9, 10, 14}, {4, 6, 10, 14}}},
    [HALFDIM] = {"m7b5", "t.ag.st.s.g.", {{3, 6, 10, 12}, {3, 6, 10, 17}}},
    [DIM7] = {"o", "t.sg.st.sg.s", {{3, 6, 9, 12}, {3, 6, 9, 14}}},
};

bool chord_is(const char *letters, struct chord c, int pitch)
{
    return strchr(letters, kinds[c.quality].tones[(pitch - c.root + 120) % 12]) != NULL;
}

bool chord_same(struct chord a, struct chord b)
{
    return a.root == b.root && a.quality == b.quality;
}

int chord_voicing(struct chord c, struct dice *r, int notes, int *intervals)
{
    const int *v = kinds[c.quality].voicing[dice_chance(r, 350)];
    int n = 0;

    assert(notes >= 2 && notes <= 4);
    for (int i = 0; i < 4 && n < notes; i++) {
        int pitch = c.root + v[i];

        /* a small voicing keeps third and seventh and takes one colour at most */
        if (notes == 4 || chord_is(GUIDE, c, pitch) || (notes == 3 && i == 3))
            intervals[n++] = v[i];
    }
    return n;
}

/* ---- forms: bars between "|", chords of a bar share its beats, "%" repeats the bar before */

#define RHYTHM_A "C6 A7|Dm7 G7|Em7 A7b9|Dm7 G7|Gm7 C7|F6 F#o|Em7 A7b9|Dm7 G7|"
#define RHYTHM_A2 "C6 C#o|Dm7 D#o|Em7 A7|Dm7 G7|C6 C7|F7 F#o|Dm7 G7|C6|"
#define RHYTHM_A3 "C6 Am7|Dm7 G7|C6 Am7|Dm7 G7|Gm7 C7|F6 Fm6|C6 A7b9|Dm7 G7|"
#define LEAVES_A "Dm7|G7|Cmaj7|Fmaj7|Bm7b5|E7b9|Am6|%|"
#define MINOR_A "Cm6|Cm6|Dm7b5|G7b9|Cm6|Cm7 F7|Bbmaj7 Eb7|Dm7b5 G7b9|"
#define LADDER_A "Cmaj7|%|Fm7|Bb7|Cmaj7|%|Bbm7|Eb7|"
#define SATIN_A "Dm7 G7|Dm7 G7|Em7 A7|Em7 A7|D7|Db7#11|C6|A7b9|"
#define BRIDGE_MODAL "Ebm7|%|%|%|%|%|%|%|"
#define MODAL_A "Dm7|%|%|%|%|%|%|%|"

static const struct form {
    const char *name;
    int weight, section, home; /* bars; the pitch class of the tonic */
    bool blues, minor;
    const char *chart;
} forms[] = {
    {"basic blues", 5, 4, 0, true, false, "C7|%|%|%|F7|%|C7|%|G7|F7|C7|G7|"},
    {"jazz blues", 9, 4, 0, true, false, "C7|F7|C7|Gm7 C7|F7|F#o|C7|Em7b5 A7b9|Dm7|G7|C7 A7b9|Dm7 G7|"},
    {"swing blues", 6, 4, 0, true, false, "C6|F7|C6|C7|F7|Fm6|C6|A7|D7|G7|C6 A7|D7 G7|"},
    {"bird blues", 5, 4, 0, true, false,
     "Cmaj7|Bm7b5 E7b9|Am7 D7|Gm7 C7|F7|Fm7 Bb7|Em7|Ebm7 Ab7|Dm7|G7|Em7 A7b9|Dm7 G7|"},
    {"minor blues", 6, 4, 0, true, true, "Cm6|%|%|C7b9|Fm7|%|Cm6|%|Ab7#11|G7b9|Cm6|Dm7b5 G7b9|"},
    {"two-five tune", 7, 8, 0, false, false,
     "Dm7|G7|Cmaj7|%|Dm7|G7|Em7|A7b9|Dm7|G7|Gm7|C7|Fmaj7|Bb7#11|Em7 A7b9|Dm7 G7|"},
    {"autumnal", 6, 8, 9, false, true,
     LEAVES_A LEAVES_A "Bm7b5|E7b9|Am6|%|Dm7|G7|Cmaj7|%|"
                       "Bm7b5|E7b9|Am7 D7|Gm7 C7|Bm7b5|E7b9|Am6|%|"},
    {"minor tune", 5, 8, 0, false, true, MINOR_A MINOR_A "Gm7|C7|Fmaj7|%|Fm7|Bb7|Ebmaj7|G7b9|" MINOR_A},
    {"falling keys", 5, 8, 0, false, false,
     "Cmaj7|%|Cm7|F7|Bbmaj7|%|Bbm7|Eb7|Abmaj7|Dm7b5 G7b9|Cm6|G7b9|Cmaj7|Em7 A7|Dm7|G7|"},
    {"ladder", 4, 8, 0, false, false, LADDER_A "Abmaj7|%|Am7|D7|Dm7|G7|Cmaj7 Ebmaj7|Abmaj7 Db7#11|"},
    {"satin", 5, 8, 0, false, false, SATIN_A SATIN_A "Gm7 C7|Gm7 C7|F6|%|Am7 D7|Am7 D7|G7|%|" SATIN_A},
    {"cycle", 4, 8, 8, false, false,
     "Fm7|Bbm7|Eb7|Abmaj7|Dbmaj7|G7|Cmaj7|%|Cm7|Fm7|Bb7|Ebmaj7|Abmaj7|D7|Gmaj7|E7b9|"
     "Am7|D7|Gmaj7|%|F#m7b5|B7b9|Emaj7|C7b9|Fm7|Bbm7|Eb7|Abmaj7|Dbm6|Cm7 Bo|Bbm7 Eb7|Ab6|"},
    {"turnaround", 5, 4, 0, false, false, "Cmaj7 Am7|Dm7 G7|Em7 A7b9|Dm7 Db7#11|"},
    {"modal tune", 4, 8, 2, false, true, MODAL_A MODAL_A BRIDGE_MODAL MODAL_A},
    {"rhythm changes", 9, 8, 0, false, false, RHYTHM_A RHYTHM_A "E7|%|A7|%|D7|%|G7|%|" RHYTHM_A},
    {"rhythm changes, passing chords", 5, 8, 0, false, false, RHYTHM_A2 RHYTHM_A2 "E7|%|A7|%|D7|%|G7|%|" RHYTHM_A2},
    {"rhythm changes, two-five bridge", 5, 8, 0, false, false,
     RHYTHM_A3 RHYTHM_A3 "Bm7|E7|Em7|A7|Am7|D7|Dm7|G7|" RHYTHM_A3},
};
enum { FORMS = sizeof forms / sizeof *forms };

static struct chord chord_read(const char *text, size_t length)
{
    static const int letters[] = {9, 11, 0, 2, 4, 5, 7};
    struct chord c = {letters[text[0] - 'A'], MAJ6};
    size_t at = 1;
    int q = 0;
    if (at < length && (text[at] == '#' || text[at] == 'b'))
        c.root = (c.root + (text[at++] == '#' ? 1 : 11)) % 12;
    while (q < QUALITIES &&
           (strlen(kinds[q].suffix) != length - at || strncmp(kinds[q].suffix, text + at, length - at)))
        q++;
    assert(q < QUALITIES); /* a chart holds no other chords */
    c.quality = (enum quality)q;
    return c;
}

static void chart_read(struct tune *t, const char *chart)
{
    for (; *chart; chart++, t->bars++) {
        struct chord bar[BEATS], *beat = t->beat + t->bars * BEATS;
        int n = 0;

        assert(t->bars < FORM_BARS);
        if (*chart == '%') {
            memcpy(beat, beat - BEATS, BEATS * sizeof *beat);
            chart++;
            continue;
        }
        while (*chart != '|') {
            size_t length = strcspn(chart, " |");

            bar[n++] = chord_read(chart, length);
            chart += length;
            chart += *chart == ' ';
        }
        for (int b = 0; b < BEATS; b++)
            beat[b] = bar[b * n / BEATS];
    }
}

/* what players do to a chart: a dominant before its goal is split into ii-V, or moved by a tritone */
static void reharmonize(struct tune *t, struct dice *r)
{
    for (int bar = 0; bar + 1 < t->bars; bar++) {
        struct chord *beat = t->beat + bar * BEATS;
        bool whole = chord_same(beat[0], beat[BEATS - 1]) && beat[0].quality == DOM7;
        bool resolves = (beat[0].root - beat[BEATS].root + 12) % 12 == 7;

        if (!whole || !resolves)
            continue;
        if (dice_chance(r, 220)) {
            for (int b = 0; b < 2; b++)
                beat[b] = (struct chord){(beat[b].root + 7) % 12, MIN7};
        } else if (dice_chance(r, 120)) {
            for (int b = 2; b < BEATS; b++)
                beat[b] = (struct chord){(beat[b].root + 6) % 12, LYD7};
        } else if (dice_chance(r, 150)) {
            for (int b = 2; b < BEATS; b++)
                beat[b].quality = ALT7;
        }
    }
}

void tune_choose(struct tune *t, struct dice *r, int key)
{
    int weights[FORMS];
    const struct form *f;

    for (int i = 0; i < FORMS; i++)
        weights[i] = forms[i].weight;
    f = &forms[dice_weighted(r, weights, FORMS)];
    *t = (struct tune){
        .name = f->name, .section = f->section, .home = (f->home + key) % 12, .blues = f->blues, .minor = f->minor};
    chart_read(t, f->chart);
    reharmonize(t, r);
    for (int i = 0; i < t->bars * BEATS; i++)
        t->beat[i].root = (t->beat[i].root + key) % 12;
}

struct chord clip_chord(const struct clip *c, int step)
{
    int whole = c->tune.bars * BAR;
    int at = ((step + c->bar0 * BAR) % whole + whole) % whole;

    return c->tune.beat[at / BEAT];
}

/* solo.c: who leads: heads that come back, and improvised phrases: lines, motifs, long notes, blues licks. */
#include "compose.h"

#include <string.h>

enum { PHRASE_NOTES = 96, NEVER = 100000, NO_WISH = -1 };
enum kind { LINE, MOTIF, LYRIC, LICK, KINDS };

struct phrase {
    int n, at[PHRASE_NOTES], length[PHRASE_NOTES], pitch[PHRASE_NOTES], wanted[PHRASE_NOTES];
    bool blue;
    int start, peak, goal; /* heights the phrase goes through */
};

struct soloist {
    struct clip *clip;
    struct dice *dice;
    const struct voice *voice;
    int track, last, swing, lag, character;
    bool octaves;
};

static const struct voice bass_voice = {"bass", 32, 36, 62, false, 0};

static const struct line_taste line_taste = {
    .leap = {28, 2, 0, 1, 2, 7, 14, 8, 12, 14, 22, 28, 18},
    .beyond = 12,
    .turn = 4,
    .resolve = 60,
};
static const struct line_taste song_taste = {
    .leap = {5, 3, 0, 1, 2, 4, 12, 6, 9, 10, 16, 22, 12},
    .beyond = 12,
    .turn = 1,
    .resolve = 60,
};

/* ---- rhythm: x strikes an eighth, - holds it, . rests; t is a beat of triplets, s one of sixteenths,
 * T is three notes over two beats */

static void strike(struct phrase *p, int at, int length)
{
    if (p->n == PHRASE_NOTES)
        return;
    p->at[p->n] = at;
    p->length[p->n] = length;
    p->wanted[p->n++] = NO_WISH;
}

static int rhythm_add(struct phrase *p, const char *text, int at)
{
    for (; *text; text++) {
        int many = *text == 's' ? 4 : *text == 't' || *text == 'T' ? 3 : 1;
        int each = *text == 's' ? 3 : *text == 't' ? 4 : *text == 'T' ? 8 : 6;

        if (*text == '-' && p->n > 0)
            p->length[p->n - 1] += 6;
        else if (*text != '.' && *text != '-')
            for (int i = 0; i < many; i++)
                strike(p, at + i * each, each);
        at += many * each;
    }
    return at;
}

/* a run of eighths with something to break it up, of so many beats */
static int line_rhythm(const struct soloist *s, struct phrase *p, int at, int beats)
{
    static const char *const starts[] = {"xx", ".x", ".x", "x-", "t"};
    static const char *const ends[] = {"x-", "xx", "x-..", ".x--", "x---", "xx", "x."};
    static const char *const cells[] = {"xx", "x-", ".x", "t", "s", "x-.x"};
    int tempo = s->clip->tempo;
    int weights[] = {70, 7, 7, tempo < 1700 ? 9 : 2, tempo < 1150 ? 16 : 0, 4};

    at = rhythm_add(p, DICE_PICK(s->dice, starts), at);
    while (--beats > 1)
        at = rhythm_add(p, cells[dice_weighted(s->dice, weights, 6)], at);
    return rhythm_add(p, DICE_PICK(s->dice, ends), at);
}

static const char *const figures[] = {
    /* one bar */
    "x-.x.xx-", ".x-x-x-.", "xx.xx-..", "x..x..x-", ".xx-.xx-", "x-xxx-..", ".x.x.x--", "xxx-.x--",
    "x-x-.x--", "x--x--x-", ".xxxx-..", "xx-x.x--", "..xx-x--", ".x-x.x-.", "x-.xx-.x", "tx-x-.. ",
};
static const char *const songs[] = {
    /* one bar of a head or of a quiet phrase */
    "x---x-x-", "x-----.x", "x--x----", ".x--x---", "x-x-x---", "x------.", "xx-x----", "T-.x--", "x--xx--x",
};
static const char *const licks[] = {
    /* one or two bars, over the blues scale */
    "tx-x-...", "xxx-xxx-", ".xtx-x-.", "x-t-x---", "x.x.txx-x-......", "ttx---..", ".xxx.xxx-x-.....", "x--xtx-.",
};

/* ---- pitch */

static bool blue_note(const struct clip *c, int pitch)
{
    static const bool blues[12] = {[0] = true, [3] = true, [5] = true, [6] = true, [7] = true, [10] = true};

    return blues[((pitch - c->tune.home) % 12 + 12) % 12];
}

/* strong notes are chord tones, thirds and sevenths before all; weak ones lead there */
static int note_cost(const struct clip *c, const struct phrase *p, int i, int pitch, bool *outside)
{
    bool last = i == p->n - 1, strong = p->at[i] % (2 * BEAT) == 0 || p->length[i] >= BEAT || last;
    bool tied_over = p->at[i] % BEAT >= 6 && (p->length[i] > 6 || last); /* belongs to the next beat */
    struct chord chord = clip_chord(c, p->at[i] + (tied_over ? 6 : 0));

    *outside = false;
    if (p->blue && blue_note(c, pitch))
        return strong && chord_is(AVOID, chord, pitch) ? 8 : 1;
    if (chord_is(TONE, chord, pitch)) {
        if (chord_is(GUIDE, chord, pitch))
            return strong ? 0 : 2;
        return (strong ? 3 : 1) + ((pitch - chord.root) % 12 == 0 ? 3 : 0);
    }
    if (chord_is(SCALE, chord, pitch))
        return strong ? (chord_is(AVOID, chord, pitch) ? 26 : 11) : (chord_is(AVOID, chord, pitch) ? 6 : 3);
    *outside = true;
    return strong ? 48 : p->at[i] % BEAT ? 14 : 24;
}

static int height(const struct phrase *p, int i)
{
    int half = p->n / 2 > 0 ? p->n / 2 : 1;

    return i < half ? p->start + (p->peak - p->start) * i / half
                    : p->peak + (p->goal - p->peak) * (i - half) / (p->n - half > 0 ? p->n - half : 1);
}

static void find_pitches(struct soloist *s, struct phrase *p, const struct line_taste *taste)
{
    static struct line_slot slots[PHRASE_NOTES];
    for (int i = 0; i < p->n; i++) {
        int h = height(p, i);

        for (int k = 0; k < LINE_SPAN; k++) {
            int pitch = LINE_LOW + k, cost = NEVER, off = pitch > h ? pitch - h : h - pitch, far;

            slots[i].outside[k] = false;
            if (pitch >= s->voice->low && pitch <= s->voice->high) {
                cost = note_cost(s->clip, p, i, pitch, &slots[i].outside[k]) + dice_range(s->dice, 0, 9);
                far = pitch > p->wanted[i] ? pitch - p->wanted[i] : p->wanted[i] - pitch;
                cost += p->wanted[i] == NO_WISH ? off * 2 / 3 : far > 10 ? 60 : 6 * far;
            }
            slots[i].cost[k] = cost;
        }
    }
    if (p->n > 0)
        line_solve(slots, p->n, s->last, taste, p->pitch);
}

static void choose_shape(struct soloist *s, struct phrase *p)
{
    int low = s->voice->low + 3, high = s->voice->high - 3;
    int middle = (low + high) / 2, reach = (high - low) / 2;

    p->start = s->last > 0 ? (s->last + middle) / 2 + dice_bell(s->dice, 7) : middle + dice_bell(s->dice, 9);
    p->peak = middle + dice_range(s->dice, -reach / 2, reach);
    p->goal = middle + dice_bell(s->dice, reach);
}

/* ---- sound */

static int when(const struct soloist *s, int step)
{
    int lag = step % BEAT == 0 ? s->lag : s->lag / 2;

    return clip_tick(step, s->swing) + lag;
}

static void mark_sung(struct clip *c, int at, int length)
{
    for (int beat = at / BEAT; beat <= (at + length - 1) / BEAT; beat++)
        if (at >= 0 && beat < c->bars * BEATS)
            c->bar[beat / BEATS].sung[beat % BEATS] = true;
}

/* a wind player slides into a note from below, or lets a long one swell and shake */
static void inflect(struct soloist *s, int tick, int length, bool first)
{
    struct score *score = s->clip->score;
    if (dice_chance(s->dice, first ? 260 : 40)) {
        for (int k = 0; k <= 4; k++)
            score_bend(score, s->track, tick + k * 18, -20 * (4 - k));
    }
    if (length > TICKS * 5 / 4) {
        for (int k = 0; k <= 5; k++)
            score_control(score, s->track, tick + length * (4 + k) / 10, 1, 10 * k);
        score_control(score, s->track, tick + length, 1, 0);
        for (int k = 0; k <= 6; k++)
            score_control(score, s->track, tick + length * k / 7, 11, k < 3 ? 104 + 7 * k : 125 - 6 * (k - 3));
        score_control(score, s->track, tick + length + 1, 11, 118);
    }
}

static int accent(const struct phrase *p, int i)
{
    int a = p->at[i] % BEAT == 6 ? 7 : p->at[i] % BEAT == 0 ? 0 : -4;
    bool up = i == 0 || p->pitch[i] > p->pitch[i - 1], down = i + 1 == p->n || p->pitch[i + 1] < p->pitch[i];

    if (up && down)
        a += 7;
    else if (!up && !down && p->length[i] <= 6)
        a -= 9;
    return a - (p->length[i] < 6 ? 5 : 0);
}

static void play_phrase(struct soloist *s, const struct phrase *p, int velocity, int detach)
{
    struct clip *c = s->clip;
    for (int i = 0; i < p->n; i++) {
        int tick = when(s, p->at[i]), room = when(s, p->at[i] + p->length[i]) - tick;
        bool tied = i + 1 < p->n && p->at[i + 1] == p->at[i] + p->length[i];
        int length = room * (tied && p->length[i] <= 6 ? 100 - detach / 4 : 100 - detach) / 100;
        int v = velocity + accent(p, i) + dice_bell(s->dice, 8);

        tick += dice_bell(s->dice, 6);
        if (p->at[i] < 0)
            continue;
        if (s->voice->wind)
            inflect(s, tick, length, i == 0);
        if (p->length[i] >= 6 && dice_chance(s->dice, s->voice->wind ? 35 : 55))
            score_note(c->score, s->track, tick - 34, 32, p->pitch[i] - 1, v - 18);
        score_note(c->score, s->track, tick, length, p->pitch[i], v);
        if (s->octaves && p->pitch[i] - 12 >= s->voice->low - 8)
            score_note(c->score, s->track, tick, length, p->pitch[i] - 12, v - 10);
        mark_sung(c, p->at[i], p->length[i]);
    }
    if (p->n > 0)
        s->last = p->pitch[p->n - 1];
}

/* ---- phrases */

static int loudness(const struct soloist *s, int step)
{
    int bar = step < 0 ? 0 : step / BAR;

    return 66 + s->clip->bar[bar < s->clip->bars ? bar : s->clip->bars - 1].energy * 3 / 10;
}

/* drops what would start after the player's turn is over */
static void cut(struct phrase *p, int end)
{
    while (p->n > 0 && p->at[p->n - 1] >= end)
        p->n--;
}

/* the same figure two to four times, carried along with the harmony, the last time with a tail */
static int play_motif(struct soloist *s, int at, int end, enum kind kind)
{
    struct phrase first = {0}, p = {0};
    bool lick = kind == LICK;
    const char *figure = lick ? DICE_PICK(s->dice, licks) : DICE_PICK(s->dice, figures);
    int period = strlen(figure) > 8 || dice_chance(s->dice, 250) ? 2 * BAR : BAR;
    int times = dice_range(s->dice, 2, lick ? 2 : 4), way = dice_range(s->dice, -1, 1);
    int shift = way * dice_range(s->dice, 1, 3);

    at = (at + BAR - 1) / BAR * BAR;
    for (int k = 0; k < times && at < end; k++, at += period) {
        memset(&p, 0, sizeof p);
        choose_shape(s, &p);
        p.blue = lick || (s->clip->tune.blues && dice_chance(s->dice, 400));
        rhythm_add(&p, figure, at);
        if (k == times - 1 && !lick && dice_chance(s->dice, 600))
            line_rhythm(s, &p, at + BAR, dice_range(s->dice, 2, 5));
        for (int i = 0; k > 0 && i < first.n && i < p.n; i++)
            p.wanted[i] = first.pitch[i] + shift * k;
        cut(&p, end);
        find_pitches(s, &p, &song_taste);
        play_phrase(s, &p, loudness(s, at) + 2 * k, 12);
        if (k == 0)
            first = p;
    }
    return p.n > 0 ? p.at[p.n - 1] + p.length[p.n - 1] : at;
}

static int play_free(struct soloist *s, int at, int end, enum kind kind)
{
    struct phrase p = {0};
    int energy = s->clip->bar[at < 0 ? 0 : at / BAR].energy, beats;

    choose_shape(s, &p);
    if (kind == LINE) {
        p.blue = s->clip->tune.blues && dice_chance(s->dice, 250);
        beats = dice_range(s->dice, 4, 10);
        line_rhythm(s, &p, at, beats + dice_range(s->dice, 0, energy / 8));
    } else {
        at = (at + 2 * BEAT - 1) / (2 * BEAT) * 2 * BEAT;
        for (int i = dice_range(s->dice, 1, 3); i > 0; i--)
            at = rhythm_add(&p, DICE_PICK(s->dice, songs), at);
    }
    cut(&p, end);
    find_pitches(s, &p, kind == LINE ? &line_taste : &song_taste);
    play_phrase(s, &p, loudness(s, at), kind == LINE ? 14 : 6);
    return p.n > 0 ? p.at[p.n - 1] + p.length[p.n - 1] : at + BEAT;
}

static void improvise(struct soloist *s, int at, int end)
{
    static const int characters[4][KINDS] = {
        /* bop, riffs, cool, blues */
        {84, 8, 4, 4},
        {46, 38, 6, 10},
        {54, 14, 28, 4},
        {50, 18, 6, 26},
    };
    int rest, energy;

    while (at < end) {
        enum kind kind = (enum kind)dice_weighted(s->dice, characters[s->character], KINDS);

        energy = s->clip->bar[at < 0 ? 0 : at / BAR].energy;
        s->octaves = !s->voice->wind && kind != LINE && s->track != TRACK_BASS && dice_chance(s->dice, 220);
        at = kind == LINE || kind == LYRIC ? play_free(s, at, end, kind) : play_motif(s, at, end, kind);
        rest = dice_range(s->dice, 1, energy > 60 ? 3 : 4);
        at = (at + 5) / 6 * 6 + rest * (dice_chance(s->dice, 500) ? BEAT : 6);
    }
}

/* ---- heads: phrases of four bars, A A B A or the like, that keep their rhythm and follow the harmony */

enum { HEAD_BARS = 4, HEAD_LETTERS = 3 };

static void compose_head(struct soloist *s, char rhythm[HEAD_LETTERS][HEAD_BARS][20])
{
    bool song = dice_chance(s->dice, 400);

    for (int letter = 0; letter < HEAD_LETTERS; letter++) {
        for (int bar = 0; bar < HEAD_BARS; bar++) {
            const char *text = song || letter == 1 ? DICE_PICK(s->dice, songs) : DICE_PICK(s->dice, figures);

            if (bar == 2 && dice_chance(s->dice, 650))
                text = rhythm[letter][0]; /* the second half answers the first with the same figure */
            if (bar == 3 && dice_chance(s->dice, 450))
                text = "x-------";
            memmove(rhythm[letter][bar], text, strlen(text) + 1);
        }
    }
}

static void play_head(struct soloist *s, struct soloist *other, int first_bar, int end_bar)
{
    static const char *const orders[] = {"AABA", "ABAC", "AAAB", "AAAA", "ABAB"};
    char rhythm[HEAD_LETTERS][HEAD_BARS][20];
    struct phrase seen[HEAD_LETTERS];
    struct clip *c = s->clip;
    const char *order = DICE_PICK(s->dice, orders);
    int bar = first_bar, below = dice_chance(s->dice, 500) ? 0 : dice_range(s->dice, 3, 4);

    memset(seen, 0, sizeof seen);
    compose_head(s, rhythm);
    while (bar < end_bar) {
        int at_form = ((bar + c->bar0) % c->tune.bars + c->tune.bars) % c->tune.bars;
        int letter = order[at_form / HEAD_BARS % 4] - 'A', from = at_form % HEAD_BARS;
        struct phrase p = {0}, q;

        for (int k = from; k < HEAD_BARS && bar < end_bar; k++, bar++)
            rhythm_add(&p, rhythm[letter][k], bar * BAR);
        choose_shape(s, &p);
        for (int i = 0; i < p.n && seen[letter].n >= p.n; i++) /* a phrase begun in its middle keeps its ending */
            p.wanted[i] = seen[letter].pitch[seen[letter].n - p.n + i];
        find_pitches(s, &p, &song_taste);
        if (seen[letter].n < p.n)
            seen[letter] = p;
        play_phrase(s, &p, loudness(s, bar * BAR - BAR), 10);
        if (!other)
            continue;
        q = p;
        for (int i = 0; i < p.n; i++) /* the second voice: unison or octave, or a chord tone under the first */
            q.wanted[i] = p.pitch[i] - below;
        q.start = q.peak = q.goal = (other->voice->low + other->voice->high) / 2;
        if (below) {
            find_pitches(other, &q, &song_taste);
        } else {
            for (int i = 0; i < q.n; i++) {
                while (q.pitch[i] > other->voice->high)
                    q.pitch[i] -= 12;
                while (q.pitch[i] < other->voice->low)
                    q.pitch[i] += 12;
            }
        }
        play_phrase(other, &q, loudness(s, bar * BAR - BAR) - 6, 10);
    }
}

/* ---- turns */

static struct soloist soloist_for(struct clip *c, struct dice *r, enum lead lead)
{
    struct soloist s = {.clip = c, .dice = r, .voice = c->lead[0], .track = TRACK_LEAD, .lag = c->lag};

    if (lead == LEAD_SECOND) {
        s.voice = c->lead[1];
        s.track = TRACK_LEAD2;
    } else if (lead == LEAD_COMPER) {
        s.voice = &comper_voices[c->comper];
        s.track = TRACK_COMP;
    } else if (lead == LEAD_BASS) {
        s.voice = &bass_voice;
        s.track = TRACK_BASS;
        s.lag = 0;
    }
    s.swing = (c->swing - 500) * 4 / 5 + 500;
    s.character = dice_range(r, 0, 3);
    return s;
}

void solo_play(struct clip *c)
{
    struct dice r;
    int end, turn = 0, character[LEAD_DRUMS + 1];

    dice_start(&r, c->seed, c->index, PART_SOLO);
    for (int bar = 0; bar <= LEAD_DRUMS; bar++)
        character[bar] = dice_range(&r, 0, 3);
    for (int bar = 0; bar < c->bars; bar = end) {
        enum lead lead = c->bar[bar].lead;
        struct soloist s = soloist_for(c, &r, lead), other = soloist_for(c, &r, LEAD_SECOND);
        int from = bar * BAR;

        for (end = bar + 1; end < c->bars && c->bar[end].lead == lead; end++)
            ;
        if (lead == LEAD_NONE || lead == LEAD_DRUMS)
            continue;
        s.character = character[lead];
        if (lead == LEAD_HEAD) {
            play_head(&s, c->lead[1] ? &other : NULL, bar, end);
            continue;
        }
        if (bar > 0 && dice_chance(&r, c->bar[bar - 1].pickup ? 900 : 450)) /* leads in before the bar line */
            from -= 6 * dice_range(&r, 1, 4);
        else if (turn++ || dice_chance(&r, 500))
            from += 6 * dice_range(&r, 0, 5);
        improvise(&s, from, end * BAR - 6 * dice_range(&r, 0, 4));
    }
}

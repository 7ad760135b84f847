/* smf.c: keeps the notes and controllers of a clip and writes them as a standard MIDI file, format 1. */
#include "compose.h"

#include <stdlib.h>
#include <string.h>

enum { CHANNEL_DRUMS = 9, BEND_CENTRE = 8192, BEND_CENTS = 200, SOUND_OFF = 120 };

struct note {
    int tick, length, pitch, velocity;
};
struct change {
    int tick;
    unsigned char status, a, b;
};
struct track {
    const char *name;
    struct note *notes;
    size_t notes_n, notes_max;
    struct change *changes;
    size_t changes_n, changes_max;
};
struct score {
    struct track track[TRACK_COUNT];
};
struct event {
    int tick, order;
    size_t number;
    unsigned char status, a, b;
};
struct bytes {
    unsigned char *data;
    size_t n, max;
};

void *need(void *memory)
{
    if (!memory) {
        fputs("compose: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

/* makes room for one more element of an array that doubles */
static void *grow(void *array, size_t used, size_t *max, size_t element)
{
    if (used < *max)
        return array;
    *max = *max ? 2 * *max : 256;
    return need(realloc(array, *max * element));
}

struct score *score_new(void)
{
    return need(calloc(1, sizeof(struct score)));
}

void score_free(struct score *s)
{
    int i;

    for (i = 0; s && i < TRACK_COUNT; i++) {
        free(s->track[i].notes);
        free(s->track[i].changes);
    }
    free(s);
}

static unsigned char channel(int track)
{
    return (unsigned char)(track == TRACK_DRUMS ? CHANNEL_DRUMS : track);
}

static int bound(int x, int low, int high)
{
    return x < low ? low : x > high ? high : x;
}

static void change_add(struct score *s, int track, int tick, int status, int a, int b)
{
    struct track *t = &s->track[track];

    t->changes = grow(t->changes, t->changes_n, &t->changes_max, sizeof *t->changes);
    t->changes[t->changes_n++] =
        (struct change){tick, (unsigned char)(status | channel(track)), (unsigned char)a, (unsigned char)b};
}

void score_control(struct score *s, int track, int tick, int controller, int value)
{
    change_add(s, track, tick, 0xb0, controller, bound(value, 0, 127));
}

void score_bend(struct score *s, int track, int tick, int cents)
{
    int v = bound(BEND_CENTRE + cents * BEND_CENTRE / BEND_CENTS, 0, 2 * BEND_CENTRE - 1);

    change_add(s, track, tick, 0xe0, v & 127, v >> 7);
}

void score_track(struct score *s, int track, const char *name, int program, int volume, int reverb, int pan)
{
    enum { LONG_AGO = -1000000 }; /* the setting-up comes first, wherever the clip starts */

    s->track[track].name = name;
    change_add(s, track, LONG_AGO, 0xc0, program, 0);
    score_control(s, track, LONG_AGO, 7, volume);
    score_control(s, track, LONG_AGO, 10, pan);
    score_control(s, track, LONG_AGO, 91, reverb);
}

void score_note(struct score *s, int track, int tick, int length, int pitch, int velocity)
{
    struct track *t = &s->track[track];

    if (pitch < 0 || pitch > 127)
        return;
    t->notes = grow(t->notes, t->notes_n, &t->notes_max, sizeof *t->notes);
    t->notes[t->notes_n++] = (struct note){tick, length < 12 ? 12 : length, pitch, bound(velocity, 1, 127)};
}

static int note_order(const void *x, const void *y)
{
    const struct note *a = x, *b = y;

    if (a->pitch != b->pitch)
        return a->pitch < b->pitch ? -1 : 1;
    if (a->tick != b->tick)
        return a->tick < b->tick ? -1 : 1;
    if (a->velocity != b->velocity)
        return a->velocity > b->velocity ? -1 : 1;
    return (a->length < b->length) - (a->length > b->length);
}

static int event_order(const void *x, const void *y)
{
    const struct event *a = x, *b = y;

    if (a->tick != b->tick)
        return a->tick < b->tick ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static void put(struct bytes *out, int byte)
{
    out->data = grow(out->data, out->n, &out->max, 1);
    out->data[out->n++] = (unsigned char)byte;
}

static void put_length(struct bytes *out, uint32_t n)
{
    int shift;

    for (shift = 28; shift > 0; shift -= 7)
        if (n >> shift)
            put(out, (int)(128 | ((n >> shift) & 127)));
    put(out, (int)(n & 127));
}

static void put_text(struct bytes *out, int kind, const char *text)
{
    put_length(out, 0);
    put(out, 0xff);
    put(out, kind);
    put_length(out, (uint32_t)strlen(text));
    for (; *text; text++)
        put(out, (unsigned char)*text);
}

static void put_end(struct bytes *out, int after)
{
    put_length(out, (uint32_t)after);
    put(out, 0xff);
    put(out, 0x2f);
    put(out, 0);
}

static size_t big_endian(unsigned char *to, uint32_t x, int bytes)
{
    int i;

    for (i = 0; i < bytes; i++)
        to[i] = (unsigned char)(x >> (8 * (bytes - 1 - i)));
    return (size_t)bytes;
}

static int write_chunk(FILE *f, const struct bytes *b)
{
    unsigned char head[8] = "MTrk";

    big_endian(head + 4, (uint32_t)b->n, 4);
    return fwrite(head, 1, 8, f) == 8 && fwrite(b->data, 1, b->n, f) == b->n ? 0 : -1;
}

/* the events of a track from start to end; a note's end comes before a new note of the same tick,
 * and a note that is struck again while it sounds ends there */
static struct event *track_events(const struct track *t, int number, int start, int end, size_t *count)
{
    struct note *notes = need(malloc((t->notes_n + 1) * sizeof *notes));
    struct event *ev = need(malloc((2 * t->notes_n + t->changes_n + 1) * sizeof *ev));
    unsigned char on = (unsigned char)(0x90 | channel(number));
    size_t i, next, n = 0;

    if (t->notes_n)
        memcpy(notes, t->notes, t->notes_n * sizeof *notes);
    qsort(notes, t->notes_n, sizeof *notes, note_order);
    for (i = 0; i < t->notes_n; i = next) {
        int from = notes[i].tick, to = from + notes[i].length;

        next = i + 1;
        while (next < t->notes_n && notes[next].pitch == notes[i].pitch && notes[next].tick == from)
            next++; /* of two at once the louder one sounds */
        if (next < t->notes_n && notes[next].pitch == notes[i].pitch && notes[next].tick < to)
            to = notes[next].tick;
        if (from < start || from >= end)
            continue;
        to = bound(to, from + 1, end);
        ev[n] = (struct event){from - start, 2, n, on, (unsigned char)notes[i].pitch, (unsigned char)notes[i].velocity};
        n++;
        ev[n] = (struct event){to - start, 0, n, on, (unsigned char)notes[i].pitch, 0};
        n++;
    }
    for (i = 0; i < t->changes_n; i++) {
        const struct change *c = &t->changes[i];

        if (c->tick >= end)
            continue;
        ev[n] = (struct event){c->tick < start ? 0 : c->tick - start, 1, i, c->status, c->a, c->b};
        n++;
    }
    qsort(ev, n, sizeof *ev, event_order);
    free(notes);
    *count = n;
    return ev;
}

static void put_track(struct bytes *out, const struct track *t, int number, int start, int end)
{
    size_t n, i;
    struct event *ev = track_events(t, number, start, end, &n);
    int now = 0;

    put_text(out, 3, t->name);
    for (i = 0; i < n; i++) {
        put_length(out, (uint32_t)(ev[i].tick - now));
        put(out, ev[i].status);
        put(out, ev[i].a);
        if ((ev[i].status & 0xf0) != 0xc0)
            put(out, ev[i].b);
        now = ev[i].tick;
    }
    put_length(out, (uint32_t)(end - start - now)); /* nothing rings on: a clip is cut out of a piece */
    put(out, 0xb0 | channel(number));
    put(out, SOUND_OFF);
    put(out, 0);
    put_end(out, 0);
    free(ev);
}

static bool heard(const struct track *t)
{
    return t->name && t->notes_n;
}

int score_write(const struct score *s, FILE *f, const char *title, int us_per_beat, int start, int end)
{
    unsigned char head[14] = "MThd";
    struct bytes out = {0};
    int i, tracks = 1, bad;

    for (i = 0; i < TRACK_COUNT; i++)
        tracks += heard(&s->track[i]);
    big_endian(head + 4, 6, 4);
    big_endian(head + 8, 1, 2);
    big_endian(head + 10, (uint32_t)tracks, 2);
    big_endian(head + 12, TICKS, 2);
    bad = fwrite(head, 1, sizeof head, f) != sizeof head;

    put_text(&out, 3, title);
    put_length(&out, 0);
    put(&out, 0xff);
    put(&out, 0x51);
    put(&out, 3);
    for (i = 16; i >= 0; i -= 8)
        put(&out, (us_per_beat >> i) & 255);
    put_end(&out, end - start);
    bad |= write_chunk(f, &out) < 0;
    for (i = 0; i < TRACK_COUNT; i++) {
        if (!heard(&s->track[i]))
            continue;
        out.n = 0;
        put_track(&out, &s->track[i], i, start, end);
        bad |= write_chunk(f, &out) < 0;
    }
    free(out.data);
    return bad ? -1 : 0;
}

/* smf.c: keeps the notes and controllers of a clip and writes them as a standard MIDI file, format 1. */
#include "compose.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { CHANNEL_DRUMS = 9, BEND_CENTRE = 8192, BEND_CENTS = 200, SOUND_OFF = 120 };

/* what sorts comes first: of two at once the louder one, then the longer */
struct note {
    int pitch, tick, soft, shorter; /* velocity and length, less than 0 */
};
struct event {
    int tick, order, number, bytes; /* status and two more; how many is in the status */
};
struct track {
    const char *name;
    struct note *notes;
    size_t notes_n;
    struct event *changes;
    size_t changes_n;
};
struct score {
    struct track track[TRACK_COUNT];
};

struct score *score_new(void)
{
    return mem_zero(1, sizeof(struct score));
}

void score_free(struct score *s)
{
    for (int i = 0; s && i < TRACK_COUNT; i++) {
        free(s->track[i].notes);
        free(s->track[i].changes);
    }
    free(s);
}

static int message(int track, int status, int a, int b)
{
    return (status | (track == TRACK_DRUMS ? CHANNEL_DRUMS : track)) << 16 | a << 8 | b;
}

static int bound(int x, int low, int high)
{
    return x < low ? low : x > high ? high : x;
}

static void change_add(struct score *s, int track, int tick, int status, int a, int b)
{
    struct track *t = &s->track[track];

    t->changes = mem_more(t->changes, t->changes_n, sizeof *t->changes);
    t->changes[t->changes_n] = (struct event){tick, 1, (int)t->changes_n, message(track, status, a, b)};
    t->changes_n++;
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
    t->notes = mem_more(t->notes, t->notes_n, sizeof *t->notes);
    t->notes[t->notes_n++] = (struct note){pitch, tick, -bound(velocity, 1, 127), -(length < 12 ? 12 : length)};
}

/* of notes and events: four numbers, the first of which differ says it */
static int by_numbers(const void *x, const void *y)
{
    const int *a = x, *b = y;
    int i = 0;

    while (i < 3 && a[i] == b[i])
        i++;
    return (a[i] > b[i]) - (a[i] < b[i]);
}

/* of bytes bytes, the first one first */
static void put_number(FILE *f, uint32_t x, int bytes)
{
    while (bytes-- > 0)
        putc((int)(x >> 8 * bytes & 255), f);
}

static void put_length(FILE *f, uint32_t n)
{
    for (int shift = 28; shift > 0; shift -= 7)
        if (n >> shift)
            putc((int)(128 | (n >> shift & 127)), f);
    putc((int)(n & 127), f);
}

static void put_meta(FILE *f, int after, int kind, const char *bytes, size_t count)
{
    put_length(f, (uint32_t)after);
    put_number(f, 0xff00u | (uint32_t)kind, 2);
    put_length(f, (uint32_t)count);
    fwrite(bytes, 1, count, f);
}

/* the events of a track from start to end; a note's end comes before a new note of the same tick,
 * and a note that is struck again while it sounds ends there */
static struct event *track_events(const struct track *t, int number, int start, int end, size_t *count)
{
    struct note *notes = t->notes;
    struct event *ev = mem_zero(2 * t->notes_n + t->changes_n, sizeof *ev);
    size_t i, next;
    int n = 0;

    qsort(notes, t->notes_n, sizeof *notes, by_numbers);
    for (i = 0; i < t->notes_n; i = next) {
        int pitch = notes[i].pitch, from = notes[i].tick, to = from - notes[i].shorter;

        next = i + 1;
        while (next < t->notes_n && notes[next].pitch == pitch && notes[next].tick == from)
            next++; /* of two at once the louder one sounds */
        if (next < t->notes_n && notes[next].pitch == pitch && notes[next].tick < to)
            to = notes[next].tick;
        if (from < start || from >= end)
            continue;
        ev[n] = (struct event){from - start, 2, n, message(number, 0x90, pitch, -notes[i].soft)};
        n++;
        ev[n] = (struct event){bound(to, from + 1, end) - start, 0, n, message(number, 0x90, pitch, 0)};
        n++;
    }
    for (i = 0; i < t->changes_n; i++) {
        ev[n] = t->changes[i];
        ev[n].tick = ev[n].tick < start ? 0 : ev[n].tick - start;
        n += t->changes[i].tick < end;
    }
    *count = (size_t)n;
    qsort(ev, *count, sizeof *ev, by_numbers);
    return ev;
}

static void put_track(FILE *f, const struct track *t, int number, int start, int end)
{
    size_t n;
    struct event *ev = track_events(t, number, start, end, &n);
    int now = 0;

    put_meta(f, 0, 3, t->name, strlen(t->name));
    for (size_t i = 0; i < n; i++) {
        bool program = ev[i].bytes >> 20 == 0xc; /* which has one byte less */

        put_length(f, (uint32_t)(ev[i].tick - now));
        put_number(f, (uint32_t)(program ? ev[i].bytes >> 8 : ev[i].bytes), program ? 2 : 3);
        now = ev[i].tick;
    }
    put_length(f, (uint32_t)(end - start - now)); /* nothing rings on: a clip is cut out of a piece */
    put_number(f, (uint32_t)message(number, 0xb0, SOUND_OFF, 0), 3);
    put_meta(f, 0, 0x2f, "", 0);
    free(ev);
}

static bool heard(const struct track *t)
{
    return t->name && t->notes_n;
}

static long chunk_begin(FILE *f)
{
    fputs("MTrk", f);
    put_number(f, 0, 4);
    return ftell(f);
}

/* its length stands in front */
static void chunk_end(FILE *f, long from)
{
    long to = ftell(f);

    fseek(f, from - 4, SEEK_SET);
    put_number(f, (uint32_t)(to - from), 4);
    fseek(f, to, SEEK_SET);
}

void score_write(const struct score *s, FILE *f, const char *title, int us_per_beat, int start, int end)
{
    char tempo[3] = {(char)(us_per_beat >> 16), (char)(us_per_beat >> 8), (char)us_per_beat};
    uint32_t tracks = 1;
    long from;

    for (int i = 0; i < TRACK_COUNT; i++)
        tracks += heard(&s->track[i]);
    fputs("MThd", f);
    put_number(f, 6, 4);
    put_number(f, 1, 2);
    put_number(f, tracks, 2);
    put_number(f, TICKS, 2);
    from = chunk_begin(f);
    put_meta(f, 0, 3, title, strlen(title));
    put_meta(f, 0, 0x51, tempo, sizeof tempo);
    put_meta(f, end - start, 0x2f, "", 0);
    chunk_end(f, from);
    for (int i = 0; i < TRACK_COUNT; i++) {
        if (!heard(&s->track[i]))
            continue;
        from = chunk_begin(f);
        put_track(f, &s->track[i], i, start, end);
        chunk_end(f, from);
    }
}

/* Reads a standard MIDI file strictly and prints what is in it: midi FILE.
 * First "file TRACKS TICKS-PER-BEAT MICROSECONDS-PER-BEAT LENGTH-IN-TICKS TITLE", then of each track with
 * notes "track NUMBER CHANNEL PROGRAM NAME" and its notes, "note NUMBER TICK LENGTH PITCH VELOCITY".
 * Fails on anything that a player might stumble over, such as a note that never ends or is struck twice. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct track {
    const unsigned char *at, *end;
    char name[256];
    int program, channel, tick;
    int since[128], velocity[128]; /* of the notes that sound; velocity 0: silent */
};

static const char *path;
static unsigned tempo;

static void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "midi: %s: ", path);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static unsigned byte(struct track *t)
{
    if (t->at == t->end)
        die("a track ends in the middle of an event");
    return *t->at++;
}

static unsigned number(struct track *t, int bytes)
{
    unsigned x = 0;

    while (bytes-- > 0)
        x = x << 8 | byte(t);
    return x;
}

static unsigned length(struct track *t)
{
    unsigned x = 0, b;
    int n = 0;

    do {
        if (++n > 4)
            die("a variable-length number of more than 4 bytes");
        b = byte(t);
        x = x << 7 | (b & 127);
    } while (b & 128);
    return x;
}

static void strike(struct track *t, int number_of_track, unsigned pitch, unsigned velocity, FILE *notes)
{
    if (velocity && t->velocity[pitch])
        die("track %d strikes note %u at tick %d while it sounds", number_of_track, pitch, t->tick);
    if (!velocity && !t->velocity[pitch])
        die("track %d ends note %u at tick %d, which does not sound", number_of_track, pitch, t->tick);
    if (!velocity)
        fprintf(notes, "note %d %d %d %u %d\n", number_of_track, t->since[pitch], t->tick - t->since[pitch], pitch,
                t->velocity[pitch]);
    t->since[pitch] = t->tick;
    t->velocity[pitch] = (int)velocity;
}

/* a meta event; says whether the track is over */
static int meta(struct track *t)
{
    unsigned kind = byte(t), n = length(t), i;

    if (kind == 0x51) {
        if (n != 3)
            die("a tempo of %u bytes", n);
        tempo = number(t, 3);
        return 0;
    }
    if (kind == 0x2f && (n || t->at != t->end))
        die("something follows the end of a track");
    for (i = 0; i < n; i++) {
        unsigned b = byte(t);

        if (kind == 3 && i < sizeof t->name - 1)
            t->name[i] = (char)b;
    }
    return kind == 0x2f;
}

static int read_track(struct track *t, int index, FILE *notes)
{
    for (;;) {
        unsigned status, a, b;

        t->tick += (int)length(t);
        status = byte(t);
        if (status == 0xff) {
            if (meta(t))
                break;
            continue;
        }
        if (status < 0x80 || status >= 0xf0)
            die("track %d: status byte %02x", index, status);
        a = byte(t);
        b = (status & 0xe0) == 0xc0 ? 0 : byte(t);
        if (a > 127 || b > 127)
            die("track %d: a data byte over 127", index);
        if (t->channel >= 0 && t->channel != (int)(status & 15))
            die("track %d uses two channels", index);
        t->channel = (int)(status & 15);
        if ((status & 0xf0) == 0xc0)
            t->program = (int)a;
        else if ((status & 0xf0) == 0x90)
            strike(t, index, a, b, notes);
        else if ((status & 0xf0) == 0x80)
            strike(t, index, a, 0, notes);
    }
    for (int i = 0; i < 128; i++)
        if (t->velocity[i])
            die("track %d: note %d never ends", index, i);
    return t->tick;
}

static unsigned char *read_file(size_t *size)
{
    FILE *f = fopen(path, "rb");
    unsigned char *data = malloc(1 << 24);

    if (!f || !data)
        die("cannot read this file");
    *size = fread(data, 1, 1 << 24, f);
    fclose(f);
    return data;
}

int main(int argc, char **argv)
{
    size_t size;
    unsigned char *data;
    struct track file = {0};
    int tracks, ticks, longest = 0;
    char *text = NULL, title[256] = "";
    FILE *out = open_memstream(&text, &(size_t){0});

    if (argc != 2 || !out)
        return 2;
    path = argv[1];
    data = read_file(&size);
    file.at = data;
    file.end = data + size;
    if (size < 14 || memcmp(data, "MThd", 4))
        die("does not begin with MThd");
    file.at += 4;
    if (number(&file, 4) != 6 || number(&file, 2) > 1)
        die("a head that is not of format 0 or 1");
    tracks = (int)number(&file, 2);
    ticks = (int)number(&file, 2);
    for (int i = 0; i < tracks; i++) {
        struct track t = {.channel = -1, .program = -1};
        unsigned n;
        char *notes = NULL;
        size_t notes_size;
        FILE *f = open_memstream(&notes, &notes_size);

        if (file.end - file.at < 8 || memcmp(file.at, "MTrk", 4))
            die("track %d does not begin with MTrk", i);
        file.at += 4;
        n = number(&file, 4);
        if (n > (size_t)(file.end - file.at))
            die("track %d is longer than the file", i);
        t.at = file.at;
        t.end = file.at += n;
        if (read_track(&t, i, f) > longest)
            longest = t.tick;
        fclose(f);
        if (i == 0)
            memcpy(title, t.name, sizeof title);
        if (*notes)
            fprintf(out, "track %d %d %d %s\n%s", i, t.channel, t.program, t.name, notes);
        free(notes);
    }
    if (file.at != file.end)
        die("something follows the last track");
    fclose(out);
    printf("file %d %d %u %d %s\n%s", tracks, ticks, tempo, longest, title, text);
    free(text);
    free(data);
    return 0;
}

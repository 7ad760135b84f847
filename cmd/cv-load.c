/* cv-load: decodes audio files into a stream of clips of one rate and length. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "io/audio_name.h"
#include "io/audio_read.h"
#include "io/stream.h"

#define RATE 3000.0
#define DURATION 30.0
#define SAMPLES 90001              /* of a clip at the default rate and duration */
#define SAMPLES_MAX 268435456.0    /* all channels of a clip together: 1 GiB */

static double rate = RATE, duration = DURATION, offset;
static int64_t samples = SAMPLES;
static bool samples_given, keep_channels, all, from_list, null_ends, strict;

static struct writer *out;         /* made with the first clip, so that without one there is no stream */
static float *clip;                /* [channels, samples] */
static size_t clip_floats;
static bool failed;

static const struct opt opts[] = {
    { 'r', "rate", OPT_REAL, &rate, "HZ", 1, 768000, "sample rate of the clips, in Hz", NULL },
    { 'd', "duration", OPT_REAL, &duration, "SECONDS", 0, 1e9, "length of a clip, in seconds", NULL },
    { 'n', "samples", OPT_INT, &samples, "N", 1, SAMPLES_MAX,
      "exact length of a clip, in samples; not given: rate x duration if either is", &samples_given },
    { 'o', "offset", OPT_REAL, &offset, "SECONDS", 0, 1e9, "where in each file to begin, in seconds", NULL },
    { 'c', "channels", OPT_FLAG, &keep_channels, NULL, 0, 0,
      "keep the channels; without it they are mixed to one, their mean", NULL },
    { 'a', "all", OPT_FLAG, &all, NULL, 0, 0,
      "cut each file into consecutive clips; a last one less than half full is dropped", NULL },
    { '@', "list", OPT_FLAG, &from_list, NULL, 0, 0,
      "read file names from standard input, one a line", NULL },
    { '0', "null", OPT_FLAG, &null_ends, NULL, 0, 0,
      "the same, each name ending in a NUL (as find -print0 does)", NULL },
    { 0, "strict", OPT_FLAG, &strict, NULL, 0, 0,
      "stop at the first bad file and leave the stream unfinished", NULL },
};

static const struct program program = {
    "cv-load", "[FILE ...]",
    "Decode audio files (- is standard input) into a stream of clips: mixed to mono,\n"
    "resampled, and cut or padded with silence to one length.",
    opts, sizeof opts / sizeof *opts, "cv-load jazz/*.wav | cv-train -e 20 > model.bin"
};

static void start_stream(void)
{
    struct meta *head = meta_map();

    meta_set(head, "rate", rate == floor(rate) ? meta_int((int64_t)rate) : meta_real(rate));
    out = writer_new(STDOUT_FILENO, "standard output", "audio", head);
    if (out == NULL)
        diag_die("%s", error_text());
    meta_free(head);
}

/* Sends clip number k of the file, of which there are got samples. */
static void put_clip(const struct audio *a, const char *file, const char *stem, int64_t k, int64_t got)
{
    struct frame_tensor t = { "audio",
                              tensor_view(clip, 2, (int64_t[]){ audio_channels(a), samples }) };
    struct meta *meta = meta_map();
    char *name = all ? mem_format("%s-%03lld", stem, (long long)k) : mem_text(stem);

    meta_set(meta, "track", meta_text(stem));
    meta_set(meta, "file", meta_text(file));
    meta_set(meta, "source_rate", meta_int(audio_source_rate(a)));
    meta_set(meta, "source_channels", meta_int(audio_source_channels(a)));
    meta_set(meta, "start", meta_real(offset + (double)k * (double)samples / rate));
    if (got < samples)
        meta_set(meta, "padded", meta_int(samples - got));
    if (out == NULL)
        start_stream();
    if (writer_put(out, name, meta, &t, 1) < 0)
        diag_die("%s", error_text());
    free(name);
    meta_free(meta);
}

static int cut_clips(struct audio *a, const char *path, const char *file, const char *stem)
{
    size_t floats = (size_t)samples * (size_t)audio_channels(a);

    if ((double)floats > SAMPLES_MAX)
        return error_set("has %d channels: %lld samples of each are too many for a clip (-n, -d set fewer)",
                         audio_channels(a), (long long)samples);
    if (floats > clip_floats) {
        free(clip);
        clip = mem_floats(floats);
        clip_floats = floats;
    }
    if (offset > 0 && audio_seek(a, offset) < 0)
        return -1;
    for (int64_t k = 0;; k++) {
        int64_t got = audio_read(a, clip, samples);

        if (got < 0)
            return -1;
        if (got == 0 && k == 0)
            return error_set("is too short: less than one sample at %g Hz", rate);
        if (k > 0 && got > 0 && got < samples - got)
            diag_note("%s: the last %.3f s fill less than half a clip and are dropped", path,
                      (double)got / rate);
        else if (got > 0)
            put_clip(a, file, stem, k, got);
        if (!all || got < samples)
            return 0;
    }
}

static void load(const char *path)
{
    const char *shown = strcmp(path, "-") == 0 ? "standard input" : path;
    char *file = audio_name_file(strcmp(path, "-") == 0 ? "stdin" : path), *stem = audio_name_stem(file);
    struct audio *a = audio_open(path, rate, !keep_channels);
    int result = a != NULL ? cut_clips(a, shown, file, stem) : -1;

    if (result < 0) {
        diag_error("%s: %s", shown, error_text());
        failed = true;
    } else if (audio_complaint(a) != NULL) {
        diag_warn("%s: %s", shown, audio_complaint(a));
    }
    audio_close(a);
    free(stem);
    free(file);
}

/* Loads each file named on standard input. */
static void load_list(void)
{
    char *name = NULL;
    size_t room = 0;
    bool any = false;
    ssize_t n;

    while (!(failed && strict) && (n = getdelim(&name, &room, null_ends ? '\0' : '\n', stdin)) >= 0) {
        if (n > 0 && !null_ends && name[n - 1] == '\n')
            name[--n] = '\0';
        if (strlen(name) < (size_t)n && !null_ends)
            diag_die("the list on standard input holds a NUL: use -0 for names that end in one");
        if (name[0] == '\0')
            continue;
        any = true;
        load(name);
    }
    if (ferror(stdin))
        diag_die("the list on standard input cannot be read:");
    if (!any)
        diag_die("the list on standard input names no file");
    free(name);
}

static int64_t clip_length(void)
{
    double length = round(rate * duration);

    if (samples_given)
        return samples;
    if (rate == RATE && duration == DURATION)
        return SAMPLES;
    if (length < 1 || length > SAMPLES_MAX)
        diag_usage("a clip of %g s at %g Hz would hold %.0f samples; it must hold 1 to %.0f", duration, rate,
                   length, SAMPLES_MAX);
    return (int64_t)length;
}

int main(int argc, char **argv)
{
    int first = program_begin(&program, argc, argv, 0, -1);

    from_list = from_list || null_ends;
    samples = clip_length();
    if (first == argc && !from_list)
        diag_usage("no file given: name audio files, or a list of them on standard input with -@");
    for (int i = first; i < argc; i++)
        if (from_list && strcmp(argv[i], "-") == 0)
            diag_usage("standard input cannot be both the list (-@) and a file (-)");
    if (isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: redirect it to a file or pipe it to another program");
    for (int i = first; i < argc && !(failed && strict); i++)
        load(argv[i]);
    if (from_list && !(failed && strict))
        load_list();
    free(clip);
    if (out != NULL && failed && strict)
        writer_abandon(out);
    else if (out != NULL && writer_end(out) < 0)
        diag_die("%s", error_text());
    return failed;
}

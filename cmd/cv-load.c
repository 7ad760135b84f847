/* cv-load: decodes audio files into a stream of clips of one rate, cut to one length. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "dsp/beat.h"
#include "measure/levels.h"
#include "dsp/onset.h"
#include "dsp/tempo.h"
#include "io/audio_name.h"
#include "io/audio_read.h"
#include "io/audio_report.h"
#include "io/audio_seen.h"
#include "io/audio_track.h"
#include "io/audio_walk.h"
#include "io/stream.h"

#define RATE 22050.0
#define DURATION 30.0
#define SAMPLES 661500          /* of a clip at the default rate and duration */
#define SAMPLES_MAX 268435456.0 /* all channels of a clip together: 1 GiB */
#define TEMPO_MIN 20.0
#define TEMPO_MAX 400.0
#define TEMPO_RATE_MIN 3000.0 /* what dsp/tempo.h can do */
#define TEMPO_RATE_MAX 48000.0
#define BEAT_CONTRAST 1.0 /* as there: noise has less */

static double rate = RATE, duration = DURATION, offset;
static int64_t samples = SAMPLES;
static bool samples_given, pad, keep_channels, all, recursive, from_list, null_ends, strict, unique;
static const char *report_file, *tempo;
static double tempo_stated; /* 0: to be found */

static struct writer *out; /* made with the first clip, so that without one there is no stream */
static float *clip;        /* [channels, samples] */
static size_t clip_floats;
static bool failed, trouble; /* a file could not be used; the report could not be written */

static struct {
    int64_t files, cut, padded, rejected, passed_over;
    double used, seconds; /* in clips, and of all that the files hold */
} total;

static struct audio_report *report;
static struct audio_seen *seen; /* NULL: nobody asked */
static struct audio_tracks *tracks;

static struct {
    char *path;
    bool walked; /* found in a folder, not named */
} * files;
static size_t files_count;

static const struct opt opts[] = {
    {'r', "rate", OPT_REAL, &rate, "HZ", 1, 768000, "sample rate of the clips, in Hz", NULL},
    {'d', "duration", OPT_REAL, &duration, "SECONDS", 0, 1e9,
     "length of a clip, in seconds; a shorter file keeps its own", NULL},
    {'n', "samples", OPT_INT, &samples, "N", 1, SAMPLES_MAX,
     "exact length of a clip, in samples: instead of -d, and with -p", &samples_given},
    {'p', "pad", OPT_FLAG, &pad, NULL, 0, 0, "pad what is shorter than a clip with silence", NULL},
    {'o', "offset", OPT_REAL, &offset, "SECONDS", 0, 1e9, "where in each file to begin, in seconds", NULL},
    {'c', "channels", OPT_FLAG, &keep_channels, NULL, 0, 0,
     "keep the channels; without it they are mixed to one, their mean", NULL},
    {'a', "all", OPT_FLAG, &all, NULL, 0, 0,
     "cut each file into consecutive clips; a last one less than half full is dropped", NULL},
    {'R', "recursive", OPT_FLAG, &recursive, NULL, 0, 0,
     "load all audio files in the folders that are named, and in those below, whole as with -a", NULL},
    {'@', "list", OPT_FLAG, &from_list, NULL, 0, 0, "read file names from standard input, one a line", NULL},
    {'0', "null", OPT_FLAG, &null_ends, NULL, 0, 0, "the same, each name ending in a NUL (as find -print0 does)", NULL},
    {0, "report", OPT_TEXT, &report_file, "FILE", 0, 0, "write to FILE what became of each file, as JSON Lines", NULL},
    {0, "strict", OPT_FLAG, &strict, NULL, 0, 0, "stop at the first bad file and leave the stream unfinished", NULL},
    {0, "tempo", OPT_TEXT, &tempo, "BPM", 0, 0,
     "note the tempo with each clip: BPM of all, or auto to find it and the first beat", NULL},
    {0, "unique", OPT_FLAG, &unique, NULL, 0, 0, "leave out clips that are sample for sample the same as one before",
     NULL},
};

static const struct program program = {
    "cv-load",
    "[FILE ...]",
    "Decode audio files (- is standard input) into a stream of clips: mixed to mono,\n"
    "resampled, and cut to one length.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-load jazz/*.wav | cv-train -e 20 > model.bin"};

static void start_stream(void)
{
    struct meta *head = meta_map();

    meta_set(head, "rate", rate == floor(rate) ? meta_int((int64_t)rate) : meta_real(rate));
    out = writer_new(STDOUT_FILENO, "standard output", "audio", head);
    if (out == NULL)
        diag_die("%s", error_text());
    meta_free(head);
}

/* ---- clips ---- */

/* Where the first beat of the tempo that was stated is: the grid of beats that
 * fits best, which may be off that tempo by a little, is met in the middle of
 * the clip. Less than 0: there are no beats to be heard. */
static double first_beat(const float *x, int64_t count)
{
    struct onset o = onset_find(x, count, rate);
    double period = 60 / tempo_stated, middle = (double)count / rate / 2, at;
    struct beat b = beat_fit(&o, period);

    onset_free(&o);
    if (b.contrast < BEAT_CONTRAST)
        return -1;
    at = b.phase + round((middle - b.phase) / b.period) * b.period;
    return at - period * floor(at / period);
}

/* The tempo of the first got of length samples, and where the first beat is. */
static void note_tempo(struct meta *meta, int64_t channels, int64_t length, int64_t got)
{
    bool possible = rate >= TEMPO_RATE_MIN && rate <= TEMPO_RATE_MAX, found;
    float *mono = clip;
    struct tempo t = {.period = 60 / tempo_stated, .phase = -1};

    if (channels > 1 && possible) {
        mono = mem_floats((size_t)got);
        for (int64_t c = 0; c < channels; c++)
            for (int64_t i = 0; i < got; i++)
                mono[i] += clip[c * length + i] / (float)channels;
    }
    found = tempo_stated > 0 || (possible && tempo_find(mono, got, rate, &t));
    if (tempo_stated > 0 && possible)
        t.phase = first_beat(mono, got);
    if (found)
        meta_set(meta, "tempo", meta_real(tempo_stated > 0 ? tempo_stated : 60 / t.period));
    if (found && t.phase >= 0)
        meta_set(meta, "beat", meta_real(t.phase));
    if (mono != clip)
        free(mono);
}

/* Sends clip number k of the file, length samples of which the first got are the file's. */
static void put_clip(const struct audio *a, const char *file, const char *stem, int64_t k, int64_t length, int64_t got)
{
    struct frame_tensor t = {"audio", tensor_view(clip, 2, (int64_t[]){audio_channels(a), length})};
    struct meta *meta = meta_map();
    char *name = all ? mem_format("%s-%03lld", stem, (long long)k) : mem_text(stem);

    meta_set(meta, "track", meta_text(stem));
    meta_set(meta, "file", meta_text(file));
    meta_set(meta, "source_rate", meta_int(audio_source_rate(a)));
    meta_set(meta, "source_channels", meta_int(audio_source_channels(a)));
    meta_set(meta, "source_seconds", meta_real(audio_source_seconds(a)));
    meta_set(meta, "start", meta_real(offset + (double)k * (double)samples / rate));
    if (tempo != NULL)
        note_tempo(meta, audio_channels(a), length, got);
    if (out == NULL)
        start_stream();
    if (writer_put(out, name, meta, &t, 1) < 0)
        diag_die("%s", error_text());
    free(name);
    meta_free(meta);
}

/* Whether a clip with the samples of this one was there before; remembers it if not. */
static bool clip_repeats(const struct audio *a, const char *path, int64_t length, struct audio_verdict *v)
{
    const char *first = seen != NULL ? audio_seen_in(seen, clip, audio_channels(a), length, path) : NULL;

    if (first == NULL)
        return false;
    v->same_as = v->repeated == 0 || v->same_as == first ? first : NULL;
    v->repeated++;
    return true;
}

/* The first got samples of the clip, which holds more, as a whole clip: [channels, got]. */
static void shorten(int64_t channels, int64_t got)
{
    for (int64_t c = 1; c < channels; c++)
        memmove(clip + c * got, clip + c * samples, (size_t)got * sizeof *clip);
}

static void take_clip(const struct audio *a, const char *path, const char *file, const char *stem, int64_t got,
                      struct audio_verdict *v)
{
    int64_t length = pad ? samples : got;
    bool repeats;

    if (length < samples)
        shorten(audio_channels(a), got);
    repeats = clip_repeats(a, path, length, v);
    if (level_peak(clip, length * audio_channels(a)) <= AUDIO_QUIET)
        v->silent++;
    else if (audio_constant(a))
        v->constant++;
    v->padded = length - got;
    v->is_short = v->taken == 0 && got < samples;
    if (!repeats || !unique) {
        put_clip(a, file, stem, v->taken, length, got);
        v->clips++;
        v->used += (double)got / rate;
    }
    v->taken++;
}

/* Seconds that the file goes on after its first done samples, at the clips' rate. */
static double rest_of(const struct audio *a, int64_t done)
{
    double rest = audio_source_seconds(a) - offset - (double)done / rate;

    return rest > 1 / rate ? round(1e6 * rest) / 1e6 : 0;
}

static int cut_clips(struct audio *a, const char *path, const char *file, const char *stem, struct audio_verdict *v)
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
    for (;;) {
        int64_t got = audio_read(a, clip, samples);

        if (got < 0)
            return -1;
        if (got == 0 && v->taken == 0)
            return error_set("is too short: less than one sample at %g Hz", rate);
        if (v->taken > 0 && got > 0 && got < samples - got) {
            v->cut = (double)got / rate;
            diag_note("%s: the last %.3f s fill less than half a clip and are dropped", path, v->cut);
        } else if (got > 0) {
            take_clip(a, path, file, stem, got, v);
        }
        if (!all && got == samples)
            v->cut = rest_of(a, samples);
        if (!all || got < samples)
            return 0;
    }
}

/* ---- files ---- */

/* What people want to know of a file that could be used. */
static void warn(const char *path, const struct audio *a, const struct audio_verdict *v)
{
    if (audio_only(a) > 0)
        diag_warn("%s: its channels are of opposite phase and cancel in the mix: channel %d is taken alone", path,
                  audio_only(a));
    if (fabs(audio_offset(a)) > 0)
        diag_warn("%s: has a constant offset of %.3g, which is taken out", path, audio_offset(a));
    if (audio_complaint(a) != NULL)
        diag_warn("%s: %s", path, audio_complaint(a));
    else if (v->silent == v->taken)
        diag_warn("%s: is silent: no sample is over -80 dB of full scale", path);
    else if (v->constant == v->taken)
        diag_warn("%s: is constant: one value all the way", path);
    if (unique && audio_verdict_duplicate(v) && v->same_as != NULL)
        diag_note("%s: is the same as %s and left out", path, v->same_as);
    else if (unique && v->repeated > 0)
        diag_note("%s: %lld of %lld clips were there before and are left out", path, (long long)v->repeated,
                  (long long)v->taken);
}

static void count(const struct audio *a, const struct audio_verdict *v)
{
    double seconds = a != NULL ? audio_source_seconds(a) : 0;

    total.files++;
    total.cut += v->cut > 0;
    total.padded += v->padded > 0;
    total.rejected += v->reason != NULL && !v->passed_over;
    total.passed_over += v->passed_over;
    total.used += v->used;
    total.seconds += seconds;
}

/* What became of all of them, in one line. */
static void sum_up(void)
{
    const struct {
        int64_t count;
        const char *words;
    } facts[] = {
        {total.cut, "cut"},
        {total.padded, "padded"},
        {total.rejected, "not usable"},
        {total.passed_over, "not audio"},
    };
    char words[128] = "";
    size_t at = 0;

    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (facts[i].count > 0)
            at +=
                (size_t)snprintf(words + at, sizeof words - at, ", %lld %s", (long long)facts[i].count, facts[i].words);
    diag_note("%lld file%s: %.12g of %.12g s used%s", (long long)total.files, total.files == 1 ? "" : "s",
              round(10 * total.used) / 10, round(10 * total.seconds) / 10, words);
}

static void report_line(const char *path, const struct audio *a, const struct audio_verdict *v)
{
    if (report == NULL || audio_report_put(report, path, a, rate, v) == 0)
        return;
    diag_error("report not written: %s", error_text());
    trouble = true;
    audio_report_close(report);
    report = NULL;
}

/* What came in a folder without the name of an audio file, and is none. */
static bool is_other(const char *path)
{
    return !audio_name_is_audio(path) && !audio_is_folder(path);
}

/* walked: it was found in a folder. */
static void load(const char *path, bool walked)
{
    const char *shown = strcmp(path, "-") == 0 ? "standard input" : path;
    char *file = audio_name_file(strcmp(path, "-") == 0 ? "stdin" : path);
    char *stem = strcmp(path, "-") == 0 ? mem_text(file) : audio_tracks_name(tracks, path);
    char *reason = NULL;
    struct audio_verdict v = {0};
    struct audio *a = audio_open(path, rate, !keep_channels);

    if (a == NULL || cut_clips(a, shown, file, stem, &v) < 0) {
        v.reason = reason = mem_text(error_text());
        v.passed_over = a == NULL && walked && is_other(path);
        failed = failed || !v.passed_over;
        if (!v.passed_over)
            diag_error("%s: %s", shown, reason);
    } else {
        warn(shown, a, &v);
    }
    count(a, &v);
    report_line(path, a, &v);
    audio_close(a);
    free(reason);
    free(stem);
    free(file);
}

static void keep(const char *path, bool walked)
{
    files = mem_grow(files, files_count + 1, sizeof *files);
    files[files_count].path = mem_text(path);
    files[files_count++].walked = walked;
    audio_tracks_add(tracks, path);
}

static void keep_walked(const char *path)
{
    keep(path, true);
}

/* Finds all files before the first is loaded, so that each knows the others of its name. */
static void find(const char *path)
{
    if (recursive && audio_is_folder(path))
        audio_walk(path, keep_walked);
    else
        keep(path, false);
}

static void load_found(void)
{
    for (size_t i = 0; i < files_count; i++) {
        if (!(failed && strict))
            load(files[i].path, files[i].walked);
        free(files[i].path);
    }
    free(files);
    files = NULL;
    files_count = 0;
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
        find(name);
        load_found();
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
    if (length < 1 || length > SAMPLES_MAX)
        diag_usage("a clip of %g s at %g Hz would hold %.0f samples; it must hold 1 to %.0f", duration, rate, length,
                   SAMPLES_MAX);
    return (int64_t)length;
}

static void tempo_read(void)
{
    if (strcmp(tempo, "auto") != 0 && number_real(tempo, TEMPO_MIN, TEMPO_MAX, &tempo_stated) < 0)
        diag_usage("--tempo %s: expected auto, or beats per minute from %g to %g", tempo, TEMPO_MIN, TEMPO_MAX);
}

static void report_begin(void)
{
    if (strcmp(report_file, "-") == 0)
        diag_usage("--report -: standard output is for the clips, name a file");
    report = audio_report_open(report_file);
    if (report == NULL)
        diag_die("%s", error_text());
}

int main(int argc, char **argv)
{
    int first = program_begin(&program, argc, argv, 0, -1);

    from_list = from_list || null_ends;
    all = all || recursive;
    pad = pad || samples_given;
    samples = clip_length();
    if (tempo != NULL)
        tempo_read();
    if (first == argc && !from_list)
        diag_usage("no file given: name audio files, or a list of them on standard input with -@");
    for (int i = first; i < argc; i++)
        if (from_list && strcmp(argv[i], "-") == 0)
            diag_usage("standard input cannot be both the list (-@) and a file (-)");
    if (isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: redirect it to a file or pipe it to another program");
    if (report_file != NULL)
        report_begin();
    tracks = audio_tracks_new();
    if (report != NULL || unique)
        seen = audio_seen_new();
    for (int i = first; i < argc; i++)
        find(argv[i]);
    load_found();
    if (from_list && !(failed && strict))
        load_list();
    if (out == NULL && !failed)
        diag_die("there is no audio file in what was named");
    audio_seen_free(seen);
    audio_tracks_free(tracks);
    free(clip);
    if (audio_report_close(report) < 0) {
        diag_error("report not written: %s", error_text());
        trouble = true;
    }
    if (out != NULL)
        sum_up();
    if (out != NULL && failed && strict)
        writer_abandon(out);
    else if (out != NULL && writer_end(out) < 0)
        diag_die("%s", error_text());
    return failed || trouble;
}

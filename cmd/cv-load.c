/* cv-load: decodes audio files into a stream of clips of one rate, cut to one length. */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/stop.h"
#include "dsp/tempo.h"
#include "io/audio_decode.h"
#include "io/load.h"

#define TEMPO_MIN 20.0
#define TEMPO_MAX 400.0
#define SHARDS_MAX 1000000

static struct load_options o = {.rate = 22050, .samples = 661500}; /* samples: of a clip of 30 s at that rate */
static double duration = 30;
static bool duration_given, samples_given, from_list, null_ends, part_given, level_given;
static double part = 0.02, level = 0.1;
static const char *tempo, *raw, *shard;
static double tempo_stated; /* 0: to be found */
static struct audio_raw raw_of;
static int nothing; /* a descriptor at its end */

static const struct opt opts[] = {
    {'r', "rate", OPT_REAL, &o.rate, "HZ", 1, 768000, "sample rate of the clips, in Hz", NULL},
    {'d', "duration", OPT_REAL, &duration, "SECONDS", 0, 1e9,
     "length of a clip, in seconds; a shorter file keeps its own", &duration_given},
    {'n', "samples", OPT_INT, &o.samples, "N", 1, LOAD_SAMPLES_MAX,
     "exact length of a clip, in samples: instead of -d, and with -p", &samples_given},
    {'p', "pad", OPT_FLAG, &o.pad, NULL, 0, 0, "pad what is shorter than a clip with silence", NULL},
    {'o', "offset", OPT_REAL, &o.offset, "SECONDS", 0, 1e9, "where in each file to begin, in seconds", NULL},
    {'c', "channels", OPT_FLAG, &o.channels, NULL, 0, 0,
     "keep the channels; without it they are mixed to one, their mean", NULL},
    {'a', "all", OPT_FLAG, &o.all, NULL, 0, 0,
     "cut each file into consecutive clips; a last one less than half full is dropped", NULL},
    {'R', "recursive", OPT_FLAG, &o.recursive, NULL, 0, 0,
     "load all audio files in the folders that are named, and in those below, whole as with -a", NULL},
    {'@', "list", OPT_FLAG, &from_list, NULL, 0, 0, "read file names from standard input, one a line", NULL},
    {'0', "null", OPT_FLAG, &null_ends, NULL, 0, 0, "the same, each name ending in a NUL (as find -print0 does)", NULL},
    {0, "part", OPT_REAL, &part, "SECONDS", 1e-4, 3600,
     "write clips in parts of that length as they are read, a file of any length whole unless -d or -n is there",
     &part_given},
    {0, "live", OPT_FLAG, &o.live, NULL, 0, 0, "the same of standard input (-), each part as soon as it is there",
     NULL},
    {0, "level", OPT_REAL, &level, "RMS", 1e-4, 1, "with --part, --live: the level of the sound to be noted with it",
     &level_given},
    {0, "raw", OPT_TEXT, &raw, "FORMAT", 0, 0, "files have no header but are CODING,RATE,CHANNELS, as s16,22050,1",
     NULL},
    {0, "report", OPT_TEXT, &o.report, "FILE", 0, 0, "write to FILE what became of each file, as JSON Lines", NULL},
    {0, "strict", OPT_FLAG, &o.strict, NULL, 0, 0, "stop at the first bad file and leave the stream unfinished", NULL},
    {0, "tempo", OPT_TEXT, &tempo, "BPM", 0, 0,
     "note the tempo with each clip: BPM of all, or auto to find it and the first beat", NULL},
    {0, "shard", OPT_TEXT, &shard, "K/N", 0, 0, "load about every N-th track: those of shard K, 1 to N or 0 to N - 1",
     NULL},
    {0, "unique", OPT_FLAG, &o.unique, NULL, 0, 0, "leave out clips that are sample for sample the same as one before",
     NULL},
};

static const struct program program = {
    "cv-load",
    "[FILE ...]",
    "Decode audio files (- is standard input) into a stream of clips: mixed to mono, "
    "resampled, and cut to one length.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-load jazz/*.wav | cv-train -e 20 > model.bin"};

/* The first signal ends what standard input holds: what waits for more of it finds its end. */
static void end_input(void)
{
    dup2(nothing, STDIN_FILENO);
}

static void set_live(int operands, const char *operand)
{
    if (operands != 1 || strcmp(operand, "-") != 0 || from_list)
        diag_usage("--live: reads standard input alone: name -, and nothing else");
    if (o.shards > 0)
        diag_usage("--live: is one clip, which no --shard cuts");
    if (o.recursive || o.strict)
        diag_usage("%s is for many files: not with --live", o.recursive ? "-R" : "--strict");
    if (o.offset > 0)
        diag_usage("--live: what comes cannot be skipped: leave -o out");
    nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0)
        diag_die("/dev/null:");
    stop_first(SIGINT, end_input);
    stop_first(SIGTERM, end_input);
    stop_first(SIGHUP, end_input);
}

/* What clips in parts are, and cannot be. */
static void set_parts(void)
{
    if (!part_given && !o.live) {
        if (level_given)
            diag_usage("--level: is noted with clips in parts, give --part or --live too");
        o.all = o.all || o.recursive;
        return;
    }
    if (o.all || o.unique)
        diag_usage("%s is for clips that are held whole: not with --part or --live", o.all ? "-a" : "--unique");
    if (tempo != NULL && strcmp(tempo, "auto") == 0)
        diag_usage("--tempo auto: the tempo is found in whole clips: with --part or --live give the number");
    o.part = (int64_t)round(o.rate * part);
    o.part = o.part > 1 ? o.part : 1;
    if (!duration_given && !samples_given && o.pad)
        diag_usage("-p: pads clips to a length: give -d or -n too");
    if (!duration_given && !samples_given)
        o.samples = INT64_MAX;
}

/* How long a clip is, where it was said in seconds. */
static void set_samples(void)
{
    double length = round(o.rate * duration);

    if (samples_given && duration_given)
        diag_usage("-d and -n both say how long a clip is: leave one out");
    o.pad = o.pad || samples_given;
    if (samples_given || (o.part > 0 && !duration_given))
        return;
    if (length < 1 || length > (o.part > 0 ? 1e15 : LOAD_SAMPLES_MAX))
        diag_usage("a clip of %g s at %g Hz would hold %.0f samples; it must hold 1 to %.0f", duration, o.rate, length,
                   LOAD_SAMPLES_MAX);
    o.samples = (int64_t)length;
}

static void note(struct meta *meta, const float *x, int64_t channels, int64_t samples, int64_t got)
{
    tempo_note(meta, x, channels, samples, got, o.rate, tempo_stated);
}

/* Of a clip of which only a part is there: what is stated. */
static void note_stated(struct meta *meta, const float *x, int64_t channels, int64_t samples, int64_t got)
{
    (void)x, (void)channels, (void)samples, (void)got;
    if (o.live || level_given)
        meta_set(meta, "level", meta_real(level));
    if (o.live || tempo != NULL)
        meta_set(meta, "tempo", meta_real(tempo_stated));
    if (tempo != NULL)
        meta_set(meta, "beat", meta_real(0));
}

/* Counted from 0 or from 1: 0 and N are one shard. */
static void set_shard(void)
{
    const char *slash = shard != NULL ? strchr(shard, '/') : NULL;
    char *k = slash != NULL ? mem_format("%.*s", (int)(slash - shard), shard) : NULL;

    if (shard == NULL)
        return;
    if (slash == NULL || number_int(slash + 1, 1, SHARDS_MAX, &o.shards) < 0 ||
        number_int(k, 0, o.shards, &o.shard) < 0)
        diag_usage("--shard %s: expected K/N, as in 3/8: which shard, 0 to N, of how many, 1 to %d", shard, SHARDS_MAX);
    o.shard = o.shard > 0 ? o.shard : o.shards;
    free(k);
}

static void set_tempo(void)
{
    o.note = o.part > 0 ? note_stated : NULL;
    if (tempo == NULL)
        return;
    if (strcmp(tempo, "auto") != 0 && number_real(tempo, TEMPO_MIN, TEMPO_MAX, &tempo_stated) < 0)
        diag_usage("--tempo %s: expected auto, or beats per minute from %g to %g", tempo, TEMPO_MIN, TEMPO_MAX);
    if (o.part > 0)
        return;
    if (o.rate < TEMPO_RATE_LEAST || o.rate > TEMPO_RATE_MOST)
        diag_warn("--tempo: beats are found at %d to %d Hz, not at %g", TEMPO_RATE_LEAST, TEMPO_RATE_MOST, o.rate);
    o.note = note;
}

int main(int argc, char **argv)
{
    int first = program_begin(&program, argc, argv, 0, -1), status;
    struct load *l;

    from_list = from_list || null_ends;
    set_parts();
    set_samples();
    set_tempo();
    set_shard();
    if (first == argc && !from_list)
        diag_usage("no file given: name audio files, or a list of them on standard input with -@");
    for (int i = first; i < argc; i++)
        if (from_list && strcmp(argv[i], "-") == 0)
            diag_usage("standard input cannot be both the list (-@) and a file (-)");
    if (raw != NULL && audio_raw_parse(raw, &raw_of) < 0)
        diag_usage("--raw %s: %s", raw, error_text());
    o.raw = raw != NULL ? &raw_of : NULL;
    if (o.report != NULL && strcmp(o.report, "-") == 0)
        diag_usage("--report -: standard output is for the clips, name a file");
    if (isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: redirect it to a file or pipe it to another program");
    if (o.live)
        set_live(argc - first, argv[argc - 1]);
    l = load_new(&o, STDOUT_FILENO);
    if (l == NULL)
        diag_die("%s", error_text());
    for (int i = first; i < argc; i++)
        load_find(l, argv[i]);
    load_confine(l, from_list);
    if (load_run(l) < 0 || (from_list && load_list(l, stdin, null_ends ? '\0' : '\n') < 0))
        diag_die("%s", error_text());
    status = load_end(l);
    if (status < 0)
        diag_die("%s", error_text());
    return status;
}

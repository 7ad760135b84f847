/* cv-towav: writes each clip of a stream as a WAV file. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "dsp/limiter.h"
#include "io/audio_name.h"
#include "io/audio_write.h"
#include "io/loudness.h"
#include "io/stream.h"

static const char *const maker = "cv-towav";
static const char *dir = ".";
static int64_t bits = 16;
static double loudness = 0;
static bool normalize, force, keep_offset;

static struct wav *joined; /* with -o -: all clips in one */
static int joined_rate, joined_channels;
static void *names; /* tree of struct used */
static int64_t files, seen;
static int64_t limited;       /* clips with peaks over full scale, */
static double least_gain = 1; /* and the least gain that one of them got */
static int64_t level_left;    /* clips that have no loudness */
static char *first_left;
static char *first_name, *last_name;
static bool failed;

static const struct opt opts[] = {
    {'o', "output", OPT_TEXT, &dir, "DIR", 0, 0,
     "directory for the files, made if missing; -: all clips as one WAV on standard output", NULL},
    {'b', "bits", OPT_INT, &bits, "BITS", 16, 32, "bits per sample: 16, 24, or 32 (floats)", NULL},
    {'n', "normalize", OPT_FLAG, &normalize, NULL, 0, 0, "bring the peak of each clip to -1 dBFS", NULL},
    {0, "loudness", OPT_REAL, &loudness, "LUFS", -70, 0, "bring each clip to this loudness (EBU R128), 0: leave it",
     NULL},
    {'f', "force", OPT_FLAG, &force, NULL, 0, 0, "replace also files that cv-towav did not make", NULL},
    {0, "keep-offset", OPT_FLAG, &keep_offset, NULL, 0, 0, "do not remove the mean of each channel", NULL},
};

static const struct program program = {"cv-towav",
                                       "",
                                       "Write each clip of an audio stream as a WAV file named after it.",
                                       opts,
                                       sizeof opts / sizeof *opts,
                                       "cv-sample -n 10 | cv-decode model.bin | cv-towav -o new"};

/* ---- names ---- */

struct used {
    char *name;
    int64_t last; /* number last put after it */
};

static int used_compare(const void *a, const void *b)
{
    return strcmp(((const struct used *)a)->name, ((const struct used *)b)->name);
}

/* The entry for name in the tree, made if missing (then *fresh). The tree owns
 * the name if it is fresh. */
static struct used *used_find(char *name, bool *fresh)
{
    struct used *u = mem_alloc(sizeof *u), **at;

    *u = (struct used){name, 1};
    at = tsearch(u, &names, used_compare);
    if (at == NULL)
        diag_die("out of memory");
    *fresh = *at == u;
    if (!*fresh)
        free(u);
    return *at;
}

/* A file name for the clip that no other clip of this run has, the tree's. */
static const char *unused_name(const char *clip)
{
    char *safe = audio_name_safe(clip);
    bool fresh;
    struct used *base = used_find(safe, &fresh), *u = base;

    while (!fresh) {
        char *next = mem_format("%s-%lld", base->name, (long long)++base->last);

        u = used_find(next, &fresh);
        if (!fresh)
            free(next);
    }
    if (u != base)
        free(safe);
    return u->name;
}

/* ---- clips ---- */

/* A copy of x, each channel less its mean. */
static float *centred(const float *x, int64_t channels, int64_t samples)
{
    float *y = mem_alloc((size_t)channels * (size_t)samples * sizeof *y);

    for (int64_t c = 0; c < channels; c++) {
        const float *row = x + c * samples;
        double sum = 0;

        for (int64_t i = 0; i < samples; i++)
            sum += row[i];
        if (keep_offset)
            sum = 0;
        for (int64_t i = 0; i < samples; i++)
            y[c * samples + i] = (float)fmax(-FLT_MAX, fmin(FLT_MAX, row[i] - sum / (double)samples));
    }
    return y;
}

static double peak_of(const float *x, int64_t count)
{
    double peak = 0;

    for (int64_t i = 0; i < count; i++)
        peak = fmax(peak, fabs((double)x[i]));
    return peak;
}

/* What brings a clip to the level that was asked for. */
static double gain_of(const char *clip, int hz, const float *x, int64_t channels, int64_t samples)
{
    double level;

    if (normalize) {
        level = peak_of(x, channels * samples);
        return level > 0 ? pow(10, -1 / 20.0) / level : 1;
    }
    if (loudness == 0)
        return 1;
    level = loudness_measure(x, channels, samples, hz);
    if (isnan(level))
        diag_die("clip %s: %s", clip, error_text());
    if (isfinite(level))
        return pow(10, (loudness - level) / 20);
    if (level_left++ == 0)
        first_left = mem_text(clip);
    return 1;
}

/* x times gain to y, its peaks held at full scale; returns the least gain of the limiter. */
static double limit(int hz, const float *x, int64_t channels, int64_t samples, double gain, float *y)
{
    struct limiter *l = limiter_new((int)channels, hz, 1);
    double least;
    int64_t done;

    for (int64_t i = 0; i < channels * samples; i++)
        y[i] = (float)(gain * (double)x[i]);
    done = limiter_push(l, y, samples, y, samples);
    limiter_end(l, y + done, samples);
    least = limiter_least(l);
    limiter_free(l);
    return least;
}

/* x at its level. What a limiter takes from the loudness is given back, as far as three rounds go. */
static float *finish_clip(const char *clip, int hz, const float *x, int64_t channels, int64_t samples)
{
    double gain = gain_of(clip, hz, x, channels, samples), least, level;
    float *y = mem_alloc((size_t)channels * (size_t)samples * sizeof *y);

    least = limit(hz, x, channels, samples, gain, y);
    for (int i = 0; i < 3 && loudness != 0 && gain != 1 && least < 1; i++) {
        level = loudness_measure(y, channels, samples, hz);
        gain *= isfinite(level) ? pow(10, (loudness - level) / 20) : 1;
        least = limit(hz, x, channels, samples, gain, y);
    }
    limited += least < 1;
    least_gain = fmin(least_gain, least);
    return y;
}

static void save(const char *clip, struct wav *w)
{
    const char *name = unused_name(clip);
    char *file = mem_format("%s.wav", name), *path = mem_format("%s/%s", dir, file);
    size_t size;
    const void *bytes = wav_bytes(w, &size);

    if (!force && access(path, F_OK) == 0 && !wav_made_by(path, maker)) {
        diag_error("%s: is there already and not made by cv-towav: -f replaces it, -o DIR writes elsewhere", path);
        failed = true;
    } else if (file_save(dir, file, bytes, size) < 0) {
        diag_die("%s: %s", path, error_text());
    } else {
        files++;
        if (first_name == NULL)
            first_name = mem_text(file);
        free(last_name);
        last_name = mem_text(file);
    }
    free(file);
    free(path);
}

static void put_clip(const char *clip, int hz, const float *x, int64_t channels, int64_t samples)
{
    static bool there;
    bool join = strcmp(dir, "-") == 0;
    float *level = centred(x, channels, samples), *y;
    struct wav *w = joined;

    if (!join && !there && directory_make(dir) < 0)
        diag_die("%s", error_text());
    there = true;
    if (join && joined != NULL && (hz != joined_rate || channels != joined_channels))
        diag_die("clip %s has %lld channels at %d Hz, those before it %d at %d Hz: one WAV cannot hold both, "
                 "use -o DIR",
                 clip, (long long)channels, hz, joined_channels, joined_rate);
    if (w == NULL)
        w = wav_new(hz, (int)channels, (int)bits, join ? NULL : maker);
    seen++;
    y = finish_clip(clip, hz, level, channels, samples);
    if (w == NULL || wav_put(w, y, samples) < 0)
        diag_die("clip %s: %s", clip, error_text());
    if (join) {
        joined = w;
        joined_rate = hz;
        joined_channels = (int)channels;
        files++;
    } else {
        save(clip, w);
        wav_free(w);
    }
    free(level);
    free(y);
}

/* ---- frames ---- */

static int rate_of(const struct reader *r, const struct frame *f, const struct meta *clip_meta)
{
    double hz;

    if (!meta_get_real(clip_meta, "rate", &hz) && !meta_get_real(f->meta, "rate", &hz) &&
        !meta_get_real(reader_meta(r), "rate", &hz))
        diag_die("%s: clip %s: neither it nor its stream says at which rate it is", reader_label(r), f->name);
    if (!(round(hz) >= 1 && round(hz) <= INT_MAX))
        diag_die("%s: clip %s: a rate of %g Hz cannot be written as WAV", reader_label(r), f->name, hz);
    return (int)round(hz);
}

/* Item i of the list under key, NULL when there is none. */
static const struct meta *item(const struct meta *map, const char *key, int64_t i)
{
    const struct meta *list = meta_get(map, key);

    return list != NULL && list->kind == META_LIST && (uint64_t)i < list->count ? list->items[i] : NULL;
}

static void put_frame(const struct reader *r, const struct frame *f)
{
    const struct tensor *t = frame_get(f, "audio");
    bool batch = t != NULL && t->rank == 3;
    int64_t clips = batch ? t->shape[0] : 1, channels, samples;
    char text[120];

    if (t == NULL)
        diag_die("%s: frame %s has no tensor 'audio'", reader_label(r), f->name);
    if (t->rank != 2 && t->rank != 3)
        diag_die("%s: frame %s: audio is %s, it must be [channels, samples] or [batch, channels, samples]",
                 reader_label(r), f->name, tensor_shape_text(t, text, sizeof text));
    channels = t->shape[batch];
    samples = t->shape[batch + 1];
    if (tensor_count(t) == 0)
        diag_die("%s: frame %s: audio is %s, without a sample", reader_label(r), f->name,
                 tensor_shape_text(t, text, sizeof text));
    if (channels > INT_MAX)
        diag_die("%s: frame %s: audio is %s, too many channels", reader_label(r), f->name,
                 tensor_shape_text(t, text, sizeof text));
    for (int64_t i = 0; i < clips; i++) {
        const struct meta *name = item(f->meta, "names", i);
        char *numbered = batch ? mem_format("%s-%03lld", f->name, (long long)i) : mem_text(f->name);
        int hz = rate_of(r, f, item(f->meta, "metas", i));

        put_clip(name != NULL && name->kind == META_TEXT ? name->text : numbered, hz, t->data + i * channels * samples,
                 channels, samples);
        free(numbered);
    }
}

/* One line for all clips whose level is not what their samples or the options say. */
static void say_levels(void)
{
    if (limited > 0)
        diag_note("%lld of %lld clips had peaks over full scale: limited, by %.1f dB at most", (long long)limited,
                  (long long)seen, -20 * log10(least_gain));
    if (level_left > 0)
        diag_note("%lld of %lld clips, the first is %s, are silent or under 0.4 s and have no loudness: "
                  "their level is left",
                  (long long)level_left, (long long)seen, first_left);
}

static void finish(void)
{
    size_t size;
    const void *bytes;

    say_levels();
    if (strcmp(dir, "-") != 0) {
        if (files == 1)
            diag_note("1 file in %s, %s", dir, first_name);
        else if (files > 1)
            diag_note("%lld files in %s, %s ... %s", (long long)files, dir, first_name, last_name);
        else if (!failed)
            diag_note("no clip came in, no file made");
        return;
    }
    if (joined == NULL)
        diag_die("no clip came in, no WAV made");
    bytes = wav_bytes(joined, &size);
    if (file_write(STDOUT_FILENO, bytes, size) < 0)
        diag_die("standard output: %s", error_text());
    if (close(STDOUT_FILENO) < 0)
        diag_die("standard output:");
    wav_free(joined);
}

static void used_free(void *u)
{
    free(((struct used *)u)->name);
    free(u);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"audio", NULL};
    const struct frame *f;
    struct reader *r;
    int more;

    program_begin(&program, argc, argv, 0, 0);
    if (bits != 16 && bits != 24 && bits != 32)
        diag_usage("-b, --bits BITS: %lld is none of 16, 24 and 32", (long long)bits);
    if (normalize && loudness != 0)
        diag_usage("--loudness LUFS: -n, --normalize is there too: one of them says how loud a clip is");
    if (dir[0] == '\0')
        diag_usage("-o, --output DIR: an empty name; . is the current directory");
    if (strcmp(dir, "-") == 0 && isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: redirect it to a file or pipe it to a player");
    signal(SIGXFSZ, SIG_IGN); /* a file over the limit is then an error of write() */
    r = reader_open("-");
    if (r == NULL || reader_start(r, kinds) < 0)
        diag_die("%s", error_text());
    while ((more = reader_next(r, &f)) > 0)
        put_frame(r, f);
    if (more < 0) {
        if (files > 0 && strcmp(dir, "-") != 0)
            diag_note("%lld files made before that are whole", (long long)files);
        diag_die("%s", error_text());
    }
    finish();
    reader_free(r);
    tdestroy(names, used_free);
    free(first_name);
    free(last_name);
    free(first_left);
    return failed;
}

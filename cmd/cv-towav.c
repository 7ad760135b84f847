/* cv-towav: writes each clip of a stream as a WAV file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/progress.h"
#include "dsp/limiter.h"
#include "io/audio_write.h"
#include "io/clip.h"
#include "io/loudness.h"
#include "io/save.h"
#include "measure/levels.h"

static const char *to = ".";
static int64_t bits = 16;
static double loudness = 0;
static bool normalize, force, raw;

static int64_t clips;
static int64_t limited;       /* clips with peaks over full scale, */
static double least_gain = 1; /* and the least gain that one of them got */
static int64_t level_left;    /* clips that have no loudness */
static char *first_left;

static const struct opt opts[] = {
    {'o', "output", OPT_TEXT, &to, "DIR", 0, 0,
     "directory for the files, made if missing; NAME.wav: all clips in that one file; -: the same on standard output",
     NULL},
    {'b', "bits", OPT_INT, &bits, "BITS", 16, 32, "bits per sample: 16, 24, or 32 (floats)", NULL},
    {'n', "normalize", OPT_FLAG, &normalize, NULL, 0, 0, "bring the peak of each clip to -1 dBFS", NULL},
    {0, "loudness", OPT_REAL, &loudness, "LUFS", -70, 0, "bring each clip to this loudness (EBU R128), 0: leave it",
     NULL},
    {'f', "force", OPT_FLAG, &force, NULL, 0, 0, "replace also files that cv-towav did not make", NULL},
    {0, "raw", OPT_FLAG, &raw, NULL, 0, 0, "with -o -: write the samples alone, without a header", NULL},
};

static const struct program program = {"cv-towav",
                                       "",
                                       "Write each clip of an audio stream as a WAV file named after it.",
                                       opts,
                                       sizeof opts / sizeof *opts,
                                       "cv-sample -n 10 | cv-decode model.bin | cv-towav -o new"};

/* What brings a clip to the level that was asked for. */
static double gain_of(const char *clip, int hz, const float *x, int64_t channels, int64_t samples)
{
    double level;

    if (normalize) {
        level = level_peak(x, channels * samples);
        return level > 0 ? pow(10, -1 / 20.0) / level : 1;
    }
    if (loudness == 0)
        return 1;
    level = loudness_measure(x, channels, samples, hz);
    if (isnan(level))
        diag_die("clip '%s': %s", clip, error_text());
    if (isfinite(level))
        return pow(10, (loudness - level) / 20);
    if (level_left++ == 0)
        first_left = mem_text(clip);
    return 1;
}

/* x times gain to y, both [channels, samples], its peaks held at full scale; returns the least gain of the limiter. */
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

static void count_clip(double least)
{
    clips++;
    limited += least < 1;
    least_gain = fmin(least_gain, least);
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
    count_clip(least);
    return y;
}

/* One line for all clips whose level is not what their samples or the options say. */
static void say_levels(void)
{
    if (limited > 0)
        diag_note("%lld of %lld clips had peaks over full scale: limited, by %.1f dB at most", (long long)limited,
                  (long long)clips, fmax(0.1, -20 * log10(least_gain)));
    if (level_left > 0)
        diag_note("%lld of %lld clips, the first is %s, are silent or under 0.4 s and have no loudness: "
                  "their level is left",
                  (long long)level_left, (long long)clips, first_left);
}

/* A part of a clip, of which the limiter keeps what it needs to look ahead. */
static int put_part(struct save *s, const struct audio_clip *c)
{
    static struct limiter *l;
    int hz = (int)round(c->rate), status;
    int64_t stride, done;
    float *y;

    if (!c->frame->follows) {
        limiter_free(l);
        l = limiter_new((int)c->channels, hz, 1);
    }
    stride = c->samples + limiter_latency(l);
    y = mem_floats((size_t)(c->channels * stride));
    for (int64_t i = 0; i < c->channels; i++)
        memcpy(y + i * stride, c->x + i * c->samples, (size_t)c->samples * sizeof *y);
    done = limiter_push(l, y, c->samples, y, stride);
    if (!c->frame->part) {
        done += limiter_end(l, y + done, stride);
        count_clip(limiter_least(l));
    }
    status = save_part(s, c->name, hz, y, c->channels, stride, done);
    free(y);
    return status;
}

static int put_clip(struct save *s, const struct audio_clip *c)
{
    bool unnamed = c->name == c->frame->name && frame_get(c->frame, "audio")->rank == 3;
    char *name = unnamed ? mem_format("%s-%03lld", c->name, (long long)c->number) : mem_text(c->name);
    int hz = (int)round(c->rate), status;
    float *y;

    if (c->channels > WAV_CHANNELS_MAX)
        diag_die("clip '%s' has %lld channels, a WAV file has %d at most", name, (long long)c->channels,
                 WAV_CHANNELS_MAX);
    if (c->frame->part || c->frame->follows) {
        status = put_part(s, c);
    } else {
        y = finish_clip(name, hz, c->x, c->channels, c->samples);
        status = save_put(s, name, hz, y, c->channels, c->samples);
        free(y);
    }
    free(name);
    return status;
}

int main(int argc, char **argv)
{
    struct audio_clip c = {0};
    int64_t written = 0;
    struct reader *r;
    struct save *s;
    int status, made;

    program_begin(&program, argc, argv, 0, 0);
    if (bits != 16 && bits != 24 && bits != 32)
        diag_usage("-b, --bits BITS: %lld is none of 16, 24 and 32", (long long)bits);
    if (normalize && loudness != 0)
        diag_usage("--loudness LUFS: -n, --normalize is there too: one of them says how loud a clip is");
    if (to[0] == '\0')
        diag_usage("-o, --output DIR: an empty name; . is the current directory");
    if (strcmp(to, "-") == 0 && isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: redirect it to a file or pipe it to a player");
    if (raw && strcmp(to, "-") != 0)
        diag_usage("--raw: samples without a header go to standard output only, with -o -");
    s = save_new(to, (int)bits, force, raw);
    r = s ? clips_open("-") : NULL;
    if (!r)
        diag_die("%s", error_text());
    if (strcmp(to, "-") == 0 && !normalize && loudness == 0)
        reader_parts(r);
    while ((status = audio_clip_next(r, &c)) > 0 && (status = put_clip(s, &c)) == 0)
        progress("clips written", written += !c.frame->follows, 0);
    progress("clips written", 0, 0);
    if (status == 0)
        say_levels();
    else
        diag_error("%s", error_text());
    made = save_end(s, status == 0);
    if (made < 0)
        diag_die("%s", error_text());
    reader_free(r);
    free(first_left);
    return status < 0 ? 1 : made;
}

/* cv-check: passes audio through and says how good it is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "check/beside.h"
#include "check/clips.h"
#include "measure/levels.h"
#include "io/stream.h"
#include "io/clip.h"
#include "model/spectral_input.h"

static const char *original_path, *reference_path, *held_path;
static char *fail_list, *warn_list;
static int64_t seed = 123;
static struct clips_how how;

static const struct opt opts[] = {
    {0, "json", OPT_FLAG, &how.json, NULL, 0, 0, "report as JSON, one object a line, not as a table", NULL},
    {'b', "bands", OPT_FLAG, &how.bands, NULL, 0, 0, "put octave bands of each clip into the table", NULL},
    {0, "original", OPT_TEXT, &original_path, "FILE", 0, 0, "how far each clip is from its own in FILE", NULL},
    {'r', "reference", OPT_TEXT, &reference_path, "FILE", 0, 0, "compare with the real audio in FILE", NULL},
    {0, "held-out", OPT_TEXT, &held_path, "FILE", 0, 0, "with -r: real audio that is not in that one", NULL},
    {'l', "limit", OPT_LIST, &fail_list, "NAME=LO:HI", 0, 0, "a figure outside fails", NULL},
    {'w', "warn", OPT_LIST, &warn_list, "NAME=LO:HI", 0, 0, "a figure outside is a warning", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, HUGE_VAL, "seed of what is drawn at random with -r", NULL},
};

static const struct program program = {"cv-check",
                                       "",
                                       "Pass an audio stream through and report on standard error how good it sounds.",
                                       opts,
                                       sizeof opts / sizeof *opts,
                                       "cv-sample -n 10 | cv-decode model.bin | cv-check | cv-towav"};

static struct reader *originals;   /* with --original */
static struct audio_clip original; /* the last of them */
static struct timbre_meter *meter; /* for the rate of the last clip */
static struct recon_meter *recon;  /* the same, with --original */

/* ---- clips ---- */

/* Distances of x, which has lost its mean, from the clip that it stands for. */
static void original_check(const char *name, double rate, const float *x, int64_t channels, int64_t samples,
                           double value[RECON_COUNT])
{
    const struct audio_clip *c = &original;
    int got = audio_clip_next(originals, &original);
    struct recon r;

    if (got < 0)
        diag_die("%s", error_text());
    if (got == 0)
        diag_die("%s: holds no clip for '%s': give as many as are compared, in the same order", original_path, name);
    if (c->rate < rate || c->rate > rate || c->channels != channels || c->samples != samples)
        diag_die("%s: clip '%s' is %lld channels of %lld samples at %.15g Hz, but '%s', which stands for it, "
                 "%lld of %lld at %.15g Hz: load both with the same -r, -n and -c of cv-load",
                 original_path, c->name, (long long)c->channels, (long long)c->samples, c->rate, name,
                 (long long)channels, (long long)samples, rate);
    level_center(c->x, channels, samples);
    recon_measure(recon, c->x, &(struct recon_estimate){x, false}, 1, channels, samples, &r);
    memcpy(value, r.value, sizeof r.value);
}

static void originals_end(void)
{
    int got = audio_clip_next(originals, &original);

    if (got > 0)
        diag_die("%s: clip '%s' and those after it have none that stands for them", original_path, original.name);
    if (got < 0)
        diag_die("%s", error_text());
}

static void clip_check(const char *name, const char *track, double beat, double rate, float *x, int64_t channels,
                       int64_t samples)
{
    struct figures f;

    if (!meter || timbre_meter_rate(meter) < rate || timbre_meter_rate(meter) > rate) {
        timbre_meter_free(meter);
        meter = timbre_meter_new(rate);
        recon_meter_free(recon);
        recon = originals ? recon_meter_new(rate) : NULL;
    }
    figures_measure(meter, x, channels, samples, beat, &f);
    if (reference_path)
        beside_clip(track, x, channels, samples, &f);
    if (originals)
        original_check(name, rate, x, channels, samples, f.value + FIGURE_RECON);
    clips_put(name, rate, channels, samples, &f);
}

/* The frame has been passed on: its floats may be changed. */
static void frame_figures(const struct frame *f, const struct tensor *t, double rate)
{
    int64_t channels = t->shape[1], samples = t->shape[2];

    for (int64_t b = 0; b < t->shape[0]; b++) {
        const char *name = audio_clip_name(f, b);
        char *own = t->shape[0] > 1 && name == f->name ? mem_format("%s-%03lld", name, (long long)b) : mem_text(name);

        clip_check(own, beside_track(f, b), input_beat(audio_clip_told(f, b)), rate, t->data + b * channels * samples,
                   channels, samples);
        free(own);
    }
}

/* ---- the whole ---- */

/* Passes everything through, looking at each clip once it is on its way. */
static void stream_check(struct reader *r)
{
    struct writer *w = writer_new(STDOUT_FILENO, "standard output", "audio", reader_meta(r));
    int64_t segment = reader_segment(r);
    const struct frame *f;
    struct tensor t;
    double rate;
    int more;

    if (!w)
        diag_die("%s", error_text());
    while ((more = reader_next(r, &f)) > 0) {
        if (reader_segment(r) != segment && writer_end(w) < 0)
            diag_die("%s", error_text());
        if (reader_segment(r) != segment)
            w = writer_new(STDOUT_FILENO, "standard output", "audio", reader_meta(r));
        segment = reader_segment(r);
        if (!w || audio_tensor(r, f, &t) < 0 || audio_rate(r, f, &rate) < 0)
            diag_die("%s", error_text());
        if (reference_path)
            beside_check(r, f, rate);
        if (writer_put(w, f->name, f->meta, f->tensors, f->count) < 0)
            diag_die("%s", error_text());
        frame_figures(f, &t, rate);
    }
    if (more < 0 || writer_end(w) < 0)
        diag_die("%s", error_text());
    if (originals)
        originals_end();
}

static void limits_set(void)
{
    const char *const paths[] = {original_path, reference_path, held_path};

    if (held_path && !reference_path)
        diag_usage("--held-out FILE: only together with -r, --reference FILE");
    for (int i = 0; i < 3; i++)
        if (paths[i] && strcmp(paths[i], "-") == 0)
            diag_usage("--original, -r and --held-out take files: standard input is what is checked");
    limits_default(&how.limits);
    if (fail_list && limits_read(how.limits.fair, fail_list) < 0)
        diag_usage("-l, --limit NAME=LO:HI: %s", error_text());
    if (warn_list && limits_read(how.limits.good, warn_list) < 0)
        diag_usage("-w, --warn NAME=LO:HI: %s", error_text());
}

int main(int argc, char **argv)
{
    struct reader *r;

    program_begin(&program, argc, argv, 0, 0);
    limits_set();
    how.table = !how.json && !diag_quiet();
    how.reference = reference_path;
    how.held_out = held_path;
    how.original = original_path;
    clips_begin(&how);
    setvbuf(stderr, NULL, _IOFBF, BUFSIZ); /* whole lines, flushed after each clip */
    if (isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: pipe it on, or write > /dev/null for the report alone");
    if (reference_path)
        beside_begin(reference_path, held_path, (uint64_t)seed);
    if (original_path)
        originals = audio_stream(original_path);
    r = audio_stream("-");
    stream_check(r);
    clips_end();
    if (reference_path)
        beside_end(&how);
    reader_free(r);
    timbre_meter_free(meter);
    recon_meter_free(recon);
    reader_free(originals);
    fflush(stderr);
    return clips_failures() || ferror(stderr);
}

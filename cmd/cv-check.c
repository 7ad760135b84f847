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
#include "base/text.h"
#include "check/beside.h"
#include "check/report.h"
#include "measure/levels.h"
#include "measure/verdict.h"
#include "io/stream.h"
#include "measure/compare.h"
#include "io/clip.h"
#include "model/spectral_input.h"
#include "io/originals.h"

static bool json, show_bands;
static const char *original_path, *reference_path, *held_path;
static char *fail_list, *warn_list;
static int64_t seed = 123;

static const struct opt opts[] = {
    {'j', "json", OPT_FLAG, &json, NULL, 0, 0, "report as JSON, one object a line, not as a table", NULL},
    {'b', "bands", OPT_FLAG, &show_bands, NULL, 0, 0, "put octave bands of each clip into the table", NULL},
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

static struct limits limits;
static struct compare *compare;     /* with -r */
static struct originals *originals; /* with --original */
static struct timbre_meter *meter;  /* for the rate of the last clip */
static struct recon_meter *recon;   /* the same, with --original */
static bool table;                  /* wanted */

/* ---- over all clips: figures, then bands ---- */

enum { BAND_FIRST = FIGURE_CLIP_COUNT, TALLY_COUNT = BAND_FIRST + TIMBRE_BANDS_MAX };
enum { FAILURES_LENGTH = 600 };

static struct tally tallies[TALLY_COUNT];
static int64_t clips, verdicts[3];
static double seconds;
static char *failures; /* "a (rms), b (clicks, joins)" */
static int64_t failures_unnamed;

static void failure_note(const char *name, const char *figures)
{
    char *old = failures;

    if (old && strlen(old) > FAILURES_LENGTH) {
        failures_unnamed++;
        return;
    }
    failures = mem_format("%s%s%s (%s)", old ? old : "", old ? ", " : "", name, figures);
    free(old);
}

/* ---- the table ---- */

static bool is_asked(int i)
{
    return i < FIGURE_NEAREST || (i < FIGURE_RECON ? compare != NULL : originals != NULL);
}

static bool has_column(int i)
{
    return figure_about[i].width > 0 && is_asked(i) && (held_path || i != FIGURE_COPIED);
}

static void table_head(void)
{
    for (int i = 0; i < FIGURE_CLIP_COUNT; i++)
        if (has_column(i))
            fprintf(stderr, "%*s ", figure_about[i].width, figure_about[i].name);
    fputs("     clip\n", stderr);
    for (int i = 0; i < FIGURE_CLIP_COUNT; i++)
        if (has_column(i))
            fprintf(stderr, "%*s ", figure_about[i].width, figure_about[i].unit);
    fputc('\n', stderr);
}

static void table_bands(const double *level, int count)
{
    fputs("octave bands, Hz: dBFS ", stderr);
    for (int b = 0; b < count; b++)
        fprintf(stderr, "  %.0f: %.1f", floor(ldexp(31.25, b)), level[b]);
    fputc('\n', stderr);
}

/* j may be NULL: no verdict. */
static void table_row(const double *value, const char *name, const struct judgement *j)
{
    char *shown = mem_alloc(4 * strlen(name) + 1);

    text_escape(shown, name);
    for (int i = 0; i < FIGURE_CLIP_COUNT; i++)
        if (has_column(i))
            report_cell(figure_about[i].width, figure_about[i].decimals, value[i]);
    fprintf(stderr, "%-4s %s", j ? verdict_words[j->verdict] : "", shown);
    if (j && *j->fails)
        fprintf(stderr, "  fails: %s", j->fails);
    if (j && *j->warns)
        fprintf(stderr, "  warns: %s", j->warns);
    fputc('\n', stderr);
    free(shown);
}

/* ---- JSON ---- */

static void figures_meta(struct meta *m, const double *value, const double *band, int bands)
{
    struct meta *octaves = meta_map();

    for (int i = 0; i < FIGURE_CLIP_COUNT; i++)
        if (is_asked(i))
            meta_add(m, figure_about[i].name, meta_real(value[i]));
    for (int b = 0; b < bands; b++) {
        char name[40];

        snprintf(name, sizeof name, "%.15g", ldexp(31.25, b));
        meta_add(octaves, name, meta_real(band[b]));
    }
    meta_add(m, "bands", octaves);
}

/* ---- clips ---- */

static const struct meta *meta_of(const struct frame *f, int64_t b)
{
    const struct meta *metas = meta_get(f->meta, "metas");

    return metas && metas->kind == META_LIST && (uint64_t)b < metas->count ? metas->items[b] : f->meta;
}

static const char *track_of(const struct frame *f, int64_t b)
{
    const char *track = audio_clip_name(f, b);

    meta_get_text(meta_of(f, b), "track", &track);
    return track;
}

static void clip_report(const char *name, double rate, int64_t channels, int64_t samples, const struct figures *f)
{
    struct judgement j = limits_judge(&limits, f->value, 0, FIGURE_CLIP_COUNT);

    if (clips++ == 0 && table)
        table_head();
    verdicts[j.verdict]++;
    seconds += (double)samples / rate;
    for (int i = 0; i < FIGURE_CLIP_COUNT; i++)
        tally_add(&tallies[i], f->value[i]);
    for (int b = 0; b < f->timbre.bands; b++)
        tally_add(&tallies[BAND_FIRST + b], f->timbre.band[b]);
    if (j.verdict == VERDICT_FAIL)
        failure_note(name, j.fails);
    if (json) {
        struct meta *m = meta_map();

        meta_add(m, "name", meta_text(name));
        judgement_meta(&j, m);
        meta_add(m, "rate", meta_real(rate));
        meta_add(m, "channels", meta_int(channels));
        meta_add(m, "samples", meta_int(samples));
        figures_meta(m, f->value, f->timbre.band, f->timbre.bands);
        meta_add(m, "join_hop", meta_int(f->clicks.hop));
        report_line("clip", m);
    }
    if (table)
        table_row(f->value, name, &j);
    if (table && show_bands)
        table_bands(f->timbre.band, f->timbre.bands);
    fflush(stderr);
    judgement_free(&j);
}

/* Distances of x, which has lost its mean, from the clip that it stands for. */
static void original_check(const char *name, double rate, const float *x, int64_t channels, int64_t samples,
                           double value[RECON_COUNT])
{
    float *original = originals_next(originals, name, rate, channels, samples);
    struct recon r;

    if (!original)
        diag_die("%s", error_text());
    level_center(original, channels, samples);
    recon_measure(recon, original, &(struct recon_estimate){x, false}, 1, channels, samples, &r);
    memcpy(value, r.value, sizeof r.value);
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
    if (compare) {
        struct compare_near near = compare_clip(compare, track, x, channels, samples);

        f.value[FIGURE_NEAREST] = near.median;
        f.value[FIGURE_COPIED] = near.copied;
    }
    if (originals)
        original_check(name, rate, x, channels, samples, f.value + FIGURE_RECON);
    clip_report(name, rate, channels, samples, &f);
}

/* The frame has been passed on: its floats may be changed. */
static void frame_check(const struct frame *f, const struct tensor *t, double rate)
{
    int64_t channels = t->shape[1], samples = t->shape[2];

    for (int64_t b = 0; b < t->shape[0]; b++) {
        const char *name = audio_clip_name(f, b);
        char *own = t->shape[0] > 1 && name == f->name ? mem_format("%s-%03lld", name, (long long)b) : mem_text(name);

        clip_check(own, track_of(f, b), input_beat(meta_of(f, b)), rate, t->data + b * channels * samples, channels,
                   samples);
        free(own);
    }
}

/* ---- the reference ---- */

/* Checks that a clip can be compared: one rate for all. */
static void rate_check(const struct reader *r, const struct frame *f, double rate)
{
    if (compare && (compare_rate(compare) < rate || compare_rate(compare) > rate))
        diag_die("%s: clip '%s' is at %.15g Hz, the reference %s at %.15g Hz: load all with one cv-load -r",
                 reader_label(r), f->name, rate, reference_path, compare_rate(compare));
    if (rate < 1000)
        diag_die("%s: clip '%s' is at %.15g Hz: a comparison takes 1000 Hz or more", reader_label(r), f->name, rate);
}

/* Gives all clips of a stream to compare_reference or compare_held_out. */
static void reference_read(const char *path,
                           void (*take)(struct compare *, const char *, const float *, int64_t, int64_t))
{
    static const char *const kinds[] = {"audio", NULL};
    struct reader *r = reader_open(path);
    const struct frame *f;
    struct tensor t;
    double rate;
    int more;

    if (!r || reader_start(r, kinds) < 0)
        diag_die("%s", error_text());
    while ((more = reader_next(r, &f)) > 0) {
        if (audio_tensor(r, f, &t) < 0 || audio_rate(r, f, &rate) < 0)
            diag_die("%s", error_text());
        rate_check(r, f, rate);
        if (!compare)
            compare = compare_new(rate, (uint64_t)seed);
        for (int64_t b = 0; b < t.shape[0]; b++) {
            float *x = t.data + b * t.shape[1] * t.shape[2];

            level_center(x, t.shape[1], t.shape[2]);
            take(compare, track_of(f, b), x, t.shape[1], t.shape[2]);
        }
    }
    if (more < 0)
        diag_die("%s", error_text());
    if (reader_frames(r) == 0)
        diag_die("%s: holds no clips", path);
    reader_free(r);
}

/* ---- the whole ---- */

static void total_report(void)
{
    static const char *const words[] = {"mean", "least", "most"};
    struct meta *m = meta_map();
    int bands = 0;

    while (bands < TIMBRE_BANDS_MAX && tallies[BAND_FIRST + bands].count > 0)
        bands++;
    meta_add(m, "clips", meta_int(clips));
    meta_add(m, "seconds", meta_real(seconds));
    for (int i = 0; i < 3; i++)
        meta_add(m, verdict_words[i], meta_int(verdicts[i]));
    for (int w = 0; w < 3 && clips > 0; w++) {
        struct meta *figures = meta_map();
        double value[TALLY_COUNT];

        for (int i = 0; i < TALLY_COUNT; i++) {
            const struct tally *t = &tallies[i];

            value[i] = t->count == 0 ? NAN : w == 0 ? t->sum / (double)t->count : w == 1 ? t->least : t->most;
        }
        figures_meta(figures, value, value + BAND_FIRST, bands);
        meta_add(m, words[w], figures);
        if (table)
            table_row(value, words[w], NULL);
        if (table && w == 0)
            table_bands(value + BAND_FIRST, bands);
    }
    if (json)
        report_line("total", m);
    else
        meta_free(m);
    if (table)
        fprintf(stderr, "%lld clips, %.1f seconds: %lld ok, %lld warn, %lld fail\n", (long long)clips, seconds,
                (long long)verdicts[0], (long long)verdicts[1], (long long)verdicts[2]);
}

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
        if (compare)
            rate_check(r, f, rate);
        if (writer_put(w, f->name, f->meta, f->tensors, f->count) < 0)
            diag_die("%s", error_text());
        frame_check(f, &t, rate);
    }
    if (more < 0 || writer_end(w) < 0 || (originals && originals_end(originals) < 0))
        diag_die("%s", error_text());
}

static void options_check(void)
{
    const char *const paths[] = {original_path, reference_path, held_path};

    if (held_path && !reference_path)
        diag_usage("--held-out FILE: only together with -r, --reference FILE");
    for (int i = 0; i < 3; i++)
        if (paths[i] && strcmp(paths[i], "-") == 0)
            diag_usage("--original, -r and --held-out take files: standard input is what is checked");
    limits_default(&limits);
    if (fail_list && limits_read(limits.fair, fail_list) < 0)
        diag_usage("-l, --limit NAME=LO:HI: %s", error_text());
    if (warn_list && limits_read(limits.good, warn_list) < 0)
        diag_usage("-w, --warn NAME=LO:HI: %s", error_text());
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"audio", NULL};
    struct reader *r;
    char *fails = NULL;

    program_begin(&program, argc, argv, 0, 0);
    options_check();
    table = !json && !diag_quiet();
    setvbuf(stderr, NULL, _IOFBF, BUFSIZ); /* whole lines, flushed after each clip */
    if (isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: pipe it on, or write > /dev/null for the report alone");
    if (reference_path)
        reference_read(reference_path, compare_reference);
    if (compare && compare_fit(compare) < 0)
        diag_die("%s: %s", reference_path, error_text());
    if (held_path)
        reference_read(held_path, compare_held_out);
    if (original_path && !(originals = originals_open(original_path)))
        diag_die("%s", error_text());
    r = reader_open("-");
    if (!r || reader_start(r, kinds) < 0)
        diag_die("%s", error_text());
    stream_check(r);
    total_report();
    if (compare)
        fails = beside_report(compare, &limits, held_path != NULL, table, json);
    if (fails)
        failure_note("all clips beside the reference", fails);
    free(fails);
    reader_free(r);
    timbre_meter_free(meter);
    recon_meter_free(recon);
    compare_free(compare);
    originals_free(originals);
    fflush(stderr);
    if (!json && failures && failures_unnamed > 0) /* in JSON the verdicts say it */
        diag_error("failed: %s and %lld more", failures, (long long)failures_unnamed);
    else if (!json && failures)
        diag_error("failed: %s", failures);
    return failures != NULL || ferror(stderr);
}

/* Clips beside those of a reference. */
#include "beside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/report.h"
#include "io/clip.h"
#include "measure/compare.h"
#include "measure/levels.h"

static const char *const set_words[COMPARE_SETS][2] = {
    [COMPARE_CLIPS] = {"clips", "these clips"},
    [COMPARE_HELD_OUT] = {"held_out", "held-out clips"},
    [COMPARE_HALVES] = {"halves", "floor: the two halves of the reference"},
    [COMPARE_PHASE] = {"random_phase", "ceiling: reference with random phases"},
    [COMPARE_NOISE] = {"white_noise", "ceiling: white noise"},
};

static const struct report_column columns[] = {
    {"fd", "mel-FD", NULL, 8, 0},     {"fd_low", "2.5 %", NULL, 8, 0},    {"fd_high", "97.5 %", NULL, 8, 0},
    {"fdl", "fdl", NULL, 7, 0},       {"mmd", "mmd", NULL, 7, 4},         {"precision", "precision", NULL, 9, 3},
    {"recall", "recall", NULL, 6, 3}, {"patches", "patches", NULL, 8, 0}, {NULL, "clips", NULL, -1, 0},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static const char *reference; /* its file */
static struct compare *compare;

/* ---- clips ---- */

void beside_check(const struct reader *r, const struct frame *f, double rate)
{
    if (compare && (compare_rate(compare) < rate || compare_rate(compare) > rate))
        diag_die("%s: clip '%s' is at %.15g Hz, the reference %s at %.15g Hz: load all with one cv-load -r",
                 reader_label(r), f->name, rate, reference, compare_rate(compare));
    if (rate < 1000)
        diag_die("%s: clip '%s' is at %.15g Hz: a comparison takes 1000 Hz or more", reader_label(r), f->name, rate);
}

struct reader *audio_stream(const char *path)
{
    struct reader *r = clips_open(path);

    if (!r)
        diag_die("%s", error_text());
    return r;
}

/* Gives all clips of a stream to compare_reference or compare_held_out. */
static void clips_read(const char *path, uint64_t seed,
                       void (*take)(struct compare *, const char *, const float *, int64_t, int64_t))
{
    struct reader *r = audio_stream(path);
    struct audio_clip c = {0};
    int more;

    while ((more = audio_clip_next(r, &c)) > 0) {
        beside_check(r, c.frame, c.rate);
        if (!compare)
            compare = compare_new(c.rate, seed);
        level_center(c.x, c.channels, c.samples);
        take(compare, c.track, c.x, c.channels, c.samples);
    }
    if (more < 0)
        diag_die("%s", error_text());
    if (reader_frames(r) == 0)
        diag_die("%s: holds no clips", path);
    reader_free(r);
}

void beside_begin(const char *path, const char *held_out, uint64_t seed)
{
    reference = path;
    clips_read(path, seed, compare_reference);
    if (compare_fit(compare) < 0)
        diag_die("%s: %s", path, error_text());
    if (held_out)
        clips_read(held_out, seed, compare_held_out);
}

void beside_clip(const char *track, const float *x, int64_t channels, int64_t samples, struct figures *f)
{
    struct compare_near near = compare_clip(compare, track, x, channels, samples);

    f->value[FIGURE_NEAREST] = near.median;
    f->value[FIGURE_COPIED] = near.copied;
}

/* ---- the report ---- */

static struct meta *set_meta(const struct compare_figures *f)
{
    struct meta *m = meta_map();

    meta_add(m, "clips", meta_int(f->clips));
    meta_add(m, "patches", meta_int(f->patches));
    meta_add(m, "fd", meta_real(f->fd));
    meta_add(m, "fd_low", meta_real(f->low));
    meta_add(m, "fd_high", meta_real(f->high));
    meta_add(m, "fdl", meta_real(f->fdl));
    meta_add(m, "mmd", meta_real(f->mmd));
    meta_add(m, "precision", meta_real(f->precision));
    meta_add(m, "recall", meta_real(f->recall));
    return m;
}

static struct meta *near_report(bool table, enum compare_set set)
{
    struct compare_near near = compare_near_all(compare, set);
    struct meta *m = meta_map();

    meta_add(m, "windows", meta_int(near.windows));
    meta_add(m, "nearest", meta_real(near.median));
    meta_add(m, "copied", meta_real(near.copied));
    if (!table || near.windows == 0)
        return m;
    fprintf(stderr, "%s: %lld windows of 2 s, the nearest of the reference at %.2f dB (median)", set_words[set][1],
            (long long)near.windows, near.median);
    if (!isnan(near.copied))
        fprintf(stderr, ", %.3f of them copied", near.copied);
    fputc('\n', stderr);
    return m;
}

/* The verdict on the clips' figures, into m. */
static void clips_judge(const struct compare_figures *f, const struct clips_how *how, struct meta *m)
{
    double value[FIGURE_COUNT] = {
        [FIGURE_FD] = f->fd,         [FIGURE_FDL] = f->fdl, [FIGURE_MMD] = f->mmd, [FIGURE_PRECISION] = f->precision,
        [FIGURE_RECALL] = f->recall,
    };
    bool failed = limits_judge(&how->limits, value, FIGURE_FD, FIGURE_COUNT, m) == VERDICT_FAIL;
    char *fails = verdict_names(m, "fails"), *warns = verdict_names(m, "warns");

    if (how->table && *warns)
        diag_warn("beside the reference: %s", warns);
    if (failed)
        clips_failed("all clips beside the reference", fails);
    free(fails);
    free(warns);
}

void beside_end(const struct clips_how *how)
{
    struct compare_figures figures[COMPARE_SETS];
    struct meta *m = meta_map();

    if (how->table) {
        fputc('\n', stderr);
        report_head(stderr, columns, COLUMNS);
    }
    for (int i = 0; i < COMPARE_SETS; i++) {
        struct meta *set;

        figures[i] = compare_figures(compare, (enum compare_set)i);
        set = set_meta(&figures[i]);
        meta_add(m, set_words[i][0], set);
        if (how->table && (i != COMPARE_HELD_OUT || how->held_out)) {
            report_row(stderr, columns, COLUMNS, set, set_words[i][1]);
            fputc('\n', stderr);
        }
    }
    meta_add(m, "near", near_report(how->table, COMPARE_CLIPS));
    meta_add(m, "near_held_out", near_report(how->table, COMPARE_HELD_OUT));
    clips_judge(&figures[COMPARE_CLIPS], how, m);
    meta_add(m, "explained", meta_real(compare_explained(compare)));
    if (how->json)
        report_json(stderr, "comparison", m);
    else
        meta_free(m);
    compare_free(compare);
}

/* Clips beside those of a reference. */
#include "beside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/report.h"
#include "measure/compare.h"

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

/* Of form. */
static const struct report_column form_columns[] = {
    {"auc_local", "auc local", NULL, 9, 2}, {"auc_form", "form", NULL, 4, 2},     {"passage", "passage", NULL, 7, 2},
    {"passage_most", "most", NULL, 5, 2},   {"bar1_m", "bar1_m", NULL, 6, 3},     {"bar4_m", "bar4_m", NULL, 6, 3},
    {"bar8_m", "bar8_m", NULL, 6, 3},       {"return_m", "return_m", NULL, 8, 3}, {"bar4_h", "bar4_h", NULL, 6, 3},
    {"return_h", "return_h", NULL, 8, 3},   {"tex1", "tex1", NULL, 5, 3},         {"key8", "key8", NULL, 5, 3},
    {"key32", "key32", NULL, 5, 3},         {"instr", "instr", NULL, 5, 2},       {"switch", "switch", NULL, 6, 3},
    {NULL, "clips", NULL, -1, 0},
};

enum { COLUMNS = sizeof columns / sizeof *columns, FORM_COLUMNS = sizeof form_columns / sizeof *form_columns };

static const char *reference; /* its file */
static struct compare *compare;

/* ---- clips ---- */

int beside_check(const struct reader *r, const struct audio_clip *c)
{
    if (compare && (compare_rate(compare) < c->rate || compare_rate(compare) > c->rate))
        return error_set("%s: clip '%s' is at %.15g Hz, the reference %s at %.15g Hz: load all with one cv-load -r",
                         reader_label(r), c->frame->name, c->rate, reference, compare_rate(compare));
    if (c->rate < 1000)
        return error_set("%s: clip '%s' is at %.15g Hz: a comparison takes 1000 Hz or more", reader_label(r),
                         c->frame->name, c->rate);
    return 0;
}

struct reader *audio_stream(const char *path)
{
    struct reader *r = clips_open(path);

    if (!r)
        diag_die("%s", error_text());
    return r;
}

void beside_look(struct sound *s, int worker)
{
    sound_compare(s, compare, COMPARE_CLIPS, worker);
}

void beside_take(struct sound *s)
{
    compare_take(compare, COMPARE_CLIPS, &s->beside);
    s->figures.value[FIGURE_NEAREST] = s->beside.near.median;
    s->figures.value[FIGURE_COPIED] = s->beside.near.copied;
}

/* ---- the reference, and what is held out ---- */

static struct reader *real;
static struct audio_clip real_clip;
static struct pool *threads;
static uint64_t draws;
static bool lines; /* of JSON on standard error: nothing else goes there */
static enum compare_set real_set;

static int real_read(struct sound **s)
{
    int got = audio_clip_next(real, &real_clip);

    if (got <= 0)
        return got;
    if (beside_check(real, &real_clip) < 0)
        return -1;
    if (!compare)
        compare = compare_new(real_clip.rate, draws, threads);
    *s = sound_begin(&real_clip);
    return 1;
}

static void real_look(struct sound *s, int worker)
{
    sound_compare(s, compare, real_set, worker);
}

static void real_take(struct sound *s)
{
    compare_take(compare, real_set, &s->beside);
    if (!lines)
        progress("clips of the reference", s->number + 1, 0);
}

static void real_each(const char *path, enum compare_set set)
{
    struct sounds *sounds = sounds_new(threads, false);

    real = audio_stream(path);
    real_clip = (struct audio_clip){0};
    real_set = set;
    if (sounds_each(sounds, &(struct sounds_how){real_read, real_look, real_take}) < 0)
        diag_die("%s", error_text());
    if (!lines)
        progress("clips of the reference", 0, 0);
    if (reader_frames(real) == 0)
        diag_die("%s: holds no clips", path);
    sounds_free(sounds);
    reader_free(real);
}

void beside_begin(const char *path, const char *held_out, uint64_t seed, bool json, struct pool *pool)
{
    lines = json;
    reference = path;
    threads = pool;
    draws = seed;
    real_each(path, COMPARE_HALVES);
    if (compare_fit(compare) < 0)
        diag_die("%s: %s", path, error_text());
    if (held_out)
        real_each(held_out, COMPARE_HELD_OUT);
}

/* ---- the report ---- */

static struct meta *set_meta(const struct compare_figures *f)
{
    const double values[] = {f->fd, f->low, f->high, f->fdl, f->mmd, f->precision, f->recall};
    struct meta *m = meta_map();

    meta_add(m, "clips", meta_int(f->clips));
    meta_add(m, "patches", meta_int(f->patches));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        meta_add(m, columns[i].key, meta_real(values[i]));
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

static struct meta *form_meta(const struct forms_figures *f)
{
    static const enum form_measure measures[] = {FORM_BAR1_M, FORM_BAR4_M,   FORM_BAR8_M, FORM_RETURN_M,
                                                 FORM_BAR4_H, FORM_RETURN_H, FORM_TEX1,   FORM_KEY8,
                                                 FORM_KEY32,  FORM_INSTR,    FORM_SWITCH};
    const double first[] = {f->auc_local, f->auc_form, f->passage, f->passage_most};
    struct meta *m = meta_map();

    meta_add(m, "clips", meta_int(f->clips));
    for (int i = 0; i < 4; i++)
        meta_add(m, form_columns[i].key, meta_real(first[i]));
    for (int i = 4; i < FORM_COLUMNS - 1; i++)
        meta_add(m, form_columns[i].key, meta_real(f->mean[measures[i - 4]]));
    return m;
}

static struct meta *form_report(const struct clips_how *how)
{
    static const enum compare_set sets[FORMS_SETS] = {COMPARE_CLIPS, COMPARE_HELD_OUT, COMPARE_HALVES};
    struct meta *m = meta_map();
    bool head = false;

    for (int i = 0; i < FORMS_SETS; i++) {
        struct forms_figures f = compare_forms(compare, (enum forms_set)i);
        struct meta *set = form_meta(&f);

        if (how->table && f.clips > 0) {
            if (!head)
                report_head(stderr, form_columns, FORM_COLUMNS);
            head = true;
            report_row(stderr, form_columns, FORM_COLUMNS, set, set_words[sets[i]][1]);
            fputc('\n', stderr);
        }
        meta_add(m, set_words[sets[i]][0], set);
    }
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

    compare_figures(compare, figures);
    if (how->table) {
        fputc('\n', stderr);
        report_head(stderr, columns, COLUMNS);
    }
    for (int i = 0; i < COMPARE_SETS; i++) {
        struct meta *set;

        set = set_meta(&figures[i]);
        meta_add(m, set_words[i][0], set);
        if (how->table && (i != COMPARE_HELD_OUT || how->held_out)) {
            report_row(stderr, columns, COLUMNS, set, set_words[i][1]);
            fputc('\n', stderr);
        }
    }
    meta_add(m, "near", near_report(how->table, COMPARE_CLIPS));
    meta_add(m, "near_held_out", near_report(how->table, COMPARE_HELD_OUT));
    meta_add(m, "form", form_report(how));
    clips_judge(&figures[COMPARE_CLIPS], how, m);
    meta_add(m, "explained", meta_real(compare_explained(compare)));
    if (how->json)
        report_json(stderr, "comparison", m);
    else
        meta_free(m);
    compare_free(compare);
}

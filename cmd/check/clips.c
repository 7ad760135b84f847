/* Figures of clips as rows of a table or as JSON, and over all of them. */
#include "clips.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/report.h"

enum { BAND_FIRST = FIGURE_CLIP_COUNT, TALLIES = BAND_FIRST + TIMBRE_BANDS_MAX };
enum { FAILURES_LENGTH = 600, COLUMNS_MOST = FIGURE_CLIP_COUNT + 2 };

static struct clips_how how;
static struct report_column columns[COLUMNS_MOST];
static size_t column_count;

static struct tally tallies[TALLIES]; /* figures, then bands */
static int64_t clips, verdicts[3];
static double seconds;
static char *failures; /* "a (rms), b (clicks, joins)" */
static int64_t failures_unnamed;

static bool is_asked(int i)
{
    return i < FIGURE_NEAREST || (i < FIGURE_RECON ? how.reference : how.original);
}

void clips_begin(const struct clips_how *wanted)
{
    how = *wanted;
    for (int i = 0; i < FIGURE_CLIP_COUNT; i++) {
        const struct figure_about *f = &figure_about[i];

        if (is_asked(i) && (how.held_out || i != FIGURE_COPIED))
            columns[column_count++] = (struct report_column){f->name, f->name, f->unit, f->width, f->decimals};
    }
    columns[column_count++] = (struct report_column){"verdict", "", "", -4, 0};
    columns[column_count++] = (struct report_column){NULL, "clip", "", -1, 0};
}

static void figures_add(struct meta *m, const double *value, const double *band, int bands)
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

static void bands_print(const struct meta *figures)
{
    const struct meta *bands = meta_get(figures, "bands");

    fputs("octave bands, Hz: dBFS ", stderr);
    for (size_t b = 0; b < bands->count; b++)
        fprintf(stderr, "  %s: %.1f", bands->keys[b], bands->items[b]->real);
    fputc('\n', stderr);
}

/* Measures of form, where a clip is long enough for them. */
static void form_print(const struct meta *figures)
{
    if (isnan(meta_get(figures, figure_about[FIGURE_FORM + FORM_BAR1_M].name)->real))
        return;
    fputs("form ", stderr);
    for (int i = FIGURE_FORM; i <= FIGURE_FORM_END; i++)
        fprintf(stderr, "  %s: %.3f", figure_about[i].name, meta_get(figures, figure_about[i].name)->real);
    fputc('\n', stderr);
}

static void names_print(const struct meta *m, const char *key)
{
    char *names = verdict_names(m, key);

    if (*names)
        fprintf(stderr, "  %s: %s", key, names);
    free(names);
}

/* m is released. */
static void clip_print(struct meta *m, const char *name)
{
    if (how.table) {
        if (clips == 1)
            report_head(stderr, columns, column_count);
        report_row(stderr, columns, column_count, m, name);
        names_print(m, "fails");
        names_print(m, "warns");
        fputc('\n', stderr);
        if (how.bands)
            bands_print(m);
    }
    if (how.json)
        report_json(stderr, "clip", m);
    else
        meta_free(m);
    fflush(stderr);
}

void clips_put(const char *name, double rate, int64_t channels, int64_t samples, const struct figures *f)
{
    struct meta *m = meta_map();
    enum verdict verdict;

    meta_add(m, "name", meta_text(name));
    verdict = limits_judge(&how.limits, f->value, 0, FIGURE_CLIP_COUNT, m);
    meta_add(m, "rate", meta_real(rate));
    meta_add(m, "channels", meta_int(channels));
    meta_add(m, "samples", meta_int(samples));
    figures_add(m, f->value, f->timbre.band, f->timbre.bands);
    meta_add(m, "join_hop", meta_int(f->clicks.hop));
    clips++;
    verdicts[verdict]++;
    seconds += (double)samples / rate;
    for (int i = 0; i < FIGURE_CLIP_COUNT; i++)
        tally_add(&tallies[i], f->value[i]);
    for (int b = 0; b < f->timbre.bands; b++)
        tally_add(&tallies[BAND_FIRST + b], f->timbre.band[b]);
    if (verdict == VERDICT_FAIL) {
        char *fails = verdict_names(m, "fails");

        clips_failed(name, fails);
        free(fails);
    }
    clip_print(m, name);
}

/* Row 0, 1, 2: mean, least, most. */
static struct meta *total_figures(int row)
{
    struct meta *m = meta_map();
    double value[TALLIES];
    int bands = 0;

    while (bands < TIMBRE_BANDS_MAX && tallies[BAND_FIRST + bands].count > 0)
        bands++;
    for (int i = 0; i < TALLIES; i++) {
        const struct tally *t = &tallies[i];

        value[i] = t->count == 0 ? NAN : row == 0 ? tally_mean(t) : row == 1 ? t->least : t->most;
    }
    figures_add(m, value, value + BAND_FIRST, bands);
    return m;
}

void clips_end(void)
{
    static const char *const words[] = {"mean", "least", "most"};
    struct meta *m = meta_map();

    meta_add(m, "clips", meta_int(clips));
    meta_add(m, "seconds", meta_real(seconds));
    for (int i = 0; i < 3; i++)
        meta_add(m, verdict_words[i], meta_int(verdicts[i]));
    for (int i = 0; i < 3 && clips > 0; i++) {
        struct meta *figures = total_figures(i);

        meta_add(m, words[i], figures);
        if (how.table) {
            report_row(stderr, columns, column_count, figures, words[i]);
            fputc('\n', stderr);
        }
        if (how.table && i == 0) {
            bands_print(figures);
            form_print(figures);
        }
    }
    if (how.json)
        report_json(stderr, "total", m);
    else
        meta_free(m);
    if (how.table)
        fprintf(stderr, "%lld clip%s, %.1f seconds: %lld ok, %lld warn, %lld fail\n", (long long)clips,
                clips == 1 ? "" : "s", seconds, (long long)verdicts[0], (long long)verdicts[1], (long long)verdicts[2]);
}

void clips_failed(const char *name, const char *figures)
{
    char *old = failures;

    if (old && strlen(old) > FAILURES_LENGTH) {
        failures_unnamed++;
        return;
    }
    failures = mem_format("%s%s%s (%s)", old ? old : "", old ? ", " : "", name, figures);
    free(old);
}

bool clips_failures(void)
{
    if (!how.json && failures && failures_unnamed > 0)
        diag_error("failed: %s and %lld more", failures, (long long)failures_unnamed);
    else if (!how.json && failures)
        diag_error("failed: %s", failures);
    return failures != NULL;
}

/* What cv-check says of all clips beside a reference. */
#include "beside.h"

#include <math.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/meta.h"
#include "report.h"

static const char *const set_words[COMPARE_SETS][2] = {
    [COMPARE_CLIPS] = {"clips", "these clips"},
    [COMPARE_HELD_OUT] = {"held_out", "held-out clips"},
    [COMPARE_HALVES] = {"halves", "floor: the two halves of the reference"},
    [COMPARE_PHASE] = {"random_phase", "ceiling: reference with random phases"},
    [COMPARE_NOISE] = {"white_noise", "ceiling: white noise"},
};

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

static void set_row(const struct compare_figures *f, const char *words)
{
    char interval[60] = "-";

    if (!isnan(f->low))
        snprintf(interval, sizeof interval, "%.0f to %.0f", f->low, f->high);
    report_cell(8, 0, f->fd);
    fprintf(stderr, "%18s ", interval);
    report_cell(7, 0, f->fdl);
    report_cell(7, 4, f->mmd);
    report_cell(9, 3, f->precision);
    report_cell(6, 3, f->recall);
    fprintf(stderr, "%8lld %s\n", (long long)f->patches, words);
}

static void near_report(const struct compare *c, bool table, struct meta *m, const char *key, enum compare_set set)
{
    struct compare_near near = compare_near_all(c, set);
    struct meta *n = meta_map();

    meta_add(n, "windows", meta_int(near.windows));
    meta_add(n, "nearest", meta_real(near.median));
    meta_add(n, "copied", meta_real(near.copied));
    meta_add(m, key, n);
    if (!table || near.windows == 0)
        return;
    fprintf(stderr, "%s: %lld windows of 2 s, the nearest of the reference at %.2f dB (median)", set_words[set][1],
            (long long)near.windows, near.median);
    if (!isnan(near.copied))
        fprintf(stderr, ", %.3f of them copied", near.copied);
    fputc('\n', stderr);
}

char *beside_report(const struct compare *c, const struct limits *limits, bool held, bool table, bool json)
{
    struct meta *m = meta_map();
    double value[FIGURE_COUNT];
    struct judgement j;
    char *fails;

    if (table)
        fprintf(stderr, "\n%8s %18s %7s %7s %9s %6s %8s\n", "mel-FD", "95 % interval", "fdl", "mmd", "precision",
                "recall", "patches");
    for (int i = 0; i < COMPARE_SETS; i++) {
        struct compare_figures f = compare_figures(c, (enum compare_set)i);

        if (i == COMPARE_CLIPS) {
            value[FIGURE_FD] = f.fd;
            value[FIGURE_FDL] = f.fdl;
            value[FIGURE_MMD] = f.mmd;
            value[FIGURE_PRECISION] = f.precision;
            value[FIGURE_RECALL] = f.recall;
        }
        meta_add(m, set_words[i][0], set_meta(&f));
        if (table && (i != COMPARE_HELD_OUT || held))
            set_row(&f, set_words[i][1]);
    }
    near_report(c, table, m, "near", COMPARE_CLIPS);
    near_report(c, table, m, "near_held_out", COMPARE_HELD_OUT);
    j = limits_judge(limits, value, FIGURE_FD, FIGURE_COUNT);
    fails = j.verdict == VERDICT_FAIL ? mem_text(j.fails) : NULL;
    if (table && *j.warns)
        diag_warn("beside the reference: %s", j.warns);
    judgement_meta(&j, m);
    meta_add(m, "explained", meta_real(compare_explained(c)));
    if (json)
        report_line("comparison", m);
    else
        meta_free(m);
    judgement_free(&j);
    return fails;
}

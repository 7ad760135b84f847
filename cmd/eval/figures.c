/* Figures of clips in words: lines to sort, and two models side by side. */
#include "figures.h"

#include "base/report.h"
#include "measure/figures.h"

static const char *figure_name(int figure)
{
    static const char *const own[EVAL_RECON] = {[EVAL_DISTANCE] = "distance", [EVAL_NATS] = "nats", [EVAL_KL] = "kl"};

    return figure < EVAL_RECON ? own[figure] : figure_about[FIGURE_RECON + figure - EVAL_RECON].name;
}

/* ---- clip by clip ---- */

/* Numbers first: names may hold blanks, which divide fields for sort. */
static struct meta *each_meta(const struct eval *e, const struct eval_each *own)
{
    struct meta *m = meta_map();

    for (int k = 0; k < EVAL_EACH; k++)
        meta_add(m, figure_name(k), meta_real(own->value[k]));
    meta_add(m, "away", meta_real(own->away));
    meta_add(m, "seconds", meta_real(own->seconds));
    meta_add(m, "name", meta_text(own->name));
    meta_add(m, "track", meta_text(own->track));
    meta_add(m, "nearest", own->nearest < 0 ? meta_nil() : meta_text(e->each[own->nearest].name));
    return m;
}

static void fields_print(FILE *out, const struct meta *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct report_column column = {m->keys[i], NULL, NULL, 1, -6};

        report_row(out, &column, 1, m, NULL);
        putc(i + 1 < m->count ? '\t' : '\n', out);
    }
}

void each_print(FILE *out, const struct eval *e, bool json)
{
    for (int64_t i = 0; i < e->clips; i++) {
        struct meta *m = each_meta(e, &e->each[i]);

        for (size_t k = 0; !json && i == 0 && k < m->count; k++)
            fprintf(out, "%s%c", m->keys[k], k + 1 < m->count ? '\t' : '\n');
        if (json) {
            report_json(out, NULL, m);
        } else {
            fields_print(out, m);
            meta_free(m);
        }
    }
}

/* ---- two models ---- */

static const struct report_column columns[] = {
    {NULL, "figure", NULL, -10, 0},        {"a", "a", NULL, 12, -6},     {"b", "b", NULL, 12, -6},
    {"difference", "b - a", NULL, 12, -4}, {"lo", "from", NULL, 12, -4}, {"hi", "to", NULL, 12, -4},
};

static struct meta *pair_meta(const struct eval_pair *p)
{
    const double values[] = {p->a, p->b, p->b - p->a, p->lo, p->hi};
    struct meta *m = meta_map();

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        meta_add(m, columns[1 + i].key, meta_real(values[i]));
    return m;
}

static struct meta *comparison_meta(const struct eval *e, const char *const *models, const struct eval_comparison *c)
{
    struct meta *m = meta_map();

    meta_add(m, "a", meta_text(models[0]));
    meta_add(m, "b", meta_text(models[1]));
    meta_add(m, "clips", meta_int(e->clips));
    meta_add(m, "silent", meta_int(e->silent));
    meta_add(m, "tracks", meta_int(c->tracks));
    meta_add(m, "resamplings", meta_int(EVAL_RESAMPLINGS));
    meta_add(m, "unlike", c->unlike ? meta_text(c->unlike) : meta_nil());
    for (int k = c->unlike ? EVAL_RECON : 0; k < EVAL_EACH; k++)
        meta_add(m, figure_name(k), pair_meta(&c->figure[k]));
    return m;
}

void pair_print(FILE *out, const struct eval *e, const char *const *models, uint64_t seed, bool json)
{
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct eval_comparison c;
    struct meta *m;

    eval_compare(&e[0], &e[1], seed, &c);
    m = comparison_meta(e, models, &c);
    if (json) {
        report_json(out, NULL, m);
        return;
    }
    for (int i = 0; i < 2; i++) {
        fprintf(out, "%c: ", "ab"[i]);
        report_text(out, 0, models[i]);
        putc('\n', out);
    }
    fprintf(out, "%lld clip%s of %lld track%s, %lld silent; from .. to: 95 %% of %d resamplings of tracks\n\n",
            (long long)e->clips, e->clips == 1 ? "" : "s", (long long)c.tracks, c.tracks == 1 ? "" : "s",
            (long long)e->silent, EVAL_RESAMPLINGS);
    report_head(out, columns, COLUMNS);
    for (int k = c.unlike ? EVAL_RECON : 0; k < EVAL_EACH; k++) {
        report_row(out, columns, COLUMNS, meta_get(m, figure_name(k)), figure_name(k));
        putc('\n', out);
    }
    if (c.unlike)
        fprintf(out, "without distance, nats and kl, which cannot be compared: the models differ in '%s'\n", c.unlike);
    if (c.tracks < 2)
        fprintf(out, "without intervals: all clips are of one track\n");
    meta_free(m);
}

/* Rows of measures of clips, and what sets of them are like. */
#include "measure/forms.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/sort.h"
#include "measure/form_space.h"
#include "measure/passage.h"
#include "measure/tell_apart.h"

struct row_list {
    size_t count;
    struct form_row *rows;
};

struct forms {
    uint64_t seed;
    struct form_space *space;
    const struct form **forms; /* of the reference, those of its first half before */
    size_t count, first;
    struct row_list clips, held_out, half[2];
};

/* Measures of up to 8 beats. */
static bool is_local(int measure)
{
    static const enum form_measure wide[] = {FORM_BAR4_M,   FORM_BAR8_M, FORM_BAR4_H, FORM_BAR8_H, FORM_RETURN_M,
                                             FORM_RETURN_H, FORM_TEX4,   FORM_TEX8,   FORM_KEY16,  FORM_KEY32};

    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if ((int)wide[i] == measure)
            return false;
    return true;
}

static void list_add(struct row_list *l, const struct form_row *row)
{
    if (isnan(row->value[FORM_RETURN_M])) /* under 8 bars */
        return;
    l->rows = mem_more(l->rows, l->count, sizeof *l->rows);
    l->rows[l->count++] = *row;
}

static struct form_row look(const struct forms *f, const struct form *form, size_t followed)
{
    struct form_row row;

    form_measure(form, row.value);
    form_space_measure(f->space, form, row.value);
    row.passage = passage_longest(form, f->forms, followed);
    return row;
}

struct form_row forms_look(const struct forms *f, const struct form *form)
{
    return look(f, form, f->count);
}

struct reference_job {
    const struct forms *f;
    struct form_row *rows;
};

/* The clips of the second half follow those of the first. */
static void reference_look(void *arg, int task, int worker)
{
    struct reference_job *j = arg;
    size_t i = (size_t)task;

    (void)worker;
    j->rows[i] = look(j->f, j->f->forms[i], i < j->f->first ? 0 : j->f->first);
}

struct forms *forms_new(const struct maps *reference, uint64_t seed, struct pool *pool)
{
    struct forms *f = mem_zero(1, sizeof *f);
    struct reference_job job = {f, mem_zero(reference->count, sizeof *job.rows)};

    f->seed = seed;
    f->forms = mem_zero(reference->count, sizeof *f->forms);
    for (int half = 0; half < 2; half++) {
        for (size_t i = 0; i < reference->count; i++)
            if (reference->maps[i].half == half)
                f->forms[f->count++] = &reference->maps[i].form;
        f->first = half == 0 ? f->count : f->first;
    }
    f->space = form_space_new(f->forms, f->count, seed);
    pool_run(pool, (int)f->count, reference_look, &job);
    for (size_t i = 0; i < f->count; i++)
        list_add(&f->half[i >= f->first], &job.rows[i]);
    free(job.rows);
    return f;
}

void forms_free(struct forms *f)
{
    if (!f)
        return;
    form_space_free(f->space);
    free(f->forms);
    free(f->clips.rows);
    free(f->held_out.rows);
    free(f->half[0].rows);
    free(f->half[1].rows);
    free(f);
}

void forms_add(struct forms *f, enum forms_set set, const struct form_row *row)
{
    list_add(set == FORMS_CLIPS ? &f->clips : &f->held_out, row);
}

/* ---- figures ---- */

/* The measures of lists [count] as rows [rows, dims], to be freed. */
static double *gather(const struct row_list *l, int count, bool all, size_t *rows, size_t *dims)
{
    double *x = mem_alloc((l[0].count + (count > 1 ? l[1].count : 0)) * FORM_MEASURES * sizeof *x);
    size_t n = 0;

    *rows = *dims = 0;
    for (int m = 0; m < FORM_MEASURES; m++)
        *dims += all || is_local(m);
    for (int i = 0; i < count; i++)
        for (size_t r = 0; r < l[i].count; r++, (*rows)++)
            for (int m = 0; m < FORM_MEASURES; m++)
                if (all || is_local(m))
                    x[n++] = l[i].rows[r].value[m];
    return x;
}

/* Lists a [m] against list b. */
static double auc(const struct forms *f, const struct row_list *a, int m, const struct row_list *b, bool all)
{
    size_t rows[2], dims;
    double *x = gather(a, m, all, &rows[0], &dims), *y = gather(b, 1, all, &rows[1], &dims), area;

    area = tell_apart(x, rows[0], y, rows[1], dims, f->seed);
    free(x);
    free(y);
    return area;
}

static void means(const struct row_list *lists, int count, struct forms_figures *out)
{
    double known[FORM_MEASURES] = {0}, sum[FORM_MEASURES] = {0};

    for (int i = 0; i < count; i++)
        for (size_t r = 0; r < lists[i].count; r++)
            for (int m = 0; m < FORM_MEASURES; m++)
                if (!isnan(lists[i].rows[r].value[m])) {
                    known[m]++;
                    sum[m] += lists[i].rows[r].value[m];
                }
    for (int m = 0; m < FORM_MEASURES; m++)
        out->mean[m] = known[m] > 0 ? sum[m] / known[m] : NAN;
}

static void passages(const struct row_list *l, struct forms_figures *out)
{
    double *x = mem_zero(l->count, sizeof *x);
    size_t n = 0;

    for (size_t r = 0; r < l->count; r++)
        if (!isnan(l->rows[r].passage))
            x[n++] = l->rows[r].passage;
    out->passage = sort_quantile(x, n, 0.5);
    out->passage_most = n > 0 ? x[n - 1] : NAN;
    free(x);
}

struct forms_figures forms_figures(const struct forms *f, enum forms_set set)
{
    bool held = set == FORMS_CLIPS && f->held_out.count >= TELL_ROWS_LEAST;
    const struct row_list *lists = set == FORMS_HALVES ? f->half : set == FORMS_CLIPS ? &f->clips : &f->held_out;
    const struct row_list *real = set == FORMS_HALVES ? f->half + 1 : held ? &f->held_out : f->half;
    int own = set == FORMS_HALVES ? 2 : 1, reals = set == FORMS_HALVES || held ? 1 : 2;
    struct forms_figures out = {.clips = (int64_t)(lists[0].count + (own > 1 ? lists[1].count : 0))};

    means(lists, own, &out);
    passages(set == FORMS_HALVES ? f->half + 1 : lists, &out);
    out.auc_local = auc(f, real, reals, lists, false);
    out.auc_form = auc(f, real, reals, lists, true);
    return out;
}

/* What check-vectors is made of: cases kept in memory, and verdicts on them. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/meta.h"
#include "base/tensor.h"
#include "io/stream.h"

/* The error of a tensor a against the reference b is
 * max |a - b| / (max |b| + VECTORS_TINY). */
#define VECTORS_TINY 1e-7
#define LIMIT 1e-4

/* ---- frames kept after the reader has gone on ---- */

struct kept_tensor {
    char *name;
    struct tensor t; /* data is its own */
    bool used;       /* somebody set or compared it */
};

struct kept {
    char *name;
    struct meta *meta;
    struct kept_tensor *tensors;
    size_t count;
};

static struct kept kept_copy(const struct frame *f)
{
    struct kept k = {mem_text(f->name), meta_copy(f->meta), mem_zero(f->count, sizeof *k.tensors), f->count};

    for (size_t i = 0; i < f->count; i++) {
        size_t values = (size_t)tensor_count(&f->tensors[i].t);

        k.tensors[i].name = mem_text(f->tensors[i].name);
        k.tensors[i].t = f->tensors[i].t;
        k.tensors[i].t.data = mem_floats(values);
        memcpy(k.tensors[i].t.data, f->tensors[i].t.data, values * sizeof(float));
    }
    return k;
}

static void kept_free(struct kept *k)
{
    for (size_t i = 0; i < k->count; i++) {
        free(k->tensors[i].name);
        free(k->tensors[i].t.data);
    }
    free(k->tensors);
    free(k->name);
    meta_free(k->meta);
}

/* The tensor of that name, which counts as used from now on; NULL: there is none. */
static const struct tensor *kept_get(const struct kept *k, const char *name)
{
    for (size_t i = 0; i < k->count; i++)
        if (!strcmp(k->tensors[i].name, name)) {
            k->tensors[i].used = true;
            return &k->tensors[i].t;
        }
    return NULL;
}

/* ---- verdicts: one line for each case ---- */

struct verdict {
    const char *file, *name;
    char *text; /* what was compared, and what went wrong */
    bool failed;
    int compared;
    double worst; /* error over limit */
};

static int verdicts, verdicts_failed;
static double verdicts_worst;

static struct verdict verdict_new(const char *file, const char *name)
{
    return (struct verdict){file, name, mem_text(""), false, 0, 0};
}

static void verdict_append(struct verdict *v, const char *more)
{
    char *text = mem_format("%s%s%s", v->text, *v->text ? ", " : "", more);

    free(v->text);
    v->text = text;
}

__attribute__((format(printf, 2, 3))) static void verdict_fail(struct verdict *v, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    v->failed = true;
    verdict_append(v, text);
}

static void verdict_error(struct verdict *v, const char *what, double error, double limit)
{
    char text[160];
    bool good = error <= limit;

    snprintf(text, sizeof text, good ? "%s %.1e" : "%s %.1e IS OVER %.0e", what, error, limit);
    verdict_append(v, text);
    v->failed |= !good;
    v->compared++;
    if (!(error / limit <= v->worst))
        v->worst = error / limit;
}

/* Prints the line and counts it. */
static void verdict_end(struct verdict *v)
{
    if (v->compared == 0)
        verdict_fail(v, "nothing to compare");
    printf("%s %s: %s: %s\n", v->failed ? "not ok" : "ok", v->file, v->name, v->text);
    verdicts++;
    verdicts_failed += v->failed;
    if (!(v->worst <= verdicts_worst))
        verdicts_worst = v->worst;
    free(v->text);
}

static double relative_error(const float *a, const float *b, size_t count)
{
    double difference = 0, size = 0;

    for (size_t i = 0; i < count; i++) {
        double d = fabs((double)a[i] - (double)b[i]);

        if (!(d <= difference))
            difference = d; /* NaN too, and it stays */
        if (isnan(d))
            return INFINITY;
        if (fabs((double)b[i]) > size)
            size = fabs((double)b[i]);
    }
    return difference / (size + VECTORS_TINY);
}

static double scalar_error(double a, double b)
{
    return isnan(a) ? INFINITY : fabs(a - b) / (fabs(b) + VECTORS_TINY);
}

#endif

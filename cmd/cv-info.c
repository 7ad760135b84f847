/* cv-info: says what is in a stream or a model. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/history.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/recipe.h"
#include "base/report.h"
#include "base/text.h"
#include "io/describe.h"
#include "model/chunks.h"

static bool json, recipe, audio;
static bool any; /* frames so far */

static const struct opt opts[] = {
    {0, "json", OPT_FLAG, &json, NULL, 0, 0, "print one JSON object instead of words", NULL},
    {0, "recipe", OPT_FLAG, &recipe, NULL, 0, 0, "print the pipe that makes it again instead", NULL},
};

static const struct program program = {"cv-info",
                                       "[FILE]",
                                       "Say what is in a stream or model: kind, description, figures of each frame.",
                                       opts,
                                       sizeof opts / sizeof *opts,
                                       "cv-load jazz/*.wav | cv-info"};

static const struct report_column clip_columns[] = {
    {NULL, "clip", NULL, -28, 0}, {"shape", "shape", NULL, -14, 0}, {"seconds", "seconds", NULL, 8, 3},
    {"peak", "peak", NULL, 8, 5}, {"rms", "RMS", NULL, 8, 5},       {"mean", "mean", NULL, 9, 5},
};

static const struct report_column tensor_columns[] = {
    {NULL, "tensor", NULL, -36, 0}, {"shape", "shape", NULL, -20, 0}, {"values", "values", NULL, 10, 0},
    {"mean", "mean", NULL, 11, -4}, {"sd", "SD", NULL, 11, -4},       {"min", "least", NULL, 11, -4},
    {"max", "most", NULL, 11, -4},
};

static const struct table {
    const struct report_column *columns;
    size_t count;
} clip_table = {clip_columns, sizeof clip_columns / sizeof *clip_columns},
  tensor_table = {tensor_columns, sizeof tensor_columns / sizeof *tensor_columns};

static struct {
    int64_t frames, clips, values, nonfinite;
    double seconds;
} total;

static struct meta *segments, *frames; /* of the report in JSON */
static struct meta *streams;           /* the histories of the segments, see base/history.h */

enum { RUN_WIDTH = 100 }; /* of a run in words */

/* "4624 samples, 210 ms with --iterations 0; ...": how late the sound of a model is, in parts; NULL: it is not for parts. */
static struct meta *latency(const struct reader *r)
{
    static const int iterations[] = {0, 2, 8, 32};
    struct model m = {0};
    bool known = !strcmp(reader_kind(r), "model") && model_describe(&m, r) == 0 && spectral_latency(&m, 0) > 0;
    char text[320];
    int n = 0;

    for (size_t i = 0; known && i < sizeof iterations / sizeof *iterations; i++) {
        int64_t samples = spectral_latency(&m, iterations[i]);

        n += snprintf(text + n, sizeof text - (size_t)n, "%s%" PRId64 " samples, %.0f ms with --iterations %d",
                      i > 0 ? "; " : "", samples, 1000 * (double)samples / m.rate, iterations[i]);
    }
    meta_free(m.meta);
    return known ? meta_text(text) : NULL;
}

/* The runs that made it, each in a line that ends where it gets long. */
static void runs_print(const struct meta *history)
{
    for (size_t i = 0; i < history->count; i++) {
        size_t size, n = 0;
        char *text;
        FILE *to = mem_stream(&text, &size);

        recipe_entry(to, history->items[i]);
        fclose(to);
        while (n < size && (n < RUN_WIDTH || !text_character(text + n)))
            n++;
        text[n] = '\0';
        printf("  %-16s ", i > 0 ? "" : "history");
        report_text(stdout, 0, text);
        puts(n < size ? " ..." : "");
        free(text);
    }
}

static void segment_begin(const struct reader *r)
{
    const struct table *t = audio ? &clip_table : &tensor_table;
    const struct meta *meta = reader_meta(r);
    struct meta *late;

    if (!any && streams->count > 0) /* nothing is of the segment before */
        meta_free(streams->items[--streams->count]);
    history_more(streams, meta);
    if (recipe)
        return;
    late = latency(r);
    if (json) {
        struct meta *segment = meta_map();

        meta_add(segment, "segment", meta_int(reader_segment(r)));
        meta_add(segment, "meta", meta_copy(meta));
        if (late)
            meta_add(segment, "latency", late);
        meta_add(segment, "frames", meta_int(0));
        meta_append(segments, segment);
        return;
    }
    if (reader_segment(r) > 0)
        printf("\nsegment %" PRId64 "\n", reader_segment(r) + 1);
    for (size_t i = 0; i < meta->count; i++) {
        if (streams->items[streams->count - 1]->count > 0 && !strcmp(meta->keys[i], "history")) {
            runs_print(meta->items[i]);
            continue;
        }
        printf("  ");
        report_text(stdout, -16, meta->keys[i]);
        putchar(' ');
        report_value(stdout, meta->items[i]);
        putchar('\n');
    }
    if (late)
        printf("  %-16s %s\n", "latency", late->text);
    meta_free(late);
    putchar('\n');
    report_head(stdout, t->columns, t->count);
}

static void row_print(const struct meta *row, const struct table *table, const char *of, const char *own, bool alone)
{
    bool plain = table == &clip_table || (alone && strcmp(own, "value") == 0); /* a parameter of a model */
    char *name = plain ? mem_text(table == &clip_table ? own : of) : mem_format("%s: %s", of, own);
    int64_t nonfinite;

    report_row(stdout, table->columns, table->count, row, name);
    if (meta_get_int(row, "nonfinite", &nonfinite))
        printf("  %" PRId64 " values are not finite", nonfinite);
    putchar('\n');
    free(name);
}

/* Counts, and prints, the clips or the tensors of a frame. */
static void rows_put(const struct meta *frame, const char *list, const struct table *table)
{
    const struct meta *rows = meta_get(frame, list);

    for (size_t i = 0; rows && i < rows->count; i++) {
        const struct meta *row = rows->items[i];
        const char *of = "", *name = "";
        int64_t values = 0, nonfinite = 0;
        double seconds = 0;

        meta_get_text(frame, "name", &of);
        meta_get_text(row, "name", &name);
        meta_get_int(row, "values", &values);
        meta_get_int(row, "nonfinite", &nonfinite);
        meta_get_real(row, "seconds", &seconds);
        total.values += values;
        total.nonfinite += nonfinite;
        total.clips += table == &clip_table;
        total.seconds += seconds > 0 ? seconds : 0;
        if (!json)
            row_print(row, table, of, name, rows->count == 1 && !meta_get(frame, "clips"));
    }
}

/* Of all segments that have frames, and of the first. */
static int frames_put(struct reader *r)
{
    const struct frame *f;
    int64_t segment = reader_segment(r), count = 0;
    int more;

    segment_begin(r);
    while ((more = reader_next(r, &f)) > 0) {
        struct meta *m;

        if (reader_segment(r) != segment) {
            segment = reader_segment(r);
            count = 0;
            segment_begin(r);
        }
        any = true;
        if (recipe)
            continue;
        m = frame_describe(r, f);
        total.frames++;
        rows_put(m, "clips", &clip_table);
        rows_put(m, "tensors", &tensor_table);
        if (json) {
            meta_append(frames, m);
            meta_set(segments->items[segments->count - 1], "frames", meta_int(++count));
        } else {
            meta_free(m);
        }
    }
    return more;
}

/* "frames 3, values 900, ..." */
static void total_print(const struct meta *m)
{
    for (size_t i = 0; i < m->count; i++) {
        printf("%s%s ", i > 0 ? ", " : "\n", m->keys[i]);
        report_value(stdout, m->items[i]);
    }
    putchar('\n');
}

static void total_put(const struct reader *r)
{
    char *digest = mem_format("%016" PRIx64, reader_digest(r));
    struct meta *m = meta_map(), *report = meta_map();

    meta_add(m, "segments", meta_int(reader_segment(r) + 1));
    meta_add(m, "frames", meta_int(total.frames));
    meta_add(m, "values", meta_int(total.values));
    if (audio) {
        meta_add(m, "clips", meta_int(total.clips));
        meta_add(m, "seconds", meta_real(total.seconds));
    }
    meta_add(m, "nonfinite", meta_int(total.nonfinite));
    meta_add(m, "digest", meta_text(digest));
    if (!json)
        total_print(m);
    meta_add(report, "kind", meta_text(reader_kind(r)));
    meta_add(report, "segments", segments);
    meta_add(report, "frames", frames);
    meta_add(report, "total", m);
    if (json)
        report_json(stdout, NULL, report);
    else
        meta_free(report);
    free(digest);
}

static void recipe_put(const struct reader *r)
{
    struct meta *history = history_join(streams);

    if (!history)
        diag_die("%s does not say how it was made: it, or what it is made of, is of another program, an older cv, or "
                 "'cv-train-mpi --each'",
                 reader_label(r));
    recipe_print(stdout, reader_meta(r), history);
    meta_free(history);
}

int main(int argc, char **argv)
{
    int first = program_begin(&program, argc, argv, 0, 1);
    struct reader *r;

    if (json && recipe)
        diag_usage("--json and --recipe: one at a time");
    r = reader_open(first < argc ? argv[first] : "-", NULL);
    if (!r)
        diag_die("%s", error_text());
    reader_allow_nonfinite(r);
    audio = strcmp(reader_kind(r), "audio") == 0;
    segments = meta_list();
    frames = meta_list();
    streams = meta_list();
    if (!json && !recipe) {
        report_text(stdout, 0, reader_label(r));
        printf(": ");
        report_text(stdout, 0, reader_kind(r));
        putchar('\n');
    }
    if (frames_put(r) < 0) {
        fflush(stdout);
        diag_die("%s", error_text());
    }
    if (recipe)
        recipe_put(r);
    else
        total_put(r);
    if (fflush(stdout) != 0 || ferror(stdout))
        diag_die("standard output:");
    reader_free(r);
    return 0;
}

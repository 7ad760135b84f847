/* cv-info: says what is in a stream or a model. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/report.h"
#include "io/clip.h"
#include "io/stream.h"
#include "measure/values.h"

enum { DATA_SHOWN = 64 };

static bool json;

static const struct opt opts[] = {
    {0, "json", OPT_FLAG, &json, NULL, 0, 0, "print one JSON object instead of words", NULL},
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

enum { CLIP_COLUMNS = sizeof clip_columns / sizeof *clip_columns };
enum { TENSOR_COLUMNS = sizeof tensor_columns / sizeof *tensor_columns };

static struct {
    bool audio;
    int64_t frames, clips, values, nonfinite;
    double seconds;
} total;

static struct meta *segments, *frames; /* of the report in JSON */

/* ---- segments ---- */

/* A list of numbers by its ends, anything else in full. */
static void value_print(const struct meta *m)
{
    bool numbers = m->kind == META_LIST && m->count > 4;

    for (size_t i = 0; numbers && i < m->count; i++)
        numbers = m->items[i]->kind == META_INT || m->items[i]->kind == META_REAL;
    if (m->kind == META_TEXT) {
        report_text(stdout, 0, m->text);
    } else if (numbers) {
        meta_json(stdout, m->items[0]);
        printf(" ... ");
        meta_json(stdout, m->items[m->count - 1]);
        printf(" (%zu values)", m->count);
    } else {
        meta_json(stdout, m);
    }
}

static void segment_begin(const struct reader *r)
{
    const struct meta *meta = reader_meta(r);

    if (json) {
        struct meta *segment = meta_map();

        meta_add(segment, "segment", meta_int(reader_segment(r)));
        meta_add(segment, "meta", meta_copy(meta));
        meta_add(segment, "frames", meta_int(0));
        meta_append(segments, segment);
        return;
    }
    if (reader_segment(r) > 0)
        printf("\nsegment %" PRId64 "\n", reader_segment(r) + 1);
    for (size_t i = 0; i < meta->count; i++) {
        printf("  ");
        report_text(stdout, -16, meta->keys[i]);
        putchar(' ');
        value_print(meta->items[i]);
        putchar('\n');
    }
    putchar('\n');
    report_head(stdout, total.audio ? clip_columns : tensor_columns, total.audio ? CLIP_COLUMNS : TENSOR_COLUMNS);
}

/* ---- frames ---- */

/* Small tensors, as latents are, in full: flat, in C order. */
static struct meta *data_meta(const struct tensor *t)
{
    struct meta *data = meta_list();

    for (int64_t i = 0; i < tensor_count(t); i++)
        meta_append(data, meta_real(t->data[i]));
    return data;
}

/* m is counted, and goes into the list or, named name, into the table. */
static void row_put(struct meta *m, const char *name, const struct report_column *columns, size_t count,
                    struct meta *list)
{
    int64_t values = 0, nonfinite = 0;

    meta_get_int(m, "values", &values);
    meta_get_int(m, "nonfinite", &nonfinite);
    total.values += values;
    total.nonfinite += nonfinite;
    if (json) {
        meta_append(list, m);
        return;
    }
    report_row(stdout, columns, count, m, name);
    if (nonfinite > 0)
        printf("  %" PRId64 " values are not finite", nonfinite);
    putchar('\n');
    meta_free(m);
}

/* One line a clip, also out of a batch. */
static void clips_put(const struct reader *r, const struct frame *f, const struct tensor *t, struct meta *list)
{
    int64_t count = t->rank == 3 ? t->shape[0] : 1, size = count ? tensor_count(t) / count : 0;
    double rate = 0;

    if (!meta_get_real(f->meta, "rate", &rate))
        meta_get_real(reader_meta(r), "rate", &rate);
    for (int64_t i = 0; i < count; i++) {
        struct tensor clip = tensor_view(t->data + i * size, 2, t->shape + t->rank - 2);
        const char *name = audio_clip_name(f, i);
        double seconds = rate > 0 ? (double)clip.shape[1] / rate : NAN;
        struct meta *m = values_figures(name, &clip);

        meta_add(m, "seconds", meta_real(seconds));
        row_put(m, name, clip_columns, CLIP_COLUMNS, list);
        total.clips++;
        total.seconds += rate > 0 ? seconds : 0;
    }
}

static void tensor_put(const struct frame *f, const struct frame_tensor *t, struct meta *list)
{
    bool parameter = f->count == 1 && strcmp(t->name, "value") == 0; /* of a model */
    char *name = parameter ? mem_text(f->name) : mem_format("%s: %s", f->name, t->name);
    struct meta *m = values_figures(t->name, &t->t);

    if (tensor_count(&t->t) <= DATA_SHOWN)
        meta_add(m, "data", data_meta(&t->t));
    row_put(m, name, tensor_columns, TENSOR_COLUMNS, list);
    free(name);
}

static void list_add(struct meta *map, const char *key, struct meta *list)
{
    if (list->count > 0)
        meta_add(map, key, list);
    else
        meta_free(list);
}

static void frame_put(const struct reader *r, const struct frame *f)
{
    struct meta *m = meta_map(), *clips = meta_list(), *tensors = meta_list();

    for (size_t i = 0; i < f->count; i++) {
        const struct frame_tensor *t = &f->tensors[i];

        if (total.audio && strcmp(t->name, "audio") == 0 && (t->t.rank == 2 || t->t.rank == 3))
            clips_put(r, f, &t->t, clips);
        else
            tensor_put(f, t, tensors);
    }
    total.frames++;
    meta_add(m, "name", meta_text(f->name));
    meta_add(m, "segment", meta_int(reader_segment(r)));
    meta_add(m, "meta", meta_copy(f->meta));
    list_add(m, "clips", clips);
    list_add(m, "tensors", tensors);
    if (json)
        meta_append(frames, m);
    else
        meta_free(m);
}

/* ---- the whole ---- */

/* "frames 3, values 900, ..." */
static void total_print(const struct meta *m)
{
    for (size_t i = 0; i < m->count; i++) {
        printf("%s%s ", i > 0 ? ", " : "\n", m->keys[i]);
        value_print(m->items[i]);
    }
    putchar('\n');
}

static int frames_put(struct reader *r)
{
    const struct frame *f;
    int64_t segment = reader_segment(r), count = 0;
    int more;

    segment_begin(r);
    while ((more = reader_next(r, &f)) > 0) {
        if (reader_segment(r) != segment) { /* those without frames are passed over */
            segment = reader_segment(r);
            count = 0;
            segment_begin(r);
        }
        frame_put(r, f);
        if (json)
            meta_set(segments->items[segments->count - 1], "frames", meta_int(++count));
    }
    return more;
}

static void total_put(const struct reader *r)
{
    char *digest = mem_format("%016" PRIx64, reader_digest(r));
    struct meta *m = meta_map(), *report = meta_map();

    meta_add(m, "segments", meta_int(reader_segment(r) + 1));
    meta_add(m, "frames", meta_int(total.frames));
    meta_add(m, "values", meta_int(total.values));
    if (total.audio) {
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

int main(int argc, char **argv)
{
    int first = program_begin(&program, argc, argv, 0, 1);
    struct reader *r = reader_open(first < argc ? argv[first] : "-");

    if (!r || reader_start(r, NULL) < 0)
        diag_die("%s", error_text());
    reader_allow_nonfinite(r);
    total.audio = strcmp(reader_kind(r), "audio") == 0;
    segments = meta_list();
    frames = meta_list();
    if (!json) {
        report_text(stdout, 0, reader_label(r));
        printf(": ");
        report_text(stdout, 0, reader_kind(r));
        putchar('\n');
    }
    if (frames_put(r) < 0) {
        fflush(stdout);
        diag_die("%s", error_text());
    }
    total_put(r);
    if (fflush(stdout) != 0 || ferror(stdout))
        diag_die("standard output:");
    reader_free(r);
    return 0;
}

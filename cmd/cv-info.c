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
#include "base/text.h"
#include "io/stream.h"

enum { DATA_SHOWN = 64 };

static bool json;

static const struct opt opts[] = {
    {'j', "json", OPT_FLAG, &json, NULL, 0, 0, "print one JSON object instead of words", NULL},
};

static const struct program program = {"cv-info",
                                       "[FILE]",
                                       "Say what is in a stream or model: kind, description, figures of each frame.",
                                       opts,
                                       sizeof opts / sizeof *opts,
                                       "cv-load jazz/*.wav | cv-info"};

struct figures {
    double mean, sd, rms, low, high, peak;
    int64_t count, nonfinite;
};

/* Figures of the finite values. */
static struct figures figures_of(const float *x, int64_t n)
{
    struct figures f = {.low = INFINITY, .high = -INFINITY};
    double sum = 0, squares = 0, spread = 0;

    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            f.nonfinite++;
            continue;
        }
        f.count++;
        sum += x[i];
        squares += (double)x[i] * x[i];
        f.low = x[i] < f.low ? x[i] : f.low;
        f.high = x[i] > f.high ? x[i] : f.high;
    }
    if (f.count == 0)
        return (struct figures){
            .mean = NAN, .sd = NAN, .rms = NAN, .low = NAN, .high = NAN, .peak = NAN, .nonfinite = f.nonfinite};
    f.mean = sum / (double)f.count;
    for (int64_t i = 0; i < n; i++) /* a second pass: squares minus squares would lose the digits */
        if (isfinite(x[i]))
            spread += (x[i] - f.mean) * (x[i] - f.mean);
    f.sd = sqrt(spread / (double)f.count);
    f.rms = sqrt(squares / (double)f.count);
    f.peak = fmax(-f.low, f.high);
    return f;
}

/* ---- totals ---- */

static struct {
    int64_t frames, clips, values, nonfinite;
    double seconds;
} total;

static struct meta *report, *report_segments, *report_frames; /* for --json */

static void show(const char *text, int width)
{
    char *shown = mem_alloc(4 * strlen(text) + 1);

    text_escape(shown, text);
    printf("%-*s", width, shown);
    free(shown);
}

/* A list of numbers by its ends, anything else in full. */
static void value_print(const struct meta *m)
{
    bool numbers = m->kind == META_LIST && m->count > 4;

    for (size_t i = 0; numbers && i < m->count; i++)
        numbers = m->items[i]->kind == META_INT || m->items[i]->kind == META_REAL;
    if (m->kind == META_TEXT) {
        show(m->text, 0);
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

        meta_set(segment, "segment", meta_int(reader_segment(r)));
        meta_set(segment, "meta", meta_copy(meta));
        meta_set(segment, "frames", meta_int(0));
        meta_append(report_segments, segment);
        return;
    }
    if (reader_segment(r) > 0)
        printf("\nsegment %" PRId64 "\n", reader_segment(r) + 1);
    for (size_t i = 0; i < meta->count; i++) {
        printf("  ");
        show(meta->keys[i], 16);
        printf(" ");
        value_print(meta->items[i]);
        putchar('\n');
    }
    if (strcmp(reader_kind(r), "audio") == 0)
        printf("\n%-28s %-14s %8s %8s %8s %9s\n", "clip", "shape", "seconds", "peak", "RMS", "mean");
    else
        printf("\n%-36s %-20s %10s %11s %11s %11s %11s\n", "tensor", "shape", "values", "mean", "SD", "least", "most");
}

static void count(const struct figures *f)
{
    total.values += f->count + f->nonfinite;
    total.nonfinite += f->nonfinite;
}

static struct meta *shape_meta(const struct tensor *t)
{
    struct meta *shape = meta_list();

    for (int i = 0; i < t->rank; i++)
        meta_append(shape, meta_int(t->shape[i]));
    return shape;
}

/* Small tensors, as latents are, in full: flat, in C order. */
static struct meta *data_meta(const struct tensor *t)
{
    struct meta *data = meta_list();

    for (int64_t i = 0; i < tensor_count(t); i++)
        meta_append(data, meta_real(t->data[i]));
    return data;
}

static struct meta *figures_meta(const char *name, const struct tensor *t, const struct figures *f)
{
    struct meta *m = meta_map();

    meta_set(m, "name", meta_text(name));
    meta_set(m, "shape", shape_meta(t));
    meta_set(m, "values", meta_int(f->count + f->nonfinite));
    meta_set(m, "mean", meta_real(f->mean));
    meta_set(m, "sd", meta_real(f->sd));
    meta_set(m, "rms", meta_real(f->rms));
    meta_set(m, "min", meta_real(f->low));
    meta_set(m, "max", meta_real(f->high));
    meta_set(m, "peak", meta_real(f->peak));
    if (f->nonfinite > 0)
        meta_set(m, "nonfinite", meta_int(f->nonfinite));
    return m;
}

/* ---- frames ---- */

/* One line a clip, also out of a batch. */
static void clip_report(const char *name, const struct tensor *clip, double rate, struct meta *list)
{
    struct figures f = figures_of(clip->data, tensor_count(clip));
    double seconds = rate > 0 ? (double)clip->shape[1] / rate : NAN;
    char shape[64];

    count(&f);
    total.clips++;
    if (rate > 0)
        total.seconds += seconds;
    if (json) {
        struct meta *m = figures_meta(name, clip, &f);

        meta_set(m, "seconds", rate > 0 ? meta_real(seconds) : meta_nil());
        meta_append(list, m);
        return;
    }
    show(name, 28);
    printf(" %-14s %8.3f %8.5f %8.5f %9.5f", tensor_shape_text(clip, shape, sizeof shape), seconds, f.peak, f.rms,
           f.mean);
    printf(f.nonfinite ? "  %" PRId64 " values are not finite\n" : "\n", f.nonfinite);
}

static void audio_report(const struct reader *r, const struct frame *f, const struct tensor *t, struct meta *list)
{
    const struct meta *names = meta_get(f->meta, "names");
    int64_t clips = t->rank == 3 ? t->shape[0] : 1, size = clips ? tensor_count(t) / clips : 0;
    double rate = 0;

    if (!meta_get_real(f->meta, "rate", &rate))
        meta_get_real(reader_meta(r), "rate", &rate);
    for (int64_t i = 0; i < clips; i++) {
        struct tensor clip = tensor_view(t->data + i * size, 2, t->shape + t->rank - 2);
        bool named =
            names && names->kind == META_LIST && i < (int64_t)names->count && names->items[i]->kind == META_TEXT;

        clip_report(named ? names->items[i]->text : f->name, &clip, rate, list);
    }
}

static void tensor_report(const struct frame *f, const struct frame_tensor *t, struct meta *list)
{
    struct figures g = figures_of(t->t.data, tensor_count(&t->t));
    char shape[160], *name;

    count(&g);
    if (json) {
        struct meta *m = figures_meta(t->name, &t->t, &g);

        if (tensor_count(&t->t) <= DATA_SHOWN)
            meta_set(m, "data", data_meta(&t->t));
        meta_append(list, m);
        return;
    }
    if (f->count == 1 && strcmp(t->name, "value") == 0)
        name = mem_text(f->name); /* a parameter of a model */
    else
        name = mem_format("%s: %s", f->name, t->name);
    show(name, 36);
    printf(" %-20s %10" PRId64 " %11.4g %11.4g %11.4g %11.4g", tensor_shape_text(&t->t, shape, sizeof shape),
           g.count + g.nonfinite, g.mean, g.sd, g.low, g.high);
    printf(g.nonfinite ? "  %" PRId64 " values are not finite\n" : "\n", g.nonfinite);
    free(name);
}

static void frame_report(const struct reader *r, const struct frame *f)
{
    bool audio = strcmp(reader_kind(r), "audio") == 0;
    struct meta *m = NULL, *clips = NULL, *tensors = NULL;

    total.frames++;
    if (json) {
        clips = meta_list();
        tensors = meta_list();
    }
    for (size_t i = 0; i < f->count; i++) {
        const struct frame_tensor *t = &f->tensors[i];

        if (audio && strcmp(t->name, "audio") == 0 && (t->t.rank == 2 || t->t.rank == 3))
            audio_report(r, f, &t->t, clips);
        else
            tensor_report(f, t, tensors);
    }
    if (!json)
        return;
    m = meta_map();
    meta_set(m, "name", meta_text(f->name));
    meta_set(m, "segment", meta_int(reader_segment(r)));
    meta_set(m, "meta", meta_copy(f->meta));
    if (clips->count > 0)
        meta_set(m, "clips", clips);
    else
        meta_free(clips);
    if (tensors->count > 0)
        meta_set(m, "tensors", tensors);
    else
        meta_free(tensors);
    meta_append(report_frames, m);
}

/* ---- begin and end ---- */

static void report_begin(const struct reader *r)
{
    if (json) {
        report = meta_map();
        report_segments = meta_list();
        report_frames = meta_list();
        meta_set(report, "kind", meta_text(reader_kind(r)));
        meta_set(report, "segments", report_segments);
        meta_set(report, "frames", report_frames);
        return;
    }
    show(reader_label(r), 0);
    printf(": ");
    show(reader_kind(r), 0);
    putchar('\n');
}

static void report_end(const struct reader *r)
{
    bool audio = strcmp(reader_kind(r), "audio") == 0;
    char *digest = mem_format("%016" PRIx64, reader_digest(r));

    if (json) {
        struct meta *m = meta_map();

        meta_set(m, "segments", meta_int(reader_segment(r) + 1));
        meta_set(m, "frames", meta_int(total.frames));
        meta_set(m, "values", meta_int(total.values));
        if (audio) {
            meta_set(m, "clips", meta_int(total.clips));
            meta_set(m, "seconds", meta_real(total.seconds));
        }
        meta_set(m, "nonfinite", meta_int(total.nonfinite));
        meta_set(m, "digest", meta_text(digest));
        meta_set(report, "total", m);
        meta_json(stdout, report);
        putchar('\n');
        meta_free(report);
    } else {
        printf("\n%" PRId64 " %s", total.frames, total.frames == 1 ? "frame" : "frames");
        if (audio)
            printf(", %" PRId64 " %s, %.3f seconds", total.clips, total.clips == 1 ? "clip" : "clips", total.seconds);
        printf(", %" PRId64 " values", total.values);
        if (reader_segment(r) > 0)
            printf(", %" PRId64 " segments", reader_segment(r) + 1);
        if (total.nonfinite > 0)
            printf(", %" PRId64 " values not finite", total.nonfinite);
        printf(", digest %s\n", digest);
    }
    free(digest);
}

/* Of the segment in hand; those that hold no frame are passed over by reader_next. */
static void frame_count_set(int64_t frames)
{
    if (json)
        meta_set(report_segments->items[report_segments->count - 1], "frames", meta_int(frames));
}

int main(int argc, char **argv)
{
    int first = program_begin(&program, argc, argv, 0, 1), status;
    struct reader *r = reader_open(first < argc ? argv[first] : "-");
    const struct frame *f;
    int64_t segment = -1, frames = 0;

    if (!r || reader_start(r, NULL) < 0)
        diag_die("%s", error_text());
    reader_allow_nonfinite(r);
    report_begin(r);
    segment_begin(r);
    segment = reader_segment(r);
    while ((status = reader_next(r, &f)) > 0) {
        if (reader_segment(r) != segment) {
            segment = reader_segment(r);
            frames = 0;
            segment_begin(r);
        }
        frame_report(r, f);
        frame_count_set(++frames);
    }
    if (status < 0) {
        fflush(stdout);
        diag_die("%s", error_text());
    }
    report_end(r);
    if (fflush(stdout) != 0 || ferror(stdout))
        diag_die("standard output:");
    reader_free(r);
    return 0;
}

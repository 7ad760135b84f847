/* cv-mix: new latents, or noise, from those of several clips: steps between two, a crossfade, sums, means. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "io/stream.h"
#include "model/mix.h"
#include "model/mix_clip.h"

enum { INPUTS_MAX = 256 };

struct input {
    struct reader *r;
    struct mix_clip clip;
    int64_t clips, segment; /* clips so far; the segment whose head has been looked at */
    bool ended;
};

static int64_t steps = 1;
static double fade_from = 0, fade_to = 1;
static bool steps_given, from_given, to_given, crossfade, average, pad, linear, spherical;
static const char *weights_text;
static double weights[INPUTS_MAX];

static struct input inputs[INPUTS_MAX];
static size_t count;
static const char *kind; /* of all streams: "latent" or "noise" */
static char *model;      /* digest of the model that the latents came from; NULL: not said */
static const char *model_label;
static bool beats; /* the frames of latents follow the beat */
static struct writer *out;

static const struct opt opts[] = {
    {'n', "steps", OPT_INT, &steps, "N", 1, 1e6,
     "clips on the way from the first stream's to the second's; 1: the middle", &steps_given},
    {'x', "crossfade", OPT_FLAG, &crossfade, NULL, 0, 0, "one clip that begins as the first's and ends as the second's",
     NULL},
    {0, "from", OPT_REAL, &fade_from, "X", 0, 1, "where the crossfade begins, as a part of the clip", &from_given},
    {0, "to", OPT_REAL, &fade_to, "X", 0, 1, "where the crossfade ends, as a part of the clip", &to_given},
    {'w', "weights", OPT_TEXT, &weights_text, "W,W,...", 0, 0, "the sum of all streams, each times its weight", NULL},
    {'a', "average", OPT_FLAG, &average, NULL, 0, 0, "the mean of all clips of all streams", NULL},
    {'l', "linear", OPT_FLAG, &linear, NULL, 0, 0, "along straight lines, as latents are mixed anyway", NULL},
    {'S', "spherical", OPT_FLAG, &spherical, NULL, 0, 0, "along arcs, as noise is mixed anyway", NULL},
    {'p', "pad", OPT_FLAG, &pad, NULL, 0, 0, "continue shorter clips with zeros; without it longer ones are cut", NULL},
};

static const struct program program = {
    "cv-mix",
    "[STREAM ...]",
    "Mix latents or noise: steps or a crossfade between two streams, sums, means.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-mix -n 8 a.lat b.lat | cv-decode model.bin | cv-towav",
};

/* ---- streams ---- */

/* The latents of all segments must be of one model, as far as they say. */
static void check_origin(struct input *in)
{
    const char *digest;

    if (in->segment == reader_segment(in->r))
        return;
    in->segment = reader_segment(in->r);
    if (!meta_get_text(reader_meta(in->r), "model", &digest))
        return;
    if (model && strcmp(model, digest))
        diag_die("%s: its latents are of the model %s, those of %s of the model %s: encode with one model",
                 reader_label(in->r), digest, model_label, model);
    if (!model) {
        model = mem_text(digest);
        model_label = reader_label(in->r);
    }
}

static const char *words(const char *what)
{
    return strcmp(what, "noise") ? "latents" : "noise";
}

/* Opens the streams and begins the output: its head has what theirs agree on. */
static void open_streams(char **paths)
{
    static const char *const kinds[] = {"latent", "noise", NULL};
    struct meta *head = NULL, *common;
    const char *frames = "";

    for (size_t i = 0; i < count; i++) {
        struct input *in = &inputs[i];

        in->segment = -1;
        in->r = reader_open(paths[i]);
        if (!in->r || reader_start(in->r, kinds))
            diag_die("%s", error_text());
        if (kind && strcmp(kind, reader_kind(in->r)))
            diag_die("%s holds %s, %s %s: streams of one kind were expected", reader_label(in->r),
                     words(reader_kind(in->r)), reader_label(inputs[0].r), words(kind));
        kind = strcmp(reader_kind(in->r), "noise") ? "latent" : "noise";
        check_origin(in);
        common = mix_common(head ? head : reader_meta(in->r), reader_meta(in->r));
        meta_free(head);
        head = common;
    }
    meta_get_text(head, "frames", &frames);
    beats = !strcmp(frames, "beat");
    if (model && !meta_get(head, "model"))
        meta_set(head, "model", meta_text(model));
    if (!linear && !spherical)
        spherical = !strcmp(kind, "noise");
    out = writer_new(STDOUT_FILENO, "standard output", kind, head);
    if (!out)
        diag_die("%s", error_text());
    meta_free(head);
}

/* The next clip of a stream; false at its end, which leaves the last one. */
static bool next_clip(struct input *in)
{
    const struct frame *f;
    int status = in->ended ? 0 : reader_next(in->r, &f);

    if (status < 0)
        diag_die("%s", error_text());
    in->ended = status == 0;
    if (in->ended)
        return false;
    check_origin(in);
    if (mix_clip_read(&in->clip, in->r, f))
        diag_die("%s", error_text());
    in->clips++;
    return true;
}

/* The next clip of each stream, where those of one clip keep it; false when there is none. */
static bool next_group(void)
{
    size_t fresh = 0, ended = 0;

    for (size_t i = 0; i < count; i++) {
        if (next_clip(&inputs[i]))
            fresh++;
        else
            ended += inputs[i].clips != 1;
    }
    return fresh > 0 && ended == 0;
}

/* Reads what is left, so that damage is found, and says how much was not wanted. */
static void drain(void)
{
    const struct input *shortest = NULL;

    for (size_t i = 0; i < count; i++) {
        while (next_clip(&inputs[i]))
            ;
        if (inputs[i].clips != 1 && (!shortest || inputs[i].clips < shortest->clips))
            shortest = &inputs[i];
    }
    for (size_t i = 0; i < count && shortest; i++)
        if (inputs[i].clips != 1 && inputs[i].clips > shortest->clips)
            diag_warn("%s holds %" PRId64 " clips, %s %" PRId64 ": the rest is left out", reader_label(inputs[i].r),
                      inputs[i].clips, reader_label(shortest->r), shortest->clips);
}

static void same_latents(const struct mix_clip *a, const struct mix_clip *b)
{
    if (a->part[MIX_VALUE].shape[0] != b->part[MIX_VALUE].shape[0])
        diag_die("'%s' has %" PRId64 " latents, '%s' %" PRId64 ": clips of one model were expected", a->name,
                 a->part[MIX_VALUE].shape[0], b->name, b->part[MIX_VALUE].shape[0]);
}

/* ---- results ---- */

/* Writes scale[p] x the sums as one frame; meta is released. */
static void put(const char *name, struct meta *meta, const struct mix_sum *sums, const double *scale)
{
    struct frame_tensor t[MIX_PARTS];
    size_t parts = 0;

    for (int p = 0; p < MIX_PARTS; p++) {
        const struct mix_sum *s = &sums[p];
        float *v;

        if (!s->v)
            continue;
        v = mem_alloc((size_t)(s->latent * s->frames) * sizeof *v);
        if (mix_take(s, scale[p], v))
            diag_die("'%s': %s", name, error_text());
        t[parts++] = (struct frame_tensor){
            mix_part_name(kind, p),
            tensor_view(v, 2, (int64_t[]){s->latent, s->frames}),
        };
    }
    if (writer_put(out, name, meta, t, parts))
        diag_die("%s", error_text());
    for (size_t i = 0; i < parts; i++)
        free(t[i].t.data);
    meta_free(meta);
}

static struct meta *mixed_meta(const char *name, struct meta *const *metas, const double *w, size_t n)
{
    struct meta *m = mix_meta(metas, w, n, beats, pad);

    if (!m)
        diag_die("'%s': of a clip in it %s", name, error_text());
    return m;
}

/* Frames of part p in the result: of the shortest clip, or the longest; 0 when a clip has no such part. */
static int64_t group_frames(int p)
{
    int64_t frames = inputs[0].clip.part[p].shape[1];

    for (size_t i = 0; i < count; i++) {
        const struct tensor *t = &inputs[i].clip.part[p];

        if (!t->data)
            return 0;
        if (pad ? t->shape[1] > frames : t->shape[1] < frames)
            frames = t->shape[1];
    }
    return frames;
}

/* "a+b+c", with the number of a step when there are several. */
static char *group_name(int64_t step)
{
    char *name = mem_text(inputs[0].clip.name), *more;
    int width = snprintf(NULL, 0, "%" PRId64, steps - 1);

    for (size_t i = 1; i < count; i++) {
        more = mem_format("%s+%s", name, inputs[i].clip.name);
        free(name);
        name = more;
    }
    if (steps > 1) {
        more = mem_format("%s-%0*" PRId64, name, width < 2 ? 2 : width, step);
        free(name);
        name = more;
    }
    return name;
}

/* How far frame i of all is on the way from the first clip (0) to the second (1). */
static double way(int64_t step, int64_t i, int64_t all)
{
    double x = all > 1 ? (double)i / (double)(all - 1) : 0.5;

    if (!crossfade)
        return steps > 1 ? (double)step / (double)(steps - 1) : 0.5;
    if (x >= fade_to)
        return 1;
    return x <= fade_from ? 0 : (x - fade_from) / (fade_to - fade_from);
}

/* Weights of the clips at each of the frames of part p, [clip][frame]. */
static void set_weights(int p, int64_t frames, int64_t all, int64_t step, double angle, double *w)
{
    for (int64_t i = 0; i < frames; i++) {
        double end[2];

        mix_arc(p == MIX_START ? 0 : angle, way(step, i, all), end);
        for (size_t k = 0; k < count; k++)
            w[k * (size_t)frames + (size_t)i] = weights_text ? weights[k] : end[k];
    }
}

/* Meta of a result of the clips at hand. */
static struct meta *group_meta(const char *name, int64_t step, int64_t all)
{
    struct meta *metas[INPUTS_MAX], *m, *mix = meta_map(), *of = meta_list(), *by = meta_list();
    double w[INPUTS_MAX], t = 0;

    for (int64_t i = 0; i < all; i++)
        t += way(step, i, all);
    t = crossfade ? t / (double)all : way(step, 0, 1);
    for (size_t i = 0; i < count; i++) {
        w[i] = weights_text ? weights[i] : i == 0 ? 1 - t : t;
        metas[i] = inputs[i].clip.meta;
        meta_append(of, meta_text(inputs[i].clip.name));
        meta_append(by, meta_real(w[i]));
    }
    m = mixed_meta(name, metas, w, count);
    meta_set(mix, "of", of);
    meta_set(mix, "weights", by);
    meta_set(m, "mix", mix);
    return m;
}

/* One result of the clips at hand. */
static void put_group(int64_t step)
{
    static const double scale[MIX_PARTS] = {1, 1, 1, 1};
    struct mix_sum sums[MIX_PARTS] = {{0}};
    const struct tensor *a = inputs[0].clip.part, *b = inputs[1].clip.part;
    double angle = spherical && !weights_text ? mix_angle(&a[MIX_VALUE], &b[MIX_VALUE]) : 0;
    int64_t all = group_frames(MIX_VALUE);
    char *name = group_name(step);

    for (int p = 0; p < MIX_PARTS; p++) {
        int64_t frames = group_frames(p);
        double *w = mem_alloc(count * (size_t)frames * sizeof *w);

        if (frames > 0)
            mix_begin(&sums[p], inputs[0].clip.part[MIX_VALUE].shape[0], frames, p == MIX_LOGVAR, pad);
        set_weights(p, frames, all, step, angle, w);
        for (size_t i = 0; i < count && frames > 0; i++)
            mix_add(&sums[p], &inputs[i].clip.part[p], w + i * (size_t)frames, 1);
        free(w);
    }
    put(name, group_meta(name, step, all), sums, scale);
    for (int p = 0; p < MIX_PARTS; p++)
        mix_end(&sums[p]);
    free(name);
}

static void put_groups(void)
{
    while (next_group()) {
        for (size_t i = 1; i < count; i++)
            same_latents(&inputs[0].clip, &inputs[i].clip);
        for (int64_t step = 0; step < steps; step++)
            put_group(step);
    }
    drain();
}

/* Adds a clip to the sums of those before it, of which it is number n. */
static void add(struct mix_sum *sums, const struct mix_clip *c, size_t n)
{
    static const double one = 1;

    for (int p = 0; p < MIX_PARTS; p++) {
        if (n == 0 && c->part[p].data)
            mix_begin(&sums[p], c->part[p].shape[0], c->part[p].shape[1], p == MIX_LOGVAR, pad);
        if (!c->part[p].data)
            mix_end(&sums[p]); /* what not all have, the mean has not */
        if (sums[p].v)
            mix_add(&sums[p], &c->part[p], &one, 0);
    }
}

/* The mean of all clips, one after the other. */
static void put_average(void)
{
    struct mix_sum sums[MIX_PARTS] = {{0}};
    struct mix_clip first = {.name = NULL}; /* its name and number of latents */
    struct meta **metas = NULL, *m, *mix;
    double *w, scale[MIX_PARTS];
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        while (next_clip(&inputs[i])) {
            struct mix_clip *c = &inputs[i].clip;

            if (n == 0) {
                first.name = mem_text(c->name);
                first.part[MIX_VALUE].shape[0] = c->part[MIX_VALUE].shape[0];
            }
            same_latents(&first, c);
            add(sums, c, n);
            if ((n & (n - 1)) == 0)
                metas = mem_grow(metas, n ? 2 * n : 1, sizeof *metas);
            metas[n++] = c->meta;
            c->meta = NULL;
        }
    if (n == 0)
        return;
    w = mem_alloc(n * sizeof *w);
    for (size_t i = 0; i < n; i++)
        w[i] = 1 / (double)n;
    for (int p = 0; p < MIX_PARTS; p++)
        scale[p] = spherical && p != MIX_START ? 1 / sqrt((double)n) : 1 / (double)n;
    m = mixed_meta("average", metas, w, n);
    mix = meta_map();
    meta_set(mix, "average", meta_int((int64_t)n));
    meta_set(m, "mix", mix);
    put("average", m, sums, scale);
    for (size_t i = 0; i < n; i++)
        meta_free(metas[i]);
    for (int p = 0; p < MIX_PARTS; p++)
        mix_end(&sums[p]);
    free(metas);
    free(w);
    mix_clip_clear(&first);
}

/* ---- usage ---- */

static void read_weights(void)
{
    char *all = mem_text(weights_text), *rest = all, *one;
    size_t n = 0;

    while ((one = strsep(&rest, ",")) != NULL) {
        if (n == INPUTS_MAX)
            diag_usage("--weights: at most %d were expected", INPUTS_MAX);
        if (number_real(one, -1e6, 1e6, &weights[n++]))
            diag_usage("--weights %s: %s", weights_text, error_text());
    }
    if (n != count)
        diag_usage("--weights %s: a weight for each stream was expected, not %zu for %zu", weights_text, n, count);
    free(all);
}

static void check_usage(char **paths)
{
    size_t dashes = 0;

    for (size_t i = 0; i < count; i++)
        dashes += !strcmp(paths[i], "-");
    if (dashes > 1)
        diag_usage("standard input can be one of the streams only");
    if (linear && spherical)
        diag_usage("--linear or --spherical, not both");
    if ((weights_text != NULL) + average + crossfade + steps_given > 1)
        diag_usage("one of --steps, --crossfade, --weights and --average at a time");
    if ((from_given || to_given) && !crossfade)
        diag_usage("--from and --to need --crossfade");
    if (fade_from > fade_to)
        diag_usage("--from %g is after --to %g", fade_from, fade_to);
    if (weights_text && (linear || spherical))
        diag_usage("--weights are taken as they are: no --linear or --spherical with them");
    if (!weights_text && !average && count != 2)
        diag_usage("two streams were expected, not %zu; any number goes with --weights or --average", count);
    if (weights_text)
        read_weights();
}

int main(int argc, char **argv)
{
    static char *standard_input[] = {"-"};
    int first = program_begin(&program, argc, argv, 0, INPUTS_MAX);
    char **paths = first < argc ? argv + first : standard_input;

    count = first < argc ? (size_t)(argc - first) : 1;
    check_usage(paths);
    open_streams(paths);
    if (average)
        put_average();
    else
        put_groups();
    if (writer_end(out))
        diag_die("%s", error_text());
    for (size_t i = 0; i < count; i++) {
        reader_free(inputs[i].r);
        mix_clip_clear(&inputs[i].clip);
    }
    free(model);
    return 0;
}

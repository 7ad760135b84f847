/* Clips of several streams, held while they are mixed, and the one that comes of them. */
#include "model/mix_streams.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/history.h"
#include "base/mem.h"
#include "io/output.h"

/* A clip of a latent stream: a copy that outlasts its frame. */
struct clip {
    char *name;                /* NULL: none yet */
    struct meta *meta;         /* with "samples" when only the head says how long it is */
    struct tensor part[PARTS]; /* [latent, frames]; data NULL: not there */
};

struct input {
    struct reader *r;
    struct clip clip;
    int64_t clips, segment; /* clips so far; the segment whose head has been looked at */
    bool ended, piped;
};

struct mixer {
    struct mix_how how;
    struct input *inputs;
    size_t count;
    char *model; /* digest of the model that the latents came from; NULL: not said */
    const char *model_label;
    bool beats; /* the frames of latents follow the beat */
    int warned; /* of a crossfade over nothing */
    struct mix_sound sound;
    struct output out;
};

/* ---- clips ---- */

static const char *const names[PARTS] = {"z", "mean", "logvar"};

static void clip_clear(struct clip *c)
{
    free(c->name);
    meta_free(c->meta);
    for (int p = 0; p < PARTS; p++)
        free(c->part[p].data);
    *c = (struct clip){0};
}

/* One part, copied; left without data when the frame has none. */
static int part_read(struct tensor *copy, const struct reader *r, const struct frame *f, int part)
{
    const char *name = names[part];
    const struct tensor *t = frame_get(f, name);
    char shape[128];
    size_t bytes;

    if (!t && part == PART_VALUE)
        return error_set("%s: '%s' has no tensor '%s'", reader_label(r), f->name, name);
    if (!t)
        return 0;
    if (t->rank < 1 || t->rank > 2 || tensor_count(t) == 0)
        return error_set("%s: '%s' of '%s' has shape %s, latents at times were expected", reader_label(r), name,
                         f->name, tensor_shape_text(t, shape, sizeof shape));
    bytes = (size_t)tensor_count(t) * sizeof(float);
    *copy = tensor_view(mem_alloc(bytes), 2, (int64_t[]){t->shape[0], t->rank == 2 ? t->shape[1] : 1});
    memcpy(copy->data, t->data, bytes);
    return 0;
}

static int clip_read(struct clip *c, const struct reader *r, const struct frame *f)
{
    const struct meta *samples = meta_get(reader_meta(r), "samples");
    const struct tensor *value = &c->part[PART_VALUE];
    char a[128], b[128];

    clip_clear(c);
    c->name = mem_text(f->name);
    c->meta = meta_copy(f->meta);
    if (samples && !meta_get(c->meta, "samples") && !meta_get(c->meta, "seconds"))
        meta_set(c->meta, "samples", meta_copy(samples));
    for (int p = 0; p < PARTS; p++) {
        const struct tensor *t = &c->part[p];

        if (part_read(&c->part[p], r, f, p))
            return -1;
        if (t->data && (t->shape[0] != value->shape[0] || t->shape[1] != value->shape[1]))
            return error_set("%s: '%s' of '%s' has shape %s, '%s' %s", reader_label(r), names[p], c->name,
                             tensor_shape_text(t, a, sizeof a), names[PART_VALUE],
                             tensor_shape_text(value, b, sizeof b));
    }
    return 0;
}

/* ---- streams ---- */

/* The latents of all segments must be of one model, as far as they say. */
static int check_origin(struct mixer *m, struct input *in)
{
    const char *digest;

    if (in->segment == reader_segment(in->r))
        return 0;
    in->segment = reader_segment(in->r);
    if (in->piped && output_follow(&m->out, in->r))
        return -1;
    if (!meta_get_text(reader_meta(in->r), "model", &digest))
        return 0;
    if (m->model && strcmp(m->model, digest))
        return error_set("%s: its latents are of the model %s, those of %s of the model %s: encode with one model",
                         reader_label(in->r), digest, m->model_label, m->model);
    if (!m->model) {
        m->model = mem_text(digest);
        m->model_label = reader_label(in->r);
    }
    return 0;
}

static int open_input(struct mixer *m, struct input *in, const char *path)
{
    static const char *const kinds[] = {"latent", "noise", NULL};

    in->segment = -1;
    in->piped = !strcmp(path, "-");
    in->r = reader_open(path, kinds);
    if (!in->r)
        return -1;
    if (!strcmp(reader_kind(in->r), "noise"))
        return error_set("%s holds noise, which only chooses among what a prior can do: mix latents, as 'cv-sample -m "
                         "MODEL' draws them",
                         reader_label(in->r));
    return check_origin(m, in);
}

/* The model, if there is one: latents of others are refused. */
static int open_model(struct mixer *m)
{
    struct meta *digest;

    if (mix_sound_begin(&m->sound, &m->how.alter))
        return -1;
    if (m->how.alter.model)
        history_model(NULL, m->how.alter.model, m->sound.m.meta);
    digest = digest_meta(m->sound.m.digest);
    m->model = m->how.alter.model ? mem_text(digest->text) : NULL;
    m->model_label = m->how.alter.model;
    meta_free(digest);
    return 0;
}

/* Opens the streams and begins the output: its head has what theirs agree on. */
static int open_streams(struct mixer *m, char *const *paths)
{
    struct meta *head = NULL;
    const char *frames = "";

    if (open_model(m))
        return -1;
    for (size_t i = 0; i < m->count; i++) {
        struct input *in = &m->inputs[i];
        struct meta *common;

        if (open_input(m, in, paths[i])) {
            meta_free(head);
            return -1;
        }
        common = mix_common(head ? head : reader_meta(in->r), reader_meta(in->r));
        meta_free(head);
        head = common;
    }
    meta_get_text(head, "frames", &frames);
    m->beats = !strcmp(frames, "beat");
    if (m->model && !meta_get(head, "model"))
        meta_set(head, "model", meta_text(m->model));
    m->out.head = head;
    return output_begin(&m->out);
}

/* The next clip of a stream: 1; 0 at its end, which leaves the last one; -1. */
static int next_clip(struct mixer *m, struct input *in)
{
    const struct frame *f;
    int status = in->ended ? 0 : reader_next(in->r, &f);

    in->ended = status == 0;
    if (status <= 0)
        return status;
    if (check_origin(m, in) || clip_read(&in->clip, in->r, f))
        return -1;
    in->clips++;
    return 1;
}

/* The next clip of each stream, where those of one clip keep it: 1; 0: there is none; -1. */
static int next_group(struct mixer *m)
{
    size_t fresh = 0, ended = 0;

    for (size_t i = 0; i < m->count; i++) {
        int status = next_clip(m, &m->inputs[i]);

        if (status < 0)
            return -1;
        fresh += status > 0;
        ended += status == 0 && m->inputs[i].clips != 1;
    }
    return fresh > 0 && ended == 0;
}

/* Reads what is left, so that damage is found, and says how much was not wanted. */
static int drain(struct mixer *m)
{
    const struct input *shortest = NULL;

    for (size_t i = 0; i < m->count; i++) {
        struct input *in = &m->inputs[i];
        int status;

        while ((status = next_clip(m, in)) > 0)
            ;
        if (status < 0)
            return -1;
        if (in->clips != 1 && (!shortest || in->clips < shortest->clips))
            shortest = in;
    }
    for (size_t i = 0; i < m->count && shortest; i++)
        if (m->inputs[i].clips > shortest->clips)
            diag_warn("%s holds %lld clip%s, %s %lld: the rest is left out", reader_label(m->inputs[i].r),
                      (long long)m->inputs[i].clips, m->inputs[i].clips == 1 ? "" : "s", reader_label(shortest->r),
                      (long long)shortest->clips);
    return 0;
}

static int same_latents(const char *name, int64_t latents, const struct clip *b)
{
    if (latents == b->part[PART_VALUE].shape[0])
        return 0;
    return error_set("'%s' has %lld latents, '%s' %lld: clips of one model were expected", name, (long long)latents,
                     b->name, (long long)b->part[PART_VALUE].shape[0]);
}

/* ---- results ---- */

/* Writes scale x the sums of clips of those metas and weights as one frame; mix, what was mixed, is taken over. */
static int put(struct mixer *m, const char *name, struct mix_sum *sums, double scale, struct meta *const *metas,
               const double *weights, size_t count, struct meta *mix)
{
    struct meta *meta = mix_meta(metas, weights, count, m->beats, m->how.pad);
    struct frame_tensor t[PARTS];
    size_t parts = 0;
    int status = meta ? 0 : error_prefix("'%s': of a clip in it", name);

    for (int p = 0; p < PARTS && !status; p++) {
        const struct mix_sum *s = &sums[p];
        float *v;

        if (!s->v)
            continue;
        v = mem_alloc((size_t)(s->latent * s->frames) * sizeof *v);
        t[parts++] = (struct frame_tensor){names[p], tensor_view(v, 2, (int64_t[]){s->latent, s->frames})};
        if (mix_take(s, scale, v))
            status = error_prefix("'%s'", name);
    }
    if (meta)
        meta_set(meta, "mix", mix);
    else
        meta_free(mix);
    if (!status)
        status = writer_put(m->out.w, name, meta, t, parts);
    for (size_t i = 0; i < parts; i++)
        free(t[i].t.data);
    meta_free(meta);
    return status;
}

/* Frames of part p in the result: of the shortest clip, or the longest; 0 when a clip has no such part. */
static int64_t group_frames(const struct mixer *m, int p)
{
    int64_t frames = m->inputs[0].clip.part[p].shape[1];

    for (size_t i = 0; i < m->count; i++) {
        const struct tensor *t = &m->inputs[i].clip.part[p];

        if (!t->data)
            return 0;
        if (m->how.pad ? t->shape[1] > frames : t->shape[1] < frames)
            frames = t->shape[1];
    }
    return frames;
}

/* "a+b+c", with the number of a step when there are several. */
static char *group_name(const struct mixer *m, int64_t step)
{
    int width = snprintf(NULL, 0, "%lld", (long long)m->how.steps - 1);
    char *name = mem_text(m->inputs[0].clip.name), *more;

    for (size_t i = 1; i < m->count; i++) {
        more = mem_format("%s+%s", name, m->inputs[i].clip.name);
        free(name);
        name = more;
    }
    if (m->how.steps > 1) {
        more = mem_format("%s-%0*lld", name, width < 2 ? 2 : width, (long long)step);
        free(name);
        name = more;
    }
    return name;
}

/* How far frame i of all is on the way from the first clip (0) to the second (1). */
static double way(const struct mix_how *how, int64_t step, int64_t i, int64_t all)
{
    double x = all > 1 ? (double)i / (double)(all - 1) : 0.5;

    if (!how->crossfade)
        return how->steps > 1 ? (double)step / (double)(how->steps - 1) : 0.5;
    if (x >= how->to)
        return 1;
    return x <= how->from ? 0 : (x - how->from) / (how->to - how->from);
}

/* Weights of the clips at each frame, [clip][frame]. */
static void set_weights(const struct mixer *m, int64_t frames, int64_t all, int64_t step, double angle, double *w)
{
    for (int64_t i = 0; i < frames; i++) {
        double end[2];

        mix_arc(angle, way(&m->how, step, i, all), end);
        for (size_t k = 0; k < m->count; k++)
            w[k * (size_t)frames + (size_t)i] = m->how.weights ? m->how.weights[k] : end[k];
    }
}

/* One result of the clips at hand. */
static int put_group(struct mixer *m, int64_t step)
{
    struct mix_sum sums[PARTS] = {{0}};
    struct meta **metas = mem_alloc(m->count * sizeof *metas), *mix = meta_map(), *of = meta_list(), *by = meta_list();
    const struct tensor *a = m->inputs[0].clip.part;
    int64_t all = group_frames(m, PART_VALUE);
    double angle = m->how.arc && !m->how.weights ? mix_angle(&a[PART_VALUE], &m->inputs[1].clip.part[PART_VALUE]) : 0,
           t = 0, x;
    double *w = mem_alloc(m->count * sizeof *w);
    char *name = group_name(m, step);
    int status;

    for (int p = 0; p < PARTS; p++) {
        int64_t frames = group_frames(m, p);
        double *each = mem_alloc(m->count * (size_t)frames * sizeof *each);

        if (frames > 0)
            mix_begin(&sums[p], a[PART_VALUE].shape[0], frames, p == PART_LOGVAR, m->how.pad);
        set_weights(m, frames, all, step, angle, each);
        for (size_t i = 0; i < m->count && frames > 0; i++)
            mix_add(&sums[p], &m->inputs[i].clip.part[p], each + i * (size_t)frames, 1);
        free(each);
    }
    for (int64_t i = 0; i < all; i++)
        t += way(&m->how, step, i, all);
    t = m->how.crossfade ? t / (double)all : way(&m->how, step, 0, 1);
    for (size_t i = 0; i < m->count; i++) {
        w[i] = m->how.weights ? m->how.weights[i] : i == 0 ? 1 - t : t;
        metas[i] = m->inputs[i].clip.meta;
        meta_append(of, meta_text(m->inputs[i].clip.name));
        meta_append(by, meta_real(w[i]));
    }
    meta_set(mix, "of", of);
    meta_set(mix, "weights", by);
    x = m->how.steps > 1 ? 2 * (double)step / ((double)m->how.steps - 1) - 1 : 0;
    if (mix_alter(&m->sound, &m->how.alter, x, metas[0], a, m->inputs[m->count - 1].clip.part, sums, mix)) {
        meta_free(mix);
        status = -1;
    } else {
        status = put(m, name, sums, 1, metas, w, m->count, mix);
    }
    for (int p = 0; p < PARTS; p++)
        mix_end(&sums[p]);
    free(metas);
    free(name);
    free(w);
    return status;
}

static int put_groups(struct mixer *m)
{
    int status;

    while ((status = next_group(m)) > 0) {
        const struct clip *a = &m->inputs[0].clip;

        if (mix_alter_check(&m->sound, &m->how.alter, a->name, a->part[PART_VALUE].shape[0]))
            return -1;
        for (size_t i = 1; i < m->count; i++)
            if (same_latents(a->name, a->part[PART_VALUE].shape[0], &m->inputs[i].clip))
                return -1;
        if (m->how.crossfade && group_frames(m, PART_VALUE) == 1 && !m->warned++)
            diag_warn("--crossfade fades nothing: '%s' or '%s' has one time only, which is the middle", a->name,
                      m->inputs[1].clip.name);
        for (int64_t step = 0; step < m->how.steps; step++)
            if (put_group(m, step))
                return -1;
    }
    return status < 0 ? -1 : drain(m);
}

/* Adds a clip to the sums of those before it, of which it is number n. */
static void add(const struct mixer *m, struct mix_sum *sums, const struct clip *c, size_t n)
{
    static const double one = 1;

    for (int p = 0; p < PARTS; p++) {
        if (n == 0 && c->part[p].data)
            mix_begin(&sums[p], c->part[p].shape[0], c->part[p].shape[1], p == PART_LOGVAR, m->how.pad);
        if (!c->part[p].data)
            mix_end(&sums[p]); /* what not all have, the mean has not */
        if (sums[p].v)
            mix_add(&sums[p], &c->part[p], &one, 0);
    }
}

/* The mean of all clips, one after the other. */
static int put_average(struct mixer *m)
{
    struct mix_sum sums[PARTS] = {{0}};
    struct meta **metas = NULL, *mix;
    char *name = NULL; /* of the first clip */
    int64_t latents = 0;
    double *w = NULL;
    size_t n = 0;
    int status = 0;

    for (size_t i = 0; i < m->count && status >= 0; i++)
        while ((status = next_clip(m, &m->inputs[i])) > 0) {
            struct clip *c = &m->inputs[i].clip;

            if (n == 0) {
                name = mem_text(c->name);
                latents = c->part[PART_VALUE].shape[0];
            }
            if ((status = same_latents(name, latents, c)) < 0)
                break;
            add(m, sums, c, n);
            metas = mem_more(metas, n, sizeof *metas);
            metas[n++] = c->meta;
            c->meta = NULL;
        }
    if (n > 0 && status == 0) {
        w = mem_alloc(n * sizeof *w);
        for (size_t i = 0; i < n; i++)
            w[i] = 1 / (double)n;
        mix = meta_map();
        meta_set(mix, "average", meta_int((int64_t)n));
        status = put(m, "average", sums, m->how.arc ? 1 / sqrt((double)n) : w[0], metas, w, n, mix);
    }
    for (int p = 0; p < PARTS; p++)
        mix_end(&sums[p]);
    for (size_t i = 0; i < n; i++)
        meta_free(metas[i]);
    free(metas);
    free(name);
    free(w);
    return status;
}

int mix_streams(char *const *paths, size_t count, struct mix_how how, int fd, const char *label)
{
    static const double first[] = {1, 0};
    struct mixer m = {.how = how,
                      .count = count,
                      .inputs = mem_zero(count, sizeof *m.inputs),
                      .out = {.fd = fd, .label = label, .kind = "latent"}};
    int status = open_streams(&m, paths);

    if (how.alter.model || how.alter.dim)
        m.how.weights = first; /* the first clip, which is altered */
    if (!status)
        status = how.average ? put_average(&m) : put_groups(&m);
    status = output_end(&m.out, status);
    for (size_t i = 0; i < count; i++) {
        reader_free(m.inputs[i].r);
        clip_clear(&m.inputs[i].clip);
    }
    mix_sound_end(&m.sound);
    free(m.inputs);
    free(m.model);
    return status;
}

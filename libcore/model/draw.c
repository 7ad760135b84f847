/* Draws one by one: into a stream of noise, or through the prior. */
#include "model/draw.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/history.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/rng.h"
#include "model/codec_private.h"
#include "model/continuation.h"

/* The latents of the default network, 'spectral', and enough times for 30 s of it at any rate and tempo; of what is asked
 * for, and a bar more. */
enum {
    DEFAULT_LATENT = 256,
    DEFAULT_FRAMES = 512,
    FRAMES_PER_SECOND = 18,
    FRAMES_OF_A_BAR = 24,
    MOST_VALUES = 1 << 24
};

_Static_assert(DRAW_SECONDS_MOST == (MOST_VALUES / DEFAULT_LATENT - FRAMES_OF_A_BAR) / FRAMES_PER_SECOND,
               "as much as may be drawn");

/* Draws on their way. */
struct run {
    struct draw d;
    struct starts starts, guides; /* none where no stream is named */
    struct writer *w;             /* noise; else */
    struct codec *c;
    int64_t size, frames; /* of noise; without end, of each part, */
    int64_t first;        /* and of the first one */
};

/* ---- draws ---- */

/* x with so much of the standard normal distribution under it. */
static float normal_at(double share)
{
    double low = -8, high = 8;

    for (int i = 0; i < 60; i++) {
        double x = (low + high) / 2;

        if (0.5 * erfc(-x / sqrt(2)) < share)
            low = x;
        else
            high = x;
    }
    return (float)low;
}

/* Frames from .. of draw i of the seed, [size, frames]: a dimension has numbers of its own, four to a block. The first
 * number, which chooses the guide, goes over the draws in steps of the golden section: clips follow others evenly. */
static void fill(const struct run *run, int64_t i, int64_t from, int64_t frames, float *noise)
{
    float *row = mem_alloc((size_t)(from % 4 + frames) * sizeof *row);
    uint64_t seed = (uint64_t)run->d.seed;
    struct rng first = rng_new(seed, UINT64_MAX);
    double share = rng_uniform(&first) + (double)i * 0.6180339887498949;

    for (int64_t d = 0; d < run->size; d++) {
        struct rng r = rng_new(seed, (uint64_t)i);

        r.block = ((uint64_t)d << 32) + (uint64_t)from / 4;
        rng_normal(&r, row, (size_t)(from % 4 + frames));
        memcpy(noise + d * frames, row + from % 4, (size_t)frames * sizeof *row);
    }
    if (from == 0)
        noise[0] = normal_at(share - floor(share));
    for (int64_t j = 0; j < run->size * frames; j++)
        noise[j] *= (float)run->d.temperature;
    free(row);
}

static struct meta *draw_meta(const struct draw *d, const struct start *of)
{
    struct meta *m = of ? meta_copy(of->meta) : meta_map();

    if (d->tempo > 0)
        meta_set(m, "tempo", meta_real(d->tempo));
    if (d->length > 0)
        meta_set(m, "seconds", meta_real(d->length));
    else if (of && !d->start && !d->ended)
        meta_set(m, "samples", meta_int(of->samples));
    return m;
}

/* The clip of s that draw i goes by, its latents as the next tensor; NULL: there is none. */
static const struct start *clip_of(const struct run *run, const struct starts *s, int64_t i, const char *name,
                                   struct frame *f, struct frame_tensor *tensors)
{
    const struct start *of = s->count > 0 ? &s->list[(size_t)i % s->count] : NULL;

    if (of)
        tensors[f->count++] = (struct frame_tensor){name, tensor_view(of->mean, 2, (int64_t[]){run->size, of->frames})};
    return of;
}

/* Draw i, of that name: whole, or in parts until it is told to end; noise has room for each. */
static int draw_clip(const struct run *run, int64_t i, const char *name, float *noise)
{
    struct frame_tensor t[3] = {{.name = "noise"}};
    struct frame f = {.name = name, .tensors = t, .count = 1};
    const struct start *start = clip_of(run, &run->starts, i, "start", &f, t);
    const struct start *guide = clip_of(run, &run->guides, i, "guide", &f, t);
    struct meta *meta = draw_meta(&run->d, start ? start : guide), *none = meta_map();
    int64_t from = 0, frames = run->first;
    int status;

    f.meta = meta;
    do {
        t[0].t = tensor_view(noise, 2, (int64_t[]){run->size, frames});
        f.part = run->d.ended && !*run->d.ended;
        fill(run, i, from, frames, noise);
        status = run->c ? codec_draw(run->c, &f) : writer_put(run->w, name, f.meta, t, f.count);
        from += frames;
        frames = run->frames;
        f = (struct frame){.name = name, .meta = none, .tensors = t, .count = 1, .follows = true, .part = f.part};
    } while (!status && f.part);
    meta_free(meta);
    meta_free(none);
    return status;
}

static int draw_all(const struct run *run)
{
    float *noise = mem_alloc((size_t)(run->size * run->first) * sizeof *noise);
    int width = snprintf(NULL, 0, "%" PRId64, run->d.count - 1), status = 0;

    for (int64_t i = 0; i < run->d.count && !status; i++) {
        char *name = mem_format("sample-%0*" PRId64, width < 2 ? 2 : width, i);

        status = draw_clip(run, i, name, noise);
        if (run->c && !status)
            progress("clips drawn", i + 1, run->d.count);
        free(name);
    }
    free(noise);
    return status;
}

/* ---- latents of one model ---- */

/* What it cannot give is refused, or said and left out. */
static int suit_model(struct draw *d, const struct model *m)
{
    if (m->network->one_length && (d->length > 0 || d->ended || d->tempo > 0 || d->start || d->guide))
        return error_set("%s: the network '%s' has clips of one length and no beat: no --length, --endless, --tempo, "
                         "--continue or --guide with it",
                         d->model, m->network->name);
    if (d->tempo > 0 && !m->beat) {
        diag_warn("%s: the frames of this model do not follow the beat, it takes no tempo", d->model);
        d->tempo = 0;
    }
    return 0;
}

/* Times of latents that are enough for each clip. */
static int find_frames(struct run *run, const struct model *m)
{
    const struct draw *d = &run->d;
    double seconds = d->length > 0 ? d->length : (double)m->samples / m->rate, wanted;

    run->size = m->latent;
    if (d->ended) {
        run->frames = m->prior.block;
        run->first = run->frames + (d->start ? run->starts.list[0].frames : 0);
        return 0;
    }
    if (d->start && d->start_seconds >= seconds)
        return error_set("a start of %g seconds fills the whole length of %g seconds: see --start and --length",
                         d->start_seconds, seconds);
    for (size_t i = 0; i < run->guides.count && !(d->length > 0) && !d->start; i++)
        seconds = fmax(i > 0 ? seconds : 0, (double)run->guides.list[i].samples / m->rate);
    wanted = m->network->times ? m->network->times(m, seconds, d->tempo, d->start ? &run->starts : &run->guides) : 1;
    if (!(wanted * (double)m->latent <= MOST_VALUES))
        return error_set("%s: a clip of %g seconds would take noise of %d x %.0f values, more than %d", d->model,
                         seconds, m->latent, wanted, MOST_VALUES);
    run->frames = run->first = wanted > 1 ? (int64_t)wanted : 1;
    return 0;
}

static int draw_latents(struct run *run, const struct meta *head, int fd, const char *label)
{
    struct draw *d = &run->d;
    const struct model *m;
    int status;

    run->c = codec_draw_begin(d->model, head, fd, label, d->how);
    if (!run->c)
        return -1;
    m = &run->c->m;
    status = suit_model(d, m);
    if (d->start && !status)
        status = starts_read(&run->starts, d->model, d->start, d->start_seconds, d->count);
    if (d->guide && !status)
        status = starts_read(&run->guides, d->model, d->guide, 0, d->count);
    if (!status)
        status = find_frames(run, m);
    if (!status)
        status = draw_all(run);
    return codec_draw_end(run->c, status);
}

static int draw_noise(struct run *run, struct meta *head, int fd, const char *label)
{
    double length = run->d.length;

    run->size = DEFAULT_LATENT;
    run->frames = run->first =
        length > 0 ? (int64_t)ceil(length * FRAMES_PER_SECOND) + FRAMES_OF_A_BAR : DEFAULT_FRAMES;
    history_put(head, NULL, 1);
    run->w = writer_new(fd, label, "noise", head);
    return !run->w || draw_all(run) || writer_end(run->w) ? -1 : 0;
}

int draw_run(const struct draw *d, int fd, const char *label)
{
    struct run run = {.d = *d};
    struct meta *head = meta_map();
    int status;

    meta_set(head, "seed", meta_int(d->seed));
    meta_set(head, "temperature", meta_real(d->temperature));
    if (d->exact)
        meta_set(head, "exact", meta_bool(true));
    status = d->model ? draw_latents(&run, head, fd, label) : draw_noise(&run, head, fd, label);
    starts_free(&run.starts);
    starts_free(&run.guides);
    meta_free(head);
    return status;
}

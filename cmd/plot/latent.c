/* Latents as they come in a stream, for the plane that they are drawn on. */
#include "latent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/network.h"
#include "text.h"

enum { NAME_MOST = 48 };

static const double page_side = 900;

static void *latent_start(const struct page *page)
{
    struct latent *l = mem_zero(1, sizeof *l);

    memcpy(l->wanted, page->dims, sizeof l->wanted);
    l->spool = spool_new(spool_default());
    l->normal = l->spread = true;
    return l;
}

/* What of a frame is drawn; NULL with the reason. */
static const struct tensor *latent_tensor(struct latent *l, const struct reader *r, const struct frame *f)
{
    static const char *const names[] = {"mean", "z", "noise"};
    long long number = (long long)reader_frames(r);
    const struct tensor *t = NULL;
    char shape[128];

    for (size_t i = 0; i < sizeof names / sizeof names[0] && t == NULL; i++) {
        t = frame_get(f, names[i]);
        l->tensor = names[i];
    }
    if (t == NULL)
        error_set("%s: frame %lld (%s) has no tensor \"mean\", \"z\" or \"noise\"", reader_label(r), number, f->name);
    else if (t->rank < 1 || t->rank > 2 || tensor_count(t) == 0)
        error_set("%s: frame %lld (%s): latent of shape %s, expected [dimensions, times]", reader_label(r), number,
                  f->name, tensor_shape_text(t, shape, sizeof shape));
    else if (l->dims != 0 && t->shape[0] != l->dims)
        error_set("%s: frame %lld (%s) has %lld dimensions, those before it %lld: plot the latents of"
                  " one model at a time",
                  reader_label(r), number, f->name, (long long)t->shape[0], (long long)l->dims);
    else
        return t;
    return NULL;
}

/* The number of a track, -1 for none. */
static int track_number(struct latent *l, const struct meta *meta)
{
    const char *track;

    if (!meta_get_text(meta, "track", &track))
        return -1;
    for (int i = l->track_count - 1; i >= 0; i--)
        if (strcmp(l->tracks[i], track) == 0)
            return i;
    l->tracks = mem_more(l->tracks, (size_t)l->track_count, sizeof *l->tracks);
    l->tracks[l->track_count] = mem_text(track);
    return l->track_count++;
}

/* Adds the variances whose logarithms are t [dims, times], of a clip that has them. */
static void variances_add(struct latent *l, const struct tensor *t, const struct latent_clip *clip)
{
    bool there = t != NULL && tensor_count(t) == l->dims * clip->times && t->shape[0] == l->dims;

    for (int64_t i = 0; there && i < l->dims * clip->times; i++)
        l->variance[i / clip->times] += exp(t->data[i]) / (double)clip->times;
    l->spread = l->spread && there;
}

static int latent_take(void *state, const struct reader *r, const struct frame *f)
{
    struct latent *l = state;
    const struct tensor *t = latent_tensor(l, r, f), *logvar = frame_get(f, "logvar");
    const struct network *network;
    struct latent_clip *clip;
    const char *name;

    if (t == NULL)
        return -1;
    l->clips = mem_more(l->clips, l->count, sizeof *l->clips);
    clip = &l->clips[l->count];
    *clip = (struct latent_clip){.times = tensor_count(t) / t->shape[0]};
    clip->z = spool_floats(l->spool, (size_t)tensor_count(t));
    if (clip->z == NULL)
        return -1;
    memcpy(clip->z, t->data, (size_t)tensor_count(t) * sizeof *clip->z);
    clip->name = text_clean(f->name, NAME_MOST);
    clip->track = track_number(l, f->meta);
    l->count++;
    l->dims = t->shape[0];
    if (l->variance == NULL)
        l->variance = mem_zero((size_t)l->dims, sizeof *l->variance);
    variances_add(l, logvar, clip);
    l->points += clip->times;
    l->noise = strcmp(reader_kind(r), "noise") == 0;
    network = meta_get_text(reader_meta(r), "network", &name) ? network_find(name) : NULL;
    l->normal = l->normal && (l->noise || (network != NULL && network->one_length));
    return 0;
}

static int latent_fit(void *state, struct page *page, double *unit)
{
    struct latent *l = state;

    if (l->count == 0)
        return error_set("no latents to plot: the stream is whole but empty");
    for (int i = 0; i < 2; i++)
        if (l->wanted[i] > l->dims)
            return error_set("--dims: there is no dimension %d, these latents have %lld", l->wanted[i],
                             (long long)l->dims);
    if (page->width == 0)
        page->width = page->height > 0 ? page->height : (int)page_side;
    if (page->height == 0)
        page->height = page->width;
    *unit = fmin(8, fmax(0.7, fmin(page->width, page->height) / page_side));
    return 0;
}

static void latent_draw(void *state, const struct page *page, struct canvas *c)
{
    const struct latent *l = state;
    struct plane p;

    plane_make(&p, l);
    plane_draw(&p, l, page, c);
    plane_free(&p);
}

static void latent_release(void *state)
{
    struct latent *l = state;

    for (size_t i = 0; i < l->count; i++)
        free(l->clips[i].name);
    for (int i = 0; i < l->track_count; i++)
        free(l->tracks[i]);
    free(l->tracks);
    free(l->clips);
    free(l->variance);
    spool_free(l->spool);
    free(l);
}

const struct plot plot_latent = {
    .name = "latent",
    .kinds = (const char *const[]){"latent", "noise", NULL},
    .start = latent_start,
    .take = latent_take,
    .fit = latent_fit,
    .draw = latent_draw,
    .release = latent_release,
};

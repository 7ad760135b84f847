/* Beginnings of clips: timing and level of the whole clip, latents of its first seconds. */
#include "model/continuation.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/codec_private.h"
#include "model/chunks.h"

/* What is done with clips: seconds > 0 are taken of each, 0 is all. */
static const char *verb(double seconds)
{
    return seconds > 0 ? "go on from" : "follow";
}

static int start_add(struct starts *s, const struct model *m, const struct chunks *p, const struct reader *r,
                     const struct audio_clip *c, double seconds)
{
    struct meta *meta = audio_clip_meta(c);
    int64_t samples = c->samples, latent = m->spectral.latent;
    int64_t cut = seconds > 0 ? (int64_t)(seconds * m->rate) : samples, least = seconds > 0 ? 1 : 3 * m->prior.block;
    struct chunk_clip clip = chunks_clip(p, meta, c->x, samples);
    struct start it = {.samples = samples, .step = clip.timing.grid.step * m->spectral.stride / m->rate};
    float *mean;

    meta_free(meta);
    if (!(clip.level > 0))
        return error_set("%s: '%s' is silent: there is nothing to %s", reader_label(r), c->name, verb(seconds));
    it.frames = grid_frames(clip.timing.grid, cut < samples ? cut : samples) / m->spectral.stride / m->prior.positions *
                m->prior.positions;
    if (it.frames < least)
        return error_set(seconds > 0 ? "%s: the start of '%s' is less than a beat: nothing can go on from there"
                                     : "%s: '%s' is less than three beats: too short to be followed",
                         reader_label(r), c->name);
    mean = mem_alloc((size_t)(latent * it.frames) * sizeof *mean);
    it.mean = mem_alloc((size_t)(latent * it.frames) * sizeof *it.mean);
    chunks_encode(p, &clip, it.frames, mean);
    chunks_turn(mean, it.frames, latent, it.mean);
    free(mean);
    it.meta = meta_map();
    if (seconds > 0)
        meta_add(it.meta, "level", meta_real(clip.level));
    if (clip.timing.period > 0) { /* said of unsteady clips, too: their frames stand where it says */
        meta_add(it.meta, "tempo", meta_real(60 / clip.timing.period));
        meta_add(it.meta, "beat", meta_real(clip.timing.phase));
    }
    meta_add(it.meta, seconds > 0 ? "continues" : "follows", meta_text(c->name));
    s->list = mem_more(s->list, s->count, sizeof *s->list);
    s->list[s->count++] = it;
    return 0;
}

static int read_all(struct starts *s, const struct model *m, const struct chunks *p, struct reader *r, double seconds,
                    int64_t most)
{
    struct audio_clip c = {0};
    int got;

    while ((got = codec_next(m, r, &c)) > 0)
        if ((int64_t)s->count < most && start_add(s, m, p, r, &c, seconds))
            return -1;
    if (got == 0 && s->count == 0)
        return error_set("%s: holds no clip to %s", reader_label(r), verb(seconds));
    return got;
}

int starts_read(struct starts *s, const char *model, const char *path, double seconds, int64_t most)
{
    struct model m;
    struct chunks p;
    struct reader *file = model_open(&m, model), *r;
    int status;

    *s = (struct starts){0};
    if (!file)
        return -1;
    status = chunks_begin(&p, &m, file, model, SPECTRAL_ENCODER, 1);
    r = status ? NULL : clips_open(path);
    status = r ? read_all(s, &m, &p, r, seconds, most) : -1;
    s->model = m.digest;
    reader_free(r);
    chunks_end(&p);
    model_free(&m);
    return status;
}

void starts_free(struct starts *s)
{
    for (size_t i = 0; i < s->count; i++) {
        meta_free(s->list[i].meta);
        free(s->list[i].mean);
    }
    free(s->list);
}

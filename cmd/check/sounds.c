/* Clips that are looked at together. */
#include "sounds.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "measure/levels.h"
#include "model/spectral_input.h"

/* Plans for the rate of the last clip. */
struct ear {
    double rate;
    struct timbre_meter *timbre;
    struct recon_meter *recon;
    struct melmap *mel; /* NULL: too low a rate */
};

struct sounds *sounds_new(struct pool *pool, bool figures)
{
    struct sounds *s = mem_zero(1, sizeof *s);

    s->pool = pool;
    s->figures = figures;
    s->ears = mem_zero((size_t)pool_threads(pool), sizeof *s->ears);
    return s;
}

static void ear_end(struct ear *e)
{
    timbre_meter_free(e->timbre);
    recon_meter_free(e->recon);
    melmap_free(e->mel);
    *e = (struct ear){0};
}

void sounds_free(struct sounds *s)
{
    if (!s)
        return;
    sounds_clear(s);
    for (int i = 0; i < pool_threads(s->pool); i++)
        ear_end(&s->ears[i]);
    free(s->ears);
    free(s);
}

bool sounds_full(const struct sounds *s)
{
    return s->count >= pool_threads(s->pool) || s->count == SOUNDS_MOST;
}

bool sounds_differ(const struct sounds *s, const struct audio_clip *c)
{
    return s->count > 0 && (s->sounds[0].rate < c->rate || s->sounds[0].rate > c->rate);
}

struct sound *sounds_add(struct sounds *s, const struct audio_clip *c)
{
    struct sound *sound = &s->sounds[s->count++];
    size_t size = (size_t)(c->channels * c->samples) * sizeof *c->x;

    *sound = (struct sound){.name = audio_clip_shown(c),
                            .track = mem_text(c->track),
                            .rate = c->rate,
                            .channels = c->channels,
                            .samples = c->samples,
                            .x = mem_alloc(size)};
    memcpy(sound->x, c->x, size);
    sound->beat.period = input_beat(c->told);
    if (sound->beat.period > 0 && !meta_get_real(c->told, "beat", &sound->beat.phase))
        sound->beat.phase = 0;
    return sound;
}

static void listen(void *arg, int task, int worker)
{
    struct sounds *all = arg;
    struct sound *s = &all->sounds[task];
    struct ear *e = &all->ears[worker];
    double *recon = s->figures.value + FIGURE_RECON, form[FORM_ALONE];

    if (e->rate < s->rate || e->rate > s->rate) {
        ear_end(e);
        *e = (struct ear){s->rate, timbre_meter_new(s->rate), s->original ? recon_meter_new(s->rate) : NULL,
                          s->rate >= 1000 ? melmap_new(s->rate) : NULL};
    }
    if (all->figures) {
        figures_measure(e->timbre, s->x, s->channels, s->samples, &s->beat, &s->figures);
    } else {
        level_center(s->x, s->channels, s->samples);
        if (!(s->beat.period > 0))
            tempo_find(s->x, s->channels, s->samples, s->samples, s->rate, &s->beat);
    }
    if (e->mel) {
        s->map = map_make(e->mel, s->track, s->x, s->channels, s->samples, &s->beat);
        form_measure(&s->map.form, form);
        memcpy(s->figures.value + FIGURE_FORM, form, FORM_TOLD * sizeof *form);
    }
    if (s->original) {
        struct recon r;

        level_center(s->original, s->channels, s->samples);
        recon_measure(e->recon, s->original, &(struct recon_estimate){s->x, false}, 1, s->channels, s->samples, &r);
        memcpy(recon, r.value, sizeof r.value);
    }
}

void sounds_listen(struct sounds *s)
{
    pool_run(s->pool, s->count, listen, s);
}

void sounds_clear(struct sounds *s)
{
    for (int i = 0; i < s->count; i++) {
        free(s->sounds[i].name);
        free(s->sounds[i].track);
        free(s->sounds[i].x);
        free(s->sounds[i].original);
        map_free(&s->sounds[i].map);
    }
    s->count = 0;
}

/* Clips of a stream, each looked at by one thread. */
#include "sounds.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
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

struct sounds {
    struct pool *pool;
    struct ear *ears; /* of each worker */
    bool figures;
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
    for (int i = 0; i < pool_threads(s->pool); i++)
        ear_end(&s->ears[i]);
    free(s->ears);
    free(s);
}

struct sound *sound_begin(const struct audio_clip *c)
{
    struct sound *s = mem_zero(1, sizeof *s);
    size_t size = (size_t)(c->channels * c->samples) * sizeof *c->x;

    s->name = audio_clip_shown(c);
    s->track = mem_text(c->track);
    s->rate = c->rate;
    s->channels = c->channels;
    s->samples = c->samples;
    s->x = memcpy(mem_alloc(size), c->x, size);
    s->beat.period = input_beat(c->told);
    if (s->beat.period > 0 && !meta_get_real(c->told, "beat", &s->beat.phase))
        s->beat.phase = 0;
    return s;
}

void sound_end(struct sound *s)
{
    free(s->name);
    free(s->track);
    free(s->x);
    free(s->original);
    map_free(&s->map);
    free(s);
}

void sound_listen(struct sounds *all, struct sound *s, int worker)
{
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

void sound_compare(struct sound *s, const struct compare *c, enum compare_set set, int worker)
{
    s->beside = (struct compare_clip){s->x, s->channels, s->samples, s->number, s->map, .near = {0}};
    s->map = (struct map){0};
    compare_look(c, set, &s->beside, worker);
}

struct each {
    struct sounds *all;
    const struct sounds_how *how;
    pthread_mutex_t reading, taking;
    int more;  /* what reading came to */
    char *why; /* it failed */
    int64_t count;
    struct sound *first, **end; /* of those on their way, whose list others change only while they take */
};

static struct sound *each_read(struct each *e)
{
    struct sound *s = NULL;

    pthread_mutex_lock(&e->reading);
    if (e->more > 0)
        e->more = e->how->read(&s);
    if (e->more < 0 && !e->why)
        e->why = mem_text(error_text());
    if (e->more > 0) {
        s->number = e->count++;
        pthread_mutex_lock(&e->taking);
        *e->end = s;
        e->end = &s->next;
        pthread_mutex_unlock(&e->taking);
    } else {
        s = NULL;
    }
    pthread_mutex_unlock(&e->reading); /* from here on others may come to the end */
    return s;
}

static void each_take(struct each *e, struct sound *s)
{
    pthread_mutex_lock(&e->taking);
    s->done = true;
    while ((s = e->first) && s->done) {
        e->how->take(s);
        e->first = s->next;
        if (!e->first)
            e->end = &e->first;
        sound_end(s);
    }
    pthread_mutex_unlock(&e->taking);
}

static void each_work(void *arg, int task, int worker)
{
    struct each *e = arg;

    (void)task;
    for (struct sound *s; (s = each_read(e));) {
        sound_listen(e->all, s, worker);
        if (e->how->look)
            e->how->look(s, worker);
        free(s->x); /* others may wait for long */
        free(s->original);
        s->x = s->original = NULL;
        each_take(e, s);
    }
}

int sounds_each(struct sounds *s, const struct sounds_how *how)
{
    struct each e = {s, how, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, .more = 1};

    e.end = &e.first;
    pool_run(s->pool, pool_threads(s->pool), each_work, &e);
    if (e.why)
        error_set("%s", e.why);
    free(e.why);
    return e.more;
}

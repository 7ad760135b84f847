/* How much noise a clip of the network 'spectral' takes: that of the fastest one that may come. */
#include <math.h>

#include "model/continuation.h"
#include "model/file.h"
#include "model/spectral_input.h"

/* Seconds between two latents of a model whose frames follow the beat, at that tempo. */
static double latent_step(const struct model *m, double bpm)
{
    const struct spectral_input input = {.rate = 1, .beat = true};

    return input_timing_beat(&input, 60 / bpm, 0).grid.step * m->spectral.stride;
}

static double least_step(const struct model *m, double tempo, const struct starts *from)
{
    const struct meta *tempos = meta_get(m->meta, "tempos");
    double least = latent_step(m, tempo > 0 ? tempo : 60 / BEAT_NOMINAL);

    for (size_t i = 0; i < from->count; i++)
        least = i == 0 ? from->list[i].step : fmin(least, from->list[i].step);
    if (tempo > 0 || from->count > 0 || !tempos || tempos->kind != META_LIST)
        return least;
    for (size_t i = 0; i < tempos->count; i++) {
        const struct meta *t = tempos->items[i];
        double bpm = t->kind == META_REAL ? t->real : t->kind == META_INT ? (double)t->integer : 0;

        if (bpm >= 20 && bpm < 1e4)
            least = fmin(least, latent_step(m, bpm));
    }
    return least;
}

double spectral_times(const struct model *m, double seconds, double tempo, const struct starts *from)
{
    if (!m->beat)
        return ceil(seconds * m->rate / ((double)m->hop * m->spectral.stride));
    return ceil(seconds / least_step(m, tempo, from)) + m->prior.positions;
}

/* The network 'spectral' among the networks: its row, what the head of a model says, how much noise a clip takes. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "model/continuation.h"
#include "model/file.h"
#include "model/spectral_input.h"

/* ---- the head ---- */

/* What the frames follow, and the prior's sizes. */
static int describe_prior(struct model *m, const struct reader *r, int64_t stride)
{
    int64_t block, bank, clips, periods;
    const char *frames = "fixed";

    meta_get_text(reader_meta(r), "frames", &frames);
    m->beat = !strcmp(frames, "beat");
    if (!m->beat && strcmp(frames, "fixed"))
        return error_set("%s: the model's frames are '%s', this version knows 'beat' and 'fixed'", reader_label(r),
                         frames);
    if (m->beat && BEAT_FRAMES % stride)
        return error_set("%s: the model's stride of %lld does not divide the %d frames of a beat", reader_label(r),
                         (long long)stride, BEAT_FRAMES);
    if (m->beat && !(m->rate >= 3000 && m->rate <= 48000 && m->fft <= m->rate))
        return error_set(
            "%s: the model's head has frames of %d samples at %g Hz: where they follow the beat 3000 to 48000 Hz "
            "and at most a second were expected",
            reader_label(r), m->fft, m->rate);
    if (head_int(r, "prior_block", 1, 1 << 20, &block) || head_int(r, "prior_bank", 0, 1 << 24, &bank) ||
        head_int(r, "prior_clips", 0, bank, &clips) || head_int(r, "prior_periods", 0, 1 << 24, &periods))
        return -1;
    m->prior =
        (struct prior_shape){m->latent, m->beat ? BEAT_FRAMES / (int)stride : 1, (int)block, bank, clips, periods};
    return 0;
}

static int head(struct model *m, const struct reader *r)
{
    int64_t features, width, stride, fft, hop, channels, definition = 1;

    meta_get_int(reader_meta(r), "definition", &definition);
    if (definition != SPECTRAL_DEFINITION)
        return error_set(
            "%s: the model is of definition %lld of the network 'spectral', this version knows %d: train it again",
            reader_label(r), (long long)definition, SPECTRAL_DEFINITION);
    if (head_int(r, "features", 1, 1 << 20, &features) || head_int(r, "width", 1, 1 << 16, &width) ||
        head_int(r, "stride", 1, 1 << 10, &stride) || head_int(r, "fft", 16, 1 << 20, &fft) ||
        head_int(r, "hop", 1, fft, &hop) || head_int(r, "channels", 1, CHANNELS_MOST, &channels))
        return -1;
    if (fft % 16 || hop * 4 != fft)
        return error_set(
            "%s: the model's head has frames of %lld samples every %lld: expected a multiple of 16, and a quarter of it",
            reader_label(r), (long long)fft, (long long)hop);
    if (!meta_get_real(reader_meta(r), "corner", &m->corner) || !(m->corner >= 0 && m->corner <= 1e6))
        return error_set("%s: the model's head has no usable \"corner\" in Hz", reader_label(r));
    if (meta_get_real(reader_meta(r), "gain", &m->gain) && !(m->gain > 0.01 && m->gain < 100))
        return error_set("%s: the model's head says a \"gain\" of %g, expected 0.01 to 100", reader_label(r), m->gain);
    m->spectral = (struct spectral){(int)features, (int)width, m->latent, (int)stride};
    m->channels = (int)channels;
    m->fft = (int)fft;
    m->hop = (int)hop;
    return describe_prior(m, r, stride);
}

/* ---- noise: that of the fastest clip that may come ---- */

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

    if (tempo > 0) /* that of what is followed gives way to it */
        return least;
    for (size_t i = 0; i < from->count; i++)
        least = i == 0 ? from->list[i].step : fmin(least, from->list[i].step);
    if (from->count > 0 || !tempos || tempos->kind != META_LIST)
        return least;
    for (size_t i = 0; i < tempos->count; i++) {
        const struct meta *t = tempos->items[i];
        double bpm = t->kind == META_REAL ? t->real : t->kind == META_INT ? (double)t->integer : 0;

        if (bpm >= 20 && bpm < 1e4)
            least = fmin(least, latent_step(m, bpm));
    }
    return least;
}

/* Where frames follow the beat, for the beat that is begun before, the bar that is, and one more of a clip shorter than it. */
static double times(const struct model *m, double seconds, double tempo, const struct starts *from)
{
    if (!m->beat)
        return ceil(seconds * m->rate / ((double)m->hop * m->spectral.stride));
    return ceil(seconds / least_step(m, tempo, from)) + 8 * m->prior.positions;
}

static const struct network_option options[] = {
    {"epochs_wanted", 25, ", or more for 200 steps"},
    {"latent", 0, "192, up to 4 kHz 96, with a beat 160"},
    {"width", 0, "192, above 4 kHz 128"},
    {"stride", 0, "6 where frames follow the beat, else 2, above 4 kHz 4"},
    {"frames", 0, NULL},
    {"bank", SPECTRAL_BANK, NULL},
    {"batch", 8, NULL},
    {"beta", 3e-4, NULL},
    {"learning_rate", 2e-3, NULL},
    {NULL, 0, NULL},
};

const struct network network_spectral = {.name = "spectral",
                                         .options = options,
                                         .codec = &codec_spectral,
                                         .eval = &eval_spectral,
                                         .head = head,
                                         .times = times};

/* What the head of a model says of the network 'spectral'. */
#include <string.h>

#include "base/error.h"
#include "model/file.h"
#include "model/spectral_input.h"

/* What the frames follow, and the prior's sizes. */
static int describe_prior(struct model *m, const struct reader *r, int64_t latent, int64_t stride)
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
        (struct prior_shape){(int)latent, m->beat ? BEAT_FRAMES / (int)stride : 1, (int)block, bank, clips, periods};
    return 0;
}

int spectral_head(struct model *m, const struct reader *r)
{
    int64_t features, width, latent, stride, fft, hop, channels, definition = 1;

    meta_get_int(reader_meta(r), "definition", &definition);
    if (definition != SPECTRAL_DEFINITION)
        return error_set(
            "%s: the model is of definition %lld of the network 'spectral', this version knows %d: train it again",
            reader_label(r), (long long)definition, SPECTRAL_DEFINITION);
    if (head_int(r, "features", 1, 1 << 20, &features) || head_int(r, "width", 1, 1 << 16, &width) ||
        head_int(r, "latent", 1, 1 << 16, &latent) || head_int(r, "stride", 1, 1 << 10, &stride) ||
        head_int(r, "fft", 16, 1 << 20, &fft) || head_int(r, "hop", 1, fft, &hop) ||
        head_int(r, "channels", 1, CHANNELS_MOST, &channels))
        return -1;
    if (fft % 16 || hop * 4 != fft)
        return error_set(
            "%s: the model's head has frames of %lld samples every %lld: expected a multiple of 16, and a quarter of it",
            reader_label(r), (long long)fft, (long long)hop);
    if (!meta_get_real(reader_meta(r), "corner", &m->corner) || !(m->corner >= 0 && m->corner <= 1e6))
        return error_set("%s: the model's head has no usable \"corner\" in Hz", reader_label(r));
    m->spectral = (struct spectral){(int)features, (int)width, (int)latent, (int)stride};
    m->latent = (int)latent;
    m->channels = (int)channels;
    m->fft = (int)fft;
    m->hop = (int)hop;
    return describe_prior(m, r, latent, stride);
}

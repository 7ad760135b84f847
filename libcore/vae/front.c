/* Levels and log magnitudes. */
#include "vae/front.h"

#include <math.h>

#include "base/error.h"

int front_begin(struct front *f, double rate)
{
    f->rate = rate;
    if (features_defaults(rate, &f->fft, &f->hop, &f->corner))
        return error_set("a sample rate of %g Hz: the network 'spectral' takes 3000 to 48000, see cv-load -r", rate);
    f->bands = features_new(rate, f->fft, f->hop, f->corner);
    return 0;
}

void front_set(struct front *f, double rate, int fft, int hop, double corner)
{
    *f = (struct front){rate, corner, fft, hop, features_new(rate, fft, hop, corner)};
}

void front_end(struct front *f)
{
    if (f->bands)
        features_free(f->bands);
    f->bands = NULL;
}

double front_rms(const float *x, int64_t samples)
{
    double sum = 0;

    for (int64_t i = 0; i < samples; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum / (double)samples);
}

void front_levels(const struct front *f, const float *x, int64_t samples, double gain, double floor, int64_t first,
                  int frames, float *y, size_t stride)
{
    int channels = features_channels(f->bands);

    features_magnitude(f->bands, x, samples, first, frames, y, stride);
    for (int c = 0; c < channels; c++)
        for (int t = 0; t < frames; t++) {
            float *v = &y[(size_t)c * stride + (size_t)t];
            double level = gain * (double)*v;

            *v = logf((float)(level > floor ? level : floor));
        }
}

float front_top(int channels, const float *mean, const float *sd, const float *most)
{
    float top = -1e30f;

    for (int c = 0; c < channels; c++)
        if (most[c] * sd[c] + mean[c] > top)
            top = most[c] * sd[c] + mean[c];
    return top + 0.7f;
}

void front_standardise(int channels, int frames, size_t stride, const float *mean, const float *sd, float *y)
{
    for (int c = 0; c < channels; c++)
        for (int t = 0; t < frames; t++) {
            float *v = &y[(size_t)c * stride + (size_t)t];

            *v = (*v - mean[c]) / sd[c];
        }
}

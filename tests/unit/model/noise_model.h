/* A model whose parameters are noise, and its prior of the mean 0 and the deviation 1; and clips for it. */
#ifndef TESTS_NOISE_MODEL_H
#define TESTS_NOISE_MODEL_H

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "check.h"
#include "model/chunks.h"

enum { RATE = 3000, LATENT = 4, STRIDE = 2, BLOCK = 5, POSITIONS = 12, N = 12000 };

static const double clips_tempo = 150, clips_beat = 0.1; /* where frames follow the beat */

/* Returns the samples of a latent, where frames are fixed. */
__attribute__((unused)) static int write_model(const char *path, bool beat)
{
    struct spectral_input f;
    struct params *p = params_new();
    const struct prior_shape prior = {
        .latent = LATENT, .positions = beat ? POSITIONS : 1, .block = beat ? POSITIONS : BLOCK};
    struct spectral shape;
    struct spectral_graph g;
    struct meta *m = meta_map();
    struct rng r = rng_new(1, 0);
    int fd = open(path, O_WRONLY | O_TRUNC), hop;

    input_begin(&f, RATE, 1, beat);
    hop = f.hop;
    shape = (struct spectral){input_features(&f), 8, LATENT, STRIDE};
    g = spectral_build(&shape, SPECTRAL_ALL, p, 1, 1, NULL);
    input_declare(g.net, shape.features);
    prior_declare(g.net, &prior);
    params_reserve(p);
    rng_normal(&r, p->theta, p->total);
    *params_values(p, "front/scale") = 1;
    for (int i = 0; i < LATENT; i++) {
        params_values(p, "prior/mean")[i] = 0;
        params_values(p, "prior/sd")[i] = 1;
    }
    meta_set(m, "network", meta_text("spectral"));
    meta_set(m, "frames", meta_text(beat ? "beat" : "fixed"));
    meta_set(m, "rate", meta_real(RATE));
    meta_set(m, "corner", meta_real(f.corner));
    for (int i = 0; i < 13; i++) {
        static const char *const keys[] = {"definition",    "samples",  "features",   "width",      "latent",
                                           "stride",        "fft",      "hop",        "prior_bank", "prior_clips",
                                           "prior_periods", "channels", "prior_block"};
        const int64_t values[] = {SPECTRAL_DEFINITION, N, shape.features, 8, LATENT, STRIDE, f.fft, f.hop, 0, 0, 0, 1,
                                  prior.block};

        meta_set(m, keys[i], meta_int(values[i]));
    }
    check(!model_write(fd, path, m, p, &(struct model_array){"value", p->theta, false}, 1), "a model is written");
    close(fd);
    meta_free(m);
    net_free(g.net);
    params_free(p);
    input_end(&f);
    return hop * STRIDE;
}

/* Samples of clip i: noise. */
__attribute__((unused)) static void clip_noise(int i, float *x)
{
    struct rng r = rng_new(2, (uint64_t)i);

    rng_normal(&r, x, N);
    for (int k = 0; k < N; k++)
        x[k] *= 0.1f;
}

/* Clips "a", "b" and so on, of so many samples each, N at most. */
__attribute__((unused)) static void write_clips(const char *path, int count, const int64_t *samples, double rate)
{
    struct meta *m = meta_map(), *clip = meta_map();
    struct writer *w;
    int fd = open(path, O_WRONLY | O_TRUNC);

    meta_set(clip, "tempo", meta_real(clips_tempo));
    meta_set(clip, "beat", meta_real(clips_beat));
    meta_set(m, "rate", meta_real(rate));
    w = writer_new(fd, path, "audio", m);
    for (int i = 0; i < count; i++) {
        float x[N];
        struct frame_tensor t = {"audio", tensor_view(x, 2, (int64_t[]){1, samples[i]})};

        clip_noise(i, x);
        writer_put(w, (char[]){(char)('a' + i), 0}, clip, &t, 1);
    }
    check(writer_end(w) == 0, "%d clips are written", count);
    close(fd);
    meta_free(clip);
    meta_free(m);
}

#endif

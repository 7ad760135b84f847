/* cv-sample: draws from the standard normal, for a decoder to turn into audio. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/rng.h"
#include "io/stream.h"
#include "vae/model.h"

/* The latent of the default network, 'spectral', for its default clip of 30 s at 3000 Hz. */
enum { DEFAULT_LATENT = 64, DEFAULT_FRAMES = 352, MOST_VALUES = 1 << 24 };

static int64_t count = 1, seed = 123;
static double temperature = 1;
static const char *model_file;

static const struct opt opts[] = {
    {'n', "count", OPT_INT, &count, "N", 1, 1e9, "how many to draw", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of the draws", NULL},
    {'t', "temperature", OPT_REAL, &temperature, "T", 0, 1000, "standard deviation of the draws", NULL},
    {'m', "model", OPT_TEXT, &model_file, "MODEL", 0, 0, "draw in the shape of this model's latent, not of the default network's", NULL},
};

static const struct program program = {
    "cv-sample", "", "Draws noise that cv-decode turns into audio.", opts, sizeof opts / sizeof *opts,
    "cv-sample -n 10 | cv-decode model.bin | cv-towav",
};

/* Latent [size, frames] of the default network, or of the model named. */
static struct meta *describe(int64_t *size, int64_t *frames)
{
    struct meta *m = meta_map();

    *size = DEFAULT_LATENT;
    *frames = DEFAULT_FRAMES;
    meta_set(m, "seed", meta_int(seed));
    meta_set(m, "temperature", meta_real(temperature));
    if (model_file) {
        struct model model;

        if (model_read_head(&model, model_file))
            diag_die("%s", error_text());
        *size = model.is_spectral ? model.spectral.latent : model.notebook.latent;
        *frames = 1;
        if (model.is_spectral) {
            int64_t step = (int64_t)model.hop * model.spectral.stride;

            *frames = (model.samples + step - 1) / step;
        }
        if (*size * *frames > MOST_VALUES)
            diag_die("%s: a clip of %" PRId64 " samples would take noise of %" PRId64 " x %" PRId64 " values", model_file,
                     model.samples, *size, *frames);
        meta_set(m, "samples", meta_int(model.samples));
        meta_set(m, "rate", meta_real(model.rate));
        model_free(&model);
    }
    return m;
}

int main(int argc, char **argv)
{
    struct meta *meta;
    struct writer *w;
    int64_t size, frames;
    float *noise;
    int width;

    program_begin(&program, argc, argv, 0, 0);
    meta = describe(&size, &frames);
    w = writer_new(STDOUT_FILENO, "standard output", "noise", meta);
    if (!w)
        diag_die("%s", error_text());
    noise = mem_alloc((size_t)(size * frames) * sizeof *noise);
    width = snprintf(NULL, 0, "%" PRId64, count - 1);
    for (int64_t i = 0; i < count; i++) {
        struct rng r = rng_new((uint64_t)seed, (uint64_t)i);   /* draw i is the same for any count */
        struct frame_tensor t = {"noise", tensor_view(noise, 2, (int64_t[]){size, frames})};
        char name[64];

        snprintf(name, sizeof name, "sample-%0*" PRId64, width < 2 ? 2 : width, i);
        rng_normal(&r, noise, (size_t)(size * frames));
        for (int64_t j = 0; j < size * frames; j++)
            noise[j] *= (float)temperature;
        if (writer_put(w, name, NULL, &t, 1))
            diag_die("%s", error_text());
    }
    if (writer_end(w))
        diag_die("%s", error_text());
    free(noise);
    meta_free(meta);
    return 0;
}

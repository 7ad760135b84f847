/* What is gone on from: the first latents of a clip, as they are in all of it. */
#include "model/continuation.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "model/chunks.h"

enum { RATE = 3000, LATENT = 4, STRIDE = 2, N = 12000 };

static char model[] = "/tmp/cv-unit-starts-model-XXXXXX", clips[] = "/tmp/cv-unit-starts-clips-XXXXXX";

/* A model of fixed frames whose parameters are noise. */
static void write_model(void)
{
    struct spectral_input f;
    struct params *p = params_new();
    const struct prior_shape prior = {.latent = LATENT, .positions = 1, .block = 5};
    struct spectral shape;
    struct spectral_graph g;
    struct meta *m = meta_map();
    struct rng r = rng_new(1, 0);
    int fd = open(model, O_WRONLY | O_TRUNC);

    input_begin(&f, RATE, 1, false);
    shape = (struct spectral){input_features(&f), 8, LATENT, STRIDE};
    g = spectral_build(&shape, SPECTRAL_ALL, p, 1, 1, NULL);
    input_declare(g.net, shape.features);
    prior_declare(g.net, &prior);
    params_reserve(p);
    rng_normal(&r, p->theta, p->total);
    *params_values(p, "front/scale") = 1;
    meta_set(m, "network", meta_text("spectral"));
    meta_set(m, "frames", meta_text("fixed"));
    meta_set(m, "rate", meta_real(RATE));
    meta_set(m, "corner", meta_real(f.corner));
    for (int i = 0; i < 12; i++) {
        static const char *const keys[] = {"definition", "samples",     "features",      "width",
                                           "latent",     "stride",      "fft",           "hop",
                                           "prior_bank", "prior_clips", "prior_periods", "channels"};
        const int64_t values[] = {SPECTRAL_DEFINITION, N, shape.features, 8, LATENT, STRIDE, f.fft, f.hop, 0, 0, 0, 1};

        meta_set(m, keys[i], meta_int(values[i]));
    }
    meta_set(m, "prior_block", meta_int(5));
    check(!model_write(fd, model, m, p, &(struct model_array){"value", p->theta, false}, 1), "a model is written");
    close(fd);
    meta_free(m);
    net_free(g.net);
    params_free(p);
    input_end(&f);
}

/* Clips "a", "b" and so on: noise of N samples each. */
static void write_clips(int count, double rate)
{
    struct meta *m = meta_map();
    struct writer *w;
    int fd = open(clips, O_WRONLY | O_TRUNC);

    meta_set(m, "rate", meta_real(rate));
    w = writer_new(fd, clips, "audio", m);
    for (int i = 0; i < count; i++) {
        float x[N];
        struct rng r = rng_new(2, (uint64_t)i);
        struct frame_tensor t = {"audio", tensor_view(x, 2, (int64_t[]){1, N})};

        rng_normal(&r, x, N);
        for (int k = 0; k < N; k++)
            x[k] *= 0.1f;
        writer_put(w, (char[]){(char)('a' + i), 0}, NULL, &t, 1);
    }
    check(writer_end(w) == 0, "%d clips are written", count);
    close(fd);
    meta_free(m);
}

/* All latents of clip i, [frames, latent]. */
static float *whole(int i, int64_t *frames, double *level)
{
    struct model m;
    struct chunks p;
    struct chunk_clip clip;
    float x[N], *mean;
    struct rng r = rng_new(2, (uint64_t)i);

    rng_normal(&r, x, N);
    for (int k = 0; k < N; k++)
        x[k] *= 0.1f;
    chunks_begin(&p, &m, model_open(&m, model), model, SPECTRAL_ENCODER, 1);
    clip = chunks_clip(&p, NULL, x, N);
    *frames = chunks_latents(&p, &clip);
    *level = clip.level;
    mean = mem_alloc((size_t)(*frames * LATENT) * sizeof *mean);
    chunks_encode(&p, &clip, *frames, mean);
    chunks_end(&p);
    model_free(&m);
    return mean;
}

static void test_starts(void)
{
    struct starts s;

    write_clips(3, RATE);
    check(starts_read(&s, model, clips, 1.5, 2) == 0 && s.count == 2, "the first two of three: %s", error_text());
    for (int i = 0; i < 2; i++) {
        const struct start *it = &s.list[i];
        int64_t frames;
        double level, said = 0, far = 0, size = 0;
        const char *name = "";
        float *mean = whole(i, &frames, &level);

        for (int64_t t = 0; t < it->frames; t++)
            for (int d = 0; d < LATENT; d++) {
                far = fmax(far, fabs((double)(it->mean[d * it->frames + t] - mean[t * LATENT + d])));
                size = fmax(size, fabs((double)mean[t * LATENT + d]));
            }
        check(far < 1e-5 * size && it->frames < frames, "%lld of %lld latents, to %g of %g", (long long)it->frames,
              (long long)frames, far, size);
        check(fabs((double)it->frames * it->step - 1.5) < 2 * it->step, "which are %g s",
              (double)it->frames * it->step);
        meta_get_real(it->meta, "level", &said);
        meta_get_text(it->meta, "continues", &name);
        check(fabs(said - level) < 1e-12 && name[0] == 'a' + i && !meta_get(it->meta, "tempo"),
              "the level of the whole clip, its name, and no tempo");
        free(mean);
    }
    starts_free(&s);
}

static void test_refused(void)
{
    struct starts s;

    check(starts_read(&s, model, clips, 0.01, 1) == -1 && strstr(error_text(), "less than a beat"), "%s", error_text());
    starts_free(&s);
    write_clips(0, RATE);
    check(starts_read(&s, model, clips, 1, 1) == -1 && strstr(error_text(), "no clip"), "%s", error_text());
    starts_free(&s);
    write_clips(1, 8000);
    check(starts_read(&s, model, clips, 1, 1) == -1 && strstr(error_text(), "8000"), "%s", error_text());
    starts_free(&s);
    check(starts_read(&s, clips, clips, 1, 1) == -1 && strstr(error_text(), "holds audio"), "%s", error_text());
    starts_free(&s);
}

int main(void)
{
    close(mkstemp(model));
    close(mkstemp(clips));
    write_model();
    test_starts();
    test_refused();
    unlink(model);
    unlink(clips);
    return check_done();
}

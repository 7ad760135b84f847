/* Fuzz target: the model loader, and the networks that a loaded model makes. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "base/mem.h"
#include "model/codec_private.h"
#include "model/file.h"

/* A stream of one frame, for the codecs to work on. */
static const uint8_t *one_frame(const char *kind, const char *tensor, double rate, int64_t rows, int64_t columns,
                                size_t *size)
{
    size_t count = (size_t)(rows * columns);
    float *x = mem_zero(count, sizeof *x);
    struct frame_tensor t = {tensor, tensor_view(x, 2, (int64_t[]){rows, columns})};
    struct meta *m = meta_map();
    struct writer *w;

    for (size_t i = 0; i < count; i++)
        x[i] = (float)((int)(i % 7) - 3) / 10;
    meta_set(m, "rate", meta_real(rate));
    fuzz_output_clear();
    w = writer_new(FUZZ_OUT, "frame", kind, m);
    FUZZ_HOLDS(w && writer_put(w, "clip", NULL, &t, 1) == 0 && writer_end(w) == 0);
    meta_free(m);
    free(x);
    return fuzz_output(size);
}

/* New clips as cv-sample draws them: of a form, after a start, after a guide, with units longer than clips. */
static void draw(const char *path, const struct model *m, uint64_t hash)
{
    enum { MOST = 200 };
    int64_t latent = m->latent, frames = 1 + (int64_t)(hash >> 8) % (hash & 4 ? MOST : 8);
    int64_t guided = hash & 8 ? 3 * (int64_t)m->prior.block : 0, started = hash & 16 ? frames : 0;
    struct codec_options how = {.guided = guided_defaults()};
    struct meta *meta = meta_map();
    struct codec *c;
    float *x;

    if (guided > MOST || latent > 1 << 12) {
        meta_free(meta);
        return;
    }
    if (hash & 32) {
        how.guided.form = "AABC";
        how.guided.bars = 1;
        how.guided.unit = GUIDED_UNIT_MOST;
        how.guided.vary = 0;
    }
    x = mem_zero((size_t)(latent * (frames + guided + started)), sizeof *x);
    for (int64_t i = 0; i < latent * (frames + guided + started); i++)
        x[i] = (float)((i * 7) % 11 - 5) / 3;
    fuzz_output_clear();
    c = codec_draw_begin(path, meta, FUZZ_OUT, "output", how);
    if (c) {
        struct frame_tensor t[3] = {{"noise", tensor_view(x, 2, (int64_t[]){latent, frames})}};
        size_t n = 1;

        if (started)
            t[n++] = (struct frame_tensor){"start", tensor_view(x + latent * frames, 2, (int64_t[]){latent, started})};
        if (guided)
            t[n++] = (struct frame_tensor){
                "guide", tensor_view(x + latent * (frames + started), 2, (int64_t[]){latent, guided})};
        codec_draw_end(c, codec_draw(c, &(struct frame){.name = "clip", .meta = meta, .tensors = t, .count = n}));
    }
    free(x);
    meta_free(meta);
}

static int run(const char *path, const struct model *m, int decode)
{
    int64_t samples = m->network->one_length ? m->samples : 90, latent = m->latent;
    size_t size;
    const uint8_t *p;
    uint8_t *frame;
    struct reader *r;
    int status;

    if (samples > 1 << 16)
        samples = 1 << 16;
    p = decode ? one_frame("noise", "noise", m->rate, latent, 3, &size)
               : one_frame("audio", "audio", m->rate, 1, samples, &size);
    frame = mem_alloc(size);
    memcpy(frame, p, size);
    r = reader_new(fuzz_input(frame, size, 0), "frame");
    FUZZ_HOLDS(reader_start(r, NULL) == 0);
    fuzz_output_clear();
    status = decode ? codec_decode(path, r, FUZZ_OUT, "output",
                                   (struct codec_options){.threads = 1, .guided = guided_defaults()})
                    : codec_encode(path, r, FUZZ_OUT, "output",
                                   (struct codec_options){.threads = 1, .guided = guided_defaults()});
    reader_free(r);
    if (status == 0) { /* what it says is whole, is */
        const struct frame *f;

        p = fuzz_output(&size);
        r = reader_new(fuzz_input(p, size, 0), "output");
        reader_allow_nonfinite(r);
        FUZZ_HOLDS(reader_start(r, NULL) == 0 && reader_next(r, &f) == 1 && reader_next(r, &f) == 0);
        reader_free(r);
    }
    free(frame);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(0, data, size);
    struct model m;
    int whole = model_read_head(&m, path) == 0;

    if (!whole) {
        struct reader *r = model_open(&m, path); /* the codecs come this way, and meet the fault later */

        if (!r)
            return 0;
        reader_free(r);
    }
    run(path, &m, 1);
    draw(path, &m, fuzz_hash(data, size));
    if (fuzz_hash(data, size) & 1)
        run(path, &m, 0);
    model_free(&m);
    return 0;
}

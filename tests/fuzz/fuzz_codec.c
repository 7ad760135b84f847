/* Fuzz target: latents, noise and audio on their way through a model. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "base/error.h"
#include "model/codec_private.h"
#include "model/continuation.h"
#include "train/dataset.h"
#include "model/file.h"

/* What is drawn after the clips of an audio stream: they are followed, or gone on from. */
static void draw(const char *path, const uint8_t *data, size_t size)
{
    enum { LATENT = 2, FRAMES = 60 };
    float noise[LATENT * FRAMES];
    bool follow = size & 2;
    struct codec_options how = {.guided = guided_defaults()};
    struct starts s;

    for (int i = 0; i < LATENT * FRAMES; i++)
        noise[i] = (float)(i * 7 % 11 - 5) / 3;
    how.guided.form = size & 4 ? "AAB" : NULL;
    how.guided.bars = 1;
    if (starts_read(&s, path, fuzz_file(2, data, size), follow ? 0 : 0.5, 3) == 0) {
        struct meta *head = meta_map();
        struct codec *c = codec_draw_begin(path, head, FUZZ_OUT, "output", how);
        int status = c ? 0 : -1;

        FUZZ_HOLDS(c);
        for (size_t i = 0; i < s.count && !status; i++) {
            struct frame_tensor t[2] = {
                {"noise", tensor_view(noise, 2, (int64_t[]){LATENT, FRAMES})},
                {follow ? "guide" : "start", tensor_view(s.list[i].mean, 2, (int64_t[]){LATENT, s.list[i].frames})}};

            status = codec_draw(c, &(struct frame){.name = "clip", .meta = s.list[i].meta, .tensors = t, .count = 2});
        }
        codec_draw_end(c, status);
        meta_free(head);
    }
    starts_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *paths[2];
    const char *path;
    struct reader *r;
    struct dataset d;
    struct spool *spool;
    int audio, status;

    if (!paths[0])
        for (int i = 0; i < 2; i++) {
            size_t n;
            uint8_t *model = fuzz_model(i ? FUZZ_BEAT : FUZZ_SPECTRAL, &n);

            paths[i] = fuzz_file(i, model, n);
            free(model);
        }
    path = paths[fuzz_hash(data, size) & 1];
    r = reader_new(fuzz_input(data, size, 0), "input");
    if (reader_start(r, NULL)) {
        reader_free(r);
        return 0;
    }
    audio = strcmp(reader_kind(r), "audio") == 0;
    fuzz_output_clear();
    if (audio)
        status = codec_encode(path, r, FUZZ_OUT, "output", (struct codec_options){.threads = 1, .mean_only = size & 1});
    else
        status = codec_decode(path, r, FUZZ_OUT, "output",
                              (struct codec_options){.threads = 1, .guided = guided_defaults()});
    reader_free(r);
    if (status == 0) {
        const struct frame *f;
        size_t n;
        const uint8_t *p = fuzz_output(&n);

        r = reader_new(fuzz_input(p, n, 0), "output");
        FUZZ_HOLDS(reader_start(r, NULL) == 0);
        while ((status = reader_next(r, &f)) > 0)
            ;
        /* values near the largest float leave its range on the way: whoever reads them is told */
        FUZZ_HOLDS(status == 0 || strstr(error_text(), "finite numbers were expected"));
        reader_free(r);
    }
    if (!audio)
        return 0;
    fuzz_output_clear();
    draw(path, data, size);
    r = reader_new(fuzz_input(data, size, 0), "input");
    spool = spool_new(SIZE_MAX);
    if (reader_start(r, NULL) == 0 && dataset_spool(&d, r, spool) == 0)
        dataset_free(&d);
    spool_free(spool);
    reader_free(r);
    return 0;
}

/* Fuzz target: latents, noise and audio on their way through a model. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "base/error.h"
#include "model/codec.h"
#include "train/dataset.h"
#include "model/file.h"

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
    r = reader_new(fuzz_input(data, size, 0), "input");
    spool = spool_new(SIZE_MAX);
    if (reader_start(r, NULL) == 0 && dataset_spool(&d, r, spool) == 0)
        dataset_free(&d);
    spool_free(spool);
    reader_free(r);
    return 0;
}

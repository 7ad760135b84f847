/* cv-decode: latents or noise through a model's decoder to audio. */
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "vae/codec.h"

static bool logits;
static int64_t threads = 0, seed = 123;

static const struct opt opts[] = {
    {'j', "threads", OPT_INT, &threads, "N", 0, 1024, "threads, 0 for one per processor", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of the phases that decoding starts from (spectral)", NULL},
    {0, "logits", OPT_FLAG, &logits, NULL, 0, 0, "the decoder's output as it is, without the sigmoid (notebook)", NULL},
};

static const struct program program = {
    "cv-decode", "MODEL", "Decodes latents, or noise as draws from the prior, to audio.", opts,
    sizeof opts / sizeof *opts, "cv-sample -n 10 | cv-decode model.bin | cv-towav",
};

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"latent", "noise", NULL};
    int first = program_begin(&program, argc, argv, 1, 1);
    struct reader *r = reader_open("-");
    struct pool *pool;
    int status;

    if (!r || reader_start(r, kinds))
        diag_die("%s", error_text());
    pool = pool_new((int)threads);
    status = codec_decode(argv[first], r, STDOUT_FILENO, "standard output",
                          (struct codec_options){.logits = logits, .seed = (uint64_t)seed}, pool);
    pool_free(pool);
    reader_free(r);
    if (status)
        diag_die("%s", error_text());
    return 0;
}

/* cv-decode: latents or noise through a model's decoder to audio. */
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "model/codec.h"

static int64_t threads = 0, seed = 123, iterations = 8;
static struct codec_options how;

static const struct opt opts[] = {
    {'j', "threads", OPT_INT, &threads, "N", 0, 1024, "threads, 0 for one per processor", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of the phases that decoding starts from (spectral)",
     &how.given[CODEC_SEED]},
    {0, "iterations", OPT_INT, &iterations, "N", 0, 1000,
     "iterations of the search for phases (spectral): 0 is the first guess, more than 32 are not heard",
     &how.given[CODEC_ITERATIONS]},
    {0, "tempo", OPT_REAL, &how.tempo, "BPM", 0, 999,
     "tempo of all clips, 0 for their own (a model whose frames follow the beat)", &how.given[CODEC_TEMPO]},
    {0, "logits", OPT_FLAG, &how.logits, NULL, 0, 0, "the decoder's output as it is, without the sigmoid (notebook)",
     &how.given[CODEC_LOGITS]},
};

static const struct program program = {
    "cv-decode",
    "MODEL",
    "Decodes latents, or noise as draws from the prior, to audio.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-sample -n 10 | cv-decode model.bin | cv-towav",
};

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"latent", "noise", NULL};
    int first = program_begin(&program, argc, argv, 1, 1), status;
    struct reader *r = reader_open("-");
    struct pool *pool;

    if (how.tempo > 0 && how.tempo < 15)
        diag_usage("--tempo %g: expected 15 to 999 beats per minute", how.tempo);
    if (!r || reader_start(r, kinds))
        diag_die("%s", error_text());
    how.seed = (uint64_t)seed;
    how.guided = guided_defaults();
    how.iterations = (int)iterations;
    pool = pool_new((int)threads);
    status = codec_decode(argv[first], r, STDOUT_FILENO, "standard output", how, pool);
    pool_free(pool);
    reader_free(r);
    if (status)
        diag_die("%s", error_text());
    return 0;
}

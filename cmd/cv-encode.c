/* cv-encode: audio through a model's encoder to latents. */
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "model/codec.h"

static bool mean_only, seed_given;
static int64_t seed = 123, threads = 0;

static const struct opt opts[] = {
    {'m', "mean", OPT_FLAG, &mean_only, NULL, 0, 0, "z is the posterior's mean, without noise", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of the noise in z = mean + exp(logvar/2) eps", &seed_given},
    {'j', "threads", OPT_INT, &threads, "N", 0, 1024, "threads, 0 for one per processor", NULL},
};

static const struct program program = {
    "cv-encode",
    "MODEL",
    "Encodes the clips of an audio stream to latents.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-load jazz/*.wav | cv-encode model.bin > jazz.lat",
};

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"audio", NULL};
    int first = program_begin(&program, argc, argv, 1, 1);
    struct reader *r = reader_open("-");
    struct pool *pool;
    int status;

    if (mean_only && seed_given)
        diag_warn("--seed has no effect: with --mean nothing is drawn");
    if (!r || reader_start(r, kinds))
        diag_die("%s", error_text());
    pool = pool_new((int)threads);
    status = codec_encode(argv[first], r, STDOUT_FILENO, "standard output",
                          (struct codec_options){.mean_only = mean_only, .seed = (uint64_t)seed}, pool);
    pool_free(pool);
    reader_free(r);
    if (status)
        diag_die("%s", error_text());
    return 0;
}

/* cv-encode: audio through a model's encoder to latents. */
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "io/clip.h"
#include "model/codec.h"

static struct codec_options how = {.seed = 123};

static const struct opt opts[] = {
    {'m', "mean", OPT_FLAG, &how.mean_only, NULL, 0, 0, "z is the posterior's mean, without noise", NULL},
    {'s', "seed", OPT_INT, &how.seed, "N", 0, 9e18, "seed of the noise in z = mean + exp(logvar/2) eps",
     &how.given[CODEC_SEED]},
    OPT_THREADS(&how.threads),
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
    int first = program_begin(&program, argc, argv, 1, 1);
    struct reader *r;

    if (how.mean_only && how.given[CODEC_SEED])
        diag_warn("--seed has no effect: with --mean nothing is drawn");
    r = clips_open("-");
    if (!r || codec_encode(argv[first], r, STDOUT_FILENO, "standard output", how))
        diag_die("%s", error_text());
    reader_free(r);
    return 0;
}

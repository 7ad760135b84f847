/* cv-decode: latents or noise through a model's decoder to audio. */
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "model/codec.h"

static struct codec_options how = {.seed = 123, .iterations = 8};

static const struct opt opts[] = {
    OPT_THREADS(&how.threads),
    {'s', "seed", OPT_INT, &how.seed, "N", 0, 9e18, "seed of the phases that decoding starts from (spectral)",
     &how.given[CODEC_SEED]},
    {0, "iterations", OPT_INT, &how.iterations, "N", 0, 1000,
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
    int first = program_begin(&program, argc, argv, 1, 1);
    struct reader *r;

    if (how.tempo > 0 && how.tempo < 15)
        diag_usage("--tempo %g: expected 15 to 999 beats per minute", how.tempo);
    how.guided = guided_defaults();
    r = reader_open("-", kinds);
    if (!r || codec_decode(argv[first], r, STDOUT_FILENO, "standard output", how))
        diag_die("%s", error_text());
    reader_free(r);
    return 0;
}

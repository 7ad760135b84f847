/* cv-decode: latents or noise through a model's decoder to audio. */
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "model/codec.h"

static bool logits;
static int64_t threads = 0, seed = 123, nearest = 8, iterations = 8;
static double jump = 1, tempo = 0;
static const char *prior = "auto";

static const struct opt opts[] = {
    {'j', "threads", OPT_INT, &threads, "N", 0, 1024, "threads, 0 for one per processor", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of the phases that decoding starts from (spectral)", NULL},
    {0, "iterations", OPT_INT, &iterations, "N", 0, 1000,
     "iterations of the search for phases (spectral): 0 is the first guess, more than 32 are not heard", NULL},
    {0, "prior", OPT_TEXT, &prior, "KIND", 0, 0,
     "noise: normal, var or beat (as the model's frames are), bank, or auto for the best that the model has", NULL},
    {0, "jump", OPT_REAL, &jump, "P", 0, 1,
     "bank: probability, at each beat, of going on with another place of the bank", NULL},
    {0, "nearest", OPT_INT, &nearest, "N", 0, 64,
     "bank: go on at one of the N places whose past is most alike, 0 for anywhere", NULL},
    {0, "tempo", OPT_REAL, &tempo, "BPM", 0, 999,
     "tempo of all clips, 0 for their own (a model whose frames follow the beat)", NULL},
    {0, "logits", OPT_FLAG, &logits, NULL, 0, 0, "the decoder's output as it is, without the sigmoid (notebook)", NULL},
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
    struct reader *r = reader_open("-");
    struct pool *pool;
    int status;

    if (strcmp(prior, "auto") && strcmp(prior, "normal") && strcmp(prior, "var") && strcmp(prior, "beat") &&
        strcmp(prior, "bank"))
        diag_usage("--prior %s: no such prior, there are: normal, var, beat, bank, auto", prior);
    if (tempo > 0 && tempo < 15)
        diag_usage("--tempo %g: expected 15 to 999 beats per minute", tempo);
    if (!r || reader_start(r, kinds))
        diag_die("%s", error_text());
    pool = pool_new((int)threads);
    status = codec_decode(argv[first], r, STDOUT_FILENO, "standard output",
                          (struct codec_options){.logits = logits,
                                                 .seed = (uint64_t)seed,
                                                 .prior = prior,
                                                 .jump = jump,
                                                 .nearest = (int)nearest,
                                                 .iterations = (int)iterations,
                                                 .tempo = tempo},
                          pool);
    pool_free(pool);
    reader_free(r);
    if (status)
        diag_die("%s", error_text());
    return 0;
}

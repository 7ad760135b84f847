/* cv-mix: new latents from those of clips: steps between two, a crossfade, sums, means, walks, other keys, layers. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "model/mix_streams.h"

enum { INPUTS_MAX = 256 };

static struct mix_how how = {.steps = 1, .to = 1, .alter.reach = 2};
static bool steps_given, from_given, to_given, reach_given;
static const char *weights_text;

static const struct opt opts[] = {
    {'n', "steps", OPT_INT, &how.steps, "N", 1, 1e6,
     "clips on the way from the first stream's to the second's, or of a walk; 1: the middle", &steps_given},
    {'x', "crossfade", OPT_FLAG, &how.crossfade, NULL, 0, 0,
     "one clip that begins as the first's and ends as the second's", NULL},
    {0, "from", OPT_REAL, &how.from, "X", 0, 1, "where the crossfade begins, as a part of the clip", &from_given},
    {0, "to", OPT_REAL, &how.to, "X", 0, 1, "where the crossfade ends, as a part of the clip", &to_given},
    {'w', "weights", OPT_TEXT, &weights_text, "W,W,...", 0, 0, "the sum of all streams, each times its weight", NULL},
    {'a', "average", OPT_FLAG, &how.average, NULL, 0, 0, "the mean of all clips of all streams", NULL},
    {'t', "transpose", OPT_REAL, &how.alter.semitones, "K", -24, 24, "clips in another key, K semitones higher",
     &how.alter.transpose},
    {'s', "split", OPT_REAL, &how.alter.split, "HZ", 20, 20000,
     "what the first stream's clips have below HZ under what the second's have above", NULL},
    {'m', "model", OPT_TEXT, &how.alter.model, "FILE", 0, 0, "the latents' model, for --transpose and --split", NULL},
    {'d', "dim", OPT_INT, &how.alter.dim, "D", 1, 1 << 20,
     "a walk of N clips: each with latent dimension D lower and higher", NULL},
    {0, "reach", OPT_REAL, &how.alter.reach, "S", 0, 1000,
     "how far the walk goes to either side, in standard deviations of the dimension over the clip", &reach_given},
    {'S', "spherical", OPT_FLAG, &how.arc, NULL, 0, 0, "along arcs, which keep what is drawn from N(0, 1) as large",
     NULL},
    {'p', "pad", OPT_FLAG, &how.pad, NULL, 0, 0, "continue shorter clips with zeros; without it longer ones are cut",
     NULL},
};

static const struct program program = {
    "cv-mix",
    "[STREAM ...]",
    "Mix latents: steps or a crossfade between two streams, sums, means, other keys.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-mix -n 8 a.lat b.lat | cv-decode model.bin | cv-towav",
};

static const double *read_weights(size_t count)
{
    static double weights[INPUTS_MAX];
    char *all = mem_text(weights_text), *rest = all, *one;
    size_t n = 0;

    while ((one = strsep(&rest, ",")) != NULL) {
        if (n == INPUTS_MAX)
            diag_usage("--weights: at most %d were expected", INPUTS_MAX);
        if (number_real(one, -1e6, 1e6, &weights[n++]))
            diag_usage("--weights %s: %s", weights_text, error_text());
    }
    if (n != count)
        diag_usage("--weights %s: a weight for each stream was expected, not %zu for %zu", weights_text, n, count);
    free(all);
    return weights;
}

static void check_usage(char **paths, size_t count)
{
    const struct mix_alter *a = &how.alter;
    bool alone = a->transpose || a->dim, heard = a->transpose || a->split > 0;
    size_t dashes = a->model && !strcmp(a->model, "-");

    for (size_t i = 0; i < count; i++)
        dashes += !strcmp(paths[i], "-");
    if (dashes > 1)
        diag_usage("standard input can be one of the files only");
    if ((weights_text != NULL) + how.average + how.crossfade + a->transpose + (a->split > 0) + (a->dim || steps_given) >
        1)
        diag_usage("one of --steps, --crossfade, --weights, --average, --transpose, --split and --dim at a time");
    if ((from_given || to_given) && !how.crossfade)
        diag_usage("--from and --to need --crossfade");
    if (how.from > how.to)
        diag_usage("--from %g is after --to %g", how.from, how.to);
    if (weights_text && how.arc)
        diag_usage("--weights are taken as they are: no --spherical with them");
    if ((alone || heard) && how.arc)
        diag_usage("--spherical is for steps, a crossfade and an average");
    if (heard != (a->model != NULL))
        diag_usage(heard ? "--transpose and --split need the latents' model: -m MODEL"
                         : "--model is for --transpose and --split");
    if ((a->dim > 0) > steps_given)
        diag_usage("--dim needs --steps, how many clips the walk has");
    if (reach_given && !a->dim)
        diag_usage("--reach needs --dim");
    if (alone && count != 1)
        diag_usage("one stream was expected, not %zu", count);
    if (!alone && !weights_text && !how.average && count != 2)
        diag_usage("two streams were expected, not %zu; any number goes with --weights or --average", count);
}

int main(int argc, char **argv)
{
    static char *standard_input[] = {"-"};
    int first = program_begin(&program, argc, argv, 0, INPUTS_MAX);
    char **paths = first < argc ? argv + first : standard_input;
    size_t count = first < argc ? (size_t)(argc - first) : 1;

    check_usage(paths, count);
    if (weights_text)
        how.weights = read_weights(count);
    if (mix_streams(paths, count, how, STDOUT_FILENO, "standard output"))
        diag_die("%s", error_text());
    return 0;
}

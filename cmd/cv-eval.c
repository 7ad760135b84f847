/* cv-eval: how well a model stands for the clips of an audio stream, for each of them, or beside another model. */
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/report.h"
#include "eval/figures.h"
#include "io/clip.h"
#include "measure/figures.h"
#include "model/eval.h"

static bool json, each;
static int64_t seed = 123, threads = 0;

static const struct opt opts[] = {
    {0, "json", OPT_FLAG, &json, NULL, 0, 0, "JSON instead of a table", NULL},
    {0, "each", OPT_FLAG, &each, NULL, 0, 0, "a line for each clip instead of means", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of draws, phases and resampling", NULL},
    OPT_THREADS(&threads),
};

static const struct program program = {
    "cv-eval",
    "MODEL [MODEL]",
    "Measures a model on a test stream: losses, latents, reconstructions.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-load test/*.wav | cv-eval model.bin",
};

static const struct report_column columns[] = {
    {NULL, "sound", NULL, -22, 0},      {"msls", "msls dB", NULL, 7, 3},    {"sc", "SC", NULL, 7, 3},
    {"mel", "mel dB", NULL, 7, 3},      {"dac_mel", "DAC mel", NULL, 7, 3}, {"dac_stft", "DAC STFT", NULL, 8, 3},
    {"gain_db", "gain dB", NULL, 7, 2}, {"rhythm", "rhythm", NULL, 7, 3},
};

static const struct {
    const char *key, *words;
} sounds[EVAL_ROWS] = {
    [EVAL_RECONSTRUCTION] = {"reconstruction", "reconstruction"},
    [EVAL_COMPONENTS] = {"components", "principal components"},
    [EVAL_FLOOR] = {"floor", "true levels"},
    [EVAL_MEAN_SPECTRUM] = {"mean_spectrum", "mean spectrum"},
    [EVAL_SILENCE] = {"silence", "silence"},
    [EVAL_ORIGINAL] = {"original", "the clips themselves"},
};

static struct meta *reals_meta(const double *x, int count)
{
    struct meta *list = meta_list();

    for (int i = 0; i < count; i++)
        meta_append(list, meta_real(x[i]));
    return list;
}

static struct meta *sound_meta(const double *figures)
{
    struct meta *m = meta_map();

    for (int k = 0; k < RECON_COUNT; k++)
        meta_add(m, figure_about[FIGURE_RECON + k].name, meta_real(figures[k]));
    meta_add(m, "rhythm", meta_real(figures[EVAL_RHYTHM]));
    return m;
}

static struct meta *eval_meta(const struct eval *e)
{
    struct meta *m = meta_map(), *loss = meta_map();

    for (int i = 0; i < e->terms; i++)
        meta_add(loss, e->term[i].key, meta_real(e->term[i].value));
    meta_add(m, "network", meta_text(e->network));
    meta_add(m, "clips", meta_int(e->clips));
    meta_add(m, "silent", meta_int(e->silent));
    meta_add(m, "seconds", meta_real((double)e->samples / e->rate));
    meta_add(m, "rate", meta_real(e->rate));
    meta_add(m, "latent", meta_int(e->latent));
    meta_add(m, "latent_frames", meta_int(e->latents));
    meta_add(m, "loss", loss);
    meta_add(m, "kl", reals_meta(e->kl, e->latent));
    meta_add(m, "variance", reals_meta(e->variance, e->latent));
    meta_add(m, "active", e->told ? meta_int(e->active) : meta_nil());
    meta_add(m, "collapsed", e->told ? meta_bool(e->collapsed) : meta_nil());
    for (int i = 0; i < EVAL_ROWS; i++)
        if (e->has[i])
            meta_add(m, sounds[i].key, sound_meta(e->sound[i]));
    return m;
}

static void latents_print(const struct eval *e)
{
    enum { ACROSS = 8 };

    printf("\nKL per latent dimension, nats: ");
    if (e->told)
        printf("%d of %d active (variance of the means over %g)\n", e->active, e->latent, EVAL_ACTIVE);
    else
        printf("one latent frame or silence, which does not tell how many of %d are active\n", e->latent);
    for (int d = 0; d < e->latent; d++) {
        if (d % ACROSS == 0)
            printf("%4d:", d);
        printf(" %8.4f", e->kl[d]);
        if (d % ACROSS == ACROSS - 1 || d == e->latent - 1)
            putchar('\n');
    }
}

static void means_print(const struct eval *e)
{
    struct meta *m = eval_meta(e);

    if (json) {
        report_json(stdout, NULL, m);
        return;
    }
    printf("%lld %s, %.1f s at %g Hz; network %s, latent %d\n\n", (long long)e->clips, e->clips == 1 ? "clip" : "clips",
           (double)e->samples / e->rate, e->rate, e->network, e->latent);
    for (int i = 0; i < e->terms; i++) {
        const struct report_column term[] = {{NULL, NULL, NULL, -22, 0}, {e->term[i].key, NULL, NULL, 14, -6}};

        report_row(stdout, term, 2, meta_get(m, "loss"), e->term[i].name);
        printf("  %s\n", e->term[i].words);
    }
    latents_print(e);
    putchar('\n');
    report_head(stdout, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < EVAL_ROWS; i++)
        if (e->has[i]) {
            report_row(stdout, columns, sizeof columns / sizeof *columns, meta_get(m, sounds[i].key), sounds[i].words);
            putchar('\n');
        }
    if (e->silent > 0)
        printf("without distances: %lld silent of %lld clips\n", (long long)e->silent, (long long)e->clips);
    meta_free(m);
}

/* of: "", or whose posterior it is. */
static void warn(const struct eval *e, const char *of)
{
    double mel = e->sound[EVAL_RECONSTRUCTION][RECON_MEL], linear = e->sound[EVAL_COMPONENTS][RECON_MEL];

    if (e->explained < EVAL_EXPLAINED)
        diag_warn(
            "%sthe posterior has collapsed: the latent explains %.0f %% of the distance, decoding zeros comes about "
            "as near to the clips; train with a smaller --beta, or for longer",
            of, 100 * e->explained);
    else if (e->collapsed)
        diag_warn("%sthe posterior has collapsed: no latent dimension is active, the decoder cannot tell one clip from "
                  "another; train for longer, with a smaller --beta or the network spectral",
                  of);
    else if (e->has[EVAL_COMPONENTS] && mel > EVAL_POOR * linear)
        diag_warn("%sthe latent says little of the clips: reconstructions are at a mel distance of %.2f dB, as many "
                  "principal components, untrained, at %.2f dB; train with a smaller --beta, or for longer",
                  of, mel, linear);
}

static void print(const struct eval *e, const char *const *models, int count)
{
    if (count == 2)
        pair_print(stdout, e, models, (uint64_t)seed, json);
    else if (each)
        each_print(stdout, e, json);
    else
        means_print(e);
    if (fflush(stdout) || ferror(stdout))
        diag_die("standard output cannot be written:");
}

int main(int argc, char **argv)
{
    int first = program_begin(&program, argc, argv, 1, 2), count = argc - first, status;
    const char *const *models = (const char *const *)argv + first;
    struct reader *r;
    struct eval e[2];

    if (each && count == 2)
        diag_usage("--each takes one model: two are compared by their means");
    r = clips_open("-");
    status =
        r ? eval_run(e, models, count, r, (struct eval_how){(uint64_t)seed, (int)threads, each || count == 2}) : -1;
    reader_free(r);
    if (status)
        diag_die("%s", error_text());
    print(e, models, count);
    for (int i = 0; i < count; i++) {
        char *of = count == 2 ? mem_format("%s: ", models[i]) : mem_text("");

        warn(&e[i], of);
        free(of);
        eval_free(&e[i]);
    }
    return 0;
}

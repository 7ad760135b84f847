/* cv-eval: how well a model stands for the clips of an audio stream. */
#include <math.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "model/eval.h"

static bool json;
static int64_t seed = 123, threads = 0;

static const struct opt opts[] = {
    {0, "json", OPT_FLAG, &json, NULL, 0, 0, "one JSON object instead of a table", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of draws and of phases", NULL},
    {'j', "threads", OPT_INT, &threads, "N", 0, 1024, "threads, 0 for one per processor", NULL},
};

static const struct program program = {
    "cv-eval",
    "MODEL",
    "Measures a model on a test stream: losses, latents, reconstructions.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-load test/*.wav | cv-eval model.bin",
};

static const struct {
    const char *key, *words;
} rows[EVAL_ROWS] = {
    [EVAL_RECONSTRUCTION] = {"reconstruction", "reconstruction"},
    [EVAL_COMPONENTS] = {"components", "principal components"},
    [EVAL_FLOOR] = {"floor", "true levels"},
    [EVAL_MEAN_SPECTRUM] = {"mean_spectrum", "mean spectrum"},
    [EVAL_SILENCE] = {"silence", "silence"},
    [EVAL_ORIGINAL] = {"original", "the clips themselves"},
};

/* ---- the table ---- */

static void line(const char *name, double value, int decimals, const char *words)
{
    if (isnan(value))
        printf("%-22s %14s  %s\n", name, "-", words);
    else
        printf("%-22s %14.*f  %s\n", name, decimals, value, words);
}

static void print_losses(const struct eval *e)
{
    for (int i = 0; i < e->terms; i++)
        line(e->term[i].name, e->term[i].value, e->term[i].decimals, e->term[i].words);
}

static void print_latents(const struct eval *e)
{
    enum { COLUMNS = 8 };

    printf("\nKL per latent dimension, nats: %d of %d active (over %g)\n", e->active, e->latent, EVAL_ACTIVE);
    for (int d = 0; d < e->latent; d++) {
        if (d % COLUMNS == 0)
            printf("%4d:", d);
        printf(" %8.4f", e->kl[d]);
        if (d % COLUMNS == COLUMNS - 1 || d == e->latent - 1)
            putchar('\n');
    }
}

static void cell(int width, int decimals, double value)
{
    if (isnan(value))
        printf(" %*s", width, "-");
    else
        printf(" %*.*f", width, decimals, value);
}

static void print_sounds(const struct eval *e)
{
    printf("\n%-22s %7s %7s %7s %7s %8s %7s %7s\n", "sound", "msls dB", "SC", "mel dB", "DAC mel", "DAC STFT",
           "gain dB", "rhythm");
    for (int i = 0; i < EVAL_ROWS; i++) {
        if (!e->has[i])
            continue;
        printf("%-22s", rows[i].words);
        for (int k = 0; k < EVAL_FIGURES; k++)
            cell(k == RECON_DAC_STFT ? 8 : 7, k == RECON_GAIN ? 2 : 3, e->sound[i][k]);
        putchar('\n');
    }
    if (e->silent > 0)
        printf("without distances: %lld silent of %lld clips\n", (long long)e->silent, (long long)e->clips);
}

static void print_table(const struct eval *e)
{
    printf("%lld %s, %.1f s at %g Hz; network %s, latent %d\n\n", (long long)e->clips, e->clips == 1 ? "clip" : "clips",
           (double)e->samples / e->rate, e->rate, e->network, e->latent);
    print_losses(e);
    print_latents(e);
    print_sounds(e);
}

/* ---- JSON ---- */

static struct meta *losses_meta(const struct eval *e)
{
    struct meta *m = meta_map();

    for (int i = 0; i < e->terms; i++)
        meta_add(m, e->term[i].key, meta_real(e->term[i].value));
    return m;
}

static void print_json(const struct eval *e)
{
    struct meta *m = meta_map(), *kl = meta_list();

    for (int d = 0; d < e->latent; d++)
        meta_append(kl, meta_real(e->kl[d]));
    meta_add(m, "network", meta_text(e->network));
    meta_add(m, "clips", meta_int(e->clips));
    meta_add(m, "silent", meta_int(e->silent));
    meta_add(m, "seconds", meta_real((double)e->samples / e->rate));
    meta_add(m, "rate", meta_real(e->rate));
    meta_add(m, "latent", meta_int(e->latent));
    meta_add(m, "latent_frames", meta_int(e->latents));
    meta_add(m, "loss", losses_meta(e));
    meta_add(m, "kl", kl);
    meta_add(m, "active", meta_int(e->active));
    meta_add(m, "collapsed", meta_bool(e->active == 0));
    for (int i = 0; i < EVAL_ROWS; i++) {
        struct meta *row;

        if (!e->has[i])
            continue;
        row = meta_map();
        for (int k = 0; k < RECON_COUNT; k++)
            meta_add(row, recon_names[k], meta_real(e->sound[i][k]));
        meta_add(row, "rhythm", meta_real(e->sound[i][EVAL_RHYTHM]));
        meta_add(m, rows[i].key, row);
    }
    meta_json(stdout, m);
    putchar('\n');
    meta_free(m);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"audio", NULL};
    int first = program_begin(&program, argc, argv, 1, 1), status;
    struct reader *r = reader_open("-");
    struct pool *pool;
    struct eval e;

    if (!r || reader_start(r, kinds))
        diag_die("%s", error_text());
    pool = pool_new((int)threads);
    status = eval_run(&e, argv[first], r, (uint64_t)seed, pool);
    pool_free(pool);
    reader_free(r);
    if (status)
        diag_die("%s", error_text());
    if (json)
        print_json(&e);
    else
        print_table(&e);
    if (fflush(stdout) || ferror(stdout))
        diag_die("standard output cannot be written:");
    if (e.active == 0)
        diag_warn("the posterior has collapsed: no latent dimension holds more than %g nats, so the decoder "
                  "cannot tell one clip from another",
                  EVAL_ACTIVE);
    eval_free(&e);
    return 0;
}

/* cv-train: trains a network on an audio stream and writes the model. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/recipe.h"
#include "io/clip.h"
#include "train/options.h"
#include "train/prior_refit.h"
#include "train/train.h"

static void load(const char *path, struct dataset *d, struct spool *spool)
{
    struct reader *r = clips_open(path);

    if (!r || dataset_spool(d, r, spool))
        diag_die("%s", error_text());
    reader_free(r);
}

/* The command line, and what it leaves to the snapshot or model that it names. */
static void begin(struct train_options *o, struct snapshot *resume, struct snapshot *from, size_t *memory, int argc,
                  char **argv)
{
    struct opt table[TRAIN_OPTIONS];
    struct program program = {
        "cv-train",
        "",
        "Trains a variational autoencoder on an audio stream from standard input and writes the model.",
        table,
        TRAIN_OPTIONS,
        "cv-load jazz/*.wav | cv-train -e 20 > model.bin",
    };

    train_options_begin(o, table);
    program_begin(&program, argc, argv, 0, 0);
    if (train_options_check(o))
        diag_usage("%s", error_text());
    if (o->output && !strcmp(o->output, "-"))
        o->output = NULL;
    if (!o->output && isatty(STDOUT_FILENO))
        diag_die("a model is not for a terminal: name a file with -o, or redirect it, as in '> model.bin'");
    if (o->memory && number_size(o->memory, memory))
        diag_usage("--memory SIZE: %s", error_text());
    if (o->resume && (snapshot_open(resume, o->resume) || resume_settings(o, resume)))
        diag_die("%s", error_text());
    if (o->config.from && (from_open(from, o->config.from) || (!o->resume && from_settings(o, from))))
        diag_die("%s", error_text());
    if (train_options_fit(o))
        diag_usage("%s", error_text());
}

/* What to type next, for a shell. */
static void say_next(const char *path)
{
    char *operand = mem_format("%s%s", *path == '-' ? "./" : "", path), *word = recipe_word(operand);

    diag_note("%s is ready; ten clips of it: cv-sample -n 10 -m %s | cv-decode %s | cv-towav", path, word, word);
    free(word);
    free(operand);
}

int main(int argc, char **argv)
{
    struct train_options o;
    struct dataset data, test;
    struct snapshot resume = {0}, from = {0};
    size_t memory = spool_default();
    struct spool *spool;
    int status;

    begin(&o, &resume, &from, &memory, argc, argv);
    spool = spool_new(memory);
    if (o.test)
        load(o.test, &test, spool);
    load("-", &data, spool);
    if (o.prior_only)
        status = prior_refit(o.prior_only, &data, o.config.bank, (uint64_t)o.config.seed, (int)o.threads, o.output);
    else
        status = train(&(struct train_run){&o, &data, o.test ? &test : NULL, o.resume ? &resume : NULL,
                                           o.config.from ? &from : NULL});
    dataset_free(&data);
    if (o.test)
        dataset_free(&test);
    spool_free(spool);
    snapshot_close(&resume);
    snapshot_close(&from);
    if (status)
        diag_die("%s", error_text());
    if (o.output && strncmp(o.output, "/dev/", 5)) /* which hold no model to name */
        say_next(o.output);
    return 0;
}

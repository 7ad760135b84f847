/* cv-train: trains a network on an audio stream and writes the model. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/recipe.h"
#include "base/team.h"
#include "io/clip.h"
#include "train/options.h"
#include "train/prior_refit.h"
#include "train/train.h"

/* This rank reads the stream, or is handed clips of it. */
static void load(const char *path, bool reads, struct dataset *d, struct spool *spool)
{
    struct reader *r = reads ? clips_open(path) : NULL;

    if (team_agree(reads && !r ? -1 : 0) || dataset_spool(d, r, spool))
        diag_die("%s", error_text());
    reader_free(r);
}

/* The file of rank 0, under a name that can be opened here. NULL: it cannot be read or copied. */
static char *copy_here(const char *path)
{
    int fd = team_rank() == 0 ? open(path, O_RDONLY | O_CLOEXEC) : temporary_open(), status = 0;
    char bytes[1 << 16];
    ssize_t got = 0;

    if (fd < 0 && team_rank() == 0)
        error_set("%s:", path);
    if (team_agree(fd < 0 ? -1 : 0))
        return NULL;
    do {
        if (team_rank() == 0 && (got = fd_read(fd, bytes, sizeof bytes)) < 0)
            status = error_set("%s:", path);
        team_share(&got, sizeof got);
        team_share(bytes, got > 0 ? (size_t)got : 0);
        if (team_rank() > 0 && got > 0 && fd_put(fd, bytes, (size_t)got))
            status = error_set("%s:", temporary_folder());
    } while (got > 0);
    return team_agree(status) ? NULL : mem_format("/proc/self/fd/%d", fd);
}

/* Opens what training begins with at rank 0, and at the others a copy, which is path for them. */
static int open_all(struct snapshot *s, const char **path, int (*open_one)(struct snapshot *, const char *))
{
    char *here;
    int status = team_rank() == 0 ? open_one(s, *path) : 0;

    if (team_agree(status) || team_size() == 1)
        return status;
    here = copy_here(s->path);
    if (here && team_rank() > 0)
        status = open_one(s, *path = here);
    else
        free(here);
    return team_agree(status);
}

/* Ranks are alike as far as the command line goes. */
static void meet(const struct train_options *o, bool each)
{
    char *alike = train_alike(o, each);

    if (team_meet(alike))
        diag_die("%s", error_text());
    free(alike);
}

/* The command line, and what it leaves to the snapshot or model that it names. */
static void begin(struct train_options *o, bool *each, struct snapshot *resume, struct snapshot *from, size_t *memory,
                  int argc, char **argv)
{
    struct opt table[TRAIN_OPTIONS + 1] = {
        [TRAIN_OPTIONS] = {0, "each", OPT_FLAG, each, NULL, 0, 0, "every rank reads a stream of its own", NULL}};
    struct program program = {
        team_possible() ? "cv-train-mpi" : "cv-train",
        "",
        "Trains a variational autoencoder on an audio stream from standard input and writes the model.",
        table,
        team_possible() ? TRAIN_OPTIONS + 1 : TRAIN_OPTIONS,
        team_possible() ? "cv-load -R music | mpirun -n 8 cv-train-mpi -o model.bin"
                        : "cv-load jazz/*.wav | cv-train -e 20 > model.bin",
    };

    train_options_begin(o, table);
    program_begin(&program, argc, argv, 0, 0);
    if (train_options_check(o))
        diag_usage("%s", error_text());
    if (o->prior_only && team_possible())
        diag_usage("--prior-only is for cv-train: one process is enough");
    if (o->output && !strcmp(o->output, "-"))
        o->output = NULL;
    if (o->memory && number_size(o->memory, memory))
        diag_usage("--memory SIZE: %s", error_text());
    meet(o, *each);
    if (o->resume && team_agree(open_all(resume, &o->resume, snapshot_open) || resume_settings(o, resume)))
        diag_die("%s", error_text());
    if (o->config.from &&
        team_agree(open_all(from, &o->config.from, from_open) || (!o->resume && from_settings(o, from))))
        diag_die("%s", error_text());
    if (train_options_fit(o))
        diag_usage("%s", error_text());
    if (team_size() > 1 && network_find(o->config.network)->one_length)
        diag_usage("the network %s is trained by one rank: start it without mpirun", o->config.network);
}

/* A place for the model. */
static void check_output(const struct train_options *o)
{
    int status = 0;

    if (!o->output && isatty(STDOUT_FILENO))
        status = error_set("a model is not for a terminal: name a file with -o, or redirect it, as in '> model.bin'");
    if (team_agree(status))
        diag_die("%s", error_text());
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
    size_t memory;
    struct spool *spool;
    bool each = false;
    int status;

    team_begin(&argc, &argv);
    memory = team_memory(spool_default());
    begin(&o, &each, &resume, &from, &memory, argc, argv);
    check_output(&o);
    team_speak();
    spool = spool_new(memory);
    if (o.test)
        load(o.test, team_rank() == 0, &test, spool);
    load("-", each || team_rank() == 0, &data, spool);
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
    if (status || team_end())
        diag_die("%s", error_text());
    if (o.output && team_rank() == 0 && strncmp(o.output, "/dev/", 5)) /* which hold no model to name */
        say_next(o.output);
    return 0;
}

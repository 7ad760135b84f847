/* cv-train: trains a network on an audio stream and writes the model. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "vae/train.h"

static int64_t epochs = 20, batch = 10, seed = 123, latent = 2, threads = 0, buffer = 0;
static double rate = 3e-4;
static const char *network = "notebook", *test_file, *snapshots, *log_file;

static const struct opt opts[] = {
    {'e', "epochs", OPT_INT, &epochs, "N", 0, 1e9, "passes over the data", NULL},
    {'b', "batch", OPT_INT, &batch, "CLIPS", 1, 65536, "clips per step, for a stream that is not batched", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of initial values, order and noise", NULL},
    {'l', "learning-rate", OPT_REAL, &rate, "RATE", 1e-12, 1e12, "Adam's learning rate", NULL},
    {'z', "latent", OPT_INT, &latent, "SIZE", 1, 65536, "size of the latent", NULL},
    {'N', "network", OPT_TEXT, &network, "NAME", 0, 0, "network to train: notebook", NULL},
    {'t', "test", OPT_TEXT, &test_file, "FILE", 0, 0, "audio stream whose ELBO is reported after each epoch", NULL},
    {'j', "threads", OPT_INT, &threads, "N", 0, 1024, "threads, 0 for one per processor; the model does not depend on it", NULL},
    {'B', "buffer", OPT_INT, &buffer, "CLIPS", 0, 1e9, "shuffle buffer, 0 for all clips", NULL},
    {0, "snapshot", OPT_TEXT, &snapshots, "DIR", 0, 0, "write the model after each epoch into DIR", NULL},
    {0, "log", OPT_TEXT, &log_file, "FILE", 0, 0, "write a line of JSON for each epoch to FILE", NULL},
};

static const struct program program = {
    "cv-train", "", "Trains a variational autoencoder on an audio stream from standard input and writes the model to standard output.",
    opts, sizeof opts / sizeof *opts, "cv-load jazz/*.wav | cv-train -e 20 > model.bin",
};

static void load(const char *path, struct dataset *d)
{
    static const char *const kinds[] = {"audio", NULL};
    struct reader *r = reader_open(path);

    if (!r || reader_start(r, kinds) || dataset_read(d, r))
        diag_die("%s", error_text());
    reader_free(r);
}

int main(int argc, char **argv)
{
    struct dataset data, test;
    struct train_run run = {.data = &data};
    int status;

    program_begin(&program, argc, argv, 0, 0);
    if (strcmp(network, "notebook"))
        diag_usage("-N %s: no such network, there is: notebook", network);
    if (isatty(STDOUT_FILENO))
        diag_die("a model is not for a terminal: redirect it, as in '> model.bin'");
    if (test_file)
        load(test_file, &test);
    load("-", &data);
    run.config = (struct train_config){(int)latent, (int)batch, (int)buffer, (uint64_t)seed, rate};
    run.epochs = epochs;
    run.threads = (int)threads;
    run.test = test_file ? &test : NULL;
    run.log = log_file;
    run.snapshots = snapshots;
    status = train(&run, STDOUT_FILENO, "standard output");
    dataset_free(&data);
    if (test_file)
        dataset_free(&test);
    if (status)
        diag_die("%s", error_text());
    return 0;
}

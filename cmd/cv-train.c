/* cv-train: trains a network on an audio stream and writes the model. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "vae/train.h"

static int64_t epochs = 20, batch = 0, seed = 123, latent = 0, threads = 0, buffer = 0, width = 0, stride = 0, patience = 0;
static double rate = 0, beta = 0, minutes = 0;
static const char *network = "spectral", *test_file, *snapshots, *log_file;

static const struct opt opts[] = {
    {'e', "epochs", OPT_INT, &epochs, "N", 0, 1e9, "passes over the data", NULL},
    {'b', "batch", OPT_INT, &batch, "CLIPS", 0, 65536,
     "clips per step (spectral: crops of clips), 0 for the network's default: notebook 10, spectral 8", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of initial values, order and noise", NULL},
    {'l', "learning-rate", OPT_REAL, &rate, "RATE", 0, 1e12,
     "Adam's learning rate, 0 for the network's default: notebook 3e-4, spectral 2e-3, above 4 kHz 1.5e-3", NULL},
    {'z', "latent", OPT_INT, &latent, "SIZE", 0, 65536,
     "size of the latent, 0 for the network's default: notebook 2, spectral 64", NULL},
    {'N', "network", OPT_TEXT, &network, "NAME", 0, 0, "network to train: spectral or notebook", NULL},
    {'t', "test", OPT_TEXT, &test_file, "FILE", 0, 0, "audio stream whose ELBO is reported after each epoch", NULL},
    {'j', "threads", OPT_INT, &threads, "N", 0, 1024, "threads, 0 for one per processor; the model does not depend on it", NULL},
    {'B', "buffer", OPT_INT, &buffer, "CLIPS", 0, 1e9, "notebook: shuffle buffer, 0 for all clips", NULL},
    {0, "width", OPT_INT, &width, "CHANNELS", 0, 4096, "spectral: channels inside, 0 for 128, above 4 kHz 192", NULL},
    {0, "stride", OPT_INT, &stride, "FRAMES", 0, 64, "spectral: frames for each latent frame, 0 for 2, above 4 kHz 4", NULL},
    {0, "beta", OPT_REAL, &beta, "WEIGHT", 0, 1e6, "spectral: weight of the KL term, 0 for 0.003", NULL},
    {0, "time", OPT_REAL, &minutes, "MINUTES", 0, 1e6, "train for so long instead of -e, 0 for -e", NULL},
    {0, "patience", OPT_INT, &patience, "N", 0, 1e9,
     "with -t: end after N epochs without a better test ELBO and keep the best model, 0 for never", NULL},
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
    if (strcmp(network, "notebook") && strcmp(network, "spectral"))
        diag_usage("-N %s: no such network, there are: notebook, spectral", network);
    if (test_file && !strcmp(test_file, "-"))
        diag_usage("-t -: standard input is the training stream, name a file");
    if (patience > 0 && !test_file)
        diag_usage("--patience needs a test stream: name it with -t");
    if (isatty(STDOUT_FILENO))
        diag_die("a model is not for a terminal: redirect it, as in '> model.bin'");
    if (test_file)
        load(test_file, &test);
    load("-", &data);
    run.config = (struct train_config){
        .network = network, .epochs = epochs, .latent = (int)latent, .batch = (int)batch, .buffer = (int)buffer,
        .seed = (uint64_t)seed, .rate = rate, .width = (int)width, .stride = (int)stride, .beta = beta,
    };
    run.minutes = minutes;
    run.patience = patience;
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

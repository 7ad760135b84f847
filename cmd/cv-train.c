/* cv-train: trains a network on an audio stream and writes the model. */
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "train/prior_refit.h"
#include "train/train.h"

static int64_t epochs = -1, batch = 0, seed = 123, latent = 0, threads = 0, buffer = 0, width = 0, stride = 0,
               patience = 0, keep = 0, bank = -1;
static double rate = 0, beta = 0, minutes = 0, every = 0;
static const char *network = "spectral", *frames = "auto", *test_file, *snapshots, *log_file, *resume_file, *prior_file,
                  *memory;
static bool anyway;

/* Which of the settings that a snapshot knows were on the command line. */
static struct {
    bool epochs, batch, seed, rate, latent, network, buffer, width, stride, frames, bank, beta, minutes, patience;
} given;

static const struct opt opts[] = {
    {'e', "epochs", OPT_INT, &epochs, "N", -1, 1e9,
     "passes over the data, -1 for the network's default: notebook 20, spectral 25, or more for 200 steps",
     &given.epochs},
    {'b', "batch", OPT_INT, &batch, "CLIPS", 0, 65536,
     "clips per step (spectral: crops of clips), 0 for the network's default: notebook 10, spectral 8", &given.batch},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of initial values, order and noise", &given.seed},
    {'l', "learning-rate", OPT_REAL, &rate, "RATE", 0, 1e12,
     "Adam's learning rate, 0 for the network's default: notebook 3e-4, spectral 2e-3", &given.rate},
    {'z', "latent", OPT_INT, &latent, "SIZE", 0, 65536,
     "size of the latent, 0 for the network's default: notebook 2, spectral 192, up to 4 kHz 96, with a beat 160",
     &given.latent},
    {'N', "network", OPT_TEXT, &network, "NAME", 0, 0, "network to train: spectral or notebook", &given.network},
    {'t', "test", OPT_TEXT, &test_file, "FILE", 0, 0, "audio stream whose ELBO is reported after each epoch", NULL},
    {'j', "threads", OPT_INT, &threads, "N", 0, 1024,
     "threads, 0 for one per processor; the model does not depend on it", NULL},
    {'B', "buffer", OPT_INT, &buffer, "CLIPS", 0, 1e9, "notebook: shuffle buffer, 0 for all clips", &given.buffer},
    {0, "width", OPT_INT, &width, "CHANNELS", 0, 4096, "spectral: channels inside, 0 for 192, above 4 kHz 128",
     &given.width},
    {0, "stride", OPT_INT, &stride, "FRAMES", 0, 64,
     "spectral: frames for each latent frame, 0 for 6 where frames follow the beat, else 2, above 4 kHz 4",
     &given.stride},
    {0, "frames", OPT_TEXT, &frames, "KIND", 0, 0,
     "spectral: frames that follow the beat, fixed ones, or auto for beat where at least half of the clips have a steady one",
     &given.frames},
    {0, "bank", OPT_INT, &bank, "FRAMES", -1, 1e7,
     "spectral: latent frames of the clips kept in the model for its prior, -1 for 32768", &given.bank},
    {0, "beta", OPT_REAL, &beta, "WEIGHT", 0, 1e6, "spectral: weight of the KL term, 0 for 0.0003", &given.beta},
    {0, "time", OPT_REAL, &minutes, "MINUTES", 0, 1e6, "train for so long instead of -e, 0 for -e", &given.minutes},
    {0, "patience", OPT_INT, &patience, "N", 0, 1e9,
     "with -t: end after N epochs without a better test ELBO and keep the best model, 0 for never", &given.patience},
    {0, "snapshot", OPT_TEXT, &snapshots, "DIR", 0, 0, "write the model after each epoch into DIR", NULL},
    {0, "snapshot-every", OPT_REAL, &every, "SECONDS", 0, 1e9,
     "with --snapshot: and in the middle of an epoch when so long has passed, 0 for never", NULL},
    {0, "keep", OPT_INT, &keep, "N", 0, 1e9,
     "with --snapshot: keep the last N, 0 for those of all epochs and the last of the others", NULL},
    {0, "resume", OPT_TEXT, &resume_file, "FILE", 0, 0,
     "go on from this snapshot, or from the latest of a folder, with its settings", NULL},
    {0, "resume-anyway", OPT_FLAG, &anyway, NULL, 0, 0, "with --resume: also when data or settings are others", NULL},
    {0, "prior-only", OPT_TEXT, &prior_file, "MODEL", 0, 0, "do not train: fit the prior of this model to the stream",
     NULL},
    {0, "memory", OPT_TEXT, &memory, "SIZE", 0, 0,
     "data in memory, as in 512M; what is more goes to a file in TMPDIR; by default half of the machine's", NULL},
    {0, "log", OPT_TEXT, &log_file, "FILE", 0, 0, "write a line of JSON for each epoch to FILE", NULL},
};

static const struct program program = {
    "cv-train",
    "",
    "Trains a variational autoencoder on an audio stream from standard input and writes the model to standard output.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-load jazz/*.wav | cv-train -e 20 > model.bin",
};

static void load(const char *path, struct dataset *d, struct spool *spool)
{
    static const char *const kinds[] = {"audio", NULL};
    struct reader *r = reader_open(path);

    if (!r || reader_start(r, kinds) || dataset_spool(d, r, spool))
        diag_die("%s", error_text());
    reader_free(r);
}

/* Takes the settings that are not given from the snapshot. */
static void go_on(struct snapshot *s)
{
    const struct setting settings[] = {
        {"network", "-N", NULL, NULL, &network, given.network, false},
        {"batch", "-b", &batch, NULL, NULL, given.batch, true},
        {"seed", "-s", &seed, NULL, NULL, given.seed, false},
        {"learning_rate", "-l", NULL, &rate, NULL, given.rate, true},
        {"latent", "-z", &latent, NULL, NULL, given.latent, true},
        {"buffer", "-B", &buffer, NULL, NULL, given.buffer, false},
        {"width", "--width", &width, NULL, NULL, given.width, true},
        {"stride", "--stride", &stride, NULL, NULL, given.stride, true},
        {"frames", "--frames", NULL, NULL, &frames, given.frames, false},
        {"bank", "--bank", &bank, NULL, NULL, given.bank, false},
        {"beta", "--beta", NULL, &beta, NULL, given.beta, true},
        {"epochs_wanted", "-e", &epochs, NULL, NULL, given.epochs, false},
        {"minutes_wanted", "--time", NULL, &minutes, NULL, given.minutes || given.epochs, false},
        {"patience", "--patience", &patience, NULL, NULL, given.patience, false},
    };
    bool tested;

    if (snapshot_open(s, resume_file) || snapshot_settings(s, settings, sizeof settings / sizeof *settings, anyway))
        diag_die("%s", error_text());
    tested = meta_get(s->state, "test_digest") != NULL;
    if (!anyway && tested != (test_file != NULL))
        diag_die("%s was trained with%s a test stream (-t): %s, or go on with --resume-anyway", s->path,
                 tested ? "" : "out", tested ? "give it" : "leave it out");
    if (!test_file)
        patience = 0;
}

static void check_options(void)
{
    if (!network_find(network))
        diag_usage("-N %s: no such network, there are: %s", network, network_names());
    if (strcmp(frames, "auto") && strcmp(frames, "beat") && strcmp(frames, "fixed"))
        diag_usage("--frames %s: no such frames, there are: auto, beat, fixed", frames);
    if (test_file && !strcmp(test_file, "-"))
        diag_usage("-t -: standard input is the training stream, name a file");
    if (patience > 0 && !test_file)
        diag_usage("--patience needs a test stream: name it with -t");
    if ((every > 0 || keep > 0) && !snapshots)
        diag_usage("%s needs a folder: name it with --snapshot", every > 0 ? "--snapshot-every" : "--keep");
    if (anyway && !resume_file)
        diag_usage("--resume-anyway needs a snapshot: name it with --resume");
    if (prior_file && (resume_file || test_file || snapshots || log_file))
        diag_usage("--prior-only does not train: leave out --resume, -t, --snapshot and --log");
    if (resume_file && !strcmp(resume_file, "-"))
        diag_usage("--resume -: standard input is the training stream, name a file");
    if (isatty(STDOUT_FILENO))
        diag_die("a model is not for a terminal: redirect it, as in '> model.bin'");
}

int main(int argc, char **argv)
{
    struct dataset data, test;
    struct snapshot snapshot;
    struct spool *spool;
    struct train_run run = {.data = &data};
    size_t limit = spool_default();
    int status;

    program_begin(&program, argc, argv, 0, 0);
    check_options();
    if (memory && number_size(memory, &limit))
        diag_usage("--memory SIZE: %s", error_text());
    if (resume_file) {
        go_on(&snapshot);
        run.resume = &snapshot;
    }
    spool = spool_new(limit);
    if (test_file)
        load(test_file, &test, spool);
    load("-", &data, spool);
    if (prior_file) {
        if (prior_refit(prior_file, &data, bank, (uint64_t)seed, (int)threads, STDOUT_FILENO, "standard output"))
            diag_die("%s", error_text());
        dataset_free(&data);
        spool_free(spool);
        return 0;
    }
    run.config = (struct train_config){
        .network = network,
        .epochs = epochs,
        .latent = (int)latent,
        .batch = (int)batch,
        .buffer = (int)buffer,
        .seed = (uint64_t)seed,
        .rate = rate,
        .width = (int)width,
        .stride = (int)stride,
        .beta = beta,
        .frames = frames,
        .bank = bank,
    };
    run.minutes = minutes;
    run.patience = patience;
    run.threads = (int)threads;
    run.test = test_file ? &test : NULL;
    run.log = log_file;
    run.snapshots = snapshots;
    run.snapshot_every = every;
    run.keep = keep;
    run.resume_anyway = anyway;
    status = train(&run, STDOUT_FILENO, "standard output");
    dataset_free(&data);
    if (test_file)
        dataset_free(&test);
    spool_free(spool);
    if (resume_file)
        snapshot_close(&snapshot);
    if (status)
        diag_die("%s", error_text());
    return 0;
}

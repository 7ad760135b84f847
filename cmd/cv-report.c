/* cv-report: a page to hear what a model has learned, in one file that needs no other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/opt.h"
#include "io/clip.h"
#include "plot/picture.h"
#include "report/figures.h"
#include "report/nearness.h"
#include "report/page.h"
#include "report/players.h"
#include "report/streams.h"

static struct report how = {.clips = 4, .seed = 123};

static const struct opt opts[] = {
    {0, "held-out", OPT_TEXT, &how.held_out, "FILE", 0, 0, "audio stream of clips that it was not trained on; required",
     NULL},
    {0, "clips", OPT_INT, &how.clips, "N", 1, 64, "held-out clips, reconstructions and new clips, of each so many",
     NULL},
    {'s', "seed", OPT_INT, &how.seed, "N", 0, 9e18, "seed of draws and of phases", NULL},
    OPT_THREADS(&how.threads),
};

static const struct program program = {
    "cv-report",
    "MODEL",
    "Writes a web page to hear what a model has learned: one file, sound and pictures in it.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-report --held-out test.cvs model.bin > report.html",
};

static void section(FILE *page, const char *title, const char *words)
{
    page_put(page, "h2", "%s", title);
    page_put(page, "p", "%s", words);
}

static void picture(FILE *page, unsigned char *png, size_t size, const char *about)
{
    if (png == NULL)
        diag_die("%s", error_text());
    page_picture(page, png, size, about);
}

/* The latents of all held-out clips. */
static void plane(FILE *page)
{
    struct page as_it_is = {0};
    void *state = plot_latent.start(&as_it_is);
    struct reader *r = stream_encode(&how, clips_open(how.held_out));
    const struct frame *f;
    unsigned char *png;
    size_t size = 0;
    int got;

    while ((got = reader_next(r, &f)) > 0 && (got = plot_latent.take(state, r, f)) == 0)
        ;
    if (got < 0)
        diag_die("%s", error_text());
    png = picture_plot(&plot_latent, state, 480, &size);
    picture(page, png, size, "The latents of the recordings as points in a plane, each track in its own colour");
    reader_free(r);
}

static void curves(FILE *page)
{
    struct page as_it_is = {0};
    void *state = plot_training.start(&as_it_is);
    unsigned char *png;
    size_t size = 0;
    int status;

    status = plot_training.read(state, how.model);
    if (status < 0)
        diag_die("%s", error_text());
    if (status > 0) { /* nothing to draw */
        page_put(page, "p", "%s", error_text());
        plot_training.release(state);
        return;
    }
    png = picture_plot(&plot_training, state, 0, &size);
    picture(page, png, size, "Loss, distance, KL and ELBO after each epoch");
}

static void sounds(FILE *page, const struct eval *e)
{
    struct reader *made = stream_decode(&how, stream_draw(&how, how.clips, false)), *recordings;

    section(page, "New clips",
            "Drawn from the model's prior: they stand for no recording. Pictures are of the waveform and, under it, "
            "of the frequencies in Hz, by pitch as it is heard, over the time in seconds.");
    players_new(page, made);
    reader_free(made);
    if (e->known)
        diag_warn("%s: the model was trained on these clips, so the page tells nothing of others: hold some out, as by "
                  "cv-batch --take",
                  how.held_out);
    section(page, "Recordings and reconstructions",
            e->known
                ? "Clips that the model was trained on, and what is left of them: of others it would be less."
                : "Clips that the model was not trained on, and what is left of them after encoding and decoding.");
    recordings = stream_some(&how, e->clips, e->samples);
    made = stream_decode(&how, stream_encode(&how, stream_some(&how, e->clips, e->samples)));
    players_pairs(page, recordings, made);
    reader_free(made);
    reader_free(recordings);
}

/* Everything, or the end of the program. */
static void page_write(FILE *page)
{
    struct reader *r = clips_open(how.held_out);
    const char *slash = strrchr(how.model, '/');
    char *title = mem_format("What %s has learned", slash != NULL ? slash + 1 : how.model);
    struct model m;
    struct eval e;

    if (r == NULL || model_read_head(&m, how.model) != 0 ||
        eval_run(&e, &how.model, 1, r, (struct eval_how){(uint64_t)how.seed, (int)how.threads, false}) != 0)
        diag_die("%s", error_text());
    reader_free(r);
    how.clips = how.clips < e.clips ? how.clips : e.clips;
    if (m.network->one_length == NULL && (double)m.samples / m.rate > REPORT_SECONDS)
        how.length = REPORT_SECONDS;
    page_begin(page, title);
    page_put(page, "h2", "What it was trained on");
    figures_training(page, &m);
    sounds(page, &e);
    page_test(page);
    page_put(page, "h2", "How near new clips come");
    nearness(page, &how, &e);
    page_put(page, "h2", "How near reconstructions come");
    figures_distances(page, &e);
    section(page, "The latent plane",
            "What the model notes of each recording, along the two directions in which "
            "these differ most. Clips of a track have one colour.");
    plane(page);
    section(page, "The training",
            "After each epoch: solid for the clips it was trained on, dashed for test clips, with a "
            "ring at the epoch that was best on these.");
    curves(page);
    page_end(page);
    free(title);
    eval_free(&e);
    model_free(&m);
}

static void not_input(const char *path)
{
    if (strcmp(path, "-") == 0)
        diag_usage("-: the model and the held-out clips are read more than once, name files");
}

int main(int argc, char **argv)
{
    int first = program_begin(&program, argc, argv, 1, 1);
    char *text = NULL;
    size_t size = 0;
    FILE *page;

    how.model = argv[first];
    if (how.held_out == NULL)
        diag_usage("--held-out FILE: name a stream of clips that the model was not trained on");
    not_input(how.held_out);
    not_input(how.model);
    if (isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: redirect it to a file, as report.html");
    page = mem_stream(&text, &size);
    page_write(page);
    fclose(page);
    if (fd_put(STDOUT_FILENO, text, size) != 0 || close(STDOUT_FILENO) != 0)
        diag_die("standard output:");
    free(text);
    return 0;
}

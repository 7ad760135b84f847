/* cv-sample: noise, for cv-decode to turn into audio; or latents, drawn from a model's own prior. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "base/stop.h"
#include "model/draw.h"

static struct draw draw = {.count = 1, .seed = 123, .temperature = 1, .start_seconds = 5};
static bool start_given, count_given, endless;
static volatile sig_atomic_t ended;

static const struct opt opts[] = {
    {'n', "count", OPT_INT, &draw.count, "N", 1, 1e9, "how many to draw", &count_given},
    {'s', "seed", OPT_INT, &draw.seed, "N", 0, 9e18, "seed of the draws", NULL},
    {'t', "temperature", OPT_REAL, &draw.temperature, "T", 0, 1000, "standard deviation of the draws", NULL},
    {0, "tempo", OPT_REAL, &draw.tempo, "BPM", 0, 400, "beats per minute; 0: the model chooses", NULL},
    {0, "length", OPT_REAL, &draw.length, "SECONDS", 0, 86400,
     "length of the clips; 0: that of the clips of training, or of the guide", NULL},
    {0, "exact", OPT_FLAG, &draw.exact, NULL, 0, 0, "that length, not the nearest whole bars and a tail", NULL},
    {0, "endless", OPT_FLAG, &endless, NULL, 0, 0, "with -m: one clip without end, in parts; Ctrl-C ends it", NULL},
    {'m', "model", OPT_TEXT, &draw.model, "MODEL", 0, 0, "draw latents from this model's prior, not noise", NULL},
    {'j', "threads", OPT_INT, &draw.how.threads, "N", 0, 1024, "with -m: threads, 0 for one per processor", NULL},
    {0, "prior", OPT_TEXT, &draw.how.prior, "auto|normal|var|beat|guided", 0, 0,
     "var or beat as the model's frames are; auto: the best that the model has", &draw.how.given[CODEC_PRIOR]},
    {0, "form", OPT_TEXT, &draw.how.guided.form, "LETTERS", 0, 0,
     "guided: sections, as AABA, over and over; without, those of what is followed", &draw.how.given[CODEC_FORM]},
    {0, "bars", OPT_INT, &draw.how.guided.bars, "N", 1, 64, "guided: bars of a section, as the guide has them",
     &draw.how.given[CODEC_BARS]},
    {'g', "guide", OPT_TEXT, &draw.guide, "STREAM", 0, 0,
     "guided: follow the clips of this audio stream, not those of the model", &draw.how.given[CODEC_GUIDE]},
    {0, "follow", OPT_REAL, &draw.how.guided.follow, "WEIGHT", 0, 100, "guided: how much the harmony followed counts",
     &draw.how.given[CODEC_FOLLOW]},
    {0, "vary", OPT_REAL, &draw.how.guided.vary, "P", 0, 1, "guided: probability that what could return is made anew",
     &draw.how.given[CODEC_VARY]},
    {0, "block", OPT_INT, &draw.how.guided.unit, "BEATS", 1, GUIDED_UNIT_MOST,
     "guided: beats that are played as they were", &draw.how.given[CODEC_BLOCK]},
    {0, "nearest", OPT_INT, &draw.how.guided.nearest, "N", 1, 256, "guided: play one of the N blocks that fit best",
     &draw.how.given[CODEC_NEAREST]},
    {'c', "continue", OPT_TEXT, &draw.start, "STREAM", 0, 0, "go on from the clips of this audio stream", NULL},
    {0, "start", OPT_REAL, &draw.start_seconds, "SECONDS", 0.1, 3600, "how much of those clips to go on from",
     &start_given},
};

static const struct program program = {
    "cv-sample",
    "",
    "Draws noise, or latents of new clips from a model's prior, for cv-decode to turn into audio.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-sample -n 10 | cv-decode model.bin | cv-towav",
};

/* One byte each, of ASCII. */
static bool is_form(const char *letters)
{
    size_t n = strlen(letters);

    for (size_t i = 0; i < n; i++)
        if (letters[i] <= ' ' || letters[i] > '~')
            return false;
    return n > 0;
}

static void check_usage(void)
{
    const struct codec_options *how = &draw.how;

    for (int i = CODEC_PRIOR; i < CODEC_OPTIONS && !draw.model; i++)
        if (how->given[i])
            diag_usage("--prior, --form, --guide and the other options of latents need a model: name it with -m");
    if (how->guided.form && !is_form(how->guided.form))
        diag_usage("--form: one letter of ASCII for each section was expected, as in AABA");
    if (draw.tempo > 0 && draw.tempo < 20)
        diag_usage("--tempo %g: 0 or from 20 to 400 was expected", draw.tempo);
    if (draw.start && !draw.model)
        diag_usage("--continue needs the model that will decode: cv-sample -m model.bin -c %s", draw.start);
    if (endless && !draw.model)
        diag_usage("--endless needs the model that will decode: cv-sample --endless -m model.bin");
    if (endless && (count_given || draw.length > 0 || draw.exact))
        diag_usage("--endless: is one clip, of no length: leave %s out", count_given  ? "-n"
                                                                         : draw.exact ? "--exact"
                                                                                      : "--length");
    if (draw.exact && (draw.start || draw.guide))
        diag_usage("--exact: clips of --%s have the length itself anyway: leave it out",
                   draw.start ? "continue" : "guide");
    if (start_given && !draw.start)
        diag_usage("--start needs clips to go on from: name them with --continue");
    if (draw.start && draw.tempo > 0)
        diag_usage("--tempo: what goes on from a clip keeps its tempo (cv-decode --tempo changes it)");
    if (draw.model && !strcmp(draw.model, "-") && (draw.start || draw.guide))
        diag_usage("-m -: with --continue or --guide the model is read more than once, name a file");
    if (draw.start && draw.guide && !strcmp(draw.start, "-") && !strcmp(draw.guide, "-"))
        diag_usage("standard input can be the clips or the guide, not both");
    if (!draw.model && draw.length > DRAW_SECONDS_MOST)
        diag_usage("--length %g: at most %d seconds were expected", draw.length, DRAW_SECONDS_MOST);
}

static void end(void)
{
    ended = 1;
}

static void set_endless(void)
{
    draw.ended = &ended;
    stop_first(SIGINT, end);
    stop_first(SIGTERM, end);
    stop_first(SIGHUP, end);
}

/* A recording that the listener knows is followed closely. */
static void follow_closely(struct codec_options *how)
{
    if (!how->given[CODEC_FOLLOW])
        how->guided.follow = 24;
    if (!how->given[CODEC_NEAREST])
        how->guided.nearest = 4;
}

int main(int argc, char **argv)
{
    draw.how.guided = guided_defaults();
    program_begin(&program, argc, argv, 0, 0);
    check_usage();
    if (draw.guide)
        follow_closely(&draw.how);
    if (endless)
        set_endless();
    if (draw_run(&draw, STDOUT_FILENO, "standard output"))
        diag_die("%s", error_text());
    return 0;
}

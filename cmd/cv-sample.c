/* cv-sample: noise, for cv-decode to turn into audio; or latents, drawn from a model's own prior. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/rng.h"
#include "io/stream.h"
#include "model/codec.h"
#include "model/continuation.h"
#include "model/file.h"

/* The latents of the default network, 'spectral', and enough times for 30 s of it at any rate and tempo. */
enum { DEFAULT_LATENT = 256, DEFAULT_FRAMES = 512, FRAMES_PER_SECOND = 18, MOST_VALUES = 1 << 24 };

static int64_t count = 1, seed = 123, threads = 0, unit = 2, nearest = 8, bars = 8;
static double temperature = 1, tempo = 0, length = 0, start_seconds = 5;
static bool start_given;
static const char *model_file, *clip_file, *guide_file;
static struct codec_options how;
static struct starts starts, guides; /* none without clip_file, guide_file */

static const struct opt opts[] = {
    {'n', "count", OPT_INT, &count, "N", 1, 1e9, "how many to draw", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of the draws", NULL},
    {'t', "temperature", OPT_REAL, &temperature, "T", 0, 1000, "standard deviation of the draws", NULL},
    {0, "tempo", OPT_REAL, &tempo, "BPM", 0, 400, "beats per minute; 0: the model chooses", NULL},
    {0, "length", OPT_REAL, &length, "SECONDS", 0, 86400,
     "length of the clips; 0: that of the clips of training, or of the guide", NULL},
    {'m', "model", OPT_TEXT, &model_file, "MODEL", 0, 0, "draw latents from this model's prior, not noise", NULL},
    {'j', "threads", OPT_INT, &threads, "N", 0, 1024, "with -m: threads, 0 for one per processor", NULL},
    {0, "prior", OPT_TEXT, &how.prior, "KIND", 0, 0,
     "normal, var or beat (as the model's frames are), guided, or auto for the best that the model has",
     &how.given[CODEC_PRIOR]},
    {0, "form", OPT_TEXT, &how.guided.form, "LETTERS", 0, 0,
     "guided: sections, as AABA, over and over; without, those of what is followed", &how.given[CODEC_FORM]},
    {0, "bars", OPT_INT, &bars, "N", 1, 64, "guided: bars of a section, of four beats each", &how.given[CODEC_BARS]},
    {'g', "guide", OPT_TEXT, &guide_file, "STREAM", 0, 0,
     "guided: follow the clips of this audio stream, not those of the model", &how.given[CODEC_GUIDE]},
    {0, "follow", OPT_REAL, &how.guided.follow, "WEIGHT", 0, 100, "guided: how much the harmony followed counts",
     &how.given[CODEC_FOLLOW]},
    {0, "vary", OPT_REAL, &how.guided.vary, "P", 0, 1, "guided: probability that what could return is made anew",
     &how.given[CODEC_VARY]},
    {0, "block", OPT_INT, &unit, "BEATS", 1, GUIDED_UNIT_MOST, "guided: beats that are played as they were",
     &how.given[CODEC_BLOCK]},
    {0, "nearest", OPT_INT, &nearest, "N", 1, 256, "guided: play one of the N blocks that fit best",
     &how.given[CODEC_NEAREST]},
    {'c', "continue", OPT_TEXT, &clip_file, "STREAM", 0, 0, "go on from the clips of this audio stream", NULL},
    {0, "start", OPT_REAL, &start_seconds, "SECONDS", 0.1, 3600, "how much of those clips to go on from", &start_given},
};

static const struct program program = {
    "cv-sample",
    "",
    "Draws noise, or latents of new clips from a model's prior, for cv-decode to turn into audio.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-sample -n 10 | cv-decode model.bin | cv-towav",
};

/* ---- draws ---- */

/* x with so much of the standard normal distribution under it. */
static float normal_at(double share)
{
    double low = -8, high = 8;

    for (int i = 0; i < 60; i++) {
        double x = (low + high) / 2;

        if (0.5 * erfc(-x / sqrt(2)) < share)
            low = x;
        else
            high = x;
    }
    return (float)low;
}

/* Draw i of seed, the same for any count, size and frames: a dimension has numbers of its own. The first number, which
 * chooses the guide, goes over the draws in steps of the golden section: clips follow others evenly. */
static void fill(int64_t i, int64_t size, int64_t frames, float *noise)
{
    struct rng first;
    double share;

    for (int64_t d = 0; d < size; d++) {
        struct rng r = rng_new((uint64_t)seed, (uint64_t)i);

        r.block = (uint64_t)d << 32;
        rng_normal(&r, noise + d * frames, (size_t)frames);
    }
    first = rng_new((uint64_t)seed, UINT64_MAX);
    share = rng_uniform(&first) + (double)i * 0.6180339887498949;
    noise[0] = normal_at(share - floor(share));
    for (int64_t j = 0; j < size * frames; j++)
        noise[j] *= (float)temperature;
}

static struct meta *draw_meta(const struct start *of)
{
    struct meta *m = of ? meta_copy(of->meta) : meta_map();

    if (tempo > 0)
        meta_set(m, "tempo", meta_real(tempo));
    if (length > 0)
        meta_set(m, "seconds", meta_real(length));
    else if (of && !clip_file)
        meta_set(m, "samples", meta_int(of->samples));
    return m;
}

static const struct start *clip_of(const struct starts *s, int64_t i)
{
    return s->count > 0 ? &s->list[(size_t)i % s->count] : NULL;
}

static struct frame_tensor latents_of(const char *name, const struct start *s, int64_t size)
{
    return (struct frame_tensor){name, tensor_view(s->mean, 2, (int64_t[]){size, s->frames})};
}

/* Draws all clips: to w, or through the prior of c. */
static int draw_all(struct writer *w, struct codec *c, int64_t size, int64_t frames)
{
    float *noise = mem_alloc((size_t)(size * frames) * sizeof *noise);
    int width = snprintf(NULL, 0, "%" PRId64, count - 1), status = 0;

    for (int64_t i = 0; i < count && !status; i++) {
        const struct start *start = clip_of(&starts, i), *guide = clip_of(&guides, i);
        struct frame_tensor t[3] = {{"noise", tensor_view(noise, 2, (int64_t[]){size, frames})}};
        struct meta *meta = draw_meta(start ? start : guide);
        char name[64];
        size_t n = 1;

        snprintf(name, sizeof name, "sample-%0*" PRId64, width < 2 ? 2 : width, i);
        fill(i, size, frames, noise);
        if (start)
            t[n++] = latents_of("start", start, size);
        if (guide)
            t[n++] = latents_of("guide", guide, size);
        status = c ? codec_draw(c, &(struct frame){name, meta, t, n}) : writer_put(w, name, meta, t, n);
        meta_free(meta);
    }
    free(noise);
    return status;
}

/* ---- noise for any model ---- */

static int noise_write(const struct meta *head)
{
    int64_t frames = length > 0 ? (int64_t)ceil(length * FRAMES_PER_SECOND) : DEFAULT_FRAMES;
    struct writer *w = writer_new(STDOUT_FILENO, "standard output", "noise", head);

    return !w || draw_all(w, NULL, DEFAULT_LATENT, frames) || writer_end(w) ? -1 : 0;
}

/* ---- latents of one model ---- */

/* What it cannot give is refused, or said and left out. */
static void suit_model(const struct model *m)
{
    if (m->network->one_length && (length > 0 || tempo > 0 || clip_file || guide_file))
        diag_die("%s: the network '%s' has clips of one length and no beat: no --length, --tempo, --continue or "
                 "--guide with it",
                 model_file, m->network->name);
    if (tempo > 0 && !m->beat) {
        diag_warn("%s: the frames of this model do not follow the beat, it takes no tempo", model_file);
        tempo = 0;
    }
}

/* Times of latents that are enough for each clip. */
static int64_t frames_for(const struct model *m)
{
    double seconds = length > 0 ? length : (double)m->samples / m->rate, wanted;

    if (clip_file && start_seconds >= seconds)
        diag_die("a start of %g seconds fills the whole length of %g seconds: see --start and --length", start_seconds,
                 seconds);
    for (size_t i = 0; i < guides.count && !(length > 0) && !clip_file; i++)
        seconds = fmax(i > 0 ? seconds : 0, (double)guides.list[i].samples / m->rate);
    wanted = m->network->times ? m->network->times(m, seconds, tempo, clip_file ? &starts : &guides) : 1;
    if (!(wanted * (double)m->latent <= MOST_VALUES))
        diag_die("%s: a clip of %g seconds would take noise of %d x %.0f values, more than %d", model_file, seconds,
                 m->latent, wanted, MOST_VALUES);
    return wanted > 1 ? (int64_t)wanted : 1;
}

static int latents_write(const struct meta *head)
{
    struct pool *pool = pool_new((int)threads);
    struct codec *c;
    int status = 0;

    how.guided.unit = (int)unit;
    how.guided.nearest = (int)nearest;
    how.guided.bars = (int)bars;
    c = codec_draw_begin(model_file, head, STDOUT_FILENO, "standard output", how, pool);
    if (!c)
        return -1;
    suit_model(codec_model(c));
    if (clip_file)
        status = starts_read(&starts, model_file, clip_file, start_seconds, count);
    if (guide_file && !status)
        status = starts_read(&guides, model_file, guide_file, 0, count);
    if (!status)
        status = draw_all(NULL, c, codec_model(c)->latent, frames_for(codec_model(c)));
    status = codec_draw_end(c, status);
    pool_free(pool);
    return status;
}

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
    static const char *const priors[] = {"auto", "normal", "var", "beat", "guided"};
    bool known = !how.prior;

    for (size_t i = 0; i < sizeof priors / sizeof *priors; i++)
        known |= how.prior && !strcmp(how.prior, priors[i]);
    if (!known)
        diag_usage("--prior %s: no such prior, there are: auto, normal, var, beat, guided", how.prior);
    for (int i = CODEC_PRIOR; i < CODEC_OPTIONS && !model_file; i++)
        if (how.given[i])
            diag_usage("--prior, --form, --guide and what else shapes latents needs a model: name it with -m");
    if (how.guided.form && !is_form(how.guided.form))
        diag_usage("--form: one letter of ASCII for each section was expected, as in AABA");
    if (tempo > 0 && tempo < 20)
        diag_usage("--tempo %g: 0 or from 20 to 400 was expected", tempo);
    if (clip_file && !model_file)
        diag_usage("--continue needs the model that will decode: cv-sample -m model.bin -c %s", clip_file);
    if (start_given && !clip_file)
        diag_usage("--start needs clips to go on from: name them with --continue");
    if (clip_file && tempo > 0)
        diag_usage("--tempo: what goes on from a clip keeps its tempo (cv-decode --tempo changes it)");
    if (model_file && !strcmp(model_file, "-") && (clip_file || guide_file))
        diag_usage("-m -: with --continue or --guide the model is read more than once, name a file");
    if (clip_file && guide_file && !strcmp(clip_file, "-") && !strcmp(guide_file, "-"))
        diag_usage("standard input can be the clips or the guide, not both");
    if (!model_file && length * FRAMES_PER_SECOND * DEFAULT_LATENT > MOST_VALUES)
        diag_usage("--length %g: at most %d seconds were expected", length,
                   MOST_VALUES / DEFAULT_LATENT / FRAMES_PER_SECOND);
}

int main(int argc, char **argv)
{
    struct meta *head = meta_map();

    how.guided = guided_defaults();
    program_begin(&program, argc, argv, 0, 0);
    check_usage();
    meta_set(head, "seed", meta_int(seed));
    meta_set(head, "temperature", meta_real(temperature));
    if (model_file ? latents_write(head) : noise_write(head))
        diag_die("%s", error_text());
    starts_free(&starts);
    starts_free(&guides);
    meta_free(head);
    return 0;
}

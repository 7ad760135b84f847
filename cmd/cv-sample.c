/* cv-sample: draws from the standard normal, for a decoder to turn into audio, and what they go on from. */
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
#include "model/continuation.h"
#include "model/file.h"

/* The latents of the default network, 'spectral', and enough times for 30 s of it at any rate and tempo. */
enum { DEFAULT_LATENT = 256, DEFAULT_FRAMES = 512, FRAMES_PER_SECOND = 18, MOST_VALUES = 1 << 24 };

static int64_t count = 1, seed = 123;
static double temperature = 1, tempo = 0, length = 0, start_seconds = 5;
static bool start_given;
static const char *model_file, *clip_file;
static struct starts starts; /* none without clip_file */

static const struct opt opts[] = {
    {'n', "count", OPT_INT, &count, "N", 1, 1e9, "how many to draw", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, 9e18, "seed of the draws", NULL},
    {'t', "temperature", OPT_REAL, &temperature, "T", 0, 1000, "standard deviation of the draws", NULL},
    {0, "tempo", OPT_REAL, &tempo, "BPM", 0, 400, "beats per minute; 0: the model chooses", NULL},
    {0, "length", OPT_REAL, &length, "SECONDS", 0, 86400, "length of the clips; 0: that of the clips of training",
     NULL},
    {'m', "model", OPT_TEXT, &model_file, "MODEL", 0, 0,
     "draw in the shape of this model's latent, not of the default network's", NULL},
    {'c', "continue", OPT_TEXT, &clip_file, "STREAM", 0, 0, "go on from the clips of this audio stream; needs -m",
     NULL},
    {0, "start", OPT_REAL, &start_seconds, "SECONDS", 0.1, 3600, "how much of those clips to go on from", &start_given},
};

static const struct program program = {
    "cv-sample",
    "",
    "Draws noise that cv-decode turns into audio.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-sample -n 10 | cv-decode model.bin | cv-towav",
};

/* ---- for a model ---- */

/* What it cannot give is refused, or said and left out. */
static void suit_model(const struct model *m)
{
    if (m->network->one_length && (length > 0 || tempo > 0 || clip_file))
        diag_die("%s: the network '%s' has clips of one length and no beat: no --length, --tempo or "
                 "--continue with it",
                 model_file, m->network->name);
    if (tempo > 0 && !m->beat) {
        diag_warn("%s: the frames of this model do not follow the beat, it takes no tempo", model_file);
        tempo = 0;
    }
}

/* Shape [size, frames] of the draws for a model; what is known of it goes to the head. */
static void describe_model(struct meta *head, int64_t *size, int64_t *frames)
{
    struct model m;
    double seconds, wanted;

    if (model_read_head(&m, model_file))
        diag_die("%s", error_text());
    suit_model(&m);
    seconds = length > 0 ? length : (double)m.samples / m.rate;
    if (clip_file && start_seconds >= seconds)
        diag_die("a start of %g seconds fills the whole length of %g seconds: see --start and --length", start_seconds,
                 seconds);
    if (clip_file && starts_read(&starts, model_file, clip_file, start_seconds, count))
        diag_die("%s", error_text());
    *size = m.latent;
    wanted = m.network->times ? m.network->times(&m, seconds, tempo, &starts) : 1;
    if (!(wanted * (double)*size <= MOST_VALUES))
        diag_die("%s: a clip of %g seconds would take noise of %" PRId64 " x %.0f values, more than %d", model_file,
                 seconds, *size, wanted, MOST_VALUES);
    *frames = wanted > 1 ? (int64_t)wanted : 1;
    meta_set(head, "samples", meta_int(length > 0 ? (int64_t)(length * m.rate + 0.5) : m.samples));
    meta_set(head, "rate", meta_real(m.rate));
    if (clip_file)
        meta_set(head, "model", digest_meta(starts.model));
    model_free(&m);
}

/* ---- draws ---- */

/* Meta of draw i. */
static struct meta *draw_meta(int64_t i)
{
    struct meta *m = clip_file ? meta_copy(starts.list[(size_t)i % starts.count].meta) : meta_map();

    if (tempo > 0)
        meta_set(m, "tempo", meta_real(tempo));
    if (length > 0)
        meta_set(m, "seconds", meta_real(length));
    return m;
}

static void draw(struct writer *w, int64_t i, int64_t size, int64_t frames, float *noise)
{
    struct rng r = rng_new((uint64_t)seed, (uint64_t)i); /* draw i is the same for any count */
    struct frame_tensor t[2] = {{"noise", tensor_view(noise, 2, (int64_t[]){size, frames})}};
    int width = snprintf(NULL, 0, "%" PRId64, count - 1);
    struct meta *meta = draw_meta(i);
    char name[64];

    snprintf(name, sizeof name, "sample-%0*" PRId64, width < 2 ? 2 : width, i);
    rng_normal(&r, noise, (size_t)(size * frames));
    for (int64_t j = 0; j < size * frames; j++)
        noise[j] *= (float)temperature;
    if (clip_file) {
        const struct start *s = &starts.list[(size_t)i % starts.count];

        t[1] = (struct frame_tensor){"start", tensor_view(s->mean, 2, (int64_t[]){size, s->frames})};
    }
    if (writer_put(w, name, meta, t, clip_file ? 2 : 1))
        diag_die("%s", error_text());
    meta_free(meta);
}

static void check_usage(void)
{
    if (tempo > 0 && tempo < 20)
        diag_usage("--tempo %g: 0 or from 20 to 400 was expected", tempo);
    if (clip_file && !model_file)
        diag_usage("--continue needs the model that will decode: cv-sample -m model.bin -c %s", clip_file);
    if (start_given && !clip_file)
        diag_usage("--start needs clips to go on from: name them with --continue");
    if (clip_file && tempo > 0)
        diag_usage("--tempo: what goes on from a clip keeps its tempo (cv-decode --tempo changes it)");
    if (clip_file && !strcmp(clip_file, "-") && !strcmp(model_file, "-"))
        diag_usage("standard input can be the model or the clips, not both");
    if (!model_file && length * FRAMES_PER_SECOND * DEFAULT_LATENT > MOST_VALUES)
        diag_usage("--length %g: at most %d seconds were expected", length,
                   MOST_VALUES / DEFAULT_LATENT / FRAMES_PER_SECOND);
}

int main(int argc, char **argv)
{
    struct meta *head = meta_map();
    int64_t size = DEFAULT_LATENT, frames = DEFAULT_FRAMES;
    struct writer *w;
    float *noise;

    program_begin(&program, argc, argv, 0, 0);
    check_usage();
    meta_set(head, "seed", meta_int(seed));
    meta_set(head, "temperature", meta_real(temperature));
    if (model_file)
        describe_model(head, &size, &frames);
    else if (length > 0)
        frames = (int64_t)ceil(length * FRAMES_PER_SECOND);
    w = writer_new(STDOUT_FILENO, "standard output", "noise", head);
    if (!w)
        diag_die("%s", error_text());
    noise = mem_alloc((size_t)(size * frames) * sizeof *noise);
    for (int64_t i = 0; i < count; i++)
        draw(w, i, size, frames, noise);
    if (writer_end(w))
        diag_die("%s", error_text());
    starts_free(&starts);
    free(noise);
    meta_free(head);
    return 0;
}

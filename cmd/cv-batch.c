/* cv-batch: shuffles the clips of a stream, splits them by track, and groups them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/rng.h"
#include "io/batch.h"
#include "io/output.h"

static int64_t group = 10, buffer = 3, seed = 123;
static double share = 0.2;
static const char *take;
static bool by_time;

static bool share_given;

static const struct opt opts[] = {
    {'b', "batch", OPT_INT, &group, "CLIPS", 1, 65536, "clips in a batch; 1 leaves them single", NULL},
    {'B', "buffer", OPT_INT, &buffer, "CLIPS", 0, 1e6, "clips to draw from; 0: all, 1 keeps the order", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, HUGE_VAL, "seed of the shuffle", NULL},
    {0, "take", OPT_TEXT, &take, "train|test", 0, 0, "pass on one side of the split only", NULL},
    {0, "share", OPT_REAL, &share, "X", 0, 1, "share of the tracks on the test side", &share_given},
    {0, "by-time", OPT_FLAG, &by_time, NULL, 0, 0,
     "split each track in time instead: the share at its end is the test side", NULL},
};

static const struct program program = {
    "cv-batch",
    "",
    "Shuffle the clips of an audio stream and group them into batches, or split them in two.",
    opts,
    sizeof opts / sizeof *opts,
    "cv-load jazz/*.wav | cv-batch --take train -b 1 > train.cvs"};

static struct output out = {.fd = STDOUT_FILENO, .label = "standard output", .kind = "audio"};
static struct batch *batch;
static int64_t clips, taken;

/* ---- the shuffle buffer ---- */

static struct item *waiting;
static size_t waits;
static struct rng rng;

/* As tf.data's shuffle: once the buffer is full, one of it is drawn and the
 * new clip takes its place. */
static int shuffle_add(struct item it)
{
    struct item first;
    size_t drawn;

    if (buffer == 0 || waits < (size_t)buffer) {
        waiting = mem_more(waiting, waits, sizeof *waiting);
        waiting[waits++] = it;
        return 0;
    }
    drawn = (size_t)rng_below(&rng, waits);
    first = waiting[drawn];
    waiting[drawn] = it;
    return batch_add(batch, first);
}

static int shuffle_drain(void)
{
    int status = 0;

    while (status == 0 && waits > 0) {
        size_t drawn = (size_t)rng_below(&rng, waits);
        struct item it = waiting[drawn];

        waiting[drawn] = waiting[--waits];
        status = batch_add(batch, it);
    }
    return status;
}

/* Whether the clip is on the side that was asked for; -1: it does not say. */
static int is_taken(const struct item *it)
{
    int test;

    if (!take)
        return 1;
    test = by_time ? split_is_late(it->name, it->meta, share) : split_is_test(it->name, it->meta, share);
    return test < 0 ? -1 : test == (strcmp(take, "test") == 0);
}

static int clip_add(struct item it)
{
    int wanted = is_taken(&it);

    clips++;
    if (wanted > 0) {
        taken++;
        return shuffle_add(it);
    }
    item_clear(&it);
    return wanted;
}

/* A side without clips is most likely not what was meant. */
static void warn_empty(void)
{
    const char *other = strcmp(take, "test") == 0 ? "train" : "test", *todo = "";

    if (by_time)
        todo = ": load whole tracks with cv-load --all, in clips shorter than the share";
    else if (share > 0 && share < 1)
        todo = ": tracks are too few to share out; --by-time splits each of them in time (clips of cv-load --all)";
    if (taken == 0)
        diag_warn("none of the %lld clips is on the %s side%s", (long long)clips, take, todo);
    else if (taken == clips && *todo)
        diag_warn("all of the %lld clips are on this side, none is on the %s side%s", (long long)clips, other, todo);
}

/* The output begins with the first clip: its head tells how that was made, and nothing of a stream without clips. */
static int follow(const struct reader *in)
{
    if (output_follow(&out, in) < 0 || (!out.w && output_begin(&out) < 0))
        return -1;
    batch_to(batch, out.w);
    return 0;
}

int main(int argc, char **argv)
{
    struct audio_clip c = {0};
    struct reader *in;
    double head_rate = 0; /* the head names none */
    int status;

    program_begin(&program, argc, argv, 0, 0);
    if ((by_time || share_given) && !take)
        diag_usage("%s says how to split: --take train or --take test is missing", by_time ? "--by-time" : "--share");
    rng = rng_new((uint64_t)seed, 0);
    in = clips_open("-");
    if (!in)
        diag_die("%s", error_text());
    meta_get_real(reader_meta(in), "rate", &head_rate);
    out.head = meta_copy(reader_meta(in));
    batch = batch_new(NULL, (size_t)group, head_rate);
    while ((status = audio_clip_next(in, &c)) > 0)
        if (follow(in) < 0 || clip_add(item_copy(&c)) < 0)
            diag_die("%s", error_text());
    if (status < 0 || (clips == 0 && follow(in) < 0) || shuffle_drain() < 0 || batch_flush(batch) < 0)
        diag_die("%s", error_text());
    if (take)
        warn_empty();
    if (output_end(&out, 0) < 0)
        diag_die("%s", error_text());
    reader_free(in);
    batch_free(batch);
    free(waiting);
    return 0;
}

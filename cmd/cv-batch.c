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
#include "io/split.h"
#include "io/stream.h"
#include "io/clip.h"

static int64_t group = 10, buffer = 3, seed = 123;
static double share = 0.2;
static const char *take;
static bool by_time;

static const struct opt opts[] = {
    {'b', "batch", OPT_INT, &group, "CLIPS", 1, 65536, "clips in a batch; 1 leaves them single", NULL},
    {'B', "buffer", OPT_INT, &buffer, "CLIPS", 1, 1e6, "clips to draw from; 1 keeps the order", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, HUGE_VAL, "seed of the shuffle", NULL},
    {0, "take", OPT_TEXT, &take, "SIDE", 0, 0, "pass on one side of the split only: train or test", NULL},
    {0, "share", OPT_REAL, &share, "X", 0, 1, "share of the tracks on the test side", NULL},
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

/* A copy of one clip: what waits is needed after its frame is gone. */
struct item {
    char *name;
    struct meta *meta;
    double rate;
    struct tensor audio; /* [channels, samples] */
};

static struct item *batch;
static size_t filled; /* of batch */
static int64_t written;
static double head_rate; /* 0: the head names none */
static struct writer *out;

static void item_clear(struct item *it)
{
    free(it->name);
    meta_free(it->meta);
    free(it->audio.data);
}

static struct item item_copy(const struct frame *f, const struct tensor *all, int64_t number, double rate)
{
    const struct meta *metas = meta_get(f->meta, "metas"), *meta = NULL;
    size_t size = (size_t)(all->shape[1] * all->shape[2]), at = (size_t)number;
    struct item it = {.name = mem_text(audio_clip_name(f, number)), .rate = rate};

    if (frame_get(f, "audio")->rank == 2)
        meta = f->meta;
    else if (metas && metas->kind == META_LIST && at < metas->count && metas->items[at]->kind == META_MAP)
        meta = metas->items[at];
    it.meta = meta ? meta_copy(meta) : meta_map();
    it.audio = tensor_view(mem_alloc(size * sizeof(float)), 2, all->shape + 1);
    memcpy(it.audio.data, all->data + at * size, size * sizeof(float));
    return it;
}

/* ---- batches ---- */

static void frame_put(const char *name, struct meta *meta, double rate, const struct tensor *audio)
{
    struct frame_tensor t = {"audio", *audio};

    if (rate < head_rate || rate > head_rate)
        meta_set(meta, "rate", rate == floor(rate) ? meta_int((int64_t)rate) : meta_real(rate));
    if (writer_put(out, name, meta, &t, 1) < 0)
        diag_die("%s", error_text());
}

static void batch_put(void)
{
    const struct tensor *first = &batch[0].audio;
    struct meta *meta = meta_map(), *names = meta_list(), *metas = meta_list();
    size_t size = (size_t)tensor_count(first);
    char *name = mem_format("batch-%04lld", (long long)written++);
    int64_t shape[3] = {(int64_t)filled, first->shape[0], first->shape[1]};
    struct tensor all = tensor_view(NULL, 3, shape);

    all.data = mem_grow(NULL, filled * sizeof(float), size);
    for (size_t i = 0; i < filled; i++) {
        memcpy(all.data + i * size, batch[i].audio.data, size * sizeof(float));
        meta_append(names, meta_text(batch[i].name));
        meta_append(metas, batch[i].meta);
        batch[i].meta = NULL;
    }
    meta_set(meta, "names", names);
    meta_set(meta, "metas", metas);
    frame_put(name, meta, batch[0].rate, &all);
    meta_free(meta);
    free(all.data);
    free(name);
}

static void batch_flush(void)
{
    if (filled == 0)
        return;
    if (group == 1)
        frame_put(batch[0].name, batch[0].meta, batch[0].rate, &batch[0].audio);
    else
        batch_put();
    for (size_t i = 0; i < filled; i++)
        item_clear(&batch[i]);
    filled = 0;
}

static void batch_add(struct item it)
{
    const struct item *first = &batch[0];
    char a[80], b[80];

    if (filled > 0 && (it.audio.shape[0] != first->audio.shape[0] || it.audio.shape[1] != first->audio.shape[1] ||
                       it.rate < first->rate || it.rate > first->rate))
        diag_die("clips of one batch must be alike: \"%s\" is %s at %.15g Hz, \"%s\" is %s at %.15g Hz "
                 "(cv-load -r and --pad make them so, -b 1 leaves them single)",
                 first->name, tensor_shape_text(&first->audio, a, sizeof a), first->rate, it.name,
                 tensor_shape_text(&it.audio, b, sizeof b), it.rate);
    batch[filled++] = it;
    if (filled == (size_t)group)
        batch_flush();
}

/* ---- the shuffle buffer ---- */

static struct item *waiting;
static size_t waits;
static struct rng rng;

/* As tf.data's shuffle: once the buffer is full, one of it is drawn and the
 * new clip takes its place. */
static void shuffle_add(struct item it)
{
    size_t drawn;

    if (waits < (size_t)buffer) {
        if ((waits & (waits - 1)) == 0)
            waiting = mem_grow(waiting, waits ? 2 * waits : 1, sizeof *waiting);
        waiting[waits++] = it;
        return;
    }
    drawn = (size_t)rng_below(&rng, waits);
    batch_add(waiting[drawn]);
    waiting[drawn] = it;
}

static void shuffle_drain(void)
{
    while (waits > 0) {
        size_t drawn = (size_t)rng_below(&rng, waits);

        batch_add(waiting[drawn]);
        waiting[drawn] = waiting[--waits];
    }
}

/* Whether the clip begins in the last share of its track: what it says of itself is enough to know. */
static bool is_late(const struct item *it)
{
    double start, seconds;

    if (!meta_get_real(it->meta, "start", &start) || !meta_get_real(it->meta, "source_seconds", &seconds))
        diag_die("clip '%s' does not say where in its track it is (meta \"start\", \"source_seconds\"): "
                 "load it with this cv-load, or split without --by-time",
                 it->name);
    return start >= (1 - share) * seconds;
}

/* Whether the clip is on the side that was asked for. */
static bool item_taken(const struct item *it)
{
    const char *track = it->name;

    if (!take)
        return true;
    if (by_time)
        return is_late(it) == (strcmp(take, "test") == 0);
    meta_get_text(it->meta, "track", &track);
    return split_is_test(track, share) == (strcmp(take, "test") == 0);
}

/* A side without clips is most likely not what was meant. */
static void warn_empty(int64_t clips, int64_t taken)
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

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"audio", NULL};
    const struct frame *f;
    struct reader *in;
    int64_t clips = 0, taken = 0;
    int status;

    program_begin(&program, argc, argv, 0, 0);
    if (take && strcmp(take, "train") != 0 && strcmp(take, "test") != 0)
        diag_usage("--take %s: train or test was expected", take);
    if (by_time && !take)
        diag_usage("--by-time says how to split: --take train or --take test is missing");
    rng = rng_new((uint64_t)seed, 0);
    batch = mem_zero((size_t)group, sizeof *batch);
    in = reader_open("-");
    if (!in || reader_start(in, kinds) < 0)
        diag_die("%s", error_text());
    meta_get_real(reader_meta(in), "rate", &head_rate);
    out = writer_new(STDOUT_FILENO, "standard output", "audio", reader_meta(in));
    if (!out)
        diag_die("%s", error_text());
    while ((status = reader_next(in, &f)) > 0) {
        struct tensor all;
        double rate;

        if (audio_tensor(in, f, &all) < 0 || audio_rate(in, f, &rate) < 0)
            diag_die("%s", error_text());
        for (int64_t i = 0; i < all.shape[0]; i++) {
            struct item it = item_copy(f, &all, i, rate);

            clips++;
            if (item_taken(&it)) {
                taken++;
                shuffle_add(it);
            } else {
                item_clear(&it);
            }
        }
    }
    if (status < 0)
        diag_die("%s", error_text());
    shuffle_drain();
    batch_flush();
    if (take)
        warn_empty(clips, taken);
    if (writer_end(out) < 0)
        diag_die("%s", error_text());
    reader_free(in);
    free(waiting);
    free(batch);
    return 0;
}

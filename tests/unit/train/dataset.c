/* Clips to train on: what is kept of a stream, and which streams are refused. */
#include "train/dataset.h"

#include <stdlib.h>

#include "bytes.h"
#include "check.h"

struct given {
    int rank;
    int64_t shape[3];
    double rate;
};

/* The clips of a stream; -1: refused. */
static int read_clips(struct dataset *d, struct spool *spool, const struct given *list, size_t count)
{
    static float x[5000];
    int fd = bytes_fd("", 0), status;
    struct writer *w = writer_new(fd, "bytes", "audio", NULL);
    struct reader *r;

    for (size_t i = 0; i < count; i++) {
        struct frame_tensor t = {"audio", tensor_view(x, list[i].rank, list[i].shape)};
        struct meta *m = meta_map();

        meta_set(m, "rate", meta_real(list[i].rate));
        writer_put(w, "a", m, &t, 1);
        meta_free(m);
    }
    writer_end(w);
    lseek(fd, 0, SEEK_SET);
    r = reader_new(fd, "bytes");
    status = reader_start(r, NULL) < 0 ? -1 : dataset_spool(d, r, spool);
    reader_free(r);
    return status;
}

static void test_kept(struct spool *spool)
{
    static const struct given batches[] = {{3, {2, 1, 5}, 3000}, {3, {1, 1, 7}, 3000}};
    struct dataset d;

    check(read_clips(&d, spool, batches, 2) == 0, "batches: %s", error_text());
    check(d.count == 3 && d.batched && d.batches == 2 && d.samples == 7 && d.channels == 1 && d.tracks == 1,
          "%zu clips of %zu batches, %zu tracks", d.count, d.batches, d.tracks);
    dataset_free(&d);
}

static void test_refused(struct spool *spool)
{
    static const struct {
        const char *says;
        size_t count;
        struct given list[2];
    } cases[] = {
        {"holds no clips", 0, {{0}}},
        {"too many channels to train on: 4097", 1, {{2, {4097, 1}, 3000}}},
        {"is at 2000 Hz, the ones before it at 3000 Hz", 2, {{2, {1, 5}, 3000}, {2, {1, 5}, 2000}}},
        {"is at 4000 Hz, the ones before it at 3000 Hz", 2, {{2, {1, 5}, 3000}, {2, {1, 5}, 4000}}},
        {"has 2 channels, the ones before it 1", 2, {{2, {1, 5}, 3000}, {2, {2, 5}, 3000}}},
        {"is a batch, the frames before it are single clips", 2, {{2, {1, 5}, 3000}, {3, {1, 1, 5}, 3000}}},
        {"is a single clip, the frames before it are batches", 2, {{3, {1, 1, 5}, 3000}, {2, {1, 5}, 3000}}},
        {"has shape [5]", 1, {{1, {5}, 3000}}},
    };
    struct dataset d;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(read_clips(&d, spool, cases[i].list, cases[i].count) == -1 && says(cases[i].says), "%s: %s",
              cases[i].says, error_text());
}

/* Where nothing is kept in memory and no file can be made, or there is room for names alone. */
static void test_no_room(void)
{
    static const struct given one = {2, {1, 5000}, 3000};
    struct dataset d;

    setenv("TMPDIR", "/nonexistent", 1);
    for (size_t room = 0; room <= 8000; room += 8000) {
        struct spool *spool = spool_new(room);

        check(read_clips(&d, spool, &one, 1) == -1 && says("/nonexistent"), "%zu bytes: %s", room, error_text());
        spool_free(spool);
    }
}

int main(void)
{
    struct spool *spool = spool_new(SIZE_MAX);

    test_kept(spool);
    test_refused(spool);
    spool_free(spool);
    test_no_room();
    return check_done();
}

/* Clips of a stream one by one, single or in batches, copies of them, and batches written of these. */
#include "io/clip.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "check.h"
#include "io/batch.h"

static const char *const kinds[] = {"audio", NULL};

static struct writer *start(int fd, double rate)
{
    struct meta *head = meta_map();
    struct writer *w;

    if (rate > 0)
        meta_set(head, "rate", meta_real(rate));
    w = writer_new(fd, "test", "audio", head);
    meta_free(head);
    return w;
}

static struct reader *again(int fd)
{
    struct reader *r = reader_new(fd, "test");

    lseek(fd, 0, SEEK_SET);
    if (reader_start(r, kinds) < 0)
        exit(1);
    return r;
}

/* Clips a, b, c of one channel and four samples, 1 2 3 4, 11 12 13 14 and so on, in groups of size. */
static int written(size_t size)
{
    int fd = temporary_open();
    struct writer *w = start(fd, 3000);
    struct batch *b = batch_new(w, size, 3000);

    for (int i = 0; i < 3; i++) {
        struct item it = {mem_format("%c", 'a' + i), meta_map(), 3000, {0}};
        float *x = mem_floats(4);

        for (int k = 0; k < 4; k++)
            x[k] = (float)(10 * i + k + 1);
        meta_set(it.meta, "number", meta_int(i));
        it.audio = tensor_view(x, 2, (int64_t[]){1, 4});
        check(batch_add(b, it) == 0, "clip %d of batches of %zu", i, size);
    }
    check(batch_flush(b) == 0 && batch_flush(b) == 0 && writer_end(w) == 0, "written");
    batch_free(b);
    return fd;
}

static void test_reading(size_t size, int64_t frames)
{
    struct reader *r = again(written(size));
    struct audio_clip c = {0};
    int64_t n = 0, number = -1;
    int good = 0, got;

    while ((got = audio_clip_next(r, &c)) > 0) {
        struct item it = item_copy(&c);

        good += c.name[0] == 'a' + n && c.rate == 3000 && c.channels == 1 && c.samples == 4 &&
                c.x[3] == (float)(10 * n + 4) && strcmp(it.name, c.name) == 0 &&
                meta_get_int(it.meta, "number", &number) && number == n && it.audio.data != c.x &&
                it.audio.data[2] == (float)(10 * n + 3);
        item_clear(&it);
        n++;
    }
    check(got == 0 && n == 3 && good == 3 && reader_frames(r) == frames, "batches of %zu: %lld clips of %lld frames",
          size, (long long)n, (long long)reader_frames(r));
    reader_free(r);
}

static void test_unlike(void)
{
    int fd = temporary_open();
    struct writer *w = start(fd, 3000);
    struct batch *b = batch_new(w, 2, 3000);
    struct item one = {mem_text("one"), meta_map(), 3000, tensor_view(mem_floats(4), 2, (int64_t[]){1, 4})};
    struct item two = {mem_text("two"), meta_map(), 6000, tensor_view(mem_floats(4), 2, (int64_t[]){1, 4})};

    check(batch_add(b, one) == 0 && batch_add(b, two) < 0 &&
              strstr(error_text(), "\"two\" is [1, 4] at 6000 Hz") != NULL,
          "another rate: %s", error_text());
    item_clear(&two);
    batch_flush(b);
    batch_free(b);
    writer_abandon(w);
    close(fd);
}

/* One frame with a tensor of some name and shape. */
static void test_refused(const char *tensor, int rank, int64_t samples, double rate, const char *words)
{
    int fd = temporary_open();
    struct writer *w = start(fd, rate);
    float x[2] = {0};
    struct frame_tensor t = {tensor, tensor_view(x, rank, (int64_t[]){samples, 1, 1})};
    struct audio_clip c = {0};
    struct reader *r;

    check(writer_put(w, "f", NULL, &t, 1) == 0 && writer_end(w) == 0, "written");
    r = again(fd);
    check(audio_clip_next(r, &c) < 0 && strstr(error_text(), words) != NULL, "refused: %s", error_text());
    reader_free(r);
}

/* One frame of two clips, of which the meta says as much as it says: what they are called, and whether they are told of. */
static void test_told(struct meta *names, struct meta *metas, const char *first, const char *second, bool told)
{
    int fd = temporary_open();
    struct writer *w = start(fd, 3000);
    float x[2] = {1, 2};
    struct frame_tensor t = {"audio", tensor_view(x, 3, (int64_t[]){2, 1, 1})};
    struct meta *m = meta_map();
    struct audio_clip c = {0};
    struct reader *r;

    if (names)
        meta_add(m, "names", names);
    if (metas)
        meta_add(m, "metas", metas);
    check(writer_put(w, "f", m, &t, 1) == 0 && writer_end(w) == 0, "written");
    r = again(fd);
    for (int i = 0; i < 2; i++) {
        char *shown;

        check(audio_clip_next(r, &c) > 0 && (c.told != NULL) == told, "clip %d", i);
        shown = audio_clip_shown(&c);
        check(strcmp(shown, i ? second : first) == 0, "its name is %s", shown);
        free(shown);
    }
    reader_free(r);
    meta_free(m);
}

static struct meta *list_of(struct meta *item)
{
    struct meta *list = meta_list();

    meta_append(list, item);
    return list;
}

/* A batch cannot go on in another frame. */
static void test_batch_in_parts(void)
{
    int fd = temporary_open();
    struct writer *w = start(fd, 3000);
    float x[2] = {1, 2};
    struct audio_clip c = {0};
    struct reader *r;

    for (int64_t clips = 1; clips <= 2; clips++) {
        struct frame_tensor t = {"audio", tensor_view(x, 3, (int64_t[]){clips, 1, 1})};

        writer_part(w, "f", NULL, &t, 1);
        writer_put(w, "f", NULL, &t, 1);
    }
    writer_end(w);
    r = reader_new(fd, "test");
    reader_parts(r);
    lseek(fd, 0, SEEK_SET);
    check(reader_start(r, kinds) == 0 && audio_clip_next(r, &c) > 0 && audio_clip_next(r, &c) > 0, "one clip in parts");
    check(audio_clip_next(r, &c) < 0 && strstr(error_text(), "batch 'f' comes in parts"), "%s", error_text());
    reader_free(r);
}

int main(void)
{
    test_told(NULL, NULL, "f-000", "f-001", true);
    test_told(meta_list(), NULL, "f-000", "f-001", false);
    test_told(meta_int(1), meta_int(1), "f-000", "f-001", false);
    test_told(list_of(meta_int(1)), list_of(meta_int(1)), "f-000", "f-001", false);
    test_told(meta_list(), meta_list(), "f-000", "f-001", false);
    test_batch_in_parts();
    test_refused("audio", 2, 1, 0.5, "0.5 Hz");
    test_reading(1, 3);
    test_reading(2, 2);
    test_reading(5, 1);
    test_unlike();
    test_refused("sound", 2, 1, 3000, "no tensor 'audio'");
    test_refused("audio", 1, 2, 3000, "[2]");
    test_refused("audio", 2, 0, 3000, "no samples");
    test_refused("audio", 2, 1, 0, "rate");
    test_refused("audio", 2, 1, 1e9, "1e+09 Hz");
    return check_done();
}

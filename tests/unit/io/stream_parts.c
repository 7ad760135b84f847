/* Clips in parts: joined they are what they were whole, and what does not fit together is refused. */
#include <fcntl.h>
#include <stdbool.h>

#include "bytes.h"
#include "check.h"

enum { ROWS = 6, LENGTH = 40 };

static float x[ROWS * LENGTH];

/* Of [2, 3, LENGTH] the places from up to to. */
static struct tensor cut(float *y, int64_t from, int64_t to)
{
    int64_t n = to - from;

    for (int i = 0; i < ROWS; i++)
        memcpy(y + i * n, x + i * LENGTH + from, (size_t)n * sizeof *y);
    return tensor_view(y, 3, (int64_t[]){2, 3, n});
}

/* A clip "a" cut at those places (ends in LENGTH), with something known at the end only, then a clip that is whole. */
static struct bytes stream_cut(const int *cuts)
{
    float y[2][ROWS * LENGTH];
    struct meta *begin = meta_map(), *end = meta_map();
    int fd = bytes_fd("", 0);
    struct writer *w = writer_new(fd, "bytes", "audio", NULL);
    struct bytes b;
    int64_t from = 0;

    meta_set(begin, "level", meta_real(.5));
    meta_set(end, "samples", meta_int(LENGTH));
    if (cuts[0] == LENGTH)
        meta_set(begin, "samples", meta_int(LENGTH));
    for (;; from = *cuts++) {
        struct frame_tensor t[] = {{"z", cut(y[0], from, *cuts)}, {"half", cut(y[1], from / 2, *cuts / 2)}};

        if (*cuts == LENGTH && cuts[1] == 0) {
            writer_put(w, "a", from > 0 ? end : begin, t, 2);
            break;
        }
        writer_part(w, "a", from == 0 ? begin : NULL, t, 2);
    }
    writer_put(w, "b", begin, &(struct frame_tensor){"z", cut(y[0], 0, LENGTH)}, 1);
    check(writer_end(w) == 0, "a stream of parts");
    b = bytes_of(fd);
    close(fd);
    meta_free(begin);
    meta_free(end);
    return b;
}

static void test_join(void)
{
    static const int cuts[][LENGTH + 2] = {{LENGTH, 0},
                                           {1, LENGTH, 0},
                                           {3, 3, 7, 39, LENGTH, 0},
                                           {20, LENGTH, LENGTH, 0},
                                           {1, 2, 3, 4, 5, 6, 7, 8, 30, 31, 32, LENGTH, 0}};
    uint64_t whole = 0, digest;

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct bytes b = stream_cut(cuts[i]);
        struct reader *r = reader_new(bytes_fd(b.p, b.n), "bytes");
        const struct frame *f = NULL;
        const struct tensor *t;
        int64_t n = 0;

        check(reader_start(r, NULL) == 0, "%s", error_text());
        check(reader_next(r, &f) == 1 && strcmp(f->name, "a") == 0, "%s", error_text());
        check(f->count == 2 && !f->part && !f->follows, "a whole clip, cut in way %zu", i);
        t = frame_get(f, "z");
        check(t && t->rank == 3 && t->shape[0] == 2 && t->shape[1] == 3 && t->shape[2] == LENGTH, "its shape");
        check(t && memcmp(t->data, x, sizeof x) == 0, "its values");
        t = frame_get(f, "half");
        check(t && t->shape[2] == LENGTH / 2 && memcmp(t->data + LENGTH / 2, x + LENGTH, LENGTH / 2) == 0,
              "the other's");
        check(meta_get_int(f->meta, "samples", &n) && n == LENGTH && f->meta->count == 2, "what was told at both ends");
        check(reader_frames(r) == 1 && reader_next(r, &f) == 1 && strcmp(f->name, "b") == 0, "another clip follows");
        check(reader_next(r, &f) == 0 && reader_frames(r) == 2, "the end (%s)", error_text());
        reader_free(r);
        check(bytes_read_kinds(b.p, b.n, NULL, &digest) == 2 && (whole == 0 || whole == digest), "the same digest");
        whole = digest;
        for (size_t k = 0, once = b.n; k < once; k++) {
            unsigned char c = b.p[k];

            bytes_add(&b, &c, 1);
        }
        check(bytes_read(b.p, b.n) == 4, "two such streams, one behind the other");
        free(b.p);
    }
}

/* Parts as they come, each before the next is there. */
/* A clip of no values, and another one behind it. */
static void test_empty(void)
{
    const struct frame_tensor t[] = {{"z", tensor_view(x, 2, (int64_t[]){2, 0})},
                                     {"z", tensor_view(x, 2, (int64_t[]){2, 5})}};
    int fd = bytes_fd("", 0);
    struct writer *w = writer_new(fd, "bytes", "audio", NULL);
    const struct frame *f = NULL;
    struct reader *r;
    struct bytes b;

    writer_part(w, "a", NULL, t, 1);
    writer_put(w, "a", NULL, t, 1);
    writer_put(w, "b", NULL, t + 1, 1);
    check(writer_end(w) == 0, "%s", error_text());
    b = bytes_of(fd);
    close(fd);
    r = reader_new(bytes_fd(b.p, b.n), "bytes");
    check(reader_start(r, NULL) == 0, "%s", error_text());
    check(reader_next(r, &f) == 1 && tensor_count(&f->tensors->t) == 0, "joined to nothing: %s", error_text());
    check(reader_next(r, &f) == 1 && tensor_count(&f->tensors->t) == 10, "the clip behind it: %s", error_text());
    check(reader_next(r, &f) == 0, "then the end: %s", error_text());
    reader_free(r);
    free(b.p);
}

static void test_by_part(void)
{
    struct bytes b = stream_cut((const int[]){3, 3, LENGTH, LENGTH, 0});
    static const int lengths[] = {3, 0, LENGTH - 3, 0, LENGTH};
    const struct frame *f;
    struct reader *r;
    int ends[2], good = 1;
    size_t at = 0;

    check(pipe(ends) == 0, "a pipe");
    r = reader_new(ends[0], "pipe");
    reader_parts(r);
    for (int i = 0; i < 6; i++) { /* the head, and with each map what is after it */
        size_t next = at + 1;

        while (next < b.n && memcmp(b.p + next, i == 5 ? "\x83\xa2" : "\x84\xa2", 2) != 0)
            next++;
        good = good && write(ends[1], b.p + at, next - at) == (ssize_t)(next - at);
        at = next;
        if (i == 0)
            good = good && reader_start(r, NULL) == 0;
        else
            good = good && reader_next(r, &f) == 1 && f->tensors[0].t.shape[2] == lengths[i - 1] &&
                   f->part == (i < 4) && f->follows == (i > 1 && i < 5) && reader_frames(r) == (i > 3) + (i > 4);
    }
    check(good, "each part goes out when it is there (%s)", error_text());
    check(fcntl(ends[0], F_GETPIPE_SZ) <= sysconf(_SC_PAGESIZE), "from a pipe that holds a page");
    good = write(ends[1], b.p + at, b.n - at) == (ssize_t)(b.n - at);
    close(ends[1]);
    check(good && reader_next(r, &f) == 0, "the end (%s)", error_text());
    reader_free(r);
    free(b.p);
}

struct part {
    const char *name, *tensor;
    int rank;
    int64_t shape[3];
    const char *key;
    int value;
};

/* A clip of two maps, read joined or by part. */
static int64_t read_two(const struct part *two, bool by_part, bool cut)
{
    int fd = bytes_fd("", 0), status, last;
    struct writer *w = writer_new(fd, "bytes", "audio", NULL);
    int64_t maps = 0;
    const struct frame *f;
    struct reader *r;

    for (int i = 0; i < 2; i++) {
        struct frame_tensor t = {two[i].tensor, tensor_view(x, two[i].rank, two[i].shape)};
        struct meta *m = meta_map();

        if (two[i].key)
            meta_set(m, two[i].key, meta_int(two[i].value));
        last = i == 1 && !cut;
        check((last ? writer_put : writer_part)(w, two[i].name, m, &t, two[i].tensor[0] != '\0') == 0, "a part");
        meta_free(m);
    }
    if (cut)
        writer_abandon(w);
    else
        writer_end(w);
    lseek(fd, 0, SEEK_SET);
    r = reader_new(fd, "bytes");
    if (by_part)
        reader_parts(r);
    status = reader_start(r, NULL);
    while (status == 0 && (status = reader_next(r, &f)) > 0) {
        maps++;
        status = 0;
    }
    reader_free(r);
    return status < 0 ? -1 : maps;
}

static void test_refused(void)
{
    static const int64_t big = (int64_t)1 << 29;
    static const struct {
        const char *says;
        struct part two[2];
    } cases[] = {
        {"part 2 of frame 1 (\"b\"): the clip \"a\"", {{"a", "z", 2, {2, 3}, 0, 0}, {"b", "z", 2, {2, 3}, 0, 0}}},
        {"\"y\" where the clip began with \"z\"", {{"a", "z", 2, {2, 3}, 0, 0}, {"a", "y", 2, {2, 3}, 0, 0}}},
        {"0 tensors, the clip began with 1", {{"a", "z", 2, {2, 3}, 0, 0}, {"a", "", 2, {2, 3}, 0, 0}}},
        {"[3, 3], which does not go on with [2, 0]", {{"a", "z", 2, {2, 0}, 0, 0}, {"a", "z", 2, {3, 3}, 0, 0}}},
        {"[3], which does not", {{"a", "z", 2, {2, 3}, 0, 0}, {"a", "z", 1, {3}, 0, 0}}},
        {"frame 1 (\"a\"): tensor \"z\" is a scalar", {{"a", "z", 0, {0}, 0, 0}, {"a", "z", 0, {0}, 0, 0}}},
        {"\"k\" has another value", {{"a", "z", 1, {3}, "k", 1}, {"a", "z", 1, {3}, "k", 2}}},
        {"\"rate\" comes after the first part", {{"a", "z", 1, {3}, 0, 0}, {"a", "z", 1, {3}, "rate", 2}}},
    };
    struct part large[] = {{"a", "z", 2, {0, big}, 0, 0}, {"a", "z", 2, {0, big}, 0, 0}};
    struct part good[] = {{"a", "z", 1, {3}, "k", 1}, {"a", "z", 1, {0}, "k", 1}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int by_part = 0; by_part < 2; by_part++)
            check(read_two(cases[i].two, by_part, false) == -1 && says(cases[i].says), "%s: %s", cases[i].says,
                  error_text());
    check(read_two(good, false, false) == 1 && read_two(good, true, false) == 2, "the same said twice");
    check(read_two(good, true, true) == -1 && says("ended after part 2 of frame 1, without the last part"), "%s",
          error_text());
    check(read_two(large, false, false) == -1 && says("over 1073741823 values"), "%s", error_text());
    check(read_two(large, true, false) == 2, "no bound where nothing is joined");
}

/* Maps that no writer here makes. */
/* What the maps of a clip say of it is kept until its end: there is a bound on that. */
static void test_many_keys(void)
{
    struct frame_tensor t = {"z", tensor_view(x, 1, (int64_t[]){1})};
    int fd = bytes_fd("", 0), n = 0;
    struct writer *w = writer_new(fd, "bytes", "audio", NULL);
    struct bytes b;

    for (int i = 0; i < 3; i++) {
        struct meta *m = meta_map();

        for (int k = 0; k < 400; k++) {
            char key[8];

            snprintf(key, sizeof key, "%d", n++);
            meta_add(m, key, meta_nil());
        }
        (i < 2 ? writer_part : writer_put)(w, "a", m, &t, 1);
        meta_free(m);
    }
    writer_end(w);
    b = bytes_of(fd);
    close(fd);
    check(bytes_read(b.p, b.n) == -1 && says("over 1024 keys in the parts of a clip"), "%s", error_text());
    free(b.p);
}

static void test_forged(void)
{
    static const char part[] = "\x83\xa2"
                               "cv\xa4part\xa4name\xa1x\xa7tensors\x80";
    static const char tail[] = "\x82\xa2"
                               "cv\xa4tail\xa6"
                               "frames\x02";
    struct bytes b = {0};
    size_t n;

    ADD(&b, FOREIGN_HEAD);
    ADD(&b, part);
    n = b.n;
    bytes_add(&b, tail, sizeof tail - 1);
    check(bytes_read(b.p, b.n) == -1 && says("the tail after part 1 of frame 1"), "%s", error_text());
    b.n = n;
    ADD(&b, FOREIGN_HEAD);
    check(bytes_read(b.p, b.n) == -1 && says("a head after part 1 of frame 1"), "%s", error_text());
    b.n = n;
    ADD(&b, "\x83\xa2"
            "cv\xa5"
            "frame\xa4name\xa1x\xa7tensors\x80");
    bytes_add(&b, tail, sizeof tail - 1);
    check(bytes_read(b.p, b.n) == 1, "the tail counts maps (%s)", error_text());
    b.p[b.n - 1] = 1;
    check(bytes_read(b.p, b.n) == -1 && says("counts 1"), "%s", error_text());
    b.n = 0;
    ADD(&b, "\x81\xa2"
            "cv\xa4part");
    check(bytes_read(b.p, b.n) == -1 && says("a part where a head was expected"), "%s", error_text());
    free(b.p);
}

int main(void)
{
    for (int i = 0; i < ROWS * LENGTH; i++)
        x[i] = (float)i + .5f;
    test_join();
    test_empty();
    test_by_part();
    test_refused();
    test_many_keys();
    test_forged();
    return check_done();
}

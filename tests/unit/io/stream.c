/* Streams: what is written is read again, from any writer, over any pipe. */
#include <fcntl.h>
#include <math.h>
#include <pthread.h>

#include "bytes.h"
#include "check.h"

static struct meta *deep_meta(void)
{
    struct meta *m = meta_map(), *list = meta_list();

    meta_set(m, "rate", meta_int(3000));
    meta_set(m, "small", meta_int(-9223372036854775807 - 1));
    meta_set(m, "third", meta_real(1.0 / 3));
    meta_set(m, "name", meta_text("Blue \xc3\xa9tude"));
    meta_set(m, "yes", meta_bool(true));
    meta_set(m, "nothing", meta_nil());
    for (int i = 0; i < 300; i++)
        meta_append(list, meta_int(i * i));
    meta_set(m, "list", list);
    meta_set(m, "map", meta_copy(m));
    return m;
}

/* All that can be in a frame, in and out again. */
static void test_round_trip(void)
{
    static float x[1000], scalar = 7;
    struct meta *meta = deep_meta();
    struct frame_tensor tensors[] = {
        {"audio", tensor_view(x, 3, (int64_t[]){2, 5, 100})},
        {"", tensor_view(&scalar, 0, NULL)},
        {"none", tensor_view(NULL, 2, (int64_t[]){3, 0})},
    };
    int fd = bytes_fd("", 0);
    struct writer *w;
    struct reader *r;
    const struct frame *f;
    const struct tensor *t;

    for (int i = 0; i < 1000; i++)
        x[i] = (float)i / 7;
    w = writer_new(fd, "bytes", "audio", meta);
    check(w != NULL, "a head");
    check(writer_put(w, "one", meta, tensors, 3) == 0, "a frame");
    check(writer_put(w, "", NULL, tensors, 0) == 0, "a frame of nothing");
    check(writer_end(w) == 0, "a tail");
    lseek(fd, 0, SEEK_SET);
    r = reader_new(fd, "bytes");
    check(reader_start(r, (const char *const[]){"latent", "audio", NULL}) == 0, "start");
    check(strcmp(reader_kind(r), "audio") == 0 && meta_equal(reader_meta(r), meta), "kind and meta of the head");
    check(strcmp(reader_label(r), "bytes") == 0 && reader_segment(r) == 0 && reader_frames(r) == 0, "and the rest");
    check(reader_next(r, &f) == 1 && strcmp(f->name, "one") == 0 && meta_equal(f->meta, meta), "frame one");
    check(f->count == 3, "three tensors");
    t = frame_get(f, "audio");
    check(t && t->rank == 3 && t->shape[0] == 2 && t->shape[1] == 5 && t->shape[2] == 100, "shape");
    check(t && (uintptr_t)t->data % 4 == 0 && memcmp(t->data, x, sizeof x) == 0, "values");
    t = frame_get(f, "");
    check(t && t->rank == 0 && memcmp(t->data, &scalar, sizeof scalar) == 0, "a scalar with no name");
    t = frame_get(f, "none");
    check(t && t->rank == 2 && t->shape[0] == 3 && t->shape[1] == 0, "no values");
    check(!frame_get(f, "nothing"), "no such tensor");
    check(reader_next(r, &f) == 1 && f->name[0] == '\0' && f->count == 0, "frame of nothing");
    check(f->meta && f->meta->kind == META_MAP && f->meta->count == 0, "its meta is an empty map");
    check(reader_next(r, &f) == 0 && f == NULL && reader_frames(r) == 2, "the end");
    check(reader_next(r, &f) == 0, "the end again");
    reader_free(r);
    meta_free(meta);
}

/* Every name length and so every place of the values modulo 4. */
static void test_alignment(void)
{
    enum { LONG = 50001 };
    int good = 1;

    for (int n = 0; n < 40; n++) {
        static float x[LONG], *got;
        struct frame_tensor t[2] = {{"a", tensor_view(x, 1, (int64_t[]){n < 20 ? LONG : 100})},
                                    {"bcd", tensor_view(x, 1, (int64_t[]){n})}};
        char name[41];
        int fd = bytes_fd("", 0);
        struct writer *w = writer_new(fd, "bytes", "noise", NULL);
        struct reader *r;
        const struct frame *f;

        for (int i = 0; i < LONG; i++)
            x[i] = (float)(i + n);
        memset(name, 'n', sizeof name);
        name[n] = '\0';
        writer_put(w, name, NULL, t, 2);
        writer_end(w);
        lseek(fd, 0, SEEK_SET);
        r = reader_new(fd, "bytes");
        good = good && reader_start(r, NULL) == 0 && reader_next(r, &f) == 1 && strcmp(f->name, name) == 0;
        for (int i = 0; good && i < 2; i++) {
            got = f->tensors[i].t.data;
            good = (uintptr_t)got % 4 == 0 && strcmp(f->tensors[i].name, t[i].name) == 0 &&
                   memcmp(got, x, (size_t)tensor_count(&t[i].t) * sizeof *x) == 0;
            if (good)
                memset(got, 0, (size_t)tensor_count(&t[i].t) * sizeof *x); /* ours to change */
        }
        good = good && reader_next(r, &f) == 0;
        reader_free(r);
    }
    check(good, "values are aligned and right wherever they lie, and may be changed in place");
}

/* Whoever writes may end at any time: what was written up to there must not be a whole stream. */
static void test_next_segment(void)
{
    struct bytes all = {0};
    int ends[2], whole = 0;
    char piece[4096];
    ssize_t n;
    struct writer *w;

    check(pipe2(ends, O_DIRECT) == 0, "a pipe that keeps writes apart");
    w = writer_new(ends[1], "pipe", "audio", NULL);
    check(writer_put(w, "a", NULL, NULL, 0) == 0 && writer_next(w, "audio", NULL) == 0 && writer_frames(w) == 0,
          "next");
    check(writer_put(w, "b", NULL, NULL, 0) == 0 && writer_put(w, "c", NULL, NULL, 0) == 0 && writer_end(w) == 0,
          "end");
    close(ends[1]);
    while ((n = read(ends[0], piece, sizeof piece)) > 0) {
        bytes_add(&all, piece, (size_t)n);
        whole += bytes_read(all.p, all.n) >= 0;
    }
    check(whole == 1 && bytes_read(all.p, all.n) == 3, "it is whole at its end, not between two segments");
    close(ends[0]);
    free(all.p);
}

static void test_concatenation(void)
{
    static const char *const names[] = {"clip-0", "clip-1", "clip-0", "clip-1", "clip-2"};
    struct bytes a = bytes_stream("audio", 2, 3000), b = bytes_stream("audio", 3, 8000), all = {0};
    struct bytes none = bytes_stream("audio", 0, 1), other = bytes_stream("latent", 1, 1);
    struct reader *r;
    const struct frame *f;
    uint64_t whole, parts;
    double rate = 0;
    int good = 1;

    bytes_add(&all, none.p, none.n);
    bytes_add(&all, a.p, a.n);
    bytes_add(&all, none.p, none.n);
    bytes_add(&all, b.p, b.n);
    bytes_add(&all, none.p, none.n);
    r = reader_new(bytes_fd(all.p, all.n), "bytes");
    good = reader_start(r, NULL) == 0 && reader_segment(r) == 0;
    for (int i = 0; i < 5; i++) {
        good = good && reader_next(r, &f) == 1 && meta_get_real(reader_meta(r), "rate", &rate);
        good = good && reader_segment(r) == (i < 2 ? 1 : 3) && fabs(rate - (i < 2 ? 3000 : 8000)) < 1;
        good = good && strcmp(f->name, names[i]) == 0;
    }
    check(good, "segments come one after the other, each with its meta");
    check(reader_next(r, &f) == 0 && reader_frames(r) == 5 && reader_segment(r) == 4, "and end together");
    whole = reader_digest(r);
    reader_free(r);
    all.n = 0;
    bytes_add(&all, a.p, a.n);
    bytes_add(&all, b.p, b.n);
    check(bytes_read_kinds(all.p, all.n, NULL, &parts) == 5 && parts == whole, "the digest is of frames, not segments");
    check(bytes_read_kinds(a.p, a.n, NULL, &parts) == 2 && parts != whole, "and differs for other frames");
    bytes_add(&all, other.p, other.n);
    check(bytes_read(all.p, all.n) == -1 && says("two kinds"), "%s", error_text());
    all.n = 0;
    bytes_add(&all, a.p, a.n);
    ADD(&all, "x");
    check(bytes_read(all.p, all.n) == -1 && says("after the tail"), "%s", error_text());
    all.n = a.n;
    ADD(&all, "\x81\xa2"
              "cv\xa4tail");
    check(bytes_read(all.p, all.n) == -1, "%s", error_text());
    check(bytes_read(none.p, none.n) == 0, "no frames are a stream too");
    free(a.p);
    free(b.p);
    free(none.p);
    free(other.p);
    free(all.p);
}

/* As a Python program might write it: other key order, keys as str, old
 * widths, unknown keys, extension types, no checksum, no meta. */
static void test_foreign(void)
{
    static const float wanted[2] = {1.5f, -2};
    struct bytes b = {0};
    struct reader *r;
    const struct frame *f;
    const struct tensor *t = NULL;

    ADD(&b, FOREIGN_HEAD);
    ADD(&b, "\xde\x00\x05\xa7tensors\x81\xc4\x05"
            "audio");
    ADD(&b, "\x86\xa4"
            "data\xc6\x00\x00\x00\x08\x00\x00\xc0\x3f\x00\x00\x00\xc0");
    ADD(&b, "\xa5shape\xdc\x00\x02\xcc\x01\xcd\x00\x02\xc4\x04type\xc4\x03<f4\xa5other\xc0\xa2nd\xc3"
            "\xa4kind\xa0");
    ADD(&b, "\xa4name\xd9\x02hi\xa4time\xc7\x03\x01xyz\xa4"
            "flag\xc3\xa2"
            "cv\xa5"
            "frame");
    ADD(&b, "\x82\xa6"
            "frames\xd3\x00\x00\x00\x00\x00\x00\x00\x01\xa2"
            "cv\xa4tail");
    r = reader_new(bytes_fd(b.p, b.n), "bytes");
    check(reader_start(r, (const char *const[]){"audio", NULL}) == 0, "a foreign head (%s)", error_text());
    check(reader_next(r, &f) == 1 && strcmp(f->name, "hi") == 0 && f->meta->count == 0, "its frame (%s)", error_text());
    if (f)
        t = frame_get(f, "audio");
    check(t && t->rank == 2 && t->shape[0] == 1 && t->shape[1] == 2, "its shape");
    check(t && memcmp(t->data, wanted, sizeof wanted) == 0, "its values");
    check(reader_next(r, &f) == 0, "its tail without a checksum (%s)", error_text());
    reader_free(r);
    free(b.p);
}

/* Names that are not UTF-8 are made so: every MessagePack reader takes them. */
static void test_names(void)
{
    int fd = bytes_fd("", 0);
    struct writer *w = writer_new(fd, "bytes", "audio", NULL);
    struct reader *r;
    const struct frame *f;

    writer_put(w, "caf\xe9.wav", NULL, NULL, 0);
    writer_end(w);
    lseek(fd, 0, SEEK_SET);
    r = reader_new(fd, "bytes");
    check(reader_start(r, NULL) == 0 && reader_next(r, &f) == 1 && strcmp(f->name, "caf\xef\xbf\xbd.wav") == 0,
          "a Latin-1 name");
    reader_free(r);
}

struct feed {
    struct bytes bytes;
    int fd;
    size_t step;
};

static void *feed_main(void *arg)
{
    struct feed *f = arg;

    for (size_t at = 0; at < f->bytes.n; at += f->step) {
        size_t n = f->bytes.n - at < f->step ? f->bytes.n - at : f->step;

        if (write(f->fd, f->bytes.p + at, n) != (ssize_t)n)
            break;
    }
    close(f->fd);
    return NULL;
}

/* Bytes that come in pieces of any size, through a pipe. */
static void test_pieces(void)
{
    static const size_t steps[] = {1, 2, 3, 7, 64, 1000};
    struct bytes b = bytes_stream("audio", 50, 3000);
    uint64_t wanted;

    bytes_read_kinds(b.p, b.n, NULL, &wanted);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct feed feed = {b, -1, steps[i]};
        pthread_t thread;
        struct reader *r;
        const struct frame *f;
        int ends[2], status;

        if (pipe(ends) < 0)
            return;
        feed.fd = ends[1];
        pthread_create(&thread, NULL, feed_main, &feed);
        r = reader_new(ends[0], "pipe");
        status = reader_start(r, NULL);
        while (status == 0 && reader_next(r, &f) == 1)
            ;
        check(status == 0 && reader_frames(r) == 50 && reader_digest(r) == wanted, "pieces of %zu bytes", steps[i]);
        reader_free(r);
        pthread_join(thread, NULL);
    }
    free(b.p);
}

/* Large frames through a pipe that does not block on either end. */
static void *write_main(void *arg)
{
    static float x[300000];
    struct frame_tensor t = {"x", tensor_view(x, 1, (int64_t[]){300000})};
    int fd = *(int *)arg;
    struct writer *w = writer_new(fd, "pipe", "audio", NULL);

    for (int i = 0; i < 20; i++) {
        x[0] = (float)i;
        writer_put(w, "big", NULL, &t, 1);
    }
    writer_end(w);
    close(fd);
    return NULL;
}

static void test_nonblocking(void)
{
    pthread_t thread;
    struct reader *r;
    const struct frame *f;
    int ends[2], good = 1;

    if (pipe2(ends, O_NONBLOCK) < 0)
        return;
    pthread_create(&thread, NULL, write_main, &ends[1]);
    r = reader_new(ends[0], "pipe");
    good = reader_start(r, NULL) == 0;
    for (int i = 0; i < 20; i++)
        good = good && reader_next(r, &f) == 1 && fabsf(f->tensors[0].t.data[0] - (float)i) < 0.5f;
    check(good && reader_next(r, &f) == 0, "large frames through a pipe that does not block");
    reader_free(r);
    pthread_join(thread, NULL);
}

int main(void)
{
    test_round_trip();
    test_alignment();
    test_next_segment();
    test_concatenation();
    test_foreign();
    test_names();
    test_pieces();
    test_nonblocking();
    return check_done();
}

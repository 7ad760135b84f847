/* Streams cut, flipped and forged: all are refused, in bounded memory. */
#include <sys/resource.h>

#include "bytes.h"
#include "check.h"

/* Two segments with all that the writer can write. */
static struct bytes sample(void)
{
    struct meta *meta = meta_map(), *list = meta_list();
    float x[] = {1, -2.5f, 1e-3f, 0};
    struct frame_tensor t[] = {{"audio", tensor_view(x, 2, (int64_t[]){2, 2})}, {"s", tensor_view(x, 0, NULL)}};
    int fd = bytes_fd("", 0);
    struct bytes b;

    meta_append(list, meta_int(70000));
    meta_append(list, meta_real(0.5));
    meta_append(list, meta_bool(true));
    meta_append(list, meta_nil());
    meta_set(meta, "rate", meta_int(3000));
    meta_set(meta, "list", list);
    for (int segment = 0; segment < 2; segment++) {
        struct writer *w = writer_new(fd, "bytes", "audio", meta);

        writer_put(w, "clip.00001", meta, t, 2);
        writer_put(w, "clip.00002", NULL, t, 1);
        writer_part(w, "clip.00003", meta, t, 1);
        writer_put(w, "clip.00003", NULL, t, 1);
        writer_end(w);
    }
    b = bytes_of(fd);
    close(fd);
    meta_free(meta);
    return b;
}

static void test_cut(const struct bytes *b)
{
    size_t bad = 0, segment = b->n / 2;

    for (size_t n = 0; n < b->n; n++)
        if (n != segment && bytes_read(b->p, n) != -1)
            bad++;
    check(bad == 0, "cut at each of %zu bytes: refused", b->n);
    check(bytes_read(b->p, segment) == 3, "the first of two equal segments alone is whole");
    check(bytes_read(b->p, b->n) == 6, "and so are both");
    bytes_read(b->p, b->n - 1);
    check(says("ended in the middle of the tail"), "%s", error_text());
    bytes_read(b->p, segment + 100);
    check(says("ended in the middle of frame 4"), "%s", error_text());
    bytes_read(b->p, b->n - 60);
    check(says("ended in the middle of part 2 of frame 6"), "%s", error_text());
    bytes_read(b->p, segment + 20);
    check(says("ended in the middle of the head of segment 2"), "%s", error_text());
    bytes_read(b->p, 20);
    check(says("ended in the middle of the head"), "%s", error_text());
}

static void test_flips(struct bytes *b)
{
    size_t accepted = 0;

    for (size_t i = 0; i < b->n; i++)
        for (int bit = 0; bit < 8; bit++) {
            b->p[i] ^= (unsigned char)(1 << bit);
            if (bytes_read(b->p, b->n) != -1) {
                accepted++;
                printf("# byte %zu bit %d is accepted\n", i, bit);
            }
            b->p[i] ^= (unsigned char)(1 << bit);
        }
    check(accepted == 0, "each of %zu bits flipped: refused", 8 * b->n);
}

/* Two bytes exchanged, one lost, one too many, anywhere. */
static void test_edits(const struct bytes *b)
{
    unsigned char *p = mem_alloc(b->n + 1);
    size_t accepted = 0;

    for (size_t i = 0; i + 1 < b->n; i++) {
        memcpy(p, b->p, b->n);
        p[i] = b->p[i + 1];
        p[i + 1] = b->p[i];
        accepted += p[i] != p[i + 1] && bytes_read(p, b->n) != -1;
        memcpy(p, b->p, i);
        memcpy(p + i, b->p + i + 1, b->n - i - 1);
        accepted += bytes_read(p, b->n - 1) != -1;
        memcpy(p + i + 1, b->p + i, b->n - i);
        p[i] = 'c';
        accepted += bytes_read(p, b->n + 1) != -1;
    }
    check(accepted == 0, "bytes exchanged, lost and added: refused");
    free(p);
}

static long memory_peak(void) /* kB */
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

struct forged {
    const char *what, *says, *bytes;
    size_t n;
};

#define CASE(what, says, literal) \
    { \
        what, says, literal, sizeof literal - 1 \
    }
#define FRAME \
    "\x84\xa2" \
    "cv\xa5" \
    "frame\xa4name\xa1x\xa4meta\x80\xa7tensors"
#define LARGE "\xce\xff\xff\xff\xff"
#define DEEP "\x81\xa1x"
#define TENSOR FRAME "\x81\xa1x\x84\xa2nd\xc3\xa4type\xa3<f4\xa5shape"

/* Sizes that are declared but do not come. */
static void test_forged(void)
{
    static const struct forged cases[] = {
        CASE("a map of 4 G entries", "4294967295 entries",
             "\xdf\xff\xff\xff\xff\xa2"
             "cv\xa4head"),
        CASE("a map of 65537 entries", "65537 entries",
             "\xdf\x00\x01\x00\x01\xa2"
             "cv\xa4head"),
        CASE("an array of 4 G entries", "4294967295 entries", FOREIGN_HEAD FRAME "\xdd\xff\xff\xff\xff"),
        CASE("a text of 4 GB", "4294967295 bytes",
             "\x81\xdb\xff\xff\xff\xff"
             "cvcvcvcvcvcvcv"),
        CASE("an extension of 4 GB", "4294967295 bytes", FOREIGN_HEAD "\x81\xc9\xff\xff\xff\xff\x01"),
        CASE("a bin of 4 GB", "frame 1",
             FOREIGN_HEAD TENSOR "\x91\xce\x3f\xff\xff\xff\xa4"
                                 "data\xc6\xff\xff\xff\xfc"
                                 "0123"),
        CASE("a bin of 4 GB in the head", "head",
             "\x81\xa2"
             "cv\xc6\xff\xff\xff\xff"
             "0123456789abcdef"),
        CASE("17 maps deep", "16 deep",
             DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP DEEP "\x80"),
        CASE("10 dimensions of 2^32", "at most 8",
             FOREIGN_HEAD TENSOR "\x9a" LARGE LARGE LARGE LARGE LARGE LARGE LARGE LARGE LARGE LARGE "\xa4"
                                 "data\xc4\x00"),
    };
    long before = memory_peak();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(bytes_read(cases[i].bytes, cases[i].n) == -1 && says(cases[i].says), "%s: %s", cases[i].what,
              error_text());
    check(memory_peak() - before < 64 << 10, "%ld kB of memory for all", memory_peak() - before);
}

/* Sizes that do come, too many of them. */
static void test_flood(void)
{
    struct bytes b = {0};
    long before = memory_peak();

    ADD(&b, FOREIGN_HEAD "\x81\xdc\xff\xff");
    for (int i = 0; i < 65535; i++)
        ADD(&b, "\xdc\x00\x20"
                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    check(bytes_read(b.p, b.n) == -1 && says("1000000 values"), "%s", error_text());
    b.n = 0;
    ADD(&b, FOREIGN_HEAD "\x81\xa1x\xdc\xff\xff");
    for (int i = 0; i < 80; i++) {
        static char text[1 << 20];

        ADD(&b, "\xdb\x00\x10\x00\x00");
        bytes_add(&b, text, sizeof text);
    }
    check(bytes_read(b.p, b.n) == -1 && says("bytes of description"), "%s", error_text());
    b.n = 0;
    ADD(&b, "\x84\xa2"
            "cv\xa4head\xa7version\x01\xa4kind\xa5"
            "audio\xa4meta\xde\xff\xff");
    for (int i = 0; i < 65535; i++) {
        char key[10];

        bytes_add(&b, key, (size_t)snprintf(key, sizeof key, "\xa5%05d%c", i, 1));
    }
    check(bytes_read(b.p, b.n) == -1 && says("65535 keys"), "%s", error_text());
#ifndef __SANITIZE_ADDRESS__ /* which keeps freed memory */
    check(memory_peak() - before < 600 << 10, "%ld kB of memory for all", memory_peak() - before);
#else
    (void)before;
#endif
    free(b.p);
}

/* Bytes from nowhere, after a good head: refused or cut, never a crash. */
static void test_noise(void)
{
    uint64_t state = 1;
    int accepted = 0;

    for (int run = 0; run < 20000; run++) {
        struct bytes b = {0};

        ADD(&b, FOREIGN_HEAD FRAME);
        for (int i = 0; i < 60; i++) {
            unsigned char c;

            state = state * 6364136223846793005u + 1442695040888963407u;
            c = (unsigned char)(state >> 56);
            bytes_add(&b, &c, 1);
        }
        accepted += bytes_read(b.p, b.n) != -1;
        free(b.p);
    }
    check(accepted == 0, "noise is refused");
}

int main(void)
{
    struct bytes b = sample();

    test_forged();
    test_cut(&b);
    test_flips(&b);
    test_edits(&b);
    test_flood();
    test_noise();
    free(b.p);
    return check_done();
}

/* Fuzz target: the stream reader, descriptions, and what the writer makes of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "base/error.h"
#include "base/text.h"
#include "io/stream.h"

struct seen {
    int status;
    int64_t frames, segments;
    uint64_t digest;
    double sum;
    int utf8; /* all names are */
};

static int is_utf8(const char *p)
{
    while (*p) {
        int step = text_character(p);

        if (step == 0)
            return 0;
        p += step;
    }
    return 1;
}

/* JSON of what came is one line of text. */
static void check_json(const struct meta *m)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    struct meta *copy = meta_copy(m);

    FUZZ_HOLDS(meta_equal(m, copy) || n == 0); /* a NaN is not itself */
    meta_free(copy);
    meta_json(f, m);
    FUZZ_HOLDS(fclose(f) == 0);
    for (size_t i = 0; i < n; i++)
        FUZZ_HOLDS((unsigned char)text[i] >= 0x20);
    FUZZ_HOLDS(is_utf8(text) && strlen(text) == n);
    free(text);
}

static struct seen read_all(const uint8_t *data, size_t size, size_t piece, const char *const *kinds, int wild,
                            struct writer **to)
{
    struct reader *r = reader_new(fuzz_input(data, size, piece), "input");
    struct seen s = {.utf8 = 1};
    const struct frame *f;

    if (wild)
        reader_allow_nonfinite(r);
    s.status = reader_start(r, kinds);
    if (s.status == 0 && to) {
        *to = writer_new(FUZZ_OUT, "output", reader_kind(r), reader_meta(r));
        check_json(reader_meta(r));
    }
    while (s.status == 0 && (s.status = reader_next(r, &f)) > 0) {
        s.status = 0;
        s.frames++;
        s.utf8 &= is_utf8(f->name);
        for (size_t i = 0; i < f->count; i++) {
            const struct frame_tensor *t = &f->tensors[i];

            s.utf8 &= is_utf8(t->name);
            FUZZ_HOLDS(frame_get(f, t->name) == &t->t);
            for (int64_t k = 0; k < tensor_count(&t->t); k++)
                s.sum += wild ? 1 : (double)t->t.data[k];
        }
        if (to) {
            check_json(f->meta);
            if (*to && writer_put(*to, f->name, f->meta, f->tensors, f->count)) {
                writer_abandon(*to);
                *to = NULL;
            }
        }
    }
    FUZZ_HOLDS(s.status < 0 || s.sum - s.sum == 0);
    FUZZ_HOLDS(s.status == 0 || strlen(error_text()) > 0);
    if (s.status < 0 && reader_kind(r)) /* it does not recover */
        FUZZ_HOLDS(reader_next(r, &f) == -1 && f == NULL);
    s.segments = reader_segment(r) + 1;
    s.digest = reader_digest(r);
    reader_free(r);
    return s;
}

/* Part by part: fails or not as joined, and has as many clips; only what is too large to join may be read. */
static void read_parts(const uint8_t *data, size_t size, const struct seen *joined)
{
    struct reader *r = reader_new(fuzz_input(data, size, 0), "input");
    const struct frame *f;
    int64_t clips = 0;
    bool open = false;
    int status;

    reader_parts(r);
    reader_allow_nonfinite(r);
    status = reader_start(r, NULL);
    while (status == 0 && (status = reader_next(r, &f)) > 0) {
        status = 0;
        FUZZ_HOLDS(f->follows == open);
        open = f->part;
        clips += !f->part;
    }
    FUZZ_HOLDS(status < 0 || !open);
    FUZZ_HOLDS(joined->status < 0 || (status == 0 && clips == joined->frames));
    reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const audio[] = {"audio", NULL}, *const two[] = {"latent", "noise", NULL},
                             *const model[] = {"model", NULL};
    static const char *const *const kinds[] = {NULL, NULL, NULL, NULL, NULL, audio, two, model};
    uint64_t h = fuzz_hash(data, size);
    struct writer *w = NULL;
    struct seen a, b;
    const uint8_t *again;
    size_t n;

    fuzz_output_clear();
    a = read_all(data, size, 0, kinds[h & 7], h & 8 ? 1 : 0, h & 16 ? &w : NULL);
    if (w && a.status < 0) {
        writer_abandon(w);
    } else if (w) { /* what was read can be written, and is then the same */
        FUZZ_HOLDS(writer_end(w) == 0);
        again = fuzz_output(&n);
        b = read_all(again, n, 0, NULL, 1, NULL);
        FUZZ_HOLDS(b.status == 0 && b.frames == a.frames);
        FUZZ_HOLDS(!a.utf8 || b.digest == a.digest);
    }
    if (h & 64)
        read_parts(data, size, &a);
    if (h & 32) { /* it does not matter in which pieces it comes */
        b = read_all(data, size, 1 + (h >> 8) % 61, kinds[h & 7], h & 8 ? 1 : 0, NULL);
        FUZZ_HOLDS(a.status == b.status && a.frames == b.frames && a.segments == b.segments);
        FUZZ_HOLDS(a.digest == b.digest);
    }
    return 0;
}

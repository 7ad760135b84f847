/* Runs reference vectors through the library: whole small networks, their gradients and training steps.
 * Usage: check-vectors FILE... */
#include "vectors.h"
#include "vectors-notebook.h"
#include "vectors-spectral.h"

/* All frames of one segment, which belong together. */
static void segment_check(const char *file, const struct meta *meta, struct kept *frames, size_t count)
{
    const char *what = "";
    struct verdict v;

    meta_get_text(meta, "what", &what);
    if (!strcmp(what, "notebook network"))
        notebook_check(file, meta, frames, count);
    else if (!strcmp(what, "spectral network"))
        spectral_check(file, meta, frames, count);
    else {
        v = verdict_new(file, what);
        verdict_fail(&v, "is not known");
        verdict_end(&v);
    }
    for (size_t i = 0; i < count; i++)
        kept_free(&frames[i]);
}

static int file_read(const char *file)
{
    struct reader *r = reader_open(file, (const char *const[]){"vectors", NULL});
    struct meta *meta = NULL;
    struct kept *frames = NULL;
    const struct frame *f;
    size_t count = 0;
    int64_t segment = 0;
    int got = -1;

    if (r)
        while ((got = reader_next(r, &f)) == 1) {
            if (reader_segment(r) != segment) {
                segment_check(file, meta, frames, count);
                count = 0;
                segment = reader_segment(r);
                meta_free(meta);
                meta = NULL;
            }
            if (!meta)
                meta = meta_copy(reader_meta(r));
            frames = mem_grow(frames, count + 1, sizeof *frames);
            frames[count++] = kept_copy(f);
        }
    segment_check(file, meta, frames, count);
    free(frames);
    meta_free(meta);
    reader_free(r);
    return got;
}

int main(int argc, char **argv)
{
    bool good = true;

    if (argc < 2) {
        fprintf(stderr, "usage: check-vectors FILE...\n");
        return 2;
    }
    printf("errors are max |a - b| / (max |b| + %.0e)\n", VECTORS_TINY);
    for (int i = 1; i < argc; i++) {
        int before = verdicts;

        if (file_read(argv[i]) < 0) {
            printf("not ok %s: %s\n", argv[i], error_text());
            good = false;
        } else if (verdicts == before) {
            printf("not ok %s: holds no cases\n", argv[i]);
            good = false;
        }
    }
    printf("%d cases, %d failed, worst error %.2g of its limit\n", verdicts, verdicts_failed, verdicts_worst);
    return !good || verdicts_failed > 0 || verdicts == 0 || fflush(stdout) != 0;
}

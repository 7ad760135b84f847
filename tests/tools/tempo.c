/* Prints the tempo of every clip of audio streams: tempo STREAM ..., one line each:
 *   NAME BPM PERIOD PHASE        (0 0 0 where there is no steady beat) */
#include <stdio.h>

#include "base/error.h"
#include "dsp/tempo.h"
#include "io/stream.h"

static int tempo_print(const struct reader *r, const struct frame *f)
{
    const struct tensor *a = frame_get(f, "audio");
    struct tempo t;
    double rate = 0;

    if (!meta_get_real(f->meta, "rate", &rate))
        meta_get_real(reader_meta(r), "rate", &rate);
    if (a == NULL || a->rank != 2 || a->shape[0] != 1 || rate <= 0) {
        fprintf(stderr, "tempo: %s: not a clip of one channel\n", f->name);
        return -1;
    }
    if (!tempo_find(a->data, 1, a->shape[1], a->shape[1], rate, &t))
        t.period = t.phase = 0;
    printf("%s %.3f %.6f %.4f\n", f->name, t.period > 0 ? 60 / t.period : 0, t.period, t.phase);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"audio", NULL};

    for (int i = 1; i < argc; i++) {
        struct reader *r = reader_open(argv[i], kinds);
        const struct frame *f;
        int more = -1;

        if (r != NULL)
            while ((more = reader_next(r, &f)) > 0)
                if (tempo_print(r, f) < 0)
                    return 1;
        reader_free(r);
        if (more < 0) {
            fprintf(stderr, "tempo: %s\n", error_text());
            return 1;
        }
    }
    return fflush(stdout) != 0;
}

/* values TENSOR [FRAME] < STREAM: the values of that tensor, of every frame of a stream of any kind or of those of
 * that name, one a line. */
#include <stdio.h>
#include <string.h>

#include "io/stream.h"

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"audio", "latent", "noise", "model", "vectors", NULL};
    struct reader *r = reader_open("-", kinds);
    const struct frame *f;
    int got;

    if (argc < 2 || argc > 3 || !r)
        return 1;
    while ((got = reader_next(r, &f)) > 0) {
        const struct tensor *t = argc == 3 && strcmp(f->name, argv[2]) ? NULL : frame_get(f, argv[1]);

        for (int64_t i = 0; t && i < tensor_count(t); i++)
            printf("%.9g\n", (double)t->data[i]);
    }
    reader_free(r);
    return got < 0;
}

/* levels MODEL < LATENTS: the standardised levels that the network 'spectral' decodes the z of each frame to, one a line. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "io/stream.h"
#include "model/chunks.h"
#include "model/file.h"

static int fail(void)
{
    fprintf(stderr, "levels: %s\n", error_text());
    return 1;
}

static void decode(const struct model *m, const struct tensor *t)
{
    int rows = (int)t->shape[1];
    struct spectral_graph g = spectral_build(&m->spectral, SPECTRAL_DECODER, m->params, 1, rows, NULL);

    net_plan(g.net, 0, false);
    chunks_turn(t->data, t->shape[0], rows, g.z->y);
    net_forward(g.net);
    for (size_t i = 0; i < node_count(g.out); i++)
        printf("%.9g\n", (double)g.out->y[i]);
    net_free(g.net);
}

int main(int argc, char **argv)
{
    struct reader *r = reader_open("-", (const char *const[]){"latent", NULL}), *file;
    const struct frame *f;
    struct spectral_graph g;
    struct model m;

    file = argc == 2 && r ? model_open(&m, argv[1]) : NULL;
    if (!file)
        return fail();
    g = spectral_build(&m.spectral, SPECTRAL_DECODER, m.params, 1, 1, NULL);
    if (model_fill(&m, file, argv[1], g.net))
        return fail();
    while (reader_next(r, &f) > 0)
        decode(&m, frame_get(f, "z"));
    net_free(g.net);
    reader_free(r);
    model_free(&m);
    return 0;
}

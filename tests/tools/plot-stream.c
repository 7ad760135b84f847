/* Makes streams for the tests of cv-plot, on standard output:
 *   plot-stream [-k audio|latent|noise|mean] [-r HZ] [-c CHANNELS] [-b] [-n NETWORK] [-v LOGVAR] ITEM...
 * Audio items are NAME:SAMPLES:WAVE:AMPLITUDE[:OFFSET], WAVE one of square,
 * constant, noise, or toneN: a sine of N / 16 cycles a sample. Others are
 * NAME:X,Y,... with /X,Y,... for each further time and NAME@TRACK where the
 * track is known; mean: latents with mean X,Y, another z, and a logvar. -b: all
 * clips in one batch frame. -r 0: no rate. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/stream.h"

static const char *kind = "audio";
static int64_t channels = 1;
static bool batch;
static double logvar = -20;

static double wave_at(const char *wave, int64_t i, uint32_t random)
{
    if (strcmp(wave, "constant") == 0)
        return 1;
    if (strncmp(wave, "tone", 4) == 0)
        return sin(M_PI / 8 * (double)i * atof(wave + 4));
    if (strcmp(wave, "square") == 0)
        return i / 3 % 2 ? 1 : -1;
    return random / 2147483648.0 - 1;
}

static float *wave_make(const char *wave, int64_t samples, double amplitude, double offset)
{
    float *x = mem_floats((size_t)(samples * channels));
    uint32_t state = 1;

    for (int64_t i = 0; i < samples * channels; i++) {
        state = state * 1664525 + 1013904223;
        x[i] = (float)(offset + amplitude * wave_at(wave, i, state));
    }
    return x;
}

/* Text from *at up to a mark, which is stepped over. */
static char *part(char **at, const char *mark)
{
    char *start = *at;

    *at += strcspn(*at, mark);
    if (**at != '\0')
        *(*at)++ = '\0';
    return start;
}

static int audio_put(struct writer *w, char **items, int count)
{
    struct meta *meta = meta_map(), *names = meta_list();
    float *all = NULL;
    int64_t samples = 0;

    for (int i = 0; i < count; i++) {
        char *at = items[i], *name = part(&at, ":"), *wave;
        double amplitude;
        float *x;

        samples = atoll(part(&at, ":"));
        wave = part(&at, ":");
        amplitude = atof(part(&at, ":"));
        x = wave_make(wave, samples, amplitude, atof(at));
        if (batch) {
            size_t size = (size_t)(channels * samples);

            all = mem_grow(all, (size_t)(i + 1) * size, sizeof *all);
            memcpy(all + (size_t)i * size, x, size * sizeof *all);
            meta_append(names, meta_text(name));
        } else {
            struct frame_tensor t = {"audio", tensor_view(x, 2, (int64_t[]){channels, samples})};

            if (writer_put(w, name, NULL, &t, 1) != 0)
                return -1;
        }
        free(x);
    }
    meta_set(meta, "names", names);
    if (batch) {
        struct frame_tensor t = {"audio", tensor_view(all, 3, (int64_t[]){count, channels, samples})};

        if (writer_put(w, "batch-0000", meta, &t, 1) != 0)
            return -1;
    }
    free(all);
    meta_free(meta);
    return 0;
}

static int latent_put(struct writer *w, char **items, int count)
{
    for (int i = 0; i < count; i++) {
        char *at = items[i], *name = part(&at, ":"), *track = strchr(name, '@');
        struct meta *meta = meta_map();
        struct frame_tensor t[3];
        float x[64], y[64], v[64];
        int64_t times = 1, z, shape[2];

        for (const char *c = at; *c != '\0'; c++)
            times += *c == '/';
        for (z = 0; *at != '\0' && z < 64; z++)
            x[z] = (float)atof(part(&at, ",/"));
        shape[0] = z / times;
        shape[1] = times;
        for (int64_t d = 0; d < z; d++) { /* as they are written: time after time */
            y[d / shape[0] + d % shape[0] * times] = x[d];
            v[d] = (float)logvar;
        }
        memcpy(x, y, (size_t)z * sizeof *x);
        for (int64_t d = 0; d < z; d++)
            y[d] = x[d] + 1;
        if (track != NULL) {
            *track = '\0';
            meta_set(meta, "track", meta_text(track + 1));
        }
        t[0] = (struct frame_tensor){strcmp(kind, "latent") == 0 ? "z" : kind, tensor_view(x, 2, shape)};
        t[1] = (struct frame_tensor){"z", tensor_view(y, 2, shape)};
        t[2] = (struct frame_tensor){"logvar", tensor_view(v, 2, shape)};
        if (writer_put(w, name, meta, t, strcmp(kind, "mean") == 0 ? 3 : 1) != 0)
            return -1;
        meta_free(meta);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct meta *meta = meta_map();
    struct writer *w;
    double rate = 3000;
    int c, failed;

    while ((c = getopt(argc, argv, "k:r:c:bn:v:")) != -1)
        switch (c) {
        case 'k':
            kind = optarg;
            break;
        case 'r':
            rate = atof(optarg);
            break;
        case 'c':
            channels = atoll(optarg);
            break;
        case 'n':
            meta_set(meta, "network", meta_text(optarg));
            break;
        case 'v':
            logvar = atof(optarg);
            break;
        case 'b':
            batch = true;
            break;
        default:
            return 2;
        }
    if (rate != 0)
        meta_set(meta, "rate", meta_real(rate));
    w = writer_new(STDOUT_FILENO, "standard output", strcmp(kind, "mean") == 0 ? "latent" : kind, meta);
    if (w == NULL)
        return 1;
    failed = strcmp(kind, "audio") == 0 ? audio_put(w, argv + optind, argc - optind)
                                        : latent_put(w, argv + optind, argc - optind);
    meta_free(meta);
    return failed != 0 || writer_end(w) != 0;
}

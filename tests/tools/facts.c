/* Prints what tests look at: facts FILE ... for sound files, facts -s STREAM
 * ... for audio streams; one line per channel of each file or clip:
 *   NAME channel=C rate=R samples=N peak=P rms=R mean=M crossings=K [start=S]
 * Crossings are changes of sign, of at least a thousandth of the peak.
 * facts -x STREAM prints the bare floats; facts -d FILE FILE prints the largest
 * difference between the samples of two sound files. */
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/clip.h"

/* Facts of every stride-th of the values x[0..(n-1) stride]. */
static void print_facts(const char *name, int channel, double rate, const float *x, int64_t n, int64_t stride)
{
    double peak = 0, sum = 0, squares = 0;
    int64_t crossings = 0;
    int sign = 0;

    for (int64_t i = 0; i < n; i++) {
        double v = x[i * stride];

        peak = fmax(peak, fabs(v));
        sum += v;
        squares += v * v;
    }
    for (int64_t i = 0; i < n; i++) {
        double v = x[i * stride];

        if (fabs(v) <= peak / 1000)
            continue;
        crossings += sign != 0 && sign != (v > 0 ? 1 : -1);
        sign = v > 0 ? 1 : -1;
    }
    printf("%s channel=%d rate=%g samples=%lld peak=%.5f rms=%.5f mean=%.5f crossings=%lld", name, channel, rate,
           (long long)n, peak, n > 0 ? sqrt(squares / (double)n) : 0, n > 0 ? sum / (double)n : 0,
           (long long)crossings);
}

static float *read_sound(const char *path, SF_INFO *info)
{
    SNDFILE *file;
    float *x;

    memset(info, 0, sizeof *info);
    file = sf_open(path, SFM_READ, info);
    if (file == NULL) {
        fprintf(stderr, "facts: %s: %s\n", path, sf_strerror(NULL));
        exit(1);
    }
    x = calloc((size_t)(info->frames * info->channels) + 1, sizeof *x);
    if (x == NULL || sf_readf_float(file, x, info->frames) != info->frames) {
        fprintf(stderr, "facts: %s: ends early\n", path);
        exit(1);
    }
    sf_close(file);
    return x;
}

static void sound_facts(const char *path)
{
    const char *slash = strrchr(path, '/');
    SF_INFO info;
    float *x = read_sound(path, &info);

    for (int c = 0; c < info.channels; c++) {
        print_facts(slash != NULL ? slash + 1 : path, c, info.samplerate, x + c, info.frames, info.channels);
        putchar('\n');
    }
    free(x);
}

static void sound_difference(const char *one, const char *two)
{
    SF_INFO a, b;
    float *x = read_sound(one, &a), *y = read_sound(two, &b);
    double worst = 0;

    if (a.frames != b.frames || a.channels != b.channels) {
        fprintf(stderr, "facts: %s and %s are not of one shape\n", one, two);
        exit(1);
    }
    for (int64_t i = 0; i < a.frames * a.channels; i++)
        worst = fmax(worst, fabs(x[i] - y[i]));
    printf("%.8f\n", worst);
    free(x);
    free(y);
}

static void frame_facts(const struct reader *r, const struct frame *f, int bare)
{
    const struct tensor *t = frame_get(f, "audio");
    double rate = 0, start = 0;

    if (t == NULL || t->rank != 2)
        exit(1);
    if (bare) {
        fwrite(t->data, sizeof(float), (size_t)tensor_count(t), stdout);
        return;
    }
    if (!meta_get_real(f->meta, "rate", &rate))
        meta_get_real(reader_meta(r), "rate", &rate);
    meta_get_real(f->meta, "start", &start);
    for (int64_t c = 0; c < t->shape[0]; c++) {
        print_facts(f->name, (int)c, rate, t->data + c * t->shape[1], t->shape[1], 1);
        printf(" start=%g meta=", start);
        meta_json(stdout, f->meta);
        putchar('\n');
    }
}

static void stream_facts(const char *path, int bare)
{
    struct reader *r = clips_open(path);
    const struct frame *f;
    int more = -1;

    if (r != NULL)
        while ((more = reader_next(r, &f)) > 0)
            frame_facts(r, f, bare);
    if (more < 0) {
        fprintf(stderr, "facts: %s\n", error_text());
        exit(1);
    }
    reader_free(r);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0' ? argv[1] : "";

    if (strcmp(how, "-d") == 0 && argc == 4) {
        sound_difference(argv[2], argv[3]);
        return 0;
    }
    for (int i = 1 + (how[0] != '\0'); i < argc; i++)
        if (strcmp(how, "-s") == 0 || strcmp(how, "-x") == 0)
            stream_facts(argv[i], how[1] == 'x');
        else
            sound_facts(argv[i]);
    return fflush(stdout) != 0;
}

/* distance A B: msls and SC of the clips of stream B from those of A, means over the clips, then the mean rhythm of B. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/levels.h"
#include "dsp/recon.h"
#include "dsp/timbre.h"
#include "vae/dataset.h"

static const char *const kinds[] = {"audio", NULL};

static struct dataset load(const char *path)
{
    struct reader *r = reader_open(path);
    struct dataset d;

    if (!r || reader_start(r, kinds) || dataset_read(&d, r))
        exit(1);
    reader_free(r);
    return d;
}

int main(int argc, char **argv)
{
    struct dataset a, b;
    struct recon_meter *recon;
    struct timbre_meter *timbre;
    double msls = 0, sc = 0, rhythm = 0, n;

    if (argc != 3)
        return 2;
    a = load(argv[1]);
    b = load(argv[2]);
    n = (double)a.count;
    if (a.count != b.count)
        return 1;
    recon = recon_meter_new(a.rate);
    timbre = timbre_meter_new(a.rate);
    for (size_t i = 0; i < a.count; i++) {
        int64_t samples = a.clips[i].samples;
        struct recon r;

        if (b.clips[i].samples != samples)
            return 1;
        level_center(b.clips[i].data, 1, samples);
        r = recon_measure(recon, a.clips[i].data, b.clips[i].data, 1, samples);
        msls += r.msls / n;
        sc += r.sc / n;
        rhythm += timbre_measure(timbre, b.clips[i].data, 1, samples).rhythm / n;
    }
    printf("%.9g %.9g %.9g\n", msls, sc, rhythm);
    timbre_meter_free(timbre);
    recon_meter_free(recon);
    dataset_free(&b);
    dataset_free(&a);
    return 0;
}

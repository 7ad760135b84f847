/* What tests of figures read: the sounds of tests/figures and the figures expected of them. */
#ifndef TESTS_FIGURE_FILES_H
#define TESTS_FIGURE_FILES_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "base/error.h"
#include "base/mem.h"
#include "io/audio_read.h"

struct sound {
    float *x;
    int64_t samples;
    double rate;
};

__attribute__((unused)) static struct sound sound_read(const char *name)
{
    char *path = mem_format("tests/figures/%s.wav", name);
    struct audio *a = audio_open(path, 0, true, NULL, 0);
    struct sound s = {.x = mem_zero(100000, sizeof(float))};

    if (a) {
        s.samples = audio_read(a, s.x, 100000);
        s.rate = a->source_rate;
        audio_close(a);
    }
    if (s.samples <= 0) {
        printf("not ok %s: %s\n", path, error_text());
        exit(1);
    }
    free(path);
    return s;
}

/* The value in tests/figures/expected.tsv. */
__attribute__((unused)) static double expected(const char *name, const char *figure)
{
    char line[400], *key = mem_format("%s\t%s\t", name, figure);
    FILE *f = fopen("tests/figures/expected.tsv", "r");
    double value = NAN;

    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtod(line + strlen(key), NULL);
    if (f)
        fclose(f);
    if (isnan(value)) {
        printf("not ok no '%s' of %s in tests/figures/expected.tsv\n", figure, name);
        exit(1);
    }
    free(key);
    return value;
}

/* got within a share of 1e-4, or absolutely within slack, of what the file says. */
__attribute__((unused)) static void check_expected(const char *name, const char *figure, double got, double slack)
{
    double want = expected(name, figure);

    check(fabs(got - want) <= fmax(1e-4 * fabs(want), slack), "%s of %s: %.9g, expected %.9g", figure, name, got, want);
}

#endif

/* Offsets and channels that cancel, from the looks of a file. */
#include "io/audio_mix.h"

#include <math.h>
#include <string.h>

#include "check.h"

enum { N = 600, CHANNELS = 3 };

static float x[N * CHANNELS];
static unsigned state;

static float noise(void)
{
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 8388608.0f - 1;
}

/* Channels by these gains of one noise, with these offsets, of which the first is there in some of the looks only. */
static struct audio_mix *looked(const float *gains, const float *offsets, int from, int to)
{
    struct audio_mix *m = audio_mix_new(CHANNELS);

    state = 1;
    for (int k = 0; k < AUDIO_LOOKS; k++) {
        for (int i = 0; i < N; i++) {
            float r = noise();

            for (int c = 0; c < CHANNELS; c++)
                x[i * CHANNELS + c] = gains[c] * r + (c > 0 || (k >= from && k < to) ? offsets[c] : 0);
        }
        audio_mix_look(m, x, N);
    }
    audio_mix_decide(m);
    return m;
}

static void test(const char *name, const float *gains, const float *offsets, int looks, double offset, int only)
{
    struct audio_mix *m = looked(gains, offsets, 0, looks);
    float in[CHANNELS] = {.5f, .25f, -.25f}, out, sum = 0;

    check(fabs(m->offset - offset) < .005 && m->only == only, "%s: offset %.4f, channel %d", name, m->offset, m->only);
    audio_mix_apply(m, in, &out, 1);
    for (int c = 0; c < CHANNELS; c++)
        sum += in[c];
    check(fabsf(out - (only > 0 ? in[only - 1] : sum / CHANNELS)) < 1e-6f, "%s: the mix", name);
    audio_mix_free(m);
}

int main(void)
{
    const float none[CHANNELS] = {0, 0, 0};
    struct audio_mix *m;

    test("alike", (float[]){.2f, .2f, .2f}, none, AUDIO_LOOKS, 0, 0);
    test("one alone", (float[]){0, .2f, 0}, none, AUDIO_LOOKS, 0, 0);
    test("opposite", (float[]){.2f, -.21f, 0}, none, AUDIO_LOOKS, 0, 2);
    test("opposite, but below -80 dB", (float[]){5e-5f, -5e-5f, 0}, none, AUDIO_LOOKS, 0, 0);
    test("offset", (float[]){.2f, .2f, .2f}, (float[]){.1f, 0, -.05f}, AUDIO_LOOKS, .1, 0);
    test("offset in a few places", (float[]){.2f, .2f, .2f}, (float[]){.1f, 0, 0}, 3, 0, 0);
    test("a small one", (float[]){.2f, .2f, .2f}, (float[]){.005f, 0, 0}, AUDIO_LOOKS, 0, 0);
    m = audio_mix_new(2); /* too few looks to judge by */
    for (int i = 0; i < N; i++)
        x[i] = i % 2 ? -.3f : .3f;
    audio_mix_look(m, x, N / 2);
    audio_mix_look(m, x, 0);
    audio_mix_decide(m);
    check(m->only == 0 && fabs(m->offset) < 1e-9, "a short file is not judged");
    audio_mix_apply(m, x, x, N / 2);
    check(x[0] == .3f && x[1] == -.3f, "channels that are kept stay as they are");
    audio_mix_free(m);
    audio_mix_free(NULL);
    return check_done();
}

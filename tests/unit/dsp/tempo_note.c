/* Tempo and first beat of clicks in the meta of a clip. */
#include "dsp/tempo.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "check.h"

enum { RATE = 8000, SECONDS = 12, ROOM = RATE * SECONDS, THERE = RATE * 10 };

/* Noise of 20 ms every half second from .25 s on, [channels, ROOM], silence behind THERE. */
static float *clicks(int channels)
{
    float *x = mem_floats((size_t)(channels * ROOM));
    unsigned state = 1;

    for (int i = 0; i < THERE; i++) {
        state = state * 1664525u + 1013904223u;
        for (int c = 0; c < channels && (i + RATE / 4) % (RATE / 2) < RATE / 50; c++)
            x[c * ROOM + i] = (float)(state >> 8) / 16777216.0f - .5f;
    }
    return x;
}

static void test(const char *name, const float *x, int channels, double rate, double stated, double tempo, bool beat)
{
    struct meta *m = meta_map();
    double got = 0, at = -1;

    tempo_note(m, x, channels, ROOM, THERE, rate, stated);
    meta_get_real(m, "tempo", &got);
    meta_get_real(m, "beat", &at);
    check(fabs(got - tempo) < .01 * tempo + 1e-9 && (beat ? fabs(at - .25) < .03 : at < 0), "%s: %g, first beat %g",
          name, got, at);
    meta_free(m);
}

int main(void)
{
    float *mono = clicks(1), *stereo = clicks(2), *silence = mem_floats(ROOM);

    test("found", mono, 1, RATE, 0, 120, true);
    test("of two channels", stereo, 2, RATE, 0, 120, true);
    test("stated", mono, 1, RATE, 120, 120, true);
    test("stated, and there is no beat", silence, 1, RATE, 97, 97, false);
    test("none", silence, 1, RATE, 0, 0, false);
    test("a rate that does not do", mono, 1, 2999, 0, 0, false);
    test("that and stated", mono, 1, 2999, 97, 97, false);
    free(mono);
    free(stereo);
    free(silence);
    return check_done();
}

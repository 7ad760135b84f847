/* Random numbers: the known answers of Random123, and the distributions. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"

static void test_known(void)
{
    /* philox4x32 10 of kat_vectors, Random123 1.14 */
    static const struct {
        uint64_t block, stream, seed;
        uint32_t out[4];
    } known[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct rng r = rng_new(known[i].seed, known[i].stream);
        int good = 1;

        r.block = known[i].block;
        for (int j = 0; j < 4; j++)
            good = good && rng_word(&r) == known[i].out[j];
        check(good, "known answer %zu", i);
    }
}

static void test_streams(void)
{
    struct rng a = rng_new(123, 0), b = rng_new(123, 1), c = rng_new(123, 0), kept;
    int same = 0, again = 1;

    for (int i = 0; i < 1000; i++) {
        uint32_t x = rng_word(&a);

        same += x == rng_word(&b);
        again = again && x == rng_word(&c);
    }
    check(same < 3, "two streams of a seed differ");
    check(again, "the same seed and stream draw the same");
    kept = a;
    again = 1;
    for (int i = 0; i < 10; i++)
        again = again && rng_word(&a) == rng_word(&kept);
    check(again, "a copy goes on where the original was");
}

static void test_below(void)
{
    struct rng r = rng_new(5, 0);
    int seen[7] = {0}, good = 1, high = 0;

    for (int i = 0; i < 70000; i++) {
        uint64_t x = rng_below(&r, 7);

        if (x < 7)
            seen[x]++;
        else
            good = 0;
    }
    for (int i = 0; i < 7; i++)
        good = good && seen[i] > 9500 && seen[i] < 10500; /* 5 standard deviations are 463 */
    check(good, "below 7: all seven alike");
    check(rng_below(&r, 1) == 0, "below 1 is 0");
    for (int i = 0; i < 1000; i++)
        high += rng_below(&r, UINT64_MAX) > UINT64_MAX / 2;
    check(high > 400 && high < 600, "below 2^64 - 1: both halves");
}

static void test_uniform(void)
{
    struct rng r = rng_new(6, 0);
    double sum = 0;
    int good = 1;

    for (int i = 0; i < 100000; i++) {
        double x = rng_uniform(&r);

        good = good && x >= 0 && x < 1;
        sum += x;
    }
    check(good, "uniform on [0, 1)");
    check(fabs(sum / 1e5 - 0.5) < 0.005, "mean of uniform %.4f", sum / 1e5);
}

static void test_normal(void)
{
    enum { N = 200001 };
    static float x[N + 1];
    struct rng r = rng_new(7, 0), s = rng_new(7, 0);
    double m1 = 0, m2 = 0, m4 = 0, worst = 0;
    float y[3];

    x[N] = 42;
    rng_normal(&r, x, N);
    check(x[N] > 41.5f && x[N] < 42.5f, "an odd number of draws stays in its place");
    for (int i = 0; i < N; i++) {
        m1 += x[i];
        m2 += (double)x[i] * x[i];
        m4 += pow(x[i], 4);
    }
    check(fabs(m1 / N) < 0.012, "mean of normal %.4f", m1 / N);
    check(fabs(m2 / N - 1) < 0.02, "variance of normal %.4f", m2 / N);
    check(fabs(m4 / N - 3) < 0.15, "fourth moment of normal %.4f", m4 / N);
    rng_normal(&s, y, 3);
    check(memcmp(x, y, sizeof y) == 0, "the same seed draws the same normals");
    rng_normal(&s, NULL, 0);
    s = rng_new(7, 0);
    for (int i = 0; i + 1 < N; i += 2) {
        double radius = sqrt(-2 * log(((double)rng_word(&s) + 1) * 0x1p-32)), turn = (double)rng_word(&s) * 0x1p-32;

        worst = fmax(worst, fabs(x[i] - radius * cos(turn * 6.283185307179586)));
        worst = fmax(worst, fabs(x[i + 1] - radius * sin(turn * 6.283185307179586)));
    }
    check(worst < 1e-4, "normals are off by %.2g from Box and Muller's", worst);
}

static void test_shuffle(void)
{
    struct rng r = rng_new(8, 0);
    int first[5] = {0}, good = 1;

    for (int n = 0; n < 10000; n++) {
        size_t index[5] = {0, 1, 2, 3, 4};
        int seen = 0;

        rng_shuffle(&r, index, 5);
        for (int i = 0; i < 5; i++)
            seen |= 1 << index[i];
        good = good && seen == 31;
        first[index[0]]++;
    }
    check(good, "a shuffle is a permutation");
    for (int i = 0; i < 5; i++)
        check(first[i] > 1800 && first[i] < 2200, "%d comes first %d times of 10000", i, first[i]);
}

int main(void)
{
    test_known();
    test_streams();
    test_below();
    test_uniform();
    test_normal();
    test_shuffle();
    return check_done();
}

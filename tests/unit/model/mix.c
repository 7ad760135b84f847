/* Mixing: weights on arcs, sums, log variances, and the meta of a mix, by hand. */
#include "model/mix.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "check.h"

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

static struct tensor row(float *x, int64_t n)
{
    return tensor_view(x, 2, (int64_t[]){1, n});
}

static void test_arc(void)
{
    float a[] = {1, 0}, b[] = {0, 3}, c[] = {-2, 0}, none[] = {0, 0};
    struct tensor ta = row(a, 2), tb = row(b, 2), tc = row(c, 2), tn = row(none, 2), shorter = row(b, 1);
    double w[2];

    check(near(mix_angle(&ta, &tb), acos(0)) && near(mix_angle(&ta, &tc), acos(-1)) && near(mix_angle(&ta, &ta), 0),
          "a right angle, a half turn, none");
    check(near(mix_angle(&ta, &tn), 0) && near(mix_angle(&tn, &tb), 0), "no angle with nothing");
    check(near(mix_angle(&ta, &shorter), 0), "over the frames that both have");
    mix_arc(acos(0), 1.0 / 3, w);
    check(near(w[0], sqrt(0.75)) && near(w[1], 0.5), "a third of a right angle: %g %g", w[0], w[1]);
    for (double angle = 0.1; angle < 3.1; angle += 0.5)
        for (double t = 0; t <= 1; t += 0.25) {
            mix_arc(angle, t, w);
            check(near(w[0] * w[0] + w[1] * w[1] + 2 * w[0] * w[1] * cos(angle), 1), "the length stays, %g at %g",
                  angle, t);
        }
    mix_arc(0, 0.25, w);
    check(near(w[0], 0.75) && near(w[1], 0.25), "straight where there is no arc");
    mix_arc(acos(-1), 0.25, w);
    check(near(w[0], 0.75) && near(w[1], 0.25), "and where there are many");
}

/* Adds x and y with weights 2 and -1, both steady, and takes the sum times scale. */
static int64_t sum_of(struct tensor x, struct tensor y, bool log, bool pad, double scale, float *out)
{
    static const double w[] = {2, -1};
    struct mix_sum s;

    mix_begin(&s, 1, x.shape[1], log, pad);
    mix_add(&s, &x, &w[0], 0);
    mix_add(&s, &y, &w[1], 0);
    if (mix_take(&s, scale, out))
        s.frames = -1;
    mix_end(&s);
    return s.frames;
}

static void test_sums(void)
{
    float a[] = {1, 2, 3}, b[] = {10, 20}, huge[] = {3e38f}, out[3], v[] = {0}, u[] = {1};

    check(sum_of(row(a, 3), row(b, 2), false, false, 1, out) == 2 && near((double)out[0], -8) &&
              near((double)out[1], -16),
          "cut to the shorter");
    check(sum_of(row(b, 2), row(a, 3), false, true, 0.5, out) == 3 && near((double)out[0], 9.5) &&
              near((double)out[2], -1.5),
          "padded with zeros, and scaled");
    check(sum_of(row(huge, 1), row(b, 1), false, false, 1, out) == -1, "too large: %s", error_text());
    check(sum_of(row(v, 1), row(u, 1), true, false, 1, out) == 1 && near((double)out[0], log(4 + exp(1))),
          "log variances of draws: log(2^2 e^0 + 1^2 e^1)");
}

/* Those of a clip, in this order; what is below 0 is not said. */
static struct meta *facts(double samples, double level, double tempo, double beat)
{
    static const char *const keys[] = {"level", "tempo", "beat"};
    const double values[] = {level, tempo, beat};
    struct meta *m = meta_map();

    meta_set(m, "track", meta_text("t"));
    if (samples >= 0)
        meta_set(m, "samples", meta_int((int64_t)samples));
    for (int i = 0; i < 3; i++)
        if (values[i] >= 0)
            meta_set(m, keys[i], meta_real(values[i]));
    return m;
}

static double real_of(const struct meta *m, const char *key)
{
    double x = -1;

    meta_get_real(m, key, &x);
    return x;
}

static void test_meta(void)
{
    struct meta *of[] = {facts(1000, 0.1, 120, 0.25), facts(4000, 0.4, 120, 0.25), facts(-1, -3, -1, -1),
                         facts(10, 0.5, -1, -1)};
    const double half[] = {0.5, 0.5}, whole[] = {1, 0};
    struct meta *m = mix_meta(of, half, 2, false, false), *longest = mix_meta(of, half, 2, true, true);
    struct meta *first = mix_meta(of, whole, 2, true, false), *partly = mix_meta(of + 1, half, 2, false, false);

    check(near(real_of(m, "samples"), 1000) && near(real_of(m, "level"), 0.2) && near(real_of(m, "tempo"), 120),
          "the shortest, and means of level and tempo");
    check(near(real_of(longest, "samples"), 4000) && near(real_of(longest, "tempo"), 120) &&
              near(real_of(longest, "beat"), 0.25),
          "the longest; of one tempo and beat, these");
    check(near(real_of(first, "level"), 0.1), "what has no weight does not count");
    check(near(real_of(partly, "samples"), -1) && near(real_of(partly, "level"), 0.4), "what one clip does not say");
    check(meta_get(m, "track") != NULL, "what all agree on stays");
    of[3]->items[2]->real = -1;
    check(mix_meta(of + 3, half, 1, false, false) == NULL, "%s", error_text());
    meta_free(m);
    meta_free(longest);
    meta_free(first);
    meta_free(partly);
    for (int i = 0; i < 4; i++)
        meta_free(of[i]);
}

int main(void)
{
    test_arc();
    test_sums();
    test_meta();
    return check_done();
}

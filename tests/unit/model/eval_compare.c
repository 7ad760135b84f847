/* Two models on the same clips: means, and intervals whose ends are known by hand. */
#include <math.h>
#include <stdlib.h>

#include "base/meta.h"
#include "check.h"
#include "model/eval.h"

enum { CLIPS = 5 };

/* Tracks come apart in the stream; the differences b - a of track p are 1, 1, 1, those of q 4, 4. */
static struct eval_each under_a[CLIPS] = {
    {.track = "p", .value = {[EVAL_RECON] = 1}}, {.track = "q", .value = {[EVAL_RECON] = 2}},
    {.track = "p", .value = {[EVAL_RECON] = 3}}, {.track = "q", .value = {[EVAL_RECON] = 4}},
    {.track = "p", .value = {[EVAL_RECON] = 5}},
};
static struct eval_each under_b[CLIPS] = {
    {.track = "p", .value = {[EVAL_RECON] = 2}}, {.track = "q", .value = {[EVAL_RECON] = 6}},
    {.track = "p", .value = {[EVAL_RECON] = 4}}, {.track = "q", .value = {[EVAL_RECON] = 8}},
    {.track = "p", .value = {[EVAL_RECON] = 6}},
};

static void near(double value, double want, const char *what)
{
    check(fabs(value - want) < 1e-12, "%s: %.17g, not %.17g", what, value, want);
}

static struct meta *yard(int64_t hop)
{
    struct meta *m = meta_map();

    meta_add(m, "network", meta_text("spectral"));
    meta_add(m, "hop", meta_int(hop));
    return m;
}

int main(void)
{
    struct eval a = {.clips = CLIPS, .each = under_a, .yardstick = yard(64)};
    struct eval b = {.clips = CLIPS, .each = under_b, .yardstick = yard(64)};
    struct eval_comparison c;
    struct eval_pair *p = &c.figure[EVAL_RECON];

    for (uint64_t seed = 1; seed < 4; seed++) {
        eval_compare(&a, &b, seed, &c);
        check(c.tracks == 2, "tracks: %lld", (long long)c.tracks);
        near(p->a, 3, "mean of a");
        near(p->b, 26.0 / 5, "mean of b");
        /* of two tracks a quarter of the draws is p p, a quarter q q */
        near(p->lo, 1, "least: one track twice, all clips of it");
        near(p->hi, 4, "most: the other twice");
    }
    check(!c.unlike, "the same yardstick");
    near(c.figure[EVAL_DISTANCE].a, 0, "the loss counts");

    under_b[1].value[EVAL_RECON] = NAN;
    eval_compare(&a, &b, 1, &c);
    near(p->a, 13.0 / 4, "a clip without the figure under b does not count under a");
    near(p->b, 5, "nor under b");
    near(p->hi, 4, "its track counts by the other one");

    meta_free(b.yardstick);
    b.yardstick = yard(32);
    eval_compare(&a, &b, 1, &c);
    check(c.unlike && *c.unlike == 'h', "what differs: %s", c.unlike ? c.unlike : "nothing");
    check(isnan(c.figure[EVAL_NATS].a) && isnan(c.figure[EVAL_NATS].lo), "the loss is left out");
    near(p->b, 5, "sounds are not");

    for (int i = 0; i < CLIPS; i++)
        under_a[i].track = "p";
    eval_compare(&a, &b, 1, &c);
    check(c.tracks == 1 && isnan(p->lo) && isnan(p->hi), "one track: no interval");
    meta_free(a.yardstick);
    meta_free(b.yardstick);
    return check_done();
}

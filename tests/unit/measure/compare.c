/* Sets of clips against real ones: figures that another implementation gave, and what must hold of them. */
#include "figure_files.h"
#include "measure/compare.h"
#include "measure/point_set.h"

static int64_t references; /* of the comparison at hand */

static struct compare *begin(uint64_t seed)
{
    references = 0;
    return compare_new(3000, seed, NULL);
}

/* What the comparison takes of a sound at 3000 Hz whose beat is told. */
static struct compare_clip clip_of(const char *name, float *x, int64_t samples)
{
    struct melmap *m = melmap_new(3000);
    struct map map = map_make(m, name, x, 1, samples, &(struct tempo){.period = 0.5});

    melmap_free(m);
    return (struct compare_clip){.x = x, .channels = 1, .samples = samples, .map = map};
}

static struct compare_near look_at(struct compare *c, enum compare_set set, const char *name, float *x, int64_t samples)
{
    struct compare_clip clip = clip_of(name, x, samples);

    clip.number = references;
    references += set == COMPARE_HALVES;
    compare_look(c, set, &clip, 0);
    compare_take(c, set, &clip);
    return clip.near;
}

static void reference_add(struct compare *c, const char *name, float *x, int64_t samples)
{
    look_at(c, COMPARE_HALVES, name, x, samples);
}

static struct compare_figures figures_of(struct compare *c, enum compare_set set)
{
    struct compare_figures all[COMPARE_SETS];

    compare_figures(c, all);
    return all[set];
}

static struct compare *compare_real(uint64_t seed)
{
    static const char *const real[] = {"real-a", "real-b", "real-c"};
    struct compare *c = begin(seed);

    for (size_t i = 0; i < 3; i++) {
        struct sound s = sound_read(real[i]);

        reference_add(c, real[i], s.x, s.samples);
        free(s.x);
    }
    if (compare_fit(c) < 0) {
        printf("not ok fit: %s\n", error_text());
        exit(1);
    }
    return c;
}

static struct compare_near look(struct compare *c, const char *name)
{
    struct sound s = sound_read(name);
    struct compare_near near = look_at(c, COMPARE_CLIPS, name, s.x, s.samples);

    free(s.x);
    return near;
}

static void fresh(void)
{
    struct compare *c = compare_real(1);
    struct compare_figures f, noise, phase, halves;

    check(compare_rate(c) == 3000, "the rate");
    check_expected("real", "explained", compare_explained(c), 0);
    check_expected("new-d", "nearest", look(c, "new-d").median, 0.001);
    check_expected("new-e", "nearest", look(c, "new-e").median, 0.001);
    f = figures_of(c, COMPARE_CLIPS);
    check_expected("new", "fd", f.fd, 0);
    check_expected("new", "mmd", f.mmd, 1e-5);
    check_expected("new", "precision", f.precision, 1e-9);
    check_expected("new", "recall", f.recall, 1e-9);
    check(f.clips == 2 && f.patches == 66, "two clips, 66 patches");
    check(isnan(f.low) && isnan(f.high), "two clips give no interval");
    noise = figures_of(c, COMPARE_NOISE);
    phase = figures_of(c, COMPARE_PHASE);
    halves = figures_of(c, COMPARE_HALVES);
    check(f.fd < phase.fd && phase.fd < noise.fd, "random phases %.0f, noise %.0f", phase.fd, noise.fd);
    check(noise.precision == 0 && noise.recall == 0, "noise is like nothing real");
    check(noise.mmd > 10 * fabs(f.mmd), "noise has an MMD of %g", noise.mmd);
    check(halves.fd > 0 && halves.patches == 33, "the floor: %.0f", halves.fd);
    check(isnan(figures_of(c, COMPARE_HELD_OUT).fd), "nothing was held out");
    check(isnan(compare_near_all(c, COMPARE_CLIPS).copied) && compare_near_all(c, COMPARE_CLIPS).windows == 2,
          "and so no copy can be told");
    compare_free(c);
}

/* Sounds of tests/figures in a row; order: their last letters. */
static struct sound joined(const char *order, const char *kind)
{
    struct sound all = {.x = mem_zero(100000, sizeof(float))};

    for (; *order; order++) {
        char *name = mem_format("%s-%c", kind, *order);
        struct sound s = sound_read(name);

        memcpy(all.x + all.samples, s.x, (size_t)s.samples * sizeof *s.x);
        all.samples += s.samples;
        free(s.x);
        free(name);
    }
    return all;
}

static void phrases(void)
{
    static const char *const real[] = {"abc", "bca", "cab"}, *const new[] = {"de", "ed"};
    struct compare *c = begin(1);
    struct compare_figures f;

    for (int i = 0; i < 3; i++) {
        struct sound s = joined(real[i], "real");

        reference_add(c, real[i], s.x, s.samples);
        free(s.x);
    }
    check(compare_fit(c) == 0, "27 seconds are enough");
    for (int i = 0; i < 2; i++) {
        struct sound s = joined(new[i], "new");

        look_at(c, COMPARE_CLIPS, new[i], s.x, s.samples);
        free(s.x);
    }
    f = figures_of(c, COMPARE_CLIPS);
    check_expected("joined", "fdl", f.fdl, 0);
    check(figures_of(c, COMPARE_HALVES).fdl < f.fdl && f.fdl < figures_of(c, COMPARE_NOISE).fdl &&
              figures_of(c, COMPARE_PHASE).fdl < figures_of(c, COMPARE_NOISE).fdl,
          "between floor and ceilings");
    check(isnan(figures_of(c, COMPARE_HELD_OUT).fdl), "nothing was held out");
    compare_free(c);
    c = compare_real(1);
    look(c, "new-d");
    check(isnan(figures_of(c, COMPARE_CLIPS).fdl), "six windows are too few to compare with");
    compare_free(c);
}

static void itself(void)
{
    struct compare *c = compare_real(1);
    struct compare_near near[3];
    struct compare_figures f;
    struct sound s = sound_read("new-e");

    look_at(c, COMPARE_HELD_OUT, "new-e", s.x, s.samples);
    near[0] = look(c, "real-a");
    near[1] = look(c, "real-b");
    near[2] = look(c, "real-c");
    check_expected("real-b", "nearest", near[1].median, 0.02);
    check(near[0].copied == 1 && near[1].copied == 1 && near[2].copied == 1, "a copy is told");
    check(look(c, "new-d").copied == 0, "a new clip is none");
    check(compare_near_all(c, COMPARE_CLIPS).copied == 0.75, "three of four are copied");
    f = figures_of(c, COMPARE_CLIPS);
    check(f.low <= f.fd && f.fd <= f.high && f.low < f.high, "an interval: %.0f in %.0f to %.0f", f.fd, f.low, f.high);
    check(f.recall == 1, "with all of the reference among the clips: recall %g", f.recall);
    compare_free(c);
    c = compare_real(1);
    look(c, "real-a");
    look(c, "real-b");
    look(c, "real-c");
    check(figures_of(c, COMPARE_CLIPS).fd < 1e-2, "the reference is at no distance from itself: %g",
          figures_of(c, COMPARE_CLIPS).fd);
    compare_free(c);
    free(s.x);
}

static void seeds(void)
{
    double fd[3];
    struct compare *c;

    for (int i = 0; i < 3; i++) {
        c = compare_real(i == 2 ? 8 : 7);
        fd[i] = figures_of(c, COMPARE_NOISE).fd;
        compare_free(c);
    }
    check(fd[0] == fd[1] && fd[0] != fd[2], "one seed, one noise; another seed, another");
}

/* A cloud narrowed to the middle of another lies in its balls but is not like it. */
static void collapsed(void)
{
    enum { POINTS = 400, DIMS = 20 };
    struct point_set *real = point_set_new(DIMS, 1, 0), *alike = point_set_new(DIMS, 1, 1),
                     *narrow = point_set_new(DIMS, 1, 2);
    struct rng r = rng_new(5, 0);
    float rows[POINTS * DIMS];
    struct point_match near, far;
    double spread;

    for (int owner = 0; owner < 4; owner++) {
        rng_normal(&r, rows, POINTS * DIMS);
        point_set_add(real, rows, POINTS, owner);
        rng_normal(&r, rows, POINTS * DIMS);
        point_set_add(alike, rows, POINTS, owner);
        rng_normal(&r, rows, POINTS * DIMS);
        for (int i = 0; i < POINTS * DIMS; i++)
            rows[i] *= 0.1f;
        point_set_add(narrow, rows, POINTS, owner);
    }
    spread = point_set_spread(real);
    check(fabs(spread / (2 * DIMS) - 1) < 0.1, "squared distances are about twice the dimensions: %g", spread);
    point_set_settle(real, spread);
    point_set_settle(alike, spread);
    point_set_settle(narrow, spread);
    near = point_set_match(real, alike, spread);
    far = point_set_match(real, narrow, spread);
    check(near.precision > 0.8 && near.recall > 0.8, "alike: precision %g, recall %g", near.precision, near.recall);
    check(fabs(near.mmd) < 0.002, "alike: MMD %g", near.mmd);
    check(far.precision < 0.05 && far.recall < 0.05, "narrow: precision %g, recall %g", far.precision, far.recall);
    check(far.mmd > 0.05, "narrow: MMD %g", far.mmd);
    point_set_free(real);
    point_set_free(alike);
    point_set_free(narrow);
}

static void refused(void)
{
    struct compare *c = begin(1);
    float *x = mem_zero(90000, sizeof *x);

    reference_add(c, "short", x, 3000);
    check(compare_fit(c) < 0 && strstr(error_text(), "too little"), "a second is too little: %s", error_text());
    compare_free(c);
    c = begin(1);
    reference_add(c, "silence", x, 90000);
    check(compare_fit(c) < 0 && strstr(error_text(), "the same"), "silence is no reference: %s", error_text());
    compare_free(c);
    free(x);
}

/* Chords that last: with other phases they are the same. */
static void chords(void)
{
    enum { CLIPS = 15, SAMPLES = 6000 };
    struct compare *c = begin(1);
    float *x = mem_floats(SAMPLES);
    struct rng r = rng_new(3, 0);

    for (int i = 0; i < CLIPS; i++) {
        memset(x, 0, SAMPLES * sizeof *x);
        for (int tone = 0; tone < 4; tone++) {
            double hertz = (double)(100 + 350 * tone + (int)rng_below(&r, 250)), level = 0.01 + 0.1 * rng_uniform(&r);

            for (int t = 0; t < SAMPLES; t++)
                x[t] += (float)(level * sin(2 * M_PI * hertz * t / 3000 + tone));
        }
        reference_add(c, "chord", x, SAMPLES);
    }
    check(compare_fit(c) == 0, "chords");
    check(figures_of(c, COMPARE_PHASE).fd < 0.001 * figures_of(c, COMPARE_NOISE).fd, "random phases: %g, noise %g",
          figures_of(c, COMPARE_PHASE).fd, figures_of(c, COMPARE_NOISE).fd);
    compare_free(c);
    free(x);
}

/* Ceilings are made of 40 clips at most; what comes first is looked at last. */
static void many(void)
{
    enum { CLIPS = 43, SAMPLES = 1500 };
    struct compare *c = begin(1);
    struct compare_clip clips[CLIPS];
    float *x = mem_floats(CLIPS * SAMPLES);
    struct rng r = rng_new(2, 0);

    rng_normal(&r, x, CLIPS * SAMPLES);
    for (int i = CLIPS - 1; i >= 0; i--) {
        clips[i] = clip_of("many", x + i * SAMPLES, SAMPLES);
        clips[i].number = i;
        compare_look(c, COMPARE_HALVES, &clips[i], 0);
    }
    for (int i = 0; i < CLIPS; i++)
        compare_take(c, COMPARE_HALVES, &clips[i]);
    check(compare_fit(c) == 0, "43 clips");
    check(figures_of(c, COMPARE_NOISE).clips == 40 && figures_of(c, COMPARE_PHASE).clips == 40, "40 of each ceiling");
    compare_free(c);
    free(x);
}

int main(void)
{
    fresh();
    phrases();
    itself();
    seeds();
    collapsed();
    chords();
    many();
    refused();
    return check_done();
}

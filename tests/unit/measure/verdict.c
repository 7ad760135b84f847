/* Limits of figures: read, refused, judged. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "base/error.h"
#include "measure/verdict.h"

static struct limits limits;

static void refused(const char *list, const char *word)
{
    struct range ranges[FIGURE_COUNT];

    check(limits_read(ranges, list) < 0 && strstr(error_text(), word), "'%s' is refused: %s", list, error_text());
}

/* The verdict on one figure alone, and that it is named in the list it belongs to. */
static void judged(enum figure figure, double value, enum verdict want)
{
    const char *name = figure_about[figure].name;
    double values[FIGURE_COUNT];
    struct meta *m = meta_map();
    enum verdict verdict;
    char *fails, *warns;

    for (int i = 0; i < FIGURE_COUNT; i++)
        values[i] = NAN;
    values[figure] = value;
    verdict = limits_judge(&limits, values, 0, FIGURE_COUNT, m);
    fails = verdict_names(m, "fails");
    warns = verdict_names(m, "warns");
    check(verdict == want, "%s %.17g: verdict %d, not %d", name, value, verdict, want);
    check(strcmp(meta_get(m, "verdict")->text, verdict_words[want]) == 0, "told as %s", verdict_words[want]);
    check(strcmp(fails, want == VERDICT_FAIL ? name : "") == 0, "fails: %s", fails);
    check(strcmp(warns, want == VERDICT_WARN ? name : "") == 0, "warns: %s", warns);
    free(fails);
    free(warns);
    meta_free(m);
}

/* What a value just outside of good, and just outside of fair, comes to. */
static enum verdict outside(enum figure figure, double value)
{
    if (value < limits.fair[figure].lo || value > limits.fair[figure].hi)
        return VERDICT_FAIL;
    return VERDICT_WARN;
}

/* Both limits on both sides of a figure: on it, and the next number beyond. */
static void bounds_judged(enum figure figure)
{
    const struct range *good = &limits.good[figure], *fair = &limits.fair[figure];

    if (isfinite(good->lo)) {
        judged(figure, good->lo, VERDICT_OK);
        judged(figure, nextafter(good->lo, -INFINITY), outside(figure, nextafter(good->lo, -INFINITY)));
    }
    if (isfinite(good->hi)) {
        judged(figure, good->hi, VERDICT_OK);
        judged(figure, nextafter(good->hi, INFINITY), outside(figure, nextafter(good->hi, INFINITY)));
    }
    if (isfinite(fair->lo)) {
        judged(figure, fair->lo, VERDICT_WARN);
        judged(figure, nextafter(fair->lo, -INFINITY), VERDICT_FAIL);
    }
    if (isfinite(fair->hi)) {
        judged(figure, fair->hi, VERDICT_WARN);
        judged(figure, nextafter(fair->hi, INFINITY), VERDICT_FAIL);
    }
    judged(figure, NAN, VERDICT_OK);
}

/* The limits of the page, those of all other figures being none. */
static void page(void)
{
    static const struct {
        enum figure figure;
        struct range good, fair;
    } want[] = {
        {FIGURE_RMS, {-45, -6}, {-70, INFINITY}},
        {FIGURE_PEAK, {-30, 0}, {-INFINITY, INFINITY}},
        {FIGURE_OFFSET, {-0.01, 0.01}, {-INFINITY, INFINITY}},
        {FIGURE_CLIPPED, {-INFINITY, 0}, {-INFINITY, INFINITY}},
        {FIGURE_CLIPPING, {-INFINITY, 0.0001}, {-INFINITY, 0.01}},
        {FIGURE_SILENCE, {-INFINITY, 0.5}, {-INFINITY, 0.95}},
        {FIGURE_CREST, {6, 30}, {-INFINITY, INFINITY}},
        {FIGURE_FLATNESS, {-INFINITY, 0.4}, {-INFINITY, INFINITY}},
        {FIGURE_RHYTHM, {0.1, INFINITY}, {-INFINITY, INFINITY}},
        {FIGURE_CLICKS, {-INFINITY, 10}, {-INFINITY, INFINITY}},
        {FIGURE_JOINS, {-INFINITY, 0.35}, {-INFINITY, 0.7}},
        {FIGURE_COPIED, {-INFINITY, 0.1}, {-INFINITY, INFINITY}},
        {FIGURE_PRECISION, {0.2, INFINITY}, {-INFINITY, INFINITY}},
        {FIGURE_RECALL, {0.2, INFINITY}, {-INFINITY, INFINITY}},
    };

    for (int i = 0; i < FIGURE_COUNT; i++) {
        struct range none = {-INFINITY, INFINITY}, good = none, fair = none;

        for (size_t k = 0; k < sizeof want / sizeof *want; k++)
            if ((int)want[k].figure == i) {
                good = want[k].good;
                fair = want[k].fair;
            }
        check(memcmp(&limits.good[i], &good, sizeof good) == 0 && memcmp(&limits.fair[i], &fair, sizeof fair) == 0,
              "limits of %s", figure_about[i].name);
    }
}

int main(void)
{
    double values[FIGURE_COUNT] = {0};
    struct meta *m = meta_map();
    char *names;

    limits_default(&limits);
    for (int i = 0; i < FIGURE_COUNT; i++) {
        check(figure_about[i].name && limits.good[i].lo < limits.good[i].hi && limits.fair[i].lo < limits.fair[i].hi,
              "figure %d has a name and limits", i);
        bounds_judged((enum figure)i);
    }
    page();
    check(limits_read(limits.fair, "rms=-5:-1,clipped=:7,offset=-.5:") == 0, "three limits: %s", error_text());
    judged(FIGURE_RMS, -5, VERDICT_WARN);
    judged(FIGURE_RMS, -5.01, VERDICT_FAIL);
    judged(FIGURE_RMS, -0.99, VERDICT_FAIL);
    judged(FIGURE_CLIPPED, 7, VERDICT_WARN);
    judged(FIGURE_CLIPPED, 8, VERDICT_FAIL);
    judged(FIGURE_OFFSET, -0.6, VERDICT_FAIL);
    judged(FIGURE_OFFSET, 1e9, VERDICT_WARN);
    check(limits_read(limits.fair, "rms=:") == 0 && limits_read(limits.good, "rms=:,clipped=:") == 0, "no limit");
    judged(FIGURE_RMS, -1000, VERDICT_OK);
    check(limits_read(limits.fair, "all=-1:1,rms=:") == 0, "all");
    judged(FIGURE_RMS, -1000, VERDICT_OK);
    judged(FIGURE_RECALL, 2, VERDICT_FAIL);
    limits_default(&limits);
    check(limits_read(limits.fair, "peak=-1:0,rms=3:4") == 0, "two that fail");
    values[FIGURE_PEAK] = -2;
    check(limits_judge(&limits, values, FIGURE_RMS, FIGURE_OFFSET, m) == VERDICT_FAIL, "two figures of many");
    names = verdict_names(m, "fails");
    check(strcmp(names, "rms, peak") == 0, "names of two: %s", names);
    free(names);
    meta_free(m);
    refused("", "NAME=LO:HI");
    refused("rms", "NAME=LO:HI");
    refused("rms=3", "NAME=LO:HI");
    refused("rms=1:2,", "NAME=LO:HI");
    refused("loudness=1:2", "loudness");
    refused("rms=x:2", "'x'");
    refused("rms=1:nan", "nan");
    refused("rms=1:2:3", "2:3");
    check(limits_read(limits.fair, "rms=2:2") == 0, "one value may be all that is left");
    refused("rms=2:1", "over");
    return check_done();
}

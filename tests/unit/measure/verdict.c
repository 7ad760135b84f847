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
    /* those of the page */
    judged(FIGURE_RMS, -20, VERDICT_OK);
    judged(FIGURE_RMS, -60, VERDICT_WARN);
    judged(FIGURE_RMS, -INFINITY, VERDICT_FAIL);
    judged(FIGURE_PEAK, nextafter(0, 1), VERDICT_WARN);
    judged(FIGURE_CLIPPING, 0.0101, VERDICT_FAIL);
    judged(FIGURE_SILENCE, 0.96, VERDICT_FAIL);
    judged(FIGURE_JOINS, 0.36, VERDICT_WARN);
    judged(FIGURE_COPIED, 0.11, VERDICT_WARN);
    judged(FIGURE_RECALL, 0.19, VERDICT_WARN);
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
    refused("rms=2:1", "over");
    return check_done();
}

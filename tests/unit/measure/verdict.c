/* Limits of figures: read, refused, judged. */
#include <math.h>
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

static void judged(enum figure figure, double value, enum verdict want)
{
    double values[FIGURE_COUNT];
    struct judgement j;

    for (int i = 0; i < FIGURE_COUNT; i++)
        values[i] = NAN;
    values[figure] = value;
    j = limits_judge(&limits, values, 0, FIGURE_COUNT);
    check(j.verdict == want, "%s %g: verdict %d", figure_about[figure].name, value, j.verdict);
    check(strcmp(j.fails, want == VERDICT_FAIL ? figure_about[figure].name : "") == 0 &&
              strcmp(j.warns, want == VERDICT_WARN ? figure_about[figure].name : "") == 0,
          "and names it");
    judgement_free(&j);
}

int main(void)
{
    double values[FIGURE_COUNT] = {0};
    struct judgement j;

    limits_default(&limits);
    for (int i = 0; i < FIGURE_COUNT; i++)
        check(figure_about[i].name && limits.good[i].lo < limits.good[i].hi && limits.fair[i].lo < limits.fair[i].hi,
              "figure %d has a name and limits", i);
    judged(FIGURE_RMS, -20, VERDICT_OK);
    judged(FIGURE_RMS, -60, VERDICT_WARN);
    judged(FIGURE_RMS, -INFINITY, VERDICT_FAIL);
    judged(FIGURE_RMS, NAN, VERDICT_OK);
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
    j = limits_judge(&limits, values, FIGURE_RMS, FIGURE_OFFSET);
    check(strcmp(j.fails, "rms, peak") == 0, "names of two: %s", j.fails);
    judgement_free(&j);
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

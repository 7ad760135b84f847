/* Verdicts on audio files, written line by line. */
#include "io/audio_report.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/report.h"

enum { LINE = 1 << 16 }; /* bytes: a line is one write, for names of files are shorter */

/* A file with something else in it, most likely one that was meant to be read. */
static bool is_precious(const char *path)
{
    struct stat s;
    FILE *f;
    int first;

    if (stat(path, &s) < 0 || !S_ISREG(s.st_mode) || s.st_size == 0 || (f = fopen(path, "re")) == NULL)
        return false;
    first = getc(f);
    fclose(f);
    return first != '{';
}

FILE *audio_report_open(const char *path)
{
    FILE *report;

    if (is_precious(path)) {
        error_set("%s: is there and is not a report: name a new file", path);
        return NULL;
    }
    report = fopen(path, "we");
    if (report != NULL)
        setvbuf(report, NULL, _IOFBF, LINE);
    else
        file_unmade(path);
    return report;
}

/* What is known of a file that could be opened. */
static void describe(struct meta *m, const struct audio *a, double rate, const struct audio_verdict *v)
{
    const struct {
        const char *key;
        int64_t count;
    } counts[] = {
        {"padded", v->padded},
        {"silent", v->silent},
        {"constant", v->constant},
        {"repeated", v->repeated},
    };

    meta_set(m, "source_rate", meta_int(a->source_rate));
    meta_set(m, "source_channels", meta_int(a->source_channels));
    meta_set(m, "seconds", meta_real(a->source_seconds));
    if (a->source_rate < rate || a->source_rate > rate)
        meta_set(m, "resampled_from", meta_int(a->source_rate));
    if (a->only > 0)
        meta_set(m, "channel", meta_int(a->only));
    else if (a->channels < a->source_channels)
        meta_set(m, "mixed_from", meta_int(a->source_channels));
    if (fabs(a->offset) > 0)
        meta_set(m, "dc_offset", meta_real(a->offset));
    if (v->is_short)
        meta_set(m, "short", meta_bool(true));
    if (v->cut > 0)
        meta_set(m, "cut", meta_real(v->cut));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i].count > 0)
            meta_set(m, counts[i].key, meta_int(counts[i].count));
    if (a->non_finite >= 0)
        meta_set(m, "non_finite", meta_int(a->non_finite));
    if (a->complaint != NULL)
        meta_set(m, "damage", meta_text(a->complaint));
}

int audio_report_put(FILE *report, const char *path, const struct audio *a, double rate, const struct audio_verdict *v)
{
    struct meta *m = meta_map();
    bool same = v->reason == NULL && v->repeated == v->taken;

    meta_set(m, "file", meta_text(path));
    meta_set(m, "verdict",
             meta_text(v->passed_over      ? "not audio"
                       : v->reason != NULL ? "rejected"
                       : same              ? "duplicate"
                                           : "read"));
    meta_set(m, "clips", meta_int(v->clips));
    if (v->reason != NULL)
        meta_set(m, "reason", meta_text(v->reason));
    if (same && v->same_as != NULL)
        meta_set(m, "duplicate_of", meta_text(v->same_as));
    if (a != NULL)
        describe(m, a, rate, v);
    report_json(report, NULL, m);
    return fflush(report) != 0 || ferror(report) ? -1 : 0;
}

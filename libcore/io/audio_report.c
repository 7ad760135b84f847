/* Verdicts on audio files, written line by line. */
#include "io/audio_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/report.h"

enum { LINE = 1 << 16 }; /* bytes: a line is one write, for names of files are shorter */

struct audio_report {
    FILE *file;
    char *path;
};

bool audio_verdict_duplicate(const struct audio_verdict *v)
{
    return v->reason == NULL && v->taken > 0 && v->repeated == v->taken;
}

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

struct audio_report *audio_report_open(const char *path)
{
    struct audio_report *r;
    FILE *file;

    if (is_precious(path)) {
        error_set("%s: is there and is not a report: name a new file", path);
        return NULL;
    }
    file = fopen(path, "we");
    if (file == NULL) {
        error_set("%s:", path);
        return NULL;
    }
    setvbuf(file, NULL, _IOFBF, LINE);
    r = mem_alloc(sizeof *r);
    *r = (struct audio_report){file, mem_text(path)};
    return r;
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
    int channels = audio_source_channels(a);

    meta_set(m, "source_rate", meta_int(audio_source_rate(a)));
    meta_set(m, "source_channels", meta_int(channels));
    meta_set(m, "seconds", meta_real(audio_source_seconds(a)));
    if (audio_source_rate(a) < rate || audio_source_rate(a) > rate)
        meta_set(m, "resampled_from", meta_int(audio_source_rate(a)));
    if (audio_only(a) > 0)
        meta_set(m, "channel", meta_int(audio_only(a)));
    else if (audio_channels(a) < channels)
        meta_set(m, "mixed_from", meta_int(channels));
    if (fabs(audio_offset(a)) > 0)
        meta_set(m, "dc_offset", meta_real(audio_offset(a)));
    if (v->is_short)
        meta_set(m, "short", meta_bool(true));
    if (v->cut > 0)
        meta_set(m, "cut", meta_real(v->cut));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i].count > 0)
            meta_set(m, counts[i].key, meta_int(counts[i].count));
    if (audio_non_finite(a) >= 0)
        meta_set(m, "non_finite", meta_int(audio_non_finite(a)));
    if (audio_complaint(a) != NULL)
        meta_set(m, "damage", meta_text(audio_complaint(a)));
}

int audio_report_put(struct audio_report *r, const char *path, const struct audio *a, double rate,
                     const struct audio_verdict *v)
{
    struct meta *m = meta_map();
    bool same = audio_verdict_duplicate(v);

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
    report_json(r->file, NULL, m);
    if (fflush(r->file) != 0 || ferror(r->file))
        return error_set("%s:", r->path);
    return 0;
}

int audio_report_close(struct audio_report *r)
{
    int result = 0;

    if (r == NULL)
        return 0;
    if (fclose(r->file) != 0)
        result = error_set("%s:", r->path);
    free(r->path);
    free(r);
    return result;
}

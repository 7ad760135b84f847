/* Files one by one: found, opened, cut into clips, and reported on. */
#include "io/load.h"

#include <errno.h>
#include <fts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/confine.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/file.h"
#include "base/history.h"
#include "base/mem.h"
#include "base/progress.h"
#include "io/audio_name.h"
#include "io/audio_report.h"
#include "io/stream.h"

struct load {
    struct load_options o;
    int fd;
    struct writer *out; /* made with the first clip, so that without one there is no stream */
    float *clip;        /* [channels, samples] */
    size_t clip_floats;
    FILE *report;
    struct digests *seen; /* clips; NULL: nobody asked */
    struct digests *tracks;
    struct found {
        char *path;
        bool walked; /* in a folder, not named */
    } * files;
    size_t files_count;
    bool failed, trouble; /* a file could not be used; the report could not be written */
    int64_t files_done, cut, padded, rejected, passed_over, elsewhere; /* elsewhere: in other shards */
    double used, seconds;                                              /* in clips, and of all that the files hold */
};

/* A file at work. */
struct file {
    const char *path, *shown, *name, *track;
    struct audio *a;
    struct audio_verdict v;
};

struct load *load_new(const struct load_options *o, int fd)
{
    struct load *l;
    FILE *report = NULL;

    if (o->report != NULL && (report = audio_report_open(o->report)) == NULL)
        return NULL;
    l = mem_zero(1, sizeof *l);
    l->o = *o;
    l->fd = fd;
    l->report = report;
    l->tracks = digests_new();
    if ((report != NULL || o->unique) && o->part == 0)
        l->seen = digests_new();
    return l;
}

/* ---- clips ---- */

static int start_stream(struct load *l)
{
    double rate = l->o.rate;
    struct meta *head = meta_map();

    meta_set(head, "rate", rate == floor(rate) ? meta_int((int64_t)rate) : meta_real(rate));
    history_add(head, NULL);
    l->out = writer_new(l->fd, "standard output", "audio", head);
    meta_free(head);
    return l->out != NULL ? 0 : -1;
}

/* What there is to say of the clip that begins with length samples, of which the first got are the file's. */
static struct meta *describe(const struct load *l, const struct file *f, int64_t length, int64_t got)
{
    const struct audio *a = f->a;
    struct meta *meta = meta_map();

    meta_set(meta, "track", meta_text(f->track));
    meta_set(meta, "file", meta_text(f->name));
    meta_set(meta, "source_rate", meta_int(a->source_rate));
    meta_set(meta, "source_channels", meta_int(a->source_channels));
    if (!l->o.live)
        meta_set(meta, "source_seconds", meta_real(a->source_seconds));
    meta_set(meta, "start", meta_real(l->o.offset + (double)f->v.taken * (double)l->o.samples / l->o.rate));
    if (l->o.note != NULL)
        l->o.note(meta, l->clip, a->channels, length, got);
    return meta;
}

/* Sends length samples of the clip, or all of it: what is told of it if they are the first; last: none follow. */
static int put_clip(struct load *l, const struct file *f, int64_t length, const struct meta *told, bool last)
{
    struct frame_tensor t = {"audio", tensor_view(l->clip, 2, (int64_t[]){f->a->channels, length})};
    char *name = l->o.all ? mem_format("%s-%03lld", f->track, (long long)f->v.taken) : mem_text(f->track);
    int status = l->out == NULL ? start_stream(l) : 0;

    if (status == 0)
        status = (last ? writer_put : writer_part)(l->out, name, told, &t, 1);
    free(name);
    return status;
}

/* Whether a clip with these samples was there before; remembers it if not. */
static bool clip_repeats(struct load *l, struct file *f, int64_t length)
{
    size_t bytes = (size_t)(f->a->channels * length) * sizeof *l->clip;
    const char *first =
        l->seen != NULL ? digests_first(l->seen, l->clip, bytes, (uint64_t)f->a->channels, f->shown) : NULL;

    if (first == NULL)
        return false;
    f->v.same_as = f->v.repeated == 0 || f->v.same_as == first ? first : NULL;
    f->v.repeated++;
    return true;
}

/* Moves rows of samples to where they follow each other when they are of length only. */
static void squeeze(struct load *l, const struct file *f, int64_t samples, int64_t length)
{
    for (int64_t c = 1; c < f->a->channels && length < samples; c++)
        memmove(l->clip + c * length, l->clip + c * samples, (size_t)length * sizeof *l->clip);
}

static void judge(struct file *f)
{
    if (f->a->peak <= AUDIO_QUIET)
        f->v.silent++;
    else if (f->a->constant)
        f->v.constant++;
}

/* Of the clip the first got samples are the file's. */
static int take_clip(struct load *l, struct file *f, int64_t got)
{
    int64_t samples = l->o.samples, length = l->o.pad ? samples : got;
    struct meta *told;
    int status = 0;

    squeeze(l, f, samples, length);
    judge(f);
    f->v.padded = length - got;
    f->v.is_short = f->v.taken == 0 && got < samples;
    if (!clip_repeats(l, f, length) || !l->o.unique) {
        told = describe(l, f, length, got);
        status = put_clip(l, f, length, told, true);
        meta_free(told);
        f->v.clips++;
        f->v.used += (double)got / l->o.rate;
    }
    f->v.taken++;
    return status;
}

/* Makes room for a clip and goes to where it begins. */
static int begin(struct load *l, struct file *f)
{
    int64_t samples = l->o.part > 0 ? l->o.part : l->o.samples;
    size_t floats = (size_t)samples * (size_t)f->a->channels;

    if ((double)floats > LOAD_SAMPLES_MAX)
        return error_set("has %d channels: %lld samples of each are too many for a clip (-n, -d set fewer)",
                         f->a->channels, (long long)samples);
    if (floats > l->clip_floats) {
        free(l->clip);
        l->clip = mem_floats(floats);
        l->clip_floats = floats;
    }
    return l->o.offset > 0 ? audio_seek(f->a, l->o.offset) : 0;
}

/* Seconds that the file goes on after its first clip. */
static double rest_of(const struct load *l, const struct file *f)
{
    double rest = f->a->source_seconds - l->o.offset - (double)l->o.samples / l->o.rate;

    return rest > 1 / l->o.rate ? round(1e6 * rest) / 1e6 : 0;
}

/* One clip in parts. -1: the reason; *broken: it is the output, or some of the clip is out. */
static int stream_clip(struct load *l, struct file *f, bool *broken)
{
    int64_t left = l->o.samples, n, length, got = 0, all = 0;
    struct meta *told = NULL;
    bool ended = false;
    int status = 0;

    do {
        n = left < l->o.part ? left : l->o.part;
        if (ended)
            memset(l->clip, 0, (size_t)(n * f->a->channels) * sizeof *l->clip);
        got = ended ? 0 : (all == 0 ? audio_read : audio_read_on)(f->a, l->clip, n);
        if (got <= 0 && all == 0)
            return got < 0 ? -1 : error_set("is too short: less than one sample at %g Hz", l->o.rate);
        *broken = true;
        if (got < 0)
            return error_prefix("%s", f->shown);
        ended = got < n;
        length = l->o.pad ? n : got;
        left -= n;
        squeeze(l, f, n, length);
        told = all == 0 ? describe(l, f, length, got) : NULL;
        all += got;
        f->v.padded += length - got;
        status = put_clip(l, f, length, told, left == 0 || (ended && !l->o.pad));
        meta_free(told);
    } while (status == 0 && left > 0 && (!ended || l->o.pad));
    *broken = status < 0;
    judge(f);
    f->v.is_short = ended && l->o.samples < INT64_MAX;
    f->v.used = (double)all / l->o.rate;
    f->v.clips = f->v.taken = 1;
    f->v.cut = ended ? 0 : rest_of(l, f);
    return status;
}

/* -1: the reason; *broken: it is the output. */
static int cut_clips(struct load *l, struct file *f, bool *broken)
{
    int64_t samples = l->o.samples, got = samples;

    if (begin(l, f) < 0)
        return -1;
    if (l->o.part > 0)
        return stream_clip(l, f, broken);
    while (got == samples) {
        got = audio_read(f->a, l->clip, samples);
        if (got < 0)
            return -1;
        if (got == 0 && f->v.taken == 0)
            return error_set("is too short: less than one sample at %g Hz", l->o.rate);
        if (f->v.taken > 0 && got > 0 && got < samples - got) {
            f->v.cut = (double)got / l->o.rate;
            diag_note("%s: the last %.3f s fill less than half a clip and are dropped", f->shown, f->v.cut);
        } else if (got > 0 && take_clip(l, f, got) < 0) {
            *broken = true;
            return -1;
        }
        if (!l->o.all && got == samples)
            f->v.cut = rest_of(l, f);
        if (!l->o.all)
            break;
    }
    return 0;
}

/* ---- files ---- */

/* What people want to know of a file that could be used. */
static void warn(const struct load *l, const struct file *f)
{
    const struct audio_verdict *v = &f->v;

    if (f->a->only > 0)
        diag_warn("%s: its channels are of opposite phase and cancel in the mix: channel %d is taken alone", f->shown,
                  f->a->only);
    if (fabs(f->a->offset) > 0)
        diag_warn("%s: has a constant offset of %.3g, which is taken out", f->shown, f->a->offset);
    if (f->a->complaint != NULL)
        diag_warn("%s: %s", f->shown, f->a->complaint);
    else if (v->silent == v->taken)
        diag_warn("%s: is silent: no sample is over -80 dB of full scale", f->shown);
    else if (v->constant == v->taken)
        diag_warn("%s: is constant: one value all the way", f->shown);
    if (l->o.unique && v->repeated == v->taken && v->same_as != NULL)
        diag_note("%s: is the same as %s and left out", f->shown, v->same_as);
    else if (l->o.unique && v->repeated > 0)
        diag_note("%s: %lld of %lld clips were there before and are left out", f->shown, (long long)v->repeated,
                  (long long)v->taken);
}

static void set_trouble(struct load *l)
{
    diag_error("report not written: %s:", l->o.report);
    l->trouble = true;
}

static void account(struct load *l, const struct file *f)
{
    const struct audio_verdict *v = &f->v;

    l->files_done++;
    l->cut += v->cut > 0;
    l->padded += v->padded > 0;
    l->rejected += v->reason != NULL && !v->passed_over;
    l->passed_over += v->passed_over;
    l->used += v->used;
    l->seconds += f->a != NULL ? f->a->source_seconds : 0;
    if (l->report == NULL || audio_report_put(l->report, f->path, f->a, l->o.rate, v) == 0)
        return;
    set_trouble(l);
    fclose(l->report);
    l->report = NULL;
}

/* Whether the track is one of the shard's: by its name alone, and not as split_is_test tells sides, so that every shard
 * has its share of either. */
static bool falls_here(const struct load *l, const char *track)
{
    return l->o.shards == 0 ||
           XXH3_64bits_withSeed(track, strlen(track), 1) % (uint64_t)l->o.shards == (uint64_t)l->o.shard - 1;
}

static int load_file(struct load *l, const char *path, const char *track, bool walked)
{
    bool standard = strcmp(path, "-") == 0, broken = false;
    struct file f = {.path = path,
                     .shown = standard ? "standard input" : path,
                     .name = standard ? "stdin" : basename(path),
                     .track = track,
                     .a = audio_open(path, l->o.rate, !l->o.channels, l->o.raw, l->o.live ? l->o.part : 0)};
    char *reason = NULL;

    if (f.a == NULL || cut_clips(l, &f, &broken) < 0) {
        f.v.reason = reason = mem_text(error_text());
        f.v.passed_over = f.a == NULL && walked && !audio_name_is_audio(path) && !file_is_folder(path);
        l->failed = l->failed || !f.v.passed_over;
        if (!f.v.passed_over && !broken)
            diag_error("%s: %s", f.shown, reason);
    } else {
        warn(l, &f);
    }
    if (!broken)
        account(l, &f);
    audio_close(f.a);
    free(reason);
    return broken ? -1 : 0;
}

static int load_found(struct load *l, const struct found *found)
{
    char *track = strcmp(found->path, "-") == 0 ? mem_text("stdin") : audio_track_name(l->tracks, found->path);
    int status = 0;

    if (falls_here(l, track))
        status = load_file(l, found->path, track, found->walked);
    else
        l->elsewhere++;
    free(track);
    return status;
}

static void keep(struct load *l, const char *path, bool walked)
{
    l->files = mem_grow(l->files, l->files_count + 1, sizeof *l->files);
    l->files[l->files_count++] = (struct found){mem_text(path), walked};
    audio_track_add(l->tracks, path);
}

static int by_bytes(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Keeps every regular file in folder and below, by the bytes of their names; links are followed, but not in circles.
 * What begins with a dot is passed over, as the shell does. What cannot be read or looked at is kept as if it were
 * named, to be complained of. */
static void walk(struct load *l, const char *folder)
{
    char *roots[] = {(char *)(uintptr_t)folder, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_bytes);
    FTSENT *e;

    while (tree != NULL && (e = fts_read(tree)) != NULL) {
        if (e->fts_level > 0 && e->fts_name[0] == '.')
            fts_set(tree, e, FTS_SKIP);
        else if (e->fts_info == FTS_F || e->fts_info == FTS_DNR || e->fts_info == FTS_NS || e->fts_info == FTS_SLNONE)
            keep(l, e->fts_path, e->fts_info == FTS_F || e->fts_info == FTS_SLNONE);
    }
    if (errno != 0) { /* fts_read says so at its end */
        diag_error("%s:", folder);
        l->failed = true;
    }
    if (tree != NULL)
        fts_close(tree);
}

void load_find(struct load *l, const char *path)
{
    if (l->o.recursive && file_is_folder(path))
        walk(l, path);
    else
        keep(l, path, false);
}

void load_confine(const struct load *l, bool listed)
{
    bool plain = !listed || confine_read("/");

    for (size_t i = 0; i < l->files_count; i++)
        plain = confine_read(l->files[i].path) && plain;
    confine_files(plain || l->o.live ? NULL : temporary_folder());
}

static bool stopped(const struct load *l)
{
    return l->failed && l->o.strict;
}

int load_run(struct load *l)
{
    int status = 0;

    for (size_t i = 0; i < l->files_count; i++) {
        if (status == 0 && !stopped(l))
            status = load_found(l, &l->files[i]);
        free(l->files[i].path);
        if (l->files_count > 1)
            progress("files loaded", (int64_t)i + 1, (int64_t)l->files_count);
    }
    l->files_count = 0;
    return status;
}

int load_list(struct load *l, FILE *in, int end)
{
    char *name = NULL;
    int64_t names = 0;
    size_t room = 0;
    int status = 0;
    ssize_t n;

    while (status == 0 && !stopped(l) && (n = getdelim(&name, &room, end, in)) >= 0) {
        if (n > 0 && name[n - 1] == end)
            name[--n] = '\0';
        if (strlen(name) < (size_t)n)
            status = error_set("the list on standard input holds a NUL: use -0 for names that end in one");
        if (status < 0 || name[0] == '\0')
            continue;
        load_find(l, name);
        status = load_run(l);
        progress("files loaded", ++names, 0);
    }
    progress("files loaded", 0, 0);
    if (ferror(in))
        status = error_set("the list on standard input cannot be read:");
    else if (status == 0 && names == 0 && !stopped(l))
        status = error_set("the list on standard input names no file");
    free(name);
    return status;
}

/* ---- the end ---- */

/* What became of all of them, in one line. */
static void sum_up(const struct load *l)
{
    const struct {
        int64_t count;
        const char *words;
    } facts[] = {{l->cut, "cut"},
                 {l->padded, "padded"},
                 {l->rejected, "not usable"},
                 {l->passed_over, "not audio"},
                 {l->elsewhere, "in other shards"}};
    char words[256] = "";
    size_t at = 0;

    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (facts[i].count > 0)
            at +=
                (size_t)snprintf(words + at, sizeof words - at, ", %lld %s", (long long)facts[i].count, facts[i].words);
    diag_note("%lld file%s: %.12g of %.12g s used%s", (long long)l->files_done, l->files_done == 1 ? "" : "s",
              round(10 * l->used) / 10, round(10 * l->seconds) / 10, words);
}

int load_end(struct load *l)
{
    int status = 0;

    if (l->report != NULL && fclose(l->report) != 0)
        set_trouble(l);
    if (l->out == NULL && l->elsewhere > 0 && !l->failed && start_stream(l) < 0)
        status = -1;
    if (l->out != NULL)
        sum_up(l);
    if (l->out != NULL && stopped(l))
        writer_abandon(l->out);
    else if (l->out != NULL)
        status = writer_end(l->out);
    else if (!l->failed && status == 0)
        status = error_set("there is no audio file in what was named");
    if (status == 0)
        status = l->failed || l->trouble;
    digests_free(l->seen);
    digests_free(l->tracks);
    free(l->files);
    free(l->clip);
    free(l);
    return status;
}

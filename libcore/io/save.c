/* One WAV for each clip, or one for all. */
#include "io/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/audio_name.h"
#include "io/audio_write.h"
#include "io/digests.h"

static const char maker[] = "cv-towav";

struct save {
    const char *to;
    int bits;
    bool force, join, raw; /* join: all clips are one file */
    bool out;              /* some of that file is written: so is all that comes, at once */
    bool narrow;           /* the pipe is as small as it can be */
    off_t start;           /* where it begins in standard output */
    struct wav *joined;
    int rate;
    int64_t channels;      /* of that file */
    struct digests *names; /* of files so far */
    char *first, *last;    /* of them */
    int64_t clips, files;
    bool failed;
};

/* Whether what is at path, if there is anything, may be replaced. */
static bool may_replace(const struct save *s, const char *path)
{
    return s->force || access(path, F_OK) != 0 || wav_made_by(path, maker) ||
           error_set("%s: is there already and not made by cv-towav: -f replaces it, -o writes elsewhere", path) == 0;
}

struct save *save_new(const char *to, int bits, bool force, bool raw)
{
    struct save s = {.to = to, .bits = bits, .force = force, .raw = raw};
    const char *dot = strrchr(to, '.');
    bool named = audio_name_is_audio(to) && !file_is_folder(to);

    s.join = named || strcmp(to, "-") == 0;
    if (named && strcasecmp(dot, ".wav") != 0) {
        error_set("%s: only WAV is written here: name it .wav, or a folder", to);
        return NULL;
    }
    if (named && !may_replace(&s, to))
        return NULL;
    s.names = digests_new();
    return memcpy(mem_alloc(sizeof s), &s, sizeof s);
}

/* A file name for the clip that no other clip has. */
static char *unused_name(struct save *s, const char *clip)
{
    char *safe = audio_name_safe(clip), *name = mem_text(safe);

    for (int64_t k = 2; digests_first(s->names, name, strlen(name), 0, "") != NULL; k++) {
        free(name);
        name = mem_format("%s-%lld", safe, (long long)k);
    }
    free(safe);
    return name;
}

static int save_one(struct save *s, const char *clip, struct wav *w)
{
    char *name = unused_name(s, clip), *file = mem_format("%s.wav", name), *path = mem_format("%s/%s", s->to, file);
    size_t size;
    const void *bytes = wav_bytes(w, &size);
    int status = 0;

    if (!may_replace(s, path)) {
        diag_error("%s", error_text());
        s->failed = true;
    } else if ((status = file_save(path, bytes, size)) == 0) {
        free(s->last);
        s->last = mem_text(file);
        if (s->files++ == 0)
            s->first = mem_text(file);
    }
    free(name);
    free(file);
    free(path);
    return status;
}

/* The file that the clip goes into: its own, or that of all. NULL: the reason. */
static struct wav *wav_for(struct save *s, const char *clip, int rate, int64_t channels)
{
    size_t head;
    struct wav *w = s->joined;

    if (w != NULL && (rate != s->rate || channels != s->channels)) {
        error_set("clip '%s' has %lld channels at %d Hz, those before it %lld at %d Hz: one WAV cannot hold both, "
                  "use -o DIR",
                  clip, (long long)channels, rate, (long long)s->channels, s->rate);
        return NULL;
    }
    if (w != NULL)
        return w;
    w = wav_new(rate, channels, s->bits, strcmp(s->to, "-") == 0 ? NULL : maker);
    if (w == NULL)
        error_prefix("clip '%s'", clip);
    else if (s->raw)
        wav_take(w, &head); /* and leave it */
    s->rate = rate;
    s->channels = channels;
    if (s->join)
        s->joined = w;
    return w;
}

static int write_out(const void *bytes, size_t size)
{
    return fd_put(STDOUT_FILENO, bytes, size) < 0 ? error_set("standard output:") : 0;
}

int save_part(struct save *s, const char *clip, int rate, const float *x, int64_t channels, int64_t stride,
              int64_t samples)
{
    struct wav *w = wav_for(s, clip, rate, channels);
    const void *bytes;
    size_t size;

    if (w == NULL)
        return -1;
    if (!s->out && (s->start = lseek(STDOUT_FILENO, 0, SEEK_CUR)) < 0 && errno != ESPIPE)
        return error_set("standard output:");
    s->out = true;
    s->narrow = s->narrow || fd_narrow(STDOUT_FILENO);
    bytes = wav_take(w, &size); /* before the put, which then has no bound */
    if (write_out(bytes, size) < 0 || wav_put(w, x, stride, samples) < 0)
        return -1;
    bytes = wav_take(w, &size);
    return write_out(bytes, size);
}

int save_put(struct save *s, const char *clip, int rate, const float *x, int64_t channels, int64_t samples)
{
    struct wav *w;
    int status;

    if (s->out)
        return save_part(s, clip, rate, x, channels, samples, samples);
    if (!s->join && s->clips == 0 && directory_make(s->to) < 0)
        return -1;
    w = wav_for(s, clip, rate, channels);
    if (w == NULL)
        return -1;
    s->clips++;
    status = wav_put(w, x, samples, samples);
    if (status < 0)
        error_prefix("clip '%s'", clip);
    if (s->join)
        return status;
    if (status == 0)
        status = save_one(s, clip, w);
    wav_free(w);
    return status;
}

/* The length into a header that is out, where that can be. */
static int end_out(struct save *s)
{
    unsigned char head[WAV_HEAD_MAX];
    size_t n = s->raw ? 0 : wav_end(s->joined, head), rest;
    const void *bytes = wav_take(s->joined, &rest);

    if (write_out(bytes, rest) < 0)
        return -1;
    if (n > 0 && s->start >= 0 && !(fcntl(STDOUT_FILENO, F_GETFL) & O_APPEND))
        return pwrite(STDOUT_FILENO, head, n, s->start) != (ssize_t)n ? error_set("standard output:") : 0;
    return 0;
}

static int save_joined(struct save *s)
{
    size_t size;
    const void *bytes;

    if (s->joined == NULL)
        return error_set("no clip came in, no WAV made");
    if (s->out || s->raw)
        return end_out(s);
    bytes = wav_bytes(s->joined, &size);
    if (strcmp(s->to, "-") == 0)
        return write_out(bytes, size);
    if (file_save(s->to, bytes, size) < 0)
        return -1;
    if (s->clips == 1)
        diag_note("1 clip in %s", s->to);
    else
        diag_note("%lld clips in %s, one after the other", (long long)s->clips, s->to);
    return 0;
}

/* What was made in a folder. */
static void say_files(const struct save *s, bool whole)
{
    if (!whole && s->files > 0)
        diag_note("%lld files made before that are whole", (long long)s->files);
    else if (s->files == 1)
        diag_note("1 file in %s, %s", s->to, s->first);
    else if (s->files > 1)
        diag_note("%lld files in %s, %s ... %s", (long long)s->files, s->to, s->first, s->last);
    else if (whole && !s->failed)
        diag_note("no clip came in, no file made");
}

int save_end(struct save *s, bool whole)
{
    int status = s->failed;

    if (!s->join)
        say_files(s, whole);
    else if (whole)
        status = save_joined(s);
    if (status == 0 && strcmp(s->to, "-") == 0 && close(STDOUT_FILENO) < 0)
        status = error_set("standard output:");
    wav_free(s->joined);
    digests_free(s->names);
    free(s->first);
    free(s->last);
    free(s);
    return status;
}

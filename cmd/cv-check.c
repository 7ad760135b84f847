/* cv-check: passes audio through and says how good it is. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/pool.h"
#include "check/beside.h"
#include "check/clips.h"
#include "check/sounds.h"
#include "io/stream.h"
#include "io/clip.h"
#include "io/stretch.h"

static const char *original_path, *reference_path, *held_path;
static char *fail_list, *warn_list;
static int64_t seed = 123;
static bool seed_given;
static struct clips_how how;
static struct stretch stretch; /* with --every */

static const struct opt opts[] = {
    {0, "json", OPT_FLAG, &how.json, NULL, 0, 0, "report as JSON, one object a line, not as a table", NULL},
    {'b', "bands", OPT_FLAG, &how.bands, NULL, 0, 0, "put octave bands of each clip into the table", NULL},
    {0, "every", OPT_REAL, &stretch.seconds, "SECONDS", 0, 3600,
     "report on each stretch of that length as it goes by, 0: on whole clips", NULL},
    {0, "original", OPT_TEXT, &original_path, "FILE", 0, 0, "how far each clip is from its own in FILE", NULL},
    {'r', "reference", OPT_TEXT, &reference_path, "FILE", 0, 0, "compare with the real audio in FILE", NULL},
    {0, "held-out", OPT_TEXT, &held_path, "FILE", 0, 0, "with -r: real audio that is not in that one", NULL},
    {'l', "limit", OPT_LIST, &fail_list, "NAME=LO:HI", 0, 0, "a figure outside fails", NULL},
    {'w', "warn", OPT_LIST, &warn_list, "NAME=LO:HI", 0, 0, "a figure outside is a warning", NULL},
    {'s', "seed", OPT_INT, &seed, "N", 0, HUGE_VAL, "seed of what is drawn at random with -r", &seed_given},
};

static const struct program program = {"cv-check",
                                       "",
                                       "Pass an audio stream through and report on standard error how good it sounds.",
                                       opts,
                                       sizeof opts / sizeof *opts,
                                       "cv-sample -n 10 | cv-decode model.bin | cv-check | cv-towav"};

static struct reader *in, *originals;    /* originals: with --original */
static struct audio_clip clip, original; /* the last of each */
static struct writer *out;

/* The clip that one stands for, to be freed; NULL with the reason. */
static float *original_of(const struct sound *s)
{
    const struct audio_clip *c = &original;
    int got = audio_clip_next(originals, &original);
    size_t size = (size_t)(s->channels * s->samples) * sizeof *c->x;

    if (got > 0 && (c->rate < s->rate || c->rate > s->rate || c->channels != s->channels || c->samples != s->samples))
        error_set("%s: clip '%s' is %lld channels of %lld samples at %.15g Hz, but '%s', which stands for it, "
                  "%lld of %lld at %.15g Hz: load both with the same -r, -n and -c of cv-load",
                  original_path, c->name, (long long)c->channels, (long long)c->samples, c->rate, s->name,
                  (long long)s->channels, (long long)s->samples, s->rate);
    else if (got > 0)
        return memcpy(mem_alloc(size), c->x, size);
    else if (got == 0)
        error_set("%s: holds no clip for '%s': give as many as are compared, in the same order", original_path,
                  s->name);
    return NULL;
}

static void originals_end(void)
{
    int got = audio_clip_next(originals, &original);

    if (got > 0)
        diag_die("%s: clip '%s' and those after it have none that stands for them", original_path, original.name);
    if (got < 0)
        diag_die("%s", error_text());
}

/* Passes on the frame whose first clip that is. */
static int pass(void)
{
    static int64_t segment;
    const struct frame *f = clip.frame;

    if (reader_segment(in) != segment && writer_next(out, "audio", reader_meta(in)) < 0)
        return -1;
    segment = reader_segment(in);
    if (reference_path && beside_check(in, &clip) < 0)
        return -1;
    return (f->part ? writer_part : writer_put)(out, f->name, f->meta, f->tensors, f->count);
}

/* The next clip, its frame on its way. */
static int clip_next(void)
{
    int more = audio_clip_next(in, &clip);

    if (more > 0 && clip.number == 0 && pass() < 0)
        return -1;
    return more == 0 ? writer_end(out) : more;
}

/* With --every, the next stretch of one. */
static int sound_read(struct sound **s)
{
    bool whole = stretch.seconds <= 0;
    int more = whole ? clip_next() : 1;

    while (more > 0 && !whole && !(clip.frame && stretch_next(&stretch, &clip)))
        more = clip_next();
    if (more <= 0)
        return more;
    *s = sound_begin(whole ? &clip : &stretch.clip);
    if (originals)
        (*s)->original = original_of(*s);
    return originals && !(*s)->original ? -1 : 1;
}

static void sound_take(struct sound *s)
{
    if (reference_path)
        beside_take(s);
    clips_put(s->name, s->rate, s->channels, s->samples, &s->figures);
}

/* A limit on a figure that nothing is compared for would never be judged. */
static void limit_fits(const char *option, const char *list)
{
    char name[40];

    for (int f = FIGURE_NEAREST; list && f < FIGURE_COUNT; f++) {
        bool beside = f >= FIGURE_RECON && f < FIGURE_CLIP_COUNT;
        const char *at;

        snprintf(name, sizeof name, "%s=", figure_about[f].name);
        at = strstr(list, name);
        while (at && at > list && at[-1] != ',')
            at = strstr(at + 1, name);
        if (at && !(beside ? original_path : reference_path))
            diag_usage("%s: %s is told only together with %s", option, figure_about[f].name,
                       beside ? "--original FILE" : "-r, --reference FILE");
    }
}

static void limits_set(void)
{
    const char *const paths[] = {original_path, reference_path, held_path};

    if (stretch.seconds > 0 && (reference_path || original_path))
        diag_usage("--every SECONDS: --original and -r compare whole clips");
    if (held_path && !reference_path)
        diag_usage("--held-out FILE: only together with -r, --reference FILE");
    for (int i = 0; i < 3; i++)
        if (paths[i] && strcmp(paths[i], "-") == 0)
            diag_usage("--original, -r and --held-out take files: standard input is what is checked");
    limits_default(&how.limits);
    if (fail_list && limits_read(how.limits.fair, fail_list) < 0)
        diag_usage("-l, --limit NAME=LO:HI: %s", error_text());
    if (warn_list && limits_read(how.limits.good, warn_list) < 0)
        diag_usage("-w, --warn NAME=LO:HI: %s", error_text());
    limit_fits("-l, --limit NAME=LO:HI", fail_list);
    limit_fits("-w, --warn NAME=LO:HI", warn_list);
    if (seed_given && !reference_path)
        diag_usage("-s, --seed N: only together with -r, --reference FILE");
}

int main(int argc, char **argv)
{
    struct pool *pool;
    struct sounds *sounds;

    program_begin(&program, argc, argv, 0, 0);
    limits_set();
    how.table = !how.json && !diag_quiet();
    how.reference = reference_path;
    how.held_out = held_path;
    how.original = original_path;
    clips_begin(&how);
    setvbuf(stderr, NULL, _IOFBF, BUFSIZ); /* whole lines, flushed after each clip */
    if (isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: pipe it on, or write > /dev/null for the report alone");
    pool = pool_new(stretch.seconds > 0); /* 1: none waits for others; 0: as many as there are processors */
    sounds = sounds_new(pool, true);
    if (reference_path)
        beside_begin(reference_path, held_path, (uint64_t)seed, how.json, pool);
    if (original_path)
        originals = audio_stream(original_path);
    in = audio_stream("-");
    if (stretch.seconds > 0)
        reader_parts(in);
    out = writer_new(STDOUT_FILENO, "standard output", "audio", reader_meta(in));
    if (!out ||
        sounds_each(sounds, &(struct sounds_how){sound_read, reference_path ? beside_look : NULL, sound_take}) < 0)
        diag_die("%s", error_text());
    if (originals)
        originals_end();
    clips_end();
    if (reference_path)
        beside_end(&how);
    reader_free(in);
    sounds_free(sounds);
    stretch_free(&stretch);
    reader_free(originals);
    pool_free(pool);
    fflush(stderr);
    return clips_failures() || ferror(stderr);
}

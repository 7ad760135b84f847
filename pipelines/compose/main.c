/* main.c: compose writes clips of small-combo jazz as standard MIDI files. */
#include "compose.h"

#include <math.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/opt.h"

static int64_t seed = 123, count = 100, seconds = 30;
static const char *dir = ".";
static bool list;

static const struct opt opts[] = {
    {'s', "seed", OPT_INT, &seed, "N", 0, HUGE_VAL, "seed: clip number I depends on it and on I only", NULL},
    {'n', "count", OPT_INT, &count, "CLIPS", 1, 100000, "how many clips", NULL},
    {'d', "duration", OPT_INT, &seconds, "SECONDS", 1, 3600, "length of a clip", NULL},
    {'o', "output", OPT_TEXT, &dir, "DIR", 0, 0, "where to; made if missing", NULL},
    {'l', "list", OPT_FLAG, &list, NULL, 0, 0, "print a line on each clip: file, tune, key, tempo, players", NULL},
};

static const struct program program = {
    .name = "compose",
    .operands = "",
    .purpose = "Write clips of small-combo jazz as DIR/jazz.00000.mid, DIR/jazz.00001.mid ...",
    .opts = opts,
    .count = sizeof opts / sizeof *opts,
    .example = "compose -n 10 -o jazz",
};

static void compose(unsigned index)
{
    char title[256], *path = mem_format("%s/jazz.%05u.mid", dir, index), *bytes;
    size_t size;
    FILE *f = open_memstream(&bytes, &size);
    struct clip c;

    plan_clip(&c, (uint64_t)seed, index, (int)seconds);
    solo_play(&c);
    walk_play(&c);
    comp_play(&c);
    drums_play(&c);
    plan_describe(&c, title, sizeof title);
    if (!f)
        diag_die("%s:", path);
    score_write(c.score, f, title, c.us_per_beat, c.start, c.end);
    if (fclose(f))
        diag_die("%s:", path);
    if (file_save(path, bytes, size))
        diag_die("%s", error_text());
    if (list)
        printf("jazz.%05u.mid\t%s\n", index, title);
    score_free(c.score);
    free(c.bar);
    free(bytes);
    free(path);
}

int main(int argc, char **argv)
{
    program_begin(&program, argc, argv, 0, 0);
    if (!*dir)
        diag_usage("-o, --output DIR: an empty name; . is the current directory");
    if (directory_make(dir))
        diag_die("%s", error_text());
    for (int64_t i = 0; i < count; i++)
        compose((unsigned)i);
    if (fflush(stdout) || ferror(stdout))
        diag_die("standard output:");
    return 0;
}

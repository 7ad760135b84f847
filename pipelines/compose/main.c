/* main.c: compose writes clips of small-combo jazz as standard MIDI files. */
#include "compose.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef CV_VERSION
#define CV_VERSION "unversioned"
#endif

static const char help[] = "usage: compose [-s SEED] [-n COUNT] [-d SECONDS] [-o DIR] [-l]\n"
                           "Writes COUNT clips of small-combo jazz as DIR/jazz.00000.mid, DIR/jazz.00001.mid ...\n"
                           "Clip I depends on SEED and I only: the same seed writes the same bytes.\n"
                           "  -s, --seed SEED        number (123) [0..18446744073709551615]\n"
                           "  -n, --count COUNT      number of clips (100) [1..100000]\n"
                           "  -d, --duration SECONDS length of a clip (30) [1..3600]\n"
                           "  -o, --output DIR       where to (the current directory); made if missing\n"
                           "  -l, --list             print a line on each clip: file, tune, key, tempo, players\n"
                           "  -h, --help             this help\n"
                           "  -V, --version          the version\n";

__attribute__((format(printf, 2, 3), noreturn)) static void die(int status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("compose: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs(status == 2 ? "\nTry 'compose --help'.\n" : "\n", stderr);
    exit(status);
}

static uint64_t number(const char *text, const char *option, uint64_t low, uint64_t high)
{
    char *end;
    unsigned long long x;

    errno = 0;
    x = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || x < low || x > high)
        die(2, "%s wants a whole number from %llu to %llu, not '%s'", option, (unsigned long long)low,
            (unsigned long long)high, text);
    return x;
}

static void make_directory(const char *path)
{
    char *part = need(strdup(path)), *p;

    for (p = part + 1;; p++) {
        char was = *p;

        if (was && was != '/')
            continue;
        *p = '\0';
        if (mkdir(part, 0777) < 0 && errno != EEXIST)
            die(1, "%s: cannot make this directory: %s", part, strerror(errno));
        if (!(*p = was))
            break;
    }
    free(part);
}

/* writes under a temporary name and renames, so that a file of the final name is whole */
static void write_file(const struct clip *c, const char *path, const char *title)
{
    char temporary[PATH_MAX];
    FILE *f;
    int bad;

    if (snprintf(temporary, sizeof temporary, "%s.part", path) >= (int)sizeof temporary)
        die(1, "%s: this name is too long", path);
    f = fopen(temporary, "wb");
    if (!f)
        die(1, "%s: %s", temporary, strerror(errno));
    bad = score_write(c->score, f, title, c->us_per_beat, c->start, c->end);
    if (fclose(f) != 0 || bad || rename(temporary, path) < 0) {
        int why = errno;

        unlink(temporary);
        die(1, "%s: cannot write: %s", path, strerror(why));
    }
}

static void compose(uint64_t seed, unsigned index, int seconds, const char *dir, bool list)
{
    struct clip c;
    char path[PATH_MAX], title[256];

    plan_clip(&c, seed, index, seconds);
    solo_play(&c);
    walk_play(&c);
    comp_play(&c);
    drums_play(&c);
    plan_describe(&c, title, sizeof title);
    if (snprintf(path, sizeof path, "%s/jazz.%05u.mid", dir, index) >= (int)sizeof path)
        die(1, "%s: this name is too long", dir);
    write_file(&c, path, title);
    if (list)
        printf("jazz.%05u.mid\t%s\n", index, title);
    score_free(c.score);
    free(c.bar);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},     {"count", required_argument, NULL, 'n'},
        {"duration", required_argument, NULL, 'd'}, {"output", required_argument, NULL, 'o'},
        {"list", no_argument, NULL, 'l'},           {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},        {NULL, 0, NULL, 0},
    };
    uint64_t seed = 123;
    unsigned count = 100, i;
    int seconds = 30, option;
    const char *dir = ".";
    bool list = false;

    while ((option = getopt_long(argc, argv, "s:n:d:o:lhV", options, NULL)) >= 0) {
        switch (option) {
        case 's':
            seed = number(optarg, "--seed", 0, UINT64_MAX);
            break;
        case 'n':
            count = (unsigned)number(optarg, "--count", 1, 100000);
            break;
        case 'd':
            seconds = (int)number(optarg, "--duration", 1, 3600);
            break;
        case 'o':
            dir = optarg;
            break;
        case 'l':
            list = true;
            break;
        case 'h':
            fputs(help, stdout);
            return fflush(stdout) ? 1 : 0;
        case 'V':
            puts("compose " CV_VERSION);
            return fflush(stdout) ? 1 : 0;
        default:
            die(2, "this option is not known");
        }
    }
    if (optind < argc)
        die(2, "takes no file names, but got '%s'", argv[optind]);
    if (!*dir)
        die(2, "--output wants the name of a directory");
    make_directory(dir);
    for (i = 0; i < count; i++)
        compose(seed, i, seconds, dir, list);
    if (fflush(stdout) != 0 || ferror(stdout))
        die(1, "cannot write the list: %s", strerror(errno));
    return 0;
}

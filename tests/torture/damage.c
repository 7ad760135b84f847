/* Streams cut at every byte and with every bit flipped, given to every program that reads them: all are to be refused.
 * damage FOLDER SECONDS [CASES]: FOLDER as prepare.sh makes it. CASES: of each file and program, 0 for all. */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "torture.h"

struct subject {
    const char *file;         /* that is damaged */
    int all;                  /* every place; otherwise so many at random */
    const char *programs[12]; /* those that read it; "@" stands for its name, otherwise it is standard input */
};

static const struct subject subjects[] = {
    {"one.cvs",
     1,
     {"cv-info -q", "cv-batch -q -b 1", "cv-batch -q -b 2", "cv-train -q -N notebook -e 1 -j 1",
      "cv-encode -q -j 1 notebook.bin", "cv-towav -q -o out", "cv-towav -q -o -", "cv-plot -q -o out/a.png",
      "cv-check -q", "cv-eval -q -j 1 notebook.bin", "cv-info -q --json @"}},
    {"one-parts.cvs",
     1,
     {"cv-info -q", "cv-batch -q -b 2", "cv-train -q -N notebook -e 1 -j 1", "cv-encode -q -j 1 notebook.bin",
      "cv-towav -q -o out", "cv-check -q", "cv-report -q -j 1 --held-out @ notebook.bin"}},
    {"one-latent-parts.cvs", 1, {"cv-info -q", "cv-decode -q -j 1 notebook.bin", "cv-mix -q @ one-latent.cvs"}},
    {"one-latent.cvs",
     1,
     {"cv-info -q", "cv-decode -q -j 1 notebook.bin", "cv-plot -q -o out/a.svg", "cv-mix -q @ one-latent.cvs"}},
    {"one-noise.cvs",
     1,
     {"cv-info -q", "cv-decode -q -j 1 notebook.bin", "cv-plot -q -o out/a.png", "cv-mix -q @ one-noise.cvs"}},
    {"small-model.bin",
     1,
     {"cv-info -q @", "cv-decode -q -j 1 @ < noise.cvs", "cv-encode -q -j 1 @ < clips.cvs", "cv-sample -q -m @",
      "cv-eval -q -j 1 @ < clips.cvs"}},
    {"large.cvs",
     0,
     {"cv-info -q", "cv-batch -q -b 3", "cv-train -q -e 1 -j 1", "cv-encode -q -j 1 model.bin", "cv-towav -q -o out",
      "cv-towav -q -o -", "cv-plot -q -o out/a.png", "cv-check -q", "cv-eval -q -j 1 model.bin"}},
    {"large-latent.cvs", 0, {"cv-info -q", "cv-decode -q -j 1 model.bin", "cv-plot -q -o out/a.png"}},
    {"notebook.bin",
     0,
     {"cv-info -q @", "cv-decode -q -j 1 @ < tiny-noise.cvs", "cv-encode -q -j 1 @ < tiny.cvs", "cv-sample -q -m @",
      "cv-eval -q -j 1 @ < tiny.cvs", "cv-report -q -j 1 --clips 1 --held-out tiny.cvs @"}},
};

enum { RANDOM = 1000 };

extern char **environ;
static double deadline;
static long cases, bad, runs;

/* Runs a program over the damaged file; NULL if it refused it as it should. */
static const char *refuses(const char *command, const char *damaged)
{
    static char text[200];
    char *words = mem_text(command), *argv[16], *save = NULL, *input = strstr(words, " < ");
    int n = 0, status, uses = strchr(words, '@') != NULL;
    posix_spawn_file_actions_t files;
    const char *why = NULL;
    pid_t child;

    if (input)
        *input = '\0';
    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[n++] = strcmp(w, "@") ? w : (char *)damaged;
    argv[n] = NULL;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, input ? input + 3 : uses ? "/dev/null" : damaged, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "stdout", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_addopen(&files, 2, "stderr", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (posix_spawnp(&child, argv[0], &files, NULL, argv, environ) || waitpid(child, &status, 0) != child)
        abort();
    posix_spawn_file_actions_destroy(&files);
    runs++;
    if (!WIFEXITED(status)) {
        snprintf(text, sizeof text, "ended by signal %d", WTERMSIG(status));
        why = text;
    } else if (WEXITSTATUS(status) != 1) {
        snprintf(text, sizeof text, "status %d", WEXITSTATUS(status));
        why = text;
    } else {
        why = words_wrong(words, "stderr", 1, 1);
    }
    if (!why && strncmp(words, "cv-info", 7) && is_whole("stdout"))
        why = "the output looks whole";
    if (!why && strstr(words, "-o -")) {
        struct bytes b = slurp("stdout");

        why = b.n > 0 ? "a part of a WAV came out" : NULL;
        free(b.p);
    }
    if (!why && strstr(words, "out/") && rmdir("out") == 0)
        mkdir("out", 0777);
    else if (!why && strstr(words, "out/"))
        why = "left a file";
    if (strstr(words, "out"))
        empty("out");
    free(words);
    return why;
}

/* A file that is damaged in place, and put right again. */
static void copy_file(const char *from, const char *to)
{
    struct bytes b = slurp(from);
    FILE *f = fopen(to, "wb");

    if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f))
        abort();
    free(b.p);
}

static uint64_t state = 1;

static long draw(long below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (long)((state >> 20) % (uint64_t)below);
}

static void complain(const char *what, long at, const struct subject *s, const char *program, const char *why)
{
    struct bytes b = slurp("stderr");

    if (b.p)
        b.p[strcspn(b.p, "\n")] = '\0';
    printf("not ok %s %s at %ld by %s: %s [%s]\n", s->file, what, at, program, why, b.p ? b.p : "");
    free(b.p);
}

/* The same by the library within this program: all places, fast. */
static const char *reader_refuses(const char *damaged)
{
    runs++;
    return is_whole(damaged) ? "read as whole" : NULL;
}

/* All cuts, or all flips, by one program (NULL: by the library). Returns how many were tried. */
static long damage(const struct subject *s, const char *program, const struct bytes *whole, int flips, double until,
                   long *wrong)
{
    long places = flips ? 8 * (long)whole->n : (long)whole->n, wanted = s->all ? places : RANDOM, done = 0;
    int fd;

    if (program && cases > 0 && wanted > cases)
        wanted = cases;
    copy_file(s->file, "damaged");
    fd = open("damaged", O_RDWR);
    for (; done < wanted && now() < until; done++) {
        long at = s->all ? place(done, places) - 1 : draw(places);
        const char *why;

        if (flips) {
            char c = (char)(whole->p[at / 8] ^ 1 << at % 8);

            if (pwrite(fd, &c, 1, at / 8) != 1)
                abort();
        } else {
            if (ftruncate(fd, at))
                abort();
        }
        why = program ? refuses(program, "damaged") : reader_refuses("damaged");
        if (why) {
            bad++;
            if (++*wrong <= 3)
                complain(flips ? "flipped" : "cut", at, s, program ? program : "the library", why);
        }
        if (flips ? pwrite(fd, whole->p + at / 8, 1, at / 8) != 1
                  : pwrite(fd, whole->p + at, whole->n - (size_t)at, at) != (ssize_t)whole->n - at)
            abort();
    }
    close(fd);
    return done;
}

int main(int argc, char **argv)
{
    size_t count = sizeof subjects / sizeof *subjects, pairs = 0, pair = 0;

    if (argc < 3 || chdir(argv[1])) {
        fprintf(stderr, "usage: damage FOLDER SECONDS [CASES]\n");
        return 2;
    }
    deadline = now() + atof(argv[2]);
    cases = argc > 3 ? atol(argv[3]) : 0;
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    mkdir("out", 0777);
    for (size_t i = 0; i < count; i++)
        for (int k = -1; k < 12 && (k < 0 || subjects[i].programs[k]); k++)
            pairs += 2;
    for (size_t i = 0; i < count; i++) {
        const struct subject *s = &subjects[i];
        struct bytes whole = slurp(s->file);

        for (int k = -1; k < 12 && (k < 0 || s->programs[k]); k++) { /* -1: the library */
            const char *program = k < 0 ? NULL : s->programs[k];
            long wrong = 0, done[2];

            for (int flips = 0; flips < 2; flips++) { /* each gets its share of the time that is left */
                done[flips] = damage(s, program, &whole, flips,
                                     program ? now() + (deadline - now()) / (double)(pairs - pair) : deadline, &wrong);
                pair++;
            }
            if (done[0] + done[1] == 0) {
                printf("ok %s by %s # skip no time left\n", s->file, program);
                continue;
            }
            printf("%s %s (%zu bytes) by %s: %ld cuts, %ld flips%s, %ld not refused\n", wrong ? "not ok" : "ok",
                   s->file, whole.n, program ? program : "the library", done[0], done[1],
                   s->all && (size_t)done[0] == whole.n && (size_t)done[1] == 8 * whole.n ? ", all there are" : "",
                   wrong);
            fflush(stdout);
        }
        free(whole.p);
    }
    printf("# %ld runs over damaged streams, %ld not refused as they should be\n", runs, bad);
    return bad > 0;
}

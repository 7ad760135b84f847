/* Runs programs again and again, each time with another call failing (see faults.c), and judges how they took it:
 * machine FOLDER SHIM PLACES SECONDS [NAME ...]. FOLDER has what prepare.sh made. PLACES: how many places to try for
 * each program and kind of call, 0: all. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "torture.h"

enum output { STREAM, BYTES, TEXT }; /* what standard output is */

struct scenario {
    const char *name, *input, *arguments; /* input: NULL for none, "|FILE" through a pipe */
    enum output output;
    int costly; /* only every so manieth place in a bounded run */
};

static const struct scenario scenarios[] = {
    {"load", NULL, "cv-load -n 600 -r 2000 ../a.wav", STREAM, 1},
    {"load-many", NULL, "cv-load --strict -r 3000 -n 600 -c ../a.wav ../b.flac ../c.ogg", STREAM, 1},
    {"load-list", "list", "cv-load -@ --strict --all -r 3000 -n 1000", STREAM, 1},
    {"load-pipe", "|a.wav", "cv-load -r 3000 -n 600 -", STREAM, 1},
    {"load-part", NULL, "cv-load --part .05 -r 3000 ../a.wav", STREAM, 1},
    {"load-live", "|a.wav", "cv-load --live --part .5 -r 3000 -", STREAM, 1},
    {"batch", "clips.cvs", "cv-batch -b 2", STREAM, 1},
    {"train", "clips.cvs",
     "cv-train -q -e 2 -z 1 --width 1 --stride 1 -j 2 --snapshot out --log /dev/null -t ../test.cvs", STREAM, 4},
    {"train-notebook", "tiny.cvs", "cv-train -q -N notebook -e 1 -b 2 -j 2 --snapshot out", STREAM, 40},
    {"encode", "clips.cvs", "cv-encode -j 2 ../model.bin", STREAM, 1},
    {"encode-notebook", "tiny.cvs", "cv-encode -j 2 ../notebook.bin", STREAM, 1},
    {"sample", NULL, "cv-sample -n 3", STREAM, 1},
    {"sample-model", NULL, "cv-sample -n 3 -m ../model.bin", STREAM, 1},
    {"decode", "latent.cvs", "cv-decode -j 2 ../model.bin", STREAM, 1},
    {"decode-noise", "noise.cvs", "cv-decode -j 2 ../model.bin", STREAM, 1},
    {"decode-notebook", "tiny-noise.cvs", "cv-decode -j 2 ../notebook.bin", STREAM, 1},
    {"mix", NULL, "cv-mix -n 3 ../latent.cvs ../latent.cvs", STREAM, 1},
    {"start", "clips.cvs", "cv-train -q -e 0 -z 1 --width 1 --stride 1 -j 1 --snapshot out", STREAM, 1},
    {"towav", "short.cvs", "cv-towav -o out", TEXT, 1},
    {"towav-stdout", "short.cvs", "cv-towav -b 32 -o -", BYTES, 1},
    {"check", "clips.cvs", "cv-check -q -r ../clips.cvs", STREAM, 4},
    {"eval", "clips.cvs", "cv-eval -j 2 ../model.bin", TEXT, 4},
    {"info", "latent.cvs", "cv-info", TEXT, 1},
    {"info-json", NULL, "cv-info --json ../latent.cvs", TEXT, 1},
    {"plot", "short.cvs", "cv-plot -o out/plot.png", TEXT, 20},
    {"plot-svg", "latent.cvs", "cv-plot -o out/plot.svg", TEXT, 20},
};

static const char *folder, *shim;
static long places;
static double deadline;
static long good, refused, bad, in_library; /* runs */

/* ---- one run ---- */

static const char *const kinds[] = {"malloc", "read", "write", "open", "rename", "mmap", "sync", "thread", "file"};

enum { KINDS = sizeof kinds / sizeof *kinds };

struct result {
    int status;             /* of wait */
    long counted[KINDS][2]; /* calls of the program, and of libraries */
    char culprit[100];      /* library that made the call that failed */
};

static void become(const struct scenario *s, const char *kind, int libraries, long at, int feed[2])
{
    char *words = mem_text(s->arguments), *argv[40], *save = NULL, number[32];
    int n = 0, in, out, err;

    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[n++] = w;
    argv[n] = NULL;
    if (s->input && s->input[0] == '|') {
        in = feed[0];
        close(feed[1]);
    } else {
        char *path = s->input ? mem_format("../%s", s->input) : mem_text("/dev/null");

        in = open(path, O_RDONLY);
    }
    out = open("stdout", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    err = open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (in < 0 || out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(99);
    for (int fd = 3; fd < 20; fd++)
        close(fd);
    snprintf(number, sizeof number, "%ld", at);
    setenv("LD_PRELOAD", shim, 1);
    setenv("FAULTS_KIND", kind, 1);
    setenv("FAULTS_AT", number, 1);
    setenv("FAULTS_FROM", libraries ? "libraries" : "own", 1);
    setenv("FAULTS_REPORT", "../report", 1);
    setenv("TMPDIR", "../tmp", 1);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    alarm(60); /* outlives exec: whoever hangs is ended by SIGALRM */
    execvp(argv[0], argv);
    _exit(98);
}

/* What the shim wrote. */
static void read_report(const char *path, struct result *r)
{
    FILE *f = fopen(path, "r");
    char kind[20];
    long own, library;

    while (f && fscanf(f, "%19s %ld %ld", kind, &own, &library) == 3)
        for (size_t k = 0; k < KINDS; k++)
            if (strcmp(kind, kinds[k]) == 0) {
                r->counted[k][0] = own;
                r->counted[k][1] = library;
            }
    if (f && fscanf(f, "%99s", r->culprit) != 1)
        strcpy(r->culprit, "-");
    if (f)
        fclose(f);
}

static struct result run(const struct scenario *s, const char *kind, int libraries, long at)
{
    struct result r = {.culprit = "-"};
    char *work = mem_format("%s/run", folder), *report = mem_format("%s/report", folder),
         *tmp = mem_format("%s/tmp", folder), *out = mem_format("%s/out", work);
    int feed[2] = {-1, -1}, piped = s->input && s->input[0] == '|';
    pid_t child;

    mkdir(work, 0777);
    mkdir(tmp, 0777);
    empty(work);
    empty(tmp);
    mkdir(out, 0777);
    unlink(report);
    if (piped && pipe(feed))
        abort();
    child = fork();
    if (child == 0) {
        if (chdir(work))
            _exit(97);
        become(s, kind, libraries, at, feed);
    }
    if (piped) {
        char *path = mem_format("%s/%s", folder, s->input + 1), piece[4096];
        int fd = open(path, O_RDONLY);
        ssize_t n;

        close(feed[0]);
        while ((n = read(fd, piece, sizeof piece)) > 0 && write(feed[1], piece, (size_t)n) == n)
            ;
        close(fd);
        close(feed[1]);
        free(path);
    }
    if (child < 0 || waitpid(child, &r.status, 0) != child)
        abort();
    read_report(report, &r);
    free(work);
    free(report);
    free(tmp);
    free(out);
    return r;
}

/* ---- how it is judged ---- */

/* What is wrong with the files that are there, beside those of a run without a fault; NULL if nothing is. */
static const char *files_wrong(const char *have, const char *want, int all)
{
    static char text[600];
    DIR *d = opendir(have);
    struct dirent *e;

    text[0] = '\0';
    while (d && (e = readdir(d))) {
        char *a = mem_format("%s/%s", have, e->d_name), *b = mem_format("%s/%s", want, e->d_name);

        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            ;
        else if (access(b, F_OK))
            snprintf(text, sizeof text, "left the file %.200s", e->d_name);
        else if (!same_file(a, b))
            snprintf(text, sizeof text, "the file %.200s is not what it should be", e->d_name);
        free(a);
        free(b);
    }
    if (d)
        closedir(d);
    d = all ? opendir(want) : NULL;
    while (d && (e = readdir(d))) {
        char *a = mem_format("%s/%s", have, e->d_name);

        if (access(a, F_OK))
            snprintf(text, sizeof text, "the file %.200s is missing", e->d_name);
        free(a);
    }
    if (d)
        closedir(d);
    return text[0] ? text : NULL;
}

static const char *judge(const struct scenario *s, const struct result *r, const char *reference)
{
    static char text[200];
    char *work = mem_format("%s/run", folder), *tmp = mem_format("%s/tmp", folder), *out = mem_format("%s/out", work),
         *err = mem_format("%s/stderr", work), *stdout_file = mem_format("%s/stdout", work),
         *want_out = mem_format("%s/out", reference), *want = mem_format("%s/stdout", reference);
    const char *why = NULL;
    struct stat a, b;

    if (WIFSIGNALED(r->status)) {
        snprintf(text, sizeof text, WTERMSIG(r->status) == SIGALRM ? "hangs" : "ended by signal %d",
                 WTERMSIG(r->status));
        why = text;
    } else if (WEXITSTATUS(r->status) == 0) {
        if (!same_file(stdout_file, want))
            why = "status 0, but the output is not that of a good run";
        else
            why = files_wrong(out, want_out, 1);
    } else if (WEXITSTATUS(r->status) != 1) {
        snprintf(text, sizeof text, "status %d", WEXITSTATUS(r->status));
        why = text;
    } else {
        why = words_wrong(s->arguments, err, 3);
        if (!why)
            why = files_wrong(out, want_out, 0);
        if (!why && s->output == STREAM && !same_file(stdout_file, want) && is_whole(stdout_file))
            why = "status 1, but the output looks whole";
        if (!why && s->output == BYTES && stat(stdout_file, &a) == 0 && stat(want, &b) == 0 && a.st_size >= b.st_size &&
            !same_file(stdout_file, want))
            why = "status 1, but the output looks whole";
    }
    if (!why)
        why = files_wrong(tmp, "/nonexistent", 0);
    free(work);
    free(tmp);
    free(out);
    free(err);
    free(stdout_file);
    free(want_out);
    free(want);
    return why;
}

static void complain(const struct scenario *s, const char *kind, long at, const struct result *r, const char *why,
                     int libraries)
{
    char *err = mem_format("%s/run/stderr", folder);
    struct bytes b = slurp(err);

    if (b.p)
        b.p[strcspn(b.p, "\n")] = '\0';
    printf("%s %s: %s %ld%s%s: %s [%s]\n", libraries ? "# in a library," : "not ok", s->name, kind, at,
           libraries ? " in " : "", libraries ? r->culprit : "", why, b.p ? b.p : "");
    free(b.p);
    free(err);
}

/* ---- all runs of a scenario ---- */

static void try_kind(const struct scenario *s, const char *kind, int libraries, const char *reference, double until,
                     long count, char *summary, size_t size)
{
    struct result r;
    long wanted = count, done = 0, wrong = 0;
    const char *why;

    if (places > 0 && wanted > (places + s->costly - 1) / s->costly)
        wanted = (places + s->costly - 1) / s->costly;
    for (; done < wanted && now() < until; done++) {
        long at = place(done, count);

        r = run(s, kind, libraries, at);
        why = judge(s, &r, reference);
        if (!why && WEXITSTATUS(r.status) == 0) {
            good++;
        } else if (!why) {
            refused++;
        } else if (libraries) {
            in_library++;
            if (wrong++ < 5)
                complain(s, kind, at, &r, why, 1);
        } else {
            bad++;
            if (wrong++ < 5)
                complain(s, kind, at, &r, why, 0);
        }
    }
    if (count > 0)
        snprintf(summary + strlen(summary), size - strlen(summary), " %s%s %ld/%ld", libraries ? "library-" : "", kind,
                 done, count);
}

/* Each kind of call gets its share of the time that is left. */
static void try_scenario(const struct scenario *s, double until)
{
    char *reference = mem_format("%s/reference-%s", folder, s->name), *work = mem_format("%s/run", folder),
         summary[2000] = "";
    long bad_before = bad, library_before = in_library, runs = good + refused + bad + in_library;
    struct result r = run(s, "none", 0, 0);

    empty(reference);
    rmdir(reference);
    if (WIFSIGNALED(r.status) || WEXITSTATUS(r.status) != 0 || rename(work, reference)) {
        printf("not ok %s: does not work without a fault either\n", s->name);
        bad++;
    } else {
        struct result part;
        size_t left = 2 * KINDS;

        for (; left > 0; left--) { /* calls of memory come last: they are the most */
            size_t k = (left - 1) / 2;

            try_kind(s, kinds[k], left % 2, reference, now() + (until - now()) / (double)left, r.counted[k][left % 2],
                     summary, sizeof summary);
        }
        part = run(s, "short", 0, 0);
        if (judge(s, &part, reference)) {
            complain(s, "short", 0, &part, judge(s, &part, reference), 0);
            bad++;
        }
    }
    runs = good + refused + bad + in_library - runs;
    if (bad == bad_before && runs == 0)
        printf("ok %s # skip no time left\n", s->name);
    else if (bad == bad_before)
        printf("ok %s: %ld runs, faults at%s%s\n", s->name, runs, summary,
               in_library > library_before ? "; libraries died, see above" : "");
    fflush(stdout);
    free(reference);
    free(work);
}

int main(int argc, char **argv)
{
    int count = (int)(sizeof scenarios / sizeof *scenarios), left = 0;

    if (argc < 5) {
        fprintf(stderr, "usage: machine FOLDER SHIM PLACES SECONDS [NAME ...]\n");
        return 2;
    }
    folder = argv[1];
    shim = argv[2];
    places = atol(argv[3]);
    deadline = now() + atof(argv[4]);
    signal(SIGPIPE, SIG_IGN);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++) {
            int wanted = argc == 5;

            for (int k = 5; k < argc; k++)
                wanted |= strcmp(argv[k], scenarios[i].name) == 0;
            if (wanted && pass == 0)
                left++;
            else if (wanted)
                try_scenario(&scenarios[i], now() + (deadline - now()) / left--);
        }
    printf(
        "# %ld runs with a fault: %ld went on to the right result, %ld refused, %ld failed the test, %ld where a library "
        "failed\n",
        good + refused + bad + in_library, good, refused, bad, in_library);
    return bad > 0;
}

/* One run of a scenario, with what befalls it. */
#ifndef TESTS_TORTURE_RUN_H
#define TESTS_TORTURE_RUN_H

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "scenarios.h"
#include "torture.h"

static const char *folder, *shim;
static int worker; /* several work at once, each in folders of its own */

static const char *const kinds[] = {"malloc", "read", "write",  "open", "rename",
                                    "mmap",   "sync", "thread", "file", "moment"};

enum { KINDS = sizeof kinds / sizeof *kinds, MOMENT = KINDS - 1 };

/* What befalls a run. */
struct fault {
    const char *kind;
    int libraries;
    long at;
    int signal;
    long limit; /* of bytes in a file; less than 0: none */
};

static const struct fault no_fault = {.kind = "none", .limit = -1};

struct result {
    int status;             /* of wait */
    long counted[KINDS][2]; /* calls of the program, and of libraries */
    char culprit[100];      /* library that made the call that failed */
};

/* A path in the folder, with the number of the worker. */
static char *mine(const char *name)
{
    return mem_format("%s/%s-%d", folder, name, worker);
}

static void set_number(const char *name, long value)
{
    char *text = mem_format("%ld", value);

    setenv(name, text, 1);
    free(text);
}

static void set_environment(const struct scenario *s, const struct fault *f)
{
    char *report = mine("report"), *first = mine("places"), *tmp = mine("tmp");

    setenv("LD_PRELOAD", shim, 1);
    setenv("FAULTS_KIND", f->kind, 1);
    setenv("FAULTS_FROM", f->libraries ? "libraries" : "own", 1);
    set_number("FAULTS_AT", f->at);
    set_number("FAULTS_SIGNAL", f->signal);
    set_number("FAULTS_STOP", s->stop_at);
    if (f->limit < 0)
        setenv("FAULTS_REPORT", report, 1);
    if (f->at == 0 && f->limit < 0)
        setenv("FAULTS_PLACES", first, 1);
    setenv("TMPDIR", tmp, 1);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    free(report);
    free(first);
    free(tmp);
}

static void become(const struct scenario *s, const struct fault *f, const int feed[2], const int said[2])
{
    static const int usual[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
    char *words = mem_text(s->arguments), *argv[40], *save = NULL;
    struct rlimit limit = {(rlim_t)f->limit, (rlim_t)f->limit};
    cpu_set_t one;
    int n = 0, in, out;

    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[n++] = w;
    argv[n] = NULL;
    if (s->input && s->input[0] == '|') {
        in = feed[0];
    } else {
        char *path = s->input ? mem_format("../%s", s->input) : mem_text("/dev/null");

        in = open(path, O_RDONLY);
    }
    out = open("stdout", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(said[1], 2) < 0)
        _exit(99);
    for (int fd = 3; fd < 20; fd++)
        close(fd);
    CPU_ZERO(&one); /* where threads are not asked for there are none, and calls have the same numbers in each run */
    CPU_SET((size_t)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    set_environment(s, f);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        signal(usual[i], SIG_DFL);
    if (f->limit >= 0)
        setrlimit(RLIMIT_FSIZE, &limit);
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

/* All of a file into a pipe, if its reader lives so long. */
static void pour(const char *name, int to)
{
    char *path = mem_format("%s/%s", folder, name);
    struct bytes b = slurp(path);

    for (size_t done = 0, n; done < b.n; done += n) {
        ssize_t moved = write(to, b.p + done, b.n - done);

        if (moved <= 0)
            break;
        n = (size_t)moved;
    }
    free(b.p);
    free(path);
}

/* What comes out of a pipe into a file. */
static void keep(int from, const char *path)
{
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    char piece[4096];
    ssize_t n;

    while ((n = read(from, piece, sizeof piece)) > 0)
        if (write(to, piece, (size_t)n) != n)
            abort();
    close(to);
}

static void clear(const char *path)
{
    mkdir(path, 0777);
    empty(path);
}

static struct result run(const struct scenario *s, const struct fault *f)
{
    struct result r = {.culprit = "-"};
    char *work = mine("run"), *report = mine("report"), *tmp = mine("tmp"), *out = mem_format("%s/out", work),
         *words = mem_format("%s/stderr", work);
    int feed[2] = {-1, -1}, said[2], piped = s->input && s->input[0] == '|';
    pid_t child;

    clear(work);
    clear(tmp);
    mkdir(out, 0777);
    unlink(report);
    if ((piped && pipe2(feed, O_CLOEXEC)) || pipe2(said, O_CLOEXEC))
        abort();
    child = fork();
    if (child == 0) {
        if (chdir(work))
            _exit(97);
        become(s, f, feed, said);
    }
    close(said[1]);
    close(feed[0]);
    if (piped)
        pour(s->input + 1, feed[1]);
    close(feed[1]);
    keep(said[0], words);
    close(said[0]);
    if (child < 0 || waitpid(child, &r.status, 0) != child)
        abort();
    read_report(report, &r);
    free(work);
    free(report);
    free(tmp);
    free(out);
    free(words);
    return r;
}

#endif

/* Runs programs again and again, each time with another call failing or a signal at another moment (see faults.c), and
 * judges how they took it: machine FOLDER SHIM PLACES SECONDS [NAME ...]. FOLDER has what prepare.sh made. PLACES: how
 * many calls of each kind to let fail for each scenario, and moments for signals; 0: the first call of every place, and
 * SIGNALS moments of each program; less: every call. Without names, all scenarios, on all processors. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "scenarios.h"
#include "torture.h"

enum { SIGNALS = 200 };

static const char *folder, *shim;
static long places;
static double deadline;
static int worker; /* several work at once, each in folders of its own */

/* Of all workers. */
struct tally {
    atomic_long good, refused, bad, in_library;           /* runs */
    atomic_long places, places_tried, calls, calls_tried; /* where something can fail */
    atomic_long signals, ended;                           /* runs with a signal or a limit; those that it ended */
};
static struct shared {
    atomic_int next; /* scenario */
    struct tally of[SCENARIOS];
} * shared;
static struct tally *tally;

/* ---- one run ---- */

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

/* ---- how it is judged ---- */

/* What is wrong with the files that are there, beside those of a run without a fault; NULL if nothing is. Others that
 * are whole streams are right where a run may end early. */
static const char *files_wrong(const char *have, const char *want, int all, bool early)
{
    static char text[600];
    DIR *d = opendir(have);
    struct dirent *e;

    text[0] = '\0';
    while (d && (e = readdir(d))) {
        char *a = mem_format("%s/%s", have, e->d_name), *b = mem_format("%s/%s", want, e->d_name);

        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || (early && is_whole(a)))
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

/* The files of a run, and of one without a fault. */
struct paths {
    char *out, *words, *output, *tmp, *want_out, *want;
};

static struct paths paths_of(const char *reference)
{
    char *work = mine("run");
    struct paths p = {mem_format("%s/out", work),      mem_format("%s/stderr", work),
                      mem_format("%s/stdout", work),   mine("tmp"),
                      mem_format("%s/out", reference), mem_format("%s/stdout", reference)};

    free(work);
    return p;
}

static void paths_free(struct paths *p)
{
    free(p->out);
    free(p->words);
    free(p->output);
    free(p->tmp);
    free(p->want_out);
    free(p->want);
}

/* Whether two files begin and end alike: a WAV has its length in the beginning. */
static bool same_ends(const char *a, const char *b)
{
    enum { END = 64 };
    struct bytes x = slurp(a), y = slurp(b);
    bool same = x.n >= END && y.n >= END && !memcmp(x.p, y.p, END) && !memcmp(x.p + x.n - END, y.p + y.n - END, END);

    free(x.p);
    free(y.p);
    return same;
}

/* Output that is not that of a good run, and could be taken for it. */
static const char *output_wrong(const struct scenario *s, const struct paths *p)
{
    if (same_file(p->output, p->want))
        return NULL;
    if (s->output == STREAM && is_whole(p->output))
        return "failed, but the output looks whole";
    if (s->output == BYTES && same_ends(p->output, p->want))
        return "failed, but the output looks whole";
    return NULL;
}

static const char *with_number(const char *format, int n)
{
    static char text[200];

    snprintf(text, sizeof text, "%s %d", format, n);
    return text;
}

/* How it ended where a call failed, or a file could not grow. */
static const char *end_wrong(const struct scenario *s, int status, const struct paths *p)
{
    const char *why;

    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM ? "hangs" : with_number("ended by signal", WTERMSIG(status));
    if (WEXITSTATUS(status) == 0)
        return same_file(p->output, p->want) ? files_wrong(p->out, p->want_out, 1, false)
                                             : "status 0, but the output is not that of a good run";
    if (WEXITSTATUS(status) != 1)
        return with_number("status", WEXITSTATUS(status));
    why = words_wrong(s->arguments, p->words, 1, 4); /* one for each file that is not written */
    if (!why)
        why = files_wrong(p->out, p->want_out, 0, false);
    return why ? why : output_wrong(s, p);
}

/* How it ended where a signal came: by it and without a word, or as if there was none, or early and whole. */
static const char *signal_wrong(const struct scenario *s, int status, int number, const struct paths *p)
{
    bool early = s->ends && (number == SIGINT || number == SIGTERM || number == SIGHUP);
    const char *why = words_wrong(s->arguments, p->words, 0, 3);

    if (why)
        return why;
    if (WIFSIGNALED(status) && WTERMSIG(status) == number)
        return (why = files_wrong(p->out, p->want_out, 0, early)) ? why : output_wrong(s, p);
    if (WIFSIGNALED(status))
        return with_number("ended by signal", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return with_number("status", WEXITSTATUS(status));
    if (!same_file(p->output, p->want) && !(early && is_whole(p->output)))
        return "status 0, but the output is not that of a good run";
    return files_wrong(p->out, p->want_out, !early, early);
}

static const char *judge(const struct scenario *s, const struct fault *f, const struct result *r, const char *reference)
{
    struct paths p = paths_of(reference);
    const char *why = f->signal ? signal_wrong(s, r->status, f->signal, &p) : end_wrong(s, r->status, &p);

    if (!why)
        why = files_wrong(p.tmp, "/nonexistent", 0, false);
    paths_free(&p);
    return why;
}

static void complain(const struct scenario *s, const struct fault *f, const struct result *r, const char *why)
{
    char *err = mem_format("%s/run-%d/stderr", folder, worker);
    struct bytes b = slurp(err);
    bool library = f->libraries && !f->signal;

    if (b.p)
        b.p[strcspn(b.p, "\n")] = '\0';
    printf("%s %s: ", library ? "# in a library," : "not ok", s->name);
    if (f->signal)
        printf("%s at call %ld%s", strsignal(f->signal), f->at, f->libraries ? " for memory" : "");
    else if (f->limit >= 0)
        printf("files of %ld bytes at most", f->limit);
    else
        printf("%s %ld%s%s", f->kind, f->at, library ? " in " : "", library ? r->culprit : "");
    printf(": %s [%s]\n", why, b.p ? b.p : "");
    fflush(stdout);
    free(b.p);
    free(err);
}

/* Runs and counts; false if it went wrong. */
static bool try_fault(const struct scenario *s, const struct fault *f, const char *reference, long *wrong)
{
    struct result r = run(s, f);
    const char *why = judge(s, f, &r, reference);
    bool ended = WIFSIGNALED(r.status) || WEXITSTATUS(r.status) != 0, library = f->libraries && !f->signal;

    if (f->signal || f->limit >= 0) {
        tally->signals++;
        tally->ended += ended;
    }
    if (why && (*wrong)++ < 5)
        complain(s, f, &r, why);
    (*(!why ? ended ? &tally->refused : &tally->good : library ? &tally->in_library : &tally->bad))++;
    return !why;
}

/* ---- all runs of a scenario ---- */

/* Calls 1 to count in the order in which they are to fail: first those that are the first of their place. */
static long *order_of(const char *kind, int libraries, long count, long *first)
{
    long *order = mem_zero((size_t)count + 1, sizeof *order), n = 0, number;
    char *path = mine("places-kept"), word[20], *taken = mem_zero((size_t)count + 1, 1);
    FILE *f = fopen(path, "r");
    int library;

    while (f && fscanf(f, "%19s %d %ld", word, &library, &number) == 3)
        if (!strcmp(word, kind) && library == libraries && number <= count && !taken[number])
            taken[number] = 1, order[n++] = number;
    if (f)
        fclose(f);
    *first = n;
    for (long i = 0; i < count; i++)
        if (!taken[place(i, count)])
            order[n++] = place(i, count);
    free(path);
    free(taken);
    return order;
}

static void try_kind(const struct scenario *s, const char *kind, int libraries, const char *reference, double until,
                     long count)
{
    long first, wrong = 0, done = 0, *order = order_of(kind, libraries, count, &first);
    long wanted = places == 0 ? first : places > 0 && places < count ? places : count;

    for (; done < wanted && now() < until; done++)
        try_fault(
            s, &(struct fault){kind, libraries, order[places > 0 && first > 0 ? place(done, first) - 1 : done], 0, -1},
            reference, &wrong);
    tally->places += first;
    tally->places_tried += done < first ? done : first;
    tally->calls += count;
    tally->calls_tried += done;
    free(order);
}

static bool same_program(const struct scenario *a, const struct scenario *b)
{
    size_t name = strcspn(a->arguments, " ");

    return name == strcspn(b->arguments, " ") && !strncmp(a->arguments, b->arguments, name);
}

/* How many moments: those of a program are shared by its scenarios. */
static long moments_of(const struct scenario *s)
{
    long sharing = 0;

    for (int i = 0; i < SCENARIOS; i++)
        sharing += same_program(s, &scenarios[i]);
    return places > 0 ? places : (SIGNALS + sharing - 1) / sharing;
}

/* Half of them where memory is asked for, half at the other calls. */
static void try_signals(const struct scenario *s, const char *reference, double until, const long counted[2])
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
    long moments = moments_of(s), wrong = 0;

    for (long i = 0; i < moments && now() < until; i++) {
        int memory = i % 2 && counted[1] > 0;

        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            try_fault(s, &(struct fault){"moment", memory, place(i / 2, counted[memory]), numbers[k], -1}, reference,
                      &wrong);
    }
}

/* The size of the largest file that it writes. */
static long largest(const char *reference)
{
    char *paths[] = {mem_format("%s/stdout", reference), mem_format("%s/out", reference)};
    DIR *d = opendir(paths[1]);
    struct dirent *e;
    struct stat st;
    long size = stat(paths[0], &st) ? 0 : (long)st.st_size;

    while (d && (e = readdir(d)))
        if (!fstatat(dirfd(d), e->d_name, &st, 0) && S_ISREG(st.st_mode) && st.st_size > size)
            size = (long)st.st_size;
    if (d)
        closedir(d);
    free(paths[0]);
    free(paths[1]);
    return size;
}

static void try_limits(const struct scenario *s, const char *reference, double until)
{
    long moments = moments_of(s), size = largest(reference), wrong = 0;

    for (long i = 0; i < moments && i < size && now() < until; i++)
        try_fault(s, &(struct fault){"none", 0, 0, 0, place(i, size) - 1}, reference, &wrong);
}

/* Each kind of call gets its share of the time that is left. */
static void try_all(const struct scenario *s, const struct result *r, const char *reference, double until)
{
    long wrong = 0;
    size_t left = 2 * MOMENT;

    if (!s->stop_at) /* its number is of whole writes */
        try_fault(s, &(struct fault){"short", 0, 0, 0, -1}, reference, &wrong);
    try_signals(s, reference, now() + (until - now()) / 2, r->counted[MOMENT]);
    try_limits(s, reference, now() + (until - now()) / 4);
    for (; left > 0; left--) { /* calls of memory come last: they are the most */
        size_t k = (left - 1) / 2;

        try_kind(s, kinds[k], left % 2, reference, now() + (until - now()) / (double)left, r->counted[k][left % 2]);
    }
}

static void say(const char *name, const struct tally *t)
{
    printf("%s: %ld of %ld places and %ld of %ld calls failed, %ld signals and limits of which %ld ended it", name,
           t->places_tried, t->places, t->calls_tried, t->calls, t->signals, t->ended);
}

static void try_scenario(const struct scenario *s, double until)
{
    char *reference = mem_format("%s/reference-%s", folder, s->name), *work = mine("run"), *first = mine("places"),
         *kept = mine("places-kept");
    struct result r = run(s, &no_fault);

    tally = &shared->of[s - scenarios];
    empty(reference);
    rmdir(reference);
    if (WIFSIGNALED(r.status) || WEXITSTATUS(r.status) != 0 || rename(work, reference) || rename(first, kept)) {
        printf("not ok %s: does not work without a fault either\n", s->name);
        tally->bad++;
    } else {
        try_all(s, &r, reference, until);
    }
    if (tally->bad == 0 && tally->calls_tried == 0) {
        printf("ok %s # skip no time left\n", s->name);
    } else if (tally->bad == 0) {
        say(mem_format("ok %s", s->name), tally);
        printf("%s\n", tally->in_library ? "; libraries died, see above" : "");
    }
    fflush(stdout);
    free(reference);
    free(work);
    free(first);
    free(kept);
}

/* ---- all scenarios ---- */

static void add(struct tally *to, const struct tally *t)
{
    to->good += t->good;
    to->refused += t->refused;
    to->bad += t->bad;
    to->in_library += t->in_library;
    to->places += t->places;
    to->places_tried += t->places_tried;
    to->calls += t->calls;
    to->calls_tried += t->calls_tried;
    to->signals += t->signals;
    to->ended += t->ended;
}

/* A line for each program, whose scenarios follow each other, and one for all. True if all went well. */
static bool sum_up(void)
{
    struct tally all = {0};

    for (int i = 0, next; i < SCENARIOS; i = next) {
        struct tally t = {0};
        size_t name = strcspn(scenarios[i].arguments, " ");
        char *program = mem_format("# %.*s", (int)name, scenarios[i].arguments);

        for (next = i; next < SCENARIOS && same_program(&scenarios[i], &scenarios[next]); next++)
            add(&t, &shared->of[next]);
        if (t.calls > 0) {
            say(program, &t);
            printf("\n");
        }
        add(&all, &t);
        free(program);
    }
    printf(
        "# %ld runs with a fault: %ld went on to the right result, %ld refused or ended, %ld failed the test, %ld where "
        "a library failed\n",
        all.good + all.refused + all.bad + all.in_library, all.good, all.refused, all.bad, all.in_library);
    return all.bad == 0;
}

static void work_through(const int *list, int count, int workers)
{
    int i;

    while ((i = atomic_fetch_add(&shared->next, 1)) < count) {
        double share = (deadline - now()) * workers / (count - i);

        try_scenario(&scenarios[list[i]], now() + share < deadline ? now() + share : deadline);
    }
}

int main(int argc, char **argv)
{
    int list[SCENARIOS], count = 0, workers = argc > 5 ? 1 : (int)sysconf(_SC_NPROCESSORS_ONLN);

    if (argc < 5) {
        fprintf(stderr, "usage: machine FOLDER SHIM PLACES SECONDS [NAME ...]\n");
        return 2;
    }
    folder = argv[1];
    shim = argv[2];
    places = atol(argv[3]);
    deadline = now() + atof(argv[4]);
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < SCENARIOS; i++) {
        bool wanted = argc == 5;

        for (int k = 5; k < argc; k++)
            wanted |= strcmp(argv[k], scenarios[i].name) == 0;
        if (wanted)
            list[count++] = i;
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (worker = 0; worker < workers; worker++)
        if (fork() == 0) {
            work_through(list, count, workers);
            _exit(0);
        }
    for (int status; wait(&status) > 0;)
        if (status) {
            printf("not ok machine: a worker died\n");
            return 1;
        }
    return !sum_up();
}

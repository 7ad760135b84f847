/* Runs programs again and again, each time with another call failing or a signal at another moment (see faults.c), and
 * judges how they took it: machine FOLDER SHIM PLACES SECONDS [NAME ...]. FOLDER has what prepare.sh made. PLACES: how
 * many calls of each kind to let fail for each scenario, and moments for signals; 0: the first call of every place, and
 * SIGNALS moments of each program; less: every call. Without names, all scenarios, on all processors. */
#include <stdatomic.h>
#include <sys/mman.h>

#include "judge.h"

enum { SIGNALS = 200 };

static long places;
static double deadline;

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
        try_fault(s, &(struct fault){kind, libraries, order[done < first ? place(done, first) - 1 : done], 0, -1},
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
    folder = realpath(argv[1], NULL);
    shim = realpath(argv[2], NULL); /* programs run in other folders, and without a shim nothing would fail */
    if (!folder || !shim) {
        fprintf(stderr, "machine: %s: is not there\n", argv[folder ? 2 : 1]);
        return 2;
    }
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

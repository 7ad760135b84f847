/* bench: measures cv's work and the machine's bounds, one result a line;
 * run.sh puts them beside the peer's. */
#include "bench.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/rng.h"

extern char **environ;

static const char usage[] = "usage: bench train|encode|decode|bounds THREADS STEPS\n"
                            "       bench spectral SETTING THREADS STEPS\n"
                            "       bench shape|example SETTING\n"
                            "       bench pipe STEPS\n"
                            "       bench clips COUNT [RATE SAMPLES] > STREAM\n"
                            "       bench time NAME STEPS COMMAND [ARGUMENT]...\n";

static double clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Prints a line for times that were taken; sorts ms. */
static void report(const char *what, int threads, int steps, double *ms)
{
    size_t n = (size_t)steps;

    qsort(ms, n, sizeof *ms, double_compare);
    printf("%s threads %d steps %d median %.3f ms min %.3f ms\n", what, threads, steps,
           (ms[(n - 1) / 2] + ms[n / 2]) / 2, ms[0]);
}

void measure(const char *what, int threads, int steps, void (*work)(void *arg), void *arg)
{
    double *ms = mem_alloc((size_t)steps * sizeof *ms);

    for (int i = 0; i < 3; i++)
        work(arg);
    for (int i = 0; i < steps; i++) {
        double start = clock_ms();

        work(arg);
        ms[i] = clock_ms() - start;
    }
    report(what, threads, steps, ms);
    free(ms);
}

float *random_clips(size_t count)
{
    float *x = mem_floats(count);
    struct rng r = rng_new(123, 0);

    rng_normal(&r, x, count);
    for (size_t i = 0; i < count; i++)
        x[i] = x[i] > 5 ? 1 : x[i] < -5 ? -1 : 0.2f * x[i];
    return x;
}

static void run_command(void *arg)
{
    char **command = arg;
    pid_t pid;
    int status, error = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);

    if (error)
        diag_die("%s: %s", command[0], strerror(error));
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            diag_die("waiting for %s:", command[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        diag_die("%s failed: a command that fails is not worth timing", command[0]);
}

static void time_command(const char *what, int steps, char **command)
{
    double *ms = mem_alloc((size_t)steps * sizeof *ms);

    run_command(command);
    for (int i = 0; i < steps; i++) {
        double start = clock_ms();

        run_command(command);
        ms[i] = clock_ms() - start;
    }
    report(what, 0, steps, ms);
    free(ms);
}

static int number(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (end == text || *end || n < 1 || n > 10000000)
        diag_die("'%s' is not a number from 1 to 10000000\n%s", text, usage);
    return (int)n;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(int threads, int steps);
    } with_threads[] = {
        {"train", bench_train},
        {"encode", bench_encode},
        {"decode", bench_decode},
        {"bounds", bench_bounds},
    };

    diag_name("bench");
    for (size_t i = 0; argc == 4 && i < sizeof with_threads / sizeof *with_threads; i++)
        if (!strcmp(argv[1], with_threads[i].name)) {
            with_threads[i].run(number(argv[2]), number(argv[3]));
            return 0;
        }
    if (argc == 5 && !strcmp(argv[1], "spectral"))
        bench_spectral(argv[2], number(argv[3]), number(argv[4]));
    else if (argc == 3 && !strcmp(argv[1], "shape"))
        bench_shape(argv[2]);
    else if (argc == 3 && !strcmp(argv[1], "example"))
        bench_example(argv[2]);
    else if (argc == 3 && !strcmp(argv[1], "pipe"))
        bench_pipe(number(argv[2]));
    else if (argc == 3 && !strcmp(argv[1], "clips"))
        write_clips(number(argv[2]), RATE, SAMPLES);
    else if (argc == 5 && !strcmp(argv[1], "clips"))
        write_clips(number(argv[2]), number(argv[3]), number(argv[4]));
    else if (argc > 4 && !strcmp(argv[1], "time"))
        time_command(argv[2], number(argv[3]), argv + 4);
    else {
        fputs(usage, stderr);
        return 2;
    }
    return 0;
}

/* Spools: arrays in memory and in the file are the same to who uses them. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/pool.h"
#include "base/spool.h"
#include "check.h"

enum { ARRAYS = 300 };

static size_t size_of(int i)
{
    return (size_t)(i * 7919 % 5000);
}

static void fill(float *x, int i)
{
    for (size_t k = 0; k < size_of(i); k++)
        x[k] = (float)(i * 10000) + (float)k;
}

static int is_filled(const float *x, int i)
{
    for (size_t k = 0; k < size_of(i); k++)
        if (x[k] < (float)(i * 10000) + (float)k || x[k] > (float)(i * 10000) + (float)k)
            return 0;
    return 1;
}

static void test_limit(size_t limit)
{
    struct spool *s = spool_new(limit);
    float *list[ARRAYS];
    int good = 1;
    size_t total = 0;

    for (int i = 0; i < ARRAYS; i++) {
        list[i] = spool_floats(s, size_of(i));
        good = good && list[i] && (uintptr_t)list[i] % sizeof(float) == 0;
        if (!list[i])
            break;
        fill(list[i], i);
        spool_release(s, list[i], size_of(i));
        total += size_of(i) * sizeof(float);
    }
    check(good, "limit %zu: arrays are there: %s", limit, error_text());
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < ARRAYS && good; i++) {
            good = is_filled(list[i], i);
            spool_release(s, list[i], size_of(i) / 2);
        }
    check(good, "limit %zu: values are kept, whatever was released", limit);
    if (limit >= total)
        check(spool_filed(s) == 0, "limit %zu: no file", limit);
    else
        check(spool_filed(s) + limit >= total, "limit %zu: what is over it lies in the file", limit);
    spool_free(s);
}

/* Pages that are resident of the mapping that the array lies in. */
static size_t resident(const float *array)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
    char line[256];
    FILE *maps = fopen("/proc/self/smaps", "r");
    unsigned long first, last, kib;
    int inside = 0;

    while (maps && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
            inside = first <= (uintptr_t)array && (uintptr_t)array < last;
        if (inside && sscanf(line, "Rss: %lu kB", &kib) == 1)
            n = kib * 1024 / page;
    }
    if (maps)
        fclose(maps);
    return n;
}

static void test_pages(void)
{
    size_t count = 8 << 20, before, after;
    struct spool *s = spool_new(0);
    float *x = spool_floats(s, count);

    for (size_t i = 0; i < count; i++)
        x[i] = (float)(i & 1023);
    before = resident(x);
    spool_release(s, x, count);
    after = resident(x);
    check(before >= 8192 && after == 0, "released pages leave memory: %zu, then %zu", before, after);
    check(x[count - 1] > 1022 && x[1] > 0, "and come back");
    spool_free(s);
}

struct job {
    struct spool *s;
    float *list[ARRAYS];
};

static void task(void *arg, int i, int worker)
{
    struct job *j = arg;

    (void)worker;
    j->list[i] = spool_floats(j->s, size_of(i));
    if (!j->list[i])
        return;
    fill(j->list[i], i);
    spool_release(j->s, j->list[i], size_of(i));
}

static void test_threads(void)
{
    struct job job = {.s = spool_new(1 << 20)};
    struct pool *pool = pool_new(4);
    int good = 1;

    pool_run(pool, ARRAYS, task, &job);
    for (int i = 0; i < ARRAYS; i++)
        good = good && job.list[i] && is_filled(job.list[i], i);
    check(good, "threads may ask at once");
    pool_free(pool);
    spool_free(job.s);
}

static void test_refusals(void)
{
    struct spool *s = spool_new(0);
    struct rlimit small = {4 << 20, RLIM_INFINITY}, any = {RLIM_INFINITY, RLIM_INFINITY};

    check(!spool_floats(s, SIZE_MAX / 2) && strstr(error_text(), "too large"), "an array that cannot be: %s",
          error_text());
    setenv("TMPDIR", "/nowhere/at/all", 1);
    check(!spool_floats(s, 10) && strstr(error_text(), "TMPDIR"), "no folder: %s", error_text());
    unsetenv("TMPDIR");
    check(spool_floats(s, 10) != NULL, "a folder that is there, the next time");
    signal(SIGXFSZ, SIG_IGN);
    check(!setrlimit(RLIMIT_FSIZE, &small), "files of 4 MiB at most");
    check(!spool_floats(s, 16 << 20) && strstr(error_text(), "TMPDIR"), "no room: %s", error_text());
    setrlimit(RLIMIT_FSIZE, &any);
    check(spool_floats(s, 10) != NULL, "less is still possible after it");
    spool_free(s);
    check(spool_default() >= 1 << 20, "half of the memory is something: %zu", spool_default());
}

int main(void)
{
    test_limit(0);
    test_limit(1 << 20);
    test_limit(SIZE_MAX);
    test_pages();
    test_threads();
    test_refusals();
    return check_done();
}

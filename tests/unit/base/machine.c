/* Bounds of control groups, read from folders made for it, and what threads follow from them. */
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/machine.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/spool.h"
#include "check.h"

static char root[] = "/tmp/machine-XXXXXX";

/* A file under root, and the folders above it. */
static void put(const char *name, const char *text)
{
    char *path = mem_format("%s/%s", root, name);
    FILE *f;

    for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(path, 0700);
        *p = '/';
    }
    f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f))
        abort();
    free(path);
}

static void clear(void)
{
    char *command = mem_format("rm -rf %s/proc %s/sys", root, root);

    if (system(command))
        abort();
    free(command);
}

static void expect(double processors, double bytes, const char *what)
{
    struct machine_bounds b = machine_bounds(root);

    check((b.processors - processors == 0 || b.processors == processors) && b.bytes == bytes,
          "%s: %g processors, %.0f bytes", what, b.processors, b.bytes);
    clear();
}

static void test_v2(void)
{
    expect(INFINITY, INFINITY, "no groups");
    put("proc/self/cgroup", "0::/\n");
    put("sys/fs/cgroup/memory.max", "419430400\n");
    put("sys/fs/cgroup/cpu.max", "150000 100000\n");
    expect(1.5, 419430400, "2: a container's own group at the top");
    put("proc/self/cgroup", "0::/user/of/job\n");
    put("sys/fs/cgroup/user/of/job/memory.max", "max\n");
    put("sys/fs/cgroup/user/of/job/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/user/of/memory.max", "1000000\n");
    put("sys/fs/cgroup/user/memory.max", "2000000\n");
    put("sys/fs/cgroup/user/cpu.max", "400000 100000\n");
    put("sys/fs/cgroup/us/cpu.max", "1 100000\n");
    expect(4, 1000000, "2: the least of the groups above");
    put("proc/self/cgroup", "0::/../../elsewhere\n");
    put("sys/fs/cgroup/memory.max", "5000000\n");
    expect(INFINITY, 5000000, "2: a path that is not there");
}

static void test_v1(void)
{
    put("proc/self/cgroup", "5:cpuset:/\n4:memory:/job\n3:cpu,cpuacct:/job\n1:name=systemd:/memory\n");
    put("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "300000000\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "50000\n");
    put("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    expect(0.5, 300000000, "1: group of each controller");
    put("proc/self/cgroup", "4:memory:/docker/0123\n3:cpuacct,cpu:/docker/0123\n0::/\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "200000000\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    expect(INFINITY, 200000000, "1: the path outside of the container");
    put("proc/self/cgroup", "nothing\n4:\n\n4:memory\n:::\n");
    expect(INFINITY, INFINITY, "lines that say nothing");
}

static void test_process(void)
{
    __attribute__((unused)) struct rlimit before, less;
    cpu_set_t all, one;
    struct pool *p;
    size_t first = 0;

    check(machine_processors() >= 1 && machine_memory() > 0, "there is something");
    sched_getaffinity(0, sizeof all, &all);
    while (!CPU_ISSET(first, &all))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    sched_setaffinity(0, sizeof one, &one);
    p = pool_new(0);
    check(machine_processors() == 1 && pool_threads(p) == 1, "one processor is one thread");
    pool_free(p);
    check(machine_memory() < (size_t)512 << 20 || spool_default() == machine_memory() / 2, "spools take half");
#ifndef __SANITIZE_ADDRESS__ /* which takes addresses without end */
    getrlimit(RLIMIT_AS, &before);
    less = (struct rlimit){(rlim_t)100 << 20, before.rlim_max};
    setrlimit(RLIMIT_AS, &less);
    check(machine_memory() <= (size_t)100 << 20 && spool_default() == machine_memory() / 8, "a limit of addresses");
    less.rlim_cur = (rlim_t)400 << 20;
    setrlimit(RLIMIT_AS, &less);
    check(spool_default() == machine_memory() - ((size_t)256 << 20), "room for all else: %zu", spool_default());
    setrlimit(RLIMIT_AS, &before);
#endif
}

int main(void)
{
    if (!mkdtemp(root))
        return 1;
    test_v2();
    test_v1();
    remove(root);
    test_process();
    return check_done();
}

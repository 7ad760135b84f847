/* Control groups as the kernel's pages cgroup-v2 and cgroup-v1 (memory, sched-bwc) describe them. */
#include "base/machine.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"

/* The first number of a file of a group, and the second one if there is one; "max" is none. */
static int numbers(const char *group, const char *name, double *first, double *second)
{
    char *path = mem_format("%s/%s", group, name);
    FILE *f = fopen(path, "re");
    int count = f ? fscanf(f, "%lf %lf", first, second) : 0;

    if (f)
        fclose(f);
    free(path);
    return count;
}

/* Whatever files there are, of version 2 or of a controller of version 1. Quota and period are in microseconds; without a
 * bound version 1 says that the quota is -1. */
static void look(const char *group, struct machine_bounds *b)
{
    double bytes, quota, period, none;

    if (numbers(group, "memory.max", &bytes, &none) > 0 || numbers(group, "memory.limit_in_bytes", &bytes, &none) > 0)
        b->bytes = fmin(b->bytes, bytes);
    if ((numbers(group, "cpu.max", &quota, &period) == 2 ||
         (numbers(group, "cpu.cfs_quota_us", &quota, &none) > 0 &&
          numbers(group, "cpu.cfs_period_us", &period, &none) > 0)) &&
        quota > 0 && period > 0)
        b->processors = fmin(b->processors, quota / period);
}

/* Looks at a group and at those above it, whose bounds hold for it too. What is not there has none: a
 * container often sees its own group at the top, and the path that it has outside. */
static void climb(const char *root, const char *top, const char *group, struct machine_bounds *b)
{
    char *path = mem_format("%s/sys/fs/cgroup/%s%s", root, top, group), *slash;
    size_t stem = strlen(path) - strlen(group);

    look(path, b);
    while ((slash = strrchr(path + stem, '/'))) {
        *slash = '\0';
        look(path, b);
    }
    free(path);
}

/* "4:cpu,cpuacct:/group"; of version 2 "0::/group" */
static void line_read(char *line, const char *root, struct machine_bounds *b)
{
    char *controllers, *group = line, *word;

    strsep(&group, ":");
    controllers = strsep(&group, ":");
    if (!group)
        return;
    group[strcspn(group, "\n")] = '\0';
    while ((word = strsep(&controllers, ",")))
        if (*word == '\0' || !strcmp(word, "memory") || !strcmp(word, "cpu"))
            climb(root, word, group, b);
}

struct machine_bounds machine_bounds(const char *root)
{
    struct machine_bounds b = {INFINITY, INFINITY};
    char *path = mem_format("%s/proc/self/cgroup", root), *line = NULL;
    FILE *f = fopen(path, "re");
    size_t room = 0;

    while (f && getline(&line, &room, f) > 0)
        line_read(line, root, &b);
    if (f)
        fclose(f);
    free(line);
    free(path);
    return b;
}

int machine_processors(void)
{
    cpu_set_t set;
    long n = sched_getaffinity(0, sizeof set, &set) ? sysconf(_SC_NPROCESSORS_ONLN) : CPU_COUNT(&set);

    return (int)fmax(1, fmin((double)n, ceil(machine_bounds("").processors)));
}

size_t machine_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    double bytes = pages > 0 && page > 0 ? (double)pages * (double)page : 0x1p31;
    struct rlimit addresses;

    if (getrlimit(RLIMIT_AS, &addresses) == 0 && addresses.rlim_cur != RLIM_INFINITY)
        bytes = fmin(bytes, (double)addresses.rlim_cur);
    return (size_t)fmin(bytes, machine_bounds("").bytes);
}

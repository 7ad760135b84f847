/* Control groups as the kernel's pages cgroup-v2 and cgroup-v1 (memory, sched-bwc) describe them. */
#include "base/machine.h"

#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"

/* The numbers at the beginning of a file of a group, two at most; "max" is none. */
static int numbers(const char *group, const char *name, double n[2])
{
    char *path = mem_format("%s/%s", group, name);
    FILE *f = fopen(path, "re");
    int count = f ? fscanf(f, "%lf %lf", &n[0], &n[1]) : 0;

    if (f)
        fclose(f);
    free(path);
    return count;
}

static void bound_memory(const char *group, const char *name, struct machine_bounds *b)
{
    double n[2];

    if (numbers(group, name, n) > 0)
        b->bytes = fmin(b->bytes, n[0]);
}

/* quota and period in microseconds; without a bound v1 says that the quota is -1 */
static void bound_processors(double quota, double period, struct machine_bounds *b)
{
    if (quota > 0 && period > 0)
        b->processors = fmin(b->processors, quota / period);
}

static void look_v2(const char *group, struct machine_bounds *b)
{
    double n[2];

    bound_memory(group, "memory.max", b);
    if (numbers(group, "cpu.max", n) == 2)
        bound_processors(n[0], n[1], b);
}

static void look_memory(const char *group, struct machine_bounds *b)
{
    bound_memory(group, "memory.limit_in_bytes", b);
}

static void look_cpu(const char *group, struct machine_bounds *b)
{
    double quota[2], period[2];

    if (numbers(group, "cpu.cfs_quota_us", quota) > 0 && numbers(group, "cpu.cfs_period_us", period) > 0)
        bound_processors(quota[0], period[0], b);
}

/* Looks at a group and at those above it, whose bounds hold for it too. What is not there has none: a
 * container often sees its own group at the top, and the path that it has outside. */
static void climb(const char *root, const char *top, const char *group,
                  void (*look)(const char *group, struct machine_bounds *b), struct machine_bounds *b)
{
    char *path = mem_format("%s/sys/fs/cgroup%s%s", root, top, group), *slash;
    size_t stem = strlen(path) - strlen(group);

    look(path, b);
    while ((slash = strrchr(path + stem, '/'))) {
        *slash = '\0';
        look(path, b);
    }
    free(path);
}

static bool lists(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (; words; words = strchr(words, ',') ? strchr(words, ',') + 1 : NULL)
        if (!strncmp(words, word, length) && (words[length] == ',' || words[length] == '\0'))
            return true;
    return false;
}

/* "4:cpu,cpuacct:/group"; of version 2 "0::/group" */
static void line_read(char *line, const char *root, struct machine_bounds *b)
{
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;

    if (!group)
        return;
    *controllers++ = *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    if (*controllers == '\0')
        climb(root, "", group, look_v2, b);
    if (lists(controllers, "memory"))
        climb(root, "/memory", group, look_memory, b);
    if (lists(controllers, "cpu"))
        climb(root, "/cpu", group, look_cpu, b);
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

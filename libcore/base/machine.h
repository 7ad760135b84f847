/* What this process may use: what the machine has, less what the scheduler,
 * a limit (ulimit) or a container (cgroup) keeps from it. */
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include <stddef.h>

int machine_processors(void); /* 1 or more; a share of one counts as one */
size_t machine_memory(void);  /* bytes */

/* The bounds of the process's control groups, read from root/proc and
 * root/sys, root "" for those of the machine; infinite where there is none. */
struct machine_bounds {
    double processors, bytes;
};
struct machine_bounds machine_bounds(const char *root);

#endif

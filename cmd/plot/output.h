/* Files that are whole or not there. */
#ifndef PLOT_OUTPUT_H
#define PLOT_OUTPUT_H

#include <stddef.h>

/* Writes bytes to path under a temporary name in the same directory and renames
 * it; what is not a regular file (a device, a FIFO) is written to as it is.
 * NULL or "-": standard output. -1: the reason is in error_text, and a file
 * that was there before is untouched. */
int output_write(const char *path, const void *bytes, size_t count);

#endif

/* Files that are whole or not there. */
#ifndef PLOT_OUTPUT_H
#define PLOT_OUTPUT_H

#include <stddef.h>

/* Writes bytes to PATH.part and renames it; what is not a regular file (a device, a FIFO) is written to as it is.
 * NULL: standard output. -1: the reason is in error_text, a file that was there before is untouched,
 * and the program is to end: then PATH.part goes. */
int output_write(const char *path, const void *bytes, size_t count);

#endif

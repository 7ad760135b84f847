/* Memory that is there or ends the program: the one place that exits when
 * memory runs out (status 1, one line). Never returns NULL, even for 0. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdio.h>

void *mem_alloc(size_t bytes);                        /* uninitialised */
void *mem_zero(size_t count, size_t size);            /* zeroed; overflow of count x size exits */
void *mem_grow(void *old, size_t count, size_t size); /* realloc; overflow exits */
void *mem_more(void *old, size_t count, size_t size); /* room for one more than count: doubled at powers of two */
char *mem_text(const char *text);                     /* strdup */
char *mem_realpath(const char *path);                 /* NULL as realpath, but not for want of memory */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
FILE *mem_stream(char **text, size_t *size); /* open_memstream, whose fclose finds all there */
void *mem_buffer(size_t bytes);              /* uninitialised, on huge pages when large; release with free() */
float *mem_floats(size_t count);             /* zeroed, 64-byte aligned; release with free() */

#endif

/* Arrays that may need more than memory: up to a bound they are kept there,
 * what is over it lies in a nameless temporary file that is mapped. */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stddef.h>

struct spool;

/* Keeps the first limit bytes in memory. */
struct spool *spool_new(size_t limit);

/* An array of count floats, not initialised, that is there until spool_free;
 * any thread may ask. NULL: no temporary file, or no room in it (what to do is said). */
float *spool_floats(struct spool *s, size_t count);

/* Says that the array, or a part of it, is not needed for now: if it lies in
 * the file, its pages leave memory and come back when they are next used.
 * Values are never lost. Any thread may say so, also while others use it. */
void spool_release(struct spool *s, const float *array, size_t count);

size_t spool_filed(const struct spool *s); /* bytes in the file so far */
void spool_free(struct spool *s);          /* and all its arrays */

/* Half of the memory that this process may have, less where that leaves under 256 MiB for all else: an eighth at least. */
size_t spool_default(void);

#endif

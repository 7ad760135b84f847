/* The clips of an audio stream one after another, each beside the clip of
 * another stream that stands for it. */
#ifndef IO_ORIGINALS_H
#define IO_ORIGINALS_H

#include <stdint.h>

struct originals;

/* NULL: with the reason. */
struct originals *originals_open(const char *path);
void originals_free(struct originals *o);

/* The next clip, [channels, samples], which may be changed, until the next
 * call; NULL, with the reason, if there is none or it differs in rate or shape
 * from the clip called name. */
float *originals_next(struct originals *o, const char *name, double rate, int64_t channels, int64_t samples);

/* -1, with the reason, if there are more, or the stream is not whole. */
int originals_end(struct originals *o);

#endif

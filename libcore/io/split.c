/* Sides by the XXH3-64 of the name, seen as a fraction of 2^64. */
#include "io/split.h"

#include <string.h>
#include <xxhash.h>

bool split_is_test(const char *track, double share)
{
    return (double)(XXH3_64bits(track, strlen(track)) >> 11) * 0x1p-53 < share;
}

/* Sides by the XXH3-64 of the track, seen as a fraction of 2^64; or by time. */
#include "io/split.h"

#include <string.h>
#include <xxhash.h>

#include "base/error.h"

bool split_is_test(const char *name, const struct meta *meta, double share)
{
    const char *track = name;

    meta_get_text(meta, "track", &track);
    return (double)(XXH3_64bits(track, strlen(track)) >> 11) * 0x1p-53 < share;
}

int split_is_late(const char *name, const struct meta *meta, double share)
{
    double start, seconds;

    if (!meta_get_real(meta, "start", &start) || !meta_get_real(meta, "source_seconds", &seconds))
        return error_set("clip '%s' does not say where in its track it is (meta \"start\", \"source_seconds\"): "
                         "load it with this cv-load, or split without --by-time",
                         name);
    return start >= (1 - share) * seconds;
}

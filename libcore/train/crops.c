/* Places to begin on, counted through all clips. */
#include "train/crops.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A clip shorter than a crop is played over and over. */
static int64_t places(const struct crops *c, const struct spectral_clip *clip)
{
    if (!(clip->level > 0))
        return 0;
    return clip->real > c->length ? (clip->real - c->length) / c->apart + 1 : 1;
}

struct crops crops_new(const struct spectral_clip *clips, size_t count, int length, int apart)
{
    struct crops c = {clips, count, length, apart, mem_alloc(count * sizeof *c.end)};
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        c.end[i] = sum += places(&c, &clips[i]);
    return c;
}

void crops_free(struct crops *c)
{
    free(c->end);
}

int64_t crops_places(const struct crops *c)
{
    return c->end[c->count - 1];
}

size_t crops_find(const struct crops *c, int64_t at, int *frame)
{
    size_t low = 0, high = c->count - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (c->end[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    *frame = (int)(at - (low > 0 ? c->end[low - 1] : 0)) * c->apart;
    return low;
}

void crops_copy(const struct crops *c, size_t clip, int frame, int features, float *y)
{
    const struct spectral_clip *from = &c->clips[clip];
    size_t each = (size_t)features;

    for (int have = 0, count; have < c->length; have += count, frame = 0) {
        count = from->real - frame < c->length - have ? from->real - frame : c->length - have;
        memcpy(y + (size_t)have * each, from->y + (size_t)frame * each, (size_t)count * each * sizeof *y);
    }
}

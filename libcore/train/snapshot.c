/* Snapshot files: which there are in a folder, and which of them is taken. */
#include "train/snapshot.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

/* ---- names ---- */

/* How far a snapshot of a folder is, in one number: whole epochs, then steps. */
static int64_t place_of(int64_t epochs, int64_t steps)
{
    return epochs * ((int64_t)1 << 31) + steps;
}

char *snapshot_name(const char *folder, int64_t epochs, int64_t steps)
{
    if (steps > 0)
        return mem_format("%s/epoch-%04" PRId64 "+%04" PRId64 ".cvm", folder, epochs, steps);
    return mem_format("%s/epoch-%04" PRId64 ".cvm", folder, epochs);
}

/* Reads a name back; only names as snapshot_name makes them count, others are -1. */
static int64_t place_read(const char *name)
{
    int64_t epochs = 0, steps = 0;
    char *same;
    bool equal;

    if (sscanf(name, "epoch-%" SCNd64 "+%" SCNd64, &epochs, &steps) < 1 || epochs < 0 || epochs > INT32_MAX ||
        steps < 0 || steps > INT32_MAX)
        return -1;
    same = snapshot_name("", epochs, steps);
    equal = !strcmp(same + 1, name);
    free(same);
    return equal ? place_of(epochs, steps) : -1;
}

/* ---- folders ---- */

static int is_snapshot(const struct dirent *e)
{
    return place_read(e->d_name) >= 0;
}

static int latest_first(const struct dirent **a, const struct dirent **b)
{
    int64_t x = place_read((*a)->d_name), y = place_read((*b)->d_name);

    return (x < y) - (x > y);
}

void snapshot_prune(const char *folder, int64_t epochs, int64_t steps, int64_t keep)
{
    int64_t here = place_of(epochs, steps), seen = 0;
    struct dirent **list = NULL;
    int count = scandir(folder, &list, is_snapshot, latest_first); /* what is not removed does no harm */

    for (int i = 0; i < count; i++) {
        int64_t place = place_read(list[i]->d_name);
        char *name = mem_format("%s/%s", folder, list[i]->d_name);

        seen += place <= here;
        if (place < here && (keep > 0 ? seen > keep : place & INT32_MAX))
            unlink(name);
        free(name);
        free(list[i]);
    }
    free(list);
}

/* The one that was written last: a folder may still hold those of an earlier run that went further. */
static char *newest(const char *folder)
{
    struct dirent **list = NULL;
    int count = scandir(folder, &list, is_snapshot, latest_first);
    struct timespec when = {0, 0};
    char *best = NULL;

    for (int i = 0; i < count; i++) {
        char *name = mem_format("%s/%s", folder, list[i]->d_name), *less = name;
        struct stat st;

        if (!stat(name, &st) && (!best || st.st_mtim.tv_sec > when.tv_sec ||
                                 (st.st_mtim.tv_sec == when.tv_sec && st.st_mtim.tv_nsec > when.tv_nsec))) {
            less = best;
            best = name;
            when = st.st_mtim;
        }
        free(less);
        free(list[i]);
    }
    free(list);
    if (!best)
        error_set(count < 0 ? "%s:" : "%s: is a folder without a snapshot (epoch-0000.cvm and so on)", folder);
    return best;
}

/* ---- opening ---- */

int snapshot_open(struct snapshot *s, const char *path)
{
    struct stat st;

    memset(s, 0, sizeof *s);
    s->path = !stat(path, &st) && S_ISDIR(st.st_mode) ? newest(path) : mem_text(path);
    if (!s->path)
        return -1;
    s->reader = model_open(&s->model, s->path);
    if (s->reader) {
        s->state = meta_get(s->model.meta, "resume");
        if (s->state && s->state->kind == META_MAP)
            return 0;
        error_set("%s: is a model without the state of its training, so there is no going on from it: "
                  "name a snapshot that cv-train --snapshot wrote",
                  s->path);
    }
    snapshot_close(s);
    return -1;
}

void snapshot_close(struct snapshot *s)
{
    reader_free(s->reader);
    model_free(&s->model);
    free(s->path);
    memset(s, 0, sizeof *s);
}

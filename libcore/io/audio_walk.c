/* The folders of a tree by fts, the names of each in order. */
#include "io/audio_walk.h"

#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

bool audio_is_folder(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static int by_bytes(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

int audio_walk(const char *folder, void (*found)(void *arg, const char *path), void *arg)
{
    char *roots[] = {(char *)(uintptr_t)folder, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_bytes);
    FTSENT *e;
    int status;

    if (tree == NULL)
        return error_set("%s:", folder);
    while ((e = fts_read(tree)) != NULL) {
        if (e->fts_level > 0 && e->fts_name[0] == '.')
            fts_set(tree, e, FTS_SKIP);
        else if (e->fts_info == FTS_F || e->fts_info == FTS_DNR || e->fts_info == FTS_NS || e->fts_info == FTS_SLNONE)
            found(arg, e->fts_path);
    }
    status = errno != 0 ? error_set("%s:", folder) : 0;
    fts_close(tree);
    return status;
}

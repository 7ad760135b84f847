/* scandir, folder by folder. */
#include "io/audio_walk.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

/* The folders above, to see when one is met again. */
struct above {
    dev_t device;
    ino_t inode;
    const struct above *next;
};

bool audio_is_folder(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static int seen_by_shell(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void walk(const char *path, const struct above *above, void (*found)(const char *path))
{
    struct dirent **entries;
    struct above here = {.next = above};
    struct stat s;
    size_t length = strlen(path);
    int count;

    if (stat(path, &s) < 0 || S_ISREG(s.st_mode)) {
        found(path);
        return;
    }
    here.device = s.st_dev;
    here.inode = s.st_ino;
    for (const struct above *a = above; a != NULL; a = a->next)
        if (a->device == s.st_dev && a->inode == s.st_ino)
            return;
    if (!S_ISDIR(s.st_mode))
        return;
    count = scandir(path, &entries, seen_by_shell, by_bytes);
    if (count < 0) {
        found(path);
        return;
    }
    for (int i = 0; i < count; i++) {
        char *below = mem_format("%s%s%s", path, length > 0 && path[length - 1] == '/' ? "" : "/", entries[i]->d_name);

        walk(below, &here, found);
        free(below);
        free(entries[i]);
    }
    free(entries);
}

void audio_walk(const char *folder, void (*found)(const char *path))
{
    walk(folder, NULL, found);
}

/* Written under one name, then renamed; or unlinked at once; or removed at exit. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/stop.h"

/* ---- whole or not at all ---- */

/* The mode that open() would have given a new file. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

/* Writes data to fd, which may be less than 0, and closes it; -1 with errno. */
static int fill(int fd, const void *data, size_t size, bool fresh)
{
    int cause;

    if (fd < 0)
        return -1;
    if (fd_put(fd, data, size) || (fresh && fchmod(fd, usual_mode()))) {
        cause = errno;
        close(fd);
        errno = cause;
        return -1;
    }
    return close(fd);
}

static int replace(const char *path, const void *data, size_t size)
{
    const char *slash = strrchr(path, '/');
    char *part = mem_format("%.*s.cv-XXXXXX", slash ? (int)(slash - path) + 1 : 0, path);
    int fd = mkostemp(part, O_CLOEXEC), status = fill(fd, data, size, true), cause;

    if (!status)
        status = rename(part, path);
    cause = errno;
    if (status && fd >= 0)
        unlink(part);
    free(part);
    errno = cause;
    return status;
}

int file_save(const char *path, const void *data, size_t size)
{
    bool there, plain;
    char *target;
    struct stat s;
    sigset_t before;
    int status;

    there = stat(path, &s) == 0;
    plain = !there || S_ISREG(s.st_mode);
    if (there && S_ISDIR(s.st_mode))
        return error_set("%s: is a directory: give the name of a file in it", path);
    target = there && plain ? mem_realpath(path) : NULL;
    stop_hold(&before);
    if (plain)
        status = replace(target ? target : path, data, size);
    stop_release(&before);
    if (!plain) /* a pipe may have to be waited for: not in vain */
        status = fill(open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), data, size, false);
    if (status)
        file_unmade(path);
    free(target);
    return status;
}

/* ---- removed at exit ---- */

static char *partial;

static void partial_remove(void)
{
    if (partial)
        unlink(partial);
}

void partial_begin(const char *path)
{
    static bool registered;

    partial_done();
    partial = mem_text(path);
    if (!registered)
        registered = atexit(partial_remove) == 0 && at_quick_exit(partial_remove) == 0; /* the latter: mem_alloc */
}

void partial_done(void)
{
    free(partial);
    partial = NULL;
}

/* ---- without a name ---- */

const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder && *folder ? folder : "/tmp";
}

int temporary_open(void)
{
    char *name = mem_format("%s/cv-spool-XXXXXX", temporary_folder());
    sigset_t before;
    int fd;

    stop_hold(&before);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    stop_release(&before);
    if (fd < 0)
        error_set("no temporary file in %s (set TMPDIR to another directory):", temporary_folder());
    free(name);
    return fd;
}

/* ---- folders ---- */

bool file_is_folder(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

int file_unmade(const char *path)
{
    const char *slash = errno == ENOENT ? strrchr(path, '/') : NULL;
    char *folder = slash ? mem_format("%.*s", (int)(slash - path), path) : NULL;

    if (folder && slash > path && !file_is_folder(folder))
        error_set("%s: there is no folder '%s': make it first", path, folder);
    else
        error_set("%s:", path);
    free(folder);
    return -1;
}

int directory_make(const char *dir)
{
    char *path = mem_text(dir);
    struct stat s;
    int result = 0;

    for (char *p = path + (path[0] == '/'); result == 0; p++) {
        char c = *p;

        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (mkdir(path, 0777) < 0 && errno != EEXIST && (c == '\0' || errno != EROFS))
            result = error_set("%s: cannot be made:", path);
        *p = c;
        if (c == '\0')
            break;
    }
    if (result == 0 && stat(dir, &s) < 0)
        result = error_set("%s:", dir);
    else if (result == 0 && !S_ISDIR(s.st_mode))
        result = error_set("%s: is a file, not a directory", dir);
    free(path);
    return result;
}

/* Writing a finished picture. */
#include "output.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"

static int device_write(const char *path, const void *bytes, size_t count)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return error_set("%s:", path);
    if (fd_put(fd, bytes, count) != 0) {
        error_set("%s:", path);
        close(fd);
        return -1;
    }
    return close(fd) != 0 ? error_set("%s:", path) : 0;
}

static int file_replace(const char *path, const char *target, const void *bytes, size_t count)
{
    char *temporary = mem_format("%s.XXXXXX", target);
    int fd = mkostemp(temporary, O_CLOEXEC);
    mode_t mask = umask(0);
    int failed;

    umask(mask);
    if (fd < 0) {
        error_set("%s:", path);
        free(temporary);
        return -1;
    }
    failed = fd_put(fd, bytes, count) != 0 || fchmod(fd, 0666 & ~mask) != 0;
    if (failed)
        error_set("%s:", path);
    if (close(fd) != 0 && !failed) {
        error_set("%s:", path);
        failed = 1;
    }
    if (!failed && rename(temporary, target) != 0) {
        error_set("%s:", path);
        failed = 1;
    }
    if (failed)
        unlink(temporary);
    free(temporary);
    return failed ? -1 : 0;
}

int output_write(const char *path, const void *bytes, size_t count)
{
    struct stat st;
    char *target = NULL;
    int result;

    if (path == NULL || strcmp(path, "-") == 0) {
        if (fd_put(STDOUT_FILENO, bytes, count) != 0 || close(STDOUT_FILENO) != 0)
            return error_set("standard output:");
        return 0;
    }
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return error_set("%s: is a directory: give the name of a file in it", path);
        if (!S_ISREG(st.st_mode))
            return device_write(path, bytes, count);
        target = realpath(path, NULL); /* through a link: the link stays */
    }
    result = file_replace(path, target != NULL ? target : path, bytes, count);
    free(target);
    return result;
}

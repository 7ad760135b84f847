/* Writing a finished picture. */
#include "output.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/partial.h"

/* All of it to the file name, which errors call path. */
static int put(const char *path, const char *name, int flags, const void *bytes, size_t count)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, 0666), failed;

    if (fd < 0)
        return error_set("%s:", path);
    failed = fd_put(fd, bytes, count) != 0 ? error_set("%s:", path) : 0;
    if (close(fd) != 0 && !failed)
        failed = error_set("%s:", path);
    return failed;
}

int output_write(const char *path, const void *bytes, size_t count)
{
    struct stat st;
    char *target, *part;
    int failed;
    bool there;

    if (path == NULL) {
        if (fd_put(STDOUT_FILENO, bytes, count) != 0 || close(STDOUT_FILENO) != 0)
            return error_set("standard output:");
        return 0;
    }
    there = stat(path, &st) == 0;
    if (there && S_ISDIR(st.st_mode))
        return error_set("%s: is a directory: give the name of a file in it", path);
    if (there && !S_ISREG(st.st_mode))
        return put(path, path, 0, bytes, count);
    target = there ? realpath(path, NULL) : NULL; /* through a link: the link stays */
    part = mem_format("%s.part", target != NULL ? target : path);
    partial_begin(part);
    failed = put(path, part, O_CREAT | O_TRUNC, bytes, count);
    if (!failed && rename(part, target != NULL ? target : path) != 0)
        failed = error_set("%s:", path);
    if (!failed)
        partial_done(); /* else the end of the program removes it */
    free(part);
    free(target);
    return failed;
}

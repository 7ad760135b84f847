/* Written beside the file, then renamed. */
#include "train/model_save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/file.h"
#include "base/stop.h"

/* What the whole file will be, and what is written until then, both to be released; of a pipe or a device NULL, and it. */
static void paths_of(const char *path, char **real, char **part)
{
    struct stat st;
    bool plain = stat(path, &st) || S_ISREG(st.st_mode);

    *real = plain ? mem_realpath(path) : NULL;
    if (plain && !*real)
        *real = mem_text(path);
    *part = *real ? mem_format("%s.part", *real) : mem_text(path);
}

int model_save(const char *path, const struct meta *head, const struct params *params, const struct model_array *arrays,
               size_t count)
{
    char *real, *part;
    sigset_t before;
    int fd, status;

    if (!path)
        return model_write(STDOUT_FILENO, "standard output", head, params, arrays, count);
    paths_of(path, &real, &part);
    if (real) {
        stop_hold(&before);
        partial_begin(part);
    }
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    status = fd < 0 ? file_unmade(path) : model_write(fd, path, head, params, arrays, count);
    if (!status && fsync(fd) && errno != EINVAL)
        status = error_set("%s:", part);
    if (fd >= 0 && close(fd) && !status)
        status = error_set("%s:", part);
    if (!status && real && rename(part, real))
        status = error_set("%s:", real);
    if (status && real && fd >= 0)
        unlink(part);
    partial_done();
    if (real)
        stop_release(&before);
    free(part);
    free(real);
    return status;
}

int model_save_check(const char *path)
{
    char *real, *part;
    int fd = -1, status = 0;

    if (path && file_is_folder(path))
        return error_set("%s: is a folder: give the name of a file in it", path);
    if (!path)
        return 0;
    paths_of(path, &real, &part);
    if (real && (fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) < 0)
        status = file_unmade(path);
    if (fd >= 0 && !close(fd))
        unlink(part);
    free(part);
    free(real);
    return status;
}

/* Written beside the file, then renamed. */
#include "train/model_save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/file.h"

/* What is written in place of path, to be released: itself where it is a pipe or a device. */
static char *part_of(const char *path)
{
    struct stat st;
    char *real, *part;

    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        return mem_text(path);
    real = realpath(path, NULL);
    part = mem_format("%s.part", real ? real : path);
    free(real);
    return part;
}

static int rename_part(const char *part)
{
    char *name = mem_format("%.*s", (int)(strlen(part) - strlen(".part")), part);
    int status = rename(part, name) ? error_set("%s:", name) : 0;

    free(name);
    return status;
}

int model_save(const char *path, const struct meta *head, const struct params *params, const struct model_array *arrays,
               size_t count)
{
    char *part;
    bool beside;
    int fd, status;

    if (!path)
        return model_write(STDOUT_FILENO, "standard output", head, params, arrays, count);
    part = part_of(path);
    beside = strcmp(part, path) != 0;
    if (beside)
        partial_begin(part);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    status = fd < 0 ? error_set("%s:", part) : model_write(fd, path, head, params, arrays, count);
    if (!status && fsync(fd) && errno != EINVAL)
        status = error_set("%s:", part);
    if (fd >= 0 && close(fd) && !status)
        status = error_set("%s:", part);
    if (!status && beside)
        status = rename_part(part);
    if (status && beside && fd >= 0)
        unlink(part);
    partial_done();
    free(part);
    return status;
}

int model_save_check(const char *path)
{
    struct stat st;
    char *part;
    int fd = -1, status = 0;

    if (!path)
        return 0;
    if (!stat(path, &st) && S_ISDIR(st.st_mode))
        return error_set("%s: is a folder: give the name of a file in it", path);
    part = part_of(path);
    if (strcmp(part, path) && (fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) < 0)
        status = error_set("%s:", part);
    if (fd >= 0 && !close(fd))
        unlink(part);
    free(part);
    return status;
}

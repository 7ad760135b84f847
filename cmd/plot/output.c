/* Writing a finished picture. */
#include "output.h"

#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

int output_write(const char *path, const void *bytes, size_t count)
{
    if (path)
        return file_save(path, bytes, count);
    return fd_put(STDOUT_FILENO, bytes, count) || close(STDOUT_FILENO) ? error_set("standard output:") : 0;
}

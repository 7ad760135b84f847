/* Made under a name and unlinked at once. */
#include "base/temporary.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder && *folder ? folder : "/tmp";
}

int temporary_open(void)
{
    char *name = mem_format("%s/cv-spool-XXXXXX", temporary_folder());
    int fd = mkostemp(name, O_CLOEXEC);

    if (fd >= 0)
        unlink(name);
    else
        error_set("no temporary file in %s (set TMPDIR to another directory):", temporary_folder());
    free(name);
    return fd;
}

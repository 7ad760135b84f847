/* Memory that runs out: one line, status 1, nothing of what was being written, and no library asked to clean up. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/file.h"
#include "check.h"

/* Sanitizers, too, are to say that there is none. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static char part[] = "base_mem.part.XXXXXX";

static void cleans_up(void)
{
    printf("cleaned up\n");
    fflush(stdout);
}

/* Asks for more than there can be; what it says goes to fd. */
static void run_out(int fd)
{
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    diag_name("test");
    atexit(cleans_up);
    partial_begin(part);
    mem_zero(SIZE_MAX / 4, 2);
    exit(0);
}

int main(void)
{
    char text[2000], *said;
    int feed[2], status = 0, made = mkstemp(part);
    size_t size = 0;
    ssize_t n;
    pid_t child;

    fflush(stdout);
    check(made >= 0 && pipe(feed) == 0, "a file and a pipe");
    fflush(stdout);
    child = fork();
    if (child == 0)
        run_out(feed[1]);
    close(feed[1]);
    while (size < sizeof text - 1 && (n = read(feed[0], text + size, sizeof text - 1 - size)) > 0)
        size += (size_t)n;
    text[size] = '\0';
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 1, "status 1");
    said = strstr(text, "test: out of memory"); /* a sanitizer may have a line of its own before it */
    check(said && strchr(said, '\n') && strchr(said, '\n')[1] == '\0', "it is said in one line, the last");
    check(!strstr(text, "cleaned up"), "nothing else happens");
    check(access(part, F_OK) != 0, "what was not whole is gone");
    partial_begin("/nonexistent");
    partial_done();
    return check_done();
}

/* Memory that runs out: one line, status 1, nothing of what was being written, and no library asked to clean up. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/* Writes more than there can be to a stream in memory. */
static void run_out_of_text(int fd)
{
    struct rlimit least = {200 << 20, 200 << 20};
    char *text, piece[4096] = "";
    size_t size;
    FILE *f;

    dup2(fd, STDERR_FILENO);
    diag_name("test");
    setrlimit(RLIMIT_AS, &least);
    f = mem_stream(&text, &size);
    for (int i = 0; i < 100000; i++)
        fwrite(piece, 1, sizeof piece, f);
    fclose(f);
    _exit(0);
}

/* A sanitizer needs more memory than that by itself. */
static void streams(void)
{
    char *made;
    size_t size;
    FILE *f = mem_stream(&made, &size);

    check(size == 0 && strcmp(made, "") == 0, "a stream of nothing");
    fprintf(f, "%d%s", 12, "34");
    fclose(f);
    check(size == 4 && strcmp(made, "1234") == 0, "a stream in memory: %s", made);
    free(made);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    char said[200] = "";
    int feed[2], status = 0;

    check(pipe(feed) == 0, "a pipe");
    fflush(stdout);
    if (fork() == 0)
        run_out_of_text(feed[1]);
    close(feed[1]);
    wait(&status);
    check(read(feed[0], said, sizeof said - 1) > 0 && strstr(said, "out of memory") != NULL, "%s", said);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 1, "text that does not fit into memory ends the program");
#endif
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
    streams();
    return check_done();
}

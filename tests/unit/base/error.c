/* The text of the last failure: its cause, its prefix, its bounds, one a thread; and how it is said. */
#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"
#include "check.h"

static int is(const char *text)
{
    return strcmp(error_text(), text) == 0;
}

static void *other(void *arg)
{
    *(int *)arg = is("");
    error_set("of another thread");
    return NULL;
}

/* What diag_error says goes to a pipe. */
static void test_diag(void)
{
    char line[400] = "";
    int ends[2], kept = dup(STDERR_FILENO);

    check(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0, "a pipe for standard error");
    diag_name("prog");
    diag_set_quiet(true);
    diag_note("not said");
    diag_warn("nor this");
    errno = ENOENT;
    diag_error("a\nb\x1b[1m %d:", 7);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    check(read(ends[0], line, sizeof line - 1) > 0 &&
              strcmp(line, "prog: a\\nb\\x1b[1m 7: No such file or directory\n") == 0,
          "one line, its control characters visible, with the cause: %s", line);
    close(ends[0]);
}

int main(void)
{
    char *long_text = mem_zero(10001, 1);
    pthread_t thread;
    int clean = 0;

    check(is(""), "nothing at the beginning");
    errno = EACCES;
    check(error_set("%s:", "file") == -1 && is("file: Permission denied"), "a colon asks for the cause: %s",
          error_text());
    check(error_set("again %s", error_text()) == -1 && is("again file: Permission denied"), "made of itself");
    check(error_prefix("clip %d", 3) == -1 && is("clip 3: again file: Permission denied"), "with words in front");
    pthread_create(&thread, NULL, other, &clean);
    pthread_join(thread, NULL);
    check(clean && is("clip 3: again file: Permission denied"), "each thread has its own");
    memset(long_text, 'x', 10000);
    error_set("%s", long_text);
    check(strlen(error_text()) == 4095, "cut to its room");
    error_prefix("%s", long_text);
    check(strlen(error_text()) == 4095, "with a prefix too");
    test_diag();
    free(long_text);
    return check_done();
}

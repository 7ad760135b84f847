/* What is shown of a long job on a terminal, and elsewhere, where the clock goes as the test wants. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/progress.h"
#include "check.h"

static int terminal, fd;

/* What came out since, "" if nothing did: up to a mark that is sent after it. */
static const char *shown(void)
{
    static char text[1000];
    size_t n = 0;

    if (write(fd, "#", 1) != 1)
        return "no mark";
    while (n + 1 < sizeof text && read(terminal, text + n, 1) == 1 && text[n] != '#')
        n++;
    text[n] = '\0';
    return text;
}

/* The clock of the program, so that minutes pass. */
static time_t seconds = 1000;
static long nanoseconds;

int clock_gettime(clockid_t id, struct timespec *t)
{
    (void)id;
    *t = (struct timespec){.tv_sec = seconds, .tv_nsec = nanoseconds += 1000};
    return 0;
}

/* progress, of a program whose standard output is so. */
static int output;

static void call(const char *job, int64_t done, int64_t all)
{
    int was = dup(STDOUT_FILENO);

    fflush(stdout);
    dup2(output, STDOUT_FILENO);
    progress(job, done, all);
    dup2(was, STDOUT_FILENO);
    close(was);
}

/* Of a job of several minutes into a file. */
static void check_elsewhere(const char *job)
{
    char text[200] = "";
    FILE *file = tmpfile();

    if (!file)
        exit(1);
    dup2(fileno(file), STDERR_FILENO);
    for (int i = 0; i <= 300; i++) {
        call(job, i, 300);
        seconds++;
    }
    if (pread(fileno(file), text, sizeof text - 1, 0) < 0)
        exit(1);
    check(!strcmp(text, "clips: 60 of 300, 240 s left\nclips: 120 of 300, 180 s left\n"
                        "clips: 180 of 300, 120 s left\nclips: 240 of 300, 60 s left\n"),
          "a line a minute where there is no terminal, none of the end");
    call(job, 1, 0);
    check(pread(fileno(file), text, sizeof text - 1, 0) == (ssize_t)strlen(text), "less than a minute after the last");
    fclose(file);
}

int main(void)
{
    static const char job[] = "clips", other[] = "others";
    const int64_t many = INT64_C(1) << 60; /* so that any step looks like a long job */

    int file = open("/dev/null", O_WRONLY), ends[2];

    output = file;
    if (file < 0 || pipe(ends) < 0)
        return 1;
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal) ||
        (fd = open(ptsname(terminal), O_RDWR | O_NOCTTY)) < 0)
        return 1;
    dup2(fd, STDERR_FILENO);
    call(job, 0, many);
    check(!strcmp(shown(), ""), "nothing before something is known");
    call(job, 1, many);
    check(strstr(shown(), "\r\033[Kclips: 1 of 1152921504606846976, ") != NULL, "how much of a long job is done");
    call(job, many, many);
    check(!strcmp(shown(), "\r\033[K"), "the line goes at the end");
    call(other, 0, 2);
    call(other, 1, 2);
    call(other, 2, 2);
    check(!strcmp(shown(), ""), "a short job is not shown");
    call(other, 5, 0);
    check(!strcmp(shown(), ""), "nor one of unknown length, yet");
    check_elsewhere(job);
    dup2(fd, STDERR_FILENO);
    output = ends[1];
    call(job, 0, many);
    call(job, 1, many);
    check(!strcmp(shown(), ""), "nor where standard output is a pipe");
    output = file;
    diag_set_quiet(true);
    call(job, 0, many);
    call(job, 1, many);
    check(!strcmp(shown(), ""), "nor anything when quiet");
    close(fd);
    close(terminal);
    return check_done();
}

/* What is shown of a long job on a terminal, and that nothing is elsewhere. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

int main(void)
{
    static const char job[] = "clips", other[] = "others";
    const int64_t many = INT64_C(1) << 60; /* so that any step looks like a long job */

    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal) ||
        (fd = open(ptsname(terminal), O_RDWR | O_NOCTTY)) < 0)
        return 1;
    dup2(fd, STDERR_FILENO);
    progress(job, 0, many);
    check(!strcmp(shown(), ""), "nothing before something is known");
    progress(job, 1, many);
    check(strstr(shown(), "\r\033[Kclips: 1 of 1152921504606846976, ") != NULL, "how much of a long job is done");
    progress(job, many, many);
    check(!strcmp(shown(), "\r\033[K"), "the line goes at the end");
    progress(other, 0, 2);
    progress(other, 1, 2);
    progress(other, 2, 2);
    check(!strcmp(shown(), ""), "a short job is not shown");
    progress(other, 5, 0);
    check(!strcmp(shown(), ""), "nor one of unknown length, yet");
    diag_set_quiet(true);
    progress(job, 0, many);
    progress(job, 1, many);
    check(!strcmp(shown(), ""), "nor anything when quiet");
    close(fd);
    close(terminal);
    return check_done();
}

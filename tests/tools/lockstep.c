/* lockstep STEP LATENCY COMMAND < BYTES > OUT: gives COMMAND (for the shell) STEP bytes of its standard input at a time, and
 * no more before all that has gone in, less LATENCY bytes, has come out. What comes out goes to standard output.
 * lockstep -i ...: sends the whole of COMMAND SIGINT in place of the end of its input. Fails with words when nothing has
 * come for 60 seconds (LOCKSTEP_SECONDS). */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static long in, out, latency;

static void late(int number)
{
    char words[100];
    int n =
        snprintf(words, sizeof words, "lockstep: %ld bytes in, %ld out, %ld were expected\n", in, out, in - latency);

    (void)number;
    if (write(STDERR_FILENO, words, (size_t)n) == n)
        _exit(3);
    _exit(4);
}

static pid_t start(const char *command, int *to, int *from)
{
    int up[2], down[2];
    pid_t child;

    if (pipe(up) || pipe(down) || (child = fork()) < 0)
        abort();
    if (child == 0) {
        setpgid(0, 0);
        signal(SIGINT, SIG_DFL); /* which jobs of a shell in the background begin with ignored */
        dup2(up[0], STDIN_FILENO);
        dup2(down[1], STDOUT_FILENO);
        close(up[0]), close(up[1]), close(down[0]), close(down[1]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    setpgid(child, child);
    close(up[0]), close(down[1]);
    *to = up[1];
    *from = down[0];
    return child;
}

/* What has come, at least something: 0 at the end. */
static long take(int from)
{
    char bytes[65536];
    ssize_t n = read(from, bytes, sizeof bytes);

    if (n > 0 && fwrite(bytes, 1, (size_t)n, stdout) != (size_t)n)
        abort();
    out += n > 0 ? n : 0;
    return n > 0 ? n : 0;
}

/* Sends n bytes, at most a page; what comes before there is room is taken. */
static int give(int to, int from, const char *bytes, size_t n)
{
    struct pollfd ends[] = {{.fd = to, .events = POLLOUT}, {.fd = from, .events = POLLIN}};

    for (;;) {
        poll(ends, 2, -1);
        if (ends[1].revents & POLLIN)
            take(from);
        else if (ends[0].revents)
            return write(to, bytes, n) == (ssize_t)n;
        else
            return 0;
    }
}

int main(int argc, char **argv)
{
    int interrupt = argc == 5 && strcmp(argv[1], "-i") == 0, to, from, status;
    unsigned seconds = 60;
    char bytes[4096];
    size_t n, step;
    pid_t child;

    argv += interrupt;
    if (argc - interrupt != 4 || (step = (size_t)atol(argv[1])) < 1 || step > sizeof bytes)
        return 2;
    latency = atol(argv[2]);
    if (getenv("LOCKSTEP_SECONDS"))
        seconds = (unsigned)atoi(getenv("LOCKSTEP_SECONDS"));
    signal(SIGALRM, late);
    signal(SIGPIPE, SIG_IGN);
    child = start(argv[3], &to, &from);
    while ((n = fread(bytes, 1, step, stdin)) > 0) {
        alarm(seconds);
        if (!give(to, from, bytes, n))
            break;
        in += (long)n;
        while (out < in - latency && take(from) > 0)
            ;
    }
    if (interrupt) { /* when all has been read, which what has come out so far may do without, unless nobody reads at all */
        for (int left = 1; ioctl(to, FIONREAD, &left) == 0 && left > 0 && left < in;)
            poll(NULL, 0, 1);
        kill(-child, SIGINT);
    } else {
        close(to);
    }
    while (take(from) > 0)
        ;
    if (waitpid(child, &status, 0) != child || fflush(stdout))
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

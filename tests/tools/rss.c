/* rss FILE COMMAND...: runs the command, writes the most memory that it had resident, in KiB, to FILE; ends with its status. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
    struct rusage usage;
    pid_t child;
    int status;
    FILE *to;

    if (argc < 3) {
        fputs("usage: rss FILE COMMAND...\n", stderr);
        return 2;
    }
    if (posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ) != 0) {
        perror(argv[2]);
        return 127;
    }
    if (wait4(child, &status, 0, &usage) != child)
        return 126;
    to = fopen(argv[1], "w");
    if (!to || fprintf(to, "%ld\n", usage.ru_maxrss) < 0 || fclose(to))
        return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

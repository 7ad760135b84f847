/* nonblock COMMAND ...: runs it with standard input and output that do not
 * block, as a program that shares them may leave them, and short pipes. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++) {
        fcntl(fd, F_SETPIPE_SZ, 4096); /* fails for what is not a pipe */
        if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
            perror("nonblock");
    }
    if (argc > 1)
        execvp(argv[1], argv + 1);
    perror("nonblock");
    return 126;
}

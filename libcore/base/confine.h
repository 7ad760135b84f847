/* What a program gives up before it reads anything from outside: untrusted bytes that found a fault in a library, and run
 * as the program, can do no more than is left. Once given up it is so for good, and in every thread. Where the kernel does
 * not know a way to give up, and with CV_CONFINE=no in the environment, things stay as they are: SECURITY.md. */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>

/* What no filter ever does: sockets, other programs and processes, their memory, the kernel's doors, typing for the
 * user at a terminal. Whoever does it is ended by SIGSYS. For program_begin. */
void confine(void);

/* The file at path, or all that is in and below that folder, will be read. False: it is neither a file nor a folder. */
bool confine_read(const char *path);

/* From now on nothing can be opened, made, renamed or removed but by reading what confine_read was told, and, unless
 * temporary is NULL, temporary files in that folder. Descriptors that are open stay so. While there is one thread. */
void confine_files(const char *temporary);

#endif

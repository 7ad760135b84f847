/* A file to seek in, made of what comes out of a pipe. */
#ifndef IO_AUDIO_SPOOL_H
#define IO_AUDIO_SPOOL_H

/* Copies fd to its end into a temporary file (base/file.h) and returns its descriptor, positioned at the start.
 * After the first mebibyte it asks recognised(descriptor) whether this is worth going
 * on with, so that an endless pipe of something else does not fill the disk.
 * -1: the reason is in error_text (recognised sets its own). */
int audio_spool(int fd, int (*recognised)(int fd));

#endif

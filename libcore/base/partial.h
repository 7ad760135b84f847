/* A file that is being written under a temporary name: also a program that
 * ends because memory has run out leaves nothing of it. One at a time. */
#ifndef BASE_PARTIAL_H
#define BASE_PARTIAL_H

/* From now on exit() removes the file path, until partial_done. */
void partial_begin(const char *path);
void partial_done(void);

#endif

/* Files that are there whole or not at all, files that have no name, and folders. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Saves data as path: written beside it under a hidden name, then renamed, so that on failure nothing of it is left and
 * what was there stays. A link stays one, and what it leads to is replaced; a device or a pipe is written to as it is.
 * Keyboard signals wait for the end of it. -1: the reason, which names path. */
int file_save(const char *path, const void *data, size_t size);

/* For what is too much to be held in memory: from now on exit(), also when memory runs out, removes the file path, until
 * partial_done. One at a time. */
void partial_begin(const char *path);
void partial_done(void);

/* Where temporary files are made: $TMPDIR, else /tmp. */
const char *temporary_folder(void);

/* A new, empty one without a name, so that nothing is left behind, to read and write; -1 with the reason. */
int temporary_open(void);

bool file_is_folder(const char *path);

/* -1, and why path could not be made, by errno: where its folder is missing, that. */
int file_unmade(const char *path);

/* Makes dir and the directories above it where they are missing; -1 with the reason. */
int directory_make(const char *dir);

#endif

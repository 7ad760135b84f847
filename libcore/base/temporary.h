/* Temporary files that have no name any more, so that nothing is left behind. */
#ifndef BASE_TEMPORARY_H
#define BASE_TEMPORARY_H

/* Where they are made: $TMPDIR, else /tmp. */
const char *temporary_folder(void);

/* A new, empty one, to read and write; -1 with the reason. */
int temporary_open(void);

#endif

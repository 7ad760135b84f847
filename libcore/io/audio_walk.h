/* Files in folders. */
#ifndef IO_AUDIO_WALK_H
#define IO_AUDIO_WALK_H

#include <stdbool.h>

/* Whether path is a folder. */
bool audio_is_folder(const char *path);

/* Calls found with the path of every regular file in folder and in the folders below it, by the bytes of their names;
 * links are followed, but not in circles. What begins with a dot is passed over, as the shell does. A folder that cannot
 * be read, and a link that leads nowhere, is found like a file. -1: the reason. */
int audio_walk(const char *folder, void (*found)(void *arg, const char *path), void *arg);

#endif

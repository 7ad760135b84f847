/* Names of tracks: the file's name without its ending, and as many of the folders above it as tell it from the others
 * of that name, as in "song01/mixture". */
#ifndef IO_AUDIO_TRACK_H
#define IO_AUDIO_TRACK_H

struct audio_tracks *audio_tracks_new(void);
void audio_tracks_free(struct audio_tracks *t); /* NULL is fine */

/* Says that there is a file at path: from now on it counts as one of the others. */
void audio_tracks_add(struct audio_tracks *t, const char *path);

/* The name of the track at path, which is added too; the caller frees it. Two files are one track if they are in one
 * folder and differ in their endings alone. */
char *audio_tracks_name(struct audio_tracks *t, const char *path);

#endif

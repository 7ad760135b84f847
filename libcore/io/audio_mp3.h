/* MP3 and the other layers of MPEG audio by libmpg123, to the true end: libsndfile stops at an estimate where the bit
 * rate varies and no header says how many frames there are. The only code that knows libmpg123. */
#ifndef IO_AUDIO_MP3_H
#define IO_AUDIO_MP3_H

#include <stdbool.h>
#include <stdint.h>

#include "io/audio_file.h"

struct mp3 {
    int channels, rate;
    int64_t frames;      /* samples of each channel: all frames of the file are counted */
    int64_t missing;     /* what the file's own count has beyond them, 0: nothing, or it has none */
    int64_t junk;        /* bytes between frames that are neither frames nor tags: what is damaged is passed over */
    const char *stopped; /* why decoding did before the end, NULL: it did not */
    void *library;
};

/* Opens f, which must outlive it, from its start. Where another file is joined on that counts its frames itself, f->size
 * becomes what is before it. NULL: three frames one behind the other do not begin within the first
 * 64 KiB, so it is something else, or f->error says that it could not be read. */
struct mp3 *mp3_open(struct audio_file *f);

/* Whether f begins as frames do, with eleven bits that are set; and whether it does with three frames one behind the
 * other, or fewer that are all. */
bool mp3_sync(struct audio_file *f);
bool mp3_begins(struct audio_file *f);

/* The next frames into x [frames, channels]; 0 at the end, and where decoding stopped. */
int64_t mp3_read(struct mp3 *m, float *x, int64_t frames);

/* Goes to that frame, exactly; -1: it cannot. */
int mp3_seek(struct mp3 *m, int64_t frame);
void mp3_close(struct mp3 *m); /* NULL is fine */

#endif

/* libmpg123 over a part of a file. */
#include "io/audio_mp3.h"

#include <mpg123.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum {
    LEAD = 1 << 16,      /* bytes that may stand before the first frame */
    SURE = 3,            /* frames one behind the other that are no accident: 17 bits of each header are the same */
    BEFORE = 24          /* frames decoded before one that is sought: at the lowest bit rates it needs bits of so many */
};

static ssize_t take(void *f, void *to, size_t bytes)
{
    ssize_t n = (ssize_t)audio_file_read(f, to, (int64_t)bytes);

    return n == 0 && ((struct audio_file *)f)->error != 0 ? -1 : n;
}

static off_t go(void *f, off_t offset, int whence)
{
    return (off_t)audio_file_seek(f, (int64_t)offset, whence);
}

/* The frames that follow by the file's own count (Xing and Info, "VBRI" is not looked for), 0: it has none. It stands
 * in the first frame, which holds no sound. */
static int64_t counted(struct audio_file *f, int64_t first)
{
    unsigned char b[64];

    f->at = first;
    if (audio_file_read(f, b, sizeof b) < (int64_t)sizeof b)
        return 0;
    for (int i = 4; i <= 36; i++)      /* behind 9 to 32 bytes of side information, and a checksum of 2 */
        if ((memcmp(b + i, "Xing", 4) == 0 || memcmp(b + i, "Info", 4) == 0) && (b[i + 7] & 1) != 0)
            return (int64_t)b[i + 8] << 24 | b[i + 9] << 16 | b[i + 10] << 8 | b[i + 11];
    return 0;
}

/* Whether frames follow each other from near the start; *first is where. */
static bool is_mpeg(mpg123_handle *h, struct audio_file *f, int64_t *first)
{
    int64_t expected = -1;

    *first = 0;
    if (mpg123_param(h, MPG123_RESYNC_LIMIT, LEAD, 0) != MPG123_OK
        || mpg123_param(h, MPG123_ADD_FLAGS, MPG123_IGNORE_INFOFRAME, 0) != MPG123_OK
        || mpg123_open_handle(h, f) != MPG123_OK)
        return false;
    for (int i = 0; i < SURE; i++) {
        struct mpg123_frameinfo info;
        int status = mpg123_framebyframe_next(h);
        int64_t at;

        if ((status != MPG123_OK && status != MPG123_NEW_FORMAT) || mpg123_info(h, &info) != MPG123_OK)
            return i > 0 && expected >= f->size;       /* a file of fewer frames */
        at = (int64_t)mpg123_framepos(h);
        if (i == 0)
            *first = at;
        else if (at != expected)
            return false;
        expected = at + info.framesize;
    }
    return *first < LEAD;
}

/* From the start, with what is known of the file now. */
static bool start(struct mp3 *m, struct audio_file *f, int64_t first)
{
    mpg123_handle *h = m->library;
    int64_t count = counted(f, first), length;
    int encoding;
    long rate;

    mpg123_close(h);
    f->at = 0;
    if (mpg123_param(h, MPG123_REMOVE_FLAGS, MPG123_IGNORE_INFOFRAME, 0) != MPG123_OK
        || mpg123_param(h, MPG123_RESYNC_LIMIT, -1, 0) != MPG123_OK
        || mpg123_param(h, MPG123_PREFRAMES, BEFORE, 0) != MPG123_OK
        || mpg123_open_handle(h, f) != MPG123_OK
        || mpg123_getformat(h, &rate, &m->channels, &encoding) != MPG123_OK || encoding != MPG123_ENC_FLOAT_32)
        return false;
    /* files joined to this one may be stereo where it is not */
    mpg123_param(h, MPG123_ADD_FLAGS, m->channels == 1 ? MPG123_MONO_MIX : MPG123_FORCE_STEREO, 0);
    if (mpg123_scan(h) != MPG123_OK || (length = (int64_t)mpg123_length(h)) < 0)
        return false;
    m->rate = (int)rate;
    m->frames = length;
    if (count > (int64_t)mpg123_framelength(h) + 1)
        m->missing = (count - (int64_t)mpg123_framelength(h)) * mpg123_spf(h);
    return true;
}

struct mp3 *mp3_open(struct audio_file *f)
{
    struct mp3 *m = mem_zero(1, sizeof *m);
    mpg123_handle *h = m->library = mpg123_new(NULL, NULL);
    int64_t first = 0;

    f->at = 0;
    if (h != NULL && mpg123_param(h, MPG123_ADD_FLAGS, MPG123_QUIET | MPG123_FORCE_FLOAT, 0) == MPG123_OK
        && mpg123_replace_reader_handle(h, take, go, NULL) == MPG123_OK && is_mpeg(h, f, &first)
        && start(m, f, first))
        return m;
    mp3_close(m);
    return NULL;
}

int64_t mp3_read(struct mp3 *m, float *x, int64_t frames)
{
    size_t room = (size_t)frames * (size_t)m->channels * sizeof *x, done = 0;

    while (done < room && m->stopped == NULL) {
        size_t n = 0;
        int status = mpg123_read(m->library, (unsigned char *)x + done, room - done, &n), channels, encoding;
        long rate = m->rate;

        done += n;
        if (status == MPG123_NEW_FORMAT) {
            mpg123_getformat(m->library, &rate, &channels, &encoding);
            if (rate != m->rate)
                m->stopped = "what follows has another rate";
        } else if (status != MPG123_OK && status != MPG123_DONE) {
            m->stopped = mpg123_strerror(m->library);
        }
        if (status == MPG123_DONE || (n == 0 && status != MPG123_NEW_FORMAT))
            break;
    }
    return (int64_t)(done / sizeof *x / (size_t)m->channels);
}

int mp3_seek(struct mp3 *m, int64_t frame)
{
    m->stopped = NULL;
    return mpg123_seek(m->library, (off_t)frame, SEEK_SET) == (off_t)frame ? 0 : -1;
}

void mp3_close(struct mp3 *m)
{
    if (m == NULL)
        return;
    if (m->library != NULL)
        mpg123_delete(m->library);
    free(m);
}

/* libmpg123 over a part of a file. */
#include "io/audio_mp3.h"

#include <mpg123.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/mem.h"

enum {
    LEAD = 1 << 16, /* bytes that may stand before the first frame */
    SURE = 3,       /* frames one behind the other that are no accident: 17 bits of each header are the same */
    SURER = 32,  /* and behind something else: programs have three by accident, and many of layer I in their tables */
    REST = 4096, /* bytes behind the last frame: a part of another, or a tag at the end */
    BEFORE = 24  /* frames decoded before one that is sought: at the lowest bit rates it needs bits of so many */
};

static ssize_t take(void *f, void *to, size_t bytes)
{
    ssize_t n = (ssize_t)audio_file_read(to, (int64_t)bytes, f);

    return n == 0 && ((struct audio_file *)f)->error != 0 ? -1 : n;
}

static off_t go(void *f, off_t offset, int whence)
{
    return (off_t)audio_file_seek((int64_t)offset, whence, f);
}

/* Bytes that stand at a place, as many as there are. */
static int64_t look(struct audio_file *f, int64_t at, void *to, int64_t bytes)
{
    int64_t was = f->at, n;

    f->at = at;
    n = audio_file_read(to, bytes, f);
    f->at = was;
    return n;
}

/* The frames that follow by the file's own count (Xing and Info, "VBRI" is not looked for), 0: it has none. It stands
 * in the first frame, which holds no sound. */
static int64_t counted(struct audio_file *f, int64_t first)
{
    unsigned char b[64];

    if (look(f, first, b, sizeof b) < (int64_t)sizeof b)
        return 0;
    for (int i = 4; i <= 36; i++) /* behind 9 to 32 bytes of side information, and a checksum of 2 */
        if ((memcmp(b + i, "Xing", 4) == 0 || memcmp(b + i, "Info", 4) == 0) && (b[i + 7] & 1) != 0)
            return (int64_t)b[i + 8] << 24 | b[i + 9] << 16 | b[i + 10] << 8 | b[i + 11];
    return 0;
}

/* Bytes from at to the next frame that no tag of ID3, APE or Lyrics3 explains. */
static int64_t junk(struct audio_file *f, int64_t at, int64_t next)
{
    static const char *const tags[] = {"ID3", "TAG", "APE", "LYR"};
    char b[3] = "";

    look(f, at, b, sizeof b);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (memcmp(b, tags[i], sizeof b) == 0)
            return 0;
    return next - at;
}

/* Goes over all frames. -1: it is something else, for they do not follow each other from near the start; *first is
 * where they do, the result what is between them else. */
static int64_t walk(mpg123_handle *h, struct audio_file *f, int64_t *first)
{
    int64_t expected = 0, between = 0, sure = SURE;

    *first = 0;
    mpg123_param(h, MPG123_RESYNC_LIMIT, LEAD, 0);
    mpg123_param(h, MPG123_ADD_FLAGS, MPG123_IGNORE_INFOFRAME, 0);
    mpg123_open_handle(h, f); /* where that fails there is no frame */
    for (int64_t i = 0;; i++) {
        struct mpg123_frameinfo info;
        int status = mpg123_framebyframe_next(h);
        int64_t at;

        if (status != MPG123_OK && status != MPG123_NEW_FORMAT) {
            if (i < sure && (i == 0 || expected < f->size)) /* few frames are enough for a short file */
                return -1;
            return f->size - expected > REST ? between + junk(f, expected, f->size) : between;
        }
        mpg123_info(h, &info);
        at = (int64_t)mpg123_framepos(h);
        if (i == 0) {
            *first = at;
            sure = at > 0 ? SURER : SURE;
        } else if (at != expected)
            between += junk(f, expected, at);
        if (i >= SURE && counted(f, at) > 0) { /* here another file begins, with a count of its own */
            f->size = at;
            return between;
        }
        if ((i == 0 && (at >= LEAD || (at > 0 && info.layer == 1))) || (i < sure && between > 0))
            return -1;
        if (i == SURE)
            mpg123_param(h, MPG123_RESYNC_LIMIT, -1, 0);
        expected = at + info.framesize;
    }
}

/* Opens it again and counts its frames. */
static bool count(struct mp3 *m, struct audio_file *f)
{
    mpg123_handle *h = m->library;
    int encoding;
    long rate;

    mpg123_close(h);
    f->at = 0;
    mpg123_open_handle(h, f);
    if (mpg123_getformat(h, &rate, &m->channels, &encoding) != MPG123_OK || encoding != MPG123_ENC_FLOAT_32)
        return false;
    /* files joined to this one may be stereo where it is not */
    mpg123_param(h, MPG123_ADD_FLAGS, m->channels == 1 ? MPG123_MONO_MIX : MPG123_FORCE_STEREO, 0);
    m->rate = (int)rate;
    m->frames = mpg123_scan(h) == MPG123_OK ? (int64_t)mpg123_length(h) : -1;
    return m->frames >= 0;
}

/* From the start, with what is known of the file now. */
static bool start(struct mp3 *m, struct audio_file *f, int64_t first)
{
    mpg123_handle *h = m->library;
    int64_t promised = counted(f, first), more;

    mpg123_param(h, MPG123_REMOVE_FLAGS, MPG123_IGNORE_INFOFRAME, 0);
    mpg123_param(h, MPG123_PREFRAMES, BEFORE, 0);
    if (!count(m, f))
        return false;
    more = promised > 0 ? (int64_t)mpg123_framelength(h) - promised : 0;
    if (more < -1)
        m->missing = -more * mpg123_spf(h);
    /* the count is wrong, or a file without one is joined on: what is said of samples to cut from the ends is, too */
    if (more <= 1)
        return true;
    mpg123_param(h, MPG123_REMOVE_FLAGS, MPG123_GAPLESS, 0);
    return count(m, f);
}

/* A handle that has gone over the file, with what walk says of it. */
static mpg123_handle *walked(struct audio_file *f, int64_t *first, int64_t *between)
{
    mpg123_handle *h = mpg123_new(NULL, NULL);

    if (h == NULL)
        diag_die("out of memory: no room for a decoder");
    f->at = 0;
    mpg123_param(h, MPG123_ADD_FLAGS, MPG123_QUIET | MPG123_FORCE_FLOAT, 0);
    mpg123_replace_reader_handle(h, take, go, NULL);
    *between = walk(h, f, first);
    return h;
}

bool mp3_sync(struct audio_file *f)
{
    unsigned char b[2] = {0};

    f->at = 0;
    return audio_file_read(b, sizeof b, f) == (int64_t)sizeof b && b[0] == 0xff && (b[1] & 0xe0) == 0xe0;
}

bool mp3_begins(struct audio_file *f)
{
    int64_t first = 0, between = -1;

    if (mp3_sync(f))
        mpg123_delete(walked(f, &first, &between));
    return between >= 0 && first == 0;
}

struct mp3 *mp3_open(struct audio_file *f)
{
    struct mp3 *m = mem_zero(1, sizeof *m);
    int64_t first = 0, between;

    m->library = walked(f, &first, &between);
    if (between >= 0 && start(m, f, first)) {
        m->junk = between;
        return m;
    }
    mp3_close(m);
    return NULL;
}

/* The rate must stay what it was at the start, also where another file is joined on. */
static void check_rate(struct mp3 *m)
{
    int channels, encoding;
    long rate = m->rate; /* where it fails there is nothing more to read */

    mpg123_getformat(m->library, &rate, &channels, &encoding);
    if (rate != m->rate)
        m->stopped = "what follows has another rate";
}

int64_t mp3_read(struct mp3 *m, float *x, int64_t frames)
{
    size_t room = (size_t)frames * (size_t)m->channels * sizeof *x, done = 0;

    while (done < room && m->stopped == NULL) {
        size_t n = 0;
        int status = mpg123_read(m->library, (unsigned char *)x + done, room - done, &n);

        done += n;
        if (status == MPG123_NEW_FORMAT)
            check_rate(m);
        else if (status != MPG123_OK && status != MPG123_DONE)
            m->stopped = mpg123_strerror(m->library);
        if (status == MPG123_DONE)
            break;
    }
    return (int64_t)(done / sizeof *x / (size_t)m->channels);
}

int mp3_seek(struct mp3 *m, int64_t frame)
{
    m->stopped = NULL;
    if (mpg123_seek(m->library, (off_t)frame, SEEK_SET) != (off_t)frame)
        return -1;
    check_rate(m);
    return 0;
}

void mp3_close(struct mp3 *m)
{
    if (m == NULL)
        return;
    mpg123_delete(m->library);
    free(m);
}

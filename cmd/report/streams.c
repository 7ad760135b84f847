/* Clips, latents and draws through the model. */
#include "streams.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/file.h"
#include "io/batch.h"
#include "model/draw.h"

static const char label[] = "temporary file";

bool clip_next(struct reader *r, struct audio_clip *c)
{
    int got = r != NULL ? audio_clip_next(r, c) : -1;

    if (got < 0)
        diag_die("%s", error_text());
    return got > 0;
}

static int temporary(void)
{
    int fd = temporary_open();

    if (fd < 0)
        diag_die("%s", error_text());
    return fd;
}

/* What was written to it with that status, from its beginning. */
static struct reader *read_again(int fd, int status)
{
    struct reader *r = NULL;

    if (status == 0 && lseek(fd, 0, SEEK_SET) < 0)
        diag_die("a temporary file:");
    if (status == 0)
        r = reader_new(fd, label);
    if (r == NULL || reader_start(r, NULL) != 0)
        diag_die("%s", error_text());
    return r;
}

static struct codec_options codec_of(const struct report *how)
{
    return (struct codec_options){
        .threads = how->threads, .seed = how->seed, .iterations = 8, .guided = guided_defaults()};
}

static struct item cut(struct item it)
{
    int64_t most = (int64_t)ceil(REPORT_SECONDS * it.rate), *samples = &it.audio.shape[1];

    for (int64_t i = 1; *samples > most && i < it.audio.shape[0]; i++)
        memmove(it.audio.data + i * most, it.audio.data + i * *samples, (size_t)most * sizeof(float));
    *samples = *samples < most ? *samples : most;
    return it;
}

struct reader *stream_some(const struct report *how, int64_t clips, int64_t samples)
{
    int fd = temporary(), status = 0;
    struct reader *r = clips_open(how->held_out);
    struct writer *w = r != NULL ? writer_new(fd, label, "audio", reader_meta(r)) : NULL;
    struct batch *single = batch_new(w, 1, 0);
    struct audio_clip c = {0};
    int64_t taken = 0, passed = 0;

    for (int64_t i = 0; w != NULL && status == 0 && (status = audio_clip_next(r, &c)) > 0; i++) {
        status = 0;
        passed += c.samples;
        if (taken < how->clips &&
            (2 * passed * how->clips > (2 * taken + 1) * samples || clips - i == how->clips - taken)) {
            taken++;
            status = batch_add(single, cut(item_copy(&c)));
        }
    }
    if (w == NULL || status < 0 || writer_end(w) != 0)
        diag_die("%s", error_text());
    batch_free(single);
    reader_free(r);
    return read_again(fd, 0);
}

struct reader *stream_draw(const struct report *how, int64_t count, bool exact)
{
    struct draw draw = {.count = count,
                        .exact = exact,
                        .seed = how->seed,
                        .temperature = 1,
                        .length = how->length,
                        .start_seconds = 5,
                        .model = how->model,
                        .how = codec_of(how)};
    int fd = temporary();

    return read_again(fd, draw_run(&draw, fd, label));
}

struct reader *stream_encode(const struct report *how, struct reader *r)
{
    struct codec_options codec = codec_of(how);
    int fd = temporary(), status;

    codec.mean_only = true;
    status = r != NULL ? codec_encode(how->model, r, fd, label, codec) : -1;
    reader_free(r);
    return read_again(fd, status);
}

struct reader *stream_decode(const struct report *how, struct reader *r)
{
    int fd = temporary(), status = codec_decode(how->model, r, fd, label, codec_of(how));

    reader_free(r);
    return read_again(fd, status);
}

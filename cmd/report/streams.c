/* Clips, latents and draws through the model. */
#include "streams.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/clip.h"
#include "model/draw.h"

static int temporary(void)
{
    int fd = temporary_open();

    if (fd < 0)
        diag_die("%s", error_text());
    return fd;
}

struct reader *stream_read(int fd, const char *label)
{
    int own = lseek(fd, 0, SEEK_SET) == 0 ? dup(fd) : -1;
    struct reader *r = own >= 0 ? reader_new(own, label) : NULL;

    if (r == NULL)
        diag_die("%s:", label);
    if (reader_start(r, NULL) != 0)
        diag_die("%s", error_text());
    return r;
}

static struct codec_options codec_of(const struct report *how)
{
    return (struct codec_options){
        .threads = how->threads, .seed = how->seed, .iterations = 8, .guided = guided_defaults()};
}

/* Writes the clip, of each channel so many samples. */
static int clip_write(struct writer *w, const struct audio_clip *c, int64_t samples)
{
    float *x = mem_alloc((size_t)(c->channels * samples) * sizeof *x);
    struct frame_tensor t = {"audio", tensor_view(x, 2, (int64_t[]){c->channels, samples})};
    struct meta *told = audio_clip_meta(c);
    int status;

    for (int64_t i = 0; i < c->channels; i++)
        memcpy(x + i * samples, c->x + i * c->samples, (size_t)samples * sizeof *x);
    meta_set(told, "rate", meta_real(c->rate));
    status = writer_put(w, c->name, told, &t, 1);
    meta_free(told);
    free(x);
    return status;
}

int stream_some(const struct report *how, int64_t all)
{
    int fd = temporary(), got;
    struct reader *r = clips_open(how->held_out);
    struct writer *w = r != NULL ? writer_new(fd, "temporary file", "audio", reader_meta(r)) : NULL;
    struct audio_clip c = {0};
    int64_t number = 0, taken = 0;

    if (w == NULL)
        diag_die("%s", error_text());
    for (; (got = audio_clip_next(r, &c)) > 0; number++) {
        int64_t most = (int64_t)ceil(REPORT_SECONDS * c.rate);

        if (taken < how->clips && number == taken * all / how->clips) {
            taken++;
            if (clip_write(w, &c, c.samples < most ? c.samples : most) != 0)
                diag_die("%s", error_text());
        }
    }
    if (got < 0 || writer_end(w) != 0)
        diag_die("%s", error_text());
    reader_free(r);
    return fd;
}

int stream_encode(const struct report *how, struct reader *r)
{
    struct codec_options codec = codec_of(how);
    int fd = temporary();

    codec.mean_only = true;
    if (r == NULL || codec_encode(how->model, r, fd, "temporary file", codec) != 0)
        diag_die("%s", error_text());
    reader_free(r);
    return fd;
}

int stream_decode(const struct report *how, int latents)
{
    struct reader *r = stream_read(latents, "latents");
    int fd = temporary();

    if (codec_decode(how->model, r, fd, "temporary file", codec_of(how)) != 0)
        diag_die("%s", error_text());
    reader_free(r);
    close(latents);
    return fd;
}

int stream_draw(const struct report *how)
{
    struct draw draw = {.count = how->clips,
                        .seed = how->seed,
                        .temperature = 1,
                        .start_seconds = 5,
                        .model = how->model,
                        .how = codec_of(how)};
    struct model m;
    int fd = temporary();

    if (model_read_head(&m, how->model) != 0)
        diag_die("%s", error_text());
    if (m.network->one_length == NULL && (double)m.samples / m.rate > REPORT_SECONDS)
        draw.length = REPORT_SECONDS;
    model_free(&m);
    if (draw_run(&draw, fd, "temporary file") != 0)
        diag_die("%s", error_text());
    return fd;
}

/* Frames through a pipe between two processes: our stream, bare bytes, and memcpy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/meta.h"
#include "bench.h"
#include "io/stream.h"

enum {
    FRAMES = 500,  /* in a measurement */
    DISTINCT = 64, /* clips that are sent in turn: together more than a cache */
    FRAME_BYTES = SAMPLES * 4,
    PIPE_BYTES = 1 << 20
};

struct clips {
    float *audio;
    int rate, distinct, count;
    size_t samples;
};

static int put_clips(int fd, struct clips c)
{
    struct meta *head = meta_map();
    struct writer *w;
    int status = 0;

    meta_set(head, "rate", meta_int(c.rate));
    w = writer_new(fd, "pipe", "audio", head);
    meta_free(head);
    if (!w)
        return -1;
    for (int i = 0; i < c.count && !status; i++) {
        float *clip = c.audio + (size_t)(i % c.distinct) * c.samples;
        struct frame_tensor t = {"audio", tensor_view(clip, 2, (int64_t[]){1, (int64_t)c.samples})};
        char name[32];

        snprintf(name, sizeof name, "clip-%04d", i);
        status = writer_put(w, name, NULL, &t, 1);
    }
    if (status) {
        writer_abandon(w);
        return -1;
    }
    return writer_end(w);
}

void write_clips(int count, int rate, int samples)
{
    float *audio = random_clips((size_t)count * (size_t)samples);

    if (put_clips(STDOUT_FILENO, (struct clips){audio, rate, count, count, (size_t)samples}))
        diag_die("%s", error_text());
    free(audio);
}

/* ---- the three ways ---- */

struct way {
    float *audio, *copy;
    void (*send)(const struct way *s, int fd);
    void (*receive)(const struct way *s, int fd);
};

static void send_stream(const struct way *s, int fd)
{
    if (put_clips(fd, (struct clips){s->audio, RATE, DISTINCT, FRAMES, SAMPLES}))
        diag_die("%s", error_text());
}

static void receive_stream(const struct way *s, int fd)
{
    static const char *const kinds[] = {"audio", NULL};
    struct reader *r = reader_new(fd, "pipe");
    const struct frame *f;
    int got, frames = 0;

    if (!r || reader_start(r, kinds))
        diag_die("%s", error_text());
    while ((got = reader_next(r, &f)) > 0) {
        const float *clip = s->audio + (size_t)(frames % DISTINCT) * SAMPLES;

        frames += f->tensors[0].t.data[SAMPLES - 1] == clip[SAMPLES - 1]; /* the right one */
    }
    if (got < 0 || frames != FRAMES)
        diag_die("%d of %d frames came through the pipe: %s", frames, FRAMES, error_text());
    reader_free(r);
}

static void send_bytes(const struct way *s, int fd)
{
    for (int i = 0; i < FRAMES; i++) {
        const char *from = (const char *)(s->audio + (size_t)(i % DISTINCT) * SAMPLES);

        for (size_t done = 0; done < FRAME_BYTES;) {
            ssize_t n = write(fd, from + done, FRAME_BYTES - done);

            if (n < 0 && errno != EINTR)
                diag_die("writing to the pipe:");
            done += n > 0 ? (size_t)n : 0;
        }
    }
}

static void receive_bytes(const struct way *s, int fd)
{
    char *to = (char *)s->copy;
    size_t frame = 0, total = 0;

    for (;;) {
        ssize_t n = read(fd, to + frame, FRAME_BYTES - frame);

        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            diag_die("reading from the pipe:");
        total += n > 0 ? (size_t)n : 0;
        frame = (frame + (n > 0 ? (size_t)n : 0)) % FRAME_BYTES;
    }
    if (total != (size_t)FRAMES * FRAME_BYTES)
        diag_die("%zu of %zu bytes came through the pipe", total, (size_t)FRAMES * FRAME_BYTES);
    close(fd);
}

static void through_pipe(void *arg)
{
    const struct way *s = arg;
    int ends[2], status;
    pid_t pid;

    if (pipe(ends))
        diag_die("pipe:");
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* what the streams ask for too */
    fflush(stdout);
    pid = fork();
    if (pid < 0)
        diag_die("fork:");
    if (pid == 0) {
        close(ends[0]);
        s->send(s, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    s->receive(s, ends[0]);
    if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
        diag_die("the writing side failed");
}

static void copy_frames(void *arg)
{
    const struct way *s = arg;

    for (size_t i = 0; i < FRAMES; i++)
        memcpy(s->copy + i % DISTINCT * SAMPLES, s->audio + i % DISTINCT * SAMPLES, FRAME_BYTES);
}

/* Milliseconds for FRAMES frames, each way. */
void bench_pipe(int steps)
{
    float *audio = random_clips((size_t)DISTINCT * SAMPLES);
    float *copy = mem_floats((size_t)DISTINCT * SAMPLES);
    struct way stream = {audio, copy, send_stream, receive_stream};
    struct way bytes = {audio, copy, send_bytes, receive_bytes};

    measure("pipe-stream", 0, steps, through_pipe, &stream);
    measure("pipe-bytes", 0, steps, through_pipe, &bytes);
    measure("pipe-memcpy", 0, steps, copy_frames, &bytes);
    free(copy);
    free(audio);
}

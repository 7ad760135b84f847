/* What a training run tells: a line of JSON per epoch for the log, progress for people. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/json.h"
#include "train/train_private.h"

/* ---- the log ---- */

/* The epoch of a line; -1: it is none of a log, or not whole. */
static int64_t line_epoch(const char *line, ssize_t length)
{
    struct meta *m = line[length - 1] == '\n' ? json_read(line) : NULL;
    int64_t epoch = -1;

    meta_get_int(m, "epoch", &epoch);
    meta_free(m);
    return epoch;
}

/* Leaves the lines of whole epochs up to the one that the run goes on from:
 * the others will come again. */
static int log_cut(const struct history *h)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    off_t end = 0;
    int64_t epoch;
    int status = 0;

    while ((length = getline(&line, &room, h->log)) > 0 && (epoch = line_epoch(line, length)) >= 0 && epoch <= h->done)
        end += length;
    free(line);
    if (ferror(h->log) || fseeko(h->log, end, SEEK_SET) || ftruncate(fileno(h->log), end))
        status = error_set("%s:", h->run->log);
    return status;
}

int log_open(struct history *h)
{
    const char *path = h->run->log;
    struct stat st;
    int fd;

    if (!path)
        return 0;
    if (!h->run->resume || (!stat(path, &st) && !S_ISREG(st.st_mode))) {
        h->log = fopen(path, "we");
        return h->log ? 0 : error_set("%s:", path);
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    h->log = fd >= 0 ? fdopen(fd, "r+") : NULL;
    if (!h->log) {
        error_set("%s:", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return log_cut(h);
}

void log_epoch(struct history *h)
{
    static const char *const keys[CURVES] = {"loss",      "distance",      "kl",      "elbo",
                                             "test_loss", "test_distance", "test_kl", "test_elbo"};
    const struct epoch *e = &h->epoch;
    struct meta *m;

    if (!h->log)
        return;
    m = meta_map();
    meta_set(m, "epoch", meta_int(e->number));
    meta_set(m, "step", meta_int(h->trainer->steps));
    for (int i = 0; i < (h->run->test ? CURVES : CURVE_TEST_LOSS); i++)
        meta_set(m, keys[i], meta_real(curve_value(e, (enum curve)i)));
    meta_set(m, "learning_rate", meta_real(e->rate));
    if (e->beta > 0)
        meta_set(m, "beta", meta_real(e->beta));
    meta_set(m, "seconds", meta_real(e->seconds));
    meta_set(m, "clips_per_second", meta_real(e->clips / e->seconds));
    meta_json(h->log, m);
    putc('\n', h->log);
    meta_free(m);
    if (fflush(h->log) || ferror(h->log)) {
        diag_error("log not written: %s:", h->run->log);
        fclose(h->log);
        h->log = NULL;
        h->trouble = true;
    }
}

/* ---- what people see ---- */

void say_clear(const struct history *h)
{
    if (h->terminal && !diag_quiet())
        fputs("\r\033[K", stderr);
}

void say_step(struct history *h, int steps)
{
    const struct epoch *e = &h->epoch;
    double t = clock_now(), done = train_progress(h, steps), left = 0;

    if (!h->terminal || diag_quiet() || t - h->shown < 0.1)
        return;
    h->shown = t;
    if (done > h->resumed)
        left = (t - h->began) * (1 - done) / (done - h->resumed);
    fprintf(stderr,
            "\r\033[Kepoch %" PRId64 ", step %" PRId64 "/%d, loss %.4g, %.1f clips/s, %.0f %% done, %.0f s left",
            e->number, e->begun, steps, e->sum.loss / (double)e->steps, e->clips / e->seconds, 100 * done, left);
}

void say_epoch(const struct history *h)
{
    const struct epoch *e = &h->epoch;
    double done = train_progress(h, 1), spent = h->spent + clock_now() - h->began;

    if (diag_quiet())
        return;
    say_clear(h);
    fprintf(stderr, "epoch %" PRId64, e->number);
    if (!(h->run->minutes > 0))
        fprintf(stderr, " of %" PRId64, h->epochs);
    fprintf(stderr, ": loss %.4g, distance %.4g, KL %.4g, ", e->sum.loss, e->sum.distance, e->sum.kl);
    if (h->run->test)
        fprintf(stderr, "on the test clips loss %.4g, distance %.4g, KL %.4g, ", e->test.loss, e->test.distance,
                e->test.kl);
    fprintf(stderr, "ELBO %.5g nats a %s, %.1f s", h->run->test ? e->test.elbo : e->sum.elbo, h->trainer->kind->per,
            e->seconds);
    if (done < 1)
        fprintf(stderr, ", %.0f s left", spent / done * (1 - done));
    putc('\n', stderr);
}

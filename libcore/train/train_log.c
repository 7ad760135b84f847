/* The log of a training run: a line of JSON per epoch. A run that goes on reads what is there. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/file.h"
#include "base/meta.h"
#include "base/team.h"
#include "train/train_private.h"

/* The epoch of a line; -1: it is none of a log, or not whole. */
static int64_t line_epoch(const char *line, ssize_t length)
{
    struct meta *m = line[length - 1] == '\n' ? json_read(line) : NULL;
    int64_t epoch = -1;

    meta_get_int(m, "epoch", &epoch);
    meta_free(m);
    return epoch;
}

/* Leaves the lines of whole epochs up to the one that the run goes on from: the others will come again. */
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
        status = error_set("%s:", h->run->options->log);
    return status;
}

int log_open(struct history *h)
{
    const char *path = h->run->options->log;
    struct stat st;
    bool goes_on = path && h->run->resume && !stat(path, &st) && S_ISREG(st.st_mode);

    if (!path || team_rank() > 0)
        return 0;
    h->log = fopen(path, goes_on ? "r+e" : "we");
    if (!h->log)
        return file_unmade(path);
    return goes_on ? log_cut(h) : 0;
}

void log_epoch(struct history *h)
{
    const struct epoch *e = &h->epoch;
    struct meta *m;

    if (!h->log)
        return;
    m = meta_map();
    meta_set(m, "epoch", meta_int(e->number));
    meta_set(m, "step", meta_int(h->trainer->steps));
    for (int i = 0; i < curves(h); i++)
        meta_set(m, curve_names[i].key, meta_real(e->figures[i / FIGURES].of[i % FIGURES]));
    meta_set(m, "learning_rate", meta_real(e->rate));
    if (e->beta > 0)
        meta_set(m, "beta", meta_real(e->beta));
    meta_set(m, "seconds", meta_real(e->seconds));
    meta_set(m, h->trainer->kind->speed, meta_real(e->clips / e->seconds));
    meta_json(h->log, m);
    putc('\n', h->log);
    meta_free(m);
    if (fflush(h->log) || ferror(h->log)) {
        diag_error("log not written: %s:", h->run->options->log);
        fclose(h->log);
        h->log = NULL;
        h->trouble = true;
    }
}

/* The log of a training, see cv-train(1). */
#ifndef PLOT_LOG_H
#define PLOT_LOG_H

#include <stddef.h>

/* The figures of an epoch that are drawn. */
enum figure {
    LOG_EPOCH,
    LOG_LOSS,
    LOG_TEST_LOSS,
    LOG_DISTANCE,
    LOG_TEST_DISTANCE,
    LOG_KL,
    LOG_TEST_KL,
    LOG_ELBO,
    LOG_TEST_ELBO,
    LOG_RATE,
    LOG_BETA,
    LOG_FIGURES
};

struct log_point {
    double value[LOG_FIGURES]; /* NaN: not there, or not a number */
};

struct log {
    struct log_point *points;
    size_t count;
};

/* Reads path, "-" for standard input; or the curves of a model, if path is one. A last line without an end, as a program
 * that is killed leaves it, is left out if it makes no sense. -1: error_text
 * says why not; 1: the same of a model that has none. */
int log_read(const char *path, struct log *log);
void log_release(struct log *log);

#endif

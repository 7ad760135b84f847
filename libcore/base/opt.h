/* Command lines: getopt_long with strict numbers, and --help made from the
 * same table, so that text and behaviour cannot differ. */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_kind {
    OPT_FLAG, /* bool *         : set to true */
    OPT_INT,  /* int64_t *      : whole number in lo..hi */
    OPT_REAL, /* double *       : finite number in lo..hi */
    OPT_TEXT, /* const char **  : any words, or with an operand "one|two" one of these */
    OPT_LIST  /* char **        : any words; those of an option given more than once are joined by commas */
};

struct opt {
    int letter;       /* 0: long form only */
    const char *name; /* long form */
    enum opt_kind kind;
    void *value;         /* holds the default when options are parsed */
    const char *operand; /* "HZ", "FILE", "mel|linear"; NULL for flags */
    double lo, hi;       /* numbers: closed range */
    const char *help;    /* what it does, no full stop */
    bool *given;         /* NULL, or set to true when the option was there */
};

/* What filters share. */
#define OPT_THREADS(value) \
    { \
        'j', "threads", OPT_INT, value, "N", 0, 1024, "threads, 0 for one per processor", NULL \
    }

struct program {
    const char *name;     /* "cv-load" */
    const char *operands; /* "[FILE ...]", "MODEL", "" */
    const char *purpose;  /* one sentence */
    const struct opt *opts;
    size_t count;
    const char *example; /* a line to copy, NULL for none */
};

/* Names the program for diag, parses argv (GNU order: options anywhere, "--"
 * ends them), handles -h/--help, -V/--version (standard output, status 0) and
 * -q/--quiet by itself, checks min..max operands (max < 0: no bound), and
 * returns the index in argv of the first operand. Anything wrong is a usage
 * error: one line on standard error, status 2, nothing on standard output.
 * What no filter does, this program cannot do from then on (base/confine.h).
 * Also: "--help" lists for each option its operand, type, [default] and
 * [lo <= x <= hi]; a failing write of the help text (>/dev/full) is status 1. */
int program_begin(const struct program *p, int argc, char **argv, int min, int max);

/* The number in text, whole and in range, or -1 with the reason in error_text. */
int number_int(const char *text, int64_t lo, int64_t hi, int64_t *out);
int number_real(const char *text, double lo, double hi, double *out);

/* The bytes in "512M": a whole number, then K, M, G or T for powers of 1024, or nothing. */
int number_size(const char *text, size_t *out);

#endif

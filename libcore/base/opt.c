/* Options from one table: parsing, checks and the text of --help. */
#include "base/opt.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/history.h"
#include "base/mem.h"
#include "base/team.h"

#ifndef CV_VERSION
#define CV_VERSION "unknown"
#endif

enum {
    LONG_BASE = 256, /* getopt's value for the long form of option i is LONG_BASE + i */
    OPTS_MAX = 64,   /* of a program, the common ones among them */
    COLUMNS = 80,    /* of --help; the words begin at LEFT */
    LEFT = 26,
    NAME_MOST = 32 /* letters of an option's name */
};

static const struct opt common[] = {
    {'q', "quiet", OPT_FLAG, NULL, NULL, 0, 0, "say nothing but errors", NULL},
    {'h', "help", OPT_FLAG, NULL, NULL, 0, 0, "print this and leave", NULL},
    {'V', "version", OPT_FLAG, NULL, NULL, 0, 0, "print the version and leave", NULL},
};

enum { COMMON = sizeof common / sizeof *common };

static const struct opt *opt_at(const struct program *p, size_t i)
{
    return i < p->count ? &p->opts[i] : &common[i - p->count];
}

static int64_t bound_int(double x)
{
    if (x >= 0x1p63)
        return INT64_MAX;
    return x <= -0x1p63 ? INT64_MIN : (int64_t)x;
}

static bool bounded(double x)
{
    return fabs(x) < 0x1p62; /* wider than that is no bound worth words */
}

/* "from 1 to 768000", "1 or more", "768000 or less": what was expected instead of x. */
static int out_of_range(const char *text, double x, double lo, double hi)
{
    char range[80];

    if (x > 0 ? x >= lo && !bounded(hi) : x <= hi && !bounded(lo))
        return error_set("%.60s is too large a number", text);
    if (bounded(lo) && bounded(hi))
        snprintf(range, sizeof range, "from %.15g to %.15g", lo, hi);
    else
        snprintf(range, sizeof range, bounded(lo) ? "%.15g or more" : "%.15g or less", bounded(lo) ? lo : hi);
    return error_set("%.60s is out of range: it must be %s", text, range);
}

int number_int(const char *text, int64_t lo, int64_t hi, int64_t *out)
{
    size_t sign = text[0] == '-' || text[0] == '+';
    size_t digits = strspn(text + sign, "0123456789");
    long long x;

    if (digits == 0 || text[sign + digits] != '\0')
        return error_set("'%.60s' is not a whole number", text);
    errno = 0;
    x = strtoll(text, NULL, 10);
    if (errno == ERANGE || x < lo || x > hi)
        return out_of_range(text, (double)x, (double)lo, (double)hi);
    *out = x;
    return 0;
}

int number_real(const char *text, double lo, double hi, double *out)
{
    char *end;
    double x;

    errno = 0;
    x = strtod(text, &end);
    /* only decimal forms: no spaces, no hexadecimal, no "nan" */
    if (end == text || *end != '\0' || strspn(text, "0123456789+-.eE") != strlen(text))
        return error_set("'%.60s' is not a number", text);
    if (!isfinite(x) || x < lo || x > hi)
        return out_of_range(text, x, lo, hi);
    *out = x;
    return 0;
}

int number_size(const char *text, size_t *out)
{
    static const char units[] = "KMGT";
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits] & ~32) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    unsigned long long x;

    if (digits == 0 || (text[digits] && (!unit || text[digits + 1])))
        return error_set("'%.60s' is not a size: give a whole number of bytes, or one with K, M, G or T, as in 512M",
                         text);
    errno = 0;
    x = strtoull(text, NULL, 10);
    if (errno == ERANGE || x > (SIZE_MAX >> 1) >> shift)
        return error_set("%.60s is more than there can be", text);
    *out = (size_t)x << shift;
    return 0;
}

/* "sample rate (int)[3000][1 <= HZ <= 768000]"; to be released with free(). */
static char *help_words(const struct opt *o)
{
    char value[40] = "", low[40] = "", high[40] = "";
    const char *text = o->kind == OPT_TEXT ? *(const char *const *)o->value : NULL;

    if (o->kind == OPT_FLAG)
        return mem_text(o->help);
    if (o->kind == OPT_LIST)
        return mem_format("%s (list)", o->help);
    if (o->kind == OPT_TEXT)
        return text ? mem_format("%s (text)[%s]", o->help, text) : mem_format("%s (text)", o->help);
    if (o->kind == OPT_INT)
        snprintf(value, sizeof value, "(int)[%" PRId64 "]", *(const int64_t *)o->value);
    else
        snprintf(value, sizeof value, "(real)[%.15g]", *(const double *)o->value);
    if (bounded(o->lo))
        snprintf(low, sizeof low, "%.15g <= ", o->lo);
    if (bounded(o->hi))
        snprintf(high, sizeof high, " <= %.15g", o->hi);
    return *low || *high ? mem_format("%s %s[%s%s%s]", o->help, value, low, o->operand, high)
                         : mem_format("%s %s", o->help, value);
}

/* Prints words from that column on, in lines of at most COLUMNS, those that follow indented; what stands in brackets is
 * one word. */
static void print_wrapped(const char *words, int column, int indent)
{
    int at = column;

    for (;;) {
        bool inside = false;
        int n = 0;

        for (; words[n] && (inside || words[n] != ' '); n++)
            inside = words[n] == '[' || (inside && words[n] != ']');
        if (at > column && at + 1 + n > COLUMNS)
            at = column = printf("\n%*s", indent, "") - 1;
        else if (at > column)
            at += printf(" ");
        at += printf("%.*s", n, words);
        words += n;
        if (!*words++)
            break;
    }
    putchar('\n');
}

static void help_option(const struct opt *o)
{
    char *words = help_words(o);
    int n = o->letter ? printf("  -%c, --%s", o->letter, o->name) : printf("      --%s", o->name);

    if (o->operand)
        n += printf(" %s", o->operand);
    n += printf("%*s", n < LEFT ? LEFT - n : 2, "");
    print_wrapped(words, n, LEFT);
    free(words);
}

static void help_print(const struct program *p)
{
    printf("usage: %s [option ...]%s%s\n", p->name, *p->operands ? " " : "", p->operands);
    print_wrapped(p->purpose, 0, 0);
    putchar('\n');
    for (size_t i = 0; i < p->count + COMMON; i++)
        help_option(opt_at(p, i));
    if (p->example)
        printf("\nexample: %s\n", p->example);
}

static _Noreturn void output_finish(void)
{
    if (fflush(stdout) != 0 || ferror(stdout) || fclose(stdout) != 0)
        diag_die("standard output:");
    exit(0);
}

static void list_extend(char **list, const char *text)
{
    char *old = *list;

    *list = old ? mem_format("%s,%s", old, text) : mem_text(text);
    free(old);
}

/* Takes any word where the operand is a name for it, else one of those that the operand lists. */
static int word_take(const struct opt *o, const char *text)
{
    size_t n = strlen(text);
    const char *at = o->operand;

    while (strchr(o->operand, '|') && (strcspn(at, "|") != n || strncmp(at, text, n))) {
        at += strcspn(at, "|");
        if (!*at++)
            return error_set("'%.60s' is none of these", text);
    }
    *(const char **)o->value = text;
    return 0;
}

static void option_take(const struct opt *o, const char *text)
{
    int status = 0;

    if (o->given)
        *o->given = true;
    switch (o->kind) {
    case OPT_FLAG:
        *(bool *)o->value = true;
        break;
    case OPT_INT:
        status = number_int(text, bound_int(o->lo), bound_int(o->hi), o->value);
        break;
    case OPT_REAL:
        status = number_real(text, o->lo, o->hi, o->value);
        break;
    case OPT_TEXT:
        status = word_take(o, text);
        break;
    case OPT_LIST:
        list_extend(o->value, text);
        break;
    }
    if (status == 0)
        return;
    if (o->letter)
        diag_usage("-%c, --%s %s: %s", o->letter, o->name, o->operand, error_text());
    diag_usage("--%s %s: %s", o->name, o->operand, error_text());
}

/* Option that getopt has found; its number is c, or c its letter. */
static const struct opt *opt_found(const struct program *p, int c)
{
    size_t i = 0;

    if (c >= LONG_BASE)
        return opt_at(p, (size_t)(c - LONG_BASE));
    while (opt_at(p, i)->letter != c)
        i++;
    return opt_at(p, i);
}

/* How many letters to put in, take out or change, to come from the one to the other. */
static size_t edits(const char *a, const char *b)
{
    size_t row[NAME_MOST + 1], n = strlen(b);

    assert(n <= NAME_MOST);
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t corner = row[0]++;

        for (size_t j = 1; j <= n; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]);

            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            corner = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

static const char to_output[] = ": what it writes goes to standard output, as in '> FILE'";

/* A long option that is none, or could be several: which ones begin so, or which is like it. */
static _Noreturn void name_refuse(const struct program *p, const char *name)
{
    const char *like = NULL;
    size_t length = strlen(name), least = (length + 2) / 3 + 1;
    char *several = NULL;
    int begin = 0;

    for (size_t i = 0; i < p->count + COMMON; i++) {
        const char *other = opt_at(p, i)->name;
        size_t n = edits(name, other);

        if (!strncmp(name, other, length)) {
            char *more = begin++ ? mem_format("%s, --%s", several, other) : mem_format("--%s", other);

            free(several);
            several = more;
        }
        like = n < least ? other : like;
        least = n < least ? n : least;
    }
    if (begin > 1)
        diag_usage("--%.60s is the beginning of several options: %s", name, several);
    if (like)
        diag_usage("there is no option --%.60s: did you mean --%s?", name, like);
    diag_usage("there is no option --%.60s%s", name, strcmp(name, "output") ? "" : to_output);
}

static _Noreturn void option_refuse(const struct program *p, int cause, char **argv)
{
    const char *word = argv[optind - 1];
    const struct opt *o = optopt >= LONG_BASE ? opt_found(p, optopt) : NULL;

    if (cause == ':' && o)
        diag_usage("--%s wants a value: %s", o->name, o->operand);
    if (cause == ':')
        diag_usage("-%c wants a value", optopt);
    if (o)
        diag_usage("--%s takes no value", o->name);
    for (size_t i = 0; optopt && optopt != 'o' && i < p->count; i++)
        if (!p->opts[i].letter && p->opts[i].name[0] == optopt)
            diag_usage("there is no option -%c, but there is --%s", optopt, p->opts[i].name);
    if (optopt)
        diag_usage("there is no option -%c%s", optopt, optopt == 'o' ? to_output : "");
    word += strspn(word, "-");
    name_refuse(p, mem_format("%.*s", (int)strcspn(word, "="), word));
}

static void common_take(const struct program *p, int letter)
{
    switch (letter) {
    case 'q':
        diag_set_quiet(true);
        break;
    case 'h':
        help_print(p);
        output_finish();
    case 'V':
        printf("%s (cv) %s\n", p->name, CV_VERSION);
        output_finish();
    }
}

/* more: one too many, NULL: one is missing. The example shows what goes where. */
static void operand_refuse(const struct program *p, const char *more)
{
    const char *like = p->example ? mem_format(", as in '%s'", p->example) : "";

    if (!more)
        diag_usage("an operand is missing: %s %s%s", p->name, p->operands, like);
    diag_usage("'%s' is %s%s", more, *p->operands ? "one operand too many" : "not wanted: there are no operands", like);
}

int program_begin(const struct program *p, int argc, char **argv, int min, int max)
{
    char letters[2 * OPTS_MAX + 2];
    struct option longs[OPTS_MAX + 1] = {0};
    size_t all = p->count + COMMON, n = 0;
    int c;

    assert(all <= OPTS_MAX);
    diag_name(p->name);
    fd_guard();
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN); /* a file over the limit is then an error of write(), as a full disk is */
    letters[n++] = ':';
    for (size_t i = 0; i < all; i++) {
        const struct opt *o = opt_at(p, i);

        longs[i] =
            (struct option){o->name, o->kind == OPT_FLAG ? no_argument : required_argument, NULL, LONG_BASE + (int)i};
        if (o->letter)
            letters[n++] = (char)o->letter;
        if (o->letter && o->kind != OPT_FLAG)
            letters[n++] = ':';
    }
    letters[n] = '\0';
    opterr = 0;
    history_begin(p);
    for (int pass = 0; pass < 2; pass++) { /* first the common ones: --help shows defaults */
        optind = 0;                        /* GNU: start afresh */
        while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
            const struct opt *o;

            if (c == '?' || c == ':')
                option_refuse(p, c, argv);
            o = opt_found(p, c);
            if (pass == 0 && !o->value)
                common_take(p, o->letter);
            else if (pass == 1 && o->value)
                option_take(o, optarg);
        }
    }
    if (argc - optind < min || (max >= 0 && argc - optind > max))
        operand_refuse(p, argc - optind < min ? NULL : argv[optind + max]);
    history_given(p, argv + optind);
    if (!team_possible()) /* MPI has sockets, and the memory of other ranks */
        confine();
    return optind;
}

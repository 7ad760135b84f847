/* Command lines: strict numbers, help out of the table, statuses. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/opt.h"
#include "check.h"

static int64_t rate, seed;
static double seconds;
static bool all, given;
static const char *dir;

static const struct opt opts[] = {
    {'r', "rate", OPT_INT, &rate, "HZ", 1, 768000, "sample rate", &given},
    {'d', "duration", OPT_REAL, &seconds, "SECONDS", 0, 1e6, "length", NULL},
    {'a', "all", OPT_FLAG, &all, NULL, 0, 0, "all clips", NULL},
    {'@', "list", OPT_FLAG, &all, NULL, 0, 0, "names from standard input", NULL},
    {'o', "output", OPT_TEXT, &dir, "DIR", 0, 0, "where to", NULL},
    {0, "seed", OPT_INT, &seed, "N", 0, HUGE_VAL, "seed", NULL},
    {0, "pick", OPT_TEXT, &dir, "one|two", 0, 0, "which", NULL},
    {0, "segment", OPT_FLAG, &all, NULL, 0, 0,
     "words that do not go into one line with the name of the option, but into as many as they take", NULL},
};

static const struct program program = {"cv-test",     "FILE ...", "Tests options.", opts, sizeof opts / sizeof *opts,
                                       "cv-test -a x"};

/* Runs the program in a child with words as its operands and options; what it
 * would do goes to out, its words to err. */
static int run(char *const words[], int min, int max, char out[4096], char err[4096], const char *stdout_path)
{
    char *texts[2] = {out, err};
    int ends[2][2], argc = 0, status;
    pid_t child;

    rate = 3000;
    seconds = 30;
    all = given = false;
    dir = ".";
    seed = 123;
    fflush(stdout);
    if (pipe(ends[0]) < 0 || pipe(ends[1]) < 0 || (child = fork()) < 0)
        exit(1);
    if (child == 0) {
        char *argv[12] = {NULL}; /* parsing puts it in another order */
        int first;

        dup2(stdout_path ? open(stdout_path, O_WRONLY) : ends[0][1], STDOUT_FILENO);
        dup2(ends[1][1], STDERR_FILENO);
        for (int i = 0; i < 4; i++)
            close(ends[i / 2][i % 2]);
        for (; words[argc]; argc++)
            argv[argc] = words[argc];
        first = program_begin(&program, argc, argv, min, max);
        printf("%lld %g %d %s %lld %d %d", (long long)rate, seconds, all, dir, (long long)seed, given, diag_quiet());
        while (first < argc)
            printf(" <%s>", argv[first++]);
        fflush(stdout);
        _exit(0);
    }
    for (int i = 0; i < 2; i++) {
        size_t n = 0;
        ssize_t got;

        close(ends[i][1]);
        while ((got = read(ends[i][0], texts[i] + n, 4095 - n)) > 0)
            n += (size_t)got;
        texts[i][n] = '\0';
        close(ends[i][0]);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define WORDS(...) \
    (char *const[]) \
    { \
        "cv-test", __VA_ARGS__, NULL \
    }

static void test_good(void)
{
    static const struct {
        char *words[9];
        const char *wanted;
    } cases[] = {
        {{"cv-test", "x"}, "3000 30 0 . 123 0 0 <x>"},
        {{"cv-test", "x", "-r", "8000", "y"}, "8000 30 0 . 123 1 0 <x> <y>"},
        {{"cv-test", "-r8000", "-d", "1e-3", "-a", "x"}, "8000 0.001 1 . 123 1 0 <x>"},
        {{"cv-test", "--rate=1", "--duration", "0", "--all", "--output=a b", "x"}, "1 0 1 a b 123 1 0 <x>"},
        {{"cv-test", "-q", "--", "-r", "x"}, "3000 30 0 . 123 0 1 <-r> <x>"},
        {{"cv-test", "-aq@", "-"}, "3000 30 1 . 123 0 1 <->"},
        {{"cv-test", "--seed", "9223372036854775807", "x"}, "3000 30 0 . 9223372036854775807 0 0 <x>"},
        {{"cv-test", "--pick", "two", "x"}, "3000 30 0 two 123 0 0 <x>"},
        {{"cv-test", "--pick=one", "x"}, "3000 30 0 one 123 0 0 <x>"},
        {{"cv-test", "-r", "+5", "x"}, "5 30 0 . 123 1 0 <x>"},
    };
    char out[4096], err[4096];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = run(cases[i].words, 1, -1, out, err, NULL);

        check(status == 0 && strcmp(out, cases[i].wanted) == 0 && *err == '\0', "%s (wanted %s)", out, cases[i].wanted);
    }
}

static void test_bad(void)
{
    static char *const cases[][5] = {
        {"cv-test"},
        {"cv-test", "x", "-r"},
        {"cv-test", "x", "-r", "10x"},
        {"cv-test", "x", "-r", "-3"},
        {"cv-test", "x", "-r", "0"},
        {"cv-test", "x", "-r", "768001"},
        {"cv-test", "x", "-r", ""},
        {"cv-test", "x", "-r", " 5"},
        {"cv-test", "x", "-r", "1.5"},
        {"cv-test", "x", "-r", "0x10"},
        {"cv-test", "x", "-r", "99999999999999999999"},
        {"cv-test", "x", "--seed", "-1"},
        {"cv-test", "x", "--seed", "9223372036854775808"},
        {"cv-test", "x", "-d", "nan"},
        {"cv-test", "x", "-d", "inf"},
        {"cv-test", "x", "-d", "1e7"},
        {"cv-test", "x", "-d", "1e999"},
        {"cv-test", "x", "-d", "-0.1"},
        {"cv-test", "x", "-d", "0x1p3"},
        {"cv-test", "x", "-d", ""},
        {"cv-test", "x", "-k"},
        {"cv-test", "x", "--kk"},
        {"cv-test", "x", "--all=3"},
        {"cv-test", "x", "--rate"},
        {"cv-test", "x", "--pick", ""},
        {"cv-test", "x", "--pick", "tw"},
        {"cv-test", "x", "--pick", "twos"},
        {"cv-test", "x", "--pick", "one|two"},
        {"cv-test", "x", "y", "z"},
    };
    char out[4096], err[4096];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = run(cases[i], 1, 2, out, err, NULL);
        const char *end = strchr(err, '\n');

        check(status == 2 && *out == '\0' && strncmp(err, "cv-test: ", 9) == 0 && end && end[1] == '\0',
              "status %d: %.*s", status, (int)strcspn(err, "\n"), err);
    }
}

/* What is said of a name that is none, or not one. */
static void test_names(void)
{
    static const struct {
        char *word;
        const char *wanted;
    } cases[] = {
        {"--se", "--se is the beginning of several options: --seed, --segment (see"},
        {"--ratte", "there is no option --ratte: did you mean --rate? (see"},
        {"--sede=4", "there is no option --sede: did you mean --seed? (see"},
        {"--outptu", "there is no option --outptu: did you mean --output? (see"},
        {"--xyz", "there is no option --xyz (see"},
        {"-k", "there is no option -k (see"},
    };
    char out[4096], err[4096];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = run(WORDS(cases[i].word, "x"), 0, 1, out, err, NULL);

        check(status == 2 && strstr(err, cases[i].wanted), "%s: %.*s", cases[i].word, (int)strcspn(err, "\n"), err);
    }
    check(run(WORDS("--see", "4", "x"), 0, 1, out, err, NULL) == 0, "the begin of one is that one");
}

static void test_help(void)
{
    char out[4096], err[4096];

    check(run(WORDS("-r", "5", "--help"), 1, 1, out, err, NULL) == 0 && *err == '\0', "help is status 0");
    check(strstr(out, "-r, --rate HZ") && strstr(out, "sample rate (int)[3000][1 <= HZ <= 768000]"),
          "help has type, default and range");
    check(strstr(out, "(real)[30]") && strstr(out, "(text)[.]") && strstr(out, "[123][0 <= N]"), "of all types");
    check(!!strstr(out, "      --segment           words that do not go into one line with the name of\n"
                        "                          the option, but into as many as they take\n"),
          "long words are wrapped");
    check(strstr(out, "--quiet") && strstr(out, "--version") && strstr(out, "example: cv-test -a x"), "and the rest");
    check(run(WORDS("-h"), 1, 1, out, err, "/dev/full") == 1 && strstr(err, "No space left"), "help on a full disk");
    check(run(WORDS("-V"), 1, 1, out, err, NULL) == 0 && strncmp(out, "cv-test (cv) ", 13) == 0, "version");
    check(run(WORDS("--version"), 1, 1, out, err, "/dev/full") == 1, "version on a full disk");
}

static void test_numbers(void)
{
    int64_t whole = 5;
    double real = 5;
    size_t size = 5;

    check(number_int("-7", -10, 10, &whole) == 0 && whole == -7, "-7");
    check(number_int("11", -10, 10, &whole) == -1 && whole == -7, "11: %s", error_text());
    check(number_int("-9223372036854775808", INT64_MIN, INT64_MAX, &whole) == 0 && whole == INT64_MIN, "the least");
    check(number_int("-", -10, 10, &whole) == -1, "'-': %s", error_text());
    check(number_int("9223372036854775807", 0, 9000000000000000000, &whole) == -1 &&
              !strcmp(error_text(), "9223372036854775807 is too large a number"),
          "%s", error_text());
    check(number_int("-1", 0, INT64_MAX, &whole) == -1 &&
              strstr(error_text(), "-1 is out of range: it must be 0 or more"),
          "%s", error_text());
    check(number_int("99999999999999999999", 0, 9, &whole) == -1 && strstr(error_text(), "from 0 to 9"), "%s",
          error_text());
    check(number_real("2.5e1", 0, 100, &real) == 0 && real > 24 && real < 26, "2.5e1");
    check(number_real("1,5", 0, 100, &real) == -1, "1,5: %s", error_text());
    check(number_size("0", &size) == 0 && size == 0, "0 bytes");
    check(number_size("3k", &size) == 0 && size == 3072, "3k");
    check(number_size("2T", &size) == 0 && size == (size_t)2 << 40, "2T");
    check(number_size("9000000T", &size) == -1 && size == (size_t)2 << 40, "9000000T: %s", error_text());
    check(number_size("1.5G", &size) == -1 && number_size("", &size) == -1 && number_size("M", &size) == -1 &&
              number_size("-1", &size) == -1 && number_size("1MB", &size) == -1,
          "not sizes: %s", error_text());
    check(number_real("infinity", -HUGE_VAL, HUGE_VAL, &real) == -1, "infinity: %s", error_text());
}

int main(void)
{
    test_good();
    test_bad();
    test_names();
    test_help();
    test_numbers();
    return check_done();
}

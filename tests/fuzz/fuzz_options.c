/* Fuzz target: command lines and numbers. A line of the input is an argument. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"

enum { WORDS = 64 };

static bool flag, given;
static int64_t count;
static double rate;
static const char *text;
static char *list;

static const struct opt opts[] = {
    {'f', "flag", OPT_FLAG, &flag, NULL, 0, 0, "a flag", &given},
    {'n', "number", OPT_INT, &count, "N", -5, 9e18, "a number", NULL},
    {'r', "rate", OPT_REAL, &rate, "HZ", 0, 768000, "a rate", NULL},
    {'t', "text", OPT_TEXT, &text, "WORDS", 0, 0, "words", NULL},
    {'l', "list", OPT_LIST, &list, "WORDS", 0, 0, "more words", NULL},
    {0, "numbers-of-them", OPT_INT, &count, "N", -1e30, 1e30, "of any size", NULL},
};

static const struct program program = {"cv-fuzz", "[FILE ...]", "Sees what comes.", opts, 6, NULL};

static void numbers(const char *word)
{
    int64_t i = 77;
    double d = 77;
    char again[64];

    if (number_int(word, -1000, INT64_MAX, &i) == 0) {
        int64_t same;

        FUZZ_HOLDS(i >= -1000);
        snprintf(again, sizeof again, "%lld", (long long)i);
        FUZZ_HOLDS(number_int(again, INT64_MIN, INT64_MAX, &same) == 0 && same == i);
        FUZZ_HOLDS(number_real(word, -INFINITY, INFINITY, &d) == 0 && fabs(d - (double)i) <= 0);
    } else {
        FUZZ_HOLDS(i == 77 && strlen(error_text()) > 0);
    }
    d = 77;
    if (number_real(word, -1e6, 1e6, &d) == 0)
        FUZZ_HOLDS(d >= -1e6 && d <= 1e6);
    else
        FUZZ_HOLDS(d >= 77 && d <= 77);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *all = mem_alloc(size + 1), *argv[WORDS + 2];
    volatile int argc = 0;
    int min = size % 3 == 2, max = (int)(size % 5) - 1, first;

    memcpy(all, data, size);
    all[size] = '\0';
    argv[argc++] = (char *)"cv-fuzz";
    for (char *p = all, *next; p && argc <= WORDS; p = next) {
        next = strchr(p, '\n');
        if (next)
            *next++ = '\0';
        numbers(p);
        argv[argc++] = p;
    }
    argv[argc] = NULL;
    flag = given = false;
    count = 3;
    rate = 3000;
    text = NULL;
    list = NULL;
    if (FUZZ_EXITS()) {
        FUZZ_HOLDS(fuzz_status == 0 || fuzz_status == 2);
    } else {
        first = program_begin(&program, argc, argv, min, max);
        FUZZ_HOLDS(first >= 1 && first <= argc && argc - first >= min && (max < 0 || argc - first <= max));
        FUZZ_HOLDS(rate >= 0 && rate <= 768000 && flag == given);
    }
    fuzz_over();
    free(list);
    free(all);
    return 0;
}

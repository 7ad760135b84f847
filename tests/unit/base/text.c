/* Errors, lines for people, shapes, memory, UTF-8. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/tensor.h"
#include "base/text.h"
#include "check.h"

static void test_error(void)
{
    char *file = mem_text("jazz.wav"), wide[9000];

    errno = ENOENT;
    check(error_set("%s:", file) == -1 && strcmp(error_text(), "jazz.wav: No such file or directory") == 0,
          "a format ending in ':' gets the cause: %s", error_text());
    check(error_prefix("line %d", 3) == -1 && strcmp(error_text(), "line 3: jazz.wav: No such file or directory") == 0,
          "prefix: %s", error_text());
    error_set("[%s]", error_text());
    check(strcmp(error_text(), "[line 3: jazz.wav: No such file or directory]") == 0, "a text out of itself");
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    error_set("%s", wide);
    error_prefix("%s", wide);
    error_prefix("front");
    check(strncmp(error_text(), "front: xxx", 10) == 0 && strlen(error_text()) < sizeof wide, "long texts are cut");
    free(file);
}

/* What speak writes to standard error, and its exit status. */
static char *heard(void (*speak)(void), int *status)
{
    static char text[40000];
    int ends[2];
    size_t n = 0;
    ssize_t got;
    pid_t child;

    fflush(stdout);
    if (pipe(ends) < 0 || (child = fork()) < 0)
        return strcpy(text, "no pipe");
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        speak();
        _exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    close(ends[0]);
    waitpid(child, status, 0);
    return text;
}

static void speak_error(void)
{
    diag_name("cv-test");
    errno = EACCES;
    diag_error("a\nfile\t\x1b[1m\x7f \xc2\x9b \xc3\xa9:");
}

static void speak_quiet(void)
{
    diag_set_quiet(true);
    diag_note("note");
    diag_warn("warning");
}

static void speak_loud(void)
{
    diag_name("cv-test");
    diag_note("note");
    diag_warn("hot");
}

static void speak_die(void)
{
    diag_name("cv-test");
    diag_die("no");
}

static void speak_usage(void)
{
    diag_name("cv-test");
    diag_usage("no");
}

static void speak_memory(void)
{
    diag_name("cv-test");
    mem_grow(NULL, SIZE_MAX / 2, 4);
}

static void test_diag(void)
{
    int status = 0;
    char *text = heard(speak_error, &status);

    check(strcmp(text, "cv-test: a\\nfile\\t\\x1b[1m\\x7f \\xc2\\x9b \xc3\xa9: Permission denied\n") == 0,
          "control characters are shown, not sent");
    check(*heard(speak_quiet, &status) == '\0' && status == 0, "quiet");
    check(strcmp(heard(speak_loud, &status), "cv-test: note\ncv-test: warning: hot\n") == 0, "notes and warnings");
    check(strcmp(heard(speak_die, &status), "cv-test: no\n") == 0 && WEXITSTATUS(status) == 1, "die is status 1");
    check(strcmp(heard(speak_usage, &status), "cv-test: no (see cv-test --help)\n") == 0 && WEXITSTATUS(status) == 2,
          "usage is status 2");
    text = heard(speak_memory, &status);
    check(strncmp(text, "cv-test: out of memory", 22) == 0 && WEXITSTATUS(status) == 1, "overflow ends the program");
}

static void test_mem(void)
{
    float *x = mem_floats(3 << 20), *none = mem_floats(0);
    char *text = mem_format("%d-%s", 7, "x");
    int zero = 1;

    for (int i = 0; i < 3 << 20; i++)
        zero = zero && x[i] >= 0 && x[i] <= 0;
    check(zero && (uintptr_t)x % 64 == 0, "floats are zero and aligned");
    check(none && (uintptr_t)none % 64 == 0, "no floats are a place too");
    check(strcmp(text, "7-x") == 0, "formatted text");
    free(x);
    free(none);
    free(text);
}

static void test_tensor(void)
{
    char text[32], tiny[5];
    float x[6] = {0};
    struct tensor t = tensor_view(x, 2, (int64_t[]){2, 3}), scalar = tensor_view(x, 0, NULL);

    check(tensor_count(&t) == 6 && tensor_count(&scalar) == 1, "counts");
    check(strcmp(tensor_shape_text(&t, text, sizeof text), "[2, 3]") == 0, "shape %s", text);
    check(strcmp(tensor_shape_text(&scalar, text, sizeof text), "[]") == 0, "shape of a scalar %s", text);
    check(strcmp(tensor_shape_text(&t, tiny, sizeof tiny), "[2, ") == 0, "shape in little room: %s", tiny);
}

static void test_utf8(void)
{
    static const struct {
        const char *text;
        int length;
    } cases[] = {
        {"a", 1},
        {"\xc3\xa9", 2},
        {"\xe2\x82\xac", 3},
        {"\xf0\x9f\x8e\xb7", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\x80", 0},
        {"\xc0\x80", 0},
        {"\xc3", 0},
        {"\xe0\x80\x80", 0},
        {"\xed\xa0\x80", 0},
        {"\xf0\x80\x80\x80", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xe2\x82", 0},
        {"\xf0\x9f\x8e", 0},
        {"\xff", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(text_character(cases[i].text) == cases[i].length, "UTF-8 case %zu", i);
}

static void test_valid(void)
{
    static const char *const cases[][2] = {
        {"\xc3\xa9t\xc3\xa9.wav", "\xc3\xa9t\xc3\xa9.wav"},
        {"a\xff-b", "a\xef\xbf\xbd-b"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"cut\xe2\x82", "cut\xef\xbf\xbd\xef\xbf\xbd"},
        {"", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *valid = text_valid(cases[i][0]);

        check(strcmp(valid, cases[i][1]) == 0, "'%s' gives '%s'", cases[i][0], valid);
        free(valid);
    }
}

int main(void)
{
    test_error();
    test_diag();
    test_mem();
    test_tensor();
    test_utf8();
    test_valid();
    return check_done();
}

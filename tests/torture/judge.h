/* How a run with a fault, a limit or a signal has to end. */
#ifndef TESTS_TORTURE_JUDGE_H
#define TESTS_TORTURE_JUDGE_H

#include "run.h"

/* What is wrong with the files that are there, beside those of a run without a fault; NULL if nothing is. Others that
 * are whole streams are right where a run may end early. */
static const char *files_wrong(const char *have, const char *want, int all, bool early)
{
    static char text[600];
    DIR *d = opendir(have);
    struct dirent *e;

    text[0] = '\0';
    while (d && (e = readdir(d))) {
        char *a = mem_format("%s/%s", have, e->d_name), *b = mem_format("%s/%s", want, e->d_name);

        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || (early && is_whole(a)))
            ;
        else if (access(b, F_OK))
            snprintf(text, sizeof text, "left the file %.200s", e->d_name);
        else if (!same_file(a, b))
            snprintf(text, sizeof text, "the file %.200s is not what it should be", e->d_name);
        free(a);
        free(b);
    }
    if (d)
        closedir(d);
    d = all ? opendir(want) : NULL;
    while (d && (e = readdir(d))) {
        char *a = mem_format("%s/%s", have, e->d_name);

        if (access(a, F_OK))
            snprintf(text, sizeof text, "the file %.200s is missing", e->d_name);
        free(a);
    }
    if (d)
        closedir(d);
    return text[0] ? text : NULL;
}

/* The files of a run, and of one without a fault. */
struct paths {
    char *out, *words, *output, *tmp, *want_out, *want;
};

static struct paths paths_of(const char *reference)
{
    char *work = mine("run");
    struct paths p = {mem_format("%s/out", work),      mem_format("%s/stderr", work),
                      mem_format("%s/stdout", work),   mine("tmp"),
                      mem_format("%s/out", reference), mem_format("%s/stdout", reference)};

    free(work);
    return p;
}

static void paths_free(struct paths *p)
{
    free(p->out);
    free(p->words);
    free(p->output);
    free(p->tmp);
    free(p->want_out);
    free(p->want);
}

/* Whether two files begin and end alike: a WAV has its length in the beginning. */
static bool same_ends(const char *a, const char *b)
{
    enum { END = 64 };
    struct bytes x = slurp(a), y = slurp(b);
    bool same = x.n >= END && y.n >= END && !memcmp(x.p, y.p, END) && !memcmp(x.p + x.n - END, y.p + y.n - END, END);

    free(x.p);
    free(y.p);
    return same;
}

/* Output that is not that of a good run, and could be taken for it. */
static const char *output_wrong(const struct scenario *s, const struct paths *p)
{
    if (same_file(p->output, p->want))
        return NULL;
    if (s->output == STREAM && is_whole(p->output))
        return "failed, but the output looks whole";
    if (s->output == BYTES && same_ends(p->output, p->want))
        return "failed, but the output looks whole";
    return NULL;
}

static bool is_empty(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_size == 0;
}

static const char *with_number(const char *format, int n)
{
    static char text[200];

    snprintf(text, sizeof text, "%s %d", format, n);
    return text;
}

/* How it ended where a call failed, or a file could not grow. */
static const char *end_wrong(const struct scenario *s, int status, const struct paths *p)
{
    const char *why;

    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM ? "hangs" : with_number("ended by signal", WTERMSIG(status));
    if (WEXITSTATUS(status) == 0)
        return same_file(p->output, p->want) ? files_wrong(p->out, p->want_out, 1, false)
                                             : "status 0, but the output is not that of a good run";
    if (WEXITSTATUS(status) != 1)
        return with_number("status", WEXITSTATUS(status));
    why = words_wrong(s->arguments, p->words, 1, 4); /* one for each file that is not written */
    if (!why)
        why = files_wrong(p->out, p->want_out, 0, false);
    return why ? why : output_wrong(s, p);
}

/* How it ended where a signal came: by it and without a word, or as if there was none, or early and whole. */
static const char *signal_wrong(const struct scenario *s, int status, int number, const struct paths *p)
{
    bool early = s->end != DIES && (number == SIGINT || number == SIGTERM || number == SIGHUP);
    const char *why = words_wrong(s->arguments, p->words, 0, 3);

    if (why)
        return why;
    if (WIFSIGNALED(status) && WTERMSIG(status) == number)
        return (why = files_wrong(p->out, p->want_out, 0, early)) ? why : output_wrong(s, p);
    if (WIFSIGNALED(status))
        return with_number("ended by signal", WTERMSIG(status));
    if (WEXITSTATUS(status) == 1 && early && s->end == BEGUN_ENDS && is_empty(p->output))
        return words_wrong(s->arguments, p->words, 1, 1);
    if (WEXITSTATUS(status) != 0)
        return with_number("status", WEXITSTATUS(status));
    if (!same_file(p->output, p->want) && !(early && is_whole(p->output)))
        return "status 0, but the output is not that of a good run";
    return files_wrong(p->out, p->want_out, !early, early);
}

static const char *judge(const struct scenario *s, const struct fault *f, const struct result *r, const char *reference)
{
    struct paths p = paths_of(reference);
    const char *why = f->signal ? signal_wrong(s, r->status, f->signal, &p) : end_wrong(s, r->status, &p);

    if (!why)
        why = files_wrong(p.tmp, "/nonexistent", 0, false);
    paths_free(&p);
    return why;
}

static void complain(const struct scenario *s, const struct fault *f, const struct result *r, const char *why)
{
    char *err = mem_format("%s/run-%d/stderr", folder, worker);
    struct bytes b = slurp(err);
    bool library = f->libraries && !f->signal;

    if (b.p)
        b.p[strcspn(b.p, "\n")] = '\0';
    printf("%s %s: ", library ? "# in a library," : "not ok", s->name);
    if (f->signal)
        printf("%s at call %ld%s", strsignal(f->signal), f->at, f->libraries ? " for memory" : "");
    else if (f->limit >= 0)
        printf("files of %ld bytes at most", f->limit);
    else
        printf("%s %ld%s%s", f->kind, f->at, library ? " in " : "", library ? r->culprit : "");
    printf(": %s [%s]\n", why, b.p ? b.p : "");
    fflush(stdout);
    free(b.p);
    free(err);
}

#endif

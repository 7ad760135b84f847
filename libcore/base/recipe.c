/* Words in quotes, pipes, and comments on what is not in them. */
#include "base/recipe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/history.h"
#include "base/mem.h"
#include "base/report.h"

/* Bytes of the control character at p, 0: it is none, or the end of a line, which quotes keep. */
static int control(const char *p)
{
    const unsigned char *c = (const unsigned char *)p;

    if (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
        return 2;
    return (*c > 0 && *c < 0x20 && *c != '\n') || *c == 0x7f;
}

static void print_quoted(FILE *to, const char *p)
{
    int n;

    putc('\'', to);
    for (; *p; p += n > 0 ? n : 1) {
        n = control(p);
        if (n > 0)
            fputs("'\"$(printf '", to); /* a terminal is not to obey it */
        for (int i = 0; i < n; i++)
            fprintf(to, "\\%03o", (unsigned char)p[i]);
        if (n > 0)
            fputs("')\"'", to);
        else if (*p == '\'')
            fputs("'\\''", to);
        else
            putc(*p, to);
    }
    putc('\'', to);
}

static void print_word(FILE *to, const struct meta *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+:,./_-";

    if (word->kind == META_INT)
        fprintf(to, "'(%lld operands)'", (long long)word->integer);
    else if (*word->text && strspn(word->text, plain) == strlen(word->text))
        fputs(word->text, to);
    else
        print_quoted(to, word->text);
}

char *recipe_word(const char *text)
{
    struct meta *word = meta_text(text);
    char *quoted = NULL;
    size_t size;
    FILE *to = mem_stream(&quoted, &size);

    print_word(to, word);
    fclose(to);
    meta_free(word);
    return quoted;
}

static void print_pipe(FILE *to, const struct meta *history)
{
    for (size_t i = 0; i < history->count; i++) {
        fputs(i > 0 ? " | " : "", to);
        recipe_entry(to, history->items[i]);
    }
}

/* Whether it was run by several processes, whose number stands behind the program. */
static bool is_ranks(const struct meta *entry, size_t i)
{
    return i == 1 && entry->items[i]->kind == META_INT && !strcmp(entry->items[0]->text, "cv-train-mpi");
}

void recipe_entry(FILE *to, const struct meta *entry)
{
    bool group = entry->items[0]->kind == META_LIST;

    if (!group && entry->count > 1 && is_ranks(entry, 1))
        fprintf(to, "mpirun -n %" PRId64 " ", entry->items[1]->integer);
    fputs(group ? "{ " : "", to);
    for (size_t i = 0; i < entry->count; i++)
        if (group) {
            print_pipe(to, entry->items[i]);
            fputs("; ", to);
        } else if (entry->items[i]->kind != META_LIST && !is_ranks(entry, i)) {
            fputs(i > 0 ? " " : "", to);
            print_word(to, entry->items[i]);
        }
    fputs(group ? "}" : "", to);
}

/* Makes the model, where it is not there; said: those that are made so far. */
static void print_model(FILE *to, const struct meta *named, struct meta *said)
{
    struct meta runs = *named;

    for (size_t i = 0; i < said->count; i++)
        if (meta_equal(said->items[i], named))
            return;
    meta_append(said, meta_copy(named));
    runs.items++;
    runs.count--;
    fputs("test -s ", to); /* one that is empty was not made */
    print_word(to, named->items[0]);
    fputs(" || ", to);
    print_pipe(to, &runs);
    fputs(" -o ", to); /* which leaves no file when it fails */
    print_word(to, named->items[0]);
    fputs(" &&\n", to);
}

/* A line for each model that is used. */
static void print_models(FILE *to, const struct meta *history, struct meta *said)
{
    for (size_t i = 0; i < history->count; i++) {
        const struct meta *entry = history->items[i];

        for (size_t k = 0; k < entry->count; k++)
            if (entry->items[0]->kind == META_LIST)
                print_models(to, entry->items[k], said);
            else if (entry->items[k]->kind == META_LIST)
                print_model(to, entry->items[k], said);
    }
}

/* What the runs had that their words do not say. */
static void print_missing(FILE *to, const struct meta *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i]->kind == META_LIST)
            print_missing(to, m->items[i]);
        else if (m->items[i]->kind == META_INT && !is_ranks(m, i))
            fprintf(to, "# %s: the names of %lld files are left out, being over %d KiB\n", m->items[0]->text,
                    (long long)m->items[i]->integer, HISTORY_OPERANDS >> 10);
        else if (m->items[i]->kind == META_INT)
            continue;
        else if (!strcmp(m->items[i]->text, "-@") || !strcmp(m->items[i]->text, "-0"))
            fprintf(to, "# %s %s: the names that came on standard input are not in it\n", m->items[0]->text,
                    m->items[i]->text);
        else if (!strcmp(m->items[i]->text, "-") && strcmp(m->items[0]->text, "cv-mix")) /* which has it before */
            fprintf(to, "# %s -: the sound that came on standard input is not in it\n", m->items[0]->text);
        else if (!strncmp(m->items[i]->text, "/dev/", 5)) /* as a shell's <(...) is */
            fprintf(to, "# %s %.*s: what came from there is not in it\n", m->items[0]->text,
                    (int)strcspn(m->items[i]->text, "\n"), m->items[i]->text);
        else if (strstr(m->items[i]->text, "\xef\xbf\xbd")) /* as stream_meta.c writes them */
            fprintf(to, "# %.*s: a name that is not UTF-8 is not in it as it was: rename that file\n",
                    (int)strcspn(m->items[0]->text, "\n"), m->items[0]->text);
}

/* What a model says of its making besides, as comments; in the order of the head. */
static void print_notes(FILE *to, const struct meta *head)
{
    static const char *const keys[] = {"program",      "arithmetic",  "ranks", "digest",
                                       "prior_digest", "test_digest", "from"};
    int64_t done = 0, wanted = 0;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (meta_get(head, keys[i])) {
            fprintf(to, "# %s: ", keys[i]);
            report_value(to, meta_get(head, keys[i]));
            putc('\n', to);
        }
    meta_get_int(head, "epochs", &done);
    if (meta_get_int(head, "epochs_wanted", &wanted) && done < wanted && !meta_get(head, "best_epoch"))
        fprintf(to, "# ended after %" PRId64 " of %" PRId64 " epochs: this trains all of them\n", done, wanted);
    if (meta_get(head, "minutes_wanted"))
        fputs("# trained by the clock: this trains another number of steps\n", to);
}

void recipe_print(FILE *to, const struct meta *head, const struct meta *history)
{
    struct meta *said = meta_list();

    print_notes(to, head);
    print_missing(to, history);
    print_models(to, history, said);
    print_pipe(to, history);
    putc('\n', to);
    meta_free(said);
}

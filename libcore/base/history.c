/* Runs of programs as words, and their lists. */
#include "base/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Bytes of all, far under what a stream takes; lists of histories within each other, in all and in that of a model; and
 * lists of any kind in that of a model, so that with all that can be around it a stream has room for it. */
enum { HISTORY_MOST = 1 << 20, GROUPS = 3, MODEL_GROUPS = 1, MODEL_DEPTH = 6 };

static struct meta *defaults, *run;

/* ---- this run ---- */

struct meta *history_value(const struct opt *o)
{
    const char *text;

    switch (o->kind) {
    case OPT_FLAG:
        return meta_bool(*(const bool *)o->value);
    case OPT_INT:
        return meta_int(*(const int64_t *)o->value);
    case OPT_REAL:
        return meta_real(*(const double *)o->value);
    default:
        text = *(const char *const *)o->value;
        return text ? meta_text(text) : meta_nil();
    }
}

void history_option(struct meta *words, int letter, const char *name, const struct meta *value)
{
    char *word = letter ? mem_format("-%c", letter) : mem_format("--%s", name), *number = NULL;
    size_t size;
    FILE *to;

    if (value->kind != META_NIL && (value->kind != META_BOOL || value->truth))
        meta_append(words, meta_text(word));
    if (value->kind == META_TEXT)
        meta_append(words, meta_copy(value));
    if (value->kind == META_INT || value->kind == META_REAL) {
        to = mem_stream(&number, &size);
        meta_json(to, value);
        fclose(to);
        meta_append(words, meta_text(number));
    }
    free(number);
    free(word);
}

void history_begin(const struct program *p)
{
    meta_free(defaults);
    defaults = meta_list();
    for (size_t i = 0; i < p->count; i++)
        meta_append(defaults, history_value(&p->opts[i]));
}

/* Whether an option changes nothing in what a run that succeeds writes as its output. */
static bool is_aside(const char *name)
{
    static const char *const aside[] = {"threads", "memory", "output", "report", "strict"};
    bool found = false;

    for (size_t i = 0; i < sizeof aside / sizeof *aside; i++)
        found = found || !strcmp(name, aside[i]);
    return found;
}

static void add_operands(struct meta *words, char *const *operands)
{
    size_t bytes = 0, count = 0;

    for (; operands[count]; count++)
        bytes += strlen(operands[count]) + 2;
    if (bytes > HISTORY_OPERANDS) {
        meta_append(words, meta_int((int64_t)count));
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (operands[i][0] == '-' && operands[i][1]) {
            meta_append(words, meta_text("--"));
            break;
        }
    for (size_t i = 0; i < count; i++)
        meta_append(words, meta_text(operands[i]));
}

void history_given(const struct program *p, char *const *operands)
{
    meta_free(run);
    run = meta_list();
    meta_append(run, meta_text(p->name));
    for (size_t i = 0; i < p->count; i++) {
        struct meta *value = history_value(&p->opts[i]);

        if (!meta_equal(value, defaults->items[i]) && !is_aside(p->opts[i].name))
            history_option(run, p->opts[i].letter, p->opts[i].name, value);
        meta_free(value);
    }
    add_operands(run, operands);
}

/* ---- lists of runs ---- */

/* Bytes that it takes, about. */
static size_t size_of(const struct meta *m)
{
    size_t bytes = 8 + (m->text ? strlen(m->text) : 0);

    for (size_t i = 0; i < m->count; i++)
        bytes += size_of(m->items[i]);
    return bytes;
}

/* Lists within each other. */
static int depth_of(const struct meta *m)
{
    int most = 0;

    for (size_t i = 0; i < m->count; i++) {
        int depth = depth_of(m->items[i]);

        most = depth > most ? depth : most;
    }
    return m->kind == META_LIST ? 1 + most : 0;
}

/* "cv-load", "cv-train-mpi": nothing else is to be run by a recipe. */
static bool is_program(const struct meta *word)
{
    return word->kind == META_TEXT && !strncmp(word->text, "cv-", 3) &&
           strspn(word->text + 3, "abcdefghijklmnopqrstuvwxyz-") == strlen(word->text + 3);
}

static bool is_history(const struct meta *m, int groups);

/* The name of a file, and the runs that made it. */
static bool is_model(const struct meta *word)
{
    struct meta runs = *word;

    if (word->kind != META_LIST || word->count < 2 || word->items[0]->kind != META_TEXT)
        return false;
    runs.items++;
    runs.count--;
    return is_history(&runs, MODEL_GROUPS);
}

static bool is_run(const struct meta *entry)
{
    bool fits = entry->kind == META_LIST && entry->count > 0 && is_program(entry->items[0]);

    for (size_t i = 1; fits && i < entry->count; i++)
        fits = entry->items[i]->kind == META_TEXT || entry->items[i]->kind == META_INT || is_model(entry->items[i]);
    return fits;
}

static bool is_group(const struct meta *entry, int groups)
{
    bool fits = entry->kind == META_LIST && entry->count > 0;

    for (size_t i = 0; fits && i < entry->count; i++)
        fits = is_history(entry->items[i], groups - 1);
    return fits;
}

/* groups: how far lists of histories may lie within each other, as its first entry; streams bound the depth of all. */
static bool is_history(const struct meta *m, int groups)
{
    bool fits = m && m->kind == META_LIST && m->count > 0;

    for (size_t i = 0; fits && i < m->count; i++)
        fits = is_run(m->items[i]) || (groups > 0 && i == 0 && is_group(m->items[i], groups));
    return fits;
}

void history_add(struct meta *head, struct meta *words)
{
    const struct meta *was = meta_get(head, "history");
    struct meta *history = was ? meta_copy(was) : meta_list();

    words = !words && run ? meta_copy(run) : words;
    if (words && history->kind == META_LIST &&
        (!was || was->count > 0)) /* one that was too long does not begin again */
        meta_append(history, words);
    else
        meta_free(words);
    if (history->count > 0)
        meta_set(head, "history", size_of(history) > HISTORY_MOST ? meta_list() : meta_copy(history));
    meta_free(history);
}

void history_model(struct meta *words, const char *path, const struct meta *head)
{
    const struct meta *history = meta_get(head, "history");
    struct meta *model;

    words = words ? words : run;
    if (!words || !is_history(history, MODEL_GROUPS) || depth_of(history) > MODEL_DEPTH || !strcmp(path, "-") ||
        !strncmp(path, "/dev/", 5))
        return;
    model = meta_list();
    meta_append(model, meta_text(path));
    for (size_t i = 0; i < history->count; i++)
        meta_append(model, meta_copy(history->items[i]));
    meta_append(words, model);
}

void history_put(struct meta *head, const struct meta *streams, int64_t number)
{
    struct meta *history = streams ? history_join(streams) : NULL;

    if (!streams && run) {
        history = meta_list();
        meta_append(history, meta_copy(run));
    }
    if (history || meta_get(head, "history"))
        meta_set(head, "history", history ? history : meta_list());
    if (history && streams)
        history_add(head, NULL);
    if (number > 1 || meta_get(head, "history_of"))
        meta_set(head, "history_of", meta_int(number));
}

void history_more(struct meta *streams, const struct meta *head)
{
    const struct meta *history = meta_get(head, "history");
    int64_t of = 1;

    for (meta_get_int(head, "history_of", &of); of > 1 && streams->count > 0; of--)
        meta_free(streams->items[--streams->count]);
    if (size_of(streams) <= HISTORY_MOST)
        meta_append(streams, is_history(history, GROUPS) ? meta_copy(history) : meta_nil());
}

struct meta *history_join(const struct meta *streams)
{
    struct meta *history;

    if (size_of(streams) > HISTORY_MOST)
        return NULL;
    if (streams->count == 1)
        return is_history(streams->items[0], GROUPS) ? meta_copy(streams->items[0]) : NULL;
    if (!is_group(streams, GROUPS))
        return NULL;
    history = meta_list();
    meta_append(history, meta_copy(streams));
    return history;
}

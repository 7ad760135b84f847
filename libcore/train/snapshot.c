/* Snapshot files: which there are in a folder, what one of them was trained with. */
#include "train/snapshot.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

/* ---- names ---- */

/* A snapshot of a folder: how far it is. */
struct place {
    int64_t epochs, steps;
};

char *snapshot_name(const char *folder, int64_t epochs, int64_t steps)
{
    if (steps > 0)
        return mem_format("%s/epoch-%04" PRId64 "+%04" PRId64 ".cvm", folder, epochs, steps);
    return mem_format("%s/epoch-%04" PRId64 ".cvm", folder, epochs);
}

/* Reads a name back; only names as snapshot_name makes them count. */
static bool place_read(const char *name, struct place *p)
{
    int64_t epochs = 0, steps = 0;
    char *same;
    bool equal;

    if (sscanf(name, "epoch-%" SCNd64 "+%" SCNd64, &epochs, &steps) < 1 || epochs < 0 || steps < 0)
        return false;
    same = snapshot_name("", epochs, steps);
    equal = !strcmp(same + 1, name);
    free(same);
    *p = (struct place){epochs, steps};
    return equal;
}

static int place_order(struct place a, struct place b)
{
    if (a.epochs != b.epochs)
        return a.epochs < b.epochs ? -1 : 1;
    return a.steps < b.steps ? -1 : a.steps > b.steps;
}

static int compare_latest_first(const void *a, const void *b)
{
    return -place_order(*(const struct place *)a, *(const struct place *)b);
}

/* All snapshots of a folder, the latest first. -1: it cannot be read. */
static int places_list(const char *folder, struct place **list, size_t *count)
{
    DIR *d = opendir(folder);
    struct dirent *entry;

    *list = NULL;
    *count = 0;
    if (!d)
        return error_set("%s:", folder);
    while ((entry = readdir(d))) {
        struct place p;

        if (!place_read(entry->d_name, &p))
            continue;
        *list = mem_grow(*list, *count + 1, sizeof **list);
        (*list)[(*count)++] = p;
    }
    closedir(d);
    if (*count > 0)
        qsort(*list, *count, sizeof **list, compare_latest_first);
    return 0;
}

void snapshot_prune(const char *folder, int64_t epochs, int64_t steps, int64_t keep)
{
    struct place here = {epochs, steps}, *list;
    size_t count;
    int64_t seen = 0;

    if (places_list(folder, &list, &count))
        return; /* what is not removed does no harm */
    for (size_t i = 0; i < count; i++) {
        int order = place_order(list[i], here);
        char *name;

        if (order > 0)
            continue;
        seen++;
        if (order == 0 || (keep > 0 ? seen <= keep : list[i].steps == 0))
            continue;
        name = snapshot_name(folder, list[i].epochs, list[i].steps);
        unlink(name);
        free(name);
    }
    free(list);
}

/* The one that was written last: a folder may still hold those of an earlier run that went further. */
static char *newest(const char *folder)
{
    char *best = NULL;
    struct timespec when = {0, 0};
    struct place *list;
    size_t count;

    if (places_list(folder, &list, &count))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        char *name = snapshot_name(folder, list[i].epochs, list[i].steps);
        struct stat st;

        if (!stat(name, &st) && (!best || st.st_mtim.tv_sec > when.tv_sec ||
                                 (st.st_mtim.tv_sec == when.tv_sec && st.st_mtim.tv_nsec > when.tv_nsec))) {
            free(best);
            best = name;
            when = st.st_mtim;
        } else {
            free(name);
        }
    }
    free(list);
    if (!best)
        error_set("%s: is a folder without a snapshot (epoch-0000.cvm and so on)", folder);
    return best;
}

/* ---- opening ---- */

int snapshot_open(struct snapshot *s, const char *path)
{
    struct stat st;

    memset(s, 0, sizeof *s);
    s->path = !stat(path, &st) && S_ISDIR(st.st_mode) ? newest(path) : mem_text(path);
    if (!s->path)
        return -1;
    s->reader = model_open(&s->model, s->path);
    if (s->reader) {
        s->state = meta_get(s->model.meta, "resume");
        if (s->state && s->state->kind == META_MAP)
            return 0;
        error_set("%s: is a model without the state of its training, so there is no going on from it: "
                  "name a snapshot that cv-train --snapshot wrote",
                  s->path);
    }
    snapshot_close(s);
    return -1;
}

void snapshot_close(struct snapshot *s)
{
    reader_free(s->reader);
    model_free(&s->model);
    free(s->path);
    memset(s, 0, sizeof *s);
}

/* ---- settings ---- */

/* Lines like "-b 8, now -b 10", joined. */
struct words {
    char *text;
    size_t size;
    FILE *to;
    int count;
};

static void words_begin(struct words *w)
{
    memset(w, 0, sizeof *w);
    w->to = open_memstream(&w->text, &w->size);
    if (!w->to)
        (void)mem_alloc(SIZE_MAX / 2); /* says that memory is out, and ends */
}

static void words_value(struct words *w, const char *option, const struct meta *m)
{
    if (!m) {
        fprintf(w->to, "without %s", option);
        return;
    }
    fprintf(w->to, "with %s ", option);
    if (m->kind == META_TEXT)
        fputs(m->text, w->to);
    else if (m->kind == META_LIST || m->kind == META_MAP)
        fprintf(w->to, "%zu values", m->count);
    else
        meta_json(w->to, m);
}

static void words_differ(struct words *w, const char *option, const struct meta *was, const struct meta *is)
{
    if (w->count++ > 0)
        fputs("; ", w->to);
    words_value(w, option, was);
    fputs(", now ", w->to);
    words_value(w, option, is);
}

/* The error when there are any; nobody needs w after it. */
static int words_end(struct words *w, const struct snapshot *s)
{
    int status = 0;

    fclose(w->to);
    if (w->count > 0)
        status =
            error_set("%s was trained %s: leave such options out, or go on with --resume-anyway", s->path, w->text);
    free(w->text);
    return status;
}

static struct meta *setting_value(const struct setting *x)
{
    if (x->whole)
        return meta_int(*x->whole);
    return x->real ? meta_real(*x->real) : meta_text(*x->text);
}

static bool setting_is_default(const struct setting *x)
{
    return x->zero_is_default && ((x->whole && *x->whole == 0) || (x->real && !(*x->real > 0)));
}

static void setting_take(const struct setting *x, const struct meta *m)
{
    if (x->whole && m->kind == META_INT)
        *x->whole = m->integer;
    if (x->real && m->kind == META_REAL)
        *x->real = m->real;
    if (x->text && m->kind == META_TEXT)
        *x->text = m->text;
}

int snapshot_settings(const struct snapshot *s, const struct setting *list, size_t count, bool anyway)
{
    struct words w;

    words_begin(&w);
    for (size_t i = 0; i < count; i++) {
        const struct setting *x = &list[i];
        const struct meta *was = meta_get(s->model.meta, x->key);
        struct meta *is;

        if (!was)
            was = meta_get(s->state, x->key);
        if (!was)
            continue;
        if (!x->given) {
            setting_take(x, was);
            continue;
        }
        is = setting_value(x);
        if (!anyway && !setting_is_default(x) && !meta_equal(was, is))
            words_differ(&w, x->option, was, is);
        meta_free(is);
    }
    return words_end(&w, s);
}

/* The option that a key of the head comes from, as people know it. */
static const char *option_of(const char *key)
{
    static const char *const pairs[][2] = {
        {"network", "-N"},    {"latent", "-z"},        {"batch", "-b"},         {"buffer", "-B"},
        {"seed", "-s"},       {"learning_rate", "-l"}, {"epochs_wanted", "-e"}, {"minutes_wanted", "--time"},
        {"width", "--width"}, {"stride", "--stride"},  {"beta", "--beta"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (!strcmp(key, pairs[i][0]))
            return pairs[i][1];
    return key;
}

int snapshot_compare(const struct snapshot *s, const struct meta *head)
{
    const struct meta *old = s->model.meta;
    struct words w;

    words_begin(&w);
    for (size_t i = 0; i < old->count; i++) {
        const struct meta *is = meta_get(head, old->keys[i]);

        if (strcmp(old->keys[i], "resume") && (!is || !meta_equal(old->items[i], is)))
            words_differ(&w, option_of(old->keys[i]), old->items[i], is);
    }
    for (size_t i = 0; i < head->count; i++)
        if (!meta_get(old, head->keys[i]))
            words_differ(&w, option_of(head->keys[i]), NULL, head->items[i]);
    return words_end(&w, s);
}

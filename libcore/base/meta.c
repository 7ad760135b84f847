/* Trees of maps, lists and scalars that describe frames and models. */
#include "base/meta.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static struct meta *meta_new(struct meta value)
{
    return memcpy(mem_alloc(sizeof value), &value, sizeof value);
}

struct meta *meta_map(void)
{
    return meta_new((struct meta){.kind = META_MAP});
}

struct meta *meta_list(void)
{
    return meta_new((struct meta){.kind = META_LIST});
}

struct meta *meta_nil(void)
{
    return meta_new((struct meta){.kind = META_NIL});
}

struct meta *meta_int(int64_t value)
{
    return meta_new((struct meta){.kind = META_INT, .integer = value});
}

struct meta *meta_real(double value)
{
    return meta_new((struct meta){.kind = META_REAL, .real = value});
}

struct meta *meta_text(const char *text)
{
    return meta_new((struct meta){.kind = META_TEXT, .text = mem_text(text)});
}

struct meta *meta_bool(bool truth)
{
    return meta_new((struct meta){.kind = META_BOOL, .truth = truth});
}

void meta_free(struct meta *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->count; i++) {
        if (m->kind == META_MAP)
            free(m->keys[i]);
        meta_free(m->items[i]);
    }
    free(m->keys);
    free(m->items);
    free(m->text);
    free(m);
}

/* Makes room for one more: the room is the count rounded up to a power of two. */
static void meta_room(struct meta *m)
{
    size_t room = m->count ? 2 * m->count : 1;

    if (m->count & (m->count - 1))
        return;
    m->items = mem_grow(m->items, room, sizeof *m->items);
    if (m->kind == META_MAP)
        m->keys = mem_grow(m->keys, room, sizeof *m->keys);
}

void meta_add(struct meta *map, const char *key, struct meta *value)
{
    assert(map->kind == META_MAP && value);
    meta_room(map);
    map->keys[map->count] = mem_text(key);
    map->items[map->count++] = value;
}

void meta_set(struct meta *map, const char *key, struct meta *value)
{
    assert(map->kind == META_MAP && value);
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->keys[i], key) == 0) {
            if (map->items[i] != value)
                meta_free(map->items[i]);
            map->items[i] = value;
            return;
        }
    meta_add(map, key, value);
}

void meta_append(struct meta *list, struct meta *value)
{
    assert(list->kind == META_LIST && value);
    meta_room(list);
    list->items[list->count++] = value;
}

struct meta *meta_copy(const struct meta *m)
{
    struct meta *copy;

    if (!m)
        return NULL;
    copy = meta_new(*m);
    copy->text = m->text ? mem_text(m->text) : NULL;
    copy->keys = NULL;
    copy->items = NULL;
    copy->count = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (m->kind == META_MAP)
            meta_add(copy, m->keys[i], meta_copy(m->items[i]));
        else
            meta_append(copy, meta_copy(m->items[i]));
    }
    return copy;
}

const struct meta *meta_get(const struct meta *map, const char *key)
{
    if (!map || map->kind != META_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->keys[i], key) == 0)
            return map->items[i];
    return NULL;
}

bool meta_get_int(const struct meta *map, const char *key, int64_t *out)
{
    const struct meta *m = meta_get(map, key);

    if (!m || m->kind != META_INT)
        return false;
    *out = m->integer;
    return true;
}

bool meta_get_real(const struct meta *map, const char *key, double *out)
{
    const struct meta *m = meta_get(map, key);

    if (!m || (m->kind != META_REAL && m->kind != META_INT))
        return false;
    *out = m->kind == META_REAL ? m->real : (double)m->integer;
    return true;
}

bool meta_get_text(const struct meta *map, const char *key, const char **out)
{
    const struct meta *m = meta_get(map, key);

    if (!m || m->kind != META_TEXT)
        return false;
    *out = m->text;
    return true;
}

bool meta_equal(const struct meta *a, const struct meta *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || a->count != b->count)
        return false;
    switch (a->kind) {
    case META_NIL:
        return true;
    case META_BOOL:
        return a->truth == b->truth;
    case META_INT:
        return a->integer == b->integer;
    case META_REAL:
        return a->real == b->real || (isnan(a->real) && isnan(b->real));
    case META_TEXT:
        return strcmp(a->text, b->text) == 0;
    case META_LIST:
        for (size_t i = 0; i < a->count; i++)
            if (!meta_equal(a->items[i], b->items[i]))
                return false;
        return true;
    case META_MAP: /* the order of keys says nothing */
        for (size_t i = 0; i < a->count; i++)
            if (!meta_equal(a->items[i], meta_get(b, a->keys[i])))
                return false;
        return true;
    }
    return false;
}

static void json_text(FILE *out, const char *text)
{
    char *valid = text_valid(text);

    putc('"', out);
    for (const char *p = valid; *p; p++)
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p == '\n')
            fputs("\\n", out);
        else if (*p == '\t')
            fputs("\\t", out);
        else if ((unsigned char)*p < 0x20 || *p == 0x7f)
            fprintf(out, "\\u%04x", (unsigned)*p);
        else
            putc(*p, out);
    putc('"', out);
    free(valid);
}

static void json_real(FILE *out, double x)
{
    char text[40];
    int digits = 15; /* %g drops trailing zeros; 17 digits always do */

    if (!isfinite(x)) {
        fputs("null", out);
        return;
    }
    do
        snprintf(text, sizeof text, "%.*g", digits, x);
    while (strtod(text, NULL) != x && digits++ < 17);
    fputs(text, out);
}

void meta_json(FILE *out, const struct meta *m)
{
    switch (m->kind) {
    case META_NIL:
        fputs("null", out);
        break;
    case META_BOOL:
        fputs(m->truth ? "true" : "false", out);
        break;
    case META_INT:
        fprintf(out, "%" PRId64, m->integer);
        break;
    case META_REAL:
        json_real(out, m->real);
        break;
    case META_TEXT:
        json_text(out, m->text);
        break;
    case META_LIST:
    case META_MAP:
        putc(m->kind == META_LIST ? '[' : '{', out);
        for (size_t i = 0; i < m->count; i++) {
            if (i > 0)
                putc(',', out);
            if (m->kind == META_MAP) {
                json_text(out, m->keys[i]);
                putc(':', out);
            }
            meta_json(out, m->items[i]);
        }
        putc(m->kind == META_LIST ? ']' : '}', out);
        break;
    }
}

/* Descriptions to and from MessagePack. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/stream_private.h"

/* A str has to be UTF-8, but file names may be anything. */
void text_pack(msgpack_packer *to, const char *text)
{
    char *valid = text_valid(text);

    msgpack_pack_str_with_body(to, valid, strlen(valid));
    free(valid);
}

void meta_pack(msgpack_packer *to, const struct meta *m)
{
    switch (m->kind) {
    case META_NIL:
        msgpack_pack_nil(to);
        break;
    case META_BOOL:
        if (m->truth)
            msgpack_pack_true(to);
        else
            msgpack_pack_false(to);
        break;
    case META_INT:
        msgpack_pack_int64(to, m->integer);
        break;
    case META_REAL:
        msgpack_pack_double(to, m->real);
        break;
    case META_TEXT:
        text_pack(to, m->text);
        break;
    case META_LIST:
        msgpack_pack_array(to, m->count);
        for (size_t i = 0; i < m->count; i++)
            meta_pack(to, m->items[i]);
        break;
    case META_MAP:
        msgpack_pack_map(to, m->count);
        for (size_t i = 0; i < m->count; i++) {
            text_pack(to, m->keys[i]);
            meta_pack(to, m->items[i]);
        }
        break;
    }
}

/* A copy of a text that ends in NUL; NULL when it holds one. */
static char *text_parse(const char *p, uint32_t n)
{
    if (!memchr(p, '\0', n))
        return mem_format("%.*s", (int)n, p);
    error_set("a text with a NUL in it");
    return NULL;
}

static struct meta *text_meta(const char *p, uint32_t n)
{
    char *text = text_parse(p, n);
    struct meta *m = text ? meta_text(text) : NULL;

    free(text);
    return m;
}

static struct meta *list_parse(const msgpack_object_array *a)
{
    struct meta *list = meta_list();

    for (uint32_t i = 0; i < a->size; i++) {
        struct meta *item = meta_parse(&a->ptr[i]);

        if (!item) {
            meta_free(list);
            error_prefix("item %u", i + 1);
            return NULL;
        }
        meta_append(list, item);
    }
    return list;
}

bool is_utf8(const char *text)
{
    while (*text) {
        int step = text_character(text);

        if (step == 0)
            return false;
        text += step;
    }
    return true;
}

static int entry_parse(struct meta *map, const msgpack_object_kv *kv)
{
    struct meta *value;
    char *key;

    if (!is_text(&kv->key))
        return error_set("a key that is not a text");
    key = text_parse(kv->key.via.str.ptr, kv->key.via.str.size);
    if (!key)
        return -1;
    if (!is_utf8(key)) {
        free(key);
        return error_set("a key that is not UTF-8");
    }
    if (meta_get(map, key)) {
        value = NULL;
        error_set("the key \"%.60s\" twice", key);
    } else if ((value = meta_parse(&kv->val)) != NULL) {
        meta_add(map, key, value);
    } else {
        error_prefix("\"%.60s\"", key);
    }
    free(key);
    return value ? 0 : -1;
}

/* A value as msgpack-numpy writes those of NumPy: {"nd": false, "type": "<i8", "data": bytes}. */
static bool is_numpy(const msgpack_object_map *m, bool *array)
{
    bool nd = false, data = false;

    for (uint32_t i = 0; i < m->size; i++) {
        const msgpack_object_kv *kv = &m->ptr[i];

        if (kv->val.type == MSGPACK_OBJECT_BOOLEAN && text_is(&kv->key, "nd")) {
            nd = true;
            *array = kv->val.via.boolean;
        }
        data |= kv->val.type == MSGPACK_OBJECT_BIN && text_is(&kv->key, "data");
    }
    return nd && data;
}

static struct meta *map_parse(const msgpack_object_map *m)
{
    struct meta *map;
    bool array = false;

    if (is_numpy(m, &array)) {
        error_set(array ? "a NumPy array, a list was expected: write x.tolist()"
                        : "a NumPy number, a plain one was expected: write int(x) or float(x)");
        return NULL;
    }
    if (m->size > STREAM_KEYS) {
        error_set("a map of %u keys, at most %d are read", m->size, STREAM_KEYS);
        return NULL;
    }
    map = meta_map();
    for (uint32_t i = 0; i < m->size; i++)
        if (entry_parse(map, &m->ptr[i]) < 0) {
            meta_free(map);
            return NULL;
        }
    return map;
}

struct meta *meta_parse(const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_NIL:
        return meta_nil();
    case MSGPACK_OBJECT_BOOLEAN:
        return meta_bool(o->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        if (o->via.u64 > INT64_MAX)
            return meta_real((double)o->via.u64);
        return meta_int((int64_t)o->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return meta_int(o->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return meta_real(o->via.f64);
    case MSGPACK_OBJECT_STR:
    case MSGPACK_OBJECT_BIN:
        return text_meta(o->via.str.ptr, o->via.str.size);
    case MSGPACK_OBJECT_ARRAY:
        return list_parse(&o->via.array);
    case MSGPACK_OBJECT_MAP:
        return map_parse(&o->via.map);
    default:
        error_set("an extension type, which a description cannot hold");
        return NULL;
    }
}

/* Heads, frames and tails out of MessagePack objects, whoever wrote them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/stream_private.h"

bool is_text(const msgpack_object *o)
{
    return o->type == MSGPACK_OBJECT_STR || o->type == MSGPACK_OBJECT_BIN;
}

/* Names are handed out as C texts, so they must not hold a NUL. */
static bool is_name(const msgpack_object *o)
{
    return is_text(o) && !memchr(o->via.str.ptr, '\0', o->via.str.size);
}

bool text_is(const msgpack_object *o, const char *text)
{
    size_t n = strlen(text);

    return is_text(o) && o->via.str.size == n && memcmp(o->via.str.ptr, text, n) == 0;
}

static int text_show(const msgpack_object *o) /* for "%.*s" */
{
    return o->via.str.size > 60 ? 60 : (int)o->via.str.size;
}

/* *value under key, NULL when it is not there; -1 when it is there twice. */
static int map_find(const msgpack_object *map, const char *key, const msgpack_object **value)
{
    *value = NULL;
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *kv = &map->via.map.ptr[i];

        if (!text_is(&kv->key, key))
            continue;
        if (*value)
            return error_set("the key \"%s\" is there twice", key);
        *value = &kv->val;
    }
    return 0;
}

const char *const role_names[] = {"head", "part", "frame", "tail"};

int parse_role(const msgpack_object *o, enum role *role)
{
    const msgpack_object *cv;

    assert(o->type == MSGPACK_OBJECT_MAP); /* the scanner saw to it */
    if (map_find(o, "cv", &cv) < 0)
        return -1;
    if (!cv)
        return error_set("a map without the key \"cv\"");
    for (*role = ROLE_HEAD; *role <= ROLE_TAIL; ++*role)
        if (text_is(cv, role_names[*role]))
            return 0;
    if (is_text(cv))
        return error_set("a map of the unknown sort \"%.*s\"", text_show(cv), cv->via.str.ptr);
    return error_set("\"cv\" is not a text");
}

/* What filters read of clips as numbers is no other thing: it would count as not said. */
static int check_numbers(const struct meta *m)
{
    static const char *const keys[] = {"rate", "samples", "seconds", "level", "tempo", "beat", "start"};
    const struct meta *metas = meta_get(m, "metas"); /* of the clips of a batch */
    double value;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (meta_get(m, keys[i]) && !meta_get_real(m, keys[i], &value))
            return error_set("\"%s\" is not a number", keys[i]);
    for (size_t i = 0; metas && metas->kind == META_LIST && i < metas->count; i++)
        if (metas->items[i]->kind == META_MAP && check_numbers(metas->items[i]) < 0)
            return error_prefix("clip %zu", i + 1);
    return 0;
}

static int parse_meta(const msgpack_object *o, struct meta **meta)
{
    const msgpack_object *value;

    if (map_find(o, "meta", &value) < 0)
        return -1;
    if (value && value->type != MSGPACK_OBJECT_MAP)
        return error_set("\"meta\" is not a map");
    *meta = value ? meta_parse(value) : meta_map();
    if (*meta && check_numbers(*meta) < 0) {
        meta_free(*meta);
        *meta = NULL;
    }
    return *meta ? 0 : error_prefix("meta");
}

int parse_head(const msgpack_object *o, struct head *head)
{
    const msgpack_object *version, *kind;

    if (map_find(o, "version", &version) < 0 || map_find(o, "kind", &kind) < 0)
        return -1;
    if (!version || version->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return error_set("the head has no version number");
    if (version->via.u64 != STREAM_VERSION)
        return error_set("version %llu of the format, version %d was expected", (unsigned long long)version->via.u64,
                         STREAM_VERSION);
    if (!kind || !is_name(kind) || kind->via.str.size == 0)
        return error_set("the head does not name the kind of the stream");
    if (parse_meta(o, &head->meta) < 0)
        return -1;
    head->kind = mem_format("%.*s", (int)kind->via.str.size, kind->via.str.ptr);
    return 0;
}

static int parse_type(const msgpack_object *type)
{
    if (!type)
        return error_set("has no \"type\"");
    if (type->type == MSGPACK_OBJECT_ARRAY)
        return error_set("is a structured array, plain <f4 was expected");
    if (!is_text(type))
        return error_set("\"type\" is not a text");
    if (!text_is(type, "<f4"))
        return error_set("holds values of type %.*s, <f4 was expected: write it with .astype(\"float32\")",
                         text_show(type), type->via.str.ptr);
    return 0;
}

static int parse_shape(const msgpack_object *shape, struct tensor *t)
{
    int64_t values = 1; /* with zeros taken as ones, so that no part of the product overflows */

    if (!shape || shape->type != MSGPACK_OBJECT_ARRAY)
        return error_set("has no \"shape\"");
    if (shape->via.array.size > TENSOR_RANK_MAX)
        return error_set("has %u dimensions, at most %d are read", shape->via.array.size, TENSOR_RANK_MAX);
    t->rank = (int)shape->via.array.size;
    for (int i = 0; i < t->rank; i++) {
        const msgpack_object *n = &shape->via.array.ptr[i];

        if (n->type != MSGPACK_OBJECT_POSITIVE_INTEGER || n->via.u64 > INT64_MAX)
            return error_set("has a shape that is not of whole numbers from 0 on");
        t->shape[i] = (int64_t)n->via.u64;
        if (__builtin_mul_overflow(values, t->shape[i] ? t->shape[i] : 1, &values) || values > INT64_MAX / 4)
            return error_set("has a shape too large to count");
    }
    return 0;
}

static int parse_tensor(const msgpack_object *o, struct raw_tensor *raw)
{
    const msgpack_object *nd, *type, *kind, *shape, *data;
    char text[200];

    if (o->type != MSGPACK_OBJECT_MAP)
        return error_set("is not a map");
    if (map_find(o, "nd", &nd) < 0 || map_find(o, "type", &type) < 0 || map_find(o, "kind", &kind) < 0 ||
        map_find(o, "shape", &shape) < 0 || map_find(o, "data", &data) < 0)
        return -1;
    if (!nd || nd->type != MSGPACK_OBJECT_BOOLEAN)
        return error_set("is not an array as msgpack-numpy writes it: it has no \"nd\"");
    if (!nd->via.boolean)
        return error_set("is a NumPy scalar, an array was expected: write it with numpy.atleast_1d()");
    if (kind && is_text(kind) && kind->via.str.size > 0)
        return error_set("is an array of kind \"%.*s\", a plain one was expected", text_show(kind), kind->via.str.ptr);
    if (parse_type(type) < 0 || parse_shape(shape, &raw->t) < 0)
        return -1;
    if (!data || data->type != MSGPACK_OBJECT_BIN)
        return error_set("has no \"data\" of bytes (MessagePack bin)");
    if ((uint64_t)tensor_count(&raw->t) * sizeof(float) != data->via.bin.size)
        return error_set("has shape %s, which is %lld bytes, but holds %u",
                         tensor_shape_text(&raw->t, text, sizeof text),
                         (long long)tensor_count(&raw->t) * (long long)sizeof(float), data->via.bin.size);
    raw->data = data->via.bin.ptr;
    return 0;
}

static bool name_is_utf8(const msgpack_object *o)
{
    char *name = mem_format("%.*s", (int)o->via.str.size, o->via.str.ptr);
    bool good = is_utf8(name);

    free(name);
    return good;
}

static int parse_tensors(const msgpack_object *map, struct raw_frame *frame)
{
    if (map->via.map.size > STREAM_TENSORS)
        return error_set("%u tensors, at most %d are read", map->via.map.size, STREAM_TENSORS);
    frame->count = map->via.map.size;
    if (frame->count > frame->room) {
        frame->room = frame->count;
        frame->tensors = mem_grow(frame->tensors, frame->room, sizeof *frame->tensors);
    }
    for (size_t i = 0; i < frame->count; i++) {
        const msgpack_object_kv *kv = &map->via.map.ptr[i];
        struct raw_tensor *raw = &frame->tensors[i];

        *raw = (struct raw_tensor){.name = &kv->key};
        if (!is_name(&kv->key) || !name_is_utf8(&kv->key))
            return error_set("a tensor whose name is not a text in UTF-8");
        for (size_t j = 0; j < i; j++)
            if (kv->key.via.str.size == frame->tensors[j].name->via.str.size &&
                memcmp(kv->key.via.str.ptr, frame->tensors[j].name->via.str.ptr, kv->key.via.str.size) == 0)
                return error_set("two tensors \"%.*s\"", text_show(&kv->key), kv->key.via.str.ptr);
        if (parse_tensor(&kv->val, raw) < 0)
            return error_prefix("tensor \"%.*s\"", text_show(&kv->key), kv->key.via.str.ptr);
    }
    return 0;
}

int parse_frame(const msgpack_object *o, struct raw_frame *frame)
{
    const msgpack_object *name, *tensors;

    frame->meta = NULL;
    frame->name = NULL;
    if (map_find(o, "name", &name) < 0 || map_find(o, "tensors", &tensors) < 0)
        return -1;
    if (!name || !is_name(name))
        return error_set("it has no \"name\" that is a text");
    frame->name = name;
    if (!tensors || tensors->type != MSGPACK_OBJECT_MAP)
        return error_set("it has no map \"tensors\"");
    if (parse_tensors(tensors, frame) < 0)
        return -1;
    return parse_meta(o, &frame->meta);
}

int parse_tail(const msgpack_object *o, struct tail *tail)
{
    const msgpack_object *frames, *xxh3;

    if (map_find(o, "frames", &frames) < 0 || map_find(o, "xxh3", &xxh3) < 0)
        return -1;
    if (!frames || frames->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return error_set("it does not count the frames");
    if (xxh3 && xxh3->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return error_set("\"xxh3\" is not a whole number from 0 on");
    /* A damaged key must not switch the checksum off. */
    if (!xxh3 && o->via.map.size > 2)
        return error_set("it has unknown keys but no \"xxh3\"");
    tail->frames = frames->via.u64;
    tail->hashed = xxh3 != NULL;
    tail->xxh3 = xxh3 ? xxh3->via.u64 : 0;
    return 0;
}

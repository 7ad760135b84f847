/* From jansson's values to meta. */
#include "base/meta.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

static struct meta *meta_of(json_t *value)
{
    struct meta *m;
    const char *key;
    json_t *item;
    size_t i;

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        m = meta_map();
        json_object_foreach(value, key, item) meta_add(m, key, meta_of(item));
        return m;
    case JSON_ARRAY:
        m = meta_list();
        json_array_foreach(value, i, item) meta_append(m, meta_of(item));
        return m;
    case JSON_STRING:
        return meta_text(json_string_value(value));
    case JSON_INTEGER:
        return meta_int(json_integer_value(value));
    case JSON_REAL:
        return meta_real(json_real_value(value));
    case JSON_TRUE:
    case JSON_FALSE:
        return meta_bool(json_is_true(value));
    default:
        return meta_nil();
    }
}

struct meta *json_read(const char *text)
{
    json_error_t error;
    struct meta *m = NULL;
    json_t *value;

    json_set_alloc_funcs(mem_alloc, free); /* out of memory is no fault of the text */
    value = json_loads(text, 0, &error);
    if (value)
        m = meta_of(value);
    else
        error_set("is not JSON: line %d, column %d: %s", error.line, error.column, error.text);
    json_decref(value);
    return m;
}

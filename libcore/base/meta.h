/* Descriptions that travel with frames and models: a tree of maps, lists and
 * scalars, keys in order of insertion. */
#ifndef BASE_META_H
#define BASE_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum meta_kind { META_NIL, META_BOOL, META_INT, META_REAL, META_TEXT, META_LIST, META_MAP };

struct meta {
    enum meta_kind kind;
    bool truth;          /* META_BOOL */
    int64_t integer;     /* META_INT */
    double real;         /* META_REAL */
    char *text;          /* META_TEXT, UTF-8, ends in NUL */
    size_t count;        /* META_LIST, META_MAP */
    char **keys;         /* META_MAP: count keys, each once */
    struct meta **items; /* META_LIST, META_MAP: count values, owned */
};

/* New values; a tree is released whole by meta_free on its root (NULL is fine). */
struct meta *meta_map(void);
struct meta *meta_list(void);
struct meta *meta_int(int64_t value);
struct meta *meta_real(double value);
struct meta *meta_text(const char *text);
struct meta *meta_bool(bool truth);
struct meta *meta_nil(void);
struct meta *meta_copy(const struct meta *m);
void meta_free(struct meta *m);

/* Put value under key, replacing what was there; the map owns value. */
void meta_set(struct meta *map, const char *key, struct meta *value);
void meta_append(struct meta *list, struct meta *value);

/* meta_set for a key that is known not to be there: no search. */
void meta_add(struct meta *map, const char *key, struct meta *value);

/* The value under key, NULL when map is NULL, not a map, or has no such key. */
const struct meta *meta_get(const struct meta *map, const char *key);

/* The same, converted: false (and *out untouched) when missing or of another
 * kind. An integer counts as a real, not the other way round. */
bool meta_get_int(const struct meta *map, const char *key, int64_t *out);
bool meta_get_real(const struct meta *map, const char *key, double *out);
bool meta_get_text(const struct meta *map, const char *key, const char **out);

bool meta_equal(const struct meta *a, const struct meta *b);

/* Writes m as JSON on one line, no newline at the end. Numbers that JSON
 * cannot hold (NaN, infinities) become null; invalid UTF-8 becomes U+FFFD.
 * Reals are printed with the fewest digits that read back the same. */
void meta_json(FILE *out, const struct meta *m);

/* The object or list in text as a tree, to be released with meta_free. Of a
 * key that comes more than once the last one counts. NULL: text is something
 * else, or has numbers that no double or 64-bit integer holds; the reason is kept. */
struct meta *json_read(const char *text);

#endif

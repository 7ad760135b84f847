/* A recursive reader of JSON (RFC 8259) that keeps nothing but numbers. */
#include "json.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 32, KEY_SIZE = 64 };

struct reader {
    const char *at;
    void (*number)(void *arg, const char *key, double value);
    void *arg;
};

static bool value_read(struct reader *r, const char *key, int depth);

static void space_skip(struct reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

static bool take(struct reader *r, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

static bool digits_read(struct reader *r)
{
    size_t n = strspn(r->at, "0123456789");

    r->at += n;
    return n > 0;
}

static bool number_read(struct reader *r, double *value)
{
    const char *start = r->at;

    take(r, "-");
    if (r->at[0] == '0' && r->at[1] >= '0' && r->at[1] <= '9')
        return false;
    if (!digits_read(r) || (take(r, ".") && !digits_read(r)))
        return false;
    if (take(r, "e") || take(r, "E")) {
        if (!take(r, "+"))
            take(r, "-");
        if (!digits_read(r))
            return false;
    }
    *value = strtod(start, NULL);
    return true;
}

/* The start of it goes to copy, unless that is NULL. */
static bool string_read(struct reader *r, char *copy)
{
    size_t n = 0;

    if (!take(r, "\""))
        return false;
    for (; *r->at != '"'; r->at++) {
        if ((unsigned char)*r->at < 0x20)
            return false;
        if (copy != NULL && n + 2 < KEY_SIZE)
            copy[n++] = *r->at;
        if (*r->at == '\\' && (unsigned char)*++r->at < 0x20)
            return false;
    }
    r->at++;
    if (copy != NULL)
        copy[n] = '\0';
    return true;
}

/* Of depth 1 the members are given out. */
static bool members_read(struct reader *r, bool object, int depth)
{
    const char *end = object ? "}" : "]";
    char key[KEY_SIZE];

    space_skip(r);
    if (take(r, end))
        return true;
    do {
        space_skip(r);
        if (object) {
            if (!string_read(r, key))
                return false;
            space_skip(r);
            if (!take(r, ":"))
                return false;
        }
        if (!value_read(r, object && depth == 1 ? key : NULL, depth))
            return false;
        space_skip(r);
    } while (take(r, ","));
    return take(r, end);
}

static bool value_read(struct reader *r, const char *key, int depth)
{
    double value = NAN;

    space_skip(r);
    if (*r->at == '"')
        return string_read(r, NULL);
    if (*r->at == '{' || *r->at == '[')
        return depth < DEPTH_MOST && members_read(r, *r->at++ == '{', depth + 1);
    if (take(r, "true") || take(r, "false"))
        return true;
    if (!take(r, "null") && !number_read(r, &value))
        return false;
    if (key != NULL)
        r->number(r->arg, key, value);
    return true;
}

int json_numbers(const char *text, void (*number)(void *arg, const char *key, double value), void *arg)
{
    struct reader r = {text, number, arg};

    space_skip(&r);
    if (*r.at != '{' || !value_read(&r, NULL, 0))
        return -1;
    space_skip(&r);
    return *r.at == '\0' ? 0 : -1;
}

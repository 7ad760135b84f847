/* Finds where a MessagePack object ends, and checks it against the bounds,
 * before anything is allocated for it. */
#include "base/error.h"
#include "io/stream_private.h"

static uint32_t big_endian(const unsigned char *p, int bytes)
{
    uint32_t x = 0;

    for (int i = 0; i < bytes; i++)
        x = x << 8 | p[i];
    return x;
}

enum item_kind { ITEM_SCALAR, ITEM_TEXT, ITEM_BIN, ITEM_EXT, ITEM_ARRAY, ITEM_MAP, ITEM_NONE };

struct item {
    enum item_kind kind;
    int width;      /* bytes of the length that follows the first byte */
    uint32_t fixed; /* the length, or bytes of a scalar, that the first byte tells */
};

/* What a first byte says (the table of the MessagePack specification). */
static struct item item_of(unsigned char c)
{
    static const struct item items[32] = {
        /* 0xc0 to 0xdf */
        {ITEM_SCALAR, 0, 0}, {ITEM_NONE, 0, 0},   {ITEM_SCALAR, 0, 0}, {ITEM_SCALAR, 0, 0}, {ITEM_BIN, 1, 0},
        {ITEM_BIN, 2, 0},    {ITEM_BIN, 4, 0},    {ITEM_EXT, 1, 0},    {ITEM_EXT, 2, 0},    {ITEM_EXT, 4, 0},
        {ITEM_SCALAR, 0, 4}, {ITEM_SCALAR, 0, 8}, {ITEM_SCALAR, 0, 1}, {ITEM_SCALAR, 0, 2}, {ITEM_SCALAR, 0, 4},
        {ITEM_SCALAR, 0, 8}, {ITEM_SCALAR, 0, 1}, {ITEM_SCALAR, 0, 2}, {ITEM_SCALAR, 0, 4}, {ITEM_SCALAR, 0, 8},
        {ITEM_EXT, 0, 1},    {ITEM_EXT, 0, 2},    {ITEM_EXT, 0, 4},    {ITEM_EXT, 0, 8},    {ITEM_EXT, 0, 16},
        {ITEM_TEXT, 1, 0},   {ITEM_TEXT, 2, 0},   {ITEM_TEXT, 4, 0},   {ITEM_ARRAY, 2, 0},  {ITEM_ARRAY, 4, 0},
        {ITEM_MAP, 2, 0},    {ITEM_MAP, 4, 0},
    };

    if (c <= 0x7f || c >= 0xe0)
        return (struct item){ITEM_SCALAR, 0, 0};
    if (c <= 0x8f)
        return (struct item){ITEM_MAP, 0, c & 15};
    if (c <= 0x9f)
        return (struct item){ITEM_ARRAY, 0, c & 15};
    if (c <= 0xbf)
        return (struct item){ITEM_TEXT, 0, c & 31};
    return items[c - 0xc0];
}

/* One value is complete: so may be what holds it. */
static void scan_close(struct scan *s)
{
    while (s->depth > 0 && --s->left[s->depth - 1] == 0)
        s->depth--;
    s->whole = s->depth == 0;
}

static int scan_open(struct scan *s, const struct item *item, uint32_t count)
{
    uint32_t most = s->keys && item->kind == ITEM_MAP ? s->keys : STREAM_COUNT;

    if (count > most)
        return error_set("a map or array of %u entries, at most %u are read", count, most);
    if (count == 0) {
        scan_close(s);
        return 0;
    }
    if (s->depth == STREAM_DEPTH)
        return error_set("maps and arrays nested more than %d deep", STREAM_DEPTH);
    s->left[s->depth++] = item->kind == ITEM_MAP ? 2 * count : count;
    return 0;
}

int scan_run(struct scan *s, const unsigned char *p, size_t have)
{
    while (!s->whole) {
        struct item item;
        uint32_t length;

        if (s->at >= have)
            return 0;
        item = item_of(p[s->at]);
        if (item.kind == ITEM_NONE)
            return error_set("byte 0x%02x, which is not MessagePack", p[s->at]);
        if (s->at == 0 && item.kind != ITEM_MAP)
            return error_set("byte 0x%02x where a map was expected", p[s->at]);
        if (have - s->at < 1 + (size_t)item.width)
            return 0;
        length = item.width ? big_endian(p + s->at + 1, item.width) : item.fixed;
        s->at += 1 + (size_t)item.width;
        s->overhead += 1 + (size_t)item.width;
        if (++s->elements > STREAM_ELEMENTS)
            return error_set("more than %d values in one map", STREAM_ELEMENTS);
        if (item.kind == ITEM_ARRAY || item.kind == ITEM_MAP) {
            if (scan_open(s, &item, length) < 0)
                return -1;
            continue;
        }
        if ((item.kind == ITEM_TEXT || item.kind == ITEM_EXT) && length > STREAM_TEXT)
            return error_set("a text or extension of %u bytes, at most %d are read", length, STREAM_TEXT);
        if (item.kind == ITEM_EXT)
            length++; /* its type */
        if (item.kind != ITEM_BIN)
            s->overhead += length;
        if (s->overhead > STREAM_OVERHEAD)
            return error_set("more than %d bytes of description in one map", STREAM_OVERHEAD);
        if (length > SIZE_MAX - s->at)
            return error_set("more bytes in one map than can be addressed");
        s->at += length;
        scan_close(s);
    }
    return s->at <= have;
}

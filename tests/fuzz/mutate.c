/* A mutator that knows MessagePack and the tail of a stream: it changes values, copies, drops and doubles parts of
 * the tree with their counts kept right, reshapes tensors, and puts right the count and the checksum of most tails, so
 * that what it makes gets past them. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "harness.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

enum { NODES = 4096, DEPTH = 32, ROOM = 1 << 20 };
enum kind { SCALAR, TEXT, BIN, EXT, ARRAY, MAP };

struct node {
    size_t at, body, end; /* header from at to body */
    enum kind kind;
    uint32_t count;    /* of an array or map */
    int parent, place; /* place among the parent's values; a key and its value count two */
};

static struct node nodes[NODES];
static int node_count;
static uint64_t state;
static uint8_t scratch[ROOM], fresh[ROOM];

static uint32_t draw(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % (below ? below : 1));
}

static uint32_t big_endian(const uint8_t *p, int bytes)
{
    uint32_t x = 0;

    while (bytes-- > 0)
        x = x << 8 | *p++;
    return x;
}

/* ---- the tree ---- */

/* Kind, bytes of the header, and length or count of the value at p. False: not MessagePack, or cut. */
static bool header(const uint8_t *p, size_t n, enum kind *kind, size_t *head, uint32_t *length)
{
    static const uint8_t kinds[32] = {SCALAR, SCALAR, SCALAR, SCALAR, BIN,    BIN,    BIN,    EXT,
                                      EXT,    EXT,    SCALAR, SCALAR, SCALAR, SCALAR, SCALAR, SCALAR,
                                      SCALAR, SCALAR, SCALAR, SCALAR, EXT,    EXT,    EXT,    EXT,
                                      EXT,    TEXT,   TEXT,   TEXT,   ARRAY,  ARRAY,  MAP,    MAP},
                         widths[32] = {0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0,
                                       0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4},
                         fixed[32] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 16};
    uint8_t c, width = 0;

    if (n == 0)
        return false;
    c = *p;
    *length = 0;
    if (c <= 0x7f || c >= 0xe0) {
        *kind = SCALAR;
    } else if (c < 0xc0) {
        *kind = c <= 0x8f ? MAP : c <= 0x9f ? ARRAY : TEXT;
        *length = *kind == TEXT ? c & 31 : c & 15;
    } else {
        *kind = kinds[c - 0xc0];
        width = widths[c - 0xc0];
        *length = fixed[c - 0xc0];
    }
    *head = 1u + width;
    if (n < *head)
        return false;
    if (width)
        *length = big_endian(p + 1, width);
    if (*kind == EXT)
        ++*length; /* its type */
    return true;
}

/* The value at p + at and all within it; where it ends, or 0. */
static size_t walk(const uint8_t *p, size_t n, size_t at, int parent, int place, int depth)
{
    enum kind kind;
    size_t head, next;
    uint32_t length, values;
    int me = node_count;

    if (me == NODES || depth == DEPTH || at >= n || !header(p + at, n - at, &kind, &head, &length))
        return 0;
    nodes[node_count++] = (struct node){at, at + head, 0, kind, length, parent, place};
    next = at + head;
    if (kind == ARRAY || kind == MAP) {
        values = kind == MAP ? 2 * length : length;
        for (uint32_t i = 0; i < values; i++)
            if ((next = walk(p, n, next, me, (int)i, depth + 1)) == 0)
                return 0;
    } else {
        if (length > n - next)
            return 0;
        next += length;
    }
    return nodes[me].end = next;
}

/* ---- pieces of output ---- */

static size_t put_header(uint8_t *to, enum kind kind, uint32_t n)
{
    static const uint8_t first[][3] = {[TEXT] = {0xd9, 0xda, 0xdb},
                                       [BIN] = {0xc4, 0xc5, 0xc6},
                                       [EXT] = {0xc7, 0xc8, 0xc9},
                                       [ARRAY] = {0, 0xdc, 0xdd},
                                       [MAP] = {0, 0xde, 0xdf}};
    int width;

    if ((kind == ARRAY || kind == MAP) && n < 16) {
        *to = (uint8_t)((kind == MAP ? 0x80 : 0x90) | n);
        return 1;
    }
    if (kind == TEXT && n < 32) {
        *to = (uint8_t)(0xa0 | n);
        return 1;
    }
    width = n < 256 && kind != ARRAY && kind != MAP ? 1 : n < 65536 ? 2 : 4;
    *to = first[kind][width == 4 ? 2 : width - 1];
    for (int i = 0; i < width; i++)
        to[1 + i] = (uint8_t)(n >> 8 * (width - 1 - i));
    return 1 + (size_t)width;
}

static size_t put_number(uint8_t *to)
{
    static const char *const numbers[] = {
        "\0",
        "\x01",
        "\x02",
        "\x7f",
        "\xff",
        "\xe0",
        "\xc0",
        "\xc2",
        "\xc3",
        "\xcc\xff",
        "\xcd\xff\xff",
        "\xce\x7f\xff\xff\xff",
        "\xce\x80\0\0\0",
        "\xce\xff\xff\xff\xff",
        "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff",
        "\xcf\x80\0\0\0\0\0\0\0",
        "\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
        "\xd3\x80\0\0\0\0\0\0\0",
        "\xcb\x7f\xf0\0\0\0\0\0\0",
        "\xcb\x7f\xf8\0\0\0\0\0\0",
        "\xcb\x80\0\0\0\0\0\0\0",
        "\xca\x7f\x80\0\0",
        "\xcb\x40\xa7\x70\0\0\0\0\0",
        "\xcb\x7f\xef\xff\xff\xff\xff\xff\xff",
        "\xcd\x10\0",
        "\x90",
        "\x80",
        "\xa0",
        "\xc4\0",
    };
    static const uint8_t sizes[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 5, 5, 5, 9,
                                    9, 9, 9, 9, 9, 9, 5, 9, 9, 3, 1, 1, 1, 2};
    uint32_t i = draw(sizeof sizes);

    if (draw(3) == 0) {
        *to = (uint8_t)draw(128);
        return 1;
    }
    memcpy(to, numbers[i], sizes[i]);
    return sizes[i];
}

/* p with its bytes from..to exchanged for n others; the new size, or the old one where there is no room. */
static size_t splice(uint8_t *p, size_t size, size_t max, size_t from, size_t to, const uint8_t *with, size_t n)
{
    if (size - (to - from) + n > max)
        return size;
    memmove(p + from + n, p + to, size - to);
    memcpy(p + from, with, n);
    return size - (to - from) + n;
}

/* One entry more or less in the array or map that holds node i. */
static size_t recount(uint8_t *p, size_t size, size_t max, int parent, int by)
{
    uint8_t head[8];
    const struct node *m;

    if (parent < 0)
        return size;
    m = &nodes[parent];
    if (by < 0 && m->count == 0)
        return size;
    return splice(p, size, max, m->at, m->body, head, put_header(head, m->kind, m->count + (uint32_t)by));
}

/* ---- ways to change it ---- */

/* From node i on: the entry of its map, itself in an array or at the top. */
static void entry(int i, size_t *from, size_t *to)
{
    int parent = nodes[i].parent;

    *from = nodes[i].at;
    *to = nodes[i].end;
    if (parent < 0 || nodes[parent].kind != MAP)
        return;
    for (int k = 0; k < node_count; k++)
        if (nodes[k].parent == parent && nodes[k].place == (nodes[i].place ^ 1)) {
            *from = nodes[k].at < *from ? nodes[k].at : *from;
            *to = nodes[k].end > *to ? nodes[k].end : *to;
        }
}

static size_t change_entry(uint8_t *p, size_t size, size_t max, int i)
{
    size_t from, to, n;

    entry(i, &from, &to);
    n = to - from;
    if (n > sizeof scratch)
        return size;
    if (draw(2)) {
        if (size + n > max)
            return size;
        memcpy(scratch, p + from, n);
        size = splice(p, size, max, to, to, scratch, n);
        return recount(p, size, max, nodes[i].parent, 1);
    }
    size = splice(p, size, max, from, to, scratch, 0);
    return recount(p, size, max, nodes[i].parent, -1);
}

static size_t change_body(uint8_t *p, size_t size, size_t max, int i)
{
    const struct node *o = &nodes[i];
    size_t n = o->end - o->body, head;

    if ((o->kind != TEXT && o->kind != BIN) || n + 600 > sizeof scratch)
        return size;
    memcpy(scratch + 8, p + o->body, n);
    n = LLVMFuzzerMutate(scratch + 8, n, n + 512);
    head = put_header(fresh, o->kind, (uint32_t)n);
    memcpy(fresh + head, scratch + 8, n);
    return splice(p, size, max, o->at, o->end, fresh, head + n);
}

/* Gives a tensor, the map around a key "shape", a new shape and data that agree (mostly). */
static size_t change_shape(uint8_t *p, size_t size, size_t max)
{
    int shape = -1, data = -1, start = (int)draw((uint32_t)node_count);
    uint32_t rank = draw(5), dims[4], count = 1;
    size_t n;

    for (int k = 0; k < node_count && shape < 0; k++) {
        const struct node *o = &nodes[(start + k) % node_count];

        if (o->kind == BIN && o->end - o->body == 5 && memcmp(p + o->body, "shape", 5) == 0 && o->place % 2 == 0)
            shape = (start + k) % node_count;
    }
    for (int k = 0; shape >= 0 && k < node_count; k++)
        if (nodes[k].parent == nodes[shape].parent && nodes[k].kind == BIN && nodes[k].end - nodes[k].body == 4 &&
            memcmp(p + nodes[k].body, "data", 4) == 0)
            data = k;
    if (data < 0 || shape < 0 || data < shape || data + 1 >= node_count || nodes[data + 1].kind != BIN)
        return size;
    for (uint32_t i = 0; i < rank; i++) {
        dims[i] = draw(4) ? draw(5) : draw(100);
        count *= dims[i];
    }
    if (4 * count > 1 << 14)
        return size;
    for (uint32_t i = 0; i < 4 * count; i++)
        scratch[i] = (uint8_t)(i % 4 == 3 ? 0x3c + draw(2) : i % 4 == 2 ? draw(256) : 0);
    if (draw(16) == 0 && count > 0)
        scratch[draw(4 * count)] = (uint8_t)draw(256);
    n = put_header(fresh, BIN, 4 * count);
    memcpy(fresh + n, scratch, 4 * count);
    size = splice(p, size, max, nodes[data + 1].at, nodes[data + 1].end, fresh, n + 4 * count);
    n = put_header(fresh, ARRAY, rank);
    for (uint32_t i = 0; i < rank; i++)
        fresh[n++] = (uint8_t)dims[i];
    return splice(p, size, max, nodes[shape + 1].at, nodes[shape + 1].end, fresh, n);
}

static size_t change(uint8_t *p, size_t size, size_t max)
{
    size_t at = 0, n;
    int i, j;

    node_count = 0;
    while (at < size && (at = walk(p, size, at, -1, 0, 0)) != 0)
        ;
    while (node_count > 0 && nodes[node_count - 1].end == 0) /* what was cut has no end */
        node_count--;
    for (int k = 0; k < node_count; k++)
        if (nodes[k].end == 0)
            node_count = k;
    if (node_count == 0 || draw(8) == 0)
        return LLVMFuzzerMutate(p, size, max);
    i = (int)draw((uint32_t)node_count);
    j = (int)draw((uint32_t)node_count);
    switch (draw(8)) {
    case 0:
        return change_entry(p, size, max, i);
    case 1:
    case 2:
        return change_body(p, size, max, i);
    case 3:
        n = nodes[j].end - nodes[j].at;
        if (n > sizeof scratch)
            return size;
        memcpy(scratch, p + nodes[j].at, n);
        return splice(p, size, max, nodes[i].at, nodes[i].end, scratch, n);
    case 4:
    case 5:
        return change_shape(p, size, max);
    default:
        for (int k = 0; k < 50 && nodes[i].kind != SCALAR; k++)
            i = (int)draw((uint32_t)node_count);
        n = put_number(scratch);
        return splice(p, size, max, nodes[i].at, nodes[i].end, scratch, n);
    }
}

/* ---- tails put right ---- */

static bool says(const uint8_t *p, size_t n, const char *role)
{
    const uint8_t *at = memmem(p, n < 200 ? n : 200, role, strlen(role));

    return at != NULL;
}

static size_t repair(uint8_t *p, size_t size, size_t max)
{
    size_t at = 0, next, segment = 0, n;
    uint64_t frames = 0, hash;
    uint8_t tail[40];

    for (; at < size; at = next) {
        node_count = 0;
        next = walk(p, size, at, -1, 0, 0);
        if (next == 0)
            return size;
        if (says(p + at, next - at, "\xa4head")) {
            segment = at;
            frames = 0;
        } else if (says(p + at, next - at,
                        "\xa5"
                        "frame") &&
                   !says(p + at, next - at, "\xa4tail")) {
            frames++;
        } else if (says(p + at, next - at, "\xa4tail")) {
            hash = XXH3_64bits(p + segment, at - segment);
            memcpy(tail,
                   "\x83\xa2"
                   "cv\xa4tail\xa6"
                   "frames\xcd",
                   17);
            tail[17] = (uint8_t)(frames >> 8);
            tail[18] = (uint8_t)frames;
            memcpy(tail + 19, "\xa4xxh3\xcf", 6);
            for (int i = 0; i < 8; i++)
                tail[25 + i] = (uint8_t)(hash >> 8 * (7 - i));
            n = splice(p, size, max, at, next, tail, 33);
            next = n == size && next - at != 33 ? next : at + 33;
            size = n;
        }
    }
    return size;
}

/* Another model in place of this one: its head and the shapes of its parameters agree, which they seldom do by chance. */
static size_t model_anew(uint8_t *data, size_t size, size_t max)
{
    size_t n;
    uint8_t *model = fuzz_model_drawn(draw, &n);

    if (n <= max)
        memcpy(data, model, n);
    free(model);
    return n <= max ? n : size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    state = seed * 0x9e3779b97f4a7c15u + 1;
    if (draw(50) == 0 && memmem(data, size, "\xa4kind\xa5model", 11))
        size = model_anew(data, size, max);
    for (uint32_t times = 1 + draw(4); times > 0; times--)
        size = change(data, size, max);
    return draw(16) == 0 ? size : repair(data, size, max);
}

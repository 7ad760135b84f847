/* Reading JSON (RFC 8259). It is written by meta_json (base/meta.h). */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/meta.h"

/* The object or list in text as a tree, to be released with meta_free. Of a
 * key that comes more than once the last one counts. NULL: text is something
 * else, or has numbers that no double or 64-bit integer holds; the reason is kept. */
struct meta *json_read(const char *text);

#endif

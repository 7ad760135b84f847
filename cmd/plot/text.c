/* Cleaning and shortening of names. */
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define BAD_CHARACTER "\xEF\xBF\xBD" /* U+FFFD */
#define ELLIPSIS "..."               /* a system without fonts has it too */

/* Length of the character at s if it is well formed, else 0; *code is its number. */
static size_t character_read(const char *s, uint32_t *code)
{
    static const unsigned char first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    int length = text_character(s);

    *code = (unsigned char)s[0] & first[length];
    for (int i = 1; i < length; i++)
        *code = *code << 6 | ((unsigned char)s[i] & 0x3Fu);
    return (size_t)length;
}

/* Controls, and what cairo refuses: noncharacters. */
static bool character_bad(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0xFDD0 && code < 0xFDF0) ||
           (code & 0xFFFE) == 0xFFFE;
}

/* A copy with "..." in place of so many bytes in the middle, and what more belongs to their characters. */
static char *middle_out(const char *text, size_t bytes)
{
    size_t from = (strlen(text) - bytes) / 2, to = from + bytes;

    while (from > 0 && ((unsigned char)text[from] & 0xC0) == 0x80)
        from--;
    while (((unsigned char)text[to] & 0xC0) == 0x80)
        to++;
    return mem_format("%.*s...%s", (int)from, text, text + to);
}

char *text_clean(const char *text, size_t most)
{
    char *clean = mem_alloc(3 * strlen(text) + 1), *out = clean, *shorter;

    while (*text != '\0') {
        uint32_t code;
        size_t length = character_read(text, &code);
        bool bad = length == 0 || character_bad(code);

        memcpy(out, bad ? BAD_CHARACTER : text, bad ? 3 : length);
        out += bad ? 3 : length;
        text += length > 0 ? length : 1;
    }
    *out = '\0';
    if (strlen(clean) <= most)
        return clean;
    shorter = middle_out(clean, strlen(clean) - most + 3);
    free(clean);
    return shorter;
}

char *text_fit(struct canvas *c, const char *clean, double width)
{
    char *fit = mem_text(clean);

    for (size_t bytes = 1; canvas_text_width(c, fit) > width; bytes++) {
        free(fit);
        fit = bytes < strlen(clean) ? middle_out(clean, bytes) : mem_text("");
    }
    return fit;
}

void text_number(char *buffer, size_t size, double value, int digits)
{
    snprintf(buffer, size, "%.*g", digits, value == 0 ? 0.0 : value);
}

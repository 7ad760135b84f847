/* Cleaning and shortening of names, numbers with a true minus sign. */
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define BAD_CHARACTER "\xEF\xBF\xBD" /* U+FFFD */

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

/* What cairo refuses, and what would move other text about. */
static bool character_bad(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0xD800 && code < 0xE000) ||
           (code >= 0xFDD0 && code < 0xFDF0) || (code & 0xFFFE) == 0xFFFE || (code >= 0x200E && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

/* Start of character number n of clean text (its end when there are fewer). */
static const char *character_at(const char *text, size_t n)
{
    while (*text != '\0' && n > 0) {
        text++;
        while (((unsigned char)*text & 0xC0) == 0x80)
            text++;
        n--;
    }
    return text;
}

static size_t character_count(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* The first half and the last half of `keep` of `all` characters around an ellipsis. */
static char *middle_out(const char *text, size_t all, size_t keep)
{
    size_t head = (keep + 1) / 2;

    return mem_format("%.*s" ELLIPSIS "%s", (int)(character_at(text, head) - text), text,
                      character_at(text, all - (keep - head)));
}

char *text_clean(const char *text, size_t most)
{
    char *clean = mem_alloc(3 * strlen(text) + 1), *out = clean;
    size_t count = 0;

    for (const char *s = text; *s != '\0';) {
        uint32_t code;
        size_t length = character_read(s, &code);

        if (length == 0 || character_bad(code)) {
            memcpy(out, BAD_CHARACTER, 3);
            out += 3;
        } else {
            memcpy(out, s, length);
            out += length;
        }
        s += length > 0 ? length : 1;
        count++;
    }
    *out = '\0';
    if (count > most) {
        char *shorter = middle_out(clean, count, most - 1);

        free(clean);
        clean = shorter;
    }
    return clean;
}

char *text_fit(struct canvas *c, const char *clean, double width)
{
    size_t all = character_count(clean), low = 0, high;

    if (canvas_text_width(c, clean) <= width)
        return mem_text(clean);
    if (canvas_text_width(c, ELLIPSIS) > width)
        return mem_text("");
    high = all > 0 ? all - 1 : 0; /* low characters fit, high + 1 do not */
    while (low < high) {
        size_t keep = (low + high + 1) / 2;
        char *trial = middle_out(clean, all, keep);

        if (canvas_text_width(c, trial) <= width)
            low = keep;
        else
            high = keep - 1;
        free(trial);
    }
    return middle_out(clean, all, low);
}

void text_minus(char *buffer, size_t size)
{
    for (char *s = buffer; *s != '\0'; s++)
        if (*s == '-' && strlen(buffer) + 2 < size) {
            memmove(s + 3, s + 1, strlen(s + 1) + 1);
            memcpy(s, MINUS, 3);
            s += 2;
        }
}

void text_number(char *buffer, size_t size, double value, int digits)
{
    snprintf(buffer, size, "%.*g", digits, value == 0 ? 0.0 : value);
    text_minus(buffer, size);
}

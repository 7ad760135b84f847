/* Validity of UTF-8, one character at a time, words with a cause, and escapes for control characters. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { WORDS_SIZE = 16384 };

int text_character(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4 || (p[1] & 0xc0) != 0x80)
        return 0;
    if (p[0] < 0xe0)
        return 2;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f) || (p[2] & 0xc0) != 0x80)
        return 0;
    if (p[0] < 0xf0)
        return 3;
    return (p[3] & 0xc0) == 0x80 ? 4 : 0;
}

char *text_valid(const char *text)
{
    char *valid = mem_alloc(3 * strlen(text) + 1), *end = valid;

    while (*text) {
        int n = text_character(text);

        end = mempcpy(end, n ? text : "\xef\xbf\xbd", n ? (size_t)n : 3);
        text += n ? n : 1;
    }
    *end = '\0';
    return valid;
}

void text_format(char *text, size_t size, int cause, const char *format, va_list args)
{
    char all[WORDS_SIZE] = "''"; /* stay before what begins with the name of no file */
    const char *why = strlen(format) > 0 && format[strlen(format) - 1] == ':' ? strerror(cause) : "";
    size_t length, room = size - 1 - strlen(why) - (*why != '\0'); /* of the words alone */

    vsnprintf(all + 2, sizeof all - 2, format, args);
    if (all[2] != ':' || (all[3] != ' ' && all[3] != '\0')) /* names may begin with it */
        memmove(all, all + 2, strlen(all + 2) + 1);
    length = strlen(all);
    if (length <= room)
        snprintf(text, size, "%s%s%s", all, *why ? " " : "", why);
    else
        snprintf(text, size, "%.*s...%s%s%s", (int)(room / 2), all, all + length - (room - room / 2 - 3),
                 *why ? " " : "", why);
}

size_t text_escape(char *to, const char *from)
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)from; *p; p++) {
        if (*p == '\n' || *p == '\t') {
            to[n++] = '\\';
            to[n++] = *p == '\n' ? 'n' : 't';
        } else if (*p < 0x20 || *p == 0x7f) {
            n += (size_t)sprintf(to + n, "\\x%02x", *p);
        } else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
            n += (size_t)sprintf(to + n, "\\x%02x\\x%02x", p[0], p[1]);
            p++;
        } else {
            to[n++] = (char)*p;
        }
    }
    to[n] = '\0';
    return n;
}

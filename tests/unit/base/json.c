/* JSON as text into trees, and what is no JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/meta.h"
#include "check.h"

/* What meta_json makes of it again. */
static void reads(const char *text, const char *wanted)
{
    struct meta *m = json_read(text);
    char *back = NULL;
    size_t n;
    FILE *out = open_memstream(&back, &n);

    if (m)
        meta_json(out, m);
    fclose(out);
    check(m && strcmp(back, wanted) == 0, "'%s' reads as %s", text, back);
    free(back);
    meta_free(m);
}

static void refuses(const char *text)
{
    struct meta *m = json_read(text);

    check(!m && strstr(error_text(), "is not JSON: line 1, column "), "'%.20s' is refused: %s", text, error_text());
    meta_free(m);
}

int main(void)
{
    char *deep = malloc(10001);

    reads("{}", "{}");
    reads(" [ ] ", "[]");
    reads("{\"b\": 1, \"a\": [-2, 0.5, 1e3, true, false, null, {}]}",
          "{\"b\":1,\"a\":[-2,0.5,1000,true,false,null,{}]}");
    reads("{\"a\": \"\\u00e9 \\\"\\n\"}", "{\"a\":\"\xc3\xa9 \\\"\\n\"}");
    reads("[9223372036854775807, -9223372036854775808]", "[9223372036854775807,-9223372036854775808]");
    reads("{\"a\": 1, \"a\": 2}", "{\"a\":2}");
    for (const char *const *p =
             (const char *const[]){"", "words", "1", "{", "{\"a\":1}}", "{\"a\" 1}", "{a:1}", "[1,]", "[01]", "[nan]",
                                   "[1e999]", "[9223372036854775808]", "[\"\xff\"]", "[\"\\u0000\"]", NULL};
         *p; p++)
        refuses(*p);
    memset(deep, '[', 10000);
    deep[10000] = '\0';
    refuses(deep);
    free(deep);
    return check_done();
}

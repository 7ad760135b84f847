/* Descriptions: building, looking up, copying, JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/meta.h"
#include "check.h"

static char *json_of(const struct meta *m)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    meta_json(out, m);
    fclose(out);
    return text;
}

static void check_json(struct meta *m, const char *wanted)
{
    char *text = json_of(m);

    check(strcmp(text, wanted) == 0, "JSON %s (wanted %s)", text, wanted);
    free(text);
    meta_free(m);
}

static void test_json(void)
{
    struct meta *m = meta_map(), *list = meta_list();

    meta_set(m, "name", meta_text("a \"b\"\\\n\t\x01 \xc3\xa9"));
    meta_append(list, meta_int(-9223372036854775807 - 1));
    meta_append(list, meta_bool(true));
    meta_append(list, meta_bool(false));
    meta_append(list, meta_nil());
    meta_append(list, meta_map());
    meta_set(m, "list", list);
    check_json(m, "{\"name\":\"a \\\"b\\\"\\\\\\n\\t\\u0001 \xc3\xa9\","
                  "\"list\":[-9223372036854775808,true,false,null,{}]}");
    check_json(meta_real(0.1), "0.1");
    check_json(meta_real(3e-4), "0.0003");
    check_json(meta_real(3000), "3000");
    check_json(meta_real(1.0 / 3), "0.3333333333333333");
    check_json(meta_real(0.1 + 0.2), "0.30000000000000004");
    check_json(meta_real(NAN), "null");
    check_json(meta_real(-INFINITY), "null");
    check_json(meta_text("bad \xff, cut \xc3"), "\"bad \xef\xbf\xbd, cut \xef\xbf\xbd\"");
    check_json(meta_text("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void test_reals_read_back(void)
{
    int bad = 0;

    for (uint64_t i = 0, bits = 1; i < 20000; i++) {
        struct meta *m;
        double x;
        char *text;

        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        m = meta_real(x);
        text = json_of(m);
        bad += !(strtod(text, NULL) >= x && strtod(text, NULL) <= x);
        free(text);
        meta_free(m);
    }
    check(bad == 0, "every real reads back the same");
}

static void test_map(void)
{
    struct meta *m = meta_map(), *copy;
    const char *text = "untouched";
    int64_t whole = 7;
    double real = 7;
    int good = 1;

    for (int i = 0; i < 100; i++) {
        char key[8];

        snprintf(key, sizeof key, "k%d", i);
        meta_set(m, key, meta_int(i));
    }
    for (int i = 0; i < 100; i++) {
        char key[8];

        snprintf(key, sizeof key, "k%d", i);
        good = good && meta_get_int(m, key, &whole) && whole == i && strcmp(m->keys[i], key) == 0;
    }
    check(good && m->count == 100, "100 keys in order of insertion");
    meta_set(m, "k5", meta_text("five"));
    check(m->count == 100 && meta_get_text(m, "k5", &text) && strcmp(text, "five") == 0, "set replaces");
    check(!meta_get_int(m, "k5", &whole) && whole == 99, "a text is no integer");
    check(meta_get_real(m, "k7", &real) && real > 6 && real < 8, "an integer counts as a real");
    meta_set(m, "x", meta_real(1.5));
    check(!meta_get_int(m, "x", &whole), "a real is no integer");
    check(!meta_get(m, "none") && !meta_get(NULL, "x"), "what is not there");
    check(!meta_get(meta_get(m, "x"), "y"), "no key in a scalar");
    copy = meta_copy(m);
    check(meta_equal(m, copy), "a copy is equal");
    meta_set(copy, "x", meta_real(1.25));
    check(!meta_equal(m, copy), "a changed copy is not");
    meta_free(copy);
    meta_free(m);
}

static void test_equal(void)
{
    struct meta *a = meta_map(), *b = meta_map();

    meta_set(a, "p", meta_int(1));
    meta_set(a, "q", meta_nil());
    meta_set(b, "q", meta_nil());
    meta_set(b, "p", meta_int(1));
    check(meta_equal(a, b), "the order of keys does not matter");
    meta_set(b, "p", meta_real(1));
    check(!meta_equal(a, b), "1 is not 1.0");
    check(!meta_equal(a, NULL) && meta_equal(NULL, NULL), "NULL equals NULL only");
    meta_free(a);
    meta_free(b);
    meta_free(NULL);
}

int main(void)
{
    test_json();
    test_reals_read_back();
    test_map();
    test_equal();
    return check_done();
}

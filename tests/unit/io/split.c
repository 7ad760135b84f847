/* Sides of tracks: the share, and what decides. */
#include "io/clip.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "check.h"

static void test_names(void)
{
    struct meta *track = meta_map(), *none = meta_map();
    int test = 0, moved = 0, same = 0;

    for (int i = 0; i < 10000; i++) {
        char *name = mem_format("track %d", i);
        bool is_test = split_is_test(name, none, .2);

        meta_set(track, "track", meta_text(name));
        test += is_test;
        moved += is_test && !split_is_test(name, none, .5);
        same += split_is_test("any other name", track, .2) == is_test;
        free(name);
    }
    check(test > 1880 && test < 2120, "a fifth: %d of 10000", test); /* three standard deviations */
    check(moved == 0, "what is test at a fifth is test at a half");
    check(same == 10000, "the track decides, not the clip");
    check(!split_is_test("a", none, 0) && split_is_test("a", none, 1), "none, all");
    /* as it always was: sides must not change from one version to the next */
    check(split_is_test("jazz.00001", none, .2361) && !split_is_test("jazz.00001", none, .236) &&
              split_is_test("b", none, .3413) && !split_is_test("b", none, .3412),
          "the side of a name");
    meta_free(track);
    meta_free(none);
}

static void test_time(void)
{
    struct meta *m = meta_map();

    check(split_is_late("c", m, .2) == -1 && strstr(error_text(), "'c'") != NULL, "says nothing: %s", error_text());
    meta_set(m, "start", meta_real(7.9));
    check(split_is_late("c", m, .2) == -1, "only where, not of how much");
    meta_set(m, "source_seconds", meta_int(10));
    check(split_is_late("c", m, .2) == 0, "before the last fifth");
    meta_set(m, "start", meta_int(8));
    check(split_is_late("c", m, .2) == 1, "from there on");
    meta_free(m);
}

int main(void)
{
    test_names();
    test_time();
    return check_done();
}

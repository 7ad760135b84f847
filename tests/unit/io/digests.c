/* A table of digests that grows, and who was first. */
#include "io/digests.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"

enum { MANY = 5000 };

int main(void)
{
    struct digests *d = digests_new();
    int good = 0;

    check(digests_get(d, "a", 1, 0) == NULL, "empty");
    for (int i = 0; i < MANY; i++) {
        char *word = mem_format("word %d", i / 3);

        good += digests_first(d, &i, sizeof i, 0, word) == NULL;
        free(word); /* the table has its own */
    }
    check(good == MANY, "%d are new", good);
    good = 0;
    for (int i = 0; i < MANY; i++) {
        char *word = mem_format("word %d", i / 3);

        good += strcmp(digests_first(d, &i, sizeof i, 0, "other"), word) == 0 &&
                digests_get(d, &i, sizeof i, 0) == digests_first(d, &i, sizeof i, 0, "more");
        free(word);
    }
    check(good == MANY, "%d are known by the word they first came with", good);
    good = 1;
    check(digests_get(d, &good, sizeof good, 1) == NULL && digests_get(d, &good, 1, 0) == NULL,
          "another seed or size is something else");
    check(digests_first(d, "", 0, 0, "nothing") == NULL && strcmp(digests_get(d, "x", 0, 0), "nothing") == 0,
          "no bytes are bytes too");
    digests_free(d);
    digests_free(NULL);
    return check_done();
}

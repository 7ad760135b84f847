/* Snapshots of a folder: their names, which is taken, which are removed. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/file.h"
#include "check.h"
#include "train/snapshot.h"

static char *folder;

static void touch(const char *name, int when)
{
    char *path = mem_format("%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    struct timespec times[2] = {{1000000 + when / 10, when % 10}, {1000000 + when / 10, when % 10}};

    check(fd >= 0 && futimens(fd, times) == 0, "%s is made", name);
    if (fd >= 0)
        close(fd);
    free(path);
}

static bool there(const char *name)
{
    char *path = mem_format("%s/%s", folder, name);
    bool yes = access(path, F_OK) == 0;

    free(path);
    return yes;
}

static void test_names(void)
{
    char *whole = snapshot_name("a", 12, 0), *part = snapshot_name("a", 12345, 7);

    check(!strcmp(whole, "a/epoch-0012.cvm"), "after whole epochs: %s", whole);
    check(!strcmp(part, "a/epoch-12345+0007.cvm"), "and within one: %s", part);
    free(whole);
    free(part);
}

static void test_prune(void)
{
    static const char *const names[] = {
        "epoch-0000.cvm",      "epoch-0000+0005.cvm", "epoch-0001.cvm", "epoch-0001+0003.cvm",
        "epoch-0001+0010.cvm", "epoch-0009.cvm",      "epoch-1.cvm",    "notes"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        touch(names[i], 0);
    snapshot_prune(folder, 1, 10, 0);
    check(!there("epoch-0000+0005.cvm") && !there("epoch-0001+0003.cvm"), "those within epochs go");
    check(there("epoch-0001+0010.cvm"), "but not the last");
    check(there("epoch-0000.cvm") && there("epoch-0001.cvm"), "those of whole epochs stay");
    snapshot_prune(folder, 1, 10, 2);
    check(there("epoch-0001+0010.cvm") && there("epoch-0001.cvm") && !there("epoch-0000.cvm"), "two are kept");
    check(there("epoch-0009.cvm") && there("epoch-1.cvm") && there("notes"), "later ones and other files stay");
}

/* What is opened is no model: the message names which it would have been. */
static void test_newest(void)
{
    struct snapshot s;

    touch("epoch-0009.cvm", 15);
    touch("epoch-0001.cvm", 19);
    touch("epoch-0000.cvm", 9);
    touch("epoch--002.cvm", 29);
    touch("epoch-9999999999.cvm", 29);
    touch("epoch-0001+-001.cvm", 29);
    touch("epoch-0001+9999999999.cvm", 29);
    check(snapshot_open(&s, folder) == -1 && strstr(error_text(), "epoch-0001.cvm"),
          "the one written last is taken: %s", error_text());
    snapshot_prune(folder, 9, 0, 1);
    check(snapshot_open(&s, folder) == -1 && strstr(error_text(), "epoch-0009.cvm"), "then the other: %s",
          error_text());
    snapshot_prune(folder, 10, 0, 0);
}

int main(void)
{
    struct snapshot s;

    folder = mem_format("%s/cv-snapshot-XXXXXX", temporary_folder());
    if (!mkdtemp(folder))
        return 1;
    test_names();
    check(snapshot_open(&s, folder) == -1 && strstr(error_text(), "without a snapshot"), "a folder without one: %s",
          error_text());
    test_prune();
    test_newest();
    for (const char *const *name =
             (const char *const[]){"epoch-0009.cvm", "epoch-1.cvm", "epoch--002.cvm", "epoch-9999999999.cvm",
                                   "epoch-0001+-001.cvm", "epoch-0001+9999999999.cvm", "notes", NULL};
         *name; name++) {
        char *path = mem_format("%s/%s", folder, *name);

        unlink(path);
        free(path);
    }
    check(rmdir(folder) == 0, "nothing else is left");
    free(folder);
    return check_done();
}

/* Files that are whole or not there, through links and devices, files without a name, folders that are made. */
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "check.h"

static char dir[] = "/tmp/base_file-XXXXXX";

static int files_in(const char *where)
{
    DIR *d = opendir(where);
    int n = 0;

    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        closedir(d);
    return n - 2;
}

static int holds(const char *path, const char *text)
{
    char is[64] = "";
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, is, sizeof is - 1);

    close(fd);
    return n == (ssize_t)strlen(text) && strcmp(is, text) == 0;
}

static void test_saving(const char *path)
{
    struct rlimit old, low;
    struct stat s;
    static char data[100000];
    mode_t mask = umask(027);

    check(file_save(path, "old", 3) == 0 && stat(path, &s) == 0 && (s.st_mode & 0777) == 0640 && holds(path, "old"),
          "saved with the usual mode");
    umask(mask);
    getrlimit(RLIMIT_FSIZE, &old);
    low = old;
    low.rlim_cur = 50000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &low);
    check(file_save(path, data, sizeof data) < 0 && strstr(error_text(), path) == error_text() &&
              strstr(error_text(), "File too large") != NULL,
          "no room: %s", error_text());
    setrlimit(RLIMIT_FSIZE, &old);
    check(holds(path, "old") && files_in(dir) == 1, "the old file is there, nothing else is");
    check(file_save(path, "new", 3) == 0 && holds(path, "new") && files_in(dir) == 1, "and replaced when there is");
    unlink(path);
}

static void test_places(const char *path)
{
    char *link = mem_format("%s/link", dir), *longest = mem_format("%s/%0255d", dir, 0);
    struct stat s;
    int ends[2];
    char *pipe_path, got[4] = "";

    check(symlink("target", link) == 0 && file_save(link, "one", 3) == 0, "to a link that leads nowhere");
    check(lstat(link, &s) == 0 && S_ISREG(s.st_mode), "which it replaces");
    unlink(link);
    check(file_save(path, "old", 3) == 0 && symlink("a", link) == 0 && file_save(link, "new", 3) == 0 &&
              lstat(link, &s) == 0 && S_ISLNK(s.st_mode) && holds(path, "new"),
          "through a link, which stays");
    unlink(link);
    unlink(path);
    check(file_save(longest, "x", 1) == 0 && holds(longest, "x"), "a name of 255 bytes");
    unlink(longest);
    check(file_save(dir, "x", 1) < 0 && strstr(error_text(), "is a directory") != NULL, "a folder: %s", error_text());
    check(pipe(ends) == 0, "pipe");
    pipe_path = mem_format("/dev/fd/%d", ends[1]);
    check(file_save(pipe_path, "abc", 3) == 0 && read(ends[0], got, 3) == 3 && strcmp(got, "abc") == 0, "a pipe");
    check(file_save("/dev/full", "x", 1) < 0 && strstr(error_text(), "No space") != NULL, "%s", error_text());
    close(ends[0]);
    close(ends[1]);
    free(pipe_path);
    free(link);
    free(longest);
    check(files_in(dir) == 0, "nothing else was made");
}

static void test_temporary(void)
{
    int fd;

    setenv("TMPDIR", dir, 1);
    fd = temporary_open();
    check(fd >= 0 && write(fd, "abc", 3) == 3 && files_in(dir) == 0, "a temporary file has no name");
    close(fd);
    setenv("TMPDIR", "/nonexistent", 1);
    check(temporary_open() < 0 && strstr(error_text(), "TMPDIR") != NULL, "%s", error_text());
    setenv("TMPDIR", "", 1);
    check(strcmp(temporary_folder(), "/tmp") == 0, "an empty TMPDIR is none");
}

static void test_folders(const char *path)
{
    char *under = mem_format("%s/x", path), *deep = mem_format("%s/p/q//r/", dir);
    struct stat s;

    check(file_save(path, "x", 1) == 0, "save");
    check(directory_make(deep) == 0 && stat(deep, &s) == 0 && directory_make(deep) == 0, "folders made");
    check(directory_make(path) < 0 && strstr(error_text(), "not a directory") != NULL, "a file in the way: %s",
          error_text());
    check(directory_make(under) < 0, "a file in the way above: %s", error_text());
    for (char *p = strrchr(deep, '/'); files_in(dir) > 1 && p != NULL; p = strrchr(deep, '/')) {
        *p = '\0';
        rmdir(deep);
    }
    unlink(path);
    free(deep);
    free(under);
}

int main(void)
{
    char *path;

    if (mkdtemp(dir) == NULL)
        return 1;
    path = mem_format("%s/a", dir);
    test_saving(path);
    test_places(path);
    test_temporary();
    test_folders(path);
    check(rmdir(dir) == 0, "nothing left behind");
    free(path);
    return check_done();
}

/* Runs a fuzz target over files and folders of inputs, without a fuzzer: replay FILE-OR-FOLDER ... */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness.h"

static long runs;

static void replay(const char *path)
{
    struct stat s;
    FILE *f;
    uint8_t *p;
    size_t n;

    if (stat(path, &s) != 0 || !(f = fopen(path, "rb"))) {
        perror(path);
        exit(1);
    }
    if (S_ISDIR(s.st_mode)) {
        struct dirent **names;
        int count = scandir(path, &names, NULL, alphasort);

        fclose(f);
        for (int i = 0; i < count; i++) {
            char *inner = malloc(strlen(path) + strlen(names[i]->d_name) + 2);

            if (!inner)
                abort();
            sprintf(inner, "%s/%s", path, names[i]->d_name);
            if (names[i]->d_name[0] != '.')
                replay(inner);
            free(inner);
            free(names[i]);
        }
        free(names);
        return;
    }
    n = (size_t)s.st_size;
    p = malloc(n + !n); /* exactly as large: reading beyond is found by a sanitizer */
    if (!p || fread(p, 1, n, f) != n)
        abort();
    fclose(f);
    fprintf(stderr, "replay: %s\n", path);
    LLVMFuzzerTestOneInput(p, n);
    free(p);
    runs++;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%ld inputs\n", runs);
    return runs == 0;
}

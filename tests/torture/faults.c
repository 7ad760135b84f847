/* A shim (LD_PRELOAD) that makes the n-th call of a kind fail, in a program whose main has begun.
 *
 * FAULTS_KIND   malloc read write open rename mmap sync thread file: which calls count; short: none fails, but every
 *               read and write moves a part, or is interrupted
 * FAULTS_AT     number of the call that fails, from 1 on; 0: none
 * FAULTS_FROM   own: calls made by the program itself; libraries: those made by the libraries it uses
 * FAULTS_REPORT file that is written at the end: how many calls there were, and which library made the one that failed
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { KIND_NONE, MALLOC, READ, WRITE, OPEN, RENAME, MMAP, SYNC, THREAD, FILES, SHORT };

static const char *const kinds[] = {"none", "malloc", "read",   "write", "open", "rename",
                                    "mmap", "sync",   "thread", "file",  "short"};

static enum kind kind;
static long at;
static bool libraries;
enum { KINDS = sizeof kinds / sizeof *kinds };

static atomic_long counted[KINDS][2]; /* calls of the program, and of libraries */
static atomic_bool armed;
static uintptr_t program_start, program_end;
static const char *failed_in = "";
static char report[4096];

/* ---- who calls ---- */

static int find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    program_start = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

        if (info->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        program_start = start < program_start ? start : program_start;
        program_end =
            start + info->dlpi_phdr[i].p_memsz > program_end ? start + info->dlpi_phdr[i].p_memsz : program_end;
    }
    return 1; /* the first is the program */
}

static const char *name_of(const void *caller)
{
    Dl_info info;
    const char *slash;

    if (!dladdr(caller, &info) || !info.dli_fname)
        return "?";
    slash = strrchr(info.dli_fname, '/');
    return slash ? slash + 1 : info.dli_fname;
}

static bool is_program(const void *caller)
{
    return (uintptr_t)caller >= program_start && (uintptr_t)caller < program_end;
}

/* A line for each kind, then the name of what made the call that failed. */
static void write_report(void)
{
    char text[2000];
    int fd, n = 0;

    if (!report[0])
        return;
    for (size_t k = 0; k < KINDS; k++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s %ld %ld\n", kinds[k], atomic_load(&counted[k][0]),
                      atomic_load(&counted[k][1]));
    n += snprintf(text + n, sizeof text - (size_t)n, "failed-in %s\n", failed_in[0] ? failed_in : "-");
    fd = (int)syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd >= 0) {
        syscall(SYS_write, fd, text, (size_t)n);
        syscall(SYS_close, fd);
    }
}

/* True when this call is to fail. */
static bool fails(enum kind what, const void *caller)
{
    bool library = !is_program(caller);
    long number;

    if (!atomic_load(&armed))
        return false;
    number = atomic_fetch_add(&counted[what][library], 1) + 1;
    if (what != kind || library != libraries || number != at)
        return false;
    atomic_store(&armed, false); /* what is needed to find the name is not counted */
    failed_in = name_of(caller);
    write_report(); /* the program may die of it */
    atomic_store(&armed, true);
    return true;
}

#define FAILS(what) fails(what, __builtin_return_address(0))

/* For the kind "short": every other call is interrupted, the others move a part: one byte where there are few. */
static bool interrupted(void)
{
    static atomic_int times;

    return atomic_fetch_add(&times, 1) % 2 == 0;
}

static size_t part_of(size_t n)
{
    return n > 1 ? 1 + n / 16 : n;
}

static bool is_short(const void *caller)
{
    return atomic_load(&armed) && kind == SHORT && is_program(caller);
}

/* ---- begin and end ---- */

static void finish(void)
{
    atomic_store(&armed, false);
    write_report();
}

typedef int main_function(int, char **, char **);
static main_function *real_main;

static int main_begins(int argc, char **argv, char **environment)
{
    const char *from = getenv("FAULTS_FROM"), *text = getenv("FAULTS_KIND"), *file = getenv("FAULTS_REPORT");

    dl_iterate_phdr(find_program, NULL);
    for (size_t i = 0; text && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], text) == 0)
            kind = (enum kind)i;
    at = getenv("FAULTS_AT") ? atol(getenv("FAULTS_AT")) : 0;
    libraries = from && strcmp(from, "libraries") == 0;
    if (file)
        snprintf(report, sizeof report, "%s", file);
    atexit(finish);
    unsetenv("LD_PRELOAD");
    atomic_store(&armed, true);
    return real_main(argc, argv, environment);
}

int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld)(void), void *stack);
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld)(void), void *stack)
{
    int (*start)(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

    *(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
    real_main = main;
    return start(main_begins, argc, argv, init, fini, rtld, stack);
}

#define NEXT(name) \
    static __typeof__(name) *next; \
    if (!next) \
    *(void **)&next = dlsym(RTLD_NEXT, #name)

/* ---- memory: glibc's own names, as dlsym allocates ---- */

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

#define OUT_OF_MEMORY(result) \
    do { \
        if (FAILS(MALLOC)) { \
            errno = ENOMEM; \
            return result; \
        } \
    } while (0)

void *malloc(size_t n)
{
    OUT_OF_MEMORY(NULL);
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    OUT_OF_MEMORY(NULL);
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    OUT_OF_MEMORY(NULL);
    return __libc_realloc(p, n);
}

void *aligned_alloc(size_t align, size_t n)
{
    OUT_OF_MEMORY(NULL);
    return __libc_memalign(align, n);
}

int posix_memalign(void **p, size_t align, size_t n)
{
    if (FAILS(MALLOC))
        return ENOMEM;
    *p = __libc_memalign(align, n);
    return *p ? 0 : ENOMEM;
}

int vasprintf(char **text, const char *format, va_list args)
{
    NEXT(vasprintf);
    if (FAILS(MALLOC)) {
        errno = ENOMEM;
        return -1;
    }
    return next(text, format, args);
}

/* ---- descriptors ---- */

ssize_t read(int fd, void *to, size_t n)
{
    if (FAILS(READ)) {
        errno = EIO;
        return -1;
    }
    if (is_short(__builtin_return_address(0)) && interrupted()) {
        errno = EINTR;
        return -1;
    }
    return syscall(SYS_read, fd, to, is_short(__builtin_return_address(0)) ? part_of(n) : n);
}

ssize_t pread(int fd, void *to, size_t n, off_t from)
{
    if (FAILS(READ)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, fd, to, n, from);
}

ssize_t write(int fd, const void *from, size_t n)
{
    if (fd != STDERR_FILENO && FAILS(WRITE)) {
        errno = ENOSPC;
        return -1;
    }
    if (is_short(__builtin_return_address(0)) && interrupted()) {
        errno = EINTR;
        return -1;
    }
    return syscall(SYS_write, fd, from, is_short(__builtin_return_address(0)) ? part_of(n) : n);
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t to)
{
    if (FAILS(WRITE)) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, from, n, to);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (FAILS(WRITE)) {
        errno = ENOSPC;
        return -1;
    }
    if (is_short(__builtin_return_address(0))) {
        if (interrupted()) {
            errno = EINTR;
            return -1;
        }
        for (int i = 0; i < count; i++)
            if (parts[i].iov_len > 0)
                return syscall(SYS_write, fd, parts[i].iov_base, part_of(parts[i].iov_len));
    }
    return syscall(SYS_writev, fd, parts, count);
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = mode_of(flags, args);
    va_end(args);
    if (FAILS(OPEN)) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = mode_of(flags, args);
    va_end(args);
    if (FAILS(OPEN)) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

int mkostemp(char *name, int flags)
{
    NEXT(mkostemp);
    if (FAILS(OPEN)) {
        errno = ENOSPC;
        return -1;
    }
    return next(name, flags);
}

int mkstemp(char *name)
{
    NEXT(mkstemp);
    if (FAILS(OPEN)) {
        errno = ENOSPC;
        return -1;
    }
    return next(name);
}

int mkdir(const char *path, mode_t mode)
{
    NEXT(mkdir);
    if (FAILS(OPEN)) {
        errno = ENOSPC;
        return -1;
    }
    return next(path, mode);
}

int rename(const char *from, const char *to)
{
    NEXT(rename);
    if (FAILS(RENAME)) {
        errno = EACCES;
        return -1;
    }
    return next(from, to);
}

int fchmod(int fd, mode_t mode)
{
    NEXT(fchmod);
    if (FAILS(RENAME)) {
        errno = EPERM;
        return -1;
    }
    return next(fd, mode);
}

void *mmap(void *where, size_t n, int protection, int flags, int fd, off_t from)
{
    if (FAILS(MMAP)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, where, n, protection, flags, fd, from);
}

int ftruncate(int fd, off_t n)
{
    if (FAILS(SYNC)) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_ftruncate, fd, n);
}

int posix_fallocate(int fd, off_t from, off_t n)
{
    NEXT(posix_fallocate);
    return FAILS(SYNC) ? ENOSPC : next(fd, from, n);
}

off_t lseek(int fd, off_t to, int whence)
{
    if (FAILS(SYNC)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_lseek, fd, to, whence);
}

int fsync(int fd)
{
    if (FAILS(SYNC)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    if (FAILS(SYNC)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

/* The descriptor is closed all the same: so does Linux. */
int close(int fd)
{
    if (FAILS(SYNC)) {
        syscall(SYS_close, fd);
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_close, fd);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*begin)(void *), void *arg)
{
    NEXT(pthread_create);
    return FAILS(THREAD) ? EAGAIN : next(thread, how, begin, arg);
}

/* ---- stdio ---- */

FILE *fopen(const char *path, const char *mode)
{
    NEXT(fopen);
    if (FAILS(FILES)) {
        errno = EMFILE;
        return NULL;
    }
    return next(path, mode);
}

FILE *fdopen(int fd, const char *mode)
{
    NEXT(fdopen);
    if (FAILS(FILES)) {
        errno = ENOMEM;
        return NULL;
    }
    return next(fd, mode);
}

size_t fread(void *to, size_t size, size_t n, FILE *f)
{
    NEXT(fread);
    if (FAILS(FILES)) {
        errno = EIO;
        return 0;
    }
    return next(to, size, n, f);
}

size_t fwrite(const void *from, size_t size, size_t n, FILE *f)
{
    NEXT(fwrite);
    if (f != stdout && f != stderr && FAILS(FILES)) { /* those have fflush to tell */
        errno = ENOSPC;
        return 0;
    }
    return next(from, size, n, f);
}

int fflush(FILE *f)
{
    NEXT(fflush);
    if (f != stderr && FAILS(FILES)) {
        errno = ENOSPC;
        return EOF;
    }
    return next(f);
}

int fseeko(FILE *f, off_t to, int whence)
{
    NEXT(fseeko);
    if (FAILS(FILES)) {
        errno = EIO;
        return -1;
    }
    return next(f, to, whence);
}

int fclose(FILE *f)
{
    NEXT(fclose);
    if (FAILS(FILES)) {
        next(f);
        errno = ENOSPC;
        return EOF;
    }
    return next(f);
}

/* A shim (LD_PRELOAD) that makes the n-th call of a kind fail, in a program whose main has begun.
 *
 * FAULTS_KIND   malloc read write open rename mmap sync thread file: which calls count; short: none fails, but every
 *               read and write moves a part, or is interrupted; moment: none fails, but a signal comes just before it
 * FAULTS_AT     number of the call that fails, from 1 on; 0: none
 * FAULTS_FROM   own: calls made by the program itself; libraries: those made by the libraries it uses; of moments, own:
 *               all calls but those for memory; libraries: those
 * FAULTS_SIGNAL number of that signal
 * FAULTS_STOP   number of the program's write before which a SIGTERM comes: the end of what has no end
 * FAULTS_REPORT file that is written at the end: how many calls there were, and which library made the one that failed
 * FAULTS_PLACES file that gets a line for each first call from a place, that is, by those callers: its
 *               kind, 0 for the program's own or 1, and its number
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
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

enum kind { KIND_NONE, MALLOC, READ, WRITE, OPEN, RENAME, MMAP, SYNC, THREAD, FILES, SHORT, MOMENT };

static const char *const kinds[] = {"none", "malloc", "read",   "write", "open",  "rename",
                                    "mmap", "sync",   "thread", "file",  "short", "moment"};

static enum kind kind;
static long at, stop_at;
static int signal_number;
static bool libraries;
enum { KINDS = sizeof kinds / sizeof *kinds };

static atomic_long counted[KINDS][2]; /* calls of the program, and of libraries */
static atomic_bool armed;
static uintptr_t program_start, program_end;
static const char *failed_in = "";
static int report = -1, places = -1; /* open from the beginning: later the program may open nothing more */

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
    int n = 0;

    for (size_t k = 0; k < KINDS; k++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s %ld %ld\n", kinds[k], atomic_load(&counted[k][0]),
                      atomic_load(&counted[k][1]));
    n += snprintf(text + n, sizeof text - (size_t)n, "failed-in %s\n", failed_in[0] ? failed_in : "-");
    syscall(SYS_pwrite64, report, text, (size_t)n, 0);
}

/* ---- places ---- */

enum { PLACES = 1 << 17, DEPTH = 64 };

static _Atomic uint64_t seen[PLACES]; /* a table of hashes, 0: empty */

static bool is_new(uint64_t hash)
{
    for (size_t i = hash % PLACES, tries = 0; tries < PLACES; i = (i + 1) % PLACES, tries++) {
        uint64_t was = 0;

        if (atomic_compare_exchange_strong(&seen[i], &was, hash))
            return true;
        if (was == hash)
            return false;
    }
    return true;
}

/* The place of a library's call is where it is made, and who in the program made the library make it. */
static void note_place(enum kind what, const void *caller, long number)
{
    static __thread bool inside; /* looking at the stack may need what is counted */
    bool library = !is_program(caller);
    uint64_t hash = 14695981039346656037U + (uint64_t)what;
    void *stack[DEPTH];
    char line[64];
    int n;

    if (places < 0 || inside)
        return;
    inside = true;
    n = backtrace(stack, DEPTH);
    hash = (hash ^ (uint64_t)(uintptr_t)caller) * 1099511628211U;
    for (int i = 0; i < n; i++)
        if (is_program(stack[i]))
            hash = (hash ^ (uint64_t)(uintptr_t)stack[i]) * 1099511628211U;
    if (is_new(hash | 1)) {
        n = snprintf(line, sizeof line, "%s %d %ld\n", kinds[what], library, number);
        syscall(SYS_write, places, line, (size_t)n);
    }
    inside = false;
}

/* ---- what happens at a call ---- */

static void moment(bool memory)
{
    long number = atomic_fetch_add(&counted[MOMENT][memory], 1) + 1;

    if (kind == MOMENT && memory == libraries && number == at)
        kill(getpid(), signal_number);
}

/* True when this call is to fail. */
static bool fails(enum kind what, const void *caller)
{
    bool library = !is_program(caller);
    long number;

    if (!atomic_load(&armed))
        return false;
    moment(what == MALLOC);
    number = atomic_fetch_add(&counted[what][library], 1) + 1;
    note_place(what, caller, number);
    if (what == WRITE && !library && number == stop_at)
        kill(getpid(), SIGTERM);
    if (what != kind || library != libraries || number != at || what == KIND_NONE)
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

static long number_in(const char *name)
{
    const char *text = getenv(name);

    return text ? atol(text) : 0;
}

static int file_in(const char *name)
{
    const char *path = getenv(name);

    return path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
}

static int main_begins(int argc, char **argv, char **environment)
{
    const char *from = getenv("FAULTS_FROM"), *text = getenv("FAULTS_KIND");
    void *first[1];

    dl_iterate_phdr(find_program, NULL);
    for (size_t i = 0; text && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], text) == 0)
            kind = (enum kind)i;
    at = number_in("FAULTS_AT");
    stop_at = number_in("FAULTS_STOP");
    signal_number = (int)number_in("FAULTS_SIGNAL");
    libraries = from && strcmp(from, "libraries") == 0;
    report = file_in("FAULTS_REPORT");
    places = file_in("FAULTS_PLACES");
    if (places >= 0)
        backtrace(first, 1); /* loads what it needs */
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

/* What a call does that is to fail. */
#define FAIL(what, error, result) \
    do { \
        if (FAILS(what)) { \
            errno = error; \
            return result; \
        } \
    } while (0)

/* A call that fails with result and errno, or is made as asked. */
#define WRAP(type, name, parameters, arguments, what, error, result) \
    type name parameters \
    { \
        NEXT(name); \
        FAIL(what, error, result); \
        return next arguments; \
    }

/* ---- memory: glibc's own names, as dlsym allocates ---- */

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

void *malloc(size_t n)
{
    FAIL(MALLOC, ENOMEM, NULL);
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    FAIL(MALLOC, ENOMEM, NULL);
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    FAIL(MALLOC, ENOMEM, NULL);
    return __libc_realloc(p, n);
}

void *aligned_alloc(size_t align, size_t n)
{
    FAIL(MALLOC, ENOMEM, NULL);
    return __libc_memalign(align, n);
}

WRAP(int, posix_memalign, (void **p, size_t align, size_t n), (p, align, n), MALLOC, ENOMEM, ENOMEM)
WRAP(int, vasprintf, (char **text, const char *format, va_list args), (text, format, args), MALLOC, ENOMEM, -1)
WRAP(void *, mmap, (void *where, size_t n, int protection, int flags, int fd, off_t from),
     (where, n, protection, flags, fd, from), MMAP, ENOMEM, MAP_FAILED)

/* ---- descriptors ---- */

/* With the kind "short", every other call of the program is interrupted. */
#define INTERRUPT() \
    do { \
        if (is_short(__builtin_return_address(0)) && interrupted()) { \
            errno = EINTR; \
            return -1; \
        } \
    } while (0)

ssize_t read(int fd, void *to, size_t n)
{
    FAIL(READ, EIO, -1);
    INTERRUPT();
    return syscall(SYS_read, fd, to, is_short(__builtin_return_address(0)) ? part_of(n) : n);
}

ssize_t write(int fd, const void *from, size_t n)
{
    if (fd == STDERR_FILENO)
        FAIL(KIND_NONE, EIO, -1); /* never: it is a moment only */
    else
        FAIL(WRITE, ENOSPC, -1);
    INTERRUPT();
    return syscall(SYS_write, fd, from, is_short(__builtin_return_address(0)) ? part_of(n) : n);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    FAIL(WRITE, ENOSPC, -1);
    INTERRUPT();
    for (int i = 0; i < count && is_short(__builtin_return_address(0)); i++)
        if (parts[i].iov_len > 0)
            return syscall(SYS_write, fd, parts[i].iov_base, part_of(parts[i].iov_len));
    return syscall(SYS_writev, fd, parts, count);
}

#define WRAP_OPEN(name, parameters, folder) \
    int name parameters \
    { \
        va_list args; \
        mode_t mode; \
\
        va_start(args, flags); \
        mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0; \
        va_end(args); \
        FAIL(OPEN, EMFILE, -1); \
        return (int)syscall(SYS_openat, folder, path, flags, mode); \
    }

WRAP_OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
WRAP_OPEN(openat, (int folder, const char *path, int flags, ...), folder)
WRAP(int, mkostemp, (char *name, int flags), (name, flags), OPEN, ENOSPC, -1)
WRAP(int, mkstemp, (char *name), (name), OPEN, ENOSPC, -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), OPEN, ENOSPC, -1)
WRAP(int, unlink, (const char *path), (path), KIND_NONE, EACCES, -1)
WRAP(ssize_t, pread, (int fd, void *to, size_t n, off_t from), (fd, to, n, from), READ, EIO, -1)
WRAP(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t to), (fd, from, n, to), WRITE, ENOSPC, -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), RENAME, EACCES, -1)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), RENAME, EPERM, -1)
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), SYNC, ENOSPC, -1)
WRAP(int, posix_fallocate, (int fd, off_t from, off_t n), (fd, from, n), SYNC, ENOSPC, ENOSPC)
WRAP(off_t, lseek, (int fd, off_t to, int whence), (fd, to, whence), SYNC, EIO, -1)
WRAP(int, fsync, (int fd), (fd), SYNC, EIO, -1)
WRAP(int, fdatasync, (int fd), (fd), SYNC, EIO, -1)

/* The descriptor is closed all the same: so does Linux. */
int close(int fd)
{
    int status = (int)syscall(SYS_close, fd);

    FAIL(SYNC, EIO, -1);
    return status;
}

WRAP(int, pthread_create, (pthread_t * thread, const pthread_attr_t *how, void *(*begin)(void *), void *arg),
     (thread, how, begin, arg), THREAD, EAGAIN, EAGAIN)

/* ---- stdio ---- */

WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), FILES, EMFILE, NULL)
WRAP(FILE *, fdopen, (int fd, const char *mode), (fd, mode), FILES, ENOMEM, NULL)
WRAP(size_t, fread, (void *to, size_t size, size_t n, FILE *f), (to, size, n, f), FILES, EIO, 0)
WRAP(int, fseeko, (FILE * f, off_t to, int whence), (f, to, whence), FILES, EIO, -1)

size_t fwrite(const void *from, size_t size, size_t n, FILE *f)
{
    NEXT(fwrite);
    if (f != stdout && f != stderr && fileno(f) >= 0) /* those have fflush to tell; memory has no descriptor */
        FAIL(FILES, ENOSPC, 0);
    return next(from, size, n, f);
}

int fflush(FILE *f)
{
    NEXT(fflush);
    if (f != stderr)
        FAIL(FILES, ENOSPC, EOF);
    return next(f);
}

int fclose(FILE *f)
{
    int status;

    NEXT(fclose);
    status = next(f);
    FAIL(FILES, ENOSPC, EOF);
    return status;
}

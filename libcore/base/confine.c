/* A filter of system calls (seccomp), and rules for files (Landlock): both are the kernel's, and need no library. */
#include "base/confine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sanitizers fork, trace and look into /proc: a build with them says UNCONFINED. Elsewhere there are no such headers. */
#if !defined UNCONFINED && defined __has_include
#if __has_include(<linux/landlock.h>)
#if defined __x86_64__ && !defined __ILP32__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__ && defined __LP64__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif
#endif
#endif

#ifdef ARCHITECTURE
#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

/* ---- system calls ---- */

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define SKIP(test, value, yes, no) BPF_JUMP(BPF_JMP | (test) | BPF_K, value, yes, no) /* so many steps */
#define END RETURN(SECCOMP_RET_KILL_PROCESS)
#define NEVER(call) SKIP(BPF_JEQ, call, 0, 1), END

/* Of what a call is given it sees numbers alone, here the lower halves of the first and the second. glibc makes threads
 * by clone3, whose flags lie in memory: it does without where there is none. */
static struct sock_filter steps[] = {
    LOAD(arch),
    SKIP(BPF_JEQ, ARCHITECTURE, 1, 0),
    END, /* a call as of another architecture, with numbers of its own */
    LOAD(nr),
#ifdef __x86_64__
    SKIP(BPF_JGE, 0x40000000, 0, 1),
    END, /* the same: x32 */
    NEVER(__NR_fork),
    NEVER(__NR_vfork),
#endif
    NEVER(__NR_execve),
    NEVER(__NR_execveat),
    NEVER(__NR_socket),
    NEVER(__NR_socketpair),
    NEVER(__NR_connect), /* and what else is done with sockets that were handed to the program */
    NEVER(__NR_bind),
    NEVER(__NR_listen),
    NEVER(__NR_accept),
    NEVER(__NR_accept4),
    NEVER(__NR_sendto),
    NEVER(__NR_sendmsg),
    NEVER(__NR_sendmmsg),
    NEVER(__NR_recvmsg),
    NEVER(__NR_recvmmsg),
    NEVER(__NR_ptrace),
    NEVER(__NR_process_vm_readv),
    NEVER(__NR_process_vm_writev),
    NEVER(__NR_process_madvise),
    NEVER(__NR_pidfd_getfd),
    NEVER(__NR_kcmp),
    NEVER(__NR_bpf),
    NEVER(__NR_perf_event_open),
    NEVER(__NR_userfaultfd),
    NEVER(__NR_io_uring_setup),
    NEVER(__NR_io_uring_enter),
    NEVER(__NR_io_uring_register),
    NEVER(__NR_add_key),
    NEVER(__NR_request_key),
    NEVER(__NR_keyctl),
    NEVER(__NR_unshare),
    NEVER(__NR_setns),
    NEVER(__NR_mount),
    NEVER(__NR_umount2),
    NEVER(__NR_move_mount),
    NEVER(__NR_open_tree),
    NEVER(__NR_fsopen),
    NEVER(__NR_fspick),
    NEVER(__NR_mount_setattr),
    NEVER(__NR_pivot_root),
    NEVER(__NR_chroot),
    NEVER(__NR_open_by_handle_at),
    NEVER(__NR_init_module),
    NEVER(__NR_finit_module),
    NEVER(__NR_delete_module),
    NEVER(__NR_kexec_load),
    NEVER(__NR_reboot),
    SKIP(BPF_JEQ, __NR_clone3, 0, 1),
    RETURN(SECCOMP_RET_ERRNO | ENOSYS),
    SKIP(BPF_JEQ, __NR_clone, 0, 3),
    LOAD(args[0]),
    SKIP(BPF_JSET, CLONE_THREAD, 5, 0),
    END,
    SKIP(BPF_JEQ, __NR_ioctl, 0, 3),
    LOAD(args[1]),
    NEVER(TIOCSTI),
    RETURN(SECCOMP_RET_ALLOW),
};

static bool wanted(void)
{
    const char *word = getenv("CV_CONFINE");

    return word == NULL || strcmp(word, "no") != 0;
}

/* Without the flag older kernels also slow the processor down, for fear of code that is compiled as it comes. */
void confine(void)
{
    static bool done;
    struct sock_fprog program = {sizeof steps / sizeof *steps, steps};

    if (!done && wanted() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
    done = true;
}

/* ---- files ---- */

enum { READING = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR };

static int rules = -1; /* a descriptor */

/* As the header of today has it: signals and sockets without a file go to others no more. */
struct handled {
    __u64 files, network, scope;
};

/* All that this kernel knows to forbid. */
static void rules_begin(void)
{
    static const int files[] = {0, 13, 14, 15, 15, 16}; /* kinds of access, by version */
    long version = wanted() ? syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) : -1;
    struct handled h = {.scope = 3};

    if (version < 1)
        return;
    h.files = (1U << files[version < 5 ? version : 5]) - 1;
    rules =
        (int)syscall(__NR_landlock_create_ruleset, &h, version < 6 ? offsetof(struct handled, network) : sizeof h, 0);
}

static void rules_add(int fd, __u64 access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

    if (rules >= 0)
        syscall(__NR_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

bool confine_read(const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    struct stat s = {0};

    if (rules < 0)
        rules_begin();
    if (fd < 0)
        return false;
    fstat(fd, &s);
    rules_add(fd, S_ISDIR(s.st_mode) ? READING : LANDLOCK_ACCESS_FS_READ_FILE);
    close(fd);
    return S_ISREG(s.st_mode) || S_ISDIR(s.st_mode);
}

void confine_files(const char *temporary)
{
    int fd = temporary != NULL ? open(temporary, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        rules_add(fd, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_REMOVE_FILE);
        close(fd);
    }
    if (rules >= 0) {
        syscall(__NR_landlock_restrict_self, rules, 0);
        close(rules);
    }
}

#else

void confine(void)
{
}

bool confine_read(const char *path)
{
    (void)path;
    return true;
}

void confine_files(const char *temporary)
{
    (void)temporary;
}

#endif

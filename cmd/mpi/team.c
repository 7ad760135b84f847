/* Ranks over MPI, for cv-train-mpi: the only file that knows it. Sums are not left to the library, which may add in any
 * order: ranks exchange slices, each adds up one in the order of ranks, and hands it to all. */
#include "base/team.h"

#include <errno.h>
#include <fcntl.h>
#include <mpi.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/machine.h"
#include "base/mem.h"

/* Values of one exchange, bytes of one message: MPI counts in int. Up to FEW values it is faster to give all to all. */
enum { PIECE = 1 << 22, MESSAGE = 1 << 30, FEW = 1024, TEXT = 4096 };

static int rank, size = 1, near = 1; /* near: ranks of this machine */
static MPI_Comm machine;
static bool met;                     /* the options of all ranks are read */
static bool apart;                   /* ranks may be at different places: whoever ends takes the others with it */
static bool failed;                  /* team_agree said so */
static int spoken = -1, output = -1; /* standard error, and output, while something else is in their place */

bool team_possible(void)
{
    return true;
}

int team_rank(void)
{
    return rank;
}

int team_size(void)
{
    return size;
}

/* ---- from the beginning to the end ---- */

/* The first rank that has it not; where all do, how many they are. */
static int first_without(bool has)
{
    int mine = has ? size : rank, first;

    MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    return first;
}

static void leave(void)
{
    int over;

    MPI_Finalized(&over);
    if (over)
        return;
    if (apart && size > 1)
        MPI_Abort(MPI_COMM_WORLD, 1);
    if (!met)
        first_without(false);
    MPI_Barrier(MPI_COMM_WORLD); /* mpirun may end the others when the first one has gone */
    MPI_Finalize();
}

void team_begin(int *argc, char ***argv)
{
    int level, none;

    fd_guard();
    signal(SIGXFSZ, SIG_IGN); /* as program_begin has it: MPI writes files, too */
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &near);
    atexit(leave);
    at_quick_exit(leave); /* see mem_alloc */
    none = rank > 0 ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (none < 0)
        return;
    spoken = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(none, STDOUT_FILENO);
    dup2(none, STDERR_FILENO);
    close(none);
}

/* What another MPI starts is for this one so many programs of one rank, which would all write the same model. */
static int check_mpirun(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *ranks = getenv(names[i]);

        if (size == 1 && ranks != NULL && atoi(ranks) > 1)
            return error_set(
                "mpirun started %s ranks, but cv-train-mpi is built for another MPI: take the mpirun of that "
                "one",
                ranks);
    }
    return 0;
}

/* OpenMPI gives ranks a terminal for standard output, which models are not for: a file, whose bytes follow at the end. */
static int keep_output(void)
{
    int file;

    if (rank > 0 || !getenv("OMPI_COMM_WORLD_SIZE") || !isatty(STDOUT_FILENO))
        return 0;
    file = temporary_open();
    if (file < 0)
        return -1;
    output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(file, STDOUT_FILENO);
    return close(file);
}

/* -1: the others have ended, as the command line of one, with an error or --help, made it. */
static int all_here(void)
{
    int gone = first_without(true);

    met = true;
    if (gone == size)
        return 0;
    failed = true;
    if (rank > 0)
        exit(1);
    return error_set("rank %d: has ended, its options are not those of rank 0: start all with the same options", gone);
}

int team_meet(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *first;
    int status = all_here();

    if (status)
        return -1;
    status = check_mpirun() || keep_output() ? -1 : 0;

    team_share(&bytes, sizeof bytes);
    first = mem_zero(bytes, 1);
    if (rank == 0)
        memcpy(first, text, bytes);
    team_share(first, bytes);
    if (strcmp(text, first))
        status = error_set("runs %s; rank 0 %s: start all with the same cv and the same options", text, first);
    free(first);
    return team_agree(status);
}

void team_speak(void)
{
    apart = true;
    if (spoken >= 0) {
        dup2(spoken, STDERR_FILENO);
        close(spoken);
    }
    if (rank > 0) {
        diag_name(mem_format("%s: rank %d", diag_program(), rank));
        diag_set_quiet(true);
    }
}

int team_agree(int status)
{
    int first;
    char text[TEXT] = "";

    if (size == 1 || failed)
        return status || failed ? -1 : 0;
    first = first_without(!status);
    if (first == size)
        return 0;
    strncpy(text, error_text(), TEXT - 1);
    MPI_Bcast(text, TEXT, MPI_CHAR, first, MPI_COMM_WORLD);
    failed = true;
    apart = false;
    if (rank > 0)
        exit(1);
    return error_set("rank %d: %s", first, text);
}

/* The bytes of standard output so far, to where it leads. */
static int put_output(void)
{
    char bytes[1 << 16];
    ssize_t got;

    if (output < 0)
        return 0;
    if (lseek(STDOUT_FILENO, 0, SEEK_SET) < 0)
        return -1;
    while ((got = read(STDOUT_FILENO, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0 && fd_put(output, bytes, (size_t)got))
            return -1;
    return got < 0 ? -1 : 0;
}

int team_end(void)
{
    int status = team_agree(put_output() ? error_set("standard output:") : 0);

    apart = false;
    return status;
}

/* ---- sums ---- */

struct kind {
    MPI_Datatype type;
    size_t bytes;
    void (*add)(void *restrict sum, const void *restrict x, int count);
};

static void add_doubles(void *restrict sum, const void *restrict x, int count)
{
    double *restrict s = sum;
    const double *restrict v = x;

    for (int i = 0; i < count; i++)
        s[i] += v[i];
}

static void add_floats(void *restrict sum, const void *restrict x, int count)
{
    float *restrict s = sum;
    const float *restrict v = x;

    for (int i = 0; i < count; i++)
        s[i] += v[i];
}

/* Adds the slices [size, count] of the other ranks to this one's, in the order of all: the sum of those before it is added
 * to it, in place of it to them, which makes the same. */
static void add_up(char *own, char *slices, int count, const struct kind *k)
{
    size_t bytes = (size_t)count * k->bytes;

    for (int r = 1; r < rank; r++)
        k->add(slices, slices + (size_t)r * bytes, count);
    if (rank > 0)
        k->add(own, slices, count);
    for (int r = rank + 1; r < size; r++)
        k->add(own, slices + (size_t)r * bytes, count);
}

static void sum_few(char *x, int count, const struct kind *k, char *room)
{
    MPI_Allgather(x, count, k->type, room, count, k->type, MPI_COMM_WORLD);
    add_up(x, room, count, k);
}

static void sum_many(char *x, int count, const struct kind *k, char *room)
{
    int *counts = mem_alloc((size_t)size * 5 * sizeof *counts), *at = counts + size, *give = at + size,
        *get = give + size, *to = get + size;
    char *own;

    for (int r = 0; r < size; r++) {
        at[r] = (int)((int64_t)count * r / size);
        give[r] = counts[r] = (int)((int64_t)count * (r + 1) / size) - at[r];
    }
    for (int r = 0; r < size; r++) {
        get[r] = counts[rank];
        to[r] = r * counts[rank];
    }
    give[rank] = get[rank] = 0;
    own = x + (size_t)at[rank] * k->bytes;
    MPI_Alltoallv(x, give, at, k->type, room, get, to, k->type, MPI_COMM_WORLD);
    add_up(own, room, counts[rank], k);
    MPI_Allgatherv(MPI_IN_PLACE, 0, k->type, x, counts, at, k->type, MPI_COMM_WORLD);
    free(counts);
}

static void sum(void *x, size_t count, const struct kind *k)
{
    static char *room; /* from step to step */
    static size_t bytes;
    size_t piece = count < PIECE ? count : PIECE, wanted;

    if (size == 1 || count == 0)
        return;
    wanted = (piece + (size_t)size) * (count <= FEW ? (size_t)size : 1) * k->bytes;
    if (wanted > bytes)
        room = mem_grow(room, bytes = wanted, 1);
    for (size_t done = 0; done < count; done += piece) {
        int now = (int)(count - done < piece ? count - done : piece);

        (count <= FEW ? sum_few : sum_many)((char *)x + done * k->bytes, now, k, room);
    }
}

void team_sum(double *x, size_t count)
{
    sum(x, count, &(struct kind){MPI_DOUBLE, sizeof *x, add_doubles});
}

void team_sum_floats(float *x, size_t count)
{
    sum(x, count, &(struct kind){MPI_FLOAT, sizeof *x, add_floats});
}

void team_max(double *x, size_t count)
{
    MPI_Allreduce(MPI_IN_PLACE, x, (int)count, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
}

/* ---- bytes ---- */

/* Calls for each message of them. */
static void in_messages(void *bytes, size_t count, int other, void (*pass)(void *bytes, int count, int other))
{
    for (size_t done = 0; done < count; done += MESSAGE)
        pass((char *)bytes + done, (int)(count - done < MESSAGE ? count - done : MESSAGE), other);
}

static void pass_all(void *bytes, int count, int from)
{
    MPI_Bcast(bytes, count, MPI_BYTE, from, MPI_COMM_WORLD);
}

static void pass_to(void *bytes, int count, int to)
{
    MPI_Send(bytes, count, MPI_BYTE, to, 0, MPI_COMM_WORLD);
}

static void pass_from(void *bytes, int count, int from)
{
    MPI_Recv(bytes, count, MPI_BYTE, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

void team_share(void *bytes, size_t count)
{
    in_messages(bytes, count, 0, pass_all);
}

void team_send(int to, const void *bytes, size_t count)
{
    in_messages(&count, sizeof count, to, pass_to);
    in_messages((void *)(uintptr_t)bytes, count, to, pass_to);
}

void *team_receive(size_t *count)
{
    void *bytes = NULL;

    in_messages(count, sizeof *count, 0, pass_from);
    if (*count > 0)
        in_messages(bytes = mem_alloc(*count), *count, 0, pass_from);
    return bytes;
}

/* ---- records ---- */

/* How many each rank has. */
static int *counts_of(size_t count)
{
    int own = (int)count, *counts = mem_alloc((size_t)size * sizeof *counts);

    MPI_Allgather(&own, 1, MPI_INT, counts, 1, MPI_INT, MPI_COMM_WORLD);
    return counts;
}

size_t team_first(size_t count, size_t *all)
{
    int *counts = counts_of(count);
    size_t first = 0;

    *all = 0;
    for (int r = 0; r < size; r++) {
        first += r < rank ? (size_t)counts[r] : 0;
        *all += (size_t)counts[r];
    }
    free(counts);
    return first;
}

void team_gather(void *all, size_t count, size_t bytes)
{
    int *counts = counts_of(count), *at = mem_zero((size_t)size, sizeof *at);
    MPI_Datatype record;

    for (int r = 1; r < size; r++)
        at[r] = at[r - 1] + counts[r - 1];
    MPI_Type_contiguous((int)bytes, MPI_BYTE, &record);
    MPI_Type_commit(&record);
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, counts, at, record, MPI_COMM_WORLD);
    MPI_Type_free(&record);
    free(at);
    free(counts);
}

/* ---- what ranks of a machine share ---- */

size_t team_memory(size_t bytes)
{
    return bytes / (size_t)near;
}

int team_threads(int threads)
{
    cpu_set_t own, all;
    int mine, together;

    if (threads > 0 || size == 1)
        return threads;
    CPU_ZERO(&own);
    sched_getaffinity(0, sizeof own, &own);
    mine = CPU_COUNT(&own);
    MPI_Allreduce(&own, &all, (int)sizeof own, MPI_BYTE, MPI_BOR, machine);
    MPI_Allreduce(&mine, &together, 1, MPI_INT, MPI_SUM, machine);
    threads = together > 0 ? machine_processors() * CPU_COUNT(&all) / together : 1;
    return threads > 0 ? threads : 1;
}

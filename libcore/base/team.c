/* One rank: what all ranks get is what it has. */
#include "base/team.h"

bool team_possible(void)
{
    return false;
}

int team_rank(void)
{
    return 0;
}

int team_size(void)
{
    return 1;
}

int team_threads(int threads)
{
    return threads;
}

size_t team_memory(size_t bytes)
{
    return bytes;
}

void team_begin(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
}

int team_meet(const char *text)
{
    (void)text;
    return 0;
}

void team_speak(void)
{
}

int team_agree(int status)
{
    return status;
}

int team_end(void)
{
    return 0;
}

void team_sum(double *x, size_t count)
{
    (void)x;
    (void)count;
}

void team_sum_floats(float *x, size_t count)
{
    (void)x;
    (void)count;
}

void team_max(double *x, size_t count)
{
    (void)x;
    (void)count;
}

void team_share(void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
}

size_t team_first(size_t count, size_t *all)
{
    *all = count;
    return 0;
}

void team_gather(void *all, size_t count, size_t size)
{
    (void)all;
    (void)count;
    (void)size;
}

void team_send(int to, const void *bytes, size_t size)
{
    (void)to;
    (void)bytes;
    (void)size;
}

void *team_receive(size_t *size)
{
    *size = 0;
    return NULL;
}

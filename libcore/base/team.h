/* Ranks: processes that train one model together, each with clips of its own, step by step. A program has one, rank 0,
 * for which nothing here does anything (base/team.c), unless it is linked with cmd/mpi/team.c in front of the library. But
 * for the first three and team_memory, all ranks call the same functions in the same order. */
#ifndef BASE_TEAM_H
#define BASE_TEAM_H

#include <stdbool.h>
#include <stddef.h>

bool team_possible(void); /* there may be more than one */
int team_rank(void);
int team_size(void);

/* Threads for this rank where so many are asked for, 0: its share of the processors. */
int team_threads(int threads);

/* Its share of so much memory of the machine. */
size_t team_memory(size_t bytes);

/* ---- from the beginning to the end ---- */

/* Before anything else. Until team_speak only rank 0 is heard. */
void team_begin(int *argc, char ***argv);

/* Before any other call. -1: the text, what has to be alike, is not that of rank 0, or a rank has ended before. */
int team_meet(const char *text);

/* From here on lines name their rank, and of notes and warnings those of rank 0 are enough. */
void team_speak(void);

/* 0 where the status of all ranks is 0. Else -1 at rank 0, which is to print the reason, that of the first rank that has
 * one; the others end, and no rank calls anything here again. */
int team_agree(int status);

/* The last call. -1: what was written to standard output did not get there. */
int team_end(void);

/* ---- what all ranks get ---- */

/* x [count] becomes its sum over all ranks, added in their order, so the same bytes whatever carries it. */
void team_sum(double *x, size_t count);
void team_sum_floats(float *x, size_t count);
void team_max(double *x, size_t count);

/* The bytes of rank 0. */
void team_share(void *bytes, size_t size);

/* Records in the order of ranks: where those of this one begin, count of them, and how many there are in all. */
size_t team_first(size_t count, size_t *all);
/* Those of all ranks, size bytes each; this rank's are in their place. */
void team_gather(void *all, size_t count, size_t size);

/* ---- from rank 0 to another ---- */

void team_send(int to, const void *bytes, size_t size);
/* To be released with free(); NULL for 0 bytes. */
void *team_receive(size_t *size);

#endif

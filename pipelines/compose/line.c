/* line.c: finds the melodic line of least cost through a row of slots, by dynamic programming.
 *
 * What a bass player and an improviser have in common: at some places a certain note is wanted, and the way
 * there should move well. A slot gives every pitch a cost; between slots, intervals cost; a note outside the
 * scale wants to be resolved by step. State: the pitch and the direction it was reached from. */
#include "compose.h"

#include <stdlib.h>

#include "base/mem.h"

enum { DOWN, UP, STATES = 2 * LINE_SPAN, DEAR = 1 << 28 };

static int move_cost(const struct line_taste *t, int from, int to, bool outside)
{
    int a = abs(to - from);
    int cost = a <= 12 ? t->leap[a] : t->leap[12] + (a - 12) * t->beyond;

    return outside && (a == 0 || a > 2) ? cost + t->resolve : cost;
}

static int turn_cost(const struct line_taste *t, int direction, int from, int to)
{
    bool turns = to != from && (to > from) != (direction == UP);

    return turns ? t->turn : 0;
}

void line_solve(const struct line_slot *slots, int count, int from, const struct line_taste *taste, int *pitches)
{
    int(*best)[STATES] = mem_zero((size_t)count, sizeof *best);
    short(*came)[STATES] = mem_zero((size_t)count, sizeof *came);
    int p, q, state = 0;

    for (p = 0; p < LINE_SPAN; p++) {
        int start = from >= LINE_LOW ? move_cost(taste, from - LINE_LOW, p, false) : 0;

        best[0][2 * p + UP] = best[0][2 * p + DOWN] = slots[0].cost[p] + start;
    }
    for (int i = 1; i < count; i++) {
        for (q = 0; q < STATES; q++)
            best[i][q] = DEAR;
        for (p = 0; p < LINE_SPAN; p++) {
            for (q = 0; q < LINE_SPAN; q++) {
                int move = slots[i].cost[q] + move_cost(taste, p, q, slots[i - 1].outside[p]);

                for (int d = DOWN; d <= UP; d++) {
                    int to = 2 * q + (q == p ? d : q > p);
                    int cost = best[i - 1][2 * p + d] + move + turn_cost(taste, d, p, q);

                    if (cost < best[i][to]) {
                        best[i][to] = cost;
                        came[i][to] = (short)(2 * p + d);
                    }
                }
            }
        }
    }
    for (q = 1; q < STATES; q++)
        if (best[count - 1][q] < best[count - 1][state])
            state = q;
    for (int i = count - 1; i >= 0; i--) {
        pitches[i] = LINE_LOW + state / 2;
        if (i > 0)
            state = came[i][state];
    }
    free(best);
    free(came);
}

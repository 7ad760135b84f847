/* Numbers in order. */
#include "base/sort.h"

#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void sort_doubles(double *x, size_t count)
{
    qsort(x, count, sizeof *x, compare_doubles);
}

double sort_quantile(double *x, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;

    if (count == 0)
        return NAN;
    sort_doubles(x, count);
    return below + 1 < count ? x[below] + (place - (double)below) * (x[below + 1] - x[below]) : x[count - 1];
}

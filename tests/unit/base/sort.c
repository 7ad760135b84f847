/* Order and quantiles of numbers. */
#include <math.h>

#include "check.h"
#include "base/sort.h"

int main(void)
{
    double x[] = {3, -1, 2, 10, -1}, four[] = {4, 1, 3, 2}, one = 7;

    sort_doubles(x, 5);
    for (int i = 0; i < 4; i++)
        check(x[i] <= x[i + 1], "%g before %g", x[i], x[i + 1]);
    check(sort_quantile(four, 4, 0) <= 1 && sort_quantile(four, 4, 1) >= 4, "the ends");
    check(fabs(sort_quantile(four, 4, 0.5) - 2.5) < 1e-15, "the middle of four lies between two");
    check(fabs(sort_quantile(four, 4, 0.25) - 1.75) < 1e-15, "a quarter: %g", sort_quantile(four, 4, 0.25));
    check(fabs(sort_quantile(&one, 1, 0.3) - 7) < 1e-15, "of one");
    check(isnan(sort_quantile(&one, 0, 0.5)), "of none");
    return check_done();
}

/* Figures of numbers, finite or not. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "io/describe.h"

static double figure(const struct meta *m, const char *key)
{
    double x = -999;

    meta_get_real(m, key, &x);
    return x;
}

static void told(const struct meta *m, const char *key, double want)
{
    check(fabs(figure(m, key) - want) < 1e-12, "%s is %g: %g", key, want, figure(m, key));
}

int main(void)
{
    float x[] = {1, -3, NAN, 2, INFINITY, 4};
    struct tensor t = tensor_view(x, 2, (int64_t[]){2, 3}), nothing = tensor_view(x + 2, 1, (int64_t[]){1});
    struct meta *m = values_figures("a", &t);

    check(strcmp(meta_get(m, "name")->text, "a") == 0, "its name");
    check(meta_get(m, "shape")->count == 2 && meta_get(m, "shape")->items[1]->integer == 3, "its shape");
    told(m, "values", 6);
    told(m, "nonfinite", 2);
    told(m, "mean", 1);
    told(m, "sd", sqrt(26.0 / 4));
    told(m, "rms", sqrt(30.0 / 4));
    told(m, "min", -3);
    told(m, "max", 4);
    told(m, "peak", 4);
    meta_free(m);
    m = values_figures("none", &nothing);
    told(m, "values", 1);
    told(m, "nonfinite", 1);
    check(isnan(figure(m, "mean")) && isnan(figure(m, "sd")) && isnan(figure(m, "rms")), "nothing to take a mean of");
    check(isnan(figure(m, "min")) && isnan(figure(m, "max")) && isnan(figure(m, "peak")), "nor ends");
    meta_free(m);
    return check_done();
}

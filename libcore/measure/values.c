/* Mean, deviation and extremes of numbers. */
#include "measure/values.h"

#include <math.h>
#include <stdint.h>

static struct meta *shape_of(const struct tensor *t)
{
    struct meta *shape = meta_list();

    for (int i = 0; i < t->rank; i++)
        meta_append(shape, meta_int(t->shape[i]));
    return shape;
}

struct meta *values_figures(const char *name, const struct tensor *t)
{
    int64_t count = tensor_count(t), finite = 0;
    double sum = 0, squares = 0, spread = 0, low = INFINITY, high = -INFINITY, mean;
    struct meta *m = meta_map();

    for (int64_t i = 0; i < count; i++)
        if (isfinite(t->data[i])) {
            double x = (double)t->data[i];

            finite++;
            sum += x;
            squares += x * x;
            low = x < low ? x : low;
            high = x > high ? x : high;
        }
    mean = sum / (double)finite;        /* 0 / 0 where there are none */
    for (int64_t i = 0; i < count; i++) /* a second pass: squares minus squares would lose the digits */
        if (isfinite(t->data[i]))
            spread += ((double)t->data[i] - mean) * ((double)t->data[i] - mean);
    meta_add(m, "name", meta_text(name));
    meta_add(m, "shape", shape_of(t));
    meta_add(m, "values", meta_int(count));
    meta_add(m, "mean", meta_real(mean));
    meta_add(m, "sd", meta_real(sqrt(spread / (double)finite)));
    meta_add(m, "rms", meta_real(sqrt(squares / (double)finite)));
    meta_add(m, "min", meta_real(finite > 0 ? low : NAN));
    meta_add(m, "max", meta_real(finite > 0 ? high : NAN));
    meta_add(m, "peak", meta_real(finite > 0 ? fmax(-low, high) : NAN));
    if (finite < count)
        meta_add(m, "nonfinite", meta_int(count - finite));
    return m;
}

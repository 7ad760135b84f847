/* Kernels: one body, compiled for the baseline and for wider vector units and
 * chosen at run time; exponential and logarithm that the compiler can
 * vectorise inside such a body. */
#ifndef BASE_KERNEL_H
#define BASE_KERNEL_H

#include <stdint.h>
#include <string.h>

#define KERNEL_INLINE static inline __attribute__((always_inline))

#if defined __x86_64__

/* 0: baseline, 1: AVX2 and FMA, 2: AVX-512 */
KERNEL_INLINE int kernel_level(void)
{
    static int level = -1; /* every thread would store the same value */
    int known = __atomic_load_n(&level, __ATOMIC_RELAXED);

    if (known < 0) {
        known = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        if (known && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
            known = 2;
        __atomic_store_n(&level, known, __ATOMIC_RELAXED);
    }
    return known;
}

/* Vectors of 512 bits where there are such: compilers take shorter ones unless told. */
#if defined __clang__
#define KERNEL_512 target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"), min_vector_width(512)
#else
#define KERNEL_512 target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,prefer-vector-width=512")
#endif

/* clang-format off: a table of instructions */
/* KERNEL(scale, (float *x, size_t n, float a), (x, n, a)) { ... } defines
 * static void scale(float *x, size_t n, float a). */
#define KERNEL(name, params, args) \
    KERNEL_INLINE void name##_body params; \
    __attribute__((KERNEL_512)) static void name##_512 params \
    { \
        name##_body args; \
    } \
    __attribute__((target("avx2,fma"))) static void name##_256 params \
    { \
        name##_body args; \
    } \
    static void name##_128 params \
    { \
        name##_body args; \
    } \
    static void name params \
    { \
        switch (kernel_level()) { \
        case 2: \
            name##_512 args; \
            break; \
        case 1: \
            name##_256 args; \
            break; \
        default: \
            name##_128 args; \
        } \
    } \
    KERNEL_INLINE void name##_body params

/* clang-format on */

#else

#define KERNEL(name, params, args) static void name params

#endif

/* clang-format off */
/* sum += value for i from .. to - 1: the first of them in so many lanes of a type, side by side, which become a vector,
 * then the rest one by one, and at last the lanes, whatever vectors there are. */
#define KERNEL_SUM(sum, type, lanes, i, from, to, value) \
    do { \
        type lane_[lanes] = {0}; \
        int64_t at_ = (int64_t)(from), end_ = (int64_t)(to); \
        for (; at_ + (lanes) <= end_; at_ += (lanes)) \
            for (int l_ = 0; l_ < (lanes); l_++) { \
                int64_t i = at_ + l_; \
                lane_[l_] += value; \
            } \
        for (int64_t i = at_; i < end_; i++) \
            sum += value; \
        for (int l_ = 0; l_ < (lanes); l_++) \
            sum += lane_[l_]; \
    } while (0)
/* clang-format on */

/* e^x within 2 units in the last place for -87 < x < 88, clamped outside.
 * Range reduction by ln 2 and a degree-6 polynomial, coefficients from the
 * Cephes library (Moshier 1989). */
KERNEL_INLINE float kernel_exp(float x)
{
    const float magic = 12582912.0f; /* 1.5 x 2^23: adding it rounds to an integer */
    float n, r, p;
    uint32_t bits;

    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    n = x * 1.44269504088896341f + magic;
    memcpy(&bits, &n, sizeof bits);
    n -= magic;
    r = x - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    bits = (bits - 0x4b400000u + 127u) << 23;
    memcpy(&r, &bits, sizeof r);
    return p * r;
}

/* ln x for normal x > 0, within 2 units in the last place (Cephes logf). */
KERNEL_INLINE float kernel_log(float x)
{
    int32_t bits, e;
    float m, z, p, n;
    int32_t small;

    memcpy(&bits, &x, sizeof bits);
    /* x = m 2^e, m in [sqrt(1/2), sqrt(2)) */
    e = ((bits >> 23) & 0xff) - 126;
    bits = (bits & 0x007fffff) | 0x3f000000;
    memcpy(&m, &bits, sizeof m);
    small = m < 0.707106781186547524f;
    e -= small;
    m = small ? m + m : m;
    n = (float)e;
    m -= 1.0f;
    z = m * m;
    p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    p = p * m * z;
    p += -2.12194440e-4f * n;
    p -= 0.5f * z;
    return m + p + 0.693359375f * n;
}

/* 1 / (1 + e^-x) */
KERNEL_INLINE float kernel_sigmoid(float x)
{
    return 1.0f / (1.0f + kernel_exp(-x));
}

#endif

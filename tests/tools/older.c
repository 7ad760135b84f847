/* cv-train as on an older processor: LACKS=avx512 or LACKS=avx2 in the environment take these instructions from what
 * kernel_level() is told. Linked with cmd/cv-train.o. */
#include <stdlib.h>
#include <string.h>

#if defined __x86_64__
/* Of libgcc and compiler-rt, behind __builtin_cpu_supports. */
extern struct {
    unsigned vendor, type, subtype, features;
} __cpu_model;

enum { AVX2 = 1 << 10, AVX512F = 1 << 15 };

__attribute__((constructor)) static void grow_old(void)
{
    const char *lacks = getenv("LACKS");

    if (lacks)
        __cpu_model.features &= ~(unsigned)(strcmp(lacks, "avx2") ? AVX512F : AVX2 | AVX512F);
}
#endif

/* XXH3-64 with the widest vectors that the processor has. */
#include "io/stream_private.h"

/* Libraries built for x86 may hold this one too, which chooses by the
 * processor it runs on; the common one is compiled for the oldest. */
extern XXH_errorcode XXH3_64bits_update_dispatch(XXH3_state_t *, const void *, size_t) __attribute__((weak));

void hash_update(XXH3_state_t *state, const void *p, size_t bytes)
{
    if (XXH3_64bits_update_dispatch)
        XXH3_64bits_update_dispatch(state, p, bytes);
    else
        XXH3_64bits_update(state, p, bytes);
}

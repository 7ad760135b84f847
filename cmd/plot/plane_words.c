/* What a plane of latents shows, in words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "latent.h"
#include "text.h"

/* Adds words to a text, after what parts them from those before. */
__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list list;

    va_start(list, format);
    vsnprintf(text + used, size - used, format, list);
    va_end(list);
}

/* " (1.5, 2)" */
static void add_pair(char *text, size_t size, const double *two)
{
    char a[64], b[64];

    text_number(a, sizeof a, two[0], 3);
    text_number(b, sizeof b, two[1], 3);
    add(text, size, " (%s, %s)", a, b);
}

void plane_remarks(char *text, size_t size, const struct plane *p, const struct latent *l)
{
    const char *what = strcmp(l->tensor, "mean") == 0 ? "posterior means"
                       : strcmp(l->tensor, "z") == 0  ? "draws from the posterior"
                                                      : "draws from the prior";

    text[0] = '\0';
    if (p->collapsed)
        add(text, size, "COLLAPSED: no dimension tells clips apart; ");
    add(text, size, "%zu clip%s, %s", l->count, l->count > 1 ? "s" : "", what);
    if (l->points > (int64_t)l->count)
        add(text, size, " at %lld times", (long long)l->points);
    if (p->share > 0)
        add(text, size, "; principal components 1 and 2 of %lld, %.0f %% of the variance", (long long)l->dims,
            100 * p->share);
    else if (l->dims > 2)
        add(text, size, "; dimensions %d and %d of %lld", p->dims[0], p->dims[1], (long long)l->dims);
}

void plane_legend(char *text, size_t size, const struct plane *p, const struct latent *l)
{
    text[0] = '\0';
    add(text, size, "sd");
    add_pair(text, size, p->sd);
    if (l->spread) {
        add(text, size, ", of the posterior");
        add_pair(text, size, p->posterior);
    }
    if (l->normal)
        add(text, size, "; circles: prior");
    if (!l->noise && l->points > (int64_t)l->count)
        add(text, size,
            l->count <= LATENT_JOINED ? "; lines: clips in time, large dots: their means"
                                      : "; large dots: means of clips");
}

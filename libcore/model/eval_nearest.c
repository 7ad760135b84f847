/* The clip whose mean latent is nearest to another's. */
#include <math.h>

#include "model/eval_private.h"

struct search {
    struct eval *e;
    const float *means;
};

static double square_away(const float *a, const float *b, int latent)
{
    double sum = 0;

    for (int d = 0; d < latent; d++)
        sum += (double)(a[d] - b[d]) * (double)(a[d] - b[d]);
    return sum / latent;
}

static void nearest_find(void *arg, int task, int worker)
{
    const struct search *s = arg;
    struct eval_each *own = &s->e->each[task];
    int latent = s->e->latent;

    (void)worker;
    for (int64_t i = 0; i < s->e->clips; i++) {
        double away = i == task ? NAN : sqrt(square_away(s->means + i * latent, s->means + task * latent, latent));

        if (away < own->away || (own->nearest < 0 && !isnan(away))) {
            own->nearest = i;
            own->away = away;
        }
    }
}

void eval_nearest(struct eval *e, const float *means, struct pool *pool)
{
    struct search s = {e, means};

    pool_run(pool, (int)e->clips, nearest_find, &s);
}

/* Finds breaks in a waveform by its roughness against that of its surroundings. */
#include "measure/clicks.h"

#include <math.h>
#include <stdlib.h>

#include "base/kernel.h"
#include "base/mem.h"

enum { NEAR = 8, HOP_LEAST = 32, HOP_MOST = 4096, REPEATS = 64, REACH_LEAST = 16 };

static const float step_least = 1.0f / 500, times = 4;
static const double reach_seconds = 0.005;

/* r[t] for t in 2 .. samples - 2. */
KERNEL(roughness, (const float *restrict x, int64_t samples, float *restrict r), (x, samples, r))
{
    for (int64_t t = 2; t < samples - 1; t++)
        r[t] = fabsf(3 * (x[t] - x[t - 1]) - (x[t + 1] - x[t - 2]));
}

/* Whether r[t] is more than any within NEAR of it; r has as many zeros before and after. */
KERNEL(peaks_mark, (const float *restrict r, int64_t samples, char *restrict peak), (r, samples, peak))
{
    for (int64_t t = 0; t < samples; t++) {
        float most = 0;

        for (int i = 1; i <= NEAR; i++) {
            float before = r[t - i], after = r[t + i];

            most = before > most ? before : most;
            most = after > most ? after : most;
        }
        peak[t] = r[t] > most;
    }
}

/* Whether r[t] > times r[u] for all u from t - reach to t + reach but t and its neighbours. */
static int stands_out(const float *r, int64_t samples, int64_t t, int64_t reach)
{
    for (int64_t i = 2; i <= reach; i++) {
        if (t - i >= 0 && r[t] <= times * r[t - i])
            return 0;
        if (t + i < samples && r[t] <= times * r[t + i])
            return 0;
    }
    return 1;
}

/* The luckiest phase of each hop. found [sum of hops]: how often each phase of each hop was roughest. */
static void joins_pick(const int64_t *found, int64_t channels, int64_t samples, struct clicks *c)
{
    for (int hop = HOP_LEAST; hop <= HOP_MOST; found += hop, hop *= 2) {
        if (samples / hop < REPEATS)
            break;
        for (int phase = 0; phase < hop; phase++) {
            int64_t places = channels * ((samples - 1 - phase) / hop + 1);
            double share = (double)found[phase] / (double)places;

            if (!(share <= c->joins)) {
                c->joins = share;
                c->hop = hop;
                c->phase = phase;
            }
        }
    }
}

struct clicks clicks_find(const float *x, int64_t channels, int64_t samples, double rate)
{
    struct clicks c = {.joins = NAN};
    float *room = mem_zero((size_t)samples + 2 * NEAR, sizeof *room), *r = room + NEAR;
    char *peak = mem_alloc((size_t)samples);
    int64_t *found = mem_zero(2 * HOP_MOST, sizeof *found);
    int64_t reach = (int64_t)fmax(REACH_LEAST, nearbyint(rate * reach_seconds));

    for (int64_t ch = 0; ch < channels; ch++) {
        roughness(x + ch * samples, samples, r);
        peaks_mark(r, samples, peak);
        for (int64_t t = 2; t + 1 < samples; t++) {
            int64_t *row = found;

            if (!peak[t])
                continue;
            for (int hop = HOP_LEAST; hop <= HOP_MOST; row += hop, hop *= 2)
                row[t % hop]++;
            c.count += r[t] > step_least && stands_out(r, samples, t, reach);
        }
    }
    joins_pick(found, channels, samples, &c);
    free(found);
    free(room);
    free(peak);
    return c;
}

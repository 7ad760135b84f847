/* The cost of a block at a place, and where what was played returns. */
#include "model/guided.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Blocks of context before a place; those that a repeat is found by; how far back one is looked for; the best that are
 * compared with what was played before. */
enum { CONTEXT = 2, REACH = 4, BACK = 1024, BEST = 256, LAGS = 5 };
/* Weights of the terms beside that of the context, as measured on composed and orchestral music; how alike a place has to
 * be for what was played there to return, and to be compared with. */
static const double texture = 3, memory = 1, least_alike = 0.35;
static const double least_memory = 0.05;
/* Farther than any two clips: what clips in three and in four are apart. */
static const double other_bars = 1e6;
/* How much of the texture that is owed to the guide is left after a unit. Blocks near the mean of all are near to any place
 * (Radovanovic, Nanopoulos and Ivanovic 2010: hubs), and the nearest ones are duller than the guide; so what each lacks is
 * asked of the next, as in diffusion of errors (Floyd and Steinberg 1976). */
static const float owing = 0.9f;

struct guided_how guided_defaults(void)
{
    return (struct guided_how){.follow = 2, .vary = 0.3, .unit = 2, .nearest = 24, .bars = 8};
}

struct guided_walk {
    const struct guided *g;
    const struct blocks *guide;
    /* Rings: place i is at i % rows. */
    int64_t rows, filled;         /* places that the row is known of */
    int64_t *row;                 /* [rows] of the guide */
    int64_t *made;                /* [rows] of the bank */
    float *like;                  /* [rows, length latent + CHROMA] */
    int64_t from;                 /* the row begins here, */
    int64_t clips, other;         /* and has had so many clips; the other one of them; */
    int64_t at, end;              /* where it is in the last one, and where that ends */
    int bar;                      /* blocks of one, of the clip that the row begins with */
    int64_t known[256], *section; /* of --form: which of the sections [letters, blocks] a letter is, or -1 */
    int letters;
    size_t like_size;
    float *cost;     /* [count] */
    float *products; /* [count, 2] */
    float *owed;     /* [latent]: texture of the guide so far less that of what was played; */
    float *aim;      /* and what is wanted next */
};

/* ---- the row ---- */

/* Of clips a and b of the bank: squared distances of their means over a clip, of latents and of harmony. */
static double between_clips(const struct guided *g, int64_t a, int64_t b)
{
    const struct blocks *k = g->bank;
    int n = k->length * k->latent;
    const float *x = k->mean + a * (n + CHROMA), *y = k->mean + b * (n + CHROMA);
    float sum = 0;

    squares_add(1, n, x, y, 1 / g->far.block, &sum);
    squares_add(1, CHROMA, x + n, y + n, 1 / g->far.harmony, &sum);
    return (double)sum;
}

/* The clip of the bank that sounds most like this one and is none of those used; of the same bars, where there is one. */
static int64_t other_clip(const struct guided *g, int64_t clip, const int64_t *used, int count)
{
    int64_t best = clip;
    double least = INFINITY;

    for (int64_t c = 0; c < g->bank->clips; c++) {
        double d = c == clip || g->bank->first[c + 1] == g->bank->first[c] ? INFINITY : between_clips(g, clip, c);

        for (int i = 0; i < count; i++)
            d = used[i] == c ? INFINITY : d;
        d += g->bank->bar[c].length != g->bank->bar[clip].length ? other_bars : 0;
        if (d < least) {
            least = d;
            best = c;
        }
    }
    return best;
}

/* Blocks from one on, whole bars of their clip over and over. */
static void stretch(const struct blocks *b, int64_t from, int64_t count, int64_t *row)
{
    int64_t clip = b->clip[from], bar = b->bar[clip].length, first = b->first[clip], all = b->first[clip + 1] - first,
            at = from - first;

    for (int64_t i = 0; i < count; i++, at++) {
        if (at >= all)
            at -= all < bar ? all : all / bar * bar;
        row[i] = first + at;
    }
}

/* Clips, each from where the bar goes on: A A B A, B the one nearest to A. */
static int64_t row_of_clips(struct guided_walk *w, int64_t i)
{
    const struct blocks *b = w->guide;

    if (w->at == w->end) {
        int64_t c = w->clips % 4 == 2 ? w->other : b->clip[w->from];

        w->at = w->clips++ == 0 ? w->from : blocks_at_place(b, c, blocks_place(b, w->from) + i);
        w->end = b->first[c + 1];
    }
    return w->at++;
}

/* How far apart two stretches are in harmony, less for what they share. */
static double apart(const struct blocks *b, const int64_t *x, const int64_t *y, int64_t count)
{
    float sum = 0;
    int64_t shared = 0;

    for (int64_t i = 0; i < count; i++) {
        squares_add(1, CHROMA, b->harmony + x[i] * CHROMA, b->harmony + y[i] * CHROMA, 1, &sum);
        for (int64_t j = 0; j < count; j++)
            if (x[i] == y[j]) {
                shared++;
                break;
            }
    }
    return (double)sum * (1 - (double)shared / (double)count);
}

/* The stretch of the clip, at the same place of its bars, that is farthest from those of the letters before, or, where
 * there is no room for one more, the nearest other clip. */
static void choose_section(const struct guided_walk *w, int64_t from, const int64_t *have, int letters, int64_t count,
                           int64_t *out)
{
    const struct blocks *b = w->guide;
    int64_t clip = b->clip[from], place = blocks_place(b, from), first = blocks_at_place(b, clip, place),
            all = b->first[clip + 1] - b->first[clip], *try = mem_zero((size_t)count, sizeof *try);
    double most = -1;

    for (int64_t at = first; at == first || at + count <= b->first[clip + 1]; at += w->bar) {
        double least = INFINITY;

        stretch(b, at, count, try);
        for (int k = 0; k < letters; k++)
            least = fmin(least, apart(b, try, have + k * count, count));
        if (least > most) {
            most = least;
            memcpy(out, try, (size_t)count * sizeof *out);
        }
    }
    if (all < (letters + 1) * count && b == w->g->bank) {
        int64_t *used = mem_zero((size_t)letters, sizeof *used);

        for (int k = 0; k < letters; k++)
            used[k] = b->clip[have[k * count]];
        clip = other_clip(w->g, clip, used, letters);
        stretch(b, blocks_at_place(b, clip, place), count, out);
        free(used);
    }
    free(try);
}

static int64_t row_of_form(struct guided_walk *w, int64_t i)
{
    const char *form = w->g->how.form;
    int64_t count = w->bar * w->g->how.bars;
    unsigned char letter = (unsigned char)form[i / count % (int64_t)strlen(form)];

    if (w->known[letter] < 0) {
        if (w->letters > 0)
            choose_section(w, w->from, w->section, w->letters, count, w->section + w->letters * count);
        w->known[letter] = w->letters++;
    }
    return w->section[w->known[letter] * count + i % count];
}

/* The row as far as place to. */
static void fill_row(struct guided_walk *w, int64_t to)
{
    for (; w->filled < to; w->filled++) {
        int64_t at = w->filled % w->rows;

        w->row[at] = w->g->how.form ? row_of_form(w, w->filled) : row_of_clips(w, w->filled);
        blocks_like(w->guide, w->row[at], w->like + (size_t)at * w->like_size);
    }
}

static void begin_row(struct guided_walk *w, int64_t from)
{
    const struct guided *g = w->g;
    const struct blocks *b = w->guide;
    int64_t count;

    w->from = from;
    w->bar = b->bar[b->clip[from]].length;
    count = w->bar * g->how.bars;
    if (!g->how.form) {
        w->other = b == g->bank ? other_clip(g, b->clip[from], NULL, 0) : b->clip[from];
        return;
    }
    memset(w->known, -1, sizeof w->known);
    w->section = mem_zero(strlen(g->how.form) * (size_t)count, sizeof *w->section);
    stretch(b, from, count, w->section);
}

struct guided_walk *guided_begin(const struct guided *g, const struct blocks *guide, int64_t from, int64_t blocks)
{
    struct guided_walk *w = mem_zero(1, sizeof *w);

    w->g = g;
    w->guide = guide;
    w->rows = (blocks < BACK ? blocks : BACK) + g->how.unit + REACH;
    w->row = mem_zero((size_t)w->rows, sizeof *w->row);
    w->made = mem_zero((size_t)w->rows, sizeof *w->made);
    w->like_size = (size_t)(guide->length * guide->latent + CHROMA);
    w->like = mem_alloc((size_t)w->rows * w->like_size * sizeof *w->like);
    w->cost = mem_alloc((size_t)g->bank->count * sizeof *w->cost);
    w->products = mem_alloc(2 * (size_t)g->bank->count * sizeof *w->products);
    w->owed = mem_zero((size_t)guide->latent, sizeof *w->owed);
    w->aim = mem_alloc((size_t)guide->latent * sizeof *w->aim);
    begin_row(w, from);
    fill_row(w, w->rows);
    return w;
}

void guided_end(struct guided_walk *w)
{
    free(w->row);
    free(w->section);
    free(w->made);
    free(w->like);
    free(w->cost);
    free(w->products);
    free(w->owed);
    free(w->aim);
    free(w);
}

int64_t guided_row(const struct guided_walk *w, int64_t i)
{
    return w->row[i % w->rows];
}

/* ---- repeats ---- */

static double alike(const struct guided_walk *w, int64_t i, int64_t j)
{
    i %= w->rows;
    j %= w->rows;
    if (w->row[i] == w->row[j])
        return 1;
    return blocks_alike(w->guide, w->like + (size_t)i * w->like_size, w->like + (size_t)j * w->like_size);
}

/* The earlier place, whole bars before, from which the row goes on most like it does from i; -1: none. */
static int64_t find_repeat(const struct guided_walk *w, int64_t i)
{
    double most = least_alike;
    int64_t best = -1;

    for (int64_t j = i - (i < BACK ? i : BACK) / w->bar * w->bar; j + w->bar <= i; j += w->bar) {
        double sum = 0;

        for (int k = 0; k < REACH; k++)
            sum += alike(w, i + k, j + k);
        if (sum / REACH > most) {
            most = sum / REACH;
            best = j;
        }
    }
    return best;
}

/* ---- costs ---- */

/* Not the clip that is followed, and not what goes on from the unit before: nothing fits better, so most would be copied. */
static bool may_play(const struct guided_walk *w, int64_t i, int64_t j, int64_t guide_clip)
{
    const struct blocks *b = w->g->bank;
    int64_t c = b->clip[j];

    return (i == 0 || j != w->made[(i - 1) % w->rows] + 1) && j - b->first[c] >= CONTEXT &&
           j + w->g->how.unit < b->first[c + 1] && (c != guide_clip || w->guide != b || b->clips < 2);
}

/* Costs of all blocks j, as the first of a unit at place i, but for what was played before: squared distances over what
 * they are between any blocks (far), of the two blocks before j from past; with the weight follow of the harmony from
 * blocks row[i + k] of the guide, the mean over the unit; with texture of the texture that is aimed at. INFINITY: not to be
 * played. */
static void costs(struct guided_walk *w, int64_t i, const float *past)
{
    const struct guided *g = w->g;
    const struct blocks *b = g->bank, *a = w->guide;
    int64_t unit = g->how.unit, clip = a->clip[guided_row(w, i)];
    float *c = w->cost, *p = w->products, part = 1 / (float)unit;

    blocks_products(b, past, p);
    for (int64_t j = 0; j < b->count; j++)
        c[j] = may_play(w, i, j, clip) ? blocks_context(b, p, j) / g->far.context : INFINITY;
    for (int64_t k = 0; k < unit; k++)
        squares_add(b->count - k, CHROMA, b->harmony + k * CHROMA, a->harmony + guided_row(w, i + k) * CHROMA,
                    (float)g->how.follow * part / g->far.harmony, c);
    for (int l = 0; l < b->latent; l++)
        w->aim[l] = a->texture[guided_row(w, i) * b->latent + l] + w->owed[l];
    squares_add(b->count, b->latent, b->texture, w->aim, (float)texture / g->far.texture, c);
}

/* Blocks played before, and how much what is chosen should be like them. */
struct memories {
    int count;
    struct memory {
        int k; /* of the unit */
        int64_t block;
        float weight;
    } list[LAGS * GUIDED_UNIT_MOST];
};

/* What was played where the guide was like what it is from place i on. */
static void remember(const struct guided_walk *w, int64_t i, int64_t repeat, struct memories *m)
{
    int64_t lags[LAGS] = {w->bar, 2 * w->bar, 4 * w->bar, 8 * w->bar, repeat >= 0 ? i - repeat : 0};

    m->count = 0;
    for (int l = 0; l < LAGS; l++) {
        bool twice = false;

        for (int o = 0; o < l; o++)
            twice |= lags[o] == lags[l];
        for (int k = 0; k < w->g->how.unit && k < lags[l] && lags[l] <= i && !twice; k++) {
            double c = alike(w, i + k, i + k - lags[l]);

            if (c > least_memory)
                m->list[m->count++] =
                    (struct memory){k, w->made[(i + k - lags[l]) % w->rows],
                                    (float)(memory * c / ((double)w->g->how.unit * (double)w->g->far.block))};
        }
    }
}

/* The sum of weight |weighted block j + k - what was played|^2. */
static float unlike(const struct blocks *b, const struct memories *m, int64_t j)
{
    int n = b->length * b->latent;
    float sum = 0;

    for (int i = 0; i < m->count; i++)
        squares_add(1, n, b->weighted + (j + m->list[i].k) * n, b->weighted + m->list[i].block * n, m->list[i].weight,
                    &sum);
    return sum;
}

struct choice {
    float cost;
    int64_t block;
};

/* Into the ascending list of at most so many. */
static int keep_best(struct choice *list, int have, int most, float cost, int64_t block)
{
    int at;

    if (have == most && cost >= list[have - 1].cost)
        return have;
    at = have < most ? have++ : have - 1;
    for (; at > 0 && list[at - 1].cost > cost; at--)
        list[at] = list[at - 1];
    list[at] = (struct choice){cost, block};
    return have;
}

static int64_t choose(struct guided_walk *w, int64_t i, int64_t repeat, const float *past, double u)
{
    struct choice first[BEST], best[BEST];
    struct memories m;
    int have = 0, kept = 0, nearest = w->g->how.nearest < BEST ? (int)w->g->how.nearest : BEST;

    costs(w, i, past);
    remember(w, i, repeat, &m);
    for (int64_t j = 0; j < w->g->bank->count; j++)
        if (isfinite(w->cost[j]))
            have = keep_best(first, have, BEST, w->cost[j], j);
    for (int k = 0; k < have; k++)
        kept = keep_best(best, kept, nearest, first[k].cost + unlike(w->g->bank, &m, first[k].block), first[k].block);
    return kept > 0 ? best[(int)(u * kept)].block : w->g->bank->first[w->g->bank->clip[0]] + CONTEXT;
}

/* The unit from place i on has been chosen. */
static void owe(struct guided_walk *w, int64_t i)
{
    const struct blocks *b = w->g->bank;
    const float *wanted = w->guide->texture + guided_row(w, i) * b->latent,
                *have = b->texture + w->made[i % w->rows] * b->latent;

    for (int l = 0; l < b->latent; l++)
        w->owed[l] = owing * w->owed[l] + wanted[l] - have[l];
}

int64_t guided_next(struct guided_walk *w, int64_t i, const float *past, double place, double vary)
{
    int64_t unit = w->g->how.unit;

    if (i % unit == 0) {
        int64_t repeat;

        fill_row(w, i + unit + REACH);
        repeat = find_repeat(w, i);
        if (repeat >= 0 && vary >= w->g->how.vary) {
            for (int k = 0; k < unit; k++) /* one that is longer than the way back repeats itself */
                w->made[(i + k) % w->rows] = w->made[(repeat + k) % w->rows];
        } else {
            int64_t from = choose(w, i, repeat, past, place);

            for (int64_t k = 0; k < unit; k++) /* clips shorter than a unit may end before */
                w->made[(i + k) % w->rows] = from + k < w->g->bank->count ? from + k : w->g->bank->count - 1;
        }
        owe(w, i);
    }
    return w->made[i % w->rows];
}

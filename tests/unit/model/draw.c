/* Draws: the numbers of a stream of noise, and what comes of them in a model whose prior leaves them as they are. */
#include "model/draw.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/continuation.h"
#include "model/noise_model.h"

enum { WIDE = 256, MOST = 101 };

static char model[] = "/tmp/cv-unit-draw-model-XXXXXX", clips[] = "/tmp/cv-unit-draw-clips-XXXXXX",
            out[] = "/tmp/cv-unit-draw-out-XXXXXX";
static int step; /* samples of a latent */

struct drawn {
    char name[16];
    struct meta *meta;
    int64_t size, frames;
    float *v;
};

struct stream {
    struct meta *head;
    int count;
    struct drawn clips[MOST];
};

static void take_all(struct reader *r, struct stream *s)
{
    const struct frame *f;

    *s = (struct stream){0};
    check(r != NULL, "a stream: %s", error_text());
    s->head = meta_copy(reader_meta(r));
    while (s->count < MOST && reader_next(r, &f) > 0) {
        struct drawn *d = &s->clips[s->count++];
        const struct tensor *t = &f->tensors[0].t;

        snprintf(d->name, sizeof d->name, "%s", f->name);
        d->meta = meta_copy(f->meta);
        d->size = t->shape[0];
        d->frames = t->shape[1];
        d->v = mem_alloc((size_t)tensor_count(t) * sizeof *d->v);
        memcpy(d->v, t->data, (size_t)tensor_count(t) * sizeof *d->v);
    }
    reader_free(r);
}

static void drop(struct stream *s)
{
    for (int i = 0; i < s->count; i++) {
        meta_free(s->clips[i].meta);
        free(s->clips[i].v);
    }
    meta_free(s->head);
}

static struct draw draw_of(int64_t count)
{
    return (struct draw){.count = count, .seed = 5, .temperature = 1};
}

static struct draw draw_by_model(int64_t count)
{
    struct draw d = draw_of(count);

    d.model = model;
    d.how.prior = "normal";
    return d;
}

static struct stream drawn(struct draw d)
{
    struct stream s;
    FILE *file = fopen(out, "w+");

    check(draw_run(&d, fileno(file), out) == 0, "drawn: %s", error_text());
    fclose(file);
    take_all(reader_open(out, NULL), &s);
    return s;
}

static void refused(struct draw d, const char *reason)
{
    FILE *file = fopen(out, "w+");

    check(draw_run(&d, fileno(file), out) == -1 && strstr(error_text(), reason), "refused: %s", error_text());
    fclose(file);
}

static bool equal(float a, float b)
{
    return a <= b && a >= b;
}

/* Whether frames from to to of some rows of both are the same. */
static bool same(const struct drawn *a, const struct drawn *b, int64_t rows, int64_t from, int64_t to)
{
    bool all = a->frames >= to && b->frames >= to;

    for (int64_t d = 0; d < rows && all; d++)
        for (int64_t t = from; t < to; t++)
            all &= equal(a->v[d * a->frames + t], b->v[d * b->frames + t]);
    return all;
}

/* Share of the standard normal distribution under x. */
static double under(float x)
{
    return 0.5 * erfc(-(double)x / sqrt(2));
}

static void check_normal(const struct drawn *d)
{
    double farthest = 0, widest = 0;
    bool apart = true;

    for (int64_t i = 0; i < d->size; i++) {
        double sum = 0, square = 0, n = (double)d->frames;

        for (int64_t t = 0; t < d->frames; t++) {
            double x = (double)d->v[i * d->frames + t];

            sum += x;
            square += x * x;
        }
        farthest = fmax(farthest, fabs(sum / n));
        widest = fmax(widest, fabs(log(square / n)));
        apart &= i == 0 || !equal(d->v[i * d->frames + 1], d->v[(i - 1) * d->frames + 1]);
    }
    check(farthest < 0.2 && widest < 0.35 && apart, "each dimension is normal: mean %g, log of variance %g", farthest,
          widest);
}

static void test_noise(void)
{
    struct stream three = drawn(draw_of(3)), one = drawn(draw_of(1)), hot, other;
    struct draw d = draw_of(3);
    int64_t seed = 0;
    double temperature = 0;
    bool twice = true;

    check(meta_get_int(three.head, "seed", &seed) && seed == 5 &&
              meta_get_real(three.head, "temperature", &temperature) && fabs(temperature - 1) < 1e-9 &&
              !meta_get(three.head, "exact") && !meta_get(three.head, "history_of"),
          "the head says how");
    check(three.count == 3 && one.count == 1 && !strcmp(three.clips[2].name, "sample-02"), "three clips, and one");
    check(three.clips[0].size == WIDE && three.clips[0].frames == 512, "of 30 s");
    check(!meta_get(three.clips[0].meta, "tempo") && !meta_get(three.clips[0].meta, "seconds") &&
              !meta_get(three.clips[0].meta, "samples"),
          "no tempo and no length is said");
    check(same(&three.clips[0], &one.clips[0], WIDE, 0, 512), "the first is the same alone");
    check(!same(&three.clips[0], &three.clips[1], 1, 1, 2), "the second is another");
    for (int i = 0; i < 3; i++) {
        double by = under(three.clips[i].v[0]) - under(three.clips[0].v[0]) - i * 0.6180339887498949;

        check_normal(&three.clips[i]);
        check(fabs(by - round(by)) < 1e-6, "the first number goes on by the golden section (%g)", by);
    }
    d.temperature = 2;
    d.exact = true;
    hot = drawn(d);
    d.seed = 6;
    other = drawn(d);
    for (int64_t i = 0; i < WIDE * 512; i++)
        twice &= equal(hot.clips[2].v[i], 2 * three.clips[2].v[i]);
    check(twice && meta_get(hot.head, "exact") && meta_get(hot.head, "exact")->truth, "twice as hot, and exact");
    check(!same(&hot.clips[0], &other.clips[0], 1, 0, 1) && !same(&hot.clips[0], &other.clips[0], 1, 1, 2),
          "another seed, other numbers");
    drop(&three);
    drop(&one);
    drop(&hot);
    drop(&other);
}

static void test_length(void)
{
    struct draw d = draw_of(MOST);
    struct stream whole = drawn(draw_of(1)), s;
    double said = 0, tempo = 0;

    d.length = d.tempo = 0.5;
    s = drawn(d);
    check(s.clips[0].frames == 9 + 24 && !strcmp(s.clips[0].name, "sample-000"), "half a second, and a bar");
    check(same(&s.clips[0], &whole.clips[0], WIDE, 0, s.clips[0].frames), "the begin of a longer one");
    check(meta_get_real(s.clips[0].meta, "seconds", &said) && fabs(said - 0.5) < 1e-9 &&
              meta_get_real(s.clips[0].meta, "tempo", &tempo) && fabs(tempo - 0.5) < 1e-9,
          "length and tempo are said");
    drop(&s);
    d.count = MOST - 1;
    s = drawn(d);
    check(!strcmp(s.clips[99].name, "sample-99"), "a hundred have two digits");
    drop(&s);
    drop(&whole);
}

/* Latents are the noise, as many as the length needs. */
static void test_latents(void)
{
    struct stream noise = drawn(draw_of(2)), s = drawn(draw_by_model(2));
    struct draw d = draw_by_model(1);
    const int64_t all = (N + step - 1) / step;

    check(s.count == 2 && s.clips[1].size == LATENT && s.clips[1].frames == all, "as long as in training: %lld of %lld",
          (long long)s.clips[1].frames, (long long)all);
    check(same(&s.clips[1], &noise.clips[1], LATENT, 0, all), "what the prior makes of the noise");
    drop(&s);
    for (int n = 0; n <= 7; n++) {
        d.length = fmax(n - 0.1, 0.5) * step / RATE;
        s = drawn(d);
        check(s.clips[0].frames == (n > 1 ? n : 1), "%lld latents for %g s", (long long)s.clips[0].frames, d.length);
        drop(&s);
    }
    d.tempo = 0.5;         /* which fixed frames do not take */
    d.start_seconds = 100; /* of no start */
    s = drawn(d);
    check(!meta_get(s.clips[0].meta, "tempo") && s.clips[0].frames == 7, "no tempo");
    drop(&s);
    drop(&noise);
    d.length = (double)(((1 << 24) / LATENT + 1) * (int64_t)step) / RATE;
    refused(d, "more than 16777216");
    d.model = "/tmp/cv-unit-draw-none";
    refused(d, "cv-unit-draw-none");
}

/* What is gone on from stays, noise follows; the next clip goes on from the next one, and again from the first. */
static void test_start(void)
{
    struct stream noise = drawn(draw_of(3)), s;
    struct draw d = draw_by_model(3);
    struct starts starts;

    write_clips(clips, 2, (int64_t[]){N, N / 2}, RATE);
    d.start = d.guide = clips; /* whose length is the model's nonetheless */
    d.start_seconds = 1.2;
    s = drawn(d);
    starts_read(&starts, model, clips, 1.2, 2);
    for (int i = 0; i < 3; i++) {
        const struct start *of = &starts.list[i % 2];
        struct drawn begin = {.frames = of->frames, .v = of->mean};
        const char *name = "";
        int64_t samples = 0;

        check(s.clips[i].frames == (N + step - 1) / step && same(&s.clips[i], &begin, LATENT, 0, of->frames),
              "start %d stays", i);
        check(!same(&s.clips[i], &noise.clips[i], 1, 0, of->frames) &&
                  equal(s.clips[i].v[of->frames], noise.clips[i].v[of->frames]),
              "and noise follows");
        check(meta_get_text(s.clips[i].meta, "continues", &name) && name[0] == 'a' + i % 2 &&
                  meta_get_int(s.clips[i].meta, "samples", &samples) && samples == N,
              "%lld samples from '%s' on", (long long)samples, name);
    }
    d.start_seconds = (double)N / RATE;
    refused(d, "fills the whole length");
    d.start = clips;
    d.start_seconds = 1e-4;
    refused(d, "less than a beat");
    starts_free(&starts);
    drop(&s);
    drop(&noise);
}

/* New clips are as long as what they follow, the noise as the longest of these. */
static void test_guide(void)
{
    static const int64_t lengths[] = {3 * N / 4, N / 2};
    struct draw d = draw_by_model(3);
    struct stream s;
    int64_t samples = 0;

    write_clips(clips, 2, lengths, RATE);
    d.guide = clips;
    s = drawn(d);
    for (int i = 0; i < 3; i++) {
        const char *name = "";

        check(s.clips[i].frames == (lengths[i % 2] + step - 1) / step &&
                  meta_get_int(s.clips[i].meta, "samples", &samples) && samples == lengths[i % 2],
              "%lld samples, %lld latents", (long long)samples, (long long)s.clips[i].frames);
        check(meta_get_text(s.clips[i].meta, "follows", &name) && name[0] == 'a' + i % 2, "of '%s'", name);
    }
    drop(&s);
    d.length = 0.6;
    s = drawn(d);
    check(s.clips[0].frames == (int64_t)ceil(0.6 * RATE / step) && meta_get_int(s.clips[0].meta, "samples", &samples) &&
              samples == (int64_t)(0.6 * RATE + 0.5),
          "or as is asked for: %lld latents", (long long)s.clips[0].frames);
    drop(&s);
    d.guide = "/tmp/cv-unit-draw-none";
    refused(d, "cv-unit-draw-none");
}

/* ---- without end ---- */

static volatile sig_atomic_t ended;

struct listener {
    int fd;
    int64_t parts, first;
    struct stream s;
};

/* Reads some parts, then tells the writer to end. */
static void *listen(void *arg)
{
    enum { PARTS = 7 };
    struct listener *l = arg;
    struct reader *r = reader_new(l->fd, "a pipe");
    const struct frame *f;
    struct drawn *d = &l->s.clips[0];

    reader_start(r, NULL);
    reader_parts(r);
    while (reader_next(r, &f) > 0) {
        const struct tensor *t = &f->tensors[0].t;
        int64_t frames = d->frames + t->shape[1];
        float *v = mem_alloc((size_t)(LATENT * frames) * sizeof *v);

        for (int i = 0; i < LATENT; i++) {
            for (int64_t k = 0; k < d->frames; k++)
                v[i * frames + k] = d->v[i * d->frames + k];
            memcpy(v + i * frames + d->frames, t->data + i * t->shape[1], (size_t)t->shape[1] * sizeof *v);
        }
        free(d->v);
        d->v = v;
        d->frames = frames;
        l->first = l->parts++ == 0 ? t->shape[1] : l->first;
        ended = l->parts == PARTS ? 1 : ended;
    }
    l->s.count = (int)reader_frames(r);
    reader_free(r);
    return NULL;
}

static void test_endless(bool start)
{
    struct draw d = draw_by_model(1);
    struct listener l = {0};
    struct stream noise = drawn(draw_of(1));
    pthread_t thread;
    int ends[2];
    int64_t from = 0;

    d.ended = &ended;
    ended = 0;
    if (start) {
        struct starts starts;

        write_clips(clips, 1, (int64_t[]){N}, RATE);
        d.start = clips;
        d.start_seconds = 1.2;
        starts_read(&starts, model, clips, 1.2, 1);
        from = starts.list[0].frames;
        starts_free(&starts);
    }
    check(pipe(ends) == 0, "a pipe");
    l.fd = ends[0];
    pthread_create(&thread, NULL, listen, &l);
    check(draw_run(&d, ends[1], "a pipe") == 0, "a clip without end ends whole: %s", error_text());
    close(ends[1]);
    pthread_join(thread, NULL);
    check(l.s.count == 1 && l.parts >= 7 && l.first == from + BLOCK && (l.s.clips[0].frames - from) % BLOCK == 0,
          "in %lld parts of a block, the first of %lld", (long long)l.parts, (long long)l.first);
    check(same(&l.s.clips[0], &noise.clips[0], LATENT, from, 35), "of the same numbers as a whole one");
    free(l.s.clips[0].v);
    drop(&noise);
}

static void test_unwritten(void)
{
    struct draw d = draw_of(1);
    FILE *none = fopen("/dev/full", "w");

    check(draw_run(&d, fileno(none), "full") == -1 && strstr(error_text(), "full"), "noise: %s", error_text());
    d = draw_by_model(1);
    check(draw_run(&d, fileno(none), "full") == -1 && strstr(error_text(), "full"), "latents: %s", error_text());
    fclose(none);
}

int main(void)
{
    close(mkstemp(model));
    close(mkstemp(clips));
    close(mkstemp(out));
    step = write_model(model, false);
    test_noise();
    test_length();
    test_latents();
    test_start();
    test_guide();
    test_endless(false);
    test_endless(true);
    test_unwritten();
    unlink(model);
    unlink(clips);
    unlink(out);
    return check_done();
}

/* What is gone on from or followed: the latents of a clip, of its first seconds or all of it, as they are in the whole. */
#include "model/continuation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/noise_model.h"

static char model[] = "/tmp/cv-unit-starts-model-XXXXXX", clips[] = "/tmp/cv-unit-starts-clips-XXXXXX";
static const int64_t lengths[] = {N, N / 2 + 100, N};

/* All latents of clip i, [frames, latent], and how many of them lie in the first samples. */
static float *whole(int i, int64_t samples, int64_t *frames, int64_t *first, struct chunk_clip *clip, uint64_t *digest)
{
    struct model m;
    struct chunks p = {0};
    struct meta *meta = meta_map();
    float x[N], *mean;

    meta_set(meta, "tempo", meta_real(clips_tempo));
    meta_set(meta, "beat", meta_real(clips_beat));
    clip_noise(i, x);
    chunks_begin(&p, &m, model_open(&m, model), model, SPECTRAL_ENCODER, 1);
    *clip = chunks_clip(&p, meta, x, lengths[i]);
    *frames = chunks_latents(&p, clip);
    *first = grid_frames(clip->timing.grid, samples) / STRIDE;
    *digest = m.digest;
    mean = mem_alloc((size_t)(*frames * LATENT) * sizeof *mean);
    chunks_encode(&p, clip, *frames, mean);
    chunks_end(&p);
    model_free(&m);
    meta_free(meta);
    return mean;
}

static void check_start(const struct starts *s, int i, bool beat, double seconds)
{
    const struct start *it = &s->list[i];
    const char *name = "";
    int64_t frames, first, of = seconds > 0 ? (int64_t)(seconds * RATE) : lengths[i];
    double level = -1, tempo = 0, at = 0, far = 0, size = 0;
    struct chunk_clip clip;
    uint64_t digest;
    float *mean = whole(i, of, &frames, &first, &clip, &digest);

    first = beat ? first / POSITIONS * POSITIONS : first;
    for (int64_t t = 0; t < it->frames && t < frames; t++)
        for (int d = 0; d < LATENT; d++) {
            far = fmax(far, fabs((double)(it->mean[d * it->frames + t] - mean[t * LATENT + d])));
            size = fmax(size, fabs((double)mean[t * LATENT + d]));
        }
    check(it->frames == first && far < 1e-5 * size, "%lld latents, expected %lld of %lld, to %g of %g",
          (long long)it->frames, (long long)first, (long long)frames, far, size);
    check(fabs(it->step - clip.timing.grid.step * STRIDE / RATE) < 1e-9 && it->samples == lengths[i],
          "one each %g s of %lld samples", it->step, (long long)it->samples);
    check(meta_get_text(it->meta, seconds > 0 ? "continues" : "follows", &name) && name[0] == 'a' + i, "the name");
    check(meta_get_real(it->meta, "level", &level) ? seconds > 0 && fabs(level - clip.level) < 1e-12 : !(seconds > 0),
          "the level of the whole clip, of what is gone on from: %g", level);
    check(meta_get_real(it->meta, "tempo", &tempo) == beat && meta_get_real(it->meta, "beat", &at) == beat &&
              (!beat || (fabs(tempo - clips_tempo) < 1e-9 && fabs(at - clips_beat) < 1e-9)),
          "tempo %g, beat %g where frames follow it", tempo, at);
    check(s->model == digest, "of this model");
    free(mean);
}

static void test_starts(bool beat)
{
    struct starts s;

    write_model(model, beat);
    write_clips(clips, 3, lengths, RATE);
    check(starts_read(&s, model, clips, 0.9, 2) == 0 && s.count == 2, "the first two of three: %s", error_text());
    for (int i = 0; i < 2; i++)
        check_start(&s, i, beat, 0.9);
    starts_free(&s);
    check(starts_read(&s, model, clips, 3, 2) == 0 && s.count == 2, "more than there is of one: %s", error_text());
    check_start(&s, 0, beat, 3);
    starts_free(&s);
    check(starts_read(&s, model, clips, 0, 9) == 0 && s.count == 3, "all, to be followed: %s", error_text());
    for (int i = 0; i < 3; i++)
        check_start(&s, i, beat, 0);
    starts_free(&s);
}

/* The fewest samples that have so many latents. */
static int64_t least(int64_t latents)
{
    int64_t frames, first, samples = 0;
    struct chunk_clip clip;
    uint64_t digest;

    free(whole(0, 0, &frames, &first, &clip, &digest));
    while (grid_frames(clip.timing.grid, samples) / STRIDE < latents)
        samples++;
    return samples;
}

/* A start of one latent is enough, and three blocks to be followed are. */
static void test_least(void)
{
    struct starts s;
    int64_t one = least(1), three = least(3 * BLOCK);

    check(starts_read(&s, model, clips, ((double)one + 0.5) / RATE, 1) == 0 && s.list[0].frames == 1, "one latent: %s",
          error_text());
    starts_free(&s);
    check(starts_read(&s, model, clips, ((double)one - 0.5) / RATE, 1) == -1 &&
              strstr(error_text(), "less than a beat"),
          "%s", error_text());
    starts_free(&s);
    write_clips(clips, 1, &three, RATE);
    check(starts_read(&s, model, clips, 0, 1) == 0 && s.list[0].frames == 3 * BLOCK, "three blocks: %s", error_text());
    starts_free(&s);
    three--;
    write_clips(clips, 1, &three, RATE);
    check(starts_read(&s, model, clips, 0, 1) == -1 && strstr(error_text(), "less than three beats"), "%s",
          error_text());
    starts_free(&s);
}

static void test_refused(void)
{
    struct starts s;

    write_clips(clips, 0, lengths, RATE);
    check(starts_read(&s, model, clips, 1, 1) == -1 && strstr(error_text(), "no clip"), "%s", error_text());
    starts_free(&s);
    write_clips(clips, 1, lengths, 8000);
    check(starts_read(&s, model, clips, 1, 1) == -1 && strstr(error_text(), "8000"), "%s", error_text());
    starts_free(&s);
    check(starts_read(&s, clips, clips, 1, 1) == -1 && strstr(error_text(), "holds audio"), "%s", error_text());
    starts_free(&s);
    check(starts_read(&s, model, "/tmp/cv-unit-none", 1, 1) == -1 && strstr(error_text(), "cv-unit-none"), "%s",
          error_text());
    starts_free(&s);
}

int main(void)
{
    close(mkstemp(model));
    close(mkstemp(clips));
    test_starts(true);
    test_starts(false);
    test_least();
    test_refused();
    unlink(model);
    unlink(clips);
    return check_done();
}

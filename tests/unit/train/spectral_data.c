/* What training takes from clips: crops of their frames, and the plan of the prior. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "train/crops.h"
#include "train/prior_learn.h"

/* Clips of that many frames each, 0: silent; y of frame t is 100 clip + t. */
static struct spectral_clip *clips_of(const int *frames, size_t count)
{
    struct spectral_clip *clips = mem_zero(count, sizeof *clips);

    for (size_t i = 0; i < count; i++) {
        clips[i].real = clips[i].frames = frames[i] ? frames[i] : 4;
        clips[i].level = frames[i] ? 0.1 : 0;
        clips[i].y = mem_alloc((size_t)clips[i].frames * sizeof(float));
        for (int t = 0; t < clips[i].frames; t++)
            clips[i].y[t] = (float)(100 * (int)i + t);
    }
    return clips;
}

static void clips_free(struct spectral_clip *clips, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(clips[i].y);
    free(clips);
}

static void test_crops(void)
{
    static const int frames[] = {0, 12, 3, 0, 9};
    /* crops of 8 frames that begin on every second: 0, 2, 4 of the first that sounds, 0 of a short one, 0 of the last */
    static const struct {
        size_t clip;
        int frame;
    } wanted[] = {{1, 0}, {1, 2}, {1, 4}, {2, 0}, {4, 0}};
    struct spectral_clip *clips = clips_of(frames, 5);
    struct crops c = crops_new(clips, 5, 8, 2);
    float y[8];
    int right = 0, frame;

    check(crops_places(&c) == 5, "%d places to begin on", (int)crops_places(&c));
    for (int i = 0; i < 5; i++)
        right += crops_find(&c, i, &frame) == wanted[i].clip && frame == wanted[i].frame;
    check(right == 5, "%d of 5 are where they should be", right);
    crops_copy(&c, 1, 4, 1, y);
    check((int)y[0] == 104 && (int)y[7] == 111, "a crop from frame 4 on ends with frame 11");
    crops_copy(&c, 2, 0, 1, y);
    check((int)y[2] == 202 && (int)y[3] == 200 && (int)y[7] == 201, "a short clip is played over and over");
    crops_free(&c);
    clips_free(clips, 5);
}

static int in_bank(const struct prior_plan *p, size_t clip)
{
    for (int64_t i = 0; i < p->shape.clips; i++)
        if (p->order[i] == clip)
            return 1;
    return 0;
}

static void test_plan(void)
{
    static const int frames[] = {480, 0, 480, 24, 480};
    struct spectral s = {.features = 1, .width = 4, .latent = 2, .stride = 2};
    struct spectral_input f = {.rate = 3000, .hop = 100, .beat = true};
    struct spectral_clip *clips = clips_of(frames, 5);
    struct prior_plan p;

    for (size_t i = 0; i < 5; i++)
        clips[i].timing.steady = i != 4;
    p = prior_plan(&s, &f, clips, 5, 0, 1 << 15, 1);
    check(p.usable == 3, "of 5 clips, one silent and one without a beat, %d are used", (int)p.usable);
    check(p.shape.positions == 12 && p.shape.block == 12, "a beat has 24 frames, 12 latent ones");
    check(p.shape.clips == 2 && p.shape.bank == 480 && in_bank(&p, 0) && in_bank(&p, 2),
          "the bank has the two that are long enough");
    prior_plan_free(&p);
    p = prior_plan(&s, &f, clips, 5, 0, 300, 1);
    check(p.shape.clips == 1 && p.shape.bank == 240, "or one, whole, where there is no room for two");
    prior_plan_free(&p);
    p = prior_plan(&s, &f, clips, 5, 0, 0, 1);
    check(p.shape.clips == 0 && p.usable == 3, "or none");
    prior_plan_free(&p);
    f.beat = false;
    p = prior_plan(&s, &f, clips, 5, 0, 1 << 15, 1);
    check(p.usable == 4 && p.shape.positions == 1 && p.shape.block == 8,
          "without a beat all that sound, in half seconds");
    prior_plan_free(&p);
    p = prior_plan(&s, &f, clips, 3, 2, 520, 1); /* 0 is new, 4 is kept; 1 is silent, 3 is short */
    check(p.usable == 4 && p.fresh == 2, "those that are kept are used as well");
    check(p.shape.clips == 2 && p.order[0] < 3 && p.order[1] == 4, "and have their share of the bank");
    prior_plan_free(&p);
    p = prior_plan(&s, &f, clips, 3, 2, 1 << 15, 1);
    check(p.shape.clips == 3, "or all of it is kept, where there is room");
    prior_plan_free(&p);
    clips_free(clips, 5);
}

int main(void)
{
    test_crops();
    test_plan();
    return check_done();
}

/* New clips beside all that were held out, and beside halves of these. */
#include "nearness.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/pool.h"
#include "base/progress.h"
#include "page.h"
#include "../check/sounds.h"

enum { NEW_MOST = 64, TRACKS_ROUGH = 100 };

static struct {
    struct compare *to;
    enum compare_set set;
    struct reader *from;
    struct audio_clip clip;
    int64_t clips; /* that it has */
    struct tally rhythm;
} now; /* what is gathered */

static int clip_read(struct sound **s)
{
    int got = audio_clip_next(now.from, &now.clip);

    if (got > 0)
        *s = sound_begin(&now.clip);
    return got;
}

static void clip_look(struct sound *s, int worker)
{
    sound_compare(s, now.to, now.set, worker);
}

static void clip_take(struct sound *s)
{
    compare_take(now.to, now.set, &s->beside);
    progress("comparison of clips", s->number + 1, now.clips); /* of one clip after the other */
    tally_add(&now.rhythm, s->figures.value[FIGURE_RHYTHM]);
}

/* All clips of a stream of so many, which is released, and the mean of their rhythm. */
static double gather(struct compare *c, struct pool *pool, enum compare_set set, struct reader *r, int64_t clips)
{
    struct sounds *sounds = sounds_new(pool, true);

    now.to = c;
    now.set = set;
    now.from = r;
    now.clips = clips;
    now.clip = (struct audio_clip){0};
    now.rhythm = (struct tally){0};
    if (r == NULL || sounds_each(sounds, &(struct sounds_how){clip_read, clip_look, clip_take}) < 0)
        diag_die("%s", error_text());
    sounds_free(sounds);
    reader_free(r);
    return tally_mean(&now.rhythm);
}

static void row_put(FILE *page, const char *name, double distance, double rhythm, const char *words)
{
    fputs("<tr>", page);
    page_put(page, "th scope=\"row\"", "%s", name);
    page_figure(page, "distance %.3g", distance);
    page_figure(page, "rhythm %.3f", rhythm);
    page_put(page, "td", "%s", words);
    fputs("</tr>\n", page);
}

static int64_t tracks(const struct eval *e)
{
    int64_t count = 0;

    for (int64_t i = 0; i < e->clips; i++) {
        int64_t like = 0;

        while (strcmp(e->each[like].track, e->each[i].track) != 0)
            like++;
        count += like == i;
    }
    return count;
}

static void say(FILE *page, const struct compare *c, const struct eval *e, int64_t clips, double rhythm)
{
    double distance = compare_relative(c, COMPARE_CLIPS);

    if (!isfinite(distance)) {
        page_put(page, "p", "New clips are not compared with recordings: all sound is of one of these.");
        return;
    }
    page_put(
        page, "p",
        "New clips are %.2g times as far from the recordings as other recordings are. At 1 this measure cannot tell "
        "them apart; it hears moments of sound, no melody.",
        distance);
    page_put(page, "p",
             "Mel-FD of %lld new clips from halves of the %lld recordings, beside that of halves from each "
             "other.%s",
             (long long)clips, (long long)e->clips,
             tracks(e) < TRACKS_ROUGH ? " These are few: as many other recordings come to 0.7 to 1.5 by chance." : "");
    fputs("<table>\n<thead><tr><th scope=\"col\">sound</th><th scope=\"col\">distance</th>"
          "<th scope=\"col\">rhythm</th><th scope=\"col\">what it says</th></tr></thead>\n<tbody>\n",
          page);
    row_put(page, "other recordings", 1, e->sound[EVAL_ORIGINAL][EVAL_RHYTHM],
            "The floor, to which new clips should come.");
    row_put(page, "new clips", distance, rhythm, "Drawn from the model's prior.");
    row_put(page, "random phases", compare_relative(c, COMPARE_PHASE), NAN,
            "A ceiling: the recordings with all that they have at all times at once, so that nothing happens.");
    row_put(page, "white noise", compare_relative(c, COMPARE_NOISE), NAN, "The other ceiling: no music.");
    fputs("</tbody>\n</table>\n", page);
}

void nearness(FILE *page, const struct report *how, const struct eval *e)
{
    int64_t clips = e->clips < NEW_MOST ? e->clips : NEW_MOST;
    struct pool *pool = pool_new((int)how->threads);
    struct compare *c = NULL;

    if (e->rate < 1000 || tracks(e) < 2) {
        page_put(page, "p",
                 "New clips are compared with recordings where two tracks or more are held out, at 1000 Hz or more.");
    } else {
        c = compare_new(e->rate, (uint64_t)how->seed, pool);
        gather(c, pool, COMPARE_HALVES, clips_open(how->held_out), e->clips);
        if (compare_fit(c) < 0)
            page_put(page, "p", "New clips are not compared with recordings: %s.", error_text());
        else
            say(page, c, e, clips,
                gather(c, pool, COMPARE_CLIPS, stream_decode(how, stream_draw(how, clips, true)), clips));
    }
    compare_free(c);
    pool_free(pool);
}

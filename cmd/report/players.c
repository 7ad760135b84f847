/* What cv-check would say of a clip, in words; the clip as it is played, and as it is seen. */
#include "players.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "dsp/limiter.h"
#include "io/audio_opus.h"
#include "io/clip.h"
#include "io/loudness.h"
#include "measure/levels.h"
#include "measure/verdict.h"
#include "page.h"
#include "streams.h"
#include "../check/sounds.h"
#include "../plot/picture.h"

static const double loudness = -20; /* LUFS, for listening */

/* The clip at that loudness, its peaks held, as Opus. */
static unsigned char *sound_of(const struct audio_clip *c, size_t *size)
{
    size_t count = (size_t)(c->channels * c->samples);
    float *y = mem_alloc(count * sizeof *y);
    struct limiter *l = limiter_new((int)c->channels, c->rate, 1);
    unsigned char *bytes;
    double level, gain;

    memcpy(y, c->x, count * sizeof *y);
    level_center(y, c->channels, c->samples);
    level = loudness_measure(y, c->channels, c->samples, (int)round(c->rate));
    gain = isfinite(level) ? pow(10, (loudness - level) / 20) : 1;
    for (size_t i = 0; i < count; i++)
        y[i] = (float)(gain * (double)y[i]);
    limiter_end(l, y + limiter_push(l, y, c->samples, y, c->samples), c->samples);
    bytes = opus_encode(y, c->channels, c->samples, c->rate, 48000, size);
    limiter_free(l);
    free(y);
    return bytes;
}

/* " clicks 38 (usual: at most 10);" after the words there are, which are released */
static char *figure_add(char *words, const struct figure_about *f, double value)
{
    char *usual = !isfinite(f->good.lo)   ? mem_format("at most %g", f->good.hi)
                  : !isfinite(f->good.hi) ? mem_format("at least %g", f->good.lo)
                                          : mem_format("%g to %g", f->good.lo, f->good.hi);
    char *longer = mem_format("%s %s %.*f%s%s (usual: %s);", words, f->name, f->decimals, value,
                              f->unit[0] != '\0' ? " " : "", f->unit, usual);

    free(usual);
    free(words);
    return longer;
}

static void verdict_put(FILE *page, const struct figures *f)
{
    static const char *const said[] = {
        [VERDICT_OK] = "cv-check: ok, all figures are in their usual ranges.",
        [VERDICT_WARN] = "cv-check: worth a listen, outside the usual range:",
        [VERDICT_FAIL] = "cv-check: failed, far outside the usual range:",
    };
    struct meta *m = meta_map();
    struct limits limits;
    char *words;

    limits_default(&limits);
    words = mem_text(said[limits_judge(&limits, f->value, 0, FIGURE_CLIP_COUNT, m)]);
    for (int i = 0; i < FIGURE_CLIP_COUNT; i++)
        if (f->value[i] < limits.good[i].lo || f->value[i] > limits.good[i].hi)
            words = figure_add(words, &figure_about[i], f->value[i]);
    words[strlen(words) - 1] = '.';
    page_put(page, "p", "%s", words);
    free(words);
    meta_free(m);
}

/* Its player, picture and verdict. what: "recording", "reconstruction" or "new", with the number its id in the page. */
static void clip_put(FILE *page, const struct reader *r, const struct audio_clip *c, const char *what, int number,
                     const struct figures *f)
{
    char *about = mem_format("%s, %s", c->name, what), *id = mem_format("%s-%d", what, number);
    char *seen = mem_format("Waveform and spectrogram of %s, %s, %.3g s", c->name, what, (double)c->samples / c->rate);
    size_t size = 0;
    unsigned char *bytes;

    if (c->channels > OPUS_CHANNELS_MOST)
        diag_die("clip '%s' has %lld channels, a page plays %d at most", c->name, (long long)c->channels,
                 OPUS_CHANNELS_MOST);
    fputs("<figure>\n", page);
    page_put(page, "figcaption", "%s", what);
    bytes = sound_of(c, &size);
    if (bytes == NULL)
        diag_die("clip '%s': %s", c->name, error_text());
    page_audio(page, bytes, size, about, id);
    bytes = picture_sound(r, c->frame, &size);
    if (bytes == NULL)
        diag_die("clip '%s': %s", c->name, error_text());
    page_picture(page, bytes, size, seen);
    verdict_put(page, f);
    fputs("</figure>\n", page);
    free(about);
    free(seen);
    free(id);
}

static void name_put(FILE *page, const struct audio_clip *c)
{
    fputs("<article>\n<h3>", page);
    page_put(page, "bdi", "%s", c->name);
    fputs("</h3>\n", page);
}

/* With the clip that it stands for, NULL: none. */
static struct sound *listened(struct sounds *all, const struct audio_clip *c, const struct audio_clip *original)
{
    struct sound *s = sound_begin(c);
    size_t size = (size_t)(c->channels * c->samples) * sizeof *c->x;

    if (original && original->samples == c->samples && original->channels == c->channels)
        s->original = memcpy(mem_alloc(size), original->x, size);
    sound_listen(all, s, 0);
    return s;
}

void players_pairs(FILE *page, struct reader *recordings, struct reader *reconstructions)
{
    struct sounds *all = sounds_new(NULL, true);
    struct audio_clip a = {0}, b = {0};

    for (int i = 0; clip_next(recordings, &a) && clip_next(reconstructions, &b); i++) {
        struct sound *first = listened(all, &a, &a), *second = listened(all, &b, &a); /* all have one or none */
        double mel = second->figures.value[FIGURE_RECON + RECON_MEL];

        name_put(page, &a);
        fputs("<div class=\"row\">\n", page);
        clip_put(page, recordings, &a, "recording", i, &first->figures);
        clip_put(page, reconstructions, &b, "reconstruction", i, &second->figures);
        fputs("</div>\n", page);
        if (isfinite(mel))
            page_put(page, "p", "The reconstruction is at a mel distance of %.2f dB from the recording.", mel);
        fputs("</article>\n", page);
        sound_end(first);
        sound_end(second);
    }
    sounds_free(all);
}

void players_new(FILE *page, struct reader *r)
{
    struct sounds *all = sounds_new(NULL, true);
    struct audio_clip c = {0};

    fputs("<div class=\"row\">\n", page);
    for (int i = 0; clip_next(r, &c); i++) {
        struct sound *s = listened(all, &c, NULL);

        name_put(page, &c);
        clip_put(page, r, &c, "new", i, &s->figures);
        fputs("</article>\n", page);
        sound_end(s);
    }
    fputs("</div>\n", page);
    sounds_free(all);
}

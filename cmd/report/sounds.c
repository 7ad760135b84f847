/* What cv-check would say of a clip, in words; the clip as it is played, and as it is seen. */
#include "sounds.h"

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
#include "model/spectral_input.h"
#include "page.h"
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

static void verdict_put(FILE *page, struct audio_clip *c)
{
    static const char *const said[] = {
        [VERDICT_OK] = "cv-check: ok, all figures are in their usual ranges.",
        [VERDICT_WARN] = "cv-check: worth a listen, outside the usual range:",
        [VERDICT_FAIL] = "cv-check: failed, far outside the usual range:",
    };
    struct timbre_meter *meter = timbre_meter_new(c->rate);
    struct meta *m = meta_map();
    struct figures f;
    struct limits limits;
    char *words;

    figures_measure(meter, c->x, c->channels, c->samples, input_beat(c->told), &f);
    limits_default(&limits);
    words = mem_text(said[limits_judge(&limits, f.value, 0, FIGURE_CLIP_COUNT, m)]);
    for (int i = 0; i < FIGURE_CLIP_COUNT; i++)
        if (f.value[i] < limits.good[i].lo || f.value[i] > limits.good[i].hi)
            words = figure_add(words, &figure_about[i], f.value[i]);
    words[strlen(words) - 1] = '.';
    page_put(page, "p", "%s", words);
    free(words);
    meta_free(m);
    timbre_meter_free(meter);
}

/* Its player, picture and verdict; the clip loses its mean. what: "recording", "reconstruction" or "new", with the number
 * its id in the page. */
static void clip_put(FILE *page, const struct reader *r, struct audio_clip *c, const char *what, int number)
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
    verdict_put(page, c);
    fputs("</figure>\n", page);
    free(about);
    free(seen);
    free(id);
}

static bool clip_next(struct reader *r, struct audio_clip *c)
{
    int got = audio_clip_next(r, c);

    if (got < 0)
        diag_die("%s", error_text());
    return got > 0;
}

static void name_put(FILE *page, const struct audio_clip *c)
{
    fputs("<article>\n<h3>", page);
    page_put(page, "bdi", "%s", c->name);
    fputs("</h3>\n", page);
}

void sounds_pairs(FILE *page, struct reader *recordings, struct reader *reconstructions)
{
    struct audio_clip a = {0}, b = {0};

    for (int i = 0; clip_next(recordings, &a) && clip_next(reconstructions, &b); i++) {
        struct recon_meter *meter = recon_meter_new(a.rate);
        struct recon r;

        name_put(page, &a);
        fputs("<div class=\"row\">\n", page);
        clip_put(page, recordings, &a, "recording", i);
        clip_put(page, reconstructions, &b, "reconstruction", i);
        fputs("</div>\n", page);
        if (a.samples == b.samples && a.channels == b.channels) {
            recon_measure(meter, a.x, &(struct recon_estimate){b.x, false}, 1, a.channels, a.samples, &r);
            if (isfinite(r.value[RECON_MEL]))
                page_put(page, "p", "The reconstruction is at a mel distance of %.2f dB from the recording.",
                         r.value[RECON_MEL]);
        }
        fputs("</article>\n", page);
        recon_meter_free(meter);
    }
}

void sounds_new(FILE *page, struct reader *r)
{
    struct audio_clip c = {0};

    fputs("<div class=\"row\">\n", page);
    for (int i = 0; clip_next(r, &c); i++) {
        name_put(page, &c);
        clip_put(page, r, &c, "new", i);
        fputs("</article>\n", page);
    }
    fputs("</div>\n", page);
}

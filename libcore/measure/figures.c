/* The figures of a clip, by name, and their usual limits. */
#include "measure/figures.h"

#include <math.h>

#include "measure/levels.h"
#include "dsp/tempo.h"

#define ANY \
    { \
        -INFINITY, INFINITY \
    }
#define FROM(x) \
    { \
        x, INFINITY \
    }
#define TO(x) \
    { \
        -INFINITY, x \
    }

const struct figure_about figure_about[FIGURE_COUNT] = {
    [FIGURE_RMS] = {"rms", "dBFS", 1, 6, {-45, -6}, FROM(-70)},
    [FIGURE_PEAK] = {"peak", "dBFS", 1, 6, {-30, 0}, ANY},
    [FIGURE_OFFSET] = {"offset", "", 4, 7, {-0.01, 0.01}, ANY},
    [FIGURE_CLIPPED] = {"clipped", "samples", 0, 7, TO(0), ANY},
    [FIGURE_CLIPPING] = {"clipping", "share", 5, 0, TO(0.0001), TO(0.01)},
    [FIGURE_SILENCE] = {"silence", "share", 3, 7, TO(0.5), TO(0.95)},
    [FIGURE_CREST] = {"crest", "dB", 1, 5, {6, 30}, ANY},
    [FIGURE_CENTROID] = {"centroid", "Hz", 0, 8, ANY, ANY},
    [FIGURE_BANDWIDTH] = {"bandwidth", "Hz", 0, 9, ANY, ANY},
    [FIGURE_ROLLOFF] = {"rolloff", "Hz", 0, 7, ANY, ANY},
    [FIGURE_FLATNESS] = {"flatness", "", 4, 8, TO(0.4), ANY},
    [FIGURE_PEAKINESS] = {"peakiness", "dB", 1, 0, ANY, ANY},
    [FIGURE_DYNAMICS] = {"dynamics", "dB", 1, 0, ANY, ANY},
    [FIGURE_FLUX] = {"flux", "dB", 2, 5, ANY, ANY},
    [FIGURE_RHYTHM] = {"rhythm", "", 3, 6, FROM(0.1), ANY},
    [FIGURE_BEATCON] = {"beatcon", "", 3, 7, ANY, ANY},
    [FIGURE_CLICKS] = {"clicks", "", 0, 6, TO(10), ANY},
    [FIGURE_JOINS] = {"joins", "share", 2, 5, TO(0.35), TO(0.7)},
    [FIGURE_FORM + FORM_BAR1_M] = {"bar1_m", "", 3, 0, ANY, ANY},
    [FIGURE_FORM + FORM_BAR2_M] = {"bar2_m", "", 3, 0, ANY, ANY},
    [FIGURE_FORM + FORM_BAR4_M] = {"bar4_m", "", 3, 0, ANY, ANY},
    [FIGURE_FORM + FORM_BAR8_M] = {"bar8_m", "", 3, 0, ANY, ANY},
    [FIGURE_FORM + FORM_RETURN_M] = {"return_m", "", 3, 0, ANY, ANY},
    [FIGURE_FORM + FORM_BAR1_H] = {"bar1_h", "", 3, 0, ANY, ANY},
    [FIGURE_FORM + FORM_BAR2_H] = {"bar2_h", "", 3, 0, ANY, ANY},
    [FIGURE_FORM + FORM_BAR4_H] = {"bar4_h", "", 3, 0, ANY, ANY},
    [FIGURE_FORM + FORM_BAR8_H] = {"bar8_h", "", 3, 0, ANY, ANY},
    [FIGURE_FORM + FORM_RETURN_H] = {"return_h", "", 3, 0, ANY, ANY},
    [FIGURE_NEAREST] = {"nearest", "dB", 2, 7, ANY, ANY},
    [FIGURE_COPIED] = {"copied", "share", 3, 6, TO(0.1), ANY},
    [FIGURE_RECON + RECON_MSLS] = {"msls", "dB", 3, 6, ANY, ANY},
    [FIGURE_RECON + RECON_SC] = {"sc", "", 3, 5, ANY, ANY},
    [FIGURE_RECON + RECON_MEL] = {"mel", "dB", 3, 6, ANY, ANY},
    [FIGURE_RECON + RECON_DAC_MEL] = {"dac_mel", "", 3, 7, ANY, ANY},
    [FIGURE_RECON + RECON_DAC_STFT] = {"dac_stft", "", 3, 8, ANY, ANY},
    [FIGURE_RECON + RECON_GAIN] = {"gain_db", "dB", 2, 7, ANY, ANY},
    [FIGURE_FD] = {"fd", "", 0, 0, ANY, ANY},
    [FIGURE_FDL] = {"fdl", "", 0, 0, ANY, ANY},
    [FIGURE_MMD] = {"mmd", "", 4, 0, ANY, ANY},
    [FIGURE_PRECISION] = {"precision", "share", 3, 0, FROM(0.2), ANY},
    [FIGURE_RECALL] = {"recall", "share", 3, 0, FROM(0.2), ANY},
};

void figures_measure(struct timbre_meter *m, float *x, int64_t channels, int64_t samples, struct tempo *beat,
                     struct figures *f)
{
    int64_t count = channels * samples, clipped = level_clipped(x, count);
    double offset = level_center(x, channels, samples), rms = level_rms(x, count), peak = level_peak(x, count);

    f->timbre = timbre_measure(m, x, channels, samples);
    if (!(beat->period > 0))
        tempo_find(x, channels, samples, samples, timbre_meter_rate(m), beat);
    f->clicks = clicks_find(x, channels, samples, timbre_meter_rate(m));
    for (int i = 0; i < FIGURE_CLIP_COUNT; i++)
        f->value[i] = NAN;
    f->value[FIGURE_RMS] = level_db(rms);
    f->value[FIGURE_PEAK] = level_db(peak);
    f->value[FIGURE_OFFSET] = offset;
    f->value[FIGURE_CLIPPED] = (double)clipped;
    f->value[FIGURE_CLIPPING] = (double)clipped / (double)count;
    f->value[FIGURE_SILENCE] = level_silence(x, channels, samples, timbre_meter_rate(m));
    if (rms > 0)
        f->value[FIGURE_CREST] = level_db(peak) - level_db(rms);
    f->value[FIGURE_CENTROID] = f->timbre.centroid;
    f->value[FIGURE_BANDWIDTH] = f->timbre.bandwidth;
    f->value[FIGURE_ROLLOFF] = f->timbre.rolloff;
    f->value[FIGURE_FLATNESS] = f->timbre.flatness;
    f->value[FIGURE_PEAKINESS] = f->timbre.peakiness;
    f->value[FIGURE_DYNAMICS] = f->timbre.dynamics;
    f->value[FIGURE_FLUX] = f->timbre.flux;
    f->value[FIGURE_RHYTHM] = f->timbre.rhythm;
    if (beat->period > 0)
        f->value[FIGURE_BEATCON] = timbre_contrast(m, tempo_fold(beat->period));
    f->value[FIGURE_CLICKS] = (double)f->clicks.count;
    f->value[FIGURE_JOINS] = f->clicks.joins;
}

void tally_add(struct tally *t, double value)
{
    if (isnan(value))
        return;
    if (t->count++ == 0)
        t->least = t->most = value;
    t->sum += value;
    t->least = fmin(t->least, value);
    t->most = fmax(t->most, value);
}

double tally_mean(const struct tally *t)
{
    return t->count > 0 ? t->sum / (double)t->count : NAN;
}

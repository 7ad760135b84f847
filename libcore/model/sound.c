/* Latents to sound: levels, magnitudes, phases, channels. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dsp/pan.h"
#include "model/chunks_private.h"

enum { PIECE = 4096 }; /* samples that go through the pan at once */

/* A clip on its way. */
struct sound {
    const struct chunks *p;
    struct vocoder *vocoder;
    struct pan *pan;               /* NULL for one channel */
    float *scratch, *both, *piece; /* both: see input_magnitudes */
    struct chunk_sound how;
    struct timing timing;
    double gain;              /* of magnitudes */
    int64_t latents, samples; /* that have come; 0 where it is not known how many there will be */
    int64_t mono, given;      /* samples that the vocoder gave, and that came out */
    int64_t tail;             /* that die away */
    float *out;               /* where the next one goes, */
    int64_t stride;           /* and so far from it that of the other channel */
};

struct chunk_sound chunks_how(const struct chunks *p, bool made, uint64_t seed)
{
    struct chunk_sound how = {made ? 1 : 0.5, made, made && p->gain > 0 ? 1 : p->gain, vocoder_defaults()};

    how.phases.seed = seed;
    return how;
}

static struct sound *sound_new(const struct chunks *p, const struct chunk_sound *how)
{
    struct sound *s = mem_zero(1, sizeof *s);
    size_t bins = (size_t)features_bins(p->input.bands);

    s->p = p;
    s->vocoder = vocoder_new(p->input.fft, how->phases);
    s->pan = p->input.channels > 1 ? pan_new(p->input.fft) : NULL;
    s->scratch = mem_alloc((size_t)p->shape.features * sizeof *s->scratch);
    s->both = mem_alloc(3 * bins * sizeof *s->both);
    s->piece = mem_alloc(PIECE * sizeof *s->piece);
    return s;
}

void sound_free(struct sound *s)
{
    if (!s)
        return;
    vocoder_free(s->vocoder);
    pan_free(s->pan);
    free(s->scratch);
    free(s->both);
    free(s->piece);
    free(s);
}

void chunks_sound_begin(const struct chunks *p, int worker, const struct chunk_clip *clip,
                        const struct chunk_sound *how)
{
    struct chunk_worker *k = &p->workers[worker];
    struct sound *s = k->sound = k->sound ? k->sound : sound_new(p, how);

    s->how = *how;
    s->timing = clip->timing;
    s->gain = clip->level / INPUT_LEVEL * (how->gain > 0 ? how->gain : 1);
    s->latents = s->samples = s->mono = s->given = 0;
    s->tail = clip->tail;
    decode_begin(p, worker);
    vocoder_begin(s->vocoder, clip->timing.grid);
    if (s->pan)
        pan_begin(s->pan, clip->timing.grid);
}

/* Where the first frame of latent number t stands; 0 before the first latent. */
static int64_t place_of(const struct sound *s, int64_t t)
{
    struct grid g = s->timing.grid;

    return t < 0 ? 0 : (int64_t)floor(g.first + (double)(t * s->p->shape.stride) * g.step);
}

/* So many samples may come out of that many latents, of a clip of so many (0: not known yet): before its end it surely has
 * those to the first frame of the last latent. */
static int64_t sure(const struct sound *s, int64_t latents, int64_t samples)
{
    int64_t end = (samples > 0 ? samples : place_of(s, latents - 1)) - vocoder_fade(s->p->input.fft);

    return end > 0 ? end : 0;
}

/* Frames of standardised levels into the vocoder. */
static void push_frames(struct sound *s, const float *y, int frames)
{
    const struct spectral_input *input = &s->p->input;

    for (int t = 0; t < frames; t++, y += s->p->shape.features) {
        input_magnitudes(input, &s->p->v, y, s->how.lift, s->how.limit, s->gain, s->scratch, s->both);
        if (s->pan)
            pan_push(s->pan, s->both + features_bins(input->bands));
        vocoder_push(s->vocoder, s->both, 1);
    }
}

/* Those of the next samples that are of the tail: it dies away by 60 dB. */
static void die_away(struct sound *s, int64_t got)
{
    int64_t begin = s->samples - s->tail - s->given;

    for (int64_t i = begin > 0 ? begin : 0; i < got; i++)
        for (int64_t k = 0; k < s->p->input.channels; k++)
            s->out[k * s->stride + i] *= (float)pow(1e-3, (double)(i - begin) / (double)s->tail);
}

static void put_out(struct sound *s, int64_t got)
{
    if (s->tail > 0 && s->samples > 0)
        die_away(s, got);
    s->out += got;
    s->given += got;
}

/* What is ready, up to that sample of the clip. */
static void pull_samples(struct sound *s, int64_t end)
{
    size_t got = 1;

    while (s->mono < end && got > 0) {
        size_t most = (size_t)(end - s->mono);

        if (s->pan) {
            got = vocoder_pull(s->vocoder, s->piece, most < PIECE ? most : PIECE);
            pan_put(s->pan, s->piece, (int64_t)got);
            put_out(s, pan_pull(s->pan, s->out, s->out + s->stride));
        } else {
            got = vocoder_pull(s->vocoder, s->out, most);
            put_out(s, (int64_t)got);
        }
        s->mono += (int64_t)got;
    }
}

static void take_chunk(void *arg, const struct spectral_graph *g, int64_t first, int offset, int rows)
{
    struct sound *s = arg;
    int stride = s->p->shape.stride;

    push_frames(s, g->out->y + (size_t)(offset * stride) * (size_t)s->p->shape.features, rows * stride);
    s->latents = first + rows;
    pull_samples(s, sure(s, s->latents, s->samples));
}

int64_t chunks_sound_room(const struct chunks *p, int worker, int64_t frames, int64_t samples)
{
    const struct sound *s = p->workers[worker].sound;
    int64_t reached = place_of(s, s->latents + frames) + p->input.fft;
    int64_t end = samples == 0 ? sure(s, s->latents + frames, 0) : samples < reached ? samples : reached;

    return end > s->given ? end - s->given : 0;
}

int64_t chunks_sound_given(const struct chunks *p, int worker)
{
    return p->workers[worker].sound->given;
}

int64_t chunks_sound_push(const struct chunks *p, int worker, const float *z, int64_t frames, int64_t samples,
                          float *out, int64_t stride)
{
    struct sound *s = p->workers[worker].sound;

    s->samples = samples;
    s->out = out;
    s->stride = stride;
    decode_push(p, worker, z, frames, take_chunk, s);
    return s->out - out;
}

int64_t chunks_sound_end(const struct chunks *p, int worker, int64_t samples, float *out, int64_t stride)
{
    struct sound *s = p->workers[worker].sound;

    s->samples = samples;
    s->out = out;
    s->stride = stride;
    vocoder_end(s->vocoder, samples);
    pull_samples(s, samples);
    if (s->pan) {
        pan_end(s->pan);
        put_out(s, pan_pull(s->pan, s->out, s->out + stride));
    }
    return s->out - out;
}

/* ---- latency ---- */

/* A latent comes with the last of its frames, half a transform after its centre, and the next one stride steps later. Till
 * then there are samples up to half a transform before the centre of a frame, which is two before the last one and lag
 * more for each iteration (dsp/vocoder.c works in pairs); at most those before the first frame of the last latent, less
 * the fade (sure()). Of two channels there are those before the next frame of dsp/pan.c, which is not there whole. */
int64_t chunks_latency(const struct spectral *shape, const struct spectral_input *f, double step, int iterations)
{
    double fft = f->fft, fade = vocoder_fade(f->fft);
    double lag = fmax(ceil(fft / step) - 1, 1), before = ceil((fft / 2 + fade) / step) - 1;
    bool stereo = f->channels > 1;
    double phases = fft + (shape->stride + 1 + lag * (iterations + stereo)) * step;
    double end = fft / 2 + (2 * shape->stride - 1) * step + (stereo ? before * step + fft / 2 : fade);
    double rounding = step > floor(step) ? 2 : 0; /* of where frames stand */

    return (int64_t)ceil(fmax(phases, end) + rounding);
}

int64_t spectral_latency(const struct model *m, int iterations)
{
    const struct spectral_input f = {
        .rate = m->rate, .fft = m->fft, .hop = m->hop, .beat = m->beat, .channels = m->channels};

    if (m->network->one_length)
        return 0;
    return chunks_latency(&m->spectral, &f, input_timing_beat(&f, BEAT_NOMINAL, 0).grid.step, iterations);
}

/* ---- whole clips ---- */

/* What decoding has lost or added of the clip's level, within bounds: near silence stays near silence. */
static void bring_to_level(const struct spectral_input *f, float *x, int64_t samples, double level)
{
    const double most = 4;
    double is = input_level(f, x, samples), gain = is > 0 ? level / is : 1;

    gain = gain > most ? most : gain;
    for (int64_t i = 0; i < f->channels * samples; i++)
        x[i] *= (float)gain;
}

static void end_whole(const struct chunks *p, int worker, const struct chunk_clip *clip, float *out)
{
    int64_t given = chunks_sound_given(p, worker);

    chunks_sound_end(p, worker, clip->samples, out + given, clip->samples);
    if (!(p->workers[worker].sound->how.gain > 0))
        bring_to_level(&p->input, out, clip->samples, clip->level);
}

void chunks_sound(const struct chunks *p, int worker, const struct chunk_clip *clip, const float *z, int64_t frames,
                  const struct chunk_sound *how, float *out)
{
    chunks_sound_begin(p, worker, clip, how);
    chunks_sound_push(p, worker, z, frames, clip->samples, out, clip->samples);
    end_whole(p, worker, clip, out);
}

void chunks_play(const struct chunks *p, int worker, const struct chunk_clip *clip, const float *y,
                 const struct chunk_sound *how, float *out)
{
    int64_t frames = chunks_latents(p, clip) * p->shape.stride;
    int most = CHUNK * p->shape.stride;
    struct sound *s;

    chunks_sound_begin(p, worker, clip, how);
    s = p->workers[worker].sound;
    s->samples = clip->samples;
    s->out = out;
    s->stride = clip->samples;
    for (int64_t at = 0; at < frames; at += most) {
        push_frames(s, y + (size_t)at * (size_t)p->shape.features, frames - at < most ? (int)(frames - at) : most);
        pull_samples(s, sure(s, 0, s->samples));
    }
    end_whole(p, worker, clip, out);
}

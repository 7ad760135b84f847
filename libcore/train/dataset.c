/* From an audio stream to clips that stay, here or at another rank. */
#include "train/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/history.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/team.h"
#include "io/clip.h"
#include "io/digests.h"

/* Counts the track of a clip if none before was of it. */
static void count_track(struct dataset *d, struct digests *seen, const struct audio_clip *c)
{
    if (!digests_first(seen, c->track, strlen(c->track), 0, ""))
        d->tracks++;
}

/* -1: it is not like the clips before it. */
static int check_clip(struct dataset *d, const struct reader *r, const struct audio_clip *c)
{
    bool batched = frame_get(c->frame, "audio")->rank == 3;

    if (c->channels > 4096)
        return error_set("%s: clip '%s' has too many channels to train on: %lld", reader_label(r), c->name,
                         (long long)c->channels);
    if (d->count == 0) {
        d->rate = c->rate;
        d->channels = (int)c->channels;
        d->batched = batched;
    }
    if (d->rate < c->rate || d->rate > c->rate)
        return error_set("%s: clip '%s' is at %g Hz, the ones before it at %g Hz: load all with one cv-load -r",
                         reader_label(r), c->name, c->rate, d->rate);
    if (c->channels != d->channels)
        return error_set("%s: clip '%s' has %lld channels, the ones before it %d: load all without cv-load -c",
                         reader_label(r), c->name, (long long)c->channels, d->channels);
    if (batched != d->batched)
        return error_set("%s: '%s' %s, the frames before it %s: pass all through cv-batch, or none", reader_label(r),
                         c->frame->name, batched ? "is a batch" : "is a single clip",
                         batched ? "are single clips" : "are batches");
    return 0;
}

/* -1: the spool is full. */
static int keep_clip(struct dataset *d, const struct audio_clip *from, size_t number)
{
    size_t size = (size_t)from->channels * (size_t)from->samples;
    struct clip *c;

    d->clips = mem_more(d->clips, d->count, sizeof *d->clips);
    d->batches += from->number == 0;
    d->samples = from->samples > d->samples ? from->samples : d->samples;
    d->seconds += (double)from->samples / from->rate;
    c = &d->clips[d->count++];
    c->name = mem_text(from->name);
    c->meta = audio_clip_brief(from);
    c->number = number;
    c->batch = d->batches;
    c->samples = from->samples;
    c->data = spool_floats(d->spool, size);
    if (!c->data)
        return -1;
    memcpy(c->data, from->x, size * sizeof *c->data);
    dataset_release(d, d->count - 1);
    return 0;
}

/* ---- from rank 0 to the others ---- */

static void send_clip(int to, const struct audio_clip *c, size_t number)
{
    struct meta *m = meta_map(), *brief = audio_clip_brief(c);
    char *text;
    size_t size;
    FILE *f = mem_stream(&text, &size);

    meta_set(m, "name", meta_text(c->name));
    meta_set(m, "number", meta_int((int64_t)number));
    meta_set(m, "rate", meta_real(c->rate));
    meta_set(m, "channels", meta_int(c->channels));
    meta_set(m, "samples", meta_int(c->samples));
    if (brief)
        meta_set(m, "told", brief);
    meta_json(f, m);
    fclose(f);
    team_send(to, text, size + 1);
    team_send(to, c->x, (size_t)(c->channels * c->samples) * sizeof *c->x);
    free(text);
    meta_free(m);
}

/* The clip of such a text and its samples. */
static int take_clip(struct dataset *d, const char *text, float *x)
{
    struct meta *m = json_read(text);
    struct audio_clip c = {.name = "", .told = meta_get(m, "told"), .x = x};
    int64_t number = 0;
    int status = -1;

    if (meta_get_text(m, "name", &c.name) && meta_get_int(m, "number", &number) && meta_get_real(m, "rate", &c.rate) &&
        meta_get_int(m, "channels", &c.channels) && meta_get_int(m, "samples", &c.samples)) {
        d->rate = c.rate;
        d->channels = (int)c.channels;
        status = keep_clip(d, &c, (size_t)number);
    }
    meta_free(m);
    return status;
}

/* All clips that rank 0 sends; after one that cannot be kept they come all the same. */
static int take_clips(struct dataset *d)
{
    int status = 0;
    size_t size;
    char *text;

    while ((text = team_receive(&size))) {
        float *x = team_receive(&size);

        status = status ? -1 : take_clip(d, text, x);
        free(x);
        free(text);
    }
    return status;
}

/* Keeps the clip, or hands it to the rank that has the fewest samples, of which held [ranks] keeps count. */
static int deal_clip(struct dataset *d, const struct audio_clip *c, size_t number, int64_t *held)
{
    int to = 0;

    for (int r = 1; held && r < team_size(); r++)
        to = held[r] < held[to] ? r : to;
    if (held)
        held[to] += c->samples;
    if (to == 0)
        return keep_clip(d, c, number);
    send_clip(to, c, number);
    return 0;
}

/* ---- streams ---- */

/* All clips of the reader. 0: to the end of a whole stream. */
static int read_clips(struct dataset *d, struct reader *r, int64_t *held)
{
    struct digests *seen = digests_new();
    struct meta *streams = meta_list();
    struct audio_clip c = {0};
    int64_t segment = -1;
    size_t number = 0;
    int got;

    while ((got = audio_clip_next(r, &c)) > 0 && !check_clip(d, r, &c)) {
        if (segment != reader_segment(r))
            history_more(streams, reader_meta(r));
        segment = reader_segment(r);
        count_track(d, seen, &c);
        if (deal_clip(d, &c, number++, held))
            break;
        progress("clips loaded", (int64_t)number, 0);
    }
    progress("clips loaded", 0, 0);
    digests_free(seen);
    d->history = history_join(streams);
    meta_free(streams);
    d->digest = got == 0 ? reader_digest(r) : 0;
    if (got == 0 && number == 0)
        return error_set("%s: holds no clips", reader_label(r));
    return got == 0 ? 0 : -1;
}

/* What all ranks are to know. -1: the clips of this one are not like those of rank 0. */
static int tell_all(struct dataset *d, bool dealt)
{
    double like[2] = {d->rate, d->channels}, most = (double)d->samples, sums[2] = {(double)d->tracks, d->seconds};
    uint64_t *digests = mem_zero((size_t)team_size(), sizeof *digests);
    size_t first = team_first(d->count, &d->all);
    int status = 0;

    team_share(like, sizeof like);
    if (d->count > 0 && (d->rate < like[0] || d->rate > like[0] || d->channels != (int)like[1]))
        status = error_set("its clips have %d channels at %g Hz, those of rank 0 %d at %g Hz: load all alike",
                           d->channels, d->rate, (int)like[1], like[0]);
    d->rate = like[0];
    d->channels = (int)like[1];
    team_max(&most, 1);
    team_sum(sums, 2);
    d->samples = (int64_t)most;
    d->tracks = (size_t)sums[0];
    d->seconds = sums[1];
    digests[team_rank()] = d->digest;
    team_gather(digests, 1, sizeof *digests);
    d->digest = digests[0];
    for (int r = 1; !dealt && r < team_size(); r++)
        d->digest = d->digest * UINT64_C(0x9e3779b97f4a7c15) + digests[r];
    free(digests);
    for (size_t i = 0; !dealt && i < d->count; i++)
        d->clips[i].number += first;
    if (!dealt && team_size() > 1) {
        meta_free(d->history);
        d->history = NULL;
    }
    return team_agree(status);
}

int dataset_spool(struct dataset *d, struct reader *r, struct spool *spool)
{
    double lacks = r == NULL;
    int64_t *held;
    int status;

    team_max(&lacks, 1);
    *d = (struct dataset){.spool = spool};
    held = lacks > 0 ? mem_zero((size_t)team_size(), sizeof *held) : NULL;
    status = r ? read_clips(d, r, held) : take_clips(d);
    for (int to = 1; held && r && to < team_size(); to++)
        team_send(to, NULL, 0);
    free(held);
    if (!team_agree(status) && !tell_all(d, lacks > 0))
        return 0;
    dataset_free(d);
    return -1;
}

void dataset_release(const struct dataset *d, size_t i)
{
    spool_release(d->spool, d->clips[i].data, (size_t)d->channels * (size_t)d->clips[i].samples);
}

void dataset_free(struct dataset *d)
{
    for (size_t i = 0; i < d->count; i++) { /* data are the spool's */
        meta_free(d->clips[i].meta);
        free(d->clips[i].name);
    }
    free(d->clips);
    meta_free(d->history);
    memset(d, 0, sizeof *d);
}

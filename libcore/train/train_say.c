/* What a training run tells people. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/diag.h"
#include "train/train_private.h"

/* Leaves the line that is rewritten. */
static void say_clear(const struct history *h)
{
    if (h->terminal)
        fputs("\r\033[K", stderr);
    diag_unfinished(false);
}

/* "6.1 s", "42 s", "3 min", "2.5 h" */
static const char *words_time(double seconds, char buffer[32])
{
    if (seconds < 90)
        snprintf(buffer, 32, "%.2g s", fmax(seconds, 0.01));
    else
        snprintf(buffer, 32, seconds < 5400 ? "%.0f min" : "%.1f h", seconds / (seconds < 5400 ? 60 : 3600));
    return buffer;
}

/* A network may take clips of any length, and be made for one. */
static void say_meant(const struct network *n, const struct dataset *d)
{
    if (n->clip_samples > 0 && (d->samples != n->clip_samples || d->rate < n->clip_rate || d->rate > n->clip_rate))
        diag_note("clips of %" PRId64 " samples at %g Hz: those of the %s are made by cv-load -r %d -n %d", d->samples,
                  d->rate, n->name, n->clip_rate, n->clip_samples);
}

/* "13 clips, 301 s of sound of 6 tracks; frames follow the beat; 1.8 M parameters, 13 steps an epoch, about 3 min" */
void say_plan(struct history *h, int steps, double seconds)
{
    const struct trainer *t = h->trainer;
    const struct dataset *d = h->run->data;
    double all = (double)steps * (double)t->config.epochs, parameters = (double)params_trainable(t->params);
    char length[32], about[32], *chosen;

    if (h->planned || (h->epoch.begun == 1 && steps > 1)) /* the first step is slower than others */
        return;
    h->planned = true;
    if (h->run->resume || diag_quiet())
        return;
    chosen = t->kind->chosen ? t->kind->chosen(t) : NULL;
    diag_note("%zu clip%s, %s of sound of %zu track%s; %s%s%.3g %s parameters, %d step%s an epoch, about %s", d->all,
              d->all == 1 ? "" : "s", words_time(d->seconds, length), d->tracks, d->tracks == 1 ? "" : "s",
              chosen ? chosen : "", chosen ? "; " : "", parameters / (parameters < 1e6 ? 1e3 : 1e6),
              parameters < 1e6 ? "k" : "M", steps, steps == 1 ? "" : "s",
              words_time(h->setup + (t->config.minutes > 0 ? 60 * t->config.minutes : all * seconds), about));
    free(chosen);
    say_meant(t->network, d);
    if (!(t->config.minutes > 0) && all < (double)t->kind->least_steps)
        diag_warn("%g steps in all are few to learn from: leave out -e for %" PRId64 " or more, or give more music",
                  all, t->kind->least_steps);
}

/* Of an epoch that has begun. */
static void say_number(const struct history *h)
{
    fprintf(stderr, "epoch %" PRId64, h->epoch.number);
    if (!(h->trainer->config.minutes > 0))
        fprintf(stderr, " of %" PRId64, h->trainer->config.epochs);
}

/* ", 2 min left" of a run that is done but for a part: of its epochs, at their pace so far, and of the prior. */
static void say_left(const struct history *h, double done)
{
    double rate = (done - h->resumed) / (clock_now() - h->began);
    char text[32];

    if (rate > 0 && done < 1)
        fprintf(stderr, ", %s left", words_time((1 - done) / rate + h->setup, text));
}

void say_step(struct history *h, int steps)
{
    const struct epoch *e = &h->epoch;
    double t = clock_now(), done = train_progress(h, steps), pause = h->terminal ? 0.1 : 60;

    if (!h->terminal && h->shown == 0)
        h->shown = t;
    if (diag_quiet() || t - h->shown < pause)
        return;
    h->shown = t;
    say_clear(h);
    say_number(h);
    fprintf(stderr, ", step %" PRId64 " of %d, loss %.4g, %.1f %s a second, %.0f %% done", e->begun, steps,
            e->figures[TRAINED].of[LOSS] / (double)e->steps, e->clips / e->seconds, h->trainer->kind->unit, 100 * done);
    say_left(h, done);
    if (!h->terminal)
        fputc('\n', stderr);
    diag_unfinished(h->terminal);
}

static void say_figures(const char *name, const struct train_figures *f)
{
    fprintf(stderr, ", %sloss %.4g, distance %.4g, KL %.4g", name, f->of[LOSS], f->of[DISTANCE], f->of[KL]);
}

void say_epoch(const struct history *h)
{
    const struct epoch *e = &h->epoch;
    char text[32];

    if (diag_quiet())
        return;
    say_clear(h);
    say_number(h);
    say_figures("", &e->figures[TRAINED]);
    if (h->run->test) {
        say_figures("test ", &e->figures[TESTED]);
        fprintf(stderr, ", ELBO %.5g", e->figures[TESTED].of[ELBO]);
    }
    fprintf(stderr, ", %s", words_time(e->seconds, text));
    say_left(h, train_progress(h, (int)e->begun));
    putc('\n', stderr);
}

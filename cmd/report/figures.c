/* Figures of the model, each with a sentence. */
#include "figures.h"

#include <stdlib.h>

#include "base/mem.h"
#include "page.h"

/* One of the list: of the head, in words of its own. */
static void fact_put(FILE *page, const char *name, char *words)
{
    page_put(page, "dt", "%s", name);
    page_put(page, "dd", "%s", words);
    free(words);
}

static long long whole(const struct meta *head, const char *key)
{
    int64_t x = 0;

    meta_get_int(head, key, &x);
    return (long long)x;
}

void figures_training(FILE *page, const struct model *m)
{
    double seconds = (double)m->samples / m->rate, minutes;
    long long clips = whole(m->meta, "clips"), best;
    const char *program = "unknown";

    meta_get_text(m->meta, "program", &program);
    fputs("<dl>\n", page);
    fact_put(page, "Music",
             mem_format("%lld clip%s of at most %.3g s: up to %.3g minutes", clips, clips == 1 ? "" : "s", seconds,
                        (double)clips * seconds / 60));
    fact_put(page, "Sound",
             mem_format("%g Hz, %s%s", m->rate, m->channels > 1 ? "stereo" : "mono",
                        m->beat ? "; frames follow the beat" : ""));
    fact_put(page, "Training",
             mem_format("%lld epochs, %lld steps, seed %lld", whole(m->meta, "epochs"), whole(m->meta, "steps"),
                        whole(m->meta, "seed")));
    if (meta_get_real(m->meta, "minutes_wanted", &minutes))
        fact_put(page, "Time", mem_format("%.3g minutes, as was asked for", minutes));
    best = whole(m->meta, "best_epoch");
    if (best > 0)
        fact_put(page, "Kept", mem_format("epoch %lld, the best on its test clips", best));
    fact_put(page, "Network",
             mem_format("%s, %lld parameters, latent of %d dimensions; %s", m->network->name,
                        whole(m->meta, "parameters"), m->latent, program));
    fputs("</dl>\n", page);
}

static void latents_put(FILE *page, const struct eval *e)
{
    if (e->told)
        page_put(page, "p", "%d of %d latent dimensions tell clips apart; a latent frame holds %.3g nats.", e->active,
                 e->latent, e->kl_sum);
    if (e->collapsed)
        page_put(page, "p",
                 "The posterior has collapsed: what is decoded hardly depends on the clip. Train for longer, with a "
                 "smaller --beta or the network spectral.");
}

void figures_distances(FILE *page, const struct eval *e)
{
    static const struct {
        const char *name, *words;
    } rows[EVAL_ROWS] = {
        [EVAL_RECONSTRUCTION] = {"reconstruction", "What this model makes of a clip: less is nearer."},
        [EVAL_COMPONENTS] = {"principal components",
                             "As many numbers without any training: the model should be nearer."},
        [EVAL_FLOOR] = {"true levels", "The floor: levels of the clip itself, with phases found as in decoding."},
        [EVAL_MEAN_SPECTRUM] = {"mean spectrum",
                                "The ceiling: one steady sound for all clips, which tells none of them "
                                "from another."},
        [EVAL_ORIGINAL] = {"the clips themselves", "Their rhythm is what that of the others should come to."},
    };

    page_put(page, "p",
             "Means over %lld recording%s, %.3g minutes%s. Mel distance: how far levels are from those of the clip, as "
             "they are heard. Rhythm: how regular beats are.",
             (long long)e->clips, e->clips == 1 ? "" : "s", (double)e->samples / e->rate / 60,
             e->silent > 0 ? ", but for silent ones" : "");
    fputs("<table>\n<thead><tr><th scope=\"col\">sound</th><th scope=\"col\">mel distance</th>"
          "<th scope=\"col\">rhythm</th><th scope=\"col\">what it says</th></tr></thead>\n<tbody>\n",
          page);
    for (int i = 0; i < EVAL_ROWS; i++) {
        if (!e->has[i] || rows[i].name == NULL)
            continue;
        fputs("<tr>", page);
        page_put(page, "th scope=\"row\"", "%s", rows[i].name);
        page_figure(page, "%.2f dB", e->sound[i][RECON_MEL]);
        page_figure(page, "rhythm %.3f", e->sound[i][EVAL_RHYTHM]);
        page_put(page, "td", "%s", rows[i].words);
        fputs("</tr>\n", page);
    }
    fputs("</tbody>\n</table>\n", page);
    latents_put(page, e);
}

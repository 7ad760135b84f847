/* The graph around a network's encoder and decoder. */
#include "model/whole.h"

#include <string.h>

#include "nn/layers.h"

struct whole_graph whole_build(const struct whole *w, int samples, int latent, int parts, struct params *store,
                               int batch, struct pool *pool)
{
    struct whole_graph g = {.net = net_new(store, batch, pool)};
    bool all = (parts & WHOLE_ALL) == WHOLE_ALL;

    if (parts & WHOLE_ENCODER) {
        struct node *both = w->encoder(g.net, g.x = net_input(g.net, "x", samples, 1), w->hidden, latent);

        g.mean = net_channels(g.net, both, 0, latent);
        g.logvar = net_channels(g.net, both, latent, latent);
    }
    if (all) {
        g.eps = net_input(g.net, "eps", latent, 1);
        g.z = net_reparameterize(g.net, g.mean, g.logvar, g.eps);
    } else if (parts & WHOLE_DECODER) {
        g.z = net_input(g.net, "z", latent, 1);
    }
    if (parts & WHOLE_DECODER)
        g.logit = w->decoder(g.net, g.z, w->hidden, samples);
    if (parts & WHOLE_SAMPLE)
        g.sample = net_sigmoid(g.net, g.logit);
    if (all) {
        net_loss(g.nll = net_bce_logits(g.net, g.logit, g.x), 1);
        net_loss(g.kl = net_kl_draw(g.net, g.z, g.mean, g.logvar), 1);
    }
    if (all && w->keras)
        net_loss(g.reconstruction = net_bce(g.net, g.logit, g.x), 1);
    return g;
}

void whole_input(const struct whole_graph *g, int i, const float *x, int64_t samples)
{
    size_t all = (size_t)g->x->shape[1], there = (size_t)samples;
    float *to = g->x->y + (size_t)i * all;

    memcpy(to, x, there * sizeof *to);
    memset(to + there, 0, (all - there) * sizeof *to);
}

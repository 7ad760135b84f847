/* Runs reference vectors through the library: one-layer graphs with their
 * gradients, and whole small networks with their training steps.
 * Usage: check-vectors FILE... */
#include "vectors.h"
#include "vectors-layers.h"
#include "vectors-notebook.h"
#include "vectors-spectral.h"

/* ---- the gradient that flows into y: a loss that is the sum of y dy ---- */

static void weighted_forward(struct node *n)
{
    const float *dy = *(const float *const *)n->conf;
    double sum = 0;

    for (size_t i = 0; i < node_count(n->in[0]); i++)
        sum += (double)n->in[0]->y[i] * (double)dy[i];
    n->y[0] = (float)sum;
}

static void weighted_backward(struct node *n)
{
    const float *dy = *(const float *const *)n->conf;
    float *to = node_grad(n, 0);

    for (size_t i = 0; to && i < node_count(n->in[0]); i++)
        to[i] = (n->add[0] ? to[i] : 0) + n->dy[0] * dy[i];
}

/* The same shape but for ones. */
static bool same_shape(const struct node *n, const struct tensor *t)
{
    int64_t mine[3] = {node_batch(n), n->shape[1], n->shape[2]};
    int at = 0;

    for (int i = 0; i < t->rank; i++) {
        if (t->shape[i] == 1)
            continue;
        while (at < 3 && mine[at] == 1)
            at++;
        if (at == 3 || mine[at++] != t->shape[i])
            return false;
    }
    while (at < 3 && mine[at] == 1)
        at++;
    return at == 3;
}

static void compare(struct vcase *c, const char *name, const struct node *n, const float *values, double limit)
{
    const struct tensor *want = kept_get(c->frame, name);
    char shape[128];

    if (!want)
        return;
    if (!same_shape(n, want))
        verdict_fail(&c->v, "%s is %s, computed is [%d, %d, %d]", name, tensor_shape_text(want, shape, sizeof shape),
                     node_batch(n), n->shape[1], n->shape[2]);
    else if (!values)
        verdict_fail(&c->v, "%s was not computed", name);
    else
        verdict_error(&c->v, name, relative_error(values, want->data, node_count(n)), limit);
}

/* Says where y's gradient comes from. */
static void case_loss(struct vcase *c)
{
    static const struct op op = {"weighted_sum", weighted_forward, weighted_backward};
    const struct tensor *dy = kept_get(c->frame, "dy");
    struct node *sum;

    if (c->is_loss) {
        net_loss(c->y, dy && tensor_count(dy) == 1 ? dy->data[0] : 1);
        return;
    }
    if (!dy || !same_shape(c->y, dy)) {
        verdict_fail(&c->v, dy ? "dy is not of y's shape" : "there is no tensor 'dy'");
        return;
    }
    sum = net_add_scalar(c->net, &op, 1, &c->y, sizeof dy->data);
    memcpy(sum->conf, &dy->data, sizeof dy->data);
    net_loss(sum, 1);
}

static void case_run(struct vcase *c)
{
    bool whole = kept_get(c->frame, "y") != NULL;

    if (!whole)
        verdict_fail(&c->v, "there is no tensor 'y'");
    case_loss(c);
    if (net_plan(c->net, 1, true) < 0) {
        verdict_fail(&c->v, "%s", error_text());
        return;
    }
    for (int i = 0; i < c->leaf_count; i++)
        memcpy(c->leaves[i].node->y, c->leaves[i].values->data,
               (size_t)tensor_count(c->leaves[i].values) * sizeof(float));
    net_forward(c->net);
    net_backward(c->net);
    net_write_gradients(c->net);
    compare(c, "y", c->y, c->y->y, LIMIT);
    for (int i = 0; i < c->leaf_count; i++) {
        char name[64];

        snprintf(name, sizeof name, "d%s", c->leaves[i].name);
        compare(c, name, c->leaves[i].node, c->leaves[i].node->dy, c->gradient_limit);
    }
    if (c->is_spectral)
        compare_distance(&c->v, c->frame, c->y);
}

static void layer_check(const char *file, const struct kept *frame)
{
    struct vcase c = {
        .frame = frame, .v = verdict_new(file, frame->name), .store = params_new(), .gradient_limit = LIMIT};
    const char *op = "";

    if (!meta_get_text(frame->meta, "op", &op))
        verdict_fail(&c.v, "meta has no 'op'");
    else if (!build_conv(&c, op) && !build_rows(&c, op) && !build_norm(&c, op) && !build_activation(&c, op) &&
             !build_gauss(&c, op) && !build_gauss_rows(&c, op) && !build_loss(&c, op) && !build_spectral(&c, op))
        verdict_fail(&c.v, "op '%s' is not known", op);
    else if (!c.y && !c.v.failed)
        verdict_fail(&c.v, "the layer was refused: %s", error_text());
    else if (!c.v.failed)
        case_run(&c);
    for (size_t i = 0; !c.v.failed && i < frame->count; i++)
        if (!frame->tensors[i].used)
            verdict_fail(&c.v, "tensor '%s' is not known", frame->tensors[i].name);
    verdict_end(&c.v);
    net_free(c.net);
    params_free(c.store);
}

/* ---- files ---- */

/* All frames of one segment, which belong together. */
static void segment_check(const char *file, const struct meta *meta, struct kept *frames, size_t count)
{
    const char *what = "";

    meta_get_text(meta, "what", &what);
    if (!strcmp(what, "notebook network"))
        notebook_check(file, meta, frames, count);
    else if (!strcmp(what, "spectral network"))
        spectral_check(file, meta, frames, count);
    else
        for (size_t i = 0; i < count; i++)
            layer_check(file, &frames[i]);
    for (size_t i = 0; i < count; i++)
        kept_free(&frames[i]);
}

static int file_read(const char *file)
{
    struct reader *r = reader_open(file);
    struct meta *meta = NULL;
    struct kept *frames = NULL;
    const struct frame *f;
    size_t count = 0;
    int64_t segment = 0;
    int got = -1;

    if (r && reader_start(r, NAMES("vectors")) == 0)
        while ((got = reader_next(r, &f)) == 1) {
            if (reader_segment(r) != segment) {
                segment_check(file, meta, frames, count);
                count = 0;
                segment = reader_segment(r);
                meta_free(meta);
                meta = NULL;
            }
            if (!meta)
                meta = meta_copy(reader_meta(r));
            frames = mem_grow(frames, count + 1, sizeof *frames);
            frames[count++] = kept_copy(f);
        }
    segment_check(file, meta, frames, count);
    free(frames);
    meta_free(meta);
    reader_free(r);
    return got;
}

int main(int argc, char **argv)
{
    bool good = true;

    if (argc < 2) {
        fprintf(stderr, "usage: check-vectors FILE...\n");
        return 2;
    }
    printf("errors are max |a - b| / (max |b| + %.0e)\n", VECTORS_TINY);
    for (int i = 1; i < argc; i++) {
        int before = verdicts;

        if (file_read(argv[i]) < 0) {
            printf("not ok %s: %s\n", argv[i], error_text());
            good = false;
        } else if (verdicts == before) {
            printf("not ok %s: holds no cases\n", argv[i]);
            good = false;
        }
    }
    printf("%d cases, %d failed, worst error %.2g of its limit\n", verdicts, verdicts_failed, verdicts_worst);
    return !good || verdicts_failed > 0 || verdicts == 0 || fflush(stdout) != 0;
}

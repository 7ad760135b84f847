/* Models as files: what is written is read, and what is not as it should be is refused. */
#include "model/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/notebook.h"
#include "check.h"

static char path[] = "/tmp/cv-unit-model-XXXXXX";

static struct meta *head(const char *network)
{
    struct meta *m = meta_map();

    meta_set(m, "network", meta_text(network));
    meta_set(m, "rate", meta_real(3000));
    meta_set(m, "samples", meta_int(8));
    meta_set(m, "latent", meta_int(2));
    return m;
}

/* A model of that head and the first count parameters of p (0: all), the one at place skip left out or there twice. */
static void write_model(struct meta *meta, struct params *p, size_t skip, bool twice)
{
    struct params part = *p;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    part.list = mem_alloc((p->count + 1) * sizeof(struct param *));
    part.count = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (i != skip || twice)
            part.list[part.count++] = p->list[i];
        if (i == skip && twice)
            part.list[part.count++] = p->list[i];
    }
    check(fd >= 0 && model_write(fd, path, meta, &part, &(struct model_array){"value", p->theta, false}, 1) == 0,
          "a model of %zu parameters is written", part.count);
    close(fd);
    free(part.list);
    meta_free(meta);
}

/* Reads the decoder of the model back. -1: refused. */
static int read_model(struct model *m)
{
    struct reader *r = model_open(m, path);
    struct whole_graph g;
    int status;

    if (!r)
        return -1;
    g = whole_build(m->network->one_length, (int)m->samples, m->latent, WHOLE_ALL, m->params, 1, NULL);
    status = model_fill(m, r, path, g.net);
    net_free(g.net);
    return status;
}

static bool said(const char *words)
{
    return strstr(error_text(), words) != NULL;
}

static void test_round(struct params *p)
{
    struct model m, again;
    bool same = true;

    write_model(head("notebook"), p, SIZE_MAX, false);
    check(read_model(&m) == 0, "and read");
    for (size_t i = 0; i < p->count; i++) {
        const struct param *q = params_find(m.params, p->list[i]->name);

        same &= q && q->count == p->list[i]->count &&
                !memcmp(m.params->theta + q->offset, p->theta + p->list[i]->offset, q->count * sizeof(float));
    }
    check(same && m.latent == 2 && m.samples == 8 && m.network->one_length, "all as it was");
    check(read_model(&again) == 0 && again.digest == m.digest, "with the same digest");
    model_free(&again);
    check(model_read_head(&again, path) == 0 && again.latent == 2, "the head alone");
    model_free(&again);
    model_free(&m);
    p->theta[p->list[3]->offset] += 1;
    write_model(head("notebook"), p, SIZE_MAX, false);
    check(read_model(&again) == 0 && again.digest != m.digest, "another value, another digest");
    model_free(&again);
}

static void test_refused(struct params *p)
{
    struct meta *h = head("notebook");
    struct model m;

    write_model(head("notebook"), p, 3, false);
    check(read_model(&m) == -1 && said(p->list[3]->name) && said("missing"), "%s", error_text());
    model_free(&m);
    write_model(head("notebook"), p, 3, true);
    check(read_model(&m) == -1 && said("twice"), "%s", error_text());
    model_free(&m);
    meta_set(h, "latent", meta_int(3));
    write_model(h, p, SIZE_MAX, false);
    check(read_model(&m) == -1 && said("has shape") && said("expected"), "%s", error_text());
    model_free(&m);
    h = head("notebook");
    meta_set(h, "samples", meta_int(1 << 28));
    write_model(h, p, SIZE_MAX, false);
    check(read_model(&m) == -1 && said("damaged or cut"), "%s", error_text());
    model_free(&m);
    h = head("notebook");
    meta_set(h, "rate", meta_text("3000"));
    write_model(h, p, SIZE_MAX, false);
    check(read_model(&m) == -1 && said("\"rate\""), "%s", error_text());
    write_model(head("tacotron"), p, SIZE_MAX, false);
    check(read_model(&m) == -1 && said("tacotron") && said("spectral|notebook"), "%s", error_text());
    write_model(head("spectral"), p, SIZE_MAX, false);
    check(read_model(&m) == -1 && said("definition"), "%s", error_text());
}

/* A head of the network 'spectral' with one number that is not as it should be. */
static void test_refused_heads(struct params *p)
{
    static const struct {
        const char *key;
        double value;
        const char *says, *frames;
        double rate;
    } cases[] = {
        {"features", 0, "\"features\"", "fixed", 3000},
        {"width", 1 << 20, "\"width\"", "fixed", 3000},
        {"stride", -1, "\"stride\"", "fixed", 3000},
        {"fft", 8, "\"fft\"", "fixed", 3000},
        {"fft", 24, "a multiple of 16", "fixed", 3000},
        {"fft", 32, "a quarter of it", "fixed", 3000},
        {"hop", 0, "\"hop\"", "fixed", 3000},
        {"channels", 3, "\"channels\"", "fixed", 3000},
        {"corner", -1, "\"corner\"", "fixed", 3000},
        {"corner", 1e7, "\"corner\"", "fixed", 3000},
        {"gain", 0, "\"gain\" of 0", "fixed", 3000},
        {"gain", 1000, "\"gain\" of 1000", "fixed", 3000},
        {"prior_block", 0, "\"prior_block\"", "fixed", 3000},
        {"prior_bank", -1, "\"prior_bank\"", "fixed", 3000},
        {"prior_clips", 11, "\"prior_clips\"", "fixed", 3000},
        {"prior_periods", -1, "\"prior_periods\"", "fixed", 3000},
        {"width", 1, "'x'", "x", 3000},
        {"stride", 5, "does not divide", "beat", 3000},
        {"width", 1, "at 2000 Hz", "beat", 2000},
        {"width", 1, "at 96000 Hz", "beat", 96000},
        {"fft", 16000, "frames of 16000 samples", "beat", 3000},
        {"latent", 1 << 17, "\"latent\"", "fixed", 3000},
        {"samples", 0, "\"samples\"", "fixed", 3000},
        {"rate", 0.5, "\"rate\"", "fixed", 0.5},
        {"rate", 2e6, "\"rate\"", "fixed", 2e6},
    };
    static const char *const keys[] = {"definition", "features",    "width",      "stride",      "fft",          "hop",
                                       "channels",   "prior_block", "prior_bank", "prior_clips", "prior_periods"};
    static const int values[] = {2, 9, 1, 1, 16, 4, 1, 1, 10, 2, 0};
    struct model m;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct meta *h = head("spectral");
        bool real = cases[i].key[0] == 'c' || cases[i].key[0] == 'g' || cases[i].key[0] == 'r';

        meta_set(h, "corner", meta_real(0));
        for (size_t k = 0; k < sizeof values / sizeof *values; k++)
            meta_set(h, keys[k], meta_int(values[k]));
        meta_set(h, "frames", meta_text(cases[i].frames));
        meta_set(h, "rate", meta_real(cases[i].rate));
        meta_set(h, cases[i].key,
                 real && strcmp(cases[i].key, "channels") ? meta_real(cases[i].value)
                                                          : meta_int((int64_t)cases[i].value));
        if (strcmp(cases[i].key, "fft") == 0 && cases[i].value > 100)
            meta_set(h, "hop", meta_int((int64_t)cases[i].value / 4));
        write_model(h, p, SIZE_MAX, false);
        check(read_model(&m) == -1 && said(cases[i].says), "%s of %g: %s", cases[i].key, cases[i].value, error_text());
    }
}

/* A stream of the kind that has no parameters, and one of values that have another name. */
static void test_empty(struct params *p)
{
    struct meta *h = head("notebook");
    struct params none = *p;
    struct model m;
    int fd;

    none.count = 0;
    write_model(head("notebook"), &none, SIZE_MAX, false);
    check(model_read_head(&m, path) == -1 && said("has no parameters"), "%s", error_text());
    fd = open(path, O_WRONLY | O_TRUNC);
    check(model_write(fd, path, h, p, &(struct model_array){"worth", p->theta, false}, 1) == 0, "of another name");
    meta_free(h);
    close(fd);
    check(read_model(&m) == -1 && said("has no tensor 'value'"), "%s", error_text());
    model_free(&m);
}

int main(void)
{
    struct params *p = params_new();
    struct whole_graph g = whole_build(&notebook, 8, 2, WHOLE_ALL, p, 1, NULL);
    int fd = mkstemp(path);

    close(fd);
    net_plan(g.net, 5, true);
    test_round(p);
    test_refused(p);
    test_refused_heads(p);
    test_empty(p);
    net_free(g.net);
    params_free(p);
    unlink(path);
    return check_done();
}

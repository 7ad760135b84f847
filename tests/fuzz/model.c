/* Models of the smallest size: those that training writes are too large to be fuzzed fast. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "base/mem.h"
#include "model/spectral_input.h"
#include "model/file.h"
#include "model/notebook.h"
#include "model/prior.h"

static void put_int(struct meta *m, const char *key, int64_t value)
{
    meta_set(m, key, meta_int(value));
}

/* Sizes of the models, of the network 'spectral' unless said otherwise. */
enum { FEATURES = 9, LATENT = 2, BANK = 10, CLIPS = 2, PERIODS = 3 };

/* What model_read_head wants to know, and a little that training adds. */
static struct meta *describe(enum fuzz_model_kind kind)
{
    struct meta *m = meta_map();

    meta_set(m, "network", meta_text(kind == FUZZ_NOTEBOOK ? "notebook" : "spectral"));
    put_int(m, "rate", 3000);
    put_int(m, "samples", kind == FUZZ_NOTEBOOK ? 2 : 40);
    put_int(m, "latent", kind == FUZZ_NOTEBOOK ? 1 : LATENT);
    if (kind != FUZZ_NOTEBOOK) {
        put_int(m, "definition", SPECTRAL_DEFINITION);
        put_int(m, "channels", 1);
        put_int(m, "features", FEATURES);
        put_int(m, "width", 1);
        put_int(m, "stride", 1);
        put_int(m, "fft", 16);
        put_int(m, "hop", 4);
        meta_set(m, "corner", meta_real(0));
        meta_set(m, "frames", meta_text(kind == FUZZ_BEAT ? "beat" : "fixed"));
        put_int(m, "prior_block", 1);
        put_int(m, "prior_bank", BANK);
        put_int(m, "prior_clips", CLIPS);
        put_int(m, "prior_periods", kind == FUZZ_BEAT ? PERIODS : 0);
    }
    meta_set(m, "losses", meta_list());
    return m;
}

/* Levels are wide enough for sound between the floor and what is let through; what the prior keeps of clips is not 0. */
static void set_values(const struct params *store)
{
    static const struct {
        const char *name;
        float value;
    } values[] = {
        {"/sd", 1},
        {"/most", 1},
        {"/floor", -6},
        {"prior/bank", 0.5f},
        {"prior/lengths", BANK / CLIPS},
        {"prior/periods", 0.5f},
    };

    for (size_t i = 0; i < store->count; i++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++)
            for (size_t k = 0; strstr(store->list[i]->name, values[v].name) && k < store->list[i]->count; k++)
                store->theta[store->list[i]->offset + k] = values[v].value;
}

uint8_t *fuzz_model(enum fuzz_model_kind kind, size_t *size)
{
    struct params *store = params_new();
    struct meta *m = describe(kind);
    struct model_array array;
    struct net *net;
    struct stat s;
    uint8_t *bytes;
    int fd = memfd_create("model", MFD_CLOEXEC);

    if (kind == FUZZ_NOTEBOOK) {
        net = whole_build(&notebook, 2, 1, WHOLE_ALL, store, 1, NULL).net;
    } else {
        struct spectral shape = {FEATURES, 1, LATENT, 1};
        struct prior_shape prior = {.latent = LATENT,
                                    .positions = kind == FUZZ_BEAT ? BEAT_FRAMES : 1,
                                    .block = 1,
                                    .bank = BANK,
                                    .clips = CLIPS,
                                    .periods = kind == FUZZ_BEAT ? PERIODS : 0};

        net = spectral_build(&shape, SPECTRAL_ALL, store, 1, 8, NULL).net;
        input_declare(net, FEATURES);
        prior_declare(net, &prior);
    }
    FUZZ_HOLDS(fd > 2);
    net_plan(net, 1, true);
    set_values(store);
    array = (struct model_array){"value", store->theta, false};
    FUZZ_HOLDS(model_write(fd, "model", m, store, &array, 1) == 0 && fstat(fd, &s) == 0);
    *size = (size_t)s.st_size;
    bytes = mem_alloc(*size);
    FUZZ_HOLDS(pread(fd, bytes, *size, 0) == (ssize_t)*size);
    close(fd);
    net_free(net);
    params_free(store);
    meta_free(m);
    return bytes;
}

/* Models of the smallest size: those that training writes are too large to be fuzzed fast. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "base/mem.h"
#include "io/stream.h"
#include "model/spectral_input.h"
#include "model/file.h"
#include "model/notebook.h"
#include "model/prior.h"
#include "train/dataset.h"

static void put_int(struct meta *m, const char *key, int64_t value)
{
    meta_set(m, key, meta_int(value));
}

/* What a model is made of; whole: of the network 'notebook', else of 'spectral'. */
struct sizes {
    bool whole, beat, stereo;
    int fft, latent, width, stride, block, bank, clips, periods, rate, corner;
};

static int features_of(const struct sizes *s)
{
    return s->fft / 2 + 1 + (s->stereo ? 2 * STEREO_BANDS : 0);
}

/* What model_read_head wants to know, and a little that training adds. */
static struct meta *describe(const struct sizes *s)
{
    struct meta *m = meta_map();

    meta_set(m, "network", meta_text(s->whole ? "notebook" : "spectral"));
    put_int(m, "rate", s->rate);
    put_int(m, "samples", s->whole ? 2 : 40);
    put_int(m, "latent", s->latent);
    if (!s->whole) {
        put_int(m, "definition", SPECTRAL_DEFINITION);
        put_int(m, "channels", 1 + s->stereo);
        put_int(m, "features", features_of(s));
        put_int(m, "width", s->width);
        put_int(m, "stride", s->stride);
        put_int(m, "fft", s->fft);
        put_int(m, "hop", s->fft / 4);
        put_int(m, "corner", s->corner);
        meta_set(m, "frames", meta_text(s->beat ? "beat" : "fixed"));
        put_int(m, "prior_block", s->block);
        put_int(m, "prior_bank", s->bank);
        put_int(m, "prior_clips", s->clips);
        put_int(m, "prior_periods", s->periods);
    }
    meta_set(m, "losses", meta_list());
    return m;
}

/* Levels are wide enough for sound between the floor and what is let through; what the prior keeps of clips is not 0. */
static void set_values(const struct params *store, const struct sizes *s)
{
    const struct {
        const char *name;
        float value;
    } values[] = {
        {"/sd", 1},
        {"/most", 1},
        {"/floor", -6},
        {"prior/bank", 0.5f},
        {"prior/lengths", s->clips ? (float)(s->bank / s->clips) : 0},
        {"prior/periods", 0.5f},
    };

    for (size_t i = 0; i < store->count; i++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++)
            for (size_t k = 0; strstr(store->list[i]->name, values[v].name) && k < store->list[i]->count; k++)
                store->theta[store->list[i]->offset + k] = values[v].value;
}

static uint8_t *model_of(const struct sizes *s, size_t *size)
{
    struct params *store = params_new();
    struct meta *m = describe(s);
    struct model_array array;
    struct net *net;
    struct stat st;
    uint8_t *bytes;
    int fd = memfd_create("model", MFD_CLOEXEC);

    if (s->whole) {
        net = whole_build(&notebook, 2, s->latent, WHOLE_ALL, store, 1, NULL).net;
    } else {
        struct spectral shape = {features_of(s), s->width, s->latent, s->stride};
        struct prior_shape prior = {.latent = s->latent,
                                    .positions = s->beat ? BEAT_FRAMES / s->stride : 1,
                                    .block = s->block,
                                    .bank = s->bank,
                                    .clips = s->clips,
                                    .periods = s->periods};

        net = spectral_build(&shape, SPECTRAL_ALL, store, 1, 8, NULL).net;
        input_declare(net, shape.features);
        prior_declare(net, &prior);
    }
    FUZZ_HOLDS(fd > 2);
    net_plan(net, 1, true);
    set_values(store, s);
    array = (struct model_array){"value", store->theta, false};
    FUZZ_HOLDS(model_write(fd, "model", m, store, &array, 1) == 0 && fstat(fd, &st) == 0);
    *size = (size_t)st.st_size;
    bytes = mem_alloc(*size);
    FUZZ_HOLDS(pread(fd, bytes, *size, 0) == (ssize_t)*size);
    close(fd);
    net_free(net);
    params_free(store);
    meta_free(m);
    return bytes;
}

uint8_t *fuzz_model(enum fuzz_model_kind kind, size_t *size)
{
    static const struct sizes kinds[] = {
        [FUZZ_NOTEBOOK] = {.whole = true, .latent = 1, .rate = 3000},
        [FUZZ_SPECTRAL] = {false, false, false, 16, 2, 1, 1, 1, 10, 2, 0, 3000, 0},
        [FUZZ_BEAT] = {false, true, false, 16, 2, 1, 1, 1, 10, 2, 3, 3000, 0},
        [FUZZ_STEREO] = {false, false, true, 16, 1, 1, 2, 1, 10, 2, 0, 3000, 0},
        [FUZZ_OWN] = {false, false, false, 512, 1, 1, 1, 12, 120, 2, 0, 3000, 0},
    };

    return model_of(&kinds[kind], size);
}

uint8_t *fuzz_model_drawn(uint32_t (*draw)(uint32_t below), size_t *size)
{
    struct sizes s = {.beat = draw(2), .stereo = draw(8) == 0, .fft = 16 << draw(2), .latent = 1 + (int)draw(3)};

    s.width = 1 + (int)draw(3);
    s.stride = 1 << draw(3);
    s.block = 1 + (int)draw(3);
    s.bank = (int)draw(12);
    s.clips = (int)draw((uint32_t)s.bank + 1);
    s.periods = (int)draw(4);
    s.rate = draw(2) ? 3000 : 1 << draw(20);
    s.corner = draw(2) ? 0 : 1 << draw(20);
    return model_of(&s, size);
}

void fuzz_clips(struct dataset *d)
{
    enum { SAMPLES = 4500 };
    static float x[SAMPLES];
    struct frame_tensor t = {"audio", tensor_view(x, 2, (int64_t[]){1, SAMPLES})};
    struct meta *head = meta_map();
    static struct spool *spool;
    struct reader *r;
    struct writer *w;
    const uint8_t *p;
    size_t n;

    meta_set(head, "rate", meta_int(3000));
    fuzz_output_clear();
    w = writer_new(FUZZ_OUT, "clips", "audio", head);
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < SAMPLES; k++)
            x[k] = (float)((k * (i + 3)) % 7 - 3) / 8;
        FUZZ_HOLDS(writer_put(w, i ? "b" : "a", NULL, &t, 1) == 0);
    }
    FUZZ_HOLDS(writer_end(w) == 0);
    p = fuzz_output(&n);
    r = reader_new(fuzz_input(p, n, 0), "clips");
    spool = spool_new(SIZE_MAX);
    FUZZ_HOLDS(reader_start(r, NULL) == 0 && dataset_spool(d, r, spool) == 0);
    reader_free(r);
    meta_free(head);
}

/* The table of options: what networks, heads of models and snapshots make of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "train/options.h"

enum { CLIPS = 3, SAMPLES = 12000 };

static struct dataset clips_of_noise(struct spool *spool)
{
    struct dataset d = {.count = CLIPS, .channels = 1, .samples = SAMPLES, .rate = 3000, .spool = spool};
    struct rng r = rng_new(1, 2);

    d.clips = mem_zero(CLIPS, sizeof *d.clips);
    for (int i = 0; i < CLIPS; i++) {
        d.clips[i] = (struct clip){.name = (char *)"clip", .samples = SAMPLES, .data = spool_floats(spool, SAMPLES)};
        rng_normal(&r, d.clips[i].data, SAMPLES);
    }
    return d;
}

static void test_table(void)
{
    struct train_options o;
    struct opt table[TRAIN_OPTIONS];
    int named = 0, letters = 0;

    train_options_begin(&o, table);
    for (size_t i = 0; i < TRAIN_OPTIONS; i++) {
        named += table[i].name && table[i].help && table[i].given == &o.given[i];
        for (size_t k = 0; k < i; k++)
            letters += table[i].letter && table[i].letter == table[k].letter;
        letters += setting_key(i) && setting_find(setting_key(i)) != i;
    }
    check(named == TRAIN_OPTIONS, "%d of %d options have a name, help and a mark", named, TRAIN_OPTIONS);
    check(letters == 0, "no letter and no key stands for two of them");
    check(train_options_check(&o) == 0, "the defaults go together");
    check(!strcmp(table[setting_find("width")].help, "spectral: channels inside, 0 for 192, above 4 kHz 128"),
          "an option of one network says so: %s", table[setting_find("width")].help);
    check(!strcmp(table[setting_find("batch")].help + strlen("clips per step (spectral: crops of clips)"),
                  ", 0 for the network's default: spectral 8; notebook 10"),
          "and one of all what it is for each: %s", table[setting_find("batch")].help);
    check(!strcmp(setting_name("latent"), "-z") && !strcmp(setting_name("bank"), "--bank") &&
              !strcmp(setting_name("digest"), "digest"),
          "keys are named as people know them");
}

/* What a network has an option for is in the head of its models, as it was used, and is taken back from there. */
static void test_head(const char *network, const struct dataset *data)
{
    struct train_options o;
    struct opt table[TRAIN_OPTIONS];
    struct meta *head = meta_map();
    struct trainer *t;
    int there = 0, same = 0, all = 0;

    train_options_begin(&o, table);
    o.config.network = network;
    o.config.latent = 4;
    o.config.bank = 100;
    t = trainer_new(&o.config, data, NULL);
    check(t != NULL, "%s: a trainer: %s", network, t ? "" : error_text());
    if (!t)
        return;
    trainer_describe(t, head);
    for (const struct network_option *x = t->network->options; x->key; x++) {
        size_t i = setting_find(x->key);
        struct meta *is = setting_value(&t->config, i), *back;

        if (!strcmp(x->key, "epochs_wanted")) { /* the run's */
            meta_free(is);
            continue;
        }
        all++;
        there += meta_equal(meta_get(head, x->key), is);
        setting_take(&o.config, i, is);
        back = setting_value(&o.config, i);
        same += meta_equal(is, back) && (strcmp(x->key, "buffer") ? !setting_by_default(&o.config, i) : true);
        meta_free(back);
        meta_free(is);
    }
    check(there == all && all >= 4, "%s: %d of %d settings are in the head as they were used", network, there, all);
    check(same == all, "%s: %d of %d are taken from there", network, same, all);
    check(t->config.epochs >= 20, "%s: %d epochs by default", network, (int)t->config.epochs);
    trainer_free(t);
    meta_free(head);
}

static void test_fit(void)
{
    struct train_options o;
    struct opt table[TRAIN_OPTIONS];

    train_options_begin(&o, table);
    o.given[setting_find("width")] = true;
    check(train_options_fit(&o) == 0, "--width is for spectral");
    o.config.network = "notebook";
    check(train_options_fit(&o) == -1 && strstr(error_text(), "--width"), "not for notebook: %s", error_text());
    train_options_begin(&o, table);
    o.prior_only = "model";
    o.given[setting_find("bank")] = true;
    check(train_options_check(&o) == 0, "a bank goes with --prior-only");
    o.given[setting_find("batch")] = true;
    check(train_options_check(&o) == -1 && strstr(error_text(), "--batch"), "a batch does not: %s", error_text());
}

static void test_defaults(void)
{
    struct train_options o;
    struct opt table[TRAIN_OPTIONS];
    struct train_config *c = &o.config;

    train_options_begin(&o, table);
    c->batch = 5;
    config_defaults(c, &network_spectral);
    check(c->batch == 5, "what is asked for stays");
    check(c->epochs == 25 && c->bank == 32768 && fabs(c->beta - 3e-4) < 1e-12 && c->latent == 0,
          "what is not is the network's, or left to it");
    c->bank = 0;
    check(!setting_by_default(c, setting_find("bank")), "a bank of 0 is asked for, no bank at all");
    check(!setting_by_default(c, setting_find("seed")), "no network has a default for the seed");
}

int main(void)
{
    struct spool *spool = spool_new(SIZE_MAX);
    struct dataset data = clips_of_noise(spool);

    test_table();
    for (size_t i = 0; networks[i]; i++)
        test_head(networks[i]->name, &data);
    test_fit();
    test_defaults();
    free(data.clips);
    spool_free(spool);
    return check_done();
}

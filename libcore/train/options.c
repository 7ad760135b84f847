/* The table, and what is made of it. */
#include "train/options.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/history.h"
#include "base/mem.h"
#include "base/team.h"

struct row {
    int letter;
    const char *name;
    enum opt_kind kind;
    const char *operand; /* NULL: for a flag, and for the names of the networks */
    double lo, hi; /* of a number that networks have defaults for (struct network_option) the least asks for these */
    size_t at;
    const char *key; /* NULL: it is no setting of the model */
    const char *help;
};

#define AT(member) offsetof(struct train_options, member)

static const struct row rows[TRAIN_OPTIONS] = {
    {'e', "epochs", OPT_INT, "N", -1, 1e9, AT(config.epochs), "epochs_wanted", "passes over the data"},
    {'b', "batch", OPT_INT, "CLIPS", 0, 65536, AT(config.batch), "batch", "clips per step (spectral: crops of clips)"},
    {'s', "seed", OPT_INT, "N", 0, 9e18, AT(config.seed), "seed", "seed of initial values, order and noise"},
    {'l', "learning-rate", OPT_REAL, "RATE", 0, 1e12, AT(config.rate), "learning_rate", "Adam's learning rate"},
    {'z', "latent", OPT_INT, "SIZE", 0, 65536, AT(config.latent), "latent", "size of the latent"},
    {'N', "network", OPT_TEXT, NULL, 0, 0, AT(config.network), "network", "network to train"},
    {'o', "output", OPT_TEXT, "FILE", 0, 0, AT(output), NULL,
     "file for the model; what is there stays until the new one is whole"},
    {'t', "test", OPT_TEXT, "FILE", 0, 0, AT(test), NULL,
     "audio stream whose loss and ELBO are reported after each epoch"},
    {'j', "threads", OPT_INT, "N", 0, 1024, AT(threads), NULL,
     "threads, 0 for one per processor; the model does not depend on it"},
    {'B', "buffer", OPT_INT, "CLIPS", 0, 1e6, AT(config.buffer), "buffer",
     "clips to draw from; 0: all, 1 keeps the order"},
    {0, "width", OPT_INT, "CHANNELS", 0, 4096, AT(config.width), "width", "channels inside"},
    {0, "stride", OPT_INT, "FRAMES", 0, 64, AT(config.stride), "stride", "frames for each latent frame"},
    {0, "frames", OPT_TEXT, "auto|beat|fixed", 0, 0, AT(config.frames), "frames",
     "frames that follow the beat or fixed ones; auto: beat where at least half of the clips have a steady one"},
    {0, "bank", OPT_INT, "FRAMES", -1, 1e7, AT(config.bank), "bank",
     "latent frames of the clips kept in the model for its prior"},
    {0, "beta", OPT_REAL, "WEIGHT", 0, 1e6, AT(config.beta), "beta", "weight of the KL term"},
    {0, "time", OPT_REAL, "MINUTES", 0, 1e6, AT(config.minutes), "minutes_wanted",
     "train for so long instead of -e, 0 for -e"},
    {0, "patience", OPT_INT, "N", 0, 1e9, AT(config.patience), "patience",
     "with -t: end after N epochs without a better test ELBO and keep the best model, 0 for never"},
    {0, "snapshot", OPT_TEXT, "DIR", 0, 0, AT(snapshots), NULL, "write the model after each epoch into DIR"},
    {0, "snapshot-every", OPT_REAL, "SECONDS", 0, 1e9, AT(snapshot_every), NULL,
     "with --snapshot: and in the middle of an epoch when so long has passed, 0 for never"},
    {0, "keep", OPT_INT, "N", 0, 1e9, AT(keep), NULL,
     "with --snapshot: keep the last N, 0 for those of all epochs and the last of the others"},
    {0, "resume", OPT_TEXT, "FILE", 0, 0, AT(resume), NULL,
     "go on from this snapshot, or from the latest of a folder, with its settings"},
    {0, "resume-anyway", OPT_FLAG, NULL, 0, 0, AT(resume_anyway), NULL,
     "with --resume: also when data or settings are others"},
    {0, "from", OPT_TEXT, "MODEL", 0, 0, AT(config.from), NULL,
     "start from the network of this model, not from a new one"},
    {0, "keep-bank", OPT_FLAG, NULL, 0, 0, AT(config.keep_bank), "keep_bank",
     "with --from: fit the prior to the bank of that model as well"},
    {0, "prior-only", OPT_TEXT, "MODEL", 0, 0, AT(prior_only), NULL,
     "do not train: fit the prior of this model to the stream"},
    {0, "memory", OPT_TEXT, "SIZE", 0, 0, AT(memory), NULL,
     "data in memory, as in 512M; what is more goes to a file in TMPDIR; by default half of the machine's"},
    {0, "log", OPT_TEXT, "FILE", 0, 0, AT(log), NULL, "write a line of JSON for each epoch to FILE"},
};

/* ---- what networks have to do with them ---- */

static const struct network_option *of_network(const struct network *n, const char *key)
{
    for (const struct network_option *x = n->options; key && x->key; x++)
        if (!strcmp(x->key, key))
            return x;
    return NULL;
}

/* How many networks have an option; the last of them that does. */
static int networks_with(const char *key, const struct network **last)
{
    int count = 0;

    for (size_t i = 0; networks[i]; i++)
        if (of_network(networks[i], key)) {
            count++;
            *last = networks[i];
        }
    return count;
}

/* "192, above 4 kHz 128" */
static void put_default(FILE *to, const struct network_option *x)
{
    if (x->value > 0)
        fprintf(to, "%g", x->value);
    if (x->words)
        fputs(x->words, to);
}

/* The help of an option with the networks that have it, and their defaults; made once. */
static const char *help_of(size_t i)
{
    static char *made[TRAIN_OPTIONS];
    const struct row *x = &rows[i];
    const struct network *one = NULL;
    int count = networks_with(x->key, &one), said = 0;
    size_t size;
    FILE *to;

    if (made[i])
        return made[i];
    to = mem_stream(&made[i], &size);
    fprintf(to, "%s%s%s", count == 1 ? one->name : "", count == 1 ? ": " : "", x->help);
    if (count == 1 && x->kind != OPT_TEXT) {
        fprintf(to, ", %g for ", x->lo);
        put_default(to, of_network(one, x->key));
    }
    if (count > 1)
        fprintf(to, ", %g for the network's default", x->lo);
    for (size_t k = 0; count > 1 && networks[k]; k++)
        if (of_network(networks[k], x->key)) {
            fprintf(to, "%s%s ", said++ ? "; " : ": ", networks[k]->name);
            put_default(to, of_network(networks[k], x->key));
        }
    fclose(to);
    return made[i];
}

void train_options_begin(struct train_options *o, struct opt table[TRAIN_OPTIONS])
{
    *o = (struct train_options){
        .config = {.network = networks[0]->name, .frames = "auto", .epochs = -1, .bank = -1, .seed = 123}};
    for (size_t i = 0; i < TRAIN_OPTIONS; i++) {
        const struct row *x = &rows[i];

        table[i] = (struct opt){x->letter, x->name, x->kind,    (char *)o + x->at, x->operand,
                                x->lo,     x->hi,   help_of(i), &o->given[i]};
        if (!x->operand && x->kind == OPT_TEXT)
            table[i].operand = network_names();
    }
}

static int check_start(const struct train_options *o)
{
    if (o->resume_anyway && !o->resume)
        return error_set("--resume-anyway needs a snapshot: name it with --resume");
    if (o->resume && !strcmp(o->resume, "-"))
        return error_set("--resume -: standard input is the training stream, name a file");
    if (o->config.from && !strcmp(o->config.from, "-"))
        return error_set("--from -: standard input is the training stream, name a file");
    if (o->config.keep_bank && !o->config.from)
        return error_set("--keep-bank needs the model with the bank: name it with --from");
    if (o->config.keep_bank && o->config.bank == 0)
        return error_set("--keep-bank: --bank 0 keeps none: leave one out");
    if (o->config.from && o->resume && !o->config.keep_bank)
        return error_set("--resume goes on with a network, --from starts from one: leave one out");
    return 0;
}

/* Fitting a prior goes by few of them. */
static int check_prior_only(const struct train_options *o)
{
    static const char used[] = " seed output threads bank prior-only memory ";

    for (size_t i = 0; o->prior_only && i < TRAIN_OPTIONS; i++) {
        char *name = mem_format(" %s ", rows[i].name);
        bool fine = !o->given[i] || strstr(used, name);

        free(name);
        if (!fine)
            return error_set("--prior-only does not train: leave out --%s", rows[i].name);
    }
    return 0;
}

int train_options_check(const struct train_options *o)
{
    const struct train_config *c = &o->config;

    if (o->test && !strcmp(o->test, "-"))
        return error_set("-t -: standard input is the training stream, name a file");
    if (c->patience > 0 && !o->test)
        return error_set("--patience needs a test stream: name it with -t");
    if ((o->snapshot_every > 0 || o->keep > 0) && !o->snapshots)
        return error_set("%s needs a folder: name it with --snapshot",
                         o->snapshot_every > 0 ? "--snapshot-every" : "--keep");
    for (size_t i = 0; c->minutes > 0 && i < TRAIN_OPTIONS; i++)
        if (o->given[i] && !strcmp(rows[i].name, "epochs"))
            return error_set("--epochs and --time both say when to end: leave one out");
    return check_start(o) || check_prior_only(o) ? -1 : 0;
}

int train_options_fit(const struct train_options *o)
{
    const struct network *n = network_find(o->config.network), *other = NULL;

    for (size_t i = 0; i < TRAIN_OPTIONS; i++)
        if (o->given[i] && networks_with(rows[i].key, &other) > 0 && !of_network(n, rows[i].key))
            return error_set("--%s is for the network %s, and does nothing in %s: leave it out", rows[i].name,
                             other->name, n->name);
    return 0;
}

/* ---- settings ---- */

const char *setting_key(size_t i)
{
    return rows[i].key;
}

size_t setting_find(const char *key)
{
    size_t i = 0;

    while (i < TRAIN_OPTIONS && !(rows[i].key && !strcmp(rows[i].key, key)))
        i++;
    return i;
}

const char *setting_name(const char *key)
{
    static char name[32];
    size_t i = setting_find(key);

    if (i == TRAIN_OPTIONS)
        return key;
    if (rows[i].letter)
        snprintf(name, sizeof name, "-%c", rows[i].letter);
    else
        snprintf(name, sizeof name, "--%s", rows[i].name);
    return name;
}

struct meta *setting_value(const struct train_config *c, size_t i)
{
    return history_value(&(struct opt){.kind = rows[i].kind, .value = (char *)(uintptr_t)c + rows[i].at});
}

int setting_take(struct train_config *c, size_t i, const struct meta *m)
{
    double value = m->kind == META_INT ? (double)m->integer : m->real;
    bool within = value >= rows[i].lo && value <= rows[i].hi;
    void *at = (char *)c + rows[i].at;

    if (rows[i].kind == OPT_FLAG && m->kind == META_BOOL)
        *(bool *)at = m->truth;
    else if (rows[i].kind == OPT_INT && m->kind == META_INT && within)
        *(int64_t *)at = m->integer;
    else if (rows[i].kind == OPT_REAL && m->kind == META_REAL && within)
        *(double *)at = m->real;
    else if (rows[i].kind == OPT_TEXT && m->kind == META_TEXT)
        *(const char **)at = m->text;
    else
        return error_set("the model has no usable \"%s\", as --%s takes it", rows[i].key, rows[i].name);
    return 0;
}

bool setting_by_default(const struct train_config *c, size_t i)
{
    const struct network *n;
    const void *at = (const char *)c + rows[i].at;

    if (networks_with(rows[i].key, &n) == 0)
        return false;
    if (rows[i].kind == OPT_INT)
        return *(const int64_t *)at <= (int64_t)rows[i].lo;
    return rows[i].kind == OPT_REAL ? *(const double *)at <= rows[i].lo : !strcmp(*(const char *const *)at, "auto");
}

void config_defaults(struct train_config *c, const struct network *n)
{
    for (size_t i = 0; i < TRAIN_OPTIONS; i++) {
        const struct network_option *x = of_network(n, rows[i].key);
        void *at = (char *)c + rows[i].at;

        if (!x || !(x->value > 0) || !setting_by_default(c, i))
            continue;
        if (rows[i].kind == OPT_INT)
            *(int64_t *)at = (int64_t)x->value;
        else
            *(double *)at = x->value;
    }
}

void config_describe(const struct train_config *c, const char *key, struct meta *head)
{
    size_t i = setting_find(key);

    assert(i < TRAIN_OPTIONS);
    meta_set(head, key, setting_value(c, i));
}

/* Whether option i makes the model what it is: a setting of its network or of all, a file. */
static bool is_told(const struct train_options *o, const struct train_config *c, size_t i)
{
    const char *files = o->resume_anyway ? " test from resume resume-anyway " : " test from ";
    const struct network *other;
    char *name = mem_format(" %s ", rows[i].name);
    bool told = rows[i].key ? strcmp(rows[i].name, "epochs") || !(c->minutes > 0) : strstr(files, name) != NULL;

    free(name);
    return told && (networks_with(rows[i].key, &other) == 0 || of_network(network_find(c->network), rows[i].key));
}

struct meta *config_words(const struct train_options *o, const struct train_config *c)
{
    struct train_options plain;
    struct opt table[TRAIN_OPTIONS];
    struct meta *words = meta_list();

    meta_append(words, meta_text(team_size() > 1 ? "cv-train-mpi" : "cv-train"));
    if (team_size() > 1)
        meta_append(words, meta_int(team_size()));
    train_options_begin(&plain, table);
    for (size_t i = 0; i < TRAIN_OPTIONS; i++) {
        struct meta *usual = history_value(&table[i]), *value;

        table[i].value = (char *)(uintptr_t)(rows[i].key ? (const void *)c : o) + rows[i].at;
        value = history_value(&table[i]);
        if (is_told(o, c, i) && !meta_equal(value, usual))
            history_option(words, rows[i].letter, rows[i].name, value);
        meta_free(value);
        meta_free(usual);
    }
    return words;
}

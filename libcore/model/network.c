/* The table of networks. */
#include "model/network.h"

#include <stdio.h>
#include <string.h>

#include "model/codec_private.h"
#include "model/eval_private.h"

static const struct network networks[] = {
    {"spectral", spectral_head, &codec_spectral, &eval_spectral, spectral_times, false, false},
    {"notebook", notebook_head, &codec_notebook, &eval_notebook, NULL, true, true},
};

enum { COUNT = sizeof networks / sizeof *networks };

const struct network *network_find(const char *name)
{
    for (int i = 0; i < COUNT; i++)
        if (!strcmp(networks[i].name, name))
            return &networks[i];
    return NULL;
}

const char *network_names(void)
{
    static char names[128];

    names[0] = 0;
    for (int i = 0; i < COUNT; i++) {
        size_t used = strlen(names);

        snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "", networks[i].name);
    }
    return names;
}

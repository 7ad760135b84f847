/* The table of networks. */
#include "model/network.h"

#include <stdio.h>
#include <string.h>

const struct network *const networks[] = {&network_spectral, &network_notebook, NULL};

const struct network *network_find(const char *name)
{
    for (int i = 0; networks[i]; i++)
        if (!strcmp(networks[i]->name, name))
            return networks[i];
    return NULL;
}

const char *network_names(void)
{
    static char names[128];
    size_t used = 0;

    for (int i = 0; networks[i] && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? "|" : "", networks[i]->name);
    return names;
}

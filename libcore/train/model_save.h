/* A model as a file that gets its name only when it is whole. */
#ifndef TRAIN_MODEL_SAVE_H
#define TRAIN_MODEL_SAVE_H

#include "model/file.h"

/* Writes "path.part", which on failure is removed, syncs it to the disk and renames it. A link stays one; what is there
 * and no plain file is written to as it is; path NULL is standard output. -1: the reason; what was at path is there. */
int model_save(const char *path, const struct meta *head, const struct params *params, const struct model_array *arrays,
               size_t count);

/* -1: model_save would fail, as it looks before there is a model. */
int model_save_check(const char *path);

#endif

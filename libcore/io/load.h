/* Audio files into a stream of clips: all that cv-load does behind its options. What is wrong with a file is said on
 * standard error, and the rest goes on. */
#ifndef IO_LOAD_H
#define IO_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/meta.h"

#define LOAD_SAMPLES_MAX 268435456.0 /* all channels of a clip together: 1 GiB */

struct load_options {
    double rate, offset; /* Hz; seconds into each file */
    int64_t samples;     /* of a clip, in each channel; with parts INT64_MAX is all there are */
    int64_t part; /* write each clip in parts of so many samples, as they are read; 0: whole. Not with all, unique */
    bool live;    /* with parts, and of standard input ("-") alone: as it comes */
    const struct audio_raw *raw; /* of samples without a header, NULL: there is one */
    bool pad;                    /* shorter clips with silence */
    bool channels;               /* keep them, or mix them */
    bool all;                    /* cut files into clips, or take the first one */
    bool recursive;              /* look into folders */
    bool unique;                 /* leave out clips that were there before */
    bool strict;                 /* stop at the first bad file */
    int64_t shard, shards;       /* load the tracks of that shard of so many, 1 to shards, alone; 0: all */
    const char *report;          /* file for what became of each file, NULL: none */
    /* What else there is to say of a clip x [channels, samples], of which the first got samples are the file's: with
     * parts, of the first; NULL */
    void (*note)(struct meta *meta, const float *x, int64_t channels, int64_t samples, int64_t got);
};

struct load;

/* Writes to fd, and nothing before the first clip. NULL: the report cannot be written. */
struct load *load_new(const struct load_options *o, int fd);

/* Says that there is a file, or with recursive a folder of files, at path ("-": standard input). All that load_run is
 * to load should be found first, so that tracks of one name are told apart. */
void load_find(struct load *l, const char *path);

/* From now on this process can open no other file than those found, listed: than to read it, and makes temporary ones only
 * if a pipe may be among them. Where the kernel knows how: base/confine.h. */
void load_confine(const struct load *l, bool listed);

/* Loads what was found. -1: the output cannot be written, or a file failed within a clip of which parts are out. */
int load_run(struct load *l);

/* Finds and runs each of the names that in holds, each followed by end ('\n' or NUL). -1: the reason. */
int load_list(struct load *l, FILE *in, int end);

/* Ends the stream, sums up, and releases l: the status of the program, 1 if some file could not be used, or the report
 * not be written, or with strict (then the stream has no end). A shard to which no track falls is a stream without clips.
 * -1: the reason: nothing was there, or output failed. */
int load_end(struct load *l);

#endif

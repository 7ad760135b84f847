/* Small runs of every program, which machine.c lets fail at every place. FOLDER/.. is what prepare.sh made. */
#ifndef TESTS_TORTURE_SCENARIOS_H
#define TESTS_TORTURE_SCENARIOS_H

enum output { STREAM, BYTES, TEXT }; /* what standard output is */

/* What the first INT, TERM or HUP does: ends it as any signal; has it end early, with output that is whole; the same, but
 * before there is any output it may be an error. */
enum end { DIES, ENDS, BEGUN_ENDS };

struct scenario {
    const char *name, *input, *arguments; /* input: NULL for none, "|FILE" through a pipe */
    enum output output;
    enum end end;
    int stop_at; /* number of the write before which a TERM ends what has no end; 0: it has one */
};

#define TRAIN "cv-train -q -j 1 "
#define SMALL "-z 1 --width 1 --stride 1 "

static const struct scenario scenarios[] = {
    {"report", NULL, "cv-report --clips 1 -j 1 --held-out ../brief.cvs ../model.bin", BYTES, DIES, 0},
    {"load", NULL, "cv-load -n 600 -r 2000 ../a.wav", STREAM, DIES, 0},
    {"load-many", NULL, "cv-load --strict -r 3000 -n 600 -c ../a.wav ../b.flac ../c.ogg", STREAM, DIES, 0},
    {"load-formats", NULL, "cv-load --strict -r 2000 -n 600 ../d.mp3 ../d.opus ../d.aiff", STREAM, DIES, 0},
    {"load-joined", NULL, "cv-load --strict -r 2000 -n 600 ../joined.ogg ../joined.mp3 ../joined.aiff ../crashed.wav",
     STREAM, DIES, 0},
    {"load-list", "list", "cv-load -@ --strict --all -r 3000 -n 1000", STREAM, DIES, 0},
    {"load-pipe", "|a.wav", "cv-load -r 3000 -n 600 -", STREAM, DIES, 0},
    {"load-report", NULL, "cv-load --strict --report /dev/null --unique --tempo auto -r 3000 ../a.wav ../d.wav", STREAM,
     DIES, 0},
    {"load-part", NULL, "cv-load --part .5 -r 3000 ../a.wav", STREAM, DIES, 0},
    {"load-live", "|a.wav", "cv-load --live --part .5 -r 3000 -", STREAM, BEGUN_ENDS, 0},
    {"batch", "clips.cvs", "cv-batch -b 2", STREAM, DIES, 0},
    {"batch-take", "clips.cvs", "cv-batch --take train --by-time -b 1", STREAM, DIES, 0},
    {"train", "clips.cvs", "cv-train -q -j 2 -e 2 " SMALL "--snapshot out --log /dev/null -t ../test.cvs", STREAM, ENDS,
     0},
    {"train-file", "test.cvs", TRAIN "-e 1 " SMALL "--memory 1K -o out/model.bin", BYTES, ENDS, 0},
    {"train-resume", "test.cvs", TRAIN "-e 2 --resume ../shots --resume-anyway --log /dev/null --snapshot out", STREAM,
     ENDS, 0},
    {"train-from", "test.cvs", TRAIN "-e 1 --from ../model.bin --keep-bank", STREAM, ENDS, 0},
    {"train-prior", "test.cvs", TRAIN "--prior-only ../model.bin", STREAM, DIES, 0},
    {"train-notebook", "tiny.cvs", TRAIN "-N notebook -e 1 -b 2 --snapshot out", STREAM, ENDS, 0},
    {"start", "clips.cvs", TRAIN "-e 0 " SMALL "--snapshot out", STREAM, ENDS, 0},
    {"encode", "clips.cvs", "cv-encode -j 2 ../model.bin", STREAM, DIES, 0},
    {"encode-parts", "parts.cvs", "cv-encode -j 1 ../model.bin", STREAM, DIES, 0},
    {"encode-notebook", "tiny.cvs", "cv-encode -j 1 ../notebook.bin", STREAM, DIES, 0},
    {"sample", NULL, "cv-sample -n 3", STREAM, DIES, 0},
    {"sample-model", NULL, "cv-sample -n 3 -j 2 -m ../model.bin", STREAM, DIES, 0},
    {"sample-continue", NULL, "cv-sample -n 1 -j 1 -m ../model.bin -c ../test.cvs --start .5", STREAM, DIES, 0},
    {"sample-endless", NULL, "cv-sample -j 1 --endless -m ../model.bin", STREAM, ENDS, 4},
    {"decode", "latent.cvs", "cv-decode -j 2 ../model.bin", STREAM, DIES, 0},
    {"decode-parts", "latent-parts.cvs", "cv-decode -j 1 ../model.bin", STREAM, DIES, 0},
    {"decode-noise", "noise.cvs", "cv-decode -j 1 ../model.bin", STREAM, DIES, 0},
    {"decode-notebook", "tiny-noise.cvs", "cv-decode -j 1 ../notebook.bin", STREAM, DIES, 0},
    {"mix", NULL, "cv-mix -n 3 ../latent.cvs ../latent.cvs", STREAM, DIES, 0},
    {"mix-transpose", NULL, "cv-mix -t 2 -m ../model.bin ../latent.cvs", STREAM, DIES, 0},
    {"mix-split", NULL, "cv-mix -s 500 -m ../model.bin ../latent.cvs ../latent.cvs", STREAM, DIES, 0},
    {"mix-dim", NULL, "cv-mix -d 1 -n 3 ../latent.cvs", STREAM, DIES, 0},
    {"towav", "short.cvs", "cv-towav -o out", TEXT, DIES, 0},
    {"towav-one", "short.cvs", "cv-towav -b 24 -n -o out/all.wav", TEXT, DIES, 0},
    {"towav-stdout", "short.cvs", "cv-towav -b 32 -o -", BYTES, DIES, 0},
    {"towav-parts", "parts.cvs", "cv-towav -o -", BYTES, DIES, 0},
    {"towav-loudness", "brief.cvs", "cv-towav --loudness -20 -o out", TEXT, DIES, 0},
    {"check", "clips.cvs", "cv-check -q -r ../clips.cvs", STREAM, DIES, 0},
    {"check-form", "long.cvs", "cv-check --json -r ../long.cvs", STREAM, DIES, 0},
    {"check-every", "parts.cvs", "cv-check --json --every 1", STREAM, DIES, 0},
    {"eval", "brief.cvs", "cv-eval -j 2 ../model.bin", TEXT, DIES, 0},
    {"eval-two", "brief.cvs", "cv-eval -j 1 ../model.bin ../model.bin", TEXT, DIES, 0},
    {"eval-each", "brief.cvs", "cv-eval -j 1 --json --each ../model.bin", TEXT, DIES, 0},
    {"info", "latent.cvs", "cv-info", TEXT, DIES, 0},
    {"info-json", NULL, "cv-info --json ../model.bin", TEXT, DIES, 0},
    {"info-recipe", "latent.cvs", "cv-info --recipe", TEXT, DIES, 0},
    {"plot", "short.cvs", "cv-plot -W 200 -H 200 -o out/plot.png", TEXT, DIES, 0},
    {"plot-svg", "latent.cvs", "cv-plot -W 200 -H 200 -o out/plot.svg", TEXT, DIES, 0},
    {"plot-spectrogram", "brief.cvs", "cv-plot --kind spectrogram -W 200 -H 200 -o -", BYTES, DIES, 0},
    {"plot-training", NULL, "cv-plot -W 200 -H 200 -o out/plot.svg ../log", TEXT, DIES, 0},
    {"plot-last", "parts.cvs", "cv-plot --last 1 -W 200 -H 200 -o out/plot.png", TEXT, DIES, 0},
};

enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

#endif

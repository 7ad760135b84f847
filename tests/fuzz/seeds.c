/* Writes seeds of one fuzz target into a folder: seeds TARGET FOLDER. Real streams and files, as small as they come. */
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "io/stream.h"
#include "train/train.h"

static const char *folder;

static void save(const char *name, const void *data, size_t size)
{
    char path[4096];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

/* A stream of some frames with one tensor of that shape, and with clip names and metas of all sorts. */
static void save_stream(const char *name, const char *kind, const char *tensor, int rank, const int64_t *shape,
                        int frames)
{
    float x[64];
    struct meta *head = meta_map(), *meta = meta_map(), *list = meta_list(), *names = meta_list();
    struct frame_tensor t[3] = {{tensor, tensor_view(x, rank, shape)},
                                {"mean", tensor_view(x, rank, shape)},
                                {"logvar", tensor_view(x, rank, shape)}};
    struct writer *w;
    const uint8_t *p;
    size_t n;

    for (int i = 0; i < 64; i++)
        x[i] = (float)(i % 5 - 2) / 8;
    meta_set(head, "rate", meta_int(3000));
    meta_set(head, "seed", meta_int(70000));
    meta_set(head, "network", meta_text("spectral"));
    meta_append(list, meta_real(0.5));
    meta_append(list, meta_bool(true));
    meta_append(list, meta_nil());
    meta_append(list, meta_int(-3));
    meta_set(meta, "metas", list);
    meta_append(names, meta_text("clip-a"));
    meta_append(names, meta_text("\xc3\xa4"));
    if (rank == 3)
        meta_set(meta, "names", names);
    else
        meta_free(names);
    meta_set(meta, "samples", meta_int(4));
    meta_set(meta, "level", meta_real(0.125));
    fuzz_output_clear();
    for (int segment = 0; segment < 1 + (frames > 2); segment++) {
        w = writer_new(FUZZ_OUT, "seed", kind, head);
        for (int i = 0; i < frames; i++)
            FUZZ_HOLDS(writer_put(w, i ? "jazz.00001" : "jazz.00000", i % 2 ? NULL : meta, t,
                                  strcmp(kind, "latent") ? 1 : 3) == 0);
        FUZZ_HOLDS(writer_end(w) == 0);
    }
    p = fuzz_output(&n);
    save(name, p, n);
    meta_free(head);
    meta_free(meta);
}

/* Noise that brings all that cv-sample has ever put beside it, and some. */
static void save_noise(void)
{
    float x[64] = {0};
    struct frame_tensor t[3] = {{"noise", tensor_view(x, 2, (int64_t[]){2, 32})},
                                {"start", tensor_view(x, 2, (int64_t[]){2, 5})},
                                {"guide", tensor_view(x, 2, (int64_t[]){2, 7})}};
    struct writer *w;
    const uint8_t *p;
    size_t n;

    fuzz_output_clear();
    w = writer_new(FUZZ_OUT, "seed", "noise", NULL);
    FUZZ_HOLDS(w && writer_put(w, "clip", NULL, t, 3) == 0 && writer_end(w) == 0);
    p = fuzz_output(&n);
    save("noise-start-guide", p, n);
}

/* A clip of three parts, the last of them empty, and a whole one. */
static void save_parts(const char *name, const char *kind, const char *tensor)
{
    float x[4] = {.5f, -.25f, 0, 1};
    struct frame_tensor t = {tensor, tensor_view(x, 2, (int64_t[]){2, 2})}, none = t;
    struct meta *meta = meta_map(), *end = meta_map();
    struct writer *w;
    const uint8_t *p;
    size_t n;

    meta_set(meta, "rate", meta_int(3000));
    meta_set(meta, "level", meta_real(0.125));
    meta_set(end, "samples", meta_int(4));
    none.t.shape[1] = 0;
    fuzz_output_clear();
    w = writer_new(FUZZ_OUT, "seed", kind, meta);
    FUZZ_HOLDS(writer_part(w, "a", meta, &t, 1) == 0 && writer_part(w, "a", NULL, &t, 1) == 0);
    FUZZ_HOLDS(writer_put(w, "a", end, &none, 1) == 0 && writer_put(w, "b", meta, &t, 1) == 0 && writer_end(w) == 0);
    p = fuzz_output(&n);
    save(name, p, n);
    meta_free(meta);
    meta_free(end);
}

static void save_streams(void)
{
    save_parts("parts", "audio", "audio");
    save_parts("latent-parts", "latent", "z");
    save_stream("audio", "audio", "audio", 2, (int64_t[]){1, 8}, 2);
    save_stream("audio-three", "audio", "audio", 2, (int64_t[]){2, 4}, 3);
    save_stream("batch", "audio", "audio", 3, (int64_t[]){2, 1, 4}, 1);
    save_stream("latent", "latent", "z", 2, (int64_t[]){2, 3}, 2);
    save_stream("latent-one", "latent", "z", 2, (int64_t[]){2, 1}, 1);
    save_stream("noise", "noise", "noise", 2, (int64_t[]){2, 4}, 1);
    save_noise();
    save_stream("audio-long", "audio", "audio", 2, (int64_t[]){1, 64}, 3);
    save_stream("noise-none", "noise", "noise", 2, (int64_t[]){2, 4}, 0);
    save_stream("parameter", "model", "value", 1, (int64_t[]){5}, 1);
}

static void save_model(const char *name, enum fuzz_model_kind kind)
{
    size_t n;
    uint8_t *p = fuzz_model(kind, &n);

    save(name, p, n);
    free(p);
}

/* Snapshots as training leaves them in its folder. */
static void save_snapshots(const char *network)
{
    struct opt table[TRAIN_OPTIONS];
    struct train_options o;
    struct dataset clips;
    char model[4096];

    fuzz_clips(&clips);
    train_options_begin(&o, table);
    snprintf(model, sizeof model, "%s/%s", folder, network);
    o.config.network = network;
    o.config.epochs = o.config.latent = o.config.width = o.config.stride = o.threads = 1;
    o.config.batch = 2;
    o.snapshots = folder;
    o.output = model;
    FUZZ_HOLDS(train(&(struct train_run){&o, &clips, NULL, NULL, NULL}) == 0);
    dataset_free(&clips);
}

static void save_frames(const char *name, int format, int channels, int rate, int frames)
{
    SF_INFO info = {.samplerate = rate, .channels = channels, .format = format};
    char path[4096];
    static float x[2 * 8192];
    SNDFILE *f;

    for (int i = 0; i < channels * frames; i++)
        x[i] = (float)(i % 16 - 8) / 16;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = sf_open(path, SFM_WRITE, &info);
    if (!f)
        return; /* a format that this libsndfile does not write */
    sf_writef_float(f, x, frames);
    sf_close(f);
}

static void save_sound(const char *name, int format, int channels, int rate)
{
    save_frames(name, format, channels, rate, 64 / channels);
}

static void save_sounds(void)
{
    save_sound("wav16", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, 3000);
    save_sound("wav24", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 2, 8000);
    save_sound("wav-float", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 1, 22050);
    save_sound("wav-double", SF_FORMAT_WAVEX | SF_FORMAT_DOUBLE, 2, 3000);
    save_sound("wav-adpcm", SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM, 1, 8000);
    save_sound("rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, 1, 3000);
    save_sound("w64", SF_FORMAT_W64 | SF_FORMAT_PCM_16, 1, 3000);
    save_sound("rifx", SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG, 1, 3000);
    save_sound("aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 2, 44100);
    save_sound("au", SF_FORMAT_AU | SF_FORMAT_ULAW, 1, 8000);
    save_sound("caf", SF_FORMAT_CAF | SF_FORMAT_PCM_16, 1, 3000);
    save_sound("flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, 3000);
    save_sound("nist", SF_FORMAT_NIST | SF_FORMAT_PCM_16, 1, 3000);
    save_sound("svx", SF_FORMAT_SVX | SF_FORMAT_PCM_S8, 1, 3000);
    save_frames("mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 1, 16000, 8192);
    save_frames("mp3-stereo", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 2, 44100, 8192);
    save_frames("vorbis", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, 8000, 2000);
    save_frames("opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 1, 8000, 2000);
    save_sound("raw-avr", SF_FORMAT_AVR | SF_FORMAT_PCM_16, 1, 3000);
}

static void save_lines(void)
{
    static const char *const lines[] = {
        "-f\n-n\n12\n--rate=44100.5\nfile",
        "--\n-n",
        "-l\na\n-l\nb\n--list=c",
        "--fl\n--number\n-3",
        "-n5\n-r1e3\n-t\n",
        "--help",
        "-Vq",
        "--numbers-of-them\n-9223372036854775808",
        "-n\n0x10",
        "-r\nnan",
        "-r\n+.5e-3",
        "9223372036854775807",
        "--flag=1",
        "-z",
        "--number",
        "999999999999999999999999",
    };
    char name[20];

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(name, sizeof name, "line-%02zu", i);
        save(name, lines[i], strlen(lines[i]));
    }
}

static void save_texts(void)
{
    save("name", "jazz/a b.00001.wav", 18);
    save("dots", "../../.-hidden.FLAC", 19);
    save("utf8", "M\xc3\xa4rz \xe2\x82\xac \xf0\x9f\x8e\xb7.mp3", 19);
    save("latin", "M\xe4rz\x1b[31m\n.ogg", 14);
    save("c1",
         "\xc2\x9b"
         "31m\x7f",
         6);
}

int main(int argc, char **argv)
{
    const char *target = argc == 3 ? argv[1] : "";

    folder = argc == 3 ? argv[2] : "";
    if (!strcmp(target, "stream") || !strcmp(target, "codec")) {
        save_streams();
    } else if (!strcmp(target, "model")) {
        save_model("spectral", FUZZ_SPECTRAL);
        save_model("beat", FUZZ_BEAT);
        save_model("stereo", FUZZ_STEREO);
    } else if (!strcmp(target, "snapshot")) {
        save_snapshots("spectral");
        save_model("bank", FUZZ_OWN);
    } else if (!strcmp(target, "audio")) {
        save_sounds();
    } else if (!strcmp(target, "options")) {
        save_lines();
    } else if (!strcmp(target, "text")) {
        save_texts();
    } else {
        fprintf(stderr, "usage: seeds stream|codec|model|snapshot|audio|options|text FOLDER\n");
        return 2;
    }
    return 0;
}

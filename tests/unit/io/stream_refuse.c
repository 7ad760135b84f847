/* Streams: what is refused, and in which words. */
#include <fcntl.h>
#include <math.h>

#include "bytes.h"
#include "check.h"

struct refusal {
    const char *what, *says, *bytes;
    size_t n;
};

#define CASE(what, says, literal) \
    { \
        what, says, literal, sizeof literal - 1 \
    }
#define ND "\xa2nd\xc3"
#define TYPE "\xa4type\xa3<f4"
#define HEAD \
    "\xa2" \
    "cv\xa4head\xa7version\x01\xa4kind\xa1k\xa4meta"
#define FRAME \
    "\xa2" \
    "cv\xa5" \
    "frame"
#define TAIL \
    "\xa2" \
    "cv\xa4tail\xa6" \
    "frames"
#define DATA8 \
    "\xa4" \
    "data\xc4\x08\0\0\0\0\0\0\0\0"

static void test_refused_tensors(void)
{
    static const struct refusal cases[] = {
        CASE("float64", "float32",
             "\x84" ND "\xa4type\xa3<f8"
             "\xa5shape\x91\x01" DATA8),
        CASE("big-endian", ">f4",
             "\x84" ND "\xa4type\xa3>f4"
             "\xa5shape\x91\x02" DATA8),
        CASE("structured", "structured",
             "\x84" ND "\xa4type\x91\x92\xa1x\xa3<f4"
             "\xa5shape\x91\x02" DATA8),
        CASE("kind V", "kind",
             "\x85" ND TYPE "\xa4kind\xa1V"
             "\xa5shape\x91\x02" DATA8),
        CASE("a NumPy scalar", "scalar",
             "\x83\xa2nd\xc2" TYPE "\xa4"
             "data\xc4\x04\0\0\0\0"),
        CASE("no nd", "nd", "\x83" TYPE "\xa5shape\x91\x02" DATA8),
        CASE("no shape", "shape", "\x83" ND TYPE DATA8),
        CASE("no data", "data", "\x83" ND TYPE "\xa5shape\x91\x02"),
        CASE("data as str", "data",
             "\x84" ND TYPE "\xa5shape\x91\x01"
             "\xa4"
             "data\xa4"
             "abcd"),
        CASE("too few bytes", "12 bytes", "\x84" ND TYPE "\xa5shape\x91\x03" DATA8),
        CASE("too many bytes", "4 bytes", "\x84" ND TYPE "\xa5shape\x91\x01" DATA8),
        CASE("a negative size", "whole numbers", "\x84" ND TYPE "\xa5shape\x92\xff\xfe" DATA8),
        CASE("a real size", "whole numbers", "\x84" ND TYPE "\xa5shape\x91\xca\x40\x00\x00\x00" DATA8),
        CASE("nine dimensions", "9 dimensions", "\x84" ND TYPE "\xa5shape\x99\1\1\1\1\1\1\1\1\2" DATA8),
        CASE("a product of 2^80", "too large",
             "\x84" ND TYPE "\xa5shape\x92\xcf\0\0\1\0\0\0\0\0\xcf\0\0\1\0\0\0\0\0" DATA8),
        CASE("a size of 2^63", "whole numbers", "\x84" ND TYPE "\xa5shape\x92\xcf\x80\0\0\0\0\0\0\1\2" DATA8),
        CASE("a product of 2^62", "too large", "\x84" ND TYPE "\xa5shape\x91\xcf\x40\0\0\0\0\0\0\0" DATA8),
        CASE("a product of 2^80 x 0", "too large",
             "\x84" ND TYPE "\xa5shape\x93\xcf\0\0\1\0\0\0\0\0\xcf\0\0\1\0\0\0\0\0\0"
             "\xa4"
             "data\xc4\0"),
        CASE("the key shape twice", "twice", "\x85" ND TYPE "\xa5shape\x91\x02\xa5shape\x91\x02" DATA8),
        CASE("the key nd twice", "twice", "\x85" ND ND TYPE "\xa5shape\x91\x02" DATA8),
        CASE("the key type twice", "twice", "\x85" ND TYPE TYPE "\xa5shape\x91\x02" DATA8),
        CASE("the key kind twice", "twice",
             "\x86" ND TYPE "\xa4kind\xa0\xa4kind\xa0"
             "\xa5shape\x91\x02" DATA8),
        CASE("the key data twice", "twice", "\x85" ND TYPE "\xa5shape\x91\x02" DATA8 DATA8),
        CASE("a NaN", "NaN",
             "\x84" ND TYPE "\xa5shape\x91\x01"
             "\xa4"
             "data\xc4\x04\0\0\xc0\x7f"),
        CASE("an infinity", "infinite",
             "\x84" ND TYPE "\xa5shape\x91\x01"
             "\xa4"
             "data\xc4\x04\0\0\x80\xff"),
        CASE("a list", "not a map", "\x91\x01"),
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes b = {0};

        ADD(&b, FOREIGN_HEAD "\x83" FRAME "\xa4name\xa2hi\xa7tensors\x81\xa1x");
        bytes_add(&b, cases[i].bytes, cases[i].n);
        ADD(&b, "\x82\xa6"
                "frames\x01\xa2"
                "cv\xa4tail");
        check(bytes_read(b.p, b.n) == -1 && says(cases[i].says) &&
                  strncmp(error_text(), "bytes: frame 1 (\"hi\"): tensor \"x\"", 33) == 0,
              "%s: %s", cases[i].what, error_text());
        free(b.p);
    }
}

static void test_refused_frames(void)
{
    static const struct refusal cases[] = {
        CASE("another version", "version 2",
             "\x83\xa2"
             "cv\xa4head\xa7version\x02\xa4kind\xa5"
             "audio"),
        CASE("no version", "version",
             "\x82\xa2"
             "cv\xa4head\xa4kind\xa5"
             "audio"),
        CASE("no kind", "kind",
             "\x82\xa2"
             "cv\xa4head\xa7version\x01"),
        CASE("a tail first", "head", "\x82" TAIL "\x00"),
        CASE("no cv", "cv",
             "\x82\xa2"
             "cw\xa4tail\xa6"
             "frames\x00"),
        CASE("cv twice", "twice",
             "\x82\xa2"
             "cv\xa4head\xa2"
             "cv\xa4head"),
        CASE("a list", "map",
             "\x92\xa2"
             "cv\xa4head"),
        CASE("a byte that is none", "0xc1",
             "\x82\xa2"
             "cv\xc1"),
        CASE("meta is a list", "meta", "\x84" HEAD "\x90"),
        CASE("a key that is a number", "key", "\x84" HEAD "\x81\x01\x01"),
        CASE("a key twice in meta", "twice", "\x84" HEAD "\x82\xa1k\x01\xa1k\x01"),
        CASE("version twice", "twice",
             "\x84\xa2"
             "cv\xa4head\xa7version\x01\xa7version\x01\xa4kind\xa1k"),
        CASE("kind twice", "twice",
             "\x84\xa2"
             "cv\xa4head\xa7version\x01\xa4kind\xa1k\xa4kind\xa1k"),
        CASE("meta twice", "twice", "\x85" HEAD "\x80\xa4meta\x80"),
        CASE("a NumPy number in meta",
             "meta: \"k\": a NumPy number, a plain one was expected: write int(x) or float(x)",
             "\x84" HEAD "\x81\xa1k\x83\xc4\x02nd\xc2\xc4\x04type\xa3<i8\xc4\x04"
             "data\xc4\x02\x78\0"),
        CASE("a NumPy array in a list in meta", "meta: \"k\": item 2: a NumPy array, a list was expected",
             "\x84" HEAD "\x81\xa1k\x92\x01\x82\xa2nd\xc3\xa4"
             "data\xc4\x01\x78"),
        CASE("a NUL in a text of a map", "meta: \"k\": \"l\": a text with a NUL",
             "\x84" HEAD "\x81\xa1k\x81\xa1l\xa3"
             "a\0b"),
        CASE("a NUL in a text", "NUL",
             "\x84" HEAD "\x81\xa1k\xa3"
             "a\0b"),
        CASE("a rate that is a text", "meta: \"rate\" is not a number",
             "\x84" HEAD "\x81\xa4rate\xa1"
             "8"),
        CASE("a tempo that is nothing, of a clip of a batch", "meta: clip 2: \"tempo\" is not a number",
             "\x84" HEAD "\x81\xa5metas\x92\x80\x81\xa5tempo\xc0"),
        CASE("a time in meta", "extension", "\x84" HEAD "\x81\xa1k\xd6\xff\0\0\0\0"),
        CASE("a frame without a name before a tail", "bytes: frame 1: it has no \"name\" that is a text",
             FOREIGN_HEAD "\x82" FRAME "\xa7tensors\x80"
                          "\x82" TAIL "\x01"),
        CASE("a head in a head", "head", FOREIGN_HEAD FOREIGN_HEAD),
        CASE("an unknown sort", "sort",
             FOREIGN_HEAD "\x81\xa2"
                          "cv\xa5"
                          "framf"),
        CASE("a frame without a name", "name", FOREIGN_HEAD "\x82" FRAME "\xa7tensors\x80"),
        CASE("a name with a NUL", "name",
             FOREIGN_HEAD "\x83" FRAME "\xa4name\xa2"
                          "a\0\xa7tensors\x80"),
        CASE("a frame without tensors", "tensors", FOREIGN_HEAD "\x82" FRAME "\xa4name\xa1x"),
        CASE("name twice", "twice", FOREIGN_HEAD "\x84" FRAME "\xa4name\xa1x\xa4name\xa1x\xa7tensors\x80"),
        CASE("tensors twice", "twice", FOREIGN_HEAD "\x84" FRAME "\xa4name\xa1x\xa7tensors\x80\xa7tensors\x80"),
        CASE("two tensors of a name", "two tensors",
             FOREIGN_HEAD "\x83" FRAME "\xa4name\xa1x"
                          "\xa7tensors\x82\xa1x\x84" ND TYPE "\xa5shape\x91\x02" DATA8 "\xc4\1x\x84" ND TYPE
                          "\xa5shape\x91\x02" DATA8),
        CASE("a tail without a count", "count",
             FOREIGN_HEAD "\x81\xa2"
                          "cv\xa4tail"),
        CASE("a tail with another count", "counts 1", FOREIGN_HEAD "\x82" TAIL "\x01"),
        CASE("a count twice", "twice",
             FOREIGN_HEAD "\x83" TAIL "\x00\xa6"
                          "frames\x00"),
        CASE("a checksum twice", "twice", FOREIGN_HEAD "\x84" TAIL "\x00\xa4xxh3\x05\xa4xxh3\x05"),
        CASE("a wrong checksum", "damaged", FOREIGN_HEAD "\x83" TAIL "\x00\xa4xxh3\x05"),
        CASE("a checksum as text", "xxh3",
             FOREIGN_HEAD "\x83" TAIL "\x00\xa4xxh3\xa1"
                          "5"),
        CASE("a damaged key of the checksum", "xxh3", FOREIGN_HEAD "\x83" TAIL "\x00\xa4xxh2\x05"),
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(bytes_read(cases[i].bytes, cases[i].n) == -1 && says(cases[i].says) &&
                  strncmp(error_text(), "bytes", 5) == 0,
              "%s: %s", cases[i].what, error_text());
}

static void test_many_tensors(void)
{
    struct bytes b = {0};

    ADD(&b, FOREIGN_HEAD "\x83" FRAME "\xa4name\xa1x\xa7tensors\xde\x10\x01");
    for (int i = 0; i < 0x1001; i++)
        ADD(&b, "\xa1x\xc0");
    check(bytes_read(b.p, b.n) == -1 && says("4097 tensors, at most 4096"), "%s", error_text());
    free(b.p);
}

static void test_not_a_stream(void)
{
    static const struct refusal cases[] = {
        CASE("nothing", "is empty", ""),
        CASE("WAV", "is a WAV file, not a stream: did you mean cv-load?", "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0"),
        CASE("FLAC", "FLAC", "fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0"),
        CASE("Ogg", "Ogg", "OggS\0\x02\0\0\0\0\0\0\0\0\0\0"),
        CASE("MP3", "MP3", "ID3\x04\0\0\0\0\0\0\0\0\0\0\0\0"),
        CASE("MP3 without a tag", "MP3", "\xff\xfb\x90\x64\0\0\0\0\0\0\0\0\0\0\0\0"),
        CASE("MPEG of no layer", "is not a stream", "\xff\xf9\x90\x64\0\0\0\0\0\0\0\0\0\0\0\0"),
        CASE("MPEG of no rate", "is not a stream", "\xff\xfb\xff\x64\0\0\0\0\0\0\0\0\0\0\0\0"),
        CASE("AIFF", "AIFF",
             "FORM\0\0\0\x2e"
             "AIFFCOMM\0\0\0\x12"),
        CASE("AU", "AU", ".snd\0\0\0\x18\0\0\0\0\0\0\0\0"),
        CASE("PNG", "PNG", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        CASE("gzip", "gzip", "\x1f\x8b\x08\0\0\0\0\0\0\x03\0\0\0\0\0\0"),
        CASE("text", "is text", "Dear reader, this is a letter."),
        CASE("short text", "is text", "no\n"),
        CASE("UTF-8 text cut in a character", "is text", "caf\xc3"),
        CASE("a map of something else", "\"cv\"",
             "\x81\xa1"
             "a\xa9"
             "abcdefghi\xa1"),
        CASE("a map cut short", "begin with a head",
             "\x89\xa9"
             "something else altogether"),
        CASE("zeros", "is not a stream", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(bytes_read(cases[i].bytes, cases[i].n) == -1 && says(cases[i].says), "%s: %s", cases[i].what,
              error_text());
}

static void test_wrong_kind(void)
{
    static const char *const audio[] = {"audio", NULL}, *const latent[] = {"latent", "noise", NULL},
                             *const noise[] = {"noise", NULL}, *const z[] = {"latent", NULL},
                             *const three[] = {"audio", "latent", "noise", NULL}, *const model[] = {"model", NULL};
    static const struct {
        const char *kind;
        const char *const *wanted;
        const char *says;
    } cases[] = {
        {"audio", latent, "holds audio, a latent or noise stream was expected: use cv-encode or cv-sample"},
        {"latent", audio, "holds latents, an audio stream was expected: use cv-decode"},
        {"model", audio, "holds a model, an audio stream was expected: use cv-load"},
        {"model", latent, "holds a model, a latent or noise stream was expected: use cv-sample -m MODEL"},
        {"audio", model, "holds audio, a model stream was expected: models come from cv-train"},
        {"noise", audio, "holds noise, an audio stream was expected: use cv-decode"},
        {"model", noise, "holds a model, a noise stream was expected: use cv-sample"},
        {"audio", z, "a latent stream was expected: use cv-encode"},
        {"cheese", three, "an audio, latent or noise stream was"},
        {"cheese", audio, "holds a stream of kind \"cheese\", an audio stream was expected: use cv-load"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes b = bytes_stream(cases[i].kind, 1, 1);

        check(bytes_read_kinds(b.p, b.n, cases[i].wanted, NULL) == -1 && says(cases[i].says), "%s", error_text());
        free(b.p);
    }
}

static void test_nonfinite(void)
{
    enum { N = 5000 };
    static float x[N];
    struct frame_tensor t = {"x", tensor_view(x, 1, (int64_t[]){N})};
    static const int places[] = {0, 1, 1023, 1024, 2500, N - 1};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int fd = bytes_fd("", 0), other;
        struct writer *w = writer_new(fd, "bytes", "audio", NULL);
        struct reader *r;
        const struct frame *f;
        char place[40];

        memset(x, 0x7f, sizeof x); /* 3.4e38, the largest exponent but one */
        x[places[i]] = i % 2 ? NAN : -INFINITY;
        writer_put(w, "clip", NULL, &t, 1);
        writer_end(w);
        other = dup(fd);
        lseek(fd, 0, SEEK_SET);
        r = reader_new(fd, "bytes");
        snprintf(place, sizeof place, "at position %d,", places[i]);
        check(reader_start(r, NULL) == 0 && reader_next(r, &f) == -1 && says(place), "%s", error_text());
        check(reader_next(r, &f) == -1 && says(place) && f == NULL, "and again");
        reader_free(r);
        lseek(other, 0, SEEK_SET);
        r = reader_new(other, "bytes");
        reader_allow_nonfinite(r);
        check(reader_start(r, NULL) == 0 && reader_next(r, &f) == 1 && reader_next(r, &f) == 0, "or allowed");
        reader_free(r);
    }
}

static void test_refused_writes(void)
{
    float x = 0;
    struct frame_tensor wide = {"x", tensor_view(&x, 1, (int64_t[]){(int64_t)1 << 30})};
    struct frame_tensor t = {"x", tensor_view(&x, 1, (int64_t[]){1})};
    struct meta *deep = meta_map(), *wider = meta_map();
    int fd = bytes_fd("", 0), full = open("/dev/full", O_WRONLY);
    struct writer *w = writer_new(fd, "bytes", "audio", NULL);
    struct bytes b;

    for (int i = 0; i < 20; i++) {
        struct meta *outer = meta_map();

        meta_set(outer, "in", deep);
        deep = outer;
    }
    for (int i = 0; i < 2000; i++) {
        char key[12];

        snprintf(key, sizeof key, "%d", i);
        meta_set(wider, key, meta_nil());
    }
    check(writer_new(full, "full", "audio", NULL) == NULL && says("No space left"), "%s", error_text());
    check(writer_new(fd, "bytes", "audio", deep) == NULL && says("nested"), "%s", error_text());
    check(writer_new(fd, "bytes", "audio", wider) == NULL && says("entries"), "%s", error_text());
    check(writer_put(w, "a", NULL, &wide, 1) == -1 && says("values"), "%s", error_text());
    check(writer_put(w, "b", NULL, &t, 1) == -1 && says("values"), "nothing more after a failure");
    check(writer_end(w) == -1 && says("values"), "nor a tail");
    b = bytes_of(fd);
    check(bytes_read(b.p, b.n) == -1 && says("ended after the head"), "%s", error_text());
    close(fd);
    close(full);
    free(b.p);
    meta_free(deep);
    meta_free(wider);
}

static void test_open(void)
{
    check(reader_open("/nowhere/at-all", NULL) == NULL && says("No such file"), "%s", error_text());
    check(reader_open("/", NULL) == NULL && says("directory"), "%s", error_text());
}

int main(void)
{
    test_refused_tensors();
    test_refused_frames();
    test_many_tensors();
    test_not_a_stream();
    test_wrong_kind();
    test_nonfinite();
    test_refused_writes();
    test_open();
    return check_done();
}

/* Sentences for input that is not the stream that was wanted. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "io/stream_private.h"

struct signature {
    size_t at, length;
    const char *bytes, *what, *advice;
};

static const char load[] = "did you mean cv-load?";
static const char unpack[] = "unpack it first, as in 'zcat FILE |'";

static const struct signature signatures[] = {
    {8, 4, "WAVE", "a WAV file", load},
    {0, 4, "RIFF", "a RIFF file", load},
    {0, 4, "RF64", "a WAV file", load},
    {0, 4, "fLaC", "a FLAC file", load},
    {0, 4, "OggS", "an Ogg file", load},
    {0, 3, "ID3", "an MP3 file", load},
    {0, 4, "FORM", "an AIFF file", load},
    {0, 4, ".snd", "an AU file", load},
    {0, 4, "caff", "a CAF file", load},
    {4, 4, "ftyp", "an MP4 file", "convert it to WAV or FLAC, then cv-load"},
    {0, 4, "MThd", "a MIDI file", "render it to WAV first, then cv-load"},
    {0, 8, "\x89PNG\r\n\x1a\n", "a PNG picture", "give it what a cv program wrote"},
    {0, 3, "\xff\xd8\xff", "a JPEG picture", "give it what a cv program wrote"},
    {0, 6, "\x93NUMPY", "a NumPy .npy file", "cv-stream(5) shows how to write a stream from Python"},
    {0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file", "give it what a cv program wrote"},
    {0, 2, "\x1f\x8b", "gzip data", unpack},
    {0, 3, "BZh", "bzip2 data", "unpack it first, as in 'bzcat FILE |'"},
    {0, 6,
     "\xfd"
     "7zXZ\0",
     "xz data", "unpack it first, as in 'xzcat FILE |'"},
    {0, 4, "\x28\xb5\x2f\xfd", "zstd data", "unpack it first, as in 'zstdcat FILE |'"},
    {0, 4, "PK\x03\x04", "a ZIP archive", "unpack it first"},
    {0, 4, "%PDF", "a PDF document", "give it what a cv program wrote"},
};

static bool is_mpeg(const unsigned char *p, size_t n)
{
    return n >= 3 && p[0] == 0xff && (p[1] & 0xe0) == 0xe0 && (p[1] & 0x06) != 0 && p[2] != 0xff;
}

/* True when the first bytes are all of printable text; the last character may be cut. */
static bool is_printable(const unsigned char *p, size_t n)
{
    char text[64 + 1];
    size_t length = n < 64 ? n : 64;

    memcpy(text, p, length);
    text[length] = '\0';
    for (size_t i = 0; i < length;) {
        unsigned char c = (unsigned char)text[i];
        int step = text_character(text + i);

        if (step == 0)
            return length - i < 4 && i > 0;
        if ((c < 0x20 && !strchr("\t\n\r\f\x1b", c)) || c == 0 || c == 0x7f)
            return false;
        i += (size_t)step;
    }
    return true;
}

int explain_foreign(const char *label, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const struct signature *s = &signatures[i];

        if (n >= s->at + s->length && memcmp(p + s->at, s->bytes, s->length) == 0)
            return error_set("%s is %s, not a stream: %s", label, s->what, s->advice);
    }
    if (is_mpeg(p, n))
        return error_set("%s is an MP3 file, not a stream: %s", label, load);
    if (is_printable(p, n))
        return error_set("%s is text, not a stream: give it what a cv program wrote", label);
    return 0;
}

static bool kind_among(const char *kind, const char *const *kinds)
{
    for (; *kinds; kinds++)
        if (strcmp(*kinds, kind) == 0)
            return true;
    return false;
}

static const char *kind_words(const char *kind)
{
    static const char *const words[][2] = {
        {"audio", "audio"},
        {"latent", "latents"},
        {"noise", "noise"},
        {"model", "a model"},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], kind) == 0)
            return words[i][1];
    return NULL;
}

/* How to come from what is there to what was wanted. */
static const char *kind_advice(const char *kind, const char *const *kinds)
{
    bool latent = kind_among("latent", kinds), noise = kind_among("noise", kinds);

    if (kind_among("model", kinds))
        return "models come from cv-train";
    if (kind_among("audio", kinds))
        return strcmp(kind, "latent") == 0 || strcmp(kind, "noise") == 0 ? "use cv-decode" : "use cv-load";
    if (latent && noise)
        return strcmp(kind, "model") == 0 ? "use cv-sample -m MODEL" : "use cv-encode or cv-sample";
    return latent ? "use cv-encode" : "use cv-sample";
}

/* "an audio", "a latent or noise" */
static void kinds_text(const char *const *kinds, char *buffer, size_t size)
{
    size_t used = (size_t)snprintf(buffer, size, "%s ", strchr("aeiou", kinds[0][0]) ? "an" : "a");

    for (size_t i = 0; kinds[i] && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%s",
                                 i == 0         ? ""
                                 : kinds[i + 1] ? ", "
                                                : " or ",
                                 kinds[i]);
}

int explain_kind(const char *label, const char *kind, const char *const *kinds)
{
    const char *words = kind_words(kind);
    char wanted[200];

    if (!kinds || kind_among(kind, kinds))
        return 0;
    kinds_text(kinds, wanted, sizeof wanted);
    if (words)
        return error_set("%s holds %s, %s stream was expected: %s", label, words, wanted, kind_advice(kind, kinds));
    return error_set("%s holds a stream of kind \"%.60s\", %s stream was expected: %s", label, kind, wanted,
                     kind_advice(kind, kinds));
}

/* Makes sound files for tests: tone [OPTION ...] FILE.
 *   -r HZ (22050)  -c CHANNELS (1)  -n FRAMES or -s SECONDS (2)
 *   -f wav|wavex|flac|ogg|opus|mp3|aiff|au|caf|w64 (wav)   -b 8|16|24|32|float|double (16)
 *   -w sine|noise|silence|ramp|constant|nan|inf|beat (sine)   -F HZ (440)   -a AMPLITUDE (0.5)   -S SEED (1)
 *   -g GAIN: each channel is that times the one before it
 * beat: a drum on every beat, F of them a second, a softer one between two, over a bass that steps with each.
 * Channel c of a sine is at c + 1 times the frequency; ramp counts sample
 * numbers modulo 2000 in steps of 1/32768. */
#include <math.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int format;
} formats[] = {
    {"wav", SF_FORMAT_WAV},
    {"wavex", SF_FORMAT_WAVEX},
    {"flac", SF_FORMAT_FLAC},
    {"ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS},
    {"opus", SF_FORMAT_OGG | SF_FORMAT_OPUS},
    {"mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III},
    {"aiff", SF_FORMAT_AIFF},
    {"au", SF_FORMAT_AU},
    {"caf", SF_FORMAT_CAF},
    {"w64", SF_FORMAT_W64},
};

static const struct {
    const char *name;
    int format;
} depths[] = {
    {"8", SF_FORMAT_PCM_U8},  {"16", SF_FORMAT_PCM_16},   {"24", SF_FORMAT_PCM_24},
    {"32", SF_FORMAT_PCM_32}, {"float", SF_FORMAT_FLOAT}, {"double", SF_FORMAT_DOUBLE},
};

static uint32_t state = 1;

/* Uniform on -1..1 (xorshift32). */
static double noise(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state / 2147483648.0 - 1;
}

/* A drum: noise that dies away; beats since the start in units of half a beat. */
static double drum_and_bass(double halves, double seconds)
{
    double since = halves - floor(halves), strength = fmod(floor(halves), 2) == 0 ? 1 : 0.4;
    double pitch = 80 * exp2(fmod(floor(halves / 2) * 5, 12) / 12);

    return 0.7 * strength * exp(-12 * since) * noise() + 0.3 * sin(2 * 3.14159265358979323846 * pitch * seconds);
}

static float value(const char *wave, double amplitude, double hz, int rate, int64_t i, int channel)
{
    if (strcmp(wave, "sine") == 0)
        return (float)(amplitude * sin(2 * 3.14159265358979323846 * hz * (channel + 1) * (double)i / rate));
    if (strcmp(wave, "noise") == 0)
        return (float)(amplitude * noise());
    if (strcmp(wave, "beat") == 0)
        return (float)(amplitude * drum_and_bass(2 * hz * (double)i / rate, (double)i / rate));
    if (strcmp(wave, "ramp") == 0)
        return (float)((double)(i % 2000) / 32768);
    if (strcmp(wave, "constant") == 0)
        return (float)amplitude;
    if (strcmp(wave, "nan") == 0 && i == 100)
        return NAN;
    if (strcmp(wave, "inf") == 0 && i == 100)
        return INFINITY;
    return 0;
}

int main(int argc, char **argv)
{
    const char *wave = "sine", *format = "wav", *depth = "16";
    double amplitude = 0.5, hz = 440, seconds = 2, gain = -1;
    int64_t frames = -1;
    SF_INFO info = {.samplerate = 22050, .channels = 1};
    SNDFILE *file;
    float *frame;
    int letter;

    while ((letter = getopt(argc, argv, "r:c:n:s:f:b:w:F:a:S:g:")) != -1)
        switch (letter) {
        case 'r':
            info.samplerate = atoi(optarg);
            break;
        case 'c':
            info.channels = atoi(optarg);
            break;
        case 'n':
            frames = atoll(optarg);
            break;
        case 's':
            seconds = atof(optarg);
            break;
        case 'f':
            format = optarg;
            break;
        case 'b':
            depth = optarg;
            break;
        case 'w':
            wave = optarg;
            break;
        case 'F':
            hz = atof(optarg);
            break;
        case 'a':
            amplitude = atof(optarg);
            break;
        case 'g':
            gain = atof(optarg);
            break;
        case 'S':
            state = (uint32_t)atoi(optarg);
            break;
        default:
            return 2;
        }
    if (optind + 1 != argc)
        return 2;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, format) == 0)
            info.format |= formats[i].format;
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++)
        if (strcmp(depths[i].name, depth) == 0 && (info.format & SF_FORMAT_SUBMASK) == 0)
            info.format |= depths[i].format;
    if (frames < 0)
        frames = (int64_t)(seconds * info.samplerate + 0.5);
    if ((info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_AU)
        info.format |= SF_ENDIAN_BIG;
    file = sf_open(argv[optind], SFM_WRITE, &info);
    if (file == NULL) {
        fprintf(stderr, "tone: %s: %s\n", argv[optind], sf_strerror(NULL));
        return 1;
    }
    sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    frame = calloc((size_t)info.channels, sizeof *frame);
    for (int64_t i = 0; frame != NULL && i < frames; i++) {
        for (int c = 0; c < info.channels; c++)
            frame[c] =
                c > 0 && gain >= 0 ? (float)gain * frame[c - 1] : value(wave, amplitude, hz, info.samplerate, i, c);
        if (sf_writef_float(file, frame, 1) != 1) {
            fprintf(stderr, "tone: %s: %s\n", argv[optind], sf_strerror(file));
            return 1;
        }
    }
    free(frame);
    return sf_close(file) != 0;
}

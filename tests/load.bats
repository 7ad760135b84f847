# cv-load: sound files into clips.

load helper
load clips

setup() {
    audio_setup
}

# ---- known answers ----

@test "a tone keeps its level and its crossings" {
    tone -s 3 -F 440 -a 0.5 a.wav
    cv-load -r 3000 -d 2 a.wav > s
    [ "$(fact samples < s)" = 6000 ]
    [ "$(fact rate < s)" = 3000 ]
    near "$(fact rms < s)" 0.35355 0.0005
    near "$(fact crossings < s)" 1760 2
    near "$(fact mean < s)" 0 0.001
}

@test "the default clip is 30 s at 22050 Hz; -n counts its samples" {
    tone -s 31 a.wav
    cv-load a.wav > s
    [ "$(fact samples < s)" = 661500 ]
    cv-load -r 22050 -n 661500 a.wav | cmp - s
    [ "$(cv-load -r 3000 a.wav | fact samples)" = 90000 ]
    [ "$(cv-load -r 3000 -n 90001 a.wav | fact samples)" = 90001 ]
    [ "$(cv-load -r 3000 -d 30.5 a.wav | fact samples)" = 91500 ]
    [ "$(cv-load -r 4000 a.wav | fact samples)" = 120000 ]
    [ "$(cv-load -r 3000 -n 77 a.wav | fact samples)" = 77 ]
}

@test "8 to 96 kHz, 8 to 32 bits, floats: one tone, one level" {
    for rate in 8000 11025 44100 48000 96000; do
        tone -r $rate -s 2 a.wav
        near "$(cv-load -r 3000 -d 1 a.wav | fact rms)" 0.35355 0.001
        near "$(cv-load -r 3000 -d 1 a.wav | fact crossings)" 880 2
    done
    for bits in 8 16 24 32 float double; do
        tone -b $bits -s 2 a.wav
        near "$(cv-load -r 3000 -d 1 a.wav | fact rms)" 0.35355 0.004
    done
}

@test "FLAC, OGG, Opus, MP3, AIFF, AU, CAF, W64" {
    for format in flac ogg mp3 aiff au caf w64 wavex; do
        tone -f $format -s 2 a.$format
        load_to -d 1 a.$format
        [ "$status" -eq 0 ]
        [ ! -s words ]
        [ "$(clips < stream)" = "${format/#wavex/a.wavex}" ] || [ "$(clips < stream)" = a ]
        near "$(fact rms < stream)" 0.35355 0.005
    done
    tone -f opus -r 48000 -s 2 a.opus
    near "$(cv-load -r 3000 -d 1 a.opus | fact rms)" 0.35355 0.005
}

@test "no resampling at the file's own rate: the samples themselves" {
    tone -w ramp -n 5000 a.wav
    cv-load -r 22050 -n 5000 a.wav > s
    facts -x s | od -An -v -t f4 -w4 | awk '
        { d = $1 * 32768 - (NR - 1) % 2000; if (d > 0.01 || d < -0.01) { bad = 1 } } END { exit bad || NR != 5000 }'
}

@test "six channels: the mean, or each with -c" {
    tone -c 6 -r 48000 -F 100 -s 2 a.wav
    near "$(cv-load -r 3000 -d 1 a.wav | fact rms)" 0.1443 0.001           # 0.5 / sqrt(2) / sqrt(6)
    cv-load -r 3000 -c -d 1 a.wav > s
    [ "$(facts -s s | wc -l)" = 6 ]
    for channel in 0 1 2 3 4 5; do
        near "$(fact rms "" $channel < s)" 0.35355 0.001
        near "$(fact crossings "" $channel < s)" $((200 * (channel + 1))) 2
    done
    facts -s s | grep -q '"source_rate":48000,"source_channels":6'
    run -1 --separate-stderr cv-load -q -r 3000 -c -n 200000000 a.wav
    [[ $stderr == *"has 6 channels: 200000000 samples of each are too many for a clip"* ]]
}

@test "noise of two channels is averaged, and loses what is over the new rate" {
    tone -c 2 -w noise -S 3 -s 1 a.wav
    near "$(cv-load -r 3000 -d 1 a.wav | fact rms)" 0.075 0.02             # 0.5/sqrt(3)/sqrt(2) x sqrt(3000/22050)
}

@test "a short file keeps its length; -n and --pad pad it with silence" {
    tone -s 1 a.wav
    tone -s 1 -c 2 -F 300 b.wav
    cv-load -r 3000 a.wav > s
    [ "$(fact samples < s)" = 3000 ]
    cv-load -r 3000 -d 3 a.wav | same s
    cv-load -r 3000 -d 3 --pad a.wav > padded
    [ "$(fact samples < padded)" = 9000 ]
    [ "$(facts -x padded | tail -c 24000 | tr -d '\0' | wc -c)" = 0 ]
    facts -x padded | head -c 12000 | cmp - <(facts -x s)
    cv-load -r 3000 -n 9000 a.wav | same padded
    # each channel by itself
    cv-load -r 3000 -c -d 1 b.wav > s
    cv-load -r 3000 -c -d 3 b.wav | same s
    [ "$(cv-load -r 3000 -c -d 3 -p b.wav | fact samples b 1)" = 9000 ]
    # what is long enough is the same either way
    tone -s 4 c.wav
    cv-load -r 3000 -d 3 c.wav > s
    cv-load -r 3000 -d 3 -p c.wav | same s
}

@test "the last line says what became of all files, unless -q" {
    tone -s 1 a.wav
    tone -s 3 b.wav
    echo "not audio at all, whatever its name says, and long enough for a header" > text.wav
    load_to -d 2 b.wav a.wav text.wav b.wav
    [ "$(tail -n 1 said)" = "cv-load: 4 files: 5 of 7 s used, 2 cut, 1 not usable" ]
    load_to -d 2 --pad a.wav
    [ "$(cat said)" = "cv-load: 1 file: 1 of 1 s used, 1 padded" ]
    load_to -a -d 1 -o 0.5 b.wav
    [ "$(cat said)" = "cv-load: 1 file: 2.5 of 3 s used" ]
    load_to -d 3 --unique b.wav b.wav
    [ "$(cat total)" = "cv-load: 2 files: 3 of 6 s used" ]
    load_to -q -d 2 a.wav b.wav
    [ ! -s said ]
}

@test "--all cuts a file without gaps" {
    tone -w noise -s 10 a.wav
    cv-load -r 3000 -n 30000 a.wav > whole
    cv-load -r 3000 --all -n 7000 a.wav > s
    [ "$(clips < s | tr '\n' ' ')" = "a-000 a-001 a-002 a-003 " ]
    [ "$(fact samples a-003 < s)" = 7000 ]
    near "$(fact start a-003 < s)" 7 1e-9
    facts -x s > got
    facts -x whole | head -c $((4 * 28000)) | cmp - got
}

@test "--all drops a last clip under half, with a note, and keeps one over it" {
    tone -s 10 a.wav
    load_to --all -d 4 a.wav
    [ "$status" -eq 0 ]
    [ "$(clips < stream | wc -l)" = 3 ]
    [ "$(fact samples a-002 < stream)" = 6000 ]
    [ ! -s words ]
    load_to --all -d 4.5 a.wav
    [ "$status" -eq 0 ]
    [ "$(clips < stream | wc -l)" = 2 ]
    grep -q 'a.wav: the last 1.000 s .* dropped' words
    load_to -q --all -d 4.5 a.wav
    [ ! -s words ]
    [ "$(cv-load -r 3000 --all -d 30 a.wav | fact samples)" = 30000 ]
    [ "$(cv-load -r 3000 --all -d 4 --pad a.wav | fact samples a-002)" = 12000 ]
}

# ---- names ----

@test "names of clips: the base name without what says audio" {
    mkdir -p d
    tone -s 1 d/jazz.00000.wav
    tone -s 1 d/take.5
    tone -s 1 -f flac d/LOUD.FLAC
    [ "$(cv-load -r 3000 -d 1 d/* | clips | sort | tr '\n' ' ')" = "LOUD jazz.00000 take.5 " ]
    cv-load -r 3000 -d 1 d/jazz.00000.wav | facts -s - | grep -q '"track":"jazz.00000","file":"jazz.00000.wav"'
}

@test "names with spaces, newlines, UTF-8 and bytes that are not" {
    tone -s 1 "two words.wav"
    tone -s 1 $'new\nline.wav'
    tone -s 1 "café ☕.wav"
    tone -s 1 $'bad\xff.wav'
    tone -s 1 -- -dash.wav
    cv-load -r 3000 -d 1 -- "two words.wav" $'new\nline.wav' "café ☕.wav" $'bad\xff.wav' -dash.wav > s
    facts -s s > f
    grep -q '"track":"two words"' f
    grep -q '"track":"new\\nline"' f
    grep -q '"track":"café ☕"' f
    grep -q '"track":"bad�"' f
    grep -q '"track":"-dash"' f
    run -1 --separate-stderr cv-load $'no\nsuch.wav'
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == 'cv-load: no\nsuch.wav: No such file or directory' ]]
}

@test "a list on standard input, by lines and by NULs" {
    tone -s 1 a.wav
    tone -s 1 "b c.wav"
    tone -s 1 $'d\ne.wav'
    [ "$(printf 'a.wav\n\nb c.wav' | cv-load -r 3000 -d 1 -@ | clips | tr '\n' ,)" = "a,b c," ]
    printf '%s\0' a.wav $'d\ne.wav' > list
    cv-load -r 3000 -d 1 -0 < list | facts -s - | grep -q '"track":"d\\ne"'
    [ "$(echo "b c.wav" | cv-load -r 3000 -d 1 --list a.wav | clips | tr '\n' ,)" = "a,b c," ]
    run -1 --separate-stderr cv-load -@ < list
    [[ $stderr == *"-0"* ]]
    run -1 --separate-stderr cv-load -@ < /dev/null
    [[ $stderr == *"names no file"* ]]
    run -1 --separate-stderr cv-load -@ < .
    [[ $stderr == *"list on standard input cannot be read"* ]]
    [ -z "$output" ]
}

@test "standard input as a file: redirected, piped, and from where it stands" {
    for format in wav flac ogg mp3; do
        tone -s 2 -f $format a.$format
        cv-load -r 3000 -d 1 a.$format | facts -x - > want
        cv-load -r 3000 -d 1 - < a.$format > s
        facts -x s | cmp - want
        [ "$(clips < s)" = stdin ]
        cat a.$format | cv-load -r 3000 -d 1 - | facts -x - | cmp - want
    done
    tone -s 2 a.wav
    cv-load -r 3000 -d 1 a.wav | facts -x - > want
    (echo; cat a.wav) > shifted
    (read -r _; cv-load -r 3000 -d 1 -) < shifted | facts -x - | cmp - want
}

@test "a named pipe and a process substitution" {
    tone -s 2 -f flac a.flac
    cv-load -r 3000 -d 1 a.flac | facts -x - > want
    mkfifo pipe
    cat a.flac > pipe &
    cv-load -r 3000 -d 1 pipe | facts -x - | cmp - want
    wait $!
    cv-load -r 3000 -d 1 <(cat a.flac) | facts -x - | cmp - want
}

@test "an endless pipe of something else is given up" {
    mkdir tmp
    set -o pipefail
    run -1 --separate-stderr bash -c 'yes | TMPDIR=tmp cv-load -r 3000 -'
    [[ $stderr == "cv-load: standard input: is not an audio file"* ]]
    [ -z "$(ls -A tmp)" ]
    run -1 --separate-stderr bash -c 'echo | TMPDIR=nowhere cv-load -r 3000 -'
    [[ $stderr == *TMPDIR* ]]
}

# ---- bad files ----

@test "a bad file is named and skipped, the rest goes on, status 1" {
    tone -s 1 a.wav
    tone -s 1 z.wav
    echo "not audio at all, whatever its name says, and long enough for a header" > text.wav
    : > empty.wav
    tone -n 0 zero.wav
    tone -n 1 one.wav
    mkdir dir
    tone -w nan -b float nan.wav
    tone -w inf -b double inf.wav
    load_to -d 1 a.wav missing.wav dir dir/ text.wav empty.wav zero.wav one.wav nan.wav inf.wav /dev/zero z.wav
    [ "$status" -eq 1 ]
    [ "$(clips < stream | tr '\n' ' ')" = "a z " ]
    [ "$(wc -l < words)" = 10 ]
    grep -qx 'cv-load: missing.wav: No such file or directory' words
    grep -qxF "cv-load: dir: is a directory: 'cv-load -R dir' loads what is in it" words
    grep -qxF "cv-load: dir/: is a directory: 'cv-load -R dir' loads what is in it" words
    grep -qx 'cv-load: text.wav: is not an audio file that libsndfile or libmpg123 can read' words
    grep -q 'cv-load: empty.wav: is empty' words
    grep -q 'cv-load: zero.wav: holds no samples' words
    grep -q 'cv-load: one.wav: is too short' words
    grep -q 'cv-load: nan.wav: sample 100 .*channel 1.*not a finite number' words
    grep -q 'cv-load: inf.wav: sample 100 ' words
    grep -q 'cv-load: /dev/zero: is a device' words
    load_to -q -d 1 missing.wav a.wav
    [ "$status" -eq 1 ]
    [ "$(wc -l < words)" = 1 ]
}

@test "a rate that cannot be is said to be one" {
    for rate in '\0\0\0\0' '\xff\xff\xff\xff'; do
        tone a.wav
        printf "$rate" | dd of=a.wav bs=1 seek=24 conv=notrunc status=none
        load_to a.wav
        [ "$status" -eq 1 ]
        [ "$(cat words)" = "cv-load: a.wav: cannot be decoded: its header has a sample rate that cannot be" ]
    done
}

@test "without a single clip there is no stream at all" {
    load_to missing.wav
    [ "$status" -eq 1 ]
    [ ! -s stream ]
    [ "$(wc -l < words)" = 1 ]
}

@test "one sample is a clip at its own rate" {
    tone -n 1 -w constant one.wav
    cv-load -r 22050 one.wav > s
    [ "$(fact peak < s)" = 0.50000 ]
    [ "$(fact samples < s)" = 1 ]
}

@test "a file that cannot be read for want of permission" {
    [ "$(id -u)" -ne 0 ] || skip "root may read everything"
    tone -s 1 a.wav
    chmod 0 a.wav
    load_to a.wav
    [ "$status" -eq 1 ]
    grep -q 'cv-load: a.wav: Permission denied' words
}

@test "a file that ends early is used up to there, with a warning" {
    for format in wav aiff au flac w64; do
        tone -s 2 -w noise -f $format whole.$format
        head -c $(($(stat -c %s whole.$format) / 2)) whole.$format > a.$format
        load_to -d 2 a.$format
        [ "$status" -eq 0 ]
        grep -q "cv-load: warning: a.$format: .* s of " words
        [ "$(wc -l < words)" = 1 ]
        near "$(fact samples < stream)" 3000 600
        load_to -q -d 2 a.$format
        [ ! -s words ]
    done
    tone -s 20 -w noise -f ogg whole.ogg
    head -c 100000 whole.ogg > a.ogg
    load_to a.ogg
    grep -q 'cv-load: warning: a.ogg: is cut short' words
}

@test "a WAV cut anywhere gives a clip or an error, never a wrong status" {
    tone -n 300 -w ramp whole.wav
    for ((n = 0; n < 200; n += 7)); do
        head -c $n whole.wav > a.wav
        load_to -r 22050 a.wav
        if [ "$n" -gt 45 ]; then
            [ "$status" -eq 0 ]
            [ "$(fact samples < stream)" = $(((n - 44) / 2)) ]
        else
            [ "$status" -eq 1 ]
            [ ! -s stream ]
        fi
        [ "$(wc -l < words)" = 1 ]
    done
}

@test "an open-ended header, as programs write it into pipes, is no cut" {
    tone -n 22050 a.wav
    printf '\xff\xff\xff\xff' | dd of=a.wav bs=1 seek=40 conv=notrunc status=none
    printf '\xff\xff\xff\xff' | dd of=a.wav bs=1 seek=4 conv=notrunc status=none
    load_to -d 1 a.wav
    [ "$status" -eq 0 ]
    [ ! -s words ]
    [ "$(fact samples < stream)" = 3000 ]
}

# samples of the only clip of a file at its own rate, however long it is
whole() { load_to -r "${rate:-22050}" -d 100 "$1"; fact samples < stream; }

# same_at SECONDS FILE: -o gives what decoding from the start gives, to 1e-6
same_at() {
    load_to -r 22050 -d 100 "$2"
    facts -x stream | tail -c +$(($(awk -v s="$1" 'BEGIN { printf "%.0f", 22050 * s }') * 4 + 1)) | head -c 8000 > decoded
    load_to -r 22050 -n 2000 -o "$1" "$2"
    facts -x stream | od -An -v -t f4 -w4 > got
    od -An -v -t f4 -w4 decoded | paste - got |
        awk '{ d = $1 - $2; if (d > 1e-6 || d < -1e-6) bad = 1 } END { exit bad || NR != 2000 }'
}

@test "MP3 is read to its true end, and sought in exactly, whatever its header says" {
    tone -s 8 -a 0.05 quiet.wav
    tone -s 6 -w noise loud.wav
    { head -c 44 quiet.wav; tail -c +45 quiet.wav; tail -c +45 loud.wav; } > both
    tone -s 14 -w silence both.wav
    dd if=both of=both.wav bs=4096 skip=44 seek=44 iflag=skip_bytes oflag=seek_bytes conv=notrunc status=none
    lame --quiet -V2 -t both.wav none.mp3                      # a variable bit rate, and no count of frames
    lame --quiet -V2 both.wav v.mp3
    near "$(whole none.mp3)" 308700 1200
    [ ! -s words ]
    [ "$(whole v.mp3)" = 308700 ]
    near "$(grep -o 'of [0-9.]* s' total | tr -dc 0-9.)" 14 0.1
    same_at 9.7 none.mp3
    same_at 9.7 v.mp3
    # a count that is too small, and one that is too large
    at=$(grep -abom1 Xing v.mp3 | cut -d : -f 1)
    cp v.mp3 few.mp3
    printf '\0\0\0\x20' | dd of=few.mp3 bs=1 seek=$((at + 8)) conv=notrunc status=none
    near "$(whole few.mp3)" 308700 1200
    head -c $(($(stat -c %s v.mp3) / 2)) v.mp3 > half.mp3
    load_to -r 22050 -d 100 half.mp3
    grep -q 'warning: half.mp3: is cut short: .* s of the 14.* s its header promises are there' words
    # nonsense in the middle is passed over by the library, and said
    { head -c 40000 none.mp3; tone -w noise -n 3000 junk.wav; cat junk.wav; tail -c +46001 none.mp3; } > bad.mp3
    load_to -r 22050 -d 100 bad.mp3
    grep -q 'warning: bad.mp3: is damaged: [0-9]* bytes in it are no sound' words
    [ "$(wc -l < words)" = 1 ]
    load_to -q bad.mp3 half.mp3
    [ ! -s words ]
    # a few frames within something else are no sound, as programs have them by accident
    { head -c 20000 /dev/zero; head -c 2500 none.mp3; head -c 20000 /dev/zero; } > accident
    load_to accident
    [ "$status" -eq 1 ]
    [ "$(cat words)" = "cv-load: accident: is not an audio file that libsndfile or libmpg123 can read" ]
    # many are, whatever stands in front
    { head -c 20000 /dev/zero; cat none.mp3; } > front.mp3
    near "$(whole front.mp3)" 308700 1200
}

@test "files joined end to end are read to the last one" {
    for format in wav aiff flac ogg mp3; do
        tone -s 2 -f $format a.$format
        tone -s 3 -w noise -f $format b.$format
        alone=$(($(whole a.$format) + $(whole b.$format)))
        cat a.$format b.$format > ab.$format
        [ "$(whole ab.$format)" = "$alone" ]
        [ ! -s words ]
        same_at 3.3 ab.$format
    done
    tone -r 48000 -f opus -s 2 a.opus
    cat a.opus a.opus a.opus > ab.opus
    [ "$(rate=48000 whole ab.opus)" = 288000 ]
    [ ! -s words ]
    # files of several kinds
    tone -s 3 b.wav
    tone -s 3 -f au b.au
    tone -s 2 -f au a.au
    lame --quiet -t b.wav b.mp3 # frames from the first byte on
    frames=$(whole b.mp3)
    for kind in "ogg wav" "wav ogg" "wav flac" "aiff ogg" "wav mp3" "aiff mp3" "au mp3" "au wav" "au ogg" "au au"; do
        first=${kind% *} second=${kind#* }
        cat a.$first b.$second > both.$first
        near "$(whole both.$first)" $((44100 + $([ $second = mp3 ] && echo "$frames" || echo 66150))) 0 ||
            { echo "$kind"; cat said; return 1; }
        [ ! -s words ]
    done
    # of a kind that cannot be read
    { printf '\0\0\0\x20ftypM4A '; head -c 50000 a.wav; } > a.m4a
    for ((i = 0; i < 20; i++)); do printf '\xff\xf1\x50\x80\x40\0\xfc'; head -c 505 a.wav; done > a.aac
    for kind in "wav m4a" "aiff aac" "au m4a"; do
        first=${kind% *}
        cat a.$first a.${kind#* } > foreign.$first
        [ "$(whole foreign.$first)" = 44100 ]
        grep -q "warning: foreign.$first: is several files in one: .* is not an audio file" words
    done
    # and what is no sound, behind a sound
    { cat b.ogg; head -c 50000 /dev/zero; } > behind.ogg
    [ "$(whole behind.ogg)" = 66150 ]
    grep -q "warning: behind.ogg: .* joined to it at byte $(stat -c %s b.ogg) is not an audio file" words
    { cat b.flac; cat b.wav; } > behind.flac
    [ "$(whole behind.flac)" = 66150 ]
    grep -q 'warning: behind.flac: is several files in one, or damaged: [0-9]* bytes or more' words
    # the first one cut in the middle
    { head -c 20000 b.ogg; cat a.ogg; } > cut.ogg
    [ "$(whole cut.ogg)" -gt 60000 ]
    grep -q 'warning: cut.ogg: is cut short' words
    # what is joined on must be like the first
    tone -r 8000 -s 3 -f ogg c.ogg
    cat a.ogg c.ogg > ac.ogg
    [ "$(whole ac.ogg)" = 44100 ]
    grep -q 'warning: ac.ogg: is several files in one: .* 1 channels at 8000 Hz, and not read' words
    tone -r 32000 -s 3 -f mp3 c.mp3
    cat a.mp3 c.mp3 > ac.mp3
    [ "$(whole ac.mp3)" = 44100 ]
    grep -q 'warning: ac.mp3: is several files in one: .* 1 channels at 32000 Hz, and not read' words
    # the same without a count of frames in the second
    lame --quiet -t --resample 32 a.wav t.mp3
    cat a.mp3 t.mp3 > at.mp3
    near "$(whole at.mp3)" 44100 2500
    grep -q 'warning: at.mp3: ends early: .* another rate' words
}

@test "a WAV whose header contradicts itself about its samples is refused" {
    for format in wav wavex; do
        tone -s 1 -f $format a.wav
        for bits in 7 8 20; do
            cp a.wav b.wav
            printf "\\x$(printf %x $bits)" | dd of=b.wav bs=1 seek=34 conv=notrunc status=none
            load_to b.wav
            [ "$status" -eq 1 ]
            grep -q "^cv-load: b.wav: .* has $bits bits a sample and 1 channels, but 2 bytes a frame" words
        done
        printf '\x0c' | dd of=a.wav bs=1 seek=34 conv=notrunc status=none # twelve bits are kept in two bytes
        [ "$(whole a.wav)" = 22050 ]
        [ ! -s words ]
    done
}

@test "a WAV whose header is wrong about its length is read by what is there, with a warning" {
    tone -w noise -s 2 a.wav
    cv-load -r 22050 -d 2 a.wav | facts -x - > want
    for way in zero small crashed; do
        cp a.wav b.wav
        case $way in
        zero) printf '\0\0\0\0' | dd of=b.wav bs=1 seek=40 conv=notrunc status=none ;;
        small) printf '\0\x40\0\0' | dd of=b.wav bs=1 seek=40 conv=notrunc status=none ;;
        crashed) { printf 'RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0'; head -c 28 /dev/zero; head -c 40 a.wav | tail -c 28
                   printf '\xff\xff\xff\xff'; tail -c +45 a.wav; } > b.wav ;;
        esac
        load_to -r 22050 -d 2 b.wav
        [ "$status" -eq 0 ]
        facts -x stream | cmp - want || { echo $way; return 1; }
        grep -q 'warning: b.wav: has a header that is wrong about its length: .*, 2.000 s are there and used' words
        same_at 1.5 b.wav
    done
    # over 4 GB, of which 32 bits are in the header: as many samples as there are, of zeros on the disk
    cp a.wav big.wav
    truncate -s $((44 + 4294967296 + 88200)) big.wav
    { printf 'LIST\xd0\7\0\0'; head -c 2000 /dev/zero | tr '\0' x; } >> big.wav
    load_to -r 22050 -d 2 -o 97000 big.wav
    [ "$status" -eq 0 ]
    grep -q 'is wrong about its length: 2.000 s by it, 97393.549 s are there' words
    # other chunks, an odd number of bytes, a few that mean nothing: no samples
    { cat a.wav; printf 'LIST\4\0\0\0INFO'; head -c 500 /dev/zero; } > list.wav
    [ "$(whole list.wav)" = 44100 ]
    [ ! -s words ]
    # tags as MP3 files have them, in front
    { printf 'ID3\3\0\0\0\1\0\0'; head -c 16384 /dev/zero; cat a.wav; } > tags.wav
    [ "$(whole tags.wav)" = 44100 ]
    [ ! -s words ]
}

@test "whole files that do not say how long they are, are not called damaged" {
    tone -s 2 -f flac a.flac
    printf '\0\0\0\0' | dd of=a.flac bs=1 seek=22 conv=notrunc status=none       # as encoders do into pipes
    [ "$(whole a.flac)" = 44100 ]
    [ ! -s words ]
    [ "$(cat total)" = "cv-load: 1 file: 2 of 2 s used" ]
    same_at 1.2 a.flac
    tone -s 2 -f aiff a.aiff
    at=$(grep -abom1 SSND a.aiff | cut -d : -f 1)
    printf '\x7f\0\0\x08' | dd of=a.aiff bs=1 seek=$((at + 4)) conv=notrunc status=none
    [ "$(whole a.aiff)" = 44100 ]
    [ ! -s words ]
    printf '\0\0\0\0' | dd of=a.aiff bs=1 seek=4 conv=notrunc status=none         # as ffmpeg writes into pipes
    printf '\0\0\0\0' | dd of=a.aiff bs=1 seek=22 conv=notrunc status=none
    printf '\0\0\0\0' | dd of=a.aiff bs=1 seek=$((at + 4)) conv=notrunc status=none
    [ "$(whole a.aiff)" = 44100 ]
    run ! grep 'not read' words
    tone -s 2 b.wav
    lame --quiet -t -b 128 b.wav b.mp3
    { printf 'ID3\3\0\0\0\x0c\x1a\x40'; head -c 200000 /dev/zero | tr '\0' U; cat b.mp3; } > cover.mp3
    near "$(whole cover.mp3)" 44100 3000
    [ ! -s words ]
}

# ---- folders ----

@test "-R loads whole what is audio in a folder and below it, in a stable order" {
    mkdir -p music/b/c music/a music/.hidden
    tone -s 3 music/b/c/2.wav
    tone -s 1 music/b/1.wav
    tone -s 1 -f flac music/a/3.flac
    tone -s 1 music/.hidden/4.wav
    tone -s 1 music/b/noending
    echo words > music/a/notes.txt
    : > music/b/empty
    ln -s .. music/b/circle
    load_to -d 1 -R music
    [ "$status" -eq 0 ]
    [ ! -s words ]
    [ "$(cat total)" = "cv-load: 6 files: 6 of 6 s used, 2 not audio" ]
    [ "$(clips < stream | tr '\n' ' ')" = "3-000 1-000 2-000 2-001 2-002 noending-000 " ]
    load_to -d 1 -R --report report music/b music/a/3.flac
    [ "$(grep -c '"verdict":"not audio","clips":0,' report)" = 2 ]
    # what says that it is audio has to be
    echo words > music/a/broken.mp3
    load_to -d 1 -R music
    [ "$status" -eq 1 ]
    grep -q 'cv-load: music/a/broken.mp3: is not an audio file' words
    [ "$(clips < stream | wc -l)" = 6 ]
    rm -r music/a/broken.mp3 music/b
    rm music/a/3.flac
    load_to -R music
    [ "$status" -eq 1 ]
    [ "$(cat words)" = "cv-load: there is no audio file in what was named" ]
    [ ! -s stream ]
}

@test "tracks of one name are told apart by their folders" {
    mkdir -p x/song1 x/song2 y/song1
    for d in x/song1 x/song2 y/song1; do tone -s 1 -w noise $d/mix.wav; done
    tone -s 1 x/song1/other.wav
    cv-load -r 3000 x/song1/mix.wav x/song2/mix.wav x/song1/other.wav > s
    [ "$(clips < s | tr '\n' ' ')" = "song1/mix song2/mix other " ]
    facts -s s | grep -q '"track":"song2/mix","file":"mix.wav"'
    cv-load -r 3000 x/*/mix.wav y/*/mix.wav | clips > names
    [ "$(tr '\n' ' ' < names)" = "x/song1/mix song2/mix y/song1/mix " ]
    (cd x/song1; cv-load -r 3000 mix.wav ../song2/mix.wav) | clips > names
    [ "$(tr '\n' ' ' < names)" = "song1/mix song2/mix " ]
    # a list is not known before its end: the first keeps its name
    printf '%s\n' x/song1/mix.wav x/song2/mix.wav x/song1/mix.wav | cv-load -r 3000 -@ | clips > names
    [ "$(tr '\n' ' ' < names)" = "mix song2/mix song1/mix " ]
    # one file in two formats, or named twice, is one track
    tone -s 1 -f flac x/song1/mix.flac
    [ "$(cv-load -r 3000 x/song1/mix.wav x/song1/mix.flac x/../x/song1/mix.wav | clips | sort -u)" = mix ]
}

@test "floats scaled as integers get a warning" {
    tone -b float -a 20000 -s 1 a.wav
    sed -i 's/PEAK/junk/' a.wav
    load_to -d 1 a.wav
    [ "$status" -eq 0 ]
    grep -q 'warning: a.wav: has samples up to 2' words
}

@test "an offset beyond the end is an error of that file" {
    tone -s 1 a.wav
    tone -s 3 b.wav
    load_to -o 2 -d 1 a.wav b.wav
    [ "$status" -eq 1 ]
    grep -q 'a.wav: ends at 1.000 s, before the offset of 2 s' words
    [ "$(clips < stream)" = b ]
    load_to -o 1 a.wav
    [ "$status" -eq 1 ]
    [ ! -s stream ]
}

@test "--strict stops at the first bad file and leaves no whole stream" {
    tone -s 1 a.wav
    tone -s 1 b.wav
    load_to --strict -d 1 a.wav missing.wav b.wav missing2.wav
    [ "$status" -eq 1 ]
    [ "$(wc -l < words)" = 1 ]
    run -1 facts -s stream
    printf 'a.wav\nmissing.wav\nb.wav\n' > list
    status=0
    cv-load -r 3000 --strict -@ -d 1 < list > stream 2> words || status=$?
    [ "$status" -eq 1 ]
    run -1 facts -s stream
    cv-load -r 3000 --strict -d 1 a.wav b.wav | facts -s -
}

@test "rates too far apart" {
    tone -r 1 -n 10 a.wav
    load_to -r 768000 -n 10 a.wav
    [ "$status" -eq 1 ]
    grep -q 'too far' words
    tone -r 768000 -n 768 b.wav
    load_to -r 1 -n 10 b.wav
    [ "$status" -eq 1 ]
}

# ---- the rest of what a filter promises ----

# ---- parts ----

@test "--part: joined, the parts are the clip, for every length, rate and channel" {
    tone -r 44100 -s 1 -c 2 -w noise a.wav
    for options in "" "-c" "-r 3000" "-n 70000" "-d .3" "-o .5"; do
        cv-load -q -d 9 a.wav > want                       # all of it
        if [ -n "$options" ]; then cv-load -q $options a.wav > want; fi
        for part in 10 .3 .02 .0003; do
            cv-load -q --part $part $options a.wav | same want
        done
    done
    [ "$(cv-load -q -r 3000 --part .4 a.wav a.wav | parts -m | tr '\n' ' ')" = \
        "part a 1200 part a 1200 frame a 600 part a 1200 part a 1200 frame a 600 " ]
    cv-load -q --part .1 --level .2 --tempo 90 a.wav > s
    [[ $(facts -s - < s) == *'"level":0.2,"tempo":90,"beat":0}'* ]]
    cv-load -q --part .1 -d 1 --report part.jsonl a.wav > s
    cv-load -q -d 1 --report whole.jsonl a.wav > s
    cmp part.jsonl whole.jsonl
}

@test "--part: a clip that fails leaves the stream unfinished, one that does not begin is skipped" {
    tone -b float -w nan -s 1 end.wav
    tone -b float -s 2 begin.wav
    cat begin.wav end.wav > nan.wav
    tone -s 1 a.wav
    run -1 --separate-stderr cv-load -q --part .1 a.wav missing.wav a.wav
    [ "${#stderr_lines[@]}" -eq 1 ]
    tone -n 1 one.wav
    cv-load -q -r 3000 --part .1 missing.wav one.wav a.wav 2> words | cv-info
    grep -q 'one.wav: is too short' words
    run -1 --separate-stderr bash -c 'cv-load -q --part .0001 nan.wav a.wav > s'
    [[ $stderr == *"nan.wav: sample "*"not a finite number"* ]]
    run -1 cv-info s
}

# header SIZE: a WAV of two seconds whose header has that size (8 hexadecimal digits)
header() {
    tone -s 2 -r 3000 whole.wav
    { head -c 4 whole.wav; printf "\\x${1:6:2}\\x${1:4:2}\\x${1:2:2}\\x${1:0:2}"; tail -c +9 whole.wav | head -c 32
      printf "\\x${1:6:2}\\x${1:4:2}\\x${1:2:2}\\x${1:0:2}"; tail -c +45 whole.wav; } > "$1.wav"
}

@test "--live leaves what is no WAV or AU where it is, unread, and waits for a header that comes byte by byte" {
    for f in wav au mp3 ogg aiff; do tone -r 44100 -s 1 -f $f a.$f; done
    for f in mp3 ogg aiff; do
        cat a.$f | { cv-load -q --live - 2> words || echo $? > status; cat > rest; }
        [ "$(cat status)" = 1 ]
        grep -q "cannot be read as it comes" words
        cmp rest a.$f
        rm status
    done
    for files in 4 5 6 7; do # too few to look at it before
        cat a.mp3 | { (ulimit -n $files; exec cv-load -q --live -) > words 2>&1 || true; cat > rest; }
        cmp rest a.mp3
    done
    for f in wav au; do
        cv-load -q --live - < a.$f > want
        { for byte in 1 2 3 4 5; do head -c 1; sleep .02; done; cat; } < a.$f | cv-load -q --live - | cmp - want
    done
    if modules=socket python -c ""; then
        modules=socket python -c 'import socket, subprocess, threading, time
a, b = socket.socketpair()
head = lambda b: [(a.sendall(b[i:i + 1]), time.sleep(.02)) for i in range(5)] and a.sendall(b[5:])
threading.Thread(target=lambda: (head(open("a.wav", "rb").read()), a.close())).start()
subprocess.run(["cv-load", "-q", "--live", "-"], stdin=b, check=True)' > s
        cv-load -q --live - < a.wav | cmp - s
    fi
}

@test "--live: WAV whose header leaves the length open, AU, and samples alone, as they come" {
    tone -s 2 -r 3000 a.wav
    cv-load -q -r 3000 a.wav | values audio > want
    for size in ffffffff 80000000 7ffff000; do
        header $size
        cat $size.wav | cv-load -q -r 3000 --live - > s
        values audio < s | cmp - want
        [ "$(parts -m < s | sort | uniq -c | xargs)" = "1 frame stdin 0 100 part stdin 60" ]
    done
    [[ $(facts -s - < s) == *'"level":0.1,"tempo":0}'* ]]
    header 00000000
    run -1 --separate-stderr cv-load -q --live - < 00000000.wav
    [[ $stderr == *"0 samples"*--raw* ]]
    tail -c +45 a.wav > raw
    for live in "" --live; do
        cat raw | cv-load -q -r 3000 $live --raw s16,3000,1 - | values audio | cmp - want
        { head -c 44 > head; cv-load -q -r 3000 $live --raw s16,3000,1 -; } < a.wav | values audio | cmp - want
    done
    for file in a.wav /dev/null; do
        run -1 --separate-stderr eval "{ cat > all; cv-load -q --live --raw s16,3000,1 -; } < $file"
        [[ $stderr == *"holds no samples"* ]]
    done
    # a header that says a length is believed: what is missing is told, and bytes that make no sample too
    head -c 4045 a.wav > cut.wav
    for from in "cat cut.wav |" "< cut.wav"; do
        eval "$from cv-load -r 3000 --live -" 2> words | values audio | cmp - <(head -n 2000 want)
        grep -q "warning: standard input: ends early: 0.667 s of 2.000 s" words
    done
    for file in ffffffff.wav a.wav; do
        cv-load -r 3000 --live - < $file 2> words | values audio | cmp - want
        run ! grep warning words
    done
    cat ffffffff.wav | cv-load -r 3000 --live - 2> words > s
    run ! grep warning words
    head -c 5 raw > odd
    cv-load -r 3000 --raw s16,3000,1 odd 2> words | values audio | cmp - <(head -n 2 want)
    grep -q "warning: odd: .* last 1 bytes are left out" words
    tone -s 1 -f flac b.flac
    run -1 --separate-stderr cv-load -q --live - < b.flac
    [[ $stderr == *"as it comes"*ffmpeg* ]]
    tone -s 1 -r 44100 -c 2 b.wav
    cv-load -q b.wav | values audio > resampled
    cat b.wav | cv-load -q --live - | values audio | cmp - resampled
    tone -s 2 -r 3000 -f au a.au
    cat a.au | cv-load -q -r 3000 --live - | values audio | cmp - want
}

@test "--live | cv-towav: what went in is out before more comes, and is the same" {
    tone -s 1 -r 22050 -a 1 a.wav
    tail -c +45 a.wav > raw
    live='cv-load -q --live --raw s16,22050,1 - | cv-towav -q --raw -o -'
    lockstep 882 222 "$live" < raw | cmp - raw             # a part, and 5 ms: 111 samples
    lockstep 2 $((882 + 220)) "$live" < <(head -c 4000 raw) | cmp - <(head -c 4000 raw)
    LOCKSTEP_SECONDS=1 run -3 lockstep 882 220 "$live" < raw
    # Ctrl-C, which reaches all: the stream ends whole
    lockstep -i 882 222 "trap : INT; $live" < raw > out
    cmp out raw
}

@test "usage errors: status 2 and no output" {
    tone -s 1 a.wav
    usage cv-load -d 0 a.wav
    usage cv-load -d 1e9 -r 768000 a.wav
    usage cv-load -o -1 a.wav
    usage cv-load -o a.wav
    usage cv-load -@ -
    usage cv-load -d 1 -n 100 a.wav
    usage cv-load --part 1 -a a.wav
    usage cv-load --part 1 --unique a.wav
    usage cv-load --part 1 --tempo auto a.wav
    usage cv-load --part 1 -p a.wav
    usage cv-load --part 0 a.wav
    usage cv-load --level .1 a.wav
    usage cv-load --live a.wav
    usage cv-load --live - a.wav
    usage cv-load --live -o 1 -
    usage cv-load --raw s16,22050,1x a.wav
}

@test "a file that vanishes after it was listed" {
    tone -s 1 a.wav
    tone -s 1 b.wav
    mkfifo list
    cv-load -r 3000 -d 1 -@ < list > stream 2> words &
    exec 7> list
    echo a.wav >&7
    rm b.wav
    echo b.wav >&7
    echo a.wav >&7
    exec 7>&-
    status=0
    wait $! || status=$?
    [ "$status" -eq 1 ]
    [ "$(clips < stream | wc -l)" = 2 ]
    grep -q 'b.wav: No such file' words
}

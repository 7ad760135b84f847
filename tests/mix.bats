# cv-mix: steps, crossfades, sums and means of latents, other keys, layers, walks.

load clips
load helper

# Tones two semitones apart, t0 of 150 Hz, and models of them: of frames that follow a beat, of two channels, and of clips.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    PATH=${CV_BUILD:-$(dirname "$(command -v cv-load)")}/tools:$PATH
    for i in {0..12}; do
        tone -r 3000 -s 2 -a 0.3 -F "$(pitch 150 $((2 * i)))" t$i.wav
        tone -r 3000 -s 2 -a 0.3 -c 2 -g 0.3 -F "$(pitch 150 $i)" s$i.wav
    done
    cv-load -r 3000 -q t*.wav | cv-train -q -e 30 -z 16 --width 16 > tones.bin
    cv-load -r 3000 -q --tempo 150 t*.wav | cv-train -q -e 10 -z 16 --width 16 --frames beat > beat.bin
    cv-load -r 3000 -q -c s*.wav | cv-train -q -e 30 -z 24 --width 16 > stereo.bin
    cv-load -r 3000 -q -n 300 t*.wav | cv-train -q -N notebook -e 0 -z 5 > notebook.bin
}

setup() {
    audio_setup
    cd "$BATS_TEST_TMPDIR"
}

# pitch HZ SEMITONES: so much higher
pitch() { awk "BEGIN { printf \"%.4f\", $1 * 2 ^ ($2 / 12) }"; }

# the files that setup_file made, here
tones() { ln -s "$BATS_FILE_TMPDIR"/*.{wav,bin} .; }

# encode MODEL NAME [OPTION ...]: latents NAME.lat of NAME.wav
encode() { cv-load -r 3000 -q "${@:3}" "$2.wav" | cv-encode -m "$1" > "$2.lat"; }

# hertz MODEL [CHANNEL] < LATENTS: of a tone of two seconds, by how often it changes its sign
hertz() { cv-decode -q "$1" | facts -s - | sed -n "s/.*channel=${2:-0} .*crossings=//p" | awk '{ print $1 / 4 }'; }

# mp_map KEY VALUE ...: whole numbers up to 65535, or text
mp_map() {
    printf '\\x%02x' $((0x80 + $# / 2))
    while [ $# -gt 0 ]; do
        mp_str "$1"
        case $2 in
        *[!0-9]*) mp_str "$2" ;;
        *) mp_int "$2" ;;
        esac
        shift 2
    done
}

# head_of KIND [KEY VALUE ...]
head_of() {
    printf '\\x84'; mp_str cv; mp_str head; mp_str version; mp_int 1; mp_str kind; mp_str "$1"; mp_str meta
    shift
    mp_map "$@"
}

# frame NAME "META" TENSOR "SHAPE" "VALUES" [TENSOR ...]: a frame of any number of tensors
frame() {
    printf '\\x84'; mp_str cv; mp_str frame; mp_str name; mp_str "$1"; mp_str meta; mp_map $2; shift 2
    mp_str tensors; printf '\\x%02x' $((0x80 + $# / 3))
    while [ $# -gt 0 ]; do
        mp_str "$1"; mp_tensor "$2" $3
        shift 3
    done
}

# stream FILE HEAD FRAME...
stream() {
    local file=$1

    shift
    printf '%b' "$(IFS=; echo "$*")$(mp_tail $(($# - 1)))" > "$file"
}

# one FILE "META" VALUES: latents of one clip, at as many times as there are values
one() {
    local values=($3)

    stream "$1" "$(head_of latent)" "$(frame "${1%.*}" "$2" z "1 ${#values[@]}" "$3")"
}

# values NAME < STREAM-OF-ONE-FRAME: on one line, to four digits
values() { tensor "$1" | awk '{ printf "%s%.4g", (NR > 1 ? " " : ""), ($1 == 0 ? 0 : $1) }'; }

# meta KEY < STREAM: of its frames, on one line, to six digits
meta() {
    cv-info --json | grep -oE "\"$1\":[^,}]*" | cut -d : -f 2 |
        awk '{ printf "%s%.6g", (NR > 1 ? " " : ""), $1 }'
}

# ---- steps ----

@test "half way is the middle, and the default" {
    one a.lat "" "1 0"
    one b.lat "" "0 2"
    [ "$(cv-mix a.lat b.lat | values z)" = "0.5 1" ]
    cmp <(cv-mix a.lat b.lat) <(cv-mix -n 1 a.lat b.lat)
    [ "$(cv-mix a.lat b.lat | names)" = a+b ]
}

@test "the first of several steps is the first clip, the last the second, to the bit" {
    jazz 2 300
    cv-load -r 3000 -q -n 300 jazz/*.wav | cv-train -q -N notebook -e 0 -z 5 > model.bin
    for c in a b; do cv-load -r 3000 -q -n 300 jazz/$c.wav | cv-encode model.bin > $c.lat; done
    for how in "" -S; do
        cv-mix $how -n 3 a.lat b.lat > three
        [ "$(names < three | tr '\n' ' ')" = "a+b-00 a+b-01 a+b-02 " ]
        for t in z mean logvar; do
            # of three frames the first is found first; of the stream turned around the last one is
            diff <(tensor $t < three) <(tensor $t < a.lat)
            diff <(cv-mix $how -n 3 b.lat a.lat | tensor $t) <(tensor $t < b.lat)
        done
        diff <(floats 5 < three) <(floats 5 < b.lat)
        # and not all are alike
        [ "$(tensor z < a.lat)" != "$(tensor z < b.lat)" ]
        cv-decode model.bin < three | cv-info | grep -q a+b-02
    done
}

@test "names have as many digits as the last one needs" {
    one a.lat "" "1 0"
    [ "$(cv-mix -n 101 a.lat a.lat | names | sed -n '1p;$p' | tr '\n' ' ')" = "a+a-000 a+a-100 " ]
}

@test "along arcs: sines of the angle of the whole, which keep the length" {
    # at right angles: half way has both, each times sin(45 degrees)
    one a.lat "" "1 0"
    one b.lat "" "0 1"
    [ "$(cv-mix -S a.lat b.lat | values z)" = "0.7071 0.7071" ]
    # 60 degrees apart: sin(30) / sin(60)
    one c.lat "" "1 1 0"
    one d.lat "" "0 1 1"
    [ "$(cv-mix -S c.lat d.lat | values z)" = "0.5774 1.155 0.5774" ]
    # the first of three times is the same in both, yet has the weights of the whole
    one e.lat "" "1 1 0"
    one f.lat "" "1 0 1"
    [ "$(cv-mix -S e.lat f.lat | values z)" = "1.155 0.5774 0.5774" ]
}

@test "where there is no arc, or more than one, or nothing, the way is straight" {
    one a.lat "" "1 0"
    one b.lat "" "2 0"
    one c.lat "" "-1 0"
    one d.lat "" "0 0"
    [ "$(cv-mix -S a.lat b.lat | values z)" = "1.5 0" ]
    [ "$(cv-mix -S a.lat c.lat | values z)" = "0 0" ]
    [ "$(cv-mix -S a.lat d.lat | values z)" = "0.5 0" ]
}

@test "along arcs draws from N(0, 1) stay as large as they are, straight they shrink" {
    jazz 2 300
    cv-load -r 3000 -q -n 300 jazz/*.wav | cv-train -q -N notebook -e 0 -z 500 > model.bin
    cv-sample -s 1 -m model.bin > a.lat
    cv-sample -s 2 -m model.bin > b.lat
    deviation() { cv-info --json | grep -o '"sd":[^,]*' | cut -d : -f 2; }
    ascending .9 "$(cv-mix -S a.lat b.lat | deviation)" 1.1
    ascending .6 "$(cv-mix a.lat b.lat | deviation)" .8
    ascending .9 "$(cv-mix -a -S a.lat b.lat | deviation)" 1.1
    ascending .6 "$(cv-mix -a a.lat b.lat | deviation)" .8
    ascending .9 "$(cv-mix -w .6,.8 a.lat b.lat | deviation)" 1.1
}

# ---- crossfades ----

@test "a crossfade begins as the one and ends as the other" {
    one a.lat "" "1 1 1 1 1"
    one b.lat "" "0 0 0 0 0"
    [ "$(cv-mix -x a.lat b.lat | values z)" = "1 0.75 0.5 0.25 0" ]
    [ "$(cv-mix -x --from .5 a.lat b.lat | values z)" = "1 1 1 0.5 0" ]
    [ "$(cv-mix -x --to .5 a.lat b.lat | values z)" = "1 0.5 0 0 0" ]
    [ "$(cv-mix -x --from .25 --to .75 a.lat b.lat | values z)" = "1 1 0.5 0 0" ]
    [ "$(cv-mix -x --from .5 --to .5 a.lat b.lat | values z)" = "1 1 0 0 0" ]
    [ "$(cv-mix -x a.lat b.lat | names)" = a+b ]
}

@test "a crossfade of clips that have one time is their middle, with a warning" {
    one a.lat "" "0"
    for values in "1" "1 1 1"; do
        one b.lat "" "$values"
        [ "$(cv-mix -x a.lat b.lat 2> words | values z)" = 0.5 ]
        grep -q -- "warning: --crossfade fades nothing: 'a' or 'b'" words
        [ "$(wc -l < words)" -eq 1 ]
    done
    cv-mix -x b.lat b.lat 2>&1 > /dev/null | cmp - /dev/null
}

@test "a crossfade along arcs" {
    one a.lat "" "1 0 1"
    one b.lat "" "0 1 0"
    [ "$(cv-mix -x -S a.lat b.lat | values z)" = "1 0.7071 0" ]
}

@test "a crossfade has one level, by how much there is of each" {
    one a.lat "level 4" "1 1 1"
    one b.lat "level 1" "0 0 0"
    [ "$(cv-mix -x a.lat b.lat | meta level)" = 2 ]
    [ "$(cv-mix -x --from 1 a.lat b.lat | meta level | cut -c 1-4)" = 2.51 ]
}

# ---- weights and averages ----

@test "weights add, take away and scale" {
    one a.lat "" "1 0 2"
    one b.lat "" "1 1 0"
    one c.lat "" "0 2 0.5"
    [ "$(cv-mix -w 1,-1,1 a.lat b.lat c.lat | values z)" = "0 1 2.5" ]
    [ "$(cv-mix -w -1,.5 a.lat b.lat | values z)" = "-0.5 0.5 -2" ]
    [ "$(cv-mix -w 3 < a.lat | values z)" = "3 0 6" ]
    [ "$(cv-mix -w 0,0 a.lat b.lat | values z)" = "0 0 0" ]
    [ "$(cv-mix -w 1,-1,1 a.lat b.lat c.lat | names)" = a+b+c ]
    [ "$(cv-mix -w 2 a.lat | names)" = a ]
}

@test "the average is of all clips of all streams" {
    stream ab.lat "$(head_of latent)" "$(frame a "" z "1 2" "1 0")" "$(frame b "" z "1 2" "0.5 1")"
    one c.lat "" "0 2"
    [ "$(cv-mix -a ab.lat c.lat | values z)" = "0.5 1" ]
    cv-mix -a ab.lat | same <(cv-mix -a < ab.lat)
    [ "$(cv-mix -a ab.lat c.lat | names)" = average ]
    cv-mix -a ab.lat c.lat | cv-info --json | grep -q '"mix":{"average":3}'
    # as draws are averaged: the sum of n by the root of n
    [ "$(cv-mix -a -S c.lat c.lat c.lat c.lat | values z)" = "0 4" ]
    stream none.lat "$(head_of latent)"
    cv-mix -a none.lat | cv-info | grep -q 'frames 0,'
}

@test "the log variance is that of the mixed draws" {
    stream a.lat "$(head_of latent)" "$(frame a "" z "1 1" 1 mean "1 1" 2 logvar "1 1" 0)"
    stream b.lat "$(head_of latent)" "$(frame b "" z "1 1" 0 mean "1 1" 1 logvar "1 1" 1)"
    # log(e^0 / 4 + e^1 / 4), log(4 e^0 + e^1)
    [ "$(cv-mix a.lat b.lat | values mean)" = 1.5 ]
    [ "$(cv-mix a.lat b.lat | values logvar)" = -0.07303 ]
    [ "$(cv-mix -a a.lat b.lat | values logvar)" = -0.07303 ]
    [ "$(cv-mix -w -2,1 a.lat b.lat | values logvar)" = 1.905 ]
    [ "$(cv-mix -w 0,0 a.lat b.lat | values logvar)" = -80 ]
    # the angle is that of z: the one at 0 has none, so mean goes straight too
    [ "$(cv-mix -S a.lat b.lat | values mean)" = 1.5 ]
}

@test "a tensor that not all clips have is left out" {
    stream a.lat "$(head_of latent)" "$(frame a "" z "1 1" 1 mean "1 1" 2 logvar "1 1" 0)"
    one b.lat "" 1
    for how in "-n 1" -x "-w 1,1" -a; do
        cv-mix $how a.lat b.lat > ab
        [ "$(cv-info --json ab | grep -o '"name":"[a-z]*","shape"' | cut -d '"' -f 4)" = z ]
        cv-mix $how b.lat a.lat | cv-info --json > json
        grep -q '"name":"z","shape"' json
        run -1 grep '"name":"mean"' json
    done
}

# ---- clips of unlike length ----

@test "clips of unlike length are cut to the shorter, or padded with zeros" {
    one a.lat "samples 30" "1 2 1"
    one b.lat "samples 10" "1"
    [ "$(cv-mix a.lat b.lat | values z)" = 1 ]
    [ "$(cv-mix b.lat a.lat | values z)" = 1 ]
    [ "$(cv-mix a.lat b.lat | meta samples)" = 10 ]
    [ "$(cv-mix -p a.lat b.lat | values z)" = "1 1 0.5" ]
    [ "$(cv-mix -p b.lat a.lat | values z)" = "1 1 0.5" ]
    [ "$(cv-mix -p a.lat b.lat | meta samples)" = 30 ]
    [ "$(cv-mix -p -w 1,1 b.lat a.lat | values z)" = "2 2 1" ]
    [ "$(cv-mix -x a.lat b.lat | values z)" = 1 ]
    [ "$(cv-mix -a a.lat b.lat | values z)" = 1 ]
    [ "$(cv-mix -p -a a.lat b.lat | values z)" = "1 1 0.5" ]
    [ "$(cv-mix -p -a b.lat b.lat a.lat | values z)" = "1 0.6667 0.3333" ]
    # padding has mean 0 and variance 1
    stream c.lat "$(head_of latent)" "$(frame c "" z "1 1" 1 logvar "1 1" 0)"
    stream d.lat "$(head_of latent)" "$(frame d "" z "1 2" "1 1" logvar "1 2" "0 0")"
    [ "$(cv-mix -p c.lat d.lat | values logvar)" = "-0.6931 -0.6931" ]
    [ "$(cv-mix -p -a c.lat c.lat d.lat | values logvar)" = "-1.099 -1.099" ]
}

@test "several latents at several times are cut and padded in order" {
    stream a.lat "$(head_of latent)" "$(frame a "" z "2 3" "1 2 0.5 -1 0 2")"
    stream b.lat "$(head_of latent)" "$(frame b "" z "2 2" "1 1 -1 -1")"
    [ "$(cv-mix -w 1,1 a.lat b.lat | values z)" = "2 3 -2 -1" ]
    [ "$(cv-mix -w 1,1 -p a.lat b.lat | values z)" = "2 3 0.5 -2 -1 2" ]
    [ "$(cv-mix -a a.lat b.lat | values z)" = "1 1.5 -1 -0.5" ]
    [ "$(cv-mix -a -p b.lat a.lat | values z)" = "1 1.5 0.25 -1 -0.5 1" ]
}

# ---- which clips are mixed ----

@test "clips are paired in order, and one clip goes with all" {
    stream abc.lat "$(head_of latent)" "$(frame a "" z "1 1" 1)" "$(frame b "" z "1 1" 2)" "$(frame c "" z "1 1" 0)"
    stream def.lat "$(head_of latent)" "$(frame d "" z "1 1" 1)" "$(frame e "" z "1 1" 0)" "$(frame f "" z "1 1" 2)"
    one g.lat "" 1
    [ "$(cv-mix abc.lat def.lat | names | tr '\n' ' ')" = "a+d b+e c+f " ]
    [ "$(cv-mix -n 2 abc.lat def.lat | names | tr '\n' ' ')" = "a+d-00 a+d-01 b+e-00 b+e-01 c+f-00 c+f-01 " ]
    cv-mix abc.lat g.lat > out 2> words
    [ "$(names < out | tr '\n' ' ')" = "a+g b+g c+g " ]
    [ "$(cv-mix g.lat abc.lat | names | tr '\n' ' ')" = "g+a g+b g+c " ]
    [ "$(cv-mix -w 1,1,1 abc.lat g.lat def.lat | names | tr '\n' ' ')" = "a+g+d b+g+e c+g+f " ]
    [ "$(cv-mix g.lat g.lat | names)" = g+g ]
    [ ! -s words ]
}

@test "the shortest stream ends it, with a warning" {
    stream abc.lat "$(head_of latent)" "$(frame a "" z "1 1" 1)" "$(frame b "" z "1 1" 2)" "$(frame c "" z "1 1" 0)"
    stream de.lat "$(head_of latent)" "$(frame d "" z "1 1" 1)" "$(frame e "" z "1 1" 0)"
    for order in "abc.lat de.lat" "de.lat abc.lat"; do
        cv-mix $order > out 2> words
        [ "$(names < out | wc -l)" -eq 2 ]
        [ "$(wc -l < words)" -eq 1 ]
        grep -q 'warning: abc.lat holds 3 clips, de.lat 2' words
        [ -z "$(cv-mix -q $order 2>&1 > /dev/null)" ]
    done
    # what is not mixed is read all the same: damage there is damage
    head -c -1 abc.lat > cut
    refuses 1 cv-mix -q de.lat cut
    refuses 1 cv-info <(cv-mix -q de.lat cut 2> /dev/null)
    stream none.lat "$(head_of latent)"
    cv-mix none.lat none.lat | cv-info | grep -q 'frames 0,'
    # nor is a single clip left out in silence
    stream a.lat "$(head_of latent)" "$(frame a "" z "1 1" 1)"
    cv-mix a.lat none.lat 2>&1 > out | grep -q 'warning: a.lat holds 1 clip, none.lat 0: the rest is left out'
    cv-info out | grep -q 'frames 0,'
}

@test "standard input is one of the streams, the only one if none is named" {
    one a.lat "" "1 0"
    one b.lat "" "0 2"
    cv-mix a.lat b.lat > ab.lat
    cv-mix a.lat - < b.lat | same ab.lat
    cv-mix - b.lat < a.lat | same ab.lat
    [ "$(cv-mix -w 2 < a.lat | values z)" = "2 0" ]
    [ "$(cv-mix -w 2 - < a.lat | values z)" = "2 0" ]
}

# ---- meta ----

@test "meta that all agree on stays, the rest goes; what was mixed is said" {
    stream a.lat "$(head_of latent rate 3000 network spectral one 1)" "$(frame a "track x start 5 source_rate 100" z "1 1" 1)"
    stream b.lat "$(head_of latent rate 3000 network spectral one 2)" "$(frame b "track y start 5" z "1 1" 1)"
    cv-mix a.lat b.lat | cv-info --json > json
    grep -q '"meta":{"rate":3000,"network":"spectral","history":\[\["cv-mix","a.lat","b.lat"\]\]}' json
    grep -qF '"meta":{"start":5,"mix":{"of":["a","b"],"weights":[0.5,0.5]}}' json
    cv-mix -w 2,-1 a.lat b.lat | cv-info --json | grep -qF '"mix":{"of":["a","b"],"weights":[2,-1]}'
    # a mix of mixes says the last
    cv-mix a.lat b.lat > ab.lat
    cv-mix ab.lat b.lat | cv-info --json | grep -qF '"mix":{"of":["a+b","b"],"weights":[0.5,0.5]}'
}

@test "the level is the geometric mean, by weight" {
    one a.lat "level 1" 1
    one b.lat "level 16" 1
    one c.lat "" 1
    [ "$(cv-mix -n 5 a.lat b.lat | meta level)" = "1 2 4 8 16" ]
    [ "$(cv-mix -w 3,-1 a.lat b.lat | meta level)" = 2 ]
    [ "$(cv-mix -w 5 b.lat | meta level)" = 16 ]
    [ "$(cv-mix -a a.lat b.lat | meta level)" = 4 ]
    [ "$(cv-mix a.lat c.lat | meta level)" = 1 ]
    cv-mix c.lat c.lat > cc
    [ -z "$(meta level < cc)" ]
    # one silent clip does not silence what it is mixed with
    one s.lat "level 0" 1
    [ "$(cv-mix -n 3 b.lat s.lat | meta level)" = "16 16 0" ]
    [ "$(cv-mix -a a.lat b.lat s.lat | meta level)" = 4 ]
    [ "$(cv-mix s.lat s.lat | meta level)" = 0 ]
}

@test "the tempo is the geometric mean, and where frames are fixed the length stays" {
    one a.lat "samples 100 tempo 100" "1 1"
    one b.lat "samples 200 tempo 144" "1 1"
    [ "$(cv-mix -n 3 a.lat b.lat | meta tempo)" = "100 120 144" ]
    [ "$(cv-mix -n 3 a.lat b.lat | meta samples)" = "100 100 100" ]
}

# clip NAME "META": latents of a model whose frames follow the beat
clip() { stream "$1.lat" "$(head_of latent rate 3000 frames beat)" "$(frame "$1" "$2" z "1 2" "1 1")"; }

@test "where frames follow the beat, beats are mixed with beats and length is counted in them" {
    # as many beats in the one as in the other
    clip a "samples 14700 tempo 108 beat 0"
    clip b "samples 10800 tempo 147 beat 0"
    [ "$(cv-mix -n 3 a.lat b.lat | meta tempo)" = "108 126 147" ]
    [ "$(cv-mix -n 3 a.lat b.lat | meta samples)" = "14700 12600 10800" ]
    # half as many
    clip c "samples 7350 tempo 108 beat 0"
    [ "$(cv-mix -n 2 c.lat b.lat | meta samples)" = "7350 5400" ]
    [ "$(cv-mix -p -n 2 c.lat b.lat | meta samples)" = "14700 10800" ]
    # an octave apart is the same beat; the ends keep what their clips say
    clip d "samples 14700 tempo 54 beat 0"
    [ "$(cv-mix -n 3 a.lat d.lat | meta tempo)" = "108 108 54" ]
    [ "$(cv-mix -n 3 a.lat d.lat | meta samples)" = "14700 14700 14700" ]
    # no tempo: frames as at 120
    clip e "samples 6000"
    clip f "samples 6000 tempo 187"
    cv-mix -n 3 e.lat f.lat | meta tempo | grep -qx '149.8[0-9]* 187'
}

@test "the first beat falls in the middle of where it falls in the clips" {
    # two seconds are four beats at 120: the same place
    clip a "tempo 120 beat 0"
    clip b "tempo 120 beat 2"
    [ "$(cv-mix a.lat b.lat | meta beat)" = 0 ]
    clip c "tempo 112 beat 0"
    clip d "tempo 112 beat 1"
    [ "$(cv-mix c.lat d.lat | meta beat)" = 0.5 ]
    one g.lat "tempo 100 beat 0" 1
    one h.lat "tempo 100 beat 1" 1
    [ "$(cv-mix g.lat h.lat | meta beat)" = 0.5 ]
}

@test "seconds, and samples of a head" {
    one a.lat "seconds 4" "1 2"
    one b.lat "seconds 6" "1 2"
    [ "$(cv-mix a.lat b.lat | meta seconds)" = 4 ]
    [ "$(cv-mix -p a.lat b.lat | meta seconds)" = 6 ]
    stream a.lat "$(head_of latent samples 20)" "$(frame a "" z "1 2" "1 2")"
    stream b.lat "$(head_of latent samples 10)" "$(frame b "" z "1 2" "1 2")"
    [ "$(cv-mix a.lat b.lat | meta samples)" = 10 ]
}

# ---- other keys, layers, walks ----

@test "another key: the tone that is decoded is as much higher, whatever the frames" {
    tones
    encode tones.bin t6
    near "$(hertz tones.bin < t6.lat)" 300 3
    for k in -12 -6 -2 4 12; do
        near "$(cv-mix -t $k -m tones.bin t6.lat | hertz tones.bin)" "$(pitch 300 $k)" 4
    done
    cv-mix -t 4 -m tones.bin t6.lat | same <(cv-mix -t 4 -m tones.bin < t6.lat)
    encode beat.bin t6 --tempo 100
    for k in -6 6; do
        cv-mix -t $k -m beat.bin t6.lat > other.lat
        near "$(hertz beat.bin < other.lat)" "$(pitch 300 $k)" 6
        [ "$(meta tempo < other.lat) $(meta samples < other.lat)" = "100 6000" ]
    done
    # one tone to the left, one to the right
    encode stereo.bin s6 -c
    cv-mix -t 3 -m stereo.bin s6.lat > other.lat
    near "$(hertz stereo.bin 0 < other.lat)" "$(pitch 212.13 3)" 4
    ascending 0.2 "$(cv-decode -q stereo.bin < other.lat | facts -s - | sed -n 's/.*rms=\([^ ]*\).*/\1/p' | paste -sd ' ' |
        awk '{ print $2 / $1 }')" 0.5
}

@test "the key a clip is in changes nothing, and draws stay as far from their means" {
    tones
    encode tones.bin t6
    cv-mix -t 0 -m tones.bin t6.lat > same.lat
    cv-mix -t 7 -m tones.bin t6.lat > other.lat
    for t in z mean logvar; do cmp <(tensor $t < same.lat) <(tensor $t < t6.lat); done
    cmp <(tensor logvar < other.lat) <(tensor logvar < t6.lat)
    run ! cmp -s <(tensor z < other.lat) <(tensor z < t6.lat)
    cv-info --json other.lat | grep -qF '"mix":{"of":["t6"],"weights":[1],"transpose":7}'
    cv-load -r 3000 -q t6.wav | cv-encode -s 1 -m tones.bin > drawn.lat
    paste <(cv-mix -t 7 -m tones.bin drawn.lat | tensor z) <(cv-mix -t 7 -m tones.bin drawn.lat | tensor mean) \
        <(tensor z < drawn.lat) <(tensor mean < drawn.lat) |
        awk '{ d = $1 - $2 - ($3 - $4); far = far < d * d ? d * d : far } END { exit !(NR > 99 && far < 1e-8) }'
}

@test "the bass of one under the rest of the other, at the tempo of the first" {
    tones
    encode tones.bin t0
    encode tones.bin t12
    cv-mix -s 300 -m tones.bin t0.lat t12.lat > both.lat
    cv-decode -q tones.bin < both.lat > both.cvs
    # one tone alone has an RMS of 0.212: both, as much times the root of 2
    near "$(fact rms < both.cvs)" 0.3 0.03
    cv-towav -q -o - < both.cvs | cv-load -q -r 600 - > bass.cvs
    ascending 0.13 "$(fact rms < bass.cvs)" 0.26
    near "$(fact crossings < bass.cvs)" 600 20
    # under the high tone there is nothing, nor above the low one
    cv-mix -s 300 -m tones.bin t12.lat t0.lat | cv-decode -q tones.bin > none.cvs
    ascending 0 "$(fact rms < none.cvs)" 0.03
    cv-info --json both.lat | grep -qF '"mix":{"of":["t0","t12"],"weights":[1,0],"split":300}'
    # beats of the one under those of the other
    encode beat.bin t0 --tempo 108
    encode beat.bin t12 --tempo 147
    cv-mix -s 300 -m beat.bin t0.lat t12.lat > both.lat
    [ "$(meta tempo < both.lat)" = 108 ]
    [ "$(meta samples < both.lat)" = 6000 ]
    cv-mix -s 300 -m beat.bin t12.lat t0.lat > both.lat
    [ "$(meta tempo < both.lat)" = 147 ]
    [ "$(meta samples < both.lat)" = 4408 ]
}

@test "one clip's bass goes under all clips of the other stream, each as if alone" {
    tones
    for t in t0 t6 t12; do encode tones.bin $t; done
    cv-load -r 3000 -q t6.wav t12.wav | cv-encode -m tones.bin > two.lat
    cv-mix -s 300 -m tones.bin t0.lat two.lat > out.lat
    [ "$(names < out.lat | tr '\n' ' ')" = "t0+t6 t0+t12 " ]
    # of two frames the first is found first
    cmp <(tensor z < out.lat) <(cv-mix -s 300 -m tones.bin t0.lat t6.lat | tensor z)
    cv-load -r 3000 -q t12.wav t6.wav | cv-encode -m tones.bin > two.lat
    cmp <(cv-mix -s 300 -m tones.bin t0.lat two.lat | floats 384) \
        <(cv-mix -s 300 -m tones.bin t0.lat t6.lat | floats 384)
}

@test "a walk along one dimension: deviations of the clip to either side, the clip in the middle" {
    stream a.lat "$(head_of latent)" "$(frame a "" z "2 4" "1 1 -1 -1 0 2 0 2" mean "2 4" "0 0 0 0 1 1 1 1" logvar "2 4" \
        "0 0 0 0 0 0 0 0")"
    # dimension 2 has a mean and a deviation of 1
    cv-mix -d 2 -n 3 a.lat > walk
    [ "$(names < walk | tr '\n' ' ')" = "a-00 a-01 a-02 " ]
    [ "$(values z < walk)" = "1 1 -1 -1 -2 0 -2 0" ]
    [ "$(values mean < walk)" = "0 0 0 0 -1 -1 -1 -1" ]
    [ "$(cv-mix -d 2 -n 2 --reach .5 < a.lat | values z)" = "1 1 -1 -1 -0.5 1.5 -0.5 1.5" ]
    [ "$(cv-mix -d 1 -n 2 --reach 1 a.lat | values z)" = "0 0 -2 -2 0 2 0 2" ]
    [ "$(cv-mix -d 2 -n 1 a.lat | values z)" = "1 1 -1 -1 0 2 0 2" ]
    cv-info --json walk | grep -qF '"mix":{"of":["a"],"weights":[1],"dim":2,"deviations":-2}'
    cv-info --json walk | grep -qF '"mix":{"of":["a"],"weights":[1],"dim":2,"deviations":0}'
    cv-info --json walk | grep -qF '"mix":{"of":["a"],"weights":[1],"dim":2,"deviations":2}'
    # of one time: that of the prior
    stream b.lat "$(head_of latent)" "$(frame b "" z "2 1" "1 2")"
    [ "$(cv-mix -d 1 -n 2 b.lat | values z)" = "-1 2" ]
    # every clip is walked around
    cat a.lat b.lat | cv-mix -d 1 -n 2 > walk
    [ "$(names < walk | tr '\n' ' ')" = "a-00 a-01 b-00 b-01 " ]
    refuses 1 cv-mix -d 3 -n 2 a.lat
    says "'a' has 2 latents" "--dim 1 to 2" 3
}

@test "latents that are not the model's are refused, and models that do not hear them" {
    tones
    encode tones.bin t0
    encode beat.bin t6
    for how in "-t 2 -m beat.bin t0.lat" "-s 300 -m beat.bin t0.lat t6.lat" "-s 300 -m beat.bin t6.lat t0.lat"; do
        refuses 1 cv-mix $how
        says t0.lat beat.bin "$(field model t0.lat | tr -d '"')" "$(field model t6.lat | tr -d '"')" "one model"
    done
    one a.lat "" "1 0"
    refuses 1 cv-mix -t 2 -m tones.bin a.lat
    says "'a' has 1 latents, tones.bin 16"
    refuses 1 cv-mix -t 2 -m notebook.bin a.lat
    says notebook.bin "'notebook'" --transpose --split "'spectral'"
    refuses 1 cv-mix -s 1500 -m tones.bin t0.lat t0.lat
    says tones.bin 1500
    refuses 1 cv-mix -t 2 -m missing.bin a.lat
    says missing.bin
    refuses 1 cv-mix -t 2 -m t0.wav a.lat
    says t0.wav
}

# ---- refused ----

@test "latents of different models are refused, in any segment" {
    stream a.lat "$(head_of latent model 0123456789abcdef)" "$(frame a "" z "1 1" 1)"
    stream b.lat "$(head_of latent model fedcba9876543210)" "$(frame b "" z "1 1" 1)"
    one c.lat "" 1
    for how in "-n 2" -x "-w 1,1" -a; do
        refuses 1 cv-mix $how a.lat b.lat
        says a.lat b.lat 0123456789abcdef fedcba9876543210 "one model"
        [ -z "$output" ]
    done
    cat a.lat b.lat > ab.lat
    refuses 1 cv-mix ab.lat c.lat
    says "one model"
    refuses 1 cv-info <(cv-mix ab.lat c.lat 2> /dev/null)
    # who does not say goes with all
    cv-mix a.lat c.lat | cv-info --json | grep -q '"model":"0123456789abcdef"'
    cv-mix c.lat a.lat | cv-info --json | grep -q '"model":"0123456789abcdef"'
}

@test "noise is refused, and audio" {
    one a.lat "" "1 0"
    cv-sample > n.cvs
    for both in "a.lat n.cvs" "n.cvs n.cvs"; do
        refuses 1 cv-mix $both
        says "n.cvs holds noise" "cv-sample -m MODEL"
        [ -z "$output" ]
    done
    wav w.wav 10
    cv-load -r 3000 -q w.wav > w.cvs
    refuses 1 cv-mix a.lat w.cvs
    says w.cvs audio
    refuses 1 cv-mix a.lat missing.lat
    says missing.lat
    refuses 1 cv-mix a.lat w.wav
    says w.wav "a WAV file"
}

@test "clips that do not go together are refused" {
    one a.lat "" "1 0"
    stream b.lat "$(head_of latent)" "$(frame b "" z "2 1" "1 0")"
    for how in "-n 2" -x "-w 1,1" -a; do
        refuses 1 cv-mix $how a.lat b.lat
        says "'a' has 1 latents" "'b' 2"
    done
    stream c.lat "$(head_of latent)" "$(frame c "" mean "1 1" 1)"
    refuses 1 cv-mix a.lat c.lat
    says c.lat "'c' has no tensor 'z'"
    stream d.lat "$(head_of latent)" "$(frame d "" z "1 1 1" 1)"
    refuses 1 cv-mix a.lat d.lat
    says d.lat "[1, 1, 1]"
    stream e.lat "$(head_of latent)" "$(frame e "" z "1 2" "1 0" mean "1 1" 1)"
    refuses 1 cv-mix a.lat e.lat
    says e.lat "'mean'" "[1, 1]" "[1, 2]"
    one f.lat "tempo 0" "1 0"
    refuses 1 cv-mix a.lat f.lat
    says tempo
    # one latent without times is one time
    stream g.lat "$(head_of latent)" "$(frame g "" z 2 "1 0")"
    [ "$(cv-mix b.lat g.lat | values z)" = "1 0" ]
}

@test "what grows beyond all numbers is refused" {
    one a.lat "" 1
    cp a.lat big.lat
    for i in 1 2 3 4 5 6; do cv-mix -w 1e6 big.lat > bigger; mv bigger big.lat; done
    refuses 1 cv-mix -w 1e6 big.lat
    says "too large" weights
    refuses 1 cv-info <(cv-mix -w 1e6 big.lat 2> /dev/null)
}

@test "a stream that is cut is refused" {
    one a.lat "" "1 0"
    one b.lat "" "1 2"
    for n in 0 1 30 $(($(wc -c < b.lat) - 1)); do
        head -c $n b.lat > cut
        for how in "-n 2" -x "-w 1,1" -a; do
            refuses 1 cv-mix $how a.lat cut
            refuses 1 cv-info <(cv-mix $how a.lat cut 2> /dev/null)
        done
    done
}

@test "wrong usage is refused" {
    one a.lat "" "1 0"
    usage() {
        refuses 2 cv-mix "$@" < /dev/null
        [ -z "$output" ]
    }
    usage a.lat; says "two streams" 1
    usage; says "two streams"
    usage a.lat a.lat a.lat; says "two streams" 3
    usage -x a.lat
    usage -n 0 a.lat a.lat
    usage -w 1 a.lat a.lat; says "1 for 2"
    usage -w 1,2,3 a.lat a.lat; says "3 for 2"
    usage -w 1,x a.lat a.lat; says x
    usage -w 1, a.lat a.lat
    usage -w "" a.lat
    usage -w 1e7 a.lat
    usage -w nan a.lat
    usage -w 1,1 -S a.lat a.lat
    usage -n 2 -x a.lat a.lat
    usage -a -x a.lat a.lat
    usage -a -w 1,1 a.lat a.lat
    usage --from .5 a.lat a.lat; says --crossfade
    usage -x --from .6 --to .5 a.lat a.lat; says "after"
    usage -x --to 1.5 a.lat a.lat
    usage - -; says "standard input"
    usage -m - -t 2; says "standard input"
    usage -t 2 a.lat; says "-m MODEL"
    usage -s 300 a.lat a.lat; says "-m MODEL"
    usage -m m.bin a.lat a.lat; says --transpose
    usage -t 2 -m m.bin a.lat a.lat; says "one stream" 2
    usage -s 300 -m m.bin a.lat; says "two streams" 1
    usage -t 25 -m m.bin a.lat
    usage -t x -m m.bin a.lat
    usage -s 10 -m m.bin a.lat a.lat
    usage -t 2 -s 300 -m m.bin a.lat
    usage -t 2 -n 3 -m m.bin a.lat
    usage -t 2 -S -m m.bin a.lat; says --spherical
    usage -d 1 a.lat; says --steps
    usage -d 0 -n 3 a.lat
    usage -d 1 -n 3 a.lat a.lat; says "one stream" 2
    usage -d 1 -n 3 -x a.lat
    usage -d 1 -n 3 -S a.lat; says --spherical
    usage --reach 1 a.lat a.lat; says --dim
}

# ---- what the other pages say ----

@test "the script in cv-encode(1) turns latents around" {
    python -c '' || skip "no Python with msgpack and numpy"
    awk '/^import msgpack, numpy/ { on = 1 } /^\.Ed/ { on = 0 } on' "$BATS_TEST_DIRNAME/../man/cv-encode.1" > backwards.py
    [ "$(wc -l < backwards.py)" -eq 7 ]
    stream a.lat "$(head_of latent rate 3000)" "$(frame a "level 2" z "2 3" "1 2 0.5 -1 0 2" mean "2 3" "0 0 1 1 2 2")" \
        "$(frame b "" z "2 1" "0 1")"
    # with a checksum, as programs write them
    cv-mix -w 1 a.lat > checked.lat
    python backwards.py < checked.lat > back.lat
    [ "$(names < back.lat | tr '\n' ' ')" = "a b " ]
    [ "$(values z < back.lat)" = "0.5 2 1 2 0 -1" ]
    [ "$(values mean < back.lat)" = "1 0 0 2 2 1" ]
    [ "$(meta level < back.lat)" = 2 ]
    python backwards.py < back.lat | cv-mix -w 1 > again
    cv-mix -w 1 checked.lat | same again
}

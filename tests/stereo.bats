# Clips of two channels through all filters.

load clips
load helper

# Tones on the left, in the middle and on the right, noise that both channels have of their own, and a model of these;
# one of mono clips.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    PATH=${CV_BUILD:-$(dirname "$(command -v cv-load)")}/tools:$PATH
    for hz in 150 220 330; do
        tone -c 2 -r 3000 -s 6 -a 0.4 -F $hz -g 0.1 "left$hz.wav"
        tone -c 2 -r 3000 -s 6 -a 0.3 -F $hz -g 1 "middle$hz.wav"
        tone -c 2 -r 3000 -s 6 -a 0.04 -F $hz -g 10 "right$hz.wav"
        tone -c 2 -r 3000 -s 6 -a 0.3 -w noise -S $hz "wide$hz.wav"
    done
    cv-load -q -c -r 3000 *.wav > clips.cvs
    cv-train -q -z 48 -e 12 --snapshot shots --keep 99 < clips.cvs > model.bin
    cv-load -q -r 3000 left*.wav > mono.cvs
    cv-train -q -z 8 -e 1 < mono.cvs > mono.bin
    cv-encode -m model.bin < clips.cvs > clips.lat
    cv-decode model.bin < clips.lat > back.cvs
}

setup() {
    audio_setup
    cp -r "$BATS_FILE_TMPDIR"/{*.cvs,*.bin,*.lat,shots} .
}

# db A B: 20 log10 of their ratio
db() { awk -v a="$1" -v b="$2" 'BEGIN { print 20 * log(a / b) / log(10) }'; }

# left_over_right CLIP < STREAM: in dB
left_over_right() {
    cat > "$1.clip"
    db "$(fact rms "$1" 0 < "$1.clip")" "$(fact rms "$1" 1 < "$1.clip")"
}

# mixed CLIP < STREAM: RMS of the mean of both channels
mixed() {
    values audio "$1" | awk '
        { x[NR] = $1 }
        END {
            for (i = 1; i <= NR / 2; i++) sum += ((x[i] + x[NR / 2 + i]) / 2) ^ 2
            print sqrt(sum / (NR / 2))
        }'
}

# correlation CLIP < STREAM: of both channels
correlation() {
    values audio "$1" | awk '
        { x[NR] = $1 }
        END {
            for (i = 1; i <= NR / 2; i++) {
                both += x[i] * x[NR / 2 + i]
                left += x[i] ^ 2
                right += x[NR / 2 + i] ^ 2
            }
            print both / sqrt(left * right)
        }'
}

@test "the model says how many channels it takes" {
    [ "$(field channels model.bin)" = 2 ]
    [ "$(field channels mono.bin)" = 1 ]
    [ "$(field features model.bin)" -eq $(($(field features mono.bin) + 128)) ]
}

@test "what is on the left comes back on the left, what is on the right on the right" {
    for hz in 150 220 330; do
        near "$(left_over_right "left$hz" < back.cvs)" 20 4
        near "$(left_over_right "middle$hz" < back.cvs)" 0 1.5
        near "$(left_over_right "right$hz" < back.cvs)" -20 4
        near "$(left_over_right "wide$hz" < back.cvs)" 0 1
    done
}

@test "mixed to mono a clip keeps its level" {
    for name in left150 middle220 right330 wide150 wide220; do
        near "$(db "$(mixed "$name" < back.cvs)" "$(mixed "$name" < clips.cvs)")" 0 1
    done
}

@test "channels that have nothing to do with each other come back so" {
    near "$(correlation wide220 < clips.cvs)" 0 0.05
    near "$(correlation wide220 < back.cvs)" 0 0.25
    near "$(correlation middle220 < back.cvs)" 1 0.2
}

@test "a clip is the same whatever the number of threads" {
    cv-encode -m -j 1 model.bin < clips.cvs | cmp - clips.lat
    cv-decode -j 1 model.bin < clips.lat | cmp - back.cvs
    cv-decode -j 3 model.bin < clips.lat | cmp - back.cvs
}

@test "evaluating measures both channels" {
    cv-eval -j 2 --json model.bin < clips.cvs > two
    cv-eval -j 1 --json model.bin < clips.cvs | cmp - two
    # the figures of one clip are those that cv-check gives it
    cv-load -q -c -r 3000 "$BATS_FILE_TMPDIR"/right220.wav > right
    cv-eval --json model.bin < right > one
    cv-encode -m model.bin < right | cv-decode model.bin | cv-check --json --original right 2> words > back
    grep -o '"msls":[0-9.]*' words | head -n 1 | cut -d : -f 2 > msls
    near "$(jq .reconstruction.msls one)" "$(< msls)" 0.001
}

@test "new clips have two channels, also those that go on from one" {
    cv-sample -q -n 2 | cv-decode -q model.bin > new
    [ "$(facts -s new | wc -l)" -eq 4 ]
    for name in left150 right330; do
        cv-load -q -c -r 3000 "$BATS_FILE_TMPDIR/$name.wav" > clip
        cv-sample -q -n 1 -m model.bin --continue clip --start 3 | cv-decode -q model.bin > on
        [ "$(facts -s on | wc -l)" -eq 2 ]
        values audio < on | awk '
            { x[NR] = $1 }
            END { for (i = 1; i <= 7500; i++) { l += x[i] ^ 2; r += x[NR / 2 + i] ^ 2 } print sqrt(l), sqrt(r) }' > sides
        read -r left right < sides
        near "$(db "$left" "$right")" "$(left_over_right "$name" < clip)" 4
    done
}

@test "training goes on from a snapshot, and a prior is fitted to other clips" {
    cv-train -q --resume shots/epoch-0002.cvm < clips.cvs | cmp - model.bin
    cv-train -q --prior-only model.bin < clips.cvs > same.bin
    cv-sample -n 1 | cv-decode model.bin > new
    cv-sample -n 1 | cv-decode same.bin | same new
}

@test "latents are mixed, clips are drawn, checked and written as they are" {
    cv-load -q -c -r 3000 "$BATS_FILE_TMPDIR"/left150.wav | cv-encode -m model.bin > left
    cv-load -q -c -r 3000 "$BATS_FILE_TMPDIR"/right330.wav | cv-encode -m model.bin > right
    cv-mix -q -n 3 left right | cv-decode -q model.bin > mixed
    [ "$(facts -s mixed | wc -l)" -eq 6 ]
    cv-plot -q -o waves.png < back.cvs
    cv-plot -q -t spectrogram -o spectrogram.png < back.cvs
    cv-plot -q -o plane.png < clips.lat
    [ -s waves.png ]
    [ -s spectrogram.png ]
    [ -s plane.png ]
    cv-check -q < back.cvs 2> words | cmp - back.cvs
    cv-check -q --original clips.cvs < back.cvs 2> words | cmp - back.cvs
    cv-towav -q -b 32 -o wavs < back.cvs
    cv-load -q -c -r 3000 wavs/left150.wav > again
    near "$(left_over_right left150 < again)" "$(left_over_right left150 < back.cvs)" 0.1
}

@test "models and clips of unlike channels are refused with one line" {
    refuses 1 cv-encode mono.bin < clips.cvs
    says left150 "2 channels, the model takes 1" "without cv-load -c"
    refuses 1 cv-encode model.bin < mono.cvs
    says left150 "1 channels, the model takes 2" "with cv-load -c"
    refuses 1 cv-eval mono.bin < clips.cvs
    says "2 channels, the model takes 1"
    refuses 1 cv-eval model.bin < mono.cvs
    says "1 channels, the model takes 2"
    refuses 1 cv-train -q --prior-only mono.bin < clips.cvs
    says "2 channels, the model takes 1"
    refuses 1 cv-train -q -t mono.cvs < clips.cvs
    says "channels"
    cat clips.cvs mono.cvs > both
    refuses 1 cv-train -q < both
    says "1 channels, the ones before it 2"
    refuses 1 cv-train -q -N notebook -e 1 < clips.cvs
    says "2 channels" "notebook"
    tone -c 3 -r 3000 -s 3 three.wav
    cv-load -q -c -r 3000 three.wav > three
    refuses 1 cv-train -q < three
    says "3 channels" "up to 2"
}

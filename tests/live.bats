# Clips in parts through a model of the network spectral: what comes of whole ones, as soon as it can, in as much memory.

load clips
load helper

# fixed: 22050 Hz, stride 4, as it is by default; beat: 3000 Hz; stereo: 3000 Hz, stride 2
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    PATH=${CV_BUILD:-$(dirname "$(command -v cv-load)")}/tools:$PATH
    for hz in 150 220 330; do
        tone -r 22050 -s 3 -a 0.3 -F $hz "t$hz.wav"
    done
    tone -r 3000 -s 4 -c 2 -a 0.3 -F 200 both.wav
    cv-load -q t*.wav | cv-train -q -e 1 --width 8 -z 4 --frames fixed > fixed.bin
    cv-load -q -r 3000 t*.wav | cv-train -q -e 1 --width 8 -z 5 --frames beat > beat.bin
    cv-load -q -r 3000 -c both.wav | cv-train -q -e 1 --width 8 -z 4 --frames fixed > stereo.bin
    # one map a clip, which says its level and tempo
    cv-load -q --part 100 --level 0.2 --tempo 110 t150.wav t220.wav > fixed.cvs
    cv-load -q -r 3000 --part 100 --level 0.2 --tempo 110 t150.wav t220.wav > beat.cvs
    cv-load -q -r 3000 -c --part 100 --level 0.2 --tempo 110 both.wav > stereo.cvs
}

setup() {
    audio_setup
    cp "$BATS_FILE_TMPDIR"/*.{cvs,bin} .
}

# digest < STREAM: of names and tensors, however they are cut
digest() { cv-info | grep -o 'digest .*'; }

@test "the latents of a clip do not depend on how it is cut, nor on the threads" {
    for model in fixed beat stereo; do
        cv-encode -s 4 $model.bin < $model.cvs > whole.lat
        [ "$(parts -m < whole.lat | grep -c frame)" = "$(parts -m < $model.cvs | grep -c frame)" ]
        whole=$(digest < whole.lat)
        cv-encode -s 5 $model.bin < $model.cvs > other.lat
        [ "$(digest < other.lat)" != "$whole" ]
        for cut in 7 512 2048 220500 "1 0 900 33 5000"; do
            parts $cut < $model.cvs | cv-encode -s 4 -j 2 $model.bin > parts.lat
            [ "$(digest < parts.lat)" = "$whole" ] || { echo "$model in parts of $cut"; return 1; }
            [ "$(parts -m < parts.lat | wc -l)" -le "$(parts $cut < $model.cvs | parts -m | wc -l)" ]
        done
        parts 1 < $model.cvs | cv-encode -s 4 -j 1 $model.bin | digest > one
        [ "$(cat one)" = "$whole" ]
        # and what they say
        parts 700 < $model.cvs | cv-encode -s 4 $model.bin | cv-info --json | grep -o '"samples":[0-9]*' > said
        cv-info --json whole.lat | grep -o '"samples":[0-9]*' | cmp - said
    done
}

@test "the sound of latents does not depend on how they are cut, nor on the threads" {
    for model in fixed beat stereo; do
        cv-encode -m $model.bin < $model.cvs > whole.lat
        parts 700 < $model.cvs | cv-encode -m $model.bin > late.lat # the last part says how many samples there are
        for n in 0 3; do
            whole=$(cv-decode --iterations $n $model.bin < whole.lat | digest)
            for cut in 1 3 40 "5 0 33 2"; do
                parts $cut < whole.lat | cv-decode -q -j 2 --iterations $n $model.bin > parts.cvs
                [ "$(digest < parts.cvs)" = "$whole" ] || { echo "$model in parts of $cut"; return 1; }
            done
            [ "$(cv-decode -q -j 1 --iterations $n $model.bin < late.lat | digest)" = "$whole" ]
        done
        [ "$(cv-decode -q $model.bin < late.lat | parts -m | grep -c part)" -gt 5 ]
        # whole ones and others in one stream, in their order
        cat whole.lat late.lat whole.lat | cv-decode -q $model.bin | names > names
        names < <(cat whole.lat whole.lat whole.lat | cv-decode $model.bin) | cmp - names
    done
    # faster, of another length
    cv-encode -m beat.bin < beat.cvs > beat.lat
    whole=$(cv-decode --tempo 100 beat.bin < beat.lat | digest)
    [ "$(parts 4 < beat.lat | cv-decode -q --tempo 100 beat.bin | digest)" = "$whole" ]
}

@test "the sound of latents without end is that of a whole clip; the first Ctrl-C ends it whole" {
    cv-sample -q -m beat.bin --length 10 | cv-decode -q beat.bin | values audio > want
    head -c 3000 /dev/zero |
        lockstep -i 3000 0 "trap : INT; cv-sample -q --endless -m beat.bin | cv-decode -q beat.bin" > live.cvs
    values audio < live.cvs > got # refused if it was not whole
    n=$(($(wc -l < got) - 1500))  # less what fades at its end
    n=$((n < 25000 ? n : 25000))
    [ "$n" -gt 1500 ]
    head -n $n want | cmp - <(head -n $n got)
}

@test "what goes in is heard as late as stated, at most 350 ms with two iterations, 210 ms with none" {
    tone -r 22050 -s 1 -a 0.3 -F 220 a.wav
    tail -c +45 a.wav > raw
    cv-info fixed.bin > words
    grep -q "latency  *4624 samples, 210 ms with --iterations 0; 7680 samples, 348 ms with --iterations 2;" words
    for n in 0 2; do
        cv-info --json fixed.bin | grep -o "[0-9]* samples, [0-9]* ms with --iterations $n\b" | cut -d ' ' -f 1 > late
        line="cv-load -q --live --raw s16,22050,1 - | cv-encode -q -j 1 fixed.bin |
            cv-decode -q -j 1 --iterations $n fixed.bin | cv-towav -q --raw -o -"
        # 20 ms a part, and 5 ms that a limiter looks ahead
        lockstep 882 $((2 * ($(cat late) + 441 + 111))) "$line" < raw > out
        [ "$(stat -c %s out)" -eq "$(stat -c %s raw)" ]
    done
    parts 700 < fixed.cvs | cv-encode fixed.bin | cv-decode --iterations 2 fixed.bin 2> words | cat > /dev/null
    [ "$(wc -l < words)" -eq 1 ]
    grep -q "in parts: .* 7680 samples later, 348 ms (--iterations 2)" words
    # at 110 beats a minute
    parts 700 < beat.cvs | cv-encode beat.bin | cv-decode --iterations 2 beat.bin 2>&1 > /dev/null | grep -q "in parts: .* samples later"
}

@test "what belongs to a whole clip and is not said before it is refused in one line" {
    tone -r 22050 -s 1 a.wav
    cv-load -q --part 0.1 a.wav > parts.cvs
    refuses 1 cv-encode -q fixed.bin < parts.cvs
    says "in parts" level --live
    cv-load -q -r 3000 --part 0.1 --level 0.1 a.wav > parts.cvs
    refuses 1 cv-encode -q beat.bin < parts.cvs
    says "in parts" tempo --live
    cv-sample | parts 100 > noise.cvs
    refuses 1 cv-decode -q fixed.bin < noise.cvs
    says "noise in parts" "cv-sample -m"
    # more samples than its latents make are those that they make, as of a whole clip
    cv-encode fixed.bin < fixed.cvs > true.lat
    head -c -31 true.lat | LC_ALL=C sed 's/samples\xce\x00\x01\x02\x66/samples\xce\x7f\x01\x02\x66/' > long.lat
    printf '%b' "$(mp_tail 2)" >> long.lat
    cv-info --json long.lat | grep -q '"samples":21[0-9]\{8\}'
    whole=$(cv-decode fixed.bin < long.lat | digest)
    [ "$(parts 3 < long.lat | cv-decode -q fixed.bin | digest)" = "$whole" ]
    # cut in the middle of a clip
    parts 700 < fixed.cvs | head -c 20000 > cut.cvs
    refuses 1 cv-encode -q fixed.bin < cut.cvs
}

@test "a whole clip that says its level is taken at its word, others are measured" {
    tone -r 22050 -s 1 -a 0.3 t.wav
    cv-load -q --part 100 --level 0.1 t.wav | cv-encode -m fixed.bin > said.lat
    near "$(field level said.lat)" 0.1 0
    cv-load -q t.wav | cv-encode -m fixed.bin > heard.lat
    near "$(field level heard.lat)" 0.2121 0.001
}

@test "one gain from training brings clips near their level; models without it correct each whole clip" {
    near "$(field gain fixed.bin)" 1.05 0.15
    for hz in 150 220; do
        tone -r 22050 -s 2 -a 0.3 -F $hz t.wav
        cv-load -q t.wav | cv-encode -m fixed.bin | cv-decode fixed.bin | fact rms > rms
        near "$(cat rms)" 0.2121 0.03
    done
    # as models were before: another key, and a tail without a hash
    head -c -31 fixed.bin | LC_ALL=C sed 's/\xa4gain\xcb/\xa4loss\xcb/' > old.bin
    printf '%b' "$(mp_tail "$(cv-info --json fixed.bin | grep -o '"frames":[0-9]*' | tail -n 1 | cut -d : -f 2)")" >> old.bin
    cv-load -q t.wav | cv-encode -m old.bin | cv-decode old.bin | fact rms > rms
    near "$(cat rms)" 0.2121 0.002
    parts 700 < fixed.cvs | cv-encode old.bin | cv-decode old.bin 2> words | cat > /dev/null
    grep -q 'old.bin: the model says no "gain"' words
}

@test "cv-encode and cv-decode need as much memory for an hour as for a minute" {
    if nm "$(command -v cv-encode)" 2> /dev/null | grep -qE '__[at]san_init'; then
        skip "the sanitizer keeps memory of its own"
    fi
    tone -r 3000 -s 60 -a 0.3 -F 220 minute.wav
    tail -c +45 minute.wav > raw
    for model in beat stereo; do
        channels=$((1 + (${#model} > 4)))
        for n in 1 60; do
            for ((i = 0; i < n * channels; i++)); do cat raw; done |
                cv-load -q -r 3000 -c --part 1 --level 0.2 --tempo 110 --raw s16,3000,$channels - |
                rss $n.encode cv-encode -q -j 1 $model.bin | rss $n.decode cv-decode -q -j 1 --iterations 1 $model.bin |
                cat > /dev/null
        done
        for what in encode decode; do
            echo "$model: $what: $(cat 1.$what) KiB for a minute, $(cat 60.$what) for an hour"
            [ "$(cat 60.$what)" -lt $(($(cat 1.$what) + 1024)) ]
        done
    done
}

# Clips in parts through a model of the network spectral: what comes of whole ones, as soon as it can, in as much memory.

load clips
load helper

# fixed: 22050 Hz, stride 4, as it is by default; high: the same at 44100 Hz; beat: 3000 Hz; stereo: 3000 Hz, stride 2
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    PATH=${CV_BUILD:-$(dirname "$(command -v cv-load)")}/tools:$PATH
    for hz in 150 220 330; do
        tone -r 22050 -s 3 -a 0.3 -F $hz "t$hz.wav"
    done
    tone -r 3000 -s 4 -c 2 -a 0.3 -F 200 both.wav
    cv-load -q t*.wav | cv-train -q -e 1 --width 8 -z 4 --frames fixed > fixed.bin
    cv-load -q -r 44100 -d 2 t*.wav | cv-train -q -e 0 --width 8 -z 4 --frames fixed > high.bin
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
    parts 4 < beat.lat | cv-decode -q --tempo 100 beat.bin > faster.cvs
    [ "$(digest < faster.cvs)" = "$whole" ]
    # its first part says the samples of what it was, its latents those of what it is
    cv-encode beat.bin < faster.cvs | parts -m > maps
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
    cv-info fixed.bin > words
    grep -q "latency  *4624 samples, 210 ms with --iterations 0; 7680 samples, 348 ms with --iterations 2;" words
    cv-info high.bin > words
    grep -q "latency  *9248 samples, 210 ms with --iterations 0; 15360 samples, 348 ms with --iterations 2;" words
    for model in "fixed 22050" "high 44100"; do
        read -r name rate <<< "$model"
        tone -r "$rate" -s 1 -a 0.3 -F 220 a.wav
        tail -c +45 a.wav > raw
        for n in 0 2; do
            cv-info --json $name.bin | grep -o "[0-9]* samples, [0-9]* ms with --iterations $n\b" | cut -d ' ' -f 1 > late
            line="cv-load -q -r $rate --live --raw s16,$rate,1 - | cv-check -q -l all=: --every 0.3 |
                cv-encode -q -j 1 $name.bin | cv-decode -q -j 1 --iterations $n $name.bin |
                cv-check -q -l all=: --every 0.3 | cv-towav -q --raw -o -"
            # 20 ms a part, and 5 ms that a limiter looks ahead
            lockstep $((rate / 25)) $((2 * ($(cat late) + rate / 50 + rate / 200 + 1))) "$line" < raw > out
            [ "$(stat -c %s out)" -eq "$(stat -c %s raw)" ]
        done
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
    for key in level tempo; do # a word in place of a number
        cv-load -q -r 3000 --part 0.1 --level 0.1 --tempo 120 a.wav | head -c -31 |
            LC_ALL=C sed "s/$key\\xcb......../$key\\xa8asitcame/" > parts.cvs
        refuses 1 cv-encode -q beat.bin < parts.cvs
        says "meta" $key "not a number"
    done
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

@test "cv-check --every: a stretch is a clip of its own, and what comes out is what went in" {
    tone -r 3000 -s 7 -w beat -F 2 a.wav
    tone -r 3000 -s 1 -c 2 -a 0.9 -F 200 b.wav
    for every in 2 0.7; do
        # but for the last of b, which is too short to be a clip of cv-load -a
        cv-load -q -r 3000 -c -a -d $every {a,b}.wav | cv-check --json 2>&1 > /dev/null | grep '^{"clip"' > want
        for cut in 7 "2100 0 33" 100000; do
            cv-load -q -r 3000 -c -d 10 {a,b}.wav | parts $cut > in
            cv-check --json --every $every < in 2> words | cmp - in
            grep '^{"clip"' words | grep -v '"samples":900,' | cmp - want
        done
    done
    [ "$(grep -c '^{"clip"' words)" -eq 12 ]
    grep -q '"name":"b-001",.*"samples":900,' words
    grep -qE '"clips":12,"seconds":(8,|7.9999|8.0000)' words
    # with limits
    cv-check --every 0.5 -l peak=:-2 < in > out 2> words || status=$?
    [ "$status" -eq 1 ]
    cmp in out
    grep -q 'failed: b-000 (peak), b-001 (peak)' words
    usage cv-check --every 1 -r in < in
    usage cv-check --every 1 --original in < in
    # a clip without samples, in parts as whole
    nothing=$(mp_frame none audio "1 0")
    part=${nothing/"$(mp_str frame)"/"$(mp_str part)"}
    for clip in "$nothing$(mp_tail 1)" "$part$nothing$(mp_tail 2)"; do
        printf '%b' "$(mp_head audio 22050)$clip" > empty.cvs
        for filter in "cv-check --every 1" "cv-towav -o -"; do
            refuses 1 $filter < empty.cvs
            says "clip 'none'" "holds no samples"
        done
    done
}

@test "cv-plot --last: again and again the picture of the last seconds" {
    tone -r 3000 -s 3 -w beat -F 2 -c 2 a.wav
    cv-load -q -r 3000 -c a.wav > a.cvs
    cv-plot() { command cv-plot -W 300 -H 300 "$@"; }
    for kind in waves spectrogram; do
        cv-load -q -r 3000 -c -o 1 a.wav | cv-plot --kind $kind -o want.png
        for cut in 7 4100 9000; do
            parts $cut < a.cvs | cv-plot --kind $kind --last 2 -o got.png
            cmp want.png got.png
        done
    done
    # all pictures; the first second is a picture of its own
    parts 50 < a.cvs | cv-plot --last 2 > all
    [ "$(LC_ALL=C grep -aoP '\x89PNG' all | wc -l)" -eq 3 ]
    cv-load -q -r 3000 -c -d 1 a.wav | cv-plot > first.png
    cmp -n "$(stat -c %s first.png)" first.png all
    # a file changes while the sound still comes
    mkfifo in
    parts 50 < a.cvs > all
    cv-plot --last 2 -o live.png < in &
    exec 7> in
    head -c $(($(stat -c %s all) * 2 / 3)) all >&7
    for ((i = 0; i < 1200; i++)); do [ -s live.png ] || sleep 0.05; done
    [ -s live.png ]
    tail -c +$(($(stat -c %s all) * 2 / 3 + 1)) all >&7
    exec 7>&-
    wait $!
    cv-load -q -r 3000 -c -o 1 a.wav | cv-plot | cmp - live.png
    usage cv-plot --last 2 --from 1 -o a.png < all
    cv-sample | cv-plot --last 2 -o a.png 2> words
    grep -q -e '--last has no effect' words
}

line="cv-load -q --live --raw s16,22050,1 - | cv-check -q -l all=: --every 0.3 | cv-encode -q -j 1 fixed.bin |
    cv-decode -q -j 1 --iterations 2 fixed.bin | cv-towav -q --raw -o -"

@test "Ctrl-C, which reaches all of a line, ends it whole" {
    tone -r 22050 -s 1 -a 0.3 -F 220 a.wav
    tail -c +45 a.wav > raw
    lockstep 882 $((2 * (7680 + 441 + 111))) "$line" < raw > want
    [ "$(stat -c %s want)" -eq "$(stat -c %s raw)" ]
    lockstep -i 882 $((2 * (7680 + 441 + 111))) "trap : INT; $line" < raw | cmp - want
}

@test "a player that ends ends all of a line, without words" {
    tone -r 22050 -s 1 -a 0.3 -F 220 a.wav
    tail -c +45 a.wav > raw
    while cat raw 2> /dev/null; do :; done | eval "$line" 2> words | head -c 20000 > out || true
    [ "$(stat -c %s out)" -eq 20000 ]
    [ ! -s words ]
}

# ticks PID ...: what they have computed so far
ticks() { cat "${@/%/\/stat}" | awk '{ sub(/.*\)/, ""); n += $12 + $13 } END { print n }'; }

@test "a source that pauses is waited for, not asked again and again" {
    tone -r 22050 -s 1 -a 0.3 -F 220 a.wav
    mkfifo in
    bash -c "$line" < in > out &
    exec 7> in
    tail -c +45 a.wav >&7
    for ((i = 0; i < 600; i++)); do # until the shell has started all of them
        all=$(pgrep -P $!)
        [ "$(wc -w <<< "$all")" -lt 5 ] || break
        sleep 0.1
    done
    [ "$(wc -w <<< "$all")" -eq 5 ]
    before= now=0
    for ((i = 0; i < 100; i++)); do # all of them, if one goes round
        [ "$now" != "$before" ] || break
        sleep 0.3
        before=$now
        now=$(ticks $(sed 's|^|/proc/|' <<< "$all"))
    done
    [ "$now" = "$before" ]
    [ "$(stat -c %s out)" -gt 20000 ]
    exec 7>&-
    wait $!
    [ "$(stat -c %s out)" -eq 44100 ]
}

@test "each filter of the line needs as much memory for an hour as for a minute" {
    if nm "$(command -v cv-encode)" 2> /dev/null | grep -qE '__[at]san_init'; then
        skip "the sanitizer keeps memory of its own"
    fi
    tone -r 3000 -s 60 -a 0.3 -F 220 minute.wav
    tail -c +45 minute.wav > raw
    for model in beat stereo; do
        channels=$((1 + (${#model} > 4)))
        for n in 1 60; do
            for ((i = 0; i < n * channels; i++)); do cat raw; done |
                rss $n.load cv-load -q -r 3000 -c --part 1 --level 0.2 --tempo 110 --raw s16,3000,$channels - |
                rss $n.encode cv-encode -q -j 1 $model.bin | rss $n.decode cv-decode -q -j 1 --iterations 1 $model.bin |
                rss $n.check cv-check -q -l all=: --every 10 | rss $n.towav cv-towav -q -o - | cat > /dev/null
        done
        for what in load encode decode check towav; do
            echo "$model: $what: $(cat 1.$what) KiB for a minute, $(cat 60.$what) for an hour"
            [ "$(cat 60.$what)" -lt $(($(cat 1.$what) + 1024)) ]
        done
    done
    for n in 1 10; do
        for ((i = 0; i < n; i++)); do cat raw; done | cv-load -q -r 3000 --part 1 --raw s16,3000,1 - |
            rss $n.plot cv-plot --last 50 -W 300 -H 200 -o live.png
    done
    echo "plot: $(cat 1.plot) KiB for a minute, $(cat 10.plot) for ten"
    [ "$(cat 10.plot)" -lt $(($(cat 1.plot) + 4096)) ] # nine minutes of samples are 6.4 MB
}

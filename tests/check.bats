# cv-check: figures of known sounds, verdicts, the comparison with a reference, and everything passed on.

load clips
load helper

setup() {
    sounds=$BATS_TEST_DIRNAME/figures
    audio_setup
}

# real and new: the streams of the shipped tunes
tunes() {
    cv-load -r 3000 -q -n 9000 "$sounds"/real-[abc].wav > real
    cv-load -r 3000 -q -n 9000 "$sounds"/new-[de].wav > new
}

# check_to ARGUMENT ...: runs cv-check from the file stream to the file passed,
# its words into the file words, its status into $status.
check_to() {
    status=0
    cv-check "$@" < stream > passed 2> words || status=$?
}

# figure NAME [CLIP]: of a clip in the JSON in words, the first if not named; KEY.NAME looks into an object.
figure() {
    grep '^{"clip":' words | grep -F "\"name\":\"${2-}" | head -n 1 | value "$1"
}
value() { grep -o "\"$1\":[^,{}]*" | head -n 1 | cut -d : -f 2; }
# of LINE KEY NAME: the value of NAME in the object KEY of a line of words, as in: of comparison clips fd
of() { grep "^{\"$1\":" words | grep -o "\"$2\":{[^}]*}" | head -n 1 | value "$3"; }

# ---- passing on ----

@test "what comes out is what went in" {
    tunes
    for from in real new; do
        cv-check -q < $from | cmp - $from
        cv-check --json < $from 2> /dev/null | cmp - $from
    done
    cv-check -q -r real < new | cmp - new
    cv-batch -b 2 -B 1 < real > batched
    cv-check -q < batched | cmp - batched
    cv-load -q -c -r 22050 -n 19000 "$sounds"/wide.wav > wide
    cat real wide batched > stream
    check_to
    [ "$status" -eq 0 ]
    cmp passed stream
}

@test "a clip around 0.5 is passed on as it is, its offset reported" {
    tone -r 3000 -w constant -a 0.5 -s 2 half.wav
    cv-load -r 3000 -n 6000 half.wav > stream
    check_to --json -l all=:
    [ "$status" -eq 0 ]
    cmp passed stream
    near "$(figure offset)" 0.5 0.0001
    [ "$(figure rms)" = null ] || [ "$(awk -v x="$(figure rms)" 'BEGIN { print x < -90 }')" -eq 1 ]
    grep -q '"warns":\[[^]]*"offset"' words
}

@test "no clips: nothing to say, nothing failed" {
    printf '%b' "$(mp_head audio 3000)$(mp_tail 0)" > stream
    check_to
    [ "$status" -eq 0 ]
    grep -q '^0 clips' words
    cv-info passed | grep -q "frames 0,"
}

# ---- figures ----

@test "the shipped sounds have the figures expected" {
    count=0
    for rate in 3000 22050; do
        cv-load -q -r "$rate" $( [ "$rate" = 3000 ] && echo "-d 3" "$sounds"/{real,new,again}-*.wav ) \
            $( [ "$rate" = 3000 ] || echo "-n 19845" "$sounds"/wide*.wav ) > stream
        check_to --json
        while IFS=$'\t' read -r name key want; do
            case $key in flatness|peakiness|centroid|dynamics|flux|rhythm) ;; *) continue ;; esac
            grep -qF "\"name\":\"$name\"" words || continue
            awk -v a="$(figure "$key" "$name\"")" -v b="$want" 'BEGIN { exit !(a != "" && (a / b - 1)^2 < 1e-8) }' ||
                { echo "$name $key: $(figure "$key" "$name\""), not $want"; return 1; }
            count=$((count + 1))
        done < "$sounds/expected.tsv"
    done
    [ "$count" -eq 48 ]
}

@test "the contrast of a beat that is stated is that expected" {
    cv-load -r 3000 -q -n 9000 --tempo 120 "$sounds"/{real-[abc],new-[de],again-a}.wav > stream
    check_to --json
    cp words alone
    count=0
    while IFS=$'\t' read -r name key want; do
        [ "$key" = beatcon ] || continue
        near "$(figure beatcon "$name\"")" "$want" 0.000001
        count=$((count + 1))
    done < "$sounds/expected.tsv"
    [ "$count" -eq 6 ]
    near "$(of total mean beatcon)" "$(awk '$2 == "beatcon" { s += $3 / 6 } END { print s }' "$sounds/expected.tsv")" 0.000001
    # half of it is the same beat, in a batch, too
    cv-load -r 3000 -q -n 9000 --tempo 60 "$sounds"/{real-[abc],new-[de],again-a}.wav | cv-batch -B 1 -b 4 > stream
    check_to --json
    diff alone words
    # unstated, and too short to find it
    cv-load -r 3000 -q -n 9000 "$sounds"/real-a.wav > stream
    check_to --json
    [ "$(figure beatcon)" = null ]
    [ "$(of total mean beatcon)" = null ]
}

@test "a beat is found where none is stated, and there is none in noise" {
    tone -r 3000 -w beat -F 2 -s 12 beat.wav
    tone -r 3000 -w noise -s 12 noise.wav
    cv-load -r 3000 -q -d 12 --tempo 120 beat.wav > stream
    check_to --json -l all=:
    stated=$(figure beatcon)
    cv-load -r 3000 -q -d 12 beat.wav noise.wav > stream
    check_to --json -l all=:
    near "$(figure beatcon beat)" "$stated" 0.02
    ascending 0.2 "$stated"
    [ "$(figure beatcon noise)" = null ]
    check_to -l all=:
    head -n 1 words | grep -qE 'rhythm +beatcon +clicks'
    check_to -q -l beatcon=0.99:
    grep -q 'failed: beat (beatcon)$' words
}

@test "a tone: level, peak, crest factor, centroid, roll-off, octave" {
    tone -r 8000 -F 1000 -a 0.5 -s 5 tone.wav
    cv-load -r 8000 -d 5 tone.wav > stream
    check_to --json
    [ "$status" -eq 0 ]
    near "$(figure rms)" -9.03 0.02
    near "$(figure peak)" -6.02 0.02
    near "$(figure crest)" 3.01 0.02
    near "$(figure centroid)" 1000 5
    near "$(figure rolloff)" 1000 20
    near "$(figure 1000)" -9.03 0.1
    near "$(figure flatness)" 0 0.001
    near "$(figure silence)" 0 0
    [ "$(figure clipped)" -eq 0 ]
    [ "$(figure clicks)" -eq 0 ]
    [ "$(figure samples)" -eq 40000 ]
    # half of it is 6 dB less
    tone -r 8000 -F 1000 -a 0.25 -s 5 tone.wav
    cv-load -r 8000 -d 5 tone.wav > stream
    check_to --json
    near "$(figure rms)" -15.05 0.02
    near "$(figure 1000)" -15.05 0.1
}

@test "noise is flat and without rhythm, and said so" {
    tone -r 3000 -w noise -a 0.5 -s 20 noise.wav
    cv-load -r 3000 -d 20 noise.wav > stream
    check_to --json
    near "$(figure flatness)" 0.56 0.01
    near "$(figure centroid)" 750 5
    near "$(figure joins)" 0.15 0.1
    ascending "$(figure rhythm)" 0.2
    grep -q '"verdict":"warn","fails":\[\],"warns":\[.*"flatness"' words
}

@test "clipped samples and silence are counted" {
    printf '%b' "$(mp_head audio 1000)$(mp_frame a audio "1 8" 1 -1 0.5 2 0 0 -0.5 0)$(mp_tail 1)" > stream
    check_to --json -l all=:
    [ "$(figure clipped)" -eq 3 ]
    near "$(figure clipping)" 0.375 0
    tone -r 3000 -s 3 -F 300 tone.wav
    cv-load -r 3000 -d 12 --pad tone.wav > stream
    check_to --json
    near "$(figure silence)" 0.75 0.01
    grep -q '"warns":\["silence"' words
}

@test "clips of a batch are looked at one by one, under their names" {
    tunes
    cv-batch -b 2 -B 1 < real > stream
    check_to --json
    cp words batched
    cp real stream
    check_to --json
    diff words batched
    [ "$(grep -c '^{"clip":' words)" -eq 3 ]
}

@test "the same words from run to run; another seed, another noise" {
    tunes
    cp new stream
    for i in 1 2; do
        check_to --json -r real
        cp words "words-$i"
    done
    cmp words-1 words-2
    check_to --json -r real -s 5
    run -1 cmp -s words words-1
    fd=$(of comparison clips fd)
    cp words-1 words
    [ -n "$fd" ]
    [ "$fd" = "$(of comparison clips fd)" ]
}

# ---- the report ----

@test "the table has a row for each clip, means, and the count" {
    tunes
    cp real stream
    check_to
    [ "$status" -eq 0 ]
    head -n 1 words | grep -qE 'rms +peak +offset +clipped +silence +crest +centroid .* clip$'
    grep -qE '^ *-[0-9.]+ +-[0-9.]+ .*(ok|warn) +real-a' words
    grep -qE ' mean$' words
    grep -q '^octave bands' words
    grep -q '^3 clips, 9.0 seconds' words
    # all rows of figures are of one width up to the verdict
    [ "$(sed -n '3,5p' words | grep -oE '^.*(ok  |warn|fail) ' | awk '{ print length($0) }' | sort -u | wc -l)" -eq 1 ]
    [ "$(grep -c '^octave' words)" -eq 1 ]
    check_to -b
    [ "$(grep -c '^octave' words)" -eq 4 ]
}

@test "JSON: a line for each clip and one in total, nothing else" {
    tunes
    cp real stream
    check_to --json
    [ "$(wc -l < words)" -eq 4 ]
    [ "$(of total mean rms)" != "" ]
    grep '^{"total":' words | grep -q '"clips":3,"seconds":9,"ok":[0-3],"warn":[0-3],"fail":0'
    check_to --json -l rms=0:
    [ "$status" -eq 1 ]
    [ "$(wc -l < words)" -eq 4 ]
    grep -q '"fail":3' words
    if command -v /usr/bin/python3 > /dev/null; then
        /usr/bin/python3 -c 'import json, sys; [json.loads(line) for line in open("words")]'
    fi
}

@test "--quiet says nothing, but what failed" {
    tunes
    cp real stream
    check_to -q
    [ ! -s words ]
    check_to -q -l peak=0:
    [ "$status" -eq 1 ]
    [ "$(wc -l < words)" -eq 1 ]
    grep -q '^cv-check: failed: real-a (peak), real-b (peak), real-c (peak)$' words
}

@test "names cannot forge lines of the table" {
    frame=$(mp_frame name audio "1 1" 1)
    printf '%b' "$(mp_head audio 3000)${frame/"$(mp_str name)$(mp_str name)"/"$(mp_str name)"'\xa7two\x0abad'}$(mp_tail 1)" > stream
    check_to -l all=:
    [ "$status" -eq 0 ]
    run -1 grep '^bad' words
}

# ---- verdicts ----

@test "a clip that fails: status 1 once everything has passed" {
    tone -r 3000 -w silence -s 2 b.wav
    tone -r 3000 -F 300 -s 2 a.wav
    tone -r 3000 -F 500 -s 2 c.wav
    cv-load -r 3000 -n 6000 a.wav b.wav c.wav > stream
    check_to
    [ "$status" -eq 1 ]
    cmp passed stream
    cv-info passed > info
    grep -q 'fail b  fails: rms, silence' words
    grep -q '^cv-check: failed: b (rms, silence)$' words
    grep -q '2 ok\|2 warn\|1 ok, 1 warn' words
    grep -q ' 1 fail$' words
}

@test "limits: on one side, on both, more than one, warnings" {
    tone -r 3000 -F 300 -a 0.5 -s 2 a.wav
    cv-load -r 3000 -n 6000 a.wav > stream
    check_to -l rms=-10:-8
    [ "$status" -eq 0 ]
    check_to -l rms=-8:
    [ "$status" -eq 1 ]
    check_to -l rms=:-10
    [ "$status" -eq 1 ]
    check_to -l centroid=:100,crest=5:
    grep -q 'failed: a (crest, centroid)' words
    check_to -l centroid=:100 --limit crest=5:
    grep -q 'failed: a (crest, centroid)' words
    check_to -l rms=-8: -l rms=:
    [ "$status" -eq 0 ]
    check_to -w all=:,rms=-8:
    [ "$status" -eq 0 ]
    grep -qE 'warn +a +warns: rms$' words
    check_to -w all=:
    grep -qE 'ok +a$' words
}

@test "many failures are counted" {
    tone -r 3000 -w silence -s 0.1 a.wav
    for ((i = 100; i < 200; i++)); do cp a.wav "silence-$i.wav"; done
    cv-load -r 3000 -n 300 silence-*.wav > stream
    check_to -q
    [ "$status" -eq 1 ]
    grep -qE '^cv-check: failed: silence-100 \(rms, silence\), .* and [0-9]+ more$' words
    [ "$(wc -c < words)" -lt 1000 ]
}

# ---- beside a reference ----

@test "the comparison agrees with the figures expected" {
    tunes
    cp new stream
    check_to --json -r real
    [ "$(wc -l < words)" -eq 4 ]
    for key in fd mmd precision recall; do
        near "$(of comparison clips $key)" "$(awk -v k=$key '$1 == "new" && $2 == k { print $3 }' "$sounds/expected.tsv")" \
            "$([ $key = fd ] && echo 2.4 || echo 0.00001)"
    done
    for clip in new-d new-e; do
        near "$(figure nearest $clip)" "$(awk -v c=$clip '$1 == c && $2 == "nearest" { print $3 }' "$sounds/expected.tsv")" 0.001
    done
    [ "$(figure copied)" = null ]
    [ "$(of comparison held_out fd)" = null ]
    ascending "$(of comparison clips fd)" "$(of comparison random_phase fd)" "$(of comparison white_noise fd)"
}

# join FILE SOUND...: sounds of 3 s at 3000 Hz in a row
join() {
    local file=$1 bytes
    shift
    bytes=$((18000 * $#))
    {
        printf 'RIFF'; le $((bytes + 36)); printf 'WAVEfmt '; le 16; printf '\x01\x00\x01\x00'; le 3000; le 6000
        printf '\x02\x00\x10\x00data'; le "$bytes"
        for sound; do tail -c 18000 "$sounds/$sound.wav"; done
    } > "$file.wav"
}
le() { printf '%b' "$(printf '\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)))"; }

@test "windows are compared, too, if there are enough" {
    join abc real-a real-b real-c
    join bca real-b real-c real-a
    join cab real-c real-a real-b
    join de new-d new-e
    join ed new-e new-d
    cv-load -r 3000 -q -n 27000 abc.wav bca.wav cab.wav > reference
    cv-load -r 3000 -q -n 18000 de.wav ed.wav > stream
    check_to --json -r reference
    near "$(of comparison clips fdl)" "$(awk '$1 == "joined" { print $3 }' "$sounds/expected.tsv")" 9
    ascending 0 "$(of comparison halves fdl)" "$(of comparison clips fdl)" "$(of comparison white_noise fdl)"
    check_to -q -r reference -l fdl=:90000
    grep -q 'failed: all clips beside the reference (fdl)$' words
    check_to -r reference
    grep -qE 'mel-FD +2\.5 % +97\.5 % +fdl +mmd' words
    grep -qE '^ *[0-9]+ +- +- +907[67][0-9] .* these clips' words
    tunes
    check_to --json -r real
    [ "$(of comparison clips fdl)" = null ]
}

@test "the table shows floor and ceilings beside the distance" {
    tunes
    cp new stream
    check_to -r real --held-out new
    for row in 'these clips' 'held-out clips' 'floor: ' 'ceiling: reference with random phases' 'ceiling: white noise'; do
        grep -qE "^ *[0-9]+ .* $row" words || { echo "no row '$row'"; cat words; return 1; }
    done
    head -n 1 words | grep -qE 'nearest copied +clip'
    check_to -r real
    run -1 grep 'held-out clips' words
}

@test "copies are found" {
    tunes
    cv-load -r 3000 -q -n 9000 "$sounds"/real-a.wav "$sounds"/new-d.wav > stream
    check_to --json -r real --held-out new
    near "$(figure copied real-a)" 1 0
    near "$(figure copied new-d)" 0 0
    near "$(of comparison near copied)" 0.5 0
    check_to -q -r real --held-out new -l copied=:0.5
    grep -q 'failed: real-a (copied)$' words
    # the reference is at no distance from itself
    cp real stream
    check_to --json -r real
    near "$(of comparison clips fd)" 0 0.01
    near "$(of comparison clips recall)" 1 0
    ascending "$(of comparison clips fd_low)" "$(of comparison clips fd_high)"
    ascending "$(of comparison clips fd_low)" 0.01
}

# ---- form ----

# songs: tunes of 4 bars of 1.5 s in a row: AABA; the same twos of bars in disorder; and clips to compare with
songs() {
    join aaba real-a real-b real-a real-b real-c new-d real-a real-b
    join disorder real-a real-c real-b new-d real-c real-a new-d real-b
    cv-load -r 3000 -q -d 24 --tempo 160 aaba.wav > aaba
    cv-load -r 3000 -q -d 24 --tempo 160 disorder.wav > disorder
}

@test "form: what returns is told from what does not" {
    songs
    cp aaba stream
    check_to --json -l all=:
    near "$(figure return_m)" 1 0.02
    near "$(figure return_h)" 1 0.05
    near "$(of total mean return_m)" 1 0.02
    bar4=$(figure bar4_m)
    ascending 0.2 "$bar4"
    cp disorder stream
    check_to --json -l all=:
    ascending "$(figure return_m)" 0.8
    ascending "$(figure bar4_m)" "$bar4"
    # a line of the table, where there are 8 bars
    check_to -l all=:
    [ "$(grep -cE '^form +bar1_m: -?[0-9.]+ .* return_h: [0-9.]+$' words)" -eq 1 ]
    cv-load -r 3000 -q -d 11 --tempo 160 aaba.wav > stream
    check_to -l all=:
    run -1 grep '^form' words
    check_to --json -l all=:
    [ "$(figure return_m)" = null ]
    # a limit on it
    cp disorder stream
    check_to -q -l return_m=0.9:
    [ "$status" -eq 1 ]
    grep -q 'failed: disorder (return_m)$' words
}

@test "form beside a reference: what a clip follows, and whether clips are told apart" {
    songs
    join other new-e again-a new-e new-d again-a new-d new-e real-b
    join quote new-e again-a new-e real-b real-c new-d real-a again-a
    cv-load -r 3000 -q -d 24 --tempo 160 aaba.wav other.wav > reference
    cv-load -r 3000 -q -d 24 --tempo 160 quote.wav > stream
    check_to --json -l all=: -r reference
    # four tunes of two bars as they are there, and none that follows another as there
    ascending 5.5 "$(form clips passage)" 9
    cp words quoted
    cp disorder stream
    check_to --json -l all=: -r reference
    ascending 0.9 "$(form clips passage)" 4.5
    cp quoted words
    [ "$(form clips passage_most)" = "$(form clips passage)" ]
    [ "$(form clips auc_form)" = null ]
    grep -q '"form":{"clips":{"clips":1,' words
    # twelve songs and as many of noise
    for i in {1..12}; do
        cv-load -r 3000 -q -d 24 --tempo $((150 + 2 * i)) aaba.wav
    done > songs
    tone -r 3000 -w noise -s 24 noise.wav
    for i in {1..12}; do
        cv-load -r 3000 -q -d 24 --tempo $((150 + 2 * i)) noise.wav
    done > stream
    check_to -l all=: -r songs
    grep -qE 'auc local +form +passage +most +bar1_m' words
    check_to --json -l all=: -r songs
    ascending 0.95 "$(form clips auc_form)"
    ascending 0.95 "$(form clips auc_local)"
}
# of the object about form in a comparison: KEY NAME
form() { grep '^{"comparison":' words | grep -o '"form":.*' | grep -o "\"$1\":{[^}]*}" | head -n 1 | value "$2"; }

@test "the same words for any number of processors" {
    tunes
    cp new stream
    check_to --json -r real --held-out new
    cp words all
    status=0
    taskset -c "$(taskset -pc $$ | grep -oE '[0-9]+' | tail -n 1)" cv-check --json -r real --held-out new < stream \
        > passed 2> words || status=$?
    [ "$status" -eq 0 ]
    cmp words all
    cmp passed stream
    for ((i = 0; i < 30; i++)); do # the last one is lost by none
        check_to --json
        [ "$(grep -c '^{"clip":' words)" -eq 2 ]
    done
}

# ---- beside the originals ----

@test "clips beside their originals are as far away as expected, levels matched" {
    for pair in "3000 real-a again-a 9000" "22050 wide wide-again 19845"; do
        read -r rate of again n <<< "$pair"
        cv-load -r "$rate" -q -n "$n" "$sounds/$of.wav" > original
        cv-load -r "$rate" -q -n "$n" "$sounds/$again.wav" > stream
        check_to --json --original original
        [ "$status" -eq 0 ]
        cmp passed stream
        for key in msls sc mel dac_mel dac_stft gain_db; do
            near "$(figure $key "$again\"")" \
                "$(awk -F '\t' -v a="$again" -v k=$key '$1 == a && $2 == k { print $3 }' "$sounds/expected.tsv")" 0.001
        done
    done
}

@test "originals go by their order, in batches or not" {
    tunes
    cp real stream
    check_to --json --original real
    for key in msls sc mel dac_mel dac_stft gain_db; do near "$(of total most $key)" 0 0; done
    cv-batch -b 2 -B 1 < real > batched
    check_to --json --original batched
    [ "$status" -eq 0 ]
    near "$(of total most msls)" 0 0
    check_to -q --original real -l msls=:-1
    [ "$status" -eq 1 ]
    grep -q 'failed: real-a (msls), real-b (msls), real-c (msls)$' words
    check_to --original real
    head -n 1 words | grep -qE 'joins +msls +sc +mel +dac_mel +dac_stft +gain_db +clip'
    check_to
    run ! grep -q msls words
    # in another order they are others
    cv-load -r 3000 -q -n 9000 "$sounds"/real-c.wav "$sounds"/real-b.wav "$sounds"/real-a.wav > stream
    check_to --json --original real
    [ "$(figure msls real-b)" = 0 ]
    awk -v x="$(figure msls real-a)" 'BEGIN { exit !(x > 3) }'
}

@test "an offset is no distance, silence has no gain, and nothing is told of silent originals" {
    # written as it is in a stream: wave and silence around 0, and the wave around a half
    wave() { printf '%b' "$(mp_head audio 3000)$(mp_frame a audio "1 40" $(for i in {1..20}; do echo "$@"; done))$(mp_tail 1)"; }
    wave 0.5 -0.5 > low
    wave 1 0 > raised
    wave 0 0 > silence
    cp raised stream
    check_to --json -l all=: --original low
    near "$(figure offset)" 0.5 0
    near "$(figure msls)" 0 0
    near "$(figure gain_db)" 0 0
    cp low stream
    check_to --json -l all=: --original raised
    near "$(figure dac_stft)" 0 0
    check_to --json -l all=: --original silence
    [ "$(figure sc)" = null ]
    [ "$(figure gain_db)" = null ]
    cp silence stream
    check_to --json -l all=: --original low
    near "$(figure sc)" 1 1e-6
    [ "$(figure gain_db)" = null ]
}

@test "originals that are others are refused with one line" {
    tunes
    cv-load -r 3000 -q -n 9000 "$sounds"/real-[ab].wav > two
    cv-load -r 3000 -q -n 8000 "$sounds"/real-[abc].wav > short
    cv-load -r 4000 -q -n 9000 "$sounds"/real-[abc].wav > fast
    refuses 1 cv-check -q --original two < real
    says two real-c
    refuses 1 cv-check -q --original real < two
    says real real-c
    refuses 1 cv-check -q --original short < real
    says short 8000 9000 real-a "cv-load"
    refuses 1 cv-check -q --original fast < real
    says 4000 3000
    refuses 1 cv-check -q --original nowhere < real
    says nowhere
    head -c 20000 real > cut
    refuses 1 cv-check -q --original cut < real
    says cut
}

@test "limits on the comparison" {
    tunes
    cp new stream
    check_to -q -r real -l fd=:10,precision=0:1
    [ "$status" -eq 1 ]
    cmp passed new
    [ "$(cat words)" = "cv-check: failed: all clips beside the reference (fd)" ]
    tone -r 3000 -w noise -s 3 noise.wav
    cv-load -r 3000 -q -n 9000 noise.wav > stream
    check_to -r real
    [ "$status" -eq 0 ]
    grep -q '^cv-check: warning: beside the reference: precision, recall$' words
}

# ---- refused ----

@test "usage" {
    tunes
    usage cv-check stream < real
    usage cv-check --limit < real
    usage cv-check -l rms < real
    usage cv-check -l rms=1 < real
    usage cv-check -l loud=1:2 < real
    usage cv-check -l rms=2:1 < real
    usage cv-check -w rms=a:1 < real
    usage cv-check -s -1 < real
    usage cv-check --held-out real < real
    usage cv-check -r - < real
    usage cv-check -s 5 < real
    usage cv-check -l fd=:10 < real
    usage cv-check -l rms=:0,copied=:1 < real
    usage cv-check -w mel=:10 -r real < real
    usage cv-check -r real --held-out - < real
    usage cv-check --original - < real
    # -j is threads wherever there are any
    usage cv-check -j 2 < real
    [[ $stderr == *"-j, but there is --json"* ]]
}

@test "another kind, another file, no reference" {
    tunes
    cv-sample -q -n 2 > noise
    refuses 1 cv-check < noise
    says noise audio
    refuses 1 cv-check < "$sounds/wide.wav"
    says WAV
    refuses 1 cv-check < /dev/null
    refuses 1 cv-check -r missing < real
    says missing
    refuses 1 cv-check -r noise < real
    says noise audio
    refuses 1 cv-check -r real --held-out noise < real
    says noise
    printf '%b' "$(mp_head audio 3000)$(mp_tail 0)" > none
    refuses 1 cv-check -r none < real
    says none "no clips"
    refuses 1 cv-check -r real --held-out none < real
    says none "no clips"
    cv-load -r 3000 -q -n 2000 "$sounds/real-a.wav" > short
    refuses 1 cv-check -r short < real
    says short "too little"
    head -c -1 real > cut
    refuses 1 cv-check -r cut < real
    says cut ended
}

@test "a reference at another rate" {
    tunes
    cv-load -q -r 22050 "$sounds/wide.wav" > wide
    refuses 1 cv-check -r real < wide
    says 22050 3000 "cv-load -r"
    refuses 1 cv-check -r real --held-out wide < real
    says 22050 3000
    cat real wide > both
    refuses 1 cv-check -r both < real
    says 22050 3000
    cv-load -q -r 500 -n 5000 "$sounds/real-a.wav" > low
    refuses 1 cv-check -r low < low
    says 500 1000
    cv-check -q < low > passed
    cmp low passed
}

@test "a stream cut short: status 1, and what comes out is not whole" {
    tunes
    head -c -20 real > stream
    check_to -q
    [ "$status" -eq 1 ]
    [ "$(wc -l < words)" -eq 1 ]
    grep -q 'ended\|ends\|cut' words
    status=0
    cv-info passed > info 2>&1 || status=$?
    [ "$status" -eq 1 ]
}

@test "a clip is reported while the next one is waited for, and before a stream breaks off" {
    cv-load -r 3000 -q -n 9000 "$sounds/real-a.wav" > one
    mkfifo in
    cv-check --json < in > passed 2> words &
    exec 7> in
    head -c -9 one >&7
    for ((i = 0; i < 600; i++)); do
        if grep -q '^{"clip":{"name":"real-a"' words; then break; fi
        sleep 0.05
    done
    grep -q '^{"clip":{"name":"real-a"' words
    exec 7>&-
    status=0
    wait $! || status=$?
    [ "$status" -eq 1 ]
    grep -q ended words
}

@test "a full disk, for the stream and for the report" {
    tunes
    status=0
    cv-check -q < real > /dev/full 2> words || status=$?
    [ "$status" -eq 1 ]
    grep -q '^cv-check: standard output: ' words
    status=0
    cv-check < real > passed 2> /dev/full || status=$?
    [ "$status" -eq 1 ]
    cmp passed real
}

@test "memory does not grow with the number of clips" {
    if nm "$(command -v cv-check)" 2> /dev/null | grep -q '__[at]san_init'; then
        skip "sanitizers keep what was released"
    fi
    tunes
    mkfifo in
    cv-check -q < in > passed &
    exec 7> in
    for ((i = 0; i < 400; i++)); do cat real; done >&7   # 43 MB, all but what fits into a pipe read when this is done
    peak=$(awk '/VmHWM/ { print $2 }' /proc/$!/status)
    exec 7>&-
    wait $!
    [ "$(wc -c < passed)" -eq "$((400 * $(wc -c < real)))" ]
    echo "$peak KiB"
    [ "$peak" -lt 30000 ]
}

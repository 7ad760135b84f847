# A short form of 'make torture': every fault that has been found stays found, and a sample of what could come.

bats_require_minimum_version 1.5.0

setup_file() {
    build=${CV_BUILD:-$(cd "$BATS_TEST_DIRNAME/../build" && pwd)}
    export build PATH=$build:$build/tools:$build/fuzz:$PATH
    sh "$BATS_TEST_DIRNAME/torture/prepare.sh" "$BATS_FILE_TMPDIR"
}

# replays TARGET: what fuzzing has kept and found, and the seeds
replays() {
    local kept=()

    mkdir seeds
    seeds "$1" seeds
    for folder in "$BATS_TEST_DIRNAME"/fuzz/{corpus,found}/"$1"; do [ ! -d "$folder" ] || kept+=("$folder"); done
    "$build/fuzz/$1" seeds "${kept[@]}" > words 2>&1 || { tail -n 5 words; return 1; }
}

setup() { cd "$BATS_TEST_TMPDIR"; }

@test "inputs of the fuzz target stream" { replays stream; }
@test "inputs of the fuzz target model" { replays model; }
@test "inputs of the fuzz target snapshot" { replays snapshot; }
@test "inputs of the fuzz target codec" { replays codec; }
@test "inputs of the fuzz target audio" { replays audio; }
@test "inputs of the fuzz target options" { replays options; }
@test "inputs of the fuzz target text" { replays text; }

# machine PLACES NAME ...: see torture/machine.c
faults() {
    if grep -q '__[at]san_init' "$build/cv-sample"; then skip "a shim does not go with a sanitizer"; fi
    run machine "$BATS_FILE_TMPDIR" "$build/torture/faults" "$1" 60 "${@:2}"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"0 failed the test"* ]]
}

@test "every call that fails in cv-sample and in cv-load: the right result, or one line and status 1" {
    PATH=$build/torture:$PATH
    faults 0 sample
    faults 30 load
}

@test "a snapshot or a WAV that could not be finished leaves nothing" {
    PATH=$build/torture:$PATH
    faults 8 start
    faults 20 towav
}

@test "some of the calls that fail in the other programs, signals, and files that cannot grow" {
    PATH=$build/torture:$PATH
    faults 1 batch train train-file train-resume encode encode-parts sample-model sample-endless decode decode-noise \
        mix mix-transpose towav-stdout eval eval-two info check-every plot-svg load-pipe load-list load-part load-live
}

# with KIND FROM FIRST LAST PROGRAM...: runs it with the FIRST call of that kind failing, ... the LAST, and after each run
# the function judge, which finds its status, out, and words; reads the file input, if that is set
with() {
    local at status

    if grep -q '__[at]san_init' "$build/cv-sample"; then skip "a shim does not go with a sanitizer"; fi
    for ((at = $3; at <= $4; at++)); do
        status=0
        LD_PRELOAD=$build/torture/faults FAULTS_KIND=$1 FAULTS_FROM=$2 FAULTS_AT=$at FAULTS_SIGNAL=15 "${@:5}" \
            < "${input:-/dev/null}" > out 2> words || status=$?
        judge "$at" || { echo "$1 $at: status $status"; cat words; return 1; }
    done
}

same_or_refused() { [ "$status" -ne 0 ] || cmp out good; }
same_or_said() { if [ "$status" -eq 0 ]; then cmp out good; else grep -q '^cv-[a-z]*: .*[a-z]' words; fi; }

@test "a read that fails for once, and a path without memory for it, do not change what is loaded" {
    judge() { same_or_refused; }
    local files=("$BATS_FILE_TMPDIR"/d.{mp3,opus,aiff})

    cv-load --strict -q -r 2000 -n 600 "${files[@]}" > good
    with read own 90 115 cv-load --strict -q -r 2000 -n 600 "${files[@]}"
    with malloc libraries 5 35 cv-load --strict -q -r 2000 -n 600 "${files[@]}"
    for file in "$BATS_FILE_TMPDIR"/{joined.ogg,joined.mp3,crashed.wav}; do
        cv-load -q -r 2000 "$file" > good
        with read own 1 60 cv-load -q -r 2000 "$file"
    done
}

@test "a signal leaves no temporary file" {
    judge() { [ -z "$(ls -A tmp)" ]; }

    mkdir tmp
    export TMPDIR=$PWD/tmp
    input=$BATS_FILE_TMPDIR/test.cvs
    with moment own 60 85 cv-train -q -j 1 -e 0 -z 1 --width 1 --memory 1K
}

@test "a report says why there is none" {
    judge() { same_or_said; }

    cd "$BATS_FILE_TMPDIR"
    cv-report -q --clips 1 -j 1 --held-out brief.cvs model.bin > good
    with sync own 20 28 cv-report -q --clips 1 -j 1 --held-out brief.cvs model.bin
}

@test "a bank to keep that is cut, or of other frames than are trained on, is refused" {
    local words

    for model in cut.bin "$BATS_FILE_TMPDIR/small-model.bin"; do
        head -c -50 "$BATS_FILE_TMPDIR/model.bin" > cut.bin
        run -1 --separate-stderr cv-train -q -j 1 -e 0 --from "$model" --keep-bank < "$BATS_FILE_TMPDIR/test.cvs"
        words+=$stderr$'\n'
        [ -z "$output" ]
    done
    echo "$words"
    [ "$(wc -l <<< "${words%$'\n'}")" -eq 2 ]
    [[ $words == *"cut.bin"*"small-model.bin: frames of its bank are not like"* ]]
}

@test "a bank to keep for which there is no room ends the training" {
    judge() { same_or_said; }

    printf '%s\n' "$BATS_FILE_TMPDIR"/long.wav{,,,,,} | cv-load -q -r 3000 --all -@ > many.cvs
    cv-train -q -e 0 -z 1 --width 1 --stride 1 --frames fixed < many.cvs > many.bin
    input=$BATS_FILE_TMPDIR/test.cvs
    cv-train -q -j 1 -e 0 --memory 1K --from many.bin --keep-bank < "$input" > good
    with sync own 1 6 cv-train -q -j 1 -e 0 --memory 1K --from many.bin --keep-bank
}

@test "cuts and flips of every kind of stream are refused by every program that reads it" {
    run "$build/torture/damage" "$BATS_FILE_TMPDIR" 60 2
    grep "^not ok" <<< "$output" || true
    [ "$status" -eq 0 ]
    [[ $output == *" 0 not refused as they should be"* ]]
}

@test "a judge that sees nothing would pass all: a stream that is whole is not taken as refused" {
    PATH=$build/torture:$PATH
    cp -r "$BATS_FILE_TMPDIR" all
    mkdir broken
    printf '#!/bin/sh\ncat\n' > broken/cv-batch
    chmod +x broken/cv-batch
    PATH=$PWD/broken:$PATH run damage all 20 2
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"not ok one.cvs"*"by cv-batch"* ]]
}

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
    faults 0 load
}

@test "a snapshot or a WAV that could not be finished leaves nothing" {
    PATH=$build/torture:$PATH
    faults 16 start
    faults 40 towav
}

@test "some of the calls that fail in the other programs" {
    PATH=$build/torture:$PATH
    faults 3 batch train encode encode-notebook sample-model decode decode-noise mix towav-stdout eval info load-pipe load-list load-part load-live
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

# tools/same-bytes.sh: a build has the bytes of itself, and what differs in another is found and named.

bats_require_minimum_version 1.5.0
load clips

setup() {
    build=${CV_BUILD:-$(dirname "$(command -v cv-load)")}
    cd "$BATS_TEST_TMPDIR"
}

same_bytes() { bash "$BATS_TEST_DIRNAME/tools/same-bytes.sh" "$@"; }

@test "the same build: the same bytes" {
    run -0 same_bytes "$build" "$build"
    [[ $output == "same bytes in "[12][0-9]" files" ]]
}

@test "another encoder and another number of epochs are told by name, of recordings that are given" {
    mkdir other
    ln -s "$build"/cv-* other/
    rm other/cv-encode other/cv-train
    printf '#!/bin/sh\nexec "%s" "$@" -s 8\n' "$build/cv-encode" > other/cv-encode
    printf '#!/bin/sh\ncase "$*" in *fixed*) set -- "$@" -e 1 ;; esac\nexec "%s" "$@"\n' "$build/cv-train" > other/cv-train
    chmod +x other/cv-*
    jazz 3 9000
    run -1 same_bytes "$build" other jazz/*.wav
    [[ $output == *"differs: fixed.bin"* ]]
    [[ $output == *"differs: notebook-latent.cvs"* ]]
    [[ $output != *"beat.bin"* ]]
    [[ $output != *"same bytes"* ]]
}

@test "a program that fails, and words that are none, fail" {
    mkdir other
    ln -s "$build"/cv-* other/
    rm other/cv-eval
    printf '#!/bin/sh\nexit 3\n' > other/cv-eval
    chmod +x other/cv-eval
    jazz 3 9000
    run -3 same_bytes "$build" other jazz/*.wav
    [[ $output != *"same bytes"* ]]
    run -2 same_bytes "$build"
}

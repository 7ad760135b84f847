# cv-info: what is in a stream or a model, in words and as JSON.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 2 400
    cv-load -r 3000 -q -n 300 jazz/*.wav > audio.cvs
    cv-train -N notebook -q -e 2 < audio.cvs > model.bin
}

setup() {
    cp -r "$BATS_FILE_TMPDIR"/{jazz,*.cvs,*.bin} "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
}

# has KEY VALUE: the JSON on standard input has that pair
has() { grep -qE "\"$1\": ?$2[],}]"; }

@test "audio: kind, counts, rate, and each clip with its figures" {
    printf '%b' "$(mp_head audio 8000)$(mp_frame square audio "1 4" 1 -1 1 -1)$(mp_frame flat audio "1 4" 0.5 0.5 0.5 0.5)$(mp_tail 2)" > made
    cv-info made > text
    grep -qw audio text
    grep -qw 8000 text
    grep -q 'square.*\[1, 4\]' text
    grep -q 'flat.*\[1, 4\]' text
    cv-info --json made > json
    [ "$(wc -l < json)" -eq 1 ]
    has kind '"audio"' < json
    has segments 1 < json
    has frames '(2|\[.*)' < json
    grep -o '{[^{}]*"square"[^{}]*' json > square
    grep -qE '"peak": ?1(\.0)?,' square
    grep -qE '"rms": ?1(\.0)?,' square
    grep -qE '"mean": ?0(\.0)?[,}]?' square
    grep -o '{[^{}]*"flat"[^{}]*' json > flat
    grep -qE '"peak": ?0.5' flat
    grep -qE '"rms": ?0.5' flat
    grep -qE '"mean": ?0.5' flat
    grep -qE '"seconds": ?0.0005' flat
}

@test "standard input, a file and - are the same" {
    cv-info < audio.cvs > one
    cat audio.cvs | cv-info - > two
    cv-info audio.cvs > three
    [ -s one ]
    diff one two
    diff <(sed 's/audio.cvs//; s/standard input//' one) <(sed 's/audio.cvs//; s/standard input//' three)
}

@test "a model: network, hyperparameters, losses, and every parameter" {
    cv-info model.bin > text
    grep -qw notebook text
    grep -qw 3000 text
    grep -qw 300 text
    grep -qE '548,?704' text
    [ "$(grep -cE '(enc|dec)/' text)" -eq 84 ]
    grep -q 'dec/conv5/kernel.*\[1, 300, 64\].*19200' <(tr -d , < text) || grep -q 'dec/conv5/kernel.*\[1, 300, 64\].*19,\?200' text
    cv-info --json model.bin > json
    [ "$(wc -l < json)" -eq 1 ]
    has network '"notebook"' < json
    has epochs 2 < json
    has parameters 548704 < json
    has digest '"[0-9a-f]{16}"' < json
    grep -qE '"losses": ?\[[-0-9.e]+, ?[-0-9.e]+\]' json
}

@test "statistics of parameters: gamma is one, beta zero, before training" {
    cv-train -N notebook -q -e 0 < audio.cvs > fresh.bin
    cv-info --json fresh.bin > json
    grep -o '"dec/res1/na/gamma".*' json | grep -o '"tensors":.*' | cut -d ']' -f 2 > gamma
    grep -qE '"mean": ?1(\.0)?[,}]?' gamma
    grep -o '"dec/res1/na/beta".*' json | grep -o '"tensors":.*' | cut -d ']' -f 2 > beta
    grep -qE '"mean": ?0(\.0)?[,}]?' beta
    # Glorot uniform: the deviation is the limit over sqrt 3
    grep -o '"dec/conv5/kernel".*' json | grep -oE '"sd":[0-9.e-]+' | head -n 1 | cut -d : -f 2 |
        awk '{ want = sqrt(6 / (300 + 64)) / sqrt(3); if ($1 < 0.95 * want || $1 > 1.05 * want) exit 1; n++ } END { exit n != 1 }'
}

@test "latents and noise" {
    cv-encode model.bin < audio.cvs > latent.cvs
    cv-info latent.cvs > text
    grep -qw latent text
    grep -q 'a: mean .*\[2, 1\]' text
    cv-sample -n 3 -m model.bin | cv-info > text
    grep -qw latent text
    grep -q 'sample-02.*\[2, 1\]' text
    cv-sample -n 3 | cv-info > text
    grep -qw noise text
    grep -q 'sample-02.*\[256, 512\]' text
    cv-sample -n 3 | cv-info --json > json
    has kind '"noise"' < json
}

@test "segments are counted" {
    cat audio.cvs audio.cvs audio.cvs | cv-info --json > json
    has segments 3 < json
    [ "$(names < <(cat audio.cvs audio.cvs audio.cvs) | wc -l)" -eq 6 ]
}

@test "a batch has its clips' names" {
    cv-batch -b 2 -B 1 < audio.cvs > batched
    cv-info batched > text
    grep -q 'a .*\[1, 300\]' text
    grep -q 'b .*\[1, 300\]' text
    grep -q 'frames 1, .*clips 2,' text
    cv-info --json batched | grep -qE '"name":"batch-0000","segment":0'
}

@test "a stream of another kind is shown, too" {
    printf '%b' "$(mp_head vectors)$(mp_frame case x "2 2" 1 0 0.5 -1)$(mp_tail 1)" > made
    cv-info made > text
    grep -qw vectors text
    grep -q 'case.*' text
    cv-info --json made | has kind '"vectors"'
}

@test "names cannot forge lines, nor break the JSON" {
    frame=$(mp_frame name audio "1 1" 1)
    printf '%b' "$(mp_head audio 3000)${frame/"$(mp_str name)$(mp_str name)"/"$(mp_str name)"'\xb1two\x0alines \x22x\x22 \x5c \x09'}$(mp_tail 1)" > made
    cv-info made > text
    run -1 grep '^lines' text
    cv-info --json made > json
    [ "$(wc -l < json)" -eq 1 ]
    grep -qF '"two\nlines \"x\" \\ \t"' json
}

@test "a stream that is not whole is status 1, in JSON too" {
    head -c -1 audio.cvs > cut
    run --separate-stderr cv-info cut
    [ "$status" -eq 1 ]
    says cut ended
    run --separate-stderr cv-info --json cut
    [ "$status" -eq 1 ]
    says cut ended
}

@test "a stream of no frames is whole" {
    printf '%b' "$(mp_head audio 3000)$(mp_tail 0)" > none
    cv-info none | grep -q 'frames 0,'
}

@test "a model of the longest clips that a stream can hold is one" {
    wav long.wav 12000
    cv-load -q -r 3000 -n 12000 long.wav | cv-train -q -e 0 --width 8 -z 4 > short.bin
    frames=$(cv-info --json short.bin | grep -o '"total":.*' | grep -o '"frames":[0-9]*' | tr -dc 0-9)
    # 12000 becomes 2^30 and one more, and a tail without a hash takes the place of the last 31 bytes
    for last in 0 1; do
        { head -c -31 short.bin | LC_ALL=C sed "s/samples\xcd\x2e\xe0/samples\xce\x40\x00\x00\x0$last/"
          printf '%b' "$(mp_tail "$frames")"; } > "long-$last.bin"
    done
    [ "$(field samples long-0.bin)" -eq 1073741824 ]
    cv-sample -q -n 1 -m long-0.bin > noise
    refuses 1 cv-encode long-1.bin < audio.cvs
    says samples 1073741824
}

@test "-j is threads wherever there are any: what is JSON elsewhere is named" {
    run -2 --separate-stderr cv-info -j audio.cvs
    [ -z "$output" ]
    [[ $stderr == *"-j, but there is --json"* ]]
}

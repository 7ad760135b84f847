# Input that is cut, damaged, of the wrong kind or not there at all: every
# filter says so in one line, with status 1, and leaves nothing that looks whole.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 3 400
    cv-load -r 3000 -q -n 300 jazz/*.wav > audio.cvs
    cv-load -r 3000 -q -n 8 jazz/a.wav jazz/b.wav > tiny.cvs
    cv-load -r 3000 -q -n 2 jazz/a.wav > one.cvs
    cv-train -N notebook -q -e 1 -b 2 < audio.cvs > model.bin
    cv-train -N notebook -q -e 1 -b 2 -z 3 < audio.cvs > model3.bin
    cv-train -N notebook -q -e 1 -b 2 < tiny.cvs > tiny.bin
    cv-encode -q model.bin < audio.cvs > latent.cvs
    cv-sample -q -n 3 --length .1 > noise.cvs
}

setup() {
    cp -r "$BATS_FILE_TMPDIR"/{jazz,*.cvs,*.bin} "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
}

# What reads audio, and the model that fits tiny.cvs or audio.cvs.
audio_filters() {
    printf '%s\n' "cv-batch -b 1" "cv-batch -b 2" "cv-train -e 1" "cv-encode $1" "cv-towav -o out" \
        "cv-towav -o -" "cv-plot -o out.png" "cv-eval $1" cv-info
}

# The bytes of a file as escapes, in the array bytes.
read_bytes() {
    mapfile -t bytes < <(od -An -v -t x1 -w1 "$1" | sed 's/ */\\x/')
}
write_bytes() { local IFS=; printf '%b' "${bytes[*]}"; }

no_results() {
    [ ! -e out.png ] || { echo "a picture was left"; return 1; }
    [ -z "$(find . -type f \( -name '*.tmp*' -o -name '*.part' -o -name '.*' \))" ] || { echo "temporary files were left"; return 1; }
}

# ---- cut ----

@test "an audio stream cut at any byte is refused by cv-info" {
    size=$(wc -c < one.cvs)
    for ((n = 0; n < size; n++)); do
        head -c "$n" one.cvs > cut
        refuses 1 cv-info cut || { echo "cut after $n of $size bytes"; return 1; }
    done
}

@test "an audio stream cut in head, frame, data and tail is refused by every filter" {
    size=$(wc -c < tiny.cvs)
    audio_filters tiny.bin > filters
    while read -r filter; do
        for n in 0 1 3 20 40 60 90 $((size / 2)) $((size / 2 + 20)) $((size - 60)) $((size - 40)) $((size - 31)) \
            $((size - 30)) $((size - 10)) $((size - 1)); do
            head -c "$n" tiny.cvs > cut
            # cv-towav may say which files it made before
            refuses 1 $filter -q < cut || { echo "cut after $n of $size bytes"; return 1; }
            no_results
        done
    done < filters
}

@test "what a cut stream gives on is cut too" {
    head -c -40 audio.cvs > cut
    refuses 1 bash -c 'cv-batch -q -b 1 < cut > partial'
    refuses 1 cv-info partial
    refuses 1 bash -c 'cv-encode -q model.bin < cut > partial'
    refuses 1 cv-info partial
    head -c -40 noise.cvs > cut
    refuses 1 bash -c 'cv-decode -q model.bin < cut > partial'
    refuses 1 cv-info partial
}

@test "a cut stream trains no model, writes no snapshot, makes no WAV on standard output" {
    head -c -1 audio.cvs > cut
    refuses 1 cv-train -q -e 1 --snapshot shots < cut
    [ -z "$output" ]
    [ -z "$(find shots -type f 2>/dev/null)" ]
    refuses 1 cv-towav -q -o - < cut
    [ -z "$output" ]
}

@test "a cut stream does not touch the picture of an earlier run" {
    echo before > out.png
    head -c -1 audio.cvs > cut
    refuses 1 cv-plot -o out.png < cut
    [ "$(cat out.png)" = before ]
}

@test "latents and noise that are cut are refused" {
    for stream in latent.cvs noise.cvs; do
        size=$(wc -c < $stream)
        for n in 0 10 50 $((size / 2)) $((size - 31)) $((size - 1)); do
            head -c "$n" $stream > cut
            refuses 1 cv-decode model.bin < cut
            refuses 1 cv-info < cut
        done
    done
}

@test "a model that is cut is refused" {
    size=$(wc -c < tiny.bin)
    for n in 0 1 60 300 $((size / 3)) $((size / 2)) $((size - 32)) $((size - 31)) $((size - 1)); do
        head -c "$n" tiny.bin > cut
        refuses 1 cv-encode cut < tiny.cvs
        [ -z "$output" ]
        refuses 1 cv-decode cut < noise.cvs
        [ -z "$output" ]
        refuses 1 cv-info cut
    done
    head -c 60 tiny.bin > cut
    refuses 1 cv-sample -m cut
}

@test "a cut stream is called cut, an empty one empty" {
    head -c -1 audio.cvs > cut
    refuses 1 cv-train < cut
    says ended "standard input"
    refuses 1 cv-train < /dev/null
    says empty "standard input"
    : > empty.bin
    refuses 1 cv-decode empty.bin < noise.cvs
    says empty empty.bin
}

# ---- damaged ----

# flips FIRST LAST STEP: flips bits of one.cvs and sees that each is found, or harmless
flips() {
    local bit old

    read_bytes one.cvs
    cv-batch -b 1 -B 1 < one.cvs > want
    for ((bit = $1; bit < $2; bit += $3)); do
        old=${bytes[bit / 8]}
        printf -v "bytes[bit / 8]" '\\x%02x' $((16#${old#??} ^ 1 << bit % 8))
        write_bytes > flipped
        bytes[bit / 8]=$old
        if cv-batch -b 1 -B 1 < flipped > got 2> message; then
            cmp want got || { echo "bit $bit: not found"; return 1; }
            harmless=$((harmless + 1))
        else
            status=$?
            if [ "$status" -ne 1 ] || [ "$(wc -l < message)" -ne 1 ]; then
                echo "bit $bit: status $status"
                cat message
                return 1
            fi
        fi
    done
}

@test "one flipped bit in a stream is found" {
    harmless=0
    size=$(($(wc -c < one.cvs) * 8))
    flips 0 $((size - 31 * 8)) 17
    # the tail: 22 bytes of keys and count, and the hash
    flips $((size - 31 * 8)) $((size - 9 * 8)) 1
    flips $((size - 9 * 8)) "$size" 7
    echo "$harmless flips were harmless"
    [ "$harmless" -le 8 ]
}

@test "one flipped bit in a model is found" {
    size=$(wc -c < tiny.bin)
    for n in 3 30 100 500 2000 $((size / 3)) $((size / 2)) $((size - 200)) $((size - 20)) $((size - 1)); do
        cp tiny.bin flipped
        byte=$(od -An -j "$n" -N 1 -t u1 tiny.bin)
        printf "\\x$(printf %02x $((byte ^ 16)))" | dd of=flipped bs=1 seek="$n" conv=notrunc status=none
        refuses 1 cv-decode flipped < noise.cvs || { echo "byte $n"; return 1; }
        refuses 1 cv-info flipped || { echo "byte $n"; return 1; }
    done
}

@test "bytes after the end are refused" {
    for more in x '\x84' '\x00' 'more words\n'; do
        { cat audio.cvs; printf "$more"; } > longer
        refuses 1 cv-info longer
        refuses 1 cv-train -e 1 < longer
        [ -z "$output" ]
    done
    { cat model.bin; printf x; } > longer
    refuses 1 cv-decode longer < noise.cvs
}

# made ESCAPES...: writes the stream "made"
made() { local IFS=; printf '%b' "$*" > made; }

# clip TENSOR-ESCAPES: a whole audio stream with one frame that has this tensor
made_clip() {
    made "$(mp_head audio 3000)" '\x84' "$(mp_str cv)$(mp_str frame)$(mp_str name)$(mp_str odd)$(mp_str meta)" '\x80' \
        "$(mp_str tensors)" '\x81' "$(mp_str audio)" "$1" "$(mp_tail 1)"
}

@test "a stream by hand without a hash is read" {
    made "$(mp_head audio 3000)" "$(mp_frame one audio "1 4" 0 1 0.5 -1)" "$(mp_frame two audio "1 4" 1 1 0 -1)" \
        "$(mp_tail 2)"
    cv-info made
    [ "$(names < made)" = $'one\ntwo' ]
    cv-train -N notebook -q -e 1 < made | cv-info
}

@test "keys in another order and unknown keys are read" {
    made '\x85' "$(mp_str kind)$(mp_str audio)$(mp_str what)$(mp_str ever)$(mp_str meta)" '\x81' \
        "$(mp_str rate)" '\xcd\x0b\xb8' "$(mp_str version)" '\x01' "$(mp_str cv)$(mp_str head)" \
        "$(mp_frame one audio "1 2" 1 0.5)" "$(mp_tail 1)"
    [ "$(names < made)" = one ]
}

@test "values that are not finite are refused with the frame" {
    for value in nan inf; do
        made "$(mp_head audio 3000)" "$(mp_frame good audio "1 8" 0 1 0 1 0 1 0 1)" \
            "$(mp_frame bad audio "1 8" 0 1 $value 1 0 1 0 1)" "$(mp_tail 2)"
        audio_filters tiny.bin | grep -v cv-info > filters
        while read -r filter; do
            refuses 1 $filter -q < made
            says "frame 2" bad finite
            no_results
        done < filters
        made "$(mp_head noise)" "$(mp_frame bad noise "2 1" $value 1)" "$(mp_tail 1)"
        refuses 1 cv-decode tiny.bin < made
        says finite
    done
}

@test "tensors that are not what they say are refused" {
    good=$(mp_tensor "1 2" 1 0.5)
    made_clip "$good"
    cv-info made
    made_clip "${good/<f4/<f8}"
    refuses 1 cv-info made
    says "<f4" "<f8"
    made_clip "${good/<f4/>f4}"
    refuses 1 cv-info made
    says ">f4"
    made_clip "$(mp_tensor "1 3" 1 0.5)"
    refuses 1 cv-info made
    says "[1, 3]"
    made_clip "${good/'\x92\x01\x02'/'\x92\xff\xfe'}"
    refuses 1 cv-info made
    made_clip "${good/'\x92\x01\x02'/'\x92\xcf\x80\x00\x00\x00\x00\x00\x00\x00\x02'}"
    refuses 1 cv-info made
    made_clip "${good/'\x92\x01\x02'/'\x99\x01\x02\x01\x01\x01\x01\x01\x01\x01'}"
    refuses 1 cv-info made
    made_clip '\xc0'
    refuses 1 cv-info made
}

@test "audio of no use is refused by every filter that computes with it" {
    for tensor in "$(mp_tensor "2" 1 0.5)" "$(mp_tensor "1 0")" "$(mp_tensor "1 1 1 2" 1 0.5)"; do
        made_clip "$tensor"
        for filter in "cv-train -e 1" "cv-encode tiny.bin" "cv-towav -o out"; do
            refuses 1 $filter -q < made || { echo "$filter: $tensor"; return 1; }
            no_results
        done
    done
    made "$(mp_head audio 3000)" "$(mp_frame one latent "1 2" 1 0.5)" "$(mp_tail 1)"
    refuses 1 cv-train -e 1 < made
    says audio
}

@test "a length far beyond the input costs no memory" {
    # an address sanitizer needs more address space than there is memory
    limit='ulimit -v 2000000;'
    if ldd "$(command -v cv-info)" | grep -q libasan; then limit=; fi
    # a bin of 4 GiB less one, a text of 2 GiB, an array of 4 billion entries, deep nesting
    for long in '\xc6\xff\xff\xff\xff' '\xdb\x7f\xff\xff\xff' '\xdd\xff\xff\xff\xff' '\xdf\xff\xff\xff\xff'; do
        made "$(mp_head audio 3000)" '\x84' "$(mp_str cv)$(mp_str frame)$(mp_str name)" "$long" xxxx
        refuses 1 bash -c "$limit cv-info made"
    done
    made "$(printf '\\x81\\xa1a%.0s' {1..5000})"
    refuses 1 cv-info made
}

@test "another version of the format is refused with its number" {
    head=$(mp_head audio 3000)
    made "${head/'\x01\xa4kind'/'\x02\xa4kind'}" "$(mp_tail 0)"
    refuses 1 cv-info made
    says "version 2"
}

# ---- the wrong thing ----

@test "streams of the wrong kind are refused, with the filter to use" {
    for stream in latent.cvs noise.cvs model.bin; do
        for filter in "cv-batch" "cv-train -e 1" "cv-encode model.bin" "cv-towav -o out"; do
            refuses 1 $filter < $stream
            says "standard input" audio cv-
            [ -z "$output" ]
        done
    done
    for stream in audio.cvs model.bin; do
        refuses 1 cv-decode model.bin < $stream
        says "standard input" latent noise cv-
        [ -z "$output" ]
    done
    refuses 1 cv-plot -o out.png < model.bin
    says "a model" audio latent
    [ ! -e out.png ]
    for stream in audio.cvs latent.cvs noise.cvs; do
        refuses 1 cv-encode $stream < audio.cvs
        says $stream model
        refuses 1 cv-decode $stream < noise.cvs
        says $stream model
        refuses 1 cv-sample -m $stream
        says $stream model
        [ -z "$output" ]
    done
}

@test "a model fed to cv-train leaves no model" {
    refuses 1 cv-train -q < model.bin
    [ -z "$output" ]
    says model audio
}

@test "WAV, text and other files are named for what they are" {
    echo "some words" > text
    printf '\x89PNG\r\n\x1a\n0000' > picture
    printf '\x1f\x8b\x08\x00abcdefgh' > packed
    for filter in cv-batch "cv-train -e 1" "cv-encode model.bin" "cv-decode model.bin" "cv-towav -o out" \
        "cv-plot -o out.png" cv-info; do
        refuses 1 $filter < jazz/a.wav
        says WAV cv-load
        [ -z "$output" ]
        refuses 1 $filter < text
        says text
        refuses 1 $filter < picture
        says PNG
        refuses 1 $filter < packed
        says gzip
    done
    refuses 1 cv-decode jazz/a.wav < noise.cvs
    says WAV jazz/a.wav
}

@test "a model that is not there, or a directory, is refused" {
    mkdir folder
    for name in missing.bin folder ""; do
        refuses 1 cv-encode "$name" < audio.cvs
        [ -z "$output" ]
        refuses 1 cv-decode "$name" < noise.cvs
        [ -z "$output" ]
        refuses 1 cv-sample -m "$name"
        [ -z "$output" ]
        refuses 1 cv-info "$name"
        [ -z "$output" ]
    done
    refuses 1 cv-info missing.bin
    says missing.bin "No such file"
    refuses 1 cv-train -e 1 -t missing.cvs < audio.cvs
    says missing.cvs
    [ -z "$output" ]
}

@test "a directory on standard input is refused" {
    mkdir folder
    audio_filters model.bin > filters
    while read -r filter; do
        refuses 1 $filter < folder
        says directory
    done < filters
}

@test "latents of the wrong size say which option to use" {
    printf '%b' "$(mp_head noise)$(mp_frame n noise "2 1" 0.5 -1)$(mp_tail 1)" > small.cvs
    refuses 1 cv-decode model3.bin < small.cvs
    says 2 3 "cv-sample -m"
    refuses 1 cv-decode model3.bin < latent.cvs
    says 2 3 "same model"
    cv-sample -n 2 -m model3.bin | cv-decode model3.bin | cv-info
}

@test "clips that the model does not take say what to load" {
    cv-load -r 3000 -q -n 301 jazz/a.wav > long.cvs
    refuses 1 cv-encode model.bin < long.cvs
    says 301 300 cv-load
    cv-load -q -r 6000 -n 300 jazz/a.wav > fast.cvs
    refuses 1 cv-encode model.bin < fast.cvs
    says 6000 3000 cv-load
}

@test "clips of unlike shape or rate are refused by name" {
    cv-load -r 3000 -q -n 200 jazz/a.wav > short.cvs
    cat audio.cvs short.cvs > unlike
    refuses 1 cv-batch -B 1 < unlike
    says 200 300 "cv-load -r and --pad" "-b 1"
    cv-load -q -r 6000 -n 300 jazz/a.wav > fast.cvs
    cat audio.cvs fast.cvs > unlike
    refuses 1 cv-train -q -e 1 < unlike
    says 3000 6000
    [ -z "$output" ]
    refuses 1 cv-batch -B 1 < unlike
    says 3000 6000
}

# ---- pipes ----

@test "a program that fails before cv-train leaves no model" {
    run bash -o pipefail -c 'cv-load missing.wav | cv-train -e 1 > new.bin'
    [ "$status" -eq 1 ]
    [ ! -s new.bin ]
    [[ $output == *"cv-load: missing.wav"* ]]
    [[ $output == *"cv-train: "*empty* ]]
}

@test "a file that fails after others is skipped, with --strict the stream is not whole" {
    run bash -o pipefail -c 'cv-load -n 300 jazz/a.wav missing.wav jazz/b.wav | cv-train -N notebook -q -e 1 > new.bin'
    [ "$status" -eq 1 ]
    [ "$(cv-info --json new.bin | grep -o '"clips": *2')" ]
    run bash -o pipefail -c 'cv-load -n 300 --strict jazz/a.wav missing.wav jazz/b.wav | cv-train -N notebook -q -e 1 > new.bin'
    [ "$status" -eq 1 ]
    [ ! -s new.bin ]
    [[ $output == *"cv-train: "*ended* ]]
}

@test "the second of two streams is checked like the first" {
    { cat audio.cvs; head -c -1 audio.cvs; } > both
    audio_filters model.bin > filters
    while read -r filter; do
        refuses 1 $filter -q < both
    done < filters
    cat audio.cvs noise.cvs > both
    audio_filters model.bin | grep -v cv-info > filters
    while read -r filter; do
        refuses 1 $filter -q < both
        says noise audio
    done < filters
}

@test "a full disk is a failure of every filter that writes to standard output" {
    for line in "cv-load -n 300 jazz/a.wav" "cv-batch < audio.cvs" "cv-train -N notebook -q -e 1 < audio.cvs" \
        "cv-encode model.bin < audio.cvs" "cv-sample" "cv-decode model.bin < noise.cvs" "cv-towav -o - < audio.cvs" \
        "cv-plot < audio.cvs" "cv-info model.bin" "cv-info --json < audio.cvs"; do
        refuses 1 bash -c "$line > /dev/full"
        says "standard output" "No space left"
    done
    for program in cv-load cv-batch cv-train cv-encode cv-sample cv-mix cv-decode cv-towav cv-plot cv-info cv-check cv-eval cv-report; do
        refuses 1 bash -c "$program --help > /dev/full"
    done
}

@test "a reader that leaves ends a filter without a word" {
    # more than a pipe holds
    cv-load -r 3000 -q -n 300000 jazz/*.wav jazz/*.wav > large.cvs
    for line in "cv-load -q -n 300000 jazz/a.wav jazz/b.wav jazz/c.wav" "cv-batch -b 1 < large.cvs" \
        "cv-sample -n 100000" "cv-decode model.bin < many.cvs" "cv-towav -o - < large.cvs"; do
        [ -e many.cvs ] || cv-sample -n 3000 -m model.bin > many.cvs
        run --separate-stderr bash -c "$line | head -c 1 | wc -c; exit \${PIPESTATUS[0]}"
        [ "$output" -eq 1 ]
        [ "$status" -eq 141 ] || { echo "$line: status $status"; return 1; }
        [ -z "$stderr" ] || { echo "$line: $stderr"; return 1; }
    done
}

@test "a closed standard input or output is a failure, not a crash" {
    for line in "cv-batch <&-" "cv-train -e 1 <&-" "cv-encode model.bin <&-" "cv-decode model.bin <&-" \
        "cv-towav -o out <&-" "cv-plot -o out.png <&-" "cv-info <&-" "cv-sample >&-" "cv-load -n 300 jazz/a.wav >&-" \
        "cv-batch < audio.cvs >&-" "cv-train -N notebook -q -e 1 < audio.cvs >&-" "cv-info model.bin >&-"; do
        refuses 1 bash -c "$line"
    done
}

@test "a terminal is neither written to nor read from" {
    command -v script > /dev/null || skip "no script(1)"
    for line in "cv-sample" "cv-batch < audio.cvs" "cv-load -n 300 jazz/a.wav" "cv-decode model.bin < noise.cvs" \
        "cv-encode model.bin < audio.cvs" "cv-train -N notebook -q -e 1 < audio.cvs" "cv-plot < audio.cvs" "cv-towav -o - < audio.cvs" \
        "cv-load -q -r 3000 --live --raw s16,3000,1 - > out" "cv-info /dev/tty" "cv-info" "cv-batch > out" "cv-train -e 1 > out" "cv-towav -o out" "cv-decode model.bin > out"; do
        run script -qec "$line" /dev/null < /dev/null
        [ "$status" -eq 1 ] || { echo "$line: status $status: $output"; return 1; }
        [[ $output == *terminal* ]] || { echo "$line: $output"; return 1; }
    done
}

# ---- usage ----

@test "wrong usage is status 2, one line, nothing on standard output" {
    while read -r line; do
        refuses 2 bash -c "$line < /dev/null" || { echo "$line"; return 1; }
        [ -z "$output" ] || { echo "$line: $output"; return 1; }
        says --help
    done <<- 'LINES'
	cv-load -r 3000
	cv-load -r 3000 --no-such-option a.wav
	cv-load -r 0 a.wav
	cv-load -r 1e99 a.wav
	cv-load -r 3000Hz a.wav
	cv-load -r nan a.wav
	cv-load -r 3000 -n 10x a.wav
	cv-load -r 3000 -n -3 a.wav
	cv-load -r 3000 -n 1.5 a.wav
	cv-load -r 3000 -n 99999999999999999999 a.wav
	cv-load -r 3000 -n "" a.wav
	cv-load -r 3000 -n
	cv-load -r 3000 -d -1 a.wav
	cv-batch -b 0
	cv-batch -b x
	cv-batch -B -1
	cv-batch -s -1
	cv-batch --take both
	cv-batch --share 1.5
	cv-batch operand
	cv-train -e -2
	cv-train -e 1e3
	cv-train -b -1
	cv-train -b 65537
	cv-train -l -1
	cv-train -l nan
	cv-train -z -1
	cv-train -z 2.5
	cv-train --width -1
	cv-train --stride 65
	cv-train --beta -0.1
	cv-train -t -
	cv-train --time -1
	cv-train --patience -1
	cv-train --patience 3
	cv-train -j -1
	cv-train -N no-such-network
	cv-train operand
	cv-encode
	cv-encode model.bin model.bin
	cv-encode -s x model.bin
	cv-decode
	cv-decode -j 1x model.bin
	cv-decode -s -1 model.bin
	cv-sample -n 0
	cv-sample -n 10x
	cv-sample -t -1
	cv-sample -t inf
	cv-sample model.bin
	cv-towav -b 8
	cv-towav -b 20
	cv-towav operand
	cv-plot -g 4
	cv-plot -g 0x4
	cv-plot -g 4x4x4
	cv-plot -W 10
	cv-plot -H -1
	cv-plot --kind other
	cv-plot -o picture.gif
	cv-info a b
	cv-info -x
	LINES
}

@test "--help and --version are words on standard output, status 0" {
    for program in cv-load cv-batch cv-train cv-encode cv-sample cv-mix cv-decode cv-towav cv-info cv-plot cv-check cv-eval cv-report; do
        run --separate-stderr "$program" --help
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        [[ $output == "usage: $program "* ]]
        run --separate-stderr "$program" -V
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        [[ $output == "$program "*[0-9].[0-9].[0-9]* ]]
    done
}

# slowly INPUT COMMAND ...: between ends that do not block, which give and take after a while.
slowly() {
    local input=$1

    shift
    { sleep 0.1; head -c 3000 "$input"; sleep 0.1; tail -c +3001 "$input"; } | nonblock "$@" | { sleep 0.1; cat; }
    [ "${PIPESTATUS[1]}" -eq 0 ]
}

# same_slowly INPUT COMMAND ...: so its output is what it is without.
same_slowly() {
    local input=$1

    shift
    "$@" < "$input" > quick
    slowly "$input" "$@" > slow 2> words
    [ ! -s words ] || { echo "$*: $(< words)"; return 1; }
    cmp quick slow
}

@test "descriptors that do not block are waited for, by every filter" {
    wav long.wav 20000
    cv-load -q -r 3000 long.wav > long.cvs
    cv-load -q -r 3000 -@ <<< long.wav | parts -b | cmp - <(parts -b < long.cvs) # but for the history
    cv-train -N notebook -q -e 1 --log log < audio.cvs > logged.bin
    for ((i = 0; i < 2000; i++)); do echo jazz/a.wav; done > list
    for ((i = 0; i < 500; i++)); do cat log; done > logs
    same_slowly long.wav cv-load -q -r 3000 -
    same_slowly list cv-load -q -r 3000 -n 10 -@
    same_slowly long.cvs cv-towav -q -o -
    same_slowly long.cvs cv-plot -q -o -
    same_slowly logs cv-plot -q -o - -
    cv-load -q -n 300 long.wav long.wav > pair.cvs
    for filter in cv-batch "cv-check -q" cv-info "cv-train -N notebook -q -e 1"; do
        same_slowly long.cvs $filter
    done
    same_slowly noise.cvs cv-decode -q model.bin
    same_slowly long.cvs cv-load --help
}

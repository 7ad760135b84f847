# Input that is cut, damaged, of the wrong kind or not there at all: every
# filter says so in one line, with status 1, and leaves nothing that looks whole. Cuts and flips at every place are those
# of tests/unit/io/stream_damage.c and torture.bats.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 3 400
    cv-load -r 3000 -q -n 300 jazz/*.wav > audio.cvs
    cv-load -r 3000 -q -n 8 jazz/a.wav jazz/b.wav > tiny.cvs
    cv-train -N notebook -q -e 1 -b 2 < audio.cvs > model.bin
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

no_results() {
    [ ! -e out.png ] || { echo "a picture was left"; return 1; }
    [ -z "$(find . -type f \( -name '*.tmp*' -o -name '*.part' -o -name '.*' \))" ] || { echo "temporary files were left"; return 1; }
}

# ---- cut ----

@test "a cut stream trains no model, writes no snapshot, makes no WAV on standard output" {
    head -c -1 audio.cvs > cut
    refuses 1 cv-train -q -e 1 --snapshot shots < cut
    [ -z "$output" ]
    [ -z "$(find shots -type f 2>/dev/null)" ]
    refuses 1 cv-towav -q -o - < cut
    [ -z "$output" ]
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

# made ESCAPES...: writes the stream "made"
made() { local IFS=; printf '%b' "$*" > made; }

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
    refuses 1 cv-plot jazz/a.wav
    says "cv-load FILE | cv-plot"
    for stream in audio.cvs model.bin; do
        refuses 1 cv-load $stream
        says $stream "what a cv program wrote"
    done
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

# ---- pipes ----

@test "a program that fails before cv-train leaves no model" {
    run bash -o pipefail -c 'cv-load missing.wav | cv-train -e 1 > new.bin'
    [ "$status" -eq 1 ]
    [ ! -s new.bin ]
    [[ $output == *"cv-load: missing.wav"* ]]
    [[ $output == *"cv-train: "*empty* ]]
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
        "cv-plot < audio.cvs" "cv-info model.bin" "cv-info --json < audio.cvs" "cv-mix latent.cvs latent.cvs" \
        "cv-eval --json model.bin < audio.cvs"; do
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
	cv-load -r 3000Hz a.wav
	cv-load -r 3000 -n
	cv-batch -b 0
	cv-batch -s -1
	cv-batch --take both
	cv-batch --share 1.5
	cv-batch operand
	cv-train -e -2
	cv-train -b -1
	cv-train -b 65537
	cv-train -l -1
	cv-train -z -1
	cv-train --width -1
	cv-train --stride 65
	cv-train --beta -0.1
	cv-train -t -
	cv-train --time -1
	cv-train --patience -1
	cv-train --patience 3
	cv-train -N no-such-network
	cv-train operand
	cv-encode
	cv-encode model.bin model.bin
	cv-decode
	cv-decode -j 1x model.bin
	cv-sample -n 0
	cv-sample -t -1
	cv-sample model.bin
	cv-towav -b 8
	cv-towav -b 20
	cv-towav operand
	cv-info a b
	cv-info -x
	LINES
}

@test "what is too much or missing is shown in its place, a folder that is not there is named" {
    for filter in "cv-train audio.cvs" "cv-encode model.bin audio.cvs" cv-encode "cv-eval a b c"; do
        refuses 2 $filter < audio.cvs
        says "as in 'cv-load" "| ${filter%% *} "
    done
    for filter in "cv-encode model.bin -o" "cv-batch --output"; do
        refuses 2 $filter new < audio.cvs
        says "> FILE"
    done
    for filter in "cv-train -N notebook -o" "cv-train -N notebook --log" "cv-load jazz/a.wav --report" "cv-plot -o"; do
        refuses 1 $filter none/new.png < audio.cvs
        says none/new.png "no folder 'none'"
    done
    [ ! -e none ]
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

@test "a pipe that has to be read twice is said to be one, and one that is read once is read" {
    jazz 3 12000
    cv-load -q -r 3000 jazz/*.wav > clips
    cv-train -q -e 1 --width 4 -z 4 --frames fixed < clips > model
    refuses 1 cv-sample -q -m <(cat model) -c clips --start 1
    says "is a pipe" "name a file"
    refuses 1 cv-train -q -e 0 --from <(cat model) --keep-bank < clips
    says "is a pipe" "name a file"
    cv-plot -q -o model.svg <(cat model)
    [ -s model.svg ]
    cv-train -q -e 1 --width 4 -z 4 --frames fixed --log log < clips > /dev/null
    cv-plot -q -o log.svg <(cat log)
    [ -s log.svg ]
}

@test "an empty name is shown as one" {
    for command in "cv-train -q -N notebook -o" "cv-train -q -N notebook --log" "cv-train -q -N notebook --snapshot" "cv-train -q -t" cv-plot \
        "cv-load --report" cv-load cv-info cv-encode "cv-mix latent.cvs" "cv-check -q -r"; do
        operand=
        [ "$command" != "cv-load --report" ] || operand=jazz/a.wav
        refuses 1 $command "" $operand < audio.cvs
        says ": '': No such file"
    done
    refuses 1 cv-info :x
    says "cv-info: :x: No such file"
}

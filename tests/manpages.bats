# The manual pages: linted, in agreement with --help, their examples run.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 20 9000
    cv-load -q jazz/*.wav | cv-train -q -e 1 > model.bin
    cv-load -q -n 8 jazz/*.wav | cv-train -N notebook -q -e 0 > notebook.bin
}

setup() {
    top=$BATS_TEST_DIRNAME/..
    man=$top/man
    cd "$BATS_TEST_TMPDIR"
}

programs() { for c in "$top"/cmd/cv-*.c; do basename "$c" .c; done; }

# The words of a program on its options, each of them in one line.
help_of() {
    "$1" --help | awk '/^        / { sub(/^ +/, " "); text = text $0; next } NR > 1 { print text } { text = $0 } END { print text }'
}

# The options of a program: "r rate", "- strict", sorted.
options_of_help() {
    help_of "$1" | sed -nE 's/^  -(.), --([a-z-]+).*/\1 \2/p; s/^      --([a-z-]+).*/- \1/p' | sort
}
options_of_page() {
    sed -nE '/^\.It Fl/{s/^\.It //; s/ ; /\n/g; p;}' "$1" |
        sed -nE 's/^Fl (.) , Fl -([a-z-]+).*/\1 \2/p; s/^Fl -([a-z-]+).*/- \1/p' | sort
}

# item PAGE OPTION: the words of the page about that option
item() {
    awk -v name="$2" '
        /^\.It / || /^\.El/ { take = 0 }
        /^\.It Fl/ && index($0 " ", "Fl -" name " ") { take = 1; next }
        take' "$1"
}

# What a page has to type: its lines "$ command".
commands() {
    sed -n 's/^\.Dl \$ //p' "$1"
}

@test "every page is clean to mandoc -T lint" {
    [ "$(ls "$man"/*.[157] | wc -l)" -ge 14 ]
    run mandoc -T lint -W warning "$man"/*.[157]
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "every program has a page and every page of section 1 a program" {
    diff <(programs; echo cv-train-mpi) <(cd "$man" && ls cv-*.1 | sed 's/\.1$//' | sort)
    [ "$(programs | wc -l)" -ge 11 ]
}

@test "every program stands in cv(7) and in README" {
    for p in $(programs) cv-train-mpi; do
        grep -q "^\.It Xr $p 1" "$man/cv.7" || { echo "$p is not in cv(7)"; return 1; }
        grep -qF "[$p](man/$p.1)" "$top/README.md" || { echo "$p is not in README"; return 1; }
    done
}

@test "lines of --help have at most 80 columns" {
    for p in $(programs); do
        "$p" --help > help
        run -0 awk 'length > 80' help
        [ -z "$output" ] || { echo "$p: $output"; return 1; }
    done
    # some are wrapped, and nothing is lost by it
    [ "$(cv-train --help | grep -c '^                          [a-z(]')" -ge 10 ]
    help_of cv-train | grep -qE -- '--epochs N +passes over the data, .*\(int\)\[-1\]\[-1 <= N <= 1000000000\]$'
}

@test "the options of --help and of the page are the same" {
    for p in $(programs); do
        options_of_help "$p" > help
        options_of_page "$man/$p.1" > page
        [ "$(wc -l < help)" -ge 3 ]
        diff -u help page || { echo "$p: --help (-) and page (+) differ"; return 1; }
    done
}

@test "numbers have the default in the page that --help prints" {
    found=0
    for p in $(programs); do
        while read -r name value; do
            item "$man/$p.1" "$name" | grep -qF "[$value]" ||
                { echo "$p --$name: the page does not say [$value]"; return 1; }
            found=$((found + 1))
        done < <(help_of "$p" | sed -nE 's/^.*--([a-z-]+) .*\((int|real)\)\[([^]]*)\].*/\1 \3/p')
    done
    [ "$found" -ge 15 ]
}

@test "bounds of numbers in --help stand in the page" {
    found=0
    for p in $(programs); do
        while read -r name bound; do
            item "$man/$p.1" "$name" | grep -qE "(^|[^0-9.])${bound//./\\.}([^0-9]|$)" ||
                { echo "$p --$name: the page does not say $bound"; return 1; }
            found=$((found + 1))
        done < <(help_of "$p" | sed -nE 's/^.*--([a-z-]+) .*\((int|real)\)\[[^]]*\]\[([-0-9.e+]+) <= .*/\1 \3/p
                                        s/^.*--([a-z-]+) .*\((int|real)\)\[[^]]*\]\[.* <= ([-0-9.e+]+)\].*/\1 \3/p')
    done
    [ "$found" -ge 10 ]
}

@test "the sections that a reader looks for are there" {
    for page in "$man"/*.1; do
        for section in NAME SYNOPSIS DESCRIPTION "EXIT STATUS" EXAMPLES "SEE ALSO"; do
            grep -q "^\.Sh $section$" "$page" || { echo "$page has no $section"; return 1; }
        done
    done
}

@test "pages refer to pages that exist" {
    grep -hoE '^\.Xr cv[a-z-]* [157]|^\.It Xr cv[a-z-]* [157]' "$man"/* | sed 's/^\.It /./; s/^\.Xr //' | sort -u > references
    [ -s references ]
    while read -r name section; do
        [ -f "$man/$name.$section" ] || { echo "no page $name($section)"; return 1; }
    done < references
}

# Runs the examples of a page in one folder with jazz/ and model.bin.
run_examples() {
    local line count=0

    play() { cat > played.wav; }

    cp -r "$BATS_FILE_TMPDIR"/{jazz,model.bin} .
    cp jazz/t.wav voice.wav
    cp model.bin jazz.bin
    while read -r line; do
        echo "\$ $line"
        set -o pipefail
        eval "$line" < /dev/null
        count=$((count + 1))
    done < <(commands "$man/$1")
    [ "$count" -ge 1 ]
    # what an example makes is never empty
    [ -z "$(find . -type f -empty)" ]
}

@test "no example puts its results where its input lies" {
    # cv-towav without -o writes into this folder, under the names of the clips
    cat "$man"/*.[17] | sed -nE 's/^(\.Dl \$ )?(.*\|.*)/\2/p' | sed -e ':a' -e '/|$/N; s/|\n/|/; ta' > lines
    [ "$(grep -c 'cv-towav' lines)" -ge 5 ]
    run -1 grep -E 'cv-(load|encode).*cv-towav( *$| [^|]*\.wav)' lines
}

@test "examples of cv(7)" { mkdir blues; cp "$BATS_FILE_TMPDIR"/jazz/[ab].wav blues; run_examples cv.7; }
# as the notebook has them: 89 recordings and more; with a hundredth of the samples
@test "commands of cv-notebook(7)" {
    mkdir jazz
    for i in {00..88}; do ln -s "$BATS_FILE_TMPDIR"/jazz/a.wav jazz/z.000$i.wav; done
    cv-load() { command cv-load "${@/#90001/901}"; }
    run_examples cv-notebook.7
    [ "$(cut -d . -f 2 test | tail -n 2)" = "$(printf '%s\n' 00001 00058)" ]
    [ "$(ls epochs/*.png | wc -l)" -eq 21 ]
    [ "$(ls from-test/*.wav | wc -l)" -eq 12 ]
}
@test "recipes of cv-scale(7)" { cp -r "$BATS_FILE_TMPDIR/jazz" music; run_examples cv-scale.7; }
# with a file for the microphone, and one for the loudspeaker
@test "lines of cv-live(7), and the table that they print" {
    arecord() { cat jazz/a.wav; }
    rec() { arecord; }
    pw-record() { arecord; }
    jack-stdout() { cv-load -q -r 48000 jazz/a.wav | cv-towav -q -b 32 --raw -o -; }
    aplay() { cat > heard; [ "$(wc -c < heard)" -gt 100000 ]; }
    pw-play() { aplay; }
    command -v sox > /dev/null || sox() { cat; }
    jack-stdin() { aplay; }
    ssh() { eval "$2"; }
    nc() { if [ "$1" = -l ]; then cv-load -q --live - < jazz/a.wav | cv-encode -q -m model.bin; else cat > sent; fi; }
    cv-info() { command cv-info "$@" | tee -a printed; }
    run_examples cv-live.7
    grep latency printed | grep -o '[0-9]* ms' | cut -d ' ' -f 1 > want
    [ "$(wc -l < want)" -eq 12 ]
    sed -nE 's/^\.It f.* Hz Ta (.*)/\1/p' "$man/cv-live.7" | sed 's/ Ta /\n/g' | cmp - want
}
@test "examples of cv-load(1)" { run_examples cv-load.1; }
@test "examples of cv-batch(1)" { run_examples cv-batch.1; }
@test "examples of cv-check(1)" { run_examples cv-check.1; }
@test "examples of cv-eval(1)" { run_examples cv-eval.1; }
@test "examples of cv-report(1)" { run_examples cv-report.1; }
@test "examples of cv-train(1)" { run_examples cv-train.1; }
@test "examples of cv-train-mpi(1)" {
    ldd "$(command -v cv-train-mpi)" | grep -q 'libmpi\.so' || skip "cv-train-mpi is not built with OpenMPI"
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
    mpirun() { command mpirun.openmpi "$@"; }
    run_examples cv-train-mpi.1
}
@test "examples of cv-encode(1)" { run_examples cv-encode.1; }
@test "examples of cv-sample(1)" {
    # Ctrl-C, where it is waited for
    cv-sample() {
        local how=

        [[ $* != *--endless* ]] || how="timeout --foreground --preserve-status 2" # one signal
        command $how cv-sample "$@"
    }
    run_examples cv-sample.1
}
@test "examples of cv-mix(1)" { run_examples cv-mix.1; }
@test "examples of cv-decode(1)" { run_examples cv-decode.1; }
@test "examples of cv-towav(1)" { run_examples cv-towav.1; }
@test "examples of cv-info(1)" { run_examples cv-info.1; }
@test "examples of cv-plot(1)" { run_examples cv-plot.1; }

@test "no page of sections 1 and 7 is left out of the examples above" {
    for page in "$man"/*.[17]; do
        grep -qE "run_examples $(basename "$page")(;|$)" "$BATS_TEST_FILENAME" || { echo "$page"; return 1; }
    done
}

# The bytes of the example in cv-stream(5): hexadecimal pairs and "words" up to a comment.
example_bytes() {
    awk '/^A whole stream of/ { on = 1 } on && /^\.Ed/ { exit }
         on && /^ *[0-9a-f][0-9a-f]( |$)/ {
             for (i = 1; i <= NF; i++)
                 if ($i ~ /^[0-9a-f][0-9a-f]$/) printf "\\x%s", $i
                 else if ($i ~ /^"[^"]*"$/) printf "%s", substr($i, 2, length($i) - 2)
                 else break
         }' "$man/cv-stream.5"
}

@test "the bytes in cv-stream(5) are a stream, and the hash is checked" {
    printf '%b' "$(example_bytes)" > example
    [ "$(wc -c < example)" -eq "$(sed -nE 's/^A whole stream of ([0-9]+) bytes.*/\1/p' "$man/cv-stream.5")" ]
    cv-info example
    [ "$(names < example)" = sample-00 ]
    [ "$(floats 2 < example | tr '\n' ' ')" = "1 -2 " ]
    cv-decode "$BATS_FILE_TMPDIR/notebook.bin" < example | cv-info
    # another value, the same hash
    sed 's/\x00\x00\x80\x3f/\x00\x00\x80\x3e/' example > other
    run cv-info other
    [ "$status" -eq 1 ]
}

@test "the two lines of the README stand in cv(7) too" {
    for line in 'cv-load jazz/*.wav | cv-train -e 20 > model.bin' 'cv-sample -n 10 | cv-decode model.bin | cv-towav'; do
        grep -qxF "    $line" "$top/README.md"
        grep -qxF ".Dl \$ $line" "$man/cv.7"
    done
}

@test "links of README to files of the project lead somewhere" {
    found=0
    while read -r file; do
        [ -e "$top/$file" ] || { echo "README: $file is missing"; return 1; }
        found=$((found + 1))
    done < <(grep -oE '\]\([^)]+\)' "$top/README.md" | sed 's/^](//; s/)$//' | grep -v '^http')
    [ "$found" -ge 12 ]
}

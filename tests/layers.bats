# Who may include whom: base <- {dsp, io, nn}; measure <- dsp; model <- all of these; train <- model; cmd <- all,
# and each outside library in its own place. And what tests may not say, because it asserts nothing.

# rows FOLDER SPACE-SEPARATED-LAYERS-IT-MAY-USE
rules='base base
dsp base dsp
io base io
nn base nn
measure base dsp measure
model base dsp io nn measure model
train base dsp io nn measure model train'

# Prints each line under $1 (a source tree) that breaks a rule.
layer_breaks() {
    local layer allowed pattern

    while read -r layer allowed; do
        pattern=${allowed// /|}
        grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$1/libcore/$layer" --include='*.[ch]' |
            grep -vE "\"($pattern)/[a-z0-9_]+\.h\"" || true
    done <<< "$rules"
    only 'fftw3' "libcore/dsp/"
    only 'sndfile|mpg123|soxr|ebur128|msgpack|xxhash' "libcore/io/"
    only 'cblas|openblas|f77blas' "libcore/base/"
    only 'jansson' "libcore/base/json.c"
    only 'cairo|fontconfig' "cmd/cv-plot.c|cmd/plot/"
    only 'mpi\.h' "cmd/mpi/team.c"
}

# only LIBRARIES PLACES: prints includes of them, and calls, that stand elsewhere
only() {
    local calls

    (cd "$tree" && grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]([a-z0-9]+/)?($1)" libcore cmd --include='*.[ch]' |
        grep -vE "^($2)") || true
    case $1 in
    fftw3) calls='fftwf?_[a-z]' ;;
    sndfile*) calls='sf_(open|read|write|close)|mpg123_[a-z]|soxr_[a-z]|ebur128_[a-z]|msgpack_[a-z]|XXH[0-9]' ;;
    cblas*) calls='cblas_[a-z]|openblas_[a-z]' ;;
    jansson) calls='json_(loads|typeof|object_|array_|integer_|real_|string_)' ;;
    cairo*) calls='cairo_[a-z]|Fc[A-Z][a-z]' ;;
    mpi*) calls='MPI_[A-Z]' ;;
    esac
    (cd "$tree" && grep -rnE "(^|[^A-Za-z0-9_])($calls)[A-Za-z0-9_]* *\(" libcore cmd --include='*.[ch]' |
        grep -vE "^($2)") || true
}

# void_lines FILE...: prints each line of these tests that fails no test whatever comes of it: Bash exempts "! command",
# and all of "a && b" but its end, from what ends a test. What stands in quotes, parentheses, comments and here documents
# is something else, and so is the condition of an if or a loop.
void_lines() {
    awk '
        # the line without all that; what is open (of quotes and parentheses) goes on to the next one
        function bare(line,   c, i, in_, rest) {
            for (i = 1; i <= length(line); i++) {
                c = substr(line, i, 1)
                in_ = substr(open, length(open))
                if (c == "\\" && in_ != "\047") { i++; continue }
                if (in_ == "\047" || in_ == "\"") {
                    if (c == in_) open = substr(open, 1, length(open) - 1)
                    else if (in_ == "\"" && substr(line, i - 1, 2) == "$(") open = open c
                    continue
                }
                if (c == "#" && (i == 1 || substr(line, i - 1, 1) ~ /[ \t;]/)) break
                if (c ~ /["\047(]/) open = open c
                else if (c == ")" && in_ == "(") open = substr(open, 1, length(open) - 1)
                else if (open == "") rest = rest c
            }
            return rest
        }
        FNR == 1 || /^}/ { open = "" }
        FNR == 1 { here = "" }
        here != "" { sub(/^\t*/, ""); if ($0 == here) here = ""; next }
        {
            text = bare($0)
            sub(/^ *(if|elif|while|until) .*; (then|do)/, "", text)
            if (text ~ /&&/ || text ~ /(^|[;{|]|do|then|else) *! /) print FILENAME ":" FNR ": " $0
            if (text ~ /(^|[^<])<<([^<]|$)/ && match($0, /<<-? ?\047?[A-Z]+/)) {
                here = substr($0, RSTART, RLENGTH)
                gsub(/[^A-Z]/, "", here)
            }
        }' "$@"
}

setup() {
    tree=$BATS_TEST_DIRNAME/..
}

@test "the sources keep to the layers" {
    [ "$(find "$tree"/libcore "$tree"/cmd -name '*.c' | wc -l)" -gt 20 ]
    run layer_breaks "$tree"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "which network it is is asked by the table of networks alone" {
    run -1 grep -rnE 'str[a-z]*cmp\([^;]*"(spectral|notebook)"' "$tree"/libcore "$tree"/cmd --include='*.[ch]'
    [ "$(grep -rlE 'str[a-z]*cmp\(networks\[' "$tree"/libcore "$tree"/cmd --include='*.c')" = "$tree/libcore/model/network.c" ]
}

@test "every folder of libcore has its rule" {
    for folder in "$tree"/libcore/*/; do
        grep -q "^$(basename "$folder") " <<< "$rules"
    done
}

@test "sources stay under 500 lines" {
    run find "$tree"/libcore "$tree"/cmd "$tree"/tests/unit -name '*.[ch]' -exec awk '
        FNR == 500 { print FILENAME ": 500 lines or more" }' {} +
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "all C is as .clang-format has it" {
    cd "$tree"
    find libcore cmd pipelines tests -name '*.[ch]' > "$BATS_TEST_TMPDIR/sources"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/sources")" -gt 200 ]
    run -0 xargs clang-format --dry-run -Werror < "$BATS_TEST_TMPDIR/sources"
    # and what is not is told
    printf 'int f( void ){return 1;}\n' > "$BATS_TEST_TMPDIR/a.c"
    cp .clang-format "$BATS_TEST_TMPDIR"
    run ! clang-format --dry-run -Werror "$BATS_TEST_TMPDIR/a.c"
}

@test "every source starts with a comment that says what it is for" {
    run find "$tree"/libcore "$tree"/cmd -name '*.[ch]' -exec awk 'FNR == 1 && !/^\/\*/ { print FILENAME }' {} +
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "a break of each rule is found" {
    tree=$BATS_TEST_TMPDIR
    mkdir -p "$tree"/libcore/{base,dsp,io,nn,measure,model,train} "$tree"/cmd/{plot,mpi}

    # finds FILE LINE
    finds() {
        echo "$2" > "$tree/$1"
        run layer_breaks "$tree"
        rm "$tree/$1"
        [[ $output == *"$1"* ]] || { echo "not found: $1: $2"; return 1; }
    }
    # passes FILE LINE
    passes() {
        echo "$2" > "$tree/$1"
        run layer_breaks "$tree"
        rm "$tree/$1"
        [ -z "$output" ] || { echo "wrongly found: $output"; return 1; }
    }
    finds libcore/base/a.c '#include "io/stream.h"'
    finds libcore/dsp/a.c '#include "nn/net.h"'
    finds libcore/dsp/a.c '#include "io/stream.h"'
    finds libcore/io/a.c '#include "dsp/spectrum.h"'
    finds libcore/nn/a.h '# include "io/stream.h"'
    finds libcore/nn/a.c '#include "model/file.h"'
    finds libcore/model/a.c '#include "../cmd/a.h"'
    finds libcore/nn/a.c '#include <fftw3.h>'
    finds libcore/nn/a.c '    fftwf_execute(p);'
    finds cmd/a.c '#include <sndfile.h>'
    finds cmd/a.c '#include <msgpack.h>'
    finds libcore/base/a.c '#include <xxhash.h>'
    finds libcore/dsp/a.c '#include <soxr.h>'
    finds libcore/model/a.c '#include <mpg123.h>'
    finds cmd/a.c '    mpg123_read(h, x, n, &done);'
    finds libcore/model/a.c '#include <cblas.h>'
    finds libcore/model/a.c '    openblas_set_num_threads(1);'
    finds cmd/plot/a.c '#include <jansson.h>'
    finds libcore/base/a.c '    json_loads(text, 0, NULL);'
    finds cmd/cv-info.c '#include <cairo/cairo.h>'
    finds cmd/cv-info.c '#include <cairo.h>'
    finds cmd/cv-train.c '#include <mpi.h>'
    finds libcore/base/team.c '    MPI_Barrier(all);'
    passes cmd/mpi/team.c '    MPI_Barrier(all);'
    passes cmd/cv-plot.c '#include <cairo.h>'
    passes cmd/plot/a.c '#include <cairo-svg.h>'
    passes libcore/base/a.c '#include <cblas.h>'
    passes libcore/base/json.c '#include <jansson.h>'
    passes libcore/dsp/a.c '#include <fftw3.h>'
    passes libcore/io/a.c '#include <sndfile.h>'
    passes libcore/model/a.c '#include "nn/net.h"'
}

@test "no line of a test asserts nothing" {
    run void_lines "$tree"/tests/*.bats "$tree"/tests/*.bash
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "each way to assert nothing is found, and nothing else" {
    while IFS= read -r line; do
        printf '%s\n' '@test "some" {' "$line" '}' > "$BATS_TEST_TMPDIR/a.bats"
        run void_lines "$BATS_TEST_TMPDIR/a.bats"
        [[ $output == *"a.bats:2: $line" ]] || { echo "not found: $line"; return 1; }
    done <<- 'LINES'
	    ! cmp -s a b
	! grep -q word text   # a comment
	    ! same a b || true
	    for f in a b; do ! cmp -s $f c; done
	    for f in a b; do [ -s $f ]; ! cmp -s $f c; done
	    if [ -e a ]; then ! cmp a b; fi
	    if [ -e a ] && [ -e b ]; then [ -s a ] && [ -s b ]; fi
	    cmp a b || ! cmp a c
	    differs() { ! cmp -s "$1" "$2"; }
	    cv-info a | ! grep -q word
	    [ -s a ] && [ -s b ]
	    [[ $output == "a b"* ]] && [ -z "$stderr" ]
	    [[ $a == b && $c == d ]]
	    grep -q a b && grep -q "it's" b
	    [ "$(awk '{ print "a" }' f)" = a ] && [ "$(a "$(b 'c')")" = d ]
	    [ "$(cut -d '"' -f 4 a)" = z ] && [ "it's" ]
	    cv-info a > /dev/full && return 1
	    cmp a b &&
	LINES
    while IFS= read -r line; do
        printf '%s\n' '@test "some" {' "$line" '}' > "$BATS_TEST_TMPDIR/a.bats"
        run void_lines "$BATS_TEST_TMPDIR/a.bats"
        [ -z "$output" ] || { echo "wrongly found: $line"; return 1; }
    done <<- 'LINES'
	    run ! cmp -s a b
	    run -1 cmp -s a b
	    if ! cmp -s a b; then skip; fi
	    if [ -e a ] && [ -e b ]; then skip; fi
	    while [ $# -gt 0 ] && [ -n "$1" ]; do shift; done
	    [ ! -e a ]
	    [[ $a != b ]]
	    awk '{ near += $1 > 105 && $1 < 155 } END { exit ! near }' a
	    build=$(cd "$tree" && pwd)
	    diff a <(cd b && ls)
	    echo "a && b; ! c"   # ! c && d
	    cmp a b || { cat a; return 1; }
	LINES
    # over several lines
    printf '%s\n' "awk '" '    a && b' "    ! c' d" 'cat <<END' 'a && b' END '! d' > "$BATS_TEST_TMPDIR/a.bats"
    run void_lines "$BATS_TEST_TMPDIR/a.bats"
    [ "$output" = "$BATS_TEST_TMPDIR/a.bats:7: ! d" ]
}

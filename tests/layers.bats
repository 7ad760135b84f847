# Who may include whom: base <- {dsp, io} <- nn (base and dsp only) <- vae <- cmd,
# and each outside library in its own place.

# rows FOLDER SPACE-SEPARATED-LAYERS-IT-MAY-USE
rules='base base
dsp base dsp
io base io
nn base dsp nn
vae base dsp io nn vae'

# Prints each line under $1 (a source tree) that breaks a rule.
layer_breaks() {
    local layer allowed pattern

    while read -r layer allowed; do
        pattern=${allowed// /|}
        grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$1/libcore/$layer" --include='*.[ch]' |
            grep -vE "\"($pattern)/[a-z0-9_]+\.h\"" || true
    done <<< "$rules"
    only 'fftw3' "libcore/dsp/"
    only 'sndfile|soxr|ebur128|msgpack|xxhash' "libcore/io/"
    only 'cblas|openblas|f77blas' "libcore/nn/"
    only 'cairo' "cmd/cv-plot.c|cmd/plot/"
}

# only LIBRARIES PLACES: prints includes of them, and calls, that stand elsewhere
only() {
    local calls

    (cd "$tree" && grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]([a-z0-9]+/)?($1)" libcore cmd --include='*.[ch]' |
        grep -vE "^($2)") || true
    case $1 in
    fftw3) calls='fftwf?_[a-z]' ;;
    sndfile*) calls='sf_(open|read|write|close)|soxr_[a-z]|ebur128_[a-z]|msgpack_[a-z]|XXH[0-9]' ;;
    cblas*) calls='cblas_[a-z]|openblas_[a-z]' ;;
    cairo) calls='cairo_[a-z]' ;;
    esac
    (cd "$tree" && grep -rnE "(^|[^A-Za-z0-9_])($calls)[A-Za-z0-9_]* *\(" libcore cmd --include='*.[ch]' |
        grep -vE "^($2)") || true
}

setup() {
    tree=$BATS_TEST_DIRNAME/..
}

@test "the sources keep to the layers" {
    [ "$(find "$tree"/libcore "$tree"/cmd -name '*.c' | wc -l)" -gt 20 ]
    run layer_breaks "$tree"
    echo "$output"
    [ -z "$output" ]
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
    [ -z "$output" ]
}

@test "every source starts with a comment that says what it is for" {
    run find "$tree"/libcore "$tree"/cmd -name '*.[ch]' -exec awk 'FNR == 1 && !/^\/\*/ { print FILENAME }' {} +
    echo "$output"
    [ -z "$output" ]
}

@test "a break of each rule is found" {
    tree=$BATS_TEST_TMPDIR
    mkdir -p "$tree"/libcore/{base,dsp,io,nn,vae} "$tree"/cmd/plot

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
    finds libcore/io/a.c '#include "dsp/stft.h"'
    finds libcore/nn/a.h '# include "io/stream.h"'
    finds libcore/nn/a.c '#include "vae/model.h"'
    finds libcore/vae/a.c '#include "../cmd/a.h"'
    finds libcore/nn/a.c '#include <fftw3.h>'
    finds libcore/nn/a.c '    fftwf_execute(p);'
    finds cmd/a.c '#include <sndfile.h>'
    finds cmd/a.c '#include <msgpack.h>'
    finds libcore/base/a.c '#include <xxhash.h>'
    finds libcore/dsp/a.c '#include <soxr.h>'
    finds libcore/vae/a.c '#include <cblas.h>'
    finds libcore/vae/a.c '    openblas_set_num_threads(1);'
    finds cmd/cv-info.c '#include <cairo/cairo.h>'
    finds cmd/cv-info.c '#include <cairo.h>'
    passes cmd/cv-plot.c '#include <cairo.h>'
    passes cmd/plot/a.c '#include <cairo-svg.h>'
    passes libcore/nn/a.c '#include <cblas.h>'
    passes libcore/dsp/a.c '#include <fftw3.h>'
    passes libcore/io/a.c '#include <sndfile.h>'
    passes libcore/vae/a.c '#include "nn/net.h"'
}

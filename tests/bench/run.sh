#!/bin/sh
# run.sh BUILD: times cv beside the same network in PyTorch and beside the
# machine's bounds, in turns, and prints one table. Writes to BUILD/bench only.
# ROUNDS (3), STEPS (12) and PYTHON (/usr/bin/python3) may be set.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || { echo "usage: run.sh BUILD" >&2; exit 2; }
die() {
    echo "run.sh: $1" >&2
    exit 1
}
[ -x "$1/bench/bench" ] || die "$1/bench/bench is missing: 'make bench' builds it"
build=$(cd "$1" && pwd)
out=$build/bench
rounds=${ROUNDS:-3}
steps=${STEPS:-12}
python=${PYTHON:-/usr/bin/python3}
torch=$here/notebook_torch.py
spectral=$here/spectral_torch.py
plain="--form full --adam single"
settings="3000 22050 beat 44100"    # of the spectral network
PATH=$build:$PATH
export PATH PYTHONDONTWRITEBYTECODE=1

mkdir -p "$out"
export TMPDIR="$out"
results=$out/results.txt
: > "$results"

# ---- what is measured with ----

peer=yes
if ! "$python" -c 'import torch, msgpack' 2>/dev/null; then
    peer=
    echo "PyTorch is missing: cv is measured alone. To compare: apt-get install python3-torch python3-msgpack"
fi
if [ "$peer" ]; then
    "$python" "$torch" check "$here/../vectors/notebook-tiny.cvs" > "$out/check.txt" ||
        die "PyTorch computes something else than the reference, see $out/check.txt"
fi

"$out/bench" clips 20 > "$out/clips.cvs"
cv-train -q -N notebook -e 1 < "$out/clips.cvs" > "$out/model.bin"
if [ "$peer" ]; then
    "$python" "$torch" save "$out/decoder.npz"
    # shellcheck disable=SC2086
    "$python" "$torch" save $plain "$out/decoder-plain.npz"
    for setting in $settings; do
        # shellcheck disable=SC2046
        "$out/bench" example "$setting" | "$python" "$spectral" check $("$out/bench" shape "$setting") \
            >> "$out/check.txt" || die "PyTorch computes something else than cv, see $out/check.txt"
    done
fi
# 120 s of networks that have their principal components
for rate in 22050 44100; do
    "$out/bench" clips 4 $rate $((30 * rate)) > "$out/long-$rate.cvs"
    cv-train -q -N spectral -e 0 < "$out/long-$rate.cvs" > "$out/spectral-$rate.bin"
    cv-encode -q -m "$out/spectral-$rate.bin" < "$out/long-$rate.cvs" > "$out/latents-$rate.cvs"
done
# the same in parts of 20 ms
cv-towav -q --raw -o - < "$out/long-22050.cvs" > "$out/long.raw"
cv-load -q --part 0.02 --level 0.1 --tempo 120 --raw s16,22050,1 - < "$out/long.raw" > "$out/long-parts.cvs"
cv-encode -q -m "$out/spectral-22050.bin" < "$out/long-parts.cvs" > "$out/latents-parts.cvs"
cpu=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')

cores=$(nproc)
threads="1 2"
[ "$cores" -ge 2 ] || threads=1

# ---- rounds ----

# note WHO COMMAND...: keeps the result lines of the command
note() {
    who=$1
    shift
    "$@" > "$out/lines.txt" || die "failed: $*"
    sed "s/^/$round $who /" "$out/lines.txt" >> "$results"
}

# whole WHO DIR COMMAND: times a shell command that must leave 10 WAVs in DIR
whole() {
    rm -rf "$2"
    note "$1" "$out/bench" time generate 3 sh -c "$3"
    made=$(find "$2" -name '*.wav' | wc -l)
    [ "$made" -eq 10 ] || die "$made files instead of 10 from: $3"
}

round=1
while [ "$round" -le "$rounds" ]; do
    [ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$rounds" >&2
    for t in $threads; do
        note cv "$out/bench" train "$t" "$steps"
        # shellcheck disable=SC2086
        [ ! "$peer" ] || note torch "$python" "$torch" all $plain --threads "$t" --steps "$steps"
        note cv "$out/bench" encode "$t" "$steps"
        note cv "$out/bench" decode "$t" "$steps"
        [ ! "$peer" ] || note tuned "$python" "$torch" all --tuned --threads "$t" --steps "$steps"
        for setting in $settings; do
            shape=$("$out/bench" shape "$setting")
            # shellcheck disable=SC2086
            [ ! "$peer" ] || note torch "$python" "$spectral" train $shape --threads "$t" --steps "$steps"
            note cv "$out/bench" spectral "$setting" "$t" $((2 * steps))
            # shellcheck disable=SC2086
            [ ! "$peer" ] || note tuned "$python" "$spectral" train $shape --threads "$t" --steps "$steps" --tuned
        done
        note bound "$out/bench" bounds "$t" "$steps"
    done
    for rate in 22050 44100; do
        note cv "$out/bench" time encode-$rate 3 sh -c \
            "cv-encode -q -j 1 -m '$out/spectral-$rate.bin' < '$out/long-$rate.cvs' > '$out/encoded.cvs'"
        note cv "$out/bench" time decode-$rate 3 sh -c \
            "cv-decode -q -j 1 '$out/spectral-$rate.bin' < '$out/latents-$rate.cvs' > '$out/decoded.cvs'"
    done
    note cv "$out/bench" time encode-parts 3 sh -c \
        "cv-encode -q -j 1 -m '$out/spectral-22050.bin' < '$out/long-parts.cvs' > '$out/encoded.cvs'"
    note cv "$out/bench" time decode-parts 3 sh -c \
        "cv-decode -q -j 1 '$out/spectral-22050.bin' < '$out/latents-parts.cvs' > '$out/decoded.cvs'"
    note cv "$out/bench" time live 3 taskset -c "$cpu" sh -c \
        "cv-load -q --live --raw s16,22050,1 - < '$out/long.raw' | cv-encode -q -j 1 -m '$out/spectral-22050.bin' |
         cv-decode -q -j 1 --iterations 2 '$out/spectral-22050.bin' | cv-towav -q -o - > '$out/live.wav'"
    whole cv "$out/new-cv" \
        "cv-sample -q -n 10 | cv-decode -q '$out/model.bin' | cv-towav -q -f -o '$out/new-cv'"
    if [ "$peer" ]; then
        whole torch "$out/new-torch" \
            "'$python' '$torch' generate $plain --threads $cores '$out/new-torch' '$out/decoder-plain.npz'"
        whole tuned "$out/new-numpy" \
            "'$python' '$here/notebook_numpy.py' '$out/new-numpy' '$out/decoder.npz'"
    fi
    note cv "$out/bench" pipe 3
    round=$((round + 1))
done
[ ! -t 2 ] || printf '\r                    \r' >&2

awk -v rounds="$rounds" -v threads="$threads" -v cores="$cores" -f "$here/table.awk" "$results"

#!/bin/bash
# same-bytes.sh OLD NEW [FILE ...]: whether two builds load, train, encode, sample, decode and measure to the same bytes,
# with both networks. The recordings are the files, else beats that NEW/tools/tone plays. Names what differs; status 1.
set -eu -o pipefail
[ $# -ge 2 ] || { echo "usage: same-bytes.sh OLD NEW [FILE ...]" >&2; exit 2; }
builds=("$(cd "$1" && pwd)" "$(cd "$2" && pwd)")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work"/{0,1,beats}
files=("${@:3}")
for i in 1 2 3; do
    [ $# -gt 2 ] || "${builds[1]}/tools/tone" -r 3000 -c 2 -s 10 -w beat -F 1.$((50 + 7 * i)) -S $i "$work/beats/$i.wav"
done
[ $# -gt 2 ] || files=("$work"/beats/*.wav)
mapfile -t files < <(realpath -- "${files[@]}")

# all MODEL CLIPS OPTION ...
all() {
    cv-train -q -s 7 "${@:3}" < "$2" > "$1.bin"
    cv-encode -q "$1.bin" < "$2" > "$1-latent.cvs"
    cv-decode -q "$1.bin" < "$1-latent.cvs" > "$1-decoded.cvs"
    cv-sample -q -n 2 -m "$1.bin" | cv-decode -q "$1.bin" | tee "$1-new.cvs" | cv-towav -q -o "$1-wav"
    cv-eval -q --json "$1.bin" < "$2" > "$1-eval.json"
}

for i in 0 1; do
    (cd "$work/$i"
     PATH=${builds[i]}:$PATH
     cv-load -q -r 3000 "${files[@]}" > mono.cvs
     cv-load -q -r 3000 -c "${files[@]}" > stereo.cvs
     cv-load -q -r 100 -n 1001 "${files[@]}" > short.cvs
     all beat mono.cvs -e 2
     all fixed stereo.cvs -e 2 --frames fixed
     all notebook short.cvs -N notebook -e 2)
done
(cd "$work" && diff -rq 0 1 | sed 's,^Files 0/,differs: ,; s, and .*,,') && echo "same bytes in $(find "$work/0" -type f | wc -l) files"

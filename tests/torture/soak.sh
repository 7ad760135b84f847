#!/bin/bash
# soak.sh [SECONDS (7200)]: rounds of all the work that cv does, for so long. Each makes recordings of one of two seeds
# and passes them through load, train (--memory 1M), encode, decode, towav, check and eval, kills training and resumes it
# (kill-resume.sh), and feeds a minute to a live line that runs from the first round to the last. Bytes are to be those
# of the first round with that seed, and the live line's those of one that gets all at once; peaks of memory, descriptors
# and temporary files are to stay as they are in the first rounds. Needs the programs and tools on PATH. Says how it
# stands once a minute; the last line begins with ok or not ok, and so does the status.
set -u -o pipefail
for_seconds=${1:-7200}
SECONDS=0
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'kill "${line[@]}" 2> /dev/null; rm -rf "$dir"' EXIT
mkdir "$dir"/{tmp,peaks,sums}
cd "$dir" || exit 2
export TMPDIR=$dir/tmp
round=0 failed=0 audio=0 bytes=0 kills=0 said=0 seeds=2
live=60 # seconds that the live line gets in a round

wrong() { failed=$((failed + 1)); echo "not ok round $round: $*"; }

# cv NAME OPTION ...: the program, and its peak of memory
cv() { rss "peaks/$round.$1.$BASHPID" "cv-$1" "${@:2}"; }

# one_round SEED: everything into the folder out
one_round() {
    rm -rf recordings out
    mkdir recordings out
    for i in 1 2 3 4; do
        tone -s 20 -c 2 -w beat -F 1.$((50 + 7 * i)) -S $(($1 * 10 + i)) "recordings/$i.wav"
    done
    tone -s 20 -f opus -r 48000 -w beat -F 1.9 -S "$1" recordings/5.opus
    cv load -q -R -d 10 recordings | tee out/all.cvs | cv train -q -e 2 --memory 1M > out/model.bin || return
    cv encode -q out/model.bin < out/all.cvs | tee out/latents.cvs | cv decode -q out/model.bin | tee out/decoded.cvs |
        cv towav -q -o out/wav || return
    cv sample -q -n 10 -s "$1" -m out/model.bin > out/drawn.cvs || return
    cv mix -q -n 2 out/drawn.cvs out/latents.cvs | cv decode -q out/model.bin > out/new.cvs || return
    cv check -q -r out/all.cvs < out/decoded.cvs > out/checked || return
    cv eval -q out/model.bin < out/all.cvs > out/figures
}

# ---- the live line: programs joined by pipes with names, so that each can be looked at

live_line() {
    local part sum=$1

    mkfifo sound heard encoded decoded played
    cv-load -q --live --raw s16,22050,1 - < sound > heard & line=($!)
    cv-encode -q -m live.bin < heard > encoded & line+=($!)
    cv-decode -q --iterations 2 live.bin < encoded > decoded & line+=($!)
    cv-towav -q -o - --raw < decoded > played & line+=($!)
    sha256sum < played > "$sum" & line+=($!)
}

# what the programs of the line have: NAME KIB DESCRIPTORS
holdings() {
    for part in "${line[@]:0:4}"; do
        echo "$(cat "/proc/$part/comm") $(awk '/VmRSS/ { print $2 }' "/proc/$part/status") $(ls "/proc/$part/fd" | wc -l)"
    done
}

finish_line() {
    for part in "${line[@]}"; do wait "$part" || wrong "the live line: a program ended with status $?"; done
    line=()
    rm sound heard encoded decoded played
}

hours() { awk -v s="$audio" 'BEGIN { printf "%.2f", s / 3600 }'; }
so_far() { echo "$round rounds in $SECONDS s: $(hours) hours of audio, $((bytes >> 20)) MiB through pipes, $kills kills and resumes"; }

# ---- rounds

line=()
while [ "$SECONDS" -lt "$for_seconds" ] || [ $round -lt $((2 * seeds)) ]; do
    seed=$((round % seeds + 1))
    round=$((round + 1))
    one_round $seed || wrong "a program ended with status $?"
    (cd out && find . -type f | sort | xargs -d '\n' sha256sum) > sums/now
    [ -e sums/$seed ] || cp sums/now sums/$seed
    diff sums/$seed sums/now > difference || wrong "other bytes: $(grep -c '^>' difference) files, $(grep -m 1 '^>' difference)"
    [ -z "$(ls -A tmp)" ] || wrong "temporary files were left: $(ls -A tmp | head -n 1)"
    bytes=$((bytes + $(cat out/*.cvs out/model.bin | wc -c)))
    if [ $round -eq 1 ]; then
        cp out/model.bin live.bin
        tone -s $live -w beat -F 1.7 minute.wav
        tail -c +45 minute.wav > minute
        live_line live.sum
        exec 9> sound
    fi
    cat minute >&9
    audio=$((audio + 100 + live))
    bytes=$((bytes + $(stat -c %s minute)))
    for again in $(bash "$here/kill-resume.sh" 2 $round 9>&- 2>&1 | tee killed | grep -o 'killed\|again'); do kills=$((kills + 1)); done
    ! grep '^not ok' killed || wrong "killed and resumed: other bytes"
    holdings > "sums/line.$round"
    if [ $((SECONDS / 60)) -gt $said ]; then
        said=$((SECONDS / 60))
        so_far
    fi
done

# ---- what there is to compare at the end

exec 9>&-
finish_line
live_line undisturbed.sum
for ((i = 0; i < round; i++)); do cat minute; done > sound
finish_line
cmp live.sum undisturbed.sum || wrong "the live line: other bytes than of one that gets all at once"
# a program's largest peak, and the largest of the live line: of the first rounds, and of all
for file in peaks/*; do IFS=./ read -r _ n name _ <<< "$file"; echo "$n cv-$name $(cat "$file")"; done > peaks.all
for n in $(seq $round); do sed "s/^/$n line:/" "sums/line.$n"; done >> peaks.all
awk -v first=$((seeds + 1)) '
    { if ($1 <= first && $3 > early[$2]) early[$2] = $3; if ($3 > all[$2]) all[$2] = $3 }
    NF == 4 { if (!($2 in open)) open[$2] = $4; if ($4 > open[$2]) { print "not ok " $2 ": descriptors " open[$2] " to " $4; bad = 1 } }
    END {
        for (p in all) {
            printf "%s: %d KiB at most in the first %d rounds, %d in all\n", p, early[p], first, all[p]
            if (all[p] > 1.1 * early[p] + 2048) { print "not ok " p ": its memory grows"; bad = 1 }
        }
        exit bad
    }' peaks.all || failed=$((failed + 1))
[ $failed -eq 0 ] || { echo "not ok: $failed faults; $(so_far)"; exit 1; }
echo "ok: bytes, memory, descriptors and temporary files as at first; $(so_far)"

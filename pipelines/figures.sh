#!/bin/bash
# figures.sh [NAME=FOLDER ... | debian]: trains on four fifths of each corpus, measures on the rest, prints tables.
#
#   make figures                                        100 clips of composed jazz, as in the demo
#   make figures MUSIC='mine=/path/to/music'            and a folder of recordings
#   make figures MUSIC=debian                           and the music of two games, out of Debian's packages
#   make figures ROWS='jazz-22050*'                     only these rows (patterns of the shell)
#
# A row is CORPUS-RATE, what cv-train makes without options; CORPUS-RATE-fixed, with frames that do not follow the beat;
# CORPUS-RATE-zN and CORPUS-RATE-betaX, with so many latents or that weight of KL; or CORPUS-opus-KBIT.
# Of recordings every fifth track, in order of names, is held out; the rest gives clips of 30 s, evenly spread over it,
# 80 at most, which are 40 minutes, and what is held out 20.
# New clips, 72, stand beside as many real ones that were not trained on: jazz is composed anew, of other music it is
# what the tracks held out have. With few of them their mel-FD comes out large, and AUC and copied by chance.
# MUSIC=debian asks apt-get for wesnoth-1.16-music and hyperrogue-music and unpacks them (dpkg -x) into OUT/debian; the
# same by hand: apt-get download PACKAGE; dpkg -x PACKAGE*.deb build/music; and name the folder with the sounds.
#
# What is in OUT is not made again, and after an interruption it goes on: with other programs, or other music of the
# same name, take another OUT or delete it. The tables are in OUT/FIGURES, too. OUT takes some 400 MB for each corpus
# and rate.
# On two cores of its own a row takes some 40 s at 3000 Hz, three minutes at 22050 and five at 44100, one of Opus 20 s:
# all of jazz fifteen minutes, each folder of recordings ten.
set -eu -o pipefail
export LC_ALL=C
BUILD=${BUILD:-build}
OUT=${OUT:-$BUILD/figures}
ROWS=${ROWS:-*}
# for tests: composed clips, of recordings those that train and are held out, new clips, epochs
COUNT=${COUNT:-100} TRAIN=${TRAIN:-80} TEST=${TEST:-20} NEW=${NEW:-72} EPOCHS=${EPOCHS:-}
HERE=$(cd "$(dirname "$0")" && pwd)
PATH=$(cd "$BUILD" && pwd):$PATH
# cv-train ends well when it is interrupted: what it had is not the model
trap 'exit 130' INT

die() {
    echo "figures: $1" >&2
    exit 1
}

# keep FILE COMMAND ...: FILE is what COMMAND writes, unless it is there
keep() {
    local file=$1 start=$SECONDS

    shift
    if [ ! -e "$file" ]; then
        mkdir -p "$(dirname "$file")"
        "$@" > "$file.part"
        mv "$file.part" "$file"
        echo "$file: $((SECONDS - start)) s" >&2
    fi
}

# ---- corpora: OUT/CORPUS/train-RATE.cvs, test-RATE.cvs and, for new clips, beside-RATE.cvs

# compose_jazz FOLDER COUNT [SEED]
compose_jazz() {
    MAKEFLAGS='' make -s -j"${JOBS:-2}" -f "$HERE/demo.mk" ready clips BUILD="$BUILD" JAZZ="$OUT/$1" OUT="$OUT/demo/$1" \
        COUNT="$2" ${3:+"SEED=$3"} ${SOUNDFONT:+"SOUNDFONT=$SOUNDFONT"} >&2
}

debian_music() {
    rm -rf "$OUT/debian.part"
    mkdir -p "$OUT/debian.part"
    (cd "$OUT/debian.part"
     apt-get download wesnoth-1.16-music hyperrogue-music >&2
     for package in *.deb; do dpkg -x "$package" .; done
     rm -- *.deb)
    mv "$OUT/debian.part" "$OUT/debian"
}

# which_clips NAME: what to cut out of the tracks of that corpus: lines of side, file, first second
which_clips() {
    local report=$OUT/$1/tracks.jsonl

    [ -d "${folder[$1]}" ] || die "$1=${folder[$1]}: there is no such folder"
    find "${folder[$1]}" -maxdepth 1 -type f ! -name '.*' -print0 | sort -z |
        { cv-load -q -0 -d 0.1 --report "$report" || [ -s "$report" ]; } > /dev/null
    jq -nr --argjson train "$TRAIN" --argjson test "$TEST" --argjson new "$NEW" '
        def spread(n): . as $all | (length / n) as $step
            | if $step <= 1 then . else [range(n) | $all[(. + 0.5) * $step | floor]] end;
        def clips: [.[].value | .file as $file | range(.seconds / 30 | floor) | [$file, . * 30]];
        [inputs | select(.verdict != "rejected" and .seconds >= 30)]
        | if length < 5 then error("\(length) tracks of 30 s and more, at least 5 are needed") else to_entries end
        | (map(select(.key % 5 != 4)) | clips | spread($train)[] | ["train"] + .),
          (map(select(.key % 5 == 4)) | clips | (spread($test)[] | ["test"] + .), (spread($new)[] | ["beside"] + .))
        | @tsv' "$report" || die "$1=${folder[$1]}: cannot be split"
}

# cut_music NAME: WAV files in OUT/NAME/cut/train, test and beside, all of them or none
cut_music() {
    local cut=$OUT/$1/cut side file start

    [ ! -e "$cut" ] || return 0
    keep "$OUT/$1/clips.tsv" which_clips "$1"
    rm -rf "$cut.part"
    mkdir -p "$cut.part"/{train,test,beside}
    while IFS=$'\t' read -r side file start; do
        cv-load -q -r 44100 -o "$start" -d 30 "$file" < /dev/null |
            cv-towav -q -o - > "$cut.part/$side/$(basename "$file")-$start.wav"
    done < "$OUT/$1/clips.tsv"
    mv "$cut.part" "$cut"
}

# load NAME SIDE RATE: the clips that train, test or stand beside new ones
load() {
    case $1-$2 in
    jazz-beside)
        compose_jazz jazz/beside "$NEW" 321
        cv-load -q -r "$3" "$OUT"/jazz/beside/*.wav
        ;;
    jazz-*)
        compose_jazz jazz "$COUNT"
        cv-load -q -r "$3" "$OUT"/jazz/*.wav | cv-batch -q --take "$2" -b 1 -B 1
        ;;
    *)
        cut_music "$1"
        cv-load -q -r "$3" "$OUT/$1/cut/$2"/*.wav
        ;;
    esac
}

# ---- rows: OUT/ROW/*.json

# compare OPTION ...: the objects of cv-check about the stream that it reads
compare() {
    local said

    said=$(cv-check -q --json -l all=: -w all=: "$@" 2>&1 > /dev/null) || die "cv-check: $said"
    echo "$said"
}

# clips_of FILE RATE: the clips that one sound file holds, one after the other
clips_of() {
    cv-load -q -a -p -r "$2" -n $((30 * $2)) "$1"
}

# train CLIPS SECONDS [OPTION ...]
train() {
    local TIMEFORMAT='{"wall": %R, "user": %U}'

    { time cv-train -q ${EPOCHS:+-e "$EPOCHS"} "${@:3}" < "$1" 2>&3; } 3>&2 2> "$2"
}

loudness() {
    cv-towav -q -o - < "$1" | clips_of - "$2" | compare --original "$3"
}

rebuild() {
    cv-encode -q -m "$1" < "$2" | cv-decode -q "$1"
}

new_clips() {
    cv-sample -q --exact -n "$NEW" -s "$2" -m "$1" | cv-decode -q -s "$2" "$1"
}

# trained ROW NAME RATE [OPTION ...]: a model and how it encodes and decodes
trained() {
    local row=$OUT/$1 train=$OUT/$2/train-$3.cvs test=$OUT/$2/test-$3.cvs

    keep "$train" load "$2" train "$3"
    keep "$test" load "$2" test "$3"
    keep "$row/model.bin" train "$train" "$row/seconds.json" "${@:4}"
    keep "$row/eval.json" cv-eval -q --json "$row/model.bin" < "$test"
}

# model_row ROW NAME RATE [OPTION ...]
model_row() {
    local row=$OUT/$1 train=$OUT/$2/train-$3.cvs test=$OUT/$2/test-$3.cvs beside=$OUT/$2/beside-$3.cvs seed

    trained "$@"
    keep "$beside" load "$2" beside "$3"
    keep "$row/model.json" cv-info --json "$row/model.bin"
    keep "$row/latent.cvs" cv-encode -q -m "$row/model.bin" < "$test"
    keep "$row/rebuilt.cvs" cv-decode -q "$row/model.bin" < "$row/latent.cvs"
    keep "$row/rebuilt.json" compare -r "$test" < "$row/rebuilt.cvs"
    keep "$row/loudness.json" loudness "$row/rebuilt.cvs" "$3" "$test"
    for seed in 1 2; do
        keep "$row/new-$seed.cvs" new_clips "$row/model.bin" "$seed"
        keep "$row/new-$seed.json" compare -r "$train" --held-out "$beside" < "$row/new-$seed.cvs"
    done
    keep "$row/beside.cvs" rebuild "$row/model.bin" "$beside"
    keep "$row/form.json" compare -r "$train" --held-out "$row/beside.cvs" < "$row/new-1.cvs"
}

to_opus() {
    cv-towav -q -o - | opusenc --quiet --bitrate "$1" - -
}

from_opus() {
    clips_of "$1" 22050 | compare --original "$2" -r "$2"
}

# opus_row ROW NAME KBIT: the held-out clips at 22050 Hz
opus_row() {
    local row=$OUT/$1 test=$OUT/$2/test-22050.cvs

    keep "$test" load "$2" test 22050
    keep "$row/rebuilt.opus" to_opus "$3" < "$test"
    keep "$row/rebuilt.json" from_opus "$row/rebuilt.opus" "$test"
}

# measure ROW
measure() {
    local name=${1%%-*} rest=${1#*-}

    case $rest in
    opus-*) opus_row "$1" "$name" "${rest#opus-}" ;;
    *-fixed) model_row "$1" "$name" "${rest%-fixed}" --frames fixed ;;
    *-z*) trained "$1" "$name" "${rest%-z*}" -z "${rest#*-z}" ;;
    *-beta*) trained "$1" "$name" "${rest%-beta*}" --beta "${rest#*-beta}" ;;
    *) model_row "$1" "$name" "$rest" ;;
    esac
}

# ---- tables

# cells NAME FILTER FILE ...: a row of a table: NAME, and what the filter of jq makes of the list of all objects in the
# files; fixed(n) writes a number with n digits after the point
cells() {
    jq -nr --arg name "$1" '
        def fixed(n):
            if type != "number" then "-" else
                (. * pow(10; n) | round) as $i | ($i | fabs | tostring) as $d
                | ("0" * (n + 1 - ($d | length)) + $d) as $d
                | (if $i < 0 then "-" else "" end) + (if n == 0 then $d else $d[:-n] + "." + $d[-n:] end) end;
        def all(key): map(.[key] // empty);
        def the(key): all(key)[0];
        def mean: if length > 0 then add / length else null end;
        def distances: (.msls | fixed(2)), (.sc | fixed(3)), (.mel | fixed(2)), (.dac_mel | fixed(2)),
            (.rhythm | fixed(3));
        def louder: all("clip") | map(.gain_db // empty | -.) | (mean | fixed(2)), (max_by(fabs) | fixed(2));
        [inputs] | [$name, '"$2"'] | "| " + join(" | ") + " |"' "${@:3}"
}

# header COLUMN ...
header() {
    printf '|'
    printf ' %s |' "" "$@"
    printf '\n|'
    printf -- '---|%.0s' "" "$@"
    echo
}

sounds() {
    local row at

    cat <<'TEXT'
Held-out clips, encoded and decoded. msls, mel in dB, SC, DAC mel, rhythm:
  cv-eval --json ROW/model.bin < CORPUS/test-RATE.cvs
mel-FD, of what is decoded against its originals:
  cv-decode ROW/model.bin < ROW/latent.cvs | cv-check --json -r CORPUS/test-RATE.cvs
louder: WAV files of these than their originals, dB, mean and farthest:
  cv-towav -o - < ROW/rebuilt.cvs | cv-load -a -r RATE -n SAMPLES - | cv-check --json --original CORPUS/test-RATE.cvs
Opus is a yardstick of quality, not of rate:
  cv-towav -o - < CORPUS/test-22050.cvs | opusenc --bitrate KBIT - - > ROW/rebuilt.opus, and as above

TEXT
    header msls SC mel "DAC mel" rhythm mel-FD louder most
    for row; do
        at=$OUT/$row
        case $row in
        *-opus-*)
            cells "$row, $(kbits "$at/rebuilt.opus" "$at/rebuilt.json") kbit/s" \
                '(the("total").mean | distances), (the("comparison").clips.fd | fixed(0)), louder' "$at/rebuilt.json"
            ;;
        *-z* | *-beta*) cells "$row" '(the("reconstruction") | distances), "", "", ""' "$at/eval.json" ;;
        *)
            cells "$row" '(the("reconstruction") | distances), (the("comparison").clips.fd | fixed(0)), louder' \
                "$at/eval.json" "$at/rebuilt.json" "$at/loudness.json"
            cells "its principal components alone" '(the("components") | distances), "", "", ""' "$at/eval.json"
            cells "true levels in its bands" '(the("floor") | distances), "", "", ""' "$at/eval.json"
            cells "the clips themselves" '(the("original") | distances), "", "", ""' "$at/eval.json"
            ;;
        esac
    done
}

kbits() {
    jq -r --argjson bytes "$(stat -c %s "$1")" 'select(.total) | $bytes * 8 / .total.seconds / 100 | round / 10' "$2"
}

news() {
    local row at

    cat <<TEXT

$NEW new clips beside real ones that were not trained on: mel-FD against the clips of training, of two seeds; over: their
mean over that of the real ones; copied: the share of windows of 2 s that are nearer to training than the nearest
hundredth of real ones; --exact, since real clips are cut, too, and have no tail:
  cv-sample --exact -n $NEW -s SEED -m ROW/model.bin | cv-decode -s SEED ROW/model.bin |
    cv-check --json -r CORPUS/train-RATE.cvs --held-out CORPUS/beside-RATE.cvs

TEXT
    header real "seed 1" "seed 2" "their FD" over rhythm "their rhythm" copied "their share"
    for row; do
        at=$OUT/$row
        # shellcheck disable=SC2016  # $new and $held are of jq
        cells "$row" '
            the("comparison").held_out.clips,
            (all("comparison") | map(.clips.fd) as $new | .[0].held_out.fd as $held
             | ($new[] | fixed(0)), ($held | fixed(0)), (($new | mean) / $held | fixed(2))),
            (all("total") | map(.mean.rhythm) | mean | fixed(3)), (the("original").rhythm | fixed(3)),
            (all("comparison") | (map(.near.copied) | mean | fixed(3)), (.[0].near_held_out.copied | fixed(3)))' \
            "$at/new-1.json" "$at/new-2.json" "$at/eval.json"
    done
}

costs() {
    local row at

    cat <<'TEXT'

Training, in seconds of all processors together and by the clock:
  time cv-train < CORPUS/train-RATE.cvs > ROW/model.bin
and what latents weigh: numbers (the means; nothing codes them) and bytes of the stream for a second of music:
  cv-encode -m ROW/model.bin < CORPUS/test-RATE.cvs | wc -c

TEXT
    header frames clips steps user clock latent "numbers/s" "bytes/s"
    for row; do
        at=$OUT/$row
        # shellcheck disable=SC2016  # $new and $held are of jq
        cells "$row" '
            (the("segments")[0].meta | .frames, .clips, .steps), (the("user") | fixed(0)), (the("wall") | fixed(0)),
            the("latent"), (the("latent") * the("latent_frames") / the("seconds") | fixed(0)),
            ('"$(stat -c %s "$at/latent.cvs")"' / the("seconds") | fixed(0))' \
            "$at/model.json" "$at/seconds.json" "$at/eval.json"
    done
}

forms() {
    local row at set
    local -A names=([clips]=ROW [halves]="their floor" [held_out]="real clips, decoded")

    cat <<'TEXT'

Form of the new clips of seed 1. AUC: whether a classifier tells them from these real clips, encoded and decoded;
passage: bars in a row that follow one clip of training, the median and the most; the floor is one half of the clips of
training against the other:
  cv-encode -m ROW/model.bin < CORPUS/beside-RATE.cvs | cv-decode ROW/model.bin > ROW/beside.cvs
  cv-check --json -r CORPUS/train-RATE.cvs --held-out ROW/beside.cvs < ROW/new-1.cvs

TEXT
    header "AUC local" "AUC form" bar4_m return_m passage most
    for row; do
        at=$OUT/$row
        for set in clips halves held_out; do
            cells "${names[$set]//ROW/$row}" "(the(\"comparison\").form.$set
                | (.auc_local | fixed(2)), (.auc_form | fixed(2)), (.bar4_m | fixed(3)), (.return_m | fixed(3)),
                (.passage | fixed(2)), (.passage_most | fixed(2)))" "$at/form.json"
        done
    done
}

tables() {
    local models=() row

    for row; do [[ $row == *-opus-* || $row == *-z* || $row == *-beta* ]] || models+=("$row"); done
    sounds "$@"
    if [ ${#models[@]} -gt 0 ]; then
        news "${models[@]}"
        costs "${models[@]}"
        forms "${models[@]}"
    fi
}

# ---- what is asked for

declare -A folder=()
corpora=(jazz)
all=(jazz-3000 jazz-22050 jazz-22050-fixed jazz-22050-z{64,128,256} jazz-22050-beta{0.003,0.00003})
for word; do
    case $word in
    debian)
        folder[wesnoth]=$OUT/debian/usr/share/games/wesnoth/1.16/data/core/music
        folder[hyperrogue]=$OUT/debian/usr/share/hyperrogue/music
        corpora+=(wesnoth hyperrogue)
        [ -d "$OUT/debian" ] || debian_music
        ;;
    *=*)
        [[ ${word%%=*} =~ ^[A-Za-z0-9_]+$ ]] || die "'$word': a name has letters and digits: mine=/path/to/music"
        [[ " ${corpora[*]} " != *" ${word%%=*} "* ]] || die "'$word': there is a ${word%%=*} already"
        folder[${word%%=*}]=${word#*=}
        corpora+=("${word%%=*}")
        ;;
    *) die "'$word' is no music: give a name and a folder, mine=/path/to/music, or debian" ;;
    esac
done
for name in "${corpora[@]:1}"; do all+=("$name-3000" "$name-22050" "$name-44100"); done
for name in "${corpora[@]}"; do
    for kbit in 6 8 12 16; do all+=("$name-opus-$kbit"); done
done

rows=()
set -f
for pattern in $ROWS; do
    before=${#rows[@]}
    # shellcheck disable=SC2053  # it is a pattern
    for row in "${all[@]}"; do [[ $row != $pattern ]] || rows+=("$row"); done
    [ "${#rows[@]}" -gt "$before" ] || die "ROWS: '$pattern' is none of ${all[*]}"
done
set +f

for program in compose cv-{load,batch,train,encode,decode,sample,check,eval,info,towav} jq opusenc; do
    command -v "$program" > /dev/null || die "$program is not there: 'make figures' builds and installs what it needs"
done
mkdir -p "$OUT"
for row in "${rows[@]}"; do measure "$row"; done
tables "${rows[@]}" > "$OUT/FIGURES.part"
mv "$OUT/FIGURES.part" "$OUT/FIGURES"
cat "$OUT/FIGURES"

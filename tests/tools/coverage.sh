#!/bin/sh
# coverage.sh: how much of every file that reads bytes from outside the tests go through that make coverage has built in
# $BUILD: unit tests, what fuzzing has kept, and the Bats files that are about reading. Prints a table of lines and
# branches, and writes the places that are left into $BUILD/missed. Fails if a file has under 98 % of its lines or 90 % of
# its branches.
set -u
BUILD=${BUILD:-build/coverage}
cd "$(dirname "$0")/../.."
files='base/fd base/history base/json base/meta base/opt base/recipe base/report base/text io/audio_decode
io/audio_extent io/audio_file io/audio_mp3 io/audio_name io/audio_read io/audio_report io/batch io/clip io/describe
io/load io/output io/stream_explain io/stream_frame io/stream_join io/stream_meta io/stream_parse io/stream_read
io/stream_scan io/stream_source measure/verdict model/chunks model/codec model/codec_spectral model/codec_whole
model/continuation model/eval_compare model/file model/mix model/mix_streams model/network model/notebook model/prior
model/spectral_input model/spectral_row train/bank_keep train/dataset train/options train/snapshot
train/spectral_data train/train_from train/train_log train/train_resume train/trainer train/trainer_spectral
cmd/check/beside cmd/check/clips cmd/check/sounds cmd/cv-batch cmd/cv-info cmd/plot/latent cmd/plot/log'

rm -rf "$BUILD/profile"
mkdir "$BUILD/profile"
BUILD=$BUILD LEAVE_OUT="compose confine install kernels layers manpages memory pipelines same_bytes scale" \
    sh tests/run.sh > "$BUILD/tests.log" 2>&1
tail -n 1 "$BUILD/tests.log"
llvm-profdata-14 merge -sparse -o "$BUILD/all.profdata" "$BUILD"/profile/*.profraw || exit 1
set --
for program in "$BUILD"/cv-* "$BUILD"/tests/*/* "$BUILD"/fuzz/*; do
    case $program in *.[od]) ;; *) [ ! -f "$program" ] || set -- "$@" -object "$program" ;; esac
done
shift
llvm-cov-14 export -format=lcov "$@" "-instr-profile=$BUILD/all.profdata" 2> "$BUILD/all.log" | awk -F '[:,]' '
    $1 == "SF" { file = $2 }
    $1 == "DA" && $3 == 0 { print file ":" $2 ": not run" }
    $1 == "BRDA" && $5 + 0 == 0 { print file ":" $2 ": condition " $3 + 1 " is never " ($4 % 2 ? "false" : "true") }
' > "$BUILD/missed"
llvm-cov-14 report "$@" "-instr-profile=$BUILD/all.profdata" 2> "$BUILD/all.log" | awk -v files="$files" '
    BEGIN { n = split(files, list); for (i = 1; i <= n; i++) wanted[list[i] ".c"] }
    { file = $1; sub(/^libcore\//, "", file) }
    file in wanted {
        low = $10 + 0 < 98 || $13 + 0 < 90
        printf "%-20s %5d lines %7s %5d branches %7s%s\n", file, $8, $10, $11, $13, low ? "  too few" : ""
        bad += low
        seen++
    }
    END { if (seen != n) print n - seen " files are not there"; exit bad > 0 || seen != n }'

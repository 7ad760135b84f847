#!/bin/sh
# run.sh: fuzzes every target that make fuzz has built, one after the other, for FUZZ_SECONDS (300) in all. What is
# found is kept in $BUILD/fuzzing/artifacts; the corpus grows in $BUILD/fuzzing/corpus from one call to the next. The
# executions are added to those before, of all runs on all machines: tests/fuzz/EXECUTIONS, a target and a sum a line.
# FUZZ_TARGETS="model:60 snapshot:40": only these, with these hundredths of the time.
set -u
BUILD=${BUILD:-build}
seconds=${FUZZ_SECONDS:-300}
cd "$(dirname "$0")/../.."
fuzzing=$BUILD/fuzzing
passed=0 failed=0 total=0

# Shares of the time: those that are deep and slow get more.
for target in ${FUZZ_TARGETS:-stream:25 codec:15 model:20 snapshot:15 audio:15 options:6 text:4}; do
    share=${target#*:} target=${target%:*}
    mkdir -p "$fuzzing/corpus/$target" "$fuzzing/seeds/$target" "$fuzzing/artifacts/$target"
    "$fuzzing/fuzz/seeds" "$target" "$fuzzing/seeds/$target"
    set -- "$fuzzing/corpus/$target" "$fuzzing/seeds/$target"
    for kept in tests/fuzz/corpus/$target tests/fuzz/found/$target; do [ ! -d "$kept" ] || set -- "$@" "$kept"; done
    leaks=1
    [ "$target" != options ] || leaks=0 # what is held when the program is to end is no leak
    if UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=$leaks "$fuzzing/fuzz/$target" -close_fd_mask=3 -print_final_stats=1 \
        -max_total_time=$((seconds * share / 100 + 1)) -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 -max_len=32768 \
        -artifact_prefix="$fuzzing/artifacts/$target/" "$@" > "$fuzzing/$target.log" 2>&1; then
        verdict=ok passed=$((passed + 1))
    else
        verdict="not ok" failed=$((failed + 1))
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$fuzzing/$target.log")
    total=$((total + ${runs:-0}))
    sums=$(awk -v target="$target" -v runs="${runs:-0}" '{ printf "%s %.0f\n", $1, $2 + ($1 == target ? runs : 0) }' \
        tests/fuzz/EXECUTIONS) && echo "$sums" > tests/fuzz/EXECUTIONS
    echo "$verdict fuzz $target: ${runs:-no} executions, $(ls "$fuzzing/corpus/$target" | wc -l) inputs kept"
    [ "$verdict" = ok ] || grep -E "ERROR|does not hold|Test unit written|SUMMARY" "$fuzzing/$target.log" | cut -c1-300 | sed 's/^/# /'
done
echo "$total executions: $passed passed, $failed failed"
[ $failed -eq 0 ]

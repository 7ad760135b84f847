#!/bin/sh
# Runs every test against the build in $BUILD: the library's unit tests, the reference vectors, the filters' Bats
# files, as many at once as there are processors. Prints what failed, and the counts; fails if anything did. What fails
# beside others is run once more, alone: it fails if it does so again, and what failed first is told in any case.
# A test that never ends fails: each has 10 minutes, a file 40.
# LEAVE_OUT: names of Bats files that are left out.
set -u
BUILD=${BUILD:-build}
cd "$(dirname "$0")/.."
CV_BUILD=$(cd "$BUILD" && pwd)
logs=$CV_BUILD/check
jobs=$(nproc 2> /dev/null || echo 2)
rm -rf "$logs"
mkdir -p "$logs"
export CV_BUILD logs
export PATH="$CV_BUILD:$CV_BUILD/tools:$PATH"
export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"

export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-600} FILE_TIMEOUT=${FILE_TIMEOUT:-2400}

# the test $1: its results into its log, and whether they are good
cat > "$logs/run" << 'END'
test=$1
log=$logs/$(echo "${test#"$CV_BUILD"/}" | tr / -).log
case $test in
*.bats) set -- bats --tap "$test" ;;
*/check-vectors) set -- "$test" tests/vectors/*.cvs ;;
esac
timeout -k 10 "$FILE_TIMEOUT" "$@" < /dev/null > "$log" 2>&1 ||
    { status=$?; grep -q "^not ok" "$log" || echo "not ok $test: ended with status $status" >> "$log"; }
grep -q "^\(not \)\?ok" "$log" || echo "not ok $test: ran no test" >> "$log"
if grep -q "^not ok" "$log"; then
    echo "FAILED $test"
    grep -v "^ok\|^1\.\." "$log"
    [ ! -e "$logs/again" ] && echo "$test" >> "$logs/failed"
else
    echo "$(grep -c "^ok" "$log") ok: ${test#"$CV_BUILD"/}"
fi
END

{
    for file in tests/*.bats; do
        name=${file##*/}
        case " ${LEAVE_OUT:-} " in *" ${name%.bats} "*) ;; *) echo "$file" ;; esac
    done
    for file in tests/unit/*/*.c; do file=${file#tests/unit/}; echo "$CV_BUILD/tests/${file%.c}"; done
} | xargs -P "$jobs" -I{} sh "$logs/run" {}
if [ -e "$logs/failed" ] && mv "$logs/failed" "$logs/again"; then
    echo "once more, alone: $(tr '\n' ' ' < "$logs/again")"
    xargs -I{} sh "$logs/run" {} < "$logs/again"
fi

passed=$(cat "$logs"/*.log | grep -c '^ok')
failed=$(cat "$logs"/*.log | grep -c '^not ok')
skipped=$(cat "$logs"/*.log | grep -c '^ok.* # skip')
echo "$((passed - skipped)) passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

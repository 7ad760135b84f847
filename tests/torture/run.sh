#!/bin/sh
# run.sh: tries to break the programs for TORTURE_SECONDS (600): faults of the machine, damaged streams, a full disk,
# memcheck, fuzzing. Says what was done and how often; the last line is "N passed, M failed".
set -u
BUILD=${BUILD:-build}
seconds=${TORTURE_SECONDS:-600}
cd "$(dirname "$0")/../.."
CV_BUILD=$(cd "$BUILD" && pwd)
export CV_BUILD PATH="$CV_BUILD:$CV_BUILD/tools:$CV_BUILD/fuzz:$PATH"
logs=$CV_BUILD/tortured
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$logs"
mkdir -p "$logs"
sh tests/torture/prepare.sh "$work" || { echo "0 passed, 1 failed"; exit 1; }

echo "== faults of the machine and signals: every place of every program, up to $((seconds / 2)) s"
"$CV_BUILD/torture/machine" "$work" "$CV_BUILD/torture/faults" 0 $((seconds / 2)) | tee "$logs/machine"
echo "== a full disk"
sh tests/torture/disk.sh "$work" | tee "$logs/disk"
echo "== streams cut and flipped, up to $((seconds / 5)) s"
"$CV_BUILD/torture/damage" "$work" $((seconds / 5)) | tee "$logs/damage"
echo "== training that is killed and resumed"
bash tests/torture/kill-resume.sh 20 42 | tee "$logs/killed"
echo "== a short run of hours"
bash tests/torture/soak.sh 20 | tee "$logs/soak"
echo "== memcheck, up to $((seconds / 10)) s"
sh tests/torture/valgrind.sh "$work" $((seconds / 10)) | tee "$logs/memcheck"
echo "== fuzzing, up to $((seconds / 5)) s"
if command -v clang-14 > /dev/null; then
    FUZZ_SECONDS=$((seconds / 5)) make --no-print-directory fuzz BUILD="$BUILD" > "$logs/making" 2>&1
    grep -E "^(ok|not ok|#) |executions" "$logs/making" | tee "$logs/fuzz"
    grep -q "^ok fuzz" "$logs/fuzz" || echo "not ok fuzz: see $logs/making" | tee -a "$logs/fuzz"
else
    echo "ok fuzz # skip clang-14 is not installed" | tee "$logs/fuzz"
fi
echo "== ten thousand files in shards"
CV_SCALE_FILES=10000 bats --tap -f "a tree of files" tests/scale.bats | tee "$logs/scale"
echo "== the tests under AddressSanitizer and ThreadSanitizer: make asan, make tsan"
failed=$(cat "$logs"/machine "$logs"/disk "$logs"/damage "$logs"/killed "$logs"/soak "$logs"/memcheck "$logs"/fuzz "$logs"/scale | grep -c '^not ok')
skipped=$(cat "$logs"/machine "$logs"/disk "$logs"/damage "$logs"/killed "$logs"/soak "$logs"/memcheck "$logs"/fuzz "$logs"/scale | grep -c '^ok.* # skip')
passed=$(cat "$logs"/machine "$logs"/disk "$logs"/damage "$logs"/killed "$logs"/soak "$logs"/memcheck "$logs"/fuzz "$logs"/scale | grep -c '^ok')
echo "$((passed - skipped)) passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

#!/bin/bash
# aarch64.sh: cv on another processor. Puts Debian's libraries for arm64 into a folder of their own (the system's list
# of packages is left as it is), builds all programs and unit tests for it, and runs them under qemu-aarch64: the unit
# tests, then the same pipes as on this machine. Where bytes are promised they have to be equal; of the rest it says
# how far it is, and fails over a bound. BUILD: the build of this machine; the other one is in BUILD/aarch64.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
mkdir -p "${BUILD:=build}/aarch64/bin"
BUILD=$(cd "$BUILD" && pwd)
there=$BUILD/aarch64 root=$BUILD/aarch64/root libraries=usr/lib/aarch64-linux-gnu
failed=0

# ---- libraries

apt_arm64() {
    apt-get -qq -o Dir::State="$there/apt" -o Dir::State::status="$there/apt/status" -o Dir::Cache="$there/apt" \
        -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Acquire::Languages=none -o Debug::NoLocking=1 "$@"
}

if [ ! -e "$root/complete" ]; then
    mkdir -p "$there"/apt/{lists,archives}/partial
    : > "$there/apt/status"
    apt_arm64 update
    apt_arm64 install --no-install-recommends --download-only -y libc6-dev libsndfile1-dev libmpg123-dev libsoxr-dev \
        libebur128-dev libfftw3-dev libopenblas-dev libmsgpack-dev libxxhash-dev libjansson-dev libcairo2-dev
    for package in "$there"/apt/archives/*.deb; do dpkg -x "$package" "$root"; done
    ln -sf openblas-pthread/libopenblas.so.0 "$root/$libraries/libopenblas.so.0"
    rm -r "$there/apt"
    : > "$root/complete"
fi

# ---- programs and unit tests

machine="qemu-aarch64 -cpu cortex-a72 -L $root" # the processor of a Raspberry Pi 4
units=(tests/unit/*/*.c)
units=("${units[@]#tests/unit/}")
units=("${units[@]%.c}")
PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$root/$libraries/pkgconfig:$root/$libraries/openblas-pthread/pkgconfig:$root/usr/share/pkgconfig \
    make --no-print-directory -j"$(nproc)" BUILD="$there" CC="aarch64-linux-gnu-gcc --sysroot=$root" ${WARN:+WARN="$WARN"} \
    all "${units[@]/#/$there/tests/}" > "$there/making"
for program in cmd/cv-*.c; do
    name=$(basename "$program" .c)
    printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$machine" "$there/$name" > "$there/bin/$name"
    chmod +x "$there/bin/$name"
done

# qemu knows no limit of addresses
printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -I{} sh -c '
    log=$2/tests/$1.log
    case $1 in nn/check-vectors) set -- "$@" tests/vectors/*.cvs ;; esac
    unit=$2/tests/$1
    machine=$3
    shift 3
    $machine "$unit" "$@" > "$log" 2>&1
    status=$?
    if grep "^not ok" "$log" | grep -v "a limit of addresses$\|room for all else: [0-9]*$" ||
        { [ $status -ne 0 ] && [ "${unit##*/}" != machine ]; } || ! grep -q "^ok" "$log"; then
        echo "not ok $unit: status $status"
    fi' sh {} "$there" "$machine" > "$there/failed"
cat "$there/failed"
[ ! -s "$there/failed" ] || failed=1
echo "unit tests: $(cat "$there"/tests/*/*.log | grep -c '^ok') passed, $(cat "$there"/tests/*/*.log | grep -c '^not ok') failed or cannot be"

# ---- the same pipes on both

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir sounds
for i in 1 2 3; do "$BUILD/tools/tone" -r 3000 -c 2 -s 6 -w beat -F 1.$((50 + 7 * i)) -S $i sounds/$i.wav; done
"$BUILD/tools/tone" -r 3000 -s 6 -f flac sounds/4.flac
"$BUILD/tools/tone" -r 44100 -s 2 -c 2 -f ogg other.ogg

# both NAME COMMAND: its output, into NAME.here and NAME.there
both() {
    PATH=$BUILD:$PATH sh -c "$2" > "$1.here"
    PATH=$there/bin:$PATH sh -c "$2" > "$1.there"
}

equal() {
    both "$@"
    if cmp "$1.here" "$1.there"; then echo "same bytes: $2"; else echo "not ok other bytes: $2"; failed=1; fi
}

# near NAME TENSOR DB COMMAND: the values' difference is that far under them
near() {
    both "$1" "$4"
    paste <("$BUILD/tools/values" "$2" < "$1.here") <("$BUILD/tools/values" "$2" < "$1.there") | awk -v bound="$3" -v what="$4" '
        { d = $1 - $2; d = d < 0 ? -d : d; most = d > most ? d : most; sum += d * d; all += $1 * $1 }
        END {
            far = 10 * log(sum / all + 1e-30) / log(10)
            good = all && far <= bound
            printf "%s%.0f dB (at most %d), a value %.1e: %s\n", good ? "" : "not ok ", far, bound, most, what
            exit !good
        }' || failed=1
}

equal audio "cv-load -q -r 3000 -R sounds"
equal stereo "cv-load -q -r 3000 -c -R sounds"
equal parts "cv-load -q -r 3000 --part .1 sounds/1.wav"
equal batches "cv-batch -q -s 3 -b 2 -B 2 < audio.here"
equal wav "cv-towav -q -o - < audio.here"
equal checked "cv-check -q < audio.here"
near noise noise -150 "cv-sample -q -n 3"
near resampled audio -110 "cv-load -q other.ogg"
both model "cv-train -q -e 2 < audio.here"
near latents z -80 "cv-encode -q model.here < audio.here"
near decoded audio -80 "cv-decode -q model.here < latents.here"
near drawn z -100 "cv-sample -q -n 2 -s 5 -m model.here"
for side in here there; do
    PATH=$BUILD:$PATH cv-eval -q --json model.$side < audio.here | grep -o '"reconstruction":{[^}]*' | grep -o '"mel":[0-9.]*' | cut -d : -f 2
done | paste -s | awk '{ far = $1 / $2 - 1; far = far < 0 ? -far : far; printf "models trained on each: mel distance %.3f and %.3f dB\n", $1, $2; exit !(far < 0.02) }' ||
    { echo "not ok models trained on each: further apart than 2 %"; failed=1; }
[ $failed -eq 0 ] && echo "ok: aarch64"
exit $failed

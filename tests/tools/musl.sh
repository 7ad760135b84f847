#!/bin/sh
# musl.sh: another C library. Compiles libcore and the programs with musl's headers, and runs the unit tests of
# libcore/base that need no library (those that are there are built for glibc, and do not go with it). Status 1 if
# anything does not compile or fails.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/include"
# the headers of the libraries and of Linux, without those of glibc
for header in sndfile soxr ebur128 fftw3 msgpack xxhash xxh3 jansson jansson_config mpg123 fmt123 cairo freetype2 \
    fontconfig linux asm asm-generic openblas-pthread; do
    for found in /usr/include/$header /usr/include/$header.h /usr/include/*-linux-gnu/$header /usr/include/*-linux-gnu/$header.h; do
        [ ! -e "$found" ] || ln -sf "$found" "$work/include"
    done
done
compile="musl-gcc -std=c11 -D_GNU_SOURCE -Ilibcore -O1 -Wall -Wextra -Werror -pthread -DCV_VERSION=\"musl\" -idirafter $work/include \
    -idirafter $work/include/cairo -idirafter $work/include/freetype2 -idirafter $work/include/openblas-pthread"
for file in libcore/*/*.c cmd/*.c cmd/[!m]*/*.c; do
    object=$work/$(echo "${file%.c}" | tr / -).o
    case $file in
    libcore/base/*) $compile -c -o "$object" "$file" ;;
    *) $compile -fsyntax-only "$file" ;;
    esac
done
ar rc "$work/base.a" "$work"/libcore-base-*.o
for test in tests/unit/base/*.c; do
    case $test in */json.c | */linalg.c) continue ;; esac
    $compile -Itests/unit -static -o "$work/test" "$test" "$work/base.a" -lm
    "$work/test" > "$work/log" || { grep "^not ok" "$work/log"; echo "not ok $test"; exit 1; }
    echo "$(grep -c "^ok" "$work/log") ok: $test"
done

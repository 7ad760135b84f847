# What a model's bytes depend on, as cv-train(1) lists it, by making the processor look older than it is.

bats_require_minimum_version 1.5.0

setup() {
    build=${CV_BUILD:-$(dirname "$(command -v cv-load || echo "$BATS_TEST_DIRNAME/../build/cv-load")")}
    build=$(cd "$build" && pwd)
    PATH=$build:$build/tools:$PATH
    cd "$BATS_TEST_TMPDIR"
}

# figures MODEL: what it says of training, one a line
figures() { cv-info --json "$1" | jq -r '.segments[0].meta | .elbos[0], .losses[0], .distances[0], .kls[0]'; }

# digest MODEL: of its parameters
digest() { cv-info --json "$1" | jq -r .total.digest; }

@test "kernels of the processor and of OpenBLAS move the last digits of a model, and nothing else does" {
    [ "$(uname -m)" = x86_64 ] || skip "only x86-64 has kernels to choose from"
    grep -q " avx2 " /proc/cpuinfo || skip "the processor has no AVX2"
    for i in 1 2; do tone -r 3000 -c 1 -s 6 -w beat -F 1.$((50 + 7 * i)) -S $i $i.wav; done
    cv-load -q -r 3000 ./*.wav > a.cvs
    export OPENBLAS_CORETYPE=Haswell
    cv-train -q -e 1 < a.cvs > model.bin
    # with another number of threads, in another locale and zone, with the functions of the C library for old processors
    LC_ALL=C TZ=Asia/Tokyo GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA older -q -e 1 -j 3 < a.cvs > same.bin
    cmp model.bin same.bin
    # vectors of 512 bits or of 256: the same sums
    LACKS=avx512 older -q -e 1 < a.cvs > avx2.bin
    cmp model.bin avx2.bin
    [ "$(digest model.bin)" = "$(digest avx2.bin)" ]
    # without fused multiply-add, and with other products of matrices: others
    LACKS=avx2 older -q -e 1 < a.cvs > plain.bin
    OPENBLAS_CORETYPE=Prescott cv-train -q -e 1 < a.cvs > prescott.bin
    for other in plain prescott; do
        [ "$(digest model.bin)" != "$(digest $other.bin)" ]
        run -0 paste <(figures model.bin) <(figures $other.bin)
        awk '{ d = $1 - $2; n += NF; if (d * d > 1e-6 * $1 * $1) exit 1 } END { if (n != 8) exit 1 }' <<< "$output"
    done
}

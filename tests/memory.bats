# Memory: cv-train's data may be larger than it, the other programs need as much for 10 clips as for 2000.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    wav tone.wav 3000
    mkdir many
    for ((i = 0; i < 2000; i++)); do ln tone.wav "many/$i.wav"; done
    cv-load -q -n 1500 many/?.wav > 10.cvs
    cv-load -q -n 1500 many/*.wav > 2000.cvs
    for i in 1 2 3 4; do wav "$i.wav" 12000 3000 "$i"; done
    cv-load -q -n 12000 [1-4].wav > 4.cvs
    cv-train -q -e 1 --width 8 -z 4 < 4.cvs > model.bin
}

setup() {
    cd "$BATS_FILE_TMPDIR"
    if nm "$(command -v cv-train)" 2> /dev/null | grep -qE '__[at]san_init'; then
        skip "the sanitizer keeps memory of its own"
    fi
}

# same_peak COMMAND...: its peaks for 10 and 2000 clips through a pipe are less than 3 MiB apart (the stream has 12)
same_peak() {
    for n in 10 2000; do
        cat "$n.cvs" | rss "$BATS_TEST_TMPDIR/$n" "$@" > "$BATS_TEST_TMPDIR/out"
    done
    echo "$1: $(cat "$BATS_TEST_TMPDIR/10") KiB for 10 clips, $(cat "$BATS_TEST_TMPDIR/2000") for 2000"
    [ "$(cat "$BATS_TEST_TMPDIR/2000")" -lt $(($(cat "$BATS_TEST_TMPDIR/10") + 3072)) ]
}

@test "cv-load needs no more for 2000 files than for 10, nor more descriptors" {
    rss "$BATS_TEST_TMPDIR/10" cv-load -q -n 1500 many/?.wav > 10.again
    (ulimit -n 8; exec rss "$BATS_TEST_TMPDIR/2000" cv-load -q -n 1500 many/*.wav > 2000.again)
    cat "$BATS_TEST_TMPDIR"/{10,2000}
    [ "$(cat "$BATS_TEST_TMPDIR/2000")" -lt $(($(cat "$BATS_TEST_TMPDIR/10") + 3072)) ]
}

@test "cv-batch, cv-encode and cv-check need no more for 2000 clips than for 10" {
    same_peak cv-batch -q
    same_peak cv-encode -q model.bin
    same_peak cv-check -q
}

@test "cv-decode and cv-towav need no more for 2000 clips than for 10" {
    mkdir -p "$BATS_TEST_TMPDIR/audio"
    same_peak cv-towav -q -o "$BATS_TEST_TMPDIR/audio"
    for n in 10 2000; do cv-sample -q -n $n > $n.cvs.noise; mv $n.cvs $n.audio; mv $n.cvs.noise $n.cvs; done
    cv-load -q -n 300 [1-4].wav | cv-train -N notebook -q -e 0 > notebook.bin
    same_peak cv-decode -q notebook.bin
    for n in 10 2000; do mv $n.audio $n.cvs; done
}

@test "clips in parts: cv-load and cv-towav need the same for a minute and for an hour" {
    cd "$BATS_TEST_TMPDIR"
    head -c $((2 * 3000 * 60)) /dev/zero > 1.raw
    for ((i = 0; i < 60; i++)); do cat 1.raw; done > 60.raw
    for n in 1 60; do
        rss load.$n cv-load -q -r 3000 --part .1 --raw s16,3000,1 $n.raw > s
        cat s | rss towav.$n cv-towav -q -o - > $n.wav
        cat $n.raw | rss live.$n cv-load -q -r 3000 --live --part .1 --raw s16,3000,1 - > s
    done
    tail -n +1 {load,towav,live}.{1,60}
    [ "$(stat -c %s 60.wav)" = $((44 + 2 * 3000 * 3600)) ]
    [ "$(cat load.60)" -lt $(($(cat load.1) + 1024)) ]
    [ "$(cat towav.60)" -lt $(($(cat towav.1) + 1024)) ]
    [ "$(cat live.60)" -lt $(($(cat live.1) + 1024)) ]
}

@test "cv-train: the same model however much of the data is in memory" {
    cd "$BATS_TEST_TMPDIR"
    cv-load -q -n 12000 "$BATS_FILE_TMPDIR"/[1-4].wav > long.cvs
    cv-train -q -e 1 --width 8 -z 4 -t long.cvs < long.cvs > whole.bin 2> words
    for size in 0 100K 1M; do
        cv-train -q -e 1 --width 8 -z 4 -t long.cvs --memory $size < long.cvs | cmp - whole.bin
    done
    cv-train -N notebook -q -e 1 < "$BATS_FILE_TMPDIR/2000.cvs" > whole.bin
    cv-train -N notebook -q -e 1 --memory 1M < "$BATS_FILE_TMPDIR/2000.cvs" | cmp - whole.bin
    # nothing is left of the file
    mkdir tmp
    TMPDIR=$PWD/tmp cv-train -N notebook -q -e 1 --memory 0 < "$BATS_FILE_TMPDIR/2000.cvs" > other.bin
    [ -z "$(ls -A tmp)" ]
}

@test "cv-train: resident memory is --memory and the network, with eight times the data" {
    cd "$BATS_TEST_TMPDIR"
    # 64 MiB
    for i in 1 2 3 4 5 6; do cat "$BATS_FILE_TMPDIR/2000.cvs"; done > large.cvs
    [ "$(stat -c %s large.cvs)" -gt $((64 << 20)) ]
    rss base cv-train -N notebook -q -j 1 -b 100 -e 1 < "$BATS_FILE_TMPDIR/10.cvs" > /dev/null
    cat large.cvs | rss peak cv-train -N notebook -q -j 1 -b 100 -e 1 --memory 8M > spooled.bin
    cat large.cvs | rss none cv-train -N notebook -q -j 1 -b 100 -e 1 --memory 0 > none.bin
    cat large.cvs | rss all cv-train -N notebook -q -j 1 -b 100 -e 1 > whole.bin
    cmp spooled.bin whole.bin
    cmp none.bin whole.bin
    echo "KiB: $(cat base) with 10 clips; with 12000 $(cat none) of --memory 0, $(cat peak) of 8M, $(cat all) of all"
    # a batch of 100, and less than 1 KiB of each clip's name, place and hash
    [ "$(cat none)" -lt $(($(cat base) + 12000)) ]
    [ "$(cat peak)" -lt $(($(cat none) + 8192 + 2048)) ]
    [ "$(cat all)" -gt $(($(cat base) + 65536)) ]
}

@test "cv-train: a folder for the file that is missing or full is named" {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR/2000.cvs" .
    TMPDIR=/nowhere refuses 1 cv-train -N notebook -q -e 1 --memory 1M < 2000.cvs
    says /nowhere TMPDIR
    [ -z "$output" ]
    # nothing of it is needed while memory does
    TMPDIR=/nowhere cv-train -N notebook -q -e 0 < 2000.cvs > /dev/null
    run --separate-stderr bash -c "ulimit -f 3000; cv-train -N notebook -q -e 1 --memory 1M < 2000.cvs | cat"
    [[ $stderr == *"no room for"*TMPDIR* ]]
}

@test "BLAS is loaded when something is multiplied, and starts no threads" {
    for program in cv-{batch,check,decode,encode,eval,info,load,mix,plot,sample,towav,train}; do
        run -0 ldd "$(command -v $program)"
        [[ $output != *blas* ]]
    done
    mkfifo log
    env -u OPENBLAS_NUM_THREADS cv-train -q -j 1 -e 1000000 --width 8 -z 4 --log log < 4.cvs > /dev/null &
    pid=$!
    exec 9< log
    read -r _ <&9
    grep -q openblas /proc/$pid/maps
    threads=$(ls /proc/$pid/task | wc -l)
    kill -KILL $pid
    exec 9<&-
    wait $pid || true
    rm log
    [ "$threads" -eq 1 ]
}

@test "a limit of addresses that is too small is said, with status 1" {
    cv-load -q -n 12000 1.wav > 1.cvs
    for size in 80000 120000 160000; do
        for program in cv-{batch,check,decode,encode,eval,info,load,mix,plot,sample,towav,train}; do
            run -0 bash -c "ulimit -v $size; exec timeout -s KILL 20 $program -V"
            [[ $output == "$program (cv) "* ]]
        done
        refuses 1 bash -c "ulimit -v $size; exec timeout -s KILL 20 cv-encode -j 2 model.bin < 1.cvs"
        says "out of memory"
    done
    cv-encode model.bin < 1.cvs > free
    (ulimit -v 600000; timeout -s KILL 20 cv-encode -j 4 model.bin < 1.cvs) | cmp - free
}

@test "addresses that are not enough for OpenBLAS' buffer end a program, which would wait for them for ever" {
    for size in $(seq 200000 5000 300000); do
        status=0
        (ulimit -v $size; timeout -s KILL 20 cv-train -q -e 0 -j 1 --width 8 -z 4 < 4.cvs) > model 2> words || status=$?
        [ "$status" -le 1 ]
        [ "$status" -eq 0 ] || grep -q "^cv-train: out of memory" words
        [ "$status" -eq 0 ] || run ! cv-info model
    done
}

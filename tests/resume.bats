# cv-train --resume: a run that was stopped anywhere ends with the same bytes as one that never was, and nothing else
# is taken up by mistake. tests/torture/kill-resume.sh kills more often.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 7 310
    cv-load -r 3000 -q -n 300 jazz/*.wav > audio.cvs
    cv-load -r 3000 -q -n 300 jazz/[ab].wav > test.cvs
    for i in 1 2 3 4; do wav "$i.wav" 12000 3000 "$i"; done
    cv-load -r 3000 -q -n 12000 [1-4].wav > long.cvs
    # one never interrupted, with every snapshot that there can be
    cv-train -N notebook -q -e 3 -b 2 -s 5 --snapshot shots --snapshot-every 0.000001 --keep 99 --log log < audio.cvs > whole.bin
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/{*.cvs,whole.bin,log} .
    shots=$BATS_FILE_TMPDIR/shots
}

# without_time LOG: what a log says but for the clock
without_time() { sed 's/,"seconds":.*//' "$1"; }

@test "every snapshot leads to the same model, whatever the number of threads" {
    [ "$(ls "$shots" | wc -l)" -eq 13 ]   # 3 epochs of 4 steps, and the beginning
    ls "$shots" | diff - <(printf 'epoch-%s.cvm\n' 0000+0001 0000+0002 0000+0003 0000 0001+0001 0001+0002 0001+0003 0001 \
        0002+0001 0002+0002 0002+0003 0002 0003 | LC_ALL= sort)
    cv-train -N notebook -q -e 3 -b 2 -s 5 < audio.cvs | cmp - whole.bin
    threads=0
    for shot in "$shots"/*; do
        cv-train -q -j $((threads++ % 3)) --resume "$shot" < audio.cvs > model.bin
        cmp model.bin whole.bin
    done
}

@test "so with the spectral network, a test stream and patience" {
    cv-train -q -e 20 -b 1 -l 3 --width 8 -z 4 -t long.cvs --patience 2 --log one --snapshot all --snapshot-every 0.000001 \
        --keep 99 < long.cvs > one.bin 2> words
    [ "$(field best_epoch one.bin)" -lt "$(field epochs one.bin)" ]
    for shot in all/epoch-0000.cvm all/epoch-0001+0002.cvm all/epoch-0002+0001.cvm "$(ls -d all/epoch-*[0-9][0-9].cvm | tail -n 1)"; do
        cp one two
        cv-train -q --resume "$shot" -t long.cvs --log two < long.cvs > two.bin
        cmp one.bin two.bin
        diff <(without_time one) <(without_time two)
    done
    # what is found by the clips is not what it was trained with
    refuses 1 cv-train -q --resume all -t long.cvs --width 0 < long.cvs
    says "all/epoch-" "is not what this version of cv writes" --resume-anyway
    [ -z "$output" ]
}

@test "a killed run goes on from the latest snapshot of its folder, and its log with it" {
    for lines in 1 3 6; do
        mkfifo pipe
        cv-train -N notebook -q -e 8 -b 2 --snapshot run --log pipe < audio.cvs > /dev/null &
        pid=$!
        exec 8< pipe
        for ((i = 0; i < lines; i++)); do read -r _ <&8; done
        kill -KILL $pid
        exec 8<&-
        wait $pid || true
        rm pipe
        cv-train -q --resume run --snapshot run < audio.cvs > "$lines.bin"
        rm -r run
    done
    cv-train -N notebook -q -e 8 -b 2 < audio.cvs > never.bin
    cmp 1.bin never.bin
    cmp 3.bin never.bin
    cmp 6.bin never.bin
}

@test "a log is continued after the epoch of the snapshot" {
    cp log again
    cv-train -q --resume "$shots/epoch-0001+0002.cvm" --log again < audio.cvs > model.bin
    [ "$(wc -l < again)" -eq 3 ]
    diff <(without_time log) <(without_time again)
    [ "$(head -n 1 log)" = "$(head -n 1 again)" ]
    # half a line is what a power cut leaves
    head -c -30 log > again
    cv-train -q --resume "$shots/epoch-0002.cvm" --log again < audio.cvs > model.bin
    diff <(without_time log) <(without_time again)
    # a new one has what is new
    cv-train -q --resume "$shots/epoch-0002.cvm" --log new < audio.cvs > model.bin
    diff <(without_time log | tail -n 1) <(without_time new)
}

@test "a finished run is said to be one, with what it takes to go on" {
    run --separate-stderr bash -c 'cv-train --resume "$1/epoch-0003.cvm" < audio.cvs > model.bin' - "$shots"
    [ "$status" -eq 0 ]
    says "a finished run of 3 epochs" "a larger -e and --resume-anyway"
    [[ $stderr != *"going on"* ]]
    cmp model.bin whole.bin
    run --separate-stderr bash -c 'cv-train --resume "$1/epoch-0002.cvm" < audio.cvs > model.bin' - "$shots"
    says "going on from"
    [[ $stderr != *finished* ]]
}

@test "an interrupt leaves a snapshot of that moment" {
    mkfifo pipe
    env --default-signal=INT cv-train -N notebook -q -e 40 -b 2 --snapshot run --log pipe < audio.cvs > part.bin &
    pid=$!
    exec 8< pipe
    read -r _ <&8
    kill -INT $pid
    cat <&8 > /dev/null
    wait $pid
    exec 8<&-
    [ "$(field steps part.bin)" = "$(field steps "$(ls -t run/*.cvm | head -n 1)")" ]
    cv-train -q --resume run < audio.cvs > model.bin
    cv-train -N notebook -q -e 40 -b 2 < audio.cvs | cmp - model.bin
}

@test "snapshots are models: they decode, and latents know them" {
    cv-sample -n 2 -s 4 > noise.cvs
    cv-decode -q "$shots/epoch-0003.cvm" < noise.cvs | same <(cv-decode -q whole.bin < noise.cvs)
    run --separate-stderr bash -c "cv-encode $shots/epoch-0003.cvm < audio.cvs | cv-decode whole.bin | cv-info"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    cv-info "$shots/epoch-0003.cvm" | grep -q adam_v
}

@test "--keep keeps the last, without it those of whole epochs stay" {
    cv-train -N notebook -q -e 3 -b 2 --snapshot few --keep 2 < audio.cvs > /dev/null
    [ "$(ls few | tr '\n' ' ')" = "epoch-0002.cvm epoch-0003.cvm " ]
    cv-train -N notebook -q -e 3 -b 2 --snapshot few --snapshot-every 0.000001 --keep 2 < audio.cvs > /dev/null
    [ "$(ls few | LC_ALL=C sort | tr '\n' ' ')" = "epoch-0002+0003.cvm epoch-0003.cvm " ]
    touch few/notes few/epoch-1.cvm
    cv-train -N notebook -q -e 3 -b 2 --snapshot few --snapshot-every 0.000001 < audio.cvs > /dev/null
    [ "$(ls few | LC_ALL=C sort | tr '\n' ' ')" = "epoch-0000.cvm epoch-0001.cvm epoch-0002.cvm epoch-0003.cvm epoch-1.cvm notes " ]
}

@test "with --time the time before counts" {
    cv-train -N notebook -q --time 0.001 --snapshot run --keep 1 < audio.cvs > one.bin
    [ "$(field minutes_wanted one.bin)" = 0.001 ]
    # as many minutes as were spent then: no more to do
    minutes=$(awk -v s="$(field spent run/*)" 'BEGIN { print s / 60 * 0.999 }')
    cv-train -q --resume run --resume-anyway --time "$minutes" < audio.cvs > two.bin
    [ "$(field steps two.bin)" -eq "$(field steps run/*)" ]
}

# ---- what is refused ----

@test "other settings are refused, all of them by name" {
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" -b 3 -s 6 -e 3 < audio.cvs
    says "epoch-0001.cvm" "-b 2, now with -b 3" "-s 5, now with -s 6" --resume-anyway
    [[ $stderr != *"-e 3"* ]]
    [ -z "$output" ]
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" -e 4 < audio.cvs
    says "-e 3, now with -e 4"
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" -N spectral < audio.cvs
    says "-N notebook, now with -N spectral"
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" -z 3 < audio.cvs
    says "-z 2, now with -z 3"
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" -l 0.001 < audio.cvs
    says "-l 0.0003, now with -l 0.001"
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" -B 2 < audio.cvs
    says "-B 0, now with -B 2"
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" --time 1 < audio.cvs
    says "without --time, now with --time 1"
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" -b 0 < audio.cvs
    says "-b 2, now with -b 10"
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" --width 8 < audio.cvs
    says "without --width, now with --width 8"
    # given, but the same
    cv-train -q --resume "$shots/epoch-0001.cvm" -N notebook -b 2 -s 5 -e 3 -l 3e-4 -z 0 < audio.cvs | cmp - whole.bin
}

@test "other data are refused" {
    cv-load -r 3000 -q -n 300 "$BATS_FILE_TMPDIR"/jazz/[a-f].wav > fewer.cvs
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" < fewer.cvs
    says "7 clips [1, 300] at 3000 Hz" "6 clips [1, 300] at 3000 Hz" --resume-anyway
    cv-load -r 3000 -q -n 300 -o 0.001 "$BATS_FILE_TMPDIR"/jazz/*.wav > other.cvs
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" < other.cvs
    says "other data" "the same stream"
    cv-load -r 3000 -q -n 300 "$BATS_FILE_TMPDIR"/jazz/{b,a,c,d,e,f,g}.wav > order.cvs
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" < order.cvs
    says "as many clips of other sound or in another order"
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" -t test.cvs < audio.cvs
    says "-t"
    cv-train -N notebook -q -e 2 -t test.cvs --snapshot tested < audio.cvs > /dev/null 2>&1
    refuses 1 cv-train -q --resume tested < audio.cvs
    says "-t"
    refuses 1 cv-train -q --resume tested -t order.cvs < audio.cvs
    says "test stream"
}

@test "--resume-anyway goes on with what is given" {
    cv-train -N notebook -q -e 5 -b 2 -s 5 < audio.cvs > five.bin
    cv-train -q --resume "$shots/epoch-0003.cvm" --resume-anyway -e 5 < audio.cvs > model.bin
    cmp <(parts -b < five.bin) <(parts -b < model.bin) # but for the history
    cv-load -r 3000 -q -n 300 "$BATS_FILE_TMPDIR"/jazz/[a-f].wav | cv-train -q --resume "$shots/epoch-0001.cvm" --resume-anyway > model.bin
    [ "$(field clips model.bin)" = 6 ]
    [ "$(field epochs model.bin)" = 3 ]
    # not a network of another shape
    refuses 1 cv-train -q --resume "$shots/epoch-0001.cvm" --resume-anyway -z 3 < audio.cvs
    says "shape"
    [ -z "$output" ]
}

@test "what is no snapshot, or a damaged one, is refused" {
    refuses 1 cv-train -q --resume whole.bin < audio.cvs
    says whole.bin "without the state" --snapshot
    refuses 1 cv-train -q --resume missing < audio.cvs
    says missing
    mkdir empty
    refuses 1 cv-train -q --resume empty < audio.cvs
    says empty "without a snapshot"
    refuses 1 cv-train -q --resume audio.cvs < audio.cvs
    says audio.cvs model
    head -c -40 "$shots/epoch-0001.cvm" > cut
    refuses 1 cv-train -q --resume cut < audio.cvs
    says cut
    [ -z "$output" ]
    # another value of a moment
    cp "$shots/epoch-0001.cvm" changed
    printf '\x01' | dd of=changed bs=1 seek=1000000 conv=notrunc 2> /dev/null
    refuses 1 cv-train -q --resume changed < audio.cvs
    says changed
    [ -z "$output" ]
}

@test "numbers that no run has written are refused" {
    cv-train -q -e 1 -z 1 --width 1 --stride 1 --snapshot spectral -o model.bin < long.cvs
    for change in batch=-1 batch=2**40 'batch="8"' bank=2**31 seed=-1 learning_rate=nan beta=inf epochs_wanted=2**62 \
        latent=0 stride=0 epochs=2**62 epochs=None resume.step=2**31 resume.skipped=-1 resume.taken=-5 resume.clips=nan \
        resume.spent=inf resume.seconds=nan resume.trainer=0 resume.trainer.steps=2**63-1 resume.trainer.in_row=2**62 \
        resume.trainer.skipped=-1 resume.trainer.in_row=20 resume.trainer.slower=0 resume.trainer.slower=2 \
        'network=5' 'resume=[]'; do
        python "$BATS_TEST_DIRNAME/tools/head.py" "$change" < spectral/epoch-0001.cvm > changed.cvm
        refuses 1 cv-train -q --resume changed.cvm < long.cvs || { echo "$change"; return 1; }
        says changed.cvm
    done
    python "$BATS_TEST_DIRNAME/tools/head.py" width=5000 < spectral/epoch-0001.cvm > changed.cvm
    refuses 1 cv-train -q --from changed.cvm < long.cvs
    says changed.cvm width
    # and one that is right is not
    python "$BATS_TEST_DIRNAME/tools/head.py" resume.taken=0 < spectral/epoch-0001.cvm > changed.cvm
    cv-train -q --resume changed.cvm < long.cvs > again.bin
    parts -b < again.bin | cmp - <(parts -b < model.bin)
}

@test "options that need others say so" {
    for line in "--keep 2" "--snapshot-every 1" "--resume-anyway" "--resume -" "--memory 1X" "--memory x" "--memory -1"; do
        refuses 2 cv-train -N notebook $line < audio.cvs
    done
    refuses 2 cv-train --memory 99999999999999999999G < audio.cvs
    says --memory
}

@test "a snapshot that leads to no numbers makes no model" {
    python -c '' || skip "no Python with msgpack and numpy"
    cat > negative.py << 'END'
import msgpack, sys
for o in msgpack.Unpacker(sys.stdin.buffer, strict_map_key=False, max_buffer_size=0):
    if o["cv"] == "tail":
        o.pop("xxh3")
    if "adam_v" in o.get("tensors", {}):
        v = o["tensors"]["adam_v"]
        v[b"data"] = b"\0\0\x80\xbf" * (len(v[b"data"]) // 4)
    sys.stdout.buffer.write(msgpack.packb(o))
END
    python negative.py < "$shots/epoch-0002+0003.cvm" > negative.cvm
    refuses 1 cv-train -q --resume negative.cvm -o model.bin < audio.cvs
    says "not finite"
    [ ! -e model.bin ]
}

# cv-train: what it says, logs and saves, when it stops, and that a seed fixes everything. With the network
# notebook, which trains on clips of a few samples; see spectral.bats for the other one.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 6 400
    cv-load -r 3000 -q -n 300 jazz/*.wav > audio.cvs
    cv-load -r 3000 -q -n 300 jazz/[ab].wav > test.cvs
    cv-load -r 3000 -q -n 8 jazz/*.wav > tiny.cvs
    cv-train -N notebook -q -e 0 < audio.cvs > untrained.bin
    cv-sample -q -n 3 -m untrained.bin > noise.cvs
}

setup() {
    cp -r "$BATS_FILE_TMPDIR"/{jazz,*.cvs} "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
}

# same_network A B: both models decode the same noise to the same clips
same_network() { cv-decode "$1" < noise.cvs | same <(cv-decode "$2" < noise.cvs); }

@test "the model says what it is" {
    cv-train -N notebook -q -e 3 -b 2 -s 5 -l 0.001 -z 3 -B 4 < audio.cvs > model.bin
    [ "$(field network model.bin)" = '"notebook"' ]
    [ "$(field latent model.bin)" = 3 ]
    [ "$(field rate model.bin)" = 3000 ]
    [ "$(field samples model.bin)" = 300 ]
    [ "$(field channels model.bin)" = 1 ]
    [ "$(field seed model.bin)" = 5 ]
    [ "$(field batch model.bin)" = 2 ]
    [ "$(field buffer model.bin)" = 4 ]
    [ "$(field learning_rate model.bin)" = 0.001 ]
    [ "$(field epochs model.bin)" = 3 ]
    [ "$(field epochs_wanted model.bin)" = 3 ]
    [ "$(field steps model.bin)" = 9 ]
    [ "$(field clips model.bin)" = 6 ]
    [ "$(field program model.bin)" = "\"cv $(cv-train --version | sed 's/.* //')\"" ]
    [[ "$(field digest model.bin)" =~ ^\"[0-9a-f]{16}\"$ ]]
    [ "$(field losses model.bin | tr -cd , | wc -c)" -eq 2 ]
    [ "$(field elbos model.bin | tr -cd , | wc -c)" -eq 2 ]
}

@test "the time that is left is said after each epoch but the last" {
    cv-train -N notebook -e 4 -b 1 -o model.bin < audio.cvs 2> said
    [ "$(grep -cE '^epoch [123] of 4, .* left$' said)" -eq 3 ]
    [ "$(grep -c ' left$' said)" -eq 3 ]
}

@test "the network has the notebook's parameters: 510,004 and 129 for each sample, at two latents" {
    cv-train -N notebook -q -e 0 < audio.cvs > model.bin
    [ "$(field parameters model.bin)" -eq $((510004 + 129 * 300)) ]
    cv-load -r 3000 -q -n 90001 jazz/a.wav | cv-train -N notebook -q -e 0 > full.bin
    [ "$(field parameters full.bin)" -eq 12120133 ]
    [ "$(field samples full.bin)" -eq 90001 ]
}

@test "the parameters have the names and shapes of cv-model(5)" {
    cv-train -N notebook -q -e 0 -z 3 < audio.cvs > model.bin
    names < model.bin > list
    for name in enc/conv{1,2,3,4} enc/dense dec/conv{1,2,3,4,5}; do
        printf '%s\n' "$name/kernel" "$name/bias"
    done > want
    for name in {enc,dec}/res{1,2,3,4}; do
        printf "$name/%s\n" a/kernel a/bias na/gamma na/beta b/kernel b/bias nb/gamma nb/beta
    done >> want
    diff <(sort want) <(sort list)
    cv-info model.bin > text
    for line in 'enc/conv1/kernel.*\[1, 300, 64\]' 'enc/conv4/kernel.*\[1, 128, 256\]' 'enc/res4/a/kernel.*\[256, 256, 1\]' \
        'enc/dense/kernel.*\[256, 6\]' 'dec/res1/a/kernel.*\[512, 1, 3\]' 'dec/conv1/kernel.*\[1, 512, 3\]' \
        'dec/conv5/kernel.*\[1, 300, 64\]' 'dec/conv5/bias.*\[300\]' 'dec/res4/b/kernel.*\[64, 1, 1\]'; do
        grep -qE "$line" text || { echo "no $line"; return 1; }
    done
}

# ---- the same bytes ----

@test "the same seed gives the same bytes, another seed others" {
    cv-train -N notebook -q -e 2 -b 4 < audio.cvs > one
    cv-train -N notebook -q -e 2 -b 4 < audio.cvs > two
    cv-train -N notebook -q -e 2 -b 4 -s 124 < audio.cvs > three
    cmp one two
    run -1 same_network one three
    cv-train -N notebook -q -e 2 -b 4 -s 123 < audio.cvs > four
    cmp one four
}

@test "any number of threads gives the same bytes" {
    cv-train -N notebook -q -e 2 -b 4 -j 1 < audio.cvs > one
    for threads in 2 3 0; do
        cv-train -N notebook -q -e 2 -b 4 -j $threads < audio.cvs > other
        cmp one other
    done
}

@test "log, snapshots, test stream and progress do not change the network" {
    cv-train -N notebook -q -e 2 < audio.cvs > plain
    cv-train -N notebook -e 2 --log log --snapshot shots -t test.cvs < audio.cvs > other 2> words
    same_network plain other
    same_network plain shots/epoch-0002.cvm
    run -1 --separate-stderr cv-train -N notebook -q -e 2 --log /dev/full -o made < audio.cvs
    [ "${stderr_lines[0]}" = "cv-train: log not written: /dev/full: No space left on device" ]
    [ "${#stderr_lines[@]}" -eq 2 ]
    same_network plain made
}

@test "-B 1 keeps the order, other buffers shuffle" {
    cv-train -N notebook -q -e 1 -b 2 -B 1 < audio.cvs > ordered
    cv-train -N notebook -q -e 1 -b 2 < audio.cvs > shuffled
    run -1 same_network ordered shuffled
    # batches in the input are kept as they are
    cv-batch -b 2 -B 1 < audio.cvs | cv-train -N notebook -q -e 1 > batched
    same_network ordered batched
}

@test "training lowers the loss" {
    cv-train -N notebook -q -e 15 -l 0.001 --log log < audio.cvs > model.bin
    first=$(sed -n '1s/.*"loss": *\([^,}]*\).*/\1/p' log)
    last=$(sed -n '15s/.*"loss": *\([^,}]*\).*/\1/p' log)
    ascending "$last" "$(awk -v a="$first" 'BEGIN { print a - 1 }')"
}

@test "-e 0 writes the initial values" {
    cv-train -N notebook -q -e 0 < audio.cvs > model.bin
    [ "$(field epochs model.bin)" = 0 ]
    [ "$(field losses model.bin)" = "[]" ]
    cv-train -N notebook -q -e 1 --snapshot shots < audio.cvs > /dev/null
    same_network model.bin shots/epoch-0000.cvm
}

# ---- what it says ----

@test "one line on standard error of what is to come, and one per epoch" {
    n='-?[0-9.]+(e[-+]?[0-9]+)?'
    time='[0-9.]+ (s|min|h)'
    run --separate-stderr cv-train -N notebook -e 3 < audio.cvs
    [ "${#stderr_lines[@]}" -eq 5 ]
    [[ ${stderr_lines[0]} =~ ^"cv-train: 6 clips, 0.6 s of sound of 6 tracks; 549 k parameters, 1 step an epoch, about "$time$ ]]
    for i in 1 2 3; do
        [[ ${stderr_lines[i + 1]} =~ ^"epoch $i of 3, loss "$n", distance "$n", KL "$n", "$time(", "$time" left")?$ ]]
    done
    run --separate-stderr cv-train -N notebook -e 1 -t test.cvs < audio.cvs
    [[ ${stderr_lines[${#stderr_lines[@]} - 1]} =~ ^"epoch 1 of 1, loss "$n", distance "$n", KL "$n", test loss "$n", distance "$n", KL "$n", ELBO "$n", "$time$ ]]
}

@test "tracks are told from clips by their meta" {
    jazz 1 1000
    cv-load -r 3000 -q -n 250 --all jazz/a.wav jazz/b.wav > cut.cvs
    run --separate-stderr cv-train -N notebook -e 1 < cut.cvs
    [[ ${stderr_lines[0]} == "cv-train: "*" of sound of 2 tracks; "* ]]
    cv-batch -b 2 < cut.cvs > batched.cvs
    run --separate-stderr cv-train -N notebook -e 1 < batched.cvs
    [[ ${stderr_lines[0]} == "cv-train: "*" of sound of 2 tracks; "* ]]
}

@test "-q says nothing" {
    run --separate-stderr bash -c 'cv-train -N notebook -q -e 2 -t test.cvs < audio.cvs > model.bin'
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
}

@test "the log has a line of JSON for each epoch" {
    cv-train -N notebook -q -e 3 -b 4 --log log < audio.cvs > model.bin
    [ "$(wc -l < log)" -eq 3 ]
    n='-?[0-9.]+(e[-+]?[0-9]+)?'
    for i in 1 2 3; do
        sed -n "${i}p" log | tr -d ' ' |
            grep -qxE "\{\"epoch\":$i,\"step\":$((2 * i)),\"loss\":$n,\"distance\":$n,\"kl\":$n,\"elbo\":$n,\"learning_rate\":$n,\"seconds\":$n,\"clips_per_second\":$n\}"
    done
    cv-train -N notebook -q -e 1 -t test.cvs --log log < audio.cvs > model.bin
    tr -d ' ' < log | grep -qE "\"elbo\":$n,\"test_loss\":$n,\"test_distance\":$n,\"test_kl\":$n,\"test_elbo\":$n,"
    # what the log says is what the model says
    [ "[$(sed -n 's/.*"loss": *\([^,}]*\).*/\1/p' log)]" = "$(field losses model.bin)" ]
    [ "[$(sed -n 's/.*"test_elbo": *\([^,}]*\).*/\1/p' log)]" = "$(field test_elbos model.bin)" ]
}

@test "the log is on disk when an epoch is over, and can be a pipe" {
    mkfifo log
    cv-train -N notebook -q -e 2 --log log < audio.cvs > model.bin &
    lines=$(timeout 60 sh -c 'wc -l < log')
    wait $!
    [ "$lines" -eq 2 ]
}

@test "a log or a snapshot folder that cannot be made is refused before training" {
    refuses 1 cv-train -N notebook -e 1 --log missing/log < audio.cvs
    says missing/log
    [ -z "$output" ]
    refuses 1 cv-train -N notebook -e 1 --snapshot missing/shots < audio.cvs
    says missing/shots
    [ -z "$output" ]
    echo "a file" > file
    refuses 1 cv-train -N notebook -e 1 --snapshot file < audio.cvs
    says file
    [ -z "$output" ]
}

# ---- the test stream ----

@test "clips in both streams get a warning, by their samples and not by their names" {
    mkdir same other
    cp jazz/a.wav same/f.wav
    cp jazz/b.wav same/
    cp jazz/[cdef].wav other/
    cp jazz/f.wav other/a.wav
    cv-load -r 3000 -q -n 300 jazz/[ef].wav same/f.wav same/b.wav > test.cvs
    cv-load -r 3000 -q -n 300 jazz/[abcd].wav > train.cvs
    run --separate-stderr cv-train -N notebook -e 1 -t test.cvs < train.cvs
    [ "$status" -eq 0 ]
    [ "$(printf '%s\n' "${stderr_lines[@]}" | grep -c 'warning: .*both')" -eq 1 ]
    says "2 of 4" "'same/f'" "'a' in training"
    cv-load -r 3000 -q -n 300 jazz/[ab].wav > test.cvs
    cv-load -r 3000 -q -n 300 other/*.wav > train.cvs
    run --separate-stderr cv-train -N notebook -e 1 -t test.cvs < train.cvs
    [ "$status" -eq 0 ]
    [[ $stderr != *warning* ]]
}

@test "figures of test clips are those of cv-eval, whatever the batch" {
    for batch in 1 4; do
        cv-train -N notebook -q -e 1 -b $batch -z 3 -t audio.cvs --log log < audio.cvs > model.bin
        said=$(grep -o '"test_elbo":[^,]*' log)
        cv-eval --json model.bin < audio.cvs > figures
        is=$(grep -o '"elbo":[^,]*' figures)
        awk -v a="${said#*:}" -v b="${is#*:}" 'BEGIN { d = a / b - 1; exit !(d < 1e-5 && d > -1e-5) }'
    done
}

@test "test clips that are longer or at another rate are refused" {
    refuses 1 cv-train -q -N notebook -e 1 -t audio.cvs < tiny.cvs
    says 8 300 "cv-load -n"
    [ -z "$output" ]
    cv-load -q -r 6000 -n 300 jazz/a.wav > fast.cvs
    refuses 1 cv-train -N notebook -e 1 -t fast.cvs < audio.cvs
    says 6000 3000
}

@test "clips that are shorter than the longest are trained on as if they were padded, and that is said" {
    jazz 2 200
    cv-load -r 3000 -q jazz/*.wav > unlike.cvs
    cv-load -r 3000 -q -n 400 jazz/*.wav > alike.cvs
    cv-load -r 3000 -q jazz/[ab].wav > short.cvs
    cv-load -r 3000 -q -n 400 jazz/[ab].wav > padded.cvs
    cv-train -N notebook -e 2 -b 4 -t short.cvs --log unlike.json < unlike.cvs > unlike.bin 2> words
    cv-train -N notebook -q -e 2 -b 4 -t padded.cvs --log alike.json < alike.cvs > alike.bin
    [ "$(grep -c 'shorter than' words)" -eq 1 ]
    grep -qx 'cv-train: 4 of 8 clips are shorter than the longest, of 400 samples: padded with silence' words
    [ "$(field samples unlike.bin)" -eq 400 ]
    same_network unlike.bin alike.bin
    for key in loss test_elbo; do
        [ "$(grep -o "\"$key\":[^,]*" unlike.json)" = "$(grep -o "\"$key\":[^,]*" alike.json)" ]
    done
    # what would make the clips of the notebook
    grep -qx 'cv-train: clips of 400 samples at 3000 Hz: those of the notebook are made by cv-load -r 3000 -n 90001' words
    # where all are alike, nothing is said
    cv-train -N notebook -e 1 < audio.cvs 2> words > /dev/null
    run -1 grep 'shorter' words
}

@test "a test stream that is cut or of the wrong kind is refused" {
    head -c -1 test.cvs > cut
    refuses 1 cv-train -N notebook -e 1 -t cut < audio.cvs
    says cut ended
    refuses 1 cv-train -N notebook -e 1 -t noise.cvs < audio.cvs
    says noise.cvs audio
    [ -z "$output" ]
}

# ---- snapshots ----

@test "a snapshot before training and after each epoch, each a model" {
    cv-train -N notebook -q -e 3 -b 4 --snapshot shots < audio.cvs > model.bin
    [ "$(ls -A shots | tr '\n' ' ')" = "epoch-0000.cvm epoch-0001.cvm epoch-0002.cvm epoch-0003.cvm " ]
    for i in 0 1 2 3; do
        [ "$(field epochs "shots/epoch-000$i.cvm")" -eq $i ]
        [ "$(field epochs_wanted "shots/epoch-000$i.cvm")" -eq 3 ]
        [ "$(field steps "shots/epoch-000$i.cvm")" -eq $((2 * i)) ]
    done
    same_network model.bin shots/epoch-0003.cvm
    run -1 same_network model.bin shots/epoch-0002.cvm
    # the folder may be there
    cv-train -N notebook -q -e 1 --snapshot shots < audio.cvs > model.bin
}

@test "a full disk in the middle of a snapshot leaves no half of one, and the old one" {
    cv-train -N notebook -q -e 1 --snapshot shots < audio.cvs > /dev/null
    cp shots/epoch-0001.cvm before
    # files of at most 1 MB: a model has 2
    run --separate-stderr bash -c "ulimit -f 1000; cv-train -N notebook -e 1 -l 0.1 --snapshot shots < audio.cvs | cat"
    [[ $stderr == *"cv-train: "*shots* ]]
    [ "$(ls -A shots | tr '\n' ' ')" = "epoch-0000.cvm epoch-0001.cvm " ]
    cmp before shots/epoch-0001.cvm
    run bash -c "ulimit -f 1000; cv-train -N notebook -q -e 1 --snapshot shots < audio.cvs > /dev/null"
    [ "$status" -eq 1 ]
}

# ---- the file of the model ----

@test "-o: what to type next is for a shell, whatever the file is called; - is standard output" {
    for name in "it's; touch made \$(touch made)" -e; do
        cv-train -N notebook -e 0 -o "$name" < audio.cvs 2> said
        sed -n 's/.* ten clips of it: \(.*\) | cv-towav$/\1/p' said > next
        cv-sample -n 10 -m "./$name" | cv-decode "./$name" > wanted
        sh next | same wanted
        [ -s wanted ]
        [ ! -e made ]
    done
    cv-train -N notebook -q -e 0 -o - < audio.cvs | cmp - ./-e
    cv-train -N notebook -e 0 -o /dev/stdout < audio.cvs 2> said | cmp - ./-e
    run ! grep 'ten clips' said
    [ ! -e - ]
}

@test "-o: what was there stays until the new model is whole" {
    cv-train -N notebook -q -e 2 < audio.cvs > piped.bin
    echo before > model.bin
    run --separate-stderr cv-train -N notebook -q -e 2 -o model.bin < audio.cvs
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    cmp piped.bin model.bin
    # no input, a loss that is not finite, a disk that is full
    cp model.bin before
    refuses 1 cv-train -N notebook -o model.bin < /dev/null
    cmp before model.bin
    refuses 1 cv-train -N notebook -q -e 50 -b 3 -l 1e12 -o model.bin < audio.cvs
    cmp before model.bin
    run --separate-stderr bash -c "ulimit -f 1000; cv-train -N notebook -q -e 1 -o model.bin < audio.cvs"
    [ "$status" -eq 1 ]
    [[ $stderr == *model.bin* ]]
    cmp before model.bin
    [ ! -e model.bin.part ]
    # a link stays one, a pipe gets the model
    ln -s model.bin link
    cv-train -N notebook -q -e 0 -o link < audio.cvs
    [ -L link ]
    [ "$(field epochs model.bin)" = 0 ]
    mkfifo pipe
    cv-train -N notebook -q -e 2 -o pipe < audio.cvs &
    cmp piped.bin pipe
    wait $!
    [ -p pipe ]
}

@test "-o: a file that cannot be made is refused before training" {
    refuses 1 cv-train -N notebook --log log -o missing/model.bin < audio.cvs
    says missing/model.bin
    [ ! -e log ]
    mkdir folder
    refuses 1 cv-train -N notebook --log log -o folder < audio.cvs
    says folder "is a folder"
    [ ! -e log ]
}

# ---- stopping ----

# start_training [OPTION ...]: a long one; returns when its first epoch is over, in $pid; fd 9 reads the log.
start_training() {
    mkfifo log
    env --default-signal=HUP,INT,TERM,USR1 cv-train -N notebook -e 1000000 --log log "$@" < audio.cvs > model.bin 2> words &
    pid=$!
    exec 9< log
    read -r _ <&9
}

@test "an interrupt ends training with a valid model and status 0" {
    for signal in INT TERM HUP USR1; do
        start_training
        kill -$signal $pid
        cat <&9 > /dev/null
        wait $pid
        exec 9<&-
        rm log
        cv-info model.bin
        [ "$(field epochs model.bin)" -ge 1 ]
        [ "$(field epochs model.bin)" -lt 1000000 ]
        [ "$(field epochs_wanted model.bin)" -eq 1000000 ]
        [ "$(field steps model.bin)" -ge "$(field epochs model.bin)" ]
        grep -q '^cv-train: .*signal' words
        cv-decode -q model.bin < noise.cvs | cv-info
    done
}

@test "an interrupt before the first step leaves no model" {
    mkfifo log
    env --default-signal=INT cv-train -N notebook -j 1 --snapshot shots --log log < audio.cvs > model.bin 2> words &
    pid=$!
    # it waits for a reader of the log
    until [ -d shots ] && grep -q '^State:.S' /proc/$pid/status; do sleep 0.02; done
    kill -INT $pid
    exec 9<> log
    status=0
    wait $pid || status=$?
    exec 9<&-
    [ "$status" -eq 130 ]
    [ ! -s model.bin ]
}

@test "an interrupt while clips are loaded is answered at once, without a model" {
    mkfifo pipe
    env --default-signal=INT cv-train -N notebook -o model.bin --snapshot shots < pipe 2> words &
    pid=$!
    exec 9> pipe
    head -c 3000 audio.cvs >&9
    until grep -q '^State:.S' /proc/$pid/status; do sleep 0.02; done
    kill -INT $pid
    exec 9>&-
    status=0
    wait $pid || status=$?
    [ "$status" -eq 130 ]
    [ ! -e model.bin ]
    [ ! -e shots ]
}

@test "a signal that was ignored before stays so" {
    mkfifo log
    (trap '' HUP INT; exec cv-train -N notebook -e 40 --log log < audio.cvs > model.bin 2> words) &
    pid=$!
    exec 9< log
    read -r _ <&9
    kill -HUP $pid
    kill -INT $pid
    cat <&9 > /dev/null
    wait $pid
    exec 9<&-
    [ "$(field epochs model.bin)" -eq 40 ]
}

@test "two runs do not share a folder of snapshots" {
    start_training --snapshot shots
    refuses 1 cv-train -N notebook -e 1 --snapshot shots < audio.cvs
    says shots "another run"
    [ -z "$output" ]
    refuses 1 cv-train --resume shots --snapshot shots < audio.cvs
    says shots "another run"
    kill -KILL $pid
    wait $pid || true
    exec 9<&-
    cv-train -N notebook -q -e 1 --snapshot shots < audio.cvs > model.bin
}

@test "a second interrupt ends at once, without a model" {
    start_training
    # both signals are there when the program goes on
    kill -STOP $pid
    kill -INT $pid
    kill -TERM $pid
    kill -INT $pid
    kill -CONT $pid
    cat <&9 > /dev/null
    status=0
    wait $pid || status=$?
    exec 9<&-
    [ "$status" -ne 0 ]
    [ ! -s model.bin ]
}

@test "a loss that is not finite stops with epoch, step and clips, and the good snapshots stay" {
    refuses 1 bash -c 'cv-train -N notebook -q -e 50 -b 3 -l 1e12 --snapshot shots < audio.cvs'
    says epoch step finite
    [[ $stderr =~ [abcdef]", "[abcdef]", "[abcdef] ]]
    [ -z "$output" ]
    [ -f shots/epoch-0000.cvm ]
    for shot in shots/*; do
        cv-info "$shot" > /dev/null
    done
}

# ---- options ----

@test "options of another network are refused" {
    for line in "--width 8" "--stride 2" "--frames beat" "--bank 10" "--beta 0.1"; do
        refuses 2 cv-train -N notebook $line < audio.cvs
        says "${line% *} is for the network spectral"
    done
    refuses 2 cv-train -e 3 --time 1 < audio.cvs
    refuses 2 cv-train -B 3 < audio.cvs
    says "--buffer is for the network notebook"
}

@test "one clip of one sample trains" {
    printf '%b' "$(mp_head audio 3000)$(mp_frame one audio "1 1" 0.5)$(mp_tail 1)" > one
    cv-train -N notebook -q -e 2 < one > model.bin
    [ "$(field samples model.bin)" = 1 ]
    cv-decode -q model.bin < noise.cvs | cv-info
}

@test "the digest depends on names and samples, not on meta" {
    printf '%b' "$(mp_head audio 3000)$(mp_frame one audio "1 2" 0.5 1)$(mp_tail 1)" > a
    printf '%b' "$(mp_head audio 3001)$(mp_frame one audio "1 2" 0.5 1)$(mp_tail 1)" > b
    printf '%b' "$(mp_head audio 3000)$(mp_frame two audio "1 2" 0.5 1)$(mp_tail 1)" > c
    printf '%b' "$(mp_head audio 3000)$(mp_frame one audio "1 2" 0.5 0)$(mp_tail 1)" > d
    for stream in a b c d; do
        cv-train -N notebook -q -e 0 < $stream > $stream.bin
        field digest $stream.bin
    done > digests
    [ "$(sed -n 1p digests)" = "$(sed -n 2p digests)" ]
    [ "$(sort -u digests | wc -l)" -eq 3 ]
}

@test "--from starts with the network of a model, and all else from the clips" {
    wav a.wav 9000
    wav b.wav 9000 3000 7
    cv-load -q -r 3000 a.wav > a.cvs
    cv-load -q -r 3000 b.wav > b.cvs
    cv-train -q -e 2 -z 4 --width 8 --frames fixed < a.cvs > a.bin
    cv-train -q -e 0 --from a.bin < b.cvs > b.bin
    for p in enc/linear/kernel enc/logvar dec/in/kernel dec/out/kernel prior/ar/bias; do
        values value "$p" < a.bin > one
        values value "$p" < b.bin | cmp - one
    done
    for p in front/mean pca/kernel prior/bank; do
        values value "$p" < a.bin > one
        values value "$p" < b.bin > two
        run ! cmp -s one two
    done
    [[ "$(field from b.bin)" =~ ^\"[0-9a-f]{16}\"$ ]]
    [ "$(field latent b.bin)" = 4 ]
    # and trains on, the same for any number of threads, with the notice kept by snapshots
    cv-train -q -e 2 -j 1 --from a.bin < b.cvs > one.bin
    cv-train -q -e 2 -j 2 --from a.bin --snapshot run < b.cvs | cmp - one.bin
    cv-train -q --resume run/epoch-0001.cvm < b.cvs | cmp - one.bin
}

# bank MODEL: the latents of its bank, one a line
bank() {
    paste -s -d ' ' <(values value prior/mean < "$1") <(values value prior/sd < "$1") > scale
    values value prior/bank < "$1" |
        awk 'NR == FNR { n = split($0, s); for (i = 1; i <= n; i++) v[NR, i] = s[i]; next }
             { i = (FNR - 1) % n + 1; print $1 * v[2, i] + v[1, i] }' scale -
}

@test "--keep-bank makes the prior and the bank of the clips and of the bank of the old model" {
    wav a.wav 9000
    wav b.wav 12000 3000 7
    cv-load -q -r 3000 a.wav > a.cvs
    cv-load -q -r 3000 b.wav > b.cvs
    cv-train -q -e 20 -z 4 --width 8 --frames fixed < a.cvs > a.bin
    cv-train -q -e 0 --from a.bin < b.cvs > b.bin
    cv-train -q -e 0 --from a.bin --keep-bank < b.cvs > both.bin
    [ "$(field keep_bank both.bin)" = true ]
    cat <(values value prior/lengths < b.bin) <(values value prior/lengths < a.bin) | tr -d '\n' > lengths
    [ "$(values value prior/lengths < both.bin | tr -dc '0-9')" = "$(tr -dc '0-9' < lengths)" ]
    # with the old network on the old clips these come twice: as they are encoded, and nearly so as they were decoded
    cv-train -q -e 0 --from a.bin --keep-bank < a.cvs > same.bin
    bank a.bin > old
    bank same.bin | head -n "$(wc -l < old)" | paste - old | awk '{ if (($1 - $2) ^ 2 > 1e-4) exit 1 }'
    bank same.bin | tail -n "$(wc -l < old)" | paste - old |
        awk '{ far += ($1 - $2) ^ 2; all += $1 ^ 2 } END { exit !(far < 0.4 * all && far > 0) }'
    # the bank is shared, and one that has no room for both has the new one
    cv-train -q -e 0 --from a.bin --keep-bank --bank 70 < b.cvs > few.bin
    [ "$(values value prior/lengths < few.bin)" = "$(values value prior/lengths < b.bin)" ]
    # the same for any number of threads, and going on
    cv-train -q -e 2 -j 1 --from a.bin --keep-bank < b.cvs > one.bin
    cv-train -q -e 2 -j 2 --from a.bin --keep-bank --snapshot run < b.cvs | cmp - one.bin
    cv-train -q --resume run/epoch-0001.cvm --from a.bin --keep-bank < b.cvs | cmp - one.bin
    refuses 1 cv-train -q --resume run/epoch-0001.cvm < b.cvs
    says "trained with --from and --keep-bank: give both again"
    refuses 1 cv-train -q --resume run/epoch-0001.cvm --from b.bin --keep-bank < b.cvs
    says "was trained from another model than b.bin"
    refuses 2 cv-train -q --keep-bank < b.cvs; says "name it with --from"
    cv-train -q -e 0 --from a.bin --bank 0 < b.cvs > none.bin
    refuses 1 cv-train -q --from none.bin --keep-bank < b.cvs; says "none.bin has no bank to keep"
    refuses 2 cv-train -q --from a.bin --keep-bank --bank 0 < b.cvs; says "keeps none"
    refuses 1 cv-train -q --from a.bin --keep-bank --stride 4 < b.cvs; says "another --stride"
    # clips of the bank keep their beat
    cv-train -q -e 0 -z 1 --width 1 --frames beat < b.cvs > beat.bin
    cv-train -q -e 0 --from beat.bin --keep-bank < a.cvs > beats.bin
    [ "$(values value prior/periods < beats.bin | wc -l)" -eq 2 ]
    [ "$(values value prior/periods < beats.bin | tail -n 1)" = "$(values value prior/periods < beat.bin)" ]
}

@test "--from with the notebook network, and what does not go together" {
    cv-train -N notebook -q -e 1 < audio.cvs > model.bin
    cv-train -q -e 0 --from model.bin < audio.cvs > same.bin
    cv-decode model.bin < noise.cvs | same <(cv-decode same.bin < noise.cvs)
    refuses 1 cv-train -q -z 3 --from model.bin < audio.cvs
    says "model.bin was trained with another -z" "leave -z out"
    refuses 1 cv-train -q --from model.bin < tiny.cvs
    says "clips have up to 8 samples, model.bin takes 300" "cv-load -n 300"
    cv-load -r 4000 -q -n 300 jazz/*.wav > fast.cvs
    refuses 1 cv-train -q --from model.bin < fast.cvs
    says "the clips are at 4000 Hz, model.bin was trained at 3000 Hz: use cv-load -r 3000"
    refuses 1 cv-train -q --from audio.cvs < audio.cvs
    cv-load -q -r 1500 -n 300 jazz/a.wav > slow.cvs
    refuses 1 cv-train -q --from model.bin < slow.cvs
    says "1500 Hz" "cv-load -r 3000"
    tone -r 3000 -c 2 a.wav
    cv-load -q -c -r 3000 -n 300 a.wav > two.cvs
    refuses 1 cv-train -q --from model.bin < two.cvs
    says "2 channels" "takes 1" "without cv-load -c"
    refuses 1 cv-train -q --from nothing.bin < audio.cvs
    refuses 2 cv-train -q --from - < audio.cvs
    refuses 2 cv-train -q --from model.bin --resume model.bin < audio.cvs
    refuses 2 cv-train -q --from model.bin --prior-only model.bin < audio.cvs
}

# cv-train-mpi: one rank is cv-train, several are the same whatever carries what they exchange; they end together, and leave
# nothing that looks complete when one fails. With the MPI of the build, and with the other one where there is one.

load clips
load helper

# flavour PROGRAM: which MPI it is linked with
flavour() { if ldd "$1" | grep -q libmpich; then echo mpich; else echo ompi-c; fi; }

# The program again with the other MPI, in other/.
build_other() {
    local top=$BATS_TEST_DIRNAME/.. mpi=mpich

    [ "$(flavour "$build/cv-train-mpi")" != mpich ] || mpi=ompi-c
    pkg-config --exists $mpi || return 0
    if nm "$build/cmd/cv-train.o" | grep -q __llvm_profile; then return 0; fi # as make coverage has built it
    mkdir other
    cc -std=c11 -D_GNU_SOURCE -I"$top/libcore" -O2 $(pkg-config --cflags $mpi) -pthread -o other/cv-train-mpi \
        "$top/cmd/mpi/team.c" "$build/cmd/cv-train.o" "$build/libcore.a" \
        $(pkg-config --libs sndfile libmpg123 soxr libebur128 fftw3f msgpack libxxhash jansson $mpi) -ldl -lm
}

setup_file() {
    export build=${CV_BUILD:-$(dirname "$(command -v cv-train)")}
    # as root, and more ranks than processors
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
    export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
    cd "$BATS_FILE_TMPDIR"
    jazz 6 9000
    cv-load -q -r 3000 jazz/*.wav > all.cvs
    # what rank 0 deals to two: in turns, all being as long
    cv-load -q -r 3000 jazz/[ace].wav > 0.cvs
    cv-load -q -r 3000 jazz/[bdf].wav > 1.cvs
    cv-load -q -r 3000 -n 4000 jazz/[abc].wav > test.cvs
    [ ! -x "$build/cv-train-mpi" ] || build_other
}

setup() {
    [ -x "$build/cv-train-mpi" ] || skip "there was no MPI to build cv-train-mpi with"
    cd "$BATS_TEST_TMPDIR"
    ln -s "$BATS_FILE_TMPDIR"/*.cvs .
}

# ranks N COMMAND: cv-train-mpi in it is $program; $rank is its rank; standard input is none.
# $s are settings of a small network.
ranks() {
    local of=mpirun.openmpi name=OMPI_COMM_WORLD_RANK n=$1

    shift
    [ "$(flavour "$program")" = ompi-c ] || { of=mpirun.mpich; name=PMI_RANK; }
    exec="$(printf 's="'"$s"'"; rank=$%s; cv-train-mpi() { exec %q "$@"; }; %s' $name "$program" "$*")"
    env --default-signal=INT,TERM,USR1 $of -n "$n" bash -c "$exec" < /dev/null
}
s='-q --width 8 -z 8'
program=${CV_BUILD:-$(dirname "$(command -v cv-train)")}/cv-train-mpi

# programs: the one of the build, and the other where it could be built
programs() { ls "$build/cv-train-mpi" "$BATS_FILE_TMPDIR"/other/cv-train-mpi 2> /dev/null || true; }

# fails N COMMAND: no model, status other than 0, and one line of cv-train-mpi, in $line, whatever mpirun adds
fails() {
    status=0
    ranks "$@" 2> words > out || status=$?
    [ "$status" -ne 0 ]
    [ ! -s out ]
    grep '^cv-' words > lines || true
    [ "$(wc -l < lines)" -eq 1 ] || { cat words; return 1; }
    line=$(cat lines)
}

@test "one rank is cv-train, with mpirun and without" {
    cv-train $s -e 2 -s 3 -t test.cvs < all.cvs > want
    cv-train-mpi $s -e 2 -s 3 -t test.cvs < all.cvs | cmp - want
    for program in $(programs); do
        ranks 1 'cv-train-mpi $s -e 2 -s 3 -t test.cvs < all.cvs' | cmp - want
    done
}

@test "several: the same bytes with any number of threads, over OpenMPI and MPICH, run after run" {
    ranks 2 'cv-train-mpi $s -j 1 -e 3 -t test.cvs < all.cvs' > two
    [ "$(field ranks two)" = 2 ]
    [ "$(field clips two)" = 6 ]
    # a loss is a mean over ranks, as their gradient is
    cv-train $s -e 3 -t test.cvs < all.cvs > one
    near "$(field losses two | tr -d '[' | cut -d , -f 1)" "$(field losses one | tr -d '[' | cut -d , -f 1)" .08
    cv-info --recipe two | grep -qE '[|] mpirun -n 2 cv-train-mpi -e 3 .*-z 8 -t test.cvs --width 8 '
    cv-sample -q -n 1 -m two | cv-decode -q two | cv-info > /dev/null
    for program in $(programs); do
        ranks 2 'cv-train-mpi $s -j 2 -e 3 -t test.cvs < all.cvs' | cmp - two
    done
    ranks 3 'cv-train-mpi $s -j 1 -e 3 -t test.cvs < all.cvs' > three
    run ! cmp -s two three
}

# squares: the sum of the squares of all numbers
squares() { awk '{ sum += $1 * $1 } END { print sum }'; }

@test "what is known before the first step is what one rank knows" {
    cv-train $s -e 0 < all.cvs > one
    ranks 3 'cv-train-mpi $s -e 0 < all.cvs' > three
    for of in floor loudest most; do
        values value "front/$of" < one | cmp - <(values value "front/$of" < three)
    done
    for of in front/mean front/scale pca/variance prior/mean; do
        paste <(values value "$of" < one) <(values value "$of" < three) | awk '
            { d = $1 - $2; if (d < 0) d = -d; if (d > 1e-3 * (1 + ($1 < 0 ? -$1 : $1))) bad = 1 } END { exit bad || !NR }' || { echo "$of"; return 1; }
    done
    # the same clips in another order
    for of in bank lengths; do
        near "$(values value prior/$of < one | squares)" "$(values value prior/$of < three | squares)" 1
    done
}

@test "dealt by rank 0, or read by each: the same" {
    ranks 2 'cv-train-mpi $s -e 2 < all.cvs' | values value > dealt
    ranks 2 'cv-train-mpi --each $s -e 2 < $rank.cvs' | values value | cmp - dealt
    # and through mpirun's own standard input
    [ "$(flavour "$program")" = ompi-c ] || skip "MPICH's mpirun loses input that comes faster than it is read"
    mpirun.openmpi -n 2 "$program" $s -e 2 < all.cvs | values value | cmp - dealt
}

@test "a run goes on from a snapshot, with as many ranks on the same clips" {
    ranks 2 'cv-train-mpi $s -e 4 --snapshot shots --log log -o whole < all.cvs'
    [ "$(ls shots | wc -l)" -eq 5 ]
    [ "$(wc -l < log)" -eq 4 ]
    ranks 2 'cv-train-mpi -q --resume shots/epoch-0002.cvm < all.cvs' | cmp - whole
    fails 3 'cv-train-mpi -q --resume shots/epoch-0002.cvm < all.cvs'
    [[ $line == *"trained by 2 ranks, now 3"* ]]
    fails 2 'cv-train-mpi -q --resume shots/epoch-0002.cvm < 0.cvs'
    [[ $line == *"trained on other data"* ]]
    refuses 1 cv-train -q --resume shots/epoch-0002.cvm < all.cvs
    says "trained by 2 ranks"
    # from the network of a model: each rank has it
    ranks 2 'cv-train-mpi -q -e 0 --from whole < all.cvs' | values value dec/out/kernel | cmp - <(values value dec/out/kernel < whole)
    # and takes its share of the bank
    ranks 2 'cv-train-mpi -q -e 0 --from whole --keep-bank < all.cvs' > kept
    [ "$(field prior_clips kept)" -eq $((2 * $(field prior_clips whole))) ]
}

# started WORDS: trains, with these words before cv-train-mpi, until an epoch is over; pids in pid.0, pid.1 and $mpirun. Words
# may be lost: an mpirun that ends passes no more of them on.
started() {
    rm -rf log model shots pid.*
    mkfifo log
    ranks 2 'echo $$ > pid.$rank;' "$1" 'cv-train-mpi ${s#-q} -e 10000 --snapshot shots --log log -o model < all.cvs' 2> words &
    job=$!
    exec 8< log # stays open: a log that cannot be written ends the run, too
    read -r _ <&8
    mpirun=$(pgrep -P $job mpi)
    cat <&8 > /dev/null &
}

# saved: it ends with its model; its status is in $status
saved() {
    status=0
    wait $job || status=$?
    exec 8<&-
    [ "$(field ranks model)" = 2 ]
    cv-info model > /dev/null
}

@test "a rank that is killed ends the run, without a model" {
    for program in $(programs); do
        started ''
        kill -KILL "$(cat pid.1)"
        status=0
        wait $job || status=$?
        exec 8<&-
        [ "$status" -ne 0 ]
        [ ! -e model ]
    done
}

@test "a signal to mpirun saves the model: SIGUSR1, and with MPICH SIGTERM and SIGINT, whose mpirun passes them on" {
    for program in $(programs); do
        for signal in USR1 TERM INT; do
            [ $signal = USR1 ] || [ "$(flavour "$program")" = mpich ] || continue
            started ''
            kill -$signal $mpirun
            saved
            [ "$status" -eq 0 ]
        done
        # it reaches a shell that waits for the rank, too
        started 'trap : USR1; cat all.cvs |'
        kill -USR1 $mpirun
        saved
        [ "$status" -eq 0 ]
    done
}

@test "an mpirun that kills leaves a snapshot to go on from, and no file that looks complete" {
    for program in $(programs); do
        for signal in TERM KILL; do
            started ''
            kill -$signal $mpirun
            wait $job || true
            exec 8<&-
            for pid in $(cat pid.*); do while kill -0 $pid; do sleep .1; done 2> /dev/null; done
            [ ! -e model ] || cv-info model > /dev/null
            ranks 2 'cv-train-mpi -q --resume shots --resume-anyway -e 1 -o resumed < all.cvs'
            [ "$(field ranks resumed)" = 2 ]
        done
    done
}

@test "a signal to one rank saves the model" {
    started ''
    kill -TERM $(cat pid.1)
    saved
    [ "$status" -eq 0 ]
    grep -q 'stopped by a signal after' words
}

@test "a run that is stopped and then killed goes on to the same model" {
    ranks 2 'cv-train-mpi $s -e 60 -o whole < all.cvs'
    ranks 2 'echo $$ > pid.$rank; cv-train-mpi $s -e 60 --snapshot shots -o model < all.cvs' 2> words &
    job=$!
    until [ -e shots/epoch-0001.cvm ]; do sleep .02; done
    kill -STOP $(cat pid.0)
    before=(shots/*.cvm)
    kill -TERM $(cat pid.0)
    kill -CONT $(cat pid.0)
    # its snapshot is there with the prior of the one before, then with its own
    until now=(shots/*.cvm) && [ "${#now[@]}" -gt "${#before[@]}" ] || ! kill -0 $job; do :; done 2> /dev/null
    kill -KILL $(cat pid.*) 2> /dev/null || true
    wait $job || true
    ranks 2 'cv-train-mpi -q --resume shots < all.cvs' | cmp - whole
}

@test "a rank that differs or fails is named, in one line" {
    cv-load -q -r 6000 jazz/b.wav > fast.cvs 2> /dev/null || cv-load -q -r 6000 "$BATS_FILE_TMPDIR"/jazz/b.wav > fast.cvs
    for program in $(programs); do
        fails 2 'if [ $rank = 1 ]; then cv-train-mpi --each < fast.cvs; fi; cv-train-mpi --each < 0.cvs'
        [[ $line == *"rank 1: "*"6000 Hz"*"3000 Hz"* ]]
        fails 2 'if [ $rank = 1 ]; then cv-train-mpi --each < /dev/null; fi; cv-train-mpi --each < 0.cvs'
        [[ $line == *"rank 1: standard input is empty"* ]]
    done
    program=$build/cv-train-mpi
    fails 2 'if [ $rank = 1 ]; then cv-train-mpi --each -e 3 < 1.cvs; fi; cv-train-mpi --each < 0.cvs'
    [[ $line == *"rank 1: "*"'mpirun -n 2 cv-train-mpi -e 3 --each' of cv "*"; rank 0 'mpirun -n 2 cv-train-mpi --each'"* ]]
    # what all do together
    for words in '--each < 1.cvs' '--snapshot shots' '--resume whole' '--from whole'; do
        fails 2 "if [ \$rank = 1 ]; then cv-train-mpi $words; fi; cv-train-mpi < all.cvs"
        [[ $line == *"rank 1: runs 'mpirun -n 2 cv-train-mpi "*"${words%% *}"*"; rank 0 'mpirun -n 2 cv-train-mpi' of cv"* ]]
    done
    tone -r 3000 -s 3 -w silence silence.wav
    cv-load -q -r 3000 silence.wav > silence.cvs
    fails 2 'if [ $rank = 1 ]; then cv-train-mpi --each < silence.cvs; fi; cv-train-mpi --each < 0.cvs'
    [[ $line == *"rank 1: its clips are silent"* ]]
    fails 7 'cv-train-mpi < all.cvs'
    [[ $line == *"rank 6: has no clips"* ]]
    fails 2 'head -c 150000 all.cvs | { cv-train-mpi -o model; }'
    [[ $line == *"rank 0: standard input ended"* ]]
    [ ! -e model ]
    fails 2 'cv-train-mpi -o nowhere/model < all.cvs'
    [[ $line == *"rank 0: nowhere/model"* ]]
    fails 2 'cv-train-mpi --snapshot all.cvs < all.cvs'
    [[ $line == *"rank 0: all.cvs: is not a folder"* ]]
}

@test "the mpirun of another MPI is told, which would start each rank alone" {
    local of=mpirun.mpich

    [ "$(flavour "$program")" = ompi-c ] || of=mpirun.openmpi
    command -v $of || skip "there is one MPI alone"
    run $of -n 2 "$program" -q -e 1 -o model < /dev/null
    [ "$status" -ne 0 ]
    [[ $output == *"is built for another MPI"* ]]
    [ ! -e model ]
}

@test "what several cannot do is a usage error, said once" {
    for words in '-N notebook' '--prior-only all.cvs' '-e' '--epochs=x'; do
        fails 2 "cv-train-mpi $words < all.cvs"
        [ "$status" -eq 2 ]
        [[ $line == *--help* ]]
    done
    cv-train-mpi -q -N notebook -e 0 < all.cvs > model
    [ "$(field network model)" = '"notebook"' ]
    run ! ranks 2 'cv-train-mpi --resume all.cvs < all.cvs'
}

@test "a command line that one rank alone cannot use, or asks for help, ends all" {
    for program in $(programs); do
        for words in --nothing --help; do
            fails 3 "if [ \$rank = 1 ]; then cv-train-mpi $words; fi; cv-train-mpi < all.cvs"
            [[ $line == *"rank 1: has ended"*"same options" ]]
        done
        fails 2 'if [ $rank = 0 ]; then cv-train-mpi --nothing; fi; cv-train-mpi'
        [[ $line == *"no option --nothing"* ]]
    done
}

@test "a closed standard input, and a limit of files, are told by the rank that has them" {
    for program in $(programs); do
        fails 2 'if [ $rank = 1 ]; then exec 0<&-; cv-train-mpi --each; fi; cv-train-mpi --each < 0.cvs'
        [[ $line == *"rank 1: standard input: Bad file descriptor"* ]]
    done
    program=$build/cv-train-mpi
    [ "$(flavour "$program")" = ompi-c ] || skip "MPICH's UCX writes a file of its own"
    fails 2 '[ $rank = 0 ] || ulimit -f 1; cv-train-mpi --each --memory 0 < $rank.cvs'
    [[ $line == *"rank 1: no room for "*"File too large"* ]]
}

@test "a clip in both streams is found, whichever rank has it" {
    ranks 3 'cv-train-mpi ${s#-q} -e 0 -t 1.cvs < all.cvs' 2> words > /dev/null
    grep -q 'warning: 3 of 3 test clips are in both' words
    [ "$(grep -c '^cv-train-mpi: rank' words)" -eq 0 ]
}

@test "--help has the options of cv-train and --each; the page too" {
    diff <(cv-train --help | grep '^  ') <(cv-train-mpi --help | grep '^  ' | grep -v -- '--each')
    cv-train-mpi --help | grep -q -- '--each'
    [ "$(ranks 3 'cv-train-mpi --version')" = "$(cv-train --version | sed 's/cv-train/cv-train-mpi/')" ]
    grep -q '^\.It Fl -each' "$BATS_TEST_DIRNAME/../man/cv-train-mpi.1"
}

@test "the lines of cv-scale(7), and its script for Slurm" {
    [ "$(flavour "$program")" = ompi-c ] || skip "its lines name ranks as OpenMPI does"
    local page=$BATS_TEST_DIRNAME/../man/cv-scale.7

    ln -s "$BATS_FILE_TMPDIR/jazz" music
    ln -s all.cvs music.cvs
    mkdir z
    ln -s ../all.cvs z/1.cvs
    cat > mpirun <<- 'END'
	#!/bin/sh
	shift 2
	exec mpirun.openmpi -n 2 "$@"
	END
    # a job of two tasks
    cat > srun <<- 'END'
	#!/bin/bash
	export SLURM_NTASKS=2
	exec mpirun.openmpi -n 2 bash -c 'export SLURM_PROCID=$OMPI_COMM_WORLD_RANK; exec "$@"' sh "${@:3}"
	END
    chmod +x mpirun srun
    sed -n 's/^\.Dl //p' "$page" | grep 'mpirun -n' | sed "s/cv-train-mpi/& $s/; s/\/8/\/2/" > lines
    [ "$(wc -l < lines)" -eq 3 ]
    while read -r line; do
        rm -f model.bin
        PATH=$PWD:$PATH sh -c "$line"
        [ "$(field ranks model.bin)" = 2 ]
    done < lines
    sed -n '/^#SBATCH --job-name=train/,/^\.Ed/p' "$page" | sed "/^\.Ed/d; s/cv-train-mpi/& $s/" > train.sh
    [ "$(wc -l < train.sh)" -ge 9 ]
    rm model.bin
    PATH=$PWD:$PATH sh train.sh
    [ "$(field ranks model.bin)" = 2 ]
    [ "$(ls shots)" = "$(printf 'epoch-000%s.cvm\n' 3 4)" ]
}

@test "make scale measures a step over TCP between network namespaces, or says why not" {
    mkdir out
    ln -s "$PWD/all.cvs" out/test-22050.cvs
    cv-train-mpi $s -e 0 -o out/model.1 < all.cvs
    CV_BUILD= BUILD=$build OUT=out ROWS=network RATES=1 PAIRS=1 EPOCHS=1 bash "$BATS_TEST_DIRNAME/../pipelines/scale.sh" > told
    grep '^network: left out, ' told || [ "$(grep -cE '^1 Gb/s, [24] ranks(.[0-9]+ ms){3}$' told)" -eq 2 ]
    hosts=$(sed -n 's/^host=\(cv[0-9]*\)-.*/\1/p' out/agent)
    run ! grep "^$hosts\| $hosts" <(ip netns list; ip link)
}

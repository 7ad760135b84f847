# The makefiles in pipelines/, on small data: what they make, what they make again, what they refuse.
# fluidsynth is played by a stand-in that writes a tone, so that the test needs neither it nor a soundfont.

bats_require_minimum_version 1.5.0

setup_file() {
    unset MAKEFLAGS MFLAGS MAKELEVEL
    build=${CV_BUILD:-$(dirname "$(command -v cv-load)")}
    export BUILD=$build PIPELINES=$BATS_TEST_DIRNAME/../pipelines PATH=$BATS_FILE_TMPDIR/bin:$PATH
    mkdir -p "$BATS_FILE_TMPDIR/bin"
    cat > "$BATS_FILE_TMPDIR/bin/fluidsynth" <<'END'
#!/bin/bash
while [ $# -gt 2 ]; do case $1 in -F) out=$2; shift ;; -r) rate=$2; shift ;; esac; shift; done
n=$(basename "$out" .wav); n=${n##*.}
[ ! -e fail ] || { echo "a synthesizer's complaint"; exit 1; }
tone -r "$rate" -c 2 -s 31 -a 0.1 -F $((200 + 10 * 10#$n)) "$out"
END
    chmod +x "$BATS_FILE_TMPDIR/bin/fluidsynth"
    : > "$BATS_FILE_TMPDIR/some.sf2"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

demo() {
    make -f "$PIPELINES/demo.mk" BUILD="$BUILD" COUNT=8 EPOCHS=1 SPLIT_EPOCHS=1 LOAD='cv-load -r 3000' \
        SOUNDFONT="$BATS_FILE_TMPDIR/some.sf2" "$@"
}

# five short recordings; clips of 3001 samples
genre() {
    local i

    mkdir -p "$1"
    for i in e d c b a; do tone -r 3000 -s 2 -a 0.3 -F $((150 + $(printf %d "'$i"))) "$1/$i.wav"; done
}
notebook() {
    make -f "$PIPELINES/notebook.mk" BUILD="$BUILD" TRAIN='0 2 4' TEST='1 3' RATE=100 EPOCHS=2 BATCH=2 "$@"
}

is_png() {
    [ "$(head -c 8 "$1" | od -An -t x1 | tr -d ' ')" = 89504e470d0a1a0a ] || { echo "$1"; return 1; }
}

# times FILE...: their times of change, to the nanosecond
times() { stat -c '%n %y' "$@"; }

@test "demo: clips of 30 s at 22050 Hz, a model, samples, reconstructions, plots" {
    demo > out
    [ "$(ls jazz/*.wav | wc -l)" -eq 8 ]
    cv-load -q -d 40 jazz/jazz.00000.wav | cv-info | grep -q '\[1, 661500\]'
    [ "$(ls demo/samples/sample-0?.wav | wc -l)" -eq 10 ]
    cv-info --json demo/model.bin | grep -q '"clips": *8\b'
    for f in data samples held-out reconstructions latent; do
        is_png demo/$f.png
    done
    [ "$(ls demo/held-out)" = "$(ls demo/reconstructions)" ]
    [ "$(ls demo/held-out/*.wav | wc -l)" -ge 1 ]
    grep -q 'cv-load -r 3000 jazz/\*.wav | cv-train -e 1 > demo/model.bin' out
    grep -q 'cv-sample -n 10 | cv-decode demo/model.bin | cv-towav' out
    grep -q 'demo/samples' out
    grep -q 'To listen' out
    [ -z "$(find . -name '*.part' -o -name '*.tmp')" ]
}

@test "demo: a second run makes nothing again, a lost clip alone is rendered again" {
    demo clips > /dev/null
    times jazz/* > before
    demo clips > out
    times jazz/* | cmp - before
    rm jazz/jazz.00003.wav
    demo clips > out
    [ "$(grep -c rendering out)" -eq 1 ]
    [ "$(times jazz/* | diff - before | grep -c '^>')" -eq 1 ]
}

@test "demo: a render that fails says why and leaves no clip" {
    touch fail
    run demo clips
    [ "$status" -ne 0 ]
    [[ $output == *"a synthesizer's complaint"* ]]
    [ -z "$(ls jazz 2> /dev/null)" ]
    rm fail
    demo clips > /dev/null
    [ "$(ls jazz/*.wav | wc -l)" -eq 8 ]
}

@test "demo: without a soundfont it says what to install" {
    run demo SOUNDFONT=/nowhere.sf2
    [ "$status" -ne 0 ]
    [[ $output == *timgm6mb-soundfont* ]]
    [[ $output == *SOUNDFONT=* ]]
    [ ! -e jazz ]
}

@test "notebook: everything the notebook makes, from a folder with spaces, in parallel" {
    genre "my music/cool jazz"
    notebook GENRE="my music/cool jazz" -j 4 > out 2>&1 || { cat out; return 1; }
    cd notebook-cool_jazz
    cv-load -q -r 100 -n 3001 "../my music/cool jazz"/{a,c,e}.wav | cmp - train.cvs
    cv-load -q -r 100 -n 3001 "../my music/cool jazz"/{b,d}.wav | cmp - test.cvs
    [ "$(ls snapshots)" = "$(printf 'epoch-%04d.cvm\n' 0 1 2)" ]
    cmp <(cv-sample -n 2 | cv-decode snapshots/epoch-0002.cvm) <(cv-sample -n 2 | cv-decode model.bin)
    [ "$(ls epochs)" = "$(printf '%04d.png\n' 0 1 2)" ]
    [ "$(wc -l < train.jsonl)" -ge 2 ]
    grep -Eq '^Epoch: 2, Test set ELBO: -?[0-9.e+]+, time elapse for current epoch: [0-9.e-]+$' elbo.txt
    run -1 grep unknown elbo.txt
    [ "$(ls from-test)" = "$(printf '%s.wav\n' b d)" ]
    [ "$(ls from-prior/*.wav | wc -l)" -eq 10 ]
    for f in train.png latent.png from-test.png from-prior.png epochs/0000.png; do
        is_png $f
    done
    # all pages, and the first is one that any reader of PNG sees
    [ "$(LC_ALL=C grep -aoE 'acTL|fcTL|fdAT|IEND' epochs.png | uniq | tr '\n' ' ')" = "acTL fcTL fdAT fcTL fdAT IEND " ]
    [ "$(png-look epochs.png)" = "$(png-look epochs/0000.png)" ]
    [ -z "$(find . -name '*.part*')" ]
}

@test "notebook: only what changed is made again" {
    genre jazz
    notebook GENRE=jazz > out 2>&1
    cd notebook-jazz; times *.cvs model.bin *.png epochs/* from-*/* > ../before; cd ..
    notebook GENRE=jazz > out 2>&1
    cd notebook-jazz; times *.cvs model.bin *.png epochs/* from-*/* | cmp - ../before; cd ..
    tone -r 3000 -s 2 -a 0.3 -F 900 jazz/b.wav # a test clip: the training clips stay as they are
    notebook GENRE=jazz > out 2>&1
    cd notebook-jazz
    [ "$(times train.cvs train.png)" = "$(grep -E '^train\.' ../before)" ]
    cv-load -q -r 100 -n 3001 ../jazz/{b,d}.wav | cmp - test.cvs
    [ model.bin -nt test.cvs ]
    [ from-test/.made -nt model.bin ]
}

@test "notebook: its own track lists want 89 files, and it says which are missing" {
    genre jazz
    run make -f "$PIPELINES/notebook.mk" BUILD="$BUILD" GENRE=jazz
    [ "$status" -ne 0 ]
    [[ $output == *"holds 5 audio files"*89* ]]
    [[ $output == *" 11 12 13 "*" 88 "* ]]
    [[ $output != *" 3 11 "* ]]
    [[ $output != *" 4 11 "* ]]
    [ ! -e notebook-jazz ]
}

@test "notebook: no folder, no such folder" {
    run notebook
    [ "$status" -ne 0 ]
    [[ $output == *"name a folder"* ]]
    run notebook GENRE=nowhere
    [ "$status" -ne 0 ]
    [[ $output == *"nowhere: there is no such folder"* ]]
    [ -z "$(ls)" ]
}

@test "notebook: a file that cannot be read stops it in a track list; elsewhere it is left out" {
    genre jazz
    echo text > jazz/f.wav
    notebook GENRE=jazz > out 2>&1 || { cat out; return 1; }
    grep -q 'jazz/f.wav: is not an audio file' out
    [ "$(cv-info --json notebook-jazz/all.cvs | grep -o '"name":"[a-z]","segment"' | wc -l)" -eq 5 ]
    echo text > jazz/c.wav
    run notebook GENRE=jazz OUT=other
    [ "$status" -ne 0 ]
    [[ $output == *"jazz/c.wav: is not an audio file"* ]]
    [ ! -e other/train.cvs ]
    [ ! -e other/model.bin ]
}

# The makefiles and figures.sh in pipelines/, on small data: what they make, what they make again, what they refuse.
# fluidsynth is played by a stand-in that writes beats, so that the test needs neither it nor a soundfont.

bats_require_minimum_version 1.5.0
load helper
load clips

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
tone -r "$rate" -c 2 -s 31 -a 0.1 -w beat -F 1.$((50 + 3 * 10#$n)) -S $((1 + 10#$n)) "$out"
END
    chmod +x "$BATS_FILE_TMPDIR/bin/fluidsynth"
    : > "$BATS_FILE_TMPDIR/some.sf2"
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

demo() {
    make -f "$PIPELINES/demo.mk" BUILD="$BUILD" COUNT=8 EPOCHS=1 LOAD='cv-load -r 3000' \
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

# pages FILE COUNT: that many pictures in a PNG that moves
pages() {
    [ "$(LC_ALL=C grep -ao fcTL "$1" | wc -l)" -eq "$2" ] || { echo "$1"; return 1; }
}

# times FILE...: their times of change, to the nanosecond
times() { stat -c '%n %y' "$@"; }

@test "demo: clips of 30 s at 22050 Hz, a model, samples, reconstructions, plots" {
    demo > out
    [ "$(ls jazz/*.wav | wc -l)" -eq 8 ]
    cv-load -q -d 40 jazz/jazz.00000.wav | cv-info | grep -q '\[1, 661500\]'
    [ "$(ls demo/samples/sample-0?.wav | wc -l)" -eq 10 ]
    cv-info --json demo/model.bin | grep -q '"clips": *8\b'
    for f in data samples held-out reconstructions latent beside; do
        is_png demo/$f.png
    done
    [ "$(ls demo/held-out)" = "$(ls demo/reconstructions)" ]
    [ "$(ls demo/held-out/*.wav | wc -l)" -ge 1 ]
    grep -q 'cv-load -r 3000 jazz/\*.wav | cv-train -e 1 > demo/model.bin' out
    grep -q 'cv-sample -n 10 | cv-decode demo/model.bin | cv-towav' out
    grep -q 'demo/samples' out
    [ "$(tail -n 1 demo/report.html)" = '</html>' ]
    # it is named before all else
    [[ $(grep -o 'demo/[a-z/.*-]*  ' out | head -n 1) == demo/report.html* ]]
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

@test "demo: the same with a folder of recordings, few tracks split in time; another folder is another model" {
    mkdir -p "my band's/one" other
    for i in 1 2; do tone -r 3000 -s 125 -w beat -F 1.$((50 + i)) -S $i "my band's/one/$i.wav"; done
    # by its name i is a test track
    for i in e f g h i; do tone -r 3000 -s 4 -w beat -S $(printf %d "'$i") other/$i.wav; done
    demo MUSIC="my band's" SOUNDFONT=/nowhere.sf2 > out 2>&1 || { cat out; return 1; }
    grep -qF "cv-load -r 3000 -R 'my band'\''s' | cv-train -e 1 > demo-music/model.bin" out
    [ "$(cat demo-music/split)" = '--by-time --share 0.5' ]
    [ "$(tail -n 1 demo-music/report.html)" = '</html>' ]
    [ ! -e jazz ]
    times demo-music/* > before
    demo MUSIC="my band's" > out
    times demo-music/* | cmp - before
    demo MUSIC=other > out 2>&1 || { cat out; return 1; }
    [ -z "$(cat demo-music/split)" ]
    grep -qx 'Made from the recordings in other:' out
    cv-info --json demo-music/model.bin | grep -q '"clips": *5\b'
    run demo MUSIC=nowhere
    [ "$status" -ne 0 ]
    [[ $output == *"MUSIC=nowhere: there is no such folder"* ]]
}

@test "demo: one noise after every epoch, of recordings that lie there" {
    mkdir wavs
    for i in 1 2; do tone -r 3000 -s 4 -w beat -F 1.$((50 + i)) -S $i wavs/$i.wav; done
    demo watch COUNT=0 JAZZ=wavs OUT=mine EPOCHS=2 > out 2>&1 || { cat out; return 1; }
    [ "$(ls mine/watch/*.png)" = "$(printf 'mine/watch/epoch-%04d.png\n' 0 1 2)" ]
    pages mine/watch.png 3
    [ "$(png-look mine/watch.png)" = "$(png-look mine/watch/epoch-0000.png)" ]
    cv-decode -q mine/watch/epoch-0000.cvm < mine/watch/noise.cvs |
        cv-plot -q --kind spectrogram -g 1x2 -t 'Epoch 0000' -o page.png
    cmp page.png mine/watch/epoch-0000.png
    [ ! -e demo ]
}

@test "notebook: everything the notebook makes, from a folder with spaces, in parallel" {
    genre "my music/cool jazz"
    notebook GENRE="my music/cool jazz" -j 4 > out 2>&1 || { cat out; return 1; }
    cd notebook-cool_jazz
    cv-load -q -r 100 -n 3001 "../my music/cool jazz"/{a,c,e}.wav | same train.cvs
    cv-load -q -r 100 -n 3001 "../my music/cool jazz"/{b,d}.wav | same test.cvs
    [ "$(ls snapshots)" = "$(printf 'epoch-%04d.cvm\n' 0 1 2)" ]
    cv-sample -n 2 | cv-decode snapshots/epoch-0002.cvm > epoch-0002.cvs
    cv-sample -n 2 | cv-decode model.bin | same epoch-0002.cvs
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
    pages epochs.png 3
    [ "$(png-look epochs.png)" = "$(png-look epochs/0000.png)" ]
    [ -z "$(find . -name '*.part*')" ]
}

@test "another program with the name of apngasm is not taken for it, and only the pictures that move are missing" {
    mkdir bin
    printf '#!/bin/sh\necho "another program"\nexit 1\n' > bin/apngasm
    chmod +x bin/apngasm
    genre jazz
    PATH=$PWD/bin:$PATH notebook GENRE=jazz EPOCHS=1 > out 2>&1 || { cat out; return 1; }
    [ "$(grep -c 'epochs.png .*is not made: install apngasm for it' out)" -eq 1 ]
    [ "$(ls notebook-jazz/from-prior/*.wav | wc -l)" -eq 10 ]
    [ ! -e notebook-jazz/epochs.png ]
    [ -z "$(find . -name '*.part*')" ]
    PATH=$PWD/bin:$PATH run -2 --separate-stderr demo watch COUNT=0 JAZZ=jazz
    [[ ${stderr_lines[0]} == "watch: a picture that moves needs apngasm: "* ]]
    [ ! -e demo/watch ]
}

@test "notebook: several genres, the track lists in each of them" {
    genre jazz
    genre "cool blues"
    rm jazz/e.wav
    notebook GENRE="$PWD/jazz/:cool blues" TRAIN='0 2' TEST=3 notebook-jazz-cool_blues/{train.cvs,test.cvs,all.list} \
        > out 2>&1 || { cat out; return 1; }
    cd notebook-jazz-cool_blues
    printf '%s\n' "$OLDPWD"/jazz/{a,c}.wav "../cool blues"/{a,c}.wav | cv-load -q -r 100 -n 3001 -@ | same train.cvs
    printf '%s\n' ../jazz/d.wav "../cool blues/d.wav" | cv-load -q -r 100 -n 3001 -@ | same test.cvs
    [ "$(wc -l < all.list)" -eq 9 ]
    cd ..
    run notebook GENRE="cool blues:jazz"
    [ "$status" -ne 0 ]
    [[ $output == *"jazz: holds 4 audio files"*"at least 5: there is no track 4 "* ]]
    [ ! -e notebook-cool_blues-jazz ]
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
    cv-load -q -r 100 -n 3001 ../jazz/{b,d}.wav | same test.cvs
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

# ---- figures.sh

figures() {
    BUILD=${FIGURES_BUILD-$BUILD} OUT=figures COUNT=8 TRAIN=6 TEST=2 NEW=2 EPOCHS=1 bash "$PIPELINES/figures.sh" "$@"
}

# music FOLDER TRACKS: tracks of 65 s, two clips each
music() {
    local i

    mkdir -p "$1"
    for ((i = 1; i <= $2; i++)); do tone -r 8000 -s 65 -w beat -F "1.$((40 + 7 * i))" -S "$i" "$1/track $i.wav"; done
}

# cell ROW COLUMN TABLE: of the tables in the file out
cell() {
    awk -F ' [|] |^[|] | [|]$' -v row="$1" -v column="$2" -v table="$3" '
        /^[|]---/ { at++ } at == table && $2 == row { print $(column + 2) }' out
}

@test "figures: tables of recordings and Opus, with the numbers that the named commands give" {
    music "my music" 6
    echo text > "my music/notes.txt"
    ROWS='mine-3000 mine-opus-12' figures 'mine=my music' > out 2> said || { cat said; return 1; }
    cmp out figures/FIGURES
    grep -q 'notes.txt: is not an audio file' said
    # every fifth track is held out
    [ "$(cut -f 1,2 figures/mine/clips.tsv | sort -u | grep -c '^train.*track [12346].wav$')" -eq 5 ]
    [ "$(grep -c ^train figures/mine/clips.tsv)" -eq 6 ]
    [ "$(grep ^test figures/mine/clips.tsv | tr '\t' ' ')" = "$(printf 'test my music/track 5.wav %d\n' 0 30)" ]
    [ "$(grep ^beside figures/mine/clips.tsv)" = "$(sed -n 's/^test/beside/p' figures/mine/clips.tsv)" ]
    # a row has a cell for each column
    [ -z "$(awk -F '|' '!/^[|]/ { columns = 0 } /^[|]/ && !columns { columns = NF } /^[|]/ && NF != columns' out)" ]
    cd figures
    cv-eval -q --json mine-3000/model.bin < mine/test-3000.cvs > eval.json
    cv-decode -q mine-3000/model.bin < mine-3000/latent.cvs |
        cv-check -q --json -r mine/test-3000.cvs -l all=: 2> fd.json > /dev/null
    cv-towav -q -o - < mine-3000/rebuilt.cvs | cv-load -q -a -r 3000 -n 90000 - |
        cv-check -q --json --original mine/test-3000.cvs -l all=: 2> loud.json > /dev/null
    cv-sample -q --exact -n 2 -s 2 -m mine-3000/model.bin | cv-decode -q -s 2 mine-3000/model.bin |
        cv-check -q --json -r mine/train-3000.cvs --held-out mine/beside-3000.cvs -l all=: 2> new.json > /dev/null
    cv-sample -q --exact -n 2 -s 1 -m mine-3000/model.bin | cv-decode -q -s 1 mine-3000/model.bin |
        cv-check -q --json -r mine/train-3000.cvs --held-out mine-3000/beside.cvs -l all=: 2> form.json > /dev/null
    bytes=$(cv-encode -q -m mine-3000/model.bin < mine/test-3000.cvs | wc -c)
    cd ..
    near "$(cell mine-3000 1 1)" "$(jq .reconstruction.msls figures/eval.json)" .00501
    near "$(cell mine-3000 5 1)" "$(jq .reconstruction.rhythm figures/eval.json)" .000501
    near "$(cell 'its principal components alone' 2 1)" "$(jq .components.sc figures/eval.json)" .000501
    near "$(cell 'true levels in its bands' 3 1)" "$(jq .floor.mel figures/eval.json)" .00501
    near "$(cell mine-3000 6 1)" "$(jq '.comparison.clips.fd // empty' figures/fd.json)" .501
    near "$(cell mine-3000 7 1)" "$(jq -s 'map(.clip.gain_db // empty | -.) | add / 2' figures/loud.json)" .00501
    [ "$(cell mine-3000 1 2)" = 2 ]
    near "$(cell mine-3000 3 2)" "$(jq '.comparison.clips.fd // empty' figures/new.json)" .501
    near "$(cell mine-3000 4 2)" "$(jq '.comparison.held_out.fd // empty' figures/new.json)" .501
    over=$(jq -n "($(cell mine-3000 2 2) + $(cell mine-3000 3 2)) / 2 / $(cell mine-3000 4 2)")
    near "$(cell mine-3000 5 2)" "$over" "$(jq -n "$over / 100")"
    [ "$(cell mine-3000 2 3)" = 6 ]
    near "$(cell mine-3000 8 3)" "$((bytes / 60))" 1
    near "$(cell mine-3000 4 4)" "$(jq '.comparison.form.clips.return_m // empty' figures/form.json)" .000501
    near "$(cell 'their floor' 5 4)" "$(jq '.comparison.form.halves.passage // empty' figures/form.json)" .00501
    kbits=$(jq -n "$(stat -c %s figures/mine-opus-12/rebuilt.opus) * 8 / 60 / 100 | round / 10")
    [ -n "$(cell "mine-opus-12, $kbits kbit/s" 1 1)" ]
}

@test "figures: of composed jazz, with frames that follow the beat and with fixed ones, and with another option" {
    export SOUNDFONT=$BATS_FILE_TMPDIR/some.sf2
    ROWS='jazz-3000 jazz-22050-fixed jazz-22050-z64' figures > out 2> said || { cat said; return 1; }
    [ "$(cell jazz-3000 1 3)" = beat ]
    [ "$(cell jazz-22050-fixed 1 3)" = fixed ]
    [ "$(cv-info --json figures/jazz-22050-z64/model.bin | jq '.segments[0].meta.latent')" = 64 ]
    near "$(cell jazz-22050-z64 3 1)" "$(jq .reconstruction.mel figures/jazz-22050-z64/eval.json)" .00501
    [ -z "$(cell jazz-22050-z64 1 2)" ]
    cv-load -q -r 100 figures/jazz/*.wav | cv-batch -q -b 1 -B 1 --take test > test
    [ "$(cv-info --json figures/jazz-3000/rebuilt.cvs | jq -r '.frames[].name')" = \
      "$(cv-info --json test | jq -r '.frames[].name')" ]
    # what new clips stand beside is composed anew
    [ "$(cv-info --json figures/jazz-3000/beside.cvs | jq .total.frames)" = 2 ]
    run -1 cmp figures/demo/jazz/midi/jazz.00000.mid figures/demo/jazz/beside/midi/jazz.00000.mid
}

@test "figures: what is there is kept, what is lost is made again" {
    music music 5
    ROWS='mine-opus-6' figures mine=music > out 2> said || { cat said; return 1; }
    times figures/mine/*.cvs figures/mine/cut/*/* figures/mine-opus-6/* > before
    ROWS='mine-opus-6' figures mine=music 2> said | cmp - out
    [ ! -s said ]
    times figures/mine/*.cvs figures/mine/cut/*/* figures/mine-opus-6/* | cmp - before
    rm figures/mine-opus-6/rebuilt.json
    ROWS='mine-opus-6' figures mine=music 2> said | cmp - out
    [ "$(cut -d : -f 1 said)" = figures/mine-opus-6/rebuilt.json ]
}

@test "figures: a training that is interrupted leaves no model, and the next run goes on" {
    music music 5
    mkdir bin
    ln -s "$BUILD"/cv-* "$BUILD/compose" bin/
    rm bin/cv-train
    printf '#!/bin/sh\nkill -INT $PPID\nexec "%s" "$@"\n' "$BUILD/cv-train" > bin/cv-train
    chmod +x bin/cv-train
    status=0
    export -f figures
    FIGURES_BUILD=bin ROWS=mine-3000 env --default-signal=INT bash -c 'figures mine=music' > out 2> said || status=$?
    [ "$status" -eq 130 ]
    [ ! -e figures/mine-3000/model.bin ]
    ROWS=mine-3000 figures mine=music > out 2> said || { cat said; return 1; }
    [ "$(head -n 1 said | cut -d : -f 1)" = figures/mine-3000/model.bin ]
    [ -n "$(cell mine-3000 1 1)" ]
}

@test "figures: the music of Debian's packages, asked for once" {
    cat > apt-get <<'END'
#!/bin/sh
[ "$1" = download ] && shift && for p; do echo "$p" >> ../../asked; touch "$p.deb"; done
END
    cat > dpkg <<'END'
#!/bin/sh
case $2 in wesnoth*) to=$3/usr/share/games/wesnoth/1.16/data/core/music ;; *) to=$3/usr/share/hyperrogue/music ;; esac
mkdir -p "$to"
cp ../../music/* "$to"
END
    chmod +x apt-get dpkg
    music music 5
    export PATH=$PWD:$PATH ROWS='wesnoth-opus-8 hyperrogue-opus-16'
    figures debian > out 2> said || { cat said; return 1; }
    [ "$(cat asked)" = "$(printf '%s\n' wesnoth-1.16-music hyperrogue-music)" ]
    [ "$(grep -c '^| [wh].*-opus-' out)" -eq 2 ]
    figures debian 2> said | cmp - out
    [ "$(wc -l < asked)" -eq 2 ]
}

@test "figures: rows, folders and words that are none, too few tracks" {
    music music 4
    ROWS='jazz-3000 jazz-8*' run figures
    [ "$status" -eq 1 ]
    [[ $output == *"'jazz-8*' is none of jazz-3000 jazz-22050 "* ]]
    ROWS=mine-3000 run figures mine=nowhere
    [ "$status" -eq 1 ]
    [[ $output == *"mine=nowhere: there is no such folder"* ]]
    ROWS=mine-3000 run figures mine=music
    [ "$status" -eq 1 ]
    [[ $output == *"4 tracks of 30 s and more, at least 5 are needed"* ]]
    run figures music
    [ "$status" -eq 1 ]
    [[ $output == *"'music' is no music: give a name and a folder"* ]]
    run figures jazz=music
    [ "$status" -eq 1 ]
    [[ $output == *"there is a jazz already"* ]]
    run figures my-music=music
    [ "$status" -eq 1 ]
    [[ $output == *"a name has letters and digits"* ]]
}

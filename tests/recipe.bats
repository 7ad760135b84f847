# How a stream or a model was made: the history in its head, and the pipe that makes it again.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 5 400
    cv-load -r 3000 -q -n 300 jazz/*.wav > audio.cvs
}

setup() {
    cp -r "$BATS_FILE_TMPDIR"/{jazz,*.cvs} "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
}

# the commands of a recipe, without its comments
pipe() { cv-info --recipe "$@" | grep -v '^#'; }

# remakes FILE: its recipe, run by sh, makes the same bytes
remakes() {
    cv-info --recipe "$1" > recipe
    sh recipe 2> said | cmp - "$1" || { cat recipe said; return 1; }
}

@test "the recipe of a model makes it again, whatever files are called" {
    mv jazz/b.wav "jazz/it's a \$(touch made) \"b\"; #"$'\n\e[31m\xc2\x9b'"é.wav"
    mv jazz/c.wav ./-c.wav
    cv-load -q -p -d 0.1 -r 3000 -- jazz/*.wav -c.wav | cv-batch -b 1 -B 0 -s 5 |
        cv-train -N notebook -q -e 2 -b 2 -j 2 -o model.bin
    remakes model.bin
    [ ! -e made ]
    [[ $(< recipe) == *"cv-load -r 3000 -d 0.1 -p -- jazz/a.wav "*" | cv-batch -b 1 -B 0 -s 5 | cv-train "*" -N notebook"* ]]
    [ "$(tr -d '\n' < recipe | LC_ALL=C tr -dc '\000-\037\177' | wc -c)" -eq 0 ]
    run grep -E -- ' (-j|-q|-o) ' recipe
    [ "$status" -eq 1 ]
}

@test "settings that the clips decide are in it, and a test stream is named" {
    for i in 1 2 3; do tone -r 3000 -c 1 -s 6 -w beat -F 1.$((50 + 7 * i)) -S $i $i.wav; done
    cv-load -q -r 3000 ?.wav > all.cvs
    cv-batch -q -b 1 --take test --share 0.4 < all.cvs > test.cvs
    cv-batch -q -b 1 --take train --share 0.4 < all.cvs | cv-train -q -e 1 --width 16 -t test.cvs > model.bin
    remakes model.bin
    grep -q -- '--share 0.4 | cv-train .*-z 160 .*-t test.cvs .*--stride 6 --frames beat' recipe
    grep -qx "# test_digest: $(cv-info test.cvs | sed -n 's/.*digest \([0-9a-f]*\).*/\1/p')" recipe
    grep -qE '^# arithmetic: OpenBLAS [0-9.]+ for [A-Za-z0-9]+, fftw-3[^,]*, [a-zA-Z0-9 ]+, glibc 2' recipe
}

@test "streams that follow each other are made one after the other" {
    cv-load -q -r 3000 -n 300 jazz/e.wav > more.cvs
    cat more.cvs audio.cvs | cv-train -N notebook -q -e 1 > model.bin
    remakes model.bin
    grep -q '^{ cv-load .* jazz/e.wav; cv-load .* jazz/e.wav; } | cv-train ' recipe
    [ "$(pipe <(cat more.cvs audio.cvs))" = "{ $(pipe more.cvs); $(pipe audio.cvs); }" ]
    # one that does not say so leaves the whole without
    printf '%b' "$(mp_head audio 3000)$(mp_frame a audio "1 300" $(yes 0.5 | head -n 300))$(mp_tail 1)" > silent.cvs
    refuses 1 cv-info --recipe <(cat audio.cvs silent.cvs)
    cat audio.cvs silent.cvs | cv-train -N notebook -q -e 0 > model.bin
    refuses 1 cv-info --recipe model.bin
    [ -z "$output" ]
    # a filter has written its head when the second stream comes: it goes on in another segment, which tells of both
    for buffer in 0 1; do
        cat more.cvs audio.cvs | cv-batch -q -b 1 -B $buffer > mixed
        remakes mixed
        [ "$(pipe mixed)" = "{ $(pipe more.cvs); $(pipe audio.cvs); } | cv-batch -b 1 -B $buffer" ]
        cat audio.cvs mixed | cv-encode -m model.bin > latents
        [ "$(pipe latents)" = "{ $(pipe audio.cvs); $(pipe mixed); } | cv-encode -m model.bin" ]
        [ "$(pipe <(cat audio.cvs mixed))" = "{ $(pipe audio.cvs); $(pipe mixed); }" ]
    done
    cat audio.cvs silent.cvs audio.cvs | cv-batch -q -b 1 -B 1 > mixed
    refuses 1 cv-info --recipe mixed
}

@test "sound from a model is made again, and so is the model where it is not there" {
    cv-train -N notebook -q -e 1 -o 'a model.bin' < audio.cvs
    cv-encode -s 7 'a model.bin' < audio.cvs > in.lat
    cv-mix -n 2 - <(cv-sample -q -s 3 -m 'a model.bin') < in.lat | cv-info --recipe > said
    grep -q '^# cv-mix /dev/fd/[0-9]*: what came' said
    cv-sample -s 3 -m 'a model.bin' > other.lat
    cv-mix -n 2 - other.lat < in.lat | cv-decode -j 1 --logits 'a model.bin' > out.cvs
    cp 'a model.bin' kept
    remakes out.cvs
    rm 'a model.bin'
    remakes out.cvs
    cmp 'a model.bin' kept
    [ "$(grep -c '^test -s' recipe)" -eq 1 ]
    [ "$(tail -n 1 recipe)" = "$(pipe audio.cvs) | cv-encode -s 7 'a model.bin' | cv-mix -n 2 - other.lat | cv-decode --logits 'a model.bin'" ]
    cv-sample -n 2 > noise
    remakes noise
    cv-sample -n 2 | cv-decode 'a model.bin' > new.cvs
    remakes new.cvs
    # of a stream that does not say how it was made nothing does
    printf '%b' "$(mp_head audio 3000)$(mp_frame a audio "1 300" $(yes 0.5 | head -n 300))$(mp_tail 1)" > silent.cvs
    cv-encode 'a model.bin' < silent.cvs | refuses 1 cv-info --recipe
}

@test "a model from another, and one with another prior" {
    cv-train -N notebook -q -e 1 < audio.cvs > a.bin
    cv-train -N notebook -q -e 1 --from a.bin < audio.cvs > b.bin
    remakes b.bin
    grep -q ' --from a.bin' recipe
    # the model that it begins with is made, too, also after an attempt that failed
    cp a.bin kept
    : > a.bin
    remakes b.bin
    cmp a.bin kept
    for i in 1 2; do tone -r 3000 -c 1 -s 6 -w beat -S $i $i.wav; done
    cv-load -q -r 3000 1.wav | cv-train -q -e 0 --width 16 -z 8 > c.bin
    cv-load -q -r 3000 2.wav | cv-train -q --prior-only c.bin -s 4 -o d.bin
    remakes d.bin
    [ "$(pipe d.bin | tail -n 1)" = "cv-load -r 3000 2.wav | cv-train -s 4 --prior-only c.bin" ]
    rm c.bin
    remakes d.bin
}

@test "a recipe that cannot make the model leaves none, and goes no further" {
    cv-train -N notebook -q -e 1 < audio.cvs > 'a model.bin'
    cv-encode 'a model.bin' < audio.cvs > a.lat
    cv-info --recipe a.lat > recipe
    rm 'a model.bin' jazz/*
    status=0
    sh recipe > out 2> said || status=$?
    [ "$status" -eq 1 ]
    [ ! -e 'a model.bin' ]
    [ ! -s out ]
    run -1 grep '^cv-encode' said
}

@test "models of the sound of models, again and again, have histories that a stream can hold" {
    cp audio.cvs sound
    for i in {1..9}; do
        cv-train -N notebook -q -e 0 < sound > $i.bin
        cv-encode $i.bin < sound | cv-decode $i.bin > next
        mv next sound
        [ "$(cv-info --recipe sound | wc -c)" -lt 3000 ]
    done
    cat sound audio.cvs | cv-encode 9.bin | cv-info -q > /dev/null
    cv-info --recipe sound | grep -q '^test -s 1.bin || '
}

@test "mixes of one file, or of two alike, have a history" {
    cv-train -N notebook -q -e 0 < audio.cvs > model.bin
    cv-encode model.bin < audio.cvs > a.lat
    cp a.lat b.lat
    cv-mix -a a.lat > mixed
    [ "$(pipe mixed)" = "cv-mix -a a.lat" ]
    cv-mix -n 2 a.lat b.lat > mixed
    [ "$(pipe mixed)" = "cv-mix -n 2 a.lat b.lat" ]
}

@test "a run that goes on has the history of the one that began" {
    cv-train -N notebook -q -e 3 --snapshot shots < audio.cvs > model.bin
    cv-info --recipe shots/epoch-0001.cvm | grep -q '^# ended after 1 of 3 epochs'
    cv-load -q -r 3000 -n 300 "$PWD"/jazz/*.wav | cv-train -q --resume shots/epoch-0001.cvm > again.bin
    cmp again.bin model.bin
    cv-train -q --resume shots/epoch-0001.cvm --resume-anyway -e 2 < audio.cvs > two.bin
    remakes two.bin
    grep -q ' --resume shots/epoch-0001.cvm --resume-anyway' recipe
}

@test "names over 64 KiB, and those from standard input, are left out and said to be" {
    long=$(printf '%0200d' 0)
    for i in {1..350}; do ln jazz/a.wav $long$i.wav; done
    cv-load -q -r 3000 -n 40 $long*.wav > long.cvs
    cv-info --recipe long.cvs > recipe
    grep -q '^# cv-load: the names of 350 files are left out' recipe
    grep -qxF "cv-load -r 3000 -n 40 '(350 operands)'" recipe
    [ "$(head -c 1000 long.cvs | LC_ALL=C grep -ac $long)" -eq 1 ] # of the first frame
    ls jazz/*.wav | cv-load -q -r 3000 -@ | cv-info --recipe > recipe
    grep -q '^# cv-load -@: the names .* not in it' recipe
    cat jazz/a.wav | cv-load -q -r 3000 - | cv-info --recipe > recipe
    grep -q '^# cv-load -: the sound .* not in it' recipe
    cv-load -q -r 3000 <(cat jazz/a.wav) | cv-info --recipe > recipe
    grep -q '^# cv-load /dev/fd/[0-9]*: what came .* not in it' recipe
}

@test "a name that is not UTF-8 cannot be in a recipe, which says so" {
    mv jazz/a.wav jazz/$'\xff'.wav
    cv-load -q -r 3000 -n 40 jazz/*.wav | cv-info --recipe > recipe
    grep -qx '# cv-load: a name that is not UTF-8 .*' recipe
    [ "$(grep -c '^#' recipe)" -eq 1 ]
    [ "$(cv-load -q -r 3000 -n 40 jazz/b.wav | cv-info --recipe | grep -c '^#')" -eq 0 ]
}

@test "cv-info shows the runs in a line each, and long ones cut" {
    cv-batch -b 2 --take train --share 0 < audio.cvs > batched
    cv-info batched > text
    grep -qx '  history          cv-load -r 3000 -n 300 jazz/a.wav .*' text
    grep -qx '                   cv-batch -b 2 --take train --share 0' text
    cv-load -q -r 3000 -n 40 jazz/a.wav jazz/a.wav jazz/a.wav jazz/a.wav jazz/a.wav jazz/a.wav jazz/a.wav jazz/a.wav > s
    cv-info s | grep -qE '^  history .{100,110} \.\.\.$'
    cv-info --json batched | grep -qF '"history":[["cv-load","-r","3000","-n","300","jazz/a.wav",'
}

@test "words that a shell would take for others are quoted, what a pipe had besides is said" {
    python "$BATS_TEST_DIRNAME/tools/head.py" minutes_wanted=.5 epochs=1 epochs_wanted=2 \
        'history=[["cv-load", "", "a\x1b\x7f\x85\xa0\xc5b", "it'"'"'s\n", "-0", "-@", "-", "/dev/fd/3", 5]]' < audio.cvs > made
    cv-info --recipe made > recipe
    cat > wanted <<- 'END'
	# ended after 1 of 2 epochs: this trains all of them
	# trained by the clock: this trains another number of steps
	# cv-load -0: the names that came on standard input are not in it
	# cv-load -@: the names that came on standard input are not in it
	# cv-load -: the sound that came on standard input is not in it
	# cv-load /dev/fd/3: what came from there is not in it
	# cv-load: the names of 5 files are left out, being over 64 KiB
	END
    diff <(grep '^#' recipe) wanted
    eval "set -- $(grep -v '^#' recipe)"
    [ "$3" = $'a\e\177\302\205\302\240\303\205b' ]
    [ "$2$4" = $'it\'s\n' ]
    [ "$(tr -d '\n' < recipe | LC_ALL=C tr -dc '\000-\037\177' | wc -c)" -eq 0 ]
    # by the clock, and the best kept: no epochs are missing
    python "$BATS_TEST_DIRNAME/tools/head.py" epochs=1 epochs_wanted=2 best_epoch=1 < made > best
    run -1 grep -q "ended after" <(cv-info --recipe best)
}

@test "what does not say how it was made, or names other programs, has no recipe" {
    printf '%b' "$(mp_head audio 3000)$(mp_tail 0)" > none
    refuses 1 cv-info --recipe none
    says none "does not say how it was made"
    [ -z "$output" ]
    usage=$(cv-info --json --recipe none 2>&1 || true)
    [[ $usage == *"one at a time"* ]]
    head=$(mp_head audio 3000)
    for words in "$(mp_str rm)" "$(mp_str "cv-load;rm")" "$(mp_int 1)"; do
        printf '%b' "${head/"\\x81$(mp_str rate)"/"\\x82$(mp_str history)\\x91\\x91$words$(mp_str rate)"}$(mp_tail 0)" > made
        cv-info made | grep -q '^  history '
        refuses 1 cv-info --recipe made
        cv-batch < made | refuses 1 cv-info --recipe
    done
    head="python $BATS_TEST_DIRNAME/tools/head.py"
    for history in 5 '[]' '[[]]' '[[5]]' '["a"]' '[["cv-load", None]]' '[["cv-load", 1.5]]' '[[[["cv-load"]]], ["rm"]]' \
        '[["cv-load"], [[["cv-load"]]]]' '[[5, [["cv-load"]]]]' '[[["cv-load"]]]' '[[[["rm"]]], ["cv-batch"]]'; do
        $head "history=$history" < audio.cvs > made
        cv-info made > /dev/null
        refuses 1 cv-info --recipe made
        cv-batch -q < made | refuses 1 cv-info --recipe
        cat made audio.cvs | cv-batch -q | refuses 1 cv-info --recipe
    done
    # nor what is longer than a head can say
    $head 'history=[["cv-load", "x" * 700000]]' < audio.cvs > made
    cat made made made | refuses 1 cv-info --recipe
    $head 'history=[["cv-load", "x" * 1000000, "x" * 100000]]' < audio.cvs | cv-batch -q > made
    cv-batch -q < made | refuses 1 cv-info --recipe
    # one cut short has no recipe either
    head -c -1 audio.cvs > cut
    refuses 1 cv-info --recipe cut
    [ -z "$output" ]
}

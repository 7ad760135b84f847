# cv-batch: the order of clips, their grouping, and the split by track.

load clips
load helper

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 7 100
    cv-load -r 3000 -q -n 40 jazz/*.wav > audio.cvs
}

setup() {
    cp -r "$BATS_FILE_TMPDIR"/{jazz,*.cvs} "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
}

order() { names | tr '\n' ' '; }

@test "-b 1 -B 1 is the identity" {
    cv-batch -b 1 -B 1 < audio.cvs | same audio.cvs
}

@test "batches have the clips in order, the last one fewer" {
    cv-batch -b 3 -B 1 < audio.cvs > batched
    [ "$(names < batched | tr '\n' ' ')" = "batch-0000 batch-0001 batch-0002 " ]
    [ "$(clips_per_frame < batched)" = "3 3 1 " ]
    LC_ALL=C grep -qaP 'shape\x93\x03\x01\x28\xc4\x04data' batched
    LC_ALL=C grep -qaP 'shape\x93\x01\x01\x28\xc4\x04data' batched
    # the samples of the last clip are those of the last batch
    diff <(floats 40 < audio.cvs) <(floats 40 < batched)
}

@test "a batch taken apart gives back what went in, names and meta" {
    cv-batch -b 3 -B 1 < audio.cvs | cv-batch -b 1 -B 1 | same audio.cvs
    cv-batch -b 4 -B 1 < audio.cvs | cv-batch -b 3 -B 1 | cv-batch -b 1 -B 1 | same audio.cvs
    cv-batch -b 4 -B 1 < audio.cvs | cv-batch -b 3 -B 1 > again
    cv-batch -b 3 -B 1 < audio.cvs | same again
}

@test "batches of 10 with a buffer of 3 are the default" {
    cv-batch < audio.cvs > one
    cv-batch -b 10 -B 3 -s 123 < audio.cvs > two
    cmp one two
    [ "$(clips_per_frame < one)" = "7 " ]
}

@test "a shuffle keeps every clip once, and a seed fixes it" {
    cv-batch -b 1 -B 5 < audio.cvs > one
    cv-batch -b 1 -B 5 < audio.cvs > two
    cmp one two
    [ "$(names < one | sort | tr '\n' ' ')" = "a b c d e f g " ]
    for seed in 1 2 3 4 5 6; do
        cv-batch -b 1 -B 5 -s $seed < audio.cvs | order
        echo
    done | sort -u > orders
    [ "$(wc -l < orders)" -ge 4 ]
    # each clip kept its samples
    for clip in $(names < one); do
        cv-load -r 3000 -q -n 40 "jazz/$clip.wav"
    done | cv-batch -b 1 -B 1 | cv-info --json | grep -o '"peak":[^,}]*' > want
    cv-info --json one | grep -o '"peak":[^,}]*' | diff want -
}

@test "a clip comes at most buffer - 1 places early" {
    letters=abcdefg
    for seed in 1 2 3 4 5 6 7 8; do
        place=0
        for clip in $(cv-batch -b 1 -B 3 -s $seed < audio.cvs | names); do
            before=${letters%%"$clip"*}
            [ ${#before} -le $((place + 2)) ]
            place=$((place + 1))
        done
        [ $place -eq 7 ]
    done
}

@test "all places come for the first of a full buffer" {
    for seed in {1..40}; do
        cv-batch -b 1 -B 7 -s $seed < audio.cvs | names | head -n 1
    done | sort -u > first
    [ "$(wc -l < first)" -eq 7 ]
    # and 0 is as large as all clips
    cv-batch -b 1 -B 0 < audio.cvs > all
    cv-batch -b 1 -B 7 < audio.cvs | same all
}

@test "train and test share nothing and have everything" {
    cv-batch -b 1 -B 1 --take train < audio.cvs | names > train
    cv-batch -b 1 -B 1 --take test --share 0.5 < audio.cvs | names > half
    cv-batch -b 1 -B 1 --take train --share 0.5 < audio.cvs | names > rest
    [ "$(sort half rest | tr '\n' ' ')" = "a b c d e f g " ]
    [ -s half ]
    [ -s rest ]
    # what trains at a share of one half trains at a fifth, too
    [ -z "$(comm -13 <(sort train) <(sort rest))" ]
    [ "$(cv-batch -b 1 -B 1 --take train --share 0 < audio.cvs | order)" = "a b c d e f g " ]
    [ "$(cv-batch -b 1 -B 1 --take test --share 1 < audio.cvs | order)" = "a b c d e f g " ]
}

@test "a side without a clip is said so" {
    for line in "test --share 0" "train --share 1"; do
        run --separate-stderr bash -c "cv-batch --take $line < audio.cvs > none"
        [ "$status" -eq 0 ]
        says warning "${line%% *}" 7
        [ -z "$(names < none)" ]
        refuses 1 cv-train < none
        says "no clips"
    done
}

@test "a track stays on its side when others come or go, and whatever the order" {
    cv-batch -b 1 -B 1 --take test --share 0.5 < audio.cvs | names > all
    for clip in a b c d e f g; do
        cv-load -r 3000 -q -n 40 "jazz/$clip.wav" | cv-batch -q -b 1 --take test --share 0.5 2> /dev/null > alone
        names < alone
    done > one_by_one
    diff all one_by_one
    cv-batch -b 1 -B 5 --take test --share 0.5 -s 9 < audio.cvs | names | sort | diff all -
}

@test "the clips of a track are on one side" {
    cv-load -r 3000 -q --all -n 10 jazz/*.wav > cut.cvs
    [ "$(names < cut.cvs | wc -l)" -eq 70 ]
    cv-batch -b 1 -B 1 --take test --share 0.5 < cut.cvs | names | sed 's/-.*//' | sort | uniq -c > test
    cv-batch -b 1 -B 1 --take train --share 0.5 < cut.cvs | names | sed 's/-.*//' | sort | uniq -c > train
    [ -s test ]
    [ -s train ]
    run -1 grep -vE '^ *10 [a-g]$' test train
    [ "$(cat test train | wc -l)" -eq 7 ]
    # as the whole tracks are
    diff <(sed 's/.* //' test) <(cv-batch -b 1 -B 1 --take test --share 0.5 < audio.cvs | names)
}

@test "--by-time splits one long track: the end of it is the test" {
    cv-load -r 3000 -q --all -n 10 jazz/a.wav jazz/b.wav > cut.cvs
    cv-batch -b 1 -B 1 --by-time --take test --share 0.3 < cut.cvs | names > test
    cv-batch -b 1 -B 1 --by-time --take train --share 0.3 < cut.cvs | names > train
    [ "$(tr '\n' ' ' < test)" = "a-007 a-008 a-009 b-007 b-008 b-009 " ]
    [ "$(wc -l < train)" -eq 14 ]
    [ -z "$(comm -12 <(sort train) <(sort test))" ]
    # one track cannot be shared out, and it is said what to do
    cv-load -r 3000 -q --all -n 10 jazz/a.wav > one.cvs
    for side in train test; do cv-batch -b 1 --take $side < one.cvs 2>&1 > /dev/null; done > words
    [ "$(grep -c 'side: tracks are too few to share out; --by-time splits each of them in time' words)" -eq 2 ]
    # a clip that is a whole track has no end of its own
    run --separate-stderr bash -c "cv-batch --by-time --take test < audio.cvs > none"
    says warning "cv-load --all"
    printf '%b' "$(mp_head audio 3000)$(mp_frame c audio "1 1" 1)$(mp_tail 1)" > plain
    refuses 1 cv-batch --by-time --take test < plain
    says "'c'" source_seconds
    refuses 2 cv-batch --by-time < plain
    refuses 2 cv-batch --share 0.3 < plain
}

@test "without a track in meta, the name decides the side" {
    printf '%b' "$(mp_head audio 3000)$(for c in a b c d e f g; do mp_frame $c audio "1 1" 1; done)$(mp_tail 7)" > plain
    diff <(cv-batch -b 1 -B 1 --take test --share 0.5 < plain | names) \
        <(cv-batch -b 1 -B 1 --take test --share 0.5 < audio.cvs | names)
}

@test "clips of unlike shape pass when they are not grouped" {
    cv-load -r 3000 -q -n 20 jazz/a.wav > short.cvs
    cat audio.cvs short.cvs > both
    cv-batch -b 1 -B 1 < both > same
    [ "$(names < same | wc -l)" -eq 8 ]
    # each of its length, whatever the order
    shapes() { cv-info --json | grep -o '"shape":[^"]*' | sort | uniq -c | tr -d ' \n'; }
    cv-batch -b 1 -B 5 < both > shuffled
    [ "$(shapes < shuffled)" = "$(shapes < both)" ]
    for side in train test; do cv-batch -b 1 -B 3 --take $side --share 0.5 < both; done > split
    [ "$(shapes < split)" = "$(shapes < both)" ]
    refuses 1 cv-batch -b 8 -B 1 < <(cat audio.cvs short.cvs)
    says 20 40 --pad "-b 1"
    # batches of unlike lengths, each of clips of one
    cat <(cv-batch -b 7 -B 1 < audio.cvs) <(cv-batch -b 1 -B 1 < short.cvs) | cv-batch -b 1 -B 1 | same same
}

@test "clips of unlike rate keep their rate when they are not grouped" {
    cv-load -q -r 6000 -n 40 jazz/a.wav > fast.cvs
    cat audio.cvs fast.cvs | cv-batch -b 1 -B 1 | cv-towav -q -o out
    [ "$(od -An -t u4 -j 24 -N 4 out/a.wav | tr -d ' ')" = 3000 ]
    [ "$(od -An -t u4 -j 24 -N 4 out/a-2.wav | tr -d ' ')" = 6000 ]
    cv-load -q -r 2999.5 -n 40 jazz/a.wav > slow.cvs
    [ "$(cat audio.cvs slow.cvs | cv-batch -b 1 -B 1 | cv-info --json | grep -c '"rate":2999.5')" -eq 1 ]
    refuses 1 cv-batch -b 8 -B 1 < <(cat audio.cvs fast.cvs)
    says 3000 6000 "cv-load -r" "-b 1"
    refuses 1 cv-batch -b 8 -B 1 < <(cat audio.cvs slow.cvs)
    says 3000 2999.5
}

@test "a stream of which nothing came is not told of twice by what is made of it" {
    cv-load -r 3000 -q -n 40 jazz/a.wav > more.cvs
    cat more.cvs audio.cvs | cv-batch -B 0 > mixed # the first segment is empty when the second stream comes
    recipe=$(cv-info --recipe mixed | grep -v '^#')
    [ "$(cv-batch < mixed | cv-info --recipe | grep -v '^#')" = "$recipe | cv-batch" ]
}

# Music in shards: what loads, encodes and checks a part of it beside others, and what cat makes of their streams.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 5 6000
    local given="-q -r 3000 --level .1 --part .3" o

    for o in whole parts; do
        [ $o = parts ] || given="-q -r 3000"
        cv-load $given jazz/*.wav > audio.$o.one
        cv-load $given jazz/[ab].wav > audio.$o.a
        cv-load $given jazz/[cde].wav > audio.$o.b
    done
    cv-load -q -r 3000 --shard 1/1000000 jazz/a.wav > audio.none
    cv-train -q -e 0 --frames fixed < audio.whole.one > model
    for o in audio.*; do cv-encode -q -m model < "$o" > "latent${o#audio}"; done
    cv-sample -q -n 2 --length 1 > noise.whole.a
    cv-sample -q -n 3 --length 1 -s 5 > noise.whole.b
    cat noise.whole.a noise.whole.b | parts 1000000 > noise.whole.one
}

setup() { cd "$BATS_TEST_TMPDIR"; }

# ---- streams joined by cat ----

# What is in a stream, in however many segments.
contents() { cv-info | sed -n '/^[a-e][ :]/p; s/^segments [0-9]*, //p'; }

# How every filter reads a stream, $in on standard input or by name: the kind, in what forms, and the command. What notes
# how it was made (parts -b) notes other loads.
filters() {
    cat << 'END'
audio whole parts mixed: contents < $in
audio whole parts mixed: cv-batch -q -b 2 -s 5 < $in | parts -b
audio whole parts mixed: cv-batch -q -b 1 -B 0 --take train --share .5 < $in | parts -b
audio whole parts mixed: cv-train -q -e 0 < $in | parts -b
audio whole parts mixed: cv-train -q -e 1 -N notebook -b 2 -t $in < $in | parts -b
audio whole parts mixed: cv-train -q --prior-only $made/model < $in | parts -b
audio whole parts: cv-encode $made/model < $in
audio whole parts: cv-encode -m $made/model < $in
audio whole parts mixed: cv-check -q --json < $in | contents
audio whole parts mixed: cv-check -q --json --original $in < $in | contents
audio whole parts mixed: cv-check -q --json -r $in < $made/audio.whole.one | contents
audio whole parts mixed: cv-eval $made/model < $in
audio whole parts mixed: cv-eval --each $made/model < $in
audio whole parts mixed: cv-plot -o out.svg < $in
audio whole parts mixed: cv-sample -n 3 --start 1 -m $made/model -c $in
audio whole parts mixed: cv-towav -q -o out < $in
audio whole parts mixed: cv-towav -q -o - < $in
latent whole parts mixed: contents < $in
latent whole parts: cv-decode -s 7 $made/model < $in
latent whole parts mixed: cv-mix -a < $in
latent whole parts mixed: cv-mix -n 2 $in $made/latent.whole.one
latent whole parts mixed: cv-mix -t 2 -m $made/model < $in
latent whole parts mixed: cv-plot -o out.svg < $in
noise whole: cv-decode $made/model < $in
END
}

# joined WANTED A B [...]: each filter that reads them in that form makes of these streams, one after the other, what it
# makes of the one stream.
joined() {
    local form=$1 want=$2 made=$BATS_FILE_TMPDIR kind forms command in n=0 o pieces

    shift 2
    while IFS=: read -r kind command; do
        read -r kind forms <<< "$kind"
        [[ " $forms " == *" $form "* ]] || continue
        pieces=("${@/#/$made/$kind.}")
        mkdir one joined
        cp "$made/$kind.$want" one.in
        cat "${pieces[@]}" > joined.in
        for o in one joined; do
            in=../$o.in
            (cd $o; eval "$command" > stdout 2> stderr) || { echo "$command: $(cat $o/stderr)"; return 1; }
        done
        # heads tell how their clips were made
        cmp -s one/stdout joined/stdout || for o in one joined; do
            parts -b < $o/stdout > values
            mv values $o/stdout
        done
        diff -r one joined || { echo "$command"; return 1; }
        [ -n "$(find one -type f -size +100c)" ]
        rm -r one joined
        n=$((n + 1))
    done < <(filters)
    echo "# $n filters"
    [ "$n" -ge 15 ]
}

@test "every filter makes of whole clips, joined by cat, what it makes of one load" {
    joined whole whole.one whole.a whole.b
}

@test "every filter makes of clips in parts, joined by cat, what it makes of one load" {
    joined parts parts.one parts.a parts.b
}

@test "whole clips, none, and clips in parts, joined by cat, are what they are in one load" {
    joined mixed whole.one whole.a none parts.b
    # what writes parts when it reads them cannot give the same bytes, but the same clips
    cp "$BATS_FILE_TMPDIR"/{model,audio.*,latent.*} .
    cat audio.whole.a audio.none audio.parts.b audio.whole.a | cv-encode -m model | contents > joined
    cat latent.whole.a latent.parts.b latent.whole.a | contents | cmp - joined
    cat latent.parts.a latent.none latent.whole.b | cv-decode model | names > joined
    printf '%s\n' a b c d e | cmp - joined
    refuses 1 cv-decode -q model < <(cat "$BATS_FILE_TMPDIR/noise.whole.a" latent.whole.a)
    says noise latent
}

@test "a byte that changed in the second of two streams is found by every filter" {
    local made=$BATS_FILE_TMPDIR kind forms form command in=in n=0

    export made in
    export -f contents
    while IFS=: read -r kind command; do
        read -r kind forms <<< "$kind"
        for form in whole parts; do
            [[ " $forms " == *" $form "* ]] || continue
            cat "$made/$kind.$form".{a,b} > in
            # the least byte of a number; the tail has 31 bytes
            printf '\x55' | dd of=in bs=1 seek=$(($(wc -c < in) - 431)) conv=notrunc status=none
            run ! cmp -s in <(cat "$made/$kind.$form".{a,b})
            run -1 bash -o pipefail -c "$command"
            [[ $output == *"its checksum is not that of what was read"* ]] || { echo "$command: $output"; return 1; }
            n=$((n + 1))
        done
    done < <(filters)
    [ "$n" -ge 30 ]
}

# ---- shards ----

# same_clips ONE OTHER: the streams have the same clips, by name and sample, in whatever order.
same_clips() {
    local o

    rm -rf clips-of
    for o; do
        mkdir -p "clips-of/$o"
        cv-towav -q -o "clips-of/$o/wav" < "$o"
        contents < "$o" | sed '/^frames/s/, digest.*//' | sort > "clips-of/$o/listing"
    done
    diff -r "clips-of/$1" "clips-of/$2"
}

# Tracks of one name in two folders, and one track in two formats.
namesakes() {
    jazz 7 1500
    mkdir -p music/{one,two}
    cp jazz/[abcd].wav music/one
    cp jazz/[defg].wav music/two
    cp jazz/g.wav music/one/e.wav
    cp jazz/a.wav music/two/e.wave
    printf 'not audio' > music/note.txt
}

@test "shards have together the clips of one load, and every track is whole in one of them" {
    local given n k

    namesakes
    find music -name '*.wav*' | sort > list
    for given in "-R music" "-a -n 400 music/one/e.wav music/two/d.wav music/two/e.wav" "-n 900 -R -@" \
        "-R --part .1 music" "-R --unique music/one"; do
        cv-load -q -r 3000 $given < list > whole
        for n in 2 5; do
            for k in $(seq $n); do cv-load -q -r 3000 --shard $k/$n $given < list > shard.$k; done
            cat shard.* > joined
            same_clips whole joined
            for k in shard.*; do names < $k | sed 's/-[0-9]*$//' | sort -u; done | sort > tracks
            [ "$(uniq -d tracks)" = "" ]
            [ "$(wc -l < tracks)" -ge 2 ]
            rm shard.*
        done
    done
}

@test "a shard does not depend on the order of files nor on others, and counts from 0 or 1" {
    jazz 9 300
    cv-load -q -r 3000 --shard 2/3 jazz/*.wav | names > names
    [ "$(wc -l < names)" -ge 1 ]
    [ "$(wc -l < names)" -le 6 ]
    printf '%s\n' jazz/{i,h,g,f,e,d,c,b,a}.wav | cv-load -q -r 3000 --shard 02/3 -@ | names | sort | cmp - names
    for k in $(< names); do
        [ "$(cv-load -q -r 3000 --shard 2/3 jazz/$k.wav | names)" = "$k" ]
    done
    cv-load -q -r 3000 --shard 0/3 jazz/*.wav | parts -b > first
    cv-load -q -r 3000 --shard 3/3 jazz/*.wav | parts -b | cmp - first
    for k in 4/3 -1/3 1/0 1/1000001 /3 1/ 3 1/2/3 1.5/3 one/3; do
        refuses 2 cv-load --shard $k jazz/a.wav
        says "--shard $k" "3/8"
    done
    refuses 2 cv-load --live --shard 1/2 -
    for option in -R --strict; do
        refuses 2 cv-load --live $option -
        says "not with --live"
    done
}

@test "a shard without tracks is whole; files are told of in their own shard alone" {
    local k clips=0

    namesakes
    for k in 1 2 3 4 5 6 7 8 9; do
        cv-load -r 3000 -R --shard $k/9 --report report.$k music > shard.$k 2> words
        clips=$((clips + $(names < shard.$k | wc -l)))
        [ -s shard.$k ]
        [ "$(grep -c '' report.$k)" -eq "$(sed 's/^cv-load: \([0-9]*\) files*: .*/\1/' words)" ]
        grep -q "in other shards$" words
    done
    [ "$clips" -eq 10 ]
    [ "$(grep -lc '"clips"' report.* | wc -l)" -lt 9 ]
    cv-load -q -r 3000 -R --report report music > whole
    cat report.? | grep -o '"file": *"[^"]*"' | sort > files
    [ "$(wc -l < files)" -eq 11 ]
    grep -o '"file": *"[^"]*"' report | sort | cmp - files
    # a bad file fails its shard alone
    printf 'no sound' > music/bad.wav
    for k in 1 2 3; do cv-load -q -r 3000 -R --shard $k/3 music 2> words > /dev/null || cat words; done > words.all
    [ "$(grep -c bad.wav words.all)" -eq 1 ]
}

@test "a track is on one side of the split whoever loads it, and every shard has both" {
    make_music
    cv-load -q -r 3000 -R music | cv-batch -q -b 1 -B 1 --take test | names | sort > test
    for k in 1 2 3 4 5; do
        cv-load -q -r 3000 -R --shard $k/5 music > shard
        cv-batch -q -b 1 -B 1 --take test < shard | names > test.$k
        # a fifth of some forty
        near_a_fifth=$(($(wc -l < test.$k) * 100 / $(names < shard | wc -l)))
        [ "$near_a_fifth" -ge 3 ]
        [ "$near_a_fifth" -le 50 ]
    done
    sort test.? | cmp - test
}

# ---- recipes ----

# A folder of short files that differ, half of them under the names of the others, as many as CV_SCALE_FILES.
make_music() {
    local half=$((${CV_SCALE_FILES:-200} / 2)) o

    for o in 1 7; do
        wav track.wav $((half * 300)) 3000 $o
        cv-load -q -r 3000 -a -n 300 track.wav | cv-towav -q -o music/$o
    done
    printf 'not audio' > music/note.txt
}

# The digest of a stream's clips in their order.
digest() { cv-info --json | grep -o '"digest": *"[0-9a-f]*"' | tail -n 1; }

# What the recipes do with one of eight shards.
load() { cv-load -q -r 3000 -R --shard "$1/8" music; }
encode() { load "$1" | cv-encode -q -j 1 -m "$BATS_FILE_TMPDIR/model"; }
check() { load "$1" | cv-check -q --json -l all=: 2>&1 > /dev/null | grep '^{"clip"'; }

# The folders load, encode and check of serial: the shards of music, one after the other.
serially() {
    local what k

    make_music
    export BATS_FILE_TMPDIR PARALLEL_SHELL=$BASH
    export -f load encode check
    for what; do
        mkdir -p "serial/$what"
        for k in {1..8}; do $what "$k" > "serial/$what/$k"; done
    done
}

@test "a tree of files is loaded, encoded and checked in shards: serially, by parallel, by xargs, in order and not" {
    local what

    serially load encode check
    # serially: what one load has, in another order
    cv-load -q -r 3000 -R music > one
    [ "$(names < one | wc -l)" -eq "${CV_SCALE_FILES:-200}" ]
    cat serial/load/* > joined
    same_clips one joined
    cv-encode -q -m "$BATS_FILE_TMPDIR/model" < joined | digest > want
    cat serial/encode/* | digest | cmp - want
    cv-check -q --json -l all=: < one 2>&1 > /dev/null | grep '^{"clip"' | sort > want
    sort serial/check/* | cmp - want
    # side by side into files: the same bytes
    for what in load encode check; do
        mkdir -p {parallel,xargs}/$what
        seq 8 | parallel -j 3 "$what {} > parallel/$what/{}"
        seq 8 | xargs -P 3 -I{} bash -c "$what {} > xargs/$what/{}"
        diff -r serial/$what parallel/$what
        diff -r serial/$what xargs/$what
    done
    # through one pipe, in order and as they come
    for what in load encode; do
        cat serial/$what/* | digest > want
        seq 8 | parallel -j 3 -k $what | digest | cmp - want
    done
    seq 8 -1 1 | parallel -j 3 load > joined
    same_clips one joined
    run ! cmp -s <(digest < joined) <(digest < one)
    seq 8 -1 1 | parallel -j 3 check | sort | cmp - <(sort serial/check/*)
}

@test "shards that fail are done again, by parallel, by xargs and by Slurm, and no other" {
    local k job='[ {} != 3 ] || [ -e repaired ] || ulimit -f 1; echo {} >> done; encode {} > z/{}'

    CV_SCALE_FILES=60 serially encode
    mkdir z
    # the file system takes no more; the other shards are whole
    run -1 parallel --joblog log "$job" < <(seq 8)
    run ! cv-info z/3
    run ! diff -r serial/encode z
    touch repaired
    parallel --resume-failed --joblog log "$job" < <(seq 8)
    diff -r serial/encode z
    sort done | uniq -d | cmp - <(echo 3)

    rm -r z repaired done
    mkdir z
    run -123 xargs -P 3 -I{} bash -c "$job" < <(seq 8)
    touch repaired
    for k in {1..8}; do cv-info -q z/$k > told 2>&1 || echo $k; done | xargs -r -P 3 -I{} bash -c "$job"
    diff -r serial/encode z
    sort done | uniq -d | cmp - <(echo 3)

    # the script in the page
    rm -r z
    mkdir z
    awk '/^#!/ { on = 1 } /^\.Ed/ && on { exit } on' "$BATS_TEST_DIRNAME/../man/cv-scale.7" |
        sed "s/64/8/; s/-R music/-r 3000 &/; s,model.bin,$BATS_FILE_TMPDIR/model," > encode.sh
    [ "$(grep -c '^#SBATCH' encode.sh)" -ge 3 ]
    for k in {1..8}; do
        ([ $k != 5 ] || ulimit -f 1; SLURM_ARRAY_TASK_ID=$k sh encode.sh) || echo $k
    done > failed
    [ "$(cat failed)" = 5 ]
    [ ! -e z/05.z ]
    SLURM_ARRAY_TASK_ID=5 sh encode.sh
    cat serial/encode/? | cmp - <(cat z/*.z)
}

# compose: writes sound MIDI files, the same ones for the same seed, and what is in them is small-combo jazz.

bats_require_minimum_version 1.5.0

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    compose -l -n 60 -o clips > list
    for f in clips/*.mid; do midi "$f" > "${f%.mid}.txt" || return 1; done # midi is strict, see tools/midi.c
}

setup() {
    cd "$BATS_FILE_TMPDIR"
    mkdir -p "$BATS_TEST_TMPDIR"
}

# refused STATUS COMMAND...: that status, nothing on standard output, a line that names the program
refused() {
    local want=$1

    shift
    run --separate-stderr "$@"
    echo "status $status, says: $stderr"
    [ "$status" -eq "$want" ]
    [ -z "$output" ]
    [[ $stderr == "compose: "* ]]
}

@test "as many files as asked for, numbered from 0, nothing else" {
    [ "$(ls clips/*.mid | wc -l)" -eq 60 ]
    [ -e clips/jazz.00000.mid ]
    [ -e clips/jazz.00059.mid ]
    [ -z "$(find clips -name '*.part')" ]
    [ "$(wc -l < list)" -eq 60 ]
}

@test "the same seed writes the same bytes" {
    compose -n 60 -s 123 -o "$BATS_TEST_TMPDIR/again"
    for f in clips/*.mid; do cmp "$f" "$BATS_TEST_TMPDIR/again/${f##*/}"; done
}

@test "a clip depends on the seed and its number, not on how many there are" {
    compose -n 3 -o "$BATS_TEST_TMPDIR/few"
    for i in 0 1 2; do cmp clips/jazz.0000$i.mid "$BATS_TEST_TMPDIR/few/jazz.0000$i.mid"; done
}

@test "other seeds write other clips, and no two clips are alike" {
    compose -n 60 -s 124 -o "$BATS_TEST_TMPDIR/other"
    [ "$(cat clips/*.mid | wc -c)" -gt 100000 ]
    [ "$(md5sum clips/*.mid "$BATS_TEST_TMPDIR"/other/*.mid | cut -d ' ' -f 1 | sort -u | wc -l)" -eq 120 ]
}

# The bytes are the same on every machine. Who changes the music puts the new sum here.
@test "seed 1 writes what it writes everywhere" {
    compose -n 20 -s 1 -o "$BATS_TEST_TMPDIR/one"
    run -0 sh -c 'cat "$1"/*.mid | cksum' sh "$BATS_TEST_TMPDIR/one"
    [ "$output" = "209305287 90914" ] || { echo "is $output"; return 1; }
}

@test "every clip lasts a little over 30 seconds" {
    for f in clips/*.txt; do
        awk '/^file/ { s = $4 / 1e6 * $5 / $3 } END { exit !(s > 30.2 && s < 30.4) }' "$f" ||
            { head -n 1 "$f"; return 1; }
    done
}

@test "-d sets the length" {
    compose -n 3 -d 7 -o "$BATS_TEST_TMPDIR/short"
    for f in "$BATS_TEST_TMPDIR"/short/*.mid; do
        midi "$f" | awk '/^file/ { s = $4 / 1e6 * $5 / $3 } END { exit !(s > 7.2 && s < 7.4) }'
    done
}

@test "tempos from 90 to 220, slow and fast ones" {
    cat clips/*.txt | awk '
        /^file/ { bpm = 6e7 / $4; bad += bpm < 89.9 || bpm > 220.1; slow += bpm < 115; fast += bpm > 185 }
        END { exit bad || slow < 4 || fast < 4 }'
}

@test "blues, two-five tunes and rhythm changes; most keys; sax, trumpet, vibes, piano, guitar" {
    for what in blues 'two-five tune' 'rhythm changes' ' sax' trumpet vibes piano guitar brushes; do
        grep -q "$what" list || { echo "no $what"; return 1; }
    done
    [ "$(sed 's/.* in \([A-G]b\?\).*/\1/' list | sort -u | wc -l)" -ge 10 ]
}

@test "the bass walks: on the beat, mostly by steps, within its range" {
    for f in clips/*.txt; do
        awk '/^track/ { bass = $5 == "bass" }
             /^note/ && bass { n++; bad += $5 < 28 || $5 > 62
                                d = $5 - last; small += d * d <= 49; last = $5 }
             END { exit bad || (n && small < 0.75 * n) }' "$f" || { echo "$f"; return 1; }
    done
    cat clips/*.txt | awk '/^track/ { bass = $5 == "bass"; last = -1 }
        /^note/ && bass && last >= 0 { d = ($3 - last) / 480; beat += d > 0.9 && d < 1.1; n++ }
        /^note/ { last = $3 }
        END { exit n == 0 || beat < 0.6 * n }'
}

@test "the hi-hat closes on two and four: every other beat" {
    cat clips/*.txt | awk '/^track/ { drums = $3 == 9; last = -1 }
        /^note/ && drums && $5 == 44 {
            if (last >= 0) { d = ($3 - last) / 480; good += d > 1.9 && d < 2.1; n++ }
            last = $3
        }
        END { exit n < 900 || good < 0.95 * n }'
}

@test "eighths swing, more when slow" {
    # where in the beat of the ride the second eighth falls, seen from the stroke before it
    cat clips/*.txt | awk '/^file/ { bpm = 6e7 / $4 } /^track/ { drums = $3 == 9; last = -1 }
        /^note/ && drums && ($5 == 51 || $5 == 59) {
            d = ($3 - last) / 480
            if (last >= 0 && d > 0.5 && d < 0.8 && bpm < 130) { slow += d; ns++ }
            if (last >= 0 && d > 0.5 && d < 0.8 && bpm > 180) { fast += d; nf++ }
            last = $3
        }
        END {
            if (ns < 50 || nf < 50) exit 1
            slow /= ns; fast /= nf
            exit !(slow > 0.63 && slow < 0.72 && fast < slow - 0.03)
        }'
}

@test "whoever leads plays phrases: notes and rests, in one register, mostly by small steps" {
    cat clips/*.txt | awk '
        /^track/ { melody = $3 == 2; last = 0 }
        /^note/ && melody {
            n++; v[$6] = 1
            d = last ? $5 - last : 0; small += d * d <= 25; last = $5
            gap += $3 - end > 720; end = $3 + $4
        }
        END { for (i in v) kinds++; exit !(n > 2500 && small > 0.8 * n && gap > 100 && kinds > 30) }'
}

@test "help and version" {
    run -0 --separate-stderr compose --help
    [[ $output == "usage: compose"* ]]
    [ -z "$stderr" ]
    run -0 compose --version
    [[ $output == "compose (cv) "[0-9]* ]]
}

@test "bad numbers, unknown options and file names are usage errors" {
    for bad in '-n 0' '-n 10x' '-n -3' '-s -1' '-s 99999999999999999999' '-d 0' '-d 1e3' '-n' '--nonsense' \
        'name.mid'; do
        run --separate-stderr compose -o "$BATS_TEST_TMPDIR/none" $bad
        echo "$bad: status $status, says: $stderr"
        [ "$status" -eq 2 ]
        [ -z "$output" ]
        [[ $stderr == *compose* ]]
    done
    [ ! -e "$BATS_TEST_TMPDIR/none" ]
}

@test "a directory that cannot be made, a file that cannot be written, a full list" {
    : > "$BATS_TEST_TMPDIR/file"
    refused 1 compose -n 1 -o "$BATS_TEST_TMPDIR/file/under"
    [[ $stderr == *"$BATS_TEST_TMPDIR/file"* ]]
    mkdir -p "$BATS_TEST_TMPDIR/taken/jazz.00000.mid"
    refused 1 compose -n 1 -o "$BATS_TEST_TMPDIR/taken"
    [ ! -e "$BATS_TEST_TMPDIR/taken/jazz.00000.mid.part" ]
    refused 1 sh -c 'compose -l -n 1 -o "$1" > /dev/full' sh "$BATS_TEST_TMPDIR/full"
}

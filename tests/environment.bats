# What surrounds a program: locale, zone, mask, places for files, descriptors, names. No byte of a result depends on it.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    mkdir data
    cd data
    for i in 1 2; do wav $i.wav 9000 3000 $i; done
    cv-load -q -r 3000 ./*.wav > a.cvs
    cv-train -q -e 0 --width 4 -z 2 --frames fixed < a.cvs > m.bin
    cv-encode -q m.bin < a.cvs > l.cvs
    printf '1.wav\n2.wav\n' > list
}

setup() {
    cp -r "$BATS_FILE_TMPDIR/data" "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
}

# Every program as INPUT COMMAND; what it makes goes into w.
programs() {
    printf '%s\n' "/dev/null cv-load -q -r 3000 --report w/load.json 1.wav 2.wav" "1.wav cv-load -q -r 3000 -" \
        "list cv-load -q -r 3000 -@" "a.cvs cv-batch -q -b 1" "a.cvs cv-encode -q m.bin" "l.cvs cv-decode -q m.bin" \
        "a.cvs cv-train -q -e 1 --width 4 -z 2 --frames fixed -l 0.0015 --log w/log --snapshot w/shots" \
        "/dev/null cv-sample -q -n 1 -m m.bin" "/dev/null cv-mix -q -x --from 0.25 l.cvs l.cvs" \
        "a.cvs cv-towav -q -o w/wav" "a.cvs cv-towav -q -o -" "a.cvs cv-check -l rms=-30.5:0" "a.cvs cv-eval -q m.bin" \
        "a.cvs cv-report -q --held-out a.cvs m.bin" "/dev/null cv-info a.cvs" "a.cvs cv-info --json" "a.cvs cv-plot -q -o w/plot.svg"
}

# all FOLDER: runs them, one after the other, each into files of its own
all() {
    local input command n=0

    mkdir "$1"
    while read -r input command; do
        n=$((n + 1))
        mkdir w
        $command < "$input" > "$1/$n.out" 2> "$1/$n.words" || { cat "$1/$n.words"; echo "status $?: $command"; return 1; }
        mv w "$1/$n"
    done < <(programs)
    # seconds that a step took
    find "$1" -name log -exec sed -i -E 's/"[a-z_]*(second|cpu)[a-z_]*":[^,}]*//g' {} +
}

@test "no byte depends on the locale, the zone, a home or the mask, and files have the modes of the mask" {
    umask 022
    all plain
    [ "$(find plain -path '*/[0-9]*/*' -type f -printf '%m\n' | sort -u)" = 644 ]
    [ -z "$(find plain -path '*/[0-9]*/*' -type d ! -perm 755)" ]
    if [ -e /usr/share/i18n/locales/de_DE ]; then # a decimal comma
        localedef -i de_DE -f UTF-8 "$PWD/de_DE.UTF-8"
        export LOCPATH=$PWD LC_ALL=de_DE.UTF-8
        [ "$(/usr/bin/printf %.1f 1,5)" = 1,5 ]
    fi
    umask 077
    TZ=Asia/Kathmandu
    export TZ
    unset HOME
    all other
    [ "$(find other -path '*/[0-9]*/*' -type f -printf '%m\n' | sort -u)" = 600 ]
    [ -z "$(find other -path '*/[0-9]*/*' -type d ! -perm 700)" ]
    diff -r plain other
}

@test "a descriptor that is closed is an error where it is needed, and no file gets what is another's" {
    all whole
    n=0
    while read -r input command; do
        n=$((n + 1))
        for closed in 0 1 2 01 02 12 012; do
            rm -rf w out
            mkdir w
            : > out
            : > words
            ends=()
            case $closed in *0*) ends+=("0<&-") ;; *) ends+=("0< $input") ;; esac
            case $closed in *1*) ends+=("1>&-") ;; *) ends+=("1> out") ;; esac
            case $closed in *2*) ends+=("2>&-") ;; *) ends+=("2> words") ;; esac
            status=0
            eval "$command ${ends[*]}" || status=$?
            [ "$status" -le 1 ]
            # what is there is whole, or the beginning of a report and a failure
            if [ $status -eq 0 ]; then
                [[ $closed == *1* ]] || cmp out "whole/$n.out"
                diff <(find w -type f -printf '%P\n' | sort) <(find "whole/$n" -type f -printf '%P\n' | sort)
            fi
            for file in $(find w -type f ! -name log -printf '%P\n'); do cmp -n "$(stat -c %s "w/$file")" "w/$file" "whole/$n/$file"; done
            [ ! -e w/log ] || [ -z "$(grep -av '^{' w/log)" ]
            [ $status -eq 0 ] || [[ $closed == *2* ]] || [ "$(grep -c . words)" -eq 1 ]
        done
    done < <(programs)
}

@test "where temporary files cannot be made: one line, and what needs none goes on" {
    export TMPDIR=/proc
    refuses 1 cv-load -q - < <(cat 1.wav)
    says /proc TMPDIR
    refuses 1 cv-train -q -e 0 --memory 0 < a.cvs
    says /proc TMPDIR
    cv-load -q -r 3000 ./*.wav | cmp - a.cvs
}

@test "names of 255 bytes of any kind: loaded, reported as JSON, written as WAV" {
    mkdir d
    for byte in n '\377' '\e' '"'; do cp 1.wav "d/$(printf "$byte%.0s" {1..251}).wav"; done
    cp 1.wav "d/x$(printf 'ä%.0s' {1..125}).wav"
    [ "$(find d -type f | wc -l)" -eq 5 ]
    cv-load -q -R -r 3000 --report said d > s.cvs
    [ "$(jq -s length said)" -eq 5 ]
    cv-towav -q -o wavs < s.cvs
    [ "$(find wavs -type f | wc -l)" -eq 5 ]
    name=$(printf 'n%.0s' {1..251})
    cv-plot -q -o "$name.svg" < a.cvs
    [ -s "$name.svg" ]
    cv-load -q --report "$name.log" 1.wav > s.cvs
    [ -s "$name.log" ]
    refuses 1 cv-plot -q -o "${name}12345.svg" < a.cvs
    says "File name too long"
}

@test "a path over 4096 bytes: one line that says so; folders below that are passed through or named" {
    path=$(printf 'x/%.0s' {1..2100})x
    for command in "cv-load $path" "cv-load -R $path" "cv-load --report $path 1.wav" "cv-info $path" "cv-towav -o $path" \
        "cv-plot -o $path.svg" "cv-encode $path" "cv-train -q -e 0 --snapshot $path" "cv-train -q -e 0 --log $path"; do
        refuses 1 $command < a.cvs
        says "File name too long"
    done
    # as the shell goes down: 40 folders of 120 bytes
    name=$(printf 'd%.0s' {1..120})
    (mkdir -p deep && cd deep && cp ../1.wav . && for i in {1..40}; do mkdir $name && cd -P $name; done && cp "$BATS_TEST_TMPDIR/here/2.wav" .) 2> /dev/null || skip "the shell goes no deeper"
    refuses 1 timeout 20 cv-load -q -r 3000 -R deep
    says "File name too long"
}

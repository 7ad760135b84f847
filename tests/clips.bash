# Small files and streams made with the shell alone, and what the tests of
# filters ask of a program that refuses its input.
bats_require_minimum_version 1.5.0

# wav FILE SAMPLES [RATE [SEED]]: a mono 16-bit WAV, a sum of two sines that depend on SEED.
wav() {
    local n=$2 rate=${3:-3000} seed=${4:-1}

    printf '%b' "$(awk -v n="$n" -v rate="$rate" -v seed="$seed" '
        function le(v, bytes,   i, s) {
            if (v < 0) v += 65536
            for (i = 0; i < bytes; i++) { s = s sprintf("\\x%02x", v % 256); v = int(v / 256) }
            return s
        }
        BEGIN {
            printf "RIFF%sWAVEfmt %s%s%s%s%s%s%sdata%s", le(36 + 2 * n, 4), le(16, 4), le(1, 2), le(1, 2),
                   le(rate, 4), le(2 * rate, 4), le(2, 2), le(16, 2), le(2 * n, 4)
            for (t = 0; t < n; t++)
                printf "%s", le(int(9000 * sin(t * (0.05 + seed * 0.013)) + 6000 * sin(t * seed * 0.31)), 2)
        }')" > "$1"
}

# jazz COUNT SAMPLES: WAVs jazz/a.wav, jazz/b.wav ... that differ.
jazz() {
    local i letters=abcdefghijklmnopqrstuvwxyz

    mkdir -p jazz
    for ((i = 0; i < $1; i++)); do
        wav "jazz/${letters:i:1}.wav" "$2" 3000 $((i + 1))
    done
}

# ---- streams by hand: each function prints escapes for printf %b ----

mp_str() { printf '\\x%02x%s' $((0xa0 + ${#1})) "$1"; }             # up to 31 bytes
mp_key() { printf '\\xc4\\x%02x%s' ${#1} "$1"; }                    # a bin
mp_int() { if (($1 < 128)); then printf '\\x%02x' "$1"; else printf '\\xcd\\x%02x\\x%02x' $(($1 / 256)) $(($1 % 256)); fi; }
mp_float() {
    case $1 in
    0) printf '\\x00\\x00\\x00\\x00' ;;
    1) printf '\\x00\\x00\\x80\\x3f' ;;
    -1) printf '\\x00\\x00\\x80\\xbf' ;;
    0.5) printf '\\x00\\x00\\x00\\x3f' ;;
    -0.5) printf '\\x00\\x00\\x00\\xbf' ;;
    2) printf '\\x00\\x00\\x00\\x40' ;;
    nan) printf '\\x00\\x00\\xc0\\x7f' ;;
    inf) printf '\\x00\\x00\\x80\\x7f' ;;
    *) echo "mp_float: no bytes for $1" >&2; return 1 ;;
    esac
}

# mp_head KIND [RATE]
mp_head() {
    printf '\\x84'; mp_str cv; mp_str head; mp_str version; mp_int 1; mp_str kind; mp_str "$1"; mp_str meta
    if [ -n "${2-}" ]; then
        printf '\\x81'; mp_str rate; mp_int "$2"
    else
        printf '\\x80'
    fi
}

# mp_tensor "SHAPE" VALUE...: as in mp_tensor "1 2" 0.5 -1
mp_tensor() {
    local shape=($1) i

    shift
    printf '\\x85'; mp_key nd; printf '\\xc3'; mp_key type; mp_str "<f4"; mp_key kind; mp_key ""
    mp_key shape; printf '\\x%02x' $((0x90 + ${#shape[@]}))
    for i in "${shape[@]}"; do mp_int "$i"; done
    mp_key data; printf '\\xc5\\x%02x\\x%02x' $((4 * $# / 256)) $((4 * $# % 256))
    for i; do mp_float "$i"; done
}

# mp_frame NAME TENSOR-NAME "SHAPE" VALUE...
mp_frame() {
    printf '\\x84'; mp_str cv; mp_str frame; mp_str name; mp_str "$1"; mp_str meta; printf '\\x80'
    mp_str tensors; printf '\\x81'; mp_str "$2"; shift 2; mp_tensor "$@"
}

# mp_tail FRAMES: without a hash
mp_tail() { printf '\\x82'; mp_str cv; mp_str tail; mp_str frames; mp_int "$1"; }

# ---- looking at streams ----

# The names of the frames on standard input, in order, one a line.
names() { cv-info --json | grep -o '"name":"[^"]*","segment":' | cut -d '"' -f 4; }

# The shapes of the frames of an audio stream on standard input, with the number of clips in each batch.
clips_per_frame() { cv-info --json | grep -o '"name":"[^"]*","\(segment\|shape\)":' | awk '
    /segment/ { if (n) print n; n = 0 } /shape/ { n++ } END { print n }' | tr '\n' ' '; }

# floats N < STREAM: the last N values of the last tensor of a stream with a
# hash and fewer than 128 frames, one a line. Its tail has 31 bytes.
floats() { tail -c $((31 + 4 * $1)) | head -c $((4 * $1)) | od -An -v -t f4 -w4 | tr -d ' '; }

# field NAME FILE: the value of that key of the model's or stream's meta
field() { cv-info --json "$2" | grep -oE "\"$1\": ?(\[[^]]*\]|\"[^\"]*\"|[^,}]*)" | head -n 1 | sed -E 's/^"[^"]*": ?//'; }

# tensor NAME < STREAM-OF-ONE-FRAME: all values of its tensor of that name, one a line.
tensor() {
    local at frame=$BATS_TEST_TMPDIR/frame.$BASHPID size

    cat > "$frame"
    at=$(LC_ALL=C grep -obUaP "[\\xa0-\\xbf]$1\\x85\\xc4\\x02nd" "$frame" | head -n 1 | cut -d : -f 1)
    at=$((at + $(tail -c +$((at + 1)) "$frame" | LC_ALL=C grep -obUaP '\xc4\x04data' | head -n 1 | cut -d : -f 1) + 6))
    # the head of a bin of up to 255, 65535 or more bytes
    case $(od -An -j "$at" -N 1 -t x1 "$frame" | tr -d ' ') in
    c4) size=1 ;;
    c5) size=2 ;;
    c6) size=4 ;;
    *) echo "tensor: no data of $1" >&2; return 1 ;;
    esac
    tail -c +$((at + 2 + size)) "$frame" |
        head -c $((16#$(od -An -j $((at + 1)) -N $size -t x1 "$frame" | tr -d ' '))) | od -An -v -t f4 -w4 | tr -d ' '
    rm "$frame"
}

# ascending NUMBER...: each of them is a number, and less than the next
ascending() {
    printf '%s\n' "$@" | awk '
        !/^[-+]?[0-9.]+(e[-+]?[0-9]+)?$/ || (NR > 1 && $1 + 0 <= last) { bad = 1 }
        { last = $1 + 0 }
        END { exit bad }' || { echo "not in order: $*"; return 1; }
}

# ---- what refusing means ----

# refuses STATUS COMMAND...: that status, and nothing but one line on standard
# error, which starts with the program's name. Leaves $stderr, and the
# beginning of standard output in $output. ("run" would take twice as long.)
refuses() {
    local want=$1 out=$BATS_RUN_TMPDIR/refused.$BATS_SUITE_TEST_NUMBER

    shift
    status=0
    "$@" > "$out" 2> "$out.words" || status=$?
    stderr=$(< "$out.words")
    output=
    [ ! -s "$out" ] || output=$(head -c 500 "$out" | tr '\0' ' ')
    if [ "$status" -ne "$want" ]; then
        echo "status $status, not $want: $*"; echo "stderr: $stderr"; return 1
    fi
    if [[ $stderr == *$'\n'* ]] || [[ $stderr != cv-*": "?* ]]; then
        echo "not one line on standard error: $*"; echo "$stderr"; return 1
    fi
}

# says WORD...: the line that the last program printed on standard error has each of these in it.
says() {
    local word

    for word; do
        [[ $stderr == *"$word"* ]] || { echo "no '$word' in: $stderr"; return 1; }
    done
}

# same FILE < STREAM: they are the same but for their history
same() { parts -b | cmp - <(parts -b < "$1"); }

# python ...: with the packages that scripts of the pages need, $modules or msgpack and numpy; 3: there is none
python() {
    local p

    for p in /usr/bin/python3 python3; do
        if "$p" -c "import ${modules:-msgpack, numpy}" 2> /dev/null; then "$p" "$@"; return; fi
    done
    return 3
}

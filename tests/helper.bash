# What tests of audio files need: the programs on PATH, a folder of their own,
# sound files (see tools/tone.c) and facts about them (see tools/facts.c).
bats_require_minimum_version 1.5.0

# Call this in setup().
audio_setup() {
    local build=${CV_BUILD:-}

    if [ -z "$build" ]; then
        build=$(dirname "$(command -v cv-load || echo "$BATS_TEST_DIRNAME/../build/cv-load")")
    fi
    build=$(cd "$build" && pwd)
    PATH=$build:$build/tools:$PATH
    mkdir -p "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
}

# fact KEY [CLIP [CHANNEL]] < STREAM: the value of KEY (peak, rms, samples, ...) for a clip, the first if not named.
fact() {
    facts -s - | fact_of "$@"
}

# sound KEY FILE [CHANNEL]: the same for a sound file.
sound() {
    facts "$2" | fact_of "$1" "" "${3-}"
}

fact_of() {
    awk -v key="$1" -v clip="${2-}" -v channel="${3:-0}" '
        {
            match($0, / channel=/)
            if ((clip != "" && substr($0, 1, RSTART - 1) != clip) || !index($0, " channel=" channel " ") || done) next
            split(substr($0, RSTART + 1), words, " ")
            for (i in words) if (index(words[i], key "=") == 1) { print substr(words[i], length(key) + 2); done = 1 }
        }'
}

# clips < STREAM: the names of its clips, one a line.
clips() {
    facts -s - | sed -n 's/ channel=0 .*//p'
}

# near VALUE WANTED TOLERANCE
near() {
    awk -v a="$1" -v b="$2" -v e="$3" 'BEGIN { exit !(a ~ /[0-9]/ && b ~ /[0-9]/ && a - b <= e && b - a <= e) }' ||
        { echo "'$1' is not within $3 of '$2'"; return 1; }
}

# usage COMMAND ...: a usage error: status 2, no output, one line on standard error that names --help.
usage() {
    run --separate-stderr "$@"
    [ "$status" -eq 2 ] || { echo "status $status: $*"; return 1; }
    [ -z "$output" ] || { echo "output: $*"; return 1; }
    [ "${#stderr_lines[@]}" -eq 1 ] || { echo "says: $stderr"; return 1; }
    [[ $stderr == *--help* ]] || { echo "says: $stderr"; return 1; }
}

# load_to ARGUMENT ...: runs cv-load into the file stream, its words into the file
# words, but for the line about all files, which goes into the file total; its status into $status.
load_to() {
    status=0
    cv-load -r 3000 "$@" > stream 2> said || status=$?
    sed -nE '/^cv-load: [0-9]+ files?: /p' said > total
    sed -E '/^cv-load: [0-9]+ files?: /d' said > words
}

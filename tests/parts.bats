# Clips in parts: every program makes of them what it makes of whole clips.

load clips

modules="msgpack, msgpack_numpy, numpy"

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    wav a.wav 3000
    wav b.wav 3000 3000 2
    cv-load -q -r 3000 a.wav b.wav > whole.cvs
    parts 7 512 0 1 300 < whole.cvs > parts.cvs
}

setup() { cd "$BATS_FILE_TMPDIR"; }

@test "the tool cuts" {
    [ "$(parts -m < whole.cvs | tr '\n' ' ')" = "frame a 3000 frame b 3000 " ]
    [ "$(parts -m < parts.cvs | grep -c '^part a 7$')" = 4 ]
    [ "$(parts -m < parts.cvs | awk '{ n += $3 } END { print n }')" = 6000 ]
}

@test "programs that need whole clips join them" {
    cv-batch -q -b 2 < parts.cvs > "$BATS_TEST_TMPDIR/batches"
    cv-batch -q -b 2 < whole.cvs | cmp - "$BATS_TEST_TMPDIR/batches"
    [ "$(cv-info parts.cvs | grep -v parts.cvs)" = "$(cv-info whole.cvs | grep -v whole.cvs)" ]
    cv-check -q --json < parts.cvs > "$BATS_TEST_TMPDIR/check"
    cv-check -q --json < whole.cvs | cmp - "$BATS_TEST_TMPDIR/check"
    cat parts.cvs whole.cvs parts.cvs | cv-batch -q -b 6 > "$BATS_TEST_TMPDIR/batches"
    cat whole.cvs whole.cvs whole.cvs | cv-batch -q -b 6 | cmp - "$BATS_TEST_TMPDIR/batches"
}

@test "a stream that ends within a clip is refused" {
    head -c 9000 parts.cvs > cut.cvs
    refuses 1 cv-info cut.cvs
    says "in the middle of part"
}

@test "the filter in cv-stream(5) takes parts and gives parts" {
    python -c '' || skip "no Python with msgpack, msgpack-numpy and numpy"
    awk '/^A filter that halves/ { on = 1 } on && /^\.Ed/ { exit } on && code { print } on && /^\.Bd/ { code = 1 }' \
        "$BATS_TEST_DIRNAME/../man/cv-stream.5" > half.py
    [ "$(wc -l < half.py)" -le 12 ]
    python half.py < parts.cvs > half.cvs
    parts -m < half.cvs > maps
    parts -m < parts.cvs | cmp - maps
    python half.py < whole.cvs | values audio > half
    values audio < half.cvs | cmp - half
    [ "$(sed -n 5p half)" != "$(values audio < whole.cvs | sed -n 5p)" ]
}

# cv-sample: draws from the standard normal distribution that a seed fixes.

load clips

# two.bin is a model of two latents, whose draws are small
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 2 100
    cv-load -q -n 30 jazz/*.wav > audio.cvs
    cv-train -N notebook -q -e 0 < audio.cvs > two.bin
}

setup() {
    cp "$BATS_FILE_TMPDIR"/{audio.cvs,two.bin} "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
}

@test "one draw for 30 s at 3000 Hz of the default network is the default" {
    cv-sample > one
    cv-sample -n 1 -s 123 -t 1 > two
    cmp one two
    [ "$(names < one)" = sample-00 ]
    cv-info one | grep -q '\[64, 352\]'
}

@test "names have two digits, or as many as the last one needs" {
    [ "$(cv-sample -n 100 -m two.bin | names | sed -n '1p;$p' | tr '\n' ' ')" = "sample-00 sample-99 " ]
    [ "$(cv-sample -n 101 -m two.bin | names | sed -n '1p;$p' | tr '\n' ' ')" = "sample-000 sample-100 " ]
    [ "$(cv-sample -n 1001 -m two.bin | names | sed -n '1p;$p' | tr '\n' ' ')" = "sample-0000 sample-1000 " ]
}

@test "a seed fixes the draws, another seed gives others" {
    cv-sample -n 5 -m two.bin > one
    cv-sample -n 5 -m two.bin > two
    cv-sample -n 5 -m two.bin -s 124 > three
    cmp one two
    [ "$(floats 2 < one)" != "$(floats 2 < three)" ]
}

@test "a draw depends on seed and number only" {
    for n in 1 2 3; do
        cv-sample -n $n -m two.bin | floats 2
    done > alone
    # the draws of one run are not alike
    [ "$(sort -u alone | wc -l)" -eq 6 ]
    # of -n 3, the frame before the last ends where the last one begins
    cv-sample -n 3 -m two.bin > three
    frame=$(($(wc -c < three) - $(cv-sample -n 2 -m two.bin | wc -c)))
    head -c -$frame three | tail -c $((8 + 31)) | head -c 8 | od -An -v -t f4 -w4 | tr -d ' ' > second
    diff second <(sed -n 3,4p alone)
}

@test "the temperature multiplies" {
    cv-sample -n 4 -m two.bin | floats 2 > one
    cv-sample -n 4 -m two.bin -t 2 | floats 2 > two
    cv-sample -n 4 -m two.bin -t 0.5 | floats 2 > half
    paste one two half | awk '{ d = $2 - 2 * $1; e = $3 - $1 / 2; if (d * d > 1e-10 || e * e > 1e-10) exit 1 }'
    [ "$(cv-sample -t 0 -m two.bin | floats 2 | tr -d - | tr '\n' ' ')" = "0 0 " ]
}

@test "the draws are standard normal" {
    # one frame per draw: bytes of data at the end of each frame, before the next map
    cv-sample -n 100 -m two.bin > many
    for n in {1..100}; do :; done
    frame=$((($(wc -c < many) - $(cv-sample -n 50 -m two.bin | wc -c)) / 50))
    size=$(wc -c < many)
    # the last 50 frames: the last eight bytes of each are its values
    tail -c $((50 * frame + 31)) many | head -c $((50 * frame)) | od -An -v -t x1 -w$frame |
        awk '{ for (i = NF - 7; i <= NF; i++) printf "\\x%s", $i }' > escapes
    printf '%b' "$(cat escapes)" | od -An -v -t f4 -w4 > values
    awk '{ n++; s += $1; q += $1 * $1; if ($1 > 1 || $1 < -1) out++ }
         END { m = s / n; v = q / n - m * m
               print n, m, v, out
               exit !(n == 100 && m > -0.4 && m < 0.4 && v > 0.55 && v < 1.6 && out > 12 && out < 52) }' values
}

@test "-m takes the latents of that model" {
    cv-train -N notebook -q -e 0 -z 5 < audio.cvs > model.bin
    cv-sample -n 2 -m model.bin > noise.cvs
    cv-info noise.cvs | grep -q '\[5, 1\]'
    cv-info --json noise.cvs > json
    grep -qE '"rate": ?3000' json
    grep -qE '"samples": ?30' json
    cv-decode -q model.bin < noise.cvs | cv-info
    # without -m nothing is known of rate and length
    ! cv-sample | cv-info --json | grep -q '"rate"'
}

@test "seed and temperature stand in the stream" {
    cv-sample -s 77 -t 0.25 | cv-info --json > json
    grep -qE '"seed": ?77' json
    grep -qE '"temperature": ?0.25' json
}

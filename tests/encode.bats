# cv-encode: clips to mean, log variance and z, with the network notebook; see spectral.bats for the other one.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 5 200
    cv-load -r 3000 -q -n 120 jazz/*.wav > audio.cvs
    cv-train -N notebook -q -e 5 -b 2 < audio.cvs > model.bin
    cv-train -N notebook -q -e 1 -z 7 < audio.cvs > seven.bin
}

setup() {
    cp -r "$BATS_FILE_TMPDIR"/{jazz,*.cvs,*.bin} "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
}

@test "names, meta and number of samples stay with the clip" {
    cv-encode model.bin < audio.cvs > latent.cvs
    [ "$(names < latent.cvs | tr '\n' ' ')" = "a b c d e " ]
    cv-info --json latent.cvs > json
    grep -qE '"kind": ?"latent"' json
    grep -qE '"samples": ?120' json
    grep -qE '"rate": ?3000' json
    grep -qE '"network": ?"notebook"' json
    cv-decode -q model.bin < latent.cvs | cv-info --json | grep -qE '"file": ?"a.wav"'
}

@test "every frame has z, mean and logvar of the model's size" {
    cv-encode seven.bin < audio.cvs > latent.cvs
    cv-info latent.cvs | grep -q '\[7, 1\]'
    for tensor in z mean logvar; do
        [ "$(LC_ALL=C grep -oaP "[\\xa0-\\xbf]$tensor\\x85" latent.cvs | wc -l)" -eq 5 ]
    done
}

@test "-m takes the mean, otherwise z is drawn around it" {
    cv-load -r 3000 -q -n 120 jazz/c.wav > one.cvs
    cv-encode -m model.bin < one.cvs > mean.cvs
    [ "$(tensor z < mean.cvs)" = "$(tensor mean < mean.cvs)" ]
    cv-encode model.bin < one.cvs > drawn.cvs
    [ "$(tensor mean < drawn.cvs)" = "$(tensor mean < mean.cvs)" ]
    [ "$(tensor logvar < drawn.cvs)" = "$(tensor logvar < mean.cvs)" ]
    [ "$(tensor z < drawn.cvs)" != "$(tensor mean < drawn.cvs)" ]
    # within six standard deviations
    paste <(tensor z < drawn.cvs) <(tensor mean < drawn.cvs) <(tensor logvar < drawn.cvs) |
        awk '{ d = ($1 - $2) / exp($3 / 2); if (d > 6 || d < -6 || d == 0) exit 1; n++ } END { exit n != 2 }'
}

@test "a seed fixes the draws, whatever the threads" {
    cv-encode model.bin < audio.cvs > one
    cv-encode -s 123 -j 1 model.bin < audio.cvs > two
    cv-encode -j 2 model.bin < audio.cvs > three
    cmp one two
    cmp one three
    cv-encode -s 124 model.bin < audio.cvs > four
    run -1 same four < one
    cv-encode -m -s 124 model.bin < audio.cvs > five 2> words
    grep -q -- "warning: --seed has no effect: with --mean" words
    [ "$(wc -l < words)" -eq 1 ]
    cv-encode -m model.bin < audio.cvs | same five
}

@test "clips of a batch are encoded one by one" {
    cv-encode -m model.bin < audio.cvs > single
    cv-batch -b 2 -B 1 < audio.cvs | cv-encode -m model.bin > batched
    [ "$(names < batched | tr '\n' ' ')" = "a b c d e " ]
    same batched < single
    # the draws, too
    cv-batch -b 2 -B 1 < audio.cvs | cv-encode model.bin > batched
    cv-encode model.bin < audio.cvs | same batched
}

@test "a clip's latents do not depend on the clips beside it, but for the draw" {
    cv-encode -m model.bin < audio.cvs | parts -b > all
    cv-load -r 3000 -q -n 120 jazz/e.wav | cv-encode -m model.bin | parts -b > alone
    paste <(tail -c +$(($(wc -c < all) - $(wc -c < alone))) all | tensor mean) <(tensor mean < alone) |
        awk '{ d = $1 - $2; if (d * d > 1e-10 * ($1 * $1 + 1e-10)) exit 1; n++ } END { exit n != 2 }'
}

@test "a clip that is shorter is padded, which is said once, and is as long as before when it is decoded" {
    for n in 100 130 50; do wav $n.wav $n; done
    cv-load -r 3000 -q -d 0.04 100.wav 130.wav 50.wav > unlike.cvs
    cv-encode -m model.bin < unlike.cvs > latent.cvs 2> words
    [ "$(cat words)" = "cv-encode: 2 clips are shorter than the model's 120 samples: padded with silence" ]
    cv-decode model.bin < latent.cvs > back
    shapes() { cv-info --json "$1" | grep -o '"shape":[^"]*'; }
    [ "$(shapes back)" = "$(shapes unlike.cvs)" ]
    [ "$(shapes back | tr -dc '0-9\n' | tr '\n' ' ')" = "1100 1120 150 " ]
    # the latents are those of the padded clip, whatever was there before it
    cv-load -r 3000 -q 50.wav | cv-encode -q -m model.bin | parts -b > short
    cv-load -r 3000 -q -n 120 50.wav | cv-encode -m model.bin | tensor mean > want
    tensor mean < short | diff - want
    cat audio.cvs audio.cvs audio.cvs audio.cvs <(cv-load -r 3000 -q 50.wav) | cv-encode -q -m model.bin > all
    paste <(tail -c "$(wc -c < short)" all | tensor mean) want |
        awk '{ d = $1 - $2; if (d * d > 1e-10 * ($1 * $1 + 1e-10)) exit 1; n++ } END { exit n != 2 }'
}

@test "a clip that is longer, at another rate or of more channels is refused" {
    cv-load -r 3000 -q -n 130 jazz/a.wav > long.cvs
    refuses 1 cv-encode model.bin < long.cvs
    says a 130 120 "cv-load -n 120"
    cv-load -q -r 6000 -n 120 jazz/a.wav > fast.cvs
    refuses 1 cv-encode model.bin < fast.cvs
    says a 6000 3000 cv-load
    printf '%b' "$(mp_head audio 3000)$(mp_frame two audio "2 120" $(printf '1 %.0s' {1..240}))$(mp_tail 1)" > stereo
    refuses 1 cv-encode model.bin < stereo
    says two channels
}

@test "a rate in a frame's meta stands before the head's" {
    frame=$(mp_frame a audio "1 120" $(printf '1 %.0s' {1..120}))
    printf '%b' "$(mp_head audio 6000)${frame/'\x80'/'\x81'$(mp_str rate)'\xcd\x0b\xb8'}$(mp_tail 1)" > own
    cv-encode model.bin < own > latent.cvs
    [ "$(names < latent.cvs)" = a ]
}

# cv-decode: latents or draws to clips, with the network notebook; see spectral.bats for the other one.

load clips

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 5 200
    cv-load -r 3000 -q -n 120 jazz/*.wav > audio.cvs
    cv-train -N notebook -q -e 5 -b 2 < audio.cvs > model.bin
    cv-train -N notebook -q -e 1 -z 3 < audio.cvs > three.bin
    cv-encode -q -m model.bin < audio.cvs > latent.cvs
    cv-sample -q -n 5 -m model.bin > noise.cvs
}

setup() {
    cp -r "$BATS_FILE_TMPDIR"/{*.cvs,*.bin} "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
}

@test "draws become clips of the model's length and rate, with their names" {
    cv-decode model.bin < noise.cvs > clips
    [ "$(names < clips | tr '\n' ' ')" = "sample-00 sample-01 sample-02 sample-03 sample-04 " ]
    cv-info clips | grep -q '\[1, 120\]'
    cv-info --json clips > json
    grep -qE '"kind": ?"audio"' json
    grep -qE '"rate": ?3000' json
}

@test "latents become clips that keep name and meta" {
    cv-decode model.bin < latent.cvs > clips
    [ "$(names < clips | tr '\n' ' ')" = "a b c d e " ]
    cv-info --json clips | grep -qE '"track": ?"a"'
}

@test "the same input gives the same bytes, whatever the threads" {
    cv-decode model.bin < noise.cvs > one
    cv-decode -j 1 model.bin < noise.cvs | cmp - one
    cv-decode -j 2 model.bin < noise.cvs | cmp - one
}

@test "clips are the sigmoid of the logits, without its mean" {
    cv-decode model.bin < noise.cvs | floats 120 > clip
    cv-decode --logits model.bin < noise.cvs | floats 120 > logits
    paste clip logits | awk '{ clip[NR] = $1; sum += s[NR] = 1 / (1 + exp(-$2)) }
        END {
            for (i = 1; i <= NR; i++) { d = clip[i] - (s[i] - sum / NR); if (d * d > 1e-10) exit 1 }
            exit NR != 120 || sum / NR < 0.4
        }'
}

@test "a clip does not depend on the clips beside it" {
    cv-sample -n 1 -m model.bin | cv-decode model.bin | floats 120 > alone
    # the first of five, taken out by its side of no split: the frames have one size
    cv-decode model.bin < noise.cvs > five
    cv-sample -n 4 -m model.bin | cv-decode model.bin > four
    frame=$(($(wc -c < five) - $(wc -c < four)))
    head -c -$((31 + 4 * frame)) five | tail -c 480 | od -An -v -t f4 -w4 | tr -d ' ' | diff alone -
}

@test "z is decoded, not the mean" {
    cv-encode -q -s 5 model.bin < audio.cvs | cv-decode --logits model.bin | parts -b > one
    cv-decode --logits model.bin < latent.cvs | parts -b > two
    [ "$(wc -c < one)" -eq "$(wc -c < two)" ]
    run -1 cmp -s one two
}

@test "latents of another size are refused with the option to use" {
    printf '%b' "$(mp_head noise)$(mp_frame n noise "2 1" 0.5 -1)$(mp_tail 1)" > small
    refuses 1 cv-decode three.bin < small
    says n 2 3 "cv-sample -m"
    refuses 1 cv-decode three.bin < latent.cvs
    says a 2 3 "same model"
    cv-sample -m three.bin | cv-decode three.bin > clips
    cv-encode -q three.bin < audio.cvs > more.cvs
    refuses 1 cv-decode model.bin < more.cvs
    says a 3 2 "same model"
}

@test "latents at more than one time are refused" {
    printf '%b' "$(mp_head latent)$(mp_frame two z "2 2" 1 0 0.5 -1)$(mp_tail 1)" > two
    refuses 1 cv-decode model.bin < two
    says two "[2, 2]" "[2, 1]"
}

@test "latents that are none, and noise that is too hot, are refused" {
    printf '%b' "$(mp_head latent)$(mp_frame two mean "2 1" 1 0)$(mp_tail 1)" > two
    refuses 1 cv-decode model.bin < two
    says two "'z'"
    printf '%b' "$(mp_head noise)$(mp_frame two z "2 1" 1 0)$(mp_tail 1)" > two
    refuses 1 cv-decode model.bin < two
    says two "'noise'"
    for shape in "1 2 1" "2 0"; do
        printf '%b' "$(mp_head latent)$(mp_frame two z "$shape" $([ "$shape" = "2 0" ] || echo 1 0))$(mp_tail 1)" > two
        refuses 1 cv-decode model.bin < two
        says two "[${shape// /, }]" "2 dimensions"
    done
    cv-sample -q -n 1 > drawn
    for hot in 1001 -1 nan; do
        python "$BATS_TEST_DIRNAME/tools/head.py" temperature=$hot < drawn > hot
        refuses 1 cv-decode model.bin < hot
        says temperature "0 to 1000"
    done
}

@test "of noise that is larger than the latent, the leading part is taken" {
    printf '%b' "$(mp_head noise)$(mp_frame n noise "2 1" 0.5 -1)$(mp_tail 1)" > fits
    cv-decode model.bin < fits > want
    printf '%b' "$(mp_head noise)$(mp_frame n noise "3 1" 0.5 -1 2)$(mp_tail 1)" > higher
    cv-decode model.bin < higher | cmp - want
    printf '%b' "$(mp_head noise)$(mp_frame n noise "3 2" 0.5 1 -1 0 2 0)$(mp_tail 1)" > both
    cv-decode model.bin < both | cmp - want
    # the other values count
    printf '%b' "$(mp_head noise)$(mp_frame n noise "2 1" 0.5 1)$(mp_tail 1)" > other
    cv-decode model.bin < other > got
    run -1 same want < got
    # the draws of the default network's size
    cv-sample -q -n 3 | cv-decode model.bin > clips
    [ "$(names < clips | tr '\n' ' ')" = "sample-00 sample-01 sample-02 " ]
    cv-info clips | grep -q '\[1, 120\]'
}

@test "a known network gives a known answer" {
    # at z = 0 and with all biases and betas 0, as before training, every logit is 0
    cv-train -N notebook -q -e 0 < audio.cvs > zero.bin
    [ "$(cv-sample -t 0 -m zero.bin | cv-decode zero.bin | floats 120 | tr -d - | sort -u)" = 0 ]
    [ "$(cv-sample -t 0 -m zero.bin | cv-decode --logits zero.bin | floats 120 | tr -d - | sort -u)" = 0 ]
}

@test "what is for the other network is warned of, each by a reason" {
    cv-decode model.bin < noise.cvs > want
    for option in "--seed 1" "--iterations 3" "--tempo 100"; do
        cv-decode $option model.bin < noise.cvs > got 2> words
        same want < got
        [ "$(wc -l < words)" -eq 1 ]
        grep -q "^cv-decode: warning: model.bin: ${option% *} has no effect: the network 'notebook'" words
    done
    cv-decode --logits model.bin < noise.cvs 2>&1 > got | cmp - /dev/null
    # and what noise asks for
    cv-sample -n 5 --tempo 100 --length 2 | cv-decode model.bin > got 2> words
    [ "$(wc -l < words)" -eq 2 ]
    grep -q "the tempo of 'sample-00' has no effect" words
    grep -q "the length of 'sample-00', 2 s, has no effect: .* one length, here 0.04 s" words
    one=$(mp_frame n noise "2 1" 0.5 -1)
    printf '%b' "$(mp_head noise)$one$(mp_tail 1)" | cv-decode model.bin > want
    two="${one/tensors\\x81/tensors\\x82}$(mp_str start)$(mp_tensor "2 1" 1 0)"
    printf '%b' "$(mp_head noise)$two$two$(mp_tail 2)" | cv-decode model.bin 2> words > got
    [ "$(wc -l < words)" -eq 1 ]
    grep -q "what 'n' goes on from has no effect" words
    [ "$(floats 120 < got)" = "$(floats 120 < want)" ]
}

# cv-eval: the losses, what latents hold, and reconstructions beside those that need no model; clip by clip; two models.

load clips
load helper

setup_file() {
    local sounds=$BATS_TEST_DIRNAME/figures

    audio_setup
    cd "$BATS_FILE_TMPDIR"
    cv-load -r 3000 -q -n 9000 "$sounds"/real-[abc].wav > tunes
    cv-load -r 3000 -q -n 9000 "$sounds"/real-a.wav > one
    cv-train -q -N spectral -e 0 -z 8 < tunes > linear.bin
    cv-train -q -N spectral -e 6 -z 8 < tunes > spectral.bin
    cv-train -q -N spectral --frames beat -e 2 -z 8 < tunes > beat.bin
    # a tempo that is not what would be found in them
    cv-load -r 3000 -q -n 9000 --tempo 97 "$sounds"/real-[abc].wav > timed
    jazz 5 200
    cv-load -r 3000 -q -n 120 jazz/*.wav > short
    cv-train -q -N notebook -e 3 -b 5 -l 0.05 < short > notebook.bin
}

setup() {
    audio_setup
    ln -s "$BATS_FILE_TMPDIR"/{*.bin,tunes,timed,one,short} .
}

# of KEY [NAME] < JSON: a figure, or NAME of the object KEY
of() { grep -o "\"$1\":\({[^}]*}\|[^,}]*\)" | if [ $# -gt 1 ]; then grep '{' | grep -o "\"$2\":[^,}]*"; else cat; fi |
    head -n 1 | sed 's/.*://'; }
kls() { grep -o '"kl":\[[^]]*\]' | tr -d '"kl:[]' | tr ',' '\n'; }
variances() { grep -o '"variance":\[[^]]*\]' | cut -d : -f 2 | tr -d '[]' | tr ',' '\n'; }
sum() { awk '{ s += $1 } END { printf "%.9g\n", s }'; }

@test "every figure has its key, and the table says the same" {
    cv-eval --json spectral.bin < tunes > json
    [ "$(wc -l < json)" -eq 1 ]
    [ "$(of network < json)" = '"spectral"' ]
    [ "$(of clips < json)" -eq 3 ]
    [ "$(of silent < json)" -eq 0 ]
    [ "$(of seconds < json)" -eq 9 ]
    [ "$(of rate < json)" -eq 3000 ]
    [ "$(of latent < json)" -eq 8 ]
    [ "$(of latent_frames < json)" -eq 108 ]
    [ "$(kls < json | wc -l)" -eq 8 ]
    for key in total log_distance linear_distance kl beta; do [[ $(of loss $key < json) == [0-9]* ]]; done
    for row in reconstruction components floor mean_spectrum silence original; do
        for key in msls sc mel dac_mel dac_stft; do [[ $(of $row $key < json) == [0-9]* ]] || { echo "$row $key"; return 1; }; done
    done
    for row in reconstruction components floor mean_spectrum original; do
        for key in gain_db rhythm; do [[ $(of $row $key < json) =~ ^-?[0-9] ]] || { echo "$row $key"; return 1; }; done
    done
    [ "$(of silence rhythm < json)" = null ]
    [ "$(of silence gain_db < json)" = null ]
    cv-eval spectral.bin < tunes > table
    head -n 1 table | grep -q '^3 clips, 9.0 s at 3000 Hz; network spectral, latent 8$'
    i=1
    for key in msls sc mel dac_mel dac_stft gain_db rhythm; do
        i=$((i + 1))
        near "$(awk -v i=$i '/^reconstruction/ { print $i }' table)" "$(of reconstruction $key < json)" 0.006
    done
    near "$(awk '/^loss/ { print $2 }' table)" "$(of loss total < json)" 0.00006

    cv-eval --json notebook.bin < short > json 2> words
    for key in elbo log_likelihood kl_draw kl cross_entropy; do [[ $(of loss $key < json) =~ ^-?[0-9] ]]; done
    [ "$(of network < json)" = '"notebook"' ]
    run -1 grep components json
}

@test "a loss is the sum of its terms" {
    cv-eval --json spectral.bin < tunes > json
    weighted=$(awk -v a="$(of loss kl < json)" -v b="$(of loss beta < json)" 'BEGIN { printf "%.9g", a * b }')
    near "$(of loss total < json)" \
        "$({ of loss log_distance < json; of loss linear_distance < json; echo "$weighted"; } | sum)" 1e-6
    near "$(kls < json | sum)" "$(of loss kl < json)" 1e-6
    near "$(of loss explained < json)" "$(awk -v a="$(of loss log_distance < json)" -v b="$(of loss linear_distance < json)" \
        -v z="$(of loss zero_distance < json)" 'BEGIN { printf "%.9g", 1 - (a + b) / z }')" 1e-6
    [ "$(variances < json | awk '$1 > 0.01' | wc -l)" -eq "$(of active < json)" ]
    cv-eval --json notebook.bin < short > json 2> words
    near "$(of loss elbo < json)" "$(awk -v a="$(of loss log_likelihood < json)" -v b="$(of loss kl_draw < json)" \
        'BEGIN { printf "%.9g", a - b }')" 1e-3
}

@test "silence: msls of a click is what its window says, SC 1" {
    # one sample at 5000 of 9000: each frame that holds it has the window's value there in every bin
    printf '%b' "$(awk 'BEGIN {
        printf "RIFF\\x74\\x46\\x00\\x00WAVEfmt \\x10\\x00\\x00\\x00\\x01\\x00\\x01\\x00\\xb8\\x0b\\x00\\x00\\x70\\x17\\x00\\x00\\x02\\x00\\x10\\x00data\\x50\\x46\\x00\\x00"
        for (t = 0; t < 9000; t++) printf t == 5000 ? "\\x00\\x40" : "\\x00\\x00"
    }')" > click.wav
    cv-load -r 3000 -q -n 9000 click.wav > click
    [ "$(values audio < click | awk '$1 != 0 { print NR, $1 }')" = "5001 0.5" ]
    wanted=$(awk 'BEGIN {
        pi = atan2(0, -1)
        for (n = 64; n <= 1024; n *= 2) {
            most = sum = 0
            for (f = 0; f <= int(9000 / (n / 4)); f++) {
                i = 5000 - f * n / 4 + n / 2
                w[f] = i > 0 && i < n ? 0.5 - 0.5 * cos(2 * pi * i / n) : 0
                if (w[f] > most) most = w[f]
            }
            for (g = 0; g < f; g++) if (w[g] > most / 1000) sum += 20 * log(1000 * w[g] / most) / log(10)
            all += sum / f / 5
        }
        printf "%.9g", all
    }')
    cv-eval --json spectral.bin < click > json
    near "$(of silence msls < json)" "$wanted" 1e-4
    near "$(of silence sc < json)" 1 1e-9
    near "$(of original msls < json)" 0 1e-9
    near "$(of original sc < json)" 0 1e-9
}

@test "reconstructions are those of cv-encode -m and cv-decode, measured by cv-check --original" {
    for of in "spectral.bin tunes" "notebook.bin short" "linear.bin tunes" "beat.bin tunes" "beat.bin timed"; do
        set -- $of
        cv-eval -q --json "$1" < "$2" > json
        cv-encode -q -m "$1" < "$2" | cv-decode "$1" | cv-check --json -l all=: --original "$2" 2> words > /dev/null
        grep '^{"total":' words > total
        for key in msls sc mel dac_mel dac_stft gain_db rhythm; do
            [[ "$1 $key" != "notebook.bin rhythm" ]] || continue   # too short
            near "$(of reconstruction $key < json)" "$(of mean $key < total)" 1e-5 || { echo "$of $key"; return 1; }
        done
    done
    # the tempo of a stream is heeded, in batches, too
    cv-eval -q --json beat.bin < timed > json
    run ! cmp -s <(cv-eval -q --json beat.bin < tunes) json
    cv-batch -b 2 -B 1 < timed | cv-eval -q --json beat.bin | cmp - json
}

@test "before training the principal components are all there is, and nothing is closer to the clips" {
    cv-eval --json linear.bin < tunes > json
    near "$(of reconstruction msls < json)" "$(of components msls < json)" 0.001
    near "$(of reconstruction sc < json)" "$(of components sc < json)" 0.001
    cv-eval --json spectral.bin < tunes > trained
    [ "$(of reconstruction msls < trained)" != "$(of components msls < trained)" ]
    for better in "reconstruction mean_spectrum" "mean_spectrum silence"; do
        set -- $better
        ascending "$(of "$1" msls < trained)" "$(of "$2" msls < trained)"
    done
    # a mean spectrum is taken at its own level: as loud as a clip with pauses, it would be farther away than silence
    tone -r 3000 -w beat -F 2 -s 12 beat.wav
    cv-load -r 3000 -q -d 12 beat.wav | cv-eval --json linear.bin > json
    awk -v a="$(of mean_spectrum msls < json)" -v b="$(of silence msls < json)" 'BEGIN { exit !(a < b) }'
    near "$(of mean_spectrum gain_db < json)" 15 2
}

@test "likelihood and KL of a notebook are what its latents and logits say" {
    cv-eval --json -s 9 notebook.bin < short > json 2> words
    cv-encode -s 9 notebook.bin < short > latents
    for t in z mean logvar; do values $t < latents > $t; done
    [ "$(wc -l < mean)" -eq 10 ]
    closed=$(paste mean logvar | awk '{ s += (exp($2) + $1 * $1 - 1 - $2) / 2 } END { printf "%.9g\n", s / 5 }')
    drawn=$(paste z mean logvar | awk '{ s += ($1 * $1 - ($1 - $2) ^ 2 * exp(-$3) - $3) / 2 } END { printf "%.9g\n", s / 5 }')
    near "$(of loss kl < json)" "$closed" 1e-5
    near "$(of loss kl_draw < json)" "$drawn" 1e-5
    cv-decode --logits notebook.bin < latents | values audio > logits
    values audio < short > clips
    likelihood=$(paste logits clips | awk '{ s += $1 * $2 - log(1 + exp($1)) } END { printf "%.9g\n", s / 5 }')
    near "$(of loss log_likelihood < json)" "$likelihood" 1e-3
}

@test "KL of a spectral model is what its latents and its prior say" {
    cv-eval --json -s 9 spectral.bin < one > json
    cv-encode -s 9 spectral.bin < one > latents
    for t in z mean logvar; do values $t < latents > $t; done
    for name in prior/ar/kernel prior/ar/bias prior/scale; do
        echo "${name##*/}"
        values value $name < spectral.bin
    done > prior
    [ "$(wc -l < prior)" -eq $((3 + 256 + 8 + 8)) ]
    paste z mean logvar | awk -v d=8 '
        FNR == NR { if ($1 ~ /^[a-z]/) { k = $1; i = 0 } else p[k, i++] = $1; next }
        { z[n + 0] = $1; m[n + 0] = $2; v[n + 0] = $3; n++ }
        END {
            frames = n / d
            for (a = 0; a < d; a++)
                for (t = 0; t < frames; t++) {
                    e = p["bias", a]
                    for (b = 0; b < d; b++)
                        for (q = 0; q < 4; q++)
                            if (t - 4 + q >= 0) e += p["kernel", (a * 4 + q) * d + b] * z[b * frames + t - 4 + q]
                    s = p["scale", a]; i = a * frames + t
                    sum += s - v[i] / 2 + exp(-2 * s) * (exp(v[i]) + (m[i] - e) ^ 2) / 2 - 0.5
                }
            printf "%.9g\n", sum / frames
        }' prior - > wanted
    near "$(of loss kl < json)" "$(< wanted)" 1e-3
}

@test "a collapsed posterior is told, not one that holds something" {
    # under a huge weight of KL all that the latent says goes; its KL does not tell it
    cv-train -q -N spectral -e 30 -l 0.03 -z 8 --beta 100000 < tunes > huge.bin
    run --separate-stderr cv-eval huge.bin < tunes
    [ "$status" -eq 0 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "cv-eval: warning: the posterior has collapsed"*"smaller --beta"* ]]
    cv-eval -q --json huge.bin < tunes > json 2> words
    [ ! -s words ]
    [ "$(of collapsed < json)" = true ]
    near "$(of loss explained < json)" 0 0.1
    # one that says less than the components that it began with
    cv-train -q -N spectral -e 30 -l 0.03 -z 64 --beta 10 < tunes > large.bin
    run --separate-stderr cv-eval large.bin < tunes
    [[ $stderr == "cv-eval: warning: the latent says little of the clips: "*" dB; train with a smaller --beta"* ]]
    cv-eval --json spectral.bin < tunes > json 2> words
    [ ! -s words ]
    [ "$(of collapsed < json)" = false ]
    [ "$(of active < json)" -eq 8 ]
    awk -v x="$(of loss explained < json)" 'BEGIN { exit !(x > 0.3) }'
}

@test "the variance of a posterior's means is that of what cv-encode gives, in units of the prior" {
    cv-eval --json spectral.bin < one > json
    cv-encode -m spectral.bin < one | values mean > mean
    values value prior/scale < spectral.bin > scale
    [ "$(wc -l < scale)" -eq 8 ]
    awk 'FNR == NR { s[n++] = $1; next } { m[i++] = $1 } END {
        frames = i / n
        for (d = 0; d < n; d++) {
            sum = square = 0
            for (t = 0; t < frames; t++) sum += m[d * frames + t] / frames
            for (t = 0; t < frames; t++) square += (m[d * frames + t] - sum) ^ 2
            printf "%.9g\n", square / (frames - 1) * exp(-2 * s[d])
        }
    }' scale mean > wanted
    variances < json > told
    [ "$(wc -l < told)" -eq 8 ]
    paste wanted told | awk '{ if (($1 / $2 - 1) ^ 2 > 1e-8) exit 1 }'
}

@test "notebook: no dimension active is told, of one clip nothing" {
    # nothing is active where all clips are the same
    same() { printf '%b' "$(mp_head audio 3000)$(mp_frame a audio "1 4" $3)$2$(mp_tail "$1")"; }
    same 2 "$(mp_frame b audio "1 4" 0 1 1 0)" "0 1 1 0" > four
    same 2 "$(mp_frame b audio "1 4" 0 0 0 0)" "0 0 0 0" > silent
    same 1 "" "0 1 1 0" > single
    cv-train -q -N notebook -e 0 < four > nothing.bin
    run --separate-stderr cv-eval nothing.bin < four
    [ "$status" -eq 0 ]
    [[ $stderr == "cv-eval: warning: the posterior has collapsed: no latent dimension is active"* ]]
    [[ $output == *"0 of 2 active"* ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
    cv-eval -q --json nothing.bin < four > json 2> words
    [ ! -s words ]
    [ "$(of collapsed < json)" = true ]
    [ "$(of active < json)" -eq 0 ]
    # a silent clip has no distances, and silence alone says nothing of the model
    cv-eval --json nothing.bin < silent > json 2> words
    [ ! -s words ]
    [ "$(of collapsed < json)" = null ]
    [ "$(of silent < json)" -eq 2 ]
    [ "$(of reconstruction msls < json)" = null ]
    [ "$(of silence sc < json)" = null ]
    cv-eval --json nothing.bin < single > json 2> words
    [ ! -s words ]
    [ "$(of collapsed < json)" = null ]
    [ "$(of active < json)" = null ]
}

@test "progress on a terminal" {
    for i in {1..200}; do cat tunes; done > long
    script -qfec 'cv-eval -j 1 spectral.bin < long > /dev/null' seen > /dev/null &
    for i in {1..600}; do
        if grep -qsE 'evaluation of clips: [1-9][0-9]* of 600, [0-9]+ s left' seen; then break; fi
        sleep 0.05
    done
    kill $! || true # it may be done
    grep -qE 'evaluation of clips: [1-9][0-9]* of 600, [0-9]+ s left' seen
}

@test "the same bytes for any number of threads, others for another seed" {
    for of in "spectral.bin tunes" "notebook.bin short"; do
        set -- $of
        cv-eval -q --json -j 1 "$1" < "$2" > json
        for j in 2 3 7; do cv-eval -q --json -j $j "$1" < "$2" | cmp - json; done
        cv-eval -q --json "$1" < "$2" | cmp - json
        cv-eval -q --json -s 5 "$1" < "$2" > other
        run -1 cmp -s other json
    done
    # from a pipe, in batches
    cv-eval --json spectral.bin < tunes > json
    cv-batch -b 2 -B 1 < tunes | cv-eval --json spectral.bin | cmp - json
}

@test "clips of unlike lengths count as they are" {
    cv-load -r 3000 -q -n 4000 "$BATS_TEST_DIRNAME"/figures/real-b.wav > other
    cat one other > both
    for f in one other both; do cv-eval --json spectral.bin < $f > $f.json; done
    near "$(of reconstruction msls < both.json)" \
        "$({ of reconstruction msls < one.json; of reconstruction msls < other.json; } | sum | awk '{ print $1 / 2 }')" 1e-4
    [ "$(of latent_frames < both.json)" -eq $(($(of latent_frames < one.json) + $(of latent_frames < other.json))) ]
    printf '%b' "$(mp_head audio 3000)$(mp_frame tiny audio "1 1" 0.5)$(mp_tail 1)" | cv-eval --json spectral.bin > tiny
    [ "$(of clips < tiny)" -eq 1 ]
    [ "$(of reconstruction rhythm < tiny)" = null ]
}

@test "notebook: clips that are shorter have the losses of padded ones, and sounds of their own" {
    wav cut.wav 90
    cat short <(cv-load -r 3000 -q cut.wav) > cut.cvs
    cat short <(cv-load -r 3000 -q -n 120 cut.wav) > padded.cvs
    cv-eval -j 1 --json notebook.bin < cut.cvs > cut.json 2> words
    cv-eval -j 1 --json notebook.bin < padded.cvs > padded.json
    grep -qx "cv-eval: 1 clip is shorter than the model's 120 samples: padded with silence" words
    [ "$(of loss elbo < cut.json)" = "$(of loss elbo < padded.json)" ]
    [ "$(kls < cut.json)" = "$(kls < padded.json)" ]
    [ "$(of seconds < cut.json)" = 0.23 ]
    [ "$(of seconds < padded.json)" = 0.24 ]
}

# column NAME < LINES of --each
column() { awk -F '\t' -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) k = i; next } { print $k }'; }
mean() { awk '{ s += $1 } END { printf "%.9g\n", s / NR }'; }

@test "--each: lines in the order of the stream, whose means are those of all" {
    cv-eval --each spectral.bin < tunes > lines
    [ "$(head -n 1 lines | tr '\t' ' ')" = \
        "distance nats kl msls sc mel dac_mel dac_stft away seconds name track nearest" ]
    [ "$(column name < lines | tr '\n' ' ')" = "real-a real-b real-c " ]
    [ "$(column seconds < lines | sort -u)" = 3 ]
    cv-eval --json spectral.bin < tunes > json
    for key in msls sc mel dac_mel dac_stft; do
        near "$(column $key < lines | mean)" "$(of reconstruction $key < json)" 1e-4
    done
    near "$(column nats < lines | mean)" "$(of loss elbo < json | tr -d -)" 0.1
    near "$(column kl < lines | mean)" "$(of loss kl_rate < json)" 0.01
    # of a single clip that is its loss
    cv-eval --json spectral.bin < one > json
    near "$(column distance < lines | head -n 1)" \
        "$({ of loss log_distance < json; of loss linear_distance < json; } | sum)" 1e-5
    # the same in JSON
    cv-eval --each --json spectral.bin < tunes > json
    [ "$(wc -l < json)" -eq 3 ]
    for key in distance nats away; do
        near "$(column $key < lines | sed -n 2p)" "$(sed -n 2p json | of $key)" 0.01
    done
    [ "$(sed -n 2p json | of track)" = '"real-b"' ]
    [ "$(sed -n 2p json | of nearest)" = "\"$(column nearest < lines | sed -n 2p)\"" ]
}

@test "--each of a notebook: nats per second of the padded clip" {
    cv-eval --each --json notebook.bin < short > lines
    cv-eval --json notebook.bin < short > json
    per_clip() { sed 's/.*"'"$1"'":\([^,]*\),.*/\1/' lines | awk '{ s += $1 * 120 / 3000 } END { printf "%.9g", s / NR }'; }
    near "$(per_clip nats)" "$(awk -v x="$(of loss elbo < json)" 'BEGIN { print -x }')" 1e-3
    near "$(per_clip distance)" "$(awk -v x="$(of loss log_likelihood < json)" 'BEGIN { print -x }')" 1e-3
    near "$(per_clip kl)" "$(of loss kl < json)" 1e-4
}

@test "--each and two models: the same bytes for any number of threads, and in batches" {
    for how in "--each spectral.bin" "--each --json beat.bin" "spectral.bin linear.bin"; do
        cv-eval -j 1 $how < tunes > lines
        for j in 2 3; do cv-eval -j $j $how < tunes | cmp - lines; done
        cv-batch -b 2 -B 1 < tunes | cv-eval $how | cmp - lines
    done
}

@test "--each: the nearest clip is the one whose mean latent is, in deviations of the prior" {
    cat tunes one > more
    cv-eval --each spectral.bin < more > lines
    [ "$(column nearest < lines | tr '\n' ' ')" = "real-a $(column nearest < lines | sed -n 2,3p | tr '\n' ' ')real-a " ]
    [ "$(column away < lines | sed -n '1p; 4p' | tr '\n' ' ')" = "0 0 " ]
    cv-eval --each spectral.bin < tunes > lines
    values value prior/scale < spectral.bin > scale
    cv-encode -m spectral.bin < tunes | values mean > mean
    awk 'FNR == NR { s[n++] = $1; next } { m[i++] = $1 } END {
        frames = i / n / 3
        for (c = 0; c < 3; c++) for (d = 0; d < n; d++) for (t = 0; t < frames; t++)
            at[c, d] += m[(c * n + d) * frames + t] / frames * exp(-s[d])
        for (c = 0; c < 3; c++) {
            least = 1e9
            for (o = 0; o < 3; o++) {
                sum = 0
                for (d = 0; d < n; d++) sum += (at[c, d] - at[o, d]) ^ 2 / n
                if (o != c && sqrt(sum) < least) { least = sqrt(sum); best = o }
            }
            printf "real-%c %.5f\n", 97 + best, least
        }
    }' scale mean > wanted
    paste -d ' ' <(column nearest < lines) <(column away < lines | xargs -n 1 printf '%.5f\n') | diff wanted -
    # one clip has none; what a name holds forges no field
    wav $'tab\there.wav' 9000 3000
    cv-load -r 3000 -q $'tab\there.wav' | cv-eval --each spectral.bin > lines
    [ "$(awk -F '\t' '{ print NF }' lines | sort -u)" = 13 ]
    [ "$(column name < lines)" = 'tab\there' ]
    [ "$(column nearest < lines) $(column away < lines)" = "- -" ]
    cv-eval --each --json spectral.bin < one | grep -q '"away":null,.*"nearest":null'
}

@test "two models: means of their lines, differences, and intervals by track" {
    cv-load -r 3000 -q --all -n 3000 "$BATS_TEST_DIRNAME"/figures/real-[abc].wav > pieces
    pieces=$(names < pieces | wc -l)
    [ "$pieces" -gt 3 ]
    cv-eval --json linear.bin spectral.bin < pieces > json
    [ "$(of tracks < json)" -eq 3 ]
    [ "$(of clips < json)" -eq "$pieces" ]
    [ "$(of unlike < json)" = null ]
    for m in linear spectral; do cv-eval --each $m.bin < pieces > $m.lines; done
    for key in distance nats kl msls sc mel dac_mel dac_stft; do
        near "$(of $key a < json)" "$(column $key < linear.lines | mean)" 0.02
        near "$(of $key b < json)" "$(column $key < spectral.lines | mean)" 0.02
        awk -v a="$(of $key a < json)" -v b="$(of $key b < json)" -v d="$(of $key difference < json)" \
            -v lo="$(of $key lo < json)" -v hi="$(of $key hi < json)" \
            'BEGIN { exit !((b - a - d) ^ 2 < 1e-8 && lo < d && d < hi) }' || { echo $key; return 1; }
    done
    cv-eval --json -s 5 linear.bin spectral.bin < pieces > other
    run ! cmp -s json other
    # a model and itself
    cv-eval --json spectral.bin spectral.bin < tunes > json
    [ "$(of msls difference < json) $(of msls lo < json) $(of msls hi < json)" = "0 0 0" ]
    cv-eval linear.bin spectral.bin < one > table
    [ "$(awk '/^msls/ { print $5, $6 }' table)" = "- -" ]
    grep -qx "without intervals: all clips are of one track" table
}

@test "two models: losses that cannot be compared are left out, and that is said" {
    cv-eval spectral.bin beat.bin < tunes > table
    run -1 grep -E "^(distance|nats|kl) " table
    [ "$(grep -cE '^(msls|sc|mel|dac_mel|dac_stft) ' table)" -eq 5 ]
    tail -n 1 table | grep -q "^without distance, nats and kl, which cannot be compared: the models differ in 'fft'$"
    # the same frames, another floor
    cv-train -q -N spectral -e 0 -z 8 < one > floor.bin
    cv-eval --json spectral.bin floor.bin < tunes > json
    [ "$(of unlike < json)" = '"floor"' ]
    [ -z "$(of nats a < json)" ]
    # of two networks the one whose clips are bounded says which are taken
    cv-eval -q --json spectral.bin notebook.bin < short > json
    [ "$(of unlike < json)" = '"network"' ]
    refuses 1 cv-eval spectral.bin notebook.bin < tunes
    says real-a 9000 120 "cv-load -n 120"
    cv-load -q -r 4000 -n 9000 "$BATS_TEST_DIRNAME"/figures/real-a.wav | cv-train -q -e 0 -z 8 > fast.bin
    refuses 1 cv-eval spectral.bin fast.bin < tunes
    says spectral.bin fast.bin 3000 4000 "no clips suit both"
    refuses 1 cv-eval spectral.bin missing.bin < tunes
    says missing.bin
}

@test "two models: a collapsed posterior is told of the one that has it" {
    cv-train -q -N spectral -e 30 -l 0.03 -z 8 --beta 100000 < tunes > huge.bin
    run --separate-stderr cv-eval spectral.bin huge.bin < tunes
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "cv-eval: warning: huge.bin: the posterior has collapsed"* ]]
}

@test "what cannot be measured is refused with one line, and no table" {
    refuse() { refuses 1 cv-eval "$@"; [ -z "$output" ] || { echo "output: $output"; return 1; }; }
    cv-load -q -r 4000 -n 9000 "$BATS_TEST_DIRNAME"/figures/real-a.wav > fast
    refuse spectral.bin < fast
    says real-a 4000 3000 "cv-load -r 3000"
    refuse notebook.bin < tunes
    says real-a 9000 120 "cv-load -n 120"
    printf '%b' "$(mp_head audio 3000)$(mp_frame wide audio "2 2" 0 1 0 1)$(mp_tail 1)" > stereo
    refuse spectral.bin < stereo
    says wide "2 channels" "cv-load -c"
    refuse spectral.bin < /dev/null
    head -c 20000 tunes > cut
    refuse spectral.bin < cut
    cat tunes cut > later
    refuse spectral.bin < later
    printf '%b' "$(mp_head audio 3000)$(mp_tail 0)" > empty
    refuse spectral.bin < empty
    says "holds no clips"
    cv-encode -q spectral.bin < tunes > latents
    refuse spectral.bin < latents
    says latent
    refuse missing.bin < tunes
    says missing.bin
    refuse tunes < tunes
    says tunes model
    head -c 9000 spectral.bin > cut.bin
    refuse cut.bin < tunes
    says cut.bin
    TMPDIR=/nowhere refuse spectral.bin < tunes
    says /nowhere TMPDIR
}

@test "usage" {
    usage cv-eval < one
    usage cv-eval a b c < one
    usage cv-eval --each spectral.bin linear.bin < one
    usage cv-eval -j -1 spectral.bin < one
    usage cv-eval --what spectral.bin < one
}

# The network spectral through cv-train, cv-encode, cv-sample and cv-decode: the default one.

load clips
load helper

# Eight tones of 4 s, a model of them, and one that has hardly been trained.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    PATH=${CV_BUILD:-$(dirname "$(command -v cv-load)")}/tools:$PATH
    for hz in 110 150 180 220 260 300 330 440; do
        tone -r 3000 -s 4 -a 0.3 -F $hz "t$hz.wav"
    done
    cv-load -r 3000 -q -d 4 t*.wav > tones.cvs
    cv-load -r 3000 -q -d 4 t220.wav > one.cvs
    cv-train -q -e 25 < tones.cvs > model.bin
    cv-train -q -e 1 < tones.cvs > fresh.bin
}

setup() {
    audio_setup
    cp -r "$BATS_FILE_TMPDIR"/{*.cvs,*.bin,t220.wav} .
}

# strongest < AUDIO-STREAM-OF-ONE-CLIP-AT-3000-HZ: the frequency with the most power in its second second, to 10 Hz
strongest() {
    tensor audio | sed -n 3001,6000p | awk '
        { x[NR] = $1 }
        END {
            for (hz = 50; hz <= 700; hz += 10) {
                c = 2 * cos(2 * 3.14159265358979 * hz / 3000); a = b = 0
                for (i = 1; i <= NR; i++) { s = x[i] + c * a - b; b = a; a = s }
                power = a * a + b * b - c * a * b
                if (power > most) { most = power; best = hz }
            }
            print best
        }'
}

# ---- what it is ----

@test "it is the default, and the model says what it is made of" {
    cv-train -q -e 1 -N spectral -s 123 < tones.cvs | cmp - fresh.bin
    cv-train -q -e 1 -s 124 < tones.cvs > other.bin
    run -1 cmp -s <(cv-encode -m fresh.bin < one.cvs | tensor mean) <(cv-encode -m other.bin < one.cvs | tensor mean)
    while read -r key value; do
        [ "$(field "$key" model.bin)" = "$value" ] || { echo "$key is $(field "$key" model.bin)"; return 1; }
    done <<- 'END'
	network "spectral"
	rate 3000
	samples 12000
	channels 1
	definition 2
	parameters 438466
	latent 96
	width 192
	stride 2
	features 257
	fft 512
	hop 128
	corner 0
	level 0.1
	batch 8
	crop 64
	beta 0.0003
	learning_rate 0.002
	beta2 0.99
	seed 123
	epochs 25
	epochs_wanted 25
	steps 50
	skipped_steps 0
	clips 8
	END
    [ "$(field losses model.bin | tr -cd , | wc -c)" -eq 24 ]
}

@test "the parameters have the names and shapes of cv-model(5)" {
    {
        printf '%s/kernel\n%s/bias\n' {enc/linear,dec/{in,out,res/{a,b}},prior/ar}{,}
        printf '%s\n' enc/logvar pca/{kernel,variance,mean} prior/{scale,mean,sd,matrix,factor,bank,lengths} \
            front/{mean,scale,floor,fill,most,lift,spread,loudest}
    } | sort > want
    names < model.bin | sort | diff want -
    cv-info model.bin | tr -s ' ' > text
    while read -r line; do
        grep -qF "$line" text || { echo "no $line"; return 1; }
    done <<- 'END'
	front/mean [257] 257
	front/floor [1] 1
	front/fill [257] 257
	enc/linear/kernel [96, 2, 257] 49344
	enc/linear/bias [96] 96
	enc/logvar [96] 96
	dec/in/kernel [192, 3, 96] 55296
	dec/res/a/kernel [192, 3, 192] 110592
	dec/res/b/kernel [192, 1, 192] 36864
	dec/out/kernel [2, 257, 288] 148032
	dec/out/bias [2, 257] 514
	prior/ar/kernel [96, 4, 96] 36864
	prior/scale [96] 96
	prior/matrix [1, 385, 96] 36960
	prior/factor [1, 96, 96] 9216
	prior/bank [376, 96] 36096
	prior/lengths [8] 8
	pca/kernel [96, 2, 257] 49344
	pca/mean [2, 257] 514
	END
}

@test "its options stand in the model and change the latent" {
    cv-train -q -e 1 -z 5 --width 32 --stride 3 --beta 0.01 -b 4 -l 0.001 -s 9 < tones.cvs > other.bin
    for pair in latent=5 width=32 stride=3 beta=0.01 batch=4 learning_rate=0.001 seed=9 crop=63; do
        [ "$(field "${pair%=*}" other.bin)" = "${pair#*=}" ] || { echo "$pair"; return 1; }
    done
    # 94 frames of 12000 samples
    cv-encode other.bin < one.cvs | cv-info | grep -q 'z .*\[5, 32\]'
    cv-encode model.bin < one.cvs | cv-info | grep -q 'z .*\[96, 47\]'
    cv-encode other.bin < one.cvs | cv-decode other.bin | cv-info | grep -q '\[1, 12000\]'
    cv-sample -m other.bin | cv-decode other.bin | cv-info | grep -q '\[1, 12000\]'
}

# ---- the same bytes ----

@test "encoding: the same bytes for any number of threads, batched or not; a seed fixes the draws" {
    cv-encode model.bin < tones.cvs > want
    cv-encode -j 1 model.bin < tones.cvs | cmp - want
    cv-encode -j 2 -s 123 model.bin < tones.cvs | cmp - want
    cv-batch -b 3 -B 1 < tones.cvs | cv-encode -j 3 model.bin | same want
    cv-encode -s 124 model.bin < tones.cvs > other
    run -1 same other < want
    cv-encode -m model.bin < tones.cvs > mean
    cv-encode -m -s 124 model.bin < tones.cvs | same mean
}

@test "decoding: the same bytes for any number of threads; a seed fixes the phases" {
    cv-sample -n 5 > noise.cvs
    cv-encode model.bin < tones.cvs > latent.cvs
    for stream in noise.cvs latent.cvs; do
        cv-decode model.bin < $stream > want
        cv-decode -j 1 model.bin < $stream | cmp - want
        cv-decode -j 2 -s 123 model.bin < $stream | cmp - want
        cv-decode --iterations 8 model.bin < $stream | cmp - want
        cv-decode --iterations 2 model.bin < $stream > fewer
        run ! same want < fewer
        cv-decode -s 124 model.bin < $stream > other
        run -1 same other < want
    done
}

@test "a clip does not depend on the clips beside it" {
    cv-encode -m model.bin < tones.cvs | cv-decode model.bin > all
    # the last one
    names < all | tail -n 1 > last
    cv-load -r 3000 -q -d 4 "$BATS_FILE_TMPDIR/$(cat last).wav" | cv-encode -m model.bin | cv-decode model.bin | floats 12000 > alone
    [ "$(sort -u alone | wc -l)" -gt 1000 ]
    floats 12000 < all | diff -q alone -
}

# ---- latents ----

@test "z is drawn around the mean, -m takes the mean" {
    cv-encode model.bin < one.cvs > drawn
    cv-encode -m model.bin < one.cvs > mean
    diff -q <(tensor z < mean) <(tensor mean < mean)
    diff -q <(tensor mean < drawn) <(tensor mean < mean)
    paste <(tensor z < drawn) <(tensor mean < drawn) <(tensor logvar < drawn) | awk '
        { d = ($1 - $2) / exp($3 / 2); if (d > 6 || d < -6 || $3 < -10 || $3 > 4) exit 1; n++; s += d; q += d * d }
        END { m = s / n; v = q / n - m * m; exit !(n == 96 * 47 && m * m < 0.01 && v > 0.9 && v < 1.1) }'
}

@test "names and meta stay; latents say how many samples they stand for, and their level" {
    cv-encode model.bin < tones.cvs > latent.cvs
    [ "$(names < latent.cvs)" = "$(names < tones.cvs)" ]
    [ "$(field samples latent.cvs)" = 12000 ]
    [ "$(field network latent.cvs)" = '"spectral"' ]
    near "$(field level latent.cvs)" 0.2121 0.0001
    cv-decode model.bin < latent.cvs > back
    [ "$(names < back)" = "$(names < tones.cvs)" ]
    [ "$(field file back)" = '"t110.wav"' ]
}

# ---- lengths and pieces ----

@test "there and back again is as many samples as before" {
    for n in 1 2 127 128 129 255 256 257 3000 36607 36608 36609 90001; do
        cv-load -r 3000 -q -n $n t220.wav
    done > lengths
    cv-encode model.bin < lengths | cv-decode model.bin > back
    diff <(cv-info --json lengths | grep -o '"shape":[^"]*') <(cv-info --json back | grep -o '"shape":[^"]*')
    # alone as well as in a row
    cv-load -r 3000 -q -n 3000 t220.wav | cv-encode model.bin | cv-decode model.bin | cv-info | grep -q '\[1, 3000\]'
}

@test "files of unlike lengths: nothing is added when they are loaded, learnt from, encoded, measured or decoded" {
    tone -r 3000 -s 3 -a 0.3 -F 250 short.wav
    tone -r 3000 -n 23100 -a 0.3 -F 170 long.wav
    cv-load -r 3000 -q t220.wav short.wav long.wav > unlike.cvs
    cv-info --json unlike.cvs | grep -o '"shape":[^"]*' > shapes
    [ "$(tr -dc '0-9\n' < shapes | sed 's/^1//' | tr '\n' ' ')" = "12000 9000 23100 " ]
    cv-train -e 2 -t unlike.cvs --log log < unlike.cvs > unlike.bin 2> words
    run -1 grep 'padded' words
    [ "$(field samples unlike.bin)" -eq 23100 ]
    # test clips may have any length, too
    cv-train -q -e 1 -t one.cvs < unlike.cvs > other.bin
    # 128 samples to a frame, 64 frames to a crop, 8 crops to a step
    [ "$(field steps unlike.bin)" -eq 2 ]
    cv-encode unlike.bin < unlike.cvs | cv-decode unlike.bin > back
    cv-info --json back | grep -o '"shape":[^"]*' | diff shapes -
    cv-towav -q -o out < back
    [ "$(sound samples out/short.wav)" = 9000 ]
    [ "$(sound samples out/long.wav)" = 23100 ]
    near "$(sound rms out/short.wav)" 0.2121 0.01
    cv-eval --json unlike.bin < unlike.cvs | grep -q '"seconds":14.7\b'
    cv-check -q --json < back 2>&1 > /dev/null | grep -o '"samples":[0-9]*' | cut -d : -f 2 | tr '\n' ' ' > lengths
    [ "$(cat lengths)" = "12000 9000 23100 " ]
    cv-train -q -j 1 -e 2 < unlike.cvs > single.bin
    cv-train -q -j 2 -e 2 --memory 1K < unlike.cvs | cmp - single.bin
    cv-plot -o unlike.png < unlike.cvs
    [ -s unlike.png ]
}

# 6400 samples are 25 latents: a clip that repeats after them has latents that do, but for the beginning, where the
# convolutions reach back to nothing, and the end. Pieces begin at latents that are no multiple of 25.
@test "a long clip is the same wherever the pieces are joined" {
    wav period.wav 6400
    cv-load -r 3000 -q -n 6400 period.wav > period.cvs
    for i in {1..18}; do cat period.cvs; done | cv-towav -q -o - > long.wav
    cv-load -r 3000 -q -n 115200 long.wav > long.cvs
    cv-encode -m model.bin < long.cvs > long.lat
    cv-info long.lat | grep -q '\[96, 451\]'
    tensor mean < long.lat | awk '
        { z[int((NR - 1) / 451), (NR - 1) % 451] = $1 }
        END {
            for (d = 0; d < 96; d++)
                for (t = 25; t + 25 < 449; t++) {
                    e = z[d, t] - z[d, t + 25]
                    if (e * e > 1e-6) { print d, t, z[d, t], z[d, t + 25]; exit 1 }
                    v = z[d, t] - z[d, t + 1]; moved += v * v
                }
            exit !(moved > 1)
        }'
    # and every period comes out equally loud
    cv-decode model.bin < long.lat | tensor audio | awk '
        { sum[int((NR - 1) / 6400)] += $1 * $1 }
        END {
            for (i = 1; i < 17; i++) all += sum[i] / 16
            for (i = 1; i < 17; i++) if (sum[i] < 0.9 * all || sum[i] > 1.1 * all) { print i, sum[i], all; exit 1 }
            exit !(NR == 115200 && all > 0)
        }'
}

# ---- what comes out ----

@test "a tone comes back as that tone, at its level" {
    for hz in 150 220 440; do
        cv-load -r 3000 -q -d 4 "$BATS_FILE_TMPDIR/t$hz.wav" | cv-encode -m model.bin | cv-decode model.bin > back
        [ "$(strongest < back)" -eq $hz ]
        near "$(fact rms < back)" 0.212 0.042
    done
}

@test "a clip that is longer than those of training and than a piece keeps tone and level" {
    tone -r 3000 -s 40 -a 0.3 -F 220 long.wav
    cv-load -r 3000 -q -n 120000 long.wav | cv-encode model.bin | cv-decode model.bin > back
    [ "$(strongest < back)" -eq 220 ]
    tensor audio < back | awk '
        { sum[int((NR - 1) / 3000)] += $1 * $1 / 3000 }
        END { for (i = 0; i < 40; i++) if (sqrt(sum[i]) < 0.8 * 0.212 || sqrt(sum[i]) > 1.2 * 0.212) { print i, sqrt(sum[i]); exit 1 }
              exit NR != 120000 }'
}

@test "loudness is no part of the latents, and comes back" {
    for a in 0.003 0.03 0.9; do
        tone -r 3000 -s 4 -a $a -F 220 -b float a$a.wav
        cv-load -r 3000 -q -d 4 a$a.wav | cv-encode -m model.bin > a$a.lat
        near "$(fact rms < <(cv-decode model.bin < a$a.lat))" "$(awk -v a=$a 'BEGIN { print a / sqrt(2) }')" \
            "$(awk -v a=$a 'BEGIN { print 0.2 * a / sqrt(2) }')"
        paste <(tensor mean < a$a.lat) <(tensor mean < a0.003.lat) |
            awk '{ d += ($1 - $2)^2; q += $1^2; n++ } END { print d, q; exit !(n == 96 * 47 && d < 1e-3 * q) }'
    done
}

@test "silence in, silence out" {
    tone -r 3000 -s 4 -w silence silence.wav
    cv-load -r 3000 -q -d 4 silence.wav > silence.cvs
    cv-encode model.bin < silence.cvs | cv-decode model.bin > back
    [ "$(fact samples < back)" -eq 12000 ]
    near "$(fact peak < back)" 0 0.00001
    # among the clips of training, and as all of them
    cat tones.cvs silence.cvs | cv-train -q -e 1 > with.bin
    cv-encode with.bin < one.cvs | cv-decode with.bin | cv-info | grep -q '\[1, 12000\]'
    # nothing but silence
    refuses 1 cv-train -e 1 < silence.cvs
    [[ $stderr == *"the clips are silent"* ]]
}

# statistic NAME MODEL: its values, a line each
statistic() { values value "front/$1" < "$2"; }

@test "one clip that is mostly silent, loud, or silence moves neither floor nor levels of the others" {
    cv-train -q -e 0 < tones.cvs > alone.bin
    tone -r 3000 -s 0.1 -a 0.9 -F 500 blip.wav
    tone -r 3000 -s 4 -w silence silence.wav
    cv-load -r 3000 -q -n 12000 blip.wav > blip.cvs
    cv-load -r 3000 -q silence.wav > silence.cvs
    tone -r 3000 -s 4 -b float -a 1000 -F 220 loud.wav
    cv-load -r 3000 -q loud.wav > loud.cvs
    for other in blip silence loud; do
        cat tones.cvs $other.cvs | cv-train -q -e 0 > with.bin
        near "$(statistic floor with.bin)" "$(statistic floor alone.bin)" 0.3
        near "$(statistic scale with.bin)" "$(statistic scale alone.bin)" 0.3
    done
}

@test "recordings that are mostly silent make clips that sound" {
    for hz in 150 220 300 440; do
        tone -r 3000 -s 0.4 -a 0.3 -F $hz short.wav
        for i in {1..5}; do cv-load -r 3000 -q -n 6000 short.wav; done > "five$hz"
        cv-towav -q -o - < "five$hz" > "mostly$hz.wav"
    done
    cv-load -r 3000 -q mostly*.wav | cv-train -q -e 5 > mostly.bin
    cv-sample -n 4 | cv-decode mostly.bin > clips
    cv-check --json -l silence=0:1 < clips 2> figures > /dev/null
    [ "$(grep -c '"clip"' figures)" -eq 4 ]
    # a clip of few draws may have more silence than the recordings, four fifths, all of them do not
    [ "$(grep -o '"silence":[^,]*' figures | cut -d : -f 2 | head -n 4 | awk '{ s += $1 / 4 } END { print s < 0.85 }')" -eq 1 ]
    [ "$(grep -o '"rms":[^,]*' figures | cut -d : -f 2 | head -n 4 | awk '$1 > -45' | wc -l)" -ge 3 ]
}

@test "training lowers the loss" {
    losses=$(field losses model.bin | tr -d '[]' | tr , '\n')
    awk 'NR <= 3 { a += $1 / 3 } NR > 22 { b += $1 / 3 } END { exit !(NR == 25 && b < a) }' <<< "$losses"
}

# ---- noise ----

@test "noise of the default size makes clips of both networks" {
    cv-sample -n 3 > noise.cvs
    cv-decode model.bin < noise.cvs > clips
    [ "$(names < clips | tr '\n' ' ')" = "sample-00 sample-01 sample-02 " ]
    # as long as those of training
    [ "$(cv-info clips | grep -c 'sample-0. .*\[1, 12000\]')" -eq 3 ]
    cv-load -r 3000 -q -n 300 t220.wav | cv-train -N notebook -q -e 0 > notebook.bin
    cv-decode notebook.bin < noise.cvs > clips
    [ "$(cv-info clips | grep -c 'sample-0. .*\[1, 300\]')" -eq 3 ]
}

@test "cv-sample -m draws in the model's shape, for a clip like those of training" {
    cv-sample -n 2 -m model.bin > noise.cvs
    cv-info noise.cvs | grep -q 'sample-01.*\[96, 47\]'
    [ "$(field rate noise.cvs)" = 3000 ]
    [ "$(cv-decode model.bin < noise.cvs | cv-info | grep -c '\[1, 12000\]')" -eq 2 ]
}

@test "of noise with more dimensions the first are taken" {
    cv-train -q -e 1 -z 100 < tones.cvs > wide.bin
    cv-sample -m wide.bin | cv-info | grep -q '\[100, 47\]'
    # and of the default size, in its times too
    cv-sample | cv-decode model.bin | tensor audio > one
    cv-sample -m model.bin | cv-decode model.bin | tensor audio | diff -q one -
}

@test "other draws are other clips; the temperature counts" {
    for seed in 1 2; do cv-sample -s $seed | cv-decode model.bin | tensor audio | md5sum; done > sums
    [ "$(sort -u sums | wc -l)" -eq 2 ]
    ascending 0.001 "$(cv-sample -s 1 | cv-decode model.bin | fact peak)"
    # from the middle of the prior each time: whatever the seed
    cmp <(cv-sample -t 0 -s 1 | cv-decode model.bin | tensor audio) <(cv-sample -t 0 -s 2 | cv-decode model.bin | tensor audio)
}

@test "noise smaller than the latent, and latents of another size, are refused with advice" {
    cv-train -q -e 0 -z 257 < tones.cvs > wide.bin
    refuses 1 cv-decode wide.bin < <(cv-sample)
    says sample-00 "[256, 512]" 257 "cv-sample -m"
    [ -z "$output" ]
    cv-encode model.bin < one.cvs > latent.cvs
    refuses 1 cv-decode wide.bin < latent.cvs
    says t220 96 257 "same model"
    cv-encode wide.bin < one.cvs > latent.cvs
    refuses 1 cv-decode model.bin < latent.cvs
    says t220 96 257 "same model"
    [ -z "$output" ]
}

@test "latents of another model of the same size get a warning" {
    cv-encode model.bin < tones.cvs > latent.cvs
    cv-decode model.bin < latent.cvs > back 2> words
    [ ! -s words ]
    cv-decode fresh.bin < latent.cvs > back 2> words
    [ "$(wc -l < words)" -eq 1 ]
    grep -q '^cv-decode: warning: .*another model' words
    [ "$(names < back)" = "$(names < tones.cvs)" ]
}

# ---- refusals ----

@test "too little to learn from is refused, and the least is named" {
    cv-load -r 3000 -q -n 300 t220.wav > short.cvs
    refuses 1 cv-train < short.cvs
    says "too few" "at least 64" "3 s"
    [ -z "$output" ]
    # 64 frames of 128 samples
    cv-load -r 3000 -q -n $((64 * 128 - 1)) t220.wav > short.cvs
    refuses 1 cv-train -q -e 0 < short.cvs
    cv-load -r 3000 -q -n $((64 * 128)) t220.wav | cv-train -q -e 1 | cv-info > text
    # in several clips as well
    for i in 1 2; do cv-load -r 3000 -q -n $((32 * 128)) t220.wav; done | cv-train -q -e 1 | cv-info > text
}

@test "rates that there is no front end for are refused" {
    for rate in 2999 48001; do
        cv-load -q -r $rate -d 4 t220.wav > rate.cvs
        refuses 1 cv-train -e 1 < rate.cvs
        says $rate 3000 48000 "cv-load -r"
        [ -z "$output" ]
    done
}

@test "a latent larger than the values it stands for is refused" {
    refuses 1 cv-train -e 0 -z 515 < tones.cvs
    says 515 514 "-z"
    [ -z "$output" ]
    refuses 1 cv-train -e 0 -z 258 --stride 1 < tones.cvs
    says 258 257 "-z"
    cv-train -q -e 0 -z 257 --stride 1 < tones.cvs | cv-info > text
    refuses 1 cv-train -e 0 --stride 18 < tones.cvs
    says 18 4626 4500 --stride
}

# ---- running ----

@test "log, test stream and what it says" {
    run --separate-stderr bash -c 'cv-train -e 2 -t one.cvs --log log < tones.cvs > logged.bin'
    [ "$status" -eq 0 ]
    n='-?[0-9.]+(e[-+]?[0-9]+)?'
    [[ ${stderr_lines[${#stderr_lines[@]} - 1]} =~ ^"epoch 2 of 2, loss "$n", distance "$n", KL "$n", test loss "$n", distance "$n", KL "$n", ELBO "$n", "[0-9.]+" s"$ ]]
    [[ $stderr == *"cv-train: 8 clips, 32 s of sound of 8 tracks; frames stand at a fixed distance; "*" k parameters, 2 steps an epoch, about "* ]]
    [[ $stderr == *"warning: 4 steps in all are few to learn from"* ]]
    [[ $stderr == *"warning: "*both*"'t220'"* ]]
    [ "$(wc -l < log)" -eq 2 ]
    sed -n 2p log | tr -d ' ' | grep -qxE "\{\"epoch\":2,\"step\":4,\"loss\":$n,\"distance\":$n,\"kl\":$n,\"elbo\":(null|$n),\"test_loss\":$n,\"test_distance\":$n,\"test_kl\":$n,\"test_elbo\":$n,\"learning_rate\":$n,\"beta\":$n,\"seconds\":$n,\"crops_per_second\":$n\}"
    # none of it changes the model
    cv-train -q -e 2 < tones.cvs > plain.bin
    cv-encode plain.bin < tones.cvs | same <(cv-encode logged.bin < tones.cvs)
}

@test "what is reported of test clips is what cv-eval says of that snapshot, whatever was trained before" {
    cv-load -r 3000 -q -d 3.7 "$BATS_FILE_TMPDIR"/t{150,440}.wav > some.cvs
    cv-train -q -e 3 -t some.cvs --log log --snapshot each < tones.cvs > last.bin
    for epoch in 1 2 3; do
        cv-eval --json "each/epoch-000$epoch.cvm" < some.cvs | grep -o '"loss":{[^}]*}' | sed 's/"loss"://; s/total/loss/' > figures
        for key in loss kl elbo; do
            said=$(sed -n "${epoch}s/.*\"test_$key\":\([^,}]*\).*/\1/p" log)
            is=$(sed "s/.*\"$key\":\([^,}]*\).*/\1/" figures)
            near "$(awk -v a="$said" -v b="$is" 'BEGIN { print a / b }')" 1 0.0001
        done
    done
}

@test "--patience keeps the epoch that did best on the test clips" {
    cv-train -q -e 40 -l 1 --patience 2 -t one.cvs --log log < tones.cvs > best.bin 2> /dev/null
    epochs=$(field epochs best.bin) best=$(field best_epoch best.bin)
    [ "$epochs" -lt 40 ]
    [ "$best" -eq $((epochs - 2)) ]
    [ "$(sed 's/.*"test_elbo": *\([^,}]*\).*/\1/' log | sort -g | tail -n 1)" = \
        "$(sed -n "${best}s/.*\"test_elbo\": *\([^,}]*\).*/\1/p" log)" ]
    refuses 2 cv-train --patience 2 < tones.cvs
    says --patience -t
}

@test "a learning rate that is far too high ends without a model, in one line that says what to try" {
    refuses 1 bash -c 'cv-train -q -e 50 -l 1e12 < tones.cvs'
    says epoch step finite t "-l"
    [ -z "$output" ]
}

@test "22050 Hz: trains and decodes" {
    for hz in 220 1000; do tone -r 22050 -s 2 -a 0.3 -F $hz h$hz.wav; done
    cv-load -q -r 22050 -d 2 h*.wav > high.cvs
    cv-train -q -e 1 < high.cvs > high.bin
    for pair in features=423 fft=2048 hop=512 corner=2000 width=128 latent=192 stride=4 crop=128 learning_rate=0.002; do
        [ "$(field "${pair%=*}" high.bin)" = "${pair#*=}" ] || { echo "$pair"; return 1; }
    done
    cv-encode high.bin < high.cvs | cv-decode high.bin > back
    [ "$(field rate back)" = 22050 ]
    diff <(names < high.cvs) <(names < back)
    [ "$(cv-info back | grep -c '\[1, 44100\]')" -eq 2 ]
    cv-sample | cv-decode high.bin | cv-info | grep -q '\[1, 44100\]'
    refuses 1 cv-encode high.bin < one.cvs
    says 3000 "cv-load -r 22050"
}

@test "epochs by default: 25, and 200 steps at least" {
    cv-train -q -z 4 --width 8 < tones.cvs > few.bin
    [ "$(field epochs few.bin)" = 100 ]
    [ "$(field steps few.bin)" = 200 ]
}

@test "models of the old definition are refused with what to do" {
    LC_ALL=C sed 's/definition\x02/definition\x01/' model.bin > old.bin
    refuses 1 cv-encode old.bin < one.cvs
    says old.bin "definition 1" "train it again"
    LC_ALL=C sed 's/definition/def1nition/' model.bin > older.bin
    refuses 1 cv-decode older.bin < <(cv-sample)
    says older.bin "definition 1" "train it again"
}

@test "samples that are out of all range are refused, in training and in encoding" {
    tone -r 3000 -b float -a 1e38 -s 4 huge.wav
    cv-load -r 3000 -q -d 4 huge.wav > huge.cvs
    refuses 1 bash -c 'cat tones.cvs huge.cvs | cv-train -e 1'
    says "clip 'huge'" "too large"
    refuses 1 cv-encode model.bin < huge.cvs
    says "'huge'" "too large"
}

# ---- in PyTorch ----

# example BEGINNING: the example of cv-model(5) whose first line is this
example() { awk -v first="$1" '$0 == first { on = 1 } /^\.Ed/ { on = 0 } on' "$BATS_TEST_DIRNAME/../man/cv-model.5"; }

@test "the PyTorch module of cv-model(5) encodes, decodes, trains on and writes a model" {
    /usr/bin/python3 -c 'import torch, msgpack_numpy' 2> /dev/null || skip "no Python with torch and msgpack_numpy"
    example 'import msgpack, msgpack_numpy, numpy as np, sys, torch' > spectral.py
    [ "$(wc -l < spectral.py)" -eq 79 ]
    example 'from spectral import *' > train.py
    for i in 1 2 3 4; do wav "$i.wav" 12000 3000 "$i"; done
    cv-load -r 3000 -q -d 4 [1-4].wav > all.cvs
    cv-load -r 22050 -q -d 2 [12].wav > high.cvs
    cv-train -q -e 1 -z 8 --frames fixed < all.cvs > model.bin
    cv-train -q -e 1 -z 8 --frames beat < all.cvs > beat.bin
    cv-train -q -e 1 -z 8 < high.cvs > high.bin
    cat > same.py << 'end'
from spectral import *
net = Spectral(sys.argv[1])
lines = np.loadtxt("levels")
at = 0
for a, l in zip(read(sys.argv[2])[1:-1], read("lat")[1:-1]):
    t = l["tensors"]
    mean = net.encode(net.levels(a["tensors"]["audio"][0], l["meta"])).detach().numpy().T
    out = net.decode(torch.tensor(t["z"].T.copy())).detach().numpy().ravel()
    assert np.abs(mean - t["mean"]).max() < 1e-4, np.abs(mean - t["mean"]).max()
    assert np.abs(out - lines[at:at + out.size]).max() < 1e-4
    at += out.size
assert at == lines.size
end
    for m in model.bin:all.cvs beat.bin:all.cvs high.bin:high.cvs; do
        cv-encode "${m%:*}" < "${m#*:}" > lat
        levels "${m%:*}" < lat > levels
        /usr/bin/python3 same.py "${m%:*}" "${m#*:}"
    done
    cv-encode model.bin < all.cvs > all.lat
    # long enough that the draws do not matter
    sed -i 's/range(2)/range(100)/; s/1e-4/1e-3/' train.py
    /usr/bin/python3 train.py
    refuses 1 cv-info --recipe trained.bin
    cv-eval --json model.bin < all.cvs > before
    cv-eval --json trained.bin < all.cvs > after
    awk 'BEGIN { RS = "," } /"loss"/ { sub(/.*:/, ""); loss[++n] = $1 + 0 } END { exit !(loss[2] < loss[1]) }' before after
    cv-train -q --prior-only trained.bin < all.cvs > new.bin
    cv-sample -q -n 1 -m new.bin | cv-decode new.bin > new.cvs
}

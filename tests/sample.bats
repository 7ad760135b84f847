# cv-sample: draws from the standard normal distribution that a seed fixes, or from a model's prior.

load clips
load helper

# two.bin is a model of two latents, whose draws are small; those of beat.bin follow the beat, those of fixed.bin do not
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    jazz 2 100
    cv-load -r 3000 -q -n 30 jazz/*.wav > audio.cvs
    cv-train -N notebook -q -e 0 < audio.cvs > two.bin
    mkdir long
    for i in 1 2; do wav long/$i.wav 9000 3000 $i; done
    cv-load -r 3000 -q -d 3 --tempo 150 long/*.wav > long.cvs
    cv-train -q -e 0 -z 96 --frames beat < long.cvs > beat.bin
    cv-train -q -e 0 --frames fixed < long.cvs > fixed.bin
}

setup() {
    cp "$BATS_FILE_TMPDIR"/{audio.cvs,long.cvs,*.bin} "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
    PATH=${CV_BUILD:-$(dirname "$(command -v cv-load)")}/tools:$PATH
}

# shape < STREAM: of its first noise, or latents
shape() { cv-info --json | grep -oE '"name":"(noise|z)","shape":\[[0-9,]*\]' | head -n 1 | grep -o '\[.*'; }

# meta KEY < STREAM: of its frames, one a line
meta() { cv-info --json | sed 's/.*"frames":\[//' | grep -oE "\"$1\":[^,}]*" | cut -d : -f 2; }

@test "one draw that is enough for 30 s of the default network is the default" {
    cv-sample > one
    cv-sample -n 1 -s 123 -t 1 > two
    cmp one two
    [ "$(names < one)" = sample-00 ]
    cv-info one | grep -q '\[256, 512\]'
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
    paste one two half | awk '{ d = $2 - 2 * $1; e = $3 - $1 / 2; if (d * d > 1e-10 || e * e > 1e-10) exit 1; n++ } END { exit n != 2 }'
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

@test "each time of a draw is standard normal" {
    cv-sample | tensor noise > values
    awk '{ t = (NR - 1) % 512; n[t]++; s[t] += $1; q[t] += $1 * $1 }
         END {
             for (t in n) {
                 m = s[t] / n[t]; sd = sqrt(q[t] / n[t] - m * m)
                 if (n[t] != 256 || m > 0.3 || m < -0.3 || sd < 0.8 || sd > 1.2) exit 1
                 all += sd
             }
             exit !(all / 512 > 0.98 && all / 512 < 1.02)
         }' values
}

@test "-m draws latents of that model, the same that noise becomes in it" {
    cv-train -N notebook -q -e 0 -z 5 < audio.cvs > model.bin
    cv-sample -n 2 -m model.bin > new.lat
    cv-info new.lat | grep -q '\[5, 1\]'
    [ "$(field rate new.lat)" = 3000 ]
    [ "$(meta samples < new.lat | tr '\n' ' ')" = "30 30 " ]
    for model in model.bin beat.bin fixed.bin; do
        cv-sample -n 3 -m $model > new.lat
        cv-sample -n 3 | cv-decode $model | tensor audio > noise
        cv-decode $model < new.lat | tensor audio | cmp - noise
        [ "$(field model new.lat)" = "$(field model <(cv-encode $model < $([ $model = model.bin ] && echo audio.cvs || echo long.cvs)))" ]
        # whatever the threads
        cv-sample -j 1 -n 3 -m $model | cmp - new.lat
    done
    [ "$(meta prior < new.lat | sort -u)" = '"guided"' ]
    # without -m nothing is known of rate and length
    cv-sample | cv-info --json > json
    run -1 grep '"rate"' json
}

@test "seed and temperature stand in the stream" {
    cv-sample -s 77 -t 0.25 | cv-info --json > json
    grep -qE '"seed": ?77' json
    grep -qE '"temperature": ?0.25' json
}

@test "a length and a tempo stand in the frames" {
    [ "$(cv-sample --length 2.5 | meta seconds)" = 2.5 ]
    [ "$(cv-sample --tempo 90.5 -n 2 | meta tempo | tr '\n' ' ')" = "90.5 90.5 " ]
    [ "$(cv-sample --length 2.5 --tempo 90.5 | meta '(seconds|tempo)' | sort | tr '\n' ' ')" = "2.5 90.5 " ]
    cv-sample > plain
    [ -z "$(meta '(seconds|tempo)' < plain)" ]
    cmp <(cv-sample --length 0 --tempo 0) <(cv-sample)
}

@test "without a model there are 18 times to a second, and 24 for a bar" {
    [ "$(cv-sample --length 30 | shape)" = "[256,564]" ]
    [ "$(cv-sample --length 2.01 | shape)" = "[256,61]" ]
    [ "$(cv-sample --length .01 | shape)" = "[256,25]" ]
    [ "$(cv-sample --tempo 60 | shape)" = "[256,512]" ]
}

@test "fixed frames: as many times as a clip of that length has" {
    cv-sample -m fixed.bin > new.lat
    [ "$(shape < new.lat)" = "$(cv-encode fixed.bin < long.cvs | shape)" ]
    cv-sample -m fixed.bin --length 1.5 > new.lat
    [ "$(meta samples < new.lat)" = 4500 ]
    [ "$(cv-decode -q fixed.bin < new.lat | tensor audio | wc -l)" -eq 4500 ]
    cv-sample -m fixed.bin --tempo 100 > out 2> words
    grep -q 'fixed.bin.*warning\|warning.*fixed.bin' words
    [ "$(wc -l < words)" -eq 1 ]
}

@test "frames that follow the beat: as many as the tempo takes" {
    [ "$(field beat_frames beat.bin)" = 24 ]
    beat=$((24 / $(field stride beat.bin)))
    # 3 s at 150 beats per minute, the tempo of all clips, from a frame before the first beat on
    [ "$(cv-sample --exact -m beat.bin | shape)" = "[96,$(((3 * 150 * beat + 59) / 60 + 1))]" ]
    # at the one that is asked for; half as fast has the frames of its double
    for tempo in 180 90; do
        [ "$(cv-sample --exact -m beat.bin --length 8 --tempo $tempo | shape)" = "[96,$(((8 * 180 * beat + 59) / 60 + 1))]" ]
    done
    for how in "--length 8" "--length 8 --tempo 190" "--length 8 --tempo 101" "--length .2 --tempo 190"; do
        seconds=${how#--length }; seconds=${seconds%% *}
        samples=$(awk "BEGIN { print $seconds * 3000 }")
        [ "$(cv-sample --exact -m beat.bin $how | cv-decode beat.bin | tensor audio | wc -l)" -eq $samples ]
        [ "$(cv-sample --exact $how | cv-decode beat.bin | tensor audio | wc -l)" -eq $samples ]
    done
    [ "$(cv-sample --tempo 190 | cv-decode beat.bin | meta tempo)" = 190 ]
    [ "$(cv-sample --tempo 190 -m beat.bin | meta tempo)" = 190 ]
}

@test "frames that follow the beat: a clip has whole bars and a tail, the nearest, as noise or as latents" {
    # LENGTH TEMPO SAMPLES: at 3000 Hz; half and double the tempo count as the same
    while read -r seconds tempo samples; do
        cv-sample --length $seconds --tempo $tempo -m beat.bin 2> words | cv-decode beat.bin 2>> words | tensor audio > new
        [ "$(wc -l < new)" -eq $samples ]
        cv-sample --length $seconds --tempo $tempo | cv-decode beat.bin 2> noise-words | tensor audio | cmp - new
        [ "$(sed 's/^[^ ]* //' noise-words)" = "$(sed 's/^[^ ]* //' words)" ]
        [ $seconds = 9 ] ||
            grep -qx "cv-sample: $seconds s become .* whole bars, and 2 beats to die away; 'cv-sample --exact' keeps $seconds" words
        [ $seconds != 9 ] || [ ! -s words ]
    done <<- END
		8 120 27000
		9 120 27000
		9.9 120 27000
		10.1 120 33000
		0.2 120 9000
		9.2 180 26000
		9.5 90 30000
	END
    cv-sample -n 2 --length 9.1 -m beat.bin 2> words > two
    [ "$(wc -l < words)" -eq 1 ]
    # of the length of training; nothing was asked for
    [ "$(cv-sample --tempo 120 -m beat.bin 2> words | meta samples)" = 9000 ]
    [ ! -s words ]
    cv-sample --exact -m beat.bin | cv-info --json | grep -q '"exact":true'
    [ "$(cv-sample --exact -m beat.bin --tempo 120 | meta samples)" = 9000 ]
    # what goes by a recording is as long as is asked for, or as that is
    [ "$(cv-sample -m beat.bin -g long.cvs --length 9.1 | meta samples)" = 27300 ]
    [ "$(cv-sample -m beat.bin -c long.cvs --start 1 --length 9.1 | meta samples)" = 27300 ]
}

# levels N... < STREAM: of the first clip, in dB beside its own, of the N samples before the last ones named before
levels() {
    tensor audio | awk -v counts="$*" '
        { x[NR] = $1; all += $1 * $1 }
        END { end = NR; m = split(counts, n, " ")
              for (i = 1; i <= m; i++) {
                  s = 0
                  for (k = 0; k < n[i]; k++) { s += x[end] * x[end]; end-- }
                  print 10 * log(s / n[i] / (all / NR) + 1e-12) / log(10) } }'
}

@test "the tail of a new clip dies away, once, mixed and at another tempo too" {
    cv-sample -n 2 --length 6 --tempo 150 -m beat.bin > new.lat
    [ "$(meta tail < new.lat | tr '\n' ' ')" = "2 2 " ]
    cv-decode beat.bin < new.lat > new.cvs
    cv-mix new.lat <(cv-sample --length 6 -s 4 --tempo 150 -m beat.bin) | cv-decode beat.bin > mixed.cvs
    cv-decode --tempo 170 beat.bin < new.lat > fast.cvs
    # with one that does not die away, but not alone
    cv-encode -m beat.bin < long.cvs > other.lat
    cv-mix -n 3 new.lat other.lat > steps.lat
    [ "$(meta tail < steps.lat | tr '\n' ' ')" = "2 2 2 2 " ]
    cv-mix other.lat new.lat | cv-decode beat.bin > half.cvs
    for clip in new mixed half fast; do
        # 50 ms, the rest of a second half of the tail, the bar before it
        levels 150 900 < $clip.cvs > said
        ascending "$(sed -n 1p said)" -40
        ascending "$(sed -n 2p said)" -15
        [ -z "$(meta tail < $clip.cvs)" ]
    done
    # what the bars hold is not touched, and what is encoded again is not faded again
    cv-sample --length 6 --tempo 150 -m beat.bin --exact | cv-decode beat.bin > exact.cvs
    levels 150 < exact.cvs > said
    ascending -15 "$(sed -n 1p said)"
    [ -z "$(cv-encode -m beat.bin < new.cvs | meta tail)" ]
    cmp <(tensor audio < new.cvs | head -n 14000) <(cv-sample --exact --length 8 --tempo 150 -m beat.bin | cv-decode beat.bin | tensor audio | head -n 14000)
}

@test "-c: new clips begin with the latents of a clip, and have its level and beat" {
    for model in beat.bin fixed.bin; do
        cv-encode -m $model < long.cvs > all.lat
        cv-sample -m $model -c long.cvs --start 1.7 > new.lat
        [ "$(shape < new.lat)" = "$(shape < all.lat)" ]
        all=$(shape < all.lat | tr -d ']' | cut -d , -f 2)
        # whole beats, or whatever is there: 1.7 s are 4.25 beats, which begin less than one before the clip
        paste <(tensor z < new.lat) <(tensor mean < all.lat | head -n $((96 * all))) |
            awk -v all=$all '{ d = $1 - $2; if (d * d > 1e-8) { at = (NR - 1) % all; if (!at0 || at < first) first = at; at0 = 1 } }
                END { print first }' > first
        [ "$(cat first)" -gt 8 ]
        [ "$(cat first)" -lt $all ]
        [ $model = fixed.bin ] || [ $(($(cat first) % 4)) -eq 0 ]
        for key in level tempo beat; do
            [ $model$key = fixed.bintempo ] || [ $model$key = fixed.binbeat ] ||
                [ "$(meta $key < new.lat)" = "$(meta $key < all.lat | head -n 1)" ]
        done
        [ "$(meta continues < new.lat)" = '"1"' ]
        [ "$(field model new.lat)" = "$(field model all.lat)" ]
        [ "$(cv-decode $model < new.lat | tensor audio | wc -l)" -eq 9000 ]
    done
}

# ---- form ----

# alike A B LATENTS: mean squared difference of times A.. and B.., 32 of each, over that of any times 4 apart
alike() {
    tensor z < "$3" | awk -v a="$1" -v b="$2" -v all="$(shape < "$3" | tr -d ']' | cut -d , -f 2)" '
        { x[NR - 1] = $1 }
        END { for (i = 0; i < 96; i++) for (t = 0; t < 32; t++) {
                  d = x[i * all + a + t] - x[i * all + b + t]; s += d * d
                  e = x[i * all + a + t] - x[i * all + a + t + 4]; f += e * e }
              print s / f }'
}

@test "--form: sections return, others do not" {
    # of 1 bar: 16 times
    how="-m beat.bin -s 3 --length 30 --tempo 150 --bars 2"
    cv-sample $how --form AB --vary 0 > ab.lat
    cv-sample $how --form AAAB --vary 0 > aaab.lat
    # a section is 32 times; what returns goes on from another past
    ascending "$(alike 36 68 aaab.lat)" .4
    ascending .4 "$(alike 36 68 ab.lat)"
    ascending "$(alike 36 100 ab.lat)" .4
    # nothing returns where all is varied
    cv-sample $how --form AAAB --vary 1 > varied.lat
    ascending .4 "$(alike 36 68 varied.lat)"
}

@test "--guide: the length and the tempo of what is followed, and its name" {
    cv-load -r 3000 -q -d 4 --tempo 190 "$BATS_FILE_TMPDIR"/long/1.wav > song.cvs
    cv-sample -n 2 -m beat.bin -g song.cvs > new.lat
    [ "$(meta samples < new.lat | head -n 1)" = "$(cv-encode beat.bin < song.cvs | meta samples)" ]
    meta tempo < new.lat | head -n 1 | grep -qxE '190|190\.0000.*|189\.9999.*'
    [ "$(meta follows < new.lat | tr -d '\n')" = '"1""1"' ]
    cv-sample -n 2 -m beat.bin -g - < song.cvs | same new.lat
    # more closely than a clip of the bank
    closely="-n 40 -m beat.bin -g song.cvs --length 20"
    cv-sample $closely > close.lat
    cv-sample $closely --follow 24 --nearest 4 | same close.lat
    for other in "--follow 20" "--follow 30" "--nearest 5"; do
        cv-sample $closely $other > other.lat
        run -1 same close.lat < other.lat
    done
    cv-sample -n 2 -m beat.bin > alone.lat
    run -1 same alone.lat < new.lat
    [ "$(cv-sample -m beat.bin -g song.cvs --length 2 | meta samples)" = 6000 ]
    cv-load -q -r 3000 -d .3 "$BATS_FILE_TMPDIR"/long/1.wav > short.cvs
    refuses 1 cv-sample -m beat.bin -g short.cvs
    says "less than three beats"
    tone -r 3000 -s 4 -w silence silent.wav
    cv-load -q -r 3000 silent.wav > silent.cvs
    refuses 1 cv-sample -m beat.bin -g silent.cvs
    says "'silent' is silent" "nothing to follow"
    refuses 1 cv-sample -m beat.bin -c silent.cvs --start 2
    says "'silent' is silent" "nothing to go on from"
}

@test "--guide: a tempo that is asked for has times enough for the whole length" {
    cv-load -r 3000 -q -d 4 --tempo 105 "$BATS_FILE_TMPDIR"/long/1.wav > slow.cvs
    for tempo in 105 150 195; do
        cv-sample -m beat.bin -g slow.cvs --tempo $tempo --length 6 > new.lat 2> words
        [ ! -s words ]
        [ "$(meta samples < new.lat)" = 18000 ]
    done
}

@test "noise that brings a guide of any shape: it is not followed" {
    cv-train -q -e 0 -z 2 --frames fixed < long.cvs > z2.bin
    timeout 60 cv-decode -q z2.bin < "$BATS_TEST_DIRNAME/fuzz/found/codec/guide-flat" > out
    [ "$(names < out)" = clip ]
}

# ---- without end ----

# endless BYTES HOW...: cv-sample --endless, which is told to end when so many have come
endless() {
    head -c "$1" /dev/zero | lockstep -i "$1" 0 "exec cv-sample -q --endless ${*:2}"
}

# early A < LATENTS: the first A times of each dimension, or all
early() {
    cat > early
    values z < early | awk -v a="${1:-0}" -v all="$(shape < early | tr -d ']' | cut -d , -f 2)" '!a || (NR - 1) % all < a'
}

@test "--endless: one clip in parts of a block, whole where it is told to end, and the begin of a long one" {
    for how in "-m beat.bin" "-m fixed.bin" "-m beat.bin --form ABAC --bars 1 -s 5" "-m beat.bin --tempo 90 --prior beat" \
        "-m beat.bin -c long.cvs --start 1.7" "-m fixed.bin -g long.cvs --block 3 --vary .5 -t .5"; do
        endless 4096 "$how" > endless.lat
        [ "$(names < endless.lat)" = sample-00 ]
        all=$(shape < endless.lat | tr -d ']' | cut -d , -f 2)
        [ "$all" -ge 8 ]
        cv-sample -q --length $((all / 4 + 1)) $how > long.lat
        early < endless.lat > begin
        [ -s begin ]
        early "$all" < long.lat | cmp - begin
        for key in level tempo beat prior follows continues; do
            [ "$(meta $key < endless.lat)" = "$(meta $key < long.lat)" ]
        done
        [ -z "$(meta samples < endless.lat)" ]
    done
    # so many times each: 6 to a beat of stride 4
    endless 4096 -m beat.bin | parts -m > maps
    [ "$(sed '$d' maps | sort -u)" = "part sample-00 $((24 / $(field stride beat.bin)))" ]
    [ "$(tail -n 1 maps)" = "frame sample-00 $((24 / $(field stride beat.bin)))" ]
    # until the pipe closes
    cv-sample -q --endless -m beat.bin | head -c 100000 > some
    [ "$(stat -c %s some)" -eq 100000 ]
}

@test "--endless: as much memory for an hour as for a minute" {
    if nm "$(command -v cv-sample)" 2> /dev/null | grep -qE '__[at]san_init'; then
        skip "the sanitizer keeps memory of its own"
    fi
    for n in 1 60; do
        rss $n.peak cv-sample -q -j 1 --endless --form ABAC --tempo 120 -m beat.bin | parts -m | head -n $((n * 120)) > maps
        [ "$(wc -l < maps)" -eq $((n * 120)) ]
    done
    echo "$(cat 1.peak) KiB for a minute, $(cat 60.peak) for an hour"
    [ "$(cat 60.peak)" -lt $(($(cat 1.peak) + 1024)) ]
}

@test "--endless is refused of noise, of a length, and of a network of one" {
    refuses 2 cv-sample --endless
    says "-m"
    refuses 2 cv-sample --endless -m beat.bin -n 1
    says "-n"
    refuses 2 cv-sample --endless -m beat.bin --length 3
    says "--length"
    refuses 2 cv-sample --endless -m beat.bin --exact
    says "--exact"
    refuses 1 cv-sample --endless -m two.bin
    says notebook --endless
    [ -z "$output" ]
}

@test "every knob of form changes the clip; those that do nothing are warned of" {
    cv-sample -n 40 -m beat.bin --length 12 > want
    for how in "--follow 20" "--vary 0.4" "--block 1" "--nearest 1" "--form AB" "--prior beat" "--prior normal"; do
        cv-sample -n 40 -m beat.bin --length 12 $how > got
        run -1 same want < got
    done
    cv-sample -n 40 -m beat.bin --length 12 --prior guided --follow 2 --vary .3 --block 2 --nearest 24 | same want
    for how in --follow --vary --block --nearest --form; do
        cv-sample -m beat.bin --prior beat $how 1 > got 2> words
        [ "$(wc -l < words)" -eq 1 ]
        grep -q "beat.bin: $how has no effect: it is for the prior 'guided'" words
        cv-sample -m two.bin $how 1 2> words > got
        grep -q "two.bin: $how has no effect: the network 'notebook'" words
    done
    cv-sample -m beat.bin --bars 4 2> words > got
    grep -q "beat.bin: --bars has no effect" words
}

@test "-c: what is new depends on the seed, what is there does not" {
    for seed in 1 2; do
        cv-sample -s $seed -m fixed.bin -c long.cvs --start 2 --length 4 | cv-decode fixed.bin | tensor audio > $seed
        [ "$(wc -l < $seed)" -eq 12000 ]
    done
    # the distance in the first 1.5 s, and in the last 1.5 s, over the loudness
    paste 1 2 | awk '{ d = $1 - $2; e += $1 * $1; if (NR <= 4500) a += d * d; if (NR > 7500) b += d * d }
        END { print a / e, b / e; exit !(b > 4 * a) }'
}

@test "-c: draws take the clips in turn" {
    [ "$(cv-sample -n 5 -m beat.bin -c long.cvs --start 1 | meta continues | tr -d '\n')" = '"1""2""1""2""1"' ]
    [ "$(cv-sample -n 1 -m beat.bin -c - --start 1 < long.cvs | meta continues)" = '"1"' ]
    cv-batch -b 2 -B 1 < long.cvs | cv-sample -n 2 -m beat.bin -c - --start 1 > batched
    cv-sample -n 2 -m beat.bin -c long.cvs --start 1 | same batched
}

@test "-c: the tempo is that of the clip, and there are times enough for it" {
    cv-load -r 3000 -q -d 3 --tempo 190 "$BATS_FILE_TMPDIR"/long/1.wav > fast.cvs
    cv-sample -m beat.bin -c fast.cvs --start 1 --length 9 > noise.cvs
    meta tempo < noise.cvs | grep -qxE '190|190\.0000.*|189\.9999.*'
    [ "$(cv-decode beat.bin < noise.cvs | tensor audio | wc -l)" -eq 27000 ]
}

@test "latents of one model are not for another" {
    cv-sample -m beat.bin -c long.cvs --start 1 > new.lat
    refuses 1 cv-decode fixed.bin < <(cv-sample -m two.bin)
    cv-train -q -e 0 -z 96 --frames beat -s 5 < long.cvs > other.bin
    cv-decode other.bin < new.lat > out 2> words
    grep -q 'another model' words
}

@test "clips that cannot be gone on with are refused" {
    refuses 1 cv-sample -m beat.bin -c long.cvs --start 3
    says "--start" "3 seconds"
    [ -z "$output" ]
    refuses 1 cv-sample -m beat.bin -c long.cvs --start 2 --length 1
    refuses 1 cv-sample -m beat.bin -c long.cvs --length 20 --start .1
    says "less than a beat"
    refuses 1 cv-sample -m two.bin -c audio.cvs
    says two.bin notebook
    refuses 1 cv-sample -m two.bin --length 3
    says two.bin notebook
    cv-load -q -r 8000 -d 3 "$BATS_FILE_TMPDIR"/long/1.wav > other.cvs
    refuses 1 cv-sample -m beat.bin -c other.cvs --start 1
    says 8000 3000
    refuses 1 cv-sample -m beat.bin -c missing.cvs --start 1
    says missing.cvs
    cv-encode beat.bin < long.cvs > long.lat
    refuses 1 cv-sample -m beat.bin -c long.lat --start 1
    says long.lat latents
    head -c -1 long.cvs > cut
    refuses 1 cv-sample -m beat.bin -c cut --start 1
    [ -z "$output" ]
    cv-load -r 3000 -q --tempo 150 -d 3 "$BATS_FILE_TMPDIR"/long/1.wav | cv-batch -q -b 1 --take train --share 1 > none.cvs
    refuses 1 cv-sample -m beat.bin -c none.cvs --start 1
    says none.cvs "no clip"
}

@test "options that do not go together, and numbers out of bounds, are refused" {
    usage() {
        refuses 2 cv-sample "$@"
        [ -z "$output" ]
    }
    usage -c long.cvs; says "-m"
    usage -m beat.bin -c long.cvs --tempo 100; says --tempo
    usage --start 3; says --continue
    usage -m beat.bin --start 3
    usage -m beat.bin -c long.cvs --exact; says "--continue have the length itself"
    usage -m beat.bin -g long.cvs --exact; says "--guide have the length itself"
    usage --tempo 10; says 20 400
    usage --tempo 401
    usage --tempo -5
    usage --length -1
    usage --length 86401
    usage --length 80000; says --length
    usage -m beat.bin -c - -g -; says "standard input"
    usage -m - -c -; says "-m -"
    usage --form AB; says "-m"
    usage --prior beat; says "-m"
    usage -m beat.bin --prior bank; says normal guided
    usage -m beat.bin --form ""; says AABA
    usage -m beat.bin --form "A A"; says AABA
    usage -m beat.bin --form "ÄÖÄ"; says AABA
    usage -m beat.bin --block 9
}

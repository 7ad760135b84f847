# Frames that follow the beat, and the priors that make new clips: cv-train --frames, cv-decode --prior.

load clips
load helper

# Eight drums of 10 s at different tempos, and tones without a beat.
setup_file() {
    cd "$BATS_FILE_TMPDIR"
    PATH=${CV_BUILD:-$(dirname "$(command -v cv-load)")}/tools:$PATH
    for i in 1 2 3 4 5 6 7 8; do
        tone -r 3000 -s 10 -w beat -F "$(awk "BEGIN { print 1.7 + 0.1 * $i }")" -S $i "d$i.wav"
        tone -r 3000 -s 10 -a 0.3 -F $((100 + 40 * i)) "t$i.wav"
    done
    cv-load -r 3000 -q -d 10 d*.wav > drums.cvs
    cv-load -r 3000 -q -d 10 t*.wav > tones.cvs
    cv-load -r 3000 -q -d 10 d3.wav > one.cvs
    cv-train -q -e 8 -z 16 --width 32 < drums.cvs > model.bin
    cv-train -q -e 2 -z 16 --width 32 --frames fixed < drums.cvs > fixed.bin
}

setup() {
    audio_setup
    cp "$BATS_FILE_TMPDIR"/{*.cvs,*.bin,*.wav} .
}

# at PATTERN FILE [FROM]: where that stands first, in bytes from FROM on
at() { tail -c +$((${3:-0} + 1)) "$2" | LC_ALL=C grep -obUaP -m 1 "$1" | head -n 1 | cut -d : -f 1; }

# damaged NAME BYTES: model.bin with other bytes at the begin of a parameter of less than 64 values, without its hash
damaged() {
    local frames=$(names < model.bin | wc -l) from=$(at "name.$1\xa4meta" model.bin)

    from=$((from + $(at '\xc4\x04data\xc4' model.bin "$from") + 8))
    head -c -31 model.bin > damaged.bin
    printf "$2" | dd of=damaged.bin bs=1 seek="$from" conv=notrunc status=none
    printf '%b' "$(mp_tail "$frames")" >> damaged.bin
}

rhythm() { cv-check -q --json 2>&1 > /dev/null | tr ',{' '\n\n' | sed -n 's/.*"rhythm": *//p' | tail -1; }

@test "a rate at which no beat is found is told" {
    tone -s 2 a.wav
    cv-load -q -r 2000 --tempo auto a.wav 2> words > a.cvs
    [ ! -s words ]
    cv-load -r 2000 --tempo auto a.wav 2> words > a.cvs
    [ "$(head -n 1 words)" = 'cv-load: warning: --tempo: beats are found at 3000 to 48000 Hz, not at 2000' ]
}

@test "frames follow the beat where most clips have one" {
    [ "$(field frames model.bin)" = '"beat"' ]
    [ "$(field stride model.bin)" -eq 6 ]
    [ "$(field fft model.bin)" -eq 256 ]
    # 1.8 .. 2.5 beats a second
    field tempos model.bin | tr -d '[]' | tr , '\n' > tempos
    awk '{ near += $1 > 105 && $1 < 155 } END { exit !(NR == 8 && near == 8) }' tempos
    # not for tones, not for half of them, unless it is asked for
    cv-train -q -e 0 -z 16 --width 32 < tones.cvs > t.bin
    [ "$(field frames t.bin)" = '"fixed"' ]
    cv-train -q -e 0 -z 16 --width 32 --frames beat < tones.cvs > t.bin
    [ "$(field frames t.bin)" = '"beat"' ]
    [ "$(field frames fixed.bin)" = '"fixed"' ]
}

@test "four latents to a beat, tempo and beat in their meta, and back to as many samples" {
    cv-encode -m model.bin < one.cvs > one.lat
    # 10 s at 2 beats a second: 20 beats and the one that is begun before the clip
    frames=$(cv-info one.lat | sed -n 's/.*\[16, \([0-9]*\)\].*/\1/p' | head -1)
    [ "$frames" -ge 80 ]
    [ "$frames" -le 84 ]
    tempo=$(cv-info --json one.lat | tr ',{' '\n\n' | sed -n 's/.*"tempo": *//p' | head -1)
    near "$tempo" 120 0.3
    cv-decode model.bin < one.lat > back
    cv-info back | grep -q '\[1, 30000\]'
    cv-info --json back | grep -q '"tempo"'
    near "$(fact rms < back)" "$(fact rms < one.cvs)" 0.02
}

@test "what the meta says is taken, not what is heard" {
    cv-load -r 3000 -q -d 10 --tempo 200 d3.wav | cv-encode -m model.bin > fast.lat
    frames=$(cv-info fast.lat | sed -n 's/.*\[16, \([0-9]*\)\].*/\1/p' | head -1)
    # 200 a minute: 33.3 beats and one
    [ "$frames" -ge 133 ]
    [ "$frames" -le 138 ]
}

@test "--tempo plays latents faster, at the same pitch" {
    cv-encode -m model.bin < one.cvs | cv-decode --tempo 150 model.bin > fast
    # 120 to 150
    near "$(fact samples < fast)" 24000 80
    # half and double are the same beat
    cv-encode -m model.bin < one.cvs | cv-decode --tempo 60 model.bin > same
    near "$(fact samples < same)" 30000 80
    refuses 2 cv-decode --tempo 5 model.bin < one.cvs
}

@test "every prior makes clips; they differ, and the same draws make the same" {
    for kind in normal beat guided auto; do
        cv-sample --exact -n 2 -m model.bin --prior $kind | cv-decode model.bin > $kind.cvs
        cv-info $kind.cvs | grep -q '\[1, 30000\]'
        ascending 0.03 "$(fact rms < $kind.cvs)" 0.2
    done
    same auto.cvs < guided.cvs
    run -1 same beat.cvs < guided.cvs
    run -1 same beat.cvs < normal.cvs
    cv-sample --exact -j 1 -n 2 -m model.bin | cv-decode -j 1 model.bin | same auto.cvs
}

@test "the bank gives a beat, single latents do not" {
    cv-sample -n 4 | cv-decode model.bin > a
    cv-sample -n 4 -m model.bin --prior normal | cv-decode model.bin > b
    ascending "$(rhythm < b)" "$(rhythm < a | awk '{ print $1 - 0.1 }')"
}

@test "fixed frames have a bank, too, and var" {
    cv-sample -m fixed.bin --prior var > a
    cv-sample -m fixed.bin > b
    run -1 same b < a
    refuses 1 cv-sample -m fixed.bin --prior beat
    refuses 1 cv-sample -m model.bin --prior var
    refuses 2 cv-sample -m model.bin --prior some
}

# dynamics < AUDIO: decibels from soft to loud, the mean of all clips
dynamics() { cv-check -q --json 2>&1 > /dev/null | grep -o '"dynamics":[0-9.]*' | tail -n 1 | cut -d : -f 2; }

@test "the temperature is heard, whatever the prior" {
    for kind in normal var guided; do
        for t in 0.2 1; do cv-sample -n 4 -t $t -m fixed.bin --prior $kind | cv-decode fixed.bin | dynamics; done > $kind
        ascending "$(sed -n 1p $kind | awk '{ print 1.4 * $1 }')" "$(sed -n 2p $kind)"
    done
    # 1 is what it is without one in the head; the clip that is followed, and so the tempo, are the same at any
    for t in 0.5 1 2; do cv-sample -n 3 -t $t | cv-decode model.bin | cv-info --json | grep -o '"tempo":[0-9.]*' > $t; done
    [ "$(sort -u 1 | wc -l)" -gt 1 ]
    cmp 0.5 1
    cmp 2 1
}

@test "options that change nothing are warned of, each by a reason" {
    cv-sample -n 1 > noise
    cv-encode -m model.bin < one.cvs > latents
    # idle INPUT REASON MODEL OPTION...: one line that says it, and the same bytes as without
    idle() {
        local input=$1 reason=$2 model=$3

        shift 3
        cv-decode "$@" $model < $input > some 2> words
        [ "$(wc -l < words)" -eq 1 ]
        grep -q "^cv-decode: warning: $model: $1 has no effect: .*$reason" words
        cv-decode $model < $input | same some
        cv-decode -q "$@" $model < $input 2>&1 > /dev/null | cmp - /dev/null
    }
    idle noise "do not follow the beat" fixed.bin --tempo 100
    idle noise "no sigmoid" model.bin --logits
    # and what does something is not
    cv-decode -s 1 --iterations 3 --tempo 100 model.bin < noise 2>&1 > /dev/null | cmp - /dev/null
    cv-decode -s 1 --iterations 3 --tempo 100 model.bin < latents 2>&1 > /dev/null | cmp - /dev/null
}

@test "a tempo that noise asks for in vain is warned of once" {
    cv-sample -n 3 --tempo 100 | cv-decode fixed.bin 2> words > some
    [ "$(wc -l < words)" -eq 1 ]
    grep -q "the tempo of 'sample-00' has no effect: the frames of the model do not follow the beat" words
    cv-sample -n 3 --tempo 100 | cv-decode model.bin 2>&1 > /dev/null | cmp - /dev/null
    # cv-sample has said it already
    cv-sample -q -m fixed.bin --tempo 100 | cv-decode fixed.bin 2>&1 > /dev/null | cmp - /dev/null
}

@test "noise that does not suffice for the clip is warned of" {
    cv-train -q -e 0 -z 16 --width 32 --frames fixed --stride 1 < drums.cvs > fine.bin
    cv-sample -n 3 --length 10 | cv-decode fine.bin 2> words > some
    [ "$(wc -l < words)" -eq 1 ]
    samples=$(fact samples < some)
    [ "$samples" -lt 30000 ]
    grep -q "3 clips are shorter than asked for: noise for $(awk "BEGIN { printf \"%.3g\", $samples / 3000 }") of 10 s" words
    grep -q "cv-sample -m fine.bin" words
    cv-sample -m fine.bin | cv-decode fine.bin 2> words > some
    [ "$(fact samples < some)" -eq 30000 ]
    [ ! -s words ]
}

@test "--bank bounds what is kept; without one the autoregression goes alone" {
    cv-train -q -e 0 -z 16 --width 32 --bank 0 < drums.cvs > none.bin
    [ "$(field prior_bank none.bin)" -eq 0 ]
    names < none.bin > list
    grep -q prior/ar list
    run -1 grep prior/bank list
    [ "$(field prior_periods none.bin)" -eq 8 ]
    refuses 1 cv-sample -m none.bin --prior guided
    cv-sample -m none.bin > a
    cv-sample -m none.bin --prior beat | same a
    cv-train -q -e 0 -z 16 --width 32 --bank 200 < drums.cvs > some.bin
    [ "$(field prior_bank some.bin)" -le 200 ]
    [ "$(field prior_clips some.bin)" -eq 2 ]
    cv-sample | cv-decode some.bin > /dev/null
}

@test "the same model whatever the threads" {
    cv-train -q -e 1 -z 16 --width 32 -j 1 < drums.cvs > a.bin
    cv-train -q -e 1 -z 16 --width 32 -j 3 < drums.cvs | cmp - a.bin
}

@test "a stride that does not divide a beat" {
    refuses 1 cv-train -e 0 --frames beat --stride 5 < drums.cvs
    cv-train -q -e 0 -z 16 --width 32 --stride 5 < drums.cvs > a.bin
    [ "$(field frames a.bin)" = '"fixed"' ]
    cv-train -q -e 0 -z 16 --width 32 --stride 3 < drums.cvs > a.bin
    [ "$(field frames a.bin)" = '"beat"' ]
}

@test "--prior-only changes the prior and nothing else" {
    # on its own data: the same prior
    cv-train --prior-only model.bin < drums.cvs > same.bin
    cmp <(cv-sample | cv-decode model.bin | tensor audio) <(cv-sample | cv-decode same.bin | tensor audio)
    # on less: a smaller bank, the same network
    cv-train --prior-only model.bin --bank 100 < one.cvs > other.bin
    [ "$(field prior_clips other.bin)" -eq 1 ]
    cmp <(cv-encode -m model.bin < one.cvs | tensor z) <(cv-encode -m other.bin < one.cvs | tensor z)
    cv-sample --exact | cv-decode other.bin | cv-info | grep -q '\[1, 30000\]'
    cv-load -q -r 8000 d1.wav > other.cvs
    refuses 1 cv-train --prior-only model.bin < other.cvs
    [[ $stderr == *"cv-load -r 3000"* ]]
    cv-load -r 3000 -q -d 0.3 d1.wav > short.cvs
    refuses 1 cv-train --prior-only model.bin < short.cvs
    refuses 1 cv-train --prior-only nothing.bin < one.cvs
    refuses 2 cv-train --prior-only model.bin --resume model.bin < one.cvs
}

@test "resumed, or with little memory, the model has the same bytes" {
    cv-train -q -e 3 -z 16 --width 32 --snapshot shots < drums.cvs > whole.bin
    rm shots/epoch-000[23].cvm
    cv-train -q --resume shots < drums.cvs | cmp - whole.bin
    # other clips, when that is wanted: their bank
    refuses 1 cv-train -q --resume shots < one.cvs
    cv-train -q --resume shots --resume-anyway < one.cvs > other.bin
    [ "$(field prior_clips other.bin)" -eq 1 ]
    cv-train -q -e 3 -z 16 --width 32 --memory 1K < drums.cvs | cmp - whole.bin
    # a snapshot is a model with a prior of its own
    cv-sample --exact | cv-decode shots/epoch-0001.cvm | cv-info | grep -q '\[1, 30000\]'
}

@test "a mix of new clips is as long as they are" {
    cv-sample --exact --tempo 140 -m model.bin > a
    cv-sample --exact --tempo 140 -m model.bin -s 5 > b
    cv-mix a b | cv-decode model.bin | cv-info | grep -q '\[1, 30000\]'
}

@test "models whose values cannot be are refused" {
    damaged prior/sd '\0\0\0\0'
    refuses 1 cv-decode damaged.bin < <(cv-sample)
    [[ $stderr == *"dimension 0 of the prior"* ]]
    damaged front/scale '\0\0\0\0'
    refuses 1 cv-train --prior-only damaged.bin < one.cvs
    [[ $stderr == *"not finite"* ]]
    # a beat of frames less than a sample apart
    head -c -31 model.bin | LC_ALL=C sed '1 s/rate\xcd\x0b\xb8/rate\xcd\x00\x01/; 1 s/rate\xcb\x40\xa7\x70/rate\xcb\x3f\xf0\x00/' > slow.bin
    printf '%b' "$(mp_tail "$(names < model.bin | wc -l)")" >> slow.bin
    refuses 1 cv-decode slow.bin < <(cv-sample)
    [[ $stderr == *"3000 to 48000 Hz"* ]]
}

# cv-towav: clips into WAV files.

load clips
load helper

setup() {
    audio_setup
}

# clips_of NAME[:AMPLITUDE] ...: a stream of one-second tones on standard output
clips_of() {
    local word names=()

    mkdir -p source
    for word; do
        tone -r 3000 -F 125 -s 1 -b float -a "$([[ $word == *:* ]] && echo "${word##*:}" || echo 0.5)" \
            "source/${word%%:*}.wav"
        names+=("source/${word%%:*}.wav")
    done
    cv-load -r 3000 -d 1 -- "${names[@]}"
}

# ---- known answers and the inverse ----

@test "a tone keeps its level and its crossings" {
    clips_of a | cv-towav -o out
    [ "$(sound rate out/a.wav)" = 3000 ]
    [ "$(sound samples out/a.wav)" = 3000 ]
    near "$(sound rms out/a.wav)" 0.35355 0.0005
    near "$(sound crossings out/a.wav)" 249 1
}

@test "cv-load | cv-towav | cv-load -r 3000 gives the same samples" {
    tone -w noise -c 2 -s 2 a.wav
    cv-load -c -r 22050 -d 2 a.wav > one
    cv-towav -o out < one
    [ "$(facts -d a.wav out/a.wav)" = 0.00000000 ]
    cv-load -c -r 22050 -d 2 out/a.wav > two
    facts -x one > x
    facts -x two | cmp - x
    cv-load -r 3000 -d 2 a.wav > one
    for bits in 16 24 32; do
        cv-towav -b $bits -f -o out < one
        cv-load -r 3000 -d 2 out/a.wav > two
        cv-towav -b 32 -f -o exact < one
        near "$(facts -d out/a.wav exact/a.wav)" 0 "$(case $bits in 16) echo 1.6e-5 ;; 24) echo 1e-7 ;; 32) echo 0 ;; esac)"
    done
    facts -x one > x
    facts -x two | cmp - x
}

@test "every channel keeps its place" {
    tone -c 6 -r 3000 -F 20 -s 1 a.wav
    cv-load -r 3000 -c -d 1 a.wav | cv-towav -o out
    [ "$(facts -d a.wav out/a.wav)" = 0.00000000 ]
}

@test "peaks over full scale by next to nothing are limited by something" {
    clips_of loud:1.001 | cv-towav -f -o out 2> words
    grep -qx 'cv-towav: 1 of 1 clips had peaks over full scale: limited, by 0.1 dB at most' words
}

@test "peaks over full scale are limited, without wrapping, and one line says so" {
    for bits in 16 24 32; do
        clips_of loud:1.6 quiet:0.5 louder:2 | cv-towav -f -b $bits -o out 2> words
        [ "$(grep -c . words)" = 2 ]
        grep -qx 'cv-towav: 2 of 3 clips had peaks over full scale: limited, by 6.0 dB at most' words
        for name in loud louder; do
            near "$(sound peak out/$name.wav)" 1 0.0001
            near "$(sound rms out/$name.wav)" 0.7071 0.001
            near "$(sound crossings out/$name.wav)" 249 1
        done
        near "$(sound rms out/quiet.wav)" 0.35355 0.0005
    done
    clips_of loud:1.6 | cv-towav -q -f -o out 2> words
    [ ! -s words ]
    clips_of full:1 | cv-towav -o out 2> words
    [ "$(grep -c limited words || true)" = 0 ]
    near "$(sound rms out/full.wav)" 0.7071 0.001
    near "$(sound peak out/full.wav)" 1 0.0001
}

@test "a peak does not lower the rest of its clip" {
    printf '%b' "$(mp_head audio 3000; mp_frame a audio "1 3000" $(awk 'BEGIN { for (i = 0; i < 3000; i++)
        print i == 300 ? 2 : i % 2 ? 0.5 : -0.5 }'); mp_tail 1)" > s
    cv-towav -b 32 -o out < s 2> words
    grep -q '1 of 1 clips had peaks over full scale: limited, by 6.0 dB at most' words
    near "$(sound peak out/a.wav)" 1 0.000001
    cv-load -q -r 3000 -d 1 out/a.wav | facts -x - > got      # floats as they are
    facts -x s > want
    cmp -n $((4 * 280)) got want
    cmp -i $((4 * 2300)) got want
}

@test "--loudness: a tone of known loudness, at any rate" {
    # BS.1770: a tone of 997 Hz of -20 dB of full scale in one channel has -23.01 LUFS
    for rate in 3000 22050 48000; do
        tone -r $rate -F 997 -s 5 -b float -a 0.1 a.wav
        cv-load -q -r $rate -d 5 a.wav | cv-towav -q -f -b 32 --loudness -26 -o out
        near "$(sound rms out/a.wav)" 0.05012 0.0006      # .1 dB
    done
}

@test "--loudness makes clips even, and limits what that puts over full scale" {
    tone -w noise -r 3000 -s 3 -a 0.9 -b float loud.wav
    tone -w noise -r 3000 -s 3 -a 0.003 -b float soft.wav
    cv-load -q -r 3000 -d 3 loud.wav soft.wav > s
    cv-towav --loudness -30 -o out < s 2> words
    [ "$(grep -c limited words || true)" = 0 ]
    near "$(sound rms out/loud.wav)" "$(sound rms out/soft.wav)" 0.002
    cv-towav -f --loudness -5 -o out < s 2> words
    grep -q '2 of 2 clips had peaks over full scale' words
    near "$(sound peak out/loud.wav)" 1 0.0001
    cv-load -q -r 3000 -d 3 out/loud.wav | cv-towav -b 32 --loudness -30 -o back
    awk -v b="$(sound rms back/loud.wav)" -v a="$(sound rms out/loud.wav)" \
        'BEGIN { d = 20 * log(a / b) / log(10); exit !(d > 24.8 && d < 25.2) }'   # from -5 to -30
}

@test "--loudness: clips that have none keep their level, and one line names the first" {
    tone -w silence -r 3000 -s 1 silence.wav
    tone -r 3000 -F 125 -s 0.3 -a 0.5 short.wav
    { cv-load -q -r 3000 -d 1 silence.wav; cv-load -q -r 3000 -d 0.3 short.wav; } > s
    cv-towav --loudness -20 -o out < s 2> words
    grep -qx 'cv-towav: 2 of 2 clips, the first is silence, are silent or under 0.4 s and have no loudness: their level is left' words
    near "$(sound peak out/short.wav)" 0.5 0.005
    [ "$(sound peak out/silence.wav)" = 0.00000 ]
}

@test "-n brings every peak to -1 dBFS, silence stays silence" {
    clips_of soft:0.001 mid:0.5 loud:3 > s
    cv-towav -n -b 24 -o out < s 2> words
    [ "$(grep -c warning words || true)" = 0 ]
    for name in soft mid loud; do
        near "$(sound peak out/$name.wav)" 0.89125 0.00002
    done
    tone -w silence -s 1 silence.wav
    cv-load -r 3000 -d 1 silence.wav | cv-towav -n -o out
    [ "$(sound peak out/silence.wav)" = 0.00000 ]
}

# ---- names and files ----

@test "the note names what was made; -q does not" {
    clips_of a b c > s
    run -0 --separate-stderr cv-towav -o new/deep/er < s
    [ -z "$output" ]
    [ "$stderr" = "cv-towav: 3 files in new/deep/er, a.wav ... c.wav" ]
    [ "$(ls -A new/deep/er | tr '\n' ' ')" = "a.wav b.wav c.wav " ]
    run -0 --separate-stderr cv-towav -q -o new < s
    [ -z "$output$stderr" ]
    clips_of a > s
    cd new
    run -0 --separate-stderr cv-towav < ../s
    [ "$stderr" = "cv-towav: 1 file in ., a.wav" ]
}

@test "clips of one name get numbers, whatever else is there" {
    tone -s 1 a.wav
    tone -s 1 a-2.wav
    tone -s 1 a.aiff -f aiff
    cv-load -r 3000 -d 1 a.wav a-2.wav a.aiff a.wav | cv-towav -o out 2> words
    [ "$(ls out | tr '\n' ' ')" = "a-2.wav a-3.wav a-4.wav a.wav " ]
    grep -q '4 files in out, a.wav ... a-4.wav' words
}

@test "names that could leave the directory or upset a terminal are made safe" {
    {
        mp_head audio 3000
        for name in ../../up -rf .hidden /abs '\\x0anew\\x1b[1m' ''; do
            raw=$(printf '%b' "$(printf '%b' "$name")"x)
            raw=${raw%x}
            printf '\\x84'; mp_str cv; mp_str frame; mp_str name
            printf '\\x%02x%s' $((0xa0 + ${#raw})) "${name//\\\\/\\}"
            mp_str meta; printf '\\x80'; mp_str tensors; printf '\\x81'; mp_str audio; mp_tensor "1 2" 0.5 -0.5
        done
        mp_tail 6
    } > escapes
    printf '%b' "$(cat escapes)" | cv-towav -o out/in
    [ "$(ls -A out)" = in ]
    [ "$(ls -A out/in | sort | tr '\n' ' ')" = "$(printf '%s\n' _._.._up.wav _abs.wav _hidden.wav '_new_[1m.wav' \
        _rf.wav clip.wav | sort | tr '\n' ' ')" ]
}

@test "names with spaces and UTF-8 stay" {
    clips_of "two words" "café ☕" | cv-towav -o out
    [ -e "out/two words.wav" ]
    [ -e "out/café ☕.wav" ]
}

@test "a very long name is cut" {
    long=$(printf 'x%.0s' {1..240})
    clips_of "$long" | cv-towav -o out
    [ -e "out/${long:0:200}.wav" ]
}

@test "what is there and not by cv-towav is kept, unless -f; the rest goes on" {
    clips_of a b c > s
    tone -s 2 b.wav
    cp b.wav before.wav
    run -1 --separate-stderr cv-towav < s
    [[ $stderr == *"./b.wav: is there already"*-f* ]]
    [[ $stderr == *"2 files in ., a.wav ... c.wav"* ]]
    cmp b.wav before.wav
    rm b.wav
    cv-towav < s                            # its own files are replaced
    cv-towav < s
    cp before.wav b.wav
    cv-towav -f < s
    [ "$(sound samples b.wav)" = 3000 ]
    rm b.wav
    mkdir b.wav
    run -1 --separate-stderr cv-towav < s
    [[ $stderr == *b.wav* ]]
    [ -d b.wav ]
}

@test "a batch gives each of its clips, by name" {
    clips_of a b c d > s
    cv-batch -b 3 -B 1 < s | cv-towav -o out
    [ "$(ls out | tr '\n' ' ')" = "a.wav b.wav c.wav d.wav " ]
    cv-towav -o single < s
    for name in a b c d; do
        cmp out/$name.wav single/$name.wav
    done
    printf '%b' "$(mp_head audio 3000; mp_frame x audio "2 1 2" 0.5 1 -1 -0.5; mp_tail 1)" | cv-towav -o raw
    [ "$(ls raw | tr '\n' ' ')" = "x-000.wav x-001.wav " ]
}

@test "segments of different rates: each file has its own" {
    tone -s 1 a.wav
    { cv-load -d 1 -r 3000 a.wav; cv-load -d 1 -r 8000 a.wav; cv-load -d 1 -r 2999.6 a.wav; } | cv-towav -o out
    [ "$(sound rate out/a.wav)" = 3000 ]
    [ "$(sound rate out/a-2.wav)" = 8000 ]
    [ "$(sound rate out/a-3.wav)" = 3000 ]
}

# ---- standard output ----

@test "-o - writes one correct WAV into a pipe" {
    clips_of a b c > s
    for bits in 16 24 32; do
        cv-towav -b $bits -o - < s | cat > all.wav
        [ "$(sound samples all.wav)" = 9000 ]
        near "$(sound rms all.wav)" 0.35355 0.0005
        size=$(stat -c %s all.wav)
        [ "$(od -An -t u4 -j 4 -N 4 all.wav | tr -d ' ')" = $((size - 8)) ]
    done
    cv-towav -o - < s > file.wav
    cv-towav -o - < s | cmp - file.wav
    cv-load -r 3000 -d 3 file.wav | facts -x - > x
    [ "$(wc -c < x)" = 36000 ]
}

@test "-o - of parts: the same file for every cut, and as of whole clips" {
    clips_of a b:1.5 c > s
    cv-towav -o - < s > want.wav 2> words
    for cuts in 1 7 "512 0 3" 2048; do
        parts $cuts < s > cut
        cv-towav -o - < cut > all.wav 2> said
        cmp all.wav want.wav
        cmp words said
    done
    cat cut s cut | cv-towav -q -b 24 -o - > all.wav       # parts, whole, parts
    cat s s s | cv-towav -q -b 24 -o - | cmp - all.wav
    cv-towav -q -n -o - < s > want.wav
    cv-towav -q -n -o - < cut | cmp - want.wav
    cv-towav -q -o out < cut
    cv-towav -q -o want < s
    cmp out/b.wav want/b.wav
}

@test "-o - of parts: a pipe gets samples as they come, under a header without a length; --raw none" {
    clips_of a b > s
    parts 500 < s > cut
    cv-towav -o - < cut | cat > all.wav
    [ "$(od -An -t x4 -j 4 -N 4 all.wav)" = " ffffffff" ]
    cv-towav -o - < cut > file.wav
    cmp -i 44 all.wav file.wav
    [ "$(sound samples file.wav)" = 6000 ]
    { echo x; cv-towav -o - < cut; } > behind              # where it begins in the file
    tail -c +3 behind | cmp - file.wav
    cv-towav --raw -o - < cut > raw
    tail -c +45 file.wav | cmp - raw
    cv-towav --raw -o - < s | cmp - raw
    # of a stream that is cut there is what came, and the header stays as it was
    head -c -40 cut > broken
    run -1 --separate-stderr bash -c 'cv-towav -o - < broken > part.wav'
    [[ $stderr == "cv-towav: standard input ended in the middle of"* ]]
    [ "$(od -An -t x4 -j 4 -N 4 part.wav)" = " ffffffff" ]
    { cat cut; cv-load -q -r 8000 source/a.wav | parts 9; } > rates
    run -1 --separate-stderr bash -c 'cv-towav -o - < rates > part.wav'
    [[ $stderr == *"Hz"*"-o DIR"* ]]
}

@test "-o - of parts: the first Ctrl-C is left to the source, the second ends it" {
    clips_of a | parts 500 > s
    mkfifo in out
    env --default-signal=INT cv-towav -q --raw -o - < in > out 3>&- &
    pid=$!
    exec 8> in 9< out
    head -c 9000 s >&8
    [ "$(head -c 1 <&9 | wc -c)" = 1 ]                     # a part is there
    kill -INT $pid
    tail -c +9001 s >&8
    exec 8>&-
    cat <&9 > rest
    exec 9<&-
    wait $pid                                              # the whole clip, status 0
    env --default-signal=INT cv-towav -q --raw -o - < in > out 3>&- &
    pid=$!
    exec 8> in 9< out
    head -c 9000 s >&8
    [ "$(head -c 1 <&9 | wc -c)" = 1 ]
    kill -INT $pid
    while [ -n "$(awk '/^ShdPnd|^SigPnd/ && !/0000000000000000/' /proc/$pid/status)" ]; do :; done
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 130 ] # by the signal
    exec 8>&- 9<&-
}

@test "-o NAME.wav is that one file, of all clips, and never a folder" {
    clips_of a b c > s
    clips_of a > one
    cv-towav -o - < s > want.wav
    run -0 --separate-stderr cv-towav -o all.wav < s
    [ "$stderr" = "cv-towav: 3 clips in all.wav, one after the other" ]
    [ "$(sound samples all.wav)" = 9000 ]
    [ "$(facts -d all.wav want.wav)" = 0.00000000 ]
    run -0 --separate-stderr cv-towav -o ./One.WAV < one
    [ "$stderr" = "cv-towav: 1 clip in ./One.WAV" ]
    [ "$(sound samples One.WAV)" = 3000 ]
    cv-towav -q -o all.wav < one                       # its own file
    [ "$(sound samples all.wav)" = 3000 ]
    tone -s 2 b.wav
    cp b.wav before.wav
    run -1 --separate-stderr cv-towav -o b.wav < one
    [[ $stderr == "cv-towav: b.wav: is there already and not made by cv-towav: -f replaces it"* ]]
    cmp b.wav before.wav
    cv-towav -q -f -o b.wav < one
    [ "$(sound samples b.wav)" = 3000 ]
    head -c -1 s > cut
    run -1 --separate-stderr cv-towav -o none.wav < cut
    [ ! -e none.wav ]
    run -1 --separate-stderr cv-towav -o one.flac < one
    [[ $stderr == "cv-towav: one.flac: only WAV is written here: name it .wav, or a folder" ]]
    [ ! -e one.flac ]
    mkdir folder.wav
    cv-towav -q -o folder.wav < one
    [ -e folder.wav/a.wav ]
}

@test "-o - refuses clips that differ, and writes nothing then" {
    tone -s 1 -c 2 a.wav
    { cv-load -d 1 a.wav; cv-load -d 1 -r 8000 a.wav; } > rates
    { cv-load -d 1 a.wav; cv-load -r 3000 -d 1 -c a.wav; } > channels
    for s in rates channels; do
        run -1 --separate-stderr cv-towav -o - < $s
        [ -z "$output" ]
        [[ $stderr == *"Hz"*"-o DIR"* ]]
    done
}

# ---- what goes wrong ----

@test "no room: the file is named, what was made stays whole, nothing half-made stays" {
    tone -s 1 -r 3000 a.wav
    tone -s 30 -r 3000 b.wav
    { cv-load -r 3000 -d 1 a.wav; cv-load -r 3000 b.wav; cv-load -r 3000 -d 1 a.wav; } > s
    run -1 --separate-stderr bash -c 'ulimit -f 20; exec cv-towav -o out < s'
    [[ $stderr == "cv-towav: out/b.wav: File too large"* ]]
    [ "$(ls -A out)" = a.wav ]
    [ "$(sound samples out/a.wav)" = 3000 ]
}

@test "a directory that cannot be" {
    clips_of a > s
    : > file
    run -1 --separate-stderr cv-towav -o file < s
    [[ $stderr == "cv-towav: file: is a file, not a directory" ]]
    run -1 --separate-stderr cv-towav -o file/below < s
    [[ $stderr == "cv-towav: file/below: "*"Not a directory" ]]
    run -1 --separate-stderr cv-towav -o /proc/none < s
    [[ $stderr == "cv-towav: /proc/none: "* ]]
}

@test "a stream cut anywhere: whole files or none, status 1" {
    clips_of a b > s
    size=$(stat -c %s s)
    for n in 0 1 20 100 5000 12000 12300 20000 $((size - 20)) $((size - 1)); do
        rm -rf out
        head -c "$n" s > cut
        run -1 --separate-stderr cv-towav -o out < cut
        [ -z "$output" ]
        [ -n "$stderr" ]
        if [ -d out ]; then
            for file in out/* out/.[!.]*; do
                [ ! -e "$file" ] || [ "$(sound samples "$file")" = 3000 ]
            done
        fi
    done
    [ -e out/b.wav ]                        # cut in the tail: the clips are whole
    : | { run -1 cv-towav -o none; }
    [ ! -e none ]
}

@test "a stream without clips" {
    printf '%b' "$(mp_head audio 3000; mp_tail 0)" > s
    run -0 --separate-stderr cv-towav -o out < s
    [[ $stderr == *"no clip"* ]]
    [ ! -e out ]
    run -1 --separate-stderr cv-towav -o - < s
    [ -z "$output" ]
}

@test "usage errors: status 2 and no output" {
    clips_of a > s
    usage cv-towav -b 17 < s
    usage cv-towav -o '' < s
    usage cv-towav --loudness 3 < s
    usage cv-towav --loudness -71 < s
    usage cv-towav -n --loudness -20 < s
    usage cv-towav --raw -o out < s
    [ ! -e a.wav ]
}

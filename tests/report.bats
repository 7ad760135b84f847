# cv-load: odd files, and what --report, --unique and --tempo say of clips.

load helper

setup() {
    audio_setup
}

# told FILE KEY: the value of that key in the last line about FILE of the report, as JSON has it; fails if there is none.
told() {
    local line

    line=$(grep -F "{\"file\":\"$1\"," report | tail -n 1)
    grep -oE "\"$2\":(\"([^\"\\\\]|\\\\.)*\"|[^,}]*)" <<< "$line" | cut -d : -f 2- | grep .
}

# untold FILE KEY...: the report has a line about FILE without these keys.
untold() {
    local file=$1 key

    shift
    grep -qF "{\"file\":\"$file\"," report
    for key; do
        if told "$file" "$key"; then echo "$file has $key"; return 1; fi
    done
}

# poke FILE OFFSET BYTES: overwrites, as printf %b writes them.
poke() { printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# join RATE OUT IN...: 16-bit WAV files of one channel, as tone writes them, one after the other.
join() {
    local rate=$1 out=$2

    shift 2
    for file; do tail -c +45 "$file"; done > joined
    tone -r "$rate" -n $(($(stat -c %s joined) / 2)) -w silence "$out"
    dd if=joined of="$out" bs=4096 oflag=seek_bytes seek=44 conv=notrunc status=none
}

# beats PERIOD COUNT FILE: clicks every so many samples at 8000 Hz, the first after 2000.
beats() {
    tone -r 8000 -n 160 -w noise -a 0.9 click.wav
    tone -r 8000 -n $(($1 - 160)) -w silence gap.wav
    tone -r 8000 -n 2000 -w silence lead.wav
    join 8000 "$3" lead.wav $(for ((i = 0; i < $2; i++)); do echo click.wav gap.wav; done)
}

# ---- the report ----

@test "a file that is as it should be: read, one clip, nothing else to say" {
    tone -r 3000 -n 6000 a.wav
    cv-load -r 3000 -n 6000 --report report a.wav > s
    [ "$(cat report)" = '{"file":"a.wav","verdict":"read","clips":1,"source_rate":3000,"source_channels":1,"seconds":2}' ]
    cv-load -r 3000 -n 6000 a.wav | cmp - s
}

@test "resampled, mixed, padded, cut, short" {
    tone -r 3000 -s 1 short.wav
    tone -r 22050 -c 2 -s 3 stereo.wav
    tone -r 3000 -s 2.5 long.wav
    cv-load -r 3000 -q -d 2 --report report short.wav stereo.wav long.wav > s
    [ "$(wc -l < report)" = 3 ]
    [ "$(told short.wav verdict)" = '"read"' ]
    [ "$(told short.wav short)" = true ]
    untold short.wav padded cut resampled_from mixed_from silent constant repeated duplicate_of damage reason non_finite
    [ "$(told stereo.wav resampled_from)" = 22050 ]
    [ "$(told stereo.wav mixed_from)" = 2 ]
    [ "$(told stereo.wav cut)" = 1 ]
    untold stereo.wav padded short
    [ "$(told long.wav cut)" = 0.5 ]
    cv-load -r 3000 -q -d 2 -c --report report stereo.wav > s
    untold stereo.wav mixed_from
    cv-load -r 3000 -q -d 2 --pad --report report short.wav > s
    [ "$(told short.wav short)" = true ]
    [ "$(told short.wav padded)" = 3000 ]
    # a whole number of clips, then a rest that is dropped, then one that is kept
    cv-load -r 3000 -q -a -d 1 -o 0.5 --report report long.wav > s
    [ "$(told long.wav clips)" = 2 ]
    untold long.wav padded cut short
    cv-load -r 3000 -q -a -d 1 -o 0.1 --report report long.wav > s
    [ "$(told long.wav clips)" = 2 ]
    near "$(told long.wav cut)" 0.4 1e-9
    cv-load -r 3000 -q -a -d 1 --report report long.wav > s
    [ "$(told long.wav clips)" = 3 ]
    untold long.wav padded cut short
    cv-load -r 3000 -q -a -d 1 --pad --report report long.wav > s
    [ "$(told long.wav padded)" = 1500 ]
}

@test "every file that is not used is rejected with the words that the user sees" {
    tone -s 1 a.wav
    echo "not audio at all, whatever its name says, and long enough for a header" > text.wav
    : > empty.wav
    mkdir dir
    tone -w nan -b float nan.wav
    tone -w inf -b double -c 2 inf.wav
    status=0
    cv-load -r 3000 -d 1 --report report a.wav missing.wav dir text.wav empty.wav nan.wav inf.wav a.wav > s 2> words ||
        status=$?
    [ "$status" -eq 1 ]
    [ "$(clips < s | wc -l)" = 2 ]
    [ "$(cut -d , -f 1 report | tr -d '\n')" = \
        '{"file":"a.wav"{"file":"missing.wav"{"file":"dir"{"file":"text.wav"{"file":"empty.wav"{"file":"nan.wav"{"file":"inf.wav"{"file":"a.wav"' ]
    [ "$(grep -c '"verdict":"rejected","clips":0,"reason":"' report)" = 6 ]
    for file in missing.wav dir text.wav empty.wav nan.wav inf.wav; do
        grep -qxF "cv-load: $file: $(told $file reason | sed 's/^"//; s/"$//')" words
    done
    [ "$(told nan.wav non_finite)" = 100 ]
    [ "$(told inf.wav non_finite)" = 100 ]
    untold text.wav non_finite source_rate seconds
    [ "$(told a.wav verdict)" = '"duplicate"' ]
}

@test "with --all, clips before a bad place are in the stream, and counted" {
    tone -r 3000 -n 3000 -w noise -b float a.wav
    poke a.wav $(($(stat -c %s a.wav) - 4 * 1000)) '\x00\x00\xc0\x7f'
    status=0
    cv-load -r 3000 -a -n 500 --report report a.wav > s 2> words || status=$?
    [ "$status" -eq 1 ]
    [ "$(told a.wav verdict)" = '"rejected"' ]
    [ "$(told a.wav non_finite)" -ge 1900 ]
    [ "$(told a.wav clips)" = "$(clips < s 2> none | wc -l)" ]
}

@test "silent and constant files pass with a warning, and are told" {
    tone -s 2 -w silence silent.wav
    tone -s 2 -w noise -a 0.00005 hiss.wav
    tone -s 2 -w noise -a 0.01 quiet.wav
    tone -s 2 -w constant constant.wav
    tone -s 2 -w constant -r 3000 -c 2 constant2.wav
    tone -s 2 -F 9000 high.wav                     # nothing of it is left at 3000 Hz
    load_to -d 2 --report report *.wav
    [ "$status" -eq 0 ]
    [ "$(clips < stream | wc -l)" = 6 ]
    for file in silent hiss; do
        [ "$(told $file.wav silent)" = 1 ]
        untold $file.wav constant
        grep -qx "cv-load: warning: $file.wav: is silent: .*" words
    done
    for file in constant constant2; do
        [ "$(told $file.wav constant)" = 1 ]
        untold $file.wav silent
        grep -qx "cv-load: warning: $file.wav: is constant: .*" words
    done
    untold quiet.wav silent constant
    untold high.wav constant
    [ "$(wc -l < words)" -le 5 ]
    load_to -q -d 2 *.wav
    [ ! -s words ]
    # a pause within a piece is counted, not warned of
    tone -r 3000 -s 1 tone.wav
    tone -r 3000 -s 2 -w silence pause.wav
    join 3000 piece.wav tone.wav pause.wav tone.wav
    load_to -a -d 1 --report report piece.wav
    [ ! -s words ]
    [ "$(told piece.wav silent)" = 2 ]
    [ "$(told piece.wav clips)" = 4 ]
}

@test "a duplicate is passed on and told, or dropped by --unique" {
    tone -s 2 -w ramp a.wav
    cp a.wav b.wav
    tone -s 2 -w ramp -f aiff c.aiff
    tone -s 2 -w ramp -b 24 -c 2 d.wav
    tone -s 2 -w noise -S 2 e.wav
    load_to -d 2 --report report a.wav b.wav c.aiff d.wav e.wav a.wav
    [ "$status" -eq 0 ]
    run ! grep -v 'constant offset' words              # a ramp has one
    [ "$(clips < stream | tr '\n' ' ')" = "a b c d e a " ]
    for file in b.wav c.aiff d.wav a.wav; do
        [ "$(told $file verdict)" = '"duplicate"' ]
        [ "$(told $file duplicate_of)" = '"a.wav"' ]
        [ "$(told $file clips)" = 1 ]
    done
    head -n 1 report | grep -q '"verdict":"read"'
    [ "$(told e.wav verdict)" = '"read"' ]
    load_to -d 2 --unique --report report a.wav b.wav c.aiff d.wav e.wav a.wav
    [ "$status" -eq 0 ]
    [ "$(clips < stream | tr '\n' ' ')" = "a e " ]
    [ "$(told b.wav clips)" = 0 ]
    [ "$(told b.wav verdict)" = '"duplicate"' ]
    grep -qx 'cv-load: b.wav: is the same as a.wav and left out' words
    [ "$(grep -vc 'constant offset' words)" = 4 ]
    cv-load -r 3000 -d 2 a.wav e.wav | parts -b | cmp - <(parts -b < stream) # but for the history
    load_to -q -d 2 --unique b.wav b.wav
    [ ! -s words ]
    [ "$(clips < stream)" = b ]
    # one sample off is another clip
    cp a.wav f.wav
    poke f.wav $((44 + 2 * 20000)) '\x00\x40'
    cv-load -r 22050 -d 2 --unique a.wav f.wav > s
    [ "$(clips < s | wc -l)" = 2 ]
}

@test "--unique with --all goes by clips; what is found in several files is nobody's duplicate" {
    tone -r 3000 -s 1 -w noise -S 1 1.wav
    tone -r 3000 -s 1 -w noise -S 2 2.wav
    tone -r 3000 -s 1 -w noise -S 3 3.wav
    join 3000 a.wav 1.wav 2.wav
    join 3000 b.wav 2.wav 3.wav 3.wav
    join 3000 c.wav 1.wav 3.wav
    load_to -a -d 1 --unique --report report a.wav b.wav c.wav
    [ "$status" -eq 0 ]
    [ "$(clips < stream | tr '\n' ' ')" = "a-000 a-001 b-001 " ]
    [ "$(told b.wav verdict) $(told b.wav repeated) $(told b.wav clips)" = '"read" 2 1' ]
    [ "$(told c.wav verdict) $(told c.wav repeated) $(told c.wav clips)" = '"duplicate" 2 0' ]
    untold b.wav duplicate_of
    untold c.wav duplicate_of
    grep -qx 'cv-load: b.wav: 2 of 3 clips were there before and are left out' words
}

@test "hundreds of clips, each twice" {
    tone -r 3000 -n 60000 -w noise a.wav
    cv-load -r 3000 -a -n 100 --unique --report report a.wav a.wav > s 2> words
    [ "$(clips < s | sort -u | wc -l)" = 600 ]
    [ "$(tail -n 1 report | grep -o '"repeated":[0-9]*')" = '"repeated":600' ]
}

@test "the broken file of a collection: its header is damaged in one way or another" {
    # 12 good files of 22050 Hz, and one in the middle as jazz.00054.wav is in many copies of GTZAN
    mkdir jazz
    for ((i = 48; i < 61; i++)); do tone -s 1 -w noise -S $i jazz/jazz.000$i.wav; done
    broken=jazz/jazz.00054.wav
    cp $broken whole
    rm $broken
    cv-load -r 3000 -d 1 jazz/*.wav > want
    for way in zeros random words empty half nochunk format swapped; do
        cp whole $broken
        case $way in
        zeros) dd if=/dev/zero of=$broken bs=1 count=44 conv=notrunc status=none ;;
        random) poke $broken 0 '\x1f\x8b\x08\x00\x53\xa1\x7e\xff\x10\x02\xee\xd1' ;;
        words) echo '<html><body>404 Not Found</body></html>' > $broken ;;
        empty) : > $broken ;;
        half) head -c 20 whole > $broken ;;
        nochunk) poke $broken 36 'junk' ;;
        format) poke $broken 20 '\x77\x77' ;;
        swapped) dd if=whole of=$broken conv=swab,notrunc status=none ;;
        esac
        load_to -d 1 --report report jazz/*.wav
        [ "$status" -eq 1 ] || { echo "$way: status $status"; return 1; }
        cmp <(parts -b < stream) <(parts -b < want) || { echo "$way"; return 1; } # but for the history
        [ "$(wc -l < words)" = 1 ]
        [ "$(wc -l < report)" = 13 ]
        [ "$(grep -c '"verdict":"read"' report)" = 12 ]
        [ "$(told $broken verdict) $(told $broken clips)" = '"rejected" 0' ]
        load_to -d 1 --strict --report report jazz/*.wav
        [ "$status" -eq 1 ]
        [ "$(wc -l < report)" = 7 ]
        [ "$(tail -n 1 report | cut -d , -f 1-2)" = "{\"file\":\"$broken\",\"verdict\":\"rejected\"" ]
        run -1 facts -s stream
    done
    # a header that promises more than is there: what is there is used
    head -c 30000 whole > $broken
    load_to -d 1 --report report jazz/*.wav
    [ "$status" -eq 0 ]
    [ "$(clips < stream | wc -l)" = 13 ]
    [ "$(told $broken verdict) $(told $broken short)" = '"read" true' ]
    told $broken damage | grep -q 'is cut short'
}

@test "the report grows line by line, and is not put in the place of something else" {
    tone -s 1 a.wav
    mkfifo list lines
    cv-load -r 3000 -@ -d 1 --report lines < list > s &
    exec 7> list 8<> lines
    echo a.wav >&7
    read -r -t 60 line <&8                               # a whole line, while the program waits for more names
    [[ $line == '{"file":"a.wav","verdict":"read"'*'}' ]]
    echo a.wav >&7
    read -r -t 60 line <&8
    [[ $line == '{"file":"a.wav","verdict":"duplicate"'*'}' ]]
    exec 7>&- 8<&-
    wait $!
    [ "$(clips < s | wc -l)" = 2 ]
    cv-load -r 3000 -d 1 --report report a.wav a.wav > s
    cv-load -r 3000 -d 1 --report report a.wav > s         # a report may be written over
    [ "$(wc -l < report)" = 1 ]
    cp a.wav b.wav
    load_to -d 1 --report b.wav a.wav
    [ "$status" -eq 1 ]
    grep -qx 'cv-load: b.wav: is there and is not a report: .*' words
    [ ! -s stream ]
    cmp a.wav b.wav
    load_to -d 1 --report none/report a.wav
    [ "$status" -eq 1 ]
    [ ! -s stream ]
    usage cv-load --report - a.wav
    usage cv-load --report
    load_to -d 1 --report /dev/full a.wav a.wav
    [ "$status" -eq 1 ]
    grep -qx 'cv-load: report not written: /dev/full: No space left on device' words
    [ "$(wc -l < words)" = 1 ]
    [ "$(clips < stream | wc -l)" = 2 ]            # the stream is whole
}

@test "names in the report, of any bytes" {
    tone -s 1 $'new\nline"\\.wav'
    tone -s 1 $'bad\xff.wav'
    cv-load -r 3000 -q -d 1 --report report - $'new\nline"\\.wav' $'bad\xff.wav' < $'bad\xff.wav' > s
    [ "$(wc -l < report)" = 3 ]
    grep -qF '{"file":"-","verdict"' report
    grep -qF '{"file":"new\nline\"\\.wav","verdict"' report
    grep -qF '{"file":"bad�.wav","verdict":"duplicate"' report
}

# ---- what channels are like ----

# pcm FILE FRAMES EXPRESSION...: a WAV of 3000 Hz, each channel by an expression of t, in samples, and r, noise.
pcm() {
    local file=$1 frames=$2 channels=$(($# - 2)) all

    all=$(IFS=,; echo "${*:3}")
    tone -r 3000 -c $channels -n "$frames" -w silence "$file"
    printf '%b' "$(awk -v frames="$frames" "
        function put(v) { v = int(32767 * v); if (v < 0) v += 65536; printf \"\\\\x%02x\\\\x%02x\", v % 256, v / 256 }
        BEGIN { n = 1; for (t = 0; t < frames; t++) { n = 16807 * n % 2147483647; r = n / 1073741824 - 1; put_all() } }
        function put_all() { $(for e in "${@:3}"; do echo "put($e);"; done) }")" |
        dd of="$file" bs=4096 oflag=seek_bytes seek=44 conv=notrunc status=none
}

@test "channels that cancel in the mix: the louder one is taken, and it is said" {
    pcm one.wav 6000 '0.3*sin(t*.3)+0.1*r'
    pcm opposite.wav 6000 '0.3*sin(t*.3)+0.1*r' '-0.3*sin(t*.3)-0.1*r'
    pcm nearly.wav 6000 '-0.9*(0.3*sin(t*.3)+0.1*r)' '0.3*sin(t*.3)+0.1*r'
    load_to -d 2 --report report opposite.wav nearly.wav
    [ "$status" -eq 0 ]
    [ "$(grep -c 'of opposite phase and cancel' words)" = 2 ]
    [ "$(wc -l < words)" = 2 ]
    [ "$(told opposite.wav channel) $(told nearly.wav channel)" = "1 2" ]
    untold opposite.wav mixed_from silent
    cv-load -r 3000 -d 2 one.wav | facts -x - > want
    for clip in opposite nearly; do
        cv-load -q -r 3000 -d 2 $clip.wav | facts -x - | cmp - want
    done
    # kept apart they are what they are; what only differs, or is in one channel alone, is mixed
    pcm wide.wav 6000 '0.3*sin(t*.3)+0.2*sin(t*.2)' '-0.18*sin(t*.3)+0.2*sin(t*.17)'
    pcm left.wav 6000 '0.3*sin(t*.3)' 0
    load_to -d 2 --report report wide.wav left.wav
    [ ! -s words ]
    [ "$(told wide.wav mixed_from) $(told left.wav mixed_from)" = "2 2" ]
    load_to -c -d 2 opposite.wav
    [ ! -s words ]
}

@test "a constant offset is said and taken out, from each channel; a drum has none" {
    pcm none.wav 6000 '0.03*sin(t*.3)'
    pcm offset.wav 6000 '0.1+0.03*sin(t*.3)'
    load_to -d 2 --report report offset.wav
    [ "$status" -eq 0 ]
    grep -q 'cv-load: warning: offset.wav: has a constant offset of 0.1, which is taken out' words
    near "$(told offset.wav dc_offset)" 0.1 0.001
    near "$(fact mean < stream)" 0 0.0005
    near "$(fact rms < stream)" "$(cv-load -r 3000 -d 2 none.wav | fact rms)" 0.0002
    load_to -c -d 2 offset.wav
    near "$(fact mean < stream)" 0 0.0005
    pcm drum.wav 3000 'exp(-t/200)*(0.3+0.5*sin(t*.05))'
    pcm slow.wav 3000 'exp(-t/1500)*(0.3+0.3*sin(t*.3))'
    load_to -d 2 --report report drum.wav slow.wav none.wav
    [ ! -s words ]
    untold drum.wav dc_offset
    untold slow.wav dc_offset
    untold none.wav dc_offset
}

# ---- tempo ----

@test "--tempo auto finds the beat, and where there is none says nothing" {
    beats 4000 24 a.wav
    cv-load -d 10 -r 8000 --tempo auto a.wav > s
    facts -s s > f
    near "$(grep -oE '"tempo":[0-9.]+' f | cut -d : -f 2)" 120 1
    beat=$(grep -oE '"beat":[-0-9.e]+' f | cut -d : -f 2)
    near "$beat" 0.25 0.05
    tone -r 8000 -s 10 -w silence b.wav
    tone -r 8000 -s 10 c.wav
    tone -r 8000 -s 1 d.wav
    cv-load -q -d 10 -r 8000 --tempo auto b.wav c.wav d.wav > s
    facts -s s > f
    run -1 grep -E '"tempo"|"beat"' f
    for rate in 1 2999 48001; do
        cv-load -q -d 10 -r $rate --tempo auto a.wav | facts -s - > f
        run -1 grep -E '"tempo"|"beat"' f
    done
    cv-load -q -d 10 -r 48000 --tempo auto a.wav | facts -s - | grep -q '"tempo":1[12]'
}

@test "a tempo that is stated goes with every clip, the beat where there is one; without --tempo there is none" {
    beats 4000 24 a.wav
    cv-load -a -d 6 -r 8000 --tempo 120 a.wav > s
    facts -s s > f
    [ "$(grep -c '"tempo":120[,}]' f)" = 2 ]
    [ "$(grep -c '"beat"' f)" = 2 ]
    while read -r beat; do
        near "$beat" 0.25 0.03
    done < <(grep -oE '"beat":[-0-9.e]+' f | cut -d : -f 2)
    # half a per cent off: right in the middle of the clip, off by 15 ms at its ends
    cv-load -d 6 -r 8000 --tempo 120.6 a.wav | facts -s - > f
    grep -q '"tempo":120.6' f
    beat=$(grep -oE '"beat":[-0-9.e]+' f | cut -d : -f 2)
    near "$(awk -v b="$beat" 'BEGIN { p = 60 / 120.6; print b + 6 * p - 3.25 }')" 0 0.03
    tone -r 8000 -s 10 -w silence b.wav
    cv-load -q -c -d 10 -r 8000 --tempo 96.5 b.wav | facts -s - > f
    grep -q '"tempo":96.5' f
    run -1 grep '"beat"' f
    cv-load -d 10 -r 1 --tempo 96.5 a.wav | facts -s - | grep -q '"tempo":96.5'
    cv-load -d 10 -r 8000 a.wav | facts -s - > f
    run -1 grep '"tempo"' f
    for word in 19 401 fast 120x -120 nan ''; do
        usage cv-load --tempo "$word" a.wav
    done
}

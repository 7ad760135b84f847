# cv-report: the page to listen to; in a browser too where chromium is.

load helper
load clips

setup_file() {
    audio_setup
    cd "$BATS_FILE_TMPDIR"
    mkdir music
    for i in 1 2 3 4 5 6 7 8; do tone -r 3000 -s 4 -w beat -F 1.$((50 + i)) -S $i music/$i.wav; done
    cp music/1.wav "music/<img src=x onerror=alert(1)>&\"'.wav"
    cv-load -q -r 3000 music/[1-6].wav > train.cvs
    cv-load -q -r 3000 music/[!1-6]*.wav > test.cvs
    cv-train -q -e 2 -t test.cvs < train.cvs > model.bin
    cv-report -q --held-out test.cvs --clips 2 model.bin > page.html
}

setup() {
    audio_setup
    files=$BATS_FILE_TMPDIR
    page=$files/page.html
}

# inlined TYPE < PAGE: each of that type into files 01, 02, ...
inlined() {
    local file

    grep -o "data:$1;base64,[A-Za-z0-9+/=]*" | sed 's/.*,//' | split -l 1 --numeric-suffixes=1 - coded.
    for file in coded.*; do base64 -d "$file" > "${file#*.}"; done
    rm coded.*
}

# what a reader sees, without what is inlined
words() { sed 's/data:[a-z/; =]*;base64,[^"]*/data:/g' "$@"; }

@test "page: one whole file that asks for nothing" {
    [ "$(head -n 1 "$page")" = '<!DOCTYPE html>' ]
    [ "$(tail -n 1 "$page")" = '</html>' ]
    [ "$(stat -c %s "$page")" -lt 1000000 ]
    words "$page" > words
    [ "$(grep -c '<audio controls preload' words)" -eq 6 ]
    [ "$(grep -c '<img alt="[^"]' words)" -eq 8 ]
    [ "$(grep -c '<img' words)" -eq 8 ]
    run -1 grep -iE 'https?:|@import|url\(' words
    run -1 grep -oE '(src|href)="[^"]*"' <(grep -vE '(src|href)="data:' words)
    # every element that is opened is closed
    for element in section figure figcaption article div table tbody tr td th p h2 h3 bdi audio button dl dt dd main script; do
        [ "$(grep -o "<$element[ >]" words | wc -l)" -eq "$(grep -o "</$element>" words | wc -l)" ] || { echo $element; return 1; }
    done
}

@test "page: what the model is, its curves, and its figures are there" {
    words "$page" > words
    grep -q '6 clips of at most 4 s: up to 0.4 minutes' words
    grep -q '3000 Hz, mono' words
    grep -q '2 epochs, ' words
    grep -q 'principal components' words
    mel=$(cv-eval --json "$files/model.bin" < "$files/test.cvs" | grep -o '"reconstruction":{[^}]*' | grep -o '"mel":[0-9.]*')
    LC_ALL=C printf -v mel '%.2f' "${mel#*:}"
    grep -q "<td>$mel dB</td>" words
    # the last picture is what cv-plot makes of the model
    inlined image/png < "$page"
    [ "$(png-look 08 | head -n 1)" != "$(png-look 07 | head -n 1)" ]
    cv-plot -o curves.png "$files/model.bin"
    [ "$(png-look curves.png | tail -n +2 | wc -l)" -ge 2 ]
    # a model without epochs has none
    cv-train -q -e 0 < "$files/train.cvs" > untrained.bin
    refuses 1 cv-plot -o none.png untrained.bin
    says untrained.bin 'no curves'
    cv-report -q --clips 1 --held-out "$files/test.cvs" untrained.bin | words > words
    grep -q 'no curves' words
}

@test "page: how far new clips are, in a sentence, between floor and ceilings" {
    words "$page" > words
    distance=$(sed -n 's/.*<p>New clips are \([0-9.]*\) times as far from the recordings as other recordings are\. .*/\1/p' words)
    sed -n '/<th scope="row">other recordings/,/<\/table>/s/<td>distance \(.*\)<.td>/\1/p' words > distances
    [ "$(wc -l < distances)" -eq 4 ]
    [ "$(head -n 1 distances)" = 1 ]
    near "$(sed -n 2p distances)" "$distance" 0.5
    [ "$(sort -g distances | tail -n 1)" = "$(tail -n 1 distances)" ]
    grep -q 'of 3 new clips from halves of the 3 recordings.*These are few' words
    # white noise is no more than it is: what is like it is as near
    for i in 1 2 3 4; do tone -r 3000 -s 4 -w noise -S $i $i.wav; done
    cv-load -q -r 3000 ?.wav > noise.cvs
    cv-train -q -e 0 --frames fixed < noise.cvs > noise.bin
    cv-report -q --clips 1 --held-out noise.cvs noise.bin | words > words
    near "$(grep -A 1 'row">new clips' words | sed -n 's/.*distance \(.*\)<.td>/\1/p')" 1 0.9
    # one track has no halves, 4 s are too few
    cv-load -q -r 3000 1.wav > one.cvs
    cv-report -q --clips 1 --held-out one.cvs noise.bin | words > words
    grep -q '<p>New clips are compared .* where two tracks' words
    # nor are there two where all but one have too little sound
    tone -r 3000 -s 0.14 -w noise short.wav
    cv-load -q -r 3000 1.wav short.wav > short.cvs
    cv-report -q --clips 1 --held-out short.cvs noise.bin | words > words
    grep -q '<p>New clips are not compared with recordings' words
    run -1 grep -i '\bnan\b' words
}

@test "page: the sound is Opus of the right length" {
    inlined 'audio/ogg; codecs=opus' < "$page"
    [ "$(ls | wc -l)" -eq 6 ]
    for i in 01 02 03 04 05 06; do
        [ "$(sound rate $i)" = 24000 ]
        [ "$(sound samples $i)" -eq 96000 ]
        [ "$(sound rms $i | cut -c 1-3)" != 0.0 ]
    done
}

@test "page: the same bytes again, for any number of threads" {
    for j in 1 2; do cv-report -q -j $j --held-out "$files/test.cvs" --clips 2 "$files/model.bin" | cmp - "$page"; done
}

@test "page: names are words, not HTML" {
    cp "$files/model.bin" '<b>&".bin'
    cv-report -q --held-out "$files/test.cvs" --clips 3 '<b>&".bin' | words > words
    [ "$(grep -c '&lt;img src=x onerror=alert(1)&gt;&amp;&quot;' words)" -ge 5 ]
    grep -q '<title>What &lt;b&gt;&amp;&quot;.bin has learned' words
    run -1 grep -E '<(b>|img src)' words
}

@test "page: verdicts are those of cv-check, with the range that is usual" {
    tone -r 3000 -s 4 -w silence silent.wav
    tone -r 3000 -s 4 -w noise noise.wav
    cv-load -q -r 3000 noise.wav silent.wav > test.cvs
    cv-report -q --held-out test.cvs "$files/model.bin" | words > words
    grep -A 9 '<bdi>noise' words | grep -q 'worth a listen.*flatness 0.[0-9]* (usual: at most 0.4)'
    grep -A 9 '<bdi>silent' words | grep -q 'failed.*silence 1.000 share (usual: at most 0.5);'
    grep -q 'cv-check: ok' "$page"
    # what is undefined is left out
    cv-load -q -r 3000 silent.wav > none.cvs
    cv-report -q --held-out none.cvs "$files/model.bin" | words > nothing
    run ! grep -qw nan nothing
    run ! grep -q collapsed nothing
    grep -q 'Means over 1 recording, .* but for silent ones' nothing
    # no more than there are
    [ "$(grep -c '<h3>' words)" -eq 4 ]
    # of many clips those that go on for long
    cat <(cv-load -q -r 3000 -d 0.2 "$files"/music/[1-8].wav) "$files/test.cvs" > mixed.cvs
    cv-report -q --held-out mixed.cvs --clips 2 "$files/model.bin" | words > words
    run -1 grep 'recording, 0.2 s' words
    [ "$(grep -c 'recording, 4 s' words)" -eq 2 ]
}

@test "page: long clips are cut, stereo is played, another network is shown" {
    for i in 1 2; do tone -r 3000 -s 40 -c 2 -w beat -S $i $i.wav; done
    cv-load -q -r 3000 -d 40 -c 1.wav > train.cvs
    cv-load -q -r 3000 -d 40 -c 2.wav > test.cvs
    cv-train -q -e 1 < train.cvs > model.bin
    rm ?.wav
    cv-report -q --held-out test.cvs model.bin > page.html
    inlined 'audio/ogg; codecs=opus' < page.html
    for i in 01 02 03; do
        [ "$(sound samples $i 1)" -eq 720000 ]
    done
    cv-train -q -N notebook -e 0 < <(cv-load -q -r 3000 -n 900 "$files"/music/1.wav) > notebook.bin
    cv-load -q -r 3000 -n 900 "$files"/music/2.wav > test.cvs
    cv-report -q --held-out test.cvs notebook.bin > page.html
    [ "$(words page.html | grep -c '<audio controls preload')" -eq 3 ]
}

@test "page: what cannot be used is one line, and no half page" {
    refuses 2 cv-report "$files/model.bin"
    says --held-out
    refuses 2 cv-report --held-out - "$files/model.bin"
    refuses 2 cv-report --held-out "$files/test.cvs" -
    refuses 1 timeout 60 cv-report --held-out <(cat "$files/test.cvs") "$files/model.bin"
    says 'is a pipe'
    refuses 1 timeout 60 cv-report --held-out "$files/test.cvs" <(cat "$files/model.bin")
    says 'is a pipe'
    refuses 1 cv-report --held-out nothing.cvs "$files/model.bin"
    says nothing.cvs
    refuses 1 cv-report --held-out "$files/test.cvs" "$files/test.cvs"
    cv-load -q -r 2000 "$files"/music/1.wav > slow.cvs
    refuses 1 cv-report --held-out slow.cvs "$files/model.bin"
    says 'cv-load -r 3000'
    head -c 9000 "$files/test.cvs" > half.cvs
    refuses 1 cv-report --held-out half.cvs "$files/model.bin"
    [ -z "$output" ]
    status=0
    cv-report -q --held-out "$files/test.cvs" --clips 1 "$files/model.bin" 2> words > /dev/full || status=$?
    [ "$status" -eq 1 ]
    [ "$(cat words)" = 'cv-report: standard output: No space left on device' ]
}

@test "page: clips that the model was trained on are not called held-out" {
    cv-report --held-out "$files/train.cvs" --clips 1 "$files/model.bin" > page.html 2> said
    grep -q 'was trained on these clips' said
    grep -q 'Clips that the model was trained on' page.html
    run ! grep 'Clips that the model was not trained on' page.html
    run ! grep -i 'held-out' page.html
    run ! grep 'Clips that the model was trained on' "$page"
}

# Plays everything, answers the listening test, and says what was wrong.
player() {
    cat << 'END'
<script>
const wrong = [], say = text => wrong.push(text);
addEventListener('error', e => say(e.message));
addEventListener('securitypolicyviolation', e => say('asks for ' + e.blockedURI));
addEventListener('load', async () => {
    const players = [...document.querySelectorAll('main audio[id]')], test = document.getElementById('test');
    const root = document.documentElement;
    let trials = 0;
    for (const a of players) {
        a.muted = true;
        a.playbackRate = 16;
        const end = new Promise(done => { a.onended = () => done(true); a.onerror = () => done(false); });
        await a.play().catch(e => say(a.id + ' ' + e));
        if (!await end || Math.abs(a.currentTime - a.duration) > 0.1 || Math.abs(a.duration - 4) > 0.1) say(a.id);
    }
    if (root.scrollWidth > innerWidth) say('wider than the window');
    for (const r of performance.getEntriesByType('resource')) if (!r.name.startsWith('data:')) say(r.name);
    for (const i of document.images) if (!i.naturalWidth) say('a picture');
    if (test.hidden) say('no test');
    while (trials < 99 && !test.querySelector('button[disabled]')) test.querySelectorAll('.row button')[trials++ % 2].click();
    const right = document.getElementById('score').textContent.match(/(\d+) of 2 reconstructions, (\d+) of 2 new clips/);
    if (!right) say(document.getElementById('score').textContent);
    console.log(`DONE ${innerWidth}: ${players.length} players, ${trials} pairs; wrong: ${wrong.join(', ') || 'nothing'}.`);
});
</script>
END
}

@test "page: in a browser all plays to its end, nothing is asked for, and a telephone shows it" {
    command -v chromium > /dev/null || skip "there is no chromium"
    { cat "$page"; player; } > played.html
    echo '<iframe src="played.html" width="360"></iframe><iframe src="played.html" width="1280"></iframe>' > both.html
    timeout -k 10 120 chromium --no-sandbox --headless=new --disable-gpu --mute-audio --user-data-dir="$PWD/data" --no-first-run \
        --autoplay-policy=no-user-gesture-required --enable-logging=stderr "file://$PWD/both.html" > log 2>&1 3>&- &
    browser=$!
    for i in $(seq 240); do
        [ "$(grep -c 'CONSOLE.*DONE' log)" -lt 2 ] || break
        sleep 0.25
    done
    kill $browser
    wait $browser || true
    grep CONSOLE log
    grep -q 'DONE 360: 6 players, 4 pairs; wrong: nothing\.' log
    grep -q 'DONE 1280: 6 players, 4 pairs; wrong: nothing\.' log
    [ "$(grep -c CONSOLE log)" -eq 2 ]
}

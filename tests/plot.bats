# cv-plot: pictures of waves, latents and trainings. What is drawn is checked by finding
# the patches of blue in the PNG (tools/png-look).

bats_require_minimum_version 1.5.0

setup() {
    local build

    build=$(cd "$BATS_TEST_DIRNAME/.." && cd "${CV_BUILD:-build}" && pwd)
    PATH=$build:$build/tools:$PATH
    # fontconfig keeps its patterns where the leak checker cannot see them
    export LSAN_OPTIONS="suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0"
    cd "$BATS_TEST_TMPDIR"
}

# Number of patches of blue in a PNG; and field N (x0 y0 x1 y1) of patch I.
patches() { png-look "$1" | tail -n +2 | wc -l; }
patch() { png-look "$1" | sed -n "$(($2 + 1))p" | cut -d' ' -f"$3"; }
size() { png-look "$1" | head -n 1; }

# Right end of the first line of remarks, in its grey.
heading() { png-look "$1" 6B7078 | tail -n +2 | awk '$2 < 30 && $3 > end { end = $3 } END { print end }'; }

vermilion=D65E00

# near A B D: A and B differ by at most D.
near() {
    echo "$1 beside $2, within $3"
    [ $(($1 - $2)) -le "$3" ]
    [ $(($2 - $1)) -le "$3" ]
}

# cv-plot where it is to fail: then its memory is left to the system, not released.
gives_up() { ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS-}" cv-plot "$@"; }

# refused STATUS PATTERN: cv-plot with the rest of the arguments ends with that
# status, one matching line on standard error and nothing on standard output.
refused() {
    local status=0 want=$1 pattern=$2

    shift 2
    gives_up "$@" > out 2> err || status=$?
    [ "$status" -eq "$want" ] || { echo "status $status"; cat err; return 1; }
    [ ! -s out ]
    [ "$(wc -l < err)" -eq 1 ]
    grep -q -e "$pattern" err || { cat err; return 1; }
}

# ---- pages ----

@test "a PNG goes to standard output, by default 1200 pixels wide" {
    plot-stream a:900:noise:0.5 | cv-plot > one.png 2> err
    [ ! -s err ]
    [ "$(size one.png | cut -d' ' -f1)" -eq 1200 ]
    plot-stream a:900:noise:0.5 | cv-plot -o - | cmp - one.png
}

@test "width and height are what was asked for" {
    plot-stream a:900:noise:0.5 | cv-plot -W 700 -H 333 -o a.png
    [ "$(size a.png)" = "700 333" ]
    plot-stream -k latent a:0,0 b:1,1 | cv-plot -W 700 -H 333 -o b.png
    [ "$(size b.png)" = "700 333" ]
    plot-stream -k latent a:0,0 b:1,1 | cv-plot -W 700 -o b.png
    [ "$(size b.png)" = "700 700" ]
}

@test "the extension chooses PNG or SVG" {
    plot-stream a:900:noise:0.5 > a.cv
    cv-plot -o a.svg < a.cv
    head -c 5 a.svg | grep -q '<?xml'
    tail -n 1 a.svg | grep -q '</svg>'
    cv-plot -o a.SVG < a.cv
    cmp a.SVG a.svg
    cv-plot -o a.PNG < a.cv
    [ "$(head -c 4 a.PNG | tail -c 3)" = PNG ]
}

@test "the same input gives the same bytes" {
    plot-stream a:90001:noise:0.5 b:500:square:1 > a.cv
    plot-stream -k mean a:0.5,0.2 b:-1,1 > l.cv
    for form in png svg; do
        for f in a l; do
            cv-plot -t "A title" -o one.$form < $f.cv
            cv-plot -t "A title" -o two.$form < $f.cv
            cmp one.$form two.$form
        done
    done
}

@test "a title is drawn and takes room" {
    plot-stream a:900:noise:0.5 > a.cv
    cv-plot -o a.png < a.cv
    cv-plot -t "Ten clips" -o b.png < a.cv
    [ "$(patch b.png 1 2)" -gt "$(patch a.png 1 2)" ]
    run -1 cmp -s a.png b.png
}

# ---- waves ----

@test "silence is a line of its own, as wide as the cell" {
    plot-stream a:90001:constant:0 | cv-plot -o a.png
    [ "$(patches a.png)" -eq 1 ]
    [ $(($(patch a.png 1 4) - $(patch a.png 1 2))) -le 2 ]
    [ $(($(patch a.png 1 3) - $(patch a.png 1 1))) -gt 1050 ]
}

@test "amplitudes share one scale, lengths one time axis" {
    plot-stream loud:60000:square:0.8 short:30000:square:0.8 half:60000:square:0.4 | cv-plot -o a.png
    [ "$(patches a.png)" -eq 3 ]
    loud=$(($(patch a.png 1 4) - $(patch a.png 1 2)))
    half=$(($(patch a.png 3 4) - $(patch a.png 3 2)))
    [ "$loud" -gt 150 ]
    near "$loud" $((2 * half)) 4
    long=$(($(patch a.png 1 3) - $(patch a.png 1 1)))
    short=$(($(patch a.png 2 3) - $(patch a.png 2 1)))
    [ "$long" -gt 1050 ]
    near "$long" $((2 * short)) 4
}

@test "a rate of their own moves clips on the time axis" {
    { plot-stream -r 3000 a:30000:square:0.5; plot-stream -r 6000 b:30000:square:0.5; } | cv-plot -o a.png
    a=$(($(patch a.png 1 3) - $(patch a.png 1 1)))
    b=$(($(patch a.png 2 3) - $(patch a.png 2 1)))
    near "$a" $((2 * b)) 4
}

@test "the grid follows the number of clips" {
    items=()
    for i in $(seq 1 16); do
        items+=("clip$i:9000:constant:0")
        plot-stream "${items[@]}" | cv-plot -o a.png
        [ "$(patches a.png)" -eq "$i" ]
        columns=$(png-look a.png | tail -n +2 | cut -d' ' -f1 | sort -u | wc -l)
        [ "$columns" -eq "$(echo 1 1 1 2 2 2 2 2 3 2 3 3 4 4 4 4 | cut -d' ' -f"$i")" ]
    done
}

@test "-g fixes the grid and says how many clips were left out" {
    plot-stream {a,b,c,d,e}:9000:constant:0 > a.cv
    cv-plot -g 2x2 -o a.png < a.cv 2> err
    [ "$(patches a.png)" -eq 4 ]
    [ "$(wc -l < err)" -eq 1 ]
    grep -q '4 of 5 clips drawn, 1 left out' err
    cv-plot -q -g 2x2 -o b.png < a.cv 2> err
    [ ! -s err ]
    cmp a.png b.png
    cv-plot -g 5x1 -o a.png < a.cv 2> err
    [ ! -s err ]
    [ "$(png-look a.png | tail -n +2 | cut -d' ' -f2 | sort -u | wc -l)" -eq 1 ]
}

@test "without -g sixteen clips are drawn and the rest counted" {
    items=()
    for i in $(seq 1 40); do items+=("c$i:9000:constant:0"); done
    plot-stream "${items[@]}" | cv-plot -o a.png 2> err
    [ "$(patches a.png)" -eq 16 ]
    grep -q '16 of 40 clips drawn, 24 left out' err
}

@test "a batch frame gives its clips" {
    plot-stream -b a:300:noise:0.5 b:300:noise:0.25 c:300:noise:0.1 | cv-plot -o a.png
    plot-stream a:300:noise:0.5 b:300:noise:0.25 c:300:noise:0.1 | cv-plot -o b.png
    cmp a.png b.png
}

@test "channels are lanes of one cell" {
    for channels in 2 9; do
        plot-stream -c $channels a:9000:constant:0 | cv-plot -o a.png 2> err
        [ ! -s err ]
        [ "$(patches a.png)" -eq $channels ]
    done
}

@test "a wave around 0.5 fills the height, a constant lies in the middle" {
    plot-stream a:90001:noise:0.02:0.5 | cv-plot -o a.png
    band=$(png-look a.png | tail -n +2 | awk '{ if ($4 - $2 > most) most = $4 - $2 } END { print most }')
    [ "$band" -gt 150 ]
    plot-stream a:90001:constant:0.5 | cv-plot -o b.png
    [ "$(patches b.png)" -eq 1 ]
    h=$(size b.png | cut -d' ' -f2)
    near "$(patch b.png 1 2)" $((h / 2)) 40
}

@test "clips of one sample and of odd sizes" {
    for n in 1 2 3 7 1199 4799 4800 4801 90001; do
        plot-stream a:$n:noise:0.5 | cv-plot -o a.png 2> err
        [ ! -s err ]
        [ "$(patches a.png)" -ge 1 ]
    done
    plot-stream b:1:noise:1 c:90001:constant:0 d:2:noise:1 | cv-plot -o a.png
    [ "$(patches a.png)" -ge 3 ]
}

@test "values from very small to very large" {
    for a in 1e-38 1e-9 1e-4 1 1e5 1e30 3e38; do
        plot-stream a:9000:square:$a | cv-plot -o a.png 2> err
        [ ! -s err ]
        [ $(($(patch a.png 1 4) - $(patch a.png 1 2))) -gt 100 ]
        plot-stream a:9000:constant:$a | cv-plot -o a.png 2> err
        [ ! -s err ]
        [ "$(patches a.png)" -eq 1 ]
    done
}

@test "--from and --to cut what is drawn out of each clip" {
    # silence, then a square: of the second half there is only the square
    { plot-stream a:30000:constant:0; plot-stream b:60000:square:0.5; } > a.cv
    cv-plot -o whole.png < a.cv
    cv-plot --from 10 -o late.png < a.cv 2> err
    grep -q '1 clips end before 10 s' err
    [ "$(patches late.png)" -eq 1 ]
    plot-stream b:30000:square:0.5 | cv-plot -o alone.png
    [ "$(png-look late.png)" = "$(png-look alone.png)" ]
    run -1 cmp -s late.png alone.png # the numbers of the axis
    cv-plot --to 1 -o early.png < a.cv 2> err
    [ ! -s err ]
    plot-stream a:3000:constant:0 b:3000:square:0.5 | cv-plot -o both.png
    cmp early.png both.png
    cv-plot --kind spectrogram --from 1 --to 2 -o a.png < a.cv
    [ -s a.png ]
    refused 1 'no clip is longer than the 20 s' --from 20 -o none.png < a.cv
    [ ! -e none.png ]
}

@test "clips without samples or rate are refused" {
    plot-stream a:0:noise:0.5 > a.cv
    refused 1 'holds no samples' -o a.png < a.cv
    plot-stream -r 0 a:900:noise:0.5 > a.cv
    refused 1 'no sample rate' -o a.png < a.cv
    [ ! -e a.png ]
}

@test "names of all kinds are drawn" {
    long=$(printf 'long%.0s' $(seq 1 2000))
    for name in 'Björk – Jóga' "$long" $'tab\there' $'line\nbreak' $'\e[31mred' '' ' ' '%s%n' '<&>"' $'\u202e rtl'; do
        plot-stream "$name:300:noise:1" | cv-plot -o a.png 2> err
        [ ! -s err ]
        plot-stream "$name:300:noise:1" | cv-plot -o a.svg
        plot-stream -k latent "$name:1,1" | cv-plot -t "$name" -o a.png
        [ "$(patches a.png)" -ge 1 ]
    done
    bad=$'bad \xff\xfe \xed\xa0\x80 \xc0\x80 \xef\xbf\xbf \xf0\x9f'
    plot-stream a:300:noise:1 | cv-plot -t "$bad" -o a.svg 2> err
    [ ! -s err ]
}

# fonts FOLDER...: only those there are seen by what runs then
fonts() {
    printf '<fontconfig>%s<cachedir>%s/cache</cachedir></fontconfig>\n' "$(printf '<dir>%s</dir>' "$@")" "$PWD" > fonts.conf
    export FONTCONFIG_FILE=$PWD/fonts.conf
}

@test "a system without fonts still gets its picture, and a line that says what is missing" {
    mkdir empty
    fonts "$PWD/empty"
    plot-stream Joga:9000:square:-0.5 | cv-plot -t 'Title' -o a.png 2> err
    [ ! -s err ]
    plot-stream 'Jóga:9000:square:0.5' | cv-plot -t 'Title' -o a.png 2> err
    [ "$(patches a.png)" -ge 1 ]
    grep -q "no font here has all characters of 'Jóga'" err
    plot-stream -k latent 'Jóga:1,-1' 'b:0,0' | cv-plot -o a.svg
    tail -n 1 a.svg | grep -q '</svg>'
}

@test "names that no font can write are said, once; another font is taken where one can" {
    mono=$(fc-list ':family=DejaVu Sans Mono:style=Book' file | head -n 1 | cut -d: -f1)
    # the monospaced font has no Hebrew, the other has
    sans=$(fc-list ':family=DejaVu Sans:style=Book' file | head -n 1 | cut -d: -f1)
    [ -n "$mono" ] || skip "no DejaVu Sans Mono"
    [ -n "$sans" ] || skip "no DejaVu Sans"
    mkdir some
    cp "$mono" some
    fonts "$PWD/some"
    plot-stream שלום:300:noise:1 שיר:300:noise:1 | cv-plot -o a.png 2> err
    [ "$(wc -l < err)" -eq 1 ]
    grep -q "no font here has all characters of 'שלום'" err
    cp "$sans" some
    # the first choice is still the monospaced one
    sed -i 's|<cachedir>|<alias binding="same"><family>sans-serif</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>&|' fonts.conf
    plot-stream שלום:300:noise:1 | cv-plot -o b.png 2> err
    [ ! -s err ]
}

# ---- spectrograms ----

# lines_of PNG: top and column of each line of the darkest shade across a cell
lines_of() { png-look "$1" 0B244F | tail -n +2 | awk '$3 - $1 > 300 { print $2, ($1 > 600 ? "right" : "left") }'; }

@test "tones are lines at their frequencies, silence is white" {
    plot-stream a:9000:tone2:0.5 b:9000:tone4:0.5 c:9000:tone2:0.5 d:9000:tone6:0.5 > a.cv
    cv-plot --kind spectrogram --scale linear -o a.png < a.cv 2> err
    [ ! -s err ]
    # b above a, d above c
    lines_of a.png > places
    [ "$(cut -d' ' -f2 places | tr '\n' ' ')" = "right left right left " ]
    cut -d' ' -f1 places > rows
    up1=$(($(sed -n 2p rows) - $(sed -n 1p rows)))
    up2=$(($(sed -n 4p rows) - $(sed -n 3p rows)))
    [ "$up1" -gt 30 ]
    near "$up2" $((2 * up1)) 3
    plot-stream a:9000:constant:0.5 | cv-plot --kind spectrogram -o b.png
    [ -z "$(lines_of b.png)" ]
    [ "$(png-look b.png ffffff | tail -n +2 | awk '$3 - $1 > 1000 && $4 - $2 > 300' | wc -l)" -ge 1 ]
}

@test "frequencies are in mel unless they are to be linear" {
    # 1500 and 4500 Hz of 12000: at 1290 and 2259 of 3272 mel, or at an eighth and three of the height
    plot-stream -r 24000 a:90000:tone1:0.5 b:90000:tone3:0.5 > a.cv
    cv-plot --kind spectrogram -g 2x1 -H 500 -o mel.png < a.cv
    cv-plot --kind spectrogram -g 2x1 -H 500 --scale linear -o linear.png < a.cv
    high=$(lines_of mel.png | head -n 1 | cut -d' ' -f1)
    low=$(lines_of mel.png | tail -n 1 | cut -d' ' -f1)
    # from the head of the cells, 60, to their foot, 454
    near $((454 - low)) $((394 * 1290 / 3272)) 4
    near $((454 - high)) $((394 * 2259 / 3272)) 4
    low=$(lines_of linear.png | tail -n 1 | cut -d' ' -f1)
    near $((454 - low)) $((394 / 8)) 4
}

@test "one loud crack does not make the rest pale" {
    tones=(b:9000:tone2:0.05 c:9000:tone3:0.05 d:9000:tone4:0.05 e:9000:tone5:0.05)
    plot-stream "${tones[@]}" > tones.cv
    plot-stream crack:90:noise:1 > crack.cv
    cat crack.cv tones.cv | cv-plot --kind spectrogram -g 5x1 -W 2000 -o a.png
    # all four have their darkest shade
    [ "$(png-look a.png 0B244F | tail -n +2 | awk '$3 - $1 > 200' | wc -l)" -eq 4 ]
}

@test "levels have a bar beside the cells" {
    plot-stream a:9000:noise:0.5 | cv-plot --kind spectrogram -H 500 -o a.png
    # its darkest part, right of the cell and as high as it begins
    png-look a.png 0B244F | tail -n +2 | awk '$1 > 1140 && $3 < 1165 && $2 < 70' | grep -q .
}

@test "spectrograms of all lengths, rates, sizes of value and numbers of channels" {
    for n in 1 2 3 63 64 65 1000 90001; do
        plot-stream a:$n:noise:0.5 | cv-plot --kind spectrogram -o a.png
    done
    for rate in 1 3000 44100 768000; do
        plot-stream -r $rate a:5000:noise:0.5 | cv-plot --kind spectrogram -o a.png
    done
    for a in 1e-38 1e-20 1e20 3e38; do
        plot-stream a:5000:tone4:$a | cv-plot --kind spectrogram -o a.png
        [ "$(png-look a.png 0B244F | tail -n +2 | awk '$3 - $1 > 300' | wc -l)" -eq 1 ]
    done
    plot-stream -c 3 a:5000:noise:0.5 c:70:noise:1 | cv-plot --kind spectrogram -o a.png
    plot-stream -c 3 a:5000:noise:0.5 c:70:noise:1 | cv-plot --kind spectrogram -o b.png
    cmp a.png b.png
    plot-stream a:5000:noise:0.5 | cv-plot --kind spectrogram -W 200 -H 200 -o a.svg
    tail -n 1 a.svg | grep -q '</svg>'
}

# ---- latents ----

@test "latents are points, both axes at one scale" {
    plot-stream -k latent o:0,0 right:1,0 up:0,1 | cv-plot -o a.png 2> err
    [ ! -s err ]
    [ "$(patches a.png)" -eq 3 ]
    # from the top: up, then o and right
    up_y=$(patch a.png 1 2) o_y=$(patch a.png 2 2) o_x=$(patch a.png 2 1) right_x=$(patch a.png 3 1)
    near "$(patch a.png 1 1)" "$o_x" 1
    near "$(patch a.png 3 2)" "$o_y" 1
    [ $((right_x - o_x)) -gt 100 ]
    near $((right_x - o_x)) $((o_y - up_y)) 2
}

@test "the mean is drawn where there is one, else z, or noise" {
    plot-stream -k latent -n notebook a:-1,0 b:1,1 | cv-plot -o z.png
    plot-stream -k mean -n notebook a:-1,0 b:1,1 | cv-plot -o mean.png
    plot-stream -k noise a:-1,0 b:1,1 | cv-plot -o noise.png
    for f in mean noise; do
        for i in 1 2; do
            [ "$(patch z.png $i 1) $(patch z.png $i 2)" = "$(patch $f.png $i 1) $(patch $f.png $i 2)" ]
        done
        run -1 cmp -s z.png $f.png
    done
}

@test "--dims chooses dimensions" {
    plot-stream -k latent a:-1,0 b:1,1 c:0,2 > two.cv
    plot-stream -k latent a:9,0,8,-1 b:9,1,9,1 c:0,2,7,0 > four.cv
    cv-plot -o two.png < two.cv
    cv-plot --dims 4,2 -o four.png < four.cv 2> err
    [ ! -s err ]
    [ "$(png-look two.png)" = "$(png-look four.png)" ]
    run -1 cmp -s two.png four.png
    refused 1 'no dimension 5, these latents have 4' --dims 1,5 -o a.png < four.cv
}

@test "of more than two dimensions the principal components are drawn" {
    # on the diagonal of the second and third of four: twice sqrt(2) from end to end, and nothing across
    plot-stream -k latent a:7,-1,-1,3 b:7,0,0,3 c:7,1,1,3 > four.cv
    cv-plot -o a.png < four.cv 2> err
    [ ! -s err ]
    [ "$(png-look a.png | tail -n +2 | cut -d' ' -f2 | sort -u | wc -l)" -eq 1 ]
    plot-stream -k latent a:-1.41421356,0 b:0,0 c:1.41421356,0 | cv-plot --dims 1,2 -o b.png
    [ "$(png-look a.png | cut -d' ' -f1,3)" = "$(png-look b.png | cut -d' ' -f1,3)" ]
}

@test "one dimension is a line" {
    plot-stream -k latent a:-1 b:0 c:1 | cv-plot -o a.png
    [ "$(patches a.png)" -eq 3 ]
    [ "$(png-look a.png | tail -n +2 | cut -d' ' -f2 | sort -u | wc -l)" -eq 1 ]
}

@test "each time is a point, a clip a path through them" {
    plot-stream -k noise a:-1,0/1,0 b:0,1/0,-1 | cv-plot -o noise.png
    [ "$(patches noise.png)" -eq 4 ]
    # with their means, the two at one place
    plot-stream -k latent a:-1,0/1,0 b:0,1/0,-1 | cv-plot -o a.png
    [ "$(patches a.png)" -eq 5 ]
    # a path of one clip is a line from time to time, in a lighter blue
    path() { png-look "$1" B2C7DF | tail -n +2 | awk '$3 - $1 > 150' | wc -l; }
    plot-stream -k latent a:-1,-1/1,1 | cv-plot -o a.png
    plot-stream -k noise a:-1,-1/1,1 | cv-plot -o b.png
    [ "$(path a.png)" -ge 1 ]
    [ "$(path b.png)" -eq 0 ]
}

@test "clips have the colour of their track" {
    plot-stream -k latent a@one:-1,0 b@two:1,0 c@two:0,1 | cv-plot -o a.png
    # and a square each in the legend
    [ "$(patches a.png)" -eq 2 ]
    [ "$(png-look a.png $vermilion | tail -n +2 | wc -l)" -eq 3 ]
    items=()
    for i in $(seq 1 20); do items+=("c$i@t$((i % 10)):$i,0"); done
    plot-stream -k latent "${items[@]}" | cv-plot -o a.png
    # seven of ten have their own, the others are grey
    [ "$(patches a.png)" -eq 3 ]
    [ "$(png-look a.png 737373 | tail -n +2 | awk '$4 - $2 < 12 && $3 - $1 < 12' | wc -l)" -eq 7 ]
    # of tracks with one clip each there are too many to colour
    items=()
    for i in $(seq 1 10); do items+=("c$i@t$i:$i,0"); done
    plot-stream -k latent "${items[@]}" | cv-plot -o a.png
    [ "$(patches a.png)" -eq 10 ]
}

@test "the circles of the prior are there where it is normal, and in view" {
    # what they are called, at the top of each
    circle() { png-look "$1" 6B7078 | tail -n +2 | awk '$1 > 400 && $3 < 560 && $2 > 60 && $4 < 480' | wc -l; }

    items=(a:-0.01,0 b:0.01,0.01)
    plot-stream -k noise "${items[@]}" | cv-plot -o noise.png
    [ "$(circle noise.png)" -ge 2 ]
    plot-stream -k latent -n notebook "${items[@]}" | cv-plot -o notebook.png
    [ "$(circle notebook.png)" -ge 2 ]
    [ "$(patches notebook.png)" -eq 1 ]
    plot-stream -k latent -n spectral "${items[@]}" | cv-plot -o spectral.png
    [ "$(circle spectral.png)" -eq 0 ]
}

@test "a collapsed latent does not look healthy, and is called so" {
    items=(a:0.001,0.002 b:-0.002,0 c:0,0.001)
    # within the noise of the posterior, sd 1, and well outside it
    plot-stream -k mean -v 0 "${items[@]}" | cv-plot -o collapsed.png
    [ "$(patches collapsed.png)" -eq 1 ]
    plot-stream -k mean -v -20 "${items[@]}" | cv-plot -o fine.png
    [ "$(patches fine.png)" -eq 3 ]
    # the same points on the same axes: the word is what differs
    plot-stream -k mean -v 0 -n notebook a:0.1,0 b:-0.1,0 | cv-plot -H 900 -o a.png
    plot-stream -k mean -v 0 -n notebook a:0.2,0 b:-0.2,0 | cv-plot -H 900 -o b.png
    [ "$(heading a.png)" -gt $(($(heading b.png) + 50)) ]
}

@test "latents alone, alike, far, close and many" {
    plot-stream -k latent a:0,0 | cv-plot -o a.png
    [ "$(patches a.png)" -eq 1 ]
    for at in 0,0 0.3,0.3 100,100 1e30,-1e30 1e-30,0 3e38,3e38; do
        plot-stream -k latent a:$at b:$at c:$at | cv-plot -o a.png
        [ "$(patches a.png)" -eq 1 ]
    done
    plot-stream -k latent a:50,50 b:50.5,50 | cv-plot -o a.png
    [ "$(patches a.png)" -eq 2 ]
    plot-stream -k latent a:50,50 b:50.001,50 | cv-plot -o a.png
    [ "$(patches a.png)" -eq 1 ]
    plot-stream -k latent a:-3e38,-3e38 b:3e38,3e38 | cv-plot -o a.png
    [ "$(patches a.png)" -eq 2 ]
    plot-stream -k latent a:-3e38,-3e38,1 b:3e38,3e38,1 | cv-plot -o a.png
    [ "$(patches a.png)" -eq 2 ]
    items=()
    for i in $(seq 1 500); do items+=("c$i:$((i % 25 - 12)),$((i / 25 - 10))"); done
    plot-stream -k latent "${items[@]}" | cv-plot -o a.png 2> err
    [ ! -s err ]
}

@test "latents of unlike sizes are refused" {
    plot-stream -k latent a:1,1 b:1,1,1 > l.cv
    refused 1 'frame 2 (b) has 3 dimensions' -o a.png < l.cv
    [ ! -e a.png ]
}

@test "latents that are none are refused" {
    load clips
    printf '%b' "$(mp_head latent)$(mp_frame b logvar "2 1" 1 0)$(mp_tail 1)" > l.cv
    refused 1 'frame 1 (b) has no tensor "mean"' -o a.png < l.cv
    printf '%b' "$(mp_head latent)$(mp_frame b z "1 2 1" 1 0)$(mp_tail 1)" > l.cv
    refused 1 'frame 1 (b): latent of shape .1, 2, 1.' -o a.png < l.cv
    printf '%b' "$(mp_head latent)$(mp_frame b z "2 0")$(mp_tail 1)" > l.cv
    refused 1 'frame 1 (b): latent of shape .2, 0.' -o a.png < l.cv
}

# ---- trainings ----

# log_of LOSS...: a log with these losses; log_of LOSS/TEST...: and these of test clips, whose ELBO is minus them
log_of() {
    local epoch=0 item

    for item; do
        epoch=$((epoch + 1))
        printf '{"epoch":%d,"step":%d,"loss":%s,"elbo":-1' "$epoch" "$epoch" "${item%/*}"
        case $item in
        */null) printf ',"test_loss":null,"test_elbo":null' ;;
        */*) printf ',"test_loss":%s,"test_elbo":-%s' "${item#*/}" "${item#*/}" ;;
        esac
        printf ',"seconds":0.5}\n'
    done
}

# Middle of the patch of dots that is the Nth from the left in a PNG, in the colour given or blue: "X Y". Those in the
# legend, above 80, do not count.
dot() {
    png-look "$1" ${3-} | tail -n +2 | awk '$2 > 80 { print ($1 + $3) / 2, ($2 + $4) / 2 }' | sort -n | sed -n "$2p"
}

@test "losses are where their axes say" {
    # null on each side, so that every point is a dot of its own
    log_of 4 null 2 null 3 > a.log
    cv-plot -o a.png a.log 2> err
    [ ! -s err ]
    read -r x1 y1 <<< "$(dot a.png 1)"
    read -r x2 y2 <<< "$(dot a.png 2)"
    read -r x3 y3 <<< "$(dot a.png 3)"
    [ -z "$(dot a.png 4)" ]
    # epochs 1, 3, 5: even steps across; losses 4, 2, 3: y grows downwards
    awk -v a="$x1" -v b="$x2" -v c="$x3" 'BEGIN { d = (b - a) - (c - b); exit !(b - a > 300 && d < 2 && d > -2) }'
    awk -v a="$y1" -v b="$y2" -v c="$y3" 'BEGIN { d = (b - a) - 2 * (b - c); exit !(b - a > 200 && d < 3 && d > -3) }'
    cv-plot --kind training -o b.png < a.log
    cv-plot -o c.png - < a.log
    cmp b.png c.png
    [ "$(dot b.png 2)" = "$x2 $y2" ]
}

@test "a line goes on from epoch to epoch, and has gaps" {
    log_of 4 3 2 3 4 > a.log
    cv-plot -o a.png a.log
    [ "$(png-look a.png | tail -n +2 | awk '$2 > 50' | wc -l)" -eq 1 ]
    log_of 4 3 null 3 4 > a.log
    cv-plot -o a.png a.log
    [ "$(png-look a.png | tail -n +2 | awk '$2 > 50' | wc -l)" -eq 2 ]
    # a run that was begun again is another line
    { log_of 4 3 2; log_of 4 3 2; } > a.log
    cv-plot -o a.png a.log
    [ "$(png-look a.png | tail -n +2 | awk '$2 > 50' | wc -l)" -eq 1 ]
    { log_of 4 3 2; log_of 9 8 7; } > a.log
    cv-plot -o a.png a.log
    [ "$(png-look a.png | tail -n +2 | awk '$2 > 50' | wc -l)" -eq 2 ]
}

@test "test figures are dashes, with a ring around the best" {
    log_of 4 3 2 1 > a.log
    log_of 4/5 3/4 2/3.5 1/4.5 > b.log
    cv-plot -o a.png a.log
    cv-plot -o b.png b.log
    [ "$(png-look a.png | tail -n +2 | awk '$2 > 50' | wc -l)" -eq 1 ]
    [ "$(png-look b.png | tail -n +2 | awk '$2 > 50' | wc -l)" -gt 20 ]
    log_of 4/5 3/null 2/3.5 1/null 1/4.5 > c.log
    cv-plot -o c.png c.log
    # the ring is around epoch 3, in the middle
    ring=$(png-look c.png | tail -n +2 |
        awk '$2 > 50 && $4 - $2 >= 11 && $4 - $2 <= 16 && $3 - $1 >= 11 && $3 - $1 <= 16 { print ($1 + $3) / 2 }')
    [ "$(wc -w <<< "$ring")" -eq 1 ]
    awk -v x="$ring" 'BEGIN { exit !(x > 500 && x < 540) }'
}

@test "several logs are laid over each other on the same axes, each in its colour" {
    log_of 4 null 2 > a.log
    log_of null 3 null null 1 > b.log
    cv-plot -o a.png a.log b.log
    [ -n "$(dot a.png 2)" ]
    [ -z "$(dot a.png 3)" ]
    [ -n "$(dot a.png 2 $vermilion)" ]
    [ -z "$(dot a.png 3 $vermilion)" ]
    read -r x1 y1 <<< "$(dot a.png 2)"                    # epoch 3, loss 2
    read -r x2 y2 <<< "$(dot a.png 1 $vermilion)"         # epoch 2, loss 3
    read -r x3 y3 <<< "$(dot a.png 2 $vermilion)"         # epoch 5, loss 1
    awk -v a="$x1" -v b="$x2" -v c="$x3" 'BEGIN { d = (c - b) - 3 * (a - b); exit !(a > b && d < 4 && d > -4) }'
    awk -v a="$y1" -v b="$y2" -v c="$y3" 'BEGIN { d = (c - b) - 2 * (a - b); exit !(a > b && d < 3 && d > -3) }'
    cv-plot -o eight.png a.log b.log a.log b.log a.log b.log a.log b.log
    refused 1 'at most 8 logs' -o nine.png a.log b.log a.log b.log a.log b.log a.log b.log a.log
    [ ! -e nine.png ]
}

@test "a wide span of losses makes a logarithmic axis" {
    log_of 10000 null 100 null 1 > a.log
    cv-plot -o a.png a.log
    read -r _ y1 <<< "$(dot a.png 1)"
    read -r _ y2 <<< "$(dot a.png 2)"
    read -r _ y3 <<< "$(dot a.png 3)"
    awk -v a="$y1" -v b="$y2" -v c="$y3" 'BEGIN { d = (b - a) - (c - b); exit !(b - a > 100 && d < 3 && d > -3) }'
}

@test "logs of one epoch, of huge, tiny, equal and negative values, of many epochs, on pages of all sizes" {
    for losses in 3 0 "3 3" "1e36 -1e36" "1e-30 1e36" "-5 -6" "1e-36 2e-36" "3 1e300 2"; do
        log_of $losses | cv-plot --kind training -o a.png 2> err
        [ ! -s err ]
        [ "$(png-look a.png | tail -n +2 | awk '$2 > 50' | wc -l)" -ge 1 ]
    done
    log_of $(seq 1 900) > a.log
    cv-plot -o a.png a.log
    log_of 4/5 3/4 > a.log
    for size in "-W 200 -H 200" "-W 2500" "-H 300" "-W 300 -H 5000"; do cv-plot $size -o a.png a.log; done
    [ "$(size a.png)" = "300 5000" ]
    cv-plot -t Title -o a.svg a.log
    tail -n 1 a.svg | grep -q '</svg>'
    # blank lines, spaces, other keys, and objects in them are no matter
    printf '\n { "more": {"loss": [1, {"epoch": 9}]}, "epoch" : 1 , "loss":2.5e0, "why":"\\"}{" , "ok":true }\r\n\n' > a.log
    cv-plot -o a.png a.log
    [ -n "$(dot a.png 1)" ]
}

@test "distance, KL and what steps were taken with are drawn beside each other where they change" {
    # curves FIRST SECOND: a log of two epochs with these figures beside the loss
    curves() { printf '{"epoch":1,"loss":2,"learning_rate":0.1,%s}\n{"epoch":2,"loss":1,"learning_rate":0.1,%s}\n' "$1" "$2"; }

    curves '"kl":3' '"kl":3' > a.log
    cv-plot -o a.png a.log
    [ "$(size a.png)" = "1000 531" ]
    [ -z "$(dot a.png 2)" ]
    curves '"kl":3' '"kl":4' > a.log
    cv-plot -o a.png a.log
    [ "$(size a.png)" = "1000 771" ]
    [ -n "$(dot a.png 2)" ]
    [ -z "$(dot a.png 3)" ]
    curves '"kl":3,"distance":1,"beta":1' '"kl":4,"distance":2,"beta":2' > a.log
    cv-plot -o a.png a.log
    [ -n "$(dot a.png 4)" ]
    [ -z "$(dot a.png 5)" ]
    curves '"kl":3,"distance":1,"beta":1,"elbo":1' '"kl":4,"distance":2,"beta":2,"elbo":2' > a.log
    cv-plot -o a.png a.log
    [ "$(size a.png)" = "1000 1011" ]
    # on a small page there is the loss alone
    cv-plot --kind training -W 1000 -H 250 -o a.png < a.log
    curves '"kl":3' '"kl":3' | cv-plot --kind training -W 1000 -H 250 -o b.png
    cmp a.png b.png
}

@test "what is not a log is refused; the last line of a log may be half there" {
    for line in words '{}' '{"loss":1}' '{"epoch":"1","loss":1}' '[1]' '{"epoch":1,"loss":1' '{"epoch":1,"loss":1}}' \
        '{"epoch":01,"loss":1}' '{"epoch":1,"loss":nan}' '{"epoch":1,}' '{"epoch" 1}' '{"a":"\' '{"a":"' '{' \
        "$(printf '[%.0s' $(seq 1 5000))" '{"epoch":1e38,"loss":1}'; do
        printf '%s\n' "$line" > a.log
        refused 1 'a.log: line 1 is not what cv-train --log writes' -o a.png a.log
        { log_of 3 2; printf '%s\n' "$line"; } > a.log
        refused 1 'a.log: line 3 is not what cv-train --log writes' -o a.png a.log
    done
    refused 1 '/dev/zero: line 1' -o a.png /dev/zero
    head -c 100000 /dev/zero | tr '\0' ' ' > a.log
    refused 1 'a.log: line 1' -o a.png a.log
    refused 1 'holds no epoch' --kind training -o a.png < /dev/null
    log_of null > a.log
    refused 1 'none of its losses is a finite number' -o a.png a.log
    plot-stream a:300:noise:1 > a.cv
    refused 1 'a.cv: is a stream, not a log' -o a.png a.cv
    refused 1 'standard input: is a stream, not a log' --kind training -o a.png < a.cv
    refused 1 'none.log: No such file' -o a.png none.log
    [ ! -e a.png ]
    log_of 3 2 1 > a.log
    cv-plot -o whole.png - < a.log
    printf '{"epoch":4,"lo' >> a.log
    cv-plot -o a.png - < a.log
    cmp a.png whole.png
}

@test "the log of a training is drawn" {
    for i in 1 2 3; do tone -r 3000 -s 4 -w noise -S $i $i.wav; done
    cv-load -r 3000 -q -d 4 ?.wav > clips
    cv-train -q -e 3 --log a.log -t clips < clips > model
    cv-plot -o a.png a.log 2> err
    [ ! -s err ]
    [ "$(patches a.png)" -gt 5 ]
    # a model's curves, whatever is in them
    /usr/bin/python3 "$BATS_TEST_DIRNAME/tools/head.py" 'losses=[3, None, "x", 2.5, nan, 1e38, 1]' kls=5 'elbos=[]' < model > odd
    cv-plot -o a.png odd 2> err
    [ ! -s err ]
    /usr/bin/python3 "$BATS_TEST_DIRNAME/tools/head.py" losses=5 distances=None kls=None elbos=None test_losses=None \
        test_distances=None test_kls=None test_elbos=None < model > none
    refused 1 'trained for no epoch' -o b.png none
    head -c 100 model > cut
    refused 1 'cut ended in the middle of the head' -o b.png cut
    : > empty.log
    refused 1 'holds no epoch' -o b.png empty.log
    [ ! -e b.png ]
}

# ---- refusals ----

@test "options of another plot are warned of" {
    plot-stream a:300:noise:1 > a.cv
    cv-plot --dims 1,2 -o a.png < a.cv 2> words
    [ "$(cat words)" = "cv-plot: warning: --dims has no effect: the plot is 'waves'" ]
    cv-plot --scale mel -o a.png < a.cv 2> words
    [ "$(cat words)" = "cv-plot: warning: --scale has no effect: the plot is 'waves'" ]
    cv-sample | cv-plot --from 0.1 --to 2 -g 1x1 -o a.png 2> words
    [ "$(grep -c "has no effect: the plot is 'latent'" words)" = 3 ]
    cv-plot --kind spectrogram --from 0.01 --scale linear -g 1x1 -o a.png < a.cv 2> words
    [ ! -s words ]
}

@test "usage errors" {
    plot-stream a:300:noise:1 > a.cv
    for g in 4 4x x4 4x4x4 0x4 4x-1 65x1 4x4. 1e1x2 '' ; do
        refused 2 'expected columns and rows' -g "$g" -o a.png < a.cv
    done
    refused 2 'pictures are .png or .svg' -o a.jpg < a.cv
    refused 2 'the 5 of --from' --from 5 --to 5 -o a.png < a.cv
    refused 2 'mel|linear' --scale bark -o a.png < a.cv
    for d in 1 1, ,2 0,1 1,1 1,2,3 1x2 -1,2 99999999999,1 ''; do
        refused 2 'expected the numbers of two dimensions' --dims "$d" -o a.png < a.cv
    done
    refused 2 'waves|spectrogram|latent|training' --kind curves -o a.png < a.cv
    refused 2 'at least 200' -W 100 -o a.png < a.cv
    refused 2 'out of range' -H 10001 -o a.png < a.cv
    refused 2 'not a whole number' -W 10x -o a.png < a.cv
    refused 2 'files are named for training only' --kind waves extra < a.cv
    refused 1 'extra: No such file' -o a.png extra < a.cv
    refused 2 '' --unknown < a.cv
    [ ! -e a.png ]
}

@test "a page too small for its cells is refused" {
    plot-stream a:300:noise:1 > a.cv
    refused 1 'no room for 20 x 20 cells' -g 20x20 -W 200 -H 200 -o a.png < a.cv
    [ ! -e a.png ]
}

@test "streams of the wrong kind and no streams are refused" {
    plot-stream a:300:noise:1 > a.cv
    plot-stream -k latent a:1,1 > l.cv
    refused 1 'latent' --kind waves -o a.png < l.cv
    refused 1 'audio' --kind latent -o a.png < a.cv
    cat a.cv l.cv > both.cv
    refused 1 'two kinds' -o a.png < both.cv
    refused 1 'empty' -o a.png < /dev/null
    plot-stream > none.cv
    refused 1 'no clips' -o a.png < none.cv
    plot-stream -k latent > none.cv
    refused 1 'no latents' -o a.png < none.cv
    [ ! -e a.png ]
}

@test "a full disk and a missing directory are failures" {
    plot-stream a:300:noise:1 > a.cv
    status=0
    gives_up < a.cv > /dev/full 2> err || status=$?
    [ "$status" -eq 1 ]
    [ "$(wc -l < err)" -eq 1 ]
    refused 1 '/dev/full' -o /dev/full < a.cv
    refused 1 'none/a.png' -o none/a.png < a.cv
    mkdir dir
    refused 1 'is a directory' -o dir < a.cv
    refused 2 'name of a file' -o dir/ < a.cv
}

@test "a pipe that nobody reads is not waited for after Ctrl-C" {
    plot-stream a:300:noise:1 > a.cv
    mkfifo p.png
    run -124 env --default-signal=INT timeout -k 20 -s INT 1 cv-plot -o p.png < a.cv
}

@test "a file is replaced whole or not at all" {
    plot-stream a:300:noise:1 > a.cv
    head -c 700 a.cv > half.cv
    echo before > a.png
    refused 1 '' -o a.png < half.cv
    [ "$(cat a.png)" = before ]
    (ulimit -f 1; LLVM_PROFILE_FILE=/dev/null refused 1 'a.png: File too large' -o a.png < a.cv)
    [ "$(cat a.png)" = before ]
    [ ! -e a.png.part ]
    umask 027
    cv-plot -o a.png < a.cv
    [ "$(stat -c %a a.png)" = 640 ]
    [ "$(ls | tr '\n' ' ')" = "a.cv a.png err half.cv out " ]
    ln -s a.png link.png
    cv-plot -W 300 -o link.png < a.cv
    [ -L link.png ]
    [ "$(size a.png | cut -d' ' -f1)" -eq 300 ]
}

@test "cv-sample's draws are plotted" {
    cv-sample -n 10 | cv-plot -o a.png 2> err
    [ ! -s err ]
    # the times of all, by colour: 512 each
    [ "$(png-look a.png AFC4DC | tail -n +2 | wc -l)" -gt 1000 ]
}

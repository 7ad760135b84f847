#!/bin/sh
# valgrind.sh FOLDER SECONDS: every program over small inputs, and unit tests of the library, under memcheck.
# FOLDER as prepare.sh makes it; CV_BUILD has the unit tests.
set -u
here=$(dirname "$(realpath "$0")")
end=$(($(date +%s) + $2))
cd "$1" || exit 2
if ! command -v valgrind > /dev/null; then
    echo "ok memcheck # skip valgrind is not installed"
    exit 0
fi
mkdir -p checked
passed=0 failed=0

# memcheck STATUS COMMAND: ends with that status and without a report; not confined, as valgrind complains of system calls
# that it does not know
memcheck() {
    [ "$(date +%s)" -lt "$end" ] || { echo "# no time left for: $2"; return; }
    status=0
    set -- "$1" "$2" "valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
        --suppressions=$here/valgrind.supp --log-file=memcheck.%p"
    rm -f memcheck.*
    CV_CONFINE=no OPENBLAS_NUM_THREADS=1 sh -c "$(echo "$2" | sed "s,@,$(echo $3),")" > result 2> words || status=$?
    if [ $status -ne "$1" ] || [ -s "$(ls memcheck.* | head -n 1)" ]; then
        failed=$((failed + 1))
        echo "not ok memcheck: $2: status $status"
        head -n 30 memcheck.* | sed 's/^/# /'
    else
        passed=$((passed + 1))
    fi
}

memcheck 0 "@ cv-load -n 600 -r 2000 a.wav b.flac c.ogg"
memcheck 0 "@ cv-load -c --all -r 3000 -n 1000 - < b.flac"
memcheck 1 "@ cv-load model.bin"
memcheck 0 "@ cv-batch -b 2 < clips.cvs"
memcheck 0 "@ cv-encode -j 2 model.bin < clips.cvs"
memcheck 0 "@ cv-decode -j 2 model.bin < latent.cvs"
memcheck 0 "@ cv-decode -j 1 model.bin < noise.cvs"
memcheck 0 "@ cv-encode -j 2 notebook.bin < tiny.cvs"
memcheck 0 "@ cv-decode -j 2 notebook.bin < tiny-noise.cvs"
memcheck 0 "@ cv-sample -n 3 -m model.bin"
memcheck 0 "@ cv-towav -o checked < short.cvs"
memcheck 0 "@ cv-towav -b 24 -o - < short.cvs"
memcheck 0 "@ cv-info --json clips.cvs"
memcheck 0 "@ cv-info model.bin"
memcheck 0 "@ cv-check -q < clips.cvs"
memcheck 0 "@ cv-check -q -r clips.cvs < clips.cvs"
memcheck 0 "@ cv-eval -j 2 model.bin < clips.cvs"
memcheck 0 "@ cv-report -j 2 --clips 1 --held-out clips.cvs model.bin"
memcheck 0 "@ cv-train -q -e 1 -j 2 -z 1 --width 1 --stride 1 --snapshot checked < clips.cvs"
memcheck 0 "@ cv-train -q -e 1 -N notebook < tiny.cvs"
memcheck 0 "@ cv-plot -o checked/plot.svg < latent.cvs"
memcheck 0 "@ cv-plot -o checked/plot.png < short.cvs"
for unit in base/meta base/opt base/pool base/text io/audio_name io/audio_write io/stream io/stream_refuse nn/layers_refuse; do
    [ ! -x "$CV_BUILD/tests/$unit" ] || memcheck 0 "@ $CV_BUILD/tests/$unit"
done
[ $failed -gt 0 ] || echo "ok memcheck: $passed programs and tests without a report"
[ $failed -eq 0 ]

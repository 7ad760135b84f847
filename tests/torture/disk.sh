#!/bin/sh
# disk.sh FOLDER: a disk that is full, in the middle of what programs write to it: 0, 1, 2 ... pages are free.
# FOLDER as prepare.sh makes it. The disk is a tmpfs in a namespace of its own; skipped where that is not permitted.
set -u
me=$(realpath "$0")
cd "$1" || exit 2
if [ -z "${DISK_INSIDE:-}" ]; then
    for how in "unshare -m" "unshare -rm"; do
        if $how sh -c 'mount -t tmpfs -o size=64k none "$0"' "$PWD" 2> /dev/null; then
            DISK_INSIDE=1 exec $how sh "$me" "$PWD"
        fi
    done
    echo "ok a full disk # skip no right to mount a tmpfs here"
    exit 0
fi
mkdir -p disk good
mount -t tmpfs -o size=1m none disk || exit 2
passed=0 refused=0 failed=0

wrong() {
    failed=$((failed + 1))
    echo "not ok a full disk, $pages pages free: $command: $1 [$(head -n 1 words 2> /dev/null)]"
}

# try PAGES COMMAND: writes into disk/ (its name in $OUT, also temporary files)
try() {
    pages=$1 command=$2
    rm -rf disk/* disk/.[!.]*
    mkdir disk/out disk/tmp
    free=$(df --output=avail -k disk | tail -n 1)
    [ "$pages" = all ] || head -c $(((free - 4 * pages) * 1024)) /dev/zero > disk/ballast || exit 2
    status=0
    OUT=disk/out TMPDIR=$PWD/disk/tmp sh -c "$command" > result 2> words || status=$?
    rm -f disk/ballast
    if [ "$pages" = all ]; then
        rm -rf good
        cp -r disk/out good
        [ $status -eq 0 ] || wrong "fails without a fault"
        return
    fi
    case $status in
    0) diff -r disk/out good > difference || wrong "status 0, but not all is there" ;;
    1) refused=$((refused + 1))
       grep -q "^cv-[a-z]*: .*[Nn]o space" words || wrong "does not say that there is no space"
       [ "$(wc -l < words)" -le 3 ] || wrong "too many words" ;;
    *) wrong "status $status" ;;
    esac
    for file in disk/out/* disk/out/.[!.]*; do
        [ ! -e "$file" ] || cmp -s "$file" "good/${file##*/}" || wrong "left $file"
    done
    [ -z "$(ls -A disk/tmp)" ] || wrong "left a temporary file"
    passed=$((passed + 1))
}

while read -r most command; do
    [ -n "$most" ] || continue
    try all "$command"
    pages=0
    while [ $pages -le "$most" ]; do
        try $pages "$command"
        pages=$((pages + 1))
    done
done <<'COMMANDS'
8 cv-towav -q -o $OUT < short.cvs
6 cv-plot -q -o $OUT/plot.svg < latent.cvs
10 cv-plot -q -o $OUT/plot.png < short.cvs
10 cv-train -q -e 1 -z 1 --width 1 --stride 1 -j 1 --snapshot $OUT < clips.cvs > $OUT/model.bin || { s=$?; rm $OUT/model.bin; exit $s; }
8 cat a.wav | cv-load -q -r 3000 -n 600 -
28 cv-eval -j 1 model.bin < clips.cvs
COMMANDS
umount disk
[ $failed -gt 0 ] || echo "ok a full disk: $passed runs, $refused refused"
[ $failed -eq 0 ]

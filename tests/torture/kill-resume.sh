#!/bin/bash
# kill-resume.sh [KILLS [SEED]]: kills training runs (SIGKILL) at random moments, goes on from the last snapshot of
# each, now and then kills that too, and compares the model with that of a run that was never killed. Needs the
# programs on PATH. Prints "ok" or "not ok" for each run; status 1 if any model differs.
set -u
kills=${1:-20}
RANDOM=${2:-1}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../clips.bash" 2> /dev/null
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
failed=0
late=0

# A short run of each network, in place of the shell: train NETWORK FOLDER
train() {
    case $1 in
    notebook) exec cv-train -q -N notebook -e 6 -b 1 --snapshot-every 0.03 --keep 2 --snapshot "$2" < short.cvs ;;
    spectral) exec cv-train -q -e 15 -b 1 --width 16 -z 8 --snapshot-every 0.03 --keep 2 --snapshot "$2" < long.cvs ;;
    esac
}

# go_on NETWORK: the rest of the run, from the last snapshot if there is one
go_on() {
    local input=short.cvs

    ls shots/*.cvm > /dev/null 2>&1 || train "$1" shots
    [ "$1" = notebook ] || input=long.cvs
    exec cv-train -q --resume shots --snapshot-every 0.03 --keep 2 --snapshot shots < $input
}

# killed MICROSECONDS COMMAND...: runs it and kills it after so long; true if it was still running
killed() {
    local pid

    "${@:2}" > killed.bin &
    pid=$!
    sleep "$(printf '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000)))"
    kill -KILL $pid 2> /dev/null
    wait $pid 2> /dev/null
    [ $? -eq 137 ]
}

declare -A span
jazz 25 310
cv-load -q -r 3000 -n 300 jazz/*.wav > short.cvs
for i in 1 2 3 4 5 6 7 8; do wav "$i.wav" 12000 3000 "$i"; done
cv-load -q -r 3000 -n 12000 [1-8].wav > long.cvs
for network in notebook spectral; do
    start=${EPOCHREALTIME/[.,]/}
    (train $network shots) > $network.bin || { echo "not ok $network: does not train"; exit 1; }
    span[$network]=$((${EPOCHREALTIME/[.,]/} - start))
    rm -rf shots
done
for ((i = 1; i <= kills; i++)); do
    network=notebook
    ((i % 2)) || network=spectral
    at=$(((RANDOM * 32768 + RANDOM) % span[$network]))
    name="$network killed after $((at / 1000)) ms of $((span[$network] / 1000))"
    if ! killed $at train $network shots; then   # it was faster than the first one
        rm -rf shots
        i=$((i - 1))
        ((++late < 10 * kills)) || { echo "not ok: runs end before they are killed"; exit 1; }
        continue
    fi
    last=$(ls -t shots 2> /dev/null | grep 'cvm$' | head -n 1)
    name="$name, resumed from ${last:-the start}"
    if ((RANDOM % 2)); then
        at=$(((RANDOM * 32768 + RANDOM) % span[$network]))
        killed $at go_on $network
        name="$name, again after $((at / 1000)) ms"
    fi
    if (go_on $network) > resumed.bin && cmp -s resumed.bin $network.bin; then
        echo "ok $i $name"
    else
        echo "not ok $i $name"
        failed=1
    fi
    rm -rf shots
done
exit $failed

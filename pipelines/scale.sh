#!/bin/bash
# scale.sh: the figures of cv-scale(7), as tables.
#
#   make scale                          all of them, with 100 clips of composed jazz
#   make scale ROWS='efficiency model'  only these: filters, efficiency, memory, quality, model, network
#   make scale MUSIC=folder             filters: seconds for an hour of the files in it, of each kind
#
# It wants two cores of its own, and takes them for half an hour; what is loaded stays in OUT.
set -eu -o pipefail
shopt -s inherit_errexit
export LC_ALL=C
BUILD=${BUILD:-build}
OUT=${OUT:-$BUILD/scale}
ROWS=${ROWS:-filters efficiency memory quality model network}
# for tests: clips, pairs of runs, epochs, Gb/s
COUNT=${COUNT:-100} PAIRS=${PAIRS:-5} EPOCHS=${EPOCHS:-} RATES=${RATES:-1 10}
HERE=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$BUILD" && pwd)
PATH=$build:$build/tools:$PATH
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
trap 'exit 130' INT
[ -x "$build/cv-train-mpi" ] || { echo "scale: cv-train-mpi is not built: install OpenMPI or MPICH" >&2; exit 1; }

# ranks N OPTION ... < CLIPS: cv-train-mpi with one thread each; WRAP: a command before it that may use $rank; START: what
# starts it in place of mpirun
ranks() {
    local n=$1 of=mpirun.openmpi rank=OMPI_COMM_WORLD_RANK

    shift
    if ldd "$build/cv-train-mpi" | grep -q libmpich; then of=mpirun.mpich rank=PMI_RANK; fi
    clips=$(readlink -f /dev/stdin) ${START:-$of} -n "$n" sh -c "rank=\$$rank; exec ${WRAP-} cv-train-mpi -q -j 1 \"\$@\" < \"\$clips\"" sh "$@" \
        < /dev/null
}

# clips SIDE RATE: the name of the stream, which is made
clips() {
    local to=$OUT/$1-$2.cvs

    if [ ! -e "$to" ]; then
        mkdir -p "$OUT"
        MAKEFLAGS='' make -s -j"${JOBS:-2}" -f "$HERE/demo.mk" ready clips BUILD="$BUILD" JAZZ="$OUT/jazz" OUT="$OUT/demo" \
            COUNT="$COUNT" ${SOUNDFONT:+"SOUNDFONT=$SOUNDFONT"} >&2
        cv-load -q -r "$2" "$OUT"/jazz/*.wav | cv-batch -q --take "$1" -b 1 -B 1 > "$to.part"
        mv "$to.part" "$to"
    fi
    echo "$to"
}

# median < NUMBERS
median() { sort -g | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'; }

# minutes < STREAM: of sound, at 22050 Hz
minutes() { facts -s - | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^samples=/) n += substr($i, 9) } END { print n / 22050 / 60 }'; }

# cpu COMMAND ...: processor seconds
cpu() { (TIMEFORMAT='%U %S'; { time "$@" > /dev/null 2> /dev/null; } 2>&1) | awk '{ print $1 + $2 }'; }

# ---- filters: processor time for an hour of music

filters() {
    local music=${MUSIC:-$OUT/jazz} hours kind model=$OUT/filters.bin all=$OUT/filters.cvs

    clips train 22050 > /dev/null
    echo 'seconds of processor time for an hour of music'
    for kind in wav flac mp3 ogg; do
        ls "$music"/*.$kind > /dev/null 2>&1 || continue
        cv-load -q -a "$music"/*.$kind > "$all"
        hours=$(minutes < "$all" | awk '{ print $1 / 60 }')
        awk -v s="$(cpu cv-load -q -a "$music"/*.$kind)" -v h="$hours" -v of=$kind 'BEGIN { printf "cv-load %s\t%.1f\n", of, s / h }'
    done
    cv-train -q -e 1 < "$all" > "$model"
    cv-encode -q -m "$model" < "$all" > "$OUT/filters.lat"
    for kind in 'cv-encode -q -m' 'cv-check -q' 'cv-decode -q'; do
        awk -v h="$hours" -v of="${kind%% *}" -v s="$(case $kind in
            cv-encode*) cpu cv-encode -q -m "$model" < "$all" ;;
            cv-check*) cpu cv-check -q < "$all" ;;
            *) cpu cv-decode -q "$model" < "$OUT/filters.lat" ;;
            esac)" 'BEGIN { printf "%s\t%.1f\n", of, s / h }'
    done
}

# ---- efficiency: two ranks of one thread beside one of one thread, in turns

# speed N SIDE: crops a second, of whole epochs after the first
speed() {
    ranks "$1" -e "${EPOCHS:-4}" --log "$OUT/log.$1" -o "$OUT/model.$1" < "$(clips "$2" 22050)"
    jq -s '(if length > 1 then .[1:] else . end) | map(.crops_per_second) | add / length' "$OUT/log.$1"
}

efficiency() {
    local pair one two

    : > "$OUT/pairs"
    for ((pair = 0; pair < PAIRS; pair++)); do
        if ((pair % 2)); then two=$(speed 2 train); one=$(speed 1 train); else one=$(speed 1 train); two=$(speed 2 train); fi
        echo "$one $two" >> "$OUT/pairs"
    done
    echo 'training at 22050 Hz, one thread a rank, two cores'
    awk '{ print 8000 / $1 }' "$OUT/pairs" | median > "$OUT/step"
    printf 'a step of one rank, 8 crops\t%.1f ms\n' "$(cat "$OUT/step")"
    printf 'a step of two ranks, 16 crops\t%.1f ms\n' "$(awk '{ print 16000 / $2 }' "$OUT/pairs" | median)"
    printf 'efficiency of two ranks\t%.2f (%s)\n' "$(awk '{ print $2 / $1 / 2 }' "$OUT/pairs" | median)" \
        "$(awk '{ printf "%s%.2f", (NR > 1 ? ", " : ""), $2 / $1 / 2 }' "$OUT/pairs")"
    printf 'bytes that a rank sends a step\t%.1f MB for 2 ranks, %.1f MB for many\n' \
        "$(awk -v p="$(parameters)" 'BEGIN { print 4e-6 * p }')" "$(awk -v p="$(parameters)" 'BEGIN { print 8e-6 * p }')"
    long_runs
}

# What training takes of one core, but for steps: levels, components, prior; and a pass over 1000 hours in steps.
long_runs() {
    local all

    all=$(clips train 22050)
    awk -v s="$(cpu cv-train -q -j 1 -e 0 < "$all")" -v m="$(minutes < "$all")" -v step="$(cat "$OUT/step")" \
        -v steps="$(jq -s '.[0].step' "$OUT/log.1")" 'BEGIN {
            printf "an hour of music, without steps\t%.0f s of one core\n", s / m * 60
            printf "an epoch of an hour\t%d steps, %.0f s of one core\n", steps / m * 60, steps / m * 60 * step / 1000 }'
}

parameters() {
    [ -e "$OUT/model.1" ] || ranks 1 -e 0 -o "$OUT/model.1" < "$(clips train 22050)"
    cv-info --json "$OUT/model.1" | jq -s '[.. | .parameters? // empty | numbers] | first'
}

# ---- memory: of the largest rank against what all have

memory() {
    local clips n

    clips=$(clips test 22050)
    cat "$clips" "$clips" > "$OUT/twice.cvs"
    echo 'memory of the largest rank in MiB, 1, 2 and 4 ranks'
    for clips in "$clips" "$OUT/twice.cvs"; do
        printf '%.0f min\t' "$(minutes < "$clips")"
        for n in 1 2 4; do
            rm -f "$OUT"/rss.*
            WRAP="rss $OUT/rss.\$rank" ranks $n -e 0 --memory 8G -o "$OUT/model" < "$clips"
            printf '%s\t' "$(cat "$OUT"/rss.* | sort -n | tail -n 1 | awk '{ printf "%.0f", $1 / 1024 }')"
        done
        echo
    done
}

# ---- quality: the same number of crops in larger batches

# quality_of WORDS N OPTION ...
quality_of() {
    local words=$1 n=$2

    shift 2
    ranks "$n" ${EPOCHS:+-e "$EPOCHS"} -t "$(clips test 3000)" --log "$OUT/log" -o "$OUT/model" "$@" < "$(clips train 3000)"
    tail -n 1 "$OUT/log" | jq -r --arg words "$words" '[$words, .step, (.test_loss * 1e4 | round / 1e4), (.test_elbo | round)] | @tsv'
}

quality() {
    echo 'at 3000 Hz, the same number of crops: steps, loss and ELBO of held-out clips'
    quality_of '1 rank' 1
    quality_of '1 rank, another seed' 1 -s 124
    quality_of '2 ranks' 2
    quality_of '4 ranks' 4
    quality_of '1 rank, -b 16 and its rate' 1 -b 16 -l .00283
    quality_of '1 rank, -b 16, rate as it was' 1 -b 16
    quality_of '1 rank, -b 32 and its rate' 1 -b 32 -l .004
    quality_of '1 rank, -b 32, rate as it was' 1 -b 32
    quality_of '1 rank, -b 32, rate times 4' 1 -b 32 -l .008
    quality_of '1 rank, -b 64 and its rate' 1 -b 64 -l .00566
}

# ---- model: what a step takes with n ranks

# Each rank passes on all but its part of the gradient twice, in n - 1 messages each time, and two small sums: Thakur,
# Rabenseifner, Gropp, "Optimization of collective communication operations in MPICH", 2005, pairwise exchange and ring.
# 10 Gb Ethernet: 12 us, 7 Gb/s (Feng et al., "Optimizing 10-Gigabit Ethernet for networks of workstations, clusters, and
# grids", SC 2003). 40 Gb: 1.93 us, 37.2 Gb/s (Squyres, "MPI over 40Gb Ethernet", Cisco 2014).
cost='function cost(n, latency, bandwidth) {
    return 2e3 * (n - 1) * (latency + bytes / n / bandwidth) + 2e3 * latency * log(n) / log(2)
}'

model() {
    [ -s "$OUT/step" ] || { echo 'model: the step is measured by efficiency' >&2; return 1; }
    echo 'what n ranks tell each other in a step, and efficiency: of 8 crops a rank on one core, or 64 on 8; of 8 on 8'
    awk -v step="$(cat "$OUT/step")" -v bytes="$(awk -v p="$(parameters)" 'BEGIN { print 4 * p }')" "$cost"'
        function row(name, latency, bandwidth,   n, i) {
            for (n = 2; n <= 256; n *= 2) {
                printf "%s\t%d\t%.1f ms", name, n, cost(n, latency, bandwidth)
                for (i = 1; i <= 2; i++) printf "\t%.2f", each[i] / (each[i] + cost(n, latency, bandwidth))
                print ""
            }
        }
        BEGIN {
            each[1] = step; each[2] = step / 8
            row("10 Gb", 12e-6, 7e9 / 8)
            row("40 Gb", 1.93e-6, 37.2e9 / 8)
        }'
}

# ---- network: a step over TCP between hosts that are network namespaces of this machine, beside what model says

# connect N RATE: hosts 10.77.0.1 and so on, behind a switch; they send and receive at that rate
connect() {
    local host i

    if ldd "$build/cv-train-mpi" | grep -q libmpich; then
        echo 'cv-train-mpi is built for MPICH'
        return 1
    fi
    ip link add $hosts type bridge && ip link set $hosts up || return
    for ((i = 1; i <= $1; i++)); do
        host=$hosts-$i
        ip netns add $host && ip link add $host master $hosts type veth peer name eth0 netns $host &&
            ip -n $host addr add 10.77.0.$i/24 dev eth0 && ip -n $host link set lo up &&
            ip -n $host link set eth0 up && ip link set $host up &&
            tc -n $host qdisc add dev eth0 root tbf rate "$2" burst 256kb latency 20ms &&
            tc qdisc add dev $host root tbf rate "$2" burst 256kb latency 20ms || return
    done
}
hosts=cv$$

disconnect() {
    local host

    for host in $(ip netns list | grep -o "^$hosts-[0-9]*"); do ip link del "$host"; ip netns del "$host"; done
    ip link del $hosts || true
} 2> /dev/null

# over_tcp -n N COMMAND ...: mpirun on the first host, a rank on each; hosts share cores, so none is kept busy by waiting
over_tcp() {
    export OMPI_MCA_plm_rsh_agent=$OUT/agent OMPI_MCA_plm_rsh_no_tree_spawn=1 OMPI_MCA_btl=tcp,self OMPI_MCA_mpi_yield_when_idle=1
    export OMPI_MCA_btl_tcp_if_include=10.77.0.0/24 OMPI_MCA_oob_tcp_if_include=10.77.0.0/24
    "$OUT/agent" 10.77.0.1 "$(printf '%q ' mpirun.openmpi --host "$(seq -s , -f 10.77.0.%.0f "$2")" "$@")"
}

# heard N: a rank starts on each host, which a firewall between them would let wait for ever
heard() {
    export -f over_tcp
    export OUT
    timeout -k 5 60 bash -c "over_tcp -n $1 true" > /dev/null 2>&1 ||
        { echo 'its hosts did not hear each other for a minute'; return 1; }
}

network() {
    local n rate here there pair words

    clips test 22050 > /dev/null
    # is called as ssh is: HOST COMMAND
    cat > "$OUT/agent" << END
#!/bin/bash
host=$hosts-\${1##*.}
shift
exec ip netns exec "\$host" unshare --uts bash -c "hostname \$host; \$*"
END
    chmod +x "$OUT/agent"
    trap disconnect EXIT
    echo 'a step of n ranks: on one machine, over TCP, and as computed from the first'
    for rate in $RATES; do
        for n in 2 4; do
            if ! words=$({ connect $n ${rate}gbit && heard $n; } 2>&1); then
                disconnect
                echo "network: left out, for it takes root, OpenMPI, and a kernel with veth, bridge and tbf: $words"
                return
            fi
            : > "$OUT/pairs"
            for ((pair = 0; pair < PAIRS; pair++)); do
                here=$(speed $n test)
                there=$(START=over_tcp speed $n test)
                echo "$here $there" >> "$OUT/pairs"
            done
            disconnect
            awk -v n=$n -v rate=$rate -v bytes="$(parameters)" \
                -v here="$(awk '{ print 1 / $1 }' "$OUT/pairs" | median)" \
                -v there="$(awk '{ print 1 / $2 }' "$OUT/pairs" | median)" "$cost"'
                BEGIN {
                    here *= 8000 * n
                    there *= 8000 * n
                    bytes *= 4
                    printf "%d Gb/s, %d ranks\t%.0f ms\t%.0f ms\t%.0f ms\n", rate, n, here, there,
                        here + cost(n, 12e-6, rate * 1e9 / 8)
                }'
        done
    done
}

mkdir -p "$OUT"
for row in $ROWS; do
    case $row in
    filters | efficiency | memory | quality | model | network) "$row" ;;
    *) echo "scale: no row '$row'" >&2; exit 2 ;;
    esac
    echo
done

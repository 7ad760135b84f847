# table.awk: the table of run.sh from its result lines,
# "ROUND WHO WHAT threads T steps K median MS ms min MS ms" and
# "ROUND WHO count WHAT MILLIONS ...", the multiply-adds of one.

$3 == "count" {
    millions[$4] = $5
    next
}

{
    key = $2 " " $3 " " $5
    middle[key " " $1] = $9
    if (!(key in least) || $12 < least[key])
        least[key] = $12
}

# Median of the values v[1..n]; sorts them.
function median(v, n,    i, j, x) {
    for (i = 2; i <= n; i++) {
        x = v[i]
        for (j = i - 1; j >= 1 && v[j] > x; j--)
            v[j + 1] = v[j]
        v[j + 1] = x
    }
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

# Milliseconds of one who's work: the median over rounds of each round's median.
function ms(who, what,    i, v) {
    if (!((who " " what " 1") in middle))
        return 0
    for (i = 1; i <= rounds; i++)
        v[i] = middle[who " " what " " i]
    return median(v, rounds)
}

# How many times as long a takes as b: the median over rounds of pairs taken one after the other.
function ratio(a, b, what,    i, v) {
    if (!ms(a, what) || !ms(b, what))
        return 0
    for (i = 1; i <= rounds; i++)
        v[i] = middle[a " " what " " i] / middle[b " " what " " i]
    return median(v, rounds)
}

function least_ratio(a, b, what) {
    return (a " " what) in least ? least[a " " what] / least[b " " what] : 0
}

# The least time for so many products of 10 clips with a large layer: the larger of memory's and arithmetic's.
function bound(memory, t, products,    arithmetic) {
    memory = ms("bound", memory " " t)
    arithmetic = products * 2 * 10 * 90001 * 64 / (t * 2 * 1024 ^ 3 / ms("bound", "gemm " t))
    return memory > arithmetic ? memory : arithmetic
}

# The products of a training step at sgemm speed.
function products(what, t) {
    return millions[what] * 1e6 / 1024 ^ 3 / t * ms("bound", "gemm " t)
}

function cell(value, format) {
    return value ? sprintf(format, value) : "-"
}

function row(name, what, least_ms) {
    printf layout, name, cell(ms("cv", what), "%.2f"),
        cell(ms("torch", what), "%.2f"), cell(ratio("torch", "cv", what), "%.1fx"),
        cell(least_ratio("torch", "cv", what), "%.1fx"),
        cell(ms("tuned", what), "%.2f"), cell(ratio("tuned", "cv", what), "%.1fx"),
        cell(least_ms, "%.2f"), (least_ms ? cell(ms("cv", what) / least_ms, "%.1fx") : "-")
}

function verdict(holds) {
    return holds ? "holds" : "DOES NOT HOLD"
}

function goal(name, what, wanted,    r) {
    r = ratio("torch", "cv", what)
    if (!r)
        printf "  %-42s at least %4.1fx PyTorch: not measured, PyTorch is missing\n", name, wanted
    else
        printf "  %-42s at least %4.1fx PyTorch: %6.2fx, %s; tuned: %.2fx\n", name, wanted, r,
            verdict(r >= wanted), ratio("tuned", "cv", what)
}

# Seconds of audio in a second.
function pace(name, what, seconds, wanted,    r) {
    r = 1000 * seconds / ms("cv", what)
    printf "  %-42s at least %4dx real time: %4.0fx, %s\n", name, wanted, r, verdict(r >= wanted)
}

END {
    layout = "%-26s %9s %9s %7s %7s   %9s %7s   %8s %8s\n"
    count = split(threads, t, " ")
    settings = split("3000 22050 beat 44100", setting, " ")
    split("3 kHz;22.05 kHz;beat;44.1 kHz", said, ";")
    print "ms, medians over " rounds " rounds; ratios: median of each round's (min: of the least times)\n"
    printf layout, "work", "cv", "PyTorch", "ratio", "(min)", "tuned [1]", "ratio", "bound", "cv/bound"
    for (i = 1; i <= count; i++) {
        s = (t[i] == 1 ? "1 thread" : t[i] " threads")
        row("training step, " s, "train " t[i], bound("pass", t[i], 5))
        row("encode 10 clips, " s, "encode " t[i], bound("read", t[i], 1))
        row("decode 10 clips, " s, "decode " t[i], bound("read", t[i], 1))
    }
    for (i = 1; i <= count; i++) {
        s = (t[i] == 1 ? "1 thread" : t[i] " threads")
        for (k = 1; k <= settings; k++)
            row("spectral " said[k] ", " s, "spectral-" setting[k] " " t[i], products("spectral-" setting[k], t[i]))
    }
    for (k = 22050; k <= 44100; k += 22050) {
        row("encode 120 s at " k / 1000 " kHz", "encode-" k " 0", 0)
        row("decode 120 s at " k / 1000 " kHz", "decode-" k " 0", 0)
    }
    row("encode, in parts, 22.05 kHz", "encode-parts 0", 0)
    row("decode, in parts, 22.05 kHz", "decode-parts 0", 0)
    row("load|...|towav, live [3]", "live 0", 0)
    row("sample|decode|towav [2]", "generate 0", 0)
    print ""
    print "PyTorch: the network in its own convolution layers, as its users write it;"
    print "        notebook: Adam as it comes, spectral: Adam on all parameters at once"
    print "[1] its C library told to keep freed memory; notebook: also layers as matrix products, Adam on all"
    print "        parameters at once, nothing computed that cannot be felt; last row: NumPy alone"
    print "[2] the whole line for 10 clips, start-up included, against one Python process that does the same"
    print "[3] 120 s from samples to a WAV at 22.05 kHz, in parts of 20 ms, 2 iterations, all programs on one processor"
    print "bounds: training, a pass that reads and writes parameters and both moments (12.1 M floats each)"
    print "        once, or five products of 10 clips with a large layer at sgemm speed, whichever"
    print "        takes longer; encode and decode, reading that layer once or one such product;"
    print "        spectral: the products of a training step at sgemm speed"
    print "beat: at 22.05 kHz, frames on the beat"
    print "spectral: a training step; encode and decode are whole programs on one thread, start-up included,"
    print "        decode with its phases"

    printf "\n%-42s %12s %12s\n", "machine", "1 thread", (count > 1 ? "2 threads" : "")
    for (i = 1; i <= count; i++) {
        copy[i] = sprintf("%.1f GB/s", 2 * 48.480532 / ms("bound", "copy " t[i]))
        pass[i] = sprintf("%.1f GB/s", 6 * 48.480532 / ms("bound", "pass " t[i]))
        gemm[i] = sprintf("%.0f GFLOPS", t[i] * 2 * 1024 * 1024 * 1.024 / 1000 / ms("bound", "gemm " t[i]))
    }
    printf "%-42s %12s %12s\n", "memcpy, bytes read and written", copy[1], copy[2]
    printf "%-42s %12s %12s\n", "optimizer pass, bytes read and written", pass[1], pass[2]
    printf "%-42s %12s %12s\n", "sgemm 1024 x 1024, one product a thread", gemm[1], gemm[2]

    printf "\n%-42s %12s %12s %12s\n", "frames of 360 kB", "per second", "GB/s", "of memcpy"
    split("pipe-stream pipe-bytes pipe-memcpy", ways, " ")
    split("stream writer | reader;write | read of the bare bytes;memcpy", names, ";")
    for (i = 1; i <= 3; i++) {
        x = ms("cv", ways[i] " 0")
        printf "%-42s %12.0f %12.2f %11.0f%%\n", names[i], 500 / x * 1000, 500 * 0.360004 / x,
            100 * ms("cv", "pipe-memcpy 0") / x
    }

    print "\ntargets"
    for (i = 1; i <= count; i++)
        goal("training step, " (t[i] == 1 ? "1 thread" : t[i] " threads"), "train " t[i], 6)
    goal("sample|decode|towav", "generate 0", 20)
    for (i = 1; i <= count; i++) {
        s = (t[i] == 1 ? "1 thread" : t[i] " threads")
        for (k = 1; k <= settings; k++)
            goal("spectral training step, " said[k] ", " s, "spectral-" setting[k] " " t[i], 2)
    }
    pace("encode, 22.05 kHz, 1 thread", "encode-22050 0", 120, 300)
    pace("decode, 22.05 kHz, 1 thread", "decode-22050 0", 120, 50)
    pace("decode, 44.1 kHz, 1 thread", "decode-44100 0", 120, 30)
    pace("live, 22.05 kHz, 1 processor", "live 0", 120, 30)
}

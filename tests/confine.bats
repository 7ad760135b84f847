# What filters give up before they read: a library in them that is taken over cannot have it. See torture/hijack.c.

load helper

setup() {
    audio_setup
    if nm "$(command -v cv-load)" | grep -qE '__(asan|tsan|ubsan)_'; then skip "sanitizers do what is given up"; fi
    grep -q '^Seccomp:' /proc/self/status || skip "the kernel filters no system calls"
    [[ $(uname -m) =~ ^(x86_64|aarch64)$ ]] || skip "nothing is confined on this processor"
    ulimit -c 0
    tone -s 1 -r 3000 a.wav
}

# landlock VERSION: skips the test where the kernel has not so much of it
landlock() {
    python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < int(sys.argv[1]))' "$1" ||
        skip "the kernel has no Landlock of version $1"
}

# hijack WHAT PROGRAM ...: a library in the program does that; what came of it is in the file words
hijack() {
    status=0
    HIJACK=$1 LD_PRELOAD=$CV_BUILD/torture/hijack "${@:2}" > out 2> words || status=$?
}

@test "sockets, programs, processes, typing: who asks for them is ended, and no output is whole" {
    for what in socket fork execve ptrace type; do
        hijack $what cv-load -q a.wav
        [ "$status" = 159 ] # SIGSYS
        [ ! -s out ]
        run -1 cv-info out
        CV_CONFINE=no hijack $what cv-load -q a.wav
        [ "$status" = 0 ]
    done
    hijack thread cv-load -q a.wav
    [ "$(cat words)" = "thread: done" ]
    cv-load -q a.wav | cmp - out
}

@test "it is so for every filter" {
    cv-load -q a.wav > s
    for filter in batch check decode encode eval info mix plot report sample towav train; do
        case $filter in
        decode | encode | eval) hijack socket cv-$filter s < s ;;
        mix) hijack socket cv-mix s s ;;
        report) hijack socket cv-report --held-out s s ;;
        sample) hijack socket cv-sample -m s ;;
        *) hijack socket cv-$filter < s ;;
        esac
        [ "$status" = 159 ] || { echo "cv-$filter: status $status"; cat words; return 1; }
    done
}

@test "cv-load opens what was named to read it, and nothing else" {
    landlock 1
    mkdir d
    tone -s 1 d/b.wav
    tone -s 1 c.wav
    ln -s ../c.wav d/link.wav
    cv-load -q -R a.wav d > want
    [ "$(clips < want | tr '\n' ' ')" = "a-000 b-000 link-000 " ]
    for file in a.wav d/b.wav d/link.wav c.wav; do
        hijack "read $file" cv-load -q -R a.wav d
        [ "$(cat words)" = "read $file: done" ]
        cmp want out
    done
    echo secret > secret.wav
    for what in "read /etc/passwd" "read secret.wav" "read d" "write a.wav" "write new" "write $BATS_TEST_TMPDIR/new"; do
        hijack "$what" cv-load -q -R a.wav d --report report.jsonl
        [ "$status" = 0 ]
        [ "$(cat words)" = "$what: Permission denied" ]
        cmp want out
        [ "$(wc -l < report.jsonl)" = 3 ]
    done
    cat a.wav | hijack "read a.wav" cv-load -q -r 3000 --live -
    [ "$(cat words)" = "read a.wav: Permission denied" ]
}

@test "what may be a pipe is kept in TMPDIR; a list is read from, wherever it leads" {
    landlock 1
    mkdir tmp
    export TMPDIR=$PWD/tmp
    for input in - <(cat a.wav); do
        cat a.wav | hijack "write tmp/x" cv-load -q "$input"
        [ "$(cat words)" = "write tmp/x: done" ]
    done
    cat a.wav | hijack "write x" cv-load -q -
    [ "$(cat words)" = "write x: Permission denied" ]
    [ "$(clips < out)" = stdin ]
    hijack "read /etc/passwd" cv-load -q -@ <<< a.wav
    [ "$(cat words)" = "read /etc/passwd: done" ]
    hijack "write x" cv-load -q -@ <<< a.wav
    [ "$(cat words)" = "write x: Permission denied" ]
    [ "$(clips < out)" = a ]
}

@test "cv-load sends no signal to another" {
    landlock 6
    hijack "kill $$" cv-load -q a.wav
    [ "$(cat words)" = "kill $$: Operation not permitted" ]
}

# What is installed and packaged: all of it and nothing else, completion that knows every option, and the same bytes
# wherever and whenever it is built.

bats_require_minimum_version 1.5.0

setup() {
    top=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
    build=${CV_BUILD:-$(dirname "$(command -v cv-load || echo "$top/build/cv-load")")}
    build=$(cd "$build" && pwd)
    PATH=$build:$build/tools:$PATH
    cd "$BATS_TEST_TMPDIR"
}

programs() { for c in "$top"/cmd/cv-*.c; do basename "$c" .c; done; }
# and the one that is built where there is an MPI
with_mpi() { programs; [ ! -x "$build/cv-train-mpi" ] || echo cv-train-mpi; }

# options PROGRAM: those of its --help, short and long, sorted, one a line
options() {
    "$1" --help | sed -nE 's/^  (-.), (--[a-z-]+).*/\1\n\2/p; s/^      (--[a-z-]+).*/\1/p' | sort
}

# as typed by hand, whatever make runs these tests
unset MAKEFLAGS MFLAGS MAKELEVEL
cv_make() { make -s --no-print-directory -C "$top" BUILD="$build" "$@"; }

@test "what make install installs, make uninstall removes" {
    mkdir -p "to here/usr/bin"
    echo other > "to here/usr/bin/other"
    (umask 077; cv_make install DESTDIR="$PWD/to here" PREFIX=/usr)
    [ "$(ls "to here/usr/bin" | grep -v "^other$")" = "$(with_mpi)" ]
    [ "$(ls "to here/usr/share/man/man1" | sort)" = "$(with_mpi | sed 's/$/.1/' | sort)" ]
    [ "$(find "to here" -name '*.[57]' | wc -l)" -eq "$(ls "$top"/man/*.[57] | wc -l)" ]
    [ "$(ls "to here/usr/share/bash-completion/completions")" = "$(with_mpi)" ]
    [ "$(ls "to here/usr/share/zsh/site-functions")" = "$(with_mpi | sed 's/^/_/')" ]
    [ -z "$(find "to here/usr/share" -type f ! -perm 644)" ]
    [ -z "$(find "to here/usr/bin" -name 'cv-*' ! -perm 755)" ]
    "to here/usr/bin/cv-info" --version
    cv_make uninstall DESTDIR="$PWD/to here" PREFIX=/usr
    [ "$(find "to here" ! -type d)" = "to here/usr/bin/other" ]
}

# complete_bash WORD ...: what the last word may become, one a line; the words begin with the program. The last line
# says whether files are offered too, if these are none.
complete_bash() {
    bash -c '
        compopt() { offers=$*; }
        . "$0/bash/$1"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        read -r _ _ function _ <<< "$(complete -p "$1")"
        "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}" | sort
        echo "$offers"' "$build" "$@"
}

@test "bash offers every option of every program, and words and files where they are wanted" {
    cv_make completion
    for p in $(with_mpi); do
        [ "$(options "$p" | wc -l)" -ge 5 ]
        diff -u <(options "$p") <(complete_bash "$p" - | sed '$d') || { echo "$p: --help (-) and completion (+) differ"; return 1; }
    done
    [ "$(complete_bash cv-train --net | head -n 1)" = --network ]
    for words in '-N ' '--network ' '--network =' '--network = '; do
        read -ra given <<< "$words"
        [[ $words != *' ' ]] || given+=('')
        [ "$(complete_bash cv-train "${given[@]}" | tr '\n' ' ')" = 'notebook spectral +o default ' ]
    done
    [ "$(complete_bash cv-sample --prior g | head -n 1)" = guided ]
    # files: of an option, of an operand; none for a number, nor where there is no operand
    [ "$(complete_bash cv-train -t a)" = $'\n-o default' ]
    [ "$(complete_bash cv-load --report a)" = $'\n-o default' ]
    [ "$(complete_bash cv-load a)" = $'\n-o default' ]
    [ "$(complete_bash cv-load -r 3)" = $'\n+o default' ]
    [ "$(complete_bash cv-train a)" = $'\n+o default' ]
}

@test "zsh offers every option of every program" {
    cv_make completion
    for p in $(with_mpi); do
        zsh -n "$build/zsh/_$p"
        [ "$(head -n 1 "$build/zsh/_$p")" = "#compdef $p" ]
        zsh -fc '_arguments() { print -rl -- "$@" }; . "$0"' "$build/zsh/_$p" > specs
        grep -E '^(\([^)]*\)|\*)?-' specs | sed -nE 's/^(\([^)]*\)|\*)?(--?[^]=+[]+)[=+]?\[.*/\2/p' | sort > offered
        diff -u <(options "$p") offered || { echo "$p: --help (-) and completion (+) differ"; return 1; }
    done
    zsh -fc '_arguments() { print -rl -- "$@" }; . "$0"' "$build/zsh/_cv-plot" > specs
    grep -qxF -- '--scale=[frequencies of a spectrogram\: mel is by pitch as it is heard]:word:(mel linear)' specs
    grep -qxF -- '*:file:_files' specs
}

@test "the Debian package: what is in it, what it needs, the same bytes again" {
    command -v dpkg-shlibdeps || skip "no dpkg-dev: no Debian"
    (umask 022; sh "$top/pipelines/deb.sh" "$build" one)
    (umask 077; TZ=Asia/Tokyo sh "$top/pipelines/deb.sh" "$build" two)
    cmp one/*.deb two/*.deb
    run -0 dpkg-deb -f one/*.deb Package Version Depends
    [[ $output == *"Package: cv-filters"* ]]
    [[ $output == *"Version: $(cv-info --version | sed 's/.* //; s/-/~/')-1"* ]]
    [[ $output == *libsndfile1* ]]
    [[ $output == *libopenblas0* ]]
    [[ $output != *-dev* ]]
    dpkg-deb -x one/*.deb x
    [ "$(ls x/usr/bin)" = "$(programs)" ]
    [ "$(ls x/usr/share/man/man1)" = "$(programs | sed 's/$/.1.gz/')" ]
    [ "$(ls x/usr/share/bash-completion/completions)" = "$(programs)" ]
    [ "$(ls x/usr/share/zsh/vendor-completions)" = "$(programs | sed 's/^/_/')" ]
    grep -q 'the whole is under the GPL, version 2 or' x/usr/share/doc/cv-filters/copyright
    gzip -dc x/usr/share/doc/cv-filters/changelog.gz | cmp - "$top/CHANGELOG.md"
    x/usr/bin/cv-load --version
}

@test "two builds, in other folders at other times: the same bytes" {
    for copy in one two/and-more; do
        mkdir -p "$copy/libcore/base"
        cp -R "$top"/{Makefile,pipelines} "$copy"
        cp "$top"/libcore/base/*.h "$top"/libcore/base/{opt,error,mem}.c "$copy/libcore/base"
        make -s -C "$copy" DEPS=no build/libcore.a
        sleep 1
    done
    cmp one/build/libcore.a two/and-more/build/libcore.a
    # and what was built here does not name this folder
    run -1 grep -lF "$top" "$build"/cv-*[a-z]
}

@test "the version is that of the Makefile, unreleased until the changes have it" {
    version=$(sed -n 's/^VERSION = //p' "$top/Makefile")
    for p in $(with_mpi); do
        [ "$("$p" --version)" = "$p (cv) $version" ]
    done
    heading=$(grep -m 1 '^## ' "$top/CHANGELOG.md")
    case $version in
    *-unreleased)
        [[ $heading =~ ^'## Unreleased, '20[0-9-]{8}$ ]]
        run -1 grep -E "^## ${version%-*}(,|$)" "$top/CHANGELOG.md"
        last=$(sed -nE 's/^## ([0-9.]+).*/\1/p' "$top/CHANGELOG.md" | head -n 1)
        [ "$last" != "${version%-*}" ]
        [ "$(printf '%s\n' "$last" "${version%-*}" | sort -V | head -n 1)" = "$last" ]
        ;;
    *) [[ $heading =~ ^"## $version, "20[0-9-]{8}$ ]] ;;
    esac
}

#!/bin/bash
# tracks.sh FOLDER[:FOLDER ...] [NUMBER ...]: lines of size, time of change and name of the audio files in folders, in
# order of names. With numbers only those files of each folder, counted from 0, in the order of the numbers.
set -eu -o pipefail
export LC_ALL=C

die() {
    echo "tracks.sh: $1" >&2
    exit 1
}

# audio_files FOLDER
audio_files() {
    find -L "$1" -maxdepth 1 -type f ! -name '.*' ! -name $'*\n*' -regextype posix-extended \
        -iregex '.*\.(wav|au|snd|aiff?|flac|ogg|oga|opus|mp3|w64|caf)' -printf '%s\t%T@\t%p\n' | sort -t $'\t' -k 3
}

[ "${1-}" ] || die "name a folder: make -f pipelines/notebook.mk GENRE=~/gtzan/genres_original/jazz"
IFS=: read -r -a folders <<< "$1"
shift
for folder in "${folders[@]}"; do
    folder=${folder/#\~\//$HOME/}
    [ -d "$folder" ] || die "$folder: there is no such folder"
    mapfile -t files < <(audio_files "$folder")
    missing=()
    for i in $(printf '%s\n' "$@" | sort -nu); do
        [ "$i" -lt ${#files[@]} ] || missing+=("$i")
    done
    [ ${#missing[@]} -eq 0 ] || die "$folder: holds ${#files[@]} audio files, the track lists want at least $((i + 1)):\
 there is no track ${missing[*]} (counted from 0); give a fuller folder, or lists: TRAIN='0 1 2' TEST='3 4'"
    if [ $# -gt 0 ]; then
        for i; do echo "${files[i]}"; done
    else
        for file in "${files[@]}"; do echo "$file"; done
    fi
done

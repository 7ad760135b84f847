#!/bin/sh
# reproducible.sh: builds the Debian package in two copies of this tree, under other names, times, zones, masks and
# numbers of jobs, and says whether they are the same bytes; status 1 if not.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/a" "$work/another/folder-of-it"
for copy in "$work/a" "$work/another/folder-of-it"; do
    cp -R cmd libcore pipelines man Makefile README.md LICENSE CHANGELOG.md "$copy"
done
find "$work/a" -exec touch -d '2001-02-03 04:05:06' {} +
(umask 022; TZ=Asia/Tokyo LC_ALL=C make -C "$work/a" deb JOBS="${JOBS:-2}" > "$work/log")
(umask 077; TZ=America/New_York LC_ALL=C.UTF-8 make -C "$work/another/folder-of-it" deb JOBS=1 > "$work/log")
cmp "$work"/a/build/deb/*.deb "$work/another/folder-of-it"/build/deb/*.deb
echo "same bytes: $(cd "$work/a/build/deb" && sha256sum ./*.deb)"

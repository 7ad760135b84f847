#!/bin/sh
# deb.sh BUILD FOLDER: the Debian package cv-filters of the programs in BUILD, into FOLDER. Its times are those of
# SOURCE_DATE_EPOCH, or the date at the head of CHANGELOG.md; DEBFULLNAME and DEBEMAIL name who makes it.
set -eu
umask 022
build=$(cd "$1" && pwd)
mkdir -p "$2"
to=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
who="${DEBFULLNAME:-The authors of cv} <${DEBEMAIL:-authors@cv-filters.invalid}>"
version=$("$build/cv-info" --version | sed 's/.* //; s/-/~/')-1
architecture=$(dpkg --print-architecture)
heading=$(sed -n '/^## /{s///p;q;}' CHANGELOG.md)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date -u -d "${heading##*, }" +%s)}
export SOURCE_DATE_EPOCH
root=$to/package/root
doc=$root/usr/share/doc/cv-filters
rm -rf "$to/package"
mkdir -p "$root/DEBIAN" "$doc" "$to/package/debian"
make -s --no-print-directory install MPI=none BUILD="$build" DESTDIR="$root" PREFIX=/usr ZSH=share/zsh/vendor-completions
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root"/usr/bin/*

{
    printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: cv\nComment:\n'
    sed -n '/^## Licence/,$p' README.md | sed '1,2d; s/\[MIT licence\](LICENSE)/MIT licence (below, as Expat)/; s/^/ /; s/^ $/ ./'
    printf '\nFiles: *\nCopyright: %s\nLicense: Expat\n' "$(sed -n 's/^Copyright (c) //p' LICENSE)"
    sed '1,/^Copyright/d; 1,/^$/d' LICENSE | sed '/./,$!d; s/^/ /; s/^ $/ ./'
    printf '\nLicense: GPL-2+\n The text of version 2 is in /usr/share/common-licenses/GPL-2.\n'
} > "$doc/copyright"
gzip -9n < CHANGELOG.md > "$doc/changelog.gz"
printf 'cv-filters (%s) unstable; urgency=medium\n\n  * Made by make deb; the changes are in changelog.gz.\n\n -- %s  %s\n' \
    "$version" "$who" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n > "$doc/changelog.Debian.gz"
gzip -9n "$root"/usr/share/man/man*/*
chmod 644 "$doc"/*

# libraries that are linked are found by dpkg-shlibdeps; OpenBLAS is not linked but loaded at its first use
printf 'Source: cv-filters\n\nPackage: cv-filters\nArchitecture: any\n' > "$to/package/debian/control"
linked=$(cd "$to/package" && dpkg-shlibdeps -O root/usr/bin/* | sed -n 's/^shlibs:Depends=//p')
cat > "$root/DEBIAN/control" << END
Package: cv-filters
Version: $version
Architecture: $architecture
Maintainer: $who
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f 1)
Depends: $linked, libopenblas0
Section: sound
Priority: optional
Description: filters that train and run variational autoencoders on music
 Small programs that train variational autoencoders (VAEs) on recordings of
 music and generate new clips with them. Each does one step: loading audio,
 training, encoding, drawing, mixing, decoding, measuring, plotting. All of
 them read and write one stream format, so that they are combined in pipes.
END
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) > "$root/DEBIAN/md5sums"
chmod 644 "$root"/DEBIAN/*
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$root" "$to/cv-filters_${version}_$architecture.deb"

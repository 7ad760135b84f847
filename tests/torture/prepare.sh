#!/bin/sh
# prepare.sh FOLDER: small inputs of every kind, made by the programs themselves (which are on PATH, tools too).
set -eu
cd "$1"
tone -r 3000 -s 3 -F 220 a.wav
tone -r 3000 -s 3 -w noise -a 0.2 -f flac -c 2 b.flac
tone -r 3000 -s 3 -F 330 -f ogg c.ogg
tone -r 3000 -s 3 -F 440 -S 3 d.wav
for format in mp3 opus aiff; do tone -r 8000 -s 1 -F 330 -f $format d.$format; done
for format in mp3 aiff; do cat d.$format d.$format > joined.$format; done
cat c.ogg c.ogg > joined.ogg
{ head -c 40 a.wav; printf '\0\0\0\0'; tail -c +45 a.wav; } > crashed.wav
tone -r 1500 -s 20 -w noise -a 0.2 long.wav
printf 'a.wav\nd.wav\n' | sed 's,^,../,' > list
cv-load -q -r 3000 -n 9000 a.wav b.flac d.wav > clips.cvs
cv-load -q -r 3000 -n 9000 c.ogg > test.cvs
cv-load -q -r 3000 -n 1500 d.wav c.ogg > brief.cvs
cv-load -q -r 3000 -n 300 a.wav d.wav > short.cvs
cv-load -q -r 3000 -n 2 a.wav d.wav > tiny.cvs
cv-load -q -r 3000 --part 1 --level .1 a.wav > parts.cvs
cv-load -q -r 1500 -d 20 long.wav > long.cvs
cat long.cvs long.cvs > longer.cvs
mv longer.cvs long.cvs
cv-train -q -e 1 -z 1 --width 1 --stride 1 < clips.cvs > model.bin
cv-train -q -e 1 -z 1 --width 1 --stride 1 --snapshot shots --log log < test.cvs > /dev/null
cv-train -q -N notebook -e 1 -b 2 -z 1 < tiny.cvs > notebook.bin
cv-encode -q model.bin < clips.cvs > latent.cvs
cv-encode -q model.bin < parts.cvs > latent-parts.cvs
cv-encode -q notebook.bin < tiny.cvs > tiny-latent.cvs
cv-sample -q -n 2 -m model.bin > noise.cvs
cv-sample -q -n 2 -m notebook.bin > tiny-noise.cvs
cv-load -q -r 3000 -n 2 a.wav > one.cvs
cv-encode -q notebook.bin < one.cvs > one-latent.cvs
cv-sample -q -n 1 -m notebook.bin > one-noise.cvs
parts 1 < one.cvs > one-parts.cvs
parts 1 < one-latent.cvs > one-latent-parts.cvs
# of one segment each: cut between two, a stream is whole
for i in 1 2 3 4 5 6 7 8; do printf '%s\n' a.wav b.flac d.wav; done | cv-load -q -r 3000 -n 9000 -@ > large.cvs
cv-encode -q model.bin < large.cvs > large-latent.cvs
small=$(mktemp -d)
seeds model "$small"
mv "$small/spectral" small-model.bin
rm -r "$small"

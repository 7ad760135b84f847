# figures.mk: trains on four fifths of a corpus and measures on the rest, in one table.
#
#   make -f pipelines/figures.mk                           (what `make figures` runs when everything is built)
#   make -f pipelines/figures.mk CORPUS=~/gtzan/genres_original/jazz ROWS='pca-3000 spectral-3000-long'
#
# Without CORPUS 100 clips are composed and rendered first, as in the demo. Every file is a target of its own:
# what is there is not made again, and after an interruption it goes on. The table is also in OUT/FIGURES.
BUILD = build
OUT = figures
CORPUS =
ROWS = pca-3000 spectral-3000-short spectral-3000-long spectral-3000-few notebook-3000 pca-22050 \
       spectral-22050
# new clips from the prior of each model
SAMPLES = 20
SEED = 123
JOBS := $(shell nproc 2>/dev/null || echo 2)
FOLDER = $(or $(CORPUS),$(OUT)/jazz)

SHELL = /bin/bash
.SHELLFLAGS = -e -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
THIS := $(lastword $(MAKEFILE_LIST))
HERE := $(dir $(THIS))
export PATH := $(abspath $(BUILD)):$(PATH)
export LC_ALL = C

# ---- what is trained: rate, training clips, options of cv-train
# On 80 clips of 30 s an epoch takes 110 steps at 3 kHz and 101 at 22.05 kHz; the notebook has 13 clips.
# More epochs of its network run away, see cv(7).
pca-3000 = 3000 train -N spectral -e 0
spectral-3000-short = 3000 train -N spectral -e 9
spectral-3000-long = 3000 train -N spectral -e 27
spectral-3000-few = 3000 few -N spectral -e 83
notebook-3000 = 3000 train -N notebook -e 5
pca-22050 = 22050 train -N spectral -e 0
spectral-22050 = 22050 train -N spectral -e 34
rate = $(firstword $($1))
clips = $(word 2,$($1))
options = $(wordlist 3,99,$($1))

# ---- what they should reach on the composed corpus: msls dB, SC, mel-FD of reconstructions and of new clips
reach-pca-3000 = 4.35 .43 - -
reach-spectral-3000-short = 4.05 .32 - -
reach-spectral-3000-long = 3.85 .285 450 5500
reach-spectral-3000-few = 4.9 - - -
reach-notebook-3000 = - - - -
reach-pca-22050 = - - - -
reach-spectral-22050 = 4.0 .39 1200 -

# One model after the other: each uses all processors itself.
figures: ready
	@$(MAKE) --no-print-directory -f $(THIS) $(OUT)/FIGURES
	@cat $(OUT)/FIGURES

ready:
	@for p in cv-load cv-train cv-encode cv-decode cv-sample cv-check cv-eval cv-info; do \
	   command -v $$p > /dev/null || { echo "figures: $$p is not there: run 'make' first" >&2; exit 1; }; done
	@test -z '$(CORPUS)' -o -d '$(CORPUS)' || { echo "figures: CORPUS=$(CORPUS) is not a folder" >&2; exit 1; }
	@for r in $(ROWS); do case ' $(foreach r,$(ROWS),$(if $($r),$r)) ' in *" $$r "*) ;; \
	   *) echo "figures: ROWS names '$$r', which is none of them: see $(THIS)" >&2; exit 1 ;; esac; done

# ---- the corpus: files in order of their names, every fifth and last part held out
$(OUT)/jazz/.rendered:
	@mkdir -p $(@D)
	@$(MAKE) --no-print-directory -j$(JOBS) -f $(HERE)demo.mk ready clips BUILD=$(BUILD) JAZZ=$(OUT)/jazz \
	   OUT=$(OUT)/demo COUNT=100 SEED=$(SEED)
	@touch $@
$(OUT)/all.list: $(if $(CORPUS),,$(OUT)/jazz/.rendered)
	@mkdir -p $(@D)
	@find '$(FOLDER)' -maxdepth 1 -type f ! -name '.*' -print0 | sort -z > $@
	@n=$$(tr -dc '\0' < $@ | wc -c); test $$n -ge 5 || { \
	   echo "figures: $$n files in $(FOLDER), at least 5 are needed" >&2; exit 1; }
held = n=$$(tr -dc '\0' < $(OUT)/all.list | wc -c); held=$$(( (n + 4) / 5 ))
$(OUT)/train.list: $(OUT)/all.list
	@$(held); head -z -n -$$held $< > $@
$(OUT)/test.list: $(OUT)/all.list
	@$(held); tail -z -n $$held $< > $@
$(OUT)/few.list: $(OUT)/train.list
	@head -z -n 13 $< > $@

# ---- streams: NAME-RATE.cvs
define stream
$(OUT)/%-$1.cvs: $(OUT)/%.list
	cv-load -q -r $1 -0 < $$< > $$@.part
	@mv $$@.part $$@
endef
$(foreach r,3000 22050,$(eval $(call stream,$r)))

# ---- a model and its figures
define model
$(OUT)/$1.bin: $(OUT)/$(call clips,$1)-$(call rate,$1).cvs
	cv-train -q -s $(SEED) $(call options,$1) --log $(OUT)/$1.log < $$< > $$@.part
	@mv $$@.part $$@
$(OUT)/$1.eval: $(OUT)/$1.bin $(OUT)/test-$(call rate,$1).cvs
	cv-eval -q --json $$< < $(OUT)/test-$(call rate,$1).cvs > $$@.part
	@mv $$@.part $$@
$(OUT)/$1.rebuilt: $(OUT)/$1.bin $(OUT)/test-$(call rate,$1).cvs
	cv-encode -q -m $$< < $(OUT)/test-$(call rate,$1).cvs | cv-decode -q $$< | \
	   $(call compare,$1) > /dev/null
	@mv $$@.part $$@
$(OUT)/$1.new: $(OUT)/$1.bin $(OUT)/test-$(call rate,$1).cvs
	cv-sample -q -n $(SAMPLES) -s $(SEED) -m $$< | cv-decode -q $$< | \
	   $(call compare,$1) > /dev/null
	@mv $$@.part $$@
endef
compare = cv-check -q -j -r $(OUT)/test-$(call rate,$1).cvs -l all=: -w all=: 2> $$@.part
$(foreach m,$(ROWS),$(eval $(call model,$m)))

# ---- the table
MEASURED = $(foreach m,$(ROWS),$(OUT)/$m.eval $(OUT)/$m.rebuilt $(OUT)/$m.new)

# number KEY PATH...: the value of KEY in the innermost of the objects named, as "null" or a number
define AWK
function number(text, path,    keys, n, i, at) {
    n = split(path, keys, " ")
    for (i = 1; i <= n; i++) {
        at = index(text, "\"" keys[i] "\":")
        if (!at) return "-"
        text = substr(text, at + length(keys[i]) + 3)
    }
    return match(text, /^-?[0-9.]+(e[-+]?[0-9]+)?/) ? substr(text, 1, RLENGTH) + 0 : "-"
}
function slurp(file,    all, line) {
    while ((getline line < file) > 0) all = all line
    close(file)
    return all
}
function cell(value, format, width) {
    return sprintf("%*s", width, value == "-" ? "-" : sprintf(format, value))
}
function over(value, bound) { return bound != "-" && (value == "-" || value + 0 > bound + 0) }
function row(name, msls, sc, rhythm, rebuilt, interval, fresh, level, beat, note,    line) {
    line = sprintf("%-22s", name) cell(msls, "%.2f", 6) cell(sc, "%.3f", 7) cell(rhythm, "%.3f", 8) \
        cell(rebuilt, "%.0f", 8) sprintf("%14s", interval) cell(fresh, "%.0f", 9) cell(level, "%.3f", 7) \
        cell(beat, "%.3f", 8) "  " note
    sub(/ +$$/, "", line)
    print line
}
function beside_row(name, msls, sc, rhythm, fd) { row(name, msls, sc, rhythm, fd, "-", "-", "-", "-", "") }
function level(text,    db) {
    db = number(text, "total mean rms")
    return db == "-" ? "-" : 10 ^ (db / 20)
}
BEGIN {
    count = split(rows, r, " ")
    print "held-out clips        --- reconstructions ------------------------ --- new clips --------"
    print "                        msls     SC  rhythm  mel-FD 95 % interval   mel-FD    RMS  rhythm  within"
    for (i = 1; i <= count; i++) {
        e = slurp(out "/" r[i] ".eval"); b = slurp(out "/" r[i] ".rebuilt"); s = slurp(out "/" r[i] ".new")
        split(ENVIRON["reach_" i], want, " ")
        m = number(e, "reconstruction msls"); c = number(e, "reconstruction sc")
        f = number(b, "comparison clips fd"); n = number(s, "comparison clips fd")
        bad = over(m, want[1]) || over(c, want[2]) || over(f, want[3]) || over(n, want[4])
        note = want[1] " " want[2] " " want[3] " " want[4]
        note = corpus != "" || note == "- - - -" ? "" : note (bad ? ": NO" : ": yes")
        low = number(b, "comparison clips fd_low"); high = number(b, "comparison clips fd_high")
        interval = low == "-" ? "-" : sprintf("%.0f-%.0f", low, high)
        row(r[i], m, c, number(e, "reconstruction rhythm"), f, interval, n, level(s),
            number(s, "total mean rhythm"), note)
        rate = r[i] ~ /22050/ ? 22050 : 3000
        if (!(rate in first)) { first[rate] = e; beside[rate] = b; rates[++kinds] = rate }
    }
    for (i = 1; i <= kinds; i++) {
        e = first[rates[i]]; b = beside[rates[i]]
        print "beside them, " rates[i] " Hz"
        beside_row("  the clips themselves", "-", "-", number(e, "original rhythm"), "-")
        beside_row("  mean spectrum", number(e, "mean_spectrum msls"), number(e, "mean_spectrum sc"),
            number(e, "mean_spectrum rhythm"), "-")
        beside_row("  silence", number(e, "silence msls"), number(e, "silence sc"), "-", "-")
        beside_row("  one half, other [1]", "-", "-", "-", number(b, "comparison halves fd"))
        beside_row("  random phases", "-", "-", "-", number(b, "comparison random_phase fd"))
        beside_row("  white noise", "-", "-", "-", number(b, "comparison white_noise fd"))
    }
    print "[1] one half of the held-out clips against the other: halves are smaller than the whole"
    if (corpus == "")
        print "within: msls, SC, mel-FD of reconstructions and of new clips should be at most this"
}
endef
export AWK

$(OUT)/FIGURES: $(MEASURED) $(THIS)
	@i=0; $(foreach m,$(ROWS),i=$$((i + 1)); export reach_$$i='$(reach-$m)';) \
	 awk -v rows='$(ROWS)' -v out='$(OUT)' -v corpus='$(CORPUS)' "$$AWK" > $@.part
	@mv $@.part $@

clean-figures:
	rm -rf '$(OUT)'

.PHONY: figures ready clean-figures

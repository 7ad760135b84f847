# figures.mk: trains on four fifths of a corpus and measures on the rest, in two tables: models, and their priors.
#
#   make -f pipelines/figures.mk                           (what `make figures` runs when everything is built)
#   make -f pipelines/figures.mk CORPUS=~/gtzan/genres_original/jazz ROWS='pca-3000 spectral-3000-beat'
#   make -f pipelines/figures.mk ROWS='pca-22050 spectral-22050 spectral-22050-beat'
#
# The second table has the priors of those models that ROWS names; PRIORS names some of them. At 3 kHz it takes a
# quarter of an hour on two cores, at 22.05 kHz twice that.
# Without CORPUS 100 clips are composed and rendered first, as in the demo. Every file is a target of its own:
# what is there is not made again, and after an interruption it goes on. The table is also in OUT/FIGURES.
BUILD = build
OUT = figures
CORPUS =
ROWS = pca-3000 spectral-3000-short spectral-3000-long spectral-3000-few notebook-3000 spectral-3000-beat
PRIORS = $(foreach p,$(KINDS),$(if $(filter $(model-of),$(ROWS)),$p))
# new clips of each model, and of each prior with each of the seeds
SAMPLES = 20
PRIOR_SAMPLES = 40
PRIOR_SEEDS = 1 2
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
# On 80 clips of 30 s an epoch takes 110 steps at 3 kHz and 101 at 22.05 kHz, of frames that follow the beat 93;
# the notebook has 13 clips. More epochs of its network run away, see cv(7).
pca-3000 = 3000 train -N spectral --frames fixed -e 0
spectral-3000-short = 3000 train -N spectral --frames fixed -e 9
spectral-3000-long = 3000 train -N spectral --frames fixed -e 27
spectral-3000-few = 3000 few -N spectral --frames fixed -e 83
notebook-3000 = 3000 train -N notebook -e 5
spectral-3000-beat = 3000 train -N spectral --frames beat -e 20
pca-22050 = 22050 train -N spectral --frames fixed -e 0
spectral-22050 = 22050 train -N spectral --frames fixed -e 34
spectral-22050-beat = 22050 train -N spectral --frames beat -e 20
rate = $(firstword $($1))
clips = $(word 2,$($1))
options = $(wordlist 3,99,$($1))

# ---- what they should reach on the composed corpus: of reconstructions at most that msls in dB, SC and mel-FD,
# at least that rhythm; of new clips at most that mel-FD
reach-pca-3000 = 4.35 .48 - - -
reach-spectral-3000-short = 4.05 .35 - - -
reach-spectral-3000-long = 3.85 .33 450 - 5500
reach-spectral-3000-few = 4.9 - - - -
reach-notebook-3000 = - - - - -
reach-spectral-3000-beat = 3.9 - 300 .54 -
reach-pca-22050 = - - - - -
reach-spectral-22050 = 4.0 .45 1200 - -
reach-spectral-22050-beat = - - - - -

# ---- what new clips come from: a model, options of cv-decode
KINDS = normal-fixed var normal beat bank bank-any bank-half notebook \
        normal-fixed-22050 var-22050 normal-22050 beat-22050 bank-22050 bank-any-22050 bank-half-22050
from-normal-fixed = spectral-3000-long --prior normal
from-var = spectral-3000-long --prior var
from-normal = spectral-3000-beat --prior normal
from-beat = spectral-3000-beat --prior beat
from-bank = spectral-3000-beat --prior bank
from-bank-any = spectral-3000-beat --prior bank --nearest 0
from-bank-half = spectral-3000-beat --prior bank --jump 0.5
from-notebook = notebook-3000
from-normal-fixed-22050 = spectral-22050 --prior normal
from-var-22050 = spectral-22050 --prior var
from-normal-22050 = spectral-22050-beat --prior normal
from-beat-22050 = spectral-22050-beat --prior beat
from-bank-22050 = spectral-22050-beat --prior bank
from-bank-any-22050 = spectral-22050-beat --prior bank --nearest 0
from-bank-half-22050 = spectral-22050-beat --prior bank --jump 0.5
model-of = $(firstword $(from-$p))

# ---- what they should reach: mel-FD at most, rhythm and beatcon at least, copied at most, RMS from-to
reach-prior-beat = 5000 .5 .4 .01 -
reach-prior-bank = 3000 .55 .48 .10 .10-.14

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
	@for p in $(PRIORS); do case ' $(KINDS) ' in *" $$p "*) ;; \
	   *) echo "figures: PRIORS names '$$p', which is none of them: see $(THIS)" >&2; exit 1 ;; esac; done

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
MODELS = $(sort $(ROWS) $(foreach p,$(PRIORS),$(model-of)))
$(foreach m,$(MODELS),$(eval $(call model,$m)))

# ---- new clips of a prior, a seed each: beside the held-out clips, and beside those of training, which they may
# have copied; the second comparison is named "training" in the figures
define prior
$(OUT)/prior-$1-$2: $(OUT)/$3.bin $(OUT)/train-$4.cvs $(OUT)/test-$4.cvs
	cv-sample -q -n $(PRIOR_SAMPLES) -s $2 -m $$< | cv-decode -q $5 $$< | \
	   $(call compare,$3) | \
	   cv-check -q -j -r $(OUT)/train-$4.cvs --held-out $(OUT)/test-$4.cvs -l all=: -w all=: > /dev/null 2> $$@.near
	@sed -n 's/^{"comparison"/{"training"/p' $$@.near >> $$@.part
	@rm $$@.near
	@mv $$@.part $$@
endef
$(foreach p,$(PRIORS),$(foreach s,$(PRIOR_SEEDS),$(eval $(call \
   prior,$p,$s,$(model-of),$(call rate,$(model-of)),$(wordlist 2,99,$(from-$p))))))

# the clips of training beside the held-out ones, and these themselves
$(foreach r,3000 22050,$(eval real-$r = $r))
define real
$(OUT)/real-$1-$2: $(OUT)/$1-$2.cvs $(OUT)/test-$2.cvs
	$(call compare,real-$2) < $$< > /dev/null
	@mv $$@.part $$@
endef
$(foreach r,3000 22050,$(foreach s,train test,$(eval $(call real,$s,$r))))
PRIOR_RATES = $(sort $(foreach p,$(PRIORS),$(call rate,$(model-of))))

# ---- the table
MEASURED = $(foreach m,$(ROWS),$(OUT)/$m.eval $(OUT)/$m.rebuilt $(OUT)/$m.new) \
           $(foreach p,$(PRIORS),$(PRIOR_SEEDS:%=$(OUT)/prior-$p-%)) \
           $(foreach r,$(PRIOR_RATES),$(OUT)/real-train-$r $(OUT)/real-test-$r)

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
function under(value, bound) { return bound != "-" && (value == "-" || value + 0 < bound + 0) }
# "targets: yes" or "targets: NO"; nothing where there is no target, or the corpus is another
function verdict(targets, bad) {
    return corpus != "" || targets ~ /^[- ]*$$/ ? "" : targets (bad ? ": NO" : ": yes")
}
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
# an RMS as it is printed: many clips have just .1
function shown(rms) { return rms == "-" ? "-" : sprintf("%.3f", rms) }
# of two numbers, either of which may be missing
function plus(a, b) { return a == "-" || b == "-" ? "-" : a + b }
function prior_row(name, v, note,    line) {
    line = sprintf("%-22s", name) cell(v["fd"], "%.0f", 7) cell(v["fdl"], "%.0f", 8) cell(v["rhythm"], "%.3f", 8) \
        cell(v["beatcon"], "%.3f", 9) cell(v["rms"], "%.3f", 7) cell(v["flatness"], "%.3f", 10) \
        cell(v["copied"], "%.3f", 8) cell(v["nearest"], "%.2f", 9) "  " note
    sub(/ +$$/, "", line)
    print line
}
# the figures of a file, set being what is looked at; near: "training near", or what else holds copied and nearest
function prior_read(file, set, near, v,    text) {
    text = slurp(out "/" file)
    v["fd"] = number(text, "comparison " set " fd")
    v["fdl"] = number(text, "comparison " set " fdl")
    v["rhythm"] = number(text, "total mean rhythm")
    v["beatcon"] = number(text, "total mean beatcon")
    v["rms"] = level(text)
    v["flatness"] = number(text, "total mean flatness")
    v["copied"] = near == "" ? "-" : number(text, near " copied")
    v["nearest"] = near == "" ? "-" : number(text, near " nearest")
}
function priors_table(    i, s, k, n, m, p, seed, rate, v, one, want, range, bad) {
    n = split(priors, p, " ")
    m = split(seeds, seed, " ")
    print ""
    print "new clips             mel-FD     fdl  rhythm  beatcon    RMS  flatness  copied  nearest  within"
    for (i = 1; i <= n; i++) {
        for (s = 1; s <= m; s++) {
            prior_read("prior-" p[i] "-" seed[s], "clips", "training near", one)
            for (k in one)
                v[k] = s == 1 ? one[k] : plus(v[k], one[k])
        }
        for (k in v)
            v[k] = v[k] == "-" ? "-" : v[k] / m
        if (split(ENVIRON["reach_prior_" i], want, " ") < 5)
            split("- - - - -", want, " ")
        if (split(want[5], range, "-") < 2 || range[2] == "")
            range[1] = range[2] = "-"
        bad = over(v["fd"], want[1]) || under(v["rhythm"], want[2]) || under(v["beatcon"], want[3]) || \
            over(v["copied"], want[4]) || under(shown(v["rms"]), range[1]) || over(shown(v["rms"]), range[2])
        prior_row(p[i], v, verdict(want[1] " " want[2] " " want[3] " " want[4] " " want[5], bad))
    }
    n = split(prior_rates, rate, " ")
    for (i = 1; i <= n; i++) {
        print "beside them, " rate[i] " Hz"
        prior_read("real-train-" rate[i], "clips", "", v)
        prior_row("  clips of training", v, "")
        prior_read("real-test-" rate[i], "halves", "", v)
        for (s = 1; s <= split(priors, p, " "); s++)   # what is held out is the same for all of a rate
            if ((p[s] ~ /22050/) == (rate[i] == 22050))
                break
        one["text"] = slurp(out "/prior-" p[s] "-" seed[1])
        v["copied"] = number(one["text"], "training near_held_out copied")
        v["nearest"] = number(one["text"], "training near_held_out nearest")
        prior_row("  held-out clips [2]", v, "")
    }
    print "means of " m " seeds, " samples " clips each; beatcon: of the clips that state a beat or in which one is found;"
    print "copied: of windows of 2 s, the share that is nearer to one of training than the 1st percentile of held-out"
    print "ones are; nearest: the median distance to those, dB"
    print "[2] mel-FD and fdl are those of one half against the other, as in [1]"
    if (corpus == "")
        print "within: mel-FD at most, rhythm and beatcon at least, copied at most, RMS in that range"
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
        h = number(e, "reconstruction rhythm")
        bad = over(m, want[1]) || over(c, want[2]) || over(f, want[3]) || under(h, want[4]) || over(n, want[5])
        note = verdict(want[1] " " want[2] " " want[3] " " want[4] " " want[5], bad)
        low = number(b, "comparison clips fd_low"); high = number(b, "comparison clips fd_high")
        interval = low == "-" ? "-" : sprintf("%.0f-%.0f", low, high)
        row(r[i], m, c, h, f, interval, n, level(s),
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
        print "within: msls, SC, mel-FD of reconstructions at most, their rhythm at least, mel-FD of new clips at most"
    if (priors != "")
        priors_table()
}
endef
export AWK

# made anew each time: it depends on which rows are asked for
$(OUT)/FIGURES: $(MEASURED) $(THIS) FORCE
	@i=0; $(foreach m,$(ROWS),i=$$((i + 1)); export reach_$$i='$(reach-$m)';) \
	 i=0; $(foreach p,$(PRIORS),i=$$((i + 1)); export reach_prior_$$i='$(reach-prior-$p)';) \
	 awk -v rows='$(ROWS)' -v out='$(OUT)' -v corpus='$(CORPUS)' -v priors='$(PRIORS)' -v seeds='$(PRIOR_SEEDS)' \
	   -v prior_rates='$(PRIOR_RATES)' -v samples='$(PRIOR_SAMPLES)' "$$AWK" > $@.part
	@mv $@.part $@

clean-figures:
	rm -rf '$(OUT)'

FORCE:
.PHONY: figures ready clean-figures FORCE

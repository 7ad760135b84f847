# demo.mk: composes 100 clips of jazz, renders them, trains a model on them, makes new ones, and a page to hear it all.
#
#   make -f pipelines/demo.mk            (what `make demo` runs when everything is built)
#   make -f pipelines/demo.mk MUSIC=~/music                     the same with all recordings in a folder, into demo-music
#   make -f pipelines/demo.mk watch      what becomes of one noise while the model learns, as a moving picture
#   make -f pipelines/demo.mk watch COUNT=0 JAZZ=~/wavs OUT=mine        the same for a folder of your own
#
# Every file is a target of its own: what is there is not made again, and after an interruption it goes on.
BUILD = build
# a folder of recordings, with folders in it; empty: the jazz that is composed
MUSIC =
FOLDER = '$(subst ','\'',$(MUSIC))'
OUT = $(if $(MUSIC),demo-music,demo)
JAZZ = jazz
COUNT = 100
SEED = 123
# empty: as many as cv-train finds right
EPOCHS =
# how recordings are read: 'cv-load -r 3000' is less than half the work
LOAD = cv-load
JOBS := $(shell nproc 2>/dev/null || echo 2)
SF_FOLDERS = /usr/share/sounds/sf2 /usr/share/soundfonts /usr/local/share/soundfonts /usr/share/sounds/sf3
SF_NAMES = TimGM6mb.sf2 default-GM.sf2 default.sf2 FluidR3_GM.sf2 default-GM.sf3
SOUNDFONT = $(firstword $(wildcard $(foreach d,$(SF_FOLDERS),$(SF_NAMES:%=$d/%))))
GAIN = 0.6
FLUIDSYNTH = fluidsynth -ni -q -r 44100 -g $(GAIN) -o synth.chorus.active=0 -O float -T wav

SHELL = /bin/bash
.SHELLFLAGS = -e -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
THIS := $(lastword $(MAKEFILE_LIST))
export PATH := $(abspath $(BUILD)):$(PATH)

CLIPS := $(if $(MUSIC),,$(shell seq -f $(JAZZ)/jazz.%05.0f.wav 0 $$(($(COUNT) - 1))))
READ = $(LOAD) $(if $(MUSIC),-R $(FOLDER),$(JAZZ)/*.wav)
# another folder is another model
NAMED := $(OUT)/.music-$(word 1,$(shell printf %s $(FOLDER) | cksum))
MIDI = $(OUT)/midi
COMPOSED = $(MIDI)/.seed-$(SEED)-count-$(COUNT)
ALL = $(addprefix $(OUT)/,report.html data.png samples.png held-out.png reconstructions.png latent.png beside.png samples/.made \
        held-out/.made reconstructions/.made)

# on all cores, unless the caller said how many
demo: ready
	@case " $$MAKEFLAGS" in *' -j'*|*jobserver*) jobs= ;; *) jobs=-j$(JOBS) ;; esac; \
	 $(MAKE) --no-print-directory $$jobs -f $(THIS) all
	@$(MAKE) --no-print-directory -f $(THIS) told
all: $(ALL)
clips: $(CLIPS)

ready:
	@mkdir -p $(OUT)
	@for p in $(if $(MUSIC),,compose) cv-load cv-batch cv-train cv-encode cv-decode cv-sample cv-towav cv-plot \
	   cv-info cv-report; do \
	   command -v $$p > /dev/null || { echo "demo: $$p is not there: run 'make' first" >&2; exit 1; }; done
	@test -z $(FOLDER) || test -d $(FOLDER) || { echo demo: MUSIC=$(FOLDER)": there is no such folder" >&2; exit 1; }
	@test $(FOLDER) || command -v fluidsynth > /dev/null || { echo "demo: fluidsynth is not there:" \
	   "install the package fluidsynth, or put clips of your own into $(JAZZ)/" >&2; exit 1; }
	@test $(FOLDER) || test -r '$(SOUNDFONT)' || { echo "demo: no soundfont: install the package timgm6mb-soundfont," \
	   "or name a file: make demo SOUNDFONT=/path/to/some.sf2" >&2; exit 1; }

# ---- the recordings: 30 s, 22050 Hz, mono
$(COMPOSED):
	compose -s $(SEED) -n $(COUNT) -o $(MIDI)
	@touch $@
$(JAZZ)/%.wav: | $(COMPOSED)
	@mkdir -p $(JAZZ) $(OUT)/render
	@echo "rendering $@"
	@$(FLUIDSYNTH) -F $(OUT)/render/$*.wav $(SOUNDFONT) $(MIDI)/$*.mid > $(OUT)/render/$*.log 2>&1 \
	   || { echo "demo: fluidsynth failed:" >&2; cat $(OUT)/render/$*.log >&2; exit 1; }
	@cv-load -q -r 22050 -d 30 $(OUT)/render/$*.wav | cv-towav -q -n -o $(JAZZ)
	@rm -f $(OUT)/render/$*.wav $(OUT)/render/$*.log; touch $@

$(NAMED): always
	@test -e $@ || { mkdir -p $(@D); rm -f $(@D)/.music-*; touch $@; }

# ---- the two lines of the README
$(OUT)/model.bin: $(CLIPS) $(NAMED)
	$(if $(MUSIC),,@echo 'training on $(COUNT) clips: a minute or two')
	$(READ) | cv-train $(EPOCHS:%=-e %) > $@.part
	@mv $@.part $@
$(OUT)/samples/.made: $(OUT)/model.bin
	cv-sample -n 10 | cv-decode $< | cv-towav -n -o $(@D)
	@touch $@

# ---- clips that a model has not heard, and what it makes of them
$(OUT)/all.cvs: $(CLIPS) $(NAMED)
	$(READ) > $@.part
	@mv $@.part $@
# by track; where tracks are too few for that, each of them in time
$(OUT)/split: $(OUT)/all.cvs
	@for by in '' --by-time '--by-time --share 0.5'; do \
	   sides=; for side in train test; do cv-batch -q --take $$side $$by -b 1 -B 1 < $< | cv-info --json \
	   | grep -c '"clips": *[1-9]' > /dev/null && sides=+$$sides; done; \
	   test "$$sides" != ++ || { echo "$$by" > $@; exit; }; done; \
	 echo "demo: too little music: no clip can be held out" >&2; exit 1
$(OUT)/train.cvs $(OUT)/test.cvs: $(OUT)/%.cvs: $(OUT)/all.cvs $(OUT)/split
	cv-batch --take $* $$(< $(OUT)/split) -b 1 -B 1 < $< > $@.part
	@mv $@.part $@
$(OUT)/split.bin: $(OUT)/train.cvs $(OUT)/test.cvs
	cv-train -q $(EPOCHS:%=-e %) -t $(OUT)/test.cvs --log $(OUT)/split.jsonl < $< > $@.part
	@mv $@.part $@
$(OUT)/reconstructions.cvs: $(OUT)/split.bin $(OUT)/test.cvs
	cv-encode -m $< < $(OUT)/test.cvs | cv-decode $< > $@.part
	@mv $@.part $@
$(OUT)/reconstructions/.made: $(OUT)/reconstructions.cvs
	cv-towav -q -o $(@D) < $<
	@touch $@
$(OUT)/held-out/.made: $(OUT)/test.cvs
	cv-towav -q -o $(@D) < $<
	@touch $@

# ---- a page to hear it
$(OUT)/report.html: $(OUT)/split.bin $(OUT)/test.cvs
	cv-report -q --held-out $(OUT)/test.cvs $< > $@.part
	@mv $@.part $@

# ---- pictures; the drawing program reads one page of clips and leaves the rest of the stream
$(OUT)/data.png: $(OUT)/all.cvs
	cv-plot -q -g 4x4 -t 'The recordings' -o $@ < $<
$(OUT)/held-out.png: $(OUT)/test.cvs
	cv-plot -q --kind spectrogram -g 2x3 -t 'Held-out clips' -o $@ < $<
$(OUT)/reconstructions.png: $(OUT)/reconstructions.cvs
	cv-plot -q --kind spectrogram -g 2x3 -t 'Held-out clips, encoded and decoded' -o $@ < $<
$(OUT)/samples.png: $(OUT)/model.bin
	cv-sample -n 6 | cv-decode $< | cv-plot --kind spectrogram -g 2x3 -t 'New clips, from the prior' -o $@
$(OUT)/latent.png: $(OUT)/all.cvs $(OUT)/model.bin
	cv-encode -m $(OUT)/model.bin < $< | cv-plot -q -t 'The latent plane' -o $@
# man/demo.png: cv-load names a clip after its file
$(OUT)/beside.png: $(OUT)/held-out/.made $(OUT)/reconstructions/.made $(OUT)/samples/.made
	@mkdir -p $(OUT)/beside
	@first() { set -- "$$2" $(OUT)/$$1/*.wav; cp "$$2" "$(OUT)/beside/$$1.wav"; }; \
	 first held-out 'held out'; first reconstructions 'encoded and decoded'; first samples new
	@cd $(OUT)/beside; $(LOAD) -q 'held out.wav' 'encoded and decoded.wav' new.wav | \
	 cv-plot -q --kind spectrogram -g 1x3 -W 900 -o ../beside.png

# ---- watch it learn: the same noise, decoded by the model of each epoch
# another program may have that name
moving:
	@[[ $$(apngasm < /dev/null 2>&1) == *'APNG Assembler'* ]] || \
	 { echo "watch: a picture that moves needs apngasm: apt-get install apngasm" >&2; exit 1; }
$(OUT)/watch/model.bin: $(CLIPS) $(NAMED) | moving
	@mkdir -p $(@D); rm -f $(@D)/epoch-*
	$(READ) | cv-train $(EPOCHS:%=-e %) --snapshot $(@D) > $@.part
	@mv $@.part $@
$(OUT)/watch.png: $(OUT)/watch/model.bin | moving
	cv-sample -n 2 > $(<D)/noise.cvs
	@for model in $(<D)/epoch-*.cvm; do \
	   page=$${model%.cvm}; cv-decode -q $$model < $(<D)/noise.cvs \
	   | cv-plot -q --kind spectrogram -g 1x2 -t "Epoch $${page##*-}" -o $$page.png; done
	apngasm $@.part '$(<D)/epoch-*.png' 1 2 > /dev/null
	@mv $@.part $@
watch: $(OUT)/watch.png
	@echo "$< is a picture that moves: open it in a browser"

told:
	@echo
	@echo "  $(OUT)/report.html           open this in a browser: new clips, held-out clips and their reconstructions,"
	@echo "                             how good the model is, and a listening test"
	@echo
	@echo "Made from $(if $(MUSIC),the recordings in "$(FOLDER)":,$(words $(CLIPS)) clips of jazz in $(JAZZ)/ (22050 Hz, composed as MIDI in $(MIDI)/):)"
	@echo "  $(OUT)/model.bin             the model, trained on all of them"
	@echo "  $(OUT)/samples/*.wav         10 new clips"
	@echo "  $(OUT)/held-out/*.wav        clips that a second model, $(OUT)/split.bin, was not trained on,"
	@echo "  $(OUT)/reconstructions/*.wav  and what it makes of them"
	@echo "  $(OUT)/*.png                 data.png samples.png held-out.png reconstructions.png latent.png beside.png"
	@echo "To listen without a browser:"
	@for p in 'play -q' aplay 'ffplay -nodisp -autoexit -loglevel error' 'mpv --no-video' paplay; do \
	   ! command -v $${p%% *} > /dev/null || { player=$$p; break; }; done; \
	 for f in $(if $(MUSIC),,$(JAZZ)/jazz.00003.wav) $(OUT)/samples/sample-00.wav; do \
	   echo "  $${player:-(your player)} $$f"; done; \
	 test "$$player" || echo "  (any player will do; sox has 'play', alsa-utils has 'aplay')"

clean-demo:
	rm -rf '$(OUT)'

.PHONY: always demo all clips watch moving ready told clean-demo

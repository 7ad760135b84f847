# notebook.mk: what the notebook does with a folder of recordings of one genre, as pipes.
#
#   make -f pipelines/notebook.mk GENRE=~/gtzan/genres_original/jazz
#
# The folder's audio files, sorted by name, are numbered from 0; TRAIN and TEST are the notebook's numbers.
# Everything is written into OUT and made again only when what it comes from has changed.
GENRE =
OUT = notebook-$(shell basename -- '$(subst ','\'',$(GENRE))' | tr -c 'A-Za-z0-9._\n-' _)
TRAIN = 0 52 19 39 71 12 75 85 3 45 24 46 88
TEST = 4 43 56 55 45 31 11 13 70 37 21 78
EPOCHS = 20
BATCH = 10
SEED = 123
RATE = 3000
# 30 seconds counted with both ends, as the notebook does: 90001
SAMPLES = $(shell echo $$((30 * $(RATE) + 1)))
BUILD = $(dir $(lastword $(MAKEFILE_LIST)))../build

THIS := $(lastword $(MAKEFILE_LIST))
SHELL = /bin/bash
.SHELLFLAGS = -e -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
export GENRE
export PATH := $(abspath $(BUILD)):$(PATH)
O := $(OUT)
EPOCH := $(shell seq -f %04.0f 0 $(EPOCHS))
PAGES = $(EPOCH:%=$(O)/epochs/%.png)

notebook: $(addprefix $(O)/,elbo.txt train.png latent.png from-test.png from-prior.png) \
          $(O)/from-test/.made $(O)/from-prior/.made $(PAGES) $(O)/epochs.png
	@echo; echo "In $(O)/:"
	@echo "  model.bin, snapshots/     the model, and after each epoch; train.jsonl and elbo.txt are the log"
	@echo "  train.png epochs/*.png    waveforms of the data, and of one test batch decoded after each epoch"
	@echo "  epochs.png                these pages one after the other, for a browser"
	@echo "  latent.png                the latent plane of all clips"
	@echo "  from-test/ from-prior/    new clips: test clips encoded and decoded, and draws from the prior"

ifneq ($(words $(O)),1)
$(error OUT is '$(OUT)': name one directory, without spaces)
endif

# ---- which files: number, size, time and name, so that a list changes when its files do
FORCE:
NEW = cmp -s $@.part $@ && rm $@.part || mv $@.part $@
$(O)/settings: FORCE | $(O)/all.list
	@echo 'epochs $(EPOCHS) batch $(BATCH) seed $(SEED)' > $@.part; $(NEW)
$(O)/rate: FORCE | $(O)/all.list
	@echo '$(RATE)' > $@.part; $(NEW)
$(O)/all.list: FORCE
	@command -v cv-train > /dev/null || { echo "notebook: cv-train is not there: run 'make' first," \
	   "or name the directory: BUILD=/path/to/build" >&2; exit 1; }
	@genre=$${GENRE/#\~\//$$HOME/}; \
	 test "$$genre" || { \
	   echo "notebook: name a folder: make -f $(THIS) GENRE=~/gtzan/genres_original/jazz" >&2; exit 1; }; \
	 test -d "$$genre" || { echo "notebook: $$genre: there is no such folder" >&2; exit 1; }; \
	 mkdir -p $(O); \
	 find -L "$$genre" -maxdepth 1 -type f ! -name '.*' ! -name $$'*\n*' -regextype posix-extended \
	   -iregex '.*\.(wav|au|snd|aiff?|flac|ogg|oga|opus|mp3|w64|caf)' -printf '%s\t%T@\t%p\n' \
	   | LC_ALL=C sort -t $$'\t' -k 3 > $@.part; \
	 n=$$(wc -l < $@.part); missing=; \
	 for i in $$(printf '%s\n' $(TRAIN) $(TEST) | sort -nu); do \
	   most=$$i; test "$$i" -lt "$$n" || missing+=" $$i"; done; \
	 if test "$$missing"; then rm -f $@.part; rmdir $(O) 2> /dev/null || :; \
	   echo "notebook: $$genre: holds $$n audio files, the track lists want at least $$((most + 1)):" \
	     "there is no track$$missing (counted from 0);" \
	     "give a fuller folder, or lists: TRAIN='0 1 2' TEST='3 4'" >&2; \
	   exit 1; fi; \
	 $(NEW)
$(O)/train.list $(O)/test.list: $(O)/all.list FORCE
	@for i in $(if $(filter %train.list,$@),$(TRAIN),$(TEST)); do \
	   sed -n "$$((i + 1))p" $<; done > $@.part; $(NEW)
NAMES = cut -f 3-

# ---- load and train
$(O)/train.cvs $(O)/test.cvs: %.cvs: %.list $(O)/rate
	$(NAMES) $< | cv-load -r $(RATE) -n $(SAMPLES) -@ > $@.part
	@mv $@.part $@
$(O)/model.bin: $(O)/train.cvs $(O)/test.cvs $(O)/settings
	@rm -rf $(O)/snapshots $(O)/epochs
	cv-train -N notebook -e $(EPOCHS) -s $(SEED) -b $(BATCH) --buffer 3 -t $(O)/test.cvs \
	   --snapshot $(O)/snapshots --log $(O)/train.jsonl < $< > $@.part
	@test -e $(O)/snapshots/epoch-$(lastword $(EPOCH)).cvm || { rm -f $@.part; \
	   echo "notebook: training was stopped before epoch $(EPOCHS): run make again" >&2; exit 1; }
	@mv $@.part $@
$(O)/elbo.txt: $(O)/model.bin
	@awk 'function get(key) { return match($$0, "\"" key "\": *[^,}]*") ? \
	        substr($$0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 : "unknown" } \
	      { print "Epoch: " get("epoch") ", Test set ELBO: " get("test_elbo") \
	              ", time elapse for current epoch: " get("seconds") }' $(O)/train.jsonl > $@.part
	@mv $@.part $@

# ---- look: the data, and one batch of test clips as each epoch's model gives it back
$(O)/train.png: $(O)/train.list $(O)/rate
	head -n 4 $< | $(NAMES) | cv-load -q -r $(RATE) -n $(SAMPLES) -@ | cv-plot -g 4x4 -t 'Training clips' -o $@
$(O)/batch.cvs: $(O)/test.list $(O)/rate $(O)/settings
	head -n $(BATCH) $< | $(NAMES) | cv-load -r $(RATE) -n $(SAMPLES) -@ > $@.part
	@mv $@.part $@
$(PAGES): $(O)/epochs/%.png: $(O)/model.bin $(O)/batch.cvs
	@mkdir -p $(@D)
	@cv-encode -s $(SEED) $(O)/snapshots/epoch-$*.cvm < $(O)/batch.cvs | cv-decode $(O)/snapshots/epoch-$*.cvm \
	   | cv-plot -g 4x4 -t 'Epoch $*' -o $@
$(O)/epochs.png: $(PAGES)
	apng $(PAGES) > $@.part
	@mv $@.part $@

# ---- generate: from the test clips, and from a fixed draw
$(O)/from-test.cvs: $(O)/model.bin $(O)/test.cvs
	cv-encode -s $(SEED) $< < $(O)/test.cvs | cv-decode $< > $@.part
	@mv $@.part $@
$(O)/from-prior.cvs: $(O)/model.bin
	cv-sample -n 10 -s $(SEED) -m $< | cv-decode $< > $@.part
	@mv $@.part $@
$(O)/from-%/.made: $(O)/from-%.cvs
	@rm -rf $(@D) $(@D).part
	cv-towav -q -o $(@D).part < $<
	@mv $(@D).part $(@D); touch $@
$(O)/from-%.png: $(O)/from-%.cvs
	cv-plot -g 4x4 -t 'Clips from the $*' -o $@ < $<

# ---- the latent plane of every clip; a file that cannot be read is named and left out
$(O)/all.cvs: $(O)/all.list $(O)/rate
	$(NAMES) $< | { cv-load -r $(RATE) -n $(SAMPLES) -@ > $@.part || test -s $@.part; }
	@mv $@.part $@
$(O)/latent.png: $(O)/all.cvs $(O)/model.bin
	cv-encode -m $(O)/model.bin < $< | cv-plot -t 'The latent plane' -o $@

.PHONY: notebook FORCE

# notebook.mk: what the notebook does with recordings of one genre or several, as pipes: see cv-notebook(7).
#
#   make -f pipelines/notebook.mk GENRE=~/gtzan/genres_original/jazz
#   make -f pipelines/notebook.mk GENRE=~/gtzan/genres_original/jazz:~/gtzan/genres_original/blues
#
# The audio files of each folder, sorted by name, are numbered from 0; TRAIN and TEST are the notebook's numbers.
# Everything is written into OUT and made again only when what it comes from has changed.
GENRE =
OUT = notebook$(shell tr : '\n' <<< '$(subst ','\'',$(GENRE))' | sed 's|/*$$||; s|.*/||; s|[^A-Za-z0-9._-]|_|g; s|^|-|' | tr -d '\n')
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
# an extra; another program may have that name
MOVING := $(if $(findstring APNG Assembler,$(shell apngasm < /dev/null 2>&1)),$(O)/epochs.png)

notebook: $(addprefix $(O)/,elbo.txt train.png latent.png from-test.png from-prior.png) \
          $(O)/from-test/.made $(O)/from-prior/.made $(PAGES) $(MOVING)
	@echo; echo "In $(O)/:"
	@echo "  model.bin, snapshots/     the model, and after each epoch; train.jsonl and elbo.txt are the log"
	@echo "  train.png epochs/*.png    waveforms of the data, and of one test batch decoded after each epoch"
	@echo "  epochs.png                $(if $(MOVING),these pages in a row for a browser,is not made: install apngasm for it)"
	@echo "  latent.png                the latent plane of all clips"
	@echo "  from-test/ from-prior/    new clips: test clips encoded and decoded, and draws from the prior"

ifneq ($(words $(O)),1)
$(error OUT is '$(OUT)': name one directory, without spaces)
endif

# ---- which files: number, size, time and name, so that a list changes when its files do
FORCE:
TRACKS = bash $(dir $(THIS))tracks.sh "$$GENRE"
NEW = cmp -s $@.part $@ && rm $@.part || mv $@.part $@
$(O)/settings: FORCE | $(O)/all.list
	@echo 'epochs $(EPOCHS) batch $(BATCH) seed $(SEED)' > $@.part; $(NEW)
$(O)/rate: FORCE | $(O)/all.list
	@echo '$(RATE)' > $@.part; $(NEW)
$(O)/all.list: FORCE
	@command -v cv-train > /dev/null || { echo "notebook: cv-train is not there: run 'make' first," \
	   "or name the directory: BUILD=/path/to/build" >&2; exit 1; }
	@$(TRACKS) $(TRAIN) $(TEST) > /dev/null
	@mkdir -p $(O); $(TRACKS) > $@.part; $(NEW)
$(O)/train.list $(O)/test.list: $(O)/all.list FORCE
	@$(TRACKS) $(if $(filter %train.list,$@),$(TRAIN),$(TEST)) > $@.part; $(NEW)
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
	@printf 'Epoch: %s, Test set ELBO: %s, time elapse for current epoch: %s\n' $$(sed -E \
	   's/.*"epoch":([^,]*).*"test_elbo":([^,]*).*"seconds":([^,}]*).*/\1 \2 \3/' $(O)/train.jsonl) > $@.part
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
	apngasm $@.part '$(O)/epochs/*.png' 1 2 > /dev/null
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

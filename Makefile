# cv: build, demo, check, bench, install. Adding a source file needs no edit here.
# X.Y.Z-unreleased until X.Y.Z is tagged; CHANGELOG.md begins with the same
VERSION = 0.2.0-unreleased
BUILD = build
PREFIX = /usr/local
ZSH = share/zsh/site-functions
DESTDIR =
JOBS := $(shell nproc 2>/dev/null || echo 2)

CC = cc
CFLAGS = -O2 -g
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wconversion
# arithmetic: fused multiply-add where the chosen instructions have it, but in where frames stand, which is the same on
# every processor; nothing else that changes a value
KERNEL = -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math
SANITIZE =

LIBS = sndfile libmpg123 soxr libebur128 fftw3f msgpack libxxhash jansson cairo fontconfig
# asked for once, and only when something is compiled; OpenBLAS is loaded at its first use (base/linalg.c)
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(LIBS) openblas))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(LIBS)) -ldl)$(PKG_LIBS)
COMPILE = $(CC) -std=c11 -D_GNU_SOURCE -ffp-contract=off -Ilibcore '-ffile-prefix-map=$(CURDIR)=.' $(CFLAGS) $(WARN) $(PKG_CFLAGS) $(SANITIZE) -pthread
LINK = $(CC) $(CFLAGS) $(SANITIZE) -pthread -Wl,--as-needed

# cv-train-mpi is built where there is an MPI: MPI=ompi-c or MPI=mpich, as pkg-config calls them, or MPI=none
MPI := $(shell pkg-config --exists ompi-c 2> /dev/null && echo ompi-c || { pkg-config --exists mpich 2> /dev/null && echo mpich || echo none; })
objects = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard $(1))))
LIBRARY = $(BUILD)/libcore.a
MPI_PROGRAM = $(if $(filter-out none,$(MPI)),$(BUILD)/cv-train-mpi)
PROGRAMS = $(patsubst cmd/%.c,$(BUILD)/%,$(wildcard cmd/cv-*.c)) $(MPI_PROGRAM)
UNITS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*/*.c))
TOOLS = $(patsubst tests/tools/%.c,$(BUILD)/tools/%,$(wildcard tests/tools/*.c))
FUZZ = $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c)) $(BUILD)/fuzz/seeds
TORTURE = $(patsubst tests/torture/%.c,$(BUILD)/torture/%,$(wildcard tests/torture/*.c)) $(FUZZ)
PAGES = $(filter-out $(if $(MPI_PROGRAM),,man/cv-train-mpi.1),$(wildcard man/*.[1-8]))

all: $(PROGRAMS)

$(LIBRARY): $(call objects,libcore/*/*.c)
	@rm -f $@
	$(AR) rcsD $@ $^
$(BUILD)/libcore/%.o: libcore/%.c | $(BUILD)/.packages
	@mkdir -p $(@D)
	$(COMPILE) $(KERNEL) -MMD -MP -c -o $@ $<
$(BUILD)/libcore/dsp/grid.o: KERNEL =
STAMPED = $(BUILD)/libcore/base/opt.o $(BUILD)/libcore/train/train_save.o
$(STAMPED): COMPILE += -DCV_VERSION='"$(VERSION)"'
$(STAMPED): Makefile
$(BUILD)/libcore/base/confine.o: COMPILE += $(if $(SANITIZE),-DUNCONFINED)
# vectorised, some of them are too much for GCC 12 on AArch64 (internal compiler error)
$(BUILD)/tests/unit/%.o: COMPILE += -Itests/unit -fno-tree-vectorize
$(BUILD)/tests/bench/%.o: COMPILE += $(KERNEL)
$(BUILD)/%.o: %.c | $(BUILD)/.packages
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<
$(BUILD)/cmd/mpi/%.o: COMPILE += $(KERNEL) $(shell pkg-config --cflags $(MPI))
$(BUILD)/cv-train-mpi: $(BUILD)/cmd/cv-train.o $(BUILD)/cmd/mpi/team.o $(LIBRARY)
	$(LINK) -o $@ $(filter %.o,$^) $(LIBRARY) $(PKG_LIBS) $(shell pkg-config --libs $(MPI)) -lm
$(BUILD)/cv-plot: $(call objects,cmd/plot/*.c)
$(BUILD)/cv-report: $(call objects,cmd/report/*.c cmd/plot/*.c cmd/check/sounds.c)
$(BUILD)/cv-check: $(call objects,cmd/check/*.c)
$(BUILD)/cv-eval: $(call objects,cmd/eval/*.c)
$(BUILD)/cv-%: $(BUILD)/cmd/cv-%.o $(LIBRARY)
	$(LINK) -o $@ $(filter %.o,$^) $(LIBRARY) $(PKG_LIBS) -lm
$(BUILD)/compose: $(call objects,pipelines/compose/*.c) $(LIBRARY)
	$(LINK) -o $@ $^ -lm
$(BUILD)/bench/bench: $(call objects,tests/bench/*.c) $(LIBRARY)
	@mkdir -p $(@D)
	$(LINK) -o $@ $(filter %.o,$^) $(LIBRARY) $(PKG_LIBS) -lm
$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(LINK) -o $@ $< $(LIBRARY) $(PKG_LIBS) -lm
$(BUILD)/tools/older: $(BUILD)/cmd/cv-train.o
$(BUILD)/tools/%: $(BUILD)/tests/tools/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(LINK) -o $@ $(filter %.o,$^) $(LIBRARY) $(PKG_LIBS) -lm
# fuzz targets: as programs that replay files, or (FUZZER=1, by make fuzz) with a fuzzer
FUZZ_SHARED = $(BUILD)/tests/fuzz/harness.o $(BUILD)/tests/fuzz/model.o
FUZZ_LINK = $(if $(FUZZER),-fsanitize=fuzzer) -Wl,--wrap=read,--wrap=writev,--wrap=fclose,--wrap=exit
FUZZ_DRIVER = $(BUILD)/tests/fuzz/$(if $(FUZZER),$(if $(filter %/stream %/model %/snapshot %/codec,$@),mutate,none),replay).o
$(BUILD)/fuzz/seeds: $(BUILD)/tests/fuzz/seeds.o $(FUZZ_SHARED) $(LIBRARY)
	@mkdir -p $(@D)
	$(LINK) -Wl,--wrap=read,--wrap=writev,--wrap=fclose,--wrap=exit -o $@ $^ $(PKG_LIBS) -lm
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_SHARED) $(call objects,tests/fuzz/replay.c tests/fuzz/none.c tests/fuzz/mutate.c) $(LIBRARY)
	@mkdir -p $(@D)
	$(LINK) $(FUZZ_LINK) -o $@ $< $(FUZZ_SHARED) $(FUZZ_DRIVER) $(LIBRARY) $(PKG_LIBS) -lm
$(BUILD)/torture/%: $(BUILD)/tests/torture/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(LINK) -o $@ $< $(LIBRARY) $(PKG_LIBS) -lm
$(BUILD)/torture/faults $(BUILD)/torture/hijack: $(BUILD)/torture/%: tests/torture/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(CFLAGS) $(WARN) -shared -fPIC -o $@ $< -ldl

# what a build needs is there, or the line that installs it is printed
$(BUILD)/.packages: pipelines/packages.sh
	@DEPS=no sh pipelines/packages.sh build
	@mkdir -p $(@D)
	@touch $@

# ---- the two commands of the README
demo:
	@sh pipelines/packages.sh build demo
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BUILD)/compose
	@$(MAKE) --no-print-directory -f pipelines/demo.mk BUILD=$(BUILD)
check:
	@sh pipelines/packages.sh build check
	@$(MAKE) --no-print-directory -j$(JOBS) all tests $(BUILD)/compose
	@BUILD=$(BUILD) sh tests/run.sh

tests: $(UNITS) $(TOOLS) $(TORTURE)
# the same tests under AddressSanitizer and UndefinedBehaviorSanitizer, and under ThreadSanitizer (make tsan); without
# libraries for MPI, which have reports of their own
asan:
	@$(MAKE) --no-print-directory check MPI=none BUILD=$(BUILD)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer' \
	   SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all'
tsan:
	@$(MAKE) --no-print-directory check MPI=none BUILD=$(BUILD)/tsan CFLAGS='-O1 -g' SANITIZE='-fsanitize=thread'
# how much of what reads from outside the tests go through (SECURITY.md); assertions are left out, as no input fails one
coverage:
	@sh pipelines/packages.sh build check coverage
	@$(MAKE) --no-print-directory -j$(JOBS) all tests $(BUILD)/coverage/compose BUILD=$(BUILD)/coverage CC=clang-14 WARN=-Wall \
	   CFLAGS='-O1 -g' KERNEL='-ffp-contract=fast -fno-math-errno -DNDEBUG' SANITIZE='-fcoverage-mapping \
	   -fprofile-instr-generate=$$(abspath $$(BUILD))/profile/$$(subst /,-,$$(@:$$(BUILD)/%=%))-%4m.profraw'
	@BUILD=$(BUILD)/coverage sh tests/tools/coverage.sh
# hostile input, damage, faults of the machine: SECURITY.md; TORTURE_SECONDS and FUZZ_SECONDS bound them
fuzz:
	@sh pipelines/packages.sh build torture
	@$(MAKE) --no-print-directory -j$(JOBS) $(FUZZ:$(BUILD)/%=$(BUILD)/fuzzing/%) BUILD=$(BUILD)/fuzzing CC=clang-14 \
	   FUZZER=1 WARN=-Wall CFLAGS='-O1 -g -fno-omit-frame-pointer' \
	   SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
	@BUILD=$(BUILD) sh tests/fuzz/run.sh
torture:
	@sh pipelines/packages.sh build check torture
	@$(MAKE) --no-print-directory -j$(JOBS) all tests
	@BUILD=$(BUILD) sh tests/torture/run.sh
bench:
	@sh pipelines/packages.sh build bench
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BUILD)/bench/bench
	@bash tests/bench/run.sh $(BUILD)

# tables of figures of held-out clips and of new ones: pipelines/figures.sh says what MUSIC and ROWS may be
figures:
	@sh pipelines/packages.sh build demo figures
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BUILD)/compose
	@BUILD='$(BUILD)' JOBS='$(JOBS)' bash pipelines/figures.sh $(MUSIC)

# the figures of cv-scale(7), on two cores of its own: pipelines/scale.sh says what ROWS may be
scale:
	@sh pipelines/packages.sh build demo figures mpi
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BUILD)/compose $(BUILD)/tools/facts $(BUILD)/tools/rss
	@BUILD='$(BUILD)' JOBS='$(JOBS)' MUSIC='$(MUSIC)' bash pipelines/scale.sh

# completion, made from what --help says
$(BUILD)/bash/%: $(BUILD)/% pipelines/completion.awk
	@mkdir -p $(@D)
	$< --help | awk -v shell=bash -f pipelines/completion.awk > $@
$(BUILD)/zsh/_%: $(BUILD)/% pipelines/completion.awk
	@mkdir -p $(@D)
	$< --help | awk -v shell=zsh -f pipelines/completion.awk > $@

# what is installed, as SOURCE:PLACE
PLACES = $(foreach p,$(PROGRAMS),$p:bin/$(notdir $p)) $(foreach p,$(PAGES),$p:share/man/man$(subst .,,$(suffix $p))/$(notdir $p)) \
   $(foreach p,$(notdir $(PROGRAMS)),$(BUILD)/bash/$p:share/bash-completion/completions/$p $(BUILD)/zsh/_$p:$(ZSH)/_$p)
completion: $(foreach p,$(notdir $(PROGRAMS)),$(BUILD)/bash/$p $(BUILD)/zsh/_$p)
install: all completion
	@for place in $(PLACES); do \
	   case $$place in *:bin/*) mode=755 ;; *) mode=644 ;; esac; \
	   install -D -m $$mode "$${place%%:*}" "$(DESTDIR)$(PREFIX)/$${place#*:}" || exit 1; done
uninstall:
	@for place in $(PLACES); do rm -f "$(DESTDIR)$(PREFIX)/$${place#*:}"; done
# the Debian package cv-filters, of programs built with Debian's flags. Lintian is to say nothing of it, but that it
# closes no report of Debian's archive, where it is not.
DEB_FLAGS = $$(for f in CFLAGS CPPFLAGS LDFLAGS; do DEB_BUILD_MAINT_OPTIONS='hardening=+all reproducible=-fixfilepath' dpkg-buildflags --get $$f; done)
deb:
	@sh pipelines/packages.sh build deb
	@$(MAKE) --no-print-directory -j$(JOBS) all completion MPI=none BUILD=$(BUILD)/deb CFLAGS="$$(echo $(DEB_FLAGS))"
	@rm -f $(BUILD)/deb/*.deb
	@sh pipelines/deb.sh $(BUILD)/deb $(BUILD)/deb
	@lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs $(BUILD)/deb/*.deb
# whether that package has the same bytes when it is built elsewhere and later
reproducible:
	@sh pipelines/packages.sh build deb
	@JOBS=$(JOBS) sh tests/tools/reproducible.sh
# programs and unit tests built for AArch64, run under qemu-aarch64
aarch64:
	@sh pipelines/packages.sh build aarch64
	@$(MAKE) --no-print-directory -j$(JOBS) all $(TOOLS)
	@BUILD='$(BUILD)' bash tests/tools/aarch64.sh
# hours of all the work that cv does: SECONDS
soak:
	@$(MAKE) --no-print-directory -j$(JOBS) all $(TOOLS)
	@PATH='$(abspath $(BUILD)):$(abspath $(BUILD))/tools':$$PATH bash tests/torture/soak.sh $(SECONDS)
clean:
	rm -rf $(BUILD)

.PHONY: all demo check tests asan tsan coverage fuzz torture bench figures scale completion install uninstall deb reproducible aarch64 \
    soak clean
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(BUILD) -name root -prune -o -name '*.d' -print 2>/dev/null)

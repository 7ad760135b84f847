# cv: build, check, bench, install. Adding a file needs no edit here.
VERSION = 0.1.0
BUILD = build
PREFIX = /usr/local
DESTDIR =

CC = cc
CFLAGS = -O2 -g
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wconversion
SANITIZE =

LIBS = sndfile soxr fftw3f openblas msgpack libxxhash cairo
CPPFLAGS = -Ilibcore -D_GNU_SOURCE -DCV_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=c11 $(CFLAGS) $(WARN) $(SANITIZE) $(PKG_CFLAGS) -pthread
# arithmetic kernels: -O3 and fused multiply-add where the chosen target has it; no value-changing flags
KERNEL_CFLAGS = -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math

PKG_CFLAGS = $(shell pkg-config --cflags $(LIBS))
PKG_LIBS = $(shell pkg-config --libs $(LIBS))

LIB_SRC = $(wildcard libcore/*/*.c)
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/%.o)
PROGRAMS = $(patsubst cmd/%.c,$(BUILD)/%,$(wildcard cmd/cv-*.c))
PLOT_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard cmd/plot/*.c))
UNIT = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*.c))

all: $(PROGRAMS)

$(BUILD)/libcore.a: $(LIB_OBJ)
	$(AR) rcs $@ $^
$(BUILD)/libcore/nn/%.o: libcore/nn/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(KERNEL_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/cv-plot: $(PLOT_OBJ)
$(BUILD)/cv-%: $(BUILD)/cmd/cv-%.o $(BUILD)/libcore.a
	$(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libcore.a $(PKG_LIBS) -lm
$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(BUILD)/libcore.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< $(BUILD)/libcore.a $(PKG_LIBS) -lm
units: $(UNIT)

clean:
	rm -rf $(BUILD)

.PHONY: all units clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# SPDX-License-Identifier: Apache-2.0
# mitmx: `make run` does the main job, `make test` runs the tests; both install what is missing.
#
# Sources are found by walking the folders; one archive per folder. Who may see whom, and which
# libraries a folder links, stands in scripts/gates/layers.tsv, for this file and for the gates.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.PHONY: all run test unit end-to-end gates install uninstall clean setup setup-test setup-fuzz fuzz fuzz-targets \
	allocation-targets format asan bench proof

MODE ?= release
BUILD ?= build$(if $(filter-out release,$(MODE)),/$(MODE))
CC = gcc
PREFIX ?= /usr/local

CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. $(WARNINGS) $(CFLAGS) $(CFLAGS_$(MODE)) -MMD -MP
ALL_LDFLAGS = $(LDFLAGS) $(LDFLAGS_$(MODE))
CFLAGS_asan = -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS_asan = -fsanitize=address,undefined
# libFuzzer, and the coverage of our sources; clang alone has them
CFLAGS_fuzz = -O1 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	-fprofile-instr-generate -fcoverage-mapping
LDFLAGS_fuzz = -fsanitize=address,undefined -fprofile-instr-generate
ifeq ($(MODE),fuzz)
CC = clang
endif

LAYERS = scripts/gates/layers.tsv
# SEES_FOLDER: the folders it may see; LIBS_FOLDER: the libraries it links
comma := ,
column = $(filter-out -,$(subst $(comma), ,$(word $(2),$(subst :, ,$(1)))))
LINES := $(shell awk -F'\t' '!/^\#/ && NF { gsub(/ /, ","); print $$1 ":" ($$2 ? $$2 : "-") ":" ($$3 ? $$3 : "-") }' $(LAYERS))
FOLDERS := $(foreach l,$(LINES),$(call column,$(l),1))
$(foreach l,$(LINES),$(eval SEES_$(call column,$(l),1) := $(call column,$(l),2)))
$(foreach l,$(LINES),$(eval LIBS_$(call column,$(l),1) := $(call column,$(l),3)))
SEES_harness/command := $(filter-out harness/command,$(FOLDERS))

archive = $(BUILD)/lib/$(subst /,-,$(1)).a
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)/*.c))
group = -Wl,--start-group $(foreach f,$(1),$(call archive,$(f))) -Wl,--end-group

all: $(BUILD)/mitmx

# Short lines; V=1 shows the commands.
Q = $(if $(V),,@)

# --- objects, archives, the program --------------------------------------------------------

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)echo '  CC    $<'
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_$*) -c $< -o $@

# --- the preload: freestanding, the same in every mode, embedded by harness/lab/preload.c ------

PRELOAD = $(BUILD)/obj/harness/lab/preload.so
PRELOAD_FLAGS = -std=c11 -D_GNU_SOURCE -I. $(WARNINGS) -Os -fPIC -ffreestanding -fvisibility=hidden -fno-stack-protector \
	-fno-exceptions -fno-asynchronous-unwind-tables -fomit-frame-pointer -shared -nostdlib \
	-Wl,-Bsymbolic,-z,defs,-z,now,-z,relro,-z,noexecstack,-z,noseparate-code,--hash-style=gnu,--build-id=none,-s,-soname,mitmx-preload
EXTRA_harness/lab/preload = -DPRELOAD_FILE='"$(PRELOAD)"'

$(PRELOAD): $(wildcard harness/lab/preload/*)
	@mkdir -p $(@D)
	$(Q)echo '  LINK  $@'
	$(Q)$(CC) $(PRELOAD_FLAGS) $(filter %.c,$^) -o $@

$(BUILD)/obj/harness/lab/preload.o: $(PRELOAD)

# --- the viewer: one page out of harness/web, embedded by harness/report/viewer.c -------------------

VIEWER = $(BUILD)/obj/harness/web/viewer.html
EXTRA_harness/report/viewer = -DVIEWER_FILE='"$(VIEWER)"'

$(VIEWER): scripts/join-viewer $(wildcard harness/web/*.*)
	@mkdir -p $(@D)
	$(Q)echo '  JOIN  $@'
	$(Q)scripts/join-viewer harness/web > $@

$(BUILD)/obj/harness/report/viewer.o: $(VIEWER)

define archive_rule
$(call archive,$(1)): $(call objects,$(1)) $(wildcard $(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)ar rcs $$@ $(call objects,$(1))
endef
$(foreach f,$(FOLDERS),$(eval $(call archive_rule,$(f))))

$(BUILD)/mitmx: $(BUILD)/obj/harness/main.o $(foreach f,$(FOLDERS),$(call archive,$(f)))
	$(Q)echo '  LINK  $@'
	$(Q)$(CC) $(ALL_LDFLAGS) $< $(call group,$(FOLDERS)) $(addprefix -l,$(LIBS_harness/command)) -o $@

# --- unit tests: tests/unit/FOLDER-NAME/test_*.c sees what its folder sees, and links no more -

UNIT_SOURCES := $(wildcard tests/unit/*/test_*.c)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))
folder_of_test = $(subst -,/,$(patsubst tests/unit/%/,%,$(dir $(1))))

define unit_rule
$(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(1)): $(BUILD)/obj/$(1:.c=.o) $(foreach f,$(call folder_of_test,$(1)) $(SEES_$(call folder_of_test,$(1))),$(call archive,$(f)))
	@mkdir -p $$(@D)
	$$(Q)echo '  LINK  $$@'
	$$(Q)$(CC) $(ALL_LDFLAGS) $$< $(call group,$(call folder_of_test,$(1)) $(SEES_$(call folder_of_test,$(1)))) -lcmocka $(addprefix -l,$(LIBS_$(call folder_of_test,$(1)))) -o $$@
endef
$(foreach t,$(UNIT_SOURCES),$(eval $(call unit_rule,$(t))))

# Beside them, probe_*.c: programs that a test starts in a client's machine, plain and with sanitizers.
PROBES := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*/probe_*.c))
$(foreach t,$(UNIT_TESTS),$(eval $(t): | $(filter $(dir $(t))%,$(PROBES) $(PROBES:=-asan))))

$(PROBES): $(BUILD)/unit/%: tests/unit/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 $< -o $@

$(PROBES:=-asan): $(BUILD)/unit/%-asan: tests/unit/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS_asan) $< $(LDFLAGS_asan) -o $@

# The fuzz targets are built with it, so that who changes what they call sees it at once.
unit: $(UNIT_TESTS) $(if $(filter release,$(MODE)),allocation-targets)
	@scripts/run-unit-tests $(UNIT_TESTS)

# --- fuzz targets: tests/fuzz/*.c, each about the files and folders that its head names behind "About:"

FUZZ_SOURCES := $(wildcard tests/fuzz/*.c)
about = $(shell sed -n 's/^ \* About: //p' tests/fuzz/$(1).c)
about_folders = $(sort $(foreach a,$(call about,$(1)),$(if $(filter %.c,$(a)),$(patsubst %/,%,$(dir $(a))),$(a))))
fuzz_folders = $(sort $(foreach f,$(call about_folders,$(1)),$(f) $(SEES_$(f))))
fuzz_libs = $(addprefix -l,$(sort $(foreach f,$(call fuzz_folders,$(1)),$(LIBS_$(f)))))

# With libFuzzer in it; for MODE=fuzz.
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $$(foreach f,$$(call fuzz_folders,$$*),$$(call archive,$$f))
	@mkdir -p $(@D)
	$(Q)echo '  LINK  $@'
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer $< $(call group,$(call fuzz_folders,$*)) $(call fuzz_libs,$*) -o $@

# Without it: each allocation that an input leads to fails once.
$(BUILD)/allocations/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/driver/allocations.o $$(foreach f,$$(call fuzz_folders,$$*),$$(call archive,$$f))
	@mkdir -p $(@D)
	$(Q)echo '  LINK  $@'
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--wrap=__libc_malloc,--wrap=__libc_calloc,--wrap=__libc_realloc \
	  $< $(BUILD)/obj/tests/fuzz/driver/allocations.o $(call group,$(call fuzz_folders,$*)) $(call fuzz_libs,$*) -o $@

.SECONDARY: $(patsubst %.c,$(BUILD)/obj/%.o,$(FUZZ_SOURCES))
fuzz-targets: $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SOURCES))
allocation-targets: $(patsubst tests/fuzz/%.c,$(BUILD)/allocations/%,$(FUZZ_SOURCES))

# --- what people type ----------------------------------------------------------------------

setup:
	@scripts/setup build

setup-test:
	@scripts/setup test

setup-fuzz:
	@scripts/setup fuzz

run: setup
	@$(MAKE) --no-print-directory -j$$(nproc) all
	$(BUILD)/mitmx run

test: setup-test
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@scripts/run-tests

gates:
	@scripts/gates/includes
	@scripts/gates/links $(BUILD)

asan:
	@$(MAKE) --no-print-directory MODE=asan all

# CHANGED=REF: only what changed since that commit; CHANGED=1: since the last one. BRIEF=1: each flaw where it is named.
proof: all
	@scripts/proof $(if $(CHANGED),--changed $(CHANGED)) $(if $(BRIEF),--brief)

# TIME: seconds that each target gets; as many targets at a time as there are cores.
TIME ?= 60
fuzz: setup-fuzz
	@$(MAKE) --no-print-directory -j$$(nproc) MODE=fuzz fuzz-targets
	@scripts/fuzz --time $(TIME)

bench: all
	@tests/bench/suite

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# The program finds its data relative to itself: what is installed may be moved.
SHARE = $(DESTDIR)$(PREFIX)/share
PAGES = mitmx.1 mitmx-scenario.5 mitmx-client.5
COMPLETIONS = bash-completion/completions/mitmx zsh/site-functions/_mitmx fish/vendor_completions.d/mitmx.fish
CLIENTS = scripts/clients
# install_tree FROM, TO: files alone; those that may be executed stay so
define install_tree
	@mkdir -p '$(2)'
	to=$$(cd '$(2)' && pwd) && cd $(1) && \
	  find . -type f ! -perm /111 -exec install -D -m 644 '{}' "$$to/{}" \; && \
	  find . -type f -perm /111 -exec install -D -m 755 '{}' "$$to/{}" \;

endef

install: all uninstall
	install -D -m 755 $(BUILD)/mitmx '$(DESTDIR)$(PREFIX)/bin/mitmx'
	$(call install_tree,scenarios,$(SHARE)/mitmx/scenarios)
	$(call install_tree,$(CLIENTS),$(SHARE)/mitmx/clients)
	install -D -m 644 harness/report/result.schema.json '$(SHARE)/mitmx/result.schema.json'
	install -D -m 644 scripts/completion/mitmx.bash '$(SHARE)/$(word 1,$(COMPLETIONS))'
	install -D -m 644 scripts/completion/_mitmx '$(SHARE)/$(word 2,$(COMPLETIONS))'
	install -D -m 644 scripts/completion/mitmx.fish '$(SHARE)/$(word 3,$(COMPLETIONS))'
	$(foreach p,$(PAGES),mkdir -p '$(SHARE)/man/man$(subst .,,$(suffix $(p)))' && \
	  $(BUILD)/mitmx help --man $(basename $(p)) > '$(SHARE)/man/man$(subst .,,$(suffix $(p)))/$(p)' &&) true

uninstall:
	rm -rf '$(SHARE)/mitmx'
	rm -f '$(DESTDIR)$(PREFIX)/bin/mitmx' $(foreach c,$(COMPLETIONS),'$(SHARE)/$(c)') \
	  $(foreach p,$(PAGES),'$(SHARE)/man/man$(subst .,,$(suffix $(p)))/$(p)')

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

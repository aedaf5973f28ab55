# make run              build, make a demonstration data directory, serve it on localhost:8443
# make test             every test              make lint      the house rules
# make asan | tsan      unit tests, corpus replay and HTTP tests under sanitizers
# make analyze          gcc's -fanalyzer        make cov       what the tests reach
# make fuzz             FUZZ_SECONDS=20 each    make bench     rates beside the raw limits
# make format | deps | install PREFIX=/usr/local DESTDIR= | clean
#
# Everything made lies in out/VARIANT/: debug, release, asan, tsan, cov, analyzer, fuzz.
# V=1 shows commands whole.
BUILD ?= debug
O ?= out/$(BUILD)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
Q := $(if $(V),,@)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla \
	-Wwrite-strings -Wcast-qual -Wpointer-arith -Wformat=2 -Wnull-dereference \
	-Wimplicit-fallthrough -Wswitch-enum -Wduplicated-cond -Wlogical-op
ifeq ($(BUILD),fuzz)
CC := clang
WARN := -Wall -Wextra -Werror
endif
CPPFLAGS := -Isrc -I$O/gen -D_GNU_SOURCE -include base/attr.h
CFLAGS := -std=gnu17 -g $(WARN) -fno-common -fno-omit-frame-pointer -pthread
LDLIBS := -lmicrohttpd -lgnutls -lcrypto -lsqlite3 -ljson-c -lfyaml -lcurl -loath -lqrencode \
	-lcairo -lpcre2-8 -lzstd -larchive -lm -lpthread

# All but release can be broken on purpose: base/broken.h.
debug_FLAGS := -O1 -DTROTH_BREAKABLE
release_FLAGS := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -fPIE -pie -ftrivial-auto-var-init=zero \
	-Wl,-z,relro,-z,now,-z,noexecstack
asan_FLAGS := -DTROTH_BREAKABLE -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
tsan_FLAGS := -DTROTH_BREAKABLE -O1 -fsanitize=thread
cov_FLAGS := -DTROTH_BREAKABLE -O0 --coverage -fprofile-update=atomic
analyzer_FLAGS := -O1 -fanalyzer
fuzz_FLAGS := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
CFLAGS += $($(BUILD)_FLAGS)

export ASAN_OPTIONS ?= detect_stack_use_after_return=1
export UBSAN_OPTIONS ?= print_stacktrace=1
export LSAN_OPTIONS ?= suppressions=$(CURDIR)/test/leaks.txt:print_suppressions=0
export TSAN_OPTIONS ?= halt_on_error=1:suppressions=$(CURDIR)/test/races.txt

# The layers, lowest first: each may use itself and those before it.
LAYERS := base crypto store audit policy deid outbound vault backup people notice office web pages \
	service/measure prove main

SRC := $(foreach layer,$(LAYERS),$(wildcard src/$(layer)/*.c))
OBJ := $(SRC:src/%.c=$O/%.o)
BELOW_MAIN := $(filter-out $O/main/main.o,$(OBJ)) $O/gen/assets.o

.PHONY: all
all: $O/troth

$O/%.o: src/%.c
	@mkdir -p $(@D)
	@echo "cc $<"
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$O/troth: $(OBJ) $O/gen/assets.o
	@echo "ld $@"
	$Q$(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)

# --- files inside the program: pages, styles, scripts, icons, catalogues, policies ---------
# Packages are installed once for all variants and never at run time.
NPM := out/npm/node_modules
VENDOR := uplot.js=uplot/dist/uPlot.iife.min.js uplot.css=uplot/dist/uPlot.min.css
CATALOGUES := $(patsubst ui/language/%.po,$O/gen/language/%.mo,$(wildcard ui/language/*.po))
UI := $(wildcard ui/*.html ui/*.css ui/*.svg ui/js/*.mjs policies/*.yaml policies/*.md)
ASSETS := $(foreach f,$(UI),$(subst ui/js/,ui/,$f)=$f) \
	$(foreach f,$(CATALOGUES),ui/language/$(notdir $f)=$f) \
	$(foreach v,$(VENDOR),ui/$(subst =,=$(NPM)/,$v)) ui/icons.svg=$O/gen/icons.svg \
	ui/pico.css=$O/gen/pico.css
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --silent

out/npm/.installed: ui/package.json ui/package-lock.json
	@mkdir -p out/npm
	cp $^ out/npm
	cd out/npm && flock .lock $(NPM_CI)
	@touch $@

# Without its data: pictures, which the content policy refuses.
$O/gen/pico.css: out/npm/.installed
	@mkdir -p $(@D)
	@sed 's/url("data:[^"]*")/none/g' $(NPM)/@picocss/pico/css/pico.classless.min.css >$@.new && mv $@.new $@

$O/gen/icons.svg: ui/icons.txt tools/sprite out/npm/.installed
	@mkdir -p $(@D)
	tools/sprite $(NPM)/lucide-static/icons ui/icons.txt >$@.new && mv $@.new $@

$O/gen/language/%.mo: ui/language/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<

$O/gen/assets.c: $(UI) $(CATALOGUES) $O/gen/icons.svg $O/gen/pico.css out/npm/.installed tools/embed
	@tools/embed $(ASSETS) >$@.new && mv $@.new $@

$O/gen/assets.o: $O/gen/assets.c src/web/asset.h src/web/language.h
	@echo "cc $<"
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# --- unit tests ---------------------------------------------------------------------------
# They stand in test/unit/LAYER/test_MODULE.c and link that layer and those below it.
# `make unit-LAYER` builds and runs one layer's (`unit-service-measure`); `make unit` all.
$O/test/%.o: test/%.c
	@mkdir -p $(@D)
	@echo "cc $<"
	$Q$(CC) $(CPPFLAGS) -Itest/unit -Itest/unit/audit $(CFLAGS) -MMD -MP -c $< -o $@

define unit_rules
UNIT_$(1) := $$(patsubst test/unit/%.c,$O/unit/%,$$(wildcard test/unit/$(1)/test_*.c))
UNDER_$(1) := $$(filter $(foreach l,$(2),$O/$(l)/%.o),$$(BELOW_MAIN)) $(if $(filter web,$(2)),$O/gen/assets.o)
$$(UNIT_$(1)): $O/unit/%: $O/test/unit/%.o $$(UNDER_$(1))
	@mkdir -p $$(@D)
	@echo "ld $$@"
	$Q$$(CC) $$(CFLAGS) $$^ -o $$@ -lcmocka $$(LDLIBS)
.PHONY: unit-$(subst /,-,$(1))
unit-$(subst /,-,$(1)): $$(UNIT_$(1))
	@test/unit/run $$^
UNIT += $$(UNIT_$(1))
endef
UNIT :=
SO_FAR :=
$(foreach layer,$(LAYERS),$(eval SO_FAR += $(layer))$(eval $(call unit_rules,$(layer),$(SO_FAR))))

.PHONY: unit
unit: $(UNIT)
	@test/unit/run $^

# --- other programs for tests and measurements, each one file over everything below main ---
FUZZ := $(patsubst test/fuzz/fuzz_%.c,%,$(wildcard test/fuzz/fuzz_*.c))
BENCH := $(patsubst bench/%.c,$O/bench/%,$(wildcard bench/*.c))

$O/libtroth.a: $(BELOW_MAIN)
	@rm -f $@
	@$(AR) rcs $@ $^

$O/replay-%.o: test/fuzz/fuzz_%.c
	@mkdir -p $(@D)
	@echo "cc $<"
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -DFUZZ_REPLAY -MMD -MP -c $< -o $@

$O/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	@echo "cc $<"
	$Q$(CC) $(CPPFLAGS) -Itest/unit/audit $(CFLAGS) -MMD -MP -c $< -o $@

LINK = $Qmkdir -p $(@D); echo "ld $@"; $(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)
$O/go/export: $O/test/go/export.o $O/libtroth.a
	$(LINK)
$O/fhir/emit: $O/test/fhir/emit.o $O/libtroth.a
	$(LINK)
$O/ui/render: $O/test/ui/render.o $O/libtroth.a
	$(LINK)
$O/bench/load: LDLIBS += -lssl
$(BENCH): $O/bench/%: $O/bench/%.o $O/libtroth.a
	$(LINK)
$(FUZZ:%=$O/replay/%): $O/replay/%: $O/replay-%.o $O/libtroth.a
	$(LINK)
$(FUZZ:%=$O/fuzz/%): $O/fuzz/%: $O/test/fuzz/fuzz_%.o $O/libtroth.a
	@mkdir -p $(@D)
	@echo "ld $@"
	$Q$(CC) $(CFLAGS) -fsanitize=fuzzer $^ -o $@ $(LDLIBS)

.PHONY: replay fuzz bench
replay: $(FUZZ:%=$O/replay/%)
	@test/fuzz/replay $O

fuzz:
	@$(MAKE) --no-print-directory BUILD=fuzz O=out/fuzz fuzz-run
.PHONY: fuzz-run
fuzz-run: $(FUZZ:%=$O/fuzz/%)
	@test/fuzz/run $O $(FUZZ_SECONDS)

bench:
	@$(MAKE) --no-print-directory BUILD=release O=out/release bench-run
.PHONY: bench-run
bench-run: all $(BENCH)
	@bench/run $O

# --- what people ask for ------------------------------------------------------------------
.PHONY: deps deps-test run test asan tsan cov analyze lint format install clean
deps:
	@tools/deps run

deps-test:
	@tools/deps test

run: deps
	@$(MAKE) --no-print-directory out/demo
	+@exec $O/troth serve --data out/demo --listen localhost:8443

out/demo: | $O/troth
	@rm -rf $@.new
	$O/troth init --data $@.new --demo >/dev/null
	@mv $@.new $@

# Programs that tests outside C need, and their npm packages.
NODE_TESTS := $(patsubst %/package.json,%/node_modules/.package-lock.json,$(wildcard test/*/package.json))
%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && $(NPM_CI)
	@touch $@

.PHONY: build-tests
build-tests: all $(UNIT) $(FUZZ:%=$O/replay/%) $O/go/export $O/fhir/emit $O/ui/render $(NODE_TESTS)

test: deps-test
	@$(MAKE) --no-print-directory build-tests
	@test/run $O unit replay go fhir http browser fault prove

asan tsan:
	@$(MAKE) --no-print-directory BUILD=$@ O=out/$@ build-tests
	@test/run out/$@ unit replay http

cov:
	@find out/cov -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory BUILD=cov O=out/cov build-tests
	@test/run out/cov unit replay http || true
	@tools/coverage out/cov

analyze:
	@$(MAKE) --no-print-directory BUILD=analyzer O=out/analyzer out/analyzer/troth

lint: deps-test
	@$(MAKE) --no-print-directory lint-rules

.PHONY: lint-rules tidy
lint-rules: tidy
	tools/check-layers
	tools/check-size
	tools/check-sql
	tools/check-banned
	tools/check-headers
	tools/check-cleanup
	tools/messages check
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format --dry-run -Werror
	@echo "lint: nothing found"

# A file is looked at again when it or a header of it has changed: its object tells.
tidy: $(SRC:src/%.c=$O/tidy/%)
$O/tidy/%: src/%.c $O/%.o .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- $(CPPFLAGS) -std=gnu17 >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

format:
	git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

install:
	@$(MAKE) --no-print-directory BUILD=release O=out/release install-files
.PHONY: install-files
install-files: all $O/troth.1
	install -D -m 755 $O/troth $(DESTDIR)$(PREFIX)/bin/troth
	install -D -m 644 $O/troth.1 $(DESTDIR)$(PREFIX)/share/man/man1/troth.1
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@bindir@|$(PREFIX)/bin|' packaging/troth.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/troth.service
	install -D -m 644 packaging/troth.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/troth.conf

$O/troth.1: $O/troth
	$O/troth help --man >$@

clean:
	rm -rf out test/*/node_modules

# Which headers each object was made from.
-include $(shell find $O -name '*.d' 2>/dev/null)

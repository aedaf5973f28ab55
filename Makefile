# make run          build, make a demonstration data directory, serve it
# make test         every test;  make lint  the house rules;  make bench  ratios to raw limits
# make fuzz|asan|tsan|analyze|cov|format|install|deps
BUILD ?= debug
O ?= out/$(BUILD)

WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla \
	-Wwrite-strings -Wcast-qual -Wpointer-arith -Wformat=2 -Wnull-dereference \
	-Wimplicit-fallthrough -Wswitch-enum -Wduplicated-cond -Wlogical-op
CPPFLAGS := -Isrc -I$O/gen -D_GNU_SOURCE -include base/attr.h
CFLAGS := -std=gnu17 -g $(WARN) -fno-common -fno-omit-frame-pointer -pthread
LDLIBS := -lmicrohttpd -lgnutls -lcrypto -lsqlite3 -ljson-c -lfyaml -lcurl -loath -lqrencode \
	-lcairo -lm -lpthread

debug_FLAGS := -O1
release_FLAGS := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -fPIE -pie -ftrivial-auto-var-init=zero \
	-Wl,-z,relro,-z,now,-z,noexecstack
asan_FLAGS := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
tsan_FLAGS := -O1 -fsanitize=thread
cov_FLAGS := -O0 --coverage
analyzer_FLAGS := -O1 -fanalyzer
CFLAGS += $($(BUILD)_FLAGS)

# The layers, lowest first: each may use itself and those before it.
LAYERS := base crypto store audit policy deid vault people notice web pages \
	service/measure prove main

layer_SRC = $(wildcard src/$(1)/*.c)
SRC := $(foreach layer,$(LAYERS),$(call layer_SRC,$(layer)))
OBJ := $(SRC:src/%.c=$O/%.o)

.PHONY: all
all: $O/troth

$O/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# Files inside the program: pages, styles, scripts, icons, catalogues, policies.
# Packages are installed once for all variants and never at run time.
NPM := out/npm/node_modules
VENDOR := pico.css=@picocss/pico/css/pico.classless.min.css uplot.js=uplot/dist/uPlot.iife.min.js \
	uplot.css=uplot/dist/uPlot.min.css swagger-ui.js=swagger-ui-dist/swagger-ui-bundle.js \
	swagger-ui.css=swagger-ui-dist/swagger-ui.css
CATALOGUES := $(patsubst ui/language/%.po,$O/gen/language/%.mo,$(wildcard ui/language/*.po))
UI := $(wildcard ui/*.html ui/*.css ui/*.svg ui/js/*.mjs policies/*.yaml policies/*.md)
ASSETS := $(foreach f,$(UI),$(subst ui/js/,ui/,$f)=$f) \
	$(foreach f,$(CATALOGUES),ui/language/$(notdir $f)=$f) \
	$(foreach v,$(VENDOR),ui/$(subst =,=$(NPM)/,$v)) ui/icons.svg=$O/gen/icons.svg

out/npm/.installed: ui/package.json ui/package-lock.json
	@mkdir -p out/npm
	cp $^ out/npm
	cd out/npm && flock .lock npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$O/gen/icons.svg: ui/icons.txt tools/sprite out/npm/.installed
	@mkdir -p $(@D)
	tools/sprite $(NPM)/lucide-static/icons ui/icons.txt >$@.new && mv $@.new $@

$O/gen/language/%.mo: ui/language/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<

$O/gen/assets.c: $(UI) $(CATALOGUES) $O/gen/icons.svg out/npm/.installed tools/embed
	@tools/embed $(ASSETS) >$@.new && mv $@.new $@

$O/gen/assets.o: $O/gen/assets.c src/web/asset.h src/web/language.h
	$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$O/troth: $(OBJ) $O/gen/assets.o
	$(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)

# Unit tests stand in test/unit/LAYER/test_MODULE.c and link that layer and
# those below it.  `make unit-LAYER` builds and runs one layer's
# (`make unit-service-measure` for src/service/measure).
below = $(if $(filter $(1),$(2)),$(1),$(2) )
define unit_rules
UNIT_$(1) := $$(patsubst test/unit/%.c,$O/unit/%,$$(wildcard test/unit/$(1)/test_*.c))
UNDER_$(1) := $$(filter $(foreach l,$(2),$O/$(l)/%.o),$$(OBJ)) $(if $(filter web,$(2)),$O/gen/assets.o)
$$(UNIT_$(1)): $O/unit/%: test/unit/%.c $$(UNDER_$(1))
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) -Itest/unit $$(CFLAGS) -MMD -MP $$< $$(UNDER_$(1)) -o $$@ -lcmocka $$(LDLIBS)
.PHONY: unit-$(subst /,-,$(1))
unit-$(subst /,-,$(1)): $$(UNIT_$(1))
	@for t in $$^; do echo "== $$$$t"; $$$$t || exit 1; done
UNIT_ALL += unit-$(subst /,-,$(1))
endef
UNIT_ALL :=
SO_FAR :=
$(foreach layer,$(LAYERS),$(eval SO_FAR += $(layer))$(eval $(call unit_rules,$(layer),$(SO_FAR))))

.PHONY: unit
unit: $(UNIT_ALL)

-include $(OBJ:.o=.d)

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

$O/troth: $(OBJ)
	$(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)

# Unit tests stand in test/unit/LAYER/test_MODULE.c and link that layer and
# those below it.  `make unit-LAYER` builds and runs one layer's
# (`make unit-service-measure` for src/service/measure).
below = $(if $(filter $(1),$(2)),$(1),$(2) )
define unit_rules
UNIT_$(1) := $$(patsubst test/unit/%.c,$O/unit/%,$$(wildcard test/unit/$(1)/test_*.c))
UNDER_$(1) := $$(filter $(foreach l,$(2),$O/$(l)/%.o),$$(OBJ))
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

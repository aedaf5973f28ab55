#include "main/demo.h"

#include "base/limits.h"
#include "base/zone.h"
#include "office/agreement.h"
#include "service/measure/compact.h"
#include "service/measure/demo.h"
#include "service/measure/device.h"
#include "service/measure/intake.h"
#include "web/asset.h"

#define DEMO_DAYS  92
#define DEMO_BATCH 2000
#define ZONE       "Europe/Paris"

const char demo_member_email[] = "alma@demo.example";
const char demo_admin_email[] = "admin@demo.example";

/* clang-format off */
static const struct demo_person {
	const char *email, *name, *role, *language;
	enum demo_kind kind; /* of members */
} persons[] = {
	{ "alma@demo.example",      "Alma Brook",    "member",    "en", DEMO_MEALS },
	{ "bela@demo.example",      "Bela Stone",    "member",    "en", DEMO_STEADY },
	{ "cleo@demo.example",      "Cleo Marsh",    "member",    "fr", DEMO_NIGHT_LOWS },
	{ "dara@demo.example",      "Dara Field",    "member",    "en", DEMO_DAWN },
	{ "ezra@demo.example",      "Ezra Lake",     "member",    "fr", DEMO_VARIABLE },
	{ "admin@demo.example",     "Ada Min",       "admin",     "en", DEMO_KINDS },
	{ "support@demo.example",   "Sol Port",      "support",   "en", DEMO_KINDS },
	{ "auditor@demo.example",   "Audra Thor",    "auditor",   "en", DEMO_KINDS },
	{ "clinician@demo.example", "Clint Ician",   "clinician", "en", DEMO_KINDS },
};
/* clang-format on */

static MUST_CHECK enum rc
tenant_make(struct call *call, const struct tenant **tenant, struct err *err)
{
	struct policy_diagnostics faults = { .arena = call->arena };
	const struct asset *policy = asset_find(STR("policies/measure.yaml"));
	struct tenant_new new = { .slug = STR(DEMO_TENANT),
		                  .name = STR("Lumen Skin Sensing"),
		                  .zone = STR(ZONE),
		                  .faults = &faults };

	if (policy == NULL)
		return FAIL(err, RC_NOT_FOUND, "the reference policy is not in this program");
	new.policy_yaml = asset_text(policy);
	TRY(vault_tenant_add(call->vault, &new, err));
	*tenant = vault_tenant_find(call->vault, new.slug);
	return RC_OK;
}

static MUST_CHECK enum rc
batch_store(const struct door *door, struct id member, struct reading *items, size_t count,
            struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct intake intake = { .subject = member, .items = items, .count = count };

	arena_init(&arena, 64 * MIB);
	intake.results = arena_alloc(&arena, count * sizeof(*intake.results),
	                             _Alignof(struct intake_result));
	return intake_store(door, &intake, &arena, err);
}

static MUST_CHECK enum rc
readings_make(const struct door *door, const struct demo_profile *profile, struct id member,
              struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	int64_t now_us = clock_now_us(vault_clock(door->vault));
	struct readings readings;

	arena_init(&arena, 128 * MIB);
	demo_readings(profile, now_us - DEMO_DAYS * US_PER_DAY, now_us, &arena, &readings);
	for (size_t i = 0; i < readings.count; i++) {
		if (readings.items[i].received_us > now_us)
			readings.items[i].received_us = now_us;
	}
	for (size_t i = 0; i < readings.count; i += DEMO_BATCH) {
		size_t left = readings.count - i;
		TRY(batch_store(door, member, readings.items + i,
		                left < DEMO_BATCH ? left : DEMO_BATCH, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
member_fill(const struct door *door, const struct person *person, size_t number,
            struct err *err)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	char serial[32];
	struct device device = { .member = person->id,
		                 .model = STR("Lumen One"),
		                 .firmware = STR("1.4.2"),
		                 .state = DEVICE_ACTIVE };
	struct demo_profile profile = { .seed = 1000 + number,
		                        .kind = persons[number].kind,
		                        .calibration = 1,
		                        .gain = 1.04,
		                        .offset_mg_dl = -3 };

	(void)snprintf(serial, sizeof(serial), "LUM-%05zu", 20001 + number);
	device.serial = str_from_c(serial);
	TRY(device_add(door, &device, err));
	TRY(zone_open(&zone, STR(ZONE), err));
	profile.zone = zone;
	profile.device = device.id;
	return readings_make(door, &profile, person->id, err);
}

static MUST_CHECK enum rc
person_make(struct call *call, const struct tenant *tenant, size_t number, struct err *err)
{
	const struct demo_person *row = &persons[number];
	struct person person = { .email = str_from_c(row->email),
		                 .name = str_from_c(row->name),
		                 .role = str_from_c(row->role),
		                 .language = str_from_c(row->language),
		                 .zone = STR(ZONE),
		                 .state = PERSON_ACTIVE };
	struct onboarding_ask ask = {
		.role = policy_role_find(tenant->policy, person.role),
	};
	struct door door = call_door(call, tenant, "security");

	TRY(people_add(&door, call->people, &person, err));
	ask.person = person.id;
	TRY(onboarding_complete(call->office, tenant, &ask, STR("demonstration"), err));
	if (row->kind == DEMO_KINDS)
		return RC_OK;
	door.purpose = STR("care");
	return member_fill(&door, &person, number, err);
}

enum rc
demo_fill(struct call *call, struct err *err)
{
	const struct tenant *tenant = NULL;
	struct door door;

	TRY(vault_region_set(call->vault, STR(DEMO_REGION), err));
	TRY(tenant_make(call, &tenant, err));
	for (size_t i = 0; i < COUNT_OF(persons); i++)
		TRY(person_make(call, tenant, i, err));
	TRY(demo_registers_fill(call, tenant, err));
	door = call_door(call, tenant, "care");
	TRY(compact_run(&door, clock_monotonic_us() + 5 * US_PER_S, err));
	return vault_tick(call->vault, err);
}

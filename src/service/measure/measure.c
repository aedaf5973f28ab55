/*
 * The row of the table of services: routes, places in the header, what a policy
 * must declare, housekeeping.
 */
#include "service/measure/measure.h"

#include "service/measure/compact.h"
#include "service/measure/fhir_routes.h"
#include "service/measure/package.h"

/* What the code stores and finds: a policy that declares less cannot be served. */
static const struct {
	const char *class;
	const char *fields[16];
	const char *indexes[3];
} needs[] = {
	{ "measurement",
	  { "analyte", "value", "raw", "unit", "taken", "offset", "received", "device",
	    "sequence", "drift", "method", "status", "calibration", "identifier", "note" },
	  { "analyte", "taken", "identifier" } },
	{ "device",
	  { "serial", "model", "firmware", "label", "state", "enrolled" },
	  { "serial" } },
};

static MUST_CHECK enum rc
class_check(const struct policy *policy, size_t need, struct err *err)
{
	const struct policy_class *class =
	    policy_class_find(policy, str_from_c(needs[need].class));

	if (class == NULL)
		return FAIL(err, RC_INVALID, "measure needs the class %s", needs[need].class);
	for (size_t i = 0; i < COUNT_OF(needs[need].fields); i++) {
		const char *field = needs[need].fields[i];
		if (field != NULL && !policy_field_is_declared(class, str_from_c(field)))
			return FAIL(err, RC_INVALID, "measure needs the field %s of %s", field,
			            needs[need].class);
	}
	for (size_t i = 0; i < COUNT_OF(needs[need].indexes); i++) {
		const char *index = needs[need].indexes[i];
		if (index != NULL && policy_index_find(class, str_from_c(index)) == NULL)
			return FAIL(err, RC_INVALID, "measure needs the index %s of %s", index,
			            needs[need].class);
	}
	return RC_OK;
}

static enum rc
measure_check(const struct policy *policy, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(needs); i++)
		TRY(class_check(policy, i, err));
	if (policy_purpose_find(policy, STR("care")) == NULL)
		return FAIL(err, RC_INVALID, "measure needs the purpose care");
	return RC_OK;
}

static enum rc
measure_tick(const struct site *site, const struct tenant *tenant, int64_t deadline_us,
             struct err *err)
{
	static const struct actor system = { .kind = ACTOR_SYSTEM };
	struct door door = { site->vault, tenant, &system, STR("care") };

	return compact_run(&door, deadline_us, err);
}

static const struct place places[] = {
	/* Pages of one's own readings: for whom readings are written, not for who is
	 * shown those of others. */
	{ "/today", "Today", "house", MAY(WRITE, "measurement") },
	{ "/trends", "Trends", "chart-line", MAY(WRITE, "measurement") },
	{ "/agp", "Profile", "chart-area", MAY(WRITE, "measurement") },
	{ "/devices", "Devices", "watch", MAY(WRITE, "measurement") },
	{ "/export", "Export", "download", MAY(RELEASE, "measurement") },
	{ "/staff", "Overview", "activity", MAY(MANAGE, "devices") },
	{ "/admin/requests", "Requests", "mail", MAY(MANAGE, "requests") },
	{ "/admin/people", "People", "users", MAY(MANAGE, "people") },
	{ "/log", "Log", "scroll-text", MAY(MANAGE, "log") },
};

const struct service measure_service = {
	.name = "measure",
	.tables = { &measure_routes, &fhir_routes },
	.places = places,
	.place_count = COUNT_OF(places),
	.home = "/today",
	.packages = measure_packages,
	.package_count = MEASURE_PACKAGES,
	.check = measure_check,
	.tick = measure_tick,
};

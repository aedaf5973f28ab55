/*
 * What a demonstration's registers hold: made-up documents for what the policy says
 * that others attest, its processors, a training, an incident that is over.
 */
#include "base/limits.h"
#include "main/demo.h"
#include "office/register.h"

#define MONTH_US (30 * US_PER_DAY)
#define YEAR_US  (365 * US_PER_DAY)

static MUST_CHECK enum rc
entry_put(const struct call *call, const struct tenant *tenant, struct register_entry *entry,
          struct err *err)
{
	struct door door = office_door(call->office, tenant);

	return register_put(&door, call->office, entry, err);
}

static int64_t
midnight_us(const struct call *call, int64_t before_us)
{
	int64_t now_us = clock_now_us(call->clock) - before_us;

	return now_us - now_us % US_PER_DAY;
}

static bool
is_named_before(const struct policy *policy, size_t promise)
{
	for (size_t i = 0; i < promise; i++) {
		if (str_eq(policy->promises[i].attested, policy->promises[promise].attested))
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
attestations_fill(const struct call *call, const struct tenant *tenant, struct err *err)
{
	const struct policy *policy = tenant->policy;

	for (size_t i = 0; i < policy->promise_count; i++) {
		const struct policy_promise *promise = &policy->promises[i];
		struct register_entry entry = { .kind = STR("attestation"),
			                        .title = promise->says,
			                        .reference = promise->attested,
			                        .party = STR("Example Audit SA"),
			                        .document = STR("a made-up document"),
			                        .at_us = midnight_us(call, MONTH_US) };
		entry.until_us = entry.at_us + YEAR_US;
		if (promise->attested.len != 0 && !is_named_before(policy, i))
			TRY(entry_put(call, tenant, &entry, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
processors_fill(const struct call *call, const struct tenant *tenant, struct err *err)
{
	const struct policy *policy = tenant->policy;

	for (size_t i = 0; i < policy->processor_count; i++) {
		const struct policy_processor *processor = &policy->processors[i];
		struct register_entry entry = { .kind = STR("processor"),
			                        .title = processor->name,
			                        .text = processor->does,
			                        .region = processor->region,
			                        .basis = processor->contract };
		TRY(date_parse(processor->since, &entry.at_us, err));
		TRY(entry_put(call, tenant, &entry, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
training_fill(const struct call *call, const struct tenant *tenant, struct err *err)
{
	struct register_entry entry = { .kind = STR("training"),
		                        .title = STR("Privacy at work"),
		                        .contact = str_from_c(demo_admin_email),
		                        .party = STR("Example School"),
		                        .at_us = midnight_us(call, MONTH_US) };

	entry.until_us = entry.at_us + YEAR_US;
	return entry_put(call, tenant, &entry, err);
}

static MUST_CHECK enum rc
incident_fill(const struct call *call, const struct tenant *tenant, struct err *err)
{
	struct register_entry entry = {
		.kind = STR("incident"),
		.title = STR("A letter went to the wrong address"),
		.text = STR("It came back unopened. The address was corrected."),
		.severity = STR("low"),
		.people = 1,
		.classes = STR("account"),
		.state = STR("closed"),
		.at_us = clock_now_us(call->clock) - 2 * MONTH_US,
	};

	entry.notified_us = entry.at_us + 20 * US_PER_HOUR;
	entry.closed_us = entry.at_us + 5 * US_PER_DAY;
	return entry_put(call, tenant, &entry, err);
}

enum rc
demo_registers_fill(const struct call *call, const struct tenant *tenant, struct err *err)
{
	TRY(attestations_fill(call, tenant, err));
	TRY(processors_fill(call, tenant, err));
	TRY(training_fill(call, tenant, err));
	return incident_fill(call, tenant, err);
}

/*
 * The sweep of a tenant: counts, erases, and says what is left.  See retention.h;
 * start reading at vault_retention_sweep().
 */
#include "vault/sweep.h"
#include "base/broken.h"

struct retention_line *
sweep_line(struct sweep *sweep, int64_t class)
{
	for (size_t i = 0; i < sweep->run->count; i++) {
		if (sweep->run->lines[i].class->number == class)
			return &sweep->run->lines[i];
	}
	return &sweep->other;
}

static void
lines_begin(struct sweep *sweep, struct arena *arena)
{
	const struct policy *policy = sweep->policy;
	struct retention_run *run = sweep->run;

	run->is_behind = false;
	run->count = policy->class_count;
	run->lines = arena_alloc(arena, run->count * sizeof(*run->lines),
	                         _Alignof(struct retention_line));
	for (size_t i = 0; i < run->count; i++)
		run->lines[i] = (struct retention_line){ .class = &policy->classes[i],
			                                 .oldest_us = INT64_MAX };
	sweep->other = (struct retention_line){ .oldest_us = INT64_MAX };
}

/* Records of the classes of the policy, and of those that a policy had before. */
static MUST_CHECK enum rc
classes_sweep(struct sweep *sweep, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct month_keys keys;

	for (size_t i = 0; i < sweep->policy->class_count; i++)
		TRY(sweep_records(sweep, sweep->policy->classes[i].number, err));
	arena_init(&arena, 16 * MIB);
	TRY(month_keys_read(sweep, &arena, &keys, err));
	for (size_t i = 0; i < keys.count; i++) {
		if (policy_class_by_number(sweep->policy, keys.classes[i].class) == NULL)
			TRY(sweep_records(sweep, keys.classes[i].class, err));
	}
	return RC_OK;
}

static void
lag_note(struct sweep *sweep)
{
	int64_t lag_from_us = sweep->now_us - SWEEP_LAG_US;

	for (size_t i = 0; i < sweep->run->count; i++)
		sweep->run->is_behind |= sweep->run->lines[i].oldest_us < lag_from_us;
	sweep->run->is_behind |= sweep->other.oldest_us < lag_from_us;
}

static void
sweep_end(struct sweep *sweep)
{
	deid_close(&sweep->deid);
}

enum rc
vault_retention_sweep(struct vault *vault, const struct tenant *tenant,
                      struct retention_run *run, struct arena *arena, struct err *err)
{
	CLEANUP(sweep_end)
	struct sweep sweep = { .vault = vault,
		               .tenant = tenant,
		               .policy = tenant->policy,
		               .run = run,
		               .now_us = clock_now_us(vault->clock),
		               .left = run->most == 0 ? SWEEP_RECORDS_MOST : run->most };

	if (run->as_of_us != 0 && !run->is_dry)
		return FAIL(err, RC_INVALID, "another time is for dry runs");
	if (run->as_of_us != 0)
		sweep.now_us = run->as_of_us;
	lines_begin(&sweep, arena);
	if (broken("retention"))
		return RC_OK;
	if (!run->is_dry) {
		TRY(clock_check(vault, err));
		TRY(deadlines_follow_policy(vault, tenant, err));
	}
	TRY(sweep_deadlines(&sweep, err));
	TRY(classes_sweep(&sweep, err));
	if (!run->is_dry) {
		TRY(sweep_months(&sweep, err));
		TRY(vault_purge_some(vault, clock_monotonic_us() + US_PER_S, err));
	}
	lag_note(&sweep);
	return RC_OK;
}

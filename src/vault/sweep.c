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

/* The latest instant whose period is over; entries are in order of time. */
static int64_t
over_before_us(const struct sweep *sweep, const struct policy_period *period)
{
	int64_t over_us = 0;
	int64_t not_us = sweep->now_us + 1;

	while (not_us - over_us > 1) {
		int64_t middle_us = over_us + (not_us - over_us) / 2;
		if (deadline_in(sweep->tenant->time_zone, period, middle_us) <= sweep->now_us)
			over_us = middle_us;
		else
			not_us = middle_us;
	}
	return over_us;
}

struct pruning {
	struct past_entry entry;
};

static MUST_CHECK enum rc
pruning_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct pruning *pruning = arg;

	return past_entry_write(tx, &pruning->entry, err);
}

#define LOOKS_CHUNKS 1000 /* of lines about who looked: of one tenant in one run */

struct looks_cut {
	int64_t tenant, before, removed;
};

static MUST_CHECK enum rc
looks_cut_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct looks_cut *cut = arg;

	return store_look_cut_some(tx, cut->tenant, cut->before, &cut->removed, err);
}

/* Lines about entries that the log has no more, those of an earlier cut that a crash
 * or the cap has left included. */
static MUST_CHECK enum rc
looks_prune(struct sweep *sweep, struct err *err)
{
	struct looks_cut cut = { .tenant = sweep->tenant->id, .removed = 1 };

	TRY(audit_minimum(sweep->vault->audit, cut.tenant, &cut.before, err));
	for (int i = 0; i < LOOKS_CHUNKS && cut.removed != 0; i++)
		TRY(store_write(sweep->vault->store, looks_cut_write, &cut, err));
	sweep->run->is_behind |= cut.removed != 0;
	return RC_OK;
}

/* The log's own class: its old end is cut, whole bundles at a time. */
static MUST_CHECK enum rc
log_prune(struct sweep *sweep, const struct policy_class *class, struct err *err)
{
	struct retention_line *line = sweep_line(sweep, class->number);
	struct pruning pruning = { { .tenant = sweep->tenant,
		                     .act = "prune",
		                     .class = class->name,
		                     .detail = "retention" } };
	int64_t *count = &pruning.entry.count;

	if (sweep->run->is_dry || class->keep.plus.is_forever ||
	    class->keep.until != KEEP_RECORDED)
		return RC_OK;
	TRY(audit_prune(sweep->vault->audit, sweep->tenant->id,
	                over_before_us(sweep, &class->keep.plus), count, err));
	line->due += *count;
	line->erased += *count;
	if (*count != 0)
		TRY(store_write(sweep->vault->store, pruning_write, &pruning, err));
	return looks_prune(sweep, err);
}

/* Records of the classes of the policy, and of those that a policy had before. */
static MUST_CHECK enum rc
classes_sweep(struct sweep *sweep, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct month_keys keys;

	for (size_t i = 0; i < sweep->policy->class_count; i++) {
		const struct policy_class *class = &sweep->policy->classes[i];
		if (class->keep.then == THEN_PRUNE)
			TRY(log_prune(sweep, class, err));
		else
			TRY(sweep_records(sweep, class->number, err));
	}
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

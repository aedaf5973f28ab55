/*
 * The backups as staff must know of them: too few, too old, in the wrong region,
 * never practised.  Looked at once an hour; nothing is said where no place was ever
 * configured and the policy promises nothing about backups.
 */
#include "office/alert.h"
#include "office/inside.h"

#define LOOK_EVERY_US US_PER_HOUR
#define SETTLE_US     (10 * US_PER_MIN) /* after the start: the first backup is under way */

static bool
is_promised(const struct policy *policy)
{
	for (size_t i = 0; i < policy->promise_count; i++) {
		if (str_starts_with(policy->promises[i].probe, STR("backup.")))
			return true;
	}
	return false;
}

static bool
is_due(struct office *office)
{
	int64_t now_us = clock_monotonic_us();
	bool is_it;

	(void)pthread_mutex_lock(&office->lock);
	if (office->copies_due_us == 0)
		office->copies_due_us = now_us + SETTLE_US;
	is_it = now_us >= office->copies_due_us;
	(void)pthread_mutex_unlock(&office->lock);
	return is_it;
}

struct alarm {
	bool is_on;
	struct alert alert;
};

static MUST_CHECK enum rc
alarms_raise(struct office *office, const struct tenant *tenant,
             const struct backup_state *state, struct err *err)
{
	const struct alarm alarms[] = {
		{ state->is_few,
		  { "backup-few",
		    "high",
		    STR("Too few backups are fresh"),
		    STR("Fewer places than two hold a backup of the last day; see troth backup "
		        "list."),
		    { { 0 } } } },
		{ state->is_abroad,
		  { "backup-abroad",
		    "high",
		    STR("A backup lies in a region that is not declared"),
		    STR("See troth backup list, and remove the place."),
		    { { 0 } } } },
		{ state->is_untried,
		  { "backup-untried",
		    "medium",
		    STR("No restore was practised for 90 days"),
		    STR("Practise one: troth backup drill."),
		    { { 0 } } } },
		{ state->is_unshipped,
		  { "backup-ledger",
		    "high",
		    STR("A place of backups does not know of erasures"),
		    STR("It could not be reached for over an hour; a restore from it alone "
		        "would "
		        "bring back what was erased."),
		    { { 0 } } } },
	};

	for (size_t i = 0; i < COUNT_OF(alarms); i++) {
		if (alarms[i].is_on)
			TRY(alert_raise(office, tenant, &alarms[i].alert, err));
	}
	return RC_OK;
}

enum rc
copies_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
            struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct backup_state state;

	(void)deadline_us;
	if (office->backup == NULL || !is_promised(tenant->policy) || !is_due(office))
		return RC_OK;
	arena_init(&arena, 1 * MIB);
	TRY(backup_state(office->backup, &arena, &state, err));
	TRY(alarms_raise(office, tenant, &state, err));
	if (tenant->id ==
	    vault_tenant_at(office->vault, vault_tenant_count(office->vault) - 1)->id) {
		(void)pthread_mutex_lock(&office->lock);
		office->copies_due_us = clock_monotonic_us() + LOOK_EVERY_US;
		(void)pthread_mutex_unlock(&office->lock);
	}
	return RC_OK;
}

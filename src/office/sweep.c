/*
 * The hourly sweep of a tenant: what is past its time goes, and staff hear of it
 * when that cannot keep up.
 */
#include "office/alert.h"
#include "office/inside.h"
#include "vault/retention.h"

#define SWEEP_EVERY_US US_PER_HOUR
#define SWEEP_BYTES    (16 * MIB)

static int64_t *
due_of(struct office *office, const struct tenant *tenant)
{
	return &office->sweep_due_us[(size_t)tenant->id % OFFICE_TENANTS];
}

static bool
is_due(struct office *office, const struct tenant *tenant)
{
	bool is_it;

	(void)pthread_mutex_lock(&office->lock);
	is_it = clock_monotonic_us() >= *due_of(office, tenant);
	(void)pthread_mutex_unlock(&office->lock);
	return is_it;
}

static void
due_set(struct office *office, const struct tenant *tenant, int64_t after_us)
{
	(void)pthread_mutex_lock(&office->lock);
	*due_of(office, tenant) = clock_monotonic_us() + after_us;
	(void)pthread_mutex_unlock(&office->lock);
}

static MUST_CHECK enum rc
clock_alert(struct office *office, const struct tenant *tenant, struct err *err)
{
	struct alert alert = { .what = "clock",
		               .severity = "high",
		               .title = STR("Nothing is erased: the clock has jumped"),
		               .text = STR("The sweep of what is past its time waits until the "
		                           "operator says that the clock is right: troth "
		                           "retention clock --accept.") };

	return alert_raise(office, tenant, &alert, err);
}

static bool
is_overdue(const struct retention_run *run, int64_t now_us)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct retention_line *line = &run->lines[i];
		if (line->due - line->erased > line->held + line->waiting &&
		    line->oldest_us < now_us - SWEEP_LAG_US)
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
lag_alert(struct office *office, const struct tenant *tenant, struct err *err)
{
	struct alert alert = { .what = "retention",
		               .severity = "medium",
		               .title = STR("Data past their time are still here"),
		               .text =
		                   STR("The hourly sweep is more than a day behind; see troth "
		                       "retention show.") };

	return alert_raise(office, tenant, &alert, err);
}

enum rc
sweep_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
           struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct retention_run run = { 0 };
	enum rc rc;

	TRY(vault_purge_some(office->vault, deadline_us, err));
	if (!is_due(office, tenant))
		return RC_OK;
	arena_init(&arena, SWEEP_BYTES);
	due_set(office, tenant, SWEEP_EVERY_US);
	rc = vault_retention_sweep(office->vault, tenant, &run, &arena, err);
	if (rc == RC_PRECONDITION)
		return clock_alert(office, tenant, err);
	TRY(rc);
	if (run.is_behind) /* the cap was met: on with the next tick */
		due_set(office, tenant, 0);
	return is_overdue(&run, office_now_us(office)) ? lag_alert(office, tenant, err) : RC_OK;
}

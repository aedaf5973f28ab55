/*
 * When a period ends: on the calendar, in the tenant's zone.
 *
 * The instants were computed with Python 3.11's zoneinfo and dateutil 2.9.0's
 * relativedelta (local time, plus the period, fold 0, back to UTC) on Debian's
 * tzdata.
 */
#include "base/zone.h"
#include "vault/past.h"
#include "vault/retention.h"
#include "vault/vault_fixture.h"

static const struct {
	const char *zone, *from;
	struct policy_period period;
	const char *end, *what;
} table[] = {
	{ "Europe/Paris",
	  "2026-03-01T09:00:00Z",
	  { .count = 2, .unit = 'y' },
	  "2028-03-01T09:00:00Z",
	  "an ordinary day" },
	{ "Europe/Paris",
	  "2026-01-15T09:00:00Z",
	  { .count = 6, .unit = 'm' },
	  "2026-07-15T08:00:00Z",
	  "into summer time: the same hour on the wall" },
	{ "Europe/Paris",
	  "2026-03-28T01:30:00Z",
	  { .count = 1, .unit = 'd' },
	  "2026-03-29T01:30:00Z",
	  "into the hour that is skipped" },
	{ "Europe/Paris",
	  "2025-10-25T00:30:00Z",
	  { .count = 1, .unit = 'd' },
	  "2025-10-26T00:30:00Z",
	  "into the hour that comes twice: the first" },
	{ "Europe/Paris",
	  "2026-10-24T22:00:00Z",
	  { .count = 1, .unit = 'd' },
	  "2026-10-25T23:00:00Z",
	  "a day of 25 hours" },
	{ "Europe/Paris",
	  "2024-02-29T11:00:00Z",
	  { .count = 1, .unit = 'y' },
	  "2025-02-28T11:00:00Z",
	  "29 February and a year" },
	{ "Europe/Paris",
	  "2024-02-29T11:00:00Z",
	  { .count = 4, .unit = 'y' },
	  "2028-02-29T11:00:00Z",
	  "29 February and four years" },
	{ "Europe/Paris",
	  "2026-01-31T11:00:00Z",
	  { .count = 1, .unit = 'm' },
	  "2026-02-28T11:00:00Z",
	  "31 January and a month" },
	{ "Europe/Paris",
	  "2023-12-31T11:00:00Z",
	  { .count = 2, .unit = 'm' },
	  "2024-02-29T11:00:00Z",
	  "31 December and two months, in a leap year" },
	{ "Europe/Paris",
	  "2026-08-31T21:59:59Z",
	  { .count = 24, .unit = 'm' },
	  "2028-08-31T21:59:59Z",
	  "24 months" },
	{ "UTC",
	  "2100-02-28T00:00:00Z",
	  { .count = 4, .unit = 'y' },
	  "2104-02-28T00:00:00Z",
	  "2100 has no leap day" },
	{ "America/New_York",
	  "2026-03-07T07:30:00Z",
	  { .count = 1, .unit = 'd' },
	  "2026-03-08T07:30:00Z",
	  "skipped in New York" },
	{ "America/New_York",
	  "2025-11-01T05:30:00Z",
	  { .count = 1, .unit = 'd' },
	  "2025-11-02T05:30:00Z",
	  "twice in New York" },
	{ "Pacific/Apia",
	  "2011-12-29T22:00:00Z",
	  { .count = 1, .unit = 'd' },
	  "2011-12-30T22:00:00Z",
	  "a day that there was not" },
	{ "Pacific/Apia",
	  "2011-12-29T22:00:00Z",
	  { .count = 2, .unit = 'd' },
	  "2011-12-30T22:00:00Z",
	  "over a day that there was not" },
	{ "Pacific/Apia",
	  "2011-12-01T09:30:00Z",
	  { .count = 1, .unit = 'm' },
	  "2011-12-31T09:30:00Z",
	  "a month that ends on it" },
	{ "America/Sao_Paulo",
	  "2017-10-14T03:15:00Z",
	  { .count = 1, .unit = 'd' },
	  "2017-10-15T03:15:00Z",
	  "a midnight that was skipped" },
	{ "Africa/Casablanca",
	  "2026-01-19T23:00:00Z",
	  { .count = 90, .unit = 'd' },
	  "2026-04-19T23:00:00Z",
	  "over Ramadan's change of the clocks" },
	{ "Australia/Lord_Howe",
	  "2026-04-03T14:45:00Z",
	  { .count = 1, .unit = 'd' },
	  "2026-04-04T14:45:00Z",
	  "half an hour twice" },
	{ "Asia/Kathmandu",
	  "2026-06-30T18:14:59Z",
	  { .count = 8, .unit = 'm' },
	  "2027-02-28T18:14:59Z",
	  "28 February from 30 June" },
	{ "Pacific/Kiritimati",
	  "2026-12-31T09:00:00Z",
	  { .count = 1, .unit = 'd' },
	  "2027-01-01T09:00:00Z",
	  "fourteen hours ahead" },
};

static int64_t
at(const char *text)
{
	struct err err;
	int64_t us = 0;

	assert_int_equal(time_parse(str_from_c(text), &us, NULL, &err), RC_OK);
	return us;
}

static void
a_period_ends_on_the_calendar_of_the_zone(void **state)
{
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		const struct tenant tenant = { .zone = str_from_c(table[i].zone) };
		char got[TIME_TEXT_MAX];
		int64_t due_us = 0;
		assert_int_equal(
		    vault_deadline(&tenant, &table[i].period, at(table[i].from), &due_us, &err),
		    RC_OK);
		time_format(due_us, 0, got);
		if (strcmp(got, table[i].end) != 0)
			fail_msg("%s: %s, not %s", table[i].what, got, table[i].end);
	}
}

static void
seconds_pass_as_they_do_and_forever_does_not_end(void **state)
{
	const struct tenant paris = { .zone = STR("Europe/Paris") };
	const struct policy_period day = { .count = 86400, .unit = 's' };
	const struct policy_period none = { .count = 0, .unit = 's' };
	const struct policy_period forever = { .is_forever = true };
	int64_t from_us = at("2026-10-24T22:00:00Z");
	struct err err;
	int64_t due_us = 0;

	(void)state;
	assert_int_equal(vault_deadline(&paris, &day, from_us, &due_us, &err), RC_OK);
	assert_int_equal(due_us, at("2026-10-25T22:00:00Z"));
	assert_int_equal(vault_deadline(&paris, &none, from_us, &due_us, &err), RC_OK);
	assert_int_equal(due_us, from_us);
	assert_int_equal(vault_deadline(&paris, &forever, from_us, &due_us, &err), RC_OK);
	assert_int_equal(due_us, INT64_MAX);
}

static void
an_unknown_zone_is_refused(void **state)
{
	const struct tenant nowhere = { .zone = STR("Europe/Nowhere") };
	const struct policy_period day = { .count = 1, .unit = 'd' };
	struct err err;
	int64_t due_us = 0;

	(void)state;
	assert_int_equal(vault_deadline(&nowhere, &day, 1, &due_us, &err), RC_INVALID);
}

/* 1 March 2026, 00:30 in Paris, is still February in UTC: the key is named so. */
static void
a_record_takes_its_deadline_from_the_zone_and_its_month_from_utc(void **state)
{
	struct fixture *f = *state;
	const struct policy_class *log = policy_class_find(f->tenant->policy, STR("log"));
	const struct policy_class *health = policy_class_find(f->tenant->policy, STR("health"));
	struct record_row row = { 0 };

	/* 90 days before 1 March 2026, 00:30 +01:00. */
	row_retention(&row, f->tenant, log, at("2025-11-30T23:30:00Z"));
	assert_int_equal(row.expires_us, at("2026-02-28T23:30:00Z"));
	assert_int_equal(row.month, 202602);
	row_retention(&row, f->tenant, health, at("2025-11-30T23:30:00Z"));
	assert_int_equal(row.expires_us, INT64_MAX);
	assert_int_equal(row.month, 0);
}

static void
what_is_submitted_counts_from_when_it_is_put(void **state)
{
	struct fixture *f = *state;
	struct policy_class class = *policy_class_find(f->tenant->policy, STR("log"));
	struct record_row row = { 0 };

	class.keep.until = KEEP_SUBMITTED;
	row_retention(&row, f->tenant, &class, at("2025-11-30T23:30:00Z"));
	assert_int_equal(row.expires_us, at("2026-02-28T23:30:00Z"));
}

/* --- triggers ------------------------------------------------------------------------ */

static int64_t
deadlines_of(struct fixture *f, struct id subject, const char *where)
{
	char sql[200];
	char id[40];

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM deadline WHERE subject = %s", where,
	               id_sql(subject, id));
	return database_number(f, sql);
}

static void
a_closed_account_has_a_deadline_for_each_class_that_waits_for_it(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;
	struct retention_trigger closed = { subject, KEEP_ACCOUNT_CLOSED,
		                            at("2026-03-28T01:30:00Z") };
	struct subject_row row = { .tenant = f->tenant->id, .id = subject };
	int64_t before = log_size(f);
	char where[96];
	int64_t waiting = 0;

	for (size_t i = 0; i < f->tenant->policy->class_count; i++) {
		const struct policy_class *class = &f->tenant->policy->classes[i];
		waiting +=
		    class->keep.until == KEEP_ACCOUNT_CLOSED &&
		    class_ends_with(f->tenant->policy, class, policy_number(STR("member")));
	}
	assert_true(waiting > 5);
	RC_IS(f, vault_retention_trigger(&door, &closed, &f->err), RC_OK);
	(void)entry_is(f, before,
	               &(struct expected_entry){ "retention", "", "none", "ok", "system", 0 });
	assert_int_equal(deadlines_of(f, subject, "count(*)"), waiting);
	(void)snprintf(where, sizeof(where), "max(due_us) = %lld",
	               (long long)at("2033-03-28T00:30:00Z")); /* 7 years: summer time */
	assert_int_equal(deadlines_of(f, subject, where), 1);
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_true((row.flags & SUBJECT_CLOSED) != 0);
	closed.at_us += US_PER_DAY; /* the first time stays */
	RC_IS(f, vault_retention_trigger(&door, &closed, &f->err), RC_OK);
	assert_int_equal(deadlines_of(f, subject, where), 1);
	RC_IS(f, vault_retention_reopen(&door, subject, &f->err), RC_OK);
	assert_int_equal(deadlines_of(f, subject, "count(*)"), 0);
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_true((row.flags & SUBJECT_CLOSED) == 0);
}

static void
a_trigger_that_begins_no_period_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	const struct retention_trigger recorded = { f->actors[ANA].subject, KEEP_RECORDED, 5 };
	const struct retention_trigger project = { f->actors[ANA].subject, KEEP_PROJECT_ENDED,
		                                   5 };

	RC_IS(f, vault_retention_trigger(&door, &recorded, &f->err), RC_INVALID);
	{ /* whose it is not, and what was long ago, nobody but the system triggers */
		const struct door ben = door_of(f, BEN, "security");
		const struct door ana = door_of(f, ANA, "security");
		struct retention_trigger other = { f->actors[ANA].subject, KEEP_ACCOUNT_CLOSED,
			                           clock_now_us(&f->clock) };
		RC_IS(f, vault_retention_trigger(&ben, &other, &f->err), RC_DENIED);
		RC_IS(f, vault_retention_reopen(&ben, other.subject, &f->err), RC_DENIED);
		other.at_us -= US_PER_DAY;
		RC_IS(f, vault_retention_trigger(&ana, &other, &f->err), RC_DENIED);
	}
	RC_IS(f, vault_retention_trigger(&door, &project, &f->err), RC_OK);
	assert_int_equal(deadlines_of(f, f->actors[ANA].subject, "count(*)"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_period_ends_on_the_calendar_of_the_zone),
		cmocka_unit_test(seconds_pass_as_they_do_and_forever_does_not_end),
		cmocka_unit_test(an_unknown_zone_is_refused),
		VAULT_TEST(a_record_takes_its_deadline_from_the_zone_and_its_month_from_utc),
		VAULT_TEST(what_is_submitted_counts_from_when_it_is_put),
		VAULT_TEST(a_closed_account_has_a_deadline_for_each_class_that_waits_for_it),
		VAULT_TEST(a_trigger_that_begins_no_period_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

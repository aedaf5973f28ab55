/*
 * Periods on the calendar.  Expected dates: Python 3.11's
 *   datetime.date plus dateutil's rule "same day, or the month's last", e.g.
 *   2024-02-29 + 1 year = 2025-02-28, 2026-01-31 + 1 month = 2026-02-28;
 * a date command for days: date -u -d "2026-01-01 +90 days" is 2026-04-01.
 */
#include "sample.h"

#include "policy/period.h"

static int64_t
at(const char *text)
{
	struct err err = { 0 };
	int64_t us = 0;

	assert_int_equal(time_parse(str_from_c(text), &us, NULL, &err), RC_OK);
	return us;
}

static void
periods_end_on_the_calendar(void **state)
{
	static const struct {
		const char *period, *from, *end;
	} rows[] = {
		{ "0s", "2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z" },
		{ "90s", "2026-01-01T10:00:00Z", "2026-01-01T10:01:30Z" },
		{ "90d", "2026-01-01T10:00:00Z", "2026-04-01T10:00:00Z" },
		{ "1mo", "2026-01-31T23:59:59.999999Z", "2026-02-28T23:59:59.999999Z" },
		{ "1mo", "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z" },
		{ "1mo", "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z" },
		{ "1mo", "2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z" },
		{ "13mo", "2025-12-31T00:00:00Z", "2027-01-31T00:00:00Z" },
		{ "24mo", "2024-02-29T12:00:00Z", "2026-02-28T12:00:00Z" },
		{ "1y", "2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z" },
		{ "4y", "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z" },
		{ "7y", "2093-03-01T00:00:00Z", "2100-03-01T00:00:00Z" },
		{ "1y", "2099-02-28T00:00:00Z", "2100-02-28T00:00:00Z" },
		{ "4y", "2096-02-29T00:00:00Z",
		  "2100-02-28T00:00:00Z" }, /* 2100 is no leap year */
		{ "1mo", "1969-12-31T00:00:00Z", "1970-01-31T00:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct policy_period period;
		assert_true(period_parse(str_from_c(rows[i].period), &period));
		if (policy_period_end(&period, at(rows[i].from)) != at(rows[i].end))
			fail_msg("%s from %s", rows[i].period, rows[i].from);
	}
}

static void
what_has_no_end_ends_never(void **state)
{
	struct policy_period forever = { .is_forever = true };
	struct policy_period year = { .count = 1, .unit = 'y' };
	struct policy_period long_s = { .count = 31536000, .unit = 's' };

	(void)state;
	assert_int_equal(policy_period_end(&forever, at("2026-01-01T00:00:00Z")), INT64_MAX);
	assert_int_equal(policy_period_end(&year, 0), INT64_MAX); /* not triggered yet */
	assert_int_equal(policy_period_end(&year, at("9999-06-01T00:00:00Z")), INT64_MAX);
	assert_int_equal(policy_period_end(&long_s, INT64_MAX - 1), INT64_MAX);
}

static void
only_written_periods_are_periods(void **state)
{
	static const char *const bad[] = {
		"",     "d",      "90",     "-1d",       "+1d",         "1 d",
		"01d",  "1w",     "1m",     "1.5y",      "1Y",          "ever",
		"101y", "1201mo", "36526d", "31536001s", "99999999999d"
	};
	struct policy_period period;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (period_parse(str_from_c(bad[i]), &period))
			fail_msg("taken for a period: %s", bad[i]);
	}
}

static void
longer_periods_have_greater_lengths(void **state)
{
	static const char *const rising[] = { "0s",  "86399s", "1d",   "30d", "1mo",
		                              "31d", "12mo",   "366d", "2y",  "forever" };
	struct policy_period before, after;

	(void)state;
	for (size_t i = 1; i < COUNT_OF(rising); i++) {
		assert_true(period_parse(str_from_c(rising[i - 1]), &before));
		assert_true(period_parse(str_from_c(rising[i]), &after));
		assert_true(period_length_s(&before) < period_length_s(&after));
	}
	assert_true(period_parse(STR("12mo"), &before));
	assert_true(period_parse(STR("1y"), &after));
	assert_int_equal(period_length_s(&before), period_length_s(&after));
}

static void
a_month_key_is_named_by_the_deadline(void **state)
{
	struct policy_keep keep = { .until = KEEP_RECORDED, .then = THEN_ERASE };
	int64_t now = at("2026-11-15T12:00:00Z");

	(void)state;
	assert_true(period_parse(STR("90d"), &keep.plus));
	assert_int_equal(policy_retention_month(&keep, now), 202702); /* 2027-02-13 */
	assert_true(period_parse(STR("7y"), &keep.plus));
	assert_int_equal(policy_retention_month(&keep, now), 203311);
	keep.plus.is_forever = true;
	assert_int_equal(policy_retention_month(&keep, now), 0);
	assert_true(period_parse(STR("7y"), &keep.plus));
	keep.until = KEEP_ACCOUNT_CLOSED; /* nobody knows yet when */
	assert_int_equal(policy_retention_month(&keep, now), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_end_on_the_calendar),
		cmocka_unit_test(what_has_no_end_ends_never),
		cmocka_unit_test(only_written_periods_are_periods),
		cmocka_unit_test(longer_periods_have_greater_lengths),
		cmocka_unit_test(a_month_key_is_named_by_the_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

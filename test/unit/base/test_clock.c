/* Times as RFC 3339 texts.  Expected seconds by `date -u -d TEXT +%s`. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"

static void
expect(int64_t us, int offset_s, const char *expected)
{
	char text[TIME_TEXT_MAX];
	int64_t back;
	int offset_back;
	struct err err;

	time_format(us, offset_s, text);
	assert_string_equal(text, expected);
	assert_int_equal(time_parse(str_from_c(text), &back, &offset_back, &err), RC_OK);
	assert_int_equal(back, us);
	assert_int_equal(offset_back, offset_s);
}

static void
a_time_is_written_as_rfc_3339_and_read_back(void **state)
{
	(void)state;
	expect(0, 0, "1970-01-01T00:00:00Z");
	expect(INT64_C(1772359200) * US_PER_S, 0, "2026-03-01T10:00:00Z");
	expect(INT64_C(-62135596800) * US_PER_S, 0, "0001-01-01T00:00:00Z");
	expect(INT64_C(253402300799) * US_PER_S, 0, "9999-12-31T23:59:59Z");
	expect(-1, 0, "1969-12-31T23:59:59.999999Z");
}

static void
fractions_are_milliseconds_or_microseconds_and_never_shorter(void **state)
{
	(void)state;
	expect(500 * US_PER_MS, 0, "1970-01-01T00:00:00.500Z");
	expect(7 * US_PER_MS, 0, "1970-01-01T00:00:00.007Z");
	expect(120, 0, "1970-01-01T00:00:00.000120Z");
}

static void
offsets_move_the_time_of_day_and_are_named(void **state)
{
	(void)state;
	expect(0, 3600, "1970-01-01T01:00:00+01:00");
	expect(0, -(9 * 3600 + 1800), "1969-12-31T14:30:00-09:30");
	expect(0, 14 * 3600, "1970-01-01T14:00:00+14:00");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_written_as_rfc_3339_and_read_back),
		cmocka_unit_test(fractions_are_milliseconds_or_microseconds_and_never_shorter),
		cmocka_unit_test(offsets_move_the_time_of_day_and_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

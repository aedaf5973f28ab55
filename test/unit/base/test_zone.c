/*
 * Time zones.  Expected figures: Python 3.11's zoneinfo on tzdata 2025b, e.g.
 *   datetime(2026,3,29,1,tzinfo=timezone.utc).astimezone(ZoneInfo("Europe/Paris"))
 */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/zone.h"

static struct zone *
open_zone(const char *name)
{
	struct zone *zone = NULL;
	struct err err = { 0 };

	if (zone_open(&zone, str_from_c(name), &err) != RC_OK)
		fail_msg("%s: %s", name, err.text);
	return zone;
}

static int64_t
at(const char *text)
{
	struct err err = { 0 };
	int64_t us = 0;

	assert_int_equal(time_parse(str_from_c(text), &us, NULL, &err), RC_OK);
	return us;
}

static void
offsets_change_at_the_second_of_the_transition(void **state)
{
	static const struct {
		const char *zone;
		const char *time;
		int offset_s;
		const char *abbreviation;
	} rows[] = {
		{ "Europe/Paris", "2026-03-29T00:59:59.999999Z", 3600, "CET" },
		{ "Europe/Paris", "2026-03-29T01:00:00Z", 7200, "CEST" },
		{ "Europe/Paris", "2026-10-25T00:59:59Z", 7200, "CEST" },
		{ "Europe/Paris", "2026-10-25T01:00:00Z", 3600, "CET" },
		{ "Europe/Paris", "1900-01-01T00:00:00Z", 561, "PMT" },
		{ "America/New_York", "2026-03-08T06:59:59Z", -18000, "EST" },
		{ "America/New_York", "2026-03-08T07:00:00Z", -14400, "EDT" },
		{ "America/New_York", "2026-11-01T05:59:59Z", -14400, "EDT" },
		{ "America/New_York", "2026-11-01T06:00:00Z", -18000, "EST" },
		{ "Asia/Kathmandu", "2026-01-01T00:00:00Z", 20700, "+0545" },
		{ "Europe/Dublin", "2026-07-01T00:00:00Z", 3600, "IST" },
		{ "UTC", "2026-07-01T00:00:00Z", 0, "UTC" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(zone_close) struct zone *zone = open_zone(rows[i].zone);
		int64_t us = at(rows[i].time);

		assert_int_equal(zone_offset_s(zone, us), rows[i].offset_s);
		assert_string_equal(zone_abbreviation(zone, us), rows[i].abbreviation);
	}
}

static void
the_footer_carries_the_rules_past_the_end_of_the_file(void **state)
{
	static const struct {
		const char *zone;
		const char *time;
		int offset_s;
	} rows[] = {
		{ "Europe/Paris", "2100-07-01T00:00:00Z", 7200 },
		{ "Europe/Paris", "2100-01-01T00:00:00Z", 3600 },
		{ "America/New_York", "2090-07-04T00:00:00Z", -14400 },
		{ "Australia/Lord_Howe", "2099-01-01T00:00:00Z", 39600 },
		{ "Australia/Lord_Howe", "2099-07-01T00:00:00Z", 37800 },
		{ "Europe/Dublin", "2099-01-01T00:00:00Z", 0 },
		{ "Europe/Dublin", "2099-07-01T00:00:00Z", 3600 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(zone_close) struct zone *zone = open_zone(rows[i].zone);

		assert_int_equal(zone_offset_s(zone, at(rows[i].time)), rows[i].offset_s);
	}
}

static void
a_day_has_23_24_or_25_hours(void **state)
{
	static const struct {
		const char *zone;
		const char *within;
		const char *start;
		const char *end;
	} rows[] = {
		{ "Europe/Paris", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z",
		  "2026-03-29T22:00:00Z" },
		{ "Europe/Paris", "2026-10-25T22:59:59Z", "2026-10-24T22:00:00Z",
		  "2026-10-25T23:00:00Z" },
		{ "Europe/Paris", "2026-06-01T22:00:00Z", "2026-06-01T22:00:00Z",
		  "2026-06-02T22:00:00Z" },
		/* Clocks go from 00:00 to 01:00: the day begins at 01:00, 03:00Z. */
		{ "America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z",
		  "2018-11-05T02:00:00Z" },
		/* Midnight comes twice, 04:00Z and 05:00Z: the first one counts. */
		{ "America/Havana", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z",
		  "2026-11-02T05:00:00Z" },
		/* 30 December 2011 did not happen. */
		{ "Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-29T10:00:00Z",
		  "2011-12-30T10:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(zone_close) struct zone *zone = open_zone(rows[i].zone);
		int64_t us = at(rows[i].within);

		assert_int_equal(zone_day_start_us(zone, us), at(rows[i].start));
		assert_int_equal(zone_day_end_us(zone, us), at(rows[i].end));
	}
}

static void
a_skipped_time_moves_on_and_a_repeated_one_is_the_first(void **state)
{
	CLEANUP(zone_close) struct zone *zone = open_zone("Europe/Paris");
	struct civil gap = { 2026, 3, 29, 2, 30, 0, 0 };
	struct civil twice = { 2026, 10, 25, 2, 30, 0, 0 };
	struct civil plain = { 2026, 7, 14, 12, 0, 0, 5 };

	(void)state;
	assert_int_equal(zone_local_to_us(zone, &gap), at("2026-03-29T01:30:00Z"));
	assert_int_equal(zone_local_to_us(zone, &twice), at("2026-10-25T00:30:00Z"));
	assert_int_equal(zone_local_to_us(zone, &plain), at("2026-07-14T10:00:00.000005Z"));
	assert_int_equal(zone_local_to_us(NULL, &plain), at("2026-07-14T12:00:00.000005Z"));
}

static void
a_span_reaches_from_one_change_to_the_next(void **state)
{
	CLEANUP(zone_close) struct zone *zone = open_zone("America/New_York");
	struct zone_span span = zone_span_at(zone, at("2026-07-04T00:00:00Z"));

	(void)state;
	assert_int_equal(span.from_us, at("2026-03-08T07:00:00Z"));
	assert_int_equal(span.until_us, at("2026-11-01T06:00:00Z"));
	span = zone_span_at(NULL, 0);
	assert_true(span.from_us == INT64_MIN && span.until_us == INT64_MAX);
}

static void
a_name_that_could_leave_the_folder_is_refused(void **state)
{
	static const char *const names[] = {
		"",
		"/etc/passwd",
		"../../../etc/passwd",
		"Europe/../Europe/Paris",
		"Europe",
		"Europe/",
		"Europe//Paris",
		"Europe/Paris\n",
		"Mars/X",
		"right/Europe/Paris",
		"Europe/P\xc3\xa4ris",
		"zone.tab",
		"leapseconds",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct zone *zone = NULL;
		struct err err = { 0 };
		enum rc rc = zone_open(&zone, str_from_c(names[i]), &err);

		if (rc != RC_INVALID)
			fail_msg("%s: %s", names[i], rc_name(rc));
		assert_null(zone);
	}
}

static size_t
read_file(const char *path, char *bytes, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t got;

	assert_non_null(file);
	got = fread(bytes, 1, size, file);
	fclose(file);
	return got;
}

static enum rc
parse(const char *bytes, size_t len)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct err err = { 0 };

	return zone_parse(&zone, (struct str){ bytes, len }, &err);
}

static void
a_file_cut_anywhere_is_refused(void **state)
{
	char bytes[8192];
	size_t len = read_file("/usr/share/zoneinfo/Europe/Paris", bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(parse(bytes, len), RC_OK);
	for (size_t cut = 0; cut < len; cut++) {
		/* A copy of the exact size, so a sanitizer sees a read past the end. */
		char *part = malloc(cut + 1);
		memcpy(part, bytes, cut);
		assert_int_equal(parse(part, cut), RC_CORRUPT);
		free(part);
	}
}

static void
no_changed_byte_makes_it_read_out_of_bounds(void **state)
{
	char bytes[8192];
	size_t len = read_file("/usr/share/zoneinfo/America/New_York", bytes, sizeof(bytes));
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		char was = bytes[i];
		bytes[i] = (char)(was ^ 0xff);
		refused += parse(bytes, len) == RC_CORRUPT;
		bytes[i] = was;
	}
	assert_true(refused > 100);
}

static void
leap_seconds_and_version_1_are_refused(void **state)
{
	char bytes[8192];
	size_t len = read_file("/usr/share/zoneinfo/Europe/Paris", bytes, sizeof(bytes));

	(void)state;
	bytes[4] = '\0';
	assert_int_equal(parse(bytes, len), RC_CORRUPT);
	if (access("/usr/share/zoneinfo/right/Europe/Paris", R_OK) != 0)
		skip();
	len = read_file("/usr/share/zoneinfo/right/Europe/Paris", bytes, sizeof(bytes));
	assert_int_equal(parse(bytes, len), RC_CORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_change_at_the_second_of_the_transition),
		cmocka_unit_test(the_footer_carries_the_rules_past_the_end_of_the_file),
		cmocka_unit_test(a_day_has_23_24_or_25_hours),
		cmocka_unit_test(a_skipped_time_moves_on_and_a_repeated_one_is_the_first),
		cmocka_unit_test(a_span_reaches_from_one_change_to_the_next),
		cmocka_unit_test(a_name_that_could_leave_the_folder_is_refused),
		cmocka_unit_test(a_file_cut_anywhere_is_refused),
		cmocka_unit_test(no_changed_byte_makes_it_read_out_of_bounds),
		cmocka_unit_test(leap_seconds_and_version_1_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Search parameters.  Expected ranges: FHIR R4 "Search", prefixes and "date";
 * conditional create: R4 "RESTful API".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fhir_sample.h"
#include "service/measure/analyte.h"
#include "service/measure/fhir_search.h"

#define NOON_US SAMPLE_NOW_US /* 2026-03-01T12:00:00Z */

struct asked {
	struct arena arena;
	struct fhir_issues issues;
	struct fhir_search search;
	struct fhir_param params[4];
	struct fhir_query query;
};

/* "name=value&name=value", already decoded. */
static enum rc
ask(struct asked *asked, const char *text, bool is_lenient)
{
	struct str rest = str_from_c(text);

	arena_init(&asked->arena, MIB);
	fhir_issues_init(&asked->issues, &asked->arena);
	asked->query = (struct fhir_query){ asked->params, 0, is_lenient };
	while (rest.len != 0) {
		struct fhir_param *param = &asked->params[asked->query.count++];
		struct str pair;
		rest = str_cut(rest, '&', &pair);
		param->value = str_cut(pair, '=', &param->name);
	}
	return fhir_search_parse(&asked->query, &asked->search, &asked->issues);
}

static void
asked_free(struct asked *asked)
{
	arena_free(&asked->arena);
}

static struct reading
reading_at(int64_t us)
{
	return (struct reading){ .number = 7,
		                 .status = READING_FINAL,
		                 .method = READING_SENSOR,
		                 .analyte = ANALYTE_GLUCOSE,
		                 .unit = UNIT_MG_DL,
		                 .taken_us = us,
		                 .updated_us = us,
		                 .has_sequence = true,
		                 .sequence = 17,
		                 .identifier_system = STR("https://app.example"),
		                 .identifier = STR("a,b") };
}

static bool
matches(const char *text, int64_t us)
{
	CLEANUP(asked_free) struct asked asked = { 0 };
	struct fhir_context context = sample_context();
	struct reading reading = reading_at(us);

	assert_int_equal(ask(&asked, text, false), RC_OK);
	return fhir_search_matches(&asked.search, context.patient, &reading);
}

static void
a_date_is_the_range_that_it_spans(void **state)
{
	static const struct {
		const char *text;
		bool before; /* noon on 28 February */
		bool within; /* noon on 1 March */
		bool after;  /* noon on 2 March */
	} rows[] = {
		{ "date=2026-03-01", false, true, false },
		{ "date=eq2026-03-01", false, true, false },
		{ "date=ne2026-03-01", true, false, true },
		{ "date=gt2026-03-01", false, false, true },
		{ "date=sa2026-03-01", false, false, true },
		{ "date=ge2026-03-01", false, true, true },
		{ "date=lt2026-03-01", true, false, false },
		{ "date=eb2026-03-01", true, false, false },
		{ "date=le2026-03-01", true, true, false },
		{ "date=2026-03", false, true, true },
		{ "date=2026", true, true, true },
		{ "date=2025", false, false, false },
		{ "date=2026-03-01T12:00:00Z", false, true, false },
		{ "date=2026-03-01T12:00Z", false, true, false },
		{ "date=2026-03-01T13:00:00+01:00", false, true, false },
		{ "date=2026-03-01T12:00:00", false, true, false },
		{ "date=ge2026-03-01&date=lt2026-03-02", false, true, false },
		{ "_lastUpdated=2026-03-01", false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(matches(rows[i].text, NOON_US - US_PER_DAY), rows[i].before);
		assert_int_equal(matches(rows[i].text, NOON_US), rows[i].within);
		assert_int_equal(matches(rows[i].text, NOON_US + US_PER_DAY), rows[i].after);
	}
}

static void
each_filter_keeps_what_it_names_and_nothing_else(void **state)
{
	static const struct {
		const char *text;
		bool is_match;
	} rows[] = {
		{ "patient=Patient/" SAMPLE_PATIENT, true },
		{ "patient=" SAMPLE_PATIENT, true },
		{ "subject=Patient/" SAMPLE_PATIENT, true },
		{ "patient=0190a0b4-7c3e-7abc-8def-0123456789ff", false },
		{ "patient=someone", false },
		{ "device=" SAMPLE_DEVICE, false },
		{ "category=laboratory", true },
		{ "category=http://terminology.hl7.org/CodeSystem/"
		  "observation-category|laboratory",
		  true },
		{ "category=vital-signs", false },
		{ "category=vital-signs,laboratory", true },
		{ "category=|laboratory", false },
		{ "code=99504-3", true },
		{ "code=http://loinc.org|99504-3", true },
		{ "code=http://snomed.info/sct|99504-3", false },
		{ "code=2093-3,99504-3", true },
		{ "code=105272-9", false },
		{ "code=unknown", false },
		{ "status=final", true },
		{ "status=preliminary,amended", false },
		{ "status=entered-in-error", false },
		{ "identifier=https://app.example|a\\,b", true },
		{ "identifier=a\\,b", true },
		{ "identifier=|a\\,b", false },
		{ "identifier=https://other.example|a\\,b", false },
		{ "identifier=urn:troth:sequence|17", true },
		{ "identifier=urn:troth:sequence|18", false },
		{ "_id=0190a0b47c3e7abc8def0123456789ab-glucose-7", true },
		{ "_id=0190a0b47c3e7abc8def0123456789ab-glucose-8", false },
		{ "_id=x,0190a0b47c3e7abc8def0123456789ab-glucose-7", true },
		{ "_id=x", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (matches(rows[i].text, NOON_US) != rows[i].is_match)
			fail_msg("%s", rows[i].text);
	}
}

static void
what_is_not_carried_out_is_refused_by_name(void **state)
{
	static const char *const rows[][2] = {
		{ "value-quantity=gt5", "value-quantity" },
		{ "performer=x", "performer" },
		{ "code:in=http://x", "code" },
		{ "patient.name=Tom", "(unfit name)" },
		{ "date=ap2026", "date" },
		{ "date=2026-02-30", "date" },
		{ "date=", "date" },
		{ "_sort=code", "_sort" },
		{ "_count=1001", "_count" },
		{ "_count=-1", "_count" },
		{ "_summary=text", "_summary" },
		{ "_cursor=a b", "_cursor" },
		{ "_format=xml", "_format" },
		{ "identifier=a,b", "identifier" },
		{ "code=2093-3&code=99504-3", "code" },
		{ "patient=Group/1", "patient" },
		{ "_include=Observation:patient", "_include" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(asked_free) struct asked asked = { 0 };
		assert_int_equal(ask(&asked, rows[i][0], false), RC_INVALID);
		if (!str_eq(asked.issues.items[0].expression, str_from_c(rows[i][1])))
			fail_msg("%s", rows[i][0]);
	}
}

static void
leniently_an_unknown_parameter_is_left_out_and_told(void **state)
{
	CLEANUP(asked_free) struct asked asked = { 0 };
	CLEANUP(buf_free) struct buf buf = { 0 };

	(void)state;
	assert_int_equal(
	    ask(&asked, "performer=x&code=http://loinc.org|99504-3&_count=5", true), RC_OK);
	assert_int_equal(asked.issues.count, 1);
	assert_int_equal(asked.issues.items[0].severity, FHIR_WARNING);
	assert_true(str_eq(asked.issues.items[0].expression, STR("performer")));
	buf_init(&buf, KIB);
	fhir_search_link(&buf, STR("https://t/fhir/Observation"), &asked.query, &asked.search,
	                 STR("c1"));
	assert_string_equal(buf.text, "https://t/fhir/Observation?code=http%3A%2F%2Floinc.org"
	                              "%7C99504-3&_count=5&_cursor=c1");
}

static void
a_bad_value_is_refused_even_leniently(void **state)
{
	CLEANUP(asked_free) struct asked asked = { 0 };

	(void)state;
	assert_int_equal(ask(&asked, "date=yesterday", true), RC_INVALID);
}

static void
paging_and_order_have_their_defaults(void **state)
{
	CLEANUP(asked_free) struct asked plain = { 0 };
	CLEANUP(asked_free) struct asked asked = { 0 };
	CLEANUP(asked_free) struct asked none = { 0 };

	(void)state;
	assert_int_equal(ask(&plain, "", false), RC_OK);
	assert_int_equal(plain.search.count, 50);
	assert_int_equal(plain.search.sort, FHIR_SORT_DATE_DOWN);
	assert_false(plain.search.is_count_only);
	assert_int_equal(
	    ask(&asked, "_sort=_lastUpdated&_count=1000&_summary=count&_cursor=aB-9", false),
	    RC_OK);
	assert_int_equal(asked.search.count, 1000);
	assert_int_equal(asked.search.sort, FHIR_SORT_UPDATED);
	assert_true(asked.search.is_count_only);
	assert_true(str_eq(asked.search.cursor, STR("aB-9")));
	assert_int_equal(ask(&none, "_count=0", false), RC_OK);
	assert_true(none.search.is_count_only);
}

static void
the_window_is_what_all_dates_allow(void **state)
{
	CLEANUP(asked_free) struct asked asked = { 0 };
	int64_t from_us;
	int64_t until_us;

	(void)state;
	assert_int_equal(
	    ask(&asked, "date=ge2026-02&date=lt2026-03-02&date=le2026-03-01", false), RC_OK);
	fhir_dates_window(&asked.search.taken, &from_us, &until_us);
	assert_int_equal(from_us, INT64_C(1769904000000000));  /* 2026-02-01T00:00Z */
	assert_int_equal(until_us, INT64_C(1772409600000000)); /* 2026-03-02T00:00Z */
}

static void
if_none_exist_takes_one_identifier_with_its_system(void **state)
{
	static const char *const bad[] = {
		"",
		"identifier=",
		"identifier=r1",
		"identifier=|r1",
		"identifier=https://a|",
		"identifier=https://a|r1,https://a|r2",
		"identifier=https://a|r1&status=final",
		"code=https://a|r1",
		"identifier=https://a|%4",
		"identifier=https://a|%zz",
		"identifier=https://a|%ff",
	};
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct fhir_token token;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, MIB);
	assert_int_equal(fhir_if_none_exist_parse(
			     &arena, STR("identifier=https%3A%2F%2Fa%7Cr%201"), &token, &err),
	                 RC_OK);
	assert_true(str_eq(token.system, STR("https://a")));
	assert_true(str_eq(token.value, STR("r 1")));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_not_equal(
		    fhir_if_none_exist_parse(&arena, str_from_c(bad[i]), &token, &err), RC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_is_the_range_that_it_spans),
		cmocka_unit_test(each_filter_keeps_what_it_names_and_nothing_else),
		cmocka_unit_test(what_is_not_carried_out_is_refused_by_name),
		cmocka_unit_test(leniently_an_unknown_parameter_is_left_out_and_told),
		cmocka_unit_test(a_bad_value_is_refused_even_leniently),
		cmocka_unit_test(paging_and_order_have_their_defaults),
		cmocka_unit_test(the_window_is_what_all_dates_allow),
		cmocka_unit_test(if_none_exist_takes_one_identifier_with_its_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

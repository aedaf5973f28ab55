/*
 * Bundles in and out.  Rules: FHIR R4 "Bundle" (bdl-1 … bdl-8) and "Parameters"
 * (inv-1); HL7 CGM guide 1.0.0, profile cgm-data-submission-bundle and operation
 * submit-cgm-bundle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fhir_sample.h"
#include "service/measure/fhir_capability.h"
#include "service/measure/fhir_cgm.h"
#include "service/measure/fhir_outcome.h"

#define REQUEST "\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}"
#define DEVICE_RESOURCE                                                                        \
	"{\"resourceType\":\"Device\",\"identifier\":[{\"value\":\"1\"}],\"deviceName\":["     \
	"{\"name\":\"x\",\"type\":\"user-friendly-name\"}]}"

/* An entry with the sample, its first `find` replaced. */
static const char *
entry(struct arena *arena, const char *find, const char *replace)
{
	return str_to_c(arena, str_printf(arena, "{\"resource\":%.*s," REQUEST "}",
	                                  STR_ARGS(sample_with(arena, find, replace))));
}

static const char *
cgm_bundle(struct arena *arena, const char *entries)
{
	return str_to_c(arena,
	                str_printf(arena,
	                           "{\"resourceType\":\"Bundle\",\"type\":\"transaction\","
	                           "\"timestamp\":\"2026-03-01T10:00:00Z\",\"entry\":[%s]}",
	                           entries));
}

struct taken {
	struct json json;
	struct fhir_entries entries;
	struct fhir_issues issues;
	enum rc rc;
};

static void
taken_free(struct taken *taken)
{
	json_free(&taken->json);
}

static void
take(struct taken *taken, struct arena *arena, const char *text)
{
	struct fhir_context context = sample_context();
	struct err err = { 0 };

	fhir_issues_init(&taken->issues, arena);
	assert_int_equal(json_parse(&taken->json, str_from_c(text), &err), RC_OK);
	taken->rc = fhir_cgm_read(taken->json.root, &context, &taken->entries, &taken->issues);
}

static void
good_entries_are_kept_and_bad_ones_answered_one_by_one(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(taken_free) struct taken taken = { 0 };
	struct str text;

	(void)state;
	arena_init(&arena, 4 * MIB);
	text = str_printf(&arena, "%s,%s,%s,%s,%s", entry(&arena, NULL, NULL),
	                  entry(&arena, "\"final\"", "\"done\""), entry(&arena, "5.40", "99.9"),
	                  "{\"resource\":" DEVICE_RESOURCE ",\"request\":{\"method\":\"POST\","
	                  "\"url\":\"Device\"}}",
	                  entry(&arena, "5.40", "6.1"));
	take(&taken, &arena, cgm_bundle(&arena, text.ptr));
	assert_int_equal(taken.rc, RC_OK);
	assert_int_equal(taken.entries.count, 5);
	assert_int_equal(taken.entries.items[0].http_status, 0);
	assert_int_equal(taken.entries.items[0].reading.value.digits, 540);
	assert_int_equal(taken.entries.items[1].http_status, 400);
	assert_true(str_eq(taken.entries.items[1].issues->items[0].expression,
	                   STR("Observation.status")));
	assert_int_equal(taken.entries.items[2].http_status, 422);
	assert_int_equal(taken.entries.items[3].http_status, 422);
	assert_int_equal(taken.entries.items[3].issues->items[0].type, FHIR_NOT_SUPPORTED);
	assert_int_equal(taken.entries.items[4].http_status, 0);
	assert_null(taken.entries.items[4].issues);
}

static void
a_condition_of_an_entry_is_read_or_refused(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(taken_free) struct taken taken = { 0 };
	struct str text;

	(void)state;
	arena_init(&arena, 4 * MIB);
	text = str_printf(&arena,
	                  "{\"resource\":%s,\"request\":{\"method\":\"POST\",\"url\":"
	                  "\"Observation\",\"ifNoneExist\":\"identifier=https://a|1\"}},"
	                  "{\"resource\":%s,\"request\":{\"method\":\"POST\",\"url\":"
	                  "\"Observation\",\"ifNoneExist\":\"date=2026\"}},"
	                  "{\"resource\":%s,\"request\":{\"method\":\"PUT\",\"url\":"
	                  "\"Observation/1\"}}",
	                  sample_observation, sample_observation, sample_observation);
	take(&taken, &arena, cgm_bundle(&arena, text.ptr));
	assert_int_equal(taken.rc, RC_OK);
	assert_int_equal(taken.entries.items[0].http_status, 0);
	assert_true(taken.entries.items[0].has_condition);
	assert_true(str_eq(taken.entries.items[0].condition.value, STR("1")));
	assert_int_equal(taken.entries.items[1].http_status, 422);
	assert_int_equal(taken.entries.items[2].http_status, 422);
	assert_true(str_eq(taken.entries.items[2].issues->items[0].expression,
	                   STR("Bundle.entry[2].request.method")));
}

static void
a_blood_value_is_no_sensor_reading_of_the_cgm_guide(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(taken_free) struct taken taken = { 0 };

	(void)state;
	arena_init(&arena, 4 * MIB);
	take(&taken, &arena, cgm_bundle(&arena, entry(&arena, "105272-9", "15074-8")));
	assert_int_equal(taken.rc, RC_OK);
	assert_int_equal(taken.entries.items[0].http_status, 422);
}

static void
the_operation_also_takes_its_parameters_resource(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(taken_free) struct taken taken = { 0 };
	CLEANUP(taken_free) struct taken other = { 0 };
	const char *bundle;

	(void)state;
	arena_init(&arena, 4 * MIB);
	bundle = cgm_bundle(&arena, entry(&arena, NULL, NULL));
	take(&taken, &arena,
	     str_to_c(&arena, str_printf(&arena,
	                                 "{\"resourceType\":\"Parameters\",\"parameter\":["
	                                 "{\"name\":\"resource\",\"resource\":%s}]}",
	                                 bundle)));
	assert_int_equal(taken.rc, RC_OK);
	assert_int_equal(taken.entries.count, 1);
	take(&other, &arena,
	     "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\","
	     "\"valueString\":\"x\"}]}");
	assert_int_equal(other.rc, RC_INVALID);
}

struct wrong {
	const char *text;
	const char *element;
};

#define B    "{\"resourceType\":\"Bundle\","
#define T    "\"type\":\"transaction\",\"timestamp\":\"2026-03-01T10:00:00Z\","
#define GOOD "{\"resource\":" DEVICE_RESOURCE "," REQUEST "}"

static const struct wrong wrongs[] = {
	{ "{\"resourceType\":\"Observation\"}", "Bundle.resourceType" },
	{ B "\"timestamp\":\"2026-03-01T10:00:00Z\",\"entry\":[" GOOD "]}", "Bundle.type" },
	{ B "\"type\":\"heap\"}", "Bundle.type" },
	{ B "\"type\":\"batch\",\"timestamp\":\"2026-03-01T10:00:00Z\",\"entry\":[" GOOD "]}",
	  "Bundle.type" },
	{ B "\"type\":\"transaction\",\"entry\":[" GOOD "]}", "Bundle.timestamp" },
	{ B T "\"total\":1,\"entry\":[" GOOD "]}", "Bundle.total" },
	{ B T "\"id\":\"x\"}", "Bundle.entry" },
	{ B T "\"entry\":[]}", "Bundle.entry" },
	{ B T "\"entry\":[{}]}", "Bundle.entry[0]" },
	{ B T "\"entry\":[{\"resource\":" DEVICE_RESOURCE "}]}", "Bundle.entry[0].request" },
	{ B T "\"entry\":[{\"fullUrl\":\"urn:uuid:x\"," REQUEST "}]}",
	  "Bundle.entry[0].fullUrl" },
	{ B T "\"entry\":[{\"fullUrl\":\"https://a/Device/1/_history/1\"," REQUEST "}]}",
	  "Bundle.entry[0].fullUrl" },
	{ B T "\"entry\":[{\"fullUrl\":\"https://a/1\"," REQUEST
	      "},{\"fullUrl\":\"https://a/1\"," REQUEST "}]}",
	  "Bundle.entry[1].fullUrl" },
	{ B T "\"entry\":[{\"search\":{\"mode\":\"match\"}," REQUEST "}]}",
	  "Bundle.entry[0].search" },
	{ B T "\"entry\":[{\"response\":{\"status\":\"200\"}," REQUEST "}]}",
	  "Bundle.entry[0].response" },
	{ B T "\"entry\":[{\"request\":{\"method\":\"FETCH\",\"url\":\"x\"}}]}",
	  "Bundle.entry[0].request.method" },
	{ B T "\"entry\":[{\"request\":{\"method\":\"POST\"}}]}",
	  "Bundle.entry[0].request.url" },
	{ B T "\"signature\":{\"who\":1},\"entry\":[" GOOD "]}", "Bundle.signature" },
	{ B T "\"implicitRules\":\"http://x\",\"entry\":[" GOOD "]}", "Bundle.implicitRules" },
	{ B T "\"text\":{\"status\":\"generated\"},\"entry\":[" GOOD "]}", "Bundle.text" },
	{ "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\"}]}",
	  "Parameters.parameter[0]" },
	{ "{\"resourceType\":\"Parameters\"}", "Parameters.parameter" },
};

static void
a_bundle_that_is_wrong_as_a_whole_is_refused_as_a_whole(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, 4 * MIB);
	for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
		CLEANUP(taken_free) struct taken taken = { 0 };
		bool is_named = false;
		take(&taken, &arena, wrongs[i].text);
		assert_int_not_equal(taken.rc, RC_OK);
		for (size_t k = 0; k < taken.issues.count; k++)
			is_named |= str_eq(taken.issues.items[k].expression,
			                   str_from_c(wrongs[i].element));
		if (!is_named)
			fail_msg("%s: %.*s", wrongs[i].element,
			         STR_ARGS(taken.issues.items[0].expression));
	}
}

static void
a_deep_check_names_the_element_inside_its_entry(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct fhir_issues issues;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 4 * MIB);
	fhir_issues_init(&issues, &arena);
	assert_int_equal(
	    json_parse(&json,
	               str_from_c(cgm_bundle(&arena, entry(&arena, "\"final\"", "\"done\""))),
	               &err),
	    RC_OK);
	assert_int_equal(fhir_check(json.root, "Bundle", &issues), RC_SYNTAX);
	assert_int_equal(issues.count, 1);
	assert_true(str_eq(issues.items[0].expression, STR("Bundle.entry[0].resource.status")));
}

/* What was written, parsed and put through our own check. */
static void
assert_valid(struct buf *buf, const char *type)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct fhir_issues issues;
	struct err err = { 0 };
	struct str text;

	arena_init(&arena, MIB);
	fhir_issues_init(&issues, &arena);
	assert_int_equal(buf_finish(buf, &text, &err), RC_OK);
	assert_int_equal(json_parse(&json, text, &err), RC_OK);
	assert_int_equal(fhir_check(json.root, type, &issues), RC_OK);
}

static void
an_answer_has_an_entry_for_each_in_order(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf buf = { 0 };
	CLEANUP(taken_free) struct taken taken = { 0 };
	struct fhir_response responses[2];
	struct json_out out;

	(void)state;
	arena_init(&arena, 4 * MIB);
	take(&taken, &arena, cgm_bundle(&arena, entry(&arena, "\"final\"", "\"done\"")));
	responses[0] = (struct fhir_response){ 201, STR("Observation/x/_history/1"), 1,
		                               SAMPLE_NOW_US, NULL };
	responses[1] = fhir_entry_refusal(&taken.entries.items[0]);
	buf_init(&buf, MIB);
	json_out_init(&out, &buf);
	fhir_entries_answer(&out, "transaction-response", SAMPLE_NOW_US, responses, 2);
	assert_valid(&buf, "Bundle");
	assert_non_null(strstr(buf.text,
	                       "\"status\":\"201 Created\",\"location\":"
	                       "\"Observation/x/_history/1\",\"etag\":\"W/\\\"1\\\"\""));
	assert_non_null(strstr(buf.text, "\"status\":\"400 Bad Request\",\"outcome\":"));
	assert_non_null(strstr(buf.text, "\"expression\":[\"Observation.status\"]"));
}

static void
a_search_that_finds_nothing_has_no_entry(void **state)
{
	struct fhir_bundle_head head = { .type = "searchset", .has_total = true };
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct fhir_bundle bundle;
	struct json_out out;

	(void)state;
	buf_init(&buf, KIB);
	json_out_init(&out, &buf);
	fhir_bundle_begin(&bundle, &out, &head);
	fhir_bundle_end(&bundle);
	assert_string_equal(buf.text,
	                    "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":0}");
}

static void
the_servers_own_failure_tells_no_more_than_its_kind(void **state)
{
	struct err err = { .rc = RC_IO, .text = "disk /var/lib/troth broke" };
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;

	(void)state;
	buf_init(&buf, KIB);
	json_out_init(&out, &buf);
	fhir_outcome_write_err(&out, &err);
	assert_null(strstr(buf.text, "disk"));
	assert_non_null(strstr(buf.text, "\"code\":\"exception\""));
}

static void
the_capabilities_name_the_cgm_receiver_and_what_is_carried_out(void **state)
{
	static const char *const due[] = {
		"\"instantiates\":[\"http://hl7.org/fhir/uv/cgm/CapabilityStatement/"
		"cgm-data-receiver\"]",
		"\"fhirVersion\":\"4.0.1\"",
		"\"name\":\"submit-cgm-bundle\"",
		"\"conditionalCreate\":true",
		"{\"name\":\"_lastUpdated\",\"type\":\"date\"}",
	};
	struct fhir_capability capability = { STR("https://t/fhir"), STR("1"), SAMPLE_NOW_US };
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;

	(void)state;
	buf_init(&buf, MIB);
	json_out_init(&out, &buf);
	fhir_capability_write(&out, &capability);
	for (size_t i = 0; i < COUNT_OF(due); i++)
		assert_non_null(strstr(buf.text, due[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_entries_are_kept_and_bad_ones_answered_one_by_one),
		cmocka_unit_test(a_condition_of_an_entry_is_read_or_refused),
		cmocka_unit_test(a_blood_value_is_no_sensor_reading_of_the_cgm_guide),
		cmocka_unit_test(the_operation_also_takes_its_parameters_resource),
		cmocka_unit_test(a_bundle_that_is_wrong_as_a_whole_is_refused_as_a_whole),
		cmocka_unit_test(a_deep_check_names_the_element_inside_its_entry),
		cmocka_unit_test(an_answer_has_an_entry_for_each_in_order),
		cmocka_unit_test(a_search_that_finds_nothing_has_no_entry),
		cmocka_unit_test(the_servers_own_failure_tells_no_more_than_its_kind),
		cmocka_unit_test(
		    the_capabilities_name_the_cgm_receiver_and_what_is_carried_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

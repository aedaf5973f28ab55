/* FHIR: what goes, what stays, and that what is left still fits together. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"
#include "deid/fhir.h"

static struct deid *deid;

static int
open_once(void **state)
{
	struct err err;

	(void)state;
	return deid_open(&deid, &err) == RC_OK ? 0 : -1;
}

static int
close_once(void **state)
{
	(void)state;
	deid_close(&deid);
	return 0;
}

static const char bundle[] =
    "{\"resourceType\":\"Bundle\",\"id\":\"b1\",\"type\":\"collection\",\"entry\":["
    "{\"fullUrl\":\"https://h.example/fhir/Patient/p-77\",\"resource\":{"
    "\"resourceType\":\"Patient\",\"id\":\"p-77\","
    "\"meta\":{\"versionId\":\"3\",\"lastUpdated\":\"2026-01-02T03:04:05Z\",\"source\":\"h\"},"
    "\"text\":{\"status\":\"generated\",\"div\":\"<div>Zorvadez</div>\"},"
    "\"extension\":[{\"url\":\"https://h.example/vip\",\"valueString\":\"senator\"}],"
    "\"identifier\":[{\"system\":\"urn:mrn\",\"value\":\"00451234\"}],"
    "\"name\":[{\"family\":\"Zorvadez\",\"given\":[\"Mary\"]}],"
    "\"telecom\":[{\"value\":\"617-555-0182\"}],\"gender\":\"female\","
    "\"birthDate\":\"1971-03-04\",\"photo\":[{\"data\":\"AAAA\"}],"
    "\"address\":[{\"line\":[\"12 Maple Street\"],\"city\":\"Boston\",\"state\":\"MA\","
    "\"postalCode\":\"02115\",\"country\":\"US\"}],"
    "\"contact\":[{\"name\":{\"family\":\"Kelmirek\"}}]}},"
    "{\"resource\":{\"resourceType\":\"Observation\",\"id\":\"o-5\",\"status\":\"final\","
    "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"2339-0\","
    "\"display\":\"Glucose\"}]},"
    "\"subject\":{\"reference\":\"Patient/p-77\",\"display\":\"Mary Zorvadez\"},"
    "\"effectiveDateTime\":\"2026-03-04T10:00:00+01:00\",\"issued\":\"2026-03-06\","
    "\"valueQuantity\":{\"value\":5.40,\"unit\":\"mmol/L\"},"
    "\"note\":[{\"text\":\"Dr. Quermileuc called 617-555-0182.\",\"time\":\"2026-03\"}]}}]}";

static struct str
done(struct buf *out, const char *resource, uint8_t byte)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	struct deid_fhir_options options = { .key = &key };
	struct err err = { 0 };

	memset(key.bytes, byte, KEY_BYTES);
	assert_int_equal(time_parse(STR("2026-06-01T00:00:00Z"), &options.now_us, NULL, &err),
	                 RC_OK);
	buf_init(out, MIB);
	if (deid_fhir(deid, &options, str_from_c(resource), out, &err) != RC_OK)
		fail_msg("%s", err.text);
	return (struct str){ out->text, out->len };
}

static void
what_identifies_is_gone_and_what_is_measured_stays(void **state)
{
	static const char *const gone[] = { "Zorvadez", "Mary",       "00451234", "555-0182",
		                            "Maple",    "Boston",     "02115",    "senator",
		                            "AAAA",     "p-77",       "Kelmirek", "Quermi",
		                            "o-5",      "2026-03-04", "1971-03",  "h.example",
		                            "versionId" };
	static const char *const kept[] = { "\"MA\"",         "\"US\"",  "\"021\"", "\"1971\"",
		                            "5.40",           "mmol/L",  "Glucose", "2339-0",
		                            "female",         "PSEUDED", "[NAME]",  "[PHONE]",
		                            "T10:00:00+01:00" };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str got = done(&out, bundle, 1);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(gone); i++)
		if (strstr(got.ptr, gone[i]) != NULL)
			fail_msg("left: %s", gone[i]);
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (strstr(got.ptr, kept[i]) == NULL)
			fail_msg("lost: %s", kept[i]);
}

static struct str
text_at(const struct json_object *object, const char *name)
{
	struct json_object *value;

	assert_true(json_find(object, name, &value));
	return json_text(value);
}

static struct json_object *
resource_at(const struct json *json, size_t index)
{
	struct json_object *entries, *resource;

	assert_true(json_find(json->root, "entry", &entries));
	assert_true(json_find(json_at(entries, index), "resource", &resource));
	return resource;
}

static void
references_still_lead_to_their_resource(void **state)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *subject;
	struct str reference, type;
	struct err err;

	(void)state;
	assert_int_equal(json_parse(&json, done(&out, bundle, 1), &err), RC_OK);
	assert_true(json_find(resource_at(&json, 1), "subject", &subject));
	reference = str_cut(text_at(subject, "reference"), '/', &type);
	assert_true(str_eq(type, STR("Patient")));
	assert_true(str_eq(reference, text_at(resource_at(&json, 0), "id")));
	assert_int_equal(json_count(subject), 1);
}

static void
another_key_gives_other_pseudonyms(void **state)
{
	CLEANUP(buf_free) struct buf a = { 0 };
	CLEANUP(buf_free) struct buf b = { 0 };
	CLEANUP(json_free) struct json first = { NULL };
	CLEANUP(json_free) struct json second = { NULL };
	struct err err;

	(void)state;
	assert_int_equal(json_parse(&first, done(&a, bundle, 1), &err), RC_OK);
	assert_int_equal(json_parse(&second, done(&b, bundle, 2), &err), RC_OK);
	assert_false(str_eq(text_at(first.root, "id"), text_at(second.root, "id")));
}

static void
intervals_between_dates_stay(void **state)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct str effective, issued;
	int64_t from_us, to_us;
	struct err err;

	(void)state;
	assert_int_equal(json_parse(&json, done(&out, bundle, 5), &err), RC_OK);
	effective = text_at(resource_at(&json, 1), "effectiveDateTime");
	issued = text_at(resource_at(&json, 1), "issued");
	effective.len = 10;
	assert_int_equal(date_parse(effective, &from_us, &err), RC_OK);
	assert_int_equal(date_parse(issued, &to_us, &err), RC_OK);
	assert_int_equal(to_us - from_us, 2 * US_PER_DAY);
	assert_int_not_equal(memcmp(issued.ptr, "2026-03-06", 10), 0);
}

static void
over_89_there_is_no_year_of_birth_but_a_reason(void **state)
{
	CLEANUP(buf_free) struct buf old = { 0 };
	CLEANUP(buf_free) struct buf edge = { 0 };
	struct str got =
	    done(&old, "{\"resourceType\":\"Patient\",\"birthDate\":\"1936-02-03\"}", 1);

	(void)state;
	assert_null(strstr(got.ptr, "1936"));
	assert_non_null(strstr(got.ptr, "data-absent-reason"));
	got = done(&edge, "{\"resourceType\":\"Patient\",\"birthDate\":\"1937\"}", 1);
	assert_non_null(strstr(got.ptr, "\"birthDate\":\"1937\""));
}

static void
an_element_that_no_rule_knows_is_read_as_text(void **state)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str got = done(&out,
	                      "{\"resourceType\":\"Basic\",\"novel\":{\"deep\":[\"Call Dr. "
	                      "Kelmirek at 617-555-0182\"]},\"Mary Kelmirek\":1}",
	                      1);

	(void)state;
	assert_null(strstr(got.ptr, "Kelmirek"));
	assert_null(strstr(got.ptr, "0182"));
}

static void
what_is_no_resource_or_too_deep_is_refused(void **state)
{
	CLEANUP(key_wipe) struct key key = { { 1 } };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct deid_fhir_options options = { .key = &key };
	struct err err;

	(void)state;
	buf_init(&out, MIB);
	assert_int_equal(deid_fhir(deid, &options, STR("[1]"), &out, &err), RC_INVALID);
	assert_int_equal(deid_fhir(deid, &options, STR("{\"id\":\"1\"}"), &out, &err),
	                 RC_INVALID);
	assert_int_equal(
	    deid_fhir(
		deid, &options,
		STR("{\"resourceType\":\"Basic\",\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]"
	            "]]]]]]]]]]]}"),
		&out, &err),
	    RC_LIMIT);
	options.key = NULL;
	assert_int_equal(
	    deid_fhir(deid, &options, STR("{\"resourceType\":\"Basic\"}"), &out, &err),
	    RC_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_identifies_is_gone_and_what_is_measured_stays),
		cmocka_unit_test(references_still_lead_to_their_resource),
		cmocka_unit_test(another_key_gives_other_pseudonyms),
		cmocka_unit_test(intervals_between_dates_stay),
		cmocka_unit_test(over_89_there_is_no_year_of_birth_but_a_reason),
		cmocka_unit_test(an_element_that_no_rule_knows_is_read_as_text),
		cmocka_unit_test(what_is_no_resource_or_too_deep_is_refused),
	};

	return cmocka_run_group_tests(tests, open_once, close_once);
}

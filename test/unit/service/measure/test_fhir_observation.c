/*
 * Observations in and out.  Expected codes, units and profiles: HL7 CGM guide
 * 1.0.0, profiles cgm-sensor-reading-mass-per-volume and -moles-per-volume, and
 * their examples; times: R4 "Data Types", dateTime.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fhir_sample.h"
#include "service/measure/analyte.h"
#include "service/measure/reading_id.h"

static struct reading
take(struct json *json, struct arena *arena, const char *find, const char *replace)
{
	struct fhir_issues issues;
	struct reading reading = { 0 };
	enum rc rc;

	fhir_issues_init(&issues, arena);
	rc = sample_take(json, sample_with(arena, find, replace), &reading, &issues);
	if (rc != RC_OK)
		print_error("%.*s: %s\n", STR_ARGS(issues.items[0].expression),
		            issues.items[0].why);
	assert_int_equal(rc, RC_OK);
	return reading;
}

static struct str
written(struct buf *buf, const struct reading *reading)
{
	struct fhir_context context = sample_context();
	struct json_out out;
	struct str text;
	struct err err = { 0 };

	buf_init(buf, MIB);
	json_out_init(&out, buf);
	fhir_observation_write(&out, reading, &context);
	assert_int_equal(buf_finish(buf, &text, &err), RC_OK);
	return text;
}

static void
a_good_observation_becomes_the_reading_that_it_states(void **state)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct reading reading;

	(void)state;
	arena_init(&arena, MIB);
	reading = take(&json, &arena, NULL, NULL);
	assert_int_equal(reading.status, READING_FINAL);
	assert_int_equal(reading.analyte, ANALYTE_GLUCOSE);
	assert_int_equal(reading.unit, UNIT_MMOL_L);
	assert_int_equal(reading.value.digits, 540);
	assert_int_equal(reading.value.scale, 2);
	assert_int_equal(reading.taken_us, INT64_C(1772355600250000)); /* date -d …T09:00Z */
	assert_int_equal(reading.offset_s, 3600);
	assert_int_equal(reading.method, READING_SENSOR);
	assert_true(reading.has_sequence);
	assert_int_equal(reading.sequence, 17);
	assert_true(str_eq(reading.identifier_system, STR("https://app.example/readings")));
	assert_true(str_eq(reading.identifier, STR("r-17")));
	assert_true(str_eq(reading.note, STR("after lunch")));
	assert_false(id_is_zero(reading.device));
	assert_int_equal(reading.received_us, SAMPLE_NOW_US);
}

static void
what_a_client_may_leave_out_may_be_left_out(void **state)
{
	static const char *const cuts[] = {
		"\"id\":\"any-1\",",
		"\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"2026-03-01T09:00:00Z\"},",
		",\"text\":\"Glucose\"",
		"\"issued\":\"2026-03-01T09:00:01Z\",",
		"\"unit\":\"mmol/l\",",
		"\"note\":[{\"text\":\"after lunch\"}],",
		"{\"system\":\"urn:troth:sequence\",\"value\":\"17\"},",
		"\"category\":[{\"coding\":[{\"system\":"
		"\"http://terminology.hl7.org/CodeSystem/observation-category\","
		"\"code\":\"laboratory\"}]}],",
	};
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, MIB);
	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		CLEANUP(json_free) struct json json = { NULL };
		(void)take(&json, &arena, cuts[i], "");
	}
}

static void
the_other_forms_that_are_kept_are_accepted(void **state)
{
	static const char *const swaps[][2] = {
		{ "\"effectiveDateTime\":\"2026-03-01T10:00:00.250+01:00\"",
		  "\"effectiveInstant\":\"2026-03-01T09:00:00Z\"" },
		{ "\"status\":\"final\"", "\"status\":\"entered-in-error\"" },
		{ "2026-03-01T10:00:00.250+01:00", "2026-03-01T12:05:00Z" },
		{ "2026-03-01T10:00:00.250+01:00", "2026-03-01T23:30:00+14:00" },
		{ "\"versionId\":\"1\"",
		  "\"profile\":[\"http://hl7.org/fhir/uv/cgm/StructureDefinition/"
		  "cgm-sensor-reading-moles-per-volume|1.0.0\"]" },
		{ "\"status\"",
		  "\"performer\":[{\"reference\":\"Patient/" SAMPLE_PATIENT "\"}],\"status\"" },
		{ "\"status\"", "\"text\":{\"status\":\"generated\",\"div\":\"<div "
		                "xmlns=\\\"http://www.w3.org/1999/xhtml\\\">x</div>\"},"
		                "\"status\"" },
		{ "\"status\"", "\"method\":{\"coding\":[{\"system\":\"urn:troth:method\","
		                "\"code\":\"optical\"}]},\"status\"" },
	};
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, MIB);
	for (size_t i = 0; i < COUNT_OF(swaps); i++) {
		CLEANUP(json_free) struct json json = { NULL };
		(void)take(&json, &arena, swaps[i][0], swaps[i][1]);
	}
}

static struct reading
rich_reading(void)
{
	struct reading reading = {
		.number = 41,
		.change = 57,
		.version = 3,
		.status = READING_CORRECTED,
		.method = READING_OPTICAL,
		.analyte = ANALYTE_GLUCOSE,
		.unit = UNIT_MG_DL,
		.value = { 1050, 1 },
		.has_raw = true,
		.raw = { 980, 1 },
		.calibration = 4,
		.taken_us = SAMPLE_NOW_US - US_PER_HOUR - 1,
		.offset_s = -(4 * 3600 + 1800),
		.received_us = SAMPLE_NOW_US,
		.updated_us = SAMPLE_NOW_US,
		.drift_ms = -1500,
		.has_sequence = true,
		.sequence = 9007199254740993,
		.identifier_system = STR("https://app.example"),
		.identifier = STR("a\"b\\c"),
		.note = STR("line one\nline two \xC3\xA9"),
	};

	reading.device.bytes[0] = 1;
	reading.device.bytes[15] = 0xfe;
	return reading;
}

static void
assert_same(const struct reading *a, const struct reading *b)
{
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->method, b->method);
	assert_int_equal(a->analyte, b->analyte);
	assert_int_equal(a->unit, b->unit);
	assert_int_equal(a->value.digits, b->value.digits);
	assert_int_equal(a->value.scale, b->value.scale);
	assert_int_equal(a->has_raw, b->has_raw);
	assert_int_equal(a->raw.digits, b->raw.digits);
	assert_int_equal(a->raw.scale, b->raw.scale);
	assert_int_equal(a->calibration, b->calibration);
	assert_int_equal(a->taken_us, b->taken_us);
	assert_int_equal(a->offset_s, b->offset_s);
	assert_int_equal(a->drift_ms, b->drift_ms);
	assert_true(id_eq(a->device, b->device));
	assert_int_equal(a->has_sequence, b->has_sequence);
	assert_int_equal(a->sequence, b->sequence);
	assert_true(str_eq(a->identifier_system, b->identifier_system));
	assert_true(str_eq(a->identifier, b->identifier));
	assert_true(str_eq(a->note, b->note));
}

static void
assert_round_trip(const struct reading *reading)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(buf_free) struct buf buf = { 0 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str text = written(&buf, reading);
	struct fhir_issues issues;
	struct reading again;
	enum rc rc;

	arena_init(&arena, MIB);
	fhir_issues_init(&issues, &arena);
	rc = sample_take(&json, text, &again, &issues);
	if (rc != RC_OK)
		print_error("%.*s: %s\n%.*s\n", STR_ARGS(issues.items[0].expression),
		            issues.items[0].why, STR_ARGS(text));
	assert_int_equal(rc, RC_OK);
	assert_same(reading, &again);
}

static void
everything_a_reading_keeps_survives_writing_and_reading(void **state)
{
	struct reading reading = rich_reading();

	(void)state;
	assert_round_trip(&reading);
	reading.has_raw = false;
	reading.raw = (struct decimal){ 0, 0 };
	reading.calibration = 0;
	reading.drift_ms = 0;
	assert_round_trip(&reading);
	reading.value = (struct decimal){ 100, 0 };
	reading.has_sequence = false;
	reading.sequence = 0;
	reading.device = (struct id){ { 0 } };
	assert_round_trip(&reading);
}

/* A value that is possible for the analyte in the unit. */
static struct decimal
likely_value(int analyte, int unit)
{
	static const struct decimal likely[] = { { 100, 0 }, { 20, 0 }, { 5, 0 }, { 50, 2 } };
	struct err err = { 0 };
	size_t i = 0;

	while (i + 1 < COUNT_OF(likely) &&
	       analyte_check_value(analyte, unit, &likely[i], &err) != RC_OK)
		i++;
	return likely[i];
}

static void
every_analyte_in_every_unit_and_method_survives_where_loinc_has_a_code(void **state)
{
	struct reading reading = rich_reading();
	size_t tried = 0;

	(void)state;
	for (int analyte = 0; analyte < ANALYTE_COUNT; analyte++) {
		for (int unit = 0; unit < UNIT_COUNT * 4; unit++) {
			reading.analyte = analyte;
			reading.unit = unit / 4;
			reading.method = (enum reading_method)(unit % 4 + 1);
			if (!analyte_has_unit(analyte, unit / 4) ||
			    analyte_loinc(analyte, unit / 4, reading.method).len == 0)
				continue;
			reading.value = likely_value(analyte, unit / 4);
			assert_round_trip(&reading);
			tried++;
		}
	}
	assert_true(tried > 40);
}

static bool
holds(struct str text, const char *piece)
{
	return memmem(text.ptr, text.len, piece, strlen(piece)) != NULL;
}

static void
sensor_glucose_is_written_as_the_cgm_guide_has_it(void **state)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct reading reading = rich_reading();
	struct str text = written(&buf, &reading);

	(void)state;
	assert_true(holds(text, "\"id\":\"0190a0b47c3e7abc8def0123456789ab-glucose-41\""));
	assert_true(holds(text, "\"versionId\":\"3\""));
	assert_true(holds(text, "StructureDefinition/cgm-sensor-reading-mass-per-volume\""));
	assert_true(holds(text, "{\"system\":\"http://loinc.org\",\"code\":\"99504-3\"}"));
	assert_true(holds(text,
	                  "\"valueQuantity\":{\"value\":105.0,\"unit\":\"mg/dl\","
	                  "\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg/dL\"}"));
	assert_true(holds(text, "\"effectiveDateTime\":\"2026-03-01T06:29:59.999999-04:30\""));
	assert_true(holds(text, "\"code\":\"laboratory\""));
	assert_true(holds(text, "Optical, through the skin"));
}

static void
a_blood_reading_claims_no_cgm_profile(void **state)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct reading reading = rich_reading();
	struct str text;

	(void)state;
	reading.method = READING_BLOOD;
	text = written(&buf, &reading);
	assert_false(holds(text, "cgm-sensor-reading"));
	assert_true(holds(text, "\"unit\":\"mg/dL\""));
}

static void
times_are_written_as_the_base_layer_writes_them(void **state)
{
	static const int offsets[] = { 0, 3600, -3600, 20700, -34200, 50400, -50400 };
	int64_t us = -62135596800 * US_PER_S;

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		char due[TIME_TEXT_MAX];
		char text[TIME_TEXT_MAX];
		int offset = i == 0 ? 0 : offsets[i % COUNT_OF(offsets)];
		int64_t at = i % 3 == 0 ? us / US_PER_S * US_PER_S : us;
		time_format(at, offset, due);
		(void)fhir_time_format(at, offset, text);
		assert_string_equal(text, due);
		us += INT64_C(15778000123457);
	}
}

static void
an_offset_that_r4_has_not_is_written_in_utc(void **state)
{
	char text[TIME_TEXT_MAX];

	(void)state;
	(void)fhir_time_format(SAMPLE_NOW_US, 15 * 3600, text);
	assert_string_equal(text, "2026-03-01T12:00:00Z");
}

static void
a_readings_id_is_read_back_and_no_other_form_is(void **state)
{
	static const char *const bad[] = {
		"",
		"0190a0b47c3e7abc8def0123456789ab",
		"0190a0b47c3e7abc8def0123456789ab-glucose",
		"0190a0b47c3e7abc8def0123456789ab-glucose-",
		"0190a0b47c3e7abc8def0123456789ab-glucose-0",
		"0190a0b47c3e7abc8def0123456789ab-glucose-01",
		"0190a0b47c3e7abc8def0123456789ab-glucose-1x",
		"0190a0b47c3e7abc8def0123456789ab-glucose--1",
		"0190a0b47c3e7abc8def0123456789ab-sugar-1",
		"0190A0B47c3e7abc8def0123456789ab-glucose-1",
		"0190a0b4-7c3e-7abc-8def-0123456789ab-glucose-1",
		"0190a0b47c3e7abc8def0123456789ab-glucose-100000000000000000",
	};
	char text[READING_ID_MAX + 1];
	struct reading_id id = { sample_context().patient, ANALYTE_TRIGLYCERIDES,
		                 READING_NUMBER_MAX };
	struct reading_id again;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(reading_id_format(&id, text), 64);
	assert_true(fhir_id_is_valid(str_from_c(text)));
	assert_int_equal(reading_id_parse(str_from_c(text), &again, &err), RC_OK);
	assert_true(id_eq(again.patient, id.patient));
	assert_int_equal(again.analyte, id.analyte);
	assert_int_equal(again.number, id.number);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(reading_id_parse(str_from_c(bad[i]), &again, &err),
		                 RC_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_observation_becomes_the_reading_that_it_states),
		cmocka_unit_test(what_a_client_may_leave_out_may_be_left_out),
		cmocka_unit_test(the_other_forms_that_are_kept_are_accepted),
		cmocka_unit_test(everything_a_reading_keeps_survives_writing_and_reading),
		cmocka_unit_test(
		    every_analyte_in_every_unit_and_method_survives_where_loinc_has_a_code),
		cmocka_unit_test(sensor_glucose_is_written_as_the_cgm_guide_has_it),
		cmocka_unit_test(a_blood_reading_claims_no_cgm_profile),
		cmocka_unit_test(times_are_written_as_the_base_layer_writes_them),
		cmocka_unit_test(an_offset_that_r4_has_not_is_written_in_utc),
		cmocka_unit_test(a_readings_id_is_read_back_and_no_other_form_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

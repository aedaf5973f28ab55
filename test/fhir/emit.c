/*
 * One of every FHIR resource that Troth writes, as NDJSON on standard output, for
 * validators that are not ours (validate.mjs).
 */
#include "base/arena.h"
#include "service/measure/analyte.h"
#include "service/measure/fhir_bundle.h"
#include "service/measure/fhir_capability.h"
#include "service/measure/fhir_cgm.h"
#include "service/measure/fhir_observation.h"
#include "service/measure/fhir_outcome.h"
#include "service/measure/fhir_party.h"

#define NOW_US INT64_C(1772366400123456)

static struct id
sample_id(uint8_t last)
{
	struct id id = { { 0x01, 0x90, 0xa0, 0xb4, 0x7c, 0x3e, 0x7a, 0xbc, 0x8d } };

	id.bytes[15] = last;
	return id;
}

static struct reading
sample_reading(int analyte, int unit, enum reading_method method)
{
	return (struct reading){
		.number = 17,
		.version = 2,
		.status = READING_FINAL,
		.method = method,
		.analyte = analyte,
		.unit = unit,
		.value = { 540, 2 },
		.taken_us = NOW_US - US_PER_HOUR,
		.offset_s = 5 * 3600 + 1800,
		.received_us = NOW_US,
		.updated_us = NOW_US,
	};
}

static void
line_end(struct json_out *out)
{
	buf_add(out->buf, STR("\n"));
	json_out_init(out, out->buf);
}

static void
emit_readings(struct json_out *out, const struct fhir_context *context)
{
	struct reading rich = sample_reading(ANALYTE_GLUCOSE, UNIT_MG_DL, READING_OPTICAL);

	for (int i = 0; i < ANALYTE_COUNT * UNIT_COUNT * 4; i++) {
		int analyte = i / (UNIT_COUNT * 4);
		struct reading reading = sample_reading(analyte, i / 4 % UNIT_COUNT,
		                                        (enum reading_method)(i % 4 + 1));
		if (!analyte_has_unit(analyte, reading.unit))
			continue;
		fhir_observation_write(out, &reading, context);
		line_end(out);
	}
	rich.status = READING_CORRECTED;
	rich.has_raw = true;
	rich.raw = (struct decimal){ 1004, 1 };
	rich.calibration = 3;
	rich.drift_ms = -250;
	rich.device = sample_id(9);
	rich.has_sequence = true;
	rich.sequence = 4711;
	rich.identifier_system = STR("https://app.example/readings");
	rich.identifier = STR("r \"17\"");
	rich.note = STR("two\nlines & <tags>");
	fhir_observation_write(out, &rich, context);
	line_end(out);
}

static void
emit_parties(struct json_out *out, const struct fhir_context *context)
{
	struct fhir_patient patient = {
		.id = context->patient,
		.version = 1,
		.updated_us = NOW_US,
		.is_active = true,
		.name = STR("Ada Example"),
		.email = STR("ada@example.org"),
		.phone = STR("+41 00 000 00 00"),
		.gender = STR("female"),
		.birth_date = STR("1980-02-29"),
	};
	struct fhir_patient bare = { .id = context->patient,
		                     .version = 1,
		                     .updated_us = NOW_US };
	struct fhir_device device = {
		.id = sample_id(9),
		.version = 4,
		.updated_us = NOW_US,
		.serial = STR("SN-0001"),
		.manufacturer = STR("Example"),
		.model = STR("Example One"),
		.firmware = STR("1.4.2"),
		.patient = context->patient,
	};

	fhir_patient_write(out, &patient);
	line_end(out);
	fhir_patient_write(out, &bare);
	line_end(out);
	fhir_device_write(out, &device);
	line_end(out);
}

static void
emit_lists(struct json_out *out, const struct fhir_context *context)
{
	struct reading reading = sample_reading(ANALYTE_GLUCOSE, UNIT_MMOL_L, READING_SENSOR);
	struct fhir_bundle_head search = {
		"searchset",
		NOW_US,
		true,
		1,
		STR("https://t.example/fhir/Observation?code=x"),
		STR("https://t.example/fhir/Observation?_cursor=a")
	};
	struct fhir_bundle_head none = { .type = "searchset", .has_total = true };
	struct fhir_bundle_head history = { .type = "history", .has_total = true, .total = 2 };
	struct fhir_response created = { 201, STR("Observation/x-glucose-17/_history/1"), 1,
		                         NOW_US, NULL };
	struct fhir_response deleted = { .http_status = 204, .version = 2 };
	struct str url = STR("https://t.example/fhir/Observation/x-glucose-17");
	struct fhir_bundle bundle;

	fhir_bundle_begin(&bundle, out, &search);
	fhir_bundle_entry_begin(&bundle, url);
	fhir_bundle_resource(&bundle);
	fhir_observation_write(out, &reading, context);
	fhir_bundle_matched(&bundle);
	fhir_bundle_entry_end(&bundle);
	fhir_bundle_end(&bundle);
	line_end(out);
	fhir_bundle_begin(&bundle, out, &none);
	fhir_bundle_end(&bundle);
	line_end(out);
	fhir_bundle_begin(&bundle, out, &history);
	fhir_bundle_entry_begin(&bundle, url);
	fhir_bundle_resource(&bundle);
	fhir_observation_write(out, &reading, context);
	fhir_bundle_request(&bundle, "POST", STR("Observation"));
	fhir_bundle_response(&bundle, &created);
	fhir_bundle_entry_end(&bundle);
	fhir_bundle_entry_begin(&bundle, url);
	fhir_bundle_request(&bundle, "DELETE", STR("Observation/x-glucose-17"));
	fhir_bundle_response(&bundle, &deleted);
	fhir_bundle_entry_end(&bundle);
	fhir_bundle_end(&bundle);
	line_end(out);
}

static void
emit_answers(struct json_out *out, struct arena *arena)
{
	struct fhir_place place = { NULL, STR("Observation"), -1 };
	struct fhir_issues issues;
	struct fhir_issues none;
	struct err err = { .rc = RC_NOT_FOUND, .text = "no such reading" };
	struct fhir_response responses[2] = {
		{ 201, STR("Observation/x-glucose-17/_history/1"), 1, NOW_US, NULL },
		{ .http_status = 422, .issues = &issues },
	};

	fhir_issues_init(&none, arena);
	fhir_issues_init(&issues, arena);
	fhir_issue_add(&issues, &place, "status",
	               (struct fhir_complaint){ RC_SYNTAX, FHIR_REQUIRED, "missing" });
	issues.is_cut = true;
	fhir_entries_answer(out, "transaction-response", NOW_US, responses, 2);
	line_end(out);
	fhir_entries_answer(out, "batch-response", NOW_US, responses, 2);
	line_end(out);
	fhir_outcome_write(out, &issues);
	line_end(out);
	fhir_outcome_write(out, &none);
	line_end(out);
	fhir_outcome_write_err(out, &err);
	line_end(out);
}

int
main(void)
{
	struct fhir_capability capability = { STR("https://t.example/fhir"), STR("0.1.0"),
		                              NOW_US };
	struct fhir_context context = { .patient = sample_id(1), .now_us = NOW_US };
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;
	struct str text;
	struct err err = { 0 };

	arena_init(&arena, MIB);
	buf_init(&buf, MIB);
	json_out_init(&out, &buf);
	emit_readings(&out, &context);
	emit_parties(&out, &context);
	emit_lists(&out, &context);
	emit_answers(&out, &arena);
	fhir_capability_write(&out, &capability);
	line_end(&out);
	if (buf_finish(&buf, &text, &err) != RC_OK)
		return 1;
	return fwrite(text.ptr, 1, text.len, stdout) == text.len ? 0 : 1;
}

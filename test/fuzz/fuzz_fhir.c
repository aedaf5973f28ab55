/*
 * Any bytes as a FHIR body.  The checks must answer, and an Observation that is
 * taken in must come back from what is written of it as the same reading, in JSON
 * that our own strict check passes.  Also a plain program that replays files.
 */
#include "base/arena.h"
#include "service/measure/analyte.h"
#include "service/measure/fhir_cgm.h"
#include "service/measure/fhir_check.h"

#define NOW_US INT64_C(1772366400000000) /* 2026-03-01T12:00:00Z */

static const struct id patient = { { 0x01, 0x90, 0xa0, 0xb4, 0x7c, 0x3e, 0x7a, 0xbc, 0x8d, 0xef,
	                             0x01, 0x23, 0x45, 0x67, 0x89, 0xab } };

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_same_decimal(const struct decimal *a, const struct decimal *b)
{
	return a->digits == b->digits && a->scale == b->scale;
}

static void
must_be_same(const struct reading *a, const struct reading *b)
{
	must(a->status == b->status && a->method == b->method && a->analyte == b->analyte);
	must(a->unit == b->unit && is_same_decimal(&a->value, &b->value));
	must(a->has_raw == b->has_raw && is_same_decimal(&a->raw, &b->raw));
	must(a->calibration == b->calibration && a->drift_ms == b->drift_ms);
	must(a->taken_us == b->taken_us && a->offset_s == b->offset_s);
	must(id_eq(a->device, b->device) && a->has_sequence == b->has_sequence);
	must(a->sequence == b->sequence && str_eq(a->note, b->note));
	must(str_eq(a->identifier_system, b->identifier_system));
	must(str_eq(a->identifier, b->identifier));
}

static void
write_and_read_again(struct arena *arena, const struct fhir_context *context,
                     struct reading *reading)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct fhir_issues issues;
	struct reading again;
	struct json_out out;
	struct err err = { 0 };
	struct str text;

	reading->number = 1;
	buf_init(&buf, MIB);
	json_out_init(&out, &buf);
	fhir_observation_write(&out, reading, context);
	fhir_issues_init(&issues, arena);
	must(buf_finish(&buf, &text, &err) == RC_OK);
	must(json_parse(&json, text, &err) == RC_OK);
	must(fhir_check(json.root, "Observation", &issues) == RC_OK);
	must(fhir_observation_read(json.root, context, &again, &issues) == RC_OK);
	must_be_same(reading, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fhir_context context = { .patient = patient, .now_us = NOW_US };
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct fhir_entries entries = { 0 };
	struct fhir_issues issues;
	struct reading reading;
	struct err err = { 0 };

	arena_init(&arena, 64 * MIB);
	if (json_parse(&json, (struct str){ (const char *)data, size }, &err) != RC_OK)
		return 0;
	fhir_issues_init(&issues, &arena);
	if (fhir_check(json.root, NULL, &issues) != RC_OK)
		must(issues.count > 0);
	fhir_issues_init(&issues, &arena);
	if (fhir_cgm_read(json.root, &context, &entries, &issues) == RC_OK) {
		for (size_t i = 0; i < entries.count; i++)
			must((entries.items[i].http_status == 0) ==
			     (entries.items[i].issues == NULL));
	}
	fhir_issues_init(&issues, &arena);
	if (fhir_check(json.root, "Observation", &issues) == RC_OK &&
	    fhir_observation_read(json.root, &context, &reading, &issues) == RC_OK)
		write_and_read_again(&arena, &context, &reading);
	return 0;
}

#include "replay.h"

/*
 * Observations out, written straight into JSON; see fhir_observation.h.
 */
#include <assert.h>

#include "service/measure/analyte.h"
#include "service/measure/fhir_observation.h"
#include "service/measure/reading_id.h"

#define OFFSET_MAX_S (14 * 3600)

static void
put_digits(char *at, int count, int number)
{
	for (int i = count - 1; i >= 0; i--) {
		at[i] = (char)('0' + number % 10);
		number /= 10;
	}
}

/* "2026-03-01T10:00:00" */
static void
put_civil(char *text, const struct civil *civil)
{
	memcpy(text, "0000-00-00T00:00:00", 19);
	put_digits(text, 4, civil->year);
	put_digits(text + 5, 2, civil->month);
	put_digits(text + 8, 2, civil->day);
	put_digits(text + 11, 2, civil->hour);
	put_digits(text + 14, 2, civil->minute);
	put_digits(text + 17, 2, civil->second);
}

struct str
fhir_time_format(int64_t us, int offset_s, char text[TIME_TEXT_MAX])
{
	bool is_utc = offset_s == 0 || offset_s > OFFSET_MAX_S || offset_s < -OFFSET_MAX_S ||
	              offset_s % 60 != 0;
	struct civil civil = civil_from_us(us, is_utc ? 0 : offset_s);
	size_t len = 19;

	put_civil(text, &civil);
	if (civil.micro != 0) {
		bool is_fine = civil.micro % 1000 != 0;
		text[len] = '.';
		put_digits(text + len + 1, is_fine ? 6 : 3,
		           is_fine ? civil.micro : civil.micro / 1000);
		len += is_fine ? 7 : 4;
	}
	if (is_utc) {
		text[len++] = 'Z';
	} else {
		int minutes = abs(offset_s) / 60;
		text[len] = offset_s < 0 ? '-' : '+';
		put_digits(text + len + 1, 2, minutes / 60);
		text[len + 3] = ':';
		put_digits(text + len + 4, 2, minutes % 60);
		len += 6;
	}
	text[len] = '\0';
	return (struct str){ text, len };
}

struct str
fhir_reference_format(const char *type, struct id id, char text[64])
{
	static const char hex[] = "0123456789abcdef";
	size_t len = strlen(type);

	assert(len + 1 + ID_TEXT_LEN < 64);
	memcpy(text, type, len);
	text[len++] = '/';
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[len++] = '-';
		text[len++] = hex[id.bytes[i] >> 4];
		text[len++] = hex[id.bytes[i] & 15];
	}
	text[len] = '\0';
	return (struct str){ text, len };
}

static void
time_at(struct json_out *out, const char *name, int64_t us, int offset_s)
{
	char text[TIME_TEXT_MAX];

	json_text_at(out, name, fhir_time_format(us, offset_s, text));
}

static struct str
number_text(uint64_t number, char text[24])
{
	char *at = text + 24;

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	return (struct str){ at, (size_t)(text + 24 - at) };
}

/* decimal_format() goes through printf; this is its inner loop without. */
static struct str
decimal_text(const struct decimal *decimal, char text[28])
{
	uint64_t digits =
	    decimal->digits < 0 ? -(uint64_t)decimal->digits : (uint64_t)decimal->digits;
	char *at = text + 28;
	int written = 0;

	do {
		if (written == decimal->scale && written != 0)
			*--at = '.';
		*--at = (char)('0' + digits % 10);
		digits /= 10;
		written++;
	} while (digits != 0 || written <= decimal->scale);
	if (decimal->digits < 0)
		*--at = '-';
	return (struct str){ at, (size_t)(text + 28 - at) };
}

static bool
is_sensor_glucose(const struct reading *reading)
{
	return reading->analyte == ANALYTE_GLUCOSE &&
	       (reading->method == READING_OPTICAL || reading->method == READING_SENSOR);
}

/* What follows {"value": in a Quantity. */
static void
quantity_add(struct buf *buf, const struct reading *reading, const struct decimal *value)
{
	static const struct str tails[][2] = {
		[UNIT_MG_DL] = { STR(",\"unit\":\"mg/dL\",\"system\":\"" FHIR_UCUM_SYSTEM
		                     "\",\"code\":\"mg/dL\"}"),
		                 STR(",\"unit\":\"mg/dl\",\"system\":\"" FHIR_UCUM_SYSTEM
		                     "\",\"code\":\"mg/dL\"}") },
		[UNIT_MMOL_L] = { STR(",\"unit\":\"mmol/L\",\"system\":\"" FHIR_UCUM_SYSTEM
		                      "\",\"code\":\"mmol/L\"}"),
		                  STR(",\"unit\":\"mmol/l\",\"system\":\"" FHIR_UCUM_SYSTEM
		                      "\",\"code\":\"mmol/L\"}") },
		[UNIT_UMOL_L] = { STR(",\"unit\":\"umol/L\",\"system\":\"" FHIR_UCUM_SYSTEM
		                      "\",\"code\":\"umol/L\"}"),
		                  STR(",\"unit\":\"umol/l\",\"system\":\"" FHIR_UCUM_SYSTEM
		                      "\",\"code\":\"umol/L\"}") },
	};
	static_assert(COUNT_OF(tails) == UNIT_COUNT, "a tail for every unit");
	char text[28];

	buf_add(buf, decimal_text(value, text));
	buf_add(buf, tails[reading->unit][is_sensor_glucose(reading) ? 1 : 0]);
}

static void
meta_write(struct json_out *out, const struct reading *reading)
{
	char text[24];

	json_name(out, "meta");
	json_object_begin(out);
	json_text_at(out, "versionId",
	             number_text(reading->version == 0 ? 1 : reading->version, text));
	time_at(out, "lastUpdated", reading->updated_us, 0);
	if (is_sensor_glucose(reading)) {
		json_name(out, "profile");
		json_put_raw(out, reading->unit == UNIT_MG_DL
		                      ? STR("[\"" FHIR_CGM "/StructureDefinition/"
		                            "cgm-sensor-reading-mass-per-volume\"]")
		                      : STR("[\"" FHIR_CGM "/StructureDefinition/"
		                            "cgm-sensor-reading-moles-per-volume\"]"));
	}
	json_object_close(out);
}

static void
identifiers_write(struct json_out *out, const struct reading *reading)
{
	char text[24];

	if (!reading->has_sequence && reading->identifier.len == 0)
		return;
	json_name(out, "identifier");
	json_array_begin(out);
	if (reading->has_sequence) {
		json_object_begin(out);
		json_text_at(out, "system", STR(FHIR_SEQUENCE_SYSTEM));
		json_text_at(out, "value", number_text(reading->sequence, text));
		json_object_close(out);
	}
	if (reading->identifier.len != 0) {
		json_object_begin(out);
		if (reading->identifier_system.len != 0)
			json_text_at(out, "system", reading->identifier_system);
		json_text_at(out, "value", reading->identifier);
		json_object_close(out);
	}
	json_array_close(out);
}

static struct str
status_code(enum reading_status status)
{
	static const struct str codes[] = {
		[READING_FINAL] = STR("final"),
		[READING_PRELIMINARY] = STR("preliminary"),
		[READING_AMENDED] = STR("amended"),
		[READING_CORRECTED] = STR("corrected"),
		[READING_IN_ERROR] = STR("entered-in-error"),
	};

	return codes[status];
}

static void
code_write(struct json_out *out, const struct reading *reading)
{
	const struct analyte *analyte = analyte_at(reading->analyte);
	struct str loinc = analyte_loinc(reading->analyte, reading->unit, reading->method);
	bool has_loinc = loinc.len != 0;

	json_name(out, "code");
	json_put_raw(
	    out, has_loinc
		     ? STR("{\"coding\":[{\"system\":\"" FHIR_LOINC_SYSTEM "\",\"code\":\"")
		     : STR("{\"coding\":[{\"system\":\"" FHIR_ANALYTE_SYSTEM "\",\"code\":\""));
	buf_add(out->buf, has_loinc ? loinc : str_from_c(analyte->code));
	buf_add(out->buf, STR("\"}],\"text\":\""));
	buf_add(out->buf, str_from_c(analyte->name)); /* of our table: nothing to escape */
	buf_add(out->buf, STR("\"}"));
}

static void
method_write(struct json_out *out, enum reading_method method)
{
	static const struct str raw[] = {
		[READING_OPTICAL] =
		    STR("{\"coding\":[{\"system\":\"" FHIR_METHOD_SYSTEM
		        "\",\"code\":\"optical\"}],\"text\":\"Optical, through the skin\"}"),
		[READING_SENSOR] =
		    STR("{\"coding\":[{\"system\":\"" FHIR_METHOD_SYSTEM
		        "\",\"code\":\"sensor\"}],\"text\":\"Sensor in interstitial fluid\"}"),
		[READING_BLOOD] = STR("{\"coding\":[{\"system\":\"" FHIR_METHOD_SYSTEM
		                      "\",\"code\":\"blood\"}],\"text\":\"Blood sample\"}"),
		[READING_MANUAL] =
		    STR("{\"coding\":[{\"system\":\"" FHIR_METHOD_SYSTEM
		        "\",\"code\":\"manual\"}],\"text\":\"Entered by the person\"}"),
	};

	json_name(out, "method");
	json_put_raw(out, raw[method]);
}

static void
component_integer(struct json_out *out, struct str head, int64_t number)
{
	json_put_raw(out, head);
	buf_addf(out->buf, "%lld}", (long long)number);
}

#define COMPONENT_HEAD(code, text, rest)                                                       \
	STR("{\"code\":{\"coding\":[{\"system\":\"" FHIR_COMPONENT_SYSTEM                      \
	    "\",\"code\":\"" code "\"}],\"text\":\"" text "\"}," rest)

static void
components_write(struct json_out *out, const struct reading *reading)
{
	if (!reading->has_raw && reading->calibration == 0 && reading->drift_ms == 0)
		return;
	json_name(out, "component");
	json_array_begin(out);
	if (reading->has_raw) {
		json_put_raw(out, COMPONENT_HEAD("raw", "Value before calibration",
		                                 "\"valueQuantity\":{\"value\":"));
		quantity_add(out->buf, reading, &reading->raw);
		buf_add(out->buf, STR("}"));
	}
	if (reading->calibration != 0)
		component_integer(out,
		                  COMPONENT_HEAD("calibration", "Version of the calibration",
		                                 "\"valueInteger\":"),
		                  reading->calibration);
	if (reading->drift_ms != 0)
		component_integer(out,
		                  COMPONENT_HEAD("clock-drift",
		                                 "Device clock minus server clock in ms",
		                                 "\"valueInteger\":"),
		                  reading->drift_ms);
	json_array_close(out);
}

static void
reference_at(struct json_out *out, const char *name, const char *type, struct id id)
{
	char text[64];

	json_name(out, name);
	json_put_raw(out, STR("{\"reference\":\""));
	buf_add(out->buf, fhir_reference_format(type, id, text));
	buf_add(out->buf, STR("\"}"));
}

void
fhir_observation_write(struct json_out *out, const struct reading *reading,
                       const struct fhir_context *context)
{
	struct reading_id id = { context->patient, reading->analyte, reading->number };
	char text[READING_ID_MAX + 1];

	json_object_begin(out);
	json_text_at(out, "resourceType", STR("Observation"));
	json_text_at(out, "id", (struct str){ text, reading_id_format(&id, text) });
	meta_write(out, reading);
	identifiers_write(out, reading);
	json_text_at(out, "status", status_code(reading->status));
	json_name(out, "category");
	json_put_raw(out, STR("[{\"coding\":[{\"system\":\"" FHIR_CATEGORY_SYSTEM
	                      "\",\"code\":\"laboratory\"}]}]"));
	code_write(out, reading);
	reference_at(out, "subject", "Patient", context->patient);
	time_at(out, "effectiveDateTime", reading->taken_us, reading->offset_s);
	time_at(out, "issued", reading->received_us, 0);
	json_name(out, "valueQuantity");
	json_put_raw(out, STR("{\"value\":"));
	quantity_add(out->buf, reading, &reading->value);
	if (reading->note.len != 0) {
		json_name(out, "note");
		json_array_begin(out);
		json_object_begin(out);
		json_text_at(out, "text", reading->note);
		json_object_close(out);
		json_array_close(out);
	}
	method_write(out, reading->method);
	if (!id_is_zero(reading->device))
		reference_at(out, "device", "Device", reading->device);
	components_write(out, reading);
	json_object_close(out);
}

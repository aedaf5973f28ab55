/*
 * Observations in: from checked FHIR to a reading; see fhir_observation.h.
 * Each part of a reading has a function that complains and goes on, so that one
 * answer names everything that is wrong.
 */
#include "service/measure/fhir_observation.h"

#include "service/measure/analyte.h"
#include "service/measure/fhir_kept.h"
#include "service/measure/fhir_shape.h"

#define FRACTION_DIGITS_MAX 6 /* a reading's time is in microseconds */

/* One reading under way. */
struct intake {
	const struct json_object *observation;
	const struct fhir_context *context;
	struct fhir_issues *issues;
	struct reading reading;
	struct str loinc; /* empty: none that is known */
	bool is_bad;
};

static const struct fhir_place root = { NULL, { "Observation", 11 }, -1 };

static void
refuse_at(struct intake *intake, const struct fhir_place *place, const char *member,
          enum fhir_issue_type type, const char *why)
{
	intake->is_bad = true;
	fhir_issue_add(intake->issues, place, member,
	               (struct fhir_complaint){ RC_INVALID, type, why });
}

static void
refuse(struct intake *intake, const char *member, enum fhir_issue_type type, const char *why)
{
	refuse_at(intake, &root, member, type, why);
}

static struct json_object *
member_of(const struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	return json_find(object, name, &value) ? value : NULL;
}

static struct str
text_of(const struct json_object *object, const char *name)
{
	const struct json_object *value = member_of(object, name);

	return json_kind(value) == JSON_STRING ? json_text(value) : STR_EMPTY;
}

static size_t
length(const struct json_object *array)
{
	return json_kind(array) == JSON_ARRAY ? json_count(array) : 0;
}

/* The code of a CodeableConcept's one coding in `system`; empty when there is
 * none, or more than one coding. */
static struct str
code_of(const struct json_object *concept, struct str system)
{
	const struct json_object *list = member_of(concept, "coding");

	if (length(list) != 1 || !str_eq(text_of(json_at(list, 0), "system"), system))
		return STR_EMPTY;
	return text_of(json_at(list, 0), "code");
}

static void
status_read(struct intake *intake)
{
	static const struct {
		struct str code;
		enum reading_status status;
	} rows[] = {
		{ { "final", 5 }, READING_FINAL },
		{ { "preliminary", 11 }, READING_PRELIMINARY },
		{ { "amended", 7 }, READING_AMENDED },
		{ { "corrected", 9 }, READING_CORRECTED },
		{ { "entered-in-error", 16 }, READING_IN_ERROR },
	};
	struct str code = text_of(intake->observation, "status");

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (str_eq(rows[i].code, code))
			intake->reading.status = rows[i].status;
	}
	if (intake->reading.status == 0)
		refuse(intake, "status", FHIR_NOT_SUPPORTED,
		       "a status that a measured value cannot have");
}

static void
category_read(struct intake *intake)
{
	const struct json_object *list = member_of(intake->observation, "category");

	for (size_t i = 0; i < length(list); i++) {
		struct fhir_place place = { &root, STR("category"), (ptrdiff_t)i };
		if (!str_eq(code_of(json_at(list, i), STR(FHIR_CATEGORY_SYSTEM)),
		            STR("laboratory")))
			refuse_at(intake, &place, NULL, FHIR_NOT_SUPPORTED,
			          "only the category laboratory is kept");
	}
}

static void
meta_read(struct intake *intake)
{
	static const char known[] =
	    "http://hl7.org/fhir/StructureDefinition/Observation " FHIR_CGM
	    "/StructureDefinition/cgm-sensor-reading-mass-per-volume " FHIR_CGM
	    "/StructureDefinition/cgm-sensor-reading-moles-per-volume";
	const struct json_object *meta = member_of(intake->observation, "meta");
	const struct json_object *list = member_of(meta, "profile");
	const struct json_object *text = member_of(intake->observation, "text");
	struct fhir_place place = { &root, STR("meta"), -1 };

	for (size_t i = 0; i < length(list); i++) {
		struct fhir_place item = { &place, STR("profile"), (ptrdiff_t)i };
		struct str url = STR_EMPTY;
		if (json_at(list, i) != NULL)
			(void)str_cut(json_text(json_at(list, i)), '|', &url);
		if (!fhir_word_in(known, url))
			refuse_at(intake, &item, NULL, FHIR_NOT_SUPPORTED,
			          "a profile that is not known here");
	}
	if (text != NULL && !str_eq(text_of(text, "status"), STR("generated")))
		refuse(intake, "text", FHIR_NOT_SUPPORTED,
		       "only a narrative generated from the data may be left out");
}

/* analyte and method.  Only a code that would also be written back is taken, so
 * that a serum value never comes out as a capillary one. */
static void
code_read(struct intake *intake)
{
	const struct json_object *concept = member_of(intake->observation, "code");
	struct str code = code_of(concept, STR(FHIR_LOINC_SYSTEM));
	struct str text = text_of(concept, "text");
	int unit;

	if (!analyte_find_loinc(code, &intake->reading.analyte, &unit)) {
		refuse(intake, "code", FHIR_NOT_SUPPORTED,
		       "not one LOINC code of an analyte that is kept here");
		return;
	}
	intake->loinc = code;
	if (text.len != 0 &&
	    !str_eq_nocase(text, str_from_c(analyte_at(intake->reading.analyte)->name)))
		refuse(intake, "code.text", FHIR_NOT_SUPPORTED,
		       "only the analyte's own name is kept");
}

static void
subject_read(struct intake *intake)
{
	const struct json_object *subject = member_of(intake->observation, "subject");
	struct id id;

	if (subject == NULL)
		refuse(intake, "subject", FHIR_REQUIRED, "missing: whose reading is it?");
	else if (!fhir_reference_parse(text_of(subject, "reference"), "Patient", &id) ||
	         !id_eq(id, intake->context->patient))
		refuse(intake, "subject.reference", FHIR_BUSINESS_RULE,
		       "not the patient whose record this is");
}

static void
performers_read(struct intake *intake)
{
	const struct json_object *list = member_of(intake->observation, "performer");
	struct id id;

	for (size_t i = 0; i < length(list); i++) {
		struct fhir_place place = { &root, STR("performer"), (ptrdiff_t)i };
		struct str text = text_of(json_at(list, i), "reference");
		if (!fhir_reference_parse(text, "Patient", &id) ||
		    !id_eq(id, intake->context->patient))
			refuse_at(intake, &place, NULL, FHIR_NOT_SUPPORTED,
			          "a performer other than the patient is not kept");
	}
}

static void
effective_read(struct intake *intake)
{
	bool is_instant = member_of(intake->observation, "effectiveInstant") != NULL;
	const char *name = is_instant ? "effectiveInstant" : "effectiveDateTime";
	struct str text = text_of(intake->observation, name);
	struct fhir_moment moment;

	if (text.len == 0) {
		refuse(intake, name, FHIR_REQUIRED, "missing: when was it measured?");
		return;
	}
	if (!fhir_moment_parse(text, false, &moment) || !moment.has_time) {
		refuse(intake, name, FHIR_BUSINESS_RULE, "a reading needs the time of day");
		return;
	}
	if (moment.fraction_digits > FRACTION_DIGITS_MAX)
		refuse(intake, name, FHIR_BUSINESS_RULE, "finer than a microsecond");
	if (moment.from_us > intake->context->now_us + FHIR_FUTURE_US)
		refuse(intake, name, FHIR_BUSINESS_RULE, "more than 5 minutes in the future");
	if (moment.from_us < 0)
		refuse(intake, name, FHIR_BUSINESS_RULE, "before 1970");
	intake->reading.taken_us = moment.from_us;
	intake->reading.offset_s = moment.offset_s;
}

/* A Quantity's number and unit; false (and told) when they cannot be kept. */
static bool
quantity_read(struct intake *intake, const struct json_object *quantity,
              const struct fhir_place *place, struct decimal *value, int *unit)
{
	const struct json_object *number = member_of(quantity, "value");
	struct str label = text_of(quantity, "unit");
	struct str code = text_of(quantity, "code");
	struct err err = { 0 };

	*unit = unit_find(code);
	if (number == NULL) {
		refuse_at(intake, place, "value", FHIR_REQUIRED, "missing");
		return false;
	}
	if (decimal_parse(json_number_text(intake->issues->arena, number), value, &err) !=
	    RC_OK) {
		refuse_at(intake, place, "value", FHIR_BUSINESS_RULE,
		          "over 15 digits or 9 decimals, or with an exponent");
		return false;
	}
	if (!str_eq(text_of(quantity, "system"), STR(FHIR_UCUM_SYSTEM))) {
		refuse_at(intake, place, "system", FHIR_BUSINESS_RULE,
		          "the unit must be in UCUM");
		return false;
	}
	if (*unit < 0) {
		refuse_at(intake, place, "code", FHIR_CODE_INVALID,
		          "not a unit that is kept here (UCUM codes are case-sensitive)");
		return false;
	}
	if (label.len != 0 && !str_eq_nocase(label, code)) {
		refuse_at(intake, place, "unit", FHIR_BUSINESS_RULE,
		          "says another unit than the code");
		return false;
	}
	return true;
}

static void
value_read(struct intake *intake)
{
	static const struct fhir_place place = { &root, { "valueQuantity", 13 }, -1 };
	const struct json_object *quantity = member_of(intake->observation, "valueQuantity");
	struct reading *reading = &intake->reading;
	struct err err = { 0 };

	if (quantity == NULL) {
		refuse(intake, "valueQuantity", FHIR_REQUIRED,
		       "missing: a reading has a value");
		return;
	}
	if (!quantity_read(intake, quantity, &place, &reading->value, &reading->unit) ||
	    intake->loinc.len == 0)
		return;
	if (!analyte_unit_fits_loinc(intake->loinc, reading->unit))
		refuse_at(intake, &place, "code", FHIR_BUSINESS_RULE,
		          "not a unit of the property that the LOINC code names");
	else if (analyte_check_value(reading->analyte, reading->unit, &reading->value, &err) !=
	         RC_OK)
		refuse_at(intake, &place, "value", FHIR_BUSINESS_RULE,
		          "outside what this analyte can be in a living person");
}

static enum reading_method
method_find(struct str code)
{
	static const struct {
		struct str code;
		enum reading_method method;
	} rows[] = {
		{ { "optical", 7 }, READING_OPTICAL },
		{ { "sensor", 6 }, READING_SENSOR },
		{ { "blood", 5 }, READING_BLOOD },
		{ { "manual", 6 }, READING_MANUAL },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (str_eq(rows[i].code, code))
			return rows[i].method;
	}
	return 0;
}

/* The stated method, else the context's, else the one that the code speaks of. */
static void
method_read(struct intake *intake)
{
	const struct json_object *concept = member_of(intake->observation, "method");
	enum reading_method stated = method_find(code_of(concept, STR(FHIR_METHOD_SYSTEM)));
	enum reading_method tries[] = { stated, intake->context->method, READING_BLOOD,
		                        READING_SENSOR };
	size_t count = stated != 0 ? 1 : COUNT_OF(tries);
	struct reading *reading = &intake->reading;

	if (concept != NULL && stated == 0)
		refuse(intake, "method", FHIR_NOT_SUPPORTED,
		       "not one method that is known here");
	if (intake->is_bad)
		return;
	for (size_t i = 0; i < count && reading->method == 0; i++) {
		if (tries[i] != 0 &&
		    str_eq(analyte_loinc(reading->analyte, reading->unit, tries[i]),
		           intake->loinc))
			reading->method = tries[i];
	}
	if (reading->method == 0)
		refuse(intake, "code", FHIR_NOT_SUPPORTED,
		       "this code would not be given back as it came, or fits not the method");
}

static void
device_read(struct intake *intake)
{
	const struct json_object *device = member_of(intake->observation, "device");

	if (device != NULL && !fhir_reference_parse(text_of(device, "reference"), "Device",
	                                            &intake->reading.device))
		refuse(intake, "device.reference", FHIR_BUSINESS_RULE,
		       "not a device that is enrolled here");
}

static void
sequence_read(struct intake *intake, struct str value, const struct fhir_place *place)
{
	struct reading *reading = &intake->reading;
	struct err err = { 0 };
	int64_t number = 0;

	if (reading->has_sequence)
		refuse_at(intake, place, NULL, FHIR_DUPLICATE, "a second sequence number");
	else if (str_to_i64(value, &number, &err) != RC_OK || number < 0 ||
	         (value.len > 1 && value.ptr[0] == '0'))
		refuse_at(intake, place, "value", FHIR_BUSINESS_RULE,
		          "a sequence number is a whole number without leading zeros");
	else if (id_is_zero(reading->device))
		refuse_at(intake, place, NULL, FHIR_BUSINESS_RULE,
		          "a sequence number belongs to a device, and none is named");
	reading->has_sequence = true;
	reading->sequence = (uint64_t)number;
}

static void
identifiers_read(struct intake *intake)
{
	const struct json_object *list = member_of(intake->observation, "identifier");
	struct reading *reading = &intake->reading;

	for (size_t i = 0; i < length(list); i++) {
		struct fhir_place place = { &root, STR("identifier"), (ptrdiff_t)i };
		struct str system = text_of(json_at(list, i), "system");
		struct str value = text_of(json_at(list, i), "value");
		if (str_eq(system, STR(FHIR_SEQUENCE_SYSTEM))) {
			sequence_read(intake, value, &place);
			continue;
		}
		if (value.len == 0)
			refuse_at(intake, &place, "value", FHIR_REQUIRED, "missing");
		else if (system.len > FHIR_IDENTIFIER_MAX || value.len > FHIR_IDENTIFIER_MAX)
			refuse_at(intake, &place, NULL, FHIR_TOO_LONG, "over 255 bytes");
		else if (reading->identifier.len != 0)
			refuse_at(intake, &place, NULL, FHIR_NOT_SUPPORTED,
			          "only one identifier of the sender's own is kept");
		reading->identifier_system = system;
		reading->identifier = value;
	}
}

static void
note_read(struct intake *intake)
{
	const struct json_object *list = member_of(intake->observation, "note");

	if (length(list) == 0)
		return;
	intake->reading.note = text_of(json_at(list, 0), "text");
	if (length(list) > 1)
		refuse(intake, "note[1]", FHIR_NOT_SUPPORTED, "only one note is kept");
	if (intake->reading.note.len == 0)
		refuse(intake, "note[0].text", FHIR_REQUIRED, "missing");
	if (intake->reading.note.len > FHIR_NOTE_MAX)
		refuse(intake, "note[0].text", FHIR_TOO_LONG, "over 2000 bytes");
}

/* A component of ours with a whole number from `least` on; not 0. */
static int64_t
component_number(struct intake *intake, const struct json_object *component,
                 const struct fhir_place *place, int64_t least)
{
	struct err err = { 0 };
	int64_t number = 0;

	if (json_int(member_of(component, "valueInteger"), &number, &err) != RC_OK)
		refuse_at(intake, place, "valueInteger", FHIR_REQUIRED, "missing");
	else if (number < least || number == 0)
		refuse_at(intake, place, "valueInteger", FHIR_BUSINESS_RULE, "out of range");
	return number;
}

static void
raw_read(struct intake *intake, const struct json_object *component,
         const struct fhir_place *place)
{
	struct fhir_place at = { place, STR("valueQuantity"), -1 };
	struct reading *reading = &intake->reading;
	int unit;

	if (quantity_read(intake, member_of(component, "valueQuantity"), &at, &reading->raw,
	                  &unit) &&
	    unit != reading->unit)
		refuse_at(intake, &at, "code", FHIR_BUSINESS_RULE,
		          "another unit than the value's");
	reading->has_raw = true;
}

static void
component_read(struct intake *intake, const struct json_object *component,
               const struct fhir_place *place)
{
	struct str code = code_of(member_of(component, "code"), STR(FHIR_COMPONENT_SYSTEM));
	bool is_raw = str_eq(code, STR("raw"));
	struct reading *reading = &intake->reading;

	if (member_of(component, is_raw ? "valueInteger" : "valueQuantity") != NULL)
		refuse_at(intake, place, "value[x]", FHIR_NOT_SUPPORTED,
		          "not the type that this component has");
	else if (is_raw && !reading->has_raw)
		raw_read(intake, component, place);
	else if (str_eq(code, STR("calibration")) && reading->calibration == 0)
		reading->calibration = (uint32_t)component_number(intake, component, place, 1);
	else if (str_eq(code, STR("clock-drift")) && reading->drift_ms == 0)
		reading->drift_ms =
		    (int32_t)component_number(intake, component, place, INT32_MIN);
	else
		refuse_at(intake, place, "code", FHIR_NOT_SUPPORTED,
		          "not a component that is kept here, or twice the same");
}

static void
components_read(struct intake *intake)
{
	const struct json_object *list = member_of(intake->observation, "component");

	for (size_t i = 0; i < length(list); i++) {
		struct fhir_place place = { &root, STR("component"), (ptrdiff_t)i };
		component_read(intake, json_at(list, i), &place);
	}
}

enum rc
fhir_observation_read(const struct json_object *observation, const struct fhir_context *context,
                      struct reading *reading, struct fhir_issues *issues)
{
	static void (*const parts[])(struct intake *) = {
		status_read,     category_read,   meta_read,   code_read,   subject_read,
		performers_read, effective_read,  value_read,  device_read, identifiers_read,
		note_read,       components_read, method_read, /* last: it needs code and unit
		                                                */
	};
	struct intake intake = { .observation = observation,
		                 .context = context,
		                 .issues = issues,
		                 .reading = { .device = context->device } };

	fhir_kept_check(issues, fhir_kept_observation, observation, &root);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		parts[i](&intake);
	if (issues->rc != RC_OK)
		return issues->rc;
	intake.reading.received_us = context->now_us;
	intake.reading.updated_us = context->now_us;
	*reading = intake.reading;
	return RC_OK;
}

bool
fhir_reference_parse(struct str text, const char *type, struct id *id)
{
	struct str head;
	struct str rest = str_cut(text, '/', &head);
	struct err err = { 0 };

	return str_eq(head, str_from_c(type)) && id_parse(rest, id, &err) == RC_OK;
}

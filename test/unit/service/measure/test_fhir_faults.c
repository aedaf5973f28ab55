/*
 * Single faults: each is the good Observation with one thing wrong, written from
 * FHIR R4 (4.0.1) "Observation", "Data Types", "JSON", "References",
 * "Extensibility", and from what the service says it keeps.  Each must be refused
 * with the element named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fhir_sample.h"

struct fault {
	const char *what;
	const char *find;
	const char *replace;
	const char *element; /* of an issue */
	enum fhir_issue_type type;
};

#define STATUS     "\"status\":\"final\""
#define UCUM       "\"system\":\"http://unitsofmeasure.org\",\"code\":\"mmol/L\""
#define VALUE      "\"valueQuantity\":{\"value\":5.40,\"unit\":\"mmol/l\"," UCUM "}"
#define NOTE       "\"note\":[{\"text\":\"after lunch\"}]"
#define TAKEN      "\"effectiveDateTime\":\"2026-03-01T10:00:00.250+01:00\""
#define CODING     "{\"system\":\"http://loinc.org\",\"code\":\"105272-9\"}"
#define DEVICE     "\"device\":{\"reference\":\"Device/" SAMPLE_DEVICE "\"}"
#define O          "Observation."
#define PLUS(text) NOTE "," text
#define RAW_CODE   "\"code\":{\"coding\":[{\"system\":\"urn:troth:component\",\"code\":\"raw\"}]}"

/* clang-format off */
static const struct fault faults[] = {
	/* resourceType, id, meta */
	{ "another type", "\"Observation\"", "\"Patient\"", O "resourceType", FHIR_INVALID },
	{ "no type", "\"resourceType\":\"Observation\",", "", O "resourceType", FHIR_REQUIRED },
	{ "type as number", "\"Observation\"", "7", O "resourceType", FHIR_REQUIRED },
	{ "id with a space", "any-1", "any 1", O "id", FHIR_VALUE },
	{ "id of 65 characters", "any-1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", O "id", FHIR_VALUE },
	{ "id with an underscore", "any-1", "any_1", O "id", FHIR_VALUE },
	{ "lastUpdated without offset", "2026-03-01T09:00:00Z", "2026-03-01T09:00:00", O "meta.lastUpdated", FHIR_VALUE },
	{ "lastUpdated as a date", "2026-03-01T09:00:00Z", "2026-03-01", O "meta.lastUpdated", FHIR_VALUE },
	{ "meta as array", "{\"versionId\":\"1\",\"lastUpdated\":\"2026-03-01T09:00:00Z\"}", "[{\"versionId\":\"1\"}]", O "meta", FHIR_STRUCTURE },
	{ "empty meta", "{\"versionId\":\"1\",\"lastUpdated\":\"2026-03-01T09:00:00Z\"}", "{}", O "meta", FHIR_STRUCTURE },
	{ "version as number", "\"versionId\":\"1\"", "\"versionId\":1", O "meta.versionId", FHIR_STRUCTURE },
	{ "profile not in an array", "\"versionId\":\"1\"", "\"profile\":\"http://hl7.org/fhir/StructureDefinition/Observation\"", O "meta.profile", FHIR_STRUCTURE },
	{ "unknown profile", "\"versionId\":\"1\"", "\"profile\":[\"http://example.org/p\"]", O "meta.profile[0]", FHIR_NOT_SUPPORTED },
	{ "security label", "\"versionId\":\"1\"", "\"security\":[{\"code\":\"R\"}]", O "meta.security", FHIR_NOT_SUPPORTED },
	{ "implicit rules", STATUS, STATUS ",\"implicitRules\":\"http://example.org/r\"", O "implicitRules", FHIR_NOT_SUPPORTED },
	{ "language with a space", STATUS, STATUS ",\"language\":\"en \"", O "language", FHIR_VALUE },
	/* status */
	{ "illegal status", STATUS, "\"status\":\"done\"", O "status", FHIR_CODE_INVALID },
	{ "status in capitals", STATUS, "\"status\":\"Final\"", O "status", FHIR_CODE_INVALID },
	{ "no status", STATUS ",", "", O "status", FHIR_REQUIRED },
	{ "status null", STATUS, "\"status\":null", O "status", FHIR_STRUCTURE },
	{ "status empty", STATUS, "\"status\":\"\"", O "status", FHIR_VALUE },
	{ "status in an array", STATUS, "\"status\":[\"final\"]", O "status", FHIR_STRUCTURE },
	{ "status as boolean", STATUS, "\"status\":true", O "status", FHIR_STRUCTURE },
	{ "status without value", STATUS, "\"status\":\"registered\"", O "status", FHIR_NOT_SUPPORTED },
	{ "extension beside status", STATUS, STATUS ",\"_status\":{\"id\":\"a\"}", O "_status", FHIR_NOT_SUPPORTED },
	{ "sibling as string", STATUS, STATUS ",\"_status\":\"a\"", O "_status", FHIR_STRUCTURE },
	{ "sibling empty", STATUS, STATUS ",\"_status\":{}", O "_status", FHIR_STRUCTURE },
	{ "sibling with unknown element", STATUS, STATUS ",\"_status\":{\"value\":\"a\"}", O "_status.value", FHIR_STRUCTURE },
	{ "sibling of a complex element", STATUS, STATUS ",\"_code\":{\"id\":\"a\"}", O "_code", FHIR_STRUCTURE },
	/* unknown elements */
	{ "unknown element", STATUS, STATUS ",\"stats\":\"final\"", O "stats", FHIR_STRUCTURE },
	{ "unknown element in a datatype", "\"value\":5.40", "\"value\":5.40,\"units\":\"x\"", O "valueQuantity.units", FHIR_STRUCTURE },
	{ "R5's element", STATUS, STATUS ",\"triggeredBy\":[{\"type\":\"reflex\"}]", O "triggeredBy", FHIR_STRUCTURE },
	{ "element name in capitals", STATUS, STATUS ",\"Note\":[{\"text\":\"x\"}]", O "Note", FHIR_STRUCTURE },
	/* category */
	{ "empty category", "[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"laboratory\"}]}]", "[]", O "category", FHIR_STRUCTURE },
	{ "category not in an array", "[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"laboratory\"}]}]", "{\"text\":\"lab\"}", O "category", FHIR_STRUCTURE },
	{ "null in an array", "[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"laboratory\"}]}]", "[null]", O "category[0]", FHIR_STRUCTURE },
	{ "category of another kind", "\"laboratory\"", "\"imaging\"", O "category[0]", FHIR_NOT_SUPPORTED },
	/* code */
	{ "no code", "\"code\":{\"coding\":[" CODING "],\"text\":\"Glucose\"},", "", O "code", FHIR_REQUIRED },
	{ "code as string", "{\"coding\":[" CODING "],\"text\":\"Glucose\"}", "\"105272-9\"", O "code", FHIR_STRUCTURE },
	{ "coding not in an array", "[" CODING "]", CODING, O "code.coding", FHIR_STRUCTURE },
	{ "empty coding", "[" CODING "]", "[{}]", O "code.coding[0]", FHIR_STRUCTURE },
	{ "code with leading space", "\"105272-9\"", "\" 105272-9\"", O "code.coding[0].code", FHIR_VALUE },
	{ "code with two spaces", "\"105272-9\"", "\"105272  9\"", O "code.coding[0].code", FHIR_VALUE },
	{ "code of an unknown analyte", "105272-9", "718-7", O "code", FHIR_NOT_SUPPORTED },
	{ "code of another system", "http://loinc.org", "http://snomed.info/sct", O "code", FHIR_NOT_SUPPORTED },
	{ "LOINC with https", "http://loinc.org", "https://loinc.org", O "code", FHIR_NOT_SUPPORTED },
	{ "system with a space", "http://loinc.org", "http://loinc .org", O "code.coding[0].system", FHIR_VALUE },
	{ "two codings", "[" CODING "]", "[" CODING "," CODING "]", O "code", FHIR_NOT_SUPPORTED },
	{ "another text", "\"text\":\"Glucose\"", "\"text\":\"Sugar of Tom\"", O "code.text", FHIR_NOT_SUPPORTED },
	{ "userSelected as string", CODING, "{\"system\":\"http://loinc.org\",\"code\":\"105272-9\",\"userSelected\":\"true\"}", O "code.coding[0].userSelected", FHIR_STRUCTURE },
	{ "coding version", CODING, "{\"system\":\"http://loinc.org\",\"code\":\"105272-9\",\"version\":\"2.77\"}", O "code.coding[0].version", FHIR_NOT_SUPPORTED },
	{ "a serum code for a sensor's reading", "105272-9", "14749-6", O "code", FHIR_NOT_SUPPORTED },
	/* subject */
	{ "no subject", "\"subject\":{\"reference\":\"Patient/" SAMPLE_PATIENT "\"},", "", O "subject", FHIR_REQUIRED },
	{ "foreign subject", "Patient/" SAMPLE_PATIENT, "Patient/0190a0b4-7c3e-7abc-8def-0123456789ff", O "subject.reference", FHIR_BUSINESS_RULE },
	{ "reference without a type", "Patient/" SAMPLE_PATIENT, SAMPLE_PATIENT, O "subject.reference", FHIR_VALUE },
	{ "reference to a type that may not stand", "Patient/", "Practitioner/", O "subject.reference", FHIR_VALUE },
	{ "reference in small letters", "Patient/", "patient/", O "subject.reference", FHIR_VALUE },
	{ "reference with a query", SAMPLE_PATIENT, "x?y=1", O "subject.reference", FHIR_VALUE },
	{ "reference to nothing contained", "Patient/" SAMPLE_PATIENT, "#p", O "subject.reference", FHIR_INVARIANT },
	{ "display of the subject", "{\"reference\":\"Patient/" SAMPLE_PATIENT "\"}", "{\"reference\":\"Patient/" SAMPLE_PATIENT "\",\"display\":\"Tom\"}", O "subject.display", FHIR_NOT_SUPPORTED },
	{ "type that does not fit", "{\"reference\":\"Patient/" SAMPLE_PATIENT "\"}", "{\"reference\":\"Patient/" SAMPLE_PATIENT "\",\"type\":\"Medication\"}", O "subject.type", FHIR_VALUE },
	/* effective[x], issued */
	{ "impossible date", "2026-03-01T10:00:00.250+01:00", "2026-02-30T10:00:00Z", O "effectiveDateTime", FHIR_VALUE },
	{ "29 February of no leap year", "2026-03-01T10:00:00.250+01:00", "2025-02-29", O "effectiveDateTime", FHIR_VALUE },
	{ "month 13", "2026-03-01T10:00:00.250+01:00", "2026-13", O "effectiveDateTime", FHIR_VALUE },
	{ "month of one digit", "2026-03-01T10:00:00.250+01:00", "2026-3-01", O "effectiveDateTime", FHIR_VALUE },
	{ "year 0000", "2026-03-01T10:00:00.250+01:00", "0000-03-01", O "effectiveDateTime", FHIR_VALUE },
	{ "hour 24", "2026-03-01T10:00:00.250+01:00", "2026-03-01T24:00:00Z", O "effectiveDateTime", FHIR_VALUE },
	{ "time without seconds", "2026-03-01T10:00:00.250+01:00", "2026-03-01T10:00Z", O "effectiveDateTime", FHIR_VALUE },
	{ "time without offset", "2026-03-01T10:00:00.250+01:00", "2026-03-01T10:00:00", O "effectiveDateTime", FHIR_VALUE },
	{ "offset beyond 14:00", "+01:00", "+14:30", O "effectiveDateTime", FHIR_VALUE },
	{ "a point without fraction", "00.250+", "00.+", O "effectiveDateTime", FHIR_VALUE },
	{ "leap second", "10:00:00.250+01:00", "23:59:60Z", O "effectiveDateTime", FHIR_VALUE },
	{ "date with a space for T", "01T10", "01 10", O "effectiveDateTime", FHIR_VALUE },
	{ "date as number", "\"2026-03-01T10:00:00.250+01:00\"", "20260301", O "effectiveDateTime", FHIR_STRUCTURE },
	{ "date without time", "2026-03-01T10:00:00.250+01:00", "2026-03-01", O "effectiveDateTime", FHIR_BUSINESS_RULE },
	{ "six minutes in the future", "2026-03-01T10:00:00.250+01:00", "2026-03-01T12:06:00Z", O "effectiveDateTime", FHIR_BUSINESS_RULE },
	{ "nanoseconds", "00.250+", "00.1234567+", O "effectiveDateTime", FHIR_BUSINESS_RULE },
	{ "no time at all", TAKEN ",", "", O "effectiveDateTime", FHIR_REQUIRED },
	{ "two effective times", TAKEN, TAKEN ",\"effectiveInstant\":\"2026-03-01T09:00:00Z\"", O "effective[x]", FHIR_STRUCTURE },
	{ "a period", TAKEN, "\"effectivePeriod\":{\"start\":\"2026-03-01\"}", O "effectivePeriod", FHIR_NOT_SUPPORTED },
	{ "a period that ends before it starts", TAKEN, "\"effectivePeriod\":{\"start\":\"2026-03-02\",\"end\":\"2026-03-01\"}", O "effectivePeriod", FHIR_INVARIANT },
	{ "instant without seconds", TAKEN, "\"effectiveInstant\":\"2026-03-01T10:00Z\"", O "effectiveInstant", FHIR_VALUE },
	{ "issued as a date", "2026-03-01T09:00:01Z", "2026-03-01", O "issued", FHIR_VALUE },
	/* value[x] */
	{ "two values", VALUE, VALUE ",\"valueString\":\"5.40\"", O "value[x]", FHIR_STRUCTURE },
	{ "value as string", "5.40", "\"5.40\"", O "valueQuantity.value", FHIR_STRUCTURE },
	{ "value null", "5.40", "null", O "valueQuantity.value", FHIR_STRUCTURE },
	{ "value with an exponent", "5.40", "5.4e0", O "valueQuantity.value", FHIR_BUSINESS_RULE },
	{ "value of 16 digits", "5.40", "5.400000000000001", O "valueQuantity.value", FHIR_BUSINESS_RULE },
	{ "no value in the quantity", "\"value\":5.40,", "", O "valueQuantity.value", FHIR_REQUIRED },
	{ "value out of life's range", "5.40", "99.9", O "valueQuantity.value", FHIR_BUSINESS_RULE },
	{ "negative value", "5.40", "-5.40", O "valueQuantity.value", FHIR_BUSINESS_RULE },
	{ "no value at all", VALUE ",", "", O "valueQuantity", FHIR_REQUIRED },
	{ "value as text", VALUE, "\"valueString\":\"5.40 mmol/L\"", O "valueString", FHIR_NOT_SUPPORTED },
	{ "value of a type that R4 has not", VALUE, "\"valueDecimal\":5.40", O "valueDecimal", FHIR_STRUCTURE },
	{ "quantity as number", VALUE, "\"valueQuantity\":5.40", O "valueQuantity", FHIR_STRUCTURE },
	{ "quantity in an array", VALUE, "\"valueQuantity\":[{\"value\":5.40}]", O "valueQuantity", FHIR_STRUCTURE },
	{ "bad UCUM unit", "\"code\":\"mmol/L\"", "\"code\":\"mmol per L\"", O "valueQuantity.code", FHIR_CODE_INVALID },
	{ "UCUM bracket left open", "\"code\":\"mmol/L\"", "\"code\":\"mmol/[L\"", O "valueQuantity.code", FHIR_CODE_INVALID },
	{ "UCUM in capitals", "\"code\":\"mmol/L\"", "\"code\":\"MMOL/L\"", O "valueQuantity.code", FHIR_CODE_INVALID },
	{ "unit of another property", "\"unit\":\"mmol/l\"," UCUM, "\"unit\":\"mg/dl\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg/dL\"", O "valueQuantity.code", FHIR_BUSINESS_RULE },
	{ "unit that contradicts its code", "\"unit\":\"mmol/l\"", "\"unit\":\"mg/dl\"", O "valueQuantity.unit", FHIR_BUSINESS_RULE },
	{ "unit empty", "\"unit\":\"mmol/l\"", "\"unit\":\"\"", O "valueQuantity.unit", FHIR_VALUE },
	{ "unit code without system (qty-3)", UCUM, "\"code\":\"mmol/L\"", O "valueQuantity.system", FHIR_INVARIANT },
	{ "unit of another system", "http://unitsofmeasure.org", "http://example.org/units", O "valueQuantity.system", FHIR_BUSINESS_RULE },
	{ "no unit", ",\"unit\":\"mmol/l\"," UCUM, "", O "valueQuantity.system", FHIR_BUSINESS_RULE },
	{ "unknown comparator", "\"value\":5.40", "\"value\":5.40,\"comparator\":\"=\"", O "valueQuantity.comparator", FHIR_CODE_INVALID },
	{ "comparator", "\"value\":5.40", "\"value\":5.40,\"comparator\":\">\"", O "valueQuantity.comparator", FHIR_NOT_SUPPORTED },
	{ "value and reason for none (obs-6)", VALUE, VALUE ",\"dataAbsentReason\":{\"text\":\"x\"}", O "dataAbsentReason", FHIR_INVARIANT },
	{ "reason for no value", VALUE, "\"dataAbsentReason\":{\"text\":\"x\"}", O "dataAbsentReason", FHIR_NOT_SUPPORTED },
	/* note, method, device, performer, other elements */
	{ "note without text", "{\"text\":\"after lunch\"}", "{\"time\":\"2026-03-01\"}", O "note[0].text", FHIR_REQUIRED },
	{ "note as string", "[{\"text\":\"after lunch\"}]", "\"after lunch\"", O "note", FHIR_STRUCTURE },
	{ "note with a control character", "after lunch", "after\\u0007lunch", O "note[0].text", FHIR_VALUE },
	{ "two authors of a note", "\"after lunch\"", "\"x\",\"authorString\":\"a\",\"authorReference\":{\"reference\":\"Patient/1\"}", O "note[0].author[x]", FHIR_STRUCTURE },
	{ "author of a note", "\"after lunch\"", "\"x\",\"authorString\":\"Tom\"", O "note[0].authorString", FHIR_NOT_SUPPORTED },
	{ "two notes", "{\"text\":\"after lunch\"}", "{\"text\":\"a\"},{\"text\":\"b\"}", O "note[1]", FHIR_NOT_SUPPORTED },
	{ "unknown method", NOTE, PLUS("\"method\":{\"text\":\"by eye\"}"), O "method", FHIR_NOT_SUPPORTED },
	{ "method that fits not the code", NOTE, PLUS("\"method\":{\"coding\":[{\"system\":\"urn:troth:method\",\"code\":\"blood\"}]}"), O "code", FHIR_NOT_SUPPORTED },
	{ "device of another type", "Device/", "Patient/", O "device.reference", FHIR_VALUE },
	{ "device that cannot be enrolled", SAMPLE_DEVICE, "cgm-1", O "device.reference", FHIR_BUSINESS_RULE },
	{ "another performer", NOTE, PLUS("\"performer\":[{\"reference\":\"Practitioner/1\"}]"), O "performer[0]", FHIR_NOT_SUPPORTED },
	{ "performer not in an array", NOTE, PLUS("\"performer\":{\"reference\":\"Practitioner/1\"}"), O "performer", FHIR_STRUCTURE },
	{ "body site", NOTE, PLUS("\"bodySite\":{\"text\":\"arm\"}"), O "bodySite", FHIR_NOT_SUPPORTED },
	{ "encounter of another type", NOTE, PLUS("\"encounter\":{\"reference\":\"Patient/1\"}"), O "encounter.reference", FHIR_VALUE },
	{ "interpretation", NOTE, PLUS("\"interpretation\":[{\"text\":\"high\"}]"), O "interpretation", FHIR_NOT_SUPPORTED },
	{ "reference range without bounds (obs-3)", NOTE, PLUS("\"referenceRange\":[{\"type\":{\"text\":\"x\"}}]"), O "referenceRange[0]", FHIR_INVARIANT },
	{ "reference range with a comparator (sqty-1)", NOTE, PLUS("\"referenceRange\":[{\"low\":{\"value\":4,\"comparator\":\"<\"}}]"), O "referenceRange[0].low.comparator", FHIR_STRUCTURE },
	{ "reference range", NOTE, PLUS("\"referenceRange\":[{\"text\":\"4-8\"}]"), O "referenceRange", FHIR_NOT_SUPPORTED },
	/* identifier */
	{ "identifier not in an array", "[{\"system\":\"urn:troth:sequence\",\"value\":\"17\"},{\"system\":\"https://app.example/readings\",\"value\":\"r-17\"}]", "{\"value\":\"17\"}", O "identifier", FHIR_STRUCTURE },
	{ "identifier's use", "\"value\":\"r-17\"", "\"value\":\"r-17\",\"use\":\"best\"", O "identifier[1].use", FHIR_CODE_INVALID },
	{ "identifier without value", ",\"value\":\"r-17\"", "", O "identifier[1].value", FHIR_REQUIRED },
	{ "sequence that is no number", "\"value\":\"17\"", "\"value\":\"x17\"", O "identifier[0].value", FHIR_BUSINESS_RULE },
	{ "sequence without device", "," DEVICE, "", O "identifier[0]", FHIR_BUSINESS_RULE },
	{ "two sequences", "https://app.example/readings\",\"value\":\"r-17\"", "urn:troth:sequence\",\"value\":\"18\"", O "identifier[1]", FHIR_DUPLICATE },
	{ "bad uuid in a uri", "https://app.example/readings", "urn:uuid:17", O "identifier[1].system", FHIR_VALUE },
	{ "bad oid in a uri", "https://app.example/readings", "urn:oid:3.1", O "identifier[1].system", FHIR_VALUE },
	/* component */
	{ "component without code", NOTE, PLUS("\"component\":[{\"valueInteger\":1}]"), O "component[0].code", FHIR_REQUIRED },
	{ "component with the Observation's code (obs-7)", NOTE, PLUS("\"component\":[{\"code\":{\"coding\":[" CODING "]},\"valueInteger\":1}]"), O "component[0].code", FHIR_INVARIANT },
	{ "component with two values", NOTE, PLUS("\"component\":[{" RAW_CODE ",\"valueInteger\":1,\"valueString\":\"1\"}]"), O "component[0].value[x]", FHIR_STRUCTURE },
	{ "foreign component", NOTE, PLUS("\"component\":[{\"code\":{\"text\":\"x\"},\"valueInteger\":1}]"), O "component[0].code", FHIR_NOT_SUPPORTED },
	{ "integer over 32 bits", NOTE, PLUS("\"component\":[{" RAW_CODE ",\"valueInteger\":2147483648}]"), O "component[0].valueInteger", FHIR_VALUE },
	{ "integer with a fraction", NOTE, PLUS("\"component\":[{" RAW_CODE ",\"valueInteger\":1.5}]"), O "component[0].valueInteger", FHIR_VALUE },
	{ "raw value in another unit", NOTE, PLUS("\"component\":[{" RAW_CODE ",\"valueQuantity\":{\"value\":97,\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg/dL\"}}]"), O "component[0].valueQuantity.code", FHIR_BUSINESS_RULE },
	/* extension, modifierExtension, contained, text */
	{ "modifier extension", NOTE, PLUS("\"modifierExtension\":[{\"url\":\"http://example.org/not\",\"valueBoolean\":true}]"), O "modifierExtension", FHIR_EXTENSION },
	{ "extension", NOTE, PLUS("\"extension\":[{\"url\":\"http://example.org/x\",\"valueBoolean\":true}]"), O "extension", FHIR_NOT_SUPPORTED },
	{ "extension in a datatype", "\"value\":5.40", "\"value\":5.40,\"extension\":[{\"url\":\"http://example.org/x\",\"valueCode\":\"a\"}]", O "valueQuantity.extension", FHIR_NOT_SUPPORTED },
	{ "extension without url", NOTE, PLUS("\"extension\":[{\"valueBoolean\":true}]"), O "extension[0].url", FHIR_REQUIRED },
	{ "extension without value (ext-1)", NOTE, PLUS("\"extension\":[{\"url\":\"http://example.org/x\"}]"), O "extension[0]", FHIR_INVARIANT },
	{ "extension with two values", NOTE, PLUS("\"extension\":[{\"url\":\"http://example.org/x\",\"valueBoolean\":true,\"valueCode\":\"a\"}]"), O "extension[0].value[x]", FHIR_STRUCTURE },
	{ "contained resource", NOTE, PLUS("\"specimen\":{\"reference\":\"#s\"},\"contained\":[{\"resourceType\":\"Specimen\",\"id\":\"s\"}]"), O "contained", FHIR_NOT_SUPPORTED },
	{ "contained without reference to it (dom-3)", NOTE, PLUS("\"contained\":[{\"resourceType\":\"Specimen\",\"id\":\"s\"}]"), O "contained[0]", FHIR_INVARIANT },
	{ "contained without id", NOTE, PLUS("\"contained\":[{\"resourceType\":\"Specimen\"}]"), O "contained[0].id", FHIR_REQUIRED },
	{ "contained in contained (dom-2)", NOTE, PLUS("\"specimen\":{\"reference\":\"#s\"},\"contained\":[{\"resourceType\":\"Specimen\",\"id\":\"s\",\"contained\":[{\"resourceType\":\"Specimen\",\"id\":\"t\"}]}]"), O "contained[0].contained", FHIR_INVARIANT },
	{ "contained with a version (dom-4)", NOTE, PLUS("\"specimen\":{\"reference\":\"#s\"},\"contained\":[{\"resourceType\":\"Specimen\",\"id\":\"s\",\"meta\":{\"versionId\":\"1\"}}]"), O "contained[0].meta", FHIR_INVARIANT },
	{ "narrative without div", NOTE, PLUS("\"text\":{\"status\":\"generated\"}"), O "text.div", FHIR_REQUIRED },
	{ "narrative with a script", NOTE, PLUS("\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><script>1</script></div>\"}"), O "text.div", FHIR_VALUE },
	{ "narrative of unknown status", NOTE, PLUS("\"text\":{\"status\":\"made\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">x</div>\"}"), O "text.status", FHIR_CODE_INVALID },
	{ "narrative of its own", NOTE, PLUS("\"text\":{\"status\":\"additional\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">x</div>\"}"), O "text", FHIR_NOT_SUPPORTED },
};
/* clang-format on */

static bool
names(const struct fhir_issues *issues, const struct fault *fault)
{
	for (size_t i = 0; i < issues->count; i++) {
		if (str_eq(issues->items[i].expression, str_from_c(fault->element)) &&
		    issues->items[i].type == fault->type)
			return true;
	}
	return false;
}

static void
tell(const struct fhir_issues *issues, const struct fault *fault)
{
	print_error("%s: due %s %s\n", fault->what, fault->element,
	            fhir_issue_code(fault->type));
	for (size_t i = 0; i < issues->count; i++)
		print_error("    %.*s %s: %s\n", STR_ARGS(issues->items[i].expression),
		            fhir_issue_code(issues->items[i].type), issues->items[i].why);
}

static bool
is_refused(const struct fault *fault)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct fhir_issues issues;
	struct reading reading;
	enum rc rc;

	arena_init(&arena, MIB);
	fhir_issues_init(&issues, &arena);
	rc = sample_take(&json, sample_with(&arena, fault->find, fault->replace), &reading,
	                 &issues);
	if (rc != RC_OK && names(&issues, fault))
		return true;
	tell(&issues, fault);
	return false;
}

static void
every_single_fault_is_refused_and_its_element_named(void **state)
{
	size_t missed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++)
		missed += is_refused(&faults[i]) ? 0 : 1;
	print_message("%zu faults\n", COUNT_OF(faults));
	assert_int_equal(missed, 0);
}

static void
no_issue_repeats_a_value_that_was_sent(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, 4 * MIB);
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		CLEANUP(json_free) struct json json = { NULL };
		struct fhir_issues issues;
		struct reading reading;
		fhir_issues_init(&issues, &arena);
		(void)!sample_take(&json,
		                   sample_with(&arena, faults[i].find, faults[i].replace),
		                   &reading, &issues);
		for (size_t k = 0; k < issues.count; k++) {
			const char *text = str_to_c(&arena, issues.items[k].expression);
			assert_null(strstr(text, "Tom"));
			assert_null(strstr(issues.items[k].why, "Tom"));
			assert_null(strstr(issues.items[k].why, "2026"));
		}
	}
}

static void
all_of_several_faults_are_named_at_once(void **state)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct fhir_issues issues;
	struct reading reading;

	(void)state;
	arena_init(&arena, MIB);
	fhir_issues_init(&issues, &arena);
	assert_int_equal(
	    sample_take(&json,
	                STR("{\"resourceType\":\"Observation\",\"status\":\"x\",\"note\":[],"
	                    "\"issued\":\"2026\",\"value\":1}"),
	                &reading, &issues),
	    RC_SYNTAX);
	assert_int_equal(issues.count, 5); /* status, note, issued, value, code */
}

static void
a_name_that_is_no_elements_is_not_repeated(void **state)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct fhir_issues issues;
	struct reading reading;

	(void)state;
	arena_init(&arena, MIB);
	fhir_issues_init(&issues, &arena);
	assert_int_equal(
	    sample_take(&json, sample_with(&arena, "\"id\"", "\"John Smith 1970\":1,\"id\""),
	                &reading, &issues),
	    RC_SYNTAX);
	assert_true(str_eq(issues.items[0].expression, STR("Observation.(unfit name)")));
}

static void
more_issues_than_the_limit_are_counted_as_cut(void **state)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct fhir_issues issues;
	struct reading reading;
	struct str text;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, MIB);
	fhir_issues_init(&issues, &arena);
	buf_init(&buf, 64 * KIB);
	buf_add(&buf, STR("{\"resourceType\":\"Observation\",\"note\":["));
	for (int i = 0; i < 100; i++)
		buf_add(&buf, STR("7,"));
	buf_add(&buf, STR("7]}"));
	assert_int_equal(buf_finish(&buf, &text, &err), RC_OK);
	assert_int_equal(sample_take(&json, text, &reading, &issues), RC_SYNTAX);
	assert_int_equal(issues.count, FHIR_ISSUES_MAX);
	assert_true(issues.is_cut);
}

/* 20,000 contained resources, each to be looked for in all the others. */
static void
a_flood_of_contained_resources_is_refused_without_comparing_them(void **state)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct fhir_issues issues;
	struct reading reading;
	struct str text;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, MIB);
	fhir_issues_init(&issues, &arena);
	buf_init(&buf, 4 * MIB);
	buf_add(&buf, STR("{\"resourceType\":\"Observation\",\"contained\":["));
	for (int i = 0; i < 20000; i++)
		buf_addf(&buf, "{\"resourceType\":\"Basic\",\"id\":\"b%d\"},", i);
	buf_add(&buf, STR("{\"resourceType\":\"Basic\",\"id\":\"b\"}]}"));
	assert_int_equal(buf_finish(&buf, &text, &err), RC_OK);
	assert_int_equal(sample_take(&json, text, &reading, &issues), RC_SYNTAX);
	assert_int_equal(issues.count, 3); /* contained, status, code */
	assert_int_equal(issues.items[0].type, FHIR_TOO_COSTLY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_single_fault_is_refused_and_its_element_named),
		cmocka_unit_test(no_issue_repeats_a_value_that_was_sent),
		cmocka_unit_test(all_of_several_faults_are_named_at_once),
		cmocka_unit_test(a_name_that_is_no_elements_is_not_repeated),
		cmocka_unit_test(more_issues_than_the_limit_are_counted_as_cut),
		cmocka_unit_test(
		    a_flood_of_contained_resources_is_refused_without_comparing_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The primitive datatypes of FHIR R4, checked by their regexes (R4 4.0.1,
 * "Data Types", Primitive Types) and, for dates, by the calendar.
 *
 * Stricter than the regexes in two places: a day must exist, and a leap second
 * (":60") is refused because base/clock.h cannot represent it.
 */
#ifndef SERVICE_MEASURE_FHIR_PRIMITIVE_H
#define SERVICE_MEASURE_FHIR_PRIMITIVE_H

#include "base/json.h"
#include "service/measure/fhir_issue.h"

enum fhir_type {
	FHIR_BOOLEAN,
	FHIR_INTEGER,
	FHIR_UNSIGNED_INT,
	FHIR_POSITIVE_INT,
	FHIR_DECIMAL,
	FHIR_STRING, /* here the types that are JSON strings begin */
	FHIR_ELEMENT_ID,
	FHIR_MARKDOWN,
	FHIR_XHTML,
	FHIR_URI,
	FHIR_OID,
	FHIR_UUID,
	FHIR_CODE,
	FHIR_ID,
	FHIR_BASE64,
	FHIR_INSTANT,
	FHIR_DATE,
	FHIR_DATETIME,
	FHIR_TIME,
	FHIR_OBJECT, /* here the primitive types end */
	FHIR_REFERENCE,
	FHIR_RESOURCE,
	FHIR_OPAQUE, /* any valid value: checked for form only, never kept */
};

#define FHIR_STRING_MAX (1UL << 20) /* R4, string: at most 1 MB */

/* NULL when `value` is a valid `type`, else a literal that says why not;
 * *issue is FHIR_STRUCTURE for a wrong JSON kind and FHIR_VALUE else. */
const char *fhir_primitive_check(enum fhir_type type, const struct json_object *value,
                                 enum fhir_issue_type *issue);

/* A decimal's text by R4's regex, which json-c's reader does not hold to ("05.4",
 * "1."). */
bool fhir_decimal_is_valid(struct str text);

/* [A-Za-z0-9\-\.]{1,64} */
bool fhir_id_is_valid(struct str text);

/* A FHIR date, dateTime or instant as the time that it spans. */
struct fhir_moment {
	int64_t from_us;
	int64_t until_us;    /* exclusive */
	int offset_s;        /* 0 for a date */
	bool has_time;       /* a dateTime with time and offset */
	int fraction_digits; /* of the second, as written */
};

/* False when it is not a dateTime of R4.  `is_search` also takes hh:mm without
 * seconds and a time without offset, read as UTC (R4 Search, "date"). */
bool fhir_moment_parse(struct str text, bool is_search, struct fhir_moment *moment);

#endif

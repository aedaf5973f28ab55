/*
 * The entries of a transaction or batch Bundle (FHIR R4), read one by one.
 *
 * Each entry is a POST of one Observation.  A bad entry spoils only itself: it
 * carries its own issues and HTTP status, and the good ones may be stored.  A
 * Bundle that is no good as a whole is refused as a whole.  Entries that this
 * service cannot carry out (another method, Patient, Device, a summary) are
 * answered as not-supported, never passed over.
 */
#ifndef SERVICE_MEASURE_FHIR_ENTRY_H
#define SERVICE_MEASURE_FHIR_ENTRY_H

#include "service/measure/fhir_observation.h"
#include "service/measure/fhir_search.h"

#define FHIR_ENTRIES_MAX 10000

struct fhir_entry {
	int http_status;        /* 0: the reading may be stored; else it is refused */
	struct reading reading; /* texts borrowed from the JSON */
	bool has_condition;     /* ifNoneExist: create only where no such one exists */
	struct fhir_token condition;
	const struct fhir_issues *issues; /* of a refused entry, else NULL */
};

struct fhir_entries {
	struct fhir_entry *items; /* in issues->arena, in the Bundle's order */
	size_t count;
};

enum fhir_entries_kind { FHIR_ENTRIES_BATCH, FHIR_ENTRIES_TRANSACTION, FHIR_ENTRIES_CGM };

/* RC_OK when the Bundle itself is good, whatever its entries are; else RC_SYNTAX or
 * RC_INVALID with the reasons in `issues`.  FHIR_ENTRIES_CGM: see fhir_cgm.h. */
enum rc fhir_entries_read(const struct json_object *bundle, const struct fhir_context *context,
                          enum fhir_entries_kind kind, struct fhir_entries *entries,
                          struct fhir_issues *issues) MUST_CHECK;

#endif

/*
 * Bundles (FHIR R4), streamed entry by entry.
 *
 *	fhir_bundle_begin(&bundle, out, &head);
 *	for each:
 *		fhir_bundle_entry_begin(&bundle, full_url);
 *		fhir_bundle_resource(&bundle);         then write the resource, one value
 *		fhir_bundle_matched(&bundle);          in a searchset
 *		fhir_bundle_request(&bundle, …);       in a history
 *		fhir_bundle_response(&bundle, …);      in a history or a response
 *		fhir_bundle_entry_end(&bundle);
 *	fhir_bundle_end(&bundle);
 *
 * A Bundle without entries has no `entry` (R4 knows no empty array).
 */
#ifndef SERVICE_MEASURE_FHIR_BUNDLE_H
#define SERVICE_MEASURE_FHIR_BUNDLE_H

#include "base/json.h"
#include "service/measure/fhir_issue.h"

struct fhir_bundle_head {
	const char *type; /* searchset, history, collection, transaction-response, … */
	int64_t timestamp_us;
	bool has_total; /* searchset and history only (bdl-1) */
	uint64_t total;
	struct str self; /* links; empty: none */
	struct str next;
};

struct fhir_bundle {
	struct json_out *out;
	bool has_entry;
};

struct fhir_response {
	int http_status;
	struct str location;              /* "Observation/ID/_history/1"; empty: none */
	uint64_t version;                 /* of the ETag; 0: none */
	int64_t modified_us;              /* 0: none */
	const struct fhir_issues *issues; /* an OperationOutcome; NULL: none */
};

void fhir_bundle_begin(struct fhir_bundle *bundle, struct json_out *out,
                       const struct fhir_bundle_head *head);
void fhir_bundle_entry_begin(struct fhir_bundle *bundle, struct str full_url);
void fhir_bundle_resource(struct fhir_bundle *bundle);
void fhir_bundle_matched(struct fhir_bundle *bundle); /* search.mode match */
void fhir_bundle_advised(struct fhir_bundle *bundle); /* search.mode outcome */
void fhir_bundle_request(struct fhir_bundle *bundle, const char *method, struct str url);
void fhir_bundle_response(struct fhir_bundle *bundle, const struct fhir_response *response);
void fhir_bundle_entry_end(struct fhir_bundle *bundle);
void fhir_bundle_end(struct fhir_bundle *bundle);

#endif

/*
 * $submit-cgm-bundle of the HL7 Continuous Glucose Monitoring guide 1.0.0
 * (http://hl7.org/fhir/uv/cgm/OperationDefinition/submit-cgm-bundle).
 *
 * In: one transaction Bundle with a timestamp and at least one entry (profile
 * cgm-data-submission-bundle), as the request's body or as the parameter
 * "resource" of Parameters.  Out: a transaction-response with one entry for each,
 * in the same order, or one OperationOutcome when the Bundle itself is no good.
 *
 * Taken in are sensor readings, by mass (LOINC 99504-3) and by moles (105272-9).
 * Summaries, reports, patients and devices are answered per entry as
 * not-supported.  As the guide asks to state: conditional creates run on
 * identifier=system|value, the sender's identifiers are kept, and a reading is
 * known again by (device, sequence number) or by its identifier, never by its time.
 */
#ifndef SERVICE_MEASURE_FHIR_CGM_H
#define SERVICE_MEASURE_FHIR_CGM_H

#include "service/measure/fhir_bundle.h"
#include "service/measure/fhir_entry.h"

#define FHIR_CGM_RECEIVER  FHIR_CGM "/CapabilityStatement/cgm-data-receiver"
#define FHIR_CGM_OPERATION FHIR_CGM "/OperationDefinition/submit-cgm-bundle"

/* `body` is a Bundle or Parameters.  As fhir_entries_read(). */
enum rc fhir_cgm_read(const struct json_object *body, const struct fhir_context *context,
                      struct fhir_entries *entries, struct fhir_issues *issues) MUST_CHECK;

/* One value: the answer, `responses[i]` for entry i.  `type` is
 * "transaction-response" or "batch-response". */
void fhir_entries_answer(struct json_out *out, const char *type, int64_t now_us,
                         const struct fhir_response *responses, size_t count);

/* The response to an entry that fhir_entries_read() refused. */
struct fhir_response fhir_entry_refusal(const struct fhir_entry *entry);

#endif

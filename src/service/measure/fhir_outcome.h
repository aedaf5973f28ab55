/*
 * OperationOutcome (FHIR R4): what was wrong, for whoever asked.
 */
#ifndef SERVICE_MEASURE_FHIR_OUTCOME_H
#define SERVICE_MEASURE_FHIR_OUTCOME_H

#include "base/json.h"
#include "service/measure/fhir_issue.h"

/* One value: every issue; an informational one when there is none (R4 asks for
 * at least one), and one more when the list was cut. */
void fhir_outcome_write(struct json_out *out, const struct fhir_issues *issues);

/* One value: one error.  For the server's own failures (HTTP 5xx) it says only
 * what the rc means; err->text is for the log. */
void fhir_outcome_write_err(struct json_out *out, const struct err *err);

#endif

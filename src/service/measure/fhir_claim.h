/*
 * What a sender claims of an Observation, beyond what FHIR can check: that the
 * device is theirs, that a device's reading is an optical one, and that a
 * condition names the identifier which the reading itself has.
 *
 * The last is what makes a conditional create safe: the identifier is unique in
 * the store's transaction, so of a hundred at once exactly one is stored, and
 * no look before is needed.
 */
#ifndef SERVICE_MEASURE_FHIR_CLAIM_H
#define SERVICE_MEASURE_FHIR_CLAIM_H

#include "service/measure/fhir_search.h"
#include "service/measure/intake.h"
#include "web/request.h"

/* For the readings of one request: a device is asked for once in a row. */
struct fhir_claims {
	const struct request *request;
	struct id device; /* the one asked for last; zero: none yet */
	bool is_theirs;
};

/* Complaints go to `issues`; `condition` may be NULL.  RC_OK unless the vault
 * fails. */
enum rc fhir_claim_check(struct fhir_claims *claims, const struct reading *reading,
                         const struct fhir_token *condition, struct fhir_issues *issues,
                         struct err *err) MUST_CHECK;

/* A refusal of intake.h as an issue of the Observation's element. */
void fhir_claim_refused(struct fhir_issues *issues, const struct intake_result *result);

#endif

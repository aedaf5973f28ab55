/*
 * FHIR R4 resources and Bundles, de-identified.
 *
 * Every element has a rule by its name (fhir.c): names, identifiers, telecom,
 * photos, contacts, narrative and attachments go; addresses keep state and
 * country and three digits of the postal code; ids and references become
 * pseudonyms that still agree with each other; dates move by the key's days
 * with their precision kept, birth dates become years, and none over 89; codes,
 * quantities and units stay; every other text passes the recogniser of text.h and
 * comes out with tags.  Extensions that no rule knows go.  An element that no rule knows is
 * text.
 *
 * meta.security says what was done: PSEUDED or ANONYED of v3-ObservationValue.
 */
#ifndef DEID_FHIR_H
#define DEID_FHIR_H

#include "base/json.h"
#include "deid/text.h"

#define LIMIT_DEID_FHIR_BYTES (16 * MIB)

struct deid_fhir_options {
	/* The subject's (or, for a Bundle of many, the release's); needed. */
	const struct key *key;
	/* Whoever holds the key can tell pseudonyms: PSEUDED.  Set where the key is
	 * destroyed with the release: ANONYED. */
	bool is_key_destroyed;
	int64_t now_us; /* ages are counted to this day */
};

/* One resource as JSON, appended to `out`.  RC_INVALID: no resource, no key.
 * RC_LIMIT: too large, nested deeper than LIMIT_JSON_OUT_DEPTH. */
enum rc deid_fhir(const struct deid *deid, const struct deid_fhir_options *options,
                  struct str resource, struct buf *out, struct err *err) MUST_CHECK;

#endif

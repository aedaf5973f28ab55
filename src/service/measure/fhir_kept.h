/*
 * Which elements of a valid resource are kept.
 *
 * A tree of names beside the tables of what is valid: whatever a resource has
 * that the tree has not is refused as not-supported, by name.  So a reader that
 * looks only at the elements it knows cannot lose the others silently.
 */
#ifndef SERVICE_MEASURE_FHIR_KEPT_H
#define SERVICE_MEASURE_FHIR_KEPT_H

#include "base/json.h"
#include "service/measure/fhir_issue.h"

struct fhir_kept {
	const char *name;               /* NULL ends the list */
	const struct fhir_kept *inside; /* NULL: a primitive */
};

/* One issue for each element of `object` that stands not in `kept`. */
void fhir_kept_check(struct fhir_issues *issues, const struct fhir_kept *kept,
                     const struct json_object *object, const struct fhir_place *place);

extern const struct fhir_kept fhir_kept_observation[];

#endif

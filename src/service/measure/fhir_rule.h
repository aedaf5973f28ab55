/*
 * Rules of FHIR R4 that look at several elements at once, by the keys of the
 * StructureDefinitions (obs-6, qty-3 …).  Only fhir_check.c calls them.
 */
#ifndef SERVICE_MEASURE_FHIR_RULE_H
#define SERVICE_MEASURE_FHIR_RULE_H

#include "service/measure/fhir_shape.h"

#define FHIR_CONTAINED_MAX 32 /* each is looked for in the whole resource (dom-3) */

/* One check of one resource. */
struct fhir_walk {
	struct fhir_issues *issues;
	const struct json_object *root; /* the outermost resource, or a Bundle entry's */
	bool is_shallow;                /* leave out Bundle.entry.resource */
};

void fhir_rule_check(struct fhir_walk *walk, enum fhir_rule rule,
                     const struct json_object *object, const struct fhir_place *place);

/* Reference.reference: its form, its target's type, and ref-1. */
void fhir_rule_reference(struct fhir_walk *walk, const struct fhir_element *element,
                         const struct json_object *reference, const struct fhir_place *place);

/* dom-2 to dom-5, of one contained resource. */
void fhir_rule_contained(struct fhir_walk *walk, const struct json_object *contained,
                         const struct fhir_place *place);

/* A complaint about what is not FHIR. */
void fhir_complain(struct fhir_walk *walk, const struct fhir_place *place, const char *member,
                   enum fhir_issue_type type, const char *why);

/* A member that is a string, else an empty text. */
struct str fhir_text_of(const struct json_object *object, const char *member);

#endif

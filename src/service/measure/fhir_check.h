/*
 * A strict validator of FHIR R4 (4.0.1) JSON for the resources of fhir_shape.h.
 *
 * Everything wrong is reported, not the first thing (fhir_issue.h).  It holds to
 * R4 "JSON" (no null, no empty object, array or string, arrays where elements
 * repeat, `_x` beside primitives), to each element's type and cardinality, to
 * required bindings, choices, references and the invariants of the types.  A
 * modifierExtension is refused: none is understood here (R4 "Extensibility").
 *
 * What it does not check: terminology beyond required bindings, and content that
 * the tables call opaque.
 */
#ifndef SERVICE_MEASURE_FHIR_CHECK_H
#define SERVICE_MEASURE_FHIR_CHECK_H

#include "service/measure/fhir_shape.h"

/* `type` is the resourceType that is due ("Observation"), NULL: any of the tables.
 * RC_OK, or RC_SYNTAX with the reasons in `issues`. */
enum rc fhir_check(const struct json_object *resource, const char *type,
                   struct fhir_issues *issues) MUST_CHECK;

/* A Bundle without looking into its entries' resources, which are then checked
 * one by one so that a bad one spoils only itself. */
enum rc fhir_check_bundle(const struct json_object *bundle, struct fhir_issues *issues)
    MUST_CHECK;

#endif

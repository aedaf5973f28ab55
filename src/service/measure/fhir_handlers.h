/*
 * The handlers of FHIR's addresses; fhir_routes.c has the table.
 *
 * Whose data: the actor's own.  An id or a parameter that names somebody else
 * is answered with 403, whether that patient exists or not, and the refusal is
 * in the log where the vault was asked.
 */
#ifndef SERVICE_MEASURE_FHIR_HANDLERS_H
#define SERVICE_MEASURE_FHIR_HANDLERS_H

#include "web/site.h"

/* fhir_read.c */
enum rc fhir_metadata(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc fhir_observation_get(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc fhir_observation_vread(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc fhir_observation_history(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;

/* fhir_find.c */
enum rc fhir_observation_search(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc fhir_observation_lastn(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;

/* fhir_write.c */
enum rc fhir_observation_create(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc fhir_observation_update(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;

/* fhir_batch.c */
enum rc fhir_bundle_take(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc fhir_cgm_take(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

/* fhir_member.c */
enum rc fhir_patient_search(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc fhir_patient_get(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc fhir_patient_everything(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc fhir_device_search(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc fhir_device_get(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

#endif

/* Weak places for handlers that are being written; goes when they are there. */
#include "service/measure/fhir_handlers.h"

#define SOON(name)                                                                             \
	__attribute__((weak)) enum rc name(struct request *request, struct doc *doc,           \
	                                   struct err *err)                                    \
	{                                                                                      \
		(void)request;                                                                 \
		(void)doc;                                                                     \
		return FAIL(err, RC_BUSY, "not there yet");                                    \
	}
SOON(fhir_patient_search)
SOON(fhir_patient_get)
SOON(fhir_patient_everything)
SOON(fhir_device_search)
SOON(fhir_device_get)
SOON(fhir_bundle_take)
SOON(fhir_cgm_take)

/*
 * What this FHIR server can do, as a CapabilityStatement (R4), made from tables:
 * resources, their interactions, search parameters and operations.  What stands
 * in the tables is what is routed; a row more here is a route more there.
 *
 * It instantiates the CGM guide's receiver, as the guide says a receiver SHALL.
 */
#ifndef SERVICE_MEASURE_FHIR_CAPABILITY_H
#define SERVICE_MEASURE_FHIR_CAPABILITY_H

#include "base/json.h"

struct fhir_capability {
	struct str url;      /* of the FHIR endpoint, https://…/T/fhir */
	struct str software; /* version of the server; empty: not told */
	int64_t changed_us;  /* when the tables last changed */
};

void fhir_capability_write(struct json_out *out, const struct fhir_capability *capability);

#endif

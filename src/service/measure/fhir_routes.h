/*
 * FHIR R4 at /T/fhir: the addresses.  What stands here stands in the tables of
 * fhir_capability.c too.
 */
#ifndef SERVICE_MEASURE_FHIR_ROUTES_H
#define SERVICE_MEASURE_FHIR_ROUTES_H

#include "web/route.h"

extern const struct routes fhir_routes;

#endif

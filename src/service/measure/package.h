/*
 * What measure gives to a person's package: readings unpacked from their segments,
 * every version of them, and the same as FHIR R4, a resource a line.
 */
#ifndef SERVICE_MEASURE_PACKAGE_H
#define SERVICE_MEASURE_PACKAGE_H

#include "office/package.h"

#define MEASURE_PACKAGES 4
extern const struct package_source measure_packages[MEASURE_PACKAGES];

#endif

/*
 * The service measure, as main and the web layer see it.  What it is stands in
 * README.md; start reading at routes.c.
 */
#ifndef SERVICE_MEASURE_MEASURE_H
#define SERVICE_MEASURE_MEASURE_H

#include "web/site.h"

extern const struct service measure_service;
extern const struct routes measure_routes;

#endif

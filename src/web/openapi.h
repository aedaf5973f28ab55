/*
 * OpenAPI 3.1 of a tenant, from its route tables and its policy's classes.
 */
#ifndef WEB_OPENAPI_H
#define WEB_OPENAPI_H

#include "web/site.h"

void openapi_write(const struct site *site, const struct tenant *tenant, struct buf *out);

#endif

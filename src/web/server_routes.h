/*
 * The addresses above tenants: the list of tenants, health, figures, files of
 * the binary.
 */
#ifndef WEB_SERVER_ROUTES_H
#define WEB_SERVER_ROUTES_H

#include "web/route.h"

extern const struct routes server_routes;

/* asset_serve.c: /-/asset/:hash/:file, cacheable for ever. */
enum rc asset_serve(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

#endif

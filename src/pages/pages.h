/*
 * The pages that every tenant has, whatever its service: sign-in, my data,
 * the policy and what shows it true, the log, people, the API's description.
 */
#ifndef PAGES_PAGES_H
#define PAGES_PAGES_H

#include "web/route.h"

extern const struct routes pages_routes;

#endif

/*
 * The services that this program has: one table.
 */
#ifndef MAIN_SERVICES_H
#define MAIN_SERVICES_H

#include "web/site.h"

extern const struct service *const services[];
extern const size_t service_count;

/* A policy that its service can work with: what a tenant needs before it is added. */
enum rc services_check_policy(struct str yaml, struct arena *arena,
                              struct policy_diagnostics *faults, struct err *err) MUST_CHECK;
/* A policy of a service that this program does not have is as good, for the pages that
 * every tenant has. */
bool services_have(struct str name);
/* As above, of one that was read; `templates` NULL: those are not looked at. */
enum rc services_check(const struct policy *policy, const struct templates *templates,
                       struct err *err) MUST_CHECK;

#endif

#include "main/services.h"

#include "pages/pages.h"
#include "service/measure/measure.h"

const struct service *const services[] = {
	&measure_service,
};
const size_t service_count = COUNT_OF(services);

/* Every purpose, class and word that the routes name must be the policy's.  Without a
 * service those of the pages that every tenant has. */
static MUST_CHECK enum rc
tables_check(const struct service *service, const struct policy *policy,
             const struct templates *templates, struct err *err)
{
	struct routes tables[1 + SERVICE_TABLES_MAX] = { pages_routes };
	size_t count = 1;

	for (size_t i = 0; service != NULL && service->tables[i] != NULL; i++)
		tables[count++] = *service->tables[i];
	return routes_check(tables, count, policy, templates, err);
}

bool
services_have(struct str name)
{
	for (size_t i = 0; i < service_count; i++) {
		if (str_eq(str_from_c(services[i]->name), name))
			return true;
	}
	return false;
}

enum rc
services_check(const struct policy *policy, const struct templates *templates, struct err *err)
{
	TRY(people_check(policy, err));
	TRY(office_check(policy, err));
	for (size_t i = 0; i < service_count; i++) {
		if (!str_eq(str_from_c(services[i]->name), policy->service))
			continue;
		TRY(services[i]->check(policy, err));
		return tables_check(services[i], policy, templates, err);
	}
	return tables_check(NULL, policy, templates, err);
}

enum rc
services_check_policy(struct str yaml, struct arena *arena, struct policy_diagnostics *faults,
                      struct err *err)
{
	struct policy *policy = NULL;
	enum rc rc;

	faults->arena = arena;
	rc = policy_read(&policy, yaml, faults, err);
	if (rc != RC_OK)
		return FAIL(err, rc, "the policy has %zu faults; see `troth policy check`",
		            faults->count);
	rc = services_check(policy, NULL, err);
	policy_free(policy);
	return rc;
}

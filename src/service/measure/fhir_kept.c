#include "service/measure/fhir_kept.h"

static const struct fhir_kept meta[] = {
	{ "versionId", NULL }, { "lastUpdated", NULL }, { "profile", NULL }, { NULL, NULL }
};
static const struct fhir_kept narrative[] = { { "status", NULL },
	                                      { "div", NULL },
	                                      { NULL, NULL } };
static const struct fhir_kept identifier[] = { { "system", NULL },
	                                       { "value", NULL },
	                                       { NULL, NULL } };
static const struct fhir_kept coding[] = {
	{ "system", NULL }, { "code", NULL }, { "display", NULL }, { NULL, NULL }
};
static const struct fhir_kept category[] = { { "coding", coding }, { NULL, NULL } };
static const struct fhir_kept concept[] = { { "coding", coding },
	                                    { "text", NULL },
	                                    { NULL, NULL } };
static const struct fhir_kept reference[] = { { "reference", NULL },
	                                      { "type", NULL },
	                                      { NULL, NULL } };
static const struct fhir_kept quantity[] = { { "value", NULL },
	                                     { "unit", NULL },
	                                     { "system", NULL },
	                                     { "code", NULL },
	                                     { NULL, NULL } };
static const struct fhir_kept note[] = { { "text", NULL }, { NULL, NULL } };
static const struct fhir_kept component[] = { { "code", concept },
	                                      { "valueQuantity", quantity },
	                                      { "valueInteger", NULL },
	                                      { NULL, NULL } };

const struct fhir_kept fhir_kept_observation[] = {
	{ "resourceType", NULL },
	{ "id", NULL },
	{ "meta", meta },
	{ "text", narrative },
	{ "identifier", identifier },
	{ "status", NULL },
	{ "category", category },
	{ "code", concept },
	{ "subject", reference },
	{ "effectiveDateTime", NULL },
	{ "effectiveInstant", NULL },
	{ "issued", NULL },
	{ "performer", reference },
	{ "valueQuantity", quantity },
	{ "note", note },
	{ "method", concept },
	{ "device", reference },
	{ "component", component },
	{ NULL, NULL },
};

static const struct fhir_kept *
kept_find(const struct fhir_kept *kept, struct str name)
{
	while (kept->name != NULL && !str_eq(str_from_c(kept->name), name))
		kept++;
	return kept->name == NULL ? NULL : kept;
}

static void
member_check(struct fhir_issues *issues, const struct fhir_kept *inside,
             const struct json_object *value, struct fhir_place *place)
{
	if (json_kind(value) == JSON_OBJECT)
		fhir_kept_check(issues, inside, value, place);
	for (size_t i = 0; json_kind(value) == JSON_ARRAY && i < json_count(value); i++) {
		place->index = (ptrdiff_t)i;
		fhir_kept_check(issues, inside, json_at(value, i), place);
	}
}

void
fhir_kept_check(struct fhir_issues *issues, const struct fhir_kept *kept,
                const struct json_object *object, const struct fhir_place *place)
{
	static const struct fhir_complaint refusal = {
		RC_INVALID, FHIR_NOT_SUPPORTED, "valid, but this service does not keep it"
	};
	struct json_iter at;

	for (json_iter_start(&at, object); json_iter_next(&at);) {
		struct fhir_place member = { place, at.name, -1 };
		const struct fhir_kept *found = kept_find(kept, at.name);
		if (found == NULL)
			fhir_issue_add(issues, &member, NULL, refusal);
		else if (found->inside != NULL)
			member_check(issues, found->inside, at.value, &member);
	}
}

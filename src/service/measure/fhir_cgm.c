#include "service/measure/fhir_cgm.h"

#include "service/measure/fhir_check.h"

static struct str
text_of(const struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_find(object, name, &value) || json_kind(value) != JSON_STRING)
		return STR_EMPTY;
	return json_text(value);
}

/* Parameters with the one parameter "resource" (R4 "Operations"). */
static MUST_CHECK enum rc
unwrap(const struct json_object *parameters, struct json_object **bundle,
       struct fhir_issues *issues)
{
	static const struct fhir_place place = { NULL, { "Parameters", 10 }, -1 };
	struct json_object *list;

	TRY(fhir_check(parameters, "Parameters", issues));
	if (json_find(parameters, "parameter", &list) && json_count(list) == 1 &&
	    str_eq(text_of(json_at(list, 0), "name"), STR("resource")) &&
	    json_find(json_at(list, 0), "resource", bundle))
		return RC_OK;
	fhir_issue_add(issues, &place, "parameter",
	               (struct fhir_complaint){ RC_INVALID, FHIR_REQUIRED,
	                                        "the one parameter is \"resource\"" });
	return issues->rc;
}

enum rc
fhir_cgm_read(const struct json_object *body, const struct fhir_context *context,
              struct fhir_entries *entries, struct fhir_issues *issues)
{
	struct json_object *bundle = NULL;

	if (!str_eq(text_of(body, "resourceType"), STR("Parameters")))
		return fhir_entries_read(body, context, FHIR_ENTRIES_CGM, entries, issues);
	TRY(unwrap(body, &bundle, issues));
	return fhir_entries_read(bundle, context, FHIR_ENTRIES_CGM, entries, issues);
}

struct fhir_response
fhir_entry_refusal(const struct fhir_entry *entry)
{
	return (struct fhir_response){ .http_status = entry->http_status,
		                       .issues = entry->issues };
}

void
fhir_entries_answer(struct json_out *out, const char *type, int64_t now_us,
                    const struct fhir_response *responses, size_t count)
{
	struct fhir_bundle_head head = { .type = type, .timestamp_us = now_us };
	struct fhir_bundle bundle;

	fhir_bundle_begin(&bundle, out, &head);
	for (size_t i = 0; i < count; i++) {
		fhir_bundle_entry_begin(&bundle, STR_EMPTY);
		fhir_bundle_response(&bundle, &responses[i]);
		fhir_bundle_entry_end(&bundle);
	}
	fhir_bundle_end(&bundle);
}

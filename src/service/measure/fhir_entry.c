#include "service/measure/fhir_entry.h"

#include "base/arena.h"
#include "service/measure/analyte.h"
#include "service/measure/fhir_check.h"

/* One entry under way. */
struct entry_intake {
	const struct json_object *entry;
	struct fhir_place place; /* Bundle.entry[i] */
	enum fhir_entries_kind kind;
	struct fhir_issues *issues; /* of this entry */
};

static const struct fhir_place root = { NULL, { "Bundle", 6 }, -1 };

static void
refuse(struct entry_intake *intake, const char *member, enum fhir_issue_type type,
       const char *why)
{
	fhir_issue_add(intake->issues, &intake->place, member,
	               (struct fhir_complaint){ RC_INVALID, type, why });
}

static struct json_object *
member_of(const struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	return json_find(object, name, &value) ? value : NULL;
}

static struct str
text_of(const struct json_object *object, const char *name)
{
	const struct json_object *value = member_of(object, name);

	return json_kind(value) == JSON_STRING ? json_text(value) : STR_EMPTY;
}

static void
condition_read(struct entry_intake *intake, const struct json_object *request,
               struct fhir_entry *entry)
{
	struct str text = text_of(request, "ifNoneExist");
	struct err err = { 0 };

	if (text.len == 0)
		return;
	entry->has_condition = true;
	if (fhir_if_none_exist_parse(intake->issues->arena, text, &entry->condition, &err) !=
	    RC_OK)
		refuse(intake, "request.ifNoneExist", FHIR_NOT_SUPPORTED,
		       "only identifier=system|value is carried out");
}

/* POST Observation, nothing else. */
static void
request_read(struct entry_intake *intake, struct fhir_entry *entry)
{
	static const char *const others[] = { "ifMatch", "ifNoneMatch", "ifModifiedSince" };
	const struct json_object *request = member_of(intake->entry, "request");

	if (!str_eq(text_of(request, "method"), STR("POST")))
		refuse(intake, "request.method", FHIR_NOT_SUPPORTED,
		       "only POST is carried out");
	else if (!str_eq(text_of(request, "url"), STR("Observation")))
		refuse(intake, "request.url", FHIR_NOT_SUPPORTED,
		       "only Observation is taken in");
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		if (member_of(request, others[i]) != NULL)
			refuse(intake, "request", FHIR_NOT_SUPPORTED,
			       "a condition that has no meaning for a create");
	}
	if (member_of(intake->entry, "extension") != NULL ||
	    member_of(request, "extension") != NULL)
		refuse(intake, "extension", FHIR_NOT_SUPPORTED, "valid, but not kept");
	condition_read(intake, request, entry);
}

/* $submit-cgm-bundle takes sensor readings: LOINC 99504-3 and 105272-9. */
static bool
is_sensor_reading(const struct reading *reading)
{
	struct str loinc = analyte_loinc(reading->analyte, reading->unit, reading->method);

	return str_eq(loinc, STR("99504-3")) || str_eq(loinc, STR("105272-9"));
}

static void
entry_read(struct entry_intake *intake, const struct fhir_context *context,
           struct fhir_entry *entry)
{
	const struct json_object *resource = member_of(intake->entry, "resource");

	if (resource == NULL) {
		refuse(intake, "resource", FHIR_REQUIRED, "missing");
		return;
	}
	request_read(intake, entry);
	if (!str_eq(text_of(resource, "resourceType"), STR("Observation"))) {
		refuse(intake, "resource", FHIR_NOT_SUPPORTED,
		       "only Observations are taken in");
		return;
	}
	if (intake->issues->rc != RC_OK ||
	    fhir_check(resource, "Observation", intake->issues) != RC_OK ||
	    fhir_observation_read(resource, context, &entry->reading, intake->issues) != RC_OK)
		return;
	if (intake->kind == FHIR_ENTRIES_CGM && !is_sensor_reading(&entry->reading))
		refuse(intake, "resource", FHIR_NOT_SUPPORTED,
		       "not a sensor reading of the CGM guide (LOINC 99504-3 or 105272-9)");
}

static const struct fhir_issues *
issues_copy(const struct fhir_issues *issues)
{
	struct fhir_issues *copy = ARENA_NEW(issues->arena, struct fhir_issues);

	*copy = *issues;
	return copy;
}

static void
complain(struct fhir_issues *issues, const char *member, enum fhir_issue_type type,
         const char *why)
{
	fhir_issue_add(issues, &root, member, (struct fhir_complaint){ RC_INVALID, type, why });
}

static void
bundle_check(const struct json_object *bundle, enum fhir_entries_kind kind,
             struct fhir_issues *issues)
{
	struct str due = kind == FHIR_ENTRIES_BATCH ? STR("batch") : STR("transaction");
	const struct json_object *list = member_of(bundle, "entry");

	if (!str_eq(text_of(bundle, "type"), due))
		complain(issues, "type", FHIR_BUSINESS_RULE,
		         "another type of Bundle is due here");
	if (list == NULL)
		complain(issues, "entry", FHIR_REQUIRED, "missing: nothing was sent");
	else if (json_count(list) > FHIR_ENTRIES_MAX)
		complain(issues, "entry", FHIR_TOO_COSTLY, "more than 10000 entries");
	if (kind == FHIR_ENTRIES_CGM && member_of(bundle, "timestamp") == NULL)
		complain(issues, "timestamp", FHIR_REQUIRED,
		         "missing: the CGM guide requires it");
	if (member_of(bundle, "implicitRules") != NULL)
		complain(issues, "implicitRules", FHIR_NOT_SUPPORTED,
		         "rules that are not known here");
	if (member_of(bundle, "signature") != NULL)
		complain(issues, "signature", FHIR_NOT_SUPPORTED, "would not be verified");
}

enum rc
fhir_entries_read(const struct json_object *bundle, const struct fhir_context *context,
                  enum fhir_entries_kind kind, struct fhir_entries *entries,
                  struct fhir_issues *issues)
{
	const struct json_object *list;
	struct fhir_entries read = { 0 };
	struct fhir_issues own;

	TRY(fhir_check_bundle(bundle, issues));
	bundle_check(bundle, kind, issues);
	if (issues->rc != RC_OK)
		return issues->rc;
	list = member_of(bundle, "entry");
	read.count = json_count(list);
	read.items = arena_alloc(issues->arena, read.count * sizeof(*read.items),
	                         _Alignof(struct fhir_entry));
	for (size_t i = 0; i < read.count; i++) {
		struct entry_intake intake = {
			json_at(list, i), { &root, STR("entry"), (ptrdiff_t)i }, kind, &own
		};
		fhir_issues_init(&own, issues->arena);
		entry_read(&intake, context, &read.items[i]);
		if (own.rc == RC_OK)
			continue;
		read.items[i].http_status = rc_http_status(own.rc);
		read.items[i].issues = issues_copy(&own);
	}
	*entries = read;
	return RC_OK;
}

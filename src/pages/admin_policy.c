/*
 * Versions of the policy for staff: loading one, trying one without loading it, who was
 * told and who accepted; and the steps of a person that staff completes.
 */
#include "base/zone.h"
#include "office/agreement.h"
#include "office/change.h"
#include "pages/handlers.h"
#include "vault/version.h"
#include "web/exchange.h"

/* --- versions -------------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
progress_part(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = {
		{ "version", DOC_TEXT, NULL, "Version" },
		{ "effective", DOC_TIME, NULL, "In force from" },
		{ "loaded", DOC_TIME, NULL, "Loaded" },
		{ "state", DOC_TEXT, NULL, "State" },
		{ "told", DOC_INT, NULL, "People told" },
		{ "accepted", DOC_INT, NULL, "Accepted" },
		{ "is_told", DOC_BOOL, NULL, "Everybody told" },
	};
	struct policy_versions versions;
	struct doc_part *rows;

	TRY(vault_version_list(request->site->vault, request->tenant, request->arena, &versions,
	                       err));
	rows = doc_rows(doc, "versions", fields, COUNT_OF(fields));
	for (size_t i = 0; i < versions.count; i++) {
		const struct policy_version *version = &versions.items[i];
		bool is_ahead = version->effective_us > request->now_us;
		struct doc_cell *cells = doc_row(doc, rows);
		struct change_progress progress;
		TRY(change_progress(request->site->office, request->tenant, version->version,
		                    &progress, err));
		cell_text(&cells[0], version->version);
		cell_int(&cells[1], version->effective_us);
		cell_int(&cells[2], version->loaded_us);
		cell_text(&cells[3], version->is_in_force ? STR("in force")
		                     : is_ahead           ? STR("ahead")
		                                          : STR("past"));
		cell_int(&cells[4], progress.told);
		cell_int(&cells[5], progress.accepted);
		cell_int(&cells[6], progress.is_told);
	}
	return RC_OK;
}

enum rc
admin_policy_show(struct request *request, struct doc *doc, struct err *err)
{
	struct str nda;

	doc_page_text(doc, "page_title", request_say(request, "The privacy policy"));
	TRY(progress_part(request, doc, err));
	TRY(agreement_text(request->site->office, request->tenant, STR("nda"), request->arena,
	                   &nda, err));
	if (doc_find(doc, STR("value_nda")) == NULL)
		doc_page_text(doc, "value_nda", nda);
	doc_int(doc, "notice_days", request->tenant->policy->notice_days);
	return RC_OK;
}

/* Can this program's service and pages work under it? */
static MUST_CHECK enum rc
service_check(const struct request *request, const struct policy *policy, struct err *err)
{
	const struct service *service = site_service(request->site, request->tenant);
	struct routes tables[1 + SERVICE_TABLES_MAX] = { request->site->pages };
	size_t count = 1;

	TRY(people_check(policy, err));
	TRY(office_check(policy, err));
	if (service == NULL)
		return RC_OK;
	if (service->check != NULL)
		TRY(service->check(policy, err));
	for (size_t i = 0; i < SERVICE_TABLES_MAX && service->tables[i] != NULL; i++)
		tables[count++] = *service->tables[i];
	return routes_check(tables, count, policy, request->site->templates, err);
}

static void
faults_part(struct doc *doc, const struct policy_diagnostics *faults)
{
	static const struct doc_field fields[] = { { "line", DOC_INT, NULL, "Line" },
		                                   { "column", DOC_INT, NULL, "Column" },
		                                   { "text", DOC_TEXT, NULL, "Fault" } };
	struct doc_part *rows = doc_rows(doc, "faults", fields, COUNT_OF(fields));

	for (size_t i = 0; i < faults->count && i < POLICY_LIST_MAX; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_int(&cells[0], faults->items[i].line);
		cell_int(&cells[1], faults->items[i].column);
		cell_text(&cells[2], faults->items[i].text);
	}
}

static void
policy_drop(struct policy **policy)
{
	policy_free(*policy);
}

/* New terms need their text, which people are shown. */
static MUST_CHECK enum rc
terms_check(struct request *request, const struct policy *policy, struct str given,
            struct err *err)
{
	struct str which =
	    str_printf(request->arena, "terms.%.*s", STR_ARGS(policy->terms_version));
	struct str stored;

	if (given.len != 0 || policy->terms_version.len == 0 ||
	    str_eq(policy->terms_version, request->tenant->policy->terms_version))
		return RC_OK;
	TRY(agreement_text(request->site->office, request->tenant, which, request->arena,
	                   &stored, err));
	if (stored.len != 0)
		return RC_OK;
	return FAIL(err, RC_INVALID, "terms: their version is new; give their text");
}

static MUST_CHECK enum rc
policy_load(struct request *request, struct policy_load *load, struct err *err)
{
	CLEANUP(policy_drop) struct policy *policy = NULL;
	struct str terms = request_form(request, "terms");
	struct str which;

	TRY(policy_read(&policy, load->yaml, load->faults, err));
	TRY(service_check(request, policy, err));
	TRY(terms_check(request, policy, terms, err));
	TRY(vault_policy_load(&request->door, load, request->arena, err));
	if (load->is_dry_run || terms.len == 0)
		return RC_OK;
	which = str_printf(request->arena, "terms.%.*s", STR_ARGS(policy->terms_version));
	return agreement_text_put(&request->door, request->site->office, which, terms, err);
}

enum rc
admin_policy_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct policy_diagnostics *faults =
	    arena_alloc(request->arena, sizeof(*faults), _Alignof(struct policy_diagnostics));
	struct policy_load load = { .yaml = request_form(request, "yaml"),
		                    .faults = faults,
		                    .is_dry_run = request_form(request, "load").len == 0 };
	enum rc rc;

	*faults = (struct policy_diagnostics){ .arena = request->arena };
	rc = policy_load(request, &load, err);
	if (rc == RC_OK && !load.is_dry_run)
		return request_redirect(request, STR("/admin/policy?done=added"));
	if (rc != RC_OK && rc != RC_INVALID && rc != RC_PRECONDITION)
		return rc;
	if (rc != RC_OK)
		request_field_error(request, doc, "yaml",
		                    str_copy(request->arena, str_from_c(err->text)));
	if (doc_find(doc, STR("value_yaml")) == NULL)
		doc_page_text(doc, "value_yaml", load.yaml);
	if (doc_find(doc, STR("value_terms")) == NULL)
		doc_page_text(doc, "value_terms", request_form(request, "terms"));
	faults_part(doc, faults);
	changes_part(doc, &load.changes);
	doc_bool(doc, "is_material", load.is_material);
	doc_bool(doc, "is_dry_run", rc == RC_OK);
	return admin_policy_show(request, doc, err);
}

enum rc
admin_nda_submit(struct request *request, struct doc *doc, struct err *err)
{
	(void)doc;
	TRY(agreement_text_put(&request->door, request->site->office, STR("nda"),
	                       str_trim(request_form(request, "nda")), err));
	return request_redirect(request, STR("/admin/policy?done=saved"));
}

/* --- the steps of a person -------------------------------------------------------------------
 */

static MUST_CHECK enum rc
person_of(struct request *request, struct person *person, struct onboarding_ask *ask,
          struct err *err)
{
	struct door door = office_door(request->site->office, request->tenant);
	const struct service *service = site_service(request->site, request->tenant);
	struct id id;

	if (id_parse(request->params[0], &id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such person");
	door.purpose = STR("security");
	TRY(people_get(&door, request->site->people, id, request->arena, person, err));
	*ask = (struct onboarding_ask){
		.person = id,
		.role = policy_role_find(request->tenant->policy, person->role),
		.profile = service == NULL ? NULL : service->profile,
		.has_factor = true, /* the person's own matter */
	};
	if (ask->role == NULL)
		return FAIL(err, RC_NOT_FOUND, "the policy has this person's role no more");
	return RC_OK;
}

/* What the person wrote to show its credentials; empty without the reason that the role
 * must state. */
static MUST_CHECK enum rc
shown_part(struct request *request, struct doc *doc, struct id person, struct err *err)
{
	struct agreements agreements = { 0 };
	const struct agreement *shown;
	struct err refused;

	request->actor.reason = str_trim(request_form(request, "reason"));
	if (request->actor.reason.len == 0)
		return RC_OK;
	if (agreement_list(&request->door, request->site->office, person, request->arena,
	                   &agreements, &refused) != RC_OK)
		return FAIL(err, refused.rc, "%s", refused.text);
	shown = agreement_find(&agreements, "credentials", STR_EMPTY);
	if (shown != NULL)
		doc_text(doc, "credentials", shown->text);
	return RC_OK;
}

/* Which person, without the name: that is read for a reason alone. */
static void
person_crumbs(struct request *request, struct doc *doc, struct id person)
{
	static const struct doc_field fields[] = { { "path", DOC_TEXT, NULL, NULL },
		                                   { "label", DOC_TEXT, NULL, NULL } };
	struct doc_part *rows = doc_rows(doc, "crumbs", fields, COUNT_OF(fields));
	struct doc_cell *cells = doc_row(doc, rows);
	struct str id = id_to_str(request->arena, person);

	rows->is_for_page_only = true;
	cell_text(&cells[0], STR("/admin/people"));
	cell_text(&cells[1], STR("People"));
	cells = doc_row(doc, rows);
	cell_text(&cells[0], str_printf(request->arena, "/admin/people/%.*s", STR_ARGS(id)));
	cell_text(&cells[1], STR("Person"));
}

enum rc
admin_steps_show(struct request *request, struct doc *doc, struct err *err)
{
	struct onboarding_ask ask;
	struct onboarding state;
	struct person person;

	TRY(person_of(request, &person, &ask, err));
	TRY(onboarding_state(request->site->office, request->tenant, &ask, &state, err));
	TRY(shown_part(request, doc, ask.person, err));
	doc_page_text(doc, "page_title", request_say(request, "Steps before anything opens"));
	person_crumbs(request, doc, person.id);
	doc_text(doc, "person_id", id_to_str(request->arena, person.id));
	doc_page_bool(doc, "has_credentials",
	              onboarding_concerns(request->tenant->policy, ask.role, "credentials"));
	doc_page_bool(doc, "has_training",
	              onboarding_concerns(request->tenant->policy, ask.role, "training"));
	steps_part(doc, &state);
	return RC_OK;
}

static bool
is_one_of(struct str text, const char *a, const char *b)
{
	return str_eq(text, str_from_c(a)) || str_eq(text, str_from_c(b));
}

/* Until the end of that day in the tenant's zone. */
static MUST_CHECK enum rc
until_read(struct request *request, int64_t *until_us, struct err *err)
{
	struct str text = str_trim(request_form(request, "until"));
	struct civil day;
	int64_t us;

	*until_us = 0;
	if (text.len == 0)
		return RC_OK;
	TRY(date_parse(text, &us, err));
	day = civil_from_us(us + US_PER_DAY, 0);
	*until_us = zone_local_to_us(request->tenant->time_zone, &day);
	return RC_OK;
}

static MUST_CHECK enum rc
step_put(struct request *request, struct agreement *agreement, struct err *err)
{
	struct door door = office_door(request->site->office, request->tenant);
	struct vault_act act = { .act = STR("agreement-by-staff"),
		                 .outcome = STR("ok"),
		                 .subject = agreement->person,
		                 .count = 1 };

	agreement->by = id_to_str(request->arena, request->actor.id);
	agreement->how = STR("paper");
	TRY(vault_note(&request->door, &act, NULL, err));
	return agreement_put(&door, request->site->office, agreement, err);
}

/* Nobody vouches for themselves. */
enum rc
admin_steps_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct agreement agreement = { .kind = request_form(request, "kind"),
		                       .state = request_form(request, "state"),
		                       .document =
		                           str_trim(request_form(request, "document")) };
	struct onboarding_ask ask;
	struct person person;
	bool is_training = str_eq(agreement.kind, STR("training"));

	TRY(person_of(request, &person, &ask, err));
	agreement.person = person.id;
	if (id_eq(person.id, request->actor.id))
		return FAIL(err, RC_DENIED, "somebody else must enter this for you");
	if (!is_one_of(agreement.kind, "credentials", "training"))
		return FAIL(err, RC_INVALID, "kind: credentials or training");
	if (until_read(request, &agreement.until_us, err) != RC_OK ||
	    (is_training && agreement.until_us <= request->now_us))
		request_field_error(request, doc, "until",
		                    request_say(request, "Give a day that is still to come"));
	if (is_training)
		agreement.state = STR("verified");
	if (!is_one_of(agreement.state, "verified", "refused"))
		request_field_error(request, doc, "state",
		                    request_say(request, "Say whether they are verified"));
	if (request_has_errors(request))
		return admin_steps_show(request, doc, err);
	TRY(step_put(request, &agreement, err));
	return request_redirect(request, str_printf(request->arena,
	                                            "/admin/people/%.*s/steps?done=saved",
	                                            STR_ARGS(request->params[0])));
}

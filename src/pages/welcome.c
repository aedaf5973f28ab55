/*
 * The steps before anything opens: what is open, each with its form.  Which steps there
 * are and when one is done says office/agreement.h.
 */
#include "crypto/secret.h"
#include "office/agreement.h"
#include "office/change.h"
#include "pages/handlers.h"
#include "web/asset.h"
#include "web/exchange.h"

#define NAME_MAX_BYTES 200

static const struct {
	const char *step;
	const char *label; /* msgid */
} labels[] = {
	{ "factor", "Set up a second factor" },
	{ "terms", "Accept the terms of use" },
	{ "consents", "Answer what rests on your consent" },
	{ "profile", "Complete your profile" },
	{ "nda", "Sign the non-disclosure agreement" },
	{ "credentials", "Show your credentials" },
	{ "training", "Training, entered by our staff" },
};

static const char *
state_word(enum onboarding_is is)
{
	static const char *const words[] = { [ONBOARDING_OPEN] = "open",
		                             [ONBOARDING_WAITING] = "waiting",
		                             [ONBOARDING_DONE] = "done" };

	return words[is];
}

static struct str
label_of(const char *step)
{
	for (size_t i = 0; i < COUNT_OF(labels); i++) {
		if (strcmp(labels[i].step, step) == 0)
			return str_from_c(labels[i].label);
	}
	return str_from_c(step);
}

void
steps_part(struct doc *doc, const struct onboarding *state)
{
	static const struct doc_field fields[] = { { "name", DOC_TEXT, NULL, NULL },
		                                   { "label", DOC_TEXT, NULL, "Step" },
		                                   { "state", DOC_TEXT, NULL, "State" } };
	struct doc_part *rows = doc_rows(doc, "steps", fields, COUNT_OF(fields));

	for (size_t i = 0; i < state->count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], str_from_c(state->steps[i].name));
		cell_text(&cells[1], label_of(state->steps[i].name));
		cell_text(&cells[2], str_from_c(state_word(state->steps[i].is)));
	}
	doc_bool(doc, "is_complete", state->is_complete);
}

/* --- the page ---------------------------------------------------------------------------- */

static bool
is_open(const struct onboarding *state, const char *step)
{
	for (size_t i = 0; i < state->count; i++) {
		if (strcmp(state->steps[i].name, step) == 0)
			return state->steps[i].is == ONBOARDING_OPEN;
	}
	return false;
}

/* The organisation's own, else that of a reference policy. */
static MUST_CHECK enum rc
terms_find(struct request *request, struct str *text, struct err *err)
{
	const struct policy *policy = request->tenant->policy;
	struct arena *arena = request->arena;
	struct str which = str_printf(arena, "terms.%.*s", STR_ARGS(policy->terms_version));
	const struct asset *asset;

	TRY(agreement_text(request->site->office, request->tenant, which, arena, text, err));
	if (text->len != 0)
		return RC_OK;
	asset = asset_find(str_printf(arena, "policies/%.*s", STR_ARGS(policy->terms_file)));
	if (asset != NULL)
		*text = asset_text(asset);
	return RC_OK;
}

static void
consents_part(struct request *request, struct doc *doc, policy_set open)
{
	static const struct doc_field fields[] = { { "purpose", DOC_TEXT, NULL, NULL },
		                                   { "says", DOC_TEXT, NULL, NULL } };
	const struct policy *policy = request->tenant->policy;
	struct doc_part *rows = doc_rows(doc, "consents", fields, COUNT_OF(fields));

	for (size_t i = 0; i < policy->purpose_count; i++) {
		struct doc_cell *cells;
		if ((open >> i & 1) == 0)
			continue;
		cells = doc_row(doc, rows);
		cell_text(&cells[0], policy->purposes[i].name);
		cell_text(&cells[1], policy->purposes[i].says);
	}
}

static void
profile_part(struct doc *doc, const struct onboarding_ask *ask)
{
	static const struct doc_field fields[] = { { "field", DOC_TEXT, NULL, NULL } };
	struct doc_part *rows = doc_rows(doc, "profile_fields", fields, COUNT_OF(fields));

	for (size_t i = 0; ask->profile != NULL && ask->profile[i] != NULL; i++)
		cell_text(&doc_row(doc, rows)[0], str_from_c(ask->profile[i]));
}

static MUST_CHECK enum rc
terms_part(struct request *request, struct doc *doc, struct err *err)
{
	struct str text, html;

	TRY(terms_find(request, &text, err));
	TRY(paper_html(request->arena, text, &html, err));
	doc_markup(doc, "terms_html", html);
	doc_text(doc, "terms", text);
	doc_text(doc, "terms_version", request->tenant->policy->terms_version);
	return RC_OK;
}

static MUST_CHECK enum rc
nda_part(struct request *request, struct doc *doc, struct err *err)
{
	struct str text, html;

	TRY(agreement_text(request->site->office, request->tenant, STR("nda"), request->arena,
	                   &text, err));
	TRY(paper_html(request->arena, text, &html, err));
	doc_markup(doc, "nda_html", html);
	doc_text(doc, "nda", text);
	return RC_OK;
}

enum rc
welcome_show(struct request *request, struct doc *doc, struct err *err)
{
	struct onboarding_ask ask = onboarding_ask_of(request);
	struct onboarding state;

	TRY(onboarding_state(request->site->office, request->tenant, &ask, &state, err));
	doc_page_text(
	    doc, "page_title",
	    request_say(request, state.is_complete ? "You are all set" : "Before you start"));
	steps_part(doc, &state);
	doc_page_bool(doc, "is_factor", is_open(&state, "factor"));
	doc_page_bool(doc, "is_terms", is_open(&state, "terms"));
	doc_page_bool(doc, "is_consents", is_open(&state, "consents"));
	doc_page_bool(doc, "is_profile", is_open(&state, "profile"));
	doc_page_bool(doc, "is_nda", is_open(&state, "nda"));
	doc_page_bool(doc, "is_credentials", is_open(&state, "credentials"));
	if (is_open(&state, "terms"))
		TRY(terms_part(request, doc, err));
	if (is_open(&state, "nda"))
		TRY(nda_part(request, doc, err));
	if (is_open(&state, "profile"))
		profile_part(doc, &ask);
	consents_part(request, doc, state.consents);
	next_show(request, doc);
	return RC_OK;
}

/* Each answer is a record that is kept for years. */
static const struct rate answers_rate = { "agreement", 40, US_PER_DAY };

static MUST_CHECK enum rc
answer_put(struct request *request, struct agreement *agreement, struct err *err)
{
	struct id person = request->actor.id;

	TRY(people_rate(request->site->people, request->tenant, &answers_rate,
	                (struct str){ (const char *)person.bytes, sizeof(person.bytes) }, err));
	return agreement_put(&request->door, request->site->office, agreement, err);
}

/* --- the forms --------------------------------------------------------------------------- */

/* Back to the list, or on to where the person was going. */
static MUST_CHECK enum rc
step_done(struct request *request, struct err *err)
{
	struct onboarding_ask ask = onboarding_ask_of(request);
	struct str next = next_read(request);
	bool is_complete = false;

	TRY(onboarding_gate(request->site->office, request->tenant, &ask, &is_complete, err));
	if (!is_complete)
		return request_redirect(request, next_add(request, STR("/welcome")));
	return request_redirect(request, next.len == 0 ? STR("/") : next);
}

static struct str
digest_text(struct arena *arena, struct str text)
{
	struct digest digest = sha256(text);

	return hex_format(arena, digest.bytes, DIGEST_BYTES);
}

/* Of the version that was shown: terms that changed meanwhile are shown again. */
enum rc
welcome_terms_submit(struct request *request, struct doc *doc, struct err *err)
{
	const struct policy *policy = request->tenant->policy;
	struct agreement agreement = { .person = request->actor.id,
		                       .kind = STR("terms"),
		                       .version = policy->terms_version,
		                       .how = STR("page"),
		                       .state = STR("accepted") };
	struct str text;

	if (!str_eq(request_form(request, "version"), policy->terms_version) ||
	    request_form(request, "accept").len == 0) {
		request_field_error(request, doc, "accept",
		                    request_say(request, "Accept the terms to go on"));
		return welcome_show(request, doc, err);
	}
	TRY(terms_find(request, &text, err));
	agreement.text = text;
	agreement.hash = digest_text(request->arena, text);
	TRY(answer_put(request, &agreement, err));
	TRY(change_accept(&request->door, request->site->office, policy->version, err));
	return step_done(request, err);
}

enum rc
welcome_consents_submit(struct request *request, struct doc *doc, struct err *err)
{
	const struct policy *policy = request->tenant->policy;
	struct onboarding_ask ask = onboarding_ask_of(request);
	struct consent_answers answers = { 0 };
	struct onboarding state;
	enum rc rc;

	TRY(onboarding_state(request->site->office, request->tenant, &ask, &state, err));
	for (size_t i = 0; i < policy->purpose_count; i++) {
		const char *name = str_printf(request->arena, "consent_%.*s",
		                              STR_ARGS(policy->purposes[i].name))
		                       .ptr;
		struct str answer = request_form(request, name);
		if ((state.consents >> i & 1) == 0)
			continue;
		if (str_eq(answer, STR("yes")))
			answers.yes |= (policy_set)1 << i;
		else if (str_eq(answer, STR("no")))
			answers.no |= (policy_set)1 << i;
		else
			request_field_error(request, doc, name,
			                    request_say(request, "Answer yes or no"));
	}
	if (request_has_errors(request))
		return welcome_show(request, doc, err);
	if (state.consents == 0) /* sent twice */
		return step_done(request, err);
	rc = onboarding_answer(&request->door, request->site->office, &answers, err);
	if (rc == RC_OK)
		return step_done(request, err);
	if (rc != RC_DENIED)
		return rc;
	request_field_error(request, doc, "consents",
	                    request_say(request,
	                                "A guardian consents for somebody of your age: "
	                                "answer no, and ask your guardian"));
	return welcome_show(request, doc, err);
}

enum rc
welcome_nda_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct agreement agreement = { .person = request->actor.id,
		                       .kind = STR("nda"),
		                       .name = str_trim(request_form(request, "name")),
		                       .how = STR("page"),
		                       .state = STR("accepted") };

	if (agreement.name.len == 0 || agreement.name.len > NAME_MAX_BYTES) {
		request_field_error(request, doc, "name",
		                    request_say(request, "Type your name to sign"));
		return welcome_show(request, doc, err);
	}
	TRY(agreement_text(request->site->office, request->tenant, STR("nda"), request->arena,
	                   &agreement.text, err));
	if (agreement.text.len == 0)
		return FAIL(err, RC_PRECONDITION, "there is no agreement to sign yet");
	agreement.hash = digest_text(request->arena, agreement.text);
	agreement.version = request->tenant->policy->version;
	TRY(answer_put(request, &agreement, err));
	return step_done(request, err);
}

enum rc
welcome_credentials_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct agreement agreement = { .person = request->actor.id,
		                       .kind = STR("credentials"),
		                       .text = str_trim(request_form(request, "text")),
		                       .how = STR("page"),
		                       .state = STR("waiting") };

	if (agreement.text.len == 0) {
		request_field_error(request, doc, "text",
		                    request_say(request, "Write which credentials you hold"));
		return welcome_show(request, doc, err);
	}
	TRY(answer_put(request, &agreement, err));
	return step_done(request, err);
}

static MUST_CHECK enum rc
profile_write(struct request *request, const char *const *fields, struct person *person,
              struct err *err)
{
	CLEANUP(json_free) struct json before = { NULL };
	struct buf text = { 0 };
	struct json_object *value;
	struct json_out out;
	struct json_iter at;

	TRY(json_parse(&before, person->extra.len == 0 ? STR("{}") : person->extra, err));
	buf_init(&text, LIMIT_FORM_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	for (size_t i = 0; fields[i] != NULL; i++) {
		struct str given = str_trim(request_form(request, fields[i]));
		if (given.len != 0)
			json_text_at(&out, fields[i], given);
		else if (json_find(before.root, fields[i], &value) &&
		         json_kind(value) == JSON_STRING)
			json_text_at(&out, fields[i], json_text(value));
	}
	for (json_iter_start(&at, before.root); json_iter_next(&at);) {
		bool is_asked = false;
		for (size_t i = 0; fields[i] != NULL; i++)
			is_asked = is_asked || str_eq(at.name, str_from_c(fields[i]));
		if (is_asked)
			continue;
		json_name_str(&out, at.name);
		TRY(json_put_value(&out, at.value, request->arena, err));
	}
	json_object_close(&out);
	person->extra = str_copy(request->arena, (struct str){ text.text, text.len });
	buf_free(&text);
	return RC_OK;
}

enum rc
welcome_profile_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct onboarding_ask ask = onboarding_ask_of(request);
	struct agreement agreement = { .person = request->actor.id,
		                       .kind = STR("profile"),
		                       .how = STR("page"),
		                       .state = STR("accepted") };
	struct door door = request->door;
	struct person person;

	if (ask.profile == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no such step");
	for (size_t i = 0; ask.profile[i] != NULL; i++) {
		if (str_trim(request_form(request, ask.profile[i])).len == 0)
			request_field_error(request, doc, ask.profile[i],
			                    request_say(request, "Fill this in"));
	}
	if (request_has_errors(request))
		return welcome_show(request, doc, err);
	door.purpose = STR("security");
	TRY(people_get(&door, request->site->people, request->actor.id, request->arena, &person,
	               err));
	TRY(profile_write(request, ask.profile, &person, err));
	TRY(people_change(&door, request->site->people, &person, err));
	TRY(answer_put(request, &agreement, err));
	return step_done(request, err);
}

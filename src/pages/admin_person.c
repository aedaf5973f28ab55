/*
 * One person, as an administrator sees and changes them.
 *
 * Where the administrator's role states a reason for each access, the page asks
 * for it first: nothing is read until it is given.  The reason travels in form
 * bodies only, since addresses are kept in histories; it stands in the list of
 * who looked, which the person reads.
 */
#include "pages/handlers.h"

/* A line of who looked has room for so much, with every character escaped. */
#define REASON_BYTES 150

static const struct doc_field person_fields[] = {
	{ "id", DOC_TEXT, NULL, NULL },
	{ "name", DOC_TEXT, NULL, "Name" },
	{ "email", DOC_TEXT, NULL, "E-mail address" },
	{ "role", DOC_TEXT, NULL, "Role" },
	{ "state", DOC_TEXT, NULL, "State" },
	{ "created", DOC_TIME, NULL, "Since" },
	{ "version", DOC_INT, NULL, NULL },
};

static bool
reason_is_valid(struct str reason)
{
	for (size_t i = 0; i < reason.len; i++) {
		if ((unsigned char)reason.ptr[i] < ' ' || reason.ptr[i] == 127)
			return false;
	}
	return reason.len <= REASON_BYTES;
}

/* A program has a missing reason refused by the vault, which records that. */
bool
reason_take(struct request *request, struct doc *doc, struct id whose)
{
	const struct policy_role *role = request->actor.role;
	struct str reason = str_trim(request_form(request, "reason"));

	if (reason.len == 0)
		reason = str_trim(request_query(request, "reason"));
	if (!reason_is_valid(reason)) {
		request_field_error(request, doc, "reason",
		                    request_say(request, "One line of at most 150 letters"));
		return false;
	}
	request->actor.reason = reason;
	if (!role->needs_reason || id_eq(whose, request->actor.id) || request->session == NULL)
		return true;
	return reason.len != 0;
}

static MUST_CHECK enum rc
ask_reason(struct request *request, struct doc *doc)
{
	doc_page_text(doc, "page_title", request_say(request, "Why do you open this account?"));
	doc_bool(doc, "needs_reason", true);
	doc_page_text(doc, "person_id", request->params[0]);
	return RC_OK;
}

static void
person_page(struct request *request, struct doc *doc, const struct person *person)
{
	const struct policy_role *role =
	    policy_role_find(request->tenant->policy, person->role);
	struct doc_cell *cells =
	    doc_record(doc, "person", person_fields, COUNT_OF(person_fields));

	doc_page_text(doc, "page_title", person->name.len == 0 ? person->email : person->name);
	cell_text(&cells[0], id_to_str(request->arena, person->id));
	cell_text(&cells[1], person->name);
	cell_text(&cells[2], person->email);
	cell_text(&cells[3], person->role);
	cell_text(&cells[4], person_state_word(person->state));
	cell_int(&cells[5], person->created_us);
	cell_int(&cells[6], person->version);
	roles_part(request, doc, person->role, role == NULL ? 0 : role->is_number);
	doc_page_bool(doc, "is_suspended", person->state == PERSON_SUSPENDED);
	doc_page_bool(doc, "is_left", person->state == PERSON_LEFT);
	doc_page_bool(doc, "is_self", id_eq(person->id, request->actor.id));
	doc_page_text(doc, "reason", request->actor.reason);
	if (doc_find(doc, STR("value_name")) == NULL)
		doc_page_text(doc, "value_name", person->name);
}

static MUST_CHECK enum rc
person_of_path(struct request *request, struct id *id, struct err *err)
{
	if (id_parse(request->params[0], id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such person");
	return RC_OK;
}

static MUST_CHECK enum rc
person_read(struct request *request, struct id id, struct person *person, struct err *err)
{
	return people_get(&request->door, request->site->people, id, request->arena, person,
	                  err);
}

enum rc
person_show(struct request *request, struct doc *doc, struct err *err)
{
	struct person person;
	struct id id;

	TRY(person_of_path(request, &id, err));
	if (!reason_take(request, doc, id))
		return ask_reason(request, doc);
	TRY(person_read(request, id, &person, err));
	person_page(request, doc, &person);
	return RC_OK;
}

/* --- changing -------------------------------------------------------------------------- */

static MUST_CHECK enum rc
version_take(const struct request *request, struct person *person, struct err *err)
{
	if (str_to_i64(request_form(request, "version"), &person->version, err) != RC_OK)
		return FAIL(err, RC_INVALID, "version: the one that was seen is missing");
	return RC_OK;
}

/* The change of a form whose errors belong on the page again. */
static MUST_CHECK enum rc
person_write(struct request *request, struct doc *doc, struct person *person, struct err *err)
{
	enum rc rc = people_change(&request->door, request->site->people, person, err);

	if (rc == RC_CONFLICT) {
		request_field_error(request, doc, "name",
		                    request_say(request, "This was changed elsewhere in the "
		                                         "meantime: look at what stands here "
		                                         "and save again"));
		request->response.status = 409;
		return RC_OK;
	}
	if (rc == RC_INVALID && field_error_of(request, doc, err))
		return RC_OK;
	return rc;
}

enum rc
person_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct person stored, person;
	struct id id;

	TRY(person_of_path(request, &id, err));
	if (!reason_take(request, doc, id))
		return ask_reason(request, doc);
	TRY(person_read(request, id, &stored, err));
	person = stored;
	person.name = str_trim(request_form(request, "name"));
	if (request_form(request, "role").len != 0)
		person.role = request_form(request, "role");
	TRY(version_take(request, &person, err));
	if (person.name.len == 0)
		request_field_error(request, doc, "name", request_say(request, "Enter a name"));
	else
		TRY(person_write(request, doc, &person, err));
	if (!request_has_errors(request))
		return request_redirect(request, STR("/admin/people?done=saved"));
	person_page(request, doc, &stored);
	return RC_OK;
}

/* --- letting in and out ------------------------------------------------------------------ */

static const struct {
	struct str word;
	enum person_state state;
	const char *done;
} states[] = {
	{ { "active", 6 }, PERSON_ACTIVE, "/admin/people?done=restored" },
	{ { "suspended", 9 }, PERSON_SUSPENDED, "/admin/people?done=suspended" },
	{ { "left", 4 }, PERSON_LEFT, "/admin/people?done=saved" },
};

static MUST_CHECK enum rc
state_find(struct str word, size_t *which, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		if (!str_eq(states[i].word, word))
			continue;
		*which = i;
		return RC_OK;
	}
	return FAIL(err, RC_INVALID, "state: active, suspended or left");
}

/* Shows what will happen, and the button that does it. */
static MUST_CHECK enum rc
ask_confirmation(struct request *request, struct doc *doc, const struct person *person,
                 struct err *err)
{
	if (request->session == NULL)
		return FAIL(err, RC_PRECONDITION, "confirmed: say true to end their access");
	doc_text(doc, "confirm", request_form(request, "state"));
	person_page(request, doc, person);
	return RC_OK;
}

enum rc
person_state_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct person stored, person;
	size_t which = 0;
	struct id id;

	TRY(person_of_path(request, &id, err));
	TRY(state_find(request_form(request, "state"), &which, err));
	if (id_eq(id, request->actor.id))
		return FAIL(err, RC_INVALID, "another administrator does this to your account");
	if (!reason_take(request, doc, id))
		return ask_reason(request, doc);
	TRY(person_read(request, id, &stored, err));
	if (states[which].state != PERSON_ACTIVE && request_form(request, "confirmed").len == 0)
		return ask_confirmation(request, doc, &stored, err);
	person = stored;
	person.state = states[which].state;
	TRY(version_take(request, &person, err));
	TRY(person_write(request, doc, &person, err));
	if (!request_has_errors(request))
		return request_redirect(request, str_from_c(states[which].done));
	person_page(request, doc, &stored);
	return RC_OK;
}

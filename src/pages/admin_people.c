/*
 * The people of a tenant: list, and inviting somebody.
 */
#include "pages/handlers.h"

#define PEOPLE_SHOWN 100

struct str
person_state_word(enum person_state state)
{
	switch (state) {
	case PERSON_INVITED:
		return STR("invited");
	case PERSON_ACTIVE:
		return STR("active");
	case PERSON_SUSPENDED:
		return STR("suspended");
	case PERSON_LEFT:
		return STR("left");
	}
	return STR_EMPTY;
}

void
roles_part(struct request *request, struct doc *doc, struct str chosen, int64_t kind)
{
	static const struct doc_field fields[] = { { "name", DOC_TEXT, NULL, "Role" },
		                                   { "label", DOC_TEXT, NULL, "What it may" },
		                                   { "is_here", DOC_BOOL, NULL, NULL } };
	const struct policy *policy = request->tenant->policy;
	struct doc_part *rows = doc_rows(doc, "roles", fields, COUNT_OF(fields));

	for (size_t i = 0; i < policy->role_count; i++) {
		const struct policy_role *role = &policy->roles[i];
		struct doc_cell *cells;
		if (role->by_credential || (kind != 0 && role->is_number != kind))
			continue;
		cells = doc_row(doc, rows);
		cell_text(&cells[0], role->name);
		cell_text(&cells[1], role->says.len == 0 ? role->name : role->says);
		cell_int(&cells[2], str_eq(role->name, chosen));
	}
}

bool
field_error_of(struct request *request, struct doc *doc, const struct err *err)
{
	struct str field;
	struct str text = str_trim(str_cut(str_from_c(err->text), ':', &field));

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < request->form.count; i++) {
		if (!str_eq(request->form.items[i].name, field))
			continue;
		request_field_error(
		    request, doc, str_to_c(request->arena, field),
		    language_text(request->language, str_copy(request->arena, text)));
		return true;
	}
	return false;
}

enum rc
people_show(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = {
		{ "id", DOC_TEXT, NULL, NULL },
		{ "name", DOC_TEXT, NULL, "Name" },
		{ "email", DOC_TEXT, NULL, "E-mail address" },
		{ "role", DOC_TEXT, NULL, "Role" },
		{ "state", DOC_TEXT, NULL, "State" },
		{ "created", DOC_TIME, NULL, "Since" },
	};
	struct str after_text = request_query(request, "after");
	struct id after = { { 0 } };
	struct persons persons;
	struct doc_part *rows;

	if (after_text.len != 0)
		TRY(id_parse(after_text, &after, err));
	TRY(people_list(&request->door, request->site->people, after, PEOPLE_SHOWN,
	                request->arena, &persons, err));
	doc_page_text(doc, "page_title", request_say(request, "People"));
	rows = doc_rows(doc, "people", fields, COUNT_OF(fields));
	for (size_t i = 0; i < persons.count; i++) {
		const struct person *person = &persons.items[i];
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], id_to_str(request->arena, person->id));
		cell_text(&cells[1], person->name);
		cell_text(&cells[2], person->email);
		cell_text(&cells[3], person->role);
		cell_text(&cells[4], person_state_word(person->state));
		cell_int(&cells[5], person->created_us);
	}
	if (persons.count == PEOPLE_SHOWN)
		doc_text(doc, "next_page",
		         str_printf(request->arena, "?after=%.*s",
		                    STR_ARGS(id_to_str(request->arena,
		                                       persons.items[persons.count - 1].id))));
	return RC_OK;
}

/* --- inviting ------------------------------------------------------------------------ */

static void
new_page(struct request *request, struct doc *doc)
{
	doc_page_text(doc, "page_title", request_say(request, "Invite somebody"));
	roles_part(request, doc, request_form(request, "role"), 0);
}

enum rc
person_new_show(struct request *request, struct doc *doc, struct err *err)
{
	(void)err;
	new_page(request, doc);
	return RC_OK;
}

enum rc
person_new_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct person person = { .email = str_trim(request_form(request, "email")),
		                 .name = str_trim(request_form(request, "name")),
		                 .role = request_form(request, "role"),
		                 .language = str_from_c(request->language->code),
		                 .zone = request->tenant->zone };
	enum rc rc = RC_INVALID;

	if (person.name.len == 0)
		request_field_error(request, doc, "name", request_say(request, "Enter a name"));
	if (person.role.len == 0)
		request_field_error(request, doc, "role",
		                    request_say(request, "Choose a role"));
	if (!request_has_errors(request))
		rc = people_add(&request->door, request->site->people, &person, err);
	if (rc == RC_OK) {
		TRY(invitation_mail(request, &person, err));
		return request_redirect(request, STR("/admin/people?done=invited"));
	}
	if (rc != RC_INVALID && rc != RC_CONFLICT)
		return rc;
	if (!request_has_errors(request) && !field_error_of(request, doc, err))
		return rc;
	new_page(request, doc);
	return RC_OK;
}

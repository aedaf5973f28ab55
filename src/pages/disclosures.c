/*
 * A disclosure to an authority, to rescuers, to a successor: the form, and what it does
 * (office/disclosure.h).
 */
#include "office/disclosure.h"

#include "pages/registers.h"

static const struct actor system_actor = { .kind = ACTOR_SYSTEM };

/* What each recipient gets stands in the label of each kind of data. */
static void
recipients_part(struct request *request, struct doc *doc)
{
	static const struct doc_field fields[] = { { "name", DOC_TEXT, NULL, NULL },
		                                   { "label", DOC_TEXT, NULL, NULL },
		                                   { "is_here", DOC_BOOL, NULL, NULL } };
	const struct policy *policy = request->tenant->policy;
	struct str chosen = request_form(request, "recipient");
	struct doc_part *rows = doc_rows(doc, "recipients", fields, COUNT_OF(fields));

	rows->is_for_page_only = true;
	for (size_t i = 0; i < policy->recipient_count; i++) {
		struct doc_cell *cells;
		if (!disclosure_is_for(&policy->recipients[i]))
			continue;
		cells = doc_row(doc, rows);
		cell_text(&cells[0], policy->recipients[i].name);
		cell_text(&cells[1], policy->recipients[i].says);
		cell_int(&cells[2], str_eq(chosen, policy->recipients[i].name));
	}
}

static policy_set
classes_for_any(const struct policy *policy)
{
	policy_set classes = 0;

	for (size_t i = 0; i < policy->recipient_count; i++) {
		if (disclosure_is_for(&policy->recipients[i]))
			classes |= policy->recipients[i].receives;
	}
	return classes;
}

/* Who of the recipients gets the class, as a hint beside it. */
static struct str
getters(const struct request *request, size_t class)
{
	const struct policy *policy = request->tenant->policy;
	struct str all = STR_EMPTY;

	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		if (!disclosure_is_for(recipient) || (recipient->receives >> class & 1) == 0)
			continue;
		all = str_printf(request->arena, "%.*s%s%.*s", STR_ARGS(all),
		                 all.len == 0 ? "" : ", ", STR_ARGS(recipient->name));
	}
	return all;
}

static void
classes_part(struct request *request, struct doc *doc)
{
	static const struct doc_field fields[] = { { "field", DOC_TEXT, NULL, NULL },
		                                   { "label", DOC_TEXT, NULL, NULL },
		                                   { "getters", DOC_TEXT, NULL, NULL },
		                                   { "is_here", DOC_BOOL, NULL, NULL } };
	const struct policy *policy = request->tenant->policy;
	policy_set classes = classes_for_any(policy);
	struct doc_part *rows = doc_rows(doc, "classes", fields, COUNT_OF(fields));

	rows->is_for_page_only = true;
	for (size_t i = 0; i < policy->class_count; i++) {
		struct doc_cell *cells;
		struct str field;
		if ((classes >> i & 1) == 0)
			continue;
		field =
		    str_printf(request->arena, "class_%.*s", STR_ARGS(policy->classes[i].name));
		cells = doc_row(doc, rows);
		cell_text(&cells[0], field);
		cell_text(&cells[1], policy->classes[i].says);
		cell_text(&cells[2], getters(request, i));
		cell_int(&cells[3],
		         request_form(request, str_to_c(request->arena, field)).len != 0);
	}
}

static void
disclosure_page(struct request *request, struct doc *doc)
{
	doc_page_text(doc, "page_title", request_say(request, "Disclose data"));
	doc_page_text(doc, "lead",
	              request_say(request, "Only to whom the policy names for such a case, and "
	                                   "only what it says they get."));
	register_crumbs(doc, "/admin/registers/disclosure", "Disclosures");
	recipients_part(request, doc);
	classes_part(request, doc);
	doc_page_bool(doc, "is_put_off", request_form(request, "put_off").len != 0);
}

enum rc
disclosure_new_show(struct request *request, struct doc *doc, struct err *err)
{
	(void)err;
	disclosure_page(request, doc);
	return RC_OK;
}

/* --- making ---------------------------------------------------------------------------------
 */

/* By number or by e-mail address. */
static MUST_CHECK enum rc
subject_find(struct request *request, struct id *subject, struct err *err)
{
	struct door door = { request->site->vault, request->tenant, &system_actor,
		             STR("security") };
	struct str who = str_trim(request_form(request, "subject"));
	struct person person;
	enum rc rc;

	if (id_parse(who, subject, err) == RC_OK)
		return RC_OK;
	rc = people_find(&door, request->site->people, who, request->arena, &person, err);
	if (rc == RC_NOT_FOUND || rc == RC_INVALID)
		return FAIL(err, RC_INVALID, "subject: nobody here has this address");
	TRY(rc);
	*subject = person.id;
	return RC_OK;
}

/* A program names them in one field; the page has a box for each. */
static struct str
classes_take(const struct request *request)
{
	const struct policy *policy = request->tenant->policy;
	struct str all = request_form(request, "classes");

	for (size_t i = 0; i < policy->class_count; i++) {
		const char *field =
		    str_to_c(request->arena, str_printf(request->arena, "class_%.*s",
		                                        STR_ARGS(policy->classes[i].name)));
		if (request_form(request, field).len != 0)
			all = str_printf(request->arena, "%.*s%s%.*s", STR_ARGS(all),
			                 all.len == 0 ? "" : " ",
			                 STR_ARGS(policy->classes[i].name));
	}
	return all;
}

static MUST_CHECK enum rc
disclosure_take(struct request *request, struct disclosure *disclosure, struct err *err)
{
	struct str tell = str_trim(request_form(request, "tell"));

	*disclosure = (struct disclosure){
		.recipient = request_form(request, "recipient"),
		.classes = classes_take(request),
		.asked_by = str_trim(request_form(request, "asked_by")),
		.basis = str_trim(request_form(request, "basis")),
		.reference = str_trim(request_form(request, "reference")),
		.why = str_trim(request_form(request, "why")),
		.is_put_off = request_form(request, "put_off").len != 0,
	};
	if (disclosure->is_put_off && date_parse(tell, &disclosure->tell_us, err) != RC_OK)
		return FAIL(err, RC_INVALID, "tell: a day that is still to come");
	return subject_find(request, &disclosure->subject, err);
}

#define MSGID(text) text /* marks a text for tools/messages */

static const struct {
	const char *field, *says;
} wrongs[] = {
	{ "recipient", MSGID("Choose who gets the data") },
	{ "subject", MSGID("Nobody here has this address") },
	{ "classes", MSGID("Choose what this recipient gets") },
	{ "asked_by", MSGID("Say who asked") },
	{ "basis", MSGID("Name the rule or the order") },
	{ "why", MSGID("Say what for") },
	{ "tell", MSGID("Enter a date that is still to come") },
};

/* The page again with what is wrong; a program gets the error. */
static MUST_CHECK enum rc
disclosure_failed(struct request *request, struct doc *doc, enum rc rc, struct err *err)
{
	struct str field;

	(void)str_cut(str_from_c(err->text), ':', &field);
	for (size_t i = 0; i < COUNT_OF(wrongs) && rc == RC_INVALID; i++) {
		if (!str_eq(field, str_from_c(wrongs[i].field)) ||
		    !request->exchange->is_browser)
			continue;
		request_field_error(request, doc, wrongs[i].field,
		                    request_say(request, wrongs[i].says));
		disclosure_page(request, doc);
		return RC_OK;
	}
	return rc;
}

enum rc
disclosure_new_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct disclosure disclosure;
	enum rc rc = disclosure_take(request, &disclosure, err);

	if (rc == RC_OK)
		rc = disclosure_make(&request->door, request->site->office, &disclosure, err);
	if (rc != RC_OK)
		return disclosure_failed(request, doc, rc, err);
	return request_redirect(
	    request, str_printf(request->arena, "/admin/registers/disclosure/%.*s?done=added",
	                        STR_ARGS(id_to_str(request->arena, disclosure.entry))));
}

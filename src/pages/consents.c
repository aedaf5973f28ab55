/*
 * What I agree to: every purpose and recipient that can be consented to or objected to,
 * who has it, since when, and the way back, which is as short as the way there (GDPR
 * Art. 7(3)).  The text that is agreed to is made here, in the language of the page,
 * and kept as it was shown.  Staff enters what came on paper by the same handlers.
 */
#include "pages/consents.h"

#include "base/zone.h"
#include "web/exchange.h"
#include "web/form.h"

#define MSGID(text) text /* marks a text for tools/messages */

static const struct actor system_actor = { .kind = ACTOR_SYSTEM };

/* --- whose, and which -------------------------------------------------------------- */

enum rc
consents_begin(struct request *request, struct consents *of, struct err *err)
{
	struct subject_row row = { .tenant = request->tenant->id };

	*of = (struct consents){ .request = request,
		                 .subject = request->actor.subject,
		                 .is_staff = str_starts_with(request->path, STR("/admin/")) };
	if (of->is_staff && id_parse(request->params[0], &of->subject, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such person");
	row.id = of->subject;
	TRY(vault_subject_find(request->site->vault, &row, err));
	of->kind = row.kind;
	return RC_OK;
}

enum rc
consents_load(struct consents *of, struct err *err)
{
	return vault_choice_list(&of->request->door, of->subject, of->request->arena,
	                         &of->choices, err);
}

bool
choice_is_in_force(const struct choice *choice, int64_t now_us)
{
	return choice->withdrawn_us == 0 && now_us < choice->until_us;
}

const char *
choice_kind_word(enum choice_kind kind)
{
	static const char *const words[] = { [CHOICE_CONSENT] = "consent",
		                             [CHOICE_OBJECTION] = "objection",
		                             [CHOICE_REPRESENTATION] = "representation" };

	return words[kind];
}

const char *
choice_state_word(const struct choice *choice, int64_t now_us)
{
	if (choice->withdrawn_us != 0)
		return "withdrawn";
	return now_us < choice->until_us ? "granted" : "lapsed";
}

static MUST_CHECK enum rc
kind_parse(struct str word, enum choice_kind *kind, struct err *err)
{
	for (int i = CHOICE_CONSENT; i <= CHOICE_REPRESENTATION; i++) {
		if (!str_eq(word, str_from_c(choice_kind_word((enum choice_kind)i))))
			continue;
		*kind = (enum choice_kind)i;
		return RC_OK;
	}
	return FAIL(err, RC_INVALID, "kind: consent, objection or representation");
}

static struct str
base_of(const struct consents *of)
{
	if (!of->is_staff)
		return STR("/me/consents");
	return str_printf(of->request->arena, "/admin/people/%.*s/consents",
	                  STR_ARGS(of->request->params[0]));
}

/* --- in words ------------------------------------------------------------------------ */

/* A text of the policy in the language of the page. */
static struct str
say(const struct consents *of, struct str text)
{
	return request_say(of->request, str_to_c(of->request->arena, text));
}

struct str
consents_classes(const struct consents *of, const struct policy_recipient *recipient)
{
	const struct policy *policy = of->request->tenant->policy;
	struct str all = STR_EMPTY;

	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if ((recipient->receives >> i & 1) == 0 ||
		    !policy_class_is_about(policy, class, of->kind))
			continue;
		all = str_printf(of->request->arena, "%.*s%s%.*s", STR_ARGS(all),
		                 all.len == 0 ? "" : "; ", STR_ARGS(say(of, class->says)));
	}
	return all;
}

static struct str
consent_text(const struct consents *of, const struct choice *choice, struct str with)
{
	struct request *request = of->request;
	const struct policy *policy = request->tenant->policy;
	const struct policy_purpose *purpose = policy_purpose_find(policy, choice->purpose);
	const struct policy_recipient *recipient =
	    policy_recipient_find(policy, choice->recipient);
	struct str values[3] = { STR_EMPTY, STR_EMPTY, STR_EMPTY };

	if (purpose != NULL)
		values[2] = say(of, purpose->says);
	if (recipient == NULL)
		return text_fill(request->arena, request_say(request, "You agree: %3."), values,
		                 COUNT_OF(values));
	values[0] = say(of, recipient->says);
	values[1] = consents_classes(of, recipient);
	if (with.len != 0)
		values[0] = str_printf(request->arena, "%.*s (%.*s)", STR_ARGS(values[0]),
		                       STR_ARGS(with));
	return text_fill(request->arena,
	                 request_say(request, "You agree that %1 receives: %2. What for: %3."),
	                 values, COUNT_OF(values));
}

static struct str
objection_text(const struct consents *of, const struct choice *choice)
{
	struct request *request = of->request;
	const struct policy_purpose *purpose =
	    policy_purpose_find(request->tenant->policy, choice->purpose);
	struct str value = purpose == NULL ? choice->purpose : say(of, purpose->says);

	return text_fill(request->arena, request_say(request, "You object to this use: %1."),
	                 &value, 1);
}

static struct str
representation_text(const struct consents *of, const struct choice *choice, struct str with)
{
	struct str values[2] = { with, say(of, choice->recipient) };

	return text_fill(of->request->arena,
	                 request_say(of->request, "%1 acts for this person as %2."), values,
	                 COUNT_OF(values));
}

/* `with`: the name of whom it is shared with; empty: nobody in particular. */
static struct str
choice_text(const struct consents *of, const struct choice *choice, struct str with)
{
	switch (choice->kind) {
	case CHOICE_OBJECTION:
		return objection_text(of, choice);
	case CHOICE_REPRESENTATION:
		return representation_text(of, choice, with);
	case CHOICE_CONSENT:
	default:
		return consent_text(of, choice, with);
	}
}

/* --- the page --------------------------------------------------------------------------- */

static const struct doc_field choice_fields[] = {
	{ "id", DOC_TEXT, NULL, "Number" },
	{ "kind", DOC_TEXT, NULL, "Kind" },
	{ "state", DOC_TEXT, NULL, "State" },
	{ "purpose", DOC_TEXT, NULL, "Purpose" },
	{ "recipient", DOC_TEXT, NULL, "Recipient" },
	{ "person", DOC_TEXT, NULL, "Person" },
	{ "text", DOC_TEXT, NULL, "Text" },
	{ "version", DOC_TEXT, NULL, "Version of the policy" },
	{ "given", DOC_TIME, NULL, "Given" },
	{ "until", DOC_TIME, NULL, "Until" },
	{ "withdrawn", DOC_TIME, NULL, "Withdrawn" },
	{ "how", DOC_TEXT, NULL, "How" },
	{ "by", DOC_TEXT, NULL, "By" },
	{ "is_in_force", DOC_BOOL, NULL, NULL },
	{ "is_objection", DOC_BOOL, NULL, NULL },
	{ "may_withdraw", DOC_BOOL, NULL, NULL },
};

static void
choice_fill(const struct consents *of, const struct choice *choice, struct doc_cell *cells)
{
	struct arena *arena = of->request->arena;
	int64_t now_us = of->request->now_us;
	bool is_in_force = choice_is_in_force(choice, now_us);

	cell_text(&cells[0], id_to_str(arena, choice->id));
	cell_text(&cells[1], str_from_c(choice_kind_word(choice->kind)));
	cell_text(&cells[2], str_from_c(choice_state_word(choice, now_us)));
	if (choice->purpose.len != 0)
		cell_text(&cells[3], choice->purpose);
	if (choice->recipient.len != 0)
		cell_text(&cells[4], choice->recipient);
	if (!id_is_zero(choice->person))
		cell_text(&cells[5], id_to_str(arena, choice->person));
	cell_text(&cells[6], choice->text);
	cell_text(&cells[7], choice->version);
	cell_int(&cells[8], choice->given_us);
	if (choice->until_us != INT64_MAX)
		cell_int(&cells[9], choice->until_us);
	if (choice->withdrawn_us != 0)
		cell_int(&cells[10], choice->withdrawn_us);
	cell_text(&cells[11], choice->how);
	if (choice->by.len != 0)
		cell_text(&cells[12], choice->by);
	cell_int(&cells[13], is_in_force);
	cell_int(&cells[14], choice->kind == CHOICE_OBJECTION);
	cell_int(&cells[15],
	         is_in_force && (of->is_staff || choice->kind != CHOICE_REPRESENTATION));
}

static void
choices_part(const struct consents *of, struct doc *doc)
{
	struct doc_part *rows =
	    doc_rows(doc, "choices", choice_fields, COUNT_OF(choice_fields));
	size_t in_force = 0;

	for (size_t i = 0; i < of->choices.count; i++) {
		choice_fill(of, &of->choices.items[i], doc_row(doc, rows));
		in_force += choice_is_in_force(&of->choices.items[i], of->request->now_us);
	}
	doc_page_bool(doc, "has_given", in_force != 0);
	doc_page_bool(doc, "has_history", in_force < of->choices.count);
}

static const struct doc_field offer_fields[] = {
	{ "kind", DOC_TEXT, NULL, NULL },         { "purpose", DOC_TEXT, NULL, NULL },
	{ "recipient", DOC_TEXT, NULL, NULL },    { "text", DOC_TEXT, NULL, NULL },
	{ "needs_person", DOC_BOOL, NULL, NULL }, { "is_objection", DOC_BOOL, NULL, NULL },
	{ "key", DOC_TEXT, NULL, NULL },
};

/* Whoever has a role of the recipient's name is chosen one by one. */
static bool
needs_person(const struct consents *of, const struct choice *choice)
{
	return choice->kind == CHOICE_REPRESENTATION ||
	       (choice->kind == CHOICE_CONSENT &&
	        policy_role_find(of->request->tenant->policy, choice->recipient) != NULL);
}

static bool
is_given(const struct consents *of, const struct choice *offer)
{
	for (size_t i = 0; i < of->choices.count; i++) {
		const struct choice *choice = &of->choices.items[i];
		if (choice->kind == offer->kind && id_is_zero(choice->person) &&
		    str_eq(choice->purpose, offer->purpose) &&
		    str_eq(choice->recipient, offer->recipient) &&
		    choice_is_in_force(choice, of->request->now_us))
			return true;
	}
	return false;
}

struct offering {
	const struct consents *of;
	struct doc *doc;
	struct doc_part *rows;
};

/* What vault_choice_give() would refuse is not offered. */
static void
offer_add(const struct offering *to, struct choice *offer)
{
	const struct consents *of = to->of;
	struct doc_cell *cells;
	struct err err;

	offer->subject = of->subject;
	offer->text = choice_text(of, offer, STR_EMPTY);
	if (choice_check(of->request->tenant->policy, offer, &err) != RC_OK ||
	    is_given(of, offer))
		return;
	cells = doc_row(to->doc, to->rows);
	cell_text(&cells[0], str_from_c(choice_kind_word(offer->kind)));
	cell_text(&cells[1], offer->purpose);
	cell_text(&cells[2], offer->recipient);
	cell_text(&cells[3], offer->text);
	cell_int(&cells[4], needs_person(of, offer));
	cell_int(&cells[5], offer->kind == CHOICE_OBJECTION);
	cell_text(&cells[6], offer->recipient.len != 0 ? offer->recipient : offer->purpose);
}

static bool
has_recipient(const struct policy *policy, struct str purpose)
{
	for (size_t i = 0; i < policy->recipient_count; i++) {
		if (policy->recipients[i].when == WHEN_CONSENT &&
		    str_eq(policy->recipients[i].purpose, purpose))
			return true;
	}
	return false;
}

static void
offers_part(const struct consents *of, struct doc *doc)
{
	const struct policy *policy = of->request->tenant->policy;
	struct offering to = { of, doc,
		               doc_rows(doc, "offers", offer_fields, COUNT_OF(offer_fields)) };

	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		struct choice offer = { .kind = CHOICE_CONSENT,
			                .purpose = recipient->purpose,
			                .recipient = recipient->name };
		if (recipient->when == WHEN_CONSENT && consents_classes(of, recipient).len != 0)
			offer_add(&to, &offer);
	}
	for (size_t i = 0; i < policy->purpose_count; i++) {
		const struct policy_purpose *purpose = &policy->purposes[i];
		struct choice offer = { .kind = purpose->basis == BASIS_CONSENT
			                            ? CHOICE_CONSENT
			                            : CHOICE_OBJECTION,
			                .purpose = purpose->name };
		if (purpose->basis != BASIS_CONSENT || !has_recipient(policy, purpose->name))
			offer_add(&to, &offer);
	}
}

static void
page_parts(const struct consents *of, struct doc *doc)
{
	struct request *request = of->request;

	doc_page_text(doc, "page_title",
	              of->is_staff ? request_say(request, "What this person agrees to")
	                           : request_say(request, "What I agree to"));
	if (!of->is_staff)
		doc_page_text(doc, "lead",
		              request_say(request, "You may change your mind at any time. "
		                                   "What was done before stays lawful."));
	doc_page_text(doc, "base", base_of(of));
	doc_page_bool(doc, "is_staff", of->is_staff);
	doc_page_bool(doc, "is_open", true);
	doc_page_text(doc, "reason", request->actor.reason);
	doc_text(doc, "policy_version", request->tenant->policy->version);
	choices_part(of, doc);
	offers_part(of, doc);
}

static MUST_CHECK enum rc
page_again(struct consents *of, struct doc *doc, struct err *err)
{
	TRY(consents_load(of, err));
	page_parts(of, doc);
	return RC_OK;
}

/* Staff states why before anything is read. */
static bool
is_opened(struct consents *of, struct doc *doc)
{
	struct request *request = of->request;

	if (!of->is_staff || reason_take(request, doc, of->subject))
		return true;
	doc_page_text(doc, "page_title", request_say(request, "Why do you open this account?"));
	doc_page_text(doc, "base", base_of(of));
	doc_bool(doc, "needs_reason", true);
	return false;
}

enum rc
consents_show(struct request *request, struct doc *doc, struct err *err)
{
	struct consents of;

	TRY(consents_begin(request, &of, err));
	if (!is_opened(&of, doc))
		return RC_OK;
	return page_again(&of, doc, err);
}

/* --- giving --------------------------------------------------------------------------- */

static const struct rate with_rate = { "share", 20, US_PER_HOUR };
/* Each choice is kept as a record, also once it is taken back. */
static const struct rate choices_rate = { "choice", 100, US_PER_DAY };

/* With whom, by address: the person and the name that the text says. */
static MUST_CHECK enum rc
with_find(struct consents *of, struct choice *choice, struct str *with, struct err *err)
{
	struct request *request = of->request;
	struct door door = { request->site->vault, request->tenant, &system_actor,
		             STR("security") };
	struct str email = str_trim(request_form(request, "with"));
	struct person person;
	enum rc rc;

	if (email.len == 0)
		return FAIL(err, RC_INVALID, "with: enter an e-mail address");
	if (!of->is_staff) /* addresses are not tried one after the other */
		TRY(people_rate(
		    request->site->people, request->tenant, &with_rate,
		    (struct str){ (const char *)of->subject.bytes, sizeof(of->subject.bytes) },
		    err));
	rc = people_find(&door, request->site->people, email, request->arena, &person, err);
	if (rc == RC_NOT_FOUND || rc == RC_INVALID)
		return FAIL(err, RC_INVALID, "with: nobody here has this address");
	TRY(rc);
	if (person.state != PERSON_ACTIVE && person.state != PERSON_INVITED)
		return FAIL(err, RC_INVALID, "with: nobody here has this address");
	if (choice->kind == CHOICE_CONSENT && !str_eq(person.role, choice->recipient))
		return FAIL(err, RC_INVALID, "with: nobody here has this address");
	choice->person = person.id;
	*with = person.name.len == 0
	            ? person.email
	            : str_printf(request->arena, "%.*s, %.*s", STR_ARGS(person.name),
	                         STR_ARGS(person.email));
	return RC_OK;
}

/* The end of that day where the person lives. */
static MUST_CHECK enum rc
until_take(const struct request *request, int64_t *until_us, struct err *err)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct str text = str_trim(request_form(request, "until"));
	struct civil next;
	int64_t day_us;

	*until_us = INT64_MAX;
	if (text.len == 0)
		return RC_OK;
	if (date_parse(text, &day_us, err) != RC_OK)
		return FAIL(err, RC_INVALID, "until: a date such as 2026-12-31");
	TRY(zone_open(&zone, request->zone, err));
	next = civil_from_us(day_us + US_PER_DAY, 0);
	*until_us = zone_local_to_us(zone, &next);
	return RC_OK;
}

static MUST_CHECK enum rc
choice_take(struct consents *of, struct choice *choice, struct err *err)
{
	struct request *request = of->request;
	struct str with = STR_EMPTY;
	struct str seen = request_form(request, "version");

	choice->subject = of->subject;
	choice->purpose = request_form(request, "purpose");
	choice->recipient = request_form(request, "recipient");
	choice->version = request->tenant->policy->version;
	choice->how = of->is_staff ? request_form(request, "how") : STR("page");
	choice->by = of->is_staff ? str_trim(request_form(request, "by")) : STR_EMPTY;
	if (seen.len != 0 && !str_eq(seen, choice->version))
		return FAIL(err, RC_CONFLICT, "version: the policy has changed: read it again");
	TRY(kind_parse(request_form(request, "kind"), &choice->kind, err));
	TRY(until_take(request, &choice->until_us, err));
	if (!of->is_staff && choice->kind == CHOICE_REPRESENTATION)
		return FAIL(err, RC_DENIED, "staff enters who acts for somebody");
	if (needs_person(of, choice))
		TRY(with_find(of, choice, &with, err));
	choice->text = choice_text(of, choice, with);
	return RC_OK;
}

/* Beside a field, or in the summary alone. */
static struct str
error_said(const struct request *request, const struct err *err)
{
	static const struct {
		const char *begins, *says;
	} texts[] = {
		{ "with: enter", MSGID("Enter an e-mail address") },
		{ "with:", MSGID("Nobody here has this address for it") },
		{ "until:", MSGID("Enter a date that is still to come") },
		{ "how:", MSGID("Say how it was given") },
		{ "by:", MSGID("Say who gave it") },
		{ "version:", MSGID("The policy has changed in the meantime: read it again") },
		{ "the same", MSGID("This is in force already") },
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (str_starts_with(str_from_c(err->text), str_from_c(texts[i].begins)))
			return request_say(request, texts[i].says);
	}
	return request_say(request, "This cannot be chosen here");
}

static struct str
field_of(const struct err *err)
{
	struct str field;

	if (str_cut(str_from_c(err->text), ':', &field).ptr == NULL || field.len > 8)
		return STR("with");
	return field;
}

/* A refusal of what was typed belongs on the page; a program gets the error. */
static MUST_CHECK enum rc
give_failed(struct consents *of, struct doc *doc, enum rc rc, struct err *err)
{
	struct request *request = of->request;
	const struct err told = *err;

	if ((rc != RC_INVALID && rc != RC_CONFLICT) || request->session == NULL ||
	    !request->exchange->is_browser)
		return rc;
	request_field_error(request, doc, str_to_c(request->arena, field_of(&told)),
	                    error_said(request, &told));
	if (rc == RC_CONFLICT)
		request->response.status = 409;
	return page_again(of, doc, err);
}

static MUST_CHECK enum rc
give(struct consents *of, struct choice *choice, struct err *err)
{
	TRY(choice_take(of, choice, err));
	return vault_choice_give(&of->request->door, choice, err);
}

/* Back to the page; staff opens it anew, since the reason is in no address. */
static MUST_CHECK enum rc
done(const struct consents *of, const char *word)
{
	struct request *request = of->request;

	if (of->is_staff)
		return request_redirect(
		    request, str_printf(request->arena, "/admin/people?done=%s", word));
	return request_redirect(request,
	                        str_printf(request->arena, "/me/consents?done=%s", word));
}

enum rc
consent_give_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct choice choice = { 0 };
	struct consents of;
	enum rc rc;

	TRY(consents_begin(request, &of, err));
	if (!is_opened(&of, doc))
		return RC_OK;
	if (!of.is_staff)
		TRY(people_rate(
		    request->site->people, request->tenant, &choices_rate,
		    (struct str){ (const char *)of.subject.bytes, sizeof(of.subject.bytes) },
		    err));
	rc = give(&of, &choice, err);
	if (rc != RC_OK)
		return give_failed(&of, doc, rc, err);
	if (request->exchange->is_browser)
		return done(&of, id_is_zero(choice.person) ? "saved" : "shared");
	request->response.status = 201;
	doc_text(doc, "id", id_to_str(request->arena, choice.id));
	doc_text(doc, "text", choice.text);
	return RC_OK;
}

/* --- withdrawing ------------------------------------------------------------------------- */

static const struct choice *
choice_find(const struct consents *of, struct id id)
{
	for (size_t i = 0; i < of->choices.count; i++) {
		if (id_eq(of->choices.items[i].id, id))
			return &of->choices.items[i];
	}
	return NULL;
}

/* Somebody who sees the data will see it no more: that is said before it is done. */
static bool
has_consequences(const struct consents *of, const struct choice *choice)
{
	return choice->kind == CHOICE_CONSENT && !id_is_zero(choice->person) &&
	       choice_is_in_force(choice, of->request->now_us);
}

static void
confirm_parts(struct consents *of, struct doc *doc, const struct choice *choice)
{
	struct request *request = of->request;
	const struct policy_recipient *recipient =
	    policy_recipient_find(request->tenant->policy, choice->recipient);
	struct str lost = recipient == NULL ? STR_EMPTY : consents_classes(of, recipient);

	doc_page_text(doc, "confirm", id_to_str(request->arena, choice->id));
	doc_page_text(doc, "confirm_text", choice->text);
	doc_page_text(doc, "confirm_lost", lost);
	page_parts(of, doc);
}

enum rc
consent_withdraw_submit(struct request *request, struct doc *doc, struct err *err)
{
	const struct choice *choice;
	struct consents of;
	struct id id;

	TRY(consents_begin(request, &of, err));
	if (!is_opened(&of, doc))
		return RC_OK;
	TRY(consents_load(&of, err));
	if (id_parse(request_form(request, "consent"), &id, err) != RC_OK ||
	    (choice = choice_find(&of, id)) == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no such choice");
	if (request->exchange->is_browser && request_form(request, "confirmed").len == 0 &&
	    has_consequences(&of, choice)) {
		confirm_parts(&of, doc, choice);
		return RC_OK;
	}
	TRY(vault_choice_withdraw(&request->door, id, err));
	if (request->exchange->is_browser)
		return done(&of, id_is_zero(choice->person) ? "withdrawn" : "stopped");
	doc_text(doc, "id", id_to_str(request->arena, id));
	doc_text(doc, "state", STR("withdrawn"));
	return RC_OK;
}

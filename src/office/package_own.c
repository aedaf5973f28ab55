/*
 * What the house itself knows of a person: choices, who looked, sessions, tokens,
 * that a second factor is enrolled, mail that is still kept.
 */
#include "office/package_inside.h"

#include "vault/choice.h"

static void
list_begin(struct package *p)
{
	if (!p->is_begun)
		buf_add(&p->piece, STR("["));
}

static void
item_begin(struct package *p, struct json_out *out)
{
	buf_add(&p->piece, p->rows == 0 ? STR("\n") : STR(",\n"));
	p->rows++;
	json_out_init(out, &p->piece);
	json_object_begin(out);
}

static void
list_end(struct package *p)
{
	buf_add(&p->piece, STR("\n]\n"));
}

static void
text_at(struct json_out *out, const char *name, struct str text)
{
	if (text.len != 0)
		json_text_at(out, name, text);
}

static void
time_at(struct json_out *out, const char *name, int64_t us)
{
	if (us != 0 && us != INT64_MAX)
		json_time_at(out, name, us);
}

/* --- choices ------------------------------------------------------------------------- */

static const char *const choice_words[] = {
	[CHOICE_CONSENT] = "consent",
	[CHOICE_OBJECTION] = "objection",
	[CHOICE_REPRESENTATION] = "representation",
};

static void
choice_write(struct package *p, const struct choice *choice)
{
	struct json_out out;

	item_begin(p, &out);
	json_text_at(&out, "kind", str_from_c(choice_words[choice->kind]));
	text_at(&out, "purpose", choice->purpose);
	text_at(&out, "recipient", choice->recipient);
	text_at(&out, "text", choice->text);
	text_at(&out, "version", choice->version);
	text_at(&out, "how", choice->how);
	text_at(&out, "by", choice->by);
	time_at(&out, "given", choice->given_us);
	time_at(&out, "until", choice->until_us);
	time_at(&out, "withdrawn", choice->withdrawn_us);
	json_object_close(&out);
}

static const struct policy_class *
class_named(const struct package *p, const char *name)
{
	const struct policy_class *class =
	    policy_class_find(p->tenant->policy, str_from_c(name));

	return class != NULL && policy_class_is_about(p->tenant->policy, class, p->kind) ? class
	                                                                                 : NULL;
}

enum rc
choices_more(struct package *p, bool *more, struct err *err)
{
	const struct policy_class *class = class_named(p, "consent");
	struct choices choices = { 0 };

	list_begin(p);
	if (class != NULL) {
		package_door(p, class);
		TRY(vault_choice_list(&p->read, p->subject, &p->page, &choices, err));
	}
	for (size_t i = 0; i < choices.count; i++)
		choice_write(p, &choices.items[i]);
	list_end(p);
	*more = false;
	return RC_OK;
}

/* --- who looked --------------------------------------------------------------------------- */

static void
look_write(struct package *p, const struct look *look)
{
	struct json_out out;

	item_begin(p, &out);
	json_int_at(&out, "entry", look->entry);
	json_time_at(&out, "at", look->time_us);
	json_bool_at(&out, "yourself", id_eq(look->actor, p->subject));
	text_at(&out, "role", look->role);
	text_at(&out, "act", look->act);
	text_at(&out, "class", look->class);
	text_at(&out, "purpose", look->purpose);
	text_at(&out, "reason", look->reason);
	text_at(&out, "recipient", look->recipient);
	json_int_at(&out, "records", look->count);
	json_object_close(&out);
}

/* Until the lines of when the package was begun: its own reading goes on. */
enum rc
looks_more(struct package *p, bool *more, struct err *err)
{
	struct looks_query query = { p->subject, p->before };
	struct looks looks;

	arena_reset(&p->page);
	list_begin(p);
	TRY(vault_looks(&p->door, &query, &p->page, &looks, err));
	for (size_t i = 0; i < looks.count; i++) {
		look_write(p, &looks.items[i]);
		p->before = looks.items[i].entry;
	}
	*more = looks.count == LIMIT_PAGE_ROWS;
	if (!*more)
		list_end(p);
	return RC_OK;
}

/* --- sign-in ---------------------------------------------------------------------------------
 */

enum rc
sessions_more(struct package *p, bool *more, struct err *err)
{
	struct session own = { .tenant = p->tenant, .person = p->subject };
	struct session *sessions;
	size_t count = 0;

	list_begin(p);
	TRY(people_session_list(p->office->people, &own, &p->page, &sessions, &count, err));
	for (size_t i = 0; i < count; i++) {
		struct json_out out;
		item_begin(p, &out);
		json_text_at(&out, "id", id_to_str(&p->page, sessions[i].id));
		json_time_at(&out, "started", sessions[i].created_us);
		json_time_at(&out, "seen", sessions[i].seen_us);
		json_time_at(&out, "ends", sessions[i].expires_us);
		text_at(&out, "browser", sessions[i].browser);
		json_object_close(&out);
	}
	list_end(p);
	*more = false;
	return RC_OK;
}

enum rc
tokens_more(struct package *p, bool *more, struct err *err)
{
	struct token *tokens;
	size_t count = 0;

	list_begin(p);
	TRY(people_token_list(&p->door, p->office->people, p->subject, &p->page, &tokens,
	                      &count, err));
	for (size_t i = 0; i < count; i++) {
		struct json_out out;
		item_begin(p, &out);
		json_text_at(&out, "id", id_to_str(&p->page, tokens[i].id));
		text_at(&out, "label", tokens[i].label);
		text_at(&out, "role", tokens[i].role);
		json_time_at(&out, "created", tokens[i].created_us);
		json_time_at(&out, "expires", tokens[i].expires_us);
		time_at(&out, "seen", tokens[i].seen_us);
		json_object_close(&out);
	}
	list_end(p);
	*more = false;
	return RC_OK;
}

enum rc
factor_more(struct package *p, bool *more, struct err *err)
{
	struct factor_facts facts;
	struct json_out out;

	TRY(people_factor_facts(p->office->people, p->tenant, p->subject, &facts, err));
	json_out_init(&out, &p->piece);
	json_object_begin(&out);
	json_bool_at(&out, "enrolled", facts.is_enrolled);
	time_at(&out, "since", facts.since_us);
	json_text_at(&out, "seed",
	             package_words(p, "not given: whoever has it can sign in as you",
	                           "non donnée : qui l’a peut se connecter en votre nom"));
	json_object_close(&out);
	buf_add(&p->piece, STR("\n"));
	p->rows = facts.is_enrolled;
	*more = false;
	return RC_OK;
}

/* --- mail
 * ---------------------------------------------------------------------------------------- */

enum rc
mail_more(struct package *p, bool *more, struct err *err)
{
	struct message *messages = NULL;
	struct person person;
	size_t count = 0;
	enum rc rc;

	list_begin(p);
	rc = desk_person(&p->door, p->office, p->subject, &p->page, &person, err);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (rc == RC_OK)
		TRY(notice_to(p->office->notice, p->tenant, person.email, &p->page, &messages,
		              &count, err));
	for (size_t i = 0; i < count; i++) {
		struct json_out out;
		item_begin(p, &out);
		json_time_at(&out, "made", messages[i].created_us);
		json_text_at(&out, "to", messages[i].to);
		json_text_at(&out, "subject", messages[i].subject);
		json_text_at(&out, "text", messages[i].text);
		json_object_close(&out);
	}
	list_end(p);
	*more = false;
	return RC_OK;
}

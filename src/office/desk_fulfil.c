/*
 * Carrying a request out.
 *
 * What can be undone is done first and answered after.  Erasing and restricting
 * close the door behind them, so these are answered first: should carrying them
 * out fail, the answer is taken back by the next version.
 */
#include "base/broken.h"
#include "office/desk_inside.h"

#include "vault/choice.h"

#define LOOK_PAGES_MOST 50

struct fulfilling {
	const struct door *door; /* of staff */
	struct office *office;
	const struct desk_move *move;
	struct asked *asked;
	struct arena *arena;
	struct person person; /* id zero: it has no account */
};

static struct str
language_of(const struct fulfilling *f)
{
	return f->person.language.len == 0 ? STR("en") : f->person.language;
}

/* --- who has the data --------------------------------------------------------------- */

static bool
holds_word(struct str words, struct str word)
{
	struct str head;

	while (words.len != 0) {
		words = str_cut(words, ' ', &head);
		if (str_eq(head, word))
			return true;
	}
	return false;
}

/* GDPR Art. 19: each recipient to whom the data were disclosed. */
static MUST_CHECK enum rc
recipients_gather(struct fulfilling *f, struct err *err)
{
	struct door system = office_door(f->office, f->door->tenant);
	struct looks_query query = { f->asked->subject, INT64_MAX };
	bool is_more = true;

	for (int page = 0; page < LOOK_PAGES_MOST && is_more; page++) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct looks looks;
		arena_init(&arena, OFFICE_ARENA_BYTES);
		TRY(vault_looks(&system, &query, &arena, &looks, err));
		for (size_t i = 0; i < looks.count; i++) {
			const struct look *look = &looks.items[i];
			query.before = look->entry;
			if (look->recipient.len == 0 ||
			    holds_word(f->asked->recipients, look->recipient))
				continue;
			f->asked->recipients =
			    str_printf(f->arena, "%.*s%s%.*s", STR_ARGS(f->asked->recipients),
			               f->asked->recipients.len == 0 ? "" : " ",
			               STR_ARGS(look->recipient));
		}
		is_more = looks.count == LIMIT_PAGE_ROWS;
	}
	return RC_OK;
}

/* --- the answer --------------------------------------------------------------------------- */

static struct str
answer_of(const struct fulfilling *f, struct str facts)
{
	struct str words = str_trim(f->move->words);
	struct str usual = desk_answer(f->asked->right, language_of(f));

	if (f->move->code.len != 0) /* then the words are a value */
		words = STR_EMPTY;
	return str_printf(f->arena, "%.*s%s%.*s%s%.*s", STR_ARGS(usual),
	                  words.len == 0 ? "" : "\n", STR_ARGS(words),
	                  facts.len == 0 ? "" : "\n", STR_ARGS(facts));
}

static MUST_CHECK enum rc
answer_put(struct fulfilling *f, struct str answer, struct err *err)
{
	f->asked->answer = answer;
	f->asked->state = ASKED_ANSWERED;
	f->asked->closed_us = office_now_us(f->office);
	TRY(asked_put(f->door, f->asked, err));
	return desk_watch(f->office, f->door->tenant, f->asked, err);
}

static MUST_CHECK enum rc
answer_give(struct fulfilling *f, struct str facts, struct err *err)
{
	struct str answer = answer_of(f, facts);

	TRY(answer_put(f, answer, err));
	return desk_tell(f->office, f->door->tenant, f->asked, NEWS_ANSWERED, answer, err);
}

/* What was promised did not happen: open again, and the failure is told. */
static enum rc
answer_take_back(struct fulfilling *f, enum rc rc)
{
	struct err second;

	f->asked->state = ASKED_OPEN;
	f->asked->answer = STR_EMPTY;
	f->asked->closed_us = 0;
	DISCARD(asked_put(f->door, f->asked, &second), "the first failure is told");
	DISCARD(desk_watch(f->office, f->door->tenant, f->asked, &second), "likewise");
	return rc;
}

/* --- access, portability ---------------------------------------------------------------------
 */

/* The package is made as it is downloaded: it is never older than its reading. */
static enum rc
give_access(struct fulfilling *f, struct err *err)
{
	return answer_give(f, STR_EMPTY, err);
}

/* --- rectification
 * ---------------------------------------------------------------------------- */

static bool
is_fixed(struct str field)
{
	static const char *const fixed[] = { "email", "role", "state", "created" };

	for (size_t i = 0; i < COUNT_OF(fixed); i++) {
		if (str_eq(str_from_c(fixed[i]), field))
			return true;
	}
	return false;
}

static const struct policy_class *
account_class(const struct policy *policy, int64_t kind)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		const struct policy_index *index = policy_index_find(class, STR("email"));
		if (index != NULL && index->kind == INDEX_TERM &&
		    policy_class_is_about(policy, class, kind))
			return class;
	}
	return NULL;
}

static const struct policy_class *
account_of(const struct door *door, struct id subject)
{
	struct subject_row row = { .tenant = door->tenant->id, .id = subject };
	struct err err;

	if (vault_subject_find(door->vault, &row, &err) != RC_OK)
		return NULL;
	return account_class(door->tenant->policy, row.kind);
}

/* `extra` with one member in place of what it had; its old value. */
static MUST_CHECK enum rc
extra_change(struct fulfilling *f, struct str field, struct str value, struct str *old,
             struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_iter at;
	struct json_out out;
	struct str text;

	if (f->person.extra.len != 0)
		TRY(json_parse(&json, f->person.extra, err));
	buf_init(&buf, LIMIT_RECORD_BYTES);
	json_out_init(&out, &buf);
	json_object_begin(&out);
	for (json_iter_start(&at, json.root); json.root != NULL && json_iter_next(&at);) {
		if (str_eq(at.name, field)) {
			*old = json_kind(at.value) == JSON_STRING
			           ? str_copy(f->arena, json_text(at.value))
			           : STR("…");
			continue;
		}
		json_name_str(&out, at.name);
		TRY(json_put_value(&out, at.value, f->arena, err));
	}
	json_name_str(&out, field);
	json_put_text(&out, value);
	json_object_close(&out);
	TRY(buf_finish(&buf, &text, err));
	f->person.extra = str_copy(f->arena, text);
	return RC_OK;
}

static MUST_CHECK enum rc
account_change(struct fulfilling *f, struct str *old, struct err *err)
{
	struct door system = office_door(f->office, f->door->tenant);
	const struct policy_class *class = account_of(f->door, f->asked->subject);
	struct str field = f->move->code, value = str_trim(f->move->words);
	struct {
		const char *name;
		struct str *text;
	} own[] = { { "name", &f->person.name },
		    { "language", &f->person.language },
		    { "zone", &f->person.zone } };

	if (class == NULL || id_is_zero(f->person.id))
		return FAIL(err, RC_NOT_FOUND, "there is no account to correct");
	if (!policy_field_is_declared(class, field) || is_fixed(field))
		return FAIL(err, RC_INVALID, "code: no field that is corrected here");
	if (value.len == 0)
		return FAIL(err, RC_INVALID, "words: the new value");
	system.purpose = STR("security");
	*old = STR_EMPTY;
	for (size_t i = 0; i < COUNT_OF(own); i++) {
		if (!str_eq(str_from_c(own[i].name), field))
			continue;
		*old = *own[i].text;
		*own[i].text = value;
		return people_change(&system, f->office->people, &f->person, err);
	}
	TRY(extra_change(f, field, value, old, err));
	return people_change(&system, f->office->people, &f->person, err);
}

static enum rc
rectify(struct fulfilling *f, struct err *err)
{
	struct str facts = STR_EMPTY, old;

	TRY(recipients_gather(f, err));
	if (f->move->code.len != 0) {
		TRY(account_change(f, &old, err));
		facts = str_printf(f->arena, "%.*s: “%.*s” → “%.*s”", STR_ARGS(f->move->code),
		                   STR_ARGS(old), STR_ARGS(str_trim(f->move->words)));
	}
	return answer_give(f, facts, err);
}

enum rc
desk_account(const struct door *door, struct office *office, struct id subject,
             struct arena *arena, struct vault_records *versions, struct err *err)
{
	const struct policy_class *class = account_of(door, subject);
	struct desk_door own;

	(void)office;
	desk_door(&own, door);
	own.door.purpose = STR("security");
	TRY(desk_allow(&own.door, subject, err));
	if (class == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no account");
	return vault_history(&own.door, class->name, subject, arena, versions, err);
}

/* --- erasure
 * ---------------------------------------------------------------------------------- */

enum rc
desk_erasing(const struct door *door, const struct asked *asked, struct arena *arena,
             struct erasing_plan *plan, struct err *err)
{
	const struct policy *policy = door->tenant->policy;
	struct subject_row row = { .tenant = door->tenant->id, .id = asked->subject };

	*plan = (struct erasing_plan){ 0 };
	TRY(desk_allow(door, asked->subject, err));
	TRY(vault_subject_find(door->vault, &row, err));
	plan->lines = arena_alloc(arena, (policy->class_count + 1) * sizeof(*plan->lines),
	                          _Alignof(struct erasing_line));
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (!policy_class_is_about(policy, class, row.kind) ||
		    str_eq(class->about, STR("actor")))
			continue;
		if (asked->classes.len != 0 && !holds_word(asked->classes, class->name))
			continue;
		plan->lines[plan->count++] =
		    (struct erasing_line){ class, class->keep.required_by.len != 0 };
	}
	return RC_OK;
}

/* "Kept: Biomarker readings (the law on medical devices)". */
static struct str
kept_text(const struct fulfilling *f, const struct erasing_plan *plan)
{
	bool is_french = str_eq(language_of(f), STR("fr"));
	struct str text = STR_EMPTY;

	for (size_t i = 0; i < plan->count; i++) {
		const struct policy_class *class = plan->lines[i].class;
		if (!plan->lines[i].is_kept)
			continue;
		text = str_printf(f->arena, "%.*s\n- %.*s (%.*s)", STR_ARGS(text),
		                  STR_ARGS(class->says), STR_ARGS(class->keep.required_by));
	}
	if (text.len == 0)
		return text;
	return str_printf(f->arena, "%s%.*s",
	                  is_french ? "La loi exige de conserver, sans plus les utiliser :"
	                            : "A law keeps these; they are used for nothing else:",
	                  STR_ARGS(text));
}

static MUST_CHECK enum rc
classes_erase(struct fulfilling *f, const struct erasing_plan *plan, struct err *err)
{
	struct door system = office_door(f->office, f->door->tenant);

	for (size_t i = 0; i < plan->count; i++) {
		if (!plan->lines[i].is_kept)
			TRY(vault_class_erase(&system, f->asked->subject,
			                      plan->lines[i].class->name, err));
	}
	return RC_OK;
}

/* Sign-in ends first: nobody acts as a person that is being erased. */
static MUST_CHECK enum rc
subject_erase(struct fulfilling *f, struct err *err)
{
	struct door system = office_door(f->office, f->door->tenant);
	struct door security = system;
	struct erasure_result result;

	security.purpose = STR("security");
	if (!id_is_zero(f->person.id) && f->person.state != PERSON_LEFT) {
		f->person.state = PERSON_LEFT;
		TRY(people_change(&security, f->office->people, &f->person, err));
	}
	return vault_subject_erase(&system, f->asked->subject, &result, err);
}

static enum rc
erase(struct fulfilling *f, struct err *err)
{
	struct erasing_plan plan;
	struct str answer;
	enum rc rc;

	TRY(desk_erasing(f->door, f->asked, f->arena, &plan, err));
	TRY(recipients_gather(f, err));
	answer = answer_of(f, kept_text(f, &plan));
	TRY(answer_put(f, answer, err)); /* of two who carry it out, one */
	rc = desk_tell(f->office, f->door->tenant, f->asked, NEWS_ERASED, answer, err);
	if (rc == RC_OK)
		rc = f->asked->classes.len != 0 ? classes_erase(f, &plan, err)
		                                : subject_erase(f, err);
	return rc == RC_OK ? rc : answer_take_back(f, rc);
}

enum rc
desk_certificate(const struct door *door, struct office *office, const struct asked *asked,
                 struct arena *arena, struct id *certificate, struct err *err)
{
	struct certificates list = { .count = LIMIT_PAGE_ROWS };
	struct id before = { { 0 } };
	struct desk_door own;

	(void)office;
	desk_door(&own, door);
	TRY(desk_allow_staff(&own.door, asked->subject, err));
	while (list.count == LIMIT_PAGE_ROWS) {
		TRY(vault_certificate_list(&own.door, before, arena, &list, err));
		for (size_t i = 0; i < list.count; i++) {
			const struct erasure_row *row = &list.items[i].row;
			before = row->id;
			if ((row->kind != ERASURE_SUBJECT && row->kind != ERASURE_PART) ||
			    !id_eq(row->subject, asked->subject))
				continue;
			*certificate = row->id;
			return RC_OK;
		}
	}
	return FAIL(err, RC_NOT_FOUND, "there is no certificate of this erasure");
}

/* --- restriction
 * ------------------------------------------------------------------------------- */

static enum rc
lift(struct fulfilling *f, struct err *err)
{
	bool is_french = str_eq(language_of(f), STR("fr"));
	struct str answer = is_french ? STR("La limitation est levée.")
	                              : STR("The restriction has been lifted.");

	TRY(vault_restrict(f->door, f->asked->subject, false, err));
	TRY(answer_put(f, answer, err));
	return desk_tell(f->office, f->door->tenant, f->asked, NEWS_ANSWERED, answer, err);
}

static enum rc
restrict_use(struct fulfilling *f, struct err *err)
{
	enum rc rc;

	if (str_eq(f->move->code, STR("lift")))
		return lift(f, err);
	if (f->move->code.len != 0)
		return FAIL(err, RC_INVALID, "code: lift, or nothing");
	TRY(recipients_gather(f, err));
	TRY(answer_give(f, STR_EMPTY, err));
	rc = vault_restrict(f->door, f->asked->subject, true, err);
	return rc == RC_OK ? rc : answer_take_back(f, rc);
}

/* --- objection
 * ---------------------------------------------------------------------------------- */

bool
desk_may_object(const struct policy_purpose *purpose)
{
	return (purpose->basis == BASIS_LEGITIMATE_INTEREST ||
	        purpose->basis == BASIS_PUBLIC_TASK) &&
	       !str_eq(purpose->name, STR("security"));
}

static MUST_CHECK enum rc
objection_give(struct fulfilling *f, const struct policy_purpose *purpose, struct err *err)
{
	struct door system = office_door(f->office, f->door->tenant);
	bool is_self = str_eq(f->asked->maker, STR("self"));
	struct choice choice = {
		.kind = CHOICE_OBJECTION,
		.subject = f->asked->subject,
		.purpose = purpose->name,
		.text = purpose->says,
		.version = f->door->tenant->policy->version,
		.how = str_eq(f->asked->channel, STR("page")) ? STR("page") : STR("paper"),
		.by = is_self ? id_to_str(f->arena, f->asked->subject) : f->asked->authority
	};
	enum rc rc = vault_choice_give(&system, &choice, err);

	return rc == RC_CONFLICT ? RC_OK : rc; /* it stands already */
}

static enum rc
object(struct fulfilling *f, struct err *err)
{
	const struct policy *policy = f->door->tenant->policy;
	size_t given = 0;

	for (size_t i = 0; i < policy->purpose_count; i++) {
		const struct policy_purpose *purpose = &policy->purposes[i];
		if (!desk_may_object(purpose) ||
		    (f->asked->classes.len != 0 &&
		     !holds_word(f->asked->classes, purpose->name)))
			continue;
		TRY(objection_give(f, purpose, err));
		given++;
	}
	if (given == 0)
		return FAIL(err, RC_INVALID, "classes: there is no use to object to");
	return answer_give(f, STR_EMPTY, err);
}

/* --- by right
 * ------------------------------------------------------------------------------------- */

static const struct {
	enum policy_right right;
	enum rc (*carry_out)(struct fulfilling *f, struct err *err);
	const char *seam; /* base/broken.h */
} rights[] = {
	{ RIGHT_ACCESS, give_access, "rights.access" },
	{ RIGHT_PORTABILITY, give_access, "rights.portability" },
	{ RIGHT_RECTIFICATION, rectify, "rights.rectification" },
	{ RIGHT_ERASURE, erase, "rights.erasure" },
	{ RIGHT_RESTRICTION, restrict_use, "rights.restriction" },
	{ RIGHT_OBJECTION, object, "rights.objection" },
};

enum rc
desk_fulfil(const struct door *door, struct office *office, const struct desk_move *move,
            struct asked *asked, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct fulfilling f = {
		.door = door, .office = office, .move = move, .asked = asked, .arena = &arena
	};
	struct door system = office_door(office, door->tenant);
	enum rc rc;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	if (move->words.len > DESK_TEXT_BYTES ||
	    (move->words.len != 0 && !str_is_utf8(move->words)))
		return FAIL(err, RC_INVALID, "words: text of at most %d bytes",
		            DESK_TEXT_BYTES);
	rc = desk_person(&system, office, asked->subject, &arena, &f.person, err);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	for (size_t i = 0; i < COUNT_OF(rights); i++) {
		if (rights[i].right != asked->right)
			continue;
		return broken(rights[i].seam) ? RC_OK : rights[i].carry_out(&f, err);
	}
	return FAIL(err, RC_CORRUPT, "a request is of no kind that there is");
}

/*
 * See choice.h.  Giving and withdrawing are a version of the record and its row, in
 * one transaction with the entry and the subject's new state; nothing else writes rows
 * of `choice`.
 */
#include "vault/choice.h"

#include "base/json.h"
#include "vault/choice_inside.h"

#define CHOICE_TEXT_MAX  ((size_t)8 * KIB)
#define CHOICE_WORDS_MAX ((size_t)256) /* bytes of who gave it */

/* --- what can be chosen --------------------------------------------------------- */

/* The purpose that every policy has for the safety of accounts and data: the grounds
 * that override an objection (GDPR Art. 21(1)). */
static const struct str never_objected = STR("security");

static MUST_CHECK enum rc
consent_check(const struct policy *policy, const struct choice *choice, struct err *err)
{
	const struct policy_purpose *purpose = policy_purpose_find(policy, choice->purpose);
	const struct policy_recipient *recipient =
	    policy_recipient_find(policy, choice->recipient);

	if (choice->purpose.len != 0 && purpose == NULL)
		return FAIL(err, RC_INVALID, "purpose: the policy has none of that name");
	if (choice->text.len == 0)
		return FAIL(err, RC_INVALID, "text: what is agreed to is missing");
	if (choice->recipient.len == 0) {
		if (purpose == NULL || purpose->basis != BASIS_CONSENT)
			return FAIL(err, RC_INVALID, "purpose: it does not rest on consent");
		if (!id_is_zero(choice->person))
			return FAIL(err, RC_INVALID, "person: needs a recipient");
		return RC_OK;
	}
	if (recipient == NULL || recipient->when != WHEN_CONSENT)
		return FAIL(err, RC_INVALID, "recipient: it does not get data by consent");
	if (recipient->purpose.len != 0 && !str_eq(recipient->purpose, choice->purpose))
		return FAIL(err, RC_INVALID, "purpose: it is not the recipient's");
	return RC_OK;
}

static MUST_CHECK enum rc
objection_check(const struct policy *policy, const struct choice *choice, struct err *err)
{
	const struct policy_purpose *purpose = policy_purpose_find(policy, choice->purpose);

	if (purpose == NULL)
		return FAIL(err, RC_INVALID, "purpose: the policy has none of that name");
	if ((purpose->basis != BASIS_LEGITIMATE_INTEREST &&
	     purpose->basis != BASIS_PUBLIC_TASK) ||
	    str_eq(purpose->name, never_objected))
		return FAIL(err, RC_INVALID, "purpose: there is no objection to it");
	if (choice->recipient.len != 0 || !id_is_zero(choice->person))
		return FAIL(err, RC_INVALID, "recipient: an objection is to a purpose");
	return RC_OK;
}

static MUST_CHECK enum rc
representation_check(const struct choice *choice, struct err *err)
{
	if (choice->purpose.len != 0)
		return FAIL(err, RC_INVALID, "purpose: a representation has none");
	if (!str_eq(choice->recipient, STR("guardian")) &&
	    !str_eq(choice->recipient, STR("agent")) &&
	    !str_eq(choice->recipient, STR("executor")))
		return FAIL(err, RC_INVALID, "recipient: guardian, agent or executor");
	if (id_is_zero(choice->person) || id_eq(choice->person, choice->subject))
		return FAIL(err, RC_INVALID, "person: who represents is missing");
	return RC_OK;
}

enum rc
choice_check(const struct policy *policy, const struct choice *choice, struct err *err)
{
	if (choice->text.len > CHOICE_TEXT_MAX || choice->by.len > CHOICE_WORDS_MAX)
		return FAIL(err, RC_LIMIT, "text: too long");
	switch (choice->kind) {
	case CHOICE_CONSENT:
		return consent_check(policy, choice, err);
	case CHOICE_OBJECTION:
		return objection_check(policy, choice, err);
	case CHOICE_REPRESENTATION:
		return representation_check(choice, err);
	default:
		return FAIL(err, RC_INVALID, "kind: none");
	}
}

static bool
is_way(struct str how)
{
	static const struct str ways[] = { STR("page"),     STR("paper"), STR("phone"),
		                           STR("guardian"), STR("agent"), STR("executor") };

	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		if (str_eq(how, ways[i]))
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
times_check(struct choice *choice, int64_t now_us, struct err *err)
{
	if (choice->given_us == 0)
		choice->given_us = now_us;
	if (choice->until_us == 0)
		choice->until_us = INT64_MAX;
	if (choice->given_us > now_us)
		return FAIL(err, RC_INVALID, "given: lies in the future");
	if (choice->until_us <= now_us)
		return FAIL(err, RC_INVALID, "until: is over already");
	choice->withdrawn_us = 0;
	return RC_OK;
}

/* Whom it names must be here, and of the kind that the recipient's role is. */
static MUST_CHECK enum rc
person_check(const struct door *door, const struct choice *choice, struct err *err)
{
	struct subject_row row = { .tenant = door->tenant->id, .id = choice->person };
	const struct policy_role *role =
	    policy_role_find(door->tenant->policy, choice->recipient);
	enum rc rc;

	if (id_is_zero(choice->person))
		return RC_OK;
	rc = vault_subject_find(door->vault, &row, err);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && (row.flags & SUBJECT_ERASED) != 0))
		return FAIL(err, RC_INVALID, "person: there is none of that id");
	TRY(rc);
	if (choice->kind == CHOICE_CONSENT && role != NULL && role->is_number != row.kind)
		return FAIL(err, RC_INVALID, "person: not one of these recipients");
	return RC_OK;
}

/* --- who may ----------------------------------------------------------------------- */

struct standing_read {
	const struct door *door;
	struct choosing *who;
	struct arena *arena;
};

static MUST_CHECK enum rc
standing_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct standing_read *read = arg;
	struct choosing *who = read->who;
	struct choice_row *rows;
	struct choice_row like;
	size_t count;

	TRY(store_subject_find(tx, &who->subject, err));
	if ((who->subject.flags & SUBJECT_HAS_CHOICES) == 0)
		return RC_OK;
	like = (struct choice_row){ .tenant = who->subject.tenant, .subject = who->subject.id };
	TRY(store_choice_list(tx, &like, read->arena, &rows, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (rows[i].from_us <= store_tx_now_us(tx) &&
		    store_tx_now_us(tx) < rows[i].until_us &&
		    choice_represents(&rows[i], read->door->actor->id, who->subject.flags))
			who->represents = rows[i].recipient;
	}
	return RC_OK;
}

enum rc
choosing_begin(const struct door *door, struct id subject, enum policy_verb verb,
               struct choosing *who, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct standing_read read = { door, who, &arena };

	*who = (struct choosing){ .subject = { .tenant = door->tenant->id, .id = subject } };
	arena_init(&arena, 4 * MIB);
	TRY(store_read(door->vault->store, standing_read, &read, err));
	who->is_own = door->actor->kind != ACTOR_SYSTEM && id_eq(subject, door->actor->subject);
	who->ask = (struct ask){ .verb = verb,
		                 .class = STR("consent"),
		                 .purpose = door->purpose,
		                 .subject = subject };
	if (who->is_own || who->represents != 0 || door->actor->kind == ACTOR_SYSTEM)
		return RC_OK;
	return choosing_staff(door, who, err);
}

enum rc
choosing_staff(const struct door *door, struct choosing *who, struct err *err)
{
	const struct policy_role *role = decide_role(door->tenant->policy, door->actor);

	who->ask.verb = VERB_MANAGE;
	who->ask.what = STR("requests");
	if (role == NULL || !role->needs_reason || door->actor->reason.len != 0 ||
	    policy_role_scope(role, VERB_MANAGE, -1, who->ask.what) == 0)
		return RC_OK;
	return choosing_refuse(door, who, REFUSAL_REASON_MISSING, err);
}

enum rc
choosing_refuse(const struct door *door, const struct choosing *who, enum refusal refusal,
                struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };

	TRY(touch_begin(&touch, door, &who->ask, "consent", err));
	return touch_refuse(&touch, refusal, err);
}

/* Who chooses for another says so; the subject itself uses the page. */
static MUST_CHECK enum rc
way_check(const struct door *door, const struct choosing *who, struct choice *choice,
          struct arena *arena, struct err *err)
{
	static const struct str kinds[] = { STR("guardian"), STR("agent"), STR("executor") };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (who->represents != 0 && policy_number(kinds[i]) == who->represents)
			choice->how = kinds[i];
	}
	if (who->represents != 0 && choice->by.len == 0)
		choice->by = id_to_str(arena, door->actor->id);
	if (who->is_own)
		choice->how = STR("page");
	if (!is_way(choice->how))
		return FAIL(err, RC_INVALID, "how: page, paper, phone or guardian");
	/* The system carries out what somebody asked for on a page. */
	if (!who->is_own && door->actor->kind != ACTOR_SYSTEM &&
	    str_eq(choice->how, STR("page")))
		return FAIL(err, RC_INVALID, "how: the page is the person's own");
	if (!who->is_own && !str_eq(choice->how, STR("paper")) &&
	    !str_eq(choice->how, STR("phone")) && choice->by.len == 0)
		return FAIL(err, RC_INVALID, "by: who gave it is missing");
	return RC_OK;
}

/* GDPR Art. 8(1): below the age, consent is the guardian's to give. */
static MUST_CHECK enum rc
minor_check(const struct door *door, const struct choosing *who, const struct choice *choice,
            struct err *err)
{
	bool is_minor = false;

	if (choice->kind != CHOICE_CONSENT)
		return RC_OK;
	if (!who->is_own && str_eq(choice->how, STR("guardian")) && choice->by.len != 0)
		return RC_OK;
	TRY(choice_is_by_minor(door, &who->subject, &is_minor, err));
	return is_minor ? choosing_refuse(door, who, REFUSAL_MINOR, err) : RC_OK;
}

/* --- giving ---------------------------------------------------------------------------- */

static struct choice_row
row_of(const struct door *door, const struct choice *choice)
{
	return (struct choice_row){
		.tenant = door->tenant->id,
		.subject = choice->subject,
		.kind = (int64_t)choice->kind,
		.purpose = choice->purpose.len == 0 ? 0 : policy_number(choice->purpose),
		.recipient = choice->recipient.len == 0 ? 0 : policy_number(choice->recipient),
		.person = choice->person,
		.from_us = choice->given_us,
		.until_us = choice->until_us
	};
}

static bool
is_same(const struct choice_row *a, const struct choice_row *b)
{
	return a->kind == b->kind && a->purpose == b->purpose && a->recipient == b->recipient &&
	       id_eq(a->person, b->person);
}

struct rows {
	struct choice_row *items;
	size_t count;
};

static MUST_CHECK enum rc
rows_of(struct store_tx *tx, const struct subject_row *subject, struct arena *arena,
        struct rows *rows, struct err *err)
{
	struct choice_row like = { .tenant = subject->tenant, .subject = subject->id };

	return store_choice_list(tx, &like, arena, &rows->items, &rows->count, err);
}

static MUST_CHECK enum rc
give_write(struct store_tx *tx, struct touch *touch, struct id record, void *arg,
           struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct choice_row *row = arg;
	struct rows rows;

	arena_init(&arena, 4 * MIB);
	TRY(rows_of(tx, &touch->subject, &arena, &rows, err));
	if (rows.count + 1 >= LIMIT_PAGE_ROWS)
		return FAIL(err, RC_LIMIT, "too many choices are in force");
	for (size_t i = 0; i < rows.count; i++) {
		if (is_same(&rows.items[i], row) &&
		    rows.items[i].until_us > store_tx_now_us(tx))
			return FAIL(err, RC_CONFLICT, "the same is in force already");
	}
	row->record = record;
	TRY(store_choice_put(tx, row, err));
	touch->subject.flags |= SUBJECT_HAS_CHOICES;
	return store_subject_update(tx, &touch->subject, err);
}

static void
id_at(struct json_out *out, const char *name, struct id id)
{
	char text[ID_TEXT_LEN + 1];

	if (id_is_zero(id))
		return;
	id_format(id, text);
	json_text_at(out, name, str_from_c(text));
}

static void
text_at(struct json_out *out, const char *name, struct str text)
{
	if (text.len != 0)
		json_text_at(out, name, text);
}

static void
choice_format(const struct choice *choice, struct buf *text)
{
	struct json_out out;

	json_out_init(&out, text);
	json_object_begin(&out);
	text_at(&out, "purpose", choice->purpose);
	text_at(&out, "recipient", choice->recipient);
	id_at(&out, "person", choice->person);
	text_at(&out, "text", choice->text);
	text_at(&out, "version", choice->version);
	json_time_at(&out, "given", choice->given_us);
	text_at(&out, "how", choice->how);
	text_at(&out, "by", choice->by);
	if (choice->until_us != INT64_MAX)
		json_time_at(&out, "until", choice->until_us);
	json_object_close(&out);
}

static const struct {
	const char *given, *withdrawn; /* words of entries */
} acts[] = {
	[CHOICE_CONSENT] = { "consent-given", "consent-withdrawn" },
	[CHOICE_OBJECTION] = { "objection", "objection-withdrawn" },
	[CHOICE_REPRESENTATION] = { "representation", "representation-ended" },
};

static struct str
detail_of(const struct choice *choice)
{
	return choice->recipient.len != 0 ? choice->recipient : choice->purpose;
}

static MUST_CHECK enum rc
give_check(const struct door *door, struct choice *choice, struct choosing *who,
           struct arena *arena, struct err *err)
{
	const struct policy *policy = door->tenant->policy;
	const struct policy_class *class = policy_class_find(policy, STR("consent"));

	TRY(choice_check(policy, choice, err));
	TRY(times_check(choice, clock_now_us(door->vault->clock), err));
	if (choice->kind == CHOICE_REPRESENTATION && id_eq(choice->person, door->actor->id))
		return FAIL(err, RC_INVALID, "person: nobody appoints themselves");
	TRY(choosing_begin(door, choice->subject, VERB_WRITE, who, err));
	if (choice->kind == CHOICE_REPRESENTATION && door->actor->kind != ACTOR_SYSTEM)
		TRY(choosing_staff(door, who, err));
	if (class != NULL && !policy_class_is_about(policy, class, who->subject.kind))
		return FAIL(err, RC_INVALID, "subject: the policy keeps no choices of it");
	TRY(way_check(door, who, choice, arena, err));
	TRY(person_check(door, choice, err));
	if (choice->version.len == 0)
		choice->version = policy->version;
	return minor_check(door, who, choice, err);
}

/* So that a backup of before does not forget it.  A consent that is forgotten so is
 * asked for again: that harms nobody. */
static MUST_CHECK enum rc
objection_tell(const struct door *door, const struct choice_row *row, struct id record,
               struct err *err)
{
	struct ledger_line line = { .kind = LEDGER_OBJECTION,
		                    .tenant = row->tenant,
		                    .subject = row->subject,
		                    .class = row->purpose,
		                    .record = record };

	return ledger_append(door->vault->ledger, &line, err);
}

enum rc
vault_choice_give(const struct door *door, struct choice *choice, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct choice given = *choice;
	struct vault_record record = { .class = STR("consent"), .subject = choice->subject };
	struct record_also also = { .write = give_write };
	struct choosing who;
	struct choice_row row;

	arena_init(&arena, 64 * KIB);
	buf_init(&text, LIMIT_RECORD_BYTES);
	TRY(give_check(door, &given, &who, &arena, err));
	choice_format(&given, &text);
	TRY(buf_finish(&text, &record.body, err));
	row = row_of(door, &given);
	also.act = acts[given.kind].given;
	also.detail = detail_of(&given);
	also.ask = who.ask;
	also.arg = &row;
	TRY(record_put(door, &record, &also, err));
	if (given.kind == CHOICE_OBJECTION)
		TRY(objection_tell(door, &row, record.id, err));
	choice->id = record.id;
	choice->given_us = given.given_us;
	choice->until_us = given.until_us;
	choice->withdrawn_us = 0;
	return RC_OK;
}

/* --- withdrawing ------------------------------------------------------------------------ */

enum rc
choice_end(struct store_tx *tx, const struct record_row *record, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct subject_row subject = { .tenant = record->tenant, .id = record->subject };
	struct rows rows;
	size_t left = 0;

	if (record->class != policy_number(STR("consent")))
		return RC_OK;
	arena_init(&arena, 4 * MIB);
	TRY(store_subject_find(tx, &subject, err));
	TRY(rows_of(tx, &subject, &arena, &rows, err));
	for (size_t i = 0; i < rows.count; i++) {
		if (id_is_zero(record->id) || id_eq(rows.items[i].record, record->id))
			TRY(store_choice_delete(tx, &rows.items[i], err));
		else
			left++;
	}
	if (left == rows.count) /* withdrawn or lapsed before: nothing changes */
		return RC_OK;
	if (left == 0)
		subject.flags &= ~(int64_t)SUBJECT_HAS_CHOICES;
	return store_subject_update(tx, &subject, err);
}

static MUST_CHECK enum rc
withdraw_write(struct store_tx *tx, struct touch *touch, struct id record, void *arg,
               struct err *err)
{
	const struct record_row row = { .tenant = touch->subject.tenant,
		                        .subject = touch->subject.id,
		                        .class = policy_number(STR("consent")),
		                        .id = record };

	(void)arg;
	return choice_end(tx, &row, err);
}

/* The body as it was, with the time of its end. */
static MUST_CHECK enum rc
withdrawn_format(struct str body, int64_t now_us, struct arena *arena, struct buf *text,
                 struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct json_out out;
	struct json_iter at;

	TRY(json_parse(&json, body, err));
	json_out_init(&out, text);
	json_object_begin(&out);
	for (json_iter_start(&at, json.root); json_iter_next(&at);) {
		json_name_str(&out, at.name);
		TRY(json_put_value(&out, at.value, arena, err));
	}
	json_time_at(&out, "withdrawn", now_us);
	json_object_close(&out);
	return RC_OK;
}

/* Whoever may not withdraw hears so here, and leaves no line in the ledger. */
static MUST_CHECK enum rc
withdraw_first(const struct door *door, const struct choosing *who, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };

	TRY(touch_begin(&touch, door, &who->ask, "consent", err));
	return touch_first(&touch, err);
}

static MUST_CHECK enum rc
withdraw_stored(const struct door *door, struct choosing *who, struct choice_stored *stored,
                struct arena *arena, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	const struct choice *choice = &stored->choice;
	struct vault_record record = { .class = STR("consent"),
		                       .subject = stored->row.subject,
		                       .id = stored->row.id,
		                       .version = stored->row.version };
	struct record_also also = { .act = acts[choice->kind].withdrawn,
		                    .detail = detail_of(choice),
		                    .ask = who->ask,
		                    .write = withdraw_write };

	struct ledger_line line = { .kind = LEDGER_CHOICE,
		                    .tenant = stored->row.tenant,
		                    .subject = stored->row.subject,
		                    .class = stored->row.class,
		                    .record = stored->row.id };
	struct err undo_err;
	enum rc rc;

	buf_init(&text, LIMIT_RECORD_BYTES);
	TRY(withdraw_first(door, who, err));
	TRY(withdrawn_format(stored->body, clock_now_us(door->vault->clock), arena, &text,
	                     err));
	TRY(buf_finish(&text, &record.body, err));
	/* First, so that no copy of an hour ago brings it into force again. */
	TRY(ledger_append(door->vault->ledger, &line, err));
	rc = record_put(door, &record, &also, err);
	if (rc != RC_OK)
		DISCARD(line_undo(door->vault, &line, &undo_err),
		        "a restore then ends a choice too many");
	return rc;
}

enum rc
vault_choice_withdraw(const struct door *door, struct id record, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct choice_stored stored = { .row = { .id = record } };
	struct choosing who;

	arena_init(&arena, 8 * MIB);
	TRY(choice_load(door, &arena, &stored, err));
	TRY(choosing_begin(door, stored.row.subject, VERB_WRITE, &who, err));
	if (stored.choice.kind == CHOICE_REPRESENTATION && door->actor->kind != ACTOR_SYSTEM)
		TRY(choosing_staff(door, &who, err));
	if (stored.choice.withdrawn_us != 0)
		return withdraw_first(door, &who, err);
	return withdraw_stored(door, &who, &stored, &arena, err);
}

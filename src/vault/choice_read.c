/*
 * Choices as they are read: one, all of a subject, whoever shares with the actor; the
 * age of who chooses; restriction.
 */
#include "base/json.h"
#include "base/zone.h"
#include "vault/choice_inside.h"

/* GDPR Art. 8(1); 16 CFR 312.2 (COPPA). */
#define AGE_OF_CONSENT    16
#define AGE_OF_CONSENT_US 13

/* --- records as choices ----------------------------------------------------------- */

static struct str
text_of(const struct json_object *root, const char *name, struct arena *arena)
{
	struct json_object *value;

	if (!json_find(root, name, &value) || json_kind(value) != JSON_STRING)
		return STR_EMPTY;
	return str_copy(arena, json_text(value));
}

static MUST_CHECK enum rc
time_of(const struct json_object *root, const char *name, int64_t *us, struct err *err)
{
	struct json_object *value;

	if (!json_find(root, name, &value))
		return RC_OK;
	if (json_kind(value) != JSON_STRING)
		return FAIL(err, RC_CORRUPT, "a choice has no time where one should be");
	return time_parse(json_text(value), us, NULL, err);
}

static MUST_CHECK enum rc
choice_parse(struct str body, struct arena *arena, struct choice *choice, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct str person;

	TRY(json_parse(&json, body, err));
	choice->purpose = text_of(json.root, "purpose", arena);
	choice->recipient = text_of(json.root, "recipient", arena);
	choice->text = text_of(json.root, "text", arena);
	choice->version = text_of(json.root, "version", arena);
	choice->how = text_of(json.root, "how", arena);
	choice->by = text_of(json.root, "by", arena);
	person = text_of(json.root, "person", arena);
	if (person.len != 0)
		TRY(id_parse(person, &choice->person, err));
	choice->until_us = INT64_MAX;
	TRY(time_of(json.root, "given", &choice->given_us, err));
	TRY(time_of(json.root, "until", &choice->until_us, err));
	return time_of(json.root, "withdrawn", &choice->withdrawn_us, err);
}

/* The row says of what kind a choice in force is.  One that has ended is told by its
 * purpose: an objection needs a basis other than consent. */
static enum choice_kind
kind_of(const struct policy *policy, const struct choice *choice)
{
	const struct policy_purpose *purpose = policy_purpose_find(policy, choice->purpose);

	if (str_eq(choice->recipient, STR("guardian")) ||
	    str_eq(choice->recipient, STR("agent")) ||
	    str_eq(choice->recipient, STR("executor")))
		return choice->purpose.len == 0 ? CHOICE_REPRESENTATION : CHOICE_CONSENT;
	if (choice->recipient.len != 0 || purpose == NULL)
		return CHOICE_CONSENT;
	return purpose->basis == BASIS_LEGITIMATE_INTEREST ||
	               purpose->basis == BASIS_PUBLIC_TASK
	           ? CHOICE_OBJECTION
	           : CHOICE_CONSENT;
}

struct rows {
	int64_t tenant;
	struct id subject, person;
	struct arena *arena;
	struct choice_row *items;
	size_t count;
	int64_t now_us;
};

static MUST_CHECK enum rc
rows_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct rows *rows = arg;
	struct choice_row like = { .tenant = rows->tenant,
		                   .subject = rows->subject,
		                   .person = rows->person };

	rows->now_us = store_tx_now_us(tx);
	return store_choice_list(tx, &like, rows->arena, &rows->items, &rows->count, err);
}

static void
kind_set(const struct policy *policy, const struct rows *rows, struct choice *choice)
{
	choice->kind = kind_of(policy, choice);
	for (size_t i = 0; i < rows->count; i++) {
		if (id_eq(rows->items[i].record, choice->id))
			choice->kind = (enum choice_kind)rows->items[i].kind;
	}
}

struct load {
	int64_t tenant;
	struct arena *arena;
	struct record_row *row;
};

static MUST_CHECK enum rc
load_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct load *load = arg;
	struct id id = load->row->id;

	return store_record_find(tx, load->tenant, id, load->arena, load->row, err);
}

enum rc
choice_load(const struct door *door, struct arena *arena, struct choice_stored *stored,
            struct err *err)
{
	const struct policy *policy = door->tenant->policy;
	struct load load = { door->tenant->id, arena, &stored->row };
	struct rows rows = { .tenant = door->tenant->id, .arena = arena };

	TRY(store_read(door->vault->store, load_read, &load, err));
	if (stored->row.class != policy_number(STR("consent")))
		return FAIL(err, RC_NOT_FOUND, "there is no such choice");
	TRY(row_unseal(door->vault, &stored->row, arena, &stored->body, err));
	stored->choice =
	    (struct choice){ .id = stored->row.id, .subject = stored->row.subject };
	TRY(choice_parse(stored->body, arena, &stored->choice, err));
	rows.subject = stored->row.subject;
	TRY(store_read(door->vault->store, rows_read, &rows, err));
	kind_set(policy, &rows, &stored->choice);
	return RC_OK;
}

enum rc
vault_choice_list(const struct door *door, struct id subject, struct arena *arena,
                  struct choices *choices, struct err *err)
{
	struct rows rows = { .tenant = door->tenant->id, .subject = subject, .arena = arena };
	struct record_query query = { .subject = subject,
		                      .order = RECORD_BY_TIME_DOWN,
		                      .limit = LIMIT_PAGE_ROWS };
	struct vault_records records;
	struct choosing who;

	TRY(choosing_begin(door, subject, VERB_READ, &who, err));
	TRY(record_list(door, &who.ask, &query, arena, &records, err));
	TRY(store_read(door->vault->store, rows_read, &rows, err));
	choices->count = records.count;
	choices->items = arena_alloc(arena, (records.count + 1) * sizeof(*choices->items),
	                             _Alignof(struct choice));
	for (size_t i = 0; i < records.count; i++) {
		struct choice *choice = &choices->items[i];
		choice->id = records.items[i].id;
		choice->subject = subject;
		TRY(choice_parse(records.items[i].body, arena, choice, err));
		kind_set(door->tenant->policy, &rows, choice);
	}
	return RC_OK;
}

/* --- who shares ------------------------------------------------------------------------ */

struct sharing {
	struct touch touch;
	struct rows rows;
	struct sharers *sharers;
};

static bool
is_listed(const struct sharers *sharers, struct id subject)
{
	for (size_t i = 0; i < sharers->count; i++) {
		if (id_eq(sharers->subjects[i], subject))
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
sharer_add(struct store_tx *tx, struct sharing *sharing, struct id id, struct err *err)
{
	struct subject_row subject = { .tenant = sharing->rows.tenant, .id = id };
	struct subject_state state;

	if (is_listed(sharing->sharers, id))
		return RC_OK;
	TRY(store_subject_find(tx, &subject, err));
	TRY(touch_state(tx, &sharing->touch, &subject, &state, err));
	if (state.shared != 0 && (state.flags & (SUBJECT_RESTRICTED | SUBJECT_ERASED)) == 0)
		sharing->sharers->subjects[sharing->sharers->count++] = id;
	return RC_OK;
}

static MUST_CHECK enum rc
sharers_take(struct store_tx *tx, struct sharing *sharing, struct id person, struct err *err)
{
	struct rows *rows = &sharing->rows;

	rows->person = person;
	TRY(rows_read(tx, rows, err));
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].kind == CHOICE_CONSENT)
			TRY(sharer_add(tx, sharing, rows->items[i].subject, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
sharers_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct sharing *sharing = arg;

	sharing->sharers->count = 0;
	TRY(sharers_take(tx, sharing, sharing->touch.door->actor->id, err));
	return sharers_take(tx, sharing, (struct id){ { 0 } }, err);
}

/* Ids alone, of those who chose to be found by the actor: no look inside, no entry. */
enum rc
vault_sharers(const struct door *door, struct arena *arena, struct sharers *sharers,
              struct err *err)
{
	struct sharing sharing = { .touch = { .door = door, .policy = door->tenant->policy },
		                   .rows = { .tenant = door->tenant->id, .arena = arena },
		                   .sharers = sharers };

	*sharers = (struct sharers){ 0 };
	if (door->actor->kind != ACTOR_PERSON)
		return RC_OK;
	sharers->subjects =
	    arena_alloc(arena, (2 * LIMIT_PAGE_ROWS + 1) * sizeof(*sharers->subjects), 1);
	return store_read(door->vault->store, sharers_read, &sharing, err);
}

/* --- age --------------------------------------------------------------------------------- */

enum rc
choice_age(const struct tenant *tenant, struct str born, int64_t now_us, int *years,
           struct err *err)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct civil birth, today;
	int64_t born_us;

	TRY(date_parse(born, &born_us, err));
	TRY(zone_open(&zone, tenant->zone, err));
	birth = civil_from_us(born_us, 0);
	today = civil_from_us(now_us, zone_offset_s(zone, now_us));
	*years = today.year - birth.year;
	if (today.month < birth.month || (today.month == birth.month && today.day < birth.day))
		--*years;
	return RC_OK;
}

struct account_read {
	struct record_query query;
	struct arena *arena;
	struct record_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
account_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct account_read *read = arg;

	return store_record_list(tx, &read->query, read->arena, &read->rows, &read->count, err);
}

static const struct policy_class *
class_of_birth(const struct policy *policy, int64_t kind)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (class->about_number == kind &&
		    policy_field_is_declared(class, STR("born")) &&
		    policy_index_find(class, STR("email")) != NULL)
			return class;
	}
	return NULL;
}

enum rc
choice_is_by_minor(const struct door *door, const struct subject_row *subject, bool *is_minor,
                   struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct policy_class *class = class_of_birth(door->tenant->policy, subject->kind);
	struct account_read read = {
		.query = { .tenant = subject->tenant, .subject = subject->id, .limit = 1 },
		.arena = &arena
	};
	struct str body, born;
	int years;

	*is_minor = false;
	if (class == NULL)
		return RC_OK;
	arena_init(&arena, 4 * MIB);
	read.query.class = class->number;
	TRY(store_read(door->vault->store, account_read, &read, err));
	if (read.count == 0)
		return RC_OK;
	TRY(row_unseal(door->vault, &read.rows[0], &arena, &body, err));
	TRY(json_parse(&json, body, err));
	born = text_of(json.root, "born", &arena);
	if (born.len == 0)
		return RC_OK;
	TRY(choice_age(door->tenant, born, clock_now_us(door->vault->clock), &years, err));
	*is_minor = years < (str_eq(text_of(json.root, "jurisdiction", &arena), STR("us"))
	                         ? AGE_OF_CONSENT_US
	                         : AGE_OF_CONSENT);
	return RC_OK;
}

/* --- restriction ----------------------------------------------------------------------------
 */

struct restricting {
	struct touch *touch;
	bool is_own, is_restricted;
};

static MUST_CHECK enum rc
restrict_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct restricting *change = arg;
	struct touch *touch = change->touch;
	struct subject_row *row = &touch->subject;

	TRY(touch_decide(tx, touch, err));
	if (change->is_own)
		touch->decision.refusal = REFUSAL_NONE; /* its right: no grant is needed */
	TRY(touch_record(tx, touch, err));
	if (touch_is_refused(touch))
		return RC_OK;
	if ((row->flags & SUBJECT_KEPT) != 0)
		return FAIL(err, RC_PRECONDITION, "it is erased but for what must be kept");
	row->flags &= ~(int64_t)SUBJECT_RESTRICTED;
	if (change->is_restricted)
		row->flags |= SUBJECT_RESTRICTED;
	return store_subject_update(tx, row, err);
}

static bool
is_own_in_full(const struct door *door, struct id subject)
{
	const struct actor *actor = door->actor;
	const struct policy_role *role = decide_role(door->tenant->policy, actor);

	return actor->kind == ACTOR_PERSON && role != NULL && id_eq(subject, actor->subject) &&
	       (!role->needs_second_factor || actor->assurance >= 2);
}

enum rc
vault_restrict(const struct door *door, struct id subject, bool is_restricted, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct restricting change = { &touch, is_own_in_full(door, subject), is_restricted };
	struct ask ask = { .verb = VERB_MANAGE,
		           .what = STR("requests"),
		           .purpose = door->purpose,
		           .subject = subject };
	struct ledger_line line;

	if (id_is_zero(subject))
		return FAIL(err, RC_NOT_FOUND, "there is no such subject");
	TRY(touch_begin(&touch, door, &ask, is_restricted ? "restrict" : "restrict-ended",
	                err));
	TRY(store_write(door->vault->store, restrict_write, &change, err));
	TRY(touch_end(&touch, err));
	line = (struct ledger_line){ .kind = LEDGER_RESTRICTED,
		                     .tenant = door->tenant->id,
		                     .subject = subject,
		                     .number = is_restricted ? 1 : 2 };
	return ledger_append(door->vault->ledger, &line, err);
}

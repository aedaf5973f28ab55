/*
 * The request desk: who may, which rights there are, opening and reading.
 *
 * A request is written and read through the vault's door like any record; here
 * stands what the record alone cannot say.  Steps: desk_move.c; carrying out:
 * desk_fulfil.c; dates: desk_due.c; reminders: desk_tick.c.
 */
#include "office/desk_inside.h"

const struct refusal_reason refusal_reasons[] = {
	{ "unfounded", "The request is manifestly unfounded.", "GDPR Art. 12(5)(b)" },
	{ "excessive", "The request repeats an earlier one and is excessive.",
	  "GDPR Art. 12(5)(b)" },
	{ "identity", "It could not be shown that the request comes from you.",
	  "GDPR Art. 12(2), 12(6); 45 CFR 164.514(h)" },
	{ "law", "A law obliges us to keep or not to change the data.",
	  "GDPR Art. 17(3)(b); 45 CFR 164.526(a)(2)" },
	{ "others", "It would harm the rights of other people.",
	  "GDPR Art. 15(4), 20(4); 45 CFR 164.524(a)(3)" },
	{ "not-granted", "The law that applies to you does not give this right here.",
	  "GDPR Art. 11(2), 17(3), 20(1), 21(1)" },
};
const size_t refusal_reason_count = COUNT_OF(refusal_reasons);

/* --- who may ------------------------------------------------------------------------- */

/* The desk's reason for a read is what it is there for. */
void
desk_door(struct desk_door *own, const struct door *door)
{
	own->actor = *door->actor;
	own->door = *door;
	own->door.actor = &own->actor;
	if (policy_purpose_find(door->tenant->policy, STR("law")) != NULL)
		own->door.purpose = STR("law");
	if (own->actor.reason.len == 0)
		own->actor.reason = STR("to handle a request under their rights");
}

bool
desk_is_own(const struct door *door, struct id subject)
{
	return door->actor->kind == ACTOR_PERSON && id_eq(door->actor->subject, subject);
}

static bool
may_manage(const struct door *door, const char *word)
{
	const struct policy_role *role = decide_role(door->tenant->policy, door->actor);

	if (door->actor->kind == ACTOR_SYSTEM)
		return true;
	return door->actor->kind == ACTOR_PERSON && role != NULL &&
	       policy_role_scope(role, VERB_MANAGE, -1, str_from_c(word)) != 0 &&
	       (!role->needs_second_factor || door->actor->assurance >= 2);
}

bool
desk_is_staff(const struct door *door)
{
	return may_manage(door, "requests");
}

static MUST_CHECK enum rc
refuse(const struct door *door, struct id subject, struct err *err)
{
	struct vault_act act = { .act = STR("request"),
		                 .outcome = STR("role"),
		                 .subject = subject };

	TRY(vault_note(door, &act, NULL, err));
	return FAIL(err, RC_DENIED, "your role does not handle requests of others");
}

enum rc
desk_allow_staff(const struct door *door, struct id subject, struct err *err)
{
	return desk_is_staff(door) ? RC_OK : refuse(door, subject, err);
}

enum rc
desk_allow(const struct door *door, struct id subject, struct err *err)
{
	if (desk_is_own(door, subject))
		return RC_OK;
	return desk_allow_staff(door, subject, err);
}

/* --- whom it is about ------------------------------------------------------------------ */

enum rc
desk_person(const struct door *door, struct office *office, struct id subject,
            struct arena *arena, struct person *person, struct err *err)
{
	struct door own =
	    desk_is_own(door, subject) ? *door : office_door(office, door->tenant);

	own.purpose = STR("security");
	return people_get(&own, office->people, subject, arena, person, err);
}

struct str
desk_jurisdiction(const struct person *person, struct arena *arena)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *value;
	struct err err;

	if (person->extra.len == 0 || json_parse(&json, person->extra, &err) != RC_OK ||
	    !json_find(json.root, "jurisdiction", &value) || json_kind(value) != JSON_STRING ||
	    json_text(value).len == 0)
		return STR("default");
	return str_copy(arena, json_text(value));
}

static unsigned
granted_in(const struct policy *policy, struct str jurisdiction)
{
	unsigned usual = 0;

	for (size_t i = 0; i < policy->jurisdiction_count; i++) {
		if (str_eq(policy->jurisdictions[i], jurisdiction))
			return policy->granted[i];
		if (str_eq(policy->jurisdictions[i], STR("default")))
			usual = policy->granted[i];
	}
	return usual;
}

static void
rights_of(const struct policy *policy, int64_t kind, unsigned granted, struct rights *rights)
{
	*rights = (struct rights){ 0 };
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (!policy_class_is_about(policy, class, kind) ||
		    str_eq(class->about, STR("actor")))
			continue;
		for (unsigned right = RIGHT_ACCESS; right <= RIGHT_OBJECTION; right <<= 1) {
			if ((class->rights & granted & right) == 0)
				continue;
			rights->granted |= right;
			rights->classes[right] |= (policy_set)1 << i;
		}
	}
}

enum rc
desk_rights(const struct door *door, struct office *office, struct id subject,
            struct rights *rights, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct subject_row row = { .tenant = door->tenant->id, .id = subject };
	struct str jurisdiction = STR("default");
	struct person person;
	enum rc rc;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(desk_allow(door, subject, err));
	TRY(vault_subject_find(door->vault, &row, err));
	rc = desk_person(door, office, subject, &arena, &person, err);
	if (rc == RC_OK)
		jurisdiction = desk_jurisdiction(&person, &arena);
	else if (rc != RC_NOT_FOUND) /* a subject without an account */
		return rc;
	rights_of(door->tenant->policy, row.kind,
	          granted_in(door->tenant->policy, jurisdiction), rights);
	return RC_OK;
}

/* --- what is asked ---------------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t at;
	const char *words[6]; /* the only values; none: free text */
	bool is_needed;
} fields[] = {
	{ "text", offsetof(struct asked, text), { NULL }, false },
	{ "channel",
	  offsetof(struct asked, channel),
	  { "page", "mail", "letter", "phone", "client", NULL },
	  true },
	{ "maker",
	  offsetof(struct asked, maker),
	  { "self", "guardian", "agent", "executor", NULL },
	  true },
	{ "authority", offsetof(struct asked, authority), { NULL }, false },
	{ "identity", offsetof(struct asked, identity), { NULL }, false },
	{ "classes", offsetof(struct asked, classes), { NULL }, false },
};

static bool
is_text(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (((unsigned char)c < 0x20 && c != '\n' && c != '\r' && c != '\t') ||
		    c == 127)
			return false;
	}
	return text.len <= DESK_TEXT_BYTES && (text.len == 0 || str_is_utf8(text));
}

static bool
is_one_of(struct str text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (str_eq(str_from_c(*words), text))
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
fields_check(const struct asked *asked, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const char *at = (const char *)asked + fields[i].at;
		struct str text = *(const struct str *)(const void *)at;
		if (!is_text(text))
			return FAIL(err, RC_INVALID, "%s: text of at most %d bytes",
			            fields[i].name, DESK_TEXT_BYTES);
		if (fields[i].is_needed && !is_one_of(text, fields[i].words))
			return FAIL(err, RC_INVALID, "%s: none of the words there are",
			            fields[i].name);
	}
	if (!str_eq(asked->maker, STR("self")) && asked->authority.len == 0)
		return FAIL(err, RC_INVALID,
		            "authority: what shows that the maker may ask for somebody else");
	return RC_OK;
}

static bool
names_one(const struct policy *policy, const struct rights *rights, enum policy_right right,
          struct str name)
{
	const struct policy_class *class = policy_class_find(policy, name);
	const struct policy_purpose *purpose = policy_purpose_find(policy, name);

	if (right == RIGHT_OBJECTION)
		return purpose != NULL && desk_may_object(purpose);
	return class != NULL &&
	       (rights->classes[right] >> policy_class_index(policy, class) & 1) != 0;
}

/* Staff may enter what the law does not give, so as to refuse it with its reason. */
static MUST_CHECK enum rc
matter_check(const struct door *door, const struct rights *rights, const struct asked *asked,
             struct err *err)
{
	struct str left = asked->classes, name;

	if (asked_kind_word(asked->right) == NULL)
		return FAIL(err, RC_INVALID, "kind: none of the rights there are");
	if (desk_is_own(door, asked->subject) && (rights->granted & asked->right) == 0)
		return FAIL(err, RC_INVALID, "kind: you do not have this right here");
	while (left.len != 0) {
		left = str_cut(left, ' ', &name);
		if (name.len != 0 &&
		    !names_one(door->tenant->policy, rights, asked->right, name))
			return FAIL(err, RC_INVALID, "classes: the right does not cover them");
	}
	return RC_OK;
}

/* What one person has open is bounded, and how often one asks: each request is a record
 * that the law has kept for years, and mail. */
static MUST_CHECK enum rc
room_check(const struct door *door, struct office *office, const struct asked *asked,
           size_t open, struct err *err)
{
	static const struct rate rate = { "request", DESK_ASKED_A_DAY, US_PER_DAY };

	if (!desk_is_own(door, asked->subject))
		return RC_OK;
	if (open >= DESK_OPEN_OF_ONE)
		return FAIL(err, RC_LIMIT, "%d requests of yours are open: withdraw one first",
		            DESK_OPEN_OF_ONE);
	return people_rate(
	    office->people, door->tenant, &rate,
	    (struct str){ (const char *)asked->subject.bytes, sizeof(asked->subject.bytes) },
	    err);
}

static MUST_CHECK enum rc
is_new(const struct door *door, struct office *office, const struct asked *asked,
       struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct asked_query query = { .subject = asked->subject, .only_open = true };
	struct asked_list list;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(desk_list(door, office, &query, &arena, &list, err));
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].right == asked->right &&
		    str_eq(list.items[i].classes, asked->classes))
			return FAIL(err, RC_CONFLICT, "this has been asked for and is open");
	}
	return room_check(door, office, asked, list.count, err);
}

/* The signed-in person is known by how it signed in. */
static void
by_itself(const struct door *door, struct asked *asked)
{
	asked->channel = STR("page");
	asked->maker = STR("self");
	asked->authority = STR_EMPTY;
	asked->identity = door->actor->assurance >= 2 ? STR("signed in with a second factor")
	                                              : STR("signed in");
}

static enum asked_state
first_state(const struct door *door, const struct asked *asked)
{
	if (asked->identity.len == 0)
		return ASKED_IDENTITY;
	return door->tenant->policy->rights_through_client ? ASKED_RECEIVED : ASKED_OPEN;
}

static MUST_CHECK enum rc
opened_tell(struct office *office, const struct door *door, const struct asked *asked,
            struct err *err)
{
	struct vault_act act = { .act = STR("request-opened"),
		                 .outcome = STR("ok"),
		                 .subject = asked->subject,
		                 .count = 1 };

	TRY(vault_note(door, &act, NULL, err));
	return desk_tell(office, door->tenant, asked, NEWS_OPENED, STR_EMPTY, err);
}

enum rc
desk_open(const struct door *door, struct office *office, struct asked *asked, struct err *err)
{
	struct asked new = *asked;
	struct desk_door own;
	struct rights rights;

	desk_door(&own, door);
	TRY(desk_allow(&own.door, new.subject, err));
	if (desk_is_own(&own.door, new.subject))
		by_itself(&own.door, &new);
	TRY(fields_check(&new, err));
	TRY(desk_rights(&own.door, office, new.subject, &rights, err));
	TRY(matter_check(&own.door, &rights, &new, err));
	TRY(is_new(&own.door, office, &new, err));
	if (new.opened_us == 0 || new.opened_us > office_now_us(office))
		new.opened_us = office_now_us(office);
	TRY(desk_due(door->tenant, new.opened_us, &new.due_us, err));
	new.state = first_state(&own.door, &new);
	new.id = id_new(office_now_us(office));
	new.version = 0;
	TRY(desk_watch(office, door->tenant, &new, err));
	TRY(asked_put(&own.door, &new, err));
	*asked = new;
	return opened_tell(office, &own.door, &new, err);
}

/* --- reading ------------------------------------------------------------------------------ */

enum rc
desk_get(const struct door *door, struct office *office, struct id id, struct arena *arena,
         struct asked *asked, struct err *err)
{
	struct vault_record record = { 0 };
	struct desk_door own;

	desk_door(&own, door);
	(void)office;
	TRY(vault_get(&own.door, STR(REQUEST_CLASS), id, arena, &record, err));
	TRY(desk_allow(&own.door, record.subject, err));
	return asked_parse(&record, arena, asked, err);
}

static MUST_CHECK enum rc
records_add(const struct vault_records *records, bool only_open, struct arena *arena,
            struct asked_list *list, struct err *err)
{
	for (size_t i = 0; i < records->count; i++) {
		struct asked *asked = &list->items[list->count];
		TRY(asked_parse(&records->items[i], arena, asked, err));
		list->count += !only_open || asked_is_open(asked);
	}
	return RC_OK;
}

/* Of one state, to the last or as long as there is room. */
static MUST_CHECK enum rc
state_list(const struct door *door, struct record_query *query, struct arena *arena,
           struct asked_list *list, struct err *err)
{
	struct vault_records records = { .count = LIMIT_PAGE_ROWS };

	query->after = (struct id){ { 0 } };
	while (records.count == (size_t)query->limit &&
	       list->count + LIMIT_PAGE_ROWS <= DESK_OPEN_MOST) {
		CLEANUP(arena_free) struct arena page = { 0 };
		arena_init(&page, OFFICE_ARENA_BYTES);
		TRY(vault_list(door, STR(REQUEST_CLASS), query, &page, &records, err));
		TRY(records_add(&records, true, arena, list, err));
		if (records.count != 0)
			query->after = records.items[records.count - 1].id;
	}
	return RC_OK;
}

/* By their states: what was closed over the years is not opened for it. */
static MUST_CHECK enum rc
open_list(const struct door *door, struct id subject, struct arena *arena,
          struct asked_list *list, struct err *err)
{
	static const enum asked_state states[] = { ASKED_RECEIVED, ASKED_IDENTITY, ASKED_OPEN,
		                                   ASKED_PASSED };
	const struct policy_class *class =
	    policy_class_find(door->tenant->policy, STR(REQUEST_CLASS));
	const struct policy_index *state =
	    class == NULL ? NULL : policy_index_find(class, STR("state"));
	struct record_query query = { .subject = subject,
		                      .order = RECORD_BY_ID,
		                      .limit = LIMIT_PAGE_ROWS };
	bool is_by_state = state != NULL && state->kind == INDEX_FACET;

	list->items =
	    arena_alloc(arena, DESK_OPEN_MOST * sizeof(*list->items), _Alignof(struct asked));
	if (!is_by_state)
		return state_list(door, &query, arena, list, err);
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		query.facet[state->number] =
		    policy_number(str_from_c(asked_state_word(states[i])));
		TRY(state_list(door, &query, arena, list, err));
	}
	return RC_OK;
}

enum rc
desk_list(const struct door *door, struct office *office, const struct asked_query *query,
          struct arena *arena, struct asked_list *list, struct err *err)
{
	struct record_query records_query = { .subject = query->subject,
		                              .order = RECORD_BY_ID,
		                              .after = query->after,
		                              .limit = query->limit };
	struct vault_records records;
	struct asked_list read = { 0 };
	struct desk_door own;

	(void)office;
	desk_door(&own, door);
	TRY(desk_allow(&own.door, query->subject, err));
	if (query->only_open) {
		TRY(open_list(&own.door, query->subject, arena, &read, err));
		*list = read;
		return RC_OK;
	}
	if (query->limit < 1 || query->limit > LIMIT_PAGE_ROWS)
		return FAIL(err, RC_INVALID, "limit: 1 to %d", LIMIT_PAGE_ROWS);
	TRY(vault_list(&own.door, STR(REQUEST_CLASS), &records_query, arena, &records, err));
	read.items = arena_alloc(arena, (records.count + 1) * sizeof(*read.items),
	                         _Alignof(struct asked));
	TRY(records_add(&records, false, arena, &read, err));
	if (records.count == (size_t)query->limit)
		read.last = records.items[records.count - 1].id;
	*list = read;
	return RC_OK;
}

enum rc
desk_history(const struct door *door, struct office *office, struct id id, struct arena *arena,
             struct asked_list *versions, struct err *err)
{
	struct vault_records records;
	struct asked_list read = { 0 };
	struct desk_door own;
	struct asked asked;

	desk_door(&own, door);
	TRY(desk_get(door, office, id, arena, &asked, err));
	TRY(vault_history(&own.door, STR(REQUEST_CLASS), id, arena, &records, err));
	read.items = arena_alloc(arena, (records.count + 1) * sizeof(*read.items),
	                         _Alignof(struct asked));
	TRY(records_add(&records, false, arena, &read, err));
	*versions = read;
	return RC_OK;
}

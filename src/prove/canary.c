/*
 * Canaries: persons made for a run, and their end.
 *
 * Ids stand in a setting from when they are made until they are erased, so what a
 * run that was cut short has left goes with the next.
 */
#include "office/agreement.h"
#include "office/detect.h"
#include "prove/inside.h"

#define CANARY_SETTING "prove.canaries"
#define TOKEN_FOR_US   (2 * US_PER_HOUR)

/* --- the list of what is to be erased ------------------------------------------------ */

struct left {
	int64_t tenant;
	struct arena *arena;
	struct str ids; /* of 16 bytes each */
};

static enum rc
left_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct left *left = arg;
	enum rc rc = store_setting_find(tx, left->tenant, STR(CANARY_SETTING), left->arena,
	                                &left->ids, err);

	if (rc != RC_NOT_FOUND)
		return rc;
	left->ids = STR_EMPTY;
	return RC_OK;
}

static enum rc
left_put(struct store_tx *tx, void *arg, struct err *err)
{
	struct left *left = arg;

	return store_setting_put(tx, left->tenant, STR(CANARY_SETTING), left->ids, err);
}

static MUST_CHECK enum rc
left_write(struct prove *prove, struct err *err)
{
	struct left left = { .tenant = prove->tenant->id };
	struct id *ids = arena_alloc(prove->arena, sizeof(*ids) * PROBE_CANARIES_MAX, 1);

	for (size_t i = 0; i < prove->canary_count; i++)
		ids[i] = prove->canaries[i].person;
	left.ids = (struct str){ (const char *)ids, sizeof(*ids) * prove->canary_count };
	return store_write(vault_store(prove->vault), left_put, &left, err);
}

/* --- making ------------------------------------------------------------------------------ */

static void
mark_new(char mark[MARK_BYTES])
{
	uint8_t bytes[16];

	random_bytes(bytes, sizeof(bytes));
	memcpy(mark, "canary", 7);
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(mark + 6 + 2 * i, 3, "%02x", bytes[i]);
}

static MUST_CHECK enum rc
token_make(struct prove *prove, const struct canary_wish *wish, struct canary *canary,
           struct err *err)
{
	struct token token = { .kind = TOKEN_PERSON,
		               .owner = canary->person,
		               .subject = canary->person,
		               .role = canary->role->name,
		               .label = STR("probe"),
		               .assurance = wish->assurance };

	token.expires_us = clock_now_us(vault_clock(prove->vault)) + TOKEN_FOR_US;
	return people_token_issue(&prove->door, prove->people, &token, canary->token, err);
}

enum rc
canary_make(struct prove *prove, const struct canary_wish *wish, struct canary **canary,
            struct err *err)
{
	struct canary *made = &prove->canaries[prove->canary_count];
	struct person person = { .name = STR_EMPTY,
		                 .role = wish->role->name,
		                 .language = STR("en"),
		                 .zone = STR("UTC"),
		                 .state = PERSON_ACTIVE };
	struct onboarding_ask ask;

	if (prove->canary_count == PROBE_CANARIES_MAX)
		return FAIL(err, RC_LIMIT, "a run makes at most %d canaries",
		            PROBE_CANARIES_MAX);
	*made = (struct canary){ .role = wish->role };
	mark_new(made->mark);
	made->email = str_printf(prove->arena, "%s@probe.invalid", made->mark);
	person.email = made->email;
	person.name = str_from_c(made->mark);
	if (wish->jurisdiction.len != 0)
		person.extra = str_printf(prove->arena, "{\"jurisdiction\":\"%.*s\"}",
		                          STR_ARGS(wish->jurisdiction));
	TRY(people_add(&prove->door, prove->people, &person, err));
	made->person = person.id;
	prove->canary_count++;
	detect_canary(prove->office, prove->tenant, made->person);
	TRY(left_write(prove, err));
	TRY(vault_subject_flags(&prove->door, made->person, SUBJECT_CANARY, 0, err));
	ask = (struct onboarding_ask){ .person = made->person,
		                       .role = wish->role,
		                       .has_factor = true };
	if (!wish->is_new)
		TRY(onboarding_complete(prove->office, prove->tenant, &ask, STR("probe"), err));
	TRY(token_make(prove, wish, made, err));
	*canary = made;
	return RC_OK;
}

/* `person` and `subject` stand for many kinds: the first that a role is. */
static struct str
kind_of(const struct policy *policy, const struct policy_class *class)
{
	const struct policy_role *role = role_about(policy, class);

	if (str_eq(class->about, STR("person")) || str_eq(class->about, STR("subject")) ||
	    str_eq(class->about, STR("actor")))
		return role == NULL ? STR_EMPTY : role->is;
	return class->about;
}

enum rc
canary_subject(struct prove *prove, const struct policy_class *class, struct canary **canary,
               struct err *err)
{
	struct canary *made = &prove->canaries[prove->canary_count];
	struct str kind = kind_of(prove->tenant->policy, class);
	struct door door = prove->door;

	if (prove->canary_count == PROBE_CANARIES_MAX)
		return FAIL(err, RC_LIMIT, "a run makes at most %d canaries",
		            PROBE_CANARIES_MAX);
	*made = (struct canary){ .role = role_about(prove->tenant->policy, class) };
	mark_new(made->mark);
	door.purpose = plain_purpose(prove->tenant->policy, class);
	TRY(vault_subject_add(&door, kind, &made->person, err));
	prove->canary_count++;
	TRY(left_write(prove, err));
	TRY(vault_subject_flags(&prove->door, made->person, SUBJECT_CANARY, 0, err));
	*canary = made;
	return RC_OK;
}

const struct policy_role *
role_about(const struct policy *policy, const struct policy_class *class)
{
	for (size_t i = 0; i < policy->role_count; i++) {
		const struct policy_role *role = &policy->roles[i];
		if (!role->by_credential && role->is.len != 0 &&
		    policy_class_is_about(policy, class, role->is_number))
			return role;
	}
	return NULL;
}

const struct policy_role *
role_with(const struct policy *policy, enum policy_verb verb, struct str what)
{
	const struct policy_class *class = policy_class_find(policy, what);
	int index = class == NULL ? -1 : (int)policy_class_index(policy, class);

	for (size_t i = 0; i < policy->role_count; i++) {
		const struct policy_role *role = &policy->roles[i];
		if (!role->by_credential && policy_role_scope(role, verb, index, what) != 0)
			return role;
	}
	return NULL;
}

struct str
plain_purpose(const struct policy *policy, const struct policy_class *class)
{
	for (size_t i = 0; i < policy->purpose_count; i++) {
		if ((class->use >> i & 1) != 0 && policy->purposes[i].basis != BASIS_CONSENT)
			return policy->purposes[i].name;
	}
	return policy->purposes[__builtin_ctzll(class->use)].name;
}

static void
field_write(struct json_out *out, const struct policy_class *class, struct str field,
            const struct canary *canary)
{
	const struct policy_index *index = policy_index_find(class, field);

	json_name_str(out, field);
	if (index != NULL && index->kind == INDEX_TIME)
		json_put_int(out, US_PER_DAY);
	else
		json_put_text(out, str_from_c(canary->mark));
}

enum rc
canary_record(struct prove *prove, const struct canary *canary,
              const struct policy_class *class, struct vault_record *record, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct door door = prove->door;
	struct json_out out;
	struct str body;

	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	for (size_t i = 0; i < class->field_count; i++)
		field_write(&out, class, class->fields[i], canary);
	json_object_close(&out);
	TRY(buf_finish(&text, &body, err));
	record->class = class->name;
	record->subject = canary->person;
	record->body = str_copy(prove->arena, body);
	door.purpose = plain_purpose(prove->tenant->policy, class);
	return vault_put(&door, record, err);
}

/* --- the end
 * ---------------------------------------------------------------------------------- */

struct forgetting {
	int64_t tenant;
	struct id person;
};

static enum rc
forget_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct forgetting *forgetting = arg;

	return store_canary_forget(tx, forgetting->tenant, forgetting->person, err);
}

/* Nobody asks for a canary's certificate, and a run makes a hundred. */
static MUST_CHECK enum rc
canary_erase(struct prove *prove, struct id person, struct err *err)
{
	struct forgetting forgetting = { prove->tenant->id, person };
	enum rc rc = vault_subject_erase(&prove->door, person, NULL, err);

	if (rc != RC_OK && rc != RC_GONE && rc != RC_NOT_FOUND)
		return rc;
	return store_write(vault_store(prove->vault), forget_write, &forgetting, err);
}

enum rc
canaries_end(struct prove *prove, struct err *err)
{
	for (size_t i = 0; i < prove->canary_count; i++)
		TRY(canary_erase(prove, prove->canaries[i].person, err));
	prove->canary_count = 0;
	return left_write(prove, err);
}

enum rc
canaries_left_end(struct prove *prove, struct err *err)
{
	struct left left = { prove->tenant->id, prove->arena, STR_EMPTY };

	TRY(store_read(vault_store(prove->vault), left_read, &left, err));
	for (size_t at = 0; at + sizeof(struct id) <= left.ids.len; at += sizeof(struct id)) {
		struct id person;
		memcpy(&person, left.ids.ptr + at, sizeof(person));
		TRY(canary_erase(prove, person, err));
	}
	return left.ids.len == 0 ? RC_OK : left_write(prove, err);
}

/*
 * Agreements as records, and the texts that people are shown.
 */
#include "office/agreement.h"

#include "crypto/secret.h"
#include "office/onboarding.h"

#define CLASS "agreement"

static const struct text_field {
	const char *name;
	size_t at;
} text_fields[] = {
	{ "kind", offsetof(struct agreement, kind) },
	{ "version", offsetof(struct agreement, version) },
	{ "hash", offsetof(struct agreement, hash) },
	{ "text", offsetof(struct agreement, text) },
	{ "name", offsetof(struct agreement, name) },
	{ "how", offsetof(struct agreement, how) },
	{ "state", offsetof(struct agreement, state) },
	{ "document", offsetof(struct agreement, document) },
	{ "by", offsetof(struct agreement, by) },
};

static struct str *
text_at(struct agreement *agreement, const struct text_field *field)
{
	return (struct str *)(void *)((char *)agreement + field->at);
}

static const char *const kinds[] = { "policy",      "terms",    "consents", "nda",
	                             "credentials", "training", "profile" };

static MUST_CHECK enum rc
agreement_check(struct agreement *agreement, struct err *err)
{
	bool is_kind = false;

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		is_kind = is_kind || str_eq(agreement->kind, str_from_c(kinds[i]));
	if (!is_kind)
		return FAIL(err, RC_INVALID, "kind: there is no such agreement");
	for (size_t i = 0; i < COUNT_OF(text_fields); i++) {
		struct str value = *text_at(agreement, &text_fields[i]);
		if (value.len > AGREEMENT_TEXT_MAX || !str_is_utf8(value))
			return FAIL(err, RC_INVALID, "%s: at most %lu bytes of text",
			            text_fields[i].name, AGREEMENT_TEXT_MAX);
	}
	return RC_OK;
}

static MUST_CHECK enum rc
agreement_format(struct agreement *agreement, struct arena *arena, struct str *body,
                 struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;
	struct str finished;

	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	for (size_t i = 0; i < COUNT_OF(text_fields); i++) {
		struct str value = *text_at(agreement, &text_fields[i]);
		if (value.len != 0)
			json_text_at(&out, text_fields[i].name, value);
	}
	json_int_at(&out, "at", agreement->at_us);
	if (agreement->until_us != 0)
		json_int_at(&out, "until", agreement->until_us);
	json_object_close(&out);
	TRY(buf_finish(&text, &finished, err));
	*body = str_copy(arena, finished);
	return RC_OK;
}

static MUST_CHECK enum rc
agreement_read(const struct vault_record *record, struct arena *arena,
               struct agreement *agreement, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *value;

	*agreement = (struct agreement){ .id = record->id, .person = record->subject };
	TRY(json_parse(&json, record->body, err));
	for (size_t i = 0; i < COUNT_OF(text_fields); i++) {
		if (json_find(json.root, text_fields[i].name, &value) &&
		    json_kind(value) == JSON_STRING)
			*text_at(agreement, &text_fields[i]) =
			    str_copy(arena, json_text(value));
	}
	if (json_find(json.root, "at", &value))
		TRY(json_int(value, &agreement->at_us, err));
	if (json_find(json.root, "until", &value))
		TRY(json_int(value, &agreement->until_us, err));
	return RC_OK;
}

enum rc
agreement_put(const struct door *door, struct office *office, struct agreement *agreement,
              struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct vault_record record = { .class = STR(CLASS), .subject = agreement->person };

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(agreement_check(agreement, err));
	if (agreement->at_us == 0)
		agreement->at_us = office_now_us(office);
	TRY(agreement_format(agreement, &arena, &record.body, err));
	TRY(vault_put(door, &record, err));
	agreement->id = record.id;
	onboarding_forget(office, agreement->person);
	return RC_OK;
}

enum rc
agreement_list(const struct door *door, struct office *office, struct id person,
               struct arena *arena, struct agreements *agreements, struct err *err)
{
	struct record_query query = { .subject = person,
		                      .order = RECORD_BY_TIME_DOWN,
		                      .limit = LIMIT_PAGE_ROWS };
	struct vault_records records;

	(void)office;
	TRY(vault_list(door, STR(CLASS), &query, arena, &records, err));
	agreements->items = arena_alloc(arena, (records.count + 1) * sizeof(*agreements->items),
	                                _Alignof(struct agreement));
	for (size_t i = 0; i < records.count; i++)
		TRY(agreement_read(&records.items[i], arena, &agreements->items[i], err));
	agreements->count = records.count;
	return RC_OK;
}

const struct agreement *
agreement_find(const struct agreements *agreements, const char *kind, struct str version)
{
	for (size_t i = 0; i < agreements->count; i++) {
		const struct agreement *agreement = &agreements->items[i];
		if (str_eq(agreement->kind, str_from_c(kind)) &&
		    (version.len == 0 || str_eq(agreement->version, version)))
			return agreement;
	}
	return NULL;
}

/* --- texts -------------------------------------------------------------------------------- */

enum rc
agreement_text(struct office *office, const struct tenant *tenant, struct str which,
               struct arena *arena, struct str *text, struct err *err)
{
	const char *name = str_printf(arena, "text.%.*s", STR_ARGS(which)).ptr;

	return office_setting(office, tenant, name, arena, text, err);
}

static bool
may_manage_policy(const struct door *door)
{
	const struct actor *actor = door->actor;
	const struct policy_role *role = decide_role(door->tenant->policy, actor);

	return actor->kind == ACTOR_SYSTEM ||
	       (role != NULL && policy_role_scope(role, VERB_MANAGE, -1, STR("policy")) != 0 &&
	        (!role->needs_second_factor || actor->assurance >= 2));
}

enum rc
agreement_text_put(const struct door *door, struct office *office, struct str which,
                   struct str text, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct vault_act act = { .act = STR("agreement-text"),
		                 .outcome = STR("ok"),
		                 .detail = STR("policy"),
		                 .count = 1 };

	arena_init(&arena, OFFICE_ARENA_BYTES);
	if (text.len > AGREEMENT_TEXT_MAX || !str_is_utf8(text))
		return FAIL(err, RC_INVALID, "text: at most %lu bytes of text",
		            AGREEMENT_TEXT_MAX);
	if (!may_manage_policy(door)) {
		act.outcome = STR("role");
		TRY(vault_note(door, &act, NULL, err));
		return FAIL(err, RC_DENIED, "your role may not change the policy's texts");
	}
	TRY(vault_note(door, &act, NULL, err));
	TRY(office_setting_put(office, door->tenant,
	                       str_printf(&arena, "text.%.*s", STR_ARGS(which)).ptr, text,
	                       err));
	onboarding_forget_all(office);
	return RC_OK;
}

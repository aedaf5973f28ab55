/*
 * A person as the JSON object of its record: our members first, then what the
 * policy declares beyond them, kept as it came.
 */
#include "base/zone.h"
#include "people/inside.h"

#define NAME_MAX_BYTES 200

static const char *const state_words[] = {
	[PERSON_INVITED] = "invited",
	[PERSON_ACTIVE] = "active",
	[PERSON_SUSPENDED] = "suspended",
	[PERSON_LEFT] = "left",
};

static const char *const own_members[] = {
	"email", "name", "role", "language", "zone", "state"
};

static bool
is_own_member(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(own_members); i++) {
		if (str_eq(name, str_from_c(own_members[i])))
			return true;
	}
	return false;
}

bool
person_is_out(enum person_state state)
{
	return state == PERSON_SUSPENDED || state == PERSON_LEFT;
}

static void
value_copy(struct json_out *out, const struct json_object *value, struct arena *arena)
{
	struct json_iter at;

	switch (json_kind(value)) {
	case JSON_NULL:
		json_put_null(out);
		return;
	case JSON_BOOL:
		json_put_bool(out, json_truth(value));
		return;
	case JSON_NUMBER:
		json_put_number(out, json_number_text(arena, value));
		return;
	case JSON_STRING:
		json_put_text(out, json_text(value));
		return;
	case JSON_ARRAY:
		json_array_begin(out);
		for (size_t i = 0; i < json_count(value); i++)
			value_copy(out, json_at(value, i), arena);
		json_array_close(out);
		return;
	case JSON_OBJECT:
		json_object_begin(out);
		for (json_iter_start(&at, value); json_iter_next(&at);) {
			json_name_str(out, at.name);
			value_copy(out, at.value, arena);
		}
		json_object_close(out);
		return;
	}
}

static size_t
depth_of(const struct json_object *value)
{
	enum json_kind kind = json_kind(value);
	size_t deepest = 0;
	struct json_iter at;

	for (size_t i = 0; kind == JSON_ARRAY && i < json_count(value); i++) {
		size_t depth = depth_of(json_at(value, i));
		deepest = depth > deepest ? depth : deepest;
	}
	if (kind != JSON_OBJECT)
		return kind == JSON_ARRAY ? deepest + 1 : 0;
	for (json_iter_start(&at, value); json_iter_next(&at);) {
		size_t depth = depth_of(at.value);
		deepest = depth > deepest ? depth : deepest;
	}
	return deepest + 1;
}

static MUST_CHECK enum rc
extra_add(struct json_out *out, struct str extra, struct arena *arena, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct json_iter at;

	if (extra.len == 0)
		return RC_OK;
	TRY(json_parse(&json, extra, err));
	if (json_kind(json.root) != JSON_OBJECT)
		return FAIL(err, RC_INVALID, "extra: not an object");
	if (depth_of(json.root) >= LIMIT_JSON_OUT_DEPTH)
		return FAIL(err, RC_INVALID, "extra: nested too deep");
	for (json_iter_start(&at, json.root); json_iter_next(&at);) {
		if (is_own_member(at.name))
			return FAIL(err, RC_INVALID, "extra: holds a member that is not of it");
		json_name_str(out, at.name);
		value_copy(out, at.value, arena);
	}
	return RC_OK;
}

enum rc
person_format(const struct person *person, struct arena *arena, struct str *body,
              struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;
	struct str finished;

	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	json_text_at(&out, "email", person->email);
	json_text_at(&out, "name", person->name);
	json_text_at(&out, "role", person->role);
	json_text_at(&out, "language", person->language);
	json_text_at(&out, "zone", person->zone);
	json_text_at(&out, "state", str_from_c(state_words[person->state]));
	TRY(extra_add(&out, person->extra, arena, err));
	json_object_close(&out);
	TRY(buf_finish(&text, &finished, err));
	*body = str_copy(arena, finished);
	return RC_OK;
}

static MUST_CHECK enum rc
state_read(struct str word, enum person_state *state, struct err *err)
{
	for (size_t i = PERSON_INVITED; i < COUNT_OF(state_words); i++) {
		if (!str_eq(word, str_from_c(state_words[i])))
			continue;
		*state = (enum person_state)i;
		return RC_OK;
	}
	return FAIL(err, RC_CORRUPT, "a person's state is none");
}

static MUST_CHECK enum rc
extra_read(const struct json_object *root, struct arena *arena, struct str *extra,
           struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;
	struct json_iter at;
	struct str finished;

	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	for (json_iter_start(&at, root); json_iter_next(&at);) {
		if (is_own_member(at.name))
			continue;
		json_name_str(&out, at.name);
		value_copy(&out, at.value, arena);
	}
	json_object_close(&out);
	TRY(buf_finish(&text, &finished, err));
	*extra = str_copy(arena, finished);
	return RC_OK;
}

enum rc
person_parse(const struct vault_record *record, struct arena *arena, struct person *person,
             struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct person read = { .id = record->subject,
		               .version = record->version,
		               .created_us = record->created_us };
	const struct {
		const char *name;
		struct str *text;
	} members[] = { { "email", &read.email },
		        { "name", &read.name },
		        { "role", &read.role },
		        { "language", &read.language },
		        { "zone", &read.zone } };
	struct str state;

	TRY(json_parse(&json, record->body, err));
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		TRY(json_need_text(json.root, members[i].name, members[i].text, err));
		*members[i].text = str_copy(arena, *members[i].text);
	}
	TRY(json_need_text(json.root, "state", &state, err));
	TRY(state_read(state, &read.state, err));
	TRY(extra_read(json.root, arena, &read.extra, err));
	*person = read;
	return RC_OK;
}

/* RFC 5646's simplest form: a language, and perhaps a region. */
static bool
language_is_valid(struct str text)
{
	struct str region, language;

	region = str_cut(text, '-', &language);
	if (language.len < 2 || language.len > 3 || (region.len != 0 && region.len != 2) ||
	    text.len != language.len + (region.len == 0 ? 0 : 3))
		return false;
	for (size_t i = 0; i < language.len; i++) {
		if (language.ptr[i] < 'a' || language.ptr[i] > 'z')
			return false;
	}
	for (size_t i = 0; i < region.len; i++) {
		if (region.ptr[i] < 'A' || region.ptr[i] > 'Z')
			return false;
	}
	return true;
}

static bool
name_is_valid(struct str name)
{
	if (name.len > NAME_MAX_BYTES || !str_is_utf8(name))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7f)
			return false;
	}
	return true;
}

enum rc
person_check(const struct policy *policy, const struct person *person, struct err *err)
{
	const struct policy_role *role = policy_role_find(policy, person->role);
	CLEANUP(zone_close) struct zone *zone = NULL;

	if (role == NULL || person_class(policy, role) == NULL)
		return FAIL(err, RC_INVALID, "role: none of those who sign in");
	if (!name_is_valid(person->name))
		return FAIL(err, RC_INVALID, "name: at most %d bytes of text in one line",
		            NAME_MAX_BYTES);
	if (!language_is_valid(person->language))
		return FAIL(err, RC_INVALID, "language: a code such as en");
	if (person->state < PERSON_INVITED || person->state > PERSON_LEFT)
		return FAIL(err, RC_INVALID, "state: none");
	if (zone_open(&zone, person->zone, err) != RC_OK)
		return FAIL(err, RC_INVALID, "zone: not a name of a time zone");
	return RC_OK;
}

/*
 * A request as a record, and back.  Empty texts and times that are not there are
 * left out; times are RFC 3339, so that the record reads by itself.
 */
#include "office/desk_inside.h"

/* --- words --------------------------------------------------------------------------- */

static const struct {
	enum policy_right right;
	const char *word;
} kinds[] = {
	{ RIGHT_ACCESS, "access" },           { RIGHT_RECTIFICATION, "rectification" },
	{ RIGHT_ERASURE, "erasure" },         { RIGHT_PORTABILITY, "portability" },
	{ RIGHT_RESTRICTION, "restriction" }, { RIGHT_OBJECTION, "objection" },
};

static const char *const states[] = {
	[ASKED_RECEIVED] = "received",   [ASKED_IDENTITY] = "identity",
	[ASKED_OPEN] = "open",           [ASKED_PASSED] = "passed",
	[ASKED_ANSWERED] = "answered",   [ASKED_REFUSED] = "refused",
	[ASKED_WITHDRAWN] = "withdrawn",
};

const char *
asked_kind_word(enum policy_right right)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (kinds[i].right == right)
			return kinds[i].word;
	}
	return NULL;
}

enum policy_right
asked_kind_find(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (str_eq(str_from_c(kinds[i].word), word))
			return kinds[i].right;
	}
	return 0;
}

const char *
asked_state_word(enum asked_state state)
{
	return (size_t)state < COUNT_OF(states) ? states[state] : NULL;
}

static MUST_CHECK enum rc
state_find(struct str word, enum asked_state *state, struct err *err)
{
	for (size_t i = ASKED_RECEIVED; i < COUNT_OF(states); i++) {
		if (!str_eq(str_from_c(states[i]), word))
			continue;
		*state = (enum asked_state)i;
		return RC_OK;
	}
	return FAIL(err, RC_CORRUPT, "a request is in no state that there is");
}

bool
asked_is_open(const struct asked *asked)
{
	return asked->state < ASKED_ANSWERED;
}

/* --- the body ------------------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t at;
} texts[] = {
	{ "text", offsetof(struct asked, text) },
	{ "channel", offsetof(struct asked, channel) },
	{ "maker", offsetof(struct asked, maker) },
	{ "authority", offsetof(struct asked, authority) },
	{ "identity", offsetof(struct asked, identity) },
	{ "extension_reason", offsetof(struct asked, extension_reason) },
	{ "answer", offsetof(struct asked, answer) },
	{ "refusal", offsetof(struct asked, refusal) },
	{ "passed_to", offsetof(struct asked, passed_to) },
	{ "classes", offsetof(struct asked, classes) },
	{ "recipients", offsetof(struct asked, recipients) },
}, times[] = {
	{ "opened", offsetof(struct asked, opened_us) },
	{ "due", offsetof(struct asked, due_us) },
	{ "extended", offsetof(struct asked, extended_us) },
	{ "closed", offsetof(struct asked, closed_us) },
};

enum rc
asked_format(const struct asked *asked, struct arena *arena, struct str *body, struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;
	struct str finished;

	buf_init(&buf, LIMIT_RECORD_BYTES);
	json_out_init(&out, &buf);
	json_object_begin(&out);
	json_text_at(&out, "kind", str_from_c(asked_kind_word(asked->right)));
	json_text_at(&out, "state", str_from_c(asked_state_word(asked->state)));
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const char *at = (const char *)asked + texts[i].at;
		const struct str *text = (const struct str *)(const void *)at;
		if (text->len != 0)
			json_text_at(&out, texts[i].name, *text);
	}
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		const char *at = (const char *)asked + times[i].at;
		const int64_t *time_us = (const int64_t *)(const void *)at;
		if (*time_us != 0)
			json_time_at(&out, times[i].name, *time_us);
	}
	json_object_close(&out);
	TRY(buf_finish(&buf, &finished, err));
	*body = str_copy(arena, finished);
	return RC_OK;
}

static MUST_CHECK enum rc
members_read(const struct json_object *root, struct arena *arena, struct asked *asked,
             struct err *err)
{
	struct json_object *value;

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char *at = (char *)asked + texts[i].at;
		if (json_find(root, texts[i].name, &value) && json_kind(value) == JSON_STRING)
			*(struct str *)(void *)at = str_copy(arena, json_text(value));
	}
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		char *at = (char *)asked + times[i].at;
		if (json_find(root, times[i].name, &value) && json_kind(value) == JSON_STRING)
			TRY(time_parse(json_text(value), (int64_t *)(void *)at, NULL, err));
	}
	return RC_OK;
}

enum rc
asked_parse(const struct vault_record *record, struct arena *arena, struct asked *asked,
            struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct asked read = { .id = record->id,
		              .version = record->version,
		              .subject = record->subject,
		              .updated_us = record->updated_us };
	struct str word;

	TRY(json_parse(&json, record->body, err));
	TRY(json_need_text(json.root, "kind", &word, err));
	read.right = asked_kind_find(word);
	if (read.right == 0)
		return FAIL(err, RC_CORRUPT, "a request is of no kind that there is");
	TRY(json_need_text(json.root, "state", &word, err));
	TRY(state_find(word, &read.state, err));
	TRY(members_read(json.root, arena, &read, err));
	*asked = read;
	return RC_OK;
}

enum rc
asked_put(const struct door *door, struct asked *asked, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct vault_record record = { .class = STR(REQUEST_CLASS),
		                       .subject = asked->subject,
		                       .id = asked->id,
		                       .version = asked->version };

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(asked_format(asked, &arena, &record.body, err));
	TRY(vault_put(door, &record, err));
	asked->id = record.id;
	asked->version = record.version;
	return RC_OK;
}

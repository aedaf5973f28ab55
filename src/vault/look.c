/*
 * Acts that touch no record, releases, and "who looked at my data".
 */
#include "base/json.h"
#include "base/limits.h"
#include "crypto/seal.h"
#include "vault/inside.h"

enum rc
vault_note(const struct door *door, const struct vault_act *act, int64_t *entry,
           struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	CLEANUP(buf_free) struct buf name = { 0 };
	struct ask ask = { .verb = VERB_MANAGE,
		           .what = act->detail,
		           .purpose = STR("none"),
		           .subject = act->subject };
	struct str text;

	buf_init(&name, 64);
	buf_add(&name, act->act);
	TRY(buf_finish(&name, &text, err));
	TRY(touch_begin(&touch, door, &ask, text.ptr, err));
	touch.entry.count = act->count;
	touch.outcome = act->outcome;
	TRY(store_write(door->vault->store, note_write, &touch, err));
	touch_watch(&touch);
	if (entry != NULL)
		*entry = touch.index;
	return RC_OK;
}

/* Is the id one of an entry of the register? */
struct entry_find {
	int64_t tenant;
	struct id id;
	bool is_there;
};

static MUST_CHECK enum rc
entry_find(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct entry_find *find = arg;
	struct record_row row;
	enum rc rc;

	arena_init(&arena, 4 * LIMIT_RECORD_BYTES);
	rc = store_record_find(tx, find->tenant, find->id, &arena, &row, err);
	find->is_there = rc == RC_OK && row.class == policy_number(STR("register"));
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc
vault_release(const struct door *door, const struct vault_release *release, int64_t *entry,
              struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct ask ask = { .verb = VERB_RELEASE,
		           .class = release->class,
		           .purpose = door->purpose,
		           .recipient = release->recipient,
		           .subject = release->subject,
		           .person = release->person,
		           .form = release->form };
	struct entry_find registered = { door->tenant->id, release->registered, false };

	TRY(store_read(door->vault->store, entry_find, &registered, err));
	ask.is_registered = registered.is_there;
	TRY(touch_begin(&touch, door, &ask, "release", err));
	touch_about(&touch, (struct str){ (const char *)release->content.bytes, DIGEST_BYTES },
	            release->count);
	TRY(touch_commit(&touch, err));
	*entry = touch.index;
	return RC_OK;
}

/* --- who looked ---------------------------------------------------------------------- */

struct looks_read {
	struct touch *touch;
	int64_t before;
	struct arena *arena;
	struct look_row *rows;
	size_t count;
};

/* The subject itself may always know; others need `manage log`, which the ask
 * of the touch already is. */
static MUST_CHECK enum rc
looks_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct looks_read *read = arg;

	return store_look_list(tx, read->touch->door->tenant->id, read->touch->ask.subject,
	                       read->before, read->arena, &read->rows, &read->count, err);
}

static MUST_CHECK enum rc
look_fill(const struct looks_read *read, size_t i, struct look *look, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	const struct look_row *row = &read->rows[i];
	int64_t place[3] = { row->tenant, row->index, row->time_us };
	struct json_object *recipient;
	struct str actor;
	struct str text;
	uint8_t *opened;

	if (row->body.len < SEAL_EXTRA_BYTES)
		return FAIL(err, RC_CORRUPT, "a line of who looked is cut short");
	opened = arena_alloc(read->arena, row->body.len, 1);
	TRY(seal_open(&read->touch->look, row->body,
	              (struct str){ (const char *)place, sizeof(place) }, opened, err));
	text = (struct str){ (const char *)opened, row->body.len - SEAL_EXTRA_BYTES };
	TRY(json_parse(&json, text, err));
	*look = (struct look){ .entry = row->index, .time_us = row->time_us };
	TRY(json_need_text(json.root, "actor", &actor, err));
	TRY(id_parse(actor, &look->actor, err));
	TRY(json_need_text(json.root, "role", &look->role, err));
	TRY(json_need_text(json.root, "act", &look->act, err));
	TRY(json_need_text(json.root, "class", &look->class, err));
	TRY(json_need_text(json.root, "purpose", &look->purpose, err));
	TRY(json_need_text(json.root, "reason", &look->reason, err));
	TRY(json_need_int(json.root, "count", &look->count, err));
	look->role = str_copy(read->arena, look->role);
	look->act = str_copy(read->arena, look->act);
	look->class = str_copy(read->arena, look->class);
	look->purpose = str_copy(read->arena, look->purpose);
	look->reason = str_copy(read->arena, look->reason);
	if (json_find(json.root, "recipient", &recipient) &&
	    json_kind(recipient) == JSON_STRING)
		look->recipient = str_copy(read->arena, json_text(recipient));
	return RC_OK;
}

static bool
is_own_with_factor(const struct touch *touch)
{
	const struct actor *actor = touch->door->actor;
	const struct policy_role *role = decide_role(touch->policy, actor);
	struct id subject = touch->ask.subject;

	return actor->kind == ACTOR_PERSON && role != NULL && !id_is_zero(subject) &&
	       id_eq(subject, actor->subject) &&
	       (!role->needs_second_factor || actor->assurance >= 2);
}

static MUST_CHECK enum rc
looks_allow(struct touch *touch, struct err *err)
{
	const struct door *door = touch->door;
	struct decision decision;

	if (is_own_with_factor(touch))
		return RC_OK;
	decide(touch->policy, door->actor, &touch->ask, NULL, &decision);
	if (decision.refusal == REFUSAL_NONE)
		return RC_OK;
	return touch_refuse(touch, decision.refusal, err);
}

enum rc
vault_looks(const struct door *door, struct looks_query *query, struct arena *arena,
            struct looks *looks, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct looks_read read = { &touch, query->before, arena, NULL, 0 };
	struct ask ask = { .verb = VERB_MANAGE,
		           .what = STR("log"),
		           .purpose = STR("none"),
		           .subject = query->subject };

	TRY(touch_begin(&touch, door, &ask, "looks", err));
	TRY(looks_allow(&touch, err));
	TRY(store_read(door->vault->store, looks_read, &read, err));
	looks->count = read.count;
	looks->items =
	    arena_alloc(arena, (read.count + 1) * sizeof(*looks->items), _Alignof(struct look));
	for (size_t i = 0; i < read.count; i++)
		TRY(look_fill(&read, i, &looks->items[i], err));
	touch.entry.count = (int64_t)read.count;
	touch.outcome = STR("ok");
	TRY(store_write(door->vault->store, note_write, &touch, err));
	return touch_end(&touch, err);
}

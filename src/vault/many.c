/*
 * A list over many subjects: whoever is in it is told, and whoever does not share or
 * consent, objects, is restricted or gone is not in it.  The log has one entry for the list;
 * each subject has a line of its own about that entry.
 */
#include "vault/inside.h"

static struct touch_seen *
seen_find(const struct touch *touch, struct id subject)
{
	for (size_t i = 0; i < touch->seen_count; i++) {
		if (id_eq(touch->seen[i].subject, subject))
			return &touch->seen[i];
	}
	return NULL;
}

/* A probe's own are nobody's business, and nobody's data are a probe's: whoever looks
 * through a list as a canary would stand in real people's lines of who looked. */
static MUST_CHECK enum rc
is_same_world(struct store_tx *tx, const struct touch *touch, const struct subject_row *subject,
              bool *is_same, struct err *err)
{
	struct subject_row actor = { .tenant = subject->tenant, .id = touch->door->actor->id };
	enum rc rc = id_is_zero(actor.id) ? RC_NOT_FOUND : store_subject_find(tx, &actor, err);

	if (rc == RC_NOT_FOUND)
		actor.flags = 0;
	else
		TRY(rc);
	*is_same = ((subject->flags ^ actor.flags) & SUBJECT_CANARY) == 0;
	return RC_OK;
}

/* Decided as if it were asked about this subject alone; a reason is stated for a list
 * as a whole or not at all, which the list's own decision has seen to. */
static MUST_CHECK enum rc
subject_is_taken(struct store_tx *tx, const struct touch *touch, struct id id, bool *is_taken,
                 struct err *err)
{
	struct subject_row subject = { .tenant = touch->door->tenant->id, .id = id };
	struct actor actor = *touch->door->actor;
	struct ask ask = touch->ask;
	struct subject_state state;
	struct decision decision;

	TRY(store_subject_find(tx, &subject, err));
	TRY(is_same_world(tx, touch, &subject, is_taken, err));
	if (!*is_taken)
		return RC_OK;
	TRY(touch_state(tx, touch, &subject, &state, err));
	ask.subject = id;
	if (actor.reason.len == 0)
		actor.reason = STR("list");
	decide(touch->policy, &actor, &ask, &state, &decision);
	*is_taken = decision.refusal == REFUSAL_NONE;
	return RC_OK;
}

/* Rows of one subject often stand together. */
enum rc
touch_many_take(struct store_tx *tx, const struct touch *touch, const struct touch_rows *page,
                struct touch_rows *taken, struct err *err)
{
	struct id last = { { 0 } };
	bool is_taken = false;

	for (size_t i = 0; i < page->count; i++) {
		if (i == 0 || !id_eq(page->items[i].subject, last))
			TRY(subject_is_taken(tx, touch, page->items[i].subject, &is_taken,
			                     err));
		last = page->items[i].subject;
		if (is_taken)
			taken->items[taken->count++] = page->items[i];
	}
	return RC_OK;
}

static MUST_CHECK enum rc
states_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct touch *touch = arg;

	for (size_t i = 0; i < touch->seen_count; i++) {
		struct subject_row row = { .tenant = touch->door->tenant->id,
			                   .id = touch->seen[i].subject };
		TRY(store_subject_find(tx, &row, err));
		touch->seen[i].state_version = row.state_version;
	}
	return RC_OK;
}

/* False when its node is gone. */
static MUST_CHECK enum rc
look_key_find(const struct touch *touch, struct touch_seen *seen, bool *is_here,
              struct err *err)
{
	const struct door *door = touch->door;
	enum rc rc = keys_derived(door->vault->keys, door->tenant->id, seen->subject, "look",
	                          &seen->look, err);

	*is_here = rc == RC_OK;
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc
touch_many(struct touch *touch, struct touch_rows *rows, struct arena *arena, struct err *err)
{
	size_t kept = 0;

	touch->seen = arena_alloc(arena, (rows->count + 1) * sizeof(*touch->seen),
	                          _Alignof(struct touch_seen));
	for (size_t i = 0; i < rows->count; i++) {
		struct touch_seen *seen = seen_find(touch, rows->items[i].subject);
		bool is_here = true;
		if (seen == NULL) {
			seen = &touch->seen[touch->seen_count];
			seen->subject = rows->items[i].subject;
			TRY(look_key_find(touch, seen, &is_here, err));
			touch->seen_count += is_here;
		}
		if (!is_here)
			continue;
		seen->count++;
		rows->items[kept++] = rows->items[i];
	}
	rows->count = kept;
	return store_read(touch->door->vault->store, states_read, touch, err);
}

/* Decided once more, since a consent may have ended after the rows were fetched and
 * before the states were noted, or by its time alone. */
enum rc
touch_many_check(struct store_tx *tx, const struct touch *touch, struct err *err)
{
	for (size_t i = 0; i < touch->seen_count; i++) {
		struct subject_row row = { .tenant = touch->door->tenant->id,
			                   .id = touch->seen[i].subject };
		bool is_taken = false;
		TRY(store_subject_find(tx, &row, err));
		TRY(subject_is_taken(tx, touch, row.id, &is_taken, err));
		if (row.state_version != touch->seen[i].state_version || !is_taken)
			return FAIL(err, RC_RETRY, "a subject's state has changed");
	}
	return RC_OK;
}

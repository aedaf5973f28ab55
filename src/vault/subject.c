/*
 * Subjects: the people and things that data is about.  Their erasure is erase.c's.
 */
#include "vault/inside.h"

struct add {
	struct touch *touch;
	struct subject_row row;
};

static MUST_CHECK enum rc
add_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct add *add = arg;

	TRY(touch_decide(tx, add->touch, err));
	add->row.created_us = store_tx_now_us(tx);
	if (!touch_is_refused(add->touch))
		TRY(store_subject_insert(tx, &add->row, err));
	return touch_record(tx, add->touch, err);
}

/* Any class about the kind that can be stored stands for it: who may write that may add
 * one.  Better one that is used for the purpose. */
static const struct policy_class *
class_about(const struct policy *policy, struct str kind, struct str purpose_name)
{
	const struct policy_purpose *purpose = policy_purpose_find(policy, purpose_name);
	const struct policy_class *first = NULL;

	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (!str_eq(class->about, kind) || class->is_memory || class->needs_agreement)
			continue;
		if (purpose != NULL && (class->use >> (purpose - policy->purposes) & 1) != 0)
			return class;
		if (first == NULL)
			first = class;
	}
	return first;
}

enum rc
vault_subject_add(const struct door *door, struct str kind, struct id *subject, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	CLEANUP(key_wipe) struct key key = { { 0 } };
	const struct policy_class *class =
	    class_about(door->tenant->policy, kind, door->purpose);
	struct add add = { .touch = &touch,
		           .row = { .tenant = door->tenant->id,
		                    .id = id_new(clock_now_us(door->vault->clock)),
		                    .kind = policy_number(kind),
		                    .state_version = 1 } };
	struct key_name name = { .tenant = add.row.tenant, .owner = add.row.id };
	struct ask ask = { .verb = VERB_WRITE, .purpose = door->purpose };

	if (class == NULL)
		return FAIL(err, RC_DENIED, "the policy keeps nothing about such a subject");
	ask.class = class->name;
	TRY(touch_begin(&touch, door, &ask, "subject", err));
	touch_about(&touch, (struct str){ (const char *)add.row.id.bytes, 16 }, 1);
	TRY(touch_first(&touch, err)); /* who may not add one makes no key either */
	TRY(keys_need(door->vault->keys, &name, &key, err));
	TRY(store_write(door->vault->store, add_write, &add, err));
	TRY(touch_end(&touch, err));
	*subject = add.row.id;
	return RC_OK;
}

/* --- state and lists ---------------------------------------------------------------------- */

static MUST_CHECK enum rc
subject_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct subject_row *row = arg;

	return store_subject_find(tx, row, err);
}

enum rc
vault_subject_find(struct vault *vault, struct subject_row *row, struct err *err)
{
	return store_read(vault->store, subject_read, row, err);
}

struct flags_change {
	struct touch *touch;
	int64_t set, clear;
};

static MUST_CHECK enum rc
flags_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct flags_change *change = arg;
	struct subject_row *row = &change->touch->subject;

	TRY(touch_decide(tx, change->touch, err));
	TRY(touch_record(tx, change->touch, err));
	if (touch_is_refused(change->touch))
		return RC_OK;
	if ((row->flags & SUBJECT_KEPT) != 0 && (change->clear & SUBJECT_RESTRICTED) != 0)
		return FAIL(err, RC_PRECONDITION, "it is erased but for what must be kept");
	row->flags = (row->flags | change->set) & ~change->clear;
	return store_subject_update(tx, row, err);
}

/* The others follow from what the vault does.  A canary is in no list and no law keeps
 * it: only the server makes one. */
static int64_t
flags_of(const struct actor *actor)
{
	int64_t flags = SUBJECT_RESTRICTED | SUBJECT_DECEASED;

	return actor->kind == ACTOR_SYSTEM ? flags | SUBJECT_CANARY : flags;
}

enum rc
vault_subject_flags(const struct door *door, struct id subject, int64_t set, int64_t clear,
                    struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct flags_change change = { &touch, set, clear };
	struct ask ask = { .verb = VERB_MANAGE,
		           .what = STR("requests"),
		           .purpose = door->purpose,
		           .subject = subject };

	if (((set | clear) & ~flags_of(door->actor)) != 0)
		return FAIL(err, RC_INVALID, "flags: one that is not set or cleared by hand");
	TRY(touch_begin(&touch, door, &ask, "restrict", err));
	TRY(store_write(door->vault->store, flags_write, &change, err));
	return touch_end(&touch, err);
}

struct subject_list {
	struct subject_query query;
	struct arena *arena;
	struct subject_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
subject_list(struct store_tx *tx, void *arg, struct err *err)
{
	struct subject_list *list = arg;

	return store_subject_list(tx, &list->query, list->arena, &list->rows, &list->count,
	                          err);
}

enum rc
vault_subject_list(const struct door *door, struct subject_list_ask *what, struct arena *arena,
                   struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct subject_list list = { .query = what->query, .arena = arena };
	struct ask ask = { .verb = VERB_READ, .class = what->class, .purpose = door->purpose };

	list.query.tenant = door->tenant->id;
	TRY(touch_begin(&touch, door, &ask, "list", err));
	TRY(store_read(door->vault->store, subject_list, &list, err));
	touch_about(&touch, STR_EMPTY, (int64_t)list.count);
	TRY(touch_commit(&touch, err));
	what->rows = list.rows;
	what->count = list.count;
	return RC_OK;
}

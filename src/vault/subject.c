/*
 * Subjects: the people and things that data is about, and their erasure.
 *
 * Erasing: the flag and its entry first (from then on nothing is read or
 * written, whatever happens), then the keys, then the rows.  A ticket stands
 * from the first step to the last, so that a crash between them is finished
 * at the next start.
 */
#include "vault/inside.h"
#include "vault/retention.h"

#define TICKET_ERASING 1 /* kind; the kinds of people/ start at 16 */
#define ERASING_FOR    (100 * 366 * US_PER_DAY)

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

/* Any class about the kind stands for it: who may write that may add one. */
static const struct policy_class *
class_about(const struct policy *policy, struct str kind)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		if (str_eq(policy->classes[i].about, kind))
			return &policy->classes[i];
	}
	return NULL;
}

enum rc
vault_subject_add(const struct door *door, struct str kind, struct id *subject, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	CLEANUP(key_wipe) struct key key = { { 0 } };
	const struct policy_class *class = class_about(door->tenant->policy, kind);
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

/* --- erasing -------------------------------------------------------------------------- */

static struct ticket_row
erasing_ticket(int64_t tenant, struct id subject, int64_t now_us)
{
	struct digest hash = sha256((struct str){ (const char *)subject.bytes, 16 });
	struct ticket_row row = { .tenant = tenant,
		                  .kind = TICKET_ERASING,
		                  .id = subject,
		                  .owner = subject,
		                  .created_us = now_us,
		                  .expires_us = now_us + ERASING_FOR };

	memcpy(row.hash, hash.bytes, sizeof(row.hash));
	return row;
}

/* The log outlives whom it is about. */
static bool
is_erased_with(const struct policy *policy, const struct policy_class *class, int64_t kind)
{
	return policy_class_is_about(policy, class, kind) &&
	       !str_eq(class->about, STR("actor"));
}

static struct str
purpose_for(const struct policy *policy, const struct policy_class *class, struct str wanted)
{
	const struct policy_purpose *purpose = policy_purpose_find(policy, wanted);

	if (purpose == NULL || (class->use >> (purpose - policy->purposes) & 1) != 0)
		return wanted;
	return policy->purposes[__builtin_ctzll(class->use)].name;
}

/* Every class must be one that the actor may erase; the first that is not stands
 * in the entry.  The door's purpose is the first class's: no purpose is all's. */
static MUST_CHECK enum rc
erase_decide(struct store_tx *tx, struct touch *touch, struct err *err)
{
	const struct policy *policy = touch->door->tenant->policy;
	struct str first = touch->ask.class;

	TRY(touch_decide(tx, touch, err));
	for (size_t i = 0; i < policy->class_count && !touch_is_refused(touch); i++) {
		const struct policy_class *class = &policy->classes[i];
		if (!is_erased_with(policy, class, touch->subject.kind))
			continue;
		touch->ask.class = class->name;
		touch->ask.purpose = purpose_for(policy, class, touch->door->purpose);
		TRY(touch_decide(tx, touch, err));
	}
	touch->entry.class = touch_is_refused(touch) ? touch->ask.class : first;
	touch->ask.class = first;
	touch->ask.purpose = touch->door->purpose;
	return RC_OK;
}

static MUST_CHECK enum rc
erase_begin(struct store_tx *tx, void *arg, struct err *err)
{
	struct touch *touch = arg;
	struct ticket_row ticket =
	    erasing_ticket(touch->door->tenant->id, touch->ask.subject, store_tx_now_us(tx));

	TRY(erase_decide(tx, touch, err));
	TRY(touch_record(tx, touch, err));
	if (touch_is_refused(touch))
		return RC_OK;
	touch->subject.flags |= SUBJECT_ERASED;
	TRY(store_subject_update(tx, &touch->subject, err));
	return store_ticket_insert(tx, &ticket, err);
}

static MUST_CHECK enum rc
erase_rows(struct store_tx *tx, void *arg, struct err *err)
{
	const struct subject_row *row = arg;
	struct ticket_row ticket = erasing_ticket(row->tenant, row->id, 0);

	TRY(store_subject_purge(tx, row->tenant, row->id, err));
	if (store_ticket_delete(tx, &ticket, err) != RC_OK && err->rc != RC_NOT_FOUND)
		return err->rc;
	return RC_OK;
}

static MUST_CHECK enum rc
erase_finish(struct vault *vault, struct subject_row *row, struct err *err)
{
	TRY(keys_destroy_owner(vault->keys, row->tenant, row->id, err));
	return store_write(vault->store, erase_rows, row, err);
}

enum rc
vault_subject_erase(const struct door *door, struct id subject, struct erasure_result *result,
                    struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct ask ask = { .verb = VERB_ERASE, .purpose = door->purpose, .subject = subject };
	struct subject_row row = { .tenant = door->tenant->id, .id = subject };
	const struct policy_class *class = NULL;

	TRY(vault_subject_find(door->vault, &row, err));
	for (size_t i = 0; i < door->tenant->policy->class_count && class == NULL; i++) {
		if (door->tenant->policy->classes[i].about_number == row.kind)
			class = &door->tenant->policy->classes[i];
	}
	if (class == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no such subject");
	ask.class = class->name;
	TRY(touch_begin(&touch, door, &ask, "erase-subject", err));
	TRY(store_write(door->vault->store, erase_begin, &touch, err));
	TRY(touch_end(&touch, err));
	if (result != NULL)
		*result = (struct erasure_result){ .erased = 1 };
	return erase_finish(door->vault, &row, err);
}

struct erasing {
	int64_t tenant;
	struct arena *arena;
	struct ticket_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
erasing_list(struct store_tx *tx, void *arg, struct err *err)
{
	struct erasing *list = arg;

	return store_ticket_list(tx, list->tenant, TICKET_ERASING, (struct id){ { 0 } },
	                         list->arena, &list->rows, &list->count, err);
}

enum rc
subjects_finish_erasing(struct vault *vault, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, 64 * MIB);
	for (size_t t = 0; t < vault_tenant_count(vault); t++) {
		struct erasing list = { .tenant = vault_tenant_at(vault, t)->id,
			                .arena = &arena };
		TRY(store_read(vault->store, erasing_list, &list, err));
		for (size_t i = 0; i < list.count; i++) {
			struct subject_row row = { .tenant = list.tenant,
				                   .id = list.rows[i].owner };
			TRY(erase_finish(vault, &row, err));
		}
	}
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
	row->flags = (row->flags | change->set) & ~change->clear;
	return store_subject_update(tx, row, err);
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

	if (((set | clear) & SUBJECT_ERASED) != 0)
		return FAIL(err, RC_INVALID, "erasure is not a flag to set or clear");
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

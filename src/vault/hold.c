/*
 * Holds: what a case or an order keeps, beyond its time and against erasure.
 *
 * The hold's row comes first: from then on no sweep and no erasure takes what it
 * names.  Then the records are sealed anew under the key of the hold, which no
 * month's end and no class's end takes along.  When the hold ends they go back
 * under their month's key, or, past their time, to the next sweep.
 */
#include "base/json.h"
#include "crypto/seal.h"
#include "vault/past.h"

#define BODY_BYTES (16 * KIB)

/* --- what is held ------------------------------------------------------------- */

enum rc
holds_read(struct store_tx *tx, int64_t tenant, struct id subject, struct arena *arena,
           struct hold_rows *holds, struct err *err)
{
	return store_hold_list(tx, tenant, subject, arena, &holds->items, &holds->count, err);
}

bool
hold_has_class(const struct hold_rows *holds, int64_t class)
{
	for (size_t i = 0; i < holds->count; i++) {
		const struct hold_row *hold = &holds->items[i];
		if (id_is_zero(hold->record) && (hold->class == 0 || hold->class == class))
			return true;
	}
	return false;
}

bool
hold_has_record_of(const struct hold_rows *holds, int64_t class)
{
	for (size_t i = 0; i < holds->count; i++) {
		if (!id_is_zero(holds->items[i].record) && holds->items[i].class == class)
			return true;
	}
	return false;
}

bool
hold_has_record(const struct hold_rows *holds, const struct record_row *row)
{
	for (size_t i = 0; i < holds->count; i++) {
		if (id_eq(holds->items[i].record, row->id))
			return true;
	}
	return hold_has_class(holds, row->class);
}

enum rc
hold_refuses(struct store_tx *tx, const struct record_row *row, struct arena *arena,
             struct err *err)
{
	struct hold_rows holds;

	TRY(holds_read(tx, row->tenant, row->subject, arena, &holds, err));
	return hold_has_record(&holds, row) ? FAIL(err, RC_PRECONDITION, "a hold keeps it")
	                                    : RC_OK;
}

/* --- placing --------------------------------------------------------------------------- */

/* Bound to its place; gone with the subject's node. */
struct hold_place {
	int64_t tenant;
	struct id id, subject;
	int64_t class;
	struct id record;
};

static struct hold_place
place_of(const struct hold_row *row)
{
	return (struct hold_place){ row->tenant, row->id, row->subject, row->class,
		                    row->record };
}

static MUST_CHECK enum rc
body_seal(const struct door *door, const struct hold *hold, struct hold_row *row,
          struct arena *arena, struct err *err)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct hold_place place = place_of(row);
	struct json_out out;
	struct str body;
	uint8_t *sealed;

	TRY(keys_derived(door->vault->keys, row->tenant, row->subject, "hold", &key, err));
	buf_init(&text, BODY_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	json_text_at(&out, "reason", hold->reason);
	json_text_at(&out, "by", hold->by);
	json_object_close(&out);
	TRY(buf_finish(&text, &body, err));
	sealed = arena_alloc(arena, body.len + SEAL_EXTRA_BYTES, 1);
	seal(&key, body, (struct str){ (const char *)&place, sizeof(place) }, sealed);
	row->body = (struct str){ (const char *)sealed, body.len + SEAL_EXTRA_BYTES };
	return RC_OK;
}

static MUST_CHECK enum rc
body_open(struct vault *vault, const struct hold_row *row, struct arena *arena,
          struct hold *hold, struct err *err)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	CLEANUP(json_free) struct json json = { NULL };
	struct hold_place place = place_of(row);
	struct str text;
	uint8_t *opened;
	enum rc rc = keys_derived(vault->keys, row->tenant, row->subject, "hold", &key, err);

	if (rc == RC_NOT_FOUND) /* the subject has been erased since */
		return RC_OK;
	TRY(rc);
	if (row->body.len < SEAL_EXTRA_BYTES)
		return FAIL(err, RC_CORRUPT, "a hold is cut short");
	opened = arena_alloc(arena, row->body.len, 1);
	if (seal_open(&key, row->body, (struct str){ (const char *)&place, sizeof(place) },
	              opened, err) != RC_OK)
		return FAIL(err, RC_CORRUPT, "a hold does not open");
	text = (struct str){ (const char *)opened, row->body.len - SEAL_EXTRA_BYTES };
	TRY(json_parse(&json, text, err));
	TRY(json_need_text(json.root, "reason", &hold->reason, err));
	TRY(json_need_text(json.root, "by", &hold->by, err));
	hold->reason = str_copy(arena, hold->reason);
	hold->by = str_copy(arena, hold->by);
	return RC_OK;
}

struct placing {
	struct touch touch;
	struct arena *arena;
	struct hold_row row;
};

/* What is on its way out cannot be held back: its key may be gone already. */
static MUST_CHECK enum rc
class_stays(struct store_tx *tx, const struct hold_row *hold, int64_t class, struct err *err)
{
	struct deadline_row row = { .tenant = hold->tenant,
		                    .subject = hold->subject,
		                    .class = class };
	enum rc rc = store_deadline_find(tx, &row, err);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	if (row.state == DEADLINE_APPROVED || row.state == DEADLINE_PURGING)
		return FAIL(err, RC_GONE, "it is being erased at this moment");
	return RC_OK;
}

static MUST_CHECK enum rc
classes_stay(struct store_tx *tx, const struct placing *placing, struct err *err)
{
	const struct policy *policy = placing->touch.door->tenant->policy;

	if (placing->row.class != 0)
		return class_stays(tx, &placing->row, placing->row.class, err);
	for (size_t i = 0; i < policy->class_count; i++)
		TRY(class_stays(tx, &placing->row, policy->classes[i].number, err));
	return RC_OK;
}

static MUST_CHECK enum rc
record_is_there(struct store_tx *tx, const struct placing *placing, struct err *err)
{
	const struct hold_row *row = &placing->row;
	struct record_row record;

	if (id_is_zero(row->record))
		return RC_OK;
	TRY(store_record_find(tx, row->tenant, row->record, placing->arena, &record, err));
	if (record.class != row->class || !id_eq(record.subject, row->subject))
		return FAIL(err, RC_NOT_FOUND, "there is no such record");
	return RC_OK;
}

static_assert(HOLDS_MOST < LIMIT_PAGE_ROWS, "no hold in force is left unread");

static MUST_CHECK enum rc
holds_have_room(struct store_tx *tx, const struct placing *placing, struct err *err)
{
	struct hold_rows holds;

	TRY(holds_read(tx, placing->row.tenant, placing->row.subject, placing->arena, &holds,
	               err));
	if (holds.count >= HOLDS_MOST)
		return FAIL(err, RC_LIMIT, "%d holds of one person are in force already",
		            HOLDS_MOST);
	return RC_OK;
}

static MUST_CHECK enum rc
place_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct placing *placing = arg;

	TRY(touch_decide(tx, &placing->touch, err));
	if (touch_is_refused(&placing->touch))
		return touch_record(tx, &placing->touch, err);
	TRY(record_is_there(tx, placing, err));
	TRY(classes_stay(tx, placing, err));
	TRY(holds_have_room(tx, placing, err));
	placing->row.created_us = store_tx_now_us(tx);
	TRY(store_hold_insert(tx, &placing->row, err));
	return touch_record(tx, &placing->touch, err);
}

static void
placing_wipe(struct placing *placing)
{
	touch_wipe(&placing->touch);
}

static struct ask
ask_for(const struct door *door, struct id subject)
{
	return (struct ask){ .verb = VERB_MANAGE,
		             .what = STR("holds"),
		             .purpose = door->purpose,
		             .subject = subject };
}

static MUST_CHECK enum rc
hold_row_of(const struct door *door, const struct hold *hold, struct hold_row *row,
            struct err *err)
{
	const struct policy_class *class = policy_class_find(door->tenant->policy, hold->class);

	if (id_is_zero(hold->subject))
		return FAIL(err, RC_INVALID, "subject: a hold names whose data it keeps");
	if (hold->reason.len == 0 || hold->reason.len + hold->by.len > BODY_BYTES / 8)
		return FAIL(err, RC_INVALID, "reason: a hold has one, of at most a page");
	if (hold->class.len != 0 && class == NULL)
		return FAIL(err, RC_INVALID, "class: the policy does not declare it");
	if (!id_is_zero(hold->record) && class == NULL)
		return FAIL(err, RC_INVALID, "class: a record is held in its class");
	*row = (struct hold_row){ .tenant = door->tenant->id,
		                  .id = id_new(clock_now_us(door->vault->clock)),
		                  .subject = hold->subject,
		                  .class = class == NULL ? 0 : class->number,
		                  .record = hold->record };
	return RC_OK;
}

static MUST_CHECK enum rc
hold_reseal_of(const struct door *door, const struct hold_row *row, struct err *err)
{
	const struct hold_range range = { row->subject, row->class };

	if (!id_is_zero(row->record))
		return hold_reseal(door->vault, door->tenant, &row->record, 1, err);
	return hold_reseal_range(door->vault, door->tenant, &range, err);
}

enum rc
vault_hold_place(const struct door *door, struct hold *hold, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(placing_wipe)
	struct placing placing = { .arena = &arena };
	struct ask ask = ask_for(door, hold->subject);

	arena_init(&arena, 4 * MIB);
	TRY(hold_row_of(door, hold, &placing.row, err));
	TRY(touch_begin(&placing.touch, door, &ask, "hold", err));
	TRY(touch_first(&placing.touch, err));
	TRY(body_seal(door, hold, &placing.row, &arena, err));
	TRY(store_write(door->vault->store, place_write, &placing, err));
	TRY(touch_end(&placing.touch, err));
	hold->id = placing.row.id;
	hold->created_us = placing.row.created_us;
	hold->released_us = 0;
	return hold_reseal_of(door, &placing.row, err);
}

/* --- releasing ------------------------------------------------------------------------------
 */

struct releasing {
	struct touch touch;
	struct arena *arena;
	struct hold_row row;
};

static MUST_CHECK enum rc
hold_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct releasing *releasing = arg;

	return store_hold_find(tx, releasing->arena, &releasing->row, err);
}

static MUST_CHECK enum rc
release_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct releasing *releasing = arg;

	TRY(touch_decide(tx, &releasing->touch, err));
	if (!touch_is_refused(&releasing->touch)) {
		releasing->row.released_us = store_tx_now_us(tx);
		TRY(store_hold_release(tx, &releasing->row, err));
	}
	return touch_record(tx, &releasing->touch, err);
}

static void
releasing_wipe(struct releasing *releasing)
{
	touch_wipe(&releasing->touch);
}

enum rc
vault_hold_release(const struct door *door, struct id hold, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(releasing_wipe)
	struct releasing releasing = { .arena = &arena,
		                       .row = { .tenant = door->tenant->id, .id = hold } };
	struct ask ask;

	arena_init(&arena, 4 * MIB);
	TRY(store_read(door->vault->store, hold_find, &releasing, err));
	ask = ask_for(door, releasing.row.subject);
	TRY(touch_begin(&releasing.touch, door, &ask, "hold-release", err));
	TRY(store_write(door->vault->store, release_write, &releasing, err));
	TRY(touch_end(&releasing.touch, err));
	return hold_reseal_of(door, &releasing.row, err);
}

/* --- listing
 * ----------------------------------------------------------------------------------- */

struct hold_list {
	int64_t tenant;
	struct arena *arena;
	struct hold_rows rows;
};

static MUST_CHECK enum rc
hold_list(struct store_tx *tx, void *arg, struct err *err)
{
	struct hold_list *list = arg;

	return holds_read(tx, list->tenant, (struct id){ { 0 } }, list->arena, &list->rows,
	                  err);
}

enum rc
vault_hold_list(const struct door *door, struct arena *arena, struct holds *holds,
                struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct hold_list list = { .tenant = door->tenant->id, .arena = arena };
	struct ask ask = ask_for(door, (struct id){ { 0 } });
	struct hold *items;

	TRY(touch_begin(&touch, door, &ask, "holds", err));
	TRY(store_read(door->vault->store, hold_list, &list, err));
	touch_about(&touch, STR_EMPTY, (int64_t)list.rows.count);
	TRY(touch_commit(&touch, err));
	items =
	    arena_alloc(arena, (list.rows.count + 1) * sizeof(*items), _Alignof(struct hold));
	for (size_t i = 0; i < list.rows.count; i++) {
		const struct hold_row *row = &list.rows.items[i];
		const struct policy_class *class =
		    policy_class_by_number(door->tenant->policy, row->class);
		items[i] = (struct hold){ .id = row->id,
			                  .subject = row->subject,
			                  .class = class == NULL ? STR_EMPTY : class->name,
			                  .record = row->record,
			                  .created_us = row->created_us,
			                  .released_us = row->released_us };
		TRY(body_open(door->vault, row, arena, &items[i], err));
	}
	*holds = (struct holds){ items, list.rows.count };
	return RC_OK;
}

/*
 * The end of one class of one subject: its key, its certificate, its rows.
 *
 * Who calls class_end() has marked the deadline APPROVED in a transaction that
 * saw no hold of the whole class, and no hold can be placed on it from then on.
 * Records that are held one by one are under keys of their own: they stay.
 */
#include "vault/past.h"

#define ROWS_PAGE 500

enum rc
past_entry_write(struct store_tx *tx, const struct past_entry *what, struct err *err)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	struct audit_entry entry = { .act = str_from_c(what->act),
		                     .class = what->class,
		                     .outcome = STR("ok"),
		                     .role = STR("system"),
		                     .purpose = STR("none"),
		                     .detail = str_from_c(what->detail),
		                     .time_us = store_tx_now_us(tx),
		                     .policy = what->tenant->policy->hash,
		                     .count = what->count };
	struct str text;
	int64_t index;

	random_bytes(entry.nonce, sizeof(entry.nonce));
	buf_init(&leaf, 4 * KIB);
	audit_entry_format(&entry, &leaf);
	TRY(buf_finish(&leaf, &text, err));
	return audit_append(tx, what->tenant->id, text, &index, err);
}

int64_t
past_epoch(struct vault *vault)
{
	return keys_epoch(vault->keys);
}

enum rc
past_line(struct vault *vault, struct ledger_line *line, struct err *err)
{
	struct subject_row subject = { .tenant = line->tenant, .id = line->subject };
	enum rc rc = vault_subject_find(vault, &subject, err);

	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (rc == RC_OK && (subject.flags & SUBJECT_CANARY) != 0)
		return RC_OK;
	return ledger_append(vault->ledger, line, err);
}

enum rc
class_approve(struct store_tx *tx, struct deadline_row row, struct err *err)
{
	struct subject_row subject = { .tenant = row.tenant, .id = row.subject };

	row.state = DEADLINE_APPROVED;
	TRY(store_deadline_put(tx, &row, err));
	TRY(store_subject_find(tx, &subject, err));
	subject.flags |= SUBJECT_TRIMMED;
	return store_subject_update(tx, &subject, err);
}

/* --- the key ------------------------------------------------------------------- */

struct ending {
	struct vault *vault;
	struct arena *arena;
	struct deadline_row row;
	struct hold_rows holds;
	struct record_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
ending_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct ending *ending = arg;

	return holds_read(tx, ending->row.tenant, ending->row.subject, ending->arena,
	                  &ending->holds, err);
}

static MUST_CHECK enum rc
held_reseal(const struct ending *ending, const struct tenant *tenant, struct err *err)
{
	for (size_t i = 0; i < ending->holds.count; i++) {
		const struct hold_row *hold = &ending->holds.items[i];
		if (!id_is_zero(hold->record) && hold->class == ending->row.class)
			TRY(hold_reseal_last(ending->vault, tenant, hold->record, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
class_certify(struct store_tx *tx, void *arg, struct err *err)
{
	struct ending *ending = arg;
	struct deadline_row row = ending->row;
	struct erasure_row certificate = { .tenant = row.tenant,
		                           .kind = ERASURE_CLASS,
		                           .subject = row.subject,
		                           .class = row.class,
		                           .made_us = store_tx_now_us(tx),
		                           .beyond_use_us = store_tx_now_us(tx),
		                           .epoch = past_epoch(ending->vault) };
	enum rc rc = store_deadline_find(tx, &row, err);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && row.state != DEADLINE_APPROVED))
		return RC_OK; /* somebody else has done it */
	TRY(rc);
	certificate.id = id_new(store_tx_now_us(tx));
	TRY(store_erasure_insert(tx, &certificate, err));
	TRY(choice_end(tx,
	               &(struct record_row){
			   .tenant = row.tenant, .subject = row.subject, .class = row.class },
	               err));
	TRY(store_projection_end(tx, &row, err));
	row.state = DEADLINE_PURGING;
	return store_deadline_put(tx, &row, err);
}

enum rc
class_end(struct vault *vault, const struct tenant *tenant, const struct deadline_row *row,
          struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct ending ending = { .vault = vault, .arena = &arena, .row = *row };
	struct key_name name = { row->tenant, row->subject, row->class, 0 };
	struct ledger_line line = { .kind = LEDGER_CLASS,
		                    .tenant = row->tenant,
		                    .subject = row->subject,
		                    .class = row->class };

	arena_init(&arena, 4 * MIB);
	atomic_store(&vault->has_purges, true);
	TRY(store_read(vault->store, ending_read, &ending, err));
	TRY(held_reseal(&ending, tenant, err));
	TRY(past_line(vault, &line, err));
	TRY(keys_destroy(vault->keys, &name, err));
	name.month = HOLD_MONTH; /* of holds that have ended */
	if (!hold_has_record_of(&ending.holds, row->class))
		TRY(keys_destroy(vault->keys, &name, err));
	return store_write(vault->store, class_certify, &ending, err);
}

/* --- the rows --------------------------------------------------------------------- */

/* A page of the class' rows that are not held; none left: what is held has a time of
 * its own, which is over. */
static MUST_CHECK enum rc
unheld_remove(struct store_tx *tx, struct ending *ending, int64_t *removed, struct err *err)
{
	struct record_query query = { .tenant = ending->row.tenant,
		                      .subject = ending->row.subject,
		                      .class = ending->row.class,
		                      .order = RECORD_BY_ID,
		                      .limit = ROWS_PAGE,
		                      .without_body = true };

	*removed = 0;
	do {
		TRY(store_record_list(tx, &query, ending->arena, &ending->rows, &ending->count,
		                      err));
		for (size_t i = 0; i < ending->count; i++) {
			const struct record_row *row = &ending->rows[i];
			query.after = row->id;
			if (hold_has_record(&ending->holds, row))
				continue;
			TRY(store_term_delete_record(tx, row->tenant, row->subject, row->id,
			                             err));
			TRY(store_record_delete(tx, row->tenant, row->id, false, err));
			(*removed)++;
		}
	} while (*removed == 0 && ending->count != 0);
	return *removed != 0 ? RC_OK : store_deadline_delete(tx, &ending->row, err);
}

struct purging {
	struct ending ending;
	int64_t removed;
};

static MUST_CHECK enum rc
purge_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct purging *purging = arg;
	struct ending *ending = &purging->ending;

	arena_reset(ending->arena);
	TRY(ending_read(tx, ending, err));
	if (hold_has_record_of(&ending->holds, ending->row.class))
		return unheld_remove(tx, ending, &purging->removed, err);
	return store_class_purge_some(tx, &ending->row, &purging->removed, err);
}

enum rc
class_purge_some(struct vault *vault, const struct deadline_row *row, bool *is_done,
                 struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct purging purging = { .ending = { .vault = vault, .arena = &arena, .row = *row } };
	const struct tenant *tenant = vault_tenant_by_id(vault, row->tenant);

	arena_init(&arena, 4 * MIB);
	TRY(store_write(vault->store, purge_write, &purging, err));
	*is_done = purging.removed == 0;
	if (!*is_done || tenant == NULL)
		return RC_OK;
	return subject_end_if_empty(vault, tenant, row->subject, err);
}

/* --- at somebody's wish -------------------------------------------------------------- */

struct class_erasing {
	struct touch touch;
	struct ending ending;
	bool is_kept;
};

static MUST_CHECK enum rc
class_erase_begin(struct store_tx *tx, void *arg, struct err *err)
{
	struct class_erasing *what = arg;
	struct deadline_row *row = &what->ending.row;

	TRY(touch_decide(tx, &what->touch, err));
	if (touch_is_refused(&what->touch))
		return touch_record(tx, &what->touch, err);
	TRY(ending_read(tx, &what->ending, err));
	if (hold_has_class(&what->ending.holds, row->class))
		return FAIL(err, RC_PRECONDITION, "a hold keeps it");
	row->due_us = store_tx_now_us(tx);
	row->made_us = row->due_us;
	TRY(class_approve(tx, *row, err));
	return touch_record(tx, &what->touch, err);
}

static void
class_erasing_wipe(struct class_erasing *what)
{
	touch_wipe(&what->touch);
}

enum rc
vault_class_erase(const struct door *door, struct id subject, struct str class, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(class_erasing_wipe)
	struct class_erasing what = { .ending = { .vault = door->vault, .arena = &arena } };
	struct ask ask = {
		.verb = VERB_ERASE, .class = class, .purpose = door->purpose, .subject = subject
	};
	const struct policy_class *declared;

	arena_init(&arena, 4 * MIB);
	TRY(touch_begin(&what.touch, door, &ask, "erase-class", err));
	TRY(touch_class(&what.touch, &declared, err));
	TRY(touch_first(&what.touch, err));
	if (declared->keep.required_by.len != 0)
		return FAIL(err, RC_PRECONDITION, "a law asks for it to be kept");
	what.ending.row = (struct deadline_row){ .tenant = door->tenant->id,
		                                 .subject = subject,
		                                 .class = declared->number,
		                                 .state = DEADLINE_APPROVED };
	TRY(store_write(door->vault->store, class_erase_begin, &what, err));
	TRY(touch_end(&what.touch, err));
	TRY(class_end(door->vault, door->tenant, &what.ending.row, err));
	return vault_purge_some(door->vault, clock_monotonic_us() + US_PER_S, err);
}

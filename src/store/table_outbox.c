/* The outbox, leases of the housekeeping, settings. */
#include "base/limits.h"
#include "store/sqlite.h"
#include "store/store.h"

enum rc
store_outbox_insert(struct store_tx *tx, const struct outbox_row *row, struct err *err)
{
	return sql_run(tx, SQL_OUTBOX_INSERT,
	               VALUES(V_NUM(row->tenant), V_ID(row->id), V_NUM(row->created_us),
	                      V_NUM(row->due_us), V_NUM(row->tries), V_NUM(row->state),
	                      V_NUM(store_tx_now_us(tx)), V_BLOB(row->body),
	                      V_ID(row->subject)),
	               err);
}

static void
outbox_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct outbox_row *row = out;

	row->tenant = cursor_number(cursor);
	row->id = cursor_id(cursor);
	row->created_us = cursor_number(cursor);
	row->due_us = cursor_number(cursor);
	row->tries = cursor_number(cursor);
	row->state = cursor_number(cursor);
	row->body = cursor_text(cursor, arena);
}

enum rc
store_outbox_due(struct store_tx *tx, int64_t now_us, struct arena *arena,
                 struct outbox_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value by[] = { V_NUM(OUTBOX_WAITING), V_NUM(now_us),
		                    V_NUM(LIMIT_PAGE_ROWS) };

	TRY(cursor_begin(&cursor, tx, SQL_OUTBOX_DUE, VALUES_OF(by), err));
	TRY(sql_list(&cursor, outbox_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

enum rc
store_outbox_update(struct store_tx *tx, const struct outbox_row *row, struct err *err)
{
	return sql_change_one(tx, SQL_OUTBOX_UPDATE,
	                      VALUES(V_NUM(row->tenant), V_ID(row->id), V_NUM(row->due_us),
	                             V_NUM(row->tries), V_NUM(row->state),
	                             V_NUM(store_tx_now_us(tx))),
	                      RC_NOT_FOUND, err);
}

enum rc
store_outbox_list(struct store_tx *tx, int64_t tenant, struct arena *arena,
                  struct outbox_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value by[] = { V_NUM(tenant), V_NUM(LIMIT_PAGE_ROWS) };

	TRY(cursor_begin(&cursor, tx, SQL_OUTBOX_LIST, VALUES_OF(by), err));
	TRY(sql_list(&cursor, outbox_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

enum rc
store_outbox_sweep(struct store_tx *tx, int64_t before_us, struct err *err)
{
	return sql_run(tx, SQL_OUTBOX_SWEEP, VALUES(V_NUM(OUTBOX_WAITING), V_NUM(before_us)),
	               err);
}

enum rc
store_lease_take(struct store_tx *tx, struct str name, struct id holder, int64_t until_us,
                 struct err *err)
{
	return sql_change_one(
	    tx, SQL_LEASE_TAKE,
	    VALUES(V_TEXT(name), V_ID(holder), V_NUM(until_us), V_NUM(store_tx_now_us(tx))),
	    RC_BUSY, err);
}

enum rc
store_setting_put(struct store_tx *tx, int64_t tenant, struct str name, struct str value,
                  struct err *err)
{
	return sql_run(tx, SQL_SETTING_PUT, VALUES(V_NUM(tenant), V_TEXT(name), V_BLOB(value)),
	               err);
}

static void
setting_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct str *value = out;

	*value = cursor_text(cursor, arena);
}

enum rc
store_setting_find(struct store_tx *tx, int64_t tenant, struct str name, struct arena *arena,
                   struct str *value, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	const struct value by[] = { V_NUM(tenant), V_TEXT(name) };
	struct str found;

	TRY(cursor_begin(&cursor, tx, SQL_SETTING_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, setting_fill, arena, &found, err));
	*value = found;
	return RC_OK;
}

/* Tickets (sessions, links, tokens, codes) and rates. */
#include <assert.h>

#include "store/sqlite.h"
#include "store/store.h"

enum rc
store_ticket_insert(struct store_tx *tx, const struct ticket_row *row, struct err *err)
{
	return sql_run(tx, SQL_TICKET_INSERT,
	               VALUES(V_NUM(row->tenant), V_NUM(row->kind),
	                      V_BYTES(row->hash, HASH_BYTES), V_ID(row->id), V_ID(row->owner),
	                      V_NUM(row->created_us), V_NUM(row->expires_us),
	                      V_NUM(row->used_us), V_NUM(row->state), V_NUM(row->revision),
	                      V_BLOB(row->body)),
	               err);
}

static void
ticket_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct ticket_row *row = out;

	row->tenant = cursor_number(cursor);
	row->kind = cursor_number(cursor);
	cursor_bytes(cursor, row->hash, HASH_BYTES);
	row->id = cursor_id(cursor);
	row->owner = cursor_id(cursor);
	row->created_us = cursor_number(cursor);
	row->expires_us = cursor_number(cursor);
	row->used_us = cursor_number(cursor);
	row->state = cursor_number(cursor);
	row->revision = cursor_number(cursor);
	row->body = cursor_text(cursor, arena);
}

enum rc
store_ticket_find(struct store_tx *tx, struct arena *arena, struct ticket_row *row,
                  struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	const struct value by[] = { V_NUM(row->tenant), V_NUM(row->kind),
		                    V_BYTES(row->hash, HASH_BYTES) };
	struct ticket_row found;

	TRY(cursor_begin(&cursor, tx, SQL_TICKET_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, ticket_fill, arena, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_ticket_update(struct store_tx *tx, const struct ticket_row *row, struct err *err)
{
	return sql_change_one(tx, SQL_TICKET_UPDATE,
	                      VALUES(V_NUM(row->tenant), V_NUM(row->kind),
	                             V_BYTES(row->hash, HASH_BYTES), V_NUM(row->revision),
	                             V_NUM(row->expires_us), V_NUM(row->used_us),
	                             V_NUM(row->state), V_BLOB(row->body)),
	                      RC_RETRY, err);
}

enum rc
store_ticket_delete(struct store_tx *tx, const struct ticket_row *row, struct err *err)
{
	return sql_run(
	    tx, SQL_TICKET_DELETE,
	    VALUES(V_NUM(row->tenant), V_NUM(row->kind), V_BYTES(row->hash, HASH_BYTES)), err);
}

enum rc
store_ticket_list(struct store_tx *tx, int64_t tenant, int kind, struct id owner,
                  struct arena *arena, struct ticket_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value by[] = { V_NUM(tenant), V_NUM(kind), V_ID(owner) };
	bool is_all = id_is_zero(owner);

	TRY(cursor_begin(&cursor, tx, is_all ? SQL_TICKET_LIST : SQL_TICKET_LIST_OWNER,
	                 (struct values){ by, is_all ? 2 : 3 }, err));
	TRY(sql_list(&cursor, ticket_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

enum rc
store_ticket_sweep(struct store_tx *tx, int64_t before_us, int64_t *removed, struct err *err)
{
	return sql_change(tx, SQL_TICKET_SWEEP, VALUES(V_NUM(before_us)), removed, err);
}

enum rc
store_rate_hit(struct store_tx *tx, const struct rate_row *row, int64_t *count, struct err *err)
{
	int64_t now_us = store_tx_now_us(tx);

	assert(row->window_us > 0);
	int64_t ends_us = now_us - now_us % row->window_us + row->window_us;
	TRY(sql_run(tx, SQL_RATE_SWEEP, VALUES(V_NUM(now_us)), err));
	return sql_number(
	    tx, SQL_RATE_HIT,
	    VALUES(V_BYTES(row->mac, MAC_BYTES), V_NUM(ends_us), V_NUM(row->window_us)), count,
	    err);
}

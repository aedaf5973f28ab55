/* What stands beside records: terms, marks, counters, projections; and the
 * removal of everything of one subject. */
#include "store/sqlite.h"
#include "store/store.h"

/* --- terms ------------------------------------------------------------------ */

enum rc
store_term_insert(struct store_tx *tx, const struct term_row *row, struct err *err)
{
	return sql_run(tx, SQL_TERM_INSERT,
	               VALUES(V_NUM(row->tenant), V_NUM(row->class), V_NUM(row->name),
	                      V_BYTES(row->mac, MAC_BYTES), V_ID(row->subject),
	                      V_ID(row->record), V_NUM(row->number)),
	               err);
}

static void
term_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct term_row *row = out;

	(void)arena;
	row->subject = cursor_id(cursor);
	row->record = cursor_id(cursor);
	row->number = cursor_number(cursor);
}

enum rc
store_term_find(struct store_tx *tx, struct term_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct term_row found = *row;
	const struct value by[] = { V_NUM(row->tenant), V_NUM(row->class), V_NUM(row->name),
		                    V_BYTES(row->mac, MAC_BYTES) };

	TRY(cursor_begin(&cursor, tx, SQL_TERM_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, term_fill, NULL, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_term_delete(struct store_tx *tx, const struct term_row *row, struct err *err)
{
	return sql_run(tx, SQL_TERM_DELETE,
	               VALUES(V_NUM(row->tenant), V_NUM(row->class), V_NUM(row->name),
	                      V_BYTES(row->mac, MAC_BYTES)),
	               err);
}

/* --- marks ------------------------------------------------------------------ */

enum rc
store_mark_get(struct store_tx *tx, struct mark_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	const struct value by[] = { V_NUM(row->tenant), V_ID(row->owner), V_NUM(row->block) };
	struct mark_row found = *row;
	bool has_row = false;

	TRY(cursor_begin(&cursor, tx, SQL_MARK_GET, VALUES_OF(by), err));
	TRY(cursor_next(&cursor, &has_row, err));
	if (!has_row) {
		memset(row->bits, 0, sizeof(row->bits));
		return RC_OK;
	}
	found.subject = cursor_id(&cursor);
	cursor_bytes(&cursor, found.bits, sizeof(found.bits));
	TRY(cursor_check(&cursor, err));
	*row = found;
	return RC_OK;
}

enum rc
store_mark_put(struct store_tx *tx, const struct mark_row *row, struct err *err)
{
	return sql_run(tx, SQL_MARK_PUT,
	               VALUES(V_NUM(row->tenant), V_ID(row->owner), V_NUM(row->block),
	                      V_ID(row->subject), V_BYTES(row->bits, sizeof(row->bits))),
	               err);
}

/* --- counters --------------------------------------------------------------- */

enum rc
store_counter_add(struct store_tx *tx, const struct counter_row *row, int64_t *after,
                  struct err *err)
{
	return sql_number(
	    tx, SQL_COUNTER_ADD,
	    VALUES(V_NUM(row->tenant), V_ID(row->owner), V_NUM(row->kind), V_NUM(row->add)),
	    after, err);
}

enum rc
store_counter_get(struct store_tx *tx, const struct counter_row *row, int64_t *value,
                  struct err *err)
{
	enum rc rc = sql_number(tx, SQL_COUNTER_GET,
	                        VALUES(V_NUM(row->tenant), V_ID(row->owner), V_NUM(row->kind)),
	                        value, err);

	if (rc != RC_NOT_FOUND)
		return rc;
	*value = 0;
	return RC_OK;
}

/* --- projections ------------------------------------------------------------ */

enum rc
store_projection_put(struct store_tx *tx, const struct projection_row *row, struct err *err)
{
	enum sql sql = row->version == 1 ? SQL_PROJECTION_INSERT : SQL_PROJECTION_UPDATE;

	return sql_change_one(tx, sql,
	                      VALUES(V_NUM(row->tenant), V_ID(row->subject), V_NUM(row->kind),
	                             V_NUM(row->version), V_BLOB(row->body), V_NUM(row->class)),
	                      RC_RETRY, err);
}

static void
projection_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct projection_row *row = out;

	row->version = cursor_number(cursor);
	row->body = cursor_text(cursor, arena);
}

enum rc
store_projection_find(struct store_tx *tx, struct arena *arena, struct projection_row *row,
                      struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct projection_row found = *row;
	const struct value by[] = { V_NUM(row->tenant), V_ID(row->subject), V_NUM(row->kind) };

	TRY(cursor_begin(&cursor, tx, SQL_PROJECTION_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, projection_fill, arena, &found, err));
	*row = found;
	return RC_OK;
}

/* --- the removal of a subject ------------------------------------------------- */

enum rc
store_subject_purge(struct store_tx *tx, int64_t tenant, struct id subject, struct err *err)
{
	const struct value by[] = { V_NUM(tenant), V_ID(subject) };
	int64_t changed;

	for (enum sql sql = SQL_PURGE_FIRST; sql <= SQL_PURGE_LAST; sql++) {
		do {
			TRY(sql_change(tx, sql, VALUES_OF(by), &changed, err));
		} while (changed != 0);
	}
	return RC_OK;
}

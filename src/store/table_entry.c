/*
 * The audit log's rows.
 *
 * A leaf's number comes from the log's size, which grows in the same savepoint:
 * what is rolled back gives its number back, and the writer thread is alone, so
 * the numbers follow the order of commits without a gap.
 */
#include <assert.h>

#include "base/limits.h"
#include "store/sqlite.h"
#include "store/store.h"

#define ENTRIES_MAX (INT64_C(1) << 40) /* in one tenant's log */
#define TENANTS_MAX (INT64_C(1) << 22)

/* The one integer by which entries are kept: tenant, then index. */
static int64_t
place_of(int64_t tenant, int64_t index)
{
	assert(tenant >= 0 && tenant < TENANTS_MAX);
	if (index < 0)
		index = 0;
	return tenant * ENTRIES_MAX + (index < ENTRIES_MAX ? index : ENTRIES_MAX - 1);
}

enum rc
store_entry_append(struct store_tx *tx, int64_t tenant, struct str leaf, int64_t *index,
                   struct err *err)
{
	int64_t size = 0;

	TRY(sql_number(tx, SQL_LOG_GROW, VALUES(V_NUM(tenant)), &size, err));
	TRY(sql_run(tx, SQL_ENTRY_INSERT,
	            VALUES(V_NUM(place_of(tenant, size - 1)), V_BLOB(leaf)), err));
	*index = size - 1;
	return RC_OK;
}

static void
entry_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct entry_row *row = out;

	row->index = cursor_number(cursor) % ENTRIES_MAX;
	row->leaf = cursor_text(cursor, arena);
}

enum rc
store_entry_list(struct store_tx *tx, int64_t tenant, int64_t from, int64_t count,
                 struct arena *arena, struct entry_row **rows, size_t *found, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	int64_t until = count > ENTRIES_MAX - from ? ENTRIES_MAX : from + count;
	const struct value by[] = { V_NUM(place_of(tenant, from)),
		                    V_NUM(place_of(tenant, until)) };

	TRY(cursor_begin(&cursor, tx, SQL_ENTRY_LIST, VALUES_OF(by), err));
	TRY(sql_list(&cursor, entry_fill, &list, err));
	*rows = list.rows;
	*found = list.count;
	return RC_OK;
}

enum rc
store_entry_size(struct store_tx *tx, int64_t tenant, int64_t *size, struct err *err)
{
	enum rc rc = sql_number(tx, SQL_LOG_SIZE, VALUES(V_NUM(tenant)), size, err);

	if (rc != RC_NOT_FOUND)
		return rc;
	*size = 0;
	return RC_OK;
}

enum rc
store_entry_delete(struct store_tx *tx, int64_t tenant, int64_t before, struct err *err)
{
	return sql_run(tx, SQL_ENTRY_DELETE,
	               VALUES(V_NUM(place_of(tenant, 0)), V_NUM(place_of(tenant, before))),
	               err);
}

/* --- looks ------------------------------------------------------------------ */

enum rc
store_look_insert(struct store_tx *tx, const struct look_row *row, struct err *err)
{
	return sql_run(tx, SQL_LOOK_INSERT,
	               VALUES(V_NUM(row->tenant), V_ID(row->subject), V_NUM(row->index),
	                      V_NUM(row->time_us), V_BLOB(row->body)),
	               err);
}

static void
look_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct look_row *row = out;

	row->tenant = cursor_number(cursor);
	row->subject = cursor_id(cursor);
	row->index = cursor_number(cursor);
	row->time_us = cursor_number(cursor);
	row->body = cursor_text(cursor, arena);
}

enum rc
store_look_list(struct store_tx *tx, int64_t tenant, struct id subject, int64_t before,
                struct arena *arena, struct look_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value by[] = { V_NUM(tenant), V_ID(subject), V_NUM(before),
		                    V_NUM(LIMIT_PAGE_ROWS) };

	TRY(cursor_begin(&cursor, tx, SQL_LOOK_LIST, VALUES_OF(by), err));
	TRY(sql_list(&cursor, look_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

enum rc
store_look_cut_some(struct store_tx *tx, int64_t tenant, int64_t before, int64_t *removed,
                    struct err *err)
{
	*removed = 0;
	return sql_change(tx, SQL_LOOK_CUT, VALUES(V_NUM(tenant), V_NUM(before)), removed, err);
}

/* --- checkpoints ------------------------------------------------------------ */

enum rc
store_checkpoint_put(struct store_tx *tx, const struct checkpoint_row *row, struct err *err)
{
	return sql_run(tx, SQL_CHECKPOINT_PUT,
	               VALUES(V_NUM(row->tenant), V_NUM(row->size), V_NUM(row->time_us),
	                      V_BLOB(row->note)),
	               err);
}

static void
checkpoint_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct checkpoint_row *row = out;

	row->tenant = cursor_number(cursor);
	row->size = cursor_number(cursor);
	row->time_us = cursor_number(cursor);
	row->note = cursor_text(cursor, arena);
}

enum rc
store_checkpoint_latest(struct store_tx *tx, int64_t tenant, struct arena *arena,
                        struct checkpoint_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct checkpoint_row found;
	const struct value by[] = { V_NUM(tenant) };

	TRY(cursor_begin(&cursor, tx, SQL_CHECKPOINT_LATEST, VALUES_OF(by), err));
	TRY(sql_find(&cursor, checkpoint_fill, arena, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_checkpoint_list(struct store_tx *tx, int64_t tenant, struct arena *arena,
                      struct checkpoint_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value by[] = { V_NUM(tenant) };

	TRY(cursor_begin(&cursor, tx, SQL_CHECKPOINT_LIST, VALUES_OF(by), err));
	TRY(sql_list(&cursor, checkpoint_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

enum rc
store_checkpoint_delete(struct store_tx *tx, int64_t tenant, int64_t size, struct err *err)
{
	return sql_run(tx, SQL_CHECKPOINT_DELETE, VALUES(V_NUM(tenant), V_NUM(size)), err);
}

/* --- tiles ------------------------------------------------------------------ */

enum rc
store_tile_put(struct store_tx *tx, const struct tile_row *row, struct err *err)
{
	return sql_run(tx, SQL_TILE_PUT,
	               VALUES(V_NUM(row->tenant), V_NUM(row->level), V_NUM(row->index),
	                      V_BLOB(row->hashes)),
	               err);
}

static void
tile_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct tile_row *row = out;

	row->hashes = cursor_text(cursor, arena);
}

enum rc
store_tile_find(struct store_tx *tx, struct arena *arena, struct tile_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct tile_row found = *row;
	const struct value by[] = { V_NUM(row->tenant), V_NUM(row->level), V_NUM(row->index) };

	TRY(cursor_begin(&cursor, tx, SQL_TILE_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, tile_fill, arena, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_tile_delete(struct store_tx *tx, const struct tile_row *row, struct err *err)
{
	return sql_run(tx, SQL_TILE_DELETE,
	               VALUES(V_NUM(row->tenant), V_NUM(row->level), V_NUM(row->index)), err);
}

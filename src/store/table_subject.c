/* The edges of the key tree, and subjects. */
#include "base/limits.h"
#include "store/sqlite.h"
#include "store/store.h"

/* A scan holds this many rows at a time, so that what it calls may write. */
#define SCAN_ROWS 128

enum rc
store_key_insert(struct store_tx *tx, const struct key_row *row, struct err *err)
{
	return sql_run(tx, SQL_KEY_INSERT,
	               VALUES(V_NUM(row->tenant), V_ID(row->owner), V_NUM(row->class),
	                      V_NUM(row->month), V_NUM(row->slot), V_NUM(row->generation)),
	               err);
}

static void
key_fill_found(struct cursor *cursor, struct arena *arena, void *out)
{
	struct key_row *row = out;

	(void)arena;
	row->slot = cursor_number(cursor);
	row->generation = cursor_number(cursor);
}

enum rc
store_key_find(struct store_tx *tx, struct key_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct key_row found = *row;
	const struct value by[] = { V_NUM(row->tenant), V_ID(row->owner), V_NUM(row->class),
		                    V_NUM(row->month) };

	TRY(cursor_begin(&cursor, tx, SQL_KEY_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, key_fill_found, NULL, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_key_delete(struct store_tx *tx, const struct key_row *row, struct err *err)
{
	return sql_run(
	    tx, SQL_KEY_DELETE,
	    VALUES(V_NUM(row->tenant), V_ID(row->owner), V_NUM(row->class), V_NUM(row->month)),
	    err);
}

static void
key_fill(struct cursor *cursor, struct key_row *row)
{
	row->tenant = cursor_number(cursor);
	row->owner = cursor_id(cursor);
	row->class = cursor_number(cursor);
	row->month = cursor_number(cursor);
	row->slot = cursor_number(cursor);
	row->generation = cursor_number(cursor);
}

/* The next rows after rows[0] in order of the key, into rows[0…]. */
static enum rc
key_scan_page(struct store_tx *tx, enum sql sql, struct key_row rows[SCAN_ROWS], size_t *count,
              struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	const struct key_row after = rows[0];
	const struct value by[] = { V_NUM(after.tenant), V_ID(after.owner), V_NUM(after.class),
		                    V_NUM(after.month), V_NUM(SCAN_ROWS) };
	bool has_row = false;

	*count = 0;
	TRY(cursor_begin(&cursor, tx, sql, VALUES_OF(by), err));
	for (;;) {
		TRY(cursor_next(&cursor, &has_row, err));
		if (!has_row)
			return RC_OK;
		key_fill(&cursor, &rows[(*count)++]);
		TRY(cursor_check(&cursor, err));
	}
}

enum rc
store_key_scan(struct store_tx *tx, int64_t tenant, struct id owner,
               enum rc (*each)(const struct key_row *row, void *arg, struct err *err),
               void *arg, struct err *err)
{
	bool is_all = tenant == 0 && id_is_zero(owner);
	struct key_row rows[SCAN_ROWS] = {
		{ .tenant = tenant, .owner = owner, .class = INT64_MIN, .month = INT64_MIN }
	};
	size_t count = SCAN_ROWS;

	while (count == SCAN_ROWS) {
		TRY(key_scan_page(tx, is_all ? SQL_KEY_SCAN_ALL : SQL_KEY_SCAN_OWNER, rows,
		                  &count, err));
		for (size_t i = 0; i < count; i++)
			TRY(each(&rows[i], arg, err));
		rows[0] = rows[SCAN_ROWS - 1];
	}
	return RC_OK;
}

enum rc
store_subject_insert(struct store_tx *tx, const struct subject_row *row, struct err *err)
{
	return sql_run(tx, SQL_SUBJECT_INSERT,
	               VALUES(V_NUM(row->tenant), V_ID(row->id), V_ID(row->domain),
	                      V_NUM(row->kind), V_NUM(row->flags), V_NUM(row->state_version),
	                      V_NUM(row->created_us)),
	               err);
}

static void
subject_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct subject_row *row = out;

	(void)arena;
	row->tenant = cursor_number(cursor);
	row->id = cursor_id(cursor);
	row->domain = cursor_id(cursor);
	row->kind = cursor_number(cursor);
	row->flags = cursor_number(cursor);
	row->state_version = cursor_number(cursor);
	row->created_us = cursor_number(cursor);
}

enum rc
store_subject_find(struct store_tx *tx, struct subject_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct subject_row found = *row;
	const struct value by[] = { V_NUM(row->tenant), V_ID(row->id) };

	TRY(cursor_begin(&cursor, tx, SQL_SUBJECT_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, subject_fill, NULL, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_subject_update(struct store_tx *tx, const struct subject_row *row, struct err *err)
{
	return sql_change_one(tx, SQL_SUBJECT_UPDATE,
	                      VALUES(V_NUM(row->tenant), V_ID(row->id),
	                             V_NUM(row->state_version), V_NUM(row->flags)),
	                      RC_RETRY, err);
}

enum rc
store_canary_forget(struct store_tx *tx, int64_t tenant, struct id subject, struct err *err)
{
	struct subject_row row = { .tenant = tenant, .id = subject };
	const int64_t erased = SUBJECT_ERASED | SUBJECT_CANARY;
	enum rc rc = store_subject_find(tx, &row, err);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && (row.flags & erased) != erased))
		return RC_OK;
	TRY(rc);
	/* A certificate is younger than whom it is about, and ids are in order of time. */
	TRY(sql_run(tx, SQL_ERASURE_FORGET, VALUES(V_NUM(tenant), V_ID(subject)), err));
	return sql_run(tx, SQL_SUBJECT_FORGET,
	               VALUES(V_NUM(tenant), V_ID(subject), V_NUM(erased)), err);
}

enum rc
store_subject_list(struct store_tx *tx, const struct subject_query *query, struct arena *arena,
                   struct subject_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	enum sql sql = query->kind == 0 ? SQL_SUBJECT_LIST : SQL_SUBJECT_LIST_KIND;
	const struct value by[] = { V_NUM(query->tenant), V_NUM(query->kind),
		                    V_ID(query->after), V_NUM(query->limit) };

	if (query->limit <= 0 || query->limit > LIMIT_PAGE_ROWS)
		return FAIL(err, RC_INVALID, "store: subject: a page of a wrong size");
	TRY(cursor_begin(&cursor, tx, sql, VALUES_OF(by), err));
	TRY(sql_list(&cursor, subject_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

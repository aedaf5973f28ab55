/*
 * Records and their versions.
 *
 * A row is kept small: the end of a stretch of time, the time of the last
 * change and the deadline are stored only where they say something, and an
 * index is only on rows that it can find (see schema.c).
 */
#include "base/limits.h"
#include "store/sqlite.h"
#include "store/store.h"

/* In the order of RECORD_STORED (sql.c): ?1 tenant … ?18 body. */
#define RECORD_VALUES(row)                                                                     \
	{                                                                                      \
		V_NUM((row)->tenant), V_ID((row)->subject), V_NUM((row)->class),               \
		    V_ID((row)->id), V_NUM((row)->version), V_NUM((row)->created_us),          \
		    V_NUM((row)->updated_us - (row)->created_us), V_NUM((row)->change_from),   \
		    V_NUM((row)->change_to), V_NUM((row)->facet[0]), V_NUM((row)->facet[1]),   \
		    V_NUM((row)->facet[2]),                                                    \
		    V_NUM_OR((row)->time_from_us, (row)->time_from_us == (row)->time_to_us),   \
		    V_NUM((row)->time_to_us), V_NUM((row)->items),                             \
		    V_NUM_OR((row)->expires_us, (row)->expires_us == INT64_MAX),               \
		    V_NUM((row)->month), V_BLOB((row)->body)                                   \
	}

static enum rc
record_check(const struct record_row *row, struct err *err)
{
	if (row->time_from_us > row->time_to_us)
		return FAIL(err, RC_INVALID,
		            "store: record: a time that ends before it starts");
	return RC_OK;
}

enum rc
store_record_insert(struct store_tx *tx, const struct record_row *row, struct err *err)
{
	const struct value values[] = RECORD_VALUES(row);

	TRY(record_check(row, err));
	return sql_run(tx, SQL_RECORD_INSERT, VALUES_OF(values), err);
}

enum rc
store_record_update(struct store_tx *tx, const struct record_row *row, bool keep,
                    struct err *err)
{
	const struct value values[] = RECORD_VALUES(row);
	const struct value old[] = { V_NUM(row->tenant), V_ID(row->id),
		                     V_NUM(row->version - 1) };

	TRY(record_check(row, err));
	if (row->version < 2)
		return FAIL(err, RC_RETRY, "store: record: there is no version before it");
	if (keep)
		TRY(sql_change_one(tx, SQL_RECORD_KEEP, VALUES_OF(old), RC_RETRY, err));
	return sql_change_one(tx, SQL_RECORD_UPDATE, VALUES_OF(values), RC_RETRY, err);
}

enum rc
store_record_delete(struct store_tx *tx, int64_t tenant, struct id id, bool keep,
                    struct err *err)
{
	const struct value by[] = { V_NUM(tenant), V_ID(id), V_NUM(0) };
	int64_t removed;

	if (keep)
		TRY(sql_change_one(tx, SQL_RECORD_KEEP, VALUES_OF(by), RC_NOT_FOUND, err));
	TRY(sql_change_one(tx, SQL_RECORD_DELETE, (struct values){ by, 2 }, RC_NOT_FOUND, err));
	if (keep)
		return RC_OK;
	return sql_change(tx, SQL_VERSION_DELETE, (struct values){ by, 2 }, &removed, err);
}

static void
record_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct record_row *row = out;

	row->tenant = cursor_number(cursor);
	row->subject = cursor_id(cursor);
	row->class = cursor_number(cursor);
	row->id = cursor_id(cursor);
	row->version = cursor_number(cursor);
	row->created_us = cursor_number(cursor);
	row->updated_us = row->created_us + cursor_number(cursor);
	row->change_from = cursor_number(cursor);
	row->change_to = cursor_number(cursor);
	for (int i = 0; i < FACETS_MAX; i++)
		row->facet[i] = cursor_number(cursor);
	row->time_from_us = cursor_number(cursor);
	row->time_to_us = cursor_number(cursor);
	row->items = cursor_number(cursor);
	row->expires_us = cursor_number_or(cursor, INT64_MAX);
	row->month = cursor_number(cursor);
	row->body = cursor_text(cursor, arena);
}

enum rc
store_record_find(struct store_tx *tx, int64_t tenant, struct id id, struct arena *arena,
                  struct record_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct record_row found;
	const struct value by[] = { V_NUM(tenant), V_ID(id) };

	TRY(cursor_begin(&cursor, tx, SQL_RECORD_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, record_fill, arena, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_version_list(struct store_tx *tx, int64_t tenant, struct id id, struct arena *arena,
                   struct record_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value by[] = { V_NUM(tenant), V_ID(id) };

	TRY(cursor_begin(&cursor, tx, SQL_VERSION_LIST, VALUES_OF(by), err));
	TRY(sql_list(&cursor, record_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

/* --- lists ------------------------------------------------------------------ */

/* By order, whether a subject is given, whether a class is.  0 (SQL_BEGIN_READ)
 * where no index serves the list. */
static const enum sql record_lists[][2][2] = {
	[RECORD_BY_ID] = { { SQL_RECORD_BY_ID, SQL_RECORD_BY_ID_CLASS },
	                   { SQL_RECORD_BY_ID_SUBJECT, SQL_RECORD_BY_ID_SUBJECT_CLASS } },
	[RECORD_BY_CHANGE] = { { 0, 0 }, { SQL_RECORD_BY_CHANGE, SQL_RECORD_BY_CHANGE } },
	[RECORD_BY_TIME] = { { 0, 0 }, { 0, SQL_RECORD_BY_TIME } },
	[RECORD_BY_TIME_DOWN] = { { 0, 0 }, { 0, SQL_RECORD_BY_TIME_DOWN } },
};

static enum rc
record_list_choose(const struct record_query *query, enum sql *sql, struct err *err)
{
	size_t order = (size_t)query->order;

	if (order >= COUNT_OF(record_lists))
		return FAIL(err, RC_INVALID, "store: record: no such order");
	if (query->limit <= 0 || query->limit > LIMIT_PAGE_ROWS)
		return FAIL(err, RC_INVALID, "store: record: a page of a wrong size");
	*sql = record_lists[order][!id_is_zero(query->subject)][query->class != 0];
	if (*sql == 0)
		return FAIL(err, RC_INVALID,
		            "store: record: this order needs subject and class");
	return RC_OK;
}

/* Where a page begins: after the last row of the one before, else at the end
 * of the order that comes first. */
static void
record_list_start(const struct record_query *query, struct id *after, int64_t *key)
{
	*after = query->after;
	*key = query->after_key;
	if (!id_is_zero(query->after))
		return;
	*key = INT64_MIN;
	if (query->order == RECORD_BY_TIME_DOWN) {
		*key = INT64_MAX;
		memset(after->bytes, 0xff, sizeof(after->bytes));
	}
}

/* Which rows hold the latest items for sure: of those read, the ones that begin
 * last.  A row that ends before all of these began adds nothing. */
struct latest {
	struct latest_start {
		int64_t from_us, items;
	} * starts; /* the latest first */
	size_t count;
	int64_t items; /* of them all */
	int64_t wanted;
};

static void
latest_add(struct latest *latest, const struct record_row *row)
{
	size_t at = latest->count++;

	for (; at > 0 && latest->starts[at - 1].from_us < row->time_from_us; at--)
		latest->starts[at] = latest->starts[at - 1];
	latest->starts[at] = (struct latest_start){ row->time_from_us, row->items };
	latest->items += row->items;
	while (latest->items - latest->starts[latest->count - 1].items >= latest->wanted)
		latest->items -= latest->starts[--latest->count].items;
}

static bool
latest_is_there(const struct latest *latest, const struct record_row *row)
{
	return latest->items >= latest->wanted &&
	       row->time_to_us < latest->starts[latest->count - 1].from_us;
}

static enum rc
record_list_latest(struct cursor *cursor, const struct record_query *query, struct list *list,
                   struct err *err)
{
	struct latest latest = { .wanted = query->items_wanted };
	bool has_row = false;
	void *row;

	latest.starts = arena_alloc(list->arena, (size_t)query->limit * sizeof(*latest.starts),
	                            _Alignof(struct latest_start));
	for (;;) {
		TRY(cursor_next(cursor, &has_row, err));
		if (!has_row)
			return RC_OK;
		TRY(list_add(list, &row, err));
		record_fill(cursor, list->arena, row);
		TRY(cursor_check(cursor, err));
		if (latest_is_there(&latest, row)) {
			list->count--;
			return RC_OK;
		}
		latest_add(&latest, row);
	}
}

/* ?15: where points of time are sought from, or up to which change. */
static int64_t
record_list_bound(const struct record_query *query, int64_t key)
{
	bool is_any_time = query->time_from_us == 0 && query->time_to_us == 0;

	if (query->order == RECORD_BY_CHANGE)
		return query->change_until == 0 ? INT64_MAX : query->change_until;
	return !is_any_time && query->time_from_us > key ? query->time_from_us : key;
}

enum rc
store_record_list(struct store_tx *tx, const struct record_query *query, struct arena *arena,
                  struct record_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	bool is_any_time = query->time_from_us == 0 && query->time_to_us == 0;
	int64_t change_least = query->change_after == 0 ? INT64_MIN : query->change_after + 1;
	int64_t key;
	struct id after;
	enum sql sql;

	TRY(record_list_choose(query, &sql, err));
	record_list_start(query, &after, &key);
	if (query->order == RECORD_BY_CHANGE && key > change_least)
		change_least = key;
	const struct value values[] = {
		V_NUM(query->tenant),
		V_ID(query->subject),
		V_NUM(query->class),
		V_NUM(query->facet[0]),
		V_NUM(query->facet[1]),
		V_NUM(query->facet[2]),
		V_NUM(is_any_time ? INT64_MIN : query->time_from_us),
		V_NUM(is_any_time ? INT64_MAX : query->time_to_us),
		V_NUM(change_least),
		V_NUM(query->items_below),
		V_ID(after),
		V_NUM(key),
		V_NUM(!query->without_body),
		V_NUM(query->limit),
		V_NUM(record_list_bound(query, key)),
	};
	size_t used = COUNT_OF(values) -
	              (query->order != RECORD_BY_TIME && query->order != RECORD_BY_CHANGE);
	TRY(cursor_begin(&cursor, tx, sql, (struct values){ values, used }, err));
	if (query->order == RECORD_BY_TIME_DOWN && query->items_wanted > 0)
		TRY(record_list_latest(&cursor, query, &list, err));
	else
		TRY(sql_list(&cursor, record_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

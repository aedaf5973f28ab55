/* Deadlines, what is past its time, holds, erasures, consents, tallies. */
#include "base/limits.h"
#include "store/duty.h"
#include "store/sqlite.h"

/* --- deadlines ------------------------------------------------------------------- */

enum rc
store_deadline_put(struct store_tx *tx, const struct deadline_row *row, struct err *err)
{
	return sql_run(tx, SQL_DEADLINE_PUT,
	               VALUES(V_NUM(row->tenant), V_ID(row->subject), V_NUM(row->class),
	                      V_NUM(row->due_us), V_NUM(row->state), V_NUM(row->made_us)),
	               err);
}

static void
deadline_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct deadline_row *row = out;

	(void)arena;
	row->tenant = cursor_number(cursor);
	row->subject = cursor_id(cursor);
	row->class = cursor_number(cursor);
	row->due_us = cursor_number(cursor);
	row->state = cursor_number(cursor);
	row->made_us = cursor_number(cursor);
}

enum rc
store_deadline_find(struct store_tx *tx, struct deadline_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	const struct value by[] = { V_NUM(row->tenant), V_ID(row->subject), V_NUM(row->class) };
	struct deadline_row found;

	TRY(cursor_begin(&cursor, tx, SQL_DEADLINE_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, deadline_fill, NULL, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_deadline_delete(struct store_tx *tx, const struct deadline_row *row, struct err *err)
{
	return sql_run(tx, SQL_DEADLINE_DELETE,
	               VALUES(V_NUM(row->tenant), V_ID(row->subject), V_NUM(row->class)), err);
}

enum rc
store_deadline_list(struct store_tx *tx, const struct deadline_query *query,
                    struct arena *arena, struct deadline_row **rows, size_t *count,
                    struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value by[] = { V_NUM(query->tenant), V_NUM(query->state),
		                    V_NUM(query->due_us), V_NUM(query->after_us),
		                    V_ID(query->after),   V_NUM(query->limit) };

	TRY(cursor_begin(&cursor, tx, SQL_DEADLINE_LIST, VALUES_OF(by), err));
	TRY(sql_list(&cursor, deadline_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

/* --- what is past its time --------------------------------------------------------- */

static void
expired_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct record_row *row = out;

	(void)arena;
	row->subject = cursor_id(cursor);
	row->id = cursor_id(cursor);
	row->version = cursor_number(cursor);
	row->created_us = cursor_number(cursor);
	row->items = cursor_number(cursor);
	row->expires_us = cursor_number(cursor);
	row->month = cursor_number(cursor);
}

enum rc
store_record_expired(struct store_tx *tx, const struct expired_query *query,
                     struct arena *arena, struct record_row **rows, size_t *count,
                     struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value by[] = { V_NUM(query->tenant), V_NUM(query->class),
		                    V_NUM(query->due_us), V_NUM(query->after_us),
		                    V_ID(query->after),   V_NUM(query->limit) };
	struct record_row *items;

	TRY(cursor_begin(&cursor, tx, SQL_RECORD_EXPIRED, VALUES_OF(by), err));
	TRY(sql_list(&cursor, expired_fill, &list, err));
	items = list.rows;
	for (size_t i = 0; i < list.count; i++) {
		items[i].tenant = query->tenant;
		items[i].class = query->class;
	}
	*rows = items;
	*count = list.count;
	return RC_OK;
}

enum rc
store_record_expired_count(struct store_tx *tx, const struct expired_query *query,
                           struct expired_count *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	const struct value by[] = { V_NUM(query->tenant), V_NUM(query->class),
		                    V_NUM(query->due_us) };
	bool has_row = false;

	TRY(cursor_begin(&cursor, tx, SQL_RECORD_EXPIRED_COUNT, VALUES_OF(by), err));
	TRY(cursor_next(&cursor, &has_row, err));
	count->count = has_row ? cursor_number(&cursor) : 0;
	count->oldest_us = has_row ? cursor_number_or(&cursor, INT64_MAX) : INT64_MAX;
	return cursor_check(&cursor, err);
}

enum rc
store_term_delete_record(struct store_tx *tx, int64_t tenant, struct id subject,
                         struct id record, struct err *err)
{
	return sql_run(tx, SQL_TERM_DELETE_RECORD,
	               VALUES(V_NUM(tenant), V_ID(subject), V_ID(record)), err);
}

enum rc
store_term_move(struct store_tx *tx, const struct term_move *move, struct err *err)
{
	return sql_run(
	    tx, SQL_TERM_MOVE,
	    VALUES(V_NUM(move->tenant), V_ID(move->subject), V_ID(move->from), V_ID(move->to)),
	    err);
}

enum rc
store_class_purge_some(struct store_tx *tx, const struct deadline_row *what, int64_t *removed,
                       struct err *err)
{
	const struct value by[] = { V_NUM(what->tenant), V_ID(what->subject),
		                    V_NUM(what->class) };

	*removed = 0;
	for (enum sql sql = SQL_PURGE_CLASS_FIRST; sql <= SQL_PURGE_CLASS_LAST && *removed == 0;
	     sql++)
		TRY(sql_change(tx, sql, VALUES_OF(by), removed, err));
	return RC_OK;
}

enum rc
store_projection_end(struct store_tx *tx, const struct deadline_row *what, struct err *err)
{
	return sql_run(tx, SQL_PROJECTION_END,
	               VALUES(V_NUM(what->tenant), V_ID(what->subject), V_NUM(what->class)),
	               err);
}

enum rc
store_subject_purge_some(struct store_tx *tx, int64_t tenant, struct id subject,
                         int64_t *removed, struct err *err)
{
	const struct value by[] = { V_NUM(tenant), V_ID(subject) };

	*removed = 0;
	for (enum sql sql = SQL_PURGE_FIRST; sql <= SQL_PURGE_LAST && *removed == 0; sql++)
		TRY(sql_change(tx, sql, VALUES_OF(by), removed, err));
	return RC_OK;
}

/* Tickets go last: a ticket of the subject may be what says that this is to be done. */
static const enum sql strips[] = {
	SQL_PURGE_TERM, SQL_PURGE_MARK,   SQL_PURGE_COUNTER, SQL_PURGE_PROJECTION,
	SQL_PURGE_LOOK, SQL_PURGE_CHOICE, SQL_PURGE_OUTBOX,  SQL_PURGE_TICKET,
};

enum rc
store_subject_strip_some(struct store_tx *tx, int64_t tenant, struct id subject,
                         int64_t *removed, struct err *err)
{
	const struct value by[] = { V_NUM(tenant), V_ID(subject) };

	*removed = 0;
	for (size_t i = 0; i < COUNT_OF(strips) && *removed == 0; i++)
		TRY(sql_change(tx, strips[i], VALUES_OF(by), removed, err));
	return RC_OK;
}

static MUST_CHECK enum rc
row_reseal(struct store_tx *tx, enum sql sql, const struct record_row *row, int64_t month,
           struct err *err)
{
	return sql_change_one(tx, sql,
	                      VALUES(V_NUM(row->tenant), V_ID(row->id), V_NUM(row->version),
	                             V_NUM(month), V_NUM(row->month), V_BLOB(row->body),
	                             V_NUM_OR(row->expires_us, row->expires_us == INT64_MAX)),
	                      RC_RETRY, err);
}

enum rc
store_record_reseal(struct store_tx *tx, const struct record_row *row, int64_t month,
                    struct err *err)
{
	return row_reseal(tx, SQL_RECORD_RESEAL, row, month, err);
}

enum rc
store_version_reseal(struct store_tx *tx, const struct record_row *row, int64_t month,
                     struct err *err)
{
	return row_reseal(tx, SQL_VERSION_RESEAL, row, month, err);
}

/* --- holds ----------------------------------------------------------------------------- */

enum rc
store_hold_insert(struct store_tx *tx, const struct hold_row *row, struct err *err)
{
	return sql_run(tx, SQL_HOLD_INSERT,
	               VALUES(V_NUM(row->tenant), V_ID(row->id), V_ID(row->subject),
	                      V_NUM(row->class), V_ID(row->record), V_NUM(row->created_us),
	                      V_NUM(row->released_us), V_BLOB(row->body)),
	               err);
}

enum rc
store_hold_release(struct store_tx *tx, const struct hold_row *row, struct err *err)
{
	return sql_change_one(
	    tx, SQL_HOLD_RELEASE,
	    VALUES(V_NUM(row->tenant), V_ID(row->id), V_NUM(row->released_us)), RC_NOT_FOUND,
	    err);
}

static void
hold_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct hold_row *row = out;

	row->tenant = cursor_number(cursor);
	row->id = cursor_id(cursor);
	row->subject = cursor_id(cursor);
	row->class = cursor_number(cursor);
	row->record = cursor_id(cursor);
	row->created_us = cursor_number(cursor);
	row->released_us = cursor_number(cursor);
	row->body = cursor_text(cursor, arena);
}

enum rc
store_hold_find(struct store_tx *tx, struct arena *arena, struct hold_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	const struct value by[] = { V_NUM(row->tenant), V_ID(row->id) };
	struct hold_row found;

	TRY(cursor_begin(&cursor, tx, SQL_HOLD_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, hold_fill, arena, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_hold_list(struct store_tx *tx, int64_t tenant, struct id subject, struct arena *arena,
                struct hold_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value all[] = { V_NUM(tenant), V_NUM(LIMIT_PAGE_ROWS) };
	const struct value one[] = { V_NUM(tenant), V_ID(subject), V_NUM(LIMIT_PAGE_ROWS) };

	if (id_is_zero(subject))
		TRY(cursor_begin(&cursor, tx, SQL_HOLD_LIST, VALUES_OF(all), err));
	else
		TRY(cursor_begin(&cursor, tx, SQL_HOLD_LIST_SUBJECT, VALUES_OF(one), err));
	TRY(sql_list(&cursor, hold_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

/* --- erasures ---------------------------------------------------------------------------- */

enum rc
store_erasure_insert(struct store_tx *tx, const struct erasure_row *row, struct err *err)
{
	return sql_run(tx, SQL_ERASURE_INSERT,
	               VALUES(V_NUM(row->tenant), V_ID(row->id), V_NUM(row->kind),
	                      V_ID(row->subject), V_NUM(row->class), V_ID(row->record),
	                      V_NUM(row->month), V_NUM(row->items), V_NUM(row->made_us),
	                      V_NUM(row->beyond_use_us), V_NUM(row->erased_us),
	                      V_NUM(row->epoch)),
	               err);
}

enum rc
store_erasure_end(struct store_tx *tx, int64_t epoch, int64_t now_us, struct err *err)
{
	return sql_run(tx, SQL_ERASURE_END, VALUES(V_NUM(epoch), V_NUM(now_us)), err);
}

enum rc
store_erasure_beyond(struct store_tx *tx, const struct erasure_row *row, struct err *err)
{
	return sql_run(tx, SQL_ERASURE_BEYOND,
	               VALUES(V_NUM(row->tenant), V_NUM(INT64_MAX), V_NUM(row->class),
	                      V_NUM(row->month), V_NUM(row->beyond_use_us), V_NUM(row->epoch)),
	               err);
}

static void
erasure_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct erasure_row *row = out;

	(void)arena;
	row->tenant = cursor_number(cursor);
	row->id = cursor_id(cursor);
	row->kind = cursor_number(cursor);
	row->subject = cursor_id(cursor);
	row->class = cursor_number(cursor);
	row->record = cursor_id(cursor);
	row->month = cursor_number(cursor);
	row->items = cursor_number(cursor);
	row->made_us = cursor_number(cursor);
	row->beyond_use_us = cursor_number(cursor);
	row->erased_us = cursor_number(cursor);
	row->epoch = cursor_number(cursor);
}

enum rc
store_erasure_find(struct store_tx *tx, struct erasure_row *row, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	const struct value by[] = { V_NUM(row->tenant), V_ID(row->id) };
	struct erasure_row found;

	TRY(cursor_begin(&cursor, tx, SQL_ERASURE_FIND, VALUES_OF(by), err));
	TRY(sql_find(&cursor, erasure_fill, NULL, &found, err));
	*row = found;
	return RC_OK;
}

enum rc
store_erasure_list(struct store_tx *tx, int64_t tenant, struct id before, struct arena *arena,
                   struct erasure_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	struct id end;
	const struct id *last = id_is_zero(before) ? &end : &before;
	const struct value by[] = { V_NUM(tenant), V_ID(*last), V_NUM(LIMIT_PAGE_ROWS) };

	memset(end.bytes, 0xff, sizeof(end.bytes));
	TRY(cursor_begin(&cursor, tx, SQL_ERASURE_LIST, VALUES_OF(by), err));
	TRY(sql_list(&cursor, erasure_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

/* --- consents and objections ----------------------------------------------------------------
 */

enum rc
store_choice_put(struct store_tx *tx, const struct choice_row *row, struct err *err)
{
	return sql_run(tx, SQL_CHOICE_PUT,
	               VALUES(V_NUM(row->tenant), V_ID(row->subject), V_NUM(row->kind),
	                      V_NUM(row->purpose), V_NUM(row->recipient), V_ID(row->person),
	                      V_ID(row->record), V_NUM(row->from_us), V_NUM(row->until_us)),
	               err);
}

enum rc
store_choice_delete(struct store_tx *tx, const struct choice_row *row, struct err *err)
{
	return sql_run(tx, SQL_CHOICE_DELETE,
	               VALUES(V_NUM(row->tenant), V_ID(row->subject), V_NUM(row->kind),
	                      V_NUM(row->purpose), V_NUM(row->recipient), V_ID(row->person)),
	               err);
}

static void
choice_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct choice_row *row = out;

	(void)arena;
	row->tenant = cursor_number(cursor);
	row->subject = cursor_id(cursor);
	row->kind = cursor_number(cursor);
	row->purpose = cursor_number(cursor);
	row->recipient = cursor_number(cursor);
	row->person = cursor_id(cursor);
	row->record = cursor_id(cursor);
	row->from_us = cursor_number(cursor);
	row->until_us = cursor_number(cursor);
}

enum rc
store_choice_list(struct store_tx *tx, const struct choice_row *like, struct arena *arena,
                  struct choice_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	bool is_of_person = id_is_zero(like->subject);
	struct id whose = is_of_person ? like->person : like->subject;
	const struct value by[] = { V_NUM(like->tenant), V_ID(whose), V_NUM(LIMIT_PAGE_ROWS) };

	TRY(cursor_begin(&cursor, tx, is_of_person ? SQL_CHOICE_LIST_PERSON : SQL_CHOICE_LIST,
	                 VALUES_OF(by), err));
	TRY(sql_list(&cursor, choice_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

/* --- tallies -------------------------------------------------------------------------------
 */

enum rc
store_tally_add(struct store_tx *tx, const struct tally_row *row, struct err *err)
{
	return sql_run(tx, SQL_TALLY_ADD,
	               VALUES(V_NUM(row->tenant), V_NUM(row->day), V_TEXT(row->what),
	                      V_NUM(row->bucket), V_NUM(row->count)),
	               err);
}

static void
tally_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct tally_row *row = out;

	row->tenant = cursor_number(cursor);
	row->day = cursor_number(cursor);
	row->what = cursor_text(cursor, arena);
	row->bucket = cursor_number(cursor);
	row->count = cursor_number(cursor);
}

#define TALLY_ROWS_MAX 200000 /* of one list: two years of a few hundred counts a day */

enum rc
store_tally_list(struct store_tx *tx, const struct tally_span *span, struct arena *arena,
                 struct tally_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value by[] = { V_NUM(span->tenant), V_NUM(span->from_day),
		                    V_NUM(span->until_day), V_NUM(TALLY_ROWS_MAX) };

	TRY(cursor_begin(&cursor, tx, SQL_TALLY_LIST, VALUES_OF(by), err));
	TRY(sql_list(&cursor, tally_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

enum rc
store_tally_sweep(struct store_tx *tx, int64_t tenant, int64_t before_day, struct err *err)
{
	return sql_run(tx, SQL_TALLY_SWEEP, VALUES(V_NUM(tenant), V_NUM(before_day)), err);
}

/*
 * SQLite's connections, statements and errors.
 *
 * Pages are read with pread, not mapped: a failing disk is then an error and
 * not a signal.  The page cache is small because the kernel's lies under it.
 * An error text holds SQLite's own word for the code and the table; never its
 * message, which can quote a statement's values.
 */
#include "store/sqlite.h"

#include <assert.h>
#include <errno.h>

#include "base/limits.h"

#define WRITER_CACHE_KIB 16384
#define READER_CACHE_KIB 1024

/* --- errors ------------------------------------------------------------- */

static enum rc
rc_of_constraint(int extended)
{
	switch (extended) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return RC_CONFLICT;
	default:
		return RC_INVALID;
	}
}

/* Why the last call on a file failed, of the database and of its WAL. */
static bool
is_out_of_room(sqlite3 *db)
{
	sqlite3_file *files[2] = { NULL, NULL };

	(void)sqlite3_file_control(db, NULL, SQLITE_FCNTL_FILE_POINTER, &files[0]);
	(void)sqlite3_file_control(db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &files[1]);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		int reason = 0;
		if (files[i] == NULL || files[i]->pMethods == NULL)
			continue;
		(void)files[i]->pMethods->xFileControl(files[i], SQLITE_FCNTL_LAST_ERRNO,
		                                       &reason);
		if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG)
			return true;
	}
	return false;
}

static enum rc
rc_of(sqlite3 *db, int extended)
{
	switch (extended & 0xff) {
	case SQLITE_CONSTRAINT:
		return rc_of_constraint(extended);
	case SQLITE_FULL:
		return RC_FULL;
	case SQLITE_IOERR:
		/* A quota or a limit on the file's size is a full disk too. */
		return is_out_of_room(db) ? RC_FULL : RC_IO;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return RC_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return RC_BUSY;
	case SQLITE_TOOBIG:
		return RC_LIMIT;
	default:
		return RC_IO;
	}
}

static enum rc
sqlite_fail(sqlite3 *db, const char *table, struct err *err)
{
	int extended = sqlite3_extended_errcode(db);
	enum rc rc;

	if ((extended & 0xff) == SQLITE_NOMEM) {
		fprintf(stderr, "store: out of memory\n");
		abort();
	}
	rc = rc_of(db, extended);
	assert(rc != RC_OK);
	return FAIL(err, rc, "store: %s: %s (%d)", table, sqlite3_errstr(extended), extended);
}

/* --- connections -------------------------------------------------------- */

static enum rc
connection_tune(struct connection *connection, enum connection_mode mode, struct err *err)
{
	int cache_kib = mode == CONNECTION_WRITE ? WRITER_CACHE_KIB : READER_CACHE_KIB;
	char text[64];

	(void)snprintf(text, sizeof(text), "PRAGMA cache_size = -%d", cache_kib);
	TRY(connection_exec(connection, text, err));
	TRY(connection_exec(connection, "PRAGMA mmap_size = 0", err));
	TRY(connection_exec(connection, "PRAGMA temp_store = MEMORY", err));
	TRY(connection_exec(connection, "PRAGMA trusted_schema = OFF", err));
	TRY(connection_exec(connection, "PRAGMA cell_size_check = ON", err));
	TRY(connection_exec(connection, "PRAGMA wal_autocheckpoint = 0", err));
	if (mode == CONNECTION_READ)
		return RC_OK;
	TRY(connection_exec(connection, "PRAGMA journal_mode = WAL", err));
	TRY(connection_exec(connection, "PRAGMA synchronous = FULL", err));
	return connection_exec(connection, "PRAGMA secure_delete = ON", err);
}

static int
wal_grown(void *context, sqlite3 *db, const char *schema, int pages)
{
	struct connection *connection = context;

	(void)db;
	(void)schema;
	connection->wal_pages = pages;
	return SQLITE_OK;
}

enum rc
connection_open(struct connection *connection, const char *path, enum connection_mode mode,
                struct err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
	enum rc rc;

	flags |= mode == CONNECTION_READ ? SQLITE_OPEN_READONLY
	                                 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	*connection = (struct connection){ 0 };
	if (sqlite3_open_v2(path, &connection->db, flags, NULL) != SQLITE_OK) {
		rc = sqlite_fail(connection->db, "open", err);
		connection_close(connection);
		return rc;
	}
	(void)sqlite3_db_config(connection->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_busy_timeout(connection->db, LIMIT_STORE_WAIT_MS);
	rc = connection_tune(connection, mode, err);
	if (rc != RC_OK) {
		connection_close(connection);
		return rc;
	}
	(void)sqlite3_wal_hook(connection->db, wal_grown, connection);
	return RC_OK;
}

void
connection_close(struct connection *connection)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		(void)sqlite3_finalize(connection->statements[i]);
	(void)sqlite3_close(connection->db);
	*connection = (struct connection){ 0 };
}

enum rc
connection_exec(struct connection *connection, const char *text, struct err *err)
{
	if (sqlite3_exec(connection->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(connection->db, "file", err);
	return RC_OK;
}

static void
statement_finalize(sqlite3_stmt **statement)
{
	(void)sqlite3_finalize(*statement);
}

static enum rc
answer_one(struct connection *connection, const char *text, sqlite3_stmt **statement,
           struct err *err)
{
	if (sqlite3_prepare_v2(connection->db, text, -1, statement, NULL) != SQLITE_OK)
		return sqlite_fail(connection->db, "file", err);
	if (sqlite3_step(*statement) != SQLITE_ROW)
		return sqlite_fail(connection->db, "file", err);
	return RC_OK;
}

enum rc
connection_number(struct connection *connection, const char *text, int64_t *number,
                  struct err *err)
{
	CLEANUP(statement_finalize) sqlite3_stmt *statement = NULL;

	TRY(answer_one(connection, text, &statement, err));
	*number = sqlite3_column_int64(statement, 0);
	return RC_OK;
}

enum rc
connection_text(struct connection *connection, const char *text, struct arena *arena,
                struct str *answer, struct err *err)
{
	CLEANUP(statement_finalize) sqlite3_stmt *statement = NULL;

	TRY(answer_one(connection, text, &statement, err));
	*answer = str_copy(arena, str_from_c((const char *)sqlite3_column_text(statement, 0)));
	return RC_OK;
}

bool
connection_is_in_transaction(const struct connection *connection)
{
	return sqlite3_get_autocommit(connection->db) == 0;
}

void
connection_rollback(struct connection *connection)
{
	struct err err;

	if (connection_is_in_transaction(connection))
		DISCARD(connection_exec(connection, "ROLLBACK", &err),
		        "SQLite then rolls back by itself");
}

/* --- statements --------------------------------------------------------- */

static enum rc
value_bind(sqlite3_stmt *statement, int at, const struct value *value, struct err *err)
{
	const void *bytes = value->count == 0 ? "" : value->bytes; /* NULL would bind NULL */
	int code = SQLITE_OK;

	switch (value->kind) {
	case VALUE_NULL:
		code = sqlite3_bind_null(statement, at);
		break;
	case VALUE_NUMBER:
		code = sqlite3_bind_int64(statement, at, value->number);
		break;
	case VALUE_BYTES:
		code = sqlite3_bind_blob64(statement, at, bytes, value->count, SQLITE_STATIC);
		break;
	case VALUE_TEXT:
		code = sqlite3_bind_text64(statement, at, bytes, value->count, SQLITE_STATIC,
		                           SQLITE_UTF8);
		break;
	}
	if (code != SQLITE_OK)
		return sqlite_fail(sqlite3_db_handle(statement), "value", err);
	return RC_OK;
}

enum rc
cursor_begin(struct cursor *cursor, struct store_tx *tx, enum sql sql, struct values values,
             struct err *err)
{
	struct connection *connection = tx->connection;
	sqlite3_stmt **kept = &connection->statements[sql];

	if (*kept == NULL &&
	    sqlite3_prepare_v3(connection->db, sql_rows[sql].text, -1,
	                       SQLITE_PREPARE_PERSISTENT, kept, NULL) != SQLITE_OK)
		return sqlite_fail(connection->db, sql_rows[sql].table, err);
	assert(sqlite3_stmt_busy(*kept) == 0);
	*cursor = (struct cursor){ connection, *kept, sql, 0, false, false };
	for (size_t i = 0; i < values.count; i++)
		TRY(value_bind(*kept, (int)i + 1, &values.at[i], err));
	return RC_OK;
}

enum rc
cursor_next(struct cursor *cursor, bool *has_row, struct err *err)
{
	int code = sqlite3_step(cursor->statement);

	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return sqlite_fail(cursor->connection->db, sql_rows[cursor->sql].table, err);
	cursor->column = 0;
	*has_row = code == SQLITE_ROW;
	return RC_OK;
}

void
cursor_end(struct cursor *cursor)
{
	if (cursor->statement == NULL)
		return;
	(void)sqlite3_reset(cursor->statement); /* repeats the error of the step */
	(void)sqlite3_clear_bindings(cursor->statement);
	cursor->statement = NULL;
}

enum rc
sql_run(struct store_tx *tx, enum sql sql, struct values values, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	bool has_row = false;

	TRY(cursor_begin(&cursor, tx, sql, values, err));
	return cursor_next(&cursor, &has_row, err);
}

enum rc
sql_change(struct store_tx *tx, enum sql sql, struct values values, int64_t *changed,
           struct err *err)
{
	TRY(sql_run(tx, sql, values, err));
	*changed = sqlite3_changes64(tx->connection->db);
	return RC_OK;
}

enum rc
sql_change_one(struct store_tx *tx, enum sql sql, struct values values, enum rc otherwise,
               struct err *err)
{
	int64_t changed = 0;

	TRY(sql_change(tx, sql, values, &changed, err));
	if (changed == 0)
		return FAIL(err, otherwise, "store: %s: %s", sql_rows[sql].table,
		            rc_meaning(otherwise));
	return RC_OK;
}

enum rc
sql_number(struct store_tx *tx, enum sql sql, struct values values, int64_t *number,
           struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	bool has_row = false;
	int64_t answer;

	TRY(cursor_begin(&cursor, tx, sql, values, err));
	TRY(cursor_next(&cursor, &has_row, err));
	if (!has_row)
		return FAIL(err, RC_NOT_FOUND, "store: %s: no such row", sql_rows[sql].table);
	answer = cursor_number(&cursor);
	TRY(cursor_check(&cursor, err));
	TRY(cursor_next(&cursor, &has_row, err)); /* a write ends with its last step */
	*number = answer;
	return RC_OK;
}

/* --- rows --------------------------------------------------------------- */

int64_t
cursor_number(struct cursor *cursor)
{
	if (sqlite3_column_type(cursor->statement, cursor->column) != SQLITE_INTEGER)
		cursor->is_broken = true;
	return sqlite3_column_int64(cursor->statement, cursor->column++);
}

int64_t
cursor_number_or(struct cursor *cursor, int64_t absent)
{
	if (sqlite3_column_type(cursor->statement, cursor->column) != SQLITE_NULL)
		return cursor_number(cursor);
	cursor->column++;
	return absent;
}

void
cursor_bytes(struct cursor *cursor, void *out, size_t count)
{
	const void *bytes = sqlite3_column_blob(cursor->statement, cursor->column);
	int len = sqlite3_column_bytes(cursor->statement, cursor->column++);

	if (bytes == NULL || (size_t)len != count)
		cursor->is_broken = true;
	else
		memcpy(out, bytes, count);
}

struct id
cursor_id(struct cursor *cursor)
{
	struct id id = { { 0 } };

	cursor_bytes(cursor, id.bytes, sizeof(id.bytes));
	return id;
}

struct str
cursor_text(struct cursor *cursor, struct arena *arena)
{
	const void *bytes = sqlite3_column_blob(cursor->statement, cursor->column);
	size_t len = (size_t)sqlite3_column_bytes(cursor->statement, cursor->column++);
	char *copy = arena_try_alloc(arena, len + 1, 1);

	if (copy == NULL) {
		cursor->is_too_big = true;
		return STR_EMPTY;
	}
	if (bytes != NULL && len != 0)
		memcpy(copy, bytes, len);
	return (struct str){ copy, len };
}

enum rc
cursor_check(const struct cursor *cursor, struct err *err)
{
	const char *table = sql_rows[cursor->sql].table;

	if (cursor->is_broken)
		return FAIL(err, RC_CORRUPT, "store: %s: a row of a wrong shape", table);
	if (cursor->is_too_big)
		return FAIL(err, RC_LIMIT, "store: %s: the rows do not fit", table);
	return RC_OK;
}

/* --- lists -------------------------------------------------------------- */

static enum rc
list_grow(struct list *list, struct err *err)
{
	size_t room = list->room == 0 ? 8 : 2 * list->room;
	void *rows =
	    arena_try_alloc(list->arena, room * list->row_bytes, _Alignof(max_align_t));

	if (rows == NULL)
		return FAIL(err, RC_LIMIT, "store: the rows do not fit");
	if (list->count != 0)
		memcpy(rows, list->rows, list->count * list->row_bytes);
	list->rows = rows;
	list->room = room;
	return RC_OK;
}

enum rc
list_add(struct list *list, void **row, struct err *err)
{
	if (list->count == list->room)
		TRY(list_grow(list, err));
	*row = (char *)list->rows + list->count++ * list->row_bytes;
	return RC_OK;
}

enum rc
sql_find(struct cursor *cursor, row_fill *fill, struct arena *arena, void *row, struct err *err)
{
	bool has_row = false;

	TRY(cursor_next(cursor, &has_row, err));
	if (!has_row)
		return FAIL(err, RC_NOT_FOUND, "store: %s: no such row",
		            sql_rows[cursor->sql].table);
	fill(cursor, arena, row);
	return cursor_check(cursor, err);
}

enum rc
sql_list(struct cursor *cursor, row_fill *fill, struct list *list, struct err *err)
{
	bool has_row = false;
	void *row;

	for (;;) {
		TRY(cursor_next(cursor, &has_row, err));
		if (!has_row)
			return RC_OK;
		TRY(list_add(list, &row, err));
		fill(cursor, list->arena, row);
		TRY(cursor_check(cursor, err));
	}
}

/*
 * SQLite, wrapped once: connections, statements, values, rows, errors.
 *
 * A connection serves one thread at a time.  Its statements are prepared when
 * first used and kept; each is reset and its values are dropped as soon as its
 * rows are read.  Only src/store includes this header.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "base/arena.h"
#include "base/id.h"
#include "store/sql.h"

struct connection {
	sqlite3 *db;
	sqlite3_stmt *statements[SQL_COUNT];
	int wal_pages; /* after the last commit of this connection */
};

enum connection_mode { CONNECTION_WRITE, CONNECTION_READ };

/* The transaction that rows are read and written in. */
struct store_tx {
	struct connection *connection;
	int64_t now_us;
};

/* RC_IO, RC_CORRUPT, RC_FULL.  Closes what it opened on failure. */
enum rc connection_open(struct connection *connection, const char *path,
                        enum connection_mode mode, struct err *err) MUST_CHECK;
void connection_close(struct connection *connection);
/* For schema and pragmas: text of our own, no values. */
enum rc connection_exec(struct connection *connection, const char *text, struct err *err)
    MUST_CHECK;
enum rc connection_number(struct connection *connection, const char *text, int64_t *number,
                          struct err *err) MUST_CHECK;
/* The first text that a pragma answers, into the arena. */
enum rc connection_text(struct connection *connection, const char *text, struct arena *arena,
                        struct str *answer, struct err *err) MUST_CHECK;
/* Ends a transaction, whatever state it is in. */
void connection_rollback(struct connection *connection);
/* SQLite ends a transaction by itself after some failures. */
bool connection_is_in_transaction(const struct connection *connection);

/* --- values and statements ------------------------------------------------ */

enum value_kind { VALUE_NULL, VALUE_NUMBER, VALUE_BYTES, VALUE_TEXT };

struct value {
	enum value_kind kind;
	int64_t number;
	const void *bytes;
	size_t count;
};

struct values {
	const struct value *at;
	size_t count;
};

#define V_NUM(n)                                                                               \
	{                                                                                      \
		.kind = VALUE_NUMBER, .number = (n)                                            \
	}
#define V_NUM_OR(n, null)                                                                      \
	{                                                                                      \
		.kind = (null) ? VALUE_NULL : VALUE_NUMBER, .number = (n)                      \
	}
#define V_BYTES(p, size)                                                                       \
	{                                                                                      \
		.kind = VALUE_BYTES, .bytes = (p), .count = (size)                             \
	}
#define V_ID(id)    V_BYTES((id).bytes, sizeof((id).bytes))
#define V_BLOB(str) V_BYTES((str).ptr, (str).len)
#define V_TEXT(str)                                                                            \
	{                                                                                      \
		.kind = VALUE_TEXT, .bytes = (str).ptr, .count = (str).len                     \
	}
#define VALUES(...)                                                                            \
	((struct values){ (const struct value[]){ __VA_ARGS__ },                               \
	                  sizeof((const struct value[]){ __VA_ARGS__ }) /                      \
	                      sizeof(struct value) })
/* Of an array, for a cursor: it outlives the statement that begins it. */
#define VALUES_OF(array) ((struct values){ (array), COUNT_OF(array) })
#define NO_VALUES        ((struct values){ NULL, 0 })

/* Runs a statement that answers no rows.  RC_CONFLICT: a key is taken. */
enum rc sql_run(struct store_tx *tx, enum sql sql, struct values values, struct err *err)
    MUST_CHECK;
/* As sql_run(), and how many rows it changed. */
enum rc sql_change(struct store_tx *tx, enum sql sql, struct values values, int64_t *changed,
                   struct err *err) MUST_CHECK;
/* One that must change a row: `otherwise` is what it answers when there is none. */
enum rc sql_change_one(struct store_tx *tx, enum sql sql, struct values values,
                       enum rc otherwise, struct err *err) MUST_CHECK;
/* A statement that answers one number; RC_NOT_FOUND when it answers no row. */
enum rc sql_number(struct store_tx *tx, enum sql sql, struct values values, int64_t *number,
                   struct err *err) MUST_CHECK;

/* --- rows ----------------------------------------------------------------- */

struct cursor {
	struct connection *connection;
	sqlite3_stmt *statement;
	enum sql sql;
	int column; /* the next to be read */
	bool is_broken;
	bool is_too_big;
};

/* Hold it in CLEANUP(cursor_end), zeroed.  The values must live until then. */
enum rc cursor_begin(struct cursor *cursor, struct store_tx *tx, enum sql sql,
                     struct values values, struct err *err) MUST_CHECK;
enum rc cursor_next(struct cursor *cursor, bool *has_row, struct err *err) MUST_CHECK;
void cursor_end(struct cursor *cursor);

/* Columns are read in their order.  One of another shape than expected, or a
 * text that does not fit the arena, marks the row; cursor_check() tells. */
int64_t cursor_number(struct cursor *cursor);
int64_t cursor_number_or(struct cursor *cursor, int64_t absent);
struct id cursor_id(struct cursor *cursor);
void cursor_bytes(struct cursor *cursor, void *out, size_t count);
struct str cursor_text(struct cursor *cursor, struct arena *arena);
enum rc cursor_check(const struct cursor *cursor, struct err *err) MUST_CHECK;

/* --- lists ---------------------------------------------------------------- */

/* An array of rows that grows in an arena. */
struct list {
	struct arena *arena;
	size_t row_bytes;
	void *rows;
	size_t count;
	size_t room;
};

/* A zeroed row at the end; RC_LIMIT when the arena is full. */
enum rc list_add(struct list *list, void **row, struct err *err) MUST_CHECK;

/* Fills a row from a cursor's columns; texts go to the arena. */
typedef void row_fill(struct cursor *cursor, struct arena *arena, void *row);

/* One row into *row; RC_NOT_FOUND. */
enum rc sql_find(struct cursor *cursor, row_fill *fill, struct arena *arena, void *row,
                 struct err *err) MUST_CHECK;
/* Every row the cursor has. */
enum rc sql_list(struct cursor *cursor, row_fill *fill, struct list *list, struct err *err)
    MUST_CHECK;

#endif

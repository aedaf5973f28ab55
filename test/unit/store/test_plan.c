/* Every statement prepares, and every list reads by an index: SQLite's own
 * EXPLAIN QUERY PLAN says which. */
#include "store/fixture.h"

#include "store/sqlite.h"

/* What the plan must say, and that it neither scans nor sorts (unless `sorts`). */
static const struct {
	enum sql sql;
	const char *uses;
	bool sorts;
} plans[] = {
	{ SQL_RECORD_FIND, "record_id (tenant=? AND id=?)", false },
	{ SQL_RECORD_BY_ID, "record_id (tenant=? AND id>?)", false },
	{ SQL_RECORD_BY_ID_CLASS, "record_class (tenant=? AND class=? AND id>?)", false },
	/* One subject's rows, sorted: nothing lists thousands of them this way. */
	{ SQL_RECORD_BY_ID_SUBJECT, "PRIMARY KEY (tenant=? AND subject=?", true },
	{ SQL_RECORD_BY_ID_SUBJECT_CLASS,
	  "PRIMARY KEY (tenant=? AND subject=? AND class=? AND time_to_us>?)", true },
	/* Equal change numbers are put in order of ids. */
	{ SQL_RECORD_BY_CHANGE, "record_change (tenant=? AND subject=? AND change_to>?)",
	  true },
	{ SQL_RECORD_BY_TIME,
	  "record_start (tenant=? AND subject=? AND class=? AND "
	  "time_from_us>? AND time_from_us<?)",
	  false },
	{ SQL_RECORD_BY_TIME,
	  "PRIMARY KEY (tenant=? AND subject=? AND class=? AND "
	  "time_to_us>? AND time_to_us<?)",
	  false },
	{ SQL_RECORD_BY_TIME_DOWN,
	  "PRIMARY KEY (tenant=? AND subject=? AND class=? AND time_to_us>? AND time_to_us<?)",
	  false },
	{ SQL_VERSION_LIST, "version_id (tenant=? AND id=?)", false },
	{ SQL_SUBJECT_LIST, "PRIMARY KEY (tenant=? AND id>?)", false },
	{ SQL_SUBJECT_LIST_KIND, "subject_kind (tenant=? AND kind=? AND id>?)", false },
	{ SQL_KEY_SCAN_OWNER, "PRIMARY KEY (tenant=? AND owner=? AND (class,month)>(?,?))",
	  false },
	{ SQL_TICKET_LIST_OWNER, "ticket_owner (tenant=? AND owner=? AND kind=?)", true },
	{ SQL_TICKET_SWEEP, "ticket_expires (expires_us<?)", false },
	{ SQL_RATE_SWEEP, "rate_ends (ends_us<?)", false },
	{ SQL_OUTBOX_DUE, "outbox_due (state=? AND due_us<?)", true },
	{ SQL_ENTRY_LIST, "PRIMARY KEY (rowid>? AND rowid<?)", false },
	{ SQL_LOOK_LIST, "PRIMARY KEY (tenant=? AND subject=? AND place<?)", false },
	{ SQL_CHECKPOINT_LATEST, "PRIMARY KEY (tenant=?)", false },
	{ SQL_PURGE_RECORD, "PRIMARY KEY (tenant=? AND subject=?)", false },
	{ SQL_PURGE_VERSION, "version_subject (tenant=? AND subject=?)", false },
	{ SQL_PURGE_TERM, "term_subject (tenant=? AND subject=?)", false },
	{ SQL_TERM_DELETE_RECORD, "term_subject (tenant=? AND subject=? AND record=?)", false },
	{ SQL_TERM_MOVE, "term_subject (tenant=? AND subject=? AND record=?)", false },
	{ SQL_LOOK_CUT, "look_place (tenant=? AND place<?)", false },
	{ SQL_PURGE_MARK, "mark_subject (tenant=? AND subject=?)", false },
	{ SQL_PURGE_TICKET, "ticket_owner (tenant=? AND owner=?)", false },
};

/* All lines of a plan in one text. */
static void
explain(sqlite3 *db, enum sql sql, char *plan, size_t room)
{
	sqlite3_stmt *statement = NULL;
	char text[4096];
	size_t len = 0;

	(void)snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", sql_rows[sql].text);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
	plan[0] = '\0';
	while (sqlite3_step(statement) == SQLITE_ROW && len < room)
		len += (size_t)snprintf(plan + len, room - len, "%s\n",
		                        (const char *)sqlite3_column_text(statement, 3));
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
}

static void
lists_read_by_an_index(void **state)
{
	struct fixture *fixture = *state;
	struct connection connection;
	struct err err = { 0 };
	char plan[4096];

	assert_int_equal(connection_open(&connection, fixture->path, CONNECTION_READ, &err),
	                 RC_OK);
	for (size_t i = 0; i < COUNT_OF(plans); i++) {
		explain(connection.db, plans[i].sql, plan, sizeof(plan));
		if (strstr(plan, plans[i].uses) == NULL || strstr(plan, "SCAN") != NULL ||
		    (strstr(plan, "TEMP B-TREE") != NULL) != plans[i].sorts)
			print_error("%s\n%s\n", plans[i].uses, plan);
		assert_non_null(strstr(plan, plans[i].uses));
		assert_null(strstr(plan, "SCAN"));
		assert_int_equal(strstr(plan, "TEMP B-TREE") != NULL, plans[i].sorts);
	}
	connection_close(&connection);
}

static void
every_statement_prepares(void **state)
{
	struct fixture *fixture = *state;
	struct connection connection;
	struct err err = { 0 };

	assert_int_equal(connection_open(&connection, fixture->path, CONNECTION_READ, &err),
	                 RC_OK);
	for (size_t i = 0; i < SQL_COUNT; i++) {
		sqlite3_stmt *statement = NULL;
		assert_non_null(sql_rows[i].text);
		assert_non_null(sql_rows[i].table);
		if (sqlite3_prepare_v2(connection.db, sql_rows[i].text, -1, &statement, NULL) !=
		    SQLITE_OK)
			fail_msg("%s: %s", sql_rows[i].text, sqlite3_errmsg(connection.db));
		assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	}
	connection_close(&connection);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(lists_read_by_an_index),
		STORE_TEST(every_statement_prepares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

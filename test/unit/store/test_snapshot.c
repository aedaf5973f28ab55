/*
 * Snapshots: a database of its own, whole, of one moment.  What was copied is
 * checked by SQLite itself.
 */
#include <sqlite3.h>
#include <sys/stat.h>

#include "fixture.h"
#include "store/snapshot.h"

static enum rc
settings_put(struct store_tx *tx, void *arg, struct err *err)
{
	const int *from = arg;
	char value[600];

	memset(value, 'v', sizeof(value));
	for (int i = *from; i < *from + 1000; i++) {
		char name[24];
		(void)snprintf(name, sizeof(name), "name %d", i);
		TRY(store_setting_put(tx, 1, str_from_c(name),
		                      (struct str){ value, sizeof(value) }, err));
	}
	return RC_OK;
}

static void
add(struct fixture *f, int from)
{
	struct err err = { 0 };

	assert_int_equal(store_write(f->store, settings_put, &from, &err), RC_OK);
}

struct blocks {
	char *bytes;
	size_t count;
};

static struct blocks
take(struct fixture *f, struct store_snapshot *snapshot)
{
	struct blocks all = { arena_alloc(&f->arena, 16UL << 20, 1), 0 };
	struct err err = { 0 };
	size_t count = 1;

	while (count != 0) {
		assert_int_equal(
		    store_snapshot_next(snapshot, all.bytes + all.count, &count, &err), RC_OK);
		all.count += count;
	}
	return all;
}

static int
one_text(void *arg, int columns, char **values, char **names)
{
	(void)columns;
	(void)names;
	(void)snprintf(arg, 64, "%s", values[0]);
	return 0;
}

static void
answers(struct fixture *f, const struct blocks *blocks, const char *sql, const char *expected)
{
	char path[128];
	char found[64] = "";
	sqlite3 *db;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/copy", f->folder);
	file = fopen(path, "wb");
	assert_int_equal(fwrite(blocks->bytes, 1, blocks->count, file), blocks->count);
	(void)fclose(file);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, one_text, found, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	(void)unlink(path);
	assert_string_equal(found, expected);
}

static void
a_snapshot_is_a_whole_database(void **state)
{
	struct fixture *f = *state;
	CLEANUP(store_snapshot_end) struct store_snapshot *snapshot = NULL;
	struct blocks blocks;
	struct err err = { 0 };

	add(f, 0);
	assert_int_equal(store_snapshot_begin(f->store, &snapshot, &err), RC_OK);
	blocks = take(f, snapshot);
	assert_int_equal(blocks.count, store_snapshot_bytes(snapshot));
	assert_true(blocks.count > 2 * SNAPSHOT_BLOCK_BYTES);
	answers(f, &blocks, "PRAGMA integrity_check", "ok");
	answers(f, &blocks, "SELECT count(*) FROM setting WHERE tenant = 1", "1000");
}

static void
what_is_committed_after_the_begin_is_not_in_it(void **state)
{
	struct fixture *f = *state;
	CLEANUP(store_snapshot_end) struct store_snapshot *snapshot = NULL;
	struct blocks blocks;
	struct err err = { 0 };

	add(f, 0);
	assert_int_equal(store_snapshot_begin(f->store, &snapshot, &err), RC_OK);
	add(f, 1000);
	blocks = take(f, snapshot);
	answers(f, &blocks, "SELECT count(*) FROM setting WHERE tenant = 1", "1000");
}

static void
blocks_that_have_not_changed_are_the_same_in_the_next(void **state)
{
	struct fixture *f = *state;
	CLEANUP(store_snapshot_end) struct store_snapshot *first = NULL;
	CLEANUP(store_snapshot_end) struct store_snapshot *second = NULL;
	struct blocks before;
	struct blocks after;
	struct err err = { 0 };
	size_t same = 0;

	for (int i = 0; i < 4; i++)
		add(f, 1000 * i);
	assert_int_equal(store_snapshot_begin(f->store, &first, &err), RC_OK);
	before = take(f, first);
	add(f, 4000);
	assert_int_equal(store_snapshot_begin(f->store, &second, &err), RC_OK);
	after = take(f, second);
	for (size_t at = 0; at + SNAPSHOT_BLOCK_BYTES <= before.count;
	     at += SNAPSHOT_BLOCK_BYTES)
		same += memcmp(before.bytes + at, after.bytes + at, SNAPSHOT_BLOCK_BYTES) == 0;
	assert_true(after.count > before.count);
	assert_true(same >= before.count / SNAPSHOT_BLOCK_BYTES / 2);
}

static void
nothing_of_it_stays_in_the_folder(void **state)
{
	struct fixture *f = *state;
	CLEANUP(store_snapshot_end) struct store_snapshot *snapshot = NULL;
	struct err err = { 0 };
	struct stat found;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s-snapshot", f->path);
	assert_int_equal(store_snapshot_begin(f->store, &snapshot, &err), RC_OK);
	assert_int_not_equal(stat(path, &found), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_snapshot_is_a_whole_database),
		T(what_is_committed_after_the_begin_is_not_in_it),
		T(blocks_that_have_not_changed_are_the_same_in_the_next),
		T(nothing_of_it_stays_in_the_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Transactions: savepoints, group commit, snapshots, opening, a full disk. */
#include "store/fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/limits.h"

/* --- savepoints --------------------------------------------------------------- */

struct step {
	unsigned number;
	enum rc answer; /* of the function itself, after its rows are in */
};

static enum rc
add_setting(struct store_tx *tx, void *arg, struct err *err)
{
	const struct step *step = arg;
	char name[16];

	(void)snprintf(name, sizeof(name), "%u", step->number);
	TRY(store_setting_put(tx, 1, str_from_c(name), STR("x"), err));
	return step->answer == RC_OK ? RC_OK : FAIL(err, step->answer, "on purpose");
}

static enum rc
has_setting(struct store_tx *tx, unsigned number, struct arena *arena, struct err *err)
{
	struct str value;
	char name[16];

	(void)snprintf(name, sizeof(name), "%u", number);
	return store_setting_find(tx, 1, str_from_c(name), arena, &value, err);
}

static enum rc
only_the_good_one(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;

	EXPECT(has_setting(tx, 1, &fixture->arena, err), RC_OK);
	EXPECT(has_setting(tx, 2, &fixture->arena, err), RC_NOT_FOUND);
	return RC_OK;
}

static void
a_write_that_fails_leaves_nothing_and_tells_why(void **state)
{
	struct fixture *fixture = *state;
	struct step good = { 1, RC_OK }, bad = { 2, RC_INVALID };
	struct err err = { 0 };

	must_write(fixture, add_setting, &good);
	assert_int_equal(store_write(fixture->store, add_setting, &bad, &err), RC_INVALID);
	assert_string_equal(err.text, "on purpose");
	must_read(fixture, only_the_good_one, fixture);
}

/* --- many threads ------------------------------------------------------------- */

enum { THREADS = 16, WRITES = 200 };

struct client {
	pthread_t thread;
	struct store *store;
	unsigned number;
	unsigned done;
	unsigned wrong;
};

/* Counts twice and appends a leaf; every fifth then fails. */
static enum rc
client_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct step *step = arg;
	const struct counter_row counter = { .tenant = 1, .kind = 1, .add = 1 };
	int64_t after = 0, index = 0;

	TRY(add_setting(tx, &(struct step){ step->number, RC_OK }, err));
	TRY(store_counter_add(tx, &counter, &after, err));
	TRY(store_entry_append(tx, 1, STR("leaf"), &index, err));
	if (after != index + 1)
		return FAIL(err, RC_CORRUPT, "the counter and the log disagree");
	return step->answer == RC_OK ? RC_OK : FAIL(err, step->answer, "on purpose");
}

static void *
client_run(void *arg)
{
	struct client *client = arg;
	struct err err = { 0 };

	for (unsigned i = 0; i < WRITES; i++) {
		struct step step = { client->number * WRITES + i,
			             i % 5 == 4 ? RC_CONFLICT : RC_OK };
		enum rc rc = store_write(client->store, client_write, &step, &err);
		client->done += rc == RC_OK;
		client->wrong += rc != step.answer;
	}
	return NULL;
}

static enum rc
every_acknowledged_write_is_there(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	const struct counter_row counter = { .tenant = 1, .kind = 1 };
	struct entry_row *rows;
	int64_t value = 0, size = 0;
	size_t count = 0;

	for (unsigned i = 0; i < THREADS * WRITES; i++)
		EXPECT(has_setting(tx, i, &fixture->arena, err),
		       i % WRITES % 5 == 4 ? RC_NOT_FOUND : RC_OK);
	TRY(store_counter_get(tx, &counter, &value, err));
	CHECK(value == THREADS * WRITES / 5 * 4);
	TRY(store_entry_size(tx, 1, &size, err));
	CHECK(size == value);
	TRY(store_entry_list(tx, 1, 0, size, &fixture->arena, &rows, &count, err));
	CHECK(count == (size_t)size);
	for (size_t i = 0; i < count; i++)
		CHECK(rows[i].index == (int64_t)i);
	return RC_OK;
}

static void
many_threads_share_commits_and_all_their_rows_are_there_after_reopening(void **state)
{
	struct fixture *fixture = *state;
	static struct client clients[THREADS];
	struct store_figures figures;
	struct err err = { 0 };

	for (unsigned i = 0; i < THREADS; i++) {
		clients[i] = (struct client){ .store = fixture->store, .number = i };
		assert_int_equal(
		    pthread_create(&clients[i].thread, NULL, client_run, &clients[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(clients[i].thread, NULL), 0);
		assert_int_equal(clients[i].wrong, 0);
		assert_int_equal(clients[i].done, WRITES / 5 * 4);
	}
	store_figures(fixture->store, &figures);
	assert_int_equal(figures.writes, THREADS * WRITES / 5 * 4);
	assert_int_equal(figures.failures, THREADS * WRITES / 5);
	assert_true(figures.commits < figures.writes);
	assert_int_equal(figures.queue, 0);
	assert_int_equal(fixture_reopen(fixture, &err), RC_OK);
	must_read(fixture, every_acknowledged_write_is_there, fixture);
	assert_int_equal(store_check(fixture->store, &err), RC_OK);
}

/* --- time and snapshots ------------------------------------------------------- */

static enum rc
note_time(struct store_tx *tx, void *arg, struct err *err)
{
	(void)err;
	*(int64_t *)arg = store_tx_now_us(tx);
	return RC_OK;
}

static void
time_does_not_go_back_with_the_clock(void **state)
{
	struct fixture *fixture = *state;
	int64_t first_us = 0, second_us = 0, third_us = 0;

	must_write(fixture, note_time, &first_us);
	fixture->clock.offset_us = -US_PER_HOUR;
	must_write(fixture, note_time, &second_us);
	must_read(fixture, note_time, &third_us);
	assert_true(second_us >= first_us);
	assert_true(third_us >= second_us);
	fixture->clock.offset_us = US_PER_HOUR;
	must_write(fixture, note_time, &third_us);
	assert_true(third_us > second_us + US_PER_HOUR / 2);
}

static enum rc
read_around_a_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct step step = { 7, RC_OK };

	EXPECT(has_setting(tx, 7, &fixture->arena, err), RC_NOT_FOUND);
	TRY(store_write(fixture->store, add_setting, &step, err));
	EXPECT(has_setting(tx, 7, &fixture->arena, err), RC_NOT_FOUND);
	return RC_OK;
}

static enum rc
setting_7_is_there(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;

	return has_setting(tx, 7, &fixture->arena, err);
}

static void
a_read_sees_one_snapshot_and_the_next_one_sees_the_write(void **state)
{
	struct fixture *fixture = *state;

	must_read(fixture, read_around_a_write, fixture);
	must_read(fixture, setting_7_is_there, fixture);
}

static void
a_read_cannot_write(void **state)
{
	struct fixture *fixture = *state;
	struct step step = { 1, RC_OK };
	struct err err = { 0 };

	assert_int_equal(store_read(fixture->store, add_setting, &step, &err), RC_IO);
}

/* --- opening ------------------------------------------------------------------ */

static void
put_header(const char *path, long offset, unsigned char byte)
{
	FILE *file = fopen(path, "r+b");

	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	assert_int_equal(fputc(byte, file), byte);
	assert_int_equal(fclose(file), 0);
}

/* The header's user version is the big-endian number at 60, its application id
 * the one at 68 (SQLite file format, section 1.3). */
static void
a_file_of_a_newer_program_or_of_another_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };

	store_close(fixture->store);
	fixture->store = NULL;
	put_header(fixture->path, 63, 99);
	assert_int_equal(fixture_reopen(fixture, &err), RC_PRECONDITION);
	put_header(fixture->path, 63, 2);
	assert_int_equal(fixture_reopen(fixture, &err), RC_OK);
	store_close(fixture->store);
	fixture->store = NULL;
	put_header(fixture->path, 71, 1);
	assert_int_equal(fixture_reopen(fixture, &err), RC_PRECONDITION);
}

static void
a_store_opened_for_reading_refuses_writes(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = { fixture->path, &fixture->clock, true };
	struct step step = { 7, RC_OK };
	struct err err = { 0 };

	must_write(fixture, add_setting, &step);
	store_close(fixture->store);
	fixture->store = NULL;
	assert_int_equal(store_open(&fixture->store, &options, &err), RC_OK);
	must_read(fixture, setting_7_is_there, fixture);
	assert_int_equal(store_write(fixture->store, add_setting, &step, &err), RC_DENIED);
}

static void
an_absent_file_is_not_made_for_reading(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = { "no-such-folder/x.db", &fixture->clock, true };
	struct store *store = NULL;
	struct err err = { 0 };

	assert_int_equal(store_open(&store, &options, &err), RC_IO);
	assert_null(store);
}

/* --- a full disk -------------------------------------------------------------- */

static enum rc
add_large(struct store_tx *tx, void *arg, struct err *err)
{
	static char text[256 * 1024];
	const struct step *step = arg;
	char name[32];

	memset(text, 'x', sizeof(text));
	(void)snprintf(name, sizeof(name), "large %u", step->number);
	return store_setting_put(tx, 1, str_from_c(name), (struct str){ text, sizeof(text) },
	                         err);
}

/* A limit on the size of files stands for the disk: write() then fails with
 * EFBIG, as it fails with ENOSPC or EDQUOT elsewhere. */
static void
a_full_disk_fails_writes_and_later_ones_succeed(void **state)
{
	struct fixture *fixture = *state;
	const struct rlimit small = { 2 << 20, RLIM_INFINITY };
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct err err = { 0 };
	enum rc rc = RC_OK;
	unsigned written = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	while (rc == RC_OK && written < 64) {
		struct step step = { written, RC_OK };
		rc = store_write(fixture->store, add_large, &step, &err);
		written += rc == RC_OK;
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	assert_int_equal(rc, RC_FULL);
	assert_true(written > 0 && written < 64);
	must_write(fixture, add_setting, &(struct step){ 7, RC_OK });
	assert_int_equal(store_check(fixture->store, &err), RC_OK);
	assert_int_equal(fixture_reopen(fixture, &err), RC_OK);
	must_read(fixture, setting_7_is_there, fixture);
}

/* --- damage ------------------------------------------------------------------- */

static enum rc
walk(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct entry_row *entries;
	struct tenant_row *tenants;
	size_t count;

	(void)arg;
	arena_init(&arena, 64UL << 20);
	TRY(store_entry_list(tx, 1, 0, 1000, &arena, &entries, &count, err));
	TRY(store_tenant_list(tx, &arena, &tenants, &count, err));
	return has_setting(tx, 7, &arena, err);
}

/* Flips one byte, opens, reads everything and checks; then flips it back.
 * Bytes inside a sealed body are not SQLite's to guard: opening the seal is. */
static bool
is_found(struct fixture *fixture, long offset)
{
	struct store_options options = { fixture->path, &fixture->clock, true };
	struct store *store = NULL;
	struct err err = { 0 };
	FILE *file = fopen(fixture->path, "r+b");
	int byte;
	enum rc rc;

	(void)fseek(file, offset, SEEK_SET);
	byte = fgetc(file);
	(void)fclose(file);
	put_header(fixture->path, offset, (unsigned char)(byte ^ 0xff));
	rc = store_open(&store, &options, &err);
	if (rc == RC_OK)
		rc = store_read(store, walk, NULL, &err);
	if (rc == RC_OK)
		rc = store_check(store, &err);
	store_close(store);
	put_header(fixture->path, offset, (unsigned char)byte);
	return rc != RC_OK;
}

static void
a_flipped_byte_in_the_file_s_structure_is_found_and_none_crashes(void **state)
{
	struct fixture *fixture = *state;
	struct step step = { 7, RC_OK };
	struct stat size;
	unsigned found = 0, tried = 0;

	must_write(fixture, add_setting, &step);
	for (unsigned i = 0; i < 40; i++)
		must_write(fixture, client_write, &(struct step){ 100 + i, RC_OK });
	store_close(fixture->store);
	fixture->store = NULL;
	assert_int_equal(stat(fixture->path, &size), 0);
	for (long page = 0; page < size.st_size; page += 4096) {
		/* The kind of page, and the number of its cells. */
		long start = page == 0 ? 100 : page;
		assert_true(is_found(fixture, start));
		assert_true(is_found(fixture, start + 4));
	}
	for (long offset = 0; offset < size.st_size; offset += 397, tried++)
		found += is_found(fixture, offset);
	print_message("%u of %u flips found\n", found, tried);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_write_that_fails_leaves_nothing_and_tells_why),
		STORE_TEST(
		    many_threads_share_commits_and_all_their_rows_are_there_after_reopening),
		STORE_TEST(time_does_not_go_back_with_the_clock),
		STORE_TEST(a_read_sees_one_snapshot_and_the_next_one_sees_the_write),
		STORE_TEST(a_read_cannot_write),
		STORE_TEST(a_file_of_a_newer_program_or_of_another_is_refused),
		STORE_TEST(a_store_opened_for_reading_refuses_writes),
		STORE_TEST(an_absent_file_is_not_made_for_reading),
		STORE_TEST(a_full_disk_fails_writes_and_later_ones_succeed),
		STORE_TEST(a_flipped_byte_in_the_file_s_structure_is_found_and_none_crashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

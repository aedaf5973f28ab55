/*
 * How fast the store makes single writes durable, beside raw SQLite.
 *
 * Threads each write one small record, one entry and one counter at a time
 * through store_write(); then one thread writes the same rows with plain
 * SQLite calls, in transactions as large as the store's batches were.  Both
 * run in one folder, one after the other, and the ratio is printed.
 *
 * Build and run (FOLDER must not exist):
 *   make BUILD=release out/release/bench/store && out/release/bench/store FOLDER
 */
#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "store/store.h"

enum { THREADS = 16, SUBJECTS = 500, BODY_BYTES = 128, LEAF_BYTES = 310 };
#define WRITES (THREADS * 2500)

struct client {
	pthread_t thread;
	struct store *store;
	unsigned number;
	int64_t worst_us;
};

struct one_write {
	struct id subject;
	struct id id;
	int64_t index;
};

static char filler[1024];

static struct id
subject_of(unsigned number)
{
	struct id id = { { 1 } };

	/* Spread, as the ids of people are against the order of their readings. */
	memcpy(id.bytes + 4, &(uint32_t){ number * 2654435761u }, 4);
	return id;
}

static enum rc
write_one(struct store_tx *tx, void *arg, struct err *err)
{
	struct one_write *one = arg;
	const struct counter_row counter = { 1, one->subject, 1, 1 };
	struct record_row row = { .tenant = 1,
		                  .subject = one->subject,
		                  .class = 3,
		                  .id = one->id,
		                  .version = 1,
		                  .facet = { 2 },
		                  .items = 1,
		                  .month = 202603,
		                  .expires_us = INT64_MAX };
	int64_t change = 0;

	row.created_us = row.updated_us = row.time_from_us = row.time_to_us =
	    store_tx_now_us(tx);
	row.body = (struct str){ filler, BODY_BYTES };
	TRY(store_counter_add(tx, &counter, &change, err));
	row.change_from = row.change_to = change;
	TRY(store_record_insert(tx, &row, err));
	return store_entry_append(tx, 1, (struct str){ filler, LEAF_BYTES }, &one->index, err);
}

static void *
client_run(void *arg)
{
	struct client *client = arg;
	struct clock clock = { 0 };
	struct err err = { 0 };

	for (unsigned i = 0; i < WRITES / THREADS; i++) {
		int64_t from_us = clock_monotonic_us();
		unsigned number = (i * THREADS + client->number) % SUBJECTS;
		struct one_write one = { subject_of(number), id_new(clock_now_us(&clock)), 0 };
		if (store_write(client->store, write_one, &one, &err) != RC_OK) {
			fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
		int64_t took_us = clock_monotonic_us() - from_us;
		client->worst_us = took_us > client->worst_us ? took_us : client->worst_us;
	}
	return NULL;
}

static double
store_rate(struct store *store, double *batch)
{
	static struct client clients[THREADS];
	int64_t from_us = clock_monotonic_us();
	struct store_figures figures;
	int64_t worst_us = 0;
	double rate;

	for (unsigned i = 0; i < THREADS; i++) {
		clients[i] = (struct client){ .store = store, .number = i };
		if (pthread_create(&clients[i].thread, NULL, client_run, &clients[i]) != 0)
			exit(1);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		(void)pthread_join(clients[i].thread, NULL);
		worst_us = clients[i].worst_us > worst_us ? clients[i].worst_us : worst_us;
	}
	rate = WRITES / ((double)(clock_monotonic_us() - from_us) / 1e6);
	store_figures(store, &figures);
	*batch = (double)figures.writes / (double)figures.commits;
	printf("store            %8.0f writes/s  16 threads, %.1f a commit, worst %.1f ms, "
	       "%.0f bytes a write\n",
	       rate, *batch, (double)worst_us / 1000,
	       (double)figures.database_bytes / (double)figures.writes);
	return rate;
}

/* --- raw SQLite --------------------------------------------------------------- */

static void
must(sqlite3 *db, int code)
{
	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return;
	fprintf(stderr, "%s\n", sqlite3_errmsg(db));
	exit(1);
}

static void
exec(sqlite3 *db, const char *sql)
{
	must(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

enum { RAW_COUNTER, RAW_RECORD, RAW_LOG, RAW_ENTRY, RAW_COUNT };

static const char *const raw_sql[RAW_COUNT] = {
	"INSERT INTO counter VALUES(1, ?1, 1, 1)"
	" ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value",
	"INSERT INTO record(tenant, subject, class, id, version, created_us, updated_after_us,"
	" change_from, change_to, facet0, facet1, facet2, time_to_us, items, month, body)"
	" VALUES(1, ?1, 3, ?2, 1, ?3, 0, ?4, ?4, 2, 0, 0, ?3, 1, 202603, ?5)",
	"INSERT INTO log VALUES(1, 1) ON CONFLICT DO UPDATE SET size = size + 1 RETURNING size",
	"INSERT INTO entry VALUES(?1, ?2)",
};

static int64_t
raw_number(sqlite3 *db, sqlite3_stmt *statement)
{
	int64_t number;

	must(db, sqlite3_step(statement));
	number = sqlite3_column_int64(statement, 0);
	must(db, sqlite3_step(statement));
	must(db, sqlite3_reset(statement));
	return number;
}

static void
raw_write(sqlite3 *db, sqlite3_stmt *const statements[RAW_COUNT], unsigned number)
{
	struct clock clock = { 0 };
	int64_t now_us = clock_now_us(&clock);
	struct id subject = subject_of(number % SUBJECTS), id = id_new(now_us);
	sqlite3_stmt *record = statements[RAW_RECORD], *entry = statements[RAW_ENTRY];

	must(db, sqlite3_bind_blob(statements[RAW_COUNTER], 1, subject.bytes, 16, NULL));
	must(db, sqlite3_bind_int64(record, 4, raw_number(db, statements[RAW_COUNTER])));
	must(db, sqlite3_bind_blob(record, 1, subject.bytes, 16, NULL));
	must(db, sqlite3_bind_blob(record, 2, id.bytes, 16, NULL));
	must(db, sqlite3_bind_int64(record, 3, now_us));
	must(db, sqlite3_bind_blob(record, 5, filler, BODY_BYTES, NULL));
	must(db, sqlite3_step(record));
	must(db, sqlite3_reset(record));
	must(db, sqlite3_bind_int64(entry, 1, raw_number(db, statements[RAW_LOG])));
	must(db, sqlite3_bind_blob(entry, 2, filler, LEAF_BYTES, NULL));
	must(db, sqlite3_step(entry));
	must(db, sqlite3_reset(entry));
}

/* The file has the store's tables, empty: store_open() made it. */
static double
raw_rate(const char *path, unsigned batch)
{
	sqlite3_stmt *statements[RAW_COUNT];
	sqlite3 *db;
	int64_t from_us;
	double rate;

	must(NULL, sqlite3_open(path, &db));
	exec(db, "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
	         " PRAGMA wal_autocheckpoint = 4096");
	for (size_t i = 0; i < RAW_COUNT; i++)
		must(db, sqlite3_prepare_v2(db, raw_sql[i], -1, &statements[i], NULL));
	from_us = clock_monotonic_us();
	for (unsigned i = 0; i < WRITES; i++) {
		if (i % batch == 0)
			exec(db, "BEGIN IMMEDIATE");
		raw_write(db, statements, i);
		if (i % batch == batch - 1 || i == WRITES - 1)
			exec(db, "COMMIT");
	}
	rate = WRITES / ((double)(clock_monotonic_us() - from_us) / 1e6);
	for (size_t i = 0; i < RAW_COUNT; i++)
		(void)sqlite3_finalize(statements[i]);
	(void)sqlite3_close(db);
	printf("raw SQLite       %8.0f writes/s  1 thread, %u a commit\n", rate, batch);
	return rate;
}

/* --- reading ------------------------------------------------------------------ */

static enum rc
list_latest(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct record_query query = { .tenant = 1,
		                      .class = 3,
		                      .limit = 50,
		                      .order = RECORD_BY_TIME_DOWN,
		                      .subject = *(const struct id *)arg };
	struct record_row *rows;
	size_t count = 0;

	arena_init(&arena, MIB);
	TRY(store_record_list(tx, &query, &arena, &rows, &count, err));
	return count == 50 ? RC_OK : FAIL(err, RC_NOT_FOUND, "%zu rows", count);
}

static void
read_rate(struct store *store)
{
	enum { READS = 20000 };
	int64_t from_us = clock_monotonic_us();
	struct err err = { 0 };

	for (unsigned i = 0; i < READS; i++) {
		struct id subject = subject_of(i % SUBJECTS);
		if (store_read(store, list_latest, &subject, &err) != RC_OK) {
			fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
	}
	printf("latest 50        %8.0f lists/s   1 thread\n",
	       READS / ((double)(clock_monotonic_us() - from_us) / 1e6));
}

static struct store *
open_in(const char *folder, const char *name, char path[512])
{
	static const struct clock clock = { 0 };
	const struct store_options options = { path, &clock, false };
	struct store *store = NULL;
	struct err err = { 0 };

	(void)snprintf(path, 512, "%s/%s", folder, name);
	if (store_open(&store, &options, &err) != RC_OK) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return store;
}

int
main(int argc, char **argv)
{
	char path[512], raw_path[512];
	struct store *store;
	double batch = 1, rate, raw;

	if (argc != 2 || mkdir(argv[1], 0700) != 0) {
		fprintf(stderr, "usage: store FOLDER (which must not exist)\n");
		return 2;
	}
	store = open_in(argv[1], "store.db", path);
	rate = store_rate(store, &batch);
	read_rate(store);
	store_close(store);
	store_close(open_in(argv[1], "raw.db", raw_path));
	raw = raw_rate(raw_path, (unsigned)(batch + 0.5));
	printf("store / raw      %8.2f\n", rate / raw);
	return 0;
}

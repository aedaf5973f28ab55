/*
 * How fast sealed and logged writes are, beside the same rows in plain SQLite.
 *
 * Threads post one reading at a time through the intake, as the server's
 * connections do: decided, numbered, packed, sealed, recorded and durable before
 * the call returns.  Then one thread writes the very rows that came of it (record,
 * entry, and the counters and bitmaps beside them) with plain SQLite calls, in
 * transactions as large as the store's batches were.  Both in one folder, one after
 * the other; prints one line of JSON.
 *
 *	vault FOLDER POLICY		FOLDER must not exist
 */
#include <pthread.h>
#include <sqlite3.h>

#include "base/limits.h"
#include "service/measure/analyte.h"
#include "service/measure/intake.h"

enum { THREADS = 16, WRITES_EACH = 1500, COLUMNS_MAX = 20, BITS_BYTES = MARK_BITS / 8 };
#define WRITES (THREADS * WRITES_EACH)

struct member {
	pthread_t thread;
	struct vault *vault;
	const struct tenant *tenant;
	struct actor device;
};

static void
must(enum rc rc, const struct err *err)
{
	if (rc == RC_OK)
		return;
	(void)fprintf(stderr, "%s:%d: %s\n", err->file, err->line, err->text);
	exit(1);
}

/* --- through the vault ------------------------------------------------------------- */

static void
reading_post(const struct member *member, uint64_t sequence)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = { member->vault, member->tenant, &member->device, STR("care") };
	int64_t now_us = clock_now_us(vault_clock(member->vault));
	struct reading reading = { .status = READING_FINAL,
		                   .method = READING_OPTICAL,
		                   .analyte = ANALYTE_GLUCOSE,
		                   .unit = UNIT_MG_DL,
		                   .value = { 90 + (int64_t)(sequence % 90), 0 },
		                   .taken_us = now_us / US_PER_MS * US_PER_MS,
		                   .received_us = now_us,
		                   .device = member->device.id,
		                   .has_sequence = true,
		                   .sequence = sequence };
	struct intake_result result = { 0 };
	struct intake intake = { member->device.subject, &reading, &result, 1 };
	struct err err = { 0 };

	arena_init(&arena, MIB);
	must(intake_store(&door, &intake, &arena, &err), &err);
	if (result.outcome != INTAKE_STORED)
		exit(1);
}

static void *
member_run(void *arg)
{
	for (uint64_t i = 0; i < WRITES_EACH; i++)
		reading_post(arg, i);
	return NULL;
}

static struct str
file_read(const char *path, struct arena *arena)
{
	char *text = arena_alloc(arena, MIB, 1);
	FILE *file = fopen(path, "re");
	size_t len = file == NULL ? 0 : fread(text, 1, MIB, file);

	if (len == 0)
		exit(1);
	(void)fclose(file);
	return (struct str){ text, len };
}

static void
members_make(struct vault *vault, const char *policy, struct arena *arena,
             struct member members[THREADS])
{
	static const struct actor system = { .kind = ACTOR_SYSTEM };
	struct tenant_new new = { .slug = STR("bench"),
		                  .name = STR("Bench"),
		                  .zone = STR("UTC"),
		                  .policy_yaml = file_read(policy, arena) };
	struct policy_diagnostics faults = { .arena = arena };
	struct door door = { vault, NULL, &system, STR("care") };
	struct err err = { 0 };

	new.faults = &faults;
	must(vault_tenant_add(vault, &new, &err), &err);
	door.tenant = vault_tenant_find(vault, new.slug);
	for (size_t i = 0; i < THREADS; i++) {
		struct id member;
		must(vault_subject_add(&door, STR("member"), &member, &err), &err);
		members[i] = (struct member){ .vault = vault, .tenant = door.tenant };
		members[i].device = (struct actor){
			.kind = ACTOR_DEVICE,
			.id = id_new(clock_now_us(vault_clock(vault))),
			.subject = member,
			.role = policy_role_find(door.tenant->policy, STR("device")),
			.assurance = 1,
		};
		reading_post(&members[i], WRITES_EACH); /* makes its keys */
	}
}

static double
vault_rate(struct vault *vault, struct member members[THREADS], double *batch)
{
	struct store_figures before;
	struct store_figures after;
	int64_t begun_us = clock_monotonic_us();
	double seconds;

	store_figures(vault_store(vault), &before);
	for (size_t i = 0; i < THREADS; i++) {
		if (pthread_create(&members[i].thread, NULL, member_run, &members[i]) != 0)
			exit(1);
	}
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(members[i].thread, NULL);
	seconds = (double)(clock_monotonic_us() - begun_us) / 1e6;
	store_figures(vault_store(vault), &after);
	*batch =
	    (double)(after.writes - before.writes) / (double)(after.commits - before.commits);
	return WRITES / seconds;
}

/* --- the same rows, plain --------------------------------------------------------------- */

struct rows {
	sqlite3_value *values[WRITES][COLUMNS_MAX];
	int columns;
	size_t count;
};

static void
sql_must(sqlite3 *db, int code)
{
	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return;
	(void)fprintf(stderr, "%s\n", sqlite3_errmsg(db));
	exit(1);
}

static sqlite3 *
db_open(const char *path)
{
	sqlite3 *db = NULL;

	sql_must(db, sqlite3_open(path, &db));
	sql_must(db, sqlite3_exec(db,
	                          "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
	                          " PRAGMA wal_autocheckpoint = 8192",
	                          NULL, NULL, NULL));
	return db;
}

/* The first WRITES rows, into memory. */
static struct rows *
rows_load(sqlite3 *db, const char *sql)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	sqlite3_stmt *statement = NULL;

	sql_must(db, sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
	rows->columns = sqlite3_column_count(statement);
	while (rows->count < WRITES && sqlite3_step(statement) == SQLITE_ROW) {
		for (int c = 0; c < rows->columns; c++)
			rows->values[rows->count][c] =
			    sqlite3_value_dup(sqlite3_column_value(statement, c));
		rows->count++;
	}
	(void)sqlite3_finalize(statement);
	return rows;
}

static void
row_put(sqlite3_stmt *insert, const struct rows *rows, size_t at)
{
	sqlite3 *db = sqlite3_db_handle(insert);

	for (int c = 0; c < rows->columns; c++)
		sql_must(db, sqlite3_bind_value(insert, c + 1, rows->values[at][c]));
	sql_must(db, sqlite3_step(insert));
	sql_must(db, sqlite3_reset(insert));
}

enum { PUT_RECORD, PUT_ENTRY, PUT_COUNTER, PUT_MARK, PUT_LOG, PUT_COUNT };

/* The columns that the record's own row does not name come from it: ?2 is its subject. */
static const char *const puts_sql[PUT_COUNT] = {
	"INSERT INTO record VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,"
	"?18)",
	"INSERT INTO entry VALUES(?1,?2)",
	"INSERT INTO counter VALUES(1, ?1, 1, 1) ON CONFLICT DO UPDATE SET value = value + 1",
	"INSERT INTO mark VALUES(1, ?1, ?2, ?1, zeroblob(?3))"
	" ON CONFLICT DO UPDATE SET bits = zeroblob(?3)",
	"INSERT INTO log VALUES(1, 1) ON CONFLICT DO UPDATE SET size = size + 1",
};

static void
act_put(sqlite3_stmt *puts[PUT_COUNT], const struct rows *records, const struct rows *entries,
        size_t at)
{
	sqlite3 *db = sqlite3_db_handle(puts[PUT_RECORD]);

	row_put(puts[PUT_RECORD], records, at);
	row_put(puts[PUT_ENTRY], entries, at);
	sql_must(db, sqlite3_bind_value(puts[PUT_COUNTER], 1, records->values[at][1]));
	sql_must(db, sqlite3_bind_value(puts[PUT_MARK], 1, records->values[at][1]));
	sql_must(db, sqlite3_bind_int64(puts[PUT_MARK], 2, (int64_t)at / THREADS / MARK_BITS));
	sql_must(db, sqlite3_bind_int(puts[PUT_MARK], 3, BITS_BYTES));
	for (size_t i = PUT_COUNTER; i < PUT_COUNT; i++) {
		sql_must(db, sqlite3_step(puts[i]));
		sql_must(db, sqlite3_reset(puts[i]));
	}
}

static double
raw_rate(sqlite3 *db, const struct rows *records, const struct rows *entries, size_t batch)
{
	sqlite3_stmt *puts[PUT_COUNT];
	int64_t begun_us;

	for (size_t i = 0; i < PUT_COUNT; i++)
		sql_must(db, sqlite3_prepare_v2(db, puts_sql[i], -1, &puts[i], NULL));
	begun_us = clock_monotonic_us();
	for (size_t i = 0; i < records->count; i++) {
		if (i % batch == 0)
			sql_must(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
		act_put(puts, records, entries, i);
		if (i % batch == batch - 1 || i + 1 == records->count)
			sql_must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
	}
	for (size_t i = 0; i < PUT_COUNT; i++)
		(void)sqlite3_finalize(puts[i]);
	return (double)records->count / ((double)(clock_monotonic_us() - begun_us) / 1e6);
}

/* The tables are the store's own, empty. */
static void
tables_make(const char *path)
{
	static const struct clock clock = { 0 };
	struct store_options options = { path, &clock, false };
	struct store *store = NULL;
	struct err err = { 0 };

	must(store_open(&store, &options, &err), &err);
	store_close(store);
}

static double
plain_rate(const char *folder, size_t batch)
{
	char path[512];
	char plain_path[512];
	struct rows *records;
	struct rows *entries;
	sqlite3 *db;
	double rate;

	(void)snprintf(path, sizeof(path), "%s/troth.db", folder);
	(void)snprintf(plain_path, sizeof(plain_path), "%s/plain.db", folder);
	db = db_open(path);
	records = rows_load(db, "SELECT * FROM record WHERE change_to > 0 ORDER BY id");
	entries = rows_load(db, "SELECT * FROM entry WHERE place >= 1 << 40 ORDER BY place");
	(void)sqlite3_close(db);
	tables_make(plain_path);
	db = db_open(plain_path);
	rate = raw_rate(db, records, entries, batch);
	(void)sqlite3_close(db);
	return rate;
}

int
main(int argc, char **argv)
{
	static struct member members[THREADS];
	struct clock clock = { 0 };
	struct vault_options options = { .clock = &clock, .origin_host = "localhost" };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct vault *vault = NULL;
	struct err err = { 0 };
	double batch = 1;
	double rate;
	double plain;
	bool is_locked;

	if (argc != 3)
		return 2;
	options.dir = argv[1];
	arena_init(&arena, 4 * MIB);
	must(secret_init(16 * MIB, &is_locked, &err), &err);
	must(vault_create(&options, &err), &err);
	must(vault_open(&vault, &options, &err), &err);
	members_make(vault, argv[2], &arena, members);
	rate = vault_rate(vault, members, &batch);
	vault_close(vault);
	plain = plain_rate(argv[1], (size_t)(batch + 0.5));
	printf("{\"sealed_per_s\":%.0f,\"plain_per_s\":%.0f,\"batch\":%.1f}\n", rate, plain,
	       batch);
	return 0;
}

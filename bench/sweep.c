/*
 * How a sweep of a million records goes while others write and read.
 *
 * Expired rows are put into the database file directly (a sweep opens none of them),
 * about a thousand subjects.  Then one thread writes records through the vault, one
 * reads them, and the sweep takes all that is past its time, run by run, as the
 * server's hourly one does.  Prints one line of JSON: records a second, the growth
 * of resident memory while it swept, the slowest and the median write and read, and
 * the same of the writes and reads before it began.
 *
 *	sweep FOLDER POLICY [COUNT]	FOLDER must not exist; COUNT 1000000
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "vault/retention.h"

#define COUNT_USUAL 1000000
#define SUBJECTS    1000
#define BEFORE_US   (3 * US_PER_S) /* of writes and reads with no sweep beside them */
#define TIMES_MAX   200000

struct worker {
	pthread_t thread;
	struct vault *vault;
	const struct tenant *tenant;
	struct id subject, record;
	bool is_writer;
	atomic_bool is_over;
	int64_t *times_us;
	size_t count;
};

static void
must(enum rc rc, const struct err *err)
{
	if (rc == RC_OK)
		return;
	(void)fprintf(stderr, "%s:%d: %s\n", err->file, err->line, err->text);
	exit(1);
}

static int64_t
resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = 0;

	if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
		exit(1);
	(void)fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* --- writes and reads ----------------------------------------------------------- */

static struct door
door_of(const struct worker *worker)
{
	static const struct actor system = { .kind = ACTOR_SYSTEM };

	return (struct door){ worker->vault, worker->tenant, &system, STR("care") };
}

static void
work_once(struct worker *worker)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = door_of(worker);
	struct vault_record record = { .class = STR("health"),
		                       .subject = worker->subject,
		                       .body = STR("{\"kind\":\"meal\"}") };
	struct err err = { 0 };

	arena_init(&arena, MIB);
	if (worker->is_writer)
		must(vault_put(&door, &record, &err), &err);
	else
		must(vault_get(&door, STR("health"), worker->record, &arena, &record, &err),
		     &err);
}

static void *
work(void *arg)
{
	struct worker *worker = arg;

	while (!atomic_load(&worker->is_over)) {
		int64_t begun_us = clock_monotonic_us();
		work_once(worker);
		if (worker->count < TIMES_MAX)
			worker->times_us[worker->count++] = clock_monotonic_us() - begun_us;
		(void)usleep(1000); /* a load, not a flood */
	}
	return NULL;
}

static int
time_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
workers_run(struct worker workers[2])
{
	for (int i = 0; i < 2; i++) {
		atomic_store(&workers[i].is_over, false);
		workers[i].count = 0;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			exit(1);
	}
}

static void
workers_end(struct worker workers[2], const char *when)
{
	for (int i = 0; i < 2; i++) {
		struct worker *worker = &workers[i];
		const char *what = worker->is_writer ? "write" : "read";
		atomic_store(&worker->is_over, true);
		(void)pthread_join(worker->thread, NULL);
		if (worker->count == 0)
			exit(1);
		qsort(worker->times_us, worker->count, sizeof(int64_t), time_order);
		(void)printf(
		    "\"%s_%s_median_us\":%lld,\"%s_%s_p99_us\":%lld,\"%s_%s_slowest_us\":%lld,",
		    when, what, (long long)worker->times_us[worker->count / 2], when, what,
		    (long long)worker->times_us[worker->count * 99 / 100], when, what,
		    (long long)worker->times_us[worker->count - 1]);
	}
}

/* --- the data ---------------------------------------------------------------------- */

static struct str
file_read(const char *path, struct arena *arena)
{
	char *text = arena_alloc(arena, MIB, 1);
	FILE *file = fopen(path, "re");
	size_t len = file == NULL ? 0 : fread(text, 1, MIB, file);

	if (file == NULL || fclose(file) != 0)
		exit(1);
	return (struct str){ text, len };
}

static void
rows_add(const char *folder, const struct tenant *tenant, int count)
{
	int64_t class = policy_class_find(tenant->policy, STR("log"))->number;
	int64_t now_us = clock_now_us(&(struct clock){ 0 });
	sqlite3 *database = NULL;
	char path[512], sql[1024];
	char *message = NULL;

	(void)snprintf(path, sizeof(path), "%s/troth.db", folder);
	(void)snprintf(
	    sql, sizeof(sql),
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO record(tenant, subject, class, id, version, created_us,"
	    " updated_after_us, change_from, change_to, facet0, facet1, facet2, time_from_us,"
	    " time_to_us, items, expires_us, month, body)"
	    " SELECT %lld, CAST(printf('subject%%09d', i %% %d) AS BLOB), %lld, randomblob(16),"
	    " 1, %lld, 0, 0, 0, 0, 0, 0, NULL, i, 1, %lld - i, 202001, randomblob(220) FROM n",
	    count, (long long)tenant->id, SUBJECTS, (long long)class,
	    (long long)(now_us - 100 * US_PER_DAY), (long long)now_us);
	if (sqlite3_open(path, &database) != SQLITE_OK ||
	    sqlite3_busy_timeout(database, 5000) != SQLITE_OK ||
	    sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK) {
		(void)fprintf(stderr, "%s\n", message);
		exit(1);
	}
	(void)sqlite3_close(database);
}

static void
worker_init(struct worker *worker, struct vault *vault, const struct tenant *tenant)
{
	struct vault_record record = { .class = STR("health"),
		                       .body = STR("{\"kind\":\"meal\"}") };
	struct door door;
	struct err err = { 0 };

	worker->vault = vault;
	worker->tenant = tenant;
	worker->times_us = calloc(TIMES_MAX, sizeof(int64_t));
	door = door_of(worker);
	must(vault_subject_add(&door, STR("member"), &worker->subject, &err), &err);
	record.subject = worker->subject;
	must(vault_put(&door, &record, &err), &err);
	worker->record = record.id;
}

/* --- the sweep ------------------------------------------------------------------------ */

static void
sweep_run(struct vault *vault, const struct tenant *tenant, int count)
{
	int64_t begun_us = clock_monotonic_us();
	int64_t before_kib = resident_kib();
	int64_t most_kib = before_kib;
	int64_t erased = 0;
	double seconds;

	while (erased < count) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct retention_run run = { 0 };
		struct err err = { 0 };
		arena_init(&arena, MIB);
		must(vault_retention_sweep(vault, tenant, &run, &arena, &err), &err);
		for (size_t i = 0; i < run.count; i++)
			erased += run.lines[i].erased;
		if (resident_kib() > most_kib)
			most_kib = resident_kib();
	}
	seconds = (double)(clock_monotonic_us() - begun_us) / 1e6;
	(void)printf("\"records\":%lld,\"seconds\":%.1f,\"records_per_s\":%.0f,"
	             "\"resident_growth_kib\":%lld,",
	             (long long)erased, seconds, (double)erased / seconds,
	             (long long)(most_kib - before_kib));
}

int
main(int argc, char **argv)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct clock clock = { 0 };
	struct policy_diagnostics faults = { .arena = &arena };
	struct tenant_new new = { STR("bench"), STR("Bench"), STR("Europe/Paris"), STR_EMPTY,
		                  &faults };
	int count = argc > 3 ? (int)strtol(argv[3], NULL, 10) : COUNT_USUAL;
	struct vault_options options = { .clock = &clock, .origin_host = "localhost" };
	struct worker workers[2] = { { .is_writer = true }, { .is_writer = false } };
	struct vault *vault = NULL;
	const struct tenant *tenant;
	struct err err = { 0 };

	if (argc < 3 || count <= 0)
		return 1;
	arena_init(&arena, 8 * MIB);
	options.dir = argv[1];
	must(mkdir(argv[1], 0700) == 0 ? RC_OK : FAIL(&err, RC_IO, "the folder exists"), &err);
	new.policy_yaml = file_read(argv[2], &arena);
	must(vault_create(&options, &err), &err);
	must(vault_open(&vault, &options, &err), &err);
	must(vault_tenant_add(vault, &new, &err), &err);
	tenant = vault_tenant_find(vault, STR("bench"));
	rows_add(argv[1], tenant, count);
	for (int i = 0; i < 2; i++)
		worker_init(&workers[i], vault, tenant);
	(void)printf("{");
	workers_run(workers);
	(void)usleep(BEFORE_US);
	workers_end(workers, "before");
	workers_run(workers);
	sweep_run(vault, tenant, count);
	workers_end(workers, "during");
	(void)printf("\"count\":%d}\n", count);
	vault_close(vault);
	return 0;
}

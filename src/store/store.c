/*
 * The store as a whole: one writer, a pool of readers, figures, the check.
 *
 * Readers are opened when first needed, up to READERS_MAX, and kept; a thread
 * that finds none free waits.  Each reads one snapshot per transaction.
 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "store/schema.h"
#include "store/writer.h"

#define READERS_MAX 16

struct store {
	char *path;
	struct clock clock_own;
	const struct clock *clock;
	_Atomic int64_t last_us;
	struct writer *writer; /* NULL: read-only */

	pthread_mutex_t mutex; /* guards the four below */
	pthread_cond_t freed;
	struct connection readers[READERS_MAX];
	struct connection *idle[READERS_MAX];
	size_t idle_count;
	size_t opened;
};

int64_t
store_tx_now_us(const struct store_tx *tx)
{
	return tx->now_us;
}

/* --- opening ---------------------------------------------------------------- */

static struct store *
store_new(const struct store_options *options)
{
	struct store *store = calloc(1, sizeof(*store));
	pthread_condattr_t attributes;

	assert(store != NULL);
	store->path = strdup(options->path);
	assert(store->path != NULL);
	store->clock = options->clock == NULL ? &store->clock_own : options->clock;
	(void)pthread_mutex_init(&store->mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&store->freed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return store;
}

/* The first reader proves at start that the file can be read. */
static enum rc
store_start(struct store *store, bool is_read_only, struct err *err)
{
	if (!is_read_only)
		TRY(writer_open(&store->writer, store->path, store->clock, &store->last_us,
		                err));
	TRY(connection_open(&store->readers[0], store->path, CONNECTION_READ, err));
	store->opened = 1;
	store->idle[store->idle_count++] = &store->readers[0];
	return schema_check(&store->readers[0], err);
}

enum rc
store_open(struct store **store, const struct store_options *options, struct err *err)
{
	struct store *opened = store_new(options);
	enum rc rc = store_start(opened, options->is_read_only, err);

	if (rc != RC_OK) {
		store_close(opened);
		return rc;
	}
	*store = opened;
	return RC_OK;
}

/* Readers first: the last connection to close removes the WAL. */
void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	for (size_t i = 0; i < store->opened; i++)
		connection_close(&store->readers[i]);
	if (store->writer != NULL)
		writer_close(store->writer);
	(void)pthread_cond_destroy(&store->freed);
	(void)pthread_mutex_destroy(&store->mutex);
	free(store->path);
	free(store);
}

const char *
store_path(const struct store *store)
{
	return store->path;
}

/* --- reading ---------------------------------------------------------------- */

/* Under the mutex; NULL when all are busy for too long. */
static struct connection *
reader_wait(struct store *store, bool *is_new)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LIMIT_STORE_WAIT_MS / 1000;
	while (store->idle_count == 0) {
		if (store->opened < READERS_MAX) {
			*is_new = true;
			return &store->readers[store->opened++];
		}
		if (pthread_cond_timedwait(&store->freed, &store->mutex, &until) == ETIMEDOUT &&
		    store->idle_count == 0)
			return NULL;
	}
	return store->idle[--store->idle_count];
}

static void
reader_give_back(struct store *store, struct connection *reader)
{
	(void)pthread_mutex_lock(&store->mutex);
	store->idle[store->idle_count++] = reader;
	(void)pthread_cond_signal(&store->freed);
	(void)pthread_mutex_unlock(&store->mutex);
}

/* A reader that did not open stays in its place, closed, and is opened by
 * whoever takes it next. */
static enum rc
reader_take(struct store *store, struct connection **taken, struct err *err)
{
	struct connection *reader;
	bool is_new = false;
	enum rc rc = RC_OK;

	(void)pthread_mutex_lock(&store->mutex);
	reader = reader_wait(store, &is_new);
	(void)pthread_mutex_unlock(&store->mutex);
	if (reader == NULL)
		return FAIL(err, RC_BUSY, "store: too many reads wait");
	if (is_new || reader->db == NULL)
		rc = connection_open(reader, store->path, CONNECTION_READ, err);
	if (rc != RC_OK) {
		reader_give_back(store, reader);
		return rc;
	}
	*taken = reader;
	return RC_OK;
}

enum rc
store_read(struct store *store, enum rc (*fn)(struct store_tx *tx, void *arg, struct err *err),
           void *arg, struct err *err)
{
	struct store_tx tx = { NULL, writer_now_us(store->clock, &store->last_us) };
	struct err end_err;
	enum rc rc;

	TRY(reader_take(store, &tx.connection, err));
	rc = sql_run(&tx, SQL_BEGIN_READ, NO_VALUES, err);
	if (rc == RC_OK)
		rc = fn(&tx, arg, err);
	if (connection_is_in_transaction(tx.connection))
		DISCARD(sql_run(&tx, SQL_COMMIT, NO_VALUES, &end_err), "nothing was changed");
	connection_rollback(tx.connection);
	reader_give_back(store, tx.connection);
	return rc;
}

/* --- writing ---------------------------------------------------------------- */

enum rc
store_write(struct store *store, enum rc (*fn)(struct store_tx *tx, void *arg, struct err *err),
            void *arg, struct err *err)
{
	if (store->writer == NULL)
		return FAIL(err, RC_DENIED, "store: opened for reading only");
	return writer_do(store->writer, fn, arg, err);
}

/* --- figures and check -------------------------------------------------------- */

static uint64_t
file_bytes(const char *path, const char *suffix)
{
	struct stat found;
	char *name = NULL;
	uint64_t bytes = 0;

	if (asprintf(&name, "%s%s", path, suffix) < 0)
		return 0;
	if (stat(name, &found) == 0)
		bytes = (uint64_t)found.st_size;
	free(name);
	return bytes;
}

void
store_figures(struct store *store, struct store_figures *figures)
{
	struct writer_figures written = { 0 };

	if (store->writer != NULL)
		writer_figures(store->writer, &written);
	*figures = (struct store_figures){
		.writes = written.writes,
		.commits = written.commits,
		.failures = written.failures,
		.queue = written.queue,
		.database_bytes = file_bytes(store->path, ""),
		.wal_bytes = file_bytes(store->path, "-wal"),
	};
}

/* On a connection of its own: it may take minutes. */
enum rc
store_check(struct store *store, struct err *err)
{
	CLEANUP(connection_close) struct connection connection = { 0 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str found;

	arena_init(&arena, MIB);
	TRY(connection_open(&connection, store->path, CONNECTION_READ, err));
	TRY(connection_text(&connection, "PRAGMA integrity_check(1)", &arena, &found, err));
	if (!str_eq(found, STR("ok")))
		return FAIL(err, RC_CORRUPT, "store: %.*s", STR_ARGS(found));
	return RC_OK;
}

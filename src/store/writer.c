/*
 * Group commit.
 *
 * Callers queue a job that lies on their own stack and sleep until it is done.
 * The thread takes all that waits (up to LIMIT_STORE_BATCH), runs each job in a
 * savepoint of one transaction, commits, and only then wakes them: what a
 * caller is told has happened is on the disk.  While it waits for the disk the
 * next jobs gather, so batches grow with the load and nobody waits for company.
 *
 * A job that fails is rolled back to its savepoint and the others go on.  A
 * failed commit, or a failure after which SQLite has ended the transaction by
 * itself, fails every job of the batch; the next batch starts afresh.
 *
 * Only this thread checkpoints: passively when the WAL has grown, waiting
 * briefly for readers when that did not help for long, and to nothing when idle.
 *
 * The mutex guards the queue, the figures and each job's state; never SQLite.
 */
#include "store/writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>

#include "base/limits.h"
#include "store/schema.h"

#define WAL_PASSIVE_PAGES 8192  /* 32 MiB: copy back what no reader needs */
#define WAL_RESTART_PAGES 24576 /* 96 MiB: wait for readers, so that it starts over */
#define WAL_RESTART_MS    100
#define IDLE_S            2

enum job_state { JOB_QUEUED, JOB_TAKEN, JOB_DONE };

struct job {
	struct job *next;
	struct job *before;
	enum rc (*fn)(struct store_tx *tx, void *arg, struct err *err);
	void *arg;
	struct err *err;
	enum rc rc;
	enum job_state state;
	pthread_cond_t done;
};

struct writer {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t arrived;
	struct job queue; /* a ring: next is the oldest, before the newest */
	struct writer_figures figures;
	bool is_closing;

	/* the thread's own */
	struct connection connection;
	const struct clock *clock;
	_Atomic int64_t *last_us;
	int checkpointed_pages; /* the WAL's length at the last try */
	bool is_wal_empty;
};

int64_t
writer_now_us(const struct clock *clock, _Atomic int64_t *last_us)
{
	int64_t now_us = clock_now_us(clock);
	int64_t before_us = atomic_load(last_us);

	while (now_us > before_us) {
		if (atomic_compare_exchange_weak(last_us, &before_us, now_us))
			return now_us;
	}
	return before_us;
}

static struct timespec
after_ms(int64_t ms)
{
	struct timespec when;

	(void)clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_sec += (time_t)(ms / 1000);
	when.tv_nsec += (long)(ms % 1000) * 1000000;
	if (when.tv_nsec >= 1000000000) {
		when.tv_sec++;
		when.tv_nsec -= 1000000000;
	}
	return when;
}

static void
cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

/* --- the queue, under the mutex ------------------------------------------- */

static void
job_link(struct writer *writer, struct job *job)
{
	job->next = &writer->queue;
	job->before = writer->queue.before;
	job->before->next = job;
	writer->queue.before = job;
	writer->figures.queue++;
}

static void
job_unlink(struct writer *writer, struct job *job)
{
	job->before->next = job->next;
	job->next->before = job->before;
	writer->figures.queue--;
}

static size_t
batch_take(struct writer *writer, struct job *batch[LIMIT_STORE_BATCH])
{
	size_t count = 0;

	while (writer->queue.next != &writer->queue && count < LIMIT_STORE_BATCH) {
		struct job *job = writer->queue.next;
		job_unlink(writer, job);
		job->state = JOB_TAKEN;
		batch[count++] = job;
	}
	return count;
}

static void
batch_give_back(struct writer *writer, struct job *batch[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		writer->figures.writes += batch[i]->rc == RC_OK;
		writer->figures.failures += batch[i]->rc != RC_OK;
		batch[i]->state = JOB_DONE;
		/* The job is gone as soon as its owner sees this. */
		(void)pthread_cond_signal(&batch[i]->done);
	}
}

/* --- a batch ---------------------------------------------------------------- */

static enum rc
job_run_in_savepoint(struct store_tx *tx, struct job *job)
{
	enum sql end = SQL_SAVEPOINT_RELEASE;
	struct err err;

	TRY(sql_run(tx, SQL_SAVEPOINT, NO_VALUES, job->err));
	job->rc = job->fn(tx, job->arg, job->err);
	if (!connection_is_in_transaction(tx->connection))
		return job->rc == RC_OK ? RC_IO : job->rc;
	if (job->rc != RC_OK) {
		TRY(sql_run(tx, SQL_SAVEPOINT_ROLLBACK, NO_VALUES, &err));
	}
	return sql_run(tx, end, NO_VALUES, &err);
}

/* A failure here is the whole batch's. */
static enum rc
batch_run(struct store_tx *tx, struct job *batch[], size_t count, struct err *err)
{
	TRY(sql_run(tx, SQL_BEGIN_WRITE, NO_VALUES, err));
	for (size_t i = 0; i < count; i++) {
		enum rc rc = job_run_in_savepoint(tx, batch[i]);
		if (rc != RC_OK)
			return FAIL(err, rc, "store: the transaction ended early");
	}
	return sql_run(tx, SQL_COMMIT, NO_VALUES, err);
}

static void
batch_fail(struct job *batch[], size_t count, const struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (batch[i]->rc != RC_OK)
			continue; /* its own failure says more */
		batch[i]->rc = err->rc;
		*batch[i]->err = *err;
	}
}

static enum rc
batch_commit(struct writer *writer, struct job *batch[], size_t count)
{
	struct store_tx tx = { &writer->connection,
		               writer_now_us(writer->clock, writer->last_us) };
	struct err err = { 0 };
	enum rc rc = batch_run(&tx, batch, count, &err);

	if (rc != RC_OK) {
		connection_rollback(&writer->connection);
		batch_fail(batch, count, &err);
	}
	writer->is_wal_empty = false;
	return rc;
}

/* --- the WAL ---------------------------------------------------------------- */

static bool
checkpoint(struct writer *writer, int mode, int wait_ms)
{
	sqlite3 *db = writer->connection.db;
	int code;

	(void)sqlite3_busy_timeout(db, wait_ms);
	code = sqlite3_wal_checkpoint_v2(db, NULL, mode, NULL, NULL);
	(void)sqlite3_busy_timeout(db, LIMIT_STORE_WAIT_MS);
	return code == SQLITE_OK;
}

/* A try that readers hinder is not repeated before the WAL has grown again. */
static void
checkpoint_when_grown(struct writer *writer)
{
	int pages = writer->connection.wal_pages;

	if (pages < writer->checkpointed_pages)
		writer->checkpointed_pages = 0; /* it started over */
	if (pages - writer->checkpointed_pages < WAL_PASSIVE_PAGES)
		return;
	writer->checkpointed_pages = pages;
	if (pages >= WAL_RESTART_PAGES)
		(void)checkpoint(writer, SQLITE_CHECKPOINT_RESTART, WAL_RESTART_MS);
	else
		(void)checkpoint(writer, SQLITE_CHECKPOINT_PASSIVE, 0);
}

static void
checkpoint_when_idle(struct writer *writer)
{
	if (writer->is_wal_empty)
		return;
	writer->is_wal_empty = checkpoint(writer, SQLITE_CHECKPOINT_TRUNCATE, WAL_RESTART_MS);
}

/* --- the thread ------------------------------------------------------------- */

/* What to do next; 0 with nothing to do for a while or when closing. */
static size_t
batch_wait(struct writer *writer, struct job *batch[LIMIT_STORE_BATCH], bool *is_closing)
{
	struct timespec until = after_ms(IDLE_S * 1000);
	size_t count;
	int answer = 0;

	(void)pthread_mutex_lock(&writer->mutex);
	while (writer->queue.next == &writer->queue && !writer->is_closing &&
	       answer != ETIMEDOUT)
		answer = pthread_cond_timedwait(&writer->arrived, &writer->mutex, &until);
	count = batch_take(writer, batch);
	*is_closing = writer->is_closing;
	(void)pthread_mutex_unlock(&writer->mutex);
	return count;
}

static void *
writer_thread(void *arg)
{
	struct writer *writer = arg;
	struct job *batch[LIMIT_STORE_BATCH];
	bool is_closing = false;

	for (;;) {
		size_t count = batch_wait(writer, batch, &is_closing);
		enum rc rc;
		if (count == 0 && is_closing)
			return NULL;
		if (count == 0) {
			checkpoint_when_idle(writer);
			continue;
		}
		rc = batch_commit(writer, batch, count);
		(void)pthread_mutex_lock(&writer->mutex);
		writer->figures.commits += rc == RC_OK;
		batch_give_back(writer, batch, count);
		(void)pthread_mutex_unlock(&writer->mutex);
		checkpoint_when_grown(writer);
	}
}

enum rc
writer_open(struct writer **writer, const char *path, const struct clock *clock,
            _Atomic int64_t *last_us, struct err *err)
{
	struct writer *opened = calloc(1, sizeof(*opened));
	enum rc rc;

	assert(opened != NULL);
	rc = connection_open(&opened->connection, path, CONNECTION_WRITE, err);
	if (rc == RC_OK)
		rc = schema_migrate(&opened->connection, err);
	if (rc != RC_OK) {
		connection_close(&opened->connection);
		free(opened);
		return rc;
	}
	opened->clock = clock;
	opened->last_us = last_us;
	opened->queue.next = opened->queue.before = &opened->queue;
	(void)pthread_mutex_init(&opened->mutex, NULL);
	cond_init(&opened->arrived);
	if (pthread_create(&opened->thread, NULL, writer_thread, opened) != 0) {
		connection_close(&opened->connection);
		free(opened);
		return FAIL(err, RC_IO, "store: no thread for writing");
	}
	*writer = opened;
	return RC_OK;
}

void
writer_close(struct writer *writer)
{
	(void)pthread_mutex_lock(&writer->mutex);
	writer->is_closing = true;
	(void)pthread_cond_signal(&writer->arrived);
	(void)pthread_mutex_unlock(&writer->mutex);
	(void)pthread_join(writer->thread, NULL);
	connection_close(&writer->connection);
	(void)pthread_cond_destroy(&writer->arrived);
	(void)pthread_mutex_destroy(&writer->mutex);
	free(writer);
}

/* --- callers ---------------------------------------------------------------- */

/* Under the mutex: until the job is done, or has waited too long unstarted. */
static bool
job_wait(struct writer *writer, struct job *job)
{
	struct timespec until = after_ms(LIMIT_STORE_WAIT_MS);

	while (job->state == JOB_QUEUED) {
		if (pthread_cond_timedwait(&job->done, &writer->mutex, &until) != ETIMEDOUT)
			continue;
		if (job->state != JOB_QUEUED)
			break;
		job_unlink(writer, job);
		return false;
	}
	while (job->state != JOB_DONE)
		(void)pthread_cond_wait(&job->done, &writer->mutex);
	return true;
}

enum rc
writer_do(struct writer *writer, enum rc (*fn)(struct store_tx *tx, void *arg, struct err *err),
          void *arg, struct err *err)
{
	struct job job = { .fn = fn, .arg = arg, .err = err };
	bool is_done = false;

	cond_init(&job.done);
	(void)pthread_mutex_lock(&writer->mutex);
	if (writer->figures.queue < LIMIT_STORE_QUEUE && !writer->is_closing) {
		job_link(writer, &job);
		if (writer->figures.queue == 1)
			(void)pthread_cond_signal(&writer->arrived);
		is_done = job_wait(writer, &job);
	}
	(void)pthread_mutex_unlock(&writer->mutex);
	(void)pthread_cond_destroy(&job.done);
	if (!is_done)
		return FAIL(err, RC_BUSY, "store: too many writes wait");
	return job.rc;
}

void
writer_figures(struct writer *writer, struct writer_figures *figures)
{
	(void)pthread_mutex_lock(&writer->mutex);
	*figures = writer->figures;
	(void)pthread_mutex_unlock(&writer->mutex);
}

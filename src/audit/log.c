/*
 * The logs of a server: opening, adding, and what a checkpoint alone answers.
 */
#include "audit/log.h"

#include <assert.h>

/* --- heads ------------------------------------------------------------------- */

struct log_head *
log_head_new(void)
{
	struct log_head *head = calloc(1, sizeof(*head));

	assert(head != NULL);
	head->refs = 1;
	edge_init(&head->edge);
	return head;
}

static void
head_free(struct log_head *head)
{
	edge_free(&head->edge);
	free(head);
}

static void
head_drop(struct audit *audit, struct log_head *head)
{
	bool is_last;

	(void)pthread_mutex_lock(&audit->lock);
	is_last = --head->refs == 0;
	(void)pthread_mutex_unlock(&audit->lock);
	if (is_last)
		head_free(head);
}

struct log_head *
log_head_take(struct log *log)
{
	struct log_head *head;

	(void)pthread_mutex_lock(&log->audit->lock);
	head = log->head;
	head->refs++;
	(void)pthread_mutex_unlock(&log->audit->lock);
	return head;
}

void
log_head_replace(struct log *log, struct log_head *head)
{
	struct log_head *old;

	(void)pthread_mutex_lock(&log->audit->lock);
	old = log->head;
	log->head = head;
	(void)pthread_mutex_unlock(&log->audit->lock);
	head_drop(log->audit, old);
}

enum rc
log_ref_get(struct audit *audit, int64_t tenant, struct log_ref *ref, struct err *err)
{
	TRY(log_find(audit, tenant, &ref->log, err));
	ref->head = log_head_take(ref->log);
	return RC_OK;
}

void
log_ref_drop(struct log_ref *ref)
{
	if (ref->head != NULL)
		head_drop(ref->log->audit, ref->head);
	ref->head = NULL;
}

/* --- opening ----------------------------------------------------------------- */

static void
log_free(struct log **log)
{
	struct log *old = *log;

	if (old == NULL)
		return;
	if (old->head != NULL)
		head_free(old->head);
	if (old->key != NULL)
		secret_free(old->key, sizeof(*old->key));
	free((void *)(uintptr_t)old->who.origin.ptr);
	free(old->root);
	free(old);
	*log = NULL;
}

enum rc
audit_open(struct audit **audit, const struct audit_options *options, struct err *err)
{
	struct audit *opened;

	TRY(tile_folder_make(options->dir, err));
	opened = calloc(1, sizeof(*opened));
	assert(opened != NULL);
	opened->store = options->store;
	opened->clock = options->clock;
	opened->dir = strdup(options->dir);
	assert(opened->dir != NULL);
	(void)pthread_mutex_init(&opened->advancing, NULL);
	(void)pthread_mutex_init(&opened->lock, NULL);
	*audit = opened;
	return RC_OK;
}

void
audit_close(struct audit *audit)
{
	if (audit == NULL)
		return;
	for (size_t i = 0; i < audit->count; i++)
		log_free(&audit->logs[i]);
	(void)pthread_mutex_destroy(&audit->advancing);
	(void)pthread_mutex_destroy(&audit->lock);
	free(audit->logs);
	free(audit->dir);
	free(audit);
}

static struct log *
find(const struct audit *audit, int64_t tenant)
{
	for (size_t i = 0; i < audit->count; i++) {
		if (audit->logs[i]->tenant == tenant)
			return audit->logs[i];
	}
	return NULL;
}

enum rc
log_find(struct audit *audit, int64_t tenant, struct log **log, struct err *err)
{
	struct log *found;

	(void)pthread_mutex_lock(&audit->lock);
	found = find(audit, tenant);
	(void)pthread_mutex_unlock(&audit->lock);
	if (found == NULL)
		return FAIL(err, RC_NOT_FOUND, "tenant %lld has no audit log",
		            (long long)tenant);
	*log = found;
	return RC_OK;
}

static struct log *
log_new(struct audit *audit, int64_t tenant, struct str origin, const struct sign_key *key)
{
	struct log *log = calloc(1, sizeof(*log));
	char *name = strndup(origin.ptr, origin.len);

	assert(log != NULL && name != NULL);
	log->audit = audit;
	log->tenant = tenant;
	log->who.origin = (struct str){ name, origin.len };
	memcpy(log->who.public, key->public, SIGN_PUBLIC_BYTES);
	log->key = secret_alloc(sizeof(*log->key));
	*log->key = *key;
	if (asprintf(&log->root, "%s/%lld", audit->dir, (long long)tenant) < 0)
		abort();
	return log;
}

/* Puts a loaded log among the others; the array only grows. */
static void
logs_push(struct audit *audit, struct log *log)
{
	(void)pthread_mutex_lock(&audit->lock);
	audit->logs = realloc(audit->logs, (audit->count + 1) * sizeof(struct log *));
	assert(audit->logs != NULL);
	audit->logs[audit->count++] = log;
	(void)pthread_mutex_unlock(&audit->lock);
}

static void
unlock(pthread_mutex_t **mutex)
{
	(void)pthread_mutex_unlock(*mutex);
}

enum rc
audit_log_add(struct audit *audit, int64_t tenant, struct str origin,
              const struct sign_key *key, struct err *err)
{
	CLEANUP(unlock) pthread_mutex_t *held = &audit->advancing;
	CLEANUP(log_free) struct log *log = NULL;

	(void)pthread_mutex_lock(held);
	if (!note_origin_is_valid(origin))
		return FAIL(err, RC_INVALID, "a log's origin has characters that it may not");
	if (find(audit, tenant) != NULL)
		return FAIL(err, RC_CONFLICT, "tenant %lld has its audit log already",
		            (long long)tenant);
	log = log_new(audit, tenant, origin, key);
	TRY(log_load(log, &log->head, err));
	logs_push(audit, log);
	log = NULL;
	return RC_OK;
}

/* --- what a checkpoint alone answers ------------------------------------------ */

enum rc
audit_checkpoint(struct audit *audit, int64_t tenant, struct buf *note, struct err *err)
{
	CLEANUP(log_ref_drop) struct log_ref ref = { NULL, NULL };

	TRY(log_ref_get(audit, tenant, &ref, err));
	if (ref.head->note_len == 0)
		return FAIL(err, RC_NOT_FOUND, "the log has no checkpoint yet");
	buf_add(note, (struct str){ ref.head->note, ref.head->note_len });
	return RC_OK;
}

enum rc
audit_verifier_key(struct audit *audit, int64_t tenant, struct buf *line, struct err *err)
{
	struct log *log;

	TRY(log_find(audit, tenant, &log, err));
	note_key_format(&log->who, line);
	return RC_OK;
}

struct size_ask {
	int64_t tenant;
	int64_t size;
};

static enum rc
size_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct size_ask *ask = arg;

	return store_entry_size(tx, ask->tenant, &ask->size, err);
}

enum rc
audit_figures(struct audit *audit, int64_t tenant, struct audit_figures *figures,
              struct err *err)
{
	CLEANUP(log_ref_drop) struct log_ref ref = { NULL, NULL };
	struct size_ask ask = { tenant, 0 };

	TRY(log_ref_get(audit, tenant, &ref, err));
	TRY(store_read(audit->store, size_read, &ask, err));
	*figures = (struct audit_figures){ (uint64_t)ask.size, ref.head->edge.size,
		                           ref.head->signed_us };
	return RC_OK;
}

enum rc
audit_identity(struct audit *audit, int64_t tenant, struct audit_log *identity, struct err *err)
{
	struct log *log;

	TRY(log_find(audit, tenant, &log, err));
	identity->origin = log->who.origin;
	memcpy(identity->public, log->who.public, SIGN_PUBLIC_BYTES);
	return RC_OK;
}

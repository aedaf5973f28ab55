/*
 * Bringing logs up to date.
 *
 * One step takes up to ADVANCE_ENTRIES committed entries: hash them onto a copy
 * of the edge, write the tiles and bundles that became full as files, sign, and
 * then, in one transaction, put the checkpoint and the partial tiles and remove
 * the rows that the files replace.  A crash before that transaction leaves
 * files which the next run writes again with the same bytes, and a signature
 * that nobody has seen; a crash after it leaves nothing to do.
 */
#include "audit/log.h"
#include "base/broken.h"
#include "base/limits.h"

#define ARENA_BYTES (16 * MIB)

/* --- one step of one log ------------------------------------------------------- */

struct step {
	struct log *log;
	const struct log_head *old;
	struct log_head *next;
	struct tile_batch *files; /* NULL until a tile is full */
	struct buf bundle;        /* of the leaves since the last multiple of 256 */
	struct arena arena;
	int64_t at, end; /* entries still to be read */
	struct entry_row *rows;
	size_t count;
};

static void
step_free(struct step *step)
{
	tile_batch_free(&step->files);
	buf_free(&step->bundle);
	arena_free(&step->arena);
	if (step->next != NULL) {
		edge_free(&step->next->edge);
		free(step->next);
	}
}

static enum rc
entries_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct step *step = arg;
	int64_t count = step->end - step->at;

	return store_entry_list(tx, step->log->tenant, step->at,
	                        count < LIMIT_PAGE_ROWS ? count : LIMIT_PAGE_ROWS, &step->arena,
	                        &step->rows, &step->count, err);
}

static enum rc
file_add(struct step *step, const struct tile *tile, struct str bytes, struct err *err)
{
	const struct audit *audit = step->log->audit;

	if (step->files == NULL)
		TRY(tile_batch_new(&step->files, audit->dir, step->log->tenant, err));
	return tile_batch_add(step->files, tile, bytes, err);
}

static enum rc
tile_full(void *arg, const struct tile *tile, const struct digest *hashes, struct err *err)
{
	struct step *step = arg;
	struct tile bundle = { TILE_ENTRIES, tile->index, TILE_HASHES };
	struct str leaves;

	if (tile->level == 0) {
		TRY(buf_finish(&step->bundle, &leaves, err));
		TRY(file_add(step, &bundle, leaves, err));
		step->bundle.len = 0;
	}
	return file_add(step, tile, (struct str){ (const char *)hashes->bytes, TILE_BYTES },
	                err);
}

static enum rc
page_add(struct step *step, struct err *err)
{
	const struct edge_sink sink = { tile_full, step };

	for (size_t i = 0; i < step->count; i++) {
		const struct entry_row *row = &step->rows[i];
		struct digest leaf;

		if (row->index != step->at)
			return FAIL(err, RC_CORRUPT,
			            "audit log of tenant %lld: entry row %lld is missing",
			            (long long)step->log->tenant, (long long)step->at);
		step->at++;
		bundle_add(&step->bundle, row->leaf);
		if ((uint64_t)row->index < step->next->edge.size)
			continue; /* hashed before; read again for its bundle */
		leaf = merkle_leaf(row->leaf);
		if (broken("audit.intact"))
			leaf.bytes[0] ^= 1;
		TRY(edge_add(&step->next->edge, &leaf, &sink, err));
	}
	return RC_OK;
}

static enum rc
pages_add(struct step *step, struct err *err)
{
	while (step->at < step->end) {
		TRY(store_read(step->log->audit->store, entries_read, step, err));
		if (step->count == 0)
			return FAIL(err, RC_CORRUPT,
			            "audit log of tenant %lld: entry row %lld is missing",
			            (long long)step->log->tenant, (long long)step->at);
		TRY(page_add(step, err));
		arena_free(&step->arena);
	}
	return RC_OK;
}

static enum rc
step_sign(struct step *step, struct err *err)
{
	CLEANUP(buf_free) struct buf note = { 0 };
	struct log_head *next = step->next;
	struct note_head head = { next->edge.size, edge_root(&next->edge) };
	struct str text;

	buf_init(&note, NOTE_MAX);
	note_format(step->log->who.origin, step->log->key, &head, &note);
	TRY(buf_finish(&note, &text, err));
	next->signed_us = clock_now_us(step->log->audit->clock);
	next->note_len = text.len;
	memcpy(next->note, text.ptr, text.len);
	return RC_OK;
}

/* Rows of the tile of one level: the new one, and away with one that is full. */
static enum rc
tile_store(struct store_tx *tx, const struct step *step, int level, struct err *err)
{
	struct tile old = edge_tile(step->old->edge.size, level);
	struct tile next = edge_tile(step->next->edge.size, level);
	struct tile_row row = { step->log->tenant, level, (int64_t)old.index, STR_EMPTY };

	if (old.index == next.index && old.width == next.width)
		return RC_OK;
	if (old.index != next.index && old.width != 0)
		TRY(store_tile_delete(tx, &row, err));
	if (next.width == 0)
		return RC_OK;
	row.index = (int64_t)next.index;
	row.hashes = (struct str){ (const char *)step->next->edge.tiles[level]->bytes,
		                   (size_t)next.width * DIGEST_BYTES };
	return store_tile_put(tx, &row, err);
}

static enum rc
step_store(struct store_tx *tx, void *arg, struct err *err)
{
	const struct step *step = arg;
	const struct log_head *old = step->old, *next = step->next;
	int64_t tenant = step->log->tenant;
	uint64_t in_files = next->edge.size / TILE_HASHES * TILE_HASHES;
	struct checkpoint_row row = { tenant,
		                      (int64_t)next->edge.size,
		                      next->signed_us,
		                      { next->note, next->note_len } };

	TRY(store_checkpoint_put(tx, &row, err));
	if (old->note_len != 0 &&
	    old->signed_us / CHECKPOINT_KEEP_US == next->signed_us / CHECKPOINT_KEEP_US)
		TRY(store_checkpoint_delete(tx, tenant, (int64_t)old->edge.size, err));
	for (int level = 0; level < TILE_LEVELS; level++)
		TRY(tile_store(tx, step, level, err));
	if (in_files > old->edge.size / TILE_HASHES * TILE_HASHES)
		TRY(store_entry_delete(tx, tenant, (int64_t)in_files, err));
	return RC_OK;
}

/* From where to read: a bundle that becomes full needs its first leaves too. */
static int64_t
step_start(uint64_t from, uint64_t end)
{
	uint64_t bundle = from / TILE_HASHES;

	return (int64_t)(end / TILE_HASHES > bundle ? bundle * TILE_HASHES : from);
}

static enum rc
step_run(struct log *log, const struct log_head *old, uint64_t end, struct err *err)
{
	CLEANUP(step_free)
	struct step step = { .log = log, .old = old, .end = (int64_t)end };

	buf_init(&step.bundle, BUNDLE_MAX);
	arena_init(&step.arena, ARENA_BYTES);
	step.next = log_head_new();
	edge_copy(&step.next->edge, &old->edge);
	step.at = step_start(old->edge.size, end);
	TRY(pages_add(&step, err));
	TRY(step_sign(&step, err));
	if (step.files != NULL)
		TRY(tile_batch_finish(step.files, err));
	TRY(store_write(log->audit->store, step_store, &step, err));
	log_head_replace(log, step.next);
	step.next = NULL;
	return RC_OK;
}

/* Only the advancing thread replaces heads, so log->head stays while it looks. */
static enum rc
log_advance(struct log *log, uint64_t size, struct err *err)
{
	if (size < log->head->edge.size)
		return FAIL(err, RC_CORRUPT,
		            "audit log of tenant %lld: fewer entries than are signed",
		            (long long)log->tenant);
	while (log->head->edge.size < size) {
		uint64_t end = log->head->edge.size + ADVANCE_ENTRIES;

		TRY(step_run(log, log->head, end < size ? end : size, err));
	}
	return RC_OK;
}

/* --- all logs -------------------------------------------------------------------- */

struct round {
	struct audit *audit;
	struct log **logs; /* a copy: others may be added meanwhile, but none go */
	int64_t *sizes;
	size_t count;
};

static void
round_free(struct round *round)
{
	free(round->logs);
	free(round->sizes);
}

static void
round_init(struct round *round, struct audit *audit)
{
	*round = (struct round){ .audit = audit };
	(void)pthread_mutex_lock(&audit->lock);
	round->count = audit->count;
	round->logs = calloc(audit->count + 1, sizeof(round->logs[0]));
	round->sizes = calloc(audit->count + 1, sizeof(round->sizes[0]));
	if (round->logs == NULL || round->sizes == NULL)
		abort();
	if (audit->count != 0)
		memcpy(round->logs, audit->logs, audit->count * sizeof(round->logs[0]));
	(void)pthread_mutex_unlock(&audit->lock);
}

static enum rc
sizes_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct round *round = arg;

	for (size_t i = 0; i < round->count; i++)
		TRY(store_entry_size(tx, round->logs[i]->tenant, &round->sizes[i], err));
	return RC_OK;
}

/* One log that fails must not stop the others: the first failure is kept. */
static enum rc
logs_advance(struct round *round, bool of_server, struct err *err)
{
	enum rc first = RC_OK;

	TRY(store_read(round->audit->store, sizes_read, round, err));
	for (size_t i = 0; i < round->count; i++) {
		struct err own = { 0 };
		enum rc rc = RC_OK;

		if ((round->logs[i]->tenant == 0) == of_server)
			rc = log_advance(round->logs[i], (uint64_t)round->sizes[i], &own);
		if (rc != RC_OK && first == RC_OK) {
			first = rc;
			*err = own;
		}
	}
	return first;
}

static bool
has_server_log(const struct round *round)
{
	for (size_t i = 0; i < round->count; i++) {
		if (round->logs[i]->tenant == 0)
			return true;
	}
	return false;
}

static void
unlock(pthread_mutex_t **mutex)
{
	(void)pthread_mutex_unlock(*mutex);
}

enum rc
audit_advance(struct audit *audit, struct err *err)
{
	CLEANUP(unlock) pthread_mutex_t *held = &audit->advancing;
	CLEANUP(round_free) struct round round = { 0 };
	struct err later = { 0 };
	enum rc tenants, server = RC_OK;

	(void)pthread_mutex_lock(held);
	round_init(&round, audit);
	tenants = logs_advance(&round, false, err);
	if (has_server_log(&round)) {
		server = anchor_advance(audit, round.logs, round.count, &later);
		if (server == RC_OK)
			server = logs_advance(&round, true, &later);
	}
	if (tenants == RC_OK && server != RC_OK)
		*err = later;
	return tenants != RC_OK ? tenants : server;
}

/*
 * What can be asked of a log: tiles, entries, proofs.
 *
 * Everything comes from immutable files, from rows, and from one head that is
 * taken once, so nothing here waits for audit_advance().
 */
#include "audit/log.h"
#include "audit/prune.h"
#include "base/json.h"
#include "base/limits.h"

/* --- tiles ------------------------------------------------------------------- */

static struct str
hashes_of(const struct digest *hashes, size_t count)
{
	return (struct str){ (const char *)hashes->bytes, count * DIGEST_BYTES };
}

/* A bundle that is not there was cut off, or is lost. */
static enum rc
missing(const struct log *log, const struct tile *tile, const char *path, struct err *err)
{
	int64_t minimum = 0;

	TRY(prune_minimum(log->audit->store, log->tenant, &minimum, err));
	if (tile->level == TILE_ENTRIES && tile_end(tile) <= (uint64_t)minimum)
		return FAIL(err, RC_NOT_FOUND, "these entries are past their time and gone");
	return FAIL(err, RC_CORRUPT, "audit log of tenant %lld: %s is missing",
	            (long long)log->tenant, path);
}

/* A full tile or bundle, whole. */
static enum rc
full_read(const struct log *log, int level, uint64_t index, struct buf *out, struct err *err)
{
	struct tile tile = { level, index, TILE_HASHES };
	char path[TILE_PATH_MAX];
	enum rc rc;

	tile_path_format(&tile, path);
	rc = tile_file_read(log->root, path, out, err);
	return rc == RC_NOT_FOUND ? missing(log, &tile, path, err) : rc;
}

/* The hashes of a full tile. */
static enum rc
hashes_read(const struct log *log, int level, uint64_t index, struct digest *hashes,
            struct err *err)
{
	CLEANUP(buf_free) struct buf bytes = { 0 };

	buf_init(&bytes, TILE_BYTES);
	TRY(full_read(log, level, index, &bytes, err));
	if (bytes.len != TILE_BYTES)
		return FAIL(err, RC_CORRUPT, "audit log of tenant %lld: a tile is cut short",
		            (long long)log->tenant);
	memcpy(hashes, bytes.text, TILE_BYTES);
	return RC_OK;
}

static enum rc
hash_tile(const struct log_ref *ref, const struct tile *tile, struct buf *out, struct err *err)
{
	struct tile last = edge_tile(ref->head->edge.size, tile->level);
	struct digest hashes[TILE_HASHES];

	if (tile->index == last.index) {
		buf_add(out, hashes_of(ref->head->edge.tiles[tile->level], tile->width));
		return RC_OK;
	}
	TRY(hashes_read(ref->log, tile->level, tile->index, hashes, err));
	buf_add(out, hashes_of(hashes, tile->width));
	return RC_OK;
}

static enum rc
partial_bundle(struct audit *audit, const struct log *log, const struct tile *tile,
               struct buf *out, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct entry_row *rows;
	size_t found;

	arena_init(&arena, 2 * BUNDLE_MAX);
	TRY(audit_entries(audit, log->tenant, (int64_t)(tile->index * TILE_HASHES),
	                  (int64_t)tile->width, &arena, &rows, &found, err));
	if (found != tile->width)
		return FAIL(err, RC_CORRUPT, "audit log of tenant %lld: entries are missing",
		            (long long)log->tenant);
	for (size_t i = 0; i < found; i++)
		bundle_add(out, rows[i].leaf);
	return RC_OK;
}

enum rc
audit_tile(struct audit *audit, int64_t tenant, struct str path, struct buf *out,
           struct err *err)
{
	CLEANUP(log_ref_drop) struct log_ref ref = { NULL, NULL };
	struct tile tile;
	int level;

	TRY(tile_path_parse(path, &tile, err));
	TRY(log_ref_get(audit, tenant, &ref, err));
	level = tile.level == TILE_ENTRIES ? 0 : tile.level;
	if (level >= TILE_LEVELS ||
	    tile_end(&tile) > ref.head->edge.size >> (TILE_HEIGHT * level))
		return FAIL(err, RC_NOT_FOUND, "the log has no such tile yet");
	if (tile.level != TILE_ENTRIES)
		return hash_tile(&ref, &tile, out, err);
	if (tile.width == TILE_HASHES)
		return full_read(ref.log, TILE_ENTRIES, tile.index, out, err);
	return partial_bundle(audit, ref.log, &tile, out, err);
}

/* --- entries ----------------------------------------------------------------- */

struct entries_ask {
	int64_t tenant, from, count;
	struct arena *arena;
	struct entry_row *rows;
	size_t found;
	int64_t size; /* of the log, in the same snapshot */
};

static enum rc
rows_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct entries_ask *ask = arg;

	TRY(store_entry_size(tx, ask->tenant, &ask->size, err));
	return store_entry_list(tx, ask->tenant, ask->from, ask->count, ask->arena, &ask->rows,
	                        &ask->found, err);
}

/* Leaves [from, until) of files into rows[0 …]. */
static enum rc
files_read(const struct log *log, int64_t from, int64_t until, struct entries_ask *ask,
           struct err *err)
{
	struct str leaves[TILE_HASHES];
	int64_t at = from;

	while (at < until) {
		CLEANUP(buf_free) struct buf bytes = { 0 };
		int64_t start = at / TILE_HASHES * TILE_HASHES;
		struct str bundle;

		buf_init(&bytes, BUNDLE_MAX);
		TRY(full_read(log, TILE_ENTRIES, (uint64_t)at / TILE_HASHES, &bytes, err));
		TRY(buf_finish(&bytes, &bundle, err));
		bundle = str_copy(ask->arena, bundle);
		TRY(bundle_read(bundle, TILE_HASHES, leaves, err));
		for (; at < until && at < start + TILE_HASHES; at++)
			ask->rows[at - from] = (struct entry_row){ at, leaves[at - start] };
	}
	return RC_OK;
}

enum rc
audit_entries(struct audit *audit, int64_t tenant, int64_t from, int64_t count,
              struct arena *arena, struct entry_row **rows, size_t *found, struct err *err)
{
	struct entries_ask ask = { .tenant = tenant, .from = from, .arena = arena };
	struct entry_row *late;
	struct log *log;
	int64_t until, in_rows;

	if (from < 0 || count < 0)
		return FAIL(err, RC_INVALID, "entries are numbered from 0");
	TRY(log_find(audit, tenant, &log, err));
	ask.count = count < LIMIT_PAGE_ROWS ? count : LIMIT_PAGE_ROWS;
	/* Rows first: what is gone from a later snapshot lies in files already. */
	TRY(store_read(audit->store, rows_read, &ask, err));
	until = ask.size - from < ask.count ? ask.size : from + ask.count;
	until = until < from ? from : until;
	in_rows = ask.found == 0 ? until : ask.rows[0].index;
	if (in_rows + (int64_t)ask.found != until)
		return FAIL(err, RC_CORRUPT, "audit log of tenant %lld: entry rows are missing",
		            (long long)tenant);
	late = ask.rows;
	ask.rows = arena_alloc(arena, (size_t)(until - from + 1) * sizeof(*late),
	                       _Alignof(struct entry_row));
	TRY(files_read(log, from, in_rows, &ask, err));
	if (ask.found != 0)
		memcpy(ask.rows + (in_rows - from), late, ask.found * sizeof(*late));
	*rows = ask.rows;
	*found = (size_t)(until - from);
	return RC_OK;
}

/* --- proofs ------------------------------------------------------------------ */

/* Subtrees of a head.  A proof asks a level's tile for many neighbours, so the
 * last tile of each level stays. */
struct subtrees {
	const struct log_ref *ref;
	struct digest *tiles[TILE_LEVELS];
	uint64_t index[TILE_LEVELS];
};

static void
subtrees_free(struct subtrees *subtrees)
{
	for (int i = 0; i < TILE_LEVELS; i++)
		free(subtrees->tiles[i]);
}

static enum rc
subtree_find(void *arg, int level, uint64_t index, struct digest *hash, struct err *err)
{
	struct subtrees *subtrees = arg;
	const struct edge *edge = &subtrees->ref->head->edge;
	int tier = level / TILE_HEIGHT, height = level % TILE_HEIGHT;
	uint64_t first = index << height; /* of its level's hashes */
	uint64_t tile = first / TILE_HASHES;
	const struct digest *hashes = edge->tiles[tier];

	if (tile != edge_tile(edge->size, tier).index) {
		if (subtrees->tiles[tier] == NULL) {
			subtrees->tiles[tier] = calloc(TILE_HASHES, DIGEST_BYTES);
			subtrees->index[tier] = UINT64_MAX;
		}
		if (subtrees->tiles[tier] == NULL)
			abort();
		if (subtrees->index[tier] != tile)
			TRY(hashes_read(subtrees->ref->log, tier, tile, subtrees->tiles[tier],
			                err));
		subtrees->index[tier] = tile;
		hashes = subtrees->tiles[tier];
	}
	*hash = edge_fold(hashes + first % TILE_HASHES, height);
	return RC_OK;
}

static void
hashes_put(struct json_out *out, const struct merkle_proof *proof)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, 64 * KIB);
	json_name(out, "hashes");
	json_array_begin(out);
	for (size_t i = 0; i < proof->count; i++)
		json_put_text(out, base64_format(&arena, proof->hashes[i].bytes, DIGEST_BYTES));
	json_array_close(out);
}

static void
checkpoint_put(struct json_out *out, const struct log_ref *ref)
{
	json_text_at(out, "checkpoint", (struct str){ ref->head->note, ref->head->note_len });
}

enum rc
audit_prove(struct audit *audit, int64_t tenant, int64_t index, struct buf *json,
            struct err *err)
{
	CLEANUP(log_ref_drop) struct log_ref ref = { NULL, NULL };
	CLEANUP(subtrees_free) struct subtrees subtrees = { .ref = &ref };
	CLEANUP(arena_free) struct arena arena = { .chunks = NULL };
	const struct merkle_source source = { subtree_find, &subtrees };
	struct merkle_proof proof;
	struct entry_row *rows;
	struct json_out out;
	size_t found;

	TRY(log_ref_get(audit, tenant, &ref, err));
	if (index < 0 || (uint64_t)index >= ref.head->edge.size)
		return FAIL(err, RC_NOT_FOUND, "no checkpoint covers that entry");
	arena_init(&arena, 2 * BUNDLE_MAX);
	TRY(audit_entries(audit, tenant, index, 1, &arena, &rows, &found, err));
	TRY(merkle_prove_inclusion(&source, (uint64_t)index, ref.head->edge.size, &proof, err));
	json_out_init(&out, json);
	json_object_begin(&out);
	json_int_at(&out, "index", index);
	json_int_at(&out, "size", (int64_t)ref.head->edge.size);
	json_text_at(&out, "leaf", found == 0 ? STR_EMPTY : rows[0].leaf);
	hashes_put(&out, &proof);
	checkpoint_put(&out, &ref);
	json_object_close(&out);
	return RC_OK;
}

enum rc
audit_prove_consistency(struct audit *audit, int64_t tenant, int64_t old, struct buf *json,
                        struct err *err)
{
	CLEANUP(log_ref_drop) struct log_ref ref = { NULL, NULL };
	CLEANUP(subtrees_free) struct subtrees subtrees = { .ref = &ref };
	const struct merkle_source source = { subtree_find, &subtrees };
	struct merkle_proof proof;
	struct json_out out;

	TRY(log_ref_get(audit, tenant, &ref, err));
	if (old > 0 && (uint64_t)old > ref.head->edge.size)
		return FAIL(err, RC_NOT_FOUND, "no checkpoint covers that size");
	TRY(merkle_prove_consistency(&source, old < 0 ? 0 : (uint64_t)old, ref.head->edge.size,
	                             &proof, err));
	json_out_init(&out, json);
	json_object_begin(&out);
	json_int_at(&out, "old", old);
	json_int_at(&out, "size", (int64_t)ref.head->edge.size);
	hashes_put(&out, &proof);
	checkpoint_put(&out, &ref);
	json_object_close(&out);
	return RC_OK;
}

/*
 * Verification of a data directory: full tiles and bundles as files, the rest
 * as rows, and all checkpoints that are kept.
 *
 * All rows are read in one transaction at the start, and files never change, so
 * the server may go on while its log is verified.  Entries newer than the latest
 * checkpoint have no hash to be held against: they are parsed and counted for
 * gaps, no more.
 */
#include "audit/entry.h"
#include "audit/log.h"
#include "audit/prune.h"
#include "audit/verify.h"
#include "base/limits.h"

#define ROWS_BYTES (128 * MIB)

struct place {
	const struct audit_log *log;
	struct verify *verify;
	char root[4096]; /* DIR/TENANT */
	struct arena arena;
	struct checkpoint_row *checkpoints;
	size_t checkpoint_count;
	uint64_t entries;       /* ever appended */
	uint64_t signed_to;     /* the largest size that a checkpoint row names */
	struct entry_row *rows; /* of the bundle that is not full */
	size_t row_count;
	struct str tiles[TILE_LEVELS]; /* that are not full; empty: no row */
};

static void
place_free(struct place *place)
{
	arena_free(&place->arena);
}

/* --- reading the rows ---------------------------------------------------------- */

static enum rc
tail_check(struct place *place, struct store_tx *tx, struct err *err)
{
	int64_t at = (int64_t)place->signed_to, size = (int64_t)place->entries;

	while (at < size) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct entry_row *rows;
		struct audit_entry entry;
		size_t found;

		arena_init(&arena, 2 * BUNDLE_MAX);
		TRY(store_entry_list(tx, place->log->tenant, at, TILE_HASHES, &arena, &rows,
		                     &found, err));
		if (found == 0 || rows[0].index != at) {
			verify_fault(place->verify, "entry row %lld is missing", (long long)at);
			return RC_OK;
		}
		for (size_t i = 0; i < found && rows[i].index == at; i++, at++) {
			if (entry_read(rows[i].leaf, &entry, err) != RC_OK)
				verify_fault(place->verify, "entry row %lld is malformed",
				             (long long)at);
		}
	}
	return RC_OK;
}

static enum rc
tiles_read(struct place *place, struct store_tx *tx, struct err *err)
{
	for (int level = 0; level < TILE_LEVELS; level++) {
		struct tile tile = edge_tile(place->signed_to, level);
		struct tile_row row = { place->log->tenant, level, (int64_t)tile.index,
			                STR_EMPTY };
		enum rc rc = RC_OK;

		if (tile.width != 0)
			rc = store_tile_find(tx, &place->arena, &row, err);
		if (rc != RC_OK && rc != RC_NOT_FOUND)
			return rc;
		if (rc == RC_OK)
			place->tiles[level] = row.hashes;
	}
	return RC_OK;
}

static enum rc
rows_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct place *place = arg;
	int64_t tenant = place->log->tenant, size, from, minimum;

	TRY(store_entry_size(tx, tenant, &size, err));
	TRY(prune_minimum_find(tx, tenant, &minimum, err));
	place->verify->minimum = (uint64_t)minimum;
	place->entries = (uint64_t)size;
	TRY(store_checkpoint_list(tx, tenant, &place->arena, &place->checkpoints,
	                          &place->checkpoint_count, err));
	for (size_t i = 0; i < place->checkpoint_count; i++) {
		uint64_t covers = (uint64_t)place->checkpoints[i].size;
		place->signed_to = covers > place->signed_to ? covers : place->signed_to;
	}
	from = (int64_t)(place->signed_to / TILE_HASHES * TILE_HASHES);
	TRY(store_entry_list(tx, tenant, from, TILE_HASHES, &place->arena, &place->rows,
	                     &place->row_count, err));
	TRY(tiles_read(place, tx, err));
	return tail_check(place, tx, err);
}

/* --- rows as tiles ------------------------------------------------------------- */

static enum rc
entries_give(const struct place *place, const struct tile *tile, struct buf *out,
             struct err *err)
{
	for (size_t i = 0; i < tile->width; i++) {
		int64_t index = (int64_t)(tile->index * TILE_HASHES + i);

		if (i >= place->row_count || place->rows[i].index != index)
			return FAIL(err, RC_NOT_FOUND, "entry row %lld is missing",
			            (long long)index);
		if (place->rows[i].leaf.len > UINT16_MAX)
			return FAIL(err, RC_CORRUPT, "entry row %lld is too long",
			            (long long)index);
		bundle_add(out, place->rows[i].leaf);
	}
	return RC_OK;
}

static enum rc
place_read(void *arg, const struct tile *tile, struct buf *out, struct err *err)
{
	const struct place *place = arg;
	char path[TILE_PATH_MAX];
	struct str text;

	tile_path_format(tile, path);
	if (tile->width == TILE_HASHES)
		return tile_file_read(place->root, path, out, err);
	if (tile->level == TILE_ENTRIES)
		return entries_give(place, tile, out, err);
	if (place->tiles[tile->level].len == 0)
		return FAIL(err, RC_NOT_FOUND, "the row of %s is missing", path);
	buf_add(out, place->tiles[tile->level]);
	return buf_finish(out, &text, err);
}

/* --- checkpoints --------------------------------------------------------------- */

/* Signatures and order; what passes goes into `heads`. */
static void
heads_check(struct place *place, struct note_head *heads)
{
	struct verify *verify = place->verify;
	struct note_signer signer = { .origin = place->log->origin };
	uint64_t last = 0;

	memcpy(signer.public, place->log->public, SIGN_PUBLIC_BYTES);
	for (size_t i = 0; i < place->checkpoint_count; i++) {
		const struct checkpoint_row *row = &place->checkpoints[i];
		uint64_t size = (uint64_t)row->size;
		struct err err = { 0 };
		struct note_head head;

		if (note_open(row->note, &signer, &head, &err) != RC_OK)
			verify_fault(verify, "the checkpoint row of size %llu: %s",
			             (unsigned long long)size, err.text);
		else if (size <= last || head.size != size)
			verify_fault(verify, "the checkpoint row of size %llu is out of order",
			             (unsigned long long)size);
		else
			heads[verify->head_count++] = head;
		last = size > last ? size : last;
	}
	verify->heads = heads;
}

static enum rc
place_walk(struct place *place, struct err *err)
{
	struct verify *verify = place->verify;
	struct note_head *heads;

	TRY(store_read(place->log->store, rows_read, place, err));
	heads = arena_alloc(&place->arena, (place->checkpoint_count + 1) * sizeof(heads[0]),
	                    _Alignof(struct note_head));
	heads_check(place, heads);
	if (place->signed_to > place->entries)
		return FAIL(
		    err, RC_CORRUPT, "a checkpoint covers %llu entries but there are %llu",
		    (unsigned long long)place->signed_to, (unsigned long long)place->entries);
	return verify_walk(verify, place->signed_to, err);
}

enum rc
audit_verify(const struct audit_log *log, struct audit_report *report, struct err *err)
{
	CLEANUP(place_free) struct place place = { .log = log };
	struct verify verify = { .report = report, .source = { place_read, &place, true } };

	place.verify = &verify;
	*report = (struct audit_report){ .origin = log->origin };
	(void)snprintf(verify.label, sizeof(verify.label),
	               "tenant %lld: ", (long long)log->tenant);
	if (snprintf(place.root, sizeof(place.root), "%s/%lld", log->dir,
	             (long long)log->tenant) >= (int)sizeof(place.root))
		return FAIL(err, RC_LIMIT, "the path of the audit log is too long");
	edge_init(&verify.edge);
	arena_init(&place.arena, ROWS_BYTES);
	return verify_conclude(&verify, place_walk(&place, err), err);
}

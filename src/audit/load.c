/*
 * A log's state as the store has it.  The checkpoint row and the rows of the
 * tiles that are not full change in one transaction, so they fit each other, or
 * something has touched the file.
 */
#include "audit/log.h"

#include "base/limits.h"

struct load {
	struct log *log;
	struct log_head *head;
	struct arena arena;
};

static enum rc
tiles_load(struct load *load, struct store_tx *tx, uint64_t size, struct err *err)
{
	int64_t tenant = load->log->tenant;

	for (int level = 0; level < TILE_LEVELS; level++) {
		struct tile tile = edge_tile(size, level);
		struct tile_row row = { tenant, level, (int64_t)tile.index, STR_EMPTY };
		enum rc rc;

		if (tile.width == 0)
			continue;
		rc = store_tile_find(tx, &load->arena, &row, err);
		if (rc != RC_OK && rc != RC_NOT_FOUND)
			return rc;
		if (rc != RC_OK || row.hashes.len != (size_t)tile.width * DIGEST_BYTES)
			return FAIL(err, RC_CORRUPT,
			            "audit log of tenant %lld: tile row of level %d is bad",
			            (long long)tenant, level);
		edge_set(&load->head->edge, size, level, row.hashes);
	}
	return RC_OK;
}

static enum rc
head_load(struct store_tx *tx, void *arg, struct err *err)
{
	struct load *load = arg;
	struct log_head *head = load->head;
	struct checkpoint_row row = { .tenant = load->log->tenant };
	struct note_head signed_head;
	struct digest root;
	enum rc rc = store_checkpoint_latest(tx, row.tenant, &load->arena, &row, err);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(note_open(row.note, &load->log->who, &signed_head, err));
	TRY(tiles_load(load, tx, signed_head.size, err));
	root = edge_root(&head->edge);
	if (!digest_eq(&root, &signed_head.root))
		return FAIL(err, RC_CORRUPT,
		            "audit log of tenant %lld: tile rows differ from the checkpoint",
		            (long long)row.tenant);
	head->signed_us = row.time_us;
	head->note_len = row.note.len;
	memcpy(head->note, row.note.ptr, row.note.len);
	return RC_OK;
}

static void
head_undo(struct log_head **head)
{
	if (*head != NULL)
		edge_free(&(*head)->edge);
	free(*head);
}

enum rc
log_load(struct log *log, struct log_head **head, struct err *err)
{
	CLEANUP(head_undo) struct log_head *made = log_head_new();
	struct load load = { log, made, { 0 } };
	enum rc rc;

	arena_init(&load.arena, 1 * MIB);
	rc = store_read(log->audit->store, head_load, &load, err);
	arena_free(&load.arena);
	TRY(rc);
	*head = made;
	made = NULL;
	return RC_OK;
}

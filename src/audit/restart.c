#include "audit/restart.h"

#include "audit/note.h"
#include "base/limits.h"

static MUST_CHECK enum rc
checkpoints_delete(struct store_tx *tx, int64_t tenant, struct arena *arena, struct err *err)
{
	struct checkpoint_row *rows = NULL;
	size_t count = 0;

	TRY(store_checkpoint_list(tx, tenant, arena, &rows, &count, err));
	for (size_t i = 0; i < count; i++)
		TRY(store_checkpoint_delete(tx, tenant, rows[i].size, err));
	return RC_OK;
}

enum rc
audit_restart(struct store_tx *tx, struct audit_restart *restart, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf note = { 0 };
	struct checkpoint_row row = { .tenant = restart->tenant };
	struct note_head head;
	struct str origin;
	enum rc rc;

	arena_init(&arena, 256 * MIB);
	restart->had_checkpoint = false;
	rc = store_checkpoint_latest(tx, restart->tenant, &arena, &row, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(note_read(row.note, &origin, &head, err));
	restart->had_checkpoint = true;
	restart->old = sha256(row.note);
	restart->old_size = head.size;
	TRY(checkpoints_delete(tx, restart->tenant, &arena, err));
	buf_init(&note, NOTE_MAX);
	note_format(restart->origin, restart->key, &head, &note);
	TRY(buf_finish(&note, &row.note, err));
	return store_checkpoint_put(tx, &row, err);
}

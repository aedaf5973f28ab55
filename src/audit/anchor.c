/*
 * The server's word about the tenants' logs: an entry of tenant 0 that holds
 * the hash of a tenant's checkpoint, so a tenant's log cannot be replaced as a
 * whole without the server's log showing it.
 */
#include "audit/entry.h"
#include "audit/log.h"
#include "base/limits.h"

#define ANCHORS_MAX 64 /* in one transaction */

struct anchors {
	struct log *logs[ANCHORS_MAX];
	struct buf leaves[ANCHORS_MAX];
	size_t count;
};

static void
anchors_free(struct anchors *anchors)
{
	for (size_t i = 0; i < anchors->count; i++)
		buf_free(&anchors->leaves[i]);
	anchors->count = 0;
}

/* The server's word about a tenant's checkpoint: the hash of its note. */
static void
anchor_add(struct anchors *anchors, struct log *log, int64_t now_us)
{
	struct buf *leaf = &anchors->leaves[anchors->count];
	struct audit_entry entry = {
		.act = STR("anchor"),
		.outcome = STR("ok"),
		.role = STR("server"),
		.count = (int64_t)log->head->edge.size,
		.time_us = now_us,
		.hash = sha256((struct str){ log->head->note, log->head->note_len }),
	};

	random_bytes(entry.nonce, sizeof(entry.nonce));
	buf_init(leaf, ENTRY_LEAF_MAX);
	audit_entry_format(&entry, leaf);
	anchors->logs[anchors->count++] = log;
}

static enum rc
anchors_store(struct store_tx *tx, void *arg, struct err *err)
{
	const struct anchors *anchors = arg;
	int64_t index;

	for (size_t i = 0; i < anchors->count; i++) {
		struct str leaf;

		TRY(buf_finish(&anchors->leaves[i], &leaf, err));
		TRY(audit_append(tx, 0, leaf, &index, err));
	}
	return RC_OK;
}

static enum rc
anchors_flush(struct audit *audit, struct anchors *anchors, int64_t now_us, struct err *err)
{
	if (anchors->count == 0)
		return RC_OK;
	TRY(store_write(audit->store, anchors_store, anchors, err));
	for (size_t i = 0; i < anchors->count; i++) {
		anchors->logs[i]->anchored = anchors->logs[i]->head->edge.size;
		anchors->logs[i]->anchored_us = now_us;
	}
	anchors_free(anchors);
	return RC_OK;
}

static bool
anchor_is_due(const struct log *log, int64_t now_us)
{
	/* A clock that was set back must not silence the anchors. */
	bool is_recent =
	    now_us >= log->anchored_us && now_us - log->anchored_us < ANCHOR_EVERY_US;

	return log->tenant != 0 && log->head->edge.size > log->anchored && !is_recent;
}

enum rc
anchor_advance(struct audit *audit, struct log *const *logs, size_t count, struct err *err)
{
	CLEANUP(anchors_free) struct anchors anchors = { .count = 0 };
	int64_t now_us = clock_now_us(audit->clock);

	for (size_t i = 0; i < count; i++) {
		if (!anchor_is_due(logs[i], now_us))
			continue;
		anchor_add(&anchors, logs[i], now_us);
		if (anchors.count == ANCHORS_MAX)
			TRY(anchors_flush(audit, &anchors, now_us, err));
	}
	return anchors_flush(audit, &anchors, now_us, err);
}

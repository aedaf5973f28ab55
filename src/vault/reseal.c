/*
 * Held records are sealed anew: under the key of the hold, and back.
 *
 * A record is read with its versions, opened and sealed outside any transaction,
 * and put back only where the row is still as it was read; otherwise it is read
 * again.  Every column but the month stays, so nothing that a list sees changes.
 */
#include "vault/past.h"

#define RESEAL_CHUNK 50 /* records, with their versions, of one write transaction */
#define TRIES        5

struct resealed {
	struct record_row row;
	int64_t month, wanted;      /* it had, and is to have */
	struct record_row *history; /* those versions before it that have that month too */
	size_t history_count;
	bool is_skipped; /* gone, or as it should be */
};

struct reseal {
	struct vault *vault;
	const struct tenant *tenant;
	struct arena *arena;
	const struct id *ids;
	size_t count;
	struct resealed items[RESEAL_CHUNK];
	int64_t now_us;
	bool is_ending; /* its class ends: what is held is past its time from now on */
};

/* Under which key it belongs: the hold's, its month's, or as it is when that
 * month is over. */
static int64_t
month_wanted(const struct reseal *reseal, const struct hold_rows *holds,
             const struct record_row *row)
{
	if (hold_has_record(holds, row))
		return HOLD_MONTH;
	if (row->month != HOLD_MONTH || row->expires_us < month_start_us(reseal->now_us))
		return row->month;
	return retention_month(row->expires_us);
}

static MUST_CHECK enum rc
history_read(struct store_tx *tx, const struct reseal *reseal, struct resealed *item,
             struct err *err)
{
	struct record_row *rows;
	size_t count;

	TRY(store_version_list(tx, reseal->tenant->id, item->row.id, reseal->arena, &rows,
	                       &count, err));
	item->history = rows;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].month == item->month)
			rows[item->history_count++] = rows[i];
	}
	return RC_OK;
}

static bool
is_to_end(const struct reseal *reseal, const struct resealed *item)
{
	return reseal->is_ending && item->wanted == HOLD_MONTH &&
	       item->row.expires_us > reseal->now_us;
}

static MUST_CHECK enum rc
resealed_read(struct store_tx *tx, struct reseal *reseal, size_t i, struct err *err)
{
	struct resealed *item = &reseal->items[i];
	int64_t tenant = reseal->tenant->id;
	struct hold_rows holds;
	enum rc rc =
	    store_record_find(tx, tenant, reseal->ids[i], reseal->arena, &item->row, err);

	*item = (struct resealed){ .row = item->row, .is_skipped = rc == RC_NOT_FOUND };
	if (item->is_skipped)
		return RC_OK;
	TRY(rc);
	TRY(holds_read(tx, tenant, item->row.subject, reseal->arena, &holds, err));
	item->wanted = month_wanted(reseal, &holds, &item->row);
	item->month = item->row.month;
	item->is_skipped = item->wanted == item->month && !is_to_end(reseal, item);
	if (item->is_skipped || item->row.version == 1)
		return RC_OK;
	return history_read(tx, reseal, item, err);
}

static MUST_CHECK enum rc
reseal_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct reseal *reseal = arg;

	for (size_t i = 0; i < reseal->count; i++)
		TRY(resealed_read(tx, reseal, i, err));
	return RC_OK;
}

static MUST_CHECK enum rc
row_turn(struct reseal *reseal, struct record_row *row, const struct resealed *like,
         struct err *err)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	struct record_key_name name = { row->tenant, row->subject, row->class, like->wanted };
	struct str body;

	TRY(row_unseal(reseal->vault, row, reseal->arena, &body, err));
	TRY(keys_record(reseal->vault->keys, &name, true, &key, err));
	row->month = like->wanted;
	if (is_to_end(reseal, like))
		row->expires_us = reseal->now_us;
	return row_seal(&key, row, body, reseal->arena, err);
}

/* What does not open cannot be sealed anew: it is left as it is. */
static bool
is_lost(enum rc rc)
{
	return rc == RC_GONE || rc == RC_CORRUPT;
}

/* One damaged row, or one whose key is gone already, stops no other. */
static MUST_CHECK enum rc
resealed_turn(struct reseal *reseal, struct resealed *item, struct err *err)
{
	struct record_row row = item->row;
	size_t kept = 0;
	enum rc rc;

	rc = row_turn(reseal, &row, item, err);
	item->is_skipped = is_lost(rc);
	if (item->is_skipped)
		return RC_OK;
	TRY(rc);
	for (size_t i = 0; i < item->history_count; i++) {
		item->history[kept] = item->history[i];
		rc = row_turn(reseal, &item->history[kept], item, err);
		if (is_lost(rc))
			continue;
		TRY(rc);
		kept++;
	}
	item->history_count = kept;
	item->row = row;
	return RC_OK;
}

static MUST_CHECK enum rc
reseal_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct reseal *reseal = arg;

	for (size_t i = 0; i < reseal->count; i++) {
		const struct resealed *item = &reseal->items[i];
		if (item->is_skipped)
			continue;
		TRY(store_record_reseal(tx, &item->row, item->month, err));
		for (size_t v = 0; v < item->history_count; v++)
			TRY(store_version_reseal(tx, &item->history[v], item->month, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
reseal_chunk(struct reseal *reseal, struct err *err)
{
	enum rc rc = RC_RETRY;

	for (int try = 0; try < TRIES && rc == RC_RETRY; try++) {
		arena_reset(reseal->arena);
		TRY(store_read(reseal->vault->store, reseal_read, reseal, err));
		for (size_t i = 0; i < reseal->count; i++) {
			if (!reseal->items[i].is_skipped)
				TRY(resealed_turn(reseal, &reseal->items[i], err));
		}
		/* RC_RETRY: one was changed or deleted meanwhile. */
		rc = store_write(reseal->vault->store, reseal_write, reseal, err);
	}
	return rc;
}

static MUST_CHECK enum rc
ids_reseal(struct reseal like, const struct id *ids, size_t count, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct reseal reseal = like;

	arena_init(&arena, LIMIT_ARENA_BYTES);
	reseal.arena = &arena;
	reseal.now_us = clock_now_us(reseal.vault->clock);
	for (size_t at = 0; at < count; at += reseal.count) {
		reseal.ids = ids + at;
		reseal.count = count - at < RESEAL_CHUNK ? count - at : RESEAL_CHUNK;
		TRY(reseal_chunk(&reseal, err));
	}
	return RC_OK;
}

enum rc
hold_reseal(struct vault *vault, const struct tenant *tenant, const struct id *ids,
            size_t count, struct err *err)
{
	return ids_reseal((struct reseal){ .vault = vault, .tenant = tenant }, ids, count, err);
}

enum rc
hold_reseal_last(struct vault *vault, const struct tenant *tenant, struct id id,
                 struct err *err)
{
	const struct reseal like = { .vault = vault, .tenant = tenant, .is_ending = true };

	return ids_reseal(like, &id, 1, err);
}

struct range_read {
	struct record_query query;
	struct arena *arena;
	struct record_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
range_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct range_read *read = arg;

	return store_record_list(tx, &read->query, read->arena, &read->rows, &read->count, err);
}

enum rc
hold_reseal_range(struct vault *vault, const struct tenant *tenant,
                  const struct hold_range *range, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct range_read read = { .arena = &arena,
		                   .query = { .tenant = tenant->id,
		                              .subject = range->subject,
		                              .class = range->class,
		                              .order = RECORD_BY_ID,
		                              .limit = LIMIT_PAGE_ROWS,
		                              .without_body = true } };
	struct id ids[LIMIT_PAGE_ROWS];

	arena_init(&arena, 4 * MIB);
	do {
		arena_reset(&arena);
		TRY(store_read(vault->store, range_read, &read, err));
		for (size_t i = 0; i < read.count; i++)
			ids[i] = read.rows[i].id;
		TRY(hold_reseal(vault, tenant, ids, read.count, err));
		if (read.count != 0)
			read.query.after = ids[read.count - 1];
	} while (read.count == LIMIT_PAGE_ROWS);
	return RC_OK;
}

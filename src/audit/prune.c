/*
 * Cutting off the old end of a log (C2SP tlog-tiles, "Pruning"): entry bundles
 * below the log's minimum index are not served any more.
 *
 * Hash tiles stay, all of them: every checkpoint, inclusion and consistency proof
 * of what is left stands as before, and a proof of what was cut would still verify
 * for whoever kept the entry.  The minimum is durable before a file goes; files
 * that a crash left lie just below it and go with the next call.
 */
#include <errno.h>
#include <unistd.h>

#include "audit/log.h"
#include "audit/prune.h"

#define MINIMUM     STR("log.minimum")
#define BUNDLES_RUN 4096 /* of one call */
#define TEXT_BYTES  32

struct minimum {
	int64_t tenant;
	struct arena *arena;
	int64_t entries;
};

enum rc
prune_minimum_find(struct store_tx *tx, int64_t tenant, int64_t *minimum, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str text;
	enum rc rc;

	*minimum = 0;
	arena_init(&arena, 4096);
	rc = store_setting_find(tx, tenant, MINIMUM, &arena, &text, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	return str_to_i64(text, minimum, err);
}

static MUST_CHECK enum rc
minimum_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct minimum *minimum = arg;

	return prune_minimum_find(tx, minimum->tenant, &minimum->entries, err);
}

static MUST_CHECK enum rc
minimum_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct minimum *minimum = arg;
	char text[TEXT_BYTES];

	(void)snprintf(text, sizeof(text), "%lld", (long long)minimum->entries);
	return store_setting_put(tx, minimum->tenant, MINIMUM, str_from_c(text), err);
}

enum rc
prune_minimum(struct store *store, int64_t tenant, int64_t *entries, struct err *err)
{
	struct minimum minimum = { .tenant = tenant };

	TRY(store_read(store, minimum_read, &minimum, err));
	*entries = minimum.entries;
	return RC_OK;
}

enum rc
audit_minimum(struct audit *audit, int64_t tenant, int64_t *entries, struct err *err)
{
	return prune_minimum(audit->store, tenant, entries, err);
}

/* Is the bundle's last entry older?  Entries are in order of time. */
static MUST_CHECK enum rc
bundle_is_old(struct audit *audit, int64_t tenant, int64_t first, int64_t before_us,
              bool *is_old, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct audit_entry entry;
	struct entry_row *rows;
	size_t found;

	arena_init(&arena, 2 * BUNDLE_MAX);
	TRY(audit_entries(audit, tenant, first + TILE_HASHES - 1, 1, &arena, &rows, &found,
	                  err));
	*is_old = false;
	if (found == 0)
		return RC_OK;
	TRY(audit_entry_parse(rows[0].leaf, &entry, &arena, err));
	*is_old = entry.time_us < before_us;
	return RC_OK;
}

/* *is_there: whether there was a file. */
static MUST_CHECK enum rc
bundle_unlink(const struct log *log, int64_t first, bool *is_there, struct err *err)
{
	struct tile tile = { TILE_ENTRIES, (uint64_t)first / TILE_HASHES, TILE_HASHES };
	char name[TILE_PATH_MAX], path[4096];

	tile_path_format(&tile, name);
	if (snprintf(path, sizeof(path), "%s/%s", log->root, name) >= (int)sizeof(path))
		return FAIL(err, RC_LIMIT, "the path of the audit log is too long");
	*is_there = unlink(path) == 0;
	if (!*is_there && errno != ENOENT)
		return FAIL(err, RC_IO, "audit log of tenant %lld: %s cannot be removed",
		            (long long)log->tenant, name);
	return RC_OK;
}

/* Those that a crash left: from the minimum down to the first that is gone. */
static MUST_CHECK enum rc
left_unlink(const struct log *log, int64_t minimum, struct err *err)
{
	bool is_there = true;

	for (int64_t at = minimum - TILE_HASHES; at >= 0 && is_there; at -= TILE_HASHES)
		TRY(bundle_unlink(log, at, &is_there, err));
	return RC_OK;
}

enum rc
audit_prune(struct audit *audit, int64_t tenant, int64_t before_us, int64_t *pruned,
            struct err *err)
{
	CLEANUP(log_ref_drop) struct log_ref ref = { NULL, NULL };
	struct minimum minimum = { .tenant = tenant };
	int64_t from, size;
	bool is_old = true;

	*pruned = 0;
	TRY(log_ref_get(audit, tenant, &ref, err));
	size = (int64_t)(ref.head->edge.size / TILE_HASHES * TILE_HASHES);
	TRY(store_read(audit->store, minimum_read, &minimum, err));
	TRY(left_unlink(ref.log, minimum.entries, err));
	from = minimum.entries;
	for (int i = 0; i < BUNDLES_RUN && is_old && minimum.entries < size; i++) {
		TRY(bundle_is_old(audit, tenant, minimum.entries, before_us, &is_old, err));
		if (is_old)
			minimum.entries += TILE_HASHES;
	}
	if (minimum.entries == from)
		return RC_OK;
	TRY(store_write(audit->store, minimum_write, &minimum, err));
	/* In this order, so that what a crash leaves is one stretch below the minimum. */
	for (int64_t at = from; at < minimum.entries; at += TILE_HASHES)
		TRY(bundle_unlink(ref.log, at, &is_old, err));
	*pruned = minimum.entries - from;
	return RC_OK;
}

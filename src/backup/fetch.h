/*
 * Objects back from places, with the recovery key: the first place that has a
 * right one gives it.  Included by what verifies and restores.
 */
#ifndef BACKUP_FETCH_H
#define BACKUP_FETCH_H

#include "backup/inside.h"

struct fetching {
	const struct backup_from *from;
	struct outbound_place *places[LIMIT_PLACES];
	struct backup_found *found;
	struct arena *arena; /* manifest and index */
	/* after fetch_choose(): */
	struct manifest manifest;
	struct key_index index;
	struct str epoch_key; /* the bytes of epoch.key */
};

enum rc fetch_begin(struct fetching *fetching, struct err *err) MUST_CHECK;
void fetch_end(struct fetching *fetching); /* for CLEANUP */

/* RC_NOT_FOUND: no place has it; else the last failure. */
enum rc fetch_object(struct fetching *fetching, struct str object, struct buf *out,
                     struct err *err) MUST_CHECK;
/* A block whose content has its name; another place's where one is damaged. */
enum rc fetch_block(struct fetching *fetching, const char *prefix, const struct key *key,
                    const struct digest *name, struct buf *out, struct err *err) MUST_CHECK;

/* The newest backup of then or before, and the newest keys of all places. */
enum rc fetch_choose(struct fetching *fetching, struct err *err) MUST_CHECK;

void fetch_fault(struct fetching *fetching, const struct err *err);

/* Every block in order to `each`, which may be NULL. */
struct fetch_blocks {
	const char *prefix;
	const struct key *key;
	struct str blocks; /* 32 bytes each */
	enum rc (*each)(void *arg, uint64_t number, struct str plain, struct err *err);
	void *arg;
	bool goes_on; /* past faults, which are counted */
};
enum rc fetch_all(struct fetching *fetching, const struct fetch_blocks *blocks, struct err *err)
    MUST_CHECK;

/* The ledger that all places together have, to `path`. */
enum rc fetch_ledger(struct fetching *fetching, const char *path, const struct clock *clock,
                     struct err *err) MUST_CHECK;

#endif

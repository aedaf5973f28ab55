/*
 * The whole database as bytes, as it was at one moment.
 *
 * SQLite's own copy (its backup interface) goes into a file without a name beside
 * the database, and is read from there in blocks: whoever sends them elsewhere may
 * take as long as it likes without holding up the writer's log.  Memory stays
 * flat, one is taken at a time; the disk holds the database twice meanwhile.  A page that has
 * not changed has the same bytes in every snapshot, at the same place.
 */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include "store/store.h"

#define SNAPSHOT_BLOCK_BYTES (256 * 1024) /* whole pages, whatever their size */

struct store_snapshot;

/* RC_FULL: there is no room for the copy. */
enum rc store_snapshot_begin(struct store *store, struct store_snapshot **snapshot,
                             struct err *err) MUST_CHECK;
uint64_t store_snapshot_bytes(const struct store_snapshot *snapshot);
/* The next block into `room` (SNAPSHOT_BLOCK_BYTES); only the last is shorter, and
 * *count is 0 after it. */
enum rc store_snapshot_next(struct store_snapshot *snapshot, char *room, size_t *count,
                            struct err *err) MUST_CHECK;
void store_snapshot_end(struct store_snapshot **snapshot); /* for CLEANUP; takes NULL */

#endif

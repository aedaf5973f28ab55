/*
 * Tiles: C2SP tlog-tiles.  256 hashes each; level 0 holds the leaf hashes,
 * each hash of level L + 1 is the root of one full tile of level L.  An entry
 * bundle holds the 256 leaves under one tile of level 0.
 *
 * Full ones lie as files under DIR/TENANT/, at the path that the specification
 * gives the resource, so the folder can be served or copied as it is.
 */
#ifndef AUDIT_TILE_H
#define AUDIT_TILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "crypto/digest.h"
#include "store/row.h"

#define TILE_HEIGHT  8
#define TILE_HASHES  256
#define TILE_BYTES   (TILE_HASHES * DIGEST_BYTES)
#define TILE_LEVELS  8 /* 256^7 entries is more than an int64_t can count */
#define TILE_ENTRIES (-1)
#define BUNDLE_MAX   (TILE_HASHES * (2 + 65535UL))

struct tile {
	int level; /* TILE_ENTRIES: a bundle */
	uint64_t index;
	unsigned width; /* 1 to 256 */
};

#define TILE_PATH_MAX 64

/* "tile/0/x001/067", "tile/entries/000.p/12" and back; RC_NOT_FOUND for any
 * text that is no path. */
void tile_path_format(const struct tile *tile, char path[TILE_PATH_MAX]);
enum rc tile_path_parse(struct str path, struct tile *tile, struct err *err) MUST_CHECK;

/* The last hash that the tile holds lies below this many hashes of its level. */
uint64_t tile_end(const struct tile *tile);

/* --- bundles ----------------------------------------------------------------- */

/* Appends one leaf: two bytes of length, big-endian, and its bytes. */
void bundle_add(struct buf *bundle, struct str leaf);
/* Exactly `count` leaves, borrowed from the bundle.  RC_CORRUPT. */
enum rc bundle_read(struct str bundle, size_t count, struct str *leaves, struct err *err)
    MUST_CHECK;

/* --- files ------------------------------------------------------------------- */

/*
 * Several files that become durable together.  tile_batch_add() writes and
 * syncs a temporary file; tile_batch_finish() renames all and syncs every
 * folder concerned, once each; only then is any of it to be relied on.  Writing
 * a file that is there replaces it.  What a crash leaves behind is whole files
 * and *.tmp, and the next run writes the same files again.
 */
struct tile_batch;

/* Makes `dir` itself, durably, when it is not there. */
enum rc tile_folder_make(const char *dir, struct err *err) MUST_CHECK;

enum rc tile_batch_new(struct tile_batch **batch, const char *dir, int64_t tenant,
                       struct err *err) MUST_CHECK;
void
tile_batch_free(struct tile_batch **batch); /* fits CLEANUP; removes what is not finished */
enum rc tile_batch_add(struct tile_batch *batch, const struct tile *tile, struct str bytes,
                       struct err *err) MUST_CHECK;
enum rc tile_batch_finish(struct tile_batch *batch, struct err *err) MUST_CHECK;

/* A file below `root`.  RC_NOT_FOUND; RC_LIMIT over `out`'s ceiling. */
enum rc tile_file_read(const char *root, const char *path, struct buf *out, struct err *err)
    MUST_CHECK;

#endif

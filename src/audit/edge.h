/*
 * The right edge of a tree: all that is needed to add leaves, to know the root
 * and to write tiles.
 *
 * It holds the complete subtrees that the size splits into (one node per set
 * bit) and, of each level of tiles, the hashes of the one that is not full.
 * Adding a leaf costs two hashes on average; the root at most 64.
 */
#ifndef AUDIT_EDGE_H
#define AUDIT_EDGE_H

#include "audit/merkle.h"
#include "audit/tile.h"

struct edge {
	uint64_t size;
	struct digest nodes[64];           /* [k] is set when bit k of size is */
	struct digest *tiles[TILE_LEVELS]; /* TILE_HASHES each; NULL: none yet */
};

/* Called with each tile that has become full, lower levels first. */
struct edge_sink {
	enum rc (*full)(void *arg, const struct tile *tile, const struct digest *hashes,
	                struct err *err);
	void *arg;
};

void edge_init(struct edge *edge); /* of the empty tree */
void edge_free(struct edge *edge);
void edge_copy(struct edge *copy, const struct edge *edge); /* `copy` is not init */

enum rc edge_add(struct edge *edge, const struct digest *leaf, const struct edge_sink *sink,
                 struct err *err) MUST_CHECK;
struct digest edge_root(const struct edge *edge);

/* The tile of a level that is not full; width 0: there is none. */
struct tile edge_tile(uint64_t size, int level);

/* Rebuilds an edge of `size` leaves: sets one level's hashes, as many as
 * edge_tile() says.  Every level with a width must be set. */
void edge_set(struct edge *edge, uint64_t size, int level, struct str hashes);

/* Root of hashes[0 … 2^height), height at most TILE_HEIGHT. */
struct digest edge_fold(const struct digest *hashes, int height);

#endif

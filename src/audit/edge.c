#include "audit/edge.h"

#include <assert.h>

void
edge_init(struct edge *edge)
{
	*edge = (struct edge){ .size = 0 };
}

void
edge_free(struct edge *edge)
{
	for (int i = 0; i < TILE_LEVELS; i++)
		free(edge->tiles[i]);
	edge_init(edge);
}

static struct digest *
tile_room(struct edge *edge, int level)
{
	assert(level < TILE_LEVELS);
	if (edge->tiles[level] == NULL)
		edge->tiles[level] = calloc(TILE_HASHES, DIGEST_BYTES);
	assert(edge->tiles[level] != NULL);
	return edge->tiles[level];
}

void
edge_copy(struct edge *copy, const struct edge *edge)
{
	*copy = *edge;
	for (int i = 0; i < TILE_LEVELS; i++) {
		copy->tiles[i] = NULL;
		if (edge->tiles[i] != NULL)
			memcpy(tile_room(copy, i), edge->tiles[i], TILE_BYTES);
	}
}

struct tile
edge_tile(uint64_t size, int level)
{
	uint64_t hashes = size >> (TILE_HEIGHT * level);

	return (struct tile){ level, hashes / TILE_HASHES, (unsigned)(hashes % TILE_HASHES) };
}

enum rc
edge_add(struct edge *edge, const struct digest *leaf, const struct edge_sink *sink,
         struct err *err)
{
	struct digest hash = *leaf;

	/* The tree grows as a binary counter does: each carry joins two subtrees
	 * of one height, and each eighth carry completes a tile. */
	for (int height = 0;; height++) {
		if (height % TILE_HEIGHT == 0) {
			int level = height / TILE_HEIGHT;
			struct tile tile = edge_tile(edge->size, level);

			tile_room(edge, level)[tile.width++] = hash;
			if (tile.width == TILE_HASHES)
				TRY(sink->full(sink->arg, &tile, edge->tiles[level], err));
		}
		if (((edge->size >> height) & 1) == 0) {
			edge->nodes[height] = hash;
			break;
		}
		hash = merkle_node(&edge->nodes[height], &hash);
	}
	edge->size++;
	return RC_OK;
}

static enum rc
node_of(void *arg, int level, uint64_t index, struct digest *hash, struct err *err)
{
	const struct edge *edge = arg;

	(void)index;
	(void)err;
	*hash = edge->nodes[level];
	return RC_OK;
}

struct digest
edge_root(const struct edge *edge)
{
	struct edge nodes = *edge;
	struct merkle_source source = { node_of, &nodes };
	struct digest root = { 0 };
	struct err err;

	DISCARD(merkle_root(&source, edge->size, &root, &err), "reading memory cannot fail");
	return root;
}

struct digest
edge_fold(const struct digest *hashes, int height)
{
	struct digest work[TILE_HASHES];
	size_t count = (size_t)1 << height;

	assert(height >= 0 && height <= TILE_HEIGHT);
	memcpy(work, hashes, count * sizeof(work[0]));
	for (; count > 1; count /= 2) {
		for (size_t i = 0; i < count / 2; i++)
			work[i] = merkle_node(&work[2 * i], &work[2 * i + 1]);
	}
	return work[0];
}

void
edge_set(struct edge *edge, uint64_t size, int level, struct str hashes)
{
	struct tile tile = edge_tile(size, level);
	struct digest *room = tile_room(edge, level);
	unsigned at = tile.width;

	assert(hashes.len == (size_t)tile.width * DIGEST_BYTES);
	memcpy(room, hashes.ptr, hashes.len);
	for (int height = 0; height < TILE_HEIGHT; height++) {
		if (((tile.width >> height) & 1) == 0)
			continue;
		at -= 1u << height;
		edge->nodes[TILE_HEIGHT * level + height] = edge_fold(room + at, height);
	}
	edge->size = size;
}

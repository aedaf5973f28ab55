/*
 * Unwrapped keys in locked memory, the least recently used ones leave first.
 *
 * Set-associative: a name hashes to one of many small sets, and within its set
 * the oldest entry is replaced.  A key that is destroyed while another thread
 * is fetching it must not come back: key_cache_find() gives the epoch of the
 * cache, and key_cache_put() does nothing when keys were dropped since.
 */
#ifndef VAULT_KEY_CACHE_H
#define VAULT_KEY_CACHE_H

#include "base/id.h"
#include "crypto/secret.h"

enum key_cache_kind { KEY_CACHE_TREE = 1, KEY_CACHE_RECORD, KEY_CACHE_DERIVED };

struct key_cache;

struct key_cache_name {
	int64_t tenant;
	struct id owner;
	int64_t class;
	int64_t month;
	int64_t kind;
};

struct key_cache *key_cache_new(size_t capacity);
void key_cache_free(struct key_cache *cache);

bool key_cache_find(struct key_cache *cache, const struct key_cache_name *name, struct key *key,
                    uint64_t *epoch);
void key_cache_put(struct key_cache *cache, const struct key_cache_name *name,
                   const struct key *key, uint64_t epoch);

/* Forgets every key of an owner; with a zero owner, everything. */
void key_cache_drop(struct key_cache *cache, int64_t tenant, struct id owner);

#endif

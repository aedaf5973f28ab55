#include "vault/key_cache.h"

#include <assert.h>
#include <pthread.h>

#define WAYS 8

struct entry {
	struct key_cache_name name;
	struct key key;
	uint64_t used; /* 0: empty */
};

struct key_cache {
	pthread_mutex_t lock;
	struct entry *entries; /* locked memory, set after set */
	size_t set_count;
	uint64_t tick;
	uint64_t epoch;
};

struct key_cache *
key_cache_new(size_t capacity)
{
	struct key_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		abort();
	cache->set_count = capacity / WAYS;
	cache->entries = secret_alloc(cache->set_count * WAYS * sizeof(struct entry));
	(void)pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void
key_cache_free(struct key_cache *cache)
{
	if (cache == NULL)
		return;
	secret_free(cache->entries, cache->set_count * WAYS * sizeof(struct entry));
	(void)pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* FNV-1a's steps over the words of the name, which has no padding. */
static struct entry *
set_of(const struct key_cache *cache, const struct key_cache_name *name)
{
	uint64_t words[sizeof(*name) / sizeof(uint64_t)];
	uint64_t hash = 0xcbf29ce484222325;

	static_assert(sizeof(words) == sizeof(*name), "a name is whole words");
	memcpy(words, name, sizeof(words));
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		hash = (hash ^ words[i]) * 0x100000001b3;
		hash ^= hash >> 32;
	}
	return cache->entries + (hash >> 20) % cache->set_count * WAYS;
}

static bool
name_eq(const struct key_cache_name *a, const struct key_cache_name *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool
key_cache_find(struct key_cache *cache, const struct key_cache_name *name, struct key *key,
               uint64_t *epoch)
{
	struct entry *set = set_of(cache, name);
	bool is_found = false;

	(void)pthread_mutex_lock(&cache->lock);
	for (int i = 0; i < WAYS && !is_found; i++) {
		if (set[i].used == 0 || !name_eq(&set[i].name, name))
			continue;
		set[i].used = ++cache->tick;
		*key = set[i].key;
		is_found = true;
	}
	*epoch = cache->epoch;
	(void)pthread_mutex_unlock(&cache->lock);
	return is_found;
}

void
key_cache_put(struct key_cache *cache, const struct key_cache_name *name, const struct key *key,
              uint64_t epoch)
{
	struct entry *set = set_of(cache, name);
	struct entry *oldest = set;

	(void)pthread_mutex_lock(&cache->lock);
	for (int i = 0; i < WAYS; i++) {
		if (set[i].used != 0 && name_eq(&set[i].name, name)) {
			oldest = &set[i];
			break;
		}
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	if (epoch == cache->epoch)
		*oldest = (struct entry){ *name, *key, ++cache->tick };
	(void)pthread_mutex_unlock(&cache->lock);
}

void
key_cache_drop(struct key_cache *cache, int64_t tenant, struct id owner)
{
	(void)pthread_mutex_lock(&cache->lock);
	cache->epoch++;
	for (size_t i = 0; i < cache->set_count * WAYS; i++) {
		struct entry *entry = &cache->entries[i];
		bool is_meant = id_is_zero(owner) || (entry->name.tenant == tenant &&
		                                      id_eq(entry->name.owner, owner));
		if (is_meant)
			secret_wipe(entry, sizeof(*entry));
	}
	(void)pthread_mutex_unlock(&cache->lock);
}

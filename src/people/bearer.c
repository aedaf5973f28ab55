#include "people/bearer.h"

#include <pthread.h>

#include "base/clock.h"

struct bearers {
	pthread_rwlock_t lock;
	uint64_t stamp; /* raised by every drop */
	struct bearer rows[BEARERS_MAX];
};

struct bearers *
bearers_new(void)
{
	struct bearers *bearers = calloc(1, sizeof(*bearers));

	if (bearers == NULL || pthread_rwlock_init(&bearers->lock, NULL) != 0)
		abort();
	return bearers;
}

void
bearers_free(struct bearers *bearers)
{
	if (bearers == NULL)
		return;
	(void)pthread_rwlock_destroy(&bearers->lock);
	secret_wipe(bearers, sizeof(*bearers));
	free(bearers);
}

/* The hash is uniform, and nobody can choose it without the token. */
static struct bearer *
row_of(struct bearers *bearers, const uint8_t hash[HASH_BYTES])
{
	return &bearers->rows[(size_t)(hash[0] | hash[1] << 8) & (BEARERS_MAX - 1)];
}

bool
bearers_find(struct bearers *bearers, const struct tenant *tenant, const struct digest *hash,
             int64_t now_us, struct actor *actor)
{
	const struct bearer *row = row_of(bearers, hash->bytes);
	bool is_there;

	(void)pthread_rwlock_rdlock(&bearers->lock);
	is_there = row->tenant == tenant->id && row->policy == tenant->policy &&
	           secret_eq(row->hash, hash->bytes, HASH_BYTES) && now_us < row->expires_us &&
	           clock_monotonic_us() < row->trusted_us;
	if (is_there)
		*actor = row->actor;
	(void)pthread_rwlock_unlock(&bearers->lock);
	return is_there;
}

uint64_t
bearers_stamp(struct bearers *bearers)
{
	uint64_t stamp;

	(void)pthread_rwlock_rdlock(&bearers->lock);
	stamp = bearers->stamp;
	(void)pthread_rwlock_unlock(&bearers->lock);
	return stamp;
}

void
bearers_enter(struct bearers *bearers, const struct bearer *bearer, uint64_t stamp)
{
	(void)pthread_rwlock_wrlock(&bearers->lock);
	if (stamp == bearers->stamp)
		*row_of(bearers, bearer->hash) = *bearer;
	(void)pthread_rwlock_unlock(&bearers->lock);
}

void
bearers_drop(struct bearers *bearers, struct id which)
{
	(void)pthread_rwlock_wrlock(&bearers->lock);
	bearers->stamp++;
	for (size_t i = 0; i < BEARERS_MAX; i++) {
		struct bearer *row = &bearers->rows[i];
		if (id_eq(row->actor.id, which) || id_eq(row->actor.subject, which) ||
		    id_eq(row->actor.session, which))
			*row = (struct bearer){ 0 };
	}
	(void)pthread_rwlock_unlock(&bearers->lock);
}

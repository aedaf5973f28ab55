#include "people/inside.h"

#include <arpa/inet.h>

#define TRIES_MAX 4

struct counting {
	struct rate_row rows[TRIES_MAX];
	int64_t counts[TRIES_MAX];
	size_t count;
};

static enum rc
count_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct counting *counting = arg;

	for (size_t i = 0; i < counting->count; i++)
		TRY(store_rate_hit(tx, &counting->rows[i], &counting->counts[i], err));
	return RC_OK;
}

/* The key never lies in a row: a MAC of it does, under a key of the tenant. */
static MUST_CHECK enum rc
row_of(const struct people *people, const struct tenant *tenant, const struct rate_try *try,
       struct rate_row *row, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct digest mac;
	struct str bytes;

	buf_init(&text, 4 * KIB);
	buf_add(&text, str_from_c(try->rate->what));
	buf_add(&text, (struct str){ "", 1 });
	buf_add(&text, try->key);
	TRY(buf_finish(&text, &bytes, err));
	mac = vault_mac(people->vault, tenant, "rate", bytes);
	memcpy(row->mac, mac.bytes, MAC_BYTES);
	row->window_us = try->rate->window_us;
	return RC_OK;
}

enum rc
rate_count(const struct people *people, const struct tenant *tenant,
           const struct rate_try *tries, size_t count, struct err *err)
{
	struct counting counting = { .count = count };

	assert(count <= TRIES_MAX);
	for (size_t i = 0; i < count; i++)
		TRY(row_of(people, tenant, &tries[i], &counting.rows[i], err));
	TRY(store_write(people->store, count_in, &counting, err));
	for (size_t i = 0; i < count; i++) {
		if (counting.counts[i] > tries[i].rate->most)
			return FAIL(err, RC_RATE, "too many tries (%s): wait %lld minutes",
			            tries[i].rate->what,
			            (long long)(tries[i].rate->window_us / US_PER_MIN));
	}
	return RC_OK;
}

enum rc
people_rate(struct people *people, const struct tenant *tenant, const struct rate *rate,
            struct str key, struct err *err)
{
	struct rate_try try = { rate, key };

	return rate_count(people, tenant, &try, 1, err);
}

struct str
rate_network(struct arena *arena, struct str address)
{
	const char *text =
	    address.len < INET6_ADDRSTRLEN ? str_to_c(arena, address) : "elsewhere";
	uint8_t *bytes = arena_alloc(arena, sizeof(struct in6_addr), _Alignof(struct in6_addr));
	size_t count = 4;

	if (inet_pton(AF_INET, text, bytes) == 1)
		return (struct str){ (const char *)bytes, count };
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return STR("elsewhere");
	if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)bytes))
		return (struct str){ (const char *)bytes + 12, count };
	return (struct str){ (const char *)bytes, 8 };
}

static const struct rate bearer_rate = { "token", 60, 15 * US_PER_MIN };

enum rc
people_bearer_refused(struct people *people, const struct visitor *visitor, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, 4 * KIB);
	return people_rate(people, visitor->tenant, &bearer_rate,
	                   rate_network(&arena, visitor->address), err);
}

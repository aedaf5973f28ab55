/*
 * The actors behind tokens that were used a moment ago.
 *
 * A bounded table by the token's hash, so that a device which posts every few
 * milliseconds costs one SHA-256 and one look-up.  An entry is believed for
 * BEARER_TRUST_US; a token's expiry is looked at on every use.  What is revoked
 * in this process is dropped at once: a look-up in the store that began before
 * a drop cannot enter afterwards (bearer_stamp).
 */
#ifndef PEOPLE_BEARER_H
#define PEOPLE_BEARER_H

#include "store/row.h"
#include "vault/vault.h"

#define BEARER_TRUST_US US_PER_S
#define BEARERS_MAX     8192 /* rows of the table; a power of two */

struct bearers;

struct bearer {
	uint8_t hash[HASH_BYTES];
	int64_t tenant;
	const struct policy *policy; /* whose roles the actor borrows */
	struct actor actor;
	int64_t expires_us;
	int64_t trusted_us; /* monotonic: believed until then */
};

struct bearers *bearers_new(void);
void bearers_free(struct bearers *bearers);

/* Those still believed; times are checked by the caller's clock. */
bool bearers_find(struct bearers *bearers, const struct tenant *tenant,
                  const struct digest *hash, int64_t now_us, struct actor *actor);
uint64_t bearers_stamp(struct bearers *bearers);
void bearers_enter(struct bearers *bearers, const struct bearer *bearer, uint64_t stamp);
/* Whose id or subject, or which token, that is. */
void bearers_drop(struct bearers *bearers, struct id which);

#endif

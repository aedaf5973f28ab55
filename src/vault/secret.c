/*
 * Secrets of other layers: sealed under keys of the tenant made for one use.
 */
#include "crypto/seal.h"
#include "vault/inside.h"

static MUST_CHECK enum rc
secret_find(struct vault *vault, const struct tenant *tenant, const char *what, struct key *key,
            struct err *err)
{
	return keys_derived(vault->keys, tenant == NULL ? 0 : tenant->id, (struct id){ { 0 } },
	                    what, key, err);
}

static struct key
secret_key(struct vault *vault, const struct tenant *tenant, const char *what)
{
	struct err err;
	struct key key;

	/* The tenant's root opened when the vault did: without it nothing can go on. */
	if (secret_find(vault, tenant, what, &key, &err) != RC_OK)
		abort();
	return key;
}

static struct str
associated_of(const struct vault_secret *secret, struct arena *arena)
{
	size_t what = strlen(secret->what);
	char *text = arena_alloc(arena, what + 1 + secret->place.len, 1);

	memcpy(text, secret->what, what + 1); /* the NUL stands between */
	if (secret->place.len != 0)
		memcpy(text + what + 1, secret->place.ptr, secret->place.len);
	return (struct str){ text, what + 1 + secret->place.len };
}

void
vault_seal(struct vault *vault, const struct vault_secret *secret, struct str text,
           struct arena *arena, struct str *sealed)
{
	CLEANUP(key_wipe) struct key key = secret_key(vault, secret->tenant, secret->what);
	uint8_t *out = arena_alloc(arena, text.len + SEAL_EXTRA_BYTES, 1);

	seal(&key, text, associated_of(secret, arena), out);
	*sealed = (struct str){ (const char *)out, text.len + SEAL_EXTRA_BYTES };
}

enum rc
vault_unseal(struct vault *vault, const struct vault_secret *secret, struct str sealed,
             struct arena *arena, struct str *text, struct err *err)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	uint8_t *out;

	TRY(secret_find(vault, secret->tenant, secret->what, &key, err));
	if (sealed.len < SEAL_EXTRA_BYTES)
		return FAIL(err, RC_CORRUPT, "a sealed %s is cut short", secret->what);
	out = arena_alloc(arena, sealed.len, 1);
	TRY(seal_open(&key, sealed, associated_of(secret, arena), out, err));
	*text = (struct str){ (const char *)out, sealed.len - SEAL_EXTRA_BYTES };
	return RC_OK;
}

struct digest
vault_mac(struct vault *vault, const struct tenant *tenant, const char *what, struct str text)
{
	CLEANUP(key_wipe) struct key key = secret_key(vault, tenant, what);

	return hmac_sha256(&key, text);
}

/*
 * Ed25519.  OpenSSL's key object lives for one call; signing is rare (one
 * checkpoint a second), so nothing is kept.
 */
#include "crypto/sign.h"

#include "crypto/engine.h"

static void
pkey_free(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void
context_free(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

static EVP_PKEY *
pkey_private(const struct key *seed)
{
	EVP_PKEY *pkey =
	    EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed->bytes, KEY_BYTES);

	engine_must(pkey != NULL, "EVP_PKEY_new_raw_private_key_ex");
	return pkey;
}

void
sign_key_from_seed(struct sign_key *key, const struct key *seed)
{
	CLEANUP(pkey_free) EVP_PKEY *pkey = pkey_private(seed);
	size_t len = SIGN_PUBLIC_BYTES;

	key->seed = *seed;
	engine_must(EVP_PKEY_get_raw_public_key(pkey, key->public, &len),
	            "EVP_PKEY_get_raw_public_key");
}

void
sign_key_new(struct sign_key *key)
{
	CLEANUP(key_wipe) struct key seed = { { 0 } };

	random_bytes(seed.bytes, KEY_BYTES);
	sign_key_from_seed(key, &seed);
}

void
sign_key_wipe(struct sign_key *key)
{
	secret_wipe(key, sizeof(*key));
}

void
sign(const struct sign_key *key, struct str text, uint8_t signature[SIGN_SIGNATURE_BYTES])
{
	CLEANUP(pkey_free) EVP_PKEY *pkey = pkey_private(&key->seed);
	CLEANUP(context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t len = SIGN_SIGNATURE_BYTES;

	engine_must(context != NULL, "EVP_MD_CTX_new");
	engine_must(EVP_DigestSignInit(context, NULL, NULL, NULL, pkey), "EVP_DigestSignInit");
	engine_must(
	    EVP_DigestSign(context, signature, &len, (const uint8_t *)text.ptr, text.len),
	    "EVP_DigestSign");
}

bool
sign_verify(const uint8_t public[SIGN_PUBLIC_BYTES], struct str text, struct str signature)
{
	CLEANUP(pkey_free) EVP_PKEY *pkey = NULL;
	CLEANUP(context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (signature.len != SIGN_SIGNATURE_BYTES)
		return false;
	engine_must(context != NULL, "EVP_MD_CTX_new");
	pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public, SIGN_PUBLIC_BYTES);
	if (pkey == NULL)
		return false;
	engine_must(EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey),
	            "EVP_DigestVerifyInit");
	return EVP_DigestVerify(context, (const uint8_t *)signature.ptr, signature.len,
	                        (const uint8_t *)text.ptr, text.len) == 1;
}

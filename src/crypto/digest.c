/*
 * SHA-256, HMAC and HKDF over the thread's contexts.
 *
 * HKDF stands here as RFC 5869 writes it, two lines over HMAC, because OpenSSL's
 * own looks its digest up by name in every call.
 */
#include "crypto/digest.h"

#include <assert.h>

#include "crypto/engine.h"

static void
hash_add(struct engine *engine, struct str text)
{
	if (text.len != 0)
		engine_must(EVP_DigestUpdate(engine->hash, text.ptr, text.len),
		            "EVP_DigestUpdate");
}

struct digest
sha256(struct str text)
{
	return sha256_parts(STR_EMPTY, STR_EMPTY, text);
}

struct digest
sha256_parts(struct str prefix, struct str a, struct str b)
{
	struct engine *engine = engine_here();
	struct digest digest;

	engine_must(EVP_DigestInit_ex2(engine->hash, NULL, NULL), "EVP_DigestInit");
	hash_add(engine, prefix);
	hash_add(engine, a);
	hash_add(engine, b);
	engine_must(EVP_DigestFinal_ex(engine->hash, digest.bytes, NULL), "EVP_DigestFinal");
	return digest;
}

/* A context of its own: the thread's is used by whatever happens between pieces. */
struct digesting {
	EVP_MD_CTX *hash;
};

struct digesting *
digesting_new(void)
{
	struct digesting *digesting = calloc(1, sizeof(*digesting));

	if (digesting == NULL)
		abort();
	digesting->hash = EVP_MD_CTX_new();
	engine_must(digesting->hash != NULL, "EVP_MD_CTX_new");
	engine_must(EVP_DigestInit_ex2(digesting->hash, EVP_sha256(), NULL), "EVP_DigestInit");
	return digesting;
}

void
digesting_add(struct digesting *digesting, struct str text)
{
	if (text.len != 0)
		engine_must(EVP_DigestUpdate(digesting->hash, text.ptr, text.len),
		            "EVP_DigestUpdate");
}

struct digest
digesting_end(struct digesting *digesting)
{
	struct digest digest;

	engine_must(EVP_DigestFinal_ex(digesting->hash, digest.bytes, NULL), "EVP_DigestFinal");
	engine_must(EVP_DigestInit_ex2(digesting->hash, EVP_sha256(), NULL), "EVP_DigestInit");
	return digest;
}

void
digesting_free(struct digesting *digesting)
{
	if (digesting == NULL)
		return;
	EVP_MD_CTX_free(digesting->hash);
	free(digesting);
}

bool
digest_eq(const struct digest *a, const struct digest *b)
{
	return secret_eq(a->bytes, b->bytes, DIGEST_BYTES);
}

/* HMAC of a ‖ b ‖ c under a key of any length but 0. */
static void
mac_parts(struct str key, const struct str parts[3], uint8_t out[DIGEST_BYTES])
{
	EVP_MAC_CTX *mac = engine_here()->mac;
	size_t len = 0;

	engine_must(EVP_MAC_init(mac, (const unsigned char *)key.ptr, key.len, NULL),
	            "EVP_MAC_init");
	for (int i = 0; i < 3; i++) {
		if (parts[i].len != 0)
			engine_must(EVP_MAC_update(mac, (const unsigned char *)parts[i].ptr,
			                           parts[i].len),
			            "EVP_MAC_update");
	}
	engine_must(EVP_MAC_final(mac, out, &len, DIGEST_BYTES), "EVP_MAC_final");
	engine_must(len == DIGEST_BYTES, "EVP_MAC_final");
}

struct digest
hmac_sha256(const struct key *key, struct str text)
{
	const struct str parts[3] = { text };
	struct digest digest;

	mac_parts((struct str){ (const char *)key->bytes, KEY_BYTES }, parts, digest.bytes);
	return digest;
}

enum rc
hkdf_sha256_bytes(struct str input, struct str salt, struct str info, void *out, size_t count)
{
	static const char no_salt[DIGEST_BYTES]; /* RFC 5869, section 2.2 */
	CLEANUP(key_wipe) struct key extracted = { { 0 } };
	CLEANUP(key_wipe) struct key block = { { 0 } };
	const struct str key = { (const char *)extracted.bytes, KEY_BYTES };
	uint8_t *at = out;

	static_assert(KEY_BYTES == DIGEST_BYTES, "a key is one block of HKDF-SHA-256");
	if (count > 255 * (size_t)DIGEST_BYTES)
		return RC_LIMIT;
	if (salt.len == 0)
		salt = (struct str){ no_salt, sizeof(no_salt) };
	mac_parts(salt, (const struct str[3]){ input }, extracted.bytes);
	for (uint8_t number = 1; count != 0; number++) {
		struct str before = { (const char *)block.bytes, number == 1 ? 0 : KEY_BYTES };
		struct str last = { (const char *)&number, 1 };
		size_t step = count < DIGEST_BYTES ? count : DIGEST_BYTES;
		mac_parts(key, (const struct str[3]){ before, info, last }, block.bytes);
		memcpy(at, block.bytes, step);
		at += step;
		count -= step;
	}
	return RC_OK;
}

struct key
hkdf_sha256(struct str input, struct str salt, struct str info)
{
	struct key key;

	DISCARD(hkdf_sha256_bytes(input, salt, info, key.bytes, KEY_BYTES),
	        "one block is under the limit");
	return key;
}

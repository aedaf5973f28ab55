/*
 * AES-256-GCM over the thread's contexts.
 *
 * A context is given key and nonce together in every call, so no state of one
 * sealing reaches the next.  What was opened is wiped again when its tag does
 * not hold.
 */
#include "crypto/seal.h"

#include <assert.h>
#include <limits.h>

#include "crypto/engine.h"

#define SEAL_NONCE_MAX 128 /* OpenSSL's own ceiling */

static int
length(struct str text)
{
	assert(text.len <= INT_MAX);
	return (int)text.len;
}

/* Nonces of another size are for vectors; the context goes back to 96 bits. */
static void
nonce_size(EVP_CIPHER_CTX *context, size_t bytes)
{
	assert(bytes > 0 && bytes <= SEAL_NONCE_MAX);
	engine_must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)bytes, NULL),
	            "EVP_CTRL_AEAD_SET_IVLEN");
}

void
seal_with(const struct key *key, const struct seal_parts *parts, uint8_t *out,
          uint8_t tag[SEAL_TAG_BYTES])
{
	EVP_CIPHER_CTX *context = engine_here()->sealer;
	const uint8_t *text = (const uint8_t *)parts->text.ptr;
	const uint8_t *associated = (const uint8_t *)parts->associated.ptr;
	int done = 0;

	if (parts->nonce_bytes != SEAL_NONCE_BYTES)
		nonce_size(context, parts->nonce_bytes);
	engine_must(EVP_EncryptInit_ex2(context, NULL, key->bytes, parts->nonce, NULL),
	            "EVP_EncryptInit");
	if (parts->associated.len != 0)
		engine_must(EVP_EncryptUpdate(context, NULL, &done, associated,
		                              length(parts->associated)),
		            "EVP_EncryptUpdate");
	if (parts->text.len != 0)
		engine_must(EVP_EncryptUpdate(context, out, &done, text, length(parts->text)),
		            "EVP_EncryptUpdate");
	engine_must(EVP_EncryptFinal_ex(context, tag, &done), "EVP_EncryptFinal");
	engine_must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, tag),
	            "EVP_CTRL_AEAD_GET_TAG");
	if (parts->nonce_bytes != SEAL_NONCE_BYTES)
		nonce_size(context, SEAL_NONCE_BYTES);
}

static bool
open_text(EVP_CIPHER_CTX *context, const struct seal_parts *parts, const uint8_t *tag,
          uint8_t *out)
{
	const uint8_t *text = (const uint8_t *)parts->text.ptr;
	const uint8_t *associated = (const uint8_t *)parts->associated.ptr;
	uint8_t expected[SEAL_TAG_BYTES]; /* the call takes no const */
	uint8_t nothing[1];
	int done = 0;

	memcpy(expected, tag, SEAL_TAG_BYTES);
	if (parts->associated.len != 0)
		engine_must(EVP_DecryptUpdate(context, NULL, &done, associated,
		                              length(parts->associated)),
		            "EVP_DecryptUpdate");
	if (parts->text.len != 0)
		engine_must(EVP_DecryptUpdate(context, out, &done, text, length(parts->text)),
		            "EVP_DecryptUpdate");
	engine_must(
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, expected),
	    "EVP_CTRL_AEAD_SET_TAG");
	return EVP_DecryptFinal_ex(context, nothing, &done) == 1;
}

enum rc
seal_open_with(const struct key *key, const struct seal_parts *parts,
               const uint8_t tag[SEAL_TAG_BYTES], uint8_t *out, struct err *err)
{
	EVP_CIPHER_CTX *context = engine_here()->opener;
	bool is_right;

	if (parts->nonce_bytes != SEAL_NONCE_BYTES)
		nonce_size(context, parts->nonce_bytes);
	engine_must(EVP_DecryptInit_ex2(context, NULL, key->bytes, parts->nonce, NULL),
	            "EVP_DecryptInit");
	is_right = open_text(context, parts, tag, out);
	if (parts->nonce_bytes != SEAL_NONCE_BYTES)
		nonce_size(context, SEAL_NONCE_BYTES);
	if (!is_right) {
		secret_wipe(out, parts->text.len);
		return FAIL(err, RC_CORRUPT, "a sealed text does not open");
	}
	return RC_OK;
}

void
seal(const struct key *key, struct str text, struct str associated, uint8_t *out)
{
	const struct seal_parts parts = { out, SEAL_NONCE_BYTES, text, associated };

	engine_nonce(engine_here(), out, SEAL_NONCE_BYTES);
	seal_with(key, &parts, out + SEAL_NONCE_BYTES, out + SEAL_NONCE_BYTES + text.len);
}

enum rc
seal_open(const struct key *key, struct str sealed, struct str associated, uint8_t *out,
          struct err *err)
{
	const uint8_t *bytes = (const uint8_t *)sealed.ptr;
	struct seal_parts parts = { bytes, SEAL_NONCE_BYTES, STR_EMPTY, associated };

	if (sealed.len < SEAL_EXTRA_BYTES)
		return FAIL(err, RC_CORRUPT, "a sealed text is too short");
	parts.text =
	    (struct str){ sealed.ptr + SEAL_NONCE_BYTES, sealed.len - SEAL_EXTRA_BYTES };
	return seal_open_with(key, &parts, bytes + sealed.len - SEAL_TAG_BYTES, out, err);
}

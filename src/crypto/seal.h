/*
 * Sealing: AES-256-GCM (NIST SP 800-38D), 96-bit random nonce, 128-bit tag.
 *
 * A sealed text is nonce ‖ ciphertext ‖ tag.  The associated data binds it to
 * its place; opening it anywhere else is RC_CORRUPT.  Random nonces are safe
 * for 2^32 messages a key; LIMIT_KEY_USES stays far below.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/buf.h"
#include "crypto/secret.h"

#define SEAL_NONCE_BYTES 12
#define SEAL_TAG_BYTES   16
#define SEAL_EXTRA_BYTES (SEAL_NONCE_BYTES + SEAL_TAG_BYTES)

/* `out` has room for text.len + SEAL_EXTRA_BYTES. */
void seal(const struct key *key, struct str text, struct str associated, uint8_t *out);

/* `out` has room for sealed.len - SEAL_EXTRA_BYTES; nothing is left in it on
 * failure.  RC_CORRUPT: another key, place or text. */
enum rc seal_open(const struct key *key, struct str sealed, struct str associated, uint8_t *out,
                  struct err *err) MUST_CHECK;

/* With a nonce given and the tag apart: for keys.dat and the vectors. */
struct seal_parts {
	const uint8_t *nonce;
	size_t nonce_bytes;
	struct str text;
	struct str associated;
};
void seal_with(const struct key *key, const struct seal_parts *parts, uint8_t *out,
               uint8_t tag[SEAL_TAG_BYTES]);
enum rc seal_open_with(const struct key *key, const struct seal_parts *parts,
                       const uint8_t tag[SEAL_TAG_BYTES], uint8_t *out, struct err *err)
    MUST_CHECK;

#endif

/*
 * SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104), HKDF-SHA-256 (RFC 5869).
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "crypto/secret.h"

#define DIGEST_BYTES 32

struct digest {
	uint8_t bytes[DIGEST_BYTES];
};

struct digest sha256(struct str text);
/* prefix ‖ a ‖ b without a copy, as Merkle trees need (RFC 6962, section 2.1). */
struct digest sha256_parts(struct str prefix, struct str a, struct str b);
/* SHA-256 of what comes in pieces.  _end() gives the digest and begins anew. */
struct digesting;
struct digesting *digesting_new(void);
void digesting_add(struct digesting *digesting, struct str text);
struct digest digesting_end(struct digesting *digesting);
void digesting_free(struct digesting *digesting); /* NULL is fine */
bool digest_eq(const struct digest *a, const struct digest *b);

struct digest hmac_sha256(const struct key *key, struct str text);

/* Extract and expand to one key.  `salt` may be empty. */
struct key hkdf_sha256(struct str input, struct str salt, struct str info);
/* As above to `count` bytes, at most 255 × 32: for the vectors. */
enum rc hkdf_sha256_bytes(struct str input, struct str salt, struct str info, void *out,
                          size_t count) MUST_CHECK; /* RC_LIMIT */

#endif

/*
 * Signatures: Ed25519 (RFC 8032).
 */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include "crypto/secret.h"

#define SIGN_PUBLIC_BYTES    32
#define SIGN_SIGNATURE_BYTES 64

/* The seed is the private key of RFC 8032, section 5.1.5. */
struct sign_key {
	struct key seed;
	uint8_t public[SIGN_PUBLIC_BYTES];
};

void sign_key_new(struct sign_key *key);
void sign_key_from_seed(struct sign_key *key, const struct key *seed);
void sign_key_wipe(struct sign_key *key);

void sign(const struct sign_key *key, struct str text, uint8_t signature[SIGN_SIGNATURE_BYTES]);
bool sign_verify(const uint8_t public[SIGN_PUBLIC_BYTES], struct str text,
                 struct str signature);

#endif

/*
 * The header of an age file and the keys that come of it.  Only age*.c include
 * this header.
 */
#ifndef CRYPTO_AGE_HEADER_H
#define CRYPTO_AGE_HEADER_H

#include "crypto/age.h"
#include "crypto/engine.h"

#define AGE_TAG_BYTES   16
#define AGE_NONCE_BYTES 12

/* ChaCha20-Poly1305 without associated data; `out` has room for text.len +
 * AGE_TAG_BYTES. */
void age_box_seal(EVP_CIPHER_CTX *context, const struct key *key,
                  const uint8_t nonce[AGE_NONCE_BYTES], struct str text, uint8_t *out);
/* sealed.len is at least AGE_TAG_BYTES.  False, and `out` wiped, when it does
 * not open. */
bool age_box_open(EVP_CIPHER_CTX *context, const struct key *key,
                  const uint8_t nonce[AGE_NONCE_BYTES], struct str sealed, uint8_t *out)
    MUST_CHECK;
EVP_CIPHER_CTX *age_box_context(void); /* freed by EVP_CIPHER_CTX_free() */

/* A file's key: the first 16 bytes count. */
#define AGE_FILE_KEY_BYTES 16

/* X25519 under either the identity's key or the base point; false for a point
 * of low order, whose product is zero. */
bool age_multiply(const struct key *secret, const uint8_t point[AGE_SHARE_BYTES],
                  struct key *product) MUST_CHECK;

/* Appends the whole header to `header`.  RC_INVALID: a point of low order. */
enum rc age_header_write(const struct age_recipient *recipients, size_t count,
                         const struct key *file_key, struct buf *header, struct err *err)
    MUST_CHECK;

/* `header` ends in the line feed of its last line ("--- MAC").  RC_CORRUPT, or
 * RC_DENIED when no stanza is for this identity. */
enum rc age_header_read(struct str header, const struct age_identity *identity,
                        struct key *file_key, struct err *err) MUST_CHECK;

#endif

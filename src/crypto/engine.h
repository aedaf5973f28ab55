/*
 * OpenSSL's algorithms, fetched once, and each thread's working contexts.
 *
 * Fetching an algorithm by name takes longer than sealing a kilobyte with it,
 * and so does making a context.  Both are kept: the algorithms for the life of
 * the process, the contexts for that of the thread (freed, and with that wiped,
 * when it ends).  Only src/crypto includes this header.
 */
#ifndef CRYPTO_ENGINE_H
#define CRYPTO_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

struct engine {
	EVP_MD_CTX *hash;        /* SHA-256, to be started with a NULL type */
	EVP_MAC_CTX *mac;        /* HMAC-SHA-256, to be started with a key */
	EVP_CIPHER_CTX *sealer;  /* AES-256-GCM, encrypting, 96-bit nonce */
	EVP_CIPHER_CTX *opener;  /* the same, decrypting */
	struct nonce_pool *pool; /* random bytes drawn ahead; NULL: not possible */
	bool is_pool_tried;
};

/* The calling thread's.  Never fails: ends the process. */
struct engine *engine_here(void);

/* `count` random bytes that are not secret, at most 64: nonces.  They are drawn
 * many at a time into a page that the kernel empties in a forked child, so that
 * two processes never use the same one. */
void engine_nonce(struct engine *engine, uint8_t *out, size_t count);

/* OpenSSL's calls answer 1 or fail, and none we make fails but by a broken
 * build or lack of memory: the process ends, naming the call. */
void engine_must(int answer, const char *call);

#endif

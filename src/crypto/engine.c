/*
 * Where OpenSSL's objects are made.
 *
 * The table of algorithms is written once, under pthread_once, and only read
 * after that.  A thread's contexts hang on a _Thread_local pointer for speed
 * and on a pthread key for the destructor, since threads come and go with
 * connections.
 */
#include "crypto/engine.h"

#include <pthread.h>
#include <sys/mman.h>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#define POOL_PAGE_BYTES 4096
#define POOL_DRAW_BYTES 768 /* 64 nonces of 96 bits */

/* Lies in a page of its own that reads as zero after a fork. */
struct nonce_pool {
	size_t left;
	uint8_t bytes[POOL_DRAW_BYTES];
};

static struct {
	pthread_once_t once;
	pthread_key_t key;
	EVP_MD *sha256;
	EVP_MAC *hmac;
	EVP_CIPHER *gcm;
} fetched = { .once = PTHREAD_ONCE_INIT };

static _Thread_local struct engine *here;

void
engine_must(int answer, const char *call)
{
	if (answer == 1)
		return;
	fprintf(stderr, "crypto: %s failed\n", call);
	abort();
}

static void
engine_free(void *pointer)
{
	struct engine *engine = pointer;

	EVP_MD_CTX_free(engine->hash);
	EVP_MAC_CTX_free(engine->mac);
	EVP_CIPHER_CTX_free(engine->sealer);
	EVP_CIPHER_CTX_free(engine->opener);
	if (engine->pool != NULL)
		(void)munmap(engine->pool, POOL_PAGE_BYTES);
	free(engine);
	here = NULL;
}

static void
fetch(void)
{
	fetched.sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	fetched.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	fetched.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	engine_must(fetched.sha256 != NULL && fetched.hmac != NULL && fetched.gcm != NULL,
	            "EVP fetch");
	engine_must(pthread_key_create(&fetched.key, engine_free) == 0, "pthread_key_create");
}

static EVP_MAC_CTX *
mac_new(void)
{
	char digest[] = "SHA2-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *mac = EVP_MAC_CTX_new(fetched.hmac);

	engine_must(mac != NULL, "EVP_MAC_CTX_new");
	engine_must(EVP_MAC_CTX_set_params(mac, params), "EVP_MAC_CTX_set_params");
	return mac;
}

static struct engine *
engine_new(void)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (engine == NULL)
		abort();
	engine->hash = EVP_MD_CTX_new();
	engine->mac = mac_new();
	engine->sealer = EVP_CIPHER_CTX_new();
	engine->opener = EVP_CIPHER_CTX_new();
	engine_must(engine->hash != NULL && engine->sealer != NULL && engine->opener != NULL,
	            "EVP context");
	engine_must(EVP_DigestInit_ex2(engine->hash, fetched.sha256, NULL), "EVP_DigestInit");
	engine_must(EVP_EncryptInit_ex2(engine->sealer, fetched.gcm, NULL, NULL, NULL),
	            "EVP_EncryptInit");
	engine_must(EVP_DecryptInit_ex2(engine->opener, fetched.gcm, NULL, NULL, NULL),
	            "EVP_DecryptInit");
	return engine;
}

struct engine *
engine_here(void)
{
	if (here != NULL)
		return here;
	engine_must(pthread_once(&fetched.once, fetch) == 0, "pthread_once");
	here = engine_new();
	engine_must(pthread_setspecific(fetched.key, here) == 0, "pthread_setspecific");
	return here;
}

static void
pool_make(struct engine *engine)
{
	void *page;

	engine->is_pool_tried = true;
	page = mmap(NULL, POOL_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	            -1, 0);
	if (page == MAP_FAILED)
		return;
	if (madvise(page, POOL_PAGE_BYTES, MADV_WIPEONFORK) != 0) {
		(void)munmap(page, POOL_PAGE_BYTES);
		return;
	}
	engine->pool = page;
}

void
engine_nonce(struct engine *engine, uint8_t *out, size_t count)
{
	struct nonce_pool *pool;

	if (!engine->is_pool_tried)
		pool_make(engine);
	pool = engine->pool;
	if (pool == NULL) {
		engine_must(RAND_bytes(out, (int)count), "RAND_bytes");
		return;
	}
	if (pool->left < count) {
		engine_must(RAND_bytes(pool->bytes, POOL_DRAW_BYTES), "RAND_bytes");
		pool->left = POOL_DRAW_BYTES;
	}
	pool->left -= count;
	memcpy(out, pool->bytes + pool->left, count);
}

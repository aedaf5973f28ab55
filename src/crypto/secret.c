/*
 * Secret memory, comparison and randomness.
 *
 * Locked memory is OpenSSL's secure heap: guard pages around it, left out of
 * core dumps, cleared when freed.  Nothing here branches on a secret's value.
 */
#include "crypto/secret.h"

#include <assert.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "crypto/engine.h"

#define SECRET_BLOCK_MIN 32 /* one key */

/* The heap halves its blocks, so it wants a power of two. */
static size_t
power_of_two_above(size_t bytes)
{
	size_t size = 4096;

	while (size < bytes)
		size *= 2;
	return size;
}

enum rc
secret_init(size_t bytes, bool *is_locked, struct err *err)
{
	const struct rlimit none = { 0, 0 };
	int answer;

	/* The limit alone does not stop a dump that is piped to a handler. */
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return FAIL(err, RC_IO, "core dumps cannot be switched off");
	if (CRYPTO_secure_malloc_initialized() == 1)
		return FAIL(err, RC_CONFLICT, "secret memory is set up already");
	answer = CRYPTO_secure_malloc_init(power_of_two_above(bytes), SECRET_BLOCK_MIN);
	if (answer == 0)
		return FAIL(err, RC_IO, "no secret memory of %zu bytes", bytes);
	*is_locked = answer == 1; /* 2: usable, but a protection failed */
	return RC_OK;
}

void *
secret_alloc(size_t bytes)
{
	void *secret = OPENSSL_secure_zalloc(bytes);

	engine_must(secret != NULL, "secret_alloc");
	return secret;
}

void
secret_free(void *secret, size_t bytes)
{
	OPENSSL_secure_clear_free(secret, bytes);
}

void
secret_wipe(void *bytes, size_t count)
{
	OPENSSL_cleanse(bytes, count);
}

void
key_wipe(struct key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}

bool
secret_eq(const void *a, const void *b, size_t count)
{
	return CRYPTO_memcmp(a, b, count) == 0;
}

bool
secret_str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

void
random_bytes(void *out, size_t count)
{
	uint8_t *at = out;

	while (count != 0) {
		size_t step = count < 65536 ? count : 65536;
		engine_must(RAND_priv_bytes(at, (int)step), "RAND_priv_bytes");
		at += step;
		count -= step;
	}
}

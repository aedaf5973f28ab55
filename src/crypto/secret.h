/*
 * Secret bytes: made, compared and wiped in one place.
 *
 * A struct key is 256 bits.  Whoever declares one holds it in
 * CLEANUP(key_wipe), so no path leaves it on the stack.  Long-lived keys (the
 * vault's cache) lie in locked memory that no core dump holds.
 */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include "base/str.h"

#define KEY_BYTES 32

struct key {
	uint8_t bytes[KEY_BYTES];
};

/* Once, at start: core dumps off for this process, `bytes` of locked memory.
 * Where the limit on locked memory is lower, goes on without the lock and says
 * so in *is_locked. */
enum rc secret_init(size_t bytes, bool *is_locked, struct err *err) MUST_CHECK;

/* From the locked memory; wiped when freed.  Ends the process when it is full. */
void *secret_alloc(size_t bytes);
void secret_free(void *secret, size_t bytes);

void secret_wipe(void *bytes, size_t count);
void key_wipe(struct key *key);

/* Constant time for equal lengths. */
bool secret_eq(const void *a, const void *b, size_t count);
bool secret_str_eq(struct str a, struct str b);

/* Random bytes of the operating system through OpenSSL's generator.  Ends the
 * process when there are none. */
void random_bytes(void *out, size_t count);

/* Base64url without padding (RFC 4648, section 5), as tokens and nonces are
 * written.  `out` has room for 4/3 of count, rounded up, and a NUL. */
void base64url_format(const void *bytes, size_t count, char *out);
/* At most `max` bytes; RC_INVALID on any other character or a wrong length. */
enum rc base64url_parse(struct str text, void *out, size_t max, size_t *count, struct err *err)
    MUST_CHECK;
/* Base64 with padding (section 4), as C2SP notes have it. */
struct arena;
struct str base64_format(struct arena *arena, const void *bytes, size_t count);
enum rc base64_parse(struct str text, void *out, size_t max, size_t *count, struct err *err)
    MUST_CHECK;
struct str hex_format(struct arena *arena, const void *bytes, size_t count);
/* Exactly `count` bytes in small letters.  RC_INVALID. */
enum rc hex_parse(struct str text, void *out, size_t count, struct err *err) MUST_CHECK;

#endif

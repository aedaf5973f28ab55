/*
 * Time-based one-time codes (RFC 6238 over RFC 4226: HMAC-SHA-1, 30 s).
 */
#ifndef PEOPLE_TOTP_H
#define PEOPLE_TOTP_H

#include "base/arena.h"
#include "people/spelling.h"

#define TOTP_SEED_BYTES 20 /* RFC 4226, section 4, R6: 160 bits recommended */
#define TOTP_STEP_S     30
#define TOTP_STEPS_OFF  1 /* RFC 6238, section 5.2: one step either way */

/* Counted from 1970 (RFC 6238, section 4.2, T0 = 0). */
int64_t totp_step(int64_t now_us);

/* `digits` 6 to 8; `out` has room for digits + 1. */
enum rc totp_code(struct str seed, int64_t step, size_t digits, char *out, struct err *err)
    MUST_CHECK;

/* Finds the step near now whose code `code` is.  Steps up to and including
 * `used` are refused.  RC_UNAUTHENTICATED. */
struct totp_try {
	struct str seed; /* bytes */
	char code[TOTP_DIGITS + 1];
	int64_t now_us;
	int64_t used; /* last step that was accepted; 0: none */
};
enum rc totp_match(const struct totp_try *try, int64_t *step, struct err *err) MUST_CHECK;

/* RFC 4648, section 6, without padding: what authenticator apps take. */
struct str totp_seed_format(struct arena *arena, struct str seed);
enum rc totp_seed_parse(struct str text, struct arena *arena, struct str *seed, struct err *err)
    MUST_CHECK;

/* "otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…" with everything that is not
 * unreserved (RFC 3986, section 2.3) percent-encoded. */
struct str totp_uri(struct arena *arena, struct str issuer, struct str account,
                    struct str secret_base32);

#endif

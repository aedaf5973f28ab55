/*
 * What people and programs type to get in: addresses, secrets, codes.
 *
 * Pure readers of outside text.  Each value has one accepted form, or one form
 * that every accepted spelling is turned into; nothing is cut or repaired
 * beyond what is said here.
 */
#ifndef PEOPLE_SPELLING_H
#define PEOPLE_SPELLING_H

#include "base/arena.h"
#include "crypto/digest.h"

/* RFC 5321, section 4.5.3.1: a path of 256 octets has two angle brackets. */
#define EMAIL_MAX        254
#define EMAIL_LOCAL_MAX  64
#define EMAIL_LABEL_MAX  63 /* RFC 1035, section 2.3.4 */

#define SECRET_BYTES     32
#define BEARER_PREFIX    "troth_"
#define RECOVERY_LETTERS 10 /* two groups of five, Crockford's base 32 */
#define TOTP_DIGITS      6

/* An address in its one form: white space off both ends, ASCII letters small.
 * dot-atom "@" at least two labels (RFC 5322, section 3.4.1, without quoted
 * strings, literals, comments).  RC_INVALID. */
enum rc email_normal(struct str text, struct arena *arena, struct str *email, struct err *err)
    MUST_CHECK;

/* SHA-256 of the 32 bytes that a link's, browser's or session's secret spells.
 * RC_UNAUTHENTICATED for any other text. */
enum rc secret_read(struct str text, struct digest *hash, struct err *err) MUST_CHECK;
/* The same of "troth_" and base64url. */
enum rc bearer_read(struct str text, struct digest *hash, struct err *err) MUST_CHECK;

/* Exactly `digits` digits; spaces and hyphens between them are passed over.
 * `out` has room for digits + 1.  RC_UNAUTHENTICATED. */
enum rc digits_read(struct str text, size_t digits, char *out, struct err *err) MUST_CHECK;

/* A recovery code: letters in any case, spaces and hyphens passed over, O read
 * as 0, I and L as 1.  RC_UNAUTHENTICATED. */
enum rc recovery_read(struct str text, char out[RECOVERY_LETTERS + 1], struct err *err)
    MUST_CHECK;
/* "K3V9A-0QXTM"; `out` has room for RECOVERY_LETTERS + 2. */
void recovery_new(char out[RECOVERY_LETTERS + 2]);

#endif

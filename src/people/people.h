/*
 * Who signs in, and how: persons, mailed links, second factors, sessions,
 * tokens, device credentials.
 *
 * Persons are records of the vault: of the class that is about the kind which
 * their role `is`, and that has an index `email: term` ("account", "staff").
 * Sign-in secrets (TOTP seed, recovery codes) are records of class "signin".
 * Sessions, links, tokens are tickets of the store: only a hash of the secret
 * is stored (SHA-256 of 256 random bits), the rest is sealed.
 *
 * There are no passwords.  Answers and timing are alike for addresses that are
 * known and unknown; everything guessable is rate-limited per address and per
 * network, in the store.
 */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include "vault/vault.h"

struct people; /* shared by all threads */

enum rc people_open(struct people **people, struct vault *vault, struct err *err) MUST_CHECK;
void people_close(struct people *people);

/*
 * Can people sign in under this policy?  RC_INVALID names what is missing:
 * purpose `security`; for each kind of role that signs in (not `by: credential`) a
 * class about it with `index: {email: term}`, the fields email, name, role,
 * language, zone, state, and that purpose; class `signin` about `person` with
 * the fields totp, last_step, recovery and that purpose; where a second factor is
 * required, the factor totp.
 */
enum rc people_check(const struct policy *policy, struct err *err) MUST_CHECK;

/* --- persons ------------------------------------------------------------------ */

enum person_state { PERSON_INVITED = 1, PERSON_ACTIVE, PERSON_SUSPENDED, PERSON_LEFT };

struct person {
	struct id id; /* is also its subject */
	int64_t version;
	struct str email, name, role;
	struct str language; /* "en", "fr" */
	struct str zone;     /* IANA */
	struct str extra;    /* JSON object of further declared fields; kept as it is */
	enum person_state state;
	int64_t created_us;
};
struct persons {
	struct person *items;
	size_t count;
};

/* RC_CONFLICT: the address has an account; RC_INVALID: address, role, zone. */
enum rc people_add(const struct door *door, struct people *people, struct person *person,
                   struct err *err) MUST_CHECK;
enum rc people_get(const struct door *door, struct people *people, struct id id,
                   struct arena *arena, struct person *person, struct err *err) MUST_CHECK;
enum rc people_find(const struct door *door, struct people *people, struct str email,
                    struct arena *arena, struct person *person, struct err *err) MUST_CHECK;
/* Of every kind that signs in, page by id. */
enum rc people_list(const struct door *door, struct people *people, struct id after, int limit,
                    struct arena *arena, struct persons *persons, struct err *err) MUST_CHECK;
/* Name, language, zone, extra, role, state; the version that was seen must be given.
 * Role (of the same kind) and state need `manage people`, but everybody may leave.
 * Suspending, leaving and another role end every session and token. */
enum rc people_change(const struct door *door, struct people *people, struct person *person,
                      struct err *err) MUST_CHECK;

/* --- sign-in by mailed link ------------------------------------------------------ */

#define LINK_MINUTES 10
#define CODE_DIGITS  8
#define CODE_TRIES   5
#define SECRET_TEXT  48 /* base64url of 32 bytes, and a NUL */

/* What a browser asks with, and where it comes from. */
struct visitor {
	const struct tenant *tenant;
	struct str address; /* network address, for rate limits: never stored in clear */
	struct str browser; /* user agent, cut to 200 bytes; sealed with the session */
	struct str language;
};

/* Begin: always RC_OK for a well-formed address that is not rate-limited.
 * `browser_secret` goes into the __Host-signin cookie; when `is_known`, mail
 * link_secret and code to person's address.  For an unknown address the same
 * work is done and nothing is to be mailed. */
struct link_begun {
	char browser_secret[SECRET_TEXT];
	bool is_known;
	char link_secret[SECRET_TEXT];
	char code[CODE_DIGITS + 1];
	struct str email, name, language;
};
enum rc people_link_begin(struct people *people, const struct visitor *visitor,
                          struct str email, struct arena *arena, struct link_begun *begun,
                          struct err *err) MUST_CHECK;

struct session {
	const struct tenant *tenant;
	struct id id;
	struct id person;
	struct actor actor; /* role borrowed from the tenant's policy */
	int64_t created_us, seen_us, expires_us;
	struct str browser; /* for the list of sessions */
	struct str language, zone, name;
	struct digest csrf; /* key of its form tokens */
	bool needs_factor;  /* the policy wants a second factor before anything opens */
	bool has_factor;    /* one is enrolled: ask for it; else enrol one first */
};

/* Finish by the browser that asked: exactly one of link_secret and code is not
 * empty.  RC_UNAUTHENTICATED for anything wrong (used, old, other browser,
 * guessed), with one text.  On success the session's secret is made for the
 * __Host-session cookie; a session before the second factor has assurance 1. */
struct link_finish {
	struct str browser_secret, link_secret, code;
};
enum rc people_link_finish(struct people *people, const struct visitor *visitor,
                           const struct link_finish *finish, struct arena *arena,
                           struct session *session, char secret[SECRET_TEXT], struct err *err)
    MUST_CHECK;

/* --- sessions ----------------------------------------------------------------------- */

/* By the cookie's secret; slides the idle limit (written at most once a minute).
 * RC_UNAUTHENTICATED: none, expired, revoked, suspended. */
enum rc people_session_find(struct people *people, const struct visitor *visitor,
                            struct str secret, struct arena *arena, struct session *session,
                            struct err *err) MUST_CHECK;
enum rc people_session_list(struct people *people, const struct session *session,
                            struct arena *arena, struct session **sessions, size_t *count,
                            struct err *err) MUST_CHECK;
enum rc people_session_end(struct people *people, const struct session *session,
                           struct id which, struct err *err)
    MUST_CHECK; /* an own one; RC_NOT_FOUND */

/* --- second factor: TOTP (RFC 6238: SHA-1, 30 s, 6 digits) and recovery codes --------- */

#define RECOVERY_CODES 10

struct totp_offer {
	struct str secret_base32;
	struct str uri; /* otpauth://totp/… */
	struct str qr_svg;
};
/* A new seed, not in force until confirmed with a code; only while the session
 * has none enrolled, or has assurance 2. */
enum rc people_totp_offer(struct people *people, const struct session *session,
                          struct arena *arena, struct totp_offer *offer, struct err *err)
    MUST_CHECK;
/* Puts the offered seed in force: recovery codes are given once; the session
 * gets assurance 2. */
enum rc people_totp_confirm(struct people *people, struct session *session, struct str code,
                            struct arena *arena, struct str codes[RECOVERY_CODES],
                            struct err *err) MUST_CHECK;
/* A code of the app (one step either way; a used step and all before it are
 * refused) or a recovery code (each once).  RC_UNAUTHENTICATED; RC_RATE. */
enum rc people_factor_check(struct people *people, struct session *session, struct str code,
                            struct err *err) MUST_CHECK;

/* That one is enrolled, and since when: for what a person is told of itself. */
struct factor_facts {
	bool is_enrolled;
	int64_t since_us; /* 0: none */
};
enum rc people_factor_facts(struct people *people, const struct tenant *tenant,
                            struct id person, struct factor_facts *facts, struct err *err)
    MUST_CHECK;

/* --- tokens and device credentials ------------------------------------------------------ */

enum token_kind { TOKEN_PERSON = 1, TOKEN_DEVICE };

struct token {
	struct id id;
	enum token_kind kind;
	struct id owner;   /* person or device */
	struct id subject; /* whose data: the person, the device's member */
	struct str role;
	struct str label;
	int assurance; /* of the actor it makes: 2 only when issued by one with 2 */
	int64_t created_us, expires_us, seen_us;
};
/* `secret`: "troth_" and base64url, shown once. */
enum rc people_token_issue(const struct door *door, struct people *people, struct token *token,
                           char secret[64], struct err *err) MUST_CHECK;
enum rc people_token_list(const struct door *door, struct people *people, struct id owner,
                          struct arena *arena, struct token **tokens, size_t *count,
                          struct err *err) MUST_CHECK;
enum rc people_token_revoke(const struct door *door, struct people *people, struct id owner,
                            struct id token, struct err *err)
    MUST_CHECK; /* zero: all of owner */
/* The actor behind "Authorization: Bearer …".  Cached for a second at most, so
 * that a revoked one stops at once for people's purposes.  RC_UNAUTHENTICATED. */
enum rc people_bearer_find(struct people *people, const struct tenant *tenant,
                           struct str secret, struct actor *actor, struct err *err) MUST_CHECK;

/* --- rate limits ---------------------------------------------------------------------------
 */

struct rate {
	const char *what; /* "sign-in" … */
	int64_t most;     /* tries in a window */
	int64_t window_us;
};
/* Counts one try; RC_RATE past the limit.  `key` is hashed before it is stored. */
enum rc people_rate(struct people *people, const struct tenant *tenant, const struct rate *rate,
                    struct str key, struct err *err) MUST_CHECK;
/* After people_bearer_find() refused: counts it against the network address. */
enum rc people_bearer_refused(struct people *people, const struct visitor *visitor,
                              struct err *err) MUST_CHECK;

#endif

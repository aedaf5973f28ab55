/*
 * What the files of people share.  Nothing outside src/people includes this.
 *
 * Tickets are the store's rows for everything that is known by the hash of a
 * secret: links, sessions, tokens.  A ticket's body is sealed under a key of
 * its kind and bound to its hash, so it opens in no other row.  A gate is a
 * ticket without a secret, one a person: while it is shut, nothing is issued to
 * the person and nothing of the person's is accepted.  It decides races between
 * a suspension and a sign-in that is under way, since both are store writes.
 */
#ifndef PEOPLE_INSIDE_H
#define PEOPLE_INSIDE_H

#include "base/json.h"
#include "people/bearer.h"
#include "people/people.h"
#include "people/spelling.h"

/* By convention of the reference policies. */
#define SIGNIN_PURPOSE "security"
#define SIGNIN_CLASS   "signin"
#define DEVICE_ROLE    "device"

#define ARENA_BYTES    (8 * MIB) /* of one call's own rows and bodies */
#define ROUNDS_MAX     16        /* of a read, change, write that others race */

struct people {
	struct vault *vault;
	struct store *store;
	struct bearers *bearers;
};

/* The system's passage through the door, for what happens before somebody is
 * signed in and for records that nobody reads as such. */
struct door people_door(const struct people *people, const struct tenant *tenant);
enum rc people_note(const struct people *people, const struct tenant *tenant,
                    const struct vault_act *act, struct err *err) MUST_CHECK;
int64_t people_now_us(const struct people *people);

/* --- tickets --------------------------------------------------------------------- */

/* Numbers of ticket_row.kind: 16 to 31 are of people. */
enum ticket_kind { TICKET_LINK = 16, TICKET_SESSION, TICKET_TOKEN, TICKET_GATE, TICKET_CODE };

/* A new secret as text, and the hash that the ticket is found by. */
void ticket_secret_new(char text[SECRET_TEXT], uint8_t hash[HASH_BYTES]);

/* Sets row->body; the hash must be there. */
void ticket_seal(const struct people *people, const struct tenant *tenant,
                 struct ticket_row *row, struct str text, struct arena *arena);
enum rc ticket_open(const struct people *people, const struct tenant *tenant,
                    const struct ticket_row *row, struct json *body, struct err *err)
    MUST_CHECK;

enum rc ticket_find(const struct people *people, struct ticket_row *row, struct arena *arena,
                    struct err *err) MUST_CHECK; /* by tenant, kind, hash; RC_NOT_FOUND */
enum rc ticket_update(const struct people *people, const struct ticket_row *row,
                      struct err *err) MUST_CHECK; /* RC_RETRY */

struct tickets {
	struct ticket_row *items;
	size_t count;
};
enum rc ticket_list(const struct people *people, const struct ticket_row *like,
                    struct arena *arena, struct tickets *tickets, struct err *err)
    MUST_CHECK; /* by tenant, kind, owner */

/* --- gates ------------------------------------------------------------------------ */

/* Shutting makes a new gate each time, and opening opens only the one that is
 * meant: a change that fails or ends late cannot open what another has shut. */
struct gate {
	struct id before; /* zero: it was open */
	struct id now;
};
/* Ends every link, session and token in the same transaction. */
enum rc gate_shut(const struct people *people, const struct tenant *tenant, struct id person,
                  struct gate *gate, struct err *err) MUST_CHECK;
enum rc gate_look(const struct people *people, const struct tenant *tenant, struct id person,
                  struct gate *gate, struct err *err) MUST_CHECK;
enum rc gate_open(const struct people *people, const struct tenant *tenant, struct id person,
                  const struct gate *gate, struct err *err) MUST_CHECK;
/* RC_UNAUTHENTICATED while it is shut. */
enum rc gate_check(struct store_tx *tx, int64_t tenant, struct id person, struct err *err)
    MUST_CHECK;

/* --- persons ------------------------------------------------------------------------ */

/* The class of those whose role `is` of that kind; NULL: that kind does not sign in. */
const struct policy_class *person_class(const struct policy *policy,
                                        const struct policy_role *role);
bool person_role_signs_in(const struct policy_role *role);
bool person_class_signs_in(const struct policy *policy, const struct policy_class *class);
bool person_is_out(enum person_state state); /* suspended or left */

enum rc person_format(const struct person *person, struct arena *arena, struct str *body,
                      struct err *err) MUST_CHECK;
enum rc person_parse(const struct vault_record *record, struct arena *arena,
                     struct person *person, struct err *err) MUST_CHECK;
enum rc person_check(const struct policy *policy, const struct person *person, struct err *err)
    MUST_CHECK;

/* As the system, in every class that signs in: the same touches whether the
 * address is known or not.  RC_NOT_FOUND. */
enum rc person_of_email(struct people *people, const struct tenant *tenant, struct str email,
                        struct arena *arena, struct person *person, struct err *err) MUST_CHECK;
enum rc person_of_id(struct people *people, const struct tenant *tenant, struct id id,
                     struct arena *arena, struct person *person, struct err *err) MUST_CHECK;

/* --- sessions ------------------------------------------------------------------------ */

struct session_body {
	struct str role, browser, language, zone, name;
	int64_t assurance;
	struct digest csrf;
	bool has_factor;
	struct str offer; /* of a second factor, base32; empty: none */
	int64_t offer_until_us;
};

enum rc session_body_format(const struct session_body *body, struct arena *arena,
                            struct str *text, struct err *err) MUST_CHECK;
enum rc session_body_read(const struct people *people, const struct tenant *tenant,
                          const struct ticket_row *row, struct arena *arena,
                          struct session_body *body, struct err *err) MUST_CHECK;

/* For a person who has just proved to be one: the row to insert and the secret
 * for the cookie. */
struct new_session {
	struct ticket_row row;
	char secret[SECRET_TEXT];
};
enum rc session_new(struct people *people, const struct visitor *visitor,
                    const struct person *person, struct arena *arena, struct new_session *new,
                    struct err *err) MUST_CHECK;
enum rc session_fill(const struct people *people, const struct tenant *tenant,
                     const struct ticket_row *row, struct arena *arena, struct session *session,
                     struct err *err) MUST_CHECK;

/* Changes the body of one session of a person (which: its id) or of all (zero). */
struct session_edit {
	struct id person, which;
	void (*fn)(struct session_body *body, const void *arg);
	const void *arg;
};
enum rc session_change(const struct people *people, const struct tenant *tenant,
                       const struct session_edit *edit, struct err *err) MUST_CHECK;
enum rc session_body_of(const struct people *people, const struct tenant *tenant,
                        const struct session *session, struct arena *arena,
                        struct session_body *body, struct err *err) MUST_CHECK;

/* --- second factors --------------------------------------------------------------------- */

enum rc factor_is_enrolled(struct people *people, const struct tenant *tenant, struct id person,
                           bool *is_enrolled, struct err *err) MUST_CHECK;

/* --- rates -------------------------------------------------------------------------------- */

struct rate_try {
	const struct rate *rate;
	struct str key;
};
/* Counts all of them in one write; RC_RATE when any is past its limit. */
enum rc rate_count(const struct people *people, const struct tenant *tenant,
                   const struct rate_try *tries, size_t count, struct err *err) MUST_CHECK;
/* What counts as one visitor: an IPv4 address, a /64 of IPv6. */
struct str rate_network(struct arena *arena, struct str address);

static inline struct str
id_key(const struct id *id)
{
	return (struct str){ (const char *)id->bytes, sizeof(id->bytes) };
}

#endif

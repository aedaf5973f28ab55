/*
 * The vault: the one door to every record.
 *
 * Each function here decides (decide.h), finds the key (keys.h), seals or
 * unseals, and commits the change and its audit entry in one transaction.  A
 * read's entry is durable before the data leaves.  A refusal leaves an entry
 * too.  Nobody above this layer sees a key, a slot or a store row.
 *
 * A vault is shared by all threads.  Texts in results live in the arena given.
 * Errors: RC_DENIED (a refusal; err names which), RC_NOT_FOUND, RC_GONE (the
 * subject was erased), RC_CONFLICT, RC_CORRUPT (a row that does not open), and
 * the store's.
 */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

#include "audit/audit.h"
#include "base/zone.h"
#include "store/store.h"
#include "vault/decide.h"

struct vault;

struct vault_options {
	const char *dir; /* the data directory */
	const struct clock *clock;
	const char *origin_host; /* names the logs: "HOST/T/log" */
	bool is_read_only;
};

/* Makes the data directory's secret parts: master.key (0600), keys.dat, the
 * store, the server's log.  RC_CONFLICT when there is one already. */
enum rc vault_create(const struct vault_options *options, struct err *err) MUST_CHECK;
enum rc vault_open(struct vault **vault, const struct vault_options *options, struct err *err)
    MUST_CHECK;
void vault_close(struct vault *vault);

struct store *vault_store(struct vault *vault);
struct audit *vault_audit(struct vault *vault);
struct ledger *vault_ledger(struct vault *vault);
const struct clock *vault_clock(const struct vault *vault);
const char *vault_origin_host(const struct vault *vault);
const char *vault_dir(const struct vault *vault);
/* Where the operator says that this machine stands ("eu"), as policies name regions;
 * empty: it was not said. */
enum rc vault_region(struct vault *vault, struct arena *arena, struct str *region,
                     struct err *err) MUST_CHECK;
enum rc vault_region_set(struct vault *vault, struct str region, struct err *err) MUST_CHECK;

/* --- tenants -------------------------------------------------------------- */

/* Lives as long as the vault; its policy is replaced as a whole when a new
 * version takes effect, and old ones stay until the vault closes. */
struct tenant {
	int64_t id;
	struct str slug, service, name, zone;
	const struct policy *_Atomic policy; /* two reads may see two versions */
	enum tenant_state state;
	int64_t created_us;
	const struct zone *time_zone; /* base/zone.h: `zone`, opened */
};

struct tenant_new {
	struct str slug, name, zone;
	struct str policy_yaml;
	struct policy_diagnostics *faults; /* when the policy is refused */
};
enum rc vault_tenant_add(struct vault *vault, const struct tenant_new *new, struct err *err)
    MUST_CHECK; /* RC_CONFLICT: slug taken; RC_INVALID: policy, slug, zone */
const struct tenant *vault_tenant_find(struct vault *vault, struct str slug); /* NULL */
const struct tenant *vault_tenant_by_id(struct vault *vault, int64_t tenant);
size_t vault_tenant_count(struct vault *vault);
const struct tenant *vault_tenant_at(struct vault *vault, size_t index);

/* --- who asks, and why ------------------------------------------------------ */

/* The first argument of every touch. */
struct door {
	struct vault *vault;
	const struct tenant *tenant;
	const struct actor *actor;
	struct str purpose; /* a purpose of the policy */
};

/* --- subjects --------------------------------------------------------------- */

/* A new subject of a kind that some class is about ("member", "device" …). */
enum rc vault_subject_add(const struct door *door, struct str kind, struct id *subject,
                          struct err *err) MUST_CHECK;
/* SUBJECT_RESTRICTED and SUBJECT_DECEASED, with `manage requests`; the server also
 * SUBJECT_CANARY.  RC_INVALID: another. */
enum rc vault_subject_flags(const struct door *door, struct id subject, int64_t set,
                            int64_t clear, struct err *err) MUST_CHECK;
/* Random ids only, without a look inside; needs `read all` on `class`. */
struct subject_list_ask {
	struct str class;
	struct subject_query query; /* its tenant is filled in */
	struct subject_row *rows;   /* out */
	size_t count;
};
enum rc vault_subject_list(const struct door *door, struct subject_list_ask *what,
                           struct arena *arena, struct err *err) MUST_CHECK;
/* Kind and flags, for the server's own use: no look at data.  RC_NOT_FOUND. */
enum rc vault_subject_find(struct vault *vault, struct subject_row *row, struct err *err)
    MUST_CHECK;

/* --- records ------------------------------------------------------------------ */

#define VAULT_TERMS_MAX 4 /* of one record */

/*
 * Indexes are taken from the body: a term is the string member of that name, a
 * facet an integer member or the policy_number() of a string member, a time an
 * RFC 3339 string or an integer of µs.  A member that is absent is not indexed.
 */
struct vault_record {
	struct str class;
	struct id subject;
	struct id id;    /* put: zero makes a new one */
	int64_t version; /* put: the version that was seen; 0: new */
	/* put, a new one by the system: created_us is when its period began; 0: now */
	int64_t created_us, updated_us;
	struct str body; /* JSON object; members are declared fields only */
};

struct vault_records {
	struct vault_record *items;
	size_t count;
};

/* New or next version.  RC_CONFLICT: a term is taken, or the version is not the
 * stored one.  Fills id, version and times. */
enum rc vault_put(const struct door *door, struct vault_record *record, struct err *err)
    MUST_CHECK;
enum rc vault_get(const struct door *door, struct str class, struct id id, struct arena *arena,
                  struct vault_record *record, struct err *err) MUST_CHECK;
enum rc vault_delete(const struct door *door, struct str class_name, struct id id,
                     struct err *err) MUST_CHECK;
enum rc vault_history(const struct door *door, struct str class_name, struct id id,
                      struct arena *arena, struct vault_records *records, struct err *err)
    MUST_CHECK; /* newest first, the current one included */

/* Records of one class, of one subject or (with `read all`) of any; one entry
 * for the list.  Order and paging as in store/row.h; tenant and class of the
 * query are filled in here. */
enum rc vault_list(const struct door *door, struct str class_name, struct record_query *query,
                   struct arena *arena, struct vault_records *records, struct err *err)
    MUST_CHECK;

struct vault_term {
	const char *field;
	struct str value;
};
/* The record with that term.  RC_NOT_FOUND. */
enum rc vault_find(const struct door *door, struct str class_name,
                   const struct vault_term *term, struct arena *arena,
                   struct vault_record *record, struct err *err) MUST_CHECK;

/* --- release --------------------------------------------------------------------- */

/* The only way out of the tenant: decides for the recipient, records what left and
 * to whom, and tells the subject.  The bytes are the caller's, of the form that
 * the policy names for the recipient.  Refused: without the consent in force where
 * the recipient needs one; without an entry of the register on a client's approval,
 * a legal order, an emergency, a succession; in another form than the policy's; of
 * whoever has objected to the purpose or is restricted, but to a legal order. */
struct vault_release {
	struct str recipient;
	struct id person; /* at the recipient: a consent that names one is for that one;
	                     zero: nobody in particular */
	struct str class;
	struct id subject;
	enum policy_form form; /* of the bytes; 0: as they are */
	struct id registered;  /* the entry of the register; zero: none */
	int64_t count;
	struct digest content; /* of what leaves */
};
enum rc vault_release(const struct door *door, const struct vault_release *release,
                      int64_t *entry, struct err *err) MUST_CHECK;

/* --- acts that are no touch of a record -------------------------------------------- */

/* Sign-in, refusal, configuration: an entry of its own, durable on return. */
struct vault_act {
	struct str act, outcome, detail;
	struct id subject; /* zero: none */
	int64_t count;
};
enum rc vault_note(const struct door *door, const struct vault_act *act, int64_t *entry,
                   struct err *err) MUST_CHECK;

/* --- who looked ---------------------------------------------------------------------- */

struct look {
	int64_t entry; /* index in the tenant's log: ask audit_prove for its proof */
	int64_t time_us;
	struct id actor;
	struct str role, act, class, purpose, reason;
	struct str recipient; /* of a release; else empty */
	int64_t count;
};
struct looks {
	struct look *items;
	size_t count;
};
/* Newest first, entry < before (INT64_MAX: from the newest); for the subject
 * itself, or with `manage log`. */
struct looks_query {
	struct id subject;
	int64_t before;
};
enum rc vault_looks(const struct door *door, struct looks_query *query, struct arena *arena,
                    struct looks *looks, struct err *err) MUST_CHECK;

/* --- secrets of other layers ------------------------------------------------------------ */

/* Seals small things that are no records (sessions, outbox rows) under a key of
 * the tenant made for `what`; and a MAC key for lookups by hash.  `place` is
 * bound in: the same must be given to open. */
struct vault_secret {
	const struct tenant *tenant;
	const char *what;
	struct str place;
};
void vault_seal(struct vault *vault, const struct vault_secret *secret, struct str text,
                struct arena *arena, struct str *sealed);
enum rc vault_unseal(struct vault *vault, const struct vault_secret *secret, struct str sealed,
                     struct arena *arena, struct str *text, struct err *err) MUST_CHECK;
struct digest vault_mac(struct vault *vault, const struct tenant *tenant, const char *what,
                        struct str text);

/* --- housekeeping and checking ------------------------------------------------------------ */

enum rc vault_tick(struct vault *vault, struct err *err)
    MUST_CHECK; /* audit_advance and sweeps */

struct vault_fault {
	struct str where; /* "keys.dat slot 17", "record 0190…": never a value */
};
struct vault_check {
	uint64_t records, keys;
	struct vault_fault *faults;
	size_t fault_count;
};
/* Opens every key and every row of a tenant: what does not open is named. */
enum rc vault_verify(struct vault *vault, const struct tenant *tenant, struct arena *arena,
                     struct vault_check *check, struct err *err) MUST_CHECK;

#endif

/*
 * What the vault's own files share.  Nothing outside src/vault includes this.
 *
 * A touch is one passage through the door: touch_begin() names it and fetches
 * the keys of its commitments, touch_decide() asks decide() with the subject
 * as the transaction sees it, touch_record() writes the entry (and the line
 * for "who looked"), touch_end() turns a refusal into the caller's error.  A
 * refusal commits its entry and nothing else.
 */
#ifndef VAULT_INSIDE_H
#define VAULT_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "store/duty.h"
#include "vault/keys.h"
#include "vault/ledger.h"
#include "vault/projection.h"
#include "vault/vault.h"
#include "vault/watch.h"

#define TENANTS_MAX 1024

struct policy_kept {
	const struct policy *policy;
	struct policy_kept *next;
};

struct vault {
	struct store *store;
	struct keys *keys;
	struct audit *audit;
	struct ledger *ledger;
	const struct clock *clock;
	int lock_fd;
	bool is_read_only;
	char *dir;
	char *origin_host;
	pthread_rwlock_t lock; /* of the list of tenants */
	struct tenant *tenants[TENANTS_MAX];
	size_t tenant_count;
	struct arena texts; /* of the tenants */
	int64_t swept_us;
	_Atomic int64_t policy_due_us; /* when the next version takes effect, at the latest */
	struct policy_kept *kept;      /* policies that are no longer in force */
	void (*watch)(void *arg, const struct sighting *sighting); /* NULL: nobody */
	void *watch_arg;
	/* of what is past its time: */
	_Atomic bool has_purges;             /* rows of what is erased may be left */
	_Atomic int64_t wall_us, running_us; /* of both clocks when last compared */
};

/* One of many subjects in a list. */
struct touch_seen {
	struct id subject;
	int64_t state_version;
	int64_t count; /* of its rows in the list; 0: left out */
	struct key look;
};

struct touch {
	const struct door *door;
	const struct policy *policy; /* in force when it began: one for the whole touch */
	const char *act;
	struct ask ask;
	struct decision decision;
	struct audit_entry entry;
	struct key actor_log, subject_log, look;
	struct subject_row subject; /* as the transaction saw it */
	bool has_subject;
	struct touch_seen *seen; /* without one subject: whose rows a list gives */
	size_t seen_count;
	int64_t state_version; /* 0: not seen yet; a later transaction must see the same */
	struct str outcome;    /* of acts, by the caller; else the decision's word */
	int64_t index;         /* of the entry */
};

enum rc touch_begin(struct touch *touch, const struct door *door, const struct ask *ask,
                    const char *act, struct err *err) MUST_CHECK;
/* What decide() needs to know of a subject: choices in force, read only where there
 * are any. */
enum rc touch_state(struct store_tx *tx, const struct touch *touch,
                    const struct subject_row *subject, struct subject_state *state,
                    struct err *err) MUST_CHECK;
/* Does the row let this person act for its subject?  A guardian and an agent do while
 * the subject lives, an executor from its death on. */
bool choice_represents(const struct choice_row *row, struct id person, int64_t flags);
/* A record that is withdrawn or gone takes its choice along, and the subject's state is
 * raised: nothing stays in force that no record says.  `record` gives tenant, subject,
 * class and id (zero: all of the subject's); of a class other than `consent`: nothing. */
enum rc choice_end(struct store_tx *tx, const struct record_row *record, struct err *err)
    MUST_CHECK;
/* RC_GONE, RC_RETRY (the subject's state changed since the touch saw it); a
 * refusal is RC_OK with touch->decision.refusal set. */
enum rc touch_decide(struct store_tx *tx, struct touch *touch, struct err *err) MUST_CHECK;
/* Asks before anything is prepared: whoever may not do it learns nothing else and
 * makes nothing, and the refusal has its entry.  The transaction asks again. */
enum rc touch_first(struct touch *touch, struct err *err) MUST_CHECK;
/* A refusal that decide() does not see, with its entry: RC_DENIED. */
enum rc touch_refuse(struct touch *touch, enum refusal refusal, struct err *err) MUST_CHECK;
/* What it was about: `ids` are of records, committed to and not stored. */
void touch_about(struct touch *touch, struct str ids, int64_t count);
enum rc touch_record(struct store_tx *tx, struct touch *touch, struct err *err) MUST_CHECK;
/* For a list over many subjects (ask.is_each).  In the transaction that fetches: adds
 * to `taken` the rows of those about whom the ask holds, each by itself. */
struct touch_rows {
	struct record_row *items;
	size_t count;
};
enum rc touch_many_take(struct store_tx *tx, const struct touch *touch,
                        const struct touch_rows *page, struct touch_rows *taken,
                        struct err *err) MUST_CHECK;
/* Afterwards: notes whose rows these are, so that each of them is told; rows of
 * whoever is being erased at this moment are taken out. */
enum rc touch_many(struct touch *touch, struct touch_rows *rows, struct arena *arena,
                   struct err *err) MUST_CHECK;
/* In the transaction of the entry: RC_RETRY when one's state has changed since. */
enum rc touch_many_check(struct store_tx *tx, const struct touch *touch, struct err *err)
    MUST_CHECK;
/* RC_DENIED with the refusal's sentence, or RC_OK.  The entry is durable: whoever
 * watches hears of it. */
enum rc touch_end(const struct touch *touch, struct err *err) MUST_CHECK;
/* Tells the watcher; touch_end() does. */
void touch_watch(const struct touch *touch);
void touch_wipe(struct touch *touch);

/* The class of the ask; RC_DENIED, with its entry, when the policy has none. */
enum rc touch_class(struct touch *touch, const struct policy_class **class, struct err *err)
    MUST_CHECK;

/* Records without deciding: for acts whose outcome is the caller's to say. */
enum rc note_write(struct store_tx *tx, void *touch, struct err *err) MUST_CHECK;

/* Decides and records in one write transaction: for the end of a read, whose
 * rows were fetched before, and for acts.  The data may leave after RC_OK. */
enum rc touch_commit(struct touch *touch, struct err *err) MUST_CHECK;
static inline bool
touch_is_refused(const struct touch *touch)
{
	return touch->decision.refusal != REFUSAL_NONE;
}

/* Seals and opens the body of a row in its place: every column is bound. */
enum rc row_seal(const struct key *key, struct record_row *row, struct str body,
                 struct arena *arena, struct err *err) MUST_CHECK;
enum rc row_open(const struct key *key, const struct record_row *row, struct arena *arena,
                 struct str *body, struct err *err) MUST_CHECK;
/* With the key that the row names. */
enum rc row_unseal(struct vault *vault, const struct record_row *row, struct arena *arena,
                   struct str *body, struct err *err) MUST_CHECK;

/* A record and what follows from it in one transaction, under an ask and a word of the
 * caller's: choices. */
struct record_also {
	const char *act;
	struct str detail; /* of the entry: a word of the policy */
	struct ask ask;
	/* Once the record is written; NULL: nothing.  The touch holds the subject. */
	enum rc (*write)(struct store_tx *tx, struct touch *touch, struct id record, void *arg,
	                 struct err *err);
	void *arg;
};
enum rc record_put(const struct door *door, struct vault_record *record,
                   const struct record_also *also, struct err *err) MUST_CHECK;
enum rc record_list(const struct door *door, const struct ask *ask, struct record_query *query,
                    struct arena *arena, struct vault_records *records, struct err *err)
    MUST_CHECK;

/* Which month key a new record of the class takes, and when it expires. */
void row_retention(struct record_row *row, const struct tenant *tenant,
                   const struct policy_class *class, int64_t now_us);

enum rc term_mac(struct vault *vault, const struct tenant *tenant, struct term_row *row,
                 struct str value, struct err *err) MUST_CHECK;

/* The line was written before anybody could know that it would come to nothing. */
enum rc line_undo(struct vault *vault, const struct ledger_line *line, struct err *err)
    MUST_CHECK;

/* A change of a projection inside the transaction of what it follows from. */
struct projection_writing {
	const struct projection_change *change;
	int64_t class;
	struct key key;
	struct projection_row row;
};
enum rc projection_prepare(const struct door *door, const struct projection_change *change,
                           struct id subject, struct projection_writing *writing,
                           struct err *err) MUST_CHECK;
enum rc projection_write(struct store_tx *tx, struct projection_writing *writing,
                         struct err *err) MUST_CHECK;

/* Of rows by effective_us, newest first (one at least): the newest that has taken
 * effect, else the first there was. */
const struct policy_row *policy_row_due(const struct policy_row *rows, size_t count,
                                        int64_t now_us);
/* Frees policies that were kept; NULL: none. */
void policies_end(struct policy_kept *kept);
/* The policy of a row; RC_CORRUPT when it does not have the row's hash. */
enum rc policy_row_read(const struct policy_row *row, struct policy **policy, struct err *err)
    MUST_CHECK;

/* RC_PRECONDITION: a hold keeps the record. */
enum rc hold_refuses(struct store_tx *tx, const struct record_row *row, struct arena *arena,
                     struct err *err) MUST_CHECK;
/* Erasures that a crash cut short: keys first, then rows for some seconds. */
enum rc subjects_finish_erasing(struct vault *vault, struct err *err) MUST_CHECK;
/* At each tick: the time that the sweep compares with, and rows of what is erased. */
enum rc retention_tick(struct vault *vault, struct err *err) MUST_CHECK;

enum vault_opening {
	OPEN_WHOLE,
	OPEN_RESTORING, /* also where a restore has not finished */
	OPEN_CORE,      /* likewise; store, keys and ledger alone */
};
enum rc vault_open_as(struct vault **vault, const struct vault_options *options,
                      enum vault_opening opening, struct err *err) MUST_CHECK;

/* "HOST/T/log", and "/2" … after a restore; T empty: the server's. */
enum rc log_origin(struct vault *vault, int64_t tenant, struct str slug, struct arena *arena,
                   struct str *origin, struct err *err) MUST_CHECK;
/* 1 but after a restore. */
enum rc log_number(struct vault *vault, int64_t tenant, int64_t *number, struct err *err)
    MUST_CHECK;
struct str log_origin_text(const struct vault *vault, struct str slug, int64_t number,
                           struct arena *arena);
#define LOG_NUMBER_SETTING "log.number"

/* Hourly: a turn that is due, erasures that are final. */
enum rc epoch_tick(struct vault *vault, struct err *err) MUST_CHECK;

enum rc tenant_load_all(struct vault *vault, struct err *err) MUST_CHECK;
enum rc server_log_open(struct vault *vault, struct err *err) MUST_CHECK;

#endif

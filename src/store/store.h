/*
 * The database, as everything above sees it: tables and transactions.
 *
 * Nothing above this header knows which database runs, and no SQL appears
 * outside src/store.  The tables are few and generic, with integer and blob
 * columns; what is personal in them is sealed before it comes here.
 *
 * Writing: store_write(fn) hands fn to the one writer thread, which runs many
 * of them in one transaction, each in a savepoint, and commits once (group
 * commit); the caller waits until its own is durable.  So fn must be short, do
 * nothing but store calls, and be able to run again: a failed commit runs none
 * of it twice, but a retry may.  Parsing and sealing happen before.
 *
 * Reading: store_read(fn) runs fn in the caller's thread on a read-only
 * connection with one snapshot.  Long reads go page by page in short ones.
 *
 * Row structs borrow: texts given to a put must live during the call; texts of
 * a row that a find or a scan filled live in the arena that was given.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "store/row.h"

struct store;
struct store_tx;

struct store_options {
	const char *path; /* of the database file; made when absent unless read-only */
	const struct clock *clock;
	bool is_read_only; /* for offline verification: no writer thread */
};

enum rc store_open(struct store **store, const struct store_options *options, struct err *err)
    MUST_CHECK;
void store_close(struct store *store);
const char *store_path(const struct store *store); /* of the database file */

/* RC_BUSY: LIMIT_STORE_QUEUE writes wait already, or LIMIT_STORE_WAIT_MS has
 * passed; RC_FULL: the disk is full; else what fn returned.  On anything but
 * RC_OK fn has had no effect. */
enum rc store_write(struct store *store,
                    enum rc (*fn)(struct store_tx *tx, void *arg, struct err *err), void *arg,
                    struct err *err) MUST_CHECK;
enum rc store_read(struct store *store,
                   enum rc (*fn)(struct store_tx *tx, void *arg, struct err *err), void *arg,
                   struct err *err) MUST_CHECK;

/* One time for all rows of a transaction; never earlier than the one before. */
int64_t store_tx_now_us(const struct store_tx *tx);

struct store_figures {
	uint64_t writes, commits, failures; /* since open */
	uint64_t queue;                     /* writes waiting */
	uint64_t database_bytes, wal_bytes;
};
void store_figures(struct store *store, struct store_figures *figures);

/* Whole-file check: SQLite's own integrity check. RC_CORRUPT names what is wrong. */
enum rc store_check(struct store *store, struct err *err) MUST_CHECK;

/* --- tenants and their policies ------------------------------------------- */

enum rc store_tenant_insert(struct store_tx *tx, struct tenant_row *row, struct err *err)
    MUST_CHECK; /* fills row->id (from 1); RC_CONFLICT: slug taken */
enum rc store_tenant_list(struct store_tx *tx, struct arena *arena, struct tenant_row **rows,
                          size_t *count, struct err *err) MUST_CHECK;
enum rc store_tenant_state(struct store_tx *tx, int64_t tenant, int state, struct err *err)
    MUST_CHECK;

enum rc store_policy_insert(struct store_tx *tx, const struct policy_row *row, struct err *err)
    MUST_CHECK; /* RC_CONFLICT: that hash is there */
enum rc store_policy_list(struct store_tx *tx, int64_t tenant, struct arena *arena,
                          struct policy_row **rows, size_t *count, struct err *err)
    MUST_CHECK; /* by effective_us, newest first */

/* --- keys and subjects ---------------------------------------------------- */

enum rc store_key_insert(struct store_tx *tx, const struct key_row *row, struct err *err)
    MUST_CHECK; /* RC_CONFLICT: (tenant, owner, class, month) exists */
enum rc store_key_find(struct store_tx *tx, struct key_row *row, struct err *err)
    MUST_CHECK; /* by tenant, owner, class, month; RC_NOT_FOUND */
enum rc store_key_delete(struct store_tx *tx, const struct key_row *row, struct err *err)
    MUST_CHECK;
/* Every key of an owner, or of the whole store where owner is zero and tenant 0. */
enum rc store_key_scan(struct store_tx *tx, int64_t tenant, struct id owner,
                       enum rc (*each)(const struct key_row *row, void *arg, struct err *err),
                       void *arg, struct err *err) MUST_CHECK;

enum rc store_subject_insert(struct store_tx *tx, const struct subject_row *row,
                             struct err *err) MUST_CHECK; /* RC_CONFLICT */
enum rc store_subject_find(struct store_tx *tx, struct subject_row *row, struct err *err)
    MUST_CHECK; /* by tenant, id; RC_NOT_FOUND */
/* RC_RETRY when the stored state_version is not row->state_version; else stores
 * flags and raises the version. */
enum rc store_subject_update(struct store_tx *tx, const struct subject_row *row,
                             struct err *err) MUST_CHECK;
/* Of a canary that is erased, also its certificates: as if it had never been.  Of
 * anybody else nothing. */
enum rc store_canary_forget(struct store_tx *tx, int64_t tenant, struct id subject,
                            struct err *err) MUST_CHECK;
enum rc store_subject_list(struct store_tx *tx, const struct subject_query *query,
                           struct arena *arena, struct subject_row **rows, size_t *count,
                           struct err *err) MUST_CHECK;

/* --- records, versions, terms, marks, counters, projections ---------------- */

enum rc store_record_insert(struct store_tx *tx, const struct record_row *row, struct err *err)
    MUST_CHECK; /* RC_CONFLICT: the id exists */
/* Replaces the row whose version is row->version - 1 (RC_RETRY otherwise); the
 * old one goes to the versions when `keep` is set. */
enum rc store_record_update(struct store_tx *tx, const struct record_row *row, bool keep,
                            struct err *err) MUST_CHECK;
/* With `keep` the row goes to the versions, else its versions go with it. */
enum rc store_record_delete(struct store_tx *tx, int64_t tenant, struct id id, bool keep,
                            struct err *err) MUST_CHECK; /* RC_NOT_FOUND */
enum rc store_record_find(struct store_tx *tx, int64_t tenant, struct id id,
                          struct arena *arena, struct record_row *row, struct err *err)
    MUST_CHECK;
enum rc store_record_list(struct store_tx *tx, const struct record_query *query,
                          struct arena *arena, struct record_row **rows, size_t *count,
                          struct err *err) MUST_CHECK;
enum rc store_version_list(struct store_tx *tx, int64_t tenant, struct id id,
                           struct arena *arena, struct record_row **rows, size_t *count,
                           struct err *err) MUST_CHECK; /* newest first, without the current */

enum rc store_term_insert(struct store_tx *tx, const struct term_row *row, struct err *err)
    MUST_CHECK; /* RC_CONFLICT: the term exists */
enum rc store_term_find(struct store_tx *tx, struct term_row *row, struct err *err)
    MUST_CHECK; /* by tenant, class, name, mac; RC_NOT_FOUND */
enum rc store_term_delete(struct store_tx *tx, const struct term_row *row, struct err *err)
    MUST_CHECK;

/* A bitmap of MARK_BITS sequence numbers of one owner; absent means all zero. */
enum rc store_mark_get(struct store_tx *tx, struct mark_row *row, struct err *err) MUST_CHECK;
enum rc store_mark_put(struct store_tx *tx, const struct mark_row *row, struct err *err)
    MUST_CHECK;

/* Adds to a counter (from 0) and gives what it is afterwards; gap-free. */
enum rc store_counter_add(struct store_tx *tx, const struct counter_row *row, int64_t *after,
                          struct err *err) MUST_CHECK;
enum rc store_counter_get(struct store_tx *tx, const struct counter_row *row, int64_t *value,
                          struct err *err) MUST_CHECK;

enum rc store_projection_put(struct store_tx *tx, const struct projection_row *row,
                             struct err *err) MUST_CHECK;
enum rc store_projection_find(struct store_tx *tx, struct arena *arena,
                              struct projection_row *row, struct err *err)
    MUST_CHECK; /* by tenant, subject, kind; RC_NOT_FOUND */

/* Removes every row of a subject: records, versions, terms, marks, counters,
 * projections, looks, tickets.  Keys and the subject's own row stay. */
enum rc store_subject_purge(struct store_tx *tx, int64_t tenant, struct id subject,
                            struct err *err) MUST_CHECK;

/* --- tickets, rates, outbox, leases, settings ------------------------------ */

enum rc store_ticket_insert(struct store_tx *tx, const struct ticket_row *row, struct err *err)
    MUST_CHECK;
enum rc store_ticket_find(struct store_tx *tx, struct arena *arena, struct ticket_row *row,
                          struct err *err) MUST_CHECK; /* by tenant, kind, hash */
/* Stores used_us, expires_us, state and body of the ticket with that hash. */
enum rc store_ticket_update(struct store_tx *tx, const struct ticket_row *row, struct err *err)
    MUST_CHECK; /* RC_RETRY when the stored revision is not row->revision */
enum rc store_ticket_delete(struct store_tx *tx, const struct ticket_row *row, struct err *err)
    MUST_CHECK;
enum rc store_ticket_list(struct store_tx *tx, int64_t tenant, int kind, struct id owner,
                          struct arena *arena, struct ticket_row **rows, size_t *count,
                          struct err *err) MUST_CHECK; /* newest first; zero owner: all */
enum rc store_ticket_sweep(struct store_tx *tx, int64_t before_us, int64_t *removed,
                           struct err *err) MUST_CHECK; /* expired before then */

/* Counts one try under `mac` in the window that holds now, and tells how many
 * there are in it; windows that ended are swept along the way. */
enum rc store_rate_hit(struct store_tx *tx, const struct rate_row *row, int64_t *count,
                       struct err *err) MUST_CHECK;

enum rc store_outbox_insert(struct store_tx *tx, const struct outbox_row *row, struct err *err)
    MUST_CHECK;
enum rc store_outbox_due(struct store_tx *tx, int64_t now_us, struct arena *arena,
                         struct outbox_row **rows, size_t *count, struct err *err)
    MUST_CHECK; /* at most LIMIT_PAGE_ROWS, oldest first, state OUTBOX_WAITING */
enum rc store_outbox_update(struct store_tx *tx, const struct outbox_row *row, struct err *err)
    MUST_CHECK; /* due_us, tries, state */
enum rc store_outbox_list(struct store_tx *tx, int64_t tenant, struct arena *arena,
                          struct outbox_row **rows, size_t *count, struct err *err)
    MUST_CHECK; /* newest first, at most LIMIT_PAGE_ROWS, any state */
enum rc store_outbox_sweep(struct store_tx *tx, int64_t before_us, struct err *err)
    MUST_CHECK; /* sent, given up, or due and never tried since before then */

/* Takes or renews a lease for `holder`; RC_BUSY while another holds it. */
enum rc store_lease_take(struct store_tx *tx, struct str name, struct id holder,
                         int64_t until_us, struct err *err) MUST_CHECK;

/* Small values of the server (tenant 0) or a tenant, sealed where they are secret. */
enum rc store_setting_put(struct store_tx *tx, int64_t tenant, struct str name,
                          struct str value, struct err *err) MUST_CHECK;
enum rc store_setting_find(struct store_tx *tx, int64_t tenant, struct str name,
                           struct arena *arena, struct str *value, struct err *err)
    MUST_CHECK; /* RC_NOT_FOUND */

/* --- the audit log's rows --------------------------------------------------- */

/* Appends a leaf; *index is its place in the tenant's log, gap-free, in commit order. */
enum rc store_entry_append(struct store_tx *tx, int64_t tenant, struct str leaf, int64_t *index,
                           struct err *err) MUST_CHECK;
enum rc store_entry_list(struct store_tx *tx, int64_t tenant, int64_t from, int64_t count,
                         struct arena *arena, struct entry_row **rows, size_t *found,
                         struct err *err) MUST_CHECK; /* by index, those still here */
enum rc store_entry_size(struct store_tx *tx, int64_t tenant, int64_t *size, struct err *err)
    MUST_CHECK; /* entries ever appended */
enum rc store_entry_delete(struct store_tx *tx, int64_t tenant, int64_t before, struct err *err)
    MUST_CHECK; /* all with a smaller index: they lie in files */

enum rc store_look_insert(struct store_tx *tx, const struct look_row *row, struct err *err)
    MUST_CHECK;
enum rc store_look_list(struct store_tx *tx, int64_t tenant, struct id subject, int64_t before,
                        struct arena *arena, struct look_row **rows, size_t *count,
                        struct err *err)
    MUST_CHECK; /* newest first, index < before, at most LIMIT_PAGE_ROWS */
/* One chunk (1,000 rows at most) of everybody's with a smaller index, whose entries the
 * log has no more; *removed 0: nothing is left. */
enum rc store_look_cut_some(struct store_tx *tx, int64_t tenant, int64_t before,
                            int64_t *removed, struct err *err) MUST_CHECK;

enum rc store_checkpoint_put(struct store_tx *tx, const struct checkpoint_row *row,
                             struct err *err) MUST_CHECK;
enum rc store_checkpoint_latest(struct store_tx *tx, int64_t tenant, struct arena *arena,
                                struct checkpoint_row *row, struct err *err)
    MUST_CHECK; /* RC_NOT_FOUND */
enum rc store_checkpoint_list(struct store_tx *tx, int64_t tenant, struct arena *arena,
                              struct checkpoint_row **rows, size_t *count, struct err *err)
    MUST_CHECK; /* oldest first */

enum rc store_checkpoint_delete(struct store_tx *tx, int64_t tenant, int64_t size,
                                struct err *err) MUST_CHECK; /* the one of that size */

/* Partial tiles: the hashes of one tile that is not full yet. */
enum rc store_tile_put(struct store_tx *tx, const struct tile_row *row, struct err *err)
    MUST_CHECK;
enum rc store_tile_find(struct store_tx *tx, struct arena *arena, struct tile_row *row,
                        struct err *err) MUST_CHECK; /* by tenant, level, index; RC_NOT_FOUND */
enum rc store_tile_delete(struct store_tx *tx, const struct tile_row *row, struct err *err)
    MUST_CHECK;

#endif

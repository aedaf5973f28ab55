/*
 * The audit log: one append-only Merkle tree per tenant, and one of the server
 * (tenant 0) that anchors the tenants' checkpoints.
 *
 * An entry is written in the same store transaction as the change it tells of
 * (audit_append), so neither exists without the other; its index is its place
 * in commit order.  Afterwards audit_advance(), called often by the
 * housekeeper, hashes the new entries, extends the tiles and signs a
 * checkpoint over committed entries only; a proof exists from then on.
 *
 * Full tiles and full entry bundles (C2SP tlog-tiles) become immutable files
 * under DIR/TENANT/ (write, fsync, rename, fsync the folder), and only then do
 * the rows go; what is not full stays in the store.
 *
 * This layer sees no keys of subjects and no data: what an entry says about a
 * person arrives as a commitment that the vault made.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/merkle.h"
#include "base/buf.h"
#include "crypto/sign.h"
#include "store/store.h"

struct audit;

struct audit_options {
	struct store *store;
	const struct clock *clock;
	const char *dir; /* of the tile files; made when absent */
};

enum rc audit_open(struct audit **audit, const struct audit_options *options, struct err *err)
    MUST_CHECK;
void audit_close(struct audit *audit);

/* Names a log and gives the key it signs with (copied); the vault calls this for
 * every tenant at start.  RC_CORRUPT: the store's tiles do not fit the latest
 * checkpoint, or this key did not sign it.  RC_CONFLICT: added already.  `origin`:
 * "HOST/T/log", as in the checkpoint's first line. */
enum rc audit_log_add(struct audit *audit, int64_t tenant, struct str origin,
                      const struct sign_key *key, struct err *err) MUST_CHECK;

/* --- entries --------------------------------------------------------------- */

/* HMAC-SHA-256 cut to 128 bits (RFC 2104, section 5; docs/decisions/0016): nobody without the
 * key can say what it is of, and nobody finds another text for it. */
#define COMMITMENT_BYTES 16
struct commitment {
	uint8_t bytes[COMMITMENT_BYTES];
};

/* What stands in an entry.  Words are the vault's literals; commitments are
 * HMAC(subject's log key, id ‖ nonce), absent when all zero. */
struct audit_entry {
	struct str act;     /* "read", "write", "release", "erase", "sign-in", "refusal" … */
	struct str class;   /* may be empty */
	struct str purpose; /* may be empty */
	struct str outcome; /* "ok", or why it was refused: a code */
	struct str detail;  /* one more fixed word of the act, may be empty: never data */
	struct str role;    /* in which the actor acted */
	int64_t count;      /* how many records it was about */
	int64_t time_us;
	uint8_t nonce[16];
	struct digest policy; /* in force */
	struct commitment actor;
	struct commitment subject;
	struct commitment record; /* or of a list's ids */
	struct digest hash;       /* of what is anchored: SHA-256, whole */
};

/* Words are at most 64 printable ASCII characters, no '"' or '\\'; act and
 * outcome are not empty; numbers are not negative: anything else asserts.
 * Canonical JSON: names sorted, integers only, base64url for bytes.  About 300 bytes. */
void audit_entry_format(const struct audit_entry *entry, struct buf *leaf);
enum rc audit_entry_parse(struct str leaf, struct audit_entry *entry, struct arena *arena,
                          struct err *err) MUST_CHECK; /* strict: exactly what format writes */

/* Inside a store transaction.  *index names the entry.  RC_INVALID: not a leaf
 * that audit_entry_format() writes, and then nothing is appended. */
enum rc audit_append(struct store_tx *tx, int64_t tenant, struct str leaf, int64_t *index,
                     struct err *err) MUST_CHECK;

/* Brings every log up to date: tiles, files, checkpoints, anchors in the
 * server's log.  Cheap when there is nothing new. */
enum rc audit_advance(struct audit *audit, struct err *err) MUST_CHECK;

/* --- reading the log --------------------------------------------------------- */

/* The latest checkpoint as a signed note (C2SP checkpoint, signed-note), and
 * the key line that verifies it ("ORIGIN+HASH+KEY").  RC_NOT_FOUND before the first. */
enum rc audit_checkpoint(struct audit *audit, int64_t tenant, struct buf *note, struct err *err)
    MUST_CHECK;
enum rc audit_verifier_key(struct audit *audit, int64_t tenant, struct buf *line,
                           struct err *err) MUST_CHECK;

/* A resource of C2SP tlog-tiles below the log's prefix: "tile/0/x001/067",
 * "tile/entries/000.p/12".  RC_NOT_FOUND when the latest checkpoint has none. */
enum rc audit_tile(struct audit *audit, int64_t tenant, struct str path, struct buf *out,
                   struct err *err) MUST_CHECK;

/* Leaf bytes of entries [from, from + count) that the latest checkpoint covers or
 * not; from files and rows alike.  At most LIMIT_PAGE_ROWS at once. */
enum rc audit_entries(struct audit *audit, int64_t tenant, int64_t from, int64_t count,
                      struct arena *arena, struct entry_row **rows, size_t *found,
                      struct err *err) MUST_CHECK;

/* Proofs against the latest checkpoint, as JSON for people and programs:
 * {index,size,leaf,hashes,checkpoint}.  RC_NOT_FOUND: not covered yet. */
enum rc audit_prove(struct audit *audit, int64_t tenant, int64_t index, struct buf *json,
                    struct err *err) MUST_CHECK;
enum rc audit_prove_consistency(struct audit *audit, int64_t tenant, int64_t old,
                                struct buf *json, struct err *err) MUST_CHECK;

struct audit_figures {
	uint64_t size;      /* entries committed */
	uint64_t signed_to; /* size of the latest checkpoint */
	int64_t signed_us;
};
enum rc audit_figures(struct audit *audit, int64_t tenant, struct audit_figures *figures,
                      struct err *err) MUST_CHECK;

/* Cuts off what is older than before_us: whole bundles of 256 that a checkpoint
 * covers, at most so many in one call; *pruned entries went.  Afterwards they are
 * RC_NOT_FOUND wherever they are asked for; hash tiles and checkpoints stay, so
 * every other proof stands (C2SP tlog-tiles, pruning). */
enum rc audit_prune(struct audit *audit, int64_t tenant, int64_t before_us, int64_t *pruned,
                    struct err *err) MUST_CHECK;

/* How many entries were cut, the first ones: a multiple of LOG_BUNDLE. */
#define LOG_BUNDLE 256
enum rc audit_minimum(struct audit *audit, int64_t tenant, int64_t *entries, struct err *err)
    MUST_CHECK;

/* --- verification, offline --------------------------------------------------- */

struct audit_report {
	struct str origin;
	uint64_t entries;     /* hashed and matched */
	uint64_t checkpoints; /* signatures, roots and consistency checked */
	uint64_t tiles;
	uint64_t faults;
	char first_fault[200]; /* names the file or row, in words */
	char origin_room[200]; /* where `origin` lies after audit_verify_export() */
};

/* A data directory (store and files), one tenant's log: every entry's hash,
 * every tile, every checkpoint's signature and root, each checkpoint extending
 * all before it.  RC_CORRUPT when there is a fault; the report is filled then
 * too.  The server may be running.  Entries that no checkpoint covers yet are
 * parsed and counted for gaps, no more. */
struct audit_log {
	struct store *store;
	const char *dir;
	int64_t tenant;
	struct str origin;
	uint8_t public[SIGN_PUBLIC_BYTES];
};
/* Origin and key of a log that was added, for audit_verify(); `origin` is
 * borrowed from `audit`.  RC_NOT_FOUND. */
enum rc audit_identity(struct audit *audit, int64_t tenant, struct audit_log *identity,
                       struct err *err) MUST_CHECK;
enum rc audit_verify(const struct audit_log *log, struct audit_report *report, struct err *err)
    MUST_CHECK;
/* An exported log: a folder with `checkpoint`, `key` and tile/… as served. */
enum rc audit_verify_export(const char *dir, struct audit_report *report, struct err *err)
    MUST_CHECK;

#endif

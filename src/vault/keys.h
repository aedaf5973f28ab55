/*
 * The key store: keys.dat, a file of slots beside the database, and a cache.
 *
 * Keys form a tree: master → tenant → owner (a subject) → class, and tenant →
 * (class, month); each is wrapped under the one above.  A key lies in one
 * 64-byte slot and nowhere else: the database names the slot, so a copy of the
 * database opens nothing.  A slot is durable before the row that names it.
 * Destroying a key overwrites its slot and syncs, drops it from the cache, and
 * then the row; what was sealed under it, and every key below it, is noise.
 *
 * Slots are wrapped under the epoch key too, which lies in epoch.key and is
 * another one every EPOCH_DAYS: then all slots are written anew, and no copy of
 * the old keys.dat opens (slots.h has the files' shapes and the steps of a turn).
 *
 * The wrapping binds tenant, owner, class, month, slot and generation, so a
 * slot that is moved, swapped or flipped is RC_CORRUPT, named by its number.
 */
#ifndef VAULT_KEYS_H
#define VAULT_KEYS_H

#include "base/stream.h"
#include "crypto/secret.h"
#include "store/store.h"

struct keys;

struct key_name {
	int64_t tenant;
	struct id owner; /* zero: the tenant's own */
	int64_t class;   /* 0: the owner's node; else the class */
	int64_t month;   /* with a zero owner: of (class, month); else 0 or HOLD_MONTH */
};

/* Not a month: of what is held, which neither the class's nor any month's end
 * takes along.  Both keys of such a record are apart from the others'. */
#define HOLD_MONTH 1

#define EPOCH_DAYS 7

/* keys.dat and, beside it, epoch.key. */
enum rc keys_create(const char *path, const struct key *master, struct err *err) MUST_CHECK;
struct keys_options {
	const char *path;
	struct store *store;
	const struct key *master; /* copied to locked memory */
	bool is_read_only;        /* beside a running server: nothing is made or wiped */
	size_t cached;            /* keys in secret memory, at most LIMIT_KEYS_CACHED */
};
/* Slots that no row names are overwritten; a turn that a crash cut short is
 * finished or undone.  RC_CORRUPT: keys.dat and epoch.key are of two epochs. */
enum rc keys_open(struct keys **keys, const struct keys_options *options, struct err *err)
    MUST_CHECK;
void keys_close(struct keys *keys);

/* RC_NOT_FOUND: there is none (any more). */
enum rc keys_find(struct keys *keys, const struct key_name *name, struct key *key,
                  struct err *err) MUST_CHECK;
/* As keys_find(), and makes it when there is none, and the tenant's root above
 * it; but a class key is made only under a node that is there: RC_NOT_FOUND once
 * the owner is destroyed.  Not from inside a store transaction. */
enum rc keys_need(struct keys *keys, const struct key_name *name, struct key *key,
                  struct err *err) MUST_CHECK;

/* The key of a record: HKDF(class key ‖ month key), both of them needed; month
 * keys exist for every class, 0 where no retention month is known. */
struct record_key_name {
	int64_t tenant;
	struct id subject;
	int64_t class;
	int64_t month;
};
enum rc keys_record(struct keys *keys, const struct record_key_name *name, bool may_make,
                    struct key *key, struct err *err) MUST_CHECK;

/* A key derived from an owner's node (or, with a zero owner, the tenant's) for
 * one use: "log", "look", "term" …; gone when the node is. */
enum rc keys_derived(struct keys *keys, int64_t tenant, struct id owner, const char *use,
                     struct key *key, struct err *err) MUST_CHECK;

/* Destroys one key.  RC_OK when it is gone already. */
enum rc keys_destroy(struct keys *keys, const struct key_name *name, struct err *err)
    MUST_CHECK;
/* Destroys the node of an owner first, then its class keys. */
enum rc keys_destroy_owner(struct keys *keys, int64_t tenant, struct id owner, struct err *err)
    MUST_CHECK;

/* --- the epoch ----------------------------------------------------------------------- */

int64_t keys_epoch(struct keys *keys);
/* Wraps every key under a new epoch key, puts the new keys.dat in place and
 * overwrites the old files.  Keys are read meanwhile, none is made or destroyed:
 * whoever wants to waits.  RC_CORRUPT: a slot does not open, and nothing is
 * turned.  *epoch: the new one. */
enum rc keys_epoch_turn(struct keys *keys, int64_t *epoch, struct err *err) MUST_CHECK;

/* keys.dat as it is, and the bytes of epoch.key, of one epoch.  A copy taken after
 * a snapshot of the store holds every key of it that is not destroyed. */
struct keys_copying {
	enum rc (*begin)(void *arg, int64_t epoch, struct err *err); /* first */
	void *arg;
	struct buf *epoch_key; /* then this */
	struct sink file;      /* then this, as often as needed */
};
enum rc keys_copy(struct keys *keys, const struct keys_copying *to, struct err *err) MUST_CHECK;

/* The master key as base64, for a copy that is taken offline. */
struct str keys_master_text(struct keys *keys, struct arena *arena);

/* Opens every slot that a row names; `bad` is called for each that does not. */
enum rc keys_verify(struct keys *keys, uint64_t *count,
                    void (*bad)(void *arg, const struct key_row *row), void *arg,
                    struct err *err) MUST_CHECK;

#endif

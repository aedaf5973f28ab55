/*
 * keys.dat and epoch.key: the slots that wrapped keys lie in, and the epoch.
 *
 *   keys.dat   head: magic 32 ‖ epoch 8 (little endian) ‖ zeros 24; then
 *              slots: nonce 12 ‖ wrapped key 32 ‖ tag 16 ‖ generation 4 (little endian)
 *   epoch.key  magic 16 ‖ epoch 8 ‖ the epoch's key, sealed under the master
 *
 * A slot is wrapped under HKDF(key above ‖ epoch key), so keys.dat opens only with
 * the epoch key of its head.  A turn writes every slot anew under a new epoch key
 * and overwrites both old files: whatever copy of the old keys.dat is left, on the
 * disk or elsewhere, is noise.  The steps, each on the disk before the next:
 *
 *   1  epoch.key.new, keys.dat.new are written
 *   2  keys.dat.old, epoch.key.old name the old files too
 *   3  keys.dat.new becomes keys.dat: from here the turn is finished, not undone
 *   4  epoch.key.new becomes epoch.key
 *   5  the .old files are overwritten with zeros and removed
 *
 * Opening looks at the epochs of both files, then finishes or undoes what a crash
 * left.  Included by keys.c alone, which knows the tree and the rows.
 */
#ifndef VAULT_SLOTS_H
#define VAULT_SLOTS_H

#include "base/stream.h"
#include "crypto/secret.h"
#include "store/store.h"

#define SLOT_BYTES 64

struct slots;

struct slots_options {
	const char *path; /* of keys.dat; epoch.key lies beside it */
	const struct key *master;
	bool is_read_only;
};

/* Epoch 1, without slots.  RC_CONFLICT: there is one. */
enum rc slots_create(const char *path, const struct key *master, struct err *err) MUST_CHECK;
/* Every slot counts as free until slots_mark(). */
enum rc slots_open(struct slots **slots, const struct slots_options *options, struct err *err)
    MUST_CHECK;
void slots_close(struct slots *slots);

int64_t slots_epoch(struct slots *slots);

enum rc slots_mark(struct slots *slots, int64_t slot, struct err *err) MUST_CHECK;
/* Overwrites what lies in free slots but the generation. */
enum rc slots_wipe_free(struct slots *slots, struct err *err) MUST_CHECK;

/* A free slot; grows the file when there is none. */
enum rc slots_take(struct slots *slots, int64_t *slot, struct err *err) MUST_CHECK;
void slots_give_back(struct slots *slots, int64_t slot);

/* Wraps into row->slot and fills row->generation; synced. */
enum rc slots_put(struct slots *slots, const struct key *above, struct key_row *row,
                  const struct key *key, struct err *err) MUST_CHECK;
/* RC_CORRUPT names the slot. */
enum rc slots_get(struct slots *slots, const struct key *above, const struct key_row *row,
                  struct key *key, struct err *err) MUST_CHECK;
/* Overwrites the row's slot but the generation; synced. */
enum rc slots_blank(struct slots *slots, const struct key_row *row, struct err *err) MUST_CHECK;

/* The next epoch.  Between begin and commit nobody may put or blank; reading goes
 * on.  `drop` without commit undoes it. */
struct slots_turn;
enum rc slots_turn_begin(struct slots *slots, struct slots_turn **turn, struct err *err)
    MUST_CHECK;
enum rc slots_turn_put(struct slots_turn *turn, const struct key *above,
                       const struct key_row *row, struct err *err) MUST_CHECK;
enum rc slots_turn_commit(struct slots_turn *turn, struct err *err) MUST_CHECK;
void slots_turn_drop(struct slots_turn **turn); /* for CLEANUP */

/* keys.dat as it is, and the bytes of epoch.key: what a copy of the keys needs.
 * Nobody may turn meanwhile. */
enum rc slots_copy(struct slots *slots, const struct sink *sink, struct err *err) MUST_CHECK;
enum rc slots_copy_epoch(struct slots *slots, struct buf *out, struct err *err) MUST_CHECK;

#endif

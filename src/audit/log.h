/*
 * One log inside struct audit, shared by what advances it and what reads it.
 *
 * A log's head (size, edge, checkpoint) is never changed: audit_advance() makes
 * the next one and puts it in place once the store has it.  Readers take a
 * reference and work without a lock, so a proof, its tiles and its checkpoint
 * always belong together.
 */
#ifndef AUDIT_LOG_H
#define AUDIT_LOG_H

#include <pthread.h>

#include "audit/audit.h"
#include "audit/edge.h"
#include "audit/note.h"

/* Of the checkpoints within one such period only the last is kept, besides the
 * latest: at most 144 a day and log. */
#define CHECKPOINT_KEEP_US (10 * US_PER_MIN)
#define ANCHOR_EVERY_US    US_PER_MIN
#define ADVANCE_ENTRIES    4096 /* between two checkpoints at most: 16 full tiles */

struct log_head {
	unsigned refs;    /* under audit->lock */
	struct edge edge; /* edge.size: entries that the checkpoint covers */
	int64_t signed_us;
	size_t note_len; /* 0: nothing signed yet */
	char note[NOTE_MAX];
};

struct log {
	struct audit *audit;
	int64_t tenant;
	char *root;             /* DIR/TENANT */
	struct sign_key *key;   /* in secret memory */
	struct note_signer who; /* origin is ours */
	struct log_head *head;  /* the pointer under audit->lock, what it points to for good */
	uint64_t anchored;      /* size; by the advancing thread only, as is … */
	int64_t anchored_us;    /* … when */
};

struct audit {
	struct store *store;
	const struct clock *clock;
	char *dir;
	pthread_mutex_t advancing; /* one audit_advance() or audit_log_add() at a time */
	pthread_mutex_t lock;      /* logs, count, and each log's head */
	struct log **logs;
	size_t count;
};

/* Reads a log's state from the store and checks it: the edge must give the root
 * that the latest checkpoint signs.  RC_CORRUPT. */
enum rc log_load(struct log *log, struct log_head **head, struct err *err) MUST_CHECK;

enum rc log_find(struct audit *audit, int64_t tenant, struct log **log, struct err *err)
    MUST_CHECK; /* RC_NOT_FOUND */

struct log_head *log_head_new(void);
struct log_head *log_head_take(struct log *log);
void log_head_replace(struct log *log, struct log_head *head); /* takes over `head` */

/* A reference in a CLEANUP variable. */
struct log_ref {
	struct log *log;
	struct log_head *head;
};
enum rc log_ref_get(struct audit *audit, int64_t tenant, struct log_ref *ref, struct err *err)
    MUST_CHECK;
void log_ref_drop(struct log_ref *ref);

/* Appends an entry "anchor" to the server's log for each log whose checkpoint
 * has changed and that had none for ANCHOR_EVERY_US: `hash` is SHA-256 of the
 * signed note, `count` its size. */
enum rc anchor_advance(struct audit *audit, struct log *const *logs, size_t count,
                       struct err *err) MUST_CHECK;

#endif

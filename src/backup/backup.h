/*
 * Backups: what changed goes to every place, sealed to a key that is not here.
 *
 *   data/HH/NAME         a block of the database or a file of a log
 *   manifests/TIME       which blocks make a backup; refs/TIME their names alone
 *   keys/EPOCH/…         keys.dat in blocks; keys/EPOCH/index-TIME lists them
 *   epochs/EPOCH         epoch.key
 *   ledger/LINE          what has been destroyed, a line an object, at once;
 *                        ledger/to-LINE: all lines up to that one
 *
 * Every object but refs/ is zstd in an age file for the recovery recipient, whose
 * identity is kept offline: this machine cannot open its own backups.  A block's
 * name is HMAC-SHA-256 of its content under a key that is derived from the
 * server's own, so a block that a place has is not sent again and a name tells
 * nothing.  keys/ and epochs/ of an epoch go from every place when it ends: a
 * backup of data opens with the newest keys alone, and what was destroyed before
 * they were copied is in none (docs/decisions/0018).
 *
 * A place that cannot be reached holds up neither the others nor an erasure: it is
 * told by the state and caught up with at the next backup.
 */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include "crypto/age.h"
#include "vault/restore.h"
#include "vault/vault.h"

#define MIN_PLACES         2
#define BACKUP_FRESH_US    (24 * US_PER_HOUR)
#define BACKUP_DRILL_US    (90 * US_PER_DAY)
#define BACKUP_ALL_KEPT_US (24 * US_PER_HOUR) /* every backup; then one a day … */
#define BACKUP_DAYS_KEPT   30                 /* … for so long */
#define BACKUP_EVERY_S     60
#define LIMIT_PLACES       8

struct backup;

/* DIR/backup.json names places and recipient; without it nothing is sent. */
enum rc backup_open(struct backup **backup, struct vault *vault, const char *dir,
                    struct err *err) MUST_CHECK;
void backup_close(struct backup *backup);

/* --- where, and for whom ------------------------------------------------------------ */

struct backup_place {
	struct str name;   /* [a-z0-9-] */
	struct str url;    /* as outbound/place.h takes it */
	struct str region; /* as policies say it: "eu" */
	/* paths; empty: none */
	struct str credentials, key_file, known_hosts, ca_file;
	struct str host_key; /* "SHA256:…" */
};
struct backup_places {
	struct backup_place items[LIMIT_PLACES];
	size_t count;
	struct str recipient; /* "age1…"; empty: none yet */
};
enum rc backup_places(struct backup *backup, struct arena *arena, struct backup_places *places,
                      struct err *err) MUST_CHECK;
/* As they stand in DIR/backup.json. */
enum rc backup_places_in(const char *dir, struct arena *arena, struct backup_places *places,
                         struct err *err) MUST_CHECK;
/* Tries the place with a small object.  RC_CONFLICT: the name is taken. */
enum rc backup_place_add(struct backup *backup, const struct backup_place *place,
                         struct err *err) MUST_CHECK;
enum rc backup_place_remove(struct backup *backup, struct str name, struct err *err)
    MUST_CHECK; /* RC_NOT_FOUND; what lies there stays */

/* For whom later objects are sealed.  RC_INVALID. */
enum rc backup_recipient_set(struct backup *backup, struct str recipient, struct err *err)
    MUST_CHECK;
/* A new identity and the master key in one text to be taken offline; age(1) reads
 * it as an identity file.  Its recipient is set. */
enum rc backup_key_new(struct backup *backup, struct arena *arena, struct str *text,
                       struct err *err) MUST_CHECK;

/* --- a backup ------------------------------------------------------------------------- */

struct backup_report {
	int64_t time_us; /* its name: the moment that it holds */
	uint64_t database_bytes;
	uint64_t blocks, blocks_sent; /* log files too; sent: to one place at least */
	uint64_t bytes_sent;          /* to all places together */
	size_t places, places_whole;  /* that hold all of it */
};
/* Called between objects; may be NULL. */
struct backup_progress {
	void (*tell)(void *arg, uint64_t done, uint64_t all);
	void *arg;
};
/* RC_PRECONDITION: no place or no recipient.  RC_OK when one place holds all of it. */
enum rc backup_create(struct backup *backup, const struct backup_progress *progress,
                      struct backup_report *report, struct err *err) MUST_CHECK;

/* To places of the caller's own, the ledger too, sealed to places->recipient: for
 * a proof that a backup is what it should be.  Nothing is noted or deleted. */
enum rc backup_create_to(struct backup *backup, const struct backup_places *places,
                         struct backup_report *report, struct err *err) MUST_CHECK;

/* Every `every_s` seconds, when something was committed, in a thread of its own. */
enum rc backup_run_begin(struct backup *backup, int64_t every_s, struct err *err) MUST_CHECK;
void backup_run_end(struct backup *backup);

/* --- how it stands ----------------------------------------------------------------------- */

struct backup_place_state {
	struct str name, region;
	int64_t newest_us;    /* of its newest whole backup; 0: none */
	bool is_fresh;        /* within BACKUP_FRESH_US */
	bool was_reached;     /* at the last try */
	bool is_region_right; /* of every tenant: its own region or a transfer it declares */
};
struct backup_state {
	struct backup_place_state places[LIMIT_PLACES];
	size_t count, fresh;
	bool has_recipient;
	int64_t drilled_us; /* 0: never */
	int64_t unshipped;  /* lines of the ledger that some place lacks */
	int64_t unshipped_us;
	/* alarms: */
	bool is_few;       /* fewer than MIN_PLACES are fresh */
	bool is_abroad;    /* a place lies where some policy does not allow it */
	bool is_untried;   /* no drill for BACKUP_DRILL_US */
	bool is_unshipped; /* of the ledger, for over an hour */
};
/* From what the last tries left: asks no place. */
enum rc backup_state(struct backup *backup, struct arena *arena, struct backup_state *state,
                     struct err *err) MUST_CHECK;

/* Some objects of each kind at each place, looked at without the recovery key: each
 * must be an age file that a new identity does not open, and hold no `mark`. */
struct backup_peek {
	size_t places, objects, faults;
	char first_fault[200]; /* names the object */
};
enum rc backup_peek(struct backup *backup, struct str mark, struct backup_peek *peek,
                    struct err *err) MUST_CHECK;

/* --- with the recovery key --------------------------------------------------------------- */

struct backup_key {
	struct age_identity identity;
	struct key master;
	bool has_master;
};
/* The text that backup_key_new() gave, or an identity file of age(1).  RC_INVALID. */
enum rc backup_key_parse(struct str text, struct backup_key *key, struct err *err) MUST_CHECK;
void backup_key_wipe(struct backup_key *key); /* for CLEANUP */

struct backup_from {
	const struct backup_place *places;
	size_t count;
	const struct backup_key *key;
	int64_t at_us; /* the newest backup of then or before; 0: of all */
};
struct backup_found {
	int64_t time_us;
	uint64_t objects, bytes; /* that were looked at, of plain bytes */
	uint64_t faults;
	char first_fault[200]; /* names the object */
	uint64_t loose_lines;  /* of the ledger, from places that lacked others */
	struct restore_report restored;
	bool is_good; /* of a drill: everything opened and verified */
};
/* Opens every object of a backup at the first place that has it.  RC_CORRUPT when
 * one is not right; *found is filled then too. */
enum rc backup_verify(const struct backup_from *from, struct backup_found *found,
                      struct err *err) MUST_CHECK;
/* Into `dir`, which does not exist or is of a restore that did not finish.
 * RC_CONFLICT: there is something else. */
enum rc backup_restore(const struct backup_from *from, const char *dir,
                       const struct clock *clock, struct backup_found *found, struct err *err)
    MUST_CHECK;
/* Restores into DIR/drill, verifies every key, record and log, and removes it, keys
 * overwritten; needs no open vault, and one may be open elsewhere.  *found is
 * filled, is_good too, when it is RC_OK or RC_CORRUPT. */
enum rc backup_drill(const char *dir, const struct backup_from *from, const struct clock *clock,
                     struct backup_found *found, struct err *err) MUST_CHECK;

#endif

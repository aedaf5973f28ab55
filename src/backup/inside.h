/*
 * What the files of src/backup share.  Nothing outside includes this.
 */
#ifndef BACKUP_INSIDE_H
#define BACKUP_INSIDE_H

#include <pthread.h>

#include "backup/backup.h"
#include "backup/nameset.h"
#include "backup/object.h"
#include "base/limits.h"
#include "outbound/place.h"
#include "store/snapshot.h"
#include "vault/epoch.h"
#include "vault/ledger.h"

#define BACKUP_PATH_BYTES 600
#define OBJECT_NAME_MAX   LIMIT_PLACE_NAME_BYTES

/* What the last tries at a place left; DIR/backup.state holds it over restarts. */
struct place_note {
	char name[64];
	int64_t newest_us;
	int64_t tried_us;
	bool was_reached;
};
struct notes {
	struct place_note items[LIMIT_PLACES];
	size_t count;
};

struct backup {
	struct vault *vault;
	char *dir;
	pthread_mutex_t lock; /* one backup, change of places or drill at a time */
	pthread_mutex_t notes_lock;
	struct notes notes;
	struct digest logs_of;              /* under which names the next are */
	struct nameset logs;                /* digest of a file's path → its block's name */
	struct nameset known[LIMIT_PLACES]; /* blocks that a place has; by its name … */
	char known_of[LIMIT_PLACES][64];    /* … here; empty: not listed yet */
	int64_t swept_us, thinned_us;       /* of the monotonic clock */
	int64_t epoch_shipped;              /* whose predecessors are gone everywhere */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t run_lock;
	pthread_cond_t run_wake;
	bool is_ending;
	int64_t every_s;
};

/* "DIR/name". */
enum rc backup_path(const struct backup *backup, const char *name, char path[BACKUP_PATH_BYTES],
                    struct err *err) MUST_CHECK;

enum rc backup_path_in(const char *dir, const char *name, char path[BACKUP_PATH_BYTES],
                       struct err *err) MUST_CHECK;
#define DRILL_MARK "backup.drill" /* its time is that of the last good drill */

/* The ledger is shipped to the places that there are; all of it when one is new or
 * the recipient is another. */
enum rc backup_ledger_begin(struct backup *backup, bool is_new, struct err *err) MUST_CHECK;

/* Opens a place as its row says; its own host is what it declares. */
enum rc place_open_row(struct outbound_place **place, const struct backup_place *row,
                       struct err *err) MUST_CHECK;

void notes_read(struct backup *backup);
void notes_tell(struct backup *backup, struct str place, int64_t newest_us, bool was_reached);
void notes_copy(struct backup *backup, struct notes *notes);

/* --- one backup under way ---------------------------------------------------------- */

struct target {
	struct backup_place row;
	struct outbound_place *place;
	struct nameset *known;
	bool has_failed;
	struct err err; /* of the first failure */
};

struct digests {
	struct buf bytes; /* 32 each */
};

struct log_file {
	struct str path; /* below DIR/log */
	struct digest name;
};

struct shipment {
	struct backup *backup;
	struct arena *arena;
	const struct backup_places *apart; /* NULL: the configured ones */
	struct nameset own[LIMIT_PLACES];  /* what those apart have */
	struct target targets[LIMIT_PLACES];
	size_t count;
	struct age_recipient recipient;
	struct key block_key;
	struct key keys_key; /* names of the blocks of keys.dat, of this epoch */
	const struct backup_progress *progress;
	uint64_t done, all;
	struct backup_report *report;
	/* what the manifest says: */
	struct digests blocks;
	struct log_file *logs;
	size_t log_count;
	struct ledger_figures ledger;
	int64_t epoch;
	struct digests key_blocks;
	uint64_t key_bytes;
};

/* Puts one object where it is missing, or (is_known NULL) everywhere.  A place that
 * fails is left out from then on. */
void ship_sealed(struct shipment *shipment, struct str object, struct str plain);
void ship_plain(struct shipment *shipment, struct str object, struct str text);
/* A block below `prefix`, named by its content; *name. */
void ship_block(struct shipment *shipment, const char *prefix, const struct key *key,
                struct str plain, struct digest *name);
bool shipment_is_lost(const struct shipment *shipment); /* every place has failed */
void target_fail(struct target *target, const struct err *err);

enum rc ship_database(struct shipment *shipment, struct err *err) MUST_CHECK;
enum rc ship_logs(struct shipment *shipment, struct err *err) MUST_CHECK;
enum rc ship_keys(struct shipment *shipment, struct err *err) MUST_CHECK;
enum rc ship_ledger(struct shipment *shipment, struct err *err) MUST_CHECK; /* all of it */
enum rc ship_manifest(struct shipment *shipment, struct err *err) MUST_CHECK;
/* Earlier epochs' keys, old backups, blocks that no backup names. */
void keep_house(struct shipment *shipment);

/* --- names of objects ----------------------------------------------------------------- */

void object_block_name(char name[OBJECT_NAME_MAX], const char *prefix,
                       const struct digest *digest);
/* The digest in the last part of a block's name; false: it is no block's. */
bool object_block_digest(struct str name, struct digest *digest);
void object_time_name(char name[OBJECT_NAME_MAX], const char *prefix, int64_t time_us);
/* The number in the last part, after an optional "index-" or "to-". */
bool object_number(struct str name, int64_t *number);

/* Calls `each` with every object below the prefix, by name. */
struct place_walk {
	struct str prefix;
	enum rc (*each)(void *arg, const struct place_object *object, struct err *err);
	void *arg;
};
enum rc place_walk(struct outbound_place *place, const struct place_walk *walk, struct err *err)
    MUST_CHECK;

/* --- manifests -------------------------------------------------------------------------- */

struct manifest {
	int64_t time_us;
	uint64_t database_bytes;
	struct str blocks; /* 32 bytes each */
	struct log_file *logs;
	size_t log_count;
	int64_t ledger_lines;
	int64_t epoch;
	struct key block_key;
};
void manifest_format(const struct shipment *shipment, struct buf *out);
enum rc manifest_parse(struct str text, struct arena *arena, struct manifest *manifest,
                       struct err *err) MUST_CHECK;

struct key_index {
	int64_t epoch;
	uint64_t bytes;
	struct str blocks;
	struct key block_key;
};
void key_index_format(const struct shipment *shipment, struct buf *out);
enum rc key_index_parse(struct str text, struct arena *arena, struct key_index *index,
                        struct err *err) MUST_CHECK;

#endif

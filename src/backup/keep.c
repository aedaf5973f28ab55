/*
 * What goes from a place: the keys of epochs that have ended, backups past their
 * time, blocks that no backup names.  A place that fails here has its backup all
 * the same; what should have gone goes the next time.
 */
#include "backup/inside.h"
#include "base/log.h"

#define THIN_EVERY_US  US_PER_HOUR
#define SWEEP_EVERY_US US_PER_DAY
#define LINES_MOST     1000   /* objects of the ledger; then they become one */
#define DOOMED_MOST    200000 /* names held for one deletion */

/* Names found by a walk, to be deleted after it. */
struct doomed {
	struct arena *arena;
	struct str *names;
	size_t count, room;
};

static void
doomed_add(struct doomed *doomed, struct str name)
{
	if (doomed->count == DOOMED_MOST)
		return; /* the next time */
	if (doomed->count == doomed->room) {
		doomed->room = 2 * doomed->room + 64;
		doomed->names = realloc(doomed->names, doomed->room * sizeof(*doomed->names));
		if (doomed->names == NULL)
			abort();
	}
	doomed->names[doomed->count++] = str_copy(doomed->arena, name);
}

static void
doomed_free(struct doomed *doomed)
{
	free(doomed->names);
	if (doomed->arena != NULL)
		arena_free(doomed->arena);
}

static MUST_CHECK enum rc
doomed_delete(struct outbound_place *place, const struct doomed *doomed, struct err *err)
{
	for (size_t i = 0; i < doomed->count; i++)
		TRY(place_delete(place, doomed->names[i], err));
	return RC_OK;
}

/* --- keys ------------------------------------------------------------------------- */

struct keys_house {
	const struct shipment *shipment;
	struct nameset *known;
	struct nameset current; /* blocks of keys.dat as it is now */
	struct doomed doomed;
	struct arena arena;
};

static void
keys_house_free(struct keys_house *house)
{
	house->doomed.arena = &house->arena;
	doomed_free(&house->doomed);
	nameset_free(&house->current);
}

/* "keys/EPOCH/…", "epochs/EPOCH": the epoch. */
static bool
epoch_of(struct str name, int64_t *epoch)
{
	struct str head;
	struct str rest = str_cut(name, '/', &head);
	struct err err;

	(void)str_cut(rest, '/', &head);
	return str_to_i64(head, epoch, &err) == RC_OK;
}

static MUST_CHECK enum rc
key_object_look(void *arg, const struct place_object *object, struct err *err)
{
	struct keys_house *house = arg;
	int64_t time_us = 0;
	int64_t epoch = 0;
	struct digest digest;
	bool is_old;

	(void)err;
	if (!epoch_of(object->name, &epoch))
		return RC_OK;
	is_old = epoch != house->shipment->epoch;
	if (object_block_digest(object->name, &digest)) {
		is_old = is_old || nameset_find(&house->current, &digest) == NULL;
		if (is_old)
			nameset_drop(house->known, &digest);
	} else if (str_starts_with(object->name, STR("keys/")) &&
	           object_number(object->name, &time_us))
		is_old = is_old || time_us != house->shipment->report->time_us;
	if (is_old)
		doomed_add(&house->doomed, object->name);
	return RC_OK;
}

/* Blocks of keys.dat that have changed go too: keys destroyed in this epoch. */
static MUST_CHECK enum rc
keys_tidy(const struct shipment *shipment, const struct target *target, struct err *err)
{
	CLEANUP(keys_house_free)
	struct keys_house house = { .shipment = shipment, .known = target->known };
	struct outbound_place *place = target->place;
	const struct place_walk epochs = { STR("epochs/"), key_object_look, &house };
	const struct place_walk keys = { STR("keys/"), key_object_look, &house };
	const struct buf *blocks = &shipment->key_blocks.bytes;
	struct digest digest;

	arena_init(&house.arena, 64 * MIB);
	house.doomed.arena = &house.arena;
	for (size_t at = 0; at + DIGEST_BYTES <= blocks->len; at += DIGEST_BYTES) {
		memcpy(digest.bytes, blocks->text + at, DIGEST_BYTES);
		nameset_add(&house.current, &digest, &digest);
	}
	TRY(place_walk(place, &epochs, err));
	TRY(place_walk(place, &keys, err));
	return doomed_delete(place, &house.doomed, err);
}

/* --- backups past their time ---------------------------------------------------------- */

struct thinning {
	int64_t now_us;
	int64_t day; /* of the last one that was kept as its day's */
	struct doomed doomed;
	struct arena arena;
	char last[OBJECT_NAME_MAX]; /* its name; empty: none */
	struct nameset kept;        /* SHA-256 of the times of those that stay */
};

static void
thinning_free(struct thinning *thinning)
{
	thinning->doomed.arena = &thinning->arena;
	doomed_free(&thinning->doomed);
	nameset_free(&thinning->kept);
}

static void
backup_doom(struct thinning *thinning, struct str manifest)
{
	int64_t time_us = 0;
	char refs[OBJECT_NAME_MAX];

	doomed_add(&thinning->doomed, manifest);
	if (!object_number(manifest, &time_us))
		return;
	object_time_name(refs, "refs/", time_us);
	doomed_add(&thinning->doomed, str_from_c(refs));
}

/* By name means by time: the newest of a day is the one before the next day's first. */
static MUST_CHECK enum rc
manifest_look(void *arg, const struct place_object *object, struct err *err)
{
	struct thinning *thinning = arg;
	int64_t time_us = 0;
	int64_t age_us;

	(void)err;
	if (!object_number(object->name, &time_us))
		return RC_OK;
	age_us = thinning->now_us - time_us;
	if (age_us > BACKUP_DAYS_KEPT * US_PER_DAY) {
		backup_doom(thinning, object->name);
		return RC_OK;
	}
	if (age_us <= BACKUP_ALL_KEPT_US)
		return RC_OK;
	if (thinning->last[0] != '\0' && time_us / US_PER_DAY == thinning->day)
		backup_doom(thinning, str_from_c(thinning->last));
	thinning->day = time_us / US_PER_DAY;
	(void)snprintf(thinning->last, sizeof(thinning->last), "%.*s", STR_ARGS(object->name));
	return RC_OK;
}

static MUST_CHECK enum rc
backups_thin(const struct shipment *shipment, struct outbound_place *place, struct err *err)
{
	CLEANUP(thinning_free)
	struct thinning thinning = { .now_us = shipment->report->time_us, .day = -1 };
	const struct place_walk walk = { STR("manifests/"), manifest_look, &thinning };

	arena_init(&thinning.arena, 64 * MIB);
	thinning.doomed.arena = &thinning.arena;
	TRY(place_walk(place, &walk, err));
	return doomed_delete(place, &thinning.doomed, err);
}

/* --- blocks that no backup names ---------------------------------------------------------- */

struct sweeping {
	struct outbound_place *place;
	struct nameset marked;
	struct doomed doomed;
	struct arena arena;
};

static void
sweeping_free(struct sweeping *sweeping)
{
	sweeping->doomed.arena = &sweeping->arena;
	doomed_free(&sweeping->doomed);
	nameset_free(&sweeping->marked);
}

static MUST_CHECK enum rc
refs_mark(void *arg, const struct place_object *object, struct err *err)
{
	CLEANUP(buf_free) struct buf refs = { 0 };
	struct sweeping *sweeping = arg;
	const struct sink sink = sink_to_buf(&refs);
	struct digest digest;
	struct str text;

	buf_init(&refs, LIMIT_OBJECT_PLAIN);
	TRY(place_get(sweeping->place, object->name, &sink, err));
	TRY(buf_finish(&refs, &text, err));
	for (size_t at = 0; at + DIGEST_BYTES <= text.len; at += DIGEST_BYTES) {
		memcpy(digest.bytes, text.ptr + at, DIGEST_BYTES);
		nameset_add(&sweeping->marked, &digest, &digest);
	}
	return RC_OK;
}

static MUST_CHECK enum rc
block_look(void *arg, const struct place_object *object, struct err *err)
{
	struct sweeping *sweeping = arg;
	struct digest digest;

	(void)err;
	if (object_block_digest(object->name, &digest) &&
	    nameset_find(&sweeping->marked, &digest) == NULL)
		doomed_add(&sweeping->doomed, object->name);
	return RC_OK;
}

static MUST_CHECK enum rc
blocks_sweep(struct outbound_place *place, struct err *err)
{
	CLEANUP(sweeping_free) struct sweeping sweeping = { .place = place };
	const struct place_walk refs = { STR("refs/"), refs_mark, &sweeping };
	const struct place_walk blocks = { STR("data/"), block_look, &sweeping };

	arena_init(&sweeping.arena, 64 * MIB);
	sweeping.doomed.arena = &sweeping.arena;
	TRY(place_walk(place, &refs, err));
	TRY(place_walk(place, &blocks, err));
	return doomed_delete(place, &sweeping.doomed, err);
}

/* --- the ledger as one object ----------------------------------------------------------------
 */

struct gathering {
	int64_t lines; /* that the one object has */
	struct doomed doomed;
	struct arena arena;
};

static void
gathering_free(struct gathering *gathering)
{
	gathering->doomed.arena = &gathering->arena;
	doomed_free(&gathering->doomed);
}

static MUST_CHECK enum rc
line_look(void *arg, const struct place_object *object, struct err *err)
{
	struct gathering *gathering = arg;
	int64_t number = 0;

	(void)err;
	if (object_number(object->name, &number) && number <= gathering->lines)
		doomed_add(&gathering->doomed, object->name);
	return RC_OK;
}

/* The one object is there before any line goes. */
static void
ledger_gather(struct shipment *shipment)
{
	struct err err = { 0 };

	for (size_t i = 0; i < shipment->count; i++) {
		CLEANUP(gathering_free)
		struct gathering gathering = { .lines = shipment->ledger.lines - 1 };
		const struct place_walk walk = { STR("ledger/"), line_look, &gathering };
		struct target *target = &shipment->targets[i];

		arena_init(&gathering.arena, 64 * MIB);
		gathering.doomed.arena = &gathering.arena;
		if (target->has_failed || place_walk(target->place, &walk, &err) != RC_OK ||
		    gathering.doomed.count < LINES_MOST)
			continue;
		if (ship_ledger(shipment, &err) != RC_OK || target->has_failed ||
		    doomed_delete(target->place, &gathering.doomed, &err) != RC_OK)
			log_failure("backup.tidy", &err);
	}
}

/* --- a place --------------------------------------------------------------------------------
 */

/* What was deleted is not known to be there any more. */
static void
known_renew(struct backup *backup, const struct target *target)
{
	for (size_t i = 0; i < LIMIT_PLACES; i++) {
		if (&backup->known[i] == target->known)
			backup->known_of[i][0] = '\0';
	}
}

static MUST_CHECK enum rc
target_tidy(struct shipment *shipment, struct target *target, bool is_thinning,
            bool is_sweeping, struct err *err)
{
	if (is_thinning)
		TRY(backups_thin(shipment, target->place, err));
	if (!is_sweeping)
		return RC_OK;
	known_renew(shipment->backup, target);
	return blocks_sweep(target->place, err);
}

/* The epoch has ended when no place holds a key of an earlier one. */
static void
epochs_tidy(struct shipment *shipment)
{
	bool is_everywhere = true;
	struct err err;

	for (size_t i = 0; i < shipment->count; i++) {
		struct target *target = &shipment->targets[i];
		bool is_done =
		    !target->has_failed && keys_tidy(shipment, target, &err) == RC_OK;
		is_everywhere = is_everywhere && is_done;
	}
	if (!is_everywhere || shipment->backup->epoch_shipped == shipment->epoch)
		return;
	if (vault_epoch_ended(shipment->backup->vault, &err) == RC_OK)
		shipment->backup->epoch_shipped = shipment->epoch;
}

void
keep_house(struct shipment *shipment)
{
	struct backup *backup = shipment->backup;
	int64_t now_us = clock_monotonic_us();
	bool is_thinning =
	    backup->thinned_us == 0 || now_us - backup->thinned_us > THIN_EVERY_US;
	bool is_sweeping = backup->swept_us == 0 || now_us - backup->swept_us > SWEEP_EVERY_US;
	struct err err;

	epochs_tidy(shipment);
	if (is_thinning)
		ledger_gather(shipment);
	for (size_t i = 0; i < shipment->count; i++) {
		struct target *target = &shipment->targets[i];
		if (!target->has_failed &&
		    target_tidy(shipment, target, is_thinning, is_sweeping, &err) != RC_OK)
			log_failure("backup.tidy", &err);
	}
	if (is_thinning)
		backup->thinned_us = now_us;
	if (is_sweeping)
		backup->swept_us = now_us;
}

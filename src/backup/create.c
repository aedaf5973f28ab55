/*
 * One backup: blocks, logs, keys, and last what they make, so that a manifest at a
 * place has everything it names there.  Keys are copied after the snapshot, so that
 * every key that the snapshot names is among them or destroyed.
 */
#include "backup/inside.h"

static void
unlock(pthread_mutex_t **mutex)
{
	(void)pthread_mutex_unlock(*mutex);
}

/* --- what a place has ------------------------------------------------------------ */

static MUST_CHECK enum rc
known_add(void *arg, const struct place_object *object, struct err *err)
{
	struct nameset *names = arg;
	struct digest digest;

	(void)err;
	if (object_block_digest(object->name, &digest))
		nameset_add(names, &digest, &digest);
	return RC_OK;
}

static MUST_CHECK enum rc
known_below(struct outbound_place *place, const char *prefix, struct nameset *names,
            struct err *err)
{
	const struct place_walk walk = { str_from_c(prefix), known_add, names };

	return place_walk(place, &walk, err);
}

/* One list where it is short enough, else 256. */
static MUST_CHECK enum rc
known_list(struct outbound_place *place, struct nameset *names, struct err *err)
{
	enum rc rc = known_below(place, "data/", names, err);
	char prefix[16];

	for (int i = 0; i < 256 && rc == RC_LIMIT; i++) {
		(void)snprintf(prefix, sizeof(prefix), "data/%02x/", (unsigned)i);
		TRY(known_below(place, prefix, names, err));
		if (i == 255)
			rc = RC_OK;
	}
	TRY(rc);
	return known_below(place, "keys/", names, err);
}

/* A place's list is kept by its name and URL while the process lives. */
static struct nameset *
known_slot(struct backup *backup, const struct backup_place *row, bool *is_new)
{
	struct digest digest = sha256_parts(row->name, STR(" "), row->url);
	char key[sizeof(backup->known_of[0])];
	size_t unused = 0;

	base64url_format(digest.bytes, DIGEST_BYTES, key);
	for (size_t i = 0; i < LIMIT_PLACES; i++) {
		*is_new = false;
		if (strcmp(backup->known_of[i], key) == 0)
			return &backup->known[i];
		if (backup->known_of[i][0] == '\0')
			unused = i;
	}
	*is_new = true;
	nameset_free(&backup->known[unused]);
	(void)snprintf(backup->known_of[unused], sizeof(key), "%s", key);
	return &backup->known[unused];
}

static void
known_forget(struct backup *backup, const struct nameset *names)
{
	for (size_t i = 0; i < LIMIT_PLACES; i++) {
		if (&backup->known[i] == names)
			backup->known_of[i][0] = '\0';
	}
}

static void
target_open(struct shipment *shipment, size_t i)
{
	struct target *target = &shipment->targets[i];
	struct err err = { 0 };
	bool is_new = true;
	enum rc rc;

	target->known = &shipment->own[i];
	if (shipment->apart == NULL)
		target->known = known_slot(shipment->backup, &target->row, &is_new);
	rc = place_open_row(&target->place, &target->row, &err);
	if (rc == RC_OK && is_new)
		rc = known_list(target->place, target->known, &err);
	if (rc == RC_OK)
		return;
	target_fail(target, &err);
	if (is_new)
		known_forget(shipment->backup, target->known);
}

/* --- beginning and ending ------------------------------------------------------------ */

static void
shipment_end(struct shipment *shipment)
{
	for (size_t i = 0; i < shipment->count; i++) {
		/* What a failed put left is not known. */
		if (shipment->targets[i].has_failed)
			known_forget(shipment->backup, shipment->targets[i].known);
		place_close(&shipment->targets[i].place);
		nameset_free(&shipment->own[i]);
	}
	buf_free(&shipment->blocks.bytes);
	buf_free(&shipment->key_blocks.bytes);
	key_wipe(&shipment->block_key);
	key_wipe(&shipment->keys_key);
}

/* Names are of one recipient: for another one everything is sealed anew. */
static void
names_key(struct shipment *shipment, struct str recipient)
{
	struct backup *backup = shipment->backup;
	struct digest digest = vault_mac(backup->vault, NULL, "backup blocks", recipient);
	struct digest mark = sha256((struct str){ (const char *)digest.bytes, DIGEST_BYTES });

	memcpy(shipment->block_key.bytes, digest.bytes, KEY_BYTES);
	if (!digest_eq(&mark, &backup->logs_of))
		nameset_free(&backup->logs);
	backup->logs_of = mark;
}

static MUST_CHECK enum rc
shipment_begin(struct shipment *shipment, struct err *err)
{
	struct backup_places places;

	if (shipment->apart == NULL)
		TRY(backup_places(shipment->backup, shipment->arena, &places, err));
	else
		places = *shipment->apart;
	if (places.count == 0)
		return FAIL(err, RC_PRECONDITION,
		            "no place for backups; see `troth help backup`");
	if (places.recipient.len == 0)
		return FAIL(err, RC_PRECONDITION, "no recovery key; see `troth help backup`");
	TRY(age_recipient_parse(places.recipient, &shipment->recipient, err));
	names_key(shipment, places.recipient);
	buf_init(&shipment->blocks.bytes, LIMIT_OBJECT_PLAIN / 4);
	buf_init(&shipment->key_blocks.bytes, LIMIT_OBJECT_PLAIN / 4);
	shipment->count = places.count;
	for (size_t i = 0; i < places.count; i++) {
		shipment->targets[i].row = places.items[i];
		target_open(shipment, i);
	}
	return RC_OK;
}

static MUST_CHECK enum rc
shipment_judge(struct shipment *shipment, struct err *err)
{
	struct backup_report *report = shipment->report;

	report->places = shipment->count;
	report->places_whole = 0;
	for (size_t i = 0; i < shipment->count; i++) {
		const struct target *target = &shipment->targets[i];
		report->places_whole += !target->has_failed;
		if (shipment->apart == NULL)
			notes_tell(shipment->backup, target->row.name,
			           target->has_failed ? 0 : report->time_us,
			           !target->has_failed);
	}
	if (report->places_whole != 0)
		return RC_OK;
	*err = shipment->targets[0].err;
	return err->rc;
}

static MUST_CHECK enum rc
parts_ship(struct shipment *shipment, struct err *err)
{
	struct backup *backup = shipment->backup;
	struct err again_err;

	DISCARD(ledger_ship_again(vault_ledger(backup->vault), &again_err),
	        "the figures tell of it");
	ledger_figures(vault_ledger(backup->vault), &shipment->ledger);
	shipment->report->time_us = clock_now_us(vault_clock(backup->vault));
	TRY(ship_database(shipment, err));
	TRY(ship_logs(shipment, err));
	TRY(ship_keys(shipment, err));
	return ship_manifest(shipment, err);
}

enum rc
backup_create(struct backup *backup, const struct backup_progress *progress,
              struct backup_report *report, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(unlock) pthread_mutex_t *held = &backup->lock;
	CLEANUP(shipment_end)
	struct shipment shipment = {
		.backup = backup, .arena = &arena, .progress = progress, .report = report
	};

	*report = (struct backup_report){ 0 };
	(void)pthread_mutex_lock(held);
	arena_init(&arena, 1024 * MIB);
	TRY(shipment_begin(&shipment, err));
	TRY(parts_ship(&shipment, err));
	TRY(shipment_judge(&shipment, err));
	keep_house(&shipment);
	return RC_OK;
}

enum rc
backup_create_to(struct backup *backup, const struct backup_places *places,
                 struct backup_report *report, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(unlock) pthread_mutex_t *held = &backup->lock;
	CLEANUP(shipment_end)
	struct shipment shipment = {
		.backup = backup, .arena = &arena, .apart = places, .report = report
	};

	*report = (struct backup_report){ 0 };
	(void)pthread_mutex_lock(held);
	arena_init(&arena, 1024 * MIB);
	TRY(shipment_begin(&shipment, err));
	TRY(ship_ledger(&shipment, err));
	TRY(parts_ship(&shipment, err));
	return shipment_judge(&shipment, err);
}

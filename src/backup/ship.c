/*
 * Objects to places: what one lacks is sealed once and put there.
 */
#include "backup/inside.h"

void
target_fail(struct target *target, const struct err *err)
{
	if (!target->has_failed)
		target->err = *err;
	target->has_failed = true;
}

bool
shipment_is_lost(const struct shipment *shipment)
{
	for (size_t i = 0; i < shipment->count; i++) {
		if (!shipment->targets[i].has_failed)
			return false;
	}
	return true;
}

static void
target_put(struct shipment *shipment, struct target *target, struct str object,
           struct str bytes)
{
	struct err err = { 0 };

	if (target->has_failed)
		return;
	if (place_put_str(target->place, object, bytes, &err) != RC_OK)
		target_fail(target, &err);
	else
		shipment->report->bytes_sent += bytes.len;
}

void
ship_plain(struct shipment *shipment, struct str object, struct str text)
{
	for (size_t i = 0; i < shipment->count; i++)
		target_put(shipment, &shipment->targets[i], object, text);
}

/* NULL: out of room, which fails every place. */
static struct str
sealed(struct shipment *shipment, struct str plain, struct buf *out)
{
	struct err err = { 0 };
	struct str text = STR_EMPTY;

	buf_init(out, LIMIT_OBJECT_SEALED);
	if (object_seal(&shipment->recipient, plain, out, &err) == RC_OK &&
	    buf_finish(out, &text, &err) == RC_OK)
		return text;
	for (size_t i = 0; i < shipment->count; i++)
		target_fail(&shipment->targets[i], &err);
	return STR_EMPTY;
}

void
ship_sealed(struct shipment *shipment, struct str object, struct str plain)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str text = sealed(shipment, plain, &out);

	if (text.len != 0)
		ship_plain(shipment, object, text);
}

void
ship_block(struct shipment *shipment, const char *prefix, const struct key *key,
           struct str plain, struct digest *name)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str text = STR_EMPTY;
	char object[OBJECT_NAME_MAX];

	*name = hmac_sha256(key, plain);
	object_block_name(object, prefix, name);
	shipment->report->blocks++;
	for (size_t i = 0; i < shipment->count; i++) {
		struct target *target = &shipment->targets[i];
		if (target->has_failed || nameset_find(target->known, name) != NULL)
			continue;
		if (text.len == 0) {
			text = sealed(shipment, plain, &out);
			shipment->report->blocks_sent++;
		}
		target_put(shipment, target, str_from_c(object), text);
		if (!target->has_failed)
			nameset_add(target->known, name, name);
	}
}

/* --- the parts of a backup ------------------------------------------------------------ */

static void
digest_keep(struct digests *digests, const struct digest *digest)
{
	buf_add(&digests->bytes, (struct str){ (const char *)digest->bytes, DIGEST_BYTES });
}

static void
progress_tell(struct shipment *shipment)
{
	shipment->done++;
	if (shipment->progress != NULL)
		shipment->progress->tell(shipment->progress->arg, shipment->done,
		                         shipment->all);
}

enum rc
ship_database(struct shipment *shipment, struct err *err)
{
	CLEANUP(store_snapshot_end) struct store_snapshot *snapshot = NULL;
	char *room = arena_alloc(shipment->arena, SNAPSHOT_BLOCK_BYTES, 1);
	size_t count = 1;

	TRY(store_snapshot_begin(vault_store(shipment->backup->vault), &snapshot, err));
	shipment->report->database_bytes = store_snapshot_bytes(snapshot);
	shipment->all = shipment->report->database_bytes / SNAPSHOT_BLOCK_BYTES + 1;
	while (!shipment_is_lost(shipment)) {
		struct digest name;
		TRY(store_snapshot_next(snapshot, room, &count, err));
		if (count == 0)
			return RC_OK;
		ship_block(shipment, "data", &shipment->block_key, (struct str){ room, count },
		           &name);
		digest_keep(&shipment->blocks, &name);
		progress_tell(shipment);
	}
	return RC_OK;
}

/* --- keys -------------------------------------------------------------------------------- */

/* Slots come in chunks of any size and go in blocks of one. */
struct keys_shipping {
	struct shipment *shipment;
	char prefix[32];
	struct buf block;
};

static void
keys_shipping_end(struct keys_shipping *shipping)
{
	buf_free(&shipping->block);
}

static void
key_block_ship(struct keys_shipping *shipping)
{
	struct shipment *shipment = shipping->shipment;
	struct str plain = { shipping->block.text, shipping->block.len };
	struct digest name;

	if (plain.len == 0)
		return;
	ship_block(shipment, shipping->prefix, &shipment->keys_key, plain, &name);
	digest_keep(&shipment->key_blocks, &name);
	shipment->key_bytes += plain.len;
	shipping->block.len = 0;
}

static MUST_CHECK enum rc
epoch_begin(void *arg, int64_t epoch, struct err *err)
{
	struct keys_shipping *shipping = arg;
	struct shipment *shipment = shipping->shipment;
	char text[32];
	struct digest digest;

	(void)err;
	(void)snprintf(text, sizeof(text), "keys %lld", (long long)epoch);
	digest = hmac_sha256(&shipment->block_key, str_from_c(text));
	memcpy(shipment->keys_key.bytes, digest.bytes, KEY_BYTES);
	(void)snprintf(shipping->prefix, sizeof(shipping->prefix), "keys/%010lld",
	               (long long)epoch);
	shipment->epoch = epoch;
	return RC_OK;
}

static MUST_CHECK enum rc
slots_add(void *arg, struct str bytes, struct err *err)
{
	struct keys_shipping *shipping = arg;
	struct buf *block = &shipping->block;

	(void)err;
	while (bytes.len != 0) {
		size_t room = SNAPSHOT_BLOCK_BYTES - block->len;
		size_t some = bytes.len < room ? bytes.len : room;
		buf_add(block, (struct str){ bytes.ptr, some });
		bytes = (struct str){ bytes.ptr + some, bytes.len - some };
		if (block->len == SNAPSHOT_BLOCK_BYTES)
			key_block_ship(shipping);
	}
	return RC_OK;
}

static void
key_index_ship(struct shipment *shipment, const char *prefix, struct str epoch_key)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	char before[64];
	char object[OBJECT_NAME_MAX];

	(void)snprintf(object, sizeof(object), "epochs/%010lld", (long long)shipment->epoch);
	ship_sealed(shipment, str_from_c(object), epoch_key);
	buf_init(&out, LIMIT_OBJECT_PLAIN);
	key_index_format(shipment, &out);
	(void)snprintf(before, sizeof(before), "%s/index-", prefix);
	object_time_name(object, before, shipment->report->time_us);
	ship_sealed(shipment, str_from_c(object), (struct str){ out.text, out.len });
}

enum rc
ship_keys(struct shipment *shipment, struct err *err)
{
	CLEANUP(keys_shipping_end) struct keys_shipping shipping = { .shipment = shipment };
	CLEANUP(buf_free) struct buf epoch_key = { 0 };
	const struct keys_copying copying = {
		.begin = epoch_begin,
		.arg = &shipping,
		.epoch_key = &epoch_key,
		.file = { slots_add, &shipping },
	};

	buf_init(&epoch_key, 4 * KIB);
	buf_init(&shipping.block, SNAPSHOT_BLOCK_BYTES);
	TRY(vault_keys_copy(shipment->backup->vault, &copying, err));
	key_block_ship(&shipping);
	key_index_ship(shipment, shipping.prefix,
	               (struct str){ epoch_key.text, epoch_key.len });
	return RC_OK;
}

/* --- the ledger ------------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
line_add(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	(void)line;
	(void)err;
	buf_add(arg, text);
	return RC_OK;
}

enum rc
ship_ledger(struct shipment *shipment, struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };
	char path[BACKUP_PATH_BYTES];
	char object[OBJECT_NAME_MAX];
	struct ledger_figures figures;
	struct str text;

	buf_init(&lines, LIMIT_OBJECT_PLAIN);
	ledger_figures(vault_ledger(shipment->backup->vault), &figures);
	TRY(backup_path(shipment->backup, "ledger", path, err));
	TRY(ledger_replay(path, line_add, &lines, err));
	TRY(buf_finish(&lines, &text, err));
	(void)snprintf(object, sizeof(object), "ledger/to-%012lld", (long long)figures.lines);
	if (text.len != 0)
		ship_sealed(shipment, str_from_c(object), text);
	return RC_OK;
}

/* --- the manifest ----------------------------------------------------------------------------
 */

/* The names first: a backup whose blocks cannot be told would lose them to the next
 * sweep. */
enum rc
ship_manifest(struct shipment *shipment, struct err *err)
{
	CLEANUP(buf_free) struct buf refs = { 0 };
	CLEANUP(buf_free) struct buf manifest = { 0 };
	char object[OBJECT_NAME_MAX];
	struct str text;

	buf_init(&refs, LIMIT_OBJECT_PLAIN);
	buf_add(&refs, (struct str){ shipment->blocks.bytes.text, shipment->blocks.bytes.len });
	for (size_t i = 0; i < shipment->log_count; i++)
		buf_add(&refs, (struct str){ (const char *)shipment->logs[i].name.bytes,
		                             DIGEST_BYTES });
	TRY(buf_finish(&refs, &text, err));
	object_time_name(object, "refs/", shipment->report->time_us);
	ship_plain(shipment, str_from_c(object), text);
	buf_init(&manifest, LIMIT_OBJECT_PLAIN);
	manifest_format(shipment, &manifest);
	TRY(buf_finish(&manifest, &text, err));
	object_time_name(object, "manifests/", shipment->report->time_us);
	ship_sealed(shipment, str_from_c(object), text);
	return RC_OK;
}

/*
 * What a backup is made of, as JSON.  Names of blocks stand in one text of
 * hexadecimal digits, 64 a block.
 */
#include "backup/inside.h"
#include "base/json.h"

#define BACKUP_VERSION 1

static void
hex_at(struct json_out *json, const char *name, struct str bytes)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, LIMIT_OBJECT_PLAIN);
	json_text_at(json, name, hex_format(&arena, bytes.ptr, bytes.len));
}

static void
key_at(struct json_out *json, const char *name, const struct key *key)
{
	hex_at(json, name, (struct str){ (const char *)key->bytes, KEY_BYTES });
}

static void
tenants_at(struct json_out *json, struct vault *vault)
{
	json_name(json, "tenants");
	json_array_begin(json);
	for (size_t i = 0; i < vault_tenant_count(vault); i++) {
		const struct tenant *tenant = vault_tenant_at(vault, i);
		json_object_begin(json);
		json_text_at(json, "slug", tenant->slug);
		json_text_at(json, "region", tenant->policy->region);
		json_object_close(json);
	}
	json_array_close(json);
}

static void
logs_at(struct json_out *json, const struct shipment *shipment)
{
	json_name(json, "log");
	json_array_begin(json);
	for (size_t i = 0; i < shipment->log_count; i++) {
		const struct log_file *file = &shipment->logs[i];
		json_array_begin(json);
		json_put_text(json, file->path);
		json_put_text(json,
		              hex_format(shipment->arena, file->name.bytes, DIGEST_BYTES));
		json_array_close(json);
	}
	json_array_close(json);
}

void
manifest_format(const struct shipment *shipment, struct buf *out)
{
	struct json_out json;

	json_out_init(&json, out);
	json_object_begin(&json);
	json_int_at(&json, "version", BACKUP_VERSION);
	json_int_at(&json, "time", shipment->report->time_us);
	json_int_at(&json, "bytes", (int64_t)shipment->report->database_bytes);
	json_int_at(&json, "ledger_lines", shipment->ledger.lines);
	json_int_at(&json, "epoch", shipment->epoch);
	json_int_at(&json, "key_bytes", (int64_t)shipment->key_bytes);
	key_at(&json, "block_key", &shipment->block_key);
	tenants_at(&json, shipment->backup->vault);
	logs_at(&json, shipment);
	hex_at(&json, "blocks",
	       (struct str){ shipment->blocks.bytes.text, shipment->blocks.bytes.len });
	json_object_close(&json);
}

void
key_index_format(const struct shipment *shipment, struct buf *out)
{
	struct json_out json;

	json_out_init(&json, out);
	json_object_begin(&json);
	json_int_at(&json, "version", BACKUP_VERSION);
	json_int_at(&json, "time", shipment->report->time_us);
	json_int_at(&json, "epoch", shipment->epoch);
	json_int_at(&json, "bytes", (int64_t)shipment->key_bytes);
	key_at(&json, "block_key", &shipment->keys_key);
	hex_at(&json, "blocks",
	       (struct str){ shipment->key_blocks.bytes.text, shipment->key_blocks.bytes.len });
	json_object_close(&json);
}

/* --- reading ---------------------------------------------------------------------- */

static MUST_CHECK enum rc
version_check(const struct json_object *object, struct err *err)
{
	int64_t version = 0;

	TRY(json_need_int(object, "version", &version, err));
	if (version != BACKUP_VERSION)
		return FAIL(err, RC_INVALID, "a manifest of another version of this program");
	return RC_OK;
}

static MUST_CHECK enum rc
blocks_need(const struct json_object *object, struct arena *arena, struct str *blocks,
            struct err *err)
{
	struct str hex;
	char *bytes;

	TRY(json_need_text(object, "blocks", &hex, err));
	bytes = arena_try_alloc(arena, hex.len / 2 + 1, 1);
	if (bytes == NULL || hex.len % (2 * DIGEST_BYTES) != 0)
		return FAIL(err, RC_CORRUPT, "a manifest's list of blocks");
	TRY(hex_parse(hex, bytes, hex.len / 2, err));
	*blocks = (struct str){ bytes, hex.len / 2 };
	return RC_OK;
}

static MUST_CHECK enum rc
key_need(const struct json_object *object, struct key *key, struct err *err)
{
	struct str hex;

	TRY(json_need_text(object, "block_key", &hex, err));
	return hex_parse(hex, key->bytes, KEY_BYTES, err);
}

static MUST_CHECK enum rc
bytes_need(const struct json_object *object, uint64_t *bytes, struct err *err)
{
	int64_t number = 0;

	TRY(json_need_int(object, "bytes", &number, err));
	if (number < 0)
		return FAIL(err, RC_CORRUPT, "a manifest's size");
	*bytes = (uint64_t)number;
	return RC_OK;
}

/* "1/tile/0/x001/067": nothing that leaves the folder of the logs. */
static bool
log_path_is_good(struct str path)
{
	struct str part;

	if (path.len == 0 || path.len > 200)
		return false;
	while (path.len != 0) {
		path = str_cut(path, '/', &part);
		if (part.len == 0 || part.ptr[0] == '.')
			return false;
	}
	return true;
}

static MUST_CHECK enum rc
log_read(const struct json_object *pair, struct arena *arena, struct log_file *file,
         struct err *err)
{
	if (json_kind(pair) != JSON_ARRAY || json_count(pair) != 2 ||
	    json_kind(json_at(pair, 0)) != JSON_STRING ||
	    json_kind(json_at(pair, 1)) != JSON_STRING)
		return FAIL(err, RC_CORRUPT, "a manifest's list of logs");
	file->path = str_copy(arena, json_text(json_at(pair, 0)));
	if (!log_path_is_good(file->path))
		return FAIL(err, RC_CORRUPT, "a manifest's list of logs");
	return hex_parse(json_text(json_at(pair, 1)), file->name.bytes, DIGEST_BYTES, err);
}

static MUST_CHECK enum rc
logs_need(const struct json_object *object, struct arena *arena, struct manifest *manifest,
          struct err *err)
{
	struct json_object *list = NULL;

	if (!json_find(object, "log", &list) || json_kind(list) != JSON_ARRAY)
		return FAIL(err, RC_CORRUPT, "a manifest's list of logs");
	manifest->log_count = json_count(list);
	manifest->logs = arena_try_alloc(
	    arena, (manifest->log_count + 1) * sizeof(*manifest->logs), _Alignof(max_align_t));
	if (manifest->logs == NULL)
		return FAIL(err, RC_LIMIT, "a manifest has too many logs");
	for (size_t i = 0; i < manifest->log_count; i++)
		TRY(log_read(json_at(list, i), arena, &manifest->logs[i], err));
	return RC_OK;
}

enum rc
manifest_parse(struct str text, struct arena *arena, struct manifest *manifest, struct err *err)
{
	CLEANUP(json_free) struct json json = { 0 };

	TRY(json_parse(&json, text, err));
	TRY(version_check(json.root, err));
	TRY(json_need_int(json.root, "time", &manifest->time_us, err));
	TRY(json_need_int(json.root, "ledger_lines", &manifest->ledger_lines, err));
	TRY(json_need_int(json.root, "epoch", &manifest->epoch, err));
	TRY(bytes_need(json.root, &manifest->database_bytes, err));
	TRY(key_need(json.root, &manifest->block_key, err));
	TRY(logs_need(json.root, arena, manifest, err));
	return blocks_need(json.root, arena, &manifest->blocks, err);
}

enum rc
key_index_parse(struct str text, struct arena *arena, struct key_index *index, struct err *err)
{
	CLEANUP(json_free) struct json json = { 0 };

	TRY(json_parse(&json, text, err));
	TRY(version_check(json.root, err));
	TRY(json_need_int(json.root, "epoch", &index->epoch, err));
	TRY(bytes_need(json.root, &index->bytes, err));
	TRY(key_need(json.root, &index->block_key, err));
	return blocks_need(json.root, arena, &index->blocks, err);
}

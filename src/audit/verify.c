/*
 * Verification: walk all entries once, build the tree anew, and hold everything
 * that is stored against it: leaves against level 0, every tile against the
 * tile hashes that come out, every checkpoint's root against the tree at its
 * size.  Checkpoints that all match one growing tree extend each other.
 *
 * The walk goes on after a fault as far as it can, so that the report counts;
 * its first fault is the one to look at.
 */
#include "audit/verify.h"

#include <assert.h>
#include <stdarg.h>

#include "audit/entry.h"

#define MINIMUM_TEXT_MAX 32

void
verify_fault(struct verify *verify, const char *fmt, ...)
{
	struct audit_report *report = verify->report;
	char text[sizeof(report->first_fault) - sizeof(verify->label)];
	va_list args;

	if (report->faults++ != 0)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)snprintf(report->first_fault, sizeof(report->first_fault), "%s%s", verify->label,
	               text);
}

/* Reads one tile or bundle.  What is absent or cut short is a fault and leaves
 * the buffer empty; only a disk that cannot be read ends the walk. */
static enum rc
verify_read(struct verify *verify, const struct tile *tile, struct buf *out, struct err *err)
{
	enum rc rc = verify->source.read(verify->source.arg, tile, out, err);

	if (rc == RC_NOT_FOUND || rc == RC_CORRUPT || rc == RC_LIMIT) {
		verify_fault(verify, "%s", err->text);
		out->len = 0;
		return RC_OK;
	}
	return rc;
}

static void
name_of(const struct verify *verify, const struct tile *tile, char name[VERIFY_NAME_MAX])
{
	char path[TILE_PATH_MAX];
	bool is_row = verify->source.has_rows && tile->width < TILE_HASHES;

	tile_path_format(tile, path);
	(void)snprintf(name, VERIFY_NAME_MAX, "%s%s", is_row ? "the rows of " : "", path);
}

/* --- tiles of hashes --------------------------------------------------------- */

static enum rc
tile_check(void *arg, const struct tile *tile, const struct digest *hashes, struct err *err)
{
	struct verify *verify = arg;
	CLEANUP(buf_free) struct buf stored = { 0 };
	char name[VERIFY_NAME_MAX];

	buf_init(&stored, TILE_BYTES);
	verify->report->tiles++;
	if (tile->level == 0) /* leaf by leaf already */
		return RC_OK;
	TRY(verify_read(verify, tile, &stored, err));
	name_of(verify, tile, name);
	if (stored.len != (size_t)tile->width * DIGEST_BYTES) {
		verify_fault(verify, "%s holds %zu bytes", name, stored.len);
		return RC_OK;
	}
	for (unsigned i = 0; i < tile->width; i++) {
		if (memcmp(stored.text + i * DIGEST_BYTES, hashes[i].bytes, DIGEST_BYTES) == 0)
			continue;
		verify_fault(verify, "hash %u of %s is not that of the tiles below", i, name);
		return RC_OK;
	}
	return RC_OK;
}

static enum rc
partial_tiles_check(struct verify *verify, struct err *err)
{
	for (int level = 0; level < TILE_LEVELS; level++) {
		struct tile tile = edge_tile(verify->edge.size, level);

		if (tile.width != 0)
			TRY(tile_check(verify, &tile, verify->edge.tiles[level], err));
	}
	return RC_OK;
}

/* --- entries ----------------------------------------------------------------- */

struct pair {
	struct tile bundle;
	struct tile tile; /* of level 0, over the bundle */
	struct buf leaves_text;
	struct buf hashes;
	struct str leaves[TILE_HASHES];
	bool has_leaves, has_hashes;
};

static void
pair_free(struct pair *pair)
{
	buf_free(&pair->leaves_text);
	buf_free(&pair->hashes);
}

static enum rc
pair_read(struct verify *verify, struct pair *pair, struct err *err)
{
	char name[VERIFY_NAME_MAX];
	struct str text;
	bool is_cut = tile_end(&pair->bundle) <= verify->minimum;

	if (!is_cut)
		TRY(verify_read(verify, &pair->bundle, &pair->leaves_text, err));
	TRY(verify_read(verify, &pair->tile, &pair->hashes, err));
	pair->has_hashes = pair->hashes.len == (size_t)pair->tile.width * DIGEST_BYTES;
	name_of(verify, &pair->tile, name);
	if (!pair->has_hashes)
		verify_fault(verify, "%s holds %zu bytes", name, pair->hashes.len);
	text = (struct str){ pair->leaves_text.text, pair->leaves_text.len };
	pair->has_leaves = bundle_read(text, pair->bundle.width, pair->leaves, err) == RC_OK;
	name_of(verify, &pair->bundle, name);
	if (!pair->has_leaves && !is_cut)
		verify_fault(verify, "%s is cut or has wrong lengths", name);
	if (!pair->has_leaves && !pair->has_hashes)
		return FAIL(err, RC_CORRUPT, "%s and its hashes are lost", name);
	return RC_OK;
}

/* The hash of leaf `i` of the pair, checked in every way there is. */
static struct digest
leaf_check(struct verify *verify, const struct pair *pair, unsigned i)
{
	unsigned long long index = verify->edge.size;
	char bundle[VERIFY_NAME_MAX], tile[VERIFY_NAME_MAX];
	struct audit_entry entry;
	struct digest stored = { 0 }, leaf;
	struct err ignored;

	if (pair->has_hashes)
		memcpy(&stored, pair->hashes.text + i * DIGEST_BYTES, DIGEST_BYTES);
	if (!pair->has_leaves)
		return stored;
	leaf = merkle_leaf(pair->leaves[i]);
	if (pair->has_hashes && memcmp(&leaf, &stored, sizeof(leaf)) != 0) {
		name_of(verify, &pair->bundle, bundle);
		name_of(verify, &pair->tile, tile);
		verify_fault(verify, "entry %llu: %s and hash %u of %s differ", index, bundle,
		             i, tile);
		return leaf;
	}
	if (entry_read(pair->leaves[i], &entry, &ignored) != RC_OK) {
		name_of(verify, &pair->bundle, bundle);
		verify_fault(verify, "entry %llu in %s is malformed", index, bundle);
		return leaf;
	}
	verify->report->entries += pair->has_hashes ? 1 : 0;
	return leaf;
}

/* --- checkpoints ------------------------------------------------------------- */

static void
checkpoints_check(struct verify *verify)
{
	struct digest root;

	while (verify->next < verify->head_count &&
	       verify->heads[verify->next].size <= verify->edge.size) {
		const struct note_head *head = &verify->heads[verify->next++];

		root = edge_root(&verify->edge);
		if (head->size == verify->edge.size && digest_eq(&head->root, &root))
			verify->report->checkpoints++;
		else
			verify_fault(verify, "the checkpoint of size %llu has another root",
			             (unsigned long long)head->size);
	}
}

static enum rc
bundle_check(struct verify *verify, uint64_t index, unsigned width, struct err *err)
{
	CLEANUP(pair_free)
	struct pair pair = {
		.bundle = { TILE_ENTRIES, index, width },
		.tile = { 0, index, width },
	};
	const struct edge_sink sink = { tile_check, verify };

	buf_init(&pair.leaves_text, BUNDLE_MAX);
	buf_init(&pair.hashes, TILE_BYTES);
	TRY(pair_read(verify, &pair, err));
	for (unsigned i = 0; i < width; i++) {
		struct digest leaf = leaf_check(verify, &pair, i);

		TRY(edge_add(&verify->edge, &leaf, &sink, err));
		checkpoints_check(verify);
	}
	return RC_OK;
}

enum rc
verify_walk(struct verify *verify, uint64_t size, struct err *err)
{
	for (uint64_t at = 0; at < size; at += TILE_HASHES) {
		uint64_t left = size - at;

		TRY(bundle_check(verify, at / TILE_HASHES,
		                 left < TILE_HASHES ? (unsigned)left : TILE_HASHES, err));
	}
	TRY(partial_tiles_check(verify, err));
	if (verify->next < verify->head_count)
		verify_fault(verify, "the checkpoint of size %llu covers entries that are lost",
		             (unsigned long long)verify->heads[verify->next].size);
	return RC_OK;
}

/* --- an exported log --------------------------------------------------------- */

static enum rc
export_read(void *arg, const struct tile *tile, struct buf *out, struct err *err)
{
	char path[TILE_PATH_MAX];

	tile_path_format(tile, path);
	return tile_file_read(arg, path, out, err);
}

/* The signer as the folder's `key` has it; the origin moves into the report. */
static enum rc
export_key(const char *dir, struct audit_report *report, struct note_signer *signer,
           struct err *err)
{
	CLEANUP(buf_free) struct buf line = { 0 };
	struct str text;

	buf_init(&line, NOTE_KEY_LINE_MAX);
	TRY(tile_file_read(dir, "key", &line, err));
	TRY(buf_finish(&line, &text, err));
	TRY(note_key_parse(text, signer, err));
	memcpy(report->origin_room, signer->origin.ptr, signer->origin.len);
	signer->origin.ptr = report->origin_room;
	report->origin = signer->origin;
	return RC_OK;
}

/* The folder's `minimum`, where the log was cut before it was exported. */
static enum rc
export_minimum(struct verify *verify, const char *dir, struct err *err)
{
	CLEANUP(buf_free) struct buf line = { 0 };
	int64_t minimum = 0;
	struct str text;
	enum rc rc;

	buf_init(&line, MINIMUM_TEXT_MAX);
	rc = tile_file_read(dir, "minimum", &line, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(buf_finish(&line, &text, err));
	TRY(str_to_i64(text, &minimum, err));
	if (minimum < 0)
		return FAIL(err, RC_INVALID, "minimum: not a number of entries");
	verify->minimum = (uint64_t)minimum;
	return RC_OK;
}

static enum rc
export_walk(struct verify *verify, const char *dir, const struct note_signer *signer,
            struct err *err)
{
	CLEANUP(buf_free) struct buf note = { 0 };
	struct note_head head;
	struct str text;
	enum rc rc;

	buf_init(&note, NOTE_MAX);
	TRY(tile_file_read(dir, "checkpoint", &note, err));
	TRY(buf_finish(&note, &text, err));
	TRY(note_open(text, signer, &head, err));
	TRY(export_minimum(verify, dir, err));
	verify->heads = &head;
	verify->head_count = 1;
	rc = verify_walk(verify, head.size, err);
	verify->heads = NULL; /* it lies here */
	return rc;
}

/* What ended the walk early is a fault as well. */
enum rc
verify_conclude(struct verify *verify, enum rc rc, struct err *err)
{
	edge_free(&verify->edge);
	if (rc == RC_CORRUPT || rc == RC_NOT_FOUND || rc == RC_INVALID || rc == RC_LIMIT)
		verify_fault(verify, "%s", err->text);
	else if (rc != RC_OK)
		return rc;
	if (verify->report->faults == 0)
		return RC_OK;
	return FAIL(err, RC_CORRUPT, "%s", verify->report->first_fault);
}

enum rc
audit_verify_export(const char *dir, struct audit_report *report, struct err *err)
{
	struct verify verify = { .report = report, .source = { .read = export_read } };
	struct note_signer signer;
	enum rc rc;

	*report = (struct audit_report){ .faults = 0 };
	verify.source.arg = (void *)(uintptr_t)dir;
	edge_init(&verify.edge);
	rc = export_key(dir, report, &signer, err);
	if (rc == RC_OK)
		rc = export_walk(&verify, dir, &signer, err);
	return verify_conclude(&verify, rc, err);
}

/*
 * A log as it is served, as a folder: checkpoint, key, tile/…, and beside them a
 * proof of each kind and the checkpoint that the second proof starts from.
 */
#ifndef TEST_AUDIT_EXPORT_H
#define TEST_AUDIT_EXPORT_H

#include <sys/stat.h>

#include "audit/note.h"
#include "audit/tile.h"
#include "bed.h"

static inline void
export_folders_make(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
}

static inline void
file_put(const char *folder, const char *name, const struct buf *bytes)
{
	char path[4200];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	export_folders_make(path);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(bytes->text, 1, bytes->len, file) != bytes->len ||
	    fclose(file) != 0)
		abort();
}

static inline void
tile_export(struct bed *bed, const char *folder, const struct tile *tile)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	char path[TILE_PATH_MAX];
	struct err err = { 0 };

	buf_init(&out, BUNDLE_MAX);
	tile_path_format(tile, path);
	bed_must(audit_tile(bed->audit, 1, str_from_c(path), &out, &err), &err);
	file_put(folder, path, &out);
}

/* Every tile of a level of `hashes`; bundles where level is TILE_ENTRIES. */
static inline void
level_export(struct bed *bed, const char *folder, int level, uint64_t hashes)
{
	for (uint64_t at = 0; at < hashes; at += TILE_HASHES) {
		uint64_t left = hashes - at;
		struct tile tile = { level, at / TILE_HASHES,
			             left < TILE_HASHES ? (unsigned)left : TILE_HASHES };

		tile_export(bed, folder, &tile);
	}
}

static inline void
checkpoint_export(struct bed *bed, const char *folder, const char *name)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct err err = { 0 };

	buf_init(&out, NOTE_MAX);
	bed_must(audit_checkpoint(bed->audit, 1, &out, &err), &err);
	file_put(folder, name, &out);
}

static inline void
proofs_export(struct bed *bed, const char *folder, int64_t old)
{
	CLEANUP(buf_free) struct buf inclusion = { 0 };
	CLEANUP(buf_free) struct buf consistency = { 0 };
	CLEANUP(buf_free) struct buf key = { 0 };
	struct err err = { 0 };

	buf_init(&inclusion, MIB);
	buf_init(&consistency, MIB);
	buf_init(&key, NOTE_KEY_LINE_MAX);
	bed_must(audit_prove(bed->audit, 1, old / 2, &inclusion, &err), &err);
	bed_must(audit_prove_consistency(bed->audit, 1, old, &consistency, &err), &err);
	bed_must(audit_verifier_key(bed->audit, 1, &key, &err), &err);
	file_put(folder, "inclusion.json", &inclusion);
	file_put(folder, "consistency.json", &consistency);
	file_put(folder, "key", &key);
}

/* A new log of `entries` entries, signed at two thirds and at the end. */
static inline void
log_export(struct bed *bed, const char *folder, int64_t entries)
{
	int64_t old = entries * 2 / 3;

	bed_add(bed, 1);
	for (int64_t at = 0; at < old; at += 1000)
		bed_append(bed, 1, at, old - at < 1000 ? old - at : 1000);
	bed_advance(bed);
	checkpoint_export(bed, folder, "checkpoint.old");
	for (int64_t at = old; at < entries; at += 1000)
		bed_append(bed, 1, at, entries - at < 1000 ? entries - at : 1000);
	bed_advance(bed);
	checkpoint_export(bed, folder, "checkpoint");
	level_export(bed, folder, TILE_ENTRIES, (uint64_t)entries);
	for (int level = 0; entries >> (TILE_HEIGHT * level) > 0; level++)
		level_export(bed, folder, level, (uint64_t)entries >> (TILE_HEIGHT * level));
	proofs_export(bed, folder, old);
}

#endif

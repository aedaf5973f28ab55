/*
 * A log over a real store in a temporary folder, for the tests of this layer,
 * the export and the benchmark.
 */
#ifndef TEST_AUDIT_BED_H
#define TEST_AUDIT_BED_H

#include <ftw.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/entry.h"
#include "base/arena.h"
#include "base/limits.h"

#define BED_ORIGIN STR("localhost/acme/log")

struct bed {
	char dir[64];
	char store_path[96];
	char log_dir[96];
	struct clock clock;
	struct store *store;
	struct audit *audit;
	struct sign_key key;
};

static inline void
bed_must(enum rc rc, const struct err *err)
{
	if (rc == RC_OK)
		return;
	(void)fprintf(stderr, "%s:%d: %s: %s\n", err->file, err->line, rc_name(rc), err->text);
	abort();
}

/* Opens what lies in the folder; the log of `tenant` and the server's. */
static inline void
bed_open(struct bed *bed)
{
	struct store_options store = { .path = bed->store_path, .clock = &bed->clock };
	struct audit_options audit = { .clock = &bed->clock, .dir = bed->log_dir };
	struct err err = { 0 };

	bed_must(store_open(&bed->store, &store, &err), &err);
	audit.store = bed->store;
	bed_must(audit_open(&bed->audit, &audit, &err), &err);
}

static inline void
bed_add(struct bed *bed, int64_t tenant)
{
	struct err err = { 0 };

	bed_must(audit_log_add(bed->audit, tenant, BED_ORIGIN, &bed->key, &err), &err);
}

static inline void
bed_init(struct bed *bed, const char *parent)
{
	*bed = (struct bed){ .clock = { 0 } };
	(void)snprintf(bed->dir, sizeof(bed->dir), "%s/audit-XXXXXX", parent);
	if (mkdtemp(bed->dir) == NULL)
		abort();
	(void)snprintf(bed->store_path, sizeof(bed->store_path), "%s/store.db", bed->dir);
	(void)snprintf(bed->log_dir, sizeof(bed->log_dir), "%s/log", bed->dir);
	sign_key_new(&bed->key);
	bed_open(bed);
}

static inline void
bed_close(struct bed *bed)
{
	audit_close(bed->audit);
	store_close(bed->store);
	bed->audit = NULL;
	bed->store = NULL;
}

static inline int
bed_remove(const char *path, const struct stat *stat_of, int flag, struct FTW *walk)
{
	(void)stat_of;
	(void)flag;
	(void)walk;
	return remove(path);
}

static inline void
bed_free(struct bed *bed)
{
	bed_close(bed);
	(void)nftw(bed->dir, bed_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- entries ------------------------------------------------------------------ */

/* An entry like those of a read; `number` makes it its own. */
static inline void
bed_leaf(int64_t number, struct buf *leaf)
{
	struct audit_entry entry = {
		.act = STR("read"),
		.class = STR("glucose"),
		.purpose = STR("care"),
		.outcome = STR("ok"),
		.role = STR("clinician"),
		.count = number,
		.time_us = 1700000000000000 + number,
	};

	memset(&entry.policy, 1, sizeof(entry.policy));
	struct digest digest = sha256((struct str){ (const char *)&number, sizeof(number) });
	memcpy(entry.actor.bytes, digest.bytes, COMMITMENT_BYTES);
	memcpy(entry.subject.bytes, digest.bytes + COMMITMENT_BYTES, COMMITMENT_BYTES);
	memcpy(entry.nonce, entry.actor.bytes, sizeof(entry.nonce));
	audit_entry_format(&entry, leaf);
}

struct bed_append {
	int64_t tenant;
	int64_t from, count;
};

static inline enum rc
bed_append_run(struct store_tx *tx, void *arg, struct err *err)
{
	const struct bed_append *append = arg;

	for (int64_t i = 0; i < append->count; i++) {
		CLEANUP(buf_free) struct buf leaf = { 0 };
		struct str text;
		int64_t index;

		buf_init(&leaf, ENTRY_LEAF_MAX);
		bed_leaf(append->from + i, &leaf);
		TRY(buf_finish(&leaf, &text, err));
		TRY(audit_append(tx, append->tenant, text, &index, err));
	}
	return RC_OK;
}

/* `count` entries in one transaction. */
static inline void
bed_append(struct bed *bed, int64_t tenant, int64_t from, int64_t count)
{
	struct bed_append append = { tenant, from, count };
	struct err err = { 0 };

	bed_must(store_write(bed->store, bed_append_run, &append, &err), &err);
}

static inline void
bed_advance(struct bed *bed)
{
	struct err err = { 0 };

	bed_must(audit_advance(bed->audit, &err), &err);
}

static inline enum rc
bed_verify(struct bed *bed, int64_t tenant, struct audit_report *report)
{
	struct audit_log log = {
		.store = bed->store, .dir = bed->log_dir, .tenant = tenant, .origin = BED_ORIGIN
	};
	struct err err = { 0 };

	memcpy(log.public, bed->key.public, SIGN_PUBLIC_BYTES);
	return audit_verify(&log, report, &err);
}

#endif

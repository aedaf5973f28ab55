/*
 * Checking a data directory: every key and every row of a tenant is opened.
 */
#include "base/limits.h"
#include "vault/inside.h"

#define FAULTS_MAX 256 /* the rest is counted, not named */

struct checking {
	struct vault *vault;
	struct arena *arena;
	struct vault_check *check;
	struct record_query query;
	struct record_row *rows;
	size_t count;
};

static void
fault_add(struct checking *checking, struct str where)
{
	if (checking->check->fault_count++ < FAULTS_MAX)
		checking->check->faults[checking->check->fault_count - 1].where = where;
}

static void
key_is_bad(void *arg, const struct key_row *row)
{
	struct checking *checking = arg;

	fault_add(checking,
	          str_printf(checking->arena, "keys.dat slot %lld", (long long)row->slot));
}

static MUST_CHECK enum rc
page_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct checking *checking = arg;

	return store_record_list(tx, &checking->query, checking->arena, &checking->rows,
	                         &checking->count, err);
}

static void
row_check(struct checking *checking, const struct record_row *row)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	char name[ID_TEXT_LEN + 1];
	struct err err;
	struct str body;

	arena_init(&arena, 4 * MIB);
	checking->check->records++;
	if (row_unseal(checking->vault, row, &arena, &body, &err) == RC_OK)
		return;
	id_format(row->id, name);
	fault_add(checking, str_printf(checking->arena, "record %s version %lld: %s", name,
	                               (long long)row->version, err.text));
}

struct versions {
	const struct record_row *of;
	struct arena *arena;
	struct record_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
versions_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct versions *versions = arg;

	return store_version_list(tx, versions->of->tenant, versions->of->id, versions->arena,
	                          &versions->rows, &versions->count, err);
}

/* A row and the versions before it. */
static MUST_CHECK enum rc
record_check(struct checking *checking, const struct record_row *row, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct versions versions = { .of = row, .arena = &arena };

	row_check(checking, row);
	if (row->version == 1)
		return RC_OK;
	arena_init(&arena, LIMIT_ARENA_BYTES);
	TRY(store_read(checking->vault->store, versions_read, &versions, err));
	for (size_t i = 0; i < versions.count; i++)
		row_check(checking, &versions.rows[i]);
	return RC_OK;
}

/* Of every class, declared or not. */
static MUST_CHECK enum rc
records_check(struct checking *checking, struct err *err)
{
	CLEANUP(arena_free) struct arena page = { 0 };
	struct arena *whole = checking->arena;
	enum rc rc;

	do {
		arena_init(&page, 2 * LIMIT_PAGE_ROWS * LIMIT_RECORD_BYTES);
		checking->arena = &page;
		rc = store_read(checking->vault->store, page_read, checking, err);
		checking->arena = whole;
		TRY(rc);
		for (size_t i = 0; i < checking->count; i++)
			TRY(record_check(checking, &checking->rows[i], err));
		if (checking->count != 0)
			checking->query.after = checking->rows[checking->count - 1].id;
		arena_free(&page);
	} while (checking->count != 0);
	return RC_OK;
}

enum rc
vault_verify(struct vault *vault, const struct tenant *tenant, struct arena *arena,
             struct vault_check *check, struct err *err)
{
	struct checking checking = {
		.vault = vault,
		.arena = arena,
		.check = check,
		.query = { .tenant = tenant->id, .order = RECORD_BY_ID, .limit = 100 }
	};

	*check = (struct vault_check){
		.faults = arena_alloc(arena, FAULTS_MAX * sizeof(*check->faults),
		                      _Alignof(struct vault_fault)),
	};
	TRY(keys_verify(vault->keys, &check->keys, key_is_bad, &checking, err));
	TRY(records_check(&checking, err));
	if (check->fault_count == 0)
		return RC_OK;
	return FAIL(err, RC_CORRUPT, "%zu keys or rows do not open", check->fault_count);
}

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
	fault_add(checking, str_printf(checking->arena, "record %s: %s", name, err.text));
}

static MUST_CHECK enum rc
class_check(struct checking *checking, int64_t class, struct err *err)
{
	CLEANUP(arena_free) struct arena page = { 0 };
	struct arena *whole = checking->arena;
	enum rc rc;

	checking->query.class = class;
	checking->query.after = (struct id){ { 0 } };
	do {
		arena_init(&page, 2 * LIMIT_PAGE_ROWS * LIMIT_RECORD_BYTES);
		checking->arena = &page;
		rc = store_read(checking->vault->store, page_read, checking, err);
		checking->arena = whole;
		TRY(rc);
		for (size_t i = 0; i < checking->count; i++)
			row_check(checking, &checking->rows[i]);
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
	for (size_t i = 0; i < tenant->policy->class_count; i++)
		TRY(class_check(&checking, tenant->policy->classes[i].number, err));
	if (check->fault_count == 0)
		return RC_OK;
	return FAIL(err, RC_CORRUPT, "%zu keys or rows do not open", check->fault_count);
}

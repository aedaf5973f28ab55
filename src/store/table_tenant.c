/* Tenants and their policies. */
#include "store/sqlite.h"
#include "store/store.h"

enum rc
store_tenant_insert(struct store_tx *tx, struct tenant_row *row, struct err *err)
{
	return sql_number(tx, SQL_TENANT_INSERT,
	                  VALUES(V_TEXT(row->slug), V_TEXT(row->service), V_TEXT(row->name),
	                         V_TEXT(row->zone), V_NUM(row->state), V_NUM(row->created_us)),
	                  &row->id, err);
}

static void
tenant_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct tenant_row *row = out;

	row->id = cursor_number(cursor);
	row->slug = cursor_text(cursor, arena);
	row->service = cursor_text(cursor, arena);
	row->name = cursor_text(cursor, arena);
	row->zone = cursor_text(cursor, arena);
	row->state = (int)cursor_number(cursor);
	row->created_us = cursor_number(cursor);
}

enum rc
store_tenant_list(struct store_tx *tx, struct arena *arena, struct tenant_row **rows,
                  size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };

	TRY(cursor_begin(&cursor, tx, SQL_TENANT_LIST, NO_VALUES, err));
	TRY(sql_list(&cursor, tenant_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

enum rc
store_tenant_state(struct store_tx *tx, int64_t tenant, int state, struct err *err)
{
	return sql_change_one(tx, SQL_TENANT_STATE, VALUES(V_NUM(tenant), V_NUM(state)),
	                      RC_NOT_FOUND, err);
}

enum rc
store_policy_insert(struct store_tx *tx, const struct policy_row *row, struct err *err)
{
	return sql_run(tx, SQL_POLICY_INSERT,
	               VALUES(V_NUM(row->tenant), V_BYTES(row->hash, HASH_BYTES),
	                      V_TEXT(row->version), V_TEXT(row->source), V_TEXT(row->json),
	                      V_NUM(row->effective_us), V_NUM(row->loaded_us)),
	               err);
}

static void
policy_fill(struct cursor *cursor, struct arena *arena, void *out)
{
	struct policy_row *row = out;

	row->tenant = cursor_number(cursor);
	cursor_bytes(cursor, row->hash, HASH_BYTES);
	row->version = cursor_text(cursor, arena);
	row->source = cursor_text(cursor, arena);
	row->json = cursor_text(cursor, arena);
	row->effective_us = cursor_number(cursor);
	row->loaded_us = cursor_number(cursor);
}

enum rc
store_policy_list(struct store_tx *tx, int64_t tenant, struct arena *arena,
                  struct policy_row **rows, size_t *count, struct err *err)
{
	CLEANUP(cursor_end) struct cursor cursor = { 0 };
	struct list list = { .arena = arena, .row_bytes = sizeof(**rows) };
	const struct value tenant_only[] = { V_NUM(tenant) };

	TRY(cursor_begin(&cursor, tx, SQL_POLICY_LIST, VALUES_OF(tenant_only), err));
	TRY(sql_list(&cursor, policy_fill, &list, err));
	*rows = list.rows;
	*count = list.count;
	return RC_OK;
}

/*
 * What a log is called: a restore begins it anew under the next number.
 */
#include "vault/inside.h"

struct number_find {
	int64_t tenant;
	struct arena *arena;
	struct str text;
};

static MUST_CHECK enum rc
number_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct number_find *find = arg;

	return store_setting_find(tx, find->tenant, STR(LOG_NUMBER_SETTING), find->arena,
	                          &find->text, err);
}

enum rc
log_number(struct vault *vault, int64_t tenant, int64_t *number, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct number_find find = { tenant, &arena, STR_EMPTY };
	enum rc rc;

	arena_init(&arena, 16 * KIB);
	rc = store_read(vault->store, number_find, &find, err);
	if (rc == RC_NOT_FOUND) {
		*number = 1;
		return RC_OK;
	}
	TRY(rc);
	return str_to_i64(find.text, number, err);
}

struct str
log_origin_text(const struct vault *vault, struct str slug, int64_t number, struct arena *arena)
{
	struct str base = slug.len == 0 ? str_printf(arena, "%s/log", vault->origin_host)
	                                : str_printf(arena, "%s/%.*s/log", vault->origin_host,
	                                             STR_ARGS(slug));

	return number < 2 ? base
	                  : str_printf(arena, "%.*s/%lld", STR_ARGS(base), (long long)number);
}

enum rc
log_origin(struct vault *vault, int64_t tenant, struct str slug, struct arena *arena,
           struct str *origin, struct err *err)
{
	int64_t number = 1;

	TRY(log_number(vault, tenant, &number, err));
	*origin = log_origin_text(vault, slug, number, arena);
	return RC_OK;
}

/*
 * Certificates: what was erased, since when nobody can read it, and since when no
 * copy of its key is left.
 */
#include "vault/past.h"

struct certificates_read {
	int64_t tenant;
	struct id before;
	struct arena *arena;
	struct erasure_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
certificates_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct certificates_read *read = arg;

	return store_erasure_list(tx, read->tenant, read->before, read->arena, &read->rows,
	                          &read->count, err);
}

static MUST_CHECK enum rc
certificate_read(struct store_tx *tx, void *arg, struct err *err)
{
	return store_erasure_find(tx, arg, err);
}

/* Entered in the log; needs `manage requests`. */
static MUST_CHECK enum rc
certificates_touch(const struct door *door, int64_t count, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct ask ask = { .verb = VERB_MANAGE,
		           .what = STR("requests"),
		           .purpose = door->purpose };

	TRY(touch_begin(&touch, door, &ask, "certificates", err));
	touch_about(&touch, STR_EMPTY, count);
	return touch_commit(&touch, err);
}

static struct certificate
certificate_of(const struct door *door, const struct erasure_row *row)
{
	const struct policy_class *class =
	    policy_class_by_number(door->tenant->policy, row->class);

	return (struct certificate){ *row, class == NULL ? STR_EMPTY : class->name };
}

enum rc
vault_certificate_list(const struct door *door, struct id before, struct arena *arena,
                       struct certificates *list, struct err *err)
{
	struct certificates_read read = { .tenant = door->tenant->id,
		                          .before = before,
		                          .arena = arena };
	struct certificate *items;

	TRY(store_read(door->vault->store, certificates_read, &read, err));
	TRY(certificates_touch(door, (int64_t)read.count, err));
	items =
	    arena_alloc(arena, (read.count + 1) * sizeof(*items), _Alignof(struct certificate));
	for (size_t i = 0; i < read.count; i++)
		items[i] = certificate_of(door, &read.rows[i]);
	*list = (struct certificates){ items, read.count };
	return RC_OK;
}

enum rc
vault_certificate_find(const struct door *door, struct id id, struct certificate *certificate,
                       struct err *err)
{
	struct erasure_row row = { .tenant = door->tenant->id, .id = id };

	TRY(certificates_touch(door, 1, err));
	TRY(store_read(door->vault->store, certificate_read, &row, err));
	*certificate = certificate_of(door, &row);
	return RC_OK;
}

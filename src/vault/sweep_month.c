/*
 * Keys of months that are over.
 *
 * A record is sealed under the key of the month in which its time ends, so when the
 * month is over and nothing of it is left here, the key goes: then no copy of those
 * records, in whatever backup, opens any more.  What is held lies under the key of
 * its hold by then.
 */
#include "vault/sweep.h"

#define MONTHS_MAX 2048 /* keys of months that are over: of one tenant, in one run */

struct months_read {
	struct sweep *sweep;
	int64_t this_month;
	struct key_row rows[MONTHS_MAX];
	size_t count;
};

static MUST_CHECK enum rc
month_add(const struct key_row *row, void *arg, struct err *err)
{
	struct months_read *read = arg;

	(void)err;
	if (row->class != 0 && row->month > HOLD_MONTH && row->month < read->this_month &&
	    read->count < MONTHS_MAX)
		read->rows[read->count++] = *row;
	return RC_OK;
}

static MUST_CHECK enum rc
months_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct months_read *read = arg;

	read->count = 0;
	return store_key_scan(tx, read->sweep->tenant->id, (struct id){ { 0 } }, month_add,
	                      read, err);
}

static void
month_put(struct month_keys *keys, const struct key_row *row, struct arena *arena)
{
	struct month_class *class = keys->count == 0 ? NULL : &keys->classes[keys->count - 1];

	/* The scan is by class, then month. */
	if (class == NULL || class->class != row->class) {
		class = &keys->classes[keys->count++];
		class->class = row->class;
		class->months =
		    arena_alloc(arena, MONTHS_MAX * sizeof(int64_t), _Alignof(int64_t));
	}
	class->months[class->count++] = row->month;
}

enum rc
month_keys_read(struct sweep *sweep, struct arena *arena, struct month_keys *keys,
                struct err *err)
{
	struct months_read *read = ARENA_NEW(arena, struct months_read);

	read->sweep = sweep;
	read->this_month = retention_month(sweep->now_us);
	TRY(store_read(sweep->vault->store, months_read, read, err));
	keys->count = 0;
	keys->classes = arena_alloc(arena, (read->count + 1) * sizeof(*keys->classes),
	                            _Alignof(struct month_class));
	for (size_t i = 0; i < read->count; i++)
		month_put(keys, &read->rows[i], arena);
	return RC_OK;
}

/* --- is anything left? ---------------------------------------------------------- */

struct left_read {
	struct expired_query query;
	struct arena *arena;
	bool is_left;
};

/* Of records that expired before this month, any that is not under a hold's key. */
static MUST_CHECK enum rc
left_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct left_read *read = arg;
	struct record_row *rows;
	size_t count;

	do {
		arena_reset(read->arena);
		TRY(store_record_expired(tx, &read->query, read->arena, &rows, &count, err));
		for (size_t i = 0; i < count && !read->is_left; i++) {
			read->is_left = rows[i].month != HOLD_MONTH;
			read->query.after_us = rows[i].expires_us;
			read->query.after = rows[i].id;
		}
	} while (count != 0 && !read->is_left);
	return RC_OK;
}

/* --- one class --------------------------------------------------------------------- */

struct month_end {
	struct sweep *sweep;
	const struct month_class *class;
};

/* Before the keys go, so that a crash leaves a certificate too many, not too few. */
static MUST_CHECK enum rc
months_certify(struct store_tx *tx, void *arg, struct err *err)
{
	const struct month_end *end = arg;
	const struct sweep *sweep = end->sweep;
	const struct policy_class *class =
	    policy_class_by_number(sweep->policy, end->class->class);
	struct past_entry entry = { .tenant = sweep->tenant,
		                    .act = "erase",
		                    .class = class == NULL ? STR_EMPTY : class->name,
		                    .count = (int64_t)end->class->count,
		                    .detail = "month" };
	int64_t now_us = store_tx_now_us(tx);

	for (size_t i = 0; i < end->class->count; i++) {
		struct erasure_row row = { .tenant = sweep->tenant->id,
			                   .id = id_new(now_us),
			                   .kind = ERASURE_MONTH,
			                   .class = end->class->class,
			                   .month = end->class->months[i],
			                   .made_us = now_us,
			                   .epoch = INT64_MAX };
		TRY(store_erasure_insert(tx, &row, err));
	}
	return past_entry_write(tx, &entry, err);
}

static MUST_CHECK enum rc
months_destroy(const struct month_end *end, struct err *err)
{
	struct vault *vault = end->sweep->vault;

	for (size_t i = 0; i < end->class->count; i++) {
		struct key_name name = { .tenant = end->sweep->tenant->id,
			                 .class = end->class->class,
			                 .month = end->class->months[i] };
		struct ledger_line line = { .kind = LEDGER_MONTH,
			                    .tenant = name.tenant,
			                    .class = name.class,
			                    .month = name.month };
		TRY(ledger_append(vault->ledger, &line, err));
		TRY(keys_destroy(vault->keys, &name, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
class_months_end(struct sweep *sweep, const struct month_class *class, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct month_end end = { sweep, class };
	struct left_read read = { .arena = &arena,
		                  .query = { .tenant = sweep->tenant->id,
		                             .class = class->class,
		                             .due_us = month_start_us(sweep->now_us) - 1,
		                             .after_us = INT64_MIN,
		                             .limit = SWEEP_CHUNK } };
	struct month_end writing = end;

	arena_init(&arena, 4 * MIB);
	TRY(store_read(sweep->vault->store, left_read, &read, err));
	if (read.is_left)
		return RC_OK;
	TRY(store_write(sweep->vault->store, months_certify, &writing, err));
	return months_destroy(&end, err);
}

/* --- all of them ---------------------------------------------------------------------- */

/* Of every class whose keys of past months are gone. */
static MUST_CHECK enum rc
months_beyond(struct store_tx *tx, void *arg, struct err *err)
{
	const struct month_end *end = arg;
	const struct sweep *sweep = end->sweep;

	for (size_t i = 0; i < sweep->policy->class_count; i++) {
		struct erasure_row row = { .tenant = sweep->tenant->id,
			                   .class = sweep->policy->classes[i].number,
			                   .month = retention_month(
					       month_start_us(sweep->now_us) - 1),
			                   .beyond_use_us = store_tx_now_us(tx),
			                   .epoch = past_epoch(sweep->vault) };
		if (end->class == NULL || end->class[i].count == 0)
			TRY(store_erasure_beyond(tx, &row, err));
	}
	return RC_OK;
}

enum rc
sweep_months(struct sweep *sweep, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct month_class *still;
	struct month_end end = { .sweep = sweep };
	struct month_keys keys;

	arena_init(&arena, 16 * MIB);
	TRY(month_keys_read(sweep, &arena, &keys, err));
	for (size_t i = 0; i < keys.count; i++)
		TRY(class_months_end(sweep, &keys.classes[i], err));
	TRY(month_keys_read(sweep, &arena, &keys, err));
	still =
	    arena_alloc(&arena, POLICY_LIST_MAX * sizeof(*still), _Alignof(struct month_class));
	for (size_t i = 0; i < sweep->policy->class_count; i++) {
		for (size_t k = 0; k < keys.count; k++) {
			if (keys.classes[k].class == sweep->policy->classes[i].number)
				still[i] = keys.classes[k];
		}
	}
	end.class = still;
	return store_write(sweep->vault->store, months_beyond, &end, err);
}

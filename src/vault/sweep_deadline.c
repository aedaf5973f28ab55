/*
 * Deadlines of (subject, class): those past their time are carried out, or wait
 * for the client; and the client's approval.
 */
#include "vault/sweep.h"

enum carried { CARRIED_ON, CARRIED_HELD, CARRIED_WAITS, CARRIED_GONE };

struct carry {
	struct sweep *sweep;
	struct deadline_row row;
	struct arena *arena;
	enum carried carried;
};

/* Is anything of the class there that is not held by itself?  By the month of the
 * key: a held record that is not yet sealed anew is taken for one that is not. */
static MUST_CHECK enum rc
has_unheld(struct store_tx *tx, const struct carry *carry, const struct hold_rows *holds,
           bool *has, struct err *err)
{
	struct record_query query = { .tenant = carry->row.tenant,
		                      .subject = carry->row.subject,
		                      .class = carry->row.class,
		                      .order = RECORD_BY_ID,
		                      .limit = SWEEP_CHUNK,
		                      .without_body = true };
	struct record_row *rows;
	size_t count;

	*has = false;
	do {
		TRY(store_record_list(tx, &query, carry->arena, &rows, &count, err));
		for (size_t i = 0; i < count && !*has; i++) {
			*has = !hold_has_record(holds, &rows[i]);
			query.after = rows[i].id;
		}
	} while (count != 0 && !*has);
	return RC_OK;
}

static MUST_CHECK enum rc
carry_judge(struct store_tx *tx, struct carry *carry, struct err *err)
{
	const struct policy_class *class =
	    policy_class_by_number(carry->sweep->policy, carry->row.class);
	struct hold_rows holds;
	bool has = true;

	TRY(holds_read(tx, carry->row.tenant, carry->row.subject, carry->arena, &holds, err));
	carry->carried = CARRIED_HELD;
	if (hold_has_class(&holds, carry->row.class))
		return RC_OK;
	if (hold_has_record_of(&holds, carry->row.class))
		TRY(has_unheld(tx, carry, &holds, &has, err));
	if (!has)
		return RC_OK;
	carry->carried = CARRIED_ON;
	if (sweep_then(class) == THEN_ASK_CLIENT && carry->row.state == DEADLINE_SET)
		carry->carried = CARRIED_WAITS;
	return RC_OK;
}

static MUST_CHECK enum rc
carry_look(struct store_tx *tx, void *arg, struct err *err)
{
	return carry_judge(tx, arg, err);
}

static MUST_CHECK enum rc
carry_mark(struct store_tx *tx, void *arg, struct err *err)
{
	struct carry *carry = arg;
	const struct policy_class *class =
	    policy_class_by_number(carry->sweep->policy, carry->row.class);
	struct past_entry entry = { .tenant = carry->sweep->tenant,
		                    .act = "erase",
		                    .class = class == NULL ? STR_EMPTY : class->name,
		                    .count = 1,
		                    .detail = "retention" };
	int64_t state = carry->row.state;
	enum rc rc = store_deadline_find(tx, &carry->row, err);

	carry->carried = CARRIED_GONE;
	if (rc == RC_NOT_FOUND || (rc == RC_OK && carry->row.state != state))
		return RC_OK; /* opened again, or done by somebody else */
	TRY(rc);
	TRY(carry_judge(tx, carry, err));
	if (carry->carried == CARRIED_HELD)
		return RC_OK;
	carry->row.state = DEADLINE_WAITING;
	if (carry->carried == CARRIED_WAITS)
		return store_deadline_put(tx, &carry->row, err);
	carry->row.state = DEADLINE_APPROVED;
	TRY(class_approve(tx, carry->row, err));
	return past_entry_write(tx, &entry, err);
}

static void
carry_count(const struct carry *carry, struct retention_line *line)
{
	line->due += carry->carried != CARRIED_GONE;
	line->held += carry->carried == CARRIED_HELD;
	line->waiting += carry->carried == CARRIED_WAITS;
	if (carry->carried == CARRIED_ON && carry->sweep->run->is_dry &&
	    carry->row.due_us < line->oldest_us)
		line->oldest_us = carry->row.due_us;
}

struct page_read {
	struct record_query query;
	struct arena *arena;
	struct record_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
page_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct page_read *read = arg;

	return store_record_list(tx, &read->query, read->arena, &read->rows, &read->count, err);
}

/* Before its key goes: copies take the place of what is not held. */
static MUST_CHECK enum rc
class_move(struct carry *carry, const struct policy_class *class, struct err *err)
{
	struct moving moving = { .class = class };
	struct page_read read = { .arena = carry->arena,
		                  .query = { .tenant = carry->row.tenant,
		                             .subject = carry->row.subject,
		                             .class = carry->row.class,
		                             .order = RECORD_BY_ID,
		                             .limit = SWEEP_MOVED,
		                             .without_body = true } };

	for (;;) {
		arena_reset(carry->arena);
		TRY(store_read(carry->sweep->vault->store, page_read, &read, err));
		if (read.count == 0)
			return RC_OK;
		read.query.after = read.rows[read.count - 1].id;
		moving.rows = read.rows;
		moving.count = read.count;
		TRY(sweep_deidentify(carry->sweep, &moving, err));
	}
}

static MUST_CHECK enum rc
deadline_carry(struct carry *carry, struct err *err)
{
	struct sweep *sweep = carry->sweep;
	struct retention_line *line = sweep_line(sweep, carry->row.class);
	const struct policy_class *class =
	    policy_class_by_number(sweep->policy, carry->row.class);

	if (sweep->run->is_dry) {
		TRY(store_read(sweep->vault->store, carry_look, carry, err));
		carry_count(carry, line);
		return RC_OK;
	}
	if (sweep->left <= 0) {
		line->due++;
		if (carry->row.due_us < line->oldest_us)
			line->oldest_us = carry->row.due_us;
		sweep->run->is_behind = true;
		return RC_OK;
	}
	if (sweep_then(class) == THEN_DEIDENTIFY)
		TRY(class_move(carry, class, err));
	TRY(store_write(sweep->vault->store, carry_mark, carry, err));
	carry_count(carry, line);
	if (carry->carried != CARRIED_ON)
		return RC_OK;
	TRY(class_end(sweep->vault, sweep->tenant, &carry->row, err));
	line->erased++;
	sweep->left--;
	return RC_OK;
}

static MUST_CHECK enum rc
approved_carry(struct sweep *sweep, const struct deadline_row *row, struct err *err)
{
	struct retention_line *line = sweep_line(sweep, row->class);

	line->due++;
	if (sweep->run->is_dry)
		return RC_OK;
	line->erased++;
	return class_end(sweep->vault, sweep->tenant, row, err);
}

static MUST_CHECK enum rc
page_carry(struct sweep *sweep, const struct deadline_pages *pages, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, 16 * MIB);
	for (size_t i = 0; i < pages->count; i++) {
		const struct deadline_row *row = &pages->rows[i];
		struct carry carry = { .sweep = sweep, .row = *row, .arena = &arena };
		struct retention_line *line = sweep_line(sweep, row->class);
		arena_reset(&arena);
		if (id_is_zero(row->subject))
			continue;
		if (row->state == DEADLINE_SET) {
			TRY(deadline_carry(&carry, err));
		} else if (row->state == DEADLINE_APPROVED) {
			TRY(approved_carry(sweep, row, err));
		} else {
			line->due++;
			line->waiting++;
		}
	}
	return RC_OK;
}

/* What waits is counted before others are made to wait. */
enum rc
sweep_deadlines(struct sweep *sweep, struct err *err)
{
	static const enum deadline_state states[] = { DEADLINE_WAITING, DEADLINE_APPROVED,
		                                      DEADLINE_SET };
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, 4 * MIB);
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		struct deadline_pages pages = { .vault = sweep->vault,
			                        .arena = &arena,
			                        .query = { .tenant = sweep->tenant->id,
			                                   .state = states[i],
			                                   .due_us = sweep->now_us } };
		do {
			TRY(deadline_page(&pages, err));
			TRY(page_carry(sweep, &pages, err));
		} while (pages.count != 0);
	}
	return RC_OK;
}

/* --- the client's approval --------------------------------------------------------- */

struct approving {
	struct touch touch;
	const struct policy_class *class;
	struct arena *arena;
	int64_t count;
};

static MUST_CHECK enum rc
waiting_approve(struct store_tx *tx, struct approving *approving, struct deadline_row row,
                struct err *err)
{
	struct hold_rows holds;

	if (row.class != approving->class->number || id_is_zero(row.subject))
		return RC_OK;
	TRY(holds_read(tx, row.tenant, row.subject, approving->arena, &holds, err));
	if (hold_has_class(&holds, row.class))
		return RC_OK;
	approving->count++;
	return class_approve(tx, row, err);
}

/* All of them in one transaction: it is one decision, with one entry. */
static MUST_CHECK enum rc
all_waiting_approve(struct store_tx *tx, struct approving *approving, int64_t tenant,
                    struct err *err)
{
	struct deadline_query query = { .tenant = tenant,
		                        .state = DEADLINE_WAITING,
		                        .due_us = store_tx_now_us(tx),
		                        .limit = INT16_MAX };
	struct deadline_row *rows;
	size_t count;

	TRY(store_deadline_list(tx, &query, approving->arena, &rows, &count, err));
	for (size_t i = 0; i < count; i++)
		TRY(waiting_approve(tx, approving, rows[i], err));
	return RC_OK;
}

static MUST_CHECK enum rc
approve_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct approving *approving = arg;
	int64_t tenant = approving->touch.door->tenant->id;
	struct expired_query expired = { .tenant = tenant,
		                         .class = approving->class->number,
		                         .due_us = store_tx_now_us(tx) };
	struct deadline_row records = { .tenant = tenant,
		                        .class = approving->class->number,
		                        .due_us = store_tx_now_us(tx),
		                        .state = DEADLINE_APPROVED,
		                        .made_us = store_tx_now_us(tx) };
	struct expired_count count;

	approving->count = 0;
	TRY(touch_decide(tx, &approving->touch, err));
	if (touch_is_refused(&approving->touch))
		return touch_record(tx, &approving->touch, err);
	TRY(all_waiting_approve(tx, approving, tenant, err));
	TRY(store_record_expired_count(tx, &expired, &count, err));
	approving->count += count.count;
	TRY(store_deadline_put(tx, &records, err));
	touch_about(&approving->touch, STR_EMPTY, approving->count);
	return touch_record(tx, &approving->touch, err);
}

static void
approving_wipe(struct approving *approving)
{
	touch_wipe(&approving->touch);
}

enum rc
vault_retention_approve(const struct door *door, struct str class, int64_t *count,
                        struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(approving_wipe) struct approving approving = { .arena = &arena };
	struct ask ask = { .verb = VERB_MANAGE,
		           .what = STR("requests"),
		           .purpose = door->purpose };

	arena_init(&arena, 64 * MIB);
	approving.class = policy_class_find(door->tenant->policy, class);
	if (approving.class == NULL || approving.class->keep.then != THEN_ASK_CLIENT)
		return FAIL(err, RC_INVALID, "class: it waits for nobody's approval");
	TRY(touch_begin(&approving.touch, door, &ask, "approve", err));
	approving.touch.entry.class = approving.class->name;
	TRY(store_write(door->vault->store, approve_write, &approving, err));
	TRY(touch_end(&approving.touch, err));
	*count = approving.count;
	return RC_OK;
}

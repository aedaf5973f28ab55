/*
 * Records that have a time of their own: chunk by chunk, each in one write
 * transaction, with one entry, and one certificate for the class.
 *
 * First by the deadline that each row holds, then, in order of making, those whose
 * period a newer policy has shortened.  A row that is held, or waits for the
 * client, stays and is passed over.  How many there are changes the time that it
 * takes and not the memory.
 */
#include "vault/sweep.h"

struct records {
	struct sweep *sweep;
	const struct policy_class *class; /* NULL: of an older policy */
	int64_t number;
	struct retention_line *line;
	struct arena *arena; /* of one chunk */
	int64_t approved_us; /* ask_client: approved are deadlines up to then; else INT64_MAX */
	bool has_terms;
	/* For the certificates: how many under keys of months, of which months at most;
	 * and how many under none of those (held once, or recorded without a deadline). */
	int64_t erased, month, apart;
	/* one page and what became of it: */
	struct record_row *rows;
	int64_t *due_us; /* of each; NULL: its expires_us */
	size_t count;
	int64_t gone, gone_apart, held, waiting, copies, month_most;
	struct id held_ids[SWEEP_CHUNK];
	size_t held_count;
	struct id closed[SWEEP_CHUNK]; /* subjects whose last record this may have been */
	size_t closed_count;
};

static int64_t
due_of(const struct records *records, size_t i)
{
	return records->due_us == NULL ? records->rows[i].expires_us : records->due_us[i];
}

/* --- a chunk ------------------------------------------------------------------- */

enum record_fate { RECORD_GOES, RECORD_HELD, RECORD_WAITS, RECORD_IS_COPY };

struct one_subject {
	struct id id;
	struct hold_rows holds;
	bool is_closed, is_nobody, is_read;
};

/* Rows of one subject often follow each other. */
static MUST_CHECK enum rc
subject_read(struct store_tx *tx, const struct records *records, struct id id,
             struct one_subject *subject, struct err *err)
{
	struct subject_row row = { .tenant = records->sweep->tenant->id, .id = id };
	enum rc rc;

	if (subject->is_read && id_eq(subject->id, id))
		return RC_OK;
	*subject = (struct one_subject){ .id = id, .is_read = true };
	TRY(holds_read(tx, row.tenant, id, records->arena, &subject->holds, err));
	rc = store_subject_find(tx, &row, err);
	subject->is_closed = rc == RC_OK && (row.flags & SUBJECT_CLOSED) != 0;
	subject->is_nobody = rc == RC_OK && (row.flags & SUBJECT_NOBODY) != 0;
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static bool
is_moved(const struct records *records)
{
	return sweep_then(records->class) == THEN_DEIDENTIFY;
}

static enum record_fate
record_fate(const struct records *records, const struct one_subject *subject, size_t i)
{
	if (subject->is_nobody && is_moved(records))
		return RECORD_IS_COPY;
	if (hold_has_record(&subject->holds, &records->rows[i]))
		return RECORD_HELD;
	return due_of(records, i) > records->approved_us ? RECORD_WAITS : RECORD_GOES;
}

static MUST_CHECK enum rc
record_remove(struct store_tx *tx, struct records *records, const struct record_row *row,
              struct err *err)
{
	enum rc rc = store_record_delete(tx, row->tenant, row->id, false, err);

	if (rc == RC_NOT_FOUND) /* deleted or compacted since it was listed */
		return RC_OK;
	TRY(rc);
	TRY(choice_end(tx, row, err));
	records->gone++;
	records->gone_apart += row->month <= HOLD_MONTH;
	if (row->month > records->month_most)
		records->month_most = row->month;
	if (!records->has_terms)
		return RC_OK;
	return store_term_delete_record(tx, row->tenant, row->subject, row->id, err);
}

static void
chunk_begin(struct records *records)
{
	records->gone = records->gone_apart = 0;
	records->held = records->waiting = records->copies = 0;
	records->month_most = 0;
	records->held_count = records->closed_count = 0;
}

static MUST_CHECK enum rc
record_sweep(struct store_tx *tx, struct records *records, struct one_subject *subject,
             size_t i, struct err *err)
{
	const struct record_row *row = &records->rows[i];
	enum record_fate fate;
	bool is_new = !subject->is_read || !id_eq(subject->id, row->subject);

	TRY(subject_read(tx, records, row->subject, subject, err));
	fate = record_fate(records, subject, i);
	records->held += fate == RECORD_HELD;
	records->waiting += fate == RECORD_WAITS;
	records->copies += fate == RECORD_IS_COPY;
	if (fate == RECORD_HELD && row->month != HOLD_MONTH)
		records->held_ids[records->held_count++] = row->id;
	if (fate != RECORD_GOES || records->sweep->run->is_dry)
		return RC_OK;
	if (is_new && subject->is_closed)
		records->closed[records->closed_count++] = row->subject;
	return is_moved(records) ? RC_OK : record_remove(tx, records, row, err);
}

static MUST_CHECK enum rc
chunk_sweep(struct store_tx *tx, void *arg, struct err *err)
{
	struct records *records = arg;
	struct one_subject subject = { 0 };
	struct past_entry entry = { .tenant = records->sweep->tenant,
		                    .act = "erase",
		                    .detail = "retention" };

	chunk_begin(records);
	for (size_t i = 0; i < records->count; i++)
		TRY(record_sweep(tx, records, &subject, i, err));
	entry.count = records->gone;
	if (records->class != NULL)
		entry.class = records->class->name;
	return records->gone == 0 ? RC_OK : past_entry_write(tx, &entry, err);
}

/* After the transaction: what is held goes under the key of its hold, so that the
 * month's key can go; and whoever has nothing left goes too. */
static MUST_CHECK enum rc
chunk_follow(struct records *records, struct err *err)
{
	struct sweep *sweep = records->sweep;

	TRY(hold_reseal(sweep->vault, sweep->tenant, records->held_ids, records->held_count,
	                err));
	for (size_t i = 0; i < records->closed_count; i++)
		TRY(subject_end_if_empty(sweep->vault, sweep->tenant, records->closed[i], err));
	return RC_OK;
}

static void
chunk_count(struct records *records)
{
	struct retention_line *line = records->line;
	bool is_left =
	    records->sweep->run->is_dry &&
	    (size_t)(records->held + records->waiting + records->copies) < records->count;

	line->due += (int64_t)records->count - records->copies;
	line->erased += records->gone;
	line->held += records->held;
	line->waiting += records->waiting;
	records->erased += records->gone - records->gone_apart;
	records->apart += records->gone_apart;
	records->sweep->left -= records->gone;
	if (records->month_most > records->month)
		records->month = records->month_most;
	if (is_left && due_of(records, 0) < line->oldest_us)
		line->oldest_us = due_of(records, 0);
}

/* Their copies take their place: some at a time, since they are opened. */
static MUST_CHECK enum rc
chunk_move(struct records *records, struct err *err)
{
	struct moving moving = { .class = records->class };

	for (size_t at = 0; at < records->count; at += moving.count) {
		moving.rows = records->rows + at;
		moving.count = records->count - at;
		if (moving.count > SWEEP_MOVED)
			moving.count = SWEEP_MOVED;
		TRY(sweep_deidentify(records->sweep, &moving, err));
		records->gone += moving.moved;
	}
	for (size_t i = 0; i < records->count; i++) {
		if (records->rows[i].month > records->month_most)
			records->month_most = records->rows[i].month;
	}
	return RC_OK;
}

/* A page of rows past their time: taken, or only counted. */
static MUST_CHECK enum rc
chunk_run(struct records *records, struct err *err)
{
	struct store *store = records->sweep->vault->store;

	if (records->count == 0)
		return RC_OK;
	if (records->sweep->run->is_dry || is_moved(records))
		TRY(store_read(store, chunk_sweep, records, err));
	else
		TRY(store_write(store, chunk_sweep, records, err));
	if (is_moved(records) && !records->sweep->run->is_dry)
		TRY(chunk_move(records, err));
	chunk_count(records);
	return records->sweep->run->is_dry ? RC_OK : chunk_follow(records, err);
}

/* --- by the deadline that a row holds -------------------------------------------- */

struct expired_read {
	struct expired_query query;
	struct records *records;
	struct expired_count left;
};

static MUST_CHECK enum rc
expired_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct expired_read *read = arg;

	return store_record_expired(tx, &read->query, read->records->arena,
	                            &read->records->rows, &read->records->count, err);
}

static MUST_CHECK enum rc
expired_count(struct store_tx *tx, void *arg, struct err *err)
{
	struct expired_read *read = arg;

	return store_record_expired_count(tx, &read->query, &read->left, err);
}

/* The cap was met: what is left is counted at once. */
static MUST_CHECK enum rc
expired_rest(struct expired_read *read, struct err *err)
{
	struct records *records = read->records;
	struct sweep *sweep = records->sweep;
	int64_t here = records->line->held + records->line->waiting;

	TRY(store_read(sweep->vault->store, expired_count, read, err));
	if (read->left.count <= here)
		return RC_OK;
	records->line->due += read->left.count - here;
	if (records->rows[0].expires_us < records->line->oldest_us)
		records->line->oldest_us = records->rows[0].expires_us;
	sweep->run->is_behind = true;
	return RC_OK;
}

static MUST_CHECK enum rc
expired_sweep(struct records *records, struct err *err)
{
	struct sweep *sweep = records->sweep;
	struct expired_read read = { .query = { .tenant = sweep->tenant->id,
		                                .class = records->number,
		                                .due_us = sweep->now_us,
		                                .after_us = INT64_MIN },
		                     .records = records };

	records->due_us = NULL;
	for (;;) {
		bool is_capped = !sweep->run->is_dry && sweep->left <= 0;
		arena_reset(records->arena);
		read.query.limit = SWEEP_CHUNK;
		if (!sweep->run->is_dry && sweep->left < SWEEP_CHUNK && !is_capped)
			read.query.limit = (int)sweep->left;
		TRY(store_read(sweep->vault->store, expired_read, &read, err));
		if (records->count == 0)
			return RC_OK;
		if (is_capped)
			return expired_rest(&read, err);
		read.query.after_us = records->rows[records->count - 1].expires_us;
		read.query.after = records->rows[records->count - 1].id;
		TRY(chunk_run(records, err));
	}
}

/* --- by a period that is shorter than when the row was made ------------------------- */

struct made_read {
	struct record_query query;
	struct arena *arena;
	struct record_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
made_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct made_read *read = arg;

	return store_record_list(tx, &read->query, read->arena, &read->rows, &read->count, err);
}

/* Those of a page that are past the period of today and not yet past their own;
 * false when the page came to one that is not past: ids are in order of making. */
static bool
made_choose(struct records *records, const struct made_read *read)
{
	const struct sweep *sweep = records->sweep;
	const struct policy_period *period = &records->class->keep.plus;
	size_t room = read->count;

	records->rows = arena_alloc(records->arena, (room + 1) * sizeof(*records->rows),
	                            _Alignof(struct record_row));
	records->due_us =
	    arena_alloc(records->arena, (room + 1) * sizeof(int64_t), _Alignof(int64_t));
	records->count = 0;
	for (size_t i = 0; i < read->count; i++) {
		const struct record_row *row = &read->rows[i];
		int64_t due_us = deadline_in(sweep->tenant->time_zone, period, row->created_us);
		if (due_us > sweep->now_us)
			return false;
		if (row->expires_us <= sweep->now_us)
			continue;
		records->rows[records->count] = *row;
		records->due_us[records->count++] = due_us;
	}
	return true;
}

static MUST_CHECK enum rc
made_sweep(struct records *records, struct err *err)
{
	struct sweep *sweep = records->sweep;
	bool has_more = true;
	struct made_read read = { .arena = records->arena,
		                  .query = { .tenant = sweep->tenant->id,
		                             .class = records->number,
		                             .order = RECORD_BY_ID,
		                             .limit = SWEEP_CHUNK,
		                             .without_body = true } };

	while (has_more) {
		arena_reset(records->arena);
		TRY(store_read(sweep->vault->store, made_read, &read, err));
		if (read.count == 0)
			return RC_OK;
		read.query.after = read.rows[read.count - 1].id;
		has_more = made_choose(records, &read);
		if (!sweep->run->is_dry && sweep->left <= 0 && records->count != 0) {
			records->line->due += (int64_t)records->count;
			records->line->oldest_us = records->due_us[0];
			sweep->run->is_behind = true;
			return RC_OK;
		}
		TRY(chunk_run(records, err));
	}
	return RC_OK;
}

/* --- a class -------------------------------------------------------------------------- */

static MUST_CHECK enum rc
certify(struct store_tx *tx, void *arg, struct err *err)
{
	struct records *records = arg;
	int64_t now_us = store_tx_now_us(tx);
	/* Out of use when the key of the last of these months is. */
	struct erasure_row row = { .tenant = records->sweep->tenant->id,
		                   .kind = ERASURE_RECORD,
		                   .class = records->number,
		                   .made_us = now_us,
		                   .epoch = INT64_MAX };

	if (records->erased != 0) {
		row.id = id_new(now_us);
		row.month = records->month;
		row.items = records->erased;
		TRY(store_erasure_insert(tx, &row, err));
	}
	if (records->apart == 0)
		return RC_OK;
	row.id = id_new(now_us);
	row.month = 0; /* their keys stay until the class of their subject ends */
	row.items = records->apart;
	return store_erasure_insert(tx, &row, err);
}

struct approval {
	struct deadline_row row;
};

static MUST_CHECK enum rc
approval_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct approval *approval = arg;
	enum rc rc = store_deadline_find(tx, &approval->row, err);

	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Up to which deadline the client has approved: a row without a subject says it. */
static MUST_CHECK enum rc
approval_find(struct records *records, struct err *err)
{
	struct sweep *sweep = records->sweep;
	struct approval approval = { { .tenant = sweep->tenant->id,
		                       .class = records->number } };

	records->approved_us = INT64_MAX;
	if (sweep_then(records->class) != THEN_ASK_CLIENT)
		return RC_OK;
	approval.row.due_us = INT64_MIN;
	TRY(store_read(sweep->vault->store, approval_read, &approval, err));
	records->approved_us = approval.row.due_us;
	return RC_OK;
}

static bool
has_terms(const struct policy_class *class)
{
	for (size_t i = 0; class != NULL && i < class->index_count; i++) {
		if (class->indexes[i].kind == INDEX_TERM)
			return true;
	}
	return class == NULL;
}

enum rc
sweep_records(struct sweep *sweep, int64_t class, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(arena_free) struct arena own = { 0 };
	struct records *records;

	arena_init(&arena, 16 * MIB);
	arena_init(&own, sizeof(*records) + 4 * KIB);
	records = arena_alloc(&own, sizeof(*records), _Alignof(max_align_t));
	memset(records, 0, sizeof(*records));
	records->sweep = sweep;
	records->class = policy_class_by_number(sweep->policy, class);
	records->number = class;
	records->line = sweep_line(sweep, class);
	records->arena = &arena;
	records->has_terms = has_terms(records->class);
	TRY(approval_find(records, err));
	TRY(expired_sweep(records, err));
	if (records->class != NULL && (records->class->keep.until == KEEP_RECORDED ||
	                               records->class->keep.until == KEEP_SUBMITTED))
		TRY(made_sweep(records, err));
	return records->erased + records->apart == 0
	           ? RC_OK
	           : store_write(sweep->vault->store, certify, records, err);
}

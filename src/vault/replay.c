/*
 * The ledger over a directory that came from a backup.
 *
 * Ids of subjects and records are used once, so their lines hold whenever the
 * backup was taken.  A class of a subject may have been filled anew after it was
 * erased: its line takes the records that are older than itself.  What is held
 * stays where its own key is there.  Keys that the newest chain lacks were
 * destroyed since, so their rows follow, whatever said so.
 */
#include "vault/replay.h"
#include "store/duty.h"
#include "vault/past.h"

#define ROWS_PAGE 500

struct replay {
	struct vault *vault;
	struct restore_report *report;
	struct arena arena; /* of one line */
	int64_t *undone;    /* lines that came to nothing */
	size_t undone_count, undone_room;
};

static void
replay_end(struct replay *replay)
{
	arena_free(&replay->arena);
	free(replay->undone);
}

/* --- a subject -------------------------------------------------------------------- */

struct subject_step {
	struct subject_row row;
	const struct ledger_line *line;
	int64_t flags, epoch;
	int64_t removed;
	bool was_there;
};

/* The backup does not know of it, so its certificate is made anew. */
static MUST_CHECK enum rc
subject_certify(struct store_tx *tx, const struct subject_step *step, struct err *err)
{
	int64_t now_us = store_tx_now_us(tx);
	int64_t at_us = step->line->time_us < now_us ? step->line->time_us : now_us;
	const struct erasure_row row = { .tenant = step->row.tenant,
		                         .id = id_new(now_us),
		                         .kind = step->line->kind == LEDGER_KEPT
		                                     ? ERASURE_PART
		                                     : ERASURE_SUBJECT,
		                         .subject = step->row.id,
		                         .made_us = at_us,
		                         .beyond_use_us = at_us,
		                         .epoch = step->epoch };

	return store_erasure_insert(tx, &row, err);
}

static MUST_CHECK enum rc
subject_mark(struct store_tx *tx, void *arg, struct err *err)
{
	struct subject_step *step = arg;
	enum rc rc = store_subject_find(tx, &step->row, err);

	step->was_there = false;
	if (rc == RC_NOT_FOUND ||
	    (rc == RC_OK && ((step->row.flags & SUBJECT_ERASED) != 0 ||
	                     (step->row.flags & step->flags) == step->flags)))
		return RC_OK;
	TRY(rc);
	step->was_there = true;
	step->row.flags |= step->flags;
	TRY(subject_certify(tx, step, err));
	return store_subject_update(tx, &step->row, err);
}

static MUST_CHECK enum rc
subject_purge(struct store_tx *tx, void *arg, struct err *err)
{
	struct subject_step *step = arg;

	return store_subject_purge_some(tx, step->row.tenant, step->row.id, &step->removed,
	                                err);
}

static MUST_CHECK enum rc
subject_replay(struct replay *replay, const struct ledger_line *line, struct err *err)
{
	struct vault *vault = replay->vault;
	struct subject_step step = { .row = { .tenant = line->tenant, .id = line->subject },
		                     .line = line,
		                     .flags = SUBJECT_ERASED,
		                     .epoch = past_epoch(vault) };

	TRY(store_write(vault->store, subject_mark, &step, err));
	TRY(keys_destroy_owner(vault->keys, line->tenant, line->subject, err));
	replay->report->subjects += step.was_there;
	do {
		TRY(store_write(vault->store, subject_purge, &step, err));
	} while (step.removed != 0);
	return RC_OK;
}

/* --- a subject of whom a law or a hold keeps something ---------------------------------- */

/* As erase.c marks it: what a law keeps has its time from then on, where the account's end
 * begins it; everything else is past it, and goes with the sweep unless it is held. */
static MUST_CHECK enum rc
kept_deadlines(struct store_tx *tx, const struct replay *replay,
               const struct subject_step *step, struct err *err)
{
	const struct tenant *tenant = NULL;

	for (size_t i = 0; i < vault_tenant_count(replay->vault); i++) {
		if (vault_tenant_at(replay->vault, i)->id == step->row.tenant)
			tenant = vault_tenant_at(replay->vault, i);
	}
	for (size_t i = 0; tenant != NULL && i < tenant->policy->class_count; i++) {
		const struct policy_class *class = &tenant->policy->classes[i];
		struct deadline_row row = { .tenant = step->row.tenant,
			                    .subject = step->row.id,
			                    .class = class->number,
			                    .due_us = step->line->time_us,
			                    .state = DEADLINE_SET,
			                    .made_us = step->line->time_us };
		if (!class_ends_with(tenant->policy, class, step->row.kind) ||
		    (class->keep.required_by.len != 0 &&
		     class->keep.until != KEEP_ACCOUNT_CLOSED))
			continue;
		if (class->keep.required_by.len != 0)
			row.due_us =
			    deadline_in(tenant->time_zone, &class->keep.plus, row.made_us);
		TRY(deadline_first(tx, &row, err));
	}
	return RC_OK;
}

struct kept_step {
	const struct replay *replay;
	struct subject_step subject;
};

static MUST_CHECK enum rc
kept_mark(struct store_tx *tx, void *arg, struct err *err)
{
	struct kept_step *step = arg;

	TRY(subject_mark(tx, &step->subject, err));
	return step->subject.was_there ? kept_deadlines(tx, step->replay, &step->subject, err)
	                               : RC_OK;
}

static MUST_CHECK enum rc
kept_strip(struct store_tx *tx, void *arg, struct err *err)
{
	struct subject_step *step = arg;

	return store_subject_strip_some(tx, step->row.tenant, step->row.id, &step->removed,
	                                err);
}

static MUST_CHECK enum rc
kept_replay(struct replay *replay, const struct ledger_line *line, struct err *err)
{
	struct vault *vault = replay->vault;
	struct kept_step step = { .replay = replay,
		                  .subject = {
				      .row = { .tenant = line->tenant, .id = line->subject },
				      .line = line,
				      .flags = SUBJECT_RESTRICTED | SUBJECT_CLOSED |
		                               SUBJECT_KEPT | SUBJECT_TRIMMED,
				      .epoch = past_epoch(vault) } };

	TRY(store_write(vault->store, kept_mark, &step, err));
	replay->report->subjects += step.subject.was_there;
	do {
		TRY(store_write(vault->store, kept_strip, &step.subject, err));
	} while (step.subject.removed != 0);
	return RC_OK;
}

/* --- records ------------------------------------------------------------------------ */

struct class_step {
	struct replay *replay;
	const struct ledger_line *line;
	struct id after;
	bool is_held_kept; /* the key of what is held is there */
	/* out: */
	int64_t removed, newer, seen;
};

static MUST_CHECK enum rc
row_remove(struct store_tx *tx, const struct record_row *row, struct err *err)
{
	TRY(store_term_delete_record(tx, row->tenant, row->subject, row->id, err));
	TRY(choice_end(tx, row, err));
	return store_record_delete(tx, row->tenant, row->id, false, err);
}

static MUST_CHECK enum rc
class_page(struct store_tx *tx, void *arg, struct err *err)
{
	struct class_step *step = arg;
	struct record_query query = { .tenant = step->line->tenant,
		                      .subject = step->line->subject,
		                      .class = step->line->class,
		                      .order = RECORD_BY_ID,
		                      .after = step->after,
		                      .limit = ROWS_PAGE,
		                      .without_body = true };
	struct record_row *rows = NULL;
	size_t count = 0;

	arena_reset(&step->replay->arena);
	step->removed = 0;
	step->newer = 0;
	TRY(store_record_list(tx, &query, &step->replay->arena, &rows, &count, err));
	step->seen = (int64_t)count;
	for (size_t i = 0; i < count; i++) {
		bool is_held = rows[i].month == HOLD_MONTH && step->is_held_kept;
		step->newer += !is_held && rows[i].created_us > step->line->time_us;
		if (is_held || rows[i].created_us > step->line->time_us)
			continue;
		TRY(row_remove(tx, &rows[i], err));
		step->removed++;
	}
	if (count != 0)
		step->after = rows[count - 1].id;
	return RC_OK;
}

static MUST_CHECK enum rc
summaries_end(struct store_tx *tx, void *arg, struct err *err)
{
	const struct class_step *step = arg;
	const struct deadline_row what = { .tenant = step->line->tenant,
		                           .subject = step->line->subject,
		                           .class = step->line->class };

	return store_projection_end(tx, &what, err);
}

static bool
key_is_there(struct keys *keys, const struct key_name *name)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	struct err err;

	return keys_find(keys, name, &key, &err) == RC_OK;
}

static MUST_CHECK enum rc
class_replay(struct replay *replay, const struct ledger_line *line, struct err *err)
{
	struct key_name name = { line->tenant, line->subject, line->class, HOLD_MONTH };
	struct class_step step = { .replay = replay, .line = line };
	int64_t newer = 0;

	step.is_held_kept = key_is_there(replay->vault->keys, &name);
	do {
		TRY(store_write(replay->vault->store, class_page, &step, err));
		replay->report->records += (uint64_t)step.removed;
		newer += step.newer;
	} while (step.seen != 0);
	if (newer != 0)
		return RC_OK;
	TRY(store_write(replay->vault->store, summaries_end, &step, err));
	name.month = 0;
	return keys_destroy(replay->vault->keys, &name, err);
}

struct record_step {
	struct replay *replay;
	const struct ledger_line *line;
	bool was_there;
};

static MUST_CHECK enum rc
record_delete(struct store_tx *tx, void *arg, struct err *err)
{
	struct record_step *step = arg;
	struct record_row row;
	enum rc rc;

	arena_reset(&step->replay->arena);
	rc = store_record_find(tx, step->line->tenant, step->line->record, &step->replay->arena,
	                       &row, err);
	step->was_there = rc == RC_OK;
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	return row_remove(tx, &row, err);
}

static MUST_CHECK enum rc
record_replay(struct replay *replay, const struct ledger_line *line, struct err *err)
{
	struct record_step step = { replay, line, false };

	TRY(store_write(replay->vault->store, record_delete, &step, err));
	replay->report->records += step.was_there;
	return RC_OK;
}

static MUST_CHECK enum rc
choice_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct ledger_line *line = arg;
	const struct record_row row = { .tenant = line->tenant,
		                        .subject = line->subject,
		                        .class = line->class,
		                        .id = line->record };
	enum rc rc = choice_end(tx, &row, err);

	return rc == RC_NOT_FOUND ? RC_OK : rc; /* its subject came after the backup */
}

/* The record says nothing of it: that it was withdrawn stood in what is lost. */
static MUST_CHECK enum rc
choice_replay(struct replay *replay, const struct ledger_line *line, struct err *err)
{
	struct ledger_line like = *line;

	return store_write(replay->vault->store, choice_write, &like, err);
}

/* --- what somebody wished since ------------------------------------------------------- */

/* Who came after the backup, or is erased in whole or part, has no wish to replay. */
static MUST_CHECK enum rc
wisher_find(struct store_tx *tx, struct subject_row *row, bool *is_there, struct err *err)
{
	enum rc rc = store_subject_find(tx, row, err);

	*is_there = rc == RC_OK && (row->flags & (SUBJECT_ERASED | SUBJECT_KEPT)) == 0;
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static MUST_CHECK enum rc
restriction_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct ledger_line *line = arg;
	struct subject_row row = { .tenant = line->tenant, .id = line->subject };
	bool is_there = false;

	TRY(wisher_find(tx, &row, &is_there, err));
	if (!is_there)
		return RC_OK;
	row.flags &= ~(int64_t)SUBJECT_RESTRICTED;
	if (line->number == 1)
		row.flags |= SUBJECT_RESTRICTED;
	return store_subject_update(tx, &row, err);
}

static MUST_CHECK enum rc
restriction_replay(struct replay *replay, const struct ledger_line *line, struct err *err)
{
	struct ledger_line like = *line;

	return store_write(replay->vault->store, restriction_write, &like, err);
}

static MUST_CHECK enum rc
objection_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct ledger_line *line = arg;
	struct subject_row row = { .tenant = line->tenant, .id = line->subject };
	const struct choice_row choice = { .tenant = line->tenant,
		                           .subject = line->subject,
		                           .kind = CHOICE_OBJECTION,
		                           .purpose = line->class,
		                           .record = line->record,
		                           .from_us = line->time_us,
		                           .until_us = INT64_MAX };
	bool is_there = false;

	TRY(wisher_find(tx, &row, &is_there, err));
	if (!is_there)
		return RC_OK;
	TRY(store_choice_put(tx, &choice, err));
	row.flags |= SUBJECT_HAS_CHOICES;
	return store_subject_update(tx, &row, err);
}

/* Its words stood in what is lost; that it stands is what the door asks. */
static MUST_CHECK enum rc
objection_replay(struct replay *replay, const struct ledger_line *line, struct err *err)
{
	struct ledger_line like = *line;

	return store_write(replay->vault->store, objection_write, &like, err);
}

static MUST_CHECK enum rc
month_replay(struct replay *replay, const struct ledger_line *line, struct err *err)
{
	const struct key_name name = { .tenant = line->tenant,
		                       .class = line->class,
		                       .month = line->month };

	return keys_destroy(replay->vault->keys, &name, err);
}

/* --- lines ---------------------------------------------------------------------------- */

static MUST_CHECK enum rc
undone_note(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	struct replay *replay = arg;

	(void)text;
	(void)err;
	if (line->kind != LEDGER_UNDONE)
		return RC_OK;
	if (replay->undone_count == replay->undone_room) {
		replay->undone_room = 2 * replay->undone_room + 64;
		replay->undone =
		    realloc(replay->undone, replay->undone_room * sizeof(*replay->undone));
		if (replay->undone == NULL)
			abort();
	}
	replay->undone[replay->undone_count++] = line->number;
	return RC_OK;
}

static bool
is_undone(const struct replay *replay, int64_t line)
{
	for (size_t i = 0; i < replay->undone_count; i++) {
		if (replay->undone[i] == line)
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
line_replay(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	static enum rc (*const by_kind[])(struct replay * replay,
	                                  const struct ledger_line *line, struct err *err) = {
		[LEDGER_SUBJECT] = subject_replay,
		[LEDGER_CLASS] = class_replay,
		[LEDGER_RECORD] = record_replay,
		[LEDGER_MONTH] = month_replay,
		[LEDGER_LOG] = NULL,
		[LEDGER_UNDONE] = NULL,
		[LEDGER_CHOICE] = choice_replay,
		[LEDGER_KEPT] = kept_replay,
		[LEDGER_RESTRICTED] = restriction_replay,
		[LEDGER_OBJECTION] = objection_replay,
	};
	struct replay *replay = arg;

	(void)text;
	if (by_kind[line->kind] == NULL || is_undone(replay, line->line))
		return RC_OK;
	replay->report->lines++;
	return by_kind[line->kind](replay, line, err);
}

/* --- keys that are gone ------------------------------------------------------------------ */

struct lost {
	struct key_row *rows;
	size_t count, room;
};

static void
lost_free(struct lost *lost)
{
	free(lost->rows);
}

static void
lost_add(void *arg, const struct key_row *row)
{
	struct lost *lost = arg;

	if (lost->count == lost->room) {
		lost->room = 2 * lost->room + 64;
		lost->rows = realloc(lost->rows, lost->room * sizeof(*lost->rows));
		if (lost->rows == NULL)
			abort();
	}
	lost->rows[lost->count++] = *row;
}

/* As if the ledger had said so; the newest time takes every record. */
static MUST_CHECK enum rc
lost_replay(struct replay *replay, const struct key_row *row, struct err *err)
{
	const struct ledger_line line = { .kind = LEDGER_CLASS,
		                          .tenant = row->tenant,
		                          .subject = row->owner,
		                          .class = row->class,
		                          .month = row->month,
		                          .time_us = INT64_MAX };
	const struct key_name name = { row->tenant, row->owner, row->class, row->month };

	if (id_is_zero(row->owner) && row->class == 0)
		return FAIL(err, RC_CORRUPT, "keys.dat: a tenant's own key does not open");
	TRY(keys_destroy(replay->vault->keys, &name, err));
	if (id_is_zero(row->owner))
		return RC_OK;
	return row->class == 0 ? subject_replay(replay, &line, err)
	                       : class_replay(replay, &line, err);
}

static MUST_CHECK enum rc
lost_purge(struct replay *replay, struct err *err)
{
	CLEANUP(lost_free) struct lost lost = { 0 };
	uint64_t count;

	TRY(keys_verify(replay->vault->keys, &count, lost_add, &lost, err));
	for (size_t i = 0; i < lost.count; i++)
		TRY(lost_replay(replay, &lost.rows[i], err));
	replay->report->keys_lost = lost.count;
	return RC_OK;
}

enum rc
vault_replay(struct vault *vault, const char *ledger, struct restore_report *report,
             struct err *err)
{
	CLEANUP(replay_end) struct replay replay = { .vault = vault, .report = report };

	arena_init(&replay.arena, 64 * MIB);
	TRY(ledger_replay(ledger, undone_note, &replay, err));
	TRY(ledger_replay(ledger, line_replay, &replay, err));
	return lost_purge(&replay, err);
}

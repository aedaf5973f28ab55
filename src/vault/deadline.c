/*
 * When a period ends, and the deadlines that a trigger sets.
 *
 * A period is counted on the calendar of the tenant's zone: two years after 3
 * March, 10:00, is 3 March, 10:00, there, whatever the clocks did in between.
 * Seconds are counted as they pass.
 */
#include "base/zone.h"
#include "vault/past.h"

#define TRIGGER_SLACK_US (5 * US_PER_MIN) /* between a decision and its trigger */
#define PAGE_ROWS        LIMIT_PAGE_ROWS

int64_t
deadline_in(const struct zone *zone, const struct policy_period *period, int64_t from_us)
{
	struct civil local;
	int64_t end_us;

	if (period->is_forever || period->unit == 's' || from_us == 0)
		return policy_period_end(period, from_us);
	end_us = policy_period_end(period, from_us + zone_offset_s(zone, from_us) * US_PER_S);
	if (end_us == INT64_MAX)
		return INT64_MAX;
	local = civil_from_us(end_us, 0);
	end_us = zone_local_to_us(zone, &local);
	/* No time at all, begun in an hour that comes twice, does not end in the first. */
	return end_us < from_us ? from_us : end_us;
}

enum rc
vault_deadline(const struct tenant *tenant, const struct policy_period *period, int64_t from_us,
               int64_t *due_us, struct err *err)
{
	CLEANUP(zone_close) struct zone *opened = NULL;

	if (tenant->time_zone == NULL && tenant->zone.len != 0)
		TRY(zone_open(&opened, tenant->zone, err));
	*due_us = deadline_in(opened == NULL ? tenant->time_zone : opened, period, from_us);
	return RC_OK;
}

int64_t
retention_month(int64_t expires_us)
{
	struct civil end;

	if (expires_us == INT64_MAX)
		return 0;
	end = civil_from_us(expires_us, 0);
	return end.year * INT64_C(100) + end.month;
}

int64_t
month_start_us(int64_t us)
{
	struct civil start = civil_from_us(us, 0);

	start = (struct civil){ .year = start.year, .month = start.month, .day = 1 };
	return civil_to_us(&start, 0);
}

void
row_retention(struct record_row *row, const struct tenant *tenant,
              const struct policy_class *class, int64_t now_us)
{
	const struct policy_keep *keep = &class->keep;

	row->expires_us = INT64_MAX;
	if (keep->until == KEEP_RECORDED || keep->until == KEEP_SUBMITTED)
		row->expires_us = deadline_in(tenant->time_zone, &keep->plus, now_us);
	row->month = retention_month(row->expires_us);
}

bool
class_ends_with(const struct policy *policy, const struct policy_class *class, int64_t kind)
{
	return policy_class_is_about(policy, class, kind) &&
	       !str_eq(class->about, STR("actor"));
}

/* --- what a trigger sets ---------------------------------------------------------- */

enum rc
deadline_first(struct store_tx *tx, const struct deadline_row *row, struct err *err)
{
	struct deadline_row found = *row;
	enum rc rc = store_deadline_find(tx, &found, err);

	return rc == RC_NOT_FOUND ? store_deadline_put(tx, row, err) : rc;
}

static const struct {
	enum policy_trigger trigger;
	const char *word;
} triggers[] = {
	{ KEEP_RECORDED, "recorded" },
	{ KEEP_SUBMITTED, "submitted" },
	{ KEEP_ACCOUNT_CLOSED, "account_closed" },
	{ KEEP_SESSION_ENDED, "session_ended" },
	{ KEEP_PROJECT_ENDED, "project_ended" },
};

static struct str
trigger_word(enum policy_trigger trigger)
{
	for (size_t i = 0; i < COUNT_OF(triggers); i++) {
		if (triggers[i].trigger == trigger)
			return str_from_c(triggers[i].word);
	}
	return STR_EMPTY;
}

struct triggering {
	struct touch touch;
	enum policy_trigger trigger;
	int64_t at_us;
	bool is_undone;
};

static MUST_CHECK enum rc
class_trigger(struct store_tx *tx, const struct triggering *what,
              const struct policy_class *class, struct err *err)
{
	const struct tenant *tenant = what->touch.door->tenant;
	struct deadline_row row = { .tenant = tenant->id,
		                    .subject = what->touch.ask.subject,
		                    .class = class->number,
		                    .state = DEADLINE_SET,
		                    .made_us = what->at_us };

	row.due_us = deadline_in(tenant->time_zone, &class->keep.plus, what->at_us);
	if (!what->is_undone)
		return deadline_first(tx, &row, err);
	if (store_deadline_find(tx, &row, err) != RC_OK)
		return err->rc == RC_NOT_FOUND ? RC_OK : err->rc;
	if (row.state != DEADLINE_SET && row.state != DEADLINE_WAITING)
		return RC_OK;
	return store_deadline_delete(tx, &row, err);
}

static MUST_CHECK enum rc
subject_trigger(struct store_tx *tx, struct triggering *what, struct err *err)
{
	struct subject_row *subject = &what->touch.subject;
	int64_t flags = subject->flags & ~SUBJECT_CLOSED;

	if (what->trigger != KEEP_ACCOUNT_CLOSED)
		return RC_OK;
	if (!what->is_undone)
		flags |= SUBJECT_CLOSED;
	if (flags == subject->flags)
		return RC_OK;
	subject->flags = flags;
	return store_subject_update(tx, subject, err);
}

static MUST_CHECK enum rc
trigger_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct triggering *what = arg;
	const struct policy *policy = what->touch.door->tenant->policy;
	struct subject_row *subject = &what->touch.subject;

	*subject = (struct subject_row){ .tenant = what->touch.door->tenant->id,
		                         .id = what->touch.ask.subject };
	TRY(store_subject_find(tx, subject, err));
	if ((subject->flags & SUBJECT_ERASED) != 0)
		return FAIL(err, RC_GONE, "there is no such subject (any more)");
	if (what->is_undone && (subject->flags & SUBJECT_KEPT) != 0)
		return FAIL(err, RC_PRECONDITION, "it is erased but for what must be kept");
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (class->keep.until == what->trigger &&
		    class_ends_with(policy, class, subject->kind))
			TRY(class_trigger(tx, what, class, err));
	}
	TRY(subject_trigger(tx, what, err));
	return touch_record(tx, &what->touch, err);
}

static void
triggering_wipe(struct triggering *what)
{
	touch_wipe(&what->touch);
}

static MUST_CHECK enum rc
trigger_run(const struct door *door, const struct retention_trigger *trigger, bool is_undone,
            struct err *err)
{
	CLEANUP(triggering_wipe)
	struct triggering what = { .trigger = trigger->trigger,
		                   .at_us = trigger->at_us,
		                   .is_undone = is_undone };
	struct ask ask = { .verb = VERB_MANAGE,
		           .what = trigger_word(trigger->trigger),
		           .purpose = STR("none"),
		           .subject = trigger->subject };

	TRY(touch_begin(&what.touch, door, &ask, is_undone ? "reopen" : "retention", err));
	what.touch.outcome = STR("ok");
	return store_write(door->vault->store, trigger_write, &what, err);
}

/* A period that began long ago is over at once: only the system says when.  People close
 * and open their own account, or others' where they manage people. */
static MUST_CHECK enum rc
may_trigger(const struct door *door, const struct retention_trigger *trigger, struct err *err)
{
	const struct actor *actor = door->actor;
	const struct policy_role *role = decide_role(door->tenant->policy, actor);
	int64_t away_us = trigger->at_us - clock_now_us(door->vault->clock);

	if (actor->kind == ACTOR_SYSTEM)
		return RC_OK;
	if (actor->kind == ACTOR_PERSON && role != NULL &&
	    trigger->trigger == KEEP_ACCOUNT_CLOSED && away_us > -TRIGGER_SLACK_US &&
	    away_us < TRIGGER_SLACK_US &&
	    (id_eq(trigger->subject, actor->subject) ||
	     policy_role_scope(role, VERB_MANAGE, -1, STR("people")) != 0))
		return RC_OK;
	return FAIL(err, RC_DENIED, "your role may not begin or end this period");
}

enum rc
vault_retention_trigger(const struct door *door, const struct retention_trigger *trigger,
                        struct err *err)
{
	if (trigger->trigger == KEEP_RECORDED || trigger->trigger == KEEP_SUBMITTED)
		return FAIL(err, RC_INVALID, "this period begins with each record");
	TRY(may_trigger(door, trigger, err));
	return trigger_run(door, trigger, false, err);
}

enum rc
vault_retention_reopen(const struct door *door, struct id subject, struct err *err)
{
	const struct retention_trigger trigger = { subject, KEEP_ACCOUNT_CLOSED,
		                                   clock_now_us(door->vault->clock) };

	TRY(may_trigger(door, &trigger, err));
	return trigger_run(door, &trigger, true, err);
}

/* --- pages -------------------------------------------------------------------------- */

static MUST_CHECK enum rc
deadlines_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct deadline_pages *pages = arg;

	return store_deadline_list(tx, &pages->query, pages->arena, &pages->rows, &pages->count,
	                           err);
}

static bool
is_one_group(const struct deadline_row *a, const struct deadline_row *b)
{
	return a->due_us == b->due_us && id_eq(a->subject, b->subject);
}

enum rc
deadline_page(struct deadline_pages *pages, struct err *err)
{
	const struct deadline_row *last;

	pages->count = 0;
	if (pages->is_last)
		return RC_OK;
	arena_reset(pages->arena);
	pages->query.limit = PAGE_ROWS;
	TRY(store_read(pages->vault->store, deadlines_read, pages, err));
	pages->is_last = pages->count < PAGE_ROWS;
	if (pages->count == 0)
		return RC_OK;
	/* A subject has fewer classes than a page has rows: a group is never a page. */
	last = &pages->rows[pages->count - 1];
	while (!pages->is_last && is_one_group(&pages->rows[pages->count - 1], last))
		pages->count--;
	last = &pages->rows[pages->count - 1];
	pages->query.after_us = last->due_us;
	pages->query.after = last->subject;
	return RC_OK;
}

/* --- a newer policy -------------------------------------------------------------------- */

struct following {
	const struct tenant *tenant;
	struct arena *arena;
	struct deadline_row *rows;
	size_t count;
	struct str seen; /* the hash of the policy that the deadlines follow */
};

#define SEEN_SETTING STR("retention.policy")

static MUST_CHECK enum rc
seen_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct following *following = arg;
	enum rc rc = store_setting_find(tx, following->tenant->id, SEEN_SETTING,
	                                following->arena, &following->seen, err);

	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static MUST_CHECK enum rc
seen_put(struct store_tx *tx, void *arg, struct err *err)
{
	struct following *following = arg;

	return store_setting_put(tx, following->tenant->id, SEEN_SETTING, following->seen, err);
}

static MUST_CHECK enum rc
rows_shorten(struct store_tx *tx, void *arg, struct err *err)
{
	struct following *following = arg;

	for (size_t i = 0; i < following->count; i++) {
		const struct policy_class *class =
		    policy_class_by_number(following->tenant->policy, following->rows[i].class);
		struct deadline_row row = following->rows[i];
		int64_t due_us;
		if (class == NULL || class->keep.until == KEEP_RECORDED ||
		    class->keep.until == KEEP_SUBMITTED || id_is_zero(row.subject))
			continue;
		due_us =
		    deadline_in(following->tenant->time_zone, &class->keep.plus, row.made_us);
		if (due_us >= row.due_us || store_deadline_find(tx, &row, err) != RC_OK ||
		    row.state != DEADLINE_SET)
			continue;
		row.due_us = due_us;
		TRY(store_deadline_put(tx, &row, err));
	}
	return RC_OK;
}

enum rc
deadlines_follow_policy(struct vault *vault, const struct tenant *tenant, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(arena_free) struct arena page = { 0 };
	struct str hash = { (const char *)tenant->policy->hash.bytes, DIGEST_BYTES };
	struct following following = { .tenant = tenant, .arena = &arena };
	struct deadline_pages pages = {
		.vault = vault,
		.arena = &page,
		.query = { .tenant = tenant->id, .state = DEADLINE_SET, .due_us = INT64_MAX }
	};

	arena_init(&arena, 4 * KIB);
	arena_init(&page, 1 * MIB);
	TRY(store_read(vault->store, seen_find, &following, err));
	if (str_eq(following.seen, hash))
		return RC_OK;
	do {
		TRY(deadline_page(&pages, err));
		following.rows = pages.rows;
		following.count = pages.count;
		if (pages.count != 0)
			TRY(store_write(vault->store, rows_shorten, &following, err));
	} while (pages.count != 0);
	following.seen = hash;
	return store_write(vault->store, seen_put, &following, err);
}

/*
 * The erasure of a subject.
 *
 * One transaction decides, plans and marks: its entry, the flag (from then on
 * nothing is read or written, whatever happens) and a ticket that stands until
 * the last step.  Then the ledger, the keys, the certificate, the rows in steps.
 * The ticket's state says how far it is; how many records there are changes
 * nothing up to the moment when none of them can be read.
 *
 * Where a law or a hold keeps something the node stays: the other classes end one
 * by one (class_end()), what stands beside the records is stripped, and the
 * subject is restricted and closed until the last class is gone.
 */
#include "base/broken.h"
#include "vault/past.h"

#define TICKET_ERASING 1 /* kind; the kinds of people/ start at 16 */
#define ERASING_FOR    (100 * 366 * US_PER_DAY)
#define PURGE_AT_ONCE  US_PER_S /* what the caller waits for; the rest follows */

enum erasing_state {
	ERASING_ALL = 1,  /* the node is to go */
	ERASING_ALL_GONE, /* it is gone and certified; rows follow */
	ERASING_PART,     /* the keys of the classes that are APPROVED are to go */
	ERASING_PART_GONE,
};

/* --- the ticket ----------------------------------------------------------------- */

/* It is the tenant's, not the subject's: it outlives the subject's own tickets.
 * Its body is the id of the certificate. */
static struct ticket_row
erasing_ticket(int64_t tenant, struct id subject)
{
	struct digest hash = sha256((struct str){ (const char *)subject.bytes, 16 });
	struct ticket_row row = { .tenant = tenant, .kind = TICKET_ERASING, .id = subject };

	memcpy(row.hash, hash.bytes, sizeof(row.hash));
	return row;
}

static struct id
certificate_of(const struct ticket_row *ticket)
{
	struct id id = ticket->id;

	if (ticket->body.len == sizeof(id.bytes))
		memcpy(id.bytes, ticket->body.ptr, sizeof(id.bytes));
	return id;
}

static MUST_CHECK enum rc
ticket_delete(struct store_tx *tx, void *arg, struct err *err)
{
	enum rc rc = store_ticket_delete(tx, arg, err);

	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* --- the plan ---------------------------------------------------------------------- */

enum fate {
	FATE_ERASE,
	FATE_PART, /* all but the records that are held one by one */
	FATE_LAW,
	FATE_HOLD,
};

struct erasing {
	struct touch touch;
	struct vault *vault;
	const struct tenant *tenant;
	const struct policy *policy; /* one and the same while it runs */
	struct id certificate;
	struct arena *arena; /* of one transaction's reads */
	enum fate fates[POLICY_LIST_MAX];
	size_t erased, kept;
};

static MUST_CHECK enum rc
has_records(struct store_tx *tx, const struct erasing *erasing, int64_t class, bool *has,
            struct err *err)
{
	struct record_query query = { .tenant = erasing->tenant->id,
		                      .subject = erasing->touch.subject.id,
		                      .class = class,
		                      .order = RECORD_BY_TIME_DOWN,
		                      .limit = 1,
		                      .without_body = true };
	struct record_row *rows;
	size_t count;

	TRY(store_record_list(tx, &query, erasing->arena, &rows, &count, err));
	*has = count != 0;
	return RC_OK;
}

static MUST_CHECK enum rc
class_fate(struct store_tx *tx, struct erasing *erasing, const struct hold_rows *holds,
           const struct policy_class *class, enum fate *fate, struct err *err)
{
	bool is_canary = (erasing->touch.subject.flags & SUBJECT_CANARY) != 0;
	bool has = false;

	if (hold_has_class(holds, class->number)) {
		*fate = FATE_HOLD;
		return RC_OK;
	}
	*fate = hold_has_record_of(holds, class->number) ? FATE_PART : FATE_ERASE;
	if (class->keep.required_by.len == 0 || is_canary)
		return RC_OK;
	TRY(has_records(tx, erasing, class->number, &has, err));
	if (has)
		*fate = FATE_LAW;
	return RC_OK;
}

/* A hold of a class that the policy has no more keeps the node all the same. */
static MUST_CHECK enum rc
erasing_plan(struct store_tx *tx, struct erasing *erasing, struct err *err)
{
	const struct policy *policy = erasing->policy;
	struct hold_rows holds;

	arena_reset(erasing->arena);
	TRY(holds_read(tx, erasing->tenant->id, erasing->touch.subject.id, erasing->arena,
	               &holds, err));
	erasing->erased = 0;
	erasing->kept = holds.count == 0 ? 0 : 1;
	for (size_t i = 0; i < policy->class_count; i++) {
		if (!class_ends_with(policy, &policy->classes[i], erasing->touch.subject.kind))
			continue;
		TRY(class_fate(tx, erasing, &holds, &policy->classes[i], &erasing->fates[i],
		               err));
		erasing->erased += erasing->fates[i] == FATE_ERASE;
		erasing->kept += erasing->fates[i] != FATE_ERASE;
	}
	if (holds.count != 0 && erasing->kept > 1)
		erasing->kept--;
	return RC_OK;
}

/* --- deciding ------------------------------------------------------------------------- */

static struct str
purpose_for(const struct policy *policy, const struct policy_class *class, struct str wanted)
{
	const struct policy_purpose *purpose = policy_purpose_find(policy, wanted);

	if (purpose == NULL || (class->use >> (purpose - policy->purposes) & 1) != 0)
		return wanted;
	return policy->purposes[__builtin_ctzll(class->use)].name;
}

/* What is used for nothing is never written, so there is nothing of it to decide on. */
static bool
is_decided(const struct policy *policy, const struct policy_class *class, int64_t kind)
{
	return class->use != 0 && class_ends_with(policy, class, kind);
}

/* Every class must be one that the actor may erase; the first that is not stands
 * in the entry.  The door's purpose is the first class's: no purpose is all's. */
static MUST_CHECK enum rc
erase_decide(struct store_tx *tx, struct touch *touch, struct err *err)
{
	const struct policy *policy = touch->policy;
	struct str first = touch->ask.class;
	struct str purpose = touch->ask.purpose;

	TRY(touch_decide(tx, touch, err));
	for (size_t i = 0; i < policy->class_count && !touch_is_refused(touch); i++) {
		const struct policy_class *class = &policy->classes[i];
		if (!is_decided(policy, class, touch->subject.kind))
			continue;
		touch->ask.class = class->name;
		touch->ask.purpose = purpose_for(policy, class, touch->door->purpose);
		TRY(touch_decide(tx, touch, err));
	}
	touch->entry.class = touch_is_refused(touch) ? touch->ask.class : first;
	touch->ask.class = first;
	touch->ask.purpose = purpose;
	return RC_OK;
}

/* --- marking ------------------------------------------------------------------------------ */

/* What ends at once is APPROVED; what is held ends with the hold; what a law keeps
 * has its time, which begins at this moment where an account's end begins it. */
static MUST_CHECK enum rc
class_mark(struct store_tx *tx, const struct erasing *erasing, size_t i, struct err *err)
{
	const struct policy_class *class = &erasing->policy->classes[i];
	int64_t now_us = store_tx_now_us(tx);
	struct deadline_row row = { .tenant = erasing->tenant->id,
		                    .subject = erasing->touch.subject.id,
		                    .class = class->number,
		                    .due_us = now_us,
		                    .state = DEADLINE_APPROVED,
		                    .made_us = now_us };

	if (erasing->fates[i] == FATE_ERASE || erasing->fates[i] == FATE_PART)
		return store_deadline_put(tx, &row, err);
	row.state = DEADLINE_SET;
	if (erasing->fates[i] == FATE_HOLD && class->keep.required_by.len == 0)
		return store_deadline_put(tx, &row, err);
	if (class->keep.until != KEEP_ACCOUNT_CLOSED)
		return RC_OK;
	row.due_us = deadline_in(erasing->tenant->time_zone, &class->keep.plus, now_us);
	return deadline_first(tx, &row, err);
}

/* Classes that the subject has keys of, and that this policy does not declare. */
struct undeclared {
	const struct policy *policy;
	int64_t classes[2 * POLICY_LIST_MAX];
	size_t count;
};

static MUST_CHECK enum rc
undeclared_add(const struct key_row *row, void *arg, struct err *err)
{
	struct undeclared *list = arg;

	if (row->class == 0 || policy_class_by_number(list->policy, row->class) != NULL)
		return RC_OK;
	if (list->count == COUNT_OF(list->classes))
		return FAIL(err, RC_LIMIT, "a subject has data of too many old classes");
	list->classes[list->count++] = row->class;
	return RC_OK;
}

/* No law of this policy keeps them: they end unless they are held. */
static MUST_CHECK enum rc
undeclared_mark(struct store_tx *tx, const struct erasing *erasing, struct err *err)
{
	const struct subject_row *subject = &erasing->touch.subject;
	struct undeclared list = { .policy = erasing->policy };
	struct hold_rows holds;

	arena_reset(erasing->arena);
	TRY(store_key_scan(tx, subject->tenant, subject->id, undeclared_add, &list, err));
	TRY(holds_read(tx, subject->tenant, subject->id, erasing->arena, &holds, err));
	for (size_t i = 0; i < list.count; i++) {
		const struct deadline_row row = { .tenant = subject->tenant,
			                          .subject = subject->id,
			                          .class = list.classes[i],
			                          .due_us = store_tx_now_us(tx),
			                          .state =
			                              hold_has_class(&holds, list.classes[i])
			                                  ? DEADLINE_SET
			                                  : DEADLINE_APPROVED,
			                          .made_us = store_tx_now_us(tx) };
		TRY(store_deadline_put(tx, &row, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
classes_mark(struct store_tx *tx, const struct erasing *erasing, struct err *err)
{
	const struct policy *policy = erasing->policy;

	TRY(undeclared_mark(tx, erasing, err));

	for (size_t i = 0; i < policy->class_count; i++) {
		if (class_ends_with(policy, &policy->classes[i], erasing->touch.subject.kind))
			TRY(class_mark(tx, erasing, i, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
erasing_mark(struct store_tx *tx, struct erasing *erasing, struct err *err)
{
	struct subject_row *subject = &erasing->touch.subject;
	struct ticket_row ticket = erasing_ticket(subject->tenant, subject->id);

	ticket.created_us = store_tx_now_us(tx);
	ticket.expires_us = ticket.created_us + ERASING_FOR;
	ticket.state = erasing->kept == 0 ? ERASING_ALL : ERASING_PART;
	ticket.body = (struct str){ (const char *)erasing->certificate.bytes,
		                    sizeof(erasing->certificate.bytes) };
	subject->flags |= erasing->kept == 0 ? SUBJECT_ERASED
	                                     : SUBJECT_RESTRICTED | SUBJECT_CLOSED |
	                                           SUBJECT_KEPT | SUBJECT_TRIMMED;
	TRY(store_subject_update(tx, subject, err));
	TRY(ticket_delete(tx, &ticket, err)); /* of an erasing before, whose rows follow yet */
	TRY(store_ticket_insert(tx, &ticket, err));
	return erasing->kept == 0 ? RC_OK : classes_mark(tx, erasing, err);
}

static MUST_CHECK enum rc
erase_begin(struct store_tx *tx, void *arg, struct err *err)
{
	struct erasing *erasing = arg;

	TRY(erase_decide(tx, &erasing->touch, err));
	TRY(touch_record(tx, &erasing->touch, err));
	if (touch_is_refused(&erasing->touch))
		return RC_OK;
	TRY(erasing_plan(tx, erasing, err));
	return erasing_mark(tx, erasing, err);
}

/* --- the keys --------------------------------------------------------------------------------
 */

struct step {
	struct vault *vault;
	const struct tenant *tenant;
	struct ticket_row ticket;
	int64_t removed;
};

static MUST_CHECK enum rc
certify(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct step *step = arg;
	struct ticket_row ticket = step->ticket;
	struct erasure_row row = { .tenant = ticket.tenant,
		                   .id = certificate_of(&ticket),
		                   .kind = ERASURE_SUBJECT,
		                   .subject = ticket.id,
		                   .made_us = ticket.created_us,
		                   .beyond_use_us = store_tx_now_us(tx),
		                   .epoch = past_epoch(step->vault) };
	enum rc rc;

	arena_init(&arena, 64 * KIB);
	rc = store_ticket_find(tx, &arena, &ticket, err);
	if (rc == RC_NOT_FOUND) /* somebody else has done it to the end */
		return RC_OK;
	TRY(rc);
	if (ticket.state == ERASING_ALL_GONE || ticket.state == ERASING_PART_GONE)
		return RC_OK;
	if (ticket.state == ERASING_PART)
		row.kind = ERASURE_PART;
	ticket.state = ticket.state == ERASING_PART ? ERASING_PART_GONE : ERASING_ALL_GONE;
	TRY(store_erasure_insert(tx, &row, err));
	TRY(store_ticket_update(tx, &ticket, err));
	step->ticket.state = ticket.state;
	return RC_OK;
}

struct approved {
	struct deadline_row rows[3 * POLICY_LIST_MAX];
	size_t count;
	const struct step *step;
};

static MUST_CHECK enum rc
approved_find(struct store_tx *tx, struct approved *approved, int64_t class, struct err *err)
{
	struct deadline_row row = { .tenant = approved->step->tenant->id,
		                    .subject = approved->step->ticket.id,
		                    .class = class };
	enum rc rc = store_deadline_find(tx, &row, err);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	if (row.state == DEADLINE_APPROVED)
		approved->rows[approved->count++] = row;
	return RC_OK;
}

static MUST_CHECK enum rc
approved_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct approved *approved = arg;
	const struct policy *policy = approved->step->tenant->policy;
	struct undeclared list = { .policy = policy };

	approved->count = 0;
	for (size_t i = 0; i < policy->class_count; i++)
		TRY(approved_find(tx, approved, policy->classes[i].number, err));
	TRY(store_key_scan(tx, approved->step->tenant->id, approved->step->ticket.id,
	                   undeclared_add, &list, err));
	for (size_t i = 0; i < list.count; i++)
		TRY(approved_find(tx, approved, list.classes[i], err));
	return RC_OK;
}

static MUST_CHECK enum rc
part_keys(const struct step *step, struct err *err)
{
	struct approved approved = { .step = step };
	struct ledger_line line = { .kind = LEDGER_KEPT,
		                    .tenant = step->tenant->id,
		                    .subject = step->ticket.id };

	TRY(store_read(step->vault->store, approved_read, &approved, err));
	TRY(past_line(step->vault, &line, err));
	for (size_t i = 0; i < approved.count; i++)
		TRY(class_end(step->vault, step->tenant, &approved.rows[i], err));
	return RC_OK;
}

static MUST_CHECK enum rc
all_keys(const struct step *step, struct err *err)
{
	struct ledger_line line = { .kind = LEDGER_SUBJECT,
		                    .tenant = step->tenant->id,
		                    .subject = step->ticket.id };

	if (broken("erasure.final"))
		return RC_OK;
	TRY(past_line(step->vault, &line, err));
	return keys_destroy_owner(step->vault->keys, line.tenant, line.subject, err);
}

static MUST_CHECK enum rc
step_keys(struct step *step, struct err *err)
{
	atomic_store(&step->vault->has_purges, true);
	if (step->ticket.state == ERASING_PART_GONE || step->ticket.state == ERASING_ALL_GONE)
		return RC_OK;
	if (step->ticket.state == ERASING_PART)
		TRY(part_keys(step, err));
	else
		TRY(all_keys(step, err));
	return store_write(step->vault->store, certify, step, err);
}

/* --- the rows
 * ---------------------------------------------------------------------------------- */

static MUST_CHECK enum rc
rows_remove(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct step *step = arg;
	struct ticket_row ticket = step->ticket;
	enum rc rc;

	/* As it stands: somebody else may be at the same erasure, and further. */
	arena_init(&arena, 64 * KIB);
	step->removed = 0;
	rc = store_ticket_find(tx, &arena, &ticket, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	if (ticket.state != ERASING_PART_GONE && ticket.state != ERASING_ALL_GONE)
		return FAIL(err, RC_CORRUPT, "rows of a subject whose keys are there");
	if (ticket.state == ERASING_PART_GONE)
		TRY(store_subject_strip_some(tx, step->tenant->id, step->ticket.id,
		                             &step->removed, err));
	else
		TRY(store_subject_purge_some(tx, step->tenant->id, step->ticket.id,
		                             &step->removed, err));
	return step->removed == 0 ? ticket_delete(tx, &ticket, err) : RC_OK;
}

static MUST_CHECK enum rc
step_rows(struct step *step, int64_t deadline_us, struct err *err)
{
	step->removed = 1;
	while (step->removed != 0 && clock_monotonic_us() < deadline_us)
		TRY(store_write(step->vault->store, rows_remove, step, err));
	return RC_OK;
}

/* --- what a crash or the clock has cut short
 * ----------------------------------------------------- */

struct tickets_read {
	int64_t tenant;
	struct arena *arena;
	struct ticket_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
tickets_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct tickets_read *read = arg;

	return store_ticket_list(tx, read->tenant, TICKET_ERASING, (struct id){ { 0 } },
	                         read->arena, &read->rows, &read->count, err);
}

/* Subjects first, then classes: keys of all of them, then rows until the time. */
static MUST_CHECK enum rc
tenant_subjects(struct vault *vault, const struct tenant *tenant, int64_t deadline_us,
                struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tickets_read read = { .tenant = tenant->id, .arena = &arena };

	arena_init(&arena, 64 * MIB);
	TRY(store_read(vault->store, tickets_read, &read, err));
	for (size_t i = 0; i < read.count; i++) {
		struct step step = { vault, tenant, read.rows[i], 0 };
		TRY(step_keys(&step, err));
		read.rows[i] = step.ticket;
	}
	for (size_t i = 0; i < read.count; i++) {
		struct step step = { vault, tenant, read.rows[i], 0 };
		TRY(step_rows(&step, deadline_us, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
tenant_classes(struct vault *vault, const struct tenant *tenant, enum deadline_state state,
               int64_t deadline_us, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct deadline_pages pages = {
		.vault = vault,
		.arena = &arena,
		.query = { .tenant = tenant->id, .state = state, .due_us = INT64_MAX }
	};

	arena_init(&arena, 4 * MIB);
	do {
		TRY(deadline_page(&pages, err));
		for (size_t i = 0; i < pages.count; i++) {
			bool is_done = id_is_zero(pages.rows[i].subject);
			if (state == DEADLINE_APPROVED && !is_done)
				TRY(class_end(vault, tenant, &pages.rows[i], err));
			while (state == DEADLINE_PURGING && !is_done &&
			       clock_monotonic_us() < deadline_us)
				TRY(class_purge_some(vault, &pages.rows[i], &is_done, err));
		}
	} while (pages.count != 0);
	return RC_OK;
}

enum rc
vault_purge_some(struct vault *vault, int64_t deadline_us, struct err *err)
{
	/* Before, not after: what is erased meanwhile sets it again. */
	atomic_store(&vault->has_purges, false);
	for (size_t i = 0; i < vault_tenant_count(vault); i++) {
		const struct tenant *tenant = vault_tenant_at(vault, i);
		TRY(tenant_subjects(vault, tenant, deadline_us, err));
		TRY(tenant_classes(vault, tenant, DEADLINE_PURGING, deadline_us, err));
	}
	if (clock_monotonic_us() >= deadline_us)
		atomic_store(&vault->has_purges, true);
	return RC_OK;
}

enum rc
subjects_finish_erasing(struct vault *vault, struct err *err)
{
	for (size_t i = 0; i < vault_tenant_count(vault); i++)
		TRY(tenant_classes(vault, vault_tenant_at(vault, i), DEADLINE_APPROVED, 0,
		                   err));
	return vault_purge_some(vault, clock_monotonic_us() + PURGE_AT_ONCE, err);
}

/* --- erasing a subject
 * ------------------------------------------------------------------------------ */

static void
erasing_wipe(struct erasing *erasing)
{
	touch_wipe(&erasing->touch);
}

/* Classes that end one by one are purged by the marks that class_end() leaves. */
static MUST_CHECK enum rc
erasing_run(const struct erasing *erasing, struct err *err)
{
	int64_t deadline_us = clock_monotonic_us() + PURGE_AT_ONCE;
	struct step step = { .vault = erasing->vault,
		             .tenant = erasing->tenant,
		             .ticket = erasing_ticket(erasing->tenant->id,
		                                      erasing->touch.subject.id) };

	step.ticket.state = erasing->kept == 0 ? ERASING_ALL : ERASING_PART;
	step.ticket.created_us = erasing->touch.entry.time_us;
	step.ticket.body = (struct str){ (const char *)erasing->certificate.bytes,
		                         sizeof(erasing->certificate.bytes) };
	TRY(step_keys(&step, err));
	TRY(step_rows(&step, deadline_us, err));
	if (erasing->kept != 0)
		TRY(tenant_classes(erasing->vault, erasing->tenant, DEADLINE_PURGING,
		                   deadline_us, err));
	return RC_OK;
}

enum rc
vault_subject_erase(const struct door *door, struct id subject, struct erasure_result *result,
                    struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(erasing_wipe)
	struct erasing erasing = { .vault = door->vault,
		                   .tenant = door->tenant,
		                   .policy = door->tenant->policy,
		                   .certificate = id_new(clock_now_us(door->vault->clock)),
		                   .arena = &arena };
	struct ask ask = { .verb = VERB_ERASE, .subject = subject };
	struct subject_row row = { .tenant = door->tenant->id, .id = subject };
	const struct policy *policy = door->tenant->policy;
	const struct policy_class *first = NULL;

	arena_init(&arena, 4 * MIB);
	TRY(vault_subject_find(door->vault, &row, err));
	for (size_t i = 0; i < policy->class_count && first == NULL; i++) {
		if (policy->classes[i].about_number == row.kind)
			first = &policy->classes[i];
	}
	if (first == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no such subject");
	ask.class = first->name;
	ask.purpose = purpose_for(policy, first, door->purpose);
	TRY(touch_begin(&erasing.touch, door, &ask, "erase-subject", err));
	TRY(store_write(door->vault->store, erase_begin, &erasing, err));
	TRY(touch_end(&erasing.touch, err));
	TRY(erasing_run(&erasing, err));
	if (result != NULL)
		*result = (struct erasure_result){ erasing.certificate, erasing.erased,
			                           erasing.kept };
	return RC_OK;
}

/* --- the last of a closed subject
 * ----------------------------------------------------------------------- */

static MUST_CHECK enum rc
is_empty(struct store_tx *tx, struct erasing *erasing, bool *is, struct err *err)
{
	struct subject_row *subject = &erasing->touch.subject;
	struct record_query query = { .tenant = subject->tenant,
		                      .subject = subject->id,
		                      .order = RECORD_BY_ID,
		                      .limit = 1,
		                      .without_body = true };
	struct hold_rows holds;
	struct record_row *rows;
	size_t count;

	*is = false;
	TRY(store_subject_find(tx, subject, err));
	if ((subject->flags & (SUBJECT_CLOSED | SUBJECT_ERASED)) != SUBJECT_CLOSED)
		return RC_OK;
	TRY(store_record_list(tx, &query, erasing->arena, &rows, &count, err));
	TRY(holds_read(tx, subject->tenant, subject->id, erasing->arena, &holds, err));
	*is = count == 0 && holds.count == 0;
	return RC_OK;
}

static MUST_CHECK enum rc
end_if_empty(struct store_tx *tx, void *arg, struct err *err)
{
	struct erasing *erasing = arg;
	const struct past_entry entry = { .tenant = erasing->tenant,
		                          .act = "erase-subject",
		                          .detail = "retention" };
	bool is = false;
	enum rc rc = is_empty(tx, erasing, &is, err);

	erasing->erased = 0;
	if (rc == RC_NOT_FOUND || (rc == RC_OK && !is))
		return RC_OK;
	TRY(rc);
	erasing->erased = 1;
	erasing->touch.entry.time_us = store_tx_now_us(tx);
	TRY(past_entry_write(tx, &entry, err));
	return erasing_mark(tx, erasing, err);
}

enum rc
subject_end_if_empty(struct vault *vault, const struct tenant *tenant, struct id subject,
                     struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct erasing erasing = { .vault = vault,
		                   .tenant = tenant,
		                   .policy = tenant->policy,
		                   .certificate = id_new(clock_now_us(vault->clock)),
		                   .touch = { .subject = { .tenant = tenant->id,
		                                           .id = subject } },
		                   .arena = &arena };

	arena_init(&arena, 4 * MIB);
	TRY(store_write(vault->store, end_if_empty, &erasing, err));
	return erasing.erased == 0 ? RC_OK : erasing_run(&erasing, err);
}

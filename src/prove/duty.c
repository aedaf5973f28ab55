/*
 * Probes of periods and notice: what is past its time is gone, and nobody is
 * surprised by a new policy.
 */
#include "base/zone.h"
#include "deid/text.h"
#include "office/agreement.h"
#include "office/tally.h"
#include "prove/inside.h"
#include "vault/version.h"

/* --- retention -------------------------------------------------------------------------- */

static const struct retention_line *
line_of(const struct retention_run *run, const struct policy_class *class)
{
	for (size_t i = 0; i < run->count; i++) {
		if (run->lines[i].class == class)
			return &run->lines[i];
	}
	return NULL;
}

static MUST_CHECK enum rc
overdue_check(struct prove *prove, const struct policy_class *class, struct verdict *verdict,
              struct err *err)
{
	struct retention_run run = { .is_dry = true };
	const struct retention_line *line;
	int64_t now_us = clock_now_us(vault_clock(prove->vault));

	TRY(vault_retention_sweep(prove->vault, prove->tenant, &run, prove->arena, err));
	line = line_of(&run, class);
	if (line != NULL && line->due > line->held + line->waiting &&
	    line->oldest_us < now_us - SWEEP_LAG_US)
		verdict_broken(prove, verdict, "%lld are past their time by more than a day",
		               (long long)(line->due - line->held - line->waiting));
	return RC_OK;
}

/* A moment from which the class's period has been over for two days. */
static MUST_CHECK enum rc
begun_long_ago(struct prove *prove, const struct policy_class *class, int64_t *begun_us,
               struct err *err)
{
	int64_t now_us = clock_now_us(vault_clock(prove->vault));
	int64_t end_us = 0;

	TRY(vault_deadline(prove->tenant, &class->keep.plus, now_us, &end_us, err));
	*begun_us = now_us - (end_us - now_us) - 4 * US_PER_DAY;
	return RC_OK;
}

static bool
is_of_record(const struct policy_class *class)
{
	return class->keep.until == KEEP_RECORDED || class->keep.until == KEEP_SUBMITTED;
}

static MUST_CHECK enum rc
is_there(struct prove *prove, const struct canary *canary, const struct policy_class *class,
         bool *is_it, struct err *err)
{
	struct record_query query = { .subject = canary->person,
		                      .order = RECORD_BY_ID,
		                      .limit = 1 };
	struct door door = prove->door;
	struct vault_records records = { 0 };
	struct err gone;
	enum rc rc;

	door.purpose = plain_purpose(prove->tenant->policy, class);
	rc = vault_list(&door, class->name, &query, prove->arena, &records, &gone);
	*is_it = rc == RC_OK && records.count != 0;
	if (rc == RC_OK || rc == RC_GONE || rc == RC_NOT_FOUND)
		return RC_OK;
	*err = gone;
	return rc;
}

/* Longer than a sweep's cap can take many runs: the canary's deadline is the oldest,
 * so it goes with the first. */
static MUST_CHECK enum rc
past_canary(struct prove *prove, const struct policy_class *class, struct verdict *verdict,
            struct err *err)
{
	struct vault_record record = { 0 };
	struct retention_run run = { 0 };
	struct retention_trigger trigger = { .trigger = class->keep.until };
	struct canary *canary;
	bool is_it = false;

	TRY(canary_subject(prove, class, &canary, err));
	TRY(begun_long_ago(prove, class, &trigger.at_us, err));
	if (is_of_record(class))
		record.created_us = trigger.at_us;
	TRY(canary_record(prove, canary, class, &record, err));
	trigger.subject = canary->person;
	if (!is_of_record(class))
		TRY(vault_retention_trigger(&prove->door, &trigger, err));
	TRY(vault_retention_sweep(prove->vault, prove->tenant, &run, prove->arena, err));
	TRY(is_there(prove, canary, class, &is_it, err));
	if (class->keep.then == THEN_ASK_CLIENT) {
		if (!is_it)
			verdict_broken(prove, verdict, "a canary was erased without approval");
		verdict_kept(prove, verdict, "a canary past its time waits for approval");
		return RC_OK;
	}
	if (is_it)
		verdict_broken(prove, verdict, "a canary past its time is still there");
	verdict_kept(prove, verdict,
	             "nothing is past its time; a canary past it was gone after a sweep");
	return RC_OK;
}

/* The log is no record, and goes by whole bundles: the last of the oldest tells. */
static MUST_CHECK enum rc
log_age(struct prove *prove, const struct policy_class *class, struct verdict *verdict,
        struct err *err)
{
	struct entry_row *rows = NULL;
	struct audit_entry entry;
	size_t found = 0;
	int64_t end_us = 0, first = 0;
	int64_t now_us = clock_now_us(vault_clock(prove->vault));

	TRY(audit_minimum(vault_audit(prove->vault), prove->tenant->id, &first, err));
	TRY(audit_entries(vault_audit(prove->vault), prove->tenant->id, first + LOG_BUNDLE - 1,
	                  1, prove->arena, &rows, &found, err));
	if (found != 0) {
		TRY(audit_entry_parse(rows[0].leaf, &entry, prove->arena, err));
		TRY(vault_deadline(prove->tenant, &class->keep.plus, entry.time_us, &end_us,
		                   err));
		if (end_us < now_us - SWEEP_LAG_US)
			verdict_broken(prove, verdict,
			               "entries past their time are in the log");
	}
	verdict_kept(prove, verdict, "no entry of the log is past its time");
	return RC_OK;
}

static MUST_CHECK enum rc
tallies_age(struct prove *prove, const struct policy_class *class, struct verdict *verdict,
            struct err *err)
{
	int64_t oldest_us = 0, end_us = INT64_MAX;

	TRY(tally_oldest(prove->office, prove->tenant, &oldest_us, err));
	if (oldest_us != INT64_MAX)
		TRY(vault_deadline(prove->tenant, &class->keep.plus, oldest_us, &end_us, err));
	if (end_us < clock_now_us(vault_clock(prove->vault)) - 2 * US_PER_DAY)
		verdict_broken(prove, verdict, "counts past their time are still here");
	verdict_kept(prove, verdict, "no count is past its time");
	return RC_OK;
}

enum rc
retention_class(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct policy_class *class = policy_class_find(prove->tenant->policy, rest);

	if (class == NULL)
		return FAIL(err, RC_NOT_FOUND, "the policy has no such class");
	if (class->keep.then == THEN_PRUNE)
		return log_age(prove, class, verdict, err);
	if (str_eq(class->name, STR("usage")))
		return tallies_age(prove, class, verdict, err);
	TRY(overdue_check(prove, class, verdict, err));
	if (class->needs_agreement) {
		verdict_not_built(prove, verdict,
		                  "nothing can be stored: no agreement can be put on file yet");
		return RC_OK;
	}
	if (class->use == 0) {
		verdict_not_built(prove, verdict, "nothing uses this class");
		return RC_OK;
	}
	return past_canary(prove, class, verdict, err);
}

/* --- notice of changes
 * ------------------------------------------------------------------------- */

/* The policy in force with one more purpose, of tomorrow. */
static MUST_CHECK enum rc
changed_policy(struct prove *prove, struct str *yaml, struct err *err)
{
	struct str source = prove->tenant->policy->source;
	struct str mark = STR("\npurposes:\n");
	const char *at = memmem(source.ptr, source.len, mark.ptr, mark.len);
	struct str old = prove->tenant->policy->version;
	const char *version = memmem(source.ptr, source.len, old.ptr, old.len);
	struct civil day =
	    civil_from_us(clock_now_us(vault_clock(prove->vault)) + 2 * US_PER_DAY, 0);
	size_t head;

	if (at == NULL || version == NULL || version > at)
		return FAIL(err, RC_INVALID, "the policy's purposes are not found");
	head = (size_t)(version - source.ptr);
	*yaml = str_printf(
	    prove->arena,
	    "%.*s%04d-%02d-%02d%.*s  a_probe_s: { basis: consent, says: to see "
	    "whether a change is noticed }\n%.*s",
	    (int)head, source.ptr, (int)day.year, (int)day.month, (int)day.day,
	    (int)(at + mark.len - version - (ptrdiff_t)old.len), version + old.len,
	    (int)(source.ptr + source.len - at - (ptrdiff_t)mark.len), at + mark.len);
	return RC_OK;
}

enum rc
notice_lead_time(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct policy_diagnostics faults = { .arena = prove->arena };
	struct policy_load load = { .faults = &faults, .is_dry_run = true };
	struct err refused = { 0 };
	enum rc rc;

	(void)rest;
	TRY(changed_policy(prove, &load.yaml, err));
	rc = vault_policy_load(&prove->door, &load, prove->arena, &refused);
	if (rc == RC_OK)
		verdict_broken(prove, verdict,
		               "a material change of the day after tomorrow was accepted");
	else if (rc != RC_PRECONDITION) {
		*err = refused;
		return rc;
	}
	verdict_kept(prove, verdict,
	             "a material change is refused inside the %d days of notice",
	             prove->tenant->policy->notice_days);
	return RC_OK;
}

/* --- telemetry
 * ------------------------------------------------------------------------------------ */

enum rc
telemetry_anonymous(struct prove *prove, struct str rest, struct verdict *verdict,
                    struct err *err)
{
	const struct policy_class *class =
	    policy_class_find(prove->tenant->policy, STR("usage"));
	struct canary_wish wish = { .role = role_with(prove->tenant->policy, VERB_READ,
		                                      STR("request")),
		                    .assurance = 2 };
	struct question question = { .method = "GET", .is_counted = true };
	struct canary *canary;
	struct answer answer;
	size_t rows = 0;
	bool is_clean = false;

	(void)rest;
	if (wish.role == NULL)
		return FAIL(err, RC_NOT_FOUND, "no role can be tried");
	TRY(canary_make(prove, &wish, &canary, err));
	question.token = str_from_c(canary->token);
	question.path =
	    str_printf(prove->arena, "/log/proof/%s?%s=1", canary->mark, canary->mark);
	/* One is counted after its answer is out, and before the next of its connection is
	 * read. */
	TRY(client_ask(prove, &question, &answer, err));
	TRY(client_ask(prove, &question, &answer, err));
	TRY(tally_flush(prove->office, err));
	TRY(tally_holds_none(prove->office, prove->tenant, str_from_c(canary->mark), &rows,
	                     &is_clean, err));
	if (!is_clean)
		verdict_broken(prove, verdict, "a count names more than a route");
	if (class != NULL)
		TRY(tallies_age(prove, class, verdict, err));
	verdict->state = verdict->state == PROOF_KEPT ? PROOF_NONE : verdict->state;
	verdict_kept(prove, verdict,
	             "%zu counts by day and route, without ids, addresses or contents", rows);
	return RC_OK;
}

/* --- de-identified text
 * ---------------------------------------------------------------------------- */

enum rc
text_is_stripped(struct prove *prove, struct verdict *verdict, struct err *err)
{
	CLEANUP(deid_close) struct deid *deid = NULL;
	CLEANUP(buf_free) struct buf out = { 0 };
	static const char *const identifiers[] = { "Marlene Fictive",
		                                   "marlene.fictive@example.org",
		                                   "+33 6 12 34 56 78", "14 March 1961",
		                                   "MRN: 88412390" };
	struct deid_options options = { .style = DEID_TAGS };
	struct str text = STR("Seen today: Mrs Marlene Fictive, born on 14 March 1961, MRN: "
	                      "88412390, tel. +33 6 12 34 56 78, "
	                      "marlene.fictive@example.org. Glucose 5.4 mmol/L.");
	struct str done;

	TRY(deid_open(&deid, err));
	buf_init(&out, 64 * KIB);
	TRY(deid_text(deid, &options, text, &out, err));
	TRY(buf_finish(&out, &done, err));
	for (size_t i = 0; i < COUNT_OF(identifiers); i++) {
		if (memmem(done.ptr, done.len, identifiers[i], strlen(identifiers[i])) != NULL)
			verdict_broken(prove, verdict, "an identifier is left in a text");
	}
	return RC_OK;
}

/* --- training of staff
 * ------------------------------------------------------------------------- */

static MUST_CHECK enum rc
training_lapse(struct prove *prove, const struct canary *canary, struct err *err)
{
	struct door door = office_door(prove->office, prove->tenant);
	struct agreement training = { .person = canary->person,
		                      .kind = STR("training"),
		                      .how = STR("probe"),
		                      .state = STR("accepted") };

	training.until_us = clock_now_us(vault_clock(prove->vault)) - US_PER_DAY;
	return agreement_put(&door, prove->office, &training, err);
}

enum rc
staff_trained(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	size_t tried = 0;

	(void)rest;
	for (size_t i = 0; i < policy->role_count; i++) {
		struct canary_wish wish = { .role = &policy->roles[i], .assurance = 2 };
		struct canary *canary;
		if (policy->roles[i].by_credential ||
		    !onboarding_concerns(policy, &policy->roles[i], "training"))
			continue;
		TRY(canary_make(prove, &wish, &canary, err));
		TRY(training_lapse(prove, canary, err));
		TRY(shut_walk(prove, canary, &tried, verdict, err));
	}
	verdict_kept(prove, verdict,
	             "%zu addresses gave nothing to staff whose training lapsed", tried);
	return RC_OK;
}

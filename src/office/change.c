/*
 * See change.h.  A version passes through these phases, each a page of people at a time:
 *
 *   telling ── everybody told ── told ── in force ── settling ── settled
 */
#include "office/change.h"

#include "crypto/secret.h"
#include "office/agreement.h"
#include "office/alert.h"
#include "office/change_words.h"
#include "office/inside.h"
#include "office/tell.h"
#include "vault/choice.h"
#include "vault/version.h"

#define PEOPLE_AT_ONCE 20 /* between two notes of how far it has come */
#define MAIL_LATE_US   US_PER_HOUR

enum phase { PHASE_TELLING = 0, PHASE_TOLD, PHASE_SETTLING, PHASE_SETTLED };

struct progress {
	int64_t phase, told;
	struct id after;
};

struct change {
	struct office *office;
	const struct tenant *tenant;
	struct arena *arena;
	const struct policy_version *version, *before;
	struct policy *new, *old; /* of them; read when they are needed */
	struct progress progress;
	int64_t deadline_us;
};

/* --- how far it has come ----------------------------------------------------------------- */

static const char *
setting_name(struct arena *arena, const char *what, struct str version)
{
	return str_printf(arena, "change.%s.%.*s", what, STR_ARGS(version)).ptr;
}

/* "PHASE TOLD AFTER" */
static MUST_CHECK enum rc
progress_read(struct office *office, const struct tenant *tenant, struct str version,
              struct arena *arena, struct progress *progress, struct err *err)
{
	struct str value, word;

	*progress = (struct progress){ 0 };
	TRY(office_setting(office, tenant, setting_name(arena, "told", version), arena, &value,
	                   err));
	if (value.len == 0)
		return RC_OK;
	value = str_cut(value, ' ', &word);
	TRY(str_to_i64(word, &progress->phase, err));
	value = str_cut(value, ' ', &word);
	TRY(str_to_i64(word, &progress->told, err));
	return id_parse(value, &progress->after, err);
}

static MUST_CHECK enum rc
progress_write(const struct change *change, struct err *err)
{
	const struct progress *progress = &change->progress;
	char after[ID_TEXT_LEN + 1];

	id_format(progress->after, after);
	return office_setting_put(change->office, change->tenant,
	                          setting_name(change->arena, "told", change->version->version),
	                          str_printf(change->arena, "%lld %lld %s",
	                                     (long long)progress->phase,
	                                     (long long)progress->told, after),
	                          err);
}

static MUST_CHECK enum rc
phase_set(struct change *change, enum phase phase, struct err *err)
{
	change->progress.phase = phase;
	change->progress.after = (struct id){ { 0 } };
	return progress_write(change, err);
}

/* --- people, a page at a time ------------------------------------------------------------ */

typedef enum rc person_step(struct change *change, const struct person *person,
                            struct err *err);

static bool
is_late(const struct change *change)
{
	return clock_monotonic_us() >= change->deadline_us;
}

static MUST_CHECK enum rc
people_page(struct change *change, person_step *step, bool *is_more, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(change->office, change->tenant);
	struct persons persons;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	door.purpose = STR("security");
	TRY(people_list(&door, change->office->people, change->progress.after, PEOPLE_AT_ONCE,
	                &arena, &persons, err));
	for (size_t i = 0; i < persons.count; i++) {
		enum rc rc = RC_OK;
		if (persons.items[i].state == PERSON_ACTIVE)
			rc = step(change, &persons.items[i], err);
		if (rc != RC_OK && rc != RC_GONE) /* erased at this moment: nobody to tell */
			return rc;
		change->progress.after = persons.items[i].id;
	}
	*is_more = persons.count != 0;
	return *is_more ? progress_write(change, err) : RC_OK;
}

/* To the last one, or until the time is up. */
static MUST_CHECK enum rc
people_all(struct change *change, person_step *step, bool *is_done, struct err *err)
{
	bool is_more = true;

	while (is_more && !is_late(change))
		TRY(people_page(change, step, &is_more, err));
	*is_done = !is_more;
	return RC_OK;
}

/* --- telling -------------------------------------------------------------------------- */

static bool
is_way(const struct policy *policy, const char *way)
{
	for (size_t i = 0; i < policy->notice_by_count; i++) {
		if (str_eq(policy->notice_by[i], str_from_c(way)))
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
person_tell(struct change *change, const struct person *person, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct policy_changes changes;
	struct change_news news = { .language = person->language,
		                    .tenant = change->tenant,
		                    .version = change->version->version,
		                    .before = change->before->version };
	struct telling telling = { .person = person->id,
		                   .kind = "policy",
		                   .by_mail = is_way(change->old, "email"),
		                   .by_page = true };
	struct tell_once once = { &telling, news.version, change->version->loaded_us };

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(office_url(change->office, change->tenant, &arena, &news.url, err));
	policy_diff(change->old, change->new, &arena, &changes);
	news.changes = &changes;
	change_words(&news, &arena, &telling.subject, &telling.text);
	TRY(office_tell_once(change->office, change->tenant, &once, err));
	change->progress.told++;
	return RC_OK;
}

/* Ways that the program has not. */
static MUST_CHECK enum rc
by_hand(const struct change *change, struct err *err)
{
	static const char *const ways[] = { "text", "letter" };

	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct alert alert = { .what = i == 0 ? "notice-text" : "notice-letter",
			               .severity = "high" };
		if (!is_way(change->old, ways[i]))
			continue;
		alert.title =
		    str_printf(change->arena, "People must be told of the policy of %.*s by %s",
		               STR_ARGS(change->version->version), ways[i]);
		alert.text = str_printf(
		    change->arena,
		    "The policy in force promises notice by %s, which this program "
		    "does not send. Do it by hand, and close this with what was done.",
		    ways[i]);
		TRY(alert_raise(change->office, change->tenant, &alert, err));
	}
	return RC_OK;
}

/* The days of notice have begun and somebody has not been told. */
static MUST_CHECK enum rc
lateness_check(const struct change *change, struct err *err)
{
	const struct alert alert = {
		.what = "notice-late",
		.severity = "high",
		.title = STR("Not everybody has been told of the next policy in time"),
		.text = STR("The notice that the policy in force promises has become too short "
		            "for somebody. Find out what keeps messages back, and load the "
		            "policy again with a later day."),
	};
	int64_t last_us = change->version->effective_us - change->old->notice_days * US_PER_DAY;

	if (office_now_us(change->office) <= last_us ||
	    change->version->effective_us == change->version->loaded_us)
		return RC_OK;
	return alert_raise(change->office, change->tenant, &alert, err);
}

struct outbox_look {
	int64_t tenant, before_us;
	bool is_late;
};

static enum rc
outbox_look(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct outbox_look *look = arg;
	struct outbox_row *rows;
	size_t count;

	arena_init(&arena, LIMIT_ARENA_BYTES);
	TRY(store_outbox_due(tx, INT64_MAX, &arena, &rows, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (rows[i].tenant == look->tenant && rows[i].created_us < look->before_us)
			look->is_late = true;
	}
	return RC_OK;
}

/* What was handed to mail is not told before it has left. */
static MUST_CHECK enum rc
mail_check(const struct change *change, struct err *err)
{
	const struct alert alert = {
		.what = "mail",
		.severity = "high",
		.title = STR("Mail about the next policy has not left for an hour"),
		.text = STR("People are told of the next policy by mail, and mail is waiting. "
		            "Look at the connection to the mail server."),
	};
	struct outbox_look look = { .tenant = change->tenant->id,
		                    .before_us = office_now_us(change->office) - MAIL_LATE_US };

	if (change->office->is_demo)
		return RC_OK;
	TRY(store_read(vault_store(change->office->vault), outbox_look, &look, err));
	return look.is_late ? alert_raise(change->office, change->tenant, &alert, err) : RC_OK;
}

static MUST_CHECK enum rc
telling_go_on(struct change *change, struct err *err)
{
	bool is_done = false;

	if (id_is_zero(change->progress.after))
		TRY(by_hand(change, err));
	TRY(lateness_check(change, err));
	TRY(people_all(change, person_tell, &is_done, err));
	return is_done ? phase_set(change, PHASE_TOLD, err) : RC_OK;
}

/* --- consents to another text ------------------------------------------------------------ */

/* A purpose that rested on consent and goes, rests on something else or says something
 * else from now on. */
static bool
is_changed(const struct policy_purpose *was, const struct policy *new)
{
	const struct policy_purpose *is = policy_purpose_find(new, was->name);

	return was->basis == BASIS_CONSENT &&
	       (is == NULL || is->basis != BASIS_CONSENT || !str_eq(is->says, was->says));
}

/* With a recipient or without: what was agreed to was the purpose as it was. */
static bool
is_to_other_text(const struct change *change, const struct choice *choice)
{
	const struct policy_purpose *was = policy_purpose_find(change->old, choice->purpose);

	return choice->kind == CHOICE_CONSENT && choice->withdrawn_us == 0 && was != NULL &&
	       choice->given_us < change->version->effective_us && is_changed(was, change->new);
}

static MUST_CHECK enum rc
person_settle(struct change *change, const struct person *person, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(change->office, change->tenant);
	const struct policy_role *role = policy_role_find(change->new, person->role);
	struct choices choices = { 0 };

	if (role == NULL || onboarding_consents(change->old, role) == 0)
		return RC_OK;
	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(vault_choice_list(&door, person->id, &arena, &choices, err));
	for (size_t i = 0; i < choices.count; i++) {
		if (is_to_other_text(change, &choices.items[i]))
			TRY(vault_choice_withdraw(&door, choices.items[i].id, err));
	}
	return RC_OK;
}

static bool
consents_change(const struct policy *old, const struct policy *new)
{
	for (size_t i = 0; i < old->purpose_count; i++) {
		if (is_changed(&old->purposes[i], new))
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
settling_go_on(struct change *change, struct err *err)
{
	bool is_done = false;

	if (!consents_change(change->old, change->new))
		return phase_set(change, PHASE_SETTLED, err);
	if (change->progress.phase != PHASE_SETTLING)
		TRY(phase_set(change, PHASE_SETTLING, err));
	TRY(people_all(change, person_settle, &is_done, err));
	return is_done ? phase_set(change, PHASE_SETTLED, err) : RC_OK;
}

/* --- housekeeping ------------------------------------------------------------------------- */

static MUST_CHECK enum rc
version_read(const struct policy_version *version, struct arena *arena, struct policy **policy,
             struct err *err)
{
	struct policy_diagnostics *faults =
	    arena_alloc(arena, sizeof(*faults), _Alignof(struct policy_diagnostics));

	*faults = (struct policy_diagnostics){ .arena = arena };
	return policy_read(policy, version->source, faults, err);
}

static void
policies_drop(struct change *change)
{
	policy_free(change->new);
	policy_free(change->old);
}

static MUST_CHECK enum rc
change_go_on(struct change *like, struct err *err)
{
	CLEANUP(policies_drop) struct change change = *like;
	bool is_past = change.version->effective_us <= office_now_us(change.office);

	if (change.progress.phase == PHASE_SETTLED ||
	    (change.progress.phase == PHASE_TOLD && !is_past))
		return change.progress.phase == PHASE_TOLD ? mail_check(&change, err) : RC_OK;
	TRY(version_read(change.version, change.arena, &change.new, err));
	TRY(version_read(change.before, change.arena, &change.old, err));
	if (change.progress.phase == PHASE_TELLING)
		TRY(telling_go_on(&change, err));
	if (change.progress.phase == PHASE_TELLING || !is_past ||
	    !secret_eq(change.tenant->policy->hash.bytes, change.version->hash.bytes,
	               DIGEST_BYTES))
		return RC_OK;
	return settling_go_on(&change, err);
}

/* Oldest first, but the tenant's first version, of which nobody need be told. */
enum rc
change_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
            struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct policy_versions versions;

	arena_init(&arena, LIMIT_ARENA_BYTES);
	TRY(vault_version_list(office->vault, tenant, &arena, &versions, err));
	for (size_t i = versions.count - 1; i > 0; i--) {
		struct change change = { .office = office,
			                 .tenant = tenant,
			                 .arena = &arena,
			                 .version = &versions.items[i - 1],
			                 .before = &versions.items[i],
			                 .deadline_us = deadline_us };
		TRY(progress_read(office, tenant, change.version->version, &arena,
		                  &change.progress, err));
		TRY(change_go_on(&change, err));
	}
	return RC_OK;
}

/* --- for pages -----------------------------------------------------------------------------
 */

enum rc
change_progress(struct office *office, const struct tenant *tenant, struct str version,
                struct change_progress *progress, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct progress read;
	struct str accepted;

	arena_init(&arena, 64 * KIB);
	TRY(progress_read(office, tenant, version, &arena, &read, err));
	TRY(office_setting(office, tenant, setting_name(&arena, "accepted", version), &arena,
	                   &accepted, err));
	*progress = (struct change_progress){ .told = read.told,
		                              .is_told = read.phase >= PHASE_TOLD,
		                              .is_settled = read.phase == PHASE_SETTLED };
	return accepted.len == 0 ? RC_OK : str_to_i64(accepted, &progress->accepted, err);
}

enum rc
change_ahead(struct office *office, const struct tenant *tenant, struct arena *arena,
             struct str *version, struct err *err)
{
	struct policy_versions versions;

	TRY(vault_version_list(office->vault, tenant, arena, &versions, err));
	*version = STR_EMPTY;
	for (size_t i = 0; i < versions.count && !versions.items[i].is_in_force; i++)
		*version = versions.items[i].version;
	return RC_OK;
}

struct accepting {
	int64_t tenant;
	struct str name;
};

static enum rc
accepted_add(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct accepting *accepting = arg;
	struct str value;
	int64_t count = 0;
	enum rc rc;

	arena_init(&arena, 16 * KIB);
	rc = store_setting_find(tx, accepting->tenant, accepting->name, &arena, &value, err);
	if (rc == RC_OK)
		TRY(str_to_i64(value, &count, err));
	else if (rc != RC_NOT_FOUND)
		return rc;
	return store_setting_put(tx, accepting->tenant, accepting->name,
	                         str_printf(&arena, "%lld", (long long)(count + 1)), err);
}

static MUST_CHECK enum rc
version_find(struct office *office, const struct tenant *tenant, struct str version,
             struct arena *arena, struct policy_version *found, struct err *err)
{
	struct policy_versions versions;

	TRY(vault_version_list(office->vault, tenant, arena, &versions, err));
	for (size_t i = 0; i < versions.count; i++) {
		if (!str_eq(versions.items[i].version, version))
			continue;
		*found = versions.items[i];
		return RC_OK;
	}
	return FAIL(err, RC_NOT_FOUND, "version: there is none of that day");
}

enum rc
change_accept(const struct door *door, struct office *office, struct str version,
              struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct accepting accepting = { .tenant = door->tenant->id };
	struct agreement agreement = { .person = door->actor->id,
		                       .kind = STR("policy"),
		                       .how = STR("page"),
		                       .state = STR("accepted") };
	const struct agreement *before;
	struct agreements agreements;
	struct policy_version found;

	arena_init(&arena, LIMIT_ARENA_BYTES);
	TRY(version_find(office, door->tenant, version, &arena, &found, err));
	TRY(agreement_list(door, office, agreement.person, &arena, &agreements, err));
	before = agreement_find(&agreements, "policy", version);
	if (before != NULL && str_eq(before->state, STR("accepted")))
		return RC_OK;
	agreement.version = found.version;
	agreement.hash = hex_format(&arena, found.hash.bytes, DIGEST_BYTES);
	TRY(agreement_put(door, office, &agreement, err));
	accepting.name = str_from_c(setting_name(&arena, "accepted", found.version));
	return store_write(vault_store(office->vault), accepted_add, &accepting, err);
}

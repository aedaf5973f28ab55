/*
 * The steps before anything opens: one table, each step with whom it concerns and how
 * it is seen to be done.
 */
#include "office/onboarding.h"
#include "base/broken.h"

#include "crypto/secret.h"
#include "office/agreement.h"
#include "vault/choice.h"

#define TRUST_US     US_PER_HOUR /* another server may have written meanwhile */
#define ONBOARDED    4096        /* rows of the table; a power of two */
#define FACTS_BYTES  (8 * MIB)
#define CONSENT_KIND "consents"

/* --- what the steps look at ------------------------------------------------------------- */

struct facts {
	struct office *office;
	const struct tenant *tenant;
	const struct policy *policy; /* one for all steps */
	const struct onboarding_ask *ask;
	struct arena *arena;
	struct agreements agreements;
	int64_t now_us;
	struct onboarding *state;
};

static bool
has_manage(const struct policy_role *role)
{
	for (size_t i = 0; i < role->grant_count; i++) {
		if (role->grants[i].verb == VERB_MANAGE)
			return true;
	}
	return false;
}

static bool
sees_others(const struct policy_role *role)
{
	for (size_t i = 0; i < role->grant_count; i++) {
		if (role->grants[i].verb != VERB_MANAGE && role->grants[i].scope > SCOPE_OWN)
			return true;
	}
	return false;
}

static void
lapses(struct facts *facts, int64_t until_us)
{
	if (until_us != 0 && until_us < facts->state->until_us)
		facts->state->until_us = until_us;
}

/* In force, and noted when it ends. */
static bool
holds(struct facts *facts, const struct agreement *agreement)
{
	if (agreement == NULL ||
	    (agreement->until_us != 0 && agreement->until_us <= facts->now_us))
		return false;
	lapses(facts, agreement->until_us);
	return true;
}

/* --- consents --------------------------------------------------------------------------- */

static bool
is_used_about(const struct policy *policy, size_t purpose, int64_t kind)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if ((class->use >> purpose & 1) != 0 && !str_eq(class->name, STR("consent")) &&
		    !policy_kind_is_many(class->about) && class->about_number == kind)
			return true;
	}
	return false;
}

policy_set
onboarding_consents(const struct policy *policy, const struct policy_role *role)
{
	const struct policy_class *class = policy_class_find(policy, STR("consent"));
	policy_set purposes = 0;

	if (class == NULL || !policy_class_is_about(policy, class, role->is_number))
		return 0;
	for (size_t i = 0; i < policy->purpose_count; i++) {
		if (policy->purposes[i].basis == BASIS_CONSENT &&
		    is_used_about(policy, i, role->is_number))
			purposes |= (policy_set)1 << i;
	}
	return purposes;
}

/* What a purpose says, on one line of the answers. */
static struct str
one_line(struct arena *arena, struct str says)
{
	char *line = arena_alloc(arena, says.len + 1, 1);

	for (size_t i = 0; i < says.len; i++)
		line[i] = says.ptr[i] == '\n' || says.ptr[i] == '\t' ? ' ' : says.ptr[i];
	return (struct str){ line, says.len };
}

/* The line of a purpose among the answers, with the text it was asked with; empty: it
 * was not asked, or with another text. */
static struct str
answer_of(struct str answers, const struct policy_purpose *purpose, struct arena *arena)
{
	struct str says = one_line(arena, purpose->says);
	struct str line, name, answer, asked;

	while (answers.len != 0) {
		answers = str_cut(answers, '\n', &line);
		asked = str_cut(str_cut(line, '\t', &name), '\t', &answer);
		if (str_eq(name, purpose->name) && str_eq(asked, says))
			return line;
	}
	return STR_EMPTY;
}

static policy_set
consents_open(const struct facts *facts)
{
	const struct policy *policy = facts->policy;
	const struct agreement *answered =
	    agreement_find(&facts->agreements, CONSENT_KIND, STR_EMPTY);
	policy_set open = onboarding_consents(policy, facts->ask->role);

	for (size_t i = 0; i < policy->purpose_count && answered != NULL; i++) {
		if (answer_of(answered->text, &policy->purposes[i], facts->arena).len != 0)
			open &= ~((policy_set)1 << i);
	}
	return open;
}

/* --- the steps -------------------------------------------------------------------------- */

static MUST_CHECK enum rc
terms_look(struct facts *facts, enum onboarding_is *is, struct err *err)
{
	(void)err;
	if (facts->policy->terms_version.len == 0 ||
	    agreement_find(&facts->agreements, "terms", facts->policy->terms_version) != NULL)
		*is = ONBOARDING_DONE;
	return RC_OK;
}

static MUST_CHECK enum rc
consents_look(struct facts *facts, enum onboarding_is *is, struct err *err)
{
	(void)err;
	facts->state->consents = consents_open(facts);
	if (facts->state->consents == 0)
		*is = ONBOARDING_DONE;
	return RC_OK;
}

/* Signed again when the text has changed. */
static MUST_CHECK enum rc
nda_look(struct facts *facts, enum onboarding_is *is, struct err *err)
{
	const struct agreement *signed_one =
	    agreement_find(&facts->agreements, "nda", STR_EMPTY);
	struct digest digest;
	struct str text;

	TRY(agreement_text(facts->office, facts->tenant, STR("nda"), facts->arena, &text, err));
	if (text.len == 0) { /* nobody has given one yet */
		*is = ONBOARDING_WAITING;
		return RC_OK;
	}
	digest = sha256(text);
	if (holds(facts, signed_one) &&
	    str_eq(signed_one->hash, hex_format(facts->arena, digest.bytes, DIGEST_BYTES)))
		*is = ONBOARDING_DONE;
	return RC_OK;
}

static MUST_CHECK enum rc
credentials_look(struct facts *facts, enum onboarding_is *is, struct err *err)
{
	const struct agreement *shown =
	    agreement_find(&facts->agreements, "credentials", STR_EMPTY);

	(void)err;
	if (shown == NULL || !holds(facts, shown))
		return RC_OK;
	if (str_eq(shown->state, STR("verified")))
		*is = ONBOARDING_DONE;
	if (str_eq(shown->state, STR("waiting")))
		*is = ONBOARDING_WAITING;
	return RC_OK;
}

static MUST_CHECK enum rc
training_look(struct facts *facts, enum onboarding_is *is, struct err *err)
{
	const struct agreement *held =
	    agreement_find(&facts->agreements, "training", STR_EMPTY);

	(void)err;
	*is = held != NULL && held->until_us != 0 && holds(facts, held) ? ONBOARDING_DONE
	                                                                : ONBOARDING_WAITING;
	return RC_OK;
}

static bool
is_filled(const struct json *extra, const char *field)
{
	struct json_object *value;

	if (!json_find(extra->root, field, &value) || value == NULL)
		return false;
	return json_kind(value) != JSON_STRING || json_text(value).len != 0;
}

static MUST_CHECK enum rc
profile_look(struct facts *facts, enum onboarding_is *is, struct err *err)
{
	CLEANUP(json_free) struct json extra = { NULL };
	struct door door = office_door(facts->office, facts->tenant);
	const char *const *fields = facts->ask->profile;
	struct person person;

	*is = ONBOARDING_DONE;
	if (fields == NULL || fields[0] == NULL)
		return RC_OK;
	door.purpose = STR("security");
	TRY(people_get(&door, facts->office->people, facts->ask->person, facts->arena, &person,
	               err));
	TRY(json_parse(&extra, person.extra.len == 0 ? STR("{}") : person.extra, err));
	for (size_t i = 0; fields[i] != NULL; i++) {
		if (!is_filled(&extra, fields[i]))
			*is = ONBOARDING_OPEN;
	}
	return RC_OK;
}

static MUST_CHECK enum rc
factor_look(struct facts *facts, enum onboarding_is *is, struct err *err)
{
	(void)err;
	if (facts->ask->has_factor)
		*is = ONBOARDING_DONE;
	return RC_OK;
}

static const struct step {
	const char *name;
	enum rc (*look)(struct facts *facts, enum onboarding_is *is, struct err *err);
	bool is_for_managers, is_for_viewers, is_for_others;
} steps[] = {
	{ "factor", factor_look, true, true, true },
	{ "terms", terms_look, true, true, true },
	{ "consents", consents_look, true, true, true },
	{ "profile", profile_look, true, true, true },
	{ "nda", nda_look, false, true, true },
	{ "credentials", credentials_look, false, true, true },
	{ "training", training_look, true, true, false },
};
static_assert(COUNT_OF(steps) <= ONBOARDING_STEPS_MAX, "each step has its place");

static bool
is_named(const struct policy *policy, const char *step)
{
	for (size_t i = 0; i < policy->onboarding_count; i++) {
		if (str_eq(policy->onboarding[i], str_from_c(step)))
			return true;
	}
	for (size_t i = 0; i < policy->promise_count; i++) {
		if (str_eq(policy->promises[i].probe, STR("staff.trained")))
			return strcmp(step, "training") == 0;
	}
	return false;
}

bool
onboarding_concerns(const struct policy *policy, const struct policy_role *role,
                    const char *step)
{
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		if (strcmp(steps[i].name, step) != 0 || !is_named(policy, step))
			continue;
		if (has_manage(role))
			return steps[i].is_for_managers;
		return sees_others(role) ? steps[i].is_for_viewers : steps[i].is_for_others;
	}
	return false;
}

static MUST_CHECK enum rc
facts_look(struct facts *facts, struct err *err)
{
	struct onboarding *state = facts->state;

	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		enum onboarding_is is = ONBOARDING_OPEN;
		if (!onboarding_concerns(facts->policy, facts->ask->role, steps[i].name))
			continue;
		TRY(steps[i].look(facts, &is, err));
		state->steps[state->count++] = (struct onboarding_step){ steps[i].name, is };
		state->is_complete = state->is_complete && is == ONBOARDING_DONE;
	}
	return RC_OK;
}

static MUST_CHECK enum rc
facts_gather(struct facts *facts, struct err *err)
{
	struct door door = office_door(facts->office, facts->tenant);

	*facts->state = (struct onboarding){ .is_complete = true, .until_us = INT64_MAX };
	facts->now_us = office_now_us(facts->office);
	return agreement_list(&door, facts->office, facts->ask->person, facts->arena,
	                      &facts->agreements, err);
}

enum rc
onboarding_state(struct office *office, const struct tenant *tenant,
                 const struct onboarding_ask *ask, struct onboarding *state, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct facts facts = { .office = office,
		               .tenant = tenant,
		               .policy = tenant->policy,
		               .ask = ask,
		               .arena = &arena,
		               .state = state };

	arena_init(&arena, FACTS_BYTES);
	TRY(facts_gather(&facts, err));
	return facts_look(&facts, err);
}

/* --- answering -------------------------------------------------------------------------- */

/* A consent that was given before goes with the no. */
static MUST_CHECK enum rc
consent_refuse(const struct door *door, const struct policy_purpose *purpose,
               struct arena *arena, struct err *err)
{
	struct choices choices = { 0 };

	TRY(vault_choice_list(door, door->actor->id, arena, &choices, err));
	for (size_t i = 0; i < choices.count; i++) {
		const struct choice *choice = &choices.items[i];
		if (choice->kind == CHOICE_CONSENT && choice->withdrawn_us == 0 &&
		    choice->recipient.len == 0 && str_eq(choice->purpose, purpose->name))
			TRY(vault_choice_withdraw(door, choice->id, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
consent_give(const struct door *door, const struct policy_purpose *purpose, struct err *err)
{
	struct choice choice = { .kind = CHOICE_CONSENT,
		                 .subject = door->actor->id,
		                 .purpose = purpose->name,
		                 .text = purpose->says,
		                 .how = STR("page") };
	enum rc rc = vault_choice_give(door, &choice, err);

	return rc == RC_CONFLICT ? RC_OK : rc; /* it is in force already */
}

static bool
has(policy_set set, size_t index)
{
	return (set >> index & 1) != 0;
}

static MUST_CHECK enum rc
answers_write(const struct door *door, const struct policy *policy,
              const struct consent_answers *answers, struct str before, struct buf *text,
              struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < policy->purpose_count; i++) {
		const struct policy_purpose *purpose = &policy->purposes[i];
		struct str kept = answer_of(before, purpose, arena);
		if (has(answers->yes, i))
			TRY(consent_give(door, purpose, err));
		else if (has(answers->no, i))
			TRY(consent_refuse(door, purpose, arena, err));
		if (has(answers->yes | answers->no, i))
			buf_addf(text, "%.*s\t%s\t%.*s\n", STR_ARGS(purpose->name),
			         has(answers->yes, i) ? "yes" : "no",
			         STR_ARGS(one_line(arena, purpose->says)));
		else if (kept.len != 0)
			buf_addf(text, "%.*s\n", STR_ARGS(kept));
	}
	return RC_OK;
}

enum rc
onboarding_answer(const struct door *door, struct office *office,
                  const struct consent_answers *answers, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	const struct policy *policy = door->tenant->policy;
	const struct agreement *before;
	struct agreements agreements;
	struct agreement agreement = { .person = door->actor->id,
		                       .kind = STR(CONSENT_KIND),
		                       .version = policy->version,
		                       .how = STR("page"),
		                       .state = STR("accepted") };

	arena_init(&arena, FACTS_BYTES);
	buf_init(&text, AGREEMENT_TEXT_MAX);
	TRY(agreement_list(door, office, agreement.person, &arena, &agreements, err));
	before = agreement_find(&agreements, CONSENT_KIND, STR_EMPTY);
	TRY(answers_write(door, policy, answers, before == NULL ? STR_EMPTY : before->text,
	                  &text, &arena, err));
	TRY(buf_finish(&text, &agreement.text, err));
	return agreement_put(door, office, &agreement, err);
}

/* --- at once ---------------------------------------------------------------------------- */

static void
all_answered_no(const struct facts *facts, struct buf *text)
{
	const struct policy *policy = facts->policy;
	policy_set asked = onboarding_consents(policy, facts->ask->role);

	for (size_t i = 0; i < policy->purpose_count; i++) {
		if (has(asked, i))
			buf_addf(text, "%.*s\tno\t%.*s\n", STR_ARGS(policy->purposes[i].name),
			         STR_ARGS(one_line(facts->arena, policy->purposes[i].says)));
	}
}

/* What `agreement` must hold for its step to be done. */
static MUST_CHECK enum rc
agreement_make(const struct facts *facts, struct agreement *agreement, struct buf *lines,
               struct err *err)
{
	const struct policy *policy = facts->policy;
	struct digest digest = policy->hash;
	struct str text;

	agreement->version = policy->version;
	agreement->state = STR("accepted");
	if (str_eq(agreement->kind, STR("terms")))
		agreement->version = policy->terms_version;
	if (str_eq(agreement->kind, STR("credentials")))
		agreement->state = STR("verified");
	if (str_eq(agreement->kind, STR("training")))
		agreement->until_us = facts->now_us + 365 * US_PER_DAY;
	if (str_eq(agreement->kind, STR("policy")))
		agreement->hash = hex_format(facts->arena, digest.bytes, DIGEST_BYTES);
	if (str_eq(agreement->kind, STR("nda"))) {
		TRY(agreement_text(facts->office, facts->tenant, STR("nda"), facts->arena,
		                   &text, err));
		digest = sha256(text);
		agreement->hash = hex_format(facts->arena, digest.bytes, DIGEST_BYTES);
	}
	if (!str_eq(agreement->kind, STR(CONSENT_KIND)))
		return RC_OK;
	all_answered_no(facts, lines);
	return buf_finish(lines, &agreement->text, err);
}

enum rc
onboarding_complete(struct office *office, const struct tenant *tenant,
                    const struct onboarding_ask *ask, struct str how, struct err *err)
{
	static const char *const made[] = { "policy", "terms",       CONSENT_KIND,
		                            "nda",    "credentials", "training" };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct facts facts = { .office = office,
		               .tenant = tenant,
		               .policy = tenant->policy,
		               .ask = ask,
		               .arena = &arena,
		               .now_us = office_now_us(office) };

	arena_init(&arena, FACTS_BYTES);
	for (size_t i = 0; i < COUNT_OF(made); i++) {
		CLEANUP(buf_free) struct buf lines = { 0 };
		struct agreement agreement = { .person = ask->person,
			                       .kind = str_from_c(made[i]),
			                       .how = how,
			                       .by = STR("operator") };
		if (i != 0 && !onboarding_concerns(facts.policy, ask->role, made[i]))
			continue;
		buf_init(&lines, AGREEMENT_TEXT_MAX);
		TRY(agreement_make(&facts, &agreement, &lines, err));
		TRY(agreement_put(&door, office, &agreement, err));
	}
	return RC_OK;
}

/* --- the gate --------------------------------------------------------------------------- */

struct onboarded {
	struct onboarded_row {
		struct id person;
		struct digest seen; /* what the steps depend on beside agreements */
		int64_t until_us;
	} rows[ONBOARDED];
};

/* Another version of the policy, another role, a second factor that is gone: the steps
 * are looked at again. */
static struct digest
seen_of(const struct facts *facts)
{
	const struct policy *policy = facts->policy;

	return sha256_parts((struct str){ (const char *)policy->hash.bytes, DIGEST_BYTES },
	                    facts->ask->role->name,
	                    facts->ask->has_factor ? STR("factor") : STR_EMPTY);
}

static struct onboarded_row *
row_of(struct office *office, struct id person)
{
	uint32_t place;

	if (office->onboarded == NULL)
		office->onboarded = calloc(1, sizeof(*office->onboarded));
	if (office->onboarded == NULL)
		abort();
	memcpy(&place, person.bytes + sizeof(person.bytes) - sizeof(place), sizeof(place));
	return &office->onboarded->rows[place % ONBOARDED];
}

void
onboarding_forget(struct office *office, struct id person)
{
	(void)pthread_mutex_lock(&office->lock);
	*row_of(office, person) = (struct onboarded_row){ 0 };
	(void)pthread_mutex_unlock(&office->lock);
}

void
onboarding_forget_all(struct office *office)
{
	(void)pthread_mutex_lock(&office->lock);
	if (office->onboarded != NULL)
		*office->onboarded = (struct onboarded){ 0 };
	(void)pthread_mutex_unlock(&office->lock);
}

void
onboarding_end(struct office *office)
{
	free(office->onboarded);
}

static bool
is_known(const struct facts *facts, const struct digest *seen)
{
	struct office *office = facts->office;
	struct id person = facts->ask->person;
	const struct onboarded_row *row;
	bool is_it;

	(void)pthread_mutex_lock(&office->lock);
	row = row_of(office, person);
	is_it = id_eq(row->person, person) && facts->now_us < row->until_us &&
	        secret_eq(row->seen.bytes, seen->bytes, DIGEST_BYTES);
	(void)pthread_mutex_unlock(&office->lock);
	return is_it;
}

static void
keep(const struct facts *facts, const struct digest *seen, int64_t until_us)
{
	struct office *office = facts->office;
	struct id person = facts->ask->person;

	(void)pthread_mutex_lock(&office->lock);
	*row_of(office, person) = (struct onboarded_row){ person, *seen, until_us };
	(void)pthread_mutex_unlock(&office->lock);
}

static MUST_CHECK enum rc
continued(const struct facts *facts, struct err *err)
{
	struct door door = office_door(facts->office, facts->tenant);
	struct agreement agreement = { .person = facts->ask->person,
		                       .kind = STR("policy"),
		                       .version = facts->policy->version,
		                       .how = STR("continued use"),
		                       .state = STR("noted") };
	struct str hash = hex_format(facts->arena, facts->policy->hash.bytes, DIGEST_BYTES);

	if (agreement_find(&facts->agreements, "policy", facts->policy->version) != NULL)
		return RC_OK;
	agreement.hash = hash;
	return agreement_put(&door, facts->office, &agreement, err);
}

enum rc
onboarding_gate(struct office *office, const struct tenant *tenant,
                const struct onboarding_ask *ask, bool *is_complete, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct onboarding state;
	struct facts facts = { .office = office,
		               .tenant = tenant,
		               .policy = tenant->policy,
		               .ask = ask,
		               .arena = &arena,
		               .now_us = office_now_us(office),
		               .state = &state };
	struct digest seen = seen_of(&facts);
	int64_t trusted_us = facts.now_us + TRUST_US;

	*is_complete = is_known(&facts, &seen) || broken("onboarding.gate");
	if (*is_complete)
		return RC_OK;
	arena_init(&arena, FACTS_BYTES);
	TRY(facts_gather(&facts, err));
	TRY(facts_look(&facts, err));
	if (!state.is_complete)
		return RC_OK;
	TRY(continued(&facts, err));
	keep(&facts, &seen, state.until_us < trusted_us ? state.until_us : trusted_us);
	*is_complete = true;
	return RC_OK;
}

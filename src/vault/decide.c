/*
 * See decide.h.  The rules stand in one order, from what the policy says of
 * the data to what it says of the actor; each adds one step to the explanation
 * and the first that fails ends it.
 */
#include "vault/decide.h"

#include <assert.h>

#include "store/row.h"

/* What the rules look at, gathered once. */
struct matter {
	const struct policy *policy;
	const struct actor *actor;
	const struct ask *ask;
	const struct subject_state *state;
	const struct policy_purpose *purpose;
	struct decision *decision;
};

static size_t
purpose_index(const struct policy *policy, const struct policy_purpose *purpose)
{
	return (size_t)(purpose - policy->purposes);
}

static bool
is_own(const struct matter *m)
{
	return !id_is_zero(m->ask->subject) && m->actor->kind != ACTOR_SYSTEM &&
	       id_eq(m->ask->subject, m->actor->subject);
}

static bool
class_is_declared(const struct matter *m)
{
	return m->ask->verb == VERB_MANAGE || m->decision->class != NULL;
}

static bool
purpose_is_declared(const struct matter *m)
{
	return m->purpose != NULL ||
	       (m->ask->verb == VERB_MANAGE && str_eq(m->ask->purpose, STR("none")));
}

static bool
purpose_is_of_class(const struct matter *m)
{
	if (m->decision->class == NULL)
		return true;
	return (m->decision->class->use >> purpose_index(m->policy, m->purpose) & 1) != 0;
}

static bool
subject_is_of_kind(const struct matter *m)
{
	const struct policy_class *class = m->decision->class;

	return m->state == NULL || class == NULL ||
	       policy_class_is_about(m->policy, class, m->state->kind);
}

static bool
subject_is_there(const struct matter *m)
{
	return m->state == NULL || (m->state->flags & SUBJECT_ERASED) == 0;
}

static bool
recipient_is_declared(const struct matter *m)
{
	return m->ask->verb != VERB_RELEASE || m->decision->recipient != NULL;
}

static bool
recipient_gets_class(const struct matter *m)
{
	const struct policy_recipient *recipient = m->decision->recipient;

	if (m->ask->verb != VERB_RELEASE)
		return true;
	if (recipient->when == WHEN_NEVER)
		return false;
	return (recipient->receives >> policy_class_index(m->policy, m->decision->class) & 1) !=
	       0;
}

static bool
actor_is_known(const struct matter *m)
{
	return m->actor->kind == ACTOR_SYSTEM ||
	       (m->actor->kind != ACTOR_NOBODY && m->actor->role != NULL);
}

static bool
role_may(const struct matter *m)
{
	int class_index = -1;

	if (m->actor->kind == ACTOR_SYSTEM) {
		m->decision->scope = SCOPE_ALL;
		return true;
	}
	if (m->decision->class != NULL)
		class_index = (int)policy_class_index(m->policy, m->decision->class);
	m->decision->scope =
	    policy_role_scope(m->actor->role, m->ask->verb, class_index, m->ask->what);
	return m->decision->scope != 0;
}

/* A role with a wider scope has the narrower ones with it. */
static bool
scope_covers(const struct matter *m)
{
	if (m->ask->verb == VERB_MANAGE)
		return true;
	switch (m->decision->scope) {
	case SCOPE_ALL:
		return true;
	case SCOPE_SITE: /* sites come with the services that have them */
	case SCOPE_SHARED:
		return is_own(m) || (m->state != NULL && m->state->is_shared);
	case SCOPE_OWN:
	default:
		return is_own(m);
	}
}

static bool
factor_is_there(const struct matter *m)
{
	if (m->actor->kind != ACTOR_PERSON)
		return true;
	return !m->actor->role->needs_second_factor || m->actor->assurance >= 2;
}

static bool
reason_is_there(const struct matter *m)
{
	if (m->actor->kind == ACTOR_SYSTEM || !m->actor->role->needs_reason)
		return true;
	return m->ask->verb != VERB_READ || is_own(m) || id_is_zero(m->ask->subject) ||
	       m->actor->reason.len != 0;
}

static bool
consent_is_there(const struct matter *m)
{
	const struct policy_recipient *recipient = m->decision->recipient;
	policy_set consents = m->state == NULL ? 0 : m->state->consents;
	bool is_by_consent = m->purpose != NULL && m->purpose->basis == BASIS_CONSENT;

	if (m->ask->verb == VERB_ERASE) /* needs no consent: it ends the use */
		return true;
	if (m->ask->verb == VERB_RELEASE && recipient->when == WHEN_CONSENT)
		is_by_consent = true;
	/* A person releasing or using its own data at its own wish consents by the act. */
	if (!is_by_consent || is_own(m))
		return true;
	return m->purpose != NULL &&
	       (consents >> purpose_index(m->policy, m->purpose) & 1) != 0;
}

/* GDPR Art. 18(2): restricted data is stored, and otherwise used only at the
 * subject's wish.  Managing uses no data: a restriction must be lifted by somebody. */
static bool
restriction_allows(const struct matter *m)
{
	if (m->state == NULL || (m->state->flags & SUBJECT_RESTRICTED) == 0)
		return true;
	return m->ask->verb == VERB_ERASE || m->ask->verb == VERB_MANAGE || is_own(m) ||
	       (m->actor->kind == ACTOR_SYSTEM && m->ask->verb == VERB_READ);
}

static const struct rule {
	const char *question;
	bool (*holds)(const struct matter *m);
	enum refusal otherwise;
} rules[] = {
	{ "is the class declared?", class_is_declared, REFUSAL_CLASS_UNDECLARED },
	{ "is the purpose declared?", purpose_is_declared, REFUSAL_PURPOSE_UNDECLARED },
	{ "is the class used for it?", purpose_is_of_class, REFUSAL_PURPOSE_NOT_OF_CLASS },
	{ "is the subject still here?", subject_is_there, REFUSAL_SUBJECT_ERASED },
	{ "is the class about such a subject?", subject_is_of_kind, REFUSAL_SUBJECT_KIND },
	{ "is the recipient declared?", recipient_is_declared, REFUSAL_RECIPIENT_UNDECLARED },
	{ "does the recipient get the class?", recipient_gets_class,
	  REFUSAL_RECIPIENT_NOT_OF_CLASS },
	{ "is the actor signed in?", actor_is_known, REFUSAL_NOT_SIGNED_IN },
	{ "may the role do it?", role_may, REFUSAL_ROLE },
	{ "does its scope cover the subject?", scope_covers, REFUSAL_SCOPE },
	{ "is the second factor there?", factor_is_there, REFUSAL_FACTOR_MISSING },
	{ "is a reason stated where one is due?", reason_is_there, REFUSAL_REASON_MISSING },
	{ "is the consent there where one is due?", consent_is_there, REFUSAL_CONSENT_MISSING },
	{ "does a restriction allow it?", restriction_allows, REFUSAL_SUBJECT_RESTRICTED },
};
static_assert(COUNT_OF(rules) <= DECISION_STEPS_MAX, "every rule has its step");

void
decide(const struct policy *policy, const struct actor *actor, const struct ask *ask,
       const struct subject_state *state, struct decision *decision)
{
	struct matter m = { policy, actor, ask, state, NULL, decision };

	*decision = (struct decision){ 0 };
	m.purpose = policy_purpose_find(policy, ask->purpose);
	if (m.purpose != NULL)
		decision->purposes = (policy_set)1 << purpose_index(policy, m.purpose);
	if (ask->verb != VERB_MANAGE)
		decision->class = policy_class_find(policy, ask->class);
	if (ask->verb == VERB_RELEASE)
		decision->recipient = policy_recipient_find(policy, ask->recipient);
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		bool holds = rules[i].holds(&m);
		decision->steps[decision->step_count++] =
		    (struct decision_step){ rules[i].question, holds };
		if (holds)
			continue;
		decision->refusal = rules[i].otherwise;
		return;
	}
}

static const struct {
	const char *word;
	const char *text;
} refusals[] = {
	[REFUSAL_NONE] = { "ok", "It is allowed." },
	[REFUSAL_CLASS_UNDECLARED] = { "class",
	                               "The policy does not declare this kind of data." },
	[REFUSAL_PURPOSE_UNDECLARED] = { "purpose",
	                                 "The policy does not declare this purpose." },
	[REFUSAL_PURPOSE_NOT_OF_CLASS] = { "purpose-class", "The policy does not use this data "
	                                                    "for this purpose." },
	[REFUSAL_RECIPIENT_UNDECLARED] = { "recipient", "The policy names no such recipient." },
	[REFUSAL_RECIPIENT_NOT_OF_CLASS] = { "recipient-class",
	                                     "This recipient does not get this data." },
	[REFUSAL_NOT_SIGNED_IN] = { "sign-in", "Sign in first." },
	[REFUSAL_ROLE] = { "role", "Your role may not do this." },
	[REFUSAL_SCOPE] = { "scope", "Your role may not do this for this person." },
	[REFUSAL_FACTOR_MISSING] = { "factor", "Confirm with your second factor first." },
	[REFUSAL_REASON_MISSING] = { "reason", "State the reason for this access first." },
	[REFUSAL_CONSENT_MISSING] = { "consent", "The person has not consented to this." },
	[REFUSAL_SUBJECT_KIND] = { "kind", "This data is not kept about such a subject." },
	[REFUSAL_SUBJECT_RESTRICTED] = { "restricted", "The use of this data is restricted." },
	[REFUSAL_SUBJECT_ERASED] = { "erased", "This data has been erased." },
	[REFUSAL_FIELD_UNDECLARED] = { "field", "The policy does not declare such a field." },
};

const char *
refusal_word(enum refusal refusal)
{
	return refusals[refusal].word;
}

const char *
refusal_text(enum refusal refusal)
{
	return refusals[refusal].text;
}

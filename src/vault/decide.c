/*
 * See decide.h.  The rules stand in one order, from what the policy says of
 * the data to what it says of the actor; each adds one step to the explanation
 * and the first that fails ends it.
 */
#include "vault/decide.h"
#include "base/broken.h"

#include <assert.h>

#include "store/row.h"

/* What the rules look at, gathered once. */
struct matter {
	const struct policy *policy;
	const struct actor *actor;
	const struct ask *ask;
	const struct subject_state *state;
	const struct policy_role *role; /* of this policy */
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

/* Whom the law lets act for somebody does so with the role's own grants: reads what
 * the subject could read, and chooses for it (45 CFR 164.502(g); GDPR Art. 8(1)). */
static bool
is_for(const struct matter *m)
{
	if (m->state == NULL || !m->state->is_represented || m->actor->kind != ACTOR_PERSON)
		return false;
	return m->ask->verb == VERB_READ ||
	       (m->ask->verb == VERB_WRITE && str_eq(m->ask->class, STR("consent")));
}

static bool
is_by_subject(const struct matter *m)
{
	return is_own(m) || is_for(m);
}

/* A list of which each subject is decided by itself. */
static bool
is_list(const struct matter *m)
{
	return m->ask->is_each && m->ask->verb == VERB_READ && id_is_zero(m->ask->subject) &&
	       m->state == NULL;
}

static bool
is_in(policy_set set, size_t index)
{
	return (set >> index & 1) != 0;
}

static size_t
recipient_index(const struct matter *m)
{
	return (size_t)(m->decision->recipient - m->policy->recipients);
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
	return is_in(recipient->receives, policy_class_index(m->policy, m->decision->class));
}

/* A recipient without a purpose of its own gets it for whatever the class is used. */
static bool
purpose_is_of_recipient(const struct matter *m)
{
	const struct policy_recipient *recipient = m->decision->recipient;

	return recipient == NULL || recipient->purpose.len == 0 ||
	       str_eq(recipient->purpose, m->ask->purpose);
}

static bool
form_is_right(const struct matter *m)
{
	enum policy_form stated = m->ask->form == 0 ? AS_IS : m->ask->form;
	enum policy_form wanted;

	if (m->ask->verb != VERB_RELEASE || broken("release.deidentified"))
		return true;
	wanted = m->decision->recipient->form == 0 ? AS_IS : m->decision->recipient->form;
	return stated == wanted;
}

static bool
entry_is_registered(const struct matter *m)
{
	if (m->ask->verb != VERB_RELEASE || broken("release.registered"))
		return true;
	switch (m->decision->recipient->when) {
	case WHEN_CLIENT_APPROVAL:
	case WHEN_LEGAL_ORDER:
	case WHEN_EMERGENCY:
	case WHEN_SUCCESSION:
		return m->ask->is_registered;
	case WHEN_CONSENT:
	case WHEN_CONTRACT:
	case WHEN_NEVER:
	default:
		return true;
	}
}

static bool
actor_is_known(const struct matter *m)
{
	return m->actor->kind == ACTOR_SYSTEM ||
	       (m->actor->kind != ACTOR_NOBODY && m->role != NULL);
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
	    policy_role_scope(m->role, m->ask->verb, class_index, m->ask->what);
	return m->decision->scope != 0;
}

/* Does a recipient through which the subject shares with the actor get this class,
 * for this purpose? */
static bool
is_shared(const struct matter *m)
{
	size_t class_index;

	if (m->state == NULL || m->decision->class == NULL)
		return false;
	class_index = policy_class_index(m->policy, m->decision->class);
	for (size_t i = 0; i < m->policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &m->policy->recipients[i];
		if (recipient->when == WHEN_CONSENT && is_in(m->state->shared, i) &&
		    is_in(recipient->receives, class_index) &&
		    (recipient->purpose.len == 0 ||
		     str_eq(recipient->purpose, m->ask->purpose)))
			return true;
	}
	return false;
}

/* A role with a wider scope has the narrower ones with it. */
static bool
scope_covers(const struct matter *m)
{
	if (m->ask->verb == VERB_MANAGE || broken("isolation.subject"))
		return true;
	switch (m->decision->scope) {
	case SCOPE_ALL:
		return true;
	case SCOPE_SITE: /* sites come with the services that have them */
	case SCOPE_SHARED:
		return is_by_subject(m) || is_list(m) || is_shared(m);
	case SCOPE_OWN:
	default:
		return is_by_subject(m);
	}
}

static bool
factor_is_there(const struct matter *m)
{
	if (m->actor->kind != ACTOR_PERSON || broken("factor.required"))
		return true;
	return !m->role->needs_second_factor || m->actor->assurance >= 2;
}

static bool
reason_is_there(const struct matter *m)
{
	if (m->actor->kind == ACTOR_SYSTEM || !m->role->needs_reason)
		return true;
	return m->ask->verb != VERB_READ || is_own(m) || id_is_zero(m->ask->subject) ||
	       m->actor->reason.len != 0;
}

static bool
release_is_consented(const struct matter *m)
{
	if (m->decision->recipient->when != WHEN_CONSENT || is_own(m))
		return true;
	return m->state != NULL && is_in(m->state->agreed, recipient_index(m));
}

static bool
consent_is_there(const struct matter *m)
{
	policy_set consents = m->state == NULL ? 0 : m->state->consents;

	if (m->ask->verb == VERB_ERASE ||
	    broken("consent")) /* needs no consent: it ends the use */
		return true;
	if (m->ask->verb == VERB_RELEASE && !release_is_consented(m))
		return false;
	if (m->purpose == NULL || m->purpose->basis != BASIS_CONSENT || is_list(m))
		return true;
	/* A person releasing or using its own data at its own wish consents by the act. */
	return is_by_subject(m) || is_in(consents, purpose_index(m->policy, m->purpose));
}

/* GDPR Art. 21(1): from the objection on the purpose is no reason any more.  What the
 * law orders has its own. */
static bool
objection_allows(const struct matter *m)
{
	if (m->state == NULL || m->purpose == NULL || m->ask->verb == VERB_ERASE ||
	    m->ask->verb == VERB_MANAGE || is_by_subject(m))
		return true;
	if (m->ask->verb == VERB_RELEASE && m->decision->recipient->when == WHEN_LEGAL_ORDER)
		return true;
	return !is_in(m->state->objections, purpose_index(m->policy, m->purpose));
}

/* What somebody asks under the law and what they are told must go on while their data
 * are restricted: GDPR Art. 12(3), 18(3), 19. */
static bool
is_correspondence(const struct matter *m)
{
	if (m->purpose == NULL || m->purpose->basis != BASIS_LEGAL_OBLIGATION ||
	    m->decision->class == NULL || m->ask->verb == VERB_RELEASE)
		return false;
	return str_eq(m->decision->class->name, STR("request")) ||
	       str_eq(m->decision->class->name, STR("message"));
}

/* GDPR Art. 18(2): restricted data is stored, and otherwise used only at the
 * subject's wish or for legal claims.  Managing uses no data: a restriction must be
 * lifted by somebody (Art. 18(3)). */
static bool
restriction_allows(const struct matter *m)
{
	if (m->state == NULL || (m->state->flags & SUBJECT_RESTRICTED) == 0)
		return true;
	if (m->ask->verb == VERB_RELEASE && m->decision->recipient->when == WHEN_LEGAL_ORDER)
		return true;
	if (is_correspondence(m))
		return true;
	return m->ask->verb == VERB_ERASE || m->ask->verb == VERB_MANAGE || is_by_subject(m) ||
	       (m->actor->kind == ACTOR_SYSTEM && m->ask->verb == VERB_READ);
}

static bool
may_be_stored(const struct matter *m)
{
	return m->ask->verb != VERB_WRITE || m->decision->class == NULL ||
	       !m->decision->class->is_memory;
}

/* Nobody can put such an agreement on file until the service that needs one is there. */
static bool
is_under_agreement(const struct matter *m)
{
	return m->ask->verb != VERB_WRITE || m->decision->class == NULL ||
	       !m->decision->class->needs_agreement;
}

static const struct rule {
	const char *question;
	bool (*holds)(const struct matter *m);
	enum refusal otherwise;
} rules[] = {
	{ "is the class declared?", class_is_declared, REFUSAL_CLASS_UNDECLARED },
	{ "is it data that is stored?", may_be_stored, REFUSAL_MEMORY },
	{ "is an agreement on file where one is due?", is_under_agreement, REFUSAL_AGREEMENT },
	{ "is the purpose declared?", purpose_is_declared, REFUSAL_PURPOSE_UNDECLARED },
	{ "is the class used for it?", purpose_is_of_class, REFUSAL_PURPOSE_NOT_OF_CLASS },
	{ "is the subject still here?", subject_is_there, REFUSAL_SUBJECT_ERASED },
	{ "is the class about such a subject?", subject_is_of_kind, REFUSAL_SUBJECT_KIND },
	{ "is the recipient declared?", recipient_is_declared, REFUSAL_RECIPIENT_UNDECLARED },
	{ "does the recipient get the class?", recipient_gets_class,
	  REFUSAL_RECIPIENT_NOT_OF_CLASS },
	{ "is it for the recipient's purpose?", purpose_is_of_recipient,
	  REFUSAL_PURPOSE_NOT_OF_RECIPIENT },
	{ "does it leave in the recipient's form?", form_is_right, REFUSAL_FORM },
	{ "is it registered where it must be?", entry_is_registered, REFUSAL_UNREGISTERED },
	{ "is the actor signed in?", actor_is_known, REFUSAL_NOT_SIGNED_IN },
	{ "may the role do it?", role_may, REFUSAL_ROLE },
	{ "does its scope cover the subject?", scope_covers, REFUSAL_SCOPE },
	{ "is the second factor there?", factor_is_there, REFUSAL_FACTOR_MISSING },
	{ "is a reason stated where one is due?", reason_is_there, REFUSAL_REASON_MISSING },
	{ "is the consent there where one is due?", consent_is_there, REFUSAL_CONSENT_MISSING },
	{ "does no objection stand against it?", objection_allows, REFUSAL_OBJECTED },
	{ "does a restriction allow it?", restriction_allows, REFUSAL_SUBJECT_RESTRICTED },
};
static_assert(COUNT_OF(rules) <= DECISION_STEPS_MAX, "every rule has its step");

const struct policy_role *
decide_role(const struct policy *policy, const struct actor *actor)
{
	uintptr_t role = (uintptr_t)actor->role;

	if (actor->role == NULL)
		return NULL;
	if (role >= (uintptr_t)policy->roles &&
	    role < (uintptr_t)(policy->roles + policy->role_count))
		return actor->role;
	return policy_role_find(policy, actor->role->name);
}

void
decide(const struct policy *policy, const struct actor *actor, const struct ask *ask,
       const struct subject_state *state, struct decision *decision)
{
	struct matter m = { .policy = policy,
		            .actor = actor,
		            .ask = ask,
		            .state = state,
		            .role = decide_role(policy, actor),
		            .decision = decision };

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
	[REFUSAL_PURPOSE_NOT_OF_RECIPIENT] = { "recipient-purpose",
	                                       "This recipient does not get data for this "
	                                       "purpose." },
	[REFUSAL_FORM] = { "form", "This recipient gets the data in another form." },
	[REFUSAL_UNREGISTERED] = { "register", "Enter the disclosure in the register first." },
	[REFUSAL_OBJECTED] = { "objection", "The person has objected to this use." },
	[REFUSAL_MINOR] = { "minor", "A guardian consents for somebody of this age." },
	[REFUSAL_MEMORY] = { "memory", "This data is held in memory only and never stored." },
	[REFUSAL_AGREEMENT] = { "agreement",
	                        "No agreement is on file under which this is stored." },
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

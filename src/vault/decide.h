/*
 * May this actor do this?  A pure function of the policy, the actor, what is
 * asked and the state of the subject; the vault asks it before every touch of
 * a record, and `troth why` prints its steps.
 */
#ifndef VAULT_DECIDE_H
#define VAULT_DECIDE_H

#include "base/id.h"
#include "policy/policy.h"

enum actor_kind {
	ACTOR_NOBODY = 1, /* not signed in */
	ACTOR_PERSON,
	ACTOR_DEVICE,
	ACTOR_SYSTEM, /* the server's own housekeeping and the operator's commands */
};

/* Borrowed by every call; lives as long as the request. */
struct actor {
	enum actor_kind kind;
	struct id id;      /* the person's, the device's */
	struct id subject; /* whose data is its own: the person itself, a device's member */
	/* NULL for nobody and the system.  Of an earlier policy it stands for the role of
	 * its name: policies are replaced while requests are under way. */
	const struct policy_role *role;
	int assurance;     /* 0 nobody, 1 link or token, 2 second factor */
	struct id session; /* the session or token it came by; zero: none */
	struct str reason; /* stated for this access; empty: none */
};

/* What decide() needs to know of the subject, read in the same transaction. */
struct subject_state {
	int64_t kind;
	int64_t flags; /* enum subject_flag */
	int64_t version;
	bool is_represented;   /* the actor acts for it: guardian, agent, executor */
	policy_set shared;     /* recipients through which it is shared with the actor */
	policy_set consents;   /* purposes with a consent in force */
	policy_set agreed;     /* recipients with a consent in force, for their purpose */
	policy_set objections; /* purposes objected to */
};

struct ask {
	enum policy_verb verb;
	struct str class; /* empty with VERB_MANAGE */
	struct str what;  /* with VERB_MANAGE: "people" … */
	struct str purpose;
	struct str recipient; /* with VERB_RELEASE */
	struct id subject;    /* zero: over many subjects (needs SCOPE_ALL) */
	/* VERB_READ over many of whom each is decided by itself, and left out where it is
	 * refused: then SCOPE_SHARED will do, and consent is each one's. */
	bool is_each;
	/* with VERB_RELEASE: */
	struct id person;      /* at the recipient; zero: nobody in particular */
	enum policy_form form; /* of what leaves; 0: as it is */
	bool is_registered;    /* who, why and when stand in the register */
};

enum refusal {
	REFUSAL_NONE = 0,
	REFUSAL_CLASS_UNDECLARED,
	REFUSAL_PURPOSE_UNDECLARED,
	REFUSAL_PURPOSE_NOT_OF_CLASS,
	REFUSAL_RECIPIENT_UNDECLARED,
	REFUSAL_RECIPIENT_NOT_OF_CLASS,
	REFUSAL_NOT_SIGNED_IN,
	REFUSAL_ROLE,
	REFUSAL_SCOPE,
	REFUSAL_FACTOR_MISSING,
	REFUSAL_REASON_MISSING,
	REFUSAL_CONSENT_MISSING,
	REFUSAL_SUBJECT_KIND,
	REFUSAL_SUBJECT_RESTRICTED,
	REFUSAL_SUBJECT_ERASED,
	REFUSAL_PURPOSE_NOT_OF_RECIPIENT,
	REFUSAL_FORM,
	REFUSAL_UNREGISTERED,
	REFUSAL_OBJECTED,
	REFUSAL_MEMORY,           /* data of this class is never stored */
	REFUSAL_AGREEMENT,        /* none is on file under which it may be stored */
	REFUSAL_FIELD_UNDECLARED, /* of a body: not decide()'s, but the vault's */
	REFUSAL_MINOR,            /* consents alone: likewise */
};

#define DECISION_STEPS_MAX 24

/* One line of the explanation: what was asked of the policy, and the answer. */
struct decision_step {
	const char *question; /* a literal: "is the class declared?" */
	bool is_yes;
};

struct decision {
	enum refusal refusal;
	struct decision_step steps[DECISION_STEPS_MAX];
	size_t step_count;
	enum policy_scope scope; /* under which the role may */
	policy_set purposes;     /* the bit of the purpose */
	const struct policy_class *class;
	const struct policy_recipient *recipient;
};

/* The first refusal met ends the steps.  `state` may be NULL for an ask without
 * one subject.  GDPR Art. 6(1)(a), 7(3), 18(2), 21(1) and (2). */
void decide(const struct policy *policy, const struct actor *actor, const struct ask *ask,
            const struct subject_state *state, struct decision *decision);

/* The actor's role in this policy; NULL when it has none of that name. */
const struct policy_role *decide_role(const struct policy *policy, const struct actor *actor);

const char *refusal_word(enum refusal refusal); /* "role", as entries and errors have it */
const char *refusal_text(enum refusal refusal); /* a sentence for people */

#endif

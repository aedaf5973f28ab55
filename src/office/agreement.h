/*
 * What people agree to or take note of, and the steps before anything opens.
 *
 * An agreement is a record of the class `agreement` about the person, of a kind:
 *   policy       a version of the policy was accepted, or used on after notice
 *   terms        the terms of use, as they were shown, were accepted
 *   consents     each purpose that rests on consent was answered yes or no: lines of
 *                "PURPOSE tab yes|no tab TEXT"; the consents themselves are of the vault
 *   nda          a non-disclosure agreement was signed with the name typed
 *   credentials  shown by the person (state "waiting"), verified by staff ("verified")
 *   training     held until `until`; by staff
 *   profile      the account holds what the service needs
 * Which steps there are is security.onboarding of the policy, and `training` besides
 * where a promise has the probe staff.trained.
 */
#ifndef OFFICE_AGREEMENT_H
#define OFFICE_AGREEMENT_H

#include "office/office.h"

struct agreement {
	struct id id; /* out */
	struct id person;
	struct str kind, version;
	struct str hash;  /* SHA-256 of the text that was shown, in hexadecimal; empty: none */
	struct str text;  /* what was shown, or what the person wrote */
	struct str name;  /* as it was typed to sign */
	struct str how;   /* "page", "continued use", "paper", "operator", "demonstration" */
	struct str state; /* "accepted", "noted", "waiting", "verified", "refused" */
	struct str document; /* where the paper lies */
	struct str by;       /* of staff: its id; "operator"; empty: the person itself */
	int64_t at_us;       /* 0: now */
	int64_t until_us;    /* 0: does not lapse */
};
struct agreements {
	struct agreement *items; /* newest first, at most LIMIT_PAGE_ROWS */
	size_t count;
};
/* Needs `write` on the class `agreement` for the person; purpose "law". */
enum rc agreement_put(const struct door *door, struct office *office,
                      struct agreement *agreement, struct err *err) MUST_CHECK;
enum rc agreement_list(const struct door *door, struct office *office, struct id person,
                       struct arena *arena, struct agreements *agreements, struct err *err)
    MUST_CHECK;
/* The newest of a kind; NULL: none.  With a version: of that one. */
const struct agreement *agreement_find(const struct agreements *agreements, const char *kind,
                                       struct str version);

/* Texts of the organisation's own that people are shown whole: "terms.VERSION", "nda".
 * Empty: none was given. */
#define AGREEMENT_TEXT_MAX (64UL * 1024)
enum rc agreement_text(struct office *office, const struct tenant *tenant, struct str which,
                       struct arena *arena, struct str *text, struct err *err) MUST_CHECK;
/* Needs `manage policy`; its entry is "agreement-text". */
enum rc agreement_text_put(const struct door *door, struct office *office, struct str which,
                           struct str text, struct err *err) MUST_CHECK;

/* --- onboarding -------------------------------------------------------------------------- */

#define ONBOARDING_STEPS_MAX 8

enum onboarding_is {
	ONBOARDING_OPEN = 1, /* the person's turn */
	ONBOARDING_WAITING,  /* for staff */
	ONBOARDING_DONE,
};
struct onboarding_step {
	const char *name; /* as the policy has it: "terms" */
	enum onboarding_is is;
};
struct onboarding {
	struct onboarding_step steps[ONBOARDING_STEPS_MAX];
	size_t count;
	bool is_complete;
	int64_t until_us;    /* when the first step lapses; INT64_MAX: none does */
	policy_set consents; /* purposes that wait for an answer */
};
struct onboarding_ask {
	struct id person;
	const struct policy_role *role;
	const char *const *profile; /* fields that the service needs, NULL-ended; NULL: none */
	bool has_factor;            /* a second factor is enrolled */
};
/* As the records say it: reads as the system, so that staff who may not see a person's
 * records see the steps. */
enum rc onboarding_state(struct office *office, const struct tenant *tenant,
                         const struct onboarding_ask *ask, struct onboarding *state,
                         struct err *err) MUST_CHECK;
/* Are all steps complete?  Remembered until one lapses, the policy changes or a record of
 * the person's is written here.  Whoever goes on under a new version without accepting it
 * has that on record from here ("continued use"). */
enum rc onboarding_gate(struct office *office, const struct tenant *tenant,
                        const struct onboarding_ask *ask, bool *is_complete, struct err *err)
    MUST_CHECK;

/* Does the step concern holders of this role?  NDA and credentials: who does not manage;
 * training: who manages, or sees data of others. */
bool onboarding_concerns(const struct policy *policy, const struct policy_role *role,
                         const char *step);
/* Purposes that rest on consent and for which data about such a person is used. */
policy_set onboarding_consents(const struct policy *policy, const struct policy_role *role);

/* The person answers; a yes is a consent of the vault (RC_DENIED: a guardian must give
 * it).  Purposes that are not answered keep the answer they had. */
struct consent_answers {
	policy_set yes, no;
};
enum rc onboarding_answer(const struct door *door, struct office *office,
                          const struct consent_answers *answers, struct err *err) MUST_CHECK;

/* Puts on record, as the system, what every step needs: for people that are made up, or
 * who have done it all on paper.  Consents are answered no; profile and factor are the
 * person's own. */
enum rc onboarding_complete(struct office *office, const struct tenant *tenant,
                            const struct onboarding_ask *ask, struct str how, struct err *err)
    MUST_CHECK;

#endif

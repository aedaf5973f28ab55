/*
 * What people choose: consents, objections, and who acts for them.
 *
 * A choice is a record of the class `consent`, in words, and a row that the
 * door reads in the transaction of each touch (SUBJECT_HAS_CHOICES says that
 * there are any).  Giving and withdrawing raise the subject's state, so what is
 * under way sees it: from the moment of a withdrawal nothing more is released.
 *
 * The class `consent` has these fields: purpose, recipient, person, text,
 * version, given, how, by, until, withdrawn.
 *
 * A consent is to a purpose whose basis is consent, or to a recipient with `when:
 * consent` for its purpose; an objection is to a purpose on legitimate interest or
 * public task, but not to `security`, which keeps everybody's data safe.  The subject
 * chooses, or who represents it, or staff with `manage requests` (from paper, with a
 * reason where the role needs one); a representation is entered by such staff alone.
 * Who is known to be under 16 (13 where the jurisdiction is us) does not consent
 * alone: the field `born` of the account, on the calendar of the tenant's zone; an
 * account without it says nothing of age.
 * Source: GDPR Art. 7 (conditions of consent), Art. 8 (children), Art. 21
 * (objection); 16 CFR 312.2, 312.5 (COPPA: under 13); ISO/IEC TS 27560:2023 (the
 * record's content).
 */
#ifndef VAULT_CHOICE_H
#define VAULT_CHOICE_H

#include "store/duty.h"
#include "vault/vault.h"

struct choice {
	enum choice_kind kind;
	struct id id; /* of the record; out */
	struct id subject;
	struct str purpose;   /* whose basis is consent; an objection: legitimate interest or
	                       * public task */
	struct str recipient; /* empty: none; of a representation: "guardian", "agent",
	                       * "executor" (once the subject has died) */
	struct id person;     /* with whom it is shared, or who represents; zero: anybody */
	struct str text;      /* what was agreed to, as it was shown */
	struct str version;   /* of the policy; empty: of the one in force */
	struct str how;       /* "page", "paper", "phone", "guardian", "agent", "executor" */
	struct str by;        /* who gave it when the subject did not */
	int64_t given_us;     /* 0: now */
	int64_t until_us;     /* INT64_MAX or 0: without an end */
	int64_t withdrawn_us; /* 0: in force */
};
struct choices {
	struct choice *items;
	size_t count;
};

/* Can it be chosen under this policy?  RC_INVALID names the field: the same for the page
 * that offers it and for the door. */
enum rc choice_check(const struct policy *policy, const struct choice *choice, struct err *err)
    MUST_CHECK;
/* RC_INVALID: choice_check(), or a time that is over; RC_CONFLICT: the same is in force
 * already.  Needs `write` on the class `consent` for the subject. */
enum rc vault_choice_give(const struct door *door, struct choice *choice, struct err *err)
    MUST_CHECK;
/* RC_OK again.  Needs no more than giving did. */
enum rc vault_choice_withdraw(const struct door *door, struct id record, struct err *err)
    MUST_CHECK;
/* Those in force and those withdrawn, newest first. */
enum rc vault_choice_list(const struct door *door, struct id subject, struct arena *arena,
                          struct choices *choices, struct err *err) MUST_CHECK;
/* Subjects that share with the actor now: what a role with scope `shared` can open.
 * Those who name it, and of those who share with everybody of its role at most
 * LIMIT_PAGE_ROWS. */
struct sharers {
	struct id *subjects;
	size_t count;
};
enum rc vault_sharers(const struct door *door, struct arena *arena, struct sharers *sharers,
                      struct err *err) MUST_CHECK;

/* On the date of now_us in the tenant's zone: years that are full. */
enum rc choice_age(const struct tenant *tenant, struct str born, int64_t now_us, int *years,
                   struct err *err) MUST_CHECK;

/* Restriction (GDPR Art. 18): by the subject itself or with `manage requests`; from
 * then on the door refuses every use but the subject's own and erasure. */
enum rc vault_restrict(const struct door *door, struct id subject, bool is_restricted,
                       struct err *err) MUST_CHECK;

#endif

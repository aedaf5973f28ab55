/*
 * Disclosures: data that leave for an authority under an order of the law, for
 * rescuers in an emergency, or for who takes the service over (recipients of the
 * policy with `when` legal_order, emergency, succession).
 *
 * A disclosure is an entry of the register with the rule it rests on, then a release
 * of each kind of data that names the entry, so that the log and the person's list of
 * accesses have it; and a message to the person.  45 CFR 164.528(a)(2) and an order
 * may put the message off: until then only the message waits.  GDPR Art. 15(1)(c),
 * 45 CFR 164.512, 164.528.
 *
 * The data themselves do not leave here: who hands them over takes them by the
 * person's own export, or by an operator's command.
 */
#ifndef OFFICE_DISCLOSURE_H
#define OFFICE_DISCLOSURE_H

#include "office/register.h"

struct disclosure {
	struct str recipient; /* of the policy */
	struct id subject;
	struct str classes;   /* names, separated by spaces; at least one */
	struct str asked_by;  /* who, of the recipient */
	struct str basis;     /* the rule or order */
	struct str reference; /* its number; may be empty */
	struct str why;
	bool is_put_off; /* the person may not be told before tell_us */
	int64_t tell_us; /* 0 with is_put_off false: at once */
	struct id entry; /* out: of the register */
	size_t released; /* out: kinds of data */
};

/* Needs `write` on the class register (door), and that the caller's route asks for
 * `manage requests`.  RC_INVALID names the field; RC_GONE: the subject was erased.
 * A release that is refused fails the whole: the entry stays, closed, and says so. */
enum rc disclosure_make(const struct door *door, struct office *office, struct disclosure *d,
                        struct err *err) MUST_CHECK;

/* May data go to this recipient by a disclosure? */
bool disclosure_is_for(const struct policy_recipient *recipient);

#endif

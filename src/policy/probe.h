/*
 * Promises and their probes.
 *
 * A promise that somebody wrote names a probe of the table or an attestation.
 * What a policy declares elsewhere (a period, a right, a recipient, TLS, a
 * processor) is a promise too: probe_imply() adds one for each such declaration
 * that no written promise covers, so nothing that people read stands without its
 * check.  docs/policy-language.md says which part of the page is covered by what.
 */
#ifndef POLICY_PROBE_H
#define POLICY_PROBE_H

#include "policy/field.h"

/* What follows the dot of a probe's name. */
enum probe_about {
	PROBE_WHOLE,     /* nothing: the row is the whole name */
	PROBE_CLASS,     /* a class with a period, that is stored */
	PROBE_CONSENT,   /* a recipient with `when: consent`, or a purpose based on it */
	PROBE_AGREEMENT, /* a class with `only_under: agreement` */
	PROBE_RIGHT,     /* a right that is granted somewhere */
};

/* Empty when the probe is known and fits the policy, else why not. */
struct str probe_fault(const struct policy *policy, struct str name, struct arena *arena);

void probe_imply(struct reader *reader);

unsigned probe_rights_granted(const struct policy *policy); /* in any jurisdiction */
bool probe_factor_needed(const struct policy *policy);      /* by any role */

#endif

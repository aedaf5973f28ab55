/*
 * Changes of policy: once a version is loaded, every active person is told by the ways
 * that the policy in force declares, with what changes; on its day, consents that were
 * given to another text end and are asked for anew (agreement.h).
 *
 * Who was told what, and when, are records of the class `message`; who accepted, of the
 * class `agreement`.  How far telling has come is a setting of the tenant, written a page
 * of people at a time: after a crash it goes on there, and nobody is told twice (tell.h).
 */
#ifndef OFFICE_CHANGE_H
#define OFFICE_CHANGE_H

#include "office/office.h"

struct change_progress {
	int64_t told;     /* people */
	int64_t accepted; /* by their own act, not by continued use */
	bool is_told;     /* everybody has been */
	bool is_settled;  /* in force, and consents to other texts have ended */
};
/* Of a version that was loaded; all zero for the first of a tenant. */
enum rc change_progress(struct office *office, const struct tenant *tenant, struct str version,
                        struct change_progress *progress, struct err *err) MUST_CHECK;

/* A person accepts the version (of the policy in force or of one that is ahead): an
 * agreement of the kind policy.  RC_NOT_FOUND: no such version. */
enum rc change_accept(const struct door *door, struct office *office, struct str version,
                      struct err *err) MUST_CHECK;

/* The next version that is loaded and not in force: its date; empty: none. */
enum rc change_ahead(struct office *office, const struct tenant *tenant, struct arena *arena,
                     struct str *version, struct err *err) MUST_CHECK;

#endif

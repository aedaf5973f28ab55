/*
 * A log begins anew under another origin: after a restore.
 *
 * A restored directory may lack entries that others have seen signed, so going on
 * under the old name would show two histories of one log.  It goes on under a new
 * origin and key instead, with the same entries as its prefix, and its first new
 * entry commits to the checkpoint that it grew from.
 */
#ifndef AUDIT_RESTART_H
#define AUDIT_RESTART_H

#include "audit/audit.h"

struct audit_restart {
	int64_t tenant;
	struct str origin;          /* the new one */
	const struct sign_key *key; /* its key */
	/* out: */
	bool had_checkpoint;
	struct digest old; /* SHA-256 of the last checkpoint under the old origin */
	uint64_t old_size; /* entries that it covers */
};

/* In a write transaction, before the log is opened: every checkpoint goes, and the
 * latest comes back signed by the new key.  RC_CORRUPT: it cannot be read. */
enum rc audit_restart(struct store_tx *tx, struct audit_restart *restart, struct err *err)
    MUST_CHECK;

#endif

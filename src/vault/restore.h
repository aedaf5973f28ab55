/*
 * A directory that came from a backup becomes one that may be used.
 *
 * DIR/RESTORING stands in it from the first file to the last step, and no vault
 * but these functions' opens it.  In order: every log begins anew
 * (audit/restart.h), the ledger is replayed, what is past its time is swept.
 */
#ifndef VAULT_RESTORE_H
#define VAULT_RESTORE_H

#include "vault/vault.h"

#define RESTORING_FILE "RESTORING"

struct restore_report {
	uint64_t lines;     /* of the ledger that were carried out again */
	uint64_t subjects;  /* that were in the backup and are erased again */
	uint64_t records;   /* likewise, single ones and those of classes */
	uint64_t keys_lost; /* named by the backup, gone from the newest keys */
	uint64_t swept;     /* past their time since the backup */
	int64_t epoch;      /* of the keys */
};

/* All three steps; the marker goes last.  When it fails the marker stays. */
enum rc vault_restore(const struct vault_options *options, struct restore_report *report,
                      struct err *err) MUST_CHECK;

#endif

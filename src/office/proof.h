/*
 * The latest proof of each promise: what `troth prove` found, for /T/trust.
 */
#ifndef OFFICE_PROOF_H
#define OFFICE_PROOF_H

#include "office/office.h"

enum proof_state {
	PROOF_NONE = 0,  /* never run */
	PROOF_KEPT,      /* the probe ran and holds */
	PROOF_BROKEN,    /* the probe ran and does not */
	PROOF_NOT_BUILT, /* what is promised is not in this program yet: never "kept" */
	PROOF_ERROR,     /* the probe could not run */
};
struct proof {
	struct str promise; /* its id */
	enum proof_state state;
	struct str evidence; /* one line: what was done and seen; nothing personal */
	int64_t checked_us;
	int64_t entry; /* of the log, where the run is anchored; -1: none */
};
struct proofs {
	struct proof *items;
	size_t count;
};
/* Replaces the latest run; a promise that turned broken alerts staff. */
enum rc proof_store(struct office *office, const struct tenant *tenant,
                    const struct proofs *proofs, struct err *err) MUST_CHECK;
enum rc proof_load(struct office *office, const struct tenant *tenant, struct arena *arena,
                   struct proofs *proofs, struct err *err) MUST_CHECK;
const char *proof_word(enum proof_state state); /* "kept", "broken" … */

#endif

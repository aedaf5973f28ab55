/*
 * The probes: each shows one promise of the policy true, or not, on the running
 * system.
 *
 * A run asks the server over its own listener, as nobody and as canaries: persons
 * of each role, made for the run, whose data carry marks, and erased after it; their
 * entries in the log stay.  A promise is kept only when its probe ran and held; what
 * rests on a part that this program does not have is "not built", never kept.
 */
#ifndef PROVE_PROVE_H
#define PROVE_PROVE_H

#include "office/proof.h"
#include "web/site.h"

struct prove_options {
	const struct site *site;
	const struct tenant *tenant;
	const char *url;      /* as others name the server: "https://troth.example:8443" */
	const char *address;  /* where it listens: "127.0.0.1:8443" */
	const char *ca_file;  /* its certificate */
	const char *data_dir; /* searched for marks */
	struct str only;      /* a probe or the id of a promise; empty: every promise */
};

/* Results in the policy's order, in the arena; a whole run is stored for /T/trust.
 * RC_NOT_FOUND: `only` names no promise of the policy. */
enum rc prove_run(const struct prove_options *options, struct arena *arena,
                  struct proofs *proofs, struct err *err) MUST_CHECK;

#endif

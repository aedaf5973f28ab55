/*
 * The prover: a thread of the server that proves every tenant's promises once a
 * day (or as --prove-every says), and soon after the start where the last run is
 * longer ago.
 */
#ifndef MAIN_PROVER_H
#define MAIN_PROVER_H

#include "main/command.h"

#define PROVE_ARENA_BYTES (1024 * MIB) /* of one run: answers are kept until its end */
#define PROVE_EVERY_HOURS 24

struct prover;

/* Of the site that `like` knows; NULL with `--prove-every 0`.  RC_INVALID: the hours. */
enum rc prover_open(struct prover **prover, const struct call *like, struct err *err)
    MUST_CHECK;
void prover_close(struct prover *prover); /* waits for the probe under way */

#endif

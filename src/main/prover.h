/*
 * The prover: a thread of the server that proves every tenant's promises once a
 * day, and soon after the start where that has never been done or the last run is
 * a day old.
 */
#ifndef MAIN_PROVER_H
#define MAIN_PROVER_H

#include "main/command.h"

#define PROVE_ARENA_BYTES (1024 * MIB) /* of one run: answers are kept until its end */
#define PROVE_EVERY_US    US_PER_DAY

struct prover;

/* Of the site that `like` knows. */
enum rc prover_open(struct prover **prover, const struct call *like, struct err *err)
    MUST_CHECK;
void prover_close(struct prover *prover); /* waits for the probe under way */

#endif

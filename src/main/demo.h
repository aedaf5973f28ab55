/*
 * What a demonstration data directory holds: one tenant of each service, with
 * made-up people and data of the project's own generator.
 */
#ifndef MAIN_DEMO_H
#define MAIN_DEMO_H

#include "main/command.h"

/* Where the demonstration says that it stands. */
#define DEMO_REGION "eu"
#define DEMO_TENANT "demo"

enum rc demo_fill(struct call *call, struct err *err) MUST_CHECK;

/* How to sign in, for the line that `serve` prints. */
extern const char demo_member_email[];
extern const char demo_admin_email[];

/* Places, a recovery key, a first backup and a first drill; RC_OK when they are there. */
enum rc demo_places_make(const struct call *call, struct err *err) MUST_CHECK;

/* Entries of the registers, so that none is empty without need. */
enum rc demo_registers_fill(const struct call *call, const struct tenant *tenant,
                            struct err *err) MUST_CHECK;

#endif

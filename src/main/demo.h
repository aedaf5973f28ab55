/*
 * What a demonstration data directory holds: one tenant of each service, with
 * made-up people and data of the project's own generator.
 */
#ifndef MAIN_DEMO_H
#define MAIN_DEMO_H

#include "main/command.h"

#define DEMO_TENANT "demo"

enum rc demo_fill(struct call *call, struct err *err) MUST_CHECK;

/* How to sign in, for the line that `serve` prints. */
extern const char demo_member_email[];
extern const char demo_admin_email[];

#endif

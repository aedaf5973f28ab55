/*
 * One-time codes that connect a device: typed or scanned, once, for some minutes.
 *
 * A code has 50 random bits, so it cannot be guessed within its life; tries are
 * rate-limited per network address all the same.
 */
#ifndef PEOPLE_CODE_H
#define PEOPLE_CODE_H

#include "people/people.h"

#define CODE_TEXT 12 /* "K3V9A-0QXTM" in Crockford's base 32, and a NUL */

struct code {
	struct id owner;   /* the device */
	struct id subject; /* its member */
	int minutes;       /* issue: how long it works */
	char text[CODE_TEXT];
};

enum rc people_code_issue(const struct door *door, struct people *people, struct code *code,
                          struct err *err) MUST_CHECK;
/* Spends it.  RC_UNAUTHENTICATED for anything wrong; RC_RATE. */
enum rc people_code_redeem(struct people *people, const struct visitor *visitor,
                           struct str text, struct code *code, struct err *err) MUST_CHECK;

#endif

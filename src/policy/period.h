/*
 * Periods as the language writes them: 0s, 90d, 24mo, 7y, forever.
 */
#ifndef POLICY_PERIOD_H
#define POLICY_PERIOD_H

#include "policy/policy.h"

/* At most a hundred years; no sign, no space, no leading zero. */
bool period_parse(struct str text, struct policy_period *period);
/* "90 days", "1 year", "no time", "ever". */
struct str period_says(struct arena *arena, const struct policy_period *period);
/* "90d", "forever": as it is written. */
struct str period_format(struct arena *arena, const struct policy_period *period);
/* To compare two periods: seconds, with months and years of the mean Gregorian
 * length (146,097 days in 400 years). */
int64_t period_length_s(const struct policy_period *period);

#endif

/*
 * Whose onboarding is known to be complete.  Nothing outside src/office includes this.
 *
 * A bounded table in memory, so that the gate of every request costs a look-up: a row
 * holds while the tenant's policy is the same and until the first step lapses.  What is
 * not in it is read from the records.
 */
#ifndef OFFICE_ONBOARDING_H
#define OFFICE_ONBOARDING_H

#include "office/inside.h"

void onboarding_forget(struct office *office, struct id person);
void onboarding_forget_all(struct office *office);
void onboarding_end(struct office *office); /* with the office */

#endif

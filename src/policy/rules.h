/*
 * What single keys cannot show: combinations that a policy may not have.
 *
 * The rules run on whatever could be read, so that their faults come with the
 * reader's.  A value that could not be read is zero and breaks no rule.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "policy/field.h"

void rules_check(struct reader *reader);

#endif

/*
 * What is wrong with a policy, and where.
 *
 * Faults are collected, never the first alone: whoever writes a policy repairs
 * it in one go.  A text names keys and declared names; it never holds the value
 * of a controller's name, address or contact.
 */
#ifndef POLICY_FAULT_H
#define POLICY_FAULT_H

#include "policy/policy.h"

struct place {
	int line, column; /* from 1 */
};

void fault_add(struct policy_diagnostics *faults, struct place at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* In the order of the file. */
void fault_sort(struct policy_diagnostics *faults);

#endif

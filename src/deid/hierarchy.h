/*
 * Generalisation hierarchies of quasi-identifiers (see table.h).
 */
#ifndef DEID_HIERARCHY_H
#define DEID_HIERARCHY_H

#include "deid/table.h"

/* RC_INVALID: levels or width that the hierarchy has not. */
enum rc hierarchy_check(const struct deid_column *column, struct err *err) MUST_CHECK;

/* The value at a level; level 0 borrows it, others live in the arena. */
struct str hierarchy_text(const struct deid_column *column, struct str value, unsigned level,
                          struct arena *arena);

#endif

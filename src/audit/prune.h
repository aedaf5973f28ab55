/*
 * The minimum index of a log that has been cut: entries below it are gone, their
 * hashes are not.  A multiple of 256; 0: nothing was cut.
 */
#ifndef AUDIT_PRUNE_H
#define AUDIT_PRUNE_H

#include "store/store.h"

enum rc prune_minimum_find(struct store_tx *tx, int64_t tenant, int64_t *minimum,
                           struct err *err) MUST_CHECK;
enum rc prune_minimum(struct store *store, int64_t tenant, int64_t *entries, struct err *err)
    MUST_CHECK;

#endif

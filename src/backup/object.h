/*
 * One object as it lies at a place: zstd in an age file.  Only this module knows
 * either.
 */
#ifndef BACKUP_OBJECT_H
#define BACKUP_OBJECT_H

#include "base/buf.h"
#include "crypto/age.h"

#define LIMIT_OBJECT_PLAIN  (256UL * 1024 * 1024) /* of one object, opened */
#define LIMIT_OBJECT_SEALED (LIMIT_OBJECT_PLAIN + 1024 * 1024)

/* Appends to `out`. */
enum rc object_seal(const struct age_recipient *to, struct str plain, struct buf *out,
                    struct err *err) MUST_CHECK;
/* RC_CORRUPT, RC_DENIED (another's), RC_LIMIT: over `out`'s ceiling. */
enum rc object_open(const struct age_identity *identity, struct str sealed, struct buf *out,
                    struct err *err) MUST_CHECK;

#endif

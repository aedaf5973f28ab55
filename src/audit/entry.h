/*
 * Entries inside this layer: what audit_entry_format() writes, read in place.
 *
 * The form is closed: one JSON object, members in this order and no others,
 * no white space, no escapes.
 *
 *     {"act":WORD,"actor":B32,"class":WORD,"count":INT,"detail":WORD,
 *      "nonce":B16,"outcome":WORD,"policy":B32,"purpose":WORD,"record":B32,
 *      "role":WORD,"subject":B32,"time_us":INT}
 *
 * WORD: 1 to ENTRY_WORD_MAX printable ASCII characters without '"' and '\'.
 * B32, B16: base64url of that many bytes (RFC 4648, section 5), unpadded.
 * INT: 0 to 2^63 - 1 in decimal.  act, count, nonce, outcome and time_us are
 * always there; an empty word and an all-zero digest are left out, so that
 * every entry has one form only.
 */
#ifndef AUDIT_ENTRY_H
#define AUDIT_ENTRY_H

#include "audit/audit.h"

#define ENTRY_WORD_MAX 64
#define ENTRY_LEAF_MAX 1024

/* As audit_entry_parse(), but words borrow from `leaf`.  RC_INVALID. */
enum rc entry_read(struct str leaf, struct audit_entry *entry, struct err *err) MUST_CHECK;

#endif

/*
 * Bech32 (BIP 173) without its limit of 90 characters, as age spells its keys.
 */
#ifndef CRYPTO_BECH32_H
#define CRYPTO_BECH32_H

#include "base/str.h"

/* `prefix` is lower case; `out` has room for prefix.len + ceil(8/5 count) + 7
 * and a NUL.  All letters come out in lower case. */
void bech32_format(struct str prefix, const uint8_t *bytes, size_t count, char *out);

/* Exactly `count` bytes under exactly that lower-case prefix.  A text in capitals
 * is read as well; one of both cases is not.  RC_INVALID, and `out` untouched. */
enum rc bech32_parse(struct str text, struct str prefix, uint8_t *out, size_t count,
                     struct err *err) MUST_CHECK;

#endif

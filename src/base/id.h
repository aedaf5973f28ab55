/*
 * 128-bit identifiers, time-ordered: UUID version 7 (RFC 9562, section 5.7).
 *
 * An id tells when it was made and nothing else; the 74 other bits are random,
 * so an id cannot be guessed.  Whether somebody may see what it names is never
 * decided by knowing it.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/str.h"

#define ID_TEXT_LEN 36 /* 0190a0b4-7c3e-7xxx-yxxx-xxxxxxxxxxxx */

struct id {
	uint8_t bytes[16];
};

/* `now_us`: microseconds since 1970, UTC.  Ends the process without entropy. */
struct id id_new(int64_t now_us);

bool id_eq(struct id a, struct id b);
bool id_is_zero(struct id id);
int id_compare(struct id a, struct id b); /* <0, 0, >0 in order of making */

/* Lower-case text with hyphens; `text` has room for ID_TEXT_LEN + 1. */
void id_format(struct id id, char text[ID_TEXT_LEN + 1]);
struct str id_to_str(struct arena *arena, struct id id);

/* Exactly the form id_format() writes; anything else is RC_INVALID. */
enum rc id_parse(struct str text, struct id *id, struct err *err) MUST_CHECK;

#endif

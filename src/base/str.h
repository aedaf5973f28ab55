/*
 * Text as a pointer and a length.
 *
 * A struct str borrows: it never owns and never frees.  It lives as long as
 * what it points into (a literal, the request arena, a store row).  It is not
 * NUL-terminated; str_to_c() copies where a C API insists.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct str {
	const char *ptr;
	size_t len;
};

/* A string literal, and only a literal, as a struct str. */
#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })

#define STR_EMPTY    ((struct str){ NULL, 0 })

/* For "%.*s". */
#define STR_ARGS(s) str_print_len(s), (s).ptr

struct arena;

bool str_eq(struct str a, struct str b);
bool str_starts_with(struct str text, struct str prefix);

/* Split at the first `sep`: head gets what is before it, the result is what is
 * after it.  Without a `sep`, head gets everything and the result is empty. */
struct str str_cut(struct str text, char sep, struct str *head);

/* Decimal digits only: no sign, no spaces, no leftovers, no overflow. */
enum rc str_to_u32(struct str text, uint32_t *value, struct err *err) MUST_CHECK;

/* As str_to_u32(), with an optional leading '-' for the signed one. */
enum rc str_to_i64(struct str text, int64_t *value, struct err *err) MUST_CHECK;

/* What str_from_c() borrows must outlive the result. */
struct str str_from_c(const char *text);
struct str str_trim(struct str text); /* ASCII white space off both ends */
bool str_ends_with(struct str text, struct str suffix);
bool str_eq_nocase(struct str a, struct str b); /* ASCII only */
bool str_is_utf8(struct str text);              /* RFC 3629, no NUL */

/* Copies that live as long as the arena. */
struct str str_copy(struct arena *arena, struct str text);
struct str str_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
const char *str_to_c(struct arena *arena, struct str text);

int str_print_len(struct str text);

#endif

/*
 * application/x-www-form-urlencoded (WHATWG URL, section 5), for queries and
 * bodies, and percent-encoding (RFC 3986, section 2.1), both read strictly:
 * a '%' without two hexadecimal digits, text that is not UTF-8 and a NUL are
 * RC_SYNTAX, never repaired.
 */
#ifndef WEB_FORM_H
#define WEB_FORM_H

#include "web/request.h"

/* More than LIMIT_FIELDS pairs: RC_LIMIT.  Texts live in the arena. */
enum rc form_parse(struct str text, struct arena *arena, struct pairs *pairs, struct err *err)
    MUST_CHECK;

enum rc percent_decode(struct str text, bool plus_is_space, struct arena *arena,
                       struct str *decoded, struct err *err) MUST_CHECK;

/* All but RFC 3986's unreserved characters and '/' become escapes. */
struct str percent_encode(struct str text, struct arena *arena);

/* RC_LIMIT when there are LIMIT_FIELDS already. */
enum rc pairs_add(struct pairs *pairs, struct str name, struct str value, struct err *err)
    MUST_CHECK;
struct str pairs_find(const struct pairs *pairs, struct str name); /* empty: none */

#endif

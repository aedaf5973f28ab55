/*
 * Which representation a client wants: RFC 9110, section 12.5.1.
 */
#ifndef WEB_ACCEPT_H
#define WEB_ACCEPT_H

#include "base/str.h"

enum format { FORMAT_NONE = 0, FORMAT_HTML = 1, FORMAT_JSON = 2, FORMAT_CSV = 4 };

/* The best of `offered` (formats, or-ed): by weight, then `first`, then the
 * order above.  No header means anything.  FORMAT_NONE: nothing fits. */
enum format accept_choose(struct str header, unsigned offered, enum format first);

/* Is the format wanted by name or kind, not just by "*" "/" "*"? */
bool accept_names(struct str header, enum format format);

/* "json", "csv", "html" of `?format=`. */
enum format format_find(struct str name);
struct str format_type(enum format format); /* with charset where it has one */

#endif

/*
 * The request target (RFC 9112, section 3.2): origin-form only.
 *
 * A path is taken only in the one spelling that every program on the way reads
 * alike: no "//", no "." or ".." segments (also when encoded), no encoded
 * slash, no backslash, no bytes outside of RFC 3986's characters.
 */
#ifndef WEB_TARGET_H
#define WEB_TARGET_H

#include "base/arena.h"
#include "base/str.h"

struct target {
	struct str path;  /* as it came, still encoded; begins with '/' */
	struct str query; /* without '?'; still encoded */
};

/* RC_SYNTAX; RC_LIMIT: longer than LIMIT_PATH_BYTES. */
enum rc target_parse(struct str text, struct arena *arena, struct target *target,
                     struct err *err) MUST_CHECK;

/* A path of ours that may follow `?next=`: begins with one '/', and is a target. */
bool target_is_local(struct str text, struct arena *arena);

#endif

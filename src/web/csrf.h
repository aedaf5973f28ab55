/*
 * Form tokens: a page of another site cannot know one.
 *
 * A token is base64url of mask ‖ HMAC-SHA-256(key, "form" ‖ mask), with a random
 * 16-byte mask, so that no two pages show the same text.  The key belongs to
 * the session; before sign-in it follows from the __Host-signin cookie
 * (double submit), which no other origin can set or read.
 */
#ifndef WEB_CSRF_H
#define WEB_CSRF_H

#include "base/arena.h"
#include "crypto/digest.h"

struct key csrf_key_of_session(const struct digest *csrf);
struct key csrf_key_of_cookie(struct str secret);

struct str csrf_token(const struct key *key, struct arena *arena);
bool csrf_token_is_valid(const struct key *key, struct str token);

/* What Origin (RFC 6454) and Sec-Fetch-Site (W3C Fetch Metadata) say of where a
 * request was made.  "Origin: null" says nothing: browsers send it with
 * Referrer-Policy: no-referrer. */
enum origin_says { ORIGIN_UNKNOWN, ORIGIN_SAME, ORIGIN_OTHER };
enum origin_says origin_check(struct str origin, struct str fetch_site, struct str own);

#endif

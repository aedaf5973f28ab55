/*
 * Cookies: reading them, and the jar that lets tenants of one origin each keep
 * a secret in a cookie of one name.
 *
 * A browser holds one __Host- cookie of a name for an origin.  Where tenants
 * are paths of one origin (demonstrations), its value is a jar: SLUG:SECRET,
 * joined by '.', at most COOKIE_JAR_MAX, the oldest falling out.  Slugs and
 * base64url secrets hold neither ':' nor '.'.  Handlers see only the secret of
 * their own tenant.
 */
#ifndef WEB_COOKIE_H
#define WEB_COOKIE_H

#include "web/request.h"

#define COOKIE_SESSION  "__Host-session"
#define COOKIE_SIGNIN   "__Host-signin"
#define COOKIE_LANGUAGE "lang"
#define COOKIE_JAR_MAX  8

/* RFC 6265, section 4.2: what is no cookie is passed over.  A __Host- name that
 * stands twice is no cookie either: a browser never sends that. */
enum rc cookies_parse(struct str header, struct pairs *cookies, struct err *err) MUST_CHECK;

bool cookie_is_jar(struct str name);                    /* begins with __Host- */
struct str jar_find(struct str value, struct str slug); /* empty: none */
/* The jar with `secret` for the slug, or without it when `secret` is empty. */
struct str jar_put(struct str value, struct str slug, struct str secret, struct arena *arena);

#endif

#include "web/cookie.h"

#include <assert.h>

#include "web/exchange.h"
#include "web/form.h"

/* RFC 6265, section 4.1.1: cookie-octet. */
static bool
value_is_plain(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];
		if (c <= ' ' || c >= 127 || c == '"' || c == ',' || c == ';' || c == '\\')
			return false;
	}
	return true;
}

bool
cookie_is_jar(struct str name)
{
	return str_starts_with(name, STR("__Host-"));
}

static struct pair *
cookie_at(struct pairs *cookies, struct str name)
{
	for (size_t i = 0; i < cookies->count; i++) {
		if (str_eq(cookies->items[i].name, name))
			return &cookies->items[i];
	}
	return NULL;
}

enum rc
cookies_parse(struct str header, struct pairs *cookies, struct err *err)
{
	struct str part, name, value;
	struct pair *known;

	while (header.len != 0) {
		header = str_cut(header, ';', &part);
		value = str_cut(str_trim(part), '=', &name);
		if (name.len == 0 || !value_is_plain(name) || !value_is_plain(value))
			continue;
		known = cookie_at(cookies, name);
		if (known == NULL)
			TRY(pairs_add(cookies, name, value, err));
		else if (cookie_is_jar(name))
			known->value = STR_EMPTY;
	}
	return RC_OK;
}

struct str
jar_find(struct str value, struct str slug)
{
	struct str part, name, secret;

	while (value.len != 0) {
		value = str_cut(value, '.', &part);
		secret = str_cut(part, ':', &name);
		if (str_eq(name, slug) && secret.len != 0)
			return secret;
	}
	return STR_EMPTY;
}

/* What of the jar stays beside a new secret: other tenants', the newest. */
static struct str
jar_others(struct str value, struct str slug, struct arena *arena)
{
	struct str kept = STR_EMPTY;
	struct str part, name, secret;
	size_t count = 0;

	while (value.len != 0 && count < COOKIE_JAR_MAX - 1) {
		value = str_cut(value, '.', &part);
		secret = str_cut(part, ':', &name);
		if (secret.len == 0 || name.len == 0 || str_eq(name, slug))
			continue;
		kept = kept.len == 0
		           ? part
		           : str_printf(arena, "%.*s.%.*s", STR_ARGS(kept), STR_ARGS(part));
		count++;
	}
	return kept;
}

struct str
jar_put(struct str value, struct str slug, struct str secret, struct arena *arena)
{
	struct str others = jar_others(value, slug, arena);

	if (secret.len == 0)
		return others;
	if (others.len == 0)
		return str_printf(arena, "%.*s:%.*s", STR_ARGS(slug), STR_ARGS(secret));
	return str_printf(arena, "%.*s:%.*s.%.*s", STR_ARGS(slug), STR_ARGS(secret),
	                  STR_ARGS(others));
}

/* SameSite=Lax: a link in a mail opens a page that must know its browser, and
 * what changes anything is a POST with a form token. */
static struct str
cookie_line(const struct request *request, const struct policy_cookie *cookie, struct str value)
{
	bool is_host = cookie_is_jar(cookie->name);
	struct str path = is_host ? STR_EMPTY : request->prefix;
	struct str age = STR_EMPTY;

	if (value.len == 0)
		age = STR("; Max-Age=0");
	else if (cookie->lasts_s > 0)
		age = str_printf(request->arena, "; Max-Age=%lld", (long long)cookie->lasts_s);
	return str_printf(
	    request->arena, "%.*s=%.*s; Path=%.*s/; Secure; HttpOnly; SameSite=Lax%.*s",
	    STR_ARGS(cookie->name), STR_ARGS(value), STR_ARGS(path), STR_ARGS(age));
}

enum rc
request_cookie(struct request *request, const char *name, struct str value, struct err *err)
{
	const struct policy_cookie *cookie;
	struct pair *line, *jar;

	if (request->tenant == NULL)
		return FAIL(err, RC_DENIED, "cookies belong to a tenant");
	cookie = policy_cookie_find(request->tenant->policy, str_from_c(name));
	if (cookie == NULL)
		return FAIL(err, RC_DENIED, "the policy declares no cookie %s", name);
	if (!value_is_plain(value))
		return FAIL(err, RC_INVALID, "the value of cookie %s has odd characters", name);
	if (cookie_is_jar(cookie->name)) {
		jar = cookie_at(&request->exchange->jars, cookie->name);
		if (jar == NULL) {
			TRY(pairs_add(&request->exchange->jars, cookie->name, STR_EMPTY, err));
			jar = cookie_at(&request->exchange->jars, cookie->name);
			assert(jar != NULL);
		}
		jar->value = jar_put(jar->value, request->tenant->slug, value, request->arena);
		value = jar->value;
	}
	line = cookie_at(&request->exchange->set_cookies, cookie->name);
	if (line != NULL) {
		line->value = cookie_line(request, cookie, value);
		return RC_OK;
	}
	return pairs_add(&request->exchange->set_cookies, cookie->name,
	                 cookie_line(request, cookie, value), err);
}

/* Expected answers follow from RFC 6265, web/cookie.h and web/csrf.h. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "web/cookie.h"
#include "web/csrf.h"
#include "web/exchange.h"
#include "web/form.h"

static int
arena_start(void **state)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		return 1;
	arena_init(arena, LIMIT_ARENA_BYTES);
	*state = arena;
	return 0;
}

static int
arena_end(void **state)
{
	arena_free(*state);
	free(*state);
	return 0;
}

static void
cookies_are_read_and_what_is_none_is_passed_over(void **state)
{
	struct pairs cookies = { .count = 0 };
	struct err err;

	(void)state;
	assert_int_equal(
	    cookies_parse(STR("a=1; b=x=y;c ; =z; d=\"q\"; a=2; e="), &cookies, &err), RC_OK);
	assert_true(str_eq(pairs_find(&cookies, STR("a")), STR("1")));
	assert_true(str_eq(pairs_find(&cookies, STR("b")), STR("x=y")));
	assert_int_equal(pairs_find(&cookies, STR("d")).len, 0);
	assert_int_equal(pairs_find(&cookies, STR("")).len, 0);
}

static void
a_host_cookie_that_stands_twice_is_none(void **state)
{
	struct pairs cookies = { .count = 0 };
	struct err err;

	(void)state;
	assert_int_equal(
	    cookies_parse(STR("__Host-session=a:x; __Host-session=a:y"), &cookies, &err),
	    RC_OK);
	assert_int_equal(pairs_find(&cookies, STR("__Host-session")).len, 0);
}

static void
each_tenant_finds_its_own_secret_in_the_jar(void **state)
{
	struct str jar = STR_EMPTY;

	jar = jar_put(jar, STR("one"), STR("s1"), *state);
	jar = jar_put(jar, STR("two"), STR("s2"), *state);
	assert_true(str_eq(jar, STR("two:s2.one:s1")));
	jar = jar_put(jar, STR("one"), STR("s3"), *state);
	assert_true(str_eq(jar, STR("one:s3.two:s2")));
	assert_true(str_eq(jar_find(jar, STR("two")), STR("s2")));
	assert_int_equal(jar_find(jar, STR("tw")).len, 0);
	assert_int_equal(jar_find(jar, STR("")).len, 0);
	jar = jar_put(jar, STR("one"), STR_EMPTY, *state);
	assert_true(str_eq(jar, STR("two:s2")));
	assert_int_equal(jar_put(jar, STR("two"), STR_EMPTY, *state).len, 0);
}

static void
a_full_jar_loses_its_oldest_secret(void **state)
{
	struct str jar = STR_EMPTY;

	for (int i = 0; i < COOKIE_JAR_MAX + 1; i++)
		jar = jar_put(jar, str_printf(*state, "t%d", i), STR("s"), *state);
	assert_int_equal(jar_find(jar, STR("t0")).len, 0);
	assert_true(str_eq(jar_find(jar, STR("t1")), STR("s")));
	assert_true(str_eq(jar_find(jar, STR("t8")), STR("s")));
}

static struct policy_cookie declared[] = {
	{ .name = { "__Host-session", 14 } },
	{ .name = { "lang", 4 }, .lasts_s = 86400 },
};

static struct exchange *
exchange_of_tenant(const struct site *site, const struct tenant *tenant)
{
	struct exchange *exchange = exchange_new(site);

	exchange->request.tenant = tenant;
	exchange->request.prefix = STR("/one");
	return exchange;
}

static void
only_declared_cookies_are_set_with_every_attribute(void **state)
{
	const struct clock clock = { 0 };
	const struct site site = { .clock = &clock };
	const struct policy policy = { .cookies = declared, .cookie_count = 2 };
	const struct tenant tenant = { .slug = STR("one"), .policy = &policy };
	struct exchange *exchange = exchange_of_tenant(&site, &tenant);
	struct request *request = &exchange->request;
	struct err err;

	(void)state;
	assert_int_equal(request_cookie(request, "tracker", STR("x"), &err), RC_DENIED);
	assert_int_equal(request_cookie(request, "lang", STR("a;b"), &err), RC_INVALID);
	assert_int_equal(exchange->set_cookies.count, 0);
	assert_int_equal(request_cookie(request, "__Host-session", STR("s"), &err), RC_OK);
	assert_int_equal(request_cookie(request, "lang", STR("fr"), &err), RC_OK);
	assert_int_equal(exchange->set_cookies.count, 2);
	assert_true(
	    str_eq(exchange->set_cookies.items[0].value,
	           STR("__Host-session=one:s; Path=/; Secure; HttpOnly; SameSite=Lax")));
	assert_true(
	    str_eq(exchange->set_cookies.items[1].value,
	           STR("lang=fr; Path=/one/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400")));
	assert_int_equal(request_cookie(request, "__Host-session", STR_EMPTY, &err), RC_OK);
	assert_int_equal(exchange->set_cookies.count, 2);
	assert_true(
	    str_eq(exchange->set_cookies.items[0].value,
	           STR("__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")));
	exchange_free(exchange);
}

static void
a_form_token_is_good_for_its_key_alone(void **state)
{
	struct key mine = csrf_key_of_cookie(STR("secret"));
	struct key other = csrf_key_of_cookie(STR("another"));
	struct str token = csrf_token(&mine, *state);
	struct str again = csrf_token(&mine, *state);
	char changed[128];

	assert_true(csrf_token_is_valid(&mine, token));
	assert_true(csrf_token_is_valid(&mine, again));
	assert_false(str_eq(token, again));
	assert_false(csrf_token_is_valid(&other, token));
	assert_false(csrf_token_is_valid(&mine, STR_EMPTY));
	assert_false(csrf_token_is_valid(&mine, (struct str){ token.ptr, token.len - 1 }));
	for (size_t i = 0; i < token.len; i++) {
		memcpy(changed, token.ptr, token.len);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		assert_false(csrf_token_is_valid(&mine, (struct str){ changed, token.len }));
	}
}

static void
an_origin_is_ours_another_or_not_said(void **state)
{
	const struct str own = STR("https://a:8443");

	(void)state;
	assert_int_equal(origin_check(own, STR_EMPTY, own), ORIGIN_SAME);
	assert_int_equal(origin_check(STR_EMPTY, STR("same-origin"), own), ORIGIN_SAME);
	assert_int_equal(origin_check(STR("null"), STR("same-origin"), own), ORIGIN_SAME);
	assert_int_equal(origin_check(STR_EMPTY, STR_EMPTY, own), ORIGIN_UNKNOWN);
	assert_int_equal(origin_check(STR("null"), STR_EMPTY, own), ORIGIN_UNKNOWN);
	assert_int_equal(origin_check(STR("https://a"), STR_EMPTY, own), ORIGIN_OTHER);
	assert_int_equal(origin_check(STR("http://a:8443"), STR_EMPTY, own), ORIGIN_OTHER);
	assert_int_equal(origin_check(own, STR("cross-site"), own), ORIGIN_OTHER);
	assert_int_equal(origin_check(STR_EMPTY, STR("same-site"), own), ORIGIN_OTHER);
	assert_int_equal(origin_check(STR_EMPTY, STR("none"), own), ORIGIN_OTHER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookies_are_read_and_what_is_none_is_passed_over),
		cmocka_unit_test(a_host_cookie_that_stands_twice_is_none),
		cmocka_unit_test(each_tenant_finds_its_own_secret_in_the_jar),
		cmocka_unit_test(a_full_jar_loses_its_oldest_secret),
		cmocka_unit_test(only_declared_cookies_are_set_with_every_attribute),
		cmocka_unit_test(a_form_token_is_good_for_its_key_alone),
		cmocka_unit_test(an_origin_is_ours_another_or_not_said),
	};

	return cmocka_run_group_tests(tests, arena_start, arena_end);
}

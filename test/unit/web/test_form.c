/* Expected answers follow from the WHATWG URL standard, section 5, RFC 3986 and
 * RFC 9112, sections 3.2 and 6.3. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "web/form.h"
#include "web/framing.h"
#include "web/target.h"

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

static enum rc
parse(void **state, const char *text, struct pairs *pairs)
{
	struct err err;

	pairs->count = 0;
	return form_parse(str_from_c(text), *state, pairs, &err);
}

static void
pairs_are_decoded_and_kept_in_order(void **state)
{
	struct pairs pairs;

	assert_int_equal(parse(state, "a=1&b=x+y%26&&c&a=2&=v&d=e=f", &pairs), RC_OK);
	assert_int_equal(pairs.count, 6);
	assert_true(str_eq(pairs_find(&pairs, STR("a")), STR("1")));
	assert_true(str_eq(pairs_find(&pairs, STR("b")), STR("x y&")));
	assert_int_equal(pairs_find(&pairs, STR("c")).len, 0);
	assert_true(str_eq(pairs.items[3].value, STR("2")));
	assert_true(str_eq(pairs_find(&pairs, STR("d")), STR("e=f")));
	assert_int_equal(pairs_find(&pairs, STR("none")).len, 0);
}

static void
broken_escapes_and_texts_are_refused(void **state)
{
	static const char *const texts[] = { "a=%",      "a=%4",        "a=%zz", "a=%4g",
		                             "%=1",      "a=%ff",       "a=%00", "%00=a",
		                             "a=%c0%af", "a=%ed%a0%80", "a=\xff" };
	struct pairs pairs;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_int_equal(parse(state, texts[i], &pairs), RC_SYNTAX);
}

static void
more_fields_than_the_limit_are_refused_and_not_cut(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct pairs pairs;

	buf_init(&text, 64 * KIB);
	for (int i = 0; i < LIMIT_FIELDS; i++)
		buf_add(&text, STR("a=1&"));
	assert_int_equal(parse(state, text.text, &pairs), RC_OK);
	assert_int_equal(pairs.count, LIMIT_FIELDS);
	buf_add(&text, STR("b=2"));
	assert_int_equal(parse(state, text.text, &pairs), RC_LIMIT);
}

static void
encoding_and_decoding_are_inverse(void **state)
{
	struct str encoded, decoded;
	struct err err;
	const struct str text = STR("/a b?c=d&e+f%\xc3\xa9~");

	encoded = percent_encode(text, *state);
	assert_true(str_eq(encoded, STR("/a%20b%3Fc%3Dd%26e%2Bf%25%C3%A9~")));
	assert_int_equal(percent_decode(encoded, true, *state, &decoded, &err), RC_OK);
	assert_true(str_eq(decoded, text));
}

static void
only_one_spelling_of_a_path_is_a_target(void **state)
{
	static const char *const good[] = { "/",      "/a",   "/a/",    "/a/b?c=d/../e",
		                            "/a%20b", "/...", "/a/..b", "/%C3%A9",
		                            "/?" };
	static const char *const bad[] = {
		"",       "a",       "*",         "//",        "//host/", "/a//b",
		"/..",    "/a/../b", "/.",        "/%2e%2e/b", "/.%2E",   "/a%2fb",
		"/a%5cb", "/a\\b",   "/%00",      "/a%0d%0ab", "/a b",    "/a#b",
		"/<",     "/%ff",    "/\xc3\xa9", "http://h/", "/a%",     "/\x7f",
	};
	struct target target;
	struct err err;

	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_int_equal(target_parse(str_from_c(good[i]), *state, &target, &err),
		                 RC_OK);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(target_parse(str_from_c(bad[i]), *state, &target, &err),
		                 RC_SYNTAX);
	assert_int_equal(target_parse(STR("/a?b=c?d"), *state, &target, &err), RC_OK);
	assert_true(str_eq(target.path, STR("/a")));
	assert_true(str_eq(target.query, STR("b=c?d")));
	assert_true(target_is_local(STR("/me"), *state));
	assert_false(target_is_local(STR("//elsewhere.example"), *state));
}

static enum rc
frame(const char *const headers[][2], size_t count, struct framing *framing)
{
	struct pairs pairs = { .count = 0 };
	struct err err;

	for (size_t i = 0; i < count; i++)
		pairs.items[pairs.count++] =
		    (struct pair){ str_from_c(headers[i][0]), str_from_c(headers[i][1]) };
	return framing_read(&pairs, framing, &err);
}

static void
one_host_and_one_way_to_end_a_body_are_taken(void **state)
{
	const char *const plain[][2] = { { "HOST", "localhost:8443" },
		                         { "content-length", "12" } };
	const char *const chunks[][2] = { { "Host", "[::1]:8443" },
		                          { "Transfer-Encoding", "Chunked" } };
	struct framing framing;

	(void)state;
	assert_int_equal(frame(plain, 2, &framing), RC_OK);
	assert_true(framing.has_length && framing.length == 12 && !framing.is_chunked);
	assert_true(str_eq(host_name(framing.host), STR("localhost")));
	assert_int_equal(frame(chunks, 2, &framing), RC_OK);
	assert_true(framing.is_chunked && !framing.has_length);
	assert_true(str_eq(host_name(framing.host), STR("::1")));
}

static void
a_second_length_or_host_is_refused(void **state)
{
	const char *const lengths[][2] = { { "Host", "a" },
		                           { "Content-Length", "1" },
		                           { "content-length", "1" } };
	const char *const hosts[][2] = { { "Host", "a" }, { "host", "a" } };
	const char *const both[][2] = { { "Host", "a" },
		                        { "Content-Length", "1" },
		                        { "Transfer-Encoding", "chunked" } };
	const char *const other[][2] = { { "Host", "a" },
		                         { "Transfer-Encoding", "gzip, chunked" } };
	const char *const sign[][2] = { { "Host", "a" }, { "Content-Length", "+1" } };
	struct framing framing;

	(void)state;
	assert_int_equal(frame(lengths, 3, &framing), RC_SYNTAX);
	assert_int_equal(frame(hosts, 2, &framing), RC_SYNTAX);
	assert_int_equal(frame(both, 3, &framing), RC_SYNTAX);
	assert_int_equal(frame(other, 2, &framing), RC_SYNTAX);
	assert_int_equal(frame(sign, 2, &framing), RC_SYNTAX);
	assert_int_equal(frame(NULL, 0, &framing), RC_SYNTAX);
}

static void
a_host_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "",       ":",   "a:",  "a:0",  "a:65536",
		                           "a:1:2",  "a/b", "a b", "u@a",  "[::1",
		                           "[::1]x", "[]",  "a,b", "a:+1", "\xc3\xa9" };
	struct framing framing;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		const char *const header[][2] = { { "Host", bad[i] } };
		assert_int_equal(frame(header, 1, &framing), RC_SYNTAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_decoded_and_kept_in_order),
		cmocka_unit_test(broken_escapes_and_texts_are_refused),
		cmocka_unit_test(more_fields_than_the_limit_are_refused_and_not_cut),
		cmocka_unit_test(encoding_and_decoding_are_inverse),
		cmocka_unit_test(only_one_spelling_of_a_path_is_a_target),
		cmocka_unit_test(one_host_and_one_way_to_end_a_body_are_taken),
		cmocka_unit_test(a_second_length_or_host_is_refused),
		cmocka_unit_test(a_host_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, arena_start, arena_end);
}

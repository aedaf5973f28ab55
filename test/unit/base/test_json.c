/* The strict JSON reader and the streaming writer. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"

static enum rc
parse_code(struct str text)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct err err = { 0 };

	return json_parse(&json, text, &err);
}

static void
what_two_readers_could_read_differently_is_refused(void **state)
{
	static const char *const broken[] = {
		"",
		"{",
		"{} x",
		"{\"a\":1,\"a\":2}",
		"{\"b\":{\"a\":1,\"a\":\"x\"}}",
		"{'a':1}",
		"[1,]",
		"[NaN]",
		"[01]",
		"nul",
		"[99999999999999999999]",
		"[\"\xc3\x28\"]",
		"// x\n1",
		"{\"a\":1,}",
		"[1 2]",
		"\"\x01\"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		if (parse_code(str_from_c(broken[i])) == RC_OK)
			fail_msg("accepted: %s", broken[i]);
	}
	assert_int_equal(parse_code(STR("{\"a:b\":\"c\\\":\",\"d\":[{\"a:b\":1}]}")), RC_OK);
	assert_int_equal(parse_code(STR(" 7 ")), RC_OK);
}

/* RFC 8259, section 6: number = [ minus ] int [ frac ] [ exp ]. */
static void
a_number_is_one_of_the_standard(void **state)
{
	static const char *const bad[] = { "[00]",       "[-05]", "[1.]",       "[-]",
		                           "[.5]",       "[+1]",  "[1.e3]",     "[1e]",
		                           "[1e+]",      "[0x1]", "[-0.]",      "[1.2.3]",
		                           "[01.5]",     "1.",    "{\"a\":00}", "[1,02]",
		                           "[\"1\",-01]" };
	static const char *const good[] = {
		"[0]", "[-0]",     "[0.50]",           "[1E5]",      "[1e-5]", "[-1.5e+3]", "0",
		"-7",  "[\"00\"]", "[\"1.\",\"-05\"]", "{\"01\":10}"
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (parse_code(str_from_c(bad[i])) != RC_SYNTAX)
			fail_msg("not refused: %s", bad[i]);
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (parse_code(str_from_c(good[i])) != RC_OK)
			fail_msg("refused: %s", good[i]);
	}
}

static void
a_number_keeps_its_text(void **state)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(json_parse(&json, STR("[5.40,1e3,-7]"), &err), RC_OK);
	assert_true(str_eq(json_number_text(&arena, json_at(json.root, 0)), STR("5.40")));
	assert_true(str_eq(json_number_text(&arena, json_at(json.root, 1)), STR("1e3")));
	assert_true(str_eq(json_number_text(&arena, json_at(json.root, 2)), STR("-7")));
}

static void
depth_is_limited(void **state)
{
	char text[256];

	(void)state;
	memset(text, '[', sizeof(text));
	assert_int_equal(parse_code((struct str){ text, 200 }), RC_LIMIT);
}

static void
the_canonical_form_sorts_and_refuses_fractions(void **state)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct err err = { 0 };

	(void)state;
	buf_init(&out, 1024);
	assert_int_equal(
	    json_parse(&json, STR("{ \"b\": [1, true, null], \"a\": \"x\\n\\u0001\" }"), &err),
	    RC_OK);
	assert_int_equal(json_canonical(&out, json.root, &err), RC_OK);
	assert_string_equal(out.text, "{\"a\":\"x\\n\\u0001\",\"b\":[1,true,null]}");
	json_free(&json);
	assert_int_equal(json_parse(&json, STR("[1.5]"), &err), RC_OK);
	assert_int_equal(json_canonical(&out, json.root, &err), RC_INVALID);
}

static void
written_json_reads_back(void **state)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;

	(void)state;
	buf_init(&buf, 1024);
	json_out_init(&out, &buf);
	json_object_begin(&out);
	json_text_at(&out, "a\"b", STR("\xc3\xa9\t"));
	json_name(&out, "c");
	json_array_begin(&out);
	json_put_int(&out, INT64_MIN);
	json_put_number(&out, STR("5.40"));
	json_object_begin(&out);
	json_object_close(&out);
	json_array_close(&out);
	json_object_close(&out);
	assert_string_equal(
	    buf.text, "{\"a\\\"b\":\"\xc3\xa9\\t\",\"c\":[-9223372036854775808,5.40,{}]}");
}

static void
a_value_that_was_read_is_written_as_it_came_and_never_too_deep(void **state)
{
	struct str text = STR("{\"b\":[5.40,null,true,{}],\"a\":{\"x\":\"\\\"\"},\"c\":-1e3}");
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;
	struct str written;
	struct err err = { 0 };
	char deep[2 * LIMIT_JSON_DEPTH];
	const int levels = LIMIT_JSON_OUT_DEPTH + 2;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&buf, 4096);
	json_out_init(&out, &buf);
	assert_int_equal(json_parse(&json, text, &err), RC_OK);
	assert_int_equal(json_put_value(&out, json.root, &arena, &err), RC_OK);
	assert_int_equal(buf_finish(&buf, &written, &err), RC_OK);
	assert_true(str_eq(written, text));
	json_free(&json);
	memset(deep, '[', (size_t)levels);
	memset(deep + levels, ']', (size_t)levels);
	assert_int_equal(json_parse(&json, (struct str){ deep, 2 * (size_t)levels }, &err),
	                 RC_OK);
	assert_int_equal(json_put_value(&out, json.root, &arena, &err), RC_LIMIT);
}

/* As many of `unit` as a body holds, in an array. */
static enum rc
parse_many(const char *unit)
{
	struct err err;
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_init(&text, LIMIT_BODY_BYTES);
	buf_add(&text, STR("["));
	while (text.len + 64 < LIMIT_BODY_BYTES) {
		buf_add(&text, str_from_c(unit));
		buf_add(&text, STR(","));
	}
	buf_add(&text, STR("0]"));
	return json_parse(&json, (struct str){ text.text, text.len }, &err);
}

/* Such a tree would take gigabytes: json-c's empty object alone takes 750 bytes. */
static void
a_text_of_too_many_values_is_refused_before_it_becomes_a_tree(void **state)
{
	(void)state;
	assert_int_equal(parse_many("{}"), RC_LIMIT);
	assert_int_equal(parse_many("[]"), RC_LIMIT);
	assert_int_equal(parse_many("0"), RC_LIMIT);
	assert_int_equal(parse_many("'\"',{}"), RC_SYNTAX);
	assert_int_equal(parse_many("\"{,[{,[{,[{,[{,[{,[{,[{,[{,[{,[{,[{,[{,[\""), RC_OK);
}

/* RFC 8259, section 7: quotation mark, backslash and what is below U+0020, and nothing else. */
static void
a_byte_is_escaped_wherever_it_stands_and_no_other_is(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		bool is_due = c < 0x20 || c == '"' || c == '\\';
		for (size_t at = 0; at < 20; at++) {
			CLEANUP(buf_free) struct buf buf = { 0 };
			struct json_out out;
			char text[20];

			memset(text, 'a', sizeof(text));
			text[at] = (char)c;
			buf_init(&buf, 256);
			json_out_init(&out, &buf);
			json_put_text(&out, (struct str){ text, sizeof(text) });
			assert_int_equal(buf.text[at + 1] == '\\', is_due);
			assert_int_equal(buf.len > sizeof(text) + 2, is_due);
		}
	}
}

/* What an arena gives after a reset is zeroed, as after its start. */
static void
an_arena_that_is_reset_gives_zeroed_memory(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, 100000);
	for (int round = 0; round < 5; round++) {
		for (size_t size = 100; size < 20000; size *= 3) {
			char *bytes = arena_alloc(&arena, size, 1);
			for (size_t i = 0; i < size; i++)
				assert_int_equal(bytes[i], 0);
			memset(bytes, 0xff, size);
		}
		arena_reset(&arena);
		assert_true(arena.total <= 100000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_two_readers_could_read_differently_is_refused),
		cmocka_unit_test(a_number_is_one_of_the_standard),
		cmocka_unit_test(a_number_keeps_its_text),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(a_text_of_too_many_values_is_refused_before_it_becomes_a_tree),
		cmocka_unit_test(the_canonical_form_sorts_and_refuses_fractions),
		cmocka_unit_test(written_json_reads_back),
		cmocka_unit_test(a_byte_is_escaped_wherever_it_stands_and_no_other_is),
		cmocka_unit_test(an_arena_that_is_reset_gives_zeroed_memory),
		cmocka_unit_test(
		    a_value_that_was_read_is_written_as_it_came_and_never_too_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

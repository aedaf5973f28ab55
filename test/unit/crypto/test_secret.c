/* Secret memory, comparison, and the text forms of bytes. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/arena.h"
#include "crypto/secret.h"

/* RFC 4648, section 10. */
static const struct {
	struct str bytes;
	const char *text;
} known[] = {
	{ { "", 0 }, "" },
	{ { "f", 1 }, "Zg==" },
	{ { "fo", 2 }, "Zm8=" },
	{ { "foo", 3 }, "Zm9v" },
	{ { "foob", 4 }, "Zm9vYg==" },
	{ { "fooba", 5 }, "Zm9vYmE=" },
	{ { "foobar", 6 }, "Zm9vYmFy" },
};

static void
base64_gives_the_texts_of_rfc_4648_and_reads_them_back(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err = { 0 };
	uint8_t out[8];
	size_t count = 0;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		struct str text = base64_format(&arena, known[i].bytes.ptr, known[i].bytes.len);
		assert_string_equal(text.ptr, known[i].text);
		assert_int_equal(base64_parse(text, out, known[i].bytes.len, &count, &err),
		                 RC_OK);
		assert_int_equal(count, known[i].bytes.len);
		assert_memory_equal(out, known[i].bytes.ptr, count);
	}
}

static void
base64url_has_its_own_letters_and_no_padding(void **state)
{
	const uint8_t bytes[] = { 0xfb, 0xff, 0xfe, 0xff };
	struct err err = { 0 };
	uint8_t out[4];
	char text[8];
	size_t count = 0;

	(void)state;
	base64url_format(bytes, sizeof(bytes), text);
	assert_string_equal(text, "-__-_w");
	assert_int_equal(base64url_parse(STR("-__-_w"), out, 4, &count, &err), RC_OK);
	assert_int_equal(count, 4);
	assert_memory_equal(out, bytes, 4);
}

static void
other_spellings_of_base64_are_refused(void **state)
{
	static const char *const url[] = { "+w", "/w",  "-_w=", "A",   "AAAAA",
		                           "_x", "-_9", " -w",  "-w\n" };
	static const char *const padded[] = { "Zg",   "Zg=",      "Zh==", "Zm9=",  "Z===",
		                              "====", "Zg==Zg==", "-_8=", "Zm9v\n" };
	struct err err = { 0 };
	uint8_t out[16];
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(url); i++)
		assert_int_equal(base64url_parse(str_from_c(url[i]), out, 16, &count, &err),
		                 RC_INVALID);
	for (size_t i = 0; i < COUNT_OF(padded); i++)
		assert_int_equal(base64_parse(str_from_c(padded[i]), out, 16, &count, &err),
		                 RC_INVALID);
	assert_int_equal(base64url_parse((struct str){ "A\0", 2 }, out, 16, &count, &err),
	                 RC_INVALID);
}

static void
a_text_that_does_not_fit_writes_nothing(void **state)
{
	struct err err = { 0 };
	uint8_t out[3] = { 1, 2, 3 };
	size_t count = 9;

	(void)state;
	assert_int_equal(base64url_parse(STR("AAAA"), out, 2, &count, &err), RC_INVALID);
	assert_int_equal(base64_parse(STR("AAA="), out, 1, &count, &err), RC_INVALID);
	assert_int_equal(out[0], 1);
	assert_int_equal(count, 9);
}

static void
secrets_compare_by_every_byte(void **state)
{
	(void)state;
	assert_true(secret_eq("abc", "abc", 3));
	assert_false(secret_eq("abc", "abd", 3));
	assert_false(secret_eq("xbc", "abc", 3));
	assert_true(secret_str_eq(STR("token"), STR("token")));
	assert_false(secret_str_eq(STR("token"), STR("toke")));
	assert_true(secret_str_eq(STR_EMPTY, STR_EMPTY));
}

static void
a_wiped_key_is_zero(void **state)
{
	const struct key zero = { { 0 } };
	struct key key;

	(void)state;
	random_bytes(key.bytes, KEY_BYTES);
	assert_memory_not_equal(key.bytes, zero.bytes, KEY_BYTES);
	key_wipe(&key);
	assert_memory_equal(key.bytes, zero.bytes, KEY_BYTES);
}

static void
secret_memory_is_zero_at_first_and_again_when_reused(void **state)
{
	const struct key zero = { { 0 } };
	struct err err = { 0 };
	bool is_locked = false;
	struct key *key;

	(void)state;
	assert_int_equal(secret_init(50000, &is_locked, &err), RC_OK);
	assert_int_equal(secret_init(50000, &is_locked, &err), RC_CONFLICT);
	for (int i = 0; i < 3; i++) {
		key = secret_alloc(sizeof(*key));
		assert_memory_equal(key, &zero, sizeof(*key));
		random_bytes(key->bytes, KEY_BYTES);
		secret_free(key, sizeof(*key));
	}
}

static void
hexadecimal_is_lower_case(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_string_equal(hex_format(&arena, "\x00\xab\xff", 3).ptr, "00abff");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_gives_the_texts_of_rfc_4648_and_reads_them_back),
		cmocka_unit_test(base64url_has_its_own_letters_and_no_padding),
		cmocka_unit_test(other_spellings_of_base64_are_refused),
		cmocka_unit_test(a_text_that_does_not_fit_writes_nothing),
		cmocka_unit_test(secrets_compare_by_every_byte),
		cmocka_unit_test(a_wiped_key_is_zero),
		cmocka_unit_test(secret_memory_is_zero_at_first_and_again_when_reused),
		cmocka_unit_test(hexadecimal_is_lower_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

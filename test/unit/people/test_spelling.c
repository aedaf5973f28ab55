/* Addresses, secrets and codes as they are typed. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limits.h"
#include "people/spelling.h"

static void
addresses_have_one_form(void **state)
{
	static const struct {
		const char *typed, *normal;
	} good[] = {
		{ "ana@example.org", "ana@example.org" },
		{ "  Ana.Lima+x@Mail.Example.ORG\t", "ana.lima+x@mail.example.org" },
		{ "o'neil_#1@a-b.example", "o'neil_#1@a-b.example" },
	};
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err;
	struct str email;

	(void)state;
	arena_init(&arena, MIB);
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(email_normal(str_from_c(good[i].typed), &arena, &email, &err),
		                 RC_OK);
		assert_true(str_eq(email, str_from_c(good[i].normal)));
	}
}

static void
what_mail_cannot_carry_or_a_header_could_mistake_is_refused(void **state)
{
	static const struct str bad[] = {
		{ "", 0 },
		{ "ana", 3 },
		{ "@example.org", 12 },
		{ "ana@", 4 },
		{ "ana@localhost", 13 },
		{ "a@b@example.org", 15 },
		{ ".ana@example.org", 16 },
		{ "ana.@example.org", 16 },
		{ "a..b@example.org", 16 },
		{ "ana@-x.example", 14 },
		{ "ana@x-.example", 14 },
		{ "ana@x..example", 14 },
		{ "ana@example.org.", 16 },
		{ "\"ana\"@example.org", 17 },
		{ "ana lima@example.org", 20 },
		{ "ana@[192.0.2.1]", 15 },
		{ "ana@example.org\nBcc: x@y.example", 32 },
		{ "ana\0@example.org", 16 },
		{ "an\xc3\xa1@example.org", 16 },
		{ "<ana@example.org>", 17 },
		{ "ana@example.org,b@example.org", 29 },
	};
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err;
	struct str email;

	(void)state;
	arena_init(&arena, MIB);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (email_normal(bad[i], &arena, &email, &err) != RC_INVALID)
			fail_msg("case %zu was taken", i);
	}
}

/* RFC 5321, section 4.5.3.1; RFC 1035, section 2.3.4. */
static void
addresses_are_as_long_as_the_standards_let_them_be(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err;
	struct str email;
	char text[400];

	(void)state;
	arena_init(&arena, MIB);
	memset(text, 'a', sizeof(text));
	memcpy(text + 64, "@b.example", 10);
	assert_int_equal(email_normal((struct str){ text, 74 }, &arena, &email, &err), RC_OK);
	memset(text, 'a', sizeof(text));
	memcpy(text + 65, "@b.example", 10);
	assert_int_equal(email_normal((struct str){ text, 75 }, &arena, &email, &err),
	                 RC_INVALID);
	memset(text, 'a', sizeof(text));
	memcpy(text, "a@", 2);
	text[2 + 63] = '.';
	assert_int_equal(email_normal((struct str){ text, 70 }, &arena, &email, &err), RC_OK);
	text[2 + 63] = 'a';
	text[2 + 64] = '.';
	assert_int_equal(email_normal((struct str){ text, 70 }, &arena, &email, &err),
	                 RC_INVALID);
	memcpy(text, "a@a.", 4);
	for (size_t i = 4; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'b' : '.';
	assert_int_equal(email_normal((struct str){ text, 253 }, &arena, &email, &err), RC_OK);
	assert_int_equal(email_normal((struct str){ text, 255 }, &arena, &email, &err),
	                 RC_INVALID);
}

static void
a_secret_has_one_spelling_and_is_known_by_its_hash(void **state)
{
	/* 32 zero bytes; the digest as sha256sum prints it for them. */
	static const uint8_t zeros[DIGEST_BYTES] = { 0x66, 0x68, 0x7a, 0xad, 0xf8, 0x62, 0xbd,
		                                     0x77, 0x6c, 0x8f, 0xc1, 0x8b, 0x8e, 0x9f,
		                                     0x8e, 0x20, 0x08, 0x97, 0x14, 0x85, 0x6e,
		                                     0xe2, 0x33, 0xb3, 0x90, 0x2a, 0x59, 0x1d,
		                                     0x0d, 0x5f, 0x29, 0x25 };
	struct digest hash;
	struct err err;

	(void)state;
	assert_int_equal(
	    secret_read(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &hash, &err),
	    RC_OK);
	assert_memory_equal(hash.bytes, zeros, DIGEST_BYTES);
	assert_int_equal(
	    bearer_read(STR("troth_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &hash, &err),
	    RC_OK);
	assert_memory_equal(hash.bytes, zeros, DIGEST_BYTES);
	assert_int_equal(
	    secret_read(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), &hash, &err),
	    RC_UNAUTHENTICATED);
	assert_int_equal(
	    secret_read(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"), &hash, &err),
	    RC_UNAUTHENTICATED);
	assert_int_equal(
	    secret_read(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &hash, &err),
	    RC_UNAUTHENTICATED);
	assert_int_equal(
	    bearer_read(STR("TROTH_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &hash, &err),
	    RC_UNAUTHENTICATED);
}

static void
codes_are_digits_with_spaces_passed_over(void **state)
{
	struct err err;
	char out[9];

	(void)state;
	assert_int_equal(digits_read(STR("1234 5678"), 8, out, &err), RC_OK);
	assert_string_equal(out, "12345678");
	assert_int_equal(digits_read(STR(" 12-34-56-78 "), 8, out, &err), RC_OK);
	assert_int_equal(digits_read(STR("1234567"), 8, out, &err), RC_UNAUTHENTICATED);
	assert_int_equal(digits_read(STR("123456789"), 8, out, &err), RC_UNAUTHENTICATED);
	assert_int_equal(digits_read(STR("1234567a"), 8, out, &err), RC_UNAUTHENTICATED);
	assert_int_equal(digits_read(STR("\xd9\xa1"
	                                 "2345678"),
	                             8, out, &err),
	                 RC_UNAUTHENTICATED);
	assert_int_equal(digits_read(STR_EMPTY, 8, out, &err), RC_UNAUTHENTICATED);
}

/* Crockford, "Base 32": symbols and their decoding. */
static void
recovery_codes_forgive_what_looks_alike(void **state)
{
	struct err err;
	char out[RECOVERY_LETTERS + 1], made[RECOVERY_LETTERS + 2];

	(void)state;
	assert_int_equal(recovery_read(STR("abcde-fghjk"), out, &err), RC_OK);
	assert_string_equal(out, "ABCDEFGHJK");
	assert_int_equal(recovery_read(STR("oO iI lL 23 45"), out, &err), RC_OK);
	assert_string_equal(out, "0011112345");
	assert_int_equal(recovery_read(STR("ABCDE-FGHJU"), out, &err), RC_UNAUTHENTICATED);
	assert_int_equal(recovery_read(STR("ABCDE-FGHJ"), out, &err), RC_UNAUTHENTICATED);
	assert_int_equal(recovery_read(STR("ABCDE-FGHJKM"), out, &err), RC_UNAUTHENTICATED);
	for (int i = 0; i < 100; i++) {
		recovery_new(made);
		assert_int_equal(recovery_read(str_from_c(made), out, &err), RC_OK);
		assert_memory_equal(out, made, 5);
		assert_memory_equal(out + 5, made + 6, 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_one_form),
		cmocka_unit_test(what_mail_cannot_carry_or_a_header_could_mistake_is_refused),
		cmocka_unit_test(addresses_are_as_long_as_the_standards_let_them_be),
		cmocka_unit_test(a_secret_has_one_spelling_and_is_known_by_its_hash),
		cmocka_unit_test(codes_are_digits_with_spaces_passed_over),
		cmocka_unit_test(recovery_codes_forgive_what_looks_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

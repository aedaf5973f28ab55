/* Ed25519 against RFC 8032 and Wycheproof's vectors. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "crypto/sign.h"
#include "crypto/vector_file.h"

/* RFC 8032, section 7.1, test 2. */
#define SEED   "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
#define PUBLIC "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define SIGNATURE                                                                              \
	"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"                     \
	"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"

static struct str
signed_by(const uint8_t signature[SIGN_SIGNATURE_BYTES])
{
	return (struct str){ (const char *)signature, SIGN_SIGNATURE_BYTES };
}

static void
signing_gives_the_signature_of_rfc_8032(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(sign_key_wipe) struct sign_key key = { 0 };
	uint8_t signature[SIGN_SIGNATURE_BYTES];
	struct key seed;

	(void)state;
	arena_init(&arena, 1 << 20);
	memcpy(seed.bytes, unhex(&arena, STR(SEED)).ptr, KEY_BYTES);
	sign_key_from_seed(&key, &seed);
	assert_string_equal(hex_format(&arena, key.public, SIGN_PUBLIC_BYTES).ptr, PUBLIC);
	sign(&key, STR("\x72"), signature);
	assert_string_equal(hex_format(&arena, signature, SIGN_SIGNATURE_BYTES).ptr, SIGNATURE);
	assert_true(sign_verify(key.public, STR("\x72"), signed_by(signature)));
}

static void
another_text_key_or_length_does_not_verify(void **state)
{
	CLEANUP(sign_key_wipe) struct sign_key key = { 0 };
	CLEANUP(sign_key_wipe) struct sign_key other = { 0 };
	uint8_t signature[SIGN_SIGNATURE_BYTES];

	(void)state;
	sign_key_new(&key);
	sign_key_new(&other);
	sign(&key, STR("checkpoint"), signature);
	assert_true(sign_verify(key.public, STR("checkpoint"), signed_by(signature)));
	assert_false(sign_verify(key.public, STR("checkpoinT"), signed_by(signature)));
	assert_false(sign_verify(other.public, STR("checkpoint"), signed_by(signature)));
	assert_false(sign_verify(key.public, STR("checkpoint"),
	                         (struct str){ (char *)signature, SIGN_SIGNATURE_BYTES - 1 }));
	assert_false(sign_verify(key.public, STR("checkpoint"), STR_EMPTY));
}

static void
verifying_agrees_with_wycheproof(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *jwk = NULL;
	struct vector_iter at;
	size_t seen = 0;

	(void)state;
	arena_init(&arena, LIMIT_ARENA_BYTES);
	if (!vector_file(&json, &arena, "../shared/vectors/wycheproof_ed25519_test.json"))
		skip();
	for (vector_start(&at, &json); vector_next(&at); seen++) {
		assert_true(json_find(at.group, "publicKey", &jwk));
		struct str public = hex_at(&arena, jwk, "pk");
		assert_int_equal(sign_verify((const uint8_t *)public.ptr,
		                             hex_at(&arena, at.test, "msg"),
		                             hex_at(&arena, at.test, "sig")),
		                 is_valid(at.test));
	}
	assert_int_equal(seen, number_at(json.root, "numberOfTests"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signing_gives_the_signature_of_rfc_8032),
		cmocka_unit_test(another_text_key_or_length_does_not_verify),
		cmocka_unit_test(verifying_agrees_with_wycheproof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

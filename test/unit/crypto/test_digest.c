/* SHA-256, HMAC and HKDF against their standards and Wycheproof's vectors. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "crypto/digest.h"
#include "crypto/vector_file.h"

static void
assert_hex(const void *bytes, size_t count, const char *expected)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, 1 << 20);
	assert_string_equal(hex_format(&arena, bytes, count).ptr, expected);
}

/* FIPS 180-4 examples (NIST, "SHA-256 example"), and of nothing. */
static void
sha256_gives_the_digests_of_its_standard(void **state)
{
	struct digest digest;

	(void)state;
	digest = sha256(STR("abc"));
	assert_hex(digest.bytes, DIGEST_BYTES,
	           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest = sha256(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
	assert_hex(digest.bytes, DIGEST_BYTES,
	           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	digest = sha256(STR_EMPTY);
	assert_hex(digest.bytes, DIGEST_BYTES,
	           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
parts_hash_as_their_concatenation(void **state)
{
	struct digest whole = sha256(STR("\001leftright"));
	struct digest parts = sha256_parts(STR("\001"), STR("left"), STR("right"));
	struct digest other = sha256_parts(STR("\001"), STR("leftr"), STR("igh"));

	(void)state;
	assert_true(digest_eq(&whole, &parts));
	assert_false(digest_eq(&whole, &other));
}

/* RFC 4231, test cases 1 and 2, whose keys are 20 and 4 bytes: HMAC pads with
 * zeros, so they are also 32-byte keys. */
static void
hmac_gives_the_macs_of_rfc_4231(void **state)
{
	struct key key = { { 0 } };
	struct digest digest;

	(void)state;
	memset(key.bytes, 0x0b, 20);
	digest = hmac_sha256(&key, STR("Hi There"));
	assert_hex(digest.bytes, DIGEST_BYTES,
	           "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	key = (struct key){ "Jefe" };
	digest = hmac_sha256(&key, STR("what do ya want for nothing?"));
	assert_hex(digest.bytes, DIGEST_BYTES,
	           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* RFC 5869, appendix A.1 and A.3 (no salt, no info). */
static void
hkdf_gives_the_keys_of_rfc_5869(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	uint8_t out[42];
	struct str input;
	struct key key;

	(void)state;
	arena_init(&arena, 1 << 20);
	input = unhex(&arena, STR("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"));
	assert_int_equal(
	    hkdf_sha256_bytes(input, unhex(&arena, STR("000102030405060708090a0b0c")),
	                      unhex(&arena, STR("f0f1f2f3f4f5f6f7f8f9")), out, sizeof(out)),
	    RC_OK);
	assert_hex(out, sizeof(out),
	           "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	           "34007208d5b887185865");
	key = hkdf_sha256(input, STR_EMPTY, STR_EMPTY);
	assert_hex(key.bytes, KEY_BYTES,
	           "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

static void
hkdf_refuses_more_than_255_blocks(void **state)
{
	static uint8_t out[255 * DIGEST_BYTES + 1];

	(void)state;
	assert_int_equal(hkdf_sha256_bytes(STR("x"), STR_EMPTY, STR_EMPTY, out, sizeof(out)),
	                 RC_LIMIT);
	assert_int_equal(
	    hkdf_sha256_bytes(STR("x"), STR_EMPTY, STR_EMPTY, out, sizeof(out) - 1), RC_OK);
}

static void
hkdf_agrees_with_wycheproof(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	static uint8_t out[255 * DIGEST_BYTES];
	struct vector_iter at;
	size_t seen = 0;

	(void)state;
	arena_init(&arena, LIMIT_ARENA_BYTES);
	if (!vector_file(&json, &arena, "../shared/vectors/wycheproof_hkdf_sha256_test.json"))
		skip();
	for (vector_start(&at, &json); vector_next(&at); seen++) {
		size_t size = (size_t)number_at(at.test, "size");
		struct str okm = hex_at(&arena, at.test, "okm");
		enum rc rc = hkdf_sha256_bytes(hex_at(&arena, at.test, "ikm"),
		                               hex_at(&arena, at.test, "salt"),
		                               hex_at(&arena, at.test, "info"), out, size);
		assert_int_equal(rc, is_valid(at.test) ? RC_OK : RC_LIMIT);
		if (rc == RC_OK)
			assert_memory_equal(out, okm.ptr, size);
	}
	assert_int_equal(seen, number_at(json.root, "numberOfTests"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_digests_of_its_standard),
		cmocka_unit_test(parts_hash_as_their_concatenation),
		cmocka_unit_test(hmac_gives_the_macs_of_rfc_4231),
		cmocka_unit_test(hkdf_gives_the_keys_of_rfc_5869),
		cmocka_unit_test(hkdf_refuses_more_than_255_blocks),
		cmocka_unit_test(hkdf_agrees_with_wycheproof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

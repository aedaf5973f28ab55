/* Sealing: known answers, and everything that must not open. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "crypto/seal.h"
#include "crypto/vector_file.h"

#define TEXT STR("a reading, sealed")

static struct key
key_of(uint8_t byte)
{
	struct key key;

	memset(key.bytes, byte, KEY_BYTES);
	return key;
}

/* McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B,
 * test cases 14 and 16. */
static void
gcm_gives_the_answers_of_its_specification(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct key key = { { 0 } };
	const uint8_t nonce[SEAL_NONCE_BYTES] = { 0 };
	uint8_t out[64], tag[SEAL_TAG_BYTES];
	struct seal_parts parts = {
		nonce, SEAL_NONCE_BYTES, { (const char[16]){ 0 }, 16 }, STR_EMPTY
	};

	(void)state;
	arena_init(&arena, 1 << 20);
	seal_with(&key, &parts, out, tag);
	assert_string_equal(hex_format(&arena, out, 16).ptr,
	                    "cea7403d4d606b6e074ec5d3baf39d18");
	assert_string_equal(hex_format(&arena, tag, 16).ptr,
	                    "d0d1c8a799996bf0265b98b5d48ab919");
	memcpy(key.bytes,
	       unhex(&arena, STR("feffe9928665731c6d6a8f9467308308"
	                         "feffe9928665731c6d6a8f9467308308"))
	           .ptr,
	       KEY_BYTES);
	parts.nonce = (const uint8_t *)unhex(&arena, STR("cafebabefacedbaddecaf888")).ptr;
	parts.text = unhex(&arena, STR("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c30"
	                               "3d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0d"
	                               "e657ba637b39"));
	parts.associated = unhex(&arena, STR("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
	seal_with(&key, &parts, out, tag);
	assert_string_equal(hex_format(&arena, out, 60).ptr,
	                    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	                    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662");
	assert_string_equal(hex_format(&arena, tag, 16).ptr,
	                    "76fc6ece0f4e1768cddf8853bb2d551b");
}

static void
what_was_sealed_opens_in_its_place(void **state)
{
	struct key key = key_of(1);
	struct err err = { 0 };
	uint8_t sealed[64], opened[64];

	(void)state;
	seal(&key, TEXT, STR("tenant 1"), sealed);
	assert_int_equal(seal_open(&key,
	                           (struct str){ (char *)sealed, TEXT.len + SEAL_EXTRA_BYTES },
	                           STR("tenant 1"), opened, &err),
	                 RC_OK);
	assert_memory_equal(opened, TEXT.ptr, TEXT.len);
}

static void
nothing_is_sealed_and_opened_too(void **state)
{
	struct key key = key_of(1);
	struct err err = { 0 };
	uint8_t sealed[SEAL_EXTRA_BYTES], opened[1];
	const struct str text = { (char *)sealed, sizeof(sealed) };

	(void)state;
	seal(&key, STR_EMPTY, STR_EMPTY, sealed);
	assert_int_equal(seal_open(&key, text, STR_EMPTY, opened, &err), RC_OK);
	assert_int_equal(seal_open(&key, text, STR("x"), opened, &err), RC_CORRUPT);
}

static void
another_key_or_place_does_not_open(void **state)
{
	struct key key = key_of(1), other = key_of(2);
	struct err err = { 0 };
	uint8_t sealed[64], opened[64] = { 7 };
	const struct str text = { (char *)sealed, TEXT.len + SEAL_EXTRA_BYTES };
	const uint8_t nothing[64] = { 0 };

	(void)state;
	seal(&key, TEXT, STR("tenant 1"), sealed);
	assert_int_equal(seal_open(&other, text, STR("tenant 1"), opened, &err), RC_CORRUPT);
	assert_int_equal(seal_open(&key, text, STR("tenant 2"), opened, &err), RC_CORRUPT);
	assert_memory_equal(opened, nothing, TEXT.len);
}

static void
no_flipped_bit_and_no_cut_opens(void **state)
{
	struct key key = key_of(1);
	struct err err = { 0 };
	uint8_t sealed[64], opened[64];
	struct str text = { (char *)sealed, TEXT.len + SEAL_EXTRA_BYTES };

	(void)state;
	seal(&key, TEXT, STR("tenant 1"), sealed);
	for (size_t bit = 0; bit < 8 * text.len; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(seal_open(&key, text, STR("tenant 1"), opened, &err),
		                 RC_CORRUPT);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	while (text.len-- != 0)
		assert_int_equal(seal_open(&key, text, STR("tenant 1"), opened, &err),
		                 RC_CORRUPT);
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, SEAL_NONCE_BYTES);
}

static void
nonces_do_not_repeat(void **state)
{
	enum { COUNT = 5000 };
	static uint8_t nonces[COUNT][SEAL_NONCE_BYTES];
	struct key key = key_of(1);
	uint8_t sealed[SEAL_EXTRA_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		seal(&key, STR_EMPTY, STR_EMPTY, sealed);
		memcpy(nonces[i], sealed, SEAL_NONCE_BYTES);
	}
	qsort(nonces, COUNT, SEAL_NONCE_BYTES, compare);
	for (size_t i = 1; i < COUNT; i++)
		assert_int_not_equal(compare(nonces[i - 1], nonces[i]), 0);
}

static void
a_forked_child_draws_other_nonces(void **state)
{
	struct key key = key_of(1);
	uint8_t ours[SEAL_EXTRA_BYTES], theirs[SEAL_EXTRA_BYTES];
	int ends[2];
	pid_t child;

	(void)state;
	seal(&key, STR_EMPTY, STR_EMPTY, ours); /* so that some are drawn ahead */
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		seal(&key, STR_EMPTY, STR_EMPTY, theirs);
		_exit(write(ends[1], theirs, sizeof(theirs)) == sizeof(theirs) ? 0 : 1);
	}
	seal(&key, STR_EMPTY, STR_EMPTY, ours);
	assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_memory_not_equal(ours, theirs, SEAL_NONCE_BYTES);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
check_vector(struct arena *arena, const struct json_object *test)
{
	struct str key_text = hex_at(arena, test, "key");
	struct str nonce = hex_at(arena, test, "iv");
	struct str text = hex_at(arena, test, "msg");
	struct str sealed = hex_at(arena, test, "ct");
	struct str tag = hex_at(arena, test, "tag");
	struct seal_parts parts = { (const uint8_t *)nonce.ptr, nonce.len, sealed,
		                    hex_at(arena, test, "aad") };
	uint8_t *out = arena_alloc(arena, text.len + 1, 1);
	uint8_t made[SEAL_TAG_BYTES];
	struct err err = { 0 };
	struct key key;

	memcpy(key.bytes, key_text.ptr, KEY_BYTES);
	if (!is_valid(test)) {
		assert_int_equal(
		    seal_open_with(&key, &parts, (const uint8_t *)tag.ptr, out, &err),
		    RC_CORRUPT);
		return;
	}
	assert_int_equal(seal_open_with(&key, &parts, (const uint8_t *)tag.ptr, out, &err),
	                 RC_OK);
	assert_memory_equal(out, text.ptr, text.len);
	parts.text = text;
	seal_with(&key, &parts, out, made);
	assert_memory_equal(out, sealed.ptr, sealed.len);
	assert_memory_equal(made, tag.ptr, SEAL_TAG_BYTES);
}

/* Keys of 256 bits and nonces of 1 to 128 bytes: what the wrapper takes. */
static void
gcm_agrees_with_wycheproof(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct vector_iter at;
	size_t seen = 0;

	(void)state;
	arena_init(&arena, LIMIT_ARENA_BYTES);
	if (!vector_file(&json, &arena, "../shared/vectors/wycheproof_aes_gcm_test.json"))
		skip();
	for (vector_start(&at, &json); vector_next(&at);) {
		int64_t nonce_bits = number_at(at.group, "ivSize");
		if (number_at(at.group, "keySize") != 256 || nonce_bits == 0 ||
		    nonce_bits > 8 * 128)
			continue;
		check_vector(&arena, at.test);
		seen++;
	}
	assert_true(seen > 66);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcm_gives_the_answers_of_its_specification),
		cmocka_unit_test(what_was_sealed_opens_in_its_place),
		cmocka_unit_test(nothing_is_sealed_and_opened_too),
		cmocka_unit_test(another_key_or_place_does_not_open),
		cmocka_unit_test(no_flipped_bit_and_no_cut_opens),
		cmocka_unit_test(nonces_do_not_repeat),
		cmocka_unit_test(a_forked_child_draws_other_nonces),
		cmocka_unit_test(gcm_agrees_with_wycheproof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

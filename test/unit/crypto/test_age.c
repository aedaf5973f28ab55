/*
 * age files: against age(1) in both directions, and everything that must not
 * open.  The spelling of keys is checked by BIP 173's own examples.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "crypto/age.h"
#include "crypto/bech32.h"

#define FILE_MAX    (2 * MIB)
#define CHUNK       65536
#define HEADER_ONE  (22 + 98 + 48) /* version, one X25519 stanza, the MAC's line */
#define PAYLOAD_ONE (HEADER_ONE + 16)

static const size_t lengths[] = { 0,     1,         65535,         CHUNK,
	                          65537, 2 * CHUNK, 2 * CHUNK + 1, 1024 * 1024 };

struct fixture {
	struct arena arena;
	struct age_identity identity;
	struct age_recipient recipient;
	struct buf sealed, opened;
	struct err err;
	struct str plain; /* 1 MiB that does not repeat */
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char *plain;

	arena_init(&f->arena, 64 * MIB);
	age_identity_new(&f->identity);
	f->recipient = age_recipient_of(&f->identity);
	buf_init(&f->sealed, FILE_MAX);
	buf_init(&f->opened, FILE_MAX);
	plain = arena_alloc(&f->arena, MIB, 1);
	for (size_t i = 0; i < MIB; i++)
		plain[i] = (char)((i * 2654435761u) >> 13);
	f->plain = (struct str){ plain, MIB };
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	buf_free(&f->sealed);
	buf_free(&f->opened);
	arena_free(&f->arena);
	free(f);
	return 0;
}

/* Fed in steps, as a stream comes. */
static void
seal_for(struct fixture *f, const struct age_recipient *recipients, size_t count,
         struct str plain, size_t step)
{
	CLEANUP(age_writer_free) struct age_writer *writer = NULL;
	struct sink sink;

	buf_free(&f->sealed);
	sink = sink_to_buf(&f->sealed);
	assert_int_equal(age_seal_begin(&writer, recipients, count, &sink, &f->err), RC_OK);
	while (plain.len != 0) {
		struct str part = { plain.ptr, plain.len < step ? plain.len : step };
		assert_int_equal(age_seal_more(writer, part, &f->err), RC_OK);
		plain = (struct str){ plain.ptr + part.len, plain.len - part.len };
	}
	assert_int_equal(age_seal_end(writer, &f->err), RC_OK);
}

static void
seal_length(struct fixture *f, size_t length, size_t step)
{
	seal_for(f, &f->recipient, 1, (struct str){ f->plain.ptr, length }, step);
}

static enum rc
open_stepwise(struct fixture *f, struct str sealed, size_t step)
{
	CLEANUP(age_reader_free) struct age_reader *reader = NULL;
	struct sink sink;

	buf_free(&f->opened);
	sink = sink_to_buf(&f->opened);
	TRY(age_open_begin(&reader, &f->identity, &sink, &f->err));
	while (sealed.len != 0) {
		struct str part = { sealed.ptr, sealed.len < step ? sealed.len : step };
		TRY(age_open_more(reader, part, &f->err));
		sealed = (struct str){ sealed.ptr + part.len, sealed.len - part.len };
	}
	return age_open_end(reader, &f->err);
}

static struct str
sealed_of(const struct fixture *f)
{
	return (struct str){ f->sealed.text, f->sealed.len };
}

/* --- keys -------------------------------------------------------------------------------- */

/* BIP 173, "Test vectors": "a12uel5l" and "abcdef1qpzry9…" are valid, the
 * second is the 32 groups 0 to 31. */
static void
bech32_reads_and_writes_the_examples_of_bip_173(void **state)
{
	static const uint8_t expected[20] = { 0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54,
		                              0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56,
		                              0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf };
	uint8_t read[20] = { 0 };
	char text[64];
	struct err err = { 0 };

	(void)state;
	bech32_format(STR("a"), read, 0, text);
	assert_string_equal(text, "a12uel5l");
	assert_int_equal(bech32_parse(STR("A12UEL5L"), STR("a"), read, 0, &err), RC_OK);
	bech32_format(STR("abcdef"), expected, sizeof(expected), text);
	assert_string_equal(text, "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw");
	assert_int_equal(
	    bech32_parse(str_from_c(text), STR("abcdef"), read, sizeof(read), &err), RC_OK);
	assert_memory_equal(read, expected, sizeof(expected));
}

/* BIP 173's invalid examples of a wrong checksum and of both cases, and others. */
static void
bech32_refuses_other_texts(void **state)
{
	static const char *const wrong[] = {
		"A1G7SGD8", "a12uEL5L", "a12uel5m", "b12uel5l",
		"a2uel5l",  "a12uel5",  "",         "a12uel5ll",
	};
	uint8_t none[1] = { 0 };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(bech32_parse(str_from_c(wrong[i]), STR("a"), none, 0, &err),
		                 RC_INVALID);
}

static void
keys_read_back_from_their_text(void **state)
{
	struct fixture *f = *state;
	char identity_text[AGE_IDENTITY_TEXT_MAX], recipient_text[AGE_RECIPIENT_TEXT_MAX];
	struct age_identity identity;
	struct age_recipient recipient;

	age_identity_format(&f->identity, identity_text);
	age_recipient_format(&f->recipient, recipient_text);
	assert_int_equal(strlen(identity_text), AGE_IDENTITY_TEXT_MAX - 1);
	assert_int_equal(strlen(recipient_text), AGE_RECIPIENT_TEXT_MAX - 1);
	assert_int_equal(age_identity_parse(str_from_c(identity_text), &identity, &f->err),
	                 RC_OK);
	assert_int_equal(age_recipient_parse(str_from_c(recipient_text), &recipient, &f->err),
	                 RC_OK);
	assert_memory_equal(&identity, &f->identity, sizeof(identity));
	assert_memory_equal(&recipient, &f->recipient, sizeof(recipient));
	assert_int_equal(age_identity_parse(str_from_c(recipient_text), &identity, &f->err),
	                 RC_INVALID);
	assert_int_equal(age_recipient_parse(str_from_c(identity_text), &recipient, &f->err),
	                 RC_INVALID);
	for (char *at = identity_text; *at != '\0'; at++)
		*at |= *at >= 'A' && *at <= 'Z' ? 0x20 : 0;
	assert_int_equal(age_identity_parse(str_from_c(identity_text), &identity, &f->err),
	                 RC_INVALID);
}

/* RFC 7748, section 6.1: zero is a point of low order, as is one. */
static void
a_recipient_of_low_order_is_refused(void **state)
{
	struct fixture *f = *state;
	CLEANUP(age_writer_free) struct age_writer *writer = NULL;
	struct sink sink = sink_to_buf(&f->sealed);
	struct age_recipient read, low = { { 0 } };
	char text[AGE_RECIPIENT_TEXT_MAX];

	for (uint8_t point = 0; point < 2; point++) {
		low.share[0] = point;
		age_recipient_format(&low, text);
		assert_int_equal(age_recipient_parse(str_from_c(text), &read, &f->err),
		                 RC_INVALID);
		assert_int_equal(age_seal_begin(&writer, &low, 1, &sink, &f->err), RC_INVALID);
		assert_null(writer);
	}
}

/* --- round trips ------------------------------------------------------------------------- */

static void
what_was_sealed_opens_at_every_chunk_boundary(void **state)
{
	static const size_t steps[] = { 1024 * 1024, 4096, 65537 };
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		for (size_t s = 0; s < COUNT_OF(steps); s++) {
			seal_length(f, lengths[i], steps[s]);
			assert_int_equal(f->sealed.len, age_sealed_bytes(lengths[i], 1));
			assert_int_equal(open_stepwise(f, sealed_of(f), steps[s]), RC_OK);
			assert_int_equal(f->opened.len, lengths[i]);
			if (lengths[i] != 0)
				assert_memory_equal(f->opened.text, f->plain.ptr, lengths[i]);
		}
	}
}

static void
a_file_opens_when_it_comes_byte_by_byte(void **state)
{
	struct fixture *f = *state;

	seal_length(f, CHUNK, 1);
	assert_int_equal(open_stepwise(f, sealed_of(f), 1), RC_OK);
	assert_int_equal(f->opened.len, CHUNK);
}

static void
each_of_several_recipients_opens_and_nobody_else(void **state)
{
	struct fixture *f = *state;
	struct age_identity identities[3];
	struct age_recipient recipients[3];

	for (size_t i = 0; i < 3; i++) {
		age_identity_new(&identities[i]);
		recipients[i] = age_recipient_of(&identities[i]);
	}
	seal_for(f, recipients, 3, STR("for three"), 100);
	assert_int_equal(f->sealed.len, age_sealed_bytes(9, 3));
	for (size_t i = 0; i < 3; i++) {
		f->identity = identities[i];
		assert_int_equal(open_stepwise(f, sealed_of(f), 100), RC_OK);
		assert_string_equal(f->opened.text, "for three");
	}
	age_identity_new(&f->identity);
	assert_int_equal(open_stepwise(f, sealed_of(f), 100), RC_DENIED);
	assert_int_equal(f->opened.len, 0);
}

static void
nobody_or_too_many_to_seal_for_is_refused(void **state)
{
	struct fixture *f = *state;
	CLEANUP(age_writer_free) struct age_writer *writer = NULL;
	struct age_recipient many[LIMIT_AGE_RECIPIENTS + 1];
	struct sink sink = sink_to_buf(&f->sealed);

	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = f->recipient;
	assert_int_equal(age_seal_begin(&writer, many, 0, &sink, &f->err), RC_INVALID);
	assert_int_equal(age_seal_begin(&writer, many, COUNT_OF(many), &sink, &f->err),
	                 RC_INVALID);
	seal_for(f, many, LIMIT_AGE_RECIPIENTS, STR("x"), 1);
	assert_int_equal(open_stepwise(f, sealed_of(f), 100), RC_OK);
}

static void
two_sealings_of_one_text_have_nothing_in_common(void **state)
{
	struct fixture *f = *state;
	char *first;

	seal_length(f, 64, 64);
	first = arena_alloc(&f->arena, f->sealed.len, 1);
	memcpy(first, f->sealed.text, f->sealed.len);
	seal_length(f, 64, 64);
	assert_memory_not_equal(first + PAYLOAD_ONE, f->sealed.text + PAYLOAD_ONE, 16);
	assert_memory_not_equal(first + HEADER_ONE, f->sealed.text + HEADER_ONE, 16);
	assert_memory_not_equal(first + 33, f->sealed.text + 33, 43);
}

/* --- what must not open ------------------------------------------------------------------ */

static void
no_flipped_bit_opens(void **state)
{
	struct fixture *f = *state;

	seal_length(f, 100, 100);
	for (size_t i = 0; i < f->sealed.len; i++) {
		enum rc rc;
		f->sealed.text[i] ^= 1;
		rc = open_stepwise(f, sealed_of(f), 64);
		assert_true(rc == RC_CORRUPT || (i < HEADER_ONE && rc == RC_DENIED));
		assert_int_equal(f->opened.len, 0);
		f->sealed.text[i] ^= 1;
	}
	assert_int_equal(open_stepwise(f, sealed_of(f), 64), RC_OK);
}

static void
no_file_that_is_cut_short_opens(void **state)
{
	struct fixture *f = *state;

	seal_length(f, 100, 100);
	for (size_t len = 0; len < f->sealed.len; len++)
		assert_int_equal(open_stepwise(f, (struct str){ f->sealed.text, len }, 4096),
		                 RC_CORRUPT);
}

/* Between two chunks, where all that came was authentic. */
static void
a_file_cut_between_chunks_does_not_open(void **state)
{
	struct fixture *f = *state;
	size_t first = PAYLOAD_ONE + CHUNK + 16;

	seal_length(f, 2 * CHUNK, MIB);
	assert_int_equal(open_stepwise(f, (struct str){ f->sealed.text, first }, MIB),
	                 RC_CORRUPT);
	assert_int_equal(open_stepwise(f, (struct str){ f->sealed.text, first + 16 }, MIB),
	                 RC_CORRUPT);
	assert_int_equal(open_stepwise(f, sealed_of(f), MIB), RC_OK);
}

static void
chunks_that_change_places_do_not_open(void **state)
{
	struct fixture *f = *state;
	size_t size = CHUNK + 16;
	char *first = arena_alloc(&f->arena, size, 1);

	seal_length(f, 2 * CHUNK + 1, MIB);
	memcpy(first, f->sealed.text + PAYLOAD_ONE, size);
	memcpy(f->sealed.text + PAYLOAD_ONE, f->sealed.text + PAYLOAD_ONE + size, size);
	memcpy(f->sealed.text + PAYLOAD_ONE + size, first, size);
	assert_int_equal(open_stepwise(f, sealed_of(f), MIB), RC_CORRUPT);
	assert_int_equal(f->opened.len, 0);
}

static void
a_file_with_something_after_its_end_does_not_open(void **state)
{
	struct fixture *f = *state;
	static const size_t full_or_not[] = { 100, CHUNK };

	for (size_t i = 0; i < 2; i++) {
		seal_length(f, full_or_not[i], MIB);
		buf_add(&f->sealed, STR("x"));
		assert_int_equal(open_stepwise(f, sealed_of(f), MIB), RC_CORRUPT);
	}
}

static void
a_reader_that_failed_stays_failed(void **state)
{
	struct fixture *f = *state;
	CLEANUP(age_reader_free) struct age_reader *reader = NULL;
	struct sink sink = sink_to_buf(&f->opened);

	seal_length(f, 100, 100);
	assert_int_equal(age_open_begin(&reader, &f->identity, &sink, &f->err), RC_OK);
	assert_int_equal(age_open_more(reader, STR("not an age file\n---\n"), &f->err),
	                 RC_CORRUPT);
	assert_int_equal(age_open_more(reader, sealed_of(f), &f->err), RC_CORRUPT);
	assert_int_equal(age_open_end(reader, &f->err), RC_CORRUPT);
}

static void
a_header_without_an_end_is_given_up(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_init(&text, FILE_MAX);
	buf_add(&text, STR("age-encryption.org/v1\n"));
	while (text.len <= LIMIT_AGE_HEADER_BYTES)
		buf_add(&text, STR("-> other\n\n"));
	assert_int_equal(open_stepwise(f, (struct str){ text.text, text.len }, 4096), RC_LIMIT);
	buf_free(&text);
	while (text.len <= LIMIT_AGE_HEADER_BYTES)
		buf_add(&text, STR("no line ends here "));
	assert_int_equal(open_stepwise(f, (struct str){ text.text, text.len }, 4096),
	                 RC_CORRUPT);
}

/* Specification, "ABNF definition of file header": each line below is not of it. */
static void
headers_of_another_form_are_refused(void **state)
{
	static const char *const wrong[] = {
		"age-encryption.org/v2\n-> X25519 a\nb\n--- c\n",
		"age-encryption.org/v1\r\n-> X25519 a\r\nb\r\n--- c\r\n",
		"age-encryption.org/v1\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"age-encryption.org/v1\n->  X25519 a\nb\n--- c\n",
		"age-encryption.org/v1\n-> other \n\n--- c\n",
		"age-encryption.org/v1\n-> other\nb=\n--- c\n",
		"age-encryption.org/v1\n-> other\nb\nb\n--- c\n",
		"age-encryption.org/v1\n-> X25519\nb\n--- c\n",
		"age-encryption.org/v1\n-> X25519 AAAA\nAAAA\n--- c\n",
		"age-encryption.org/v1\n-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n--- c\n", /* low order */
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(open_stepwise(f, str_from_c(wrong[i]), 4096), RC_CORRUPT);
}

static enum rc
sink_refuses(void *arg, struct str bytes, struct err *err)
{
	(void)arg;
	(void)bytes;
	return FAIL(err, RC_FULL, "full");
}

static void
what_the_sink_says_is_passed_on(void **state)
{
	struct fixture *f = *state;
	CLEANUP(age_writer_free) struct age_writer *writer = NULL;
	CLEANUP(age_reader_free) struct age_reader *reader = NULL;
	struct sink sink = { sink_refuses, NULL };

	assert_int_equal(age_seal_begin(&writer, &f->recipient, 1, &sink, &f->err), RC_FULL);
	seal_length(f, 100, 100);
	assert_int_equal(age_open_begin(&reader, &f->identity, &sink, &f->err), RC_OK);
	assert_int_equal(age_open_more(reader, sealed_of(f), &f->err), RC_OK);
	assert_int_equal(age_open_end(reader, &f->err), RC_FULL);
}

/* --- age(1) ------------------------------------------------------------------------------ */

static void
file_write(const char *path, struct str text)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
	assert_int_equal(fclose(file), 0);
}

static struct str
file_read(struct fixture *f, const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = arena_alloc(&f->arena, FILE_MAX, 1);
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, FILE_MAX, file);
	(void)fclose(file);
	return (struct str){ text, len };
}

static void
run(struct fixture *f, const char *dir, const char *command)
{
	struct str line = str_printf(&f->arena, "cd %s && %s 2>/dev/null", dir, command);

	assert_int_equal(system(line.ptr), 0);
}

static bool
has_age(void)
{
	if (system("command -v age >/dev/null && command -v age-keygen >/dev/null") == 0)
		return true;
	print_message("age(1) is not installed\n");
	return false;
}

static void
age_opens_what_is_sealed_here(void **state)
{
	struct fixture *f = *state;
	char dir[] = P_tmpdir "/troth-age-XXXXXX", text[AGE_IDENTITY_TEXT_MAX];
	struct str path;

	if (!has_age())
		skip();
	assert_non_null(mkdtemp(dir));
	age_identity_format(&f->identity, text);
	path = str_printf(&f->arena, "%s/sealed", dir);
	file_write(str_printf(&f->arena, "%s/identity", dir).ptr, str_from_c(text));
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct str opened;
		seal_length(f, lengths[i], 4096);
		file_write(path.ptr, sealed_of(f));
		run(f, dir, "age -d -i identity sealed >opened");
		opened = file_read(f, str_printf(&f->arena, "%s/opened", dir).ptr);
		assert_true(str_eq(opened, (struct str){ f->plain.ptr, lengths[i] }));
	}
	run(f, dir, "rm -r ../$(basename $PWD)");
}

/* A recipient that age-keygen(1) made, and one of another kind beside it. */
static void
what_age_seals_opens_here(void **state)
{
	struct fixture *f = *state;
	char dir[] = P_tmpdir "/troth-age-XXXXXX";
	char recipient_text[AGE_RECIPIENT_TEXT_MAX];
	struct str text, line;

	if (!has_age())
		skip();
	assert_non_null(mkdtemp(dir));
	run(f, dir, "age-keygen -o identity && age-keygen -y identity >recipient");
	run(f, dir, "ssh-keygen -q -t ed25519 -N '' -f ssh || age-keygen | tail -1 >ssh.pub");
	text = file_read(f, str_printf(&f->arena, "%s/identity", dir).ptr);
	do
		text = str_cut(text, '\n', &line);
	while (!str_starts_with(line, STR("AGE-")));
	assert_int_equal(age_identity_parse(line, &f->identity, &f->err), RC_OK);
	f->recipient = age_recipient_of(&f->identity);
	age_recipient_format(&f->recipient, recipient_text);
	text = file_read(f, str_printf(&f->arena, "%s/recipient", dir).ptr);
	assert_true(str_eq(str_trim(text), str_from_c(recipient_text)));
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct str plain = { f->plain.ptr, lengths[i] };
		file_write(str_printf(&f->arena, "%s/plain", dir).ptr, plain);
		run(f, dir, "age -R ssh.pub -R recipient -o sealed plain");
		text = file_read(f, str_printf(&f->arena, "%s/sealed", dir).ptr);
		assert_int_equal(open_stepwise(f, text, 5000), RC_OK);
		assert_true(str_eq((struct str){ f->opened.text, f->opened.len }, plain));
	}
	run(f, dir, "rm -r ../$(basename $PWD)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bech32_reads_and_writes_the_examples_of_bip_173),
		TEST(bech32_refuses_other_texts),
		TEST(keys_read_back_from_their_text),
		TEST(a_recipient_of_low_order_is_refused),
		TEST(what_was_sealed_opens_at_every_chunk_boundary),
		TEST(a_file_opens_when_it_comes_byte_by_byte),
		TEST(each_of_several_recipients_opens_and_nobody_else),
		TEST(nobody_or_too_many_to_seal_for_is_refused),
		TEST(two_sealings_of_one_text_have_nothing_in_common),
		TEST(no_flipped_bit_opens),
		TEST(no_file_that_is_cut_short_opens),
		TEST(a_file_cut_between_chunks_does_not_open),
		TEST(chunks_that_change_places_do_not_open),
		TEST(a_file_with_something_after_its_end_does_not_open),
		TEST(a_reader_that_failed_stays_failed),
		TEST(a_header_without_an_end_is_given_up),
		TEST(headers_of_another_form_are_refused),
		TEST(what_the_sink_says_is_passed_on),
		TEST(age_opens_what_is_sealed_here),
		TEST(what_age_seals_opens_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Catalogues: the format of GNU MO files, from bytes made here by hand and from
 * the program's own catalogue, which msgfmt made. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "web/language.h"

static int
arena_begin(void **state)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	arena_init(arena, MIB);
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

/* A catalogue of two texts, after "The Format of GNU MO Files" of the gettext
 * manual: head of seven words, two tables of (length, offset), the texts. */
#define A_AT 60
static size_t
catalogue_make(unsigned char bytes[128], bool is_swapped)
{
	const uint32_t words[] = { 0x950412de, 0,  2, 28, 44, 0, 0, /* head */
		                   1,          60, 3, 62,           /* "a", "one" */
		                   2,          66, 4, 69 };         /* "AA", "zwei" */
	static const char texts[] = "a\0one\0AA\0zwei";

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		uint32_t word = is_swapped ? __builtin_bswap32(words[i]) : words[i];
		memcpy(bytes + 4 * i, &word, sizeof(word));
	}
	memcpy(bytes + A_AT, texts, sizeof(texts));
	return A_AT + sizeof(texts);
}

static void
a_text_is_found_in_either_byte_order(void **state)
{
	unsigned char bytes[128];

	(void)state;
	for (int is_swapped = 0; is_swapped < 2; is_swapped++) {
		size_t size = catalogue_make(bytes, is_swapped != 0);
		struct language language = { "xx", "X", { (const char *)bytes, size } };

		assert_true(str_eq(language_text(&language, STR("a")), STR("AA")));
		assert_true(str_eq(language_text(&language, STR("one")), STR("zwei")));
		assert_true(str_eq(language_text(&language, STR("two")), STR("two")));
		assert_true(str_eq(language_text(&language, STR("")), STR("")));
	}
}

static void
a_cut_catalogue_translates_nothing_and_reads_nothing_outside(void **state)
{
	unsigned char bytes[128];
	size_t size = catalogue_make(bytes, false);

	(void)state;
	for (size_t length = 0; length < size; length++) {
		char *copy = malloc(length == 0 ? 1 : length);
		struct language language = { "xx", "X", { copy, length } };
		struct str found;

		memcpy(copy, bytes, length);
		found = language_text(&language, STR("one"));
		assert_true(str_eq(found, STR("one")) || str_eq(found, STR("zwei")));
		free(copy);
	}
}

static void
an_unknown_code_is_english(void **state)
{
	(void)state;
	assert_string_equal(language_find(STR("fr"))->code, "fr");
	assert_string_equal(language_find(STR("fr"))->name, "Français");
	assert_string_equal(language_find(STR("xx"))->code, "en");
	assert_string_equal(language_find(STR(""))->code, "en");
}

static void
the_first_known_tag_of_the_header_wins(void **state)
{
	static const struct {
		const char *header, *code;
	} cases[] = {
		{ "fr", "fr" },           { "fr-CH, en;q=0.5", "fr" },
		{ "de, FR;q=0.8", "fr" }, { "en-GB,fr;q=0.9", "en" },
		{ "de", "en" },           { "", "en" },
		{ ",;,", "en" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(language_accept(str_from_c(cases[i].header))->code,
		                    cases[i].code);
}

/* 2026-03-01T10:00:00Z; Paris is one hour ahead (CET). */
static void
times_dates_and_numbers_are_as_people_write_them(void **state)
{
	const int64_t us = INT64_C(1772359200) * US_PER_S;
	const struct language *english = language_find(STR("en"));
	const struct language *french = language_find(STR("fr"));
	struct str zone = STR("Europe/Paris");

	assert_true(
	    str_eq(language_time(english, zone, us, *state), STR("1 March 2026, 11:00 CET")));
	assert_true(
	    str_eq(language_time(french, zone, us, *state), STR("1er mars 2026, 11:00 CET")));
	assert_true(str_eq(language_date(french, us + US_PER_DAY, *state), STR("2 mars 2026")));
	assert_true(str_eq(language_time(english, STR("No/Where"), us, *state),
	                   STR("1 March 2026, 10:00 UTC")));
	assert_true(str_eq(language_number(english, STR("5.40"), *state), STR("5.40")));
	assert_true(str_eq(language_number(french, STR("5.40"), *state), STR("5,40")));
	assert_true(str_eq(language_number(french, STR("540"), *state), STR("540")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_begin, arena_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_text_is_found_in_either_byte_order),
		TEST(a_cut_catalogue_translates_nothing_and_reads_nothing_outside),
		TEST(an_unknown_code_is_english),
		TEST(the_first_known_tag_of_the_header_wins),
		TEST(times_dates_and_numbers_are_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

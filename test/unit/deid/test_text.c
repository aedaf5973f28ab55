/* De-identified text: what goes, what stays, and what replaces it. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "deid/text.h"
#include "deid/words.h"

static struct deid *deid;

static int
open_once(void **state)
{
	struct err err;

	(void)state;
	return deid_open(&deid, &err) == RC_OK ? 0 : -1;
}

static int
close_once(void **state)
{
	(void)state;
	deid_close(&deid);
	return 0;
}

static struct key
key_of(uint8_t byte)
{
	struct key key;

	memset(key.bytes, byte, KEY_BYTES);
	return key;
}

static struct str
done(struct buf *out, struct deid_options options, struct str text)
{
	struct err err = { 0 };

	buf_init(out, 4 * MIB);
	if (deid_text(deid, &options, text, out, &err) != RC_OK)
		fail_msg("%s", err.text);
	return (struct str){ out->text, out->len };
}

static void
expect_tags(const char *text, const char *expected)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	assert_string_equal(
	    done(&out, (struct deid_options){ .style = DEID_TAGS }, str_from_c(text)).ptr,
	    expected);
}

static struct str
surrogate(struct buf *out, uint8_t byte, const char *text)
{
	CLEANUP(key_wipe) struct key key = key_of(byte);

	return done(out, (struct deid_options){ .style = DEID_SURROGATES, .key = &key },
	            str_from_c(text));
}

/* --- tags ------------------------------------------------------------------------------ */

static void
each_of_the_18_kinds_becomes_its_tag(void **state)
{
	static const char *const pairs[][2] = {
		{ "Dr. Smith saw Camille Lefèvre.", "Dr. [NAME] saw [NAME]." },
		{ "Lives at 12 Maple Street, Boston, MA 02115.", "Lives at [ADDRESS]." },
		{ "Elle habite 12 bis, rue de la Paix, 75002 Paris.",
		  "Elle habite [ADDRESS]." },
		{ "Née le 3 mars 1971, vue le 12/04/2021.", "Née le [DATE], vue le [DATE]." },
		{ "A 93-year-old man.", "A 90+-year-old man." },
		{ "Phone: (617) 555-0182, fax: 617-555-0183.", "Phone: [PHONE], fax: [FAX]." },
		{ "Tél. : 01 42 34 56 78", "Tél. : [PHONE]" },
		{ "Mail a.b@example.org now", "Mail [EMAIL] now" },
		{ "SSN 219-09-9999.", "SSN [SSN]." },
		{ "MRN: 00451234", "MRN: [RECORD]" },
		{ "Medicare ID: 1EG4-TE5-MK73", "Medicare ID: [PLAN]" },
		{ "Account number 8839201", "Account number [ACCOUNT]" },
		{ "Driver's license D1234567", "Driver's license [LICENSE]" },
		{ "Plaque AB-123-CD", "Plaque [VEHICLE]" },
		{ "Pacemaker serial number PJ4455667", "Pacemaker serial number [DEVICE]" },
		{ "See https://example.org/a?b=1.", "See [URL]." },
		{ "From 192.168.10.4 and fe80::1ff:fe23:4567:890a", "From [IP] and [IP]" },
		{ "Fingerprint ID FP-88231", "Fingerprint ID [BIOMETRIC]" },
		{ "Photo IMG_2041.jpg", "Photo [PHOTO]" },
		{ "Study ID XR-20931", "Study ID [ID]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		expect_tags(pairs[i][0], pairs[i][1]);
}

static void
what_identifies_nobody_stays(void **state)
{
	static const char *const kept[] = {
		"Parkinson disease, Crohn's disease, a Foley catheter, Glasgow Coma Scale 15.",
		"Maladie de Parkinson, sonde de Foley, score de Glasgow à 15.",
		"Metformin 500 mg BID, Xarelto 20 mg, Doliprane 1000 mg.",
		"WBC 7.4, Hgb 13.2, creatinine 0.9 mg/dL, BP 120/80, HbA1c 6.8 %.",
		"ICD-10 I10, E11.9, J45.909.",
		"A 67-year-old woman; stroke in 2009; she may march; he will walk.",
		"Lives in Texas, born in France.",
		"HISTORY OF PRESENT ILLNESS",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		expect_tags(kept[i], kept[i]);
}

static void
a_name_found_once_is_found_everywhere(void **state)
{
	(void)state;
	expect_tags("Mrs. Quermileuc came. Later quermileuc and Quermileuc left.",
	            "Mrs. [NAME] came. Later quermileuc and [NAME] left.");
}

static void
tags_are_left_alone_the_second_time(void **state)
{
	static const char text[] =
	    "Patient: Mary Zorvadez, MRN: 1234567, born 3 March 1931 (95 years), "
	    "12 Maple Street, Boston, MA 02115; a@b.org; Dr. Kelmirek.";
	CLEANUP(buf_free) struct buf once = { 0 };
	CLEANUP(buf_free) struct buf twice = { 0 };
	struct deid_options options = { .style = DEID_TAGS };
	struct str first = done(&once, options, str_from_c(text));
	struct str second = done(&twice, options, first);

	(void)state;
	assert_string_equal(first.ptr, second.ptr);
	assert_null(strstr(first.ptr, "Zorvadez"));
}

static void
text_that_is_no_utf8_or_too_long_is_refused(void **state)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(buf_free) struct buf large = { 0 };
	struct deid_options options = { .style = DEID_TAGS };
	struct err err;

	(void)state;
	buf_init(&out, MIB);
	buf_init(&large, 2 * MIB);
	assert_int_equal(deid_text(deid, &options, STR("Dr. \xC3\x28"), &out, &err),
	                 RC_INVALID);
	while (large.len <= LIMIT_DEID_TEXT_BYTES)
		buf_add(&large, STR("a line of nothing\n"));
	assert_int_equal(
	    deid_text(deid, &options, (struct str){ large.text, large.len }, &out, &err),
	    RC_LIMIT);
	assert_int_equal(out.len, 0);
}

static void
surrogates_without_a_key_are_refused(void **state)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct deid_options options = { .style = DEID_SURROGATES };
	struct err err;

	(void)state;
	buf_init(&out, MIB);
	assert_int_equal(deid_text(deid, &options, STR("x"), &out, &err), RC_INVALID);
}

/* --- surrogates --------------------------------------------------------------------------- */

static void
the_same_value_gives_the_same_surrogate_under_one_key_only(void **state)
{
	CLEANUP(buf_free) struct buf a = { 0 };
	CLEANUP(buf_free) struct buf b = { 0 };
	CLEANUP(buf_free) struct buf c = { 0 };
	struct str first = surrogate(&a, 1, "Dr. Zorvadez");
	struct str again = surrogate(&b, 1, "Dr. ZORVADEZ");
	struct str other = surrogate(&c, 2, "Dr. Zorvadez");

	(void)state;
	assert_true(str_eq_nocase(first, again));
	assert_false(str_eq(first, other));
	assert_true(str_starts_with(first, STR("Dr. ")));
}

static void
codes_keep_their_form_and_no_digit(void **state)
{
	static const char text[] = "MRN: AB-4451-23";
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str got = surrogate(&out, 7, text);

	(void)state;
	assert_int_equal(got.len, strlen(text));
	for (size_t i = 5; i < got.len; i++) {
		if (text[i] == '-')
			assert_int_equal(got.ptr[i], '-');
		else
			assert_int_not_equal(got.ptr[i], text[i]);
	}
}

/* HHS, "Guidance Regarding Methods for De-identification", 2012: the 17. */
static void
postal_codes_keep_three_digits_but_of_small_areas_none(void **state)
{
	static const char *const small[] = { "036", "059", "063", "102", "203", "556",
		                             "692", "790", "821", "823", "830", "831",
		                             "878", "879", "884", "890", "893" };
	char zip3[4], zip[6];

	(void)state;
	deid_zip3(STR("94107-1234"), zip3);
	assert_string_equal(zip3, "941");
	deid_zip3(STR("9"), zip3);
	assert_string_equal(zip3, "000");
	for (size_t i = 0; i < COUNT_OF(small); i++) {
		(void)snprintf(zip, sizeof(zip), "%s01", small[i]);
		deid_zip3(str_from_c(zip), zip3);
		assert_string_equal(zip3, "000");
	}
}

/* --- dates -------------------------------------------------------------------------------- */

/* A form is written out, so that the compiler can check it. */
#define EXPECT_MOVED(byte, day, text, form)                                                    \
	do {                                                                                   \
		CLEANUP(buf_free) struct buf out_ = { 0 };                                     \
		char expected_[64];                                                            \
		(void)strftime(expected_, sizeof(expected_), form, (day));                     \
		assert_string_equal(surrogate(&out_, (byte), (text)).ptr, expected_);          \
	} while (0)

static void
dates_move_by_one_number_of_days_and_keep_their_form(void **state)
{
	(void)state;
	for (uint8_t byte = 1; byte < 40; byte++) {
		CLEANUP(key_wipe) struct key key = key_of(byte);
		/* The C library's calendar is the independent one. */
		struct tm day = { .tm_year = 121,
			          .tm_mon = 2,
			          .tm_mday = 4 + deid_shift_days(&key),
			          .tm_hour = 12,
			          .tm_isdst = -1 };
		(void)mktime(&day);
		EXPECT_MOVED(byte, &day, "2021-03-04", "%Y-%m-%d");
		EXPECT_MOVED(byte, &day, "03/04/2021", "%m/%d/%Y");
		EXPECT_MOVED(byte, &day, "March 4, 2021", "%B %-d, %Y");
		EXPECT_MOVED(byte, &day, "4 March 2021", "%-d %B %Y");
		EXPECT_MOVED(byte, &day, "4 MAR 2021", "%-d %^b %Y");
		EXPECT_MOVED(byte, &day, "04-Mar-2021", "%d-%b-%Y");
		EXPECT_MOVED(byte, &day, "20210304", "%Y%m%d");
	}
}

static void
the_shift_is_within_a_year_and_never_none(void **state)
{
	bool has_negative = false, has_positive = false;

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		CLEANUP(key_wipe) struct key key = key_of((uint8_t)byte);
		int days = deid_shift_days(&key);
		assert_in_range(days + 365, 0, 730);
		assert_int_not_equal(days, 0);
		has_negative |= days < 0;
		has_positive |= days > 0;
	}
	assert_true(has_negative && has_positive);
}

static void
french_months_stay_french_and_years_alone_stay(void **state)
{
	static const char *const months[] = { "janvier",   "février", "mars",     "avril",
		                              "mai",       "juin",    "juillet",  "août",
		                              "septembre", "octobre", "novembre", "décembre" };
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(buf_free) struct buf year = { 0 };
	struct str got = surrogate(&out, 3, "4 août 2021");
	bool is_month = false;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(months); i++)
		is_month |= strstr(got.ptr, months[i]) != NULL;
	assert_true(is_month);
	assert_string_equal(surrogate(&year, 3, "Stroke in 2009.").ptr, "Stroke in 2009.");
}

static void
a_day_over_12_tells_how_the_other_dates_are_read(void **state)
{
	CLEANUP(key_wipe) struct key key = key_of(9);
	CLEANUP(buf_free) struct buf out = { 0 };
	struct tm a = { .tm_year = 121,
		        .tm_mon = 3,
		        .tm_mday = 3 + deid_shift_days(&key),
		        .tm_hour = 12,
		        .tm_isdst = -1 };
	struct tm b = { .tm_year = 121,
		        .tm_mon = 3,
		        .tm_mday = 25 + deid_shift_days(&key),
		        .tm_hour = 12,
		        .tm_isdst = -1 };
	char first[32], second[32], expected[80];

	(void)state;
	(void)mktime(&a);
	(void)mktime(&b);
	(void)strftime(first, sizeof(first), "%d/%m/%Y", &a);
	(void)strftime(second, sizeof(second), "%d/%m/%Y", &b);
	(void)snprintf(expected, sizeof(expected), "du %s au %s", first, second);
	assert_string_equal(surrogate(&out, 9, "du 03/04/2021 au 25/04/2021").ptr, expected);
}

/* --- dictionaries ---------------------------------------------------------------------------
 */

static void
a_word_may_be_several_things_at_once(void **state)
{
	struct words *words = words_new();

	(void)state;
	assert_int_equal(words_find(words, STR("rose")) & (WORD_GIVEN | WORD_COMMON),
	                 WORD_GIVEN | WORD_COMMON);
	assert_int_equal(words_find(words, STR("paris")) & WORD_CITY, WORD_CITY);
	assert_int_equal(words_find(words, STR("zzyzx")), 0);
	words_free(words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_the_18_kinds_becomes_its_tag),
		cmocka_unit_test(what_identifies_nobody_stays),
		cmocka_unit_test(a_name_found_once_is_found_everywhere),
		cmocka_unit_test(tags_are_left_alone_the_second_time),
		cmocka_unit_test(text_that_is_no_utf8_or_too_long_is_refused),
		cmocka_unit_test(surrogates_without_a_key_are_refused),
		cmocka_unit_test(the_same_value_gives_the_same_surrogate_under_one_key_only),
		cmocka_unit_test(codes_keep_their_form_and_no_digit),
		cmocka_unit_test(postal_codes_keep_three_digits_but_of_small_areas_none),
		cmocka_unit_test(dates_move_by_one_number_of_days_and_keep_their_form),
		cmocka_unit_test(the_shift_is_within_a_year_and_never_none),
		cmocka_unit_test(french_months_stay_french_and_years_alone_stay),
		cmocka_unit_test(a_day_over_12_tells_how_the_other_dates_are_read),
		cmocka_unit_test(a_word_may_be_several_things_at_once),
	};

	return cmocka_run_group_tests(tests, open_once, close_once);
}

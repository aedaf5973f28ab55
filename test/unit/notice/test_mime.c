/*
 * Messages as they travel.  The expected bytes were read back by Python's
 * email package (policy.default): subject, sender's name and text came out as
 * they went in.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"
#include "notice/mime.h"

static struct str
finished(struct buf *buf)
{
	struct str text;
	struct err err;

	assert_int_equal(buf_finish(buf, &text, &err), RC_OK);
	return text;
}

static void
dates_are_those_of_rfc_5322(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} known[] = { /* as `date -u -R -d @S` prints them */
		      { 0, "Thu, 01 Jan 1970 00:00:00 +0000" },
		      { 1772355600, "Sun, 01 Mar 2026 09:00:00 +0000" },
		      { 1709251199, "Thu, 29 Feb 2024 23:59:59 +0000" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		CLEANUP(buf_free) struct buf out = { 0 };
		buf_init(&out, 100);
		mime_date_add(&out, known[i].s * US_PER_S);
		assert_true(str_eq(finished(&out), str_from_c(known[i].text)));
	}
}

static void
a_header_is_encoded_when_it_is_not_short_and_plain(void **state)
{
	static const struct {
		const char *text, *header;
	} known[] = {
		{ "Your sign-in link", "S: Your sign-in link\r\n" },
		{ "Zoë", "S: =?UTF-8?B?Wm/Dqw==?=\r\n" },
		{ "=?UTF-8?B?Wm/Dqw==?=", "S: =?UTF-8?B?PT9VVEYtOD9CP1dtL0Rxdz09Pz0=?=\r\n" },
		/* 61 bytes: two words, and the two bytes of é stay in one of them */
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaébbbbbbbbbbbbbbbbbb",
		  "S: =?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n"
		  " =?UTF-8?B?w6liYmJiYmJiYmJiYmJiYmJiYmI=?=\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		CLEANUP(buf_free) struct buf out = { 0 };
		buf_init(&out, 1000);
		mime_header_add(&out, "S", str_from_c(known[i].text));
		assert_true(str_eq(finished(&out), str_from_c(known[i].header)));
	}
}

static void
text_is_quoted_printable_with_lines_of_76(void **state)
{
	static const struct {
		const char *text, *encoded;
	} known[] = {
		{ "a=b\n", "a=3Db\r\n" },
		{ "no end", "no end\r\n" },
		{ "é \n\n\tx\t\n", "=C3=A9=20\r\n\r\n\tx=09\r\n" },
		{ "0123456789012345678901234567890123456789012345678901234567890123456789"
		  "012345\n",
		  "012345678901234567890123456789012345678901234567890123456789012345678901234="
		  "\r\n5\r\n" },
		{ "012345678901234567890123456789012345678901234567890123456789012345678901é\n",
		  "012345678901234567890123456789012345678901234567890123456789012345678901=C3="
		  "\r\n=A9\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		CLEANUP(buf_free) struct buf out = { 0 };
		buf_init(&out, 1000);
		mime_text_add(&out, str_from_c(known[i].text));
		if (!str_eq(finished(&out), str_from_c(known[i].encoded)))
			fail_msg("case %zu: %.*s", i, STR_ARGS(finished(&out)));
	}
}

static void
no_line_of_a_whole_message_is_over_78_and_none_is_bare(void **state)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	char text[2000], subject[200];
	struct mime mime = { STR("no-reply@lumen.example"),
		             STR("Lumen Skin Sensing, a name that is rather long for a line"),
		             STR("ana@example.org"),
		             { subject, sizeof(subject) },
		             { text, sizeof(text) },
		             { { 1, 2, 3 } },
		             0 };
	struct str all, line;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	for (size_t i = 0; i < sizeof(subject); i += 2)
		memcpy(subject + i, "\xc3\xa9", 2);
	buf_init(&out, 1 << 16);
	mime_format(&mime, &out);
	all = finished(&out);
	while (all.len != 0) {
		all = str_cut(all, '\n', &line);
		assert_true(line.len >= 1 && line.ptr[line.len - 1] == '\r');
		assert_true(line.len - 1 <= 78);
		assert_null(memchr(line.ptr, '\r', line.len - 1));
	}
	assert_non_null(strstr(out.text, "Message-ID: <01020300-0000-0000-0000-000000000000@"
	                                 "lumen.example>\r\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_those_of_rfc_5322),
		cmocka_unit_test(a_header_is_encoded_when_it_is_not_short_and_plain),
		cmocka_unit_test(text_is_quoted_printable_with_lines_of_76),
		cmocka_unit_test(no_line_of_a_whole_message_is_over_78_and_none_is_bare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Time-based one-time codes, their addresses and their pictures. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <qrencode.h>

#include "base/clock.h"
#include "people/qr.h"
#include "people/totp.h"

/* RFC 6238, appendix B: the SHA-1 rows. */
static const struct {
	int64_t time_s;
	const char *code;
} known[] = {
	{ 59, "94287082" },         { 1111111109, "07081804" }, { 1111111111, "14050471" },
	{ 1234567890, "89005924" }, { 2000000000, "69279037" }, { 20000000000, "65353130" },
};
#define SEED STR("12345678901234567890")

static void
codes_are_those_of_rfc_6238(void **state)
{
	struct err err;
	char code[9];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		int64_t step = totp_step(known[i].time_s * US_PER_S);
		assert_int_equal(totp_code(SEED, step, 8, code, &err), RC_OK);
		assert_string_equal(code, known[i].code);
		/* Six digits are the last of the eight: the same number, mod 10^6. */
		assert_int_equal(totp_code(SEED, step, 6, code, &err), RC_OK);
		assert_string_equal(code, known[i].code + 2);
	}
}

static enum rc
match(const char *code, int64_t time_s, int64_t used, int64_t *step)
{
	struct totp_try try = { .seed = SEED, .now_us = time_s * US_PER_S, .used = used };
	struct err err;

	memcpy(try.code, code, TOTP_DIGITS + 1);
	return totp_match(&try, step, &err);
}

static void
a_code_is_taken_one_step_either_way_and_no_further(void **state)
{
	const char *code = known[3].code + 2;
	int64_t at = known[3].time_s, step = 0;

	(void)state;
	assert_int_equal(match(code, at, 0, &step), RC_OK);
	assert_int_equal(step, at / 30);
	assert_int_equal(match(code, at + 30, 0, &step), RC_OK);
	assert_int_equal(step, at / 30);
	assert_int_equal(match(code, at - 30, 0, &step), RC_OK);
	assert_int_equal(match(code, at + 60, 0, &step), RC_UNAUTHENTICATED);
	assert_int_equal(match(code, at - 60, 0, &step), RC_UNAUTHENTICATED);
}

static void
a_used_step_and_all_before_it_are_refused(void **state)
{
	const char *code = known[3].code + 2;
	int64_t at = known[3].time_s, step = 0;

	(void)state;
	assert_int_equal(match(code, at, at / 30 - 1, &step), RC_OK);
	assert_int_equal(match(code, at, at / 30, &step), RC_UNAUTHENTICATED);
	assert_int_equal(match(code, at, at / 30 + 1, &step), RC_UNAUTHENTICATED);
}

static void
a_seed_is_written_and_read_as_rfc_4648_has_it(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err;
	struct str seed, text;

	(void)state;
	arena_init(&arena, 1 << 20);
	/* RFC 4648, section 10, without the padding. */
	assert_true(str_eq(totp_seed_format(&arena, STR("foobar")), STR("MZXW6YTBOI")));
	assert_true(str_eq(totp_seed_format(&arena, STR("foob")), STR("MZXW6YQ")));
	text = totp_seed_format(&arena, SEED);
	/* As many implementations show the seed of RFC 6238. */
	assert_true(str_eq(text, STR("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")));
	assert_int_equal(totp_seed_parse(text, &arena, &seed, &err), RC_OK);
	assert_true(str_eq(seed, SEED));
	assert_int_equal(totp_seed_parse(STR("GEZD1"), &arena, &seed, &err), RC_CORRUPT);
}

static void
an_address_of_a_seed_escapes_what_is_not_plain(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str uri;

	(void)state;
	arena_init(&arena, 1 << 20);
	uri = totp_uri(&arena, STR("A&B: é"), STR("ana+x@example.org"), STR("MZXW6"));
	assert_true(str_eq(uri, STR("otpauth://totp/A%26B%3A%20%C3%A9:ana%2Bx%40example.org"
	                            "?secret=MZXW6&issuer=A%26B%3A%20%C3%A9"
	                            "&algorithm=SHA1&digits=6&period=30")));
}

/* Paints the subpaths "M x y h w v1 h -w z" onto a field. */
static void
paint(const char *at, unsigned char *field, int side)
{
	int x, y, width, back, used;

	while (sscanf(at, "M%d %dh%dv1h-%dz%n", &x, &y, &width, &back, &used) == 4) {
		assert_int_equal(width, back);
		for (int i = 0; i < width; i++)
			field[y * side + x + i] = 1;
		at += used;
	}
	assert_memory_equal(at, "\"/></svg>", 9);
}

static void
a_picture_shows_every_module_and_a_quiet_zone(void **state)
{
	static unsigned char field[200 * 200];
	const char text[] = "otpauth://totp/Lumen:ana%40example.org?secret=GEZDGNBVGY3TQOJQ";
	QRcode *code =
	    QRcode_encodeData(sizeof(text) - 1, (const unsigned char *)text, 0, QR_ECLEVEL_M);
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err;
	struct str svg;
	int side = code->width + 8;
	const char *path;

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(qr_svg(str_from_c(text), STR("<Lumen>"), &arena, &svg, &err), RC_OK);
	svg.ptr = str_to_c(&arena, svg);
	assert_non_null(strstr(svg.ptr, "<title>&lt;Lumen&gt;</title>"));
	path = strstr(svg.ptr, "fill=\"#000\" d=\"");
	assert_non_null(path);
	paint(path + 15, field, side);
	for (int y = 0; y < side; y++) {
		for (int x = 0; x < side; x++) {
			bool is_inside = x >= 4 && y >= 4 && x < side - 4 && y < side - 4;
			int dark =
			    is_inside ? code->data[(y - 4) * code->width + x - 4] & 1 : 0;
			assert_int_equal(field[y * side + x], dark);
		}
	}
	QRcode_free(code);
}

static void
a_text_that_no_symbol_holds_is_refused(void **state)
{
	static char text[4000];
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err;
	struct str svg;

	(void)state;
	arena_init(&arena, 1 << 20);
	memset(text, 'x', sizeof(text));
	assert_int_equal(
	    qr_svg((struct str){ text, sizeof(text) }, STR("x"), &arena, &svg, &err), RC_LIMIT);
	assert_int_equal(qr_svg(STR_EMPTY, STR("x"), &arena, &svg, &err), RC_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_those_of_rfc_6238),
		cmocka_unit_test(a_code_is_taken_one_step_either_way_and_no_further),
		cmocka_unit_test(a_used_step_and_all_before_it_are_refused),
		cmocka_unit_test(a_seed_is_written_and_read_as_rfc_4648_has_it),
		cmocka_unit_test(an_address_of_a_seed_escapes_what_is_not_plain),
		cmocka_unit_test(a_picture_shows_every_module_and_a_quiet_zone),
		cmocka_unit_test(a_text_that_no_symbol_holds_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Decimals, units, codes and limits.  Conversions: worked by hand from the
 * molar masses
 * (e.g. 180 mg/dL × 10 / 180.156 = 9.99134 mmol/L).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "service/measure/analyte.h"

static void
a_decimal_keeps_its_zeros(void **state)
{
	static const struct {
		const char *text;
		int64_t digits;
		int scale;
	} rows[] = {
		{ "5.40", 540, 2 }, { "0", 0, 0 },
		{ "0.0", 0, 1 },    { "-12.5", -125, 1 },
		{ "-0.05", -5, 2 }, { "123456789012345", 123456789012345, 0 },
		{ "100", 100, 0 },  { "0.123456789", 123456789, 9 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct decimal decimal = { 0 };
		struct err err = { 0 };
		char text[28];

		assert_int_equal(decimal_parse(str_from_c(rows[i].text), &decimal, &err),
		                 RC_OK);
		assert_int_equal(decimal.digits, rows[i].digits);
		assert_int_equal(decimal.scale, rows[i].scale);
		assert_true(str_eq(decimal_format(&decimal, text), str_from_c(rows[i].text)));
	}
}

static void
what_is_no_decimal_is_refused(void **state)
{
	static const char *const broken[] = {
		"",
		"-",
		".5",
		"5.",
		"+5",
		"1e3",
		"00.5",
		"05",
		"5,4",
		"NaN",
		" 5",
		"1.2.3",
		"0x10",
		"--1",
		"1234567890123456",
		"0.1234567891",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct decimal decimal = { 7, 7 };
		struct err err = { 0 };

		if (decimal_parse(str_from_c(broken[i]), &decimal, &err) != RC_INVALID)
			fail_msg("accepted: %s", broken[i]);
		assert_int_equal(decimal.digits, 7); /* outputs only on success */
	}
}

static void
the_value_is_the_nearest_double(void **state)
{
	(void)state;
	assert_true(decimal_value(&(struct decimal){ 540, 2 }) == 5.4);
	assert_true(decimal_value(&(struct decimal){ -1, 9 }) == -1e-9);
}

static void
mass_and_moles_differ_by_the_molar_mass(void **state)
{
	static const struct {
		int analyte;
		double mg_dl;
		double mmol_l;
	} rows[] = {
		{ ANALYTE_GLUCOSE, 180, 9.991341 },
		{ ANALYTE_KETONE, 31.2315, 3.0 },
		{ ANALYTE_CHOLESTEROL, 200, 5.172637 },
		{ ANALYTE_TRIGLYCERIDES, 150, 1.693576 },
		{ ANALYTE_URATE, 6, 0.356909 },
		{ ANALYTE_LACTATE, 18.016, 2.0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int analyte = rows[i].analyte;
		double there = unit_convert(analyte, rows[i].mg_dl, UNIT_MG_DL, UNIT_MMOL_L);

		assert_true(fabs(there - rows[i].mmol_l) < 1e-6);
		assert_true(fabs(unit_convert(analyte, there, UNIT_MMOL_L, UNIT_MG_DL) -
		                 rows[i].mg_dl) < 1e-9);
	}
	assert_true(fabs(unit_convert(ANALYTE_URATE, 6, UNIT_MG_DL, UNIT_UMOL_L) - 356.909) <
	            1e-3);
}

static void
units_are_case_sensitive(void **state)
{
	(void)state;
	assert_int_equal(unit_find(STR("mg/dL")), UNIT_MG_DL);
	assert_int_equal(unit_find(STR("mmol/L")), UNIT_MMOL_L);
	assert_int_equal(unit_find(STR("mg/dl")), -1);
	assert_int_equal(unit_find(STR("MMOL/L")), -1);
	assert_int_equal(unit_find(STR("")), -1);
	assert_int_equal(analyte_find(STR("hdl")), ANALYTE_HDL);
	assert_int_equal(analyte_find(STR("HDL")), -1);
}

static void
a_value_outside_the_limits_names_the_limits_and_not_the_value(void **state)
{
	static const struct {
		int analyte;
		int unit;
		struct decimal value;
		enum rc rc;
	} rows[] = {
		{ ANALYTE_GLUCOSE, UNIT_MG_DL, { 10, 0 }, RC_OK },
		{ ANALYTE_GLUCOSE, UNIT_MG_DL, { 99, 1 }, RC_INVALID },
		{ ANALYTE_GLUCOSE, UNIT_MG_DL, { 1000, 0 }, RC_OK },
		{ ANALYTE_GLUCOSE, UNIT_MG_DL, { 10001, 1 }, RC_INVALID },
		{ ANALYTE_GLUCOSE, UNIT_MMOL_L, { 54, 1 }, RC_OK },
		{ ANALYTE_GLUCOSE, UNIT_MMOL_L, { 120, 0 }, RC_INVALID }, /* mg/dL meant */
		{ ANALYTE_GLUCOSE, UNIT_UMOL_L, { 5400, 0 }, RC_INVALID },
		{ ANALYTE_KETONE, UNIT_MMOL_L, { 0, 1 }, RC_OK },
		{ ANALYTE_KETONE, UNIT_MMOL_L, { -1, 1 }, RC_INVALID },
		{ ANALYTE_URATE, UNIT_UMOL_L, { 360, 0 }, RC_OK },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };

		assert_int_equal(
		    analyte_check_value(rows[i].analyte, rows[i].unit, &rows[i].value, &err),
		    rows[i].rc);
		if (rows[i].value.digits == 10001)
			assert_null(strstr(err.text, "1000.1"));
	}
}

static void
an_optical_reading_never_gets_a_blood_code(void **state)
{
	int analyte = -1;
	int unit = -1;

	(void)state;
	assert_true(str_eq(analyte_loinc(ANALYTE_GLUCOSE, UNIT_MG_DL, READING_OPTICAL),
	                   STR("99504-3")));
	assert_true(str_eq(analyte_loinc(ANALYTE_GLUCOSE, UNIT_MMOL_L, READING_SENSOR),
	                   STR("105272-9")));
	assert_true(
	    str_eq(analyte_loinc(ANALYTE_GLUCOSE, UNIT_MG_DL, READING_BLOOD), STR("2339-0")));
	assert_true(
	    str_eq(analyte_loinc(ANALYTE_URATE, UNIT_MMOL_L, READING_BLOOD), STR("14933-6")));
	assert_true(analyte_find_loinc(STR("14647-2"), &analyte, &unit));
	assert_int_equal(analyte, ANALYTE_CHOLESTEROL);
	assert_int_equal(unit, UNIT_MMOL_L);
	assert_false(analyte_find_loinc(STR("8480-6"), &analyte, &unit));
	assert_true(analyte_unit_fits_loinc(STR("14933-6"), UNIT_MMOL_L));
	assert_false(analyte_unit_fits_loinc(STR("99504-3"), UNIT_MMOL_L));
	assert_false(analyte_unit_fits_loinc(STR("0-0"), UNIT_MMOL_L));
}

/* LOINC User's Guide, appendix: the last digit is a mod 10 (Luhn) check digit. */
static bool
has_check_digit(const char *code)
{
	size_t body = strcspn(code, "-");
	int sum = 0;

	for (size_t i = 0; i < body; i++) {
		int digit = code[body - 1 - i] - '0';
		if (i % 2 == 0)
			digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	return code[body + 1] - '0' == (10 - sum % 10) % 10;
}

static void
every_code_in_the_table_has_its_check_digit(void **state)
{
	int analyte;
	int unit;
	size_t found = 0;
	char code[16];

	(void)state;
	assert_false(has_check_digit("99504-4"));
	for (unsigned body = 1; body < 110000; body++) {
		for (unsigned check = 0; check < 10; check++) {
			(void)snprintf(code, sizeof(code), "%u-%u", body, check);
			if (!analyte_find_loinc(str_from_c(code), &analyte, &unit))
				continue;
			found++;
			if (!has_check_digit(code))
				fail_msg("%s", code);
		}
	}
	assert_true(found >= 20);
}

static void
every_analyte_and_unit_has_a_code_to_write(void **state)
{
	(void)state;
	for (int analyte = 0; analyte < ANALYTE_COUNT; analyte++) {
		for (int unit = 0; unit < UNIT_COUNT; unit++) {
			if (!analyte_has_unit(analyte, unit))
				continue;
			assert_true(analyte_loinc(analyte, unit, READING_BLOOD).len > 0);
			assert_true(analyte_loinc(analyte, unit, READING_OPTICAL).len > 0);
		}
	}
}

static void
a_shown_value_has_its_units_decimals(void **state)
{
	char text[28];

	(void)state;
	assert_true(str_eq(analyte_show(ANALYTE_GLUCOSE, 100, UNIT_MG_DL, UNIT_MMOL_L, text),
	                   STR("5.6")));
	assert_true(str_eq(analyte_show(ANALYTE_GLUCOSE, 5.5, UNIT_MMOL_L, UNIT_MG_DL, text),
	                   STR("99")));
	assert_true(
	    str_eq(analyte_show(ANALYTE_URATE, 6, UNIT_MG_DL, UNIT_UMOL_L, text), STR("357")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decimal_keeps_its_zeros),
		cmocka_unit_test(what_is_no_decimal_is_refused),
		cmocka_unit_test(the_value_is_the_nearest_double),
		cmocka_unit_test(mass_and_moles_differ_by_the_molar_mass),
		cmocka_unit_test(units_are_case_sensitive),
		cmocka_unit_test(a_value_outside_the_limits_names_the_limits_and_not_the_value),
		cmocka_unit_test(an_optical_reading_never_gets_a_blood_code),
		cmocka_unit_test(every_code_in_the_table_has_its_check_digit),
		cmocka_unit_test(every_analyte_and_unit_has_a_code_to_write),
		cmocka_unit_test(a_shown_value_has_its_units_decimals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
